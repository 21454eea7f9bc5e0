"""`POST /v1/snapshots` as bytes: what a laptop says about snapshots, and what the server says to it.

Signed like `POST /v1/sync`, over its own path; the problem codes are the same. Fields that a reader does not know are ignored.
A server that is older than this answers `not_found`, and the laptop reads logs as before. Every request is safe to repeat.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from cmpp_protocol import canon, reading, snapshot, versions
from cmpp_protocol.api import ApiError
from cmpp_protocol.reading import octets, row, text, uuid, whole, word

T = TypeVar("T")

PATH = "/v1/snapshots"
PLACES_LIMIT = 1000
SHOWN_LIMIT = 16  # snapshots of one collection in an answer
CONFIRMED_LIMIT = 64  # who confirmed, of one of them


class Said(StrEnum):
    """The answer to a head, a part or a confirmation."""

    STORED = "stored"
    HAD_IT = "had_it"
    REFUSED = "refused"


class Key(NamedTuple):
    """Which snapshot: its collection, place in the log and maker."""

    collection: UUID
    seq: int
    maker: bytes


class Part(NamedTuple):
    """One sealed part of a snapshot."""

    key: Key
    number: int
    body: bytes


class Confirmation(NamedTuple):
    """The signature of a device that found the digest of a head."""

    key: Key
    signature: bytes


class Shown(NamedTuple):
    """A snapshot as the server keeps it. `have`: how many of its parts, in their order; `confirmed`: [(device, signature)];
    `at` and `confirmed_at` in milliseconds, 0 for not yet."""

    head: bytes
    have: int
    at: int
    confirmed_at: int
    confirmed: tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """`places`: collections whose snapshots are asked for; `claim`: of which the caller offers to make one; `head`, `part` and
    `confirm`: at most one of each to be kept; `want`: a part to be given."""

    roster_no: int
    places: tuple[UUID, ...] = ()
    claim: tuple[UUID, ...] = ()
    head: bytes = b""
    part: Part | None = None
    confirm: Confirmation | None = None
    want: tuple[Key, int] | None = None
    v: int = versions.API

    def encode(self) -> bytes:
        """The canonical bytes of the request's body; what is not said is left out."""
        said: dict[str, Any] = {"v": self.v, "roster_no": self.roster_no}
        if self.places:
            said["places"] = [place.bytes for place in self.places]
        if self.claim:
            said["claim"] = [place.bytes for place in self.claim]
        if self.head:
            said["head"] = self.head
        if self.part is not None:
            said["part"] = [_key_row(self.part.key), self.part.number, self.part.body]
        if self.confirm is not None:
            said["confirm"] = [_key_row(self.confirm.key), self.confirm.signature]
        if self.want is not None:
            said["want"] = [_key_row(self.want[0]), self.want[1]]
        return canon.pack(said)


@dataclass(frozen=True, slots=True)
class Answer:
    """`snapshots`: of the collections in `places` that the caller may read; `claimed`: those of which it shall make one;
    `said`: of head, part and confirmation, of what was sent, in this order, each with a reason; `part`: what was wanted,
    empty for what is not here."""

    time: int
    snapshots: tuple[Shown, ...] = ()
    claimed: tuple[UUID, ...] = ()
    said: tuple[tuple[Said, str], ...] = ()
    part: bytes = b""
    v: int = versions.API

    def encode(self) -> bytes:
        """The canonical bytes of the answer's body."""
        return canon.pack(
            {
                "v": self.v,
                "time": self.time,
                "snapshots": [
                    [one.head, one.have, one.at, one.confirmed_at, [list(who) for who in one.confirmed]]
                    for one in self.snapshots
                ],
                "claimed": [place.bytes for place in self.claimed],
                "said": [[str(what), why] for what, why in self.said],
                "part": self.part,
            }
        )


def decode_request(data: bytes) -> Request:
    """The request of these bytes. Raises ApiError: malformed, update or too_big."""

    def read() -> Request:
        body = _versioned(data)
        part, confirm, want = body.get("part"), body.get("confirm"), body.get("want")
        head = octets()(body.get("head", b""))
        if len(head) > snapshot.HEAD_LIMIT:
            raise reading.Malformed("head")
        return Request(
            roster_no=whole(1 << 31, -1)(body.get("roster_no")),
            places=_places(body.get("places", [])),
            claim=_places(body.get("claim", [])),
            head=head,
            part=None if part is None else Part(*row(_key, _number, _part)(part)),
            confirm=None if confirm is None else Confirmation(*row(_key, octets(64))(confirm)),
            want=None if want is None else (Key(*(told := row(_key, _number)(want))[0]), told[1]),
            v=body["v"],
        )

    return _reading(read)


def decode_answer(data: bytes) -> Answer:
    """The answer of these bytes. Raises ApiError: malformed or update."""
    shown = row(_head, whole(snapshot.PARTS_LIMIT + 1), _ms, _ms, reading.listed(row(octets(32), octets(64)), CONFIRMED_LIMIT))

    def read() -> Answer:
        body = _versioned(data)
        snapshots = reading.listed(shown, PLACES_LIMIT * SHOWN_LIMIT)(body.get("snapshots"))
        return Answer(
            time=_ms(body.get("time")),
            snapshots=tuple(Shown(*one) for one in snapshots),
            claimed=_places(body.get("claimed")),
            said=reading.listed(row(word(Said), text), 3)(body.get("said")),
            part=octets()(body.get("part")),
            v=body["v"],
        )

    return _reading(read)


def _versioned(data: bytes) -> dict[str, Any]:
    body = reading.unpack(data)
    if whole(1 << 31, 1)(body.get("v")) > versions.API:
        raise reading.Newer("version")
    return body


def _reading(read: Callable[[], T]) -> T:
    try:
        return read()
    except reading.Malformed as error:
        raise ApiError("malformed", str(error)) from error
    except reading.Newer as error:
        raise ApiError("update", str(error)) from error


_ms = whole(1 << 48)
_number = whole(snapshot.PARTS_LIMIT)
_places = reading.listed(uuid, PLACES_LIMIT)


def _key(value: Any) -> Key:
    return Key(*row(uuid, whole(1 << 63, 1), octets(32))(value))


def _head(value: Any) -> bytes:
    read = octets()(value)
    if len(read) > snapshot.HEAD_LIMIT:
        raise reading.Malformed("head")
    return read


def _part(value: Any) -> bytes:
    read = octets()(value)
    if not snapshot.LEAST_PART <= len(read) <= snapshot.PART_LIMIT:
        raise reading.Malformed("part")
    return read


def _key_row(key: Key) -> list[Any]:
    return [key.collection.bytes, key.seq, key.maker]

