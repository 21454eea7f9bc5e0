"""Unlock: nothing but the passphrase. What is wrong is said beside the field, and how long until the next try."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QWidget

from cmpp_desktop.errors import KnownError
from cmpp_desktop.ui.frame import Mark
from cmpp_desktop.ui.messages import Message, message_for
from cmpp_desktop.ui.page import Page, Ui
from cmpp_desktop.ui.pages.recovery import RecoverySteps
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import (
    Banner,
    Button,
    Field,
    IconView,
    Label,
    PassphraseField,
    announce,
    column,
    isolate,
    row,
    rule,
    scrolled,
)
from cmpp_desktop.words import LANGUAGES
from cmpp_desktop.workspace import Greeting

LANGUAGE_NAMES = {"en": "English", "es": "Español"}


def language_switch(ui: Ui) -> QHBoxLayout:
    """The languages of the interface, each in its own name; the one in force is plain text."""
    parts: list[QWidget] = []
    for code in LANGUAGES:
        if code == ui.words.language:
            parts.append(Label(LANGUAGE_NAMES[code], "small", tone="ink2"))
        else:
            parts.append(Button(LANGUAGE_NAMES[code], kind="quiet", small=True, flush=True, on=partial(ui.shell.speak, code)))
    return row(*parts, gap=16)


class UnlockPage(Page):
    """For somebody who has worked here before."""

    place = "unlock"

    def __init__(self, ui: Ui, greeting: Greeting) -> None:
        super().__init__(ui)
        self._greeting = greeting
        self._wait = 0
        self._busy = False
        self._second = QTimer(self)
        self._second.setInterval(1000)
        self._second.timeout.connect(self._tick)
        self._build()
        self._wait_for(greeting.wait_seconds, "")

    def title(self) -> str:
        return self.words("Unlock")

    def first_focus(self) -> QWidget:
        return self.passphrase.line

    # --- making it --------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        words, now = self.words, self.ui.now()
        first = self._greeting.person.split()[0] if self._greeting.person.strip() else ""
        hello = Label(good_day(self.ui, first), "page", wrap=True)
        day = Label(words("{day}. Not you?", day=words.long_date(now.date(), now.date())), tone="ink2")
        other = Button(words("Someone else"), kind="quiet", flush=True, on=self.ui.shell.whose.ask)
        self.passphrase = PassphraseField(words, large=True)
        self.passphrase.line.setAccessibleDescription(words("Opens the records on this laptop."))
        self.passphrase.entered.connect(self.unlock)
        self.button = Button(words("Unlock"), kind="primary", key="Return", large=True, on=self.unlock)
        self.field = Field(words("Passphrase"), self.passphrase, end=self.button)
        self.forgot = self._forgotten()
        self.notice = column(gap=0)
        middle = QWidget()
        middle.setFixedWidth(look().px(374))
        middle.setLayout(
            column(self.notice, hello, row(day, other, None, gap=4), 24, self.field, 8, rule(), 12, self.forgot, gap=4)
        )
        place = Label(
            words(
                "{laptop}, {organisation}. Everything on it stays sealed until you unlock.",
                laptop=isolate(self._greeting.laptop),
                organisation=isolate(self._greeting.organisation),
            ),
            "small",
            tone="ink2",
            wrap=True,
        )
        top = row(Mark(), None, margins=(64, 48, 64, 0))
        bottom = row(IconView("laptop", "ink2", 14), place, language_switch(self.ui), gap=8, margins=(64, 0, 64, 40))
        bottom.setStretch(1, 1)
        bottom.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        centre = column(None, row(None, middle, None), None, gap=0)
        centre.setStretch(0, 2)
        centre.setStretch(2, 3)
        self.recovery = RecoverySteps(self, self._remembered, once=False)
        self.recovery.setMaximumWidth(look().px(600))
        other_way = row(None, self.recovery, None, margins=(24, 16, 24, 16))
        other_way.setStretch(1, 100)
        self.stack = QStackedWidget()
        self.stack.addWidget(scrolled(centre, words("Unlock")))
        self.stack.addWidget(scrolled(column(None, other_way, None), words("Open this laptop without the passphrase")))
        whole = column(top, self.stack, bottom, gap=0)
        whole.setStretch(1, 1)
        self.setLayout(whole)

    def _forgotten(self) -> QWidget:
        words = self.words
        ask = Button(
            words("I forgot my passphrase"), flush=True, kind="quiet", icon="key-round", key="Alt+F", on=self._recover
        )
        help = Label(
            words("Your administrator can reopen this laptop by telephone. Nothing you wrote is lost."),
            "small",
            tone="ink2",
            wrap=True,
        )
        below = column(help, margins=(24, 0, 0, 0))
        holder = QWidget()
        holder.setLayout(column(row(ask, None), below, gap=0))
        return holder

    def _recover(self) -> None:
        self.passphrase.clear()
        self.stack.setCurrentIndex(1)
        self.recovery.begin()

    def _remembered(self) -> None:
        self.stack.setCurrentIndex(0)
        self.passphrase.line.setFocus()

    # --- doing it ---------------------------------------------------------------------------------------------------

    def unlock(self) -> None:
        """Tries the passphrase; keys are made elsewhere, the window stays alive."""
        text = self.passphrase.text()
        if not text or self._busy or self._wait:
            return
        self._busy = True
        self.button.setEnabled(False)
        self.button.set_text(self.words("Opening"))
        self._problem("")
        self._clear_notice()
        # Not on the store worker: that may still be importing, and the key is derived beside it.
        self.call(lambda: self.ui.door.unlock(text), self._opened, self._refused, on="work")

    def _opened(self, nothing: None) -> None:
        self.passphrase.clear()
        self.ui.shell.opened()

    def _refused(self, error: BaseException) -> None:
        self._busy = False
        self.button.setEnabled(True)
        self.button.set_text(self.words("Unlock"))
        message = message_for(error, self.words)
        if isinstance(error, KnownError) and message.level == "field":
            self.passphrase.line.selectAll()
            self._wait_for(int(error.facts.get("wait_seconds", 0)), error.code)
            if not self._wait:
                self._problem(message.happened, message.text)
        else:
            self.show_message(message)
        self.passphrase.line.setFocus()

    def _problem(self, text: str, safe: str = "") -> None:
        self.field.problem(text)
        self.field.say(safe)
        announce(self, f"{text} {safe}".strip())

    def _wait_for(self, seconds: int, code: str) -> None:
        self._wait, self._code = seconds, code or "wait_before_retry"
        self.button.setEnabled(not seconds)
        if seconds:
            message = message_for(KnownError(self._code, wait_seconds=seconds), self.words)
            self._problem(message.happened, message.text)
            self._second.start()

    def _tick(self) -> None:
        self._wait = max(self._wait - 1, 0)
        if self._wait:
            self.field.problem(message_for(KnownError(self._code, wait_seconds=self._wait), self.words).happened)
            return
        self._second.stop()
        self.button.setEnabled(True)
        self.field.problem("")
        self.field.say("")

    def show_message(self, message: Message) -> None:
        """Something other than the passphrase is in the way."""
        self.stack.setCurrentIndex(0)
        self._clear_notice()
        self.notice.addWidget(Banner(message.happened, message.text, tone="calm" if message.ours else "amber"))
        self.notice.addSpacing(look().px(24))

    def _clear_notice(self) -> None:
        while (item := self.notice.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()


def good_day(ui: Ui, name: str) -> str:
    """ "Good morning, Ana", by the hour."""
    hour = ui.now().hour
    words = ui.words
    if hour < 12:
        return words("Good morning, {name}", name=name) if name else words("Good morning")
    if hour < 18:
        return words("Good afternoon, {name}", name=name) if name else words("Good afternoon")
    return words("Good evening, {name}", name=name) if name else words("Good evening")
