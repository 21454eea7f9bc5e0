"""Hearings, check-ins, deadlines and appointments by day: a week, a month, or the next four weeks.

T goes to today, ← and → to the span before and after, 1 2 3 choose the view. Enter opens the person's case, U the outcome. What
is exported holds no names and no A-numbers.
"""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QStackedWidget, QWidget

from cmpp_desktop.domain.calendar import Calendar, CalendarAnswer
from cmpp_desktop.ui.page import Page, Ui
from cmpp_desktop.ui.pages.calendar_model import VIEWS, View, clash_line, heading_of, kind_names, rows, span, stepped
from cmpp_desktop.ui.widgets import Banner, Button, Chip, EmptyState, ListRow, RowList, column, flow, heading, row
from cmpp_desktop.ui.widgets.streams import StreamDelegate


class CalendarPage(Page):
    """`show_for(day=None)`."""

    place = "calendar"
    kinds: ClassVar[frozenset[str]] = frozenset({"obligation", "participant", "case", "separation"})

    def __init__(self, ui: Ui) -> None:
        super().__init__(ui)
        words = self.words
        self._day = ui.today()
        self._view: View = "week"
        self._mine = True
        self._types: tuple[str, ...] = ()
        self.heading = heading("")
        back = Button("", icon="chevron-left", name=words("Before"), on=lambda: self._step(-1))
        on = Button("", icon="chevron-right", name=words("After"), on=lambda: self._step(1))
        self.today_button = Button(words("Today"), key="T", on=self._to_today)
        self.export_button = Button(words("Export"), icon="download", on=lambda: ui.go("form", form="export_calendar", given={
            "first": span(self._view, self._day)[0], "last": span(self._view, self._day)[1], "mine": self._mine,
        }))  # fmt: skip
        names = (words("Week"), words("Month"), words("Four weeks"))
        self.views = [Chip(name, checked=number == 0) for number, name in enumerate(names)]
        for view, chip in zip(VIEWS, self.views, strict=True):
            chip.clicked.connect(lambda checked=False, view=view: self._look(view))
        self.mine, self.everyone = Chip(words("Mine"), checked=True), Chip(words("Everyone’s"))
        self.mine.clicked.connect(lambda: self._whose(True))
        self.everyone.clicked.connect(lambda: self._whose(False))
        self.chips = [(Chip(name, checked=not types), types) for name, types in kind_names(words)]
        for chip, types in self.chips:
            chip.clicked.connect(lambda checked=False, types=types: self._only(types))
        self.clash = Banner("", "")
        self.clash.hide()
        self.rows = RowList(words("Calendar"), StreamDelegate(lead_width=150, top=6))
        self.rows.opened.connect(self._open)
        self.rows.key_map["U"] = self._outcome
        self.rows.sideways.connect(self._step)
        self.empty = EmptyState(
            "calendar", words("Nothing is written down for these days"),
            words("Hearings and check-ins come from a person’s page, deadlines by rule."),
            Button(words("Everyone’s"), on=lambda: self._whose(False)),
        )  # fmt: skip
        self._stack = QStackedWidget()
        self._stack.addWidget(self.rows)
        self._stack.addWidget(self.empty)
        head = QWidget()
        head.setLayout(flow(self.heading, back, self.today_button, on, *self.views, gap=8))
        filters = QWidget()
        filters.setLayout(flow(self.mine, self.everyone, *(chip for chip, _ in self.chips), gap=8))
        line = row(filters, self.export_button, gap=16)
        line.setStretch(0, 1)
        whole = column(head, line, self.clash, self._stack, gap=12, margins=(24, 16, 24, 0))
        whole.setStretch(3, 1)
        self.setLayout(whole)
        for number, view in enumerate(VIEWS, start=1):
            shortcut = QShortcut(QKeySequence(str(number)), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(lambda view=view: self._look(view))
        for key, by in (("Alt+PgUp", -1), ("Alt+PgDown", 1)):
            shortcut = QShortcut(QKeySequence(key), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(lambda by=by: self._step(by))

    def title(self) -> str:
        return self.words("Calendar")

    def keys(self) -> tuple[tuple[str, str], ...]:
        words = self.words
        return (
            ("Return", words("open")), ("U", words("outcome")), ("Left|Right", words("before, after")), ("T", words("today")),
            ("1|2|3", words("week, month, four weeks")),
        )  # fmt: skip

    def more_keys(self) -> tuple[tuple[str, str], ...]:
        return (("Alt+PgUp", self.words("Before")), ("Alt+PgDown", self.words("After")))

    def first_focus(self) -> QWidget | None:
        return self.rows if self._stack.currentWidget() is self.rows else self.today_button

    def show_for(self, **args: Any) -> None:
        day = args.get("day")
        if isinstance(day, date):
            self._day = day
        self.reload()

    def reload(self) -> None:
        first, last = span(self._view, self._day)
        asked = Calendar(first, last, self._mine, self._types)
        self.heading.setText(heading_of(self._view, self._day, self.ui.today(), self.words))
        self.ask(asked, lambda answer: self._show(asked, answer))

    def _show(self, asked: Calendar, answer: CalendarAnswer) -> None:
        first, last = span(self._view, self._day)
        if (asked.first, asked.last, asked.mine, asked.types) != (first, last, self._mine, self._types):
            return
        today = self.ui.today()
        said = clash_line(answer, self.words)
        self.clash.setVisible(bool(said))
        if said:
            self.clash.tell(said)
        self.rows.show_rows(rows(answer, today, self.words))
        self._stack.setCurrentWidget(self.rows if answer.days else self.empty)
        if self.rows.hasFocus() and self.rows.current_row() is None:
            self.rows.choose_first()
        self.take_focus()

    def _step(self, by: int) -> None:
        self._day = stepped(self._view, self._day, by)
        self.reload()

    def _to_today(self) -> None:
        self._day = self.ui.today()
        self.reload()

    def _look(self, view: View) -> None:
        self._view = view
        for other, chip in zip(VIEWS, self.views, strict=True):
            chip.setChecked(other == view)
        self.reload()

    def _whose(self, mine: bool) -> None:
        self._mine = mine
        self.mine.setChecked(mine)
        self.everyone.setChecked(not mine)
        self.reload()

    def _only(self, types: tuple[str, ...]) -> None:
        self._types = types
        for chip, behind in self.chips:
            chip.setChecked(behind == types)
        self.reload()

    def _open(self, line: ListRow) -> None:
        self.ui.go("participant", participant_id=line.id[0], tab="case")

    def _outcome(self, line: ListRow) -> None:
        self.ui.go("form", form="outcome", participant_id=line.id[0], record_id=line.id[1])
