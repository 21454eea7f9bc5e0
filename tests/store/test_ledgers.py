"""The ledgers as an auditor asks for them: the sums of the store are those of its entries, one by one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest

from cmpp_desktop.domain.assistance import ApproveEntries, RecordAssistance, RecordStaffTime, RefuseEntry, ReverseEntry
from cmpp_desktop.domain.entries import AddRecord
from cmpp_desktop.domain.ledgers import AwardUse, Ledger, LedgerTotals
from cmpp_desktop.domain.merges import MergePeople
from cmpp_desktop.domain.records import Money
from cmpp_desktop.errors import KnownError
from tests.store.laptops import DAY, Laptop, family

Make = Callable[..., Laptop]
FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)


def usd(amount: str) -> Money:
    return Money(amount=Decimal(amount))


def test_sums_and_entries_of_a_quarter(a_laptop: Make) -> None:
    ana, ruth = a_laptop(), a_laptop(2, role="supervisor")
    mother = ana.do(family()).id
    given = (("10.10", 0), ("10.10", 1), ("0.01", 2), ("99.99", 30), ("5.55", 60))
    cards = [ana.do(RecordAssistance(mother, "food", usd(amount), DAY - timedelta(days=ago))).id for amount, ago in given]
    ana.do(RecordStaffTime(90, DAY))
    ruth.receive(ana)
    ruth.do(ApproveEntries("direct_assistance", tuple(cards[:4])))
    ruth.do(RefuseEntry("direct_assistance", cards[4], "No receipt"))
    back = ruth.do(ReverseEntry("direct_assistance", cards[3], "Not given")).id
    view = ruth.ask(LedgerTotals("direct_assistance", FIRST, LAST))
    said = [(one.period, one.unit, one.amount, one.entries, one.waiting) for one in view.lines]
    assert said == [("2026-10", "USD", Decimal("99.99"), 1, Decimal(0)), ("2026-11", "USD", Decimal("-79.78"), 4, Decimal(0))]
    (quarter,) = ruth.ask(LedgerTotals("direct_assistance", FIRST, LAST, by="quarter")).lines
    assert (quarter.period, quarter.amount) == ("2026-Q4", Decimal("20.21"))
    (hours,) = ruth.ask(LedgerTotals("staff_time", FIRST, LAST, by="all")).lines
    assert (hours.unit, hours.amount, hours.waiting, hours.waiting_entries) == ("min", Decimal(0), Decimal(90), 1)
    entries = ruth.ask(Ledger("direct_assistance", FIRST, LAST))
    assert sum(one.amount for one in entries if one.state == "approved") == quarter.amount
    assert {one.id: one.reversed_by for one in entries}[cards[3]] == back
    assert [one.id for one in ruth.ask(Ledger("direct_assistance", FIRST, LAST, state="refused"))] == [cards[4]]
    (waiting,) = ruth.ask(Ledger("staff_time", FIRST, LAST, state="waiting"))
    assert (waiting.own, ana.ask(Ledger("staff_time", FIRST, LAST))[0].own) == (False, True)
    assert ruth.ask(Ledger("direct_assistance", DAY, LAST, participant_id=mother, limit=1))[0].participant == "Marisela Tzoc"


def test_two_records_of_one_person_share_the_limit_for_one(a_laptop: Make) -> None:
    omar = a_laptop(role="administrator")
    limits = {"assistance_each": usd("50"), "assistance_most": usd("60")}
    omar.do(AddRecord("award", {"number": "A", "starts_on": FIRST, "ends_on": LAST, **limits}))
    one, other = (omar.do(family()).id for _ in range(2))
    omar.do(RecordAssistance(one, "food", usd("30"), award="A"))
    assert omar.do(RecordAssistance(other, "food", usd("25"), award="A")).more is None
    omar.do(MergePeople(one, other))
    use = omar.ask(AwardUse("A"))
    assert (use.given, use.waiting, use.left) == (Decimal(0), Decimal("55"), Decimal("5"))
    assert [(id, sum_) for id, _, sum_ in use.over_each] == [(one, Decimal("55"))]
    assert omar.do(RecordAssistance(other, "food", usd("0.01"), award="A")).more == {"over": "each"}
    with pytest.raises(KnownError, match="record_missing"):
        omar.ask(AwardUse("B"))


def test_two_supervisors_who_reverse_the_same_entry_make_one(a_laptop: Make) -> None:
    ana, ruth, omar = a_laptop(), a_laptop(2, role="supervisor"), a_laptop(3, role="administrator")
    card = ana.do(RecordAssistance(ana.do(family()).id, "food", usd("12.30"))).id
    ruth.receive(ana)
    ruth.do(ApproveEntries("direct_assistance", (card,)))
    omar.receive(ana, ruth)
    for boss in (ruth, omar):
        boss.do(ReverseEntry("direct_assistance", card, "Not given"))
    ruth.receive(omar)
    omar.receive(ruth)
    for boss in (ruth, omar):
        (line,) = boss.ask(LedgerTotals("direct_assistance", FIRST, LAST)).lines
        assert (line.amount, line.entries) == (Decimal(0), 2)
