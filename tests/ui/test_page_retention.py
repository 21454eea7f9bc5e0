"""Destroying a file: what goes is shown first, a witness and a typed word are needed; holds; who is led there from Settings."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from cmpp_desktop.domain.entries import Records
from cmpp_desktop.domain.retention import (
    DestroyFile,
    DestructionFields,
    DueFile,
    DueForDestruction,
    FileContents,
    LegalHold,
    LegalHoldFields,
    LegalHolds,
    SetLegalHold,
    WhatGoes,
)
from cmpp_desktop.ui.widgets import Button
from tests.ui import samples
from tests.ui.page_desk import Desk, desk, nameless
from tests.ui.samples import office

pytestmark = pytest.mark.usefixtures("qapp")
UNTIL = date(2025, 3, 1)
HELD = samples.uid(811)


def furnished(at: Desk) -> None:
    hold = LegalHoldFields(award=office.AWARD, reason="An audit", since=date(2026, 5, 4))
    certificate = DestructionFields(
        subject_hash="a" * 64, salt="b" * 32, counts={"case": 1, "note": 4}, award=office.AWARD, kept_until=UNTIL,
        destroyed_at=datetime(2026, 11, 2, 15, tzinfo=UTC),
    )  # fmt: skip
    due = (
        DueFile(samples.MARISELA, "Marisela Tzoc", UNTIL, (office.AWARD,), held=False),
        DueFile(HELD, "Lucía Tzoc", UNTIL, (office.AWARD,), held=True),
    )
    plain = at.door.answers.get(Records)
    at.door.answers |= {
        DueForDestruction: lambda asked: due,
        LegalHolds: lambda asked: (LegalHold(samples.stored(hold, "hold0"), "", "Denise", ""),),
        WhatGoes: lambda asked: FileContents({"participant": 1, "note": 3}, {"service_session": 1}),
        Records: lambda asked: (samples.stored(certificate, "gone0"),) if asked.kind == "destruction" else
        office.own_records(asked.kind) or (plain(asked) if plain else ()),
    }  # fmt: skip


def test_a_file_is_destroyed_only_with_a_witness_and_the_typed_word() -> None:
    with desk(role="administrator") as at:
        furnished(at)
        page = at.open("retention")
        assert nameless(page) == []
        assert not page.panel.isVisible()
        page._open(page.due.model().rows[0])
        at.settle()
        assert page.panel.isVisible()
        assert "3" in page.gone.text()
        assert page.stays.isVisible()
        page.final.click()
        at.settle()
        page.witness.setCurrentIndex(1)
        page.word.setText("yes")
        page.final.click()
        at.settle()
        assert at.door.done == []
        page.word.setText("Destroy")
        page.final.click()
        at.settle()
        (done,) = at.door.done
        assert isinstance(done, DestroyFile)
        assert (done.participant_id, done.witness_id) == (samples.MARISELA, page._witnesses()[0][0])
        assert not page.panel.isVisible()


def test_a_held_file_is_not_opened_and_a_whole_award_is_held_from_here() -> None:
    with desk(role="administrator") as at:
        furnished(at)
        page = at.open("retention")
        page._open(page.due.model().rows[1])
        at.settle()
        assert not page.panel.isVisible()
        assert at.said[-1][0].startswith("A legal hold stands")
        page.hold_award.click()
        at.settle()
        at.page.inputs["award"].show(office.AWARD)
        at.page.inputs["reason"].show("A subpoena")
        at.page.save.click()
        at.settle()
        assert at.door.done[-1] == SetLegalHold("A subpoena", award=office.AWARD)


def test_settings_leads_an_administrator_there_and_nobody_else() -> None:
    for role, led in (("administrator", True), ("caseworker", False)):
        with desk(role=role) as at:
            page = at.open("settings")
            links = [one for one in page.findChildren(Button) if one.text() == "Keeping files"]
            assert bool(links) == led
            if led:
                furnished(at)
                links[0].click()
                at.settle()
                assert at.page.place == "retention"
