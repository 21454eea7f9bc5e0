"""Caseloads side by side, as a table: a line for each caseworker, a column for each thing that presses, a bar beside the points.

By team and name, never by how much: it is for a conversation about the work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QStyledItemDelegate, QStyleOptionViewItem, QTableView

from cmpp_desktop.domain.caseload import CaseloadRow
from cmpp_desktop.ui.theme import end_side, look, start_side
from cmpp_desktop.ui.widgets import paint_ring
from cmpp_desktop.words import Words

Index = QModelIndex | QPersistentModelIndex
COLUMNS = ("name", "cases", "points", "overdue", "hearings", "without_contact", "plans", "consents", "notes")
NARROW = ("name", "cases", "points", "overdue", "without_contact")
WIDTHS = {"name": 190, "cases": 84, "points": 140, "overdue": 130}
USUAL = 104
HEAD = 48  # two lines
ROLE_CELL = int(Qt.ItemDataRole.UserRole) + 1


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell says; `share`: of the largest caseload, for the bar (below 0: none)."""

    text: str
    below: str = ""
    share: float = -1.0
    quiet: bool = False


def in_order(rows: Sequence[CaseloadRow]) -> tuple[CaseloadRow, ...]:
    """By team and name; what nobody carries comes last."""

    def order(row: CaseloadRow) -> tuple[bool, str, str, str]:
        return row.staff_id is None, row.team.casefold(), row.name.casefold(), str(row.staff_id)

    return tuple(sorted(rows, key=order))


def cell_of(row: CaseloadRow, column: str, largest: int, words: Words) -> Cell:
    if column == "name":
        return Cell(row.name or words("Nobody"), row.team if row.staff_id is not None else words("waits for a caseworker"))
    if column == "points":
        return Cell(f"{row.weight:,}", share=row.weight / largest if largest else 0.0)
    if column == "overdue":
        tasks = words.plural("{n} task", "{n} tasks", row.overdue_tasks) if row.overdue_tasks else ""
        dates = words.plural("{n} date", "{n} dates", row.dates_open) if row.dates_open else ""
        total = row.overdue_tasks + row.dates_open
        return Cell(f"{total:,}", ", ".join(part for part in (tasks, dates) if part), quiet=not total)
    number = {
        "cases": row.cases, "hearings": row.hearings, "without_contact": row.without_contact, "plans": row.plans_to_review,
        "consents": row.ending_consents, "notes": row.unsigned_notes,
    }[column]  # fmt: skip
    return Cell(f"{number:,}", quiet=not number)


class CaseloadModel(QAbstractTableModel):
    """The lines that were answered, in their order."""

    def __init__(self, words: Words, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._words = words
        self.rows: tuple[CaseloadRow, ...] = ()
        self._largest = 0

    def show(self, rows: Sequence[CaseloadRow]) -> None:
        self.beginResetModel()
        self.rows = in_order(rows)
        self._largest = max((row.weight for row in self.rows), default=0)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own signature
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own signature
        return 0 if parent.isValid() else len(COLUMNS)

    def heading(self, column: str) -> str:
        words = self._words
        return {
            "name": words("Caseworker"), "cases": words("Open cases"), "points": words("Points"), "overdue": words("Overdue"),
            "hearings": words("Hearings ahead"), "without_contact": words("No contact"), "plans": words("Plan reviews"),
            "consents": words("Consents ending"), "notes": words("Unsigned notes"),
        }[column]  # fmt: skip

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if role == Qt.ItemDataRole.TextAlignmentRole:
            leading = COLUMNS[section] in ("name", "points")
            side = Qt.AlignmentFlag.AlignLeading if leading else Qt.AlignmentFlag.AlignTrailing
            return int(side | Qt.AlignmentFlag.AlignBottom) | int(Qt.TextFlag.TextWordWrap)
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.heading(COLUMNS[section])
        return None

    def cell(self, index: Index) -> Cell:
        return cell_of(self.rows[index.row()], COLUMNS[index.column()], self._largest, self._words)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if role == ROLE_CELL:
            return self.cell(index)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            cell, column = self.cell(index), COLUMNS[index.column()]
            said = ", ".join(part for part in (cell.text, cell.below) if part)
            if column == "name":
                return said
            who = self.rows[index.row()].name or self._words("Nobody")
            return f"{who}, {self._words('{label}: {value}', label=self.heading(column), value=said)}"
        return None


class CellDelegate(QStyledItemDelegate):
    """A number, perhaps with a smaller line or a bar; the current line is tinted with a bar at its start."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, look().px(49))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        current, rtl, rect, view = look(), option.direction == Qt.LayoutDirection.RightToLeft, option.rect, option.widget
        here = isinstance(view, QTableView) and view.currentIndex().row() == index.row()
        if here:
            painter.fillRect(rect.adjusted(0, 0, 0, -1), current.colour("accent_tint"))
            if index.column() == 0:
                bar = current.px(3)
                x = rect.right() + 1 - bar if rtl else rect.left()
                painter.fillRect(QRect(x, rect.top(), bar, rect.height() - 1), current.colour("accent"))
        painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), current.colour("line"))
        cell: Cell = index.data(ROLE_CELL)
        inner = rect.adjusted(current.px(8), current.px(6), -current.px(8), -current.px(6))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._words(painter, inner, cell, COLUMNS[index.column()], rtl)
        painter.restore()
        if here and isinstance(view, QTableView) and view.hasFocus() and view.currentIndex() == index:
            paint_ring(painter, rect.adjusted(0, 0, 0, -1), current)

    @staticmethod
    def _words(painter: QPainter, inner: QRect, cell: Cell, column: str, rtl: bool) -> None:
        current = look()
        leading = column in ("name", "points")
        side = start_side(rtl) if leading else end_side(rtl)
        first = QRect(inner.left(), inner.top(), inner.width(), current.line())
        if not cell.below and cell.share < 0:
            first = QRect(inner.left(), inner.top(), inner.width(), inner.height())
        painter.setFont(current.font("body", "medium" if column == "name" else None))
        painter.setPen(current.colour("ink3" if cell.quiet else "ink"))
        text = painter.fontMetrics().elidedText(cell.text, Qt.TextElideMode.ElideRight, first.width())
        painter.drawText(first, int(side | Qt.AlignmentFlag.AlignVCenter), text)
        under = QRect(inner.left(), inner.top() + current.line(), inner.width(), current.line("small"))
        if cell.below:
            painter.setFont(current.font("small"))
            painter.setPen(current.colour("ink2"))
            below = painter.fontMetrics().elidedText(cell.below, Qt.TextElideMode.ElideRight, under.width())
            painter.drawText(under, int(side | Qt.AlignmentFlag.AlignVCenter), below)
        elif cell.share >= 0:
            high = current.px(6)
            long = under.width() * min(cell.share, 1.0)
            bar = QRectF(under.right() + 1 - long if rtl else under.left(), under.top() + current.px(4), long, high)
            painter.fillRect(bar, current.colour("accent"))


class CaseloadTable(QTableView):
    """As high as its lines. ↑ ↓ ← → go from cell to cell; `opened(row, column)` on Enter."""

    opened = Signal(object, str)
    line_changed = Signal(object)  # CaseloadRow or None

    def __init__(self, name: str, model: CaseloadModel) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setProperty("own_ring", True)
        self._held = model
        self.setModel(model)
        self.setItemDelegate(CellDelegate(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        head = self.horizontalHeader()
        head.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        head.setHighlightSections(False)
        head.setSectionsClickable(False)
        self.narrow = False
        self.doubleClicked.connect(self._open)
        look().changed.connect(self.share)

    def show_rows(self, rows: Sequence[CaseloadRow]) -> None:
        """Other lines; whoever was current stays so."""
        before, column = self.current_line(), max(self.currentIndex().column(), 0)
        self._held.show(rows)
        ids = [row.staff_id for row in self._held.rows]
        at = ids.index(before.staff_id) if before is not None and before.staff_id in ids else 0
        if ids:
            self.setCurrentIndex(self._held.index(at, column))
        self.share()

    def current_line(self) -> CaseloadRow | None:
        number = self.currentIndex().row()
        return self._held.rows[number] if 0 <= number < len(self._held.rows) else None

    def share(self) -> None:
        """Shares the width among the columns that are shown, and takes the height of the lines."""
        line = look().px(49)
        self.verticalHeader().setDefaultSectionSize(line)
        self.horizontalHeader().setFixedHeight(look().px(HEAD))
        shown = [name for name in COLUMNS if not self.narrow or name in NARROW]
        whole, room = sum(WIDTHS.get(name, USUAL) for name in shown), self.viewport().width()
        for number, name in enumerate(COLUMNS):
            self.setColumnHidden(number, name not in shown)
            if name in shown:
                self.setColumnWidth(number, room * WIDTHS.get(name, USUAL) // whole)
        self.setFixedHeight(look().px(HEAD) + line * len(self._held.rows) + 2)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.share()

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        self.viewport().update()
        if current.row() != previous.row():
            self.line_changed.emit(self.current_line())

    def focusInEvent(self, event: Any) -> None:
        super().focusInEvent(event)
        if not self.currentIndex().isValid() and self._held.rows:
            self.setCurrentIndex(self._held.index(0, 0))
        self.viewport().update()

    def focusOutEvent(self, event: Any) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def _open(self, index: Index) -> None:
        if index.isValid():
            self.opened.emit(self._held.rows[index.row()], COLUMNS[index.column()])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open(self.currentIndex())
        elif event.text().isprintable() and event.text() and not event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier:
            event.ignore()  # no search by letters: they are the page's keys
        else:
            super().keyPressEvent(event)
