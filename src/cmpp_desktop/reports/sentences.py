"""What all papers say in the same way: dates, durations, masked numbers, and the paper itself with its head and foot."""

from __future__ import annotations

from datetime import date, datetime

from babel import Locale, UnknownLocaleError
from babel.dates import format_date

from cmpp_desktop.domain.participants import masked_a_number
from cmpp_desktop.domain.records import When
from cmpp_desktop.reports.figures import Stationery
from cmpp_desktop.reports.layout.page import Paper
from cmpp_desktop.reports.layout.text import isolated, ltr
from cmpp_desktop.words import Words, is_rtl


def dated(words: Words, day: date) -> str:
    """"Mon 23 Nov 2026": on paper the year is always there, because paper is read in other years."""
    return str(format_date(day, "EEE d MMM y", locale=Locale.parse(words.language))).replace(".", "")


def moment(words: Words, at: datetime) -> str:
    """"Mon 23 Nov 2026, 2:40 pm", in the time's own zone."""
    return f"{dated(words, at.date())}, {words.time(at)}"


def when(words: Words, when: When) -> str:
    """A day, with the time of day when there is one; it names its zone where that is not the reader's."""
    return f"{dated(words, when.day)}, {words.time_in(when.at, when.zone)}" if when.at else dated(words, when.day)


def duration(minutes: int) -> str:
    """"8 h 40 min"; the signs are those of the SI in every language."""
    hours, rest = divmod(minutes, 60)
    return " ".join(part for part in (f"{hours} h" if hours else "", f"{rest} min" if rest or not hours else "") if part)


def masked(a_number_end: str) -> str:
    """"••• ••• 412" of the last three digits, as one piece that no direction turns round; "" for none."""
    return ltr(masked_a_number(a_number_end)) if a_number_end else ""


def country(words: Words, code: str | None) -> str:
    """The name of a country of ISO 3166-1; an unknown code is shown as it is."""
    if not code:
        return ""
    return str(Locale.parse(words.language).territories.get(code.upper()) or code)


def language(words: Words, code: str) -> str:
    """The name of a language; one that nobody has a name for is shown by its code."""
    try:
        return words.language_name(code)
    except UnknownLocaleError:
        return code


def fingerprint(content_hash: str) -> str:
    """The first sixteen digits of a hash in fours, to be compared by eye: "7F2C 91AB 03DD 5E10"."""
    short = content_hash[:16].upper()
    return ltr(" ".join(short[i : i + 4] for i in range(0, len(short), 4)))


def joined(parts: list[str]) -> str:
    """Short texts from elsewhere in one line, each keeping its own direction."""
    return ", ".join(isolated(part) for part in parts if part)


def side_lines(stationery: Stationery, words: Words, as_of: date) -> list[str]:
    """The lines at the end edge of the letterhead."""
    lines = [words("As of {day}", day=dated(words, as_of))]
    if stationery.purpose:
        lines.append(words("Purpose: {purpose}", purpose=isolated(stationery.purpose)))
    if stationery.consent_line:
        lines.append(words("Consent: {consent}", consent=isolated(stationery.consent_line)))
    return lines


def paper(kind: str, about: str, stationery: Stationery, words: Words) -> Paper:
    """An empty paper. `kind`: what it is ("Case summary"); `about`: whose, for the head of later pages.

    The file's title holds no name, because readers show it in the title bar and the task switcher. A right-to-left
    `stationery.language` mirrors the page; its fixed sentences are those of `words`, English where there is no catalogue.
    """
    return Paper(
        title=f"{kind}, {stationery.organisation}",
        language=words.language,
        author=stationery.organisation,
        rtl=is_rtl(stationery.language),
        running=(f"{kind}: {isolated(about)}", isolated(stationery.organisation)),
        foot=(
            stationery.confidentiality or words("Confidential."),
            words(
                "Printed by {who}, {when}",
                who=isolated(stationery.printed_by),
                when=moment(words, stationery.printed_at),
            ),
        ),
        page_words=lambda number, count: words("Page {number} of {count}", number=number, count=count),
    )


def missing_characters(paper: Paper, words: Words) -> str:
    """What to say at the end when a character could not be drawn, or ""."""
    count = len(paper.setter.faces.missing)
    if not count:
        return ""
    return words.plural(
        "{n} kind of character has no typeface here and is printed as a box. The record holds it unchanged.",
        "{n} kinds of characters have no typeface here and are printed as boxes. The record holds them unchanged.",
        count,
    )
