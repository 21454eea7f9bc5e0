"""Transfers: a case goes to another caseworker, team or provider with a summary, and is acknowledged or sent back."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from cmpp_desktop.domain.records import Fields, coded, line, prose, refers


class TransferFields(Fields):
    """One hand-over. `accepted` None: it waits for an answer."""

    kind: ClassVar[str] = "transfer"

    participant_id: UUID = refers("participant", ...)
    case_id: UUID | None = refers("case")
    to: str = coded("transfer_to", "caseworker")  # caseworker, team, provider
    from_staff_id: UUID | None = refers("staff_member")
    to_staff_id: UUID | None = refers("staff_member")
    to_team_id: UUID | None = refers("team")
    to_provider: str = line(300)
    reason: str = line(500)
    summary: str = prose(20_000)
    open_items: list[str] = Field(default_factory=list)
    consent_id: UUID | None = refers("consent")
    override_reason: str = line(500)
    asked_by: UUID | None = refers("staff_member")
    asked_at: datetime
    answered_by: UUID | None = refers("staff_member")
    answered_at: datetime | None = None
    accepted: bool | None = None
    answer_note: str = line(500)
