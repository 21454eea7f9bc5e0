"""The server's statements on SQLite in memory, without what SQLAlchemy does around each: its SQL is asked for once.

The statements are the server's own, and the SQL is what SQLAlchemy makes of them; transactions begin and end as the server
says. How often each table was written to is counted, so that what is read again and again can be remembered (see `reads`).
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter, namedtuple
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.dml import UpdateBase

PLACE = "collection_id"
_DIALECT = sqlite.dialect(paramstyle="named")
_EPOCHS = count()
_PLANS: dict[Any, Plan] = {}
_ROWS: dict[tuple[str, ...], Any] = {}


class Rows:
    """What a statement gave, as SQLAlchemy's results are asked for it."""

    def __init__(self, rows: list[Any], rowcount: int) -> None:
        self._rows, self.rowcount = rows, rowcount

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows)

    def all(self) -> list[Any]:
        return self._rows

    def first(self) -> Any:
        return self._rows[0] if self._rows else None

    def one(self) -> Any:
        (row,) = self._rows
        return row

    def scalar(self) -> Any:
        return self._rows[0][0] if self._rows else None

    def scalar_one(self) -> Any:
        return self.one()[0]

    def scalars(self) -> Rows:
        return Rows([row[0] for row in self._rows], self.rowcount)


class Plan:
    """The SQL of all statements of one form."""

    def __init__(self, said: Any, key: Any, columns: Sequence[str] | None) -> None:
        made = said.compile(dialect=_DIALECT, cache_key=key, column_keys=columns)
        assert not [*made.insert_prefetch, *made.update_prefetch], "a default that this does not know"
        self._made, self.sql = made, str(made)
        self.many = sorted(made.post_compile_params, key=lambda one: one.key)  # lists, of whatever length
        same = made._cache_key_bind_match[0]
        at = {each: number for number, one in enumerate(key.bindparams) for each in same[one]}
        self.given = [(name, at.get(one), one.value) for one, name in made.bind_names.items()]
        self.table = str(said.table) if isinstance(said, UpdateBase) else ""

    def values(self, bound: Sequence[Any]) -> dict[str, Any]:
        """What a statement of this form says, by the names in the SQL."""
        return {name: fixed if at is None else bound[at].effective_value for name, at, fixed in self.given}

    def run(self, raw: sqlite3.Connection, values: dict[str, Any], many: Any) -> Rows:
        if isinstance(many, list):
            done = raw.executemany(self.sql, [{**values, **one} for one in many])
            return Rows([], done.rowcount)
        values = {**values, **(many or {})}
        sql = self._with_lists(values) if self.many else self.sql
        done = raw.execute(sql, values)
        if done.description is None:
            return Rows([], done.rowcount)
        row = _row(tuple(column[0] for column in done.description))
        return Rows([row(*each) for each in done], done.rowcount)

    def _with_lists(self, values: dict[str, Any]) -> str:
        """The SQL with a place for each member of the lists in it, whose values are put into `values`."""
        sql = self.sql
        for one in self.many:
            name = self._made.bind_names[one]
            members = {f"{name}_{number}": value for number, value in enumerate(values.pop(name))}
            values.update(members)
            places = ", ".join(f":{each}" for each in members) or "SELECT 1 WHERE 1 != 1"
            sql = re.sub(rf"__\[POSTCOMPILE_{re.escape(name)}[^\]]*\]", places, sql)
        return sql


def _row(names: tuple[str, ...]) -> Any:
    made = _ROWS.get(names)
    if made is None:
        base = namedtuple("Row", names, rename=True)  # type: ignore[misc]  # its fields are those of the statement
        made = _ROWS[names] = type("Row", (base,), {"__slots__": (), "_mapping": property(lambda row: row._asdict())})
    return made


class Quick:
    """Stands for SQLAlchemy's connection. `written`: how often each table was written to, as a whole and by collection; `epoch`:
    another database since."""

    dialect = _DIALECT

    def __init__(self, raw: sqlite3.Connection) -> None:
        self.raw, self.epoch, self.written = raw, next(_EPOCHS), Counter[Any]()

    def anew(self) -> None:
        """Another database is in its place."""
        self.epoch = next(_EPOCHS)

    def execute(self, said: Any, many: Any = None) -> Rows:
        """Runs a statement of SQLAlchemy; `many`: its values, or a list of them."""
        key = said._generate_cache_key()
        columns = tuple(sorted(many[0] if isinstance(many, list) else many)) if many else None
        plan = _PLANS.get((key.key, columns))
        if plan is None:
            plan = _PLANS[key.key, columns] = Plan(said, key, columns)
        values = plan.values(key.bindparams)
        if plan.table:
            self._note(plan.table, values, many)
        return plan.run(self.raw, values, many)

    def _note(self, table: str, values: dict[str, Any], many: Any) -> None:
        one = many[0] if isinstance(many, list) else many or {}
        place = one.get(PLACE) or one.get("place") or values.get(PLACE) or values.get(f"{PLACE}_1")
        self.written[table] += 1
        self.written[table, place] += 1  # of a write that names no collection, under None
