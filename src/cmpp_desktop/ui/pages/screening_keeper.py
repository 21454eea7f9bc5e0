"""Keeps an interview while it is held: every answer is on its way to the store as it is given, and answers that are given
while one is being written go together in the next. `saved(at)` when durable; `alerts(names)` when the store made tasks.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from PySide6.QtCore import QObject, QTimer

from cmpp_desktop.errors import CmppError
from cmpp_desktop.ui.page import Page
from cmpp_desktop.workspace import OpenInterview

AGAIN_MS = 150
MOST_TRIES = 5


class InterviewKeeper(QObject):
    """One for the page; it follows the interview that is open."""

    def __init__(self, page: Page, saved: Callable[[datetime], object], alerts: Callable[[tuple[str, ...]], object]) -> None:
        super().__init__(page)
        self._page = page
        self._saved = saved
        self._alerts = alerts
        self._held: OpenInterview | None = None
        self._changes: Any = None
        self._dirty = False
        self._writing = False
        self._tries = 0
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(AGAIN_MS)
        self._again.timeout.connect(self._write)

    def follow(self, held: OpenInterview | None) -> None:
        """Another interview, or none. What is not yet kept of the one before is kept."""
        self._write()
        self._held = held
        self._dirty = False

    def touched(self, changes: Any = None) -> None:
        """Something was answered, marked or noted."""
        self._changes = changes
        self._dirty = True
        self._write()

    def _write(self) -> None:
        if not self._dirty or self._writing or self._held is None:
            return
        held, changes, door = self._held, self._changes, self._page.ui.door
        self._dirty = False
        self._writing = True
        self._page.ui.call(lambda: door.save_interview(held, changes), self._written, self._failed)

    def _written(self, names: tuple[str, ...]) -> None:
        self._writing = False
        self._tries = 0
        self._saved(self._page.ui.now())
        if names:
            self._alerts(tuple(names))
        self._write()

    def _failed(self, error: BaseException) -> None:
        """An answer that is given in the very moment of writing can be in the way: then it is written once more."""
        self._writing = False
        self._dirty = True
        self._tries += 1
        if isinstance(error, CmppError) or self._tries >= MOST_TRIES:
            self._tries = 0
            self._page.ui.trouble(error)
        else:
            self._again.start()
