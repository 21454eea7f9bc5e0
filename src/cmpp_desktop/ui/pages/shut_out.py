"""A laptop that was closed or has left: what happened, what is safe, whom to call. It opens only with the recovery kit, or makes
room for a new invitation."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from cmpp_desktop.ui.frame import Mark
from cmpp_desktop.ui.messages import Message
from cmpp_desktop.ui.page import Page, Ui
from cmpp_desktop.ui.pages.recovery import RecoverySteps
from cmpp_desktop.ui.pages.unlock import language_switch
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import Banner, Button, IconView, Label, announce, column, isolate, row, rule, scrolled
from cmpp_desktop.workspace import Greeting


class ShutOutPage(Page):
    """In place of unlocking."""

    place = "shut_out"

    def __init__(self, ui: Ui, greeting: Greeting) -> None:
        super().__init__(ui)
        self._greeting = greeting
        self.recovery = RecoverySteps(self, self._leave_recovery, once=True)
        self.stack = QStackedWidget()
        for part in (self._said(), self.recovery):
            self.stack.addWidget(_in_the_middle(part, self.title()))
        top = row(Mark(), None, margins=(64, 48, 64, 0))
        bottom = row(IconView("laptop", "ink2", 14), self._place(), language_switch(ui), gap=8, margins=(64, 0, 64, 40))
        bottom.setStretch(1, 1)
        whole = column(top, self.stack, bottom, gap=0)
        whole.setStretch(1, 1)
        self.setLayout(whole)

    def title(self) -> str:
        words = self.words
        return words("This laptop was closed") if self._greeting.shut == "revoked" else words("This laptop has left")

    def first_focus(self) -> QWidget:
        announce(self, f"{self.title()}. {self._happened} {self._safe}")
        return self.open

    # --- making it --------------------------------------------------------------------------------------------------

    def _what_to_do(self) -> str:
        words, organisation = self.words, isolate(self._greeting.organisation)
        if self._greeting.shut == "revoked":
            self._happened = words(
                "An administrator of {organisation} closed it, as one does when a laptop is lost.", organisation=organisation
            )
            self._safe = words("What was sent before is with your team. What was not sent yet stays here, sealed.")
            return words("Call your administrator, also when you have only found it again: they invite you anew.")
        self._happened = words("It belongs to {organisation} no longer.", organisation=organisation)
        self._safe = words("Everything written on it was sent before. Drafts and scanned documents stay here, sealed.")
        return words("If you need it again, ask an administrator for an invitation.")

    def _said(self) -> QWidget:
        words, do = self.words, self._what_to_do()
        self.notice = Banner("", tone="amber")
        self.notice.hide()
        self.open = Button(words("Open it with the recovery kit"), icon="key-round", key="Alt+K", large=True, on=self._recover)
        join = words("Join again with an invitation")
        self.anew = Button(join, icon="file-lock", key="Alt+J", large=True, on=self._begin_again)
        self.away = Button(words("Take it off this list"), icon="x", key="Alt+T", kind="quiet", on=self._take_away)
        self.others = Button(words("Someone else"), icon="users", key="Alt+E", kind="quiet", on=self.ui.shell.whose.ask)
        for button in (self.away, self.others):
            button.setVisible(self.ui.shell.whose.several)
        held = QWidget()
        held.setLayout(
            column(
                self.notice,
                row(IconView("lock-keyhole", "ink2", 28), None),
                Label(self.title(), "page", wrap=True),
                Label(self._happened, "large", tone="ink2", wrap=True),
                12,
                _line("shield-check", self._safe),
                _line("phone", do),
                16,
                row(self.open, self.anew, None, gap=12),
                row(self.others, self.away, None, gap=12),
                8,
                rule(),
                8,
                Label(
                    words(
                        "No passphrase opens it any more. With the recovery kit it opens once, to read and print what was not "
                        "sent. Joining again puts what it holds into a folder beside, still sealed for the kit."
                    ),
                    "small",
                    tone="ink2",
                    wrap=True,
                ),
                gap=8,
            )
        )
        return held

    def _place(self) -> Label:
        greeting = self._greeting
        return Label(
            self.words("{laptop}, {organisation}", laptop=isolate(greeting.laptop), organisation=isolate(greeting.organisation)),
            "small",
            tone="ink2",
            wrap=True,
        )

    # --- doing it ---------------------------------------------------------------------------------------------------

    def _recover(self) -> None:
        self.stack.setCurrentIndex(1)
        self.recovery.begin()

    def _leave_recovery(self) -> None:
        self.stack.setCurrentIndex(0)
        self.open.setFocus()

    def _take_away(self) -> None:
        """Several people work here and this one no longer does: what it held goes into a folder beside, sealed."""
        self.away.setEnabled(False)
        self.call(self.ui.door.begin_again, lambda folder: self.ui.shell.whose.ask(), self._not_aside)

    def _begin_again(self) -> None:
        self.anew.setEnabled(False)
        self.call(self.ui.door.begin_again, self._aside, self._not_aside)

    def _aside(self, folder: Path) -> None:
        self.ui.shell.way_in()

    def _not_aside(self, error: BaseException) -> None:
        self.anew.setEnabled(True)
        self.away.setEnabled(True)
        self.ui.trouble(error)

    def show_message(self, message: Message) -> None:
        """Something is in the way."""
        self.notice.show()
        self.notice.tell(message.happened, message.text)


def _line(icon: str, text: str) -> QVBoxLayout:
    line = row(column(IconView(icon, "accent", 16), None, margins=(0, 2, 0, 0)), Label(text, wrap=True), gap=8)
    line.setStretch(1, 1)
    return column(line)


def _in_the_middle(part: QWidget, name: str) -> QWidget:
    part.setMaximumWidth(look().px(600))
    line = row(None, part, None, margins=(24, 24, 24, 24))
    line.setStretch(1, 100)
    centre = column(None, line, None, gap=0)
    centre.setStretch(0, 2)
    centre.setStretch(2, 3)
    return scrolled(centre, name)
