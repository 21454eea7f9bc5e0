"""`python -m tests.conformance.xpath FILE.json`: evaluates expressions of others and compares by XPath's own conversions."""

from __future__ import annotations

import json
import math
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from cmpp_desktop.forms.expression import compile
from cmpp_desktop.forms.functions import FUNCTIONS
from cmpp_desktop.forms.problems import InstrumentRefused
from cmpp_desktop.forms.tree import Node, from_element, parse_xml
from cmpp_desktop.forms.values import Context, ExpressionError, to_boolean, to_number, to_string
from tests.conformance.disputed import disputed


class World:
    """What expressions may ask for: a fixed random source, the case's zone, no lists."""

    def __init__(self, zone: str, document: Node, language: str) -> None:
        self._zone = ZoneInfo(zone) if zone else UTC
        self._document, self._language = document, language

    def now(self) -> datetime:
        return datetime.now(self._zone)

    def randomness(self, count: int) -> bytes:
        return bytes(range(count))

    def new_id(self) -> UUID:
        return uuid4()

    def instance(self, name: str) -> Node | None:
        return self._first("instance", "id", name)

    def _first(self, kind: str, attribute: str, value: str) -> Node | None:
        return next((n for n in self._document.walk() if n.name == kind and n.attributes.get(attribute) == value), None)

    def choice_name(self, value: str, path: str, context: Context) -> str:
        return ""

    def itext(self, name: str, context: Context) -> str:
        found = [node for node in self._document.walk() if node.name == "translation"]
        first = [node for node in found if "default" in node.attributes] or found
        wanted = [node for node in found if node.attributes.get("lang") == self._language] or first
        return next((text.string.strip() for text in wanted[0].children if text.attributes.get("id") == name), "")


def outcome(case: dict[str, Any]) -> str:
    """"" when the case passes, else what is different."""
    try:
        value = evaluate(case)
    except (ExpressionError, InstrumentRefused, KeyError) as error:
        return "" if case["error"] else f"error: {error}"
    if case["error"]:
        return f"no error but {value!r}"
    return "" if same(case, value) else f"{value!r} and not {case['expected']!r}"


def evaluate(case: dict[str, Any]) -> Any:
    """The value of a case."""
    compiled = compile(case["expr"], FUNCTIONS)
    context = case.get("context") or {"xml": "<root/>", "node": "/"}
    document = Node("#document")
    bare = re.sub(r"<!DOCTYPE[^>]*>", "", context["xml"]).strip()  # forms may not have one: our reader refuses it
    document.children = [from_element(parse_xml(bare.encode()), document)]
    here = place(document, context.get("node") or "/")
    root = place(document, context["root"]) if context.get("root") else document
    return compiled(Context(here, root, World(case.get("tz") or "", document, case.get("language") or "")))


def place(document: Node, path: str) -> Node:
    """A namespace-blind path such as /*[2]/*[1]."""
    node = document
    for part in path.strip("/").split("/"):
        match = re.fullmatch(r"\*\[(\d+)\]", part)
        if match:
            node = node.children[int(match.group(1)) - 1]
        elif part.startswith("@"):
            node = Node(part[1:], node, node.attributes[part[1:]], attribute=True)
        elif part:
            raise ExpressionError(f"places such as {part} are not supported")
    return node


def same(case: dict[str, Any], value: Any) -> bool:
    kind, wanted = case["type"], case["expected"]
    if kind == "number":
        return close(to_number(value), float(str(wanted).replace("Infinity", "inf")), case)
    if kind == "boolean":
        return to_boolean(value) is bool(wanted)
    if kind == "nodeset-count":
        return isinstance(value, list) and len(value) == int(wanted)
    if kind == "string-length":
        return len(to_string(value)) == int(wanted)
    if kind == "string-match":
        pattern, _, flags = str(wanted)[1:].rpartition("/")
        return re.search(pattern, to_string(value), re.IGNORECASE if "i" in flags else 0) is not None
    if kind == "date":
        return to_string(value)[:10] == str(wanted)[:10]
    return to_string(value) == str(wanted)


def close(ours: float, wanted: float, case: dict[str, Any]) -> bool:
    if math.isnan(ours) or math.isnan(wanted) or math.isinf(ours) or math.isinf(wanted):
        return (math.isnan(ours) and math.isnan(wanted)) or ours == wanted
    if case.get("round_factor"):
        factor = float(case["round_factor"])
        return round(ours * factor) == round(wanted * factor)
    return math.isclose(ours, wanted, rel_tol=1e-9, abs_tol=float(case.get("tolerance") or 1e-12))


def main(path: str) -> int:
    """Lists what fails; exit status 1 when something does."""
    cases = [case for case in json.loads(Path(path).read_text()) if "lazy-unknown-function" not in case.get("tags", ())]
    apart = [case for case in cases if case["id"] in disputed()]
    cases = [case for case in cases if case not in apart]
    failed = [(case, why) for case in cases if (why := outcome(case))]
    for case, why in failed:
        print(f"{case['id']} (tier {case['tier']}) {case['expr'][:90]}: {why[:120]}")
    print(f"{len(apart)} disputed (disputed.md)")
    print(f"{len(cases) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
