"""Work goes elsewhere and its end comes back to the window's thread, unless nobody is there any more."""

from __future__ import annotations

import threading
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from cmpp_desktop.errors import KnownError
from cmpp_desktop.ui.bridge import Bridge


def test_answers_come_back_on_the_window_thread_in_order(bridge: Bridge, qtbot: QtBot) -> None:
    here = threading.get_ident()
    heard: list[tuple[int, bool, bool]] = []
    for number in range(20):

        def work(number: int = number) -> tuple[int, int]:
            return number, threading.get_ident()

        bridge.run(work, lambda found: heard.append((found[0], found[1] == here, threading.get_ident() == here)))
    qtbot.waitUntil(lambda: len(heard) == 20)
    assert heard == [(number, False, True) for number in range(20)]


def test_failure_reaches_whoever_asked_and_otherwise_the_window(bridge: Bridge, qtbot: QtBot) -> None:
    def broken() -> None:
        raise KnownError("disk_full")

    own: list[BaseException] = []
    windows: list[BaseException] = []
    bridge.failed.connect(windows.append)
    bridge.run(broken, lambda nothing: None, own.append)
    bridge.run(broken, lambda nothing: None)
    qtbot.waitUntil(lambda: bool(own and windows))
    assert isinstance(own[0], KnownError)
    assert own[0].code == "disk_full"
    assert len(own) == len(windows) == 1


def test_a_page_that_has_gone_hears_nothing(bridge: Bridge, qtbot: QtBot) -> None:
    gate = threading.Event()
    heard: list[Any] = []
    page = QWidget()
    bridge.run(gate.wait, heard.append, owner=page)
    page.deleteLater()
    QCoreApplication.sendPostedEvents(None, int(QEvent.Type.DeferredDelete.value))
    gate.set()
    qtbot.waitUntil(lambda: bridge.running == 0)
    assert heard == []


def test_long_work_counts_and_can_be_cancelled(bridge: Bridge, qtbot: QtBot) -> None:
    steps: list[tuple[int, int]] = []
    ended: list[str] = []
    told = threading.Event()

    def work(step: Any) -> None:
        for number in range(1000):
            step(number, 1000)
            told.wait(5)

    def stepped(done: int, total: int) -> None:
        steps.append((done, total))
        job.cancel()
        told.set()

    job = bridge.run(work, lambda nothing: ended.append("ok"), lambda error: ended.append("fail"), "work", steps=stepped)
    qtbot.waitUntil(lambda: bridge.running == 0)
    assert steps == [(0, 1000)]
    assert ended == []


def test_closing_drops_what_waits_and_leaves_no_thread(qtbot: QtBot) -> None:
    made = Bridge()
    gate = threading.Event()
    ran: list[int] = []
    made.run(gate.wait)
    made.run(lambda: ran.append(1))
    gate.set()
    made.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("cmpp-")]
    made.run(lambda: ran.append(2))
    assert 2 not in ran


def test_at_the_end_drafts_are_still_kept_before_the_store_closes(qtbot: QtBot) -> None:
    made = Bridge()
    kept: list[str] = []
    made.run(lambda: kept.append("draft"))
    made.finish(lambda: kept.append("closed"))
    assert kept == ["draft", "closed"]
