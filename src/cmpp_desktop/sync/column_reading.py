"""What bundles and snapshot parts are read with: a canonical map with its format's keys, names, and columns of canonical values.

Reading is strict: what the writer would not write is void for everybody; a newer format waits for an update (rule 42).
"""

from __future__ import annotations

from collections.abc import Set
from typing import Any, Literal

import msgpack

from cmpp_protocol import canon

Outcome = Literal["refused", "update", "void"]

_NAME_LIMIT = 200
_NOT_READ = (ValueError, TypeError, msgpack.UnpackException, RecursionError)


class NotOpened(ValueError):
    """Why a bundle gives no changes. `outcome`: refused (bytes that are not the author's: fetched again), update (made by
    a newer program: its chain waits) or void (for everybody: set aside, the chain goes on). `reason` is a code."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(f"{outcome}: {reason}")
        self.outcome: Outcome = outcome
        self.reason = reason


def need(holds: bool, reason: str) -> None:
    """Raises NotOpened void unless it holds."""
    if not holds:
        raise NotOpened("void", reason)


def is_name(value: Any) -> bool:
    """Whether it may be the name of a kind or a field."""
    return isinstance(value, str) and 0 < len(value) <= _NAME_LIMIT


def body_of(packed: bytes, keys: Set[str], newest: int) -> dict[str, Any]:
    """The canonical map that was packed, which has exactly these keys. `newest`: the last format that this program knows.
    Raises NotOpened (update or void)."""
    try:
        body = msgpack.unpackb(packed, raw=False, strict_map_key=True)
    except _NOT_READ as error:
        raise NotOpened("void", "not_packed") from error
    if not isinstance(body, dict) or type(body.get("v")) is not int or body["v"] < 1:
        raise NotOpened("void", "not_packed")
    if body["v"] > newest:
        raise NotOpened("update", "format")
    try:
        canonical = set(body) == keys and canon.pack(body) == packed
    except canon.NotCanonical:
        canonical = False
    need(canonical, "not_canonical")
    return body


class Values:
    """Cuts columns into values. They are looked at together, once, in `check`: nothing that was cut may be used before."""

    def __init__(self) -> None:
        self._known: set[bytes] = set()  # one canonical value each
        self._cut: set[bytes] = set()  # one value each, perhaps not canonical
        self._alone: set[bytes] = set()  # perhaps not one value: columns of a single row

    def split(self, column: Any, count: int) -> list[bytes]:
        """The values that stand one after the other in a column of `count` rows, at least one. Raises NotOpened."""
        need(isinstance(column, bytes), "values")
        if count == 1:
            self._alone.add(column)
            return [column]
        size = len(column) // count
        first = column[:size]
        if first * count == column and self._is_one(first):  # most columns say the same in every row
            return [first] * count
        reader = _reader(column)
        skip, tell = reader.skip, reader.tell
        ends = []
        try:
            for _ in range(count):
                skip()
                ends.append(tell())
        except _NOT_READ as error:
            raise NotOpened("void", "values") from error
        need(ends[-1] == len(column), "values")
        found = [column[start:end] for start, end in zip([0, *ends], ends, strict=False)]
        self._cut.update(found)
        return found

    def check(self) -> None:
        """Raises NotOpened unless all that was cut are canonical values."""
        alone = self._alone - self._known - self._cut
        fresh = (self._cut | alone) - self._known
        try:
            reader, end = _reader(b"".join(alone)), 0
            for value in alone:
                reader.skip()
                end += len(value)
                need(reader.tell() == end, "values")
            canon.check_all(fresh)
        except _NOT_READ as error:
            raise NotOpened("void", "values") from error
        self._known |= fresh
        self._cut, self._alone = set(), set()

    def _is_one(self, value: bytes) -> bool:
        """Whether it is one canonical value. If not, the column may still be cut otherwise."""
        if value not in self._known:
            try:
                canon.unpack(value)
            except canon.NotCanonical:
                return False
            self._known.add(value)
        return True


def _reader(data: bytes) -> msgpack.Unpacker:
    reader = msgpack.Unpacker(raw=False, strict_map_key=True, max_buffer_size=max(len(data), 1))
    reader.feed(data)
    return reader
