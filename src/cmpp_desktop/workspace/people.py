"""Who may open the organisation's records: laptops, invitations, the six digits, and how sync stands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

from cmpp_desktop.changes import HERE, collection_id
from cmpp_desktop.domain.questions import Arrivals, Organisation, Outgoing, StaffRow
from cmpp_desktop.domain.staff import NameStaffMember
from cmpp_desktop.domain.work import Role
from cmpp_desktop.errors import KnownError, NotAllowed
from cmpp_desktop.sync.alone import SeenBy, Standing
from cmpp_desktop.sync.desk import FileNames
from cmpp_desktop.sync.enrolment import Invited
from cmpp_desktop.sync.hearing import last_taken_away
from cmpp_desktop.sync.status import Status
from cmpp_desktop.workspace import checking, held
from cmpp_desktop.workspace.profile import ROLES, Opened, role_of
from cmpp_desktop.workspace.views import (
    Access,
    ArrivedItem,
    DeviceRow,
    InvitationFile,
    InvitationState,
    LaptopSeen,
    OpenInvitation,
    SyncStatus,
    WaitingItem,
    WithoutServer,
)
from cmpp_protocol import rights, roster


def status_of(opened: Opened, status: Status) -> SyncStatus:
    """The engine's status with the lists that the panel shows."""
    waiting = opened.ask(Outgoing())
    if status.alone is not None:  # what lies on a stick stays on the list of what a server would have to get
        waiting = waiting[: status.waiting]
    arrived = opened.ask(Arrivals())
    return SyncStatus(
        word=status.word,
        waiting=status.waiting,
        waiting_items=tuple(WaitingItem(item.kind, item.participant, item.at) for item in waiting),
        arrived=tuple(
            ArrivedItem(item.kind, item.verb, item.participant_id, item.participant, item.who, item.at) for item in arrived
        ),
        conflicts=status.conflicts,
        set_aside=status.set_aside,
        last_heard=None if status.last_heard is None else datetime.fromtimestamp(status.last_heard / 1000, UTC),
        problem=status.problem,
        server=status.server,
        damaged=status.damaged,
        retry_in=status.retry_in,
        held=held.waiting(opened) if status.set_aside else (),
        renewed=None if status.renewed is None else _moment(status.renewed),
        documents=opened.carried.left,
        documents_why=opened.carried.problem,
        snapshot=checking.last_snapshot(opened),
        alone=None if status.alone is None else _without_server(opened, status.alone),
    )


def _without_server(opened: Opened, alone: Standing) -> WithoutServer:
    names = opened.ask(Organisation())
    people, state = {staff.id: staff.name for staff in names.staff}, opened.engine.roster()
    laptops = {device: name for device, name, _ in names.device_names}

    def seen(one: SeenBy) -> LaptopSeen:
        person = people.get(state.devices[one.device].member, "")
        return LaptopSeen(laptops.get(one.device.hex(), ""), person, None if one.at is None else _moment(one.at), one.lacks)

    return WithoutServer(
        laptops.get(alone.keeper.hex(), ""),
        alone.keeps,
        alone.admitted,
        None if alone.last is None else _moment(alone.last),
        alone.unseen,
        tuple(sorted(map(seen, alone.laptops), key=lambda one: (one.laptop.casefold(), one.person))),
    )


def access_of(opened: Opened) -> Access:
    """Laptops and open invitations, with the names that the organisation's records give them."""
    state = opened.engine.roster()
    names = opened.ask(Organisation())
    people = {staff.id: staff for staff in names.staff}
    laptops = {device: name for device, name, _ in names.device_names}
    administrator = opened.actor().role == "administrator"
    heard, newest = opened.engine.heard(), last_taken_away(state)
    devices = []
    for device in state.devices.values():
        standing = _standing(opened, state, device)
        person = people.get(device.member)
        code = opened.engine.code_of(device.id) if administrator and standing == "compare_code" else ""
        role = role_of(state.members[device.member].role)
        known = heard[device.id]
        devices.append(
            DeviceRow(
                device.id.hex(),
                laptops.get(device.id.hex(), ""),
                person.name if person else "",
                device.member,
                role,
                standing,
                code,
                since=_moment(known.since),
                last_heard=_moment(known.last),
                ended=None if known.ended is None else _moment(known.ended),
                unaware=device.active(state.no) and device.id != opened.device.id and known.roster_no < newest,
                mine=device.id == opened.device.id,
            )
        )
    every = _invitations(opened, state, people, laptops)
    invitations, over = ([one for one in every if (one.state == "open") is still] for still in (True, False))
    confirm = bool(state.policy.get(rights.CONFIRM_RESTRICTED, rights.POLICY_DEFAULTS[rights.CONFIRM_RESTRICTED]))
    return Access(tuple(devices), tuple(invitations), state.org_id.hex(), confirm, tuple(over))


def _invitations(
    opened: Opened, state: roster.RosterState, people: Mapping[UUID, StaffRow], laptops: Mapping[str, str]
) -> list[OpenInvitation]:
    """All of them, newest first."""
    every, now = [], opened.engine.now_ms()
    for invitation in sorted(state.invitations.values(), key=lambda one: -one.opened):
        person = people.get(invitation.member)
        name, team = (person.name, person.team) if person else ("", "")
        given, laptop = role_of(state.members[invitation.member].role), laptops.get((invitation.device or b"").hex(), "")
        ends, how = _moment(invitation.expires), _how(invitation, now)
        every.append(OpenInvitation(invitation.id.hex, name, given, team, ends, how, laptop))
    return every


def _how(invitation: roster.Invitation, now_ms: int) -> InvitationState:
    """How an invitation stands. One that ran out is closed by whichever laptop comes to it first: it ran out all the same."""
    if invitation.device is not None:
        return "used"
    if now_ms > invitation.expires:
        return "expired"
    return "open" if invitation.closed is None else "closed"


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def teams(opened: Opened) -> tuple[tuple[UUID, str], ...]:
    """The organisation's teams: id and name."""
    return tuple(opened.ask(Organisation()).teams)


def _standing(opened: Opened, state: roster.RosterState, device: roster.Device) -> str:
    if not device.active(state.no):
        return device.why
    if device.confirmed is None and state.policy.get(rights.CONFIRM_RESTRICTED, True):
        return "compare_code"
    return "this_one" if device.id == opened.device.id else "in_use"


def invite(
    opened: Opened, person: str, role: Role, team_id: UUID, *, restricted: bool, days: int, now: datetime
) -> InvitationFile:
    """Lets somebody in; the server has it, and the person's name, when this returns."""
    only_administrators(opened)
    if not person.strip():
        from cmpp_desktop.errors import Invalid

        raise Invalid(person="missing")
    organisation = opened.ask(Organisation())
    team = next((name for id, name in organisation.teams if id == team_id), "")
    ends = now + timedelta(days=days)
    invited = opened.engine.desk.invite(
        role=next(theirs for theirs, ours in ROLES.items() if ours == role),
        team_id=team_id,
        restricted=restricted,
        expires=int(ends.timestamp() * 1000),
    )
    opened.do(NameStaffMember(invited.member, person.strip(), role, team_id), HERE)
    return _file(opened, invited, FileNames(organisation.name, person.strip(), team, organisation.me.name), ends)


def invite_again(opened: Opened, member_id: UUID, *, days: int, now: datetime) -> InvitationFile:
    """One more laptop for somebody who is in already: with their role, their team and what they may open."""
    only_administrators(opened)
    organisation, state = opened.ask(Organisation()), opened.engine.roster()
    person = next((one for one in organisation.staff if one.id == member_id), None)
    if person is None or person.team_id is None or member_id not in state.members:
        raise KnownError("record_missing")
    place, ends = collection_id("restricted", person.team_id), now + timedelta(days=days)
    invited = opened.engine.desk.invite(
        role=state.members[member_id].role,
        team_id=person.team_id,
        restricted=roster.at(state.access.get((member_id, place), ()), state.no) is not None,
        expires=int(ends.timestamp() * 1000),
        member=member_id,
    )
    return _file(opened, invited, FileNames(organisation.name, person.name, person.team, organisation.me.name), ends)


def _file(opened: Opened, invited: Invited, names: FileNames, ends: datetime) -> InvitationFile:
    status = opened.engine.exchange()
    if status.problem is not None:
        raise KnownError(status.problem)
    data = opened.engine.desk.invitation_file(invited, names)
    opened.note("invited", "staff_member", invited.member)
    return InvitationFile(f"invitation-{ends:%Y-%m-%d}.cmppi", data, ends)


def confirm(opened: Opened, device_id: str) -> None:
    """The digits were compared."""
    only_administrators(opened)
    opened.engine.desk.confirm(bytes.fromhex(device_id))
    opened.note("device_confirmed", "device_name", None, device=device_id[:16])


def ask_for_digits(opened: Opened, confirm_restricted: bool) -> None:
    """Sets the policy: whether restricted collections wait until a laptop's digits were compared."""
    only_administrators(opened)
    opened.engine.desk.set_policy({rights.CONFIRM_RESTRICTED: confirm_restricted})
    opened.note("policy_set", "organisation", None, confirm_restricted=int(confirm_restricted))


def only_administrators(opened: Opened) -> None:
    """Raises not_allowed for everybody else."""
    if opened.actor().role != "administrator":
        raise NotAllowed("not_allowed", needs="administrator")
