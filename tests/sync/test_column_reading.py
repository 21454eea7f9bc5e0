"""Columns are cut into the values that were written, and into nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmpp_desktop.sync.column_reading import NotOpened, Values
from cmpp_protocol import canon

PLAIN = st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 64) - 1) | st.text(max_size=9) | st.binary(max_size=9)
VALUES = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3))


@settings(max_examples=40)
@given(st.lists(st.lists(VALUES, min_size=1, max_size=5), max_size=6))
def test_what_was_written_is_read(columns: list[list[Any]]) -> None:
    cut = Values()
    packed = [[canon.pack(value) for value in column] for column in columns]
    found = [cut.split(b"".join(column), len(column)) for column in packed]
    cut.check()
    assert [list(one) for one in found] == packed
    assert [len(one) for one in found] == [len(one) for one in columns]
    for one, values in zip(found, columns, strict=True):
        assert one.plain is None or [(type(value), value) for value in one.plain] == [(type(value), value) for value in values]


def test_a_column_that_only_looks_as_if_it_said_the_same_twice_is_cut_where_its_values_end() -> None:
    column = canon.pack(1) + canon.pack(0x01CD)
    assert column[:2] * 2 == column
    cut = Values()
    assert list(cut.split(column, 2)) == [canon.pack(1), canon.pack(0x01CD)]
    cut.check()


@pytest.mark.parametrize(
    "columns",
    [
        [(b"", 1)],
        [(b"", 2)],
        [(b"\x01\x01", 1)],  # two values where one is due
        [(b"\x01\x01\x01", 2)],
        [(b"\x91", 1), (b"\x01\x01", 1)],  # together two values, alone neither is one
        [(b"\x01\x02", 1), (b"", 1)],
        [(b"\xcc\x01", 1)],  # a longer form than need be
        [(b"\xcc\x01" * 3, 3)],
        [(b"\x01\xcc\x01", 2)],
        [(b"\xcb" + bytes(8), 1)],  # a float
        [(b"\x82\xa1b\x01\xa1a\x01", 1)],  # keys out of order
        [(b"\x01", 1), (b"\xc1\xc1", 2)],
        [("\x01", 1)],
    ],
)
def test_what_is_not_whole_canonical_values_is_void(columns: list[tuple[Any, int]]) -> None:
    with pytest.raises(NotOpened, match="void: values"):
        cut_all(columns)


def cut_all(columns: list[tuple[Any, int]]) -> None:
    cut = Values()
    for column, count in columns:
        cut.split(column, count)
    cut.check()
