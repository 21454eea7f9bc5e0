"""The conformance cases of other engines hold, where the shared data lies beside the repository."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conformance import scenarios, xlsforms, xpath
from tests.conformance.disputed import disputed

DATA = Path(__file__).parents[2].parent / "shared" / "data"
beside = pytest.mark.skipif(not DATA.is_dir(), reason="the conformance data is not beside the repository")


@beside
def test_expressions_give_what_other_engines_give() -> None:
    cases = json.loads((DATA / "conformance" / "xpath.json").read_text(encoding="utf-8"))
    apart = disputed()
    counted = [c for c in cases if c["id"] not in apart and "lazy-unknown-function" not in c.get("tags", ())]
    assert [(case["expr"], why) for case in counted if (why := xpath.outcome(case))] == []
    assert len(counted) > 500


@beside
def test_whole_forms_behave_as_in_other_engines() -> None:
    cases = json.loads((DATA / "conformance" / "scenarios.json").read_text(encoding="utf-8"))
    apart = disputed()
    counted = [case for case in cases if case["id"] not in apart]
    assert [(case["id"], why) for case in counted if (why := scenarios.outcome(case))] == []
    assert len(counted) > 80


@beside
def test_no_public_workbook_crashes() -> None:
    found = list(xlsforms.verdicts(DATA / "xlsforms"))
    assert [why for _, verdict, why in found if verdict == "crashed"] == []
    assert {name for name, verdict, _ in found if verdict == "refused"} == {"all-question-types.xlsx"}  # without its list
    assert all(why for _, _, why in found)
