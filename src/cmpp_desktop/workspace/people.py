"""Who may open the organisation's records: laptops, invitations, the six digits, and how sync stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from cmpp_desktop.changes import HERE
from cmpp_desktop.domain.questions import Arrivals, Organisation, Outgoing
from cmpp_desktop.domain.staff import NameStaffMember
from cmpp_desktop.domain.work import Role
from cmpp_desktop.errors import KnownError, NotAllowed
from cmpp_desktop.sync.desk import FileNames
from cmpp_desktop.sync.engine import Status
from cmpp_desktop.workspace.profile import ROLES, Opened, role_of
from cmpp_desktop.workspace.views import (
    Access,
    ArrivedItem,
    DeviceRow,
    InvitationFile,
    OpenInvitation,
    SyncStatus,
    WaitingItem,
)
from cmpp_protocol import rights, roster


def status_of(opened: Opened, status: Status) -> SyncStatus:
    """The engine's status with the lists that the panel shows."""
    waiting = opened.ask(Outgoing())
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
    )


def access_of(opened: Opened) -> Access:
    """Laptops and open invitations, with the names that the organisation's records give them."""
    state = opened.engine.roster()
    names = opened.ask(Organisation())
    people = {staff.id: staff for staff in names.staff}
    laptops = {device: name for device, name, _ in names.device_names}
    administrator = opened.actor().role == "administrator"
    devices = []
    for device in state.devices.values():
        standing = _standing(opened, state, device)
        person = people.get(device.member)
        code = opened.engine.code_of(device.id) if administrator and standing == "compare_code" else ""
        role = role_of(state.members[device.member].role)
        devices.append(
            DeviceRow(
                device.id.hex(),
                laptops.get(device.id.hex(), ""),
                person.name if person else "",
                device.member,
                role,
                standing,
                code,
            )
        )
    invitations = []
    for invitation in state.invitations.values():
        if invitation.closed is None and invitation.device is None:
            person = people.get(invitation.member)
            given = role_of(state.members[invitation.member].role)
            ends = datetime.fromtimestamp(invitation.expires / 1000, UTC)
            name, team = (person.name, person.team) if person else ("", "")
            invitations.append(OpenInvitation(invitation.id.hex, name, given, team, ends))
    confirm = bool(state.policy.get(rights.CONFIRM_RESTRICTED, rights.POLICY_DEFAULTS[rights.CONFIRM_RESTRICTED]))
    return Access(tuple(devices), tuple(invitations), state.org_id.hex(), confirm)


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
    status = opened.engine.exchange()
    if status.problem is not None:
        raise KnownError(status.problem)
    names = FileNames(organisation.name, person.strip(), team, organisation.me.name)
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
