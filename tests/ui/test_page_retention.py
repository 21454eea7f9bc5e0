"""Destroying a file: what goes is shown first, a witness and a typed word are needed; holds; who is led there from Settings."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from cmpp_desktop.domain.entries import Records
from cmpp_desktop.domain.erasures import Erasure
from cmpp_desktop.domain.retention import DestroyFile, SetLegalHold
from cmpp_desktop.domain.staff import NameOrganisation
from cmpp_desktop.ui.widgets import Button
from cmpp_desktop.workspace import CertificateRequest
from tests.ui import samples
from tests.ui.page_desk import desk, nameless
from tests.ui.samples import office
from tests.ui.samples.keeping import furnish

pytestmark = pytest.mark.usefixtures("qapp")


def test_a_file_is_destroyed_only_with_a_witness_and_the_typed_word() -> None:
    with desk(role="administrator") as at:
        furnish(at.door)
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
        furnish(at.door)
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
                furnish(at.door)
                links[0].click()
                at.settle()
                assert at.page.place == "retention"


def test_an_administrator_sets_the_minutes_until_laptops_lock_and_takes_it_back() -> None:
    with desk(role="administrator") as at:
        assert at.ui.me is not None
        part = at.open("settings", part="organisation").organisation
        part.minutes.setText("500")
        part.save.click()
        at.settle()
        assert at.door.done == []
        part.minutes.setText("25")
        part.save.click()
        at.settle()
        (done,) = at.door.done
        assert isinstance(done, NameOrganisation)
        assert (done.lock_after_minutes, done.name) == (25, at.ui.me.name)
        assert isinstance(at.said[-1][1], NameOrganisation)
        assert at.said[-1][1].lock_after_minutes == at.ui.me.lock_after_minutes
    with desk() as at:
        part = at.open("settings", part="organisation").organisation
        assert not part.save.isVisible()
        assert not part.called.isEnabled()


def test_away_from_the_laptop_that_keeps_the_list_a_certificate_says_for_whom_its_erasure_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with desk(role="administrator") as at:
        furnish(at.door)
        waits = Erasure("waits", None, False, keeper="Blue ThinkPad")
        monkeypatch.setattr(at.door, "erasures", lambda: {item.id: waits for item in at.door.ask(Records("destruction"))})
        page = at.open("retention")
        line = page.certificates.model().rows[0]
        assert "It is done once “Blue ThinkPad” has read that." in line.details


def test_a_certificate_is_opened_as_a_paper() -> None:
    with desk(role="administrator") as at:
        furnish(at.door)
        page = at.open("retention")
        page.certificates.setFocus()
        page.certificates.choose_first()
        at.press(Qt.Key.Key_Return)
        assert at.frame.place == "pdf"
        assert at.door.papers == [CertificateRequest(samples.uid("gone0"), "en")]
