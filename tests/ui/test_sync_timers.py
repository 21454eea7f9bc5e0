"""The window exchanges by itself, and leaves a server alone that asked for it; who presses the button is not kept waiting."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from cmpp_desktop.ui.sync_timers import SyncTimers
from cmpp_desktop.workspace.views import SyncStatus

WENT = SyncStatus("sent")
BUSY = SyncStatus("offline", problem="server_busy", retry_in=90.0)
OFFLINE = SyncStatus("offline", problem="server_unreachable")


@pytest.fixture
def parent(qtbot: QtBot) -> Iterator[QObject]:
    made = QObject()
    yield made
    made.deleteLater()


def test_what_was_written_goes_soon_unless_the_server_asked_to_wait(parent: QObject) -> None:
    timers = SyncTimers(30, lambda: None, parent)
    timers.begin()
    timers.soon.stop()
    timers.heard(BUSY)
    timers.changed()
    assert (timers.soon.isActive(), timers.often.interval()) == (False, 90_000)
    timers.heard(OFFLINE)
    timers.changed()
    assert (timers.soon.isActive(), timers.often.interval()) == (True, 30_000)
    timers.heard(WENT)
    assert timers.often.interval() == 30_000
    timers.stop()


def test_a_pause_that_was_begun_stops_what_was_about_to_go(parent: QObject) -> None:
    timers = SyncTimers(30, lambda: None, parent)
    timers.begin()
    assert timers.soon.isActive()
    timers.heard(BUSY)
    assert not timers.soon.isActive()
    timers.stop()


def test_an_answer_after_locking_starts_nothing(parent: QObject) -> None:
    timers = SyncTimers(30, lambda: None, parent)
    timers.begin()
    timers.stop()
    timers.heard(BUSY)
    assert not timers.often.isActive()
    timers.begin()
    timers.changed()
    assert timers.soon.isActive(), "and the pause of another session is not kept"
    timers.stop()


def test_a_demonstration_never_exchanges_by_itself(parent: QObject) -> None:
    timers = SyncTimers(0, lambda: None, parent)
    timers.begin()
    timers.changed()
    timers.heard(OFFLINE)
    assert not timers.often.isActive()
    assert not timers.soon.isActive()
