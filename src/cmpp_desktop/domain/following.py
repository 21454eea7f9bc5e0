"""What follows from what happened: what rules say of a participant, and how it differs from the deadlines that stand.

Pure, but for `Held`, which reads from a unit of work; `noticing` writes what follows. A deadline that was marked, set by an order
or changed by hand is never moved, nor taken away; the answers of `deadline_views` say what the rule would have. Ids are derived
from trigger and rule (rule 13): two laptops that compute the same make one record.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal
from uuid import UUID

from cmpp_desktop.domain import counting
from cmpp_desktop.domain.asylum_clock import Clock, Entry, clock_of
from cmpp_desktop.domain.merges import as_rules_see, originals, picks_for
from cmpp_desktop.domain.obligations import ObligationFields, usual_agency
from cmpp_desktop.domain.participants import ParticipantFields
from cmpp_desktop.domain.proceedings import ClockEventFields
from cmpp_desktop.domain.records import Compartment, F, Fields, When, validated
from cmpp_desktop.domain.rule_packs import RulePackFields, in_force
from cmpp_desktop.domain.rules import FULFILLERS, TRIGGERS, MetBy, Pack, Rule, Values, version_number
from cmpp_desktop.domain.staff import OrganisationFields
from cmpp_desktop.domain.work import Stored, Work
from cmpp_desktop.errors import KnownError
from cmpp_protocol.ids import derived_id

WATCHED: Mapping[str, type[Fields]] = {**TRIGGERS, **FULFILLERS, ClockEventFields.kind: ClockEventFields}

State = Literal["due", "met", "waiting", "contradictory", "not_in_force"]
What = Literal["appears", "moves", "vanishes", "stays"]


@dataclass(frozen=True, slots=True)
class Fact:
    """A record as rules see it: its values by field, and where it lives."""

    kind: str
    id: UUID
    values: Mapping[str, Any]
    team_id: UUID | None = None
    compartment: Compartment = "caseload"


Case = Mapping[str, Sequence[Fact]]  # what is known of one participant, by kind


@dataclass(frozen=True, slots=True)
class Expected:
    """What a rule says of one trigger. `computed` is there whatever the state, where the rule comes to a day at all."""

    id: UUID
    rule: Rule
    trigger: Fact
    state: State
    computed: counting.Computed | None = None
    met_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to a deadline, and why (a code). `stays`: the rule says otherwise, but a person or a judge has decided."""

    what: What
    obligation_id: UUID
    rule_id: str
    before: date | None
    after: date | None
    why: str
    expected: Expected | None = None


def deadline_id(trigger_id: UUID, rule_id: str) -> UUID:
    """The id of the deadline that a rule makes of a trigger."""
    return derived_id("obligation", trigger_id, f"rule:{rule_id}")


def fact_of(stored: Stored[Any]) -> Fact:
    return Fact(stored.fields.kind, stored.id, vars(stored.fields), stored.team_id, stored.compartment)


def of_person(originals: Sequence[Stored[ParticipantFields]], picks: Mapping[str, UUID]) -> list[Fact]:
    """The records of one person as rules see them: one who was merged is one person (`merges.as_rules_see`)."""
    facts = [fact_of(item) for item in originals]
    return facts if len(facts) == 1 else one_person(facts, picks)


def one_person(facts: Sequence[Fact], picks: Mapping[str, UUID]) -> list[Fact]:
    """What the records of one person say, a day only in the one that it is shown from."""
    seen = dict(as_rules_see([(fact.id, fact.values) for fact in facts], picks))
    return [replace(fact, values=seen[fact.id]) for fact in facts]


def expected(pack: Pack, case: Case, office_zone: str, kinds: Iterable[str] | None = None) -> list[Expected]:
    """What the rules say of a participant; with `kinds`, only those rules that look at records of these kinds."""
    return [
        _expect(rule, trigger, day, zone, case)
        for rule in _looking_at(pack, kinds)
        for trigger in case[rule.trigger.kind]
        for day, zone in _started(rule, trigger, case, office_zone)
    ]


def _looking_at(pack: Pack, kinds: Iterable[str] | None) -> list[Rule]:
    if kinds is None:
        return pack.rule
    wanted = set(kinds)

    def looks(rule: Rule) -> bool:
        clock = {ClockEventFields.kind} if rule.count.unit == "clock_days" else set()
        return bool(wanted & {rule.trigger.kind, *(item.kind for item in rule.met_by), *clock})

    return [rule for rule in pack.rule if looks(rule)]


def _started(rule: Rule, trigger: Fact, case: Case, office_zone: str) -> Iterator[tuple[date, str]]:
    """The day and zone from which the rule counts, where this record starts it."""
    when = trigger.values.get(rule.trigger.field)
    if when is None or not matches(trigger, rule.trigger.where):
        return
    if any(matches(trigger, {name: values}) for name, values in rule.trigger.unless.items()):
        return
    day: date = when.day if isinstance(when, When) else when
    others = [other for other in case[trigger.kind] if other.id != trigger.id] if rule.trigger.after_another else []
    if rule.trigger.after_another and not any(_was_before(other, day, rule) for other in others):
        return
    court = when.zone if isinstance(when, When) else office_zone
    yield day, {"court": court, "office": office_zone}.get(rule.zone, rule.zone)


def _was_before(other: Fact, day: date, rule: Rule) -> bool:
    then = other.values.get(rule.trigger.field)
    return then is None or (then.day if isinstance(then, When) else then) < day


def matches(fact: Fact, wanted: Values) -> bool:
    for name, values in wanted.items():
        value = fact.values.get(name)
        if not any(item in values for item in (value if isinstance(value, list) else [value])):
            return False
    return True


def _expect(rule: Rule, trigger: Fact, day: date, zone: str, case: Case) -> Expected:
    clock = clock_in(case, trigger) if rule.count.unit == "clock_days" else None
    computed = counting.compute(rule, counting.Started(day, zone, clock))
    made = Expected(deadline_id(trigger.id, rule.id), rule, trigger, "due", computed)
    if computed is None:
        return replace(made, state="contradictory" if clock is not None and clock.troubles else "waiting")
    if not rule.in_force(computed.day):
        return replace(made, state="not_in_force")
    met = next((fact.id for item in rule.met_by for fact in case[item.kind] if _meets(fact, item, trigger, day)), None)
    return replace(made, state="met", met_by=met) if met is not None else made


def _meets(fact: Fact, wanted: MetBy, trigger: Fact, day: date) -> bool:
    done = fact.values.get(wanted.field)
    if done is None or done < day or not matches(fact, wanted.where):
        return False
    return not wanted.link or fact.values.get(wanted.link) == trigger.id


def clock_in(case: Case, application: Fact) -> Clock:
    """The asylum clock of an application."""
    ledger = [
        Entry(item.values["what"], item.values["on"], item.values["cause"], item.id)
        for item in case[ClockEventFields.kind]
        if item.values["application_id"] == application.id
    ]
    return clock_of(ledger, application.values.get("filed_on"), application.values.get("decided_on"))


def made_by_rule(fact: Fact) -> bool:
    """Whether an obligation is the one that a rule made (a copy of it, at its next time, is a person's)."""
    rule, trigger_id = fact.values["rule"], fact.values["trigger_id"]
    return bool(rule) and trigger_id is not None and fact.id == deadline_id(trigger_id, rule)


def kept(values: Mapping[str, Any], pack: Pack, *, back: bool = False) -> str:
    """Why a deadline is left as it is: marked, ordered, by_hand, newer_rules; "" when it follows its rule.

    `back`: newer rules were withdrawn, so what they set goes back too.
    """
    if values["result"]:
        return "marked"
    if values["order_attachment_id"] or values["order_note"]:
        return "ordered"
    when: When = values["when"]
    if when.at is not None or when.day != counting.day_of(values["counted"]):
        return "by_hand"
    return "newer_rules" if not back and version_number(values["rule_pack"]) > pack.number else ""


def differences(
    pack: Pack, case: Case, office_zone: str, today: date, kinds: Iterable[str] | None = None, *, back: bool = False,
    appeared: Collection[UUID] = (),
) -> list[Change]:
    """What would have to happen to a participant's deadlines, so that they are what the rules say. `back`: see `kept`;
    `appeared`: what is taken back had made these, so they go when their day is over: without it they would not stand."""
    kinds = None if kinds is None else frozenset(kinds)
    standing = {fact.id: fact for fact in case[ObligationFields.kind] if made_by_rule(fact)}
    said = {item.id: item for item in expected(pack, case, office_zone, kinds)}
    looked_at = {rule.id for rule in _looking_at(pack, kinds)}
    held = {id: kept(fact.values, pack, back=back) for id, fact in standing.items()}
    changes = []
    for id, item in said.items():
        changes += _one(item, standing.get(id), held.get(id, ""), today, id in appeared)
    for id, fact in standing.items():
        rule_id = fact.values["rule"]
        gone = rule_id not in pack.rules and (kinds is None or fact.values["trigger_kind"] in kinds)
        if id not in said and (rule_id in looked_at or gone):
            changes += _vanish(fact, held[id], "rule_gone" if gone else "no_trigger", None)
    return changes


def _one(item: Expected, standing: Fact | None, held: str, today: date, appeared: bool) -> list[Change]:
    computed = item.computed
    if computed is None or item.state != "due":
        return _vanish(standing, held, item.state, item) if standing is not None else []
    worth = computed.day + timedelta(days=item.rule.late_days) >= today
    if standing is not None and appeared and not worth and not held:
        return _vanish(standing, held, "no_trigger", item)
    if standing is None:
        return [Change("appears", item.id, item.rule.id, None, computed.day, "new", item)] if worth else []
    values, counted = standing.values, counting.line(computed.steps)
    if (values["when"].day, values["when"].zone, values["counted"]) == (computed.day, computed.zone, counted):
        return []
    if held:
        same = values["when"].day == computed.day
        return [] if same else [Change("stays", item.id, item.rule.id, values["when"].day, computed.day, held, item)]
    return [Change("moves", item.id, item.rule.id, values["when"].day, computed.day, "counted_anew", item)]


def _vanish(standing: Fact, held: str, why: str, item: Expected | None) -> list[Change]:
    day = standing.values["when"].day
    return [Change("stays" if held else "vanishes", standing.id, standing.values["rule"], day, None, held or why, item)]


def record_of(pack: Pack, item: Expected, computed: counting.Computed) -> ObligationFields:
    """The obligation that a rule makes."""
    return validated(
        ObligationFields,
        participant_id=item.trigger.values.get("participant_id", item.trigger.id),
        type=item.rule.obligation,
        when=When(day=computed.day, zone=computed.zone),
        mode="mail" if item.rule.receipt != "none" else "in_person",
        agency=item.rule.agency or usual_agency(item.rule.obligation),
        proceeding_id=item.trigger.values.get("proceeding_id"),
        rule=item.rule.id,
        rule_pack=pack.version,
        trigger_kind=item.trigger.kind,
        trigger_id=item.trigger.id,
        counted=counting.line(computed.steps),
    )


class Held(Mapping[str, Sequence[Fact]]):
    """What a unit of work holds of one participant; each kind is read when a rule first looks at it."""

    def __init__(self, work: Work, participant_id: UUID) -> None:
        self._work, self._id = work, participant_id
        self._read: dict[str, Sequence[Fact]] = {}

    def __getitem__(self, kind: str) -> Sequence[Fact]:
        if kind not in self._read:
            of_person = kind == ParticipantFields.kind
            self._read[kind] = self._person() if of_person else [fact_of(item) for item in self._found(WATCHED[kind])]
        return self._read[kind]

    def _person(self) -> list[Fact]:
        try:
            held = originals(self._id, self._work)
        except KnownError:
            return []
        return of_person(held, picks_for(self._id, self._work) if len(held) > 1 else {})

    def _found(self, model: type[F]) -> Sequence[Stored[F]]:
        return self._work.find(model, participant_id=self._id)

    def __iter__(self) -> Iterator[str]:
        return iter(WATCHED)

    def __len__(self) -> int:
        return len(WATCHED)


def pack_of(work: Work) -> Pack:
    """The rules that count."""
    return in_force([item.fields for item in work.find(RulePackFields)])


def zone_of_office(work: Work) -> str:
    """The organisation's time zone."""
    found = work.find(OrganisationFields)
    return found[0].fields.zone if found else str(OrganisationFields.model_fields["zone"].default)
