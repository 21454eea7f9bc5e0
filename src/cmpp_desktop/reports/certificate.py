"""The certificate that a file was destroyed: what went, on what ground, by whom and before whom. It names no participant."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from cmpp_desktop.domain.erasures import erasure_words
from cmpp_desktop.reports.figures import Certificate, Stationery
from cmpp_desktop.reports.layout.blocks import Columns, Facts, Heading, Letterhead, Paragraph, Space
from cmpp_desktop.reports.layout.page import BODY
from cmpp_desktop.reports.layout.tables import Column, Row, Table
from cmpp_desktop.reports.layout.text import isolated, ltr
from cmpp_desktop.reports.sentences import dated, missing_characters, moment, paper, side_lines
from cmpp_desktop.words import Words


def render(figures: Certificate, stationery: Stationery, words: Words) -> bytes:
    """The PDF. The same figures, stationery and words give the same bytes."""
    title = words("Certificate of destruction")
    sheet = paper(title, words("A file that is destroyed"), stationery, words)
    total = sum(figures.counts.values())
    sheet.add(
        Letterhead(
            isolated(stationery.organisation), title, title,
            [words.plural("{n} record destroyed", "{n} records destroyed", total) + f", {moment(words, figures.destroyed_at)}"],
            side_lines(stationery, words, stationery.printed_at.date()),
        ),
        Columns(
            [Heading(words("Who destroyed it")), Facts([
                (words("Destroyed by"), isolated(figures.destroyed_by)), (words("Witness"), isolated(figures.witness)),
                (words("When"), moment(words, figures.destroyed_at)),
            ])],
            [Heading(words("Why it could be")), Facts([
                (words("Award"), ltr(figures.award) if figures.award else ""),
                (words("Kept until"), dated(words, figures.kept_until)),
                (words("Rule"), "2 CFR 200.334"),
            ])],
        ),
        Heading(words("What was destroyed")),
        _counted(figures.counts, words),
    )  # fmt: skip
    if figures.kept:
        sheet.add(Heading(words("What stays in the files of others who were there")), _counted(figures.kept, words))
    sheet.add(
        Heading(words("Whose file it was")),
        _said(words("This certificate names nobody. Whoever knows the number that the person had in the program can work out"
                    " the digits below from it and the salt (SHA-256), and so show that this certificate is of their file.")),
        Facts([(words("Digits"), ltr(_fours(figures.subject_hash))), (words("Salt"), ltr(_fours(figures.salt)))]),
        Heading(words("What this does not say")),
        _said(words("Restricted records are destroyed with the file, but are in no number here.")),
    )  # fmt: skip
    stands = erasure_words(figures.erasure, words, partial(dated, words))
    if stands:
        sheet.add(Heading(words("How its erasure stands")), _said(" ".join(stands)))
    if figures.ground:
        sheet.add(Space(4), Facts([(words("Ground, as recorded"), isolated(figures.ground))]))
    boxes = missing_characters(sheet, words)
    if boxes:
        sheet.add(Space(8), _said(boxes))
    return sheet.finish()


def _counted(counts: Mapping[str, int], words: Words) -> Table:
    named = sorted(((words.code("kind", kind), count) for kind, count in counts.items()), key=lambda item: item[0].casefold())
    return Table(
        [Column(words("Kind of record"), 70, header=True), Column(words("How many"), 30)],
        [Row([name, str(count)]) for name, count in named],
    )


def _fours(digits: str) -> str:
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))


def _said(text: str) -> Paragraph:
    return Paragraph(text, BODY, "start")
