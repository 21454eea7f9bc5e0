"""A laptop's records looked at in the window: what is said of them, how it is stopped, and how they are put right."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cmpp_desktop.errors import KnownError
from cmpp_desktop.ui.pages.check_part import found_facts, found_words
from cmpp_desktop.ui.pages.sync_model import page as said_of
from cmpp_desktop.words import load
from cmpp_desktop.workspace import LookedAt, SnapshotKnown
from tests.ui.page_desk import desk, nameless

pytestmark = pytest.mark.usefixtures("qapp")
WHOLE = LookedAt("caseload", "Lantern Street", 20, 0, 0, "same", "Denise Okafor", "Leon Brandt")


def test_whole_records_are_said_with_who_made_and_who_confirmed_what_they_were_compared_with() -> None:
    with desk() as at:
        page = at.open("sync")
        page.check.look()
        at.settle()
        assert at.door.looked == [False]
        assert page.check.result.title.text() == "Your records are whole"
        assert not page.check.mend.isVisible()
        assert not page.check.progress.isVisible()
        assert nameless(page) == []


def test_what_differs_is_put_right_by_one_button_and_only_then() -> None:
    with desk() as at:
        at.door.seen_records = (replace(WHOLE, differ=2),)
        page = at.open("sync")
        page.check.look()
        at.settle()
        assert page.check.result.title.text() == "2 records are not as they should be"
        page.check.mend.click()
        at.settle()
        assert at.door.looked == [False, True]
        assert page.check.result.title.text() == "2 records were put right"
        assert not page.check.mend.isVisible()


def test_a_look_that_fails_is_said_and_can_be_tried_again() -> None:
    with desk() as at:
        at.door.fail["check_records"] = KnownError("disk_full")
        part = at.open("sync").check
        part.look()
        at.settle()
        assert [getattr(error, "code", "") for error in at.troubles] == ["disk_full"]
        assert part.button.isEnabled()


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize(
    "one",
    [
        WHOLE,
        replace(WHOLE, by=""),
        replace(WHOLE, kind="restricted", others="different"),
        replace(WHOLE, kind="organisation", team="", others="nobody", maker="", by="", records=1),
        replace(WHOLE, differ=1),
        replace(WHOLE, differ=3, mended=3),
        replace(WHOLE, records=None, others="nobody"),
    ],
)
def test_every_finding_has_its_words(language: str, one: LookedAt) -> None:
    words = load(language)
    title, text = found_words((one,), words)
    [fact] = found_facts((one,), words)
    for said in (title, text, fact.label, fact.value):
        assert "{" not in said
    assert ("Leon Brandt" in fact.value) == (one.others == "same" and bool(one.by))


def test_a_snapshot_that_nobody_has_confirmed_is_named_so_in_the_panel() -> None:
    with desk() as at:
        now = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
        words = load("en")
        told = []
        for by, confirmed, heard in (("", False, None), ("Bo", True, now), ("", True, now)):
            known = SnapshotKnown("Ana", by, confirmed, heard)
            said = said_of(replace(at.door.status, snapshot=known), now, words, "UTC")
            told += [fact.value for fact in said.facts if fact.label == "Last common copy"]
        assert "nobody has confirmed" in told[0]
        assert "Bo" in told[1]
        assert told[2].replace("\u2068", "").replace("\u2069", "").startswith("Made by Ana and confirmed")
