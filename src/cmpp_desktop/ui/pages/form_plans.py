"""Which form is behind which name: one for each plain kind of record, made from its fields, and those of commands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from cmpp_desktop.domain.dispatch import PLAIN
from cmpp_desktop.domain.entries import AddRecord, ChangeRecord, RemoveRecord
from cmpp_desktop.domain.work import Command
from cmpp_desktop.errors import BugError
from cmpp_desktop.ui.page import Ui
from cmpp_desktop.ui.pages.command_forms import COMMANDS
from cmpp_desktop.ui.pages.record_model import FormPlan, items_of


def plan_for(form: str, ui: Ui, record_id: UUID | None) -> FormPlan:
    """The plan of a form by its name."""
    if form in COMMANDS:
        return COMMANDS[form](ui, record_id)
    if form in PLAIN:
        return _plain(form, ui, record_id)
    raise BugError("no_such_form", form=form)


def _plain(kind: str, ui: Ui, record_id: UUID | None) -> FormPlan:
    words = ui.words

    def make(participant: UUID | None, values: Mapping[str, Any]) -> Command:
        if record_id is not None:
            return ChangeRecord(kind, record_id, values)
        about = {"participant_id": participant} if "participant_id" in PLAIN[kind].model.model_fields else {}
        return AddRecord(kind, {**about, **{name: value for name, value in values.items() if value not in (None, "")}})

    name = words.code("kind", kind)
    said = words("Changed: {what}", what=name) if record_id is not None else words("Added: {what}", what=name)
    return FormPlan(
        kind, name, items_of(kind, words, ui.today()), make, said, words("Save"), kind,
        changes=True, remove=lambda id: RemoveRecord(kind, id),
    )  # fmt: skip
