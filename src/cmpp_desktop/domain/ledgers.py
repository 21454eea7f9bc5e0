"""What the two ledgers are asked: their entries, their sums by award, cost category and period, and how far limits are used.

`totals` is all the arithmetic there is, pure and exact: the store only counts which entries are alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from cmpp_desktop.domain.assistance import DirectAssistanceFields, EntryState, LedgerKind, StaffTimeFields, state_of
from cmpp_desktop.domain.staff import AwardFields
from cmpp_desktop.domain.work import Question

MINUTES = "min"  # the unit of staff time, where assistance has a currency


@dataclass(frozen=True, slots=True)
class Amount:
    """Entries that are alike, as sums are made of them. `unit`: a currency, or "min"."""

    award: str
    cost_category: str
    day: date
    unit: str
    amount: Decimal
    state: EntryState
    entries: int = 1


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One line of totals. `period`: "2026-11", "2026-Q4", or "" for all of it. `amount`: of what is approved."""

    award: str
    cost_category: str
    period: str
    unit: str
    amount: Decimal
    entries: int
    waiting: Decimal
    waiting_entries: int


@dataclass(frozen=True, slots=True)
class LedgerTotals(Question["TotalsView"]):
    """The sums of one ledger over days first to last, both included. An entry counts on its own day, a reversal on its own."""

    kind: LedgerKind
    first: date
    last: date
    award: str | None = None
    by: Literal["month", "quarter", "all"] = "month"


@dataclass(frozen=True, slots=True)
class TotalsView:
    """`restricted_exists`: entries of restricted sessions may be missing here (the same for everybody without them)."""

    lines: tuple[LedgerLine, ...]
    restricted_exists: bool


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One entry. `what`: assistance_type or staff_activity; `reversed_by`: the entry that took it back; `own`: the asker may not
    decide it."""

    id: UUID
    day: date
    staff_id: UUID | None
    staff: str
    participant_id: UUID | None
    participant: str
    what: str
    award: str
    cost_category: str
    unit: str
    amount: Decimal
    state: EntryState
    reverses_id: UUID | None
    reversed_by: UUID | None
    session_id: UUID | None
    note: str
    own: bool


@dataclass(frozen=True, slots=True)
class Ledger(Question[tuple[LedgerEntry, ...]]):
    """Entries of one ledger, the latest day first, at most `limit`. `state` "waiting" is what somebody should approve."""

    kind: LedgerKind
    first: date
    last: date
    award: str | None = None
    state: EntryState | None = None
    staff_id: UUID | None = None
    participant_id: UUID | None = None
    limit: int = 500


@dataclass(frozen=True, slots=True)
class AwardUse(Question["AwardUseView"]):
    """How far an award's limits of direct assistance are used. Raises record_missing for a number that is no award's."""

    number: str


@dataclass(frozen=True, slots=True)
class AwardUseView:
    """`given`: approved and waiting, reversed ones left out, from the award's first to its last day, in the currency of its
    limits (US dollars where it has none). `over_each`: participants who were given more than the limit for one."""

    award: AwardFields
    unit: str
    given: Decimal
    waiting: Decimal
    left: Decimal | None
    over_each: tuple[tuple[UUID, str, Decimal], ...]


def amount_of(entry: DirectAssistanceFields | StaffTimeFields) -> Amount:
    """An entry as the sums see it."""
    if isinstance(entry, DirectAssistanceFields):
        day, unit, amount = entry.given_on, entry.money.currency, entry.money.amount
    else:
        day, unit, amount = entry.day, MINUTES, Decimal(entry.minutes)
    return Amount(entry.award, entry.cost_category, day, unit, amount, state_of(entry))


def totals(amounts: Iterable[Amount], by: str = "month") -> tuple[LedgerLine, ...]:
    """Sums by award, cost category, period and unit, in that order. Exact: nothing is rounded. `entries` alike count as often."""
    found: dict[tuple[str, str, str, str], list[Any]] = {}
    for item in amounts:
        if item.state == "refused":
            continue
        key = (item.award, item.cost_category, _period(item.day, by), item.unit)
        sums = found.setdefault(key, [Decimal(0), 0, Decimal(0), 0])
        place = 0 if item.state == "approved" else 2
        sums[place] += item.amount * item.entries
        sums[place + 1] += item.entries
    return tuple(LedgerLine(*key, *found[key]) for key in sorted(found))


def _period(day: date, by: str) -> str:
    if by == "all":
        return ""
    return f"{day.year}-Q{(day.month + 2) // 3}" if by == "quarter" else f"{day.year:04}-{day.month:02}"
