"""Places of a log that are damaged here: found out, asked for, put in order again (rule 42).

A disk may rot and a row may be tampered with. Then the log still names what belongs there: places, bundle hashes and log hashes
never change. Promises: nothing is marked because somebody says so, only because its own bytes do not verify against the
chain and the author's signature; what the chain itself proves (a column, a log hash) is set right at once; a bundle is
replaced by the one whose hash the chain names and by nothing else; a place that verifies is never touched. A false complaint
costs one read of the places it names, without a lock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from cmpp_protocol import api, envelope, roster
from cmpp_server import roster as rosters
from cmpp_server import tables

NAMED_AT_ONCE = 1000  # places of one request that are heard at all,
COMPLAINTS_AT_ONCE = 16  # and of those that are not known to be damaged, how many are looked at
WANTED_AT_ONCE = 100
NO_HASH = bytes(32)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a look at a place found. `why`: "" for a sound one. `right`: columns that the chain proves to be wrong, as they
    must be. `lacks`: the bundle that the chain names, when its bytes are not here any more; None when that is not known."""

    seq: int
    log_hash: bytes
    why: str = ""
    right: Mapping[str, Any] = field(default_factory=dict)
    lacks: api.Offer | None = None

    @property
    def sound(self) -> bool:
        return not self.why


def look(conn: Connection, org: bytes, place: UUID, seq: int, state: roster.RosterState | None) -> Finding:
    """Verifies one place: its bytes, its columns, its link in the chain, its author's signature under `state`."""
    before, row = _before(conn, org, place, seq), _row(conn, org, place, seq)
    if before is None:
        return Finding(seq, NO_HASH, f"place {seq - 1} is missing")
    return _verify(conn, org, place, before, row, state) if row else _missing(conn, org, place, before, seq)


def walk(conn: Connection, org: bytes, place: UUID, state: roster.RosterState | None) -> Iterator[Finding]:
    """Every place of a log that is not sound, in order; a log hash that was found wrong is not held against the next."""
    seq, log_hash, base = 0, envelope.log_start(org, place), _base(conn, org, place)
    table = tables.log
    query = select(table).where(table.c.org_id == org, table.c.collection_id == place.bytes).order_by(table.c.seq)
    for row in conn.execution_options(yield_per=16).execute(query):
        seq += 1
        if row.seq != seq:
            found = _missing(conn, org, place, log_hash, seq)
            yield replace(found, why=f"{found.why} (next is {row.seq})")
            seq, log_hash = row.seq, row.log_hash  # where it should begin is not known
            continue
        if seq <= base and envelope.log_next(log_hash, row.hash) == row.log_hash:
            log_hash = row.log_hash  # a snapshot holds what its bytes made
            continue
        found = _verify(conn, org, place, log_hash, row, state)
        log_hash = found.log_hash
        if not found.sound:
            yield found
    said = _end(conn, org, place)
    if said is not None and said != (seq, log_hash):
        lacks = _missing(conn, org, place, log_hash, said[0]).lacks if said[0] == seq + 1 else None
        yield Finding(said[0], NO_HASH, f"the log ends at {seq}, its collection says {said[0]}", {}, lacks)


def doubtful(
    conn: Connection, org: bytes, complaints: Iterable[api.Place], state: roster.RosterState, limit: int
) -> list[api.Place]:
    """Those of the named places that are not sound and not marked yet; reads about `limit` bytes at most."""
    named = list(_within(conn, org, complaints, limit))
    return [one for one in named if not look(conn, org, one.collection, one.seq, state).sound]


def again(conn: Connection, org: bytes, complaints: Iterable[api.Place], limit: int) -> tuple[api.PlaceAgain, ...]:
    """The named places once more, as far as they are not marked; about `limit` bytes at most."""
    rows = ((one.collection, _row(conn, org, *one)) for one in _within(conn, org, complaints, limit))
    return tuple(api.PlaceAgain(place, row.seq, row.log_hash, row.body) for place, row in rows if row is not None)


def note(
    conn: Connection, org: bytes, place: UUID, seq: int, state_now: Callable[[Connection], roster.RosterState | None], now: int
) -> Finding:
    """Looks at a place under its collection's lock, and sets right or marks what is wrong. `now` in milliseconds."""
    lock = select(tables.collection.c.seq).where(
        tables.collection.c.org_id == org, tables.collection.c.collection_id == place.bytes
    )
    conn.execute(lock.with_for_update())
    state = state_now(conn)
    found = look(conn, org, place, seq, state)
    if not found.sound and not found.right and found.lacks is None and seq > 1:
        # It may be the log hash before it that is wrong.
        _set_right(conn, org, place, look(conn, org, place, seq - 1, state), now)
        found = look(conn, org, place, seq, state)
    _set_right(conn, org, place, found, now)
    if found.lacks is not None and _row(conn, org, place, seq) is None:
        empty = {"seq": seq, "log_hash": found.log_hash, "epoch": 0, "roster_no": 0, "body": b"\0"}
        lacks = {"device_id": found.lacks.device, "number": found.lacks.number, "hash": found.lacks.hash}
        conn.execute(insert(tables.log).values(org_id=org, collection_id=place.bytes, **lacks, **empty))
    if found.lacks is not None and not _marked(conn, org, place, seq):
        key = {"org_id": org, "collection_id": place.bytes, "seq": seq, "device_id": found.lacks.device}
        conn.execute(insert(tables.damaged).values(**key, number=found.lacks.number, hash=found.lacks.hash, at=now))
        rosters.changed(conn, org, now)
    return found


def wanted(conn: Connection, org: bytes, places: Sequence[UUID]) -> tuple[api.Offer, ...]:
    """Bundles of these collections whose bytes were here and are damaged."""
    table = tables.damaged
    mine = (table.c.org_id == org, table.c.collection_id.in_([one.bytes for one in places]))
    query = select(table).where(*mine).order_by(table.c.collection_id, table.c.seq).limit(WANTED_AT_ONCE)
    return tuple(api.Offer(UUID(bytes=row.collection_id), row.device_id, row.number, row.hash) for row in conn.execute(query))


def marks(conn: Connection, org: bytes, place: UUID) -> dict[bytes, int]:
    """The marked places of a collection, by the hash of the bundle that belongs there; nearly always none."""
    table = tables.damaged
    query = select(table.c.hash, table.c.seq).where(table.c.org_id == org, table.c.collection_id == place.bytes)
    return {row.hash: row.seq for row in conn.execute(query)}


def put_back(conn: Connection, org: bytes, place: UUID, seq: int, parsed: envelope.Envelope, data: bytes, now: int) -> None:
    """Puts a true copy, whose signature holds, in its place; the caller has the collection's lock, and the hash is a mark's."""
    right = {**_columns(parsed, parsed.hash), "body": data}
    conn.execute(update(tables.log).where(*_at(tables.log, org, place, seq)).values(**right))
    conn.execute(delete(tables.damaged).where(*_at(tables.damaged, org, place, seq)))
    rosters.changed(conn, org, now)  # its bytes were counted when it came first


# One place ------------------------------------------------------------------------------------------------------------


def _verify(conn: Connection, org: bytes, place: UUID, before: bytes, row: Row[Any], state: roster.RosterState | None) -> Finding:
    parsed, hashed, why = _bundle(org, place, row.body, state)
    named = envelope.log_next(before, row.hash) == row.log_hash
    if parsed is not None:
        follows = envelope.log_next(before, hashed)
        says = _columns(parsed, hashed)
        wrong = {name: value for name, value in says.items() if row._mapping[name] != value}
        if follows == row.log_hash:
            return Finding(row.seq, row.log_hash, f"place {row.seq} is not listed as what it is" if wrong else "", wrong)
        if not named:
            if not wrong and _confirmed(conn, org, place, row.seq, follows):
                why = f"place {row.seq} does not follow from what stands before it"
                return Finding(row.seq, follows, why, {"log_hash": follows})
            return Finding(row.seq, row.log_hash, f"place {row.seq} does not follow from what stands before it")
        why = "not the bundle it is listed as"
    lacks = api.Offer(place, row.device_id, row.number, row.hash)
    follows = envelope.log_next(before, row.hash)
    if named:
        return Finding(row.seq, row.log_hash, f"place {row.seq} is {why}", {}, lacks)
    if _confirmed(conn, org, place, row.seq, follows):  # then its log hash is damaged as well
        return Finding(row.seq, follows, f"place {row.seq} is {why}", {"log_hash": follows}, lacks)
    return Finding(row.seq, row.log_hash, f"place {row.seq} is {why}")


def _missing(conn: Connection, org: bytes, place: UUID, before: bytes, seq: int) -> Finding:
    """A row that is gone: which bundle it was, if one that the authors' chains name fits between its neighbours."""
    why = f"place {seq} is missing"
    for offer in _named_by_chains(conn, org, place, seq):
        follows = envelope.log_next(before, offer.hash)
        if _confirmed(conn, org, place, seq, follows):
            return Finding(seq, follows, why, {}, offer)
    return Finding(seq, NO_HASH, why)


def _named_by_chains(conn: Connection, org: bytes, place: UUID, seq: int) -> Iterator[api.Offer]:
    """One candidate of each device: what its first bundle after a place names as the one before, and the end of its chain."""
    table, heads = tables.log, tables.device_head
    mine = (table.c.org_id == org, table.c.collection_id == place.bytes, table.c.seq > seq)
    first = select(func.min(table.c.seq)).where(*mine).group_by(table.c.device_id)
    header = func.substr(table.c.body, 1, envelope.HEADER_BYTES)
    for (data,) in conn.execute(select(header).where(*mine, table.c.seq.in_(first))):
        try:
            read = envelope.decode_header(bytes(data))
        except envelope.EnvelopeError:
            continue  # damaged itself
        if read.number > 1:
            yield api.Offer(place, read.device, read.number - 1, read.previous)
    ends = select(heads.c.device_id, heads.c.number, heads.c.hash).where(
        heads.c.org_id == org, heads.c.collection_id == place.bytes, heads.c.number > 0
    )
    for row in conn.execute(ends):
        yield api.Offer(place, row.device_id, row.number, row.hash)


def _bundle(
    org: bytes, place: UUID, data: bytes, state: roster.RosterState | None
) -> tuple[envelope.Envelope | None, bytes, str]:
    """The bundle that these bytes are, if they are one of this collection that its author signed; else why not. A signature
    is not held against a bundle whose author the roster does not know: the roster may be what was lost."""
    try:
        parsed = envelope.decode(data)
    except envelope.EnvelopeError as error:
        return None, NO_HASH, f"not an envelope: {error.code}"
    hashed = parsed.hash
    if (parsed.header.org, parsed.header.collection) != (org, place):
        return None, hashed, "not the bundle it is listed as"
    author = state.devices.get(parsed.header.device) if state else None
    if author is not None and not parsed.verify(author.keys.sign, hashed):
        return None, hashed, "not what its author signed"
    return parsed, hashed, ""


def _columns(parsed: envelope.Envelope, hashed: bytes) -> dict[str, Any]:
    header = parsed.header
    return {
        "device_id": header.device,
        "number": header.number,
        "hash": hashed,
        "epoch": header.epoch,
        "roster_no": header.roster_no,
    }


def _confirmed(conn: Connection, org: bytes, place: UUID, seq: int, follows: bytes) -> bool:
    """Whether what stands after a place goes on from this log hash."""
    after = _row(conn, org, place, seq + 1)
    if after is not None:
        return bool(envelope.log_next(follows, after.hash) == after.log_hash)
    return _end(conn, org, place) == (seq, follows)


def _set_right(conn: Connection, org: bytes, place: UUID, found: Finding, now: int) -> None:
    if found.right:
        conn.execute(update(tables.log).where(*_at(tables.log, org, place, found.seq)).values(**found.right))
        rosters.changed(conn, org, now)


# Rows -----------------------------------------------------------------------------------------------------------------


def _within(conn: Connection, org: bytes, complaints: Iterable[api.Place], limit: int) -> Iterator[api.Place]:
    """The first of these places that exist and are not marked, up to a number and about so many bytes; one at least."""
    named = list(dict.fromkeys(complaints))[:NAMED_AT_ONCE]
    marked = _all_marked(conn, org, {one.collection for one in named})
    ends = {place: (_end(conn, org, place) or (0, NO_HASH))[0] for place in {one.collection for one in named}}
    bases = {place: _base(conn, org, place) for place in ends}
    here = [one for one in named if one not in marked and bases[one.collection] < one.seq <= ends[one.collection]]
    for one in here[:COMPLAINTS_AT_ONCE]:
        if limit <= 0:
            return
        size = conn.execute(select(func.length(tables.log.c.body)).where(*_at(tables.log, org, *one))).scalar()
        limit -= size or 0
        yield one


def _all_marked(conn: Connection, org: bytes, places: Iterable[UUID]) -> set[api.Place]:
    table = tables.damaged
    mine = (table.c.org_id == org, table.c.collection_id.in_([one.bytes for one in places]))
    found = conn.execute(select(table.c.collection_id, table.c.seq).where(*mine))
    return {api.Place(UUID(bytes=row.collection_id), row.seq) for row in found}


def _end(conn: Connection, org: bytes, place: UUID) -> tuple[int, bytes] | None:
    table = tables.collection
    query = select(table.c.seq, table.c.log_hash).where(table.c.org_id == org, table.c.collection_id == place.bytes)
    row = conn.execute(query).first()
    return None if row is None else (row.seq, row.log_hash)


def _base(conn: Connection, org: bytes, place: UUID) -> int:
    """The place up to which bytes are gone on purpose."""
    table = tables.collection
    query = select(table.c.base_seq).where(table.c.org_id == org, table.c.collection_id == place.bytes)
    return conn.execute(query).scalar() or 0


def _row(conn: Connection, org: bytes, place: UUID, seq: int) -> Row[Any] | None:
    return conn.execute(select(tables.log).where(*_at(tables.log, org, place, seq))).first()


def _before(conn: Connection, org: bytes, place: UUID, seq: int) -> bytes | None:
    if seq == 1:
        return envelope.log_start(org, place)
    found: bytes | None = conn.execute(select(tables.log.c.log_hash).where(*_at(tables.log, org, place, seq - 1))).scalar()
    return found


def _marked(conn: Connection, org: bytes, place: UUID, seq: int) -> bool:
    return conn.execute(select(tables.damaged.c.seq).where(*_at(tables.damaged, org, place, seq))).first() is not None


def _at(table: Any, org: bytes, place: UUID, seq: int) -> tuple[Any, ...]:
    return table.c.org_id == org, table.c.collection_id == place.bytes, table.c.seq == seq
