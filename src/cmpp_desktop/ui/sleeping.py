"""Locks before the computer sleeps, where the system says so: logind's PrepareForSleep, over the system bus.

logind is asked to wait a moment (a delay inhibitor, five seconds at most), so that the store is closed and its keys are gone
before memory stands still. Where there is no logind (Windows, macOS, other Linux) nothing is heard, and the idle timer locks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import SLOT, QObject, SignalInstance, Slot

from cmpp_desktop.ui.page import Ui

if TYPE_CHECKING:
    from PySide6.QtDBus import QDBusConnection, QDBusPendingCallWatcher

SERVICE, PATH, MANAGER = "org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager"


class Sleeping(QObject):
    """Of one window. `signed_in` starts it, the first time; `lock()` closes the store, on the store's worker. `bus`: another one
    than the system's, for tests."""

    def __init__(
        self, signed_in: SignalInstance, lock: Callable[[], object], ui: Ui, parent: QObject, bus: QDBusConnection | None = None
    ) -> None:
        super().__init__(parent)
        self._lock, self._ui, self._bus = lock, ui, bus
        self._hears = False
        self._held: object = None  # while this is held, logind waits
        self._asking: QDBusPendingCallWatcher | None = None
        signed_in.connect(self._signed_in)

    @property
    def hears(self) -> bool:
        """Whether the system tells of sleep here."""
        return self._hears

    @property
    def delays(self) -> bool:
        """Whether logind waits for this program."""
        return self._held is not None

    def _signed_in(self) -> None:
        from PySide6.QtDBus import QDBusConnection

        bus = self._bus or QDBusConnection.systemBus()
        self._bus = bus
        if not bus.isConnected():
            return
        if not self._hears:
            slot = SLOT("prepare(bool)")
            # Its type says bytes; only text is taken.
            self._hears = bool(bus.connect(SERVICE, PATH, MANAGER, "PrepareForSleep", self, slot))  # type: ignore[call-overload]
        self._ask_to_wait()

    def _ask_to_wait(self) -> None:
        from PySide6.QtDBus import QDBusMessage, QDBusPendingCallWatcher

        if self._bus is None or not self._hears or self._held is not None or self._asking is not None:
            return
        asked = QDBusMessage.createMethodCall(SERVICE, PATH, MANAGER, "Inhibit")
        asked.setArguments(["sleep", "CMPP", self._ui.words("Locks before the computer sleeps"), "delay"])
        self._asking = QDBusPendingCallWatcher(self._bus.asyncCall(asked), self)
        self._asking.finished.connect(self._answered)

    def _answered(self, watcher: QDBusPendingCallWatcher) -> None:
        from PySide6.QtDBus import QDBusMessage

        self._asking = None
        said = watcher.reply() if hasattr(watcher, "reply") else None
        if said is not None and said.type() == QDBusMessage.MessageType.ReplyMessage and said.arguments():
            self._held = said.arguments()[0]
        watcher.deleteLater()

    @Slot(bool)
    def prepare(self, going: bool) -> None:
        """It sleeps soon, or has woken up: then it locks as well, if there was no time before."""
        self._lock()
        if going:
            self._ui.call(lambda: None, lambda nothing: self._let_go(), owner=None)  # behind the lock, on the same worker
        else:
            self._ask_to_wait()

    def _let_go(self) -> None:
        """Now it may sleep."""
        self._held = None
