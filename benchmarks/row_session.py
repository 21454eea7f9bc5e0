"""Saving a session note, and adding a hearing, at 50,000 participants and 500,000 sessions, durable, as the session page does it.

One command: the session and its attendance, their merge states, the change set in the outbox, the line and search index of the
participant, the entry in the audit log; then the commit with WAL and synchronous=FULL. The peer is the least that anything
durable costs here: one row with the same narrative in plain SQLite with the same settings. Both take turns.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from datetime import time as Time
from datetime import timedelta
from functools import cache
from pathlib import Path

import sqlcipher3.dbapi2 as driver
from tests.factory.organisation import NARRATIVES
from tests.factory.origins import COURT, COURT_ZONE, JUDGES

from benchmarks import office, row_people
from benchmarks.frame import ROOT, Row, row
from cmpp_desktop.domain.obligations import AddObligation
from cmpp_desktop.domain.questions import Participant, Timeline
from cmpp_desktop.domain.records import When
from cmpp_desktop.domain.sessions import RecordSession, SessionContent

SAVES = 60


@cache
def saves() -> tuple[list[float], list[float]]:
    """Milliseconds of each save, of ours and of the peer; the first ten are not counted."""
    place = row_people.opened()
    ours: list[float] = []
    bare: list[float] = []
    with tempfile.TemporaryDirectory(dir=ROOT / "build" / "bench") as folder:
        plain = driver.connect(str(Path(folder) / "plain.db"), isolation_level=None)
        plain.execute("PRAGMA journal_mode = WAL")
        plain.execute("PRAGMA synchronous = FULL")
        plain.execute("CREATE TABLE note(id INTEGER PRIMARY KEY, narrative TEXT)")
        for number in range(SAVES + 10):
            text = NARRATIVES[number % 3].format(name="The mother", pronoun="she")
            content = SessionContent(("case_management",), When(day=office.TODAY, at=Time(13, 30)), 50, text)
            head = place.facts.heads[number % len(place.facts.heads)]
            started = time.perf_counter()
            place.door.do(RecordSession(head, content))
            between = time.perf_counter()
            plain.execute("INSERT INTO note(narrative) VALUES (?)", (text,))
            ended = time.perf_counter()
            if number >= 10:
                ours.append(1000 * (between - started))
                bare.append(1000 * (ended - between))
        plain.close()
    high = [statistics.quantiles(taken, n=20)[-1] for taken in (ours, bare)]
    print(f"    p95 {high[0]:.1f} ms; of the bare row {high[1]:.1f} ms", flush=True)
    return ours, bare


def row_save_a_session() -> Row:
    ours, bare = saves()
    return row(
        "save-a-session",
        size=f"{row_people.AT}; median of {SAVES}",
        unit="ms",
        ours=statistics.median(ours),
        against={"one row, plain SQLite, durable": statistics.median(bare)},
        limit=10,
    )


def row_open_a_participant() -> Row:
    """What the participant page asks before it can paint: the person and the first page of a timeline of 500 entries."""
    place = row_people.opened()
    busy = place.facts.busy
    taken: list[float] = []
    for number in range(22):
        started = time.perf_counter()
        place.door.ask(Participant(busy))
        stream = place.door.ask(Timeline(busy, office.TODAY))
        if number >= 2:
            taken.append(1000 * (time.perf_counter() - started))
    assert stream.earlier
    return row(
        "open-a-participant",
        size=f"{row_people.AT}; 490 entries; the questions without the painting",
        unit="ms",
        ours=statistics.median(taken),
        against={},
        limit=50,
    )


def row_add_a_hearing() -> Row:
    """A hearing of one participant, with all that follows from it: its deadlines by rule, its reminders, the line of People."""
    place = row_people.opened()
    taken: list[float] = []
    for number in range(SAVES + 10):
        head = place.facts.heads[number % len(place.facts.heads)]
        when = When(day=office.TODAY + timedelta(days=30 + number), at=Time(8, 30), zone=COURT_ZONE)
        started = time.perf_counter()
        place.door.do(AddObligation((head,), "master_hearing", when, place=COURT, judge=JUDGES[0]))
        if number >= 10:
            taken.append(1000 * (time.perf_counter() - started))
    print(f"    p95 {statistics.quantiles(taken, n=20)[-1]:.1f} ms", flush=True)
    median = statistics.median(taken)
    return row("add-a-hearing", size=f"{row_people.AT}; median of {SAVES}", unit="ms", ours=median, against={}, limit=16)
