"""What a row of a list says (`ListRow`), and a small model of rows that are all at hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

ROW = int(Qt.ItemDataRole.UserRole) + 1
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class RowBadge:
    """Words and a state of the tokens' state shapes ("overdue", "soon", "warning", "done"…); `icon` "" takes the state's.
    `plain`: no icon, secondary ink ("in 101 days")."""

    text: str
    state: str = "done"
    plain: bool = False


@dataclass(frozen=True, slots=True)
class RowButton:
    """A button painted in the current row. `id` comes back with `pressed`."""

    id: str
    text: str
    key: str = ""
    primary: bool = False


@dataclass(frozen=True, slots=True)
class ListRow:
    """One row in words. `head` True makes it a heading between rows (never current). `marks`: (start, length) in the title
    that matched. `facts`: ticked lines (label, words, fine) shown while the row is current and `open`."""

    id: Any = None
    title: str = ""
    lead: str = ""
    icon: str = ""
    icon_tone: str = "ink2"
    what: str = ""
    details: tuple[str, ...] = ()
    badge: RowBadge | None = None
    head: bool = False
    muted: bool = False
    large: bool = False
    strong_lead: bool = False
    wrap: bool = False  # `what` may take several lines
    marks: tuple[tuple[int, int], ...] = ()
    facts: tuple[tuple[str, str, bool], ...] = ()
    buttons: tuple[RowButton, ...] = ()
    said: str = ""  # what a screen reader says; "" is made from the parts

    @property
    def spoken(self) -> str:
        if self.said:
            return self.said
        parts = [self.lead, self.title, self.badge.text if self.badge else "", self.what, *self.details]
        parts += [f"{label}: {value}" for label, value, _ in self.facts]
        return ", ".join(part for part in parts if part)


class RowModel(QAbstractListModel):
    """Rows that are all at hand (a day, a panel). Long lists have a model of their own that fetches what is in view."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[ListRow, ...] = ()

    def show_rows(self, rows: Sequence[ListRow]) -> None:
        self.beginResetModel()
        self._rows = tuple(rows)
        self.endResetModel()

    def replace(self, number: int, new: ListRow) -> None:
        rows = list(self._rows)
        rows[number] = new
        self._rows = tuple(rows)
        index = self.index(number)
        self.dataChanged.emit(index, index)

    def row(self, number: int) -> ListRow | None:
        return self._rows[number] if 0 <= number < len(self._rows) else None

    @property
    def rows(self) -> tuple[ListRow, ...]:
        return self._rows

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own signature
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        row = self.row(index.row())
        if row is None:
            return None
        if role == ROW:
            return row
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return row.spoken
        if role == Qt.ItemDataRole.AccessibleDescriptionRole and row.buttons:
            return ", ".join(f"{button.text} {button.key}".strip() for button in row.buttons)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        row = self.row(index.row())
        if row is None or row.head:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
