"""Referrals to other organisations: the loop is closed, or it is on Today. Nothing is sent without a consent that covers it."""

from __future__ import annotations

from datetime import date
from typing import ClassVar
from uuid import UUID

from cmpp_desktop.domain.records import Fields, coded, line, prose, refers


class ReferralFields(Fields):
    """One referral, from the asking to the outcome. The dates tell how far it has come; `outcome` closes it."""

    kind: ClassVar[str] = "referral"

    participant_id: UUID = refers("participant", ...)
    need_id: UUID | None = refers("need")
    organization_id: UUID | None = refers("hsds_organization")
    service_id: UUID | None = refers("hsds_service")
    to_name: str = line(300)  # as it was called when it was sent; alone, for who is in no directory
    scope: str = coded("consent_scope", "share_social")  # what a consent has to cover
    reason: str = prose(2000)
    consent_id: UUID | None = refers("consent")
    override_reason: str = line(500)  # why it went without one
    referred_by: UUID | None = refers("staff_member")
    sent_on: date | None = None
    sent_how: str = coded("sent_how", "phone")
    accepted_on: date | None = None
    connected_on: date | None = None
    follow_up_on: date | None = None
    closed_on: date | None = None
    outcome: str | None = coded("referral_outcome")
    outcome_note: str = prose(2000)
