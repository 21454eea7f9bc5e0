"""The window: first run or unlock, then the frame; hiding, locking, and going away cleanly.

`Window` lives from start to end. What is shown inside is made anew each time that somebody signs in, and all of it goes when
they lock. The window thread never waits for the workspace: everything goes over the bridge.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shiboken6
from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QIcon, QKeySequence, QPixmap, QShortcut
from PySide6.QtWidgets import QApplication, QStackedWidget, QVBoxLayout, QWidget

from cmpp_desktop import resources, words
from cmpp_desktop.changes import Changed
from cmpp_desktop.errors import KnownError
from cmpp_desktop.ui import places
from cmpp_desktop.ui.bridge import Bridge
from cmpp_desktop.ui.carrying import Carrying
from cmpp_desktop.ui.catching_up import CatchingUp
from cmpp_desktop.ui.frame import Frame
from cmpp_desktop.ui.last_resort import Interrupts, Uncaught
from cmpp_desktop.ui.messages import Message, message_for
from cmpp_desktop.ui.page import Page, Ui
from cmpp_desktop.ui.sleeping import Sleeping
from cmpp_desktop.ui.sync_timers import SyncTimers
from cmpp_desktop.ui.theme import Look, look
from cmpp_desktop.ui.whose import Whose
from cmpp_desktop.ui.widgets import FocusRing, Label, column
from cmpp_desktop.workspace import SyncStatus, Workspace, warm, warm_more
from cmpp_desktop.workspace.laptop import Laptop

if TYPE_CHECKING:
    from cmpp_desktop.domain.questions import OrganisationView
    from cmpp_desktop.ui.overlay import Overlay
    from cmpp_desktop.ui.page import Undo

WARM_MS = 120  # between two imports of pages that nobody has opened yet
QUIET_MS = 1_000  # nobody types: then pages may be made that nobody has asked for yet
PREPARED = ("participant", "session", "screening", "people")  # in this order; making one takes up to 0.1 s
# Kinds of which the names around us are made.
ABOUT_US = frozenset({"organisation", "team", "staff_member", "device_name", "code_entry", "award"})
SHUT_OUT = ("device_revoked", "device_retired")  # what the server says of a laptop that is out
RETURN_SECONDS = 60  # F12 within this comes back without the passphrase
_ACTIVITY = {QEvent.Type.KeyPress, QEvent.Type.MouseButtonPress, QEvent.Type.Wheel, QEvent.Type.TouchBegin}


def local_now() -> datetime:
    """The time here and now, in the zone of this laptop."""
    return datetime.now(UTC).astimezone()


def closed_words(w: words.Words) -> Message:
    """Across the page while a laptop that was shut out is open by the recovery kit."""
    return Message(
        w("This laptop is closed. It is open this once, by the recovery kit."),
        w("Everything that it held can be read and printed. Nothing is sent any more, and nothing comes in."),
        w("Write on another laptop what was not sent, then lock this one."),
        "stop",
    )


class Hidden(QWidget):
    """A clock and nothing else: what F12 shows."""

    def __init__(self, ui: Ui) -> None:
        super().__init__()
        self._ui = ui
        self.setProperty("surface", "paper")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._time = Label("", "page", weight="regular")
        self._day = Label("", "large", tone="ink2")
        for label in (self._time, self._day):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.setLayout(column(None, self._time, self._day, None, gap=4))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.tick()

    def tick(self) -> None:
        now = self._ui.now()
        self._time.setText(self._ui.words.time(now))
        self._day.setText(self._ui.words.long_date(now.date(), now.date()))
        self.setAccessibleName(f"{self._time.text()}, {self._day.text()}")


class Window(QWidget):
    """The one window. `clock`: aware, in this laptop's zone; `sync_seconds` 0: no exchanges by itself (tests, demonstrations)."""

    _heard = Signal(object)
    signed_in = Signal()

    def __init__(
        self,
        door: Workspace,
        bridge: Bridge,
        *,
        language: str = "en",
        clock: Callable[[], datetime] = local_now,
        steady: Callable[[], float] = time.monotonic,
        sync_seconds: int = 30,
        laptop: Laptop | None = None,
    ) -> None:
        super().__init__()
        self.setObjectName("window")
        self.setWindowTitle("CMPP")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._steady = steady
        self.ui = Ui(words.load(language), bridge, door, clock, self)
        self.whose = Whose(laptop, self.ui, self, self._turned, self.start, self._show_gate)
        self.frame: Frame | None = None
        self.gate: Page | None = None
        self.hidden: Hidden | None = None
        self.invitation: Path | None = None
        self._hidden_at = 0.0
        self._told_problem: str | None = None
        self._day = self.ui.today()
        self._overlay: Overlay | None = None
        self._stack = QStackedWidget()
        self._stack.setMinimumSize(1, 1)
        self.setMinimumSize(480, 360)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._stack)
        self.ring = FocusRing(self)
        bridge.failed.connect(self.trouble)
        self._heard.connect(self._on_changed, Qt.ConnectionType.QueuedConnection)
        self._unsubscribe: Callable[[], None] | None = None
        self._syncing = False
        self._closed = False  # open by the recovery kit: nothing is sent or comes in
        self._timers(sync_seconds)
        shortcut = QShortcut(QKeySequence("F12"), self)
        shortcut.activated.connect(self.toggle_hidden)
        app = QApplication.instance()
        if app is not None:
            app.installEventFilter(self)
        self._direction()
        self.resize(look().px(1366), look().px(768))

    def _timers(self, sync_seconds: int) -> None:
        self._minute = QTimer(self)
        self._minute.setInterval(20_000)
        self._minute.timeout.connect(self._tick)
        self._minute.start()
        self._idle = QTimer(self, singleShot=True)
        self._idle.timeout.connect(self.lock)
        self.sleeping = Sleeping(self.signed_in, self.lock, self.ui, self)
        self._exchanges = SyncTimers(sync_seconds, self.sync, self)
        self.catching_up = CatchingUp(self.ui, self)
        self.carrying = Carrying(self.ui, self)
        self._to_warm: list[str] = []
        self._more_to_warm = True
        self._to_prepare: list[str] = []
        self._warm_soon = QTimer(self, singleShot=True, interval=WARM_MS)
        self._warm_soon.timeout.connect(self._warm)

    def _warm(self) -> None:
        """One thing at a time, between what the person types, and only while the store has nothing to do: two threads that
        import take turns, and the one that somebody waits for would be late."""
        if self.ui.bridge.running:
            pass
        elif self._more_to_warm:
            self._more_to_warm = False
            self.ui.call(warm_more, owner=self)
        elif self._to_warm:
            places.warm_next(self._to_warm)
            if not self._to_warm and not gc.isenabled():
                gc.freeze()  # all that was imported: the collector need not look at it again
                gc.enable()
        elif self._to_prepare and self.frame is not None and self._quiet_ms() > QUIET_MS:
            name = self._to_prepare.pop(0)
            if places.place(name).exists:
                self.frame.prepare(name)
        if self._more_to_warm or self._to_warm or (self._to_prepare and self.frame is not None):
            self._warm_soon.start()

    def _rooms_warm(self, nothing: None) -> None:
        """Today is next, beside the key derivation if somebody has been very quick."""
        if self._to_warm:
            places.warm_next(self._to_warm)
        self._warm_soon.start()

    def _quiet_ms(self) -> int:
        """How long nobody has typed, clicked or scrolled."""
        return self._idle.interval() - self._idle.remainingTime() if self._idle.isActive() else 0

    # --- the way in -------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Asks whether anything is here yet, and shows first run or unlock."""
        self.ui.call(self.whose.look_around, self._open_gate, self._no_gate, owner=self)

    def _no_gate(self, error: BaseException) -> None:
        """Not even the way in can be shown: say why, and look again when asked."""
        from cmpp_desktop.ui.pages.stop import StopPage

        self._show_gate(StopPage(self.ui, message_for(error, self.ui.words), self.start))

    def _open_gate(self, found: tuple[str, Any]) -> None:
        state, greeting = found
        if state == "open":
            self.opened()
        elif state == "who":
            self.whose.show_people(greeting)
        elif state == "turn":
            self.whose.choose(greeting)
        elif state == "locked" and greeting.shut:
            from cmpp_desktop.ui.pages.shut_out import ShutOutPage

            self._show_gate(ShutOutPage(self.ui, greeting))
        elif state == "locked":
            from cmpp_desktop.ui.pages.unlock import UnlockPage

            self._show_gate(UnlockPage(self.ui, greeting))
        else:
            from cmpp_desktop.ui.pages.first_run import FirstRunPage

            first = FirstRunPage(self.ui)
            self._show_gate(first)
            if self.invitation is not None:
                first.read_file(self.invitation)

    def _show_gate(self, page: Page) -> None:
        self._drop(self.gate)
        self.gate = page
        self._stack.addWidget(page)
        self._stack.setCurrentWidget(page)
        focus = page.first_focus()
        if focus is not None:
            focus.setFocus(Qt.FocusReason.OtherFocusReason)
        self._to_warm = places.to_warm()
        said = self.ui.words

        def warm_rooms() -> None:
            warm()
            said.codes("kind")  # reads the code lists

        self.ui.call(warm_rooms, self._rooms_warm, owner=self)

    def way_in(self) -> None:
        """Looks anew at what is here, before anybody has signed in."""
        self.start()

    def opened(self) -> None:
        """The workspace is open: who is it, and show Today."""
        from cmpp_desktop.domain.questions import Organisation

        self.ui.ask(Organisation(), self._sign_in, owner=self)

    def _sign_in(self, me: OrganisationView) -> None:
        self.ui.me = me
        self._own_words(me)
        self._day = self.ui.today()
        self._drop(self.frame)
        self._told_problem = None
        self.frame = Frame(self.ui, role=me.me.role, name=me.me.name)
        self.frame.find_asked.connect(self.open_palette)
        self.frame.hide_now.connect(self.toggle_hidden)
        self.frame.lock_now.connect(self.lock)
        self.frame.all_keys.connect(self.open_keys)
        self._stack.addWidget(self.frame)
        self._stack.setCurrentWidget(self.frame)
        self._drop(self.gate)
        self.gate = None
        self._listen()
        self.frame.go("today")
        self._idle.start(me.lock_after_minutes * 60_000)
        self._to_prepare = list(PREPARED)
        self._warm_soon.start()
        # After what Today has asked, and after it was painted: none of this is waited for.
        self.ui.call(lambda: None, lambda nothing: QTimer.singleShot(0, self._first_numbers), owner=self)
        self._closed = self.ui.door.opened_by_kit
        if self._closed:
            self.frame.show_message(closed_words(self.ui.words))
        else:
            self._exchanges.begin()
        self.whose.signed_in()
        self.signed_in.emit()

    def _first_numbers(self) -> None:
        if shiboken6.isValid(self) and self.frame is not None:
            self._read_status()
            self._count_review()
            self.catching_up.start()

    def _turned(self, door: Workspace) -> None:
        """Another profile: nothing of the one before is heard any more."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        self.ui.door = door
        self._direction()

    def _listen(self) -> None:
        if self._unsubscribe is None:
            self._unsubscribe = self.ui.door.changed.subscribe(self._heard.emit)

    def _drop(self, widget: QWidget | None) -> None:
        if widget is not None:
            self._stack.removeWidget(widget)
            widget.hide()
            widget.deleteLater()

    # --- what pages ask of the window (Shell) -----------------------------------------------------------------------

    def go(self, place: str, **args: Any) -> None:
        if self.frame is not None:
            self._close_overlays()
            self.frame.go(place, **args)

    def back(self) -> None:
        if self.frame is not None:
            self.frame.back()

    def say(self, text: str, undo: Undo | None = None, undone: Callable[[Any], object] | None = None) -> None:
        if self.frame is not None:
            self.frame.say(text, undo, undone)

    def trouble(self, error: BaseException) -> None:
        message = message_for(error, self.ui.words)
        if self.frame is not None and self._stack.currentWidget() is self.frame:
            self.frame.show_message(message)
        elif self.gate is not None:
            show = getattr(self.gate, "show_message", None)
            if show is not None:
                show(message)

    def keys_changed(self) -> None:
        if self.frame is not None:
            self.frame.keys_changed()

    def speak(self, language: str) -> None:
        """Another language of the interface, at once; what is open is made anew in it."""
        self.ui.words = words.load(language).at_home_in(self.ui.words.zone)
        self.whose.remember("language", language)
        self._direction()
        if self.frame is not None and self.ui.me is not None:
            self._make_anew(self.ui.me)
        elif self.gate is not None:
            self.start()

    def _make_anew(self, me: OrganisationView) -> None:
        """The same work in another language or zone: drafts are kept, and every page is made again."""
        if self.frame is None:
            return
        place = self.frame.place
        self.frame.leave()
        self._sign_in(me)
        if place in ("today", "people", "settings", "review", "sync"):
            self.frame.go(place)

    def _hear_names(self, me: OrganisationView) -> None:
        """The organisation's own records changed, or came for the first time."""
        if self.frame is None or self.ui.me is None:
            return
        if me.zone != self.ui.me.zone or me.me.role != self.ui.me.me.role:  # another role has other places
            self._make_anew(me)
        elif me.codes != self.ui.me.codes:
            self._own_words(me)
        self.ui.me = me

    def _own_words(self, me: OrganisationView) -> None:
        """The organisation's own codes as they are today, in its zone."""
        self.ui.words = words.load(self.ui.words.language).at_home_in(me.zone).with_own(me.codes, self.ui.today())

    def choose_look(self, **wishes: Any) -> None:
        """Another theme or text size, kept for the next time."""
        look().choose(**wishes)
        for name, value in wishes.items():
            self.whose.remember(name, str(value))

    def _direction(self) -> None:
        app = QApplication.instance()
        if isinstance(app, QApplication):
            rtl = self.ui.words.rtl
            app.setLayoutDirection(Qt.LayoutDirection.RightToLeft if rtl else Qt.LayoutDirection.LeftToRight)

    # --- changes and sending ----------------------------------------------------------------------------------------

    def _on_changed(self, changed: Changed) -> None:
        if self.frame is None:
            return
        self.frame.refresh(changed)
        self._read_status()
        if changed.kinds & ABOUT_US:
            from cmpp_desktop.domain.questions import Organisation

            self.ui.ask(Organisation(), self._hear_names, owner=self)
        if changed.kinds & {"review", "service_session"}:
            self._count_review()
        if not self._closed and changed.origin != "sync":
            self._exchanges.changed()
        if changed.origin == "sync":
            self.catching_up.start()

    def _read_status(self) -> None:
        self.ui.call(self.ui.door.sync_status, self.show_status, lambda error: None, owner=self)

    def show_status(self, status: SyncStatus) -> None:
        if self.frame is None:
            return
        if status.problem in SHUT_OUT and not self._closed:
            self.shut_out()
            return
        self.frame.show_status(status, self.ui.now())
        if self._closed:
            return
        if status.problem == self._told_problem or self._stack.currentWidget() is not self.frame:
            return
        self._told_problem = status.problem
        if status.problem is not None and message_for(KnownError(status.problem), self.ui.words).level == "stop":
            self.trouble(KnownError(status.problem))  # it was tried by itself: nobody else says so

    def _count_review(self) -> None:
        if self.frame is None or self.ui.me is None or self.ui.me.me.role not in places.REVIEWERS:
            return
        from cmpp_desktop.domain.questions import ReviewQueue

        self.ui.ask(ReviewQueue(), lambda queue: self.frame.show_count("review", len(queue)) if self.frame else None, owner=self)

    def sync(self) -> None:
        """One exchange now, unless one is under way."""
        if self.frame is None or self._syncing or self._closed:
            return
        self._syncing = True

        def over(status: SyncStatus | None) -> None:
            self._syncing = False
            if status is not None:
                self._exchanges.heard(status)
                self.show_status(status)
                if status.problem is None and self.frame is not None:
                    self.carrying.start()

        self.ui.call(self.ui.door.sync_now, over, lambda error: over(None), on="net", owner=self)

    def _tick(self) -> None:
        if self.hidden is not None:
            self.hidden.tick()
            if self._steady() - self._hidden_at > RETURN_SECONDS and self.frame is not None:
                self.lock()
        elif self.frame is not None:
            self._read_status()
            if self.ui.today() != self._day:  # midnight, where the office is
                self._day = self.ui.today()
                self.frame.reload()

    # --- over the page ----------------------------------------------------------------------------------------------

    def open_palette(self) -> None:
        """Ctrl+K."""
        from cmpp_desktop.ui.palette import Palette

        if self.frame is not None and self.hidden is None:
            palette = Palette(self, self.ui)
            self.catching_up.read.connect(palette.read_more)
            self._lay_over(palette)

    def open_keys(self) -> None:
        """? : all keys of the page and of the frame."""
        from cmpp_desktop.ui.overlay import AllKeys

        if self.frame is not None and self.hidden is None:
            page = self.frame.page
            self._lay_over(AllKeys(self, self.ui, page.all_keys() if page is not None else ()))

    def _lay_over(self, overlay: Overlay) -> None:
        self._close_overlays(but=overlay)
        self._overlay = overlay
        overlay.open()

    def _close_overlays(self, but: Overlay | None = None) -> None:
        from cmpp_desktop.ui.overlay import Overlay

        self._overlay = None
        for overlay in self.findChildren(Overlay):  # also those that a page has laid over itself
            if overlay is not but:
                overlay.close()

    # --- hiding and locking -----------------------------------------------------------------------------------------

    def toggle_hidden(self) -> None:
        """F12: hides everything at once; F12 again within a minute comes back, later asks for the passphrase."""
        if self.hidden is None:
            self._close_overlays()
            self.setWindowTitle(self.ui.words("Clock"))
            self.hidden = Hidden(self.ui)
            self._stack.addWidget(self.hidden)
            self._stack.setCurrentWidget(self.hidden)
            self.hidden.setFocus()
            self._hidden_at = self._steady()
            if self.frame is not None:
                self.frame.leave()
            return
        late = self._steady() - self._hidden_at > RETURN_SECONDS
        self._drop(self.hidden)
        self.hidden = None
        self.setWindowTitle("CMPP")
        if self.frame is not None and late:
            self.lock()
        elif self.frame is not None:
            self._stack.setCurrentWidget(self.frame)
            page = self.frame.page
            if page is not None:
                (page.first_focus() or page).setFocus()
        elif self.gate is not None:
            self._stack.setCurrentWidget(self.gate)

    def lock(self) -> None:
        """Ctrl+Shift+L, or nobody was there: drafts are kept, every page goes, the store closes."""
        self._end_work(self.ui.door.lock)

    def shut_out(self) -> None:
        """This laptop was closed, or has left: the same, and no passphrase opens it any more. The way in says why."""
        self._end_work(self.ui.door.shut_out)

    def _end_work(self, end: Callable[[], object]) -> None:
        if self.frame is None:
            return
        self._idle.stop()
        self._exchanges.stop()
        self.catching_up.stop()
        self.carrying.stop()
        self._close_overlays()
        self.frame.leave()
        self._drop(self.frame)
        self.frame = None
        self.ui.me = None
        self.whose.nobody()
        self.ui.words = words.load(self.ui.words.language)
        self.ui.call(end, lambda nothing: self.start(), lambda error: self.start(), owner=self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _ACTIVITY and self._idle.isActive():
            self._idle.start()
        return False

    def closeEvent(self, event: QCloseEvent) -> None:
        """Drafts are kept; the workspace locks; no thread stays."""
        for timer in (self._minute, self._idle, self._exchanges, self._warm_soon):
            timer.stop()
        self.catching_up.stop()
        self.carrying.stop()
        app = QApplication.instance()
        if app is not None:
            app.removeEventFilter(self)
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        if self.frame is not None:
            self.frame.leave()
        self.ui.bridge.finish(self.ui.door.close)
        super().closeEvent(event)


def run(
    make_laptop: Callable[[], Laptop],
    *,
    argv: list[str] | None = None,
    sync_seconds: int = 30,
    invitation: Path | None = None,
) -> int:
    """Opens the window and stays until it is closed. Returns the exit status. `make_laptop` must be quick (no store yet).

    `invitation`: a file to begin with, when nothing has been set up here yet."""
    app = QApplication.instance() or QApplication(argv if argv is not None else sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName("CMPP")
    app.setDesktopFileName("cmpp-desktop")
    app.setWindowIcon(QIcon(QPixmap(str(resources.folder("icons") / "cmpp.svg"))))
    laptop = make_laptop()
    Look.install(app, **laptop.look)
    window = Window(laptop.door, Bridge(), language=laptop.chosen.language, laptop=laptop, sync_seconds=sync_seconds)
    window.invitation = invitation
    uncaught, interrupts = Uncaught(window.trouble, window), Interrupts(window.close, window)
    window.show()
    window.start()
    try:
        return app.exec()
    finally:
        interrupts.release()
        uncaught.release()
