"""Signed requests to the server: sent once more with its time when ours is wrong; what it refuses is named for a person.

Every method waits for the network and raises KnownError: server_unreachable, server_busy, clock_wrong and others of an
exchange; `reason` in the facts is the server's own word. None of them is called at the store.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cmpp_desktop.errors import KnownError
from cmpp_desktop.sync import replica
from cmpp_desktop.sync.books import Books
from cmpp_desktop.sync.replica import Replica
from cmpp_desktop.sync.transport import Refusal, Transport
from cmpp_protocol import api, canon, snapshot_api

AtStore = Callable[[Callable[[], Any]], Any]

# Codes of the server's refusals, as what a person is told.
_TOLD = {
    "update": "server_too_new",
    # Not revoked: that stands in the roster, which a server of ours still shows to such a laptop. This one has lost entries.
    "device_unknown": "another_history",
    "organisation_unknown": "organisation_unknown",
    "clock_wrong": "clock_wrong",
    "invitation_used": "invitation_used",
    "invitation_closed": "invitation_closed",
    "invitation_expired": "invitation_expired",
    "too_big": "too_big",
    "busy": "server_busy",
    "too_many": "server_busy",
}

class Post:
    """Of one open store; `at_store` runs a job at it."""

    def __init__(self, transport: Transport, books: Books, store: Replica, at_store: AtStore) -> None:
        self._transport, self._books, self._store, self._job = transport, books, store, at_store

    def use(self, transport: Transport) -> Transport:
        """Another way to a server; gives the one before."""
        before, self._transport = self._transport, transport
        return before

    def send(self, request: api.SyncRequest) -> api.SyncAnswer:
        """One round trip of the exchange. Notes when the server was heard, and its time."""
        answer = self._posted(request.encode(), request.wait)
        try:
            decoded = api.decode_answer(answer)
        except api.ApiError as error:
            raise _unread(error) from error
        self._job(lambda: self._heard(decoded))
        return decoded

    def ask_snapshots(self, request: snapshot_api.Request) -> snapshot_api.Answer | None:
        """What a server says of snapshots; None from one that knows nothing of them."""
        try:
            return snapshot_api.decode_answer(self._posted(request.encode(), path=snapshot_api.PATH))
        except api.ApiError as error:
            raise _unread(error) from error
        except KnownError as error:
            if error.facts.get("reason") == "not_found":
                return None
            raise

    def beside(self, method: str, path: str, body: bytes, limit: int) -> bytes:
        """One request beside the exchange (contents of documents), which waits for nothing of it."""

        def ask() -> bytes:
            return self._transport.beside(method, path, body, self._authorised(path, body), limit)

        return self._in_time(ask)

    def _posted(self, body: bytes, wait: int = 0, path: str = api.PATH) -> bytes:
        def ask() -> bytes:
            return self._transport.post(body, self._authorised(path, body), wait, path)

        return self._in_time(ask)

    def _authorised(self, path: str, body: bytes) -> str:
        books, name = self._books, api.server_name(self._transport.url)
        device, org, now = self._job(lambda: (books.device, books.org, books.now_ms()))
        return api.authorise(device, org, name, path, now, body).header()

    def _in_time(self, ask: Callable[[], bytes]) -> bytes:
        """The answer; asked once more, with the server's time, when it says that ours is wrong."""
        try:
            return ask()
        except Refusal as refusal:
            if refusal.problem.code != "clock_wrong":
                raise told(refusal) from refusal
            server_ms = refusal.problem.time
        self._job(lambda: self._books.learn_time(server_ms))
        try:
            return ask()
        except Refusal as again:
            raise told(again) from again

    def _heard(self, answer: api.SyncAnswer) -> None:
        self._books.learn_time(answer.time)
        with self._store.transaction():
            self._store.put_secret(replica.LAST_HEARD, canon.pack(self._books.now_ms()))


def told(refusal: Refusal) -> KnownError:
    """The error for a refusal: its code in our words, the server's own as `reason`, and the seconds to wait."""
    code = refusal.problem.code
    return KnownError(_TOLD.get(code, "server_refused"), reason=code, wait=refusal.wait)


def _unread(error: api.ApiError) -> KnownError:
    return KnownError("server_too_new" if error.code == "update" else "server_refused", reason=str(error))
