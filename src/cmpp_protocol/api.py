"""`POST /v1/sync` as bytes: one request, one answer, one way to say no.

Both are canonical msgpack maps, and so is a refusal ({"code", "detail", "time"} with an HTTP status). Fields that a reader does
not know are ignored here, unlike in roster entries and envelopes: what they would mean is agreed by `v` alone. Every list
is bounded. A request is signed by the device key over server name, time, path and the hash of its body; there is no
session, every request is safe to repeat, and any replica can answer it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from cmpp_protocol import canon, envelope, keys, labels, reading, versions
from cmpp_protocol.reading import flag, octets, row, text, uuid, whole, word

PATH = "/v1/sync"
CONTENT_TYPE = "application/vnd.cmpp.v1+msgpack"
AUTH_SCHEME = "CMPP1"
REQUEST_LIMIT = envelope.ENVELOPE_LIMIT + 4 * 1024 * 1024  # one largest bundle always fits beside the rest
ANSWER_GOAL = 4 * 1024 * 1024  # an answer ends after this many bytes of log, but holds at least one envelope
WAIT_LIMIT = 50  # seconds of a long poll
CLOCK_WINDOW = 300_000  # milliseconds that a request's time may differ from the server's
LIST_LIMIT = 20_000
NO_ORG = bytes(32)  # in an authorisation signed by the recovery key: whoever has only the printed kit
_NAME_LIMIT = 255


class ApiError(ValueError):
    """Not a request, answer or authorisation. `code` is one of PROBLEMS: malformed, update or too_big."""

    def __init__(self, code: str, what: str = "") -> None:
        super().__init__(f"{code} {what}".strip())
        self.code = code


# Problem codes of a refused request, with their HTTP status. A code's meaning never changes.
PROBLEMS: Mapping[str, int] = {
    "malformed": 400,
    "clock_wrong": 401,
    "signature_wrong": 401,
    "device_unknown": 403,
    "not_allowed": 403,
    "invitation_used": 403,
    "invitation_closed": 403,
    "invitation_expired": 403,
    "organisation_unknown": 404,
    "not_found": 404,
    "blob_differs": 409,
    "too_big": 413,
    "update": 426,
    "too_many": 429,
    "over_quota": 507,
    "busy": 503,
    "server_error": 500,
    "blobs_off": 501,
}


class Verdict(StrEnum):
    """The answer to one bundle (rule 43). Only reading it back in the log acknowledges it."""

    STORED = "stored"
    HAD_IT = "had_it"
    HELD = "held"
    ROSTER = "roster?"
    TOO_BIG = "too_big"
    REFUSED = "refused"


class EntryVerdict(StrEnum):
    """The answer to one roster entry: `stale` means that another entry has its number; read on and make it again."""

    STORED = "stored"
    HAD_IT = "had_it"
    STALE = "stale"
    REFUSED = "refused"


class KeyEnvelope(NamedTuple):
    """A collection key sealed to one recipient (`Recipient.id`, 32 bytes); `body` is 1168 bytes."""

    collection: UUID
    epoch: int
    recipient: bytes
    body: bytes


class Cursor(NamedTuple):
    """How far a reader has read a collection: the sequence number and the log hash there ((0, log_start): nothing)."""

    collection: UUID
    seq: int
    log_hash: bytes


class Offer(NamedTuple):
    """A bundle that the sender holds and the log may lack, by hash (rule 37)."""

    collection: UUID
    device: bytes
    number: int
    hash: bytes


class BundleVerdict(NamedTuple):
    """For one pushed bundle, in the order sent: its hash (zeros if unreadable), the verdict, and why."""

    hash: bytes
    verdict: Verdict
    why: str = ""


class Place(NamedTuple):
    """A place in a collection's log, by its sequence number."""

    collection: UUID
    seq: int


class Lacking(NamedTuple):
    """Somebody entitled to a collection's key for whom no envelope of its epoch is kept (rule 44)."""

    collection: UUID
    epoch: int
    recipient: bytes


TAKE, BEGINS, MAKE, CONFIRM, CONFIRMED = "take", "begins", "make", "confirm", "confirmed"  # words of a hint


class Hint(NamedTuple):
    """What the server says about the snapshots of a collection (see `snapshot_api`), in one word.

    `take`: there is a confirmed one at `seq`, far beyond the cursor, and no log is given; `begins`: the log begins behind `seq`,
    and the cursor is before that; `make`: one is wanted; `confirm`: the one at `seq` waits for a second device; `confirmed`:
    the one at `seq` is confirmed. Other words are ignored."""

    collection: UUID
    word: str
    seq: int


class ChainAt(NamedTuple):
    """Where the chain of a device stands in a collection: its last counting bundle."""

    device: bytes
    collection: UUID
    number: int
    hash: bytes


class LogItem(NamedTuple):
    """One envelope in the log: `log_hash` is the log's hash with it (rule 37)."""

    seq: int
    log_hash: bytes
    envelope: bytes


class PlaceAgain(NamedTuple):
    """One place of a log once more, for a reader whose cursor has gone on: as a `LogItem` (rule 42)."""

    collection: UUID
    seq: int
    log_hash: bytes
    envelope: bytes


@dataclass(frozen=True, slots=True)
class Slice:
    """What follows a cursor. `known` False: the server's log has another history; `items` is empty then.

    `seq` and `log_hash` are the log's end on the server when it answered.
    """

    collection: UUID
    known: bool
    seq: int
    log_hash: bytes
    items: tuple[LogItem, ...] = ()


@dataclass(frozen=True, slots=True)
class NewEntry:
    """A roster entry to append, with the key envelopes that must arrive in the same transaction (rule 44)."""

    entry: bytes
    envelopes: tuple[KeyEnvelope, ...] = ()


@dataclass(frozen=True, slots=True)
class SyncRequest:
    """What a device says. `roster_no` -1 and `roster_hash` zeros: it has no roster yet.

    `opened`: the highest epoch of each collection whose key it holds; envelopes of later ones are wanted. `wait`: seconds to
    wait for something new (0: none, at most WAIT_LIMIT). `limit`: bytes of log wanted (0: the server's own goal).
    `damaged`: places whose copy did not verify here (rule 42); `heads_of`: devices whose chains an administrator is about to
    cut, also where they may not read (rule 28); `helps`: it wants to know who lacks a key that it may hold; `lost`:
    `entries` are those that the server had and has lost (rule 37); `chosen`: `entries` are a branch of the roster, from where it
    parts from the server's, that the recovery key has chosen (rule 39); `holds`: hashes of the bundles that do not count here, so
    that the others held at the server are wanted (rule 33), None: it does not ask;
    `snapshots`: it knows logs that begin later, and wants to hear about snapshots; `from_log`: collections of which it wants
    the log even so. None of these is written while there is nothing to say.
    """

    roster_no: int = -1
    roster_hash: bytes = bytes(32)
    entries: tuple[NewEntry, ...] = ()
    envelopes: tuple[KeyEnvelope, ...] = ()
    opened: tuple[tuple[UUID, int], ...] = ()
    cursors: tuple[Cursor, ...] = ()
    bundles: tuple[bytes, ...] = ()
    offers: tuple[Offer, ...] = ()
    wait: int = 0
    limit: int = 0
    damaged: tuple[Place, ...] = ()
    heads_of: tuple[bytes, ...] = ()
    helps: bool = False
    lost: bool = False
    chosen: bool = False
    holds: tuple[bytes, ...] | None = None
    snapshots: bool = False
    from_log: tuple[UUID, ...] = ()
    v: int = versions.API

    def encode(self) -> bytes:
        """The canonical bytes of the request's body."""
        damaged = {"damaged": [[row.collection.bytes, row.seq] for row in self.damaged]} if self.damaged else {}
        heads_of = {"heads_of": list(self.heads_of)} if self.heads_of else {}
        return canon.pack(
            {
                **damaged,
                **heads_of,
                **({"helps": True} if self.helps else {}),
                **({"lost": True} if self.lost else {}),
                **({"chosen": True} if self.chosen else {}),
                **({"holds": list(self.holds)} if self.holds is not None else {}),
                **({"snapshots": True} if self.snapshots else {}),
                **({"from_log": [place.bytes for place in self.from_log]} if self.from_log else {}),
                "v": self.v,
                "roster": [self.roster_no, self.roster_hash],
                "entries": [[new.entry, [_key_row(row) for row in new.envelopes]] for new in self.entries],
                "envelopes": [_key_row(row) for row in self.envelopes],
                "opened": [[collection.bytes, epoch] for collection, epoch in self.opened],
                "cursors": [[row.collection.bytes, row.seq, row.log_hash] for row in self.cursors],
                "bundles": list(self.bundles),
                "offers": [_offer_row(row) for row in self.offers],
                "wait": self.wait,
                "limit": self.limit,
            }
        )


@dataclass(frozen=True, slots=True)
class SyncAnswer:
    """What the server says. `time`: its clock in ms. `roster_known` False: its roster has another history than the
    caller's head. `wanted`: offered bundles that it lacks, and others whose copy there is damaged. `more`: ask again at once,
    there is more to read. `again`: the places named in `damaged` whose copy there is sound; `heads`: where the chains that were
    asked for stand; `lacking`: who lacks an envelope of a key that the caller may hold; `held`: bundles that do not count and
    that the caller lacks; `hints`: about snapshots, for who knows
    of them; none of them written while empty."""

    time: int
    roster_no: int
    roster_hash: bytes
    roster_known: bool = True
    entries: tuple[bytes, ...] = ()
    entry_verdicts: tuple[tuple[EntryVerdict, str], ...] = ()
    envelopes: tuple[KeyEnvelope, ...] = ()
    verdicts: tuple[BundleVerdict, ...] = ()
    wanted: tuple[Offer, ...] = ()
    logs: tuple[Slice, ...] = ()
    more: bool = False
    again: tuple[PlaceAgain, ...] = ()
    heads: tuple[ChainAt, ...] = ()
    lacking: tuple[Lacking, ...] = ()
    held: tuple[bytes, ...] = ()
    hints: tuple[Hint, ...] = ()
    v: int = versions.API

    def encode(self) -> bytes:
        """The canonical bytes of the answer's body."""
        again = {"again": [[row.collection.bytes, *row[1:]] for row in self.again]} if self.again else {}
        lacking = [[row.collection.bytes, row.epoch, row.recipient] for row in self.lacking]
        heads = [[row.device, row.collection.bytes, row.number, row.hash] for row in self.heads]
        return canon.pack(
            {
                **again,
                **({"heads": heads} if heads else {}),
                **({"lacking": lacking} if lacking else {}),
                **({"held": list(self.held)} if self.held else {}),
                **({"hints": [[one.collection.bytes, one.word, one.seq] for one in self.hints]} if self.hints else {}),
                "v": self.v,
                "time": self.time,
                "roster": [self.roster_no, self.roster_hash, self.roster_known],
                "entries": list(self.entries),
                "entry_verdicts": [[str(verdict), why] for verdict, why in self.entry_verdicts],
                "envelopes": [_key_row(row) for row in self.envelopes],
                "verdicts": [[row.hash, str(row.verdict), row.why] for row in self.verdicts],
                "wanted": [_offer_row(row) for row in self.wanted],
                "logs": [
                    [one.collection.bytes, one.known, one.seq, one.log_hash, canon.Plain(one.items)]
                    for one in self.logs
                ],
                "more": self.more,
            }
        )


@dataclass(frozen=True, slots=True)
class Problem:
    """A refusal: a code of PROBLEMS, a detail for engineers (never content), and the server's clock in ms."""

    code: str
    detail: str = ""
    time: int = 0

    def encode(self) -> bytes:
        """The canonical bytes of the refusal's body."""
        return canon.pack({"code": self.code, "detail": self.detail, "time": self.time})


@dataclass(frozen=True, slots=True)
class Authorisation:
    """Who asks: sent as `Authorization: CMPP1 <base64url>`; `time` in ms by the device's corrected clock."""

    org: bytes
    device: bytes
    time: int
    signature: bytes = field(repr=False)

    def header(self) -> str:
        """The value of the Authorization header."""
        body = {"org": self.org, "device": self.device, "time": self.time, "signature": self.signature}
        return f"{AUTH_SCHEME} {base64.urlsafe_b64encode(canon.pack(body)).decode()}"

    def holds(self, sign_public: bytes, server_name: str, path: str, body: bytes) -> bool:
        """Whether the signature was made by this key for this server, path and body."""
        return keys.verify(
            sign_public,
            self.signature,
            labels.REQUEST_SIGNATURE,
            _signed_request(self.org, self.device, server_name, path, self.time, body),
        )


def authorise(device: keys.KeyPair, org: bytes, server_name: str, path: str, time: int, body: bytes) -> Authorisation:
    """A signed authorisation for one request. `server_name` is `server_name(url)`, `time` is in ms."""
    device_id = device.id
    signed = _signed_request(org, device_id, server_name, path, time, body)
    return Authorisation(org, device_id, time, device.sign(labels.REQUEST_SIGNATURE, signed))


def decode_authorisation(value: str) -> Authorisation:
    """The authorisation in an Authorization header. Raises ApiError("malformed")."""
    scheme, _, coded = value.partition(" ")
    if scheme != AUTH_SCHEME or len(coded) > 1024:
        raise ApiError("malformed", "authorisation")
    try:
        data = base64.b64decode(coded, altchars=b"-_", validate=True)
    except ValueError as error:
        raise ApiError("malformed", "authorisation") from error

    def read() -> Authorisation:
        body = reading.unpack(data)
        ids = octets(32)(body.get("org")), octets(32)(body.get("device"))
        return Authorisation(*ids, whole(1 << 48)(body.get("time")), octets(64)(body.get("signature")))

    return _reading(read)


def server_name(url: str) -> str:
    """The name that a request to `url` is signed for: lower-case host, and the port if it is not the scheme's own."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    if parts.port is None or parts.port == {"https": 443, "http": 80}.get(parts.scheme):
        return host
    return f"{host}:{parts.port}"


def decode_request(data: bytes) -> SyncRequest:
    """The request of these bytes. Raises ApiError: malformed, update or too_big."""
    if len(data) > REQUEST_LIMIT:
        raise ApiError("too_big")
    return _reading(lambda: _request(data))


def _request(data: bytes) -> SyncRequest:
    body = _versioned(data)
    roster = row(whole(1 << 31, -1), octets(32))(body.get("roster"))
    return SyncRequest(
        roster_no=roster[0],
        roster_hash=roster[1],
        entries=tuple(NewEntry(*row) for row in _rows(_any_bytes, _key_rows)(body.get("entries"))),
        envelopes=_key_rows(body.get("envelopes")),
        opened=_rows(uuid, _EPOCH)(body.get("opened")),
        cursors=tuple(Cursor(*row) for row in _rows(uuid, _SEQ, octets(32))(body.get("cursors"))),
        bundles=_list(_any_bytes)(body.get("bundles")),
        offers=_offers(body.get("offers")),
        wait=whole(WAIT_LIMIT + 1)(body.get("wait")),
        limit=whole(1 << 31)(body.get("limit")),
        damaged=tuple(Place(*row) for row in _rows(uuid, whole(1 << 63, 1))(body.get("damaged", []))),
        heads_of=_list(octets(32))(body.get("heads_of", [])),
        helps=flag(body.get("helps", False)),
        lost=flag(body.get("lost", False)),
        chosen=flag(body.get("chosen", False)),
        holds=_list(octets(32))(body["holds"]) if "holds" in body else None,
        snapshots=flag(body.get("snapshots", False)),
        from_log=_list(uuid)(body.get("from_log", [])),
        v=body["v"],
    )


def decode_answer(data: bytes) -> SyncAnswer:
    """The answer of these bytes. Raises ApiError: malformed or update."""
    return _reading(lambda: _answer(data))


def _answer(data: bytes) -> SyncAnswer:
    body = _versioned(data)
    roster = row(whole(1 << 31), octets(32), flag)(body.get("roster"))
    items = _rows(_SEQ, octets(32), _any_bytes)
    logs = _rows(uuid, flag, _SEQ, octets(32), items)(body.get("logs"))
    return SyncAnswer(
        time=whole(1 << 48)(body.get("time")),
        roster_no=roster[0],
        roster_hash=roster[1],
        roster_known=roster[2],
        entries=_list(_any_bytes)(body.get("entries")),
        entry_verdicts=_rows(word(EntryVerdict), text)(body.get("entry_verdicts")),
        envelopes=_key_rows(body.get("envelopes")),
        verdicts=tuple(
            BundleVerdict(*row) for row in _rows(octets(32), word(Verdict), text)(body.get("verdicts"))
        ),
        wanted=_offers(body.get("wanted")),
        logs=tuple(
            Slice(place, known, seq, log_hash, tuple(LogItem(*item) for item in rows))
            for place, known, seq, log_hash, rows in logs
        ),
        more=flag(body.get("more")),
        again=tuple(
            PlaceAgain(*row) for row in _rows(uuid, whole(1 << 63, 1), octets(32), _any_bytes)(body.get("again", []))
        ),
        heads=tuple(
            ChainAt(*row)
            for row in _rows(octets(32), uuid, whole(1 << 63, 1), octets(32))(body.get("heads", []))
        ),
        lacking=tuple(Lacking(*row) for row in _rows(uuid, whole(1 << 31, 1), octets(32))(body.get("lacking", []))),
        held=_list(_any_bytes)(body.get("held", [])),
        hints=tuple(Hint(*row) for row in _rows(uuid, text, _SEQ)(body.get("hints", []))),
        v=body["v"],
    )


def decode_problem(data: bytes) -> Problem:
    """The refusal of these bytes. Raises ApiError("malformed") for anything else (a proxy's page, say)."""

    def read() -> Problem:
        body = reading.unpack(data)
        return Problem(text(body.get("code")), text(body.get("detail")), whole(1 << 48)(body.get("time")))

    return _reading(read)


def _signed_request(org: bytes, device: bytes, server: str, path: str, time: int, body: bytes) -> bytes:
    name, where = server.encode(), path.encode()
    if len(name) > _NAME_LIMIT or len(where) > _NAME_LIMIT:
        raise ApiError("malformed", "name")
    sized = [len(name).to_bytes(1, "big"), name, len(where).to_bytes(1, "big"), where]
    return b"".join([org, device, *sized, time.to_bytes(8, "big"), hashlib.sha256(body).digest()])


T = TypeVar("T")


def _reading(read: Callable[[], T]) -> T:
    try:
        return read()
    except reading.Malformed as error:
        raise ApiError("malformed", str(error)) from error
    except reading.Newer as error:
        raise ApiError("update", str(error)) from error


def _versioned(data: bytes) -> dict[str, Any]:
    body = reading.unpack(data)
    if whole(1 << 31, 1)(body.get("v")) > versions.API:
        raise reading.Newer("version")
    return body


def _list(reader: Callable[[Any], T]) -> Callable[[Any], tuple[T, ...]]:
    return reading.listed(reader, LIST_LIMIT)


def _rows(*readers: reading.Reader) -> Callable[[Any], tuple[Any, ...]]:
    return _list(row(*readers))


_any_bytes = octets()
_EPOCH, _SEQ = whole(1 << 31), whole(1 << 63)


def _key_rows(value: Any) -> tuple[KeyEnvelope, ...]:
    rows = _rows(uuid, whole(1 << 31, 1), octets(32), octets(keys.KEY_ENVELOPE_BYTES))(value)
    return tuple(KeyEnvelope(*row) for row in rows)


def _offers(value: Any) -> tuple[Offer, ...]:
    return tuple(Offer(*row) for row in _rows(uuid, octets(32), whole(1 << 63, 1), octets(32))(value))


def _key_row(row: KeyEnvelope) -> list[Any]:
    return [row.collection.bytes, row.epoch, row.recipient, row.body]


def _offer_row(row: Offer) -> list[Any]:
    return [row.collection.bytes, row.device, row.number, row.hash]
