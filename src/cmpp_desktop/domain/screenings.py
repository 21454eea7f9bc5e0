"""Screenings: an interview with an instrument, finished and signed by who held it. An alert makes a task at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from cmpp_desktop.domain.cases import OPEN_STATES, CaseFields
from cmpp_desktop.domain.participants import ParticipantFields
from cmpp_desktop.domain.records import Compartment, Fields, Part, validated
from cmpp_desktop.domain.tasks import TaskFields
from cmpp_desktop.domain.work import Command, Done, Work
from cmpp_desktop.errors import Invalid
from cmpp_protocol.ids import derived_id

REPORT_WITHIN = timedelta(hours=24)
URGENT = ("minor_at_risk", "self_harm", "safety")  # kinds of alerts that cannot wait


class InstrumentFields(Fields):
    """A form that was published to the organisation: the XForm is what counts, whole, with its card."""

    kind: ClassVar[str] = "instrument"
    compartment: ClassVar[Compartment] = "organisation"
    about: ClassVar[str] = ""

    form_id: str = Field(min_length=1, max_length=200)
    version: str = Field(default="", max_length=100)
    hash: str = Field(min_length=64, max_length=64)  # SHA-256 of the XForm, hex
    title: str = Field(default="", max_length=300)
    languages: list[str] = Field(default_factory=list)
    xform: str
    card: dict[str, str] = Field(default_factory=dict)  # source, licence, validated or guide, translators, compartment…
    published_on: datetime
    withdrawn_on: datetime | None = None


class Administration(Part):
    """How an interview was held: one field, because it describes one conversation."""

    language: str = "en"
    interpreter: str = ""
    alone: str = "unknown"  # code list yes_no_unknown
    interpreter_unrelated: str = "unknown"
    started_at: datetime
    finished_at: datetime
    stops: int = 0


class Alert(Part):
    """An alert that the instrument raised: its stable name, its kind (code list alert_kind), the question."""

    name: str
    kind: str
    ref: str = ""


class ScreeningFields(Fields):
    """A finished interview. `answers` is the OpenRosa submission; `markers` are declined, not asked, stopped."""

    kind: ClassVar[str] = "screening"

    participant_id: UUID
    instrument_id: UUID
    form_id: str
    form_version: str = ""
    instrument_hash: str
    title: str = ""
    administration: Administration
    answers: str
    markers: dict[str, str] = Field(default_factory=dict)  # question ref → declined | not_asked | stopped_distress
    private_notes: dict[str, str] = Field(default_factory=dict)
    score: str | None = None
    band: dict[str, str] = Field(default_factory=dict)  # language → words
    follow_up: str = ""
    alerts: list[Alert] = Field(default_factory=list)
    staff_id: UUID
    signature: list[list[int]] = Field(default_factory=list)  # strokes as in ConsentFields
    signature_typed: str = Field(default="", max_length=200)


@dataclass(frozen=True)
class PublishInstrument(Command):
    """Makes an instrument available to everybody. `hash` and `form_id` come from the compiled form."""

    form_id: str
    version: str
    hash: str
    title: str
    languages: tuple[str, ...]
    xform: str
    card: dict[str, str]


@dataclass(frozen=True)
class FinaliseScreening(Command):
    """Signs a finished interview. It is immutable from then on; its alerts become tasks in the same compartment."""

    participant_id: UUID
    instrument_id: UUID
    administration: Administration
    answers: str
    markers: dict[str, str]
    private_notes: dict[str, str]
    score: str | None
    band: dict[str, str]
    follow_up: str
    alerts: tuple[Alert, ...]
    signature: tuple[tuple[int, ...], ...] = ()
    signature_typed: str = ""


@dataclass(frozen=True)
class RaiseSafetyConcern(Command):
    """Tells everybody who works with a participant to talk with whoever raises it, within a day, and nothing of why.

    Urgent alerts of restricted instruments raise it by themselves; anybody may raise it for any reason, so that seeing it tells
    nothing of a screening (docs/adr/0012). The task is the same for all alerts of a day.
    """

    participant_id: UUID


@dataclass(frozen=True)
class RaiseAlert(Command):
    """An answer in an open interview raised an alert: the task is made now, whatever becomes of the interview."""

    participant_id: UUID
    instrument_id: UUID
    interview_id: UUID
    alert: Alert


def publish_instrument(command: PublishInstrument, work: Work) -> Done:
    same = work.find(InstrumentFields, hash=command.hash)
    if same:
        return Done(same[0].id)
    record = validated(
        InstrumentFields,
        form_id=command.form_id,
        version=command.version,
        hash=command.hash,
        title=command.title,
        languages=list(command.languages),
        xform=command.xform,
        card=dict(command.card),
        published_on=work.now,
    )
    return Done(work.add(record, id=derived_id("instrument", UUID(int=0), command.hash)))


def finalise_screening(command: FinaliseScreening, work: Work) -> Done:
    participant = work.get(ParticipantFields, command.participant_id)
    instrument = work.get(InstrumentFields, command.instrument_id).fields
    if not command.signature and not command.signature_typed.strip():
        raise Invalid(signature="missing")
    record = validated(
        ScreeningFields,
        participant_id=command.participant_id,
        instrument_id=command.instrument_id,
        form_id=instrument.form_id,
        form_version=instrument.version,
        instrument_hash=instrument.hash,
        title=instrument.title,
        administration=command.administration,
        answers=command.answers,
        markers=dict(command.markers),
        private_notes=dict(command.private_notes),
        score=command.score,
        band=dict(command.band),
        follow_up=command.follow_up,
        alerts=list(command.alerts),
        staff_id=work.actor.staff_id,
        signature=[list(stroke) for stroke in command.signature],
        signature_typed=command.signature_typed,
    )
    screening_id = work.add(record, team_id=participant.team_id, compartment=compartment_of(instrument))
    signed_id = work.sign(ScreeningFields, screening_id, meaning="interviewed")
    return Done(screening_id, more={"signed_id": signed_id})


def compartment_of(instrument: InstrumentFields) -> Compartment:
    """Where results of an instrument live: its card says `restricted` for trafficking, mental health and relief."""
    return "restricted" if instrument.card.get("compartment") == "restricted" else "caseload"


def raise_alert(command: RaiseAlert, work: Work) -> Done:
    participant = work.get(ParticipantFields, command.participant_id)
    where = compartment_of(work.get(InstrumentFields, command.instrument_id).fields)
    urgent = command.alert.kind in URGENT
    task = validated(
        TaskFields,
        participant_id=command.participant_id,
        title_code=f"alert_{command.alert.kind}",
        due_at=work.now + REPORT_WITHIN if urgent else None,
        due_on=work.today + REPORT_WITHIN,
        assigned_to=work.actor.staff_id,
        subject_kind="interview",
        subject_id=command.interview_id,
        priority="high",
    )
    task_id = work.add(
        task,
        id=derived_id("task", command.interview_id, f"alert:{command.alert.name}"),
        team_id=participant.team_id,
        compartment=where,
    )
    if where == "restricted" and urgent:
        raise_safety_concern(RaiseSafetyConcern(command.participant_id), work)
    return Done(task_id)


def raise_safety_concern(command: RaiseSafetyConcern, work: Work) -> Done:
    participant = work.get(ParticipantFields, command.participant_id)
    running = [case for case in work.find(CaseFields, participant_id=command.participant_id) if case.fields.state in OPEN_STATES]
    carried_by = running[-1].fields.caseworker_id if running else None
    task = validated(
        TaskFields,
        participant_id=command.participant_id,
        title_code="safety_concern",
        due_at=work.now + REPORT_WITHIN,
        due_on=work.today,
        assigned_to=carried_by if carried_by != work.actor.staff_id else None,
        subject_kind="staff_member",
        subject_id=work.actor.staff_id,
        priority="high",
    )
    # One a day: how many there were, and of what, would say too much.
    task_id = derived_id("task", command.participant_id, f"safety_concern:{work.today.isoformat()}")
    made = work.add(task, id=task_id, team_id=participant.team_id)
    if work.get(TaskFields, made).fields.done_at is not None:
        work.change(TaskFields, made, done_at=None, done_by=None, due_at=work.now + REPORT_WITHIN)
    return Done(made)
