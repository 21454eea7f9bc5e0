"""A record in two places, or in none: said on the page of what was sent, and settled from there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import Any

import pytest
from PySide6.QtCore import Qt

from cmpp_desktop.domain.misplaced import KeepInOne, Misplaced
from cmpp_desktop.errors import Invalid, KnownError
from cmpp_desktop.ui.pages.misplaced import MisplacedSheet, misplaced_lines
from cmpp_desktop.words import load
from tests.ui.page_desk import desk, nameless
from tests.ui.samples import LATER, sync_alone, to_decide

pytestmark = pytest.mark.usefixtures("qapp")
ALT = Qt.KeyboardModifier.AltModifier


def plain(text: str) -> str:
    return text.replace("\u2068", "").replace("\u2069", "")


def test_a_note_in_two_places_is_kept_in_one_with_the_keyboard() -> None:
    with desk() as at:
        at.door.answers[Misplaced] = (to_decide.NOTE,)
        at.door.status = replace(at.door.status, conflicts=0, set_aside=0)
        page = at.open("sync")
        assert at.door.asked[-1] == Misplaced(at.door.status.last_heard)
        [line] = page._needing()
        assert plain(line.title) == "Note of Marisela Tzoc is in two places"
        page.needs.setFocus()
        at.press(Qt.Key.Key_Return)
        sheet: Any = at.window.findChild(MisplacedSheet)
        assert sheet.later.hasFocus()
        assert nameless(sheet) == []
        for error, said in ((KnownError("already_signed"), "signed"), (Invalid(type="other_compartment"), "restricted")):
            at.door.fail["do"] = error
            at.press(Qt.Key.Key_1, ALT)
            assert said in sheet.trouble.title.text()
        at.door.fail.clear()
        at.door.answers[Misplaced] = ()
        at.press(Qt.Key.Key_2, ALT)
        assert at.door.done == [KeepInOne("note", to_decide.NOTE.record_id, "restricted", to_decide.CLOSED.team_id)]
        assert plain(at.said[-1][0]) == "It is in one place now: restricted records of Lantern Street"
        assert page._needing() == ()
        assert not page.needs.isVisible()


def test_without_a_server_it_is_judged_by_when_a_stick_was_last_written() -> None:
    with desk() as at:
        at.door.status = sync_alone()
        at.open("sync")
        assert at.door.status.alone is not None
        assert Misplaced(at.door.status.alone.last) in at.door.asked


@pytest.mark.parametrize("language", ["en", "es"])
def test_what_is_in_none_says_who_moved_it_and_what_to_do_and_nothing_is_offered(language: str) -> None:
    words, newer = load(language), replace(to_decide.NOTE, settles=False)
    lines = misplaced_lines((to_decide.SESSION, newer), words, LATER.date(), UTC)
    assert [line.action for line in lines] == ["", ""]
    assert "Leon Brandt" in plain(lines[0].detail)
    assert "Lantern Street" in plain(lines[0].detail)
    assert "Marisela Tzoc" in plain(lines[1].title)
