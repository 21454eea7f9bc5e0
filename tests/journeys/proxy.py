"""A network between laptops and server that breaks off after a chosen number of bytes, or lets something happen there."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Literal

Way = Literal["up", "down"]  # what laptops send; what the server answers


class Proxy:
    """Listens on `port` and hands every byte on to `target`. `cut(way, after)` breaks the next exchange off once so many
    bytes went that way; `happens` is called just before."""

    def __init__(self, port: int, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", port))
        self._guard = threading.Lock()
        self._cut: tuple[Way, int, Callable[[], None]] | None = None
        self._passed = {"up": 0, "down": 0}
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self.cuts = 0
        self._start(self._accept)

    def cut(self, way: Way, after: int, happens: Callable[[], None] = lambda: None) -> None:
        """Counts from now."""
        with self._guard:
            self._passed = {"up": 0, "down": 0}
            self._cut = (way, after, happens)

    def heal(self) -> None:
        with self._guard:
            self._passed = {"up": 0, "down": 0}
            self._cut = None

    def passed(self, way: Way) -> int:
        """Bytes since the last `cut` or `heal`."""
        with self._guard:
            return self._passed[way]

    def __enter__(self) -> Proxy:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        # shutdown wakes the threads that wait in accept and recv; close alone does not
        with self._guard:
            closing = [self._listener, *self._open]
        for one in closing:
            _end(one)
        for thread in self._threads:
            thread.join(20)

    def _start(self, job: Callable[[], None]) -> None:
        thread = threading.Thread(target=job, name="proxy")
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._target))
            except OSError:  # no server there: as if nobody listened
                near.close()
                continue
            with self._guard:
                self._open |= {near, far}
            self._start(lambda near=near, far=far: self._carry("up", near, far))  # type: ignore[misc]  # bound now
            self._start(lambda near=near, far=far: self._carry("down", far, near))  # type: ignore[misc]  # bound now

    def _carry(self, way: Way, source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(16_384):
                let, happens = self._let(way, len(data))
                sink.sendall(data[:let])
                if happens is not None:
                    happens()
                    break
        except OSError:
            pass
        finally:
            for one in (source, sink):
                _end(one)
            with self._guard:
                self._open -= {source, sink}

    def _let(self, way: Way, size: int) -> tuple[int, Callable[[], None] | None]:
        """How many of these bytes go on, and what happens when it is cut there."""
        with self._guard:
            before = self._passed[way]
            self._passed[way] += size
            if self._cut is None or self._cut[0] != way or before + size <= self._cut[1]:
                return size, None
            _, after, happens = self._cut
            self._cut = None
            self.cuts += 1
            return after - before, happens


def _end(one: socket.socket) -> None:
    try:
        one.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    finally:
        one.close()
