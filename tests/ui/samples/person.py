"""One participant with everything around her, and what waits for a signature, a choice or the server."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from cmpp_desktop.domain import questions as q
from cmpp_desktop.domain.cases import CaseFields
from cmpp_desktop.domain.consent import ConsentFields
from cmpp_desktop.domain.obligations import ObligationFields
from cmpp_desktop.domain.participants import AddressFields, ContactRouteFields, ParticipantFields
from cmpp_desktop.domain.records import BirthDate, Life, PersonName, PostalAddress
from cmpp_desktop.domain.reviews import ReviewFields
from cmpp_desktop.domain.sessions import ServiceSessionFields
from cmpp_desktop.domain.tasks import NoteFields, TaskFields
from cmpp_desktop.workspace import ArrivedItem, HeldWork, LaptopSeen, SyncStatus, WaitingItem, WithoutServer
from tests.ui.samples.basis import ANA, DENISE, LATER, LEON, LUCIA, MARISELA, MATEO, TODAY, stored, uid, when


def participant_view() -> q.ParticipantView:
    person = ParticipantFields(
        legal_name=PersonName(given="Marisela Josefa", family="Tzoc"),
        preferred_name="Marisela",
        pronunciation="mah-ree-SEH-lah tsok",
        birth_date=BirthDate(day=date(1992, 2, 17)),
        languages=["quc", "es"],
        interpreter_needed=True,
        a_number="900555412",
        safe_contact="No voicemail. No calls before 4 pm. Texts to the number ending 0148 are safe.",
        arrived_on=date(2026, 3, 4),
    )
    return q.ParticipantView(
        participant=replace(stored(person, "marisela"), id=MARISELA),
        routes=(
            stored(ContactRouteFields(participant_id=MARISELA, value="+12025550148", route="text", preferred=True), "route1"),
            stored(
                ContactRouteFields(
                    participant_id=MARISELA,
                    value="+12025550190",
                    route="phone",
                    safe=False,
                    safe_note="Shared with her landlord",
                ),
                "route2",
            ),
        ),
        addresses=(
            stored(
                AddressFields(
                    participant_id=MARISELA,
                    address=PostalAddress(
                        line1="61 Alder St", line2="Apt 2", city="Newbridge", state="NJ", postal_code="07000"
                    ),
                    since=date(2026, 11, 16),
                ),
                "address1",
            ),
        ),
        household_id=uid("household"),
        household=(
            q.Member(MATEO, "Mateo Tzoc", "son", BirthDate(day=date(2011, 5, 2))),
            q.Member(LUCIA, "Lucía Tzoc", "daughter", BirthDate(day=date(2017, 8, 9))),
        ),
        case=stored(
            CaseFields(
                participant_id=MARISELA,
                state="active",
                award="24-017",
                site="North",
                opened_on=date(2026, 3, 20),
                eligibility_basis="removal_not_detained",
                referral_source="court",
                risk="medium",
            ),
            "case",
        ),
        caseworker="Ana Marroquín",
        consents=(
            stored(
                ConsentFields(
                    participant_id=MARISELA,
                    scope=["services", "share_legal", "share_school"],
                    language="quc",
                    given_on=date(2026, 5, 14),
                    expires_on=date(2027, 5, 14),
                ),
                "consent1",
            ),
        ),
        obligations=(
            stored(
                ObligationFields(
                    participant_id=MARISELA,
                    type="isap_check_in",
                    when=when(date(2026, 11, 12)),
                    mode="app",
                    result="attended",
                    how_known="seen",
                    result_note="On her phone",
                ),
                "isap",
            ),
            stored(
                ObligationFields(
                    participant_id=MARISELA,
                    type="address_change",
                    when=when(date(2026, 11, 21)),
                    mode="mail",
                    rule="address_change_5_days",
                    note="5 days after the move (16 Nov)",
                ),
                "eoir33",
            ),
            stored(
                ObligationFields(
                    participant_id=MARISELA,
                    type="master_hearing",
                    when=when(date(2026, 12, 8), time(8, 30)),
                    place="Newbridge Immigration Court, room 4",
                    judge="H. Castellane",
                    transport="Ride booked with Ana",
                    interpreter="K’iche’, by the court",
                    lawyer="J. Whitlock",
                ),
                "hearing",
            ),
            stored(
                ObligationFields(
                    participant_id=MARISELA, type="asylum_deadline", when=when(date(2027, 3, 4)), rule="asylum_1_year"
                ),
                "i589",
            ),
        ),
        tasks=(
            stored(TaskFields(participant_id=MARISELA, title="Finish the 3 court forms", due_on=date(2026, 11, 21)), "task1"),
            stored(TaskFields(participant_id=MARISELA, title="Bring bus cards", due_on=TODAY), "task2"),
            stored(TaskFields(participant_id=MARISELA, title="Ask lawyer about I-589", due_on=date(2026, 11, 30)), "task3"),
            stored(TaskFields(participant_id=MARISELA, title="Book interpreter for 8 Dec", due_on=date(2026, 12, 1)), "task4"),
        ),
        pinned=(
            stored(
                NoteFields(
                    participant_id=MARISELA,
                    pinned=True,
                    author_id=ANA,
                    written_at=datetime(2026, 9, 3, 14, 0, tzinfo=UTC),
                    text="Reads slowly in Spanish; use pictures. Mateo does not interpret for her, she asked for this.",
                ),
                "pinned1",
            ),
        ),
        conflicts=0,
        restricted_exists=True,
    )


def _entry(kind: Any, name: str, day: date, **more: Any) -> q.TimelineEntry:
    values: dict[str, Any] = {"at": "", "code": "", **more}
    return q.TimelineEntry(kind, uid(name), datetime(day.year, day.month, day.day, 15, tzinfo=UTC), day, **values)


def timeline() -> q.TimelineAnswer:
    story = (
        "Mateo starts at Lincoln Middle School on Monday. She is afraid of the next hearing; we walked through what happens in"
        " the room, who sits where, and what the judge may ask."
    )
    return q.TimelineAnswer(
        ahead=(
            _entry("obligation", "i589", date(2027, 3, 4), code="asylum_deadline", title="asylum_1_year"),
            _entry(
                "obligation",
                "hearing",
                date(2026, 12, 8),
                at="08:30",
                code="master_hearing",
                place="Newbridge Immigration Court, room 4",
                text="Ride booked with Ana. Court gives a K’iche’ interpreter.",
            ),
        ),
        today=(
            _entry(
                "session",
                "session1",
                TODAY,
                code="case_management",
                minutes=50,
                place="home",
                status="returned",
                who="Ana Marroquín",
            ),
        ),
        earlier=(
            _entry("obligation", "eoir33", date(2026, 11, 21), code="address_change", title="address_change_5_days"),
            _entry(
                "session",
                "session0",
                date(2026, 11, 18),
                code="social_services",
                minutes=50,
                place="home",
                status="signed",
                who="Denise Okafor",
                text=story,
            ),
            _entry(
                "address",
                "address1",
                date(2026, 11, 16),
                place="61 Alder St, Apt 2",
                who="Ana Marroquín",
                text="Household of 3.",
            ),
            _entry(
                "obligation",
                "isap",
                date(2026, 11, 12),
                code="isap_check_in",
                result="attended",
                text="Seen on her phone",
                who="Ana Marroquín",
            ),
            _entry(
                "note",
                "note1",
                date(2026, 11, 11),
                code="contact",
                text="Called from the school office.",
                who="Ana Marroquín",
                conflict=True,
            ),
            _entry("restricted", "restricted1", date(2026, 11, 10)),
            _entry(
                "screening",
                "screening1",
                date(2026, 11, 9),
                title="Work and safety guide",
                status="signed",
                who="Ana Marroquín",
            ),
        ),
        more=False,
    )


NARRATIVE = (
    "What she said\nMarisela is worried about the hearing on 8 December. She asked whether Mateo must speak. I said the court"
    " provides a K’iche’ interpreter and that her lawyer speaks for the family.\n\nWhat we did\nRead the hearing notice together"
    " with the interpreter on the phone. Filled in the court address form for Marisela and Lucía.\n\nWhat is next\nTake her to"
    " court by car on the 8th. Call Lincoln Middle School about the bus."
)


def session_fields(**changes: Any) -> ServiceSessionFields:
    values: dict[str, Any] = {
        "participant_id": MARISELA, "services": ["case_management", "social_services"], "when": when(TODAY, time(13, 30)),
        "minutes": 50, "place": "home", "language": "quc", "interpreter": "By phone, Voz line", "staff_ids": [ANA],
        "narrative": NARRATIVE, "staff_minutes": 80, "award": "24-017",
    }  # fmt: skip
    return ServiceSessionFields(**{**values, **changes})


def session_view(status: Any = "submitted", comment: str = "") -> q.SessionView:
    reviews, names = [], []
    submitted = ReviewFields(
        participant_id=MARISELA,
        subject_kind="service_session",
        subject_id=uid("session1"),
        verdict="submitted",
        reviewer_id=ANA,
        at=LATER,
    )
    if status != "draft":
        reviews.append(stored(submitted, "review1"))
        names.append("Ana Marroquín")
    if status == "returned":
        back = submitted.model_copy(update={"verdict": "returned", "comment": comment, "reviewer_id": DENISE})
        reviews.append(stored(back, "review2"))
        names.append("Denise Okafor")
    signed = status in ("signed", "amended")
    return q.SessionView(
        session=stored(session_fields(), "session1", Life.SIGNED if signed else Life.LIVE),
        participant="Marisela Tzoc",
        attendees=((MARISELA, "Marisela Tzoc", "present"), (MATEO, "Mateo Tzoc", "present")),
        staff=("Ana Marroquín",),
        status=status,
        reviews=tuple(reviews),
        reviewers=tuple(names),
        amendments=(),
        content_hash="c0ffee" * 10,
        signed_at=LATER if signed else None,
        signed_by="Denise Okafor" if signed else "",
    )


def review_queue() -> tuple[q.ReviewItem, ...]:
    def item(name: str, person: str, author: UUID, said: str, day: date, **more: Any) -> q.ReviewItem:
        values: dict[str, Any] = {"code": "case_management", "minutes": 50, "times": 1, "late_days": 0, **more}
        return q.ReviewItem(
            subject_kind="service_session", subject_id=uid(name), participant_id=MARISELA, participant=person, author_id=author,
            author=said, when=when(day), submitted_at=LATER, **values,
        )  # fmt: skip

    return (
        item("session1", "Marisela Tzoc", ANA, "Ana Marroquín", TODAY),
        item(
            "session2",
            "Farid Rahimi",
            ANA,
            "Ana Marroquín",
            date(2026, 11, 20),
            code="legal_orientation_individual",
            minutes=40,
        ),
        item("session3", "Nadia Haddad", ANA, "Ana Marroquín", date(2026, 11, 20), minutes=35, times=2),
        item("session4", "Leila Rahmani", LEON, "Leon Brandt", date(2026, 11, 18), minutes=60, late_days=5),
    )


def conflict_items() -> tuple[q.ConflictItem, ...]:
    mine = "Weekdays after 6 pm. Never when her brother-in-law is home."
    theirs = "Weekdays 10 am to 2 pm."
    return (
        q.ConflictItem(
            "participant",
            uid("rosa"),
            "safe_contact",
            uid("rosa"),
            "Rosa Quispe Mamani",
            "",
            (
                q.Version(mine, mine, "Ana Marroquín", "Blue ThinkPad", True, datetime(2026, 11, 20, 21, 12, tzinfo=UTC)),
                q.Version(theirs, theirs, "Leon Brandt", "Leon’s laptop", False, datetime(2026, 11, 20, 22, 3, tzinfo=UTC)),
            ),
        ),
        q.ConflictItem(
            "contact_route",
            uid("route1"),
            "value",
            MARISELA,
            "Marisela Tzoc",
            "text",
            (
                q.Version("+12025550148", "+1 202-555-0148", "Ana Marroquín", "Blue ThinkPad", True, LATER),
                q.Version("+12025550177", "+1 202-555-0177", "Denise Okafor", "Office laptop", False, LATER),
            ),
        ),
        q.ConflictItem(
            "service_session",
            uid("session9"),
            "life",
            MARISELA,
            "Marisela Tzoc",
            "",
            (
                q.Version(["signed", b"\x01" * 16], "Signed", "Denise Okafor", "Office laptop", False, LATER),
                q.Version(["live"], "Changed", "Ana Marroquín", "Blue ThinkPad", True, LATER),
            ),
        ),
    )


HELD_WORK = HeldWork(
    "0" * 32 + "-" + "7" * 64,
    "Leon Brandt",
    "Silver laptop",
    "fence",
    5,
    datetime(2026, 11, 19, 15, 2, tzinfo=UTC),
    datetime(2026, 11, 21, 20, 40, tzinfo=UTC),
    ("Marisela Tzoc", "Farid Rahimi"),
    (("note", 3), ("service_session", 1), ("contact_route", 1)),
)


def sync_decisions() -> SyncStatus:
    """Somebody's laptop was closed before all of its work had come; this one has taken a new identity lately."""
    return SyncStatus(
        word="set_aside",
        set_aside=1,
        held=(HELD_WORK,),
        renewed=datetime(2026, 11, 22, 9, 0, tzinfo=UTC),
        last_heard=datetime(2026, 11, 23, 12, 49, tzinfo=UTC),
        server="sync.lantern.invalid",
    )


def sync_alone(*, waiting: int = 2, keeps: bool = False, admitted: bool = True) -> SyncStatus:
    """An organisation without a server, seen from Ana's laptop (or, `keeps`, from Denise's)."""
    at = datetime(2026, 11, 23, 14, 26, tzinfo=UTC)
    stick = datetime(2026, 11, 22, 16, 5, tzinfo=UTC)
    items = (WaitingItem("service_session", "Marisela Tzoc", at), WaitingItem("note", "Farid Rahimi", at))[:waiting]
    other = ("Blue ThinkPad", "Ana Marroquín") if keeps else ("Denise’s laptop", "Denise Okafor")
    laptops = (
        LaptopSeen("Grey laptop", "Leon Brandt", stick, 3),
        LaptopSeen(*other, stick, 0),
        LaptopSeen("Old tower", "Omar Haddad", None, 41),
    )
    return SyncStatus(
        word="to_stick" if waiting else "on_stick",
        waiting=waiting,
        waiting_items=items,
        arrived=(ArrivedItem("service_session", "signed", MARISELA, "Marisela Tzoc", "Denise Okafor", stick),),
        conflicts=1,
        alone=WithoutServer("Denise’s laptop", keeps, admitted, stick, waiting + 3, laptops),
    )


def sync_status() -> SyncStatus:
    at = datetime(2026, 11, 23, 14, 26, tzinfo=UTC)
    return SyncStatus(
        word="offline",
        waiting=3,
        waiting_items=(
            WaitingItem("service_session", "Marisela Tzoc", at),
            WaitingItem("obligation", "Farid Rahimi", at),
            WaitingItem("task", "Farid Rahimi", at),
        ),
        arrived=(
            ArrivedItem("service_session", "signed", MARISELA, "Marisela Tzoc", "Denise Okafor", at),
            ArrivedItem("contact_route", "changed", uid("rosa"), "Rosa Quispe Mamani", "Leon Brandt", at),
        ),
        conflicts=2,
        set_aside=1,
        last_heard=datetime(2026, 11, 23, 12, 49, tzinfo=UTC),
        server="sync.lantern.invalid",
    )
