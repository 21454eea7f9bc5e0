"""Opening a laptop without its passphrase: over the telephone, or with the printed recovery kit.

Over the telephone this laptop shows 52 signs, somebody with the kit types them in Settings, Recovery, and reads 26 back. Then, or
with the 28 signs of the kit itself, a new passphrase is chosen. A laptop that was shut out takes none: it opens this once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QWidget

from cmpp_desktop.errors import Invalid, KnownError
from cmpp_desktop.ui.messages import message_for
from cmpp_desktop.ui.page import Page
from cmpp_desktop.ui.pages.strength_words import ENOUGH, advice_words
from cmpp_desktop.ui.widgets import (
    Banner,
    Button,
    Field,
    Label,
    PassphraseField,
    Radio,
    Signs,
    TextField,
    announce,
    column,
    row,
)
from cmpp_desktop.words import Words


class RecoverySteps(QWidget):
    """Part of a page of the way in. `back()` goes to where it came from; `once`: no new passphrase."""

    def __init__(self, page: Page, back: Callable[[], object], *, once: bool) -> None:
        super().__init__()
        self._page, self._back, self._once, self._busy = page, back, once, False
        self._check = QTimer(self)
        self._check.setSingleShot(True)
        self._check.setInterval(150)
        self._check.timeout.connect(self._ask_strength)
        self._build(page.words)

    # --- making it --------------------------------------------------------------------------------------------------

    def _build(self, words: Words) -> None:
        self.by_telephone = Radio(words("Over the telephone, with an administrator who has the recovery kit"))
        self.by_kit = Radio(words("The printed recovery kit is here"))
        self.by_telephone.setChecked(True)
        for way in (self.by_telephone, self.by_kit):
            way.toggled.connect(self._choose)
            way.clicked.connect(self._to_the_signs)
        self.notice = Banner("", tone="amber")
        self.notice.hide()
        self.open = Button(words("Open this laptop"), kind="primary", key="Return", large=True, on=self.try_it)
        back = Button(words("Back"), key="Esc", large=True, on=self._back)
        self._telephone, self._kit, self._new = self._say_and_hear(words), self._printed(words), self._passphrases(words)
        self.setLayout(
            column(
                self.notice,
                Label(words("Open this laptop without the passphrase"), "page", wrap=True),
                Label(words("Everything that was written on it is still here."), "large", tone="ink2", wrap=True),
                8,
                self.by_telephone,
                self.by_kit,
                8,
                self._telephone,
                self._kit,
                self._new,
                12,
                row(back, None, self.open),
                gap=8,
            )
        )
        self._kit.hide()
        self._new.setVisible(not self._once)

    def _say_and_hear(self, words: Words) -> QWidget:
        self.challenge = Signs(words("52 signs to read aloud"))
        self.response = TextField()
        self._response_field = Field(
            words("What they read back"), self.response, hint=words("26 signs; small letters and spaces do not matter")
        )
        held = QWidget()
        held.setLayout(
            column(
                Label(words("Call your administrator and read these to them, group by group."), weight="medium", wrap=True),
                Label(
                    words("They find the place for it in Settings, Recovery. There is no letter O, I, L or U."),
                    tone="ink2",
                    wrap=True,
                ),
                self.challenge,
                4,
                self._response_field,
                gap=6,
            )
        )
        return held

    def _printed(self, words: Words) -> QWidget:
        self.kit = TextField()
        self._kit_field = Field(
            words("The code on the kit"),
            self.kit,
            hint=words("28 signs in seven groups"),
            help=words("After a new kit was printed, the older one is right for a laptop that was not unlocked since."),
        )
        held = QWidget()
        held.setLayout(column(self._kit_field, gap=6))
        return held

    def _passphrases(self, words: Words) -> QWidget:
        self.first, self.second = PassphraseField(words, meter=True), PassphraseField(words)
        self.first.changed.connect(lambda text: self._check.start())
        self._first_field = Field(
            words("A new passphrase"), self.first, hint=words("four or five words that do not belong together")
        )
        self._second_field = Field(words("The same once more"), self.second)
        held = QWidget()
        held.setLayout(column(self._first_field, self._second_field, gap=8))
        return held

    # --- what it shows ----------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Asks for the signs to read aloud."""
        door = self._page.ui.door
        self._page.call(door.recovery_challenge, self._show_challenge, self._refused)

    def _show_challenge(self, signs: str) -> None:
        self.challenge.show_signs(signs)
        self.challenge.setFocus(Qt.FocusReason.OtherFocusReason)

    def _choose(self) -> None:
        self._telephone.setVisible(self.by_telephone.isChecked())
        self._kit.setVisible(self.by_kit.isChecked())

    def _to_the_signs(self) -> None:
        """What had the keyboard may be hidden now."""
        first = self.challenge if self.by_telephone.isChecked() else self.kit
        first.setFocus(Qt.FocusReason.OtherFocusReason)

    def _ask_strength(self) -> None:
        text, page = self.first.text(), self._page

        def show(found: Any) -> None:
            if text == self.first.text():
                self.first.show_strength(found.score, advice_words(found.advice, page.words) if found.score < ENOUGH else "")

        page.call(lambda: page.ui.door.passphrase_strength(text), show, lambda error: None, on="work")

    # --- doing it ---------------------------------------------------------------------------------------------------

    def try_it(self) -> None:
        """What was heard or read, and the new passphrase."""
        if self._busy or not self._fine():
            return
        door, passphrase = self._page.ui.door, "" if self._once else self.first.text()
        signs = self.response.text() if self.by_telephone.isChecked() else self.kit.text()
        recover = door.recover_by_telephone if self.by_telephone.isChecked() else door.recover
        self._busy = True
        self.open.setEnabled(False)
        self.open.set_text(self._page.words("Opening"))
        self._page.call(lambda: recover(signs, passphrase), self._opened, self._refused, on="work")

    def _fine(self) -> bool:
        words = self._page.words
        needed = self._response_field if self.by_telephone.isChecked() else self._kit_field
        heard = self.response.text() if self.by_telephone.isChecked() else self.kit.text()
        needed.problem("" if heard.strip() else words("This is needed."))
        fields = [needed]
        if not self._once:
            self._first_field.problem("" if self.first.text() else words("This is needed."))
            same = self.first.text() == self.second.text()
            self._second_field.problem("" if same else words("This is not the same as above."))
            fields += [self._first_field, self._second_field]
        for field in fields:
            if field.has_problem:
                field.input.setFocus()
                return False
        self.notice.hide()
        return True

    def _opened(self, nothing: None) -> None:
        for line in (self.response, self.kit, self.first, self.second):
            line.clear()
        self._page.ui.shell.opened()

    def _refused(self, error: BaseException) -> None:
        self._busy = False
        self.open.setEnabled(True)
        self.open.set_text(self._page.words("Open this laptop"))
        message = message_for(error, self._page.words)
        field = self._response_field if self.by_telephone.isChecked() else self._kit_field
        if isinstance(error, Invalid):
            self._say(field, misheard_words(self._page.words))
        elif isinstance(error, KnownError) and error.code == "wrong_kit":
            self._say(field, f"{message.happened} {message.do}")
        elif isinstance(error, KnownError) and error.code == "passphrase_weak":
            self._say(self._first_field, f"{message.happened} {message.do}")
        else:
            self.notice.show()
            self.notice.tell(message.happened, message.text)

    def _say(self, field: Field, text: str) -> None:
        field.problem(text)
        field.input.setFocus()
        announce(self, text)


def misheard_words(words: Words) -> str:
    """Signs that cannot be right as they are: their check says so."""
    return words("A sign is missing or was misheard. Compare them once more, group by group.")
