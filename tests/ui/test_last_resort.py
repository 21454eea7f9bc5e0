"""An error that nobody caught is told to the person once; Ctrl+C in the terminal and a polite kill close the window cleanly."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from cmpp_desktop.errors import KnownError
from cmpp_desktop.ui.last_resort import Uncaught
from cmpp_desktop.ui.widgets import Banner, Button
from cmpp_desktop.workspace import SyncStatus

from .conftest import Desk

Open = Callable[..., Desk]


def _banners(at: Desk) -> list[str]:
    return [banner.accessibleName() for banner in at.window.findChildren(Banner) if banner.isVisible()]


def test_an_error_in_a_slot_is_told_once_with_what_is_safe_and_a_code(desk: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[str] = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, error, trace: logged.append(kind.__name__))
    at = desk()
    uncaught = Uncaught(at.window.trouble)
    try:
        nobody: dict[str, str] = {}
        broken = Button("Break", on=lambda: nobody["Marisela Tzoc"])
        broken.setParent(at.window)
        broken.click()
        at.qtbot.waitUntil(lambda: bool(_banners(at)))
        (said,) = _banners(at)
        assert "safe on this laptop" in said
        assert "KeyError-" in said
        assert "Marisela" not in said
        assert at.window.frame is not None
        at.window.frame.clear_notice()
        broken.click()
        at.quiet()
        assert not _banners(at), "the same place is told once"
        assert logged == ["KeyError", "KeyError"], "and logged each time"
    finally:
        uncaught.release()


def test_an_error_while_an_error_is_told_ends_there(desk: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[str] = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, error, trace: logged.append(kind.__name__))
    told: list[BaseException] = []

    def tell(error: BaseException) -> None:
        told.append(error)
        raise ValueError

    desk()
    uncaught = Uncaught(tell)
    try:
        sys.excepthook(KeyError, KeyError("x"), None)
        for _ in range(10):
            QApplication.processEvents()
    finally:
        uncaught.release()
    assert len(told) <= 2
    assert logged[:2] == ["KeyError", "ValueError"]


def test_what_stops_the_work_says_what_is_safe_what_to_do_and_a_code_and_stays(desk: Open) -> None:
    at = desk()
    at.window.trouble(KnownError("roster_fork"))
    at.window.go("people")
    at.quiet()
    (said,) = _banners(at)
    assert "Everything is on this laptop." in said
    assert "Tell your administrator at once" in said
    assert "roster_fork" in said
    at.window.trouble(KnownError("server_unreachable"))
    at.window.go("today")
    at.quiet()
    at.quiet()
    assert not _banners(at), "what does not stop the work goes when somebody goes elsewhere"


PROGRAM = """
import sys
from pathlib import Path
from tests.ui.samples import SampleDoor
from cmpp_desktop.ui import app
from cmpp_desktop.workspace.laptop import Laptop

class Door(SampleDoor):
    def close(self):
        print("locked", flush=True)

print("started", flush=True)
class Open(app.Window):
    def start(self):
        super().start()
        print("open", flush=True)
app.Window = Open
sys.exit(app.run(lambda: Laptop(Path("nowhere"), lambda folder: Door()), sync_seconds=0))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a console's Ctrl+C cannot be sent to one process alone there")
@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_in_the_terminal_locks_the_store_and_ends(asked: signal.Signals) -> None:
    root = Path(__file__).parents[2]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], cwd=root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert program.stdout is not None
    assert program.stdout.readline() == "started\n"
    assert program.stdout.readline() == "open\n"
    program.send_signal(asked)
    out, err = program.communicate(timeout=60)
    assert out == "locked\n", err
    assert program.returncode == 0, err


def test_an_exchange_that_has_stopped_is_told_once_where_somebody_works(desk: Open) -> None:
    at = desk()
    refused = SyncStatus("refused", waiting=2, problem="another_history")
    at.window.show_status(refused)
    at.quiet()
    at.quiet()
    (said,) = _banners(at)
    assert "Sending has stopped." in said
    assert at.window.frame is not None
    at.window.frame.clear_notice()
    at.window.show_status(refused)
    at.window.show_status(SyncStatus("offline", waiting=2, problem="server_unreachable"))
    at.quiet()
    at.quiet()
    assert not _banners(at), "once; and being offline is no trouble"
