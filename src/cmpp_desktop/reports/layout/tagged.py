"""A tagged PDF file: pages whose every mark belongs to the structure tree or is an artifact.

`TaggedFile` is one file being written, on reportlab's canvas. A `Tag` is a structure element; `mark(tag)` says whose the
following operators are, `artifact(kind)` that they are nobody's. Marks are opened only when the owner changes, so a
paragraph is one mark a page. `finish()` gives the bytes: the same calls give the same bytes (reportlab's invariant mode,
objects in compressed streams). The structure is that of PDF/UA; no validator has been run, so no conformance is claimed.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

import pikepdf
from reportlab.pdfbase.pdfdoc import PDFDictionary, PDFDocument, PDFName, PDFObject, PDFPage
from reportlab.pdfgen.canvas import Canvas

from cmpp_desktop.errors import BugError
from cmpp_desktop.reports.layout.fonts import Faces
from cmpp_desktop.reports.layout.text import plain

_LANGUAGE = re.compile("[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")  # BCP 47

LETTER = (612.0, 792.0)  # points


class Tag(PDFObject):  # type: ignore[misc]  # reportlab has no type information
    """A structure element: `kind` is a standard structure type (P, H1, Table…). Made by `TaggedFile.tag`, or unattached
    and attached at its first mark, so that the tree is in reading order however the layout was made."""

    __RefOnly__ = 1

    def __init__(
        self,
        kind: str,
        parent: Tag | None = None,
        *,
        lang: str = "",
        spoken: str | None = None,
        alt: str = "",
        scope: str = "",
        spans: int = 1,
    ) -> None:
        self.kind, self.parent = kind, parent
        self.lang, self.spoken, self.alt, self.scope, self.spans = lang, spoken, alt, scope, spans
        self.box: tuple[float, float, float, float] | None = None
        self.kids: list[Tag | tuple[str, int]] = []
        self.attached = False

    def format(self, doc: PDFDocument) -> bytes:
        numbers = doc.idToObjectNumberAndVersion
        page = next((kid[0] for kid in self.kids if isinstance(kid, tuple)), None)
        kids = []
        for kid in self.kids:
            if isinstance(kid, Tag):
                kids.append(_reference(kid, numbers))
            elif kid[0] == page:
                kids.append(str(kid[1]))
            else:
                kids.append(f"<</Type/MCR/Pg {numbers[kid[0]][0]} 0 R/MCID {kid[1]}>>")
        owner = f"/Pg {numbers[page][0]} 0 R" if page else ""
        assert self.parent is not None
        return (
            f"<</Type/StructElem/S/{self.kind}/P {_reference(self.parent, numbers)}{owner}"
            f"{self._more()}/K[{' '.join(kids)}]>>"
        ).encode("ascii")

    def _more(self) -> str:
        more = f"/Lang({self.lang})" if _LANGUAGE.fullmatch(self.lang) else ""
        if self.spoken is not None:
            more += f"/ActualText{_unicode(self.spoken)}"
        if self.alt:
            more += f"/Alt{_unicode(self.alt)}"
        attributes = ""
        if self.scope or self.spans > 1:
            attributes += f"<</O/Table{'/Scope/' + self.scope if self.scope else ''}"
            attributes += f"{f'/ColSpan {self.spans}' if self.spans > 1 else ''}>>"
        if self.box is not None:
            attributes += f"<</O/Layout/BBox[{' '.join(f'{v:.2f}' for v in self.box)}]>>"
        return more + (f"/A[{attributes}]" if attributes else "")


class _Root(Tag):
    """The StructTreeRoot with its parent tree."""

    def __init__(self) -> None:
        super().__init__("", None)
        self.pages: list[list[Tag]] = []

    def format(self, doc: PDFDocument) -> bytes:
        numbers = doc.idToObjectNumberAndVersion
        nums = " ".join(
            f"{n}[{' '.join(_reference(tag, numbers) for tag in tags)}]" for n, tags in enumerate(self.pages)
        )
        kids = " ".join(_reference(kid, numbers) for kid in self.kids if isinstance(kid, Tag))
        return (
            f"<</Type/StructTreeRoot/K[{kids}]/ParentTree<</Nums[{nums}]>>/ParentTreeNextKey {len(self.pages)}>>"
        ).encode("ascii")


class _Page(PDFPage):  # type: ignore[misc]  # as above
    """reportlab drops entries of a page that it does not know; these two are the page's part in the structure."""

    __NoDefault__: ClassVar[list[str]] = [*PDFPage.__NoDefault__, "StructParents", "Tabs"]


class _Canvas(Canvas):  # type: ignore[misc]  # as above
    """A canvas without the standard font that reportlab would otherwise name in every file."""

    def _make_preamble(self) -> None:
        self._preamble = ""


class TaggedFile:
    """One PDF being written. Coordinates are points from the lower left corner."""

    def __init__(self, *, title: str, language: str, author: str, size: tuple[float, float] = LETTER) -> None:
        self.size = size
        self._buffer = io.BytesIO()
        self._canvas = _Canvas(self._buffer, pagesize=size, invariant=1, pageCompression=1, pdfVersion=(1, 7), lang=language)
        self._canvas.setTitle(plain(title))
        self._canvas.setAuthor(plain(author))
        self._canvas.setCreator("CMPP Desktop")
        self._canvas.setProducer("CMPP Desktop")
        self._canvas.setSubject(plain(title))
        self._doc: PDFDocument = self._canvas._doc
        self._root = _Root()
        self.document = Tag("Document", self._root)
        for tag in (self._root, self.document):
            self._doc.Reference(tag)
            tag.attached = True
        self._root.kids.append(self.document)
        self._marks: list[Tag] = []  # of this page, by MCID
        self._open: Tag | str | None = None
        self._artifact: str | None = None  # set: everything is an artifact of this kind
        self._fill = self._stroke = ""
        self.pages = 0

    def code(self, operators: str) -> None:
        """Appends operators of the content stream; a mark or an artifact must be open."""
        if self._open is None:
            raise BugError("untagged_content")
        self._canvas._code.append(operators)

    def mark(self, tag: Tag) -> None:
        """What follows belongs to this element."""
        if self._artifact is not None:
            self.artifact(self._artifact)
        elif self._open is not tag:
            self._close()
            self._attach(tag)
            tag.kids.append((self._doc.thisPageName(), len(self._marks)))
            self._canvas._code.append(f"/{tag.kind} <</MCID {len(self._marks)}>> BDC")
            self._marks.append(tag)
            self._open = tag

    def artifact(self, kind: str = "/Type/Layout") -> None:
        """What follows is decoration, or a header or footer."""
        if self._artifact is not None:
            kind = self._artifact
        if self._open != kind:
            self._close()
            self._canvas._code.append(f"/Artifact <<{kind}>> BDC")
            self._open = kind

    @contextmanager
    def only_artifacts(self, kind: str) -> Iterator[None]:
        """Inside, marks are artifacts too: running headers, and table heads that are repeated on a later page."""
        before, self._artifact = self._artifact, kind
        yield
        self._artifact = before

    def fill(self, ink: str) -> None:
        """The colour of text and areas, "r g b"."""
        if ink != self._fill:
            self._canvas._code.append(f"{ink} rg")
            self._fill = ink

    def stroke(self, ink: str, width: float) -> None:
        """The colour and width (points) of lines."""
        if f"{ink} {width}" != self._stroke:
            self._canvas._code.append(f"{ink} RG {width:g} w")
            self._stroke = f"{ink} {width}"

    def bookmark(self, text: str, level: int, y: float) -> None:
        """An entry of the outline (level 0 is the title) that leads to height `y` of this page."""
        key = f"p{self.pages}-{len(self._marks)}"
        self._canvas.bookmarkHorizontal(key, 0, y)
        self._canvas.addOutlineEntry(plain(text), key, level, False)

    def end_page(self) -> None:
        self._close()
        canvas, doc = self._canvas, self._doc
        page = _Page()
        page.pagewidth, page.pageheight = self.size
        page.setCompression(True)
        page.StructParents, page.Tabs = self.pages, PDFName("S")
        for part in (canvas._setColorSpace, canvas._setExtGState, canvas._setXObjects, canvas._setShadingUsed):
            part(page)
        page.setStream([*canvas._code, " "])
        doc.addPage(page)
        canvas._startPage()
        self._root.pages.append(self._marks)
        self._marks = []
        self._fill = self._stroke = ""
        self.pages += 1

    def finish(self, faces: Faces) -> bytes:
        """The file. Nothing can be added afterwards."""
        faces.add_to(self._doc)
        catalog = self._doc.Catalog
        catalog.StructTreeRoot = self._doc.Reference(self._root)
        catalog.MarkInfo = PDFDictionary({"Marked": "true"})
        self._canvas.setViewerPreference("DisplayDocTitle", "true")
        self._canvas._code = []
        data = self._doc.GetPDFData(self._canvas)
        return compressed(data if isinstance(data, bytes) else data.encode("latin-1"))

    def _attach(self, tag: Tag) -> None:
        """Puts a tag, and those above it, into the tree as the last child of its parent."""
        if not tag.attached:
            if tag.parent is None:
                tag.parent = self.document
            self._attach(tag.parent)
            tag.parent.kids.append(tag)
            self._doc.Reference(tag)
            tag.attached = True

    def _close(self) -> None:
        if self._open is not None:
            self._canvas._code.append("EMC")
            self._open = None


def compressed(pdf: bytes) -> bytes:
    """The same file with its objects in compressed streams (a tagged file is five times smaller), the same every time."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as file:
        file.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)
    return out.getvalue()


def _reference(tag: Tag, numbers: dict[str, tuple[int, int]]) -> str:
    return f"{numbers[tag.__InternalName__][0]} 0 R"


def _unicode(text: str) -> str:
    return "<FEFF" + text.encode("utf-16-be", "replace").hex().upper() + ">"
