"""Reports that came for the Board: from whom, for which period, and a copy with a reason."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt

from cmpp_desktop.ui import places
from tests.ui.page_desk import desk, nameless
from tests.ui.samples import audits, uid

pytestmark = pytest.mark.usefixtures("qapp")


def test_each_says_its_period_and_who_sent_it_and_enter_saves_a_copy() -> None:
    with desk(role="administrator") as at:
        audits.reports(at.door)
        saved: list[tuple[object, str, str]] = []
        door: Any = at.door
        door.save_report = lambda id, path, *, reason: saved.append((id, path.name, reason))
        page = at.open("reports_received")
        newest, nameless_one = page.rows.model().rows
        assert "1 Jul" in newest.said
        assert "30 Sep" in newest.said
        assert "Denise Okafor, Old Dell" in newest.said
        assert "a laptop without a name" in nameless_one.said
        assert nameless(page) == []
        page.rows.setFocus()
        at.press(Qt.Key.Key_Return)
        form = at.page
        form.inputs["reason"].show("for the meeting")
        form.save.click()
        at.settle()
        assert saved == [(uid("r2"), "figures-q3.pdf", "for the meeting")]


def test_before_any_came_the_page_says_how_one_comes() -> None:
    with desk(role="administrator") as at:
        page = at.open("reports_received")
        assert page.nothing.isVisible()
        assert not page.rows.isVisible()


def test_it_stands_in_the_rail_of_those_who_open_reports() -> None:
    for role, there in (("board_reader", True), ("administrator", True), ("supervisor", False), ("caseworker", False)):
        assert ("reports_received" in {info.name for info in places.in_rail(role)}) is there, role
