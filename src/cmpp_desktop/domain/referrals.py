"""Referrals to other organisations: the loop is closed, or it is on Today. Nothing is sent without a consent that covers it.

A referral is written down (`Refer`), sent (then the gate of consent lets it through, or not), accepted, connected, and closed
with what came of it and why. An open one has a day on which somebody asks how it went; that day is on Today until it is moved
or the referral is closed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar, Literal
from uuid import UUID

from cmpp_desktop.domain.codes import check_codes
from cmpp_desktop.domain.consent import ConsentFields, share, verdict_for
from cmpp_desktop.domain.disclosures import DisclosureFields
from cmpp_desktop.domain.hsds import HsdsOrganizationFields, HsdsServiceFields
from cmpp_desktop.domain.participants import ParticipantFields
from cmpp_desktop.domain.plans import NeedFields
from cmpp_desktop.domain.records import Fields, coded, line, prose, refers, validated
from cmpp_desktop.domain.work import Command, Done, Question, Work
from cmpp_desktop.errors import Invalid, KnownError
from cmpp_protocol.ids import derived_id

ASK_AFTER = timedelta(days=14)
OUTCOMES = (
    "completed", "partly", "waiting_list", "not_eligible", "no_room", "participant_declined", "could_not_reach", "no_answer",
)  # fmt: skip
Step = Literal["sent", "accepted", "connected", "follow_up"]


class ReferralFields(Fields):
    """One referral, from the asking to the outcome. The dates tell how far it has come; `outcome` closes it."""

    kind: ClassVar[str] = "referral"

    participant_id: UUID = refers("participant", ...)
    need_id: UUID | None = refers("need")
    organization_id: UUID | None = refers("hsds_organization")
    service_id: UUID | None = refers("hsds_service")
    to_name: str = line(300)  # as it was called when it was sent; alone, for who is in no directory
    scope: str = coded("consent_scope", "share_social")  # what a consent has to cover
    reason: str = prose(2000)
    consent_id: UUID | None = refers("consent")
    override_reason: str = line(500)  # why it went without one
    referred_by: UUID | None = refers("staff_member")
    sent_on: date | None = None
    sent_how: str = coded("sent_how", "phone")
    accepted_on: date | None = None
    connected_on: date | None = None
    follow_up_on: date | None = None
    closed_on: date | None = None
    outcome: str | None = coded("referral_outcome")
    outcome_note: str = prose(2000)


@dataclass(frozen=True)
class Refer(Command):
    """A referral to an organisation or service of the directory, or to one that is in none (`to_name`).

    `send`: it goes now, under a consent that covers `scope` and the organisation (by any of its names), or with a supervisor's
    `override_reason`; without, it is only prepared. `follow_up_on` None: in two weeks. `restricted`: that it was made tells what
    only some may know; one for a restricted need always is. Raises needs_consent, not_allowed, Invalid.
    """

    participant_id: UUID
    to_name: str = ""
    organization_id: UUID | None = None
    service_id: UUID | None = None
    need_id: UUID | None = None
    scope: str = "share_social"
    reason: str = ""
    send: bool = True
    sent_how: str = "phone"
    follow_up_on: date | None = None
    override_reason: str = ""
    restricted: bool = False


@dataclass(frozen=True)
class RecordReferralStep(Command):
    """How far it has come: sent (goes through the gate of consent), accepted, connected, or asked again and when next."""

    referral_id: UUID
    step: Step
    on: date | None = None  # None: today
    follow_up_on: date | None = None  # when to ask again; None: in two weeks
    override_reason: str = ""


@dataclass(frozen=True)
class CloseReferral(Command):
    """What came of it (code list referral_outcome), and why, unless all that was needed was got."""

    referral_id: UUID
    outcome: str
    note: str = ""
    on: date | None = None


@dataclass(frozen=True)
class ReopenReferral(Command):
    referral_id: UUID


@dataclass(frozen=True)
class TakeBackReferral(Command):
    """It was written in error: it goes, and what the ledger said of it."""

    referral_id: UUID


@dataclass(frozen=True)
class TakeBackReferralStep(Command):
    """Puts the dates back as they were before a step; a sending is taken out of the ledger."""

    referral_id: UUID
    before: tuple[tuple[str, object], ...]


@dataclass(frozen=True, slots=True)
class ReferralRow:
    """A referral as lists show it. `status`: prepared, sent, accepted, connected, closed; `late_days`: since somebody should
    have asked, 0 when it is not due."""

    id: UUID
    participant_id: UUID
    participant: str
    to_name: str
    service: str
    scope: str
    reason: str
    status: str
    sent_on: date | None
    follow_up_on: date | None
    closed_on: date | None
    outcome: str | None
    outcome_note: str
    referred_by: str
    consent_id: UUID | None
    override_reason: str
    need_id: UUID | None
    late_days: int
    restricted: bool


@dataclass(frozen=True, slots=True)
class Referrals(Question[tuple[ReferralRow, ...]]):
    """All of a participant's: open ones by the day to ask, then closed ones, newest first."""

    participant_id: UUID
    day: date


@dataclass(frozen=True, slots=True)
class OpenReferrals(Question[tuple[ReferralRow, ...]]):
    """All that are not closed, by the day to ask; `mine`: of the people whose case the asker carries, or made by the asker."""

    day: date
    mine: bool = True


def status_of(referral: ReferralFields) -> str:
    """How far it has come: prepared, sent, accepted, connected, closed."""
    reached = (
        (referral.closed_on, "closed"),
        (referral.connected_on, "connected"),
        (referral.accepted_on, "accepted"),
        (referral.sent_on, "sent"),
    )
    return next((name for day, name in reached if day is not None), "prepared")


def refer(command: Refer, work: Work) -> Done:
    participant = work.get(ParticipantFields, command.participant_id)
    if command.need_id is not None:
        owner = work.get(NeedFields, command.need_id).fields.participant_id
        if owner not in work.same(command.participant_id):
            raise Invalid(need_id="not_valid")
    organization_id, to_name, _ = _named(command.organization_id, command.service_id, command.to_name, work)
    if not to_name:
        raise Invalid(to_name="missing")
    record = validated(
        ReferralFields,
        participant_id=command.participant_id,
        need_id=command.need_id,
        organization_id=organization_id,
        service_id=command.service_id,
        to_name=to_name,
        scope=command.scope,
        reason=command.reason,
        referred_by=work.actor.staff_id,
        sent_how=command.sent_how,
        follow_up_on=command.follow_up_on or work.today + ASK_AFTER,
    )
    check_codes(record, ("scope", "sent_how"), work)
    hidden = command.restricted or (command.send and _under_a_restricted_consent(record, work))
    made = work.add(record, team_id=participant.team_id, compartment="restricted" if hidden else None)
    more: dict[str, object] = {"consent_id": None}
    if command.send:
        more["consent_id"] = _send(made, work.today, command.override_reason, work)
    return Done(made, TakeBackReferral(made), more)


def record_referral_step(command: RecordReferralStep, work: Work) -> Done:
    before = _open(command.referral_id, work)
    day = command.on or work.today
    again = command.follow_up_on or work.today + ASK_AFTER
    if command.step == "sent":
        if before.sent_on is not None:
            raise Invalid(step="not_valid")
        _send(command.referral_id, day, command.override_reason, work)
    elif command.step in ("accepted", "connected"):
        if before.sent_on is None or day < before.sent_on:
            raise Invalid(on="before_start")
        work.change(ReferralFields, command.referral_id, **{f"{command.step}_on": day})
    elif command.step != "follow_up":
        raise Invalid(step="not_valid")
    work.change(ReferralFields, command.referral_id, follow_up_on=again)
    names = ("sent_on", "consent_id", "override_reason", "accepted_on", "connected_on", "follow_up_on")
    kept = tuple((name, getattr(before, name)) for name in names)
    return Done(command.referral_id, TakeBackReferralStep(command.referral_id, kept))


def take_back_referral_step(command: TakeBackReferralStep, work: Work) -> Done:
    now = _open(command.referral_id, work)
    values = dict(command.before)
    if now.sent_on is not None and values.get("sent_on") is None:
        _forget_sending(command.referral_id, work)
    work.change(ReferralFields, command.referral_id, **values)
    return Done(command.referral_id)


def close_referral(command: CloseReferral, work: Work) -> Done:
    before = _open(command.referral_id, work)
    if command.outcome not in OUTCOMES:
        raise Invalid(outcome="not_valid")
    if command.outcome != "completed" and not command.note.strip():
        raise Invalid(note="missing")
    day = command.on or work.today
    if before.sent_on is not None and day < before.sent_on:
        raise Invalid(on="before_start")
    work.change(
        ReferralFields, command.referral_id, outcome=command.outcome, outcome_note=command.note.strip(), closed_on=day
    )
    return Done(command.referral_id, ReopenReferral(command.referral_id))


def reopen_referral(command: ReopenReferral, work: Work) -> Done:
    before = work.get(ReferralFields, command.referral_id).fields
    if before.closed_on is None or before.outcome is None:
        raise Invalid(referral_id="not_valid")
    work.change(ReferralFields, command.referral_id, outcome=None, outcome_note="", closed_on=None)
    return Done(command.referral_id, CloseReferral(command.referral_id, before.outcome, before.outcome_note, before.closed_on))


def take_back_referral(command: TakeBackReferral, work: Work) -> Done:
    before = work.get(ReferralFields, command.referral_id).fields
    if before.sent_on is not None:
        _forget_sending(command.referral_id, work)
    work.delete(ReferralFields, command.referral_id, "written_in_error")
    return Done(command.referral_id)


def _under_a_restricted_consent(referral: ReferralFields, work: Work) -> bool:
    """Whether the consent under which it will go is restricted: then so is the referral, which names it."""
    _, name, others = _named(referral.organization_id, referral.service_id, referral.to_name, work)
    consent_id = verdict_for(work, referral.participant_id, referral.scope, (name, *others)).consent_id
    return consent_id is not None and work.get(ConsentFields, consent_id).compartment == "restricted"


def _send(referral_id: UUID, day: date, override_reason: str, work: Work) -> UUID | None:
    """Lets it out through the gate, or raises. The ledger's line has a derived id: a referral is sent once."""
    stored = work.get(ReferralFields, referral_id)
    referral = stored.fields
    _, to_name, others = _named(referral.organization_id, referral.service_id, referral.to_name, work)
    shared = share(
        work,
        referral.participant_id,
        what="referral",
        scope=referral.scope,
        recipient=to_name,
        also_called=others,
        title=referral.reason[:300],
        override_reason=override_reason,
        subject_kind="referral",
        subject_id=referral_id,
        restricted=stored.compartment == "restricted",
        id=_disclosure_id(referral_id),
    )
    overridden = "" if shared.consent_id else override_reason.strip()
    work.change(ReferralFields, referral_id, sent_on=day, consent_id=shared.consent_id, override_reason=overridden)
    return shared.consent_id


def _disclosure_id(referral_id: UUID) -> UUID:
    return derived_id("disclosure", referral_id, "sent")


def _forget_sending(referral_id: UUID, work: Work) -> None:
    work.delete(DisclosureFields, _disclosure_id(referral_id), "not_shared")
    work.audit("sharing_taken_back", "disclosure", _disclosure_id(referral_id))


def _named(
    organization_id: UUID | None, service_id: UUID | None, to_name: str, work: Work
) -> tuple[UUID | None, str, Sequence[str]]:
    """The organisation of a referral, what it is called, and what else. One of the directory is called as it is there, so that
    no consent for somebody else can be taken for it."""
    if service_id is not None:
        organization_id = work.get(HsdsServiceFields, service_id).fields.organization_id
    if organization_id is None:
        return None, to_name.strip(), ()
    known = work.get(HsdsOrganizationFields, organization_id).fields
    return organization_id, known.name, (known.alternate_name,) if known.alternate_name else ()


def _open(referral_id: UUID, work: Work) -> ReferralFields:
    found = work.get(ReferralFields, referral_id).fields
    if found.closed_on is not None:
        raise KnownError("record_settled", kind=ReferralFields.kind)
    return found
