"""The log of a collection: append under its row lock, read by cursor. One deep module, and the heart of the server.

Promises: places are given under the collection's lock, so the order of the log is the order of commits and no reader skips a
bundle that commits late; numbers have no gap; each place's `log_hash` covers everything before it (rule 37); a bundle is
acknowledged only after the transaction that keeps it; what is signed but does not count is held, not dropped (rule 33); a
true copy of a bundle whose bytes are damaged here takes its own place again (rule 42, see `damage`).
Signatures are verified before the lock is taken (see `exchange`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, func, insert, select, update

from cmpp_protocol import api, envelope, rights, roster
from cmpp_server import damage, tables

READ_AHEAD = 1000


@dataclass(frozen=True, slots=True)
class Parcel:
    """A bundle whose signature holds: parsed, with its hash and its bytes."""

    parsed: envelope.Envelope
    hash: bytes
    data: bytes


@dataclass(slots=True)
class _Open:
    """A collection while its row is locked."""

    org: bytes
    place: UUID
    seq: int
    log_hash: bytes
    state: roster.RosterState
    now: int
    held_limit: int
    heads: dict[bytes, rights.ChainHead]
    damaged: dict[bytes, int]
    added: int = 0
    grown: int = 0  # bytes that are kept more than before


@dataclass(frozen=True, slots=True)
class Locked:
    """A collection's row under its lock: nobody else gives places there until the transaction ends. `seq` None: the
    collection is not known here."""

    org: bytes
    place: UUID
    seq: int | None
    log_hash: bytes


def lock(conn: Connection, org: bytes, place: UUID) -> Locked:
    """Take the collection's lock, waiting for it."""
    table = tables.collection
    query = select(table.c.seq, table.c.log_hash).where(table.c.org_id == org, table.c.collection_id == place.bytes)
    row = conn.execute(query.with_for_update()).first()
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
    """
    org, place, state = locked.org, locked.place, state_now(conn)
    if locked.seq is None:
        return [_no_collection(one, state) for one in parcels]
    log = _Open(org, place, locked.seq, locked.log_hash, state, now, held_limit, {}, damage.marks(conn, org, place))
    verdicts = [_one(conn, log, parcel) for parcel in parcels]
    table = tables.collection
    end = {"seq": log.seq, "log_hash": log.log_hash, "changed_at": now} if log.added else {}
    if log.added or log.grown:
        where = (table.c.org_id == org, table.c.collection_id == place.bytes)
        conn.execute(update(table).where(*where).values(**end, used_bytes=table.c.used_bytes + log.grown))
    return verdicts


def read(
    conn: Connection, org: bytes, cursors: Sequence[api.Cursor], limit: int
) -> tuple[tuple[api.Slice, ...], bool]:
    """What follows each cursor, within about `limit` bytes but at least one envelope; and whether there is more."""
    slices, left, more = [], limit, False
    for cursor in cursors:
        head = _end(conn, org, cursor.collection)
        if head is None:
            continue
        if not _known(conn, org, cursor):
            slices.append(api.Slice(cursor.collection, False, *head))
            continue
        items: tuple[api.LogItem, ...] = ()
        full = left <= 0
        if head[0] > cursor.seq and not full:
            items = _items(conn, org, cursor, left)
            left -= sum(len(item.envelope) for item in items)
        if items or full:  # a row that is gone at the end is not what the caller would get by asking again
            more = more or head[0] > (items[-1].seq if items else cursor.seq)
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


def _one(conn: Connection, log: _Open, parcel: Parcel) -> api.BundleVerdict:
    if parcel.hash in log.damaged:
        damage.put_back(conn, log.org, log.place, log.damaged.pop(parcel.hash), parcel.parsed, parcel.data, log.now)
        return api.BundleVerdict(parcel.hash, api.Verdict.STORED)
    if _has(conn, tables.log, log.org, log.place, parcel.hash, parcel.parsed.header):
        return api.BundleVerdict(parcel.hash, api.Verdict.HAD_IT)
    judged = _judge(conn, log, parcel)
    if judged.standing is rights.Standing.WAITS:
        return api.BundleVerdict(parcel.hash, api.Verdict.ROSTER)
    if judged.standing is rights.Standing.HELD:
        return _hold(conn, log, parcel, judged.why)
    _place(conn, log, parcel)
    if not _forget(conn, log, parcel):
        log.grown += len(parcel.data)
    _follow(conn, log, parcel.parsed.header.device)
    return api.BundleVerdict(parcel.hash, api.Verdict.STORED)


def _no_collection(parcel: Parcel, state: roster.RosterState) -> api.BundleVerdict:
    if parcel.parsed.header.roster_no > state.no:
        return api.BundleVerdict(parcel.hash, api.Verdict.ROSTER)
    return api.BundleVerdict(parcel.hash, api.Verdict.REFUSED, "collection")


def _judge(conn: Connection, log: _Open, parcel: Parcel) -> rights.Judgement:
    device = parcel.parsed.header.device
    if device not in log.heads:
        table = tables.device_head
        query = select(table.c.number, table.c.hash, table.c.roster_no).where(
            table.c.org_id == log.org, table.c.collection_id == log.place.bytes, table.c.device_id == device
        )
        row = conn.execute(query).first()
        log.heads[device] = rights.NO_CHAIN if row is None else rights.ChainHead(*row)
    return rights.counts(log.state, parcel.parsed.header, parcel.hash, log.heads[device])


def _place(conn: Connection, log: _Open, parcel: Parcel) -> None:
    header = parcel.parsed.header
    log.seq, log.log_hash, log.added = log.seq + 1, envelope.log_next(log.log_hash, parcel.hash), log.added + 1
    chain = {"number": header.number, "hash": parcel.hash, "roster_no": header.roster_no}
    key = {"org_id": log.org, "collection_id": log.place.bytes, "device_id": header.device}
    row = {**key, **chain, "seq": log.seq, "log_hash": log.log_hash, "epoch": header.epoch, "body": parcel.data}
    conn.execute(insert(tables.log).values(**row))
    heads = tables.device_head
    mine = [heads.c[name] == value for name, value in key.items()]
    if conn.execute(update(heads).where(*mine).values(**chain)).rowcount == 0:
        conn.execute(insert(heads).values(**key, **chain))
    log.heads[header.device] = rights.ChainHead(header.number, parcel.hash, header.roster_no)


def _hold(conn: Connection, log: _Open, parcel: Parcel, why: str) -> api.BundleVerdict:
    table, header = tables.held, parcel.parsed.header
    if not _has(conn, table, log.org, log.place, parcel.hash, header):
        mine = select(func.count()).where(table.c.org_id == log.org, table.c.device_id == header.device)
        if conn.execute(mine).scalar_one() >= log.held_limit:
            return api.BundleVerdict(parcel.hash, api.Verdict.REFUSED, "held_limit")
        key = {"org_id": log.org, "collection_id": log.place.bytes, "device_id": header.device}
        row = {**key, "number": header.number, "hash": parcel.hash, "body": parcel.data, "at": log.now}
        conn.execute(insert(table).values(**row))
        log.grown += len(parcel.data)
    return api.BundleVerdict(parcel.hash, api.Verdict.HELD, why)


def _follow(conn: Connection, log: _Open, device: bytes) -> None:
    """Held bundles of this device whose turn has come take their places."""
    table = tables.held
    while True:
        mine = (table.c.org_id == log.org, table.c.collection_id == log.place.bytes, table.c.device_id == device)
        turn = table.c.number == log.heads[device].number + 1
        for body in conn.execute(select(table.c.body).where(*mine, turn).order_by(table.c.hash)).scalars().all():
            parsed = envelope.decode(body)
            parcel = Parcel(parsed, parsed.hash, body)
            if _judge(conn, log, parcel).standing is rights.Standing.COUNTS:
                _place(conn, log, parcel)
                _forget(conn, log, parcel)
                break
        else:
            return


def _forget(conn: Connection, log: _Open, parcel: Parcel) -> bool:
    """It stands in the log now and is held no longer; whether it was."""
    table, header = tables.held, parcel.parsed.header
    key = _key(table, log.org, log.place, header.device, header.number)
    return conn.execute(delete(table).where(*key, table.c.hash == parcel.hash)).rowcount > 0


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


def _end(conn: Connection, org: bytes, place: UUID) -> tuple[int, bytes] | None:
    table = tables.collection
    query = select(table.c.seq, table.c.log_hash).where(table.c.org_id == org, table.c.collection_id == place.bytes)
    row = conn.execute(query).first()
    return None if row is None else (row.seq, row.log_hash)


def _known(conn: Connection, org: bytes, cursor: api.Cursor) -> bool:
    if cursor.seq == 0:
        return cursor.log_hash == envelope.log_start(org, cursor.collection)
    table = tables.log
    here = (table.c.org_id == org, table.c.collection_id == cursor.collection.bytes, table.c.seq == cursor.seq)
    return conn.execute(select(table.c.log_hash).where(*here)).scalar() == cursor.log_hash


def _items(conn: Connection, org: bytes, cursor: api.Cursor, limit: int) -> tuple[api.LogItem, ...]:
    table = tables.log
    mine = (table.c.org_id == org, table.c.collection_id == cursor.collection.bytes)
    sizes = select(table.c.seq, func.length(table.c.body)).where(*mine, table.c.seq > cursor.seq)
    last, total = cursor.seq + 1, 0
    for seq, size in conn.execute(sizes.order_by(table.c.seq).limit(READ_AHEAD)):
        total += size
        if total > limit and seq > cursor.seq + 1:
            break
        last = seq
    query = select(table.c.seq, table.c.log_hash, table.c.body).where(
        *mine, table.c.seq > cursor.seq, table.c.seq <= last
    )
    return tuple(api.LogItem(*row) for row in conn.execute(query.order_by(table.c.seq)))
