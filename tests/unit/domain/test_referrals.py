"""Referrals: sent under a consent, asked after, closed with what came of it."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest

from cmpp_desktop.domain.consent import ConsentGiven, RecordConsent
from cmpp_desktop.domain.disclosures import DisclosureFields
from cmpp_desktop.domain.entries import AddRecord
from cmpp_desktop.domain.households import RegisterHousehold
from cmpp_desktop.domain.hsds import HsdsOrganizationFields, HsdsServiceFields
from cmpp_desktop.domain.records import validated
from cmpp_desktop.domain.referrals import (
    OUTCOMES,
    CloseReferral,
    RecordReferralStep,
    Refer,
    ReferralFields,
    status_of,
)
from cmpp_desktop.errors import Invalid, KnownError, NotAllowed
from cmpp_desktop.words import load_codes
from tests.unit.domain.memory import MemoryWork
from tests.unit.domain.test_stories import MOTHER

PANTRY = "Cedar Street Food Pantry"


@pytest.fixture
def office() -> tuple[MemoryWork, UUID]:
    work = MemoryWork()
    mother = work.do(RegisterHousehold((MOTHER,), ConsentGiven())).id
    return work, mother


def agree(work: MemoryWork, mother: UUID, recipient: str = PANTRY) -> UUID:
    return work.do(RecordConsent(mother, ConsentGiven(("share_social",), recipient, "food for the family"))).id


def test_marisela_is_referred_to_the_pantry_and_the_loop_is_closed(office: tuple[MemoryWork, UUID]) -> None:
    work, mother = office
    consent = agree(work, mother)
    need = work.do(AddRecord("need", {"participant_id": mother, "area": "food", "raised_on": work.today})).id
    made = work.do(Refer(mother, "cedar street food pantry", need_id=need, reason="A family of three"))
    assert made.more == {"consent_id": consent}
    referral = work.get(ReferralFields, made.id).fields
    assert (referral.sent_on, referral.consent_id, referral.follow_up_on) == (
        work.today, consent, work.today + timedelta(days=14),
    )  # fmt: skip
    (line,) = work.find(DisclosureFields)
    assert (line.fields.what, line.fields.subject_id, line.fields.consent_id) == ("referral", made.id, consent)
    work.do(RecordReferralStep(made.id, "accepted"))
    work.do(RecordReferralStep(made.id, "connected", follow_up_on=date(2027, 1, 4)))
    assert status_of(work.get(ReferralFields, made.id).fields) == "connected"
    closed = work.do(CloseReferral(made.id, "completed"))
    with pytest.raises(KnownError, match="record_settled"):
        work.do(RecordReferralStep(made.id, "follow_up"))
    assert closed.undo is not None
    again = work.do(closed.undo)
    assert work.get(ReferralFields, made.id).fields.outcome is None
    assert again.undo is not None
    work.do(again.undo)
    assert work.get(ReferralFields, made.id).fields.outcome == "completed"


def test_without_consent_it_can_be_prepared_but_not_sent(office: tuple[MemoryWork, UUID]) -> None:
    work, mother = office
    with pytest.raises(NotAllowed) as refused:
        work.do(Refer(mother, PANTRY))
    assert refused.value.code == "needs_consent"
    assert not work.find(ReferralFields)
    made = work.do(Refer(mother, PANTRY, send=False))
    assert status_of(work.get(ReferralFields, made.id).fields) == "prepared"
    with pytest.raises(Invalid):
        work.do(RecordReferralStep(made.id, "accepted"))
    with pytest.raises(NotAllowed):
        work.do(RecordReferralStep(made.id, "sent"))
    agree(work, mother)
    sent = work.do(RecordReferralStep(made.id, "sent"))
    assert len(work.find(DisclosureFields)) == 1
    assert sent.undo is not None
    work.do(sent.undo)
    assert status_of(work.get(ReferralFields, made.id).fields) == "prepared"
    assert not work.find(DisclosureFields)
    work.do(RecordReferralStep(made.id, "sent"))
    assert len(work.find(DisclosureFields)) == 1


def test_a_consent_for_one_organisation_is_none_for_another_of_the_directory(office: tuple[MemoryWork, UUID]) -> None:
    work, mother = office
    agree(work, mother, "The Pantry")
    known = work.add(validated(HsdsOrganizationFields, name=PANTRY, alternate_name="the pantry"))
    other = work.add(validated(HsdsOrganizationFields, name="Birch Clinic"))
    service = work.add(validated(HsdsServiceFields, organization_id=known, name="Food boxes"))
    with pytest.raises(NotAllowed):
        work.do(Refer(mother, "The Pantry", organization_id=other))  # whatever name is typed beside it
    made = work.do(Refer(mother, service_id=service))
    fields = work.get(ReferralFields, made.id).fields
    assert (fields.organization_id, fields.to_name) == (known, PANTRY)


def test_a_supervisors_reason_stands_in_the_referral(office: tuple[MemoryWork, UUID]) -> None:
    work, mother = office
    work.become(4, "supervisor")
    made = work.do(Refer(mother, PANTRY, override_reason="No food in the house tonight"))
    fields = work.get(ReferralFields, made.id).fields
    assert (fields.consent_id, fields.override_reason) == (None, "No food in the house tonight")
    assert "consent_overridden" in [action for action, _ in work.audited]


def test_a_referral_for_a_restricted_need_is_restricted_with_its_line_in_the_ledger(office: tuple[MemoryWork, UUID]) -> None:
    work, mother = office
    agree(work, mother)
    need = work.do(AddRecord("need", {"participant_id": mother, "area": "mental_health", "raised_on": work.today})).id
    made = work.do(Refer(mother, PANTRY, need_id=need))
    assert work.get(ReferralFields, made.id).compartment == "restricted"
    assert [item.compartment for item in work.find(DisclosureFields)] == ["restricted"]


def test_an_unhappy_end_says_why_and_cannot_be_before_the_beginning(office: tuple[MemoryWork, UUID]) -> None:
    work, mother = office
    agree(work, mother)
    made = work.do(Refer(mother, PANTRY))
    for wrong in (
        CloseReferral(made.id, "no_room"), CloseReferral(made.id, "lost", "?"),
        CloseReferral(made.id, "completed", on=work.today - timedelta(days=1)),
    ):  # fmt: skip
        with pytest.raises(Invalid):
            work.do(wrong)
    with pytest.raises(Invalid):
        work.do(RecordReferralStep(made.id, "accepted", on=work.today - timedelta(days=1)))
    work.do(CloseReferral(made.id, "no_room", "Full until March"))
    assert set(OUTCOMES) == set(load_codes()["referral_outcome"])


def test_a_referral_in_error_is_gone_with_its_line(office: tuple[MemoryWork, UUID]) -> None:
    work, mother = office
    agree(work, mother)
    made = work.do(Refer(mother, PANTRY))
    assert made.undo is not None
    work.do(made.undo)
    assert not work.find(ReferralFields)
    assert not work.find(DisclosureFields)
    with pytest.raises(Invalid):
        work.do(Refer(mother, " "))
