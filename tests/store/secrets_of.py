"""Records full of words that nobody else may see, questions with every sensible parameter, and where the words were found."""

from __future__ import annotations

import dataclasses
import itertools
import random
import types
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from pydantic import BaseModel

from cmpp_desktop.domain.dispatch import KINDS
from cmpp_desktop.domain.records import Fields, validated
from cmpp_desktop.domain.work import Question
from cmpp_desktop.errors import Invalid
from cmpp_desktop.words import load_codes
from tests.store.laptops import DAY, Laptop

# Kinds of which a record may be restricted: all that are about somebody, but who they are and where they belong.
NEVER = {"participant", "contact_route", "address", "household_member", "case", "case_assignment", "legal_hold"}
CAPABLE = tuple(
    kind
    for kind, model in KINDS.items()
    if model.compartment != "organisation" and "participant_id" in model.model_fields and kind not in NEVER
)
CODES = {list_id: tuple(codes) for list_id, codes in load_codes().items()}


class Filler:
    """Makes records whose every text is a word that was never used before; `words` are all of them so far."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.words: list[str] = []

    def word(self) -> str:
        made = "Zq" + "".join(self.chance.choice("bcdfghjklmnpqrstvwxz") for _ in range(10))
        self.words.append(made)
        return made

    def record(self, model: type[Fields], known: Mapping[str, Sequence[UUID]], **given: Any) -> Fields:
        """A record of the kind with something in every field. `known`: ids by kind, for fields that name records."""
        values = {name: self._of(name, info, known) for name, info in model.model_fields.items()} | given
        while True:
            try:
                return validated(model, **values)
            except Invalid as refused:  # what cannot be of itself (a receipt of nine letters) is left as it usually is
                for name in refused.fields:
                    if values.pop(name, None) is None:
                        raise

    def _of(self, name: str, info: Any, known: Mapping[str, Sequence[UUID]]) -> Any:
        if name == "content_hash":
            return self.word().ljust(64, "0")
        extra = info.json_schema_extra or {}
        if "codes" in extra:
            code = self.chance.choice(CODES[extra["codes"]])
            return [code] if get_origin(info.annotation) is list else code
        if "refers" in extra:
            ids = list(known.get(extra["refers"], ()))
            if get_origin(info.annotation) is list:
                return ids[:1]
            return self.chance.choice(ids) if ids else UUID(int=self.chance.getrandbits(120)) if info.is_required() else None
        return self.value(info.annotation, known)

    def value(self, kind: Any, known: Mapping[str, Sequence[UUID]]) -> Any:
        """Something of that type."""
        origin, inside = get_origin(kind), get_args(kind)
        if origin in (Union, types.UnionType):
            return self.value(next(item for item in inside if item is not type(None)), known)
        if origin is list:
            return [self.value(inside[0], known)]
        if origin is dict:
            return {self.word(): self.value(inside[1], known)}
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            made = {name: self.value(info.annotation, known) for name, info in kind.model_fields.items()}
            return kind.model_validate(made | ({"zone": "America/Chicago"} if "zone" in made else {}))
        day = DAY + timedelta(days=self.chance.randint(-40, 40))
        plain: dict[Any, Any] = {
            str: self.word, UUID: lambda: UUID(int=self.chance.getrandbits(120)), int: lambda: 30, bool: lambda: True,
            date: lambda: day, datetime: lambda: datetime.fromisoformat(f"{day}T10:00Z"), time: lambda: time(9, 30),
            Decimal: lambda: Decimal("12.50"),
        }  # fmt: skip
        return plain[kind]()


def questions(kind: type[Question[Any]], ids: Sequence[UUID], texts: Sequence[str], most: int) -> Iterator[Question[Any]]:
    """The question with every sensible parameter; at most so many, spread over all of them."""
    hints = get_type_hints(kind)
    choices = [list(_choices(kind, item, hints[item.name], ids, texts)) for item in dataclasses.fields(kind)]  # type: ignore[arg-type]
    every = list(itertools.islice(itertools.product(*choices), 20_000))
    step = max(len(every) // most, 1)
    for values in every[::step]:
        yield kind(*values)


def _choices(kind: type[Any], item: Any, hint: Any, ids: Sequence[UUID], texts: Sequence[str]) -> Sequence[Any]:
    origin, inside = get_origin(hint), get_args(hint)
    if item.name == "heard":
        return [datetime(2100, 1, 1, tzinfo=UTC)]  # long after whatever is judged by it
    if origin in (Union, types.UnionType) and type(None) in inside:
        rest = next(one for one in inside if one is not type(None))
        return [None] if rest is datetime else [None, *_choices(kind, item, rest, ids, texts)]
    if hint is UUID:
        return ids
    if hint is bool:
        return [False, True]
    if origin is Literal:
        return inside
    if hint is str and item.name.endswith("kind"):
        return list(KINDS)
    if hint is str and item.name in CODES:
        return CODES[item.name][:2]
    if hint is str:
        return ["", *texts] if item.default == "" else texts
    if hint is date:
        return [DAY]
    if hint is bytes:
        return [b""]
    if item.default is not dataclasses.MISSING:
        return [item.default]
    if item.default_factory is not dataclasses.MISSING:
        return [item.default_factory()]
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        plain = {str: texts[0], date: DAY}
        named = {name: info.annotation for name, info in hint.model_fields.items()}
        return [hint.model_validate({name: plain[type] for name, type in named.items() if type in plain and name != "zone"})]
    if isinstance(hint, type) and hint in (int, float):
        return [50]
    if hint is datetime:
        return [datetime.fromisoformat("2026-11-24T00:00Z")]
    if origin is tuple and item.name == "kinds" and inside[0] is str:
        return [CAPABLE]
    if origin is tuple:
        return [(), (_choices(kind, item, inside[0], ids, texts)[0],)]
    if origin is Mapping or origin is dict:
        return [{}]
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        own = get_type_hints(hint)
        return [hint(*(_choices(kind, one, own[one.name], ids, texts)[0] for one in dataclasses.fields(hint)))]
    raise AssertionError(f"say here what {kind.__name__}.{item.name} may be, so that its answers are searched too")


def in_text(words: Sequence[str], text: str) -> set[str]:
    """Those words that are in a text, whatever their letters' case."""
    plain = text.lower()
    return {word for word in words if word.lower() in plain}


def in_tables(laptop: Laptop, words: Sequence[str], ids: Sequence[UUID], *, but: Sequence[str] = ()) -> set[tuple[str, str]]:
    """(table, word) for every word and every id in any value of any table, and for words in the full-text indexes."""
    found: set[tuple[str, str]] = set()
    with laptop.store._database.reading() as connection:
        listed = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type='table'").all()
        indexes = [name for name, sql in listed if "USING fts5" in sql]
        for name in (name for name, _ in listed if name not in but and name not in indexes):
            for row in connection.exec_driver_sql(f'SELECT * FROM "{name}"'):
                held = "\n".join(
                    value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value) for value in row
                )
                found |= {(name, word) for word in in_text(words, held)}
                blobs = [value for value in row if isinstance(value, bytes)]
                found |= {(name, str(id)) for id in ids if any(id.bytes in blob for blob in blobs)}
        for name in indexes:
            for word in filter(str.isalnum, words):  # not every index knows phrases
                sql = f"SELECT count(*) FROM {name} WHERE {name} MATCH ?"
                if connection.exec_driver_sql(sql, (f'"{word.lower()}"',)).scalar():
                    found.add((name, word))
    return found
