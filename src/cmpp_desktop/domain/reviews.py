"""Reviews: submitted, returned, approved, countersigned, and amendments of what was signed (rules 20-23).

The status of a document is never stored. It is computed here from its life and the review records that name its content
hash or its signed id.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from cmpp_desktop.domain.records import Fields, Life, validated
from cmpp_desktop.domain.sessions import AttendanceFields, ServiceSessionFields
from cmpp_desktop.domain.work import Command, Done, Stored, Work
from cmpp_desktop.errors import Invalid, KnownError, NotAllowed

DocumentStatus = Literal["draft", "submitted", "returned", "signed", "amended"]
SIGNERS = ("supervisor", "administrator")


class ReviewFields(Fields):
    """One step in the review of a document. `verdict`: submitted, returned, approved, countersigned."""

    kind: ClassVar[str] = "review"

    participant_id: UUID
    subject_kind: str
    subject_id: UUID
    verdict: str
    content_hash: str = ""  # of the draft that was submitted or returned
    signed_id: UUID | None = None
    comment: str = Field(default="", max_length=10_000)
    reviewer_id: UUID
    at: datetime


class AmendmentFields(Fields):
    """What is added to, or put right in, something that was signed. The signed text itself never changes."""

    kind: ClassVar[str] = "amendment"

    participant_id: UUID
    subject_kind: str
    subject_id: UUID
    signed_id: UUID
    text: str = Field(min_length=1, max_length=100_000)
    reason: str = Field(min_length=1, max_length=1000)
    author_id: UUID
    at: datetime


@dataclass(frozen=True)
class SubmitForSignature(Command):
    subject_kind: str
    subject_id: UUID


@dataclass(frozen=True)
class ReturnForChanges(Command):
    """Sends a submitted document back with a comment."""

    subject_kind: str
    subject_id: UUID
    comment: str


@dataclass(frozen=True)
class SignDocument(Command):
    """A supervisor signs what was submitted; `seen_hash` is the content that was on the screen."""

    subject_kind: str
    subject_id: UUID
    seen_hash: str = ""
    comment: str = ""


@dataclass(frozen=True)
class Amend(Command):
    subject_kind: str
    subject_id: UUID
    text: str
    reason: str


@dataclass(frozen=True)
class PickVersion(Command):
    """Settles a conflict: one of the versions, or a new value. `wire_value` is what canonical msgpack holds."""

    kind: str
    record_id: UUID
    field: str
    wire_value: object


def document_status(life: Life, reviews: Iterable[ReviewFields], amendments: int = 0) -> DocumentStatus:
    """The status of a document: signed wins; else the latest of its reviews; else it is a draft."""
    if life is Life.SIGNED:
        return "amended" if amendments else "signed"
    latest = max(reviews, key=lambda review: review.at, default=None)
    if latest is None:
        return "draft"
    return "returned" if latest.verdict == "returned" else "submitted" if latest.verdict == "submitted" else "draft"


def submit_for_signature(command: SubmitForSignature, work: Work) -> Done:
    subject, children = _subject(command.subject_kind, command.subject_id, work)
    if subject.life is not Life.LIVE:
        raise KnownError("already_signed")
    content = work.content_hash(ServiceSessionFields, command.subject_id, children)
    review_id = work.add(_review(command.subject_kind, subject, "submitted", work, content), team_id=subject.team_id)
    return Done(review_id)


def return_for_changes(command: ReturnForChanges, work: Work) -> Done:
    _may_sign(work)
    if not command.comment.strip():
        raise Invalid(comment="missing")
    subject, children = _subject(command.subject_kind, command.subject_id, work)
    _must_be_submitted(subject, work)
    content = work.content_hash(ServiceSessionFields, command.subject_id, children)
    review = _review(command.subject_kind, subject, "returned", work, content, command.comment)
    return Done(work.add(review, team_id=subject.team_id))


def sign_document(command: SignDocument, work: Work) -> Done:
    from cmpp_desktop.domain.assistance import RecordSessionTime, record_session_time

    _may_sign(work)
    subject, children = _subject(command.subject_kind, command.subject_id, work)
    if subject.life is Life.SIGNED:
        raise KnownError("already_signed")
    _must_be_submitted(subject, work)
    if work.actor.staff_id in subject.fields.staff_ids:
        raise NotAllowed("own_work")
    content = work.content_hash(ServiceSessionFields, command.subject_id, children)
    if command.seen_hash and command.seen_hash != content:
        raise KnownError("changed_meanwhile")
    signed_id = work.sign(ServiceSessionFields, command.subject_id, meaning="reviewed", children=children)
    review = _review(command.subject_kind, subject, "approved", work, content, command.comment)
    work.add(review.model_copy(update={"signed_id": signed_id}), team_id=subject.team_id)
    record_session_time(RecordSessionTime(command.subject_id), work)
    return Done(command.subject_id, more={"signed_id": signed_id})


def amend(command: Amend, work: Work) -> Done:
    subject, _ = _subject(command.subject_kind, command.subject_id, work)
    if subject.signed_id is None:
        raise KnownError("not_submitted")
    record = validated(
        AmendmentFields,
        participant_id=subject.fields.participant_id,
        subject_kind=command.subject_kind,
        subject_id=command.subject_id,
        signed_id=subject.signed_id,
        text=command.text,
        reason=command.reason,
        author_id=work.actor.staff_id,
        at=work.now,
    )
    return Done(work.add(record, team_id=subject.team_id))


def pick_version(command: PickVersion, work: Work) -> Done:
    work.pick(command.kind, command.record_id, command.field, command.wire_value)
    return Done(command.record_id)


def _subject(
    kind: str, subject_id: UUID, work: Work
) -> tuple[Stored[ServiceSessionFields], Sequence[tuple[type[Fields], UUID]]]:
    if kind != "service_session":
        raise Invalid(subject_kind="not_valid")
    subject = work.get(ServiceSessionFields, subject_id)
    children: list[tuple[type[Fields], UUID]] = [
        (AttendanceFields, item.id) for item in work.find(AttendanceFields, session_id=subject_id)
    ]
    return subject, sorted(children, key=lambda child: child[1])


def _must_be_submitted(subject: Stored[ServiceSessionFields], work: Work) -> None:
    reviews = [item.fields for item in work.find(ReviewFields, subject_id=subject.id)]
    if document_status(subject.life, reviews) != "submitted":
        raise KnownError("not_submitted")


def _may_sign(work: Work) -> None:
    if work.actor.role not in SIGNERS:
        raise NotAllowed("not_allowed", needs="supervisor")


def _review(
    kind: str, subject: Stored[ServiceSessionFields], verdict: str, work: Work, content: str, comment: str = ""
) -> ReviewFields:
    return validated(
        ReviewFields,
        participant_id=subject.fields.participant_id,
        subject_kind=kind,
        subject_id=subject.id,
        verdict=verdict,
        content_hash=content,
        comment=comment,
        reviewer_id=work.actor.staff_id,
        at=work.now,
    )
