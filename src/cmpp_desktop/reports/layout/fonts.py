"""Typefaces: which one has a character, how HarfBuzz shapes it, and what goes into the file.

A `Typeface` is an immutable bundled font file. A `Faces` belongs to one document: `stack(weight)` picks a typeface for
each character (first that has it: there is no other fallback), and the glyphs used are embedded as one small subset a
typeface, numbered in the order of first use, each with the very text that it stands for, so that copying and reading
aloud give the words back in any script. The same calls in the same order give the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from unicodedata import category, normalize

import uharfbuzz as hb
from reportlab.pdfbase.pdfdoc import PDFArray, PDFDictionary, PDFDocument, PDFStream, PDFZCompress

from cmpp_desktop import resources

REGULAR, MEDIUM, STRONG = "regular", "medium", "strong"

_LATIN = {REGULAR: "NotoSans-Regular", MEDIUM: "NotoSans-Medium", STRONG: "NotoSans-SemiBold"}
_SCRIPTS = ("Arabic", "Devanagari", "Ethiopic", "Gurmukhi", "Myanmar")  # each in Regular and Bold
_SIGNS = ("NotoSansMath-Regular", "NotoSansSymbols2-Regular")
_REORDERING = frozenset({"Devanagari", "Gurmukhi", "Myanmar"})  # glyphs are not in the order of the letters
_DROPPED_TABLES = ("GSUB", "GPOS", "GDEF", "name", "OS/2", "kern", "STAT", "cmap", "post", "gasp", "DSIG", "BASE", "meta")
# Characters that take the typeface of the one before them: joiners, variation selectors, combining marks in general.
_FOLLOWERS = frozenset([0x200C, 0x200D, 0x034F, *range(0xFE00, 0xFE10)])
_SILENT = "\u2060"  # what a second glyph of one character stands for: nothing to see, nothing to say

Glyph = tuple[int, str, float, float, float]  # glyph id, text, advance, x and y offset, in thousandths of an em


@dataclass(frozen=True)
class Typeface:
    """One font file, ready to shape. Metrics are in thousandths of an em."""

    name: str
    face: hb.Face
    font: hb.Font
    has: frozenset[int]
    reorders: bool
    leading_matters: bool  # its letters stand taller than Latin ones
    ascent: float
    descent: float

    def advance(self, glyph: int) -> int:
        units: float = self.font.get_glyph_h_advance(glyph) * 1000 / self.face.upem
        return round(units)

    def shape(self, text: str, rtl: bool) -> list[Glyph]:
        """The glyphs of a run of one direction from left to right, mirrored and joined as its script wants."""
        buffer = hb.Buffer()
        buffer.cluster_level = hb.BufferClusterLevel.MONOTONE_CHARACTERS
        buffer.add_codepoints([ord(char) for char in text])
        buffer.guess_segment_properties()
        buffer.direction = "rtl" if rtl else "ltr"
        hb.shape(self.font, buffer, None)
        infos = buffer.glyph_infos
        starts = sorted({info.cluster for info in infos})
        ends = dict(zip(starts, [*starts[1:], len(text)], strict=True))
        scale = 1000 / self.face.upem
        glyphs: list[Glyph] = []
        said: set[int] = set()
        for info, at in zip(infos, buffer.glyph_positions, strict=True):
            cluster = info.cluster
            meant = _SILENT if cluster in said else text[cluster : ends[cluster]]
            if rtl and len(meant) > 1:
                meant = _ligatures().get(meant, meant)
            said.add(cluster)
            glyphs.append((info.codepoint, meant, at.x_advance * scale, at.x_offset * scale, at.y_offset * scale))
        return glyphs


@lru_cache(maxsize=64)  # of bundled files, which do not change while the program runs
def typeface(name: str) -> Typeface:
    """A bundled typeface by the name of its file without `.ttf`."""
    path: Path = resources.folder("fonts") / f"{name}.ttf"
    face = hb.Face(hb.Blob(path.read_bytes()))
    font = hb.Font(face)
    extents = font.get_font_extents("ltr")
    scale = 1000 / face.upem
    return Typeface(
        name,
        face,
        font,
        frozenset(face.unicodes),
        any(script in name for script in _REORDERING),
        any(script in name for script in _SCRIPTS),
        extents.ascender * scale,
        extents.descender * scale,
    )


@lru_cache(maxsize=4)
def stack(weight: str) -> tuple[Typeface, ...]:
    """The typefaces of a weight, in the order in which they are asked for a character."""
    bold = "Regular" if weight == REGULAR else "Bold"
    names = (_LATIN[weight], *(f"NotoSans{script}-{bold}" for script in _SCRIPTS), *_SIGNS)
    return tuple(typeface(name) for name in names)


class Embedded:
    """One typeface in one document: the glyphs used so far, under numbers of their own."""

    def __init__(self, typeface: Typeface, key: str) -> None:
        self.typeface = typeface
        self.key = key  # of the page's font resources
        self._ids: dict[tuple[int, str], int] = {}
        self._widths: list[int] = [typeface.advance(0)]  # 0 is never shown; it stands for the box of a missing glyph

    def number(self, glyph: int, text: str) -> int:
        """The two-byte code under which this glyph, meaning this text, is shown."""
        found = self._ids.get((glyph, text))
        if found is None:
            found = self._ids[glyph, text] = len(self._widths)
            self._widths.append(self.typeface.advance(glyph))
        return found

    def width(self, number: int) -> int:
        return self._widths[number]

    def add_to(self, doc: PDFDocument) -> None:
        """Writes the subset, widths and ToUnicode map as a composite font under `key` in the page resources."""
        name = f"{_tag(self.key)}+{self.typeface.name}"
        data, new_ids = self._subset()
        extents = self.typeface
        descriptor = PDFDictionary(
            {
                "Type": "/FontDescriptor",
                "FontName": f"/{name}",
                "Flags": "4",
                "FontBBox": f"[-1000 {extents.descent:.0f} 2500 {extents.ascent:.0f}]",
                "ItalicAngle": "0",
                "Ascent": f"{extents.ascent:.0f}",
                "Descent": f"{extents.descent:.0f}",
                "CapHeight": "714",
                "StemV": "80" if "Regular" in name else "120",
                "FontFile2": doc.Reference(_stream(data, Length1=len(data)), f"{self.key}file"),
            }
        )
        to_glyph = bytearray(2 * len(self._widths))
        for (glyph, _), number in self._ids.items():
            to_glyph[2 * number : 2 * number + 2] = new_ids[glyph].to_bytes(2, "big")
        descendant = PDFDictionary(
            {
                "Type": "/Font",
                "Subtype": "/CIDFontType2",
                "BaseFont": f"/{name}",
                "CIDSystemInfo": "<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>",
                "FontDescriptor": doc.Reference(descriptor, f"{self.key}descriptor"),
                "DW": "1000",
                "W": f"[0[{' '.join(map(str, self._widths))}]]",
                "CIDToGIDMap": doc.Reference(_stream(bytes(to_glyph)), f"{self.key}glyphs"),
            }
        )
        font = PDFDictionary(
            {
                "Type": "/Font",
                "Subtype": "/Type0",
                "BaseFont": f"/{name}",
                "Encoding": "/Identity-H",
                "DescendantFonts": PDFArray([doc.Reference(descendant, f"{self.key}descendant")]),
                "ToUnicode": doc.Reference(_stream(self._to_unicode(name)), f"{self.key}unicode"),
            }
        )
        doc.idToObject["BasicFonts"].dict[self.key] = doc.Reference(font, f"{self.key}font")

    def _subset(self) -> tuple[bytes, dict[int, int]]:
        wanted = hb.SubsetInput()
        wanted.flags = hb.SubsetFlags.NO_HINTING | hb.SubsetFlags.NOTDEF_OUTLINE | hb.SubsetFlags.NO_LAYOUT_CLOSURE
        wanted.sets(hb.SubsetInputSets.GLYPH_INDEX).update({glyph for glyph, _ in self._ids})
        dropped = wanted.sets(hb.SubsetInputSets.DROP_TABLE_TAG)
        for tag in _DROPPED_TABLES:
            dropped.add(int.from_bytes(tag.ljust(4).encode("ascii"), "big"))
        plan = hb.SubsetPlan(self.typeface.face, wanted)
        mapping = {old: plan.old_to_new_glyph_mapping[old] for old in {glyph for glyph, _ in self._ids}}
        return bytes(plan.execute().blob.data), mapping

    def _to_unicode(self, name: str) -> bytes:
        pairs = [f"<{number:04X}><{text.encode('utf-16-be').hex().upper()}>" for (_, text), number in self._ids.items()]
        blocks = [pairs[i : i + 100] for i in range(0, len(pairs), 100)]
        body = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
        return (
            "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
            "/CIDSystemInfo <</Registry(Adobe)/Ordering(UCS)/Supplement 0>> def\n"
            f"/CMapName /{name} def\n/CMapType 2 def\n"
            f"1 begincodespacerange\n<0000><FFFF>\nendcodespacerange\n{body}\n"
            "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend"
        ).encode("ascii")


class Faces:
    """The typefaces of one document, embedded as far as they are used."""

    def __init__(self) -> None:
        self._used: dict[str, Embedded] = {}
        self._choice: dict[tuple[int, str], Embedded] = {}
        self.missing: set[str] = set()  # characters that no typeface has: drawn as a box

    def embedded(self, typeface: Typeface) -> Embedded:
        found = self._used.get(typeface.name)
        if found is None:
            found = self._used[typeface.name] = Embedded(typeface, f"T{len(self._used) + 1}")
        return found

    def choose(self, char: str, weight: str, before: Embedded | None) -> Embedded:
        """The typeface for a character; one that only follows another (a joiner, a mark) stays with it if it can."""
        code = ord(char)
        if before is not None and (code in _FOLLOWERS or (_is_mark(char) and code in before.typeface.has)):
            return before
        found = self._choice.get((code, weight))
        if found is None:
            faces = stack(weight)
            has = next((face for face in faces if code in face.has), None)
            if has is None and code not in _FOLLOWERS:
                self.missing.add(char)
            found = self._choice[code, weight] = self.embedded(has or faces[0])
        return found

    def add_to(self, doc: PDFDocument) -> None:
        for embedded in self._used.values():
            if len(embedded._widths) > 1:
                embedded.add_to(doc)


@lru_cache(maxsize=1)  # of the Unicode database
def _ligatures() -> dict[str, str]:
    """Letters that an Arabic ligature stands for → the one character that Unicode has for it.

    Readers turn the glyphs of a right-to-left line round, and several of them turn the letters inside a glyph round with it;
    one character cannot be turned, and they take it apart again in the right order.
    """
    forms = (*range(0xFC00, 0xFD3E), *range(0xFEF5, 0xFEFD))
    return {normalize("NFKC", chr(code)): chr(code) for code in forms}


def _is_mark(char: str) -> bool:
    return category(char).startswith("M")


def _tag(key: str) -> str:
    """The six letters that PDF wants before the name of a subset."""
    n = int(key[1:])
    return "CMPP" + chr(65 + n // 26) + chr(65 + n % 26)


def _stream(content: bytes, **entries: int) -> PDFStream:
    stream = PDFStream(content=content, filters=[PDFZCompress])
    for key, value in entries.items():
        stream.dictionary[key] = value
    return stream

