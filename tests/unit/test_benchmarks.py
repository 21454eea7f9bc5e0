"""The frame of the benchmarks: rows are found, judged and written down. No figure is asserted here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from benchmarks import frame
from benchmarks.frame import Row, row


def a_row(name: str = "save", ours: float = 3.0) -> Row:
    return row(name, size="10 records", unit="ms", ours=ours, against={"raw": 2.0, "other": 9.0}, at_most=1.5, limit=10)


def test_a_row_is_judged_by_its_ratio_and_its_limit() -> None:
    assert a_row().ratio == 1.5
    assert a_row().met
    assert a_row().goal == "≤ 10 ms, ≤ 1.5 × raw"
    assert not a_row(ours=3.1).met
    slow = row("slow", size="1", unit="ms", ours=11, against={"raw": 11}, at_most=2, limit=10)
    assert not slow.met


def test_more_can_be_better() -> None:
    assert row("rate", size="1", unit="MB/s", ours=60, against={"raw": 100}, at_least=0.5).met
    assert not row("rate", size="1", unit="MB/s", ours=40, against={"raw": 100}, at_least=0.5).met


def test_a_row_without_a_goal_or_a_needed_peer_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a goal"):
        row("x", size="1", unit="ms", ours=1, against={"raw": 1})
    with pytest.raises(ValueError, match="needs a peer"):
        row("x", size="1", unit="ms", ours=1, against={}, at_most=1)


def test_work_takes_turns_and_every_turn_is_counted() -> None:
    calls: list[str] = []
    taken = frame.side_by_side({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, rounds=2, least_seconds=0)
    assert set(taken) == {"a", "b"}
    assert calls == ["a", "b"] + ["a", "b"] * 3  # once each to find the number of repeats, then three rounds


def test_every_row_has_a_name_that_the_command_line_takes() -> None:
    rows = frame.rows()
    assert rows
    assert all(name.replace("-", "").isalnum() for name in rows)


def test_measuring_one_row_keeps_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RESULTS", "MACHINE", "PAGE"):
        monkeypatch.setattr(frame, name, tmp_path / "bench" / name)
    frame.save([a_row("save"), a_row("find"), a_row("gone")], ["save", "find", "gone"])
    frame.save([a_row("find", ours=99)], ["find", "save"])
    written = json.loads((tmp_path / "bench" / "RESULTS").read_text())
    assert [(each["name"], each["ours"], each["met"]) for each in written] == [("find", 99, False), ("save", 3.0, True)]
    assert set(written[0]) == {"name", "size", "unit", "ours", "against", "ratio", "goal", "met"}
    page = (tmp_path / "bench" / "PAGE").read_text()
    assert "| find | 10 records | 99 ms | raw 2, other 9 | 49.50 | ≤ 10 ms, ≤ 1.5 × raw | **no** |" in page


def test_results_that_cannot_be_read_are_measured_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RESULTS", "MACHINE", "PAGE"):
        monkeypatch.setattr(frame, name, tmp_path / name)
    frame.RESULTS.write_text('[{"name": "half')
    assert [each.name for each in frame.save([a_row()], ["save"])] == ["save"]
