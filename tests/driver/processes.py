"""Processes of our own programs, forked from one that has imported them already: most of a start is imports, over two seconds.

Where the start itself is the story (tests/server/test_process.py, the story of one visit), `anew` makes it from nothing.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO, Any, TypeAlias

ROOT = Path(__file__).resolve().parents[2]
CAN_FORK = sys.platform == "linux"  # elsewhere the system's libraries do not bear it

# What is imported before the fork: whatever the program would import until it is at work.
LAPTOP = (
    "cmpp_desktop.bootstrap",
    "cmpp_desktop.workspace.profile",
    "cmpp_desktop.workspace.interviews",
    "cmpp_desktop.store.queries",
    "cmpp_desktop.forms",
    "cmpp_desktop.sync.transport",
    "httpcore",
)
WINDOW = ("app", "overlay", "palette", *(f"pages.{name}" for name in ("unlock", "today", "people", "participant", "settings")))
SERVING = ("loops.uvloop", "lifespan.on", "protocols.http.httptools_impl", "protocols.websockets.auto")
IMPORTS = {
    "cmpp_server": ("cmpp_server.admin", "anyio._backends._asyncio", *(f"uvicorn.{name}" for name in SERVING)),
    "tests.driver.host": (*LAPTOP, "tests.driver.screen", "cmpp_desktop.cli", *(f"cmpp_desktop.ui.{name}" for name in WINDOW)),
    "tests.journeys.worker": (*LAPTOP, "tests.journeys.office"),
    "tests.journeys.stick_worker": (*LAPTOP, "tests.journeys.office"),
    "tests.journeys.private": (*LAPTOP, "tests.journeys.office"),
}


class Forked:
    """A process out of the nest: what `subprocess.Popen` offers, as far as it is used here."""

    def __init__(self, pid: int, status: int, stdin: IO[str], stdout: IO[str], stderr: IO[str] | None) -> None:
        """`status`: a pipe from which its exit status comes."""
        self.pid, self.stdin, self.stdout, self.stderr = pid, stdin, stdout, stderr
        self.returncode: int | None = None
        self._status = status

    def poll(self) -> int | None:
        """Its exit status, negative for a signal; None while it runs."""
        return self._look(0)

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status. Raises subprocess.TimeoutExpired after so many seconds."""
        status = self._look(timeout)
        if status is None:
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
        return status

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _look(self, seconds: float | None) -> int | None:
        if self.returncode is None and select.select([self._status], [], [], seconds)[0]:
            self.returncode = int(os.read(self._status, 16))
            os.close(self._status)
        return self.returncode


Started: TypeAlias = "Forked | subprocess.Popen[str]"


def start(
    module: str,
    *arguments: str,
    stderr: IO[bytes] | int = subprocess.PIPE,
    environment: Mapping[str, str] | None = None,
    prefix: tuple[str, ...] = (),
    anew: bool = False,
) -> Started:
    """`python -m module …` at the root of the repository, its input and output in pipes of text.

    `prefix`: words before it in the command line; such a one is started anew. The caller waits for it and calls `close`.
    """
    paths = os.pathsep.join((str(ROOT), str(ROOT / "src")))
    environment = {**os.environ, "PYTHONPATH": paths, **(environment or {})}
    if CAN_FORK and not anew and not prefix:
        return _hatched({"module": module, "arguments": arguments, "environment": environment}, stderr)
    command = [*prefix, sys.executable, "-m", module, *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdin=pipe, stdout=pipe, stderr=stderr, text=True)


def close(process: Started) -> None:
    """Closes the pipes of a process that has ended."""
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with suppress(BrokenPipeError):  # something was still in it
                pipe.close()


def _hatched(order: dict[str, Any], stderr: IO[bytes] | int) -> Forked:
    (stdin, given), (told, stdout), (status, awaited) = (os.pipe() for _ in range(3))
    complaints = None
    if stderr == subprocess.PIPE:
        complaints, errors = os.pipe()
    elif stderr == subprocess.DEVNULL:
        errors = os.open(os.devnull, os.O_WRONLY)
    else:
        errors = os.dup(stderr if isinstance(stderr, int) else stderr.fileno())
    nest, its = _nest(), (stdin, stdout, errors, awaited)
    order["imports"] = IMPORTS.get(order["module"], ())
    socket.send_fds(nest, [json.dumps(order).encode()], its)
    for file in its:
        os.close(file)
    pid = nest.recv(16)
    if not pid:
        raise RuntimeError(f"the nest is gone: it could not import {order['imports']}")
    streams = (open(given, "w"), open(told), None if complaints is None else open(complaints))  # noqa: SIM115 - `close` does
    return Forked(int(pid), status, *streams)


@cache
def _nest() -> socket.socket:
    """The way to this process's nest, which ends when the way is closed."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with its:
        command = [sys.executable, "-m", "tests.driver.nest", str(its.fileno())]
        nest = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, pass_fds=[its.fileno()]
        )

    def end() -> None:
        ours.close()
        nest.wait(20)

    atexit.register(end)
    return ours
