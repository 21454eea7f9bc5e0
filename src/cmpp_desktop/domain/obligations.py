"""Obligations: hearings, check-ins and deadlines; what came of them, and how we know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import Field

from cmpp_desktop.domain.attachments import AttachmentFields
from cmpp_desktop.domain.codes import check_codes
from cmpp_desktop.domain.participants import ParticipantFields
from cmpp_desktop.domain.proceedings import OrderFields
from cmpp_desktop.domain.records import Fields, Part, PostalAddress, When, coded, refers, validated
from cmpp_desktop.domain.separations import each_once, refuse_together
from cmpp_desktop.domain.tasks import TaskFields
from cmpp_desktop.domain.undo import Recorder, exists
from cmpp_desktop.domain.work import Command, Done, Question, Stored, Work
from cmpp_desktop.errors import Invalid, KnownError
from cmpp_protocol.ids import derived_id

HEARINGS = ("master_hearing", "individual_hearing", "bond_hearing")
RESULTS = ("attended", "missed_excused", "missed_unexcused", "moved_by_agency", "cancelled", "unknown")
MISSED = ("missed_excused", "missed_unexcused")
EVIDENCE = ("seen", "document", "court_system", "told")
# Tasks that follow from a result: in how many days they are due, and how much they press.
STEPS: Mapping[str, tuple[int, str]] = {
    "missed_follow_up": (0, "high"),
    "talk_to_lawyer_missed_hearing": (0, "high"),
    "find_out_in_absentia": (1, "high"),
    "ask_next_hearing": (7, "normal"),
    "find_out_result": (1, "normal"),
}
# What belongs to one obligation alone, and not to the one that takes its place.
OWN = (
    "result", "how_known", "result_note", "moved_to_id", "evidence_id", "reminder", "reminders", "note",
    "rule", "rule_pack", "trigger_kind", "trigger_id", "counted", "order_attachment_id", "order_note",
)  # fmt: skip


class Reminder(Part):
    """That somebody was reminded: when, how (code list reminder_how), by whom."""

    at: datetime
    how: str = "phone"
    by: UUID | None = None
    note: str = ""


class ObligationFields(Fields):
    """Something that a participant has to do at a time. `type`: code list obligation_type (EOIR's words for hearings)."""

    kind: ClassVar[str] = "obligation"

    participant_id: UUID
    type: str = coded("obligation_type", ...)
    when: When
    mode: str = coded("obligation_mode", "in_person")
    place: str = Field(default="", max_length=300)  # "Newbridge Immigration Court, room 4"
    address: PostalAddress | None = None
    judge: str = Field(default="", max_length=200)
    agency: str | None = coded("agency")
    interpreter: str = Field(default="", max_length=200)
    transport: str = Field(default="", max_length=300)
    lawyer: str = Field(default="", max_length=200)
    reminder: str = Field(default="", max_length=200)
    note: str = Field(default="", max_length=4000)
    rule: str = Field(default="", max_length=100)  # id of the deadline rule that made it; "" when a notice did
    result: str | None = coded("obligation_result")
    how_known: str | None = coded("evidence")
    result_note: str = Field(default="", max_length=2000)
    moved_to_id: UUID | None = refers("obligation")  # what takes its place, or the next one that was set there
    proceeding_id: UUID | None = refers("proceeding")
    reminders: list[Reminder] = Field(default_factory=list)
    evidence_id: UUID | None = refers("attachment")  # the document that shows the result
    # Of what a deadline rule computed: the version of the pack, what started it, how it was counted, in words of the rule.
    rule_pack: str = Field(default="", max_length=100)
    trigger_kind: str = Field(default="", max_length=40)
    trigger_id: UUID | None = None
    counted: str = Field(default="", max_length=500)
    # A judge's order sets another day than the rule: the rule leaves it alone from then on.
    order_attachment_id: UUID | None = refers("attachment")
    order_note: str = Field(default="", max_length=500)


@dataclass(frozen=True)
class AddObligation(Command):
    """A new hearing, check-in or deadline, for one or several members of a household at once."""

    participant_ids: tuple[UUID, ...]
    type: str
    when: When
    mode: str = "in_person"
    place: str = ""
    address: PostalAddress | None = None
    judge: str = ""
    agency: str | None = None
    interpreter: str = ""
    transport: str = ""
    lawyer: str = ""
    note: str = ""


@dataclass(frozen=True)
class ChangeObligation(Command):
    """Puts facts of one right, or fills in what is arranged, without saying what came of it. Raises Invalid: evidence_id
    of_somebody_else."""

    obligation_id: UUID
    values: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class NextHearing:
    """The hearing that comes next, when it was set at the one that is marked. `type` and what is "" as at that one."""

    when: When
    type: str = ""
    place: str = ""
    judge: str = ""
    mode: str = ""


@dataclass(frozen=True)
class MarkObligation(Command):
    """What came of it, how we know, and the next step.

    A hearing that was attended or cancelled asks for the next one (a task, unless `next` is given or one is there); one that was
    missed opens a follow-up, and a hearing missed without excuse also says: talk to a lawyer today, and find out whether
    an order was made in absentia (unless one is recorded); moved by the agency takes `moved_to` and makes the next one;
    unknown makes a task to find out. `also`: the same obligation of other members of the household, marked alike.
    Raises hearing_ahead for a hearing that is said to be attended or missed before its day in the court's zone. `Done.more`:
    ask_next, next_id, task_id, task_ids.
    """

    obligation_id: UUID
    result: str
    how_known: str = "told"
    note: str = ""
    moved_to: When | None = None
    evidence_id: UUID | None = None
    next: NextHearing | None = None
    also: tuple[UUID, ...] = ()


@dataclass(frozen=True)
class UnmarkObligation(Command):
    """Takes a mark back, with what followed from it."""

    obligation_id: UUID


@dataclass(frozen=True)
class RecordReminder(Command):
    """That participants were reminded of these: `how` of code list reminder_how; `at` None: now."""

    obligation_ids: tuple[UUID, ...]
    how: str = "phone"
    note: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Shared:
    """The same hearing or check-in as another of the household has it."""

    obligation_id: UUID
    participant_id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class SharedWith(Question[tuple[Shared, ...]]):
    """Who else of the household has the same kind of obligation at the same time, and no result yet; nobody from whom the
    participant is kept apart. Raises record_missing."""

    obligation_id: UUID


def add_obligation(command: AddObligation, work: Work) -> Done:
    if not command.participant_ids:
        raise Invalid(participant_ids="missing")
    refuse_together(command.participant_ids, work)
    recorder, made = Recorder(work), []
    for participant_id in each_once(command.participant_ids, work):
        participant = work.get(ParticipantFields, participant_id)
        record = validated(
            ObligationFields,
            participant_id=participant_id,
            type=command.type,
            when=command.when,
            mode=command.mode,
            place=command.place,
            address=command.address,
            judge=command.judge,
            agency=command.agency or usual_agency(command.type),
            interpreter=command.interpreter,
            transport=command.transport,
            lawyer=command.lawyer,
            note=command.note,
        )
        made.append(recorder.add(record, team_id=participant.team_id))
    return Done(made[0], recorder.undo(made[0]), {"obligation_ids": tuple(made)})


def usual_agency(type: str) -> str | None:
    """Who holds this kind of obligation, when the notice does not say otherwise."""
    if type in HEARINGS:
        return "eoir"
    return {"ice_check_in": "ice", "isap_check_in": "isap", "biometrics": "uscis", "interview": "uscis"}.get(type)


def change_obligation(command: ChangeObligation, work: Work) -> Done:
    before = work.get(ObligationFields, command.obligation_id).fields
    recorder = Recorder(work)
    recorder.change(ObligationFields, command.obligation_id, **command.values)
    after = work.get(ObligationFields, command.obligation_id).fields
    check_codes(after, command.values, work, before)
    if command.values.get("evidence_id") is not None:
        _check_evidence(after.evidence_id, (command.obligation_id,), work)
    return Done(command.obligation_id, recorder.undo(command.obligation_id))


def mark_obligation(command: MarkObligation, work: Work) -> Done:
    if command.result not in RESULTS:
        raise Invalid(result="not_valid")
    if command.how_known not in EVIDENCE:
        raise Invalid(how_known="not_valid")
    if command.result == "moved_by_agency" and command.moved_to is None:
        raise Invalid(moved_to="missing")
    recorder = Recorder(work)
    ids = tuple(dict.fromkeys((command.obligation_id, *command.also)))
    anew = work.get(ObligationFields, command.obligation_id).fields.result is not None
    refuse_together((work.get(ObligationFields, id).fields.participant_id for id in ids), work)
    _check_evidence(command.evidence_id, ids, work)
    _refuse_ahead(command.result, ids, work)
    marked = [_mark_one(id, command, recorder) for id in ids]
    more: dict[str, object] = dict(marked[0])
    more["task_ids"] = tuple(task for one in marked for task in one["task_ids"])
    # A second mark is taken back to the first one, and not to none.
    whole = bool(command.also) or anew
    undo = recorder.undo(command.obligation_id) if whole else UnmarkObligation(command.obligation_id)
    return Done(command.obligation_id, undo, more)


def _refuse_ahead(result: str, ids: Iterable[UUID], work: Work) -> None:
    """Nobody was at a hearing, or missed it, before its day there: it would leave the calendar, and be missed."""
    if result not in ("attended", *MISSED):
        return
    for when in (one.when for one in (work.get(ObligationFields, id).fields for id in ids) if one.type in HEARINGS):
        if when.day > work.now.astimezone(ZoneInfo(when.zone)).date():
            raise KnownError("hearing_ahead")


def _check_evidence(evidence_id: UUID | None, ids: Iterable[UUID], work: Work) -> None:
    """The document belongs to one of those whose obligation is marked (a family has one notice)."""
    if evidence_id is None:
        return
    owner = work.get(AttachmentFields, evidence_id).fields.participant_id
    people = {same for id in ids for same in work.same(work.get(ObligationFields, id).fields.participant_id)}
    if owner not in people:
        raise Invalid(evidence_id="of_somebody_else")


def _mark_one(obligation_id: UUID, command: MarkObligation, work: Work) -> dict[str, Any]:
    stored = work.get(ObligationFields, obligation_id)
    before = stored.fields
    following = _following(stored, command, work)
    if before.moved_to_id is not None and before.moved_to_id != following:
        _remove_made(obligation_id, before.moved_to_id, work)
    work.change(
        ObligationFields,
        obligation_id,
        result=command.result,
        how_known=command.how_known,
        result_note=command.note,
        evidence_id=command.evidence_id,
        moved_to_id=following,
    )
    wanted = _next_steps(stored, command.result, has_next=following is not None, work=work)
    tasks = _set_tasks(stored, wanted, work)
    if command.result == "attended":
        _told(obligation_id, before, work)
    return {
        "ask_next": "ask_next_hearing" in wanted,
        "task_ids": tasks,
        **({"next_id": following} if following else {}),
        **({"task_id": follow_up_id(obligation_id, "missed_follow_up")} if "missed_follow_up" in wanted else {}),
    }


def _following(stored: Stored[ObligationFields], command: MarkObligation, work: Work) -> UUID | None:
    """The obligation that takes its place, or the next one that was set there; derived, so that two laptops make one."""
    new: dict[str, object] = {name: ObligationFields.model_fields[name].get_default(call_default_factory=True) for name in OWN}
    if command.result == "moved_by_agency" and command.moved_to is not None:
        when, word = command.moved_to, "moved"
    elif command.next is not None and command.result in ("attended", "cancelled", *MISSED):
        when, word = command.next.when, "next"
        given = {name: getattr(command.next, name) for name in ("type", "place", "judge", "mode")}
        new |= {name: value for name, value in given.items() if value}
    else:
        return None
    if when.instant <= stored.fields.when.instant and word == "next":
        raise Invalid(next="before_start")
    if when == stored.fields.when:
        raise Invalid(moved_to="not_valid")  # it would stand there twice, and nothing has moved
    record = validated(ObligationFields, **{**_values(stored.fields), **new, "when": when})
    for item in work.find(ObligationFields, participant_id=stored.fields.participant_id, type=record.type, result=None):
        if item.id != stored.id and item.fields.when == when:
            return item.id  # it is written down already
    return _beside(stored, record, f"{word}:{when.instant.isoformat()}", work)


def _beside(stored: Stored[ObligationFields], record: Fields, key: str, work: Work) -> UUID:
    """Adds what follows from an obligation, where the obligation itself lives."""
    id = derived_id(record.kind, stored.id, key)
    return work.add(record, id=id, team_id=stored.team_id, compartment=stored.compartment)


def _values(record: ObligationFields) -> dict[str, Any]:
    return {name: getattr(record, name) for name in ObligationFields.model_fields}


def _next_steps(stored: Stored[ObligationFields], result: str, *, has_next: bool, work: Work) -> tuple[str, ...]:
    """The tasks (code list task_title) that follow from a result."""
    fields = stored.fields
    hearing = fields.type in HEARINGS
    steps: list[str] = []
    if result in MISSED:
        steps.append("missed_follow_up")
    if result == "missed_unexcused" and hearing:
        steps.append("talk_to_lawyer_missed_hearing")
        if not _ordered_in_absentia(fields, work):
            steps.append("find_out_in_absentia")
    if hearing and result in ("attended", "cancelled", "missed_excused") and not has_next and not _later_hearing(stored, work):
        steps.append("ask_next_hearing")
    if result == "unknown":
        steps.append("find_out_result")
    return tuple(steps)


def _later_hearing(stored: Stored[ObligationFields], work: Work) -> bool:
    others = work.find(ObligationFields, participant_id=stored.fields.participant_id, result=None)
    after = stored.fields.when.instant
    return any(item.fields.type in HEARINGS and item.fields.when.instant > after for item in others if item.id != stored.id)


def _ordered_in_absentia(missed: ObligationFields, work: Work) -> bool:
    orders = work.find(OrderFields, participant_id=missed.participant_id, in_absentia=True)
    return any(item.fields.issued_on >= missed.when.day for item in orders)


def _set_tasks(stored: Stored[ObligationFields], wanted: Iterable[str], work: Work) -> tuple[UUID, ...]:
    """Makes the tasks that follow and takes those away that another result had made, unless somebody has done them."""
    wanted = tuple(wanted)
    for task in work.find(TaskFields, subject_id=stored.id, done_at=None):
        if task.fields.title_code in STEPS and task.fields.title_code not in wanted:
            work.delete(TaskFields, task.id, "mark_changed")
    made = []
    for code in wanted:
        days, priority = STEPS[code]
        task_record = validated(
            TaskFields,
            participant_id=stored.fields.participant_id,
            title_code=code,
            subject_kind="obligation",
            subject_id=stored.id,
            due_on=work.today + timedelta(days=days),
            assigned_to=work.actor.staff_id,
            priority=priority,
        )
        made.append(_beside(stored, task_record, code, work))
    return tuple(made)


def _told(obligation_id: UUID, done: ObligationFields, work: Work) -> None:
    """The court was told of a new address: the task that reminds of it is done. Telling ICE or ISAP leaves it open."""
    if done.type != "address_change":
        return
    for task in work.find(TaskFields, participant_id=done.participant_id, title_code="tell_the_court", done_at=None):
        if task.fields.subject_id in (obligation_id, done.trigger_id):
            work.change(TaskFields, task.id, done_at=work.now, done_by=work.actor.staff_id)


def follow_up_id(obligation_id: UUID, code: str) -> UUID:
    """The derived id of a task that follows from an obligation's result."""
    return derived_id("task", obligation_id, code)


def _remove_made(obligation_id: UUID, next_id: UUID, work: Work) -> None:
    """Takes away the obligation that a mark made; one that was there before stays."""
    if not exists(work, ObligationFields, next_id):
        return
    there = work.get(ObligationFields, next_id).fields
    made = {derived_id("obligation", obligation_id, f"{word}:{there.when.instant.isoformat()}") for word in ("moved", "next")}
    if next_id in made and there.result is None:
        work.delete(ObligationFields, next_id, "mark_taken_back")


def unmark_obligation(command: UnmarkObligation, work: Work) -> Done:
    recorder = Recorder(work)
    stored = work.get(ObligationFields, command.obligation_id)
    marked = stored.fields
    _set_tasks(stored, (), recorder)
    if marked.moved_to_id is not None:
        _remove_made(command.obligation_id, marked.moved_to_id, recorder)
    if marked.result == "attended" and marked.type == "address_change":
        _not_told(command.obligation_id, marked, recorder)
    nothing = {"result": None, "how_known": None, "result_note": "", "moved_to_id": None, "evidence_id": None}
    recorder.change(ObligationFields, command.obligation_id, **nothing)
    return Done(command.obligation_id, recorder.undo(command.obligation_id))


def _not_told(obligation_id: UUID, marked: ObligationFields, work: Work) -> None:
    for task in work.find(TaskFields, participant_id=marked.participant_id, title_code="tell_the_court"):
        if task.fields.subject_id in (obligation_id, marked.trigger_id) and task.fields.done_at is not None:
            work.change(TaskFields, task.id, done_at=None, done_by=None)


def record_reminder(command: RecordReminder, work: Work) -> Done:
    if not command.obligation_ids:
        raise Invalid(obligation_ids="missing")
    at = command.at or work.now
    if at > work.now:
        raise Invalid(at="in_future")
    recorder = Recorder(work)
    given = Reminder(at=at, how=command.how, by=work.actor.staff_id, note=command.note)
    for id in command.obligation_ids:
        reminders = work.get(ObligationFields, id).fields.reminders
        recorder.change(ObligationFields, id, reminders=[*reminders, given])
    return Done(command.obligation_ids[0], recorder.undo(command.obligation_ids[0]))
