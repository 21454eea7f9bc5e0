"""A list of rows: arrows move, Enter opens, letters do what the page says, painted buttons are a menu too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QMenu

from cmpp_desktop.ui.theme import is_rtl, look
from cmpp_desktop.ui.widgets.keys import key_words
from cmpp_desktop.ui.widgets.row_delegate import RowDelegate
from cmpp_desktop.ui.widgets.row_model import ROW, Index, ListRow, RowModel


class RowList(QListView):
    """A list of `ListRow`s. Arrows move, Enter opens; `key_map` gives letter keys: {"A": function(row)}."""

    opened = Signal(object)  # ListRow
    current_changed = Signal(object)  # ListRow or None
    pressed_button = Signal(object, str)  # row id, button id
    sideways = Signal(int)  # ← is -1, → is 1, in reading direction
    entered = Signal()  # the keyboard came in

    def __init__(self, name: str, delegate: RowDelegate | None = None, *, model: Any = None) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setProperty("own_ring", True)
        self.setModel(model if model is not None else RowModel(self))
        self._delegate = delegate or RowDelegate(self)
        self._delegate.pressed.connect(self.pressed_button)
        self.setItemDelegate(self._delegate)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMouseTracking(True)
        self.key_map: dict[str, Callable[[ListRow], object]] = {}
        self.doubleClicked.connect(self._open)
        look().changed.connect(self.relayout)

    def relayout(self) -> None:
        """Heights changed (another current row, another text size)."""
        self.scheduleDelayedItemsLayout()

    def show_rows(self, rows: Sequence[ListRow], current: Any = None) -> None:
        """Shows rows; the one with the id `current`, else the one that was current, else none, is current."""
        model = self.model()
        if isinstance(model, RowModel):
            keep = current if current is not None else (self.current_row().id if self.current_row() else None)  # type: ignore[union-attr]  # asked just before
            model.show_rows(rows)
            if keep is not None:
                self.choose(keep)

    def choose(self, id: Any) -> bool:
        """Makes the row with this id current."""
        for number in range(self.model().rowCount()):
            row: ListRow | None = self.model().index(number, 0).data(ROW)
            if row is not None and not row.head and row.id == id:
                self.setCurrentIndex(self.model().index(number, 0))
                return True
        return False

    def choose_first(self) -> bool:
        for number in range(self.model().rowCount()):
            row: ListRow | None = self.model().index(number, 0).data(ROW)
            if row is not None and not row.head:
                self.setCurrentIndex(self.model().index(number, 0))
                return True
        return False

    def step(self, by: int) -> None:
        """Moves the current row from elsewhere (a search field that keeps the focus)."""
        number = self.currentIndex().row()
        count = self.model().rowCount()
        while 0 <= number + by < count or (by not in (1, -1) and count):
            number = min(max(number + by, 0), count - 1)
            row: ListRow | None = self.model().index(number, 0).data(ROW)
            if row is not None and not row.head:
                self.setCurrentIndex(self.model().index(number, 0))
                return
            by = 1 if by > 0 else -1
            if number + by < 0 or number + by >= count:
                return

    def current_row(self) -> ListRow | None:
        index = self.currentIndex()
        found = index.data(ROW) if index.isValid() else None
        return found if isinstance(found, ListRow) else None

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        for index in (current, previous):
            row = index.data(ROW) if index.isValid() else None
            if isinstance(row, ListRow) and (row.facts or row.buttons):
                self.relayout()
        self.viewport().update()
        self.current_changed.emit(self.current_row())

    def focusInEvent(self, event: Any) -> None:
        super().focusInEvent(event)
        if not self.currentIndex().isValid():
            self.choose_first()
        self.viewport().update()
        self.entered.emit()

    def focusOutEvent(self, event: Any) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def _open(self, index: Index) -> None:
        row = index.data(ROW)
        if isinstance(row, ListRow) and not row.head:
            self.opened.emit(row)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The painted buttons of a row as a menu: for the menu key, the other mouse button and assistive technologies."""
        keyboard = event.reason() == QContextMenuEvent.Reason.Keyboard
        index = self.currentIndex() if keyboard else self.indexAt(event.pos())
        row = index.data(ROW) if index.isValid() else None
        if not isinstance(row, ListRow) or not row.buttons:
            super().contextMenuEvent(event)
            return
        self.setCurrentIndex(index)
        menu = self.menu_of(row)
        corner = self.visualRect(index).center() if keyboard else event.pos()
        menu.popup(self.viewport().mapToGlobal(corner))
        menu.setActiveAction(menu.actions()[0])

    def menu_of(self, row: ListRow) -> QMenu:
        """What can be done with a row; goes away by itself."""
        menu = QMenu(self)
        menu.setAccessibleName(row.title)
        for button in row.buttons:
            said = f"{button.text}\t{key_words(button.key)}" if button.key else button.text
            menu.addAction(said, partial(self.pressed_button.emit, row.id, button.id))
        menu.aboutToHide.connect(menu.deleteLater)
        return menu

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row = self.current_row()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and row is not None:
            self.opened.emit(row)
            return
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            step = 1 if event.key() == Qt.Key.Key_Right else -1
            self.sideways.emit(-step if is_rtl(self) else step)
            return
        letter = event.text().upper()
        plain = not event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
        if row is not None and plain and letter in self.key_map:
            self.key_map[letter](row)
            return
        if plain and len(letter) == 1 and letter.isprintable():
            event.ignore()  # no search by letters: they are the page's keys
            return
        super().keyPressEvent(event)
