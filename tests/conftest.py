"""What every test can rely on: no display, no network, no keyring of the person who runs it, and nothing left behind.

A test that leaves a thread running, a QTimer active or a window open fails, and the message names what was left. The
check runs after all fixtures of the test have ended; what a module or session fixture made beforehand is not counted.
"""

from __future__ import annotations

import gc
import ipaddress
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# No example fails because the machine is busy.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# No bus and no keychain of the developer. A test of the Secret Service starts its own bus (dbus-run-session sets the
# address anew for its children).
os.environ["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=/dev/null/no-session-bus"
if sys.platform != "linux":
    os.environ.setdefault("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")

JOIN_SECONDS = 5.0  # how long a thread that was told to stop may take to end
UMASK = 0o077  # as the program sets it first of all


# --- the network ------------------------------------------------------------------------------------------------------


class NetworkForbidden(RuntimeError):
    """A test tried to reach something that is not this machine."""


def _is_here(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host is None or host in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(str(host).split("%")[0]).is_loopback
    except ValueError:
        return False


class _Guard:
    """Stands in front of `socket` while the tests run: loopback only. Names under .invalid fail as a resolver would."""

    def __init__(self) -> None:
        self.connect = socket.socket.connect
        self.connect_ex = socket.socket.connect_ex
        self.getaddrinfo = socket.getaddrinfo

    def _check(self, sock: socket.socket, address: Any) -> None:
        if sock.family in (socket.AF_INET, socket.AF_INET6) and not _is_here(address[0]):
            raise NetworkForbidden(f"a test tried to connect to {address[0]!r}")

    def install(self) -> None:
        guard = self

        def connect(sock: socket.socket, address: Any) -> None:
            guard._check(sock, address)
            guard.connect(sock, address)

        def connect_ex(sock: socket.socket, address: Any) -> int:
            guard._check(sock, address)
            return guard.connect_ex(sock, address)

        def getaddrinfo(host: Any, *rest: Any, **more: Any) -> Any:
            if isinstance(host, str) and host.endswith(".invalid"):
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            if not _is_here(host):
                raise NetworkForbidden(f"a test tried to look up {host!r}")
            return guard.getaddrinfo(host, *rest, **more)

        vars_of = (("connect", connect), ("connect_ex", connect_ex))
        for name, function in vars_of:
            setattr(socket.socket, name, function)
        setattr(socket, "getaddrinfo", getaddrinfo)  # noqa: B010 - mypy forbids to assign to a module's function

    def remove(self) -> None:
        setattr(socket.socket, "connect", self.connect)  # noqa: B010 - as above
        setattr(socket.socket, "connect_ex", self.connect_ex)  # noqa: B010 - as above
        setattr(socket, "getaddrinfo", self.getaddrinfo)  # noqa: B010 - as above


_GUARD = pytest.StashKey[_Guard]()


def pytest_configure(config: pytest.Config) -> None:
    os.umask(UMASK)
    guard = _Guard()
    guard.install()
    config.stash[_GUARD] = guard


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[_GUARD].remove()


# --- nothing is left behind -------------------------------------------------------------------------------------------


def _threads_left(before: set[threading.Thread]) -> list[str]:
    left = []
    for thread in threading.enumerate():
        # A dummy stands for a thread that Python did not start (Qt's own): nothing of ours runs in it any more.
        if thread in before or isinstance(thread, threading._DummyThread):
            continue
        thread.join(JOIN_SECONDS)
        if thread.is_alive():
            left.append(f"thread {thread.name!r}")
    return left


class _QtTraces:
    """Windows and running timers of Qt, counted before and after a test. Knows nothing while Qt is not loaded."""

    # Windows that Qt keeps for itself.
    OWN = ("QTipLabel", "QDesktopWidget", "QShapedPixmapWidget")

    def __init__(self) -> None:
        self.windows = {id(window) for window in self._windows()}

    @staticmethod
    def _application() -> Any:
        widgets = sys.modules.get("PySide6.QtWidgets")
        return widgets.QApplication.instance() if widgets else None

    def _windows(self) -> list[Any]:
        application = self._application()
        if application is None or not hasattr(application, "topLevelWidgets"):
            return []
        return [window for window in application.topLevelWidgets() if window.metaObject().className() not in self.OWN]

    @staticmethod
    def _timers() -> list[Any]:
        """Running timers that are younger than the test: what is older is frozen, and not listed (`nothing_left_behind`)."""
        core = sys.modules.get("PySide6.QtCore")
        shiboken = sys.modules.get("shiboken6") or sys.modules.get("shiboken6.Shiboken")
        if core is None or shiboken is None:
            return []
        timer_type = core.QTimer
        return [
            thing
            for thing in gc.get_objects()
            if issubclass(type(thing), timer_type) and shiboken.isValid(thing) and thing.isActive()
        ]

    def _new(self) -> list[Any]:
        windows = [window for window in self._windows() if id(window) not in self.windows]
        return windows + self._timers()

    def left(self) -> list[str]:
        if self._application() is None:
            return []
        core = sys.modules["PySide6.QtCore"]
        core.QCoreApplication.sendPostedEvents(None, core.QEvent.Type.DeferredDelete.value)
        if self._new():  # perhaps only garbage that waits to be collected
            gc.collect()
            core.QCoreApplication.sendPostedEvents(None, core.QEvent.Type.DeferredDelete.value)
        names = []
        for thing in self._new():
            kind = "timer" if isinstance(thing, core.QTimer) else "window"
            names.append(f"{kind} {type(thing).__name__} {thing.objectName()!r}".replace(" ''", ""))
            if kind == "timer":  # so that only the guilty test fails
                thing.stop()
            else:
                thing.hide()
                thing.deleteLater()
        return names


@pytest.fixture(autouse=True)
def nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails the test that leaves a thread, a running QTimer or a top-level window, and names it."""
    threads = set(threading.enumerate())
    traces = _QtTraces()
    gc.freeze()  # so that the collector lists what the test made and not a million older things; both are quick
    yield
    os.umask(UMASK)
    left = _threads_left(threads) + traces.left()
    gc.unfreeze()
    if left:
        pytest.fail(f"{request.node.name} left behind: {', '.join(left)}", pytrace=False)


# --- data that is not in the repository -------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def shared_data() -> Callable[..., Path]:
    """`shared_data("xlsforms", "name.xlsx")`: a path in the data folder beside the checkout; skips where it is missing."""

    def find(*parts: str) -> Path:
        path = Path(__file__).resolve().parents[2].joinpath("shared", "data", *parts)
        if not path.exists():
            pytest.skip(f"shared/data/{'/'.join(parts)} is not beside this checkout")
        return path

    return find
