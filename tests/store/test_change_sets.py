"""What waits in the outbox is read as it was written, also by a laptop whose older program wrote it."""

from __future__ import annotations

from uuid import UUID

import msgpack
import pytest
from hypothesis import given, settings

from cmpp_desktop.changes import LIFE, ChangeSet, Write, life_value
from cmpp_desktop.errors import BugError
from cmpp_desktop.store.change_sets import pack_change_set, unpack_change_set
from cmpp_desktop.store.state import pack_covers
from cmpp_protocol import canon
from cmpp_protocol.stamps import Stamp
from tests.sync.test_seal import histories

NOTE, OTHER = UUID(int=1), UUID(int=2)
ANA, BO = Stamp(5 << 16, bytes(32)), Stamp(7 << 16, b"\1" * 32)
GONE = life_value("deleted", "mistake")


def sorted_writes(change_set: ChangeSet) -> list[Write]:
    return sorted(change_set.writes)


@settings(max_examples=25, deadline=None)
@given(histories())
def test_a_change_set_waits_as_it_was_written(sets: tuple[ChangeSet, ...]) -> None:
    for one in sets:
        read = unpack_change_set(one.collection, one.stamp, pack_change_set(one))
        assert sorted_writes(read) == sorted_writes(one)
        assert read.told == one.told
        assert ChangeSet(read.collection, read.stamp, read.writes).told == one.told


def test_what_an_older_program_left_in_the_outbox_is_sent() -> None:
    written = (
        Write("note", NOTE, "text", canon.pack("Bring the letter."), (ANA, BO)),
        Write("note", OTHER, LIFE, GONE, (ANA,), (("text", (ANA, BO)),)),
        Write("note", NOTE, LIFE, canon.pack(["live"])),
    )
    rows = [
        [one.kind, one.id.bytes, one.field, one.value, [list(at) for at in one.replaces], pack_covers(one.covers)]
        for one in written
    ]
    read = unpack_change_set(bytes(16), BO, msgpack.packb(rows, use_bin_type=True))
    assert read.writes == written
    assert [(one.id, one.names) for one in read.told] == [(NOTE.bytes, (LIFE, "text")), (OTHER.bytes, (LIFE,))]
    assert read.told[0].replaces == ((), (ANA, BO))
    assert read.told[1].covers == (("text", (ANA, BO)),)
    assert unpack_change_set(bytes(16), BO, msgpack.packb([])).writes == ()


@pytest.mark.parametrize(
    ("writes", "code"),
    [
        ((Write("note", NOTE, "text", b"\1"), Write("note", NOTE, "text", b"\2")), "change_set_shape"),
        ((Write("note", NOTE, "text", b"\1"), Write("task", NOTE, "title", b"\2")), "change_set_shape"),
        ((Write("note", NOTE, "text", b"\1", (), (("text", (ANA,)),)),), "covers_without_life"),
    ],
)
def test_what_is_no_change_set_never_gets_into_the_outbox(writes: tuple[Write, ...], code: str) -> None:
    with pytest.raises(BugError, match=code):
        pack_change_set(ChangeSet(bytes(16), BO, writes))
