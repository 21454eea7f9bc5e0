"""The log of a collection: append under its row lock, read by cursor. One deep module, and the heart of the server.

Promises: places are given under the collection's lock, so the order of the log is the order of commits and no reader skips a
bundle that commits late; numbers have no gap; each place's `log_hash` covers everything before it (rule 37); a bundle is
acknowledged only after the transaction that keeps it; what is signed but does not count is held, not dropped (rule 33); a
true copy of a bundle whose bytes are damaged here takes its own place again (rule 42, see `damage`).
Signatures are verified before the lock is taken (see `exchange`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, delete, func, insert, select

from cmpp_protocol import api, envelope, rights, roster
from cmpp_server import damage, quota, statements, tables
from cmpp_server.database import insert_all

NUMBERS_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Parcel:
    """A bundle whose signature holds: parsed, with its hash and its bytes."""

    parsed: envelope.Envelope
    hash: bytes
    data: bytes


@dataclass(slots=True)
class _Open:
    """A collection while its row is locked: what is known of the authors of some bundles, and what is to be written. All is asked
    once and written once, however many bundles there are."""

    org: bytes
    place: UUID
    seq: int
    log_hash: bytes
    state: roster.RosterState
    now: int
    held_limit: int
    damaged: dict[bytes, int] = field(default_factory=dict)
    heads: dict[bytes, rights.ChainHead] = field(default_factory=dict)
    listed: set[tuple[bytes, int, bytes]] = field(default_factory=set)  # author, number, hash of what stands in the log
    held: set[tuple[bytes, int, bytes]] = field(default_factory=set)  # the same of what is held
    rows: list[dict[str, Any]] = field(default_factory=list)  # to be added to the log
    moved: set[bytes] = field(default_factory=set)  # authors whose head is another now
    grown: int = 0  # bytes that are kept more than before


@dataclass(frozen=True, slots=True)
class Locked:
    """A collection's row under its lock: nobody else gives places there until the transaction ends. `seq` None: the
    collection is not known here."""

    org: bytes
    place: UUID
    seq: int | None
    log_hash: bytes


class End(NamedTuple):
    """Where a collection's log ends, up to where its bundles are gone, and whether any of them is damaged."""

    seq: int
    log_hash: bytes
    base_seq: int
    damaged: bool


def lock(conn: Connection, org: bytes, place: UUID) -> Locked:
    """Take the collection's lock, waiting for it."""
    row = conn.execute(statements.LOCK, {"org": org, "place": place.bytes}).first()
    return Locked(org, place, None, b"") if row is None else Locked(org, place, row.seq, row.log_hash)


def append(
    conn: Connection,
    locked: Locked,
    state_now: Callable[[Connection], roster.RosterState],
    parcels: Sequence[Parcel],
    now: int,
    held_limit: int,
) -> list[api.BundleVerdict]:
    """Give each bundle of one collection its place, or say why not, in the caller's transaction, which has the lock.

    `state_now` is asked after the lock is held, so that no fence can come in between. `now` is in milliseconds.
    Raises Refused("over_quota"), when nothing more may be kept.
    """
    org, place, state = locked.org, locked.place, state_now(conn)
    if locked.seq is None:
        return [_no_collection(one, state) for one in parcels]
    log = _Open(org, place, locked.seq, locked.log_hash, state, now, held_limit)
    headers = [one.parsed.header for one in parcels]
    limit = _look_up(conn, log, sorted({one.device for one in headers}), headers)
    quota.within(conn, org, limit)
    verdicts = [_one(conn, log, parcel) for parcel in parcels]
    _write(conn, log)
    return verdicts


def take_turns(
    conn: Connection, locked: Locked, state: roster.RosterState, devices: Sequence[bytes], now: int, held_limit: int
) -> None:
    """Gives their places to bundles of these devices that are held and count now, because the roster is another one."""
    if locked.seq is not None:
        log = _Open(locked.org, locked.place, locked.seq, locked.log_hash, state, now, held_limit)
        _look_up(conn, log, devices, ())
        for device in devices:
            _follow(conn, log, device)
        _write(conn, log)


def ends(conn: Connection, org: bytes, places: Sequence[UUID]) -> dict[UUID, End]:
    """Where these collections end, as far as they are known here."""
    if not places:
        return {}
    rows = conn.execute(statements.ENDS, {"org": org, "places": [place.bytes for place in places]}).all()
    return {UUID(bytes=place): End(*rest) for place, *rest in rows}


def read(
    conn: Connection, org: bytes, cursors: Sequence[api.Cursor], ends: Mapping[UUID, End], limit: int
) -> tuple[tuple[api.Slice, ...], bool]:
    """What follows each cursor, within about `limit` bytes but at least one envelope; and whether there is more."""
    slices, left, more = [], limit, False
    for cursor in cursors:
        end = ends.get(cursor.collection)
        if end is None:
            continue
        head = (end.seq, end.log_hash)
        if not known(conn, org, cursor):
            slices.append(api.Slice(cursor.collection, False, *head))
            continue
        items: tuple[api.LogItem, ...] = ()
        full = left <= 0
        if end.seq > cursor.seq and not full:
            items = _items(conn, org, cursor, left)
            left -= sum(len(item.envelope) for item in items)
        if items or full:  # a row that is gone at the end is not what the caller would get by asking again
            more = more or end.seq > (items[-1].seq if items else cursor.seq)
        slices.append(api.Slice(cursor.collection, True, *head, items))
    return tuple(slices), more


def wanted(conn: Connection, org: bytes, offers: Sequence[api.Offer]) -> tuple[api.Offer, ...]:
    """Those of the offered bundles that are neither in the log nor held."""
    return tuple(
        offer
        for offer in offers
        if not any(_has(conn, table, org, offer.collection, offer.hash, offer) for table in (tables.log, tables.held))
    )


# One bundle ----------------------------------------------------------------------------------------------------------


def _look_up(conn: Connection, log: _Open, authors: Sequence[bytes], old: Sequence[envelope.Header]) -> int:
    """What is here of these authors: the heads of their chains, which of the bundles `old`, and all that is held; and what the
    organisation may keep, in bytes (0: any number)."""

    def found(table: Any, **more: Any) -> Iterator[Any]:
        where = (table.c.org_id == log.org, table.c.collection_id == log.place.bytes, table.c.device_id.in_(authors))
        also = (table.c[name].in_(values) for name, values in more.items())
        return iter(conn.execute(select(table.c.device_id, table.c.number, table.c.hash).where(*where, *also)))

    rows = conn.execute(statements.STANDING, {"org": log.org, "place": log.place.bytes, "authors": list(authors)}).all()
    log.heads = dict.fromkeys(authors, rights.NO_CHAIN)
    log.heads |= {row.device_id: rights.ChainHead(row.number, row.hash, row.roster_no) for row in rows if row.device_id}
    first = rows[0]  # what is the same in all of them
    if first.damaged:
        log.damaged = damage.marks(conn, log.org, log.place)
    if first.held:
        log.held = {tuple(row) for row in found(tables.held)}
    # Beyond the head of a chain nothing stands in the log: what is new, as nearly all is, costs no look.
    numbers = sorted({one.number for one in old if one.number <= log.heads[one.device].number})
    for at in range(0, len(numbers), NUMBERS_AT_ONCE):
        log.listed |= {tuple(row) for row in found(tables.log, number=numbers[at : at + NUMBERS_AT_ONCE])}
    return int(first.quota_bytes)


def _write(conn: Connection, log: _Open) -> None:
    """The new places, the heads of their authors, and the collection's end."""
    if log.rows:
        insert_all(conn, tables.log, log.rows)
    for device in sorted(log.moved):
        key = {"org_id": log.org, "collection_id": log.place.bytes, "device_id": device}
        conn.execute(statements.HEADS[conn.dialect.name], {**key, **log.heads[device]._asdict()})
    if log.rows or log.grown:
        ends = {"end": log.seq, "end_hash": log.log_hash, "at": log.now} if log.rows else {}
        statement = statements.MOVE if log.rows else statements.GROW
        conn.execute(statement, {"org": log.org, "place": log.place.bytes, "grown": log.grown, **ends})


def _one(conn: Connection, log: _Open, parcel: Parcel) -> api.BundleVerdict:
    if parcel.hash in log.damaged:
        damage.put_back(conn, log.org, log.place, log.damaged.pop(parcel.hash), parcel.parsed, parcel.data, log.now)
        return api.BundleVerdict(parcel.hash, api.Verdict.STORED)
    if _name(parcel) in log.listed:
        return api.BundleVerdict(parcel.hash, api.Verdict.HAD_IT)
    judged = _judge(log, parcel)
    if judged.standing is rights.Standing.WAITS:
        return api.BundleVerdict(parcel.hash, api.Verdict.ROSTER)
    if judged.standing is rights.Standing.HELD:
        return _hold(conn, log, parcel, judged.why)
    log.grown += 0 if _name(parcel) in log.held else len(parcel.data)
    _place(conn, log, parcel)
    _follow(conn, log, parcel.parsed.header.device)
    return api.BundleVerdict(parcel.hash, api.Verdict.STORED)


def _name(parcel: Parcel) -> tuple[bytes, int, bytes]:
    return parcel.parsed.header.device, parcel.parsed.header.number, parcel.hash


def _no_collection(parcel: Parcel, state: roster.RosterState) -> api.BundleVerdict:
    if parcel.parsed.header.roster_no > state.no:
        return api.BundleVerdict(parcel.hash, api.Verdict.ROSTER)
    return api.BundleVerdict(parcel.hash, api.Verdict.REFUSED, "collection")


def _judge(log: _Open, parcel: Parcel) -> rights.Judgement:
    header = parcel.parsed.header
    return rights.counts(log.state, header, parcel.hash, log.heads[header.device])


def _place(conn: Connection, log: _Open, parcel: Parcel) -> None:
    """Its place in the log; it is held no longer, if it was."""
    header = parcel.parsed.header
    log.seq, log.log_hash = log.seq + 1, envelope.log_next(log.log_hash, parcel.hash)
    chain = {"device_id": header.device, "number": header.number, "hash": parcel.hash, "roster_no": header.roster_no}
    at = {"org_id": log.org, "collection_id": log.place.bytes, "seq": log.seq, "log_hash": log.log_hash}
    log.rows.append({**at, **chain, "epoch": header.epoch, "body": parcel.data})
    log.heads[header.device] = rights.ChainHead(header.number, parcel.hash, header.roster_no)
    log.moved.add(header.device)
    log.listed.add(_name(parcel))
    if _name(parcel) in log.held:
        log.held.discard(_name(parcel))
        table = tables.held
        key = _key(table, log.org, log.place, header.device, header.number)
        conn.execute(delete(table).where(*key, table.c.hash == parcel.hash))


def _hold(conn: Connection, log: _Open, parcel: Parcel, why: str) -> api.BundleVerdict:
    table, header = tables.held, parcel.parsed.header
    if _name(parcel) not in log.held:
        mine = select(func.count()).where(table.c.org_id == log.org, table.c.device_id == header.device)
        if conn.execute(mine).scalar_one() >= log.held_limit:
            return api.BundleVerdict(parcel.hash, api.Verdict.REFUSED, "held_limit")
        key = {"org_id": log.org, "collection_id": log.place.bytes, "device_id": header.device}
        row = {**key, "number": header.number, "hash": parcel.hash, "body": parcel.data, "at": log.now}
        conn.execute(insert(table).values(**row))
        log.held.add(_name(parcel))
        log.grown += len(parcel.data)
    return api.BundleVerdict(parcel.hash, api.Verdict.HELD, why)


def _follow(conn: Connection, log: _Open, device: bytes) -> None:
    """Held bundles of this device whose turn has come take their places."""
    while turn := sorted(name for name in log.held if name[:2] == (device, log.heads[device].number + 1)):
        for _, number, hashed in turn:
            table = tables.held
            key = _key(table, log.org, log.place, device, number)
            body = conn.execute(select(table.c.body).where(*key, table.c.hash == hashed)).scalar_one()
            parcel = Parcel(envelope.decode(body), hashed, body)
            if _judge(log, parcel).standing is rights.Standing.COUNTS:
                _place(conn, log, parcel)
                break
        else:
            return


def _has(
    conn: Connection, table: Any, org: bytes, place: UUID, envelope_hash: bytes, of: envelope.Header | api.Offer
) -> bool:
    query = select(table.c.number).where(*_key(table, org, place, of.device, of.number), table.c.hash == envelope_hash)
    return conn.execute(query).first() is not None


def _key(table: Any, org: bytes, place: UUID, device: bytes, number: int) -> tuple[Any, ...]:
    return (
        table.c.org_id == org,
        table.c.collection_id == place.bytes,
        table.c.device_id == device,
        table.c.number == number,
    )


# Reading --------------------------------------------------------------------------------------------------------------


def known(conn: Connection, org: bytes, cursor: api.Cursor) -> bool:
    """Whether the log has this log hash at that place."""
    if cursor.seq == 0:
        return cursor.log_hash == envelope.log_start(org, cursor.collection)
    table = tables.log
    here = (table.c.org_id == org, table.c.collection_id == cursor.collection.bytes, table.c.seq == cursor.seq)
    return conn.execute(select(table.c.log_hash).where(*here)).scalar() == cursor.log_hash


def _items(conn: Connection, org: bytes, cursor: api.Cursor, limit: int) -> tuple[api.LogItem, ...]:
    given = {"org": org, "place": cursor.collection.bytes, "after": cursor.seq, "limit": limit}
    return tuple(map(api.LogItem._make, conn.execute(statements.ITEMS, given).all()))
