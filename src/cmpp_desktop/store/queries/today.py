"""Today: what is late, what is today, what the week brings; for one person or for everybody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, literal_column, or_, select

from cmpp_desktop.domain.consent import ConsentFields
from cmpp_desktop.domain.members import ComingOfAge
from cmpp_desktop.domain.obligations import HEARINGS, ObligationFields
from cmpp_desktop.domain.plans import ServicePlanFields
from cmpp_desktop.domain.questions import Today, TodayAnswer, TodayItem
from cmpp_desktop.domain.records import F, Life, When
from cmpp_desktop.domain.referrals import ReferralFields
from cmpp_desktop.domain.reviews import ReviewFields
from cmpp_desktop.domain.sessions import ServiceSessionFields
from cmpp_desktop.domain.tasks import TaskFields
from cmpp_desktop.domain.work import Stored
from cmpp_desktop.store.drafts import RESTRICTED
from cmpp_desktop.store.queries.common import MIDNIGHT, Asked, table
from cmpp_desktop.store.queries.households import coming_of_age
from cmpp_desktop.store.queries.office import drafts_of
from cmpp_desktop.store.queries.referrals import to_ask
from cmpp_desktop.store.tables import PERSON
from cmpp_desktop.words import zone_of

WEEK, MONTH = 7, 30
AT_MOST = 200  # in a column: nobody reads more, and a neglected list, or everybody's, has thousands
SHOWN = (
    "id",
    "participant_id",
    "type",
    "when",
    "place",
    "transport",
    "interpreter",
    "lawyer",
    "reminder",
    "result",
    "rule",
)
DEADLINES = ("filing_deadline", "asylum_deadline", "address_change", "departure")


def today(asked: Asked, question: Today) -> TodayAnswer:
    """See the question. Of each subject at most AT_MOST that are late, and as many of the rest, are read."""
    day, last = question.day, question.day + timedelta(days=WEEK)
    mine = _carried(asked) if question.mine else None
    late, more_late = _obligations(asked, mine, None, day - timedelta(days=1))
    ahead, more_ahead = _obligations(asked, mine, day, last)
    found = [*late, *ahead]
    due = _Due(asked, day, last, mine)
    for part in (_tasks(due, question), _ending_consents(due), _referrals(due, question.mine), _plan_reviews(due)):
        found += part
    found.sort(key=_order)
    overdue = [item for item in found if item.when and item.when.day < day and item.result is None]
    now = [item for item in found if item.when and (item.when.day == day or (item.when.day < day and item.result is not None))]
    week = [item for item in found if item.when is None or item.when.day > day]
    more_late += due.more_late + max(len(overdue) - AT_MOST, 0)
    more_ahead += due.more_ahead + sum(max(len(column) - AT_MOST, 0) for column in (now, week))
    left = [*_returned(asked, question.mine), *_open_drafts(asked)]
    shown = _with_people(asked, overdue[-AT_MOST:], [*now[:AT_MOST], *left], week[:AT_MOST])
    coming = _coming(asked, day, mine)
    return TodayAnswer(
        shown[0],
        shown[1],
        shown[2],
        sum(coming.get(type, 0) for type in HEARINGS),
        sum(coming.get(type, 0) for type in DEADLINES),
        more_late,
        more_ahead,
        _came_of_age(asked, question),
    )


@dataclass
class _Due:
    """Records with a day on which something is to be done; counts those that are beyond AT_MOST and were not read."""

    asked: Asked
    day: date
    last: date
    mine: Select[Any] | None
    more_late: int = 0
    more_ahead: int = 0

    def of(self, kind: type[F], due: Any, *wanted: Any, late: bool = True) -> list[Stored[F]]:
        """Those until the last day: the latest of what is late, and the first of the rest."""
        if self.mine is not None and late:  # one person's are mostly few: a single look has them all
            found, more = self.some(kind, (due.asc(),), due <= self.last, *wanted)
            if not more:
                return found
        found, more = self.some(kind, (due.asc(),), due.between(self.day, self.last), *wanted)
        self.more_ahead += more
        if late:
            overdue, more = self.some(kind, (due.desc(),), due < self.day, *wanted)
            self.more_late += more
            found += overdue
        return found

    def some(self, kind: type[F], order: tuple[Any, ...], *wanted: Any) -> tuple[list[Stored[F]], int]:
        """At most AT_MOST of them, and how many more there are."""
        query = self.asked.select(kind, *wanted)
        rows = self.asked.connection.execute(query.order_by(*order, table(kind).c.id).limit(AT_MOST + 1)).all()
        more = 0
        if len(rows) > AT_MOST:
            more = (self.asked.connection.execute(query.with_only_columns(func.count())).scalar() or 0) - AT_MOST
        return [self.asked.stored(kind, row) for row in rows[:AT_MOST]], more


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


def _carried(asked: Asked) -> Select[Any]:
    """The participants whose case the asker carries."""
    return select(PERSON.c.id).where(PERSON.c.caseworker_id == asked.asker.staff_id, PERSON.c.coll.in_(asked.held))


def _order(item: TodayItem) -> tuple[str, str, str]:
    if item.when is None:
        return ("9999", "", str(item.id))
    return (item.when.day.isoformat(), item.when.at.isoformat() if item.when.at else "", str(item.id))


def _obligations(asked: Asked, mine: Select[Any] | None, first: date | None, last: date) -> tuple[list[TodayItem], int]:
    """Those of some days without a result (and, of the first day, also those with one), and how many more there are. What is
    late (`first` None) with the latest first, for the oldest thousand of a neglected list would hide yesterday's."""
    columns = table(ObligationFields).c
    wanted = [columns.meta_shown == 1, (columns.coll + 0).in_(asked.held), *_of_mine(mine, columns.participant_id)]
    if first is None:
        # By their moments, newest first, as the index of those without a result has them; two days on, every zone's day is over.
        end = (last - date(1970, 1, 1)).days * MIDNIGHT + 2 * MIDNIGHT
        wanted += [columns.result.is_(None), columns.meta_starts < end, func.likely(columns.meta_day) <= last.isoformat()]
        order: tuple[Any, ...] = (columns.meta_starts.desc(), literal_column("r_obligation.rowid").desc())
    else:
        today = first.isoformat()
        wanted += [columns.meta_day >= today, columns.meta_day <= last.isoformat()]
        wanted.append(or_(columns.result.is_(None), columns.meta_day == today))
        order = (columns.meta_starts.asc(), columns.id.asc())
    query = select(*(columns[name] for name in SHOWN)).where(*wanted).order_by(*order).limit(AT_MOST + 1)
    rows = asked.connection.execute(query).all()
    more = 0
    if len(rows) > AT_MOST:
        more = (asked.connection.execute(select(func.count()).where(*wanted)).scalar() or 0) - AT_MOST
    return [
        TodayItem(
            "obligation",
            row.id,
            row.participant_id,
            "",
            row.type,
            "",
            row.when,
            row.place,
            row.transport,
            row.interpreter,
            False,
            row.lawyer,
            row.reminder,
            row.result,
            row.rule,
        )
        for row in rows[:AT_MOST]
    ], more


def _of_mine(mine: Select[Any] | None, column: Any) -> list[Any]:
    """The condition that a record is about somebody whose case the asker carries; none when all are asked for."""
    return [] if mine is None else [column.in_(mine)]


def _tasks(due: _Due, question: Today) -> list[TodayItem]:
    """Open ones that are due, or have no day; done ones until the day ends."""
    columns, zone = table(TaskFields).c, zone_of(due.asked.zone).key
    start = When(day=question.day, zone=zone).instant
    whose = [columns.assigned_to == due.asked.asker.staff_id] if question.mine else []
    rows = due.of(TaskFields, columns.due_on, columns.done_at.is_(None), *whose)
    for wanted in ((columns.done_at.is_(None), columns.due_on.is_(None)), (columns.done_at >= start,)):
        found, more = due.some(TaskFields, (columns.meta_created,), *wanted, *whose)
        rows += found
        due.more_ahead += more
    return [_task(item, question.day, zone) for item in rows]


def _task(item: Stored[TaskFields], day: date, zone: str) -> TodayItem:
    task = item.fields
    due = task.due_on if task.done_at is None else day
    when = When(day=due, zone=zone) if due else None
    result = "done" if task.done_at else None
    return TodayItem("task", item.id, task.participant_id, "", task.title_code or "", task.title, when, result=result)


def _ending_consents(due: _Due) -> list[TodayItem]:
    columns, zone = table(ConsentFields).c, zone_of(due.asked.zone).key
    wanted = (columns.withdrawn_on.is_(None), *_of_mine(due.mine, columns.participant_id))
    return [
        TodayItem(
            "consent_ends",
            item.id,
            item.fields.participant_id,
            "",
            item.fields.scope[0] if item.fields.scope else "",
            item.fields.recipient,
            When(day=item.fields.expires_on, zone=zone),
        )
        for item in due.of(ConsentFields, columns.expires_on, *wanted, late=False)
        if item.fields.expires_on is not None
    ]


def _referrals(due: _Due, mine: bool) -> list[TodayItem]:
    """Open referrals, on the day on which somebody should ask how it went."""
    zone, follow_up = zone_of(due.asked.zone).key, table(ReferralFields).c.follow_up_on
    return [
        TodayItem(
            "referral",
            item.id,
            item.fields.participant_id,
            "",
            item.fields.scope,
            item.fields.to_name,
            When(day=item.fields.follow_up_on, zone=zone),
        )
        for item in due.of(ReferralFields, follow_up, *to_ask(due.asked, mine))
        if item.fields.follow_up_on is not None
    ]


def _plan_reviews(due: _Due) -> list[TodayItem]:
    """Service plans, on the day on which they are to be looked at again."""
    columns, zone = table(ServicePlanFields).c, zone_of(due.asked.zone).key
    wanted = (columns.closed_on.is_(None), *_of_mine(due.mine, columns.participant_id))
    return [
        TodayItem(
            "plan_review",
            item.id,
            item.fields.participant_id,
            "",
            "plan_review",
            "",
            When(day=item.fields.review_on, zone=zone),
        )
        for item in due.of(ServicePlanFields, columns.review_on, *wanted)
        if item.fields.review_on is not None
    ]


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


def _with_people(asked: Asked, *columns: list[TodayItem]) -> tuple[tuple[TodayItem, ...], ...]:
    people = asked.named(item.participant_id for items in columns for item in items if item.participant_id)

    def named(item: TodayItem) -> TodayItem:
        person = people.get(item.participant_id) if item.participant_id else None
        return item if person is None else replace(item, participant=person[0], interpreter_needed=person[1])

    return tuple(tuple(named(item) for item in items) for items in columns)


def _coming(asked: Asked, day: date, mine: Select[Any] | None) -> dict[str, int]:
    """How many hearings and deadlines, by type, are in the next thirty days."""
    columns = table(ObligationFields).c
    query = select(columns.type, func.count()).where(
        (columns.coll + 0).in_(asked.held),
        columns.meta_shown == 1,
        columns.result.is_(None),
        columns.meta_day >= day.isoformat(),
        columns.meta_day <= (day + timedelta(days=MONTH)).isoformat(),
        columns.type.in_((*HEARINGS, *DEADLINES)),
        *_of_mine(mine, columns.participant_id),
    )
    return {row[0]: row[1] for row in asked.connection.execute(query.group_by(columns.type))}
