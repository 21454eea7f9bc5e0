"""What an organisation has beside its people: awards, sites, own codes, and the ledgers of a month."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from cmpp_desktop.domain.codes import CodeEntryFields
from cmpp_desktop.domain.ledgers import MINUTES, LedgerEntry, LedgerLine, TotalsView
from cmpp_desktop.domain.staff import AwardFields, SiteFields
from tests.ui.samples.basis import ANA, DENISE, MARISELA, stored, uid

AWARD = "97.102-0117"


def own_records(kind: str) -> tuple[Any, ...]:
    """Awards, sites and own codes, by kind."""
    award = AwardFields(number=AWARD, name="Case management, north", funder="National Board", starts_on=date(2026, 1, 1))
    site = SiteFields(name="Lantern Street office", phone="312 555 0147")
    code = CodeEntryFields(list_id="service", code="bus_training", names={"en": "Bus training", "es": "Uso del autobús"})
    kept = {"award": (stored(award, "award0"),), "site": (stored(site, "site0"),), "code_entry": (stored(code, "code0"),)}
    return kept.get(kind, ())


def ledger(asked: Any) -> tuple[LedgerEntry, ...]:
    """Entries of a month."""
    if asked.kind == "staff_time":
        rows = (
            (1, date(2026, 11, 20), ANA, "Ana Marroquín", None, "", "case_management", "90", "waiting", uid("session0")),
            (2, date(2026, 11, 19), DENISE, "Denise Okafor", None, "", "supervision", "45", "waiting", None),
            (3, date(2026, 11, 12), ANA, "Ana Marroquín", None, "", "travel", "30", "approved", None),
        )
    else:
        rows = (
            (4, date(2026, 11, 18), ANA, "Ana Marroquín", MARISELA, "Marisela Tzoc", "transport_card", "25.00", "waiting", None),
        )  # type: ignore[assignment]  # ids of people are there too
    unit, category = (MINUTES, "personnel") if asked.kind == "staff_time" else ("USD", "participant_support")
    return tuple(
        LedgerEntry(
            uid(700 + n), day, staff, who, person, called, what, AWARD if n != 2 else "", category, unit, Decimal(amount), state,  # type: ignore[arg-type]  # one of the states
            None, None, session, "", n == 2,
        )
        for n, day, staff, who, person, called, what, amount, state, session in rows
    )  # fmt: skip


def totals(asked: Any) -> TotalsView:
    """The sums of the same month."""
    if asked.kind == "staff_time":
        lines = (
            LedgerLine("", "personnel", "", MINUTES, Decimal(0), 0, Decimal(45), 1),
            LedgerLine(AWARD, "personnel", "", MINUTES, Decimal(30), 1, Decimal(90), 1),
        )
        return TotalsView(lines, True)
    return TotalsView((LedgerLine(AWARD, "participant_support", "", "USD", Decimal(0), 0, Decimal(25), 1),), False)
