"""The line of each participant that the People page reads, and the search index: made again from the records.

`refresh` is called by whoever committed something about these participants, in the same transaction; where nothing that
names them changed, their index entries stay. `rebuild` makes all of it anew (after a bulk, or when it is missing).
People who were merged have one line, under the id that they are shown by, with the names and numbers of all of them.
Nothing here is the truth about anybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgpack
from sqlalchemy.engine import Connection

from cmpp_desktop.store import identity
from cmpp_desktop.store.folding import ascii_of, digits, fold, name_apart, spellings
from cmpp_desktop.store.likeness import Ear

_OPEN = ("enrolled", "active", "paused")
# Kinds whose change may alter the line of the participant whom they are about.
TOUCHING = frozenset({"participant", "contact_route", "case", "service_session", "note"})
NAMING = frozenset({"participant", "contact_route"})  # of these, the kinds that are searched for
_PARTICIPANTS = (
    "SELECT id, coll, legal_name, preferred_name, native_name, aliases, languages, interpreter_needed, a_number "
    "FROM r_participant WHERE meta_shown=1"
)
_PERSON = (
    "INSERT INTO person(doc, id, coll, fold, state, caseworker_id, languages, interpreter, last_contact) "
    "VALUES (?,?,?,?,?,?,?,?,?)"
)
# Only what is not so already: a line is in half a dozen indexes, each another page to seal and write.
_RENEW = (
    "UPDATE person SET state=?1, caseworker_id=?2, last_contact=?3 WHERE id=?4 "
    "AND (state IS NOT ?1 OR caseworker_id IS NOT ?2 OR last_contact IS NOT ?3)"
)
_WORDS = "INSERT INTO person_words(rowid, name, other, number) VALUES (?,?,?,?)"
_SOUNDS = "INSERT INTO person_sounds(rowid, sound) VALUES (?,?)"
_PIECES = "INSERT INTO person_pieces(rowid, name, other, number) VALUES (?,?,?,?)"
# A session that may not be opened here (any more) must not show in when somebody was last seen.
_OPEN_HERE = " AND coll + 0 IN (SELECT idx FROM collection WHERE held=1)"
_BATCH = 400


def refresh(connection: Connection, participants: Iterable[UUID], named: Iterable[UUID]) -> frozenset[UUID]:
    """Makes the lines of these participants again, and for those of them that are `named` the index entries too: something of
    a kind in NAMING changed. Takes those away that are no longer shown. Returns those who are somebody else's record now, or
    no longer."""
    whole = {id.bytes for id in named}
    joined = identity.refresh(connection, whole)
    whole |= joined
    shown_by = {id: group for group in identity.groups(connection).values() for id in group}
    merged = (whole | {id.bytes for id in participants}) & shown_by.keys()
    whole |= {id for one in merged for id in shown_by[one]}
    _renew(connection, sorted({id.bytes for id in participants} - whole))
    for part in _batches(whole, shown_by):
        marks = ",".join("?" * len(part))
        known = {
            (row[1], row[2]): row[0]
            for row in connection.exec_driver_sql(f"SELECT doc, id, coll FROM person WHERE id IN ({marks})", tuple(part))
        }
        _forget(connection, list(known.values()))
        rows = connection.exec_driver_sql(f"{_PARTICIPANTS} AND id IN ({marks})", tuple(part)).all()
        _write(connection, rows, known, part)
    return frozenset(UUID(bytes=id) for id in joined)


def _batches(ids: Iterable[bytes], shown_by: Mapping[bytes, tuple[bytes, ...]]) -> Iterator[list[bytes]]:
    """Parts of about _BATCH ids; all of one person are in the same part."""
    batch: list[bytes] = []
    for group in sorted({shown_by.get(id, (id,)) for id in ids}):
        if len(batch) >= _BATCH:
            yield batch
            batch = []
        batch += group
    if batch:
        yield batch


def _renew(connection: Connection, ids: Sequence[bytes]) -> None:
    """What the work with them says in their lines: state, caseworker, last contact."""
    for start in range(0, len(ids), _BATCH):
        part = ids[start : start + _BATCH]
        cases, contacts = _cases(connection, part), _contacts(connection, part)
        rows = [(*cases.get(id, (None, None)), contacts.get(id), id) for id in part]
        connection.exec_driver_sql(_RENEW, rows)


def rebuild(connection: Connection) -> None:
    """Makes everything anew from the records."""
    connection.exec_driver_sql("DELETE FROM person")
    for table in ("person_words", "person_pieces", "person_sounds"):
        connection.exec_driver_sql(f"INSERT INTO {table}({table}) VALUES('delete-all')")
    identity.refresh(connection, ())
    rows = connection.exec_driver_sql(_PARTICIPANTS).all()
    _write(connection, rows, {}, None)


def _forget(connection: Connection, docs: Sequence[int]) -> None:
    if docs:
        places = [(doc,) for doc in docs]
        for sql in (
            "DELETE FROM person WHERE doc=?",
            "DELETE FROM person_words WHERE rowid=?",
            "DELETE FROM person_pieces WHERE rowid=?",
            "DELETE FROM person_sounds WHERE rowid=?",
        ):
            connection.exec_driver_sql(sql, places)


def _write(connection: Connection, rows: Sequence[Any], known: dict[tuple[bytes, int], int], ids: Sequence[bytes] | None) -> None:
    if not rows:
        return
    groups = identity.groups(connection)
    cases, contacts, phones = _cases(connection, ids), _contacts(connection, ids), _phones(connection, ids)
    if groups:
        rows = _as_shown(connection, rows, groups, cases, contacts, phones)
    last: int = connection.exec_driver_sql("SELECT max(doc) FROM person").scalar() or 0
    following = max(last, *known.values(), 0) + 1  # those that are written again were taken out of the table just now
    people, words, heard, ear = [], [], [], Ear()
    for id, coll, legal, preferred, native, aliases, languages, interpreter, a_number in rows:
        doc = known.get((id, coll))
        if doc is None:
            doc, following = following, following + 1
        name = msgpack.unpackb(legal, raw=False)
        given, family = name.get("given", ""), name.get("family", "")
        state, caseworker = cases.get(id, (None, None))
        spoken = msgpack.unpackb(languages, raw=False)
        tongues = "," + ",".join(spoken) + "," if spoken else ""
        people.append((doc, id, coll, fold(f"{family} {given}"), state, caseworker, tongues, interpreter, contacts.get(id)))
        others = msgpack.unpackb(aliases, raw=False)
        other = _other(native, others)
        number = " ".join((a_number, *phones.get(id, ())))
        words.append((doc, spellings(f"{given} {family} {preferred}"), other, number))
        heard.append((doc, " ".join(sorted(ear.sounds((f"{given} {family}", preferred, native, *others))))))
    connection.exec_driver_sql(_PERSON, people)
    connection.exec_driver_sql(_WORDS, words)
    connection.exec_driver_sql(_PIECES, words)
    connection.exec_driver_sql(_SOUNDS, heard)


def _other(native: str, aliases: Sequence[str]) -> str:
    """What is searched of the other names; those whose script does not part family and given name, parted too."""
    names = " ".join((native, *aliases))
    if names.isascii():
        return spellings(names)
    apart = " ".join(name_apart(name) for name in (native, *aliases))
    return spellings(names) if apart == names else f"{spellings(names)} {ascii_of(apart)}"


def _as_shown(
    connection: Connection,
    rows: Sequence[Any],
    groups: Mapping[bytes, tuple[bytes, ...]],
    cases: dict[bytes, tuple[str, bytes | None]],
    contacts: dict[bytes, str],
    phones: dict[bytes, list[str]],
) -> list[Any]:
    """The rows with one for each person who was merged: what is shown of them, and all the names to find them by. Adds up the
    others' cases, contacts and telephones under the id that is shown."""
    shown_by = {id: whole for whole, group in groups.items() for id in group}
    there = {row[0]: row for row in rows}
    found = [row for row in rows if row[0] not in shown_by]
    for whole in sorted({shown_by[id] for id in there if id in shown_by} & there.keys()):
        members = [there[id] for id in groups[whole] if id in there]
        found.append(_one_of(members, identity.picks(connection, groups[whole])))
        states = [cases[id] for id in groups[whole] if id in cases]
        if states:
            cases[whole] = next((one for one in states if one[0] in _OPEN), states[0])
        days = [contacts[id] for id in groups[whole] if id in contacts]
        if days:
            contacts[whole] = max(days)
        phones[whole] = [number for id in groups[whole] for number in phones.get(id, ())]
    return found


def _one_of(members: Sequence[Any], picks: Mapping[str, UUID]) -> tuple[Any, ...]:
    """One row out of several of the same person: values as `merges.overlay` shows them, all other names among the aliases."""
    names = ("legal_name", "preferred_name", "native_name", "aliases", "languages", "interpreter_needed", "a_number")
    by_id = {row[0]: dict(zip(names, row[2:], strict=True)) for row in members}

    def shown(name: str) -> Any:
        if name in picks and picks[name].bytes in by_id:
            return by_id[picks[name].bytes][name]
        return next((one[name] for one in by_id.values() if one[name] not in _NOTHING), members[0][2 + names.index(name)])

    others: list[str] = []
    for one in by_id.values():
        name = msgpack.unpackb(one["legal_name"], raw=False)
        others += [name.get("given", ""), name.get("family", ""), one["preferred_name"], one["native_name"]]
        others += msgpack.unpackb(one["aliases"], raw=False)
    aliases = msgpack.packb([name for name in dict.fromkeys(others) if name])
    numbers = " ".join(dict.fromkeys(one["a_number"] for one in by_id.values() if one["a_number"]))
    first = members[0]
    plain = (shown("legal_name"), shown("preferred_name"), shown("native_name"), aliases)
    return (first[0], first[1], *plain, shown("languages"), shown("interpreter_needed"), numbers)


_NOTHING = (None, "", 0, b"\x90")  # an empty list is one byte of msgpack


def _where(ids: Sequence[bytes] | None, column: str = "participant_id") -> tuple[str, tuple[bytes, ...]]:
    return ("", ()) if ids is None else (f" AND {column} IN ({','.join('?' * len(ids))})", tuple(ids))


def _cases(connection: Connection, ids: Sequence[bytes] | None) -> dict[bytes, tuple[str, bytes | None]]:
    """The open case of each, else the latest: its state and who carries it."""
    where, values = _where(ids)
    found: dict[bytes, tuple[str, bytes | None]] = {}
    for participant, state, caseworker in connection.exec_driver_sql(
        f'SELECT participant_id, state, caseworker_id FROM "r_case" WHERE meta_shown=1{where} ORDER BY opened_on, id', values
    ):
        if state in _OPEN or found.get(participant, ("",))[0] not in _OPEN:
            found[participant] = (state, caseworker)
    return found


def _contacts(connection: Connection, ids: Sequence[bytes] | None) -> dict[bytes, str]:
    """The day of the latest session or note with each."""
    where, values = _where(ids)
    found: dict[bytes, str] = {}
    for sql in (
        f"SELECT participant_id, max(meta_day) FROM r_service_session WHERE meta_shown=1{_OPEN_HERE}{where} GROUP BY 1",
        f"SELECT participant_id, date(max(written_at)/1000, 'unixepoch') FROM r_note WHERE meta_shown=1{_OPEN_HERE}{where} "
        "GROUP BY 1",
    ):
        for participant, day in connection.exec_driver_sql(sql, values):
            found[participant] = max(day, found.get(participant, ""))
    return found


def _phones(connection: Connection, ids: Sequence[bytes] | None) -> dict[bytes, list[str]]:
    where, values = _where(ids)
    found: dict[bytes, list[str]] = {}
    for participant, value in connection.exec_driver_sql(
        f"SELECT participant_id, value FROM r_contact_route WHERE meta_shown=1 AND route IN ('phone','text'){where}", values
    ):
        found.setdefault(participant, []).append(digits(value))
    return found
