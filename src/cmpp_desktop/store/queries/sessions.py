"""Sessions with their reviews, the review queue, instruments and screenings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal_column, select

from cmpp_desktop.changes import LIFE
from cmpp_desktop.domain.questions import (
    GroupRow,
    GroupSessions,
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
from cmpp_desktop.domain.sessions import AttendanceFields, DeletedSession, DeletedSessions, ServiceSessionFields, is_group
from cmpp_desktop.domain.work import Stored
from cmpp_desktop.errors import KnownError
from cmpp_desktop.store.columns import from_ms
from cmpp_desktop.store.queries.common import Asked, table
from cmpp_desktop.store.queries.households import household_ids
from cmpp_desktop.store.tables import SignedFields
from cmpp_protocol import canon

LOOKED_THROUGH = 5_000
# What was written about two people together is not shown in the file of one who is kept apart from the other.
WITHHELD: Mapping[str, str] = {"narrative": "", "topic": "", "place_note": "", "interpreter": ""}
# So it is with what was said of such a session later.
WITHHELD_LATER: Mapping[str, Mapping[str, str]] = {
    AmendmentFields.kind: {"text": "", "reason": ""},
    ReviewFields.kind: {"comment": ""},
}


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
    view = SessionView(
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
    return view if question.seen_from is None else _in_the_file_of(asked, view, question.seen_from)


def group_sessions(asked: Asked, question: GroupSessions) -> tuple[GroupRow, ...]:
    """See the question. Looked for among the sessions that came to this store last: no index knows which were of a group."""
    columns = table(ServiceSessionFields).c
    newest: ColumnElement[int] = literal_column("r_service_session.rowid")
    last = asked.connection.execute(select(func.max(newest)).select_from(table(ServiceSessionFields))).scalar() or 0
    among = (newest > last - LOOKED_THROUGH, columns.topic != "")
    held = asked.all(ServiceSessionFields, *among, order=(columns.meta_starts.desc(), columns.id))
    mine = [item for item in held if asked.asker.staff_id in item.fields.staff_ids][: question.limit]
    return tuple(_group_row(asked, item) for item in mine)


def deleted_sessions(asked: Asked, question: DeletedSessions) -> tuple[DeletedSession, ...]:
    """See the question. What was deleted in the same moment as the session went with it."""
    columns, marks = table(ServiceSessionFields).c, table(AttendanceFields).c
    gone = Life.DELETED.value
    own = (columns.participant_id.in_(asked.same(question.participant_id)), columns.meta_life == gone)
    rows = asked.connection.execute(
        asked.select(ServiceSessionFields, *own, shown=False).order_by(columns.meta_starts.desc(), columns.id)
    ).all()
    found = []
    for row in rows:
        together = (marks.session_id == row.id, marks.meta_life == gone, marks.meta_changed == row.meta_changed)
        there = asked.connection.execute(asked.select(AttendanceFields, *together, shown=False)).all()
        found.append(DeletedSession(row.id, tuple(row.services), row.when, row.minutes, tuple(one.id for one in there)))
    return tuple(found)


def _group_row(asked: Asked, item: Stored[ServiceSessionFields]) -> GroupRow:
    there = asked.all(AttendanceFields, table(AttendanceFields).c.session_id == item.id)
    reviews = asked.all(ReviewFields, table(ReviewFields).c.subject_id == item.id)
    amendments = asked.all(AmendmentFields, table(AmendmentFields).c.subject_id == item.id)
    status = document_status(item.life, [one.fields for one in reviews], len(amendments))
    return GroupRow(item.id, item.fields.topic, item.fields.when, len(there), status)


def _in_the_file_of(asked: Asked, view: SessionView, participant_id: UUID) -> SessionView:
    """The session as one participant's file shows it. Of a group only the own household is named; of who is kept apart from
    the participant nothing is said, and the words that were written about both are withheld."""
    own, apart = asked.same(participant_id), asked.apart(participant_id)
    there = {view.session.fields.participant_id, *(id for id, _, _ in view.attendees)}
    if not there & set(own):
        raise KnownError("record_missing", kind="service_session")
    named = [line for line in view.attendees if line[0] not in apart]
    if is_group(view.session.fields):
        family = set(household_ids(asked, participant_id))
        named = [line for line in named if asked.same(line[0])[0] in family]
    fields = view.session.fields.model_copy(update={"participant_id": participant_id})
    withheld = bool(there & apart)
    if withheld:
        fields = fields.model_copy(update=WITHHELD)
    return replace(
        view,
        session=replace(view.session, fields=fields),
        participant=asked.called([participant_id]).get(own[0], ""),
        attendees=tuple(named),
        reviews=() if withheld else view.reviews,
        reviewers=() if withheld else view.reviewers,
        amendments=() if withheld else view.amendments,
        withheld=withheld,
    )


def withheld(asked: Asked, participant_id: UUID, sessions: Sequence[Stored[ServiceSessionFields]]) -> list[Stored[Any]]:
    """Sessions as the participant's file may show them: without what was written where somebody was who is kept apart."""
    shared = shared_with(asked, participant_id, [item.id for item in sessions])
    return [
        replace(item, fields=item.fields.model_copy(update=WITHHELD)) if item.id in shared else item for item in sessions
    ]


def withheld_later(asked: Asked, participant_id: UUID, found: Sequence[Stored[Any]]) -> list[Stored[Any]]:
    """Reviews and amendments as the participant's file may show them, in the same way."""
    shared = shared_with(asked, participant_id, [item.fields.subject_id for item in found])
    return [
        replace(item, fields=item.fields.model_copy(update=WITHHELD_LATER[item.fields.kind]))
        if item.fields.subject_id in shared
        else item
        for item in found
    ]


def about_both(
    asked: Asked, participant_id: UUID, kind: str, record_id: UUID, field: str, values: Mapping[str, Any]
) -> bool:
    """Whether a field of a record (`values`: its others, as on the wire) says something that was written about the participant
    and somebody from whom they are kept apart. A record changed after it was signed shows all that it says."""
    if kind == ServiceSessionFields.kind and field in (*WITHHELD, LIFE):
        session = record_id
    elif field in (*WITHHELD_LATER.get(kind, ()), LIFE) and values.get("subject_id"):
        session = UUID(bytes=values["subject_id"])
    else:
        return False
    return session in shared_with(asked, participant_id, [session])


def shared_with(asked: Asked, participant_id: UUID, session_ids: Sequence[UUID]) -> frozenset[UUID]:
    """Those of the sessions at which somebody was from whom the participant is kept apart."""
    apart = list(asked.apart(participant_id))
    if not apart:
        return frozenset()
    sessions, there = table(ServiceSessionFields).c, table(AttendanceFields).c
    found: set[UUID] = set()
    for start in range(0, len(session_ids), 500):
        part = list(session_ids[start : start + 500])
        owned = select(sessions.id).where(sessions.id.in_(part), sessions.participant_id.in_(apart))
        attended = select(there.session_id).where(
            there.session_id.in_(part), there.participant_id.in_(apart), there.meta_shown == 1
        )
        found |= set(asked.connection.execute(owned).scalars()) | set(asked.connection.execute(attended).scalars())
    return frozenset(found)


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
    query = asked.select(ServiceSessionFields, columns.participant_id.in_(asked.same(question.participant_id)))
    row = asked.connection.execute(query.order_by(columns.meta_starts.desc(), columns.id.desc()).limit(1)).first()
    if row is None or not asked.is_there(question.participant_id):
        return None
    (found,) = withheld(asked, question.participant_id, [asked.stored(ServiceSessionFields, row)])
    return found


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
