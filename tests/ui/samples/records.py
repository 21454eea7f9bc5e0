"""What a file holds beside its people: court, plan, help, documents; a week of the calendar; two records of one person."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from cmpp_desktop.domain.assistance import DirectAssistanceFields
from cmpp_desktop.domain.attachments import AttachmentFields
from cmpp_desktop.domain.calendar import Calendar, CalendarAnswer, CalendarDay, CalendarEntry, Clash
from cmpp_desktop.domain.cases import ClosingCheck, ClosingView
from cmpp_desktop.domain.entries import FileOf, OneRecord, Records
from cmpp_desktop.domain.ledgers import Ledger, LedgerTotals
from cmpp_desktop.domain.merges import Merged, MergedView, Original, TwoSides
from cmpp_desktop.domain.obligations import Shared, SharedWith
from cmpp_desktop.domain.participants import ParticipantFields
from cmpp_desktop.domain.plans import ActionStepFields, GoalFields, NeedFields, ServicePlanFields
from cmpp_desktop.domain.proceedings import ApplicationFields, ClockEventFields, OrderFields, ProceedingFields
from cmpp_desktop.domain.records import Money, PersonName, When
from cmpp_desktop.domain.referrals import ReferralFields
from cmpp_desktop.domain.transfers import HandOver, HandOverFacts
from cmpp_desktop.domain.work import Stored
from tests.ui.samples import office, offices
from tests.ui.samples.basis import ANA, MARISELA, MATEO, TODAY, stored, uid
from tests.ui.samples.person import participant_view

PROCEEDING, APPLICATION, GOAL, NOTICE = (uid(name) for name in ("proceeding", "application", "goal", "notice"))


def file_records() -> tuple[Stored[Any], ...]:
    """Of Marisela: enough of every group that a list looks like one."""
    about: dict[str, Any] = {"participant_id": MARISELA}
    made: tuple[tuple[str, Any], ...] = (
        ("proceeding", ProceedingFields(
            **about, court="Newbridge Immigration Court", judge="R. Halloran", nta_served=date(2026, 2, 12),
            nta_filed=date(2026, 3, 2), charges=["INA 212(a)(6)(A)(i)"], relief_sought=["asylum", "withholding"],
        )),
        ("application", ApplicationFields(
            **about, proceeding_id=PROCEEDING, form="i589", filed_on=date(2026, 5, 4), receipt_number="ZNB2690012345",
            status="pending",
        )),
        ("order", OrderFields(
            **about, proceeding_id=PROCEEDING, type="continuance", issued_on=date(2026, 9, 1), judge="R. Halloran",
        )),
        ("clock", ClockEventFields(**about, application_id=APPLICATION, what="start", on=date(2026, 5, 4))),
        ("plan", ServicePlanFields(
            **about, agreed_on=date(2026, 6, 1), review_on=date(2026, 12, 1), summary="School, then work.",
        )),
        ("need", NeedFields(
            **about, area="school", description="A school place for both children", raised_on=date(2026, 6, 1),
        )),
        ("goal", GoalFields(
            **about, statement="My children go to school here", target_on=date(2027, 1, 11), progress="going_on",
        )),
        ("step", ActionStepFields(**about, goal_id=GOAL, what="Bring the birth certificates", due_on=date(2026, 12, 2))),
        ("referral", ReferralFields(
            **about, to_name="Mill Street Clinic", reason="Check-up for Lucía", sent_on=date(2026, 11, 16),
            follow_up_on=date(2026, 11, 30), referred_by=ANA,
        )),
        ("help", DirectAssistanceFields(
            **about, type="transport", given_on=date(2026, 11, 18), money=Money(amount=Decimal(20)), purpose="To the hearing",
            given_by=ANA,
        )),
        ("notice", AttachmentFields(
            **about, title="Hearing notice of 8 December", document_type="hearing_notice", media_type="application/pdf",
            size=48_211, content_hash="0" * 64, received_on=date(2026, 11, 9),
        )),
        ("passport", AttachmentFields(
            **about, title="Passport, all pages", document_type="passport", media_type="application/pdf", size=12_300_000,
            content_hash="1" * 64, received_on=date(2026, 11, 12), expires_on=date(2029, 4, 2),
        )),
    )  # fmt: skip
    return tuple(stored(fields, name) for name, fields in made)


def a_week() -> CalendarAnswer:
    """Monday to Friday, a family at court, two things at once."""

    def entry(key: str, name: str, kind: str, day: int, at: time | None, place: str = "", **more: Any) -> CalendarEntry:
        when = When(day=date(2026, 11, day), at=at)
        facts: dict[str, Any] = {
            "mode": "in_person", "judge": "", "transport": "", "interpreter": "", "interpreter_needed": False, "result": None,
            "rule": "", "caseworker_id": ANA, "caseworker": "Ana Marroquín", "reminded": False, "restricted": False,
        } | more  # fmt: skip
        return CalendarEntry(uid(key), MARISELA, name, kind, when, datetime(2026, 11, day, 14, tzinfo=UTC), place, **facts)

    monday = (
        entry("c1", "Farid Rahimi", "master_hearing", 23, time(9, 30), "Newbridge Immigration Court, room 4", transport="Bus 4"),
        entry("c2", "Luis A. Pineda", "ice_check_in", 23, time(11), "ICE office, Mill Street"),
    )
    tuesday = (
        entry("c3", "Oksana Hrytsenko", "biometrics", 24, time(8), "USCIS support centre", reminded=True),
        entry("c4", "Mateo Tzoc", "appointment", 24, time(8, 30), "School", interpreter_needed=True),
    )
    friday = (entry("c5", "Chinedu Eze", "asylum_deadline", 27, None, rule="us.asylum.one_year"),)
    days = tuple(CalendarDay(items[0].when.day, items) for items in (monday, tuesday, friday))
    return CalendarAnswer(TODAY, date(2026, 11, 29), days, (Clash("caseworker", ANA, uid("c3"), uid("c4")),))


def two_sides() -> tuple[Original, ...]:
    """Marisela twice, the second time spelled by ear."""
    one = ParticipantFields(
        legal_name=PersonName(given="Marisela", family="Tzoc"), pronunciation="mah-ree-SEH-lah tsok", languages=["quc", "es"],
        a_number="900555412",
    )  # fmt: skip
    other = ParticipantFields(
        legal_name=PersonName(given="Maricela", family="Tzok"), languages=["es"], arrived_on=date(2026, 3, 2)
    )
    return (
        Original(replace(stored(one, "one"), id=MARISELA), {"service_session": 12, "obligation": 3, "note": 7}),
        Original(replace(stored(other, "other"), id=MATEO), {"note": 1}),
    )


def _one(asked: OneRecord, kept: tuple[Stored[Any], ...]) -> Stored[Any]:
    view = participant_view()
    of_the_case: dict[str, Any] = {"obligation": view.obligations[0], "case": view.case}
    return of_the_case.get(asked.kind) or next((item for item in kept if item.id == asked.record_id), kept[0])


def record_answers() -> dict[type[Any], Any]:
    """What a door answers about all of it."""
    kept = file_records()
    return {
        FileOf: lambda asked: tuple(item for kind in asked.kinds for item in kept if item.fields.kind == kind),
        OneRecord: lambda asked: _one(asked, kept),
        SharedWith: (Shared(uid("his"), MATEO, "Mateo Tzoc"), Shared(uid("hers"), uid(2), "Lucía Tzoc")),
        Records: lambda asked: office.own_records(asked.kind),
        Ledger: office.ledger,
        LedgerTotals: office.totals,
        Calendar: lambda asked: a_week(),
        ClosingCheck: ClosingView((), kept[:2], kept[8:9], (), kept[5:6], (), (), True),
        HandOver: HandOverFacts(
            "Marisela Tzoc", MARISELA, ("quc", "es"), True, "No voicemail. No calls before 4 pm.", "active", date(2026, 3, 20),
            date(2026, 11, 18), (("master_hearing", When(day=date(2026, 12, 8), at=time(8, 30)), "Newbridge, room 4"),),
            ((None, "Finish the 3 court forms", date(2026, 11, 21)),), (("school", "high", "A school place for both"),),
            (("Mill Street Clinic", "Check-up for Lucía"),), (), ("safety_plan",),
        ),
        TwoSides: two_sides(),
        Merged: MergedView(MARISELA, (), ()),
        **offices.answers(),
    }
