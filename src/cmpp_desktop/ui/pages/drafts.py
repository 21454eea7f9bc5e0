"""What is being typed is on this laptop within a second, and at once when somebody goes elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from PySide6.QtCore import QObject, QTimer

from cmpp_desktop.ui.page import Page

SAVE_AFTER_MS = 600


class DraftKeeper(QObject):
    """Keeps one text or form of a page. `saved(at)` is called when it is durable.

    `pack` gives the bytes and the number of words, or None for nothing to keep: then the draft is thrown away.
    """

    def __init__(
        self, page: Page, pack: Callable[[], tuple[bytes, int] | None], saved: Callable[[datetime], object] | None = None
    ) -> None:
        super().__init__(page)
        self._page = page
        self._pack = pack
        self._saved = saved
        self._key = ""
        self._title = ""
        self._participant: UUID | None = None
        self._dirty = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SAVE_AFTER_MS)
        self._timer.timeout.connect(self.flush)

    def keep_as(self, key: str, title: str, participant_id: UUID | None) -> None:
        """From now on this is the draft's name. What was not yet kept under the old name is kept first."""
        self.flush()
        self._key, self._title, self._participant = key, title, participant_id

    @property
    def key(self) -> str:
        return self._key

    def touched(self) -> None:
        """Something was typed."""
        self._dirty = True
        if not self._timer.isActive():
            self._timer.start()

    def flush(self) -> None:
        """Keeps it now, if there is anything new."""
        self._timer.stop()
        if not self._dirty or not self._key:
            return
        self._dirty = False
        packed = self._pack()
        key, title, participant, door = self._key, self._title, self._participant, self._page.ui.door
        if packed is None:
            self._page.ui.call(lambda: door.discard_draft(key))
            return
        body, words = packed
        self._page.ui.call(
            lambda: door.save_draft(key, body, title=title, participant_id=participant, words=words),
            self._was_saved,
            lambda error: self._not_saved(error),  # noqa: PLW0108 - not the method itself: heard even when the page has gone
            owner=None,
        )

    def drop(self) -> None:
        """It became a record: the draft is not needed any more."""
        self._timer.stop()
        self._dirty = False
        key, door = self._key, self._page.ui.door
        if key:
            self._page.ui.call(lambda: door.discard_draft(key))

    def _not_saved(self, error: BaseException) -> None:
        """A full disk, say: it is still to be kept, with the next key or when somebody goes elsewhere."""
        self._dirty = True
        self._page.ui.shell.trouble(error)

    def _was_saved(self, nothing: object) -> None:
        if self._saved is not None:
            self._saved(self._page.ui.now())
