"""A group session: many people with few keys, one text that names nobody."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from cmpp_desktop.domain import questions as q
from cmpp_desktop.domain.sessions import DeleteSession, RecordGroupSession
from cmpp_desktop.errors import Invalid
from tests.ui import samples
from tests.ui.page_desk import Desk, desk, nameless

pytestmark = pytest.mark.usefixtures("qapp")
CTRL = Qt.KeyboardModifier.ControlModifier


def came(at: Desk, page: Any, *letters: str) -> None:
    """Each is found by some letters and added with Enter."""
    page.search.setFocus()
    for text in letters:
        before = len(page._people)
        at.type(text)
        at.until(lambda: page.found.current_row() is not None)
        at.press(Qt.Key.Key_Return)
        assert len(page._people) == before + 1


def written(page: Any) -> None:
    page.inputs["topic"].first.setText("Know your court")
    page.inputs["narrative"].first.setPlainText("What happens at a master hearing.")


def test_people_are_added_by_letters_and_marked_by_one_key() -> None:
    with desk() as at:
        page = at.open("groups")
        assert nameless(page) == []
        assert QApplication.focusWidget() is page.inputs["topic"].first
        written(page)
        came(at, page, "rahimi", "tzoc")
        page.roster.setFocus()
        page.roster.choose_first()
        at.press(Qt.Key.Key_L)
        page.note.setPlainText("Asked about a ride.")
        at.press(Qt.Key.Key_Return, CTRL)
        command = at.door.done[-1]
        assert isinstance(command, RecordGroupSession)
        content = command.content
        assert [attendance for _, attendance in content.attendees] == ["late", "present"]
        assert content.notes == ((content.attendees[0][0], "Asked about a ride."),)
        assert content.topic == "Know your court"
        assert at.said[-1][0] == "In the files of 2 people"
        assert page._people == {}


def test_somebody_who_was_not_there_is_taken_out() -> None:
    with desk() as at:
        page = at.open("groups")
        came(at, page, "rahimi", "tzoc")
        page.roster.setFocus()
        page.roster.choose_first()
        at.press(Qt.Key.Key_Delete)
        assert len(page._people) == 1


def test_a_group_of_nobody_is_not_written() -> None:
    with desk() as at:
        page = at.open("groups")
        written(page)
        at.press(Qt.Key.Key_Return, CTRL)
        assert page.wrong.isVisible()
        assert at.door.done == []


def test_a_name_in_the_text_is_found_and_may_be_only_a_word() -> None:
    with desk() as at:
        page = at.open("groups")
        written(page)
        came(at, page, "rahimi", "tzoc")
        at.door.fail["do"] = Invalid(narrative="names_participant")
        at.press(Qt.Key.Key_Return, CTRL)
        assert page.inputs["narrative"].frame.has_problem
        assert page.names_are_words.isVisible()
        at.door.fail.clear()
        page.names_are_words.setChecked(True)
        at.press(Qt.Key.Key_Return, CTRL)
        command = at.door.done[-1]
        assert isinstance(command, RecordGroupSession)
        assert command.names_are_words


def test_what_was_begun_is_there_again() -> None:
    with desk() as at:
        page = at.open("groups")
        written(page)
        page.inputs["topic"].first.textEdited.emit("Know your court")
        came(at, page, "rahimi")
        at.open("people")
        (draft,) = at.door.drafts.values()
        page._begun = False
        page._people = {}
        at.open("groups")
        assert draft.key == "group:"
        assert page.inputs["topic"].value() == "Know your court"
        assert len(page._people) == 1


def test_a_group_is_sent_for_signature_with_its_own_key() -> None:
    with desk() as at:
        page = at.open("groups")
        written(page)
        came(at, page, "rahimi", "tzoc")
        at.press(Qt.Key.Key_Return, CTRL | Qt.KeyboardModifier.ShiftModifier)
        command = at.door.done[-1]
        assert isinstance(command, RecordGroupSession)
        assert command.submit


def test_what_was_held_lately_is_opened_to_be_changed_and_what_is_signed_to_be_read() -> None:
    rows = (
        q.GroupRow(samples.uid("open"), "Know your court", samples.when(samples.TODAY), 12, "draft"),
        q.GroupRow(samples.uid("signed"), "Buses", samples.when(samples.TODAY), 4, "signed"),
    )
    with desk() as at:
        at.door.answers[q.GroupSessions] = rows
        at.door.answers[q.Session] = samples.session_view("signed")
        page = at.open("groups")
        page.lately.rows.choose((samples.uid("signed"), True))
        page.lately.rows.setFocus()
        at.press(Qt.Key.Key_Return)
        assert at.frame.place == "session"
        at.open("groups")
        page.lately.rows.choose((samples.uid("open"), False))
        page.lately.rows.setFocus()
        at.press(Qt.Key.Key_Return)
        assert page._session == samples.uid("open")
        assert not page.lately.isVisible()
        page.delete.click()
        at.settle()
        assert at.door.done == [DeleteSession(samples.uid("open"))]
        assert page._people == {}
