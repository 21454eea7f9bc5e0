"""Audit logs of four laptops: one that is in order, one that somebody changed, one that is silent, one that ended."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from cmpp_desktop.domain.audit_logs import AuditRow, AuditTrail, AuditTrouble
from cmpp_desktop.workspace import AuditLaptop, ReceivedReport
from tests.ui.samples.basis import ANA, DENISE, LATER, LEON, MARISELA, uid

BLUE, GREY, OLD, LENT = ("aa" * 32, "bb" * 32, "cc" * 32, "dd" * 32)
NAMES = {BLUE: "Blue ThinkPad", GREY: "Grey Latitude", OLD: "Old Dell", LENT: "Lent by the county"}
PEOPLE = {ANA: "Ana Marroquín", DENISE: "Denise Okafor", LEON: "Leon Brandt"}


class NoLogs:
    """Of a door at which no log has come, and no report."""

    def reports_received(self) -> tuple[ReceivedReport, ...]:
        return ()

    def audit_laptops(self) -> tuple[AuditLaptop, ...]:
        return ()


def entry(number: int, device: str, member: Any, action: str, kind: str = "", *, closed: bool = False) -> AuditRow:
    return AuditRow(
        number, LATER - timedelta(minutes=7 * (500 - number)), member, action, kind, MARISELA if kind else None,
        PEOPLE.get(member, ""), device, NAMES[device], closed, bytes([number % 256]) * 32,
    )  # fmt: skip


ENTRIES = (
    entry(499, BLUE, ANA, "a_number_shown", "participant"),
    entry(498, GREY, LEON, "changed", "note"),
    entry(497, GREY, LEON, "changed", closed=True),
    entry(496, BLUE, ANA, "exported", "attachment"),
    entry(495, BLUE, ANA, "unlocked"),
    entry(494, OLD, DENISE, "something_newer"),
)


def laptops() -> tuple[AuditLaptop, ...]:
    hour, day = timedelta(hours=1), timedelta(days=1)
    changed = (AuditTrouble(212, "changed", LATER - 2 * day), AuditTrouble(230, "gap", LATER - day))
    spare = uid("spare").hex * 2
    return (
        AuditLaptop(GREY, NAMES[GREY], PEOPLE[LEON], "in_use", 498, LATER - hour, LATER - hour, troubles=changed),
        AuditLaptop(OLD, NAMES[OLD], PEOPLE[DENISE], "in_use", 88, LATER - 9 * day, LATER - hour, silent=True),
        AuditLaptop(BLUE, NAMES[BLUE], PEOPLE[ANA], "this_one", 499, LATER - hour, LATER - hour, mine=True),
        AuditLaptop(LENT, NAMES[LENT], PEOPLE[LEON], "in_use", 17, LATER - 20 * day, LATER - 20 * day),
        AuditLaptop(uid("new").hex * 2, "", PEOPLE[LEON], "in_use", 0, None, LATER - hour),
        AuditLaptop(spare, "Spare HP", PEOPLE[LEON], "in_use", 0, None, LATER - hour, silent=True),
    )


def furnish(door: Any) -> None:
    """Lets a door of samples answer what the page of the audit logs asks."""
    door.answers[AuditTrail] = lambda asked: ENTRIES if asked.after is None else ()
    door.audit_laptops = laptops



def reports(door: Any) -> None:
    """Two reports have come for the Board."""
    first, last = date(2026, 7, 1), date(2026, 9, 30)
    door.reports_received = lambda: (
        ReceivedReport(uid("r2"), "figures", "figures-q3.pdf", first, last, "Denise Okafor", NAMES[OLD], LATER, 180_221),
        ReceivedReport(uid("r1"), "figures", "q2.pdf", date(2026, 4, 1), date(2026, 6, 30), "", "", LATER - timedelta(92), 9001),
    )


# Pictures: the name, the place, what is done there, what is there.
PICTURES = (
    ("36-audit", "audit", lambda window: None, furnish),
    ("36-audit-laptops", "audit", lambda window: window.frame.page.tabs.choose("laptops"), furnish),
    ("37-reports-received", "reports_received", lambda window: None, reports),
)
