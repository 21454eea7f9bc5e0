"""Bringing in a table: looked at first, without writing anything; then all of it or nothing, with progress; and its papers.

What was previewed is what is imported: the file is not read again. A list of errors and a template can be written; no cell of
them is a formula in any spreadsheet program.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cmpp_desktop.changes import HERE
from cmpp_desktop.domain import import_writing, importing
from cmpp_desktop.domain.import_values import BadCell, Cell, seems_day_first
from cmpp_desktop.domain.import_vocabulary import DATES, FIELDS
from cmpp_desktop.domain.importing import Choice, Column, ColumnPlan, Likely, Line, Row, RowProblem
from cmpp_desktop.domain.work import Done
from cmpp_desktop.errors import KnownError
from cmpp_desktop.words import load
from cmpp_desktop.workspace import spreadsheets
from cmpp_desktop.workspace.files import write_private
from cmpp_desktop.workspace.import_words import field_name, reason

if TYPE_CHECKING:
    from cmpp_desktop.workspace.profile import Opened

SAMPLES = 20

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class DatesSeen:
    """Of a column of dates written as 03/04/2020: how many can only be day first, only month first, and both."""

    column: str
    day_first: int
    month_first: int
    both: int


@dataclass(frozen=True)
class ImportPreview:
    """What importing a file would do. `samples`: the first rows as text; `problems`: what is wrong, by row; `likely`: rows whose
    person may be here already, each needing a choice; `counts`: rows, people, households, obligations. `notices`: codes."""

    title: str
    form: str
    encoding: str
    sheet: str
    sheets: tuple[str, ...]
    columns: tuple[Column, ...]
    mapping: ColumnPlan
    samples: tuple[tuple[int, tuple[str, ...]], ...]
    problems: tuple[RowProblem, ...]
    likely: tuple[Likely, ...]
    notices: tuple[str, ...]
    dates: tuple[DatesSeen, ...]
    counts: Mapping[str, int]
    rows: tuple[Row, ...] = field(repr=False, default=())
    lines: tuple[Line, ...] = field(repr=False, default=())

    @property
    def suggested(self) -> dict[int, Choice]:
        """A choice for every row that needs one: what is certain is taken together, everything else left out."""
        return {one.row: one.suggested for one in self.likely} | {one.row: Choice("skip") for one in self.problems}


def preview(
    opened: Opened,
    path: Path,
    mapping: ColumnPlan | None,
    sheet: str,
    progress: Progress | None,
    cancelled: Callable[[], bool] | None,
) -> ImportPreview:
    """Reads a file and says what importing it would do. Raises what `spreadsheets.read` does, Invalid (columns),
    import_cancelled."""
    table = spreadsheets.read(path, sheet, cancelled)
    chosen = mapping if mapping is not None else ColumnPlan(importing.guessed(table.columns))
    empty = ImportPreview(
        title=path.name,
        form=table.form,
        encoding=table.encoding,
        sheet=table.sheet,
        sheets=table.sheets,
        columns=table.columns,
        mapping=chosen,
        samples=tuple((line.number, _shown(line.cells, len(table.columns))) for line in table.lines[:SAMPLES]),
        problems=(),
        likely=(),
        notices=table.notices,
        dates=(),
        counts={},
        lines=table.lines,
    )
    if mapping is None and not any(name in chosen.columns.values() for name in ("given", "family", "name", "a_number")):
        return replace(empty, counts={"rows": len(table.lines)})  # nothing is known of the columns yet: the person says
    return again(opened, empty, chosen, progress, cancelled)


def again(
    opened: Opened,
    seen: ImportPreview,
    mapping: ColumnPlan,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> ImportPreview:
    """The same file under another mapping. Raises Invalid (columns), import_cancelled."""
    today, zone = opened.now().date(), opened.zone().key
    plan = importing.plan_of(seen.lines, seen.columns, mapping, zone=zone, today=today)

    def tick(done: int, of: int) -> None:
        if cancelled is not None and cancelled():
            raise KnownError("import_cancelled")
        if progress is not None:
            progress(done, of)

    matches = opened.ask(importing.DuplicatesIn(importing.looked_for(plan.rows), tick))
    likely, unknown = importing.likely(plan.rows, matches)
    lost = {problem.row for problem in unknown}
    rows = tuple(row for row in plan.rows if row.number not in lost)
    counts = {
        "rows": len(seen.lines),
        "people": sum(row.person is not None for row in rows),
        "households": len({row.household.casefold() for row in rows if row.household}),
        "obligations": sum(row.obligation is not None for row in rows),
    }
    problems = tuple(sorted((*plan.problems, *unknown), key=lambda problem: problem.row))
    return replace(
        seen, mapping=mapping, rows=rows, problems=problems, likely=likely, dates=_dates(seen, mapping), counts=counts
    )


def _dates(seen: ImportPreview, mapping: ColumnPlan) -> tuple[DatesSeen, ...]:
    found = []
    for column in seen.columns:
        if mapping.columns.get(column.key, "") in DATES:
            cells = (line.cells[column.place] for line in seen.lines if column.place < len(line.cells))
            counted = seems_day_first(cells)
            if any(counted):
                found.append(DatesSeen(column.key, *counted))
    return tuple(found)


def run(
    opened: Opened,
    seen: ImportPreview,
    choices: Mapping[int, Choice],
    progress: Progress | None,
    cancelled: Callable[[], bool] | None,
) -> Done:
    """Writes it, all or nothing. Raises import_refused (facts rows: how many have a problem and no choice "skip"),
    import_undecided (facts rows), import_cancelled, and what writing raises."""
    wrong = {problem.row for problem in seen.problems if getattr(choices.get(problem.row), "what", "") != "skip"}
    if wrong or not seen.rows:
        raise KnownError("import_refused", rows=len(wrong))
    waiting = importing.undecided(seen.rows, seen.likely, choices)
    if waiting:
        raise KnownError("import_undecided", rows=waiting)
    source = import_writing.Source(seen.title, dict(seen.mapping.columns))
    return opened.carry_out(
        lambda work: import_writing.carry_out(work, source, seen.rows, choices, progress, cancelled), HERE
    )


# --- papers ---------------------------------------------------------------------------------------------------------------------


def save_problems(seen: ImportPreview, path: Path, language: str) -> int:
    """Writes the list of what is wrong, for whoever has the file: row, column, reason, what the cell says. Raises
    file_not_written. Returns how many lines."""
    words = load(language)
    places = {column.key: column.place for column in seen.columns}
    cells = {line.number: line.cells for line in seen.lines}
    lines = [(words("Row"), words("Column"), words("Reason"), words("What it says"))]
    for problem in seen.problems:
        said = cells.get(problem.row, ())
        place = places.get(problem.column, len(said))
        text = _text(said[place]) if place < len(said) else ""
        lines.append((str(problem.row), problem.column, reason(problem.code, words), text[:200]))
    write_private(path, harmless_csv(lines))
    return len(lines) - 1


def save_template(path: Path, language: str) -> None:
    """Writes an empty table whose headings are all known. Raises file_not_written."""
    words = load(language)
    write_private(path, harmless_csv([tuple(field_name(name, words) for name in FIELDS)]))


def harmless_csv(lines: Iterable[Iterable[str]]) -> bytes:
    """CSV that every spreadsheet program reads as text: what could begin a formula gets an apostrophe before it."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows([_harmless(cell) for cell in line] for line in lines)
    return out.getvalue().encode("utf-8-sig")


def _harmless(text: str) -> str:
    plain = text.replace("\x00", "")
    begins = plain.lstrip()[:1] or "x"
    return f"'{plain}" if begins in "=+-@＝＋－＠" or plain[:1] in ("\t", "\r", "\n") else plain


def _shown(cells: tuple[Cell, ...], width: int) -> tuple[str, ...]:
    return tuple(_text(cells[place]) if place < len(cells) else "" for place in range(width))


def _text(cell: Cell) -> str:
    if cell is None or isinstance(cell, BadCell):
        return ""
    return str(cell)[:200]
