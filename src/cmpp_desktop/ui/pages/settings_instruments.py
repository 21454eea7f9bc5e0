"""Settings, Instruments: the forms that interviews are held with, and taking in one that was written as an XLSForm.

A form that uses something the program does not know is refused as a whole; every place is listed with what to do about it,
in the author's terms: sheet, row, column.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHeaderView, QTableView, QWidget

from cmpp_desktop.domain.questions import InstrumentRow, Instruments
from cmpp_desktop.domain.work import Done
from cmpp_desktop.forms import InstrumentRefused, Problem
from cmpp_desktop.ui.files import ask_for_file, read_bytes
from cmpp_desktop.ui.form_problems import said_problem
from cmpp_desktop.ui.messages import message_for
from cmpp_desktop.ui.page import Page
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import (
    Banner,
    Button,
    Label,
    ListRow,
    RowDelegate,
    RowList,
    SectionHead,
    column,
    heading,
    isolate,
    row,
)
from cmpp_desktop.words import Words

IMPORTERS = frozenset({"administrator", "supervisor"})
MOST_BYTES = 20 * 1024 * 1024
SUFFIXES = ("xlsx", "xls", "csv")
Index = QModelIndex | QPersistentModelIndex


class ProblemModel(QAbstractTableModel):
    """What is wrong with a form, a line each: sheet, row, column, what, what to do."""

    def __init__(self, words: Words, parent: QObject) -> None:
        super().__init__(parent)
        self._words = words
        self._heads = (words("Sheet"), words("Row"), words("Column"), words("What it is"), words("What to do"))
        self._rows: tuple[tuple[str, ...], ...] = ()

    def show_problems(self, problems: tuple[Problem, ...]) -> None:
        self.beginResetModel()
        self._rows = tuple(
            (item.sheet or "", str(item.row) if item.row else "", item.column or "", *said_problem(item, self._words))
            for item in problems
        )
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own signature
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own signature
        return len(self._heads)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:
            return self._rows[index.row()][index.column()]
        if role == Qt.ItemDataRole.AccessibleTextRole:
            said = self._rows[index.row()][index.column()]
            return f"{self._heads[index.column()]}: {said}" if said else self._heads[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeading)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._heads[section]
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading)
        return None


class ProblemTable(QTableView):
    """As high as what it says."""

    def __init__(self, words: Words) -> None:
        super().__init__()
        self.setAccessibleName(words("Places to change in the form"))
        self._model = ProblemModel(words, self)
        self.setModel(self._model)
        self.setWordWrap(True)
        self.setStyleSheet(f"QTableView::item {{ padding: {look().px(4)}px {look().px(8)}px; }}")
        self.setShowGrid(False)
        self.verticalHeader().hide()
        self.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        head = self.horizontalHeader()
        head.setHighlightSections(False)
        head.setSectionsClickable(False)
        head.setMinimumHeight(look().px(32))
        for number in range(5):
            mode = QHeaderView.ResizeMode.Stretch if number > 2 else QHeaderView.ResizeMode.ResizeToContents
            head.setSectionResizeMode(number, mode)
        self._fitting = QTimer(self)
        self._fitting.setSingleShot(True)
        self._fitting.timeout.connect(self._fit)

    def show_problems(self, problems: tuple[Problem, ...]) -> None:
        self._model.show_problems(problems)
        self._fitting.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fitting.start()

    def _fit(self) -> None:
        self.resizeRowsToContents()
        head = self.horizontalHeader()
        high = head.sizeHint().height() + sum(self.rowHeight(number) for number in range(self._model.rowCount()))
        self.setFixedHeight(max(high, look().px(64)) + 4)


class InstrumentsPart(QWidget):
    """One part of the settings page."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.page, self.ui, self.words = page, page.ui, page.words
        words = self.words
        role = self.ui.me.me.role if self.ui.me is not None else ""
        may = role in IMPORTERS
        self.button = Button(words("Import a form"), kind="primary", icon="upload", on=self._choose)
        only = Label(words("Administrators and supervisors take in forms. Ask one of yours."), tone="ink2", wrap=True)
        (only if may else self.button).hide()
        self._notice = Banner("", tone="amber")
        self._notice.hide()
        self.problems = ProblemTable(words)
        self.problems.hide()
        self.list = RowList(words("Instruments"), RowDelegate(lead_width=0))
        self._head = SectionHead(words("In use"))
        self.setLayout(
            column(
                heading(words("Instruments")),
                Label(
                    words(
                        "The forms that interviews are held with. A form is a workbook in the XLSForm standard (.xlsx, .xls or "
                        ".csv); a newer version of one takes its place, and interviews that are finished keep theirs."
                    ),
                    tone="ink2",
                    wrap=True,
                ),
                row(self.button, None),
                only,
                self._notice,
                self.problems,
                12,
                self._head,
                self.list,
                gap=8,
            )
        )

    def reload(self) -> None:
        self.page.ask(Instruments(), self._show)

    def _show(self, instruments: tuple[InstrumentRow, ...]) -> None:
        self._head.show_count(str(len(instruments)))
        rows = [self._row(item) for item in instruments]
        if not rows:
            rows = [ListRow(title=self.words("No form is here yet."), muted=True, icon="clipboard-list")]
        self.list.show_rows(rows)
        self.list.doItemsLayout()
        high = sum(self.list.sizeHintForRow(number) for number in range(len(rows)))
        self.list.setFixedHeight(high + look().px(4))

    def _row(self, item: InstrumentRow) -> ListRow:
        words = self.words
        card = dict(item.card)
        tongues = ", ".join(words.language_name(code) for code in item.languages)
        facts = [words("Version {number}", number=item.version) if item.version else "", tongues, card.get("source", "")]
        return ListRow(
            id=item.id, title=item.title, icon="clipboard-list", details=(" · ".join(isolate(part) for part in facts if part),)
        )

    # --- taking one in ----------------------------------------------------------------------------------------------

    def _choose(self) -> None:
        kinds = " ".join(f"*.{suffix}" for suffix in SUFFIXES)
        ask_for_file(self, self.words("Import a form"), f"{self.words('Forms')} ({kinds})", self.take_file)

    def take_file(self, path: Path) -> None:
        """Reads, checks and publishes a form, elsewhere; says what became of it."""
        self.button.setEnabled(False)
        self.problems.hide()
        self._notice.show()
        self._notice.tell(self.words("Looking through {file}", file=isolate(path.name)))
        door = self.ui.door
        self.page.call(
            lambda: door.import_instrument(read_bytes(path, MOST_BYTES), path.name),
            lambda done: self._taken(done, path.name),
            lambda error: self._refused(error, path.name),
            on="work",
        )

    def _taken(self, done: Done, name: str) -> None:
        self.button.setEnabled(True)
        self._notice.hide()
        self.ui.say(self.words("{file} is in use. Everybody gets it with their next exchange.", file=isolate(name)))
        self.reload()

    def _refused(self, error: BaseException, name: str) -> None:
        self.button.setEnabled(True)
        message = message_for(error, self.words)
        self._notice.show()
        self._notice.tell(f"{isolate(name)}: {message.happened}", message.text)
        if isinstance(error, InstrumentRefused):
            self.problems.show()
            self.problems.show_problems(error.problems)
            self.problems.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.button.setFocus(Qt.FocusReason.OtherFocusReason)
