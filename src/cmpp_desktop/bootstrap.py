"""The one place where the real parts meet: this machine's clock, randomness, keyring and network."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cmpp_desktop.errors import KnownError
from cmpp_desktop.workspace import Workspace
from cmpp_desktop.workspace.laptop import Laptop
from cmpp_desktop.workspace.parts import Parts

if TYPE_CHECKING:
    from cmpp_desktop.sync.transport import Transport

SYNC = "/v1/sync"  # `api.PATH`, whose module is imported when it is needed


def workspace(folder: Path) -> Workspace:
    """The workspace of a profile folder, with everything real. Quick: nothing is opened yet."""
    parts = Parts(lambda: datetime.now(UTC), os.urandom, connect, connect_unproved=lambda url: Later(url, "", proved=False))
    return Workspace(folder, parts)


def laptop(base: Path) -> Laptop:
    """Everybody who works on this laptop, below one folder. As quick."""
    return Laptop(base, workspace)


def connect(url: str, ca: str) -> Transport:
    """A way to the server, over TLS (or plain http to this machine alone); its client is made when it is first used."""
    return Later(url, ca)


class Later:
    """A `Transport` that imports and makes the real one at the first request, so that unlocking does not wait for TLS."""

    def __init__(self, url: str, ca: str, *, proved: bool = True) -> None:
        self._url, self._ca, self._proved = url, ca, proved
        self._real: Transport | None = None
        self._closed = False

    @property
    def url(self) -> str:
        return self._made().url

    def post(self, body: bytes, authorisation: str, wait: int = 0, path: str = SYNC) -> bytes:
        """See `Transport.post`; also raises what a server's address or certificate authority is refused with."""
        return self._made().post(body, authorisation, wait, path)

    def beside(self, method: str, path: str, body: bytes, authorisation: str, limit: int) -> bytes:
        """See `Transport.beside`."""
        return self._made().beside(method, path, body, authorisation, limit)

    def close(self) -> None:
        self._closed = True
        if self._real is not None:
            self._real.close()

    def _made(self) -> Transport:
        if self._closed:
            raise KnownError("server_unreachable", reason="closed")
        if self._real is None:
            from cmpp_desktop.sync.transport import HttpTransport

            self._real = HttpTransport(self._url, self._ca, proved=self._proved)
        return self._real
