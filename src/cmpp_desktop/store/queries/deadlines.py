"""Deadlines beside their rules, the asylum clock, and what a new pack would move: counted anew from what is held here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from sqlalchemy import or_, select

from cmpp_desktop.domain import deadline_views as views
from cmpp_desktop.domain import following, rule_packs
from cmpp_desktop.domain.following import Case, Fact
from cmpp_desktop.domain.obligations import ObligationFields
from cmpp_desktop.domain.participants import ParticipantFields
from cmpp_desktop.domain.proceedings import ApplicationFields, ClockEventFields
from cmpp_desktop.domain.rule_packs import RulePackFields
from cmpp_desktop.domain.rules import Pack, parse, shipped
from cmpp_desktop.store import identity
from cmpp_desktop.store.bulk import uncollected
from cmpp_desktop.store.queries.common import Asked, table

# What rules may look at beside the fields that a pack names.
_OWN: Mapping[str, tuple[str, ...]] = {
    ObligationFields.kind: (
        "type", "when", "result", "rule", "rule_pack", "trigger_kind", "trigger_id", "counted",
        "order_attachment_id", "order_note",
    ),
    ApplicationFields.kind: ("form", "filed_on", "decided_on"),
    ClockEventFields.kind: ("application_id", "what", "on", "cause"),
}  # fmt: skip


def deadlines(asked: Asked, question: views.Deadlines) -> tuple[views.Deadline, ...]:
    """See the question."""
    return views.deadlines_of(pack_of(asked), _case(asked, question.participant_id), asked.zone, question.day)


def asylum_clock(asked: Asked, question: views.AsylumClock) -> views.ClockView:
    """See the question."""
    application = asked.one(ApplicationFields, question.application_id)
    events = table(ClockEventFields).c
    ledger = asked.all(ClockEventFields, events.application_id == question.application_id)
    case = {ClockEventFields.kind: [following.fact_of(item) for item in ledger]}
    clock = following.clock_in(case, following.fact_of(application))
    rules = [rule for rule in pack_of(asked).rule if rule.count.unit == "clock_days"]
    note = rules[0].note if rules else None
    return views.clock_view(clock, vars(application.fields), note, question)


def rules_in_force(asked: Asked, question: views.RulesInForce) -> views.RulesView:
    """See the question."""
    accepted = asked.all(RulePackFields)
    pack = pack_of(asked)
    holding = [item for item in accepted if rule_packs.readable(item.fields) == pack]
    return views.RulesView(
        pack=pack,
        accepted=holding[-1] if holding else None,
        shipped_version=parse(shipped()).version,
        unreadable=tuple(item for item in accepted if rule_packs.readable(item.fields) is None),
    )


def rule_pack_preview(asked: Asked, question: views.RulePackPreview) -> views.PackPreview:
    """See the question. Reads columns of everybody held, each kind once."""
    accepted = [item.fields for item in asked.all(RulePackFields)]
    offer, before = rule_packs.examined(question.data, accepted), rule_packs.in_force(accepted)
    found = views.preview(offer, before, _cases(asked, [offer.pack, before]), asked.zone, question.day)
    return views.named(found, asked.called(item.participant_id for item in found.moved))


def deadlines_behind(asked: Asked, question: views.DeadlinesBehind) -> tuple[UUID, ...]:
    """See the question. Reads columns of everybody held, each kind once: a new laptop does so with all that it has just read."""
    pack, zone = pack_of(asked), asked.zone

    def is_behind(case: Case) -> bool:
        found = following.differences(pack, case, zone, question.day, back=question.back)
        return any(change.what != "stays" for change in found)

    with uncollected():
        return tuple(id for id, case in _cases(asked, [pack]) if is_behind(case))


def pack_of(asked: Asked) -> Pack:
    """The rules that count."""
    return rule_packs.in_force([item.fields for item in asked.all(RulePackFields)])


def _case(asked: Asked, participant_id: UUID) -> Case:
    """What is known of one participant, under all ids that are theirs."""
    ids = asked.same(participant_id)
    first = asked.one(ParticipantFields, ids[0])
    others = asked.all(ParticipantFields, table(ParticipantFields).c.id.in_(ids[1:])) if ids[1:] else []
    case = {ParticipantFields.kind: following.of_person([first, *sorted(others, key=lambda one: one.id)], _picks(asked, ids))}
    for kind, model in following.WATCHED.items():
        if kind != ParticipantFields.kind:
            mine = table(model).c.participant_id.in_(ids)
            case[kind] = [following.fact_of(item) for item in asked.all(model, mine)]
    return case


def _cases(asked: Asked, packs: Sequence[Pack]) -> Iterator[tuple[UUID, Case]]:
    """The same of everybody, from the columns that these packs look at."""
    cases: dict[UUID, _Case] = defaultdict(_Case)
    for kind in following.WATCHED:
        for about, fact in _facts(asked, kind, _looked_at(kind, packs), packs):
            cases[asked.same(about)[0]].setdefault(kind, []).append(fact)
    for shown in {ids[0] for ids in asked.groups.values()} & cases.keys():
        facts = cases[shown][ParticipantFields.kind]
        if len(facts) > 1:
            facts = sorted(facts, key=lambda fact: (fact.id != shown, fact.id))
            cases[shown][ParticipantFields.kind] = following.one_person(facts, _picks(asked, asked.same(shown)))
    yield from cases.items()


def _picks(asked: Asked, ids: Sequence[UUID]) -> Mapping[str, UUID]:
    return identity.picks(asked.connection, [id.bytes for id in ids]) if len(ids) > 1 else {}


class _Case(dict[str, list[Fact]]):
    """What is known of somebody; of most people nothing is known of most kinds."""

    def __missing__(self, kind: str) -> list[Fact]:
        return []


def _facts(asked: Asked, kind: str, names: Sequence[str], packs: Sequence[Pack]) -> Iterator[tuple[UUID, Fact]]:
    model = following.WATCHED[kind]
    columns = table(model).c
    about = columns.id if kind == ParticipantFields.kind else columns.participant_id
    shown = (columns.coll.in_(asked.held), columns.meta_shown == 1)
    query = select(columns.id, about, *(columns[name] for name in names)).where(*shown)
    if kind == ObligationFields.kind:
        types = {str(one) for pack in packs for rule in pack.rule for one in rule.trigger.where.get("type", [])}
        query = query.where(or_(columns.rule != "", columns.type.in_(sorted(types))))
    for id, participant_id, *values in asked.connection.execute(query):
        yield participant_id, Fact(kind, id, dict(zip(names, values, strict=True)))


def _looked_at(kind: str, packs: Sequence[Pack]) -> list[str]:
    names = set(_OWN.get(kind, ()))
    for pack in packs:
        for rule in pack.rule:
            if rule.trigger.kind == kind:
                names |= {rule.trigger.field, *rule.trigger.where, *rule.trigger.unless}
            for item in rule.met_by:
                if item.kind == kind:
                    names |= {item.field, *item.where, *([item.link] if item.link else [])}
    return sorted(names)
