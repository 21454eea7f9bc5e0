"""*Keep on this laptop* while the network is paid by size: it says why documents wait, and what can be done."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cmpp_desktop.workspace import DocumentsRule
from tests.ui.page_desk import desk, nameless
from tests.ui.samples.network import Told
from tests.ui.test_small_pictures import PASSPORT, a_file, records

pytestmark = pytest.mark.usefixtures("qapp")
WAITS = "This network is paid by size: documents wait for another network, or until you fetch them."


def test_keeping_a_file_on_a_paid_network_fetches_nothing_says_why_and_leaves_it_to_a_button() -> None:
    with desk() as at:
        at.ui.metered = network = Told()
        network.becomes(True)
        a_file(at)
        at.door.file = replace(at.door.file, rule="metered")
        page, part = records(at)
        part.documents.keep.setFocus()
        part.documents.keep.click()
        at.settle()
        assert at.door.file.kept
        assert at.door.fetched == []
        assert part.documents.said.text().endswith(WAITS)
        assert part.documents.fetch.hasFocus(), "the keyboard stands where one goes on"
        assert nameless(page) == []
        part.documents.fetch.click()
        at.settle()
        assert at.door.fetched == [PASSPORT]
        network.becomes(False)
        at.settle()
        assert part.documents.said.text().endswith("what is added elsewhere comes by itself.")


@pytest.mark.parametrize(("rule", "paid"), [("always", True), ("metered", None), ("metered", False)])
def test_where_nothing_makes_it_wait_it_is_fetched_at_once(rule: DocumentsRule, paid: bool | None) -> None:
    with desk() as at:
        at.ui.metered = network = Told()
        network.becomes(paid)
        a_file(at)
        at.door.file = replace(at.door.file, rule=rule)
        _, part = records(at)
        part.documents.keep.click()
        at.settle()
        assert at.door.fetched == [PASSPORT]
        assert "paid by size" not in part.documents.said.text()
