"""Packs of deadline rules at the door: read from a file, and followed in portions so that the window stays quick."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

from cmpp_desktop.changes import HERE
from cmpp_desktop.domain.deadline_views import DeadlinesBehind, RulesInForce
from cmpp_desktop.domain.deadlines import RecomputeDeadlines
from cmpp_desktop.domain.rules import LARGEST
from cmpp_desktop.errors import KnownError
from cmpp_desktop.workspace.profile import Opened

PORTION = 50  # participants a unit of work


def read(path: Path) -> bytes:
    """The bytes of a pack's file. Raises file_unreadable; rules_unreadable for what is far too large to be one."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise KnownError("file_unreadable", cause=type(error).__name__) from error
    if len(data) > LARGEST:
        raise KnownError("rules_unreadable")
    return data


def number(opened: Opened) -> tuple[int, ...]:
    """The version of the rules that count."""
    return opened.ask(RulesInForce()).pack.number


def follow(
    opened: Opened, today: date, *, back: bool = False, progress: Callable[[int, int], None] | None = None
) -> int:
    """Lets the deadlines held here follow the rules that count. What was done stays done when it is interrupted: the next call
    goes on. `progress`: participants done, and how many there are. Returns how many."""
    behind = opened.ask(DeadlinesBehind(today, back))
    for start in range(0, len(behind), PORTION):
        portion = behind[start : start + PORTION]
        opened.do(RecomputeDeadlines(portion, back), HERE)
        if progress is not None:
            progress(start + len(portion), len(behind))
    return len(behind)
