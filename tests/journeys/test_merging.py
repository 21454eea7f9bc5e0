"""Two records of one person, joined on one laptop and parted on the other: the deadlines follow the person."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from cmpp_desktop.domain.cases import CaseOpening
from cmpp_desktop.domain.consent import ConsentGiven
from cmpp_desktop.domain.households import NewPerson, RegisterHousehold
from cmpp_desktop.domain.merges import MergePeople, UnmergePeople
from cmpp_desktop.domain.participants import AddAddress
from cmpp_desktop.domain.questions import Participant
from cmpp_desktop.domain.records import PersonName, PostalAddress
from cmpp_desktop.workspace import Workspace
from tests.journeys.office import Pair

STREET = PostalAddress(line1="12 Synthetic Street", city="Chicago", state="IL", postal_code="60601")
LANE = PostalAddress(line1="4 Invented Lane", city="Chicago", state="IL", postal_code="60602")


def register(door: Workspace, family: str) -> UUID:
    person = NewPerson(PersonName(given="Rosa", family=family))
    return door.do(RegisterHousehold((person,), ConsentGiven(), CaseOpening())).id


def deadlines(door: Workspace, person: UUID) -> set[str]:
    return {item.fields.rule for item in door.ask(Participant(person)).obligations if item.fields.rule}


def test_a_move_shows_when_two_records_become_one_person_and_goes_when_they_part(pair: Pair) -> None:
    today: date = pair.denise.today()
    with pair.server:
        first, second = register(pair.ana, "Canil"), register(pair.denise, "Cañil")
        pair.ana.do(AddAddress(first, STREET, today - timedelta(days=300)))
        pair.denise.do(AddAddress(second, LANE, today - timedelta(days=1)))
        pair.sync_both()
        assert deadlines(pair.denise, first) == deadlines(pair.denise, second) == set()
        made = pair.denise.do(MergePeople(first, second)).id
        moved = deadlines(pair.denise, first)
        assert moved
        pair.sync_both()
        assert deadlines(pair.ana, second) == moved
        pair.ana.do(UnmergePeople(made))
        assert deadlines(pair.ana, first) | deadlines(pair.ana, second) == set()
        pair.sync_both()
        assert deadlines(pair.denise, first) | deadlines(pair.denise, second) == set()


def test_each_of_two_laptops_joins_one_half_and_the_whole_person_has_the_deadline(pair: Pair) -> None:
    today: date = pair.denise.today()
    with pair.server:
        ids = sorted(register(pair.ana, name) for name in ("Canil", "Cañil", "Kanil"))
        pair.ana.do(AddAddress(ids[0], STREET, today - timedelta(days=300)))
        pair.ana.do(AddAddress(ids[2], LANE, today - timedelta(days=1)))
        pair.sync_both()
        pair.ana.do(MergePeople(ids[0], ids[1]))
        pair.denise.do(MergePeople(ids[1], ids[2]))
        assert deadlines(pair.ana, ids[0]) == deadlines(pair.denise, ids[2]) == set()
        pair.sync_both()
        assert deadlines(pair.ana, ids[0]) == deadlines(pair.denise, ids[2]) != set()
