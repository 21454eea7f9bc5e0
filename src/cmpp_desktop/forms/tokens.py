"""An expression's text, cut into words."""

from __future__ import annotations

import re

from cmpp_desktop.forms.values import ExpressionError

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>\d+(?:\.\d*)?|\.\d+)
  | (?P<string>"[^"]*"|'[^']*')
  | (?P<name>[^\W\d][\w.\-]*(?::[^\W\d][\w.\-]*)?(?::\*)?)
  | (?P<op>::|//|\.\.|!=|<=|>=|[()\[\].@,/|+\-=<>*$])
    )""",
    re.VERBOSE,
)
_GLUED = re.compile(r"(and|or|div|mod)(?=\d)")


def tokens_of(text: str) -> list[tuple[str, str]]:
    """(kind, text) with kinds number, string, name, op, operator (and, or, div, mod, * as an operator)."""
    found: list[tuple[str, str]] = []
    at = 0
    stripped = text.rstrip()
    while at < len(stripped):
        match = _TOKEN.match(stripped, at)
        if match is None:
            raise ExpressionError(f"“{stripped[at : at + 20].strip()}” is not understood")
        kind = str(match.lastgroup)
        word = match.group(kind)
        if kind == "name" and word.endswith(":*"):
            raise ExpressionError("namespace wildcards are not supported")
        before = found[-1] if found else ("", "")
        operand_before = before[0] in ("number", "string", "name") or (
            before[0] == "op" and before[1] in (")", "]", ".", "..", "*")
        )
        glued = _GLUED.match(word) if operand_before and kind == "name" else None
        if glued:  # 1 mod2: engines of the field read the operator
            found.append(("operator", glued.group(1)))
            at = match.start(kind) + len(glued.group(1))
            continue
        if operand_before and ((kind == "name" and word in ("and", "or", "div", "mod")) or word == "*"):
            kind = "operator"
        found.append((kind, word))
        at = match.end()
    return found
