"""The statements of an exchange, put together once: building one anew costs as much as running it, and most exchanges need
all of them. They are the same on both databases but for `HEADS`. Their parameters are named where each is made.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Insert,
    Select,
    Table,
    Update,
    and_,
    bindparam,
    exists,
    func,
    select,
    update,
)

from cmpp_protocol import rights
from cmpp_server import tables
from cmpp_server.database import upserting

READ_AHEAD = 1000  # bundles of one collection in one answer


def _here(table: Table) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return table.c.org_id == bindparam("org"), table.c.collection_id == bindparam("place")


def _org() -> Select[Any]:
    table = tables.org
    return select(table.c.roster_no, table.c.roster_hash).where(table.c.org_id == bindparam("org"))


def _lock() -> Select[Any]:
    table = tables.collection
    return select(table.c.seq, table.c.log_hash).where(*_here(table)).with_for_update()


def _standing() -> Select[Any]:
    """What the organisation may keep, and whether anything is held or damaged in the collection, once for each head of `authors`
    (and once if there is none): all is of one moment, and asked for at once."""
    org, heads = tables.org, tables.device_head
    mine = (*_here(heads), heads.c.device_id.in_(bindparam("authors", expanding=True)))
    held, damaged = (exists(select(1).select_from(table).where(*_here(table))) for table in (tables.held, tables.damaged))
    return (
        select(
            org.c.quota_bytes,
            held.label("held"),
            damaged.label("damaged"),
            heads.c.device_id,
            heads.c.number,
            heads.c.hash,
            heads.c.roster_no,
        )
        .select_from(org.outerjoin(heads, and_(*mine)))
        .where(org.c.org_id == bindparam("org"))
    )


def _heads(kind: str) -> Insert:
    adding = upserting(kind, tables.device_head)
    head = {name: adding.excluded[name] for name in rights.ChainHead._fields}
    return adding.on_conflict_do_update(index_elements=["org_id", "collection_id", "device_id"], set_=head)


def _moved(**ends: Any) -> Update:
    table = tables.collection
    return update(table).where(*_here(table)).values(**ends, used_bytes=table.c.used_bytes + bindparam("grown"))


def _ends() -> Select[Any]:
    table, marks = tables.collection, tables.damaged
    same = (marks.c.org_id == table.c.org_id, marks.c.collection_id == table.c.collection_id)
    damaged = exists(select(1).select_from(marks).where(*same)).label("damaged")
    query = select(table.c.collection_id, table.c.seq, table.c.log_hash, table.c.base_seq, damaged)
    return query.where(table.c.org_id == bindparam("org"), table.c.collection_id.in_(bindparam("places", expanding=True)))


def _some() -> Select[Any]:
    """The envelopes behind `after`, as many as `limit` bytes hold, at most so many and at least one."""
    table, after = tables.log, bindparam("after", type_=BigInteger)
    mine = (*_here(table), table.c.seq > after)
    total = func.sum(func.length(table.c.body)).over(order_by=table.c.seq).label("total")
    sizes = select(table.c.seq, total).where(*mine).order_by(table.c.seq).limit(READ_AHEAD).subquery()
    last = select(func.coalesce(func.max(sizes.c.seq), after + 1)).where(sizes.c.total <= bindparam("limit", type_=BigInteger))
    query = select(table.c.seq, table.c.log_hash, table.c.body).where(*mine, table.c.seq <= last.scalar_subquery())
    return query.order_by(table.c.seq)


def _keys(*more: Any) -> Select[Any]:
    table = tables.key_envelope
    key = (table.c.collection_id, table.c.epoch, table.c.recipient)
    mine = (table.c.org_id == bindparam("org"), table.c.recipient.in_(bindparam("recipients", expanding=True)))
    return select(*key, *more).where(*mine).order_by(*key)


LOCK, STANDING, ENDS, ITEMS = _lock(), _standing(), _ends(), _some()
HEADS = {kind: _heads(kind) for kind in ("postgresql", "sqlite")}
MOVE = _moved(seq=bindparam("end"), log_hash=bindparam("end_hash"), changed_at=bindparam("at"))
GROW = _moved()
KEYS, KEY_BODIES = _keys(), _keys(tables.key_envelope.c.body)
ORG, ORG_LOCK = _org(), _org().with_for_update()
