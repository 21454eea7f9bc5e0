"""People at 50,000 participants and 500,000 sessions: the first page in each order and filter, and find as you type.

The page is asked of the workspace, as the window asks it, frozen rows included. Its peer is the same SQL: the statements that
the question sent to the store, with the same parameters, on an unencrypted copy of the same tables in the same build of SQLite,
every row fetched and nothing made of it. A keystroke's peer is what a plain SQLite can do without an index: LIKE over names,
other names and numbers, the first fifty by name.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import sqlcipher3.dbapi2 as driver
from sqlalchemy import event

from benchmarks import office
from benchmarks.frame import Row, row, side_by_side
from benchmarks.start_child import PASSPHRASE
from cmpp_desktop.domain.questions import People, PeopleFilter
from cmpp_desktop.store import FILE
from cmpp_desktop.store.database import CACHE_KIB
from cmpp_desktop.store.database import connect as open_file
from cmpp_desktop.workspace import Workspace

PARTICIPANTS, SESSIONS = 50_000, 500_000
AT = "50,000 participants, 500,000 sessions"
COPIED = ("person", "identity", "r_participant", "r_obligation", "r_contact_route", "r_staff_member", "collection", "device")
FILTERS = {
    "everybody": PeopleFilter(),
    "mine": PeopleFilter(mine=True),
    "active": PeopleFilter(states=("active",)),
    "speaks Tigrinya": PeopleFilter(language="ti"),
    "interpreter": PeopleFilter(interpreter=True),
    "hearing in 30 days": PeopleFilter(hearing_within=30),
    "no contact for 60 days": PeopleFilter(no_contact_for=60),
    "mine, active, no contact for 30 days": PeopleFilter(mine=True, states=("active",), no_contact_for=30),
}
SORTS = ("name", "next", "last_contact")
# Typed letter by letter: Latin, with accents, native scripts, aliases and second names, A-numbers, phones, nothing found.
TYPED = (
    "Marisela Tz", "ajanel", "chávez", "Desrosiers", "Quispe ma", "saint-fleur", "Gurpreet", "bakelo", "zzyzx",
    "رحیمی", "فرید", "Гриценко", "Оксана", "hrytsenko", "ተስፋማርያም", "ਗੁਰਪ੍ਰੀਤ", "حداد", "rahimi far",
)  # fmt: skip


@dataclass
class Office:
    """An open office and the plain copy of what People reads."""

    door: Workspace
    plain: Any
    facts: office.Facts


@cache
def opened() -> Office:
    """The prepared office, unlocked; open until the program ends."""
    folder, facts = office.prepared(PARTICIPANTS, SESSIONS)
    copy = folder / "plain.db"
    if not copy.exists():
        _copy(folder, copy)
    plain = driver.connect(str(copy), isolation_level=None)
    plain.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    door = office.laptop(folder)
    door.unlock(PASSPHRASE)
    return Office(door, plain, facts)


def _copy(folder: Path, target: Path) -> None:
    """The tables that People reads, with their indexes, in a file without a key."""
    unfinished = target.with_suffix(".part")
    unfinished.unlink(missing_ok=True)
    source = open_file(folder / FILE, office.key_of(folder))
    source.execute(f"ATTACH DATABASE '{unfinished}' AS plain KEY ''")
    marks = ",".join("?" * len(COPIED))
    made = source.execute(
        f"SELECT type, tbl_name, sql FROM main.sqlite_schema WHERE sql IS NOT NULL AND tbl_name IN ({marks}) ORDER BY type DESC",
        COPIED,
    ).fetchall()
    source.execute("BEGIN")
    for kind, name, sql in made:
        word = "CREATE TABLE " if kind == "table" else "INDEX "
        source.execute(sql.replace(word, f"{word}plain.", 1))
        if kind == "table":
            source.execute(f'INSERT INTO plain."{name}" SELECT * FROM main."{name}"')
    source.execute("COMMIT")
    source.execute("DETACH DATABASE plain")
    source.close()
    unfinished.rename(target)


def statements(door: Workspace, question: People) -> list[tuple[str, Any]]:
    """The SQL that a question sends to the store."""
    opened_ = door._opened
    assert opened_ is not None
    engine = opened_.store._database.engine
    seen: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        if statement.startswith(("SELECT", "WITH")) and "local_secret" not in statement:  # who asks is not part of the question
            seen.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        door.ask(question)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return seen


def replay(plain: Any, sql: list[tuple[str, Any]], page: int) -> None:
    """Runs it and fetches every row; of a statement without LIMIT that feeds a page, as many as fill the page."""
    for statement, parameters in sql:
        rows = plain.execute(statement, parameters)
        if statement.startswith("SELECT person.doc") and "LIMIT" not in statement:
            seen = set()
            for each in rows:
                seen.add(each[0])
                if len(seen) >= page:
                    break
            rows.close()
        else:
            rows.fetchall()


@cache
def pages() -> dict[str, tuple[float, float]]:
    """Milliseconds of ours and of the same SQL, by order and filter."""
    place = opened()
    found: dict[str, tuple[float, float]] = {}
    for sort in SORTS:
        for name, chosen in FILTERS.items():
            question = People(office.TODAY, filter=chosen, sort=sort)  # type: ignore[arg-type]
            sql = statements(place.door, question)
            work: dict[str, Callable[[], object]] = {
                "ours": partial(place.door.ask, question),
                "sql": partial(replay, place.plain, sql, question.limit),
            }
            taken = side_by_side(work, rounds=5, least_seconds=0.03)
            found[f"{sort}, {name}"] = (1000 * taken["ours"], 1000 * taken["sql"])
            print(f"    by {sort}, {name}: {1000 * taken['ours']:.1f} ms; SQL {1000 * taken['sql']:.1f} ms", flush=True)
    return found


def _page(name: str, which: str) -> Row:
    ours, sql = pages()[which]
    return row(
        name,
        size=f"{AT}; by {which}",
        unit="ms",
        ours=ours,
        against={"same SQL, plain SQLite": sql},
        at_most=1.5,
        limit=16,
    )


def row_people_first_page() -> Row:
    return _page("people-first-page", "name, everybody")


def row_people_slowest_page() -> Row:
    """The slowest of all orders and filters."""
    return _page("people-slowest-page", max(pages(), key=lambda which: pages()[which][0]))


def row_people_widest_page() -> Row:
    """The order and filter that takes the most times as long as its SQL."""
    return _page("people-widest-page", max(pages(), key=lambda which: pages()[which][0] / pages()[which][1]))


def keystrokes(facts: office.Facts) -> list[str]:
    """What is in the box after each key."""
    numbers, phones = facts.a_numbers, facts.phones
    typed = [*TYPED, *numbers[:3], numbers[3][4:], phones[0], phones[1][-4:], f"A{numbers[5]}"]
    return [word[: end + 1] for word in typed for end in range(len(word)) if word[: end + 1].strip()]


@cache
def typing() -> tuple[list[float], list[float]]:
    """Milliseconds of each keystroke, the median of three; and of every tenth with the peer, once."""
    place = opened()
    ours: list[float] = []
    peers: list[float] = []
    for text in keystrokes(place.facts):
        taken = [_seconds(partial(place.door.ask, People(office.TODAY, text=text, sort="match"))) for _ in range(3)]
        ours.append(1000 * statistics.median(taken))
        if len(ours) % 10 == 0:  # the peer takes long
            peers.append(1000 * _seconds(partial(like, place.plain, text)))
    slow = sorted(zip(ours, keystrokes(place.facts), strict=True), reverse=True)[:8]
    print("    slowest: " + ", ".join(f"{text!r} {taken:.1f}" for taken, text in slow), flush=True)
    return ours, peers


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def like(plain: Any, text: str) -> None:
    """The plain way: every row is looked at."""
    inside = f"%{text}%"
    plain.execute(
        "SELECT p.id FROM person p JOIN r_participant r ON r.id=p.id AND r.coll=p.coll "
        "WHERE p.fold LIKE ? OR r.native_name LIKE ? OR r.a_number LIKE ? "
        "OR EXISTS (SELECT 1 FROM r_contact_route c WHERE c.participant_id=p.id AND c.value LIKE ?) "
        "ORDER BY p.fold LIMIT 50",
        (inside, inside, inside, inside),
    ).fetchall()


def _typing(name: str, which: Callable[[list[float]], float]) -> Row:
    ours, peers = typing()
    return row(
        name,
        size=f"{AT}; {len(ours)} keystrokes",
        unit="ms",
        ours=which(ours),
        against={"LIKE on plain SQLite": which(peers)},
        limit=30,
    )


def row_find_keystroke_median() -> Row:
    return _typing("find-keystroke-median", statistics.median)


def row_find_keystroke_p95() -> Row:
    return _typing("find-keystroke-p95", lambda taken: statistics.quantiles(taken, n=20)[-1])
