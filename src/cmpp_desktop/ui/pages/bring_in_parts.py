"""The parts of bringing in a table: what each column is, and the rows of the lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtWidgets import QGridLayout, QWidget

from cmpp_desktop.domain.import_vocabulary import FIELDS
from cmpp_desktop.domain.importing import Choice, ColumnPlan, Likely, Match
from cmpp_desktop.domain.imports import ImportMade
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import CodeCombo, Field, ListRow, RowBadge, RowButton, row
from cmpp_desktop.ui.widgets.streams import StreamRow
from cmpp_desktop.words import Words
from cmpp_desktop.workspace.import_words import field_name, reason
from cmpp_desktop.workspace.imports import ImportPreview

SAMPLES = 3
Choices = Mapping[int, Choice]


class ColumnsPart(QWidget):
    """What each column of the file is, with a few of its values; how days are written; the type of hearings that say none."""

    def __init__(self, words: Words, seen: ImportPreview) -> None:
        super().__init__()
        self._seen = seen
        known = [(name, field_name(name, words)) for name in FIELDS]
        self.columns: dict[str, CodeCombo] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(look().px(24))
        grid.setVerticalSpacing(look().px(12))
        for number, column in enumerate(seen.columns):
            combo = CodeCombo(known, seen.mapping.columns.get(column.key) or None, empty=words("Left out"))
            self.columns[column.key] = combo
            values = list(dict.fromkeys(cells[column.place] for _, cells in seen.samples if cells[column.place]))[:SAMPLES]
            said = " · ".join(value[:40] for value in values) or words("This column is empty in the first rows.")
            grid.addWidget(Field(column.key or column.letter, combo, help=said), number // 2, number % 2)
        orders = [(True, words("Day first: 31/12/2026")), (False, words("Month first: 12/31/2026"))]
        self.order = CodeCombo(orders, seen.mapping.day_first, empty=words("As the file shows"))
        types = [(code.id, code.name(words.language)) for code in words.codes("obligation_type") if not code.retired]
        self.type = CodeCombo(types, seen.mapping.obligation_type or None, empty=words("None"))
        last = (len(seen.columns) + 1) // 2
        grid.addLayout(row(Field(words("How days are written"), self.order)), last, 0)
        grid.addLayout(row(Field(words("Hearing type of rows that name none"), self.type)), last, 1)

    def plan(self) -> ColumnPlan:
        """What was chosen. A field that two columns have is refused later."""
        chosen = {key: str(combo.value()) for key, combo in self.columns.items() if combo.value()}
        return ColumnPlan(chosen, self.order.value(), self._seen.mapping.zone, self.type.value() or "")

    def twice(self) -> CodeCombo | None:
        """The second of two columns that are the same field."""
        found: set[str] = set()
        for combo in self.columns.values():
            if combo.value() and combo.value() in found:
                return combo
            found.add(combo.value() or "")
        return None


def counts_said(words: Words, counts: Mapping[str, int], *, done: bool = False) -> str:
    """ "128 rows · 120 people · 31 households · 90 dates"."""
    parts = [
        words.plural("{n} row", "{n} rows", counts.get("rows", 0)),
        words.plural("{n} person", "{n} people", counts.get("participants" if done else "people", 0)),
        words.plural("{n} household", "{n} households", counts.get("households", 0)),
        words.plural("{n} date", "{n} dates", counts.get("obligations", 0)),
    ]
    if counts.get("merged"):
        parts.append(words.plural("{n} added to somebody here", "{n} added to people here", counts["merged"]))
    if counts.get("skipped"):
        parts.append(words.plural("{n} row left out", "{n} rows left out", counts["skipped"]))
    return " · ".join(parts)


def problem_rows(words: Words, seen: ImportPreview, most: int) -> list[ListRow]:
    """What is wrong: row, column, what the cell says, why and what to do."""
    places = {column.key: column.place for column in seen.columns}
    cells = {line.number: line.cells for line in seen.lines}
    rows: list[ListRow] = []
    for number, problem in enumerate(seen.problems[:most]):
        said, place = cells.get(problem.row, ()), places.get(problem.column, -1)
        value = str(said[place])[:60] if 0 <= place < len(said) and isinstance(said[place], str | int | float) else ""
        title = words("Row {n}", n=problem.row) + (f" · {problem.column}" if problem.column else "")
        rows.append(StreamRow(id=number, title=title, what=reason(problem.code, words), details=(value,) if value else (),
                              icon="circle-alert", icon_tone="danger"))  # fmt: skip
    return rows


def likely_rows(words: Words, seen: ImportPreview, choices: Choices) -> list[ListRow]:
    """Rows whose person may be here already, with what was decided."""
    people = {one.number: one for one in seen.rows}
    buttons = (
        RowButton("merge", words("The same person"), "S"), RowButton("register", words("Somebody new"), "N"),
        RowButton("skip", words("Leave out"), "L"),
    )  # fmt: skip
    rows: list[ListRow] = []
    for one in seen.likely:
        about = people[one.row]
        name = about.person.name.full if about.person is not None else about.a_number
        offered = buttons if about.person is not None else (buttons[0], buttons[2])
        rows.append(
            StreamRow(id=one.row, title=words("Row {n}", n=one.row) + f" · {name}", what=_alike(words, one.matches[0]),
                      icon="users", badge=_decided(words, choices.get(one.row)), buttons=offered)
        )  # fmt: skip
    return rows


def decided(one: Likely, what: str) -> Choice:
    """The choice behind a button: the same as whoever is likest, somebody new, or left out."""
    first = one.matches[0]
    if what == "merge":
        return Choice("merge", first.participant_id, first.row)
    return Choice("register") if what == "register" else Choice("skip")


def _alike(words: Words, match: Match) -> str:
    reasons = {
        "a_number": words("the same A-number"), "phone": words("the same phone"), "birth_date": words("the same birth date"),
        "name": words("a like name"),
    }  # fmt: skip
    who = match.name or (words("Row {n}", n=match.row) if match.row is not None else "")
    why = ", ".join(reasons[code] for code in match.why if code in reasons)
    return words("May be {name}: {why}", name=who, why=why) if why else words("May be {name}", name=who)


def _decided(words: Words, choice: Choice | None) -> RowBadge:
    if choice is None:
        return RowBadge(words("Needs a choice"), "warning")
    said = {"merge": words("The same person"), "register": words("Somebody new"), "skip": words("Left out")}
    return RowBadge(said[choice.what], plain=True)


def made_rows(words: Words, made: Sequence[ImportMade], names: Mapping[object, str], may: Mapping[object, bool]) -> list[ListRow]:
    """Imports that can still be taken back."""
    return [
        StreamRow(
            id=one.id, title=one.title, what=counts_said(words, dict(one.counts), done=True), icon="upload",
            details=tuple(filter(None, (words.long_date(words.here(one.at).date()), names.get(one.by, "")))),
            buttons=(RowButton("undo", words("Take back"), "U"),) if may[one.id] else (),
        )
        for one in made
    ]  # fmt: skip
