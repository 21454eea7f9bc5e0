"""Deadline rules in words: what starts one, how its days are counted, what it is worth, how editions differ. No widget."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from cmpp_desktop.domain import deadline_words
from cmpp_desktop.domain.codes import list_of
from cmpp_desktop.domain.deadline_views import Moved, PackPreview, RulesView
from cmpp_desktop.domain.rules import TRIGGERS, Count, Pack, Rule, Standing, Trigger
from cmpp_desktop.ui.widgets import ListRow, RowBadge
from cmpp_desktop.ui.widgets.streams import StreamRow
from cmpp_desktop.words import Words, in_one

TONES = {"in_force": "done", "stayed": "warning", "vacated": "warning", "proposed": "soon"}


def pack_line(view: RulesView, today: date, words: Words) -> str:
    """Which rules count, and since when."""
    pack = view.pack
    day = words.short_date(pack.checked_on, today)
    checked = words("Version {version}, checked against the sources on {day}.", version=pack.version, day=day)
    if view.accepted is None:
        came = words("It came with the program.")
    else:
        day = words.short_date(view.accepted.fields.accepted_on, today)
        came = words("From {publisher}, accepted on {day}.", publisher=pack.publisher, day=day)
    return in_one((checked, came))


def count_words(count: Count, words: Words) -> str:
    """ "30 days after, weekends counted"."""
    n = count.n
    if count.unit == "years":
        return words.plural("{n} year after", "{n} years after", n)
    if count.unit == "clock_days":
        return words.plural("{n} day of the asylum clock", "{n} days of the asylum clock", n)
    if n == 0:
        return words("On the same day")
    if count.days == "business":
        if count.direction == "before":
            return words.plural("{n} business day before", "{n} business days before", n)
        return words.plural("{n} business day after", "{n} business days after", n)
    if count.direction == "before":
        return words.plural("{n} day before, weekends counted", "{n} days before, weekends counted", n)
    return words.plural("{n} day after, weekends counted", "{n} days after, weekends counted", n)


def trigger_words(trigger: Trigger, words: Words) -> str:
    """What starts it: "Hearing or check-in, “When” (Master hearing)"."""
    model = TRIGGERS.get(trigger.kind)
    said = words("{record}, “{field}”", record=words.code("kind", trigger.kind), field=words.field(trigger.kind, trigger.field))
    only = [
        words.code(list_of(model, name) or "", value)
        for name, values in trigger.where.items()
        for value in values
        if model is not None and isinstance(value, str)
    ]
    return f"{said} ({', '.join(only)})" if only else said


def closed_words(rule: Rule, words: Words) -> str:
    """What becomes of a last day that is closed, and whether it must have arrived."""
    closed = {
        "next": words("A last day that is closed moves to the next open one."),
        "previous": words("A last day that is closed moves to the open one before."),
        "none": words("A last day that is closed stays."),
    }[rule.rollover]
    arrive = {
        "received": words("It must have arrived by then."),
        "mailed": words("It must have been mailed by then."),
        "none": "",
    }[rule.receipt]
    return in_one((closed, arrive))


def standing_words(standing: Standing, words: Words) -> str:
    """ "In force since 1 Apr 1997", with who decided it."""
    said = words(
        "{state} since {day}", state=deadline_words.standing(standing.state, words), day=words.short_date(standing.since)
    )
    return f"{said} ({standing.by})" if standing.by else said


def rule_row(rule: Rule, today: date, words: Words) -> ListRow:
    """One rule: what it asks for, how it is counted, where it is written, what it is worth today."""
    standing = rule.standing(today)
    count, trigger = count_words(rule.count, words), trigger_words(rule.trigger, words)
    counted = words("{count}. Starts with: {trigger}.", count=count, trigger=trigger)
    note = rule.note.name(words.language) if rule.note is not None else ""
    written = "; ".join((rule.citation, *rule.sources))
    state = "; ".join(standing_words(item, words) for item in rule.status)
    name = rule.title.name(words.language)
    badge = RowBadge(deadline_words.standing(standing.state, words), TONES[standing.state], plain=standing.state == "in_force")
    details = tuple(part for part in (closed_words(rule, words), written, state) if part)
    return StreamRow(
        id=rule.id, title=name, what=in_one((counted, note)), wrap=True, details=details, badge=badge, icon="gavel",
        muted=standing.state != "in_force", said=in_one((name, badge.text, counted, note, *details)),
    )  # fmt: skip


def rule_rows(pack: Pack, today: date, words: Words) -> list[ListRow]:
    """All rules, those that count first."""
    ordered = sorted(pack.rule, key=lambda rule: not rule.in_force(today))
    return [rule_row(rule, today, words) for rule in ordered]


def changes_of(old: Rule, new: Rule, words: Words) -> tuple[str, ...]:
    """In what two editions of a rule differ, a sentence each."""
    return tuple(_changes(old, new, words))


def _changes(old: Rule, new: Rule, words: Words) -> Iterator[str]:
    def became(what: str, before: str, after: str) -> str:
        return words("{what}: {before} → {after}", what=what, before=before or "–", after=after or "–")

    pairs = (
        (words("Count"), count_words(old.count, words), count_words(new.count, words)),
        (words("What starts it"), trigger_words(old.trigger, words), trigger_words(new.trigger, words)),
        (words("Closed days"), closed_words(old, words), closed_words(new, words)),
        (words("Worth"), *("; ".join(standing_words(item, words) for item in rule.status) for rule in (old, new))),
        (words("Written in"), *("; ".join((rule.citation, *rule.sources)) for rule in (old, new))),
        (words("Title"), old.title.name(words.language), new.title.name(words.language)),
        (words("Note"), *(rule.note.name(words.language) if rule.note else "" for rule in (old, new))),
    )
    said = [became(what, before, after) for what, before, after in pairs if before != after]
    yield from said
    told = {"count", "trigger", "rollover", "receipt", "status", "citation", "sources", "title", "note"}
    rest = {name for name in type(old).model_fields if name not in told and getattr(old, name) != getattr(new, name)}
    hidden = not said and old != new  # in a part that has no words of its own
    if rest or hidden:
        yield words("What fulfils it, or how it is shown, is different.")


def edition_rows(seen: PackPreview, today: date, words: Words) -> list[ListRow]:
    """The rules that are new, gone or different, with what moves by each."""
    old, new = seen.before.rules, seen.pack.rules
    rows: list[ListRow] = []
    details: tuple[str, ...]
    for rule_id in (*seen.new, *seen.changed, *seen.gone):
        rule = new.get(rule_id) or old[rule_id]
        if rule_id in seen.new:
            badge, details = RowBadge(words("New"), "soon"), (count_words(rule.count, words), rule.citation)
        elif rule_id in seen.gone:
            badge, details = RowBadge(words("Gone"), "warning"), (rule.citation,)
        else:
            badge, details = RowBadge(words("Different"), "soon"), changes_of(old[rule_id], rule, words)
        name = rule.title.name(words.language)
        what = ", ".join(count_said(what, n, words) for id, what, n in seen.counts if id == rule_id)
        rows.append(
            StreamRow(
                id=rule_id, title=name, what=what or words("No date here moves by it."), wrap=True, details=details, badge=badge,
                icon="gavel", said=in_one((name, badge.text, what, *details)),
            )
        )  # fmt: skip
    return rows


def count_said(what: str, n: int, words: Words) -> str:
    """ "3 dates move"."""
    return {
        "appears": words.plural("{n} date is new", "{n} dates are new", n),
        "moves": words.plural("{n} date moves", "{n} dates move", n),
        "vanishes": words.plural("{n} date goes", "{n} dates go", n),
        "stays": words.plural("{n} date stays as a person or judge set it", "{n} dates stay as a person or judge set them", n),
    }.get(what, str(n))


def total_words(seen: PackPreview, words: Words) -> str:
    """What would happen to dates here, in one line."""
    sums: dict[str, int] = {}
    for _, what, n in seen.counts:
        sums[what] = sums.get(what, 0) + n
    if not sums:
        return words("No date of anybody here would change.")
    return in_one([", ".join(count_said(what, n, words) for what, n in sorted(sums.items()))])


def moved_row(moved: Moved, seen: PackPreview, today: date, words: Words) -> ListRow:
    """One date that would change: whose, from when to when, and why."""
    change = moved.change
    rule = seen.pack.rules.get(change.rule_id) or seen.before.rules.get(change.rule_id)
    name = rule.title.name(words.language) if rule is not None else change.rule_id
    before = words.short_date(change.before, today) if change.before else ""
    after = words.short_date(change.after, today) if change.after else ""
    what = {
        "moves": words("{before} → {after}", before=before, after=after),
        "appears": words("New: {day}", day=after),
        "vanishes": words("Goes: {day}", day=before),
        "stays": words("Stays: {day}", day=before or after),
    }.get(change.what, "")
    earlier = change.what == "moves" and change.before is not None and change.after is not None and change.after < change.before
    badge = RowBadge(words("Earlier"), "soon") if earlier else None
    why = deadline_words.why(change.why, words)
    return StreamRow(
        id=(moved.participant_id, change.obligation_id), title=moved.participant, icon="file-clock", what=in_one((name, what)),
        wrap=True, details=(why,), badge=badge, said=in_one((moved.participant, name, what, badge.text if badge else "", why)),
    )  # fmt: skip
