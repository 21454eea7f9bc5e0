"""House rules that no ready-made checker knows.

    python tools/check_house.py

Fails on: PySide6 named outside `ui`; waiting by the clock in tests; addresses of package registries and absolute paths
of one machine; an ignored type error or lint finding without its code and (outside tests and benchmarks) a reason, on
the same line or in a comment above; marks of unfinished work; modules of more than 400 lines, but for those in
`LONG_MODULES`, which may not grow and leave the list when they are split. Reports, without failing, functions of more than 40.
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
# What was longer when the limit became firm, with the lines that it may have. Only ever shortened.
LONG_MODULES = {
    "src/cmpp_desktop/domain/assistance.py": 453,
    "src/cmpp_desktop/domain/obligations.py": 435,
    "src/cmpp_desktop/domain/questions.py": 506,
    "src/cmpp_desktop/domain/sessions.py": 426,
    "src/cmpp_desktop/reports/layout/text.py": 415,
    "src/cmpp_desktop/store/state.py": 415,
    "src/cmpp_desktop/sync/enrolment.py": 403,
    "src/cmpp_desktop/sync/inbox.py": 413,
    "src/cmpp_desktop/ui/app.py": 590,
    "src/cmpp_desktop/ui/frame.py": 570,
    "src/cmpp_desktop/sync/engine.py": 406,
    "src/cmpp_desktop/ui/pages/first_run.py": 478,
    "src/cmpp_desktop/ui/pages/participant.py": 440,
    "src/cmpp_desktop/ui/pages/pdf_preview.py": 432,
    "src/cmpp_desktop/ui/pages/session.py": 406,
    "src/cmpp_desktop/ui/pages/today.py": 464,
    "src/cmpp_desktop/workspace/hsds_records.py": 408,
    "src/cmpp_protocol/api.py": 526,
    "src/cmpp_desktop/workspace/views.py": 428,
    "src/cmpp_protocol/entries.py": 496,
    "tests/journeys/story.py": 465,
    "tests/store/test_directory.py": 438,
    "tests/store/test_import.py": 482,
    "tests/store/test_leaks.py": 506,
    "tests/store/test_separation.py": 503,
    "tests/sync/laptops.py": 516,
    "tests/sync/test_damage.py": 403,
    "tests/sync/test_documents_travel.py": 535,
    "tests/sync/test_snapshots.py": 417,
    "tests/sync/test_two_laptops.py": 477,
    "tests/ui/samples/door.py": 461,
    "tests/ui/samples/person.py": 429,
    "tests/ui/screenshots.py": 792,
    "tests/ui/test_page_forms.py": 472,
    "tests/ui/test_today_people.py": 401,
}
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


def too_long(name: str, text: str) -> Iterator[str]:
    """Modules are split by subject before they have more lines than anybody reads."""
    if not name.startswith(("src/", "tests/")) or not name.endswith(".py"):
        return
    lines, most = text.count("\n"), LONG_MODULES.get(name, MODULE_LINES)
    if lines > most:
        yield f"{name}: {lines} lines, at most {most}: split it by subject"
    elif lines <= MODULE_LINES and name in LONG_MODULES:
        yield f"{name}: {lines} lines: take it off the list of long modules"


def long_functions(name: str, tree: ast.AST) -> Iterator[str]:
    if not name.startswith("src/"):
        return
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
        problems += too_long(name, text)
        notes += long_functions(name, tree)
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
