"""Direct assistance and staff time by award and cost category: the audit's two ledgers.

An approved entry is never changed. What was wrong is put right by an entry that reverses it, and a new one.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from cmpp_desktop.domain.records import Fields, Money, coded, line, prose, refers


class DirectAssistanceFields(Fields):
    """Money, a card, a voucher or goods that somebody was given."""

    kind: ClassVar[str] = "direct_assistance"

    participant_id: UUID = refers("participant", ...)
    type: str = coded("assistance_type", ...)
    given_on: date
    money: Money
    award: str = line(50)
    cost_category: str = coded("cost_category", "participant_support")
    purpose: str = line(300)
    vendor: str = line(200)
    card_end: str = line(4)  # last digits of a gift card, never more
    receipt_id: UUID | None = refers("attachment")
    given_by: UUID | None = refers("staff_member")
    approved_by: UUID | None = refers("staff_member")
    approved_at: datetime | None = None
    refused_by: UUID | None = refers("staff_member")
    refused_at: datetime | None = None
    decision_note: str = line(500)
    reverses_id: UUID | None = refers("direct_assistance")
    note: str = prose(1000)


class StaffTimeFields(Fields):
    """Minutes of somebody's work by award: from a session, or beside them."""

    kind: ClassVar[str] = "staff_time"
    about: ClassVar[str] = ""

    staff_id: UUID = refers("staff_member", ...)
    day: date
    minutes: int = Field(ge=-1440, le=1440)  # negative only where it reverses another
    award: str = line(50)
    cost_category: str = coded("cost_category", "personnel")
    activity: str = coded("staff_activity", "case_management")
    session_id: UUID | None = refers("service_session")
    approved_by: UUID | None = refers("staff_member")
    approved_at: datetime | None = None
    refused_by: UUID | None = refers("staff_member")
    refused_at: datetime | None = None
    decision_note: str = line(500)
    reverses_id: UUID | None = refers("staff_time")
    note: str = line(500)
