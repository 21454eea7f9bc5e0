"""A bare HTTP server, the floor of sync: `python -m benchmarks.sink FILE` prints its address and serves until it is stopped.

POST takes bundles, each after its length (4 bytes), and keeps each as one row of plain SQLite, committed in one transaction
with WAL and synchronous=FULL before it answers. GET gives all of the last POST back. It checks nothing.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn

Message = dict[str, Any]


class Sink:
    """The ASGI application."""

    def __init__(self, path: str) -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")
        self._database.execute("CREATE TABLE IF NOT EXISTS bundle(post INTEGER, n INTEGER, body BLOB, PRIMARY KEY(post, n))")
        self._post = 0

    async def __call__(
        self, scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        if scope["type"] != "http":
            return
        body = b""
        if scope["method"] == "POST":
            self._keep(await _whole(receive))
        else:
            body = self._all()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(body)).encode())]})
        await send({"type": "http.response.body", "body": body})

    def _keep(self, data: bytes) -> None:
        self._post += 1
        rows: list[tuple[int, int, bytes]] = []
        at = 0
        while at < len(data):
            end = at + 4 + int.from_bytes(data[at : at + 4], "big")
            rows.append((self._post, len(rows), data[at + 4 : end]))
            at = end
        self._database.execute("BEGIN IMMEDIATE")
        self._database.executemany("INSERT INTO bundle VALUES (?,?,?)", rows)
        self._database.execute("COMMIT")

    def _all(self) -> bytes:
        rows = self._database.execute("SELECT body FROM bundle WHERE post=? ORDER BY n", (self._post,))
        return b"".join(len(row[0]).to_bytes(4, "big") + row[0] for row in rows)


async def _whole(receive: Callable[[], Awaitable[Message]]) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


class Server(uvicorn.Server):
    """Says where it listens."""

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        port = self.servers[0].sockets[0].getsockname()[1]
        print(f"http://127.0.0.1:{port}/", flush=True)


if __name__ == "__main__":
    Server(uvicorn.Config(Sink(sys.argv[1]), host="127.0.0.1", port=0, log_level="error", lifespan="off")).run()
