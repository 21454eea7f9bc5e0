"""The stream of one participant: what is ahead, what is today, what was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import or_

from cmpp_desktop.domain.cases import CaseFields
from cmpp_desktop.domain.consent import ConsentFields
from cmpp_desktop.domain.obligations import ObligationFields
from cmpp_desktop.domain.participants import AddressFields
from cmpp_desktop.domain.questions import EntryKind, Timeline, TimelineAnswer, TimelineEntry
from cmpp_desktop.domain.records import When
from cmpp_desktop.domain.reviews import AmendmentFields, ReviewFields, document_status
from cmpp_desktop.domain.screenings import ScreeningFields
from cmpp_desktop.domain.sessions import AttendanceFields, ServiceSessionFields
from cmpp_desktop.domain.tasks import NoteFields, TaskFields
from cmpp_desktop.domain.work import Stored
from cmpp_desktop.store.columns import to_ms
from cmpp_desktop.store.folding import fold
from cmpp_desktop.store.queries.common import Asked, table
from cmpp_desktop.store.queries.sessions import shared_with
from cmpp_desktop.store.queries.timeline_records import TOLD, Told, days_of, said_of
from cmpp_desktop.store.state import CHANGED_SINCE, CONFLICT
from cmpp_desktop.words import zone_of

BEGINNING = 280  # letters of a narrative that a line shows


def timeline(asked: Asked, question: Timeline) -> TimelineAnswer:
    """See the question. Entries are ordered by their moment; one without a time of day counts from its midnight."""
    asked.person(question.participant_id)
    stream = _Stream(asked, question)
    entries = [entry for entry in stream.entries() if _says(entry, stream.texts.get(entry.id, ""), question.text)]
    entries.sort(key=lambda entry: (entry.when, str(entry.id)), reverse=True)
    ahead = tuple(entry for entry in entries if entry.day > question.day)
    now = tuple(entry for entry in reversed(entries) if entry.day == question.day)
    earlier = [
        entry for entry in entries if entry.day < question.day and (question.before is None or entry.when < question.before)
    ]
    if question.before is not None:
        ahead, now = (), ()
    return TimelineAnswer(ahead, now, tuple(earlier[: question.limit]), len(earlier) > question.limit)


def _says(entry: TimelineEntry, whole: str, typed: str) -> bool:
    words = fold(typed).split()
    text = fold(" ".join((entry.code, entry.title, entry.place, entry.who, whole))) if words else ""
    return all(word in text for word in words)


class _Stream:
    """Gathers the entries of the kinds that were asked for."""

    def __init__(self, asked: Asked, question: Timeline) -> None:
        self._asked, self._question = asked, question
        self._ids = asked.same(question.participant_id)
        self.texts: dict[UUID, str] = {}
        self._zone = zone_of(asked.zone)
        self._conflicts = self._in_conflict()
        self._there = asked.kinds_about(self._ids)

    def entries(self) -> Iterator[TimelineEntry]:
        makers: dict[EntryKind, Callable[[], Iterator[TimelineEntry]]] = {
            "obligation": self._obligations,
            "session": self._sessions,
            "screening": self._screenings,
            "note": self._notes,
            "task": self._tasks,
            "consent": self._consents,
            "case": self._cases,
            "address": self._addresses,
        }
        for kind, make in makers.items():
            if not self._question.kinds or kind in self._question.kinds:
                yield from make()
        for told in TOLD:
            if not self._question.kinds or told.model.kind in self._question.kinds:
                yield from self._told(told)

    def _in_conflict(self) -> set[bytes]:
        sql = f"SELECT id FROM sync_record WHERE flags <> 0 AND flags & {CONFLICT | CHANGED_SINCE}"
        return set(self._asked.connection.exec_driver_sql(sql).scalars())

    def _about(self, kind: Any) -> list[Stored[Any]]:
        return self._asked.about(kind, self._ids) if kind.kind in self._there else []

    def _entry(
        self, kind: EntryKind, item: Stored[Any], when: When | datetime | date, code: str, *, text: str = "", **more: Any
    ) -> TimelineEntry:
        moment, day, at = self._placed(when)
        self.texts[item.id] = text
        conflict = item.id.bytes in self._conflicts
        more["restricted"] = item.compartment == "restricted"
        return TimelineEntry(kind, item.id, moment, day, at, code, text=text[:BEGINNING], conflict=conflict, **more)

    def _placed(self, when: When | datetime | date) -> tuple[datetime, date, str]:
        if isinstance(when, When):
            return when.instant, when.day, when.at.strftime("%H:%M") if when.at else ""
        if isinstance(when, datetime):
            here = when.astimezone(self._zone)
            return when, here.date(), here.strftime("%H:%M")
        return datetime.combine(when, time(0), self._zone).astimezone(UTC), when, ""

    def _obligations(self) -> Iterator[TimelineEntry]:
        for item in self._about(ObligationFields):
            fields: ObligationFields = item.fields
            text = " ".join(part for part in (fields.note, fields.result_note) if part)
            yield self._entry(
                "obligation",
                item,
                fields.when,
                fields.type,
                text=text,
                place=fields.place,
                result=fields.result,
                zone=fields.when.zone,
            )

    def _sessions(self) -> Iterator[TimelineEntry]:
        own = {item.id: item for item in self._sessions_shown()}
        withheld = shared_with(self._asked, self._ids[0], list(own))
        reviews = self._by_subject(ReviewFields, list(own))
        amendments = self._by_subject(AmendmentFields, list(own))
        for item in own.values():
            fields: ServiceSessionFields = item.fields
            status = document_status(item.life, reviews.get(item.id, ()), len(amendments.get(item.id, ())))
            who = self._asked.who(fields.staff_ids[0]) if fields.staff_ids else ""
            code = fields.services[0] if fields.services else ""
            yield self._entry(
                "session",
                item,
                fields.when,
                code,
                title="" if item.id in withheld else fields.topic,
                text="" if item.id in withheld else fields.narrative,
                minutes=fields.minutes,
                status=status,
                who=who,
                place="" if item.id in withheld else fields.place_note,
                withheld=item.id in withheld,
            )

    def _sessions_shown(self) -> list[Stored[ServiceSessionFields]]:
        """Sessions that may be on this page of the stream, whether their file or only their attendance: all where words are
        looked for in them; else those ahead and of today, and as many earlier ones as the page has lines, and one more."""
        asked, question = self._asked, self._question
        if not {"service_session", "attendance"} & self._there:
            return []
        attendance, sessions = table(AttendanceFields).c, table(ServiceSessionFields).c
        there = asked.select(AttendanceFields, attendance.participant_id.in_(self._ids))
        mine = or_(
            sessions.participant_id.in_(self._ids),
            sessions.id.in_(there.with_only_columns(attendance.session_id)),
        )
        order = (sessions.meta_starts.desc(), sessions.id.desc())
        if question.text.strip():
            return asked.all(ServiceSessionFields, mine, order=order)
        earlier = [mine, sessions.meta_day < question.day.isoformat()]
        if question.before is not None:
            earlier.append(sessions.meta_starts < to_ms(question.before))
        query = asked.select(ServiceSessionFields, *earlier).order_by(*order).limit(question.limit + 1)
        found = [asked.stored(ServiceSessionFields, row) for row in asked.connection.execute(query)]
        if question.before is None:
            found += asked.all(ServiceSessionFields, mine, sessions.meta_day >= question.day.isoformat(), order=order)
        return found

    def _by_subject(self, kind: Any, ids: list[UUID]) -> dict[UUID, list[Any]]:
        found: dict[UUID, list[Any]] = {}
        for start in range(0, len(ids), 500):
            for item in self._asked.all(kind, table(kind).c.subject_id.in_(ids[start : start + 500])):
                found.setdefault(item.fields.subject_id, []).append(item.fields)
        return found

    def _screenings(self) -> Iterator[TimelineEntry]:
        for item in self._about(ScreeningFields):
            fields: ScreeningFields = item.fields
            yield self._entry(
                "screening",
                item,
                fields.administration.finished_at,
                fields.form_id,
                title=fields.title,
                text=fields.follow_up,
                status=item.life.value,
                who=self._asked.who(fields.staff_id),
            )

    def _notes(self) -> Iterator[TimelineEntry]:
        for item in self._about(NoteFields):
            fields: NoteFields = item.fields
            yield self._entry(
                "note", item, fields.written_at, fields.type, text=fields.text, who=self._asked.who(fields.author_id)
            )

    def _tasks(self) -> Iterator[TimelineEntry]:
        for item in self._about(TaskFields):
            fields: TaskFields = item.fields
            when: Any = fields.done_at or fields.due_at or fields.due_on or item.created_at
            status = "done" if fields.done_at else "open"
            who = self._asked.who(fields.done_by or fields.assigned_to)
            yield self._entry(
                "task", item, when, fields.title_code or "", title=fields.title, text=fields.note, status=status, who=who
            )

    def _told(self, told: Told) -> Iterator[TimelineEntry]:
        kind: Any = told.model.kind  # one of EntryKind
        for item in self._about(told.model):
            said = said_of(told, item)
            who = self._asked.who(said.pop("who") or None)
            code, result = said.pop("code") or "", said.pop("result") or None
            for step, day in days_of(told, item):
                yield self._entry(kind, item, day, code, result=result, who=who, step=step, **said)

    def _consents(self) -> Iterator[TimelineEntry]:
        for item in self._about(ConsentFields):
            fields: ConsentFields = item.fields
            status = "withdrawn" if fields.withdrawn_on else "given"
            yield self._entry(
                "consent",
                item,
                fields.given_on,
                fields.scope[0] if fields.scope else "",
                title=fields.recipient,
                text=fields.purpose,
                status=status,
            )

    def _cases(self) -> Iterator[TimelineEntry]:
        for item in self._about(CaseFields):
            fields: CaseFields = item.fields
            yield self._entry("case", item, fields.closed_on or fields.opened_on, fields.state, title=fields.exit_reason or "")

    def _addresses(self) -> Iterator[TimelineEntry]:
        for item in self._about(AddressFields):
            fields: AddressFields = item.fields
            where = "" if fields.confidential else fields.address.one_line
            yield self._entry("address", item, fields.since or item.created_at, fields.use, place=where)
