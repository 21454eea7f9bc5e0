"""Canonical values that stand one after the other, as a column of a bundle or of a snapshot's part holds them.

Most columns hold nothing but texts, numbers, bytes, yes, no and nothing. Those are read at once, in one step for the whole
column, and are only cut into the bytes of each value when somebody asks for these.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, overload

import msgpack

from cmpp_protocol.canon import NotCanonical

_PLAIN = frozenset({bytes, str, bool, int, type(None)})
_NOT_READ = (ValueError, TypeError, msgpack.UnpackException, RecursionError)


class Column(Sequence[bytes]):
    """The bytes of each value. `plain`: the values themselves, where none of them is a list or a map, else None."""

    __slots__ = ("_cut", "plain")

    def __init__(self, cut: list[bytes] | None, plain: list[Any] | None = None) -> None:
        """One of them may be missing."""
        self._cut, self.plain = cut, plain

    def __len__(self) -> int:
        return len((self._cut if self.plain is None else self.plain) or ())

    @overload
    def __getitem__(self, at: int) -> bytes: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[bytes]: ...
    def __getitem__(self, at: int | slice) -> bytes | Sequence[bytes]:
        if isinstance(at, slice) and self.plain is not None:
            return Column(None, self.plain[at])
        return self._values()[at]

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._values())

    def count(self, value: bytes) -> int:
        """How many of them are this."""
        return self._values().count(value)

    def _values(self) -> list[bytes]:
        if self._cut is None:
            pack = msgpack.Packer(use_bin_type=True).pack
            self._cut = [pack(value) for value in self.plain or ()]
        return self._cut


def plain(data: bytes, count: int) -> Column | None:
    """The column of so many values; None where they are not plain, or where they are not these canonical values."""
    whole = msgpack.Packer().pack_array_header(count) + data
    try:
        read = msgpack.unpackb(whole, raw=False, strict_map_key=True)
    except _NOT_READ:
        return None
    if not _PLAIN.issuperset(map(type, read)) or msgpack.packb(read, use_bin_type=True) != whole:
        return None
    return Column(None, read)


def cut(data: bytes, count: int) -> list[bytes]:
    """The bytes of so many values, which are not looked at. Raises NotCanonical where there are more or fewer."""
    reader = msgpack.Unpacker(raw=False, strict_map_key=True, max_buffer_size=max(len(data), 1))
    reader.feed(data)
    skip, tell = reader.skip, reader.tell
    ends = []
    try:
        for _ in range(count):
            skip()
            ends.append(tell())
    except _NOT_READ as error:
        raise NotCanonical("not so many values") from error
    if ends and ends[-1] != len(data):
        raise NotCanonical("more values")
    return [data[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def plain_of(column: Sequence[bytes]) -> list[Any] | None:
    """The values themselves, where they are at hand."""
    return column.plain if isinstance(column, Column) else None


def joined(columns: Sequence[Sequence[bytes]]) -> Sequence[bytes]:
    """One after the other."""
    if len(columns) == 1:
        return columns[0]
    if any(plain_of(one) is None for one in columns):
        return list(chain.from_iterable(columns))
    return Column(None, list(chain.from_iterable(plain_of(one) or () for one in columns)))
