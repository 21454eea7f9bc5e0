"""What changed: the bus that screens listen to, and the change sets that travel between laptops.

A local edit and one that arrived end in the same `Changed`, so that a screen has one way to refresh. `ChangeSet` is the
unit of sync (rules 1, 4, 14, 40): all writes that one committed unit of work made in one collection, under one stamp.
Values are canonical msgpack (cmpp_protocol.canon), so equal values are equal bytes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from cmpp_protocol.stamps import Stamp

HERE = "here"
SYNC = "sync"

LIFE = "life"  # the field that every record has (rule 15)


@dataclass(frozen=True, slots=True)
class Changed:
    """Something was committed. `kinds`: record kinds; `ids`: records touched (and the participants that they concern);
    `origin`: HERE, SYNC, or a token of the screen that caused it, which ignores its own echo."""

    kinds: frozenset[str]
    ids: frozenset[UUID]
    origin: str = HERE


class Bus:
    """Publishes `Changed` to subscribers. They run on the publishing thread: they hand over and return."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: list[Callable[[Changed], None]] = []

    def subscribe(self, listener: Callable[[Changed], None]) -> Callable[[], None]:
        """Adds a listener; the returned function removes it again (calling it twice is harmless)."""
        with self._lock:
            self._listeners.append(listener)

        def unsubscribe() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return unsubscribe

    def publish(self, changed: Changed) -> None:
        """Tells every listener, in the order in which they subscribed."""
        with self._lock:
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener(changed)


@dataclass(frozen=True, slots=True)
class Head:
    """One current value of a field: who wrote it when, and its canonical bytes."""

    stamp: Stamp
    value: bytes


@dataclass(frozen=True, slots=True)
class Write:
    """One field of one record. `replaces` names exactly the heads that the author held for it (none at creation).

    A write to `life` whose value is not live carries `covers`: for each field, the stamps of the heads held (rule 16).
    """

    kind: str
    id: UUID
    field: str
    value: bytes
    replaces: tuple[Stamp, ...] = ()
    covers: tuple[tuple[str, tuple[Stamp, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """All writes of one unit of work in one collection (its 16-byte id), under one stamp. Never split, never folded."""

    collection: bytes
    stamp: Stamp
    writes: tuple[Write, ...] = field(default=())
