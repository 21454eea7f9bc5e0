"""A window off screen over a workspace of samples, with real keys; and the walk that a screen reader would take."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from cmpp_desktop.ui.app import Window
from cmpp_desktop.ui.bridge import Bridge
from cmpp_desktop.ui.theme import Look
from cmpp_desktop.workspace.laptop import Laptop
from tests.ui.samples import NOW, SampleDoor


@pytest.fixture
def look(qapp: QApplication) -> Iterator[Look]:
    """The look of the program: light, 100 %; put back afterwards."""
    found = Look.install(qapp, wish="light")
    found.choose(wish="light", scale=1.0)
    yield found
    found.choose(wish="light", scale=1.0)
    qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)


@pytest.fixture
def bridge(qapp: QApplication) -> Iterator[Bridge]:
    made = Bridge()
    yield made
    made.close()
    made.deleteLater()
    QCoreApplication.sendPostedEvents(None, int(QEvent.Type.DeferredDelete.value))


class Desk:
    """A window at work, and hands for it."""

    def __init__(self, window: Window, door: SampleDoor, qtbot: QtBot) -> None:
        self.window, self.door, self.qtbot = window, door, qtbot

    def quiet(self) -> None:
        """Until nothing is under way any more."""
        self.qtbot.waitUntil(lambda: self.window.ui.bridge.running == 0, timeout=30_000)
        QApplication.processEvents()
        self.qtbot.waitUntil(lambda: self.window.ui.bridge.running == 0, timeout=30_000)

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """One key, where the keyboard is."""
        QTest.keyClick(self.window.focusWidget() or self.window, key, modifier)
        self.quiet()

    def type(self, text: str) -> None:
        QTest.keyClicks(self.window.focusWidget() or self.window, text)
        self.quiet()

    @property
    def page(self) -> Any:
        return self.window.frame.page if self.window.frame is not None else self.window.gate


@pytest.fixture
def desk(look: Look, qtbot: QtBot) -> Iterator[Callable[..., Desk]]:
    """Opens a window: `desk(state="open", role="caseworker", language="en", door=None)`."""
    opened: list[Desk] = []

    def make(
        door: SampleDoor | None = None,
        *,
        language: str = "en",
        steady: Callable[[], float] | None = None,
        laptop: Laptop | None = None,
        **more: Any,
    ) -> Desk:
        door = door or SampleDoor(**more)
        extra: dict[str, Any] = {"steady": steady} if steady is not None else {}
        extra["laptop"] = laptop
        window = Window(door, Bridge(), language=language, clock=lambda: NOW, sync_seconds=0, **extra)
        found = Desk(window, door, qtbot)
        opened.append(found)
        window.resize(1366, 768)
        window.show()
        with qtbot.waitActive(window):
            window.activateWindow()
        window.start()
        found.quiet()
        return found

    yield make
    for item in opened:
        item.window.close()
        item.window.ui.bridge.deleteLater()
        item.window.deleteLater()
    QCoreApplication.sendPostedEvents(None, int(QEvent.Type.DeferredDelete.value))


def nameless(root: QWidget) -> list[str]:
    """Widgets that can have the keyboard, can be seen, and say nothing to a screen reader."""
    found = []
    for widget in root.findChildren(QWidget):
        if not widget.isVisible() or widget.focusPolicy() == Qt.FocusPolicy.NoFocus or widget.focusProxy() is not None:
            continue
        interface = QAccessible.queryAccessibleInterface(widget)
        if interface is None or interface.text(QAccessible.Text.Name):
            continue
        if not any(relation & QAccessible.RelationFlag.Label for _, relation in interface.relations()):
            found.append(f"{type(widget).__name__} in {type(widget.parentWidget()).__name__}")
    return found


@pytest.fixture
def speechless() -> Callable[[QWidget], list[str]]:
    return nameless
