"""Two laptops at which the same is written down before they hear of each other: it happened once, and both show the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from cmpp_desktop.domain.assistance import ApproveEntries, RecordAssistance, RefuseEntry, ReverseEntry
from cmpp_desktop.domain.cases import CaseOpening, ChangeCase, CloseCase, OpenCase, ReopenCase
from cmpp_desktop.domain.entries import Records
from cmpp_desktop.domain.ledgers import Ledger, LedgerTotals
from cmpp_desktop.domain.moves import RecordMove
from cmpp_desktop.domain.questions import Conflicts
from cmpp_desktop.domain.records import Money
from cmpp_desktop.domain.staff import NameStaffMember
from cmpp_desktop.domain.transfers import AskTransfer
from tests.store.laptops import TEAM, Laptop, family
from tests.unit.domain.families import NEW_HOME

Make = Callable[..., Laptop]
CY = UUID(int=0xA03)


@pytest.fixture
def two(a_laptop: Make) -> tuple[Laptop, Laptop, Any]:
    """Ana's and Bo's laptops, which both know a mother and her child."""
    ana, bo = a_laptop(1, role="supervisor"), a_laptop(2, role="administrator")
    for id, name in ((ana.actor.staff_id, "Ana"), (bo.actor.staff_id, "Bo"), (CY, "Cy")):
        bo.do(NameStaffMember(id, name, "caseworker", TEAM))
    ana.receive(bo)
    known = ana.do(family()).more
    bo.receive(ana)
    return ana, bo, known


def met(ana: Laptop, bo: Laptop, *kinds: str) -> list[Any]:
    """What both have of these kinds, after they heard of each other."""
    bo.receive(ana)
    ana.receive(bo)
    both = [[(item.id, item.fields) for kind in kinds for item in laptop.ask(Records(kind))] for laptop in (ana, bo)]
    assert sorted(both[0], key=str) == sorted(both[1], key=str)
    return [fields for _, fields in both[0]]


def test_one_move_has_one_address_and_one_line_for_each_office(two: tuple[Laptop, Laptop, Any]) -> None:
    ana, bo, known = two
    people = tuple(known["participant_ids"])
    for laptop in (ana, bo):
        laptop.do(RecordMove(people, NEW_HOME, date(2026, 11, 20)))
    found = met(ana, bo, "address", "obligation")
    assert len([item for item in found if item.kind == "address" and item.until is None]) == 2
    told = sorted(item.type for item in found if item.kind == "obligation")
    assert told == sorted(("address_change", "address_change_ice", "address_change_uscis") * 2)
    assert len(ana.ask(Records("task"))) == 2


def test_somebody_comes_back_once(two: tuple[Laptop, Laptop, Any]) -> None:
    ana, bo, known = two
    (_, child), (first, second) = known["participant_ids"], known["case_ids"]
    for case in (first, second):
        ana.do(CloseCase(case, "completed", tasks="keep"))
    bo.receive(ana)
    for laptop in (ana, bo):
        laptop.do(ReopenCase(first))
        laptop.do(OpenCase(child, CaseOpening(caseworker_id=CY)))
    found = met(ana, bo, "case", "case_assignment")
    assert [item.state for item in found if item.kind == "case" and item.participant_id == child] == ["exited", "active"]
    carried = [(item.case_id == first, item.staff_id) for item in found if item.kind == "case_assignment" and item.until is None]
    assert sorted(carried) == [(False, CY), (True, ana.actor.staff_id)]


def test_a_case_goes_to_and_fro_on_one_day(two: tuple[Laptop, Laptop, Any]) -> None:
    ana, bo, known = two
    case = known["case_ids"][0]
    for staff in (CY, ana.actor.staff_id, CY):
        ana.do(ChangeCase(case, {"caseworker_id": staff}))
    found = [item for item in met(ana, bo, "case_assignment") if item.case_id == case]
    assert [item.staff_id for item in found if item.until is None] == [CY]
    assert len(found) == 4


def test_a_case_is_offered_once_and_two_receivers_are_for_a_person_to_pick(two: tuple[Laptop, Laptop, Any]) -> None:
    ana, bo, known = two
    first, second = known["case_ids"]
    for laptop in (ana, bo):
        laptop.do(AskTransfer(first, "caseworker", to_staff_id=CY, summary="All is well."))
    ana.do(AskTransfer(second, "caseworker", to_staff_id=CY, summary="All is well."))
    bo.do(AskTransfer(second, "caseworker", to_staff_id=bo.actor.staff_id, summary="All is well."))
    assert len(met(ana, bo, "transfer")) == 2
    picked = {(item.kind, item.field) for item in ana.ask(Conflicts()) if item.kind == "transfer"}
    assert ("transfer", "to_staff_id") in picked


def test_what_was_refused_elsewhere_is_not_taken_out_of_the_sums_as_well(two: tuple[Laptop, Laptop, Any], a_laptop: Make) -> None:
    """Ana approves 41 dollars and takes them back; Bo, who has not heard of it, refuses them: nothing was given, and not -41."""
    ana, bo, known = two
    cy = a_laptop(3)
    cy.receive(ana, bo)
    card = cy.do(RecordAssistance(known["participant_ids"][0], "food", Money(amount=Decimal(41)))).id
    for laptop in (ana, bo):
        laptop.receive(cy)
    ana.do(ApproveEntries("direct_assistance", (card,)))
    ana.do(ReverseEntry("direct_assistance", card, "It was not used"))
    bo.do(RefuseEntry("direct_assistance", card, "There is no receipt"))
    met(ana, bo, "direct_assistance")
    year = (date(2026, 1, 1), date(2026, 12, 31))
    for laptop in (ana, bo):
        assert laptop.ask(LedgerTotals("direct_assistance", *year)).lines == ()
        listed = laptop.ask(Ledger("direct_assistance", *year))
        assert [one.state for one in listed] == ["refused", "refused"]
        assert len(laptop.ask(Ledger("direct_assistance", *year, state="refused"))) == 2
        assert laptop.ask(Ledger("direct_assistance", *year, state="approved")) == ()
