"""Laptops, invitations and people's rights of the sample office, and an administrator's desk that changes them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from cmpp_desktop.errors import Invalid, KnownError
from cmpp_desktop.workspace import (
    Access,
    BranchLine,
    BranchView,
    DeviceRow,
    ForkView,
    InvitationFile,
    MemberRow,
    OpenInvitation,
    TeamAccess,
)
from tests.ui.samples.basis import ANA, DENISE, LEON, NOW, uid

if TYPE_CHECKING:
    from tests.ui.samples.door import SampleDoor

CHALLENGE = "7K2M-9QXD-4F0H-R8TN-W3VC-6BYE-1GPS-5JZA-2XK7-M0DQ-8HFR-4TNV-9C3E"
ANSWER = "Q4ZD-81MX-7KTV-0FHR-9BNC-3G"
KIT = "X88F-QRTG-EK23-F6P2-J6CX-R7TM-4M08"
NEW_KIT = "A1B2-C3D4-E5F6-G7H8-J9KM-N0PQ-R2ST"
SADE = uid("sade")
TEAM = uid("team")


def _at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 15, 0, tzinfo=UTC)


def _device(letter: str, name: str, person: str, member: UUID, role: Any, state: str, **more: Any) -> DeviceRow:
    given = {"since": _at(date(2026, 3, 2)), "last_heard": _at(date(2026, 11, 23))} | more
    return DeviceRow(letter * 64, name, person, member, role, state, **given)


def access(door: SampleDoor) -> Access:
    """Who may open the records; what the desk closed, confirmed or took back shows."""
    compared = "d" * 64 in door.compared
    rows: tuple[DeviceRow, ...] = (
        _device("a", "Blue ThinkPad", "Ana Marroquín", ANA, "caseworker", "this_one", mine=True),
        _device("b", "Denise’s Mac", "Denise Okafor", DENISE, "supervisor", "in_use"),
        _device(
            "c", "Leon-T14", "Leon Brandt", LEON, "caseworker", "in_use", last_heard=_at(date(2026, 10, 30)), unaware=True
        ),
        _device(
            "d", "Front desk", "Sade Oyelaran", SADE, "caseworker", "in_use" if compared else "compare_code", code="418207"
        ),
        _device("e", "Old Surface", "Ana Marroquín", ANA, "caseworker", "retired", ended=_at(date(2026, 9, 2))),
        _device("f", "Red Asus", "Leon Brandt", LEON, "caseworker", "revoked", ended=_at(date(2026, 11, 1))),
    )
    rows = tuple(replace(one, state="revoked", ended=NOW) if one.device_id in door.desk.closed else one for one in rows)
    until = NOW + timedelta(days=6)
    invitations = [
        OpenInvitation("11" * 16, "Jonas Vantongeren", "caseworker", "Team North", until),
        OpenInvitation("22" * 16, "Sade Oyelaran", "caseworker", "Team North", NOW, "used", "Front desk"),
        OpenInvitation("33" * 16, "Grace Lindqvist", "supervisor", "Team North", NOW - timedelta(days=20), "expired"),
    ]
    known = [replace(one, state="closed") if one.invitation_id in door.desk.taken_back else one for one in invitations]
    still, over = (tuple(one for one in known if (one.state == "open") is wanted) for wanted in (True, False))
    return Access(rows, still, "5f" * 32, door.confirm_restricted, over)


class SampleAdministration:
    """What an administrator does. `fail` of the door says what goes wrong."""

    def __init__(self, door: SampleDoor) -> None:
        self._door = door
        self.closed: list[str] = []
        self.kept: list[str] = []  # what was done about the list of laptops, without a server
        self.forked_kits = 1  # how many it takes to choose between two lists
        self.settled: list[tuple[str, tuple[str, ...]]] = []
        self.taken_back: list[str] = []
        self.invited_again: list[UUID] = []
        self.left = False
        self.teams: list[str] = []
        self.kits = 0
        self.let_in: tuple[DeviceRow, ...] = ()
        self.rights = {
            member: MemberRow(member, name, role, (TeamAccess(TEAM, "Team North", True, restricted),), laptops, member == DENISE)
            for member, name, role, restricted, laptops in _PEOPLE
        }

    def fork(self) -> ForkView:
        self._door._may_fail("fork")
        at = NOW - timedelta(days=1)
        here = (BranchLine("device_revoked", "Blue ThinkPad (Leon Fuentes)", "Denise’s laptop (Denise Okafor)", at),)
        server = (
            BranchLine("invitation_opened", "", "", at + timedelta(hours=2)),
            BranchLine("device_enrolled", "", "", at + timedelta(hours=3)),
        )
        return ForkView(
            BranchView(here, ("Blue ThinkPad (Leon Fuentes)",), (), True),
            BranchView(server, (), ("",), True),
            "here",
            self.forked_kits,
        )

    def settle_fork(self, keep: str, kits: tuple[str, ...]) -> tuple[str, ...]:
        self._door._may_fail("settle_fork")
        self.settled.append((keep, kits))
        return ("",) if keep == "here" else ()

    def close_laptop(self, device_id: str) -> tuple[DeviceRow, ...]:
        self._door._may_fail("close_laptop")
        self.closed.append(device_id)
        return self.let_in

    def take_over(self) -> None:
        self._door._may_fail("take_over")
        self.kept.append("taken over")

    def hand_keeping(self, device_id: str) -> None:
        self._door._may_fail("hand_keeping")
        self.kept.append(device_id)

    def use_server(self, url: str) -> None:
        self._door._may_fail("use_server")
        self.kept.append(url)

    def require_keyring(self, required: bool) -> None:
        self._door._may_fail("require_keyring")
        self._door.keyring_only = required

    def share_authority(self) -> None:
        self._door._may_fail("share_authority")
        self.kept.append("authority shared")

    def close_invitation(self, invitation_id: str) -> None:
        self._door._may_fail("close_invitation")
        self.taken_back.append(invitation_id)

    def invite_again(self, member_id: UUID, days: int = 7) -> InvitationFile:
        self._door._may_fail("invite")
        self.invited_again.append(member_id)
        return InvitationFile("invitation.cmppi", b"invitation", NOW + timedelta(days=days))

    def members(self) -> tuple[MemberRow, ...]:
        return tuple(self.rights.values())

    def add_team(self, name: str) -> UUID:
        self._door._may_fail("add_team")
        self.teams.append(name)
        return uid(f"team {name}")

    def change_role(self, member_id: UUID, role: Any) -> None:
        self._door._may_fail("change_role")
        self.rights[member_id] = replace(self.rights[member_id], role=role)

    def set_access(self, member_id: UUID, team_id: UUID, *, records: bool, restricted: bool) -> None:
        self._door._may_fail("set_access")
        given = tuple(
            TeamAccess(one.team_id, one.team, records, restricted) if one.team_id == team_id else one
            for one in self.rights[member_id].access
        )
        self.rights[member_id] = replace(self.rights[member_id], access=given)

    def leave(self) -> None:
        self._door._may_fail("leave")
        self.left = True

    def new_recovery_kit(self) -> str:
        self._door._may_fail("new_recovery_kit")
        self.kits += 1
        return NEW_KIT

    def answer_challenge(self, challenge: str, kit: str) -> str:
        if challenge != CHALLENGE:
            raise Invalid(challenge="not_valid")
        if kit != KIT:
            raise KnownError("wrong_kit")
        return ANSWER


_PEOPLE: tuple[tuple[UUID, str, Any, bool, int], ...] = (
    (ANA, "Ana Marroquín", "caseworker", True, 1),
    (DENISE, "Denise Okafor", "administrator", True, 1),
    (LEON, "Leon Brandt", "caseworker", False, 0),
    (SADE, "Sade Oyelaran", "caseworker", False, 1),
)
