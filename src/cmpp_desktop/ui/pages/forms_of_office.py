"""Forms of what belongs to the organisation: an own code of a list. Awards, sites and staff time are plain records."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from cmpp_desktop.domain.assistance import ApproveEntries, RecordStaffTime, RefuseEntry
from cmpp_desktop.domain.codes import RULED_LISTS, list_of
from cmpp_desktop.domain.dispatch import KINDS
from cmpp_desktop.domain.entries import AddRecord, ChangeRecord, RemoveRecord
from cmpp_desktop.domain.work import Command
from cmpp_desktop.errors import Invalid
from cmpp_desktop.ui.page import Ui
from cmpp_desktop.ui.pages.record_model import FormPlan, Item
from cmpp_desktop.words import Words

LONGEST = 60


def lists_to_change(words: Words) -> tuple[tuple[str, str], ...]:
    """The code lists that an organisation may change, by what they are called: the field that draws on them first."""
    found: dict[str, str] = {}
    for kind, model in KINDS.items():
        for name in model.model_fields:
            list_id = list_of(model, name)
            if list_id is not None and list_id not in RULED_LISTS:
                found.setdefault(list_id, f"{words.code('kind', kind)}: {words.field(kind, name)}")
    return tuple(sorted(found.items(), key=lambda item: item[1].casefold()))


def own_code(ui: Ui, record_id: UUID | None) -> FormPlan:
    """A code that the organisation adds; its id is made of its English name and stays when that is changed."""
    words = ui.words

    def make(participant: UUID | None, values: Mapping[str, Any]) -> Command:
        names = values.get("names") or {}
        if record_id is not None:
            return ChangeRecord("code_entry", record_id, {name: value for name, value in values.items() if name != "list_id"})
        if not names:
            raise Invalid(names="missing")
        return AddRecord("code_entry", {**values, "code": code_of(next(iter(names.values())))})

    items = (
        Item("list_id", "code", words("List"), required=True, choices=lists_to_change(words)),
        Item("names", "names", words("Name")),
        Item("since", "day", words("Offered from")),
        Item("retired_on", "day", words("Offered until")),
    )
    said = words("Changed: {what}", what=words("code")) if record_id else words("Added: {what}", what=words("code"))
    return FormPlan(
        "own_code", words("A code of your own"), items, make, said, words("Save"), "code_entry",
        text=words("It is offered wherever this list is, in all languages that you name it in."),
        changes=True, remove=lambda id: RemoveRecord("code_entry", id),
    )  # fmt: skip


def my_time(ui: Ui, record_id: UUID | None) -> FormPlan:
    """Working time of one's own on a day, charged to an award; a session's own time is written with the session."""
    words = ui.words

    def make(participant: UUID | None, values: Mapping[str, Any]) -> Command:
        return RecordStaffTime(**{name: value for name, value in values.items() if value is not None})

    items = (
        Item("minutes", "number", words("Minutes"), required=True),
        Item("activity", "code", words.field("staff_time", "activity"), default="case_management", codes="staff_activity"),
        Item("day", "day", words.field("staff_time", "day"), default=ui.today()),
        Item("award", "award", words.field("staff_time", "award")),
        Item("cost_category", "code", words.field("staff_time", "cost_category"), default="personnel", codes="cost_category"),
        Item("note", "line", words.field("staff_time", "note"), most=500),
    )
    return FormPlan("my_time", words("Staff time"), items, make, words("Time written down"), words("Save"))


def decide_time(ui: Ui, record_id: UUID | None) -> FormPlan:
    """A supervisor approves an entry of staff time, or refuses it with a reason."""
    words = ui.words

    def make(participant: UUID | None, values: Mapping[str, Any]) -> Command:
        if record_id is None:
            raise Invalid(note="missing")
        if values["decision"] == "approve":
            return ApproveEntries("staff_time", (record_id,), values.get("note") or "")
        return RefuseEntry("staff_time", record_id, values.get("note") or "")

    choices = (("approve", words("Approve")), ("refuse", words("Refuse")))
    items = (
        Item("decision", "code", words("Decision"), default="approve", choices=choices),
        Item("note", "line", words("Why"), most=500, help=words("Needed when it is refused.")),
    )
    return FormPlan("decide_time", words("Decide on staff time"), items, make, words("Decided"), words("Save"))


def code_of(name: str) -> str:
    """The id of a code with this name: small Latin letters, digits and underscores."""
    letters = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    found = re.sub(r"[^a-z0-9]+", "_", letters).strip("_")[:LONGEST].strip("_")
    return found or "own_" + "_".join(f"{ord(letter):x}" for letter in name[:8])
