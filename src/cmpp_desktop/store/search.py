"""Find as you type: a piece of a name in any script, an alias, any digits of an A-number or phone; the best match first.

Words are found by their beginnings in one index, pieces of three letters and more in another (projection.py fills both).
First come names that begin with what was typed, then names with a word that does, then other spellings and numbers, then
pieces inside words. Where none of that is found, names that sound like it: scripts that write no vowels are typed with them.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, TextClause, and_, func, not_, select, text
from sqlalchemy.engine import Connection

from cmpp_desktop.store.folding import ascii_of, digits, fold
from cmpp_desktop.store.likeness import sound, words_of
from cmpp_desktop.store.tables import PERSON

PIECE = 3
SAYS_ENOUGH = 3  # consonants of what is looked for by its sound
MANY = 2_000  # so many matches are no longer put in order of how good they are, only by name
CANDIDATES = 200
Condition = ColumnElement[bool] | TextClause  # on `person`


def is_number(typed: str) -> bool:
    """Whether digits are looked for: nothing but digits and what stands between them, or an A before them."""
    rest = typed.strip().lstrip("aA#+").strip()
    return bool(digits(rest)) and all(letter.isdigit() or letter in " -().–/" for letter in rest)


def find(connection: Connection, typed: str, wanted: Sequence[Condition], offset: int, limit: int) -> tuple[list[int], int]:
    """A page of row numbers of `person`, best first, and how many match in all. `wanted`: conditions on `person`."""
    words, pieces, start = _queries(typed)
    sql = f"SELECT count(*) FROM (SELECT 1 FROM person_words WHERE person_words MATCH ? LIMIT {MANY + 1})"
    if (connection.exec_driver_sql(sql, (words,)).scalar() or 0) > MANY:
        return _many(connection, words, wanted, "" if is_number(typed) else start, offset, limit)
    ranked = _ranked(connection, words, wanted, start)
    if not pieces:
        return ranked[offset : offset + limit], len(ranked)
    found = _with_pieces(connection, ranked, pieces, words, wanted, offset, limit)
    heard = "" if found[1] or is_number(typed) else _heard(typed)
    return _sounding(connection, heard, wanted, offset, limit) if heard else found


def _with_pieces(
    connection: Connection,
    ranked: list[int],
    pieces: str,
    words: str,
    wanted: Sequence[Condition],
    offset: int,
    limit: int,
) -> tuple[list[int], int]:
    """A page of those that were found by their words, and after them those with pieces inside words."""
    inside = (_matching("person_pieces", pieces), ~_matching("person_words", words), *wanted)
    page = ranked[offset : offset + limit]
    if len(page) < limit:
        more = select(PERSON.c.doc).where(*inside).order_by(PERSON.c.fold, PERSON.c.doc)
        more = more.limit(limit - len(page)).offset(max(offset - len(ranked), 0))
        page += connection.execute(more).scalars().all()
    return page, len(ranked) + _count(connection, inside)


def alike(connection: Connection, names: Sequence[str], numbers: Sequence[str], wanted: Sequence[Condition]) -> list[int]:
    """Row numbers of people worth comparing with these names and numbers: at most some hundreds, best first."""
    terms = {f'"{word[:PIECE]}"*' for name in names for word in (*fold(name).split(), *ascii_of(name).split()) if word}
    terms |= {f'"{number[-10:]}"' for number in numbers if len(number) >= PIECE}
    found: list[int] = []
    if terms:
        sql = text("SELECT rowid FROM person_words WHERE person_words MATCH :q ORDER BY rank LIMIT :most")
        found += connection.execute(sql, {"q": " OR ".join(sorted(terms)), "most": CANDIDATES}).scalars().all()
    pieces = {
        f'"{word[at : at + PIECE]}"' for name in names for word in fold(name).split() for at in range(len(word) - PIECE + 1)
    }
    pieces |= {f'"{number[-10:]}"' for number in numbers if len(number) >= 7}
    if pieces:
        sql = text("SELECT rowid FROM person_pieces WHERE person_pieces MATCH :q ORDER BY rank LIMIT :most")
        found += connection.execute(sql, {"q": " OR ".join(sorted(pieces)), "most": CANDIDATES}).scalars().all()
    query = select(PERSON.c.doc).where(PERSON.c.doc.in_(list(dict.fromkeys(found))), *wanted)
    return list(connection.execute(query).scalars())


def _queries(typed: str) -> tuple[str, str, str]:
    """The query for beginnings of words, the one for pieces ("" for none), and the folded text."""
    if is_number(typed):
        number = digits(typed)
        return f'number : "{number}"*', f'number : "{number}"' if len(number) >= PIECE else "", number
    own, latin = fold(typed), ascii_of(typed)
    spelled = [own] if own == latin or not latin else [own, latin]
    words = " OR ".join("(" + " AND ".join(f'"{word}"*' for word in one.split()) + ")" for one in spelled if one)
    long = [one for one in spelled if one and all(len(word) >= PIECE for word in one.split())]
    pieces = " OR ".join("(" + " AND ".join(f'"{word}"' for word in one.split()) + ")" for one in long)
    return words or '""', pieces, latin or own


def _heard(typed: str) -> str:
    """The query for names with words that sound like those typed; "" where these are too short to say anything."""
    heard = sorted({sound(word) for word in words_of(typed)})
    enough = len("".join(heard)) >= SAYS_ENOUGH and all(len(one) > 1 for one in heard)
    return " AND ".join(f'"{one}"' for one in heard) if enough else ""


def _sounding(
    connection: Connection, heard: str, wanted: Sequence[Condition], offset: int, limit: int
) -> tuple[list[int], int]:
    """A page of people whose names sound so, by name."""
    alike = (_matching("person_sounds", heard), *wanted)
    page = select(PERSON.c.doc).where(*alike).order_by(PERSON.c.fold, PERSON.c.doc).limit(limit).offset(offset)
    return list(connection.execute(page).scalars()), _count(connection, alike)


def _matching(index: str, query: str, doc: ColumnElement[int] = PERSON.c.doc) -> ColumnElement[bool]:
    """`doc` hidden in a sum makes SQLite read people by name and look each one up, instead of sorting all that match."""
    name = f"{index}_q"
    return doc.in_(text(f"SELECT rowid FROM {index} WHERE {index} MATCH :{name}").bindparams(**{name: query}))


def _count(connection: Connection, wanted: Sequence[Condition]) -> int:
    return int(connection.execute(select(func.count()).select_from(PERSON).where(*wanted)).scalar() or 0)


def _ranked(connection: Connection, words: str, wanted: Sequence[Condition], start: str) -> list[int]:
    """All of them: names that begin with the text, then names with a word that does, then the rest; each by name."""
    rows = connection.execute(select(PERSON.c.doc, PERSON.c.fold).where(_matching("person_words", words), *wanted)).all()
    first = start.split()[0] if start.split() else start

    def rank(fold: str) -> int:
        if fold.startswith(start):
            return 0
        return 1 if fold.startswith(first) or f" {first}" in fold else 2

    return [doc for _, _, doc in sorted((rank(name), name, doc) for doc, name in rows)]


def _many(
    connection: Connection, words: str, wanted: Sequence[Condition], start: str, offset: int, limit: int
) -> tuple[list[int], int]:
    """A page of very many, and their number: those whose name begins with `start`, by name; then the others."""
    if len(wanted) == 1:
        sql = "SELECT count(*) FROM person_words WHERE person_words MATCH ?"
        count = int(connection.exec_driver_sql(sql, (words,)).scalar() or 0)
    else:
        count = _count(connection, (_matching("person_words", words), *wanted))
    page: list[int] = []
    passed = 0
    # Whose name begins with the text has a word that does: no need to look into the index of words.
    begins = and_(PERSON.c.fold >= start, PERSON.c.fold < start + "\U0010ffff") if start else None
    if begins is not None:
        query = select(PERSON.c.doc).where(begins, *wanted).order_by(PERSON.c.fold, PERSON.c.doc)
        page = list(connection.execute(query.limit(limit).offset(offset)).scalars())
        if len(page) < limit and not page:
            passed = _count(connection, (begins, *wanted))
    if len(page) < limit:
        rest = () if begins is None else (not_(begins),)
        query = select(PERSON.c.doc).where(*rest, *wanted, _matching("person_words", words, PERSON.c.doc + 0))
        query = query.order_by(PERSON.c.fold, PERSON.c.doc).limit(limit - len(page)).offset(0 if page else offset - passed)
        page += connection.execute(query).scalars().all()
    return page, count
