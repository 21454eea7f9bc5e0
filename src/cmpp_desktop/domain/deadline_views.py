"""What may be asked of deadlines: how each stands beside its rule, what the asylum clock shows, what a new pack would move."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from heapq import nsmallest
from typing import Any
from uuid import UUID

from cmpp_desktop.domain import following, rule_packs
from cmpp_desktop.domain.asylum_clock import Clock
from cmpp_desktop.domain.asylum_clock import State as ClockState
from cmpp_desktop.domain.counting import CONFIRM, Step, steps_of
from cmpp_desktop.domain.following import Case, Change, Expected, Fact
from cmpp_desktop.domain.obligations import ObligationFields
from cmpp_desktop.domain.records import When
from cmpp_desktop.domain.rule_packs import RulePackFields
from cmpp_desktop.domain.rules import Named, Pack, Rule
from cmpp_desktop.domain.work import Question, Stored

MOST_MOVED = 500  # deadlines that a preview shows one by one
MAY_APPLY, ELIGIBLE = 150, 180  # days of the asylum clock


@dataclass(frozen=True, slots=True)
class Deadline:
    """A deadline of a participant, as it stands and as its rule has it. One of the two days may be missing.

    `state`: due, met, waiting (its clock stands), contradictory (the ledger of its clock), not_in_force, no_trigger (what
    started it is gone). `kept`: why it does not follow its rule (marked, ordered, by_hand, newer_rules). `steps` and
    `warnings` are said by `deadline_words`.
    """

    rule_id: str
    title: Named | None  # None for a rule that the pack no longer has
    note: Named | None
    citation: str
    state: str
    obligation_id: UUID | None
    day: date | None  # as it stands
    by_rule: date | None
    zone: str
    kept: str
    passed: bool  # the day that holds lies before the day asked for, and nobody has marked it
    steps: tuple[Step, ...]
    warnings: tuple[str, ...]
    trigger_kind: str
    trigger_id: UUID | None
    met_by: UUID | None
    standing: str  # in_force, stayed, vacated, proposed: of the rule, on its day
    rule_pack: str


@dataclass(frozen=True, slots=True)
class Deadlines(Question[tuple[Deadline, ...]]):
    """All deadlines of a participant by day, also those that are met, wait, or are not in force. Raises record_missing."""

    participant_id: UUID
    day: date


@dataclass(frozen=True, slots=True)
class ClockView:
    """The asylum clock of an application on a day, and what becomes of it when nothing else happens.

    `what_if`: the same clock with the stop, or the going on, that was asked for. Days are None when the ledger contradicts
    itself (`clock.troubles`).
    """

    clock: Clock
    state: ClockState
    stopped_by: str
    days: int | None
    may_apply: date | None  # 150 days
    eligible: date | None  # 180 days
    filed_on: date | None
    decided_on: date | None
    note: Named | None  # of the rule in force: it is contested, and says so
    what_if: ClockView | None = None


@dataclass(frozen=True, slots=True)
class AsylumClock(Question[ClockView]):
    """`stop_from`, `stop_until`, `by`: what if it were stopped then (None: for good)? `go_on`: what if a clock that stands went
    on from that day? Nothing is written. Raises record_missing."""

    application_id: UUID
    day: date
    stop_from: date | None = None
    stop_until: date | None = None
    by: str = "applicant"
    go_on: date | None = None


@dataclass(frozen=True, slots=True)
class RulesView:
    """The rules that count, where they came from, and what else has been accepted."""

    pack: Pack
    accepted: Stored[RulePackFields] | None  # None: the one that ships counts
    shipped_version: str
    unreadable: tuple[Stored[RulePackFields], ...]  # accepted, but not for this program, or not what its publisher signed


@dataclass(frozen=True, slots=True)
class RulesInForce(Question[RulesView]):
    """The rules that count on this laptop."""


@dataclass(frozen=True, slots=True)
class Moved:
    """One deadline that a new pack would change. `rule`: in what way its rule is another: new, gone, changed, same."""

    participant_id: UUID
    participant: str  # what they are called
    change: Change
    rule: str


@dataclass(frozen=True, slots=True)
class PackPreview:
    """What a pack would do, before anybody accepts it. `counts`: (id of a rule, what, how many) of all changes; `moved`: those
    that come soonest, at most MOST_MOVED."""

    pack: Pack
    before: Pack
    publisher: str
    fingerprint: str
    trusted: bool
    new: tuple[str, ...]  # ids of rules
    gone: tuple[str, ...]
    changed: tuple[str, ...]
    counts: tuple[tuple[str, str, int], ...]
    moved: tuple[Moved, ...]


@dataclass(frozen=True, slots=True)
class DeadlinesBehind(Question[tuple[UUID, ...]]):
    """The participants held here whose deadlines are not what the rules that count say. `back`: see RecomputeDeadlines."""

    day: date
    back: bool = False


@dataclass(frozen=True, slots=True)
class RulePackPreview(Question[PackPreview]):
    """`data`: the signed file; None: the pack that ships. Raises what `rule_packs.examined` raises; RulesRefused."""

    data: bytes | None
    day: date


def deadlines_of(pack: Pack, case: Case, office_zone: str, today: date) -> tuple[Deadline, ...]:
    """The deadlines of a participant: what the rules say, beside what stands."""
    standing = {fact.id: fact for fact in case[ObligationFields.kind] if following.made_by_rule(fact)}
    said = {item.id: item for item in following.expected(pack, case, office_zone)}
    rows = [_deadline(pack, item, standing.get(id), today) for id, item in said.items()]
    rows += [_deadline(pack, None, fact, today) for id, fact in standing.items() if id not in said]
    return tuple(sorted(rows, key=lambda row: (row.day or row.by_rule or date.max, row.rule_id, str(row.trigger_id))))


def _deadline(pack: Pack, item: Expected | None, standing: Fact | None, today: date) -> Deadline:
    values: Mapping[str, Any] = standing.values if standing is not None else {}
    rule: Rule | None = item.rule if item is not None else pack.rules.get(values["rule"])
    computed = item.computed if item is not None else None
    when: When | None = values.get("when")
    day = when.day if when is not None else None
    by_rule = computed.day if computed is not None else None
    holds = day or by_rule
    steps = computed.steps if computed is not None else steps_of(values.get("counted", ""))
    return Deadline(
        rule_id=rule.id if rule is not None else values["rule"],
        title=rule.title if rule is not None else None,
        note=rule.note if rule is not None else None,
        citation=rule.citation if rule is not None else "",
        state=item.state if item is not None else "no_trigger",
        obligation_id=standing.id if standing is not None else None,
        day=day,
        by_rule=by_rule,
        zone=when.zone if when is not None else computed.zone if computed is not None else "",
        kept=following.kept(values, pack) if standing is not None else "",
        passed=holds is not None and holds < today and not values.get("result") and (item is None or item.state == "due"),
        steps=steps,
        warnings=computed.warnings if computed is not None else (CONFIRM,),
        trigger_kind=item.trigger.kind if item is not None else values["trigger_kind"],
        trigger_id=item.trigger.id if item is not None else values["trigger_id"],
        met_by=item.met_by if item is not None else None,
        standing=rule.standing(holds or today).state if rule is not None else "",
        rule_pack=values.get("rule_pack", pack.version),
    )


def clock_view(clock: Clock, application: Mapping[str, Any], note: Named | None, question: AsylumClock) -> ClockView:
    """A clock on the day that was asked for, with the what-if where one was asked for."""

    def seen(one: Clock, what_if: ClockView | None = None) -> ClockView:
        return ClockView(
            clock=one,
            state=one.state(question.day),
            stopped_by=one.stopped_by(question.day),
            days=one.days(question.day),
            may_apply=one.reaches(MAY_APPLY),
            eligible=one.reaches(ELIGIBLE),
            filed_on=application["filed_on"],
            decided_on=application["decided_on"],
            note=note,
            what_if=what_if,
        )

    other = clock
    if question.go_on is not None:
        other = other.going_on(question.go_on)
    if question.stop_from is not None:
        other = other.stopped_between(question.stop_from, question.stop_until, question.by)
    asked = question.go_on is not None or question.stop_from is not None
    return seen(clock, seen(other) if asked else None)


def preview(
    offer: rule_packs.Offer, before: Pack, cases: Iterable[tuple[UUID, Case]], office_zone: str, today: date
) -> PackPreview:
    """What would move, appear and vanish, and why, for each participant of whom this is known. Names come by `named`."""
    old, new = before.rules, offer.pack.rules
    changed = {id for id in old.keys() & new.keys() if old[id] != new[id]}

    def of_rule(id: str) -> str:
        return "new" if id not in old else "gone" if id not in new else "changed" if id in changed else "same"

    found = [
        (id, change)
        for id, case in cases
        for change in following.differences(offer.pack, case, office_zone, today)
        if change.what != "stays" or change.why != "marked"
    ]
    counts = Counter((change.rule_id, str(change.what)) for _, change in found)
    soonest = nsmallest(MOST_MOVED, found, key=lambda one: (min(filter(None, (one[1].before, one[1].after))), str(one[0])))
    moved = tuple(Moved(id, "", change, of_rule(change.rule_id)) for id, change in soonest)
    return PackPreview(
        offer.pack, before, offer.publisher, offer.fingerprint, offer.trusted,
        tuple(sorted(new.keys() - old.keys())), tuple(sorted(old.keys() - new.keys())), tuple(sorted(changed)),
        tuple((rule_id, what, n) for (rule_id, what), n in sorted(counts.items())), moved,
    )  # fmt: skip


def named(found: PackPreview, called: Mapping[UUID, str]) -> PackPreview:
    """The preview with what people are called."""
    return replace(found, moved=tuple(replace(item, participant=called.get(item.participant_id, "")) for item in found.moved))
