"""The data dictionary: every kind of record and every field of it, made from the models themselves.

`rows()` is what all its forms are made of: docs/data-dictionary.md, and the CSV and JSON that go with exports. Item ids are
`kind.field`; they are stable for ever, because a field is never renamed or given another meaning.
"""

from __future__ import annotations

import csv
import io
import json
import types
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Union, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from cmpp_desktop.domain.dispatch import KINDS
from cmpp_desktop.domain.records import Fields
from cmpp_desktop.words import Words

_PLAIN = {
    str: "text",
    int: "whole number",
    bool: "yes or no",
    UUID: "id",
    bytes: "bytes",
    date: "date",
    datetime: "moment (UTC)",
    time: "time",
    Decimal: "decimal",
}


@dataclass(frozen=True, slots=True)
class Item:
    """One field. `type`: in words, with the parts of a composite; `codes`: the code list it draws on; `refers`: the kind it
    names; `longest`: letters; `compartment`: where records of the kind usually live."""

    id: str
    kind: str
    field: str
    label: str
    type: str
    required: bool
    codes: str
    refers: str
    longest: int | None
    compartment: str


def rows(words: Words) -> tuple[Item, ...]:
    """All fields of all kinds, in the order of the kinds."""
    every = ((kind, model, name, info) for kind, model in KINDS.items() for name, info in model.model_fields.items())
    return tuple(_item(*one, words) for one in every)


def _item(kind: str, model: type[Fields], name: str, info: FieldInfo, words: Words) -> Item:
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    longest = next((item.max_length for item in info.metadata if hasattr(item, "max_length")), None)
    return Item(
        id=f"{kind}.{name}",
        kind=kind,
        field=name,
        label=words.field(kind, name),
        type=type_in_words(info.annotation),
        required=info.is_required(),
        codes=str(extra.get("codes", "")),
        refers=str(extra.get("refers", "")),
        longest=longest if "text" in type_in_words(info.annotation) else None,
        compartment=model.compartment,
    )


def type_in_words(annotation: Any) -> str:
    """ "list of id", "text", "{day: date, at: time, zone: text}"."""
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        return type_in_words(next(item for item in get_args(annotation) if item is not type(None)))
    if origin in (list, tuple):
        return f"list of {type_in_words(get_args(annotation)[0])}"
    if origin is dict:
        return f"map of {type_in_words(get_args(annotation)[1])}"
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        parts = (f"{name}: {type_in_words(info.annotation)}" for name, info in annotation.model_fields.items())
        return "{" + ", ".join(parts) + "}"
    raise TypeError(f"no words for {annotation!r}")


def as_csv(words: Words) -> str:
    """The dictionary as CSV (RFC 4180), one line a field, with a header."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, fieldnames=list(Item.__dataclass_fields__))
    writer.writeheader()
    writer.writerows(asdict(item) for item in rows(words))
    return out.getvalue()


def as_json(words: Words) -> str:
    """The dictionary as JSON: the fields, and the code lists that they draw on with retired codes and their names."""
    items = rows(words)
    lists = sorted({item.codes for item in items if item.codes})
    codes = {
        name: [{"code": code.id, "names": dict(code.names), "retired": code.retired} for code in words.codes(name)]
        for name in lists
    }
    return json.dumps({"items": [asdict(item) for item in items], "codes": codes}, ensure_ascii=False, indent=1) + "\n"


def as_markdown(words: Words) -> str:
    """docs/data-dictionary.md."""
    parts = [
        "# Data dictionary\n\n"
        "Made from the models by `python -m tools.dictionary`; do not edit. An item's id is `kind.field`, for ever. Every\n"
        "record also has an id, a life (live, deleted, moved, signed), and who wrote it when and on which laptop.\n"
    ]
    for kind, model in KINDS.items():
        first = (model.__doc__ or "").strip().split("\n\n")[0].replace("\n", " ")
        parts.append(f"## {kind}\n\n{' '.join(first.split())} *Lives in: {model.compartment}.*\n\n{_table(kind, rows(words))}")
    return "\n".join(parts)


def _table(kind: str, items: Iterable[Item]) -> str:
    lines = ["| field | name | type | |", "|---|---|---|---|"]
    for item in items:
        if item.kind != kind:
            continue
        notes = [
            "required" if item.required else "",
            f"codes `{item.codes}`" if item.codes else "",
            f"names a `{item.refers}`" if item.refers else "",
            f"at most {item.longest:,} letters" if item.longest else "",
        ]
        lines.append(f"| `{item.field}` | {item.label} | {item.type} | {'; '.join(note for note in notes if note)} |")
    return "\n".join(lines) + "\n"
