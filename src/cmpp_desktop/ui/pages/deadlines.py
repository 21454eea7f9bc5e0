"""The deadlines of one participant beside their rules, and the asylum clock of each application: to be read, not typed.

Enter on a deadline opens the form in which a judge's order sets another day; O does the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from PySide6.QtWidgets import QWidget

from cmpp_desktop.domain.deadline_views import AsylumClock, ClockView, Deadline, Deadlines
from cmpp_desktop.domain.deadlines import RestoreRuleDeadline
from cmpp_desktop.domain.entries import Records
from cmpp_desktop.domain.questions import Participant
from cmpp_desktop.domain.work import Done
from cmpp_desktop.ui.page import Page, Ui
from cmpp_desktop.ui.pages.deadlines_model import clock_lines, deadline_row
from cmpp_desktop.ui.pages.record_found import clear
from cmpp_desktop.ui.pages.record_model import title_of
from cmpp_desktop.ui.pages.what_if import WhatIf
from cmpp_desktop.ui.widgets import Button, EmptyState, Label, ListRow, column, heading, row, rule, scrolled
from cmpp_desktop.ui.widgets.streams import FittedRows, StreamDelegate

ASYLUM = "i589"
BY_PEOPLE = frozenset({"ordered", "by_hand"})  # why a deadline does not follow its rule, and can be made to again


@dataclass(frozen=True)
class Found:
    """What the store said."""

    called: str
    deadlines: Sequence[Deadline]
    clocks: Sequence[tuple[UUID, str, ClockView]]


class DeadlinesPage(Page):
    """`show_for(participant_id=…)`."""

    place = "deadlines"
    rail = "people"
    kinds: ClassVar[frozenset[str]] = frozenset({"obligation", "application", "clock_event", "rule_pack", "address", "order"})

    def __init__(self, ui: Ui) -> None:
        super().__init__(ui)
        words = self.words
        self._id: UUID | None = None
        self.heading = heading(words("Deadlines and the asylum clock"))
        self.whom = Label("", "large", tone="ink2")
        self.close_button = Button(words("Close"), kind="quiet", key="Esc", on=ui.back)
        self.rows = FittedRows(words("Deadlines"), StreamDelegate(lead_width=96, top=8))
        self.rows.opened.connect(self._order)
        self.rows.key_map["O"] = self._order
        self.rows.key_map["B"] = self._back_to_rule
        self.rows.current_changed.connect(lambda _: self._say_button())
        self.order = Button(words("A judge’s order sets another day"), key="O", on=lambda: self._order(self.rows.current_row()))
        self.to_rule = Button(
            words("Back to the day of its rule"), kind="quiet", key="B", on=lambda: self._back_to_rule(self.rows.current_row())
        )
        self._kept: dict[UUID, str] = {}
        self.empty = EmptyState(
            "file-clock", words("No deadline is counted"),
            words("They follow from what is written down: an arrival, an order, a filing, a new address."),
        )  # fmt: skip
        self._clocks_box = column(gap=4)
        self._clocks = QWidget()
        self._clocks.setLayout(self._clocks_box)
        note = Label(words("Counted dates are not legal advice. Confirm with the attorney."), "small", tone="ink2", wrap=True)
        inner = QWidget()
        inner.setLayout(
            column(
                row(self.heading, None, self.close_button), self.whom, note, self.rows,
                row(self.order, self.to_rule, None), self.empty,
                8, self._clocks, None, gap=8,
                margins=(24, 16, 24, 24),
            )
        )  # fmt: skip
        self.setLayout(column(scrolled(inner, words("Deadlines and the asylum clock"))))

    def title(self) -> str:
        return self.words("Deadlines and the asylum clock")

    def keys(self) -> tuple[tuple[str, str], ...]:
        words = self.words
        return (("Up|Down", words("move")), ("O", words("a judge’s order")), ("Esc", words("close")))

    def first_focus(self) -> QWidget | None:
        return self.rows if self.rows.isVisibleTo(self) else self.close_button

    def show_for(self, **args: Any) -> None:
        self._id = args["participant_id"]
        self.reload()

    def reload(self) -> None:
        asked = self._id
        if asked is not None:
            self.call(lambda: self._find(asked), lambda found: self._show(asked, found), self.ui.trouble)

    def _find(self, asked: UUID) -> Found:
        """On the store's thread."""
        door, today = self.ui.door, self.ui.today()
        view = door.ask(Participant(asked))
        filed = [item for item in door.ask(Records("application", asked)) if item.fields.form == ASYLUM]
        clocks = [(item.id, title_of(item.fields, self.words), door.ask(AsylumClock(item.id, today))) for item in filed]
        return Found(view.participant.fields.called, door.ask(Deadlines(asked, today)), clocks)

    def _show(self, asked: UUID, found: Found) -> None:
        if asked != self._id:
            return
        today = self.ui.today()
        self.whom.setText(found.called)
        self._kept = {item.obligation_id: item.kept for item in found.deadlines if item.obligation_id is not None}
        self.rows.show_rows([deadline_row(item, today, self.words) for item in found.deadlines])
        self.rows.setVisible(bool(found.deadlines))
        self.empty.setVisible(not found.deadlines)
        self._say_button()
        clear(self._clocks_box)
        for id, title, view in found.clocks:
            said = self.words("Asylum clock: {application}", application=title)
            self._add(Label(said, "large", weight="semibold", wrap=True), rule("head"))
            self._add(*(Label(line, wrap=True, select=True) for line in clock_lines(view, self.words)))
            if view.state in ("running", "stopped"):
                self._clocks_box.addWidget(WhatIf(self, id, view))
        self._clocks.setVisible(bool(found.clocks))
        self.take_focus()

    def _add(self, *widgets: QWidget) -> None:
        for widget in widgets:
            self._clocks_box.addWidget(widget)
            widget.show()

    def _say_button(self) -> None:
        """Only what has a day can be ordered, and only what was set by an order or by hand goes back."""
        line = self.rows.current_row()
        there = line is not None and isinstance(line.id, UUID)
        self.order.setVisible(there)
        self.to_rule.setVisible(there and line is not None and self._kept.get(line.id) in BY_PEOPLE)

    def _back_to_rule(self, line: ListRow | None) -> None:
        if line is not None and self._kept.get(line.id) in BY_PEOPLE:
            self.do(RestoreRuleDeadline(line.id), self._restored)

    def _restored(self, done: Done) -> None:
        self.ui.say(self.words("It follows its rule again"), done.undo, lambda _: self.reload())
        self.reload()

    def _order(self, line: ListRow | None) -> None:
        if line is not None and isinstance(line.id, UUID):
            self.ui.go("form", form="order_deadline", participant_id=self._id, record_id=line.id)
