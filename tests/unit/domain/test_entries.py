"""Plain records: one way to write all of them, with the rules of their own fields."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from cmpp_desktop.domain.consent import ConsentGiven
from cmpp_desktop.domain.dispatch import PLAIN
from cmpp_desktop.domain.entries import AddRecord, ChangeRecord, RemoveRecord
from cmpp_desktop.domain.households import RegisterHousehold
from cmpp_desktop.domain.plans import GoalFields
from cmpp_desktop.domain.proceedings import ApplicationFields
from cmpp_desktop.domain.records import Life
from cmpp_desktop.errors import BugError, Invalid, KnownError, NotAllowed
from tests.unit.domain.memory import MemoryWork
from tests.unit.domain.test_stories import MOTHER


@pytest.fixture
def office() -> tuple[MemoryWork, UUID]:
    work = MemoryWork()
    return work, work.do(RegisterHousehold((MOTHER,), ConsentGiven())).id


def test_marisela_sets_a_goal_and_changes_her_mind_twice(office: tuple[MemoryWork, UUID]) -> None:
    work, mother = office
    added = work.do(AddRecord("goal", {"participant_id": mother, "statement": "A school place for Mateo by January"}))
    changed = work.do(ChangeRecord("goal", added.id, {"progress": "reached", "closed_on": date(2026, 12, 1)}))
    assert work.get(GoalFields, added.id).fields.progress == "reached"
    assert changed.undo is not None
    work.do(changed.undo)
    assert work.get(GoalFields, added.id).fields.progress == "not_started"
    assert added.undo is not None
    removed = work.do(added.undo)
    assert removed.undo is not None
    with pytest.raises(KnownError, match="record_missing"):
        work.get(GoalFields, added.id)
    work.do(removed.undo)
    assert work.get(GoalFields, added.id).life is Life.LIVE


def test_an_application_for_t_status_is_restricted_from_its_first_moment(office: tuple[MemoryWork, UUID]) -> None:
    work, mother = office
    asylum = work.do(AddRecord("application", {"participant_id": mother, "form": "i589"})).id
    protected = work.do(AddRecord("application", {"participant_id": mother, "form": "i914"})).id
    assert work.get(ApplicationFields, asylum).compartment == "caseload"
    assert work.get(ApplicationFields, protected).compartment == "restricted"
    with pytest.raises(Invalid) as said:
        work.do(ChangeRecord("application", asylum, {"form": "i914"}))
    assert said.value.fields == {"form": "other_compartment"}
    with pytest.raises(Invalid) as said:
        work.do(AddRecord("proceeding", {"participant_id": mother, "relief_sought": ["asylum", "t_status"]}))
    assert said.value.fields == {"relief_sought": "protected_relief"}


def test_only_an_administrator_adds_an_award(office: tuple[MemoryWork, UUID]) -> None:
    work, _ = office
    with pytest.raises(NotAllowed):
        work.do(AddRecord("award", {"number": "97.102-2026-A"}))
    work.become(9, "administrator")
    work.do(AddRecord("award", {"number": "97.102-2026-A"}))


def test_what_has_a_command_of_its_own_is_not_written_past_it(office: tuple[MemoryWork, UUID]) -> None:
    work, mother = office
    with pytest.raises(BugError):
        work.do(AddRecord("review", {"participant_id": mother}))
    with pytest.raises(BugError):
        work.do(RemoveRecord("participant", mother))
    assert "review" not in PLAIN
    assert "participant" not in PLAIN
