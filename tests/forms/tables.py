"""Forms as small tables in a test, and an interview whose clock stands still."""

from __future__ import annotations

import functools
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from cmpp_desktop.forms import Instrument, Interview, InterviewContext, compile_instrument, convert, convert_folder
from cmpp_desktop.resources import folder

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def context() -> InterviewContext:
    """The same moment, id and bytes every time."""
    return InterviewContext(lambda: NOW, lambda: UUID(int=7, version=4), lambda count: b"\x05" * count, "rosa", "laptop-1")


def instrument(table: str) -> Instrument:
    """The form of a table in markdown: | survey |, its columns, its rows; perhaps | choices | and | settings |."""
    lines = [line.strip() for line in table.strip().splitlines()]
    return compile_instrument(convert("\n".join(lines).encode(), "form.md").xform)


def started(table: str) -> Interview:
    return instrument(table).start(context())


@functools.cache
def shipped(name: str) -> Instrument:
    """An instrument that ships with the program."""
    return compile_instrument(convert_folder(folder("instruments") / name).xform)


def names(interview: Interview) -> list[str]:
    """What is asked now, by name."""
    return [question.name for question in interview.questions()]
