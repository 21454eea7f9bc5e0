"""The calendar in words: which days a view spans, what each line says, what cannot both be done. No widget."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Literal
from uuid import UUID

from cmpp_desktop.domain.calendar import CalendarAnswer, CalendarEntry, Clash
from cmpp_desktop.ui.pages.participant_model import OBLIGATION_ICONS
from cmpp_desktop.ui.widgets import ListRow, RowBadge
from cmpp_desktop.ui.widgets.streams import StreamRow
from cmpp_desktop.words import Words, in_one

View = Literal["week", "month", "agenda"]
VIEWS: tuple[View, ...] = ("week", "month", "agenda")
AGENDA_DAYS = 28
# What can be chosen, as chips: the name and the types of obligations behind it.
KINDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Everything", ()),
    ("Hearings", ("master_hearing", "individual_hearing", "bond_hearing")),
    ("Check-ins", ("ice_check_in", "isap_check_in", "biometrics", "interview")),
    ("Deadlines", ("filing_deadline", "asylum_deadline", "address_change", "departure")),
    ("Appointments", ("appointment",)),
)


def span(view: View, day: date) -> tuple[date, date]:
    """The first and the last day of a view that holds `day`; weeks begin on Monday, an agenda on the day itself."""
    if view == "week":
        first = day - timedelta(days=day.weekday())
        return first, first + timedelta(days=6)
    if view == "month":
        return day.replace(day=1), day.replace(day=calendar.monthrange(day.year, day.month)[1])
    return day, day + timedelta(days=AGENDA_DAYS - 1)


def stepped(view: View, day: date, step: int) -> date:
    """A day in the view before or after."""
    first, last = span(view, day)
    if step > 0:
        return last + timedelta(days=1)
    return first - timedelta(days=AGENDA_DAYS if view == "agenda" else 1)


def heading_of(view: View, day: date, today: date, words: Words) -> str:
    """"23 Nov – 29 Nov 2026"."""
    first, last = span(view, day)
    return words("{first} to {last}", first=words.short_date(first, today), last=words.short_date(last, today))


def rows(answer: CalendarAnswer, today: date, words: Words) -> tuple[ListRow, ...]:
    """Days as heads, what is on them below."""
    clashing = {id: clash for clash in answer.clashes for id in (clash.one, clash.other)}
    found: list[ListRow] = []
    for day in answer.days:
        said = words.long_date(day.day, today)
        name = words("{day} (today)", day=said) if day.day == today else said
        found.append(ListRow(id=f"head:{day.day}", title=name, head=True))
        found += [_row(entry, clashing, words) for entry in day.entries]
    return tuple(found)


def _row(entry: CalendarEntry, clashing: Mapping[UUID, Clash], words: Words) -> StreamRow:
    at = words.time_in(entry.when.at, entry.when.zone) if entry.when.at is not None else ""
    name = words.code("obligation_type", entry.type)
    parts = [name, entry.place, words("interpreter needed") if entry.interpreter_needed and not entry.interpreter else ""]
    what = ", ".join(part for part in parts if part)
    badge = _badge(entry, clashing, words)
    said = in_one((at, entry.participant, what, badge.text if badge else ""))
    return StreamRow(
        id=(entry.participant_id, entry.id), title=entry.participant, lead=at, what=what, badge=badge, said=said,
        icon=OBLIGATION_ICONS.get(entry.type, "landmark"), muted=entry.result is not None,
    )  # fmt: skip


def _badge(entry: CalendarEntry, clashing: Mapping[UUID, Clash], words: Words) -> RowBadge | None:
    if entry.result is not None:
        return RowBadge(words.code("obligation_result", entry.result), plain=True)
    clash = clashing.get(entry.id)
    if clash is not None:
        said = words("At the same time as something else") if clash.of == "participant" else words("You cannot be at both")
        return RowBadge(said, "warning")
    if entry.reminded:
        return RowBadge(words("Reminded"), plain=True)
    if entry.group in ("hearings", "check_ins") and not entry.transport and entry.mode == "in_person":
        return RowBadge(words("No ride yet"), "soon")
    return None


def clash_line(answer: CalendarAnswer, words: Words) -> str:
    """How much cannot both be done, or how much is not listed; "" for neither."""
    said = []
    if answer.clashes:
        twice = words.plural(
            "Once you would have to be in two places.", "{n} times you would have to be in two places.", len(answer.clashes)
        )
        said.append(twice)
    if answer.more:
        said.append(words.plural("{n} more is not listed.", "{n} more are not listed.", answer.more))
    return " ".join(said)


def kind_names(words: Words) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The chips in words."""
    said = (words("Everything"), words("Hearings"), words("Check-ins"), words("Deadlines"), words("Appointments"))
    return tuple((name, types) for name, (_, types) in zip(said, KINDS, strict=True))
