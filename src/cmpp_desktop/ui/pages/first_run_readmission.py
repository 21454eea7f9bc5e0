"""First run with the printed kit alone: every administrator's laptop is gone, and this one takes the place of one.

The server's address and the code of the kit; where there are several administrators, whose place it is; after the passphrase,
what has to be seen to next. The code is held here until the laptop is made, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from PySide6.QtWidgets import QLayout, QWidget

from cmpp_desktop.errors import Invalid, KnownError
from cmpp_desktop.ui.messages import message_for
from cmpp_desktop.ui.page import Page
from cmpp_desktop.ui.pages.first_run_organisation import is_server
from cmpp_desktop.ui.pages.recovery import misheard_words
from cmpp_desktop.ui.widgets import Button, CodeCombo, Field, Label, TextField, announce, column, row
from cmpp_desktop.workspace import AdministratorRow


class ReadmissionStep(QWidget):
    """`done()` is called once a server has taken the kit and it is known whose place it is; `trouble(error)` with what else went
    wrong."""

    def __init__(
        self, page: Page, back: Callable[[], object], done: Callable[[], object], trouble: Callable[[BaseException], object]
    ) -> None:
        super().__init__()
        self._page, self._done, self._trouble = page, done, trouble
        self._rows: tuple[AdministratorRow, ...] = ()
        self._asked = ("", "")
        words = page.words
        self.server, self.kit = TextField("https://", placeholder="https://"), TextField()
        self._server_field = Field(
            words("Address of the server"), self.server, help=words("Whoever installed it knows the address.")
        )
        self._kit_field = Field(words("The code on the printed kit"), self.kit, hint=words("28 signs in seven groups"))
        self.whose = CodeCombo((), "")
        self._whose_field = Field(
            words("Whose place this laptop takes"),
            self.whose,
            help=words("Names are sealed until it is open. Take your own line: what you do is written under that name."),
        )
        self._whose_field.hide()
        self.on = Button(words("Go on"), kind="primary", key="Return", large=True, on=self.go_on)
        for line in (self.server, self.kit):
            line.textChanged.connect(self._changed)
        self.setLayout(self._laid_out(back))

    def _laid_out(self, back: Callable[[], object]) -> QLayout:
        words = self._page.words
        said = words(
            "With the printed recovery kit this laptop becomes an administrator’s, and gets everything that was sent. Do this "
            "only if no administrator can invite it."
        )
        before = Button(words("Back"), large=True, on=back)
        return column(
            Label(words("Every administrator’s laptop is gone"), "page", wrap=True),
            Label(said, "large", tone="ink2", wrap=True),
            8,
            self._server_field,
            self._kit_field,
            self._whose_field,
            16,
            row(before, None, self.on),
            gap=12,
        )

    def go_on(self) -> None:
        """Asks the server whose kit it is; a second time, when it is known whose place is taken, goes on."""
        if not self._fine():
            return
        server, kit, door = self.server.text().strip().rstrip("/"), self.kit.text(), self._page.ui.door
        if self._rows and self._asked == (server, kit):
            self._done()
            return
        self.on.setEnabled(False)
        self._page.call(
            lambda: door.administrators_of_kit(server, kit),
            lambda rows: self._found(rows, (server, kit)),
            self._refused,
            on="net",
        )

    @property
    def place(self) -> tuple[str, str, UUID]:
        """The server, the kit's code, and whose place it is."""
        return (*self._asked, UUID(self.whose.value()) if self.whose.value() else self._rows[0].member_id)

    def forget(self) -> None:
        """Lets go of the code."""
        self.kit.clear()
        self._asked, self._rows = ("", ""), ()

    def _found(self, rows: Sequence[AdministratorRow], asked: tuple[str, str]) -> None:
        self.on.setEnabled(True)
        self._rows, self._asked = tuple(rows), asked
        self.whose.set_choices([(str(one.member_id), self._said(one)) for one in rows], str(rows[0].member_id))
        self._whose_field.setVisible(len(rows) > 1)
        if len(rows) > 1:
            self.whose.setFocus()
            announce(self, self._page.words("Whose place this laptop takes"))
        else:
            self._done()

    def _said(self, one: AdministratorRow) -> str:
        words, today = self._page.words, self._page.ui.today()
        since, laptop = (words.short_date(words.here(at).date(), today) for at in (one.since, one.laptop_since))
        return words("Administrator since {day}, last laptop since {laptop}", day=since, laptop=laptop)

    def _fine(self) -> bool:
        words = self._page.words
        good = is_server(self.server.text().strip())
        self._server_field.problem(
            ""
            if good
            else words("It begins with https:// and names a server. Only a server on this machine may do without the s.")
        )
        self._kit_field.problem("" if self.kit.text().strip() else words("This is needed."))
        for field in (self._server_field, self._kit_field):
            if field.has_problem:
                field.input.setFocus()
                return False
        return True

    def _changed(self, text: str) -> None:
        self._rows = ()
        self._whose_field.hide()

    def _refused(self, error: BaseException) -> None:
        self.on.setEnabled(True)
        message = message_for(error, self._page.words)
        if isinstance(error, Invalid):
            self._say(misheard_words(self._page.words))
        elif isinstance(error, KnownError) and error.code == "wrong_kit":
            self._say(f"{message.happened} {message.do}")
        else:
            self._trouble(error)

    def _say(self, text: str) -> None:
        self._kit_field.problem(text)
        self.kit.setFocus()
        announce(self, text)


class NextSteps(QWidget):
    """What has to be seen to by whoever came in by the kit."""

    def __init__(self, page: Page, over: Callable[[], object]) -> None:
        super().__init__()
        words = page.words
        self.on = Button(words("Start working"), kind="primary", key="Return", large=True, on=over)
        lines = (
            words(
                "Close the laptops that are lost, in Settings, Laptops. Until then, whoever has one may still get what is sent."
            ),
            words("Make a new recovery kit, in Settings, Recovery. Whoever saw this one can do what you just did."),
            words("Invite a second administrator, so that this does not happen again."),
        )
        self.setLayout(
            column(
                Label(words("This laptop is an administrator’s now"), "page", wrap=True),
                Label(words("See to these three things today:"), "large", tone="ink2", wrap=True),
                8,
                *(Label(f"{number}. {line}", wrap=True) for number, line in enumerate(lines, 1)),
                16,
                row(self.on, None),
                gap=10,
            )
        )
