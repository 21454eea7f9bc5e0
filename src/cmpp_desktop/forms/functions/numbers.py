"""Functions of numbers and of chance."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from cmpp_desktop.forms.functions.shared import Run, texts
from cmpp_desktop.forms.tree import Node
from cmpp_desktop.forms.values import Closure, Context, node_set, to_number

MOST_LETTERS = 1000
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-"  # 64: every byte maps evenly


def round_half_up(value: float, places: float = 0.0) -> float:
    """XPath's rounding: halves go towards positive infinity; with `places`, ODK's, of decimals (negative: tens…)."""
    if math.isnan(value) or math.isinf(value) or math.isnan(places):
        return value
    scale = 10.0 ** int(places)
    scaled = value * scale
    return math.floor(scaled + 0.5) / scale if abs(scaled) < 1e15 else value


def extreme(pick: Callable[[list[float]], float]) -> Run:
    def run(c: Context, args: Sequence[Closure]) -> float:
        numbers = [to_number(text) for text in texts(c, args)]
        if not numbers or any(math.isnan(number) for number in numbers):
            return math.nan
        return pick(numbers)

    return run


def total(c: Context, args: Sequence[Closure]) -> float:
    return float(sum(to_number(node.string) for node in node_set(args[0](c)) if node.string != ""))


def whole(value: float) -> float:
    return value if math.isnan(value) or math.isinf(value) else float(math.trunc(value))


def random(c: Context, args: Sequence[Closure]) -> float:
    return int.from_bytes(c.world.randomness(7), "big") % (1 << 53) / (1 << 53)


def uuid(c: Context, args: Sequence[Closure]) -> str:
    if not args:
        return str(c.world.new_id())
    length = to_number(args[0](c))
    count = int(length) if 0 < length <= MOST_LETTERS else 0
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


def randomize(c: Context, args: Sequence[Closure]) -> list[Node]:
    nodes = node_set(args[0](c))
    seed = to_number(args[1](c)) if len(args) > 1 else None
    return [nodes[at] for at in shuffled(len(nodes), seed, c.world.randomness)]


def logarithm(base: float) -> Callable[[float], float]:
    def work(value: float) -> float:
        return -math.inf if value == 0 else math.log(value) if base == math.e else math.log10(value)

    return work


def power(a: float, b: float) -> float:
    result = a**b
    return result if isinstance(result, float) else math.nan
