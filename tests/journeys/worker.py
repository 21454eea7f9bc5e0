"""A laptop in a process of its own: `python -m tests.journeys.worker PROFILE SEED DIE_AFTER`.

It works as a person would (households, phone numbers, notes, sessions, drafts, answers, exchanges), in an order that the
seed chooses, and prints one JSON line after each call that returned: what it was told is kept. DIE_AFTER: after so many calls of
Python functions it kills itself with SIGKILL, wherever it is then; 0: it works until somebody kills it.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import threading
from datetime import date, time
from pathlib import Path
from types import FrameType
from typing import Any
from uuid import UUID

from cmpp_desktop.domain.cases import CaseOpening
from cmpp_desktop.domain.consent import ConsentGiven
from cmpp_desktop.domain.households import NewPerson, RegisterHousehold
from cmpp_desktop.domain.participants import ChangeContactRoute
from cmpp_desktop.domain.questions import Drafts, Instruments, Participant, People
from cmpp_desktop.domain.records import PersonName, When
from cmpp_desktop.domain.sessions import RecordSession, SessionContent
from cmpp_desktop.domain.tasks import WriteNote
from cmpp_desktop.workspace import OpenInterview, Workspace
from tests.journeys.office import PASSPHRASE, laptop

TODAY = date(2026, 11, 24)
KINDS = ("household", "phone", "phone", "note", "session", "draft", "answer", "answer", "answer", "sync", "sync")
STEPS = 400


def say(what: str, **facts: Any) -> None:
    sys.stdout.write(json.dumps({"did": what, **facts}) + "\n")
    sys.stdout.flush()


class Work:
    """What one process does; `door` is unlocked."""

    def __init__(self, door: Workspace, seed: int) -> None:
        self.door, self.seed, self.chance = door, seed, random.Random(seed)
        self.people = [row.id for row in door.ask(People(TODAY, limit=500)).rows]
        self.held: OpenInterview | None = None
        self.made = 0

    def step(self) -> None:
        kind = self.chance.choice(KINDS) if self.people else "household"
        getattr(self, kind)()

    def household(self) -> None:
        self.made += 1
        name = f"Canil{self.seed}n{self.made}"
        family = (
            NewPerson(PersonName(given="Rosa", family=name), phone=f"(212) 555-0{self.chance.randrange(100, 200)}"),
            NewPerson(PersonName(given="Luis", family=name), relationship="son"),
        )
        id = self.door.do(RegisterHousehold(family, ConsentGiven(), CaseOpening())).id
        self.people.append(id)
        say("household", id=str(id), name=name)

    def phone(self) -> None:
        for person in self.chance.sample(self.people, len(self.people)):
            routes = self.door.ask(Participant(person)).routes
            if routes:
                value = f"+1212555{self.chance.randrange(1000, 10_000)}"
                say("will_phone", person=str(person), value=value, before=routes[0].fields.value)
                self.door.do(ChangeContactRoute(routes[0].id, {"value": value}))
                say("phone", person=str(person), value=value)
                return
        self.household()

    def note(self) -> None:
        person = self.chance.choice(self.people)
        say("note", id=str(self.door.do(WriteNote(person, f"seed {self.seed}")).id), person=str(person))

    def session(self) -> None:
        person = self.chance.choice(self.people)
        content = SessionContent(
            services=("legal_orientation_individual",),
            when=When(day=date(2026, 11, 23), at=time(13, 30)),
            minutes=50,
            narrative="She asked whether the court provides an interpreter.",
        )
        id = self.door.do(RecordSession(person, content, submit=self.chance.random() < 0.5)).id
        say("session", id=str(id), person=str(person))

    def draft(self) -> None:
        person, text = self.chance.choice(self.people), "words " * self.chance.randrange(1, 200) + str(self.chance.random())
        say("will_draft", key=f"session:{person}", body=text)
        self.door.save_draft(f"session:{person}", text.encode(), title="Session", participant_id=person, words=3)
        say("draft", key=f"session:{person}", body=text)

    def answer(self) -> None:
        if self.held is None:
            self.held = self._interview()
        asked = self.held.interview
        question = next((q for q in asked.questions() if q.type != "note" and not q.value and not q.readonly), None)
        if question is None:
            say("will_finish", id=str(self.held.id))
            id = self.door.finish_interview(self.held, typed="Ana Marroquín").id
            say("screening", id=str(id), draft=str(self.held.id), person=str(self.held.participant_id))
            self.held = None
            return
        value = question.choices[0].value if question.choices else {"integer": "3", "date": "2026-01-02"}.get(question.type, "sí")
        asked.answer(question.ref, value)
        asked.current_ref = question.ref
        self.door.save_interview(self.held)
        answers = {q.ref: q.value for q in asked.questions() if q.value}
        say("answer", id=str(self.held.id), answers=answers)

    def _interview(self) -> OpenInterview:
        for draft in self.door.ask(Drafts()):
            if draft.key.startswith("interview:"):
                return self.door.resume_interview(UUID(draft.key.removeprefix("interview:")))
        form = next(item for item in self.door.ask(Instruments()) if item.form_id == "trafficking-indicators")
        return self.door.start_interview(self.chance.choice(self.people), form.id, language="es", alone="yes")

    def sync(self) -> None:
        say("will_sync")
        status = self.door.sync_now()
        say("sync", word=status.word, waiting=status.waiting, problem=status.problem)


def die_after(calls: int) -> None:
    """kill -9 of oneself at that call, counted in all threads: reproducible, and in the middle of anything."""
    left = calls

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal left
        left -= event in ("call", "c_call")
        if left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

    threading.setprofile(count)
    sys.setprofile(count)


def main() -> None:
    profile, seed, calls = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    door = laptop(profile)
    door.unlock(PASSPHRASE)
    work = Work(door, seed)
    say("unlocked")
    if calls:
        die_after(calls)
    for _ in range(STEPS):
        work.step()
    door.close()


if __name__ == "__main__":
    main()
