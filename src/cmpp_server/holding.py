"""What is held here, for those who may decide it (rule 33): bundles that are signed and do not count.

Whoever may read a collection gets them, once: the caller names those that it has. They are not part of the log, and prove nothing
about it; each laptop judges them again.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from cmpp_protocol import rights, roster
from cmpp_server import tables

AT_ONCE = 1000  # bundles of one answer


def for_reader(
    conn: Connection, state: roster.RosterState, device: bytes, known: Sequence[bytes], limit: int
) -> tuple[bytes, ...]:
    """Held bundles of the collections that a device may read, but those that it has, within about `limit` bytes, oldest first."""
    readable = [place.bytes for place in state.collections if rights.may_read(state, device, place)]
    table, have = tables.held, set(known)
    mine = (table.c.org_id == state.org_id, table.c.collection_id.in_(readable))
    key = (table.c.collection_id, table.c.device_id, table.c.number, table.c.hash)
    rows = conn.execute(select(*key, func.length(table.c.body)).where(*mine).order_by(table.c.at, *key)).all() if readable else ()
    found: list[bytes] = []
    for *named, size in rows:
        if named[3] in have:
            continue
        if found and (size > limit or len(found) >= AT_ONCE):
            break
        limit -= size
        this = (column == value for column, value in zip(key, named, strict=True))
        found.append(conn.execute(select(table.c.body).where(*mine, *this)).scalar_one())
    return tuple(found)
