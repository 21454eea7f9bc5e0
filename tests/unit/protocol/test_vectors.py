"""Published bytes stay as they are: every vector is recomputed from its inputs, or opened with them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cmpp_protocol import api, branches, canon, drops, entries, envelope, ids, keys, labels, roster, snapshot
from tests.vectors import generate

FOLDER = Path(generate.__file__).parent
# HPKE draws randomness, and another zstd may compress otherwise: opened instead, below and in tests/sync
RANDOMISED = {"key_envelope": "envelope", "snapshot_columns": "squeezed", "drop": "envelope", "report_message": "envelope"}


def vector(name: str) -> dict[str, Any]:
    """The published vector, byte strings still in hexadecimal."""
    read: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return read


def raw(name: str) -> dict[str, Any]:
    """The published vector with every hexadecimal string as bytes."""
    return {key: bytes.fromhex(value) if _is_hex(value) else value for key, value in vector(name).items()}


def _is_hex(value: Any) -> bool:
    return isinstance(value, str) and len(value) % 2 == 0 and not set(value) - set("0123456789abcdef")


@pytest.mark.parametrize("name", sorted(generate.vectors()))
def test_a_published_vector_is_what_this_program_computes(name: str) -> None:
    computed, published = generate.as_json(generate.vectors()[name]), vector(name)
    for randomised in [RANDOMISED[name]] if name in RANDOMISED else []:
        computed.pop(randomised)
        published.pop(randomised)
    assert computed == published


def test_the_published_envelope_verifies_and_opens() -> None:
    given = raw("envelope")
    parsed = envelope.decode(given["envelope"])
    assert parsed.verify(given["sign"])
    assert parsed.hash == given["hash"]
    key = envelope.body_key(given["collection_key"], parsed.header)
    padded = AESGCM(key).decrypt(keys.ZERO_NONCE, parsed.body, parsed.header.encode())
    assert envelope.unpad(padded) == given["plaintext"]


def test_the_published_bundle_of_a_drop_opens_with_the_key_of_its_entry() -> None:
    given = raw("drop")
    parsed, made = envelope.decode(given["envelope"]), entries.decode(given["entry"])
    assert made.fields["seal"] == given["seal"]
    assert parsed.header.version == envelope.TO_A_KEY
    assert drops.open_body(parsed.body, given["collection_key"], parsed.header) == given["padded"]


def test_the_published_snapshot_is_its_makers_opens_and_is_confirmed() -> None:
    given = raw("snapshot")
    head = snapshot.decode(given["head"])
    assert head.hash == given["hash"]
    assert head.verify(given["sign"])
    assert not head.verify(given["second"])
    assert head.confirmed_by(given["second"], given["confirmation"])
    assert snapshot.open_part(head, 0, given["part"], given["collection_key"]) == given["plaintext"]
    assert snapshot.digest_of(head, given["contents"], given["collection_key"]) == head.digest == given["digest"]
    for wrong in (given["part"][:-1] + b"x", given["part"] + b"x", b""):
        with pytest.raises(snapshot.SnapshotError, match="part"):
            snapshot.open_part(head, 0, wrong, given["collection_key"])
    with pytest.raises(snapshot.SnapshotError, match="does_not_open"):
        snapshot.open_part(head, 0, given["part"], bytes(32))


def test_the_published_key_envelope_opens_to_the_committed_key() -> None:
    given = raw("key_envelope")
    place, holder = UUID(bytes=given["collection"]), keys.KeyPair(given["recipient_secret"])
    key = keys.open_key(given["envelope"], holder, given["org"], place, 1)
    assert key == given["key"]
    assert keys.key_fits(key, given["commit"], given["org"], place, 1)
    assert keys.open_previous_key(given["previous_sealed"], given["next_key"], given["org"], place, 2) == key


def test_the_published_branch_is_gone_over_to() -> None:
    given = vector("branch_chosen")
    dropped, kept = ([bytes.fromhex(one) for one in given[name]] for name in ("dropped", "kept"))
    state = branches.follow(dropped, kept)
    assert not state.devices[bytes.fromhex(given["shut_out"])].active(state.no)
    assert [(one.no, one.fork) for one in state.choices] == [(3, 2)]
    with pytest.raises(roster.RosterError, match="chosen_twice"):
        branches.follow(kept, dropped)


def test_the_published_request_brings_a_lost_entry_again() -> None:
    given = raw("roster_lost")
    read = api.decode_request(given["request"])
    assert (read.lost, [one.entry for one in read.entries]) == (True, [given["entry"]])
    assert roster.build([given["genesis"]]).hash == read.roster_hash
    assert b"lost" not in replace(read, lost=False).encode(), "an older server is asked as before"


def test_the_published_rosters_build() -> None:
    assert roster.org_id(raw("roster_genesis")["entry"]) == raw("roster_genesis")["org"]
    given = raw("enrolment")
    state = roster.build([given["genesis"], given["invitation"], given["entry"]])
    assert state.hash == given["hash"]
    assert given["device"] in state.devices


def test_the_published_request_is_authorised() -> None:
    given = vector("request_signature")
    body = bytes.fromhex(given["body"])
    authorisation = api.decode_authorisation(given["authorization"])
    assert authorisation.holds(bytes.fromhex(given["sign"]), given["server_name"], given["path"], body)
    assert api.decode_request(body).wait == 5


def test_the_published_log_chains() -> None:
    given = vector("log_hash")
    chain = [bytes.fromhex(one) for one in given["log_hashes"]]
    for before, after, one in zip(chain, chain[1:], given["envelopes"], strict=False):
        assert envelope.log_next(before, bytes.fromhex(one)) == after
    assert len(chain) == len(given["envelopes"]) + 1


def test_canonical_bytes_read_back() -> None:
    for _name, shown in vector("canonical_msgpack")["values"]:
        data = bytes.fromhex(shown)
        assert canon.pack(canon.unpack(data)) == data


def test_derived_ids_stay() -> None:
    given = vector("derived_id")
    assert str(ids.derived_id(given["type"], UUID(given["parent"]), given["natural_key"])) == given["id"]
    assert UUID(given["id"]).version == 8


def test_labels_are_all_different_and_have_a_version() -> None:
    named = {name: value for name, value in vars(labels).items() if name.isupper() and isinstance(value, bytes)}
    del named["DERIVED_LABEL"]  # the same as DERIVED_ID
    every = list(named.values())
    assert len(every) == len(set(every)) > 20
    for label in every:
        project, version, purpose = label.split(b"/")
        assert project == b"cmpp"
        assert version.isdigit()
        assert purpose
        assert b"\x00" not in label
