"""`python -m tests.conformance.xlsforms DIR`: every workbook of a folder is loaded and walked, or refused with its reasons."""

from __future__ import annotations

import random
import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from cmpp_desktop.forms import (
    InstrumentRefused,
    Interview,
    InterviewContext,
    QuestionView,
    compile_instrument,
    convert,
)

KINDS = (".xlsx", ".xls", ".csv", ".md")
VALUES = {
    "integer": ("7", "0", "34"), "int": ("7",), "decimal": ("2.5", "0"), "date": ("2026-02-28", "1999-12-31"),
    "time": ("09:30:00.000",),
    "datetime": ("2026-02-28T09:30:00.000+00:00",), "geopoint": ("33.7 -84.4 0 0",), "geotrace": ("0 0 0 0;1 1 0 0",),
    "geoshape": ("0 0 0 0;1 1 0 0;0 1 0 0;0 0 0 0",), "acknowledge": ("OK",),
}  # fmt: skip


def files(folder: Path) -> list[Path]:
    """The workbooks of a folder, by name."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in KINDS)


def context(seed: int) -> InterviewContext:
    """A clock that stands still, and ids and randomness from a seed."""
    chance = random.Random(seed)
    return InterviewContext(
        lambda: datetime(2026, 11, 24, 9, 30, tzinfo=UTC), lambda: UUID(int=chance.getrandbits(128), version=4), chance.randbytes
    )


def plausible(question: QuestionView, chance: random.Random) -> str | list[str]:
    """Some answer that a person could give on the screen."""
    values = [choice.value for choice in question.choices]
    if question.type in ("select_multiple", "rank"):
        return chance.sample(values, chance.randint(0, len(values)))
    if values:
        return chance.choice(values)
    return chance.choice(VALUES.get(question.type, ("some words", "2", "")))


def walk(interview: Interview, seed: int, rounds: int = 2) -> int:
    """Answers what is asked, several times over; saves, reopens and submits. Returns how many answers it gave."""
    chance, given = random.Random(seed), 0
    for _ in range(rounds):
        for ref in [question.ref for question in interview.questions()]:
            try:
                question = interview.question(ref)
            except KeyError:  # an earlier answer took this instance of a repeat away
                continue
            if question.relevant and not question.readonly:
                interview.answer(ref, plausible(question, chance))
                given += 1
        for control in interview.instrument.repeats:
            if control.count("/") == 2:
                interview.new_repeat(control)
    again = interview.instrument.resume(interview.save(), interview.context)
    if again.submission() != interview.submission():
        raise AssertionError("a saved and reopened interview is not the same")
    interview.instrument.read_submission(interview.submission(), interview.context).answers()
    interview.outcome(), interview.sections(), interview.problems()
    return given


def verdicts(folder: Path) -> Iterator[tuple[str, str, str]]:
    """(file, "loaded" | "refused" | "crashed", what happened)."""
    for path in files(folder):
        try:
            instrument = compile_instrument(convert(path.read_bytes(), path.name).xform)
            given = sum(walk(instrument.start(context(seed)), seed) for seed in range(3))
            yield path.name, "loaded", f"{instrument.form_id}: {len(instrument.binds)} binds, {given} answers"
        except InstrumentRefused as error:
            yield path.name, "refused", "; ".join(f"{problem.place}: {problem.text}" for problem in error.problems)
        except Exception:
            yield path.name, "crashed", traceback.format_exc()


def main(folder: str) -> int:
    """One line a workbook; exit status 1 when one crashed."""
    found = list(verdicts(Path(folder)))
    for name, verdict, why in found:
        print(f"{name}: {verdict}: {why}")
    counts = [sum(verdict == kind for _, verdict, _ in found) for kind in ("loaded", "refused", "crashed")]
    print(f"{counts[0]} loaded, {counts[1]} refused, {counts[2]} crashed")
    return 1 if counts[2] else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
