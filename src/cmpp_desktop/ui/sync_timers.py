"""When the window exchanges by itself: soon after something was written, every half minute otherwise, and not while the server
asked to be left alone. A person who presses *Sync now* is never kept waiting by this."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from cmpp_desktop.workspace.views import SyncStatus

SOON_MS = 2_000


class SyncTimers(QObject):
    """`seconds` between two exchanges; 0: none by itself (tests, demonstrations)."""

    def __init__(self, seconds: int, sync: Callable[[], None], parent: QObject) -> None:
        super().__init__(parent)
        self._usual, self._left_alone = seconds * 1000, False
        self.soon, self.often = QTimer(self), QTimer(self)
        self.soon.setSingleShot(True)
        self.soon.setInterval(SOON_MS)
        for timer in (self.soon, self.often):
            timer.timeout.connect(sync)

    def begin(self) -> None:
        """Somebody has signed in."""
        self._left_alone = False
        if self._usual:
            self.often.start(self._usual)
            self.soon.start()

    def changed(self) -> None:
        """Something was written here."""
        if self._usual and not self._left_alone:
            self.soon.start()

    def heard(self, status: SyncStatus) -> None:
        """What came of an exchange: when the next one is."""
        if not self.often.isActive():
            return  # it was locked meanwhile, or never exchanges by itself
        self._left_alone = status.problem == "server_busy"
        if self._left_alone:
            self.soon.stop()
        self.often.start(self._usual if status.retry_in is None else int(status.retry_in * 1000))

    def stop(self) -> None:
        """Nobody is signed in."""
        self.soon.stop()
        self.often.stop()
