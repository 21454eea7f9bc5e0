"""The lines of Ctrl+K: what each leads to, what can be done from anywhere, and how a line is drawn."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyleOptionViewItem

from cmpp_desktop.domain.questions import PersonRow
from cmpp_desktop.ui.theme import Look, look
from cmpp_desktop.ui.widgets import ROW, ListRow, RowDelegate, key_width, paint_key, paint_marked

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class Action:
    """Something that can be done from anywhere. `run` gets nothing; it closes over what it needs."""

    text: str
    icon: str
    run: Callable[[], object]
    key: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Entry:
    """What a row of the palette leads to."""

    run: Callable[[], object]
    key: str = ""
    person: PersonRow | None = None
    name: str = ""
    below: bool = False  # the detail stands below the words: whose they are is always seen


_LONG_NUMBER = re.compile(r"(?<!\d)\d(?:[\s\-–.]?\d){6,}(?!\d)")  # of an A-number, with or without what stands between its digits


def hide_numbers(text: str) -> str:
    """The text with all but the last three digits of long numbers as dots. It stays as long as it was."""

    def hidden(found: re.Match[str]) -> str:
        said = found.group()
        last = [place for place, letter in enumerate(said) if letter.isdigit()][-3]
        return re.sub(r"\d", "•", said[:last]) + said[last:]

    return _LONG_NUMBER.sub(hidden, text)


def plain(text: str) -> str:
    """Letters without accents and case, for matching the words of the program."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(letter))


def matches(text: str, asked: str) -> bool:
    """Whether every word that was asked for begins a word of the text."""
    words = plain(text).split()
    return all(any(word.startswith(part) for word in words) for part in plain(asked).split())


class PaletteDelegate(RowDelegate):
    """One line: icon, words, detail beside them, the key at the end."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        item: ListRow | None = index.data(ROW)
        if item is None or item.head:
            return QSize(0, look().px(32))
        return QSize(0, look().px(54 if item.id.below else 40))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        item: ListRow | None = index.data(ROW)
        if item is None:
            return
        current = look()
        rtl = option.direction == Qt.LayoutDirection.RightToLeft
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = option.rect
        here = self._is_open(option.widget, index)
        if item.head:
            self._text(
                painter,
                self._at(rect, current.px(12), rect.top() + current.px(8), rect.width() - current.px(24), current.px(20), rtl),
                item.title,
                current,
                rtl,
                size="small",
                weight="semibold",
                tone="ink2",
            )
        else:
            if here:
                self._ground(painter, rect, current)
            self._line(painter, rect, item, current, rtl, here)
        painter.restore()

    @staticmethod
    def _ground(painter: QPainter, rect: QRect, current: Look) -> None:
        from cmpp_desktop.ui.widgets import paint_ring

        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(current.colour("accent_tint"))
        painter.drawRoundedRect(rect, current.radius(), current.radius())
        paint_ring(painter, rect, current)

    def _line(self, painter: QPainter, rect: QRect, item: ListRow, current: Look, rtl: bool, here: bool) -> None:
        icon = self._at(rect, current.px(12), rect.top(), current.px(16), rect.height(), rtl)
        current.paint_icon(
            painter, icon.left(), rect.top() + (rect.height() - current.px(16)) / 2, item.icon, "accent" if here else "ink2", 16
        )
        left, room = current.px(40), rect.width() - current.px(52)
        entry: Entry = item.id
        key = "Return" if here else entry.key
        if key:
            width = key_width(key, current)
            box = self._at(
                rect,
                rect.width() - current.px(12) - width,
                rect.top() + (rect.height() - current.px(18)) // 2,
                width,
                current.px(18),
                rtl,
            )
            paint_key(painter, box, key, current)
            room -= width + current.px(8)
        title = current.metrics("body", "medium" if here else None).horizontalAdvance(item.title) + current.px(6)
        height = rect.height() // 2 if entry.below else rect.height()
        box = self._at(rect, left, rect.top() + (current.px(4) if entry.below else 0), min(title, room), height, rtl)
        if item.marks:
            paint_marked(painter, box, item.title, item.marks, rtl)
        else:
            self._text(painter, box, item.title, current, rtl, weight="medium" if here else None)
        if entry.below:
            low = self._at(rect, left, rect.top() + height - current.px(2), room, height, rtl)
            self._text(painter, low, item.what, current, rtl, size="small", tone="ink2")
        elif item.what and title < room - current.px(40):
            self._text(
                painter,
                self._at(rect, left + title + current.px(8), rect.top() + 1, room - title - current.px(8), rect.height(), rtl),
                item.what,
                current,
                rtl,
                size="small",
                tone="ink2",
            )
