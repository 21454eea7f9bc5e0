"""Chunks of documents: what was sealed opens, and nothing that somebody moved, cut or altered does."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmpp_protocol import blobs
from cmpp_protocol.api import ApiError
from cmpp_protocol.blobs import CHUNK, Blob, BlobError, BlobKept, BlobName, ChunkName
from tests.vectors import generate

ORG, PLACE, KEY = bytes([9]) * 32, UUID(int=0xCA5E), bytes([7]) * 32


def of(content: bytes, **more: object) -> Blob:
    known = Blob(ORG, PLACE, KEY, len(content), blobs.content_hash(content))
    return replace(known, **more)  # type: ignore[arg-type]


def sealed(blob: Blob, content: bytes) -> list[bytes]:
    return [blob.seal(n, content[n * CHUNK : (n + 1) * CHUNK]) for n in range(blob.count)]


THREE = bytes(range(256)) * 4096 * 2 + b"the last words of a scan"


@settings(max_examples=20, deadline=None)
@given(size=st.sampled_from([1, 2, 3, 1000, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK - 1]), byte=st.integers(0, 255))
def test_a_content_of_any_size_comes_back_and_its_chunks_do_not_tell_its_size(size: int, byte: int) -> None:
    content = bytes([byte]) * size
    blob = of(content)
    chunks = sealed(blob, content)
    assert b"".join(blob.open(n, one) for n, one in enumerate(chunks)) == content
    assert sum(len(one) - blobs.TAG for one in chunks) == blob.padded >= size
    assert all(len(one) == CHUNK + blobs.TAG for one in chunks[:-1])


def test_the_largest_content_has_a_hundred_chunks_and_one_byte_more_is_refused() -> None:
    assert Blob(ORG, PLACE, KEY, blobs.LARGEST, bytes(32)).count == blobs.COUNT_LIMIT == 100
    for size in (0, blobs.LARGEST + 1):
        with pytest.raises(BlobError):
            Blob(ORG, PLACE, KEY, size, bytes(32))


def test_a_chunk_in_another_chunks_place_does_not_open() -> None:
    blob = of(THREE)
    first, second, _ = sealed(blob, THREE)
    for n, wrong in ((0, second), (1, first)):
        with pytest.raises(BlobError, match="does_not_open"):
            blob.open(n, wrong)


def test_a_document_that_was_cut_short_or_made_longer_does_not_open() -> None:
    blob = of(THREE)
    shorter = of(THREE[: 2 * CHUNK])
    with pytest.raises(BlobError, match="does_not_open"):
        shorter.open(0, sealed(blob, THREE)[0])  # said to be of two chunks, it was sealed as one of three
    for wrong in (b"", sealed(blob, THREE)[0][:-1], sealed(blob, THREE)[0] + b"\0"):
        with pytest.raises(BlobError, match="size"):
            blob.open(0, wrong)
    with pytest.raises(BlobError, match="size"):
        blob.open(3, sealed(blob, THREE)[2])


OTHERS = ({"org": bytes(32)}, {"collection": UUID(int=1)}, {"key": bytes(32)}, {"content_hash": bytes(32)})


@pytest.mark.parametrize("other", OTHERS)
def test_a_chunk_of_another_organisation_collection_key_or_content_does_not_open(other: dict[str, object]) -> None:
    blob = of(THREE)
    with pytest.raises(BlobError, match="does_not_open"):
        of(THREE, **other).open(0, sealed(blob, THREE)[0])


@settings(max_examples=30, deadline=None)
@given(at=st.integers(0, 60), bit=st.integers(0, 7))
def test_one_altered_bit_anywhere_and_nothing_is_given_out(at: int, bit: int) -> None:
    content = b"a short letter with a name in it"
    blob = of(content)
    data = bytearray(sealed(blob, content)[0])
    data[at % len(data)] ^= 1 << bit
    with pytest.raises(BlobError, match="does_not_open"):
        blob.open(0, bytes(data))


def test_a_last_chunk_with_something_hidden_in_its_padding_is_refused() -> None:
    content = bytes(CHUNK) + b"x" * 5000
    blob = of(content)
    # Somebody who has the key seals what they like: the padding is looked at, too.
    longer = content + b"hidden"
    place = blob._place(blob.id, 1)
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    plain = longer[CHUNK:].ljust(blob.length(1), b"\0")
    forged = AESGCM(blob._chunk_key(blob.id, place)).encrypt(bytes(12), plain, place)
    with pytest.raises(BlobError, match="padding"):
        blob.open(1, forged)


def test_the_same_content_is_one_blob_for_those_who_have_its_key_in_a_collection_and_for_nobody_else() -> None:
    assert of(THREE).id == of(THREE).id
    others = [of(THREE, key=bytes(32)), of(THREE, collection=UUID(int=1)), of(THREE, org=bytes(32)), of(THREE[:-1])]
    assert len({one.id for one in (of(THREE), *others)}) == 5


def test_the_published_chunks_open() -> None:
    given = json.loads((Path(generate.__file__).parent / "blob.json").read_text())
    content = bytes(range(256)) * 4096 + b"the end of a scan"
    fixed = (bytes.fromhex(given[name]) for name in ("org", "collection", "key", "content_hash"))
    org, place, key, hashed = fixed
    blob = Blob(org, UUID(bytes=place), key, given["size"], hashed)
    last = blob.seal(1, content[CHUNK:])
    assert (blob.id.hex(), blob.count, blob.padded) == (given["id"], given["count"], given["padded"])
    assert blobs.content_hash(last).hex() == given["last_sealed_sha256"]
    assert blob.open(1, last) == b"the end of a scan"


# What is said about them ------------------------------------------------------------------------------------------------


def test_questions_and_answers_come_back_as_they_were() -> None:
    names = tuple(BlobName(PLACE, bytes([n]) * 32) for n in range(3))
    asked = blobs.BlobRequest(names[:2], names[2:])
    assert blobs.decode_request(asked.encode()) == asked
    kept = tuple(BlobKept(PLACE, bytes(32), count, tuple(range(0, count, 3))) for count in (0, 1, 8, 9, 100))
    answer = blobs.BlobAnswer(1_800_000_000_000, kept)
    assert blobs.decode_answer(answer.encode()) == answer


def test_a_path_names_one_chunk_and_nothing_else_is_one() -> None:
    chunk = ChunkName(PLACE, bytes(range(32)), 7, 12)
    assert blobs.read_chunk_path(blobs.chunk_path(chunk)) == chunk
    good = blobs.chunk_path(chunk)
    traps = [
        good.replace("/7/", "/12/"), good.replace("/7/", "/07/"), good + "0", good[:-2] + "101", good.replace("/7/", "/../"),
        good + "/", good.upper(), good.replace(bytes(range(32)).hex(), "..%2f" * 12),
    ]  # fmt: skip
    for path in traps:
        with pytest.raises(ApiError) as said:
            blobs.read_chunk_path(path)
        assert said.value.code == "malformed"


def test_what_is_too_much_or_not_an_answer_is_refused() -> None:
    many = tuple(BlobName(PLACE, n.to_bytes(32, "big")) for n in range(blobs.ASKED_LIMIT + 1))
    for data, code in (
        (blobs.BlobRequest(many).encode(), "malformed"),
        (bytes(blobs.REQUEST_LIMIT + 1), "too_big"),
        (blobs.BlobRequest(v=2).encode(), "update"),
        (b"<html>", "malformed"),
    ):
        with pytest.raises(ApiError) as said:
            blobs.decode_request(data)
        assert said.value.code == code
    with pytest.raises(ApiError):
        blobs.decode_answer(blobs.BlobAnswer(1, (BlobKept(PLACE, bytes(32), 3, (0,)),)).encode().replace(b"\x80", b"\x90"))
