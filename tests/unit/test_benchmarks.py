"""The frame of the benchmarks: rows are found, judged and written down. No figure is asserted here."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from benchmarks import frame, peers
from benchmarks.delta import Delta
from benchmarks.frame import Row, row
from benchmarks.row_growth_sync import chart
from benchmarks.row_sync import Taken

NOTHING = Delta(0, (1, 1), 0, 0, 0)


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


def test_a_peer_that_is_not_here_is_said_and_judges_nothing() -> None:
    alone = row("sync", size="1", unit="ms", ours=1, against={}, at_most=0.1, left_out="PouchDB")
    assert (alone.met, alone.ratio, alone.goal) == (None, None, "beside PouchDB, which is not here")
    beside = row("sync", size="1", unit="ms", ours=1, against={"PouchDB": 20}, at_most=0.1, left_out="PouchDB")
    assert beside.met
    about = {"processor": "", "cores": 1, "system": "", "python": "", "load": 0, "at": "", "versions": {}}
    assert "| sync | 1 | 1 ms | – | – | beside PouchDB, which is not here | – |" in frame.page([alone], about)


def test_a_package_that_cannot_be_installed_leaves_its_peer_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(peers, "BENCH", tmp_path)
    monkeypatch.setattr(shutil, "which", {"node": sys.executable, "npm": "/nowhere/npm"}.get)
    assert peers.node_packages("absent", ("left-pad",)) is None
    assert "absent is left out: FileNotFoundError" in capsys.readouterr().out
    monkeypatch.setattr(shutil, "which", {}.get)
    assert peers.node_packages("no-node", ("left-pad",)) is None
    assert "no-node is left out: there is no node here" in capsys.readouterr().out


def test_the_chart_of_growth_shows_every_size() -> None:
    few, many = (Taken(count, 1, 1, count / 1e4, count / 5e3, 0, 0, 0, NOTHING) for count in (10_000, 1_000_000))
    drawn = ElementTree.fromstring(chart([few, many]))
    said = [one.text for one in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert {"10,000", "1,000,000", "sent 1 s", "sent 100 s", "read 2 s", "read 200 s"} <= set(said)


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
