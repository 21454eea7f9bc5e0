"""A laptop that is out is let in again, by words, a code or a file; and two lists of who may open the records are settled."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt

from cmpp_desktop.errors import Invalid, KnownError
from cmpp_desktop.ui.pages.join_again import ByWords, TwelveWords
from cmpp_desktop.ui.pages.two_lists import TwoLists
from cmpp_desktop.workspace import SyncStatus, WithoutServer
from tests.ui.page_desk import Desk, desk, nameless
from tests.ui.samples import KIT, NEW_KIT

pytestmark = pytest.mark.usefixtures("qapp")
ALT = Qt.KeyboardModifier.AltModifier


def _asked(at: Desk) -> Any:
    """The sheet that the line of the panel opens, on a laptop whose place was taken."""
    at.door.status = SyncStatus("refused", problem="device_replaced", waiting=2, server="https://cmpp.example.org")
    page = at.open("sync")
    page.needs.setFocus()
    at.press(Qt.Key.Key_Return)
    return at.window.findChild(ByWords)


def test_a_laptop_whose_place_was_taken_joins_again_by_words_read_on_the_telephone() -> None:
    with desk() as at:
        sheet = _asked(at)
        assert nameless(sheet) == []
        assert sheet.step.server.text() == at.door.status.server, "it knows where its server is"
        assert sheet.step.typed.hasFocus()
        at.type("rumor acoger")
        at.press(Qt.Key.Key_Return)
        assert "no invitation" in sheet.step._typed_field.error.text()
        assert at.door.joined_again == []
        sheet.step.typed.setText("rumor miseria")
        at.door.fail["join_again"] = KnownError("invitation_not_for_here")
        at.press(Qt.Key.Key_Return)
        assert sheet.trouble.isVisible()
        assert (sheet.step.typed.text(), at.door.synced) == ("rumor miseria", 0)
        at.door.fail.clear()
        at.press(Qt.Key.Key_Return)
        assert at.door.joined_again == [b"sealed"]
        assert (at.door.fetched_from, at.door.synced) == ("https://cmpp.example.org", 1)
        assert at.window.findChild(ByWords) is None


def test_the_text_of_a_code_brings_its_own_address_and_every_control_is_reached_by_tab() -> None:
    with desk() as at:
        sheet = _asked(at)
        reached = []
        for _ in range(4):
            reached.append(at.window.focusWidget())
            at.press(Qt.Key.Key_Tab)
        assert reached[:2] == [sheet.step.typed, sheet.step.server]
        assert len(set(reached)) == 4
        sheet.step.typed.setText("cmpp-join:hKJj")
        sheet.step.fetch.click()
        at.settle()
        assert at.door.fetched_from == ""
        assert at.door.synced == 1


def test_without_a_server_only_a_file_is_asked_for() -> None:
    with desk() as at:
        alone = WithoutServer("Denise’s laptop", False, True, None, 0)
        at.door.status = replace(at.door.status, word="refused", problem="device_replaced", alone=alone)
        [line] = [line for line in at.open("sync")._said.needs_you if line.action == "join"]
        assert line.right == "Open the file"
        assert "QR" not in line.detail


def test_a_laptop_whose_place_was_taken_joins_again_with_a_file(tmp_path: Path) -> None:
    with desk() as at:
        at.door.status = replace(at.door.status, word="refused", problem="device_replaced", waiting=2)
        page = at.open("sync")
        assert "join" in [line.action for line in page._said.needs_you]
        (tmp_path / "again.cmppi").write_bytes(b"an invitation")
        at.door.fail["join_again"] = KnownError("invitation_not_for_here")
        page.read_file(tmp_path / "again.cmppi")
        at.settle()
        assert at.door.synced == 0
        at.door.fail.clear()
        page.read_file(tmp_path / "again.cmppi")
        at.settle()
        assert at.door.joined_again == [b"an invitation"]
        assert at.door.synced == 1
        (tmp_path / "again.cmppi").write_bytes(b"sealed")
        page.read_file(tmp_path / "again.cmppi")
        at.settle()
        sheet: Any = at.window.findChild(TwelveWords)
        for typed in ("not these", "the twelve"):
            sheet.step.typed.setText(typed)
            at.press(Qt.Key.Key_Return)
        assert at.door.joined_again[1:] == [b"sealed"]
        assert at.door.synced == 2


def test_two_lists_are_looked_at_and_settled_with_the_kit() -> None:
    with desk() as at:
        at.door.status = replace(at.door.status, word="refused", problem="roster_fork", waiting=2)
        page = at.open("sync")
        assert [line.action for line in page._said.needs_you][:2] == ["fork", "join"]
        page.look_at_both()
        at.settle()
        sheet: Any = at.window.findChild(TwoLists)
        assert sheet.here.isChecked()  # on it somebody was shut out
        assert nameless(sheet) == []
        reached = []
        for _ in range(5):
            at.press(Qt.Key.Key_Tab)
            reached.append(at.window.focusWidget())
        assert {sheet.server, sheet.here, sheet.kits[0], sheet.keep, sheet.do_it} == set(reached)
        at.press(Qt.Key.Key_S, ALT)
        assert sheet._fields[0].has_problem
        assert at.door.desk.settled == []
        sheet.kits[0].setText("misread")
        at.door.fail["settle_fork"] = Invalid(recovery="not_valid")
        sheet.settle()
        at.settle()
        assert sheet._fields[0].has_problem
        at.door.fail.clear()
        sheet.kits[0].setText(KIT)
        sheet.settle()
        at.settle()
        assert at.door.desk.settled == [("here", (KIT,))]
        assert sheet.kits[0].text() == ""  # the code is let go of
        assert "new invitation" in sheet.needs.text()
        sheet.ready.click()
        at.settle()
        assert at.door.synced == 1


def test_where_one_list_has_a_newer_kit_both_are_asked_for() -> None:
    with desk() as at:
        at.door.status = replace(at.door.status, word="refused", problem="roster_fork")
        at.door.desk.forked_kits = 2
        page = at.open("sync")
        page.look_at_both()
        at.settle()
        sheet: Any = at.window.findChild(TwoLists)
        sheet.server.setChecked(True)
        for line, code in zip(sheet.kits, (KIT, NEW_KIT), strict=True):
            line.setText(code)
        sheet.settle()
        at.settle()
        assert at.door.desk.settled == [("server", (KIT, NEW_KIT))]
