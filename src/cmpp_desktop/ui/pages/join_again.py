"""The sheet that asks for the twelve words of a sealed invitation, when this laptop is let in again."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from cmpp_desktop.errors import KnownError
from cmpp_desktop.ui.messages import message_for
from cmpp_desktop.ui.overlay import Overlay
from cmpp_desktop.ui.page import Ui
from cmpp_desktop.ui.pages.first_run_words import WordsStep
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import column

ASKS = frozenset({"invitation_sealed", "invitation_words"})


class TwelveWords(Overlay):
    """`join(words)` does it where it may wait; `joined()` hears of it; `another()` asks for another file."""

    WIDTH = 640

    def __init__(
        self,
        window: QWidget,
        ui: Ui,
        join: Callable[[str], object],
        joined: Callable[[], object],
        another: Callable[[], object],
    ) -> None:
        super().__init__(window, ui.words("Twelve words go with this invitation"))
        self._ui, self._join, self._joined, self._another = ui, join, joined, another
        self.step = WordsStep(ui.words, self._opened, self._leave)
        self.step.typed.returnPressed.connect(lambda: self._opened(self.step.typed.text()))
        self._body = column(self.step, margins=(24, 20, 24, 20))
        self.sheet.setLayout(self._body)

    def open(self) -> None:
        super().open()
        self.step.ask("")

    def sheet_height(self) -> int:
        """As high as the words are at this width."""
        return self._body.totalHeightForWidth(min(look().px(self.WIDTH), self.width() - look().px(32)))

    def _opened(self, words: str) -> None:
        self._ui.call(lambda: self._join(words), lambda nothing: self._done(), self._failed, on="net", owner=self)

    def _leave(self) -> None:
        self.close()
        self._another()

    def _done(self) -> None:
        self.close()
        self._joined()

    def _failed(self, error: BaseException) -> None:
        if isinstance(error, KnownError) and error.code in ASKS:
            self.step.ask(message_for(error, self._ui.words).happened)
            self._place()
        else:
            self.close()
            self._ui.trouble(error)
