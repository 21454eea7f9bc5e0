"""From text to lines: cleaning, breaking, ordering and shaping, in any script.

`Typesetter.set(text, style, width)` gives a `Setting` whose lines are ready to be shown. Words are shaped once a document.
Whatever is typed can be set: control characters become visible as U+FFFD, a word wider than its column is broken between
letters, characters that no typeface has are drawn as a box (and counted), overrides of direction are not obeyed, because
with them a name on paper could be made to read as another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple
from unicodedata import category

from cmpp_desktop.reports.layout import bidi
from cmpp_desktop.reports.layout.fonts import MEDIUM, REGULAR, STRONG, Embedded, Faces

__all__ = ["MEDIUM", "REGULAR", "STRONG", "Content", "Line", "Setting", "Span", "Style", "Typesetter", "isolated", "ltr"]

_TALL = 1.22  # other scripts stand taller than Latin: their lines are further apart by this factor
_SPACES = re.compile("[ \t\u1680\u2000-\u200a\u205f\u3000]+")
_BREAKS = re.compile("\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")
_OVERRIDES = re.compile("[\u202d\u202e]")
_NOT_PRINTABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
# Telephone numbers and dates with hyphens: after Arabic letters the algorithm would show their groups in reverse.
_NUMBERS = re.compile(r"\+?[0-9]+(?:[-\u2010\u2011\u2013][0-9]+)+")
_UNSEEN = re.compile("[\u00ad\u200b\u2060\ufeff]")  # soft hyphen, zero-width space, joiner and byte order mark


class Span(NamedTuple):
    """A piece of a paragraph in another weight."""

    text: str
    weight: str


Content = str | Sequence[Span]


@dataclass(frozen=True)
class Style:
    """How text looks: size and distance of lines in points, weight, ink as "r g b" from 0 to 1."""

    size: float
    leading: float
    weight: str = REGULAR
    ink: str = "0.1 0.1 0.09"

    def with_weight(self, weight: str) -> Style:
        return replace(self, weight=weight)


class Segment(NamedTuple):
    """What one TJ operator shows, raised by `rise` thousandths of an em."""

    rise: float
    body: str


class Piece(NamedTuple):
    """Glyphs of one typeface and one direction, from left to right. `width` in thousandths of an em."""

    font: Embedded
    segments: tuple[Segment, ...]
    width: float


@dataclass(frozen=True)
class Line:
    """One line, pieces from left to right. `spoken` replaces the glyphs' own text for scripts that reorder glyphs."""

    pieces: tuple[Piece, ...]
    width: float  # points, without the space at its end
    spoken: str | None
    tail: float  # points: width of the space at the end


@dataclass(frozen=True)
class Setting:
    """A text, set. `spoken` is the whole text where glyphs run from right to left, for the structure tree."""

    lines: tuple[Line, ...]
    style: Style
    leading: float
    rtl: bool
    spoken: str | None

    @property
    def height(self) -> float:
        return len(self.lines) * self.leading


def isolated(text: str) -> str:
    """Text from elsewhere, to be put into a sentence: its direction is its own and cannot reach what is around it."""
    return f"{bidi.FSI}{_balanced(_OVERRIDES.sub('', text))}{bidi.PDI}"


def ltr(text: str) -> str:
    """Numbers, codes and hashes, which read from left to right in any sentence."""
    return f"{bidi.LRI}{text}{bidi.PDI}"


def _balanced(text: str) -> str:
    """Without the PDI characters that would close somebody else's isolate."""
    if bidi.PDI not in text:
        return text
    depth, out = 0, []
    for char in text:
        depth += char in (bidi.LRI, bidi.RLI, bidi.FSI)
        if char == bidi.PDI:
            if not depth:
                continue
            depth -= 1
        out.append(char)
    return "".join(out)


def clean(text: str) -> str:
    """One paragraph's characters as they will be printed. Nothing readable is lost."""
    text = _SPACES.sub(" ", text)
    if text.isascii() and text.isprintable():
        return text
    text = _OVERRIDES.sub("", _UNSEEN.sub("", text))
    text = _NOT_PRINTABLE.sub("\ufffd", text)
    return _NUMBERS.sub(lambda found: ltr(found.group()), text) if bidi.turns(text) else text


def plain(text: str) -> str:
    """One line of text for where a file holds names as they are: its title, its outline."""
    return _without_controls(clean(_BREAKS.sub(" ", text))).strip(" ")


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a longer text, cleaned; empty ones left out."""
    return [said for part in _BREAKS.split(text) if (said := clean(part).strip(" ")) and _without_controls(said).strip(" ")]


class Typesetter:
    """Sets the texts of one document."""

    def __init__(self) -> None:
        self.faces = Faces()
        self._pieces: dict[tuple[str, str, bool], tuple[Piece, ...]] = {}
        self._plain: dict[tuple[str, str], tuple[tuple[Piece, ...], float, bool]] = {}
        self._graphemes: dict[tuple[str, str, bool], float] = {}

    def width(self, content: Content, style: Style) -> float:
        """Points that a text takes when nothing but its own line breaks part it."""
        if not isinstance(content, str) or bidi.turns(content):
            return max((line.width for line in self.set(content, style, 1e9).lines), default=0.0)
        widest = 0.0
        space = self._space(style.weight)
        for said in paragraphs(content):
            words = [self._plain_word(word, style.weight)[1] for word in said.split(" ")]
            widest = max(widest, sum(words) + space * (len(words) - 1))
        return widest * style.size / 1000

    def set(self, content: Content, style: Style, width: float, *, base: int | None = None) -> Setting:
        """Lines no wider than `width` points. `base`: 0 left to right, 1 right to left, None by the first strong letter.

        Line breaks in a string begin new lines; spaces in a row are one.
        """
        if isinstance(content, str):
            said = paragraphs(content)  # a space between paragraphs, so that copied words are not joined
            parts = [_Paragraph(text + " ", None, style.weight) for text in said[:-1]]
            parts += [_Paragraph(text, None, style.weight) for text in said[-1:]]
        else:
            parts = [_Paragraph.of(content, style.weight)]
        lines: list[Line] = []
        turned = tall = False
        rtl = base == 1
        for n, part in enumerate(part for part in parts if part.text):
            level, levels = bidi.resolve(part.text, base)
            if n == 0 and base is None:
                rtl = level == 1
            plain = not any(levels) and part.weights is None
            turned = turned or (not plain and any(level & 1 for level in levels))
            for start, end in self._break(part, levels, style, width, plain):
                line = self._line(part, levels, level, start, end, style, plain)
                tall = tall or any(piece.font.typeface.leading_matters for piece in line.pieces)
                lines.append(line)
        text = "\n".join(part.text.rstrip(" ") for part in parts)
        return Setting(
            tuple(lines), style, style.leading * (_TALL if tall else 1), rtl, _without_controls(text) if turned else None
        )

    def _break(
        self, part: _Paragraph, levels: list[int], style: Style, width: float, plain: bool
    ) -> Iterator[tuple[int, int]]:
        """Ranges of characters, one a line, without the spaces between them."""
        room = width * 1000 / style.size
        space = self._space(part.weight)
        begin = end = -1
        used = 0.0
        at = 0
        for word in part.text.split(" "):
            start, at = at, at + len(word) + 1
            if not word:
                continue
            wide = self._plain_word(word, part.weight)[1] if plain else self._measure(part, levels, start, start + len(word))
            if begin >= 0 and used + space + wide <= room:
                used += space + wide
                end = start + len(word)
                continue
            if begin >= 0:
                yield begin, end
            begin, end, used = start, start + len(word), wide
            if wide > room:
                *full, (begin, used) = self._pieces_of_long_word(part, levels, start, end, room)
                for (first, _), (following, _) in zip(full, [*full[1:], (begin, 0.0)], strict=True):
                    yield first, following
        if begin >= 0:
            yield begin, end

    def _pieces_of_long_word(
        self, part: _Paragraph, levels: list[int], start: int, end: int, room: float
    ) -> list[tuple[int, float]]:
        """Where a word that is wider than its line is broken: (first character, width) of each piece."""
        cuts: list[tuple[int, float]] = []
        used = 0.0
        begin = at = start
        while at < end:
            stop = at + 1
            while stop < end and _goes_on(part.text, stop):
                stop += 1
            key = (part.text[at:stop], part.weight_at(at), bool(levels[at] & 1))
            wide = self._graphemes.get(key)
            if wide is None:
                wide = self._graphemes[key] = self._measure(part, levels, at, stop)
            if used and used + wide > room:
                cuts.append((begin, used))
                begin, used = at, 0.0
            used += wide
            at = stop
        cuts.append((begin, used))
        return cuts

    def _line(
        self, part: _Paragraph, levels: list[int], base: int, start: int, end: int, style: Style, plain: bool
    ) -> Line:
        text = part.text
        ended = end < len(text) and text[end] == " "  # the space stays in the text, so that words are not joined
        tail = self._space(part.weight) * style.size / 1000 if ended else 0.0
        pieces: list[Piece] = []
        units = 0.0
        reorders = False
        if plain:
            space = self._shaped(" ", part.weight, False)
            for n, word in enumerate(text[start:end].split(" ")):
                if n:
                    pieces += space
                    units += space[0].width
                found, wide, strange = self._plain_word(word, part.weight)
                pieces += found
                units += wide
                reorders = reorders or strange
            if ended:
                pieces += space
        else:
            stop = end + 1 if ended else end
            found_levels = bidi.line_levels(text[start:stop], levels[start:stop], base)
            logical = list(self._runs(part, found_levels, start, stop))
            reorders = not any(level & 1 for level, _ in logical) and any(p.font.typeface.reorders for _, p in logical)
            pieces = [logical[i][1] for i in bidi.visual_order([level for level, _ in logical])]
            units = sum(piece.width for piece in pieces) - (self._space(part.weight) if ended else 0.0)
        spoken = _without_controls(text[start : end + 1 if ended else end]) if reorders else None
        return Line(tuple(pieces), units * style.size / 1000, spoken, tail)

    def _runs(self, part: _Paragraph, levels: Sequence[int], start: int, end: int) -> Iterator[tuple[int, Piece]]:
        """Pieces in logical order with their levels. Spaces stand alone, so that words are shaped (and kept) whole."""
        text = part.text
        at = start
        while at < end:
            level = levels[at - start]
            weight = part.weight_at(at)
            stop = at + 1
            if text[at] != " ":
                while (
                    stop < end
                    and text[stop] != " "
                    and levels[stop - start] == level
                    and part.weight_at(stop) == weight
                ):
                    stop += 1
            run = _without_controls(text[at:stop])
            if run:
                pieces = self._shaped(run, weight, bool(level & 1))
                for piece in pieces:
                    yield level, piece
            at = stop

    def _measure(self, part: _Paragraph, levels: list[int], start: int, end: int) -> float:
        return sum(piece.width for _, piece in self._runs(part, levels[start:end], start, end))

    def _space(self, weight: str) -> float:
        return self._shaped(" ", weight, False)[0].width

    def _plain_word(self, word: str, weight: str) -> tuple[tuple[Piece, ...], float, bool]:
        """A word from left to right in one weight: its pieces, its width, whether its script reorders glyphs."""
        key = (word, weight)
        found = self._plain.get(key)
        if found is None:
            said = _without_controls(word)
            pieces = self._shaped(said, weight, False) if said else ()
            strange = any(piece.font.typeface.reorders for piece in pieces)
            found = self._plain[key] = (pieces, sum(piece.width for piece in pieces), strange)
        return found

    def _shaped(self, text: str, weight: str, rtl: bool) -> tuple[Piece, ...]:
        """A run of one direction as pieces of one typeface each, in logical order (each is itself from left to right)."""
        key = (text, weight, rtl)
        found = self._pieces.get(key)
        if found is None:
            pieces: list[Piece] = []
            font: Embedded | None = None
            begin = 0
            if text.isascii():  # every typeface of the first place has all of it
                font = self.faces.choose(text[:1], weight, None)
            for n, char in enumerate(text if font is None else ""):
                chosen = self.faces.choose(char, weight, font)
                if font is not None and chosen is not font:
                    pieces.append(_piece(font, text[begin:n], rtl))
                    begin = n
                font = chosen
            if font is not None:
                pieces.append(_piece(font, text[begin:], rtl))
            found = self._pieces[key] = tuple(pieces)
        return found


class _Paragraph:
    """Cleaned text; `weights` one a character, or None when all of it has `weight`."""

    __slots__ = ("text", "weight", "weights")

    def __init__(self, text: str, weights: list[str] | None, weight: str) -> None:
        self.text = text
        self.weights = weights
        self.weight = weight

    @classmethod
    def of(cls, spans: Sequence[Span], weight: str) -> _Paragraph:
        text, weights = "", []
        for span in spans:
            said = clean(_BREAKS.sub(" ", span.text))
            if text.endswith(" ") or not text:
                said = said.lstrip(" ")
            text += said
            weights += [span.weight] * len(said)
        kept = text.rstrip(" ")
        return cls(kept, weights[: len(kept)], weight)

    def weight_at(self, index: int) -> str:
        return self.weights[index] if self.weights is not None else self.weight


def _piece(font: Embedded, text: str, rtl: bool) -> Piece:
    segments: list[Segment] = []
    parts: list[str] = []  # of the TJ array being made: "<hex" open, or numbers
    hexes: list[str] = []
    rise = 0.0
    total = 0.0

    def shift(amount: float) -> None:
        if abs(amount) >= 0.5:
            if hexes:
                parts.append(f"<{''.join(hexes)}>")
                hexes.clear()
            parts.append(str(round(amount)))

    def close() -> None:
        if hexes:
            parts.append(f"<{''.join(hexes)}>")
            hexes.clear()
        if parts:
            segments.append(Segment(rise, "".join(_joined(parts))))
            parts.clear()

    for glyph, meant, advance, x, y in font.typeface.shape(text, rtl):
        number = font.number(glyph, meant)
        if y != rise:
            close()
            rise = y
        shift(-x)
        hexes.append(f"{number:04X}")
        shift(x + font.width(number) - advance)
        total += advance
    close()
    return Piece(font, tuple(segments), total)


def _joined(parts: list[str]) -> Iterator[str]:
    """The elements of a TJ array; two numbers in a row need a space between them."""
    number_before = False
    for part in parts:
        number = part[0] != "<"
        if number and number_before:
            yield " "
        number_before = number
        yield part


def _goes_on(text: str, index: int) -> bool:
    """Whether a character belongs to the one before it: marks, joiners and what they join, skin tones."""
    char = text[index]
    joined = char in "\u200c\u200d" or text[index - 1] == "\u200d"
    return joined or category(char)[0] == "M" or "\U0001f3fb" <= char <= "\U0001f3ff"


def _without_controls(text: str) -> str:
    if text.isascii():
        return text
    return "".join(char for char in text if char not in bidi.CONTROLS)
