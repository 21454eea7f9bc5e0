"""Two and three laptops and a real server: what people see when they were offline, out of power, or cheated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from cmpp_desktop.changes import SYNC, ChangeSet, life_value
from cmpp_desktop.sync import merge
from cmpp_protocol import api, canon, entries
from tests.sync.laptops import DAY, Laptop, Office, PowerCut, enrolled, everybody, founded, founded_again, invited, team

PHONE, NOTE = UUID(int=11), UUID(int=12)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.close()


def test_offline_referral_arrives_once(office: Office) -> None:
    _, [ana, bo] = team(office)
    office.down = True
    ana.write(PHONE, number="555-0100")
    assert ana.sync().word == "offline"
    assert ana.engine.status().waiting == 1
    office.down = False
    assert ana.sync().word == "sent"
    bo.heard.clear()
    bo.sync()
    bo.sync()
    assert bo.value(PHONE, "number") == "555-0100"
    assert [change.origin for change in bo.heard] == [SYNC]
    assert bo.heard[0].ids == {PHONE}


def test_sent_is_said_only_when_the_log_shows_it(office: Office) -> None:
    _, [ana, bo] = team(office)
    ana.write(PHONE, number="555-0100")
    office.lose_answers = 1  # the server has it; the laptop cannot know
    assert ana.sync().word == "offline"
    assert ana.engine.status().waiting == 1
    assert ana.sync().word == "sent"
    bo.sync()
    assert bo.value(PHONE, "number") == "555-0100"
    bundles = list(ana.replica.envelopes(ana.caseload, mine=True))
    assert [one.number for one in bundles] == [1]  # sealed once, sent twice, stored once


def test_both_changed_the_phone_number_offline_and_the_supervisor_picks(office: Office) -> None:
    _, [ana, sam] = team(office)
    ana.write(PHONE, number="555-0100")
    everybody(ana, sam)
    ana.write(PHONE, number="555-0111")
    sam.write(PHONE, number="555-0222")
    everybody(ana, sam)
    for laptop in (ana, sam):
        [conflict] = laptop.conflicts(PHONE)
        assert {canon.unpack(head.value) for head in conflict.versions} == {"555-0111", "555-0222"}
        assert laptop.engine.status().word == "to_settle"
    sam.write(PHONE, number="555-0111")
    everybody(sam, ana)
    assert ana.conflicts(PHONE) == sam.conflicts(PHONE) == ()
    assert ana.value(PHONE, "number") == "555-0111"
    assert ana.digest() == sam.digest()
    assert ana.engine.status().word == "sent"


def test_p8_a_signed_note_survives_and_a_late_edit_shows_as_changed_since(office: Office) -> None:
    _, [ana, sam] = team(office)
    ana.write(NOTE, kind="note", text="Orientation given")
    everybody(ana, sam)
    ana.write(NOTE, text="Orientation given; she will call back")  # offline, before the signature arrives
    signed = sam.sign(NOTE)
    everybody(sam, ana)
    for laptop in (ana, sam):
        assert laptop.status_of(NOTE) == "changed_since"
        assert laptop.state(signed) is not None
    assert ana.state(signed) == sam.state(signed)
    assert ana.digest() == sam.digest()


def test_a_forged_signature_is_void_for_everybody_and_stops_nothing(office: Office) -> None:
    _, [ana, sam] = team(office)
    ana.write(NOTE, kind="note", text="Orientation given")
    everybody(ana, sam)
    signed = ana.sign(NOTE, forge=True)
    ana.write(PHONE, number="555-0100")
    ana.sync()
    status = sam.sync()
    assert sam.state(signed) is None
    assert sam.status_of(NOTE) == "live"
    assert sam.value(PHONE, "number") == "555-0100"
    assert (status.word, status.set_aside) == ("set_aside", 1)
    assert sam.replica.all_set_aside()[0].reason == "signed"


def test_many_waiting_changes_are_read_in_parts_and_all_arrive_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    _, [ana, sam] = team(office)
    everybody(ana, sam)
    reads: list[int | None] = []  # how many change sets were asked for
    outbox = ana.replica.outbox

    def counted(*asked: Any) -> Sequence[ChangeSet]:
        reads.append(asked[2] if len(asked) > 2 else None)
        return outbox(*asked)

    monkeypatch.setattr(ana.replica, "outbox", counted)
    monkeypatch.setattr("cmpp_desktop.sync.outbox.READ_AT_ONCE", 3)
    for number in range(10):
        ana.write(UUID(int=7_000 + number), kind="note", text=f"Call {number}")
    ana.write(NOTE, kind="note", place=ana.organisation, text="For everybody")
    everybody(ana, sam)
    assert ana.engine.status().waiting == 0
    assert [sam.value(UUID(int=7_000 + number), "text") for number in range(10)] == [f"Call {number}" for number in range(10)]
    assert sam.value(NOTE, "text", sam.organisation) == "For everybody"
    assert ana.digest() == sam.digest()
    assert 3 in reads
    assert None not in reads


def test_p16_kinds_and_fields_of_a_newer_version_merge_and_travel(office: Office) -> None:
    _, [ana, sam] = team(office)
    ana.write(NOTE, kind="hologram", spin={"x": [1, b"\x00"]}, charm="strange")
    everybody(ana, sam)
    sam.write(NOTE, charm="top")
    everybody(sam, ana)
    assert ana.value(NOTE, "spin") == {"x": [1, b"\x00"]}
    assert ana.value(NOTE, "charm") == "top"


def test_a_new_laptop_works_before_it_ever_had_a_network(office: Office) -> None:
    admin = founded(office)
    file = invited(admin, 2)
    office.down = True
    ana = enrolled(office, file, 2)
    assert ana.value(UUID(int=900), "name", ana.organisation) == "Synthetic Aid"  # staff and instruments are there offline
    ana.write(PHONE, number="555-0100")
    assert ana.sync().word == "offline"
    office.down = False
    status = ana.sync()
    assert (status.word, status.problem) == ("sent", None)
    admin.sync()
    assert admin.value(PHONE, "number") == "555-0100"


def test_enrolment_is_made_again_when_the_roster_moved_on_meanwhile(office: Office) -> None:
    admin = founded(office)
    first, second = invited(admin, 2), invited(admin, 3)
    ana, bo = enrolled(office, first, 2), enrolled(office, second, 3)
    assert bo.sync().problem is None  # the roster that ana holds is old now
    assert ana.sync().problem is None
    ana.write(PHONE, number="555-0100")
    everybody(ana, bo)
    assert bo.value(PHONE, "number") == "555-0100"


def test_an_invitation_opens_the_door_once(office: Office) -> None:
    admin = founded(office)
    file = invited(admin, 2)
    assert enrolled(office, file, 2).sync().problem is None
    thief = enrolled(office, file, 66)
    status = thief.sync()
    assert (status.word, status.problem) == ("refused", "invitation_used")
    thief.write(PHONE, number="stays here")
    assert thief.engine.status().waiting == 1


def test_restricted_records_open_only_after_the_six_digits_were_compared(office: Office) -> None:
    admin = founded(office)
    ana = enrolled(office, invited(admin, 2), 2)
    admin.write(NOTE, admin.restricted, "note", text="restricted")
    everybody(ana, admin)
    assert ana.value(NOTE, "text", ana.restricted) is None
    assert ana.engine.own_code() == admin.engine.code_of(ana.device) != ""
    admin.engine.desk.confirm(ana.device)
    everybody(ana)
    assert ana.value(NOTE, "text", ana.restricted) == "restricted"
    assert ana.engine.own_code() == ""


def test_deliveries_that_come_twice_change_nothing(office: Office) -> None:
    _, [ana, bo] = team(office)
    ana.write(PHONE, number="555-0100")
    for _ in range(3):
        office.lose_answers = 1
        ana.sync()
    ana.sync()
    bo.sync()
    before = bo.digest()
    office.lose_answers = 1
    bo.sync()
    bo.sync()
    assert bo.digest() == before == ana.digest()


def test_p15_a_power_cut_at_every_write_leaves_before_or_after_and_nothing_is_lost(tmp_path: Path) -> None:
    """Both sides of an exchange in which something is sent, something arrives and a conflict is made, cut at each write."""
    cut = 0
    while True:
        folder = tmp_path / str(cut)
        folder.mkdir()
        office = Office(folder)
        _, [ana, bo] = team(office)
        bo.write(PHONE, number="555-0222")
        bo.write(NOTE, kind="note", text="from bo")
        bo.sync()
        ana.write(PHONE, number="555-0111")
        ana.write(UUID(int=13), number="555-0333")
        ana.replica.cut_after = cut
        happened = False
        try:
            ana.sync()
        except PowerCut:
            happened = True
        ana.replica.cut_after = None
        ana.boot()
        assert ana.value(PHONE, "number") is not None  # "Saved" survives
        everybody(ana, bo, ana)
        assert ana.digest() == bo.digest()
        assert len(ana.conflicts(PHONE)) == 1
        assert ana.engine.status().waiting == 0
        numbers = [(one.number, one.hash) for one in ana.replica.envelopes(ana.caseload, mine=True)]
        assert len({number for number, _ in numbers}) == len(numbers), "P11: no number is sealed twice"
        office.close()
        if not happened:
            break
        cut += 1
    assert cut > 10


def test_a_bad_bundle_never_stops_the_others(office: Office) -> None:
    _, [ana, bo, cy] = team(office, 3)
    ana.write(PHONE, number="555-0100")
    ana.sync()
    bo.write(NOTE, kind="note", text="after the bad one")
    bo.sync()

    def damaged(answer: api.SyncAnswer) -> api.SyncAnswer:
        """The signature of ana's bundle is not hers on the way to cy (the chain hash does not cover it)."""
        logs = []
        for one in answer.logs:
            items = [
                item._replace(envelope=item.envelope[:-64] + bytes(64)) if at == 0 and one.collection == cy.caseload else item
                for at, item in enumerate(one.items)
            ]
            logs.append(replace(one, items=tuple(items)))
        return replace(answer, logs=tuple(logs), again=tuple(one._replace(envelope=b"damaged too") for one in answer.again))

    office.tamper = damaged
    status = cy.sync()
    assert cy.value(NOTE, "text") == "after the bad one"
    assert cy.value(PHONE, "number") is None
    assert (status.word, status.set_aside, status.damaged) == ("set_aside", 1, 1)
    office.tamper = None  # the way is sound again: it was never the server's copy
    cy.boot()
    status = cy.sync()
    assert cy.value(PHONE, "number") == "555-0100"
    assert (status.word, status.set_aside, status.damaged) == ("sent", 0, 0)
    assert cy.digest() == bo.digest()


@pytest.mark.parametrize("trick", ["drops", "reorders", "swaps_collections", "forges_the_chain"])
def test_p19_a_cheating_server_is_reported(office: Office, trick: str) -> None:
    _, [ana, bo] = team(office)
    for number in range(3):
        ana.write(UUID(int=100 + number), number=str(number))
        ana.sync()

    def cheat(answer: api.SyncAnswer) -> api.SyncAnswer:
        logs = []
        for one in answer.logs:
            items = list(one.items)
            if one.collection == bo.caseload and len(items) >= 3:
                if trick == "drops":
                    del items[1]
                elif trick == "reorders":
                    items[0], items[1] = items[1], items[0]
                elif trick == "forges_the_chain":
                    items[1] = items[1]._replace(log_hash=bytes(32))
                else:
                    one = replace(one, collection=bo.organisation)
            logs.append(replace(one, items=tuple(items)))
        return replace(answer, logs=tuple(logs))

    office.tamper = cheat
    assert bo.sync().problem == "another_history"
    office.tamper = None
    assert bo.sync().problem is None
    assert bo.digest() == ana.digest()


def test_p10_a_server_restored_from_an_old_copy_gets_everything_back(office: Office) -> None:
    _, [ana, bo] = team(office)
    ana.write(PHONE, number="555-0100")
    everybody(ana, bo)
    office.close()
    old = (office.folder / "server.db").read_bytes()
    office.open()
    ana.write(PHONE, number="555-0111")
    bo.write(NOTE, kind="note", text="only the server and bo had this")
    everybody(ana, bo)
    office.close()
    for rest in office.folder.glob("server.db-*"):
        rest.unlink()
    (office.folder / "server.db").write_bytes(old)
    office.open()
    assert bo.sync().problem is None
    cy = founded_again(office, ana, bo)
    assert cy.value(PHONE, "number") == "555-0111"
    assert cy.value(NOTE, "text") == "only the server and bo had this"
    assert ana.engine.status().waiting == 0


def test_a_laptop_with_a_wrong_clock_learns_the_time_once_and_goes_on(office: Office) -> None:
    _, [ana, bo] = team(office)
    ana.clock -= 2 * 3600 * 1000
    ana.write(PHONE, number="555-0100")
    assert ana.sync().problem is None
    office.requests.clear()
    assert ana.sync().problem is None
    assert len(office.requests) == 1
    bo.sync()
    assert bo.value(PHONE, "number") == "555-0100"


def test_a_clock_that_is_days_wrong_is_asked_about_and_not_followed(office: Office) -> None:
    _, [ana, _] = team(office)
    ana.clock -= 3 * DAY
    status = ana.sync()
    assert (status.word, status.problem) == ("refused", "clock_wrong")


def test_a_bundle_of_a_newer_format_waits_and_the_others_go_on(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    _, [ana, bo, cy] = team(office, 3)
    with monkeypatch.context() as newer:
        newer.setattr("cmpp_desktop.sync.packing.FORMAT", 2)
        ana.write(PHONE, number="from the future")
        ana.sync()
    ana.write(UUID(int=13), number="after it")
    ana.sync()
    bo.write(NOTE, kind="note", text="of today")
    bo.sync()
    status = cy.sync()
    assert status.word == "update"
    assert cy.value(NOTE, "text") == "of today"
    assert cy.value(UUID(int=13), "number") is None  # its chain waits
    monkeypatch.setattr("cmpp_desktop.sync.packing.FORMAT", 2)  # the update is installed
    cy.boot()
    ana.write(UUID(int=14), number="next")
    ana.sync()
    cy.sync()
    assert cy.value(PHONE, "number") == "from the future"
    assert cy.value(UUID(int=13), "number") == "after it"


def test_a_deleted_note_is_gone_on_both_laptops(office: Office) -> None:
    _, [ana, bo] = team(office)
    ana.write(NOTE, kind="note", text="twice")
    everybody(ana, bo)
    bo.settle(NOTE, life_value("deleted", "written twice"))
    everybody(bo, ana)
    assert ana.status_of(NOTE) == bo.status_of(NOTE) == "settled"


def test_two_hundred_changes_leave_in_one_round_trip_and_one_bundle(office: Office) -> None:
    _, [ana, bo] = team(office)
    for number in range(200):
        ana.write(UUID(int=1000 + number), number=str(number))
    office.requests.clear()
    ana.sync()
    assert len(office.requests) == 1
    assert [len(request.bundles) for request in office.requests] == [1]
    office.requests.clear()
    bo.sync()
    assert len(office.requests) == 1
    assert bo.digest() == ana.digest()


def test_p18_what_the_server_holds_contains_nothing_of_what_was_written(office: Office) -> None:
    _, [ana, bo] = team(office)
    ana.write(NOTE, kind="canary_kind", canary_field="CANARY-NARRATIVE Farid A012345678")
    everybody(ana, bo)
    office.close()
    held = b"".join(path.read_bytes() for path in office.folder.iterdir())
    office.open()
    for canary in (b"CANARY", b"Farid", b"A012345678", b"canary_kind", b"canary_field"):
        assert canary not in held


def test_three_laptops_edit_everything_offline_and_end_equal(office: Office) -> None:
    _, laptops = team(office, 3)
    for round_number in range(4):
        for at, laptop in enumerate(laptops):
            laptop.write(UUID(int=50 + (at + round_number) % 2), number=f"{round_number}-{at}")
        laptops[round_number % 3].sync()
    everybody(*laptops)
    assert len({laptop.digest() for laptop in laptops}) == 1
    for laptop in laptops:
        for state in laptop.replica.tables["states"].values():
            assert not merge.awaited(state, laptop.replica.seen(laptop.caseload))


def test_p19_a_server_that_never_knows_a_cursor_is_left_alone(office: Office) -> None:
    _, [ana, _] = team(office)

    def forgetful(answer: api.SyncAnswer) -> api.SyncAnswer:
        return replace(answer, logs=tuple(replace(one, known=False, items=()) for one in answer.logs))

    office.tamper = forgetful
    office.requests.clear()
    assert ana.sync().problem == "another_history"
    assert len(office.requests) == 2


def restore(office: Office, old: bytes) -> None:
    office.close()
    for rest in office.folder.glob("server.db-*"):
        rest.unlink()
    (office.folder / "server.db").write_bytes(old)
    office.open()


def copy_of(office: Office) -> bytes:
    office.close()
    data = (office.folder / "server.db").read_bytes()
    office.open()
    return data


def test_p10_a_restored_server_that_forgot_a_colleague_learns_of_her_again(office: Office) -> None:
    admin, [ana] = team(office, 1)
    old = copy_of(office)
    bo = enrolled(office, invited(admin, 5), 5)
    bo.write(PHONE, number="555-0100")
    everybody(bo, admin, ana)
    restore(office, old)
    assert ana.sync().problem is None  # she holds the whole roster and hands it back
    bo.write(NOTE, kind="note", text="after the restore")
    for laptop in (bo, ana, admin):
        assert laptop.sync().problem is None
    everybody(bo, ana, admin)
    assert ana.value(NOTE, "text") == "after the restore"
    assert len({laptop.digest() for laptop in (admin, ana, bo)}) == 1


def test_a_server_with_another_roster_is_refused_and_work_goes_on(office: Office) -> None:
    admin, [ana] = team(office, 1)
    old = copy_of(office)
    invited(admin, 5)
    ana.sync()
    restore(office, old)
    twin = old_admin(admin)
    invited(twin, 7)
    assert twin.engine.roster().hash != ana.engine.roster().hash
    status = ana.sync()
    assert (status.word, status.problem) == ("refused", "roster_fork")
    ana.write(PHONE, number="555-0100")
    assert ana.engine.status().waiting == 1


def old_admin(admin: Laptop) -> Laptop:
    """The administrator's laptop, put back from a copy that is older than the last invitation."""
    twin = admin.clone()
    known = twin.replica.tables["roster"]
    keep = next(no for no in sorted(known) if entries.decode(known[no]).type == "device_enrolled")
    twin.replica.tables["roster"] = {no: entry for no, entry in known.items() if no <= keep}
    twin.boot()
    twin.clock += 5000
    return twin
