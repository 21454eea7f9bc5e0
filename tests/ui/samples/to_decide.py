"""What waits for a decision on the page of what was sent: work that came too late, a note in two places, a session in none."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cmpp_desktop.domain.misplaced import Misplaced, MisplacedRecord, PlaceNamed
from tests.ui.samples.basis import MARISELA, uid
from tests.ui.samples.person import sync_decisions

OPEN, CLOSED = (PlaceNamed(kind, uid("team"), "Lantern Street") for kind in ("caseload", "restricted"))
NOTE = MisplacedRecord(
    "note", uid("note"), MARISELA, "Marisela Tzoc", (OPEN, CLOSED), False, "Leon Brandt", datetime(2026, 11, 20, tzinfo=UTC), True
)
SESSION = MisplacedRecord(
    "service_session", uid("gone"), None, "", (CLOSED,), True, "Leon Brandt", datetime(2026, 11, 19, 9, 30, tzinfo=UTC), False
)


def undecided(door: Any) -> None:
    """Somebody's work came too late."""
    door.status = sync_decisions()


def misplaced(door: Any) -> None:
    """Two moves did not end."""
    door.answers[Misplaced] = (NOTE, SESSION)
