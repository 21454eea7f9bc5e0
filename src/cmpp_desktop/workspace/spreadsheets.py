"""Reads a table from a CSV or XLSX file that may be anything: within limits, and never carrying anything out that is in it.

Formulas are not computed (what the spreadsheet program computed last is read, or the cell is refused), macros and links to other
files are not looked at, archives are unpacked only as far as the limits, and what a file is its first bytes say, not its name.
Encodings: UTF-8, UTF-16 with its mark, else Windows-1252, which is said; what is none of them is refused.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from cmpp_desktop.domain.import_values import BadCell, Cell
from cmpp_desktop.domain.import_vocabulary import guess
from cmpp_desktop.domain.importing import Column, Line
from cmpp_desktop.errors import KnownError

MOST_ROWS = 20_000
MOST_COLUMNS = 200
LARGEST = 40 * 1024 * 1024  # bytes of the file
LARGEST_UNPACKED = 400 * 1024 * 1024  # of all that is packed in it
LARGEST_PART = 64 * 1024 * 1024  # of what has to be in memory at once: texts, formats
LONGEST_CELL = 10_000
HEADING_WITHIN = 20  # rows from the top among which the headings are
LAST_ROW = 1_048_576  # of any spreadsheet
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig", "UTF-8"), (b"\xff\xfe", "utf-16", "UTF-16"), (b"\xfe\xff", "utf-16", "UTF-16"))
_SEPARATOR = re.compile(r"sep=([^\w\s\"]|\t)?[^\r\n]*(?:\r\n|\r|\n|$)", re.IGNORECASE)  # the first line of some programs
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@dataclass(frozen=True, slots=True)
class Table:
    """What was read. `form`: csv or xlsx; `notices`: codes of what a person should know (see import_words); `sheets`: names of
    those that can be chosen; `lines` has the rows under the headings that say anything."""

    form: str
    sheet: str
    sheets: tuple[str, ...]
    encoding: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    notices: tuple[str, ...] = ()


def read(path: Path, sheet: str = "", cancelled: Callable[[], bool] | None = None) -> Table:
    """Raises file_unreadable (cause: not_there, locked, empty, not_a_table, password, old_excel, damaged, encoding,
    unclosed_quote, no_headings, no_such_sheet), file_too_big (size or rows or columns, and most), import_cancelled."""
    try:
        if not path.is_file():
            raise unreadable("not_there")
        if path.stat().st_size > LARGEST:
            raise KnownError("file_too_big", size=path.stat().st_size, most=LARGEST)
        data = path.read_bytes()
    except OSError as error:
        raise unreadable("locked") from error
    if not data.strip(b"\x00 \r\n\t"):
        raise unreadable("empty")
    suffix = path.suffix.lower()
    if data.startswith(_OLE):
        raise unreadable("old_excel" if suffix == ".xls" else "password")
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        notices = () if suffix in (".xlsx", ".xlsm") else ("other_form",)
        return _xlsx(data, sheet, notices, cancelled)
    notices = () if suffix in (".csv", ".txt", ".tsv") else ("other_form",)
    return _csv(data, notices, cancelled)


def unreadable(cause: str) -> KnownError:
    """The error of a file that cannot be read."""
    return KnownError("file_unreadable", cause=cause)


# --- CSV ------------------------------------------------------------------------------------------------------------------------


def _csv(data: bytes, notices: Sequence[str], cancelled: Callable[[], bool] | None) -> Table:
    if data[:5] == b"%PDF-" or data[:1] == b"{" or data.lstrip()[:1] == b"<":
        raise unreadable("not_a_table")
    text, encoding = decoded(data)
    said = [*notices, *(("windows_1252",) if encoding == "Windows-1252" else ())]
    told = _SEPARATOR.match(text)
    if told is not None:
        text = text[told.end() :]
    separator = told[1] if told is not None and told[1] else _separator(text)
    csv.field_size_limit(LARGEST)  # else one long cell makes the whole file unreadable; here it is wrong by itself
    try:
        rows = _bounded(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True), cancelled)
        return _table(rows, said, form="csv", encoding=encoding)
    except csv.Error as error:
        raise unreadable("unclosed_quote" if "end of data" in str(error) else "damaged") from error


def decoded(data: bytes) -> tuple[str, str]:
    """The text and the name of its encoding. Raises file_unreadable encoding."""
    for mark, name, said in _MARKS:
        if data.startswith(mark):
            try:
                return data.decode(name), said
            except UnicodeDecodeError as error:
                raise unreadable("encoding") from error
    if b"\x00" in data:
        raise unreadable("encoding")  # UTF-16 without its mark, or no text at all
    try:
        return data.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError as error:
        whole = data.decode("utf-8", "replace")
        wrong = whole.count("\ufffd")
        right = sum(letter > "\x7f" and letter != "\ufffd" for letter in whole)
        if right > wrong:  # UTF-8 that was cut or damaged: reading it another way would garble every name
            raise unreadable("encoding") from error
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError as error:
        raise unreadable("encoding") from error
    return text, "Windows-1252"


def _separator(text: str) -> str:
    head = [line for line in text[:20_000].splitlines() if line.strip()][:5]
    counts = {mark: min((line.count(mark) for line in head), default=0) for mark in (",", ";", "\t", "|")}
    best = max(counts, key=lambda mark: counts[mark])
    if counts[best]:
        return best
    first = head[0] if head else ""
    return max(counts, key=first.count) if any(mark in first for mark in counts) else ","


# --- XLSX -----------------------------------------------------------------------------------------------------------------------


@dataclass
class _Looked:
    """What the XML of a sheet says beside its values."""

    bad: dict[tuple[int, int], str] = field(default_factory=dict)  # (row, column) from 1 → why it cannot be read
    merged: bool = False
    hidden_columns: bool = False
    hidden_rows: bool = False
    formulas: bool = False


def _xlsx(data: bytes, sheet: str, notices: Sequence[str], cancelled: Callable[[], bool] | None) -> Table:
    from openpyxl import load_workbook
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

    said = list(notices)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            said += _checked(archive)
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        try:
            pages = [page for page in book.worksheets if isinstance(page, ReadOnlyWorksheet)]
            shown = [page for page in pages if page.sheet_state == "visible"] or pages
            if len(shown) < len(pages):
                said.append("hidden_sheets")
            page = next((one for one in shown if one.title == sheet), None) if sheet else next(iter(shown), None)
            if page is None:
                raise unreadable("no_such_sheet")
            inside: Any = page
            looked = _looked_at(inside._get_source(), cancelled)
            said += [code for code in ("merged", "hidden_columns", "hidden_rows", "formulas") if getattr(looked, code)]
            page.reset_dimensions()
            values = page.iter_rows(values_only=True, max_col=MOST_COLUMNS + 1, max_row=LAST_ROW)
            rows = _bounded(_marked(values, looked.bad), cancelled)
            names = tuple(one.title for one in shown)
            return _table(rows, said, form="xlsx", sheet=page.title, sheets=names)
        finally:
            book.close()
    except (KnownError, MemoryError):
        raise
    except Exception as error:  # whatever is in a stranger's archive, it is a file that cannot be read and no mistake of ours
        raise unreadable("damaged") from error


def _checked(archive: zipfile.ZipFile) -> list[str]:
    """Refuses what is no spreadsheet or too large when unpacked; says what is left alone."""
    parts = archive.infolist()
    names = {part.filename for part in parts}
    if "xl/workbook.xml" not in names:
        raise unreadable("not_a_table")
    if any(part.flag_bits & 1 for part in parts):
        raise unreadable("password")
    total = sum(part.file_size for part in parts)
    held = max((part.file_size for part in parts if not part.filename.startswith("xl/worksheets/")), default=0)
    if total > LARGEST_UNPACKED or len(parts) > 5_000:
        raise KnownError("file_too_big", size=total, most=LARGEST_UNPACKED)
    if held > LARGEST_PART:
        raise KnownError("file_too_big", size=held, most=LARGEST_PART)
    for part in parts:
        if part.filename.endswith((".xml", ".rels")):
            with archive.open(part) as opened:
                head = opened.read(2_000).replace(b"\x00", b"")
            if b"<!DOCTYPE" in head or b"<!ENTITY" in head:  # no spreadsheet program writes them
                raise unreadable("damaged")
    found = []
    if any(name.endswith("vbaProject.bin") for name in names):
        found.append("macros")
    if any(name.startswith("xl/externalLinks/") for name in names):
        found.append("links")
    return found


def _looked_at(source: Any, cancelled: Callable[[], bool] | None) -> _Looked:
    """Reads a sheet's XML once for what its values do not say: formulas that were never computed, errors, merged and hidden."""
    from lxml import etree
    from openpyxl.utils import column_index_from_string

    found = _Looked()
    tags = [f"{_MAIN}{name}" for name in ("c", "row", "mergeCell", "col")]
    row = column = 0
    seen = 0
    with source:
        events = etree.iterparse(source, events=("start", "end"), tag=tags, resolve_entities=False, no_network=True)
        for event, element in events:
            name = element.tag[len(_MAIN) :]
            if event == "start":
                if name == "row":
                    seen += 1
                    if seen % 1000 == 0 and cancelled is not None and cancelled():
                        raise KnownError("import_cancelled")
                    row, column = int(float(element.get("r") or row + 1)), 0
                    found.hidden_rows |= element.get("hidden") in ("1", "true")
                continue
            if name == "c":
                told = element.get("r")
                column = column_index_from_string("".join(filter(str.isalpha, told))) if told else column + 1
                if element.find(f"{_MAIN}f") is not None:
                    found.formulas = True
                    if not (element.findtext(f"{_MAIN}v") or element.find(f"{_MAIN}is") is not None or element.get("t") == "str"):
                        found.bad[row, column] = "formula_without_value"
                if element.get("t") == "e":
                    found.bad[row, column] = "cell_error"
            elif name == "col":
                found.hidden_columns |= element.get("hidden") in ("1", "true")
            elif name == "mergeCell":
                found.merged = True
            if name == "row":
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]
    return found


def _marked(rows: Iterable[tuple[Any, ...]], bad: dict[tuple[int, int], str]) -> Iterator[Sequence[Any]]:
    by_row: dict[int, list[tuple[int, str]]] = {}
    for (row, column), code in bad.items():
        by_row.setdefault(row, []).append((column, code))
    for number, cells in enumerate(rows, 1):
        if number not in by_row:
            yield cells
            continue
        changed = list(cells)
        for column, code in by_row[number]:
            if column <= len(changed):
                changed[column - 1] = BadCell(code)
        yield changed


# --- what both have ---------------------------------------------------------------------------------------------------------


def _bounded(rows: Iterable[Sequence[Any]], cancelled: Callable[[], bool] | None) -> Iterator[Line]:
    """The rows that say anything, with their numbers, within the limits."""
    kept = 0
    for number, cells in enumerate(rows, 1):
        if number % 1000 == 0 and cancelled is not None and cancelled():
            raise KnownError("import_cancelled")
        found = [_cell(cell) for cell in cells]
        while found and found[-1] is None:
            found.pop()
        if not found:
            continue
        kept += 1
        if kept > MOST_ROWS + HEADING_WITHIN:
            raise KnownError("file_too_big", rows=kept, most=MOST_ROWS)
        if len(found) > MOST_COLUMNS:
            raise KnownError("file_too_big", columns=len(found), most=MOST_COLUMNS)
        yield Line(number, tuple(found))


def _cell(cell: Any) -> Cell:
    if cell is None or isinstance(cell, BadCell | bool | int | float | date | datetime | time):
        return cell
    if not isinstance(cell, str):
        return BadCell("not_text")
    if not cell.strip():
        return None
    return BadCell("too_long") if len(cell) > LONGEST_CELL else cell


def _table(
    rows: Iterator[Line], notices: list[str], *, form: str, sheet: str = "", sheets: tuple[str, ...] = (), encoding: str = ""
) -> Table:
    first: list[Line] = []
    for line in rows:
        first.append(line)
        if len(first) >= HEADING_WITHIN:
            break
    if not first:
        raise unreadable("empty")
    known = [sum(1 for cell in line.cells if isinstance(cell, str) and guess(cell)) for line in first]
    at = known.index(max(known))
    if max(known) == 0:
        at = next((place for place, line in enumerate(first) if sum(cell is not None for cell in line.cells) > 1), 0)
    lines = [*first[at + 1 :], *rows]
    if len(lines) > MOST_ROWS:
        raise KnownError("file_too_big", rows=len(lines), most=MOST_ROWS)
    width = max([len(first[at].cells), *(len(line.cells) for line in lines)])
    columns = _columns(first[at].cells, width)
    headings = [column.heading.casefold() for column in columns if column.heading]
    if not headings:
        raise unreadable("no_headings")
    if len(set(headings)) < len(headings):
        notices.append("same_headings")
    if not lines:
        raise unreadable("empty")
    return Table(form, sheet, sheets, encoding, columns, tuple(lines), tuple(dict.fromkeys(notices)))


def _columns(headings: Sequence[Cell], width: int) -> tuple[Column, ...]:
    said = [headings[place] if place < len(headings) else None for place in range(width)]
    texts = ["" if cell is None or isinstance(cell, BadCell) else " ".join(str(cell).split())[:100] for cell in said]
    times = Counter(text.casefold() for text in texts)
    found, taken = [], {text.casefold() for text, often in times.items() if text and often == 1}
    for place, text in enumerate(texts):
        letter = key = _letter(place)
        if text and times[text.casefold()] == 1:
            key = text
        else:
            key = f"{text} [{letter}]".strip()
            while key.casefold() in taken:  # another column has just this as its heading
                key += "+"
            taken.add(key.casefold())
        found.append(Column(place, letter, text, key))
    return tuple(found)


def _letter(place: int) -> str:
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
