"""The case summary: who somebody is, where the case stands, what must be done, on a page or two (mock-up 21)."""

from __future__ import annotations

from cmpp_desktop.domain.participants import age
from cmpp_desktop.domain.records import BirthDate
from cmpp_desktop.reports.figures import CaseSummary, CourtCase, Duty, Kept, Relative, Stationery
from cmpp_desktop.reports.layout.blocks import Columns, Facts, Heading, Letterhead, Notice, Paragraph, SignatureLines, Space
from cmpp_desktop.reports.layout.page import SMALL, Block, Paper
from cmpp_desktop.reports.layout.tables import Column, Row, Table
from cmpp_desktop.reports.layout.text import REGULAR, STRONG, Content, Span, isolated
from cmpp_desktop.reports.sentences import (
    country,
    duration,
    language,
    masked,
    missing_characters,
    paper,
    side_lines,
)
from cmpp_desktop.words import Words, in_one

# A crossed-out handset in a 24 × 24 box: the sign of the safe-contact rule.
_NO_CALLS = (
    ((4.0, 20.0), (20.0, 4.0)),
    (
        (8.5, 13.0), (6.6, 10.6), (5.2, 7.6), (4.9, 5.4), (5.4, 4.5), (7.6, 4.2), (8.6, 4.8), (9.4, 7.8), (9.1, 8.8),
        (8.1, 9.9), (9.2, 11.7),
    ),
    (
        (12.2, 14.8), (14.1, 15.9), (15.2, 14.9), (16.2, 14.6), (19.2, 15.4), (19.8, 16.4), (19.5, 18.6), (18.6, 19.1),
        (16.4, 18.8), (13.4, 17.4), (11.0, 15.5),
    ),
)


def render(figures: CaseSummary, stationery: Stationery, words: Words) -> bytes:
    """The PDF. The same figures, stationery and words give the same bytes."""
    sheet = paper(words("Case summary"), figures.name, stationery, words)
    sheet.add(
        Letterhead(
            words("{organisation}, case summary", organisation=isolated(stationery.organisation)),
            figures.name,
            words("Name not recorded"),
            _under_the_name(figures, words),
            side_lines(stationery, words, figures.as_of),
        )
    )
    if figures.safe_contact:
        sheet.add(Notice(figures.safe_contact, _NO_CALLS))
    sheet.add(
        Columns(
            [Heading(words("Person")), Facts(_person(figures, words))],
            [Heading(words("Case in court")), Facts(_court(figures.court, figures, words))],
        )
    )
    _add_duties(sheet, figures, words)
    if figures.goals:
        sheet.add(
            Heading(words("Plan")),
            Table(
                [Column(words("Goal"), 42, header=True), Column(words("Last step"), 38), Column(words("Progress"), 20)],
                [Row([goal.goal, goal.last_step, goal.progress]) for goal in figures.goals],
            ),
        )
    sheet.add(
        Columns(
            [Heading(words("Hearings and check-ins kept")), Paragraph(_kept(figures.kept, words), align="start")],
            [Heading(words("Services, last 90 days")), Paragraph(_services(figures, words), align="start")],
        )
    )
    if figures.in_short:
        sheet.add(Heading(words("In short")), Paragraph(figures.in_short, keep=True))  # so that nobody signs an empty page
    _add_end(sheet, figures, words)
    return sheet.finish()


def _under_the_name(figures: CaseSummary, words: Words) -> list[str]:
    said = [figures.native_name, figures.pronunciation]
    if figures.preferred_name and figures.preferred_name != figures.name:
        said.append(words("Prefers: {name}", name=isolated(figures.preferred_name)))
    line = " · ".join(isolated(part) for part in said if part)
    return [line] if line else []


def _person(figures: CaseSummary, words: Words) -> list[tuple[str, Content]]:
    lives = isolated(figures.lives_at) if figures.lives_at else ""
    if lives and figures.lives_since:
        lives = words("{address}, since {day}", address=lives, day=words.short_date(figures.lives_since, figures.as_of))
    interpreter = words("Needed") if figures.interpreter_needed else words("Not needed")
    if figures.interpreter_note:
        interpreter += ". " + isolated(figures.interpreter_note)
    flags = ", ".join(words.code("participant_flag", flag) for flag in figures.flags)
    return [
        (words("Born"), _born(figures.birth_date, figures, words)),
        (words("Country"), country(words, figures.country)),
        (words("Languages"), ", ".join(language(words, code) for code in figures.languages)),
        (words("Interpreter"), interpreter),
        (words("A-number"), masked(figures.a_number_end)),
        (words("Lives at"), lives),
        (words("Household"), in_one(_relative(relative, words) for relative in figures.household)),
        (words("Note well"), [Span(flags, STRONG)] if flags else ""),
    ]


def _born(birth: BirthDate | None, figures: CaseSummary, words: Words) -> str:
    if birth is None:
        return ""
    said = f"{words.short_date(birth.day)} ({age(birth, figures.as_of)})"
    return words("{date}, estimated", date=said) if birth.estimated else said


def _relative(relative: Relative, words: Words) -> str:
    parts = [isolated(relative.name), "" if relative.age is None else str(relative.age)]
    parts.append(words.code("relationship", relative.relationship).lower())
    return ", ".join(part for part in parts if part)


def _court(court: CourtCase, figures: CaseSummary, words: Words) -> list[tuple[str, Content]]:
    def day(label: str, value: object) -> str:
        return words(label, day=words.short_date(value)) if value else ""  # type: ignore[arg-type]  # a date when true

    nta = ", ".join(
        part for part in (day("Served {day}", court.nta_served), day("filed {day}", court.nta_filed)) if part
    )
    rows: list[tuple[str, Content]] = [
        (words("Court"), court.court),
        (words("Judge"), court.judge),
        (words("Stage"), court.stage),
        (words("NTA"), nta),
        (words("Lawyer"), court.lawyer or words("None recorded")),
        (words("EOIR-28"), day("Filed {day}", court.eoir28_filed)),
        (words("Arrived"), words.short_date(court.arrived_on) if court.arrived_on else ""),
        (words("Case"), words.code("case_state", figures.case_state)),
    ]
    return rows


def _add_duties(sheet: Paper, figures: CaseSummary, words: Words) -> None:
    sheet.add(Heading(words("What must be done")))
    if not figures.duties:
        sheet.add(Paragraph(words("Nothing is open."), align="start"))
        return
    rows = [_duty(duty, figures, words) for duty in sorted(figures.duties, key=lambda duty: duty.when.instant)]
    sheet.add(
        Table(
            [
                Column(words("When"), 17),
                Column(words("What"), 37, header=True),
                Column(words("Rule"), 22),
                Column(words("Where it stands"), 26),
            ],
            rows,
        )
    )
    note = words("Confirm every date with the attorney.")
    if figures.rule_pack:
        note = words("Dates are counted by rule pack {pack}. Confirm with the attorney.", pack=isolated(figures.rule_pack))
    sheet.add(Space(4), Paragraph(note, SMALL, "start"))


def _duty(duty: Duty, figures: CaseSummary, words: Words) -> Row:
    late = (figures.as_of - duty.when.day).days
    what = isolated(duty.what) if duty.what else words.code("obligation_type", duty.type)
    if duty.people > 1:
        what += ", " + words.plural("{n} person", "{n} people", duty.people)
    if duty.when.at:
        what += f", {words.time_in(duty.when.at, duty.when.zone)}"
    ready = [
        isolated(duty.note) if duty.note else "",
        words("Ride: {ride}", ride=isolated(duty.transport)) if duty.transport else "",
        words("Lawyer: {lawyer}", lawyer=isolated(duty.lawyer)) if duty.lawyer else "",
        words("Interpreter: {interpreter}", interpreter=isolated(duty.interpreter)) if duty.interpreter else "",
    ]
    stands: list[Span] = []
    if late > 0:
        stands.append(Span("! " + words.plural("{n} day late", "{n} days late", late) + ". ", STRONG))
    stands.append(Span(in_one(ready), REGULAR))
    day = words.short_date(duty.when.day, figures.as_of)
    return Row([[Span(day, STRONG)] if late > 0 else day, what, duty.rule, stands])


def _kept(kept: tuple[Kept, ...], words: Words) -> str:
    """"Hearings: 1 of 1. ISAP check-ins: 31 of 32, one missed, excused." Unknown results are counted beside, not in."""
    if not kept:
        return words("None yet.")
    said = []
    for line in kept:
        known = line.attended + line.missed_excused + line.missed_unexcused
        text = words("{what}: {n} of {known}", what=words.code("obligation_type", line.type), n=line.attended, known=known)
        if line.missed_excused:
            text += ", " + words.plural("{n} missed, excused", "{n} missed, excused", line.missed_excused)
        if line.missed_unexcused:
            text += ", " + words.plural("{n} missed", "{n} missed", line.missed_unexcused)
        said.append(text)
    said.append(words("Not known: {n}", n=sum(line.unknown for line in kept)))
    return ". ".join(said) + "."


def _services(figures: CaseSummary, words: Words) -> str:
    if not figures.sessions:
        text = words("No sessions.")
    else:
        counted = words.plural("{n} session", "{n} sessions", figures.sessions)
        kinds = ", ".join(f"{words.code('service', code).lower()} {n}" for code, n in figures.services)
        text = f"{counted}, {duration(figures.minutes)}" + (f": {kinds}." if kinds else ".")
    for given in figures.assistance:
        text += f" {isolated(given.what)} ${given.dollars:,.2f}."
    return text


def _add_end(sheet: Paper, figures: CaseSummary, words: Words) -> None:
    caseworker = words("{name}, caseworker", name=isolated(figures.caseworker)) if figures.caseworker else words("Caseworker")
    supervisor = words("{name}, supervisor", name=isolated(figures.supervisor)) if figures.supervisor else words("Supervisor")
    sheet.add(SignatureLines([(caseworker, 38), (supervisor, 38), (words("Date"), 20)]))
    boxes = missing_characters(sheet, words)
    blocks: list[Block] = [Paragraph(boxes, SMALL, "start")] if boxes else []
    sheet.add(*blocks)
