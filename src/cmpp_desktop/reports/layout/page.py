"""A paper: blocks stacked on pages, with who it is from, who printed it, and page x of y on each.

A block lays itself out as strips: slices as wide as the column that are never cut. `Paper` stacks strips, keeps together
what asks for it, repeats the heads of tables, and only then draws, so that the number of pages is known. All offsets are
from the start edge of the reading direction: a right-to-left paper is the same layout, mirrored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from cmpp_desktop.reports.layout.tagged import TaggedFile
from cmpp_desktop.reports.layout.text import MEDIUM, STRONG, Setting, Style, Typesetter

MARGIN, TOP, BOTTOM = 48.0, 46.0, 40.0  # points; the footer stands on BOTTOM
WIDTH, HEIGHT = 612.0, 792.0  # US Letter
COLUMN = WIDTH - 2 * MARGIN

INK, INK2, LINE, EDGE = "0.1 0.1 0.09", "0.3 0.29 0.26", "0.78 0.77 0.66", "0.35 0.35 0.33"
TITLE = Style(17, 22, STRONG)
SECTION = Style(11, 15, STRONG)
BODY = Style(10, 13.6)
STRONG_BODY = Style(10, 13.6, STRONG)
LABEL = Style(8.5, 13.6, ink=INK2)
HEAD = Style(8.5, 12, MEDIUM, INK2)
SMALL = Style(8.5, 11.6, ink=INK2)
FOOT = Style(7.5, 10, ink=INK2)

_FOOT_LINES = 6  # a foot never takes the page away from the paper
_PAGE_WORDS = 62.0  # points for "Page x of y"

Align = Literal["start", "end", "auto"]  # auto: right-to-left paragraphs stand at the right, others at the left


class Pen:
    """Draws on the current page of a file. Offsets are from the start edge inside the margins; heights from the top."""

    def __init__(self, file: TaggedFile, rtl: bool) -> None:
        self.file = file
        self.rtl = rtl

    def x(self, start: float, width: float) -> float:
        """The left edge of something `width` wide that begins at `start`."""
        return WIDTH - MARGIN - start - width if self.rtl else MARGIN + start

    def text(self, setting: Setting, index: int, top: float, start: float, width: float, align: Align) -> None:
        """Shows one line in a column. The owner of the text is marked by the caller."""
        line = setting.lines[index]
        right = setting.rtl if align == "auto" else (align == "end") != self.rtl
        left = self.x(start, width)
        x = left + width - line.width if right else left
        if setting.rtl:
            x -= line.tail  # the space at the end of a right-to-left line hangs out at its left
        size = setting.style.size
        y = HEIGHT - top - (setting.leading + size * 0.714) / 2
        out = [f"BT 1 0 0 1 {x:.2f} {y:.2f} Tm"]
        self.file.fill(setting.style.ink)
        font = ""
        body: list[str] = []
        risen = 0.0
        for piece in line.pieces:
            for segment in piece.segments:
                if piece.font.key != font or segment.rise != risen:
                    if body:
                        out.append(f"[{''.join(body)}]TJ")
                        body.clear()
                    if piece.font.key != font:
                        font = piece.font.key
                        out.append(f"/{font} {size:g} Tf")
                    if segment.rise != risen:
                        risen = segment.rise
                        out.append(f"{risen * size / 1000:.2f} Ts")
                body.append(segment.body)
        if body:
            out.append(f"[{''.join(body)}]TJ")
        out.append("0 Ts ET" if risen else "ET")
        if line.spoken is not None:
            out = [f"/Span <</ActualText<FEFF{line.spoken.encode('utf-16-be').hex().upper()}>>> BDC", *out, "EMC"]
        self.file.code("\n".join(out))

    def rule(self, start: float, width: float, top: float, ink: str = EDGE, thick: float = 0.6) -> None:
        """A horizontal line."""
        self.file.artifact()
        self.file.stroke(ink, thick)
        x = self.x(start, width)
        self.file.code(f"{x:.2f} {HEIGHT - top:.2f} m {x + width:.2f} {HEIGHT - top:.2f} l S")

    def frame(self, start: float, width: float, top: float, height: float, radius: float = 4, thick: float = 1.4) -> None:
        """A rounded frame."""
        self.file.artifact()
        self.file.stroke(INK, thick)
        x, y, r = self.x(start, width), HEIGHT - top - height, radius
        k = r * 0.4477  # where a quarter circle's control points lie
        x2, y2 = x + width, y + height
        self.file.code(
            f"{x + r:.2f} {y:.2f} m {x2 - r:.2f} {y:.2f} l {x2 - k:.2f} {y:.2f} {x2:.2f} {y + k:.2f} {x2:.2f} {y + r:.2f} c "
            f"{x2:.2f} {y2 - r:.2f} l {x2:.2f} {y2 - k:.2f} {x2 - k:.2f} {y2:.2f} {x2 - r:.2f} {y2:.2f} c "
            f"{x + r:.2f} {y2:.2f} l {x + k:.2f} {y2:.2f} {x:.2f} {y2 - k:.2f} {x:.2f} {y2 - r:.2f} c "
            f"{x:.2f} {y + r:.2f} l {x:.2f} {y + k:.2f} {x + k:.2f} {y:.2f} {x + r:.2f} {y:.2f} c h S"
        )

    def strokes(
        self, lines: Sequence[Sequence[tuple[float, float]]], start: float, width: float, top: float, height: float
    ) -> tuple[float, float, float, float]:
        """A drawing fitted into a box, y downward in its own units. Never mirrored. Gives its bounding box on the page."""
        xs = [x for line in lines for x, _ in line]
        ys = [y for line in lines for _, y in line]
        wide, high = max(xs) - min(xs) or 1.0, max(ys) - min(ys) or 1.0
        scale = min(width / wide, height / high)
        left, bottom = self.x(start, wide * scale), HEIGHT - top - height
        self.file.stroke(INK, 1.1)
        out = ["1 J 1 j"]
        for line in lines:
            points = [(left + (x - min(xs)) * scale, bottom + (max(ys) - y) * scale) for x, y in line]
            if len(points) == 1:
                points *= 2
            out.append(f"{points[0][0]:.2f} {points[0][1]:.2f} m " + " ".join(f"{x:.2f} {y:.2f} l" for x, y in points[1:]) + " S")
        out.append("0 J 0 j")
        self.file.code("\n".join(out))
        return (left, bottom, left + wide * scale, bottom + high * scale)


@dataclass(slots=True)
class Strip:
    """A slice of a page. `keep`: not parted from the next one if both fit on a page. `space`: left out at a page's top.
    `head`: strips that are repeated above it when it begins a page."""

    height: float
    paint: Callable[[Pen, float], None] | None = None
    keep: bool = False
    space: bool = False
    head: Sequence[Strip] = ()


class Block(Protocol):
    """Something that can be put on a paper."""

    def lay(self, setter: Typesetter, start: float, width: float) -> list[Strip]:
        """Strips for a column that begins at `start` and is `width` wide, in points."""
        ...


def gap(height: float) -> Strip:
    return Strip(height, space=True)


@dataclass
class Paper:
    """One document being composed. `running`: what the head of the second and later pages says, start and end;
    `foot`: the three sentences at the foot; `page_words(x, y)`: "Page x of y"."""

    title: str
    language: str
    author: str
    rtl: bool
    running: tuple[str, str]
    foot: tuple[str, str]
    page_words: Callable[[int, int], str]
    setter: Typesetter = field(default_factory=Typesetter)
    _strips: list[Strip] = field(default_factory=list)

    def add(self, *blocks: Block) -> None:
        for block in blocks:
            self._strips += block.lay(self.setter, 0.0, COLUMN)

    def finish(self) -> bytes:
        """The PDF. The blocks are drawn once, here."""
        feet = self._feet()
        floor = HEIGHT - BOTTOM - max(setting.height for setting, *_ in feet) - 14
        pages = list(_paged(self._strips, floor))
        file = TaggedFile(title=self.title, language=self.language, author=self.author)
        pen = Pen(file, self.rtl)
        for number, page in enumerate(pages, 1):
            if number > 1:
                self._draw_head(pen)
            for strip, top, repeated in page:
                if strip.paint is None:
                    continue
                if repeated:
                    with file.only_artifacts("/Type/Pagination/Subtype/Header"):
                        strip.paint(pen, top)
                else:
                    strip.paint(pen, top)
            self._draw_foot(pen, feet, self.page_words(number, len(pages)))
            file.end_page()
        return file.finish(self.setter.faces)

    def _feet(self) -> list[tuple[Setting, float, float]]:
        """The confidentiality line and who printed it: (setting, start, width). One line when both have room."""
        room = COLUMN - _PAGE_WORDS
        wants = [self.setter.width(text, FOOT) + 1 for text in self.foot]
        first = wants[0] if sum(wants) + 18 <= room else (room - 18) * 0.55
        second = max(room - first - 18, 0)
        last = min(wants[1], second)
        start = first + (room - first - last) / 2  # between its neighbours
        places = [(self.foot[0], 0.0, first), (self.foot[1], start, last)]
        settings = [(self.setter.set(text, FOOT, width), at, width) for text, at, width in places]
        return [(replace(setting, lines=setting.lines[:_FOOT_LINES]), at, width) for setting, at, width in settings]

    def _draw_head(self, pen: Pen) -> None:
        with pen.file.only_artifacts("/Type/Pagination/Subtype/Header"):
            pen.file.artifact()
            for text, align in zip(self.running, ("start", "end"), strict=True):
                setting = self.setter.set(text, FOOT, COLUMN * 0.6)
                if setting.lines:
                    start = 0.0 if align == "start" else COLUMN * 0.4
                    pen.text(setting, 0, TOP - 16, start, COLUMN * 0.6, align)  # type: ignore[arg-type]  # a Literal

    def _draw_foot(self, pen: Pen, feet: list[tuple[Setting, float, float]], page: str) -> None:
        with pen.file.only_artifacts("/Type/Pagination/Subtype/Footer"):
            tallest = max(setting.height for setting, *_ in feet)
            top = HEIGHT - BOTTOM - tallest
            pen.rule(0, COLUMN, top - 6)
            number = self.setter.set(page, FOOT, _PAGE_WORDS)
            for setting, start, width in [*feet, (number, COLUMN - _PAGE_WORDS, _PAGE_WORDS)]:
                for n in range(len(setting.lines)):
                    align: Align = "end" if setting is number else "start"
                    pen.text(setting, n, top + n * setting.leading, start, width, align)


def _paged(strips: Sequence[Strip], floor: float) -> Iterator[list[tuple[Strip, float, bool]]]:
    """Pages as lists of (strip, distance of its top from the top of the page, whether it is a repeated head)."""
    page: list[tuple[Strip, float, bool]] = []
    at = TOP
    index = 0
    while index < len(strips):
        end = index
        while strips[end].keep and end + 1 < len(strips):
            end += 1
        group = strips[index : end + 1]
        tall = sum(strip.height for strip in group)
        if group[0].space:
            if page:
                page.append((group[0], at, False))
                at += tall
            index = end + 1
            continue
        if at + tall > floor and page and (tall <= floor - TOP - 60 or at + group[0].height > floor):
            yield page
            page, at = [], TOP
        for strip in group:
            if at + strip.height > floor and page:
                yield page
                page, at = [], TOP
            if not page:
                for head in strip.head:
                    page.append((head, at, True))
                    at += head.height
            page.append((strip, at, False))
            at += strip.height
        index = end + 1
    if page or not strips:
        yield page
