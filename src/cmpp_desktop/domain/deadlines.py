"""Deadlines that follow from rules: what a person may do with them. Each says "confirm with the attorney".

Rules are data (`rules`), counted by `counting`, followed by `noticing` in every unit of work, replaced by a signed pack that an
administrator accepts after seeing what it would move (`rule_packs`, `deadline_views`). A judge's order goes before any rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from cmpp_desktop.domain import following, noticing, rule_packs
from cmpp_desktop.domain.attachments import AttachmentFields
from cmpp_desktop.domain.counting import day_of
from cmpp_desktop.domain.following import Change, Fact
from cmpp_desktop.domain.merges import MergeFields, originals, picks_for
from cmpp_desktop.domain.obligations import ObligationFields
from cmpp_desktop.domain.participants import ParticipantFields
from cmpp_desktop.domain.records import When, validated
from cmpp_desktop.domain.rule_packs import RulePackFields as RulePackFields
from cmpp_desktop.domain.separations import each_once
from cmpp_desktop.domain.work import Command, Done, Stored, Work
from cmpp_desktop.errors import Invalid, KnownError, NotAllowed
from cmpp_protocol.ids import derived_id


@dataclass(frozen=True)
class AcceptRulePack(Command):
    """An administrator takes a pack, and every deadline held here follows it. `data`: the signed file; None: the one that ships.

    `follow` False: the deadlines follow afterwards, in portions (`Workspace.accept_rules`), for an office of any size.
    `trust`: the fingerprint of a publisher who is not known yet, after it was compared by voice. Raises not_allowed, what
    `rule_packs.examined` raises, rules_unknown_publisher (facts: fingerprint). `Done.more["deadlines"]`: what changed.
    """

    data: bytes | None = None
    trust: str = ""
    follow: bool = True


@dataclass(frozen=True)
class WithdrawRulePack(Command):
    """Takes an accepted pack back: the one before it counts again, and the deadlines follow (see AcceptRulePack)."""

    rule_pack_id: UUID
    follow: bool = True


@dataclass(frozen=True)
class RestoreRulePack(Command):
    """The undo of WithdrawRulePack. `follow`: see AcceptRulePack."""

    rule_pack_id: UUID
    follow: bool = True


@dataclass(frozen=True)
class RecomputeDeadlines(Command):
    """Lets the deadlines of these participants (None: of everybody held here) follow the rules that count: after a pack came from
    another laptop, or new rules shipped. `back`: after one was withdrawn; then what newer rules set goes back too."""

    participant_ids: tuple[UUID, ...] | None = None
    back: bool = False


@dataclass(frozen=True)
class OverrideDeadline(Command):
    """A judge's order sets another day than the rule. The order is attached, or described where it is not at hand."""

    obligation_id: UUID
    when: When
    order_attachment_id: UUID | None = None
    order_note: str = ""


@dataclass(frozen=True)
class PutDeadlineBack(Command):
    """The undo of the two others: exactly what was there before."""

    obligation_id: UUID
    when: When
    order_attachment_id: UUID | None
    order_note: str


@dataclass(frozen=True)
class RestoreRuleDeadline(Command):
    """No order, and no hand, holds it any more: it goes back to the day of its rule."""

    obligation_id: UUID


def accept_rule_pack(command: AcceptRulePack, work: Work) -> Done:
    _administrator(work)
    offer = rule_packs.examined(command.data, [item.fields for item in work.find(RulePackFields)])
    if not offer.trusted and _letters(command.trust) != _letters(offer.fingerprint):
        raise KnownError("rules_unknown_publisher", fingerprint=offer.fingerprint)
    record = validated(
        RulePackFields,
        pack_id=offer.pack.pack,
        version=offer.pack.version,
        source=offer.text,
        signature=offer.signature,
        publisher=offer.publisher,
        accepted_on=work.today,
        accepted_by=work.actor.staff_id,
    )
    made = work.add(record, id=derived_id("rule_pack", UUID(int=0), f"{offer.pack.pack}:{offer.pack.version}:{offer.publisher}"))
    work.audit("rules_accepted", RulePackFields.kind, made, version=offer.pack.version)
    return Done(made, WithdrawRulePack(made, command.follow), {"deadlines": recompute(work) if command.follow else ()})


def withdraw_rule_pack(command: WithdrawRulePack, work: Work) -> Done:
    _administrator(work)
    work.delete(RulePackFields, command.rule_pack_id, "withdrawn")
    work.audit("rules_withdrawn", RulePackFields.kind, command.rule_pack_id)
    changes = recompute(work, back=True) if command.follow else ()
    return Done(command.rule_pack_id, RestoreRulePack(command.rule_pack_id, command.follow), {"deadlines": changes})


def restore_rule_pack(command: RestoreRulePack, work: Work) -> Done:
    _administrator(work)
    work.restore(RulePackFields, command.rule_pack_id)
    changes = recompute(work) if command.follow else ()
    return Done(command.rule_pack_id, WithdrawRulePack(command.rule_pack_id, command.follow), {"deadlines": changes})


def recompute_deadlines(command: RecomputeDeadlines, work: Work) -> Done:
    return Done(work.actor.staff_id, more={"deadlines": recompute(work, command.participant_ids, back=command.back)})


def recompute(work: Work, ids: Sequence[UUID] | None = None, *, back: bool = False) -> tuple[Change, ...]:
    """Lets the deadlines of these participants, or of everybody held here, be what the rules say."""
    pack, zone = following.pack_of(work), following.zone_of_office(work)
    cases = _everybody(work) if ids is None else [following.Held(work, id) for id in each_once(ids, work)]
    found = [following.differences(pack, case, zone, work.today, back=back) for case in cases]
    for changes in found:
        noticing.apply(work, pack, changes)
    return tuple(change for changes in found for change in changes)


def _everybody(work: Work) -> Iterable[following.Case]:
    """Each kind is read once."""
    merged = {id: ids[0] for item in work.find(MergeFields) for ids in [work.same(item.fields.a)] for id in ids}
    cases: dict[UUID, dict[str, list[Fact]]] = {
        item.id: {kind: [] for kind in following.WATCHED} | {ParticipantFields.kind: _person(item, merged, work)}
        for item in work.find(ParticipantFields)
        if merged.get(item.id, item.id) == item.id
    }
    for kind, model in following.WATCHED.items():
        for item in work.find(model) if kind != ParticipantFields.kind else ():
            about = getattr(item.fields, "participant_id")  # noqa: B009  # not every kind has it
            case = cases.get(merged.get(about, about))
            if case is not None:
                case[kind].append(following.fact_of(item))
    return cases.values()


def _person(item: Stored[ParticipantFields], merged: Mapping[UUID, UUID], work: Work) -> list[Fact]:
    if item.id not in merged:
        return [following.fact_of(item)]
    return following.of_person(originals(item.id, work), picks_for(item.id, work))


def override_deadline(command: OverrideDeadline, work: Work) -> Done:
    before = _of_rule(command.obligation_id, work)
    if command.order_attachment_id is None and not command.order_note.strip():
        raise Invalid(order_attachment_id="missing")
    if command.order_attachment_id is not None:
        about = work.get(AttachmentFields, command.order_attachment_id).fields.participant_id
        if about not in work.same(before.participant_id):
            raise Invalid(order_attachment_id="of_somebody_else")
    work.change(
        ObligationFields,
        command.obligation_id,
        when=command.when,
        order_attachment_id=command.order_attachment_id,
        order_note=command.order_note,
    )
    work.audit("deadline_ordered", ObligationFields.kind, command.obligation_id)
    return Done(command.obligation_id, _back(command.obligation_id, before))


def restore_rule_deadline(command: RestoreRuleDeadline, work: Work) -> Done:
    before = _of_rule(command.obligation_id, work)
    day = day_of(before.counted)
    if day is None:
        raise Invalid(obligation_id="not_a_rule_deadline")
    when = When(day=day, zone=before.when.zone)
    work.change(ObligationFields, command.obligation_id, when=when, order_attachment_id=None, order_note="")
    pack, held = following.pack_of(work), following.Held(work, before.participant_id)
    zone = following.zone_of_office(work)
    changes = [
        change
        for change in following.differences(pack, held, zone, work.today)
        if change.obligation_id == command.obligation_id
    ]
    noticing.apply(work, pack, changes)
    gone = any(change.what == "vanishes" for change in changes)
    return Done(command.obligation_id, None if gone else _back(command.obligation_id, before))


def put_deadline_back(command: PutDeadlineBack, work: Work) -> Done:
    before = _of_rule(command.obligation_id, work)
    work.change(
        ObligationFields,
        command.obligation_id,
        when=command.when,
        order_attachment_id=command.order_attachment_id,
        order_note=command.order_note,
    )
    return Done(command.obligation_id, _back(command.obligation_id, before))


def _back(id: UUID, before: ObligationFields) -> PutDeadlineBack:
    return PutDeadlineBack(id, before.when, before.order_attachment_id, before.order_note)


def _of_rule(id: UUID, work: Work) -> ObligationFields:
    """A deadline that a rule made and nobody has marked yet."""
    found = work.get(ObligationFields, id)
    if not following.made_by_rule(following.fact_of(found)):
        raise Invalid(obligation_id="not_a_rule_deadline")
    if found.fields.result:
        raise Invalid(obligation_id="already_marked")
    return found.fields


def _administrator(work: Work) -> None:
    if work.actor.role != "administrator":
        raise NotAllowed("not_allowed", needs="administrator")


def _letters(text: str) -> str:
    return "".join(text.split()).lower()
