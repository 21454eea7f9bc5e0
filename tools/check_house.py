"""House rules that no ready-made checker knows.

    python tools/check_house.py

Fails on: PySide6 named outside `ui`; waiting by the clock in tests; addresses of package registries and absolute paths
of one machine; an ignored type error or lint finding without its code and (outside tests and benchmarks) a reason, on
the same line or in a comment above; marks of unfinished work. Reports, without failing, modules and functions over the
soft limits (400 and 40 lines).
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MODULE_LINES = 400
FUNCTION_LINES = 40

TEXT = {".py", ".md", ".toml", ".txt", ".sh", ".spec", ".yml", ".yaml", ".json", ".ini", ".mako", ""}

# Put together from pieces, so that this file does not trip over itself.
REGISTRIES = re.compile("|".join(("pypi" + r"\.org", "python" + "hosted", "registry" + r"\.npmjs", "deb" + r"\.debian")))
MACHINE_PATH = re.compile(r"(?<![\w.)])/(?:wo" + r"rk|ro" + r"ot|ho" + r"me|Us" + r"ers)/[\w.-]+")
UNFINISHED = re.compile(r"\b(?:TO" + "DO|FIX" + r"ME|XX" + r"X)\b")
WAITING = re.compile(r"\btime\.sleep\(|\bqWait\(|\.wait\(\s*\d{3,}\s*\)|\basyncio\.sleep\(\s*[^0)]")
IGNORES = re.compile(r"#\s*(type: ignore|noqa)(?P<code>\[[\w, -]+\]|: ?[A-Z]+\d+(?:,\s*[A-Z]+\d+)*)?(?P<rest>.*)")


def tracked() -> list[Path]:
    """Files of the repository, also those not yet added, without what .gitignore names."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [path for line in sorted(set(listed.splitlines())) if (path := ROOT / line).is_file()]


def explained(ignore: re.Match[str], above: str) -> bool:
    """True when somebody says why: behind the ignored check, or in a comment just above."""
    return bool(ignore["rest"].strip(" #-:.,;")) or above.strip().startswith("#")


def line_problems(name: str, number: int, line: str, above: str) -> Iterator[str]:
    where = f"{name}:{number}:"
    if REGISTRIES.search(line):
        yield f"{where} names a package registry"
    if MACHINE_PATH.search(line):
        yield f"{where} an absolute path of one machine"
    if not name.endswith(".py"):
        return
    if UNFINISHED.search(line):
        yield f"{where} unfinished work belongs in an issue, not in the code"
    # (Taking pictures is no test.)
    if name.startswith("tests/") and name != "tests/ui/screenshots.py" and WAITING.search(line):
        yield f"{where} a test waits for an event, never by the clock"
    if ignore := IGNORES.search(line):
        # Tests and benchmarks hand over what a type forbids on purpose: there, the code says enough.
        if not ignore["code"]:
            yield f"{where} an ignored check does not say which"
        elif not name.startswith(("tests/", "benchmarks/")) and not explained(ignore, above):
            yield f"{where} an ignored check without a reason"


def qt_outside_ui(name: str, tree: ast.AST) -> Iterator[str]:
    if not name.startswith("src/") or name.startswith("src/cmpp_desktop/ui/"):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        else:
            continue
        if any(found.split(".")[0] in ("PySide6", "shiboken6") for found in names):
            yield f"{name}:{node.lineno}: Qt outside the window"


def over_limits(name: str, text: str, tree: ast.AST) -> Iterator[str]:
    if not name.startswith("src/"):
        return
    if (lines := text.count("\n")) > MODULE_LINES:
        yield f"{name}: {lines} lines"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                yield f"{name}:{node.lineno}: {node.name} has {length} lines"


def examine(path: Path) -> tuple[list[str], list[str]]:
    """The problems and the notes of one file."""
    name = path.relative_to(ROOT).as_posix()
    text = path.read_text("utf-8")
    lines = text.splitlines()
    problems: list[str] = []
    for number, line in enumerate(lines, 1):
        problems += line_problems(name, number, line, lines[number - 2] if number > 1 else "")
    notes: list[str] = []
    if name.endswith(".py"):
        tree = ast.parse(text, name)
        problems += qt_outside_ui(name, tree)
        notes += over_limits(name, text, tree)
    return problems, notes


def main() -> int:
    problems: list[str] = []
    notes: list[str] = []
    for path in tracked():
        if path.suffix in TEXT:
            found, remarks = examine(path)
            problems += found
            notes += remarks
    for note in notes:
        print("soft limit:", note)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
