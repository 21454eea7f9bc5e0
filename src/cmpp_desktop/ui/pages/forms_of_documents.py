"""Short forms about files: a document comes in, a copy or a calendar goes out with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from cmpp_desktop.domain.calendar import CalendarExport
from cmpp_desktop.domain.work import Command, Done
from cmpp_desktop.errors import BugError
from cmpp_desktop.ui.page import Ui
from cmpp_desktop.ui.pages.forms_of_people import Values, needed
from cmpp_desktop.ui.pages.record_model import FormPlan, Item
from cmpp_desktop.workspace import Workspace


def _no_command(participant: UUID | None, values: Mapping[str, Any]) -> Command:
    raise BugError("form_without_command")


def attach(ui: Ui, record_id: UUID | None) -> FormPlan:
    """A file becomes a document of somebody's file."""
    words = ui.words
    names = ("title", "document_type", "received_on", "expires_on", "source", "note", "restricted")

    def run(door: Workspace, participant: UUID | None, values: Values) -> Done:
        return door.attach(values["path"], needed(participant), **{name: values[name] for name in names})

    def label(name: str) -> str:
        return words.field("attachment", name)

    items = (
        Item("path", "file", words("The file"), True, help=words("A PDF, a picture or another file of at most 100 MB.")),
        Item("title", "line", label("title"), most=200, help=words("The name of the file, if you say nothing.")),
        Item("document_type", "code", label("document_type"), default="other", codes="document_type"),
        Item("received_on", "day", label("received_on"), default=ui.today()),
        Item("expires_on", "day", label("expires_on")),
        Item("source", "line", label("source"), most=200, more=True),
        Item("note", "text", label("note"), most=1000, more=True),
        Item("restricted", "yes_no", words("Only for those who hold the restricted records"), default=False, more=True),
    )
    text = words(
        "It is copied into the encrypted store of this laptop. The file stays where it is: delete it there if nobody"
        " else needs it. Other laptops get it, sealed, when somebody opens it there."
    )
    return FormPlan("attach", words("Document"), items, _no_command, words("Document added"), words("Add"), text=text, run=run)


def save_copy(ui: Ui, record_id: UUID | None) -> FormPlan:
    """A copy of a document (`record_id`) leaves the store."""
    words = ui.words

    def run(door: Workspace, participant: UUID | None, values: Values) -> None:
        door.save_attachment(needed(record_id), values["path"], reason=values["reason"])

    items = (
        Item("reason", "line", words("Why does it leave?"), True, most=300,
             help=words("For the record: “for her lawyer”, “for the supervisor”.")),
        Item("path", "target", words("Where to"), True),
    )  # fmt: skip
    text = words("What you save leaves the encrypted store.") + " " + words(
        "Whoever has the file can read it. It is written down that you saved it, and why."
    )
    return FormPlan(
        "save_copy", words("Save a copy"), items, _no_command, words("Copy saved"), words("Save a copy"), "attachment",
        text=text, run=run,
    )  # fmt: skip


def save_report(ui: Ui, record_id: UUID | None) -> FormPlan:
    """A report that came for the Board (`record_id`) leaves the store."""
    words = ui.words

    def run(door: Workspace, participant: UUID | None, values: Values) -> None:
        door.save_report(needed(record_id), values["path"], reason=values["reason"])

    items = (
        Item("reason", "line", words("Why does it leave?"), True, most=300),
        Item("path", "target", words("Where to"), True),
    )
    text = words("What you save leaves the encrypted store.") + " " + words(
        "Whoever has the file can read it. It is written down that you saved it, and why."
    )
    return FormPlan(
        "save_report", words("Save a copy of the report"), items, _no_command, words("Copy saved"), words("Save a copy"),
        text=text, run=run,
    )  # fmt: skip


def export_calendar(ui: Ui, record_id: UUID | None) -> FormPlan:
    """Days for another calendar program, without a name."""
    words = ui.words

    def run(door: Workspace, participant: UUID | None, values: Values) -> None:
        question = CalendarExport(values["first"], values["last"], values["mine"])
        door.export_calendar(values["path"], question, reason=values["reason"], language=words.language)

    items = (
        Item("first", "day", words("From day"), True),
        Item("last", "day", words("To day"), True),
        Item("mine", "yes_no", words("Only of the people whose case I carry"), default=True),
        Item("reason", "line", words("Why does it leave?"), True, most=300),
        Item("path", "target", words("Where to"), True, default="calendar.ics"),
    )
    text = words("The file holds kinds, days, times and courts, and no name, number or note. What is restricted is not in it.")
    return FormPlan(
        "export_calendar", words("Export the calendar"), items, _no_command, words("Calendar saved"), words("Save the calendar"),
        text=text, run=run,
    )  # fmt: skip


def export_dictionary(ui: Ui, record_id: UUID | None) -> FormPlan:
    """What every field means, for whoever reads an export."""
    words = ui.words

    def run(door: Workspace, participant: UUID | None, values: Values) -> None:
        path = values["path"]
        door.export_dictionary(path.with_suffix(f".{values['format']}"), language=words.language)

    formats = (("csv", words("CSV, for a spreadsheet")), ("json", words("JSON, for a program")))
    items = (
        Item("format", "code", words("Format"), default="csv", choices=formats),
        Item("path", "target", words("Where to"), True, default="data-dictionary.csv"),
    )
    text = words("Every kind of record and every field, with its name, type and list of codes. There is nobody’s record in it.")
    return FormPlan(
        "export_dictionary", words("Data dictionary"), items, _no_command, words("Data dictionary saved"),
        words("Save the data dictionary"), text=text, run=run,
    )  # fmt: skip
