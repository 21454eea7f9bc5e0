"""People: find anybody by a piece of a name in any script, an alias, a number. The field keeps the keyboard; ↑ ↓ move."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence, QPainter, QPaintEvent, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QSizePolicy,
    QStackedWidget,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from cmpp_desktop.domain.cases import OPEN_STATES
from cmpp_desktop.domain.questions import NOBODY, People, PeopleAnswer, PeopleFilter
from cmpp_desktop.ui import places
from cmpp_desktop.ui.page import Page, Ui
from cmpp_desktop.ui.pages.people_model import COLUMNS, PAGE, ROLE_CELL, SORTS, Cell, PeopleModel
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import (
    Button,
    Chip,
    EmptyState,
    Label,
    SearchField,
    announce,
    column,
    flow,
    paint_badge,
    paint_marked,
    paint_ring,
    row,
    scrolled,
)

Index = QModelIndex | QPersistentModelIndex
WIDTHS = (250, 56, 152, 100, 152, 104, 132, 194)
NARROW = ("name", "next", "know")


class PersonDelegate(QStyledItemDelegate):
    """Two lines a cell; the current row is tinted with a bar, whoever has the keyboard."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, look().px(53))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        current, rtl = look(), option.direction == Qt.LayoutDirection.RightToLeft
        rect = option.rect
        view = option.widget
        here = isinstance(view, QTableView) and view.currentIndex().row() == index.row()
        if here:
            painter.fillRect(rect.adjusted(0, 0, 0, -1), current.colour("accent_tint"))
            if index.column() == 0:
                bar = current.px(3)
                painter.fillRect(
                    QRect(rect.right() + 1 - bar if rtl else rect.left(), rect.top(), bar, rect.height() - 1),
                    current.colour("accent"),
                )
        painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), current.colour("line"))
        cell: Cell | None = index.data(ROLE_CELL)
        if cell is not None:
            painter.save()
            self._cell(
                painter,
                rect.adjusted(current.px(8), current.px(8), -current.px(8), -current.px(7)),
                cell,
                COLUMNS[index.column()],
                rtl,
            )
            painter.restore()

    def _cell(self, painter: QPainter, box: QRect, cell: Cell, column: str, rtl: bool) -> None:
        current = look()
        first = QRect(box.left(), box.top(), box.width(), current.line())
        if cell.badge:
            from cmpp_desktop.ui.widgets import Badge

            paint_badge(painter, first, cell.text, current.shape(cell.badge), Badge.TONES[cell.badge], current, rtl)
            return
        if cell.icon:
            gap = current.px(18)
            current.paint_icon(
                painter,
                first.right() - current.px(14) if rtl else first.left(),
                first.top() + current.px(3),
                cell.icon,
                "ink2",
                14,
            )
            first = first.adjusted(0, 0, -gap, 0) if rtl else first.adjusted(gap, 0, 0, 0)
        small = column == "know"
        if cell.marks:
            paint_marked(painter, first, cell.text, cell.marks, rtl)
        else:
            font = (
                current.font("small")
                if small
                else current.font("body", "semibold" if cell.strong else "medium" if column == "name" else None)
            )
            painter.setFont(font)
            painter.setPen(current.colour("ink2" if cell.quiet else "ink"))
            end = (column == "age") != rtl
            align = Qt.AlignmentFlag.AlignRight if end else Qt.AlignmentFlag.AlignLeft
            painter.drawText(
                first,
                int(align | Qt.AlignmentFlag.AlignVCenter),
                painter.fontMetrics().elidedText(cell.text, Qt.TextElideMode.ElideRight, first.width()),
            )
        if cell.below:
            second = QRect(box.left(), box.top() + current.line(), box.width(), current.line("small") + 2)
            paint_marked(painter, second, cell.below, cell.below_marks, rtl, size="small", tone="ink2")


class PeopleTable(QTableView):
    """Rows of one height; the columns share the width."""

    def __init__(self, name: str, model: PeopleModel) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setProperty("own_ring", True)
        self.setModel(model)
        self.setItemDelegate(PersonDelegate(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        head = self.horizontalHeader()
        head.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)
        head.setHighlightSections(False)
        head.setSectionsClickable(True)
        self.narrow = False
        look().changed.connect(self.share)
        self.share()

    def share(self) -> None:
        """Shares the width among the columns that are shown."""
        self.verticalHeader().setDefaultSectionSize(look().px(53))
        self.horizontalHeader().setFixedHeight(look().px(36))
        shown = [number for number, name in enumerate(COLUMNS) if not self.narrow or name in NARROW]
        whole = sum(WIDTHS[number] for number in shown)
        room = self.viewport().width()
        for number in range(len(COLUMNS)):
            self.setColumnHidden(number, number not in shown)
        for number in shown:
            self.setColumnWidth(number, room * WIDTHS[number] // whole)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.share()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        index = self.currentIndex()
        if self.hasFocus() and index.isValid():
            rect = QRect(0, self.rowViewportPosition(index.row()), self.viewport().width(), self.rowHeight(index.row()) - 1)
            paint_ring(QPainter(self.viewport()), rect, look())

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        self.viewport().update()

    def focusInEvent(self, event: Any) -> None:
        super().focusInEvent(event)
        if not self.currentIndex().isValid():
            self.step(1)
        self.viewport().update()

    def focusOutEvent(self, event: Any) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def step(self, by: int) -> None:
        count = self.model().rowCount()
        if count:
            number = min(max(self.currentIndex().row() + by, 0), count - 1)
            self.selectionModel().setCurrentIndex(self.model().index(number, 0), QItemSelectionModel.SelectionFlag.NoUpdate)
            self.scrollTo(self.model().index(number, 0))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.activated.emit(self.currentIndex())
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.step(1 if event.key() == Qt.Key.Key_Down else -1)
        elif event.text().isprintable() and event.text() and not event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier:
            event.ignore()
        else:
            super().keyPressEvent(event)


class PeoplePage(Page):
    """`show_for(text="", filter=PeopleFilter(…))`."""

    place = "people"
    kinds = frozenset({"participant", "case", "obligation", "contact_route", "service_session", "note"})

    def __init__(self, ui: Ui) -> None:
        super().__init__(ui)
        self._filter = PeopleFilter()
        self._sort = "name"
        self._say_chosen: dict[str, Callable[[Any], None]] = {}  # by filter: shows what is chosen on its chip
        self._build()

    def title(self) -> str:
        return self.words("People")

    def keys(self) -> tuple[tuple[str, str], ...]:
        words = self.words
        return (
            ("Up|Down", words("choose")),
            ("Return", words("open")),
            ("Alt+F", words("filters")),
            ("Ctrl+N", words("someone new")),
        )

    def doings(self) -> tuple[tuple[str, str, Callable[[], object]], ...]:
        if not places.place("import").exists:
            return ()
        return ((self.words("Bring in a table of people"), "upload", lambda: self.ui.go("import")),)

    def more_keys(self) -> tuple[tuple[str, str], ...]:
        return (("Alt+F", self.words("filters")), ("Esc", self.words("clear the search")))

    def first_focus(self) -> QWidget:
        return self.search

    # --- making it --------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        words = self.words
        self.model = PeopleModel(words, self.ask, self)
        self.model.counted.connect(self._counted)
        self.table = PeopleTable(words("People"), self.model)
        self.table.activated.connect(self._open)
        self.table.doubleClicked.connect(self._open)
        self.table.horizontalHeader().sectionClicked.connect(self._sort_by)
        self.search = SearchField(words("Find by name, alias, phone or A-number"), large=True, clear_words=words("Esc clears"))
        self.search.setFixedWidth(look().px(340))
        self.search.asked.connect(lambda text: self._find())
        self.search.moved.connect(self._move)
        self.search.chosen.connect(self._open_current)
        self.count = Label("", tone="ink2")
        self.matching = Label("", "small", tone="ink2")
        new = Button(words("Someone new"), kind="primary", icon="user-plus", key="Ctrl+N", on=lambda: self.ui.go("someone_new"))
        if not places.place("someone_new").exists:
            new.hide()
        head = row(Label(words("People"), "page"), self.count, None, new, gap=16)
        self.count.setContentsMargins(0, look().px(8), 0, 0)
        self._chips()
        chips = QWidget()
        chips.setLayout(flow(*self._all_chips))
        tools = row(self.search, chips, self.matching, gap=20)
        tools.setStretch(1, 1)
        tools.setAlignment(chips, Qt.AlignmentFlag.AlignVCenter)
        chips.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self.empty = EmptyState(
            "search-x",
            words("Nobody here yet"),
            words("People whom your team serves stand here. Consent comes first, then who they are."),
            self._empty_button(),
        )
        self.stack = QStackedWidget()
        self.stack.addWidget(self.table)
        self._empty_part = scrolled(self.empty, words("Nobody here yet"))
        self.stack.addWidget(self._empty_part)
        whole = column(head, 8, tools, 8, self.stack, gap=0, margins=(24, 16, 24, 0))
        whole.setStretch(4, 1)
        self.setLayout(whole)

    def _empty_button(self) -> Button:
        button = Button(self.words("Someone new"), kind="secondary", icon="user-plus", on=lambda: self.ui.go("someone_new"))
        if not places.place("someone_new").exists:
            button.hide()
        return button

    def _chips(self) -> None:
        words = self.words
        self._mine = Chip(words("Mine"))
        self._mine.toggled.connect(lambda on: self._change(mine=on))
        self._interpreter = Chip(words("Interpreter"))
        self._interpreter.toggled.connect(lambda on: self._change(interpreter=on))
        states: list[tuple[Any, str]] = [(OPEN_STATES, words("Open cases"))]
        states += [((code.id,), code.name(words.language)) for code in words.codes("case_state") if not code.retired]
        languages = sorted(
            ((code.id, code.name(words.language)) for code in words.codes("language") if not code.retired),
            key=lambda pair: pair[1],
        )
        days = [(n, words.plural("{n} day", "{n} days", n)) for n in (7, 14, 30, 60)]
        self._state = self._menu_chip(words("State"), "states", states, ())
        self._language = self._menu_chip(words("Language"), "language", languages, None)
        self._hearing = self._menu_chip(words("Hearing within"), "hearing_within", days, None)
        self._contact = self._menu_chip(
            words("No contact for"),
            "no_contact_for",
            [(n, words.plural("{n} day", "{n} days", n)) for n in (14, 21, 30, 60)],
            None,
        )
        staff = [(one.id, one.name) for one in self.ui.me.staff] if self.ui.me is not None else []
        self._whose = self._menu_chip(words("Caseworker"), "caseworker", [(NOBODY, words("Nobody")), *staff], None)
        self._all_chips = (self._mine, self._whose, self._state, self._language, self._hearing, self._contact, self._interpreter)
        shortcut = QShortcut(QKeySequence("Alt+F"), self)
        shortcut.activated.connect(lambda: self._mine.setFocus(Qt.FocusReason.ShortcutFocusReason))

    def _menu_chip(self, title: str, name: str, choices: list[tuple[Any, str]], nothing: Any) -> Chip:
        """A chip that opens a menu; switched on it says what was chosen."""
        chip = Chip(title, arrow=True)
        chip.setAccessibleDescription(self.words("Opens a list to choose from"))

        def say(value: Any) -> None:
            said = next((said for known, said in choices if known == value), "")
            chip.setText(f"{title}: {said}" if said else title)
            chip.setChecked(value != nothing)

        def choose(value: Any) -> None:
            say(value)
            self._change(**{name: value})

        self._say_chosen[name] = say

        def open_menu() -> None:
            chip.setChecked(getattr(self._filter, name) != nothing)
            menu = QMenu(chip)
            for value, said in [(nothing, self.words("Any")), *choices]:
                action = QAction(said, menu)
                action.setCheckable(True)
                action.setChecked(getattr(self._filter, name) == value)
                action.triggered.connect(lambda checked=False, value=value: choose(value))
                menu.addAction(action)
            menu.aboutToHide.connect(menu.deleteLater)
            menu.popup(chip.mapToGlobal(chip.rect().bottomLeft()))
            menu.setActiveAction(menu.actions()[0])

        chip.clicked.connect(open_menu)
        return chip

    def narrowed(self, narrow: bool) -> None:
        self.table.narrow = narrow
        self.table.share()
        for chip in self._all_chips[1:]:
            chip.setVisible(not narrow)
        self.matching.setVisible(not narrow)

    # --- asking and showing -----------------------------------------------------------------------------------------

    def show_for(self, **args: Any) -> None:
        if "text" in args:
            self.search.setText(str(args["text"]))
        if "filter" in args:
            self._filter = args["filter"]
            for name, say in self._say_chosen.items():
                say(getattr(self._filter, name))
            for chip, on in ((self._mine, self._filter.mine), (self._interpreter, self._filter.interpreter)):
                chip.blockSignals(True)
                chip.setChecked(on)
                chip.blockSignals(False)
            if "text" not in args:
                self.search.clear()
        self.reload()

    def reload(self) -> None:
        self._find()

    def _question(self) -> People:
        text = self.search.text().strip()
        return People(self.ui.today(), text, self._filter, "match" if text else self._sort, 0, PAGE)  # type: ignore[arg-type]  # one of PeopleSort

    def _find(self) -> None:
        self.model.search(self._question())

    def _change(self, **values: Any) -> None:
        from dataclasses import replace

        self._filter = replace(self._filter, **values)
        self._find()

    def _counted(self, answer: PeopleAnswer) -> None:
        words = self.words
        searching = bool(self.search.text().strip()) or self._filter != PeopleFilter()
        self.count.setText(words("{mine} are yours, {all} in all", mine=f"{answer.mine:,}", all=f"{answer.everybody:,}"))
        said = (
            words.plural("{n} match, best first", "{n} match, best first", answer.matching) if self.search.text().strip() else ""
        )
        self.matching.setText(said)
        if answer.matching:
            self.stack.setCurrentWidget(self.table)
            self.table.scrollToTop()
            self.table.step(-(10**9))
        else:
            self._show_nobody(searching, answer)
        if said:
            announce(self.search, said)

    def _show_nobody(self, searching: bool, answer: PeopleAnswer) -> None:
        words = self.words
        text = self.search.text().strip()
        if not searching:
            self.empty.tell(
                words("Nobody here yet"),
                words("People whom your team serves stand here. Consent comes first, then who they are."),
            )
        elif text:
            looked = words.plural(
                "Looked through {n} person’s names, aliases, phone and A-numbers on this laptop.",
                "Looked through the names, aliases, phone and A-numbers of {n} people on this laptop.",
                answer.everybody,
            )
            self.empty.tell(
                words("Nobody here sounds like “{text}”", text=text),
                looked + " " + words("Try fewer letters, or only the last three digits."),
            )
        else:
            self.empty.tell(words("Nobody fits these filters"), words("Take one of them away."))
        self.stack.setCurrentWidget(self._empty_part)

    # --- doing ------------------------------------------------------------------------------------------------------

    def _move(self, step: int) -> None:
        self.table.step(step)
        person = self.model.person(self.table.currentIndex().row())
        if person is not None:
            announce(
                self.search,
                ", ".join(
                    cell.spoken
                    for number in range(len(COLUMNS))
                    if (cell := self.model.cell(self.table.currentIndex().row(), number)) and cell.spoken
                ),
            )

    def _open_current(self) -> None:
        self._open(self.table.currentIndex())

    def _open(self, index: Index) -> None:
        person = self.model.person(index.row()) if index.isValid() else None
        if person is not None and places.place("participant").exists:
            self.ui.go("participant", participant_id=person.id)

    def _sort_by(self, section: int) -> None:
        if section in SORTS:
            self._sort = SORTS[section]
            self._find()
