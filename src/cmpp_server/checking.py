"""Everything that the server keeps, looked at row by row: rosters by their rules, logs by their chains, chunks of documents by
their hashes, bytes by counting.

What can be set right is; a bundle whose bytes are damaged is asked for from the laptops (see `damage`). May run while the
server serves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import Connection, func, select, update

from cmpp_protocol import roster as rules
from cmpp_server import blobs, damage, log, roster, tables
from cmpp_server.chunks import Chunks
from cmpp_server.database import Database


@dataclass(slots=True)
class Report:
    """What `check` saw: sentences for an administrator, each with the organisation's id."""

    bundles: int = 0
    held: int = 0
    chunks: int = 0
    swept: int = 0
    findings: list[str] = field(default_factory=list)


def check(database: Database, now: int, chunks: Chunks | None = None) -> Report:
    """Look at everything; at the contents of documents where `chunks` says where they are. `now` in milliseconds. Raises Busy,
    and OSError when that store cannot be asked: then nothing is said to be lost."""
    report = Report()
    with database.read() as conn:
        orgs = conn.execute(select(tables.org.c.org_id, tables.org.c.roster_no)).all()
    for org, no in orgs:
        state, wrong = _roster(database, org, no)
        wrong += _logs(database, org, state, now)
        if chunks is not None:
            wrong += blobs.check(database, chunks, org)
        wrong += _sizes(database, org)
        report.findings += [f"{org.hex()}: {finding}" for finding in wrong]
    with database.read() as conn:
        report.bundles = conn.execute(select(func.count()).select_from(tables.log)).scalar_one()
        report.held = conn.execute(select(func.count()).select_from(tables.held)).scalar_one()
        report.chunks = conn.execute(select(func.count()).select_from(tables.blob_chunk)).scalar_one()
    report.swept = blobs.sweep(database, chunks, now) if chunks is not None else 0
    return report


def _roster(database: Database, org: bytes, no: int) -> tuple[rules.RosterState | None, list[str]]:
    with database.read() as conn:
        kept = roster.read(conn, org, -1, 1 << 30)
    try:
        state = rules.build(kept) if kept else None
    except rules.RosterError as error:
        return None, [f"the roster breaks a rule: {error.code}"]
    ends = state.no if state else -1
    return state, [] if ends == no else [f"the roster ends at {len(kept) - 1}, not at {no}"]


def _logs(database: Database, org: bytes, state: rules.RosterState | None, now: int) -> list[str]:
    """What is wrong with the logs of an organisation. What can be set right is, and what is damaged is asked for."""
    with database.read() as conn:
        found = [(place, one) for place in _places(conn, org) for one in damage.walk(conn, org, place, state)]
    said = []
    for place, one in found:
        what = "; it cannot be set right here"
        if one.right or one.lacks:
            database.write(lambda conn, at=place, seq=one.seq: damage.note(conn, org, at, seq, lambda _: state, now))  # type: ignore[misc]  # bound now
            what = "; set right" if one.right else "; asked for from the laptops"
        said.append(f"collection {place.hex}: {one.why}{what}")
    return said


def _sizes(database: Database, org: bytes) -> list[str]:
    """Collections whose counted bytes are not what is kept. A damaged body counts as what it was: of those nothing is said."""
    with database.read() as conn:
        sound = [place for place in _places(conn, org) if not _damaged(conn, org, place)]
        wrong = [place for place in sound if _counted(conn, org, place) != _kept(conn, org, place)]
    for place in wrong:
        database.write(lambda conn, at=place: _count_again(conn, org, at))  # type: ignore[misc]  # bound now
    return [f"collection {place.hex}: its bytes were counted wrongly; set right" for place in wrong]


def _count_again(conn: Connection, org: bytes, place: UUID) -> None:
    log.lock(conn, org, place)
    table = tables.collection
    mine = (table.c.org_id == org, table.c.collection_id == place.bytes)
    conn.execute(update(table).where(*mine).values(used_bytes=_kept(conn, org, place)))


def _places(conn: Connection, org: bytes) -> Iterator[UUID]:
    table = tables.collection
    found = conn.execute(select(table.c.collection_id).where(table.c.org_id == org).order_by(table.c.collection_id)).scalars()
    return (UUID(bytes=place) for place in found.all())


def _counted(conn: Connection, org: bytes, place: UUID) -> int:
    table = tables.collection
    query = select(table.c.used_bytes).where(table.c.org_id == org, table.c.collection_id == place.bytes)
    return int(conn.execute(query).scalar_one())


def _kept(conn: Connection, org: bytes, place: UUID) -> int:
    size = blobs.counted(conn, org, place)
    for table in (tables.log, tables.held, tables.snapshot_part):
        query = select(func.coalesce(func.sum(func.length(table.c.body)), 0))
        size += int(conn.execute(query.where(table.c.org_id == org, table.c.collection_id == place.bytes)).scalar_one())
    return size


def _damaged(conn: Connection, org: bytes, place: UUID) -> bool:
    table = tables.damaged
    query = select(table.c.seq).where(table.c.org_id == org, table.c.collection_id == place.bytes).limit(1)
    return conn.execute(query).first() is not None
