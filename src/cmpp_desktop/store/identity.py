"""Who is whom: a table of the participants who were merged, made from the merges whenever one of them changed (rule 27).

Two people who are kept apart are never one person, whoever said so and wherever: as long as the separation is in force, all
that were merged with either of them are shown as they were before (nobody knows which of the merges was the mistake).

It is looked up on reading. Nearly everybody is not in it, and then nothing here costs more than one look at a small table.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

import msgpack
from sqlalchemy.engine import Connection

from cmpp_desktop.domain import merges
from cmpp_protocol import canon

_SEEN = "identity"  # the setting that says up to which merges the table was made


def refresh(connection: Connection, changed: Collection[bytes]) -> set[bytes]:
    """Makes the table again if a merge or a separation changed since, or the record of somebody in it (`changed`: ids of
    participants that were written). Returns the ids of everybody whose line of People may be another now."""
    seen = connection.exec_driver_sql(
        "SELECT count(*), coalesce(sum(meta_shown), 0), coalesce(sum(meta_changed & 4294967295), 0) FROM r_merge"
    ).one()
    apart = _apart(connection) if seen[0] else set()
    rows = connection.exec_driver_sql("SELECT coll, id, canonical, mark FROM identity")
    before = {(row[0], row[1]): (row[2], row[3]) for row in rows}
    if not seen[0] and not before:
        return set()
    mark = canon.pack([*seen, hashlib.sha256(canon.pack(sorted([*pair] for pair in apart))).digest()])
    known = connection.exec_driver_sql("SELECT value FROM setting WHERE name=?", (_SEEN,)).scalar()
    if known == mark and not any(id in changed for _, id in before):
        return set()
    after = _made(connection, apart)
    connection.exec_driver_sql("DELETE FROM identity")
    if after:
        made = [(*key, *value) for key, value in after.items()]
        connection.exec_driver_sql("INSERT INTO identity(coll, id, canonical, mark) VALUES (?,?,?,?)", made)
    connection.exec_driver_sql("INSERT OR REPLACE INTO setting(name, value) VALUES (?,?)", (_SEEN, mark))
    return {key[1] for key in before.keys() | after.keys() if before.get(key) != after.get(key)}


def _apart(connection: Connection) -> set[tuple[bytes, bytes]]:
    """Who is kept apart from whom now."""
    rows = connection.exec_driver_sql("SELECT participant_id, from_id FROM r_separation WHERE meta_shown=1 AND until IS NULL")
    return {(row[0], row[1]) for row in rows}


def _made(connection: Connection, apart: Collection[tuple[bytes, bytes]]) -> dict[tuple[int, bytes], tuple[bytes, bytes]]:
    """(collection, id) → (canonical id, mark) from the live merges."""
    found: dict[tuple[int, bytes], tuple[bytes, bytes]] = {}
    pairs: dict[int, list[tuple[UUID, UUID, bytes]]] = {}
    for coll, a, b, picks in connection.exec_driver_sql("SELECT coll, a, b, picks FROM r_merge WHERE meta_shown=1 ORDER BY a, b"):
        pairs.setdefault(coll, []).append((UUID(bytes=a), UUID(bytes=b), picks))
    for coll, listed in pairs.items():
        for group in merges.components((a, b) for a, b, _ in listed):
            raw = {id.bytes for id in group}
            if any(one in raw and other in raw for one, other in apart):
                continue
            marks = ",".join("?" * len(group))
            sql = f"SELECT id FROM r_participant WHERE coll=? AND meta_shown=1 AND id IN ({marks})"
            live = sorted(connection.exec_driver_sql(sql, (coll, *(id.bytes for id in group))).scalars())
            canonical = live[0] if live else group[0].bytes
            said = [[a.bytes, b.bytes, picks] for a, b, picks in listed if a in group]
            mark = hashlib.sha256(canon.pack([canonical, live, said])).digest()[:16]
            found |= {(coll, id.bytes): (canonical, mark) for id in group}
    return found


def canonical(connection: Connection, ids: Collection[bytes]) -> dict[bytes, bytes]:
    """Of these ids, those that were merged, and as whom they are shown."""
    found: dict[bytes, bytes] = {}
    wanted = list(ids)
    for start in range(0, len(wanted), 500):
        part = tuple(wanted[start : start + 500])
        sql = f"SELECT id, canonical FROM identity WHERE id IN ({','.join('?' * len(part))})"
        found |= {row[0]: row[1] for row in connection.exec_driver_sql(sql, part)}
    return found


def groups(connection: Connection, colls: Sequence[int] | None = None) -> dict[bytes, tuple[bytes, ...]]:
    """Canonical id → all ids of the person, the canonical one first. `colls`: of these collections only."""
    where = "" if colls is None else f" WHERE coll IN ({','.join('?' * len(colls))})"
    found: dict[bytes, tuple[bytes, ...]] = {}
    for id, whole in connection.exec_driver_sql(f"SELECT id, canonical FROM identity{where} ORDER BY id", tuple(colls or ())):
        others = found.get(whole, (whole,))
        found[whole] = others if id == whole else (*others, id)
    return found


def picks(connection: Connection, ids: Collection[bytes]) -> Mapping[str, UUID]:
    """Whose value is shown of each field that somebody picked, of the person with these ids."""
    marks = ",".join("?" * len(ids))
    rows = connection.exec_driver_sql(f"SELECT id, picks FROM r_merge WHERE meta_shown=1 AND a IN ({marks})", tuple(ids))
    return merges.picks_of((UUID(bytes=id), msgpack.unpackb(chosen, raw=False)) for id, chosen in rows)
