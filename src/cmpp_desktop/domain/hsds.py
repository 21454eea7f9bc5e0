"""Organisations, services and places as Open Referral HSDS 3 has them (organization, service, location): the records.

They belong to everybody; nothing is ever deleted, because referrals name them.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from cmpp_desktop.domain.records import Compartment, Fields, Part, line, prose, refers


class HsdsPhone(Part):
    """A telephone number of an organization, service or location."""

    number: str = ""
    extension: str = ""
    type: str = ""
    description: str = ""


class HsdsAddress(Part):
    """An address of a location, with HSDS's names."""

    address_1: str = ""
    address_2: str = ""
    city: str = ""
    state_province: str = ""
    postal_code: str = ""
    country: str = ""
    address_type: str = ""


class HsdsSchedule(Part):
    """When something is open. `days`: MO…SU, in a month also "1MO" (the first Monday) and "-1FR" (the last Friday); hours as
    09:00; `valid_from`, `valid_to`: as the publisher writes days. `description`: what the publisher says of it in words."""

    days: list[str] = Field(default_factory=list)
    opens_at: str = ""
    closes_at: str = ""
    closed: bool = False
    valid_from: str = ""
    valid_to: str = ""
    description: str = ""
    notes: str = ""


class HsdsCost(Part):
    """What a service costs for whom. `amount` as written, `currency` in capitals."""

    option: str = ""
    amount: str = ""
    currency: str = ""
    amount_description: str = ""
    valid_from: str = ""
    valid_to: str = ""


class HsdsContact(Part):
    """Somebody to ask for."""

    name: str = ""
    title: str = ""
    department: str = ""
    email: str = ""
    phones: list[HsdsPhone] = Field(default_factory=list)


class HsdsOrganizationFields(Fields):
    """An organization that offers services. `hsds_id`: its id in the directory that it was read from."""

    kind: ClassVar[str] = "hsds_organization"
    compartment: ClassVar[Compartment] = "organisation"
    about: ClassVar[str] = ""

    hsds_id: str = line(200)
    name: str = Field(min_length=1, max_length=300)
    alternate_name: str = line(300)
    description: str = prose(20_000)
    email: str = line(200)
    website: str = line(500)
    phones: list[HsdsPhone] = Field(default_factory=list)
    source: str = line(200)  # which directory
    read_on: date | None = None
    active: bool = True  # False: the newest file of its directory does not have it


class HsdsServiceFields(Fields):
    """A service of an organization."""

    kind: ClassVar[str] = "hsds_service"
    compartment: ClassVar[Compartment] = "organisation"
    about: ClassVar[str] = ""

    organization_id: UUID = refers("hsds_organization", ...)
    hsds_id: str = line(200)
    name: str = Field(min_length=1, max_length=300)
    alternate_name: str = line(300)
    description: str = prose(20_000)
    status: str = line(20, "active")  # active, inactive, defunct, temporarily closed
    url: str = line(500)
    email: str = line(200)
    interpretation_services: str = line(1000)
    application_process: str = prose(10_000)
    fees_description: str = prose(4000)
    eligibility_description: str = prose(10_000)
    minimum_age: int | None = None
    maximum_age: int | None = None
    languages: list[str] = Field(default_factory=list)
    taxonomy_terms: list[str] = Field(default_factory=list)
    schedules: list[HsdsSchedule] = Field(default_factory=list)
    phones: list[HsdsPhone] = Field(default_factory=list)
    location_ids: list[UUID] = refers("hsds_location", [])
    source: str = line(200)
    read_on: date | None = None
    service_areas: list[str] = Field(default_factory=list)
    costs: list[HsdsCost] = Field(default_factory=list)
    required_documents: list[str] = Field(default_factory=list)
    contacts: list[HsdsContact] = Field(default_factory=list)
    alert: str = prose(4000)
    wait_time: str = line(500)
    assured_on: date | None = None  # when somebody last checked that it is right, as the publisher says
    updated_on: date | None = None  # when the publisher last wrote in it


class HsdsLocationFields(Fields):
    """A place where services are given."""

    kind: ClassVar[str] = "hsds_location"
    compartment: ClassVar[Compartment] = "organisation"
    about: ClassVar[str] = ""

    organization_id: UUID | None = refers("hsds_organization")
    hsds_id: str = line(200)
    name: str = line(300)
    description: str = prose(10_000)
    transportation: str = line(1000)
    latitude: str = line(30)  # decimal degrees as written; no floats in records
    longitude: str = line(30)
    addresses: list[HsdsAddress] = Field(default_factory=list)
    accessibility: list[str] = Field(default_factory=list)
    phones: list[HsdsPhone] = Field(default_factory=list)
    source: str = line(200)
    read_on: date | None = None
    languages: list[str] = Field(default_factory=list)
    schedules: list[HsdsSchedule] = Field(default_factory=list)
    active: bool = True
