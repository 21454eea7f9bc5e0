"""In the way: nothing can go on before this. What happened, what is safe, what to do, and one more try."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QVBoxLayout, QWidget

from cmpp_desktop.ui.frame import Mark
from cmpp_desktop.ui.messages import Message
from cmpp_desktop.ui.page import Page, Ui
from cmpp_desktop.ui.pages.unlock import language_switch
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import Button, IconView, Label, announce, column, row


class StopPage(Page):
    """Shown in place of the way in when not even that can be shown. `again` looks once more."""

    place = "stop"

    def __init__(self, ui: Ui, message: Message, again: Callable[[], object]) -> None:
        super().__init__(ui)
        self._message = message
        self._again = Button(self.words("Try again"), kind="primary", key="Return", large=True, on=again)
        self.setLayout(self._whole())

    def title(self) -> str:
        return self._message.happened

    def first_focus(self) -> QWidget:
        announce(self, f"{self._message.happened} {self._message.text}")
        return self._again

    def _whole(self) -> QVBoxLayout:
        message = self._message
        title = row(IconView("file-warning", "danger", 22), Label(message.happened, "title", wrap=True), gap=12)
        title.setStretch(1, 1)
        safe = row(column(IconView("shield-check", "accent", 16), None), Label(message.safe, wrap=True), gap=8)
        safe.setStretch(1, 1)
        do = [Label(message.do, wrap=True)]
        if message.read_aloud:
            do.append(Label(message.read_aloud, tone="ink2", wrap=True))
        middle = QWidget()
        middle.setFixedWidth(look().px(560))
        middle.setLayout(column(title, 8, safe, 4, *do, 20, row(None, self._again), gap=6))
        top = row(Mark(), None, margins=(64, 48, 64, 0))
        bottom = row(None, language_switch(self.ui), margins=(64, 0, 64, 40))
        whole = column(top, None, row(None, middle, None), None, bottom, gap=0)
        whole.setStretch(1, 2)
        whole.setStretch(3, 3)
        return whole
