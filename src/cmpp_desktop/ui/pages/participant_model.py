"""What a participant's page says, without a widget: header facts, timeline rows, obligations, tasks, consent.

Everything here is plain values made from the frozen answers and a language's words, so that it can be tested without a
window. Colours are named by their token; every badge has a shape and words beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time
from uuid import UUID

from cmpp_desktop.domain.consent import ConsentFields, in_force
from cmpp_desktop.domain.obligations import ObligationFields
from cmpp_desktop.domain.participants import age
from cmpp_desktop.domain.questions import ParticipantView, TimelineAnswer, TimelineEntry
from cmpp_desktop.domain.records import When
from cmpp_desktop.domain.tasks import TaskFields
from cmpp_desktop.domain.work import Stored
from cmpp_desktop.ui.pages.record_model import ICONS
from cmpp_desktop.ui.pages.timeline_words import LISTS, TO_KEEP, record_said
from cmpp_desktop.words import Words, in_one, zone_of

SOON_DAYS = 15
DEADLINES = ("filing_deadline", "asylum_deadline", "address_change", "departure")

ENTRY_ICONS = {
    "session": "messages-square",
    "screening": "clipboard-check",
    "note": "sticky-note",
    "task": "square-check",
    "consent": "file-check",
    "case": "folder",
    "address": "map-pin-house",
    "restricted": "lock-keyhole",
}
OBLIGATION_ICONS = {
    "ice_check_in": "building-2",
    "isap_check_in": "smartphone",
    "biometrics": "fingerprint",
    "filing_deadline": "file-clock",
    "asylum_deadline": "file-clock",
    "address_change": "map-pin-house",
    "appointment": "calendar-check",
    "interview": "messages-square",
    "departure": "door-open",
}

# What can be filtered, as chips: the name and the kinds behind it.
FILTERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("All", ()),
    ("Sessions", ("session",)),
    ("Hearings and check-ins", ("obligation",)),
    ("Screenings", ("screening",)),
    ("Notes", ("note",)),
    ("Tasks", ("task",)),
    ("Court", ("proceeding", "representation", "application", "order", "appeal", "clock_event", "potential_relief")),
    ("Plan", ("service_plan", "need", "goal", "action_step")),
    ("Help", ("referral", "direct_assistance")),
    ("File", ("attachment", "consent", "case", "address", "disclosure", "transfer", "legal_hold", "case_assignment")),
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A badge: words, and the state whose shape and colour say the same (overdue, soon, warning…; "": quiet words)."""

    text: str
    state: str = ""


NO_MARK = Mark("")


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of the header or of a list of facts: label, value, icon; `strong` ones are read first."""

    value: str
    label: str = ""
    icon: str = ""
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the stream: a head ("Ahead") or an entry. `spoken` is all of it in one sentence."""

    head: str = ""
    entry: TimelineEntry | None = None
    date: str = ""
    icon: str = ""
    title: str = ""
    detail: str = ""
    mark: Mark = NO_MARK
    conflict: bool = False

    @property
    def spoken(self) -> str:
        if self.head:
            return self.head
        return in_one((self.date, self.title, self.mark.text, self.detail))


@dataclass(frozen=True, slots=True)
class TaskRow:
    id: UUID
    title: str
    due: Mark
    done: bool


def distance(day: date, today: date, words: Words) -> Mark:
    """ "in 15 days" with an hourglass from 15 days on, "2 days late" with a warning sign, plain words before that."""
    days = (day - today).days
    said = words.distance(day, today)
    if days < 0:
        return Mark(said, "overdue")
    if days <= SOON_DAYS:
        return Mark(said, "soon")
    return Mark(said)


def moment(when: When, today: date, words: Words) -> str:
    """ "Tue 8 Dec, 8:30 am"."""
    day = words.short_date(when.day, today)
    return f"{day}, {words.time_in(when.at, when.zone)}" if when.at else day


def lower_first(text: str) -> str:
    """For a name of a code inside a sentence; what begins with two capitals (ICE, ISAP) stays."""
    return text[:1].lower() + text[1:] if len(text) > 1 and text[1].islower() else text


def first_name(called: str) -> str:
    return called.split(" ")[0] if called else called


def closed_words(words: Words) -> str:
    """What it means that something is restricted, beside the box that makes it so."""
    return words("Others do not see that it exists. It is in no case summary.")


def header_facts(view: ParticipantView, today: date, words: Words) -> tuple[Fact, ...]:
    """Age, languages, interpreter, caseworker: what must be known before one says hello."""
    person = view.participant.fields
    facts: list[Fact] = []
    years = age(person.birth_date, today)
    if years is not None:
        said = words.plural("{n} year", "{n} years", years)
        if person.birth_date and person.birth_date.estimated:
            said = words("about {age}", age=said)
        facts.append(Fact(said, icon="cake"))
    if person.languages:
        facts.append(Fact(", ".join(words.language_name(code) for code in person.languages), icon="languages"))
    if person.interpreter_needed:
        tongue = words.language_name(person.languages[0]) if person.languages else ""
        said = words("Interpreter needed: {language}", language=tongue) if tongue else words("Interpreter needed")
        facts.append(Fact(said, icon="ear", strong=True))
    if view.caseworker:
        facts.append(Fact(view.caseworker, words("Caseworker"), "briefcase"))
    return tuple(facts)


def next_obligation(view: ParticipantView, today: date) -> Stored[ObligationFields] | None:
    """The soonest that is not over and has no result; what is late comes first, because it still has to be done."""
    waiting = [item for item in view.obligations if item.fields.result is None]
    ahead = [item for item in waiting if item.fields.when.day >= today]
    pool = ahead or [item for item in waiting if item.fields.type in DEADLINES]
    return min(pool, key=lambda item: item.fields.when.instant, default=None)


def consent_line(view: ParticipantView, today: date, words: Words) -> Mark:
    """ "Consent: legal partner, school, to 14 May 2027", or that there is none in force."""
    live = [item.fields for item in view.consents if in_force(item.fields, today)]
    if not live:
        return Mark(words("No consent in force"), "warning")
    scopes: list[str] = []
    for consent in live:
        for scope in consent.scope:
            name = lower_first(words.code("consent_scope", scope))
            if name not in scopes:
                scopes.append(name)
    ends = [consent.expires_on for consent in live if consent.expires_on]
    said = words("Consent: {scopes}", scopes=", ".join(scopes))
    if ends:
        said = words("{consent}, to {day}", consent=said, day=words.short_date(min(ends)))
        if (min(ends) - today).days <= SOON_DAYS:
            return Mark(said, "soon")
    return Mark(said)


# --- The stream ------------------------------------------------------------------


def timeline_rows(answer: TimelineAnswer, today: date, words: Words) -> tuple[Row, ...]:
    """Heads and entries in the order in which they are shown, from the top."""
    rows: list[Row] = []
    parts = (
        (words("Ahead"), answer.ahead),
        (words("Today, {day}", day=words.short_date(today, today)), answer.today),
        (words("Earlier"), answer.earlier),
    )
    for head, entries in parts:
        if entries:
            rows.append(Row(head=head))
            rows.extend(entry_row(entry, today, words) for entry in entries)
    return tuple(rows)


def entry_row(entry: TimelineEntry, today: date, words: Words) -> Row:
    """One entry in words: when, what, detail, and at the right how it stands or who wrote it."""
    title, detail = _said(entry, words)
    mark = _mark(entry, today, words)
    if entry.restricted:
        said = words("Restricted")
        mark = Mark(f"{said}, {mark.text}" if mark.text else said, mark.state or "restricted")
    if entry.conflict:
        mark = Mark(words("Two versions"), "to_settle")
    icon = OBLIGATION_ICONS.get(entry.code, "landmark") if entry.kind == "obligation" else _icon(entry)
    return Row(
        entry=entry,
        date=words.short_date(entry.day, today),
        icon=icon,
        title=title,
        detail=detail,
        mark=mark,
        conflict=entry.conflict,
    )


def _icon(entry: TimelineEntry) -> str:
    return ENTRY_ICONS.get(entry.kind) or ICONS.get(entry.kind, "file")


def _said(entry: TimelineEntry, words: Words) -> tuple[str, str]:
    if entry.kind in LISTS:
        return record_said(entry, words)
    if entry.kind == "obligation":
        return _obligation_said(entry, words)
    if entry.kind == "session":
        name = words.code("service", entry.code) or words("Session")
        parts = [words("Session: {service}", service=lower_first(name)) if entry.code else name]
        if entry.minutes:
            parts.append(words("{n} min", n=entry.minutes))
        if entry.place:
            parts.append(lower_first(words.code("place", entry.place)))
        return ", ".join(parts), entry.text
    if entry.kind == "screening":
        return words("Screening: {title}", title=entry.title or entry.code), entry.text
    if entry.kind == "note":
        return words("Note: {type}", type=lower_first(words.code("note_type", entry.code or "contact"))), entry.text
    if entry.kind == "task":
        name = entry.title or words.code("task_title", entry.code)
        return (words("Done: {task}", task=lower_first(name)) if entry.result == "done" else name), entry.text
    if entry.kind == "restricted":
        return words("Something restricted is recorded here"), words("You do not hold these notes.")
    return _file_said(entry, words), entry.text


def _file_said(entry: TimelineEntry, words: Words) -> str:
    if entry.kind == "address":
        return words("Moved to {place}", place=entry.place or entry.title)
    if entry.kind == "consent":
        names = [lower_first(words.code("consent_scope", code.strip())) for code in entry.code.split(",") if code.strip()]
        return words("Consent: {scopes}", scopes=", ".join(names) or entry.title)
    return words("Case: {state}", state=lower_first(words.code("case_state", entry.code)) or entry.title)


def _obligation_said(entry: TimelineEntry, words: Words) -> tuple[str, str]:
    name = words.code("obligation_type", entry.code) or entry.title
    if entry.result:
        name = f"{name}: {lower_first(words.code('obligation_result', entry.result))}"
        return name, ", ".join(part for part in (entry.place, entry.text) if part)
    at = words.time_in(time.fromisoformat(entry.at), entry.zone) if entry.at else ""
    title = ", ".join(part for part in (name, entry.place) if part)
    rule = words("Counted by rule. Confirm with the attorney.") if entry.code in DEADLINES and entry.title else ""
    return title, in_one((at, entry.text, rule))


def _mark(entry: TimelineEntry, today: date, words: Words) -> Mark:
    if entry.kind == "obligation" and not entry.result:
        if entry.day >= today or entry.code in DEADLINES:
            return distance(entry.day, today, words)
        return Mark(words("No result yet"), "not_marked")
    if entry.step in TO_KEEP and entry.day >= today:
        return distance(entry.day, today, words)
    if entry.kind in ("session", "screening") and entry.status:
        status = words.code("document_status", entry.status)
        if entry.status == "returned":
            return Mark(status, "warning")
        if entry.status in ("signed", "amended"):
            return Mark(", ".join(part for part in (status, entry.who) if part))
        return Mark(status)
    return Mark(entry.who)


# --- Tasks, consent ------------------------------------------------------------------


def task_rows(tasks: Iterable[Stored[TaskFields]], today: date, words: Words, zone: str) -> tuple[TaskRow, ...]:
    """Open tasks first (as they came), done ones after them, each with its due day in words."""
    rows = []
    for item in tasks:
        fields = item.fields
        title = fields.title or words.code("task_title", fields.title_code)
        rows.append(TaskRow(item.id, title, _due(fields, today, words, zone), fields.done_at is not None))
    return tuple(sorted(rows, key=lambda row: row.done))


def _due(fields: TaskFields, today: date, words: Words, zone: str) -> Mark:
    if fields.done_at is not None:
        return Mark(words("Done"), "done")
    if fields.due_at is not None:
        local = fields.due_at.astimezone(zone_of(zone))
        said = words("by {day}, {time}", day=words.day(local.date(), today), time=words.time(local))
        return Mark(said, "overdue" if local.date() < today else "soon")
    if fields.due_on is None:
        return NO_MARK
    if fields.due_on < today:
        return Mark(words.distance(fields.due_on, today), "overdue")
    said = words.day(fields.due_on, today)
    return Mark(said if fields.due_on == today else words("by {day}", day=said))


def consent_rows(
    consents: Sequence[Stored[ConsentFields]], today: date, words: Words
) -> tuple[tuple[UUID, str, str, Mark], ...]:
    """Each consent as (id, what for, how and until when, how it stands); those in force first."""
    rows = []
    for item in sorted(consents, key=lambda item: (not in_force(item.fields, today), -item.fields.given_on.toordinal())):
        fields = item.fields
        what = ", ".join(words.code("consent_scope", scope) for scope in fields.scope)
        if fields.recipient:
            what = words("{scopes}, to {recipient}", scopes=what, recipient=fields.recipient)
        how = words(
            "{how}, {day}, in {language}",
            how=words.code("consent_how", fields.how_given),
            day=words.short_date(fields.given_on, today),
            language=words.language_name(fields.language),
        )
        rows.append(
            (item.id, what, in_one((how, fields.purpose)), _consent_mark(fields, today, words))
        )
    return tuple(rows)


def _consent_mark(fields: ConsentFields, today: date, words: Words) -> Mark:
    if fields.withdrawn_on:
        return Mark(words("Withdrawn {day}", day=words.short_date(fields.withdrawn_on, today)))
    if fields.expires_on is None:
        return Mark(words("In force"), "done")
    if fields.expires_on < today:
        return Mark(words("Ended {day}", day=words.short_date(fields.expires_on, today)))
    soon = (fields.expires_on - today).days <= SOON_DAYS
    said = words("To {day}", day=words.short_date(fields.expires_on, today))
    return Mark(said, "soon" if soon else "done")
