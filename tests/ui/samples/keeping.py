"""Files whose time has come, a hold of an award, and a certificate."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from cmpp_desktop.domain.entries import Records
from cmpp_desktop.domain.retention import (
    DestructionFields,
    DueFile,
    DueForDestruction,
    FileContents,
    LegalHold,
    LegalHoldFields,
    LegalHolds,
    WhatGoes,
)
from tests.ui.samples import office
from tests.ui.samples.basis import MARISELA, stored, uid

UNTIL = date(2025, 3, 1)
HELD = uid(811)


def furnish(door: Any) -> None:
    """Lets a door of samples answer what the page about keeping files asks."""
    hold = LegalHoldFields(award=office.AWARD, reason="An audit", since=date(2026, 5, 4))
    certificate = DestructionFields(
        subject_hash="a" * 64, salt="b" * 32, counts={"case": 1, "note": 4}, award=office.AWARD, kept_until=UNTIL,
        destroyed_at=datetime(2026, 11, 2, 15, tzinfo=UTC),
    )  # fmt: skip
    due = (
        DueFile(MARISELA, "Marisela Tzoc", UNTIL, (office.AWARD,), held=False),
        DueFile(HELD, "Lucía Tzoc", UNTIL, (office.AWARD,), held=True),
    )
    plain = door.answers.get(Records)
    door.answers |= {
        DueForDestruction: lambda asked: due,
        LegalHolds: lambda asked: (LegalHold(stored(hold, "hold0"), "", "Denise", ""),),
        WhatGoes: lambda asked: FileContents({"participant": 1, "note": 3}, {"service_session": 1}),
        Records: lambda asked: (stored(certificate, "gone0"),) if asked.kind == "destruction" else
        office.own_records(asked.kind) or (plain(asked) if plain else ()),
    }  # fmt: skip
