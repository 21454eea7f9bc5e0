"""The sheet for somebody who was invited: what to do, the QR code; below a line to cut along, the address and the twelve words.

Either half lets one laptop in: who gets one needs nothing of the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from cmpp_desktop.reports.figures import Stationery
from cmpp_desktop.reports.layout.blocks import Bullets, Columns, Facts, Heading, Letterhead, Notice, Paragraph, Space
from cmpp_desktop.reports.layout.code import Code
from cmpp_desktop.reports.layout.page import SECTION, Block, Pen, Strip
from cmpp_desktop.reports.layout.text import Typesetter, isolated, ltr
from cmpp_desktop.reports.sentences import dated, paper, side_lines
from cmpp_desktop.words import Words

WORDS_A_COLUMN = 6


@dataclass(frozen=True)
class Sheet:
    """`until`: the last day. `modules`: of the QR code, rows, True for dark."""

    person: str
    server: str
    words: tuple[str, ...]
    modules: tuple[tuple[bool, ...], ...]
    until: date
    organisation: str


@dataclass(frozen=True)
class CutHere:
    """A dashed line across the page."""

    def lay(self, setter: Typesetter, start: float, width: float) -> list[Strip]:
        def paint(pen: Pen, top: float) -> None:
            dash, count = 6.0, int(width // 12)
            for at in range(count):
                pen.rule(start + at * 2 * dash, dash, top + 9)

        return [Strip(18, paint)]


def render(sheet: Sheet, stationery: Stationery, words: Words) -> bytes:
    """The PDF. The same figures, stationery and words give the same bytes."""
    kind = words("Invitation")
    made = paper(kind, stationery.organisation, stationery, words)
    made.add(
        Letterhead(
            words("Invitation from {organisation}", organisation=isolated(sheet.organisation)),
            sheet.person,
            words("Name not recorded"),
            [words("It works once, until {day}.", day=dated(words, sheet.until))],
            side_lines(stationery, words, stationery.printed_at.date()),
        ),
        Notice(
            words("Whoever holds this sheet can join once in your place. Keep it to yourself, and destroy it when you are in.")
        ),
        Heading(words("With the QR code")),
        Columns([Code(sheet.modules, words("QR code of this invitation"))], [Bullets(_steps_by_code(words))]),
        CutHere(),
        Heading(words("With twelve words")),
        Bullets(_steps_by_words(words)),
        Space(4),
        Facts([(words("Server"), ltr(sheet.server))]),
        Space(6),
        Columns(*(_numbered(sheet.words, first) for first in (0, WORDS_A_COLUMN))),
        Space(4),
        Paragraph(words("Each half is enough by itself. If you give one of them away, keep or destroy the other.")),
    )
    return made.finish()


def _steps_by_code(words: Words) -> list[str]:
    return [
        words("Start CMPP on your laptop and choose “I have words or a QR code”."),
        words("Read the code with a telephone, and bring its text to the laptop by a way that only you can read."),
        words("Paste the text, choose a passphrase, and compare six digits with your administrator by telephone."),
    ]


def _steps_by_words(words: Words) -> list[str]:
    return [
        words("Start CMPP on your laptop and choose “I have words or a QR code”."),
        words("Type the address of the server and the words. Of each word the first four letters are enough."),
        words("Choose a passphrase, and compare six digits with your administrator by telephone."),
    ]


def _numbered(all_words: Sequence[str], first: int) -> list[Block]:
    shown = all_words[first : first + WORDS_A_COLUMN]
    return [Facts([(str(number), isolated(word)) for number, word in enumerate(shown, first + 1)], SECTION)]
