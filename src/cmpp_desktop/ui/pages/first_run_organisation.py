"""First run, a new organisation: its name, the first administrator, their team, the office's time zone, the server."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from cmpp_desktop.ui.page import Page
from cmpp_desktop.ui.pages.zone_choice import zone_choices, zone_of_this_laptop
from cmpp_desktop.ui.widgets import Button, CodeCombo, Field, Label, TextField, Tick, column, row
from cmpp_desktop.workspace import Founding


class OrganisationStep(QWidget):
    """`done` is called once every field is fine."""

    def __init__(self, page: Page, back: Callable[[], object], done: Callable[[], object]) -> None:
        super().__init__()
        words = self._words = page.words
        self._done = done
        self.name, self.person = TextField(), TextField()
        self.team = TextField(words("Team 1"))
        self.server = TextField("https://", placeholder="https://")
        self.alone = Tick(words("We have no server (yet): sticks or a shared folder"), on=self._choose)
        self.zone = CodeCombo(zone_choices(page.ui.now(), zone_of_this_laptop()), zone_of_this_laptop())
        self.fields = {
            "organisation": Field(words("Name of the organisation"), self.name),
            "person": Field(
                words("Your name"), self.person, help=words("As colleagues know you. You will be the first administrator.")
            ),
            "team": Field(words("Your team"), self.team),
            "zone": Field(
                words("Time zone of the office"), self.zone, help=words("Every laptop shows its days, wherever it is taken.")
            ),
            "server": Field(
                words("Address of the server"),
                self.server,
                help=words("It only ever holds sealed packages. Whoever installed it knows the address."),
            ),
        }
        self._about_alone = Label(
            words(
                "Sealed packages travel between your laptops on USB sticks or in a shared folder. This laptop will keep the"
                " list of who may open the records. You can move to a server later, with everything."
            ),
            "small",
            tone="ink2",
            wrap=True,
        )
        self._about_alone.hide()
        on = Button(words("Go on"), kind="primary", key="Return", large=True, on=self.go_on)
        before = Button(words("Back"), large=True, on=back)
        whole = column(
            Label(words("Start a new organisation"), "page", wrap=True),
            Label(
                words(
                    "Records are sealed on this laptop before anything is sent. Nobody but the people you invite can open them."
                ),
                "large",
                tone="ink2",
                wrap=True,
            ),
            8,
            *self.fields.values(),
            self.alone,
            self._about_alone,
            16,
            row(before, None, on),
            gap=12,
        )
        self.setLayout(whole)

    def _choose(self, alone: bool) -> None:
        self.fields["server"].setVisible(not alone)
        self.fields["server"].problem("")
        self._about_alone.setVisible(alone)

    def go_on(self) -> None:
        """Goes on when every field is fine; else marks those that are not."""
        words, fields = self._words, self.fields
        values = {"organisation": self.name, "person": self.person, "team": self.team}
        fine = True
        for name, line in values.items():
            missing = not line.text().strip()
            fields[name].problem(words("This is needed.") if missing else "")
            fine = fine and not missing
        address = self.server.text().strip()
        good = self.alone.isChecked() or is_server(address)
        fields["server"].problem(
            ""
            if good
            else words("It begins with https:// and names a server. Only a server on this machine may do without the s.")
        )
        if fine and good:
            self._done()
        else:
            next(field for field in fields.values() if field.has_problem).input.setFocus()

    def founding(self, laptop: str, passphrase: str) -> Founding:
        """What is typed here, for a laptop of that name."""
        return Founding(
            self.name.text().strip(),
            self.person.text().strip(),
            self.team.text().strip(),
            "" if self.alone.isChecked() else self.server.text().strip().rstrip("/"),
            laptop,
            passphrase,
            self.zone.value(),
        )


def is_server(address: str) -> bool:
    """An https address, or http on this machine only."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return False
    local = host in ("localhost", "127.0.0.1", "::1")
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and local))
