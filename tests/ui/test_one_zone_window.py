"""The window shows the day of the office, not that of the laptop; and turns to the next one at the office's midnight."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pytestqt.qtbot import QtBot

from cmpp_desktop.changes import HERE, Changed
from cmpp_desktop.domain import questions as q
from cmpp_desktop.domain.records import When
from cmpp_desktop.ui.app import Window
from cmpp_desktop.ui.bridge import Bridge
from cmpp_desktop.ui.pages.today import MovedForm
from cmpp_desktop.ui.pages.zone_choice import ZONES, zone_choices, zone_of_this_laptop
from cmpp_desktop.ui.theme import Look
from cmpp_desktop.words import zone_of
from cmpp_desktop.workspace import Founding
from tests.factory.organisation import Clock
from tests.ui.samples import SampleDoor, at_first_run, organisation, today

from .conftest import Desk

LOS_ANGELES, NEW_YORK = "America/Los_Angeles", "America/New_York"
LATE = datetime(2026, 11, 24, 1, 30, tzinfo=ZoneInfo(NEW_YORK))  # 10:30 pm of Monday the 23rd in Los Angeles
MONDAY = date(2026, 11, 23)


@pytest.fixture
def late(look: Look, qtbot: QtBot) -> Iterator[tuple[Desk, Clock]]:
    """A laptop left on New York time, in an office in Los Angeles, late in the evening."""
    door, clock = SampleDoor(), Clock(LATE)
    door.answers[q.Organisation] = lambda asked: replace(organisation(), zone=LOS_ANGELES)
    window = Window(door, Bridge(), clock=clock, sync_seconds=0)
    found = Desk(window, door, qtbot)
    window.show()
    window.start()
    found.quiet()
    yield found, clock
    window.close()
    window.deleteLater()


def days_asked(door: SampleDoor) -> list[date]:
    return [asked.day for asked in door.asked if isinstance(asked, q.Today)]


def test_today_is_the_offices_day_and_turns_at_its_midnight(late: tuple[Desk, Clock]) -> None:
    at, clock = late
    assert days_asked(at.door) == [MONDAY]
    assert at.page._date.text() == "Monday 23 November"
    clock.set(LATE + timedelta(minutes=89))
    at.window._tick()
    at.quiet()
    assert days_asked(at.door) == [MONDAY]
    clock.set(LATE + timedelta(minutes=90))
    at.window._tick()
    at.quiet()
    assert days_asked(at.door) == [MONDAY, MONDAY + timedelta(days=1)]
    assert at.page._date.text() == "Tuesday 24 November"


def test_when_they_lock_the_laptops_own_clock_is_shown_again(late: tuple[Desk, Clock]) -> None:
    at, _ = late
    assert at.window.ui.now().hour == 22
    at.window.lock()
    at.quiet()
    assert at.window.ui.now().hour == 1
    assert at.window.ui.words.zone == ""


def test_the_organisations_zone_that_comes_in_later_is_taken_at_once(late: tuple[Desk, Clock]) -> None:
    at, _ = late
    at.door.answers[q.Organisation] = lambda asked: replace(organisation(), zone="Asia/Tokyo", name="Lantern Street East")
    at.door.changed.publish(Changed(frozenset({"organisation"}), frozenset(), "sync"))
    at.quiet()
    assert days_asked(at.door)[-1] == MONDAY + timedelta(days=1)
    assert (at.window.ui.now().hour, at.window.ui.words.zone) == (15, "Asia/Tokyo")
    assert at.window.ui.me is not None
    assert at.window.ui.me.name == "Lantern Street East"


def test_another_name_alone_makes_no_page_anew(late: tuple[Desk, Clock]) -> None:
    at, _ = late
    page = at.page
    at.door.answers[q.Organisation] = lambda asked: replace(organisation(), zone=LOS_ANGELES, name="Lantern Street West")
    at.door.changed.publish(Changed(frozenset({"organisation"}), frozenset(), HERE))
    at.quiet()
    assert at.page is page
    assert at.window.ui.me is not None
    assert at.window.ui.me.name == "Lantern Street West"


def test_a_moved_hearing_stays_in_the_zone_of_its_court(late: tuple[Desk, Clock]) -> None:
    at, _ = late
    taken: list[When] = []
    item = next(item for item in today().today if item.when is not None)
    assert item.when is not None
    court = replace(item, when=item.when.model_copy(update={"zone": "America/Chicago"}))
    form = MovedForm(at.window, at.window.ui, court, taken.append)
    form.day.set_value(date(2026, 12, 8))
    form.accept()
    assert taken[0].zone == "America/Chicago"


def test_whoever_founds_an_office_says_where_its_days_begin(desk: Callable[..., Any]) -> None:
    at = desk(state="new")
    kept: list[Founding] = []
    at.door.found = lambda founding: [kept.append(founding), "X88F-QRTG"][1]  # type: ignore[func-returns-value]
    at_first_run(at.page, 3)
    assert at.page.organisation.zone.value() == zone_of_this_laptop()
    at.page.organisation.zone.set_value(LOS_ANGELES)
    at.page.organisation.name.setText("Lantern Street Services")
    at.page.organisation.person.setText("Denise Okafor")
    at.page.organisation.server.setText("https://cmpp.example.org")
    at.page.organisation.go_on()
    at.page.laptop.setText("Front desk")
    for field in (at.page.first, at.page.second):
        field.line.setText("lantern quarry juniper ferry 47")
    at.page._make()
    at.quiet()
    assert [founding.zone for founding in kept] == [LOS_ANGELES]


@pytest.mark.parametrize("first", ["", LOS_ANGELES, "America/Boise"])
def test_the_zone_in_force_is_always_among_the_choices(first: str) -> None:
    offered = zone_choices(LATE, first)
    assert len({zone for zone, _ in offered}) == len(offered) >= len(ZONES)
    assert not first or first in {zone for zone, _ in offered}
    assert ("America/Phoenix", "Phoenix (MST)") in offered


def test_a_zone_that_this_laptop_does_not_know_is_read_as_the_usual_one() -> None:
    assert zone_of("America/Atlantis").key == zone_of("../etc/passwd").key == zone_of("").key == NEW_YORK
