"""Packs of deadline rules at the door: read from a file, and followed in portions so that the window stays quick."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from pathlib import Path

from cmpp_desktop.changes import HERE
from cmpp_desktop.domain.deadline_views import DeadlinesBehind, RulesInForce
from cmpp_desktop.domain.deadlines import RecomputeDeadlines
from cmpp_desktop.domain.rules import LARGEST, version_number
from cmpp_desktop.errors import KnownError
from cmpp_desktop.workspace.profile import Opened

PORTION = 50  # participants a unit of work
FOLLOWED = "rules_followed"  # the setting that says which rules were followed to the end


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


def follow(opened: Opened, today: date, *, progress: Callable[[int, int], None] | None = None) -> int:
    """Lets the deadlines held here follow the rules that count, unless they do. Which rules were followed to the end is kept in
    the store: what was interrupted, or came with a newer program or from another laptop, is found out by the next call, which
    goes on where that stopped. `progress`: participants done, and how many there are. Returns how many."""
    pack = opened.ask(RulesInForce()).pack
    mark = {"version": pack.version, "digest": hashlib.sha256(pack.model_dump_json().encode()).digest()}
    followed = opened.setting(FOLLOWED)
    if followed == mark:
        return 0
    back = followed is not None and pack.number < version_number(followed["version"])
    behind = opened.ask(DeadlinesBehind(today, back))
    for start in range(0, len(behind), PORTION):
        portion = behind[start : start + PORTION]
        opened.do(RecomputeDeadlines(portion, back), HERE)
        if progress is not None:
            progress(start + len(portion), len(behind))
    opened.put_setting(FOLLOWED, mark)
    return len(behind)
