"""Somebody is kept safe from another: no answer about one of them has the other's name, id or address in it, by any way in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cmpp_desktop.changes import collection_id
from cmpp_desktop.domain.calendar import Calendar
from cmpp_desktop.domain.cases import CaseHistory, CaseOpening, ClosingCheck
from cmpp_desktop.domain.consent import ConsentGiven
from cmpp_desktop.domain.deadline_views import Deadlines
from cmpp_desktop.domain.disclosures import Disclosures
from cmpp_desktop.domain.entries import AddRecord, ChangeRecord, FileOf, Records
from cmpp_desktop.domain.households import AddHouseholdMember, NewPerson, RegisterHousehold
from cmpp_desktop.domain.ledgers import Ledger
from cmpp_desktop.domain.members import ChangeHead, HouseholdOf, SeparateMembers
from cmpp_desktop.domain.merges import Merged
from cmpp_desktop.domain.moves import RecordMove
from cmpp_desktop.domain.obligations import AddObligation, SharedWith
from cmpp_desktop.domain.participants import AddContactRoute
from cmpp_desktop.domain.plans import Plan
from cmpp_desktop.domain.questions import (
    Conflicts,
    Drafts,
    GroupSessions,
    LastSession,
    Organisation,
    Participant,
    People,
    Session,
    Timeline,
)
from cmpp_desktop.domain.records import PersonName, PostalAddress, When
from cmpp_desktop.domain.referrals import Referrals
from cmpp_desktop.domain.retention import WhatGoes
from cmpp_desktop.domain.reviews import Amend, ReturnForChanges, SignDocument, SubmitForSignature
from cmpp_desktop.domain.separations import EndSeparation, Separations, kept_apart
from cmpp_desktop.domain.sessions import (
    ChangeSession,
    DeletedSessions,
    DeleteSession,
    GroupContent,
    RecordGroupSession,
    RecordSession,
    RestoreSession,
    SessionContent,
)
from cmpp_desktop.domain.transfers import HandOver, Transfers
from cmpp_desktop.domain.work import Actor, Command
from cmpp_desktop.errors import Invalid, KnownError, NotAllowed
from cmpp_desktop.store.queries import ANSWERS
from cmpp_desktop.workspace import figures
from tests.store.laptops import DAY, TEAM, Laptop, visit

Make = Callable[..., Laptop]
GIVEN = ("Xochitl", "Quetzalli", "Yaretzi", "Zyanya", "Tlaloc")  # names that are in no other word
FAMILY = ("Vrabcova", "Wojciechowska", "Xhemajli", "Yildirimoglu", "Zgorzelski")
KINDS = (
    "household_member", "attendance", "service_session", "note", "proceeding", "separation", "address", "task", "obligation",
    "consent", "case_assignment", "transfer", "amendment", "review",
)  # fmt: skip
REFUSALS = {"kept_apart", "not_a_member", "missing", "same_address", "not_valid"}
WHEN = When(day=DAY - timedelta(days=3), at=time(10))


@dataclass
class Household:
    """People of one household, each with an address of their own since."""

    laptop: Laptop
    people: tuple[UUID, ...]
    cases: tuple[UUID, ...]
    id: UUID
    words: dict[UUID, set[str]]  # what only one of them has: names, lines of addresses

    def secrets_of(self, person: UUID) -> set[str]:
        return self.words[person] | {person.hex, str(person)}


def household(laptop: Laptop, size: int) -> Household:
    people = tuple(
        NewPerson(
            PersonName(given=GIVEN[at], family=FAMILY[at]),
            "head" if at == 0 else "other_relative",
            aliases=(f"Alias{GIVEN[at]}",),
            a_number=f"21344{at:04}",
            phone=f"(555) 010-02{at:02}",
        )
        for at in range(size)
    )
    opening = CaseOpening(opened_on=DAY - timedelta(days=30))
    done = laptop.do(RegisterHousehold(people, ConsentGiven(), opening, PostalAddress(line1="1 Old Rd"), "The household"))
    more = done.more or {}
    ids = more["participant_ids"]
    words = {
        id: {GIVEN[at], FAMILY[at], f"Alias{GIVEN[at]}", f"21344{at:04}", f"010-02{at:02}", f"01002{at:02}"}
        for at, id in enumerate(ids)
    }
    return Household(laptop, ids, more["case_ids"], more["household_id"], words)


def moved(house: Household, *people: UUID, street: str, confidential: bool = False) -> None:
    address = PostalAddress(line1=street, city="Newbridge", state="IL")
    house.laptop.do(RecordMove(people, address, DAY, people if confidential else ()))
    for person in people:
        house.words[person].add(street)


def together(house: Household, owner: UUID, *others: UUID, text: str) -> UUID:
    content = SessionContent(
        ("case_management",), WHEN, 60, text, place_note=f"At home: {text}", attendees=tuple((one, "present") for one in others)
    )
    return house.laptop.do(RecordSession(owner, content)).id


def answers_about(house: Household, person: UUID) -> dict[str, Any]:
    """Everything that is asked when somebody works on one participant's record or prints from it."""
    ask = house.laptop.ask
    view, stream = ask(Participant(person)), ask(Timeline(person, DAY, limit=1000))
    organisation = ask(Organisation())
    sessions = [entry for entry in (*stream.ahead, *stream.today, *stream.earlier) if entry.kind == "session"]
    case = house.cases[house.people.index(person)]
    found: dict[str, Any] = {
        "participant": view,
        "timeline": stream,
        "search in the timeline": ask(Timeline(person, DAY, text="together")),
        "household": ask(HouseholdOf(person, DAY)),
        "last session": ask(LastSession(person)),
        "conflicts": ask(Conflicts(person)),
        "closing": ask(ClosingCheck(case)),
        "hand-over": ask(HandOver(case, DAY)),
        "referrals": ask(Referrals(person, DAY)),
        "disclosures": ask(Disclosures(person)),
        "hand-overs": ask(Transfers(person)),
        "carried": ask(CaseHistory(case)),
        "drafts": ask(Drafts(person)),
        "deadlines": ask(Deadlines(person, DAY)),
        "calendar": ask(Calendar(DAY - timedelta(days=60), DAY + timedelta(days=400), mine=False, participant_id=person)),
        "plan": ask(Plan(person)),
        "deleted sessions": ask(DeletedSessions(person)),
        "assistance": ask(Ledger("direct_assistance", DAY, DAY, participant_id=person)),
        "staff time": ask(Ledger("staff_time", DAY, DAY, participant_id=person)),
        "what goes": ask(WhatGoes(person)),
        "whole file": ask(FileOf(person, KINDS)),
        "who they are": ask(Merged(person)),
        "shared hearings": tuple(ask(SharedWith(item.id)) for item in view.obligations),
        "case summary": figures.case_summary(view, sessions, organisation, DAY),
    }
    for kind in KINDS:
        found[f"records of {kind}"] = ask(Records(kind, person))
    for entry in sessions:
        seen = ask(Session(entry.id, seen_from=person))
        found[f"session {entry.id}"] = replace(seen, content_hash="")
        found[f"note {entry.id}"] = figures.session_note(replace(seen, content_hash=""), view.participant.fields, organisation)
    return found


def test_every_question_about_somebody_is_among_them(house: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who adds one has to ask it in `answers_about`, or to say here why it tells nobody's name."""
    mother, father, _ = house.people
    together(house, mother, father, text="Together.")
    house.laptop.do(AddObligation((mother,), "master_hearing", replace_day(1)))
    seen: set[str] = set()
    ask = Laptop.ask

    def noted(laptop: Laptop, question: Any) -> Any:
        seen.add(type(question).__name__)
        return ask(laptop, question)

    monkeypatch.setattr(Laptop, "ask", noted)
    answers_about(house, mother)
    names = {"participant_id", "participant_ids", "seen_from", "case_id", "obligation_id"}
    about = {kind.__name__ for kind in ANSWERS if names & {item.name for item in fields(kind)}}  # type: ignore[arg-type]
    of_whom_one_names = {"TwoSides"}  # shows those whose ids are given
    yes_or_no = {"ConsentCheck"}
    assert about - seen == of_whom_one_names | yes_or_no


def said(answer: Any) -> str:
    """An answer as text, ids in both ways of writing them."""
    text = repr(answer)
    return text + text.replace("-", "")


def assert_apart(house: Household, one: UUID, other: UUID) -> None:
    for mine, theirs in ((one, other), (other, one)):
        for name, answer in answers_about(house, mine).items():
            text = said(answer)
            found = {secret for secret in house.secrets_of(theirs) if secret in text}
            assert not found, (name, found)


@pytest.fixture
def house(a_laptop: Make) -> Household:
    return household(a_laptop(1, role="supervisor"), 3)


def test_before_the_separation_they_are_in_each_others_record_and_after_it_in_none(house: Household) -> None:
    mother, father, daughter = house.people
    together(house, mother, father, daughter, text=f"Talked together with {GIVEN[1]} about the move.")
    together(house, father, mother, text=f"Talked together with {GIVEN[0]} about work.")
    before = answers_about(house, mother)
    assert GIVEN[1] in said(before["household"])
    assert GIVEN[1] in said(before["timeline"])
    house.laptop.do(SeparateMembers(mother, father))
    moved(house, mother, daughter, street="77 Hidden Ln")
    assert_apart(house, mother, father)


def test_the_line_of_a_session_stays_and_its_words_are_withheld(house: Household) -> None:
    mother, father, _ = house.people
    session = together(house, father, mother, text=f"Together with {GIVEN[0]}.")
    house.laptop.do(SeparateMembers(mother, father))
    (entry,) = house.laptop.ask(Timeline(mother, DAY, kinds=("session",))).earlier
    assert (entry.id, entry.minutes, entry.text, entry.withheld) == (session, 60, "", True)
    seen = house.laptop.ask(Session(session, seen_from=mother))
    assert (seen.withheld, seen.session.fields.narrative, seen.session.fields.participant_id) == (True, "", mother)
    whole = house.laptop.ask(Session(session))
    assert (whole.withheld, len(whole.attendees)) == (False, 2)


def test_a_child_with_both_sees_both_but_neither_sees_the_other_through_the_child(house: Household) -> None:
    mother, father, daughter = house.people
    done = house.laptop.do(SeparateMembers(mother, father, from_leaves=False))
    house.laptop.do(AddHouseholdMember((done.more or {})["household_id"], daughter, "daughter"))
    moved(house, mother, street="77 Hidden Ln")
    assert_apart(house, mother, father)
    assert GIVEN[0] in said(house.laptop.ask(Participant(daughter)))


def test_a_rider_no_longer_names_the_lead_respondent_she_is_kept_safe_from(house: Household) -> None:
    mother, father, _ = house.people
    house.laptop.do(AddRecord("proceeding", {"participant_id": mother, "lead_id": father, "court": "Newbridge"}))
    assert said(house.laptop.ask(Records("proceeding", mother))).count(str(father)) > 0
    house.laptop.do(SeparateMembers(mother, father))
    assert_apart(house, mother, father)


def test_who_is_kept_apart_from_whom_is_asked_by_a_supervisor_and_in_no_record(house: Household, a_laptop: Make) -> None:
    mother, father, _ = house.people
    separation = house.laptop.do(SeparateMembers(mother, father, note="Protection order")).id
    (row,) = house.laptop.ask(Separations())
    assert (row.id, row.participant_id, row.from_id, row.note) == (separation, mother, father, "Protection order")
    ana = a_laptop(2)
    ana.receive(house.laptop)
    with pytest.raises(NotAllowed):
        ana.ask(Separations())
    assert ana.ask(HouseholdOf(mother, DAY)).members == house.laptop.ask(HouseholdOf(mother, DAY)).members
    house.laptop.do(EndSeparation(separation))
    assert house.laptop.ask(Separations()) == ()


def test_two_laptops_that_separate_the_same_two_make_one_separation(a_laptop: Make) -> None:
    ana, leon = a_laptop(1), a_laptop(2, role="supervisor")
    house = household(ana, 3)
    leon.receive(ana)
    mother, father, _ = house.people
    ana.do(SeparateMembers(mother, father))
    leon.do(SeparateMembers(mother, father))
    leon.receive(ana)
    ana.receive(leon)
    assert len(leon.ask(Separations())) == 1
    assert_apart(house, mother, father)
    assert_apart(replace(house, laptop=leon), mother, father)


def test_in_a_group_nobody_of_another_household_is_named_in_a_file(a_laptop: Make) -> None:
    laptop = a_laptop(1)
    house = household(laptop, 2)
    farid = NewPerson(PersonName(given="Farid", family="Rahimi"))
    other = laptop.do(RegisterHousehold((farid,), ConsentGiven(), CaseOpening())).id
    content = GroupContent(
        ("legal_orientation_group",),
        "First hearings",
        WHEN,
        90,
        "We read a notice.",
        tuple((person, "present") for person in (*house.people, other)),
        notes=((other, "Farid needs an interpreter."),),
    )
    session = laptop.do(RecordGroupSession(content)).id
    for person in (*house.people, other):
        (entry,) = laptop.ask(Timeline(person, DAY, kinds=("session",))).earlier
        assert (entry.id, entry.title, entry.text) == (session, "First hearings", "We read a notice.")
    mine = laptop.ask(Session(session, seen_from=other))
    assert [(id, name) for id, name, _ in mine.attendees] == [(other, "Farid Rahimi")]
    assert mine.session.fields.participant_id == other
    family = laptop.ask(Session(session, seen_from=house.people[1]))
    assert {id for id, _, _ in family.attendees} == set(house.people)
    assert "Farid" not in said(family)
    assert len(laptop.ask(Session(session)).attendees) == 3
    stranger = laptop.do(RegisterHousehold((NewPerson(PersonName(given="Ana")),), ConsentGiven(), None)).id
    with pytest.raises(KnownError, match="record_missing"):
        laptop.ask(Session(session, seen_from=stranger))


def test_a_deleted_session_comes_back_with_who_was_there_but_not_with_who_had_been_taken_out_before(a_laptop: Make) -> None:
    ana, leon = a_laptop(1), a_laptop(2)
    mother, son = household(ana, 2).people
    visited = visit(mother)
    both = replace(visited, content=replace(visited.content, attendees=((son, "late"),)))
    alone, session = ana.do(both).id, ana.do(both).id
    ana.do(ChangeSession(alone, visited.content))  # he was not there after all
    before = ana.ask(Session(session)).attendees
    for one in (alone, session):
        ana.do(DeleteSession(one))
    assert ana.ask(Timeline(mother, DAY, kinds=("session",))).today == ()
    leon.receive(ana)
    gone = {one.id: one.attendance_ids for one in leon.ask(DeletedSessions(mother))}
    assert {id: len(went) for id, went in gone.items()} == {alone: 1, session: 2}
    leon.do(RestoreSession(session, gone[session]))
    ana.receive(leon)
    assert set(ana.ask(Session(session)).attendees) == set(before)
    assert [one.id for one in ana.ask(DeletedSessions(mother))] == [alone]


def test_who_held_a_group_finds_it_again_with_how_it_stands_and_nobody_else_does(a_laptop: Make) -> None:
    ana, leon = a_laptop(1), a_laptop(2)
    house = household(ana, 2)
    attendees = tuple((person, "present") for person in house.people)
    for topic, service in (("First hearings", "legal_orientation_group"), ("Sleep", "mental_health")):
        ana.do(RecordGroupSession(GroupContent((service,), topic, WHEN, 60, "We talked.", attendees), submit=topic == "Sleep"))
    ana.do(visit(house.people[0]))
    found = {row.topic: (row.people, row.status) for row in ana.ask(GroupSessions())}
    assert found == {"First hearings": (2, "draft"), "Sleep": (2, "submitted")}
    leon.receive(ana)
    assert leon.ask(GroupSessions()) == ()


def test_a_group_for_mental_health_and_what_was_noted_of_one_there_are_restricted(a_laptop: Make) -> None:
    ana, leon = a_laptop(1), a_laptop(2, restricted=False)
    house = household(ana, 2)
    content = GroupContent(
        ("mental_health",), "Sleep", WHEN, 60, "We spoke of sleep.", tuple((person, "present") for person in house.people),
        notes=((house.people[0], "Wakes at four."),),
    )  # fmt: skip
    ana.do(RecordGroupSession(content))
    leon.receive(ana)
    mine = ana.ask(Timeline(house.people[0], DAY))
    assert {entry.kind for entry in (*mine.today, *mine.earlier)} >= {"session", "note"}
    theirs = leon.ask(Timeline(house.people[0], DAY))
    assert not {entry.kind for entry in (*theirs.today, *theirs.earlier)} & {"session", "note"}


def signed_and_amended(house: Household, session: UUID, said_of: str) -> None:
    """A supervisor sends it back once with a comment, signs it, and its author adds something."""
    me = house.laptop.actor
    supervisor = type(me)(UUID(int=0xD0), "supervisor", me.device_id, me.team_id)

    def do(command: Command, actor: Actor) -> None:
        house.laptop.actor = actor
        house.laptop.do(command)

    do(SubmitForSignature("service_session", session), me)
    do(ReturnForChanges("service_session", session, f"What did {said_of} say?"), supervisor)
    do(SubmitForSignature("service_session", session), me)
    do(SignDocument("service_session", session, comment=f"Good work with {said_of}."), supervisor)
    do(Amend("service_session", session, f"{said_of} came late.", f"Left out: {said_of}."), me)


def test_what_was_said_later_of_a_session_with_both_is_withheld_with_it(house: Household) -> None:
    mother, father, _ = house.people
    session = together(house, mother, father, text=f"Together with {GIVEN[1]}.")
    signed_and_amended(house, session, GIVEN[1])
    for kind in ("amendment", "review"):
        assert GIVEN[1] in said(house.laptop.ask(Records(kind, mother)))
    house.laptop.do(SeparateMembers(mother, father))
    assert_apart(house, mother, father)
    assert [len(house.laptop.ask(Records(kind, mother))) for kind in ("amendment", "review")] == [1, 4]
    whole = house.laptop.ask(Session(session))
    assert GIVEN[1] in said((whole.reviews, whole.amendments))


def test_two_versions_of_what_was_written_about_both_are_on_neither_page(a_laptop: Make) -> None:
    ana, leon = a_laptop(1, role="supervisor"), a_laptop(2, role="supervisor")
    house = household(ana, 3)
    mother, father, daughter = house.people
    session = together(house, mother, father, text="Together.")
    lead = ana.do(AddRecord("proceeding", {"participant_id": mother})).id
    leon.receive(ana)
    content = SessionContent(("case_management",), WHEN, 45, f"Talked with {GIVEN[1]}.", attendees=((father, "present"),))
    ana.do(ChangeSession(session, content))
    leon.do(ChangeSession(session, replace(content, narrative=f"Met {GIVEN[1]} {FAMILY[1]}.", minutes=50)))
    ana.do(ChangeRecord("proceeding", lead, {"lead_id": father}))
    leon.do(ChangeRecord("proceeding", lead, {"lead_id": daughter}))
    ana.receive(leon)
    assert {item.field for item in ana.ask(Conflicts(mother))} == {"narrative", "minutes", "lead_id"}
    ana.do(SeparateMembers(mother, father))
    assert {item.field for item in ana.ask(Conflicts(mother))} == {"minutes"}
    assert {item.field for item in ana.ask(Conflicts())} == {"narrative", "minutes", "lead_id"}  # somebody has to settle them
    assert_apart(house, mother, father)


def test_a_separation_across_two_teams_ends_and_is_taken_back_in_both(a_laptop: Make) -> None:
    laptop = a_laptop(1, role="supervisor")
    other_team = UUID(int=0x7EB)
    replica = laptop.store.replica()
    with replica.transaction():
        replica.put_collection(collection_id("caseload", other_team), "caseload", other_team, True)
    mother = household(laptop, 1).people[0]
    me = laptop.actor
    laptop.actor = type(me)(me.member_id, me.role, me.device_id, other_team)
    father = laptop.do(RegisterHousehold((NewPerson(PersonName(given="Farid")),), ConsentGiven(), None)).id
    laptop.actor = me

    def alone() -> bool:
        with laptop.work() as commit:
            return kept_apart(mother, commit.work) == frozenset() and laptop.ask(Separations()) == ()

    made = laptop.do(SeparateMembers(mother, father))
    ended = laptop.do(EndSeparation(made.id))
    assert alone()
    assert ended.undo is not None
    laptop.do(ended.undo)
    assert not alone()
    assert made.undo is not None
    laptop.do(made.undo)
    assert alone()
    again = laptop.do(SeparateMembers(mother, father)).id
    assert again == made.id
    assert not alone()
    assert [len(laptop.store.replica().states(collection_id("caseload", team), [again])) for team in (TEAM, other_team)] == [1, 1]


WHO = st.integers(0, 2)
STEPS = st.one_of(
    st.tuples(st.sampled_from(["together", "separate", "flee", "join", "hearing", "lead"]), WHO, WHO),
    st.tuples(st.sampled_from(["move", "head", "phone"]), WHO, st.integers(0, 1)),
)
# What ties them to each other before: sessions in both files, a rider and her lead respondent.
TIES = [("together", 0, 1), ("together", 1, 0), ("together", 2, 1), ("lead", 0, 1), ("lead", 1, 2)]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=st.lists(STEPS, max_size=3), after=st.lists(STEPS, max_size=5), how=st.sampled_from(["separate", "flee"]))
def test_whatever_happened_before_and_after_nobody_is_in_the_record_of_who_is_kept_apart(
    tmp_path_factory: pytest.TempPathFactory,
    before: list[tuple[str, int, int]],
    after: list[tuple[str, int, int]],
    how: str,
) -> None:
    laptop = Laptop(tmp_path_factory.mktemp("house"), 1, role="supervisor")
    try:
        house = household(laptop, 3)
        apart = lived(house, [*TIES, *before, (how, 0, 1), *after])
        for one, other in apart:
            assert_apart(house, one, other)
    finally:
        laptop.store.close()


def lived(house: Household, steps: list[tuple[str, int, int]]) -> set[tuple[UUID, UUID]]:
    """Does all of it, leaving out what is refused; gives who is kept apart from whom."""
    apart: set[tuple[UUID, UUID]] = set()
    for number, (what, first, second) in enumerate(steps):
        one, other = house.people[first], house.people[second]
        try:
            if what == "together" and one != other:
                text = f"Met together with {GIVEN[first]} {FAMILY[first]} and {GIVEN[second]} {FAMILY[second]}."
                together(house, one, other, text=text)
            elif what in ("separate", "flee") and one != other:
                house.laptop.do(SeparateMembers(one, other, from_leaves=what == "separate"))
                apart.add((one, other))
            elif what == "join":
                home = house.laptop.ask(HouseholdOf(other, DAY)).household_id
                house.laptop.do(AddHouseholdMember(home or house.id, one, "other_relative"))
            elif what == "move":
                moved(house, one, street=f"{700 + number} Street{number}", confidential=bool(second))
            elif what == "hearing":
                house.laptop.do(AddObligation((one, other), "master_hearing", replace_day(number), place="Court"))
            elif what == "head":
                house.laptop.do(ChangeHead(house.id, one))
            elif what == "phone":
                house.laptop.do(AddContactRoute(one, f"(555) 010-9{number:03}"))
                house.words[one].add(f"0109{number:03}")
            elif what == "lead" and one != other:
                house.laptop.do(AddRecord("proceeding", {"participant_id": one, "lead_id": other}))
        except Invalid as refused:
            if not set(refused.fields.values()) <= REFUSALS:
                raise
    return apart


def replace_day(number: int) -> When:
    return When(day=date(2026, 12, 1) + timedelta(days=number), at=time(9))


def test_a_phone_they_share_finds_each_as_themselves(house: Household) -> None:
    mother, father, _ = house.people
    house.laptop.do(SeparateMembers(mother, father))
    for person in (mother, father):
        house.laptop.do(AddContactRoute(person, "(555) 010-7777"))
    for row in house.laptop.ask(People(DAY, "0107777")).rows:
        other = father if row.id == mother else mother
        assert not [secret for secret in house.secrets_of(other) if secret in said(row)]
