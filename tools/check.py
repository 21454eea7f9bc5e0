"""All checks of `make check`, one after the other; every one runs, and the exit status is 0 only when all passed."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent

CHECKS = {
    "ruff": [str(BIN / "ruff"), "check", "."],
    "mypy": [str(BIN / "mypy")],
    "mypy around": [str(BIN / "mypy"), "tests", "tools", "benchmarks", "installers/prune.py"],
    "imports": [str(BIN / "lint-imports")],
    "house": [sys.executable, "tools/check_house.py"],
}


def main() -> int:
    failed = []
    for name, command in CHECKS.items():
        started = time.monotonic()
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        word = "FAILED" if done.returncode else "ok    "
        print(f"{word} {name} ({time.monotonic() - started:.1f} s)", flush=True)
        if done.returncode != 0:
            failed.append(name)
            print(done.stdout + done.stderr, flush=True)
        elif name == "house":
            print(done.stdout, end="", flush=True)
    print("check:", "failed: " + ", ".join(failed) if failed else "all passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
