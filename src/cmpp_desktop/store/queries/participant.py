"""One participant: everything on the page but the timeline."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import func, or_, select

from cmpp_desktop.domain.cases import OPEN_STATES, CaseFields
from cmpp_desktop.domain.consent import ConsentFields
from cmpp_desktop.domain.households import HouseholdMemberFields
from cmpp_desktop.domain.obligations import ObligationFields
from cmpp_desktop.domain.participants import AddressFields, ContactRouteFields, ParticipantFields
from cmpp_desktop.domain.questions import Conflicts, Member, Participant, ParticipantView
from cmpp_desktop.domain.tasks import NoteFields, TaskFields
from cmpp_desktop.domain.work import Stored
from cmpp_desktop.store.queries import conflicts
from cmpp_desktop.store.queries.common import Asked, table
from cmpp_desktop.store.tables import TABLES

DONE_DAYS = 7


def participant(asked: Asked, question: Participant) -> ParticipantView:
    """See the question."""
    id = question.participant_id
    found = asked.one(ParticipantFields, id)
    case = _case(asked, id)
    household_id, members = _household(asked, id)
    notes = table(NoteFields).c
    return ParticipantView(
        participant=found,
        routes=tuple(asked.all(ContactRouteFields, table(ContactRouteFields).c.participant_id == id)),
        addresses=tuple(asked.all(AddressFields, table(AddressFields).c.participant_id == id)),
        household_id=household_id,
        household=members,
        case=case,
        caseworker=asked.who(case.fields.caseworker_id) if case else "",
        consents=tuple(asked.all(ConsentFields, table(ConsentFields).c.participant_id == id)),
        obligations=tuple(
            asked.all(
                ObligationFields,
                table(ObligationFields).c.participant_id == id,
                order=(table(ObligationFields).c.meta_starts, table(ObligationFields).c.id),
            )
        ),
        tasks=_tasks(asked, id),
        pinned=tuple(asked.all(NoteFields, notes.participant_id == id, notes.pinned.is_(True), order=(notes.written_at.desc(),))),
        conflicts=len(conflicts.conflicts(asked, Conflicts(id))),
        restricted_exists=_restricted_exists(asked, id),
    )


def _case(asked: Asked, id: UUID) -> Stored[CaseFields] | None:
    """The open case, else the latest."""
    columns = table(CaseFields).c
    cases = asked.all(CaseFields, columns.participant_id == id, order=(columns.opened_on, columns.id))
    running = [case for case in cases if case.fields.state in OPEN_STATES]
    found = running or cases
    return found[-1] if found else None


def _household(asked: Asked, id: UUID) -> tuple[UUID | None, tuple[Member, ...]]:
    columns = table(HouseholdMemberFields).c
    own = asked.all(HouseholdMemberFields, columns.participant_id == id, columns.until.is_(None))
    if not own:
        return None, ()
    household_id = own[-1].fields.household_id
    others = [
        item.fields
        for item in asked.all(HouseholdMemberFields, columns.household_id == household_id, columns.until.is_(None))
        if item.fields.participant_id != id
    ]
    people = asked.people(item.participant_id for item in others)
    return household_id, tuple(
        Member(item.participant_id, people[item.participant_id].called, item.relationship, people[item.participant_id].birth_date)
        for item in others
        if item.participant_id in people
    )


def _tasks(asked: Asked, id: UUID) -> tuple[Stored[TaskFields], ...]:
    """Open ones by the day they are due, then those done in the week before the latest change to any of them."""
    columns = table(TaskFields).c
    latest = asked.connection.execute(select(func.max(columns.done_at)).where(columns.participant_id == id)).scalar()
    since = columns.done_at >= latest - timedelta(days=DONE_DAYS) if latest is not None else columns.done_at.is_not(None)
    found = asked.all(TaskFields, columns.participant_id == id, or_(columns.done_at.is_(None), since))
    still_open = sorted((item for item in found if item.fields.done_at is None), key=lambda item: item.fields.due_on or date.max)
    done = [item for item in found if item.fields.done_at is not None]
    return (*still_open, *sorted(done, key=lambda item: item.changed_at, reverse=True))


def _restricted_exists(asked: Asked, id: UUID) -> bool:
    """Whether a collection that may not be opened here holds something about the participant."""
    closed = [place.idx for place in asked.names.places.values() if place.kind == "restricted" and not place.held]
    if not closed:
        return False
    for kind in ("screening", "task", "note", "service_session", "obligation"):
        columns = TABLES[kind].c
        query = select(columns.id).where(columns.participant_id == id, columns.coll.in_(closed)).limit(1)
        if asked.connection.execute(query).first() is not None:
            return True
    return False
