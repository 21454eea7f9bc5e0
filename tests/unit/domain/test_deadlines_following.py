"""Deadlines follow what happened: they appear, move and vanish with what started them, and never over somebody's decision."""

from __future__ import annotations

from datetime import date, time
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from cmpp_desktop.domain.attachments import AttachmentFields
from cmpp_desktop.domain.consent import ConsentGiven
from cmpp_desktop.domain.deadline_views import deadlines_of, preview
from cmpp_desktop.domain.deadlines import (
    AcceptRulePack,
    OverrideDeadline,
    RecomputeDeadlines,
    RestoreRuleDeadline,
    RulePackFields,
    WithdrawRulePack,
)
from cmpp_desktop.domain.entries import AddRecord, BringBackRecord, ChangeRecord, RemoveRecord
from cmpp_desktop.domain.following import Held, deadline_id, pack_of
from cmpp_desktop.domain.households import NewPerson, RegisterHousehold
from cmpp_desktop.domain.merges import MergePeople
from cmpp_desktop.domain.obligations import AddObligation, ChangeObligation, MarkObligation, ObligationFields
from cmpp_desktop.domain.participants import AddAddress, ChangeParticipant
from cmpp_desktop.domain.records import PersonName, PostalAddress, When
from cmpp_desktop.domain.rule_packs import examined, fingerprint, seal
from cmpp_desktop.domain.rules import shipped
from cmpp_desktop.domain.work import Done
from cmpp_desktop.errors import Invalid, KnownError, NotAllowed
from tests.unit.domain.memory import MemoryWork

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLISHER = KEY.public_key().public_bytes_raw()
HEARING = When(day=date(2027, 3, 15), at=time(9), zone="America/Los_Angeles")
SOON = When(day=date(2026, 12, 10), at=time(9), zone="America/Los_Angeles")
HOME = PostalAddress(line1="12 Alder Street", city="Newbridge", state="NJ", postal_code="07000")


def registered(**more: Any) -> tuple[MemoryWork, UUID]:
    work = MemoryWork()
    person = NewPerson(PersonName(given="Samuel", family="Tesfaye"), **more)
    return work, work.do(RegisterHousehold((person,), ConsentGiven(), address=HOME)).id


def due(work: MemoryWork) -> dict[str, date]:
    """The deadlines that stand, by rule."""
    return {item.fields.rule: item.fields.when.day for item in work.find(ObligationFields) if item.fields.rule}


def undo(work: MemoryWork, done: Done) -> Done:
    assert done.undo is not None
    return work.do(done.undo)


def of(work: MemoryWork, trigger: UUID, rule: str) -> ObligationFields:
    return work.get(ObligationFields, deadline_id(trigger, rule)).fields


def pack(version: str = "2027.1", **changes: str) -> bytes:
    text = shipped().replace('version = "2026.11.1"', f'version = "{version}"')
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return seal(text, PUBLISHER, KEY.sign)


def test_samuel_arrived_in_march_and_has_a_year_to_ask_for_asylum() -> None:
    work, samuel = registered(arrived_on=date(2026, 3, 2))
    assert due(work) == {"i589_one_year": date(2027, 3, 2)}
    made = of(work, samuel, "i589_one_year")
    assert (made.type, made.trigger_kind, made.trigger_id, made.rule_pack) == (
        "asylum_deadline", "participant", samuel, "2026.11.1",
    )  # fmt: skip
    assert made.counted == "from 2026-03-02; years +1; day 2027-03-02"
    changed = work.do(ChangeParticipant(samuel, {"arrived_on": date(2026, 5, 4)}))
    assert due(work) == {"i589_one_year": date(2027, 5, 4)}
    assert changed.more is not None
    assert [(item.what, item.before, item.after) for item in changed.more["deadlines"]] == [
        ("moves", date(2027, 3, 2), date(2027, 5, 4))
    ]
    undo(work, changed)
    assert due(work) == {"i589_one_year": date(2027, 3, 2)}
    work.do(ChangeParticipant(samuel, {"arrived_on": None}))
    assert due(work) == {}


def test_what_was_filed_in_time_is_done_and_starts_the_clock() -> None:
    work, samuel = registered(arrived_on=date(2026, 3, 2))
    filed = work.do(AddRecord("application", {"participant_id": samuel, "form": "i589", "filed_on": date(2026, 9, 1)}))
    assert due(work) == {"i765_c8_150": date(2027, 1, 29), "i765_c8_180": date(2027, 2, 28)}
    stop = {"participant_id": samuel, "application_id": filed.id, "what": "stop", "on": date(2026, 11, 1), "cause": "applicant"}
    stopped = work.do(AddRecord("clock_event", stop))
    assert due(work) == {}, "a clock that stands comes to no day"
    again = {**stop, "what": "restart", "on": date(2026, 12, 1), "cause": "court"}
    work.do(AddRecord("clock_event", again))
    assert due(work)["i765_c8_150"] == date(2027, 2, 28), "thirty days later"
    undo(work, stopped)
    assert due(work) == {}, "a ledger that contradicts itself comes to no day either"
    undo(work, filed)
    assert due(work) == {"i589_one_year": date(2027, 3, 2)}


def test_an_arrival_of_long_ago_makes_no_line_for_today_but_a_question_finds_it() -> None:
    work, samuel = registered(arrived_on=date(2019, 3, 4))
    assert due(work) == {}
    (row,) = deadlines_of(pack_of(work), Held(work, samuel), "America/New_York", work.today)
    assert (row.rule_id, row.by_rule, row.obligation_id, row.passed) == ("i589_one_year", date(2020, 3, 4), None, True)


def test_the_first_address_is_no_move_and_the_second_is() -> None:
    work, samuel = registered()
    assert due(work) == {}
    work.do(AddAddress(samuel, PostalAddress(line1="9 Mill Lane", city="Newbridge"), since=date(2026, 11, 28)))
    assert due(work) == {"eoir33_after_move": date(2026, 12, 3), "ar11_after_move": date(2026, 12, 8)}
    work.do(AddRecord("application", {"participant_id": samuel, "form": "eoir33", "filed_on": date(2026, 11, 30)}))
    assert due(work) == {"ar11_after_move": date(2026, 12, 8)}


def test_filings_move_with_the_hearing_in_the_zone_of_the_court() -> None:
    work, samuel = registered()
    hearing = work.do(AddObligation((samuel,), "individual_hearing", HEARING)).id
    made = of(work, hearing, "filing_before_individual")
    assert (made.when.day, made.when.at, made.when.zone) == (date(2027, 2, 16), None, "America/Los_Angeles")
    later = When(day=date(2027, 6, 1), at=time(9), zone="America/Los_Angeles")
    moved = work.do(MarkObligation(hearing, "moved_by_agency", "document", moved_to=later))
    assert due(work) == {"filing_before_individual": date(2027, 5, 3)}
    undo(work, moved)
    assert due(work) == {"filing_before_individual": date(2027, 2, 16)}
    work.do(MarkObligation(hearing, "cancelled", "court_system"))
    assert due(work) == {}


def test_a_hearing_put_off_by_mistake_and_back_again_leaves_no_filing_day_of_last_week() -> None:
    work, samuel = registered()
    hearing = work.do(AddObligation((samuel,), "individual_hearing", SOON)).id
    assert due(work) == {}, "its filing day was over when it was written down"
    put_off = work.do(ChangeObligation(hearing, {"when": HEARING}))
    assert due(work) == {"filing_before_individual": date(2027, 2, 16)}
    back = undo(work, put_off)
    assert due(work) == {}
    again = undo(work, back)
    assert due(work) == {"filing_before_individual": date(2027, 2, 16)}
    undo(work, again)
    assert due(work) == {}


def test_a_hearing_that_the_court_brings_forward_shows_that_its_filing_day_is_over() -> None:
    work, samuel = registered()
    hearing = work.do(AddObligation((samuel,), "individual_hearing", HEARING)).id
    brought = work.do(ChangeObligation(hearing, {"when": SOON}))
    assert due(work) == {"filing_before_individual": date(2026, 11, 10)}, "somebody has to ask the court at once"
    undo(work, brought)
    assert due(work) == {"filing_before_individual": date(2027, 2, 16)}


def test_a_filing_day_that_somebody_has_marked_stays_when_the_hearing_goes_back() -> None:
    work, samuel = registered()
    hearing = work.do(AddObligation((samuel,), "individual_hearing", SOON)).id
    put_off = work.do(ChangeObligation(hearing, {"when": HEARING}))
    filing = deadline_id(hearing, "filing_before_individual")
    work.do(MarkObligation(filing, "attended", "document"))
    undo(work, put_off)
    assert of(work, hearing, "filing_before_individual").result == "attended"


def test_an_order_in_absentia_has_180_days_and_no_appeal() -> None:
    work, samuel = registered()
    order = {"participant_id": samuel, "type": "removal", "issued_on": date(2026, 11, 20)}
    plain = work.do(AddRecord("order", order))
    assert set(due(work)) == {"appeal_bia", "motion_reconsider", "motion_reopen"}
    work.do(ChangeRecord("order", plain.id, {"in_absentia": True}))
    assert set(due(work)) == {"motion_reconsider", "motion_reopen", "motion_reopen_in_absentia"}
    work.do(ChangeRecord("order", plain.id, {"in_absentia": False}))
    other = work.do(AddRecord("order", order)).id
    work.do(AddRecord("appeal", {"participant_id": samuel, "order_id": plain.id, "body": "bia", "filed_on": date(2026, 12, 2)}))
    with pytest.raises(KnownError, match="record_missing"):
        of(work, plain.id, "appeal_bia")
    assert of(work, other, "appeal_bia").when.day == date(2026, 12, 21), "an appeal is of one order"
    assert of(work, other, "appeal_bia").when.zone == "America/New_York"


def test_a_restricted_record_starts_restricted_deadlines_only() -> None:
    work, samuel = registered()
    protected = {"participant_id": samuel, "form": "i765v", "status": "granted", "expires_on": date(2027, 6, 1)}
    work.do(AddRecord("application", protected))
    (stored,) = [item for item in work.find(ObligationFields) if item.fields.rule == "grant_expires"]
    assert stored.compartment == "restricted"


def test_removing_and_bringing_back_takes_the_deadlines_along() -> None:
    work, samuel = registered()
    order = work.do(AddRecord("order", {"participant_id": samuel, "type": "bond", "issued_on": date(2026, 11, 20)}))
    before = due(work)
    assert before == {"appeal_bia": date(2026, 12, 21)}
    work.do(RemoveRecord("order", order.id))
    assert due(work) == {}
    work.do(BringBackRecord("order", order.id))
    assert due(work) == before


def test_what_was_marked_or_moved_by_hand_stays() -> None:
    work, samuel = registered()
    order = work.do(AddRecord("order", {"participant_id": samuel, "type": "removal", "issued_on": date(2026, 11, 20)})).id
    work.do(ChangeObligation(deadline_id(order, "appeal_bia"), {"when": When(day=date(2026, 12, 1))}))
    work.do(MarkObligation(deadline_id(order, "motion_reopen"), "attended"))
    done = work.do(ChangeRecord("order", order, {"issued_on": date(2026, 11, 16)}))
    assert due(work) == {
        "appeal_bia": date(2026, 12, 1), "motion_reopen": date(2027, 2, 18), "motion_reconsider": date(2026, 12, 16),
    }  # fmt: skip
    assert done.more is not None
    assert {(item.rule_id, item.what, item.why) for item in done.more["deadlines"]} == {
        ("appeal_bia", "stays", "by_hand"), ("motion_reopen", "stays", "marked"), ("motion_reconsider", "moves", "counted_anew"),
    }  # fmt: skip
    row = next(row for row in deadlines_of(pack_of(work), Held(work, samuel), "", work.today) if row.rule_id == "appeal_bia")
    assert (row.day, row.by_rule, row.kept) == (date(2026, 12, 1), date(2026, 12, 16), "by_hand")
    work.do(RestoreRuleDeadline(deadline_id(order, "appeal_bia")))
    assert due(work)["appeal_bia"] == date(2026, 12, 16)
    work.do(RemoveRecord("order", order))
    assert set(due(work)) == {"motion_reopen"}


def test_a_mark_taken_back_gives_the_rule_its_say_again() -> None:
    work, samuel = registered()
    order = work.do(AddRecord("order", {"participant_id": samuel, "type": "bond", "issued_on": date(2026, 11, 20)})).id
    marked = work.do(MarkObligation(deadline_id(order, "appeal_bia"), "attended"))
    work.do(ChangeRecord("order", order, {"issued_on": date(2026, 11, 16)}))
    assert due(work) == {"appeal_bia": date(2026, 12, 21)}
    undo(work, marked)
    assert due(work) == {"appeal_bia": date(2026, 12, 16)}


def test_a_check_in_asks_no_rule() -> None:
    work, samuel = registered()
    done = work.do(AddObligation((samuel,), "ice_check_in", HEARING))
    assert "deadlines" not in (done.more or {})
    assert due(work) == {}


def test_somebody_registered_twice_has_one_deadline_once_the_two_are_one() -> None:
    work, samuel = registered(arrived_on=date(2026, 3, 2))
    person = NewPerson(PersonName(given="Samuel", family="Tesfaye"), arrived_on=date(2026, 3, 2))
    other = work.do(RegisterHousehold((person,), ConsentGiven())).id
    merged = work.do(MergePeople(samuel, other))
    work.do(RecomputeDeadlines())
    (stands,) = [item.fields for item in work.find(ObligationFields) if item.fields.rule]
    assert stands.trigger_id == min(samuel, other)
    undo(work, merged)
    work.do(RecomputeDeadlines())
    assert {item.fields.trigger_id for item in work.find(ObligationFields) if item.fields.rule} == {samuel, other}


def test_the_judge_gives_another_day_and_the_paper_is_attached() -> None:
    work, samuel = registered()
    hearing = work.do(AddObligation((samuel,), "individual_hearing", HEARING)).id
    filing = deadline_id(hearing, "filing_before_individual")
    paper = _attached(work, samuel)
    ordered = When(day=date(2027, 2, 26), zone="America/Los_Angeles")
    with pytest.raises(Invalid) as said:
        work.do(OverrideDeadline(filing, ordered))
    assert said.value.fields == {"order_attachment_id": "missing"}
    with pytest.raises(Invalid) as said:
        work.do(OverrideDeadline(hearing, ordered, paper))
    assert said.value.fields == {"obligation_id": "not_a_rule_deadline"}
    done = work.do(OverrideDeadline(filing, ordered, paper))
    work.do(ChangeObligation(hearing, {"when": When(day=date(2027, 4, 1), zone="America/Los_Angeles")}))
    assert due(work) == {"filing_before_individual": date(2027, 2, 26)}, "the order holds whatever the rule says"
    restored = work.do(RestoreRuleDeadline(filing))
    assert due(work) == {"filing_before_individual": date(2027, 3, 2)}
    undo(work, restored)
    assert work.get(ObligationFields, filing).fields.order_attachment_id == paper
    undo(work, done)
    assert work.get(ObligationFields, filing).fields.order_attachment_id is None
    assert ("deadline_ordered", filing) in work.audited


def _attached(work: MemoryWork, participant_id: UUID) -> UUID:
    return work.add(AttachmentFields(participant_id=participant_id, title="Scheduling order", content_hash="ab" * 32))


def test_the_order_of_somebody_else_is_not_taken() -> None:
    work, samuel = registered()
    other = work.do(RegisterHousehold((NewPerson(PersonName(given="Hana", family="Bekele")),), ConsentGiven())).id
    hearing = work.do(AddObligation((samuel,), "individual_hearing", HEARING)).id
    paper = _attached(work, other)
    with pytest.raises(Invalid) as said:
        work.do(OverrideDeadline(deadline_id(hearing, "filing_before_individual"), HEARING, paper))
    assert said.value.fields == {"order_attachment_id": "of_somebody_else"}


def test_two_of_one_household_each_have_their_own() -> None:
    work = MemoryWork()
    arrived = date(2026, 3, 2)
    people = tuple(NewPerson(PersonName(given=name, family="Tesfaye"), arrived_on=arrived) for name in ("Samuel", "Liya"))
    done = work.do(RegisterHousehold(people, ConsentGiven()))
    assert done.more is not None
    assert {item.fields.participant_id for item in work.find(ObligationFields)} == set(done.more["participant_ids"])


# --- packs --------------------------------------------------------------------------------------------------------------------


def test_an_administrator_sees_what_a_new_pack_moves_then_takes_it_and_takes_it_back() -> None:
    work, samuel = registered(arrived_on=date(2026, 3, 2))
    work.do(AddRecord("order", {"participant_id": samuel, "type": "removal", "issued_on": date(2026, 11, 20)}))
    before = due(work)
    ten = {"count = { n = 30 }\nholidays": "count = { n = 10 }\nholidays"}
    shorter = pack(**ten, **{'id = "motion_reopen"': 'id = "motion_anew"'})
    offer = examined(shorter, [])
    seen = preview(offer, pack_of(work), [(samuel, Held(work, samuel))], "America/New_York", work.today)
    assert (seen.new, seen.gone, seen.changed) == (("motion_anew",), ("motion_reopen",), ("appeal_bia",))
    assert {(item.change.rule_id, item.change.what, item.rule) for item in seen.moved} == {
        ("appeal_bia", "moves", "changed"), ("motion_anew", "appears", "new"), ("motion_reopen", "vanishes", "gone"),
    }  # fmt: skip
    assert due(work) == before, "looking moves nothing"
    with pytest.raises(NotAllowed):
        work.do(AcceptRulePack(shorter))
    work.become(9, "administrator")
    with pytest.raises(KnownError, match="rules_unknown_publisher"):
        work.do(AcceptRulePack(shorter))
    done = work.do(AcceptRulePack(shorter, trust=fingerprint(PUBLISHER.hex()).upper()))
    assert done.more is not None
    assert {(item.rule_id, item.what) for item in done.more["deadlines"]} == {
        (item.change.rule_id, item.change.what) for item in seen.moved
    }
    assert due(work)["appeal_bia"] == date(2026, 11, 30)
    assert ("rules_accepted", done.id) in work.audited
    work.do(AcceptRulePack(pack("2027.2")))  # the publisher is known now
    assert due(work)["appeal_bia"] == date(2026, 12, 21)
    newest = max(work.find(RulePackFields), key=lambda item: item.fields.version)
    again = work.do(WithdrawRulePack(newest.id))
    assert due(work)["appeal_bia"] == date(2026, 11, 30)
    work.do(WithdrawRulePack(done.id))
    assert due(work) == before
    undo(work, again)
    assert pack_of(work).version == "2027.2"


def test_a_laptop_with_older_rules_leaves_what_newer_ones_counted() -> None:
    work, samuel = registered()
    order = work.do(AddRecord("order", {"participant_id": samuel, "type": "bond", "issued_on": date(2026, 11, 20)})).id
    work.change(
        ObligationFields, deadline_id(order, "appeal_bia"), rule_pack="2030.1", when=When(day=date(2026, 11, 30)),
        counted="from 2026-11-20; calendar +10; day 2026-11-30",
    )  # fmt: skip
    work.do(RecomputeDeadlines())
    assert due(work) == {"appeal_bia": date(2026, 11, 30)}


def test_recomputing_twice_changes_nothing_the_second_time() -> None:
    work, samuel = registered(arrived_on=date(2026, 3, 2))
    work.do(AddObligation((samuel,), "master_hearing", HEARING))
    before = dict(work.rows)
    work.do(RecomputeDeadlines())
    assert work.rows == before


EVENTS = st.lists(
    st.tuples(st.sampled_from(["arrive", "hear", "move_hearing", "order", "drop_order", "file", "address"]), st.integers(0, 120)),
    max_size=8,
)


@given(events=EVENTS)
@settings(max_examples=40, deadline=None)
def test_deadlines_are_always_what_the_rules_say_of_what_is_known(events: list[tuple[str, int]]) -> None:
    """Whatever came in whatever order: nothing is left over, nothing is missing, and recomputing finds nothing to do."""
    work, samuel = registered()
    hearings: list[UUID] = []
    orders: list[UUID] = []
    for what, n in events:
        day = date.fromordinal(work.today.toordinal() + n)
        if what == "arrive":
            work.do(ChangeParticipant(samuel, {"arrived_on": day}))
        elif what == "hear":
            hearings.append(work.do(AddObligation((samuel,), "individual_hearing", When(day=day))).id)
        elif what == "move_hearing" and hearings:
            work.do(ChangeObligation(hearings[n % len(hearings)], {"when": When(day=day)}))
        elif what == "order":
            orders.append(work.do(AddRecord("order", {"participant_id": samuel, "type": "removal", "issued_on": day})).id)
        elif what == "drop_order" and orders:
            work.do(RemoveRecord("order", orders.pop()))
        elif what == "file":
            work.do(AddRecord("application", {"participant_id": samuel, "form": "i589", "filed_on": day}))
        elif what == "address":
            work.do(AddAddress(samuel, PostalAddress(line1=f"{n} Mill Lane"), since=day))
    rows = deadlines_of(pack_of(work), Held(work, samuel), "America/New_York", work.today)
    for row in rows:
        assert row.state != "no_trigger"
        assert row.kept == ""
        assert (row.obligation_id is not None) <= (row.state == "due")
        assert row.day is None or row.day == row.by_rule
    done = work.do(RecomputeDeadlines())
    assert not (done.more or {}).get("deadlines")
