"""The answers of a question: number key, circle or box, and the words in each language, in columns that are shared.

The same measures place the question above and the answers below, so that a question and what can be said to it stand
under each other in each language. A language that reads from right to left is mirrored inside its own column only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QListView,
    QSizePolicy,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from cmpp_desktop.ui.theme import is_rtl, look, start_side
from cmpp_desktop.ui.widgets.basics import Label, column, paint_ring
from cmpp_desktop.ui.widgets.keys import paint_key
from cmpp_desktop.ui.widgets.ticks import paint_radio, paint_tick
from cmpp_desktop.words import in_one

Index = QModelIndex | QPersistentModelIndex

START = 76  # where the first column begins: after the key and the circle
GAP = 20  # between columns


@dataclass(frozen=True, slots=True)
class Answer:
    """One thing that can be said: its value, its words by column, the number that picks it ("" for none), if it is."""

    value: Any
    words: tuple[str, ...]
    key: str = ""
    picked: bool = False


def column_boxes(width: int, count: int) -> list[tuple[int, int]]:
    """(left, width) of each column inside a width, read from the left."""
    current = look()
    start, gap = current.px(START), current.px(GAP)
    each = (width - start - current.px(12) - gap * (count - 1)) // max(count, 1)
    return [(start + number * (each + gap), each) for number in range(count)]


def _flags(rtl: bool) -> int:
    side = (
        Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignAbsolute
        if rtl
        else Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute
    )
    return int(
        side
        | Qt.AlignmentFlag.AlignVCenter
        | Qt.TextFlag.TextWordWrap
        | (Qt.TextFlag.TextForceRightToLeft if rtl else Qt.TextFlag(0))
    )


class _Model(QAbstractListModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.answers: tuple[Answer, ...] = ()
        self.picked_word = ""

    def set_answers(self, answers: Sequence[Answer]) -> None:
        same = [item.value for item in answers] == [item.value for item in self.answers]
        if same and self.answers:
            self.answers = tuple(answers)
            self.dataChanged.emit(self.index(0), self.index(len(self.answers) - 1))
            return
        self.beginResetModel()
        self.answers = tuple(answers)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own signature
        return 0 if parent.isValid() else len(self.answers)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self.answers):
            return None
        answer = self.answers[index.row()]
        if role == Qt.ItemDataRole.UserRole:
            return answer
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            said = in_one((answer.key, *answer.words))
            return f"{said}. {self.picked_word}" if answer.picked and self.picked_word else said
        return None


class _Delegate(QStyledItemDelegate):
    def __init__(self, view: AnswerList) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        answer: Answer = index.data(Qt.ItemDataRole.UserRole)
        return QSize(0, self.height(answer, self._view.viewport().width()))

    def height(self, answer: Answer, width: int) -> int:
        current = look()
        metrics = current.metrics("large", "semibold")
        tallest = 0
        for (_, room), words, rtl in zip(
            column_boxes(width, len(answer.words)), answer.words, self._view.mirrored, strict=False
        ):
            tallest = max(tallest, metrics.boundingRect(QRect(0, 0, room, 10_000), _flags(rtl), words).height())
        return max(current.px("answer_row"), tallest + current.px(16))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        current = look()
        answer: Answer = index.data(Qt.ItemDataRole.UserRole)
        rect: QRect = option.rect
        here = self._view.hasFocus() and index.row() == self._view.currentIndex().row()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if answer.picked:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(current.colour("accent_tint"))
            painter.drawRoundedRect(rect.adjusted(0, 1, 0, -1), current.radius(), current.radius())
        painter.setPen(QPen(current.colour("line"), current.border("hairline")))
        painter.drawLine(rect.left(), rect.bottom(), rect.right(), rect.bottom())
        if here:
            paint_ring(painter, rect.adjusted(0, 1, 0, -1), current)
        self._paint_marks(painter, rect, answer)
        painter.setPen(current.colour("ink"))
        painter.setFont(current.font("large", "semibold" if answer.picked else "regular"))
        boxes = column_boxes(rect.width(), len(answer.words))
        for (left, room), words, rtl in zip(boxes, answer.words, self._view.mirrored, strict=False):
            area = self._mirror(QRect(rect.left() + left, rect.top(), room, rect.height()), rect)
            painter.drawText(area, _flags(rtl), words)
        painter.restore()

    def _mirror(self, area: QRect, rect: QRect) -> QRect:
        if not is_rtl(self._view):
            return area
        moved = QRect(area)
        moved.moveLeft(rect.right() - (area.right() - rect.left()))
        return moved

    def _paint_marks(self, painter: QPainter, rect: QRect, answer: Answer) -> None:
        current = look()
        middle = rect.center().y()
        if answer.key:
            box = QRect(rect.left() + current.px(12), middle - current.px(9), current.px(20), current.px(20))
            paint_key(painter, self._mirror(box, rect), answer.key, current)
        circle = QRect(rect.left() + current.px(48), middle - current.px(7), current.px(16), current.px(16))
        (paint_tick if self._view.several else paint_radio)(painter, self._mirror(circle, rect), answer.picked)


class AnswerList(QListView):
    """`picked(value)`: a person chose it (Space, a click, or the page for a number). ↑ ↓ move without choosing."""

    picked = Signal(object)

    def __init__(self, name: str, picked_word: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.several = False
        self.mirrored: tuple[bool, ...] = (False,)
        self._model = _Model(self)
        self._model.picked_word = picked_word
        self.setModel(self._model)
        self.setItemDelegate(_Delegate(self))
        self.setAccessibleName(name)
        self.setProperty("own_ring", True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        look().changed.connect(self._fit)

    @property
    def answers(self) -> tuple[Answer, ...]:
        return self._model.answers

    def set_answers(self, answers: Sequence[Answer], *, several: bool, mirrored: tuple[bool, ...]) -> None:
        self.several = several
        self.mirrored = mirrored
        self._model.set_answers(answers)
        if not self.currentIndex().isValid() and answers:
            here = next((number for number, item in enumerate(answers) if item.picked), 0)
            self.setCurrentIndex(self._model.index(here))
        self._fit()

    def to_picked(self) -> None:
        """Another question: the cursor goes to what was chosen, else to the first."""
        here = next((number for number, item in enumerate(self._model.answers) if item.picked), 0)
        self.setCurrentIndex(self._model.index(here))

    def _fit(self) -> None:
        delegate = self.itemDelegate()
        if isinstance(delegate, _Delegate):
            height = sum(delegate.height(item, self.viewport().width()) for item in self._model.answers)
            if self.height() != height or self.minimumHeight() != height:
                self.setFixedHeight(height)
        self.scheduleDelayedItemsLayout()
        self.viewport().update()

    def keyboardSearch(self, search: str) -> None:
        """Letters and numbers are the page's."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and self.currentIndex().isValid():
            self.picked.emit(self._model.answers[self.currentIndex().row()].value)
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End):
            super().keyPressEvent(event)
            self.viewport().update()
        else:
            event.ignore()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and event.button() == Qt.MouseButton.LeftButton:
            self.picked.emit(self._model.answers[index.row()].value)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self._fit()


class QuestionHead(QWidget):
    """A question in each language, above its answers: a small line that says for whom, then the words."""

    def __init__(self) -> None:
        super().__init__()
        self._columns: list[QWidget] = []
        self._layout = QHBoxLayout(self)
        self._layout.setSpacing(0)
        self._layout.setContentsMargins(0, 0, 0, 0)

    def show_columns(self, items: Sequence[tuple[str, str, str, bool]], *, below: int = 0) -> None:
        """Each column: (for whom, question as rich text, hint, reads from right to left)."""
        for old in self._columns:
            self._layout.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._columns = []
        current = look()
        self._layout.setContentsMargins(current.px(START), 0, current.px(12), current.px(below))
        self._layout.setSpacing(current.px(GAP))
        for whom, question, hint, rtl in items:
            holder = self._column(whom, question, hint, rtl)
            self._layout.addWidget(holder, 1)
            self._columns.append(holder)

    def _column(self, whom: str, question: str, hint: str, rtl: bool) -> QWidget:
        holder = QWidget()
        first = Label(whom, "small", tone="ink2")
        words = Label(question, "title", wrap=True, rich=True)
        more = Label(hint, "body", tone="ink2", wrap=True, rich=True)
        if not whom:
            first.hide()
        if not question:
            words.hide()
        if not hint:
            more.hide()
        if rtl:
            holder.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        for label in (first, words, more):
            label.setLayoutDirection(Qt.LayoutDirection.RightToLeft if rtl else Qt.LayoutDirection.LeftToRight)
            label.setAlignment(
                Qt.AlignmentFlag.AlignTop
                | Qt.AlignmentFlag.AlignAbsolute
                | start_side(rtl)
            )
        holder.setLayout(column(first, words, more, None, gap=4))
        return holder
