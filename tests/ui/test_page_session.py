"""A session, from the last visit to the signature."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from cmpp_desktop.domain import questions as q
from cmpp_desktop.domain.reviews import Amend
from cmpp_desktop.domain.sessions import ChangeSession, RecordSession
from cmpp_desktop.ui.pages.session_model import SessionForm, count_words, pack, template, unpack, written
from tests.ui import samples
from tests.ui.page_desk import desk, nameless

pytestmark = pytest.mark.usefixtures("qapp")
USUAL = SessionForm(date(2026, 11, 23), time(10, 30), 45, ("case_management",))


def recorded(door: samples.SampleDoor) -> Any:
    return next(command for command in door.done if isinstance(command, RecordSession | ChangeSession))


def test_usual_session_needs_few_keys_besides_the_narrative() -> None:
    with desk() as at:
        page = at.open("session", participant_id=samples.MARISELA)
        assert QApplication.focusWidget() is page.fields.narrative
        at.type("She asked whether Mateo must speak.")
        at.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        command = recorded(at.door)
        assert command.submit
        assert command.content.narrative == "What they said\nShe asked whether Mateo must speak."
        assert command.content.minutes == 50  # from the last visit
        assert command.content.when.day == samples.TODAY
        assert at.said[-1][0] == "Sent to Denise Okafor for signature"
        assert at.frame.place == "participant"
        assert at.door.drafts == {}


def test_draft_is_kept_while_typing_and_comes_back() -> None:
    with desk() as at:
        page = at.open("session", participant_id=samples.MARISELA)
        at.type("Half a sentence")
        key = f"session:{samples.MARISELA}"
        at.until(lambda: key in at.door.drafts)
        assert at.door.drafts[key].words == 6  # with the heading above it
        page.leave()
        other = at.open("session", session_id=samples.uid("other"))
        assert other is page
        at.open("session", participant_id=samples.MARISELA)
        assert "Half a sentence" in page.fields.narrative.toPlainText()


def test_escape_leaves_it_as_a_draft() -> None:
    with desk() as at:
        at.open("session", participant_id=samples.MARISELA)
        at.type("Later.")
        at.press(Qt.Key.Key_Escape)
        assert at.frame.place == "participant"
        assert f"session:{samples.MARISELA}" in at.door.drafts
        assert not any(isinstance(command, RecordSession) for command in at.door.done)


def test_empty_narrative_is_said_beside_the_field() -> None:
    with desk() as at:
        page = at.open("session", participant_id=samples.MARISELA)
        at.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        assert page.fields.narrative_field.has_problem
        assert at.door.done == []


def test_space_ticks_who_was_there() -> None:
    with desk() as at:
        page = at.open("session", participant_id=samples.MARISELA)
        page.fields._people[1][1].setFocus()
        at.press(Qt.Key.Key_Space)
        assert page.fields.form().attendees == (samples.MATEO,)


def test_what_came_back_shows_why_and_is_sent_again() -> None:
    with desk() as at:
        at.door.answers[q.Session] = samples.session_view("returned", "Can this be Monday?")
        page = at.open("session", session_id=samples.uid("session1"))
        assert page.comment.isVisible()
        assert page.comment.text.text() == "Can this be Monday?"
        assert "Denise Okafor" in page.comment.title.text()
        at.type(" On Monday.")
        at.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        command = recorded(at.door)
        assert isinstance(command, ChangeSession)
        assert command.submit
        assert command.content.narrative.endswith("On Monday.")


def test_signed_can_only_be_added_to() -> None:
    with desk() as at:
        at.door.answers[q.Session] = samples.session_view("signed")
        page = at.open("session", session_id=samples.uid("session1"))
        assert page._stack.currentWidget() is page.signed
        assert page.signed.signature.text() == "Signed by Denise Okafor"
        at.press(Qt.Key.Key_A, Qt.KeyboardModifier.AltModifier)
        at.type("The form was signed on Tuesday.")
        page.signed.reason.setFocus()
        at.type("Came later")
        at.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        added = at.door.done[-1]
        assert isinstance(added, Amend)
        assert (added.text, added.reason) == ("The form was signed on Tuesday.", "Came later")


def test_everything_focusable_has_a_name() -> None:
    with desk() as at:
        page = at.open("session", participant_id=samples.MARISELA)
        assert nameless(page) == []
        at.door.answers[q.Session] = samples.session_view("signed")
        at.open("session", session_id=samples.uid("session1"))
        page.signed.open_form()
        assert nameless(page) == []


@given(
    narrative=st.text(max_size=200),
    minutes=st.integers(0, 1440),
    at=st.none() | st.times(),
    people=st.lists(st.uuids(), max_size=4, unique=True),
)
@settings(max_examples=40, deadline=None)
def test_a_draft_comes_back_as_it_was(narrative: str, minutes: int, at: time | None, people: list[Any]) -> None:
    form = SessionForm(date(2026, 1, 2), at, minutes, ("transport",), attendees=tuple(people), narrative=narrative)
    assert unpack(pack(form), USUAL) == form


def test_a_draft_of_an_older_version_takes_the_usual_for_the_rest() -> None:
    assert unpack(b'{"narrative": "old"}', USUAL).minutes == 45
    with pytest.raises(ValueError, match="Expecting"):
        unpack(b"not a draft", USUAL)


def test_headings_without_words_are_left_out() -> None:
    headings = ("What they said", "What is next")
    assert written(template(headings), headings) == ""
    assert written("What they said\n\n\nWhat is next\nCall.", headings) == "What is next\nCall."
    assert written("Just words", headings) == "Just words"
    assert count_words("K’iche’ on 8 December") == 4
