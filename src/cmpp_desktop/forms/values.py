"""What expressions are computed with: XPath's four kinds of value, how one becomes another, how two compare, and where an
expression stands."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from cmpp_desktop.forms.dates import days_of
from cmpp_desktop.forms.tree import Node

Value: TypeAlias = Any  # float | str | bool | list[Node]
Closure: TypeAlias = "Callable[[Context], Value]"


class ExpressionError(ValueError):
    """The text is not XPath, or uses something that is not supported; the message is for the author."""


class World(Protocol):
    """What an expression may ask for outside the tree."""

    def instance(self, name: str) -> Node | None: ...


@dataclass(slots=True)
class Context:
    """Where an expression stands. `root` is the document node whose child is the root element; `current`: for current()."""

    node: Node
    root: Node
    world: Any
    position: int = 1
    size: int = 1
    current: Node | None = None

    def at(self, node: Node, position: int = 1, size: int = 1) -> Context:
        return Context(node, self.root, self.world, position, size, self.current or self.node)


def node_set(value: Value) -> list[Node]:
    """A value that has to be nodes. Raises ExpressionError."""
    if not isinstance(value, list):
        raise ExpressionError("a set of nodes is needed here")
    return value


# --- conversions (XPath 1.0, sections 3.4 and 4) ----------------------------------------------------------------------------


def to_string(value: Value) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return value[0].string if value else ""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == int(value) and abs(value) < 1e21:
        return str(int(value))
    text = repr(float(value))
    if "e" in text:
        text = f"{value:.20f}".rstrip("0").rstrip(".")
    return text


_NUMBER = re.compile(r"\s*-?(?:\d+(?:\.\d*)?|\.\d+)\s*\Z")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:T.*)?\Z")


def to_number(value: Value) -> float:
    if isinstance(value, bool):
        return 1.0 if value else 0.0
    if isinstance(value, float | int):
        return float(value)
    text = to_string(value)
    if _NUMBER.match(text):
        return float(text)
    if _DATE.match(text.strip()):
        return days_of(text.strip())
    return math.nan


def to_boolean(value: Value) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, list):
        return bool(value)
    if isinstance(value, str):
        return bool(value)
    return bool(value) and not math.isnan(value)


def compare(left: Value, right: Value, operator: str) -> bool:
    """=, !=, <, <=, >, >= with XPath's rules for node-sets."""
    if isinstance(left, list) and isinstance(right, list):
        return any(_simple(a.string, b.string, operator) for a in left for b in right)
    if isinstance(left, list) or isinstance(right, list):
        nodes, other, flipped = (left, right, False) if isinstance(left, list) else (right, left, True)
        if isinstance(other, bool):
            a, b = to_boolean(nodes), other
            return _simple(b, a, operator) if flipped else _simple(a, b, operator)
        return any(_simple(other, n.string, operator) if flipped else _simple(n.string, other, operator) for n in nodes)
    return _simple(left, right, operator)


def _simple(left: Value, right: Value, operator: str) -> bool:
    if operator in ("=", "!="):
        if isinstance(left, bool) or isinstance(right, bool):
            same = to_boolean(left) == to_boolean(right)
        elif isinstance(left, float) or isinstance(right, float):
            a, b = to_number(left), to_number(right)
            return (a == b) if operator == "=" else (a != b)
        else:
            same = left == right or _same_day(left, right)
        return same if operator == "=" else not same
    a, b = to_number(left), to_number(right)
    return {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[operator]


def _same_day(left: Value, right: Value) -> bool:
    """A date equals a date and time of that day."""
    a, b = to_string(left), to_string(right)
    if len(b) == 10:
        a, b = b, a
    return len(a) == 10 and len(b) > 10 and b[10] == "T" and b.startswith(a) and _DATE.match(b) is not None
