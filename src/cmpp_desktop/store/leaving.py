"""What a laptop no longer keeps of records that went to another collection: rows, words in the indexes, what was signed of them.

Their merge states stay, with marks for values (moving.py): without them a late change could not be told from an early one.
A Signed record never changes (rule 21), so nothing is written about it; but its content is the record over again, and of
the content of one whose subject went no more than the mark is kept, whichever of the two came first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy.engine import Connection

from cmpp_desktop.changes import SIGNED, Head, RecordState, is_mark, mark_of
from cmpp_desktop.store import contents, moving, owed, state, texts
from cmpp_desktop.store.names import Names
from cmpp_desktop.store.tables import CODECS, participant_of
from cmpp_protocol import canon

_CONTENT = "content"
_UNCLEAN = "leaving"  # the setting that says which indexes still hold words that went, and which of them was begun
_INDEXES = ("text_words", "person_words", "person_pieces", "person_sounds")
_PAGES = 200  # of an index at once
_AWAY = state.LIVES.index("moved")


def forget(connection: Connection, names: Names, coll: int, kind: str, ids: Sequence[UUID]) -> set[UUID]:
    """Takes away what is left of records that went from a collection. Returns whom they were about."""
    if kind not in CODECS or not ids:
        return set()
    about: set[UUID] = set()
    column = '"participant_id"' if "participant_id" in CODECS[kind] else "NULL"
    for start in range(0, len(ids), 500):
        raw = tuple(id.bytes for id in ids[start : start + 500])
        marks = ",".join("?" * len(raw))
        where = f'FROM "r_{kind}" WHERE coll=? AND id IN ({marks})'
        for id, whom in connection.exec_driver_sql(f"SELECT id, {column} {where}", (coll, *raw)).all():
            found = participant_of(kind, UUID(bytes=id), {"participant_id": whom} if whom is not None else {})
            about |= {found} if found else set()
        if kind == "attachment":
            owed.note(connection, names, coll, raw)
        connection.exec_driver_sql(f"DELETE {where}", (coll, *raw))
        connection.exec_driver_sql(f"DELETE FROM arrival WHERE id IN ({marks})", raw)
    if kind in texts.TEXTS:
        texts.refresh(connection, kind, ids)
    _keep_unclean(connection, [[index, False] for index in _INDEXES])
    _forget_signed(connection, names, coll, frozenset(id.bytes for id in ids))
    return about


def forget_content(connection: Connection, coll: int, ids: Sequence[UUID]) -> None:
    """Before records are erased: takes away the contents of documents among them that no other record names, what was told of
    their arrival and what is begun about whoever is among them; and has the indexes cleaned."""
    _forget_contents(connection, coll, ids)
    for start in range(0, len(ids), 500):
        raw = tuple(id.bytes for id in ids[start : start + 500])
        marks = ",".join("?" * len(raw))
        connection.exec_driver_sql(f"DELETE FROM arrival WHERE id IN ({marks}) OR participant_id IN ({marks})", (*raw, *raw))
        connection.exec_driver_sql(f"DELETE FROM draft WHERE participant_id IN ({marks})", raw)
    _keep_unclean(connection, [[index, False] for index in _INDEXES])


def _forget_contents(connection: Connection, coll: int, ids: Sequence[UUID]) -> None:
    """Of documents that are erased in a collection, the contents that no other record names."""
    for start in range(0, len(ids), 500):
        raw = tuple(id.bytes for id in ids[start : start + 500])
        marks = ",".join("?" * len(raw))
        owed.note_erased(connection, coll, raw)
        named = f"SELECT DISTINCT content_hash FROM r_attachment WHERE coll=? AND id IN ({marks})"
        for digest in connection.exec_driver_sql(named, (coll, *raw)).scalars().all():
            others = f"SELECT 1 FROM r_attachment WHERE content_hash=? AND NOT (coll=? AND id IN ({marks})) LIMIT 1"
            if connection.exec_driver_sql(others, (digest, coll, *raw)).first() is None:
                contents.forget(connection, digest)


def signed_of(connection: Connection, subjects: frozenset[bytes]) -> list[UUID]:
    """The Signed records of these subjects, wherever they lie."""
    rows = connection.exec_driver_sql("SELECT id, content FROM r_signed").all()
    return [UUID(bytes=id) for id, content in rows if _subject_of(content) in subjects]


def as_kept(connection: Connection, coll: int, arrived: Mapping[UUID, RecordState]) -> dict[UUID, RecordState]:
    """States that arrived, as they are kept: marks for what moves cover, and for the content of what was signed of a record that
    has gone."""
    kept = {id: moving.marked(item) for id, item in arrived.items()}
    signed = {id: subject for id, item in kept.items() if item.kind == SIGNED and (subject := _subject(item)) is not None}
    for id, subject in signed.items():
        sql = "SELECT 1 FROM sync_record WHERE coll=? AND id=? AND life=? AND flags & ? = 0"
        if connection.exec_driver_sql(sql, (coll, subject, _AWAY, state.CHANGED_SINCE)).first() is not None:
            kept[id] = _without_content(kept[id])
    return kept


def clean(connection: Connection) -> bool:
    """Overwrites a part of what was taken out of the full-text indexes, which until then is only not found any more. Returns
    whether there was anything to do. For idle moments: of a large index it takes a while."""
    waiting = _unclean(connection)
    if not waiting:
        return False
    (index, begun), *others = waiting
    before = connection.exec_driver_sql("SELECT total_changes()").scalar() or 0
    connection.exec_driver_sql(f"INSERT INTO {index}({index}, rank) VALUES('merge', {_PAGES if begun else -_PAGES})")
    done = (connection.exec_driver_sql("SELECT total_changes()").scalar() or 0) - before < 2
    _keep_unclean(connection, others if done else [[index, True], *others])
    return True


def is_unclean(connection: Connection) -> bool:
    """Whether `clean` has something to do."""
    return bool(_unclean(connection))


def _unclean(connection: Connection) -> list[Any]:
    raw = connection.exec_driver_sql("SELECT value FROM setting WHERE name=?", (_UNCLEAN,)).scalar()
    waiting: Any = canon.unpack(raw) if raw is not None else []
    return list(waiting)


def _keep_unclean(connection: Connection, waiting: Sequence[Any]) -> None:
    if waiting:
        value = canon.pack(list(waiting))
        connection.exec_driver_sql("INSERT OR REPLACE INTO setting(name, value) VALUES (?,?)", (_UNCLEAN, value))
    else:
        connection.exec_driver_sql("DELETE FROM setting WHERE name=?", (_UNCLEAN,))


def _forget_signed(connection: Connection, names: Names, coll: int, subjects: frozenset[bytes]) -> None:
    rows = connection.exec_driver_sql("SELECT id, content FROM r_signed WHERE coll=?", (coll,)).all()
    gone = [UUID(bytes=id) for id, content in rows if _subject_of(content) in subjects]
    for id, held in state.load(connection, names, coll, gone).items():
        after = _without_content(held.state)
        extra = state.all_single(after)
        state.save(connection, names, coll, id, after, before_flags=held.flags, materialised=False, extra=extra)
        connection.exec_driver_sql("DELETE FROM r_signed WHERE coll=? AND id=?", (coll, id.bytes))


def _without_content(held: RecordState) -> RecordState:
    heads = tuple(Head(head.stamp, mark_of(head.value)) for head in held.heads.get(_CONTENT, ()))
    return replace(held, heads={**held.heads, _CONTENT: heads}) if heads else held


def _subject(held: RecordState) -> bytes | None:
    value = held.shown(_CONTENT)
    if value is None or is_mark(value):
        return None
    try:
        return _subject_of(canon.unpack(value))
    except canon.NotCanonical:
        return None


def _subject_of(content: Any) -> bytes | None:
    """The 16 bytes of the id of what was signed."""
    try:
        said: Any = canon.unpack(content) if isinstance(content, bytes) else None
    except canon.NotCanonical:
        return None
    found = said.get("subject") if isinstance(said, dict) else None
    return found if isinstance(found, bytes) else None
