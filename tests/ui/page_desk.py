"""A window with one caseworker at it, over a workspace of samples: what the pages' stories are told with."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from zoneinfo import ZoneInfo

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QLabel, QVBoxLayout, QWidget

from cmpp_desktop import words
from cmpp_desktop.changes import Changed
from cmpp_desktop.ui.bridge import Bridge
from cmpp_desktop.ui.frame import Frame
from cmpp_desktop.ui.page import Page, Ui, Undo
from cmpp_desktop.ui.theme import Look
from cmpp_desktop.ui.whose import Whose
from tests.ui import samples

WAIT_SECONDS = 30.0


class Desk:
    """The window's shell and its frame. `said`: what was said with Undo, `troubles`: errors that were presented."""

    def __init__(self, *, language: str = "en", role: str = "caseworker") -> None:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        Look.install(app)
        self.door = samples.SampleDoor(role=role, full=True)
        self.door.status = samples.sync_status()
        self.bridge = Bridge()
        self.said: list[tuple[str, Undo | None]] = []
        self.troubles: list[BaseException] = []
        self.bridge.failed.connect(self.troubles.append)
        zone = ZoneInfo(samples.ZONE)
        self.ui = Ui(
            words.load(language), self.bridge, self.door, lambda: samples.LATER.astimezone(zone), self, samples.organisation(role)
        )
        self.window = QWidget()
        self.whose = Whose(None, self.ui, self.window, lambda door: None, lambda: None, lambda page: None)
        self.frame = Frame(self.ui, role=role, name="Ana Marroquín")
        layout = QVBoxLayout(self.window)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.frame)
        self.window.resize(1366, 768)
        self.window.show()
        self.window.activateWindow()
        QTest.qWaitForWindowActive(self.window)

    # --- what a shell does ----------------------------------------------------------------------------------------------

    def go(self, place: str, **args: Any) -> None:
        self.frame.go(place, **args)

    def back(self) -> None:
        self.frame.back()

    def say(self, text: str, undo: Undo | None = None, undone: Any = None) -> None:
        self.said.append((text, undo))
        self.frame.say(text, undo, undone)

    def trouble(self, error: BaseException) -> None:
        self.troubles.append(error)

    def keys_changed(self) -> None:
        self.frame.keys_changed()

    def opened(self) -> None:
        """Somebody is signed in already."""

    def way_in(self) -> None:
        """Nobody comes in anew."""

    def shut_out(self) -> None:
        """This laptop stays."""

    def speak(self, language: str) -> None:
        """The language stays."""

    # --- the person ---------------------------------------------------------------------------------------------------------

    def open(self, place: str, **args: Any) -> Any:
        """Goes to a place and waits until it has been painted with its answers."""
        self.go(place, **args)
        self.settle()
        return self.page

    @property
    def page(self) -> Any:
        return self.frame.page

    def settle(self) -> None:
        """Until every question is answered."""
        end = time.monotonic() + WAIT_SECONDS
        quiet = 0
        while quiet < 3:
            assert time.monotonic() < end, "still waiting for an answer"
            QCoreApplication.processEvents()
            QCoreApplication.sendPostedEvents(None, int(QEvent.Type.DeferredDelete.value))
            quiet = quiet + 1 if self.bridge.running == 0 else 0

    def until(self, so: Any) -> None:
        """Until something is so: for what a timer does."""
        end = time.monotonic() + WAIT_SECONDS
        while not so():
            assert time.monotonic() < end, "it never came"
            QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
        self.settle()

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """One key, to whatever has the keyboard."""
        target = QApplication.focusWidget() or self.page
        QTest.keyClick(target, key, modifier)
        self.settle()

    def type(self, text: str) -> None:
        target = QApplication.focusWidget()
        assert target is not None, "nothing has the keyboard"
        QTest.keyClicks(target, text)
        self.settle()

    def hear(self, *kinds: str) -> None:
        """Something of these kinds was committed elsewhere."""
        self.frame.refresh(Changed(frozenset(kinds), frozenset({samples.MARISELA}), "sync"))
        self.settle()

    def close(self) -> None:
        self.frame.leave()
        self.settle()
        self.bridge.close()
        self.window.close()
        self.window.deleteLater()
        QCoreApplication.sendPostedEvents(None, int(QEvent.Type.DeferredDelete.value))
        QCoreApplication.processEvents()


@contextmanager
def desk(**more: Any) -> Iterator[Desk]:
    made = Desk(**more)
    try:
        yield made
    finally:
        made.close()


def nameless(page: Page) -> list[str]:
    """Focusable widgets of a page that a screen reader could not name."""
    found = []
    for widget in page.findChildren(QWidget):
        if widget.focusPolicy() == Qt.FocusPolicy.NoFocus or not widget.isVisibleTo(page):
            continue
        if widget.parent() is not None and isinstance(widget.parent(), QAbstractScrollArea):
            continue  # a viewport speaks through its view
        interface = QAccessible.queryAccessibleInterface(widget)
        name = interface.text(QAccessible.Text.Name) if interface is not None else ""
        labelled = any(label.buddy() is widget for label in page.findChildren(QLabel))
        if not name and not labelled:
            found.append(f"{type(widget).__name__} in {type(widget.parent()).__name__}")
    return found
