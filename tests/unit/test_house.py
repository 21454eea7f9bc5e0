"""Promises of the house that no single module keeps: the Qt build, the locks, and the checks themselves."""

from __future__ import annotations

import re
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import pytest
from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, Qt, QTimer, Signal
from pytestqt.qtbot import QtBot

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))

CALLS = 4_000
# The interpreter itself moves a few references while this runs; the fault looked for takes one per call.
SLACK = CALLS // 20

pytest_plugins = ["pytester"]


def _references() -> tuple[int, int, int]:
    return sys.getrefcount(True), sys.getrefcount(False), sys.getrefcount(None)


class _Bell(QObject):
    rang = Signal(int)


class _Silent(QAbstractListModel):
    """A model whose data() answers None, as every model does for roles that it does not serve."""

    def rowCount(self, parent: object = None) -> int:
        return 1

    def data(self, index: object, role: int = 0) -> object:
        return None


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="True and None are immortal since Python 3.12")
@pytest.mark.usefixtures("qapp")
class TestQtKeepsTheReferencesOfConstants:
    """PySide6 6.12.0 dropped one reference to True or None in every call on Python 3.10 and 3.11, until the process
    aborted. Spare references are kept for as long as the tests run, so that such a build fails this test and does not
    take the whole run with it."""

    spare: ClassVar[list[bool | None]] = []

    def _lost_by(self, call: Callable[[], object]) -> tuple[int, ...]:
        for constant in (True, False, None):
            self.spare.extend([constant] * CALLS * 4)
        before = _references()
        for _ in range(CALLS):
            call()
        after = _references()
        return tuple(abs(a - b) for a, b in zip(after, before, strict=True))

    def test_emitting_a_signal(self) -> None:
        bell = _Bell()
        assert max(self._lost_by(lambda: bell.rang.emit(1))) < SLACK

    def test_calling_a_function_without_a_result(self) -> None:
        bell = _Bell()
        assert max(self._lost_by(lambda: bell.setObjectName("bell"))) < SLACK

    def test_answering_none_from_an_override(self) -> None:
        model = _Silent()
        # Through Qt: the index asks the model in C++, which asks the override.
        index = model.createIndex(0, 0)
        assert max(self._lost_by(lambda: index.data(Qt.ItemDataRole.DisplayRole))) < SLACK
        assert model.rowCount(QModelIndex()) == 1


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
class TestLocks:
    def test_every_package_is_pinned_and_hashed(self, lock: Path) -> None:
        packages = re.sub(r"^#.*\n", "", lock.read_text("utf-8"), flags=re.MULTILINE)
        entries = re.split(r"\n(?=\S)", packages.strip())
        assert entries
        for entry in entries:
            assert re.match(r"[a-z0-9._-]+(\[[a-z,]+\])?==[^\s;]+", entry), entry.splitlines()[0]
            assert "--hash=sha256:" in entry, entry.splitlines()[0]

    def test_a_lock_names_no_address(self, lock: Path) -> None:
        text = lock.read_text("utf-8")
        assert "://" not in text
        assert not re.search(r"^\s*--?(i|f|index-url|extra-index-url|find-links|trusted-host)\b", text, re.MULTILINE)


def test_there_is_a_lock_for_each_purpose() -> None:
    assert [path.name for path in LOCKS] == ["dev.txt", "runtime.txt", "server.txt"]


def test_what_is_tested_is_what_is_shipped() -> None:
    def pins(name: str) -> set[str]:
        text = (ROOT / "requirements" / name).read_text("utf-8")
        return set(re.findall(r"^([a-z0-9._-]+==[^\s;]+)", text, re.MULTILINE))

    assert pins("runtime.txt") <= pins("dev.txt")
    assert pins("server.txt") <= pins("dev.txt")
    assert not any(pin.startswith(("pyside6", "sqlcipher3")) for pin in pins("server.txt"))


def test_the_list_of_licences_names_every_package_of_the_locks() -> None:
    listed = set(re.findall(r"^\| ([a-z0-9._-]+) \| ([^ ]+) \| \S", (ROOT / "docs/third-party.md").read_text(), re.MULTILINE))
    locked = set(re.findall(r"^([a-z0-9._-]+)==([^\s;]+)", (ROOT / "requirements/dev.txt").read_text(), re.MULTILINE))
    assert locked == listed - {("package", "version")}


def test_the_network_ends_at_this_machine() -> None:
    with socket.socket() as outside, pytest.raises(RuntimeError, match=r"192\.0\.2\.1"):
        outside.connect(("192.0.2.1", 80))
    with pytest.raises(RuntimeError, match=r"example\.org"):
        socket.getaddrinfo("example.org", 443)
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("server.invalid", 443)
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()


LEFTOVERS = {
    "thread": """
        import threading
        stop = threading.Event()
        def test_guilty():
            threading.Thread(target=stop.wait, name="forgotten", daemon=True).start()
        def test_innocent():
            stop.set()
        """,
    "timer": """
        from PySide6.QtCore import QTimer
        kept = []
        def test_guilty(qapp):
            kept.append(QTimer(objectName="forgotten", interval=60_000))
            kept[0].start()
        def test_innocent(qapp):
            assert not kept[0].isActive()
        """,
    "window": """
        from PySide6.QtWidgets import QWidget
        kept = []
        def test_guilty(qapp):
            kept.append(QWidget(objectName="forgotten"))
            kept[0].show()
        def test_innocent(qapp):
            pass
        """,
}


@pytest.mark.parametrize("kind", LEFTOVERS)
def test_a_test_that_leaves_something_behind_fails_and_names_it(pytester: pytest.Pytester, kind: str) -> None:
    conftest = (ROOT / "tests" / "conftest.py").read_text("utf-8").replace("JOIN_SECONDS = 5.0", "JOIN_SECONDS = 0.05")
    pytester.makeconftest(conftest)
    pytester.makepyfile(LEFTOVERS[kind])
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:xdist")
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines([f"*test_guilty left behind: {kind} *forgotten*"])


def test_a_tidy_window_is_no_leftover(qtbot: QtBot) -> None:
    from PySide6.QtWidgets import QWidget

    window = QWidget()
    qtbot.addWidget(window)
    timer = QTimer(window)
    timer.start(60_000)
    worker = threading.Thread(target=lambda: None)
    worker.start()
    assert timer.isActive()
