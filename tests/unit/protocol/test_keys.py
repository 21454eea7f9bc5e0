"""Key pairs, key envelopes, commitments: a wrong key, place or recipient never opens anything."""

from __future__ import annotations

import pytest

from cmpp_protocol import keys
from cmpp_protocol.keys import KeyProblem
from tests.unit.protocol.office import Laptop, Office, uuid

ORG, PLACE, KEY = Office().id, uuid("place"), b"k" * 32
LIA, THIEF = Laptop("lia"), Laptop("thief")


def test_only_its_recipient_opens_a_key_envelope_and_only_in_its_place() -> None:
    sealed = keys.seal_key(KEY, LIA.public, ORG, PLACE, 1)
    assert len(sealed) == keys.KEY_ENVELOPE_BYTES
    assert keys.open_key(sealed, LIA.pair, ORG, PLACE, 1) == KEY
    wrong = [
        (THIEF.pair, ORG, PLACE, 1),
        (LIA.pair, b"o" * 32, PLACE, 1),
        (LIA.pair, ORG, uuid("elsewhere"), 1),
        (LIA.pair, ORG, PLACE, 2),
    ]
    for holder, org, place, epoch in wrong:
        with pytest.raises(KeyProblem, match="does_not_open"):
            keys.open_key(sealed, holder, org, place, epoch)
    for broken in (b"", sealed[:-1], sealed[:-1] + bytes([sealed[-1] ^ 1])):
        with pytest.raises(KeyProblem, match="does_not_open"):
            keys.open_key(broken, LIA.pair, ORG, PLACE, 1)


def test_a_wrong_envelope_is_recognised_by_the_commitment() -> None:
    commit = keys.key_commit(KEY, ORG, PLACE, 1)
    assert keys.key_fits(KEY, commit, ORG, PLACE, 1)
    assert not keys.key_fits(b"x" * 32, commit, ORG, PLACE, 1)
    assert not keys.key_fits(KEY, commit, ORG, PLACE, 2)


def test_a_newer_key_opens_the_one_before() -> None:
    newer = b"n" * 32
    sealed = keys.seal_previous_key(KEY, newer, ORG, PLACE, 2)
    assert len(sealed) == keys.PREVIOUS_KEY_BYTES
    assert keys.open_previous_key(sealed, newer, ORG, PLACE, 2) == KEY
    for key, epoch in ((KEY, 2), (newer, 3)):
        with pytest.raises(KeyProblem, match="does_not_open"):
            keys.open_previous_key(sealed, key, ORG, PLACE, epoch)


def test_the_same_secret_gives_the_same_introduction_and_a_short_one_none() -> None:
    assert keys.introduction_keys(b"s" * 16) == keys.introduction_keys(b"s" * 16)
    assert keys.introduction_keys(b"s" * 16) != keys.introduction_keys(b"t" * 16)
    with pytest.raises(KeyProblem, match="secret_too_short"):
        keys.introduction_keys(b"s" * 15)


def test_recovery_and_introduction_never_share_a_key() -> None:
    secret = b"s" * 32
    recovery, introduction = keys.recovery_keys(secret), keys.introduction_keys(secret)
    parts = {recovery.pair.secret[at : at + 32] for at in range(0, 128, 32)} | {recovery.slot_secret}
    assert not parts & {introduction.secret[at : at + 32] for at in range(0, 128, 32)}
    assert len(parts) == 5


def test_an_id_depends_on_both_public_keys() -> None:
    mixed = keys.PublicKeys(LIA.public.sign, THIEF.public.seal)
    assert len({LIA.id, THIEF.id, mixed.id}) == 3
    with pytest.raises(KeyProblem, match="key_length"):
        keys.key_id(b"short", LIA.public.seal)


def test_a_secret_never_shows_itself() -> None:
    assert LIA.pair.secret.hex() not in repr(LIA.pair)
    assert repr(LIA.pair.secret) not in repr(LIA.pair)
    with pytest.raises(KeyProblem, match="secret_length"):
        keys.KeyPair(b"short")


def test_what_is_no_public_key_is_noticed() -> None:
    assert keys.seal_public_is_valid(LIA.public.seal)
    assert not keys.seal_public_is_valid(LIA.public.seal[:-1])
    assert not keys.seal_public_is_valid(b"\xff" * keys.SEAL_BYTES)
    assert not keys.seal_public_is_valid(LIA.public.seal[:1184] + bytes(32))  # nobody could seal to it
    assert not keys.verify(b"\xff" * 32, bytes(64), b"label", b"x")
    assert not keys.verify(b"short", bytes(64), b"label", b"x")
