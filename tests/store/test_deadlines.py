"""Deadlines in the store: two laptops make one, conflicts take theirs along, and what may be asked without a window."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time, timedelta
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cmpp_desktop.domain.deadline_views import AsylumClock, Deadline, Deadlines, RulePackPreview, RulesInForce
from cmpp_desktop.domain.deadlines import AcceptRulePack, OverrideDeadline, RecomputeDeadlines, WithdrawRulePack
from cmpp_desktop.domain.entries import AddRecord, ChangeRecord, Records
from cmpp_desktop.domain.following import deadline_id
from cmpp_desktop.domain.obligations import AddObligation, ChangeObligation, MarkObligation, ObligationFields
from cmpp_desktop.domain.participants import AddAddress
from cmpp_desktop.domain.questions import Conflicts, Participant
from cmpp_desktop.domain.records import PostalAddress, When, to_wire
from cmpp_desktop.domain.reviews import PickVersion
from cmpp_desktop.domain.rule_packs import fingerprint, seal
from cmpp_desktop.domain.rules import RulesRefused, shipped
from cmpp_desktop.errors import KnownError
from tests.store.laptops import DAY, Laptop, family

Make = Callable[..., Laptop]
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLISHER = KEY.public_key().public_bytes_raw()
HEARING = When(day=date(2027, 3, 15), at=time(9), zone="America/Chicago")


def sealed(version: str, **changes: str) -> bytes:
    text = shipped().replace('version = "2026.11.1"', f'version = "{version}"')
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return seal(text, PUBLISHER, KEY.sign)


def rows(laptop: Laptop, person: UUID) -> dict[str, Deadline]:
    return {row.rule_id: row for row in laptop.ask(Deadlines(person, DAY))}


def stands(laptop: Laptop, person: UUID) -> dict[str, date]:
    return {id: row.day for id, row in rows(laptop, person).items() if row.day is not None}


def test_two_laptops_that_hear_of_one_hearing_make_one_deadline(a_laptop: Make) -> None:
    ana, ben = a_laptop(1), a_laptop(2)
    person = ana.do(family()).id
    hearing = ana.do(AddObligation((person,), "individual_hearing", HEARING)).id
    ben.receive(ana)
    later = When(day=date(2027, 4, 1), at=time(9), zone="America/Chicago")
    ana.do(ChangeObligation(hearing, {"when": later}))
    ben.do(ChangeObligation(hearing, {"when": later}))
    ana.receive(ben)
    ben.receive(ana)
    for laptop in (ana, ben):
        assert stands(laptop, person) == {"filing_before_individual": date(2027, 3, 2)}
        assert laptop.ask(Conflicts()) == ()
        assert rows(laptop, person)["filing_before_individual"].zone == "America/Chicago"


def test_settling_the_hearing_settles_the_deadline_that_hangs_on_it(a_laptop: Make) -> None:
    ana, ben = a_laptop(1), a_laptop(2)
    person = ana.do(family()).id
    hearing = ana.do(AddObligation((person,), "individual_hearing", HEARING)).id
    ben.receive(ana)
    days = {1: date(2027, 4, 1), 2: date(2027, 5, 3)}
    for laptop, day in ((ana, days[1]), (ben, days[2])):
        laptop.do(ChangeObligation(hearing, {"when": When(day=day, zone="America/Chicago")}))
    ana.receive(ben)
    ben.receive(ana)
    filing = deadline_id(hearing, "filing_before_individual")
    assert {(item.record_id, item.field) for item in ana.ask(Conflicts())} == {
        (hearing, "when"), (filing, "when"), (filing, "counted"),
    }  # fmt: skip
    ana.do(PickVersion("obligation", hearing, "when", to_wire(When(day=days[1], zone="America/Chicago"))))
    assert ana.ask(Conflicts()) == ()
    assert stands(ana, person) == {"filing_before_individual": date(2027, 3, 2)}
    ben.receive(ana)
    assert ben.ask(Conflicts()) == ()
    assert stands(ben, person) == {"filing_before_individual": date(2027, 3, 2)}


def test_an_order_written_on_one_laptop_holds_when_the_hearing_moves_on_another(a_laptop: Make) -> None:
    ana, ben = a_laptop(1), a_laptop(2)
    person = ana.do(family()).id
    hearing = ana.do(AddObligation((person,), "individual_hearing", HEARING)).id
    ben.receive(ana)
    filing = deadline_id(hearing, "filing_before_individual")
    ordered = When(day=date(2027, 2, 26), zone="America/Chicago")
    ana.do(OverrideDeadline(filing, ordered, order_note="Scheduling order of 20 November, at the lawyer's office"))
    ben.receive(ana)
    ben.do(ChangeObligation(hearing, {"when": When(day=date(2027, 4, 1), zone="America/Chicago")}))
    ana.receive(ben)
    for laptop in (ana, ben):
        row = rows(laptop, person)["filing_before_individual"]
        assert (row.day, row.by_rule, row.kept) == (date(2027, 2, 26), date(2027, 3, 2), "ordered")


def test_everything_about_a_participant_beside_its_rule(a_laptop: Make) -> None:
    laptop = a_laptop()
    person = laptop.do(family(arrived_on=date(2020, 2, 3))).id
    laptop.do(AddAddress(person, PostalAddress(line1="1 Alder Street"), since=date(2026, 1, 1)))
    laptop.do(AddAddress(person, PostalAddress(line1="9 Mill Lane"), since=DAY))
    order = {"participant_id": person, "type": "removal", "issued_on": DAY - timedelta(days=2)}
    laptop.do(AddRecord("order", order))
    found = rows(laptop, person)
    asylum = found["i589_one_year"]
    assert (asylum.state, asylum.obligation_id, asylum.passed) == ("due", None, True)
    assert (found["appeal_bia_10"].state, found["appeal_bia_10"].standing) == ("not_in_force", "vacated")
    eoir = found["eoir33_after_move"]
    assert (eoir.day, eoir.by_rule, eoir.citation) == (date(2026, 11, 30), date(2026, 11, 30), "8 CFR 1003.15(d)(2)")
    assert eoir.warnings[0] == "confirm_with_attorney"
    assert eoir.title is not None
    assert "EOIR-33" in eoir.title.es
    laptop.do(AddRecord("application", {"participant_id": person, "form": "eoir33", "filed_on": DAY}))
    assert rows(laptop, person)["eoir33_after_move"].state == "met"
    laptop.do(MarkObligation(rows(laptop, person)["appeal_bia"].obligation_id or person, "attended"))
    assert rows(laptop, person)["appeal_bia"].kept == "marked"
    days = [row.day or row.by_rule for row in laptop.ask(Deadlines(person, DAY))]
    assert days == sorted(day for day in days if day is not None)
    shown = [item.fields.type for item in laptop.ask(Participant(person)).obligations]
    assert sorted(shown) == ["address_change_uscis", "appeal_deadline", "motion_deadline", "motion_deadline"]
    with pytest.raises(KnownError, match="record_missing"):
        laptop.ask(Deadlines(UUID(int=5), DAY))


def test_the_clock_of_an_application_and_what_a_continuance_would_cost(a_laptop: Make) -> None:
    laptop = a_laptop()
    person = laptop.do(family()).id
    form = laptop.do(AddRecord("application", {"participant_id": person, "form": "i589", "filed_on": date(2026, 9, 1)})).id
    view = laptop.ask(AsylumClock(form, DAY))
    assert (view.state, view.days, view.clock.assumed_start) == ("running", 84, True)
    assert (view.may_apply, view.eligible) == (date(2027, 1, 29), date(2027, 2, 28))
    assert view.note is not None
    assert "contested" in view.note.en
    event = {"participant_id": person, "application_id": form, "what": "start", "on": date(2026, 9, 3)}
    laptop.do(AddRecord("clock_event", event))
    asked = laptop.ask(AsylumClock(form, DAY, date(2026, 12, 1), date(2027, 1, 12)))
    assert not asked.clock.assumed_start
    assert asked.what_if is not None
    assert asked.may_apply is not None
    assert asked.what_if.may_apply == asked.may_apply + timedelta(days=42)
    laptop.do(AddRecord("clock_event", {**event, "on": date(2026, 10, 1)}))
    torn = laptop.ask(AsylumClock(form, DAY))
    assert (torn.state, torn.days, [item.code for item in torn.clock.troubles]) == ("contradictory", None, ["started_twice"])
    assert rows(laptop, person)["i765_c8_150"].state == "contradictory"


def test_a_pack_is_seen_accepted_on_one_laptop_and_followed_on_another(a_laptop: Make) -> None:
    boss, ben = a_laptop(1, role="administrator"), a_laptop(2)
    person = boss.do(family(preferred_name="Mari")).id
    order = boss.do(AddRecord("order", {"participant_id": person, "type": "bond", "issued_on": date(2026, 11, 20)})).id
    ben.receive(boss)
    data = sealed("2027.1", **{"count = { n = 30 }\nholidays": "count = { n = 10 }\nholidays"})
    seen = boss.ask(RulePackPreview(data, DAY))
    assert [(item.participant, item.change.rule_id, item.change.what, item.rule) for item in seen.moved] == [
        ("Mari Tzoc", "appeal_bia", "moves", "changed")
    ]
    (moved,) = seen.moved
    assert (moved.change.before, moved.change.after) == (date(2026, 12, 21), date(2026, 11, 30))
    assert (seen.trusted, seen.fingerprint) == (False, fingerprint(PUBLISHER.hex()))
    accepted = boss.do(AcceptRulePack(data, trust=seen.fingerprint))
    assert stands(boss, person) == {"appeal_bia": date(2026, 11, 30)}
    assert boss.ask(RulesInForce()).accepted is not None
    ben.receive(boss)
    assert ben.ask(RulesInForce()).pack.version == "2027.1"
    ben.do(RecomputeDeadlines())
    boss.receive(ben)
    assert boss.ask(Conflicts()) == ben.ask(Conflicts()) == ()
    ben.do(ChangeRecord("order", order, {"issued_on": date(2026, 11, 23)}))
    assert stands(ben, person) == {"appeal_bia": date(2026, 12, 3)}
    boss.do(WithdrawRulePack(accepted.id))
    assert boss.ask(RulesInForce()).accepted is None
    assert stands(boss, person) == {"appeal_bia": date(2026, 12, 21)}


def test_a_forged_pack_that_came_by_sync_does_not_count_and_is_shown(a_laptop: Make) -> None:
    boss = a_laptop(1, role="administrator")
    done = boss.do(AcceptRulePack(sealed("2027.1"), trust=fingerprint(PUBLISHER.hex())))
    with boss.work() as commit:
        record = boss.ask(RulesInForce()).accepted
        assert record is not None
        changed = {"source": record.fields.source.replace("n = 150", "n = 1")}
        commit.work.change(type(record.fields), done.id, **changed)
        commit()
    view = boss.ask(RulesInForce())
    assert (view.pack.version, view.accepted) == ("2026.11.1", None)
    assert [item.id for item in view.unreadable] == [done.id]


def test_a_faulty_pack_shows_all_its_faults_and_is_not_taken(a_laptop: Make) -> None:
    boss = a_laptop(1, role="administrator")
    faulty = sealed("2027.1", **{'obligation = "departure"': 'obligation = "flight"', 'link = "order_id"': 'link = "order"'})
    for call in (lambda: boss.ask(RulePackPreview(faulty, DAY)), lambda: boss.do(AcceptRulePack(faulty))):
        with pytest.raises(RulesRefused) as said:
            call()
        assert {problem.code for problem in said.value.problems} == {"no_such_code", "no_such_field"}
    assert boss.ask(Records("rule_pack")) == ()


def test_the_pack_that_ships_may_be_accepted_as_it_is(a_laptop: Make) -> None:
    boss = a_laptop(1, role="administrator")
    boss.do(AcceptRulePack())
    assert boss.ask(RulesInForce()).accepted is not None
    with pytest.raises(KnownError, match="rules_already"):
        boss.do(AcceptRulePack())


def test_a_laptop_without_restricted_neither_sees_nor_moves_restricted_deadlines(a_laptop: Make) -> None:
    ana, ben = a_laptop(1), a_laptop(2, restricted=False)
    person = ana.do(family()).id
    protected = {"participant_id": person, "form": "i765v", "status": "granted", "expires_on": date(2027, 6, 1)}
    ana.do(AddRecord("application", protected))
    assert stands(ana, person) == {"grant_expires": date(2027, 6, 1)}
    ben.receive(ana)
    assert rows(ben, person) == {}
    ben.do(RecomputeDeadlines())
    ana.receive(ben)
    assert stands(ana, person) == {"grant_expires": date(2027, 6, 1)}
    with ana.work() as commit:
        (made,) = commit.work.find(ObligationFields, participant_id=person)
    assert made.compartment == "restricted"
