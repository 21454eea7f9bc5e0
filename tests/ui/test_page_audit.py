"""The audit log: for administrators, in words, of all laptops, and never in the place of a chain that does not hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, Qt

from cmpp_desktop.domain.audit_logs import KNOWN, OWN, AuditFilter, AuditTrail
from cmpp_desktop.errors import KnownError
from cmpp_desktop.ui import places
from cmpp_desktop.ui.pages.audit_model import PAGE
from cmpp_desktop.words import load
from cmpp_desktop.workspace.audit_words import action_words
from tests.ui import samples
from tests.ui.page_desk import Desk, desk, nameless
from tests.ui.samples import audits

pytestmark = pytest.mark.usefixtures("qapp")
SOURCE = Path(__file__).parents[2] / "src" / "cmpp_desktop"


def asked(at: Desk) -> AuditFilter:
    return [question for question in at.door.asked if isinstance(question, AuditTrail)][-1].filter


def test_each_line_says_when_what_who_and_where_and_never_about_whom() -> None:
    with desk(role="administrator") as at:
        audits.furnish(at.door)
        page = at.open("audit")
        first, second, closed, _, _, newer = page.model.rows
        assert first.title == "A-number shown: Person"
        assert "Ana Marroquín, Blue ThinkPad" in first.said
        assert "Tzoc" not in first.said
        assert second.title == "Written: Note"
        assert closed.title == "Written: a restricted record"
        assert newer.title == "Something that only a newer version knows"
        assert nameless(page) == []


def test_choices_narrow_the_list_and_this_laptop_is_one_of_them() -> None:
    with desk(role="administrator") as at:
        audits.furnish(at.door)
        page = at.open("audit")
        assert (asked(at).laptop, asked(at).member_id, asked(at).group) == ("", None, "")
        assert asked(at).since is not None
        page.asked["laptop"].set_value(OWN)
        page.asked["person"].set_value(samples.DENISE.hex)
        page.asked["group"].set_value("out")
        page.asked["days"].set_value("all")
        at.settle()
        assert asked(at) == AuditFilter(OWN, samples.DENISE, "out", None)


def test_earlier_entries_come_when_somebody_reaches_the_end() -> None:
    whole = tuple(audits.entry(number, audits.BLUE, samples.ANA, "unlocked") for number in range(PAGE + 20, 0, -1))

    def answer(question: AuditTrail) -> tuple[object, ...]:
        begin = 0 if question.after is None else whole.index(question.after) + 1
        return whole[begin : begin + question.limit]

    with desk(role="administrator") as at:
        audits.furnish(at.door)
        at.door.answers[AuditTrail] = answer
        page = at.open("audit")
        assert len(page.model.rows) == PAGE
        page.rows.setFocus()
        at.press(Qt.Key.Key_End)
        at.until(lambda: len(page.model.rows) == PAGE + 20)
        assert not page.model.canFetchMore(QModelIndex())


def test_a_broken_chain_is_said_in_place_of_a_list() -> None:
    with desk(role="administrator") as at:
        audits.furnish(at.door)
        page = at.open("audit")
        at.door.answers[AuditTrail] = KnownError("store_damaged")
        page.asked["laptop"].set_value(OWN)
        at.settle()
        assert [error.code for error in at.troubles if isinstance(error, KnownError)] == ["store_damaged"]
        assert page.model.rows == ()


def test_what_is_wrong_with_a_log_is_said_by_name_and_by_the_number_of_the_entry() -> None:
    with desk(role="administrator") as at:
        audits.furnish(at.door)
        page = at.open("audit")
        said = page.wrong.accessibleName()
        assert "The audit logs of 3 laptops are not in order" in said
        assert "Grey Latitude, Leon Brandt; Old Dell, Denise Okafor; Spare HP, Leon Brandt" in said
        page.tabs.choose("laptops")
        at.settle()
        changed, silent, fine, quiet, never, kept_back = (row.said for row in page.laptops.model().rows)
        assert "From entry 212 on it is not what had been sent" in changed
        assert "Entries are missing from number 230 on" in changed
        assert "its log did not" in silent
        assert "In order" in fine
        assert "Nothing for 20 days" in quiet
        assert "Nothing of its log has come yet" in never
        assert "Its log is missing" not in never
        assert "Its log is missing. Nothing of its log has come yet. Its records came until" in kept_back
        assert nameless(page) == []


def test_enter_on_a_laptop_shows_its_entries() -> None:
    with desk(role="administrator") as at:
        audits.furnish(at.door)
        page = at.open("audit")
        page.tabs.choose("laptops")
        page.laptops.choose(audits.BLUE)
        page.laptops.setFocus()
        at.press(Qt.Key.Key_Return)
        assert page.tabs.key() == "entries"
        assert asked(at).laptop == audits.BLUE


def test_before_any_log_came_the_page_says_how_one_comes() -> None:
    with desk(role="administrator") as at:
        page = at.open("audit")
        page.tabs.choose("laptops")
        at.settle()
        assert page.alone.isVisible()
        assert not page.wrong.isVisible()


def test_it_stands_in_the_rail_of_administrators_alone() -> None:
    def names(role: str) -> set[str]:
        return {info.name for info in places.in_rail(role)}

    assert "audit" in names("administrator")
    assert "audit" not in names("caseworker") | names("supervisor") | names("board_reader")


def test_every_action_that_is_written_has_words_and_a_kind() -> None:
    pattern = re.compile(r"(?:\.audit|\.note|note_access|audit\.Entry)\(\s*\"([a-z_]+)\"")
    written = {name for path in SOURCE.rglob("*.py") for name in pattern.findall(path.read_text(encoding="utf-8"))}
    assert "exported" in written
    assert written <= set(action_words(load("en")))
    assert set(action_words(load("en"))) <= KNOWN
