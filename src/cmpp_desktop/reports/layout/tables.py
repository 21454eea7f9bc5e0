"""Tables: heads that are repeated on every page (as artifacts), rows of any height, cells read in order.

A table to a screen reader too: Table, TR, TH with its scope, TD. A row taller than a page is cut between lines.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cmpp_desktop.reports.layout.blocks import side_by_side, strips_of
from cmpp_desktop.reports.layout.page import BODY, EDGE, HEAD, LINE, Align, Pen, Strip, gap
from cmpp_desktop.reports.layout.tagged import Tag
from cmpp_desktop.reports.layout.text import Content, Style, Typesetter

_BETWEEN = 10.0  # points between columns
_PAD = 2.6  # above and below a row's text
_MEASURED = 60  # rows that are asked how wide they would like to be


@dataclass(frozen=True)
class Column:
    """`share` of the width; `header`: its cells are row headers."""

    title: str
    share: float
    align: Align = "start"
    header: bool = False
    lang: str = ""


@dataclass(frozen=True)
class Row:
    """Cells in the order of the columns. `banner`: one cell across the table, a heading of the rows below it."""

    cells: Sequence[Content]
    banner: bool = False


@dataclass(frozen=True)
class Table:
    """Columns are as wide as their texts want, as far as there is room; exactly by their shares when `by_share`."""

    columns: Sequence[Column]
    rows: Sequence[Row]
    style: Style = BODY
    by_share: bool = False

    def lay(self, setter: Typesetter, start: float, width: float) -> list[Strip]:
        whole = Tag("Table")
        widths = self._widths(setter, width)
        starts = [start + sum(widths[:n]) + n * _BETWEEN for n in range(len(widths))]
        section = Tag("THead", whole)
        line = Tag("TR", section)
        heads = [
            strips_of(
                setter.set(column.title, HEAD, widths[n]),
                Tag("TH", line, scope="Column", lang=column.lang),
                starts[n],
                widths[n],
                column.align,
            )
            for n, column in enumerate(self.columns)
        ]
        head = side_by_side(heads, together=True)
        head = [*head, Strip(4.5, lambda pen, top: pen.rule(start, width, top + 2.5, EDGE, 0.7))]
        for strip in head:
            strip.keep = True
        body = Tag("TBody", whole)
        out = list(head)
        for row in self.rows:
            if row.banner:
                out += self._banner(setter, row, body, head, start, width)
            else:
                out += self._row(setter, row, body, head, starts, widths, (start, width))
        return out

    def _widths(self, setter: Typesetter, width: float) -> list[float]:
        """Points of each column. By share at first; then columns that need less give to those that need more."""
        total = sum(column.share for column in self.columns)
        widths = [(width + _BETWEEN) * column.share / total - _BETWEEN for column in self.columns]
        if self.by_share:
            return widths
        wanted = [setter.width(column.title, HEAD) for column in self.columns]
        for row in self.rows[:_MEASURED]:
            if not row.banner:
                for n, content in enumerate(row.cells):
                    wanted[n] = max(wanted[n], setter.width(content, self.style))
        wanted = [want + 1 for want in wanted]
        spare = sum(max(have - want, 0) for have, want in zip(widths, wanted, strict=True))
        lack = sum(max(want - have, 0) for have, want in zip(widths, wanted, strict=True))
        if not lack:
            return widths
        given = min(spare, lack)
        return [
            have - (have - want) * given / spare if have > want else have + (want - have) * given / lack
            for have, want in zip(widths, wanted, strict=True)
        ]

    def _banner(
        self, setter: Typesetter, row: Row, body: Tag, head: Sequence[Strip], start: float, width: float
    ) -> list[Strip]:
        cell = Tag("TH", Tag("TR", body), scope="Row", spans=len(self.columns))
        setting = setter.set(row.cells[0], self.style.with_weight("strong"), width)
        strips = strips_of(setting, cell, start, width, "start", keep=True)
        for strip in strips:
            strip.keep, strip.head = True, head
        return [gap(6), *strips, *_under(start, width, head, keep=True)]

    def _row(
        self,
        setter: Typesetter,
        row: Row,
        body: Tag,
        head: Sequence[Strip],
        starts: Sequence[float],
        widths: Sequence[float],
        edges: tuple[float, float],
    ) -> list[Strip]:
        line = Tag("TR", body)
        cells = []
        for n, content in enumerate(row.cells):
            column = self.columns[n]
            header = column.header
            tag = Tag("TH" if header else "TD", line, scope="Row" if header else "", lang=column.lang)
            setting = setter.set(content, self.style, widths[n])
            strips = strips_of(setting, tag, starts[n], widths[n], column.align)
            cells.append(strips or [Strip(self.style.leading, _empty(tag))])
        tallest = max(len(cell) for cell in cells)
        out = [Strip(_PAD, keep=True, head=head), *side_by_side(cells, together=tallest <= 14)]
        out[-1].keep = True
        for strip in out:
            strip.head = head
        return [*out, *_under(*edges, head)]


def _under(start: float, width: float, head: Sequence[Strip], *, keep: bool = False) -> list[Strip]:
    return [Strip(_PAD, lambda pen, top: pen.rule(start, width, top + _PAD, LINE, 0.6), keep=keep, head=head)]


def _empty(tag: Tag) -> Callable[[Pen, float], None]:
    """A cell without text is still a cell: a mark with nothing in it."""

    def paint(pen: Pen, top: float) -> None:
        pen.file.mark(tag)

    return paint
