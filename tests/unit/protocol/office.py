"""A small synthetic organisation made of protocol parts alone: members, laptops, collections, invitations, bundles.

Everything is derived from names, so that two runs make the same bytes (key envelopes excepted: HPKE draws randomness).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from uuid import UUID

from cmpp_protocol import api, entries, envelope, keys, rights, roster
from cmpp_protocol.roster import Kind, Rights, Role

NOW = 1_795_000_000_000  # ms
DAY = 86_400_000
NEVER = NOW + 36_500 * DAY  # beyond the real clock of any machine that runs this


def stream(name: str, length: int) -> bytes:
    """`length` bytes that depend on the name only."""
    return hashlib.shake_256(name.encode()).digest(length)


def pair(name: str) -> keys.KeyPair:
    """The key pair of a laptop of this name."""
    return keys.KeyPair(stream(f"pair {name}", keys.SECRET_BYTES))


def uuid(name: str) -> UUID:
    """The id of whatever has this name."""
    return UUID(bytes=stream(f"uuid {name}", 16))


class Laptop:
    """A device with its own chains."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.pair = pair(name)
        self.public = self.pair.public
        self.id = self.public.id
        self._chains: dict[UUID, tuple[int, bytes]] = {}

    def seal(self, org: Office, place: UUID, text: str = "", **header: object) -> envelope.Envelope:
        """The next bundle of its chain, around bytes that stand for a sealed body."""
        number, previous = self._chains.get(place, (0, envelope.FIRST))
        known = {"epoch": org.state.collections[place].epoch if place in org.state.collections else 1}
        values = {
            "org": org.id,
            "collection": place,
            "device": self.id,
            "number": number + 1,
            "previous": previous,
            "roster_no": org.state.no,
            "salt": stream(f"salt {self.name} {place} {number} {text}", 32),
            **known,
            **header,
        }
        made = envelope.sign(envelope.Header(**values), stream(f"body {text}", 64), self.pair)  # type: ignore[arg-type]
        self._chains[place] = (made.header.number, made.hash)
        return made


class Office:
    """An organisation with one administrator; `new` collects entries with their envelopes in order."""

    def __init__(self, name: str = "office", policy: Mapping[str, object] | None = None) -> None:
        self.name = name
        self.admin = Laptop(f"{name} admin")
        self.recovery = keys.recovery_keys(stream(f"recovery {name}", 32))
        self.admin_member = uuid(f"{name} admin")
        genesis = entries.genesis(
            at=NOW, device=self.admin.pair, member=self.admin_member, recovery=self.recovery, policy=policy
        )
        self.state = roster.validate_and_apply(None, genesis)
        self.id = self.state.org_id
        self.new: list[api.NewEntry] = [api.NewEntry(genesis)]
        self.keys: dict[tuple[UUID, int], bytes] = {}

    def add(self, entry: bytes, envelopes: tuple[api.KeyEnvelope, ...] = ()) -> bytes:
        """Apply an entry here and keep it to be sent."""
        self.state = roster.validate_and_apply(self.state, entry)
        self.new.append(api.NewEntry(entry, envelopes))
        return entry

    @property
    def data(self) -> list[bytes]:
        """The roster's entries."""
        return [one.entry for one in self.new]

    def collection(self, name: str, kind: Kind = Kind.CASELOAD, access: Mapping[UUID, Rights] | None = None) -> UUID:
        """A new collection that the administrator holds, with its key sealed to everybody entitled."""
        place, key = uuid(f"{self.name} {name}"), stream(f"key {self.name} {name}", 32)
        entry = entries.collection_created(
            self.state.head,
            self.admin.pair,
            at=NOW,
            collection=place,
            kind=kind,
            commit=keys.key_commit(key, self.id, place, 1),
            access={self.admin_member: Rights.WRITE, **(access or {})},
        )
        self.keys[place, 1] = key
        after = roster.validate_and_apply(self.state, entry)
        self.add(entry, self.envelopes(place, 1, after))
        return place

    def envelopes(self, place: UUID, epoch: int, state: roster.RosterState) -> tuple[api.KeyEnvelope, ...]:
        """The key of an epoch sealed to everybody entitled in a state."""
        key = self.keys[place, epoch]
        return tuple(
            api.KeyEnvelope(place, epoch, one.id, keys.seal_key(key, one.keys, self.id, place, epoch))
            for one in rights.entitled(state, place)
        )

    def member(self, name: str, role: Role = Role.CASEWORKER, **access: UUID) -> UUID:
        """A new member with write access to the collections named."""
        member = uuid(f"{self.name} member {name}")
        self.add(entries.member_added(self.state.head, self.admin.pair, at=NOW, member=member, role=role))
        for place in access.values():
            self.grant(member, place)
        return member

    def grant(self, member: UUID, place: UUID, may: Rights = Rights.WRITE) -> None:
        """Access for a member."""
        head = self.state.head
        self.add(
            entries.access_granted(head, self.admin.pair, at=NOW, member=member, collection=place, rights=may)
        )

    def invite(self, name: str, member: UUID, places: tuple[UUID, ...] = (), expires: int = NEVER) -> UUID:
        """An open invitation; its secret is derived from the name (see `introduction`)."""
        invitation = uuid(f"{self.name} invitation {name}")
        entry = entries.invitation_opened(
            self.state.head,
            self.admin.pair,
            at=NOW,
            invitation=invitation,
            member=member,
            role=self.state.members[member].role,
            collections=places,
            introduction=self.introduction(name).public,
            expires=expires,
        )
        self.add(entry)
        return invitation

    def introduction(self, name: str) -> keys.KeyPair:
        """The key pair that an invitation's secret gives."""
        return keys.introduction_keys(stream(f"{self.name} secret {name}", 16))

    def enrolment(self, name: str, laptop: Laptop, invitation: UUID, head: roster.Head | None = None) -> bytes:
        """The entry by which a laptop uses an invitation."""
        return entries.device_enrolled(
            head or self.state.head,
            laptop.pair,
            at=NOW,
            invitation=invitation,
            introduction=self.introduction(name),
        )

    def laptop(self, name: str, member: UUID, places: tuple[UUID, ...] = ()) -> Laptop:
        """A laptop of a member, invited and enrolled."""
        invitation = self.invite(name, member, places)
        laptop = Laptop(f"{self.name} {name}")
        self.add(self.enrolment(name, laptop, invitation))
        return laptop
