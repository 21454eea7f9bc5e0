"""Potential relief, and what hangs on it: kept where only those who hold the restricted records see it."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from cmpp_desktop.domain.consent import ConsentGiven
from cmpp_desktop.domain.dispatch import KINDS
from cmpp_desktop.domain.entries import AddRecord, ChangeRecord
from cmpp_desktop.domain.households import RegisterHousehold
from cmpp_desktop.domain.obligations import AddObligation
from cmpp_desktop.domain.records import When
from cmpp_desktop.domain.relief import PotentialReliefFields
from cmpp_desktop.domain.reviews import Amend, SignDocument
from cmpp_desktop.domain.sessions import RecordSession, SessionContent
from cmpp_desktop.domain.tasks import ChangeNote, WriteNote
from cmpp_desktop.errors import Invalid
from tests.unit.domain.memory import MemoryWork
from tests.unit.domain.test_stories import MOTHER

HERE = When(day=date(2026, 11, 24))


@pytest.fixture
def office() -> tuple[MemoryWork, UUID]:
    work = MemoryWork()
    return work, work.do(RegisterHousehold((MOTHER,), ConsentGiven())).id


def kinds_in(work: MemoryWork, compartment: str) -> set[str]:
    return {kind for (kind, _), row in work.rows.items() if row.compartment == compartment}


def test_marisela_should_talk_to_a_lawyer_and_only_some_know(office: tuple[MemoryWork, UUID]) -> None:
    work, mother = office
    before = kinds_in(work, "caseload")
    raised = work.do(AddRecord("potential_relief", {"participant_id": mother, "type": "vawa", "why": "Her husband."}))
    relief = work.get(PotentialReliefFields, raised.id)
    assert (relief.compartment, relief.fields.raised_on, relief.fields.raised_by) == ("restricted", work.today, work.member)
    work.do(ChangeRecord("potential_relief", raised.id, {"talked_on": work.today, "result": "lawyer_follows"}))
    assert raised.undo is not None
    assert kinds_in(work, "caseload") == before
    with pytest.raises(Invalid):  # "not before it was raised"
        work.do(ChangeRecord("potential_relief", raised.id, {"talked_on": date(2026, 1, 1)}))
    with pytest.raises(Invalid):  # what came of a conversation that was not held
        work.do(AddRecord("potential_relief", {"participant_id": mother, "type": "asylum", "result": "granted"}))


CONTENT = SessionContent(("mental_health",), HERE, 50, "She sleeps badly.")


def test_all_that_hangs_on_a_restricted_session_is_restricted(office: tuple[MemoryWork, UUID]) -> None:
    work, mother = office
    before = kinds_in(work, "caseload")
    session = work.do(RecordSession(mother, CONTENT, submit=True)).id
    work.become(2, "supervisor")
    work.do(SignDocument("service_session", session))
    work.do(Amend("service_session", session, "It was at three.", "wrong time"))
    assert kinds_in(work, "caseload") == before
    assert kinds_in(work, "restricted") >= {"service_session", "attendance", "review", "amendment"}


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("application", {"form": "i918"}), ("application", {"form": "i765v"}),
        ("need", {"area": "mental_health", "raised_on": HERE.day}), ("potential_relief", {"type": "t_status"}),
    ],
)  # fmt: skip
def test_what_a_record_says_decides_where_it_lives(office: tuple[MemoryWork, UUID], kind: str, values: dict[str, Any]) -> None:
    work, mother = office
    made = work.do(AddRecord(kind, {"participant_id": mother, **values})).id
    assert work.get(KINDS[kind], made).compartment == "restricted"


def test_the_asylum_clock_of_a_restricted_application_is_restricted(office: tuple[MemoryWork, UUID]) -> None:
    work, mother = office
    hidden = work.do(AddRecord("application", {"participant_id": mother, "form": "i914"})).id
    open_one = work.do(AddRecord("application", {"participant_id": mother, "form": "i589"})).id
    entry = {"participant_id": mother, "what": "start", "on": HERE.day}
    started = [work.do(AddRecord("clock_event", {**entry, "application_id": id})).id for id in (hidden, open_one)]
    assert [work.get(KINDS["clock_event"], id).compartment for id in started] == ["restricted", "caseload"]


def test_an_open_note_does_not_become_one_of_mental_health(office: tuple[MemoryWork, UUID]) -> None:
    work, mother = office
    note = work.do(WriteNote(mother, "She called.")).id
    with pytest.raises(Invalid) as said:
        work.do(ChangeNote(note, {"type": "mental_health"}))
    assert said.value.fields == {"type": "other_compartment"}
    hearing = work.do(AddObligation((mother,), "master_hearing", HERE)).id
    assert work.get(KINDS["obligation"], hearing).compartment == "caseload"
