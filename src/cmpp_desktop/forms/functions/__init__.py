"""The functions of XPath 1.0 and of ODK XForms, each with the number of values that it takes.

Dates are strings as XForms writes them (2026-11-24, 2026-11-24T09:30:00.000-05:00); as a number a date is days since 1970.
What a laptop cannot do is simply not in the table, so that a form that needs it is refused when it is loaded.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from cmpp_desktop.forms.dates import stamp
from cmpp_desktop.forms.functions import days, earth, nodes, numbers, strings
from cmpp_desktop.forms.functions.shared import Function, Run, here, number, text, texts
from cmpp_desktop.forms.values import Closure, Context, node_set, to_boolean, to_number, to_string

MANY = 1000


def _table() -> dict[str, Function]:
    one, two = (1, 1), (2, 2)

    def name_of(c: Context, args: Sequence[Closure]) -> str:
        nodes = node_set(here(c, args))
        return nodes[0].name if nodes and nodes[0].name != "#document" else ""

    table: dict[str, tuple[tuple[int, int], Run]] = {
        "last": ((0, 0), lambda c, args: float(c.size)),
        "position": ((0, 1), nodes.position),
        "count": (one, lambda c, args: float(len(node_set(args[0](c))))),
        "local-name": ((0, 1), name_of),
        "name": ((0, 1), name_of),
        "namespace-uri": ((0, 1), lambda c, args: ""),
        "string": ((0, 1), lambda c, args: to_string(here(c, args))),
        "concat": ((0, MANY), lambda c, args: "".join(texts(c, args))),
        "starts-with": (two, text(lambda a, b: a.startswith(b))),
        "ends-with": (two, text(lambda a, b: a.endswith(b))),
        "contains": (two, text(lambda a, b: b in a)),
        "substring-before": (two, text(lambda a, b: a.partition(b)[0] if b and b in a else "")),
        "substring-after": (two, text(lambda a, b: a.partition(b)[2] if b else a)),
        "substring": ((2, 3), strings.substring),
        "substr": ((2, 3), text(strings.substr)),
        "string-length": ((0, 1), lambda c, args: float(len(to_string(here(c, args))))),
        "normalize-space": ((0, 1), lambda c, args: " ".join(to_string(here(c, args)).split())),
        "translate": ((3, 3), text(strings.translate)),
        "uppercase": (one, text(str.upper)),
        "upper-case": (one, text(str.upper)),
        "lowercase": (one, text(str.lower)),
        "lower-case": (one, text(str.lower)),
        "boolean": (one, lambda c, args: to_boolean(args[0](c))),
        "not": (one, lambda c, args: not to_boolean(args[0](c))),
        "true": ((0, 0), lambda c, args: True),
        "false": ((0, 0), lambda c, args: False),
        "boolean-from-string": (one, text(lambda a: a in ("1", "true"))),
        "number": ((0, 1), lambda c, args: to_number(here(c, args))),
        "int": (one, number(numbers.whole)),
        "sum": (one, numbers.total),
        "floor": (one, number(lambda a: float(math.floor(a)) if math.isfinite(a) else a)),
        "ceiling": (one, number(lambda a: float(math.ceil(a)) if math.isfinite(a) else a)),
        "round": ((1, 2), number(numbers.round_half_up)),
        "abs": (one, number(abs)),
        "pow": (two, number(numbers.power)),
        "log": (one, number(numbers.logarithm(math.e))),
        "log10": (one, number(numbers.logarithm(10))),
        "exp": (one, number(math.exp)),
        "exp10": (one, number(lambda a: 10.0**a)),
        "sqrt": (one, number(math.sqrt)),
        "sin": (one, number(math.sin)),
        "cos": (one, number(math.cos)),
        "tan": (one, number(math.tan)),
        "asin": (one, number(math.asin)),
        "acos": (one, number(math.acos)),
        "atan": (one, number(math.atan)),
        "atan2": (two, number(math.atan2)),
        "pi": ((0, 0), lambda c, args: math.pi),
        "min": ((1, MANY), numbers.extreme(min)),
        "max": ((1, MANY), numbers.extreme(max)),
        "if": ((3, 3), strings.if_),
        "coalesce": ((1, MANY), strings.coalesce),
        "once": (one, strings.once),
        "selected": (two, text(lambda a, b: b.strip() in (a.split() or [""]))),
        "selected-at": (two, text(strings.selected_at)),
        "count-selected": (one, text(lambda a: float(len(a.split())))),
        "count-non-empty": (one, lambda c, args: float(sum(1 for node in node_set(args[0](c)) if node.string.strip()))),
        "checklist": ((3, MANY), strings.checklist),
        "weighted-checklist": ((4, MANY), strings.weighted),
        "regex": (two, text(strings.regex)),
        "join": ((1, MANY), strings.join),
        "today": ((0, 0), lambda c, args: c.world.now().date().isoformat()),
        "now": ((0, 0), lambda c, args: stamp(c.world.now())),
        "date": (one, days.date_of),
        "date-time": (one, days.date_time_of),
        "decimal-date-time": (one, days.decimal_date_time),
        "decimal-time": (one, text(days.decimal_time)),
        "format-date": (two, days.formatted),
        "format-date-time": (two, days.formatted),
        "random": ((0, 0), numbers.random),
        "randomize": ((1, 2), numbers.randomize),
        "uuid": ((0, 1), numbers.uuid),
        "instance": (one, nodes.instance),
        "current": ((0, 0), lambda c, args: [c.current or c.node]),
        "indexed-repeat": ((3, 7), nodes.indexed_repeat),
        "pulldata": ((4, 4), nodes.pulldata),
        "jr:choice-name": (two, nodes.choice_name),
        "jr:itext": (one, lambda c, args: str(c.world.itext(to_string(args[0](c)), c))),
        "distance": ((1, MANY), earth.distance),
        "area": ((1, MANY), earth.area_of),
        "geofence": (two, text(earth.geofence)),
        "lang": (one, nodes.lang),
        "digest": ((2, 3), text(strings.digest)),
        "base64-decode": (one, text(strings.base64_decode)),
    }
    return {name: Function(arguments, run) for name, (arguments, run) in table.items()}


FUNCTIONS: Mapping[str, Function] = _table()
