"""Today's answer as rows: what is said of each item, in which column, with which marks. Pure: no widget."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from cmpp_desktop.domain.questions import TodayAnswer, TodayItem
from cmpp_desktop.ui.widgets import ListRow, RowBadge, RowButton
from cmpp_desktop.words import Words

SOON_DAYS = 15  # from here on a date is amber
ICONS = {
    "master_hearing": "landmark",
    "individual_hearing": "landmark",
    "bond_hearing": "landmark",
    "ice_check_in": "building-2",
    "isap_check_in": "smartphone",
    "biometrics": "fingerprint",
    "interview": "messages-square",
    "filing_deadline": "file-clock",
    "asylum_deadline": "file-clock",
    "address_change": "map-pin-house",
    "departure": "door-open",
    "appointment": "house",
}
DEADLINES = frozenset({"filing_deadline", "asylum_deadline", "address_change", "departure"})
_KIND_ICONS = {
    "task": "list-checks",
    "draft": "file-pen",
    "returned": "undo-2",
    "consent_ends": "file-check",
    "referral": "handshake",
    "turned_adult": "cake",
}


def key_of(item: TodayItem) -> tuple[str, UUID, str]:
    """What a row is known by: two drafts may be about the same person."""
    return item.kind, item.id, item.code


def icon_of(item: TodayItem) -> str:
    return ICONS.get(item.code) or _KIND_ICONS.get(item.kind, "circle-dot")


def can_mark(item: TodayItem) -> bool:
    """Hearings and check-ins have an outcome; deadlines, tasks and drafts are done elsewhere."""
    return item.kind == "obligation" and item.result is None and item.code not in DEADLINES


def columns(answer: TodayAnswer, today: date, words: Words) -> tuple[list[ListRow], list[ListRow], list[ListRow]]:
    """Overdue, today and this week as rows; the week with a heading for each day."""
    overdue = [overdue_row(item, today, words) for item in answer.overdue]
    now = [today_row(item, words) for item in answer.today]
    now += [came_of_age_row(item, today, words) for item in answer.came_of_age]
    week: list[ListRow] = []
    day: date | None = None
    for item in answer.week:
        if item.when is not None and item.when.day != day:
            day = item.when.day
            week.append(ListRow(title=day_head(day, today, words), head=True))
        week.append(week_row(item, today, words))
    return overdue, now, week


def day_head(day: date, today: date, words: Words) -> str:
    """ "Tomorrow, Tue 24 Nov"."""
    said = words.short_date(day, today)
    said = said[:1].upper() + said[1:]
    return words("Tomorrow, {day}", day=said) if day == today + timedelta(days=1) else said


def what_of(item: TodayItem, words: Words) -> str:
    if item.kind == "draft":
        return words("Draft left open")
    if item.kind == "returned":
        return words("Came back with a comment")
    if item.kind == "consent_ends":
        return words("Consent to share ends")
    if item.kind == "referral":
        return words.code("task_title", "referral_follow_up")
    if item.kind == "plan_review":
        return words("Service plan to look at again")
    if item.kind == "turned_adult":
        return words.code("task_title", "turned_adult")
    if item.kind == "task":
        return item.title or words.code("task_title", item.code)
    return words.code("obligation_type", item.code) or item.title


def _title(item: TodayItem, words: Words) -> str:
    return item.participant or what_of(item, words)


def _what(item: TodayItem, words: Words) -> str:
    return what_of(item, words) if item.participant else ""


def _draft_kind(code: str, words: Words) -> str:
    return words.code("kind", {"session": "service_session", "interview": "screening"}.get(code, code))


def _draft_detail(item: TodayItem, words: Words) -> str:
    counted = words.plural("{n} word", "{n} words", item.words) if item.words else ""
    kind = item.title or (words.code("service", item.code) if item.kind == "returned" else _draft_kind(item.code, words))
    day = words.here(item.since).date() if item.since else None
    since = words("since {when}", when=words.short_date(day, day)) if day else ""
    return ", ".join(part for part in (kind, counted, since) if part)


def overdue_row(item: TodayItem, today: date, words: Words) -> ListRow:
    details: list[str] = []
    badge = None
    if item.when is not None:
        was = words("was due {day}", day=words.short_date(item.when.day, today))
        place = item.place if item.kind == "obligation" else ""
        line = ", ".join(part for part in (place, was) if part)
        details.append(line[:1].upper() + line[1:])
        badge = RowBadge(words.distance(item.when.day, today), "overdue") if item.when.day < today else None
    elif item.kind == "returned":
        details.append(_draft_detail(item, words))
    what = _what(item, words)
    if can_mark(item):
        what = words("{what}: no result yet", what=what)
    if item.rule:
        details.append(words("Confirm with the attorney"))
    return ListRow(
        id=key_of(item),
        title=_title(item, words),
        icon=icon_of(item),
        what=what,
        details=tuple(details),
        badge=badge,
        buttons=_marks(item, words),
    )


def today_row(item: TodayItem, words: Words) -> ListRow:
    lead = words.time_in(item.when.at, item.when.zone) if item.when is not None and item.when.at is not None else ""
    if item.result is not None:
        return marked_row(item, words, lead)
    if item.kind == "draft":
        details: tuple[str, ...] = (_draft_detail(item, words),)
    else:
        details = (item.place,) if item.place else ()
    return ListRow(
        id=key_of(item),
        title=_title(item, words),
        lead=lead,
        icon=icon_of(item),
        what=_what(item, words),
        details=details,
        badge=_readiness_badge(item, words),
        large=item.kind == "obligation",
        strong_lead=True,
        facts=_facts(item, words),
        buttons=_marks(item, words),
    )


def came_of_age_row(item: TodayItem, today: date, words: Words) -> ListRow:
    """Somebody who turned 18: nothing is late, and nobody else will bring it up."""
    since = words("since {when}", when=words.short_date(item.when.day, today)) if item.when is not None else ""
    return ListRow(id=key_of(item), title=_title(item, words), icon=icon_of(item), what=_what(item, words), details=(since,))


def marked_row(item: TodayItem, words: Words, lead: str) -> ListRow:
    """A marked one folds to a line, and offers what follows from it."""
    said = words.code("obligation_result", item.result)
    next_words = words("Add the next date")
    follows = (RowButton("next", next_words, "O"),) if item.result == "attended" else ()
    undo = RowButton("undo", words("Undo"), "U")
    return ListRow(
        id=key_of(item),
        title=item.participant,
        lead=lead,
        icon=icon_of(item),
        what=_what(item, words),
        badge=RowBadge(said, "done"),
        muted=True,
        buttons=(undo, *follows),
    )


def week_row(item: TodayItem, today: date, words: Words) -> ListRow:
    what = _what(item, words)
    if item.when is not None and item.when.at is not None:
        what = f"{what}, {words.time_in(item.when.at, item.when.zone)}"
    details = [item.title] if item.kind in ("consent_ends", "referral") and item.title else []
    details += [item.place] if item.place else []
    details += [words("Confirm with the attorney")] if item.rule else []
    badge = None
    if item.when is not None and (item.rule or item.code in DEADLINES):
        badge = RowBadge(words.plural("{n} day left", "{n} days left", (item.when.day - today).days), "soon")
    elif (item.when is not None and (item.when.day - today).days <= 2) or item.interpreter_needed:
        badge = _readiness_badge(item, words)
    return ListRow(
        id=key_of(item),
        title=_title(item, words),
        icon=icon_of(item),
        what=what,
        details=tuple(details),
        badge=badge,
        facts=_facts(item, words),
        buttons=_marks(item, words) if item.result is None else (),
    )


def _readiness_badge(item: TodayItem, words: Words) -> RowBadge | None:
    if not can_mark(item):
        return None
    if not item.transport and item.place:
        return RowBadge(words("No ride arranged"), "warning")
    if item.interpreter_needed and not item.interpreter:
        return RowBadge(words("No interpreter"), "warning")
    return None


def _facts(item: TodayItem, words: Words) -> tuple[tuple[str, str, bool], ...]:
    """How ready it is: what is arranged, and what is not."""
    if not can_mark(item):
        return ()
    not_yet = words("not arranged yet")
    facts = [(words("Gets there"), item.transport or not_yet, bool(item.transport))]
    if item.interpreter_needed or item.interpreter:
        facts.append((words("Interpreter"), item.interpreter or not_yet, bool(item.interpreter)))
    if item.lawyer:
        facts.append((words("Lawyer"), item.lawyer, True))
    facts.append((words("Reminder"), item.reminder or words("not given yet"), bool(item.reminder)))
    return tuple(facts)


def _marks(item: TodayItem, words: Words) -> tuple[RowButton, ...]:
    """Attended, missed, moved: of equal weight, none of them the usual one."""
    if not can_mark(item):
        return ()
    return (
        RowButton("attended", words("Attended"), "A"),
        RowButton("missed", words("Missed"), "M"),
        RowButton("moved", words("Moved"), "V"),
    )


def next_line(answer: TodayAnswer, words: Words) -> str:
    """What comes next today, beside the date."""
    for item in answer.today:
        if item.when is not None and item.when.at is not None and item.result is None:
            said = words("{what} at {time}.", what=what_of(item, words), time=words.time_in(item.when.at, item.when.zone))
            return said.replace("..", ".")  # "a.m." ends a sentence by itself
    return ""
