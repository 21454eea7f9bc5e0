"""Disclosures: the ledger of what left the provider, to whom, when, and under which consent or whose override.

Nothing is shared without a line here, and a line is made by `consent.share` alone, after it found a consent that covers it. So a
withdrawal shows what had gone before it: that cannot be taken back, but somebody can be asked to return or destroy it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from cmpp_desktop.domain.records import Fields, coded, line, refers
from cmpp_desktop.domain.work import Question


class DisclosureFields(Fields):
    """One sharing. `title`: what exactly ("Case summary"); `subject`: the referral, transfer or document that it belongs to."""

    kind: ClassVar[str] = "disclosure"

    participant_id: UUID = refers("participant", ...)
    what: str = coded("disclosure_what", ...)
    title: str = line(300)
    scope: str = coded("consent_scope", ...)
    recipient: str = line(300)
    purpose: str = line(500)
    shared_at: datetime
    shared_by: UUID | None = refers("staff_member")
    consent_id: UUID | None = refers("consent")
    override_reason: str = line(500)  # why it went without a consent; a supervisor's or administrator's
    subject_kind: str = line(40)
    subject_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class DisclosureRow:
    """A line of the ledger. `withdrawn`: its consent has been withdrawn since (or before: then it was overridden)."""

    id: UUID
    participant_id: UUID
    what: str
    title: str
    scope: str
    recipient: str
    purpose: str
    shared_at: datetime
    shared_by: str  # the staff member's name
    consent_id: UUID | None
    override_reason: str
    subject_kind: str
    subject_id: UUID | None
    withdrawn: bool
    restricted: bool


@dataclass(frozen=True, slots=True)
class Disclosures(Question[tuple[DisclosureRow, ...]]):
    """What was shared about a participant, newest first; with `consent_id` only what went under that consent."""

    participant_id: UUID
    consent_id: UUID | None = None
