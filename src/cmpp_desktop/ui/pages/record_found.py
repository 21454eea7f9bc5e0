"""What a form asks the store before it is shown, and how its widgets are laid out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QLayout, QVBoxLayout, QWidget

from cmpp_desktop.domain.entries import FileOf, OneRecord, Records
from cmpp_desktop.domain.questions import Draft, Participant, ParticipantView
from cmpp_desktop.domain.work import Stored
from cmpp_desktop.ui.pages.record_input import Input
from cmpp_desktop.ui.pages.record_model import FormPlan, needed_kinds
from cmpp_desktop.ui.widgets import flow
from cmpp_desktop.workspace import Workspace

SHORT = frozenset({"day", "number", "money", "yes_no"})
OF_NOBODY = frozenset({"team", "site", "award", "hsds_organization", "hsds_service", "staff_member", "household"})
# By what they say, or by a restricted record that they name.
MAY_BE_RESTRICTED = frozenset(
    {
        "need", "goal", "action_step", "application", "appeal", "clock_event", "potential_relief", "refer", "referral_news",
        "share", "attach", "attachment", "note", "write_note",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Found:
    """What the store said before a form is shown."""

    view: ParticipantView | None
    records: Mapping[str, tuple[Stored[Any], ...]]
    record: Stored[Any] | None
    answer: Any
    draft: Draft | None

    @property
    def held(self) -> bool:
        """Whether this laptop holds the restricted records: then drafts of what may be restricted are kept with them."""
        return self.view is not None and not self.view.restricted_exists


def draft_key(form: str, about: UUID | None, record_id: UUID | None, *, held: bool) -> str:
    """"form:goal:<participant>:<record>", with "restricted:" before it for what may be restricted."""
    key = f"form:{form}:{about or ''}:{record_id or ''}"
    return f"restricted:{key}" if held and form in MAY_BE_RESTRICTED else key


def find(door: Workspace, plan: FormPlan, form: str, about: UUID | None, record_id: UUID | None) -> Found:
    """On the store's thread: who it is about, the record, what can be chosen, the answer to the plan's question, the draft."""
    view = door.ask(Participant(about)) if about is not None else None
    kinds = needed_kinds(plan.items)
    records: dict[str, tuple[Stored[Any], ...]] = {kind: door.ask(Records(kind)) for kind in kinds if kind in OF_NOBODY}
    own = tuple(kind for kind in kinds if kind not in OF_NOBODY)
    if about is not None and own:
        found = door.ask(FileOf(about, own))
        records |= {kind: tuple(item for item in found if item.fields.kind == kind) for kind in own}
    record = door.ask(OneRecord(plan.kind, record_id)) if plan.kind and record_id is not None else None
    answer = door.ask(plan.question(about)) if plan.question is not None else None
    before = Found(view, records, record, answer, None)
    return Found(view, records, record, answer, door.draft(draft_key(form, about, record_id, held=before.held)))


def lay_out(box: QVBoxLayout, found: Sequence[Input]) -> None:
    """Below each other; short ones that follow each other stand side by side."""
    for short, group in groupby(found, key=lambda one: one.item.shape in SHORT):
        frames = [one.frame for one in group]
        if short and len(frames) > 1:
            line = QWidget()
            line.setLayout(flow(*frames, gap=16))
            frames = [line]
        for frame in frames:
            box.addWidget(frame)
            frame.show()  # now, and not when the layout comes to it: the keyboard goes there at once


def clear(box: QLayout) -> None:
    """Takes everything out of a layout."""
    while (item := box.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
