"""Settings, Lists: awards, sites, and what the organisation adds to the code lists or retires in them; for administrators.

A retired code still prints what was recorded with it, and is offered no more. Enter opens the form of a line; Undo takes back.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from PySide6.QtWidgets import QWidget

from cmpp_desktop.domain.entries import AddRecord, Records
from cmpp_desktop.domain.work import Done, Stored
from cmpp_desktop.ui.page import Page
from cmpp_desktop.ui.pages.forms_of_office import lists_to_change
from cmpp_desktop.ui.pages.record_model import detail_of, title_of
from cmpp_desktop.ui.widgets import Button, Field, Label, ListRow, SectionHead, column, heading, row
from cmpp_desktop.ui.widgets.combo import CodeCombo
from cmpp_desktop.ui.widgets.row_model import RowBadge
from cmpp_desktop.ui.widgets.streams import FittedRows, StreamDelegate, StreamRow
from cmpp_desktop.words import Code

KINDS_HERE = ("award", "site")
ICONS = {"award": "badge-dollar-sign", "site": "map-pin", "code_entry": "tag"}


class ListsPart(QWidget):
    """One part of the settings page."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.page, self.ui, self.words = page, page.ui, page.words
        words = self.words
        self.administers = self.ui.me is not None and self.ui.me.me.role == "administrator"
        self._own: dict[str, Stored[Any]] = {}
        only = Label(words("Administrators change these lists. Ask one of yours."), tone="ink2", wrap=True)
        if self.administers:
            only.hide()
        self.rows: dict[str, FittedRows] = {}
        parts: list[Any] = [heading(words("Awards, sites and codes")), only]
        for kind in KINDS_HERE:
            parts += [8, *self._section(kind)]
        self.which = CodeCombo(lists_to_change(words), "service")
        self.which.chosen.connect(lambda _: self._show_codes())
        self.codes = FittedRows(words("Codes of this list"), StreamDelegate(lead_width=0, top=4))
        self.codes.opened.connect(self._open_code)
        self.add_code = Button(words("Add a code"), icon="plus", on=self._new_code)
        if not self.administers:  # never `setVisible(True)` of what has no parent yet: it would be a window
            self.add_code.hide()
        said = words("A retired code is not offered any more; what was recorded with it keeps its name.")
        explain = Label(said, "small", tone="ink2", wrap=True)
        parts += [8, SectionHead(words("Codes")), Field(words("List"), self.which), explain, row(self.add_code, None), self.codes]
        self.setLayout(column(*parts, gap=8))

    def _section(self, kind: str) -> list[Any]:
        words = self.words
        name = words.code("kind", kind)
        lines = FittedRows(name, StreamDelegate(lead_width=0, top=4))
        lines.opened.connect(partial(self._open, kind))
        self.rows[kind] = lines
        add = Button(words("Add: {what}", what=name), icon="plus", on=partial(self._go, kind, None, {}))
        if not self.administers:
            add.hide()
        titles = {"award": words("Awards"), "site": words("Sites")}
        return [SectionHead(titles[kind]), row(add, None), lines]

    # --- what is there ------------------------------------------------------------------------------------------------

    def reload(self) -> None:
        for kind in KINDS_HERE:
            self.page.ask(Records(kind), partial(self._show, kind))
        self.page.ask(Records("code_entry"), self._show_own)

    def _show(self, kind: str, found: Sequence[Stored[Any]]) -> None:
        words = self.words
        rows: list[ListRow] = [
            StreamRow(id=item.id, title=title_of(item.fields, words), details=(detail_of(item.fields, words),), icon=ICONS[kind])
            for item in found
        ]
        empty = {
            "award": words("None yet. Work and help are charged to an award by its number."),
            "site": words("None yet. A site is a place where you work."),
        }
        self.rows[kind].show_rows(rows or [ListRow(title=empty[kind], muted=True, icon=ICONS[kind])])

    def _show_own(self, found: Sequence[Stored[Any]]) -> None:
        self._own = {f"{item.fields.list_id}:{item.fields.code}": item for item in found}
        self._show_codes()

    def _show_codes(self) -> None:
        list_id = str(self.which.value())
        self.codes.show_rows([self._code_row(list_id, code) for code in self.words.codes(list_id)])

    def _code_row(self, list_id: str, code: Code) -> StreamRow:
        words = self.words
        own = self._own.get(f"{list_id}:{code.id}")
        badge = RowBadge(words("Retired"), "neutral") if code.retired else None
        detail = words("Yours") if own is not None and own.fields.names else ""
        return StreamRow(id=code.id, title=code.name(words.language), what=detail, icon=ICONS["code_entry"], badge=badge)

    # --- changing -----------------------------------------------------------------------------------------------------

    def _open(self, kind: str, line: ListRow) -> None:
        if line.id is not None and self.administers:
            self._go(kind, line.id, {})

    def _open_code(self, line: ListRow) -> None:
        """An own entry opens its form; one of the program's is retired, or offered again."""
        if line.id is None or not self.administers:
            return
        list_id = str(self.which.value())
        own = self._own.get(f"{list_id}:{line.id}")
        if own is not None:
            self._go("own_code", own.id, {})
            return
        values = {"list_id": list_id, "code": line.id, "retired_on": self.ui.today()}
        self.page.do(AddRecord("code_entry", values), partial(self._retired, self.words("Retired: {what}", what=line.title)))

    def _retired(self, said: str, done: Done) -> None:
        self.ui.say(said, done.undo, lambda _: self.reload())
        self.reload()

    def _new_code(self) -> None:
        self._go("own_code", None, {"list_id": str(self.which.value())})

    def _go(self, kind: str, record_id: Any, given: dict[str, Any]) -> None:
        self.ui.go("form", form=kind, participant_id=None, record_id=record_id, given=given)
