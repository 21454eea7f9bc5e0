"""The calendar: days from one index, counts of a month without reading a record, reminders, and what an export may say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary, Row, func, literal_column, select, type_coerce

from cmpp_desktop.domain.calendar import (
    MINUTES,
    REMIND_BEFORE,
    REMINDED,
    USUAL_MINUTES,
    Calendar,
    CalendarAnswer,
    CalendarCounts,
    CalendarDay,
    CalendarEntry,
    CalendarExport,
    DayCount,
    ExportEntry,
    ReminderRow,
    RemindersDue,
    clashes,
    group_of,
    reminder_due,
)
from cmpp_desktop.domain.households import HouseholdMemberFields
from cmpp_desktop.domain.obligations import HEARINGS, ObligationFields
from cmpp_desktop.domain.participants import ContactRouteFields, ParticipantFields
from cmpp_desktop.domain.records import Life, When
from cmpp_desktop.domain.sessions import names_in
from cmpp_desktop.store import state
from cmpp_desktop.store.columns import from_ms
from cmpp_desktop.store.queries.common import Asked, marks, reader, table, unpacked
from cmpp_desktop.store.tables import PERSON

SHOWN = (
    "id", "participant_id", "type", "when", "place", "mode", "judge", "transport", "interpreter", "result", "rule",
    "reminders", "coll", "meta_starts", "meta_day",
)  # fmt: skip
AS_BYTES = frozenset({"id", "participant_id", "when", "reminders"})
MOST_REMINDERS = 500
CALLED_OFF = ("cancelled", "moved_by_agency")
_LONG_NUMBER = re.compile(r"(?:\d[\s().–-]*){7,}")  # a phone or an A-number in whatever way it is written


def calendar(asked: Asked, question: Calendar) -> CalendarAnswer:
    """See the question."""
    columns = table(ObligationFields).c
    wanted = [columns.meta_shown == 1, *_in_range(asked, question.first, question.last, question.mine, question.types)]
    if question.open_only:
        wanted.append(columns.result.is_(None))
    if question.participant_id is not None:
        wanted.append(columns.participant_id.in_(asked.same(question.participant_id)))
    # What lies in the columns, as it lies there: a statement with composites in it would be compiled anew each time.
    query = select(*(type_coerce(columns[name], LargeBinary) if name in AS_BYTES else columns[name] for name in SHOWN))
    query = query.where(*wanted)
    order: tuple[Any, ...] = (columns.meta_day, columns.meta_starts, literal_column("r_obligation.rowid"))
    rows = asked.connection.execute(query.order_by(*order).limit(question.limit + 1)).all()
    more = 0
    if len(rows) > question.limit:
        more = (asked.connection.execute(select(func.count()).where(*wanted)).scalar() or 0) - question.limit
    entries = _entries(asked, rows[: question.limit])
    days = tuple(CalendarDay(day, tuple(found)) for day, found in groupby(entries, key=lambda entry: entry.when.day))
    return CalendarAnswer(question.first, question.last, days, clashes(entries), more)


def _in_range(asked: Asked, first: date, last: date, mine: bool, types: Sequence[str]) -> list[Any]:
    """The conditions on the obligations of some days."""
    columns = table(ObligationFields).c
    found = [columns.meta_day.between(first.isoformat(), last.isoformat()), (columns.coll + 0).in_(asked.held)]
    if mine:
        found.append(columns.participant_id.in_(_carried(asked)))
    if types:
        found.append(columns.type.in_(types))
    return found


def _carried(asked: Asked) -> Any:
    """Whose case the asker carries; who was merged under each of their ids."""
    query = select(PERSON.c.id).where(PERSON.c.caseworker_id == asked.asker.staff_id, PERSON.c.coll.in_(asked.held))
    if not asked.groups:
        return query
    return [same for id in asked.connection.execute(query).scalars() for same in asked.same(id)]


def _entries(asked: Asked, rows: Sequence[Row[Any]]) -> list[CalendarEntry]:
    ids = {raw: UUID(bytes=raw) for raw in dict.fromkeys(row.participant_id for row in rows)}
    people, carried = asked.named(ids.values()), _caseworkers(asked, ids.values())
    when: Callable[[bytes], When] = cache(reader(ObligationFields, "when"))  # many are at the same moment
    restricted = {place.idx for place in asked.names.places.values() if place.kind == "restricted"}
    found = []
    for row in rows:
        id, participant_id, type, at, place, mode, judge, transport, interpreter, result, rule, reminders, coll, starts, _ = (
            tuple(row)
        )
        whom = ids[participant_id]
        called, interpreter_needed = people.get(whom, ("", False))
        caseworker = carried.get(whom)
        entry = CalendarEntry(
            id=UUID(bytes=id),
            participant_id=whom,
            participant=called,
            type=type,
            when=when(at),
            starts=from_ms(starts),
            place=place,
            mode=mode,
            judge=judge,
            transport=transport,
            interpreter=interpreter,
            interpreter_needed=interpreter_needed,
            result=result,
            rule=rule,
            caseworker_id=caseworker,
            caseworker=asked.who(caseworker),
            reminded=bool(unpacked(reminders)),
            restricted=coll in restricted,
        )
        found.append(entry)
    return found


def _caseworkers(asked: Asked, ids: Iterable[UUID]) -> Mapping[UUID, UUID | None]:
    """Who carries the case of each, under whichever of their ids they are given."""
    shown = {id: asked.same(id)[0].bytes for id in ids}
    wanted = list(dict.fromkeys(shown.values()))
    found: dict[bytes, bytes | None] = {}
    for start in range(0, len(wanted), 500):
        part = wanted[start : start + 500]
        rows = asked.connection.exec_driver_sql(
            f"SELECT id, caseworker_id FROM person WHERE id IN ({marks(part)}) AND coll + 0 IN ({marks(asked.held)})",
            (*part, *asked.held),
        )
        found.update((row[0], row[1]) for row in rows.all())
    staff = {raw: UUID(bytes=raw) for raw in set(found.values()) if raw}
    return {id: staff.get(found.get(first) or b"") for id, first in shown.items()}


def counts(asked: Asked, question: CalendarCounts) -> tuple[DayCount, ...]:
    """See the question. The index of days has everything that is counted: no record is read."""
    columns = table(ObligationFields).c
    wanted = [columns.meta_shown == 1, *_in_range(asked, question.first, question.last, question.mine, question.types)]
    # By day, result and type, as that index has them: nothing is put in order.
    groups = (columns.meta_day, columns.result, columns.type)
    query = select(*groups, func.count()).where(*wanted).group_by(*groups).order_by(columns.meta_day)
    found = []
    for day, rows in groupby(asked.connection.execute(query).all(), key=lambda row: row[0]):
        counted = dict.fromkeys(("hearings", "check_ins", "deadlines", "appointments"), 0)
        still_open = 0
        for _, result, type, number in rows:
            counted[group_of(type)] += number
            still_open += number if result is None else 0
        found.append(DayCount(day=date.fromisoformat(day), open=still_open, **counted))
    return tuple(found)


def reminders_due(asked: Asked, question: RemindersDue) -> tuple[ReminderRow, ...]:
    """See the question. At most MOST_REMINDERS."""
    columns = table(ObligationFields).c
    last = question.day + timedelta(days=max(REMIND_BEFORE))
    days = _in_range(asked, question.day, last, question.mine, REMINDED)
    wanted = [columns.meta_shown == 1, columns.result.is_(None), *days]
    query = select(*(columns[name] for name in SHOWN)).where(*wanted).order_by(columns.meta_starts)
    due = []
    for row in asked.connection.execute(query.execution_options(stream_results=True)):
        before = reminder_due(row.when, row.reminders, question.day)
        if before is not None:
            due.append((row, before))
            if len(due) == MOST_REMINDERS:
                break
    ids = [row.participant_id for row, _ in due]
    people, contacts = asked.people(ids), _contacts(asked, ids)
    return tuple(
        ReminderRow(
            obligation_id=row.id,
            participant_id=row.participant_id,
            participant=person.called,
            type=row.type,
            when=row.when,
            place=row.place,
            before=before,
            given=row.reminders[-1] if row.reminders else None,
            phone=contacts.get(row.participant_id, ("", ""))[0],
            safe_contact=contacts.get(row.participant_id, ("", ""))[1],
            languages=tuple(person.languages),
            interpreter_needed=person.interpreter_needed,
        )
        for row, before in due
        if (person := people.get(row.participant_id)) is not None
    )


def _contacts(asked: Asked, ids: Sequence[UUID]) -> dict[UUID, tuple[str, str]]:
    """Of each: a number that is safe, the preferred first, and how they may be reached."""
    found: dict[UUID, tuple[str, str]] = {}
    routes, people = table(ContactRouteFields).c, table(ParticipantFields).c
    for start in range(0, len(ids), 200):
        group = {same: id for id in ids[start : start + 200] for same in asked.same(id)}
        query = asked.select(ParticipantFields, people.id.in_(list(group))).with_only_columns(people.id, people.safe_contact)
        notes = {group[id]: note for id, note in asked.connection.execute(query) if note}
        safe = asked.all(
            ContactRouteFields,
            routes.participant_id.in_(list(group)),
            routes.safe.is_(True),
            routes.route.in_(("phone", "text")),
            order=(routes.preferred, routes.meta_changed),
        )
        numbers = {group[item.fields.participant_id]: item.fields.value for item in safe}
        found |= {id: (numbers.get(id, ""), notes.get(id, "")) for id in group.values()}
    return found


def export(asked: Asked, question: CalendarExport) -> tuple[ExportEntry, ...]:
    """See the question. What was taken out here is in it as cancelled, so that a calendar that has it hears of that."""
    columns = table(ObligationFields).c
    shown_or_not = columns.meta_shown.in_((0, 1))  # as the index of days begins
    wanted = [shown_or_not, *_in_range(asked, question.first, question.last, question.mine, question.types)]
    open_ones = [place.idx for place in asked.names.places.values() if place.kind != "restricted" and place.idx in asked.held]
    names = (*SHOWN, "meta_life", "meta_created", "meta_changed", "meta_shown")
    query = select(*(columns[name] for name in names)).where(
        *wanted, columns.coll.in_(open_ones), columns.meta_life.in_((Life.LIVE.value, Life.DELETED.value))
    )
    rows = asked.connection.execute(query.order_by(columns.meta_starts, columns.id)).all()
    known = _everybody_around(asked, {row.participant_id for row in rows})
    courts = {place: _court(place, known) for place in {row.place for row in rows if row.type in HEARINGS}}
    return tuple(
        ExportEntry(
            obligation_id=row.id,
            group=group_of(row.type),
            when=row.when,
            minutes=MINUTES.get(row.type, USUAL_MINUTES),
            court=courts[row.place] if row.type in HEARINGS else "",
            cancelled=row.meta_life == Life.DELETED.value or row.result in CALLED_OFF,
            created_at=from_ms(state.unsigned64(row.meta_created) >> 16),
            changed_at=from_ms(state.unsigned64(row.meta_changed) >> 16),
        )
        for row in rows
        if row.meta_shown or row.meta_life == Life.DELETED.value
    )


def _everybody_around(asked: Asked, ids: set[UUID]) -> list[ParticipantFields]:
    """These people and whoever was ever of their households: their names must not be in an export."""
    columns = table(HouseholdMemberFields).c
    found = set(ids)
    for start in range(0, len(ids), 500):
        part = list(ids)[start : start + 500]
        homes = select(columns.household_id).where(columns.participant_id.in_(part))
        found |= set(asked.connection.execute(select(columns.participant_id).where(columns.household_id.in_(homes))).scalars())
    return list(asked.people(found).values())


def _court(place: str, known: Sequence[ParticipantFields]) -> str:
    """Where a hearing is; "" when the words have a number like a phone's or an A-number's, or a name of somebody."""
    return "" if _LONG_NUMBER.search(place) or names_in(place, known) else place
