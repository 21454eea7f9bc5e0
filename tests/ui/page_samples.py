"""Synthetic people and a workspace that answers with them: what the pages' tests and pictures are made of.

Nothing here is a person. The workspace is the door's shape without a store: it answers questions with frozen samples,
writes down every command, and behaves where a page depends on it (drafts, alerts, undo).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid5

from cmpp_desktop.changes import Bus, Changed
from cmpp_desktop.domain import questions as q
from cmpp_desktop.domain.cases import CaseFields
from cmpp_desktop.domain.consent import ConsentFields
from cmpp_desktop.domain.obligations import MarkObligation, ObligationFields, UnmarkObligation
from cmpp_desktop.domain.participants import AddressFields, ContactRouteFields, ParticipantFields, RevealANumber
from cmpp_desktop.domain.records import BirthDate, Life, PersonName, PostalAddress, When
from cmpp_desktop.domain.reviews import ReviewFields
from cmpp_desktop.domain.sessions import ServiceSessionFields
from cmpp_desktop.domain.tasks import CompleteTask, NoteFields, ReopenTask, TaskFields
from cmpp_desktop.domain.work import Command, Done, Stored
from cmpp_desktop.forms import Alert
from cmpp_desktop.workspace import ArrivedItem, OpenInterview, Paper, SyncStatus, WaitingItem

NOW = datetime(2026, 11, 23, 15, 42, tzinfo=UTC)  # Monday, 10:42 in New York
TODAY = date(2026, 11, 23)
SPACE = UUID("6d1d6b6e-3f0c-4b55-9d0a-2c6d1c9e7a10")
ZONE = "America/New_York"


def uid(name: str) -> UUID:
    return uuid5(SPACE, name)


MARISELA, MATEO, LUCIA = uid("marisela"), uid("mateo"), uid("lucia")
ANA, DENISE, LEON = uid("ana"), uid("denise"), uid("leon")


def stored(fields: Any, name: str, life: Life = Life.LIVE) -> Stored[Any]:
    return Stored(uid(name), fields, life, "caseload", uid("north"), NOW, ANA, NOW, ANA)


def when(day: date, at: time | None = None) -> When:
    return When(day=day, at=at, zone=ZONE)


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
        at=NOW,
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
        signed_at=NOW if signed else None,
        signed_by="Denise Okafor" if signed else "",
    )


def review_queue() -> tuple[q.ReviewItem, ...]:
    def item(name: str, person: str, author: UUID, said: str, day: date, **more: Any) -> q.ReviewItem:
        values: dict[str, Any] = {"code": "case_management", "minutes": 50, "times": 1, "late_days": 0, **more}
        return q.ReviewItem(
            subject_kind="service_session", subject_id=uid(name), participant_id=MARISELA, participant=person, author_id=author,
            author=said, when=when(day), submitted_at=NOW, **values,
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
                q.Version("+12025550148", "+1 202-555-0148", "Ana Marroquín", "Blue ThinkPad", True, NOW),
                q.Version("+12025550177", "+1 202-555-0177", "Denise Okafor", "Office laptop", False, NOW),
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
                q.Version(["signed", b"\x01" * 16], "Signed", "Denise Okafor", "Office laptop", False, NOW),
                q.Version(["live"], "Changed", "Ana Marroquín", "Blue ThinkPad", True, NOW),
            ),
        ),
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


# --- An interview of twelve questions ------------------------------------------------------------------


@dataclass
class FakeChoice:
    value: str
    labels: dict[str, str]


@dataclass
class FakeQuestion:
    ref: str
    type: str
    labels: dict[str, str]
    section_ref: str
    choices: tuple[FakeChoice, ...] = ()
    required: bool = True
    appearance: str = ""
    hints: dict[str, str] = field(default_factory=dict)
    readonly: bool = False
    value: str = ""
    problem: str | None = None
    message: dict[str, str] = field(default_factory=dict)
    required_message: dict[str, str] = field(default_factory=dict)
    marker: str | None = None
    note: str = ""

    @property
    def name(self) -> str:
        return self.ref.rsplit("/", 1)[-1]


YES_NO = (
    FakeChoice("no", {"en": "No", "es": "No", "ar": "لا"}),
    FakeChoice("past", {"en": "Yes, in the past", "es": "Sí, en el pasado", "ar": "نعم، في الماضي"}),
    FakeChoice("now", {"en": "Yes, it is happening now", "es": "Sí, está pasando ahora", "ar": "نعم، يحدث الآن"}),
    FakeChoice("unsure", {"en": "Not sure", "es": "No sé", "ar": "لست متأكدة"}),
)
SECTIONS = (
    ("/g/start", {"en": "Before we start", "es": "Antes de empezar"}, 2),
    ("/g/journey", {"en": "Your journey", "es": "Su viaje"}, 3),
    ("/g/work", {"en": "Work", "es": "Trabajo"}, 3),
    ("/g/home", {"en": "Where you live", "es": "Dónde vive"}, 2),
    ("/g/trust", {"en": "People you trust", "es": "Personas de confianza"}, 1),
    ("/g/end", {"en": "Closing", "es": "Cierre"}, 1),
)
ASKED = {
    "en": "Did anyone at work keep your passport or other papers so that you could not leave?",
    "es": "¿Alguien en el trabajo le guardó el pasaporte u otros papeles para que no pudiera irse?",
    "ar": "هل احتفظ أحد في العمل بجواز سفرك أو أوراقك الأخرى حتى لا تتمكني من المغادرة؟",
}


class FakeInterview:
    """Answers like `forms.Interview`: twelve choices in six sections; "now" in any of them raises an alert."""

    def __init__(self) -> None:
        self._questions: dict[str, FakeQuestion] = {}
        number = 0
        for section, _, count in SECTIONS:
            for _ in range(count):
                number += 1
                self._questions[f"{section}/q{number}"] = FakeQuestion(
                    f"{section}/q{number}", "select_one", dict(ASKED), section, YES_NO
                )
        self.current_ref = next(iter(self._questions))

    def questions(self) -> tuple[FakeQuestion, ...]:
        return tuple(self._questions.values())

    def question(self, ref: str) -> FakeQuestion:
        return self._questions[ref]

    def answer(self, ref: str, value: Any) -> Any:
        self._questions[ref].value = value
        return SimpleNamespace(refs=(ref,))

    def mark(self, ref: str, marker: str | None) -> Any:
        self._questions[ref].marker = marker
        return SimpleNamespace(refs=(ref,))

    def note(self, ref: str, text: str) -> None:
        self._questions[ref].note = text

    def sections(self) -> tuple[Any, ...]:
        views = []
        for ref, labels, _ in SECTIONS:
            inside = [item for item in self._questions.values() if item.section_ref == ref]
            done = sum(1 for item in inside if item.value or item.marker)
            views.append(SimpleNamespace(ref=ref, labels=labels, answered=done, total=len(inside), first_ref=inside[0].ref))
        return tuple(views)

    def problems(self) -> tuple[Any, ...]:
        return ()

    def outcome(self) -> Any:
        alerts = tuple(Alert(item.name, "safety", item.ref) for item in self._questions.values() if item.value == "now")
        band = {
            "en": "Several signs. Talk it through with your supervisor.",
            "es": "Varias señales. Háblelo con su supervisora.",
        }
        return SimpleNamespace(score="5", band=band, follow_up="", alerts=alerts)


INSTRUMENT = q.InstrumentRow(
    uid("instrument"), "work_safety", "4", "Work and safety guide", ("en", "es", "ar"), "ab" * 32,
    (("validated", "guide"), ("source", "Written by us")),
)  # fmt: skip


class FakeWorkspace:
    """The door's shape. `done`: commands in order; `saved`: what was kept of the interview; `answers` may be changed."""

    def __init__(self) -> None:
        self.changed = Bus()
        self.done: list[Command] = []
        self.saved: list[str] = []
        self.drafts: dict[str, q.Draft] = {}
        self.accesses: list[str] = []
        self.finished: list[tuple[str, Any]] = []
        self.papers: list[Any] = []
        self.saved_papers: list[tuple[Any, str, str]] = []
        self.synced = 0
        self.held: OpenInterview | None = None
        self.pdf = b""
        self.answers: dict[type[Any], Any] = {
            q.Participant: participant_view(),
            q.Timeline: timeline(),
            q.Session: session_view(),
            q.LastSession: stored(session_fields(when=when(date(2026, 11, 18), time(13, 30))), "session0"),
            q.ReviewQueue: review_queue(),
            q.Conflicts: conflict_items(),
            q.Instruments: (INSTRUMENT,),
            q.Drafts: (),
            q.Organisation: organisation(),
        }

    def ask(self, question: Any) -> Any:
        answer = self.answers[type(question)]
        if isinstance(answer, Exception):
            raise answer
        return answer(question) if callable(answer) else answer

    def do(self, command: Command, origin: str = "here") -> Done:
        self.done.append(command)
        undo: Command | None = None
        more: dict[str, Any] = {}
        if isinstance(command, CompleteTask):
            undo = ReopenTask(command.task_id)
        if isinstance(command, MarkObligation):
            undo = UnmarkObligation(command.obligation_id)
            more = {"ask_next": command.result == "attended"}
        if isinstance(command, RevealANumber):
            more = {"a_number": "900555412"}
        done = Done(uid(f"done{len(self.done)}"), undo, more or None)
        self.changed.publish(Changed(frozenset({"task"}), frozenset({MARISELA}), origin))
        return done

    def note_access(self, action: str, subject_kind: str, subject_id: UUID | None, **facts: Any) -> None:
        self.accesses.append(action)

    def save_draft(self, key: str, body: bytes, *, title: str, participant_id: UUID | None, words: int = 0) -> None:
        self.drafts[key] = q.Draft(key, participant_id, None, title, body, words, NOW)

    def draft(self, key: str) -> q.Draft | None:
        return self.drafts.get(key)

    def discard_draft(self, key: str) -> None:
        self.drafts.pop(key, None)

    def start_interview(
        self, participant_id: UUID, instrument_id: UUID, *, language: str, interpreter: str = "", alone: str = "unknown"
    ) -> OpenInterview:
        interview: Any = FakeInterview()
        self.held = OpenInterview(
            uid("interview"), participant_id, "Marisela Tzoc", INSTRUMENT, interview, language, interpreter, alone
        )
        return self.held

    def resume_interview(self, interview_id: UUID) -> OpenInterview:
        assert self.held is not None
        return self.held

    def save_interview(self, held: OpenInterview, changes: Any = None) -> tuple[str, ...]:
        self.saved.append(held.interview.current_ref)
        new = tuple(alert.name for alert in held.interview.outcome().alerts if alert.name not in held.raised)
        held.raised.update(new)
        return new

    def finish_interview(self, held: OpenInterview, *, signature: Any = (), typed: str = "", origin: str = "here") -> Done:
        self.finished.append((typed, signature))
        return Done(uid("screening9"))

    def sync_status(self) -> SyncStatus:
        return sync_status()

    def sync_now(self, progress: Any = None) -> SyncStatus:
        self.synced += 1
        return replace(sync_status(), word="sent", waiting=0, waiting_items=(), conflicts=0, set_aside=0)

    def recent_people(self) -> tuple[UUID, ...]:
        return (MARISELA,)

    def paper(self, request: Any) -> Paper:
        self.papers.append(request)
        return Paper("Case summary", "case-summary.pdf", self.pdf, 2)

    def save_paper(self, paper: Paper, path: Any, *, reason: str, password: str = "") -> None:
        self.saved_papers.append((path, reason, password))

    def state(self) -> str:
        return "open"

    def today(self) -> date:
        return TODAY

    def now(self) -> datetime:
        return NOW


def organisation(role: str = "caseworker") -> q.OrganisationView:
    ana = q.StaffRow(ANA, "Ana Marroquín", role, uid("north"), "Team North")
    return q.OrganisationView(
        uid("organisation"), "Lantern Street Services", "", ZONE, 10, ana,
        (
            ana,
            q.StaffRow(DENISE, "Denise Okafor", "supervisor", uid("north"), "Team North"),
            q.StaffRow(LEON, "Leon Brandt", "caseworker", uid("north"), "Team North"),
        ),
        ((uid("north"), "Team North"),), (),
    )  # fmt: skip
