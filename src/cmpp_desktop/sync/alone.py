"""An organisation without a server: its roster is kept by one laptop, and all that the others hear comes by sticks and folders.

The *keeper* (`cmpp_protocol.keeping`) appends at once; what other laptops have to say of themselves they propose, and the keeper
carries it into the roster when a stick brings it. No log says what arrived: that another laptop has one's work is known only from
what it left in a folder, signed (`stick.Seen`). Own changes stay in the outbox for good, so that they can be offered to a server
that comes later (rule 37), or sealed again under a new identity (rule 35).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from cmpp_desktop.errors import KnownError
from cmpp_desktop.sync import duties, erasing, identity, replica
from cmpp_desktop.sync.books import Books
from cmpp_desktop.sync.desk import Cutting, Heads, Make, cuts_of
from cmpp_desktop.sync.outbox import Outbox
from cmpp_desktop.sync.replica import NO_CHAIN, Replica
from cmpp_protocol import canon, entries, keeping, keys, rights, roster, stick
from cmpp_protocol.api import NewEntry
from cmpp_protocol.entries import Entry, RosterError, Unplaced
from cmpp_protocol.roster import RosterState

MOST_PROPOSALS = 500  # that are carried along; an office has a few at a time
DUTIES = 5  # how often entries that the roster calls for are made in one go
# Why a proposal will never be taken, or was: it is carried no further.
_SETTLED = frozenset(
    {
        "device_exists", "device_revoked", "invitation_used", "invitation_closed", "invitation_expired", "hold_exists",
        "nothing_changes", "signature", "organisation", "device_id", "fence_incomplete", "malformed", "last_administrator",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SeenBy:
    """Another laptop in use: when it last left word in a folder that came here (ms; None: never), and how many of one's own
    changes that it may read it had not read then."""

    device: bytes
    at: int | None
    lacks: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands without a server. `keeper`: the laptop that keeps the roster; `keeps`: it is this one; `admitted`: the roster
    has this one. `last`: when a folder was last written to the end (ms); `to_write`: own changes that lie in no folder yet;
    `unseen`: own changes that no other laptop is known to have."""

    keeper: bytes
    keeps: bool
    admitted: bool
    last: int | None
    to_write: int
    unseen: int
    laptops: tuple[SeenBy, ...]


class Alone:
    """Of one open store. `job` runs a function at the store, `random(n)` gives n random bytes, `follow` lets the laptop do what
    the roster asks of it. All but `tend` is called at the store."""

    def __init__(
        self,
        job: Callable[[Callable[[], Any]], Any],
        books: Books,
        store: Replica,
        random: Callable[[int], bytes],
        follow: Callable[[], None],
        makes_drops: bool = False,
    ) -> None:
        self._job, self._books, self._store, self._random, self._follow = job, books, store, random, follow
        self._makes_drops = makes_drops  # as a laptop with a server does (`RosterTalk`)

    def applies(self) -> bool:
        """Whether no server orders the roster."""
        state = self._books.state
        return state is not None and keeping.keeper(state) is not None

    def keeps(self) -> bool:
        """Whether this laptop keeps the roster."""
        state = self._books.state
        return state is not None and keeping.keeper(state) == self._books.device_id

    # The roster -------------------------------------------------------------------------------------------------------------

    def append(self, make: Make, cutting: Cutting) -> None:
        """Appends what `make` builds, as `Engine.propose` does with a server. Chains are cut where they stand here. Raises
        not_keeper, key_missing when a chain to be cut cannot be read here, roster_rejected."""
        if not self.keeps():
            raise KnownError("not_keeper")
        self._take(make(self._books.view(), self._heads(tuple(cutting(self._books.view())))))

    def take_over(self) -> None:
        """This laptop, an administrator's, keeps the roster from now on, and the one that did is closed: it is lost. Raises
        not_allowed, key_missing."""
        books, state = self._books, self._books.view()
        before = keeping.keeper(state)
        if before is None or before == books.device_id:
            return
        heads = self._heads((before,))  # first: nothing is half done when a chain cannot be cut
        policy = {**state.policy, keeping.KEEPER: books.device_id}
        made = [entries.policy_set(state.head, books.device, at=books.now_ms(), policy=policy)]
        try:
            after = roster.validate_and_apply(state, made[0])
            if after.devices[before].active(after.no):
                fence = cuts_of(after, heads, [before])
                made.append(entries.device_revoked(after.head, books.device, at=books.now_ms(), device=before, fence=fence))
                roster.validate_and_apply(after, made[1])
        except RosterError as error:
            raise KnownError("not_allowed", reason=error.code) from error
        self._take([NewEntry(entry) for entry in made])
        self._due()

    def moving(self, address: Mapping[str, str]) -> tuple[Make, Cutting]:
        """What `Engine.propose` takes for the entry that says that a server orders the roster from now on, and where it is."""

        def make(state: RosterState, heads: Heads) -> Sequence[NewEntry]:
            kept = {name: value for name, value in state.policy.items() if name != keeping.KEEPER}
            policy = {**kept, **address}
            if policy == state.policy:
                return ()
            return [NewEntry(entries.policy_set(state.head, self._books.device, at=self._books.now_ms(), policy=policy))]

        return make, lambda state: ()

    def retire(self) -> None:
        """Proposes that this laptop leaves: what is sealed up to now counts, and nothing after. Raises not_sent."""
        books, state = self._books, self._books.view()
        self.seal()
        sealed = {place: self._store.chains(place).get(books.device_id, NO_CHAIN).last_hlc for place in state.collections}
        if waiting := self._store.outbox_after(sealed):
            raise KnownError("not_sent", waiting=waiting)
        fence = cuts_of(state, self._heads((books.device_id,)), [books.device_id])
        at = Unplaced(state.org_id)
        self._propose([entries.device_retired(at, books.device, at=books.now_ms(), fence=fence)])

    def tend(self) -> None:
        """What the roster calls for: the keeper carries what was proposed and makes new keys; the others propose. Raises
        device_revoked and the like when this laptop is out."""
        self._follow()
        self._job(self._tend)
        self._follow()

    def exchange(self) -> str | None:
        """What an exchange is without a stick: `tend`; the code of what is wrong, if anything. A fork stays so until a stick says
        otherwise. Not called at the store."""
        forked = canon.pack("roster_fork") == self._job(lambda: self._store.secret(replica.PROBLEM))
        try:
            self.tend()
            return "roster_fork" if forked else self._job(self.trouble)
        except KnownError as error:
            return error.code

    def trouble(self) -> str | None:
        """Why this laptop will not be let in: its invitation was used by another, closed, or is over."""
        books, state = self._books, self._books.view()
        kept = self._store.secret(replica.INTRODUCTION)
        if kept is None or books.device_id in state.devices:
            return None
        invitation = state.invitations.get(UUID(bytes=canon.unpack(kept)[0]))
        if invitation is None or invitation.closed is None:
            return "invitation_expired" if invitation is not None and books.now_ms() > invitation.expires else None
        return "invitation_closed" if invitation.device is None else "invitation_used"

    def _tend(self) -> None:
        books = self._books
        member = books.is_member()
        if self.keeps():
            if identity.is_taken(self._store):
                self.append(*identity.replacing(books, identity.successor(self._store, self._random)))
                return  # goes on under the new identity, once it has been followed
            for proposal in self._proposals():
                self._carry(proposal)
            self._due()
        else:
            self._propose(self._own(member))
        self._tidy()

    def _take(self, new: Sequence[NewEntry]) -> None:
        if new:
            self._books.grow([one.entry for one in new])
            self._books.take_keys([sealed for one in new for sealed in one.envelopes])

    def _carry(self, proposal: bytes) -> None:
        books, state = self._books, self._books.view()
        said = entries.decode_proposal(proposal)
        if said.type == "device_enrolled":
            invitation = state.invitations.get(said.fields["invitation"])
            if invitation is None or books.now_ms() > invitation.expires:
                return  # by the keeper's clock, as a server goes by its own; then it is closed
        entry = entries.carried(state.head, books.device, at=books.now_ms(), proposal=proposal)
        try:
            roster.validate_and_apply(state, entry)
        except RosterError:
            return
        self._take([NewEntry(entry)])

    def _due(self) -> None:
        books = self._books
        for _ in range(DUTIES):
            made = duties.due(books.view(), books.device, books.keys, books.now_ms(), self._random)
            made = made or erasing.due(books, self._store)
            if not made and self._makes_drops:
                made = duties.missing_drops(books.view(), books.device, books.now_ms(), self._random)
            if not made:
                return
            self._take(made)

    def _heads(self, devices: Iterable[bytes]) -> Heads:
        """Where the chains of these devices stand here."""
        state, readable, found = self._books.view(), set(self._books.readable()), {}
        for device in devices:
            hidden = state.reached(device) - readable
            if hidden and device != self._books.device_id:
                raise KnownError("key_missing", collections=len(hidden))
            for place in state.reached(device) - (set() if device == self._books.device_id else hidden):
                chain = self._store.chains(place).get(device, NO_CHAIN)
                found[device, place] = (chain.number, chain.hash)
        return found

    # Proposals --------------------------------------------------------------------------------------------------------------

    def _own(self, member: bool) -> Iterator[bytes]:
        """What this laptop has to say of itself."""
        books, state, store = self._books, self._books.view(), self._store
        where, now = Unplaced(state.org_id), books.now_ms()
        kept = store.secret(replica.INTRODUCTION)
        if not member and kept is not None:
            id, secret = canon.unpack(kept)
            how = keys.introduction_keys(secret)
            yield entries.device_enrolled(where, books.device, at=now, invitation=UUID(bytes=id), introduction=how)
        if member and identity.is_taken(store):
            new = identity.successor(store, self._random)
            fence = cuts_of(state, self._heads((books.device_id,)), [books.device_id])
            yield entries.device_replaced(where, books.device, new, at=now, fence=fence)
        if member:
            yield from erasing.proposals(books, store)

    def _propose(self, made: Iterable[bytes]) -> None:
        """Keeps them, unless the same was said before: a proposal is signed once, and stays the same bytes."""
        known = self._proposals()
        said = [entries.decode_proposal(one) for one in known]
        before = {(one.by, one.type) if one.type in _ONCE else (one.by, one.type, canon.pack(_plain(one))) for one in said}
        fresh = []
        for one in made:
            parsed = entries.decode_proposal(one)
            mark = (parsed.by, parsed.type) if parsed.type in _ONCE else (parsed.by, parsed.type, canon.pack(_plain(parsed)))
            if mark not in before:
                fresh.append(one)
        if fresh:
            self._keep(replica.PROPOSALS, [*known, *fresh])

    def _proposals(self) -> list[bytes]:
        kept = self._store.secret(replica.PROPOSALS)
        return list(canon.unpack(kept)) if kept else []

    def _tidy(self) -> None:
        """Forgets proposals that the roster has taken or will never take."""
        known, state = self._proposals(), self._books.view()
        left = [one for one in known if not _is_settled(state, entries.decode_proposal(one))]
        if left != known:
            self._keep(replica.PROPOSALS, left)

    def _keep(self, name: str, value: Any) -> None:
        with self._store.transaction():
            self._store.put_secret(name, canon.pack(value) if value else None)

    # In a folder ------------------------------------------------------------------------------------------------------------

    def hear_proposal(self, body: bytes, named: Sequence[str]) -> bool:
        """Takes a proposal along, if the roster has still to take it; False for what is none, or not what its name says."""
        try:
            said = entries.decode_proposal(body)
        except RosterError as error:
            return error.code == "update"
        if said.org != self._books.org or list(named) != stick.proposal_name(said.by, said.hash).split("-"):
            return False
        known = self._proposals()
        if body not in known and len(known) < MOST_PROPOSALS and not _is_settled(self._books.view(), said):
            self._keep(replica.PROPOSALS, [*known, body])
        return True

    def hear_seen(self, body: bytes, named: Sequence[str]) -> bool:
        """Notes how far another laptop has read, the newest that it said; False for what it did not sign."""
        state = self._books.view()
        device = next((one for one in state.devices.values() if stick.short(one.id) == named[0]), None)
        if device is None:
            return True  # not of our roster, or not yet
        seen = stick.read_seen(body, device.keys.sign)
        if seen is None or (seen.org, seen.device) != (self._books.org, device.id):
            return False
        rows = self._seen()
        if device.id == self._books.device_id or seen.at <= rows.get(device.id, (0, {}))[0]:
            return True
        rows[device.id] = (seen.at, self._own_stamps(seen))
        self._keep(replica.SEEN, [[who, at, [[one.bytes, hlc] for one, hlc in has.items()]] for who, (at, has) in rows.items()])
        return True

    def _own_stamps(self, seen: stick.Seen) -> dict[UUID, int]:
        """The last stamp numbers of one's own that it had read: only of bundles that this laptop knows as its own."""
        found = {}
        for place, device, number, hashed in seen.chains:
            row = self._store.envelope(place, device, number, hashed) if device == self._books.device_id else None
            if row is not None and row.last_hlc is not None:
                found[place] = row.last_hlc
        return found

    def to_write(self) -> Iterator[tuple[str, bytes]]:
        """Names and bodies of what goes into a folder besides: proposals, and how far this laptop has read."""
        books, state = self._books, self._books.view()
        for proposal in self._proposals():
            said = entries.decode_proposal(proposal)
            yield f"proposals/{stick.proposal_name(said.by, said.hash)}", proposal
        if books.device_id not in state.devices:
            return
        rows = []
        for place in books.readable():
            rows += [(place, who, one.number, one.hash) for who, one in self._store.chains(place).items() if one.number]
        seen = stick.Seen(books.org, books.device_id, books.now_ms(), state.no, tuple(rows))
        yield f"seen/{stick.short(books.device_id)}", stick.write_seen(seen, books.device)

    def handed_over(self) -> None:
        """A folder was written to the end: all that is sealed here lies in it."""
        books = self._books
        chains = {place: self._store.chains(place).get(books.device_id, NO_CHAIN) for place in books.view().collections}
        with self._store.transaction():
            self._store.put_secret(replica.LAST_STICK, canon.pack(books.now_ms()))
            marks = [[place.bytes, chain.last_hlc] for place, chain in chains.items() if chain.number]
            self._store.put_secret(replica.ON_STICK, canon.pack(marks) if marks else None)

    def seal(self) -> None:
        """Seals all that waits, for an invitation file or before leaving."""
        books = self._books
        Outbox(self._store, books.view(), books.keys, books.device, self._random).to_send(room=2**62)

    # How it stands ----------------------------------------------------------------------------------------------------------

    def standing(self) -> Standing | None:
        """How it stands; None where a server orders the roster."""
        books, state = self._books, self._books.state
        kept = keeping.keeper(state) if state is not None else None
        if state is None or kept is None:
            return None
        store, me, seen = self._store, books.device_id, self._seen()
        last, written = store.secret(replica.LAST_STICK), store.secret(replica.ON_STICK)
        marks = {UUID(bytes=place): hlc for place, hlc in canon.unpack(written)} if written else {}
        others = [one for one in state.devices.values() if one.active(state.no) and one.id != me]
        best: dict[UUID, int] = {}
        for device in others:
            for place, hlc in seen.get(device.id, (0, {}))[1].items():
                best[place] = max(hlc, best.get(place, 0))
        return Standing(
            kept,
            kept == me,
            me in state.devices,
            canon.unpack(last) if last else None,
            store.outbox_after(marks),
            store.outbox_after(best),
            tuple(self._seen_by(state, device.id, seen) for device in others),
        )

    def _seen_by(self, state: RosterState, device: bytes, seen: Mapping[bytes, tuple[int, dict[UUID, int]]]) -> SeenBy:
        at, has = seen.get(device, (None, {}))
        hidden = {place: _ALL for place in state.collections if not rights.may_read(state, device, place)}
        return SeenBy(device, at, self._store.outbox_after({**has, **hidden}))

    def _seen(self) -> dict[bytes, tuple[int, dict[UUID, int]]]:
        kept = self._store.secret(replica.SEEN)
        rows = canon.unpack(kept) if kept else []
        return {device: (at, {UUID(bytes=place): hlc for place, hlc in has}) for device, at, has in rows}


_ALL = (1 << 63) - 1  # later than every stamp
_ONCE = frozenset({"device_enrolled", "device_replaced", "device_retired"})  # a laptop says it of itself, whatever else changes


def _plain(said: Entry) -> list[Any]:
    """The fields of what an administrator ordered, to see whether it was said before."""
    return [value.bytes if isinstance(value, UUID) else [row[0] for row in value] if isinstance(value, tuple) else value
            for _, value in sorted(said.fields.items())]  # fmt: skip


def _is_settled(state: RosterState, said: Entry) -> bool:
    try:
        roster.proposed(state, said)
    except RosterError as error:
        return error.code in _SETTLED
    return False
