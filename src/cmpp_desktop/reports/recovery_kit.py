"""The recovery kit on paper: the code in large signs, what it opens, where to keep it, and how it is used."""

from __future__ import annotations

from collections.abc import Sequence

from cmpp_desktop.reports.figures import Stationery
from cmpp_desktop.reports.layout.blocks import Bullets, Heading, Letterhead, Notice, Paragraph, Space
from cmpp_desktop.reports.layout.page import TITLE, Block
from cmpp_desktop.reports.layout.text import isolated
from cmpp_desktop.reports.sentences import paper, side_lines
from cmpp_desktop.words import Words

GROUPS_A_LINE = 4


def render(code: str, stationery: Stationery, words: Words) -> bytes:
    """The PDF. `code`: the signs in groups of four, with hyphens. The same code, stationery and words give the same bytes."""
    kind = words("Recovery kit")
    sheet = paper(kind, stationery.organisation, stationery, words)
    sheet.add(
        Letterhead(
            kind,
            stationery.organisation,
            words("Name not recorded"),
            [],
            side_lines(stationery, words, stationery.printed_at.date()),
        ),
        Notice(words("Whoever has this code can open everything. Keep it away from the laptops.")),
        Heading(words("Recovery code")),
        *_lines(code),
        Heading(words("What it is for")),
        Bullets(
            [
                words("Somebody forgot the passphrase: an administrator types this code and answers them over the telephone."),
                words("A laptop was closed and found again: it opens what that laptop had not sent."),
                words("Whoever worked on a laptop is gone: it opens what is on it, whatever the passphrase was."),
            ]
        ),
        Heading(words("Where it belongs")),
        Bullets(
            [
                words("Where you keep the deeds of the office, never beside a laptop. Do not photograph or e-mail it."),
                words(
                    "When a newer kit is printed, keep this one until every laptop was unlocked once since; then destroy it."
                ),
            ]
        ),
    )
    return sheet.finish()


def _lines(code: str) -> Sequence[Block]:
    groups = code.split("-")
    lines = ["-".join(groups[at : at + GROUPS_A_LINE]) for at in range(0, len(groups), GROUPS_A_LINE)]
    return [Paragraph(isolated(line), TITLE, "start") for line in lines] + [Space(6)]
