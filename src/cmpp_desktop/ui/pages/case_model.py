"""The case in words: obligations with how we know and where they stand, the enrolment, and what the court says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from cmpp_desktop.domain.obligations import HEARINGS, ObligationFields
from cmpp_desktop.domain.questions import ParticipantView
from cmpp_desktop.domain.work import Stored
from cmpp_desktop.ui.pages.participant_model import DEADLINES, NO_MARK, Fact, Mark, distance, lower_first
from cmpp_desktop.words import Words, in_one


@dataclass(frozen=True, slots=True)
class ObligationRow:
    """A line of the obligations table. `open`: it may still be marked."""

    id: UUID
    when: str
    what: str
    detail: str
    how: str
    mark: Mark
    open: bool
    head: str = ""


def obligation_rows(view: ParticipantView, today: date, words: Words) -> tuple[ObligationRow, ...]:
    """What is open by time, then (under the head "Done") what has a result, newest first."""
    stored = view.obligations
    waiting = [item for item in stored if item.fields.result is None]
    done = [item for item in reversed(stored) if item.fields.result is not None]
    rows = [_obligation(item, today, words) for item in waiting]
    if done:
        rows.append(ObligationRow(UUID(int=0), "", "", "", "", NO_MARK, False, head=words("Done")))
        rows.extend(_obligation(item, today, words) for item in done)
    return tuple(rows)


def _obligation(item: Stored[ObligationFields], today: date, words: Words) -> ObligationRow:
    fields = item.fields
    name = words.code("obligation_type", fields.type)
    what = f"{name}, {words.time_in(fields.when.at, fields.when.zone)}" if fields.when.at else name
    mode = "" if fields.mode == "in_person" else lower_first(words.code("obligation_mode", fields.mode))
    detail = ", ".join(part for part in (fields.place, mode) if part)
    if fields.result is None:
        return ObligationRow(
            item.id,
            words.short_date(fields.when.day, today),
            what,
            detail,
            ready_line(fields, words),
            _open_mark(fields, today, words),
            True,
        )
    how = words.code("evidence", fields.how_known)
    if fields.result_note:
        how = f"{how}. {fields.result_note}" if how else fields.result_note
    result = Mark(words.code("obligation_result", fields.result), "done" if fields.result == "attended" else "")
    return ObligationRow(item.id, words.short_date(fields.when.day, today), what, detail, how, result, False)


def _open_mark(fields: ObligationFields, today: date, words: Words) -> Mark:
    if fields.when.day >= today or fields.type in DEADLINES:
        return distance(fields.when.day, today, words)
    return Mark(words("No result yet"), "not_marked")


def ready_line(fields: ObligationFields, words: Words) -> str:
    """What is arranged and what is missing for it, in one line."""
    if fields.type in DEADLINES:
        return words("By rule. Confirm with the attorney.") if fields.rule else fields.note
    have = [
        words("{what}: {detail}", what=what, detail=detail)
        for what, detail in (
            (words("Ride"), fields.transport),
            (words("Interpreter"), fields.interpreter),
            (words("Lawyer"), fields.lawyer),
        )
        if detail
    ]
    if not fields.transport and fields.mode == "in_person":
        have.append(words("No ride arranged"))
    return in_one(have)


def case_facts(view: ParticipantView, today: date, words: Words) -> tuple[Fact, ...]:
    """The enrolment as label and value; what is not known is left out."""
    if view.case is None:
        return ()
    case = view.case.fields
    said: list[tuple[str, str]] = [
        (words("State"), words.code("case_state", case.state)),
        (words("Opened"), words.short_date(case.opened_on, today)),
        (words("Caseworker"), view.caseworker),
        (words("Why eligible"), words.code("eligibility_basis", case.eligibility_basis)),
        (words("Came through"), words.code("referral_source", case.referral_source)),
        (words("Award"), case.award),
        (words("Site"), case.site),
        (words("Risk"), words.code("level", case.risk)),
        (words("Support"), words.code("level", case.support)),
    ]
    if case.closed_on:
        said.append((words("Closed"), words.short_date(case.closed_on, today)))
        said.append((words("Reason"), words.code("exit_reason", case.exit_reason)))
    return tuple(Fact(value, label) for label, value in said if value)


def court_facts(view: ParticipantView, today: date, words: Words) -> tuple[Fact, ...]:
    """Court, judge and lawyer as the newest hearing knows them."""
    hearings = [item.fields for item in view.obligations if item.fields.type in HEARINGS]
    said: list[tuple[str, str]] = []
    for label, name in ((words("Court"), "place"), (words("Judge"), "judge"), (words("Lawyer"), "lawyer")):
        value = next((str(getattr(item, name)) for item in reversed(hearings) if getattr(item, name)), "")
        said.append((label, value))
    arrived = view.participant.fields.arrived_on
    said.append((words("Arrived"), words.short_date(arrived, today) if arrived else ""))
    return tuple(Fact(value, label) for label, value in said if value)
