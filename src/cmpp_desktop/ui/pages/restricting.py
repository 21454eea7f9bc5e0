"""A session or a screening is restricted afterwards, or is for the whole team again: at once, with Undo."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from PySide6.QtWidgets import QWidget

from cmpp_desktop.domain.questions import Participant, ParticipantView
from cmpp_desktop.domain.restricting import Restrict, Unrestrict
from cmpp_desktop.domain.work import Done
from cmpp_desktop.errors import Invalid
from cmpp_desktop.ui.page import Page
from cmpp_desktop.ui.widgets import Button, row
from cmpp_desktop.words import Words


def restrict_words(restricted: bool, words: Words) -> str:
    """What is offered about a record that is restricted, or is not."""
    return words("Let the whole team see it") if restricted else words("Restrict it")


def restrict(page: Page, kind: str, id: UUID, yes: bool, after: Callable[[bool], object]) -> None:
    """Moves it with what hangs on it. `after(restricted)` hears how it stands then, also when that is refused or taken back."""
    words = page.words

    def done(made: Done) -> None:
        said = words("Only those who hold the restricted records see it now.") if yes else words("The whole team sees it now.")
        page.ui.say(said, made.undo, lambda _: after(not yes))
        after(yes)

    def refused(error: BaseException) -> None:
        if isinstance(error, Invalid):
            page.ui.say(words("It is restricted by what it says or belongs to, and stays so."))
        else:
            page.ui.trouble(error)
        after(not yes)

    page.do(Restrict(kind, id) if yes else Unrestrict(kind, id), done, refused)


class RestrictPart(QWidget):
    """A button beside a record that is only read; hidden where this laptop does not hold the restricted records."""

    def __init__(self, page: Page, after: Callable[[], object]) -> None:
        """`after()` when it was moved, or moved back."""
        super().__init__()
        self._page, self._after = page, after
        self._kind, self._id, self._closed = "", UUID(int=0), False
        self.button = Button("", icon="lock-keyhole", on=self._press)
        self.setLayout(row(self.button, None))
        self.hide()

    def show_record(self, kind: str, id: UUID, about: UUID, *, closed: bool, always: bool) -> None:
        """`closed`: it is restricted; `always`: by what it says, so that nothing can be chosen."""
        self._kind, self._id, self._closed = kind, id, closed
        self.button.set_text(restrict_words(closed, self._page.words))
        self.hide()
        if not always:
            self._page.ask(Participant(about), lambda view: self._show(id, view), lambda error: None)

    def _show(self, asked: UUID, view: ParticipantView) -> None:
        self.setVisible(asked == self._id and not view.restricted_exists)

    def _press(self) -> None:
        self.button.setEnabled(False)
        restrict(self._page, self._kind, self._id, not self._closed, self._moved)

    def _moved(self, closed: bool) -> None:
        self._closed = closed
        self.button.setEnabled(True)
        self.button.set_text(restrict_words(closed, self._page.words))
        self._after()
