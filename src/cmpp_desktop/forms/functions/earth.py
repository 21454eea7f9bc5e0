"""Functions of places on the earth."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from cmpp_desktop.forms.functions.shared import texts
from cmpp_desktop.forms.values import Closure, Context

EARTH_METRES = 6378100.0


def _points(texts: Sequence[str]) -> list[tuple[float, float]]:
    found = []
    for text in texts:
        for part in text.split(";"):
            numbers = part.split()
            if len(numbers) >= 2:
                found.append((float(numbers[0]), float(numbers[1])))
    return found


def distance(c: Context, args: Sequence[Closure]) -> float:
    try:
        points = _points(texts(c, args))
    except ValueError:
        return math.nan
    return sum(_metres(a, b) for a, b in itertools.pairwise(points)) if len(points) > 1 else 0.0


def _metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    la, lb = math.radians(a[0]), math.radians(b[0])
    cosine = math.sin(la) * math.sin(lb) + math.cos(la) * math.cos(lb) * math.cos(math.radians(b[1] - a[1]))
    return EARTH_METRES * math.acos(min(max(cosine, -1.0), 1.0))


def area_of(c: Context, args: Sequence[Closure]) -> float:
    try:
        points = _points(texts(c, args))
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


def geofence(point: str, area: str) -> bool:
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
