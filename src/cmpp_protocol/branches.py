"""Two rosters of one organisation that part at some number (rule 39), and what decides between them.

Nothing decides by itself: not length, not age, not who offers which. Whoever holds one goes over to the other only if the
recovery key that is in force on theirs has signed a `branch_chosen` on the other that names theirs, if that entry repeats what
theirs took away, and if the recovery key has never chosen on theirs. The server and every laptop ask the same functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from cmpp_protocol import entries, roster
from cmpp_protocol.entries import Removals, Role, RosterError
from cmpp_protocol.roster import RosterState, at


def fork(mine: Sequence[bytes], theirs: Sequence[bytes]) -> int | None:
    """The first number at which two rosters differ; None where one is the beginning of the other. Raises RosterError."""
    for no, (one, other) in enumerate(zip(mine, theirs, strict=False)):
        if one != other and entries.decode(one).hash != entries.decode(other).hash:
            return no
    return None


def follow(mine: Sequence[bytes], theirs: Sequence[bytes]) -> RosterState:
    """The state of another roster to which whoever holds `mine` goes over. Raises RosterError: what is wrong with an entry, and

    no_fork           they do not differ
    not_chosen        the recovery key has not chosen it over this one
    chosen_twice      the recovery key has chosen this one before; what it once chose is not given up again
    signature         it was not the recovery key that is in force here
    branch_goes_on    entries came here that whoever chose did not know: they choose once more
    removals_missing  somebody who was shut out here would be in again"""
    parted = fork(mine, theirs)
    if parted is None:
        raise RosterError("no_fork")
    common = roster.build(mine[:parted])
    held = roster.build(mine[parted:], common)
    if any(one.no >= parted for one in held.choices):
        raise RosterError("chosen_twice")
    first, state, why = entries.decode(mine[parted]).hash, common, "not_chosen"
    for data in theirs[parted:]:
        state = roster.validate_and_apply(state, data)
        made = state.choices[-1] if state.choices else None
        if why and made is not None and (made.no, made.fork, made.dropped) == (state.no, parted, first):
            why = _refusal(entries.decode(data), common, held, state)
    if why:
        raise RosterError(why)
    return state


def _refusal(chosen: entries.Entry, common: RosterState, held: RosterState, state: RosterState) -> str:
    """Why a choice does not do for whoever holds another branch; "" when it does."""
    kit = held.recovery.pair.sign
    if not chosen.signed_by("recovery", kit) and not chosen.signed_by("dropped", kit):
        return "signature"
    if held.no >= chosen.no:
        return "branch_goes_on"
    return "removals_missing" if removals(common, held, state) else ""


def removals(common: RosterState, dropped: RosterState, kept: RosterState) -> Removals:
    """What `dropped` has taken away since the two were one, and `kept` has not."""
    gone = {
        one.id
        for one in kept.devices.values()
        if one.active(kept.no) and one.id in dropped.devices and not dropped.devices[one.id].active(dropped.no)
    }
    invitations = {
        one.id
        for one in kept.invitations.values()
        if one.closed is None and one.id in dropped.invitations and dropped.invitations[one.id].closed is not None
    }
    access = {
        where
        for where, history in kept.access.items()
        if at(history, kept.no) is not None
        and at(common.access.get(where, ()), common.no) is not None
        and at(dropped.access.get(where, ()), dropped.no) is None
    }
    return Removals(frozenset(gone), _lower_roles(common, dropped, kept), frozenset(access), frozenset(invitations))


def _lower_roles(common: RosterState, dropped: RosterState, kept: RosterState) -> dict[UUID, Role]:
    order = list(Role)
    found = {}
    for member in common.members.values():
        now = dropped.members[member.id].role
        if all(order.index(now) < order.index(one.role) for one in (member, kept.members[member.id])):
            found[member.id] = now
    return found
