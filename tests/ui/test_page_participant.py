"""A participant's page: what is seen first, what a key does, what can be taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from cmpp_desktop.domain import questions as q
from cmpp_desktop.domain.consent import RecordConsent, WithdrawConsent
from cmpp_desktop.domain.entries import OneRecord
from cmpp_desktop.domain.obligations import AddObligation, MarkObligation, UnmarkObligation
from cmpp_desktop.domain.participants import ChangeContactRoute, RevealANumber
from cmpp_desktop.domain.tasks import AddTask, CompleteTask, ReopenTask, WriteNote
from cmpp_desktop.errors import KnownError
from cmpp_desktop.ui.pages.participant_model import consent_line, distance, next_obligation, timeline_rows
from cmpp_desktop.ui.theme import look
from cmpp_desktop.words import load
from tests.ui import samples
from tests.ui.page_desk import desk, nameless

pytestmark = pytest.mark.usefixtures("qapp")
CTRL = Qt.KeyboardModifier.ControlModifier



def test_header_says_what_must_be_known_first() -> None:
    with desk() as at:
        page = at.open("participant", participant_id=samples.MARISELA)
        assert page.header.name.accessibleName() == "Marisela Tzoc"
        assert "No voicemail" in page.header.strip.accessibleName()
        assert page.header._next_words.text() == "Master hearing, Tue 8 Dec, 8:30 am"
        assert "412" in page.header.a_number.text
        assert "900" not in page.header.a_number.text


def test_the_a_number_is_asked_for_and_hides_when_one_leaves() -> None:
    with desk() as at:
        page = at.open("participant", participant_id=samples.MARISELA)
        page.header.a_number.button.click()
        at.settle()
        assert any(isinstance(command, RevealANumber) for command in at.door.done)
        assert "900 555 412" in page.header.a_number.text
        at.open("sync")
        assert not page.header.a_number.shown
        assert "900" not in page.header.a_number.text


def test_letters_act_outside_text_and_are_text_inside() -> None:
    with desk() as at:
        page = at.open("participant", participant_id=samples.MARISELA)
        at.press(Qt.Key.Key_N)
        assert page.side.note.hasFocus()
        at.type("scold")
        assert page.side.note.toPlainText() == "scold"
        at.press(Qt.Key.Key_S, Qt.KeyboardModifier.AltModifier)
        assert at.frame.place == "session"


def test_a_quick_note_is_a_draft_at_once_and_a_note_with_ctrl_enter() -> None:
    with desk() as at:
        page = at.open("participant", participant_id=samples.MARISELA)
        at.press(Qt.Key.Key_N)
        at.type("Called the school.")
        at.until(lambda: f"note:{samples.MARISELA}" in at.door.drafts)
        at.press(Qt.Key.Key_Return, CTRL)
        assert at.door.done[-1] == WriteNote(samples.MARISELA, "Called the school.")
        assert page.side.note.toPlainText() == ""
        assert at.door.drafts == {}


def test_a_restricted_note_is_explained_and_its_draft_lies_with_the_restricted_ones() -> None:
    with desk() as at:
        at.door.answers[q.Participant] = replace(samples.participant_view(), restricted_exists=False)
        page = at.open("participant", participant_id=samples.MARISELA)
        assert not page.side.restricted.isVisible()
        at.press(Qt.Key.Key_N)
        at.type("What she said at night")
        at.until(lambda: f"note:{samples.MARISELA}" in at.door.drafts)
        assert "Others do not see that it exists" in page.side._restricted_why.text()
        page.side.restricted.setChecked(True)
        at.until(lambda: list(at.door.drafts) == [f"restricted:note:{samples.MARISELA}"])
        at.press(Qt.Key.Key_Return, CTRL)
        assert at.door.done[-1] == WriteNote(samples.MARISELA, "What she said at night", restricted=True)
        assert not page.side.restricted.isChecked()
        assert at.door.drafts == {}


def test_who_does_not_hold_the_restricted_records_writes_open_notes_only() -> None:
    with desk() as at:
        at.door.answers[q.Participant] = replace(samples.participant_view(), restricted_exists=True)
        page = at.open("participant", participant_id=samples.MARISELA)
        at.press(Qt.Key.Key_N)
        at.type("Called")
        assert not page.side.restricted.isVisible()
        at.press(Qt.Key.Key_Return, CTRL)
        assert at.door.done[-1] == WriteNote(samples.MARISELA, "Called")


def test_what_is_restricted_is_read_back_as_such() -> None:
    today, words = samples.TODAY, load("en")
    entry = next(item for item in samples.timeline().earlier if item.kind == "note")
    closed = replace(entry, restricted=True, conflict=False)
    (head, row) = timeline_rows(q.TimelineAnswer((), (), (closed,), False), today, words)
    assert head.head == "Earlier"
    assert row.mark.text.startswith("Restricted")
    assert row.mark.state == "restricted"


def test_a_note_left_half_way_is_there_again() -> None:
    with desk() as at:
        at.door.save_draft(f"note:{samples.MARISELA}", b"Half", title="Note", participant_id=samples.MARISELA)
        page = at.open("participant", participant_id=samples.MARISELA)
        assert page.side.note.toPlainText() == "Half"


def test_ticking_a_task_can_be_taken_back() -> None:
    with desk() as at:
        page = at.open("participant", participant_id=samples.MARISELA)
        page.side.tasks.setFocus()
        at.press(Qt.Key.Key_Space)
        assert at.door.done[-1] == CompleteTask(samples.uid("task1"))
        assert at.said[-1][1] == ReopenTask(samples.uid("task1"))
        at.press(Qt.Key.Key_Z, CTRL)
        assert at.door.done.count(ReopenTask(samples.uid("task1"))) == 1


def test_t_adds_a_task_and_escape_leaves_it() -> None:
    with desk() as at:
        page = at.open("participant", participant_id=samples.MARISELA)
        at.press(Qt.Key.Key_T)
        at.type("Bring the form")
        at.press(Qt.Key.Key_Return)
        assert at.door.done[-1] == AddTask(samples.MARISELA, "Bring the form", None)
        at.press(Qt.Key.Key_T)
        at.press(Qt.Key.Key_Escape)
        assert not page.side._form.isVisible()
        assert at.frame.place == "participant"


def test_o_adds_a_hearing_for_several_in_the_zone_of_the_court() -> None:
    with desk() as at:
        page = at.open("participant", participant_id=samples.MARISELA)
        at.press(Qt.Key.Key_O)
        assert QApplication.focusWidget() is page.form.type
        at.press(Qt.Key.Key_Return, CTRL)
        assert page.form.day_field.has_problem
        at.type("8 Dec")
        page.form.at.setFocus()
        at.type("830")
        page.form.zone.set_value("America/Chicago")
        page.form._people[1][1].setChecked(True)
        page.form.place.setText("Newbridge Immigration Court")
        at.press(Qt.Key.Key_Return, CTRL)
        command = at.door.done[-1]
        assert isinstance(command, AddObligation)
        assert command.participant_ids == (samples.MARISELA, samples.MATEO)
        assert command.when.day == date(2026, 12, 8)
        assert command.when.zone == "America/Chicago"
        assert page._stack.currentWidget() is page.timeline


def test_a_marks_and_ctrl_z_takes_it_back() -> None:
    with desk() as at:
        page = at.open("participant", participant_id=samples.MARISELA, tab="case")
        page.case.rows.choose(samples.uid("hearing"))
        page.case.rows.setFocus()
        at.press(Qt.Key.Key_A)
        assert at.door.done[-1] == MarkObligation(samples.uid("hearing"), "attended")
        assert at.said[-1][1] is not None
        at.press(Qt.Key.Key_Z, CTRL)
        assert type(at.door.done[-1]).__name__ == "UnmarkObligation"


def test_a_mark_is_taken_back_later_and_what_is_open_can_be_changed_without_one() -> None:
    with desk() as at:
        page = at.open("participant", participant_id=samples.MARISELA, tab="case")
        marked = next(item for item in samples.participant_view().obligations if item.fields.result is not None)
        page.case.rows.choose(marked.id)
        page.case.rows.setFocus()
        assert not page.case._marks.isVisible()
        at.press(Qt.Key.Key_K)
        assert at.door.done == [UnmarkObligation(marked.id)]
        assert at.said[-1][0] == "The mark is taken back"
        waiting = next(item for item in samples.participant_view().obligations if item.fields.result is None)
        page.case.rows.choose(waiting.id)
        page.case.rows.setFocus()
        forms: list[tuple[str, object]] = []
        page.case.form.connect(lambda name, id: forms.append((name, id)))
        at.door.answers[OneRecord] = samples.stored(waiting.fields, "waiting")
        at.press(Qt.Key.Key_E)
        assert forms == [("change_obligation", waiting.id)]


def test_moved_asks_when_it_is_now() -> None:
    with desk() as at:
        page = at.open("participant", participant_id=samples.MARISELA, tab="case")
        page.case.rows.choose(samples.uid("hearing"))
        page.case.rows.setFocus()
        at.press(Qt.Key.Key_V)
        assert page._stack.currentWidget() is page.form
        at.type("15 Dec")
        at.press(Qt.Key.Key_Return, CTRL)
        command = at.door.done[-1]
        assert isinstance(command, MarkObligation)
        assert command.moved_to is not None
        assert command.moved_to.day == date(2026, 12, 15)


def test_the_phone_number_is_changed_here() -> None:
    with desk() as at:
        page = at.open("participant", participant_id=samples.MARISELA, tab="family")
        page.family.routes.setFocus()
        at.press(Qt.Key.Key_E)
        page.family.form.value.clear()
        at.type("202-555-0199")
        at.press(Qt.Key.Key_Return)
        command = at.door.done[-1]
        assert isinstance(command, ChangeContactRoute)
        assert command.values["value"] == "202-555-0199"
        assert len([item for item in at.door.done if isinstance(item, ChangeContactRoute)]) == 1
        assert not page.family.form.isVisible()


def test_slash_finds_in_the_stream() -> None:
    with desk() as at:
        page = at.open("participant", participant_id=samples.MARISELA)
        asked: list[q.Timeline] = []

        def answer(question: q.Timeline) -> q.TimelineAnswer:
            asked.append(question)
            return samples.timeline()

        at.door.answers[q.Timeline] = answer
        at.press(Qt.Key.Key_Slash)
        assert QApplication.focusWidget() is page.timeline.search
        at.type("school")
        at.until(lambda: bool(asked) and asked[-1].text == "school")


def test_something_that_came_in_is_shown() -> None:
    with desk() as at:
        page = at.open("participant", participant_id=samples.MARISELA)
        at.door.answers[q.Participant] = replace(samples.participant_view(), conflicts=1)
        at.hear("contact_route")
        assert page._conflicts.isVisible()


def test_consent_is_written_down_on_the_day_that_it_is_here() -> None:
    with desk() as at:
        page = at.open("participant", participant_id=samples.MARISELA, tab="consent")
        page.consent.open_form()
        at.press(Qt.Key.Key_Return, CTRL)
        command = at.door.done[-1]
        assert isinstance(command, RecordConsent)
        assert command.consent.scope == ("services",)
        assert command.consent.given_on == samples.TODAY


def test_withdrawing_consent_can_be_taken_back() -> None:
    with desk() as at:
        page = at.open("participant", participant_id=samples.MARISELA, tab="consent")
        page.consent.rows.choose(samples.uid("consent1"))
        page.consent.rows.setFocus()
        at.press(Qt.Key.Key_W)
        command = at.door.done[-1]
        assert isinstance(command, WithdrawConsent)
        assert command.withdrawn_on == samples.TODAY
        assert at.said[-1][1] is not None


def test_every_tab_has_names_for_everything() -> None:
    with desk() as at:
        page = at.open("participant", participant_id=samples.MARISELA)
        for tab in ("timeline", "case", "screenings", "family", "consent"):
            page.tabs.choose(tab)
            at.settle()
            assert nameless(page) == [], tab
        page._obligation()
        assert nameless(page) == []


def test_the_page_is_one_column_where_it_is_narrow() -> None:
    with desk() as at:
        page = at.open("participant", participant_id=samples.MARISELA)
        page.narrowed(True)
        at.press(Qt.Key.Key_N, Qt.KeyboardModifier.AltModifier)
        assert page.tabs.key() == "side"
        assert QApplication.focusWidget() is page.side.note
        page.narrowed(False)
        assert page.tabs.key() != "side"
        assert page._side_area.isVisibleTo(page)


# --- in words -----------------------------------------------------------------------------------------------------------


def test_distances_have_a_shape_and_words() -> None:
    words = load("en")
    assert distance(date(2026, 12, 8), samples.TODAY, words).state == "soon"
    assert distance(date(2027, 3, 4), samples.TODAY, words).state == ""
    late = distance(date(2026, 11, 21), samples.TODAY, words)
    assert (late.text, late.state) == ("2 days late", "overdue")


def test_the_stream_has_its_heads_and_never_shows_what_is_restricted() -> None:
    rows = timeline_rows(samples.timeline(), samples.TODAY, load("en"))
    assert [row.head for row in rows if row.head] == ["Ahead", "Today, Mon 23 Nov", "Earlier"]
    restricted = next(row for row in rows if row.entry is not None and row.entry.kind == "restricted")
    assert restricted.title == "Something restricted is recorded here"
    conflict = next(row for row in rows if row.conflict)
    assert conflict.mark.state == "to_settle"


def test_next_is_what_is_ahead_and_consent_says_when_it_ends() -> None:
    view = samples.participant_view()
    soonest = next_obligation(view, samples.TODAY)
    assert soonest is not None
    assert soonest.fields.type == "master_hearing"
    assert "14 May 2027" in consent_line(view, samples.TODAY, load("en")).text
    none = replace(view, consents=())
    assert consent_line(none, samples.TODAY, load("en")).state == "warning"


def test_at_twice_the_size_the_tabs_stay_in_sight_and_the_rest_is_one_press_away() -> None:
    try:
        with desk() as at:
            look().choose(scale=2.0)
            page = at.open("participant", participant_id=samples.MARISELA)
            bottom = page.tabs.mapTo(at.frame, page.tabs.rect().bottomLeft()).y()
            assert bottom < at.frame.height() - at.frame.corner.height()
            assert page.header.strip.isVisible(), "how it is safe to call is never folded away"
            assert not page.header.a_number.isVisible()
            page.header.more.click()
            assert page.header.a_number.isVisible()
            page.header.more.click()
            assert not page.header.a_number.isVisible()
            look().choose(scale=1.0)
            at.settle()
            assert page.header.a_number.isVisible()
            assert not page.header.more.isVisible()
    finally:
        look().choose(scale=1.0)


def test_a_note_that_is_kept_twice_in_a_hurry_is_one_note() -> None:
    with desk() as at:
        page = at.open("participant", participant_id=samples.MARISELA)
        page.side.write()
        at.type("Her lawyer called.")
        page.side.write_note()
        page.side.write_note()
        at.settle()
        assert [command for command in at.door.done if isinstance(command, WriteNote)] == [
            WriteNote(samples.MARISELA, "Her lawyer called.")
        ]
        at.door.fail["do"] = KnownError("disk_full")
        at.type("Once more.")
        page.side.write_note()
        at.settle()
        del at.door.fail["do"]
        page.side.write_note()
        at.settle()
        assert at.door.done[-1] == WriteNote(samples.MARISELA, "Once more."), "what was refused can be kept again"
