"""Today: what must I do? Three columns by time, with one key for what came of a hearing or check-in, and its undo."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from PySide6.QtCore import QRect, Qt, QTimer
from PySide6.QtGui import QKeySequence, QPainter, QPaintEvent, QShortcut
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLayout, QMenu, QStackedWidget, QWidget

from cmpp_desktop.domain.obligations import MarkObligation
from cmpp_desktop.domain.questions import Today, TodayAnswer, TodayItem
from cmpp_desktop.domain.records import When
from cmpp_desktop.domain.work import Command, Done
from cmpp_desktop.ui import places
from cmpp_desktop.ui.overlay import Overlay
from cmpp_desktop.ui.page import Page, Ui
from cmpp_desktop.ui.pages.today_rows import can_mark, columns, key_of, next_line
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import (
    Button,
    Chip,
    DateField,
    EmptyState,
    Field,
    IconView,
    Label,
    ListRow,
    Painted,
    RowDelegate,
    RowList,
    TimeField,
    column,
    isolate,
    row,
    scrolled,
)

STRETCH = (32, 46, 31)  # how the columns share the width
RESULTS = {"attended": "attended", "missed": "missed_unexcused"}


class ColumnLine(Painted):
    """The line under a column's head, in the colour of its time."""

    def __init__(self, tone: str) -> None:
        super().__init__()
        self._tone = tone
        self.setFixedHeight(2)

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), look().colour(self._tone))


class Column(QWidget):
    """A head with a number, a line, and the rows; or words for when there are none."""

    def __init__(self, title: str, empty: str, tone: str, lead_width: int) -> None:
        super().__init__()
        self.title_words = title
        self.title = Label(title, "large", weight="semibold")
        self.count = Label("", tone="ink2")
        self.list = RowList(title, RowDelegate(lead_width=lead_width, head_line=False))
        self.empty = Label(empty, tone="ink2", wrap=True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeading)
        self.empty.setContentsMargins(look().px(8), look().px(12), look().px(8), 0)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.list)
        self.stack.addWidget(self.empty)
        self.head = QWidget()
        self.head.setLayout(row(self.title, self.count, None, gap=8, margins=(8, 0, 8, 8)))
        self.setLayout(column(self.head, ColumnLine(tone), 8, self.stack, gap=0))

    def show_rows(self, rows: list[ListRow], more: int = 0) -> None:
        """`more`: how many there are beyond the rows; they are counted and said, never left out without a word."""
        number = sum(not item.head for item in rows) + more
        self.count.setText(str(number) if number else "")
        self.list.show_rows(rows)
        self.stack.setCurrentWidget(self.list if number else self.empty)


class TodayPage(Page):
    """`show_for()`. Arrows move, ← → change the column, A M V mark, Enter opens."""

    place = "today"
    kinds = frozenset({"obligation", "task", "consent", "service_session", "review", "participant", "draft", "case"})

    def __init__(self, ui: Ui) -> None:
        super().__init__(ui)
        self._answer: TodayAnswer | None = None
        self._items: dict[tuple[str, UUID, str], TodayItem] = {}
        self._mine = True
        self._here = 1
        self._narrow = False
        self._form: MovedForm | None = None
        self._build()

    def title(self) -> str:
        return self.words("Today")

    def keys(self) -> tuple[tuple[str, str], ...]:
        words = self.words
        return (
            ("Up|Down", words("move")),
            ("Left|Right", words("next column")),
            ("A|M|V", words("mark")),
            ("Return", words("open")),
        )

    def more_keys(self) -> tuple[tuple[str, str], ...]:
        words = self.words
        return (
            ("U", words("undo what was marked")),
            ("O", words("add the next date")),
            ("R", words("they were reminded")),
            ("Menu", words("what can be done with the row")),
            ("F5", words("look again")),
        )

    def first_focus(self) -> QWidget | None:
        return self._columns[self._here].list

    # --- making it --------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        words = self.words
        self._columns = (
            Column(words("Overdue"), words("Nothing is late."), "brick_mark", 0),
            Column(words("Today"), words("Nothing more today."), "accent", 80),
            Column(words("This week"), words("Nothing else this week."), "edge", 0),
        )
        for number, part in enumerate(self._columns):
            self._wire(number, part)
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(look().px(24))
        for number, (part, stretch) in enumerate(zip(self._columns, STRETCH, strict=True)):
            self._grid.addWidget(part, 0, number)
            self._grid.setColumnStretch(number, stretch)
        self._board = QWidget()
        self._board.setLayout(self._grid)
        self._empty = EmptyState(
            "sun",
            words("Nothing is due"),
            words("Hearings, check-ins, deadlines, tasks and open drafts of the people whom you serve stand here, by time."),
            *self._empty_buttons(),
        )
        self._stack = QStackedWidget()
        self._stack.addWidget(self._board)
        self._empty_part = scrolled(self._empty, words("Nothing is due"))
        self._stack.addWidget(self._empty_part)
        self._tabs = QWidget()
        self._tabs.setLayout(self._tab_row())
        self._tabs.hide()
        whole = column(self._header(), self._digits_line(), self._tabs, self._stack, gap=12, margins=(24, 16, 24, 0))
        whole.setStretch(3, 1)
        self.setLayout(whole)

    def _empty_buttons(self) -> list[Button]:
        made = [Button(self.words("Find somebody"), key="Ctrl+K", icon="search", on=self._find)]
        made[0].setShortcut(QKeySequence())  # the frame's own key
        if places.place("someone_new").exists:
            made.insert(
                0, Button(self.words("Someone new"), kind="primary", icon="user-plus", on=lambda: self.ui.go("someone_new"))
            )
        return made

    def _wire(self, number: int, part: Column) -> None:
        part.list.opened.connect(self._open)
        part.list.pressed_button.connect(self._press)
        part.list.sideways.connect(lambda step, here=number: self._sideways(here, step))
        part.list.entered.connect(lambda here=number: self._entered(here))
        for letter, what in (("A", "attended"), ("M", "missed"), ("V", "moved"), ("U", "undo"), ("O", "next"), ("R", "reminder")):
            part.list.key_map[letter] = lambda item, what=what: self._press(item.id, what)  # type: ignore[misc]  # a default keeps the word

    def _header(self) -> QLayout:
        words = self.words
        self._date = Label("", "page")
        self._next = Label("", tone="ink2")
        self._mine_chip = Chip(words("Mine"), checked=True)
        self._team_chip = Chip(words("Everyone’s"))
        self._mine_chip.clicked.connect(lambda: self._whose(True))
        self._team_chip.clicked.connect(lambda: self._whose(not self._team_chip.isChecked()))
        self._new = Button(words("New"), icon="plus", key="Ctrl+N", on=self._new_menu)
        header: QHBoxLayout = row(self._date, self._next, None, self._mine_chip, self._team_chip, self._new, gap=8)
        header.setAlignment(self._next, Qt.AlignmentFlag.AlignBottom)
        self._next.setContentsMargins(look().px(8), 0, 0, look().px(6))
        shortcut = QShortcut(QKeySequence("F5"), self)
        shortcut.activated.connect(self.reload)
        return header

    def _digits_line(self) -> QWidget:
        """Until somebody compared this laptop's digits; quiet, because work goes on without."""
        words = self.words
        self._digits_words = Label("", "small", tone="amber", wrap=True)
        show = Button(
            words("How it is done"), kind="quiet", small=True, on=lambda: self.ui.go("settings", part="laptops")
        )
        self._digits_again = QTimer(self)
        self._digits_again.setSingleShot(True)
        self._digits_again.setInterval(5_000)
        self._digits_again.timeout.connect(self._ask_digits)
        self._digits_row = QWidget()
        line = row(IconView("hourglass", "amber_mark", 14), self._digits_words, show, gap=8, margins=(8, 0, 0, 0))
        line.setStretch(1, 1)
        self._digits_row.setLayout(line)
        self._digits_row.hide()
        return self._digits_row

    def _show_digits(self, code: str) -> None:
        said = isolate(f"{code[:3]} {code[3:]}")
        self._digits_words.setText(
            self.words(
                "The digits of this laptop are {digits}. Read them to your administrator, by voice; restricted records "
                "open here after that.",
                digits=said,
            )
        )
        self._digits_row.setVisible(bool(code))
        if code:
            self._digits_again.start()  # comparing changes no record: nobody else tells this page

    def _tab_row(self) -> QLayout:
        """Where the room is narrow, one column at a time."""
        self._tab_chips = [Chip(part.title_words) for part in self._columns]
        for number, chip in enumerate(self._tab_chips):
            chip.clicked.connect(lambda checked=False, number=number: self._show_column(number))
        return row(*self._tab_chips, None, gap=8)

    def narrowed(self, narrow: bool) -> None:
        self._narrow = narrow
        self._tabs.setVisible(narrow)
        self._next.setVisible(not narrow)
        self._mine_chip.setVisible(not narrow)
        self._show_column(self._here)

    def _show_column(self, number: int) -> None:
        self._here = number
        for index, part in enumerate(self._columns):
            part.setVisible(not self._narrow or index == number)
            self._grid.setColumnStretch(index, STRETCH[index] if part.isVisibleTo(self._board) else 0)
            part.head.setVisible(not self._narrow)
            self._tab_chips[index].setChecked(index == number)
        if self._narrow and self.isVisible():
            self._columns[number].list.setFocus()

    # --- asking and showing -----------------------------------------------------------------------------------------

    def reload(self) -> None:
        self.ask(Today(self.ui.today(), self._mine), self._show)
        self._ask_digits()

    def _ask_digits(self) -> None:
        door = self.ui.door
        # Only where the organisation waits for them: else there is nothing that they would open.
        self.call(
            lambda: code if (code := door.own_code()) and door.access().confirm_restricted else "",
            self._show_digits,
            lambda error: None,
        )

    def _show(self, answer: TodayAnswer) -> None:
        first = self._answer is None
        self._answer = answer
        everything = (*answer.overdue, *answer.today, *answer.came_of_age, *answer.week)
        self._items = {key_of(item): item for item in everything}
        words, today = self.words, self.ui.today()
        self._date.setText(words.long_date(today, today))
        self._next.setText(next_line(answer, words))
        for part, rows in zip(self._columns, columns(answer, today, words), strict=True):
            ahead = self._ahead_words(answer) if part is self._columns[2] else ""
            more = answer.more_overdue if part is self._columns[0] else answer.more_ahead if part is self._columns[2] else 0
            said = words.plural("{n} more, in the files", "{n} more, in the files", more) if more else ""
            ends = [ListRow(title=text, head=True) for text in (said, ahead) if text and rows]
            part.show_rows([*rows, *ends], more)
        for chip, part in zip(self._tab_chips, self._columns, strict=True):
            chip.setText(f"{part.title_words} {part.count.text()}".strip())
        self._stack.setCurrentWidget(self._board if everything else self._empty_part)
        self.ui.shell.keys_changed()
        if first:
            self._begin(answer)

    def _begin(self, answer: TodayAnswer) -> None:
        """The eye falls on the next hearing; without one on what is late."""
        for number, items in ((1, (*answer.today, *answer.came_of_age)), (0, answer.overdue), (2, answer.week)):
            if items:
                self._here = number
                self._show_column(number)
                self._columns[number].list.choose_first()
                if self.isVisible():
                    self._columns[number].list.setFocus(Qt.FocusReason.OtherFocusReason)
                return

    def _ahead_words(self, answer: TodayAnswer) -> str:
        words = self.words
        if not answer.hearings_in_30_days and not answer.deadlines_in_30_days:
            return ""
        hearings = words.plural("{n} hearing", "{n} hearings", answer.hearings_in_30_days)
        deadlines = words.plural("{n} deadline", "{n} deadlines", answer.deadlines_in_30_days)
        return words("Next 30 days: {hearings}, {deadlines}", hearings=hearings, deadlines=deadlines)

    def _whose(self, mine: bool) -> None:
        self._mine = mine
        self._mine_chip.setChecked(mine)
        self._team_chip.setChecked(not mine)
        self.reload()

    # --- moving -----------------------------------------------------------------------------------------------------

    def _entered(self, number: int) -> None:
        """One current row on the page: where the keyboard is."""
        self._here = number
        for index, part in enumerate(self._columns):
            if index != number:
                part.list.clearSelection()
                part.list.setCurrentIndex(part.list.rootIndex())

    def _sideways(self, here: int, step: int) -> None:
        number = here + step
        while 0 <= number < 3:
            part = self._columns[number]
            if part.stack.currentWidget() is part.list:
                if self._narrow:
                    self._show_column(number)
                part.list.setFocus(Qt.FocusReason.OtherFocusReason)
                return
            number += step

    # --- doing ------------------------------------------------------------------------------------------------------

    def _open(self, item: ListRow) -> None:
        found = self._items.get(item.id)
        if found is None:
            return
        place, args = where_to(found)
        if places.place(place).exists:
            self.ui.go(place, **args)

    def _press(self, id: tuple[str, UUID, str], what: str) -> None:
        item = self._items.get(id)
        if item is None:
            return
        if what in RESULTS and can_mark(item):
            self._mark(item, RESULTS[what])
        elif what == "moved" and can_mark(item):
            self._form = MovedForm(self.window(), self.ui, item, lambda when: self._mark(item, "moved_by_agency", when))
            self._form.open()
        elif what == "undo" and item.result is not None:
            self._undo(item)
        elif what == "reminder" and can_mark(item):
            self.ui.go("form", form="reminder", participant_id=item.participant_id, record_id=item.id)
        elif what == "next" and item.result == "attended" and places.place("participant").exists:
            self.ui.go("participant", participant_id=item.participant_id, action="obligation")

    def _mark(self, item: TodayItem, result: str, moved_to: When | None = None) -> None:
        said = self.words.code("obligation_result", result)

        def done(result: Done) -> None:
            self.reload()
            self.ui.say(
                self.words("{name}: {result}", name=item.participant, result=said), result.undo, lambda undone: self.reload()
            )

        self.do(MarkObligation(item.id, result, moved_to=moved_to), done)

    def _undo(self, item: TodayItem) -> None:
        from cmpp_desktop.domain.obligations import UnmarkObligation

        command: Command = UnmarkObligation(item.id)
        self.do(command, lambda done: self.reload())

    def _find(self) -> None:
        window: Any = self.window()
        window.open_palette()

    def _new_menu(self) -> None:
        words = self.words
        menu = QMenu(self)
        if places.place("someone_new").exists:
            menu.addAction(words("Someone new"), lambda: self.ui.go("someone_new"))
        menu.addAction(words("A session, note or hearing for somebody…"), self._find)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self._new.mapToGlobal(QRect(self._new.rect()).bottomLeft()))
        menu.setActiveAction(menu.actions()[0])


def where_to(item: TodayItem) -> tuple[str, dict[str, Any]]:
    """The place that an item opens, and what it is shown for."""
    if item.kind == "returned":
        return "session", {"session_id": item.id}
    if item.kind == "draft" and item.code == "session":
        return "session", {"participant_id": item.participant_id}
    if item.kind == "draft" and item.code == "interview":
        return "screening", {"interview_id": item.id}
    if item.kind == "draft" and item.code == "group":
        session = item.draft_key.partition(":")[2]
        return "groups", {"session_id": UUID(session)} if session else {}
    if item.kind == "draft" and item.code == "form":
        return "form", form_of_draft(item.draft_key)
    if item.kind == "turned_adult":
        return "form", {"form": "came_of_age", "participant_id": item.participant_id}
    if item.participant_id is None:
        return ("someone_new" if item.code == "someone_new" else "today"), {}
    return "participant", {"participant_id": item.participant_id}


def form_of_draft(key: str) -> dict[str, Any]:
    """What a form's draft was opened for: "form:goal:<participant>:<record>", perhaps with "restricted:" before it."""
    form, about, record = key.removeprefix("restricted:").split(":")[1:4]
    return {
        "form": form,
        "participant_id": UUID(about) if about else None,
        "record_id": UUID(record) if record else None,
    }


class MovedForm(Overlay):
    """The new day and time of something that the agency moved."""

    WIDTH = 440

    def __init__(self, window: QWidget, ui: Ui, item: TodayItem, take: Any) -> None:
        words = ui.words
        super().__init__(window, words("When is it now?"))
        self._take, self._item, self._words, self._zone = take, item, words, ui.zone
        at = item.when.at if item.when is not None else None
        self.day = DateField(words, ui.today)
        self.at = TimeField(words, at)
        self._day_field = Field(words("New day"), self.day)
        self._time_field = Field(words("Time"), self.at)
        keep = Button(words("Keep the old one"), kind="quiet", key="Esc", on=self.close)
        self.save = Button(words("Save the new date"), kind="primary", key="Return", large=True, on=self.accept)
        self.day.returnPressed.connect(self.accept)
        self.at.returnPressed.connect(self.accept)
        title = Label(words("When is it now?"), "title")
        for_whom = Label(item.participant, tone="ink2")
        fields = row(self._day_field, self._time_field, None, gap=12)
        self.sheet.setLayout(column(title, for_whom, 4, fields, 12, row(keep, None, self.save), gap=8, margins=(24, 20, 24, 20)))

    def open(self) -> None:
        super().open()
        self.day.setFocus(Qt.FocusReason.OtherFocusReason)

    def focusNextPrevChild(self, next: bool) -> bool:
        order = [self.day, self.at, self.save]
        here = next_index(order, self.focusWidget())
        order[(here + (1 if next else -1)) % len(order)].setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def accept(self) -> None:
        day = self.day.value()
        self._day_field.problem("" if day is not None else self._words("This is needed."))
        self._time_field.problem(self._words("This cannot be right as it is.") if self.at.unread else "")
        if day is None or self.at.unread:
            self._place()
            return
        zone = self._item.when.zone if self._item.when is not None else self._zone
        self.close()
        self._take(When(day=day, at=self.at.value(), zone=zone))


def next_index(order: list[Any], here: QWidget | None) -> int:
    return order.index(here) if here in order else -1
