"""Files beside a form: CSV, GeoJSON and XML lists become secondary instances of one shape, root/item/column."""

from __future__ import annotations

import csv
import io
import json
import re

from cmpp_desktop.forms.problems import Problem, refused
from cmpp_desktop.forms.tree import Node, from_element, parse_xml

MAX_ROWS = 100_000
_NAME = re.compile(r"[^\W\d][\w.\- ]*")


def external(file_name: str, data: bytes, parent: Node) -> Node:
    """The root node of a file's instance. Raises InstrumentRefused for a file that cannot be read."""
    lower = file_name.lower()
    if lower.endswith(".xml"):
        return from_element(parse_xml(data), parent)
    root = Node("root", parent)
    rows = _geojson(data, file_name) if lower.endswith(".geojson") else _csv(data, file_name)
    for row in rows:
        item = Node("item", root)
        item.children = [Node(name, item, text) for name, text in row.items()]
        root.children.append(item)
        if len(root.children) > MAX_ROWS:
            raise _unreadable(file_name, f"it has more than {MAX_ROWS} rows")
    return root


def _csv(data: bytes, file_name: str) -> list[dict[str, str]]:
    try:
        text = data.decode("utf-8-sig")
        heading = text.partition("\n")[0]
        separator = next((mark for mark in (",", ";", "\t") if mark in heading), ",")
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator)
        names = [str(name).strip() for name in reader.fieldnames or ()]
        if len(names) == 1 and not _NAME.fullmatch(names[0]):
            raise _unreadable(file_name, "its columns are not separated by commas, semicolons or tabs")
        return [{str(key).strip(): value or "" for key, value in row.items() if key} for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise _unreadable(file_name, str(error)) from None


def _geojson(data: bytes, file_name: str) -> list[dict[str, str]]:
    try:
        features = json.loads(data)["features"]
        rows = []
        for feature in features:
            row = {str(key): "" if value is None else str(value) for key, value in (feature.get("properties") or {}).items()}
            geometry = feature.get("geometry") or {}
            if geometry.get("type") == "Point":
                longitude, latitude = geometry["coordinates"][:2]
                row["geometry"] = f"{latitude} {longitude} 0 0"
            row.setdefault("id", str(feature.get("id", "")))
            rows.append(row)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _unreadable(file_name, type(error).__name__) from None
    return rows


def _unreadable(file_name: str, why: str) -> Exception:
    return refused(Problem("file_unreadable", None, None, None, f"{file_name} cannot be read: {why}.", "Save it again as UTF-8."))
