"""Settings, Laptops: whether every laptop has to keep half of its key in its system's keyring. Administrators say it."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from cmpp_desktop.ui.page import Page
from cmpp_desktop.ui.widgets import Label, Tick, column, row


class KeyringPart(QWidget):
    """A tick with what it means below."""

    def __init__(self, page: Page, *, administers: bool) -> None:
        super().__init__()
        self._page, self._administers, self._telling = page, administers, False
        words = page.words
        self.wanted = Tick(words("Every laptop keeps half of its key in its system’s keyring"), on=self._choose)
        self.wanted.setEnabled(administers)
        note = Label(
            words(
                "Where there is no keyring, that half lies in a file, which whoever copies the whole disk copies too. While this "
                "is on, such a laptop does not open; nothing on it is lost, and it moves there by itself once there is one."
            ),
            "small",
            tone="ink2",
            wrap=True,
        )
        self.setLayout(column(row(self.wanted, None), note, gap=2, margins=(0, 0, 0, 0)))

    def let_choose(self, yes: bool) -> None:
        """Whether whoever sits here says it, on this laptop."""
        self._administers = yes
        self.wanted.setEnabled(yes)

    def reload(self) -> None:
        """Asks how it is."""
        self._page.call(self._page.ui.door.keyring_required, self._show)

    def _show(self, required: bool) -> None:
        self._telling = True
        self.wanted.setChecked(required)
        self._telling = False
        self.wanted.setEnabled(self._administers)

    def _choose(self, required: bool) -> None:
        if self._telling:
            return
        self.wanted.setEnabled(False)
        door = self._page.ui.door
        self._page.call(
            lambda: door.administration().require_keyring(required), lambda nothing: self.reload(), self._refused, on="net"
        )

    def _refused(self, error: BaseException) -> None:
        self._show(not self.wanted.isChecked())
        self._page.ui.trouble(error)
