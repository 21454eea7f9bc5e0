"""Two rosters of one number: seen side by side, settled with the recovery kit, and gone over to (rule 39).

Promise: nothing is given up but by an entry that the recovery key signed (`cmpp_protocol.branches.follow` decides, here as at the
server). A laptop that goes over changes roster, keys, chains and outbox in one transaction; what it had written and is cut off
is in its outbox again. Whoever settles it has seen what each of the two did; the entry repeats what the other one took away and
cuts all chains, so that what was sealed under either counts up to there and no further.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from cmpp_desktop.errors import KnownError
from cmpp_desktop.sync import fenced
from cmpp_desktop.sync.books import Books
from cmpp_desktop.sync.post import AtStore, Post
from cmpp_desktop.sync.replica import Replica
from cmpp_protocol import api, branches, entries, keys, roster
from cmpp_protocol.api import NewEntry
from cmpp_protocol.entries import NO_CUT, Cuts, Entry, Head, Removals
from cmpp_protocol.roster import Role, RosterState
from cmpp_protocol.roster_state import Fence

Side = Literal["here", "server"]

TRIES = 3  # while bundles or entries come in between
ROUNDS = 1000  # of reading a roster; a server that always says "more" is left
APART = 1000  # entries by which the branch that is given up may be longer


@dataclass(frozen=True, slots=True)
class Branch:
    """One of the two: its entries from where they part, and what it took away that the other did not. `mine`: this laptop is an
    administrator's on it, and can settle for it; `kit`: the public half of its recovery key."""

    entries: tuple[Entry, ...]
    removals: Removals
    mine: bool
    kit: keys.RecoveryPublic


@dataclass(frozen=True, slots=True)
class Fork:
    """Where they part (the number of the first entry that differs), this laptop's branch and the server's. `recommended`: the one
    that has shut somebody out, else the longer one, as far as this laptop can settle for it."""

    no: int
    here: Branch
    server: Branch
    recommended: Side


class Branches:
    """Of one open store. Every method but `go_over_to` waits for the network and raises what an exchange does."""

    def __init__(self, post: Post, job: AtStore, books: Books, store: Replica) -> None:
        self._post, self._job, self._books, self._store = post, job, books, store

    def look(self) -> Fork:
        """Both, side by side. Raises no_fork when there is nothing to settle (any more)."""
        mine, theirs, parted = self._both()
        common = roster.build(mine[:parted])
        here, there = roster.build(mine[parted:], common), roster.build(theirs[parted:], common)
        one = self._branch(mine, parted, common, here, there)
        other = self._branch(theirs, parted, common, there, here)
        return Fork(parted, one, other, _recommended(one, other, here, there, parted))

    def settle(self, keep: Side, kits: Sequence[keys.RecoveryKeys]) -> None:
        """Chooses one of the two, with the kit of each (the same one, unless it was replaced on one of them). The next exchange
        goes on. Raises wrong_kit, no_fork, not_allowed, roster_rejected as well."""
        for left in reversed(range(TRIES)):
            try:
                self._settle(keep, kits)
                return
            except KnownError as error:
                if not left or error.facts.get("reason") not in ("roster_busy", "fence_stale"):
                    raise

    def _settle(self, keep: Side, kits: Sequence[keys.RecoveryKeys]) -> None:
        mine, theirs, parted = self._both()
        kept, dropped = (mine, theirs) if keep == "here" else (theirs, mine)
        common = roster.build(mine[:parted])
        state, other = roster.build(kept[parted:], common), roster.build(dropped[parted:], common)
        pairs = tuple(next((one for one in kits if one.public == side.recovery), None) for side in (state, other))
        if pairs[0] is None or pairs[1] is None:
            raise KnownError("wrong_kit")
        heads = self._heads_at(theirs)
        made, state = self._beyond(state, other.no)
        fence = self._job(lambda: self._fence(keep, state, other, heads, rotated(kept[parted:]) | rotated(dropped[parted:])))
        removals = branches.removals(common, other, state)
        entry = entries.branch_chosen(
            state.head,
            self._books.device,
            (pairs[0], pairs[1]),
            at=self._job(self._books.now_ms),
            fork=parted,
            dropped=entries.decode(dropped[parted]).hash,
            until=other.no,
            removals=removals,
            fence=fence,
        )
        self._must_do(dropped, [*kept, *made, entry])
        new = [NewEntry(one) for one in (*made, entry)]
        if keep == "here":
            new = [*self._job(lambda: [self._books.envelopes_of(one) for one in mine[parted:]]), *new]
        self._bring(theirs, new, keep == "here")
        if keep == "here":
            self._job(lambda: self._books.grow([*made, entry]))

    def go_over(self) -> bool:
        """Goes over to the server's branch if the recovery key has chosen it. Raises roster_fork with the reason otherwise."""
        try:
            theirs = self._read_theirs()
        except KnownError as error:
            if error.facts.get("reason") != "device_unknown":
                raise
            raise KnownError("roster_fork", reason="not_there") from error  # this laptop came in on this branch alone
        try:
            self._job(lambda: go_over_to(self._books, self._store, theirs))
        except roster.RosterError as error:
            raise KnownError("roster_fork", reason=error.code) from error
        return True

    # Reading ----------------------------------------------------------------------------------------------------------

    def _both(self) -> tuple[list[bytes], list[bytes], int]:
        mine, theirs = self._job(lambda: list(self._books.entries)), self._read_theirs()
        parted = branches.fork(mine, theirs)
        if parted is None:
            raise KnownError("no_fork")
        return mine, theirs, parted

    def _read_theirs(self) -> list[bytes]:
        """The server's whole roster, checked as every roster is."""
        found: list[bytes] = []
        state: RosterState | None = None
        opened = self._job(self._books.opened)
        for _ in range(ROUNDS):
            head = state.head if state is not None else Head(-1, bytes(32))
            answer = self._post.send(api.SyncRequest(head.no, head.hash, opened=opened))
            if not answer.entries:
                break
            try:
                state = roster.build(answer.entries, state)
            except roster.RosterError as error:
                raise KnownError("server_too_new" if error.code == "update" else "roster_rejected", reason=error.code) from error
            found += answer.entries
            if not answer.more:
                break
        if state is None or state.org_id != self._books.org:
            raise KnownError("roster_rejected", reason="organisation")
        return found

    def _branch(
        self, known: Sequence[bytes], parted: int, common: RosterState, state: RosterState, other: RosterState
    ) -> Branch:
        me = state.devices.get(self._books.device_id)
        administers = me is not None and me.active(state.no) and state.members[me.member].role is Role.ADMINISTRATOR
        made = tuple(entries.decode(one) for one in known[parted:])
        return Branch(made, branches.removals(common, state, other), administers, state.recovery)

    # Settling ---------------------------------------------------------------------------------------------------------

    def _heads_at(self, theirs: Sequence[bytes]) -> Mapping[tuple[bytes, UUID], tuple[int, bytes]]:
        """Where all chains stand at the server. As on its own branch: who asks is known there."""
        state = roster.build(theirs)
        opened = self._job(self._books.opened)
        answer = self._post.send(api.SyncRequest(state.no, state.hash, opened=opened, heads_of=tuple(sorted(state.devices))))
        return {(one.device, one.collection): (one.number, one.hash) for one in answer.heads}

    def _beyond(self, state: RosterState, last: int) -> tuple[list[bytes], RosterState]:
        """Entries that change nothing, so that the choice has a number above the last of the other branch: a bundle of either
        then names a number below it."""
        if last - state.no > APART:
            raise KnownError("roster_rejected", reason="branch_longer")
        made, at = [], self._job(self._books.now_ms)
        while state.no + 1 <= last:
            made.append(entries.policy_set(state.head, self._books.device, at=at, policy=state.policy))
            try:
                state = roster.validate_and_apply(state, made[-1])
            except roster.RosterError as error:
                raise KnownError("not_allowed", reason=error.code) from error
        return made, state

    def _fence(
        self,
        keep: Side,
        state: RosterState,
        other: RosterState,
        heads: Mapping[tuple[bytes, UUID], tuple[int, bytes]],
        changed: frozenset[UUID],
    ) -> Cuts:
        """Where each chain is cut: at the server's heads on its own branch. Where this laptop's stays, at what counts here, or
        further on where the server has more of a collection whose key changed on neither."""
        chains = {
            (device, place): (chain.number, chain.hash)
            for place in state.collections
            for device, chain in self._store.chains(place).items()
        }

        def cut(device: bytes, place: UUID) -> tuple[int, bytes]:
            there = heads.get((device, place), NO_CUT)
            if keep == "server":
                return there
            known = chains.get((device, place), NO_CUT)
            return there if there[0] > known[0] and place not in changed and device in other.devices else known

        active = [one.id for one in state.devices.values() if one.active(state.no)]
        return {(device, place): cut(device, place) for device in active for place in state.reached(device)}

    def _must_do(self, dropped: Sequence[bytes], chosen: Sequence[bytes]) -> None:
        """Whoever holds the other branch has to take it, or it would settle nothing."""
        try:
            branches.follow(dropped, chosen)
        except roster.RosterError as error:
            raise KnownError("not_allowed", reason=error.code) from error

    def _bring(self, theirs: Sequence[bytes], new: Sequence[NewEntry], branch: bool) -> None:
        head = entries.decode(theirs[-1])
        opened = self._job(self._books.opened)
        answer = self._post.send(api.SyncRequest(head.no, head.hash, entries=tuple(new), opened=opened, chosen=branch))
        bad = [(verdict, why) for verdict, why in answer.entry_verdicts if verdict not in _TAKEN]
        if bad and bad[0][0] is api.EntryVerdict.STALE:
            raise KnownError("server_too_old" if branch else "server_unreachable", reason="roster_busy")
        if bad:
            raise KnownError("roster_rejected", reason=bad[0][1])


_TAKEN = frozenset({api.EntryVerdict.STORED, api.EntryVerdict.HAD_IT})


def go_over_to(books: Books, store: Replica, theirs: Sequence[bytes]) -> None:
    """This laptop holds another branch from now on; at the store. Its records follow by the fence, like after any other (see
    `RosterTalk.follow`). Raises RosterError, and nothing has changed then."""
    state = branches.follow(books.entries, theirs)
    parted = branches.fork(books.entries, theirs)
    fit = {at: key for at, key in books.keys.items() if _fits(state, at, key)}
    chosen = state.choices[-1].no
    with store.transaction():
        for fence in (one for one in state.fences if one.no == chosen and one.device == books.device_id):
            fenced.take_out(store, state, books.device_id, fence, books.keys)
        for place in sorted({place for place, _ in books.keys}):
            if place not in state.collections or books.device_id not in state.devices:
                everything = Fence(chosen, books.device_id, place, NO_CUT)
                fenced.take_out(store, state, books.device_id, everything, books.keys)
        store.cut_roster(parted or 0)
        for entry in map(entries.decode, theirs[parted:]):
            store.append_roster(entry.no, entry.hash, entry.data)
        for at in books.keys.keys() - fit.keys():
            store.forget_collection_key(*at)
        books.keep_branch(state, fit)
    books.have_branch(theirs, state, fit)


def rotated(made: Sequence[bytes]) -> frozenset[UUID]:
    """Collections that got another key by these entries."""
    found = (entries.decode(one) for one in made)
    return frozenset(one.fields["collection"] for one in found if one.type in ("key_rotated", "collection_created"))


def _fits(state: RosterState, at: tuple[UUID, int], key: bytes) -> bool:
    place, epoch = at
    known = state.collections.get(place)
    commit = known.commit(epoch) if known is not None else None
    return commit is not None and keys.key_fits(key, commit, state.org_id, place, epoch)


def _recommended(here: Branch, there: Branch, mine: RosterState, theirs: RosterState, parted: int) -> Side:
    """Never the one that would give up what the kit has chosen already; then the one that shut somebody out, then the longer."""
    if not (here.mine and there.mine):
        return "here" if here.mine else "server"

    def weight(branch: Branch, state: RosterState) -> tuple[bool, bool, int]:
        return any(one.no >= parted for one in state.choices), bool(branch.removals), state.no

    return "here" if weight(here, mine) > weight(there, theirs) else "server"
