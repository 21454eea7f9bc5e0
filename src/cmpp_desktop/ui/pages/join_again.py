"""The sheets with which this laptop is let in again: by words or a QR code, whose invitation waits at the server, or by a file,
whose twelve words are asked for where it is sealed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QScrollArea, QWidget

from cmpp_desktop.errors import KnownError
from cmpp_desktop.ui.messages import message_for
from cmpp_desktop.ui.overlay import Overlay
from cmpp_desktop.ui.page import Ui
from cmpp_desktop.ui.pages.first_run_fetch import FetchStep
from cmpp_desktop.ui.pages.first_run_words import WordsStep
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import Banner, Button, TextField, column, scrolled
from cmpp_desktop.workspace import FetchedInvitation, InvitationInfo

ASKS = frozenset({"invitation_sealed", "invitation_words"})


class _Sheet(Overlay):
    """Holds one step, as high as its words are; `_end(then)` closes it and goes on."""

    WIDTH = 640
    TALL = 0  # in a window lower than this the step scrolls

    def __init__(self, window: QWidget, ui: Ui, name: str) -> None:
        super().__init__(window, name)
        self._ui = ui
        self.trouble = Banner("", tone="amber")
        self.trouble.hide()
        self._area: QWidget | None = None

    def _hold(self, step: QWidget) -> None:
        self._body = column(step, self.trouble, gap=12, margins=(24, 20, 24, 20))
        if self.window().height() < look().px(self.TALL):
            self._area = scrolled(column(self._body, None), self.accessibleName())
        self.sheet.setLayout(column(self._area) if self._area is not None else self._body)

    def sheet_height(self) -> int:
        return self._body.totalHeightForWidth(min(look().px(self.WIDTH), self.width() - look().px(32)))

    def focusNextPrevChild(self, next: bool) -> bool:
        super().focusNextPrevChild(next)
        here = self.focusWidget()
        if here is not None and isinstance(self._area, QScrollArea):
            self._area.ensureWidgetVisible(here)
        return True

    def stops(self) -> list[QWidget]:
        return [*self.findChildren(TextField), *self.findChildren(Button)]

    def _end(self, then: Callable[[], object]) -> None:
        self.close()
        then()


class ByWords(_Sheet):
    """`server`: where this laptop knows it to be. `join(data, words)` does it where it may wait; `joined()` hears of it;
    `a_file()` asks for a file instead."""

    TALL = 480

    def __init__(
        self,
        window: QWidget,
        ui: Ui,
        server: str,
        join: Callable[[bytes, str], object],
        joined: Callable[[], object],
        a_file: Callable[[], object],
    ) -> None:
        super().__init__(window, ui, ui.words("Join again with an invitation"))
        self._join, self._joined = join, joined
        other = ui.words("Open a file instead")
        self.step = FetchStep(ui, self._fetched, self._failed, lambda: self._end(a_file), other=other, told=self._told)
        if server:
            self.step.server.setText(server)
        for field in (self.step.typed, self.step.server):
            field.returnPressed.connect(self.step.ask)
        self._hold(self.step)

    def open(self) -> None:
        super().open()
        self.step.typed.setFocus(Qt.FocusReason.OtherFocusReason)

    def _told(self) -> None:
        """Something else stands below a field: the sheet has another height."""
        self.trouble.hide()
        self._place()

    def _fetched(self, fetched: FetchedInvitation, info: InvitationInfo) -> None:
        self.step.fetch.setEnabled(False)
        self._ui.call(
            lambda: self._join(fetched.data, fetched.words),
            lambda nothing: self._end(self._joined),
            self._failed,
            on="net",
            owner=self,
        )

    def _failed(self, error: BaseException) -> None:
        """What was typed stays."""
        self.step.fetch.setEnabled(True)
        message = message_for(error, self._ui.words)
        self.trouble.show()
        self.trouble.tell(message.happened, message.text)
        self._place()
        self.step.typed.setFocus()


class TwelveWords(_Sheet):
    """`join(words)` does it where it may wait; `joined()` hears of it; `another()` asks for another file."""

    def __init__(
        self,
        window: QWidget,
        ui: Ui,
        join: Callable[[str], object],
        joined: Callable[[], object],
        another: Callable[[], object],
    ) -> None:
        super().__init__(window, ui, ui.words("Twelve words go with this invitation"))
        self._join, self._joined = join, joined
        self.step = WordsStep(ui.words, self._opened, lambda: self._end(another))
        self.step.typed.returnPressed.connect(lambda: self._opened(self.step.typed.text()))
        self._hold(self.step)

    def open(self) -> None:
        super().open()
        self.step.ask("")

    def _opened(self, words: str) -> None:
        self._ui.call(
            lambda: self._join(words), lambda nothing: self._end(self._joined), self._failed, on="net", owner=self
        )

    def _failed(self, error: BaseException) -> None:
        if isinstance(error, KnownError) and error.code in ASKS:
            self.step.ask(message_for(error, self._ui.words).happened)
            self._place()
        else:
            self._end(lambda: self._ui.trouble(error))
