"""Inside the driven process: `python -m tests.driver.host -- <arguments of the program>`.

Each line of standard input is a JSON object with an `id` and an `op`; each is answered by one line on standard output.
Keys go through the window system's own entrance (QTest on the window's handle), so shortcuts and focus behave as they do
for a person.
"""

from __future__ import annotations

import faulthandler
import json
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QKeyCombination, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QWindow
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.driver.screen import current_rows, names_of_focus, words_on_screen

LOOK_FIRST_MS, LOOK_LATER_MS = 10, 160  # each look reads the whole screen: who waits long looks less often


class Hands(QObject):
    """Lives on the window thread; is told what to do by signal and answers on standard output."""

    told = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.told.connect(self._do, Qt.ConnectionType.QueuedConnection)
        self._looking: list[_Look] = []

    def _do(self, order: dict[str, Any]) -> None:
        try:
            self._carry_out(order)
        except Exception as error:
            answer(order, error=f"{type(error).__name__}: {error}")

    def _carry_out(self, order: dict[str, Any]) -> None:
        op = order["op"]
        if op in ("type", "press"):
            # By timers, because a key may open a dialog that keeps this call until it is closed; the answer then comes
            # from within the dialog's own loop.
            QTimer.singleShot(0, lambda: self._keys(order))
            QTimer.singleShot(0, lambda: answer(order))
        elif op == "look":
            self._looking.append(_Look(self, order))
        elif op == "focused":
            answer(order, names=names_of_focus())
        elif op == "rows":
            answer(order, rows=current_rows())
        elif op == "words":
            answer(order, words=words_on_screen())
        elif op == "shot":
            window = QApplication.activeWindow() or QApplication.topLevelWidgets()[0]
            answer(order, ok=window.grab().save(order["path"]))
        elif op == "resize":
            for window in QApplication.topLevelWidgets():
                if window.isVisible() and window.parent() is None:
                    window.resize(order["width"], order["height"])
            answer(order)
        elif op == "quit":
            answer(order)
            QApplication.closeAllWindows()
        else:
            answer(order, error=f"unknown op {op}")


    def _keys(self, order: dict[str, Any]) -> None:
        if order["op"] == "type":
            type_text(order["text"])
        else:
            press(order["keys"])


class _Look:
    """Looks at the screen again and again until all wanted words are there, and the unwanted gone, or time is up."""

    def __init__(self, hands: Hands, order: dict[str, Any]) -> None:
        self.hands, self.order = hands, order
        self.until = time.monotonic() + float(order.get("seconds", 20))
        self.timer = QTimer(hands)
        self.timer.setInterval(LOOK_FIRST_MS)
        self.timer.timeout.connect(self.look)
        self.timer.start()

    def look(self) -> None:
        try:
            text = "\n".join(words_on_screen())
        except Exception as error:
            self._end()
            answer(self.order, error=f"{type(error).__name__}: {error}")
            return
        missing = [wanted for wanted in self.order.get("wanted", []) if wanted not in text]
        there = [unwanted for unwanted in self.order.get("gone", []) if unwanted in text]
        if (missing or there) and time.monotonic() < self.until:
            self.timer.setInterval(min(self.timer.interval() * 3 // 2, LOOK_LATER_MS))
            return
        self._end()
        answer(self.order, missing=missing, there=there, screen=text if missing or there else "")

    def _end(self) -> None:
        self.timer.stop()
        self.timer.deleteLater()
        self.hands._looking.remove(self)


def focus_window() -> QWindow:
    """The window that has, or should have, the keyboard."""
    focused = QApplication.focusWidget()
    if focused is not None:  # not the pop-up of a completer, which only looks over the shoulder
        own = focused.window().windowHandle()
        if own is not None:
            return own
    found: QWindow | None = QGuiApplication.focusWindow()
    if found is None:
        widget = QApplication.activeModalWidget() or next(w for w in QApplication.topLevelWidgets() if w.isVisible())
        widget.activateWindow()
        handle = widget.windowHandle()
        assert handle is not None
        found = handle
    return found


def press(keys: str) -> None:
    """One combination as QKeySequence writes it: "Ctrl+K", "Return", "Shift+Tab"."""
    combination = _combination(keys)
    window = focus_window()
    QTest.keyPress(window, combination.key(), combination.keyboardModifiers())
    if shiboken6.isValid(window) and window.isVisible():  # the key may have closed the window it went to
        QTest.keyRelease(window, combination.key(), combination.keyboardModifiers())


def _combination(keys: str) -> QKeyCombination:
    sequence = QKeySequence(keys)
    if sequence.count() != 1:
        raise ValueError(f"{keys} is not one combination of keys")
    combination: QKeyCombination = sequence[0]  # type: ignore[index]  # PySide6's stub leaves operator[] out
    return combination


def type_text(text: str) -> None:
    """Characters of any script, one key event each, to whatever has the focus."""
    for character in text:
        if character == "\n":
            QTest.keyClick(focus_window(), Qt.Key.Key_Return)
            continue
        target = QGuiApplication.focusObject()
        key = Qt.Key(ord(character.upper())) if character.isascii() and character.isprintable() else Qt.Key.Key_unknown
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            event = QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, character)
            if target is not None:
                QCoreApplication.sendEvent(target, event)


def answer(order: dict[str, Any], **facts: Any) -> None:
    """One line, at once."""
    sys.stdout.write(json.dumps({"id": order["id"], **facts}) + "\n")
    sys.stdout.flush()


def listen() -> None:
    """Waits for the application, then hands every line of standard input over to the window thread."""
    while QCoreApplication.instance() is None:
        threading.Event().wait(0.01)
    application = QCoreApplication.instance()
    assert application is not None
    hands = Hands()
    hands.moveToThread(application.thread())
    for line in sys.stdin:
        hands.told.emit(json.loads(line))


def main(run: Callable[[list[str]], int]) -> int:
    """Runs the program with a listener beside it."""
    faulthandler.enable()
    threading.Thread(target=listen, name="driver", daemon=True).start()
    return run(sys.argv[1:])


if __name__ == "__main__":
    from cmpp_desktop.__main__ import main as program

    raise SystemExit(main(program))
