"""Unlocking and first run, with the keyboard: what is wrong is said, nothing waits, and the way in is found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from cmpp_desktop.errors import KnownError
from cmpp_desktop.ui.pages.first_run_organisation import is_server
from tests.ui.samples import KIT, SampleDoor, at_first_run, uid

from .conftest import Desk

Open = Callable[..., Desk]
GOOD = "correct horse battery staple"


def test_the_passphrase_and_enter_open_today(desk: Open) -> None:
    at = desk(state="locked")
    at.type(GOOD)
    at.press(Qt.Key.Key_Return)
    assert at.window.frame is not None
    assert at.page.place == "today"


def by_the_kit(at: Desk) -> Any:
    """The step in which the printed kit is typed, with an address and a code in it."""
    at_first_run(at.page, 6)
    at.quiet()
    at.page.readmission.server.setText("https://sync.example")
    at.page.readmission.kit.setText(KIT)
    return at.page.readmission


def test_with_the_kit_alone_a_laptop_comes_in_and_says_what_to_see_to_next(desk: Open) -> None:
    door = SampleDoor(state="new")
    at = desk(door)
    step = by_the_kit(at)
    step.go_on()
    at.quiet()
    assert at.page._step == "passphrase"  # there is one administrator: nothing to choose
    at.page.laptop.setText("New laptop")
    for line in (at.page.first.line, at.page.second.line):
        line.setText(GOOD)
    at.page.make.click()
    at.quiet()
    assert door.readmitted_as == ("https://sync.example", KIT, uid(70), "New laptop")
    assert at.page._step == "next"
    assert step.kit.text() == ""  # the code is let go of
    at.page.next_steps.on.click()
    at.quiet()
    assert at.window.frame is not None


def test_of_several_administrators_one_is_chosen_and_another_code_asks_again(desk: Open) -> None:
    door = SampleDoor(state="new")
    door.administrators = 2
    at = desk(door)
    step = by_the_kit(at)
    step.go_on()
    at.quiet()
    assert at.page._step == "readmission"
    assert step.whose.isVisible()
    step.whose.set_value(str(uid(71)))
    step.go_on()
    assert (at.page._step, step.place[2]) == ("passphrase", uid(71))
    at.page._pass_back.click()
    assert at.page._step == "readmission"
    step.kit.setText("another")
    assert not step.whose.isVisible()
    door.fail["administrators_of_kit"] = KnownError("wrong_kit")
    step.go_on()
    at.quiet()
    assert step._kit_field.has_problem
    assert at.page._step == "readmission"


def test_a_wrong_passphrase_is_said_beside_the_field_and_the_field_keeps_the_keyboard(desk: Open) -> None:
    at = desk(state="locked")
    at.type("wrong")
    at.press(Qt.Key.Key_Return)
    assert at.page.field.error.text() == "That did not open it."
    assert at.window.focusWidget() is at.page.passphrase.line
    at.type(GOOD)  # what was typed is marked, so typing replaces it
    at.press(Qt.Key.Key_Return)
    assert at.window.frame is not None


def test_after_too_many_tries_it_says_how_long_to_wait(desk: Open) -> None:
    door = SampleDoor(state="locked")
    door.wait_seconds = 8
    at = desk(door)
    assert "8 seconds" in at.page.field.error.text()
    assert not at.page.button.isEnabled()
    at.page._tick()
    assert "7 seconds" in at.page.field.error.text()
    for _ in range(7):
        at.page._tick()
    assert at.page.button.isEnabled()
    assert not at.page.field.has_problem


def test_caps_lock_is_noticed_from_a_letter(desk: Open) -> None:
    at = desk(state="locked")
    at.press(Qt.Key.Key_A)
    assert not at.page.passphrase.caps.isVisible()
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QKeyEvent
    from PySide6.QtWidgets import QApplication

    shouted = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_B, Qt.KeyboardModifier.NoModifier, "B")
    QApplication.sendEvent(at.page.passphrase.line, shouted)
    assert at.page.passphrase.caps.isVisible()


def test_a_missing_keyring_is_told_with_what_is_safe_and_a_code_to_read_aloud(desk: Open) -> None:
    door = SampleDoor(state="locked")
    door.fail["unlock"] = KnownError("keyring_missing")
    at = desk(door)
    at.type(GOOD)
    at.press(Qt.Key.Key_Return)
    said = " ".join(label.text() for label in at.page.findChildren(QWidget) if hasattr(label, "text") and callable(label.text))
    assert "Your records are still here, sealed." in said
    assert "keyring_missing" in said


def test_spanish_is_one_click_away_before_anything_is_open(desk: Open) -> None:
    at = desk(state="locked")
    at.window.speak("es")
    at.quiet()
    assert "frase de paso" in at.page.field.label.text().lower()


def test_an_invitation_leads_to_a_sealed_laptop(desk: Open, tmp_path: Path) -> None:
    at = desk(state="new")
    path = tmp_path / "invitation.cmppi"
    path.write_bytes(b"invitation")
    at.page.read_file(path)
    at.quiet()
    assert "Denise Okafor" in at.page._who.text()
    at.press(Qt.Key.Key_Return)
    page = at.page
    page.laptop.setText("Blue ThinkPad")
    page.first.line.setText("harbor cedar velvet oyster")
    page.second.line.setText("harbor cedar velvet oyster")
    at.press(Qt.Key.Key_Return)
    assert at.door.state() == "open"
    assert at.window.frame is not None


def test_a_sealed_invitation_asks_for_its_words_and_opens_with_them(desk: Open, tmp_path: Path) -> None:
    at = desk(state="new")
    path = tmp_path / "invitation.cmppi"
    path.write_bytes(b"sealed")
    at.page.read_file(path)
    at.quiet()
    at.type("miseria rumor")
    at.press(Qt.Key.Key_Return)
    at.quiet()
    assert "changed places" in at.page.sealed.field.error.text()
    field = at.page.sealed.typed
    assert at.window.focusWidget() is field
    at.page.sealed.typed.setText("rumor miseria")
    at.press(Qt.Key.Key_Return)
    at.quiet()
    assert "Denise Okafor" in at.page._who.text()
    at.press(Qt.Key.Key_Return)
    at.page.first.line.setText("harbor cedar velvet oyster")
    at.page.second.line.setText("harbor cedar velvet oyster")
    at.page.laptop.setText("Blue ThinkPad")
    at.press(Qt.Key.Key_Return)
    assert at.door.state() == "open"
    assert at.door.enrolled_with == "rumor miseria"


def test_an_invitation_is_fetched_by_its_words_or_by_the_text_of_a_code(desk: Open) -> None:
    at = desk(state="new")
    at.press(Qt.Key.Key_W, Qt.KeyboardModifier.AltModifier)
    step = at.page.fetch
    assert at.window.focusWidget() == step.typed
    at.type("rumor acoger")
    step.server.setText("http://cmpp.example.org")
    at.press(Qt.Key.Key_Return)
    assert step._server_field.has_problem  # no address without the s, but of this machine
    step.server.setText("https://cmpp.example.org")
    step.fetch.click()
    at.quiet()
    assert "no invitation" in step._typed_field.error.text()
    step.typed.setText("rumor miseria")
    step.fetch.click()
    at.quiet()
    assert at.door.fetched_from == "https://cmpp.example.org"
    assert "Denise Okafor" in at.page._who.text()
    at.page._go("fetch")
    step.typed.setText("cmpp-join:hKJj")
    assert not step._server_field.isEnabled()
    step.fetch.click()
    at.quiet()
    assert at.door.fetched_from == ""
    at.press(Qt.Key.Key_Return)
    at.page.laptop.setText("Blue ThinkPad")
    at.page.first.line.setText("harbor cedar velvet oyster")
    at.page.second.line.setText("harbor cedar velvet oyster")
    at.press(Qt.Key.Key_Return)
    assert at.door.enrolled_with == "rumor miseria"
    assert at.door.state() == "open"


def test_what_is_no_invitation_is_said_and_nothing_happens(desk: Open, tmp_path: Path) -> None:
    at = desk(state="new")
    path = tmp_path / "notes.txt"
    path.write_text("no")
    at.page.read_file(path)
    at.quiet()
    assert at.page._step == "start"
    assert at.page._start_notice.count() > 0
    at.page.read_file(tmp_path / "not-there")
    at.quiet()
    assert at.page._step == "start"


def test_two_passphrases_must_be_the_same_and_strong_enough(desk: Open) -> None:
    at = desk(state="new")
    page = at.page
    at_first_run(page, 2)
    at.quiet()
    page.second.line.setText("something else")
    page.make.click()
    assert page._second_field.has_problem
    for line in (page.first.line, page.second.line):
        line.setText("password")
    page.make.click()
    at.quiet()
    assert page._first_field.has_problem
    assert at.door.state() == "new"


def test_the_recovery_code_is_shown_once_and_must_be_kept_before_going_on(desk: Open, tmp_path: Path) -> None:
    at = desk(state="new")
    page = at.page
    page._go("organisation")
    page.organisation.name.setText("Lantern Street Services")
    page.organisation.person.setText("Denise Okafor")
    page.organisation.server.setText("https://cmpp.example.org")
    page.organisation.go_on()
    page.laptop.setText("Denise’s Mac")
    for line in (page.first.line, page.second.line):
        line.setText("harbor cedar velvet oyster")
    page.make.click()
    at.quiet()
    assert page._step == "kit"
    assert not page.kit.finish.isEnabled()
    page.kit.write(tmp_path / "kit.txt")
    at.quiet()
    assert "X88F-QRTG" in (tmp_path / "kit.txt").read_text(encoding="utf-8")
    assert (tmp_path / "kit.txt").stat().st_mode & 0o077 == 0
    page.kit.finish.click()
    at.quiet()
    assert at.window.frame is not None


def test_only_https_or_this_machine_is_a_server() -> None:
    assert is_server("https://cmpp.example.org")
    assert is_server("http://127.0.0.1:8000")
    assert not is_server("http://cmpp.example.org")
    assert not is_server("https://")
    assert not is_server("ftp://cmpp.example.org")
    assert not is_server("https://[broken")
