"""Reads a PDF back: its text by owner, its structure tree, and everything that a tagged file must keep.

A second client of the format, on pikepdf alone: what it finds is in the file, not in the program's memory.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pikepdf

PAINTING = {"Tj", "TJ", "'", '"', "Do", "f", "F", "f*", "B", "B*", "b", "b*", "S", "s", "sh", "EI"}
HEADER, FOOTER = "Header", "Footer"


@dataclass
class Element:
    """A structure element. `own`: text that was marked as its own; `spoken`: its ActualText."""

    kind: str
    own: str = ""
    spoken: str | None = None
    lang: str = ""
    alt: str = ""
    scope: str = ""
    marks: list[tuple[int, int]] = field(default_factory=list)
    kids: list[Element] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What is read aloud: ActualText, else its own text and that of its parts."""
        if self.spoken is not None:
            return self.spoken
        return " ".join(part for part in (self.own.strip(), *(kid.text for kid in self.kids)) if part)

    def all(self) -> Iterator[Element]:
        yield self
        for kid in self.kids:
            yield from kid.all()


@dataclass
class Page:
    """One page's content. `marked`: text by MCID; `artifacts`: (subtype, text); `stray`: painting outside all marks."""

    marked: dict[int, str] = field(default_factory=dict)
    artifacts: list[tuple[str, str]] = field(default_factory=list)
    stray: int = 0

    def artifact(self, subtype: str) -> str:
        return " ".join(text for kind, text in self.artifacts if kind == subtype)


class Paper:
    """A PDF, read."""

    def __init__(self, data: bytes) -> None:
        self.pdf = pikepdf.open(io.BytesIO(data))
        self.pages = [_page(page) for page in self.pdf.pages]
        self._number = {page.obj.objgen: n for n, page in enumerate(self.pdf.pages)}
        self._seen: list[tuple[int, int, tuple[int, int]]] = []
        (root,) = self.pdf.Root.StructTreeRoot.K
        self.document = self._element(root, None)

    @property
    def text(self) -> str:
        """All that is read aloud, in reading order."""
        return self.document.text

    def of(self, *kinds: str) -> list[Element]:
        return [element for element in self.document.all() if element.kind in kinds]

    def _element(self, node: Any, page: int | None) -> Element:
        if "/Pg" in node:
            page = self._number[node.Pg.objgen]
        element = Element(
            str(node.S)[1:],
            spoken=str(node.ActualText) if "/ActualText" in node else None,
            lang=str(node.get("/Lang", "")),
            alt=str(node.get("/Alt", "")),
        )
        for attributes in node.get("/A", []):
            element.scope = str(attributes.get("/Scope", ""))[1:] or element.scope
        for kid in node.get("/K", []):
            if isinstance(kid, int):
                assert page is not None
                self._mark(element, page, kid, node)
            elif "/MCID" in kid:
                self._mark(element, self._number[kid.Pg.objgen], int(kid.MCID), node)
            else:
                assert kid.P.objgen == node.objgen
                element.kids.append(self._element(kid, page))
        return element

    def _mark(self, element: Element, page: int, mcid: int, node: Any) -> None:
        element.marks.append((page, mcid))
        element.own += self.pages[page].marked[mcid]
        self._seen.append((page, mcid, node.objgen))

    def check(self) -> None:
        """Everything that makes a tagged file honest. Raises AssertionError with what is wrong."""
        root = self.pdf.Root
        assert root.MarkInfo.Marked
        assert root.ViewerPreferences.DisplayDocTitle
        assert str(root.Lang)
        assert str(self.pdf.docinfo["/Title"])
        in_tree = [(page, mcid) for page, mcid, _ in self._seen]
        in_content = [(n, mcid) for n, page in enumerate(self.pages) for mcid in page.marked]
        assert len(in_tree) == len(set(in_tree)), "a mark belongs to two elements"
        assert set(in_tree) == set(in_content), "marks and tree do not agree"
        assert [page.stray for page in self.pages] == [0] * len(self.pages), "painted outside all marks"
        nums = list(root.StructTreeRoot.ParentTree.Nums)
        parents = {int(nums[n]): nums[n + 1] for n in range(0, len(nums), 2)}
        for page, mcid, owner in self._seen:
            assert parents[int(self.pdf.pages[page].StructParents)][mcid].objgen == owner
        assert all(str(page.obj.Tabs) == "/S" for page in self.pdf.pages)
        self._check_kinds()
        self._check_fonts()

    def _check_kinds(self) -> None:
        assert len(self.of("H1")) == 1
        deepest = 0
        for element in self.of("H1", "H2", "H3"):
            level = int(element.kind[1])
            assert level <= deepest + 1, "a level of heading was left out"
            deepest = level
            assert element.text.strip()
        assert all(element.scope for element in self.of("TH"))
        assert all(element.alt for element in self.of("Figure"))
        inside = {"Table": {"THead", "TBody"}, "THead": {"TR"}, "TBody": {"TR"}, "TR": {"TH", "TD"}, "L": {"LI"}}
        for element in self.document.all():
            if element.kind in inside:
                assert {kid.kind for kid in element.kids} <= inside[element.kind]
                assert element.kids
        assert all([kid.kind for kid in item.kids] == ["Lbl", "LBody"] for item in self.of("LI"))

    def _check_fonts(self) -> None:
        fonts = [f for f in self.pdf.objects if isinstance(f, pikepdf.Dictionary) and str(f.get("/Type", "")) == "/Font"]
        assert fonts
        for font in fonts:
            assert str(font.Subtype) in ("/Type0", "/CIDFontType2")
            assert "Helvetica" not in str(font.BaseFont)
            if "/FontDescriptor" in font:
                assert len(font.FontDescriptor.FontFile2.read_bytes()) > 100


def _page(page: pikepdf.Page) -> Page:
    """Follows the content stream: who owns what, and the text that the fonts' ToUnicode maps give."""
    found = Page()
    maps = {name: to_unicode(font) for name, font in page.Resources.Font.items()}
    stack: list[tuple[str, Any]] = []
    font: dict[int, str] = {}
    for instruction in pikepdf.parse_content_stream(page):
        operands: Any = instruction.operands
        name = str(instruction.operator)
        if name == "BDC":
            kind = str(operands[0])
            assert not stack or kind == "/Span", "marked content inside marked content"
            stack.append((kind, operands[1]))
            if "/MCID" in operands[1]:
                assert int(operands[1].MCID) not in found.marked
                found.marked[int(operands[1].MCID)] = ""
            elif kind == "/Artifact":
                found.artifacts.append((str(operands[1].get("/Subtype", operands[1].Type))[1:], ""))
            elif kind == "/Span":
                _add(found, stack, str(operands[1].ActualText))
        elif name == "EMC":
            stack.pop()
        elif name == "Tf":
            font = maps[str(operands[0])]
        elif name in PAINTING:
            if not stack:
                found.stray += 1
            if name == "TJ" and stack[-1][0] != "/Span":
                for part in operands[0]:
                    if isinstance(part, pikepdf.String):
                        codes = bytes(part)
                        pairs = (int.from_bytes(codes[n : n + 2], "big") for n in range(0, len(codes), 2))
                        _add(found, stack, "".join(font[code] for code in pairs))
    assert not stack, "marked content left open"
    return found


def _add(found: Page, stack: list[tuple[str, Any]], text: str) -> None:
    owner = stack[0]
    text = text.replace("\u2060", "")
    if owner[0] == "/Artifact":
        kind, before = found.artifacts[-1]
        found.artifacts[-1] = (kind, before + text)
    else:
        found.marked[int(owner[1].MCID)] += text


def to_unicode(font: Any) -> dict[int, str]:
    entries = re.findall(rb"<([0-9A-F]{4})><([0-9A-F]+)>", font.ToUnicode.read_bytes())
    return {int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in entries if len(text) >= 4}
