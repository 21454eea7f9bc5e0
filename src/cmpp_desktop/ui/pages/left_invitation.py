"""Settings, Laptops: an invitation that waits at the server: twelve words, a QR code, the sheet to print. Shown this once."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QWidget

from cmpp_desktop.ui.page import Page
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import Button, Label, QrCode, announce, column, isolate, row
from cmpp_desktop.workspace import InvitationSheetRequest, LeftInvitation

NARROW = 900  # pixels of the window at 100 %


class LeftPart(QWidget):
    """`show_left(…)`, and `forget()` when it is no longer of use."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        words = page.words
        self._page = page
        self._left: LeftInvitation | None = None
        self.code = QrCode(words("QR code of this invitation"))
        self.server = Label("", weight="medium", wrap=True)
        self.twelve = Label("", "large", weight="medium", wrap=True)
        for label in (self.server, self.twelve):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.paper = Button(words("Show the sheet to print"), icon="printer", key="Ctrl+P", on=self._show_paper)
        how = words(
            "Read the address and the words out by telephone, or let a telephone read the QR code, which says both. Whoever has "
            "either can join once. They are shown this once."
        )
        beside = column(
            Label(words("Address of the server"), "small", tone="ink2"),
            self.server,
            8,
            Label(words("The twelve words"), "small", tone="ink2"),
            self.twelve,
            8,
            Label(how, tone="ink2", wrap=True),
            row(self.paper, None),
            None,
            gap=4,
        )
        self._whole = row(column(self.code, None), beside, gap=16)
        self._whole.setStretch(1, 1)
        self.setLayout(self._whole)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._turn()

    def _turn(self) -> None:
        """Where the room is narrow the words stand below the code."""
        narrow = self.window().width() / look().scale < NARROW
        self._whole.setDirection(QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight)

    def show_left(self, left: LeftInvitation) -> None:
        self._left = left
        self._turn()
        self.code.show_modules(left.modules)
        self.server.setText(isolate(left.server))
        self.twelve.setText("   ".join(f"{number}\u00a0{word}" for number, word in enumerate(left.words, 1)))
        self.show()
        self._page.ui.say(self._page.words("The invitation waits at the server."))
        announce(self.twelve, f"{left.server} {' '.join(left.words)}")

    def forget(self) -> None:
        """Takes the secret off the screen."""
        self._left = None
        self.code.show_modules(())
        self.server.setText("")
        self.twelve.setText("")
        self.hide()

    def _show_paper(self) -> None:
        if self._left is not None:
            self._page.ui.go("pdf", request=InvitationSheetRequest(self._left, self._page.words.language))
