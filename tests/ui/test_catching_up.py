"""What other laptops wrote becomes findable while nobody waits, a part at a time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cmpp_desktop.changes import SYNC, Changed

from .conftest import Desk

Open = Callable[..., Desk]


def test_what_arrives_is_read_a_part_at_a_time_until_all_is_there(desk: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    at = desk()
    parts, read = [200, 80, 0], list[int]()
    monkeypatch.setattr(at.door, "index_texts", lambda most: parts.pop(0))
    at.window.catching_up.read.connect(read.append)
    at.window._heard.emit(Changed(frozenset({"note"}), frozenset(), SYNC))
    at.qtbot.waitUntil(lambda: not parts, timeout=5000)
    at.quiet()
    assert read == [200, 80]


def test_reading_stops_when_somebody_locks(desk: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    at = desk()
    asked = list[int]()

    def always_more(most: int) -> int:
        asked.append(most)
        return 1

    monkeypatch.setattr(at.door, "index_texts", always_more)
    at.window._heard.emit(Changed(frozenset({"note"}), frozenset(), SYNC))
    at.qtbot.waitUntil(lambda: len(asked) > 1, timeout=5000)
    at.window.lock()
    at.qtbot.waitUntil(lambda: at.window.ui.bridge.running == 0 and at.window.ui.me is None, timeout=5000)
    seen = len(asked)
    at.window.catching_up._part()
    assert len(asked) == seen
