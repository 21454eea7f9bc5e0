"""Letting an administrator in by the printed kit when every administrator's laptop is gone (see `sync.readmission`)."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from uuid import UUID

from cmpp_desktop.sync.enrolment import Start
from cmpp_desktop.sync.keys import read_recovery
from cmpp_desktop.sync.readmission import Readmission
from cmpp_desktop.sync.transport import check_url
from cmpp_desktop.workspace.parts import Parts
from cmpp_desktop.workspace.views import AdministratorRow
from cmpp_protocol.keys import recovery_keys


def administrators(parts: Parts, server: str, kit: str) -> tuple[AdministratorRow, ...]:
    """Whose place can be taken. Raises Invalid(recovery), wrong_kit, and what an exchange does."""
    secret, url = recovery_keys(read_recovery(kit)), check_url(server)
    with closing(parts.connect(url, "")) as line:
        found = Readmission(line, secret, parts.now_ms, parts.randomness).administrators()
    return tuple(AdministratorRow(one.member, _day(one.since), _day(one.laptop_since), one.collections) for one in found)


def begin(parts: Parts, server: str, kit: str, member_id: UUID) -> Start:
    """What a laptop begins with that took this administrator's place. Raises as `administrators` does."""
    secret, url = recovery_keys(read_recovery(kit)), check_url(server)
    with closing(parts.connect(url, "")) as line:
        return Readmission(line, secret, parts.now_ms, parts.randomness).take_the_place_of(member_id, url)


def _day(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
