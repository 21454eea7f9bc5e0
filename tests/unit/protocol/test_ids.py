"""An id that was read is the id that was written."""

from __future__ import annotations

import copy
import pickle
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmpp_protocol.ids import id_of


@given(st.binary(min_size=16, max_size=16))
def test_an_id_out_of_its_bytes_is_in_nothing_another_than_one_made_the_long_way(raw: bytes) -> None:
    made, long = id_of(raw), UUID(bytes=raw)
    assert made == long
    assert (made.bytes, str(made), hash(made), made.is_safe) == (raw, str(long), hash(long), long.is_safe)
    assert {long: 1}[made] == 1
    assert pickle.loads(pickle.dumps(made)) == copy.deepcopy(made) == long  # our own


@pytest.mark.parametrize("size", [0, 15, 17])
def test_other_bytes_are_no_id(size: int) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        id_of(bytes(size))
