"""A case ends because somebody leaves, declines or is done; what is open is not forgotten, and who left can come back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from cmpp_desktop.domain.cases import (
    CaseAssignmentFields,
    CaseFields,
    CaseOpening,
    ChangeCase,
    CloseCase,
    ClosingView,
    OpenCase,
    ReopenCase,
)
from cmpp_desktop.domain.obligations import AddObligation, ObligationFields
from cmpp_desktop.domain.records import When
from cmpp_desktop.domain.staff import StaffMemberFields
from cmpp_desktop.domain.tasks import AddTask, TaskFields
from cmpp_desktop.errors import Invalid, KnownError
from cmpp_desktop.words import load
from cmpp_desktop.workspace.casework import closing_words
from tests.unit.domain.families import TODAY, Family, leaves_no_trace, tzoc
from tests.unit.domain.memory import MemoryWork

LEON = UUID(int=2)


@pytest.fixture
def work() -> MemoryWork:
    return MemoryWork()


@pytest.fixture
def family(work: MemoryWork) -> Family:
    return tzoc(work)


def test_who_wishes_to_leave_leaves_and_the_obligations_stay_their_own(work: MemoryWork, family: Family) -> None:
    mother, case = family.people[0], family.cases[0]
    work.do(AddObligation((mother,), "ice_check_in", When(day=date(2026, 12, 8))))
    leaves_no_trace(work, CloseCase(case, "own_wish"))
    closed = work.get(CaseFields, case).fields
    assert (closed.state, closed.exit_reason, closed.closed_on) == ("exited", "own_wish", TODAY)
    assert [item.fields.until for item in work.find(CaseAssignmentFields, case_id=case)] == [TODAY]
    assert [item.fields.result for item in work.find(ObligationFields)] == [None]


def test_open_tasks_are_handed_on_done_or_kept_but_never_forgotten(work: MemoryWork, family: Family) -> None:
    mother, case = family.people[0], family.cases[0]
    task = work.do(AddTask(mother, "Bring bus cards")).id
    with pytest.raises(Invalid) as refused:
        work.do(CloseCase(case, "moved_away"))
    assert refused.value.fields == {"tasks": "open_tasks"}
    with pytest.raises(Invalid) as refused:
        work.do(CloseCase(case, "moved_away", tasks="hand"))
    assert refused.value.fields == {"hand_to": "missing"}
    closings = (
        CloseCase(case, "moved_away", tasks="hand", hand_to=LEON),
        CloseCase(case, "moved_away", tasks="done"),
        CloseCase(case, "moved_away", tasks="keep"),
    )
    ends = []
    for command in closings:
        done = work.do(command)
        held = work.get(TaskFields, task).fields
        ends.append((held.assigned_to == LEON, held.done_at is not None))
        assert done.undo is not None
        work.do(done.undo)
    assert ends == [(True, False), (False, True), (False, False)]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"state": "active"}, {"state": "not_valid"}),
        ({"reason": ""}, {"reason": "missing"}),
        ({"closed_on": date(2026, 11, 23)}, {"closed_on": "before_opening"}),
        ({"closed_on": date(2026, 11, 25)}, {"closed_on": "in_future"}),
    ],
)
def test_a_closing_that_cannot_be_is_refused(
    work: MemoryWork, family: Family, change: dict[str, object], problem: dict[str, str]
) -> None:
    with pytest.raises(Invalid) as refused:
        work.do(replace(CloseCase(family.cases[0], "own_wish"), **change))  # type: ignore[arg-type]
    assert refused.value.fields == problem


def test_nobody_leaves_twice_and_who_left_comes_back_to_the_same_case(work: MemoryWork, family: Family) -> None:
    case = family.cases[0]
    work.do(CloseCase(case, "no_contact"))
    with pytest.raises(Invalid) as refused:
        work.do(CloseCase(case, "own_wish"))
    assert refused.value.fields == {"case_id": "case_closed"}
    leaves_no_trace(work, ReopenCase(case, LEON))
    again = work.get(CaseFields, case).fields
    assert (again.state, again.exit_reason, again.closed_on, again.caseworker_id) == ("active", None, None, LEON)
    carried = [(item.fields.staff_id, item.fields.until) for item in work.find(CaseAssignmentFields, case_id=case)]
    assert carried == [(work.member, TODAY), (LEON, None)]
    with pytest.raises(KnownError) as running:
        work.do(ReopenCase(case))
    assert running.value.code == "case_already_open"


def test_nothing_is_handed_to_who_left_the_office(work: MemoryWork, family: Family) -> None:
    case = family.cases[0]
    work.do(AddTask(family.people[0], "Bring bus cards"))
    work.do(ChangeCase(case, {"caseworker_id": LEON}))
    work.add(StaffMemberFields(name="León Castillo", active=False), id=LEON)
    with pytest.raises(Invalid) as refused:
        work.do(CloseCase(case, "moved_away", tasks="hand", hand_to=LEON))
    assert refused.value.fields == {"hand_to": "left_us"}
    work.do(CloseCase(case, "moved_away", tasks="keep"))
    with pytest.raises(Invalid) as refused:
        work.do(ReopenCase(case, LEON))
    assert refused.value.fields == {"caseworker_id": "left_us"}
    work.do(ReopenCase(case))
    assert work.get(CaseFields, case).fields.caseworker_id == work.actor.staff_id


def test_who_declined_and_comes_back_did_not_decline(work: MemoryWork, family: Family) -> None:
    case = family.cases[0]
    work.do(ChangeCase(case, {"screening_outcome": "declined"}))
    work.do(CloseCase(case, "own_wish", "declined"))
    leaves_no_trace(work, ReopenCase(case))
    held = work.get(CaseFields, case).fields
    assert (held.state, held.screening_outcome, held.exit_reason) == ("active", None, None)


def test_an_old_case_stays_closed_while_a_newer_one_runs(work: MemoryWork, family: Family) -> None:
    mother, case = family.people[0], family.cases[0]
    work.do(CloseCase(case, "moved_away"))
    leaves_no_trace(work, OpenCase(mother, CaseOpening(referred_on=date(2026, 11, 1))))
    with pytest.raises(KnownError) as running:
        work.do(ReopenCase(case))
    assert running.value.code == "case_already_open"


def test_a_case_says_when_it_was_referred_and_enrolled(work: MemoryWork, family: Family) -> None:
    mother = family.people[0]
    work.do(CloseCase(family.cases[0], "moved_away"))
    opening = CaseOpening("enrolled", referred_on=date(2026, 11, 1), enrolled_on=date(2026, 11, 20), screening_outcome="enrolled")
    held = work.get(CaseFields, work.do(OpenCase(mother, opening)).id).fields
    assert (held.referred_on, held.enrolled_on, held.screening_outcome) == (date(2026, 11, 1), date(2026, 11, 20), "enrolled")
    work.do(CloseCase(work.find(CaseFields, state="enrolled")[0].id, "own_wish", "declined"))
    with pytest.raises(Invalid) as refused:
        work.do(OpenCase(mother, CaseOpening(referred_on=date(2026, 11, 25))))
    assert refused.value.fields == {"referred_on": "after_opening"}


def test_it_is_said_that_taking_part_is_voluntary_and_what_closing_does_not_end() -> None:
    words = load("en")
    nothing = ClosingView((), (), (), (), (), (), (), False)
    assert "voluntary" in closing_words(nothing, words)
    assert "court" not in closing_words(nothing, words)
    with_hearing = replace(nothing, obligations=(object(),))  # type: ignore[arg-type]
    assert "court" in closing_words(with_hearing, words)
