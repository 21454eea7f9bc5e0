"""The one place where the real parts meet: this machine's clock, randomness, keyring and network."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cmpp_desktop import settings
from cmpp_desktop.errors import KnownError
from cmpp_desktop.workspace import Workspace
from cmpp_desktop.workspace.laptop import Laptop
from cmpp_desktop.workspace.parts import Parts

if TYPE_CHECKING:
    from cmpp_desktop.settings import Network
    from cmpp_desktop.sync.transport import Way

SYNC = "/v1/sync"  # `api.PATH`, whose module is imported when it is needed


def workspace(folder: Path, base: Path | None = None) -> Workspace:
    """The workspace of a profile folder, with everything real. Quick: nothing is opened yet. `base`: the laptop's folder, where
    the network that it stands in is said; None: the profile's own."""
    place = base or folder

    def network() -> Network:
        return settings.load_network(place)

    parts = Parts(
        lambda: datetime.now(UTC),
        os.urandom,
        lambda url, ca: Later(url, ca, network=network),
        connect_unproved=lambda url: Later(url, "", proved=False, network=network),
        network_folder=place,
    )
    return Workspace(folder, parts)


def laptop(base: Path) -> Laptop:
    """Everybody who works on this laptop, below one folder. As quick."""
    return Laptop(base, lambda folder: workspace(folder, base))


def connect(url: str, ca: str) -> Way:
    """A way to the server, over TLS (or plain http to this machine alone); its client is made when it is first used."""
    return Later(url, ca)


class Later:
    """A `Way` that imports and makes the real one at the first request, so that unlocking does not wait for TLS. `network`
    says then what this laptop stands in."""

    def __init__(self, url: str, ca: str, *, proved: bool = True, network: Callable[[], Network] = settings.Network) -> None:
        self._url, self._ca, self._proved, self._network = url, ca, proved, network
        self._real: Way | None = None
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

    def stop(self) -> None:
        """See `Way.stop`."""
        if self._real is not None:
            self._real.stop()

    def close(self) -> None:
        self._closed = True
        if self._real is not None:
            self._real.close()

    def _made(self) -> Way:
        if self._closed:
            raise KnownError("server_unreachable", reason="closed")
        if self._real is None:
            from cmpp_desktop.sync.transport import HttpTransport

            self._real = HttpTransport(self._url, self._ca, proved=self._proved, network=self._network())
        return self._real
