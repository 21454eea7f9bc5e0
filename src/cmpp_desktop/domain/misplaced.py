"""Records whose move did not end as it should (sync rule 26): live in two places, or in none. Found each time, never stored.

Nothing is atomic across collections: the two halves of a move arrive in bundles of their own. So nothing is said of a move that
is younger than a day, reckoned to when the server, or in an office without one a stick, was last heard.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from cmpp_desktop.domain.records import Compartment, Fields
from cmpp_desktop.domain.separations import SeparationFields
from cmpp_desktop.domain.work import Command, Done, Question, Work
from cmpp_desktop.errors import KnownError

PATIENCE = timedelta(days=1)
MOST = 50  # that are told at once
IN_SEVERAL = frozenset({SeparationFields.kind, "signed"})  # kinds that may lie in several places at once


@dataclass(frozen=True, slots=True)
class PlaceNamed:
    """A collection with the name of its team, "" where that is not known here."""

    compartment: Compartment
    team_id: UUID | None
    team: str


@dataclass(frozen=True, slots=True)
class MisplacedRecord:
    """A record that is live in all of `places`; or, `lost`, in none: the one place is where it should be. `who`, `at`: who wrote
    the last of what its lives say, and when by their clock. `settles`: this version can settle it."""

    kind: str
    record_id: UUID
    participant_id: UUID | None
    participant: str
    places: tuple[PlaceNamed, ...]
    lost: bool
    who: str
    at: datetime
    settles: bool


@dataclass(frozen=True, slots=True)
class Misplaced(Question[tuple[MisplacedRecord, ...]]):
    """Those of them among the team records held here, the latest first, at most `MOST`. `heard`: when the others were last heard;
    None: nothing is judged yet."""

    heard: datetime | None


@dataclass(frozen=True)
class KeepInOne(Command):
    """Settles a record that is live in several places by rule 25: it stays in one, and what the others say that differs stands
    beside it there, for somebody to pick. Raises record_missing; conflict_open where the others differ in themselves;
    already_signed where it is signed elsewhere and not there; Invalid other_compartment for something restricted that would be
    shown to all; restricted_closed or not_allowed where this laptop does not hold that place."""

    kind: str
    record_id: UUID
    compartment: Compartment
    team_id: UUID | None


def keep_in_one(kinds: Mapping[str, type[Fields]], command: KeepInOne, work: Work) -> Done:
    if command.kind not in kinds or command.kind in IN_SEVERAL:
        raise KnownError("record_missing", kind=command.kind)
    work.keep_in_one(kinds[command.kind], command.record_id, team_id=command.team_id, compartment=command.compartment)
    return Done(command.record_id)
