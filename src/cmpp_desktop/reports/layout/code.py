"""A QR code on paper: dark modules as one area, with the white around it that readers need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cmpp_desktop.reports.layout.page import HEIGHT, INK, Pen, Strip
from cmpp_desktop.reports.layout.tagged import Tag
from cmpp_desktop.reports.layout.text import Typesetter

QUIET = 4  # modules


@dataclass(frozen=True)
class Code:
    """`modules`: rows, True for dark; `alt` says what it is; `side` in points, the white around it included. Never mirrored."""

    modules: Sequence[Sequence[bool]]
    alt: str
    side: float = 190.0

    def lay(self, setter: Typesetter, start: float, width: float) -> list[Strip]:
        tag, step = Tag("Figure", alt=self.alt), self.side / (len(self.modules) + 2 * QUIET)

        def paint(pen: Pen, top: float) -> None:
            pen.file.mark(tag)
            left, up = pen.x(start, self.side), HEIGHT - top
            tag.box = (left, up - self.side, left + self.side, up)
            pen.file.fill(INK)
            out = []
            for row, modules in enumerate(self.modules):
                y = up - (QUIET + row + 1) * step
                for at, long in _runs(modules):
                    out.append(f"{left + (QUIET + at) * step:.3f} {y:.3f} {long * step:.3f} {step:.3f} re")
            pen.file.code("\n".join(out) + " f")

        return [Strip(self.side, paint, keep=True)]


def _runs(modules: Sequence[bool]) -> list[tuple[int, int]]:
    """Where dark runs begin, and how long they are."""
    runs: list[tuple[int, int]] = []
    for at, dark in enumerate(modules):
        if dark and runs and sum(runs[-1]) == at:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        elif dark:
            runs.append((at, 1))
    return runs
