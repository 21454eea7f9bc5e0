"""The calendar of obligations: days in the court's zone, counts, what collides, whom to remind, and a file for a phone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cmpp_desktop.domain.calendar import (
    Calendar,
    CalendarCounts,
    CalendarExport,
    ExportEntry,
    RemindersDue,
    group_of,
    reminder_due,
)
from cmpp_desktop.domain.cases import CaseOpening
from cmpp_desktop.domain.consent import ConsentGiven
from cmpp_desktop.domain.households import NewPerson, RegisterHousehold
from cmpp_desktop.domain.members import BecameAdult, ComingOfAge, SeparateMembers
from cmpp_desktop.domain.merges import MergePeople
from cmpp_desktop.domain.obligations import (
    AddObligation,
    ChangeObligation,
    MarkObligation,
    ObligationFields,
    RecordReminder,
    Reminder,
    SharedWith,
)
from cmpp_desktop.domain.participants import AddContactRoute, ChangeParticipant
from cmpp_desktop.domain.questions import Today
from cmpp_desktop.domain.records import BirthDate, PersonName, When
from cmpp_desktop.words import load
from cmpp_desktop.workspace.calendar import ics_of
from tests.store.laptops import DAY, Laptop, family

Make = Callable[..., Laptop]
CHICAGO = "America/Chicago"
ENGLISH = load("en")


def at(day: date, hour: int = 9, minute: int = 0, zone: str = CHICAGO) -> When:
    return When(day=day, at=time(hour, minute), zone=zone)


def ids(answer: Any) -> list[list[UUID]]:
    return [[entry.id for entry in day.entries] for day in answer.days]


def test_a_week_has_its_days_in_order_each_in_the_zone_of_its_court(a_laptop: Make) -> None:
    laptop = a_laptop()
    person = laptop.do(family()).id
    late = laptop.do(AddObligation((person,), "master_hearing", at(DAY, 23, 30))).id  # Wednesday already in Greenwich
    early = laptop.do(AddObligation((person,), "ice_check_in", at(DAY, 8, zone="Pacific/Kiritimati"))).id
    whole = laptop.do(AddObligation((person,), "filing_deadline", When(day=DAY + timedelta(days=2), zone=CHICAGO))).id
    laptop.do(AddObligation((person,), "biometrics", at(DAY + timedelta(days=7))))
    week = laptop.ask(Calendar(DAY, DAY + timedelta(days=6)))
    assert ids(week) == [[early, late], [whole]]
    assert [day.day for day in week.days] == [DAY, DAY + timedelta(days=2)]
    assert [entry.group for day in week.days for entry in day.entries] == ["check_ins", "hearings", "deadlines"]
    assert week.days[0].entries[0].participant == "Marisela Tzoc"


def test_only_what_was_asked_for_is_in_it(a_laptop: Make) -> None:
    ana, leon = a_laptop(1), a_laptop(2)
    person = ana.do(family()).id
    hearing = ana.do(AddObligation((person,), "master_hearing", at(DAY))).id
    done = ana.do(AddObligation((person,), "isap_check_in", at(DAY, 11))).id
    ana.do(MarkObligation(done, "attended"))
    leon.receive(ana)
    assert ids(leon.ask(Calendar(DAY, DAY))) == []
    everybody = Calendar(DAY, DAY, mine=False)
    assert ids(leon.ask(everybody)) == [[hearing, done]]
    assert ids(leon.ask(Calendar(DAY, DAY, mine=False, open_only=True))) == [[hearing]]
    assert ids(leon.ask(Calendar(DAY, DAY, mine=False, types=("isap_check_in",)))) == [[done]]
    assert ids(leon.ask(Calendar(DAY, DAY, mine=False, participant_id=person))) == [[hearing, done]]
    limited = leon.ask(Calendar(DAY, DAY, mine=False, limit=1))
    assert (ids(limited), limited.more) == ([[hearing]], 1)


def test_a_month_says_how_much_is_on_each_day(a_laptop: Make) -> None:
    laptop = a_laptop()
    people = (laptop.do(family()).more or {})["participant_ids"]
    laptop.do(AddObligation(people, "master_hearing", at(DAY)))
    done = laptop.do(AddObligation((people[0],), "isap_check_in", at(DAY))).id
    laptop.do(MarkObligation(done, "attended"))
    laptop.do(AddObligation((people[0],), "appointment", at(DAY + timedelta(days=3))))
    laptop.do(AddObligation((people[0],), "departure", When(day=DAY + timedelta(days=3))))
    counts = laptop.ask(CalendarCounts(DAY.replace(day=1), DAY.replace(day=30)))
    assert [(day.day, day.hearings, day.check_ins, day.deadlines, day.appointments, day.open) for day in counts] == [
        (DAY, 2, 1, 0, 0, 2),
        (DAY + timedelta(days=3), 0, 0, 1, 1, 2),
    ]
    assert [day.total for day in laptop.ask(CalendarCounts(DAY, DAY, types=("master_hearing",)))] == [2]


def test_one_person_or_one_caseworker_cannot_be_in_two_places(a_laptop: Make) -> None:
    laptop = a_laptop()
    people = (laptop.do(family()).more or {})["participant_ids"]
    other = laptop.do(family("Farid", "Rahimi")).id
    together = (laptop.do(AddObligation(people, "master_hearing", at(DAY, 9), place="Court A")).more or {})["obligation_ids"]
    check_in = laptop.do(AddObligation((people[0],), "ice_check_in", at(DAY, 10), place="ICE office")).id
    elsewhere = laptop.do(AddObligation((other,), "master_hearing", at(DAY, 10, 30), place="Court B")).id
    by_app = laptop.do(AddObligation((other,), "isap_check_in", at(DAY, 9), mode="app")).id
    laptop.do(AddObligation((other,), "ice_check_in", at(DAY, 14), place="ICE office"))
    found = {(clash.of, frozenset((clash.one, clash.other))) for clash in laptop.ask(Calendar(DAY, DAY)).clashes}
    assert ("participant", frozenset((together[0], check_in))) in found
    assert ("caseworker", frozenset((together[1], check_in))) in found
    assert ("caseworker", frozenset((together[0], elsewhere))) in found
    assert not [pair for _, pair in found if pair == frozenset(together)]
    assert not [pair for _, pair in found if by_app in pair]


def test_people_are_reminded_a_week_before_and_the_day_before_until_it_was_done(a_laptop: Make) -> None:
    laptop = a_laptop()
    person = laptop.do(family(phone="(555) 010-0148", safe_contact="After 4 pm")).id
    laptop.do(AddContactRoute(person, "(555) 010-0199", safe=False, preferred=True))
    hearing = laptop.do(AddObligation((person,), "master_hearing", at(DAY + timedelta(days=5)))).id
    laptop.do(AddObligation((person,), "filing_deadline", When(day=DAY + timedelta(days=5))))
    laptop.do(AddObligation((person,), "biometrics", at(DAY + timedelta(days=30))))
    (due,) = laptop.ask(RemindersDue(DAY))
    assert (due.obligation_id, due.before, due.phone, due.safe_contact) == (hearing, 7, "+15550100148", "After 4 pm")
    laptop.do(RecordReminder((hearing,), "text"))
    assert laptop.ask(RemindersDue(DAY)) == ()
    (again,) = laptop.ask(RemindersDue(DAY + timedelta(days=4)))
    assert again.before == 1
    assert again.given is not None
    laptop.do(MarkObligation(hearing, "cancelled"))
    assert laptop.ask(RemindersDue(DAY + timedelta(days=4))) == ()


@given(st.integers(-3, 40), st.lists(st.integers(-40, 0), max_size=4))
def test_a_reminder_given_today_is_never_due_again_today(ahead: int, before: list[int]) -> None:
    zone = ZoneInfo(CHICAGO)
    when = at(DAY + timedelta(days=ahead))
    noon = datetime.combine(DAY, time(12), zone)
    given = [Reminder(at=noon + timedelta(days=days)) for days in before]
    due = reminder_due(when, given, DAY)
    assert due in (None, 1, 7)
    assert (ahead < 0 or ahead > 7) <= (due is None)
    assert reminder_due(when, [*given, Reminder(at=noon)], DAY) is None


def test_what_is_restricted_is_in_the_calendar_of_those_alone_who_hold_it_and_in_no_file(a_laptop: Make) -> None:
    ana, leon = a_laptop(1), a_laptop(2, restricted=False)
    person = ana.do(family()).id
    with ana.work() as commit:
        secret = commit.work.add(
            ObligationFields(participant_id=person, type="interview", when=at(DAY)), compartment="restricted"
        )
        commit()
    leon.receive(ana)
    assert ids(ana.ask(Calendar(DAY, DAY))) == [[secret]]
    assert ana.ask(Calendar(DAY, DAY)).days[0].entries[0].restricted
    assert ids(leon.ask(Calendar(DAY, DAY, mine=False))) == []
    assert leon.ask(CalendarCounts(DAY, DAY, mine=False)) == ()
    assert ana.ask(CalendarExport(DAY, DAY)) == ()


def events(data: bytes) -> list[Any]:
    return list(icalendar.Calendar.from_ical(data).walk("VEVENT"))


def exported(laptop: Laptop, first: date = DAY, last: date = DAY + timedelta(days=60)) -> bytes:
    return ics_of(laptop.ask(CalendarExport(first, last)), ENGLISH)


def test_the_file_says_when_and_where_the_court_is_and_nothing_of_anybody(a_laptop: Make) -> None:
    laptop = a_laptop()
    person = laptop.do(family(a_number="213440712", phone="(555) 010-0148")).id
    court = "Newbridge Immigration Court, room 4"
    laptop.do(AddObligation((person,), "individual_hearing", at(DAY, 8, 30), place=court, judge="J. Park", note="Bring Lucía"))
    laptop.do(AddObligation((person,), "isap_check_in", at(DAY, 15), place="ISAP office, 12 Elm St"))
    laptop.do(AddObligation((person,), "asylum_deadline", When(day=DAY + timedelta(days=40), zone=CHICAGO)))
    hearing, check_in, deadline = events(exported(laptop))
    assert (str(hearing["SUMMARY"]), str(hearing["LOCATION"])) == ("Hearing 8:30 am", court)
    assert hearing["DTSTART"].dt == datetime(2026, 11, 24, 8, 30, tzinfo=ZoneInfo(CHICAGO))
    assert "LOCATION" not in check_in
    assert (str(deadline["SUMMARY"]), deadline["DTSTART"].dt) == ("Deadline", DAY + timedelta(days=40))
    assert set(hearing) == {
        "SUMMARY", "DTSTART", "DURATION", "DTSTAMP", "UID", "SEQUENCE", "STATUS", "CLASS", "LOCATION"
    }  # fmt: skip


def test_a_court_is_left_out_where_its_words_say_who_somebody_is(a_laptop: Make) -> None:
    laptop = a_laptop()
    person = laptop.do(family()).id
    for place in ("Court, ask for LUCIA", "Room 4, file 213-440-712", "call (555) 010-0148 first"):
        laptop.do(AddObligation((person,), "master_hearing", at(DAY), place=place))
    laptop.do(AddObligation((person,), "master_hearing", at(DAY), place="Court, room 12, 60604"))
    assert [str(event.get("LOCATION", "")) for event in events(exported(laptop))] == ["", "", "", "Court, room 12, 60604"]


def test_a_calendar_hears_of_what_moved_was_cancelled_or_taken_out(a_laptop: Make) -> None:
    ana, leon = a_laptop(1), a_laptop(2)
    person = ana.do(family()).id
    first, second = (ana.do(AddObligation((person,), "ice_check_in", at(DAY, hour))).id for hour in (9, 11))
    third = ana.do(AddObligation((person,), "ice_check_in", at(DAY, 13)))
    before = {str(event["UID"]): int(event["SEQUENCE"]) for event in events(exported(ana))}
    ana.do(MarkObligation(first, "moved_by_agency", moved_to=at(DAY + timedelta(days=9))))
    ana.do(ChangeObligation(second, {"when": at(DAY, 12)}))
    assert third.undo is not None
    ana.do(third.undo)
    after = events(exported(ana))
    states = [(str(event["STATUS"]), str(event["UID"]) in before) for event in after]
    assert states == [("CANCELLED", True), ("CONFIRMED", True), ("CANCELLED", True), ("CONFIRMED", False)]
    assert all(int(event["SEQUENCE"]) > before[str(event["UID"])] for event in after if str(event["UID"]) in before)
    leon.receive(ana)
    same = ics_of(leon.ask(CalendarExport(DAY, DAY + timedelta(days=60), mine=False)), ENGLISH)
    assert {str(event["UID"]) for event in events(same)} == {str(event["UID"]) for event in after}
    assert not [event for event in after if str(first) in str(event["UID"])]


@given(
    st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    st.times(),
    st.sampled_from([CHICAGO, "America/New_York", "America/Phoenix", "Pacific/Honolulu", "America/Los_Angeles"]),
)
@settings(max_examples=40)
def test_a_reader_that_knows_only_the_file_comes_to_the_same_moment(day: date, hour: time, zone: str) -> None:
    when = When(day=day, at=hour.replace(second=0, microsecond=0), zone=zone)
    now = datetime(2026, 11, 24, tzinfo=UTC)
    data = ics_of([ExportEntry(UUID(int=5), "hearings", when, 60, "", False, now, now)], ENGLISH)
    calendar: Any = icalendar.Calendar.from_ical(data)
    (event,) = calendar.walk("VEVENT")
    (rules,) = calendar.walk("VTIMEZONE")
    local: datetime = event["DTSTART"].dt.replace(tzinfo=None)
    offset = rules.to_tz(tzp=icalendar.timezone.TZP("zoneinfo"), lookup_tzid=False).utcoffset(local)
    folded = {(when.instant + timedelta(hours=hours)) for hours in (-1, 0, 1)}  # an hour that is there twice, or not at all
    gap = ZoneInfo(zone).utcoffset(local) != ZoneInfo(zone).utcoffset(local.replace(fold=1))
    moment = (local - offset).replace(tzinfo=UTC)
    assert moment in folded if gap else moment == when.instant


NAMES = st.text(st.sampled_from("çğıöşüñØŁжщюяابجدسعقمहनमरसκλμπψω"), min_size=2, max_size=8)
NUMBERS = st.from_regex(r"[1-9][0-9]{8}", fullmatch=True)
PLACES = st.sampled_from(["Court", "Room 4, {name}", "{alias} at the door", "c/o {phone}", "A{number}", "Court of {family}"])


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(NAMES, NAMES, NAMES, NUMBERS, st.integers(1000, 9999), PLACES), min_size=1, max_size=4))
def test_no_name_alias_a_number_or_phone_of_anybody_is_in_the_bytes(
    tmp_path_factory: pytest.TempPathFactory, people: list[tuple[str, str, str, str, int, str]]
) -> None:
    laptop = Laptop(tmp_path_factory.mktemp("file"))
    try:
        secrets: set[str] = set()
        for given, surname, alias, number, phone, place in people:
            dialled = f"(555) 010-{phone}"
            person = NewPerson(
                PersonName(given=given, family=surname),
                aliases=(alias,),
                a_number=number,
                phone=dialled,
                safe_contact=f"Ask {alias}",
            )
            id = laptop.do(RegisterHousehold((person,), ConsentGiven(), CaseOpening())).id
            facts = {"name": given, "family": surname, "alias": alias, "phone": dialled, "number": number}
            words = place.format(**facts)
            laptop.do(AddObligation((id,), "master_hearing", at(DAY), place=words, judge=alias, note=given, lawyer=surname))
            laptop.do(AddObligation((id,), "ice_check_in", at(DAY), place=words, transport=given))
            secrets |= {given, surname, alias, number, f"010-{phone}", f"010{phone}", str(id), id.hex}
        folded = exported(laptop).decode().replace("\r\n ", "")
        assert folded.count("BEGIN:VEVENT") == 2 * len(people)
        assert not {secret for secret in secrets if secret in folded}
    finally:
        laptop.store.close()


def test_who_turned_eighteen_is_shown_until_it_is_followed_up(a_laptop: Make) -> None:
    laptop = a_laptop()
    born = {
        "Ana": BirthDate(day=date(1990, 1, 1)),
        "Mateo": BirthDate(day=date(2008, 11, 24)),
        "Eva": BirthDate(day=date(2008, 11, 30), estimated=True),
        "Leap": BirthDate(day=date(2008, 2, 29)),
    }
    people = tuple(NewPerson(PersonName(given=name, family="Tzoc"), "child", birth_date=day) for name, day in born.items())
    done = laptop.do(RegisterHousehold(people, ConsentGiven(), CaseOpening()))
    _, mateo, eva, leap = (done.more or {})["participant_ids"]
    found = laptop.ask(ComingOfAge(DAY))
    assert [(one.participant_id, one.turned_on) for one in found] == [(leap, date(2026, 3, 1)), (mateo, DAY)]
    assert [one.participant_id for one in laptop.ask(ComingOfAge(DAY, ahead=7))] == [leap, mateo, eva]
    assert [item.participant for item in laptop.ask(Today(DAY)).came_of_age] == ["Leap Tzoc", "Mateo Tzoc"]
    laptop.do(BecameAdult(mateo))
    assert [one.participant_id for one in laptop.ask(ComingOfAge(DAY))] == [leap]
    laptop.do(ChangeParticipant(leap, {"birth_date": BirthDate(day=date(2010, 2, 28))}))
    assert laptop.ask(ComingOfAge(DAY)) == ()


def test_who_was_registered_twice_comes_of_age_once_whichever_record_has_the_birth_date(a_laptop: Make) -> None:
    laptop = a_laptop()
    one = laptop.do(RegisterHousehold((NewPerson(PersonName(given="Mateo", family="Tzoc")),), ConsentGiven(), CaseOpening())).id
    born = NewPerson(PersonName(given="Mateo", family="Tzoc"), birth_date=BirthDate(day=DAY.replace(year=DAY.year - 18)))
    two = laptop.do(RegisterHousehold((born,), ConsentGiven(), CaseOpening())).id
    laptop.do(MergePeople(one, two))
    (found,) = laptop.ask(ComingOfAge(DAY))
    assert (found.participant_id, found.turned_on) == (one, DAY)
    laptop.do(BecameAdult(found.participant_id))
    assert laptop.ask(ComingOfAge(DAY)) == ()


def test_who_of_the_family_has_the_same_hearing_is_named_but_nobody_who_is_kept_apart(a_laptop: Make) -> None:
    laptop = a_laptop()
    people = tuple(NewPerson(PersonName(given=name, family="Tzoc"), kin) for name, kin in
                   (("Ana", "head"), ("Luis", "spouse"), ("Eva", "daughter"), ("Iris", "daughter")))  # fmt: skip
    ana, luis, eva, iris = (laptop.do(RegisterHousehold(people, ConsentGiven(), CaseOpening())).more or {})["participant_ids"]
    more = laptop.do(AddObligation((ana, luis, eva), "master_hearing", at(DAY, 9))).more or {}
    hers, his, child = more["obligation_ids"]
    laptop.do(AddObligation((iris,), "master_hearing", at(DAY, 10)))
    assert {one.obligation_id: one.name for one in laptop.ask(SharedWith(hers))} == {his: "Luis Tzoc", child: "Eva Tzoc"}
    laptop.do(MarkObligation(child, "attended"))
    laptop.do(SeparateMembers(ana, luis))
    assert laptop.ask(SharedWith(hers)) == ()


def test_every_type_of_obligation_has_its_place_in_the_calendar() -> None:
    groups = {code.id: group_of(code.id) for code in ENGLISH.codes("obligation_type")}
    assert groups["master_hearing"] == "hearings"
    assert groups["appointment"] == "appointments"
    assert {type for type, group in groups.items() if group == "check_ins"} == {
        "ice_check_in", "isap_check_in", "biometrics", "interview"
    }  # fmt: skip
