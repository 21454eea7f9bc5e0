"""A network between laptops and server that breaks off after a chosen number of bytes, or lets something happen there."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Literal

from tests.sync.between import HERE, Listener, end

Way = Literal["up", "down"]  # what laptops send; what the server answers


class Proxy(Listener):
    """Listens on `port` and hands every byte on to `target`. `cut(way, after)` breaks the next exchange off once so many
    bytes went that way; `happens` is called just before."""

    def __init__(self, port: int, target: int) -> None:
        self._target = target
        self._guard = threading.Lock()
        self._cut: tuple[Way, int, Callable[[], None]] | None = None
        self._passed = {"up": 0, "down": 0}
        self.cuts = 0
        super().__init__(port)

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
        self.close()

    def serve(self, near: socket.socket) -> None:
        far = socket.create_connection((HERE, self._target))  # no server there: as if nobody listened here either
        self._open.append(far)
        self._start(lambda: self._carry("up", near, far))
        self._carry("down", far, near)

    def _carry(self, way: Way, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(16_384):
                let, happens = self._let(way, len(data))
                sink.sendall(data[:let])
                if happens is not None:
                    happens()
                    break
        for one in (source, sink):
            end(one)

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
