"""The one place where the real parts meet: this machine's clock, randomness, keyring and network."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cmpp_desktop.workspace import Workspace
from cmpp_desktop.workspace.parts import Parts

if TYPE_CHECKING:
    from cmpp_desktop.sync.transport import Transport


def workspace(folder: Path) -> Workspace:
    """The workspace of a profile folder, with everything real. Quick: nothing is opened yet."""
    return Workspace(folder, Parts(clock=lambda: datetime.now(UTC), randomness=os.urandom, connect=connect))


def connect(url: str, ca: str) -> Transport:
    """A way to the server, over TLS (or plain http to this machine alone)."""
    from cmpp_desktop.sync.transport import HttpTransport

    return HttpTransport(url, ca)
