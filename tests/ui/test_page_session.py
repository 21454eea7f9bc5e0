"""A session, from the last visit to the signature."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from cmpp_desktop.domain import questions as q
from cmpp_desktop.domain.entries import Records
from cmpp_desktop.domain.plans import GoalFields
from cmpp_desktop.domain.reviews import Amend
from cmpp_desktop.domain.sessions import ChangeGroupSession, ChangeSession, DeleteSession, RecordSession
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


def test_a_restricted_session_says_so_and_its_draft_lies_with_the_restricted_ones() -> None:
    with desk() as at:
        at.door.answers[q.Participant] = replace(samples.participant_view(), restricted_exists=False)
        page = at.open("session", participant_id=samples.MARISELA)
        assert "Others do not see that it exists" in page.fields._restricted_why.text()
        at.type("About the night.")
        at.until(lambda: f"session:{samples.MARISELA}" in at.door.drafts)
        page.fields.restricted.setChecked(True)
        at.until(lambda: f"restricted:session:{samples.MARISELA}" in at.door.drafts)
        assert f"session:{samples.MARISELA}" not in at.door.drafts
        assert page.closed.isVisible()
        page.fields.narrative.setFocus()
        at.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        command = recorded(at.door)
        assert isinstance(command, RecordSession)
        assert command.restricted
        assert at.door.drafts == {}


def test_a_restricted_draft_comes_back_as_one() -> None:
    with desk() as at:
        at.door.answers[q.Participant] = replace(samples.participant_view(), restricted_exists=False)
        form = replace(USUAL, narrative="Begun.", restricted=True)
        at.door.save_draft(f"restricted:session:{samples.MARISELA}", pack(form), title="", participant_id=samples.MARISELA)
        page = at.open("session", participant_id=samples.MARISELA)
        assert page.fields.restricted.isChecked()
        assert page.fields.narrative.toPlainText() == "Begun."
        assert page.keeper.key == f"restricted:session:{samples.MARISELA}"


def test_some_services_are_restricted_whether_somebody_ticks_it_or_not() -> None:
    with desk() as at:
        at.door.answers[q.Participant] = replace(samples.participant_view(), restricted_exists=False)
        page = at.open("session", participant_id=samples.MARISELA)
        page.fields._services["mental_health"].setChecked(True)
        assert not page.fields.restricted.isVisible()
        assert "Mental health" in page.fields._restricted_why.text()
        assert page.closed.isVisible()


def test_who_does_not_hold_the_restricted_records_is_not_asked_about_them() -> None:
    with desk() as at:
        at.door.answers[q.Participant] = replace(samples.participant_view(), restricted_exists=True)
        page = at.open("session", participant_id=samples.MARISELA)
        assert not page.fields.restricted.isVisible()
        assert not page.fields._restricted_why.isVisible()


def test_a_session_that_is_not_signed_is_deleted_with_its_draft() -> None:
    with desk() as at:
        at.door.answers[q.Session] = samples.session_view("returned", "Can this be Monday?")
        page = at.open("session", session_id=samples.uid("session1"))
        page.delete.click()
        at.settle()
        assert at.door.done == [DeleteSession(samples.uid("session1"))]
        assert at.said[-1][0] == "Session deleted"
        assert at.frame.place == "participant"


def test_a_draft_is_thrown_away_only_after_a_second_word() -> None:
    with desk() as at:
        page = at.open("session", participant_id=samples.MARISELA)
        at.type("Wrong person")
        at.until(lambda: f"session:{samples.MARISELA}" in at.door.drafts)
        page.delete.click()
        at.settle()
        assert page.throwing.isVisible()
        at.press(Qt.Key.Key_Space)
        assert not page.throwing.isVisible()
        page.delete.click()
        page.throwing.buttons.itemAt(1).widget().click()
        at.settle()
        assert at.door.drafts == {}
        assert at.frame.place == "participant"


def test_a_group_session_is_changed_on_the_page_of_the_group() -> None:
    with desk() as at:
        view = samples.session_view("submitted")
        fields = view.session.fields.model_copy(update={"topic": "Know your court"})
        at.door.answers[q.Session] = replace(view, session=replace(view.session, fields=fields))
        page = at.open("session", session_id=samples.uid("session1"))
        assert page._stack.currentWidget() is page.signed
        at.press(Qt.Key.Key_E, Qt.KeyboardModifier.AltModifier)
        assert at.frame.place == "groups"
        assert at.page.inputs["topic"].value() == "Know your court"
        assert [one.attendance for one in at.page._people.values()] == [mark for _, _, mark in view.attendees]
        at.page.inputs["topic"].first.setText("Know your judge")
        at.page.save.click()
        at.settle()
        command = at.door.done[-1]
        assert isinstance(command, ChangeGroupSession)
        assert (command.session_id, command.content.topic, command.submit) == (view.session.id, "Know your judge", False)
        assert command.content.mode == fields.mode


def test_goals_that_a_session_worked_towards_are_ticked_and_kept_with_the_draft() -> None:
    whose = samples.MARISELA
    goals = (
        samples.stored(GoalFields(participant_id=whose, statement="My children go to school here"), "goal1"),
        samples.stored(GoalFields(participant_id=whose, statement="Reached long ago", closed_on=date(2026, 5, 1)), "goal2"),
        replace(samples.stored(GoalFields(participant_id=whose, statement="Sleep again"), "goal3"), compartment="restricted"),
    )
    with desk() as at:
        at.door.answers[Records] = lambda asked: goals if asked.kind == "goal" else ()
        page = at.open("session", participant_id=samples.MARISELA)
        ticks = page.fields.goals._ticks
        assert [tick.accessibleName() for _, tick in ticks] == ["My children go to school here"]
        ticks[0][1].click()
        assert nameless(page) == []
        at.type("We went to the school.")
        page.leave()
        at.settle()
        (draft,) = at.door.drafts.values()
        assert unpack(draft.body, USUAL).goals == (samples.uid("goal1"),)
        at.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        assert recorded(at.door).content.goal_ids == (samples.uid("goal1"),)
