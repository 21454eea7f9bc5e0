"""Reports to the Board, into the drop that board readers and administrators open: sent whole, read as they travelled.

A report is one message `report` with one value, a canonical map:

    v         1
    kind      what it is ("figures"…), a code of at most 100 letters
    name      the name of its file, of at most 200 letters: a name alone, never a way to a folder
    first     the first day that it tells of, ISO
    last      the last
    hash      SHA-256 of its content
    content   its bytes, at most MOST

Who sent it is whose laptop sealed and signed the bundle; only bundles that count are read. Nothing is merged: each stays as it
came, beside every other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from cmpp_desktop.changes import collection_id
from cmpp_desktop.errors import KnownError
from cmpp_desktop.sync.drops import Drops, Message
from cmpp_desktop.sync.replica import OnShelf, Replica
from cmpp_protocol import canon

DROP, REPORT = "reports", "report"
_NOT_IN_NAMES = frozenset('/\\:*?"<>|')
MOST = 8 * 1024 * 1024  # bytes of a report: a bundle holds one change set of at most 16 MiB


class Received(NamedTuple):
    """What came, without its content (`size` in bytes). `device`: who sealed it; `ms`: by its author's clock."""

    id: UUID
    device: bytes
    ms: int
    kind: str
    name: str
    first: date
    last: date
    size: int


class Reports:
    """Of one open store; `job` runs a function at it. What was opened once is known from then on: a bundle never changes."""

    def __init__(self, drops: Drops, store: Replica, job: Callable[[Callable[[], Any]], Any]) -> None:
        self._drops, self._store, self._job = drops, store, job
        self._known: dict[bytes, tuple[Received, ...]] = {}  # by the hash of a bundle

    def send(self, content: bytes, *, kind: str, name: str, first: date, last: date) -> UUID:
        """Seals a report for its readers; it leaves with the next exchange. Raises file_too_big, not_allowed."""
        if len(content) > MOST:
            raise KnownError("file_too_big", size=len(content), most=MOST)
        value = report_value(content, kind=kind, name=name, first=first, last=last)

        def put() -> UUID:
            with self._store.transaction():
                return self._drops.put(DROP, REPORT, {"report": value})

        id: UUID = self._job(put)
        return id

    def received(self) -> tuple[Received, ...]:
        """All that came and counts, the newest first. Raises not_allowed for who does not open them."""
        found: list[Received] = []
        for row in self._job(self._rows):
            known = self._known.get(row.hash)
            if known is None:  # each in a job of its own: a large one holds nobody up for long
                known = self._known[row.hash] = tuple(one for one, _ in self._job(partial(self._opened, row)))
            found += known
        return tuple(sorted(found, key=lambda one: (-one.ms, one.id)))

    def content(self, id: UUID) -> tuple[Received, bytes]:
        """One of them with its bytes. Raises record_missing where it did not come, or does not count any more."""
        for row in self._job(self._rows):
            if all(one.id != id for one in self._known.get(row.hash, ())) and row.hash in self._known:
                continue
            for one, content in self._job(partial(self._opened, row)):
                if one.id == id:
                    return one, content
        raise KnownError("record_missing")

    def _rows(self) -> list[OnShelf]:
        if not self._drops.can_read(DROP):
            raise KnownError("not_allowed", needs="board_reader")
        return [one for one in self._store.shelf(collection_id(DROP)) if one.state == "counts"]

    def _opened(self, row: OnShelf) -> list[tuple[Received, bytes]]:
        said = (message for _, message in self._drops.messages(DROP, [row]))
        read = (read_report(one) for one in said if one.kind == REPORT and one.device == row.device)
        return [one for one in read if one is not None]


def report_value(content: bytes, *, kind: str, name: str, first: date, last: date) -> dict[str, canon.Value]:
    """The map that travels."""
    return {
        "v": 1, "kind": kind, "name": name, "first": first.isoformat(), "last": last.isoformat(),
        "hash": hashlib.sha256(content).digest(), "content": content,
    }  # fmt: skip


def read_report(message: Message) -> tuple[Received, bytes] | None:
    """A report whose form is right and whose content is what its author said; None for any other."""
    said: Any = message.values.get("report")
    try:
        kind, name, content = said["kind"], said["name"], said["content"]
        first, last = date.fromisoformat(said["first"]), date.fromisoformat(said["last"])
        whole = said["v"] == 1 and hashlib.sha256(content).digest() == said["hash"]
    except (KeyError, TypeError, ValueError):
        return None
    if not (whole and isinstance(kind, str) and len(kind) <= 100 and is_name(name) and first <= last):
        return None
    return Received(message.id, message.device, message.ms, kind, name, first, last, len(content)), content


def is_name(name: object) -> bool:
    """Whether it is the plain name of a file, on whatever system it will be saved."""
    if not isinstance(name, str) or not 0 < len(name) <= 200:
        return False
    return name[0] != "." and name.isprintable() and not _NOT_IN_NAMES & set(name)
