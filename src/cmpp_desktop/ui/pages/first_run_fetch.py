"""Coming in without a file, the first time or again: the server and twelve words, or the text of a QR code, which says both."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from cmpp_desktop.errors import KnownError
from cmpp_desktop.ui.messages import message_for
from cmpp_desktop.ui.page import Ui
from cmpp_desktop.ui.pages.first_run_organisation import is_server
from cmpp_desktop.ui.widgets import Button, Field, Label, TextField, column, row
from cmpp_desktop.workspace import FetchedInvitation, InvitationInfo

TICKET = "cmpp-join:"
ABOUT_WORDS = frozenset({"invitation_words", "invitation_sealed", "invitation_not_there", "ticket_unreadable"})


class FetchStep(QWidget):
    """`fetched(invitation, info)` when one was found; `failed(error)` for what is not about the words; `leave()` goes back, or
    does what `other` says; `told()` when something else stands below a field."""

    def __init__(
        self,
        ui: Ui,
        fetched: Callable[[FetchedInvitation, InvitationInfo], object],
        failed: Callable[[BaseException], object],
        leave: Callable[[], object],
        *,
        other: str = "",
        told: Callable[[], object] = lambda: None,
    ) -> None:
        super().__init__()
        words = self._words = ui.words
        self._ui, self._fetched, self._failed, self._told = ui, fetched, failed, told
        self.typed, self.server = TextField(), TextField("https://", placeholder="https://")
        self.typed.setMaxLength(2000)
        self._typed_field = Field(
            words("Twelve words, or the text of the QR code"),
            self.typed,
            help=words("With spaces between. Of each word the first four letters are enough."),
        )
        self._server_field = Field(
            words("Address of the server"),
            self.server,
            help=words("It stands beside the words. The text of a QR code has it already."),
        )
        self.typed.textChanged.connect(lambda text: self._server_field.setEnabled(not self._is_ticket()))
        self.fetch = Button(words("Fetch the invitation"), kind="primary", key="Return", large=True, on=self.ask)
        back = Button(other or words("Back"), large=True, on=leave)
        self.setLayout(
            column(
                Label(words("Join by words or QR code"), "page", wrap=True),
                Label(
                    words(
                        "The invitation waits, sealed, at your organisation’s server. This laptop needs a network for a moment."
                    ),
                    "large", tone="ink2", wrap=True,
                ),
                8, self._typed_field, self._server_field, 16, row(back, None, self.fetch), gap=12,
            )
        )  # fmt: skip

    def _is_ticket(self) -> bool:
        return self.typed.text().strip().lower().startswith(TICKET)

    def ask(self) -> None:
        """Fetches it, elsewhere."""
        words, typed, server = self._words, self.typed.text(), self.server.text().strip()
        missing = not typed.strip()
        self._typed_field.problem(words("This is needed.") if missing else "")
        good = self._is_ticket() or is_server(server)
        self._server_field.problem(
            ""
            if good
            else words("It begins with https:// and names a server. Only a server on this machine may do without the s.")
        )
        self._told()
        if missing or not good:
            (self.typed if missing else self.server).setFocus()
            return
        door = self._ui.door
        self.fetch.setEnabled(False)

        whole = self._is_ticket()

        def look() -> tuple[FetchedInvitation, InvitationInfo]:
            found = door.fetch_invitation(typed, "" if whole else server)
            return found, door.read_invitation(found.data, found.words)

        self._ui.call(look, self._found, self._not_found, on="net", owner=self)

    def _found(self, found: tuple[FetchedInvitation, InvitationInfo]) -> None:
        self.fetch.setEnabled(True)
        self._fetched(*found)

    def _not_found(self, error: BaseException) -> None:
        self.fetch.setEnabled(True)
        if isinstance(error, KnownError) and error.code in ABOUT_WORDS:
            message = message_for(error, self._words)
            self._typed_field.problem(f"{message.happened} {message.do}")
            self._told()
            self.typed.setFocus()
        else:
            self._failed(error)

    def forget(self) -> None:
        """Nothing of the secret stays in the field."""
        self.typed.clear()
        for field in (self._typed_field, self._server_field):
            field.problem("")
