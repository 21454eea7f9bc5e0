"""Lives that make sense, from a seed: families, cases, hearings ahead and behind, check-ins, sessions, notes, tasks.

Everything goes through the same commands as a caseworker's work, at the time at which it would have been written: `furnish`
moves a settable clock forward from act to act. The same seed and day give the same organisation.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

from cmpp_desktop.domain.cases import CaseOpening
from cmpp_desktop.domain.consent import ConsentGiven, RecordConsent
from cmpp_desktop.domain.households import NewPerson, RegisterHousehold
from cmpp_desktop.domain.obligations import AddObligation, MarkObligation
from cmpp_desktop.domain.records import BirthDate, PersonName, PostalAddress, When
from cmpp_desktop.domain.sessions import RecordSession, SessionContent
from cmpp_desktop.domain.tasks import AddTask, WriteNote
from cmpp_desktop.domain.work import Command, Done
from tests.factory.lives import Lives
from tests.factory.origins import COURT, COURT_ZONE, JUDGES, LAWYERS, ORIGINS, STREETS, Origin

Do = Callable[[Command], Done]

NARRATIVES = (
    "What was said\n{name} is worried about the hearing and asked whether {pronoun} must speak. I said that the court "
    "provides an interpreter and that the lawyer speaks first.\n\nWhat we did\nRead the hearing notice together and marked "
    "the day on the wall calendar.\n\nWhat is next\nBring the bus card; meet at the office an hour before.",
    "What was said\nThe children started school on Monday. {name} sleeps better since the move.\n\nWhat we did\nCalled the "
    "clinic about the appointment and wrote down the address.\n\nWhat is next\nAsk the lawyer about the work permit.",
    "What was said\n{name} asked what happens at a check-in and what to bring.\n\nWhat we did\nWent through the papers: "
    "identity card, the last notice, proof of address. All are there.\n\nWhat is next\nRemind by text the evening before.",
)
NOTES = (
    "Called at the safe time. Everything is well; the ride for next week is arranged.",
    "The neighbour may interpret in an emergency, never about the case.",
    "Prefers text messages. Reads slowly: use pictures and short sentences.",
    "Brought the letter from the school. A copy is in the paper file.",
)
SAFE_CONTACT = (
    "No voicemail. No calls before 4 pm.",
    "Text only. Somebody else may answer the phone.",
    "Call only on weekdays after 6 pm.",
)


class Clock:
    """A clock that is set by hand: what the workspace under it believes to be now."""

    def __init__(self, start: datetime) -> None:
        self.at = start

    def __call__(self) -> datetime:
        return self.at

    def set(self, at: datetime) -> None:
        """Moves on to that time (never back)."""
        self.at = max(self.at, at)


@dataclass(frozen=True)
class _Act:
    at: datetime
    run: Callable[[], None]


def furnish(do: Do, clock: Clock, *, seed: int = 2026, participants: int = 30, today: date) -> tuple[UUID, ...]:
    """Writes an organisation of about that many participants (families are not cut). Returns the heads of households."""
    rng = random.Random(seed)
    heads: list[UUID] = []
    made = 0
    diary: list[_Act] = []
    while made < participants:
        family = _Family(rng, do, diary, today)
        family.begin(heads)
        made += len(family.people)
    while diary:
        act = min(diary, key=lambda item: item.at)
        diary.remove(act)
        clock.set(act.at)
        act.run()
    return tuple(heads)


class _Family:
    """One household and what happens to it, written into the diary in advance."""

    def __init__(self, rng: random.Random, do: Do, diary: list[_Act], today: date) -> None:
        self.rng, self._carry_out, self.diary, self.today = rng, do, diary, today
        self.origin: Origin = rng.choice(ORIGINS)
        self.arrived = today - timedelta(days=rng.randint(120, 600))
        self.enrolled = max(self.arrived + timedelta(days=30), today - timedelta(days=rng.randint(25, 200)))
        self.people = self._people()
        self.ids: tuple[UUID, ...] = ()
        self._gone: set[UUID] = set()  # deadlines that a rule took away again

    def _people(self) -> tuple[NewPerson, ...]:
        rng, family = self.rng, self.rng.choice(self.origin.families)
        woman = rng.random() < 0.6
        people = [self._person(family, "head", rng.randint(21, 58), woman)]
        if rng.random() < 0.3:
            people.append(self._person(family, "partner", rng.randint(21, 58), not woman))
        for _ in range(rng.choice((0, 0, 1, 1, 2))):
            girl = rng.random() < 0.5
            people.append(self._person(family, "daughter" if girl else "son", rng.randint(1, 17), girl))
        return tuple(people)

    def _person(self, family: tuple[str, str], relationship: str, years: int, woman: bool) -> NewPerson:
        rng = self.rng
        given = rng.choice(self.origin.women if woman else self.origin.men)
        head = relationship == "head"
        return NewPerson(
            name=PersonName(given=given[0], family=family[0]),
            relationship=relationship,
            native_name=f"{given[1]} {family[1]}".strip() if given[1] else "",
            birth_date=BirthDate(day=self.today - timedelta(days=int(years * 365.25) + rng.randint(0, 360))),
            gender="female" if woman else "male",
            country_of_birth=self.origin.country,
            nationality=self.origin.country,
            languages=self.origin.languages,
            interpreter_needed=self.origin.interpreter and years > 10,
            a_number=f"2{rng.randint(10_000_000, 99_999_999)}",
            phone=f"(212) 555-01{rng.randint(0, 99):02d}" if head else "",
            safe_contact=rng.choice(SAFE_CONTACT) if head and rng.random() < 0.35 else "",
            arrived_on=self.arrived,
        )

    def begin(self, heads: list[UUID]) -> None:
        rng = self.rng
        start = self._moment(self.enrolled, 10)

        def register() -> None:
            consent = ConsentGiven(("services",), language=self.origin.languages[0], how_given="signed")
            opening = CaseOpening(
                referral_source=rng.choice(("court", "legal_partner", "community", "family")),
                eligibility_basis="removal_not_detained",
                award="24-017",
                site="Lantern Street",
            )
            address = PostalAddress(
                line1=f"{rng.randint(2, 199)} {rng.choice(STREETS)}", city="Newbridge", state="NY", postal_code="10999"
            )
            done = self.do(RegisterHousehold(self.people, consent, opening, address))
            assert done.more is not None
            self.ids = tuple(done.more["participant_ids"])
            heads.append(done.id)

        self._write(start, register)
        if rng.random() < 0.7:
            self._write(start + timedelta(minutes=20), self._share_with_lawyer)
        self._obligations()
        self._visits()
        # From a chance of their own, so that visits and hearings are the same with them and without.
        seed = f"{self.people[0].a_number} {self.enrolled}"
        Lives(seed, self.do, self._write, self._moment, lambda: self.ids, self.today).begin(self.enrolled, self.arrived)

    def _share_with_lawyer(self) -> None:
        until = self.today + timedelta(days=self.rng.choice((5, 60, 170, 300)))
        given = ConsentGiven(("share_legal",), "Alder Legal Aid", "representation in court", expires_on=until)
        self.do(RecordConsent(self.ids[0], given))

    def _obligations(self) -> None:
        rng = self.rng
        noted = self._moment(self.enrolled, 11)
        for offset in (-rng.randint(20, 90), rng.choice((0, 2, 7, 14, 15, 30, 60, 120))):
            day = self._workday(self.today + timedelta(days=offset))
            if day > self.enrolled:
                self._hearing(day, noted)
        for week in range(-6, 3):
            day = self._workday(self.today + timedelta(days=7 * week + rng.randint(0, 4)))
            if day > self.enrolled and rng.random() < 0.45:
                self._check_in(day, noted)

    def _hearing(self, day: date, noted: datetime) -> None:
        rng = self.rng
        when = When(day=day, at=time(rng.choice((8, 9, 10, 13)), rng.choice((0, 30))), zone=COURT_ZONE)
        kind = rng.choice(("master_hearing", "master_hearing", "individual_hearing"))
        court, judge = f"{COURT}, room {rng.randint(1, 6)}", rng.choice(JUDGES)
        lawyer = rng.choice((*LAWYERS, ""))
        ride = rng.choice(("Bus 14, card given", "Ride booked with the office", ""))
        interpreter = "By the court" if self.origin.interpreter else ""

        def add() -> None:
            done = self.do(
                AddObligation(
                    self.ids, kind, when, place=court, judge=judge, lawyer=lawyer, transport=ride, interpreter=interpreter
                )
            )
            assert done.more is not None
            if day < self.today:
                for obligation_id in done.more["obligation_ids"]:
                    self._mark(obligation_id, when, "attended", rng.choice(("seen", "document")))

        self._write(noted, add)

    def _check_in(self, day: date, noted: datetime) -> None:
        rng = self.rng
        when = When(day=day, at=time(rng.choice((9, 11, 14)), 0), zone=COURT_ZONE)
        kind, mode, place = rng.choice(
            (
                ("ice_check_in", "in_person", "200 Canal St, window 3"),
                ("isap_check_in", "phone", ""),
                ("isap_check_in", "app", ""),
                ("biometrics", "in_person", "Support center, Ferry Ln"),
            )
        )
        result = rng.choices(("attended", "missed_excused", "missed_unexcused", ""), (80, 6, 4, 10))[0]
        late = (self.today - day).days > 6

        def add() -> None:
            done = self.do(AddObligation((self.ids[0],), kind, when, mode=mode, place=place))
            if day < self.today and (result or late):
                self._mark(done.id, when, result or "attended", rng.choice(("told", "document", "seen")))

        self._write(noted, add)

    def _mark(self, obligation_id: UUID, when: When, result: str, how: str) -> None:
        at = when.instant + timedelta(hours=3)

        def mark() -> None:
            if obligation_id not in self._gone:
                self.do(MarkObligation(obligation_id, result, how))

        self._write(at, mark)

    def _visits(self) -> None:
        rng = self.rng
        day = self.enrolled + timedelta(days=3)
        first = True
        while day < self.today:
            self._session(self._workday(day), "legal_orientation_individual" if first else rng.choice(_SERVICES))
            if rng.random() < 0.4:
                self._write(self._moment(day, 16), partial(self._note, rng.choice(NOTES)))
            first = False
            day += timedelta(days=rng.randint(10, 28))
        if rng.random() < 0.5:
            title = rng.choice(("Bring bus cards", "Ask the lawyer about the work permit", "Book an interpreter"))
            due = self.today + timedelta(days=rng.randint(-4, 9))
            week_ago = self._moment(self.today - timedelta(days=6), 17)
            self._write(week_ago, lambda: _drop(self.do(AddTask(self.ids[0], title, due))))

    def _note(self, text: str) -> None:
        self.do(WriteNote(self.ids[0], text, pinned=self.rng.random() < 0.2))

    def _session(self, day: date, service: str) -> None:
        if day >= self.today:
            return
        rng = self.rng
        name, pronoun = self.people[0].name.given, "she" if self.people[0].gender == "female" else "he"
        content = SessionContent(
            services=(service,),
            when=When(day=day, at=time(rng.choice((9, 11, 13, 15)), rng.choice((0, 30)))),
            minutes=rng.choice((30, 45, 50, 60)),
            narrative=rng.choice(NARRATIVES).format(name=name, pronoun=pronoun),
            place=rng.choice(("office", "home", "office", "court")),
            language=self.origin.languages[0],
            interpreter="By phone, Voz line" if self.origin.interpreter else "",
            award="24-017",
        )
        submit = (self.today - day).days < 12 and rng.random() < 0.7

        def record() -> None:
            others = tuple((person, "present") for person in self.ids[1:] if rng.random() < 0.5)
            self.do(RecordSession(self.ids[0], replace(content, attendees=others), submit=submit))

        self._write(self._moment(day, 18), record)

    def do(self, command: Command) -> Done:
        """Carries a command out; the deadlines by rule that it makes are kept, on their day."""
        done = self._carry_out(command)
        for change in (done.more or {}).get("deadlines", ()):
            if change.what == "vanishes":  # what it asked for was done: nothing to mark any more
                self._gone.add(change.obligation_id)
            elif change.what == "appears" and change.after < self.today:
                self._mark(change.obligation_id, When(day=change.after, zone=COURT_ZONE), "attended", "told")
        return done

    def _write(self, at: datetime, run: Callable[[], None]) -> None:
        self.diary.append(_Act(at, run))

    def _moment(self, day: date, hour: int) -> datetime:
        return datetime.combine(day, time(hour, self.rng.randint(0, 59)), ZoneInfo(COURT_ZONE)).astimezone(UTC)

    @staticmethod
    def _workday(day: date) -> date:
        return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() >= 5 else 0)


_SERVICES = ("case_management", "case_management", "social_services", "cultural_orientation", "legal_orientation_individual")


def _drop(done: Done) -> None:
    del done
