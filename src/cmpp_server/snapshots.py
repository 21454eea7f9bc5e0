"""Snapshots at the server: asked for, kept unread, confirmed, given to who is far behind; and what may go then (47, 48).

Promises: a head is kept only if the place and the log hash that it names are this log's, and its maker may write there; a
part only if the head names its hash; it is confirmed by another laptop than its maker's or not at all. The bytes of bundles go
when a snapshot behind them was confirmed `keep_days` ago and a confirmed one is whole; their places, hashes and authors stay,
so that every cursor, and every bundle that is sent again, is still known. Nothing here can be read by the server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from cmpp_protocol import api, rights, roster, snapshot, snapshot_api
from cmpp_protocol.snapshot_api import Key, Said
from cmpp_server import arrivals, auth, log, quota, tables
from cmpp_server import roster as rosters
from cmpp_server.database import Database, upsert
from cmpp_server.problems import Refused
from cmpp_server.settings import Settings

DAY_MS = 24 * 3600 * 1000
CLAIM_MS = 2 * 3600 * 1000  # for which one laptop is waited for
UNCONFIRMED_LIMIT = 8  # of one collection
KEPT_WHOLE = 2  # confirmed ones whose parts stay
GONE = b"\0"  # in place of the bytes of a bundle
NO_PART = b""

Heard: TypeAlias = tuple[Said, str]
Ends: TypeAlias = "Mapping[UUID, log.End]"  # by collection


class Snapshots:
    """`POST /v1/snapshots` over one database. `now` gives milliseconds since the epoch."""

    def __init__(self, database: Database, settings: Settings, now: Callable[[], int]) -> None:
        self._database, self._settings, self._now = database, settings, now
        self._pace = arrivals.Pace(settings.requests_per_minute, settings.requests_at_once)
        self._rosters = rosters.Rosters()

    def ask(self, header: str, body: bytes) -> snapshot_api.Answer:
        """Keeps what a request brings and says what it asks for. Raises Refused, Busy."""
        try:
            authorisation = api.decode_authorisation(header)
        except api.ApiError as error:
            raise Refused(error.code, str(error)) from error
        with self._database.read() as conn:
            state = self._rosters.current(conn, authorisation.org)
        if state is None:
            raise Refused("device_unknown")
        caller = auth.check_member(authorisation, state, snapshot_api.PATH, body, self._settings.server_names, self._now())
        try:
            request = snapshot_api.decode_request(body)
        except api.ApiError as error:
            raise Refused(error.code, str(error)) from error
        said = api.SyncRequest(roster_no=request.roster_no)
        self._database.note(lambda conn: arrivals.note(conn, caller, said, None, self._now(), self._pace))
        heard, claimed = self._kept(caller, request)
        with self._database.read() as conn:
            return self._answer(conn, caller, request, heard, claimed)

    def compact(self, org: bytes, place: UUID) -> int:
        """Lets bytes go that need not be kept any longer; how many. Raises Busy."""
        keep = self._settings.keep_days * DAY_MS
        return self._database.write(lambda conn: compact(conn, org, place, self._now() - keep))

    def _kept(self, caller: auth.Caller, request: snapshot_api.Request) -> tuple[list[Heard], list[UUID]]:
        heard: list[Heard] = []
        if request.head:
            heard.append(self._write(caller, lambda conn, state: _keep_head(conn, state, caller, request.head, self._now())))
        if (part := request.part) is not None:
            heard.append(self._write(caller, lambda conn, state: _keep_part(conn, state, caller, part)))
        if (given := request.confirm) is not None:
            heard.append(self._write(caller, lambda conn, state: _keep_confirmation(conn, state, caller, given, self._now())))
        claimed = [place for place in dict.fromkeys(request.claim) if self._write(caller, self._claimer(caller, place))]
        for place in {*request.claim, *([request.confirm.key.collection] if request.confirm else [])}:
            self.compact(caller.org, place)
        return heard, claimed

    def _claimer(self, caller: auth.Caller, place: UUID) -> Callable[[Connection, roster.RosterState], bool]:
        return lambda conn, state: _claim(conn, state, caller, place, self._settings, self._now())

    def _write(self, caller: auth.Caller, work: Callable[[Connection, roster.RosterState], Any]) -> Any:
        def in_turn(conn: Connection) -> Any:
            state = self._rosters.current(conn, caller.org)
            if state is None:
                raise Refused("device_unknown")
            return work(conn, state)

        return self._database.write(in_turn)

    def _answer(
        self, conn: Connection, caller: auth.Caller, request: snapshot_api.Request, heard: list[Heard], claimed: list[UUID]
    ) -> snapshot_api.Answer:
        state = self._rosters.current(conn, caller.org)
        readable = [
            place for place in dict.fromkeys(request.places) if state and rights.may_read(state, caller.device, place)
        ]
        part = NO_PART
        if request.want is not None and state and rights.may_read(state, caller.device, request.want[0].collection):
            part = _part(conn, caller.org, *request.want)
        return snapshot_api.Answer(
            self._now(), tuple(_shown(conn, caller.org, readable)), tuple(claimed), tuple(heard), part
        )


# What is told in an exchange ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Told:
    """`hints` for who knows of snapshots; `without`: collections of which no log is given in this answer."""

    hints: tuple[api.Hint, ...] = ()
    without: frozenset[UUID] = frozenset()


def told(
    conn: Connection,
    state: roster.RosterState,
    device: bytes,
    request: api.SyncRequest,
    cursors: Sequence[api.Cursor],
    known: Ends,
    settings: Settings,
    now: int,
) -> Told:
    """What there is to say to a caller with these cursors, of collections that end there. Raises Refused("update") for one who
    lacks what is not here as bundles any more, and does not know what snapshots are: the bundles that it brought are kept."""
    # Drops are kept as they came.
    ends = {place: end for place, end in known.items() if not state.collections[place].is_drop}
    here = [one for one in cursors if one.collection in ends]
    if not request.snapshots:
        if any(one.seq < ends[one.collection].base_seq and log.known(conn, state.org_id, one) for one in here):
            raise Refused("update", "snapshot")
        return Told()
    rows = _rows(conn, state.org_id, [one.collection for one in here]) if here else ()
    hints = [hint for one in here for hint in _hints(conn, state, device, request, one, ends, rows, settings, now)]
    without = frozenset(one.collection for one in hints if one.word in (api.TAKE, api.BEGINS))
    return Told(tuple(hints), without)


def _hints(
    conn: Connection,
    state: roster.RosterState,
    device: bytes,
    request: api.SyncRequest,
    cursor: api.Cursor,
    ends: Ends,
    rows: Sequence[Row[Any]],
    settings: Settings,
    now: int,
) -> list[api.Hint]:
    place, end = cursor.collection, ends[cursor.collection]
    mine = [row for row in rows if row.collection_id == place.bytes]
    whole = [row for row in mine if row.have == row.parts]
    confirmed = max((row.seq for row in whole if row.confirmed_at is not None), default=0)
    takes = place not in request.from_log and confirmed >= cursor.seq + settings.snapshot_behind
    begins = cursor.seq < end.base_seq
    if begins or takes:
        if not log.known(conn, state.org_id, cursor):
            return []  # another history, which it is told instead
        return [api.Hint(place, api.BEGINS, end.base_seq) if begins else api.Hint(place, api.TAKE, confirmed)]
    found = [api.Hint(place, api.CONFIRMED, confirmed)] if confirmed else []
    waiting = [row for row in whole if row.confirmed_at is None and row.seq > confirmed and row.maker != device]
    if waiting:
        found.append(api.Hint(place, api.CONFIRM, max(row.seq for row in waiting)))
    # Somebody who is not at the end yet is so when the exchange is over: it is then that a laptop makes or confirms one.
    writes = rights.may_write(state, device, place)
    if writes and _is_due(mine, end.seq, settings, now) and not _claimed(conn, state.org_id, place, device, now):
        found.append(api.Hint(place, api.MAKE, end.seq))
    return found


def _is_due(rows: Sequence[Row[Any]], end: int, settings: Settings, now: int) -> bool:
    """Whether a snapshot is wanted: after so many bundles, or after so many days with a hundredth of them. Of a log that never
    had one, and whose age is not known, after a tenth: the first exchange of a new office is not held up by it."""
    whole = [row for row in rows if row.have == row.parts or row.confirmed_at is not None]
    since, at = max(((row.seq, row.at) for row in whole), default=(0, 0))
    few = max(1, settings.snapshot_bundles // (100 if whole else 10))
    old = now - at >= settings.snapshot_days * DAY_MS
    return end - since >= settings.snapshot_bundles or (old and end - since >= few)


def _claimed(conn: Connection, org: bytes, place: UUID, device: bytes, now: int) -> bool:
    table = tables.snapshot_claim
    row = conn.execute(select(table.c.device_id, table.c.until).where(*_in(table, org, place))).first()
    return row is not None and row.device_id != device and row.until > now


# Keeping --------------------------------------------------------------------------------------------------------------


def _claim(
    conn: Connection, state: roster.RosterState, caller: auth.Caller, place: UUID, settings: Settings, now: int
) -> bool:
    """Whether this caller shall make the snapshot that is wanted."""
    locked = log.lock(conn, caller.org, place)
    if locked.seq is None or state.collections[place].is_drop or not rights.may_write(state, caller.device, place):
        return False
    rows = _rows(conn, caller.org, [place])
    if not _is_due(rows, locked.seq, settings, now) or _claimed(conn, caller.org, place, caller.device, now):
        return False
    key = {"org_id": caller.org, "collection_id": place.bytes}
    if _claimed(conn, caller.org, place, b"", now):
        return True  # its own: asking again does not keep it longer from others
    row = {"device_id": caller.device, "until": now + CLAIM_MS}
    adding = upsert(conn, tables.snapshot_claim).values(**key, **row)
    conn.execute(adding.on_conflict_do_update(index_elements=list(key), set_=row))
    return True


def _keep_head(conn: Connection, state: roster.RosterState, caller: auth.Caller, data: bytes, now: int) -> Heard:
    try:
        head = snapshot.decode(data)
    except snapshot.SnapshotError as error:
        return Said.REFUSED, error.code
    why = _wrong(state, caller, head)
    if why:
        return Said.REFUSED, why
    place, table = head.collection, tables.snapshots
    locked = log.lock(conn, caller.org, place)
    if locked.seq is None or not log.known(conn, caller.org, api.Cursor(place, head.seq, head.log_hash)):
        return Said.REFUSED, "log"
    rows = _rows(conn, caller.org, [place])
    if any(row.seq == head.seq and row.maker == head.maker and row.signed_head == data for row in rows):
        return Said.HAD_IT, ""
    if any(row.confirmed_at is not None and row.seq >= head.seq for row in rows):
        return Said.REFUSED, "older"
    quota.within_quota(conn, caller.org)
    for row in rows:
        if row.maker == head.maker and row.confirmed_at is None:
            _forget(conn, caller.org, Key(place, row.seq, row.maker))
    if sum(row.confirmed_at is None and row.maker != head.maker for row in rows) >= UNCONFIRMED_LIMIT:
        return Said.REFUSED, "too_many"
    says = {"log_hash": head.log_hash, "roster_no": head.roster_no, "digest": head.digest, "parts": len(head.parts)}
    key = {"org_id": caller.org, "collection_id": place.bytes, "seq": head.seq, "maker": head.maker}
    conn.execute(insert(table).values(**key, **says, signed_head=data, at=now))
    return Said.STORED, ""


def _wrong(state: roster.RosterState, caller: auth.Caller, head: snapshot.Head) -> str:
    """What speaks against a head, its place in the log apart; "" for nothing."""
    place = state.collections.get(head.collection)
    if head.org != state.org_id or place is None or place.is_drop or head.maker != caller.device:
        return "not_yours"
    if head.roster_no > state.no or head.epoch != place.epoch_at(head.roster_no):
        return "roster"
    if not all(rights.may_write(state, caller.device, place.id, no) for no in (head.roster_no, state.no)):
        return "rights"
    return "" if head.verify(state.devices[caller.device].keys.sign) else "signature"


def _keep_part(conn: Connection, state: roster.RosterState, caller: auth.Caller, part: snapshot_api.Part) -> Heard:
    place = part.key.collection
    log.lock(conn, caller.org, place)
    row = _row(conn, caller.org, part.key)
    if row is None or part.key.maker != caller.device or not rights.may_write(state, caller.device, place):
        return Said.REFUSED, "not_yours"
    if part.number < row.have:
        return Said.HAD_IT, ""
    if part.number != row.have or row.confirmed_at is not None:
        return Said.REFUSED, "order"
    if not snapshot.fits(snapshot.decode(row.signed_head), part.number, part.body):
        return Said.REFUSED, "part"
    quota.within_quota(conn, caller.org)
    key = {"org_id": caller.org, "collection_id": place.bytes, "seq": part.key.seq, "maker": part.key.maker}
    conn.execute(insert(tables.snapshot_part).values(**key, part=part.number, body=part.body))
    _count(conn, caller.org, place, len(part.body))
    if part.number + 1 == row.parts:
        conn.execute(delete(tables.snapshot_claim).where(*_in(tables.snapshot_claim, caller.org, place)))
    return Said.STORED, ""


def _keep_confirmation(
    conn: Connection, state: roster.RosterState, caller: auth.Caller, given: snapshot_api.Confirmation, now: int
) -> Heard:
    place = given.key.collection
    log.lock(conn, caller.org, place)
    row = _row(conn, caller.org, given.key)
    if row is None or not rights.may_read(state, caller.device, place) or caller.device == given.key.maker:
        return Said.REFUSED, "not_yours"
    head = snapshot.decode(row.signed_head)
    if row.have != row.parts and row.confirmed_at is None:
        return Said.REFUSED, "parts"
    if not head.confirmed_by(state.devices[caller.device].keys.sign, given.signature):
        return Said.REFUSED, "signature"
    table = tables.snapshot_confirm
    key = {"org_id": caller.org, "collection_id": place.bytes, "seq": given.key.seq, "maker": given.key.maker}
    adding = upsert(conn, table).values(**key, device_id=caller.device, signature=given.signature)
    conn.execute(adding.on_conflict_do_nothing())
    if row.confirmed_at is not None:
        return Said.HAD_IT, ""
    conn.execute(update(tables.snapshots).where(*_at(tables.snapshots, caller.org, given.key)).values(confirmed_at=now))
    _let_parts_go(conn, caller.org, place)
    return Said.STORED, ""


def _let_parts_go(conn: Connection, org: bytes, place: UUID) -> None:
    """Of confirmed snapshots the newest stay whole; of what was never confirmed and is older than those, nothing stays."""
    rows = sorted(_rows(conn, org, [place]), key=lambda row: -row.seq)
    whole = [row for row in rows if row.confirmed_at is not None and row.have == row.parts]
    for row in rows:
        key = Key(place, row.seq, row.maker)
        if row.confirmed_at is None and whole and row.seq <= whole[0].seq:
            _forget(conn, org, key)
        elif row in whole[KEPT_WHOLE:]:
            _forget_parts(conn, org, key)


def compact(conn: Connection, org: bytes, place: UUID, confirmed_before: int) -> int:
    """Lets the bytes of bundles go that a snapshot holds which was confirmed by then; how many bytes. In milliseconds."""
    if log.lock(conn, org, place).seq is None:
        return 0
    rows = [row for row in _rows(conn, org, [place]) if row.confirmed_at is not None]
    upto = max((row.seq for row in rows if row.confirmed_at <= confirmed_before), default=0)
    base = log.ends(conn, org, [place])[place].base_seq
    if upto <= base or not any(row.have == row.parts and row.seq >= upto for row in rows):
        return 0
    table = tables.log
    mine = (*_in(table, org, place), table.c.seq > base, table.c.seq <= upto)
    size, count = conn.execute(select(func.coalesce(func.sum(func.length(table.c.body)), 0), func.count()).where(*mine)).one()
    conn.execute(update(table).where(*mine).values(body=GONE))
    conn.execute(delete(tables.damaged).where(*_in(tables.damaged, org, place), tables.damaged.c.seq <= upto))
    _count(conn, org, place, count * len(GONE) - int(size))
    where = _in(tables.collection, org, place)
    conn.execute(update(tables.collection).where(*where).values(base_seq=upto))
    for row in rows:
        if row.seq < upto:
            _forget(conn, org, Key(place, row.seq, row.maker))
    freed: int = int(size) - int(count) * len(GONE)
    return freed


# Rows -----------------------------------------------------------------------------------------------------------------


def _in(table: Any, org: bytes, place: UUID) -> tuple[Any, ...]:
    return table.c.org_id == org, table.c.collection_id == place.bytes


def _at(table: Any, org: bytes, key: Key) -> tuple[Any, ...]:
    return *_in(table, org, key.collection), table.c.seq == key.seq, table.c.maker == key.maker


def _rows(conn: Connection, org: bytes, places: Iterable[UUID]) -> Sequence[Row[Any]]:
    """Snapshots of some collections, with `have`: how many of their parts are here."""
    table, part = tables.snapshots, tables.snapshot_part
    same = [part.c[name] == table.c[name] for name in ("org_id", "collection_id", "seq", "maker")]
    have = select(func.count()).select_from(part).where(*same).scalar_subquery().label("have")
    query = select(table, have).where(table.c.org_id == org, table.c.collection_id.in_([one.bytes for one in places]))
    return conn.execute(query.order_by(table.c.collection_id, table.c.seq, table.c.maker)).all()


def _row(conn: Connection, org: bytes, key: Key) -> Row[Any] | None:
    return next((row for row in _rows(conn, org, [key.collection]) if (row.seq, row.maker) == key[1:]), None)


def _shown(conn: Connection, org: bytes, places: Sequence[UUID]) -> Iterable[snapshot_api.Shown]:
    table = tables.snapshot_confirm
    for place in places:
        rows = _rows(conn, org, [place])[-snapshot_api.SHOWN_LIMIT :]
        for row in rows:
            key = Key(place, row.seq, row.maker)
            query = select(table.c.device_id, table.c.signature).where(*_at(table, org, key)).order_by(table.c.device_id)
            said = conn.execute(query.limit(snapshot_api.CONFIRMED_LIMIT)).all()
            who = tuple((one.device_id, one.signature) for one in said)
            yield snapshot_api.Shown(row.signed_head, row.have, row.at, row.confirmed_at or 0, who)


def _part(conn: Connection, org: bytes, key: Key, number: int) -> bytes:
    table = tables.snapshot_part
    query = select(table.c.body).where(*_at(table, org, key), table.c.part == number)
    return conn.execute(query).scalar() or NO_PART


def _forget(conn: Connection, org: bytes, key: Key) -> None:
    _forget_parts(conn, org, key)
    for table in (tables.snapshot_confirm, tables.snapshots):
        conn.execute(delete(table).where(*_at(table, org, key)))


def _forget_parts(conn: Connection, org: bytes, key: Key) -> None:
    table = tables.snapshot_part
    size = conn.execute(select(func.coalesce(func.sum(func.length(table.c.body)), 0)).where(*_at(table, org, key))).scalar_one()
    conn.execute(delete(table).where(*_at(table, org, key)))
    _count(conn, org, key.collection, -int(size))


def _count(conn: Connection, org: bytes, place: UUID, grown: int) -> None:
    table = tables.collection
    conn.execute(update(table).where(*_in(table, org, place)).values(used_bytes=table.c.used_bytes + grown))
