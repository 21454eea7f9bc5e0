"""Money and hours: nobody approves their own, nothing approved is changed, and every sum is exact."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmpp_desktop.domain.assistance import (
    ApproveEntries,
    DirectAssistanceFields,
    RecordAssistance,
    RecordSessionTime,
    RecordStaffTime,
    RefuseEntry,
    ReverseEntry,
    StaffTimeFields,
    session_time_id,
    state_of,
)
from cmpp_desktop.domain.cases import CaseFields, CaseOpening, ChangeCase
from cmpp_desktop.domain.consent import ConsentGiven
from cmpp_desktop.domain.entries import AddRecord, ChangeRecord, RemoveRecord
from cmpp_desktop.domain.households import RegisterHousehold
from cmpp_desktop.domain.ledgers import amount_of, totals
from cmpp_desktop.domain.records import Money, to_wire
from cmpp_desktop.domain.reviews import SignDocument
from cmpp_desktop.domain.sessions import ChangeSession, RecordSession
from cmpp_desktop.errors import Invalid, KnownError, NotAllowed
from tests.unit.domain.memory import MemoryWork
from tests.unit.domain.test_stories import CONTENT, MOTHER

TODAY = date(2026, 11, 24)
AWARD = "97.102-A"
GIVEN: Final = "direct_assistance"
TIME: Final = "staff_time"


def usd(amount: str) -> Money:
    return Money(amount=Decimal(amount))


class Office:
    """Ana (1) gives and works, Ruth (2) supervises, Omar (9) administers; one award for the year."""

    def __init__(self, **limits: Money) -> None:
        self.work = MemoryWork()
        self.work.become(9, "administrator")
        period = {"starts_on": date(2026, 10, 1), "ends_on": date(2027, 9, 30)}
        categories = ["participant_support", "personnel", "travel"]
        values = {"number": AWARD, "cost_categories": categories, **period, **limits}
        self.award = self.work.do(AddRecord("award", values)).id
        self.ana()
        opening = CaseOpening(award=AWARD)
        self.mother = self.work.do(RegisterHousehold((MOTHER,), ConsentGiven(), opening)).id

    def ana(self) -> Office:
        self.work.become(1, "caseworker")
        return self

    def ruth(self) -> Office:
        self.work.become(2, "supervisor")
        return self

    def do(self, command: Any) -> Any:
        return self.work.do(command)

    def give(self, amount: str, **more: Any) -> UUID:
        made: UUID = self.do(RecordAssistance(self.mother, "food", usd(amount), award=AWARD, **more)).id
        return made

    def sums(self) -> dict[str, Decimal]:
        """Approved and waiting, of all of one ledger."""
        (line,) = totals([amount_of(item.fields) for item in self.work.find(DirectAssistanceFields)], "all") or (None,)
        return {"approved": line.amount, "waiting": line.waiting} if line else {}


def refused(office: Office, command: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as said:
        office.do(command)
    return dict(said.value.fields)


def test_a_food_card_waits_until_somebody_else_has_approved_it() -> None:
    office = Office()
    card = office.give("40.00")
    assert office.sums() == {"approved": Decimal(0), "waiting": Decimal("40.00")}
    with pytest.raises(NotAllowed, match="not_allowed"):
        office.do(ApproveEntries(GIVEN, (card,)))
    office.work.become(1, "supervisor")
    with pytest.raises(NotAllowed, match="own_work"):
        office.do(ApproveEntries(GIVEN, (card,)))
    done = office.ruth().do(ApproveEntries(GIVEN, (card,)))
    assert done.undo is None
    entry = office.work.get(DirectAssistanceFields, card).fields
    assert (entry.approved_by, entry.approved_at) == (UUID(int=2), office.work.now)
    assert office.sums() == {"approved": Decimal("40.00"), "waiting": Decimal(0)}
    assert ("entry_approved", card) in office.work.audited


def test_who_wrote_it_for_another_does_not_approve_it_either() -> None:
    office = Office().ruth()
    card = office.give("40.00", given_by=UUID(int=1))
    with pytest.raises(NotAllowed, match="own_work"):
        office.do(ApproveEntries(GIVEN, (card,)))


def test_what_was_decided_is_closed_and_nothing_decides_itself() -> None:
    office = Office()
    first, second = office.give("40"), office.give("15.50")
    office.do(ChangeRecord(GIVEN, second, {"money": usd("15.05")}))
    for field, value in (("approved_by", UUID(int=2)), ("approved_at", office.work.now), ("reverses_id", first)):
        assert refused(office, ChangeRecord(GIVEN, second, {field: value})) == {field: "not_valid"}
    values = {"participant_id": office.mother, "type": "food", "money": usd("1"), "approved_at": office.work.now}
    assert refused(office, AddRecord(GIVEN, values)) == {"approved_at": "not_valid"}
    office.ruth().do(ApproveEntries(GIVEN, (first,)))
    office.do(RefuseEntry(GIVEN, second, "The receipt is missing"))
    for entry in (first, second):
        for command in (
            ChangeRecord(GIVEN, entry, {"money": usd("1")}),
            RemoveRecord(GIVEN, entry),
            ApproveEntries(GIVEN, (entry,)),
            RefuseEntry(GIVEN, entry, "again"),
        ):
            with pytest.raises(KnownError, match="record_settled"):
                office.do(command)
    assert refused(office, RefuseEntry(GIVEN, first, " ")) == {"note": "missing"}


def test_a_wrong_entry_is_reversed_once_and_nets_to_zero() -> None:
    office = Office()
    card = office.give("40.10")
    with pytest.raises(KnownError, match="record_settled"):
        office.ruth().do(ReverseEntry(GIVEN, card, "Not approved yet"))
    office.do(ApproveEntries(GIVEN, (card,)))
    assert refused(office, ReverseEntry(GIVEN, card, "")) == {"reason": "missing"}
    with pytest.raises(NotAllowed):
        office.ana().do(ReverseEntry(GIVEN, card, "It was 41.10"))
    back = office.ruth().do(ReverseEntry(GIVEN, card, "It was 41.10")).id
    entry = office.work.get(DirectAssistanceFields, back).fields
    assert (entry.money, entry.reverses_id, state_of(entry)) == (usd("-40.10"), card, "approved")
    assert office.work.get(DirectAssistanceFields, card).fields.money == usd("40.10")
    assert office.sums()["approved"] == 0
    with pytest.raises(KnownError, match="already_reversed"):
        office.do(ReverseEntry(GIVEN, card, "Once more"))
    office.work.become(9, "administrator")
    with pytest.raises(KnownError, match="record_settled"):
        office.do(ReverseEntry(GIVEN, back, "Back again"))


def test_an_award_pays_in_its_period_for_its_categories_and_only_if_there_is_such_an_award() -> None:
    office = Office()
    assert refused(office, RecordAssistance(office.mother, "food", usd("5"), award="24-017")) == {"award": "not_valid"}
    late = RecordAssistance(office.mother, "food", usd("5"), date(2026, 9, 30), AWARD)
    assert refused(office, late) == {"given_on": "outside_award"}
    supplies = RecordAssistance(office.mother, "food", usd("5"), award=AWARD, cost_category="supplies")
    assert refused(office, supplies) == {"cost_category": "not_of_award"}
    assert refused(office, RecordAssistance(office.mother, "fod", usd("5"), award=AWARD)) == {"type": "not_valid"}
    assert refused(office, RecordAssistance(office.mother, "food", usd("-5"))) == {"money": "not_an_amount"}
    tomorrow = RecordAssistance(office.mother, "food", usd("5"), TODAY + timedelta(days=1))
    assert refused(office, tomorrow) == {"given_on": "in_future"}
    assert refused(office, RecordAssistance(office.mother, "food", usd("5"), card_end="12a4")) == {"card_end": "not_valid"}


def test_over_the_limit_for_one_the_approver_says_why() -> None:
    office = Office(assistance_each=usd("100"), assistance_most=usd("1000"))
    first = office.give("60.00")
    done = office.do(RecordAssistance(office.mother, "food", usd("40.01"), award=AWARD))
    assert done.more == {"over": "each"}
    assert refused(office.ruth(), ApproveEntries(GIVEN, (done.id,))) == {"decision_note": "over_limit"}
    office.do(RefuseEntry(GIVEN, first, "Not given after all"))
    office.do(ApproveEntries(GIVEN, (done.id,)))
    office.do(ReverseEntry(GIVEN, done.id, "It was less"))
    third = office.ana().give("99.99")
    office.ruth().do(ApproveEntries(GIVEN, (third,)))
    assert office.ana().do(RecordAssistance(office.mother, "food", usd("0.01"), award=AWARD)).more is None
    fifth = office.do(RecordAssistance(office.mother, "rent", usd("950"), award=AWARD))
    office.ruth().do(ApproveEntries(GIVEN, (fifth.id,), "Rent for a family of six, agreed with the funder"))


def test_a_case_names_an_award_that_there_is() -> None:
    office = Office()
    case = office.work.find(CaseFields)[0].id
    with pytest.raises(Invalid) as said:
        office.do(ChangeCase(case, {"award": "24-017"}))
    assert said.value.fields == {"award": "not_valid"}
    office.do(ChangeCase(case, {"award": ""}))
    office.do(ChangeCase(case, {"award": AWARD}))
    other = MemoryWork()
    other.do(RegisterHousehold((MOTHER,), ConsentGiven(), CaseOpening(award="24-017")))  # none are written down yet


def test_an_awards_number_is_its_own() -> None:
    office = Office()
    office.work.become(9, "administrator")
    assert refused(office, AddRecord("award", {"number": AWARD})) == {"number": "already_there"}
    office.do(ChangeRecord("award", office.award, {"name": "Case management"}))
    other = office.do(AddRecord("award", {"number": "97.102-B"})).id
    assert refused(office, ChangeRecord("award", other, {"number": f" {AWARD} "})) == {"number": "already_there"}
    wrong = {"starts_on": date(2027, 1, 1), "ends_on": date(2026, 1, 1)}
    assert refused(office, ChangeRecord("award", other, wrong)) == {"ends_on": "before_start"}


def test_the_time_of_a_session_is_in_the_ledger_once_for_each_who_held_it() -> None:
    office = Office()
    content = replace(CONTENT, award=AWARD, staff_minutes=70)
    session = office.do(RecordSession(office.mother, content)).id
    done = office.do(RecordSessionTime(session))
    (entry,) = office.work.find(StaffTimeFields)
    assert entry.id == session_time_id(session, UUID(int=1))
    assert (entry.fields.minutes, entry.fields.award, entry.fields.activity) == (70, AWARD, "legal_orientation")
    office.do(ChangeSession(session, replace(content, staff_minutes=80), submit=True))
    office.do(RecordSessionTime(session))
    assert [item.fields.minutes for item in office.work.find(StaffTimeFields)] == [80]
    assert done.undo is not None
    office.ruth().do(SignDocument("service_session", session))
    office.do(ApproveEntries(TIME, (entry.id,)))
    again = office.do(RecordSessionTime(session))
    assert again.more == {"entry_ids": (entry.id,), "differ": ()}
    duplicate = {"session_id": session, "staff_id": UUID(int=1), "minutes": 5}
    assert refused(office.ana(), AddRecord(TIME, duplicate)) == {"session_id": "already_there"}


def test_signing_a_session_writes_its_time_down() -> None:
    office = Office()
    session = office.do(RecordSession(office.mother, replace(CONTENT, award=AWARD), submit=True)).id
    assert office.work.find(StaffTimeFields) == []
    office.ruth().do(SignDocument("service_session", session))
    (entry,) = office.work.find(StaffTimeFields)
    assert (entry.fields.minutes, entry.fields.staff_id, entry.created_by) == (50, UUID(int=1), UUID(int=2))
    office.do(ApproveEntries(TIME, (entry.id,)))  # whoever signed the session did not work these minutes


def test_what_was_approved_stays_when_the_session_says_otherwise_later() -> None:
    office = Office()
    session = office.do(RecordSession(office.mother, CONTENT)).id
    (entry,) = office.do(RecordSessionTime(session)).more["entry_ids"]
    office.ruth().do(ApproveEntries(TIME, (entry,)))
    office.ana().do(ChangeSession(session, replace(CONTENT, staff_minutes=30)))
    assert office.do(RecordSessionTime(session)).more == {"entry_ids": (entry,), "differ": (entry,)}
    assert office.work.get(StaffTimeFields, entry).fields.minutes == 50


def test_a_day_has_twenty_four_hours_and_a_caseworker_writes_their_own() -> None:
    office = Office()
    office.do(RecordStaffTime(1400, activity="training"))
    assert refused(office, RecordStaffTime(41)) == {"minutes": "over_a_day"}
    office.do(RecordStaffTime(41, TODAY - timedelta(days=1)))
    assert refused(office, RecordStaffTime(0)) == {"minutes": "not_valid"}
    with pytest.raises(NotAllowed):
        office.do(RecordStaffTime(10, staff_id=UUID(int=3)))


amounts = st.decimals(min_value="0.01", max_value="999999.99", places=2)
steps = st.lists(
    st.tuples(amounts, st.sampled_from(["participant_support", "travel"]), st.integers(0, 50), st.sampled_from("wwaaarv")),
    max_size=12,
)


@given(steps)
@settings(max_examples=30, deadline=None)
def test_the_sums_are_what_replaying_the_ledger_gives(steps: list[tuple[Decimal, str, int, str]]) -> None:
    """w: waits, a: approved, r: refused, v: approved and reversed. Replayed in fractions, by category and month."""
    office = Office()
    replayed: dict[tuple[str, str], list[Fraction]] = {}
    for amount, category, days, fate in steps:
        day = TODAY - timedelta(days=days)
        command = RecordAssistance(office.mother, "cash", Money(amount=amount), day, AWARD, category)
        entry = office.ana().do(command).id
        office.ruth()
        if fate in "av":
            office.do(ApproveEntries(GIVEN, (entry,)))
        if fate == "r":
            office.do(RefuseEntry(GIVEN, entry, "no"))
            continue
        if fate == "v":
            office.do(ReverseEntry(GIVEN, entry, "wrong", on=day))
        sums = replayed.setdefault((category, day.isoformat()[:7]), [Fraction(0), Fraction(0)])
        sums[fate == "w"] += 0 if fate == "v" else Fraction(amount)
    entries = [item.fields for item in office.work.find(DirectAssistanceFields)]
    lines = totals([amount_of(fields) for fields in entries])
    assert {(one.cost_category, one.period): [Fraction(one.amount), Fraction(one.waiting)] for one in lines} == replayed
    assert all(type(value) is Decimal for one in lines for value in (one.amount, one.waiting))
    whole = totals([amount_of(fields) for fields in entries], "all")
    assert sum(Fraction(one.amount) for one in whole) == sum(Fraction(one.amount) for one in lines)
    assert all(floats(to_wire(getattr(fields, name))) == [] for fields in entries for name in type(fields).model_fields)


def floats(value: Any) -> list[float]:
    if isinstance(value, dict):
        return [one for item in value.values() for one in floats(item)]
    if isinstance(value, list):
        return [one for item in value for one in floats(item)]
    return [value] if isinstance(value, float) else []


@given(st.lists(st.tuples(st.integers(1, 400), st.booleans()), min_size=1, max_size=8))
@settings(max_examples=20, deadline=None)
def test_reversing_every_hour_leaves_none(worked: list[tuple[int, bool]]) -> None:
    office = Office()
    kept = 0
    for number, (minutes, wrong) in enumerate(worked):
        entry = office.ana().do(RecordStaffTime(minutes, TODAY - timedelta(days=number), AWARD)).id
        office.ruth().do(ApproveEntries(TIME, (entry,)))
        if wrong:
            office.do(ReverseEntry(TIME, entry, "Not mine"))
        else:
            kept += minutes
    assert sum(one.amount for one in totals([amount_of(item.fields) for item in office.work.find(StaffTimeFields)])) == kept


def test_nobody_approves_a_sum_that_they_wrote_into_it() -> None:
    office = Office()
    card = office.give("40.00")
    office.ruth().do(ChangeRecord(GIVEN, card, {"money": usd("400.00")}))
    with pytest.raises(NotAllowed, match="own_work"):
        office.do(ApproveEntries(GIVEN, (card,)))
    office.work.become(9, "administrator")
    office.do(ApproveEntries(GIVEN, (card,)))
    office.ruth().do(ReverseEntry(GIVEN, card, "Ten times too much"))  # what is decided is nobody's own for having been decided


def test_a_day_has_24_hours_however_they_are_written_down() -> None:
    office = Office()
    office.do(RecordStaffTime(800, TODAY))
    other = office.do(RecordStaffTime(600, TODAY)).id
    assert refused(office, ChangeRecord(TIME, other, {"minutes": 700})) == {"minutes": "over_a_day"}
    assert refused(office, AddRecord(TIME, {"minutes": 100})) == {"minutes": "over_a_day"}
    office.do(ChangeRecord(TIME, other, {"minutes": 640}))  # its own minutes do not count twice


def test_a_reversal_is_not_before_what_it_reverses_and_a_currency_is_one() -> None:
    office = Office()
    card = office.give("40.00", given_on=TODAY - timedelta(days=5))
    office.ruth().do(ApproveEntries(GIVEN, (card,)))
    assert refused(office, ReverseEntry(GIVEN, card, "Not given", TODAY - timedelta(days=6))) == {"on": "before_start"}
    for unit in ("usd", "", "US$"):
        money = Money(amount=Decimal(5), currency=unit)
        assert refused(office, RecordAssistance(office.mother, "food", money, award=AWARD)) == {"money": "not_an_amount"}
