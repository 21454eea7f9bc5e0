"""An office in this process alone: the server behind HTTP's own client, and laptops that share it."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fastapi.testclient import TestClient

from cmpp_desktop.errors import KnownError
from cmpp_desktop.store.secrets import FileSecrets
from cmpp_desktop.sync.transport import HttpTransport, Transport, Way
from cmpp_desktop.workspace import Workspace
from cmpp_desktop.workspace.parts import Parts
from cmpp_server.app import create_app
from cmpp_server.settings import Settings
from tests.journeys.office import CHEAP

Connect = Callable[[str, str], Way]
Unproved = Callable[[str], Transport]


class Shared(HttpTransport):
    """All laptops speak through one client."""

    def close(self) -> None:
        pass


class Place:
    """A server in this process, and laptops that reach it; `moved`: how far all clocks are on."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.moved = folder, timedelta()
        self.url = f"http://127.0.0.1:{port}"
        settings = Settings(f"sqlite:///{folder / 'server.db'}", server_names=(f"127.0.0.1:{port}",), log_level="error")
        self.client = TestClient(create_app(settings, lambda: int(self.now().timestamp() * 1000)))
        self.unproved: list[str] = []

    def now(self) -> datetime:
        return datetime.now(UTC) + self.moved

    def laptop(self, name: str, *, own_authority: bool = False) -> Workspace:
        """`own_authority`: this laptop's system does not know who signed the server's certificate."""

        def connect(url: str, ca: str) -> Way:
            if own_authority:
                raise KnownError("server_unreachable", reason="ConnectError")
            return Shared(url, client=self.client)

        def unproved(url: str) -> Transport:
            self.unproved.append(url)
            return Shared(url, client=self.client)

        return self.door(self.folder / name, connect, unproved)

    def door(self, folder: Path, connect: Connect | None = None, unproved: Unproved | None = None) -> Workspace:
        """The workspace of any folder."""
        connect = connect or (lambda url, ca: Shared(url, client=self.client))
        return Workspace(folder, Parts(self.now, os.urandom, connect, FileSecrets(folder), CHEAP, unproved))
