"""What arrived from other laptops becomes findable: a small part at a time, while nobody waits for the store.

`start()` after signing in and after everything that arrives; it goes on by itself until the index of texts is complete. A part is
one transaction: a program that is killed between two goes on where it was. What fails is tried again with the next `start()`.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from cmpp_desktop.ui.page import Ui

PART = 200  # records at once: some hundredths of a second
PAUSE_MS = 60  # between two parts, and before it is looked again whether the store has nothing to do


class CatchingUp(QObject):
    """`read` says after each part how many records were looked at."""

    read = Signal(int)

    def __init__(self, ui: Ui, parent: QObject) -> None:
        super().__init__(parent)
        self._ui = ui
        self._under_way = False
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(PAUSE_MS)
        self._soon.timeout.connect(self._part)

    def start(self) -> None:
        """Begins, unless it is at it already."""
        if not self._under_way:
            self._soon.start()

    def stop(self) -> None:
        """No further part: somebody locks, or the program ends."""
        self._soon.stop()

    def _part(self) -> None:
        if self._ui.me is None:
            return
        if self._ui.bridge.running:
            self._soon.start()
            return
        self._under_way = True
        self._ui.bridge.run(lambda: self._ui.door.index_texts(PART), self._over, lambda error: self._over(0), owner=self)

    def _over(self, done: int) -> None:
        self._under_way = False
        if done:
            self.read.emit(done)
            self._soon.start()
