"""The audit logs of all laptops, for administrators: who did what, on which laptop, when; and whether each log holds.

They hold ids and kinds only, so a line names who did it, never about whom. The own log is checked each time that it is read;
when its chain does not hold, the page says so in place of a list. What is wrong with another's stands above the lists, by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from PySide6.QtWidgets import QWidget

from cmpp_desktop.ui.page import Page, Ui
from cmpp_desktop.ui.pages import forms_of_audit as choices
from cmpp_desktop.ui.pages.audit_model import AuditModel, entry_row, laptop_row
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import (
    Banner,
    Button,
    CodeCombo,
    EmptyState,
    Field,
    Label,
    RowList,
    column,
    flow,
    heading,
    row,
    scrolled,
)
from cmpp_desktop.ui.widgets.streams import StreamDelegate
from cmpp_desktop.ui.widgets.tabs import Tabs
from cmpp_desktop.words import Words
from cmpp_desktop.workspace import AuditLaptop
from cmpp_desktop.workspace.audit_words import action_words

ENTRIES, LAPTOPS = "entries", "laptops"
MOST_NAMED = 3  # laptops in a sentence


class AuditPage(Page):
    """Two parts: the entries, the newest first and narrowed by choices, and the laptops."""

    place = "audit"
    kinds: ClassVar[frozenset[str]] = frozenset({"audit_batch"})  # what came; the own is asked again by hand

    def __init__(self, ui: Ui) -> None:
        super().__init__(ui)
        words = self.words
        self._actions = action_words(words)
        self.model = AuditModel(self.ask, self._line, self)
        self.model.came.connect(self._came)
        self.model.failed.connect(ui.trouble)
        self.rows = RowList(words("Entries of the audit log"), StreamDelegate(lead_width=168, top=4), model=self.model)
        self.laptops = RowList(words("Laptops and their logs"), StreamDelegate(lead_width=0, top=6, most_lines=12))
        self.laptops.opened.connect(lambda item: self._entries_of(item.id))
        self.nothing = EmptyState("search-x", words("Nothing here says that"), words("Choose more days, or everybody."))
        self.alone = EmptyState(
            "laptop", words("No other log has come yet"),
            words(
                "Every laptop sends its log, sealed, when it exchanges; only administrators’ laptops open it. A laptop with an "
                "older version of this program sends none."
            ),
        )  # fmt: skip
        self.wrong = Banner("", tone="danger")
        for hidden in (self.nothing, self.alone, self.wrong):
            hidden.hide()
        self._fill()

    def _fill(self) -> None:
        words = self.words
        self.tabs = Tabs(words("Parts of the audit log"), self)
        self.tabs.set_tabs(((ENTRIES, words("What was done")), (LAPTOPS, words("Laptops"))))
        self.tabs.chosen.connect(self._turn_to)
        self.filters = QWidget()
        self.filters.setLayout(flow(*self._fields(), gap=12))
        again = Button(words("Read it again"), icon="refresh-cw", key="F5", on=self.reload)
        self.save = Button(words("Save as a table"), icon="download", key="Ctrl+E", on=self._save)
        text = words("Who did what, on which laptop, and when. It holds no names of participants and no answers.")
        head = row(heading(self.title()), None, self.save, again, gap=12)
        parts = (self.filters, self.rows, self.nothing, self.laptops, self.alone)
        whole = column(head, Label(text, tone="ink2", wrap=True), self.wrong, self.tabs, *parts, gap=12, margins=(24, 16, 24, 8))
        for part in (self.rows, self.nothing, self.laptops, self.alone):
            whole.setStretchFactor(part, 1)
        for rows in (self.rows, self.laptops):
            rows.setMinimumHeight(look().px(240))  # with large text the page scrolls as a whole, and its lists in it
        inner = QWidget()
        inner.setLayout(whole)
        self.setLayout(column(scrolled(inner, self.title())))
        self.laptops.hide()

    def _fields(self) -> list[Field]:
        words, usual = self.words, choices.USUAL
        offered = {
            "laptop": choices.laptop_choices(self.ui), "person": choices.person_choices(self.ui),
            "group": choices.group_choices(words), "days": choices.day_choices(words),
        }  # fmt: skip
        named = {"laptop": words("Laptop"), "person": words("Who"), "group": words("What"), "days": words("Days")}
        self.asked = {name: CodeCombo(offered[name], usual[name]) for name in named}
        fields = [Field(said, self.asked[name]) for name, said in named.items()]
        for field in fields:
            field.setFixedWidth(look().px(230))
        for combo in self.asked.values():
            combo.chosen.connect(lambda _: self._search())
        return fields

    # --- what a page is -------------------------------------------------------------------------------------------------

    def title(self) -> str:
        return self.words("Audit log")

    def keys(self) -> tuple[tuple[str, str], ...]:
        words = self.words
        return (("Up|Down", words("move")), ("Ctrl+Tab", words("laptops")), ("F5", words("read it again")))

    def doings(self) -> tuple[tuple[str, str, Callable[[], object]], ...]:
        return ((self.words("Save the audit log as a table"), "download", self._save),)

    def first_focus(self) -> QWidget | None:
        return self.rows if self.tabs.key() == ENTRIES else self.laptops

    def show_for(self, **args: Any) -> None:
        self.reload()

    def reload(self) -> None:
        self._search()
        self.call(self.ui.door.audit_laptops, self._show_laptops)

    # --- entries --------------------------------------------------------------------------------------------------------

    def _values(self) -> Mapping[str, str]:
        return {name: combo.value() for name, combo in self.asked.items()}

    def _search(self) -> None:
        self.model.search(choices.filter_of(self.ui, self._values()))

    def _came(self) -> None:
        self._choose(self.tabs.key())
        self.take_focus()
        if self.rows.hasFocus() and not self.rows.currentIndex().isValid():
            self.rows.choose_first()

    def _turn_to(self, part: str) -> None:
        was_here = self.rows.hasFocus() or self.laptops.hasFocus()
        self._choose(part)
        first = self.first_focus()
        if was_here and first is not None:
            first.setFocus()  # the list that had the keyboard is hidden now

    def _choose(self, part: str) -> None:
        entries, any_rows, any_laptops = part == ENTRIES, bool(self.model.rows), bool(self.laptops.model().rowCount())
        self.filters.setVisible(entries)
        self.rows.setVisible(entries and any_rows)
        self.nothing.setVisible(entries and not any_rows)
        self.laptops.setVisible(not entries and any_laptops)
        self.alone.setVisible(not entries and not any_laptops)

    def _entries_of(self, device: str) -> None:
        if self.asked["laptop"].findData(device) < 0:
            return
        self.asked["laptop"].set_value(device)
        self.tabs.choose(ENTRIES)
        self.rows.setFocus()

    def _save(self) -> None:
        self.ui.go("form", form="export_audit", given=dict(self._values()))

    # --- laptops --------------------------------------------------------------------------------------------------------

    def _show_laptops(self, found: Sequence[AuditLaptop]) -> None:
        words, now = self.words, self.ui.now()
        self.laptops.show_rows([laptop_row(one, words, self._moment, now) for one in found])
        bad = [one for one in found if one.troubles or one.silent]
        self.wrong.setVisible(bool(bad))
        if bad:
            self.wrong.tell(*_alarm(bad, words))
        self._choose(self.tabs.key())

    def _line(self, entry: Any) -> Any:
        return entry_row(entry, self.words, self._moment, self._actions)

    def _moment(self, at: datetime) -> str:
        here = self.words.here(at)
        return f"{self.words.short_date(here.date(), self.ui.today())}, {self.words.time(here)}"


def _alarm(bad: Sequence[AuditLaptop], words: Words) -> tuple[str, str]:
    names = [choices.laptop_called(one.name, one.person, words) for one in bad[:MOST_NAMED]]
    more = len(bad) - len(names)
    said = "; ".join((*names, *((words.plural("{n} more", "{n} more", more),) if more else ())))
    title = words.plural("The audit log of a laptop is not in order", "The audit logs of {n} laptops are not in order", len(bad))
    return title, words("{names}. What is wrong stands under Laptops; speak with whoever works there.", names=said)
