"""Writes docs/third-party.md: every package that the locks name, its licence as an SPDX expression, and who uses it.

    .venv/bin/python tools/licences.py            writes the file
    .venv/bin/python tools/licences.py --check    only compares; exit status 1 when the file is out of date

Licences come from the installed packages' own metadata; where a package states none there, it was read by hand (READ).
A package of the program or the server whose licence is not in ACCEPTED stops this script: a person has to look at it.
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "third-party.md"
LOCKS = {"desktop": "runtime.txt", "server": "server.txt", "tests and tools": "dev.txt"}

# States no licence, or not as SPDX; read in the package's own licence file.
READ = {
    "anyascii": "ISC",
    "pyinstaller": "GPL-2.0-or-later WITH Bootloader-exception",
    "pyinstaller-hooks-contrib": "Apache-2.0 OR GPL-2.0-or-later",
    "python-bidi": "LGPL-3.0-or-later",
    "python-dateutil": "Apache-2.0 OR BSD-3-Clause",
    "pyxform": "BSD-2-Clause",
    "reportlab": "BSD-3-Clause",
    "rl-accel": "BSD-3-Clause",
    "segno": "BSD-3-Clause",
    "sqlcipher3": "Zlib AND BSD-3-Clause AND blessing AND Apache-2.0",  # binding, SQLCipher, SQLite, OpenSSL
    "uvloop": "Apache-2.0 OR MIT",
    "xlrd": "BSD-3-Clause",
    "defusedxml": "PSF-2.0",
    "grimp": "BSD-2-Clause",
    "import-linter": "BSD-2-Clause",
    "uharfbuzz": "Apache-2.0",
    "sortedcontainers": "Apache-2.0",
}
CLASSIFIERS = {
    "MIT License": "MIT",
    "ISC License (ISCL)": "ISC",
    "Apache Software License": "Apache-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
# What may be shipped with an Apache-2.0 program. Weak copyleft only where the part stays replaceable (docs/adr/0001).
ACCEPTED = {
    *("MIT", "MIT-0", "MIT-CMU", "ISC", "Zlib", "blessing", "PSF-2.0", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0"),
    *("MPL-2.0", "LGPL-3.0-only", "LGPL-3.0-or-later"),
}
SPDX = re.compile(r"[A-Za-z0-9.-]+( (OR|AND|WITH) [A-Za-z0-9.-]+)*")


def pins(lock: str) -> dict[str, str]:
    text = (ROOT / "requirements" / lock).read_text("utf-8")
    return dict(re.findall(r"^([a-z0-9._-]+)==([^\s;]+)", text, re.MULTILINE))


def licence(name: str) -> str:
    """The SPDX expression of an installed package, or "" when nobody has said it."""
    if name in READ:
        return READ[name]
    try:
        about: PackageMetadata = metadata(name)
    except PackageNotFoundError:
        raise SystemExit(f"{name} is locked but not installed: run make setup first") from None
    fields = about.json
    for field in (fields.get("license_expression"), fields.get("license")):
        if isinstance(field, str) and SPDX.fullmatch(field):
            return field
    for classifier in about.get_all("Classifier") or []:
        if (short := str(classifier).rpartition(" :: ")[2]) in CLASSIFIERS:
            return CLASSIFIERS[short]
    return ""


def acceptable(expression: str) -> bool:
    """At least one alternative of the expression consists of accepted licences only."""
    return any(set(choice.split(" AND ")) <= ACCEPTED for choice in expression.split(" OR "))


HEADER = """# Third-party software

Made by `tools/licences.py` from the locks in `requirements/` and the packages' own metadata; do not edit.

Qt comes through PySide6 under the LGPL-3.0. The frozen program keeps the Qt libraries as separate files in its folder, so
that they can be replaced; the texts of the LGPL and GPL are in `installers/licences/` and in every package built here.
`QtCharts` and other GPL-only Qt modules are not used. QtPdf contains PDFium (BSD-3-Clause) and further notices of its own.

Bundled besides packages: Noto Sans fonts (OFL-1.1, `resources/fonts/LICENSE-OFL.txt`) and Lucide icons (ISC and MIT,
`resources/icons/LICENSE-Lucide.txt`).

| package | version | licence (SPDX) | used by |
|---|---|---|---|
"""


def page() -> str:
    users: dict[str, list[str]] = {}
    versions: dict[str, str] = {}
    for user, lock in LOCKS.items():
        for name, version in pins(lock).items():
            versions[name] = version
            users.setdefault(name, []).append(user)
    rows, refused = [], []
    for name in sorted(versions):
        spdx = licence(name)
        shipped = [user for user in users[name] if user != "tests and tools"]
        if not spdx or (shipped and not acceptable(spdx)):
            refused.append(f"{name} {versions[name]}: {spdx or 'no licence stated'}")
        rows.append(f"| {name} | {versions[name]} | {spdx} | {', '.join(shipped) or 'tests and tools'} |\n")
    if refused:
        raise SystemExit("A person has to read these licences first:\n" + "\n".join(refused))
    return HEADER + "".join(rows)


def main() -> int:
    text = page()
    if "--check" in sys.argv:
        current = PAGE.exists() and PAGE.read_text("utf-8") == text
        print("docs/third-party.md is", "current" if current else "out of date: run tools/licences.py")
        return 0 if current else 1
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(text, "utf-8")
    print(f"{text.count(chr(10) + '| ') - 1} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
