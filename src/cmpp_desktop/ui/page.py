"""What a page is, and what it is given.

A `Page` is one screen. It is made when it is first shown, told for whom with `show_for`, asks the workspace through its
`Ui`, paints what it hears, and asks again when a `Changed` touches it: at once when it can be seen, else when it is seen
again. What it caused itself (its own `origin`) it does not hear.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeAlias, TypeVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QTextEdit, QWidget

from cmpp_desktop.changes import Changed
from cmpp_desktop.ui.bridge import Bridge, Job, Place
from cmpp_desktop.ui.metered import Metered
from cmpp_desktop.ui.widgets import Button
from cmpp_desktop.words import USUAL_ZONE, Words, zone_of
from cmpp_desktop.workspace import Workspace

if TYPE_CHECKING:  # the unlock page is a page too, and shows before the records are imported
    from cmpp_desktop.domain.questions import OrganisationView
    from cmpp_desktop.domain.work import Command, Done, Question
    from cmpp_desktop.ui.whose import Whose

A = TypeVar("A")
Ok = Callable[[Any], object]
Fail = Callable[[BaseException], object]
Undo: TypeAlias = "Command | Callable[[], object]"  # what takes something back: a command, or a function for where it may wait
_log = logging.getLogger(__name__)


class Shell(Protocol):
    """What the window does for pages; pages reach it through their `Ui`."""

    def go(self, place: str, **args: Any) -> None: ...
    def back(self) -> None: ...
    def say(self, text: str, undo: Undo | None = None, undone: Ok | None = None) -> None: ...
    def trouble(self, error: BaseException) -> None: ...
    def keys_changed(self) -> None: ...
    def opened(self) -> None: ...
    def way_in(self) -> None: ...
    def shut_out(self) -> None: ...
    def speak(self, language: str) -> None: ...
    @property
    def whose(self) -> Whose: ...


@dataclass
class Ui:
    """Everything that a page may use. Nothing here waits: answers come back later, on the window thread."""

    words: Words
    bridge: Bridge
    door: Workspace
    clock: Callable[[], datetime]  # aware; `now` brings it into the zone that counts
    shell: Shell
    me: OrganisationView | None = None  # who is signed in, and the names around them; None before unlocking
    metered: Metered = field(default_factory=Metered)

    @property
    def zone(self) -> str:
        """The IANA name of the organisation's time zone; the usual one before somebody has signed in."""
        return self.me.zone if self.me is not None else USUAL_ZONE

    def now(self) -> datetime:
        """The time in the organisation's zone, as `workspace.now()` has it; before signing in as this laptop's clock shows it."""
        at = self.clock()
        return at.astimezone(zone_of(self.me.zone)) if self.me is not None else at

    def today(self) -> date:
        return self.now().date()

    def ask(
        self, question: Question[A], ok: Callable[[A], object], fail: Fail | None = None, *, owner: QWidget | None = None
    ) -> Job:
        """Asks the store; `ok(answer)` comes later."""
        return self.bridge.run(lambda: self.door.ask(question), ok, fail, owner=owner)

    def do(
        self,
        command: Command,
        ok: Callable[[Done], object] | None = None,
        fail: Fail | None = None,
        *,
        origin: str = "here",
        owner: QWidget | None = None,
    ) -> Job:
        """Carries a command out; `ok(done)` comes when it is durable."""
        return self.bridge.run(lambda: self.door.do(command, origin), ok or (lambda done: None), fail, owner=owner)

    def call(
        self,
        fn: Callable[[], A],
        ok: Callable[[A], object] | None = None,
        fail: Fail | None = None,
        *,
        on: Place = "store",
        owner: QWidget | None = None,
    ) -> Job:
        """Any other method of the workspace: `ui.call(lambda: ui.door.paper(request), self.show_paper, on="work")`."""
        return self.bridge.run(fn, ok or (lambda result: None), fail, on, owner=owner)

    def go(self, place: str, **args: Any) -> None:
        """Shows another page: `ui.go("participant", participant_id=…)`. Alt+Left comes back."""
        self.shell.go(place, **args)

    def back(self) -> None:
        self.shell.back()

    def say(self, text: str, undo: Undo | None = None, undone: Ok | None = None) -> None:
        """Says that something was done, below the page, with "Undo Ctrl+Z" when `undo` is given: a command, or a function that
        the server must hear of and that runs where it may wait; `undone(done)` hears of it."""
        self.shell.say(text, undo, undone)

    def trouble(self, error: BaseException) -> None:
        """Presents an error in words. It is what `fail=None` does."""
        self.shell.trouble(error)


class Page(QWidget):
    """Base of all pages. Override `title`, `keys`, `show_for`, `reload`, and `leave` where something must be kept."""

    place: ClassVar[str] = ""
    kinds: ClassVar[frozenset[str]] = frozenset()  # kinds of records that touch it; empty: all
    rail: ClassVar[str] = ""  # the place of the rail that is lit while this is shown; "" its own

    title_changed = Signal()

    def __init__(self, ui: Ui) -> None:
        super().__init__()
        self.ui = ui
        self.origin = f"{self.place}:{id(self):x}"
        self.stale = False
        self._under_way: list[Command] = []
        self.setProperty("surface", "paper")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)

    @property
    def words(self) -> Words:
        """The words as they are now: an organisation's own codes come and go while somebody works."""
        return self.ui.words

    # --- to override ------------------------------------------------------------------------------------------------

    def title(self) -> str:
        """What this page is, for screen readers and the list of recent places. Never shown in the window's title."""
        return self.place

    def keys(self) -> tuple[tuple[str, str], ...]:
        """The keys of this page for the footer: (key, words), most used first, at most five."""
        return ()

    def more_keys(self) -> tuple[tuple[str, str], ...]:
        """Keys of this page that neither the footer nor a button shows, for the sheet of all keys."""
        return ()

    def all_keys(self) -> tuple[tuple[str, str], ...]:
        """The footer's keys, those of the buttons that can be seen, and `more_keys`: each key once, in this order."""
        found = [*self.keys()]
        known = {key for key, _ in found} | {part for key, _ in found for part in key.split("|")}
        shown = [
            (button.key, button.accessibleName() or button.text())
            for button in self.findChildren(Button)
            if button.key and button.isVisible()
        ]
        for key, said in (*shown, *self.more_keys()):
            if key not in known:
                known.add(key)
                found.append((key, said))
        return tuple(found)

    def doings(self) -> tuple[tuple[str, str, Callable[[], object]], ...]:
        """What can be done here beside its buttons, for Ctrl+K: (words, icon, what it does)."""
        return ()

    def footer(self) -> str | None:
        """Where the words are, when this page has more to say of it than the frame."""
        return None

    def show_for(self, **args: Any) -> None:
        """Shows what the arguments say. Called each time that somebody comes here; asks the store itself."""
        self.reload()

    def reload(self) -> None:
        """Asks again for everything that is shown."""

    def leave(self) -> None:
        """Somebody goes elsewhere, locks or closes: keep what must be kept, at once."""

    def first_focus(self) -> QWidget | None:
        """Where the keyboard goes when the page is shown."""
        return None

    def take_focus(self) -> None:
        """Once what was asked for is there: the keyboard comes to `first_focus`, unless it is in this page already."""
        here = QApplication.focusWidget()
        target = self.first_focus()
        if target is not None and self.isVisible() and (here is None or not self.isAncestorOf(here)):
            target.setFocus(Qt.FocusReason.OtherFocusReason)

    def narrowed(self, narrow: bool) -> None:
        """The room is narrow (under 900 px, or text at 200 %): one column, sections as tabs."""

    # --- what the frame calls ---------------------------------------------------------------------------------------

    def touched_by(self, changed: Changed) -> bool:
        return not self.kinds or bool(self.kinds & changed.kinds)

    def refresh(self, changed: Changed) -> None:
        """Something was committed: asks again if it touches this page, now or when it is next seen."""
        if changed.origin == self.origin or not self.touched_by(changed):
            return
        if self.isVisible():
            self.reload()
        else:
            self.stale = True

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.stale:
            self.stale = False
            self.reload()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes to the button that shows ↵."""
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and plain:
            for button in self.findChildren(Button):
                if button.enter and button.isVisible() and button.isEnabled():
                    button.click()
                    return
        super().keyPressEvent(event)

    # --- for pages --------------------------------------------------------------------------------------------------

    def ask(self, question: Question[A], ok: Callable[[A], object], fail: Fail | None = None) -> Job:
        """`ui.ask` for this page: dropped when the page is gone."""
        return self.ui.ask(question, ok, fail, owner=self)

    def do(self, command: Command, ok: Callable[[Done], object] | None = None, fail: Fail | None = None) -> None:
        """`ui.do` in this page's name: its own echo does not come back, so `ok` repaints what it changed. What is pressed
        twice in a hurry is done once: the same command, while it is under way, is not carried out again."""
        if command in self._under_way:
            return
        self._under_way.append(command)

        def over(then: Callable[[Any], object] | None, what: Any) -> None:
            self._under_way.remove(command)
            if then is not None:
                then(what)

        self.ui.do(command, partial(over, ok), partial(over, fail or self.ui.trouble), origin=self.origin, owner=self)

    def call(
        self, fn: Callable[[], A], ok: Callable[[A], object] | None = None, fail: Fail | None = None, *, on: Place = "store"
    ) -> Job:
        return self.ui.call(fn, ok, fail, on=on, owner=self)


def typing() -> bool:
    """Whether the keyboard is in something where letters are text."""
    focus = QApplication.focusWidget()
    return isinstance(focus, QLineEdit | QTextEdit | QPlainTextEdit) and not focus.isReadOnly()
