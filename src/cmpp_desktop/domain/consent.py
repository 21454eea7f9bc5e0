"""Consent: what somebody agreed to, for whom, why and until when. Nothing leaves the provider without one that covers it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from cmpp_desktop.domain.participants import ParticipantFields
from cmpp_desktop.domain.records import Fields, coded, refers, validated
from cmpp_desktop.domain.work import Command, Done, Work
from cmpp_desktop.errors import Invalid


class ConsentFields(Fields):
    """One consent. `scope`: code list consent_scope (services, share_legal, share_school, share_health…)."""

    kind: ClassVar[str] = "consent"

    participant_id: UUID
    scope: list[str] = coded("consent_scope", ...)
    recipient: str = Field(default="", max_length=200)  # "" : the provider itself
    purpose: str = Field(default="", max_length=500)
    language: str = coded("language", "en")
    how_given: str = coded("consent_how", "signed")
    interpreter: str = Field(default="", max_length=200)
    given_on: date
    expires_on: date | None = None
    withdrawn_on: date | None = None
    withdrawal_note: str = Field(default="", max_length=500)
    signature: list[list[int]] = Field(default_factory=list)  # strokes, each x0, y0, x1, y1… in tenths of a millimetre
    witness_id: UUID | None = refers("staff_member")
    attachment_id: UUID | None = refers("attachment")  # the signed paper, where there is one


@dataclass(frozen=True)
class ConsentGiven:
    """What was agreed to. `given_on` None: today."""

    scope: tuple[str, ...] = ("services",)
    recipient: str = ""
    purpose: str = ""
    language: str = "en"
    how_given: str = "signed"
    interpreter: str = ""
    given_on: date | None = None
    expires_on: date | None = None
    signature: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True)
class RecordConsent(Command):
    participant_id: UUID
    consent: ConsentGiven


@dataclass(frozen=True)
class WithdrawConsent(Command):
    consent_id: UUID
    note: str = ""
    withdrawn_on: date | None = None


@dataclass(frozen=True)
class RestoreConsent(Command):
    """Takes a withdrawal back that was a slip of the hand."""

    consent_id: UUID


def record_consent(command: RecordConsent, work: Work) -> Done:
    work.get(ParticipantFields, command.participant_id)
    return Done(record_consent_for(command.participant_id, command.consent, work))


def record_consent_for(participant_id: UUID, given: ConsentGiven, work: Work) -> UUID:
    """Adds the consent. Raises Invalid for an empty scope, a recipient without purpose, or an end before the start."""
    given_on = given.given_on or work.today
    if not given.scope:
        raise Invalid(scope="missing")
    if given.recipient and not given.purpose:
        raise Invalid(purpose="missing")
    if given.expires_on is not None and given.expires_on < given_on:
        raise Invalid(expires_on="before_start")
    record = validated(
        ConsentFields,
        participant_id=participant_id,
        scope=list(given.scope),
        recipient=given.recipient,
        purpose=given.purpose,
        language=given.language,
        how_given=given.how_given,
        interpreter=given.interpreter,
        given_on=given_on,
        expires_on=given.expires_on,
        signature=[list(stroke) for stroke in given.signature],
        witness_id=work.actor.staff_id,
    )
    return work.add(record)


def withdraw_consent(command: WithdrawConsent, work: Work) -> Done:
    work.get(ConsentFields, command.consent_id)
    day = command.withdrawn_on or work.today
    work.change(ConsentFields, command.consent_id, withdrawn_on=day, withdrawal_note=command.note)
    return Done(command.consent_id, RestoreConsent(command.consent_id))


def restore_consent(command: RestoreConsent, work: Work) -> Done:
    work.change(ConsentFields, command.consent_id, withdrawn_on=None, withdrawal_note="")
    return Done(command.consent_id)


def in_force(consent: ConsentFields, today: date) -> bool:
    """Given, not yet expired, not withdrawn, on that day (the day of expiry still counts)."""
    ended = consent.withdrawn_on is not None and consent.withdrawn_on <= today
    expired = consent.expires_on is not None and consent.expires_on < today
    return consent.given_on <= today and not ended and not expired


def covers(consent: ConsentFields, scope: str, recipient: str, today: date) -> bool:
    """Whether this consent lets something of that scope go to that recipient on that day."""
    return in_force(consent, today) and scope in consent.scope and consent.recipient.casefold() == recipient.casefold()
