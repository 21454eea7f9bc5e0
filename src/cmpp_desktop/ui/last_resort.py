"""What the window does when it hears from outside its own code: an error that nobody caught, Ctrl+C, a polite kill.

An error in a button's slot or in painting goes to the interpreter's hook, which only logs it; here the person is told too,
once for each place it comes from. SIGINT and SIGTERM close the window as its own button does, so that drafts are kept and
the store locks. Made by `app.run`; `release` puts the interpreter back as it was.
"""

from __future__ import annotations

import signal
import socket
import sys
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

from PySide6.QtCore import QObject, QSocketNotifier, Qt, Signal

from cmpp_desktop.ui.messages import mistake_code


class Uncaught(QObject):
    """Chains the hooks for errors that nobody caught; `tell(error)` hears of each place once, on the window thread."""

    _came = Signal(object)

    def __init__(self, tell: Callable[[BaseException], object], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._told: set[str] = set()
        self._tell = tell
        self._came.connect(self._heard, Qt.ConnectionType.QueuedConnection)  # never from within a paint event
        self._before = sys.excepthook, threading.excepthook
        sys.excepthook = self._caught
        threading.excepthook = self._caught_in_thread

    def release(self) -> None:
        sys.excepthook, threading.excepthook = self._before

    def _caught(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        self._before[0](kind, error, trace)
        self._came.emit(error)

    def _caught_in_thread(self, caught: Any) -> None:
        self._before[1](caught)
        if caught.exc_value is not None:
            self._came.emit(caught.exc_value)

    def _heard(self, error: BaseException) -> None:
        code = mistake_code(error)
        if code not in self._told:
            self._told.add(code)  # first: an error in the telling must not tell of itself for ever
            self._tell(error)


class Interrupts(QObject):
    """Ctrl+C in the terminal, or `kill`: calls `close` on the window thread.

    Python runs a signal's handler only between two of its own instructions, and Qt's loop may run none for a long time: the
    byte that the interpreter writes into a socket wakes it.
    """

    def __init__(self, close: Callable[[], object], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._close = close
        self._asked = False
        self._reader, self._writer = socket.socketpair()
        for end in (self._reader, self._writer):
            end.setblocking(False)
        self._before_fd = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        self._before = {number: signal.signal(number, self._signalled) for number in (signal.SIGINT, signal.SIGTERM)}
        self._notifier = QSocketNotifier(self._reader.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._woken)

    def release(self) -> None:
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(self._before_fd)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._reader.close()
        self._writer.close()

    def _signalled(self, number: int, frame: FrameType | None) -> None:
        self._asked = True

    def _woken(self) -> None:
        self._reader.recv(64)
        if self._asked:
            self._asked = False
            self._close()
