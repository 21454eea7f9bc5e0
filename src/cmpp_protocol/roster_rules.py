"""One rule for each type of roster entry: what it needs, and what it changes. `roster` runs them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, TypeVar
from uuid import UUID

from cmpp_protocol import keeping
from cmpp_protocol.entries import NO_CUT, Cut, Entry, Rights, Role, RosterError
from cmpp_protocol.roster_state import (
    Choice,
    Collection,
    Device,
    EpochKey,
    Fence,
    Invitation,
    Member,
    RosterState,
    Since,
    at,
    rights_at,
)

T = TypeVar("T")


def _member_added(state: RosterState, entry: Entry, author: Device) -> RosterState:
    _administrator(state, author)
    _new(state.members, entry.fields["member"], "member_exists")
    member = Member(entry.fields["member"], (Since(entry.no, entry.fields["role"]),))
    return replace(state, members=_with(state.members, member.id, member))


def _member_changed(state: RosterState, entry: Entry, author: Device) -> RosterState:
    _administrator(state, author)
    member = known(state.members, entry.fields["member"], "member_unknown")
    order = list(Role)
    if order.index(entry.fields["role"]) <= order.index(member.role):
        raise RosterError("takes_away", "role")
    changed = replace(member, roles=(*member.roles, Since(entry.no, entry.fields["role"])))
    return replace(state, members=_with(state.members, member.id, changed))


def _collection_created(state: RosterState, entry: Entry, author: Device) -> RosterState:
    _administrator(state, author)
    fields = entry.fields
    _new(state.collections, fields["collection"], "collection_exists")
    rows = dict(fields["access"])
    for member in rows:
        known(state.members, member, "member_unknown")
    if rows.get(author.member) != Rights.WRITE:
        raise RosterError("author_without_access")  # somebody must hold the key, or nobody could ever hand it on
    collection = Collection(
        fields["collection"], fields["kind"], entry.no, (EpochKey(1, entry.no, fields["commit"], None),)
    )
    granted = {(member, collection.id): (Since(entry.no, rights),) for member, rights in rows.items()}
    access = MappingProxyType({**state.access, **granted})
    return replace(state, collections=_with(state.collections, collection.id, collection), access=access)


def _drop_created(state: RosterState, entry: Entry, author: Device) -> RosterState:
    _administrator(state, author)
    fields = entry.fields
    _new(state.collections, fields["collection"], "collection_exists")
    if any(one.kind is fields["kind"] for one in state.collections.values()):
        raise RosterError("collection_exists", "kind")  # one for the organisation
    key = EpochKey(1, entry.no, fields["commit"], None, fields["seal"])
    collection = Collection(fields["collection"], fields["kind"], entry.no, (key,))
    return replace(state, collections=_with(state.collections, collection.id, collection))


def _access_granted(state: RosterState, entry: Entry, author: Device) -> RosterState:
    _administrator(state, author)
    fields = entry.fields
    member = known(state.members, fields["member"], "member_unknown")
    collection = known(state.collections, fields["collection"], "collection_unknown")
    if collection.is_drop:
        raise RosterError("drop")  # who reads there is said by the role
    history = state.access.get((member.id, collection.id), ())
    now = at(history, state.no)
    if now == Rights.WRITE or now == fields["rights"]:
        raise RosterError("takes_away", "access")
    history = (*history, Since(entry.no, fields["rights"]))
    return replace(state, access=_with(state.access, (member.id, collection.id), history))


def _invitation_opened(state: RosterState, entry: Entry, author: Device) -> RosterState:
    _administrator(state, author)
    fields = entry.fields
    _new(state.invitations, fields["invitation"], "invitation_exists")
    member = known(state.members, fields["member"], "member_unknown")
    if fields["role"] != member.role:
        raise RosterError("role")
    collections = frozenset(row[0] for row in fields["collections"])
    for collection in collections:
        if known(state.collections, collection, "collection_unknown").is_drop:
            raise RosterError("drop")
        if at(state.access.get((member.id, collection), ()), state.no) is None:
            raise RosterError("no_access")
    introduction = fields["introduction"]
    if any(introduction.sign == other.keys.sign for other in state.invitations.values()):
        raise RosterError("invitation_exists")
    invitation = Invitation(
        fields["invitation"], member.id, introduction, collections, fields["expires"], author.id, entry.no
    )
    return replace(state, invitations=_with(state.invitations, invitation.id, invitation))


def _invitation_closed(state: RosterState, entry: Entry, author: Device) -> RosterState:
    invitation = known(state.invitations, entry.fields["invitation"], "invitation_unknown")
    if invitation.closed is not None:
        raise RosterError("invitation_closed")
    if entry.at <= invitation.expires:
        _administrator(state, author)
    return replace(
        state, invitations=_with(state.invitations, invitation.id, replace(invitation, closed=entry.no))
    )


def _device_enrolled(state: RosterState, entry: Entry, author: Device) -> RosterState:
    invitation = state.invitations[entry.fields["invitation"]]
    used = replace(invitation, closed=entry.no, device=author.id)
    return replace(
        state,
        devices=_with(state.devices, author.id, author),
        invitations=_with(state.invitations, used.id, used),
    )


def _device_confirmed(state: RosterState, entry: Entry, author: Device) -> RosterState:
    _administrator(state, author)
    device = known(state.devices, entry.fields["device"], "device_unknown")
    if device.id == author.id:
        raise RosterError("not_allowed", "own device")
    if device.confirmed is not None or not device.active(state.no):
        raise RosterError("nothing_changes")
    return replace(state, devices=_with(state.devices, device.id, replace(device, confirmed=entry.no)))


def _device_replaced(state: RosterState, entry: Entry, author: Device) -> RosterState:
    pair = entry.fields["device"]
    if pair.id in state.devices:
        raise RosterError("device_exists")
    if not entry.signed_by("successor", pair.sign):
        raise RosterError("signature", "successor")
    confirmed = entry.no if author.confirmed is not None else None  # the old key vouches for the new one
    successor = Device(pair.id, author.member, pair, enrolled=entry.no, invitation=author.invitation, confirmed=confirmed)
    ended = replace(author, ended=entry.no, why="replaced", successor=pair.id)
    fenced = _fenced(state, entry, _everywhere(state, [author.id]))
    devices = MappingProxyType({**fenced.devices, author.id: ended, pair.id: successor})
    return replace(fenced, devices=devices)


def _device_retired(state: RosterState, entry: Entry, author: Device) -> RosterState:
    fenced = _fenced(state, entry, _everywhere(state, [author.id]))
    ended = replace(author, ended=entry.no, why="retired")
    return _with_administrator(replace(fenced, devices=_with(fenced.devices, author.id, ended)), entry.no)


def _device_revoked(state: RosterState, entry: Entry, author: Device) -> RosterState:
    _administrator(state, author)
    device = known(state.devices, entry.fields["device"], "device_unknown")
    line = state.with_successors(device.id)
    taken = [one for one in line if state.devices[one].active(state.no)]
    if author.id in line:
        raise RosterError("not_allowed", "own device")
    if not taken:
        raise RosterError("nothing_changes")
    fenced = _fenced(state, entry, _everywhere(state, taken))
    ended = {one: replace(state.devices[one], ended=entry.no, why="revoked") for one in taken}
    invitations = {  # its open invitations go with it (rule 34): whoever stole it could have written them
        key: replace(one, closed=entry.no) if one.by in line and one.closed is None else one
        for key, one in state.invitations.items()
    }
    devices = MappingProxyType({**fenced.devices, **ended})
    return replace(fenced, devices=devices, invitations=MappingProxyType(invitations))


def _device_recovered(state: RosterState, entry: Entry, author: Device) -> RosterState:
    return replace(state, devices=_with(state.devices, author.id, author))


def _member_demoted(state: RosterState, entry: Entry, author: Device) -> RosterState:
    _administrator(state, author)
    member = known(state.members, entry.fields["member"], "member_unknown")
    order = list(Role)
    if order.index(entry.fields["role"]) >= order.index(member.role):
        raise RosterError("nothing_changes")
    fenced = _fenced(state, entry, _everywhere(state, _active(state, member.id)))
    changed = replace(member, roles=(*member.roles, Since(entry.no, entry.fields["role"])))
    return _with_administrator(replace(fenced, members=_with(fenced.members, member.id, changed)), entry.no)


def _access_withdrawn(state: RosterState, entry: Entry, author: Device) -> RosterState:
    _administrator(state, author)
    member = known(state.members, entry.fields["member"], "member_unknown")
    place = known(state.collections, entry.fields["collection"], "collection_unknown").id
    history = state.access.get((member.id, place), ())
    if at(history, state.no) is None:
        raise RosterError("nothing_changes")
    fenced = _fenced(state, entry, {(device, place) for device in _active(state, member.id)})
    access = _with(fenced.access, (member.id, place), (*history, Since(entry.no, None)))
    after = replace(fenced, no=entry.no, access=access)
    if not any(rights_at(after, one.id, place, entry.no) is Rights.WRITE for one in after.devices.values()):
        raise RosterError("nobody_left")  # nobody could hand its key on any more
    return after


def _key_rotated(state: RosterState, entry: Entry, author: Device) -> RosterState:
    fields = entry.fields
    collection = known(state.collections, fields["collection"], "collection_unknown")
    if rights_at(state, author.id, collection.id, state.no) is None:  # nor one whose digits nobody has compared
        raise RosterError("no_access")
    if fields["epoch"] != collection.epoch + 1:
        raise RosterError("epoch")
    if collection.is_drop is not (entry.type == "drop_rotated"):
        raise RosterError("drop")
    key = EpochKey(fields["epoch"], entry.no, fields["commit"], fields["previous"], fields.get("seal"))
    changed = replace(collection, epochs=(*collection.epochs, key))
    return replace(state, collections=_with(state.collections, collection.id, changed))


def _recovery_replaced(state: RosterState, entry: Entry, author: Device) -> RosterState:
    _administrator(state, author)
    recovery = entry.fields["recovery"]
    if not entry.signed_by("recovery", recovery.pair.sign):
        raise RosterError("signature", "recovery")
    if recovery == state.recovery:
        raise RosterError("nothing_changes")
    return replace(state, recoveries=(*state.recoveries, Since(entry.no, recovery)))


def _hold_placed(state: RosterState, entry: Entry, author: Device) -> RosterState:
    _administrator(state, author)
    _new(state.holds, entry.fields["hold"], "hold_exists")
    records = frozenset(row[0] for row in entry.fields["records"])
    return replace(state, holds=_with(state.holds, entry.fields["hold"], records))


def _hold_lifted(state: RosterState, entry: Entry, author: Device) -> RosterState:
    _administrator(state, author)
    if not known(state.holds, entry.fields["hold"], "hold_unknown"):
        raise RosterError("nothing_changes")
    return replace(state, holds=_with(state.holds, entry.fields["hold"], frozenset()))  # its id is not used again


def _erasure(state: RosterState, entry: Entry, author: Device) -> RosterState:
    _administrator(state, author)
    records = {row[0] for row in entry.fields["records"]} - set(state.erased)
    if not records:
        raise RosterError("nothing_changes")
    if any(records & held for held in state.holds.values()):
        raise RosterError("held")  # rule 19
    return replace(state, erased=MappingProxyType({**state.erased, **dict.fromkeys(sorted(records), entry.no)}))


def _policy_set(state: RosterState, entry: Entry, author: Device) -> RosterState:
    _administrator(state, author)
    keeping.check_policy(state, entry.fields["policy"])
    policy = MappingProxyType(entry.fields["policy"])
    return replace(state, policies=(*state.policies, Since(entry.no, policy)))


def _branch_chosen(state: RosterState, entry: Entry, author: Device) -> RosterState:
    """Repeats what the other branch took away, and cuts every chain where it stands: what was sealed before, on either branch,
    counts up to there and no further, whichever roster its number meant. For that the entry's number is above both."""
    _administrator(state, author)
    fields = entry.fields
    if not entry.signed_by("recovery", state.recovery.pair.sign):
        raise RosterError("signature", "recovery")
    if not fields["fork"] <= state.no or not fields["fork"] <= fields["until"] < entry.no:
        raise RosterError("branch_longer")
    active = {one.id for one in state.devices.values() if one.active(state.no)}
    taken = {row[0] for row in fields["devices"]}
    if not taken <= active or author.id in taken:
        raise RosterError("not_allowed", "device")
    fenced = _fenced(state, entry, _everywhere(state, active))
    ended = {one: replace(state.devices[one], ended=entry.no, why="revoked") for one in taken}
    lowered = _lowered(fenced, entry)
    choice = Choice(entry.no, fields["fork"], fields["dropped"])
    after = replace(
        lowered, devices=MappingProxyType({**lowered.devices, **ended}), choices=(*state.choices, choice)
    )
    return _with_administrator(after, entry.no)


def _lowered(state: RosterState, entry: Entry) -> RosterState:
    """Without the roles, access and invitations that a choice between branches names; each must be there to be taken."""
    members, access, invitations = dict(state.members), dict(state.access), dict(state.invitations)
    order = list(Role)
    for who, role in entry.fields["roles"]:
        member = known(members, who, "member_unknown")
        if order.index(role) >= order.index(member.role):
            raise RosterError("nothing_changes")
        members[who] = replace(member, roles=(*member.roles, Since(entry.no, role)))
    for who, place in entry.fields["access"]:
        if at(access.get((who, place), ()), state.no) is None:
            raise RosterError("nothing_changes")
        access[who, place] = (*access[who, place], Since(entry.no, None))
    for (one,) in entry.fields["invitations"]:
        invitation = known(invitations, one, "invitation_unknown")
        if invitation.closed is not None:
            raise RosterError("invitation_closed")
        invitations[one] = replace(invitation, closed=entry.no)
    return replace(
        state,
        members=MappingProxyType(members),
        access=MappingProxyType(access),
        invitations=MappingProxyType(invitations),
    )


RULES: Mapping[str, Callable[[RosterState, Entry, Device], RosterState]] = MappingProxyType(
    {
        "member_added": _member_added,
        "member_changed": _member_changed,
        "collection_created": _collection_created,
        "drop_created": _drop_created,
        "drop_rotated": _key_rotated,
        "access_granted": _access_granted,
        "invitation_opened": _invitation_opened,
        "invitation_closed": _invitation_closed,
        "device_enrolled": _device_enrolled,
        "device_confirmed": _device_confirmed,
        "device_replaced": _device_replaced,
        "device_retired": _device_retired,
        "device_revoked": _device_revoked,
        "device_recovered": _device_recovered,
        "member_demoted": _member_demoted,
        "access_withdrawn": _access_withdrawn,
        "recovery_replaced": _recovery_replaced,
        "hold_placed": _hold_placed,
        "hold_lifted": _hold_lifted,
        "erasure": _erasure,
        "key_rotated": _key_rotated,
        "policy_set": _policy_set,
        "branch_chosen": _branch_chosen,
    }
)


def _active(state: RosterState, member: UUID) -> list[bytes]:
    return [one.id for one in state.devices.values() if one.member == member and one.active(state.no)]


def _everywhere(state: RosterState, devices: Iterable[bytes]) -> set[tuple[bytes, UUID]]:
    """Every chain of these devices: in each collection that they ever reached one may have begun, and must be cut."""
    return {(device, place) for device in devices for place in state.reached(device)}


def _fenced(state: RosterState, entry: Entry, chains: set[tuple[bytes, UUID]]) -> RosterState:
    """The state with the cuts of an entry, which have to be of exactly these chains (rule 28)."""
    rows = entry.fields["fence"]
    if {(device, place) for device, place, _, _ in rows} != chains:
        raise RosterError("fence_incomplete")
    if any((number == 0) != (cut == NO_CUT.hash) for _, _, number, cut in rows):
        raise RosterError("malformed", "fence")
    fences = tuple(Fence(entry.no, device, place, Cut(number, cut)) for device, place, number, cut in rows)
    return replace(state, fences=(*state.fences, *fences))


def _with_administrator(state: RosterState, no: int) -> RosterState:
    """The state, unless nobody could let anybody in any more."""
    if not any(
        one.active(no) and state.members[one.member].role is Role.ADMINISTRATOR for one in state.devices.values()
    ):
        raise RosterError("last_administrator")
    return state


def _administrator(state: RosterState, author: Device) -> None:
    if state.members[author.member].role is not Role.ADMINISTRATOR:
        raise RosterError("not_allowed")


def known(table: Mapping[Any, T], key: Any, code: str) -> T:
    """What a table holds under a key. Raises RosterError(code) when there is nothing."""
    found = table.get(key)
    if found is None:
        raise RosterError(code)
    return found


def _new(table: Mapping[Any, Any], key: Any, code: str) -> None:
    if key in table:
        raise RosterError(code)


def _with(table: Mapping[Any, T], key: Any, value: T) -> Mapping[Any, T]:
    return MappingProxyType({**table, key: value})
