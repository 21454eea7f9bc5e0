"""Deadline rules in the window: which count and how, a new pack looked at, its publisher compared by voice, taken, undone."""

from __future__ import annotations

from pathlib import Path

import pytest

from cmpp_desktop import words
from cmpp_desktop.domain.deadline_views import RulePackPreview
from cmpp_desktop.domain.deadlines import WithdrawRulePack
from cmpp_desktop.domain.rules import Problem, RulesRefused, parse, shipped
from cmpp_desktop.errors import KnownError
from cmpp_desktop.ui.pages.rules_model import changes_of, count_words, rule_rows, trigger_words
from tests.ui import samples
from tests.ui.page_desk import desk, nameless
from tests.ui.samples import rules as sample

pytestmark = pytest.mark.usefixtures("qapp")


def test_every_rule_that_ships_is_said_in_both_languages_without_a_code() -> None:
    for language in ("en", "es"):
        said = words.load(language)
        for rule in parse(shipped()).rule:
            for text in (count_words(rule.count, said), trigger_words(rule.trigger, said)):
                assert text
                assert "_" not in text, (rule.id, text)
        rows = rule_rows(parse(shipped()), samples.TODAY, said)
        assert len(rows) == len(parse(shipped()).rule)
        assert [row.muted for row in rows] == sorted(row.muted for row in rows)  # those that count first


def test_a_changed_count_is_said_as_before_and_after() -> None:
    old, new = parse(shipped()).rules["appeal_bia"], sample.newer().rules["appeal_bia"]
    (said,) = changes_of(old, new, words.load("en"))
    assert said == "Count: 30 days after, weekends counted → 10 days after, weekends counted"
    hidden = old.model_copy(update={"late_days": 1})
    assert len(changes_of(old, hidden, words.load("en"))) == 1
    assert changes_of(old, old, words.load("en")) == ()


def test_a_new_pack_is_taken_only_with_its_publishers_fingerprint_and_can_be_taken_back(tmp_path: Path) -> None:
    path = tmp_path / "rules.cmpprules"
    path.write_bytes(b"signed")
    with desk(role="administrator") as at:
        taken = sample.furnish(at.door)
        page = at.open("rules")
        assert nameless(page) == []
        assert "2026.11.1" in page.sub.text()
        page.take(path)
        at.settle()
        assert [row.title for row in page.moved.model().rows] == ["Marisela Tzoc", "Mateo Tzoc"]
        assert page.moved.model().rows[0].badge.text == "Earlier"
        assert nameless(page) == []
        page.fingerprint.setText("0000 0000")
        page.accept.click()
        at.settle()
        assert taken == []  # it was not the same
        page.fingerprint.setText(sample.preview().fingerprint.replace(" ", "").upper())
        page.accept.click()
        at.settle()
        assert [data for data, _ in taken] == [b"signed"]
        said, undo = at.said[-1]
        assert "2027.1" in said
        assert undo == WithdrawRulePack(samples.uid("pack1"), False)
        at.frame.undo_bar.button.click()
        at.settle()
        assert at.door.done == [undo]
        assert taken[-1] == "followed"
        assert page._stage == "rules"


def test_a_row_opens_the_deadlines_of_that_person_and_leaving_changes_nothing() -> None:
    with desk(role="administrator") as at:
        taken = sample.furnish(at.door)
        page = at.open("rules")
        page._look(b"signed")
        at.settle()
        page.leave_it.click()
        at.settle()
        assert taken == []
        assert page.rows.isVisible()


@pytest.mark.parametrize(
    ("error", "faults"),
    [
        (KnownError("rules_wrong_signature", fingerprint="aa"), 0),
        (KnownError("rules_older", found="2025.1", known="2026.11.1"), 0),
        (RulesRefused((Problem("line 3, version", "missing"), Problem("line 9, x", "twice", "x"))), 2),
    ],
)
def test_a_pack_that_is_not_taken_says_why_and_the_rules_stay(error: KnownError, faults: int) -> None:
    with desk(role="administrator") as at:
        sample.furnish(at.door)
        page = at.open("rules")
        at.door.answers[RulePackPreview] = error
        page._look(b"spoilt")
        at.settle()
        assert page.wrong.isVisible()
        assert page.faults.model().rowCount() == faults
        assert page.rows.isVisible()
