"""Households: families are served together. `RegisterHousehold` is how somebody new comes into the programme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from cmpp_desktop.domain.cases import CaseOpening, open_case_for
from cmpp_desktop.domain.consent import ConsentGiven, record_consent_for
from cmpp_desktop.domain.participants import AddressFields, ContactRouteFields, ParticipantFields, flags_at, normal_phone
from cmpp_desktop.domain.records import BirthDate, Fields, PersonName, PostalAddress, coded, validated
from cmpp_desktop.domain.separations import each_once, kept_apart
from cmpp_desktop.domain.undo import Recorder
from cmpp_desktop.domain.work import Command, Done, Stored, Work
from cmpp_desktop.errors import Invalid
from cmpp_protocol.ids import derived_id


class HouseholdFields(Fields):
    """People who live, or are served, together. `name` is what the office calls them ("Tzoc household")."""

    kind: ClassVar[str] = "household"
    about: ClassVar[str] = ""

    name: str = Field(min_length=1, max_length=200)


class HouseholdMemberFields(Fields):
    """That somebody belongs to a household. Its id is derived (rule 13): two laptops that add the same person make one."""

    kind: ClassVar[str] = "household_member"

    household_id: UUID
    participant_id: UUID
    relationship: str = coded("relationship", "head")  # to the head
    primary_contact: bool = False
    since: date | None = None
    until: date | None = None
    left_reason: str | None = coded("left_household")


@dataclass(frozen=True)
class NewPerson:
    """Somebody who is registered: what is known on the first day. Everything but a name may be empty."""

    name: PersonName
    relationship: str = "head"
    preferred_name: str = ""
    native_name: str = ""
    aliases: tuple[str, ...] = ()
    pronunciation: str = ""
    birth_date: BirthDate | None = None
    gender: str | None = None
    country_of_birth: str | None = None
    nationality: str | None = None
    languages: tuple[str, ...] = ()
    interpreter_needed: bool = False
    a_number: str = ""
    phone: str = ""
    safe_contact: str = ""
    arrived_on: date | None = None
    accessibility: str = ""


@dataclass(frozen=True)
class RegisterHousehold(Command):
    """Consent first, then the people, their household, and a case for each who is enrolled (the head: people[0]).

    `case` None registers without enrolling. `Done.id` is the head's; `Done.more` holds household_id, participant_ids and
    case_ids in the order of `people`. Who declines (`case.state` "declined") is kept with as little as possible: the name,
    the languages and that they declined; no consent is needed for that, and there is no household.
    """

    people: tuple[NewPerson, ...]
    consent: ConsentGiven | None
    case: CaseOpening | None = None
    address: PostalAddress | None = None
    household_name: str = ""


@dataclass(frozen=True)
class AddHouseholdMember(Command):
    """Brings a participant who is already registered into a household. Raises Invalid: participant_id kept_apart; relationship
    has_a_head (`ChangeHead` puts another in their place)."""

    household_id: UUID
    participant_id: UUID
    relationship: str


def register_household(command: RegisterHousehold, work: Work) -> Done:
    if not command.people:
        raise Invalid(people="missing")
    if command.case is not None and command.case.state == "declined":
        return _register_declined(command.people, command.case, work)
    if command.consent is None:
        raise Invalid(scope="missing")
    ids = [_register(person, work) for person in command.people]
    name = command.household_name or command.people[0].name.family or command.people[0].name.given
    household_id = work.add(validated(HouseholdFields, name=name))
    for person, participant_id in zip(command.people, ids, strict=True):
        _join(household_id, participant_id, person.relationship, work, primary=participant_id == ids[0])
        if command.address is not None:
            # Since when they live there was not asked: a first address starts no deadline, and a move from it does.
            work.add(validated(AddressFields, participant_id=participant_id, address=command.address))
        record_consent_for(participant_id, command.consent, work)
    cases = [] if command.case is None else [open_case_for(participant_id, command.case, work) for participant_id in ids]
    return Done(ids[0], more={"household_id": household_id, "participant_ids": tuple(ids), "case_ids": tuple(cases)})


def _register_declined(people: Sequence[NewPerson], opening: CaseOpening, work: Work) -> Done:
    """Declining is an outcome: it is counted, and nothing else is kept of it."""
    ids, cases = [], []
    for person in people:
        least = NewPerson(person.name, languages=person.languages, interpreter_needed=person.interpreter_needed)
        ids.append(_register(least, work))
        cases.append(open_case_for(ids[-1], opening, work))
    return Done(ids[0], more={"household_id": None, "participant_ids": tuple(ids), "case_ids": tuple(cases)})


def _register(person: NewPerson, work: Work) -> UUID:
    participant_id = work.add(
        validated(
            ParticipantFields,
            legal_name=person.name,
            preferred_name=person.preferred_name,
            native_name=person.native_name,
            aliases=list(person.aliases),
            pronunciation=person.pronunciation,
            birth_date=person.birth_date,
            gender=person.gender,
            country_of_birth=person.country_of_birth,
            nationality=person.nationality,
            languages=list(person.languages),
            interpreter_needed=person.interpreter_needed,
            a_number=person.a_number,
            safe_contact=person.safe_contact,
            arrived_on=person.arrived_on,
            accessibility=person.accessibility,
            flags=flags_at((), person.birth_date, work.today),
        )
    )
    if person.phone.strip():
        route = validated(ContactRouteFields, participant_id=participant_id, value=normal_phone(person.phone), preferred=True)
        work.add(route)
    return participant_id


def _join(household_id: UUID, participant_id: UUID, relationship: str, work: Work, *, primary: bool) -> UUID:
    """Makes somebody a member; who had left comes back."""
    member = validated(
        HouseholdMemberFields,
        household_id=household_id,
        participant_id=participant_id,
        relationship=relationship,
        primary_contact=primary,
        since=work.today,
    )
    id = work.add(member, id=member_id(household_id, participant_id))
    if work.get(HouseholdMemberFields, id).fields.until is not None:
        back = {"relationship": relationship, "since": work.today, "until": None, "left_reason": None}
        work.change(HouseholdMemberFields, id, **back)
    return id


def member_id(household_id: UUID, participant_id: UUID) -> UUID:
    """The derived id of somebody's membership of a household."""
    return derived_id("household_member", household_id, participant_id.hex)


def add_household_member(command: AddHouseholdMember, work: Work) -> Done:
    work.get(HouseholdFields, command.household_id)
    work.get(ParticipantFields, command.participant_id)
    recorder = Recorder(work)
    there = {item.fields.participant_id: item.fields.relationship for item in members(command.household_id, work)}
    if kept_apart(command.participant_id, work) & there.keys():
        raise Invalid(participant_id="kept_apart")
    if command.relationship == "head" and "head" in {there[id] for id in there if id not in work.same(command.participant_id)}:
        raise Invalid(relationship="has_a_head")
    if already := memberships(command.household_id, command.participant_id, work):  # or another id of who was merged is
        return Done(already[0].id, recorder.undo(already[0].id))
    joined = _join(command.household_id, command.participant_id, command.relationship, recorder, primary=False)
    return Done(joined, recorder.undo(joined))


def members(household_id: UUID, work: Work) -> Sequence[Stored[HouseholdMemberFields]]:
    """Who belongs to a household now."""
    return work.find(HouseholdMemberFields, household_id=household_id, until=None)


def memberships(household_id: UUID, participant_id: UUID, work: Work) -> Sequence[Stored[HouseholdMemberFields]]:
    """Somebody's own of a household now: none, one, or of somebody who was registered in it twice several."""
    return work.find(HouseholdMemberFields, household_id=household_id, participant_id=participant_id, until=None)


def household_of(participant_id: UUID, work: Work) -> list[UUID]:
    """The ids of everybody who shares a household with the participant now, the participant included, each person once; nobody
    from whom they are kept apart."""
    apart = kept_apart(participant_id, work)
    there = [
        other.fields.participant_id
        for membership in work.find(HouseholdMemberFields, participant_id=participant_id, until=None)
        for other in members(membership.fields.household_id, work)
    ]
    return list(each_once((participant_id, *(id for id in there if id not in apart)), work))
