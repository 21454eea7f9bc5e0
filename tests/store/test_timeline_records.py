"""Every record of the programme stands in the stream with each of its days, and only where it may be seen."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from cmpp_desktop.domain.assistance import RecordAssistance
from cmpp_desktop.domain.entries import AddRecord, FileOf
from cmpp_desktop.domain.questions import Timeline, TimelineEntry
from cmpp_desktop.domain.records import Money
from cmpp_desktop.domain.referrals import Refer
from cmpp_desktop.store.queries.timeline_records import KINDS
from tests.store.laptops import DAY, Laptop, family


def marisela(ana: Laptop) -> UUID:
    done = ana.do(family())
    assert done.more is not None
    found: UUID = done.more["participant_ids"][0]
    return found


def add(ana: Laptop, kind: str, person: UUID, **values: object) -> UUID:
    return ana.do(AddRecord(kind, {"participant_id": person, **values})).id


def stream(ana: Laptop, person: UUID, *kinds: str) -> list[TimelineEntry]:
    answer = ana.ask(Timeline(person, DAY, kinds))  # type: ignore[arg-type]  # they are the timeline's kinds
    return [*answer.ahead, *answer.today, *answer.earlier]


def test_an_application_has_a_line_for_each_of_its_days(tmp_path: Path) -> None:
    ana = Laptop(tmp_path / "ana")
    person = marisela(ana)
    add(ana, "application", person, form="i589", filed_on=date(2026, 5, 4), expires_on=date(2027, 5, 4), receipt_number="ZNB1")
    lines = stream(ana, person, "application")
    assert [(line.step, line.day) for line in lines] == [
        ("expires_on", date(2027, 5, 4)), ("filed_on", date(2026, 5, 4))
    ]
    assert {(line.code, line.title) for line in lines} == {("i589", "ZNB1")}


def test_a_day_to_keep_is_not_ahead_any_more_once_it_was_kept(tmp_path: Path) -> None:
    ana = Laptop(tmp_path / "ana")
    person = marisela(ana)
    goal = add(ana, "goal", person, statement="Learn English", target_on=date(2027, 1, 11))
    add(ana, "action_step", person, goal_id=goal, what="Find a class", due_on=date(2026, 12, 1), done_on=DAY)
    assert [line.step for line in stream(ana, person, "goal")] == ["target_on"]
    assert [line.step for line in stream(ana, person, "action_step")] == ["done_on"]


def test_one_without_a_day_stands_on_the_day_on_which_it_was_written(tmp_path: Path) -> None:
    ana = Laptop(tmp_path / "ana")
    person = marisela(ana)
    add(ana, "proceeding", person, court="Newbridge Immigration Court")
    (line,) = stream(ana, person, "proceeding")
    assert (line.day, line.step, line.place) == (DAY, "", "Newbridge Immigration Court")


def test_letters_find_the_words_of_a_record(tmp_path: Path) -> None:
    ana = Laptop(tmp_path / "ana")
    person = marisela(ana)
    ana.do(Refer(person, "Mill Street Clinic", reason="Check-up for Lucía", send=False))
    ana.do(RecordAssistance(person, "transport", Money(amount=Decimal("20.50")), purpose="To the hearing"))
    answer = ana.ask(Timeline(person, DAY, text="lucia"))
    assert {line.kind for line in (*answer.ahead, *answer.today, *answer.earlier)} == {"referral"}
    (help_given,) = stream(ana, person, "direct_assistance")
    assert help_given.title == "20.50 USD"


def test_what_is_restricted_is_in_no_line_and_no_list_of_who_does_not_hold_it(tmp_path: Path) -> None:
    ana, leon = Laptop(tmp_path / "ana", 1), Laptop(tmp_path / "leon", 2, restricted=False)
    person = marisela(ana)
    add(ana, "potential_relief", person, type="t_status", why="Worked without pay")
    add(ana, "application", person, form="i914")
    add(ana, "need", person, area="mental_health", raised_on=DAY)
    add(ana, "need", person, area="housing", raised_on=DAY)
    leon.receive(ana)
    seen = {(line.kind, line.code) for line in stream(leon, person, *KINDS)}
    assert seen == {("need", "housing")}
    assert {line.kind for line in stream(ana, person, *KINDS)} == {"potential_relief", "application", "need"}
    kinds = ("potential_relief", "application", "need")
    assert [item.fields.kind for item in leon.ask(FileOf(person, kinds))] == ["need"]
    assert len(ana.ask(FileOf(person, kinds))) == 4


def test_the_first_caseworker_is_no_news(tmp_path: Path) -> None:
    ana = Laptop(tmp_path / "ana")
    assert stream(ana, marisela(ana), "case_assignment") == []
