"""Reads a directory in Open Referral's HSDS, versions 2 and 3: a JSON document, a folder or a zip of CSV files.

Tolerant of what publishers do: names of tables in the singular or plural, unknown tables and columns, any of the usual
encodings and separators, services nested in organizations or the other way round, the same place written out many times.
What cannot be read is a `Problem` with file, row, column and reason, never an exception; how much is read is bounded. Nothing
is written here: `read` gives what `domain.directory.ImportDirectory` takes. Source: the tables of the specification at
docs.openreferral.org.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, TypeAlias

from cmpp_desktop.domain.directory import Problem, ReadDirectory
from cmpp_desktop.errors import KnownError
from cmpp_desktop.workspace.hsds_records import Row, Tables, assemble

LARGEST = 100 * 1024 * 1024  # bytes, of all files together when they are unpacked
MOST_ROWS = 400_000
LONGEST_CELL = 200_000  # letters
Progress: TypeAlias = Callable[[int, int], None]

# What the tables are called: HSDS 3, its tabular packages, and HSDS 2.
NAMES: Mapping[str, str] = {
    alias: name
    for name, aliases in {
        "organization": "organizations organisation organisations",
        "service": "services",
        "location": "locations",
        "service_at_location": "service_at_locations services_at_location services_at_locations",
        "phone": "phones",
        "address": "addresses physical_address physical_addresses postal_address postal_addresses",
        "schedule": "schedules regular_schedule regular_schedules",
        "language": "languages",
        "contact": "contacts",
        "taxonomy_term": "taxonomy_terms taxonomy",  # HSDS 2 has its terms in `taxonomy`
        "attribute": "attributes service_attribute service_attributes service_taxonomy services_taxonomy service_taxonomies",
        "service_area": "service_areas",
        "cost_option": "cost_options",
        "required_document": "required_documents documents_required",
        "accessibility": "accessibility_for_disabilities",
        "eligibility": "eligibilities",
        "program": "programs",
        "metadata": "meta_data",
    }.items()
    for alias in (name, *aliases.split())
}
IN_ONE = frozenset({"organization", "location", "taxonomy_term", "program", "service"})  # nested as one thing: the row names it


def read(path: Path, progress: Progress | None = None) -> ReadDirectory:
    """What is in a file or folder. Raises file_too_big, file_unreadable (cause: not_there, not_hsds, damaged, locked)."""
    files = _files(path)
    tables = Tables()
    for at, file in enumerate(files):
        if progress is not None:
            progress(at, len(files))
        name = PurePosixPath(file.name)
        if name.suffix.lower() == ".json":
            _read_json(file, tables)
        else:
            _read_csv(file, NAMES[_stem(name.name)], tables)
        if tables.count > MOST_ROWS:
            raise KnownError("file_too_big", rows=tables.count, most=MOST_ROWS)
    if not tables.rows.get("service") and not tables.rows.get("organization"):
        raise KnownError("file_unreadable", cause="not_hsds")
    return assemble(tables)


@dataclass(frozen=True)
class _File:
    name: str
    data: bytes


def _files(path: Path) -> list[_File]:
    """What there is to read, in the order of the tables' names, within the limits."""
    try:
        if path.is_dir():
            wanted = [one for one in sorted(path.iterdir()) if one.is_file() and _is_table(one.name)]
            _within(sum(one.stat().st_size for one in wanted))
            found = [_File(one.name, one.read_bytes()) for one in wanted]
        elif not path.exists():
            raise KnownError("file_unreadable", cause="not_there")
        elif path.name == "datapackage.json" or (path.suffix.lower() == ".csv" and _is_table(path.name)):
            return _files(path.parent)
        elif zipfile.is_zipfile(path):
            found = _unpacked(path)
        else:
            _within(path.stat().st_size)
            found = [_File(path.name, path.read_bytes())]
            if path.suffix.lower() not in (".json", ".csv"):
                found = [_File(path.name + ".json", found[0].data)] if found[0].data.lstrip()[:1] in (b"{", b"[") else []
    except OSError as error:
        raise KnownError("file_unreadable", cause="locked") from error
    if not found or (len(found) == 1 and not found[0].name.lower().endswith(".json") and not _is_table(found[0].name)):
        raise KnownError("file_unreadable", cause="not_hsds")
    return found


def _unpacked(path: Path) -> list[_File]:
    """The tables in a zip, whatever folders they are in; a document of JSON in a zip is read as well."""
    try:
        with zipfile.ZipFile(path) as archive:
            inside = [item for item in archive.infolist() if not item.is_dir() and not item.filename.startswith("__MACOSX")]
            wanted = [item for item in inside if _is_table(PurePosixPath(item.filename).name)]
            wanted = wanted or [item for item in inside if _is_document(PurePosixPath(item.filename).name)]
            _within(sum(item.file_size for item in wanted))
            found = []
            for item in wanted:
                with archive.open(item) as opened:
                    data = opened.read(item.file_size + 1)  # never more than was said, whatever is packed
                _within(len(data))
                found.append(_File(PurePosixPath(item.filename).name, data))
            return found
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, ValueError) as error:
        raise KnownError("file_unreadable", cause="damaged") from error


def _within(size: int) -> None:
    if size > LARGEST:
        raise KnownError("file_too_big", size=size, most=LARGEST)


def _stem(name: str) -> str:
    return PurePosixPath(name).stem.lower().replace("-", "_").replace(" ", "_")


def _is_table(name: str) -> bool:
    return name.lower().endswith((".csv", ".tsv", ".txt")) and _stem(name) in NAMES


def _is_document(name: str) -> bool:
    return name.lower().endswith(".json") and name.lower() != "datapackage.json" and not name.startswith(".")


# --- CSV ------------------------------------------------------------------------------------------------------------------


def text_of(data: bytes) -> str:
    """The text of a file: UTF-16 and UTF-8 by their marks, UTF-8, else the encoding of older spreadsheets on Windows."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _read_csv(file: _File, table: str, tables: Tables) -> None:
    text = text_of(file.data).replace("\x00", "")
    first = text.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    rows = _safely(reader, file.name, tables.problems)
    header = next(rows, (0, []))[1]
    columns = [_stem(cell.strip() + ".x") for cell in header]
    for number, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(columns):
            tables.problems.append(Problem(file.name, number, "", "too_many_cells"))
            continue
        long = next((name for name, cell in zip(columns, cells, strict=False) if len(cell) > LONGEST_CELL), None)
        if long is not None:
            tables.problems.append(Problem(file.name, number, long, "too_long"))
            continue
        values = {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if name}
        tables.add(table, Row(values, file.name, number))
        if tables.count > MOST_ROWS:
            return


def _safely(reader: Any, file: str, problems: list[Problem]) -> Iterator[tuple[int, list[str]]]:
    """Rows with their number as a spreadsheet shows it; one that cannot be read is a problem, and the next is tried."""
    number = 0
    while True:
        number += 1
        try:
            yield number, next(reader)
        except StopIteration:
            return
        except csv.Error:
            problems.append(Problem(file, number, "", "bad_row"))


# --- JSON -----------------------------------------------------------------------------------------------------------------


def _read_json(file: _File, tables: Tables) -> None:
    try:
        document = json.loads(text_of(file.data))
    except (ValueError, RecursionError) as error:
        raise KnownError("file_unreadable", cause="damaged") from error
    tables.whole = _is_whole(document)
    for number, (table, item) in enumerate(_items(document), start=1):
        _Nested(tables, file.name, number).put(table, item, {}, 0)
        if tables.count > MOST_ROWS:
            return


def _is_whole(document: Any) -> bool:
    """Whether a document is a whole directory: not a single service, nor one page of several."""
    if isinstance(document, dict):
        pages = document.get("total_pages", 1)
        return any(isinstance(document.get(name), list) for name in _LISTS) and "id" not in document and pages in (1, "1")
    return isinstance(document, list)


_LISTS = ("contents", "items", "results", "services", "organizations", "locations")


def _items(document: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The services, organizations and places at the top of a document, each with its table."""
    if isinstance(document, list):
        for item in document:
            if isinstance(item, dict):
                yield _table_of(item), item
    elif isinstance(document, dict) and "id" in document:
        yield _table_of(document), document
    elif isinstance(document, dict):
        for name in _LISTS:
            inside = document.get(name)
            for item in inside if isinstance(inside, list) else ():
                if isinstance(item, dict):
                    yield NAMES.get(name) or _table_of(item), item


def _table_of(item: Mapping[str, Any]) -> str:
    if "services" in item or "tax_status" in item or ("website" in item and "status" not in item):
        return "organization"
    if "latitude" in item or ("addresses" in item and "organization" not in item):
        return "location"
    return "service"


@dataclass
class _Nested:
    """Takes one thing apart into rows, as the tables of the specification have them."""

    tables: Tables
    file: str
    number: int
    deepest: int = field(default=12)

    def put(self, table: str, item: Mapping[str, Any], parent: Mapping[str, str], depth: int) -> str:
        """Adds the row of a thing and those of what is nested in it. Returns its id."""
        own = _text(item.get("id"))
        values = {**parent, **{key: _text(value) for key, value in item.items() if not isinstance(value, dict | list)}}
        values.setdefault("id", own)
        row = Row(values, self.file, self.number)
        self.tables.add(table, row, nested=True)
        for key, inside in item.items():
            child = NAMES.get(key.lower())
            if child is None or depth >= self.deepest:
                continue
            if isinstance(inside, dict):
                self._one(table, row, own, child, inside, depth)
            elif isinstance(inside, list):
                self._many(table, own, child, inside, depth)
        return own

    def _one(self, table: str, row: Row, own: str, child: str, inside: Mapping[str, Any], depth: int) -> None:
        if child in IN_ONE:
            named = self.put(child, inside, {}, depth + 1)
            row.values[f"{child}_id"] = row.values.get(f"{child}_id") or named
        else:
            self.put(child, inside, {f"{table}_id": own}, depth + 1)

    def _many(self, table: str, own: str, child: str, inside: Sequence[Any], depth: int) -> None:
        above = {"link_id": own} if child == "attribute" else {f"{table}_id": own}
        for item in inside:
            if isinstance(item, dict):
                self.put(child, item, above, depth + 1)
            elif isinstance(item, str) and child in ("language", "service_area", "required_document"):
                self.put(child, {"name": item, "document": item}, above, depth + 1)


def _text(value: Any) -> str:
    """A plain value as a cell of a table would have it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).replace("\x00", "").strip()[:LONGEST_CELL]
