"""The people who match, as a table model that holds only the pages that somebody has looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from cmpp_desktop.domain.participants import age
from cmpp_desktop.domain.questions import People, PeopleAnswer, PersonRow
from cmpp_desktop.words import Words

PAGE = 50
ROLE_PERSON = int(Qt.ItemDataRole.UserRole) + 1
ROLE_CELL = ROLE_PERSON + 1
Index = QModelIndex | QPersistentModelIndex
COLUMNS = ("name", "age", "language", "a_number", "next", "last", "caseworker", "know")
SORTS = {0: "name", 4: "next", 5: "last_contact"}


@dataclass(frozen=True, slots=True)
class Cell:
    """What one cell says: a line, a smaller line below, and how it looks."""

    text: str = ""
    below: str = ""
    marks: tuple[tuple[int, int], ...] = ()
    below_marks: tuple[tuple[int, int], ...] = ()
    icon: str = ""
    strong: bool = False
    quiet: bool = False
    badge: str = ""  # a state of the tokens' shapes

    @property
    def spoken(self) -> str:
        return ", ".join(part for part in (self.text, self.below) if part)


class PeopleModel(QAbstractTableModel):
    """`ask(question, ok)` fetches; a page is asked for when a row of it comes into view, and once only."""

    counted = Signal(object)  # the first page of a new search: PeopleAnswer

    def __init__(
        self, words: Words, ask: Callable[[People, Callable[[PeopleAnswer], None]], object], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._words, self._ask = words, ask
        self._question: People | None = None
        self._total = 0
        self._pages: dict[int, tuple[PersonRow, ...]] = {}
        self._asked: set[int] = set()
        self._cells: dict[tuple[int, int], Cell] = {}
        self._today = date.min

    def search(self, question: People) -> None:
        """Starts again with another question; what is shown stays until the answer is there."""
        self._question = question
        self._today = question.day
        self._ask(question, lambda answer: self._first(question, answer))

    def _first(self, question: People, answer: PeopleAnswer) -> None:
        if question is not self._question:
            return  # an answer to what was typed before
        self.beginResetModel()
        self._total = answer.matching
        self._pages = {0: answer.rows}
        self._asked = {0}
        self._cells.clear()
        self.endResetModel()
        self.counted.emit(answer)

    def _fetch(self, page: int) -> None:
        question = self._question
        if question is None or page in self._asked:
            return
        self._asked.add(page)
        further = People(question.day, question.text, question.filter, question.sort, page * PAGE, PAGE)
        self._ask(further, lambda answer: self._more(question, page, answer))

    def _more(self, question: People, page: int, answer: PeopleAnswer) -> None:
        if question is not self._question:
            return
        self._pages[page] = answer.rows
        last = min(page * PAGE + PAGE, self._total) - 1
        self.dataChanged.emit(self.index(page * PAGE, 0), self.index(last, len(COLUMNS) - 1))

    def person(self, number: int) -> PersonRow | None:
        """The person of a row, or None while their page is on its way."""
        page, place = divmod(number, PAGE)
        rows = self._pages.get(page)
        if rows is None:
            self._fetch(page)
            return None
        return rows[place] if place < len(rows) else None

    # --- Qt's questions ---------------------------------------------------------------------------------------------

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own signature
        return 0 if parent.isValid() else self._total

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own signature
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if role == Qt.ItemDataRole.TextAlignmentRole and COLUMNS[section] == "age":
            return int(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
        if orientation != Qt.Orientation.Horizontal or role != Qt.ItemDataRole.DisplayRole:
            return None
        words = self._words
        return (
            words("Name"),
            words("Age"),
            words("Language"),
            words("A-number"),
            words("Next"),
            words("Last contact"),
            words("Caseworker"),
            words("To know"),
        )[section]

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if role == ROLE_CELL:
            return self.cell(index.row(), index.column())
        if role == Qt.ItemDataRole.AccessibleTextRole:
            cell = self.cell(index.row(), index.column())
            return cell.spoken if cell is not None else ""
        if role == ROLE_PERSON:
            return self.person(index.row())
        return None

    def cell(self, number: int, column: int) -> Cell | None:
        """What a cell says, made once."""
        key = (number, column)
        if key not in self._cells:
            person = self.person(number)
            if person is None:
                return None
            self._cells[key] = cell_of(person, COLUMNS[column], self._question or People(self._today), self._words)
        return self._cells[key]


def cell_of(person: PersonRow, column: str, question: People, words: Words) -> Cell:
    """The words of one cell."""
    today = question.day
    if column == "name":
        return _name(person, question, words)
    if column == "age":
        years = age(person.birth_date, today)
        about = "~" if person.birth_date is not None and person.birth_date.estimated else ""
        return Cell("" if years is None else f"{about}{years}")
    if column == "language":
        said = ", ".join(words.language_name(code) for code in person.languages[:2])
        return Cell(said, icon="ear" if person.interpreter_needed else "")
    if column == "a_number":
        return Cell(f"••• {person.a_number_end}" if person.a_number_end else "", quiet=True)
    if column == "next":
        return _next(person, today, words)
    if column == "last":
        return Cell(words.short_date(person.last_contact, today) if person.last_contact else words("none yet"), quiet=True)
    if column == "caseworker":
        return Cell(short_name(person.caseworker), quiet=True)
    return _to_know(person, today, words)


def _name(person: PersonRow, question: People, words: Words) -> Cell:
    why = {
        "alias": words("also {text}", text=person.why),
        "phone": words("phone {text}", text=person.why),
        "a_number": words("A-number ending {text}", text=person.why[-3:]),
        "sound": words("sounds like {text}", text=question.text.strip()),
        "contact": words("emergency contact: {text}", text=person.why),
    }
    below = why.get(person.why_kind, person.why) or person.native_name
    asked = question.text.strip()
    at = below.casefold().find(asked.casefold()) if asked and below else -1
    marks = ((at, len(asked)),) if at >= 0 else ()
    return Cell(person.name, below, person.spans, marks)


def _next(person: PersonRow, today: date, words: Words) -> Cell:
    if person.next_when is None:
        return Cell(words("No date set") if person.state in ("active", "enrolled") else "", quiet=True)
    when = person.next_when
    near = (when.day - today).days
    day = words.day(when.day, today)
    day = day[:1].upper() + day[1:]
    if near in (0, 1) and when.at is not None:
        day = f"{day} {words.time_in(when.at, when.zone)}"
    return Cell(day, words.code("obligation_type", person.next_obligation), strong=near == 0)


def _to_know(person: PersonRow, today: date, words: Words) -> Cell:
    quiet_days = (today - person.last_contact).days if person.last_contact else 0
    if person.state in ("active", "enrolled") and quiet_days >= 21:
        return Cell(words.plural("No contact for {n} day", "No contact for {n} days", quiet_days), badge="soon")
    if person.state and person.state not in ("active", "enrolled"):
        return Cell(words.code("case_state", person.state), quiet=True)
    return Cell(", ".join(words.code("participant_flag", flag) for flag in person.flags), quiet=True)


def short_name(name: str) -> str:
    """ "A. Marroquín" of "Ana Marroquín"."""
    parts = name.split()
    return f"{parts[0][0]}. {' '.join(parts[1:])}" if len(parts) > 1 else name
