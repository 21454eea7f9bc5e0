"""Laptops that are closed, people's rights, a forgotten passphrase and leaving, told in the window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from cmpp_desktop.errors import Invalid, KnownError
from cmpp_desktop.ui.pages.close_laptop import CloseLaptop, LeaveWithLaptop, NoWayBack
from cmpp_desktop.ui.pages.shut_out import ShutOutPage
from cmpp_desktop.workspace import RecoveryKitRequest, SyncStatus
from tests.ui.samples import ANA, ANSWER, CHALLENGE, KIT, LEON, NEW_KIT, SampleDoor

from .conftest import Desk

Open = Callable[..., Desk]
ALT = Qt.KeyboardModifier.AltModifier
CTRL = Qt.KeyboardModifier.ControlModifier
GOOD = "harbor cedar velvet oyster"
LEONS, MAC, INVITATION = "c" * 64, "b" * 64, "11" * 16


def at_settings(desk: Open, part: str, **more: Any) -> Desk:
    at = desk(**({"role": "administrator"} | more))
    at.window.go("settings", part=part)
    at.quiet()
    return at


def said(root: QWidget) -> str:
    """Everything that can be read there."""
    return "\n".join(label.text() for label in root.findChildren(QLabel) if label.isVisible())


def press_on_row(at: Desk, device: str, key: Qt.Key) -> None:
    at.page.laptops.devices.choose(device)
    at.page.laptops.devices.setFocus()
    at.press(key)


# --- laptops ---------------------------------------------------------------------------------------------------------------


def test_a_lost_laptop_is_closed_and_those_it_let_in_are_named(desk: Open, speechless: Callable[[QWidget], list[str]]) -> None:
    at = at_settings(desk, "laptops")
    at.door.desk.let_in = tuple(row for row in at.door.access().devices if row.name == "Front desk")
    press_on_row(at, LEONS, Qt.Key.Key_X)
    sheet = at.window.findChildren(CloseLaptop)[0]
    assert speechless(sheet) == []
    assert "stays on it, for the recovery kit" in said(sheet)
    assert at.window.focusWidget() is sheet.keep  # the safe button
    at.press(Qt.Key.Key_C, ALT)
    assert at.door.desk.closed == [LEONS]
    assert "Front desk" in sheet._look.title.text()
    assert at.page.laptops._devices[LEONS].state == "revoked"
    at.press(Qt.Key.Key_Return)
    assert not [one for one in at.window.findChildren(CloseLaptop) if one.isVisible()]


def test_a_laptop_that_the_server_did_not_hear_of_stays_open_and_it_is_said(desk: Open) -> None:
    at = at_settings(desk, "laptops")
    at.door.fail["close_laptop"] = KnownError("server_unreachable")
    press_on_row(at, LEONS, Qt.Key.Key_X)
    at.press(Qt.Key.Key_C, ALT)
    sheet = at.window.findChildren(CloseLaptop)[0]
    assert "cannot be reached" in sheet.trouble.title.text()
    at.press(Qt.Key.Key_Escape)
    assert at.door.desk.closed == []


def test_nobody_closes_the_laptop_they_sit_at_and_only_administrators_close_others(desk: Open) -> None:
    at = at_settings(desk, "laptops")
    at.page.laptops._close_laptop("a" * 64)
    assert not at.window.findChildren(CloseLaptop)
    at = at_settings(desk, "laptops", role="caseworker")
    press_on_row(at, LEONS, Qt.Key.Key_X)
    assert not at.window.findChildren(CloseLaptop)
    assert not at.page.laptops.unaware.isVisible()
    assert at.page.rights is None


def test_it_is_said_which_laptops_may_not_know_of_the_closing(desk: Open) -> None:
    at = at_settings(desk, "laptops")
    assert at.page.laptops.unaware.isVisible()
    assert "Leon-T14" in at.page.laptops.unaware.title.text()
    assert "Red Asus" in at.page.laptops.unaware.title.text()


def test_somebody_whose_laptop_was_lost_is_invited_anew_with_one_key(desk: Open, tmp_path: Path) -> None:
    at = at_settings(desk, "laptops")
    press_on_row(at, "f" * 64, Qt.Key.Key_I)
    assert at.door.desk.invited_again == [LEON]
    assert "Leon Brandt" in at.page.laptops.invitations.made.title.text()
    at.page.laptops.invitations.write_sealed(tmp_path / "sealed.cmppi")
    at.quiet()
    assert (tmp_path / "sealed.cmppi").read_bytes() == b"sealed"
    assert at.page.laptops.invitations.twelve.text().split()[::2] == [str(number) for number in range(1, 13)]
    at.page.laptops.invitations.write_invitation(tmp_path / "leon.cmppi")
    at.quiet()
    assert (tmp_path / "leon.cmppi").read_bytes() == b"invitation"


def test_an_invitation_waits_at_the_server_and_its_words_code_and_sheet_are_shown_until_it_is_taken_back(desk: Open) -> None:
    at = at_settings(desk, "laptops")
    press_on_row(at, "f" * 64, Qt.Key.Key_I)
    part = at.page.laptops.invitations
    at.door.fail["leave_invitation"] = KnownError("server_too_old")
    part.leave.click()
    at.quiet()
    assert part.left.isHidden()
    assert part.leave.isEnabled()
    del at.door.fail["leave_invitation"]
    part.leave.click()
    at.quiet()
    assert part.left.isVisible()
    assert part.left.twelve.text().split()[::2] == [str(number) for number in range(1, 13)]
    assert "cmpp.example.org" in part.left.server.text()
    part.take_back(next(iter(part._open)))
    at.quiet()
    assert part.left.isHidden()
    assert part.left.twelve.text() == ""  # nothing of it stays on the screen
    press_on_row(at, "f" * 64, Qt.Key.Key_I)
    part.leave.click()
    at.quiet()
    part.left.paper.click()
    at.quiet()
    assert at.window.frame is not None
    assert at.window.frame.place == "pdf"


def test_an_open_invitation_is_taken_back_and_used_ones_say_by_which_laptop(desk: Open) -> None:
    at = at_settings(desk, "laptops")
    part = at.page.laptops.invitations
    rows = {row.title: row.badge.text for row in part.list.model().rows}
    assert "Front desk" in rows["Sade Oyelaran"]
    assert rows["Grace Lindqvist"] == "Ran out"
    part.list.choose(INVITATION)
    part.list.setFocus()
    at.press(Qt.Key.Key_X)
    assert at.door.desk.taken_back == [INVITATION]
    assert {row.title: row.badge.text for row in part.list.model().rows}["Jonas Vantongeren"] == "Taken back"


# --- leaving, and being shut out ------------------------------------------------------------------------------------------------


def test_leaving_waits_for_what_was_not_sent_then_the_way_in_says_what_became_of_it(desk: Open) -> None:
    at = at_settings(desk, "laptops", role="caseworker")
    at.door.fail["leave"] = KnownError("not_sent", waiting=2)
    at.page.laptops.leave.click()
    at.press(Qt.Key.Key_L, ALT)
    sheet = at.window.findChildren(LeaveWithLaptop)[0]
    assert "not been sent yet" in sheet.trouble.title.text()
    del at.door.fail["leave"]
    at.press(Qt.Key.Key_L, ALT)
    assert at.door.desk.left
    assert isinstance(at.window.gate, ShutOutPage)
    assert "Everything written on it was sent before." in said(at.window.gate)
    assert not at.window.findChildren(LeaveWithLaptop)


def test_the_only_administrator_cannot_leave_and_is_told_what_to_do_first(desk: Open) -> None:
    at = at_settings(desk, "laptops")
    at.door.fail["leave"] = KnownError("not_allowed", reason="last_administrator")
    at.page.laptops.leave.click()
    at.press(Qt.Key.Key_L, ALT)
    sheet = at.window.findChildren(LeaveWithLaptop)[0]
    assert "no other administrator" in sheet.trouble.title.text()
    assert "People and rights" in sheet.trouble.text.text()


def test_a_closed_laptop_locks_itself_when_it_hears_of_it_whatever_is_open(desk: Open) -> None:
    at = at_settings(desk, "laptops")
    press_on_row(at, MAC, Qt.Key.Key_X)
    at.door.status = SyncStatus("refused", problem="device_revoked")
    at.window.show_status(at.door.status)
    at.quiet()
    assert at.window.frame is None
    assert not at.window.findChildren(CloseLaptop)
    assert at.door.state() == "locked"
    words = said(at.page)
    assert "This laptop was closed" in words
    assert "What was not sent yet stays here, sealed." in words
    assert "Call your administrator" in words


def test_a_closed_laptop_opens_once_with_the_kit_and_sends_nothing(desk: Open) -> None:
    door = SampleDoor(state="locked")
    door.shut, door.status = "revoked", SyncStatus("refused", problem="device_revoked")
    at = desk(door)
    at.press(Qt.Key.Key_K, ALT)
    assert not at.page.recovery._new.isVisible()  # no new passphrase: it opens this once
    at.page.recovery.by_kit.click()
    at.page.recovery.kit.setText(KIT)
    at.press(Qt.Key.Key_Return)
    assert door.recovered == [("kit", KIT, "")]
    assert at.window.frame is not None
    assert "open this once" in said(at.window.frame)
    at.window.sync()
    at.window.show_status(door.status)
    at.quiet()
    assert door.synced == 0
    assert at.window.frame is not None
    at.window.lock()
    at.quiet()
    assert isinstance(at.window.gate, ShutOutPage)


def test_a_closed_laptop_makes_room_for_a_new_invitation(desk: Open) -> None:
    door = SampleDoor(state="locked")
    door.shut = "revoked"
    at = desk(door)
    at.press(Qt.Key.Key_J, ALT)
    assert door.begun_again == 1
    assert at.page.place == "first_run"


# --- a forgotten passphrase -----------------------------------------------------------------------------------------------------


def test_a_forgotten_passphrase_is_helped_over_the_telephone(desk: Open, speechless: Callable[[QWidget], list[str]]) -> None:
    at = desk(state="locked")
    at.press(Qt.Key.Key_F, ALT)
    steps = at.page.recovery
    assert speechless(at.page) == []
    assert "13: 9 C 3 E" in steps.challenge.accessibleName()  # a screen reader reads it out, sign by sign
    steps.response.setText("q4zd")
    for line in (steps.first, steps.second):
        line.line.setText(GOOD)
    at.door.fail["recover"] = Invalid(response="not_valid")
    steps.response.setFocus()
    at.press(Qt.Key.Key_Return)
    assert "misheard" in steps._response_field.error.text()
    at.door.fail["recover"] = KnownError("passphrase_weak")
    at.press(Qt.Key.Key_Return)
    assert steps._first_field.has_problem
    del at.door.fail["recover"]
    steps.response.setText(ANSWER)
    at.press(Qt.Key.Key_Return)
    assert at.door.recovered == [("telephone", ANSWER, GOOD)]
    assert at.window.frame is not None


def test_a_wrong_kit_is_said_beside_the_field_and_back_leads_to_the_passphrase(desk: Open) -> None:
    at = desk(state="locked")
    at.press(Qt.Key.Key_F, ALT)
    steps = at.page.recovery
    steps.by_kit.click()
    steps.kit.setText(NEW_KIT)
    for line in (steps.first, steps.second):
        line.line.setText(GOOD)
    at.door.fail["recover"] = KnownError("wrong_kit")
    steps.try_it()
    at.quiet()
    assert "not the recovery kit" in steps._kit_field.error.text()
    at.press(Qt.Key.Key_Escape)
    assert at.window.focusWidget() is at.page.passphrase.line


def test_an_administrator_answers_and_a_misheard_sign_is_said_where_it_is(desk: Open) -> None:
    at = at_settings(desk, "recovery")
    part = at.page.recovery
    part.challenge.setText(CHALLENGE[:-1])
    part.kit.setText(KIT)
    part.answer()
    at.quiet()
    assert part._challenge_field.has_problem
    part.challenge.setText(CHALLENGE)
    part.kit.setText(NEW_KIT)
    part.answer()
    at.quiet()
    assert "not the recovery kit" in part._kit_field.error.text()
    part.kit.setText(KIT)
    part.answer()
    at.quiet()
    assert "1: Q 4 Z D" in part.answered.accessibleName()
    assert part.kit.text() == ""  # the kit is not left lying about
    part.over.click()
    assert not part.answered.isVisible()
    assert part.challenge.text() == ""


def test_a_new_kit_is_shown_once_printed_and_must_be_kept_before_going_on(desk: Open) -> None:
    at = at_settings(desk, "recovery")
    part = at.page.recovery
    part.make.click()
    assert "cannot be brought back" in said(at.window.findChildren(NoWayBack)[0])
    at.press(Qt.Key.Key_M, ALT)
    assert at.door.desk.kits == 1
    assert not at.window.findChildren(NoWayBack)
    assert not part.done.isEnabled()
    part.paper.click()
    at.quiet()
    assert at.door.papers == [RecoveryKitRequest(NEW_KIT, "en")]
    assert NEW_KIT not in repr(at.door.papers)
    at.window.back()
    at.quiet()
    at.page.recovery.kept.click()
    at.page.recovery.done.click()
    at.quiet()
    assert NEW_KIT[:4] not in part.code.accessibleName()


# --- people and rights ----------------------------------------------------------------------------------------------------------


def test_a_role_and_restricted_records_are_given_and_taken_back_with_undo(desk: Open) -> None:
    at = at_settings(desk, "rights")
    part = at.page.rights
    part.list.choose(ANA)
    at.quiet()
    before = at.door.desk.rights[ANA]
    part.role.set_value("supervisor")
    part.ticks[0][2].click()
    at.press(Qt.Key.Key_S, CTRL)
    assert at.door.desk.rights[ANA].role == "supervisor"
    assert at.door.desk.rights[ANA].access[0].restricted is False
    at.press(Qt.Key.Key_Z, CTRL)
    assert at.door.desk.rights[ANA] == before


def test_without_the_teams_records_there_are_no_restricted_ones(desk: Open) -> None:
    at = at_settings(desk, "rights")
    part = at.page.rights
    part.list.choose(ANA)
    at.quiet()
    _, records, restricted = part.ticks[0]
    records.click()
    assert not restricted.isChecked()
    assert not restricted.isEnabled()
    part.save.click()
    at.quiet()
    assert (at.door.desk.rights[ANA].access[0].records, at.door.desk.rights[ANA].access[0].restricted) == (False, False)
    assert "Opens no records of a team." in part.list.current_row().what


def test_nobody_changes_their_own_role_and_a_refusal_shows_what_still_is(desk: Open) -> None:
    at = at_settings(desk, "rights")
    part = at.page.rights
    me = next(one for one in at.door.desk.rights.values() if one.me)
    part.list.choose(me.member_id)
    assert not part.role.isEnabled()
    part.list.choose(ANA)
    at.door.fail["change_role"] = KnownError("server_unreachable")
    part.role.set_value("supervisor")
    part.save.click()
    at.quiet()
    assert at.door.desk.rights[ANA] == replace(at.door.desk.rights[ANA], role="caseworker")
    assert part.role.value() == "caseworker"
