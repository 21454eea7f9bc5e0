"""How the functions take their values."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cmpp_desktop.forms.values import Closure, Context, Value, to_number, to_string

Run = Callable[[Context, Sequence[Closure]], Value]


@dataclass(frozen=True)
class Function:
    """`arguments`: (least, most); `run(context, closures)` evaluates those values that it needs."""

    arguments: tuple[int, int]
    run: Run


def text(work: Callable[..., Value]) -> Run:
    """A function of texts."""
    return lambda c, args: work(*(to_string(arg(c)) for arg in args))


def number(work: Callable[..., float]) -> Run:
    """A function of numbers; NaN where it has no value."""

    def run(c: Context, args: Sequence[Closure]) -> float:
        try:
            return work(*(to_number(arg(c)) for arg in args))
        except (ValueError, OverflowError, ZeroDivisionError):
            return math.nan

    return run


def texts(c: Context, args: Sequence[Closure]) -> list[str]:
    """All values, with node-sets unfolded."""
    found: list[str] = []
    for arg in args:
        value = arg(c)
        found.extend(node.string for node in value) if isinstance(value, list) else found.append(to_string(value))
    return found


def here(c: Context, args: Sequence[Closure]) -> Value:
    """The value that is given, or the node where the expression stands."""
    return args[0](c) if args else [c.node]
