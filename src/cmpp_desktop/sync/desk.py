"""What people do with the roster: let somebody in, change what they may do, close a laptop, replace the recovery kit.

Everything is proposed on top of the newest roster and made again when another entry came first; the server has taken it when
a method returns. What takes a right away carries the cuts of all chains that it ends (rule 28), and brings the new keys that
it calls for in the same request, as far as they are held here. All methods raise KnownError: server_unreachable,
roster_rejected and others of an exchange, and not_allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from cmpp_desktop.changes import collection_id
from cmpp_desktop.errors import KnownError
from cmpp_desktop.sync import duties, enrolment
from cmpp_desktop.sync.books import Books
from cmpp_desktop.sync.keys import RECOVERY_BYTES, seal_for, seal_for_new
from cmpp_desktop.sync.outbox import Outbox
from cmpp_desktop.sync.replica import Replica
from cmpp_protocol import canon, entries, keeping, keys, roster
from cmpp_protocol.api import NewEntry, SyncAnswer
from cmpp_protocol.entries import NO_CUT, Cuts
from cmpp_protocol.rights import entitled
from cmpp_protocol.roster import Rights, Role, RosterState

Heads = Mapping[tuple[bytes, UUID], tuple[int, bytes]]  # (device, collection) -> where its chain stands at the server
Make = Callable[[RosterState, Heads], Sequence[NewEntry]]
Cutting = Callable[[RosterState], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class FileNames:
    """What an invitation file says in words, so that the person who opens it knows what it is."""

    organisation: str
    person: str
    team: str
    invited_by: str


class Propose(Protocol):
    """`Engine.propose`."""

    def __call__(self, make: Make, cutting: Cutting = ...) -> None: ...


class Desk:
    """Of one open store; `job` runs a function at the store, `random(n)` gives n random bytes."""

    def __init__(
        self,
        propose: Propose,
        job: Callable[[Callable[[], Any]], Any],
        books: Books,
        store: Replica,
        random: Callable[[int], bytes],
    ) -> None:
        self._propose, self._job, self._books, self._store, self._random = propose, job, books, store, random

    # Letting in -------------------------------------------------------------------------------------------------------

    def invite(
        self, *, role: Role, team_id: UUID, restricted: bool, expires: int, member: UUID | None = None
    ) -> enrolment.Invited:
        """Lets somebody in. Then name them (a staff record with the member's id), exchange, and make the file. `member`:
        somebody who is in already and gets one more laptop. Raises key_missing as well."""
        made: list[enrolment.Invited] = []

        def entries_of(state: RosterState, heads: Heads) -> Sequence[NewEntry]:
            books = self._books
            invited = enrolment.invite(
                state,
                books.device,
                books.keys,
                now_ms=books.now_ms(),
                random=self._random,
                role=role,
                team_id=team_id,
                restricted=restricted,
                expires=expires,
                member=member,
            )
            made.append(invited)
            return invited.entries

        self._propose(entries_of)
        return made[-1]

    def invitation_file(self, invited: enrolment.Invited, names: FileNames) -> bytes:
        """The file to hand over, with the roster and the sealed bundles of the organisation's own collection."""

        def make() -> bytes:
            books, place = self._books, collection_id("organisation")
            logged: bool | None = True
            if keeping.keeper(books.view()) is not None:  # without a server there is no log: what is here goes along
                logged = None
                Outbox(self._store, books.view(), books.keys, books.device, self._random).to_send(room=2**62)
            url, ca = books.server()
            return enrolment.invitation_file(
                invited,
                books.device,
                roster_entries=books.entries,
                held=books.keys,
                bundles=_that_fit(one.body for one in self._store.envelopes(place, state="counts", logged=logged)),
                organisation=names.organisation,
                person=names.person,
                team=names.team,
                invited_by=names.invited_by,
                server=url,
                ca=ca,
            )

        found: bytes = self._job(make)
        return found

    def close_invitation(self, invitation: UUID) -> None:
        """Nobody can use it any more; the keys that it held change."""
        self._append(lambda state, author, at: entries.invitation_closed(state.head, author, at=at, invitation=invitation))

    def confirm(self, device: bytes) -> None:
        """The six digits of a laptop were compared and match: it may have restricted keys."""

        def entries_of(state: RosterState, heads: Heads) -> Sequence[NewEntry]:
            books = self._books
            return [enrolment.confirm(state, books.device, books.keys, now_ms=books.now_ms(), device=device)]

        self._propose(entries_of)

    def set_policy(self, changes: Mapping[str, canon.Value]) -> None:
        """Changes rules of the organisation; those not named stay."""
        self._append(
            lambda state, author, at: entries.policy_set(state.head, author, at=at, policy={**state.policy, **changes})
        )

    def grant(self, member: UUID, collection: UUID, rights: Rights = Rights.WRITE) -> None:
        """A member may read, or read and write, a collection."""
        self._append(
            lambda state, author, at: entries.access_granted(
                state.head, author, at=at, member=member, collection=collection, rights=rights
            )
        )

    def add_team(self, team_id: UUID) -> None:
        """A further team's two collections, with keys of their own, opened by every administrator's laptop; nothing when they are
        there already (the answer to an earlier try may have been lost)."""

        def make(state: RosterState, heads: Heads) -> Sequence[NewEntry]:
            books, made = self._books, []
            administrators = [one.id for one in state.members.values() if one.role is Role.ADMINISTRATOR]
            for place in enrolment.places_of(team_id)[1:]:
                if place.id in state.collections:
                    continue
                key = self._random(keys.COLLECTION_KEY_BYTES)
                entry = entries.collection_created(
                    state.head,
                    books.device,
                    at=books.now_ms(),
                    collection=place.id,
                    kind=place.kind,
                    commit=keys.key_commit(key, state.org_id, place.id, 1),
                    access=dict.fromkeys(administrators, Rights.WRITE),
                )
                state = roster.validate_and_apply(state, entry)
                made.append(NewEntry(entry, seal_for(state, place.id, 1, key, entitled(state, place.id))))
            return made

        self._propose(make)

    def change_role(self, member: UUID, role: Role) -> None:
        """Another role, higher or lower; nothing when it is theirs already."""

        def make(state: RosterState, heads: Heads) -> Sequence[NewEntry]:
            order, now = list(Role), _member(state, member).role
            if role is now:
                return ()
            if order.index(role) > order.index(now):
                return self._made(
                    state, lambda author, at: entries.member_changed(state.head, author, at=at, member=member, role=role)
                )
            fence = cuts_of(state, heads, _laptops(state, member))
            return self._made(
                state,
                lambda author, at: entries.member_demoted(state.head, author, at=at, member=member, role=role, fence=fence),
            )

        self._propose(make, lambda state: _laptops(state, member))

    # Taking away ------------------------------------------------------------------------------------------------------

    def revoke(self, device: bytes) -> tuple[bytes, ...]:
        """Closes a laptop that is lost, and the identities that came after it. Gives the laptops that it had let in, for an
        administrator to look at (rule 34)."""

        def line(state: RosterState) -> list[bytes]:
            known = state.with_successors(device) if device in state.devices else ()
            return [one for one in known if state.devices[one].active(state.no)]

        def make(state: RosterState, heads: Heads) -> Sequence[NewEntry]:
            fence = cuts_of(state, heads, line(state))
            return self._made(
                state, lambda author, at: entries.device_revoked(state.head, author, at=at, device=device, fence=fence)
            )

        self._propose(make, line)
        state: RosterState = self._job(self._books.view)
        wrote = {one.id for one in state.invitations.values() if one.by in state.with_successors(device)}
        return tuple(
            one.id for one in state.devices.values() if one.invitation in wrote and one.active(state.no)
        )

    def withdraw(self, member: UUID, collection: UUID) -> None:
        """A member may not read a collection any more."""

        def make(state: RosterState, heads: Heads) -> Sequence[NewEntry]:
            every = cuts_of(state, heads, _laptops(state, member))
            fence = {at: cut for at, cut in every.items() if at[1] == collection}
            return self._made(
                state,
                lambda author, at: entries.access_withdrawn(
                    state.head, author, at=at, member=member, collection=collection, fence=fence
                ),
            )

        self._propose(make, lambda state: _laptops(state, member))

    def retire(self) -> None:
        """This laptop ends its membership, after everything was sent (the caller has seen to it)."""
        me = self._books.device_id

        def make(state: RosterState, heads: Heads) -> Sequence[NewEntry]:
            fence = cuts_of(state, heads, [me])
            # No new keys from one that leaves: somebody who stays makes them.
            entry = self._entry(state, lambda author, at: entries.device_retired(state.head, author, at=at, fence=fence))
            return [NewEntry(entry)]

        self._propose(make, lambda state: [me])

    def replace_recovery(self) -> bytes:
        """A new recovery kit; gives its secret, to be printed and not kept."""
        secret = self._random(RECOVERY_BYTES)
        kit = keys.recovery_keys(secret)
        self._append(lambda state, author, at: entries.recovery_replaced(state.head, author, kit, at=at))
        return secret

    # Making entries ---------------------------------------------------------------------------------------------------

    def _append(self, write: Callable[[RosterState, keys.KeyPair, int], bytes]) -> None:
        self._propose(lambda state, heads: self._made(state, lambda author, at: write(state, author, at)))

    def _made(self, state: RosterState, write: Callable[[keys.KeyPair, int], bytes]) -> Sequence[NewEntry]:
        """One entry, the envelopes for whom it entitles, and the new keys that it calls for."""
        books = self._books
        entry = self._entry(state, write)
        after = roster.validate_and_apply(state, entry)
        rotated = duties.rotations(after, books.device, books.keys, books.now_ms(), self._random)
        return [NewEntry(entry, seal_for_new(state, after, books.keys)), *rotated]

    def _entry(self, state: RosterState, write: Callable[[keys.KeyPair, int], bytes]) -> bytes:
        entry = write(self._books.device, self._books.now_ms())
        try:
            roster.validate_and_apply(state, entry)
        except roster.RosterError as error:
            raise KnownError("not_allowed", reason=error.code) from error
        return entry


def _member(state: RosterState, member: UUID) -> roster.Member:
    found = state.members.get(member)
    if found is None:
        raise KnownError("not_allowed", reason="member_unknown")
    return found


def _that_fit(bodies: Iterable[bytes]) -> list[bytes]:
    """The first of them, up to what an invitation may hold beside its roster; the new laptop reads the others from the server."""
    taken, room = [], enrolment.FILE_LIMIT // 2
    for body in bodies:
        room -= len(body)
        if room < 0:
            break
        taken.append(body)
    return taken


def _laptops(state: RosterState, member: UUID) -> list[bytes]:
    return [one.id for one in state.devices.values() if one.member == member and one.active(state.no)]


def cuts_of(state: RosterState, heads: Heads, devices: Iterable[bytes]) -> Cuts:
    """Where each chain of these devices is cut: at the server's heads, which it compares once more under its lock."""
    return {
        (device, place): heads.get((device, place), NO_CUT) for device in devices for place in state.reached(device)
    }


def heads_in(answer: SyncAnswer, store: Replica, books: Books, devices: Iterable[bytes]) -> Heads:
    """Where the chains of these devices stand at the server. Raises another_history when it knows less than this laptop has
    read in its log: what it hides would be cut off."""
    heads = {(one.device, one.collection): (one.number, one.hash) for one in answer.heads}
    asked = set(devices) - {books.device_id}
    for place in books.readable():
        for device, chain in store.chains(place).items():
            if device in asked and chain.number > heads.get((device, place), (0, b""))[0]:
                raise KnownError("another_history", reason="heads")
    return heads
