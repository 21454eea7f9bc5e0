"""The sheet in which somebody decides what becomes of work that came too late, or from another copy of a laptop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from cmpp_desktop.ui.messages import message_for
from cmpp_desktop.ui.overlay import Overlay
from cmpp_desktop.ui.page import Ui
from cmpp_desktop.ui.pages.close_laptop import said_with
from cmpp_desktop.ui.pages.held_words import lines_of, title_of
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import Banner, Button, Label, column, row
from cmpp_desktop.words import zone_of
from cmpp_desktop.workspace import HeldWork


class HeldWorkSheet(Overlay):
    """`decided(work, decision)` is called once the decision is kept."""

    WIDTH = 640

    def __init__(
        self, window: QWidget, ui: Ui, work: HeldWork, decided: Callable[[HeldWork, Literal["take_in", "leave_out"]], object]
    ) -> None:
        words = ui.words
        name = title_of(work, words)
        super().__init__(window, name)
        self._ui, self._work, self._decided = ui, work, decided
        lines = lines_of(work, words, ui.today(), zone_of(ui.zone))
        self.later = Button(words("Not now"), key="Esc", large=True, on=self.close)
        self.leave = Button(words("Leave out"), key="Alt+L", large=True, on=lambda: self._decide("leave_out"))
        self.take = Button(words("Take in"), key="Alt+T", kind="primary", large=True, on=lambda: self._decide("take_in"))
        self.trouble = Banner("", tone="amber")
        self.trouble.hide()
        said = (said_with(icon, text) for icon, text in lines)
        buttons = row(self.later, None, self.leave, self.take, gap=8)
        self._body = column(Label(name, "title", wrap=True), *said, self.trouble, 8, buttons, gap=10, margins=(24, 20, 24, 20))
        self.sheet.setLayout(self._body)
        self.setAccessibleDescription(" ".join(text for _, text in lines))

    def open(self) -> None:
        super().open()
        self.later.setFocus(Qt.FocusReason.OtherFocusReason)

    def sheet_height(self) -> int:
        """As high as the words are at this width."""
        width = min(look().px(self.WIDTH), self.width() - look().px(32))
        return self._body.totalHeightForWidth(width)

    def _decide(self, decision: Literal["take_in", "leave_out"]) -> None:
        door, key = self._ui.door, self._work.key
        self._press(False)
        self._ui.call(lambda: door.decide_held(key, decision), lambda nothing: self._done(decision), self._failed, owner=self)

    def _press(self, may: bool) -> None:
        for button in (self.later, self.leave, self.take):
            button.setEnabled(may)

    def _done(self, decision: Literal["take_in", "leave_out"]) -> None:
        self.close()
        self._decided(self._work, decision)

    def _failed(self, error: BaseException) -> None:
        self._press(True)
        message = message_for(error, self._ui.words)
        self.trouble.show()
        self.trouble.tell(message.happened, message.text)
        self._place()
        self.later.setFocus()
