"""Today: what is late, what is today, what the week brings; for one person or for everybody.

An office has thousands of things that are late, and a column shows two hundred of them. So a thing is at first no more than a
tuple of columns (`_Line`), by which it is put in order; it becomes a `TodayItem` once it is one that is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

from cmpp_desktop.domain.members import ComingOfAge
from cmpp_desktop.domain.obligations import HEARINGS, ObligationFields
from cmpp_desktop.domain.questions import Today, TodayAnswer, TodayItem, TodayKind
from cmpp_desktop.domain.records import Life, When
from cmpp_desktop.domain.reviews import ReviewFields
from cmpp_desktop.domain.sessions import ServiceSessionFields
from cmpp_desktop.domain.work import Stored
from cmpp_desktop.store.columns import to_ms
from cmpp_desktop.store.drafts import RESTRICTED
from cmpp_desktop.store.queries.common import MIDNIGHT, Asked, reader, table, unpacked
from cmpp_desktop.store.queries.households import coming_of_age
from cmpp_desktop.store.queries.office import drafts_of
from cmpp_desktop.words import zone_of

WEEK, MONTH = 7, 30
AT_MOST = 200  # in a column: nobody reads more, and a neglected list, or everybody's, has thousands
_OBLIGATIONS = (
    'SELECT id, participant_id, type, "when", place, transport, interpreter, lawyer, reminder, result, rule, meta_starts '
    "FROM r_obligation"
)
DEADLINES = ("filing_deadline", "asylum_deadline", "address_change", "departure")
_LATER = "9999"  # what has no day comes after all that has


class _Line(NamedTuple):
    """Something to be done, as it lies in the columns; the first three are its place. `raw`: what its card is made from."""

    day: str
    at: str
    id: bytes
    kind: TodayKind
    participant_id: bytes | None
    done: bool
    raw: Sequence[Any]


@dataclass(frozen=True, slots=True)
class _Subject:
    """Records with a day on which something is to be done. `open`: the condition, as SQL, that it has not been done; `own`: the
    column with whose it is (a task), or whose it is as well (who made a referral for somebody else's participant)."""

    kind: TodayKind
    table: str
    due: str
    open: str
    code: str
    title: str
    own: str = ""


_TASK = _Subject("task", "r_task", "due_on", "done_at IS NULL", "title_code", "title", "assigned_to")
_CONSENT = _Subject("consent_ends", "r_consent", "expires_on", "withdrawn_on IS NULL", "scope", "recipient")
_REFERRAL = _Subject("referral", "r_referral", "follow_up_on", "closed_on IS NULL", "scope", "to_name", "referred_by")
_PLAN = _Subject("plan_review", "r_service_plan", "review_on", "closed_on IS NULL", "''", "''")


def today(asked: Asked, question: Today) -> TodayAnswer:
    """See the question. Of each subject at most AT_MOST that are late, and as many of the rest, are read."""
    due = _Due(asked, question)
    found = [*due.late(), *due.ahead(), *_tasks(due)]
    for subject in (_CONSENT, _REFERRAL, _PLAN):
        found += due.of(subject, late=subject is not _CONSENT)
    found.sort(key=itemgetter(0, 1, 2))
    day = due.day
    overdue = [line for line in found if line.day < day and not line.done]
    now = [line for line in found if line.day == day or (line.day < day and line.done)]
    week = [line for line in found if line.day > day]
    more_late = due.more_late + max(len(overdue) - AT_MOST, 0)
    more_ahead = due.more_ahead + sum(max(len(column) - AT_MOST, 0) for column in (now, week))
    left = [*_returned(asked, question.mine), *_open_drafts(asked)]
    make = _Cards(asked, (overdue[-AT_MOST:], now[:AT_MOST], week[:AT_MOST]), left)
    hearings, deadlines = due.coming()
    return TodayAnswer(
        make.column(0), (*make.column(1), *make.left()), make.column(2), hearings, deadlines, more_late, more_ahead,
        _came_of_age(asked, question),
    )  # fmt: skip


class _Due:
    """Reads what is due; counts what is beyond AT_MOST and was not read."""

    def __init__(self, asked: Asked, question: Today) -> None:
        self.asked, self.mine = asked, question.mine
        self.day, self.last = question.day.isoformat(), (question.day + timedelta(days=WEEK)).isoformat()
        self.month = (question.day + timedelta(days=MONTH)).isoformat()
        self.start = to_ms(When(day=question.day, zone=zone_of(asked.zone).key).instant)
        self._midnight = (question.day - date(1970, 1, 1)).days * MIDNIGHT
        self.more_late = self.more_ahead = 0
        self._held = ",".join(map(str, asked.held))
        # The asker's are looked for from their people on, and the pluses hide the indexes that begin with everybody's.
        self._plus = "+" if self.mine else ""
        self._shown = f"{self._plus}meta_shown = 1 AND coll + 0 IN ({self._held})"
        # The sums leave SQLite the indexes of what is asked for: one that begins with `meta_shown` would read everybody's.
        self._seen = f"coll + 0 IN ({self._held}) AND meta_shown + 0 = 1"
        self._values = {
            "me": asked.asker.staff_id.bytes, "day": self.day, "last": self.last, "month": self.month, "start": self.start
        }  # fmt: skip

    def of(self, subject: _Subject, *, late: bool = True) -> list[_Line]:
        """Those until the last day: the latest of what is late, and the first of the rest."""
        plus = "" if subject is _TASK else self._plus
        open, due = f"{plus}{subject.open}", f"{plus}{subject.due}"
        if self.mine and late:  # one person's are mostly few: a single look has them all
            found, more = self.some(subject, f"{open} AND {due} <= :last", subject.due)
            if not more:
                return found
        found, more = self.some(subject, f"{open} AND {due} BETWEEN :day AND :last", subject.due)
        self.more_ahead += more
        if late:
            overdue, more = self.some(subject, f"{open} AND {due} < :day", subject.due, "DESC")
            self.more_late += more
            found += overdue
        return found

    def some(self, subject: _Subject, wanted: str, order: str, way: str = "") -> tuple[list[_Line], int]:
        """At most AT_MOST of them, and how many more there are. Those of one day go the same `way` as the days are: as they are
        in the index."""
        where = f"{wanted} AND {self._seen}"
        if self.mine:
            where += " AND assigned_to = :me" if subject is _TASK else self._carried(subject.table, "", subject.own)
        columns = f"id, participant_id, {subject.due}, {subject.code}, {subject.title}"
        order = f"{self._plus}{order} {way}, {self._plus}id {way}"
        rows, more = self._cut(
            self._rows(f"SELECT {columns} FROM {subject.table} WHERE {where} ORDER BY {order}"), where, subject.table
        )
        return [_Line(row[2] or _LATER, "", row[0], subject.kind, row[1], False, row) for row in rows], more

    def late(self) -> list[_Line]:
        """Obligations that are past and have no result, the latest first: the oldest thousand of a neglected list would hide
        yesterday's."""
        # By their moments, as the index of those without a result has them.
        where = f"{self._at(None, 0)} AND result IS NULL AND likely(meta_day < :day)"
        rows = self._rows(f"{_OBLIGATIONS} WHERE {where} ORDER BY meta_starts DESC, rowid DESC")
        rows, more = self._cut(rows, where, "r_obligation")
        self.more_late += more
        return [_obligation(row) for row in rows]

    def ahead(self) -> list[_Line]:
        """Obligations without a result until the last day; of today, also those with one."""
        days = "meta_day BETWEEN :day AND :last"
        whole = f"{self._at(0, WEEK)} AND {days} AND (result IS NULL OR meta_day = :day)"
        parts = [whole]
        if not self.mine:  # an office has thousands in a week: the first ones by their index, and those of today with a result
            parts = [
                f"{self._at(0, WEEK)} AND result IS NULL AND +{days}",
                f"{self._shown} AND result IS NOT NULL AND meta_day = :day",
            ]
            whole = f"{self._shown} AND {days} AND (result IS NULL OR meta_day = :day)"
        found: list[Any] = []
        for part in parts:
            found += self._rows(f"{_OBLIGATIONS} WHERE {part} ORDER BY meta_starts, id")
        found.sort(key=itemgetter(11, 0))
        rows, more = self._cut(found, whole, "r_obligation")
        self.more_ahead += more
        return [_obligation(row) for row in rows]

    def _at(self, first: int | None, last: int) -> str:
        """The condition that an obligation is shown, is the asker's where these are asked for, and is about so many days from
        today. By its moment: a day begins a day earlier, and ends a day later, somewhere in the world."""
        span = f"meta_starts < {self._midnight + (last + 2) * MIDNIGHT}"
        if first is not None:
            span += f" AND meta_starts >= {self._midnight + (first - 1) * MIDNIGHT}"
        return f"{self._shown}{self._carried('r_obligation', span)}" if self.mine else f"{self._shown} AND {span}"

    def _carried(self, table: str, span: str = "", own: str = "") -> str:
        """The condition that a record is about somebody whose case the asker carries, or that they are in its column `own`."""
        also = f" UNION SELECT rowid FROM {table} WHERE {own} = :me" if own else ""
        return (
            f" AND rowid IN (SELECT k.rowid FROM person p CROSS JOIN {table} k ON k.participant_id = p.id"
            f"{' AND ' if span else ''}{span} WHERE p.caseworker_id = :me AND p.coll IN ({self._held}){also})"
        )

    def _rows(self, sql: str) -> Sequence[Any]:
        """One more than are shown, if there are."""
        return self.asked.connection.exec_driver_sql(f"{sql} LIMIT {AT_MOST + 1}", self._values).all()

    def _cut(self, rows: Sequence[Any], where: str, table: str) -> tuple[Sequence[Any], int]:
        """Those that are shown, and how many more there are."""
        if len(rows) <= AT_MOST:
            return rows, 0
        counted = self.asked.connection.exec_driver_sql(f"SELECT count(*) FROM {table} WHERE {where}", self._values)
        return rows[:AT_MOST], counted.scalar_one() - AT_MOST

    def coming(self) -> tuple[int, int]:
        """How many hearings and deadlines are in the next thirty days."""
        hearings, deadlines = (",".join(f"'{type}'" for type in types) for types in (HEARINGS, DEADLINES))
        found = self.asked.connection.exec_driver_sql(
            f"SELECT coalesce(sum(type IN ({hearings})), 0), coalesce(sum(type IN ({deadlines})), 0) FROM r_obligation "
            f"WHERE {self._at(0, MONTH) if self.mine else self._shown} AND meta_day BETWEEN :day AND :month AND result IS NULL",
            self._values,
        ).one()
        return found[0], found[1]


def _obligation(row: Any) -> _Line:
    when = unpacked(row[3])
    return _Line(when["day"], when.get("at") or "", row[0], "obligation", row[1], row[9] is not None, row)


def _tasks(due: _Due) -> list[_Line]:
    """Open ones that are due, or have no day; done ones until the day ends."""
    found = due.of(_TASK)
    undated, more = due.some(_TASK, "done_at IS NULL AND due_on IS NULL", "meta_created")
    due.more_ahead += more
    done, more = due.some(_TASK, "done_at >= :start", "meta_created")
    due.more_ahead += more
    return [*found, *undated, *(line._replace(day=due.day, done=True) for line in done)]


class _Cards:
    """Makes the cards of the lines that are shown, and of what has no day, with the names of the people."""

    def __init__(self, asked: Asked, columns: Sequence[Sequence[_Line]], left: Sequence[TodayItem]) -> None:
        self._columns, self._left = columns, left
        raw = dict.fromkeys(line.participant_id for lines in columns for line in lines if line.participant_id)
        self._ids = {id: UUID(bytes=id) for id in raw}
        self._people = asked.named([*self._ids.values(), *(item.participant_id for item in left if item.participant_id)])
        zone = zone_of(asked.zone).key
        self._day: Callable[[str], When] = cache(lambda day: When(day=date.fromisoformat(day), zone=zone))
        self._when: Callable[[bytes], When] = cache(reader(ObligationFields, "when"))

    def column(self, at: int) -> tuple[TodayItem, ...]:
        return tuple(self._obligation(line) if line.kind == "obligation" else self._other(line) for line in self._columns[at])

    def left(self) -> Iterable[TodayItem]:
        """What has no day: made already, but for the names."""
        for item in self._left:
            called, interpreter = self._people.get(item.participant_id, ("", False)) if item.participant_id else ("", False)
            yield replace(item, participant=called, interpreter_needed=interpreter)

    def _named(self, line: _Line) -> tuple[UUID | None, str, bool]:
        id = self._ids[line.participant_id] if line.participant_id else None
        return (id, *(self._people.get(id, ("", False)) if id else ("", False)))

    def _obligation(self, line: _Line) -> TodayItem:
        id, called, interpreter_needed = self._named(line)
        _, _, type, when, place, transport, interpreter, lawyer, reminder, result, rule, _ = line.raw
        return TodayItem(
            "obligation", UUID(bytes=line.id), id, called, type, "", self._when(when), place, transport, interpreter,
            interpreter_needed, lawyer, reminder, result, rule,
        )  # fmt: skip

    def _other(self, line: _Line) -> TodayItem:
        id, called, interpreter = self._named(line)
        code, title = line.raw[3], line.raw[4]
        if line.kind == "consent_ends":
            code = (unpacked(code) or ("",))[0]
        return TodayItem(
            line.kind, UUID(bytes=line.id), id, called, line.kind if line.kind == "plan_review" else code or "", title,
            None if line.day == _LATER else self._day(line.day), interpreter_needed=interpreter,
            result="done" if line.done else None,
        )  # fmt: skip


def _came_of_age(asked: Asked, question: Today) -> tuple[TodayItem, ...]:
    """Who turned 18 and has not been seen about that: worked out from days of birth whenever it is asked."""
    zone = zone_of(asked.zone).key
    return tuple(
        TodayItem(
            "turned_adult",
            one.participant_id,
            one.participant_id,
            one.participant,
            "turned_adult",
            "",
            When(day=one.turned_on, zone=zone),
        )
        for one in coming_of_age(asked, ComingOfAge(question.day, question.mine))[:AT_MOST]
    )


def _returned(asked: Asked, mine: bool) -> list[TodayItem]:
    """Sessions that a supervisor sent back and that have not been submitted again."""
    reviews = table(ReviewFields).c
    returned = {item.fields.subject_id for item in asked.all(ReviewFields, reviews.verdict == "returned")}
    found = []
    for session in _sessions(asked, returned):
        if session.life is not Life.LIVE or (mine and asked.asker.staff_id not in session.fields.staff_ids):
            continue
        last = asked.all(ReviewFields, reviews.subject_id == session.id, order=(reviews.at, reviews.id))[-1]
        if last.fields.verdict == "returned":
            code = session.fields.services[0] if session.fields.services else ""
            found.append(
                TodayItem(
                    "returned",
                    session.id,
                    session.fields.participant_id,
                    "",
                    code,
                    "",
                    None,
                    since=last.fields.at,
                )
            )
    return found


def _sessions(asked: Asked, ids: Iterable[UUID]) -> list[Stored[ServiceSessionFields]]:
    return asked.all(ServiceSessionFields, table(ServiceSessionFields).c.id.in_(list(ids)))


def _open_drafts(asked: Asked) -> list[TodayItem]:
    return [
        TodayItem(
            "draft",
            draft.subject_id or draft.participant_id or UUID(int=0),
            draft.participant_id,
            "",
            draft.key.removeprefix(RESTRICTED).partition(":")[0],
            draft.title,
            None,
            words=draft.words,
            since=draft.changed_at,
            draft_key=draft.key,
        )
        for draft in drafts_of(asked, None)
    ]
