"""Collection keys on this laptop: sealed for those entitled, opened and checked when they come; the recovery kit as words.

The primitives are in `cmpp_protocol.keys`. Here it is decided which envelopes to make and which key an envelope gives: only
one that fits the commitment in the roster is ever believed (rule 44), and one key opens all epochs before it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from cmpp_desktop.errors import Invalid
from cmpp_protocol import drops, keys
from cmpp_protocol.api import KeyEnvelope
from cmpp_protocol.rights import Recipient, entitled, may_read
from cmpp_protocol.roster import RosterState

Keys = Mapping[tuple[UUID, int], bytes]  # (collection, epoch) -> 32 bytes

RECOVERY_BYTES = 16
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U
_MISREAD = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None, " ": None})


def new_pair(randomness: bytes) -> keys.KeyPair:
    """A device's key pair of 128 random bytes."""
    return keys.KeyPair(randomness)


def seal_for(state: RosterState, collection: UUID, epoch: int, key: bytes, to: Iterable[Recipient]) -> tuple[KeyEnvelope, ...]:
    """One key envelope for each recipient."""
    return tuple(
        KeyEnvelope(collection, epoch, one.id, keys.seal_key(key, one.keys, state.org_id, collection, epoch)) for one in to
    )


def seal_for_new(before: RosterState, after: RosterState, held: Keys) -> tuple[KeyEnvelope, ...]:
    """Envelopes of the newest keys held for everybody who became entitled between two states of the roster: any holder's
    client helps, so nobody is stuck (rule 44). The server keeps one for each recipient."""
    made: list[KeyEnvelope] = []
    for place in after.collections.values():
        key = held.get((place.id, place.epoch))
        if key is None or place.id not in before.collections:
            continue
        known = {one.id for one in entitled(before, place.id)}
        new = [one for one in entitled(after, place.id) if one.id not in known]
        made += seal_for(after, place.id, place.epoch, key, new)
    return tuple(made)


def seal_for_self(state: RosterState, device: keys.KeyPair, held: Keys) -> tuple[KeyEnvelope, ...]:
    """Envelopes of the newest keys held, for this device: what it could read as an invitation it can read as itself."""
    me = Recipient("device", device.id, device.public)
    made: list[KeyEnvelope] = []
    for place in state.collections.values():
        key = held.get((place.id, place.epoch))
        if key is not None and may_read(state, device.id, place.id):
            made += seal_for(state, place.id, place.epoch, key, [me])
    return tuple(made)


def open_envelopes(
    state: RosterState, envelopes: Iterable[KeyEnvelope], openers: Sequence[keys.KeyPair], held: Keys
) -> dict[tuple[UUID, int], bytes]:
    """The keys that envelopes give and that were not held, with those of the epochs before them. A wrong envelope gives
    nothing: it is asked for again by not being held."""
    pairs = {pair.id: pair for pair in openers}
    found: dict[tuple[UUID, int], bytes] = {}
    for one in envelopes:
        place = state.collections.get(one.collection)
        pair = pairs.get(one.recipient)
        if pair is None or place is None or place.commit(one.epoch) is None or (one.collection, one.epoch) in held:
            continue
        try:
            key = keys.open_key(one.body, pair, state.org_id, one.collection, one.epoch)
        except keys.KeyProblem:
            continue
        if fits(state, one.collection, one.epoch, key):
            found[(one.collection, one.epoch)] = key
            found.update(_older(state, one.collection, one.epoch, key, held))
    return found


def fits(state: RosterState, collection: UUID, epoch: int, key: bytes) -> bool:
    """Whether a key is the one that the roster commits to; of a drop, its public key too must be the one that stands there."""
    place = state.collections[collection]
    commit = place.commit(epoch)
    if commit is None or not keys.key_fits(key, commit, state.org_id, collection, epoch):
        return False
    public = place.epochs[epoch - 1].seal
    return public is None or drops.keys_of(key, state.org_id, collection, epoch).seal == public


def _older(state: RosterState, collection: UUID, epoch: int, key: bytes, held: Keys) -> dict[tuple[UUID, int], bytes]:
    found: dict[tuple[UUID, int], bytes] = {}
    place = state.collections[collection]
    for number in range(epoch, 1, -1):
        sealed = place.epochs[number - 1].previous
        if sealed is None or (collection, number - 1) in held:
            break
        try:
            key = keys.open_previous_key(sealed, key, state.org_id, collection, number)
        except keys.KeyProblem:
            break
        if not fits(state, collection, number - 1, key):
            break
        found[(collection, number - 1)] = key
    return found


def recovery_words(secret: bytes) -> str:
    """The recovery secret (16 bytes) as seven groups of four signs, the last two being a check. Printed once, not stored."""
    number = int.from_bytes(secret, "big") << 2
    signs = [_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5)] + _check(secret)
    return "-".join("".join(signs[at : at + 4]) for at in range(0, len(signs), 4))


def read_recovery(text: str) -> bytes:
    """The secret that was printed. Raises Invalid(recovery="not_valid") for a misread sign or two swapped ones."""
    signs = text.upper().translate(_MISREAD)
    if len(signs) != 28 or any(sign not in _ALPHABET for sign in signs):
        raise Invalid(recovery="not_valid")
    number = 0
    for sign in signs[:26]:
        number = number << 5 | _ALPHABET.index(sign)
    secret = (number >> 2).to_bytes(RECOVERY_BYTES + 1, "big")
    if number & 3 or secret[0] or list(signs[26:]) != _check(secret[1:]):
        raise Invalid(recovery="not_valid")
    return secret[1:]


def _check(secret: bytes) -> list[str]:
    number = int.from_bytes(hashlib.sha256(b"cmpp/1/recovery-check\x00" + secret).digest()[:2], "big")
    return [_ALPHABET[number & 31], _ALPHABET[number >> 5 & 31]]
