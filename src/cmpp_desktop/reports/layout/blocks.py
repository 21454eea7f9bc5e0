"""What papers are made of: headings, paragraphs, lists of facts, columns, notices, the letterhead, signatures.

Each block lays itself out as strips in the column that it is given, and tags what it draws.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from cmpp_desktop.reports.layout.page import (
    BODY,
    EDGE,
    HEAD,
    HEIGHT,
    INK2,
    LABEL,
    SECTION,
    STRONG_BODY,
    TITLE,
    Align,
    Block,
    Pen,
    Strip,
    gap,
)
from cmpp_desktop.reports.layout.tagged import Tag
from cmpp_desktop.reports.layout.text import Content, Setting, Style, Typesetter

BETWEEN_COLUMNS = 30.0  # points


def strips_of(
    setting: Setting, tag: Tag, start: float, width: float, align: Align, *, keep: bool = False
) -> list[Strip]:
    """The lines of a text as strips; the first two and the last two stay together. `keep`: with what follows, too."""
    count = len(setting.lines)
    if setting.spoken is not None:
        tag.spoken = setting.spoken

    def painter(index: int) -> Callable[[Pen, float], None]:
        def paint(pen: Pen, top: float) -> None:
            pen.file.mark(tag)
            pen.text(setting, index, top, start, width, align)

        return paint

    return [
        Strip(setting.leading, painter(n), keep=(keep if n == count - 1 else n in (0, count - 2)))
        for n in range(count)
    ]


@dataclass(frozen=True)
class Paragraph:
    """Text. Line breaks in a string begin new paragraphs, each by its own direction when `align` is auto."""

    content: Content
    style: Style = BODY
    align: Align = "auto"
    lang: str = ""
    after: float = 0.0
    keep: bool = False
    between: float = 5.0

    def lay(self, setter: Typesetter, start: float, width: float) -> list[Strip]:
        out: list[Strip] = []
        parts: list[Content] = [self.content]
        if isinstance(self.content, str):
            parts = [part for part in self.content.splitlines() if part.strip()]
        for part in parts:
            setting = setter.set(part, self.style, width)
            if not setting.lines:
                continue
            if out:
                out.append(gap(self.between))
            out += strips_of(setting, Tag("P", lang=self.lang), start, width, self.align, keep=self.keep)
        return [*out, gap(self.after)] if self.after and out else out


@dataclass(frozen=True)
class Space:
    """Nothing, this many points high."""

    height: float

    def lay(self, setter: Typesetter, start: float, width: float) -> list[Strip]:
        return [gap(self.height)]


@dataclass(frozen=True)
class Together:
    """Blocks that are not parted by the end of a page if one page can hold them."""

    blocks: Sequence[Block]

    def lay(self, setter: Typesetter, start: float, width: float) -> list[Strip]:
        strips = [strip for block in self.blocks for strip in block.lay(setter, start, width)]
        for strip in strips[:-1]:
            strip.keep = True
        return strips


@dataclass(frozen=True)
class Heading:
    """A section's heading with a rule below, in the outline too."""

    text: str
    level: int = 2

    def lay(self, setter: Typesetter, start: float, width: float) -> list[Strip]:
        style = SECTION if self.level == 2 else HEAD
        setting = setter.set(self.text, style, width)
        strips = strips_of(setting, Tag(f"H{self.level}"), start, width, "start", keep=True)
        strips[0] = bookmarked(strips[0], self.text, self.level - 1)
        if self.level > 2:
            return [gap(8), *strips]
        return [gap(12), *strips, Strip(5.5, lambda pen, top: pen.rule(start, width, top + 1.5, EDGE, 0.8), keep=True)]


@dataclass(frozen=True)
class Facts:
    """Labels and values, one below the other; rows without a value are left out. A list to a screen reader."""

    rows: Sequence[tuple[str, Content]]
    label: Style = LABEL

    def lay(self, setter: Typesetter, start: float, width: float) -> list[Strip]:
        whole = Tag("L")
        out: list[Strip] = []
        labels_wide = max((setter.width(name, self.label) for name, _ in self.rows), default=0.0)
        first = min(labels_wide + 14, width * 0.4)  # the column of labels
        for name, value in self.rows:
            values = setter.set(value, BODY, width - first)
            if not values.lines:
                continue
            item = Tag("LI", whole)
            labels = setter.set(name, self.label, first - 4)
            left = strips_of(labels, Tag("Lbl", item), start, first - 4, "start")
            right = strips_of(values, Tag("LBody", item), start + first, width - first, "start")
            out += side_by_side([left, right], together=len(right) <= 6)
            out.append(gap(1.4))
        return out[:-1]


@dataclass(frozen=True)
class Bullets:
    """A list of short texts."""

    items: Sequence[Content]

    def lay(self, setter: Typesetter, start: float, width: float) -> list[Strip]:
        return Facts([("•", item) for item in self.items], STRONG_BODY).lay(setter, start, width)


@dataclass(frozen=True)
class Columns:
    """Two stacks beside each other, read one after the other; below each other when they are too tall for that."""

    left: Sequence[Block]
    right: Sequence[Block]

    def lay(self, setter: Typesetter, start: float, width: float) -> list[Strip]:
        half = (width - BETWEEN_COLUMNS) / 2
        stacks = [
            [strip for block in blocks for strip in block.lay(setter, start + at, half)]
            for blocks, at in ((self.left, 0.0), (self.right, half + BETWEEN_COLUMNS))
        ]
        height = max(sum(strip.height for strip in stack) for stack in stacks)
        if height > 260:
            return [strip for block in (*self.left, *self.right) for strip in block.lay(setter, start, width)]
        lead = 0.0
        if all(stack and stack[0].space for stack in stacks):
            lead = stacks[0][0].height
            stacks = [stack[1:] for stack in stacks]

        return [gap(lead), Strip(height - lead, _stacked(stacks))]


@dataclass(frozen=True)
class Notice:
    """A framed sentence that must not be missed, with a sign drawn from strokes in a 24 × 24 box."""

    content: Content
    sign: Sequence[Sequence[tuple[float, float]]] = ()

    def lay(self, setter: Typesetter, start: float, width: float) -> list[Strip]:
        inset = 33.0 if self.sign else 12.0
        setting = setter.set(self.content, STRONG_BODY, width - inset - 12)
        tag = Tag("P", spoken=setting.spoken)
        height = setting.height + 13

        def paint(pen: Pen, top: float) -> None:
            pen.frame(start, width, top, height)
            if self.sign:
                pen.strokes(self.sign, start + 11, 14, top + (height - 14) / 2, 14)
            pen.file.mark(tag)
            for n in range(len(setting.lines)):
                pen.text(setting, n, top + 6.5 + n * setting.leading, start + inset, width - inset - 12, "start")

        if height > 400:
            return Paragraph(self.content, STRONG_BODY).lay(setter, start, width)
        return [gap(9), Strip(height, paint), gap(2)]


def side_by_side(cells: Sequence[list[Strip]], *, together: bool) -> list[Strip]:
    """Columns of strips beside each other, line beside line. `together`: as one strip, each cell drawn whole before the
    next; otherwise as one strip a line, which may be parted (but not after the first or before the last)."""
    tallest = max((len(cell) for cell in cells), default=0)
    heights = [max(cell[n].height for cell in cells if n < len(cell)) for n in range(tallest)]

    def painter(first: int, last: int) -> Callable[[Pen, float], None]:
        def paint(pen: Pen, top: float) -> None:
            for cell in cells:
                at = top
                for n in range(first, min(last, len(cell))):
                    strip = cell[n]
                    if strip.paint is not None:  # in the middle of its line, so that scripts of two heights share it
                        strip.paint(pen, at + (heights[n] - strip.height) / 2)
                    at += heights[n]

        return paint

    if together:
        return [Strip(sum(heights), painter(0, tallest))] if tallest else []
    return [
        Strip(heights[n], painter(n, n + 1), keep=n < tallest - 1 and n in (0, tallest - 2)) for n in range(tallest)
    ]


@dataclass(frozen=True)
class Letterhead:
    """The head of the first page: what this is and from whom, the title (`untitled` when nothing of it can be seen), a line
    below; at the end edge, short lines."""

    over: str
    title: str
    untitled: str
    under: Sequence[str] = ()
    side: Sequence[str] = ()

    def lay(self, setter: Typesetter, start: float, width: float) -> list[Strip]:
        beside = replace(BODY, ink=INK2)
        narrow = min(max((setter.width(text, beside) for text in self.side), default=-14.0) + 1, width * 0.5)
        wide = width - narrow - 14
        left: list[Strip] = strips_of(
            setter.set(self.over, beside, wide), Tag("P"), start, wide, "start", keep=True
        )
        said = self.title if setter.set(self.title, TITLE, wide).lines else self.untitled
        title = strips_of(setter.set(said, TITLE, wide), Tag("H1"), start, wide, "start", keep=True)
        left += [bookmarked(title[0], said, 0), *title[1:]]
        for text in self.under:
            left += strips_of(setter.set(text, BODY, wide), Tag("P"), start, wide, "start")
        right: list[Strip] = []
        for text in self.side:
            right += strips_of(setter.set(text, beside, narrow), Tag("P"), start + wide + 14, narrow, "end")
        stacks = [left, right]
        height = max(sum(strip.height for strip in stack) for stack in stacks)
        if height > 300:  # a title that somebody pasted a story into
            return [*left, *right]
        return [Strip(height, _stacked(stacks))]


@dataclass(frozen=True)
class SignatureLines:
    """Lines to sign on by hand: names below, widths by share."""

    names: Sequence[tuple[str, float]]

    def lay(self, setter: Typesetter, start: float, width: float) -> list[Strip]:
        total = sum(share for _, share in self.names)
        cells: list[tuple[float, float, Setting, Tag]] = []
        at = start
        for name, share in self.names:
            wide = (width + BETWEEN_COLUMNS) * share / total - BETWEEN_COLUMNS
            setting = setter.set(name, BODY, wide)
            cells.append((at, wide, setting, Tag("P", spoken=setting.spoken)))
            at += wide + BETWEEN_COLUMNS
        height = max(setting.height for *_, setting, _ in cells) + 8

        def paint(pen: Pen, top: float) -> None:
            for at, wide, setting, tag in cells:
                pen.rule(at, wide, top, EDGE, 0.8)
                for n in range(len(setting.lines)):
                    pen.file.mark(tag)
                    pen.text(setting, n, top + 4 + n * setting.leading, at, wide, "start")

        return [Strip(32, None, keep=True), Strip(height, paint)]


@dataclass(frozen=True)
class Drawing:
    """A drawn signature: `strokes` are x0, y0, x1, y1… each, y downward; `alt` says what it is."""

    strokes: Sequence[Sequence[int]]
    alt: str
    width: float = 150.0
    height: float = 40.0

    def lay(self, setter: Typesetter, start: float, width: float) -> list[Strip]:
        lines = [list(zip(stroke[::2], stroke[1::2], strict=False)) for stroke in self.strokes if len(stroke) >= 2]
        if not lines:
            return []
        tag = Tag("Figure", alt=self.alt)

        def paint(pen: Pen, top: float) -> None:
            pen.file.mark(tag)
            tag.box = pen.strokes(lines, start, min(self.width, width), top, self.height)

        return [Strip(self.height + 4, paint, keep=True)]


def bookmarked(strip: Strip, text: str, level: int) -> Strip:
    """The same strip, with an entry in the outline that leads to it."""
    paint = strip.paint
    assert paint is not None

    def both(pen: Pen, top: float) -> None:
        pen.file.bookmark(text, level, HEIGHT - top)
        paint(pen, top)

    return Strip(strip.height, both, strip.keep, strip.space, strip.head)


def _stacked(stacks: Sequence[Sequence[Strip]]) -> Callable[[Pen, float], None]:
    """Draws stacks of strips beside each other, the first one whole before the second."""

    def paint(pen: Pen, top: float) -> None:
        for stack in stacks:
            at = top
            for strip in stack:
                if strip.paint is not None:
                    strip.paint(pen, at)
                at += strip.height

    return paint
