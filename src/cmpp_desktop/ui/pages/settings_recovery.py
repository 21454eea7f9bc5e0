"""Settings, Recovery: helping somebody who forgot the passphrase, over the telephone, and a new kit. For administrators."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from cmpp_desktop.errors import Invalid, KnownError
from cmpp_desktop.ui.messages import message_for
from cmpp_desktop.ui.page import Page
from cmpp_desktop.ui.pages.close_laptop import NoWayBack
from cmpp_desktop.ui.pages.no_server_rights import KeptElsewhere, kept_elsewhere
from cmpp_desktop.ui.pages.recovery import misheard_words
from cmpp_desktop.ui.widgets import (
    Banner,
    Button,
    Field,
    Label,
    SectionHead,
    Signs,
    TextField,
    Tick,
    announce,
    column,
    heading,
    row,
)
from cmpp_desktop.workspace import RecoveryKitRequest, WithoutServer


class RecoveryPart(QWidget):
    """One part of the settings page. The code of a new kit is held here and nowhere else until it is on paper."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.page, self.ui, self.words = page, page.ui, page.words
        self._code = ""
        words = self.words
        self.setLayout(
            column(heading(words("Recovery")), 8, self._help_form(), 24, self._kit_form(), gap=8)
        )

    # --- making it --------------------------------------------------------------------------------------------------

    def _help_form(self) -> QWidget:
        words = self.words
        self.challenge, self.kit = TextField(), TextField()
        self._challenge_field = Field(words("What they read to you"), self.challenge, hint=words("52 signs in thirteen groups"))
        self._kit_field = Field(
            words("The code on the printed kit"),
            self.kit,
            hint=words("28 signs in seven groups"),
            help=words("It is used once and not kept. Take the older kit if that laptop was not unlocked since the newest."),
        )
        self.answer_button = Button(words("Work out the answer"), kind="primary", key="Return", on=self.answer)
        held = QWidget()
        held.setLayout(
            column(
                SectionHead(words("Somebody forgot the passphrase")),
                Label(
                    words(
                        "They choose “I forgot my passphrase” and read 52 signs to you. Call them back on a number that you "
                        "know: whoever gets the answer opens that laptop."
                    ),
                    tone="ink2",
                    wrap=True,
                ),
                self._challenge_field,
                self._kit_field,
                row(self.answer_button, None),
                self._to_read_back(),
                gap=8,
            )
        )
        return held

    def _to_read_back(self) -> QWidget:
        words = self.words
        self.answered = Signs(words("26 signs to read back"))
        self.over = Button(words("They are in"), icon="check", on=self._forget)
        once = words("Read this back to them, group by group. It works once, on that laptop alone.")
        self._answer_box = QWidget()
        self._answer_box.setLayout(
            column(Label(once, weight="medium", wrap=True), self.answered, row(self.over, None), gap=8)
        )
        self._answer_box.hide()
        return self._answer_box

    def _kit_form(self) -> QWidget:
        words = self.words
        self.make = Button(words("Make a new kit"), icon="key-round", on=self.make_kit)
        self._before = Label(
            words(
                "When the old one was lost, or seen by somebody. The keys change at once, and each laptop takes the new kit at "
                "its next unlocking."
            ),
            tone="ink2",
            wrap=True,
        )
        self.code = Signs(words("Recovery code"))
        self.paper = Button(words("Show the paper"), icon="printer", key="Ctrl+P", on=self._show_paper)
        self.kept = Tick(words("The code is on paper, away from the laptops."), on=self._kept_changed)
        self.done = Button(words("Done"), large=True, on=self._kit_over)
        self._kit_box = QWidget()
        self._kit_box.setLayout(
            column(
                Banner(
                    words("This is shown once and stored nowhere."),
                    words("Print it or write it down now. If it is lost, make another one."),
                    tone="amber",
                    icon="key-round",
                ),
                self.code,
                row(self.paper, None),
                self.kept,
                row(self.done, None),
                gap=8,
            )
        )
        self._kit_box.hide()
        self.elsewhere = KeptElsewhere(words)
        head = SectionHead(words("The recovery kit"))
        held = QWidget()
        held.setLayout(column(head, self.elsewhere, self._before, row(self.make, None), self._kit_box, gap=8))
        return held

    def show_alone(self, alone: WithoutServer | None) -> None:
        """Without a server a new kit is made on the laptop that keeps the list; helping somebody in goes everywhere."""
        here = not kept_elsewhere(alone)
        self.elsewhere.show_for(alone)
        self._before.setVisible(here)
        self.make.setVisible(here and not self._code)

    # --- helping ----------------------------------------------------------------------------------------------------

    def answer(self) -> None:
        """What to read back."""
        for field in (self._challenge_field, self._kit_field):
            field.problem("" if field.input.text().strip() else self.words("This is needed."))  # type: ignore[attr-defined]  # both are text fields
            if field.has_problem:
                field.input.setFocus()
                return
        challenge, kit, door = self.challenge.text(), self.kit.text(), self.ui.door
        self.answer_button.setEnabled(False)
        self.page.call(lambda: door.administration().answer_challenge(challenge, kit), self._answered, self._not_answered)

    def _answered(self, signs: str) -> None:
        self.answer_button.setEnabled(True)
        self.kit.clear()
        self.answered.show_signs(signs)
        self._answer_box.show()
        self.answered.setFocus(Qt.FocusReason.OtherFocusReason)

    def _not_answered(self, error: BaseException) -> None:
        self.answer_button.setEnabled(True)
        message = message_for(error, self.words)
        if isinstance(error, Invalid):
            field = self._challenge_field if "challenge" in error.fields else self._kit_field
            self._say(field, misheard_words(self.words))
        elif isinstance(error, KnownError) and error.code == "wrong_kit":
            self._say(self._kit_field, f"{message.happened} {message.do}")
        else:
            self.ui.trouble(error)

    def _say(self, field: Field, text: str) -> None:
        field.problem(text)
        field.input.setFocus()
        announce(self, text)

    def _forget(self) -> None:
        for line in (self.challenge, self.kit):
            line.clear()
        self.answered.show_signs("")
        self._answer_box.hide()
        self.challenge.setFocus()

    # --- a new kit --------------------------------------------------------------------------------------------------

    def make_kit(self) -> None:
        """Says what it means, then makes one in the place of the old one."""
        words, door = self.words, self.ui.door
        lines = (
            ("key-round", words("The old kit opens nothing new from now on, and cannot be brought back.")),
            ("laptop", words("Each laptop takes the new kit at its next unlocking. Until then the old one opens it: keep both.")),
            ("printer", words("The new code is shown once. Have a printer or a pen at hand.")),
        )
        button = Button(words("Make a new kit"), icon="key-round", key="Alt+M", large=True)
        sheet = NoWayBack(self.window(), self.ui, words("Make a new recovery kit?"), button, lines)

        def made(code: str) -> None:
            sheet.close()
            self.show_kit(code)

        button.clicked.connect(lambda: sheet.carry_out(lambda: door.administration().new_recovery_kit(), made))
        sheet.open()

    def show_kit(self, code: str) -> None:
        """The code, this once."""
        self._code = code
        self.code.show_signs(code)
        self.kept.setChecked(False)
        self.done.setEnabled(False)
        self.make.hide()
        self._kit_box.show()
        self.code.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_paper(self) -> None:
        self.ui.go("pdf", request=RecoveryKitRequest(self._code, self.words.language))

    def _kept_changed(self, kept: bool) -> None:
        self.done.setEnabled(kept)

    def _kit_over(self) -> None:
        self._code = ""
        self.code.show_signs("")
        self._kit_box.hide()
        self.make.show()
        self.make.setFocus()
        self.ui.say(self.words("The new kit counts. Each laptop takes it when it is next unlocked."))
