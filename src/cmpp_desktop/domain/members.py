"""What happens in a household over time: another head, somebody leaves, somebody comes of age, two must be kept apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from cmpp_desktop.domain.consent import ConsentGiven, record_consent_for
from cmpp_desktop.domain.households import (
    HouseholdFields,
    HouseholdMemberFields,
    household_of,
    member_id,
    members,
    memberships,
)
from cmpp_desktop.domain.merges import change_shown, shown
from cmpp_desktop.domain.participants import ADULT_AT, AddContactRoute, AddressFields, ParticipantFields, add_contact_route, age
from cmpp_desktop.domain.records import BirthDate, validated
from cmpp_desktop.domain.separations import each_once, keep_apart
from cmpp_desktop.domain.tasks import TaskFields
from cmpp_desktop.domain.undo import Recorder
from cmpp_desktop.domain.work import Command, Done, Question, Work
from cmpp_desktop.errors import Invalid
from cmpp_protocol.ids import derived_id

_CHILDREN = ("son", "daughter", "child")
_PARTNERS = ("spouse", "partner")


@dataclass(frozen=True)
class ChangeHead(Command):
    """Another head of the household. `relationships`: to the new head, by participant, and never "head"; who is not in it is
    worked out from what they were to the old one (`relation_to_new_head`)."""

    household_id: UUID
    participant_id: UUID
    relationships: Mapping[UUID, str] = field(default_factory=dict)
    primary_contact: bool = True


@dataclass(frozen=True)
class LeaveHousehold(Command):
    """Somebody leaves (`reason`: code list left_household). When the head leaves and several stay, `new_head_id` says who
    is the head then. When the one who is called first leaves, it is the head who is called first. Raises Invalid: until
    in_future, before_start; participant_id not_a_member; new_head_id missing, not_yourself, not_a_member."""

    household_id: UUID
    participant_id: UUID
    reason: str = "moved_out"
    until: date | None = None
    new_head_id: UUID | None = None


@dataclass(frozen=True)
class SeparateMembers(Command):
    """Keeps participants safe from another one: neither is shown in the other's record from then on.

    `with_ids` are kept safe too (the children who go along). Who leaves the household: `from_leaves` True: the other one;
    False: those who are kept safe, who become a household of their own. The addresses of those kept safe that are in force
    become confidential. `Done.more`: separation_ids, household_id of those kept safe.
    """

    participant_id: UUID
    from_id: UUID
    with_ids: tuple[UUID, ...] = ()
    from_leaves: bool = True
    since: date | None = None
    note: str = ""


@dataclass(frozen=True)
class BecameAdult(Command):
    """Somebody turned 18: no longer a minor, and a task to get consent and papers of their own. Derived, so that it is made
    once; nothing makes it by the clock: Today says who it is due for (`ComingOfAge`).

    `consent`: what they agree to themselves; `routes`: (code list contact_route, number or address) by which they are reached
    themselves; `own_household`: they are the head of a household of their own from now on; `settled`: nothing is left to be
    done, so the task is there as done.
    """

    participant_id: UUID
    due_on: date | None = None
    consent: ConsentGiven | None = None
    routes: tuple[tuple[str, str], ...] = ()
    own_household: bool = False
    settled: bool = False


@dataclass(frozen=True, slots=True)
class OfAge:
    """Somebody who turned 18 and for whom that has not been followed up."""

    participant_id: UUID
    participant: str
    birth_date: BirthDate
    turned_on: date


@dataclass(frozen=True, slots=True)
class ComingOfAge(Question[tuple[OfAge, ...]]):
    """Who turned 18 in the year before `day` (or will within `ahead` days), has not left, and has no task of that."""

    day: date
    mine: bool = True
    ahead: int = 0


@dataclass(frozen=True, slots=True)
class Companion:
    """Somebody of a household who can be served together with another."""

    participant_id: UUID
    name: str
    relationship: str
    birth_date: BirthDate | None
    adult: bool
    primary_contact: bool


@dataclass(frozen=True, slots=True)
class HouseholdView:
    """A household as one member's page shows it: that member first. Nobody from whom the member is kept apart is in it.
    `address_shared`: those who live at the member's address now, as far as no address is confidential."""

    household_id: UUID | None
    members: tuple[Companion, ...]
    address_shared: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class HouseholdOf(Question[HouseholdView]):
    """For everything that can be done for several people at once. Raises record_missing."""

    participant_id: UUID
    day: date


def relation_to_new_head(new_head_was: str, other_was: str) -> str:
    """What somebody is to the new head, from what both were to the old one ("head" for the old head)."""
    if new_head_was == "head":
        return "other_relative" if other_was == "head" else other_was
    if new_head_was in _PARTNERS:
        if other_was == "head":
            return new_head_was
        return other_was if other_was in _CHILDREN else "other_relative"
    if new_head_was in _CHILDREN:
        known = {"head": "parent", "spouse": "parent", "partner": "parent", "parent": "grandparent"}
        return "sibling" if other_was in _CHILDREN else known.get(other_was, _farther(other_was))
    if new_head_was == "parent":
        if other_was in _CHILDREN:
            return "other_relative"
        return {"head": "child", "sibling": "child", "parent": "spouse"}.get(other_was, _farther(other_was))
    if new_head_was == "sibling":
        return {"head": "sibling", "sibling": "sibling", "parent": "parent"}.get(other_was, _farther(other_was))
    return "not_related" if "not_related" in (new_head_was, other_was) else "other_relative"


def _farther(relationship: str) -> str:
    return "not_related" if relationship == "not_related" else "other_relative"


def change_head(command: ChangeHead, work: Work) -> Done:
    recorder = Recorder(work)
    _set_head(command.household_id, command.participant_id, command.relationships, recorder, command.primary_contact)
    return Done(command.household_id, recorder.undo(command.household_id))


def _set_head(
    household_id: UUID, head_id: UUID, relationships: Mapping[UUID, str], work: Work, primary_contact: bool = True
) -> None:
    own = sorted(memberships(household_id, head_id, work), key=lambda item: item.fields.participant_id != head_id)
    if not own:
        raise Invalid(participant_id="not_a_member")
    same = work.same(head_id)
    if any(relation == "head" for id, relation in relationships.items() if id not in same):
        raise Invalid(relationships="has_a_head")
    head, was = own[0].id, own[0].fields.relationship
    for item in members(household_id, work):
        named = (relationships[id] for id in work.same(item.fields.participant_id) if id in relationships)
        relation = next(named, "") or relation_to_new_head(was, item.fields.relationship)
        values: dict[str, object] = {"relationship": "head" if item.id == head else relation}
        if primary_contact:
            values["primary_contact"] = item.id == head
        work.change(HouseholdMemberFields, item.id, **values)


def leave_household(command: LeaveHousehold, work: Work) -> Done:
    recorder = Recorder(work)
    _leave(command.household_id, command.participant_id, command.reason, command.until, command.new_head_id, recorder)
    return Done(command.household_id, recorder.undo(command.household_id))


def _leave(
    household_id: UUID,
    participant_id: UUID,
    reason: str,
    until: date | None,
    new_head_id: UUID | None,
    work: Work,
    *,
    clamp: bool = False,
) -> None:
    """`clamp`: a day before they came is taken as that day. Who was merged leaves under each of their ids."""
    leaving = memberships(household_id, participant_id, work)
    if not leaving:
        raise Invalid(participant_id="not_a_member")
    day = until or work.today
    if day > work.today:
        raise Invalid(until="in_future")
    if new_head_id in work.same(participant_id):
        raise Invalid(new_head_id="not_yourself")
    days = {item.id: _leaves_on(item.fields.since, day, clamp=clamp) for item in leaving}
    others = [item for item in members(household_id, work) if item.id not in days]
    staying = each_once((item.fields.participant_id for item in others), work)
    was_head = next((item.fields for item in leaving if item.fields.relationship == "head"), None)
    if was_head is not None and staying:
        head = new_head_id or (staying[0] if len(staying) == 1 else None)
        if head is None:
            raise Invalid(new_head_id="missing")
        if not memberships(household_id, head, work):
            raise Invalid(new_head_id="not_a_member")
        _set_head(household_id, head, {}, work, primary_contact=was_head.primary_contact)
    elif any(item.fields.primary_contact for item in leaving):
        for item in others:
            if item.fields.relationship == "head":
                work.change(HouseholdMemberFields, item.id, primary_contact=True)
    for id, left_on in days.items():
        work.change(HouseholdMemberFields, id, until=left_on, left_reason=reason, primary_contact=False)


def _leaves_on(since: date | None, day: date, *, clamp: bool) -> date:
    if since is None or day >= since:
        return day
    if not clamp:
        raise Invalid(until="before_start")
    return since


def separate_members(command: SeparateMembers, work: Work) -> Done:
    recorder = Recorder(work)
    safe = each_once((command.participant_id, *command.with_ids), work)
    if command.from_id in safe:
        raise Invalid(from_id="not_valid")
    if set(safe) & set(work.same(command.from_id)):
        raise Invalid(from_id="same_person")  # they were merged by mistake: first they have to be two people again
    since = command.since or work.today
    if since > work.today:
        raise Invalid(since="in_future")
    shared = _shared_households(command.participant_id, command.from_id, work)
    for household_id in shared:
        if command.from_leaves:
            _leave(household_id, command.from_id, "safety", since, command.participant_id, recorder, clamp=True)
    home = shared[0] if shared and command.from_leaves else _own_household(safe, shared, since, recorder)
    made = [keep_apart(person, command.from_id, since, command.note, home, recorder) for person in safe]
    for person in safe:
        for item in recorder.find(AddressFields, participant_id=person, until=None, confidential=False):
            recorder.change(AddressFields, item.id, confidential=True)
    recorder.audit("separated", "separation", made[0], people=len(safe))
    return Done(made[0], recorder.undo(made[0]), {"separation_ids": tuple(made), "household_id": home})


def _shared_households(one: UUID, other: UUID, work: Work) -> list[UUID]:
    homes = [item.fields.household_id for item in work.find(HouseholdMemberFields, participant_id=one, until=None)]
    theirs = {item.fields.household_id for item in work.find(HouseholdMemberFields, participant_id=other, until=None)}
    return [home for home in dict.fromkeys(homes) if home in theirs]


def _own_household(
    safe: Sequence[UUID], shared: list[UUID], since: date, work: Work, reason: str = "safety"
) -> UUID | None:
    """Those who are kept safe leave, and are a household of their own. None when they shared no household."""
    if not shared:
        return None
    head = safe[0]
    was = {id: _relationship(shared[0], id, work) for id in safe}
    for household_id in shared:
        for person in safe:
            if not memberships(household_id, person, work):
                continue
            going = {same for id in safe for same in work.same(id)}
            there = (item.fields.participant_id for item in members(household_id, work))
            new_head = next((id for id in there if id not in going), None)
            _leave(household_id, person, reason, since, new_head, work, clamp=True)
    first = work.get(ParticipantFields, head)
    name = first.fields.legal_name.family or first.fields.legal_name.given
    home = work.add(validated(HouseholdFields, name=name), team_id=first.team_id)
    for person in safe:
        relation = "head" if person == head else relation_to_new_head(was[head], was[person])
        member = validated(
            HouseholdMemberFields,
            household_id=home,
            participant_id=person,
            relationship=relation,
            primary_contact=person == head,
            since=since,
        )
        work.add(member, id=member_id(home, person), team_id=first.team_id)
    return home


def _relationship(household_id: UUID, participant_id: UUID, work: Work) -> str:
    there = memberships(household_id, participant_id, work)
    return there[0].fields.relationship if there else "other_relative"


def became_adult(command: BecameAdult, work: Work) -> Done:
    recorder = Recorder(work)
    person = work.get(ParticipantFields, command.participant_id)
    known = shown(person.id, work)
    years = age(known.birth_date, work.today)
    if years is None or years < ADULT_AT:
        raise Invalid(birth_date="not_of_age")
    if "minor" in known.flags:
        change_shown(person.id, {"flags": [flag for flag in known.flags if flag != "minor"]}, recorder)
    for route, value in command.routes:
        add_contact_route(AddContactRoute(person.id, value, route), recorder)
    if command.consent is not None:
        record_consent_for(person.id, command.consent, recorder)
    if command.own_household:
        _own_household([person.id], _homes_with_others(person.id, work), work.today, recorder, "moved_out")
    task = validated(
        TaskFields,
        participant_id=person.id,
        title_code="turned_adult",
        subject_kind="participant",
        subject_id=person.id,
        due_on=command.due_on or work.today,
        assigned_to=work.actor.staff_id,
        done_at=work.now if command.settled else None,
        done_by=work.actor.staff_id if command.settled else None,
    )
    made = recorder.add(task, id=turned_adult_id(person.id), team_id=person.team_id)
    return Done(person.id, recorder.undo(person.id), {"task_id": made, "household": tuple(household_of(person.id, work))})


def _homes_with_others(participant_id: UUID, work: Work) -> list[UUID]:
    homes = [item.fields.household_id for item in work.find(HouseholdMemberFields, participant_id=participant_id, until=None)]
    same = work.same(participant_id)
    return [
        home
        for home in dict.fromkeys(homes)
        if any(item.fields.participant_id not in same for item in members(home, work))
    ]


def turned_adult_id(participant_id: UUID) -> UUID:
    """The derived id of the task that somebody's eighteenth birthday makes."""
    return derived_id("task", participant_id, "turned_adult")
