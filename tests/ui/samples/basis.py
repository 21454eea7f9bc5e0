"""The day, the ids and the organisation that all samples share."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from cmpp_desktop.domain import questions as q
from cmpp_desktop.domain.records import Life, When
from cmpp_desktop.domain.work import Stored

ZONE = "America/New_York"
TODAY = date(2026, 11, 23)  # a Monday
NOW = datetime(2026, 11, 23, 8, 10, tzinfo=ZoneInfo(ZONE))  # somebody comes to work
LATER = datetime(2026, 11, 23, 15, 42, tzinfo=UTC)  # 10:42 in New York: somebody is at it
SPACE = UUID("6d1d6b6e-3f0c-4b55-9d0a-2c6d1c9e7a10")


def uid(name: str | int) -> UUID:
    """The id of that name, the same each time."""
    return uuid5(SPACE, str(name))


MARISELA, MATEO, LUCIA = uid("marisela"), uid("mateo"), uid("lucia")
ANA, DENISE, LEON = uid("ana"), uid("denise"), uid("leon")


def stored(fields: Any, name: str, life: Life = Life.LIVE) -> Stored[Any]:
    return Stored(uid(name), fields, life, "caseload", uid("north"), LATER, ANA, LATER, ANA)


def when(day: date, at: time | None = None) -> When:
    return When(day=day, at=at, zone=ZONE)


def organisation(role: str = "caseworker") -> q.OrganisationView:
    ana = q.StaffRow(ANA, "Ana Marroquín", role, uid("north"), "Team North")
    return q.OrganisationView(
        uid("organisation"), "Lantern Street Services", "", ZONE, 10, ana,
        (
            ana,
            q.StaffRow(DENISE, "Denise Okafor", "supervisor", uid("north"), "Team North"),
            q.StaffRow(LEON, "Leon Brandt", "caseworker", uid("north"), "Team North"),
        ),
        ((uid("north"), "Team North"),), (("aa" * 32, "Blue ThinkPad", ANA),),
    )  # fmt: skip
