"""The network of a laptop in the window: proxy and authority, also on the way in; what waits where it is paid by size."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QWidget

from cmpp_desktop.errors import KnownError
from cmpp_desktop.ui.carrying import Carrying
from cmpp_desktop.ui.pages.settings_network import NetworkSheet
from cmpp_desktop.workspace import DocumentsSent, SyncStatus
from tests.ui.page_desk import Desk, nameless
from tests.ui.page_desk import desk as page_desk
from tests.ui.samples.network import Told
from tests.ui.test_page_fetch import NOTICE, elsewhere
from tests.ui.test_page_others import a_pdf

pytestmark = pytest.mark.usefixtures("qapp")
PEM = Path("root.pem")


def radios(held: QWidget) -> dict[str, QAbstractButton]:
    return {button.text(): button for button in held.findChildren(QAbstractButton)}


def shown(at: Desk) -> Any:
    return at.open("settings", part="network").network


def test_a_proxy_is_typed_and_one_with_a_password_is_refused_beside_the_field() -> None:
    with page_desk() as at:
        part = shown(at)
        assert not part.address.isVisible()
        radios(part)["This proxy"].click()
        at.type("ana:secret@proxy.example:3128")
        part.use.click()
        at.settle()
        assert part.address_field.has_problem
        assert at.door.known.proxy == "system"
        part.address.setText("http://proxy.example:3128")
        part.use.click()
        at.settle()
        assert at.door.known.proxy == "http://proxy.example:3128"
        assert radios(part)["This proxy"].isChecked()
        assert at.said[-1][0] == "It holds from the next exchange on."
        radios(part)["None"].click()
        at.settle()
        assert (at.door.known.proxy, part.address.isVisible()) == ("none", False)
        assert nameless(at.page) == []


def test_an_authority_is_chosen_taken_away_and_said_to_all_laptops_by_an_administrator() -> None:
    with page_desk(role="administrator") as at:
        part = shown(at)
        assert not part.share.isVisible()
        at.door.fail["use_authority"] = KnownError("authority_unreadable", reason="not_one")
        part.read_file(PEM)
        at.settle()
        assert part.problem.isVisible()
        del at.door.fail["use_authority"]
        part.read_file(PEM)
        at.settle()
        assert not part.problem.isVisible()
        assert part.trusted.text().startswith("“\u2068Lantern Street Services Root\u2069”, good until")
        part.share.click()
        at.settle()
        assert at.door.desk.kept == ["authority shared"]
        part.away.click()
        at.settle()
        assert part.trusted.text() == "None but those that this computer knows."
    with page_desk() as at:
        at.door.use_authority(PEM)
        assert not shown(at).share.isVisible()  # not a caseworker's to say


@pytest.mark.parametrize("language", ["en", "es"])
def test_before_anybody_has_signed_in_the_same_stands_on_a_sheet(desk: Callable[..., Any], language: str) -> None:
    at = desk(state="new", language=language)
    name = {"en": "Network", "es": "Red"}[language]
    button = next(one for one in at.page.findChildren(QAbstractButton) if one.text() == name)
    button.click()
    at.quiet()
    sheet = at.window.findChild(NetworkSheet)
    assert sheet is not None
    assert sheet.part.choose.hasFocus()
    sheet.part.read_file(PEM)
    at.quiet()
    assert "Lantern Street Services Root" in sheet.part.trusted.text()
    behind = {sheet.focusNextPrevChild(True) and at.window.focusWidget() for _ in range(12)}
    assert all(sheet.isAncestorOf(one) for one in behind)
    assert sheet.part.away in behind
    at.press(Qt.Key.Key_Escape)
    assert not [one for one in at.window.findChildren(NetworkSheet) if one.isVisible()]  # it may be gone already


@pytest.mark.parametrize("problem", ["certificate_unknown", "proxy_login"])
def test_what_is_wrong_with_the_way_is_said_and_leads_to_where_it_is_set_right(problem: str) -> None:
    with page_desk() as at:
        word: Any = "offline" if problem == "proxy_login" else "refused"
        at.door.status = SyncStatus(word, problem=problem, waiting=2)
        page = at.open("sync")
        assert "Everything typed here is on this laptop." in page._said.lead
        assert page._said.needs_you[0].title == "Network of this laptop"
        page._do(page._said.needs_you[0])
        at.settle()
        assert (at.page.place, at.page._part) == ("settings", "network")


def test_who_stops_an_exchange_does_not_wait_for_the_network() -> None:
    with page_desk() as at:
        page = at.open("sync")
        page._job = at.bridge.run(lambda: None)
        page._stop()
        assert (at.door.stopped, page.try_now.isEnabled()) == (1, True)
        at.settle()


# --- what is paid by size -----------------------------------------------------------------------------------------------------


def test_documents_are_counted_anew_when_the_network_becomes_another() -> None:
    with page_desk() as at:
        at.ui.metered = network = Told()
        asked: list[bool | None] = []

        def carry(step: Any = None, *, metered: bool | None = None) -> DocumentsSent:
            asked.append(metered)
            return DocumentsSent(left=2, problem="metered") if metered else DocumentsSent()

        at.door.carry_documents = carry  # type: ignore[method-assign]
        carrying = Carrying(at.ui, at.window)
        network.becomes(False)  # before any exchange: nothing is to be sent yet
        assert asked == []
        network.paid = True
        carrying.start()
        at.until(lambda: asked == [True])
        network.becomes(False)
        at.until(lambda: asked == [True, False])
        carrying.stop()
        network.becomes(None)
        assert asked == [True, False]


def test_documents_that_wait_for_another_network_go_anyway_when_somebody_says_so() -> None:
    with page_desk() as at:
        at.door.status = SyncStatus("sent", documents=2, documents_why="metered")
        page = at.open("sync")
        line = page._said.needs_you[0]
        assert (line.title, line.right) == ("2 documents wait", "Send anyway")
        page._do(line)
        at.until(lambda: at.door.carried == 1)
        assert at.door.travelling


@pytest.mark.parametrize(
    ("rule", "paid", "waits"), [("metered", True, True), ("metered", None, False), ("always", True, False), ("ask", False, True)]
)
def test_a_document_is_fetched_where_the_rule_lets_it(rule: str, paid: bool | None, waits: bool) -> None:
    with page_desk() as at:
        at.ui.metered = network = Told()
        network.paid = paid
        at.door.pdf, at.door.fail["paper"] = a_pdf(), elsewhere(rule=rule)
        page = at.open("pdf", request=NOTICE)
        assert (at.door.fetched == []) is waits
        assert ("paid by size" in page.fetching.about.text()) is (rule == "metered" and paid is True)
        if waits:
            at.press(Qt.Key.Key_Return)
            assert at.door.fetched == [NOTICE.attachment_id]


def test_the_rule_is_chosen_and_what_the_computer_says_of_its_network_stands_below() -> None:
    with page_desk() as at:
        at.ui.metered = network = Told()
        part = shown(at)
        assert radios(part.rules)["Not on a network that is paid by size"].isChecked()
        radios(part.rules)["Only when I say so"].click()
        at.settle()
        assert at.door.rule == "ask"
        assert part.paid.text().startswith("This computer does not say")
        network.becomes(True)
        assert part.paid.text() == "This computer says that its network is paid by size."


def test_an_administrator_forbids_keys_in_files_and_is_told_where_their_own_laptop_has_one() -> None:
    with page_desk(role="administrator") as at:
        part = at.open("settings", part="laptops").laptops.keyring
        part.wanted.click()
        at.settle()
        assert (at.door.keyring_only, part.wanted.isChecked(), part.wanted.isEnabled()) == (True, True, True)
        at.door.fail["require_keyring"] = KnownError("keyring_required")
        part.wanted.click()
        at.settle()
        assert (part.wanted.isChecked(), part.wanted.isEnabled()) == (True, True)
        assert at.troubles[-1] is at.door.fail["require_keyring"]
    with page_desk() as at:
        assert not at.open("settings", part="laptops").laptops.keyring.wanted.isEnabled()
