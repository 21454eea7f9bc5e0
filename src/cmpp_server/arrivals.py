"""What is noted of everybody who asks: when, which roster they had heard, how far they have read; and how often they may.

A device has an allowance of requests: so many at once, and then so many a minute. It stands in the database, in the row that says
when the device was seen, so that all replicas count together and none has to remember. One number is enough (the *due time* of
a leaky bucket): each request moves it on by a minute's share, and who is further ahead of the clock than the allowance is
refused and told how long to wait. A refused request moves nothing.

Only who has been authenticated comes this far: a stranger cannot use up somebody's allowance, and leaves no row.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, BindParameter, Connection, Insert, Select, Table, bindparam, case, or_, select

from cmpp_protocol import api, rights, roster
from cmpp_server import tables
from cmpp_server.auth import Caller
from cmpp_server.database import upserting
from cmpp_server.problems import Refused


@dataclass(frozen=True, slots=True)
class Pace:
    """How often one device may ask: `a_minute` in the long run (0: no limit), `at_once` without a pause."""

    a_minute: int
    at_once: int

    @property
    def share(self) -> int:
        """What one request costs, in milliseconds."""
        return math.ceil(60_000 / self.a_minute) if self.a_minute else 0


def note(
    conn: Connection, caller: Caller, request: api.SyncRequest, state: roster.RosterState | None, now: int, pace: Pace
) -> None:
    """Write down that this caller asks. Raises Refused("too_many") with the seconds to wait. `now` in milliseconds."""
    _count(conn, caller, request.roster_no, now, pace)
    if state is not None and not caller.enrolling:
        _note_reading(conn, caller, request, state)


def count_chunk(conn: Connection, caller: Caller, now: int, pace: Pace) -> None:
    """One request for a document's content, of an allowance of its own: a large scan takes nothing from that of records, and they
    nothing from it. Raises Refused("too_many") with the seconds to wait."""
    _allow(conn, tables.device_documents, caller, {}, now, pace)


def _count(conn: Connection, caller: Caller, roster_no: int, now: int, pace: Pace) -> None:
    _allow(conn, tables.device_seen, caller, {"seen_at": now, "roster_no": roster_no}, now, pace)


def _allow(conn: Connection, table: Table, caller: Caller, seen: Mapping[str, int], now: int, pace: Pace) -> None:
    ahead = (pace.at_once - 1) * pace.share
    mine = {"org_id": caller.org, "device_id": caller.counted}
    given = {**mine, **seen, "due_at": now + pace.share, "now": now, "ahead": now + ahead, "share": pace.share}
    # A due time that no allowance leads to was written under another clock or another limit: it begins again.
    given["beyond"] = now + 2 * pace.at_once * pace.share
    adding = _adding(conn.dialect.name, table, tuple(seen), pace.a_minute > 0)
    if conn.execute(adding, given).first() is None:
        due = table.c.due_at
        query = select(due).where(table.c.org_id == caller.org, table.c.device_id == caller.counted)
        over = conn.execute(query).scalar_one() - ahead - now
        raise Refused("too_many", wait=max(1, math.ceil(over / 1000)))


@cache
def _adding(kind: str, table: Table, seen: tuple[str, ...], limited: bool) -> Insert:
    due, now, ahead = table.c.due_at, _number("now"), _number("ahead")
    adding = upserting(kind, table)
    moved = case(((due > now) & (due <= ahead), due), else_=now) + _number("share")
    return adding.on_conflict_do_update(
        index_elements=["org_id", "device_id"],
        set_={**{name: adding.excluded[name] for name in seen}, "due_at": moved},
        where=or_(due <= ahead, due > _number("beyond")) if limited else None,
    ).returning(due)


def _number(name: str) -> BindParameter[int]:
    return bindparam(name, type_=BigInteger)


def _note_reading(conn: Connection, caller: Caller, request: api.SyncRequest, state: roster.RosterState) -> None:
    mine = {one.collection: one.seq for one in request.cursors if rights.may_read(state, caller.device, one.collection)}
    if not mine:
        return
    key = {"org_id": caller.org, "device_id": caller.device}
    known = {UUID(bytes=row.collection_id): row.seq for row in conn.execute(_READ, key).all()}
    # In one order, or two requests of one device could wait for each other.
    moved = [(place, seq) for place, seq in sorted(mine.items()) if known.get(place) != seq]
    rows = [{**key, "collection_id": place.bytes, "seq": seq} for place, seq in moved]
    if rows:
        conn.execute(_READING[conn.dialect.name], rows if len(rows) > 1 else rows[0])


def _reading(kind: str) -> Insert:
    adding = upserting(kind, tables.device_read)
    key = ["org_id", "device_id", "collection_id"]
    return adding.on_conflict_do_update(index_elements=key, set_={"seq": adding.excluded.seq})


def _read() -> Select[Any]:
    table = tables.device_read
    here = (table.c.org_id == bindparam("org_id"), table.c.device_id == bindparam("device_id"))
    return select(table.c.collection_id, table.c.seq).where(*here)


_READ, _READING = _read(), {kind: _reading(kind) for kind in ("postgresql", "sqlite")}
