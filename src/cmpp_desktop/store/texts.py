"""The index of what was written: notes, narratives, titles, reasons; any word by its beginning, in any script.

Only row numbers and words are in the index; what is shown is read from the records themselves, so what is gone or closed is never
found, even before the index has heard of it. What is written here goes in at once (`refresh`, in the same transaction). What
arrives from other laptops goes in later, a part at a time (`catch_up`), so that receiving stays quick: rows that arrive get a
higher row number than all before them, and a mark for each kind says how far the index has come.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.engine import Connection

from cmpp_desktop.store.folding import spellings
from cmpp_desktop.store.tables import CODECS, RECORD_KINDS
from cmpp_protocol import canon

PART = 400  # records that are put in at once
STEPPED_BACK = 1_000  # rows that are looked at again where the last one is gone
_MARK = "texts:"  # settings: how far the index has come, by kind


class Text(NamedTuple):
    """What of a kind is found: its fields, and SQL for the day it is of."""

    fields: tuple[str, ...]
    day: str


def _moment(column: str) -> str:
    return f"coalesce(date(\"{column}\" / 1000, 'unixepoch'), '')"


def _date(column: str) -> str:
    return f"coalesce(\"{column}\", '')"


TEXTS: Mapping[str, Text] = {
    "note": Text(("text",), _moment("written_at")),
    "service_session": Text(("narrative", "topic", "place_note"), _date("meta_day")),
    "attachment": Text(("title", "note", "source"), _date("received_on")),
    "task": Text(("title", "note"), _date("due_on")),
    "referral": Text(("to_name", "reason", "outcome_note"), _date("sent_on")),
    "obligation": Text(("place", "judge", "lawyer", "note", "result_note"), _date("meta_day")),
    "service_plan": Text(("strengths", "summary"), _date("agreed_on")),
    "need": Text(("description", "outcome"), _date("raised_on")),
    "goal": Text(("statement", "progress_note"), _date("target_on")),
    "action_step": Text(("note",), "''"),
    "screening": Text(("title", "follow_up"), "''"),
    "amendment": Text(("text", "reason"), _moment("at")),
    "transfer": Text(("summary", "reason", "answer_note"), _moment("asked_at")),
    "disclosure": Text(("title", "recipient", "purpose"), _moment("shared_at")),
    "direct_assistance": Text(("purpose", "vendor", "note"), _date("given_on")),
    "potential_relief": Text(("why", "note", "lawyer"), "''"),
    "proceeding": Text(("court", "hearing_location", "judge", "note"), "''"),
    "representation": Text(("attorney", "firm", "note"), "''"),
    "application": Text(("receipt_number", "note"), _date("filed_on")),
    "order": Text(("judge", "note"), "''"),
    "appeal": Text(("receipt_number", "note"), "''"),
    "household": Text(("name",), "''"),
}


def refresh(connection: Connection, kind: str, ids: Iterable[UUID]) -> None:
    """Puts these records into the index as they are now, or takes them out."""
    listed = list(ids)
    for start in range(0, len(listed), PART):
        part = [id.bytes for id in listed[start : start + PART]]
        rows = connection.exec_driver_sql(f"{_select(kind)} WHERE id IN ({','.join('?' * len(part))})", tuple(part)).all()
        _put(connection, kind, rows, part)


def catch_up(connection: Connection, most: int = PART) -> int:
    """Puts up to about `most` records that arrived into the index. Returns how many it looked at; 0 when it is complete."""
    done = 0
    for kind in TEXTS:
        if done >= most:
            break
        mark = _mark(connection, kind)
        rows = connection.exec_driver_sql(f"{_select(kind)} WHERE rowid > ? ORDER BY rowid LIMIT ?", (mark, most - done)).all()
        if rows:
            _put(connection, kind, rows, [row[1] for row in rows])
            value = canon.pack([rows[-1][0], rows[-1][1]])
            connection.exec_driver_sql("INSERT OR REPLACE INTO setting(name, value) VALUES (?,?)", (_MARK + kind, value))
            done += len(rows)
    return done


def waiting(connection: Connection) -> int:
    """About how many records are not in the index yet."""
    found = 0
    for kind in TEXTS:
        last = connection.exec_driver_sql(f'SELECT max(rowid) FROM "r_{kind}"').scalar() or 0
        if last:
            found += max(last - _mark(connection, kind), 0)
    return found


def written(connection: Connection) -> int:
    """About how many records are in the index."""
    return connection.exec_driver_sql("SELECT max(doc) FROM text_entry").scalar() or 0


def forget_all(connection: Connection) -> None:
    """Empties the index; `catch_up` fills it again."""
    connection.exec_driver_sql("DELETE FROM text_entry")
    connection.exec_driver_sql("INSERT INTO text_words(text_words) VALUES('delete-all')")
    connection.exec_driver_sql("DELETE FROM setting WHERE name LIKE ?", (f"{_MARK}%",))


def queries(typed: str) -> tuple[str, ...]:
    """What to look for, best first: all the words as they are typed; the last one as the beginning of a word; all of them as
    beginnings. Each finds what the one before it finds, too. Each word is looked for as it is spelled and in its Latin spelling.

    The first two end at once where they match much: a whole word is read from its newest entry on, and so is a beginning of up to
    three letters (they have indexes of their own); of a longer beginning all entries are gathered first."""
    words = [told for word in typed.split() if (told := spellings(word).split())]
    if not words:
        return ()
    whole = [" AND ".join(f'"{one}"' for one in told) for told in words]
    begun = [" AND ".join(f'"{one}"*' for one in told) for told in words]
    return tuple(dict.fromkeys(" AND ".join(parts) for parts in (whole, [*whole[:-1], begun[-1]], begun)))


def matching(
    connection: Connection, query: str, kinds: Sequence[str], colls: Sequence[int], before: int, most: int
) -> list[tuple[Any, ...]]:
    """(kind, id, coll, participant, day, number) of entries that match one of `queries`, the newest written first: those with a
    number below `before` (0: all)."""
    which = f" AND e.kind IN ({','.join('?' * len(kinds))})" if kinds else ""
    older = " AND w.rowid < ?" if before else ""
    rows = connection.exec_driver_sql(
        "SELECT e.kind, e.id, e.coll, e.participant_id, e.day, e.doc "
        "FROM text_words w CROSS JOIN text_entry e ON e.doc = w.rowid "
        f"WHERE text_words MATCH ?{older} AND e.coll IN ({','.join('?' * len(colls))}){which} ORDER BY w.rowid DESC LIMIT ?",
        (query, *((before,) if before else ()), *colls, *kinds, most),
    )
    return [tuple(row) for row in rows]


def texts_of(connection: Connection, kind: str, ids: Sequence[bytes], colls: Sequence[int]) -> dict[bytes, dict[str, str]]:
    """What these records say now, by id and field; only those that are shown and may be."""
    names = TEXTS[kind].fields
    listed = ", ".join(f'"{name}"' for name in names)
    sql = (
        f'SELECT id, {listed} FROM "r_{kind}" WHERE id IN ({",".join("?" * len(ids))}) AND meta_shown + 0 = 1 '
        f"AND coll + 0 IN ({','.join('?' * len(colls))})"
    )
    return {row[0]: dict(zip(names, row[1:], strict=True)) for row in connection.exec_driver_sql(sql, (*ids, *colls))}


def _mark(connection: Connection, kind: str) -> int:
    """The row number up to which a kind is in the index. Where the row that was last is no longer there, its number may have been
    given again: some rows before it are looked at once more."""
    raw = connection.exec_driver_sql("SELECT value FROM setting WHERE name=?", (_MARK + kind,)).scalar()
    if raw is None:
        return 0
    said: Any = canon.unpack(raw)
    number, id = int(said[0]), said[1]
    there = connection.exec_driver_sql(f'SELECT id FROM "r_{kind}" WHERE rowid=?', (number,)).scalar()
    if there == id:
        return number
    last = connection.exec_driver_sql(f'SELECT max(rowid) FROM "r_{kind}"').scalar() or 0
    return number if last > number and there is None else max(min(number, last) - STEPPED_BACK, 0)


def _select(kind: str) -> str:
    about = RECORD_KINDS[kind].about
    whose = f'"{about}"' if about in CODECS[kind] else "NULL"
    listed = ", ".join(f'"{name}"' for name in TEXTS[kind].fields)
    return f'SELECT rowid, id, coll, meta_shown, {whose}, {TEXTS[kind].day}, {listed} FROM "r_{kind}"'


def _put(connection: Connection, kind: str, rows: Sequence[Any], ids: Sequence[bytes]) -> None:
    known: dict[tuple[bytes, int], int] = {}
    for start in range(0, len(ids), PART):
        part = ids[start : start + PART]
        sql = f"SELECT doc, id, coll FROM text_entry WHERE id IN ({','.join('?' * len(part))})"
        known |= {(row[1], row[2]): row[0] for row in connection.exec_driver_sql(sql, tuple(part))}
    if known:
        places = [(doc,) for doc in known.values()]
        connection.exec_driver_sql("DELETE FROM text_words WHERE rowid=?", places)
        connection.exec_driver_sql("DELETE FROM text_entry WHERE doc=?", places)
    following = max(connection.exec_driver_sql("SELECT max(doc) FROM text_entry").scalar() or 0, *known.values(), 0) + 1
    entries, words = [], []
    for _, id, coll, shown, participant, day, *told in rows:
        text = " ".join(filter(None, told))
        if shown and text:
            entries.append((following, id, coll, kind, participant, day))
            words.append((following, spellings(text)))
            following += 1
    if entries:
        sql = "INSERT INTO text_entry(doc, id, coll, kind, participant_id, day) VALUES (?,?,?,?,?,?)"
        connection.exec_driver_sql(sql, entries)
        connection.exec_driver_sql("INSERT INTO text_words(rowid, body) VALUES (?,?)", words)
