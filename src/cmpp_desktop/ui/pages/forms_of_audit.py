"""Which entries of the audit logs are wanted, as choices in words, and the short form by which they are saved as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from cmpp_desktop.domain.audit_logs import OWN, AuditFilter
from cmpp_desktop.domain.work import Command
from cmpp_desktop.errors import BugError
from cmpp_desktop.ui.page import Ui
from cmpp_desktop.ui.pages.forms_of_people import Values
from cmpp_desktop.ui.pages.record_model import FormPlan, Item
from cmpp_desktop.words import Words, zone_of
from cmpp_desktop.workspace import Workspace
from cmpp_desktop.workspace.audit_words import group_words

ALL = "all"
USUAL: Mapping[str, str] = {"laptop": ALL, "person": ALL, "group": ALL, "days": "30"}
Choices = Sequence[tuple[str, str]]


def laptop_choices(ui: Ui) -> Choices:
    """All laptops, this one, then each by name."""
    words, named = ui.words, ui.me.device_names if ui.me is not None else ()
    people = {one.id: one.name for one in ui.me.staff} if ui.me is not None else {}
    each = sorted((laptop_called(name, people.get(member, ""), words), device) for device, name, member in named)
    first = ((ALL, words("All laptops")), (OWN, words("This laptop, with what is not sent yet")))
    return (*first, *((device, said) for said, device in each))


def laptop_called(name: str, person: str, words: Words) -> str:
    """ "Blue ThinkPad, Ana Marroquín"."""
    return ", ".join(part for part in (name or words("A laptop without a name"), person) if part)


def person_choices(ui: Ui) -> Choices:
    """Everybody, then each of the staff."""
    staff = ui.me.staff if ui.me is not None else ()
    return ((ALL, ui.words("Everybody")), *((one.id.hex, one.name) for one in staff))


def group_choices(words: Words) -> Choices:
    """Everything, then the kinds of action."""
    return ((ALL, words("Everything")), *group_words(words).items())


def day_choices(words: Words) -> Choices:
    """How far back."""
    some = tuple((str(days), words("The last {n} days", n=days)) for days in (7, 30, 90))
    return (("1", words("Today")), *some, (ALL, words("As far back as it goes")))


def filter_of(ui: Ui, values: Mapping[str, Any]) -> AuditFilter:
    """What the choices ask for."""

    def chosen(name: str) -> str:
        return "" if values[name] == ALL else values[name]

    since = None
    if days := chosen("days"):
        midnight = datetime.combine(ui.today(), time(), tzinfo=zone_of(ui.zone))
        since = midnight - timedelta(days=int(days) - 1)
    person = chosen("person")
    return AuditFilter(chosen("laptop"), UUID(hex=person) if person else None, chosen("group"), since)


def export_audit(ui: Ui, record_id: UUID | None) -> FormPlan:
    """Entries of the audit logs leave the store as a table."""
    words = ui.words

    def no_command(participant: UUID | None, values: Values) -> Command:
        raise BugError("form_without_command")

    def run(door: Workspace, participant: UUID | None, values: Values) -> None:
        door.export_audit(values["path"], filter_of(ui, values), reason=values["reason"], language=words.language)

    items = (
        Item("laptop", "code", words("Laptop"), True, default=USUAL["laptop"], choices=tuple(laptop_choices(ui))),
        Item("person", "code", words("Who"), True, default=USUAL["person"], choices=tuple(person_choices(ui))),
        Item("group", "code", words("What"), True, default=USUAL["group"], choices=tuple(group_choices(words))),
        Item("days", "code", words("Days"), True, default=USUAL["days"], choices=tuple(day_choices(words))),
        Item("reason", "line", words("Why does it leave?"), True, most=300),
        Item("path", "target", words("Where to"), True, default="audit-log.csv"),
    )  # fmt: skip
    text = words(
        "The table says when, on which laptop, who, what and the number of the record: no name of a participant and no answer. "
        "It is written down that you saved it, and why."
    )
    return FormPlan(
        "export_audit", words("Save the audit log as a table"), items, no_command, words("Audit log saved"),
        words("Save as a table"), text=text, run=run,
    )  # fmt: skip
