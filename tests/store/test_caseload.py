"""Who carries how much: the counts behind a conversation about caseloads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID

from cmpp_desktop.domain.caseload import CarriedCases, Caseload, CaseloadRow, load_weights
from cmpp_desktop.domain.cases import CaseOpening, ChangeCase, CloseCase
from cmpp_desktop.domain.consent import ConsentGiven, RecordConsent
from cmpp_desktop.domain.entries import AddRecord, Records
from cmpp_desktop.domain.households import NewPerson, RegisterHousehold
from cmpp_desktop.domain.merges import MergePeople
from cmpp_desktop.domain.obligations import AddObligation, MarkObligation
from cmpp_desktop.domain.questions import NOBODY, People, PeopleFilter
from cmpp_desktop.domain.records import BirthDate, PersonName, When
from cmpp_desktop.domain.reviews import SignDocument
from cmpp_desktop.domain.staff import NameStaffMember
from cmpp_desktop.domain.tasks import AddTask
from cmpp_desktop.domain.work import Actor
from cmpp_desktop.words import load_codes
from tests.store.laptops import DAY, TEAM, Laptop, family, visit

Make = Callable[..., Laptop]
LEON = UUID(int=0xA10)


def rows(laptop: Laptop, day: date = DAY) -> dict[str, CaseloadRow]:
    return {row.name: row for row in laptop.ask(Caseload(day))}


def named(laptop: Laptop) -> Laptop:
    """Ana, who is at the laptop, and Leon, who carries nothing yet."""
    for id, name in ((laptop.actor.staff_id, "Ana"), (LEON, "Leon")):
        laptop.do(NameStaffMember(id, name, "caseworker", TEAM))
    return laptop


def case_of(laptop: Laptop, participant_id: UUID) -> UUID:
    found: UUID = laptop.ask(Records("case", participant_id))[0].id
    return found


def test_everything_that_presses_is_counted_for_who_carries_it(a_laptop: Make) -> None:
    ana = named(a_laptop(role="administrator"))
    born = BirthDate(day=date(1992, 2, 17))
    mother, child = (ana.do(family(birth_date=born)).more or {})["participant_ids"]
    ana.do(ChangeCase(case_of(ana, mother), {"risk": "high", "support": "medium"}))
    for days, result in ((-1, None), (0, None), (14, None), (15, None), (3, "cancelled")):
        hearing = ana.do(AddObligation((mother,), "master_hearing", When(day=DAY + timedelta(days=days)))).id
        if result:
            ana.do(MarkObligation(hearing, result))
    ana.do(AddObligation((mother,), "ice_check_in", When(day=DAY)))
    for due in (DAY, DAY - timedelta(days=1)):
        ana.do(AddTask(child, "Ring the school", due, ana.actor.staff_id))
    review = {"agreed_on": DAY - timedelta(days=90), "review_on": DAY}
    ana.do(AddRecord("service_plan", {"participant_id": child, **review}))
    for ends in (DAY + timedelta(days=30), DAY + timedelta(days=31)):
        ana.do(RecordConsent(mother, ConsentGiven(expires_on=ends)))
    ana.do(visit(mother))
    row, weights = rows(ana)["Ana"], load_weights()
    assert (row.cases, row.by_risk, row.by_support) == (2, {"high": 1, "": 1}, {"medium": 1, "": 1})
    assert (row.minors, row.hearings, row.overdue_tasks, row.plans_to_review) == (0, 2, 1, 1)
    assert (row.without_contact, row.ending_consents) == (1, 1)
    assert (row.dates_open, row.unsigned_notes) == (1, 1)
    assert row.weight == 2 * weights.case + weights.risk["high"] + weights.support["medium"] + 2 * weights.also.hearing
    idle = rows(ana)["Leon"]
    assert (idle.cases, idle.weight, idle.without_contact) == (0, 0, 0)
    assert rows(ana, DAY + timedelta(days=31))["Ana"].without_contact == 2


def test_a_case_that_is_handed_over_or_closed_weighs_on_nobody_else(a_laptop: Make) -> None:
    ana = named(a_laptop(role="administrator"))
    mother, child = (ana.do(family()).more or {})["participant_ids"]
    ana.do(ChangeCase(case_of(ana, mother), {"caseworker_id": LEON}))
    assert (rows(ana)["Ana"].cases, rows(ana)["Leon"].cases) == (1, 1)
    ana.do(CloseCase(case_of(ana, child), "own_wish"))
    assert (rows(ana)["Ana"].cases, rows(ana)["Leon"].cases) == (0, 1)
    assert [row.name for row in ana.ask(Caseload(DAY))] == ["Leon", "Ana"]


def test_a_minor_counts_until_the_day_of_coming_of_age_and_once_however_often_registered(a_laptop: Make) -> None:
    ana = named(a_laptop(role="administrator"))
    born = BirthDate(day=date(2008, 11, 25))
    alone = RegisterHousehold((NewPerson(PersonName(given="Mateo"), birth_date=born),), ConsentGiven(), CaseOpening())
    one, other = (ana.do(alone).id for _ in range(2))
    assert rows(ana)["Ana"].minors == 2
    hearing = ana.do(AddObligation((other,), "master_hearing", When(day=DAY))).id
    ana.do(MergePeople(one, other))
    assert (rows(ana)["Ana"].minors, rows(ana)["Ana"].hearings) == (1, 1)
    assert rows(ana, DAY + timedelta(days=1))["Ana"].minors == 0
    ana.do(MarkObligation(hearing, "attended"))
    assert rows(ana)["Ana"].hearings == 0


def test_a_supervisor_sees_whose_people_they_are_and_what_nobody_carries(a_laptop: Make) -> None:
    ana = named(a_laptop(role="administrator"))
    mother, child = (ana.do(family()).more or {})["participant_ids"]
    ana.do(ChangeCase(case_of(ana, mother), {"caseworker_id": LEON, "risk": "high"}))
    ana.do(ChangeCase(case_of(ana, child), {"caseworker_id": None}))
    answer, weights = ana.ask(CarriedCases(LEON)), load_weights()
    (row,) = answer.rows
    assert (answer.total, row.participant_id, row.case_id) == (1, mother, case_of(ana, mother))
    assert (row.risk, row.weight, row.last_contact) == ("high", weights.case + weights.risk["high"], None)
    assert [one.participant_id for one in ana.ask(CarriedCases(None)).rows] == [child]
    assert ana.ask(CarriedCases(ana.actor.staff_id)).total == 0
    assert [row.cases for row in ana.ask(Caseload(DAY)) if row.staff_id is None] == [1]

    def whose(caseworker: UUID) -> list[UUID]:
        return [one.id for one in ana.ask(People(DAY, filter=PeopleFilter(caseworker=caseworker))).rows]

    assert (whose(LEON), whose(NOBODY), whose(ana.actor.staff_id)) == ([mother], [child], [])
    ana.do(CloseCase(case_of(ana, child), "own_wish"))
    assert (whose(NOBODY), ana.ask(CarriedCases(None)).total) == ([], 0)


def test_a_note_waits_under_who_wrote_it_until_it_is_signed(a_laptop: Make) -> None:
    ana = named(a_laptop(role="administrator"))
    mother = ana.do(family()).id
    session = ana.do(visit(mother, submit=True)).id
    assert (rows(ana)["Ana"].unsigned_notes, rows(ana)["Leon"].unsigned_notes) == (1, 0)
    ana.actor = Actor(LEON, "supervisor", ana.actor.device_id, TEAM)
    ana.do(SignDocument("service_session", session))
    assert rows(ana)["Ana"].unsigned_notes == 0


def test_every_level_has_its_points() -> None:
    weights, levels = load_weights(), set(load_codes()["level"])
    assert set(weights.risk) == set(weights.support) == levels
    assert weights.of({("high", ""): 2, ("", "low"): 1}, 1, 3) == (
        3 * weights.case + 2 * weights.risk["high"] + weights.support["low"] + weights.also.minor + 3 * weights.also.hearing
    )
