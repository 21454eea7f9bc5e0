"""A form as plain values: which fields a kind of record (or a command) asks for, in which order, and what records are called.

Everything is read from the `…Fields` themselves: annotation, code list, reference, length. What a person would have to decide
(which fields come first, which a program fills in, what a record is called in a list) is in small tables here. No widget.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, Union, get_args, get_origin
from uuid import UUID

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from cmpp_desktop.domain.dispatch import KINDS, PLAIN
from cmpp_desktop.domain.proceedings import PROTECTED_RELIEF
from cmpp_desktop.domain.records import Fields, Money, PostalAddress, When
from cmpp_desktop.domain.work import Command, Done, Question, Stored
from cmpp_desktop.words import Words, in_one
from cmpp_desktop.workspace import Workspace

Shape = Literal[
    "line", "text", "lines", "number", "money", "yes_no", "day", "when", "moment", "code", "codes", "record", "records",
    "staff", "person", "people", "address", "file", "target", "award", "names",
    "service",
]  # fmt: skip
LONG = 500  # letters from which a text takes several lines

# The menu: groups of kinds, in the order in which they are offered. A kind that this version cannot write is not offered.
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Court", ("proceeding", "representation", "application", "order", "appeal", "clock_event")),
    ("Plan", ("service_plan", "need", "goal", "action_step")),
    ("Referrals", ("referral",)),
    ("Help given", ("direct_assistance",)),
    ("Documents", ("attachment",)),
    ("Talk to a lawyer about", ("potential_relief",)),
    ("What was shared, and holds", ("disclosure", "transfer", "legal_hold")),
)
ICONS: Mapping[str, str] = {
    "proceeding": "landmark", "representation": "briefcase", "application": "file-text", "order": "gavel", "appeal": "scale",
    "clock_event": "timer", "service_plan": "list-checks", "need": "hand", "goal": "target", "action_step": "square-check",
    "referral": "handshake", "direct_assistance": "badge-dollar-sign", "attachment": "paperclip",
    "potential_relief": "message-square-more", "disclosure": "send", "transfer": "arrow-left-right", "legal_hold": "archive",
    "case_assignment": "user-check", "address": "map-pin-house", "household_member": "users",
}  # fmt: skip
# What a record is called in a list and in a chooser: these fields, as far as they are filled.
TITLES: Mapping[str, tuple[str, ...]] = {
    "proceeding": ("court", "stage", "nta_dated"),
    "representation": ("attorney", "firm", "scope"),
    "application": ("form", "receipt_number", "status"),
    "order": ("type", "issued_on", "judge"),
    "appeal": ("body", "filed_on", "outcome"),
    "clock_event": ("what", "on", "cause"),
    "service_plan": ("agreed_on", "summary"),
    "need": ("area", "description"),
    "goal": ("statement", "progress"),
    "action_step": ("what", "due_on"),
    "referral": ("to_name", "sent_on"),
    "direct_assistance": ("type", "money", "given_on"),
    "attachment": ("title", "document_type"),
    "potential_relief": ("type", "lawyer"),
    "disclosure": ("what", "recipient", "shared_at"),
    "transfer": ("to", "to_provider", "asked_at"),
    "legal_hold": ("reason", "since"),
    "case": ("state", "opened_on"),
    "screening": ("title",),
    "household": ("name",),
    "award": ("number", "name"),
    "site": ("name", "phone"),
    "staff_time": ("activity", "minutes", "day"),
    "service_session": ("services", "when"),
    "obligation": ("type", "when"),
    "hsds_organization": ("name",),
    "hsds_service": ("name",),
}
# What is asked first; the rest stands under "More". A kind that is not here shows all of it.
FIRST: Mapping[str, tuple[str, ...]] = {
    "proceeding": ("court", "judge", "stage", "nta_served", "nta_filed", "charges", "relief_sought"),
    "representation": ("attorney", "firm", "phone", "scope", "proceeding_id", "since"),
    "application": ("form", "agency", "filed_on", "receipt_number", "status", "proceeding_id"),
    "order": ("type", "issued_on", "judge", "in_absentia", "proceeding_id"),
    "appeal": ("body", "filed_on", "order_id", "outcome"),
    "clock_event": ("application_id", "what", "on", "cause", "reason"),
    "service_plan": ("agreed_on", "review_on", "strengths", "summary"),
    "need": ("area", "description", "level", "raised_on"),
    "goal": ("statement", "target_on", "progress", "need_id"),
    "action_step": ("goal_id", "what", "who", "staff_id", "due_on"),
    "potential_relief": ("type", "why", "raised_on", "lawyer"),
    "direct_assistance": ("type", "money", "given_on", "purpose", "award"),
    "attachment": ("title", "document_type", "received_on", "expires_on"),
}
# What nobody types: the program fills it in, or it follows from something else.
FILLED: frozenset[str] = frozenset(
    {
        "participant_id", "raised_by", "given_by", "approved_by", "approved_at", "refused_by", "refused_at", "decision_note",
        "reverses_id", "set_by", "lifted_by", "media_type", "size", "content_hash", "subject_kind", "subject_id", "blob_key",
        "screening_id",
    }
)  # fmt: skip
NOT_OFFERED: Mapping[tuple[str, str], frozenset[str]] = {("proceeding", "relief_sought"): PROTECTED_RELIEF}
STARTS_TODAY = frozenset({"raised_on", "given_on", "since", "agreed_on", "received_on"})


EVERYBODY = "everybody"  # the default of people: the whole household is ticked


@dataclass(frozen=True)
class Item:
    """One thing that is asked for. `codes`: the code list; `refers`: the kind that is chosen from; `most`: letters.
    `choices`: (value, words) where they are known already; `hint` stands beside the label."""

    name: str
    shape: Shape
    label: str
    required: bool = False
    default: Any = None
    codes: str = ""
    refers: str = ""
    most: int = 0
    hint: str = ""
    help: str = ""
    choices: tuple[tuple[Any, str], ...] = ()
    but: frozenset[str] = frozenset()  # codes of the list that are not offered here
    more: bool = False  # stands under "More"
    unless: str = ""  # is not asked for while this other one says something
    only_if: tuple[str, Any] | None = None  # is asked for only while this other one has this value


def _says_nothing(answer: Any) -> str:
    return ""


def _adds_nothing(answer: Any) -> tuple[Item, ...]:
    return ()


def _fills_nothing(answer: Any) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True)
class FormPlan:
    """What a page asks for and what it makes of it. `make(participant, values)` is the command; `said` is what is said once it
    is done; `text` explains what follows from it. `kind`: of the record that is read first, for one that is there already;
    `changes`: only what was changed of it goes into `values`. `question(participant)` is asked before: `told` says its answer
    above the fields, `filled` gives values from it, `added` more fields, after the first one. `shown`: fields of the record that
    stand there as they are, where all of them go into `values`. `remove`: the command that takes the record out."""

    key: str
    title: str
    items: tuple[Item, ...]
    make: Callable[[UUID | None, Mapping[str, Any]], Command]
    said: str
    save: str
    kind: str = ""
    text: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)  # what stands there at first
    changes: bool = False
    question: Callable[[UUID | None], Question[Any]] | None = None
    told: Callable[[Any], str] = _says_nothing
    filled: Callable[[Any], Mapping[str, Any]] = _fills_nothing
    added: Callable[[Any], tuple[Item, ...]] = _adds_nothing
    shown: tuple[str, ...] = ()
    remove: Callable[[UUID], Command] | None = None
    run: Callable[[Workspace, UUID | None, Mapping[str, Any]], Done | None] | None = None  # instead of a command: off the window


def items_of(kind: str, words: Words, today: date) -> tuple[Item, ...]:
    """The fields of a kind as they are asked for: those that come first in their order, then the others."""
    model = KINDS[kind]
    first = FIRST.get(kind, tuple(model.model_fields))
    order = [*first, *(name for name in model.model_fields if name not in first)]
    found = (_item(kind, name, model.model_fields[name], words, today, more=name not in first) for name in order)
    return tuple(item for item in found if item is not None)


def _item(kind: str, name: str, info: FieldInfo, words: Words, today: date, *, more: bool) -> Item | None:
    if name in FILLED:
        return None
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    codes, refers = str(extra.get("codes") or ""), str(extra.get("refers") or "")
    most = next((item.max_length for item in info.metadata if getattr(item, "max_length", None)), 0)
    least = next((item.min_length for item in info.metadata if getattr(item, "min_length", None)), 0)
    shape = _shape(info.annotation, codes, refers, long=bool(extra.get("lines")) or most > LONG)
    if name == "award" and shape == "line":
        shape = "award"
    if shape is None:
        return None
    required = info.is_required() or least > 0
    default = today if name in STARTS_TODAY else None if info.is_required() else info.get_default(call_default_factory=True)
    if default is PydanticUndefined:
        default = None
    but = NOT_OFFERED.get((kind, name), frozenset())
    return Item(name, shape, words.field(kind, name), required, default, codes, refers, int(most or 0), but=but, more=more)


def _shape(annotation: Any, codes: str, refers: str, *, long: bool) -> Shape | None:
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        return _shape(next(part for part in get_args(annotation) if part is not type(None)), codes, refers, long=long)
    if origin is dict and get_args(annotation) == (str, str):
        return "names"
    many = origin is list
    if codes:
        return "codes" if many else "code"
    if refers:
        one: dict[str, Shape] = {"staff_member": "staff", "participant": "person"}
        return "records" if many else one.get(refers, "record")
    if many:
        return "lines" if get_args(annotation) == (str,) else None
    if annotation is str:
        return "text" if long else "line"
    shapes: dict[Any, Shape] = {
        bool: "yes_no", int: "number", date: "day", datetime: "moment", When: "when", Money: "money", PostalAddress: "address",
    }  # fmt: skip
    return shapes.get(annotation)


def writes(kind: str, role: str) -> bool:
    """Whether somebody of this role may add plain records of a kind."""
    return kind in PLAIN and role in PLAIN[kind].writers


def needed_kinds(items: Sequence[Item]) -> tuple[str, ...]:
    """The kinds from which these fields choose, each once."""
    return tuple(dict.fromkeys(item.refers for item in items if item.shape in ("record", "records") and item.refers))


def group_name(group: str, words: Words) -> str:
    return {
        "Court": words("Court"),
        "Plan": words("Plan"),
        "Referrals": words("Referrals"),
        "Help given": words("Help given"),
        "Documents": words("Documents"),
        "Talk to a lawyer about": words("Talk to a lawyer about"),
        "What was shared, and holds": words("What was shared, and holds"),
    }[group]


# --- What records are called -------------------------------------------------------------------------------------------


def said_value(kind: str, name: str, value: Any, words: Words) -> str:
    """A field's value as a person reads it; "" for nothing, and for what only an id says."""
    if value is None or value == "" or value == []:
        return ""
    info = KINDS[kind].model_fields[name]
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    codes = str(extra.get("codes") or "")
    if isinstance(value, list):
        said = (words.code(codes, item) if codes else str(item) for item in value if not isinstance(item, UUID))
        return ", ".join(said)
    if codes:
        return words.code(codes, str(value))
    if isinstance(value, bool):
        return words("Yes") if value else ""
    if isinstance(value, datetime):
        return words.short_date(words.here(value).date())
    if isinstance(value, date):
        return words.short_date(value)
    if isinstance(value, When):
        return words.short_date(value.day)
    if isinstance(value, Money):
        return f"{value.amount:.2f} {value.currency}"
    if isinstance(value, PostalAddress):
        return value.one_line
    return "" if isinstance(value, UUID) else str(value)


def title_of(fields: Fields, words: Words) -> str:
    """What a record is called: "I-589, EAC2190012345, filed". Its kind's name when nothing of that is filled."""
    kind = fields.kind
    parts = (said_value(kind, name, getattr(fields, name), words) for name in TITLES.get(kind, ()))
    said = ", ".join(part for part in parts if part)
    return (said if len(said) <= 120 else said[:117].rstrip() + "…") or words.code("kind", kind)


def detail_of(fields: Fields, words: Words, *, most: int = 3) -> str:
    """The next fields that are filled, with their names: "Filed on: 4 Mar 2026. Status: filed"."""
    kind = fields.kind
    shown = TITLES.get(kind, ())
    order = [*FIRST.get(kind, ()), *type(fields).model_fields]
    said = []
    for name in dict.fromkeys(order):
        value = said_value(kind, name, getattr(fields, name), words) if name not in shown and name not in FILLED else ""
        if value and value != str(type(fields).model_fields[name].default):
            said.append(words("{label}: {value}", label=words.field(kind, name), value=value))
    return in_one(said[:most])


def choices_of(kind: str, records: Sequence[Stored[Any]], words: Words) -> tuple[tuple[UUID, str], ...]:
    """(id, title) of the records of a kind, the newest first."""
    return tuple((item.id, title_of(item.fields, words)) for item in reversed(records) if item.fields.kind == kind)
