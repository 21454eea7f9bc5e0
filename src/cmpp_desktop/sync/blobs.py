"""Contents of documents on their way: sealed and sent chunk by chunk after the records, fetched when somebody wants one.

What is promised: a record never waits for a document (each chunk is a request of its own, and the store is asked in small jobs);
what was cut off goes on at the next chunk; one chunk is in memory, whatever the size; nothing that the server hands out is
believed before it was opened under the key in the record, and nothing is a content before the whole of it has the hash there.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar
from uuid import UUID

from cmpp_desktop.errors import KnownError
from cmpp_protocol import blobs, rights
from cmpp_protocol.api import ApiError
from cmpp_protocol.blobs import Blob, BlobError, BlobKept, BlobName, ChunkName
from cmpp_protocol.roster import RosterState

log = logging.getLogger(__name__)

_OF_ONE = frozenset({"store_damaged", "blob_differs", "not_allowed"})  # what is wrong with one document, not with the way

T = TypeVar("T")
Step = Callable[[int, int], object]  # called with bytes done and of how many; raises to stop


class DocumentRow(Protocol):
    """A document and where its record lies: `key` is b"" for one that does not travel, `hash` is in hex, `size` in bytes."""

    @property
    def id(self) -> UUID: ...
    @property
    def collection(self) -> UUID: ...
    @property
    def key(self) -> bytes: ...
    @property
    def size(self) -> int: ...
    @property
    def hash(self) -> str: ...


class Contents(Protocol):
    """What this asks of the store; see `store.documents`."""

    def to_send(self, now_ms: int) -> Sequence[Any]: ...
    def to_bring(self) -> Sequence[Any]: ...
    def forget_destroyed(self) -> Sequence[Any]: ...
    def kept(self, documents: Iterable[Any], now_ms: int) -> None: ...
    def let_go(self, documents: Iterable[Any]) -> None: ...
    def holds(self, digest: str) -> bool: ...
    def numbers(self, digest: str) -> frozenset[int]: ...
    def piece(self, digest: str, number: int) -> bytes: ...
    def put_piece(self, digest: str, number: int, body: bytes) -> None: ...
    def forget_content(self, digest: str) -> None: ...


class Asking(Protocol):
    """What this asks of the engine."""

    @property
    def device_id(self) -> bytes: ...
    def beside(self, method: str, path: str, body: bytes, limit: int) -> bytes: ...
    def roster(self) -> RosterState: ...
    def now_ms(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Carried:
    """What a round brought: documents that the server has now, and those that still wait; `problem`: why they do."""

    sent: int = 0
    left: int = 0
    problem: str | None = None


class Carrier:
    """Of one open store; `at_store` runs a job on the thread (or under the lock) that owns it."""

    def __init__(self, engine: Asking, contents: Contents, at_store: Callable[[Callable[[], Any]], Any]) -> None:
        self._engine, self._contents, self._at_store = engine, contents, at_store

    # Sending ----------------------------------------------------------------------------------------------------------------

    def carry(self, step: Step | None = None) -> Carried:
        """Tells the server what may go, and sends what it lacks. To be called after an exchange that went well: then destroyed
        documents have been heard of. Raises only what `step` raises: what cannot be sent now waits for the next round."""
        now = self._engine.now_ms()
        try:
            self._let_go(self._job(self._contents.forget_destroyed))
            self._bring(now, step)
            waiting = self._writable(self._job(lambda: self._contents.to_send(now)))
        except KnownError as error:
            return Carried(problem=_why(error))
        if not waiting:
            return Carried()
        total, done, sent, problem = sum(one.size for _, one in waiting), 0, 0, None
        try:
            kept = {BlobName(one.collection, one.id): one for one in self._ask(blob.name for blob, _ in waiting)}
            for blob, one in waiting:
                try:
                    self._send(blob, one, kept[blob.name], lambda more, at=done: step and step(at + more, total))  # type: ignore[misc]  # bound now
                except KnownError as error:
                    if _why(error) not in _OF_ONE:
                        raise
                    problem = _why(error)  # the others are none the worse for it
                else:
                    kept[blob.name] = BlobKept(*blob.name, blob.count, tuple(range(blob.count)))
                    self._job(lambda one=one: self._contents.kept([one], now))  # type: ignore[misc]  # bound now
                    sent += 1
                done += one.size
        except KnownError as error:
            log.info("documents wait: %s %s", error.code, error.facts)
            problem = _why(error)
        return Carried(sent, len(waiting) - sent, problem)

    def waiting(self) -> int:
        """How many documents the server is not known to have, without asking it."""
        return len(self._writable(self._job(lambda: self._contents.to_send(self._engine.now_ms()))))

    def _bring(self, now: int, step: Step | None) -> None:
        """Documents that moved to another collection: what the server has only in the old place is taken along. What it has
        nowhere yet comes with a later round."""
        for blob, one in self._writable(self._job(self._contents.to_bring)):
            if self._ask((blob.name,))[0].whole:
                self._job(lambda one=one: self._contents.kept([one], now))  # type: ignore[misc]  # bound now
                continue
            try:
                self.fetch(one, step)
            except KnownError as error:
                if error.code not in ("content_elsewhere", "content_damaged"):
                    raise

    def _let_go(self, documents: Sequence[DocumentRow]) -> None:
        """A laptop that may not write there leaves it to those that may."""
        gone = self._writable(documents)
        for at in range(0, len(gone), blobs.ASKED_LIMIT):
            part = gone[at : at + blobs.ASKED_LIMIT]
            self._ask((), tuple(blob.name for blob, _ in part))
            self._job(lambda part=part: self._contents.let_go([one for _, one in part]))  # type: ignore[misc]  # bound now

    def _send(self, blob: Blob, one: DocumentRow, here: BlobKept, done: Callable[[int], object]) -> None:
        """What the server lacks of a document; nothing, if it has all."""
        id = blob.id
        for n in range(blob.count):
            if n in here.numbers:
                continue
            done(min(n * blobs.CHUNK, one.size))
            plain = self._job(lambda n=n: self._contents.piece(one.hash, n)) if blob.kept(n) else b""  # type: ignore[misc]  # bound now
            if len(plain) != blob.kept(n):
                raise KnownError("store_damaged", part="content")
            path = blobs.chunk_path(ChunkName(blob.collection, id, n, blob.count))
            self._engine.beside("PUT", path, blob.seal(n, plain, id), blobs.ANSWER_LIMIT)

    def send(self, one: DocumentRow, done: Callable[[int], object]) -> bool:
        """Sends what the other side lacks of one document; whether it is of a form that travels. `done(bytes of it)` before each
        chunk, which may raise. Raises KnownError."""
        blob = self.blob_of(self._engine.roster().org_id, one)
        if blob is not None:
            self._send(blob, one, self._ask((blob.name,))[0], done)
        return blob is not None

    def _ask(self, names: Iterable[BlobName], gone: tuple[BlobName, ...] = ()) -> tuple[BlobKept, ...]:
        """What the server has of these. Only what was asked is believed, and only in its own words."""
        asked = tuple(dict.fromkeys(names))
        body = blobs.BlobRequest(asked, gone).encode()
        answer = self._engine.beside("POST", blobs.PATH, body, blobs.ANSWER_LIMIT)
        try:
            kept = blobs.decode_answer(answer).kept
        except ApiError as error:
            raise KnownError("server_too_new" if error.code == "update" else "server_refused", reason=str(error)) from error
        if tuple((one.collection, one.id) for one in kept) != asked:
            raise KnownError("server_refused", reason="blobs")
        return kept

    def _writable(self, documents: Sequence[Any]) -> list[tuple[Blob, Any]]:
        state, me = self._engine.roster(), self._engine.device_id
        found = ((self.blob_of(state.org_id, one), one) for one in documents)
        return [(blob, one) for blob, one in found if blob is not None and rights.may_write(state, me, one.collection)]

    @staticmethod
    def blob_of(org: bytes, one: DocumentRow) -> Blob | None:
        """None for a record of another form than ours: it stays where it is."""
        try:
            return Blob(org, one.collection, one.key, one.size, bytes.fromhex(one.hash))
        except BlobError:
            return None

    # Fetching ---------------------------------------------------------------------------------------------------------------

    def fetch(self, one: DocumentRow, step: Step | None = None) -> None:
        """Brings a document's content here, from where it broke off last. Raises KnownError: content_elsewhere (the server does
        not have it, or not yet all of it), content_damaged, disk_full, server_unreachable and others; and what `step` raises."""
        blob = self.blob_of(self._engine.roster().org_id, one)
        if blob is None:
            raise KnownError("content_elsewhere")
        if self._job(lambda: self._contents.holds(one.hash)):
            return
        here = self._job(lambda: self._contents.numbers(one.hash))
        pieces = -(-one.size // blobs.CHUNK)
        done = sum(blob.kept(n) for n in here)
        for n in (*range(1, pieces), 0):  # the first piece last: it makes the content whole
            if n in here:
                continue
            if step is not None:
                step(done, one.size)
            try:
                piece = self._take(blob, n)
            except KnownError as error:
                other = self._elsewhere(blob) if error.code == "content_elsewhere" else None
                if other is None:
                    raise
                blob, piece = other, self._take(other, n)
            if n == 0:
                self._check(one, piece, pieces)
            self._job(lambda n=n, piece=piece: self._contents.put_piece(one.hash, n, piece))  # type: ignore[misc]  # bound now
            done += len(piece)
        if step is not None:
            step(done, one.size)

    def _elsewhere(self, blob: Blob) -> Blob | None:
        """The same content in another collection that this laptop may read: there it lies when its record has moved."""
        state, me = self._engine.roster(), self._engine.device_id
        places = [place for place in state.collections if place != blob.collection and rights.may_read(state, me, place)]
        others = {one.name: one for one in (replace(blob, collection=place) for place in places[: blobs.ASKED_LIMIT])}
        kept = self._ask(others) if others else ()
        return next((others[BlobName(one.collection, one.id)] for one in kept if one.whole), None)

    def _take(self, blob: Blob, n: int) -> bytes:
        path = blobs.chunk_path(ChunkName(*blob.name, n, blob.count))
        try:
            sealed = self._engine.beside("GET", path, b"", blobs.SEALED_LIMIT)
        except KnownError as error:
            if error.facts.get("reason") in ("not_found", "blobs_off"):
                raise KnownError("content_elsewhere") from error
            raise
        try:
            return blob.open(n, sealed)
        except BlobError as error:
            raise KnownError("content_damaged", reason=error.code) from error

    def _check(self, one: DocumentRow, first: bytes, pieces: int) -> None:
        """The whole, piece by piece, against the hash in its record. What is not that is forgotten."""
        made = hashlib.sha256(first)
        for n in range(1, pieces):
            made.update(self._job(lambda n=n: self._contents.piece(one.hash, n)))  # type: ignore[misc]  # bound now
        if made.hexdigest() != one.hash:
            self._job(lambda: self._contents.forget_content(one.hash))
            raise KnownError("content_damaged", reason="hash")

    def _job(self, job: Callable[[], T]) -> T:
        result: T = self._at_store(job)
        return result


def _why(error: KnownError) -> str:
    """The server's own word where it has one: a full quota is not a server that cannot be reached."""
    return str(error.facts.get("reason") or error.code) if error.code == "server_refused" else error.code
