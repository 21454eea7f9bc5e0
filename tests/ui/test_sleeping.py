"""The computer sleeps: the window locks first, and logind (one of our own, on a private bus) waits until the store is closed."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtDBus import QDBusConnection
from pytestqt.qtbot import QtBot

from cmpp_desktop.ui.sleeping import MANAGER, PATH, SERVICE, Sleeping

pytestmark = pytest.mark.skipif(shutil.which("dbus-daemon") is None, reason="no dbus-daemon here")
PASSPHRASE = "correct horse battery staple"


class Logind:
    """Hands out inhibitors, and tells of sleep. `let_go`: the last inhibitor was given back."""

    def __init__(self, address: str) -> None:
        from jeepney import message_bus
        from jeepney.io.blocking import open_dbus_connection

        self.asked: list[tuple[Any, ...]] = []
        self.let_go = threading.Event()
        self._line = open_dbus_connection(address, enable_fds=True)
        self._line.send_and_get_reply(message_bus.RequestName(SERVICE))
        self._thread = threading.Thread(target=self._serve, name="logind")
        self._thread.start()

    def _serve(self) -> None:
        from jeepney import HeaderFields, new_method_return

        while True:
            message = self._line.receive()
            member = message.header.fields.get(HeaderFields.member)
            if member == "Inhibit":
                self.asked.append(message.body)
                ours, theirs = os.pipe()
                self._line.send(new_method_return(message, "h", (theirs,)))
                os.close(theirs)
                threading.Thread(target=self._watch, args=(ours,), name="inhibitor").start()
            elif member == "End":
                return

    def _watch(self, ours: int) -> None:
        os.read(ours, 1)  # nobody writes: it ends when the last copy of the other end is closed
        os.close(ours)
        self.let_go.set()

    def tell(self, going: bool) -> None:
        from jeepney import DBusAddress, new_signal

        self._line.send(new_signal(DBusAddress(PATH, interface=MANAGER), "PrepareForSleep", "b", (going,)))

    def close(self, address: str) -> None:
        from jeepney import DBusAddress, MessageFlag, new_method_call
        from jeepney.io.blocking import open_dbus_connection

        end = new_method_call(DBusAddress(PATH, SERVICE, MANAGER), "End")
        end.header.flags |= MessageFlag.no_reply_expected
        with open_dbus_connection(address) as other:
            other.send(end)
        self._thread.join(20)
        self._line.close()


@pytest.fixture
def bus() -> Iterator[tuple[QDBusConnection, Logind]]:
    command = ["dbus-daemon", "--session", "--nofork", "--print-address"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as daemon:
        assert daemon.stdout is not None
        address = daemon.stdout.readline().strip()
        logind = Logind(address)
        yield QDBusConnection.connectToBus(address, "sleeping"), logind
        QDBusConnection.disconnectFromBus("sleeping")
        logind.close(address)
        daemon.terminate()


def test_the_window_locks_before_the_computer_sleeps_and_logind_waits_for_it(
    bus: tuple[QDBusConnection, Logind], desk: Callable[..., Any], qtbot: QtBot
) -> None:
    line, logind = bus
    at = desk(state="locked")
    sleeping = Sleeping(at.window.signed_in, at.window.lock, at.window.ui, at.window, line)
    assert not sleeping.hears  # nobody has signed in: there is nothing to lock
    for _ in range(2):  # also after it has woken up, and somebody signed in again
        at.type(PASSPHRASE)
        at.page.unlock()
        at.quiet()
        assert at.door.state() == "open"
        qtbot.waitUntil(lambda: sleeping.delays, timeout=20_000)
        assert not logind.let_go.is_set()
        logind.tell(True)
        qtbot.waitUntil(lambda: not sleeping.delays, timeout=20_000)
        at.quiet()
        assert (at.door.state(), at.window.frame) == ("locked", None)
        assert logind.let_go.wait(20)
        logind.let_go.clear()
        logind.tell(False)
        qtbot.waitUntil(lambda: sleeping.delays, timeout=20_000)
    assert [asked[0::3] for asked in logind.asked] == [("sleep", "delay")] * 3
    logind.tell(True)  # and it holds up nothing that comes after this test
    qtbot.waitUntil(lambda: not sleeping.delays, timeout=20_000)
    at.quiet()
    assert logind.let_go.wait(20)


class _Bell(QObject):
    rang = Signal()


def test_where_nobody_tells_of_sleep_nothing_is_missed(desk: Callable[..., Any]) -> None:
    at, bell = desk(), _Bell()
    sleeping = Sleeping(bell.rang, at.window.lock, at.window.ui, at.window, QDBusConnection("nowhere"))
    bell.rang.emit()
    assert not sleeping.hears
    assert at.door.state() == "open"
