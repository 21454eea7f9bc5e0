"""The records of the programme in a participant's stream: which days of each kind stand in it, and what a line says of them.

A table, read like a contents page. A record with several days (filed, decided) has a line for each; `TimelineEntry.step` names
the field. One without any stands on the day on which it was written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, cast

from cmpp_desktop.domain.assistance import DirectAssistanceFields
from cmpp_desktop.domain.attachments import AttachmentFields
from cmpp_desktop.domain.cases import CaseAssignmentFields
from cmpp_desktop.domain.disclosures import DisclosureFields
from cmpp_desktop.domain.plans import ActionStepFields, GoalFields, NeedFields, ServicePlanFields
from cmpp_desktop.domain.proceedings import (
    AppealFields,
    ApplicationFields,
    ClockEventFields,
    OrderFields,
    ProceedingFields,
    RepresentationFields,
)
from cmpp_desktop.domain.questions import EntryKind
from cmpp_desktop.domain.records import Fields, Money
from cmpp_desktop.domain.referrals import ReferralFields
from cmpp_desktop.domain.relief import PotentialReliefFields
from cmpp_desktop.domain.retention import LegalHoldFields
from cmpp_desktop.domain.transfers import TransferFields
from cmpp_desktop.domain.work import Stored


@dataclass(frozen=True)
class Told:
    """How a kind is told. `days`: fields with a day, each a line of its own where it is set; `instead`: a day that is not shown
    any more once another field is set (a goal's target, once it is closed); `needs`: only records where it is set (the first
    caseworker of a case is no news). `code`, `title`, `text`, `place`: the fields that a line says; `result`: what came of
    it; `who`: a member of staff."""

    model: type[Fields]
    days: tuple[str, ...]
    code: str = ""
    title: str = ""
    text: str = "note"
    place: str = ""
    result: str = ""
    who: str = ""
    needs: str = ""
    instead: Mapping[str, str] = field(default_factory=dict)


TOLD: tuple[Told, ...] = (
    Told(ProceedingFields, ("nta_served", "nta_filed", "ended_on"), "stage", "judge", place="court", result="outcome"),
    Told(RepresentationFields, ("since", "until"), "scope", "attorney", place="firm"),
    Told(ApplicationFields, ("filed_on", "decided_on", "expires_on"), "form", "receipt_number", result="status"),
    Told(OrderFields, ("issued_on", "departure_by"), "type", "judge"),
    Told(AppealFields, ("filed_on", "decided_on"), "body", "receipt_number", result="outcome"),
    Told(ClockEventFields, ("on",), "what", "reason", result="cause"),
    Told(
        ServicePlanFields, ("agreed_on", "reviewed_on", "review_on", "closed_on"), text="summary",
        instead={"review_on": "closed_on"},
    ),
    Told(NeedFields, ("raised_on", "met_on"), "area", text="description", result="outcome"),
    Told(
        GoalFields, ("target_on", "closed_on"), "progress", "statement", text="progress_note", instead={"target_on": "closed_on"}
    ),
    Told(ActionStepFields, ("due_on", "done_on"), "who", "what", who="staff_id", instead={"due_on": "done_on"}),
    Told(
        ReferralFields, ("sent_on", "accepted_on", "connected_on", "follow_up_on", "closed_on"), "scope", "to_name",
        text="reason", result="outcome", who="referred_by", instead={"follow_up_on": "closed_on"},
    ),
    Told(DirectAssistanceFields, ("given_on",), "type", "money", text="purpose", place="vendor", who="given_by"),
    Told(AttachmentFields, ("received_on", "expires_on"), "document_type", "title"),
    Told(PotentialReliefFields, ("raised_on", "talked_on"), "type", "lawyer", text="why", result="result", who="raised_by"),
    Told(DisclosureFields, ("shared_at",), "what", "recipient", text="purpose", who="shared_by"),
    Told(TransferFields, ("asked_at", "answered_at"), "to", "to_provider", text="summary", who="asked_by"),
    Told(LegalHoldFields, ("since", "lifted_on"), text="reason", who="set_by"),
    Told(CaseAssignmentFields, ("since",), who="staff_id", text="", needs="transfer_id"),
)  # fmt: skip
KINDS: tuple[EntryKind, ...] = tuple(cast("EntryKind", told.model.kind) for told in TOLD)


def days_of(told: Told, item: Stored[Any]) -> Iterator[tuple[str, date | datetime]]:
    """(field, day) of each line of a record; the day on which it was written where none is set."""
    if told.needs and getattr(item.fields, told.needs) is None:
        return
    found = False
    for name in told.days:
        day = getattr(item.fields, name)
        if day is not None and getattr(item.fields, told.instead.get(name, ""), None) is None:
            found = True
            yield name, day
    if not found:
        yield "", item.created_at


def said_of(told: Told, item: Stored[Any]) -> dict[str, Any]:
    """What a line says, by the names of TimelineEntry's fields; `who` is an id."""
    return {
        name: _plain(getattr(item.fields, getattr(told, name))) if getattr(told, name) else ""
        for name in ("code", "title", "text", "place", "result", "who")
    }


def _plain(value: Any) -> Any:
    return f"{value.amount:.2f} {value.currency}" if isinstance(value, Money) else value
