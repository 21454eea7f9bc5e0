"""A directory of invented organisations, a file of one that has mistakes, and three caseloads."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from cmpp_desktop.domain.caseload import CarriedAnswer, CarriedCase, CarriedCases, Caseload, CaseloadRow
from cmpp_desktop.domain.consent import ConsentCheck, Verdict
from cmpp_desktop.domain.directory import (
    Counted,
    DirectoriesHeld,
    DirectoryAnswer,
    DirectoryHeld,
    DirectoryOrganization,
    DirectoryPlan,
    DirectorySearch,
    DirectoryService,
    OrganizationRow,
    OrganizationView,
    Problem,
    ServiceRow,
    ServiceView,
)
from cmpp_desktop.domain.hsds import (
    HsdsAddress,
    HsdsContact,
    HsdsCost,
    HsdsLocationFields,
    HsdsOrganizationFields,
    HsdsPhone,
    HsdsSchedule,
    HsdsServiceFields,
)
from tests.ui.samples.basis import ANA, DENISE, LEON, LUCIA, MARISELA, MATEO, TODAY, stored, uid

BIRCH, CEDAR = uid("birch"), uid("cedar")
COUNSELLING, FOOD, CLASSES = uid("counselling"), uid("food boxes"), uid("classes")


def _organization(name: str, **more: Any) -> HsdsOrganizationFields:
    return HsdsOrganizationFields(name=name, hsds_id=name, source="County 211", read_on=date(2026, 11, 3), **more)


ORGANIZATIONS = {
    BIRCH: _organization(
        "Birch Street Clinic", alternate_name="Clínica Birch", description="A clinic of the neighbourhood since 1974.",
        website="https://birch.example", phones=[HsdsPhone(number="216-555-0110")],
    ),
    CEDAR: _organization("Cedar Street Food Pantry", phones=[HsdsPhone(number="216-555-0199")]),
}  # fmt: skip
HALL = HsdsLocationFields(
    name="Birch Street Clinic", hsds_id="l1", source="County 211", transportation="Bus 4, stop Birch Street",
    addresses=[HsdsAddress(address_1="212 Birch Street", city="Newbridge", state_province="OH", postal_code="44101")],
    accessibility=["Wheelchairs on all floors"],
)  # fmt: skip
SERVICES = {
    COUNSELLING: HsdsServiceFields(
        organization_id=BIRCH, hsds_id="s1", name="Counselling", source="County 211", read_on=date(2026, 11, 3),
        description="Talks with a trained counsellor, alone or in a group, for people who live with worry, grief or what they "
        "went through on the way here.",
        eligibility_description="Whoever lives in the county, with or without papers.", minimum_age=12,
        languages=["es", "ar", "quc"], interpretation_services="By telephone for all other languages",
        application_process="Ring the reception or come by. The first talk is within two weeks.",
        phones=[HsdsPhone(number="216-555-0110", extension="7", description="Reception")],
        schedules=[
            HsdsSchedule(days=["MO", "TU", "TH"], opens_at="09:00", closes_at="17:00"),
            HsdsSchedule(days=["1SA"], opens_at="10:00", closes_at="12:00", description="Children only"),
        ],
        costs=[HsdsCost(option="Under 18", amount="0", currency="USD"), HsdsCost(option="Adults", amount="10", currency="USD")],
        required_documents=["Any paper with your name"], wait_time="Two weeks", taxonomy_terms=["Mental health"],
        contacts=[HsdsContact(name="Ann Persona", title="Reception", email="hello@birch.example")],
        url="https://birch.example/talk", service_areas=["Cuyahoga County"], location_ids=[uid("hall")],
        assured_on=date(2026, 6, 1),
    ),
    FOOD: HsdsServiceFields(
        organization_id=CEDAR, hsds_id="s2", name="Food boxes", source="County 211", read_on=date(2026, 11, 3),
        description="Boxes on Fridays, for whoever asks.", taxonomy_terms=["Food"], languages=["es"], assured_on=date(2024, 5, 2),
    ),
    CLASSES: HsdsServiceFields(
        organization_id=BIRCH, hsds_id="s3", name="Classes for parents", source="County 211", read_on=date(2026, 11, 3),
        taxonomy_terms=["Families"], languages=["en", "es"],
    ),
}  # fmt: skip


def _row(id: UUID) -> ServiceRow:
    fields = SERVICES[id]
    owner = ORGANIZATIONS[fields.organization_id]
    place = "212 Birch Street, Newbridge, OH 44101" if fields.location_ids else ""
    return ServiceRow(
        id, fields.organization_id, fields.name, owner.name, fields.description, tuple(fields.taxonomy_terms),
        tuple(fields.languages), place, owner.phones[0].number, fields.status,
    )  # fmt: skip


def search(asked: DirectorySearch) -> DirectoryAnswer:
    """By any part of the name of a service or its organisation, and by kind."""
    text = asked.text.casefold()
    rows = [_row(id) for id in SERVICES]
    found = [
        one for one in rows
        if (text in one.name.casefold() or text in one.organization.casefold())
        and (not asked.type or asked.type in one.types)
        and (not asked.language or asked.language in one.languages)
    ]  # fmt: skip
    count = Counter(row.organization_id for row in rows)
    offered = [
        OrganizationRow(id, fields.name, fields.description, fields.phones[0].number, count[id])
        for id, fields in ORGANIZATIONS.items()
        if text and text in fields.name.casefold()
    ]
    page = tuple(found[asked.offset : asked.offset + asked.limit])
    kinds = ("Families", "Food", "Mental health")
    return DirectoryAnswer(page, len(found), kinds, ("ar", "en", "es", "quc"), ("Newbridge",), tuple(offered), len(rows))


def service(asked: DirectoryService) -> ServiceView:
    fields = SERVICES[asked.service_id]
    owner = stored(ORGANIZATIONS[fields.organization_id], "owner")
    there = (stored(HALL, "hall"),) if fields.location_ids else ()
    return ServiceView(
        replace(stored(fields, "service"), id=asked.service_id), replace(owner, id=fields.organization_id), there
    )


def organization(asked: DirectoryOrganization) -> OrganizationView:
    found = replace(stored(ORGANIZATIONS[asked.organization_id], "owner"), id=asked.organization_id)
    offered = [(id, one.name, one.status) for id, one in SERVICES.items() if one.organization_id == asked.organization_id]
    return OrganizationView(found, tuple(offered), (stored(HALL, "hall"),) if asked.organization_id == BIRCH else ())


PLAN = DirectoryPlan(Counted(4, 2, 31, 1), Counted(9, 0, 40, 0), Counted(12, 3, 97, 4), (), 0, True)
MISTAKES = (
    Problem("services.csv", 14, "name", "missing"),
    Problem("services.csv", 88, "organization_id", "unknown_reference"),
    Problem("services.csv", 102, "", "too_many_cells"),
    Problem("services.csv", 12, "minimum_age", "not_valid", False),
    Problem("locations.csv", 3, "description", "shortened", False),
)
WRONG = DirectoryPlan(Counted(4, 2, 31, 1), Counted(9, 0, 40, 0), Counted(9, 3, 12, 86), MISTAKES, 3, True)


def a_row(id: UUID | None, name: str, cases: int, weight: int, **more: Any) -> CaseloadRow:
    zero: dict[str, Any] = {
        "minors": 0, "hearings": 0, "overdue_tasks": 0, "plans_to_review": 0, "without_contact": 0, "ending_consents": 0,
        "by_risk": {"": cases}, "by_support": {"": cases},
    }  # fmt: skip
    return CaseloadRow(id, name, "Team North" if id else "", cases, weight, **(zero | more))


def caseload(asked: Caseload) -> tuple[CaseloadRow, ...]:
    return (
        a_row(LEON, "Leon Brandt", 31, 412, hearings=9, overdue_tasks=4, dates_open=2, without_contact=7, plans_to_review=3,
              minors=6, ending_consents=2, unsigned_notes=5, by_risk={"high": 4, "medium": 6, "": 21}),
        a_row(ANA, "Ana Marroquín", 23, 281, hearings=3, overdue_tasks=1, without_contact=2, minors=4, unsigned_notes=1,
              by_risk={"high": 1, "medium": 3, "": 19}),
        a_row(DENISE, "Denise Okafor", 0, 0),
        a_row(None, "", 2, 20, without_contact=2),
    )  # fmt: skip


def carried(asked: CarriedCases) -> CarriedAnswer:
    seen = date(2026, 11, 18)
    rows = (
        CarriedCase(uid("case of Marisela"), MARISELA, "Marisela Tzoc", "active", "high", "", 18, seen),
        CarriedCase(uid("case of Mateo"), MATEO, "Mateo Tzoc", "active", "", "", 10, None),
        CarriedCase(uid("case of Lucía"), LUCIA, "Lucía Tzoc", "active", "", "", 10, TODAY),
    )
    return CarriedAnswer(rows, 3)


def answers() -> dict[type[Any], Any]:
    """What a door answers about all of it."""
    return {
        DirectorySearch: search,
        DirectoryService: service,
        DirectoryOrganization: organization,
        DirectoriesHeld: (DirectoryHeld("County 211", 112, 37, date(2026, 11, 3)),),
        Caseload: caseload,
        CarriedCases: carried,
        ConsentCheck: Verdict(None, "recipient"),
    }


def no_answers() -> dict[type[Any], Any]:
    """The same where nothing was written yet."""
    return {DirectorySearch: DirectoryAnswer((), 0, (), (), ()), DirectoriesHeld: (), Caseload: ()}
