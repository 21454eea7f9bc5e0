"""Reading what others wrote: small strict readers, each from a msgpack value to the type that it must be.

A reader raises Malformed for what can never be right, and Newer for what a newer program may have meant (an unknown word or
field), and the caller decides what that means for it. Nothing is converted silently; booleans are not numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from itertools import pairwise
from typing import Any, TypeVar
from uuid import UUID

from cmpp_protocol import canon

T = TypeVar("T")
Word = TypeVar("Word", bound=StrEnum)
Reader = Callable[[Any], Any]
TEXT_LIMIT = 1000
ITEMS_LIMIT = 1_000_000  # of one request or answer: twice what its longest lists can hold


class Malformed(ValueError):
    """The value cannot be what it should be; the message says what was expected, never what was found."""


class Newer(ValueError):
    """The value has a word or a field that this program does not know."""


def unpack(data: bytes, items: int = ITEMS_LIMIT) -> dict[str, Any]:
    """The map that canonical bytes hold, of at most so many items altogether."""
    try:
        return mapping(canon.unpack(data, items))
    except canon.NotCanonical as error:
        raise Malformed("not canonical") from error


def mapping(value: Any) -> dict[str, Any]:
    """A map with string keys."""
    if not isinstance(value, dict):
        raise Malformed("map")
    return value


def whole(limit: int, least: int = 0) -> Callable[[Any], int]:
    """An integer from `least` up to, and not including, `limit`."""

    def read(value: Any) -> int:
        if type(value) is not int or not least <= value < limit:
            raise Malformed("number")
        return value

    return read


def octets(length: int | None = None) -> Callable[[Any], bytes]:
    """A byte string, of exactly `length` if one is given."""

    def read(value: Any) -> bytes:
        if not isinstance(value, bytes) or (length is not None and len(value) != length):
            raise Malformed("bytes")
        return value

    return read


def text(value: Any) -> str:
    """A string of at most 1000 characters."""
    if not isinstance(value, str) or len(value) > TEXT_LIMIT:
        raise Malformed("text")
    return value


def flag(value: Any) -> bool:
    """A boolean."""
    if not isinstance(value, bool):
        raise Malformed("flag")
    return value


def uuid(value: Any) -> UUID:
    """A UUID of 16 bytes."""
    return UUID(bytes=octets(16)(value))


def word(words: type[Word]) -> Callable[[Any], Word]:
    """One of the words of an enumeration."""

    def read(value: Any) -> Word:
        if text(value) not in set(words):
            raise Newer(words.__name__)
        return words(value)

    return read


def listed(reader: Callable[[Any], T], limit: int | None = None) -> Callable[[Any], tuple[T, ...]]:
    """A list, of at most `limit` items."""

    def read(value: Any) -> tuple[T, ...]:
        if not isinstance(value, list) or (limit is not None and len(value) > limit):
            raise Malformed("list")
        return tuple(reader(item) for item in value)

    return read


def row(*readers: Reader) -> Callable[[Any], tuple[Any, ...]]:
    """A list with one cell for each reader."""

    def read(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list) or len(value) != len(readers):
            raise Malformed("row")
        return tuple(reader(cell) for reader, cell in zip(readers, value, strict=True))

    return read


def ascending(*readers: Reader, by: int = 1) -> Callable[[Any], tuple[tuple[Any, ...], ...]]:
    """A list of rows, strictly ascending by their first `by` columns, so that one set is written in one way."""

    def read(value: Any) -> tuple[tuple[Any, ...], ...]:
        rows = listed(row(*readers))(value)
        if any(before >= after for before, after in pairwise(each[:by] for each in value)):
            raise Malformed("order")
        return rows

    return read


def only(value: Mapping[str, Any], names: set[str]) -> None:
    """No field that is not named."""
    if set(value) - names:
        raise Newer("field")


def record(readers: Mapping[str, Reader]) -> Callable[[Any], dict[str, Any]]:
    """A map with exactly the named fields."""

    def read(value: Any) -> dict[str, Any]:
        found = mapping(value)
        only(found, set(readers))
        if missing := set(readers) - set(found):
            raise Malformed(f"no {min(missing)}")
        return {name: reader(found[name]) for name, reader in readers.items()}

    return read
