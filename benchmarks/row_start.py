"""From the start of the program to Today, with the usual cost of the key, off screen, warm file cache.

The peer is a process that shows an empty PySide6 window and then derives the key from the passphrase at the same cost. Two
cases: the passphrase is there the moment the unlock page stands on the screen, which nobody can type (everything that is
imported meanwhile is still under way); and it comes two seconds later, and the wait is not counted. The profile holds 200
participants and 2,000 sessions. The frozen program is not measured here; PyInstaller adds about 0.05 s to its start.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

from benchmarks import office
from benchmarks.frame import ROOT, Row, row

ROUNDS = 7
TYPING = 2.0  # seconds


def profile() -> Path:
    """A locked profile with the usual cost of the key, kept for the next time."""
    folder = office.KEPT / f"start-v{office.VERSION}"
    if not (folder / "ready").exists():
        shutil.rmtree(folder, ignore_errors=True)
        staff = office.begun(folder, 1, cost=None)
        office.furnish(folder, 200, 2_000, staff)
        (folder / "ready").touch()
    return folder


def _run(*arguments: str) -> dict[str, float]:
    """Starts one process; seconds of: start (to the first window), unlock (from Enter to the end)."""
    env = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.start_child", *arguments],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    said = json.loads(done.stdout.splitlines()[-1])
    return {"start": said["gate"] - started, "unlock": said["today"] - said["enter"]}


@cache
def taken() -> dict[str, dict[str, float]]:
    """Median milliseconds by process and part, in turns; the first round is not counted."""
    folder = str(profile())
    runs = {"at once": ("window", folder, "0"), "typed": ("window", folder, str(TYPING)), "empty": ("empty", folder)}
    found: dict[str, list[dict[str, float]]] = {name: [] for name in runs}
    for turn in range(ROUNDS + 1):
        for name, arguments in runs.items():
            said = _run(*arguments)
            if turn:
                found[name].append(said)
    middle = {
        name: {part: 1000 * statistics.median(one[part] for one in said) for part in ("start", "unlock")}
        for name, said in found.items()
    }
    for name, parts in middle.items():
        print(f"    {name}: first window {parts['start']:.0f} ms, unlock {parts['unlock']:.0f} ms", flush=True)
    return middle


def _row(name: str, which: str, size: str) -> Row:
    parts = taken()
    return row(
        name,
        size=size,
        unit="ms",
        ours=sum(parts[which].values()),
        against={"empty window + key derivation": sum(parts["empty"].values())},
        at_most=1.5,
    )


def row_start_and_unlock() -> Row:
    return _row("start-and-unlock", "typed", "200 participants; passphrase typed in 2 s, not counted")


def row_start_and_unlock_at_once() -> Row:
    return _row("start-and-unlock-at-once", "at once", "200 participants; passphrase typed in 0 s")
