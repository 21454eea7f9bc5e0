"""The exchange as bytes: comes back as it was said, refuses what is malformed, and is signed for one server only."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmpp_protocol import api, canon, keys
from cmpp_protocol.api import ApiError
from tests.unit.protocol.office import NOW, Laptop, Office

ORG = Office().id
LAPTOP = Laptop("api")
ids32, places = st.binary(min_size=32, max_size=32), st.uuids()
seqs = st.integers(0, (1 << 63) - 1)
envelopes = st.builds(
    api.KeyEnvelope, places, st.integers(1, (1 << 31) - 1), ids32, st.just(bytes(keys.KEY_ENVELOPE_BYTES))
)
offers = st.builds(api.Offer, places, ids32, st.integers(1, (1 << 63) - 1), ids32)


def several(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(strategy, max_size=2).map(tuple)


requests = st.builds(
    api.SyncRequest,
    roster_no=st.integers(-1, (1 << 31) - 1),
    roster_hash=ids32,
    entries=several(st.builds(api.NewEntry, st.binary(max_size=40), several(envelopes))),
    envelopes=several(envelopes),
    opened=several(st.tuples(places, st.integers(0, (1 << 31) - 1))),
    cursors=several(st.builds(api.Cursor, places, seqs, ids32)),
    bundles=several(st.binary(max_size=40)),
    offers=several(offers),
    wait=st.integers(0, api.WAIT_LIMIT),
    limit=st.integers(0, (1 << 31) - 1),
)
answers = st.builds(
    api.SyncAnswer,
    time=st.integers(0, (1 << 48) - 1),
    roster_no=st.integers(0, (1 << 31) - 1),
    roster_hash=ids32,
    roster_known=st.booleans(),
    entries=several(st.binary(max_size=40)),
    entry_verdicts=several(st.tuples(st.sampled_from(api.EntryVerdict), st.text(max_size=9))),
    envelopes=several(envelopes),
    verdicts=several(st.builds(api.BundleVerdict, ids32, st.sampled_from(api.Verdict), st.text(max_size=9))),
    wanted=several(offers),
    logs=several(
        st.builds(
            api.Slice,
            places,
            st.booleans(),
            seqs,
            ids32,
            several(st.builds(api.LogItem, seqs, ids32, st.binary(max_size=40))),
        )
    ),
    more=st.booleans(),
)


@settings(max_examples=60, deadline=None)
@given(requests)
def test_a_request_comes_back_as_it_was_said(request: api.SyncRequest) -> None:
    assert api.decode_request(request.encode()) == request


@settings(max_examples=60, deadline=None)
@given(answers)
def test_an_answer_comes_back_as_it_was_said(answer: api.SyncAnswer) -> None:
    assert api.decode_answer(answer.encode()) == answer


def test_a_problem_comes_back_and_a_proxys_page_is_none() -> None:
    problem = api.Problem("clock_wrong", "detail", NOW)
    assert api.decode_problem(problem.encode()) == problem
    with pytest.raises(ApiError, match="malformed"):
        api.decode_problem(b"<html>502 Bad Gateway</html>")


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_hostile_bytes_raise_only_our_error(data: bytes) -> None:
    for read in (api.decode_request, api.decode_answer, api.decode_problem):
        with pytest.raises(ApiError):
            read(data)


words = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 1 << 40) | st.text(max_size=4) | st.binary(max_size=33),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["roster", "entries", "envelopes", "opened", "cursors", "bundles", "offers", "wait"]), words)
def test_a_hostile_field_is_refused_or_harmless(name: str, value: object) -> None:
    body = canon.unpack(api.SyncRequest().encode())
    body[name] = value
    data = canon.pack(body)
    try:
        read = api.decode_request(data)
    except ApiError as error:
        code = error.code
    else:
        code = ""
        assert read.encode() == data
    assert code in ("", "malformed")


def test_fields_of_a_newer_program_are_ignored_and_a_newer_version_is_named() -> None:
    body = canon.unpack(api.SyncRequest().encode())
    assert api.decode_request(canon.pack({**body, "colour": "blue"})) == api.SyncRequest()
    with pytest.raises(ApiError, match="update"):
        api.decode_request(canon.pack({**body, "v": 2}))


def test_too_much_is_refused_before_it_is_read() -> None:
    with pytest.raises(ApiError, match="too_big"):
        api.decode_request(bytes(api.REQUEST_LIMIT + 1))


def test_a_signature_holds_for_one_server_path_time_and_body() -> None:
    made = api.authorise(LAPTOP.pair, ORG, "sync.example.org", api.PATH, NOW, b"body")
    read = api.decode_authorisation(made.header())
    assert read == made
    key = LAPTOP.public.sign
    assert read.holds(key, "sync.example.org", api.PATH, b"body")
    assert not read.holds(key, "other.example.org", api.PATH, b"body")
    assert not read.holds(key, "sync.example.org", "/v1/other", b"body")
    assert not read.holds(key, "sync.example.org", api.PATH, b"other")
    assert not read.holds(Laptop("thief").public.sign, "sync.example.org", api.PATH, b"body")
    later = api.Authorisation(read.org, read.device, read.time + 1, read.signature)
    assert not later.holds(key, "sync.example.org", api.PATH, b"body")


@pytest.mark.parametrize("header", ["", "CMPP1", "CMPP1 ?", "Bearer AAAA", "CMPP1 " + "A" * 2000, "CMPP1 gA=="])
def test_a_malformed_authorisation_is_named_so(header: str) -> None:
    with pytest.raises(ApiError, match="malformed"):
        api.decode_authorisation(header)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://Sync.Example.org/v1", "sync.example.org"),
        ("https://sync.example.org:443", "sync.example.org"),
        ("https://sync.example.org:8443", "sync.example.org:8443"),
        ("http://127.0.0.1:8440/", "127.0.0.1:8440"),
        ("http://[::1]:8440/", "[::1]:8440"),
    ],
)
def test_a_server_has_one_name(url: str, name: str) -> None:
    assert api.server_name(url) == name
