"""Whose profile the window stands before: one person's, or the question who is here. Asked only while nobody works."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QWidget

from cmpp_desktop import words
from cmpp_desktop.ui.page import Page, Ui
from cmpp_desktop.ui.theme import look

if TYPE_CHECKING:
    from cmpp_desktop.workspace import Workspace
    from cmpp_desktop.workspace.laptop import Laptop, PersonHere


class Whose:
    """For one window. `laptop` None: there is one profile and no other (tests, demonstrations). `turned(door)` is told of another
    profile's workspace before it is looked at; `start()` looks anew; `show(page)` puts a page before the work."""

    def __init__(
        self,
        laptop: Laptop | None,
        ui: Ui,
        owner: QWidget,
        turned: Callable[[Workspace], object],
        start: Callable[[], object],
        show: Callable[[Page], object],
    ) -> None:
        self._laptop, self._ui, self._owner = laptop, ui, owner
        self._turned, self._start, self._show = turned, start, show
        self._chosen = False  # somebody has said who they are
        self.several = self.anybody = False  # more than one person has a profile here; somebody has

    def look_around(self) -> tuple[str, Any]:
        """What is here, for another thread: ("who", people), ("turn", folder of the only one), or the door's state, greeting."""
        door = self._ui.door
        if self._laptop is not None:
            people = self._laptop.people()
            self.several, self.anybody = len(people) > 1, bool(people)
            if not self._chosen and door.state() != "open":
                if self.several:
                    return "who", people
                if people and people[0].folder != self._laptop.folder:
                    return "turn", people[0].folder
        state = door.state()
        return state, door.greeting() if state == "locked" else None

    def nobody(self) -> None:
        """They have locked: whoever comes next says who they are."""
        self._chosen = False

    # What follows is not for the store's worker: that may still be importing.

    def ask(self) -> None:
        """Who is here? Also where only one person is: somebody may join."""
        self._chosen = False
        if self._laptop is not None:
            self._ui.call(self._laptop.people, self.show_people, on="work", owner=self._owner)

    def show_people(self, people: tuple[PersonHere, ...]) -> None:
        from cmpp_desktop.ui.pages.who import WhoPage

        self._show(WhoPage(self._ui, people, self.choose, self.join))

    def choose(self, folder: Path) -> None:
        """Turns to somebody's profile."""
        laptop = self._laptop
        if laptop is not None:
            self._ui.call(lambda: laptop.turn_to(folder), self._turn, on="work", owner=self._owner)

    def join(self) -> None:
        """One more person: a place of their own, and the way in for whoever was invited."""
        if self._laptop is not None:
            self._ui.call(self._laptop.newcomer, self._turn, on="work", owner=self._owner)

    def _turn(self, door: Workspace) -> None:
        laptop = self._laptop
        if laptop is None:
            return
        self._chosen = True
        self._ui.words = words.load(laptop.chosen.language)
        look().choose(**laptop.look)
        self._turned(door)
        self._start()

    # --- what they choose -------------------------------------------------------------------------------------------

    def remember(self, name: str, value: str) -> None:
        """A choice of whoever works or stands before their own profile; of nobody else."""
        if self._laptop is not None and (self._chosen or not self.several):
            self._laptop.remember(name, value)

    def signed_in(self) -> None:
        """They work now; what a newcomer chose on the way in is kept."""
        if self._laptop is not None and self._chosen:
            self._laptop.keep()

    @property
    def shown_as(self) -> str | None:
        """What is shown of who works here before their passphrase; "": initials; None: nobody is asked here."""
        return None if self._laptop is None else self._laptop.chosen.shown_as
