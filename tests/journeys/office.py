"""An office in one process: workspaces as the window uses them, real files, a server process; cheap key derivation."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from cmpp_desktop.bootstrap import connect
from cmpp_desktop.domain.questions import Organisation
from cmpp_desktop.store.secrets import FileSecrets
from cmpp_desktop.store.vault import Cost
from cmpp_desktop.workspace import Founding, Workspace
from cmpp_desktop.workspace.parts import Parts

PASSPHRASE = "lantern quarry juniper ferry 47"
CHEAP = Cost(memory_kib=64, passes=1, lanes=1)


def laptop(folder: Path, clock: Callable[[], datetime] | None = None) -> Workspace:
    """A laptop whose device secret lies in a file."""
    now = clock or (lambda: datetime.now(UTC))
    return Workspace(folder, Parts(now, os.urandom, connect, FileSecrets(folder), CHEAP))


def founded(folder: Path, server: str, clock: Callable[[], datetime] | None = None) -> Workspace:
    """The first administrator's laptop, of Denise Okafor at Lantern Street Services."""
    door = laptop(folder, clock)
    door.found(Founding("Lantern Street Services", "Denise Okafor", "Team North", server, "Denise’s laptop", PASSPHRASE))
    return door


def team_of(door: Workspace) -> object:
    """The id of the first team."""
    return door.ask(Organisation()).teams[0][0]
