"""An office in one process: workspaces as the window uses them, real files, a server process; cheap key derivation."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cmpp_desktop.bootstrap import connect
from cmpp_desktop.domain.questions import Organisation
from cmpp_desktop.store.secrets import FileSecrets
from cmpp_desktop.store.vault import Cost
from cmpp_desktop.workspace import Founding, Workspace
from cmpp_desktop.workspace.parts import Parts
from tests.journeys.proxy import Proxy
from tests.journeys.server import ServerProcess

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


@dataclass
class Pair:
    """Two laptops and their server. Denise administers and supervises, Ana is a caseworker; both know each other."""

    folder: Path
    port: int
    server: ServerProcess
    denise: Workspace
    ana: Workspace

    def sync_both(self) -> None:
        """Until both have everything."""
        for door in (self.ana, self.denise, self.ana):
            status = door.sync_now()
            assert status.problem is None, status.problem


def prepare(folder: Path) -> int:
    """Makes the folders of a pair, once; `pair_in` takes copies. Returns the port that both laptops know as the server's."""
    server = ServerProcess(f"sqlite:///{folder}/server.db", folder / "server.log")
    with server:
        denise, ana = founded(folder / "denise", server.url), laptop(folder / "ana")
        try:
            server.admin("org", "add", denise.access().organisation_id)
            assert denise.sync_now().problem is None
            denise.ask_for_digits(False)
            invitation = denise.invite("Ana Marroquín", "caseworker", denise.ask(Organisation()).teams[0][0])
            (folder / "invitation.cmppi").write_bytes(invitation.data)
            ana.enrol(invitation.data, "Blue ThinkPad", PASSPHRASE)
            for door in (ana, denise, ana):
                assert door.sync_now().problem is None
        finally:
            ana.close()
            denise.close()
        return int(server.url.rsplit(":", 1)[1])


@contextmanager
def pair_in(folder: Path, prepared: Path, port: int, *, unlocked: bool = True) -> Iterator[Pair]:
    """A copy of the prepared pair in an empty folder; its server is not started yet."""
    for name in ("ana", "denise"):
        shutil.copytree(prepared / name, folder / name)
    shutil.copy(prepared / "server.db", folder / "server.db")
    server = ServerProcess(f"sqlite:///{folder}/server.db", folder / "server.log", port=port)
    denise, ana = laptop(folder / "denise"), laptop(folder / "ana")
    try:
        if unlocked:
            denise.unlock(PASSPHRASE)
            ana.unlock(PASSPHRASE)
        yield Pair(folder, port, server, denise, ana)
    finally:
        ana.close()
        denise.close()
        server.stop()


@contextmanager
def network(pair: Pair, database: str = "") -> Iterator[tuple[ServerProcess, Proxy]]:
    """The pair's server (on another database, if one is named) behind a network that can break off."""
    url, allow = database or f"sqlite:///{pair.folder}/server.db", (pair.denise.access().organisation_id,)
    server = ServerProcess(url, pair.folder / "server.log", allow, names=(f"127.0.0.1:{pair.port}",))
    with server, Proxy(pair.port, server.port) as proxy:
        yield server, proxy
