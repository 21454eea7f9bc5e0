"""Other programs that synchronise, beside which ours is measured; each in a folder of its own under build/bench/.

They are installed by the first row that needs them, from the package registries, and are no part of what we ship. Where that
cannot be done (no node, no network) a line says why, and the row is written without them.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from benchmarks.frame import ROOT

HERE = ROOT / "benchmarks"
BENCH = ROOT / "build" / "bench"
POUCHDB = ("pouchdb@9.0.0", "express-pouchdb@4.2.0", "express@4.21.2")
ODK = ("@getodk/xforms-engine@0.22.0", "jsdom")
ANKI = "anki==26.9.3"
MINUTES = 15
USER = "bench:bench"


@dataclass(frozen=True)
class Theirs:
    """Seconds of a peer's first push and pull of some documents, and of pushing and pulling 100 that changed."""

    push: float
    pull: float
    delta: float


@cache
def node_packages(name: str, packages: tuple[str, ...]) -> Path | None:
    """The folder in whose `node_modules` these packages are; None, and a line that says why, where they cannot be had."""
    folder = BENCH / name
    if shutil.which("node") is None:
        _missing(name, "there is no node here")
        return None
    if not (folder / "node_modules").exists():
        npm = shutil.which("npm")
        if npm is None:
            _missing(name, "there is no npm here")
            return None
        folder.mkdir(parents=True, exist_ok=True)
        if not _installed(name, [npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), *packages]):
            shutil.rmtree(folder / "node_modules", ignore_errors=True)
            return None
    return folder


@cache
def python_package(name: str, package: str) -> Path | None:
    """A Python that has this package, in an environment of its own; None, and a line that says why, where it cannot be had."""
    folder = BENCH / name / "venv"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    done = folder / "installed"
    if not done.exists():
        shutil.rmtree(folder, ignore_errors=True)
        if not _installed(name, [sys.executable, "-m", "venv", str(folder)]):
            return None
        if not _installed(name, [str(python), "-m", "pip", "install", "-qq", "--only-binary=:all:", package]):
            return None
        done.write_text(package, "utf-8")
    return python


def _installed(name: str, command: Sequence[str]) -> bool:
    print(f"    installing {name} …", flush=True)
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60 * MINUTES)
    except (OSError, subprocess.TimeoutExpired) as error:
        _missing(name, type(error).__name__)
        return False
    if done.returncode != 0:
        _missing(name, (done.stderr.strip().splitlines() or ["it cannot be installed"])[-1])
    return done.returncode == 0


def _missing(name: str, why: str) -> None:
    print(f"    {name} is left out: {why}", flush=True)


def pouchdb(documents: Path) -> Theirs | None:
    """PouchDB and express-pouchdb, both on LevelDB, over HTTP on this machine."""
    engine = node_packages("pouchdb", POUCHDB)
    if engine is None:
        return None
    program = str(shutil.copy(HERE / "pouchdb.mjs", engine))
    with _folder() as folder:
        (folder / "server").mkdir()
        (folder / "client").mkdir()
        serve = subprocess.Popen(
            ["node", program, "serve", str(folder / "server")], cwd=engine, stdout=subprocess.PIPE, text=True
        )
        with _running(serve):
            assert serve.stdout is not None
            url = serve.stdout.readline().strip()
            return _told(["node", program, "replicate", url, str(folder / "client"), str(documents)], engine)


def anki(documents: Path) -> Theirs | None:
    """Anki's own sync server, and Anki as its client, over HTTP on this machine."""
    python = python_package("anki", ANKI)
    if python is None:
        return None
    with _folder() as folder:
        (folder / "client").mkdir()
        port = _free_port()
        where = {"SYNC_USER1": USER, "SYNC_BASE": str(folder / "server"), "SYNC_HOST": "127.0.0.1", "SYNC_PORT": str(port)}
        environment = {**os.environ, **where, "RUST_LOG": "error"}
        serve = subprocess.Popen([str(python), "-m", "anki.syncserver"], env=environment, stderr=subprocess.DEVNULL)
        with _running(serve):
            _wait_for(port)
            url = f"http://127.0.0.1:{port}/"
            return _told([str(python), str(HERE / "anki_peer.py"), url, str(folder / "client"), str(documents)], folder)


def _told(command: Sequence[str], where: Path) -> Theirs:
    done = subprocess.run(command, check=False, cwd=where, capture_output=True, text=True, timeout=60 * MINUTES)
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-2000:])
    said: Mapping[str, float] = json.loads(done.stdout.splitlines()[-1])
    return Theirs(said["push"], said["pull"], said["delta"])


@contextmanager
def _folder() -> Iterator[Path]:
    BENCH.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="peer-", dir=BENCH) as folder:
        yield Path(folder)


@contextmanager
def _running(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)
        if process.stdout is not None:
            process.stdout.close()


def _free_port() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        port: int = made.getsockname()[1]
        return port


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the peer's server does not answer")
