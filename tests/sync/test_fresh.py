"""What came into being stays in columns until somebody says more of it, and what is told apart is told in order."""

from __future__ import annotations

from uuid import UUID

from cmpp_desktop.changes import LIFE, LIVE, SIGNED, ChangeSet, Columns, Created, Write, in_records
from cmpp_desktop.sync import packing
from cmpp_desktop.sync.fresh import Fresh
from cmpp_protocol import canon
from cmpp_protocol.stamps import Stamp

PLACE, ANA = UUID(int=77), b"\x05" * 32
NOTE, OTHER, PHONE, PAPER = (UUID(int=number) for number in range(1, 5))


def said(id: UUID, kind: str = "note", text: str = "Bring the letter.") -> tuple[Write, ...]:
    return Write(kind, id, LIFE, LIVE), Write(kind, id, "text", canon.pack(text))


def opened(*sets: tuple[Write, ...]) -> packing.Opened:
    made = [ChangeSet(PLACE.bytes, Stamp(number << 16, ANA), writes) for number, writes in enumerate(sets, 1)]
    return packing.unpack_columns(packing.pack(made), PLACE, ANA)


def ids_of(columns: list[Columns]) -> set[UUID]:
    return set(in_records(columns))


def test_what_came_into_being_stays_in_columns() -> None:
    fresh, parts = opened(said(NOTE), (*said(OTHER), *said(PHONE, "contact_route"))).split(frozenset())
    assert not parts
    assert in_records(fresh) == {
        NOTE: Created("note", (LIFE, "text"), (LIVE, canon.pack("Bring the letter.")), Stamp(1 << 16, ANA)),
        OTHER: Created("note", (LIFE, "text"), (LIVE, canon.pack("Bring the letter.")), Stamp(2 << 16, ANA)),
        PHONE: Created("contact_route", (LIFE, "text"), (LIVE, canon.pack("Bring the letter.")), Stamp(2 << 16, ANA)),
    }


def test_a_record_that_is_known_or_told_twice_is_told_apart_in_the_order_of_its_change_sets() -> None:
    change = (Write("note", NOTE, "text", canon.pack("And the form."), (Stamp(1 << 16, ANA),)),)
    inside = opened((*said(NOTE), *said(PHONE)), said(OTHER), change)
    fresh, parts = inside.split(frozenset({PHONE.bytes, UUID(int=99).bytes}))
    assert ids_of(fresh) == {OTHER}
    assert [(number, [id for id, _ in part.rows]) for number, part in parts] == [(0, [NOTE, PHONE]), (2, [NOTE])]
    assert parts[1][1].rows[0][1] == change
    assert [part.stamp for _, part in parts] == [Stamp(1 << 16, ANA), Stamp(3 << 16, ANA)]


def test_beside_something_signed_nothing_stays_in_columns_for_it_may_void_all_of_its_change_set() -> None:
    signed = (Write(SIGNED, PAPER, "content", canon.pack(b"")), Write(SIGNED, PAPER, LIFE, LIVE))
    fresh, parts = opened((*said(NOTE), *signed), said(OTHER)).split(frozenset())
    assert ids_of(fresh) == {OTHER}
    assert [(number, {id for id, _ in part.rows}) for number, part in parts] == [(0, {NOTE, PAPER})]


def test_a_record_is_taken_out_of_the_columns_once() -> None:
    fresh = Fresh()
    for columns in opened(said(NOTE), said(OTHER), said(PHONE, "contact_route", "555")).split(frozenset())[0]:
        fresh.add(columns)
    assert len(fresh) == 3
    assert fresh.known([NOTE.bytes, PAPER.bytes]) == {NOTE.bytes}
    assert set(fresh.take_out([NOTE, PAPER])) == {NOTE}
    assert fresh.take_out([NOTE]) == {}
    assert fresh.known([NOTE.bytes]) == set()
    assert ids_of(list(fresh.columns())) == {OTHER, PHONE}
    assert list(fresh.take_out([PHONE])[PHONE].values) == [LIVE, canon.pack("555")]
    assert ids_of(list(fresh.columns())) == {OTHER}
