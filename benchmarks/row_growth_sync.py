"""How a first sync grows: 10,000, 100,000 and 1,000,000 records. Each time is that of a record, so that a flat line means
linear. The million, which takes most of a quarter of an hour, also draws docs/sync-growth.svg.
"""

from __future__ import annotations

import math
from functools import cache

from benchmarks.frame import PAGE, Row, row
from benchmarks.row_sync import LARGE, Taken, taken

TINY, MILLION = (250, 2_500), (25_000, 250_000)
LINEAR = 1.5  # times what a record takes at a tenth of the size
CHART = PAGE.with_name("sync-growth.svg")
WIDTH, HEIGHT, EDGE = 640, 400, 70


@cache
def _taken(size: tuple[int, int]) -> Taken:
    return taken("PostgreSQL", size)


def _row(name: str, part: str, words: str, size: tuple[int, int], smaller: tuple[int, int]) -> Row:
    one, before = _taken(size), _taken(smaller)
    return row(
        name,
        size=f"{one.records:,} records, {words}, {getattr(one, part):.1f} s in all",
        unit="µs a record",
        ours=1e6 * getattr(one, part) / one.records,
        against={f"at {before.records:,}": 1e6 * getattr(before, part) / before.records},
        at_most=LINEAR,
    )


def row_growth_sync_sent() -> Row:
    return _row("growth-sync-sent", "push", "sealed and sent", LARGE, TINY)


def row_growth_sync_read() -> Row:
    return _row("growth-sync-read", "pull", "read by a new laptop", LARGE, TINY)


def row_growth_sync_million_sent() -> Row:
    return _row("growth-sync-million-sent", "push", "sealed and sent", MILLION, LARGE)


def row_growth_sync_million() -> Row:
    CHART.write_text(chart([_taken(size) for size in (TINY, LARGE, MILLION)]), "utf-8")
    return _row("growth-sync-million", "pull", "read by a new laptop", MILLION, LARGE)


def chart(points: list[Taken]) -> str:
    """An SVG: seconds by records, both in powers of ten; the dotted line is what the smallest would take if it grew evenly."""
    top = math.ceil(math.log10(max(one.pull + one.push for one in points)))
    low = top - 4

    def place(records: float, seconds: float) -> tuple[float, float]:
        across = (math.log10(records) - 4) / 2.2
        up = (math.log10(max(seconds, 10**low)) - low) / (top - low)
        return EDGE + across * (WIDTH - 2 * EDGE), HEIGHT - EDGE - up * (HEIGHT - 2 * EDGE)

    def line(values: list[tuple[float, float]], style: str) -> str:
        listed = " ".join(f"{x:.0f},{y:.0f}" for x, y in (place(*one) for one in values))
        return f'<polyline points="{listed}" fill="none" {style}/>'

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13">',
        "<title>Seconds of a first sync by the number of records</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
    ]
    for power in range(low, top + 1):
        _, y = place(1e4, 10.0**power)
        parts.append(f'<path d="M{EDGE},{y:.0f}H{WIDTH - EDGE}" stroke="#ddd"/>')
        parts.append(f'<text x="{EDGE - 8}" y="{y + 4:.0f}" text-anchor="end">{10.0**power:,g} s</text>')
    for one in points:
        x, _ = place(one.records, 1)
        parts.append(f'<text x="{x:.0f}" y="{HEIGHT - EDGE + 22}" text-anchor="middle">{one.records:,}</text>')
    for name, part, colour in (("sent", "push", "#1b6ca8"), ("read", "pull", "#b5541c")):
        values = [(float(one.records), float(getattr(one, part))) for one in points]
        first = values[0][1] / values[0][0]
        parts.append(line([(records, first * records) for records, _ in values], f'stroke="{colour}" stroke-dasharray="3 5"'))
        parts.append(line(values, f'stroke="{colour}" stroke-width="2"'))
        for records, seconds in values:
            x, y = place(records, seconds)
            parts.append(f'<circle cx="{x:.0f}" cy="{y:.0f}" r="4" fill="{colour}"/>')
            parts.append(f'<text x="{x:.0f}" y="{y - 9:.0f}" text-anchor="end" fill="{colour}">{name} {seconds:.3g} s</text>')
    return "\n".join([*parts, "</svg>", ""])
