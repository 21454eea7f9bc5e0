"""Sessions with their reviews, the review queue, instruments and screenings."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from cmpp_desktop.domain.questions import (
    InstrumentRow,
    Instruments,
    InstrumentSource,
    LastSession,
    ReviewItem,
    ReviewQueue,
    Screening,
    ScreeningView,
    Session,
    SessionView,
)
from cmpp_desktop.domain.records import Fields, Life
from cmpp_desktop.domain.reviews import SIGNERS, AmendmentFields, ReviewFields, document_status
from cmpp_desktop.domain.screenings import InstrumentFields, ScreeningFields
from cmpp_desktop.domain.sessions import AttendanceFields, ServiceSessionFields
from cmpp_desktop.domain.work import Stored
from cmpp_desktop.errors import KnownError
from cmpp_desktop.store.columns import from_ms
from cmpp_desktop.store.queries.common import Asked, table
from cmpp_desktop.store.tables import SignedFields
from cmpp_protocol import canon


def session(asked: Asked, question: Session) -> SessionView:
    """See the question."""
    found = asked.one(ServiceSessionFields, question.session_id)
    attendances = asked.all(AttendanceFields, table(AttendanceFields).c.session_id == found.id)
    columns = table(ReviewFields).c
    reviews = asked.all(ReviewFields, columns.subject_id == found.id, order=(columns.at, columns.id))
    amendments = asked.all(AmendmentFields, table(AmendmentFields).c.subject_id == found.id)
    names = asked.called([found.fields.participant_id, *(item.fields.participant_id for item in attendances)])
    children: list[tuple[type[Fields], UUID]] = [(AttendanceFields, item.id) for item in attendances]
    signed_at, signer = _signed(asked, found.signed_id)
    return SessionView(
        session=found,
        participant=names.get(found.fields.participant_id, ""),
        attendees=tuple(
            (item.fields.participant_id, names.get(item.fields.participant_id, ""), item.fields.attendance)
            for item in attendances
        ),
        staff=tuple(asked.who(member) for member in found.fields.staff_ids),
        status=document_status(found.life, [item.fields for item in reviews], len(amendments)),
        reviews=tuple(reviews),
        reviewers=tuple(asked.who(item.fields.reviewer_id) for item in reviews),
        amendments=tuple(amendments),
        content_hash=asked.content_hash(ServiceSessionFields, found.id, children),
        signed_at=signed_at,
        signed_by=asked.who(signer),
    )


def _signed(asked: Asked, signed_id: UUID | None) -> tuple[datetime | None, UUID | None]:
    """When and by whom something was signed, from the Signed record itself."""
    if signed_id is None:
        return None, None
    columns = table(SignedFields).c
    content = asked.connection.execute(select(columns.content).where(columns.id == signed_id)).scalar()
    if content is None:
        return None, None
    try:
        body = canon.unpack(content)
        return from_ms(body["time"]), UUID(bytes=body["signer"])
    except (canon.NotCanonical, KeyError, TypeError, ValueError):
        return None, None


def last_session(asked: Asked, question: LastSession) -> Stored[ServiceSessionFields] | None:
    """See the question."""
    columns = table(ServiceSessionFields).c
    query = asked.select(ServiceSessionFields, columns.participant_id == question.participant_id)
    row = asked.connection.execute(query.order_by(columns.meta_starts.desc(), columns.id.desc()).limit(1)).first()
    return None if row is None else asked.stored(ServiceSessionFields, row)


def review_queue(asked: Asked, question: ReviewQueue) -> tuple[ReviewItem, ...]:
    """See the question: sessions that were submitted, not signed or returned since, and not the asker's own."""
    if asked.asker.role not in SIGNERS:
        return ()
    columns = table(ReviewFields).c
    newest = (
        select(columns.subject_id, func.max(columns.at).label("at"), func.sum(columns.verdict == "submitted").label("times"))
        .where(columns.meta_shown == 1, columns.coll.in_(asked.held))
        .group_by(columns.subject_id)
        .subquery()
    )
    sessions = table(ServiceSessionFields).c
    live = asked.select(ServiceSessionFields, sessions.meta_life == Life.LIVE.value)
    submitted = select(columns.subject_id).where(columns.verdict == "submitted")
    waiting = {
        row.id: asked.stored(ServiceSessionFields, row)
        for row in asked.connection.execute(live.where(sessions.id.in_(submitted)))
    }
    times = {row.subject_id: (row.at, row.times) for row in asked.connection.execute(select(newest))}
    found = []
    for review in asked.all(ReviewFields, columns.subject_id.in_(list(waiting)), columns.verdict == "submitted"):
        held = waiting[review.fields.subject_id]
        last, often = times[held.id]
        if review.fields.at == last and asked.asker.staff_id not in held.fields.staff_ids:
            found.append((held, review, often))
    names = asked.called(held.fields.participant_id for held, _, _ in found)
    latest = from_ms(asked.latest_ms)
    items = [
        ReviewItem(
            "service_session",
            held.id,
            held.fields.participant_id,
            names.get(held.fields.participant_id, ""),
            review.fields.reviewer_id,
            asked.who(review.fields.reviewer_id),
            held.fields.services[0] if held.fields.services else "",
            held.fields.when,
            held.fields.minutes,
            review.fields.at,
            int(often),
            max((latest - review.fields.at).days, 0),
        )
        for held, review, often in found
    ]
    return tuple(sorted(items, key=lambda item: (item.author, item.submitted_at, str(item.subject_id))))


def instruments(asked: Asked, question: Instruments) -> tuple[InstrumentRow, ...]:
    """See the question."""
    columns = table(InstrumentFields).c
    newest: dict[str, Stored[InstrumentFields]] = {}
    for item in asked.all(InstrumentFields, order=(columns.published_on, columns.id)):
        if item.fields.withdrawn_on is None:
            newest[item.fields.form_id] = item
    rows = [
        InstrumentRow(
            item.id,
            item.fields.form_id,
            item.fields.version,
            item.fields.title,
            tuple(item.fields.languages),
            item.fields.hash,
            tuple(sorted(item.fields.card.items())),
        )
        for item in newest.values()
    ]
    return tuple(sorted(rows, key=lambda row: (row.title.casefold(), row.form_id)))


def instrument_source(asked: Asked, question: InstrumentSource) -> str:
    """See the question."""
    columns = table(InstrumentFields).c
    query = select(columns.xform).where(columns.id == question.instrument_id, columns.coll.in_(asked.held))
    found: str | None = asked.connection.execute(query).scalar()
    if found is None:
        raise KnownError("instrument_missing")
    return found


def screening(asked: Asked, question: Screening) -> ScreeningView:
    """See the question."""
    found = asked.one(ScreeningFields, question.screening_id)
    names = {id: person.called for id, person in asked.people([found.fields.participant_id]).items()}
    signed_at, _ = _signed(asked, found.signed_id)
    return ScreeningView(
        found,
        names.get(found.fields.participant_id, ""),
        asked.who(found.fields.staff_id),
        signed_at,
        found.signed_id.hex if found.signed_id else "",
    )
