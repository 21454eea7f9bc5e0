"""Words for handing a case over and for closing one: pure functions from what the store answered to text that a person edits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from cmpp_desktop.domain.cases import ClosingView
from cmpp_desktop.domain.transfers import HandOverFacts
from cmpp_desktop.words import Words


def summary_of(facts: HandOverFacts, words: Words, today: date) -> str:
    """A hand-over summary to begin with: who they are to work with, what is ahead, open, needed, and what raised an alert."""
    parts = [_about(facts, words, today)]
    for title, lines in (
        (words("Hearings, check-ins and deadlines"), list(_obligations(facts, words, today))),
        (words("Open tasks"), list(_tasks(facts, words, today))),
        (words("Needs that are not met"), list(_needs(facts, words))),
        (words("Open referrals"), [": ".join(part for part in line if part) for line in facts.referrals]),
        (words("Alerts"), [f"{words.code('alert_kind', kind)}, {words.short_date(day, today)}" for kind, day in facts.alerts]),
    ):
        if lines:
            parts.append("\n".join([title, *(f"– {line}" for line in lines)]))
    return "\n\n".join(parts)


def open_items_of(facts: HandOverFacts, words: Words, today: date) -> tuple[str, ...]:
    """The same as a list to tick off: what the receiver acknowledges one by one."""
    return tuple(f"{line}" for line in (*_obligations(facts, words, today), *_tasks(facts, words, today)))


def stays_here(words: Words) -> str:
    """What is said of a hand-over to another provider (`moves_file` False)."""
    return words(
        "The hand-over is written down. The file itself stays with your team: the other side sees what you give them, "
        "not the records."
    )


def closing_words(view: ClosingView, words: Words) -> str:
    """What is said before a case is closed."""
    voluntary = words("Taking part is voluntary. Whoever leaves has not failed, and can come back.")
    if view.clear:
        return voluntary
    return f"{voluntary} {words('Some things are still open. Closing does not end what the court or ICE expects.')}"


def _about(facts: HandOverFacts, words: Words, today: date) -> str:
    lines = [words("{name}, with us since {day}.", name=facts.participant, day=words.short_date(facts.opened_on))]
    if facts.languages:
        spoken = ", ".join(words.language_name(code) for code in facts.languages)
        lines.append(words("Speaks {languages}.", languages=spoken))
    if facts.interpreter_needed:
        lines.append(words("Needs an interpreter."))
    if facts.safe_contact:
        lines.append(words("How to reach them safely: {note}", note=facts.safe_contact))
    if facts.last_contact is not None:
        lines.append(words("Last contact: {day}.", day=words.short_date(facts.last_contact, today)))
    if facts.flags:
        lines.append(", ".join(words.code("participant_flag", flag) for flag in facts.flags) + ".")
    return " ".join(lines)


def _obligations(facts: HandOverFacts, words: Words, today: date) -> Iterator[str]:
    for type, when, place in facts.obligations:
        at = f", {words.time_in(when.at, when.zone)}" if when.at else ""
        late = words(" (no result written down)") if when.day < today else ""
        where = f", {place}" if place else ""
        yield f"{words.code('obligation_type', type)}, {words.short_date(when.day, today)}{at}{where}{late}"


def _tasks(facts: HandOverFacts, words: Words, today: date) -> Iterator[str]:
    for code, title, due in facts.tasks:
        said = title or words.code("task_title", code)
        yield f"{said}, {words.short_date(due, today)}" if due else said


def _needs(facts: HandOverFacts, words: Words) -> Iterator[str]:
    for area, level, description in facts.needs:
        detail = f": {description}" if description else ""
        yield f"{words.code('need_area', area)} ({words.code('level', level)}){detail}"
