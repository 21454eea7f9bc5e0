"""The table of People: two lines a cell, the current row tinted, rows of one height, columns that share the width."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QStyledItemDelegate, QStyleOptionViewItem, QTableView

from cmpp_desktop.ui.pages.people_model import COLUMNS, ROLE_CELL, Cell, PeopleModel
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import Badge, paint_badge, paint_marked, paint_ring

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
