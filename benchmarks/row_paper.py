"""A case summary of two pages as a PDF, from its figures to its bytes.

The peer is bare reportlab: the same text, read back from our own file's structure, in the same typefaces, as paragraphs and
tables of platypus on two pages of the same size. It writes no structure, shapes no script, picks no typeface by character and
leaves the objects uncompressed. Typefaces are read from disk before either is measured.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from xml.sax.saxutils import escape

import pikepdf
from reportlab.lib.pagesizes import letter
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table, TableStyle
from tests.reports import people
from tests.reports.pdf_reader import Element
from tests.reports.pdf_reader import Paper as Read

from benchmarks.frame import Row, row, side_by_side
from cmpp_desktop import resources, words
from cmpp_desktop.reports import case_summary

PAGES = 2
FONTS = {"regular": "NotoSans-Regular", "strong": "NotoSans-SemiBold"}


def row_case_summary() -> Row:
    """From figures to bytes. The ratio is of time: four fifths of the speed are 1.25."""
    figures = replace(people.summary(), duties=people.summary().duties * 6, in_short=people.STORY * 6)
    ours = partial(case_summary.render, figures, people.stationery("en"), words.load("en"))
    read = Read(ours())
    theirs = bare(read)
    for made in (ours(), theirs()):
        with pikepdf.open(io.BytesIO(made)) as file:
            if len(file.pages) != PAGES:
                raise RuntimeError(f"both papers must have {PAGES} pages, not {len(file.pages)}")
    taken = side_by_side({"ours": ours, "reportlab": theirs})
    return row(
        "case-summary",
        size=f"{PAGES} pages, {len(read.text):,} letters",
        unit="ms",
        ours=1000 * taken["ours"],
        against={"bare reportlab": 1000 * taken["reportlab"]},
        at_most=1.25,
        limit=100,
    )


def bare(read: Read) -> Callable[[], bytes]:
    """What makes the same text into a file with reportlab alone."""
    for name, file in FONTS.items():
        pdfmetrics.registerFont(TTFont(name, str(resources.folder("fonts") / f"{file}.ttf")))
    body = ParagraphStyle("body", fontName="regular", fontSize=10, leading=13.6)
    label = ParagraphStyle("label", parent=body, fontSize=8.5)
    styles = {
        "H1": ParagraphStyle("h1", fontName="strong", fontSize=17, leading=22),
        "H2": ParagraphStyle("h2", fontName="strong", fontSize=11, leading=15, spaceBefore=8),
        "Lbl": label,
        "TH": label,
    }

    def said(element: Element) -> Paragraph:
        return Paragraph(escape(element.text), styles.get(element.kind, body))

    def story() -> Iterator[Paragraph | Table]:
        for element in read.document.kids:
            if element.kind == "Table":
                rows = [[said(cell) for cell in line.kids] for part in element.kids for line in part.kids]
                yield Table(rows, repeatRows=1, style=TableStyle([("LINEBELOW", (0, 0), (-1, -1), 0.6, "black")]))
            elif element.kind == "L":
                yield Table([[said(part) for part in item.kids] for item in element.kids], colWidths=(120, 396))
            else:
                yield said(element)

    def foot(canvas: Canvas, template: SimpleDocTemplate) -> None:
        canvas.setFont("regular", 7.5)
        for at, (_, text) in enumerate(read.pages[min(canvas.getPageNumber(), PAGES) - 1].artifacts):
            canvas.drawString(48, 40 - 10 * at, text)

    def made() -> bytes:
        out = io.BytesIO()
        paper = SimpleDocTemplate(out, pagesize=letter, leftMargin=48, rightMargin=48, topMargin=46, bottomMargin=60, invariant=1)
        paper.build(list(story()), onFirstPage=foot, onLaterPages=foot)
        return out.getvalue()

    return made
