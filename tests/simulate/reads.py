"""What the server reads again and again is read once, as long as nobody has written to the table: most requests bring nothing.

A read is remembered under the tables that it looks at, how often these were written to, and its arguments. So every write is
made by the server's own code, and every read the first time; what it gives afterwards is what it gave.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from itertools import count
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.sql.dml import UpdateBase

from cmpp_protocol.roster import Device, RosterState
from cmpp_server import damage, exchange, holding, log, roster, snapshots, tables

_EPOCHS = count()
MOST = 20_000  # answers that are remembered

READS: tuple[tuple[Any, str, tuple[str, ...]], ...] = (
    (roster.Rosters, "head", (tables.org.name,)),
    (roster, "read", (tables.roster.name,)),
    (roster, "hash_at", (tables.roster.name,)),
    (log, "_end", (tables.collection.name,)),
    (log, "known", (tables.log.name,)),
    (log, "_items", (tables.log.name,)),
    (damage, "wanted", (tables.damaged.name,)),
    (damage, "_all_marked", (tables.damaged.name,)),
    (exchange, "_lacking", (tables.key_envelope.name,)),
    (exchange, "_key_envelopes", (tables.key_envelope.name,)),
    (snapshots, "_ends", (tables.collection.name,)),
    (snapshots, "_rows", (tables.snapshots.name, tables.snapshot_part.name)),
    (holding, "for_reader", (tables.held.name,)),
)


class Written:
    """How often each table of one database was written to."""

    def __init__(self, engine: Engine) -> None:
        self.epoch, self.times = next(_EPOCHS), Counter[str]()
        engine.cmpp_written = self  # type: ignore[attr-defined]  # where the reads find it

        @event.listens_for(engine, "before_execute")
        def note(conn: Connection, said: Any, many: Any, one: Any, options: Any) -> None:
            if isinstance(said, UpdateBase):
                self.times[str(said.table)] += 1

    def anew(self) -> None:
        """Another database is in its place."""
        self.epoch = next(_EPOCHS)


@contextmanager
def read_once() -> Iterator[None]:
    """While it lasts, nothing is read twice for nothing."""
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in READS]
    known: dict[Any, Any] = {}
    for owner, name, of in READS:
        setattr(owner, name, _once(getattr(owner, name), of, known))
    try:
        yield
    finally:
        for owner, name, read in before:
            setattr(owner, name, read)


def _once(read: Callable[..., Any], of: tuple[str, ...], known: dict[Any, Any]) -> Callable[..., Any]:
    @wraps(read)
    def once(*given: Any, **named: Any) -> Any:
        conn = next(one for one in given if isinstance(one, Connection))
        written = getattr(conn.engine, "cmpp_written", None)
        if written is None:
            return read(*given, **named)
        rest = tuple(_plain(one) for one in given if one is not conn and not isinstance(one, roster.Rosters))
        at = (read, written.epoch, *(written.times[table] for table in of), rest, *sorted(named.items()))
        if at not in known:
            if len(known) > MOST:
                known.clear()
            known[at] = read(*given, **named)
        return known[at]

    return once


def _plain(value: Any) -> Any:
    """Something to look up by."""
    if isinstance(value, RosterState):
        return value.hash  # it stands for all before it
    if isinstance(value, Device):
        return value.id
    if isinstance(value, dict):
        return tuple(sorted(value.items()))
    if isinstance(value, list | set):
        return tuple(sorted(value))
    return value
