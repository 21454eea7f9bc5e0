"""Finding anything and noticing duplicates at 50,000 participants and 500,000 sessions; a table of 10,000 rows coming in.

`find-anything` types letter by letter into `Find`, which looks for people and for words in all that was written.
`duplicate-check` asks what the page of somebody new asks before it saves. `import-10000-rows` is reading, comparing and writing,
durable, a file of people with their hearings.
"""

from __future__ import annotations

import csv
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from functools import cache, partial
from pathlib import Path

from tests.factory.origins import ORIGINS

from benchmarks import office, row_people
from benchmarks.frame import ROOT, Row, row
from cmpp_desktop.domain.finding import Find
from cmpp_desktop.domain.questions import LikelyDuplicates
from cmpp_desktop.domain.records import BirthDate, PersonName
from cmpp_desktop.workspace import Workspace

TYPED = ("hearing notice", "bus card", "identity card", "clinic appointment", "bakelo", "marisela", "safe time", "canal st",
         "zzyzx")  # fmt: skip
ROWS = 10_000
HEADINGS = ("Given name", "Family name", "DOB", "A-number", "Phone", "Household", "Hearing type", "Hearing date")


@cache
def _taken() -> list[float]:
    """Milliseconds of each keystroke, the median of three."""
    place = row_people.opened()
    while place.door.index_texts(5_000):
        pass
    typed = [word[: end + 1] for word in TYPED for end in range(len(word)) if word[: end + 1].strip()]
    found: list[float] = []
    for text in typed:
        found.append(1000 * statistics.median(_seconds(partial(place.door.ask, Find(text, office.TODAY))) for _ in range(3)))
    slow = sorted(zip(found, typed, strict=True), reverse=True)[:6]
    print("    slowest: " + ", ".join(f"{text!r} {taken:.1f}" for taken, text in slow), flush=True)
    return found


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def row_find_anything() -> Row:
    taken = _taken()
    return row(
        "find-anything",
        size=f"{row_people.AT}; p95 of {len(taken)} keystrokes, median {statistics.median(taken):.1f} ms",
        unit="ms",
        ours=statistics.quantiles(taken, n=20)[-1],
        against={},
        limit=30,
    )


def row_duplicate_check() -> Row:
    place = row_people.opened()
    rng = random.Random(3)
    taken = []
    for _ in range(80):
        origin = rng.choice(ORIGINS)
        given, family = rng.choice(origin.women + origin.men), rng.choice(origin.families)
        second = "".join(rng.choices(office.SYLLABLES, k=2)).capitalize()
        born = BirthDate(day=office.TODAY - timedelta(days=rng.randint(700, 25_000)))
        native = f"{given[1]} {family[1]}".strip() if given[1] else ""
        name = PersonName(given=given[0], family=f"{family[0]} {second}")
        question = LikelyDuplicates(name, native, born, rng.choice(place.facts.a_numbers), rng.choice(place.facts.phones))
        taken.append(1000 * _seconds(partial(place.door.ask, question)))
    return row(
        "duplicate-check",
        size=f"{row_people.AT}; p95 of {len(taken)}, median {statistics.median(taken):.1f} ms",
        unit="ms",
        ours=statistics.quantiles(taken, n=20)[-1],
        against={},
        limit=50,
    )


def row_import_10000_rows() -> Row:
    """Into an empty office: reading the file and comparing everybody with everybody in it, then writing, each timed."""
    with tempfile.TemporaryDirectory(dir=ROOT / "build" / "bench") as folder:
        path = Path(folder) / "people.csv"
        _write(path)
        door: Workspace = office.founded(Path(folder) / "office", "http://127.0.0.1:9")
        started = time.perf_counter()
        seen = door.preview_import(path)
        looked = time.perf_counter()
        done = door.run_import(seen, seen.suggested)
        ended = time.perf_counter()
        assert done.undo is not None
        door.do(done.undo)
        undone = time.perf_counter()
        door.close()
    parts = f"looked at {looked - started:.1f} s, written {ended - looked:.1f} s, taken back {undone - ended:.1f} s"
    print(f"    {parts}", flush=True)
    return row(
        "import-10000-rows",
        size=f"{ROWS:,} people with hearings, CSV; {parts}",
        unit="s",
        ours=ended - started,
        against={},
        limit=60,
    )


def _write(path: Path) -> None:
    rng = random.Random(4)
    with path.open("w", newline="", encoding="utf-8") as file:
        lines = csv.writer(file)
        lines.writerow(HEADINGS)
        for number in range(ROWS):
            origin = rng.choice(ORIGINS)
            given, family = rng.choice(origin.women + origin.men), rng.choice(origin.families)
            second = "".join(rng.choices(office.SYLLABLES, k=3)).capitalize()
            born = office.TODAY - timedelta(days=rng.randint(700, 25_000))
            hearing = office.TODAY + timedelta(days=rng.randint(1, 200))
            number_a, phone = f"2{rng.randint(10_000_000, 99_999_999)}", f"(212) 555-{rng.randint(0, 9999):04d}"
            line = (given[0], f"{family[0]} {second}", born, number_a, phone, number // 3, "Master hearing", hearing)
            lines.writerow(line)
