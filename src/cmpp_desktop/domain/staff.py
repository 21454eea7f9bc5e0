"""Staff, teams and the organisation: the names behind the opaque ids of the roster."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from cmpp_desktop.domain.codes import CODE, RULED_LISTS, CodeEntryFields
from cmpp_desktop.domain.entries import Plain
from cmpp_desktop.domain.records import Compartment, Fields, Money, PostalAddress, coded, line, refers, validated
from cmpp_desktop.domain.work import Command, Done, Work
from cmpp_desktop.errors import Invalid, NotAllowed
from cmpp_desktop.words import load_codes, zone_of


class OrganisationFields(Fields):
    """The provider itself. There is one, with a derived id."""

    kind: ClassVar[str] = "organisation"
    compartment: ClassVar[Compartment] = "organisation"
    about: ClassVar[str] = ""

    name: str = Field(min_length=1, max_length=200)
    confidentiality: str = Field(default="", max_length=500)  # the footer of every paper; "" takes the usual sentence
    zone: str = "America/New_York"
    lock_after_minutes: int = Field(default=10, ge=1, le=120)


class TeamFields(Fields):
    """A team has one caseload and one restricted collection; its id is named by the roster's collections."""

    kind: ClassVar[str] = "team"
    compartment: ClassVar[Compartment] = "organisation"
    about: ClassVar[str] = ""

    name: str = Field(min_length=1, max_length=200)
    site: str = Field(default="", max_length=100)


class StaffMemberFields(Fields):
    """Somebody who works here. The record's id is the member id of the roster; rights come from the roster alone."""

    kind: ClassVar[str] = "staff_member"
    compartment: ClassVar[Compartment] = "organisation"
    about: ClassVar[str] = ""

    name: str = Field(min_length=1, max_length=200)
    role: str = coded("role", "caseworker")
    team_id: UUID | None = None
    title: str = Field(default="", max_length=100)
    languages: list[str] = coded("language", [])
    phone: str = Field(default="", max_length=50)
    active: bool = True


class SiteFields(Fields):
    """A place where the organisation works."""

    kind: ClassVar[str] = "site"
    compartment: ClassVar[Compartment] = "organisation"
    about: ClassVar[str] = ""

    name: str = Field(min_length=1, max_length=100)
    address: PostalAddress | None = None
    phone: str = line(50)


class AwardFields(Fields):
    """A grant or subaward out of which work is paid. Other records name it by `number`."""

    kind: ClassVar[str] = "award"
    compartment: ClassVar[Compartment] = "organisation"
    about: ClassVar[str] = ""

    number: str = Field(min_length=1, max_length=50)
    name: str = line(200)
    funder: str = line(200)
    starts_on: date | None = None
    ends_on: date | None = None
    final_report_on: date | None = None  # of the final financial report: from then on retention is counted
    years_kept: int = Field(default=3, ge=3, le=100)
    cost_categories: list[str] = coded("cost_category", [])
    # What may be given out of it as direct assistance from its first to its last day: to one participant, and in all.
    assistance_each: Money | None = None
    assistance_most: Money | None = None


class MeasurePackFields(Fields):
    """The measures that reports are made by, as data: the whole text of the pack."""

    kind: ClassVar[str] = "measure_pack"
    compartment: ClassVar[Compartment] = "organisation"
    about: ClassVar[str] = ""

    pack_id: str = Field(min_length=1, max_length=100)
    version: str = Field(min_length=1, max_length=50)
    source: str
    accepted_on: date | None = None
    accepted_by: UUID | None = refers("staff_member")


class DeviceNameFields(Fields):
    """What people call a laptop ("Blue ThinkPad"). Derived id from the device id."""

    kind: ClassVar[str] = "device_name"
    compartment: ClassVar[Compartment] = "organisation"
    about: ClassVar[str] = ""

    device_id: str = Field(min_length=64, max_length=64)  # hex
    name: str = Field(min_length=1, max_length=100)
    member_id: UUID


@dataclass(frozen=True)
class NameOrganisation(Command):
    """`zone`: IANA name of the zone in which its days begin; `lock_after_minutes`: 1 to 120; `confidentiality`: the line below
    every paper, "" for the usual one. None leaves each as it is (a new one: the usual). Raises Invalid."""

    organisation_id: UUID
    name: str
    zone: str | None = None
    lock_after_minutes: int | None = None
    confidentiality: str | None = None


@dataclass(frozen=True)
class NameTeam(Command):
    """Raises Invalid(name): missing, already_there when another team is called so."""

    team_id: UUID
    name: str


@dataclass(frozen=True)
class NameStaffMember(Command):
    """Writes or changes the staff record of a member of the roster."""

    member_id: UUID
    name: str
    role: str
    team_id: UUID | None
    title: str = ""


@dataclass(frozen=True)
class NameDevice(Command):
    record_id: UUID
    device_id: str
    name: str
    member_id: UUID


def name_organisation(command: NameOrganisation, work: Work) -> Done:
    _only(work, "administrator")
    given = {
        "name": command.name,
        "zone": command.zone,
        "lock_after_minutes": command.lock_after_minutes,
        "confidentiality": command.confidentiality,
    }
    values = {name: value for name, value in given.items() if value is not None}
    if command.zone is not None and zone_of(command.zone).key != command.zone:
        raise Invalid(zone="unknown_time_zone")
    if any(item.id == command.organisation_id for item in work.find(OrganisationFields)):
        work.change(OrganisationFields, command.organisation_id, **values)
        return Done(command.organisation_id)
    return Done(work.add(validated(OrganisationFields, **values), id=command.organisation_id))


def name_team(command: NameTeam, work: Work) -> Done:
    _only(work, "administrator")
    name, teams = command.name.strip(), {item.id: item.fields.name for item in work.find(TeamFields)}
    if any(known.casefold() == name.casefold() for id, known in teams.items() if id != command.team_id):
        raise Invalid(name="already_there")
    if command.team_id in teams:
        work.change(TeamFields, command.team_id, name=name)
        return Done(command.team_id, NameTeam(command.team_id, teams[command.team_id]))
    return Done(work.add(validated(TeamFields, name=name), id=command.team_id))


def name_staff_member(command: NameStaffMember, work: Work) -> Done:
    _only(work, "administrator")
    values = {"name": command.name, "role": command.role, "team_id": command.team_id, "title": command.title}
    if any(item.id == command.member_id for item in work.find(StaffMemberFields)):
        work.change(StaffMemberFields, command.member_id, **values)
        return Done(command.member_id)
    return Done(work.add(validated(StaffMemberFields, **values), id=command.member_id))


def name_device(command: NameDevice, work: Work) -> Done:
    if command.member_id != work.actor.member_id:
        _only(work, "administrator")
    record = validated(DeviceNameFields, device_id=command.device_id, name=command.name, member_id=command.member_id)
    if any(item.id == command.record_id for item in work.find(DeviceNameFields)):
        work.change(DeviceNameFields, command.record_id, name=command.name)
        return Done(command.record_id)
    return Done(work.add(record, id=command.record_id))


def _only(work: Work, *roles: str) -> None:
    if work.actor.role not in roles:
        raise NotAllowed("not_allowed", needs=roles[0])


def award_of(number: str, work: Work) -> AwardFields | None:
    """The award of that number; None where the organisation has written down none at all yet, and any number is taken.

    Raises Invalid award not_valid when there are awards and it is none of them."""
    found = work.find(AwardFields, number=number)
    if found:
        return found[0].fields
    if work.find(AwardFields):
        raise Invalid(award="not_valid")
    return None


def works_here(staff_id: UUID, work: Work) -> bool:
    """Whether somebody is still of the staff; who is not written down here yet is taken to be."""
    found = [item for item in work.find(StaffMemberFields) if item.id == staff_id]
    return all(item.fields.active for item in found)


def check_works_here(staff_id: UUID, name: str, work: Work) -> None:
    """Raises Invalid left_us, of the field `name`, for somebody to whom nothing can be given any more."""
    if not works_here(staff_id, work):
        raise Invalid(**{name: "left_us"})


def _check_award(award: AwardFields, work: Work) -> None:
    if award.starts_on is not None and award.ends_on is not None and award.ends_on < award.starts_on:
        raise Invalid(ends_on="before_start")
    if award.final_report_on is not None and award.starts_on is not None and award.final_report_on < award.starts_on:
        raise Invalid(final_report_on="before_start")
    limits = {"assistance_each": award.assistance_each, "assistance_most": award.assistance_most}
    wrong = [name for name, limit in limits.items() if limit is not None and limit.amount <= 0]
    if wrong:
        raise Invalid(**dict.fromkeys(wrong, "not_an_amount"))


def _check_code_entry(entry: CodeEntryFields, work: Work) -> None:
    """A new code needs a name; for one of the program's own lists it may bring names, or only its last day."""
    lists = load_codes()
    if entry.list_id not in lists or entry.list_id in RULED_LISTS:
        raise Invalid(list_id="not_valid")
    if not CODE.fullmatch(entry.code):
        raise Invalid(code="not_valid")
    if entry.code not in lists[entry.list_id] and not any(name.strip() for name in entry.names.values()):
        raise Invalid(names="missing")
    if entry.since is not None and entry.retired_on is not None and entry.retired_on < entry.since:
        raise Invalid(retired_on="before_start")


PLAIN = (
    Plain(SiteFields, writers=("administrator",), unique=("name",)),
    Plain(AwardFields, check=_check_award, writers=("administrator",), unique=("number",)),
    Plain(CodeEntryFields, check=_check_code_entry, writers=("administrator",), unique=("list_id", "code")),
)
