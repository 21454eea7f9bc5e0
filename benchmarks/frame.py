"""What a row of the benchmarks is, how its figures are taken, and how they are written down.

A row is a function whose name begins with `row_` in a module `benchmarks/row_*.py`. It takes nothing, measures our part
and its peers in turns, and returns a `Row`. Its public name is the function's without `row_`, with hyphens.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import platform
import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "build" / "bench" / "results.json"
MACHINE = ROOT / "build" / "bench" / "machine.json"
PAGE = ROOT / "docs" / "benchmarks.md"
WORDS = Path(__file__).with_name("words.md")  # what a person says of the figures

SHOWN_VERSIONS = (
    *("PySide6-Essentials", "sqlcipher3", "SQLAlchemy", "sqlmodel", "cryptography", "msgpack", "zstandard"),
    *("pyxform", "reportlab", "httpx", "fastapi", "uvicorn", "psycopg"),
)


@dataclass(frozen=True)
class Row:
    """One figure. `unit` says what `ours` and `against` count ("ms", "MB/s", "bytes"); `ratio` is ours to the first peer
    named in `against`. `goal` is said in words, and `met` is the row's own verdict on it; None where the peer is missing."""

    name: str
    size: str
    unit: str
    ours: float
    against: Mapping[str, float]
    ratio: float | None
    goal: str
    met: bool | None


def row(
    name: str,
    *,
    size: str,
    unit: str,
    ours: float,
    against: Mapping[str, float],
    at_most: float | None = None,
    at_least: float | None = None,
    limit: float | None = None,
    left_out: str = "",
) -> Row:
    """Makes a row and judges it. `at_most` and `at_least` bound the ratio of ours to the first peer; `limit` bounds ours
    itself, in `unit`. At least one of them must be given. `left_out` names a first peer that may be missing in `against`: it
    is another program, which could not be had here."""
    ratio = ours / next(iter(against.values())) if against else None
    if left_out and ratio is None:
        return Row(name, size, unit, ours, {}, None, f"beside {left_out}, which is not here", None)
    words, met = [], True
    if limit is not None:
        words.append(f"≤ {limit:g} {unit}")
        met = ours <= limit
    for bound, sign in ((at_most, "≤"), (at_least, "≥")):
        if bound is None:
            continue
        if ratio is None:
            raise ValueError(f"{name}: a bound on the ratio needs a peer")
        words.append(f"{sign} {bound:g} × {next(iter(against))}")
        met = met and (ratio <= bound if sign == "≤" else ratio >= bound)
    if not words:
        raise ValueError(f"{name}: a row needs a goal")
    return Row(name, size, unit, ours, dict(against), ratio, ", ".join(words), met)


def side_by_side(work: Mapping[str, Callable[[], object]], rounds: int = 7, least_seconds: float = 0.05) -> dict[str, float]:
    """The median seconds of one call of each function. They take turns, so that a busy moment of the machine hits all of
    them; each turn repeats a function until it has lasted `least_seconds`. The first round is not counted."""
    repeats = {name: _repeats(function, least_seconds) for name, function in work.items()}
    taken: dict[str, list[float]] = {name: [] for name in work}
    was_collecting = gc.isenabled()
    try:
        for turn in range(rounds + 1):
            for name, function in work.items():
                gc.collect()
                gc.disable()
                seconds = _timed(function, repeats[name])
                gc.enable()
                if turn:
                    taken[name].append(seconds / repeats[name])
    finally:
        if was_collecting:
            gc.enable()
    return {name: statistics.median(values) for name, values in taken.items()}


def _repeats(function: Callable[[], object], least_seconds: float) -> int:
    count = 1
    while (seconds := _timed(function, count)) < least_seconds and count < 1_000_000:
        count = max(count * 2, int(count * least_seconds / max(seconds, 1e-9)))
    return count


def _timed(function: Callable[[], object], count: int) -> float:
    started = time.perf_counter()
    for _ in range(count):
        function()
    return time.perf_counter() - started


def rows() -> dict[str, Callable[[], Row]]:
    """Every row there is, by its public name."""
    import benchmarks

    found: dict[str, Callable[[], Row]] = {}
    for module in pkgutil.iter_modules(benchmarks.__path__):
        if not module.name.startswith("row_"):
            continue
        for name, value in vars(importlib.import_module(f"benchmarks.{module.name}")).items():
            if name.startswith("row_") and callable(value):
                found[name.removeprefix("row_").replace("_", "-")] = value
    return dict(sorted(found.items()))


def machine() -> dict[str, object]:
    """What a reader needs to know about the machine, without a name or path of it."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = names[0] if names else model
    versions = {}
    for package in SHOWN_VERSIONS:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "processor": model,
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "versions": versions,
    }


def save(measured: Iterable[Row], known: Iterable[str]) -> list[Row]:
    """Writes the results and the page. Rows that were not measured now stay as they were; rows that are gone, go."""
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    merged = {each.name: each for each in _earlier()} | {each.name: each for each in measured}
    kept = [merged[name] for name in sorted(merged) if name in set(known)]
    about = machine()
    RESULTS.write_text(json.dumps([asdict(each) for each in kept], indent=1, ensure_ascii=False) + "\n", "utf-8")
    MACHINE.write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", "utf-8")
    PAGE.write_text(page(kept, about), "utf-8")
    return kept


def _earlier() -> list[Row]:
    try:
        return [Row(**each) for each in json.loads(RESULTS.read_text("utf-8"))]
    except (FileNotFoundError, ValueError, TypeError):
        return []


def page(results: Iterable[Row], about: Mapping[str, object]) -> str:
    """docs/benchmarks.md: what was measured, on what, and whether the goal is met."""
    versions = about["versions"]
    assert isinstance(versions, dict)
    lines = [
        "# How fast",
        "",
        "Made by `make bench`; do not edit. Ours and its peers are measured side by side in one run, in turns; the figure",
        "is the median. The ratio is ours to the peer named first. `make bench ONLY=name` measures one row again.",
        "",
        f"Machine: {about['processor']}, {about['cores']} cores, {about['system']}, Python {about['python']}; "
        f"load before the run's end {about['load']}; {about['at']}.",
        "",
        "| work | at | ours | against | ratio | goal | met |",
        "|---|---|---|---|---|---|---|",
    ]
    for each in results:
        peers = ", ".join(f"{peer} {number(value)}" for peer, value in each.against.items()) or "–"
        ratio = "–" if each.ratio is None else f"{each.ratio:.2f}"
        met = {True: "yes", False: "**no**", None: "–"}[each.met]
        lines.append(f"| {each.name} | {each.size} | {number(each.ours)} {each.unit} | {peers} | {ratio} | {each.goal} | {met} |")
    lines += ["", "Versions: " + ", ".join(f"{name} {value}" for name, value in versions.items()) + ".", ""]
    return "\n".join([*lines, WORDS.read_text("utf-8")])


def number(value: float) -> str:
    """Three digits that count, without an exponent."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value >= 0.001 else f"{value:.2e}"
