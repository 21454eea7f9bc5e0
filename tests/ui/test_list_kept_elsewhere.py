"""Without a server one laptop keeps the list: what closing and leaving mean then, and what others are offered."""

from __future__ import annotations

from typing import Any

import pytest

from cmpp_desktop.errors import KnownError
from cmpp_desktop.ui.pages.close_laptop import CloseLaptop, LeaveWithLaptop
from cmpp_desktop.ui.widgets import Button
from tests.ui import samples
from tests.ui.page_desk import Desk, desk, nameless

pytestmark = pytest.mark.usefixtures("qapp")
DENISES = "b" * 64
FRONT_DESK = "d" * 64


def _settings(at: Desk, *, keeps: bool = False) -> Any:
    at.door.status = samples.sync_alone(keeps=keeps)
    page = at.open("settings", part="laptops")
    at.settle()
    return page


def test_another_administrator_is_told_what_is_done_where_and_offered_nothing_that_would_fail() -> None:
    with desk(role="administrator") as at:
        page = _settings(at)
        laptops, rights, recovery = page.laptops, page.rights, page.recovery
        for part in (laptops, rights, recovery):
            assert "Denise’s laptop" in part.elsewhere.title.text()
            assert not part.elsewhere.isHidden()
        for word in ("invited", "closed", "compared", "rights", "leaves", "destroyed", "legal hold"):
            assert word in laptops.elsewhere.text.text()
        assert not [button for row in laptops.devices.model().rows for button in row.buttons]
        assert not [button for row in laptops.invitations.list.model().rows for button in row.buttons]
        laptops._close_laptop(DENISES)
        laptops._compare(FRONT_DESK)
        laptops._invite_again(DENISES)
        assert not at.window.findChildren(CloseLaptop)
        assert at.door.desk.invited_again == []
        assert not laptops.wait.isEnabled()
        assert not laptops.keyring.wanted.isEnabled()
        for hidden in (laptops.invitations.form, rights.form, rights.teams.add_team, recovery.make, page.network.share):
            assert not hidden.isVisibleTo(page)
        assert not rights.teams.rename.isHidden(), "names are records, written anywhere"
        assert not recovery.answer_button.isHidden()
        assert laptops.keeping.take_over.isVisibleTo(laptops)
        assert "X" not in dict(page.keys())
        assert nameless(page) == []


def test_the_laptop_that_takes_the_list_over_is_offered_everything_at_once() -> None:
    with desk(role="administrator") as at:
        page = _settings(at)
        at.door.status = samples.sync_alone(keeps=True)
        page.reload()
        at.settle()
        assert page.laptops.elsewhere.isHidden()
        assert {button.id for row in page.laptops.devices.model().rows for button in row.buttons} == {"compare", "close", "again"}
        for shown in (page.laptops.invitations.form, page.rights.teams.add_team, page.recovery.make):
            assert not shown.isHidden()
        assert page.laptops.wait.isEnabled()
        assert "X" in dict(page.keys())
        assert not page.laptops.leave.isEnabled(), "who keeps the list hands it on first"


def test_closing_without_a_server_speaks_of_sticks_and_says_what_to_do_next() -> None:
    with desk(role="administrator") as at:
        page = _settings(at, keeps=True)
        page.laptops._close_laptop(DENISES)
        [sheet] = at.window.findChildren(CloseLaptop)
        assert "server" not in sheet.accessibleDescription()
        assert "stick" in sheet.accessibleDescription()
        sheet.do_it.click()
        at.settle()
        assert at.door.desk.closed == [DENISES]
        assert "Write a stick now" in sheet.let_in.text()
        sheet.ready.click()
        assert "Take a stick there" in page.laptops.unaware.text.text()


def test_leaving_without_a_server_is_written_down_and_says_where_the_stick_goes() -> None:
    with desk() as at:
        page = _settings(at)
        assert "Denise’s laptop" in page.laptops._about_leaving.text()
        page.laptops.leave.click()
        [sheet] = at.window.findChildren(LeaveWithLaptop)
        assert "sent first" not in sheet.accessibleDescription()
        at.door.fail["leave"] = KnownError("not_sent", waiting=2)
        sheet.do_it.click()
        at.settle()
        assert sheet.trouble.isVisible()
        at.door.fail["leave"] = KnownError("leaves_by_stick")
        sheet.do_it.click()
        at.settle()
        assert sheet.ready.hasFocus()
        assert "written down" in sheet.written.text()
        assert "bring it back" in sheet.next.text()
        assert [button for button in sheet.findChildren(Button) if button.isVisible()] == [sheet.ready]
