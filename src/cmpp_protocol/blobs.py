"""Contents of documents as sealed chunks: what two machines must agree on. No input or output.

A content has a random key of its own, which lies in the document's record and is sealed with it. It is padded, cut into
chunks of 1 MiB, and each chunk is sealed under a key used once, with its number, the number of all chunks and the collection
bound into it: a chunk that is swapped, left out, repeated or brought from elsewhere does not open. The blob's id is a keyed
hash: the same content has one id for those who hold its key in a collection, and tells nobody else that it is the same.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeVar
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cmpp_protocol import canon, labels, reading, versions
from cmpp_protocol.api import ApiError
from cmpp_protocol.envelope import padme
from cmpp_protocol.keys import ZERO_NONCE
from cmpp_protocol.reading import octets, row, uuid, whole

PATH = "/v1/blobs"
CHUNK = 1 << 20  # bytes of content in every chunk but the last
LARGEST = 100 * CHUNK  # bytes of a content
TAG = 16
SEALED_LIMIT = CHUNK + TAG
COUNT_LIMIT = LARGEST // CHUNK  # `padme(LARGEST)` is LARGEST itself
KEY_BYTES, ID_BYTES = 32, 32
ASKED_LIMIT = 500  # blobs in one question
REQUEST_LIMIT = 64 * 1024
ANSWER_LIMIT = 256 * 1024

_CHUNK_PATH = re.compile(rf"{PATH}/([0-9a-f]{{32}})/([0-9a-f]{{64}})/(0|[1-9][0-9]{{0,2}})/([1-9][0-9]{{0,2}})")

T = TypeVar("T")


class BlobError(ValueError):
    """A chunk that does not open, or a content that is not what its record says. `code`: size | does_not_open | padding."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class BlobName(NamedTuple):
    """A blob: its collection and its id."""

    collection: UUID
    id: bytes


class ChunkName(NamedTuple):
    """A chunk: number `n` from 0, of so many `chunks`."""

    collection: UUID
    id: bytes
    n: int
    chunks: int


@dataclass(frozen=True, slots=True)
class Blob:
    """What the record of a document says of its content, and where the record lies: enough to seal and to open. `size` in bytes,
    1 to LARGEST; `content_hash` is SHA-256 of the content."""

    org: bytes
    collection: UUID
    key: bytes
    size: int
    content_hash: bytes

    def __post_init__(self) -> None:
        if len(self.key) != KEY_BYTES or len(self.content_hash) != 32 or not 1 <= self.size <= LARGEST:
            raise BlobError("size")

    @property
    def id(self) -> bytes:
        """The keyed hash under which the server keeps it."""
        about = (self.org, self.collection.bytes, self.size.to_bytes(8, "big"), self.content_hash)
        return hmac.digest(self.key, labels.labelled(labels.BLOB_ID, *about), "sha256")

    @property
    def name(self) -> BlobName:
        return BlobName(self.collection, self.id)

    @property
    def padded(self) -> int:
        """Bytes of the padded content."""
        return padme(self.size)

    @property
    def count(self) -> int:
        """How many chunks it has."""
        return -(-self.padded // CHUNK)

    def length(self, n: int) -> int:
        """Bytes of chunk `n` before sealing."""
        return min(CHUNK, self.padded - n * CHUNK)

    def kept(self, n: int) -> int:
        """Bytes of the content itself in chunk `n`: the rest is padding, a last chunk may be nothing else."""
        return max(0, min(CHUNK, self.size - n * CHUNK))

    def seal(self, n: int, piece: bytes, id: bytes | None = None) -> bytes:
        """Chunk `n` sealed; `piece` is what the content has there. `id`: its `id`, for who knows it. Raises BlobError("size")."""
        if not 0 <= n < self.count or len(piece) != self.kept(n):
            raise BlobError("size")
        place = self._place(id or self.id, n)
        return AESGCM(self._chunk_key(id or self.id, place)).encrypt(ZERO_NONCE, piece.ljust(self.length(n), b"\0"), place)

    def open(self, n: int, sealed: bytes, id: bytes | None = None) -> bytes:
        """What the content has in chunk `n`. Raises BlobError: nothing of a chunk is given out that is not this one, whole."""
        if not 0 <= n < self.count or len(sealed) != self.length(n) + TAG:
            raise BlobError("size")
        place = self._place(id or self.id, n)
        try:
            plain = AESGCM(self._chunk_key(id or self.id, place)).decrypt(ZERO_NONCE, sealed, place)
        except InvalidTag as error:
            raise BlobError("does_not_open") from error
        piece, padding = plain[: self.kept(n)], plain[self.kept(n) :]
        if padding.strip(b"\0"):
            raise BlobError("padding")
        return piece

    def _place(self, id: bytes, n: int) -> bytes:
        numbers = n.to_bytes(4, "big") + self.count.to_bytes(4, "big")
        return versions.BLOB.to_bytes(2, "big") + self.org + self.collection.bytes + id + numbers

    def _chunk_key(self, id: bytes, place: bytes) -> bytes:
        info = labels.labelled(labels.BLOB_CHUNK, place)
        return HKDF(algorithm=hashes.SHA256(), length=32, salt=id, info=info).derive(self.key)


def content_hash(data: bytes) -> bytes:
    """SHA-256 of a content."""
    return hashlib.sha256(data).digest()


# Requests -------------------------------------------------------------------------------------------------------------


def chunk_path(chunk: ChunkName) -> str:
    """Where a chunk is put (PUT, the sealed bytes as the body) and taken (GET, no body)."""
    return f"{PATH}/{chunk.collection.hex}/{chunk.id.hex()}/{chunk.n}/{chunk.chunks}"


def read_chunk_path(path: str) -> ChunkName:
    """The chunk of a path. Raises ApiError("malformed")."""
    found = _CHUNK_PATH.fullmatch(path)
    if found is None:
        raise ApiError("malformed", "path")
    n, count = int(found[3]), int(found[4])
    if not n < count <= COUNT_LIMIT:
        raise ApiError("malformed", "chunk")
    return ChunkName(UUID(hex=found[1]), bytes.fromhex(found[2]), n, count)


class BlobKept(NamedTuple):
    """What the server has of a blob: of its `chunks` those `numbers`; (0, ()) for nothing at all."""

    collection: UUID
    id: bytes
    chunks: int
    numbers: tuple[int, ...]

    @property
    def whole(self) -> bool:
        return self.chunks > 0 and len(self.numbers) == self.chunks


@dataclass(frozen=True, slots=True)
class BlobRequest:
    """`POST /v1/blobs`: `asks`, of which blobs to say what is kept; `gone`: those that no document names any more."""

    asks: tuple[BlobName, ...] = ()
    gone: tuple[BlobName, ...] = ()
    v: int = versions.API

    def encode(self) -> bytes:
        """The canonical bytes of the request's body."""
        asks, gone = ([[one.collection.bytes, one.id] for one in names] for names in (self.asks, self.gone))
        return canon.pack({"v": self.v, "asks": asks, "gone": gone})


@dataclass(frozen=True, slots=True)
class BlobAnswer:
    """One row for each blob that was asked about, in order; `time` is the server's clock in ms."""

    time: int
    kept: tuple[BlobKept, ...] = ()
    v: int = versions.API

    def encode(self) -> bytes:
        """The canonical bytes of the answer's body."""
        rows = [[one.collection.bytes, one.id, one.chunks, _bits(one)] for one in self.kept]
        return canon.pack({"v": self.v, "time": self.time, "kept": rows})


def decode_request(data: bytes) -> BlobRequest:
    """The request of these bytes. Raises ApiError: malformed, update or too_big."""
    if len(data) > REQUEST_LIMIT:
        raise ApiError("too_big")

    def read() -> BlobRequest:
        body = reading.unpack(data)
        names = reading.listed(row(uuid, octets(ID_BYTES)), ASKED_LIMIT)
        version = _version(body.get("v"))
        asks, gone = (tuple(BlobName(*one) for one in names(body.get(name, []))) for name in ("asks", "gone"))
        return BlobRequest(asks, gone, version)

    return _reading(read)


def decode_answer(data: bytes) -> BlobAnswer:
    """The answer of these bytes. Raises ApiError: malformed or update."""
    if len(data) > ANSWER_LIMIT:
        raise ApiError("too_big")

    def read() -> BlobAnswer:
        body = reading.unpack(data)
        version = _version(body.get("v"))
        rows = reading.listed(row(uuid, octets(ID_BYTES), whole(COUNT_LIMIT + 1), octets()), ASKED_LIMIT)
        kept = tuple(BlobKept(place, id, count, _numbers(count, bits)) for place, id, count, bits in rows(body.get("kept", [])))
        return BlobAnswer(whole(1 << 48)(body.get("time")), kept, version)

    return _reading(read)


def _version(value: object) -> int:
    version = whole(1 << 31, 1)(value)
    if version > versions.API:
        raise reading.Newer("version")
    return version


def _bits(one: BlobKept) -> bytes:
    """One bit for each chunk, the first in the highest bit of the first byte."""
    bits = bytearray(-(-one.chunks // 8))
    for n in one.numbers:
        bits[n // 8] |= 0x80 >> n % 8
    return bytes(bits)


def _numbers(count: int, bits: bytes) -> tuple[int, ...]:
    if len(bits) != -(-count // 8):
        raise reading.Malformed("bits")
    numbers = tuple(n for n in range(8 * len(bits)) if bits[n // 8] & 0x80 >> n % 8)
    if numbers and numbers[-1] >= count:
        raise reading.Malformed("bits")
    return numbers


def _reading(read: Callable[[], T]) -> T:
    try:
        return read()
    except reading.Malformed as error:
        raise ApiError("malformed", str(error)) from error
    except reading.Newer as error:
        raise ApiError("update", str(error)) from error
