"""How sync stands, in one word and in numbers: what the corner of the window says, and what stands behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cmpp_desktop.sync import copies, replica
from cmpp_desktop.sync.alone import Standing
from cmpp_desktop.sync.books import Books
from cmpp_desktop.sync.replica import Replica
from cmpp_protocol import canon

State = Literal["idle", "sending", "receiving", "offline", "refused", "update_needed"]
Word = Literal[
    "sent", "sending", "offline", "to_settle", "set_aside", "update", "refused", "to_stick", "on_stick", "passed_on"
]

_OFFLINE = frozenset({"server_unreachable", "server_busy", "proxy_unreachable", "proxy_login", "proxy_refused"})
_UPDATE = frozenset({"server_too_new", "server_too_old"})


@dataclass(frozen=True, slots=True)
class Status:
    """How sync stands. `waiting`: how many own change sets were not read in the server's log yet. `last_heard`: ms, or None.
    `set_aside`: how many bundles or change sets could not be applied; `damaged`: those of them whose copy was not what its
    author sent, and is asked for again (rule 42). `problem`: code of the last exchange's failure. `retry_in`: seconds until the
    next try by itself after a failure that passes, None for the usual time. `reason`: what the last exchange's failure is
    called among engineers (for a server that contradicts itself: see `honesty`), None after a good one or before the first.
    `renewed`: ms, when this laptop took another identity because another copy of it was met; None: it never did. `alone`: how it
    stands without a server; then `waiting` counts what lies in no folder yet."""

    word: Word
    state: State
    waiting: int
    last_heard: int | None
    conflicts: int
    set_aside: int
    problem: str | None
    server: str
    damaged: int = 0
    retry_in: float | None = None
    reason: str | None = None
    renewed: int | None = None
    alone: Standing | None = None


def passes(problem: str) -> bool:
    """Whether a failure of that code goes by itself, later."""
    return problem in _OFFLINE


def state_after(problem: str) -> State:
    """What an exchange is in that failed with that code."""
    return "offline" if problem in _OFFLINE else "update_needed" if problem in _UPDATE else "refused"


def note_problem(store: Replica, problem: str | None) -> None:
    """Keeps the code of the last exchange's failure, None after a good one."""
    kept = store.secret(replica.PROBLEM)
    wanted = canon.pack(problem) if problem else None
    if kept != wanted:
        with store.transaction():
            store.put_secret(replica.PROBLEM, wanted)


def read_status(
    store: Replica,
    books: Books,
    *,
    state: State,
    needs_update: bool,
    retry_in: float | None,
    reason: str | None,
    alone: Standing | None = None,
) -> Status:
    """How it stands now, of what the store keeps and what the engine knows of its last exchange."""
    kept, heard = store.secret(replica.PROBLEM), store.secret(replica.LAST_HEARD)
    renewed = store.secret(replica.RENEWED)
    problem: str | None = canon.unpack(kept) if kept else None
    waiting = store.outbox_count() if alone is None else alone.to_write
    conflicts = store.conflict_count(books.now_ms())
    aside = len(store.all_set_aside())
    word = _word(problem, needs_update, bool(waiting), conflicts, aside)
    if alone is not None:
        word = _word_alone(word, alone)
    elif heard is None and problem is None:
        word = "offline"
    return Status(
        word=word,
        state=state,
        waiting=waiting,
        last_heard=canon.unpack(heard) if heard else None,
        conflicts=conflicts,
        set_aside=aside,
        problem=problem,
        server=books.server()[0],
        damaged=len(copies.bad_copies(store)),
        retry_in=retry_in,
        reason=reason,
        renewed=canon.unpack(renewed) if renewed else None,
        alone=alone,
    )


def _word_alone(word: Word, alone: Standing) -> Word:
    """Nobody is offline who has no server: a stick has it, another laptop has it, or not yet."""
    if word not in ("sent", "sending"):
        return word
    return "to_stick" if alone.to_write else "on_stick" if alone.unseen else "passed_on"


def _word(problem: str | None, update: bool, waiting: bool, conflicts: int, aside: int) -> Word:
    """The one word of the corner: what stops sync comes first, then what a person has to look at, then what is on its way."""
    if update or problem in _UPDATE:
        return "update"
    if problem is not None:
        return "offline" if problem in _OFFLINE else "refused"
    if aside:
        return "set_aside"
    if conflicts:
        return "to_settle"
    return "sending" if waiting else "sent"
