"""A case is handed over: to a colleague, another team, another provider; acknowledged, or sent back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from cmpp_desktop.domain.cases import CaseAssignmentFields, CaseFields, ChangeCase, CloseCase
from cmpp_desktop.domain.consent import ConsentGiven, RecordConsent
from cmpp_desktop.domain.disclosures import DisclosureFields
from cmpp_desktop.domain.file_moves import CarryOut
from cmpp_desktop.domain.participants import ParticipantFields
from cmpp_desktop.domain.records import When
from cmpp_desktop.domain.staff import StaffMemberFields, TeamFields
from cmpp_desktop.domain.tasks import AddTask, TaskFields
from cmpp_desktop.domain.transfers import AnswerTransfer, AskTransfer, HandOverFacts, TransferFields
from cmpp_desktop.errors import Invalid, NotAllowed
from cmpp_desktop.words import load
from cmpp_desktop.workspace.casework import open_items_of, stays_here, summary_of
from tests.unit.domain.families import TODAY, Family, leaves_no_trace, tzoc, undone
from tests.unit.domain.memory import TEAM, MemoryWork

ANA, LEON, DENISE = UUID(int=1), UUID(int=2), UUID(int=3)
PROVIDER = "Alder Legal Aid"


@pytest.fixture
def work() -> MemoryWork:
    made = MemoryWork()
    for id, name in ((ANA, "Ana"), (LEON, "León"), (DENISE, "Denise")):
        made.add(StaffMemberFields(name=name, role="caseworker"), id=id)
    return made


@pytest.fixture
def family(work: MemoryWork) -> Family:
    return tzoc(work)


def to_leon(family: Family, **more: Any) -> AskTransfer:
    return AskTransfer(family.cases[0], "caseworker", to_staff_id=LEON, reason="Ana is on leave", summary="All is well.", **more)


def to_provider(family: Family, **more: Any) -> AskTransfer:
    ask = AskTransfer(family.cases[0], "provider", to_provider=PROVIDER, summary="All is well.", scope="share_legal")
    return replace(ask, **more)


def tasks_of(work: MemoryWork, staff: UUID) -> list[str]:
    return sorted((task.fields.title_code or "own") for task in work.find(TaskFields, assigned_to=staff, done_at=None))


def test_a_colleague_accepts_and_carries_the_case_and_its_tasks_from_then_on(work: MemoryWork, family: Family) -> None:
    mother = family.people[0]
    work.do(AddTask(mother, "Bring bus cards"))
    asked = work.do(to_leon(family))
    assert tasks_of(work, LEON) == ["answer_transfer"]
    assert tasks_of(work, ANA) == ["ask_transfer_answer", "own"]
    assert work.get(CaseFields, family.cases[0]).fields.caseworker_id == ANA
    work.become(2, "caseworker")
    answered = work.do(AnswerTransfer(asked.id, True))
    assert work.get(CaseFields, family.cases[0]).fields.caseworker_id == LEON
    assert tasks_of(work, LEON) == ["own"]
    assert tasks_of(work, ANA) == []
    carried = [item.fields for item in work.find(CaseAssignmentFields, case_id=family.cases[0])]
    assert [(item.staff_id, item.until, item.transfer_id) for item in carried] == [(ANA, TODAY, None), (LEON, None, asked.id)]
    undone(work, answered)
    assert work.get(CaseFields, family.cases[0]).fields.caseworker_id == ANA
    assert [item.fields.until for item in work.find(CaseAssignmentFields, case_id=family.cases[0])] == [None]


def test_asking_is_taken_back_with_its_tasks(work: MemoryWork, family: Family) -> None:
    leaves_no_trace(work, to_leon(family))


def test_a_hand_over_that_is_sent_back_says_why_and_is_the_senders_again(work: MemoryWork, family: Family) -> None:
    asked = work.do(to_leon(family)).id
    work.become(2, "caseworker")
    with pytest.raises(Invalid) as refused:
        work.do(AnswerTransfer(asked, False))
    assert refused.value.fields == {"note": "missing"}
    leaves_no_trace(work, AnswerTransfer(asked, False, "I have no room before May."))
    assert tasks_of(work, ANA) == ["transfer_sent_back"]
    assert work.get(CaseFields, family.cases[0]).fields.caseworker_id == ANA
    with pytest.raises(Invalid) as refused:
        work.do(AnswerTransfer(asked, True))
    assert refused.value.fields == {"transfer_id": "answered"}
    work.become(1, "caseworker")
    work.do(to_leon(family))  # it may be asked again


def test_only_the_receiver_or_a_supervisor_answers(work: MemoryWork, family: Family) -> None:
    asked = work.do(to_leon(family)).id
    with pytest.raises(NotAllowed):
        work.do(AnswerTransfer(asked, True))
    work.become(3, "supervisor")
    work.do(AnswerTransfer(asked, True))


def test_another_provider_gets_nothing_without_a_consent_that_covers_it(work: MemoryWork, family: Family) -> None:
    mother = family.people[0]
    other = ConsentGiven(("share_school",), PROVIDER, "enrolment")
    work.do(RecordConsent(mother, other))
    with pytest.raises(NotAllowed) as refused:
        work.do(to_provider(family))
    assert refused.value.code == "needs_consent"
    assert not work.find(TransferFields)
    assert not work.find(DisclosureFields)
    consent = work.do(RecordConsent(mother, ConsentGiven(("share_legal",), PROVIDER, "representation"))).id
    done = work.do(to_provider(family, purpose="representation"))
    assert (done.more or {})["consent_id"] == consent
    assert [item.fields.subject_id for item in work.find(DisclosureFields)] == [done.id]


def test_only_a_supervisor_goes_without_and_it_is_written_down(work: MemoryWork, family: Family) -> None:
    command = to_provider(family, override_reason="She is in hospital and asked for it by phone.")
    with pytest.raises(NotAllowed) as refused:
        work.do(command)
    assert refused.value.code == "not_allowed"
    work.become(3, "supervisor")
    done = work.do(command)
    assert work.get(TransferFields, done.id).fields.override_reason == command.override_reason
    assert "consent_overridden" in [action for action, _ in work.audited]


def to_east(work: MemoryWork, family: Family) -> UUID:
    team = work.add(TeamFields(name="East"), id=UUID(int=8))
    return work.do(AskTransfer(family.cases[0], "team", to_team_id=team, summary="All is well.")).id


def test_a_team_takes_over_and_the_file_goes_along(work: MemoryWork, family: Family) -> None:
    asked = to_east(work, family)
    mother, child = family.people[:2]
    done = work.do(AnswerTransfer(asked, True, "Told by phone by Rosa of East"))
    assert (done.more or {})["moves_file"] is True
    assert work.get(ParticipantFields, mother).team_id == UUID(int=8)
    case = work.get(CaseFields, family.cases[0])
    assert (case.team_id, case.fields.caseworker_id) == (UUID(int=8), None)
    stays = work.get(TransferFields, asked)
    assert (stays.team_id, stays.fields.summary, stays.fields.open_items) == (TEAM, "Marisela Tzoc", [])
    [goes] = [item for item in work.find(TransferFields) if item.id != asked]
    assert (goes.team_id, goes.fields.summary) == (UUID(int=8), "All is well.")
    assert [task.fields.title_code for task in work.find(TaskFields, subject_id=goes.id)] == ["take_over"]
    undone(work, done)
    assert work.get(ParticipantFields, mother).team_id == TEAM
    assert work.get(CaseFields, family.cases[0]).fields.caseworker_id == ANA
    assert work.get(TransferFields, asked).fields.summary == "All is well."
    assert child


def test_a_laptop_that_does_not_hold_both_teams_leaves_the_file_for_one_that_does(
    work: MemoryWork, family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = to_east(work, family)
    closed = {("restricted", UUID(int=8))}
    monkeypatch.setattr(work, "holds", lambda place, team: (place, team) not in closed)
    work.do(AnswerTransfer(asked, True, "Told by phone"))
    assert work.get(ParticipantFields, family.people[0]).team_id == TEAM
    with pytest.raises(NotAllowed) as refused:
        work.do(CarryOut(asked))
    assert refused.value.code == "not_both_teams"
    closed.clear()
    done = work.do(CarryOut(asked))
    assert work.get(ParticipantFields, family.people[0]).team_id == UUID(int=8)
    with pytest.raises(Invalid) as again:
        work.do(CarryOut(asked))
    assert again.value.fields == {"transfer_id": "moved"}
    undone(work, done)
    assert work.get(ParticipantFields, family.people[0]).team_id == TEAM


def test_what_was_not_accepted_is_not_moved(work: MemoryWork, family: Family) -> None:
    with pytest.raises(Invalid) as refused:
        work.do(CarryOut(to_east(work, family)))
    assert refused.value.fields == {"transfer_id": "not_accepted"}


def test_to_a_provider_the_file_stays_and_it_is_said() -> None:
    assert "stays with your team" in stays_here(load("en"))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"to": "nobody"}, {"to": "not_valid"}),
        ({"to_staff_id": None}, {"to_staff_id": "missing"}),
        ({"to_staff_id": ANA}, {"to_staff_id": "already_theirs"}),
        ({"summary": " "}, {"summary": "missing"}),
        ({"to": "team", "to_team_id": TEAM}, {"to_team_id": "already_theirs"}),
        ({"to": "provider"}, {"to_provider": "missing"}),
    ],
)
def test_a_hand_over_that_cannot_be_is_refused(
    work: MemoryWork, family: Family, change: dict[str, Any], problem: dict[str, str]
) -> None:
    work.add(TeamFields(name="West"), id=TEAM)
    with pytest.raises(Invalid) as refused:
        work.do(replace(to_leon(family), **change))
    assert refused.value.fields == problem


def test_a_case_that_was_closed_meanwhile_is_carried_by_nobody(work: MemoryWork, family: Family) -> None:
    asked = work.do(to_leon(family)).id
    work.do(CloseCase(family.cases[0], "own_wish", tasks="keep"))
    work.become(LEON.int, "caseworker")
    with pytest.raises(Invalid) as refused:
        work.do(AnswerTransfer(asked, True))
    assert refused.value.fields == {"transfer_id": "case_closed"}
    assert work.find(CaseAssignmentFields, case_id=family.cases[0], until=None) == []
    work.do(AnswerTransfer(asked, False, "It is closed"))
    assert work.find(TransferFields, accepted=None) == []


def test_nothing_is_handed_to_who_left(work: MemoryWork, family: Family) -> None:
    work.change(StaffMemberFields, LEON, active=False)
    with pytest.raises(Invalid) as refused:
        work.do(to_leon(family))
    assert refused.value.fields == {"to_staff_id": "left_us"}


def test_one_hand_over_at_a_time(work: MemoryWork, family: Family) -> None:
    work.do(to_leon(family))
    with pytest.raises(Invalid) as refused:
        work.do(replace(to_leon(family), to_staff_id=DENISE))
    assert refused.value.fields == {"case_id": "already_asked"}


def test_who_carries_a_case_is_written_down_from_the_first_day(work: MemoryWork, family: Family) -> None:
    case = family.cases[1]
    leaves_no_trace(work, ChangeCase(case, {"caseworker_id": DENISE}))
    carried = [(item.fields.staff_id, item.fields.until) for item in work.find(CaseAssignmentFields, case_id=case)]
    assert carried == [(ANA, TODAY), (DENISE, None)]


FACTS = HandOverFacts(
    participant="Marisela Tzoc",
    participant_id=UUID(int=9),
    languages=("quc", "es"),
    interpreter_needed=True,
    safe_contact="No voicemail.",
    state="active",
    opened_on=date(2026, 3, 1),
    last_contact=date(2026, 11, 20),
    obligations=(("isap_check_in", When(day=date(2026, 11, 20)), ""), ("master_hearing", When(day=date(2026, 12, 8)), "Room 4")),
    tasks=(("ask_next_hearing", "", date(2026, 12, 1)), (None, "Bring bus cards", None)),
    needs=(("school", "high", "A place for Mateo"),),
    referrals=(("Alder School", "enrolment"),),
    alerts=(("safety", date(2026, 10, 1)),),
    flags=("safety_plan",),
)


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_summary_says_everything_that_is_open_in_the_readers_language(language: str) -> None:
    words = load(language)
    text = summary_of(FACTS, words, TODAY)
    for said in ("Marisela Tzoc", "No voicemail.", "Room 4", "Bring bus cards", "A place for Mateo", "Alder School: enrolment"):
        assert said in text
    for list_id, code in (
        ("obligation_type", "master_hearing"),
        ("task_title", "ask_next_hearing"),
        ("need_area", "school"),
        ("alert_kind", "safety"),
        ("participant_flag", "safety_plan"),
    ):
        assert words.code(list_id, code) in text
    assert len(open_items_of(FACTS, words, TODAY)) == 4
    empty = replace(FACTS, obligations=(), tasks=(), needs=(), referrals=(), alerts=(), flags=())
    assert words("Open tasks") not in summary_of(empty, words, TODAY)
    assert words("Open tasks") in text


def test_what_is_late_is_said_to_be_without_a_result() -> None:
    lines = open_items_of(FACTS, load("en"), TODAY)
    assert ["no result" in line for line in lines] == [True, False, False, False]


def test_somebody_who_was_referred_is_served_from_the_day_on_which_the_case_says_so(work: MemoryWork, family: Family) -> None:
    case = family.cases[0]
    work.change(CaseFields, case, state="referred", enrolled_on=None)
    before = len(work.find(CaseAssignmentFields, case_id=case))
    leaves_no_trace(work, ChangeCase(case, {"state": "active", "risk": "high"}))
    held = work.get(CaseFields, case).fields
    assert (held.state, held.enrolled_on, held.risk) == ("active", TODAY, "high")
    assert len(work.find(CaseAssignmentFields, case_id=case, until=None)) == max(before, 1)


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"state": "exited"}, {"state": "not_valid"}),
        ({"risk": "enormous"}, {"risk": "not_valid"}),
        ({"referred_on": date(2030, 1, 1)}, {"referred_on": "after_opening"}),
    ],
)
def test_a_cases_facts_cannot_say_what_is_not_so(
    work: MemoryWork, family: Family, values: dict[str, object], problem: dict[str, str]
) -> None:
    with pytest.raises(Invalid) as said:
        work.do(ChangeCase(family.cases[0], values))
    assert said.value.fields == problem


def test_a_case_that_ended_begins_again_only_when_they_come_back(work: MemoryWork, family: Family) -> None:
    work.do(CloseCase(family.cases[0], "moved_away"))
    with pytest.raises(Invalid) as said:
        work.do(ChangeCase(family.cases[0], {"state": "active"}))
    assert said.value.fields == {"state": "case_closed"}
    work.do(ChangeCase(family.cases[0], {"eligibility_basis": "removal_not_detained"}))
