"""All checks of `make check`, two at a time; every one runs, and the exit status is 0 only when all passed."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent

# Each row runs one after the other (the two of mypy share what they keep), beside the other row.
CHECKS = (
    {
        "mypy": [str(BIN / "mypy")],
        "mypy around": [str(BIN / "mypy"), "tests", "tools", "benchmarks", "installers/prune.py"],
    },
    {
        "ruff": [str(BIN / "ruff"), "check", "."],
        "imports": [str(BIN / "lint-imports")],
        "house": [sys.executable, "tools/check_house.py"],
    },
)


def main() -> int:
    failed: list[str] = []
    with ThreadPoolExecutor(len(CHECKS)) as both:
        for found in both.map(_run, CHECKS):
            failed += found
    print("check:", "failed: " + ", ".join(failed) if failed else "all passed")
    return 1 if failed else 0


def _run(checks: Mapping[str, list[str]]) -> list[str]:
    """Runs them and says how each went; the names of those that failed."""
    failed = []
    for name, command in checks.items():
        started = time.monotonic()
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        word = "FAILED" if done.returncode else "ok    "
        said = f"{word} {name} ({time.monotonic() - started:.1f} s)\n"
        if done.returncode != 0:
            failed.append(name)
            said += done.stdout + done.stderr
        elif name == "house":
            said += done.stdout
        print(said, end="", flush=True)  # in one piece: another may be speaking
    return failed


if __name__ == "__main__":
    sys.exit(main())
