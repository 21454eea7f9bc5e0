"""What the documents say is held by a test is held by a test of that name."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = (
    "threat-model.md",
    "sync-rules.md",
    "sync-protocol.md",
    "sync-protocol-bundles.md",
    "sync-protocol-snapshots.md",
    "architecture.md",
)
NAMED = re.compile(r"`(test_\w+)(…?)`")


@cache
def names_of_tests() -> frozenset[str]:
    """Every test function of the repository."""
    found: set[str] = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}
    return frozenset(found)


@pytest.mark.parametrize("doc", DOCS)
def test_every_test_that_a_document_names_is_there(doc: str) -> None:
    known = names_of_tests()
    named = NAMED.findall((ROOT / "docs" / doc).read_text(encoding="utf-8"))
    missing = [name for name, more in named if not (any(one.startswith(name) for one in known) if more else name in known)]
    files = {path.stem for path in (ROOT / "tests").rglob("test_*.py")}  # a file may be named as well
    assert not [name for name in missing if name not in files]


def test_the_documents_do_name_tests() -> None:
    text = "".join((ROOT / "docs" / doc).read_text(encoding="utf-8") for doc in DOCS)
    assert len(set(NAMED.findall(text))) > 40
