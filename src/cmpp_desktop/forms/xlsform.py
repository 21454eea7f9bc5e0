"""XLSForms in: .xlsx, .xls, .csv, .md or a folder of tables become an XForm, by pyxform, within bounds.

A workbook is looked at before it is opened: a zip bomb, a macro workbook or a sheet of a million rows is refused at once.
What pyxform finds wrong comes back with sheet, row and column.
"""

from __future__ import annotations

import csv
import io
import re
import tomllib
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cmpp_desktop.forms.problems import InstrumentRefused, Problem, refused

MAX_BYTES = 20 * 1024 * 1024
MAX_INFLATED = 100 * 1024 * 1024
MAX_ROWS = 20_000
TYPES = {".xlsx": ".xlsx", ".xls": ".xls", ".csv": ".csv", ".md": ".md"}
CMPP_NAMESPACE = 'cmpp="https://cmpp.invalid/xforms"'
_ROW_START = re.compile(rb"<(?:\w{1,20}:)?row[\s/>]")
_ROW = re.compile(r"\[row\s*:\s*(\d+)\]\s*")
_SHEET = re.compile(r"[Oo]n the '(\w+)' sheet")
_COLUMN = re.compile(r"the '([\w:.()\- ]+)' value")
_AFTER = {"choices sheet": "choices", "settings": "settings", "survey": "survey"}


@dataclass(frozen=True)
class Converted:
    """An XForm and what its author should know."""

    xform: str
    warnings: tuple[Problem, ...]


def convert(data: bytes, filename: str) -> Converted:
    """A workbook of that name. Raises InstrumentRefused with every problem and its place."""
    kind = TYPES.get(Path(filename).suffix.lower())
    if kind is None:
        raise refused(_file_problem("wrong_kind", "This is not an XLSForm (.xlsx, .xls, .csv or .md).", "Save it as .xlsx."))
    if len(data) > MAX_BYTES:
        raise refused(_file_problem("too_big", "The file is larger than 20 MB.", "Remove pictures and empty rows."))
    if kind == ".xlsx":
        _look_into(data)
    if kind in (".csv", ".md") and data.count(b"\n") > MAX_ROWS:
        raise refused(_file_problem("too_many_rows", f"The file has more than {MAX_ROWS} rows.", "Remove empty rows."))
    return _run(data.decode("utf-8-sig", "replace") if kind in (".csv", ".md") else io.BytesIO(data), kind)


def convert_folder(path: Path) -> Converted:
    """A folder of text tables: survey.csv, choices.csv, settings.csv; card.toml becomes the form's card."""
    tables: dict[str, Any] = {}
    for name in ("survey", "choices", "settings"):
        file = path / f"{name}.csv"
        if file.exists():
            with file.open(encoding="utf-8", newline="") as handle:
                rows = [{key: value for key, value in row.items() if key and value} for row in csv.DictReader(handle)]
            tables[name] = rows  # empty rows too, so that rows keep their numbers
    if "survey" not in tables:
        raise refused(_file_problem("no_survey", "There is no survey.csv in the folder.", "Add the survey table."))
    card_file = path / "card.toml"
    if card_file.exists():
        settings = tables.setdefault("settings", [{}])[0]
        settings["namespaces"] = CMPP_NAMESPACE
        for key, value in tomllib.loads(card_file.read_text(encoding="utf-8")).items():
            settings[f"attribute::cmpp:{key}"] = str(value)
    return _run(tables, None)


def _run(source: Any, kind: str | None) -> Converted:
    from pyxform.errors import PyXFormError
    from pyxform.xls2xform import convert as pyxform_convert

    warnings: list[str] = []
    try:
        result = pyxform_convert(xlsform=source, warnings=warnings, file_type=kind, validate=False)
    except PyXFormError as error:
        raise InstrumentRefused(_problems(str(error))) from None
    except Exception as error:  # a broken workbook fails anywhere inside the readers
        text = f"The workbook cannot be read ({type(error).__name__})."
        raise refused(_file_problem("unreadable", text, "Open it in a spreadsheet program and save it again.")) from None
    return Converted(result.xform, tuple(_problem(text, "warning") for text in warnings))


def _problems(text: str) -> tuple[Problem, ...]:
    parts = [part for part in re.split(r"\n(?=\[row)", text.strip()) if part.strip()]
    return tuple(_problem(part, "xlsform") for part in parts) or (_problem(text, "xlsform"),)


def _problem(text: str, code: str) -> Problem:
    row, sheet, column = _ROW.search(text), _SHEET.search(text), _COLUMN.search(text)
    said = _ROW.sub("", text).strip()
    guessed = "survey" if row else next((name for words, name in _AFTER.items() if words in said), "survey")
    named = sheet.group(1) if sheet else guessed  # a row without a sheet is one of the survey
    remedy = "Nothing has to be done." if code == "warning" else "Correct this cell and import the form again."
    return Problem(code, named, int(row.group(1)) if row else None, column.group(1) if column else None, said, remedy)


def _file_problem(code: str, text: str, remedy: str) -> Problem:
    return Problem(code, None, None, None, text, remedy)


def _look_into(data: bytes) -> None:
    """Refuses a workbook that would take too much memory or time, before anything is inflated."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            items = archive.infolist()
            if any("vbaProject" in item.filename for item in items):
                raise refused(_file_problem("macros", "The workbook holds macros.", "Save it as .xlsx without macros."))
            if len(items) > 2000 or sum(item.file_size for item in items) > MAX_INFLATED:
                raise refused(_file_problem("too_big", "The workbook is too large when it is opened.", "Remove empty rows."))
            for item in items:
                if item.filename.lower().endswith((".xml", ".rels")):
                    _look_at_part(archive, item)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        text = "The file is not a workbook, or it is only half there."
        raise refused(_file_problem("unreadable", text, "Copy it again, or save it again as .xlsx.")) from None


def _look_at_part(archive: zipfile.ZipFile, item: zipfile.ZipInfo) -> None:
    """Counts rows and looks for entities, whatever the part is called and however its XML is written."""
    rows, tail = 0, b""
    with archive.open(item) as part:
        while chunk := part.read(1 << 20):
            text = tail + chunk.replace(b"\0", b"")  # UTF-16 as well
            if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
                raise refused(_file_problem("xml_doctype", "The workbook declares entities.", "Save it again as .xlsx."))
            rows += len(_ROW_START.findall(text)) - len(_ROW_START.findall(tail))
            if rows > MAX_ROWS:
                raise refused(_file_problem("too_many_rows", f"A sheet has more than {MAX_ROWS} rows.", "Remove empty rows."))
            tail = text[-32:]
