"""Bundles: what is sealed is opened unchanged by those who hold the key, and by nobody else; what is malformed is void."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import zstandard
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from cmpp_desktop.changes import LIFE, LIVE, ChangeSet, Write, life_value
from cmpp_desktop.errors import KnownError
from cmpp_desktop.sync import seal
from cmpp_desktop.sync.weighing import Weight, in_bundles
from cmpp_protocol import canon, keys
from cmpp_protocol.envelope import BUNDLE_GOAL, FIRST, Header, body_key, decode, pad, sign
from cmpp_protocol.stamps import Stamp

VECTORS = Path(__file__).parents[1] / "vectors"
COLLECTION = UUID(int=5)
AUTHOR = keys.KeyPair(bytes(range(128)))
OTHER = b"\x07" * 32
KEY = b"\x11" * 32


def header(number: int = 1, **more: Any) -> Header:
    values = {"previous": FIRST if number == 1 else b"\x22" * 32, "salt": b"\x33" * 32, **more}
    return Header(b"\x01" * 32, COLLECTION, 1, AUTHOR.id, number, values["previous"], 4, values["salt"])


def change_set(hlc: int, *writes: Write) -> ChangeSet:
    return ChangeSet(COLLECTION.bytes, Stamp(hlc, AUTHOR.id), writes)


def normal(sets: Any) -> list[Any]:
    """Order of writes in a change set means nothing."""
    return [(one.collection, one.stamp, sorted(one.writes, key=lambda w: (w.id.int, w.field))) for one in sets]


FIXED = (
    change_set(
        (1000 << 16) | 1,
        Write("participant", UUID(int=1), LIFE, LIVE),
        Write("participant", UUID(int=1), "name", canon.pack({"family": "Rahimi", "given": "Farid"})),
        Write("hologram", UUID(int=2), "spin", canon.pack([1, -2, b"\x00", None, True])),
    ),
    change_set(
        2000 << 16,
        Write(
            "participant", UUID(int=1), "name", canon.pack("x"), (Stamp((1000 << 16) | 1, AUTHOR.id), Stamp(3000 << 16, OTHER))
        ),
        Write(
            "note",
            UUID(int=3),
            LIFE,
            life_value("deleted", "written twice"),
            (Stamp(900 << 16, OTHER),),
            (("text", (Stamp(900 << 16, OTHER), Stamp(2000 << 16, AUTHOR.id))), ("what", ())),
        ),
    ),
)

stamps = st.builds(Stamp, st.integers(0, (1 << 64) - 1), st.sampled_from([OTHER, b"\x08" * 32]))
named = st.lists(stamps, max_size=3, unique=True).map(tuple)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 64) - 1) | st.text(max_size=8) | st.binary(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
).map(canon.pack)
names = st.sampled_from(["name", "phone", "größe", "zz"])


@st.composite
def writes(draw: st.DrawFn, id: UUID) -> list[Write]:
    kind = draw(st.sampled_from(["note", "case"]))
    fields = draw(st.lists(names, unique=True, max_size=4))
    found = [Write(kind, id, name, draw(values), draw(named)) for name in fields]
    if not found or draw(st.booleans()):
        covers = draw(st.dictionaries(names, named, max_size=2))
        value = life_value("deleted", "x") if covers else LIVE
        found.append(Write(kind, id, LIFE, value, draw(named), tuple(sorted(covers.items()))))
    return found


@st.composite
def histories(draw: st.DrawFn) -> tuple[ChangeSet, ...]:
    times = sorted(draw(st.sets(st.integers(0, (1 << 64) - 1), min_size=1, max_size=4)))
    sets = []
    for hlc in times:
        ids = draw(st.sets(st.integers(0, 5).map(lambda number: UUID(int=number)), min_size=1, max_size=3))
        sets.append(change_set(hlc, *(write for id in sorted(ids) for write in draw(writes(id)))))
    return tuple(sets)


@settings(max_examples=150, deadline=None)
@given(histories())
def test_what_is_sealed_is_opened_unchanged(sets: tuple[ChangeSet, ...]) -> None:
    bundle = seal.seal(sets, header(), KEY, AUTHOR).encode()
    assert normal(seal.open_bundle(bundle, AUTHOR.public.sign, KEY)) == normal(sets)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 255))
def test_one_changed_byte_anywhere_and_the_bundle_is_refused(place: int, flip: int) -> None:
    data = bytearray(seal.seal(FIXED, header(), KEY, AUTHOR).encode())
    data[place % len(data)] ^= flip
    with pytest.raises(seal.NotOpened) as caught:
        seal.open_bundle(bytes(data), AUTHOR.public.sign, KEY)
    assert caught.value.outcome in ("refused", "update")


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 255))
def test_an_author_who_breaks_the_format_gets_a_void_bundle_and_no_crash(place: int, byte: int) -> None:
    packed = bytearray(seal.pack(FIXED))
    packed[place % len(packed)] = byte
    try:
        sets = seal.unpack(bytes(packed), COLLECTION, AUTHOR.id)
    except seal.NotOpened as error:
        outcome: str = error.outcome
    else:
        outcome = "void" if not seal.pack(sets) else "opens"  # another valid bundle
    assert outcome in ("void", "update", "opens")


def forged(packed: bytes, *, squeeze: Any = None) -> bytes:
    """What somebody who holds all keys but writes another format could sign."""
    squeezed = zstandard.ZstdCompressor().compress(packed) if squeeze is None else squeeze
    head = header()
    body = AESGCM(body_key(KEY, head)).encrypt(keys.ZERO_NONCE, pad(squeezed), head.encode())
    return sign(head, body, AUTHOR).encode()


def reason_of(data: bytes, key: bytes = KEY) -> tuple[str, str]:
    with pytest.raises(seal.NotOpened) as caught:
        seal.open_bundle(data, AUTHOR.public.sign, key)
    return caught.value.outcome, caught.value.reason


def altered(**changes: Any) -> bytes:
    return forged(canon.pack({**canon.unpack(seal.pack(FIXED)), **changes}))


def test_each_malformed_form_is_void_with_its_reason() -> None:
    assert reason_of(seal.seal(FIXED, header(), KEY, AUTHOR).encode(), b"\x12" * 32) == ("void", "does_not_open")
    assert reason_of(forged(b"", squeeze=b"not zstd")) == ("void", "not_compressed")
    assert reason_of(forged(b"\xc1")) == ("void", "not_packed")
    assert reason_of(forged(canon.pack(["v", 1]))) == ("void", "not_packed")
    assert reason_of(forged(seal.pack(FIXED) + b"\xc0")) == ("void", "not_packed")
    assert reason_of(altered(extra=1)) == ("void", "not_canonical")
    assert reason_of(altered(ms=[2000, -1000])) == ("void", "numbers")
    assert reason_of(altered(ms=[2000, 0], count=[0, 0])) == ("void", "stamps")
    assert reason_of(altered(rows=[2, 1])) == ("void", "rows")
    assert reason_of(altered(rows=[4, 0])) == ("void", "numbers")
    assert reason_of(altered(ids=bytes(15))) == ("void", "ids")
    assert reason_of(altered(ids=bytes(64))) == ("void", "record_twice")
    assert reason_of(altered(devices=[AUTHOR.id])) == ("void", "devices")
    assert reason_of(altered(shape=[9, 9, 9, 9])) == ("void", "shapes")
    assert reason_of(altered(values=[])) == ("void", "values")
    assert reason_of(altered(replaces=[])) == ("void", "replaces")
    assert reason_of(altered(covers=[[], [], [], []])) == ("void", "covers")
    assert reason_of(altered(notes=[{}])) == ("void", "notes")


def test_a_value_that_is_written_in_another_way_is_void() -> None:
    body = canon.unpack(seal.pack(FIXED))
    for bad in (b"\xcc\x01", b"\x82\xa1b\x01\xa1a\x01", b"\xcb" + bytes(8), b"\xd4\x01\x00", b"\xa1\xff"):
        columns = [[bad, *fields[1:]] for fields in body["values"][:1]] + body["values"][1:]
        assert reason_of(altered(values=columns)) == ("void", "values")


def test_a_change_that_claims_to_replace_its_own_future_is_void() -> None:
    future = Write("note", UUID(int=1), "text", LIVE, (Stamp(5001, AUTHOR.id),))
    assert reason_of(forged(seal.pack([change_set(5001, future)]))) == ("void", "stamps")


def test_a_bundle_of_a_newer_format_waits_for_an_update() -> None:
    assert reason_of(altered(v=2)) == ("update", "format")
    newer = b"\x00\x03" + seal.seal(FIXED, header(), KEY, AUTHOR).encode()[2:]
    assert reason_of(newer) == ("update", "update")


def test_a_small_bundle_that_would_inflate_to_gigabytes_is_void_before_anything_is_inflated() -> None:
    bomb = zstandard.ZstdCompressor().compress(bytes(17 * 1024 * 1024))
    assert len(bomb) < 10_000
    assert reason_of(forged(b"", squeeze=bomb)) == ("void", "inflates_too_far")
    unsized = zstandard.ZstdCompressor(write_content_size=False).compress(seal.pack(FIXED))
    assert reason_of(forged(b"", squeeze=unsized)) == ("void", "inflates_too_far")


def test_change_sets_are_packed_together_below_256_kib_and_never_split() -> None:
    note = Write("note", UUID(int=1), "text", canon.pack("x" * 50_000))
    large = Write("note", UUID(int=1), "text", canon.pack("y" * 600_000))
    groups = list(in_bundles([*(change_set(n, note) for n in range(1, 8)), change_set(9, large), change_set(10, note)]))
    assert [len(group) for group in groups] == [5, 2, 1, 1]
    assert all(len(seal.pack(group)) <= BUNDLE_GOAL for group in groups if len(group) > 1)
    assert [one for group in groups for one in group][7].writes == (large,)


@settings(max_examples=50, deadline=None)
@given(histories())
def test_the_reckoned_size_is_never_too_small(sets: tuple[ChangeSet, ...]) -> None:
    weight = Weight()
    for one in sets:
        weight.add(one)
    assert len(seal.pack(sets)) <= weight.size


def test_more_than_one_bundle_can_hold_is_said_and_not_sent() -> None:
    vast = Write("note", UUID(int=1), "text", canon.pack(bytes(17 * 1024 * 1024)))
    with pytest.raises(KnownError, match="too_big"):
        seal.pack([change_set(1, vast)])


def test_a_hundred_changed_records_take_little_more_than_their_own_zstd() -> None:
    records = [
        {
            "id": UUID(int=n * 7919).bytes,
            "date": f"2026-11-{n % 28 + 1:02}",
            "minutes": n % 90,
            "text": f"Met and spoke about {n} things.",
        }
        for n in range(100)
    ]
    sets = [
        change_set(
            ((1_795_000_000_000 + n * 60_000) << 16),
            *(Write("service_session", UUID(bytes=one["id"]), k, canon.pack(v)) for k, v in one.items() if k != "id"),  # type: ignore[arg-type]
        )
        for n, one in enumerate(records)
    ]
    floor = len(zstandard.ZstdCompressor(level=3).compress(canon.pack(records)))
    assert len(seal.seal(sets, header(), KEY, AUTHOR).encode()) <= 1.2 * floor + 400


@pytest.mark.parametrize("path", sorted(VECTORS.glob("bundle_*.json")), ids=lambda path: path.stem)
def test_vectors_open_to_what_they_say(path: Path) -> None:
    vector = json.loads(path.read_text())
    key, author = bytes.fromhex(vector["collection_key"]), keys.KeyPair(bytes.fromhex(vector["author_secret"]))
    bundle = bytes.fromhex(vector["envelope"])
    envelope = decode(bundle)
    assert author.id.hex() == vector["author"]
    assert envelope.hash.hex() == vector["hash"]
    assert body_key(key, envelope.header).hex() == vector["body_key"]
    if vector["outcome"] != "opens":
        assert reason_of_vector(bundle, author, key) == (vector["outcome"], vector["reason"])
        return
    sets = seal.open_bundle(bundle, author.public.sign, key)
    assert as_json(sets) == vector["change_sets"]
    assert seal.pack(sets).hex() == vector["packed"]
    squeezed = bytes.fromhex(vector["squeezed"])
    sealed = AESGCM(bytes.fromhex(vector["body_key"])).encrypt(keys.ZERO_NONCE, pad(squeezed), envelope.header.encode())
    assert sign(envelope.header, sealed, author).encode() == bundle


def reason_of_vector(bundle: bytes, author: keys.KeyPair, key: bytes) -> tuple[str, str]:
    with pytest.raises(seal.NotOpened) as caught:
        seal.open_bundle(bundle, author.public.sign, key)
    return caught.value.outcome, caught.value.reason


def as_json(sets: Any) -> list[Any]:
    """Change sets as the vectors write them: everything that is bytes in hexadecimal."""

    def stamp(one: Stamp) -> list[Any]:
        return [one.hlc, one.device.hex()]

    return [
        {
            "stamp": stamp(one.stamp),
            "writes": [
                {
                    "kind": write.kind,
                    "id": str(write.id),
                    "field": write.field,
                    "value": write.value.hex(),
                    "replaces": [stamp(named) for named in write.replaces],
                    "covers": {name: [stamp(item) for item in items] for name, items in write.covers},
                }
                for write in sorted(one.writes, key=lambda w: (w.id.int, w.field))
            ],
        }
        for one in sets
    ]


def test_there_are_vectors() -> None:
    assert len(list(VECTORS.glob("bundle_*.json"))) >= 3
