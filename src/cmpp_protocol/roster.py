"""Who may do what: an append-only, hash-chained, signed log, and the state that it adds up to.

`validate_and_apply` is run by the server and by every laptop on the same bytes, so both come to the same verdict. A state is a
value: applying gives a new one. It remembers when each right began and ended, so that a bundle can be judged at the
roster number that it names (rule 29; see `rights`). The organisation id is the hash of the genesis entry: whoever has it
pinned cannot be shown another organisation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from types import MappingProxyType

from cmpp_protocol import entries, keeping
from cmpp_protocol.entries import NO_CUT, Cut, Entry, Head, Kind, Rights, Role, RosterError
from cmpp_protocol.roster_rules import RULES, known
from cmpp_protocol.roster_state import (
    Collection,
    Device,
    EpochKey,
    Fence,
    History,
    Invitation,
    Member,
    RosterState,
    Since,
    at,
)

__all__ = [
    "Collection",
    "Cut",
    "Device",
    "EpochKey",
    "Fence",
    "Head",
    "History",
    "Invitation",
    "Kind",
    "Member",
    "NO_CUT",
    "Rights",
    "Role",
    "RosterError",
    "RosterState",
    "at",
    "build",
    "org_id",
    "proposed",
    "validate_and_apply",
]


def org_id(genesis: bytes) -> bytes:
    """The organisation id of a genesis entry (32 bytes). Raises RosterError."""
    return validate_and_apply(None, genesis).org_id


def build(data: Iterable[bytes], state: RosterState | None = None) -> RosterState:
    """The state after applying entries in order. Raises RosterError at the first that breaks a rule."""
    for entry in data:
        state = validate_and_apply(state, entry)
    if state is None:
        raise RosterError("empty")
    return state


def validate_and_apply(state: RosterState | None, data: bytes) -> RosterState:
    """The state after one more entry; `None` before genesis. Raises RosterError, and nothing has changed then."""
    entry = entries.decode(data)
    if state is None:
        return _genesis(entry)
    if entry.type == "genesis":
        raise RosterError("out_of_order", "second genesis")
    if entry.no != state.no + 1 or entry.prev != state.hash:
        raise RosterError("out_of_order")
    keeping.check_author(state, entry)
    author = _author(state, entry)
    if entry.type == "carried":
        if state.members[author.member].role is not Role.ADMINISTRATOR:
            raise RosterError("not_allowed")
        return replace(proposed(state, entries.said(entry)), no=entry.no, hash=entry.hash)
    return replace(RULES[entry.type](state, entry, author), no=entry.no, hash=entry.hash)


def proposed(state: RosterState, said: Entry) -> RosterState:
    """What a proposal would make of a state, but for number and hash. Raises RosterError."""
    if said.org != state.org_id:
        raise RosterError("organisation")
    return RULES[said.type](state, said, _author(state, said))


def _author(state: RosterState, entry: Entry) -> Device:
    """Whose an entry or a proposal is, having signed it."""
    author = _AUTHORS.get(entry.type, _known_author)(state, entry)
    if not entry.signed_by("author", author.keys.sign):
        raise RosterError("signature", "author")
    return author


def _genesis(entry: Entry) -> RosterState:
    fields = entry.fields
    if entry.type != "genesis" or entry.no != 0 or entry.prev != entries.FIRST_PREV:
        raise RosterError("out_of_order", "no genesis")
    device_keys, recovery = fields["device"], fields["recovery"]
    if entry.by != device_keys.id:
        raise RosterError("device_id")
    if not entry.signed_by("author", device_keys.sign) or not entry.signed_by("recovery", recovery.pair.sign):
        raise RosterError("signature")
    member = Member(fields["member"], (Since(0, Role.ADMINISTRATOR),))
    device = Device(entry.by, member.id, device_keys, enrolled=0, confirmed=0)
    state = RosterState(
        org_id=entry.hash,
        no=0,
        hash=entry.hash,
        recoveries=(Since(0, recovery),),
        members=MappingProxyType({member.id: member}),
        devices=MappingProxyType({device.id: device}),
        collections=MappingProxyType({}),
        access=MappingProxyType({}),
        invitations=MappingProxyType({}),
        policies=(Since(0, MappingProxyType(fields["policy"])),),
    )
    keeping.check_policy(state, fields["policy"])
    return state


def _known_author(state: RosterState, entry: Entry) -> Device:
    author = state.devices.get(entry.by)
    if author is None:
        raise RosterError("device_unknown")
    if not author.active(state.no):
        raise RosterError("device_revoked")
    return author


def _enrol_author(state: RosterState, entry: Entry) -> Device:
    device_keys = entry.fields["device"]
    invitation = known(state.invitations, entry.fields["invitation"], "invitation_unknown")
    if entry.by != device_keys.id:
        raise RosterError("device_id")
    if entry.by in state.devices:
        raise RosterError("device_exists")
    if not entry.signed_by("introduction", invitation.keys.sign):
        raise RosterError("signature", "introduction")
    if invitation.device is not None:
        raise RosterError("invitation_used")
    if invitation.closed is not None:
        raise RosterError("invitation_closed")
    if entry.at > invitation.expires:
        raise RosterError("invitation_expired")
    return Device(entry.by, invitation.member, device_keys, enrolled=entry.no, invitation=invitation.id)


def _recovered_author(state: RosterState, entry: Entry) -> Device:
    device_keys = entry.fields["device"]
    member = known(state.members, entry.fields["member"], "member_unknown")
    if entry.by != device_keys.id:
        raise RosterError("device_id")
    if entry.by in state.devices:
        raise RosterError("device_exists")
    if not entry.signed_by("recovery", state.recovery.pair.sign):
        raise RosterError("signature", "recovery")
    if member.role is not Role.ADMINISTRATOR:
        raise RosterError("not_allowed", "role")
    # Who holds the printed kit needs no digits compared: there may be nobody left to compare them.
    return Device(entry.by, member.id, device_keys, enrolled=entry.no, confirmed=entry.no, recovered=True)


_AUTHORS = {"device_enrolled": _enrol_author, "device_recovered": _recovered_author}
