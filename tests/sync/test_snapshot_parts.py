"""States as columns and back: nothing is lost, the same states are the same bytes, and an enemy's bytes are refused in words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import msgpack
import pytest
import zstandard
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cmpp_desktop.changes import LIFE, LIVE, Created, Head, RecordState, life_value
from cmpp_desktop.errors import KnownError
from cmpp_desktop.sync import snapshot_parts
from cmpp_desktop.sync.column_reading import NotOpened
from cmpp_desktop.sync.replica import Chain
from cmpp_desktop.sync.snapshot_parts import What
from cmpp_protocol import canon, snapshot
from cmpp_protocol.stamps import Stamp

VECTORS = Path(__file__).parents[1] / "vectors"
ANA, BO = bytes([1]) * 32, bytes([2]) * 32
CHAINS = {ANA: Chain(3, bytes([3]) * 32, 9 << 16, 0), BO: Chain(1, bytes([4]) * 32, 1 << 16, 2)}

STAMPS = st.builds(Stamp, st.integers(0, 40), st.sampled_from((ANA, BO)))
VALUES = st.one_of(st.text(max_size=4), st.none(), st.booleans(), st.lists(st.integers(-3, 3), max_size=2)).map(canon.pack)
NAMES = st.sampled_from(("value", "kind_of", "ñame", "z"))
LIVES = st.sampled_from((LIVE, life_value("deleted", "x"), life_value("signed", bytes(16))))
HEADS = st.lists(st.tuples(STAMPS, VALUES), min_size=1, max_size=3, unique_by=lambda one: one[0])
SOME = st.frozensets(STAMPS, min_size=1, max_size=2)


def headed(pairs: list[tuple[Stamp, bytes]]) -> tuple[Head, ...]:
    return tuple(Head(*pair) for pair in sorted(pairs))


@st.composite
def states(draw: st.DrawFn) -> RecordState:
    heads = {name: headed(pairs) for name, pairs in draw(st.dictionaries(NAMES, HEADS, max_size=4)).items()}
    if draw(st.booleans()):
        heads[LIFE] = headed([(draw(STAMPS), draw(LIVES))])
    waiting = draw(st.dictionaries(NAMES, SOME, max_size=1))
    covered = draw(st.dictionaries(STAMPS, st.dictionaries(NAMES, SOME, max_size=2), max_size=2))
    covers = {at: tuple((name, tuple(sorted(named[name]))) for name in sorted(named)) for at, named in covered.items()}
    return RecordState(draw(st.sampled_from(("note", "contact_route", "of a newer version"))), heads, waiting, covers)


@st.composite
def created(draw: st.DrawFn) -> Created:
    names = tuple(sorted(draw(st.sets(NAMES, min_size=1)) | {LIFE}))
    values = tuple(LIVE if name == LIFE else draw(VALUES) for name in names)
    return Created(draw(st.sampled_from(("note", "signed"))), names, values, draw(STAMPS))


RECORDS = st.dictionaries(st.integers(0, 1 << 100).map(lambda number: UUID(int=number)), states() | created(), max_size=8)


def packed(records: Mapping[UUID, What]) -> list[bytes]:
    return list(snapshot_parts.pack(((id, records[id]) for id in sorted(records)), CHAINS))


def as_states(records: Mapping[UUID, What]) -> dict[UUID, RecordState]:
    return {id: what.state() if isinstance(what, Created) else what for id, what in records.items()}


@settings(max_examples=150, deadline=None)
@given(RECORDS)
def test_what_is_packed_is_read_again_and_however_it_was_held_it_is_the_same_bytes(records: dict[UUID, What]) -> None:
    [part] = packed(records)
    read = snapshot_parts.read(part, True)
    assert read.chain == CHAINS
    assert as_states({**read.created, **read.states}) == as_states(records)
    assert packed(as_states(records)) == [part]
    assert packed({**read.created, **read.states}) == [part]


@settings(max_examples=300, deadline=None)
@given(RECORDS, st.data())
@example({}, None)
def test_spoiled_columns_are_refused_in_words_or_say_what_they_say(records: dict[UUID, What], data: Any) -> None:
    [part] = packed(records)
    spoiled = bytearray(part)
    if data is not None:
        for _ in range(data.draw(st.integers(1, 3))):
            at = data.draw(st.integers(0, len(spoiled) - 1))
            spoiled[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
    with suppress(NotOpened):  # and nothing else
        read = snapshot_parts.read(bytes(spoiled), True)
        again = snapshot_parts.read(packed_again(read), True)
        assert as_states({**again.created, **again.states}) == as_states({**read.created, **read.states})


def packed_again(read: snapshot_parts.Read) -> bytes:
    every: dict[UUID, What] = {**read.created, **read.states}
    [part] = snapshot_parts.pack(((id, every[id]) for id in sorted(every)), read.chain)
    return part


def shown(part: bytes) -> dict[str, Any]:
    found: dict[str, Any] = msgpack.unpackb(part, raw=False)
    return found


ONE: dict[UUID, What] = {
    UUID(int=1): Created("note", (LIFE, "text"), (LIVE, canon.pack("a")), Stamp(5, ANA)),
    UUID(int=2): Created("note", (LIFE, "text"), (LIVE, canon.pack("b")), Stamp(6, ANA)),
    UUID(int=3): RecordState("note", {"text": headed([(Stamp(5, ANA), canon.pack("c")), (Stamp(6, ANA), canon.pack("d"))])}),
}
LIES: dict[str, tuple[Any, str]] = {
    "ids that do not rise": (lambda body: body["groups"][0].__setitem__(2, UUID(int=2).bytes + UUID(int=1).bytes), "ids"),
    "an id twice": (lambda body: body["whole"][0].__setitem__(0, UUID(int=1).bytes), "ids"),
    "a stamp that is not there": (lambda body: body["groups"][0].__setitem__(3, [0, 9]), "stamps"),
    "stamps that do not rise": (lambda body: body["stamps"].reverse(), "stamps"),
    "a device that is not there": (lambda body: body["devices"].clear(), "stamps"),
    "a value too few": (lambda body: body["groups"][0][4].__setitem__(1, canon.pack("a")), "values"),
    "a head of another field": (lambda body: body["groups"][0].__setitem__(5, [0, 7, 0]), "others"),
    "a device's chain twice": (lambda body: body["chain"].append(body["chain"][0]), "chain"),
    "a number of nothing": (lambda body: body["chain"][0].__setitem__(1, 0), "chain"),
    "heads that do not rise": (lambda body: body["whole"][0][2]["text"].reverse(), "heads"),
    "a value that is not canonical": (lambda body: body["whole"][0][2]["text"][0].__setitem__(1, b"\xcc\x01"), "values"),
    "a key too many": (lambda body: body.__setitem__("colour", 1), "not_canonical"),
}


@pytest.mark.parametrize("lie", LIES)
def test_every_lie_has_its_word(lie: str) -> None:
    [part] = packed(ONE)
    body = shown(part)
    LIES[lie][0](body)
    with pytest.raises(NotOpened) as refused:
        snapshot_parts.read(canon.pack(body), True)
    assert (refused.value.outcome, refused.value.reason) == ("void", LIES[lie][1])


def test_a_chain_stands_in_the_first_part_alone_and_a_newer_format_waits_for_an_update() -> None:
    [part] = packed(ONE)
    with pytest.raises(NotOpened, match="chain"):
        snapshot_parts.read(part, False)
    with pytest.raises(NotOpened, match="update"):
        snapshot_parts.read(canon.pack({**shown(part), "v": 2}), True)


def test_a_frame_that_would_fill_the_memory_is_not_inflated() -> None:
    bomb = zstandard.ZstdCompressor(write_content_size=True).compress(bytes(snapshot.PACKED_LIMIT + 1))
    assert len(bomb) < 10_000
    for frame, reason in ((bomb, "inflates_too_far"), (b"nothing", "not_compressed"), (bomb[:40], "inflates_too_far")):
        with pytest.raises(NotOpened, match=reason):
            snapshot_parts.inflate(frame)


def test_parts_end_where_the_records_say_and_ids_rise_over_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot_parts, "PART_RECORDS", 3)
    records: dict[UUID, What] = {
        UUID(int=at): Created("note", (LIFE, "text"), (LIVE, canon.pack(str(at))), Stamp(at, ANA)) for at in range(1, 9)
    }
    parts = packed(records)
    reads = [snapshot_parts.read(part, number == 0) for number, part in enumerate(parts)]
    assert [len(one.ids) for one in reads] == [3, 3, 2]
    assert [id for one in reads for id in one.ids] == sorted(id.bytes for id in records)
    assert [bool(one.chain) for one in reads] == [True, False, False]
    monkeypatch.setattr(snapshot_parts, "PART_GOAL", 60)
    assert len(packed(records)) == 8


def test_a_record_that_no_part_can_carry_is_said() -> None:
    huge = canon.pack("x" * (snapshot.PACKED_LIMIT + 1))
    with pytest.raises(KnownError, match="too_big"):
        packed({UUID(int=1): Created("note", (LIFE, "text"), (LIVE, huge), Stamp(1, ANA))})


def test_the_published_columns_are_read_and_packed_again() -> None:
    given_ = json.loads((VECTORS / "snapshot_columns.json").read_text(encoding="utf-8"))
    part = bytes.fromhex(given_["packed"])
    assert snapshot_parts.inflate(bytes.fromhex(given_["squeezed"])) == part
    read = snapshot_parts.read(part, True)
    assert (len(read.created), len(read.states), len(read.chain)) == (1, 3, 2)
    assert packed_again(read) == part
    assert snapshot.contents_of([part]).hex() == given_["contents"]
