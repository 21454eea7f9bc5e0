"""The synthetic organisation is the same for the same seed, and its lives make sense."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from cmpp_desktop.domain.obligations import ObligationFields
from cmpp_desktop.domain.participants import ParticipantFields
from cmpp_desktop.domain.proceedings import ProceedingFields
from cmpp_desktop.domain.sessions import ServiceSessionFields
from cmpp_desktop.domain.work import Command, Done
from tests.factory import Clock, furnish
from tests.unit.domain.memory import MemoryWork

TODAY = date(2026, 11, 24)


def _furnished(seed: int) -> MemoryWork:
    work = MemoryWork()
    clock = Clock(datetime(2025, 1, 1, tzinfo=UTC))

    def do(command: Command) -> Done:
        work.now = clock()
        return work.do(command)

    furnish(do, clock, seed=seed, today=TODAY)
    return work


def _content(work: MemoryWork) -> list[Any]:
    return [row.fields for row in work.rows.values()]


def test_the_same_seed_gives_the_same_organisation() -> None:
    assert _content(_furnished(5)) == _content(_furnished(5))
    assert _content(_furnished(5)) != _content(_furnished(6))


def test_about_thirty_people_with_hearings_behind_and_ahead() -> None:
    work = _furnished(2026)
    people = work.find(ParticipantFields)
    assert 30 <= len(people) <= 36
    assert len({row.fields.languages[0] for row in people}) >= 5
    days = [row.fields.when.day for row in work.find(ObligationFields)]
    assert min(days) < TODAY < max(days)
    assert len(work.find(ServiceSessionFields)) >= 30
    assert all(row.fields.when.day < TODAY for row in work.find(ServiceSessionFields))
    assert all(row.fields.result for row in work.find(ObligationFields) if (TODAY - row.fields.when.day).days > 6)


def test_families_have_proceedings_plans_and_referrals_too() -> None:
    work = _furnished(2026)
    kinds = {kind for kind, _ in work.rows}
    assert kinds >= {"proceeding", "representation", "application", "clock_event", "service_plan", "goal", "action_step"}
    assert kinds >= {"referral", "disclosure", "direct_assistance"}
    assert all(row.fields.nta_filed < TODAY for row in work.find(ProceedingFields) if row.fields.nta_filed)
