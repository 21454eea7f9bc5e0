"""What the screens ask: today's work, one person's story, what waits for a signature; and what is not for everybody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from uuid import UUID

import pytest

from cmpp_desktop.domain.obligations import AddObligation, MarkObligation
from cmpp_desktop.domain.questions import (
    Arrivals,
    Conflicts,
    Instruments,
    InstrumentSource,
    LastSession,
    Organisation,
    Outgoing,
    Participant,
    ReviewQueue,
    Screening,
    Timeline,
    Today,
)
from cmpp_desktop.domain.records import When
from cmpp_desktop.domain.reviews import Amend, ReturnForChanges, SignDocument
from cmpp_desktop.domain.screenings import Administration, Alert, FinaliseScreening, PublishInstrument, RaiseAlert
from cmpp_desktop.domain.staff import NameDevice, NameOrganisation, NameStaffMember, NameTeam
from cmpp_desktop.domain.tasks import AddTask, CompleteTask, WriteNote
from cmpp_desktop.errors import KnownError
from tests.store.laptops import CASELOAD, DAY, NOON, RESTRICTED, TEAM, Laptop, family, visit

Make = Callable[..., Laptop]


def published(laptop: Laptop, compartment: str = "caseload") -> UUID:
    card = {"compartment": compartment, "source": "Lantern Street"}
    return laptop.do(PublishInstrument("screen", "1", "ab" * 32, "Indicators", ("en", "es"), "<h:html/>", card)).id


def interviewed(laptop: Laptop, person: UUID, instrument: UUID) -> UUID:
    held = Administration(
        started_at=datetime.fromisoformat("2026-11-24T10:00Z"), finished_at=datetime.fromisoformat("2026-11-24T10:30Z")
    )
    alert = Alert(name="safety", kind="safety")
    laptop.do(RaiseAlert(person, instrument, UUID(int=5), alert))
    laptop.do(RaiseAlert(person, instrument, UUID(int=5), alert))  # the same alert again makes no second task
    finished = FinaliseScreening(
        person, instrument, held, "<data/>", {}, {}, "4", {"en": "high"}, "", (alert,), signature_typed="Ana"
    )
    return laptop.do(finished).id


def test_today_has_what_is_late_now_and_this_week(a_laptop: Make) -> None:
    laptop = a_laptop()
    person = laptop.do(family(preferred_name="Mari", interpreter_needed=True)).id
    late = laptop.do(AddObligation((person,), "isap_check_in", When(day=DAY - timedelta(days=4)))).id
    first = laptop.do(AddObligation((person,), "master_hearing", When(day=DAY, at=time(9, 30)), place="Newbridge, room 4")).id
    second = laptop.do(AddObligation((person,), "ice_check_in", When(day=DAY, at=time(11)))).id
    laptop.do(AddObligation((person,), "biometrics", When(day=DAY + timedelta(days=1))))
    laptop.do(AddObligation((person,), "filing_deadline", When(day=DAY + timedelta(days=20))))
    task = laptop.do(AddTask(person, "Bus card", DAY)).id
    laptop.do(AddTask(None, "Order paper", DAY + timedelta(days=60)))
    laptop.do(MarkObligation(second, "attended"))
    laptop.do(CompleteTask(task))
    laptop.store.drafts.save(
        laptop.actor.member_id, f"note:{person}", b"x", title="Note", participant_id=person, now_ms=NOON, words=1
    )
    answer = laptop.ask(Today(DAY))
    assert [item.id for item in answer.overdue] == [late]
    assert [(item.kind, item.result) for item in answer.today] == [
        ("task", "done"),
        ("obligation", None),
        ("obligation", "attended"),
        ("draft", None),
    ]
    hearing = next(item for item in answer.today if item.id == first)
    assert (hearing.participant, hearing.place, hearing.interpreter_needed) == ("Mari Tzoc", "Newbridge, room 4", True)
    assert [item.code for item in answer.week] == ["biometrics"]
    assert (answer.hearings_in_30_days, answer.deadlines_in_30_days) == (1, 1)


def test_today_is_the_askers_own_unless_everybodys_is_asked_for(a_laptop: Make) -> None:
    ana, leon = a_laptop(1), a_laptop(2)
    person = ana.do(family()).id
    ana.do(AddObligation((person,), "master_hearing", When(day=DAY)))
    leon.receive(ana)
    assert leon.ask(Today(DAY)).today == ()
    assert len(leon.ask(Today(DAY, mine=False)).today) == 1


def test_a_returned_note_comes_back_to_its_author(a_laptop: Make) -> None:
    ana, denise = a_laptop(1), a_laptop(2, role="supervisor")
    person = ana.do(family()).id
    session = ana.do(visit(person, submit=True)).id
    denise.receive(ana)
    (waiting,) = denise.ask(ReviewQueue())
    assert (waiting.subject_id, waiting.participant, waiting.times, waiting.late_days) == (session, "Marisela Tzoc", 1, 0)
    assert ana.ask(ReviewQueue()) == ()
    denise.do(ReturnForChanges("service_session", session, "Which court?"))
    assert denise.ask(ReviewQueue()) == ()
    ana.receive(denise)
    assert [item.kind for item in ana.ask(Today(DAY)).today] == ["returned"]


def test_the_timeline_is_one_stream_with_filters(a_laptop: Make) -> None:
    ana, denise = a_laptop(1), a_laptop(2, role="supervisor")
    person = ana.do(family()).id
    ana.do(AddObligation((person,), "master_hearing", When(day=DAY + timedelta(days=9), at=time(8))))
    session = ana.do(visit(person, "About the school.", submit=True)).id
    ana.do(WriteNote(person, "She called about the bus."))
    denise.receive(ana)
    denise.do(SignDocument("service_session", session))
    denise.do(Amend("service_session", session, "It was 2 pm.", "wrong time"))
    ana.receive(denise)
    answer = ana.ask(Timeline(person, DAY))
    assert [entry.code for entry in answer.ahead] == ["master_hearing"]
    assert {entry.kind for entry in answer.today} == {"session", "note", "consent", "case"}
    assert next(entry for entry in answer.today if entry.kind == "session").status == "amended"
    assert [entry.kind for entry in ana.ask(Timeline(person, DAY, ("note",))).today] == ["note"]
    assert [entry.id for entry in ana.ask(Timeline(person, DAY, text="SCHOOL")).today] == [session]
    later = ana.ask(Timeline(person, DAY + timedelta(days=30), limit=2))
    assert (len(later.earlier), later.more) == (2, True)
    rest = ana.ask(Timeline(person, DAY + timedelta(days=30), before=later.earlier[-1].when, limit=50))
    ids = {entry.id for entry in (*later.earlier, *rest.earlier)}
    assert len(ids) == len(later.earlier) + len(rest.earlier) == 5
    last = ana.ask(LastSession(person))
    assert last is not None
    assert last.id == session


def test_a_restricted_screening_is_not_seen_without_its_collection(a_laptop: Make) -> None:
    ana, leon = a_laptop(1), a_laptop(2, restricted=False)
    person = ana.do(family()).id
    screening = interviewed(ana, person, published(ana, "restricted"))
    view = ana.ask(Screening(screening))
    assert view.signed_at is not None
    assert view.content_hash
    assert [change_set.collection for change_set in ana.store.replica().outbox(RESTRICTED)] == [RESTRICTED.bytes] * 2
    leon.receive(ana)  # as if access had been withdrawn after it came
    nobody = ana.do(family("Rosa")).id
    leon.receive(ana)
    assert leon.ask(Participant(person)).restricted_exists
    assert leon.ask(Participant(nobody)).restricted_exists  # the same for everybody: it tells nothing of anybody
    assert [task.fields.title_code for task in leon.ask(Participant(person)).tasks] == ["safety_concern"]
    assert {task.fields.title_code for task in ana.ask(Participant(person)).tasks} == {"alert_safety", "safety_concern"}
    assert all(entry.kind != "screening" for entry in leon.ask(Timeline(person, DAY)).today)
    with pytest.raises(KnownError, match="record_missing"):
        leon.ask(Screening(screening))
    assert leon.store.replica().states(CASELOAD, [screening]) == {}


def test_the_office_has_its_names(a_laptop: Make) -> None:
    boss = a_laptop(role="administrator")
    boss.do(NameOrganisation(UUID(int=1), "Lantern Street Services"))
    boss.do(NameTeam(TEAM, "Team North"))
    boss.do(NameStaffMember(boss.actor.member_id, "Ana Marroquín", "administrator", TEAM))
    boss.do(NameDevice(UUID(int=2), boss.actor.device_id.hex(), "Blue ThinkPad", boss.actor.member_id))
    view = boss.ask(Organisation())
    assert (view.name, view.me.name, view.me.team, view.teams) == (
        "Lantern Street Services",
        "Ana Marroquín",
        "Team North",
        ((TEAM, "Team North"),),
    )
    assert view.device_names == ((boss.actor.device_id.hex(), "Blue ThinkPad", boss.actor.member_id),)


def test_before_anything_has_come_the_office_is_empty(a_laptop: Make) -> None:
    view = a_laptop().ask(Organisation())
    assert (view.name, view.staff, view.me.role) == ("", (), "caseworker")


def test_instruments_are_offered_and_read(a_laptop: Make) -> None:
    laptop = a_laptop()
    instrument = published(laptop)
    (row,) = laptop.ask(Instruments())
    assert (row.id, row.title, row.languages) == (instrument, "Indicators", ("en", "es"))
    assert laptop.ask(InstrumentSource(instrument)) == "<h:html/>"
    with pytest.raises(KnownError, match="instrument_missing"):
        laptop.ask(InstrumentSource(UUID(int=3)))


def test_nobody_is_missing(a_laptop: Make) -> None:
    laptop = a_laptop()
    for question in (Participant(UUID(int=1)), Timeline(UUID(int=1), date(2026, 1, 1))):
        with pytest.raises(KnownError, match="record_missing"):
            laptop.ask(question)
    assert laptop.ask(LastSession(UUID(int=1))) is None
    assert laptop.ask(Conflicts()) == ()


def test_the_corner_says_what_waits_and_what_came(a_laptop: Make) -> None:
    ana, denise = a_laptop(1), a_laptop(2, role="supervisor")
    person = ana.do(family()).id
    ana.do(visit(person, submit=True))
    denise.receive(ana)
    assert [(item.kind, item.participant) for item in ana.ask(Outgoing())] == [
        ("service_session", "Marisela Tzoc"),
        ("participant", "Marisela Tzoc"),
    ]
    came = denise.ask(Arrivals())
    assert {(item.kind, item.verb) for item in came} >= {("participant", "added"), ("service_session", "added")}
    assert {item.participant_id for item in came if item.kind == "service_session"} == {person}
    assert denise.ask(Outgoing()) == ()
