"""What goes into the inbox, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID


class Item(NamedTuple):
    """A bundle to take in. `seq` and `log_hash`: its place in the log; None for one that came another way."""

    data: bytes
    seq: int | None = None
    log_hash: bytes | None = None


@dataclass(slots=True)
class Taken:
    """What became of some items. `touched`: ids of records and participants; `kinds`: kinds of records that changed.
    `damaged`: copies that did not verify; `mended`: true copies that came for such; `astray`: the log does not chain;
    `unread`: an envelope of a newer version, or one that looks like it because its copy is damaged: the cursor is before it;
    `forked`: the log has another bundle of a number than what counts here, which came another way: the log's stays (rule 36)."""

    touched: set[UUID] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)
    bundles: int = 0
    needs_update: bool = False
    own_unknown: bool = False
    damaged: int = 0
    mended: int = 0
    astray: bool = False
    unread: bool = False
    forked: bool = False

    def add(self, other: Taken) -> None:
        """Counts another one in."""
        self.touched |= other.touched
        self.kinds |= other.kinds
        self.bundles += other.bundles
        self.needs_update |= other.needs_update
        self.own_unknown |= other.own_unknown
        self.damaged += other.damaged
        self.mended += other.mended
        self.astray |= other.astray
        self.unread |= other.unread
        self.forked |= other.forked
