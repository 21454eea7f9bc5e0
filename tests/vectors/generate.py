"""How the test vectors were made, once, from fixed inputs. Refuses to write over one: a vector, once published, stays.

python -m tests.vectors.generate
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

from cmpp_protocol import (
    api,
    blobs,
    canon,
    entries,
    envelope,
    ids,
    keys,
    labels,
    roster,
    snapshot,
    stick,
)
from cmpp_protocol.stamps import Stamp
from tests.vectors import reports, rosters, sticks
from tests.vectors.given import INVITATION, MEMBER, PLACE, SALT, TIME, pair

HERE = Path(__file__).parent


def vectors() -> dict[str, dict[str, Any]]:
    """Every vector by file name; byte strings in hexadecimal."""
    device, new_device = pair(1), pair(2)
    recovery, introduction = keys.recovery_keys(bytes([3]) * 32), keys.introduction_keys(bytes([4]) * 16)
    genesis = entries.genesis(at=TIME, device=device, member=MEMBER, recovery=recovery, policy={})
    state = roster.validate_and_apply(None, genesis)
    invitation = entries.invitation_opened(
        state.head,
        device,
        at=TIME + 1,
        invitation=INVITATION,
        member=MEMBER,
        role=roster.Role.ADMINISTRATOR,
        collections=[],
        introduction=introduction.public,
        expires=TIME + 1000,
    )
    invited = roster.validate_and_apply(state, invitation)
    enrolment = entries.device_enrolled(invited.head, new_device, at=TIME + 2, invitation=INVITATION, introduction=introduction)
    enrolled = roster.validate_and_apply(invited, enrolment)
    return {
        "moved_value": _moved_value(),
        "branch_chosen": rosters.branch_chosen(device, recovery, genesis),
        "erasure_certificate": _erasure_certificate(),
        "keys": _keys(device, introduction, recovery),
        "stick_file": _stick_file(device, genesis),
        "stick_document": sticks.document(device, state.org_id),
        "sealed_invitation": _sealed_invitation(),
        "left_invitation": _left_invitation(),
        "envelope": _envelope(device, state.org_id),
        "roster_genesis": {"entry": genesis, "org": state.org_id, "device": device.id, "recovery": recovery.pair.id},
        "enrolment": {
            "genesis": genesis,
            "invitation": invitation,
            "entry": enrolment,
            "hash": enrolled.hash,
            "device": new_device.id,
            "check_code": keys.check_code(state.org_id, enrolled.hash),
        },
        "carried": rosters.carried(),
        "roster_lost": rosters.lost(genesis, invitation),
        "request_signature": _request(device, state.org_id),
        "held": _held(device, state.org_id),
        "key_envelope": _key_envelope(device, state.org_id),
        "log_hash": _log(state.org_id),
        "snapshot": _snapshot(device, new_device, state.org_id),
        "snapshot_columns": _snapshot_columns(),
        "derived_id": _derived(),
        "canonical_msgpack": {"values": _canonical()},
        "blob": _blob(state.org_id),
        "drop": rosters.drop(device, state.org_id, state.head),
        "report_message": reports.message(device, state.org_id),
        "padme": {"lengths": [[length, envelope.padme(length)] for length in (0, 1, 9, 100, 1000, 70_000, 1 << 20)]},
    }


def _stick_file(device: keys.KeyPair, genesis: bytes) -> dict[str, Any]:
    """A roster entry as a file in a folder, and the three names."""
    hashed = entries.decode(genesis).hash
    return {
        "body": genesis,
        "file": b"".join(stick.whole(genesis)),
        "entry_name": stick.entry_name(0, hashed),
        "key_name": stick.key_name(PLACE, 2, device.id),
        "bundle_name": stick.bundle_name(device.id, 7, hashed),
    }


def _held(device: keys.KeyPair, org: bytes) -> dict[str, Any]:
    """A request that knows of one bundle that does not count, and an answer that brings another."""
    made = envelope.sign(envelope.Header(org, PLACE, 1, device.id, 1, envelope.FIRST, 0, SALT), bytes(17), device)
    return {
        "known": labels.digest(labels.ENVELOPE_CHAIN, b"known"),
        "bundle": made.encode(),
        "request": api.SyncRequest(0, org, holds=(labels.digest(labels.ENVELOPE_CHAIN, b"known"),)).encode(),
        "answer": api.SyncAnswer(TIME, 0, org, held=(made.encode(),)).encode(),
    }


def _sealed_invitation() -> dict[str, Any]:
    """The same file sealed with the words of both lists, from the same random bytes."""
    from cmpp_desktop.sync import sealed_invitation

    def random(n: int) -> bytes:
        return bytes(range(n))

    plain = b"CMPP invitation\nand what it says"
    made = {language: sealed_invitation.seal(plain, random, language) for language in ("en", "es")}
    words = {language: list(found) for language, (_, found) in made.items()}
    return {"secret": random(16), "salt": random(32), "plaintext": plain, "file": made["en"][0], "words": words}


def _left_invitation() -> dict[str, Any]:
    """Where the words of 16 bytes find a sealed invitation, how it is left and taken, and what the QR code says."""
    from cmpp_desktop.sync.left_invitation import Ticket
    from cmpp_protocol import invitations

    secret, sealed = bytes(range(16)), b"CMPP sealed invitation\n" + bytes(60)
    place = invitations.place_of(secret)
    return {
        "secret": secret,
        "place": place,
        "sealed": sealed,
        "leave": invitations.Leave(INVITATION, place, sealed).encode(),
        "take": invitations.Take(place).encode(),
        "answer": invitations.Answer(TIME, sealed).encode(),
        "ticket": Ticket("https://sync.example", secret, labels.digest(labels.KEY_ID, b"authority")).text(),
    }


def _erasure_certificate() -> dict[str, Any]:
    fields = canon.pack({"award": "EMW-2025-CM-00017", "counts": {"note": 2}})
    hashed = labels.digest(labels.ERASURE_CERTIFICATE, MEMBER.bytes, fields)
    return {"id": MEMBER.bytes, "fields": fields, "certificate": hashed}


def _moved_value() -> dict[str, Any]:
    value = canon.pack({"given": "Marisela", "family": "Tzoc"})
    return {"value": value, "mark": b"\xc1" + labels.digest(labels.MOVED_VALUE, value)}


def _snapshot(maker: keys.KeyPair, second: keys.KeyPair, org: bytes) -> dict[str, Any]:
    """A head and its one part, whose plaintext is here whatever it says, and how a second device confirms it."""
    collection_key, plain = bytes([5]) * 32, b"columns, packed and compressed"
    head = snapshot.Head(org, PLACE, 1, 7, labels.digest(labels.LOG_NEXT, b"here"), 0, maker.id, 3, bytes(32), ())
    part = snapshot.seal_part(head, 0, plain, collection_key, SALT)
    contents = snapshot.contents_of([b"columns, packed"])
    digested = snapshot.digest_of(head, contents, collection_key)
    signed = snapshot.sign(snapshot.completed(head, digested, (snapshot.part_hash(head, 0, part),)), maker)
    return {
        "collection_key": collection_key,
        "sign": maker.public.sign,
        "second": second.public.sign,
        "place_of_part": head.place(0),
        "plaintext": plain,
        "packed": b"columns, packed",
        "part": part,
        "contents": contents,
        "digest": digested,
        "head": signed.encode(),
        "hash": signed.hash,
        "confirmation": snapshot.confirm(signed, second),
    }


def _snapshot_columns() -> dict[str, Any]:
    """One part: a record as it came into being, one with a later field, one in conflict, one deleted before an edit came."""
    from cmpp_desktop.changes import LIVE, Created, Head, RecordState, life_value
    from cmpp_desktop.sync import snapshot_parts
    from cmpp_desktop.sync.replica import Chain

    ana, bo = bytes([1]) * 32, bytes([2]) * 32
    first, later, other = (Stamp((TIME + at) << 16, who) for at, who in ((0, ana), (1, ana), (1, bo)))
    one, two = canon.pack("555-0100"), canon.pack("555-0111")
    records: dict[UUID, snapshot_parts.What] = {
        UUID(int=1): Created("contact_route", ("life", "value"), (LIVE, one), first),
        UUID(int=2): RecordState("contact_route", {"life": (Head(first, LIVE),), "value": (Head(later, two),)}),
        UUID(int=3): RecordState("contact_route", {"life": (Head(first, LIVE),), "value": (Head(later, one), Head(other, two))}),
        UUID(int=4): RecordState(
            "note",
            {"life": (Head(later, life_value("deleted", "wrong")),), "text": (Head(other, two),)},
            {"text": frozenset([first])},
            {later: (("text", (first,)),)},
        ),
    }
    chains = {ana: Chain(2, bytes([3]) * 32, later.hlc, 0), bo: Chain(1, bytes([4]) * 32, other.hlc, 1)}
    [packed] = snapshot_parts.pack(records.items(), chains)
    return {"packed": packed, "squeezed": snapshot_parts.squeeze(packed), "contents": snapshot.contents_of([packed])}


def _keys(device: keys.KeyPair, introduction: keys.KeyPair, recovery: keys.RecoveryKeys) -> dict[str, Any]:
    return {
        "secret": device.secret,
        "sign": device.public.sign,
        "seal": device.public.seal,
        "id": device.id,
        "introduction": {"secret": bytes([4]) * 16, "pair": introduction.secret, "id": introduction.id},
        "recovery": {"secret": bytes([3]) * 32, "pair": recovery.pair.secret, "slot": recovery.public.slot},
    }


def _envelope(device: keys.KeyPair, org: bytes) -> dict[str, Any]:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    header = envelope.Header(org, PLACE, 1, device.id, 1, envelope.FIRST, 0, SALT)
    collection_key, plain = bytes([5]) * 32, b"a change set, packed and compressed"
    padded = envelope.pad(plain)
    body = AESGCM(envelope.body_key(collection_key, header)).encrypt(keys.ZERO_NONCE, padded, header.encode())
    made = envelope.sign(header, body, device)
    return {
        "collection_key": collection_key,
        "plaintext": plain,
        "padded": padded,
        "body_key": envelope.body_key(collection_key, header),
        "header": header.encode(),
        "hash": made.hash,
        "sign": device.public.sign,
        "envelope": made.encode(),
    }


def _request(device: keys.KeyPair, org: bytes) -> dict[str, Any]:
    request = api.SyncRequest(
        roster_no=0,
        roster_hash=org,
        opened=((PLACE, 1),),
        cursors=(api.Cursor(PLACE, 0, envelope.log_start(org, PLACE)),),
        bundles=(b"bundle",),
        wait=5,
    )
    body = request.encode()
    name = "sync.example.org"
    made = api.authorise(device, org, name, api.PATH, TIME, body)
    return {
        "sign": device.public.sign,
        "server_name": name,
        "path": api.PATH,
        "time": TIME,
        "body": body,
        "authorization": made.header(),
        "signature": made.signature,
    }


def _key_envelope(device: keys.KeyPair, org: bytes) -> dict[str, Any]:
    key, newer = bytes([5]) * 32, bytes([6]) * 32
    return {
        "key": key,
        "org": org,
        "collection": PLACE.bytes,
        "epoch": 1,
        "recipient_secret": device.secret,
        "envelope": keys.seal_key(key, device.public, org, PLACE, 1),
        "commit": keys.key_commit(key, org, PLACE, 1),
        "next_key": newer,
        "previous_sealed": keys.seal_previous_key(key, newer, org, PLACE, 2),
    }


def _log(org: bytes) -> dict[str, Any]:
    start = envelope.log_start(org, PLACE)
    hashes = [labels.digest(labels.ENVELOPE_CHAIN, bytes([byte])) for byte in (1, 2, 3)]
    chain = [start]
    for one in hashes:
        chain.append(envelope.log_next(chain[-1], one))
    return {"org": org, "collection": PLACE.bytes, "envelopes": hashes, "log_hashes": chain}


def _blob(org: bytes) -> dict[str, Any]:
    """A content of two chunks, the last of them part content and part padding; and what is asked about it."""
    content = bytes(range(256)) * 4096 + b"the end of a scan"
    made = blobs.Blob(org, PLACE, bytes([7]) * 32, len(content), blobs.content_hash(content))
    last = made.seal(1, content[blobs.CHUNK :])
    answer = blobs.BlobAnswer(TIME, (blobs.BlobKept(PLACE, made.id, made.count, (1,)),))
    return {
        "org": org,
        "collection": PLACE.bytes,
        "key": made.key,
        "content": "the bytes 00 to ff, 4096 times, then: the end of a scan",
        "size": made.size,
        "content_hash": made.content_hash,
        "id": made.id,
        "padded": made.padded,
        "count": made.count,
        "first_sealed_sha256": blobs.content_hash(made.seal(0, content[: blobs.CHUNK])),
        "last_sealed_length": len(last),
        "last_sealed_begins": last[:32],
        "last_sealed_sha256": blobs.content_hash(last),
        "last_path": blobs.chunk_path(blobs.ChunkName(PLACE, made.id, 1, made.count)),
        "request": blobs.BlobRequest(asks=(made.name,)).encode(),
        "answer": answer.encode(),
    }


def _derived() -> dict[str, Any]:
    made = ids.derived_id("attendance", MEMBER, "2026-11-24")
    return {"type": "attendance", "parent": str(MEMBER), "natural_key": "2026-11-24", "id": str(made)}


def _canonical() -> list[list[Any]]:
    shown: list[tuple[str, canon.Value]] = [
        ("null", None),
        ("true", True),
        ("0", 0),
        ("127", 127),
        ("128", 128),
        ("-1", -1),
        ("-33", -33),
        ("2^63", 1 << 63),
        ("text", "añ"),
        ("32 characters", "x" * 32),
        ("bytes", b"\x00\xff"),
        ("list", [1, "a", None]),
        ("map, keys sorted by their bytes", {"b": 1, "a": 2, "aa": 3, "é": 4}),
    ]
    return [[name, canon.pack(value)] for name, value in shown]


def as_json(value: Any) -> Any:
    """The value with byte strings in hexadecimal."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {key: as_json(one) for key, one in value.items()}
    return [as_json(one) for one in value] if isinstance(value, list | tuple) else value


if __name__ == "__main__":
    for name, vector in vectors().items():
        file = HERE / f"{name}.json"
        if file.exists():
            print(f"{file.name} is published and stays")
        else:
            file.write_text(json.dumps(as_json(vector), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    sys.exit(0)
