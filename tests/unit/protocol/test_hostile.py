"""Bytes of an enemy, made from true ones: the parsers refuse them with their own error or read exactly what they say, and
stop before a few bytes have become many objects.

Random bytes seldom come past the first check. These begin as a true envelope, entry, request or answer and are then changed, cut,
lengthened, nested and repeated.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import msgpack
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cmpp_protocol import api, canon, entries, envelope, keys, roster, snapshot, snapshot_api
from tests.unit.protocol.office import Office, stream

OFFICE = Office("hostile")
PLACE = OFFICE.collection("team")
LAPTOP = OFFICE.laptop("lia", OFFICE.member("lia", team=PLACE), (PLACE,))
BUNDLE = LAPTOP.seal(OFFICE, PLACE, "true")
REQUEST = api.SyncRequest(
    OFFICE.state.no,
    OFFICE.state.hash,
    entries=tuple(OFFICE.new[:3]),
    opened=((PLACE, 1),),
    cursors=(api.Cursor(PLACE, 0, envelope.log_start(OFFICE.id, PLACE)),),
    bundles=(BUNDLE.encode(),),
    offers=(api.Offer(PLACE, LAPTOP.id, 1, BUNDLE.hash),),
    damaged=(api.Place(PLACE, 1),),
    heads_of=(LAPTOP.id,),
    helps=True,
    lost=True,
    snapshots=True,
    from_log=(PLACE,),
)
ANSWER = api.SyncAnswer(
    1,
    OFFICE.state.no,
    OFFICE.state.hash,
    entries=tuple(OFFICE.data[:2]),
    verdicts=(api.BundleVerdict(BUNDLE.hash, api.Verdict.STORED),),
    logs=(api.Slice(PLACE, True, 1, bytes(32), (api.LogItem(1, bytes(32), BUNDLE.encode()),)),),
    heads=(api.ChainAt(LAPTOP.id, PLACE, 1, BUNDLE.hash),),
    hints=(api.Hint(PLACE, api.TAKE, 7),),
)
HEAD = snapshot.sign(
    snapshot.Head(OFFICE.id, PLACE, 1, 7, bytes(32), 2, LAPTOP.id, 9, stream("digest", 32), (stream("part", 32),)), LAPTOP.pair
)
KEY = snapshot_api.Key(PLACE, 7, LAPTOP.id)
SNAPSHOT_REQUEST = snapshot_api.Request(
    1,
    places=(PLACE,),
    claim=(PLACE,),
    head=HEAD.encode(),
    part=snapshot_api.Part(KEY, 0, stream("sealed", 60)),
    confirm=snapshot_api.Confirmation(KEY, bytes(keys.SIGNATURE_BYTES)),
    want=(KEY, 0),
)
SNAPSHOT_ANSWER = snapshot_api.Answer(
    1,
    (snapshot_api.Shown(HEAD.encode(), 1, 1, 2, ((LAPTOP.id, bytes(64)),)),),
    (PLACE,),
    ((snapshot_api.Said.STORED, ""),),
    b"part",
)
# What is read, a true specimen, the only error that may be raised, and how what was read is written again.
PARSERS: dict[str, tuple[Callable[[bytes], Any], bytes, type[Exception], Callable[[Any], bytes] | None]] = {
    "envelope": (envelope.decode, BUNDLE.encode(), envelope.EnvelopeError, lambda read: bytes(read.encode())),
    "header": (envelope.decode_header, BUNDLE.encode()[: envelope.HEADER_BYTES], envelope.EnvelopeError, None),
    "entry": (entries.decode, OFFICE.data[-1], roster.RosterError, None),
    "request": (api.decode_request, REQUEST.encode(), api.ApiError, None),
    "answer": (api.decode_answer, ANSWER.encode(), api.ApiError, None),
    "snapshot head": (snapshot.decode, HEAD.encode(), snapshot.SnapshotError, lambda read: bytes(read.encode())),
    "snapshot request": (snapshot_api.decode_request, SNAPSHOT_REQUEST.encode(), api.ApiError, None),
    "snapshot answer": (snapshot_api.decode_answer, SNAPSHOT_ANSWER.encode(), api.ApiError, None),
    "problem": (api.decode_problem, api.Problem("busy", "x", 1).encode(), api.ApiError, lambda read: bytes(read.encode())),
}
CODES = {
    "envelope": {"truncated", "trailing", "too_big", "empty", "update", "header"},
    "header": {"truncated", "update", "header"},
    "request": {"malformed", "update", "too_big"},
    "answer": {"malformed", "update"},
    "problem": {"malformed", "update"},
    "snapshot head": {"truncated", "trailing", "header", "update"},
    "snapshot request": {"malformed", "update"},
    "snapshot answer": {"malformed", "update"},
}
SETTINGS = settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def spoiled(draw: st.DrawFn, true: bytes) -> bytes:
    """A true specimen after a few changes."""
    data = bytearray(true)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        match draw(st.sampled_from(["flip", "cut", "grow", "drop", "repeat", "length"])):
            case "flip" if data:
                data[at] ^= draw(st.integers(1, 255))
            case "cut":
                del data[at:]
            case "grow":
                data[at:at] = draw(st.binary(min_size=1, max_size=40))
            case "drop":
                del data[at : at + draw(st.integers(1, 40))]
            case "repeat":
                data[at:at] = data[at : at + draw(st.integers(1, 200))]
            case _:  # a length that promises four gigabytes
                data[at : at + 5] = draw(st.sampled_from([b"\xdd", b"\xc6", b"\xdf"])) + b"\xff\xff\xff\xff"
    return bytes(data)


@pytest.mark.parametrize("name", sorted(PARSERS))
def test_a_true_specimen_is_read(name: str) -> None:
    read, true, _error, again = PARSERS[name]
    found = read(true)
    assert again is None or again(found) == true


def outcome(read: Callable[[bytes], Any], error: type[Exception], data: bytes) -> tuple[Any, str]:
    """What was read, or the code with which it was refused."""
    try:
        return read(data), ""
    except error as refused:
        return None, str(refused.code)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", sorted(PARSERS))
def test_a_spoiled_specimen_is_refused_in_our_words_or_read_as_it_stands(name: str) -> None:
    read, true, error, again = PARSERS[name]

    @SETTINGS
    @given(spoiled(true))
    @example(b"")
    @example(true[:-1])
    @example(true + b"\0")
    def try_one(data: bytes) -> None:
        found, code = outcome(read, error, data)
        if code:
            assert code in CODES.get(name, {"malformed", "update", "too_big"})
        else:
            assert again is None or again(found) == data, "what was read is what was sent"

    try_one()


BEFORE = roster.build(OFFICE.data[:-1])


@SETTINGS
@given(spoiled(OFFICE.data[-1]))
def test_a_spoiled_entry_never_changes_a_roster(data: bytes) -> None:
    after, code = outcome(lambda entry: roster.validate_and_apply(BEFORE, entry), roster.RosterError, data)
    assert code or (data, after) == (OFFICE.data[-1], OFFICE.state)  # the changes undid each other


NESTED = 200_000
BOMBS = {
    "arrays in arrays": b"\x91" * NESTED + b"\xc0",
    "maps in maps": b"\x81\xa1a" * NESTED + b"\xc0",
    "a list that says it is endless": b"\xdd\xff\xff\xff\xff" + b"\xc0" * 1000,
    "a map that says it is endless": b"\xdf\xff\xff\xff\xff" + b"\xa1a\xc0" * 1000,
    "bytes that say they are endless": b"\xc6\xff\xff\xff\xff" + bytes(1000),
    "an extension": b"\xc9\xff\xff\xff\xff\x01" + bytes(1000),
    "a float": b"\xcb" + bytes(8),
    "two million empty lists": msgpack.packb({"entries": [[]] * 2_000_000}),
    "two million empty lists in lists": msgpack.packb({"entries": [[[]] * 2000] * 1000}),
    "two million numbers": msgpack.packb({"offers": [0] * 2_000_000, "v": 1}),
    "keys that are no text": msgpack.packb({1: 2}),
    "the same key twice": b"\x82\xa1v\x01\xa1v\x01",
    "text that is no UTF-8": b"\x81\xa1v\xa2\xff\xfe",
    "an envelope that says it is long": BUNDLE.encode()[: envelope.HEADER_BYTES] + b"\xff\xff\xff\xff" + bytes(1000),
    "noise": stream("noise", 100_000),
}


@pytest.mark.parametrize("bomb", sorted(BOMBS))
@pytest.mark.parametrize("name", sorted(PARSERS))
def test_a_bomb_costs_no_more_than_its_own_size(name: str, bomb: str) -> None:
    read, _true, error, _again = PARSERS[name]
    data = BOMBS[bomb]
    if (name, bomb) == ("header", "an envelope that says it is long"):
        assert read(data) == BUNDLE.header  # the length stands behind it
        return
    tracemalloc.start()
    try:
        with pytest.raises(error):
            read(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 40_000_000 + 4 * len(data), "an empty list is one byte there and sixty here"


def test_nesting_beyond_the_limit_is_refused_where_it_would_be_allowed() -> None:
    deep: Any = None
    for _ in range(canon.MAX_DEPTH):
        deep = [deep]
    assert canon.unpack(canon.pack(deep)) == deep
    with pytest.raises(canon.NotCanonical):
        canon.unpack(b"\x91" * (canon.MAX_DEPTH + 1) + b"\xc0")
