"""Direct assistance and staff time by award and cost category: the audit's two ledgers.

An entry waits until a supervisor or an administrator, who is not the one it is of, approves or refuses it. An approved entry is
never changed: what was wrong is put right by an entry that reverses it, once, and a new one. Amounts are exact decimals, and
minutes whole numbers; a sum (`ledgers`) is what adding the entries one by one gives.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from cmpp_desktop.domain.attachments import AttachmentFields
from cmpp_desktop.domain.codes import check_codes
from cmpp_desktop.domain.entries import Plain, RemoveRecord
from cmpp_desktop.domain.participants import ParticipantFields
from cmpp_desktop.domain.records import Fields, Money, coded, line, prose, refers, validated
from cmpp_desktop.domain.sessions import ServiceSessionFields
from cmpp_desktop.domain.staff import AwardFields, StaffMemberFields, award_of
from cmpp_desktop.domain.undo import Recorder
from cmpp_desktop.domain.work import Command, Done, Role, Stored, Work
from cmpp_desktop.errors import Invalid, KnownError, NotAllowed
from cmpp_protocol.ids import derived_id

APPROVERS: tuple[Role, ...] = ("supervisor", "administrator")
DAY_MINUTES = 24 * 60
_CURRENCY = re.compile("[A-Z]{3}")  # "usd" would be a sum of its own, beside every limit
LedgerKind = Literal["direct_assistance", "staff_time"]
EntryState = Literal["waiting", "approved", "refused"]
# What an hour of a service counts as in the ledger of time; everything else is case management.
ACTIVITIES: Mapping[str, str] = {
    "legal_orientation_group": "legal_orientation",
    "legal_orientation_individual": "legal_orientation",
    "self_help_workshop": "legal_orientation",
    "trafficking_screening": "screening",
    "interpretation": "interpretation",
    "transport": "travel",
}


class DirectAssistanceFields(Fields):
    """Money, a card, a voucher or goods that somebody was given."""

    kind: ClassVar[str] = "direct_assistance"

    participant_id: UUID = refers("participant", ...)
    type: str = coded("assistance_type", ...)
    given_on: date
    money: Money
    award: str = line(50)
    cost_category: str = coded("cost_category", "participant_support")
    purpose: str = line(300)
    vendor: str = line(200)
    card_end: str = line(4)  # last digits of a gift card, never more
    receipt_id: UUID | None = refers("attachment")
    given_by: UUID | None = refers("staff_member")
    approved_by: UUID | None = refers("staff_member")
    approved_at: datetime | None = None
    refused_by: UUID | None = refers("staff_member")
    refused_at: datetime | None = None
    decision_note: str = line(500)
    reverses_id: UUID | None = refers("direct_assistance")
    note: str = prose(1000)


class StaffTimeFields(Fields):
    """Minutes of somebody's work by award: from a session, or beside them."""

    kind: ClassVar[str] = "staff_time"
    about: ClassVar[str] = ""

    staff_id: UUID = refers("staff_member", ...)
    day: date
    minutes: int = Field(ge=-1440, le=1440)  # negative only where it reverses another
    award: str = line(50)
    cost_category: str = coded("cost_category", "personnel")
    activity: str = coded("staff_activity", "case_management")
    session_id: UUID | None = refers("service_session")
    approved_by: UUID | None = refers("staff_member")
    approved_at: datetime | None = None
    refused_by: UUID | None = refers("staff_member")
    refused_at: datetime | None = None
    decision_note: str = line(500)
    reverses_id: UUID | None = refers("staff_time")
    note: str = line(500)


MODELS: Mapping[str, type[Fields]] = {model.kind: model for model in (DirectAssistanceFields, StaffTimeFields)}


@dataclass(frozen=True)
class RecordAssistance(Command):
    """Somebody was given something. `given_on` None: today; `given_by` None: whoever writes it.

    Raises Invalid: money not_an_amount; given_on in_future, outside_award; award not_valid; cost_category not_of_award;
    receipt_id of_somebody_else. `Done.more["over"]`: "each" or "all" when it goes over a limit of the award: it is written
    down, because it happened, and whoever approves it has to say why.
    """

    participant_id: UUID
    type: str
    money: Money
    given_on: date | None = None
    award: str = ""
    cost_category: str = "participant_support"
    purpose: str = ""
    vendor: str = ""
    card_end: str = ""
    receipt_id: UUID | None = None
    given_by: UUID | None = None
    note: str = ""


@dataclass(frozen=True)
class RecordStaffTime(Command):
    """Minutes of work beside the sessions. `staff_id` None: one's own; somebody else's only by who approves."""

    minutes: int
    day: date | None = None
    award: str = ""
    cost_category: str = "personnel"
    activity: str = "case_management"
    staff_id: UUID | None = None
    note: str = ""


@dataclass(frozen=True)
class RecordSessionTime(Command):
    """The staff time of a session goes into the ledger: one entry for each who held it. Signing a session does it too.

    Doing it again brings entries that still wait in line with the session; `Done.more["differ"]` are those that were decided and
    say something else. `Done.more["entry_ids"]`: all of them."""

    session_id: UUID


@dataclass(frozen=True)
class ApproveEntries(Command):
    """Entries of one ledger are right. Raises not_allowed, own_work, record_settled; Invalid decision_note over_limit when one
    goes over a limit of its award and no note says why. It cannot be taken back: a wrong one is reversed."""

    kind: LedgerKind
    entry_ids: tuple[UUID, ...]
    note: str = ""


@dataclass(frozen=True)
class RefuseEntry(Command):
    """It does not go into the ledger, and stays as it is with the reason. Raises not_allowed, own_work, record_settled."""

    kind: LedgerKind
    entry_id: UUID
    note: str


@dataclass(frozen=True)
class ReverseEntry(Command):
    """Takes an approved entry out of the sums with an entry of the opposite amount, on that day (None: today), approved with it.

    Raises Invalid: reason missing, on in_future or before_start (before the entry itself); not_allowed, own_work,
    already_reversed; record_settled for what is not approved, or reverses something itself.
    Two laptops that reverse the same make one record."""

    kind: LedgerKind
    entry_id: UUID
    reason: str
    on: date | None = None


# --- rules ----------------------------------------------------------------------------------------------------------------------


def state_of(entry: DirectAssistanceFields | StaffTimeFields) -> EntryState:
    """Whether it counts. Where one laptop approved and another refused it, it is refused: nobody is paid twice by a race."""
    if entry.refused_at is not None:
        return "refused"
    return "approved" if entry.approved_at is not None else "waiting"


def decided(entry: DirectAssistanceFields | StaffTimeFields) -> bool:
    """Whether it may not be changed any more."""
    return state_of(entry) != "waiting"


Given = Stored[DirectAssistanceFields]


def counted(award: AwardFields, unit: str, entries: Sequence[Given]) -> list[Given]:
    """Of all entries of an award, those that its limits count: in its days and that currency, not refused, not reversed."""
    gone = {item.fields.reverses_id for item in entries if item.fields.reverses_id is not None}
    return [
        item
        for item in entries
        if item.fields.reverses_id is None
        and item.id not in gone
        and item.fields.money.currency == unit
        and state_of(item.fields) != "refused"
        and within(award, item.fields.given_on)
    ]


def within(award: AwardFields, day: date) -> bool:
    """Whether a day is one of the award's period; one without first or last day goes on."""
    return (award.starts_on is None or award.starts_on <= day) and (award.ends_on is None or day <= award.ends_on)


def _over(entry: DirectAssistanceFields, work: Work) -> Literal["", "each", "all"]:
    """Which limit of its award the sum goes over with this entry among the others."""
    award = award_of(entry.award, work) if entry.award else None
    if award is None:
        return ""
    most, each, unit = award.assistance_most, award.assistance_each, entry.money.currency
    if each is not None and each.currency == unit:
        theirs = work.find(DirectAssistanceFields, participant_id=entry.participant_id, award=entry.award)
        if _sum(counted(award, unit, theirs)) > each.amount:
            return "each"
    if most is None or most.currency != unit:
        return ""
    everybodys = work.find(DirectAssistanceFields, award=entry.award)
    return "all" if _sum(counted(award, unit, everybodys)) > most.amount else ""


def _sum(entries: Iterable[Given]) -> Decimal:
    return sum((item.fields.money.amount for item in entries), Decimal(0))


def _check(entry: DirectAssistanceFields | StaffTimeFields, day: date, name: str, work: Work) -> None:
    """What holds of both. Nobody decides or reverses by writing the fields of that."""
    hands_off = dict.fromkeys(("approved_by", "approved_at", "refused_by", "refused_at", "reverses_id"), "not_valid")
    wrong = {field: problem for field, problem in hands_off.items() if getattr(entry, field) is not None}
    if wrong:
        raise Invalid(**wrong)
    if day > work.today:
        raise Invalid(**{name: "in_future"})
    if not entry.award:
        return
    award = award_of(entry.award, work)
    if award is None:
        return
    if not within(award, day):
        raise Invalid(**{name: "outside_award"})
    if award.cost_categories and entry.cost_category not in award.cost_categories:
        raise Invalid(cost_category="not_of_award")


def _check_assistance(entry: DirectAssistanceFields, work: Work) -> None:
    _check(entry, entry.given_on, "given_on", work)
    if entry.money.amount <= 0 or not _CURRENCY.fullmatch(entry.money.currency):
        raise Invalid(money="not_an_amount")
    if entry.card_end and not (entry.card_end.isascii() and entry.card_end.isdigit()):
        raise Invalid(card_end="not_valid")
    if entry.receipt_id is not None:
        owner = work.get(AttachmentFields, entry.receipt_id).fields.participant_id
        if owner not in work.same(entry.participant_id):
            raise Invalid(receipt_id="of_somebody_else")


def _check_time(entry: StaffTimeFields, work: Work) -> None:
    _check(entry, entry.day, "day", work)
    if entry.minutes <= 0:
        raise Invalid(minutes="not_valid")
    if entry.staff_id != work.actor.staff_id and work.actor.role not in APPROVERS:
        raise NotAllowed("not_allowed", needs="supervisor")


def _not_over_a_day(entry: StaffTimeFields, id: UUID | None, work: Work) -> None:
    """Nobody works more than 24 hours on one day."""
    others = work.find(StaffTimeFields, staff_id=entry.staff_id, day=entry.day)
    known = sum(item.fields.minutes for item in others if item.id != id and state_of(item.fields) != "refused")
    if known + entry.minutes > DAY_MINUTES:
        raise Invalid(minutes="over_a_day")


# --- commands -------------------------------------------------------------------------------------------------------------------


def record_assistance(command: RecordAssistance, work: Work) -> Done:
    person = work.get(ParticipantFields, command.participant_id)
    values = vars(command) | {
        "given_on": command.given_on or work.today,
        "given_by": command.given_by or work.actor.staff_id,
    }
    record = validated(DirectAssistanceFields, **values)
    check_codes(record, values, work)
    _check_assistance(record, work)
    made = work.add(record, team_id=person.team_id)
    over = _over(record, work)
    return Done(made, RemoveRecord(record.kind, made), {"over": over} if over else None)


def record_staff_time(command: RecordStaffTime, work: Work) -> Done:
    values = vars(command) | {"day": command.day or work.today, "staff_id": command.staff_id or work.actor.staff_id}
    record = validated(StaffTimeFields, **values)
    check_codes(record, values, work)
    _check_time(record, work)
    _not_over_a_day(record, None, work)
    made = work.add(record, team_id=_team_of(record.staff_id, work))
    return Done(made, RemoveRecord(record.kind, made))


def _team_of(staff_id: UUID, work: Work) -> UUID | None:
    if staff_id == work.actor.staff_id:
        return None
    try:
        return work.get(StaffMemberFields, staff_id).fields.team_id
    except KnownError:
        raise Invalid(staff_id="not_valid") from None


def record_session_time(command: RecordSessionTime, work: Work) -> Done:
    session = work.get(ServiceSessionFields, command.session_id)
    recorder, fields = Recorder(work), session.fields
    entries = work.find(StaffTimeFields, session_id=session.id)
    known = {item.fields.staff_id: item for item in entries if item.fields.reverses_id is None}
    wanted = {
        "day": fields.when.day,
        "minutes": fields.staff_minutes,
        "award": fields.award,
        "activity": next((ACTIVITIES[code] for code in fields.services if code in ACTIVITIES), "case_management"),
    }
    made, differ = [], []
    for staff_id in dict.fromkeys(fields.staff_ids if fields.staff_minutes else ()):
        item = known.pop(staff_id, None)
        if item is None:
            record = validated(StaffTimeFields, staff_id=staff_id, session_id=session.id, **wanted)
            made.append(recorder.add(record, id=session_time_id(session.id, staff_id), team_id=session.team_id))
            continue
        made.append(item.id)
        if any(getattr(item.fields, name) != value for name, value in wanted.items()):
            if decided(item.fields):
                differ.append(item.id)
            else:
                recorder.change(StaffTimeFields, item.id, **wanted)
    for item in known.values():  # who is not named any more, or a session without staff time
        if decided(item.fields):
            differ.append(item.id)
        else:
            recorder.delete(StaffTimeFields, item.id, "not_at_session")
    return Done(session.id, recorder.undo(session.id), {"entry_ids": tuple(made), "differ": tuple(differ)})


def session_time_id(session_id: UUID, staff_id: UUID) -> UUID:
    """The derived id of the time that one of the staff gave to one session (rule 13)."""
    return derived_id("staff_time", session_id, staff_id.hex)


def approve_entries(command: ApproveEntries, work: Work) -> Done:
    if not command.entry_ids:
        raise Invalid(entry_ids="missing")
    entries = [_to_decide(command.kind, id, work) for id in dict.fromkeys(command.entry_ids)]
    for item in entries:
        if isinstance(item.fields, DirectAssistanceFields) and not command.note.strip() and _over(item.fields, work):
            raise Invalid(decision_note="over_limit")
    for item in entries:
        values = {"approved_by": work.actor.staff_id, "approved_at": work.now, "decision_note": command.note}
        work.change(type(item.fields), item.id, **values)
        work.audit("entry_approved", command.kind, item.id)
    return Done(entries[0].id, None, {"entry_ids": tuple(item.id for item in entries)})


def refuse_entry(command: RefuseEntry, work: Work) -> Done:
    if not command.note.strip():
        raise Invalid(note="missing")
    item = _to_decide(command.kind, command.entry_id, work)
    values = {"refused_by": work.actor.staff_id, "refused_at": work.now, "decision_note": command.note}
    work.change(type(item.fields), item.id, **values)
    work.audit("entry_refused", command.kind, item.id)
    return Done(item.id)


def reverse_entry(command: ReverseEntry, work: Work) -> Done:
    if not command.reason.strip():
        raise Invalid(reason="missing")
    if command.on is not None and command.on > work.today:
        raise Invalid(on="in_future")
    item = _others(command.kind, command.entry_id, work)
    entry = item.fields
    if state_of(entry) != "approved" or entry.reverses_id is not None:
        raise KnownError("record_settled", kind=command.kind)
    if work.find(type(entry), reverses_id=item.id):
        raise KnownError("already_reversed")
    day = command.on or work.today
    if day < (entry.given_on if isinstance(entry, DirectAssistanceFields) else entry.day):
        raise Invalid(on="before_start")
    values = {name: getattr(entry, name) for name in type(entry).model_fields}
    values |= {"approved_by": work.actor.staff_id, "approved_at": work.now, "decision_note": command.reason}
    values |= {"reverses_id": item.id, "note": ""}
    if isinstance(entry, DirectAssistanceFields):
        back = Money(amount=-entry.money.amount, currency=entry.money.currency)
        values |= {"money": back, "given_on": day}
    else:
        values |= {"minutes": -entry.minutes, "day": day}
    record = validated(type(entry), **values)
    made = work.add(record, id=derived_id(command.kind, item.id, "reversal"), team_id=item.team_id, compartment=item.compartment)
    work.audit("entry_reversed", command.kind, item.id)
    return Done(made)


def _to_decide(kind: str, id: UUID, work: Work) -> Stored[Any]:
    item = _others(kind, id, work)
    if decided(item.fields):
        raise KnownError("record_settled", kind=kind)
    return item


def _others(kind: str, id: UUID, work: Work) -> Stored[Any]:
    """An entry that is not one's own, for somebody who may decide."""
    if kind not in MODELS:
        raise Invalid(kind="not_valid")
    if work.actor.role not in APPROVERS:
        raise NotAllowed("not_allowed", needs="supervisor")
    item: Stored[Any] = work.get(MODELS[kind], id)
    if is_own(item, work.actor.staff_id):
        raise NotAllowed("own_work")
    return item


def is_own(item: Stored[Any], staff_id: UUID) -> bool:
    """Whether it is of somebody's own work: who gave it, whose time it is, who wrote it, or wrote last in what waits. Whose time
    a session took is written by whoever signs the session, and is not theirs for that."""
    entry = item.fields
    wrote = {item.created_by} if decided(entry) else {item.created_by, item.changed_by}
    if isinstance(entry, DirectAssistanceFields):
        return staff_id == entry.given_by or staff_id in wrote
    return staff_id == entry.staff_id or (entry.session_id is None and staff_id in wrote)


def _given_here(work: Work) -> Mapping[str, object]:
    return {"given_on": work.today, "given_by": work.actor.staff_id}


def _own_day(work: Work) -> Mapping[str, object]:
    return {"day": work.today, "staff_id": work.actor.staff_id}


PLAIN = (
    Plain(DirectAssistanceFields, check=_check_assistance, fill=_given_here, closed=decided),
    Plain(
        StaffTimeFields,
        check=_check_time,
        fill=_own_day,
        closed=decided,
        among=_not_over_a_day,
        unique=("session_id", "staff_id"),
    ),
)
