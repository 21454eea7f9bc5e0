"""What bundles and snapshot parts are read with: a canonical map with its format's keys, names, and columns of canonical values.

Reading is strict: what the writer would not write is void for everybody; a newer format waits for an update (rule 42).
"""

from __future__ import annotations

from collections.abc import Set
from typing import Any, Literal

import msgpack

from cmpp_protocol import canon
from cmpp_protocol.column import Column, cut, plain

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
        self._known: dict[bytes, tuple[Any, bool]] = {}  # by the bytes of one canonical value: it, and whether it is plain
        self._cut: set[bytes] = set()  # one value each, perhaps not canonical
        self._alone: set[bytes] = set()  # perhaps not one value: columns of a single row

    def split(self, column: Any, count: int) -> Column:
        """The values that stand one after the other in a column of `count` rows, at least one. Raises NotOpened."""
        need(isinstance(column, bytes), "values")
        if count == 1:
            self._alone.add(column)
            return Column([column])
        first = column[: len(column) // count]
        if first * count == column and (known := self._one(first)) is not None:  # most columns say the same in every row
            return Column([first] * count, [known[0]] * count if known[1] else None)
        found = plain(column, count)
        if found is not None:
            return found
        try:
            values = cut(column, count)
        except canon.NotCanonical as error:
            raise NotOpened("void", "values") from error
        self._cut.update(values)
        return Column(values)

    def check(self) -> None:
        """Raises NotOpened unless all that was cut are canonical values."""
        alone = self._alone - self._known.keys() - self._cut
        fresh = (self._cut | alone) - self._known.keys()
        try:
            reader, end = _reader(b"".join(alone)), 0
            for value in alone:
                reader.skip()
                end += len(value)
                need(reader.tell() == end, "values")
            canon.check_all(fresh)
        except _NOT_READ as error:
            raise NotOpened("void", "values") from error
        self._cut, self._alone = set(), set()

    def _one(self, value: bytes) -> tuple[Any, bool] | None:
        """The one canonical value that these bytes are, and whether it is plain. If they are none, the column may still be cut
        otherwise."""
        found = self._known.get(value)
        if found is None:
            try:
                read = canon.unpack(value)
            except canon.NotCanonical:
                return None
            found = self._known[value] = (read, not isinstance(read, list | dict))
        return found


def _reader(data: bytes) -> msgpack.Unpacker:
    reader = msgpack.Unpacker(raw=False, strict_map_key=True, max_buffer_size=max(len(data), 1))
    reader.feed(data)
    return reader
