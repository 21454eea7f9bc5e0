"""One participant: everything on the page but the timeline."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import func, or_, select

from cmpp_desktop.domain.cases import OPEN_STATES, CaseFields
from cmpp_desktop.domain.consent import ConsentFields
from cmpp_desktop.domain.obligations import ObligationFields
from cmpp_desktop.domain.participants import AddressFields, ContactRouteFields, ParticipantFields
from cmpp_desktop.domain.questions import Conflicts, Member, Participant, ParticipantView
from cmpp_desktop.domain.tasks import NoteFields, TaskFields
from cmpp_desktop.domain.work import Stored
from cmpp_desktop.errors import KnownError
from cmpp_desktop.store.queries import conflicts, transfers
from cmpp_desktop.store.queries.common import Asked, table
from cmpp_desktop.store.queries.households import members_of

DONE_DAYS = 7


def _person(asked: Asked, id: UUID) -> Stored[ParticipantFields]:
    """Somebody as shown. Raises record_missing, or file_handed_over (facts team, day) where it is known who has the file now."""
    try:
        return asked.person(id)
    except KnownError:
        gone = transfers.gone_to(asked, id)
        if gone is None:
            raise
        raise KnownError("file_handed_over", team=gone[0], day=gone[1].isoformat()) from None


def participant(asked: Asked, question: Participant) -> ParticipantView:
    """See the question."""
    found = _person(asked, question.participant_id)
    ids = asked.same(question.participant_id)
    case = _case(asked, ids)
    household_id, members = _household(asked, question.participant_id)
    notes = table(NoteFields).c
    return ParticipantView(
        participant=found,
        routes=tuple(asked.all(ContactRouteFields, table(ContactRouteFields).c.participant_id.in_(ids))),
        addresses=tuple(asked.all(AddressFields, table(AddressFields).c.participant_id.in_(ids))),
        household_id=household_id,
        household=members,
        case=case,
        caseworker=asked.who(case.fields.caseworker_id) if case else "",
        consents=tuple(asked.all(ConsentFields, table(ConsentFields).c.participant_id.in_(ids))),
        obligations=tuple(
            asked.all(
                ObligationFields,
                table(ObligationFields).c.participant_id.in_(ids),
                order=(table(ObligationFields).c.meta_starts, table(ObligationFields).c.id),
            )
        ),
        tasks=_tasks(asked, ids),
        pinned=tuple(
            asked.all(NoteFields, notes.participant_id.in_(ids), notes.pinned.is_(True), order=(notes.written_at.desc(),))
        ),
        conflicts=len(conflicts.conflicts(asked, Conflicts(found.id))),
        restricted_exists=may_exist(asked),
    )


def _case(asked: Asked, ids: Sequence[UUID]) -> Stored[CaseFields] | None:
    """The open case, else the latest."""
    columns = table(CaseFields).c
    cases = asked.all(CaseFields, columns.participant_id.in_(ids), order=(columns.opened_on, columns.id))
    running = [case for case in cases if case.fields.state in OPEN_STATES]
    found = running or cases
    return found[-1] if found else None


def _household(asked: Asked, participant_id: UUID) -> tuple[UUID | None, tuple[Member, ...]]:
    there = members_of(asked, participant_id)
    if not there:
        return None, ()
    others = there[1:]
    people = asked.people(item.participant_id for item in others)
    return there[0].household_id, tuple(
        Member(item.participant_id, people[item.participant_id].called, item.relationship, people[item.participant_id].birth_date)
        for item in others
        if item.participant_id in people
    )


def _tasks(asked: Asked, ids: Sequence[UUID]) -> tuple[Stored[TaskFields], ...]:
    """Open ones by the day they are due, then those done in the week before the latest change to any of them."""
    columns = table(TaskFields).c
    of_them = (columns.participant_id.in_(ids), columns.coll.in_(asked.held))
    latest = asked.connection.execute(select(func.max(columns.done_at)).where(*of_them)).scalar()
    since = columns.done_at >= latest - timedelta(days=DONE_DAYS) if latest is not None else columns.done_at.is_not(None)
    found = asked.all(TaskFields, columns.participant_id.in_(ids), or_(columns.done_at.is_(None), since))
    still_open = sorted((item for item in found if item.fields.done_at is None), key=lambda item: item.fields.due_on or date.max)
    done = [item for item in found if item.fields.done_at is not None]
    return (*still_open, *sorted(done, key=lambda item: item.changed_at, reverse=True))


def may_exist(asked: Asked) -> bool:
    """Whether there may be restricted records that the asker may not open: the same for everybody (docs/adr/0012)."""
    return any(place.kind == "restricted" and not place.held for place in asked.names.places.values())
