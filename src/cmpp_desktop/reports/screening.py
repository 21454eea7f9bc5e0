"""A screening: what was asked, in one or two languages, what was answered, what it indicates, and who signed it."""

from __future__ import annotations

from collections.abc import Mapping

from cmpp_desktop.reports.figures import Answer, ScreeningPaper, Stationery
from cmpp_desktop.reports.layout.blocks import Columns, Facts, Heading, Letterhead, Notice, Paragraph, Space
from cmpp_desktop.reports.layout.page import SMALL, Paper
from cmpp_desktop.reports.layout.tables import Column, Row, Table
from cmpp_desktop.reports.layout.text import REGULAR, STRONG, Content, Span, Style, isolated, ltr
from cmpp_desktop.reports.sentences import (
    fingerprint,
    joined,
    language,
    masked,
    missing_characters,
    moment,
    paper,
    side_lines,
)
from cmpp_desktop.reports.session_note import signed
from cmpp_desktop.words import Words

_SIGN = (((12.0, 3.0), (22.0, 20.5), (2.0, 20.5), (12.0, 3.0)), ((12.0, 9.5), (12.0, 14.0)), ((12.0, 17.2), (12.0, 17.3)))
_ANSWERS = Style(9.5, 12.8)


def render(figures: ScreeningPaper, stationery: Stationery, words: Words) -> bytes:
    """The PDF. The same figures, stationery and words give the same bytes."""
    sheet = paper(words("Screening"), figures.participant, stationery, words)
    sheet.add(
        Letterhead(
            words("{organisation}, screening", organisation=isolated(stationery.organisation)),
            figures.participant,
            words("Name not recorded"),
            [figures.title],
            side_lines(stationery, words, stationery.printed_at.date()),
        )
    )
    for alert in figures.alerts:
        kind = words("Alert: {kind}.", kind=words.code("alert_kind", alert.kind))
        sheet.add(Notice(f"{kind} {isolated(alert.text)}" if alert.text else kind, _SIGN))
    sheet.add(
        Columns(
            [Heading(words("Instrument")), Facts(_instrument(figures, words))],
            [Heading(words("How it was asked")), Facts(_administration(figures, words))],
        )
    )
    _add_outcome(sheet, figures, words)
    sheet.add(Heading(words("Answers")))
    if figures.answers:
        sheet.add(_answers(figures, words), Space(4), Paragraph(_counted(figures, words), SMALL, "start"))
    else:
        sheet.add(Paragraph(words("No question was reached."), align="start"))
    sheet.add(Heading(words("Signature")))
    if figures.signature is None:
        sheet.add(Paragraph(words("Not signed."), align="start"))
    else:
        sheet.add(*signed(figures.signature, words, whole_hash=True))
    boxes = missing_characters(sheet, words)
    if boxes:
        sheet.add(Space(8), Paragraph(boxes, SMALL, "start"))
    return sheet.finish()


def _instrument(figures: ScreeningPaper, words: Words) -> list[tuple[str, Content]]:
    kinds = {"validated": words("Validated instrument"), "guide": words("Conversation guide")}
    kind = figures.card.get("kind", "")
    return [
        (words("Title"), figures.title),
        (words("Form"), ltr(figures.form_id)),
        (words("Version"), ltr(figures.version) if figures.version else ""),
        (words("Fingerprint"), fingerprint(figures.instrument_hash)),
        (words("Kind"), kinds.get(kind, kind)),
        (words("Source"), figures.card.get("source", "")),
        (words("Licence"), figures.card.get("licence", "")),
    ]


def _administration(figures: ScreeningPaper, words: Words) -> list[tuple[str, Content]]:
    through = figures.interpreter
    unrelated = words.code("yes_no_unknown", figures.interpreter_unrelated)
    return [
        (words("Participant"), figures.participant),
        (words("A-number"), masked(figures.a_number_end)),
        (words("Asked by"), figures.staff),
        (words("Language"), language(words, figures.language)),
        (words("Interpreter"), through or words("None")),
        (words("Interpreter unrelated"), unrelated if through else ""),
        (words("Alone"), words.code("yes_no_unknown", figures.alone)),
        (words("Began"), moment(words, figures.started_at)),
        (words("Ended"), moment(words, figures.finished_at)),
        (words("Pauses"), str(figures.stops) if figures.stops else ""),
    ]


def _add_outcome(sheet: Paper, figures: ScreeningPaper, words: Words) -> None:
    sheet.add(Heading(words("Outcome")))
    bands = _in_languages(figures.band, figures.languages)
    rows: list[tuple[str, Content]] = []
    if bands:
        rows.append((words("Indicates"), [Span(bands[0], STRONG), Span("".join(f" / {b}" for b in bands[1:]), REGULAR)]))
    if figures.score is not None:
        rows.append((words("Score"), ltr(figures.score)))
    rows.append((words("Follow-up"), figures.follow_up))
    if any(value for _, value in rows):
        sheet.add(Facts(rows), Space(3))
        sheet.add(Paragraph(words("A result indicates. It never decides what somebody is or has lived through."), SMALL, "start"))
    else:
        sheet.add(Paragraph(words("This instrument gives no result of its own."), align="start"))


def _answers(figures: ScreeningPaper, words: Words) -> Table:
    """Number, the question in each language, the answer in the same order of languages."""
    columns = [Column(words("No."), 5)]
    wide = 60 / len(figures.languages)
    for n, code in enumerate(figures.languages):
        title = words("Question, {language}", language=language(words, code)) if len(figures.languages) > 1 else ""
        columns.append(Column(title or words("Question"), wide, "auto", header=n == 0, lang=code))
    columns.append(Column(words("Answer"), 35, "auto"))
    rows: list[Row] = []
    section: Mapping[str, str] = {}
    for number, answer in enumerate(figures.answers, 1):
        if answer.section != section:
            section = answer.section
            names = _in_languages(section, figures.languages)
            if names:
                rows.append(Row([" / ".join(isolated(name) for name in names)], banner=True))
        questions = [answer.label.get(code, "") for code in figures.languages]
        if not any(questions):
            questions[0] = next(iter(answer.label.values()), "")
        rows.append(Row([str(number), *questions, _answer(answer, figures.languages, words)]))
    return Table(columns, rows, _ANSWERS, by_share=True)


def _answer(answer: Answer, languages: tuple[str, ...], words: Words) -> Content:
    """Labels in each language; the stored value when there is none; a marker in words, with the answer if one was given."""
    said = _in_languages(answer.value, languages) or ([answer.raw] if answer.raw else [])
    if answer.marker:
        marker = Span(words.code("marker", answer.marker), STRONG)
        return [marker, Span(". " + joined(said), REGULAR)] if said else [marker]
    if not said:
        return [Span(words("No answer"), STRONG)]
    return "\n".join(said)


def _in_languages(texts: Mapping[str, str], languages: tuple[str, ...]) -> list[str]:
    """The texts in these languages, without repetition; any other language when none of them is there."""
    found = list(dict.fromkeys(texts[code] for code in languages if texts.get(code)))
    return found or [text for text in texts.values() if text][:1]


def _counted(figures: ScreeningPaper, words: Words) -> str:
    """How many questions were answered, declined, not asked, stopped."""
    said = [words.plural("{n} question", "{n} questions", len(figures.answers))]
    for marker in ("declined", "not_asked", "stopped_distress"):
        n = sum(answer.marker == marker for answer in figures.answers)
        if n:
            said.append(f"{words.code('marker', marker).lower()}: {n}")
    return ", ".join(said) + "."
