"""The form of every kind of record: what is asked, what is kept of it, what can be taken back."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMenu

from cmpp_desktop.domain.dispatch import PLAIN
from cmpp_desktop.domain.entries import AddRecord, ChangeRecord, FileOf, OneRecord, Records, RemoveRecord
from cmpp_desktop.domain.plans import ActionStepFields, GoalFields, NeedFields
from cmpp_desktop.domain.proceedings import ApplicationFields, ProceedingFields
from cmpp_desktop.domain.questions import TimelineEntry
from cmpp_desktop.errors import Invalid
from cmpp_desktop.ui.pages.participant_model import entry_row
from cmpp_desktop.ui.pages.record_model import detail_of, items_of, title_of
from cmpp_desktop.ui.pages.timeline_words import LISTS
from cmpp_desktop.words import load
from tests.ui import samples
from tests.ui.page_desk import Desk, desk, nameless

pytestmark = pytest.mark.usefixtures("qapp")
CTRL = Qt.KeyboardModifier.ControlModifier
GOAL = GoalFields(participant_id=samples.MARISELA, statement="A school place for Mateo", target_on=date(2026, 12, 18))
OF_PARTICIPANT = sorted(kind for kind, plain in PLAIN.items() if "participant_id" in plain.model.model_fields)


def with_records(at: Desk, *records: Any) -> None:
    """The file holds these, and each can be opened."""
    kept = [samples.stored(fields, f"{fields.kind}{number}") for number, fields in enumerate(records)]
    at.door.answers[FileOf] = lambda asked: tuple(item for item in kept if item.fields.kind in asked.kinds)
    at.door.answers[OneRecord] = lambda asked: next(item for item in kept if item.id == asked.record_id)
    at.door.answers[Records] = ()


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_kind_has_a_form_whose_fields_are_named(language: str) -> None:
    with desk(language=language) as at:
        with_records(at)
        for kind in OF_PARTICIPANT:
            page = at.open("form", form=kind, participant_id=samples.MARISELA)
            page._show_more(True)
            assert page.inputs, kind
            assert nameless(page) == [], kind
        assert at.troubles == []


def test_every_field_that_a_person_may_set_is_asked_for() -> None:
    said = load("en")
    asked = {item.name for item in items_of("application", said, samples.TODAY)}
    assert asked == set(ApplicationFields.model_fields) - {"participant_id"}


def test_no_protected_relief_is_offered_for_a_proceeding() -> None:
    with desk() as at:
        with_records(at)
        page = at.open("form", form="proceeding", participant_id=samples.MARISELA)
        offered = {value for value, _ in page.inputs["relief_sought"]._ticks}
        assert "asylum" in offered
        assert not offered & {"t_status", "u_status", "vawa"}


def test_a_goal_is_written_with_keys_alone_and_can_be_taken_back() -> None:
    with desk() as at:
        with_records(at, NeedFields(participant_id=samples.MARISELA, area="school", raised_on=samples.TODAY))
        at.open("participant", participant_id=samples.MARISELA)
        page = at.open("form", form="goal", participant_id=samples.MARISELA)
        assert QApplication.focusWidget() is page.inputs["statement"].first
        at.type("Learn English")
        page.inputs["target_on"].first.setFocus()
        at.type("18 Dec")
        at.press(Qt.Key.Key_Return)
        page.inputs["need_id"].first.set_value(samples.uid("need0"))
        at.press(Qt.Key.Key_Return, CTRL)
        command = at.door.done[-1]
        assert isinstance(command, AddRecord)
        assert command.kind == "goal"
        assert command.values["statement"] == "Learn English"
        assert command.values["target_on"] == date(2026, 12, 18)
        assert command.values["need_id"] == samples.uid("need0")
        assert at.said[-1][0] == "Added: Goal"
        assert at.frame.place == "participant"


def test_what_is_missing_is_said_beside_its_field_and_nothing_is_sent() -> None:
    with desk() as at:
        with_records(at)
        page = at.open("form", form="goal", participant_id=samples.MARISELA)
        at.press(Qt.Key.Key_Return, CTRL)
        assert page.inputs["statement"].frame.has_problem
        assert at.door.done == []


def test_what_the_rules_refuse_is_said_and_what_was_typed_stays() -> None:
    with desk() as at:
        with_records(at)
        page = at.open("form", form="goal", participant_id=samples.MARISELA)
        at.type("Work")
        at.door.fail["do"] = Invalid(progress="not_valid", record="before_start")
        at.press(Qt.Key.Key_Return, CTRL)
        assert page.inputs["progress"].frame.has_problem
        assert page.wrong.isVisible()
        assert page.inputs["statement"].value() == "Work"


def test_only_what_was_changed_is_written() -> None:
    with desk() as at:
        with_records(at, GOAL)
        page = at.open("form", form="goal", participant_id=samples.MARISELA, record_id=samples.uid("goal0"))
        assert page.inputs["statement"].value() == GOAL.statement
        page.inputs["progress"].first.set_value("reached")
        at.press(Qt.Key.Key_Return, CTRL)
        assert at.door.done[-1] == ChangeRecord("goal", samples.uid("goal0"), {"progress": "reached"})


def test_one_that_was_wrong_is_removed() -> None:
    with desk() as at:
        with_records(at, GOAL)
        page = at.open("form", form="goal", participant_id=samples.MARISELA, record_id=samples.uid("goal0"))
        page.remove.click()
        at.settle()
        assert at.door.done[-1] == RemoveRecord("goal", samples.uid("goal0"))


def test_escape_asks_once_something_is_typed_and_the_draft_is_there_again() -> None:
    with desk() as at:
        with_records(at)
        at.open("participant", participant_id=samples.MARISELA)
        page = at.open("form", form="goal", participant_id=samples.MARISELA)
        at.type("Learn English")
        at.press(Qt.Key.Key_Escape)
        assert page.leaving.isVisible()
        at.press(Qt.Key.Key_Escape)
        assert at.frame.place == "participant"
        (draft,) = at.door.drafts.values()
        assert json.loads(draft.body)["statement"] == "Learn English"
        page = at.open("form", form="goal", participant_id=samples.MARISELA)
        assert page.inputs["statement"].value() == "Learn English"
        at.press(Qt.Key.Key_Return, CTRL)
        assert at.door.drafts == {}


def test_escape_leaves_at_once_when_nothing_was_typed() -> None:
    with desk() as at:
        with_records(at)
        at.open("participant", participant_id=samples.MARISELA)
        at.open("form", form="goal", participant_id=samples.MARISELA)
        at.press(Qt.Key.Key_Escape)
        assert at.frame.place == "participant"
        assert at.door.drafts == {}


def test_the_records_of_a_file_stand_by_group_and_enter_opens_one() -> None:
    with desk() as at:
        court = ProceedingFields(participant_id=samples.MARISELA, court="Newbridge Immigration Court")
        with_records(at, court, GOAL)
        page = at.open("participant", participant_id=samples.MARISELA, tab="records")
        heads = [line.title for line in page.records.rows.model().rows if line.head]
        assert heads == ["Court", "Plan"]
        page.records.rows.choose(("goal", samples.uid("goal1")))
        page.records.rows.setFocus()
        at.press(Qt.Key.Key_Return)
        assert at.frame.place == "form"
        assert at.page.inputs["statement"].value() == GOAL.statement


def test_an_empty_file_says_what_belongs_there() -> None:
    with desk() as at:
        with_records(at)
        page = at.open("participant", participant_id=samples.MARISELA, tab="records")
        assert page.records.empty.isVisible()
        assert nameless(page) == []


def test_alt_a_offers_what_may_be_added_and_restricted_kinds_only_to_who_holds_them() -> None:
    with desk() as at:
        with_records(at)
        page = at.open("participant", participant_id=samples.MARISELA)
        at.press(Qt.Key.Key_A, Qt.KeyboardModifier.AltModifier)
        menu = next(item for item in page.findChildren(QMenu) if item.accessibleName() == "Add")
        titles = [action.text() for action in menu.actions()]
        menu.close()
        assert titles[:3] == ["They moved", "Court", "Plan"]
        assert page._view.restricted_exists
        assert "Add: Talk to a lawyer about" not in [text for text, _, _ in page.doings()]
        assert "Add: Goal" in [text for text, _, _ in page.doings()]


def test_a_record_is_called_by_what_people_know_of_it() -> None:
    said = load("en")
    step = ActionStepFields(participant_id=samples.MARISELA, goal_id=samples.uid("goal0"), what="Call the school")
    assert title_of(step, said) == "Call the school"
    assert title_of(ProceedingFields(participant_id=samples.MARISELA), said).startswith("Pending")
    assert "Wanted by" in detail_of(GOAL, said)


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_kind_has_words_and_an_icon_in_the_stream(language: str) -> None:
    said = load(language)
    for name, (codes, results) in LISTS.items():
        kind: Any = name
        code = said.codes(codes)[0].id if codes else ""
        result = said.codes(results)[0].id if results else None
        entry = TimelineEntry(kind, samples.uid("x"), samples.NOW, samples.TODAY, "", code, text="As it was said", result=result)
        row = entry_row(entry, samples.TODAY, said)
        assert said.code("kind", kind) in row.title
        assert row.icon != "file", kind
        assert "As it was said" in row.detail


def test_a_day_to_keep_says_how_far_it_is_and_one_that_is_over_does_not() -> None:
    said = load("en")
    ahead = TimelineEntry("goal", samples.uid("g"), samples.NOW, date(2026, 12, 18), "", "not_started", title="English",
                          step="target_on")  # fmt: skip
    row = entry_row(ahead, samples.TODAY, said)
    assert row.title == "Goal: English"
    assert row.detail.startswith("Wanted by")
    assert row.mark.text
