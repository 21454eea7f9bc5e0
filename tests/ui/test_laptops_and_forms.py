"""Settings told as stories: comparing digits by voice, letting the server know, taking in a form; and every key on one sheet."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from cmpp_desktop.domain.obligations import MarkObligation
from cmpp_desktop.errors import KnownError
from cmpp_desktop.forms import InstrumentRefused, Problem
from cmpp_desktop.ui.files import ask_for_file
from cmpp_desktop.ui.overlay import AllKeys
from cmpp_desktop.ui.page import Page
from cmpp_desktop.ui.pages.compare_digits import CompareDigits
from cmpp_desktop.ui.widgets import Button
from tests.ui.samples import SampleDoor, at_first_run, uid

from .conftest import Desk

Open = Callable[..., Desk]
ALT = Qt.KeyboardModifier.AltModifier
FRONT_DESK = "dd" * 32


def at_laptops(desk: Open, **more: object) -> Desk:
    at = desk(**more)
    at.window.go("settings", part="laptops")
    at.quiet()
    return at


def compare(at: Desk) -> CompareDigits:
    at.page.laptops.devices.choose(FRONT_DESK)
    at.page.laptops.devices.setFocus()
    at.press(Qt.Key.Key_C)
    return at.window.findChildren(CompareDigits)[0]


def test_digits_that_match_confirm_the_laptop(desk: Open) -> None:
    at = at_laptops(desk, role="administrator")
    sheet = compare(at)
    assert sheet.digits.accessibleName().endswith("4 1 8, 2 0 7")
    at.press(Qt.Key.Key_Return)  # no answer is the usual one
    assert at.door.compared == []
    at.press(Qt.Key.Key_Y, ALT)
    assert at.door.compared == [FRONT_DESK]
    assert not at.window.findChildren(CompareDigits)
    assert at.page.laptops._devices[FRONT_DESK].state == "in_use"


def test_digits_that_differ_confirm_nothing_and_say_what_to_do(desk: Open, speechless: Callable[[QWidget], list[str]]) -> None:
    at = at_laptops(desk, role="administrator")
    sheet = compare(at)
    at.press(Qt.Key.Key_N, ALT)
    assert at.door.compared == []
    assert sheet._stack.currentIndex() == 1
    assert speechless(sheet) == []
    at.press(Qt.Key.Key_Escape)
    assert at.door.compared == []


def test_without_a_network_nothing_is_confirmed_and_it_says_so(desk: Open) -> None:
    at = at_laptops(desk, role="administrator")
    at.door.fail["confirm_device"] = KnownError("server_unreachable")
    sheet = compare(at)
    at.press(Qt.Key.Key_Y, ALT)
    assert sheet._trouble.isVisible()
    assert "cannot be reached" in sheet._trouble.title.text()
    assert sheet.match.isEnabled()


def test_only_administrators_compare_and_set_the_rule(desk: Open) -> None:
    at = at_laptops(desk, role="caseworker")
    at.page.laptops._compare(FRONT_DESK)
    assert not at.window.findChildren(CompareDigits)
    assert not at.page.laptops.wait.isEnabled()


def test_a_rule_that_could_not_be_set_stays_as_it_was(desk: Open) -> None:
    at = at_laptops(desk, role="administrator")
    at.page.laptops.wait.click()
    at.quiet()
    assert at.door.confirm_restricted is False
    at.door.fail["ask_for_digits"] = KnownError("server_unreachable")
    at.page.laptops.wait.click()
    at.quiet()
    assert not at.page.laptops.wait.isChecked()


def test_the_own_digits_stand_on_today_until_they_were_compared(desk: Open) -> None:
    door = SampleDoor()
    door.code = "418207"
    at = desk(door)
    assert at.page._digits_row.isVisible()
    assert "418 207" in at.page._digits_words.text()
    door.code = ""
    at.page.reload()
    at.quiet()
    assert not at.page._digits_row.isVisible()


def test_where_nothing_waits_for_digits_today_is_silent(desk: Open) -> None:
    door = SampleDoor()
    door.code, door.confirm_restricted = "418207", False
    assert not desk(door).page._digits_row.isVisible()


def test_the_organisations_id_is_there_after_founding_and_later(desk: Open) -> None:
    at = desk(state="new")
    at_first_run(at.page, 4)
    at.quiet()
    assert at.page.kit.organisation_id.text() == "5f" * 32
    at.page.kit.copy.click()
    assert QGuiApplication.clipboard().text() == "5f" * 32
    at = at_laptops(desk)
    assert at.page.laptops.organisation_id.text() == "5f" * 32


def test_a_refused_form_shows_every_place(desk: Open, tmp_path: Path) -> None:
    at = desk(role="administrator")
    at.window.go("settings", part="instruments")
    at.quiet()
    part = at.page.instruments
    at.door.fail["import_instrument"] = InstrumentRefused(
        (Problem("unknown_type", "survey", 22, "type", "It cannot be asked.", "Take it out."),)
    )
    form = tmp_path / "guide.xlsx"
    form.write_bytes(b"x")
    part.take_file(form)
    at.quiet()
    model = part.problems.model()
    assert part.problems.isVisible()
    assert [model.index(0, column).data() for column in range(5)] == [
        "survey", "22", "type", "It cannot be asked.", "Take it out."
    ]  # fmt: skip
    del at.door.fail["import_instrument"]
    part.take_file(form)
    at.quiet()
    assert at.door.imported == [("guide.xlsx", b"x")]
    assert not part.problems.isVisible()


def test_a_file_that_is_not_there_is_said_to_be_unreadable(desk: Open, tmp_path: Path) -> None:
    at = desk(role="administrator")
    at.window.go("settings", part="instruments")
    at.quiet()
    at.page.instruments.take_file(tmp_path / "gone.xlsx")
    at.quiet()
    assert "cannot be read" in at.page.instruments._notice.title.text()
    assert at.page.instruments.button.isEnabled()


def test_a_file_question_goes_with_its_page(desk: Open) -> None:
    at = desk(role="administrator")
    at.window.go("settings")
    at.quiet()
    ask_for_file(at.page, "Open", "Forms (*.xlsx)", lambda path: None)
    assert at.window.findChildren(QFileDialog)
    at.window.lock()
    at.quiet()
    assert not at.window.findChildren(QFileDialog)


def test_what_can_be_done_with_a_row_is_a_menu_too(desk: Open) -> None:
    at = desk()
    rows = at.page._columns[1].list
    index = rows.currentIndex()
    assert "Attended A" in index.data(Qt.ItemDataRole.AccessibleDescriptionRole)
    cell = QAccessible.queryAccessibleInterface(rows).child(index.row())
    assert "Attended A" in cell.text(QAccessible.Text.Description)
    menu = rows.menu_of(rows.current_row())
    assert [action.text().split("\t")[0] for action in menu.actions()] == ["Attended", "Missed", "Moved"]
    menu.actions()[1].trigger()
    at.quiet()
    assert at.door.done == [MarkObligation(uid(505), "missed_unexcused")]
    menu.deleteLater()


def test_every_key_of_a_page_stands_on_the_sheet(desk: Open) -> None:
    at = desk(role="administrator")
    for place in ("today", "people", "settings", "someone_new"):
        at.window.go(place)
        at.quiet()
        page: Page = at.page
        listed = {part for key, _ in page.all_keys() for part in (key, *key.split("|"))}
        assert {button.key for button in page.findChildren(Button) if button.key and button.isVisible()} <= listed
        at.window.open_keys()
        at.quiet()
        sheet = at.window.findChildren(AllKeys)[-1]
        assert all(said in sheet.accessibleDescription() for _, said in page.all_keys())
        sheet.close()
        at.quiet()
