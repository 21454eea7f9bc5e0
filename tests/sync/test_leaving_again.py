"""That a lost bundle leaves again is said once, whoever has cause to say it and however often."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from cmpp_desktop.changes import ChangeSet, Write
from cmpp_desktop.sync import adopting
from cmpp_desktop.sync.leaving_again import said_now
from cmpp_protocol.stamps import Stamp
from tests.sync.laptops import MemoryReplica

CASELOAD, ANA, ANAS_NEXT = UUID(int=0xCA5E), b"a" * 32, b"n" * 32


class Bundle(NamedTuple):
    device: bytes
    number: int
    hash: bytes
    seq: int | None = None
    mine: bool = True
    state: str = "held"


LOST, OTHER = Bundle(ANA, 3, b"3" * 32), Bundle(ANA, 4, b"4" * 32)


def decided(store: MemoryReplica, how: adopting.How) -> None:
    """Somebody decides what becomes of the lost bundle."""
    id = adopting.bundle_id(CASELOAD, LOST.hash)
    known = store.states(CASELOAD, [id]).get(id)
    store.commit(CASELOAD, lambda _: adopting.settling(CASELOAD, LOST.hash, ANA, 3, how, "fork", known), 1)


def of(writes: tuple[Write, ...]) -> set[UUID]:
    return {write.id for write in writes}


def test_nobody_has_said_anything_so_it_is_said_of_each_bundle_with_the_reason() -> None:
    writes = said_now(MemoryReplica(ANA), CASELOAD, [LOST, OTHER], "fence")
    assert of(writes) == {adopting.bundle_id(CASELOAD, one.hash) for one in (LOST, OTHER)}
    store = MemoryReplica(ANA)
    store.commit(CASELOAD, lambda _: writes, 1)
    for state in store.states(CASELOAD, of(writes)).values():
        assert (adopting.said_of(state, "how"), adopting.said_of(state, "why")) == ("sent_again", "fence")


def test_what_somebody_has_said_of_a_bundle_is_not_said_once_more() -> None:
    for how in ("sent_again", "adopted", "left"):
        store = MemoryReplica(ANA)
        decided(store, how)
        assert of(said_now(store, CASELOAD, [LOST, OTHER])) == {adopting.bundle_id(CASELOAD, OTHER.hash)}


def test_what_is_in_the_outbox_and_not_among_the_records_yet_has_been_said() -> None:
    store = MemoryReplica(ANA)
    with store.transaction():
        store.put_own(ChangeSet(CASELOAD.bytes, Stamp(9, ANA), said_now(store, CASELOAD, [LOST])))
    assert said_now(store, CASELOAD, [LOST]) == ()


def test_a_bundle_that_was_opened_again_leaves_under_the_stamps_that_its_record_has_from_now_on() -> None:
    store = MemoryReplica(ANA)
    decided(store, "left")
    decided(store, "open")
    writes = said_now(store, CASELOAD, [LOST], mapped=lambda stamp: Stamp(stamp.hlc, ANAS_NEXT))
    assert {stamp for write in writes for stamp in write.replaces} == {Stamp(store.own_clock(), ANAS_NEXT)}
