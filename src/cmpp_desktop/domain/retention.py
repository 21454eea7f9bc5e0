"""Retention: how long a file is kept, what holds it longer, and the certificate of its destruction (2 CFR 200.334)."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from cmpp_desktop.domain.records import Compartment, Fields, line, refers

YEARS_KEPT = 3  # after the final financial report of the award


class LegalHoldFields(Fields):
    """Nothing of what is named is destroyed while this stands: one participant, or all of an award."""

    kind: ClassVar[str] = "legal_hold"

    participant_id: UUID | None = refers("participant")
    award: str = line(50)
    reason: str = Field(min_length=1, max_length=500)
    since: date
    set_by: UUID | None = refers("staff_member")
    lifted_on: date | None = None
    lifted_by: UUID | None = refers("staff_member")
    lifted_reason: str = line(500)


class DestructionFields(Fields):
    """The certificate that a file was destroyed: how many records of which kinds, on what ground; nobody is named in it."""

    kind: ClassVar[str] = "destruction"
    compartment: ClassVar[Compartment] = "organisation"
    about: ClassVar[str] = ""

    subject_hash: str = Field(min_length=64, max_length=64)  # SHA-256 over salt and participant id, hex
    salt: str = Field(min_length=32, max_length=32)
    counts: dict[str, int]  # kind → records that were deleted
    kept: dict[str, int] = Field(default_factory=dict)  # kind → records shared with others, which stayed for them
    award: str = line(50)
    ground: str = line(500)
    kept_until: date
    destroyed_at: datetime
    destroyed_by: UUID | None = refers("staff_member")
    witness_id: UUID | None = refers("staff_member")
