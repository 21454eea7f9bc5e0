"""Canonical form, looked at for many values at once: the verdict is that of looking at each alone."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmpp_protocol import canon

PLAIN = st.none() | st.booleans() | st.integers(canon.INT_MIN, canon.INT_MAX) | st.text(max_size=8) | st.binary(max_size=8)
VALUES = PLAIN | st.lists(PLAIN, max_size=3) | st.dictionaries(st.text(max_size=5), PLAIN | st.lists(PLAIN), max_size=3)
# Two values in one, none at all, a long form of a short number, a float, unsorted and doubled keys, bytes that are no text.
ODD = (b"\x01\x02", b"", b"\xcc\x01", b"\xcb" + bytes(8), b"\x82\xa1b\x01\xa1a\x01", b"\x82\xa1a\x01\xa1a\x01", b"\xa1\xff")


def deep(levels: int) -> bytes:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return bytes(msgpack.packb(value))


ENCODED = VALUES.map(canon.pack) | st.sampled_from((*ODD, deep(31), deep(32), deep(33))) | st.binary(max_size=6)


@settings(max_examples=50, deadline=None)
@given(st.lists(ENCODED, min_size=1, max_size=8, unique=True))
def test_many_values_are_canonical_exactly_when_each_is(values: list[bytes]) -> None:
    if all(map(is_canonical, values)):
        canon.check_all(values)
    elif all(map(is_one_value, values)):
        with pytest.raises(canon.NotCanonical):
            canon.check_all(values)


def is_canonical(data: bytes) -> bool:
    try:
        canon.unpack(data)
    except canon.NotCanonical:
        return False
    return True


def is_one_value(data: bytes) -> bool:
    """Whether it is one value, in any form: a column has been cut so before its values are looked at together."""
    reader = msgpack.Unpacker()
    reader.feed(data)
    try:
        reader.skip()
    except (msgpack.UnpackException, ValueError):
        return False
    return bool(reader.tell() == len(data))


def test_map_keys_are_in_the_order_of_their_bytes() -> None:
    keys = ["b", "é", "a", "\U0001f600", "\uffff", ""]
    assert list(canon.unpack(canon.pack(dict.fromkeys(keys, 1)))) == sorted(keys, key=str.encode)
