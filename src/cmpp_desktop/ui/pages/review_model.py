"""The supervisor's queue in words: groups by author, badges, and what the program has looked at beforehand.

The checks help; they decide nothing. Each says what was found, so that a person can disagree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from cmpp_desktop.domain.consent import in_force
from cmpp_desktop.domain.obligations import ObligationFields
from cmpp_desktop.domain.questions import ParticipantView, ReviewItem, SessionView
from cmpp_desktop.domain.work import Stored
from cmpp_desktop.ui.pages.participant_model import DEADLINES, NO_MARK, Mark, lower_first, moment
from cmpp_desktop.ui.pages.session_model import count_words
from cmpp_desktop.words import Words, in_one

FEW_WORDS = 15
LONG_MINUTES = 4 * 60
WORDS_AN_HOUR = 20
LATE_DAYS = 3


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A line of the queue: a head with an author's name, or what waits."""

    head: str = ""
    item: ReviewItem | None = None
    title: str = ""
    detail: str = ""
    day: str = ""
    mark: Mark = NO_MARK

    @property
    def spoken(self) -> str:
        return self.head or in_one((self.title, self.detail, self.day, self.mark.text))


@dataclass(frozen=True, slots=True)
class Check:
    """Something that was looked at. `good` False: look again."""

    good: bool
    title: str
    detail: str


def queue_rows(items: Sequence[ReviewItem], today: date, words: Words) -> tuple[QueueRow, ...]:
    """By author, oldest first, with a head for each."""
    rows: list[QueueRow] = []
    authors = list(dict.fromkeys((item.author_id, item.author) for item in items))
    for author_id, author in authors:
        theirs = [item for item in items if item.author_id == author_id]
        rows.append(QueueRow(head=f"{author}, {len(theirs)}"))
        rows.extend(_row(item, today, words) for item in theirs)
    return tuple(rows)


def _row(item: ReviewItem, today: date, words: Words) -> QueueRow:
    detail = words("Session, {service}, {n} min", service=lower_first(words.code("service", item.code)), n=item.minutes)
    mark = NO_MARK
    if item.times > 1:
        mark = Mark(words("{n} times sent", n=item.times) if item.times > 2 else words("2nd time"), "warning")
    elif item.late_days >= LATE_DAYS:
        mark = Mark(words.plural("{n} day waiting", "{n} days waiting", item.late_days), "overdue")
    return QueueRow(item=item, title=item.participant, detail=detail, day=words.short_date(item.when.day, today), mark=mark)


def about(view: SessionView, author: str, today: date, words: Words) -> str:
    """ "Session by Ana Marroquín, Mon 23 Nov, 1:30 pm, 50 min, at home, K'iche' by phone"."""
    fields = view.session.fields
    parts = [
        words("Session by {author}", author=author),
        moment(fields.when, today, words),
        words("{n} min", n=fields.minutes),
        lower_first(words.code("place", fields.place)),
    ]
    if fields.mode != "in_person":
        parts.append(lower_first(words.code("session_mode", fields.mode)))
    parts.append(words.language_name(fields.language))
    if fields.interpreter:
        parts.append(words("interpreter: {name}", name=fields.interpreter))
    return ", ".join(part for part in parts if part)


def checks(view: SessionView, person: ParticipantView, today: date, words: Words) -> tuple[Check, ...]:
    """Length, minutes, consent, attendance, deadlines: what a careful reader would look at first."""
    fields = view.session.fields
    number = count_words(fields.narrative)
    enough = number >= max(FEW_WORDS, round(fields.minutes / 60 * WORDS_AN_HOUR))
    said = words.plural("{n} min, {words} word", "{n} min, {words} words", fields.minutes, words=number)
    found = [
        Check(enough, words("Length fits the story") if enough else words("Short for its length"), said),
        _minutes(fields.minutes, fields.staff_minutes, words),
        _consent(person, fields.when.day, today, words),
    ]
    late = [item for item in person.obligations if _is_late(item, today)]
    if late:
        first = late[0].fields
        name = words.code("obligation_type", first.type)
        day = words.short_date(first.when.day, today)
        found.append(Check(False, words("A deadline has passed"), words("{what}, due {day}", what=name, day=day)))
    return tuple(found)


def _minutes(minutes: int, staff_minutes: int, words: Words) -> Check:
    said = words("{n} min with them, {staff} min of staff time", n=minutes, staff=staff_minutes or minutes)
    if minutes > LONG_MINUTES:
        return Check(False, words("A very long session"), said)
    if staff_minutes and staff_minutes < minutes:
        return Check(False, words("Less staff time than session"), said)
    return Check(True, words("Minutes make sense"), said)


def _consent(person: ParticipantView, day: date, today: date, words: Words) -> Check:
    live = [item.fields for item in person.consents if in_force(item.fields, day) and "services" in item.fields.scope]
    if not live:
        return Check(False, words("No consent was in force that day"), words("Ask before it is signed."))
    ends = min((consent.expires_on for consent in live if consent.expires_on), default=None)
    said = words("To {day}", day=words.short_date(ends, today)) if ends else words("No end was set")
    return Check(True, words("Consent was in force"), said)


def _is_late(item: Stored[ObligationFields], today: date) -> bool:
    return item.fields.result is None and item.fields.type in DEADLINES and item.fields.when.day < today
