"""Several processes of one server on one machine: one processor runs one of them, and each has its share of the laptops.

The parent opens the port once for each worker and keeps it open: the system spreads connections over them, and those that
wait for a worker that died are answered by the one that takes its place. Nothing is shared between workers but the database
and the counters; what one has stored another sees when it looks (`poll_seconds`), as between machines. A worker that
never came up ends everything: it would not come up the next time either.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import threading
import traceback
from collections.abc import Callable, Sequence
from typing import NoReturn

from cmpp_server.settings import SettingsError

FAILED = 2  # the exit status of a server that could not start
Work = Callable[[socket.socket, Callable[[], None]], int]  # serves on its socket, calls when it is up; its exit status


def listen(host: str, port: int, workers: int) -> list[socket.socket]:
    """One listening socket for each worker, on the same port; port 0 takes a free one. Raises SettingsError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound: list[socket.socket] = []
    try:
        for _ in range(workers):
            bound.append(socket.create_server((host, port), family=family, backlog=1024, reuse_port=workers > 1))
            port = bound[0].getsockname()[1]
    except (OSError, ValueError) as error:
        for one in bound:
            one.close()
        shown = getattr(error, "strerror", None) or error
        raise SettingsError(f"cannot listen on {host}:{port}: {shown}") from error
    return bound


class Workers:
    """Runs `work` on each socket in a process of its own until it is told to stop, and replaces those that die; they stop when
    this process dies. `died` hears the process id of each. For the main thread of a process that has no other threads."""

    def __init__(self, sockets: Sequence[socket.socket], work: Work, died: Callable[[int], None]) -> None:
        self._sockets, self._work, self._died = sockets, work, died
        self._alive: dict[int, socket.socket] = {}
        self._up: set[int] = set()  # workers that have said that they serve
        self._stopping, self._status = False, 0
        self._heard, self._say = os.pipe()  # workers say their process id here, four bytes
        self._here, self._held = os.pipe()  # its end is held by the parent alone: a worker reads it to see whether that lives
        self._woken, self._wake = os.pipe()  # a byte for each signal

    def run(self, ready: Callable[[], None]) -> int:
        """The exit status: 0 when it was told to stop. `ready` is called once, when all are up."""
        for end in (self._heard, self._woken, self._wake):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # it only has to wake
        for signum in _STOPS:
            signal.signal(signum, self._stop)
        for one in self._sockets:
            self._start(one)
        was_ready = False
        while self._alive:
            select.select([self._heard, self._woken], [], [])
            _drained(self._woken)
            said = _drained(self._heard)
            self._up |= {int.from_bytes(said[at : at + 4], "big") for at in range(0, len(said), 4)}
            if not was_ready and not self._stopping and len(self._up) == len(self._sockets):
                was_ready = True
                ready()
            self._reap()
        return self._status

    def _reap(self) -> None:
        """Those that died, each replaced unless it never served."""
        while self._alive and (pid := os.waitpid(-1, os.WNOHANG)[0]):
            on, served = self._alive.pop(pid), pid in self._up
            self._up.discard(pid)
            self._died(pid)
            if not served and not self._stopping:
                self._status = FAILED
                self._stop()
            elif not self._stopping:
                self._start(on)

    def _start(self, on: socket.socket) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)  # what is meant for the child is not taken for the parent's
        pid = os.fork()
        if not pid:
            self._live(on)
        self._alive[pid] = on
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)

    def _live(self, on: socket.socket) -> NoReturn:
        status = FAILED
        try:
            signal.set_wakeup_fd(-1)
            for signum in (*_STOPS, signal.SIGCHLD):
                signal.signal(signum, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
            for other in self._sockets:
                if other is not on:
                    other.close()
            os.close(self._held)
            threading.Thread(target=self._outlive, daemon=True).start()
            status = self._work(on, lambda: _written(self._say, os.getpid()))
        except Exception:
            traceback.print_exc()
        finally:
            os._exit(status)  # nothing of the parent's is cleaned up here

    def _outlive(self) -> None:
        os.read(self._here, 1)  # returns when the parent is no more
        os.kill(os.getpid(), signal.SIGTERM)

    def _stop(self, *_: object) -> None:
        self._stopping = True
        for pid in list(self._alive):
            os.kill(pid, signal.SIGTERM)


_STOPS = (signal.SIGTERM, signal.SIGINT)


def _written(to: int, pid: int) -> None:
    os.write(to, pid.to_bytes(4, "big"))


def _drained(end: int) -> bytes:
    try:
        return os.read(end, 4096)
    except BlockingIOError:
        return b""
