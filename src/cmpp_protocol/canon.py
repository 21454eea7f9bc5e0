"""Canonical msgpack (rule 11): equal values have equal bytes on every machine, for ever.

Shortest integers, map keys sorted by their UTF-8 bytes, no floats (decimals and dates travel as strings), no
extension types. Reading is strict: bytes that are not the canonical form of what they say are refused, so that one
value cannot be written in two ways.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, TypeAlias

import msgpack

# None | bool | int | str | bytes | list | dict[str, …]; recursive, so spelled as Any for mypy's sake.
Value: TypeAlias = Any

MAX_DEPTH = 32
INT_MIN, INT_MAX = -(1 << 63), (1 << 64) - 1
_PLAIN = frozenset({bytes, str, bool, type(None)})
_PLAIN_READ = _PLAIN | {int}  # what was read is within 64 bits


class NotCanonical(ValueError):
    """The bytes, or the value, have no canonical form."""


class Plain(tuple[Any, ...]):
    """Rows whose cells are bytes, strings, booleans and whole numbers within 64 bits, packed as a list without looking at each:
    whoever makes it from a table answers for that."""


def pack(value: Value) -> bytes:
    """The canonical bytes of a value. Raises NotCanonical for floats, dates, sets and other types."""
    return bytes(msgpack.packb(_ordered(value, 0), use_bin_type=True))


def unpack(data: bytes, items: int | None = None) -> Value:
    """The value of canonical bytes. Raises NotCanonical for anything else, including trailing bytes.

    `items`: for bytes of a stranger, how many items all lists and maps together may hold. A byte can stand for an empty list,
    which takes a hundred times as much memory: reading stops before that.
    """
    bounds = {} if items is None else _bounds(items)
    try:
        value = msgpack.unpackb(data, raw=False, strict_map_key=True, max_str_len=len(data), max_bin_len=len(data), **bounds)
    except (ValueError, TypeError, msgpack.UnpackException, RecursionError) as error:
        raise NotCanonical(f"not msgpack: {error}") from error
    if pack(value) != data:
        raise NotCanonical("not in canonical form")
    return value


def _bounds(items: int) -> dict[str, Any]:
    """Arguments for msgpack that make it stop beyond so many items."""
    left = items

    def counted(read: Any) -> Any:
        nonlocal left
        left -= len(read) + 1
        if left < 0:
            raise NotCanonical("too many items")
        return read

    return {"max_array_len": items, "max_map_len": items, "list_hook": counted, "object_hook": counted}


def check_all(values: Collection[bytes]) -> None:
    """Raises NotCanonical unless each is the canonical form of one value. They are looked at together, which costs a fraction
    of `unpack` for each: what their values pack to has to be what they were read from."""
    joined = msgpack.Packer().pack_array_header(len(values)) + b"".join(values)
    try:
        read = msgpack.unpackb(joined, raw=False, strict_map_key=True)
    except (ValueError, TypeError, msgpack.UnpackException, RecursionError) as error:
        raise NotCanonical(f"not msgpack: {error}") from error
    if not _PLAIN_READ.issuperset(map(type, read)):
        read = [value if type(value) in _PLAIN_READ else _ordered(value, 0) for value in read]
    if msgpack.packb(read, use_bin_type=True) != joined:
        raise NotCanonical("not in canonical form")


def _ordered(value: Value, depth: int) -> Value:
    if depth > MAX_DEPTH:
        raise NotCanonical("nested too deeply")
    if value is None or isinstance(value, bool | str | bytes | Plain):
        return value
    if isinstance(value, int):
        if not INT_MIN <= value <= INT_MAX:
            raise NotCanonical("integer beyond 64 bits")
        return value
    if isinstance(value, list | tuple):
        if value and depth == MAX_DEPTH:
            raise NotCanonical("nested too deeply")
        # Columns of bundles are long lists of plain values and numbers: those are not worth a call each.
        return [
            item
            if (kind := type(item)) in _PLAIN or (kind is int and INT_MIN <= item <= INT_MAX)
            else _ordered(item, depth + 1)
            for item in value
        ]
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise NotCanonical("map keys are strings")
        if value and depth == MAX_DEPTH:
            raise NotCanonical("nested too deeply")
        # The order of code points is the order of their UTF-8 bytes.
        return {key: item if type(item := value[key]) in _PLAIN else _ordered(item, depth + 1) for key in sorted(value)}
    raise NotCanonical(f"{type(value).__name__} has no canonical form")
