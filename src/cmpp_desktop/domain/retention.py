"""Retention: how long a file is kept, what holds it longer, and the certificate of its destruction (2 CFR 200.334).

A file is kept until some years after the final financial report of its award, the latest over the awards of its cases and of
what in it was charged to one (a session, help that was given); a legal hold on the participant or on any of these awards keeps
it for as long as it stands. `DestroyFile` takes every record about the person out of all answers, on every laptop that hears of
it, for good, and orders their erasure (sync rule 19): once that is in the roster no laptop keeps anything of them, or takes
anything in that comes late. Bundles that were sealed before, on the laptops and, unread, on the server, go last; the list of
certificates says what is done and what waits.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from cmpp_desktop.domain.assistance import DirectAssistanceFields
from cmpp_desktop.domain.cases import CaseFields
from cmpp_desktop.domain.households import HouseholdFields, HouseholdMemberFields
from cmpp_desktop.domain.merges import MergeFields
from cmpp_desktop.domain.participants import ParticipantFields
from cmpp_desktop.domain.records import Compartment, Fields, Life, line, refers, to_wire, validated
from cmpp_desktop.domain.reviews import AmendmentFields, ReviewFields
from cmpp_desktop.domain.sessions import AttendanceFields, ServiceSessionFields
from cmpp_desktop.domain.staff import AwardFields, StaffMemberFields, award_of
from cmpp_desktop.domain.work import Command, Done, Question, Stored, Work
from cmpp_desktop.errors import Invalid, KnownError, NotAllowed
from cmpp_protocol import canon, labels

CHARGED: tuple[type[ServiceSessionFields] | type[DirectAssistanceFields], ...] = (ServiceSessionFields, DirectAssistanceFields)
ENDED = ("exited", "declined")  # states of a case that is over
# What every certificate says beside its ground.
NOT_ERASED = "Taken out of every answer, and its erasure ordered; sealed history from before goes when it is no longer kept."


class LegalHoldFields(Fields):
    """Nothing of what is named is destroyed while this stands: one participant, or all of an award."""

    kind: ClassVar[str] = "legal_hold"

    participant_id: UUID | None = refers("participant")
    award: str = line(50)
    reason: str = Field(min_length=1, max_length=500)
    since: date
    set_by: UUID | None = refers("staff_member")
    lifted_on: date | None = None
    lifted_by: UUID | None = refers("staff_member")
    lifted_reason: str = line(500)


class DestructionFields(Fields):
    """The certificate that a file was destroyed: how many records of which kinds, on what ground; nobody is named in it, and
    nothing that was restricted is counted."""

    kind: ClassVar[str] = "destruction"
    compartment: ClassVar[Compartment] = "organisation"
    about: ClassVar[str] = ""

    subject_hash: str = Field(min_length=64, max_length=64)  # SHA-256 over salt and participant id, hex
    salt: str = Field(min_length=32, max_length=32)
    counts: dict[str, int]  # kind → records that were deleted
    kept: dict[str, int] = Field(default_factory=dict)  # kind → records shared with others, which stayed for them
    award: str = line(50)
    ground: str = line(500)
    kept_until: date
    destroyed_at: datetime
    destroyed_by: UUID | None = refers("staff_member")
    witness_id: UUID | None = refers("staff_member")


@dataclass(frozen=True)
class SetLegalHold(Command):
    """Nothing of this participant, or of this award, is destroyed from now on. Administrators only. Raises Invalid: reason
    missing; participant_id missing, when neither or both are named; award not_valid."""

    reason: str
    participant_id: UUID | None = None
    award: str = ""


@dataclass(frozen=True)
class LiftLegalHold(Command):
    """The hold ends today, with a reason; it stays written down. Administrators only. Raises record_settled once it ended."""

    hold_id: UUID
    reason: str


@dataclass(frozen=True)
class DestroyFile(Command):
    """Destroys everything that is held about one person, under all their ids. Administrators only, with a witness of the staff.

    Raises under_legal_hold; kept_longer (facts `why`: open_case, no_case, no_report, or `until`: the last day on which it is
    kept); restricted_closed where this laptop does not hold the team's restricted records, for there may be some; Invalid
    witness_id.

    Records about others stay: a session at which others were goes on in the file of the first of them, and only the person's
    attendance goes. What another's record says of the person (a lead respondent) is emptied. A shared session that is signed
    cannot be changed, and keeps an id that is nobody's any more. The ledger of staff time names no participant, and stays. It
    cannot be taken back, and nothing brings a single record back.
    Its erasure is ordered with it. A laptop that wrote about the person meanwhile, without knowing, brings a new record that is
    in nobody's file: it is destroyed by the same command, which may be done again.

    `Done.id`: the certificate. `Done.more`: counts, kept.
    """

    participant_id: UUID
    witness_id: UUID


@dataclass(frozen=True, slots=True)
class Kept:
    """Until when a file is kept, and by which award; or why nothing says so."""

    until: date | None
    award: str = ""
    reported_on: date | None = None
    why: Literal["", "no_case", "open_case", "no_report"] = ""


@dataclass(frozen=True, slots=True)
class DueFile:
    """A file that may be destroyed, or could be if it were not for a legal hold."""

    participant_id: UUID
    participant: str
    kept_until: date
    awards: tuple[str, ...]
    held: bool


@dataclass(frozen=True, slots=True)
class DueForDestruction(Question[tuple[DueFile, ...]]):
    """Files whose time had passed before that day, the longest first. Files without a case, with one that is open, or of an award
    without a final financial report are never among them."""

    day: date


@dataclass(frozen=True, slots=True)
class FileContents:
    """What is in a file, before it is destroyed. `gone`, `stays`: kind → records, without any that is restricted."""

    gone: dict[str, int]
    stays: dict[str, int]


@dataclass(frozen=True, slots=True)
class WhatGoes(Question[FileContents]):
    """What `DestroyFile` would take of this person, as the certificate would count it; the household is not counted here.
    Raises record_missing."""

    participant_id: UUID


@dataclass(frozen=True, slots=True)
class LegalHold:
    """A hold, whom or what it keeps, and until when it stood."""

    hold: Stored[LegalHoldFields]
    participant: str
    set_by: str
    lifted_by: str


@dataclass(frozen=True, slots=True)
class LegalHolds(Question[tuple[LegalHold, ...]]):
    """Holds that stand, or with `lifted` all of them, the latest first."""

    lifted: bool = False


def kept(cases: Iterable[CaseFields], awards: Mapping[str, Iterable[AwardFields]], charged: Iterable[str] = ()) -> Kept:
    """Until when a file with these cases is kept: the latest over their awards, by number, and those that something in it was
    charged to. That day still counts."""
    listed = list(cases)
    if not listed:
        return Kept(None, why="no_case")
    if any(case.state not in ENDED for case in listed):
        return Kept(None, why="open_case")
    found: list[tuple[date, str, date]] = []
    for number in sorted({case.award for case in listed} | set(charged)):
        of_number = list(awards.get(number, ()))
        for award in of_number:
            if award.final_report_on is None:
                return Kept(None, why="no_report")
            found.append((years_after(award.final_report_on, award.years_kept), number, award.final_report_on))
        if not of_number:
            return Kept(None, why="no_report")
    until, number, reported_on = max(found)
    return Kept(until, number, reported_on)


def years_after(day: date, years: int) -> date:
    """The same day so many years later; of 29 February, where there is none, 1 March: a day longer rather than shorter."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def certificate_hash(id: UUID, certificate: DestructionFields) -> bytes:
    """The 32 bytes by which the roster's entry of an erasure names a certificate."""
    said = {name: to_wire(getattr(certificate, name)) for name in sorted(DestructionFields.model_fields)}
    return labels.digest(labels.ERASURE_CERTIFICATE, id.bytes, canon.pack(said))


def certifies(certificate: DestructionFields, participant_id: UUID) -> bool:
    """Whether a certificate is of this person's file (by the id under which they were shown)."""
    return certificate.subject_hash == _hash(certificate.salt, participant_id)


def set_legal_hold(command: SetLegalHold, work: Work) -> Done:
    _administrators(work)
    if not command.reason.strip():
        raise Invalid(reason="missing")
    if (command.participant_id is None) == (not command.award.strip()):
        raise Invalid(participant_id="missing")
    team = work.get(ParticipantFields, command.participant_id).team_id if command.participant_id else None
    if command.award:
        award_of(command.award.strip(), work)
    record = validated(LegalHoldFields, **vars(command), since=work.today, set_by=work.actor.staff_id)
    where: Compartment | None = None if command.participant_id else "organisation"  # every team has to know of it
    made = work.add(record, team_id=team, compartment=where)
    if command.participant_id:
        work.order_hold(made, work.same(command.participant_id))
    work.audit("legal_hold_set", LegalHoldFields.kind, made)
    return Done(made)


def lift_legal_hold(command: LiftLegalHold, work: Work) -> Done:
    _administrators(work)
    if not command.reason.strip():
        raise Invalid(reason="missing")
    if work.get(LegalHoldFields, command.hold_id).fields.lifted_on is not None:
        raise KnownError("record_settled", kind=LegalHoldFields.kind)
    values = {"lifted_on": work.today, "lifted_by": work.actor.staff_id, "lifted_reason": command.reason}
    work.change(LegalHoldFields, command.hold_id, **values)
    if work.get(LegalHoldFields, command.hold_id).fields.participant_id:
        work.order_hold(command.hold_id, ())
    work.audit("legal_hold_lifted", LegalHoldFields.kind, command.hold_id)
    return Done(command.hold_id)


def destroy_file(kinds: Mapping[str, type[Fields]], command: DestroyFile, work: Work) -> Done:
    """`kinds`: all kinds of records that there are."""
    _administrators(work)
    person = work.get(ParticipantFields, command.participant_id)
    why = _may_be_destroyed(person, work)
    _check_witness(command.witness_id, work)
    ids = work.same(command.participant_id)
    file = _File(ids, work)
    file.destroy(kinds)
    salt = hashlib.sha256(work.new_id().bytes + work.new_id().bytes).hexdigest()[:32]
    certificate = validated(
        DestructionFields,
        subject_hash=_hash(salt, ids[0]),
        salt=salt,
        counts=dict(sorted((+file.gone).items())),
        kept=dict(sorted((+file.stayed).items())),
        award=why.award,
        ground=f"2 CFR 200.334: final financial report of {why.award} on {why.reported_on}, kept until {why.until}. {NOT_ERASED}",
        kept_until=why.until,
        destroyed_at=work.now,
        destroyed_by=work.actor.staff_id,
        witness_id=command.witness_id,
    )
    made = work.add(certificate)
    work.order_erasure(made, certificate_hash(made, certificate))
    work.audit("file_destroyed", DestructionFields.kind, made, records=sum(file.gone.values()))
    return Done(made, None, {"counts": certificate.counts, "kept": certificate.kept})


def _may_be_destroyed(person: Stored[ParticipantFields], work: Work) -> Kept:
    cases = [item.fields for item in work.find(CaseFields, participant_id=person.id)]
    charged = {item.fields.award for model in CHARGED for item in work.find(model, participant_id=person.id)} - {""}
    holds = [*work.find(LegalHoldFields, participant_id=person.id, lifted_on=None)]
    for number in {case.award for case in cases if case.award} | charged:
        holds += work.find(LegalHoldFields, award=number, lifted_on=None)
    if holds:
        raise KnownError("under_legal_hold")
    awards: dict[str, list[AwardFields]] = {}
    for item in work.find(AwardFields):
        awards.setdefault(item.fields.number, []).append(item.fields)
    found = kept(cases, awards, charged)
    if found.until is None:
        raise KnownError("kept_longer", why=found.why)
    if found.until >= work.today:
        raise KnownError("kept_longer", until=found.until.isoformat())
    if not work.holds("restricted", person.team_id):
        raise NotAllowed("restricted_closed")
    return found


def _check_witness(witness_id: UUID, work: Work) -> None:
    if witness_id == work.actor.staff_id:
        raise Invalid(witness_id="not_yourself")
    try:
        there = work.get(StaffMemberFields, witness_id).fields.active
    except KnownError:
        there = False
    if not there:
        raise Invalid(witness_id="not_valid")


class _File:
    """Everything about one person, while it is destroyed. `gone` and `stayed`: kind → records, for the certificate, which
    everybody reads; so restricted ones are in neither (docs/adr/0012)."""

    def __init__(self, ids: tuple[UUID, ...], work: Work) -> None:
        self._ids, self._work = ids, work
        self.gone: Counter[str] = Counter()
        self.stayed: Counter[str] = Counter()
        self._heirs = self._shared_sessions()

    def _shared_sessions(self) -> dict[UUID, UUID]:
        """Sessions in this file at which others were, each with the one in whose file it goes on."""
        found: dict[UUID, UUID] = {}
        for session in self._work.find(ServiceSessionFields, participant_id=self._ids[0]):
            there = {item.fields.participant_id for item in self._work.find(AttendanceFields, session_id=session.id)}
            others = sorted(id for id in there - set(self._ids) if self._exists(id))
            if others:
                found[session.id] = others[0]
        return found

    def _exists(self, id: UUID) -> bool:
        try:
            self._work.get(ParticipantFields, id)
        except KnownError:
            return False
        return True

    def destroy(self, kinds: Mapping[str, type[Fields]]) -> None:
        """What is theirs first, then what others' records say of them, then who they are, last that they were merged."""
        homes = {item.fields.household_id for item in self._work.find(HouseholdMemberFields, participant_id=self._ids[0])}
        for model in kinds.values():
            if "participant_id" in model.model_fields:
                for item in self._work.find(model, participant_id=self._ids[0]):
                    self._one(model, item)
        for model in kinds.values():
            for name in _others_named(model):
                self._forget(model, name)
        for home in homes:
            if not self._work.find(HouseholdMemberFields, household_id=home):
                self._destroy(HouseholdFields, home)
        for id in self._ids:
            if self._exists(id):
                self._destroy(ParticipantFields, id)
        for name in ("a", "b"):
            for id in self._ids:
                for merge in self._work.find(MergeFields, **{name: id}):
                    self._destroy(MergeFields, merge.id)

    def _one(self, model: type[Fields], item: Stored[Any]) -> None:
        of_session = item.fields.subject_id if model in (ReviewFields, AmendmentFields) else item.id
        heir = self._heirs.get(of_session) if model in (ServiceSessionFields, ReviewFields, AmendmentFields) else None
        hidden = item.compartment == "restricted"
        if heir is None:
            self._destroy(model, item.id, counted=not hidden)
            return
        self.stayed[model.kind] += not hidden
        if item.life is Life.LIVE:
            self._work.change(model, item.id, participant_id=heir)

    def _forget(self, model: type[Fields], name: str) -> None:
        """Others' records that name the person in this field: emptied where they may be, else destroyed (a separation)."""
        for id in self._ids:
            for item in self._work.find(model, **{name: id}):
                if model.model_fields[name].is_required():
                    self._destroy(model, item.id)
                elif item.life is Life.LIVE:
                    self._work.change(model, item.id, **{name: None})

    def _destroy(self, model: type[Fields], id: UUID, *, counted: bool = True) -> None:
        self._work.destroy(model, id)
        self.gone[model.kind] += counted


def _others_named(model: type[Fields]) -> list[str]:
    """The fields that name another participant than the one whom a record is about. Merges come last, on their own."""
    if model is MergeFields:
        return []
    extras = ((name, info.json_schema_extra) for name, info in model.model_fields.items() if name != "participant_id")
    return [name for name, extra in extras if isinstance(extra, dict) and extra.get("refers") == "participant"]


def _hash(salt: str, participant_id: UUID) -> str:
    return hashlib.sha256(bytes.fromhex(salt) + participant_id.bytes).hexdigest()


def _administrators(work: Work) -> None:
    if work.actor.role != "administrator":
        raise NotAllowed("not_allowed", needs="administrator")
