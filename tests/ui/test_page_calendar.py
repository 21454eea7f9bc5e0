"""The calendar, and two records of one person."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt

from cmpp_desktop.domain.calendar import Calendar, CalendarAnswer, CalendarDay, CalendarEntry, Clash
from cmpp_desktop.domain.entries import FileOf, OneRecord
from cmpp_desktop.domain.merges import Merged, MergedView, MergeFields, MergePeople, Original, TwoSides, UnmergePeople
from cmpp_desktop.domain.participants import ParticipantFields
from cmpp_desktop.domain.records import PersonName, When
from cmpp_desktop.errors import Invalid
from cmpp_desktop.ui.pages.calendar_model import VIEWS, rows, span, stepped
from cmpp_desktop.words import load
from tests.ui import samples
from tests.ui.page_desk import Desk, desk, nameless

pytestmark = pytest.mark.usefixtures("qapp")
CTRL = Qt.KeyboardModifier.ControlModifier
OTHER = samples.uid("other")
HEARING = CalendarEntry(
    samples.uid("h1"), samples.MARISELA, "Marisela Tzoc", "master_hearing", When(day=samples.TODAY, at=time(8, 30)),
    datetime(2026, 11, 23, 13, 30, tzinfo=UTC), "Newbridge Immigration Court", "in_person", "", "", "", True, None, "",
    samples.ANA, "Ana Marroquín", False, False,
)  # fmt: skip


def a_week(*entries: CalendarEntry, clashes: tuple[Clash, ...] = ()) -> Any:
    def answer(asked: Calendar) -> CalendarAnswer:
        days = (CalendarDay(samples.TODAY, entries),) if entries else ()
        return CalendarAnswer(asked.first, asked.last, days, clashes)

    return answer


def asked(at: Desk) -> Calendar:
    """What was asked last."""
    found = at.door.asked[-1]
    assert isinstance(found, Calendar)
    return found


@given(st.sampled_from(VIEWS), st.dates(date(2020, 1, 1), date(2032, 12, 31)))
def test_every_day_is_in_its_span_and_stepping_leaves_no_day_out(view: Any, day: date) -> None:
    first, last = span(view, day)
    assert first <= day <= last
    assert span(view, stepped(view, day, 1))[0].toordinal() == last.toordinal() + 1
    assert span(view, stepped(view, day, -1))[1].toordinal() == first.toordinal() - 1


def test_a_week_lists_what_is_on_each_day_with_what_is_missing() -> None:
    with desk() as at:
        at.door.answers[Calendar] = a_week(HEARING)
        page = at.open("calendar")
        head, line = page.rows.model().rows
        assert head.head
        assert "today" in head.title
        assert line.title == "Marisela Tzoc"
        assert "8:30 am" in line.lead
        assert "interpreter needed" in line.what
        assert line.badge.text == "No ride yet"
        assert nameless(page) == []


def test_two_things_at_once_are_said_above_and_beside() -> None:
    clash = Clash("participant", samples.MARISELA, HEARING.id, samples.uid("h2"))
    with desk() as at:
        at.door.answers[Calendar] = a_week(HEARING, replace(HEARING, id=samples.uid("h2")), clashes=(clash,))
        page = at.open("calendar")
        assert page.clash.isVisible()
        assert [line.badge.text for line in page.rows.model().rows[1:]] == ["At the same time as something else"] * 2


def test_keys_go_through_weeks_months_and_whose() -> None:
    with desk() as at:
        at.door.answers[Calendar] = a_week(HEARING)
        page = at.open("calendar")
        page.rows.setFocus()
        at.press(Qt.Key.Key_Right)
        assert asked(at).first == date(2026, 11, 30)
        at.press(Qt.Key.Key_T)
        at.press(Qt.Key.Key_2)
        assert (asked(at).first, asked(at).last) == (date(2026, 11, 1), date(2026, 11, 30))
        page.everyone.click()
        page.chips[1][0].click()
        at.settle()
        assert (asked(at).mine, "master_hearing" in asked(at).types) == (False, True)


def test_enter_opens_the_case_and_u_the_outcome() -> None:
    with desk() as at:
        at.door.answers |= {Calendar: a_week(HEARING), FileOf: ()}
        at.door.answers[OneRecord] = samples.stored(samples.participant_view().obligations[0].fields, "h1")
        page = at.open("calendar")
        page.rows.setFocus()
        at.press(Qt.Key.Key_U)
        assert at.frame.place == "form"
        assert at.page.heading.text() == "What came of it"
        page = at.open("calendar")
        page.rows.setFocus()
        at.press(Qt.Key.Key_Return)
        assert (at.frame.place, at.page.tabs.key()) == ("participant", "case")


def test_an_empty_week_offers_everyone_s() -> None:
    with desk() as at:
        at.door.answers[Calendar] = a_week()
        page = at.open("calendar")
        assert page.empty.isVisible()
        assert nameless(page) == []


def test_the_calendar_is_exported_with_a_reason(tmp_path: Any) -> None:
    with desk() as at:
        at.door.answers[Calendar] = a_week(HEARING)
        written: list[Any] = []
        at.door.export_calendar = lambda path, question, **more: written.append((path, question.mine, more["reason"]))  # type: ignore[assignment,method-assign]
        page = at.open("calendar")
        page.export_button.click()
        at.settle()
        form = at.page
        form.inputs["path"]._take(tmp_path / "week.ics")
        form.inputs["reason"].first.setText("for my phone")
        at.press(Qt.Key.Key_Return, CTRL)
        assert written == [(tmp_path / "week.ics", True, "for my phone")]


def test_spanish_days_are_spanish() -> None:
    answer = a_week(HEARING)(Calendar(samples.TODAY, samples.TODAY))
    head, _ = rows(answer, samples.TODAY, load("es"))
    assert head.title.endswith("(hoy)")


# --- two records of one person ---------------------------------------------------------------------------------------


def side(id: UUID, given: str, **more: Any) -> Original:
    fields = ParticipantFields(legal_name=PersonName(given=given, family="Tzoc"), **more)
    return Original(replace(samples.stored(fields, "x"), id=id), {"note": 3})


def with_two(at: Desk) -> None:
    at.door.answers |= {
        Merged: MergedView(samples.MARISELA, (), ()),
        TwoSides: (side(samples.MARISELA, "Marisela"), side(OTHER, "Maricela", pronunciation="mah-ree")),
    }


def test_what_differs_is_picked_side_by_side_and_can_be_undone() -> None:
    with desk() as at:
        with_two(at)
        page = at.open("merge", participant_id=samples.MARISELA, other=OTHER)
        names = [difference.name for difference, _, _ in page._groups]
        assert names == ["legal_name", "pronunciation"]
        assert nameless(page) == []
        page._groups[0][1].button(1).setChecked(True)
        at.type("Same A-number on both notices")
        at.press(Qt.Key.Key_Return, CTRL)
        picks = {"legal_name": OTHER, "pronunciation": OTHER}
        assert at.door.done[-1] == MergePeople(samples.MARISELA, OTHER, picks, "Same A-number on both notices")
        assert at.frame.place == "participant"


def test_the_other_record_is_found_by_name() -> None:
    with desk() as at:
        with_two(at)
        page = at.open("merge", participant_id=samples.MARISELA)
        page.search.setFocus()
        at.type("Rahimi")
        at.until(lambda: page.found.current_row() is not None)
        at.press(Qt.Key.Key_Return)
        assert page._other is not None
        assert page._ends.isVisible()


def test_people_who_are_kept_apart_are_never_joined() -> None:
    with desk() as at:
        with_two(at)
        page = at.open("merge", participant_id=samples.MARISELA, other=OTHER)
        at.door.fail["do"] = Invalid(other="kept_apart")
        at.press(Qt.Key.Key_Return, CTRL)
        assert page.wrong.isVisible()
        assert at.frame.place == "merge"


def test_they_were_two_people_after_all() -> None:
    with desk() as at:
        with_two(at)
        merge = samples.stored(MergeFields(a=samples.MARISELA, b=OTHER), "merge")
        at.door.answers[Merged] = MergedView(
            samples.MARISELA, (side(samples.MARISELA, "Marisela"), side(OTHER, "Maricela")), (merge,)
        )
        page = at.open("merge", participant_id=samples.MARISELA)
        button = page.merged.findChildren(type(page.join))[0]
        button.click()
        at.settle()
        assert at.door.done[-1] == UnmergePeople(merge.id)
