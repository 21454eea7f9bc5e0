"""Functions of texts and choices, and those that choose among values."""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections.abc import Sequence

from cmpp_desktop.forms.functions.numbers import round_half_up
from cmpp_desktop.forms.functions.shared import texts
from cmpp_desktop.forms.values import Closure, Context, ExpressionError, Value, to_boolean, to_number, to_string

MAX_PATTERN = 1000


def substring(c: Context, args: Sequence[Closure]) -> str:
    text, numbers = to_string(args[0](c)), [to_number(arg(c)) for arg in args[1:]]
    start = round_half_up(numbers[0])
    end = start + round_half_up(numbers[1]) if len(numbers) > 1 else math.inf
    if math.isnan(start) or math.isnan(end):
        return ""
    return "".join(letter for at, letter in enumerate(text, 1) if start <= at < end)


def substr(text: str, *numbers: str) -> str:
    start = to_number(numbers[0])
    end = to_number(numbers[1]) if len(numbers) > 1 else float(len(text))
    if math.isnan(start) or math.isnan(end):
        return ""
    return text[int(start) : int(end)] if start >= 0 or len(numbers) > 1 else text[int(start) :]


def translate(text: str, old: str, new: str) -> str:
    table: dict[int, str] = {}
    for at, letter in enumerate(old):
        table.setdefault(ord(letter), new[at] if at < len(new) else "")
    return text.translate(table)


def regex(text: str, pattern: str) -> bool:
    if len(pattern) > MAX_PATTERN:
        raise ExpressionError("the pattern is too long")
    try:
        return re.search(pattern, text) is not None
    except re.error as error:
        raise ExpressionError(f"the pattern {pattern} is not understood: {error}") from None


def selected_at(text: str, at: str) -> str:
    chosen, number = text.split(), to_number(at)
    return chosen[int(number)] if not math.isnan(number) and 0 <= number < len(chosen) else ""


def join(c: Context, args: Sequence[Closure]) -> str:
    return to_string(args[0](c)).join(texts(c, args[1:]))


def if_(c: Context, args: Sequence[Closure]) -> Value:
    return args[1](c) if to_boolean(args[0](c)) else args[2](c)


def coalesce(c: Context, args: Sequence[Closure]) -> str:
    return next((text for arg in args if (text := to_string(arg(c))) not in ("", "NaN")), "")


def once(c: Context, args: Sequence[Closure]) -> Value:
    own = c.node.string
    return own if own else args[0](c)


def checklist(c: Context, args: Sequence[Closure]) -> bool:
    least, most = to_number(args[0](c)), to_number(args[1](c))
    count = sum(_true(text) for text in texts(c, args[2:]))
    return (least < 0 or count >= least) and (most < 0 or count <= most)


def weighted(c: Context, args: Sequence[Closure]) -> bool:
    least, most = to_number(args[0](c)), to_number(args[1](c))
    found = texts(c, args[2:])
    half = len(found) // 2
    pairs = (
        zip(found[:half], found[half:], strict=False) if _has_sets(c, args[2:]) else zip(found[::2], found[1::2], strict=False)
    )
    total = sum(to_number(weight) for text, weight in pairs if _true(text))
    return (least < 0 or total >= least) and (most < 0 or total <= most)


def _has_sets(c: Context, args: Sequence[Closure]) -> bool:
    return len(args) == 2 and all(isinstance(arg(c), list) for arg in args)


def _true(text: str) -> bool:
    return text not in ("", "0", "false", "False", "NaN")


def digest(text: str, algorithm: str, encoding: str = "base64") -> str:
    name = algorithm.upper().replace("-", "")
    if name not in ("MD5", "SHA1", "SHA256", "SHA384", "SHA512"):
        raise ExpressionError(f"the digest {algorithm} is not known")
    made = hashlib.new(name.lower(), text.encode(), usedforsecurity=False).digest()
    return made.hex() if encoding == "hex" else base64.b64encode(made).decode()


def base64_decode(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (ValueError, UnicodeDecodeError):
        return ""
