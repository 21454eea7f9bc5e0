"""Caseloads in the window: side by side by name, the people behind a number, and one handed over."""

from __future__ import annotations

from datetime import date

import pytest
from PySide6.QtCore import Qt

from cmpp_desktop.domain.caseload import Caseload, CaseloadRow
from cmpp_desktop.domain.cases import OPEN_STATES
from cmpp_desktop.domain.entries import FileOf
from cmpp_desktop.domain.questions import NOBODY, People, PeopleFilter
from cmpp_desktop.domain.transfers import HandOver
from cmpp_desktop.ui.pages.caseload import points_said
from cmpp_desktop.ui.pages.caseload_table import COLUMNS
from cmpp_desktop.words import load
from tests.ui import samples
from tests.ui.page_desk import Desk, desk, nameless
from tests.ui.samples import offices
from tests.ui.test_page_forms import FACTS

pytestmark = pytest.mark.usefixtures("qapp")
K = Qt.Key


def asked_people(at: Desk) -> PeopleFilter:
    return next(one.filter for one in reversed(at.door.asked) if isinstance(one, People))


def test_everybody_stands_by_name_and_what_nobody_carries_comes_last() -> None:
    with desk(role="supervisor") as at:
        at.door.answers |= samples.record_answers()
        page = at.open("caseload")
        assert nameless(page) == []
        assert [row.name for row in page.model.rows] == ["Ana Marroquín", "Denise Okafor", "Leon Brandt", ""]
        assert page.table.hasFocus()
        overdue = page.model.index(2, COLUMNS.index("overdue"))
        assert page.model.data(overdue, Qt.ItemDataRole.AccessibleTextRole) == "Leon Brandt, Overdue: 6, 4 tasks, 2 dates"
        at.press(K.Key_Down)
        assert page.who.title.text() == "Denise Okafor"
        assert not page.people.isEnabled()


def test_a_number_opens_the_people_behind_it() -> None:
    with desk(role="supervisor") as at:
        at.door.answers |= samples.record_answers()
        page = at.open("caseload")
        page.silent.set_value(60)
        at.settle()
        asked = next(one for one in reversed(at.door.asked) if isinstance(one, Caseload))
        assert asked.contact_days == 60
        page.table.setCurrentIndex(page.model.index(2, COLUMNS.index("without_contact")))
        at.press(K.Key_Return)
        assert at.frame.place == "people"
        assert asked_people(at) == PeopleFilter(caseworker=samples.LEON, states=OPEN_STATES, no_contact_for=60)
        assert at.page._whose.text() == "Caseworker: Leon Brandt"
        at.back()
        at.settle()
        page.table.setCurrentIndex(page.model.index(3, 0))
        at.press(K.Key_Return)
        assert asked_people(at) == PeopleFilter(caseworker=NOBODY, states=OPEN_STATES)
        at.back()
        at.settle()
        page.table.setCurrentIndex(page.model.index(2, COLUMNS.index("notes")))
        at.press(K.Key_Return)
        assert at.frame.place == "review"


def test_a_case_is_handed_over_from_here() -> None:
    with desk(role="supervisor") as at:
        at.door.answers |= samples.record_answers()
        at.door.answers |= {FileOf: (), HandOver: FACTS}
        page = at.open("caseload")
        page.cases.choose(samples.MATEO)
        page.cases.setFocus()
        at.press(K.Key_H)
        assert at.frame.place == "form"
        assert (at.page._form, at.page._record_id, at.page._participant) == (
            "hand_over", samples.uid("case of Mateo"), samples.MATEO,
        )  # fmt: skip


def test_no_open_case_leads_to_the_people() -> None:
    with desk(role="supervisor") as at:
        at.door.answers |= offices.no_answers()
        page = at.open("caseload")
        assert page.empty.isVisible()
        assert page.first_people.hasFocus()


def test_the_points_that_are_said_are_those_that_are_counted() -> None:
    from cmpp_desktop.domain.caseload import load_weights

    weights = load_weights()
    cases = {("high", "medium"): 2, ("", ""): 3}
    row = CaseloadRow(
        None, "", "", 5, weights.of(cases, 1, 2), {"high": 2, "": 3}, {"medium": 2, "": 3}, 1, 2, 0, 0, 0, 0
    )
    said = points_said(row, weights, load("en"))
    assert sum(int(part.rsplit(": ", 1)[1]) for part in said.split(" · ")) == row.weight
    assert said.startswith(f"5 cases: {5 * weights.case}")


def test_people_of_a_filter_say_it_on_its_chip_until_it_is_taken_away() -> None:
    with desk() as at:
        page = at.open("people", filter=PeopleFilter(mine=True, hearing_within=14))
        assert page._mine.isChecked()
        assert page._hearing.text() == "Hearing within: 14 days"
        at.open("people", filter=PeopleFilter())
        assert not page._mine.isChecked()
        assert page._hearing.text() == "Hearing within"
        assert asked_people(at) == PeopleFilter()
        assert at.ui.today() >= date(2026, 11, 23)
