"""Families for the stories of the domain: registered in memory, with what most stories need to know of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from cmpp_desktop.domain.cases import CaseFields, CaseOpening
from cmpp_desktop.domain.consent import ConsentGiven
from cmpp_desktop.domain.households import HouseholdMemberFields, NewPerson, RegisterHousehold
from cmpp_desktop.domain.records import BirthDate, PersonName, PostalAddress
from cmpp_desktop.domain.work import Command, Done
from tests.unit.domain.memory import MemoryWork

OLD_HOME = PostalAddress(line1="1 Old Rd", city="Newbridge", state="IL")
NEW_HOME = PostalAddress(line1="61 Alder St", city="Newbridge", state="IL")
TODAY = date(2026, 11, 24)


@dataclass(frozen=True)
class Family:
    """`people` in the order in which they were registered: the head first."""

    people: tuple[UUID, ...]
    household: UUID
    cases: tuple[UUID, ...]


def tzoc(work: MemoryWork, **more: Any) -> Family:
    """Marisela, her husband Elias, their children Mateo (15) and Lucía (9), enrolled today."""
    return registered(
        work,
        ("Marisela", "Tzoc", "head", date(1992, 2, 17)),
        ("Elias", "Ramos", "spouse", date(1988, 7, 1)),
        ("Mateo", "Tzoc", "son", date(2011, 5, 3)),
        ("Lucía", "Tzoc", "daughter", date(2017, 9, 9)),
        **more,
    )


def registered(work: MemoryWork, *people: tuple[str, str, str, date | None], address: PostalAddress | None = OLD_HOME) -> Family:
    """A household of these: given name, family name, relationship, day of birth."""
    new = tuple(
        NewPerson(PersonName(given=given, family=family), relation, birth_date=BirthDate(day=born) if born else None)
        for given, family, relation, born in people
    )
    done = work.do(RegisterHousehold(new, ConsentGiven(), CaseOpening(), address))
    assert done.more is not None
    return Family(done.more["participant_ids"], done.more["household_id"], done.more["case_ids"])


def relations(work: MemoryWork, household: UUID) -> dict[UUID, str]:
    """What the present members of a household are to its head."""
    there = work.find(HouseholdMemberFields, household_id=household, until=None)
    return {item.fields.participant_id: item.fields.relationship for item in there}


def undone(work: MemoryWork, done: Done) -> Done:
    """Takes back what was done, which has to be possible."""
    assert done.undo is not None
    return work.do(done.undo)


def leaves_no_trace(work: MemoryWork, command: Command) -> None:
    """Doing it and taking it back leaves every record that is shown as it was; doing it again afterwards works."""
    before = shown(work)
    done = work.do(command)
    after = shown(work)
    assert after != before
    again = undone(work, done)
    assert shown(work) == before
    undone(work, again)
    assert shown(work) == after


def shown(work: MemoryWork) -> dict[Any, Any]:
    """All records that are not deleted, by kind and id."""
    return {key: row.fields for key, row in work.rows.items() if row.life != "deleted"}


def case_of(work: MemoryWork, participant: UUID) -> CaseFields:
    """The newest case of somebody."""
    return work.find(CaseFields, participant_id=participant)[-1].fields
