"""Deadlines beside their rules, and the asylum clock in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from PySide6.QtCore import Qt

from cmpp_desktop.domain.asylum_clock import Clock, Entry, clock_of
from cmpp_desktop.domain.deadline_views import AsylumClock, ClockView, Deadline, Deadlines
from cmpp_desktop.domain.deadlines import OverrideDeadline, RestoreRuleDeadline
from cmpp_desktop.domain.entries import FileOf, OneRecord, Records
from cmpp_desktop.domain.proceedings import ApplicationFields
from cmpp_desktop.domain.questions import Draft
from cmpp_desktop.domain.rules import Named
from cmpp_desktop.ui.pages.deadlines_model import clock_lines, deadline_row
from cmpp_desktop.ui.pages.today import form_of_draft
from cmpp_desktop.ui.pages.what_if import WhatIf
from cmpp_desktop.words import load
from tests.ui import samples
from tests.ui.page_desk import desk, nameless

pytestmark = pytest.mark.usefixtures("qapp")
CTRL = Qt.KeyboardModifier.ControlModifier
ONE_YEAR = Deadline(
    "us.asylum.one_year", Named(en="Asylum application, one year after arrival", es="Solicitud de asilo, un año"), None,
    "8 USC 1158(a)(2)(B)", "due", samples.uid("due"), date(2026, 12, 4), date(2026, 12, 4), "America/New_York", "", False, (),
    ("confirm_with_attorney",), "participant", samples.MARISELA, None, "in_force", "us-removal",
)  # fmt: skip


def view_of(clock: Clock, day: date) -> ClockView:
    return ClockView(
        clock, clock.state(day), clock.stopped_by(day), clock.days(day), clock.reaches(150), clock.reaches(180),
        date(2026, 5, 4), None, None,
    )  # fmt: skip


def test_a_deadline_says_its_rule_its_day_and_what_to_mind() -> None:
    row = deadline_row(ONE_YEAR, samples.TODAY, load("en"))
    assert "4 Dec" in row.lead
    assert row.title.startswith("Asylum application")
    assert "Confirm with the attorney." in row.what
    assert row.badge is not None
    assert row.badge.text == "in 11 days"
    ordered = replace(ONE_YEAR, day=date(2026, 12, 20), kept="ordered")
    row = deadline_row(ordered, samples.TODAY, load("en"))
    assert any("By the rule it would be" in part for part in row.details)


def test_a_clock_that_contradicts_itself_gives_no_number_and_says_where() -> None:
    clock = clock_of([Entry("start", date(2026, 5, 4)), Entry("start", date(2026, 6, 1))])
    lines = clock_lines(view_of(clock, samples.TODAY), load("en"))
    assert not any("counted" in line for line in lines)
    assert any("starts a second time" in line for line in lines)


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_stopped_clock_says_who_stopped_it(language: str) -> None:
    said = load(language)
    clock = clock_of([Entry("start", date(2026, 5, 4)), Entry("stop", date(2026, 8, 12), "applicant")])
    lines = clock_lines(view_of(clock, samples.TODAY), said)
    assert "100" in lines[0]
    assert said.code("clock_cause", "applicant") in lines[0]


def test_the_page_shows_both_and_an_order_sets_another_day() -> None:
    application = samples.stored(ApplicationFields(participant_id=samples.MARISELA, form="i589", receipt_number="ZNB1"), "app")
    clock = clock_of([Entry("start", date(2026, 5, 4))])
    with desk() as at:
        at.door.answers |= {
            Records: (application,), Deadlines: (ONE_YEAR,), AsylumClock: view_of(clock, samples.TODAY), FileOf: (),
            OneRecord: samples.stored(samples.participant_view().obligations[0].fields, "due"),
        }  # fmt: skip
        page = at.open("participant", participant_id=samples.MARISELA, tab="case")
        page.case.counting.click()
        at.settle()
        page = at.page
        assert page.place == "deadlines"
        assert "Asylum clock" in page._clocks_box.itemAt(0).widget().text()
        assert nameless(page) == []
        page.rows.setFocus()
        at.press(Qt.Key.Key_O)
        form = at.page
        form.inputs["when"].day.set_value(date(2026, 12, 20))
        form.inputs["order_note"].first.setText("Judge Halloran, 20 November")
        at.press(Qt.Key.Key_Return, CTRL)
        command = at.door.done[-1]
        assert isinstance(command, OverrideDeadline)
        assert (command.obligation_id, command.when.day) == (samples.uid("due"), date(2026, 12, 20))


def test_what_an_order_had_set_goes_back_to_its_rule_and_only_that() -> None:
    ordered = replace(ONE_YEAR, day=date(2026, 12, 20), kept="ordered")
    with desk() as at:
        at.door.answers |= {Records: (), Deadlines: (ONE_YEAR,)}
        page = at.open("deadlines", participant_id=samples.MARISELA)
        page.rows.choose(samples.uid("due"))
        page.rows.setFocus()
        assert not page.to_rule.isVisible()
        at.press(Qt.Key.Key_B)
        assert at.door.done == []
        at.door.answers[Deadlines] = (ordered,)
        page.reload()
        at.settle()
        page.rows.choose(samples.uid("due"))
        at.press(Qt.Key.Key_B)
        assert at.door.done == [RestoreRuleDeadline(samples.uid("due"))]
        assert at.said[-1][0] == "It follows its rule again"


def test_a_file_without_deadlines_says_where_they_come_from() -> None:
    with desk() as at:
        at.door.answers |= {Records: (), Deadlines: ()}
        page = at.open("deadlines", participant_id=samples.MARISELA)
        assert page.empty.isVisible()


def test_a_form_that_was_left_is_opened_again_from_its_draft() -> None:
    with desk() as at:
        at.door.answers |= {FileOf: (), Records: ()}
        at.open("form", form="goal", participant_id=samples.MARISELA)
        at.type("Learn English")
        at.open("people")
        (draft,) = at.door.drafts.values()
        assert isinstance(draft, Draft)
        found = form_of_draft(draft.key)
        assert found == {"form": "goal", "participant_id": samples.MARISELA, "record_id": None}
        page = at.open("form", **found)
        assert page.inputs["statement"].value() == "Learn English"
    restricted = form_of_draft(f"restricted:form:need:{UUID(int=5)}:{UUID(int=6)}")
    assert restricted == {"form": "need", "participant_id": UUID(int=5), "record_id": UUID(int=6)}


def test_what_if_it_stopped_or_went_on_is_counted_and_nothing_is_written() -> None:
    application = samples.stored(ApplicationFields(participant_id=samples.MARISELA, form="i589", receipt_number="ZNB1"), "app")
    running = clock_of([Entry("start", date(2026, 8, 4))])
    standing = clock_of([Entry("start", date(2026, 5, 4)), Entry("stop", date(2026, 8, 12), "applicant")])
    for clock in (running, standing):
        now = view_of(clock, samples.TODAY)

        def answer(asked: AsylumClock, clock: Clock = clock, now: ClockView = now) -> ClockView:
            if asked.stop_from is None and asked.go_on is None:
                return now
            other = clock.going_on(asked.go_on) if asked.go_on else clock
            if asked.stop_from:
                other = other.stopped_between(asked.stop_from, asked.stop_until, asked.by)
            return replace(now, what_if=view_of(other, samples.TODAY))

        with desk() as at:
            at.door.answers |= {Records: (application,), Deadlines: (ONE_YEAR,), AsylumClock: answer}
            page = at.open("deadlines", participant_id=samples.MARISELA)
            (what_if,) = page.findChildren(WhatIf)
            what_if.open_button.click()
            assert nameless(page) == []
            what_if.since.set_value(date(2026, 12, 1))
            if clock is running:
                what_if.until.set_value(date(2026, 11, 1))
                what_if.show_button.click()
                assert what_if.fields[1].error.text()  # before it stops
                what_if.until.set_value(date(2026, 12, 31))
            what_if.show_button.click()
            at.settle()
            said = [label.text() for label in what_if.lines]
            assert ["31 Jan 2027, 30 days later" in said[0], "20 Jan 2027" in said[0]] == [clock is running, clock is standing]
            assert at.door.done == []


def test_a_clock_that_stands_goes_on_no_earlier_than_it_stopped() -> None:
    standing = clock_of([Entry("start", date(2026, 5, 4)), Entry("stop", date(2026, 8, 12), "applicant")])
    assert standing.going_on(date(2026, 6, 1)).reaches(150) == date(2026, 10, 1)
    running = clock_of([Entry("start", date(2026, 5, 4))])
    assert running.going_on(date(2026, 12, 1)) == running
