"""Envelopes: what was sealed comes back byte for byte; anything else is refused with a code."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmpp_protocol import envelope
from cmpp_protocol.envelope import EnvelopeError, Header
from tests.unit.protocol.office import Laptop, Office, stream, uuid

OFFICE = Office()
LAPTOP = Laptop("envelope")
ids32 = st.binary(min_size=32, max_size=32)


@st.composite
def headers(draw: st.DrawFn) -> Header:
    number = draw(st.integers(1, (1 << 63) - 1))
    previous = envelope.FIRST if number == 1 else draw(ids32.filter(any))
    epoch, roster_no = draw(st.integers(1, (1 << 32) - 1)), draw(st.integers(0, (1 << 31) - 1))
    return Header(draw(ids32), draw(st.uuids()), epoch, draw(ids32), number, previous, roster_no, draw(ids32))


@settings(max_examples=50, deadline=None)
@given(headers(), st.binary(min_size=17, max_size=400))
def test_an_envelope_comes_back_as_it_was_signed(header: Header, body: bytes) -> None:
    made = envelope.sign(header, body, LAPTOP.pair)
    read = envelope.decode(made.encode())
    assert read == made
    assert read.verify(LAPTOP.public.sign)
    assert not read.verify(OFFICE.admin.public.sign)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 255))
def test_one_changed_byte_never_verifies(place: int, by: int) -> None:
    data = bytearray(one().encode())
    data[place % len(data)] ^= by
    try:
        read = envelope.decode(bytes(data))
    except EnvelopeError:
        return
    assert not read.verify(LAPTOP.public.sign)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_hostile_bytes_raise_only_our_error(data: bytes) -> None:
    with pytest.raises(EnvelopeError):
        envelope.decode(data)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda data: data[:100], "truncated"),
        (lambda data: data[:-1], "truncated"),
        (lambda data: data + b"\x00", "trailing"),
        (lambda data: b"", "truncated"),
        (lambda data: b"\x00\x03" + data[2:], "update"),
        (lambda data: b"\x00\x03", "update"),
        (lambda data: b"\x00\x00" + data[2:], "header"),
        (lambda data: data[:162] + (16).to_bytes(4, "big") + data[166:], "empty"),
        (lambda data: data[:162] + b"\xff\xff\xff\xff" + data[166:], "too_big"),
        (lambda data: bytes(envelope.ENVELOPE_LIMIT + 1), "too_big"),
    ],
)
def test_each_malformation_has_its_code(change: object, code: str) -> None:
    with pytest.raises(EnvelopeError) as caught:
        envelope.decode(change(one().encode()))  # type: ignore[operator]
    assert caught.value.code == code


def test_a_first_bundle_names_no_predecessor_and_others_do() -> None:
    header = one().header
    for wrong in (replace(header, number=2), replace(header, previous=b"x" * 32), replace(header, epoch=0)):
        with pytest.raises(EnvelopeError, match="header"):
            wrong.encode()


def test_the_chain_hash_ignores_the_signature_and_nothing_else() -> None:
    made = one()
    assert replace(made, signature=bytes(64)).hash == made.hash
    assert replace(made, body=made.body + b"x").hash != made.hash
    assert replace(made, header=replace(made.header, salt=b"y" * 32)).hash != made.hash


def test_every_header_gives_its_own_body_key() -> None:
    header, key = one().header, b"k" * 32
    seen = {envelope.body_key(key, header), envelope.body_key(b"l" * 32, header)}
    changes = ({"number": 2, "previous": b"x" * 32}, {"epoch": 2}, {"salt": b"z" * 32}, {"collection": uuid("other")})
    seen |= {envelope.body_key(key, replace(header, **change)) for change in changes}
    assert len(seen) == 6


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 1 << 24))
def test_padding_costs_at_most_twelve_percent_and_hides_the_length(length: int) -> None:
    padded = envelope.padme(length)
    assert length <= padded <= length * 1.12 + 1
    assert envelope.padme(padded) == padded


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=3000))
def test_padding_comes_off_exactly(data: bytes) -> None:
    padded = envelope.pad(data)
    assert envelope.unpad(padded) == data
    for wrong in (padded + b"\x00", padded[:-1] + b"\x01" if len(padded) > 4 + len(data) else padded[:-1]):
        with pytest.raises(EnvelopeError, match="padding"):
            envelope.unpad(wrong)


def test_the_largest_change_set_fits_and_one_byte_too_many_does_not() -> None:
    largest = envelope.pad(bytes(envelope.CHANGE_SET_LIMIT + 64 * 1024))
    body = largest + bytes(envelope.TAG_BYTES)
    header = replace(one().header)
    assert envelope.decode(envelope.sign(header, body, LAPTOP.pair).encode()).body == body
    with pytest.raises(EnvelopeError, match="too_big"):
        envelope.pad(bytes(envelope.PADDED_LIMIT))
    with pytest.raises(EnvelopeError, match="too_big"):
        envelope.Envelope(header, bytes(envelope.BODY_LIMIT + 1), bytes(64)).encode()


def one() -> envelope.Envelope:
    """Some envelope."""
    header = Header(OFFICE.id, uuid("place"), 1, LAPTOP.id, 1, envelope.FIRST, 0, stream("salt", 32))
    return envelope.sign(header, stream("body", 60), LAPTOP.pair)
