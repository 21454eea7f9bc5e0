"""The session note: one visit with its whole narrative, its signatures and the history of its review."""

from __future__ import annotations

from cmpp_desktop.reports.figures import ReviewStep, SessionNote, Signature, Stationery
from cmpp_desktop.reports.layout.blocks import (
    Bullets,
    Columns,
    Drawing,
    Facts,
    Heading,
    Letterhead,
    Notice,
    Paragraph,
    Space,
    Together,
)
from cmpp_desktop.reports.layout.page import BODY, SMALL, Block
from cmpp_desktop.reports.layout.tables import Column, Row, Table
from cmpp_desktop.reports.layout.text import Content, isolated
from cmpp_desktop.reports.sentences import (
    duration,
    fingerprint,
    joined,
    language,
    masked,
    missing_characters,
    moment,
    paper,
    side_lines,
    when,
)
from cmpp_desktop.words import Words


def render(figures: SessionNote, stationery: Stationery, words: Words) -> bytes:
    """The PDF. The same figures, stationery and words give the same bytes."""
    unsigned = _unsigned(figures, words)
    kind = words("Session note") + (f" ({unsigned})" if unsigned else "")
    sheet = paper(kind, figures.participant, stationery, words)
    services = ", ".join(words.code("service", code) for code in figures.services)
    sheet.add(
        Letterhead(
            words("{organisation}, session note", organisation=isolated(stationery.organisation)),
            figures.participant,
            words("Name not recorded"),
            [f"{services}. {when(words, figures.when)}" if services else when(words, figures.when)],
            side_lines(stationery, words, stationery.printed_at.date()),
        )
    )
    if unsigned:
        sheet.add(Notice(unsigned))
    sheet.add(
        Columns(
            [Heading(words("The session")), Facts(_session(figures, words))],
            [Heading(words("Who was there")), Facts(_people(figures, words))],
        )
    )
    if figures.attendees:
        sheet.add(
            Heading(words("Attendance")),
            Table(
                [Column(words("Name"), 50, header=True), Column(words("Part"), 25), Column(words("Attendance"), 25)],
                [
                    Row([person.name, person.role, words.code("attendance", person.attendance)])
                    for person in figures.attendees
                ],
            ),
        )
    sheet.add(Heading(words("Narrative")))
    sheet.add(Paragraph(figures.narrative) if figures.narrative.strip() else _said(words("Nothing was written.")))
    if figures.goals:
        sheet.add(Heading(words("Goals")), Bullets(figures.goals))
    for amendment in figures.amendments:
        sheet.add(
            Heading(words("Amendment of {when}", when=moment(words, amendment.at))),
            _said(words("{who}. Reason: {reason}", who=isolated(amendment.who), reason=isolated(amendment.reason))),
            Space(3),
            Paragraph(amendment.text),
        )
    sheet.add(Heading(words("Signatures")))
    if not figures.signatures:
        sheet.add(_said(words("Nobody has signed this note.")))
    for signature in figures.signatures:
        sheet.add(*signed(signature, words, whole_hash=False))
    if figures.steps:
        sheet.add(Heading(words("History of the review")), _history(figures.steps, words))
    boxes = missing_characters(sheet, words)
    if boxes:
        sheet.add(Space(8), Paragraph(boxes, SMALL, "start"))
    return sheet.finish()


def signed(signature: Signature, words: Words, *, whole_hash: bool) -> list[Block]:
    """The block of one signature: drawing, who, when, on which laptop, and what exactly was signed."""
    who = isolated(signature.who)
    if signature.role:
        who += ", " + words.code("role", signature.role).lower()
    content = signature.content_hash.lower() if whole_hash else ""
    blocks: list[Block] = []
    if signature.strokes:
        blocks.append(Drawing(signature.strokes, words("Drawn signature of {who}", who=signature.who)))
    blocks.append(
        Facts(
            [
                (words("Signed by"), who),
                (words("Typed name"), signature.typed),
                (words("When"), moment(words, signature.at)),
                (words("Laptop"), signature.device),
                (words("Content"), fingerprint(signature.content_hash) if signature.content_hash else ""),
                (words("SHA-256"), content),
            ]
        )
    )
    return [Together(blocks), Space(6)]


def _unsigned(figures: SessionNote, words: Words) -> str:
    """What stands at the head of every page of a note that is not signed; "" for a signed one."""
    if figures.status == "draft":
        return words("Draft, not signed")
    if figures.status == "submitted":
        return words("Waits for signature, not signed")
    return words("Came back from review, not signed") if figures.status == "returned" else ""


def _session(figures: SessionNote, words: Words) -> list[tuple[str, Content]]:
    place = words.code("place", figures.place)
    if figures.place_note:
        place += ". " + isolated(figures.place_note)
    return [
        (words("When"), when(words, figures.when)),
        (words("Length"), duration(figures.minutes)),
        (words("How"), words.code("session_mode", figures.mode)),
        (words("Place"), place if figures.mode == "in_person" else isolated(figures.place_note)),
        (words("Services"), ", ".join(words.code("service", code) for code in figures.services)),
    ]


def _people(figures: SessionNote, words: Words) -> list[tuple[str, Content]]:
    return [
        (words("Participant"), figures.participant),
        (words("A-number"), masked(figures.a_number_end)),
        (words("Staff"), joined(list(figures.staff))),
        (words("Language"), language(words, figures.language)),
        (words("Interpreter"), figures.interpreter or words("None")),
        (words("Status"), words.code("document_status", figures.status)),
    ]


def _history(steps: tuple[ReviewStep, ...], words: Words) -> Table:
    verdicts = {
        "submitted": words("Submitted"),
        "returned": words("Returned"),
        "approved": words("Signed"),
        "countersigned": words("Countersigned"),
    }
    return Table(
        [
            Column(words("When"), 26, header=True),
            Column(words("Who"), 22),
            Column(words("Step"), 16),
            Column(words("Comment"), 36),
        ],
        [Row([moment(words, s.at), s.who, verdicts.get(s.verdict, s.verdict), s.comment]) for s in steps],
    )


def _said(text: str) -> Paragraph:
    return Paragraph(text, BODY, "start")
