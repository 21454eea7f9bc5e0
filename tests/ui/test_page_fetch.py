"""A document that is on another laptop: how far it is, Esc stops it, a large one is asked about where that was wished."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton

from cmpp_desktop.errors import KnownError
from cmpp_desktop.ui.carrying import Carrying
from cmpp_desktop.workspace import AttachmentRequest, DocumentsSent, SyncStatus
from tests.ui import samples
from tests.ui.page_desk import desk, nameless
from tests.ui.test_page_others import a_pdf

pytestmark = pytest.mark.usefixtures("qapp")
NOTICE = AttachmentRequest(samples.uid("notice0"))


def elsewhere(**more: Any) -> KnownError:
    facts: dict[str, Any] = {"who": "Denise Okafor", "size": 12_000_000, "here": 0, "travels": True, "ask": False}
    return KnownError("content_elsewhere", **(facts | more))


def test_a_document_of_another_laptop_comes_when_it_is_opened_and_is_shown() -> None:
    with desk() as at:
        at.door.pdf, at.door.fail["paper"] = a_pdf(), elsewhere()
        page = at.open("pdf", request=NOTICE)
        assert at.door.fetched == [NOTICE.attachment_id]
        assert page.fetching.progress.count.text() == "12 of 12 MB"
        assert page.count.text() == "page 1 of 2"
        assert not page.fetching.isVisible()
        assert page.save_button.isEnabled()
        assert at.troubles == []


def test_a_large_one_waits_for_a_yes_where_the_laptop_was_told_to_ask() -> None:
    with desk() as at:
        at.door.pdf, at.door.fail["paper"] = a_pdf(), elsewhere(ask=True, here=3_000_000)
        page = at.open("pdf", request=NOTICE)
        assert at.door.fetched == []
        assert page.fetching.fetch.text().startswith("Fetch 9 MB")
        assert page.fetching.about.text().startswith("3 MB of 12 MB are here already. ")
        assert page.fetching.where.text() == "This document was added on Denise Okafor’s laptop."
        assert nameless(page) == []
        at.press(Qt.Key.Key_Return)
        assert at.door.fetched == [NOTICE.attachment_id]
        assert page.count.text() == "page 1 of 2"


def test_esc_stops_it_and_it_can_be_fetched_again() -> None:
    with desk() as at:
        at.door.pdf, at.door.fail["paper"] = a_pdf(), elsewhere(ask=True)
        page = at.open("pdf", request=NOTICE)

        def stopped(done: int) -> None:
            if done:
                page.fetching._job.stop.set()  # as Esc does, in the middle of it

        at.door.fetching = stopped
        at.press(Qt.Key.Key_Return)
        assert page.paper is None
        page.fetching.stop()
        assert page.fetching.fetch.isVisible()
        at.door.fetching = None
        at.press(Qt.Key.Key_Return)
        assert page.count.text() == "page 1 of 2"


def test_without_a_network_it_says_so_and_stays_where_it_can_be_tried_again() -> None:
    with desk() as at:
        at.door.fail |= {"paper": elsewhere(), "fetch_document": KnownError("server_unreachable")}
        page = at.open("pdf", request=NOTICE)
        assert [error.code for error in at.troubles if isinstance(error, KnownError)] == ["server_unreachable"]
        assert page.fetching.fetch.isVisible()
        assert not page.save_button.isEnabled()


def test_one_of_an_older_program_says_whose_laptop_has_it() -> None:
    with desk() as at:
        at.door.fail["paper"] = elsewhere(travels=False)
        page = at.open("pdf", request=NOTICE)
        assert at.door.fetched == []
        assert not page.fetching.isVisible()
        assert isinstance(at.troubles[-1], KnownError)


def test_somebody_chooses_to_be_asked_first() -> None:
    with desk() as at:
        page = at.open("settings")
        fetch, ask = page.network.documents.findChildren(QAbstractButton)
        assert fetch.isChecked()
        ask.click()
        at.settle()
        assert at.door.asks


def test_documents_are_sent_round_after_round_until_there_are_no_more_and_nobody_waits_for_it() -> None:
    with desk() as at:
        rounds = [DocumentsSent(2, more=True), DocumentsSent()]
        at.door.carry_documents = lambda *asked, **how: rounds.pop(0)  # type: ignore[method-assign]
        heard: list[DocumentsSent] = []
        carrying = Carrying(at.ui, at.window)
        carrying.told.connect(heard.append)
        carrying.start()
        assert at.bridge.running == 0
        at.until(lambda: len(heard) == 2)
        assert rounds == []


def test_documents_that_wait_are_said_with_the_reason_on_the_page_of_what_was_sent() -> None:
    with desk() as at:
        at.door.status = SyncStatus("sent", documents=2, documents_why="over_quota")
        page = at.open("sync")
        said = {fact.label: fact.value for fact in page._said.facts}
        assert page._said.title == "All records are sent; documents wait."
        assert said["Documents"].startswith("2 are not sent yet. The server has no room for them")
        at.door.status = SyncStatus("sent")
        page.reload()
        at.settle()
        assert "Documents" not in {fact.label for fact in page._said.facts}
