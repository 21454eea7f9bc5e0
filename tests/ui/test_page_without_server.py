"""An organisation without a server in the window: founding, how it stands, who keeps the list, moving to a server."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from cmpp_desktop.errors import KnownError
from cmpp_desktop.ui.frame import corner_word, where_words
from cmpp_desktop.ui.pages.settings_keeping import TakeOver
from cmpp_desktop.words import load
from tests.ui import samples
from tests.ui.page_desk import desk, nameless

pytestmark = pytest.mark.usefixtures("qapp")
NOW = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)
ADMINISTRATOR = {"role": "administrator"}


def test_nobody_is_called_offline_who_has_no_server() -> None:
    with desk() as at:
        at.door.status = samples.sync_alone()
        page = at.open("sync")
        assert page.sentence.text() == "2 changes are only on this laptop."
        assert page.by_stick.isVisible()
        assert not page.try_now.isVisible()
        assert not page.folder.button.isVisible()
        assert "the documents that others lack" in page.folder.note.text()
        assert "F5" not in dict(page.keys())
        said = {fact.label.strip("\u2068\u2069"): fact.value.strip("\u2068\u2069") for fact in page._said.facts}
        assert said["Keeps the list of laptops"] == "Denise’s laptop"
        assert said["Old tower"] == "No word from it yet"
        assert said["Grey laptop"].startswith("Lacked 3 changes of yours.")
        assert nameless(page) == []
        at.door.status = samples.sync_alone(waiting=0, admitted=False)
        page.reload()
        at.settle()
        assert page.sentence.text() == "Everything is on the stick."
        assert "This laptop is not on the list yet" in [line.title for line in page._said.needs_you]


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_corner_says_where_it_is_and_never_that_it_was_sent(language: str) -> None:
    words = load(language)
    said = [
        corner_word(status, words) + where_words(status, NOW, words)
        for status in (samples.sync_alone(), samples.sync_alone(waiting=0))
    ]
    for wrong in ("Sent", "Offline", "server", "Enviado", "Sin conexión", "servidor"):
        assert not any(wrong in one for one in said)


def _laptops(at: Any) -> Any:
    page = at.open("settings", part="laptops")
    at.settle()
    return page.laptops


def test_the_keeper_moves_the_office_to_a_server_and_a_wrong_address_is_said() -> None:
    with desk(**ADMINISTRATOR) as at:
        at.door.status = samples.sync_alone(keeps=True)
        laptops = _laptops(at)
        part = laptops.keeping
        assert part.isVisibleTo(part.parentWidget())
        assert laptops.invitations.leave.isHidden()
        assert part.take_over.isHidden()
        part.server.setText("http://elsewhere.invalid")
        part.move_there.click()
        at.settle()
        assert part.server_field.has_problem
        assert at.door.desk.kept == []
        part.server.setText("https://sync.lantern.invalid/")
        part.move_there.click()
        at.settle()
        assert at.door.desk.kept == ["https://sync.lantern.invalid"]


def test_another_administrator_takes_over_only_after_the_sheet_was_read() -> None:
    with desk(**ADMINISTRATOR) as at:
        at.door.status = samples.sync_alone()
        part = _laptops(at).keeping
        part.take_over.click()
        at.settle()
        [sheet] = part.window().findChildren(TakeOver)
        assert sheet.keep.hasFocus()
        assert at.door.desk.kept == []
        at.door.fail["take_over"] = KnownError("key_missing")
        sheet.do_it.click()
        at.settle()
        assert sheet.trouble.isVisible()
        del at.door.fail["take_over"]
        sheet.do_it.click()
        at.settle()
        assert at.door.desk.kept == ["taken over"]


def test_where_there_is_a_server_nothing_of_this_is_shown() -> None:
    with desk(**ADMINISTRATOR) as at:
        laptops = _laptops(at)
        assert laptops.keeping.isHidden()
        assert not laptops.invitations.leave.isHidden()
        assert at.open("sync").try_now.isVisible()


def test_without_a_server_two_lists_are_said_and_nothing_is_offered_that_cannot_settle_them() -> None:
    with desk() as at:
        at.door.status = replace(samples.sync_alone(), word="refused", problem="roster_fork")
        page = at.open("sync")
        first = page._said.needs_you[0]
        assert not first.action
        assert "Invite nobody" in first.detail
        assert not any(line.action in ("fork", "join") for line in page._said.needs_you)
