"""What an office writes down beside visits and hearings: the proceeding, who represents, applications and the asylum clock,
a plan with goals and steps, referrals and help given. Written into a family's diary like everything else."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from uuid import UUID

from cmpp_desktop.domain.assistance import RecordAssistance
from cmpp_desktop.domain.consent import ConsentGiven, RecordConsent
from cmpp_desktop.domain.entries import AddRecord
from cmpp_desktop.domain.records import Money
from cmpp_desktop.domain.referrals import CloseReferral, RecordReferralStep, Refer
from cmpp_desktop.domain.work import Command, Done
from tests.factory.origins import COURT, JUDGES, LAWYERS

Do = Callable[[Command], Done]
Write = Callable[[datetime, Callable[[], None]], None]
Moment = Callable[[date, int], datetime]

CHARGES = ("INA 212(a)(6)(A)(i)", "INA 212(a)(7)(A)(i)(I)")
NEEDS = (
    ("housing", "Two families share one room", "A room of our own before the winter ends"),
    ("school", "The children wait for a school place", "Both children in school"),
    ("language", "Every letter has to be read by somebody else", "To read a letter from the court alone"),
    ("work", "No income since the arrival", "A work permit, and work near the school"),
    ("health", "No doctor since the arrival", "A doctor who speaks our language"),
)
STEPS = ("Call the school office", "Fill in the form together", "Bring the papers to the clinic", "Ask at the housing desk")
PARTNERS = ("Lantern Street Food Pantry", "Newbridge Community Clinic", "Ferry Lane Family Shelter", "Harbor Adult School")


class Lives:
    """One family's further papers. `ids` gives the participants once they are registered."""

    def __init__(self, seed: str, do: Do, write: Write, moment: Moment, ids: Callable[[], tuple[UUID, ...]], today: date) -> None:
        self.rng, self.do, self._write, self._moment, self._ids, self.today = random.Random(seed), do, write, moment, ids, today

    def begin(self, enrolled: date, arrived: date) -> None:
        """Everything that is written between the enrolment and today."""
        self._at(enrolled + timedelta(days=1), 12, lambda: self._proceeding(arrived))
        if self.rng.random() < 0.7:
            self._at(day := enrolled + timedelta(days=5), 15, partial(self._plan, day))
        if self.rng.random() < 0.5:
            self._at(day := enrolled + timedelta(days=8), 14, partial(self._referral, day))
        if self.rng.random() < 0.5:
            self._at(day := enrolled + timedelta(days=9), 17, partial(self._help, day))

    def _at(self, day: date, hour: int, run: Callable[[], None]) -> None:
        if day < self.today:
            self._write(self._moment(day, hour), run)

    def _proceeding(self, arrived: date) -> None:
        rng = self.rng
        served = arrived + timedelta(days=rng.randint(1, 9))
        for participant in self._ids():
            values: dict[str, object] = {
                "participant_id": participant,
                "lead_id": None if participant == self._ids()[0] else self._ids()[0],
                "court": COURT,
                "judge": rng.choice(JUDGES),
                "nta_dated": served,
                "nta_served": served,
                "nta_filed": served + timedelta(days=20),
                "charges": [rng.choice(CHARGES)],
                "relief_sought": ["asylum", "withholding"],
            }
            self.do(AddRecord("proceeding", values))
        head = self._ids()[0]
        if rng.random() < 0.6:
            lawyer = {"participant_id": head, "attorney": rng.choice(LAWYERS), "firm": "Alder Legal Aid", "pro_bono": True}
            self.do(AddRecord("representation", {**lawyer, "eoir28_on": served + timedelta(days=40)}))
        if rng.random() < 0.5:
            filed = min(arrived + timedelta(days=rng.randint(90, 340)), self.today - timedelta(days=2))
            asylum = {"participant_id": head, "form": "i589", "agency": "eoir", "filed_on": filed, "status": "pending"}
            made = self.do(AddRecord("application", asylum)).id
            start = {"participant_id": head, "application_id": made, "what": "start", "on": filed, "cause": "applicant"}
            self.do(AddRecord("clock_event", start))

    def _plan(self, day: date) -> None:
        rng, head = self.rng, self._ids()[0]
        review = self.today + timedelta(days=rng.choice((-3, 12, 40, 75)))
        plan = self.do(AddRecord("service_plan", {"participant_id": head, "agreed_on": day, "review_on": review})).id
        for area, missing, wanted in rng.sample(NEEDS, 2):
            lack = {"participant_id": head, "plan_id": plan, "area": area, "description": missing, "raised_on": day}
            need = self.do(AddRecord("need", lack)).id
            goal = {"participant_id": head, "plan_id": plan, "need_id": need, "statement": wanted, "progress": "going_on"}
            made = self.do(AddRecord("goal", goal)).id
            step = {"participant_id": head, "goal_id": made, "what": rng.choice(STEPS)}
            self.do(AddRecord("action_step", {**step, "due_on": self.today + timedelta(days=rng.randint(-2, 20))}))

    def _referral(self, day: date) -> None:
        rng, head = self.rng, self._ids()[0]
        partner = rng.choice(PARTNERS)
        given = ConsentGiven(("share_social",), partner, "referral", expires_on=self.today + timedelta(days=200))
        self.do(RecordConsent(head, given))
        made = self.do(Refer(head, partner, reason="Asked for at the last visit.", follow_up_on=day + timedelta(days=14))).id
        if rng.random() < 0.6:
            self._at(day + timedelta(days=3), 11, lambda: _drop(self.do(RecordReferralStep(made, "connected"))))
            if rng.random() < 0.6:
                self._at(day + timedelta(days=10), 11, lambda: _drop(self.do(CloseReferral(made, "completed"))))

    def _help(self, day: date) -> None:
        money = Money(amount=Decimal(self.rng.choice(("25.00", "40.00", "60.00"))))
        self.do(RecordAssistance(self._ids()[0], "transport", money, day, "24-017", purpose="Fare to the court"))


def _drop(done: Done) -> None:
    del done
