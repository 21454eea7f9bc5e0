"""The synthetic organisation is the same for the same seed, and its lives make sense."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from uuid import UUID

import msgpack

from cmpp_desktop.domain.obligations import ObligationFields
from cmpp_desktop.domain.participants import ParticipantFields
from cmpp_desktop.domain.proceedings import ProceedingFields
from cmpp_desktop.domain.sessions import ServiceSessionFields
from cmpp_desktop.domain.work import Command, Done
from cmpp_desktop.store.tables import CODECS
from cmpp_protocol.ids import derived_id
from tests.factory import Clock, furnish
from tests.factory.bulk import Copies, Model, Record, models
from tests.unit.domain.memory import MemoryWork

TODAY = date(2026, 11, 24)


@cache
def _furnished(seed: int, participants: int = 30) -> MemoryWork:
    work = MemoryWork()
    clock = Clock(datetime(2025, 1, 1, tzinfo=UTC))

    def do(command: Command) -> Done:
        work.now = clock()
        return work.do(command)

    furnish(do, clock, seed=seed, participants=participants, today=TODAY)
    return work


def _content(work: MemoryWork) -> list[Any]:
    return [row.fields for row in work.rows.values()]


def test_the_same_seed_gives_the_same_organisation() -> None:
    once = _content(_furnished(5, 12))
    _furnished.cache_clear()
    assert _content(_furnished(5, 12)) == once
    assert _content(_furnished(6, 12)) != once


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


def _counting() -> Callable[[], UUID]:
    numbers = iter(range(1_000, 1_000_000))
    return lambda: UUID(int=next(numbers))


@cache
def _models() -> tuple[Model, ...]:
    return models(4, TODAY)


def _copied(seed: int, families: int) -> list[list[Record]]:
    copies = Copies(_models(), random.Random(seed), _counting(), TODAY)
    return [copies.family(UUID(int=77))[0] for _ in range(families)]


def test_a_large_office_is_the_same_for_the_same_seed() -> None:
    assert _copied(3, 5) == _copied(3, 5)
    assert _copied(3, 5) != _copied(4, 5)


def test_no_two_copied_families_share_a_record_and_each_holds_together() -> None:
    """Whatever bytes a model's ids had are gone, and every reference finds its record in the same family."""
    seen: Counter[UUID] = Counter()
    for records in _copied(3, 12):
        kinds = {id.bytes: kind for kind, id, _ in records}
        seen.update(id for _, id, _ in records)
        for _, _, values in records:
            assert values.get("participant_id", next(iter(kinds))) in kinds
            for name in ("household_id", "plan_id", "goal_id", "need_id", "application_id", "lead_id"):
                assert (values.get(name) or next(iter(kinds))) in kinds
            assert values.get("caseworker_id") in (None, UUID(int=77).bytes)
    assert max(seen.values()) == 1


def test_ids_that_follow_from_others_follow_in_a_copied_family_too() -> None:
    """Otherwise a rule that runs again would make every deadline a second time."""
    made: Counter[str] = Counter()
    for records in _copied(3, 8):
        for kind, id, values in records:
            if kind == "obligation" and values["rule"]:
                assert id == derived_id("obligation", UUID(bytes=values["trigger_id"]), f"rule:{values['rule']}")
            elif kind == "attendance":
                assert id == derived_id("attendance", UUID(bytes=values["session_id"]), values["participant_id"].hex())
            else:
                continue
            made[kind] += 1
    assert set(made) == {"obligation", "attendance"}


def test_a_copied_family_can_be_read_as_records_and_its_past_is_marked() -> None:
    late = 0
    for records in _copied(5, 8):
        for kind, _, values in records:
            assert set(values) == set(CODECS[kind])
            for name, value in values.items():
                assert CODECS[kind][name].load(CODECS[kind][name].dump(value)) == value
            if kind == "obligation":
                day = date.fromisoformat(msgpack.unpackb(values["when"], raw=False)["day"])
                late += day < TODAY
                assert values["result"] or (TODAY - day).days <= 6
    assert late
