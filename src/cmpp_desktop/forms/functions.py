"""The functions of XPath 1.0 and of ODK XForms, each with the number of values that it takes.

Dates are strings as XForms writes them (2026-11-24, 2026-11-24T09:30:00.000-05:00); as a number a date is days since 1970.
What a laptop cannot do is simply not in the table, so that a form that needs it is refused when it is loaded.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from cmpp_desktop.forms.expression import Closure, Context, ExpressionError, Value, to_boolean, to_number, to_string
from cmpp_desktop.forms.tree import Node

MANY = 1000
EPOCH = date(1970, 1, 1)
EARTH_METRES = 6378100.0
MAX_PATTERN = 1000
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-"  # 64: every byte maps evenly
Run = Callable[[Context, Sequence[Closure]], Value]


@dataclass(frozen=True)
class Function:
    """`arguments`: (least, most); `run(context, closures)` evaluates those values that it needs."""

    arguments: tuple[int, int]
    run: Run


# --- helpers ----------------------------------------------------------------------------------------------------------------


def _text(work: Callable[..., Value]) -> Run:
    return lambda c, args: work(*(to_string(arg(c)) for arg in args))


def _number(work: Callable[..., float]) -> Run:
    def run(c: Context, args: Sequence[Closure]) -> float:
        try:
            return work(*(to_number(arg(c)) for arg in args))
        except (ValueError, OverflowError, ZeroDivisionError):
            return math.nan

    return run


def _texts(c: Context, args: Sequence[Closure]) -> list[str]:
    """All values, with node-sets unfolded."""
    found: list[str] = []
    for arg in args:
        value = arg(c)
        found.extend(node.string for node in value) if isinstance(value, list) else found.append(to_string(value))
    return found


def _node_set(value: Value) -> list[Node]:
    if not isinstance(value, list):
        raise ExpressionError("a set of nodes is needed here")
    return value


def _here(c: Context, args: Sequence[Closure]) -> Value:
    return args[0](c) if args else [c.node]


# --- dates ------------------------------------------------------------------------------------------------------------------

_DATE_TIME = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?)?\Z"
)


def moment_of(text: str, zone: Any = None) -> datetime | None:
    """The date or date and time of a text, aware when it or `zone` says where; None when it is no date."""
    match = _DATE_TIME.match(text.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    try:
        at = datetime(  # noqa: DTZ001 - the zone follows below
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0),
            int((fraction or "0").ljust(6, "0")),
        )  # fmt: skip
    except ValueError:
        return None
    if offset == "Z":
        return at.replace(tzinfo=UTC)
    if offset:
        return datetime.fromisoformat(at.isoformat() + (offset if ":" in offset else f"{offset[:3]}:{offset[3:] or '00'}"))
    return at.replace(tzinfo=zone)


def days_of(text: str) -> float:
    """Days since 1970-01-01 of a date or date and time, NaN for anything else."""
    at = moment_of(text)
    if at is None:
        return math.nan
    if at.tzinfo is not None:
        at = at.astimezone(UTC).replace(tzinfo=None)
    return (at - datetime(1970, 1, 1)) / timedelta(days=1)  # noqa: DTZ001 - both without a zone


def _date(c: Context, args: Sequence[Closure]) -> str:
    value = args[0](c)
    if isinstance(value, float) and not isinstance(value, bool):
        return "" if math.isnan(value) or abs(value) > 1_000_000 else (EPOCH + timedelta(days=math.floor(value))).isoformat()
    text = to_string(value).strip()
    if not text:
        return ""
    number = to_number(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else math.nan
    if not math.isnan(number):
        return (EPOCH + timedelta(days=math.floor(number))).isoformat() if abs(number) < 1_000_000 else ""
    at = moment_of(text)
    if at is not None and at.tzinfo is not None:
        at = at.astimezone(c.world.now().tzinfo)  # the day here, as the person who answers sees it
    return "" if at is None else at.date().isoformat()


def _date_time(c: Context, args: Sequence[Closure]) -> str:
    value = args[0](c)
    zone = c.world.now().tzinfo
    number = value if isinstance(value, float) else math.nan
    text = to_string(value).strip()
    if math.isnan(number) and re.fullmatch(r"-?\d+(\.\d+)?", text):
        number = float(text)
    if not math.isnan(number):
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=number)
        return stamp(at.astimezone(zone))
    found = moment_of(text, zone)
    if found is not None and "T" not in text and " " not in text:
        return found.date().isoformat()
    return "" if found is None else stamp(found)


def stamp(at: datetime) -> str:
    """A moment as XForms writes it, with milliseconds and its offset."""
    return at.isoformat(timespec="milliseconds")


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_FORMATS: Mapping[str, Callable[[datetime], str]] = {
    "Y": lambda at: f"{at.year:04d}", "y": lambda at: f"{at.year % 100:02d}", "m": lambda at: f"{at.month:02d}",
    "n": lambda at: str(at.month), "d": lambda at: f"{at.day:02d}", "e": lambda at: str(at.day),
    "H": lambda at: f"{at.hour:02d}", "h": lambda at: str(at.hour), "M": lambda at: f"{at.minute:02d}",
    "S": lambda at: f"{at.second:02d}", "3": lambda at: f"{at.microsecond // 1000:03d}",
    "b": lambda at: _MONTHS[at.month - 1],
    "a": lambda at: _DAYS[at.weekday()], "%": lambda at: "%",
}  # fmt: skip


def _format(c: Context, args: Sequence[Closure]) -> str:
    value = args[0](c)
    text = to_string(value).strip()
    at = moment_of(text, c.world.now().tzinfo)
    number = to_number(value) if isinstance(value, float) else math.nan
    if at is None and not math.isnan(number):
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=number)
    if at is None:
        return ""
    moment = at

    def put(match: re.Match[str]) -> str:
        known = _FORMATS.get(match.group(1))
        return match.group(0) if known is None else known(moment)

    return re.sub(r"%(.)", put, to_string(args[1](c)))


def _decimal_time(text: str) -> float:
    match = re.match(r"(?:.*T)?(\d{2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?", text)
    if match is None:
        return math.nan
    hours, minutes, seconds = float(match.group(1)), float(match.group(2)), float(match.group(3) or 0)
    return (hours * 3600 + minutes * 60 + seconds) / 86400


def _decimal_date_time(c: Context, args: Sequence[Closure]) -> float:
    at = moment_of(to_string(args[0](c)), c.world.now().tzinfo)
    return math.nan if at is None else days_of(stamp(at) if at.tzinfo else at.isoformat())


# --- strings, choices -------------------------------------------------------------------------------------------------------


def round_half_up(value: float, places: float = 0.0) -> float:
    """XPath's rounding: halves go towards positive infinity; with `places`, ODK's, of decimals (negative: tens…)."""
    if math.isnan(value) or math.isinf(value) or math.isnan(places):
        return value
    scale = 10.0 ** int(places)
    scaled = value * scale
    return math.floor(scaled + 0.5) / scale if abs(scaled) < 1e15 else value


def _substring(c: Context, args: Sequence[Closure]) -> str:
    text, numbers = to_string(args[0](c)), [to_number(arg(c)) for arg in args[1:]]
    start = round_half_up(numbers[0])
    end = start + round_half_up(numbers[1]) if len(numbers) > 1 else math.inf
    if math.isnan(start) or math.isnan(end):
        return ""
    return "".join(letter for at, letter in enumerate(text, 1) if start <= at < end)


def _substr(text: str, *numbers: str) -> str:
    start = to_number(numbers[0])
    end = to_number(numbers[1]) if len(numbers) > 1 else float(len(text))
    if math.isnan(start) or math.isnan(end):
        return ""
    return text[int(start) : int(end)] if start >= 0 or len(numbers) > 1 else text[int(start) :]


def _translate(text: str, old: str, new: str) -> str:
    table: dict[int, str] = {}
    for at, letter in enumerate(old):
        table.setdefault(ord(letter), new[at] if at < len(new) else "")
    return text.translate(table)


def _regex(text: str, pattern: str) -> bool:
    if len(pattern) > MAX_PATTERN:
        raise ExpressionError("the pattern is too long")
    try:
        return re.search(pattern, text) is not None
    except re.error as error:
        raise ExpressionError(f"the pattern {pattern} is not understood: {error}") from None


def _selected_at(text: str, at: str) -> str:
    chosen, number = text.split(), to_number(at)
    return chosen[int(number)] if not math.isnan(number) and 0 <= number < len(chosen) else ""


def _join(c: Context, args: Sequence[Closure]) -> str:
    return to_string(args[0](c)).join(_texts(c, args[1:]))


def _if(c: Context, args: Sequence[Closure]) -> Value:
    return args[1](c) if to_boolean(args[0](c)) else args[2](c)


def _coalesce(c: Context, args: Sequence[Closure]) -> str:
    return next((text for arg in args if (text := to_string(arg(c))) not in ("", "NaN")), "")


def _once(c: Context, args: Sequence[Closure]) -> Value:
    own = c.node.string
    return own if own else args[0](c)


def _checklist(c: Context, args: Sequence[Closure]) -> bool:
    least, most = to_number(args[0](c)), to_number(args[1](c))
    count = sum(_true(text) for text in _texts(c, args[2:]))
    return (least < 0 or count >= least) and (most < 0 or count <= most)


def _weighted(c: Context, args: Sequence[Closure]) -> bool:
    least, most = to_number(args[0](c)), to_number(args[1](c))
    texts = _texts(c, args[2:])
    half = len(texts) // 2
    pairs = (
        zip(texts[:half], texts[half:], strict=False) if _has_sets(c, args[2:]) else zip(texts[::2], texts[1::2], strict=False)
    )
    total = sum(to_number(weight) for text, weight in pairs if _true(text))
    return (least < 0 or total >= least) and (most < 0 or total <= most)


def _has_sets(c: Context, args: Sequence[Closure]) -> bool:
    return len(args) == 2 and all(isinstance(arg(c), list) for arg in args)


def _true(text: str) -> bool:
    return text not in ("", "0", "false", "False", "NaN")


# --- numbers ----------------------------------------------------------------------------------------------------------------


def _extreme(pick: Callable[[list[float]], float]) -> Run:
    def run(c: Context, args: Sequence[Closure]) -> float:
        numbers = [to_number(text) for text in _texts(c, args)]
        if not numbers or any(math.isnan(number) for number in numbers):
            return math.nan
        return pick(numbers)

    return run


def _sum(c: Context, args: Sequence[Closure]) -> float:
    return float(sum(to_number(node.string) for node in _node_set(args[0](c)) if node.string != ""))


def _int(value: float) -> float:
    return value if math.isnan(value) or math.isinf(value) else float(math.trunc(value))


def _random(c: Context, args: Sequence[Closure]) -> float:
    return int.from_bytes(c.world.randomness(7), "big") % (1 << 53) / (1 << 53)


def _uuid(c: Context, args: Sequence[Closure]) -> str:
    if not args:
        return str(c.world.new_id())
    length = to_number(args[0](c))
    count = int(length) if 0 < length <= MAX_PATTERN else 0
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in c.world.randomness(count))


def shuffled(count: int, seed: float | None, randomness: Callable[[int], bytes]) -> list[int]:
    """An order of 0…count-1: Park-Miller from a seed as ODK defines it, so that a seed gives the same order everywhere."""
    state = int(seed) if seed is not None and not math.isnan(seed) else int.from_bytes(randomness(4), "big")
    state %= 2147483647
    if state <= 0:
        state += 2147483646
    order = list(range(count))
    for at in range(count - 1, 0, -1):
        state = state * 16807 % 2147483647
        other = int((state - 1) / 2147483646 * (at + 1))
        order[at], order[other] = order[other], order[at]
    return order


def _randomize(c: Context, args: Sequence[Closure]) -> list[Node]:
    nodes = _node_set(args[0](c))
    seed = to_number(args[1](c)) if len(args) > 1 else None
    return [nodes[at] for at in shuffled(len(nodes), seed, c.world.randomness)]


# --- nodes ------------------------------------------------------------------------------------------------------------------


def _position(c: Context, args: Sequence[Closure]) -> float:
    if not args:
        return float(c.position)
    nodes = _node_set(args[0](c))
    if not nodes or nodes[0].parent is None:
        return math.nan
    node = nodes[0]
    return float([id(item) for item in nodes[0].parent.named(node.name)].index(id(node)) + 1)


def _indexed_repeat(c: Context, args: Sequence[Closure]) -> Value:
    """indexed-repeat(target, repeat, index, …): the target inside the index-th instance of each repeat."""
    if len(args) not in (3, 5, 7):
        raise ExpressionError("indexed-repeat() takes 3, 5 or 7 values")
    pairs = [(_node_set(args[at](c)), to_number(args[at + 1](c))) for at in range(1, len(args), 2)]
    allowed: list[Node] | None = None
    for nodes, index in pairs:
        inside = [node for node in nodes if allowed is None or any(_below(node, up) for up in allowed)]
        allowed = [inside[int(index) - 1]] if not math.isnan(index) and 1 <= index <= len(inside) else []
    targets = _everywhere(c, _node_set(args[0](c)))
    return [node for node in targets if any(_below(node, up) for up in allowed or [])]


def _everywhere(c: Context, nodes: list[Node]) -> list[Node]:
    if not nodes:
        return []
    names: list[str] = []
    node: Node | None = nodes[0]
    while node is not None and node.parent is not None:
        names.insert(0, node.name)
        node = node.parent
    found = [nodes[0].root]
    for name in names:
        found = [child for item in found for child in item.named(name)]
    return found


def _below(node: Node, top: Node) -> bool:
    up: Node | None = node
    while up is not None:
        if up is top:
            return True
        up = up.parent
    return False


def _instance(c: Context, args: Sequence[Closure]) -> list[Node]:
    name = to_string(args[0](c))
    found = c.world.instance(name)
    if found is None:
        raise ExpressionError(f"there is no list of choices called {name}")
    return [found]


def _pulldata(c: Context, args: Sequence[Closure]) -> str:
    name, column, key, wanted = (to_string(arg(c)) for arg in args)
    table = c.world.instance(name)
    if table is None:
        raise ExpressionError(f"there is no list of choices called {name}")
    for root in table.children:
        for item in root.children:
            if _field(item, key) == wanted:
                return _field(item, column) or ""
    return ""


def _field(item: Node, name: str) -> str | None:
    """A column of a list's item: a child, or an attribute when it begins with @."""
    if name.startswith("@"):
        return item.attributes.get(name[1:])
    return next((child.text for child in item.children if child.name == name), None)


def _choice_name(c: Context, args: Sequence[Closure]) -> str:
    return str(c.world.choice_name(to_string(args[0](c)), to_string(args[1](c)), c))


# --- places, digests --------------------------------------------------------------------------------------------------------


def _points(texts: Sequence[str]) -> list[tuple[float, float]]:
    found = []
    for text in texts:
        for part in text.split(";"):
            numbers = part.split()
            if len(numbers) >= 2:
                found.append((float(numbers[0]), float(numbers[1])))
    return found


def _distance(c: Context, args: Sequence[Closure]) -> float:
    try:
        points = _points(_texts(c, args))
    except ValueError:
        return math.nan
    return sum(_metres(a, b) for a, b in itertools.pairwise(points)) if len(points) > 1 else 0.0


def _metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    la, lb = math.radians(a[0]), math.radians(b[0])
    cosine = math.sin(la) * math.sin(lb) + math.cos(la) * math.cos(lb) * math.cos(math.radians(b[1] - a[1]))
    return EARTH_METRES * math.acos(min(max(cosine, -1.0), 1.0))


def _area(c: Context, args: Sequence[Closure]) -> float:
    try:
        points = _points(_texts(c, args))
    except ValueError:
        return math.nan
    if len(points) < 3:
        return 0.0
    ring = [*points, points[0]]
    total = sum(
        math.radians(b[1] - a[1]) * (2 + math.sin(math.radians(a[0])) + math.sin(math.radians(b[0])))
        for a, b in itertools.pairwise(ring)
    )
    return abs(total * EARTH_METRES * EARTH_METRES / 2)


def _geofence(point: str, area: str) -> bool:
    """Whether a point lies inside a closed shape; its edge may fall on either side."""
    try:
        (at, *_), ring = _points([point]), _points([area])
    except ValueError:
        return False
    inside = False
    for a, b in itertools.pairwise(ring):
        if (a[0] > at[0]) != (b[0] > at[0]) and at[1] < (b[1] - a[1]) * (at[0] - a[0]) / (b[0] - a[0]) + a[1]:
            inside = not inside
    return inside


def _lang(c: Context, args: Sequence[Closure]) -> bool:
    wanted = to_string(args[0](c)).lower()
    node: Node | None = c.node
    while node is not None and not node.attributes.get("xml:lang"):
        node = node.parent
    language = node.attributes["xml:lang"].lower() if node is not None else ""
    return bool(wanted) and (language == wanted or language.startswith(wanted + "-"))


def _digest(text: str, algorithm: str, encoding: str = "base64") -> str:
    name = algorithm.upper().replace("-", "")
    if name not in ("MD5", "SHA1", "SHA256", "SHA384", "SHA512"):
        raise ExpressionError(f"the digest {algorithm} is not known")
    made = hashlib.new(name.lower(), text.encode(), usedforsecurity=False).digest()
    return made.hex() if encoding == "hex" else base64.b64encode(made).decode()


def _base64_decode(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (ValueError, UnicodeDecodeError):
        return ""


def _logarithm(base: float) -> Callable[[float], float]:
    def work(value: float) -> float:
        return -math.inf if value == 0 else math.log(value) if base == math.e else math.log10(value)

    return work


def _power(a: float, b: float) -> float:
    result = a**b
    return result if isinstance(result, float) else math.nan


def _table() -> dict[str, Function]:
    one, two = (1, 1), (2, 2)

    def name_of(c: Context, args: Sequence[Closure]) -> str:
        nodes = _node_set(_here(c, args))
        return nodes[0].name if nodes and nodes[0].name != "#document" else ""

    table: dict[str, tuple[tuple[int, int], Run]] = {
        "last": ((0, 0), lambda c, args: float(c.size)),
        "position": ((0, 1), _position),
        "count": (one, lambda c, args: float(len(_node_set(args[0](c))))),
        "local-name": ((0, 1), name_of),
        "name": ((0, 1), name_of),
        "namespace-uri": ((0, 1), lambda c, args: ""),
        "string": ((0, 1), lambda c, args: to_string(_here(c, args))),
        "concat": ((0, MANY), lambda c, args: "".join(_texts(c, args))),
        "starts-with": (two, _text(lambda a, b: a.startswith(b))),
        "ends-with": (two, _text(lambda a, b: a.endswith(b))),
        "contains": (two, _text(lambda a, b: b in a)),
        "substring-before": (two, _text(lambda a, b: a.partition(b)[0] if b and b in a else "")),
        "substring-after": (two, _text(lambda a, b: a.partition(b)[2] if b else a)),
        "substring": ((2, 3), _substring),
        "substr": ((2, 3), _text(_substr)),
        "string-length": ((0, 1), lambda c, args: float(len(to_string(_here(c, args))))),
        "normalize-space": ((0, 1), lambda c, args: " ".join(to_string(_here(c, args)).split())),
        "translate": ((3, 3), _text(_translate)),
        "uppercase": (one, _text(str.upper)),
        "upper-case": (one, _text(str.upper)),
        "lowercase": (one, _text(str.lower)),
        "lower-case": (one, _text(str.lower)),
        "boolean": (one, lambda c, args: to_boolean(args[0](c))),
        "not": (one, lambda c, args: not to_boolean(args[0](c))),
        "true": ((0, 0), lambda c, args: True),
        "false": ((0, 0), lambda c, args: False),
        "boolean-from-string": (one, _text(lambda a: a in ("1", "true"))),
        "number": ((0, 1), lambda c, args: to_number(_here(c, args))),
        "int": (one, _number(_int)),
        "sum": (one, _sum),
        "floor": (one, _number(lambda a: float(math.floor(a)) if math.isfinite(a) else a)),
        "ceiling": (one, _number(lambda a: float(math.ceil(a)) if math.isfinite(a) else a)),
        "round": ((1, 2), _number(round_half_up)),
        "abs": (one, _number(abs)),
        "pow": (two, _number(_power)),
        "log": (one, _number(_logarithm(math.e))),
        "log10": (one, _number(_logarithm(10))),
        "exp": (one, _number(math.exp)),
        "exp10": (one, _number(lambda a: 10.0**a)),
        "sqrt": (one, _number(math.sqrt)),
        "sin": (one, _number(math.sin)),
        "cos": (one, _number(math.cos)),
        "tan": (one, _number(math.tan)),
        "asin": (one, _number(math.asin)),
        "acos": (one, _number(math.acos)),
        "atan": (one, _number(math.atan)),
        "atan2": (two, _number(math.atan2)),
        "pi": ((0, 0), lambda c, args: math.pi),
        "min": ((1, MANY), _extreme(min)),
        "max": ((1, MANY), _extreme(max)),
        "if": ((3, 3), _if),
        "coalesce": ((1, MANY), _coalesce),
        "once": (one, _once),
        "selected": (two, _text(lambda a, b: b.strip() in (a.split() or [""]))),
        "selected-at": (two, _text(_selected_at)),
        "count-selected": (one, _text(lambda a: float(len(a.split())))),
        "count-non-empty": (one, lambda c, args: float(sum(1 for node in _node_set(args[0](c)) if node.string.strip()))),
        "checklist": ((3, MANY), _checklist),
        "weighted-checklist": ((4, MANY), _weighted),
        "regex": (two, _text(_regex)),
        "join": ((1, MANY), _join),
        "today": ((0, 0), lambda c, args: c.world.now().date().isoformat()),
        "now": ((0, 0), lambda c, args: stamp(c.world.now())),
        "date": (one, _date),
        "date-time": (one, _date_time),
        "decimal-date-time": (one, _decimal_date_time),
        "decimal-time": (one, _text(_decimal_time)),
        "format-date": (two, _format),
        "format-date-time": (two, _format),
        "random": ((0, 0), _random),
        "randomize": ((1, 2), _randomize),
        "uuid": ((0, 1), _uuid),
        "instance": (one, _instance),
        "current": ((0, 0), lambda c, args: [c.current or c.node]),
        "indexed-repeat": ((3, 7), _indexed_repeat),
        "pulldata": ((4, 4), _pulldata),
        "jr:choice-name": (two, _choice_name),
        "jr:itext": (one, lambda c, args: str(c.world.itext(to_string(args[0](c)), c))),
        "distance": ((1, MANY), _distance),
        "area": ((1, MANY), _area),
        "geofence": (two, _text(_geofence)),
        "lang": (one, _lang),
        "digest": ((2, 3), _text(_digest)),
        "base64-decode": (one, _text(_base64_decode)),
    }
    return {name: Function(arguments, run) for name, (arguments, run) in table.items()}


FUNCTIONS: Mapping[str, Function] = _table()
