"""The two ledgers: their entries, their sums, and how far the limits of an award are used.

SQLite counts how many entries are alike (award, category, month, amount, what was decided); the sums are the domain's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, func, not_, or_, select

from cmpp_desktop.domain.assistance import (
    MODELS,
    DirectAssistanceFields,
    StaffTimeFields,
    counted,
    is_own,
    state_of,
)
from cmpp_desktop.domain.ledgers import (
    MINUTES,
    Amount,
    AwardUse,
    AwardUseView,
    Ledger,
    LedgerEntry,
    LedgerTotals,
    TotalsView,
    amount_of,
    totals,
)
from cmpp_desktop.domain.staff import AwardFields
from cmpp_desktop.domain.work import Stored
from cmpp_desktop.errors import BugError, KnownError
from cmpp_desktop.store.queries.common import Asked, table
from cmpp_desktop.store.queries.participant import may_exist

DAYS = {DirectAssistanceFields.kind: "given_on", StaffTimeFields.kind: "day"}


def ledger_totals(asked: Asked, question: LedgerTotals) -> TotalsView:
    """See the question."""
    alike = _alike(asked, question)
    return TotalsView(totals(alike, question.by), may_exist(asked))


def _alike(asked: Asked, question: LedgerTotals) -> Iterator[Amount]:
    """Entries that are alike, once, with how many there are. What is not decided by month is one month's first day."""
    columns = _columns(question.kind)
    day = columns[DAYS[question.kind]]
    state = case(
        (_refused(question.kind), "refused"), (columns.approved_at.is_not(None), "approved"), else_="waiting"
    )
    month = func.substr(day, 1, 7)
    worth = columns.money if question.kind == DirectAssistanceFields.kind else columns.minutes
    keys = (columns.award, columns.cost_category, month, worth, state)
    query = select(*keys, func.count()).where(*_days(asked, question)).group_by(*keys)
    for award, category, in_month, value, decided, entries in asked.connection.execute(query):
        unit, amount = (MINUTES, Decimal(value)) if isinstance(value, int) else (value.currency, value.amount)
        yield Amount(award, category, date.fromisoformat(f"{in_month}-01"), unit, amount, decided, entries)


def ledger(asked: Asked, question: Ledger) -> tuple[LedgerEntry, ...]:
    """See the question."""
    columns, model = _columns(question.kind), MODELS[question.kind]
    wanted = _days(asked, question)
    if question.state is not None:
        refused, approved = _refused(question.kind), columns.approved_at
        wanted += {
            "refused": [refused],
            "approved": [not_(refused), approved.is_not(None)],
            "waiting": [not_(refused), approved.is_(None)],
        }[question.state]
    staff = columns.given_by if model is DirectAssistanceFields else columns.staff_id
    if question.staff_id is not None:
        wanted.append(staff == question.staff_id)
    if question.participant_id is not None:
        if model is not DirectAssistanceFields:
            return ()
        wanted.append(columns.participant_id.in_(asked.same(question.participant_id)))
    order = (columns[DAYS[question.kind]].desc(), columns.meta_created.desc(), columns.id)
    rows = asked.connection.execute(select(table(model)).where(*wanted).order_by(*order).limit(question.limit))
    items: list[Stored[Any]] = [asked.stored(model, row) for row in rows]
    nothing = _of_nothing(asked, question.kind, [item.fields.reverses_id for item in items if item.fields.reverses_id])
    backs = _reversals(asked, model, [item.id for item in items])
    people = asked.called(id for id in (getattr(item.fields, "participant_id", None) for item in items) if id is not None)
    found = (_entry(asked, item, backs.get(item.id), people) for item in items)
    return tuple(replace(one, state="refused") if one.reverses_id in nothing else one for one in found)


def _refused(kind: str) -> Any:
    """Whether an entry counts for nothing: it was refused, or it takes back one that was (on another laptop, which had not heard
    that it was approved and taken back): else the sums would fall below what was given."""
    columns, others = _columns(kind), table(MODELS[kind]).alias().c
    gone = select(others.id).where(others.refused_at.is_not(None), others.reverses_id.is_(None))
    return or_(columns.refused_at.is_not(None), and_(columns.reverses_id.is_not(None), columns.reverses_id.in_(gone)))


def _of_nothing(asked: Asked, kind: str, ids: list[UUID]) -> set[UUID]:
    """Those of these entries that were refused."""
    columns, found = _columns(kind), set()
    for start in range(0, len(ids), 500):
        query = select(columns.id).where(columns.id.in_(ids[start : start + 500]), columns.refused_at.is_not(None))
        found |= set(asked.connection.execute(query).scalars())
    return found


def _reversals(asked: Asked, model: Any, ids: list[UUID]) -> dict[UUID, UUID]:
    """Which entry takes which one back."""
    columns, found = table(model).c, {}
    for start in range(0, len(ids), 500):
        query = asked.select(model, columns.reverses_id.in_(ids[start : start + 500]))
        for id, reverses_id in asked.connection.execute(query.with_only_columns(columns.id, columns.reverses_id)):
            found[reverses_id] = id
    return found


def _entry(asked: Asked, item: Stored[Any], reversed_by: UUID | None, people: dict[UUID, str]) -> LedgerEntry:
    fields, amount = item.fields, amount_of(item.fields)
    given = isinstance(fields, DirectAssistanceFields)
    staff_id = fields.given_by if given else fields.staff_id
    about = fields.participant_id if given else None
    return LedgerEntry(
        id=item.id,
        day=amount.day,
        staff_id=staff_id,
        staff=asked.who(staff_id),
        participant_id=about,
        participant=people.get(about, "") if about else "",
        what=fields.type if given else fields.activity,
        award=amount.award,
        cost_category=amount.cost_category,
        unit=amount.unit,
        amount=amount.amount,
        state=amount.state,
        reverses_id=fields.reverses_id,
        reversed_by=reversed_by,
        session_id=None if given else fields.session_id,
        note=fields.purpose if given else fields.note,
        own=is_own(item, asked.asker.staff_id),
    )


def award_use(asked: Asked, question: AwardUse) -> AwardUseView:
    """See the question."""
    awards = asked.all(AwardFields, table(AwardFields).c.number == question.number)
    if not awards:
        raise KnownError("record_missing", kind=AwardFields.kind)
    award = awards[0].fields
    limit = award.assistance_most or award.assistance_each
    unit = limit.currency if limit is not None else "USD"
    listed = asked.all(DirectAssistanceFields, table(DirectAssistanceFields).c.award == question.number)
    entries = counted(award, unit, listed)
    given, waiting = (
        sum((item.fields.money.amount for item in entries if state_of(item.fields) == state), Decimal(0))
        for state in ("approved", "waiting")
    )
    most, each = award.assistance_most, award.assistance_each
    left = most.amount - given - waiting if most is not None and most.currency == unit else None
    people: dict[UUID, Decimal] = {}
    for item in entries:
        whole = asked.same(item.fields.participant_id)[0]
        people[whole] = people.get(whole, Decimal(0)) + item.fields.money.amount
    over = {id: sum_ for id, sum_ in people.items() if each is not None and each.currency == unit and sum_ > each.amount}
    names = asked.called(over)
    listed_over = tuple((id, names.get(id, ""), over[id]) for id in sorted(over, key=lambda id: (-over[id], str(id))))
    return AwardUseView(award, unit, given, waiting, left, listed_over)


def _columns(kind: str) -> Any:
    if kind not in MODELS:
        raise BugError("no_such_ledger", kind=kind)
    return table(MODELS[kind]).c


def _days(asked: Asked, question: LedgerTotals | Ledger) -> list[Any]:
    columns = _columns(question.kind)
    day = columns[DAYS[question.kind]]
    wanted = [(columns.coll + 0).in_(asked.held), (columns.meta_shown + 0) == 1, day >= question.first, day <= question.last]
    if question.award is not None:
        wanted.append(columns.award == question.award)
    return wanted
