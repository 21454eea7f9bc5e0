"""Records that are live in two places, or in none (rule 26); see `domain.misplaced`.

Neither reads everything: what lies in two places lies in another than the largest, and what moved away has flags of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast
from uuid import UUID

from cmpp_desktop.changes import LIFE, RecordState
from cmpp_desktop.domain.misplaced import IN_SEVERAL, MOST, PATIENCE, Misplaced, MisplacedRecord, PlaceNamed
from cmpp_desktop.domain.records import Compartment
from cmpp_desktop.domain.staff import TeamFields
from cmpp_desktop.domain.transfers import TransferFields
from cmpp_desktop.store import moving, state
from cmpp_desktop.store.columns import from_ms
from cmpp_desktop.store.names import Place
from cmpp_desktop.store.queries.common import Asked, marks, table
from cmpp_desktop.store.tables import RECORD_KINDS, participant_of
from cmpp_protocol import canon

_OF_TEAMS = ("caseload", "restricted")
_LOOKED_AT = 4 * MOST  # of either sort; the young ones among them are not told
_LIVE, _DELETED, _MOVED, _SIGNED, _UNKNOWN = map(state.LIVES.index, ("live", "deleted", "moved", "signed", "unknown"))
_AWAY = state.NOT_MATERIALISED | state.COVERED
# Of a record that moved away and of which nothing changed since; what else may be true of it.
_AWAY_FLAGS = tuple(
    _AWAY | siblings | waits | conflict
    for siblings in (0, state.SIBLINGS)
    for waits in (0, state.WAITS)
    for conflict in (0, state.CONFLICT)
)


def misplaced(asked: Asked, question: Misplaced) -> tuple[MisplacedRecord, ...]:
    """See the question."""
    if question.heard is None:
        return ()
    places = {place.idx: place for place in asked.names.places.values() if place.held and place.kind in _OF_TEAMS}
    looking = _Looking(asked, places)
    found = [one for one in (*looking.in_two(), *looking.in_none()) if question.heard - one.at >= PATIENCE]
    return tuple(sorted(found, key=lambda one: one.at, reverse=True)[:MOST])


class _Looking:
    """In the collections of teams that this laptop holds."""

    def __init__(self, asked: Asked, places: dict[int, Place]) -> None:
        self._asked, self._places, self._colls = asked, places, list(places)
        self._teams = {item.id: item.fields.name for item in asked.all(TeamFields)}

    def in_two(self) -> Iterator[MisplacedRecord]:
        """Live, or signed, in several places."""
        if len(self._colls) < 2:
            return
        by_id: dict[UUID, dict[int, RecordState]] = {}
        for coll, held in self._states(self._ids_in_two()):
            for id, one in held.items():
                if state.status(one.state, self._asked.latest_ms) == "live" or moving.signed_in(one.state) is not None:
                    by_id.setdefault(id, {})[coll] = one.state
        for id, states in by_id.items():
            if len(states) > 1:
                here = tuple(self._named(self._places[coll]) for coll in sorted(states))
                yield self._record(id, list(states.values()), here, lost=False)

    def in_none(self) -> Iterator[MisplacedRecord]:
        """Moved to a place that is held here and of which something was heard, and not there."""
        ids = self._ids_away()
        states: dict[UUID, dict[int, RecordState]] = {id: {} for id in ids}
        for coll, held in self._states(ids):
            for id, one in held.items():
                states[id][coll] = one.state
        for id, by_coll in states.items():
            end = self._end(by_coll)
            if end is not None and self._is_heard(end):
                yield self._record(id, list(by_coll.values()), (self._named(end),), lost=True)

    # --- looking ----------------------------------------------------------------------------------------------------------

    def _ids_in_two(self) -> list[UUID]:
        apart = [number for kind in IN_SEVERAL if (number := self._asked.names.kinds.known(kind)) is not None]
        smaller = self._all_but_the_largest()
        held = marks(self._colls)
        there = f"SELECT 1 FROM sync_record b WHERE b.id = a.id AND b.coll IN ({held}) AND b.coll <> a.coll AND b.life"
        sql = (
            f"SELECT DISTINCT a.id FROM sync_record a WHERE a.coll IN ({marks(smaller)}) AND a.life IN ({_LIVE},{_SIGNED}) "
            f"AND a.kind NOT IN ({marks(apart)}) AND EXISTS ({there} IN ({_LIVE},{_SIGNED})) LIMIT {_LOOKED_AT}"
        )
        rows = self._asked.connection.exec_driver_sql(sql, (*smaller, *apart, *self._colls))
        return [UUID(bytes=id) for id in rows.scalars()]

    def _all_but_the_largest(self) -> list[int]:
        """Whatever lies in two places lies in one of these; the caseload of one's own team, which need not be read, has most."""
        own = (_OF_TEAMS[0], self._asked.asker.team_id)
        largest = next((idx for idx, place in self._places.items() if (place.kind, place.team_id) == own), self._colls[0])
        return [idx for idx in self._colls if idx != largest]

    def _ids_away(self) -> list[UUID]:
        held = marks(self._colls)
        there = f"SELECT 1 FROM sync_record b WHERE b.id = a.id AND b.coll IN ({held}) AND b.life IN "
        # `extra` has the value of its life, and so the id of the collection that it went to; one with siblings is looked at.
        to_here = " OR ".join(["a.extra IS NULL", f"a.flags & {state.SIBLINGS}", *["instr(a.extra, ?) > 0"] * len(self._colls)])
        sql = (
            f"SELECT DISTINCT a.id FROM sync_record a INDEXED BY sync_record_flag WHERE a.coll IN ({held}) AND a.flags <> 0 "
            f"AND a.flags IN ({','.join(map(str, _AWAY_FLAGS))}) AND a.life = {_MOVED} AND ({to_here}) "
            f"AND NOT EXISTS ({there} ({_LIVE},{_DELETED},{_SIGNED},{_UNKNOWN})) LIMIT {_LOOKED_AT}"
        )
        ids = [place.id for place in self._places.values()]
        if not ids:
            return []
        rows = self._asked.connection.exec_driver_sql(sql, (*self._colls, *ids, *self._colls))
        return [UUID(bytes=id) for id in rows.scalars()]

    def _states(self, ids: Sequence[UUID]) -> Iterator[tuple[int, dict[UUID, Any]]]:
        for coll in self._colls if ids else ():
            yield coll, state.load(self._asked.connection, self._asked.names, coll, ids)

    def _end(self, by_coll: dict[int, RecordState]) -> Place | None:
        """Where a record should be that is nowhere; None where a move of it ends in a place that is not held here: nothing can
        be said of it then."""
        ends = [self._followed(coll, by_coll) for coll in by_coll]
        return None if None in ends else ends[0]

    def _followed(self, at: int, by_coll: dict[int, RecordState]) -> Place | None:
        seen = set[int]()
        while at in by_coll and at not in seen:
            seen.add(at)
            went = moving.destination(by_coll[at].shown(LIFE))
            place = self._asked.names.place(went or b"")
            if place is None:
                return self._places[at] if went is None else None
            if place.idx not in self._places:
                return None
            at = place.idx
        return self._places[at]

    def _is_heard(self, place: Place) -> bool:
        """Whether anything ever came from there, or was sent there."""
        for kept in ("chain", "outbox"):
            sql = f"SELECT 1 FROM {kept} WHERE coll=? LIMIT 1"
            if self._asked.connection.exec_driver_sql(sql, (place.idx,)).first() is not None:
                return True
        return False

    # --- telling ----------------------------------------------------------------------------------------------------------

    def _record(self, id: UUID, states: list[RecordState], places: tuple[PlaceNamed, ...], *, lost: bool) -> MisplacedRecord:
        asked, kind = self._asked, states[0].kind
        last = max((head for one in states for head in one.heads.get(LIFE, ())), key=lambda head: head.stamp)
        about = self._handed_over(last.value) if lost else self._about(id, states)
        member = asked.member(asked.names.devices.known(last.stamp.device) or 0)
        name = asked.called([about]).get(about, "") if about else ""
        settles = kind in RECORD_KINDS and not lost
        return MisplacedRecord(kind, id, about, name, places, lost, asked.who(member), from_ms(last.stamp.ms), settles)

    def _about(self, id: UUID, states: list[RecordState]) -> UUID | None:
        kind = states[0].kind
        field = RECORD_KINDS[kind].about if kind in RECORD_KINDS else ""
        value = next((one.shown(field) for one in states if one.shown(field)), None) if field not in ("", "id") else None
        return participant_of(kind, id, {field: canon.unpack(value)} if value else {})

    def _handed_over(self, life: bytes) -> UUID | None:
        """Of what is nowhere only its hand-over says whom it is about, if it went with one."""
        said: Any = canon.unpack(life)
        raw = said[2] if isinstance(said, list) and len(said) > 2 else b""
        if not isinstance(raw, bytes) or len(raw) != 16:
            return None
        found = self._asked.all(TransferFields, table(TransferFields).c.id == UUID(bytes=raw))
        return found[0].fields.participant_id if found else None

    def _named(self, place: Place) -> PlaceNamed:
        team = self._teams.get(place.team_id, "") if place.team_id else ""
        return PlaceNamed(cast(Compartment, place.kind), place.team_id, team)
