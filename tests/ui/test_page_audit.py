"""The audit log: for administrators, in words, and never in the place of a chain that does not hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from cmpp_desktop.domain.questions import AuditRow, AuditTrail
from cmpp_desktop.errors import KnownError
from cmpp_desktop.ui import places
from cmpp_desktop.ui.pages.audit import action_words
from cmpp_desktop.words import load
from tests.ui import samples
from tests.ui.page_desk import desk, nameless

pytestmark = pytest.mark.usefixtures("qapp")
ENTRIES = (
    AuditRow(3, samples.NOW, samples.ANA, "a_number_shown", "participant", samples.MARISELA),
    AuditRow(2, samples.NOW, samples.ANA, "exported", "attachment", samples.uid("x")),
    AuditRow(1, samples.NOW, None, "something_newer", "", None),
)
SOURCE = Path(__file__).parents[2] / "src" / "cmpp_desktop"


def test_each_line_says_when_what_and_who_and_never_about_whom() -> None:
    with desk(role="administrator") as at:
        at.door.answers[AuditTrail] = ENTRIES
        page = at.open("audit")
        first, second, newer = page.rows.model().rows
        assert first.title == "A-number shown: Person"
        assert "Ana Marroquín" in first.said
        assert "Tzoc" not in first.said
        assert second.title == "Saved outside the program: Document"
        assert newer.title == "something_newer"
        assert nameless(page) == []


def test_letters_narrow_the_list() -> None:
    with desk(role="administrator") as at:
        at.door.answers[AuditTrail] = ENTRIES
        page = at.open("audit")
        page.search.setFocus()
        at.type("a-number")
        at.until(lambda: len(page.rows.model().rows) == 1)
        at.press(Qt.Key.Key_Escape)
        at.until(lambda: len(page.rows.model().rows) == 3)


def test_a_broken_chain_is_said_in_place_of_a_list() -> None:
    with desk(role="administrator") as at:
        at.door.answers[AuditTrail] = KnownError("store_damaged")
        page = at.open("audit")
        assert [error.code for error in at.troubles if isinstance(error, KnownError)] == ["store_damaged"]
        assert len(page.rows.model().rows) == 0


def test_it_stands_in_the_rail_of_administrators_alone() -> None:
    def names(role: str) -> set[str]:
        return {info.name for info in places.in_rail(role)}

    assert "audit" in names("administrator")
    assert "audit" not in names("caseworker") | names("supervisor") | names("board_reader")


def test_every_action_that_is_written_has_words() -> None:
    pattern = re.compile(r"(?:\.audit|\.note|note_access)\(\s*\"([a-z_]+)\"")
    written = {name for path in SOURCE.rglob("*.py") for name in pattern.findall(path.read_text(encoding="utf-8"))}
    assert "exported" in written
    assert written <= set(action_words(load("en")))
