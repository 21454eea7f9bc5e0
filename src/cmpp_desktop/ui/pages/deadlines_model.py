"""Deadlines and the asylum clock in words: what is due when, by which rule, how it was counted. No widget."""

from __future__ import annotations

from datetime import date

from cmpp_desktop.domain import deadline_words
from cmpp_desktop.domain.deadline_views import ClockView, Deadline
from cmpp_desktop.ui.pages.participant_model import distance
from cmpp_desktop.ui.widgets import ListRow, RowBadge
from cmpp_desktop.ui.widgets.streams import StreamRow
from cmpp_desktop.words import Words, in_one


def deadline_row(deadline: Deadline, today: date, words: Words) -> ListRow:
    """One deadline: its day, its rule, how it stands; below that the count, step by step, and what to mind."""
    day = deadline.day or deadline.by_rule
    name = deadline.title.name(words.language) if deadline.title is not None else deadline.rule_id
    how = " ".join((*deadline_words.counted(deadline.steps, words), *deadline_words.warnings(deadline.warnings, words)))
    kept = deadline_words.why(deadline.kept, words) if deadline.kept else ""
    if deadline.by_rule is not None and deadline.day is not None and deadline.by_rule != deadline.day:
        by_rule = words("By the rule it would be {day}.", day=words.short_date(deadline.by_rule))
    else:
        by_rule = ""
    details = tuple(part for part in (in_one((kept, deadline.citation)), by_rule) if part)
    badge = _badge(deadline, day, today, words)
    lead = words.short_date(day, today) if day is not None else ""
    said = in_one((lead, name, badge.text, how, *details))
    return StreamRow(
        id=deadline.obligation_id or (deadline.rule_id, deadline.trigger_id), title=name, lead=lead, what=how, wrap=True,
        details=details, badge=badge, icon="file-clock", muted=deadline.state in ("not_in_force", "no_trigger"), said=said,
    )  # fmt: skip


def _badge(deadline: Deadline, day: date | None, today: date, words: Words) -> RowBadge:
    if deadline.state == "due" and day is not None:
        mark = distance(day, today, words)
        return RowBadge(mark.text, mark.state or "done", plain=not mark.state)
    warns = deadline.state == "contradictory"
    return RowBadge(deadline_words.state(deadline.state, words), "warning" if warns else "done", plain=not warns)


def clock_lines(view: ClockView, words: Words) -> tuple[str, ...]:
    """How the clock of an application stands: days, who stopped it, when 150 and 180 are reached, what contradicts itself."""
    lines: list[str] = []
    if view.days is not None:
        state = {
            "not_started": words("The clock has not started."),
            "running": words("It is running."),
            "stopped": words("It is stopped, caused by: {who}.", who=words.code("clock_cause", view.stopped_by)),
        }.get(view.state, "")
        lines.append(" ".join((words.plural("{n} day counted.", "{n} days counted.", view.days), state)).strip())
    lines += [deadline_words.trouble(found, words) for found in view.clock.troubles]
    if view.clock.assumed_start and view.filed_on is not None:
        filed = words.short_date(view.filed_on)
        lines.append(words("No start was written down; the day of filing, {day}, was taken.", day=filed))
    if view.may_apply is not None:
        lines.append(words("150 days, when a work permit can be asked for: {day}.", day=words.short_date(view.may_apply)))
    if view.eligible is not None:
        lines.append(words("180 days, when it can be granted: {day}.", day=words.short_date(view.eligible)))
    if view.note is not None:
        lines.append(view.note.name(words.language))
    lines.append(words("USCIS and the court keep the clock that counts. Confirm with the attorney."))
    return tuple(lines)
