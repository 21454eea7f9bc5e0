"""What does not count: kept by server and laptops, adopted or left out by somebody; records made again after a late fence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal
from uuid import UUID

import pytest

from cmpp_desktop.changes import SIGNED
from cmpp_desktop.errors import KnownError
from cmpp_desktop.sync.held import HeldWork
from cmpp_protocol import api, entries, envelope
from cmpp_protocol.api import NewEntry
from cmpp_protocol.roster import Rights
from tests.sync.laptops import Laptop, Office, everybody, team

DECISIONS: tuple[Literal["take_in", "leave_out", "bring_back"], ...] = ("take_in", "leave_out", "bring_back")
MARIA, TESFAY, LIN = UUID(int=91), UUID(int=92), UUID(int=93)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A server that is stopped at the end."""
    made = Office(tmp_path)
    yield made
    made.close()


def closed_with_work(office: Office) -> tuple[Laptop, Laptop, Laptop]:
    """Bo's laptop was closed while two changes had not been sent; the server has learned of them since, and holds them."""
    admin, (ana, bo) = team(office)
    bo.write(MARIA, value="sent")
    everybody(bo, ana)
    bo.write(MARIA, value="not sent")
    bo.write(TESFAY, value="nor this")
    admin.engine.desk.revoke(bo.device)
    assert bo.sync().problem == "device_revoked"
    return admin, ana, bo


def works(laptop: Laptop) -> tuple[HeldWork, ...]:
    return laptop.engine.held_work()


def test_work_that_came_too_late_waits_for_somebody_to_decide(office: Office) -> None:
    _admin, ana, bo = closed_with_work(office)
    status = ana.sync()
    assert (status.word, status.set_aside, status.problem) == ("set_aside", 1, None)
    assert (ana.value(MARIA, "value"), ana.value(TESFAY, "value")) == ("sent", None)
    [work] = works(ana)
    assert (work.member, work.why, work.changes) == (bo.start.member, "fence", 2)
    assert {id for _, id in work.records} == {MARIA, TESFAY}
    assert len(works(ana)) == 1
    assert len([one for one in office.requests if one.holds is not None]) > 0


def test_adopted_work_is_the_adopters_and_says_whose_it_was(office: Office) -> None:
    admin, ana, _bo = closed_with_work(office)
    ana.sync()
    ana.engine.decide_held(works(ana)[0].chain, "take_in")
    assert works(ana) == ()
    assert ana.sync().waiting == 0
    everybody(admin, ana)
    state = admin.state(MARIA)
    assert state is not None
    assert [head.stamp.device for head in state.heads["value"]] == [ana.device]
    assert (admin.value(MARIA, "value"), admin.value(TESFAY, "value")) == ("not sent", "nor this")
    assert not admin.conflicts(MARIA)
    assert admin.digest() == ana.digest()
    assert works(admin) == ()
    assert (admin.engine.status().set_aside, ana.engine.status().set_aside) == (0, 0)
    named = [one for one in admin.replica.tables["states"].values() if one.kind == "adopted"]
    assert len(named) == 2


def test_what_two_people_adopt_at_once_is_there_once(office: Office) -> None:
    admin, ana, _bo = closed_with_work(office)
    for laptop in (admin, ana):
        laptop.sync()
        laptop.engine.decide_held(works(laptop)[0].chain, "take_in")
    everybody(admin, ana)
    assert admin.digest() == ana.digest()
    assert admin.value(TESFAY, "value") == "nor this"
    assert not admin.conflicts(TESFAY)
    assert not admin.conflicts(MARIA)


def test_what_somebody_else_wrote_since_stands_beside_what_is_adopted(office: Office) -> None:
    admin, ana, _bo = closed_with_work(office)
    ana.write(MARIA, value="written since")
    ana.sync()
    ana.engine.decide_held(works(ana)[0].chain, "take_in")
    everybody(ana, admin)
    [conflict] = admin.conflicts(MARIA)
    assert len(conflict.versions) == 2


def test_what_is_left_out_comes_back_when_somebody_thinks_better_of_it(office: Office) -> None:
    admin, ana, _bo = closed_with_work(office)
    everybody(ana, admin)
    chain = works(ana)[0].chain
    ana.engine.decide_held(chain, "leave_out")
    assert works(ana) == ()
    everybody(ana, admin)
    assert works(admin) == ()
    assert admin.engine.status().set_aside == 0
    assert admin.value(TESFAY, "value") is None
    ana.engine.decide_held(chain, "bring_back")
    assert ana.engine.status().set_aside == 1
    everybody(ana, admin)
    assert [one.chain for one in works(admin)] == [chain]
    admin.engine.decide_held(chain, "take_in")
    everybody(admin, ana)
    assert ana.value(TESFAY, "value") == "nor this"
    assert ana.digest() == admin.digest()


def test_who_may_not_write_there_decides_nothing(office: Office) -> None:
    admin, ana, _bo = closed_with_work(office)
    ana.sync()
    chain = works(ana)[0].chain
    admin.engine.desk.withdraw(ana.start.member, ana.caseload)
    admin.engine.desk.grant(ana.start.member, ana.caseload, Rights.READ)
    ana.sync()
    assert works(ana) == ()
    for decision in DECISIONS:
        with pytest.raises(KnownError, match="not_allowed"):
            ana.engine.decide_held(chain, decision)


def test_something_signed_on_a_closed_laptop_is_adopted_with_its_signature(office: Office) -> None:
    admin, (ana, bo) = team(office)
    bo.write(MARIA, kind="note", text="Orientation given")
    everybody(bo, ana)
    signed = bo.sign(MARIA, roster=bo.engine.roster().no)
    admin.engine.desk.revoke(bo.device)
    bo.sync()
    ana.sync()
    ana.engine.decide_held(works(ana)[0].chain, "take_in")
    everybody(ana, admin)
    state = admin.state(signed)
    assert state is not None
    assert state.kind == SIGNED
    assert admin.status_of(MARIA) == "settled"
    assert admin.replica.all_set_aside() == []


def test_a_forged_signature_is_not_adopted(office: Office) -> None:
    admin, (ana, bo) = team(office)
    bo.write(MARIA, kind="note", text="Orientation given")
    everybody(bo, ana)
    signed = bo.sign(MARIA, forge=True)
    bo.write(TESFAY, value="beside it")
    admin.engine.desk.revoke(bo.device)
    bo.sync()
    ana.sync()
    ana.engine.decide_held(works(ana)[0].chain, "take_in")
    everybody(ana, admin)
    assert admin.state(signed) is None
    assert admin.value(TESFAY, "value") == "beside it"


def test_held_bundles_of_a_hostile_server_change_nothing(office: Office) -> None:
    _admin, ana, bo = closed_with_work(office)
    body = next(one.body for one in bo.replica.envelopes(bo.caseload, mine=True) if one.seq is None)
    parsed = envelope.decode(body)
    false = [
        b"\x00" * 40,
        body[:-1] + bytes([body[-1] ^ 1]),
        replace(parsed, header=replace(parsed.header, collection=UUID(int=5))).encode(),
        replace(parsed, header=replace(parsed.header, device=b"\x07" * 32)).encode(),
    ]
    office.tamper = lambda answer: replace(answer, held=tuple(false))
    before = ana.digest()
    status = ana.sync()
    assert (status.problem, status.set_aside) == (None, 0)
    assert works(ana) == ()
    assert ana.digest() == before
    office.tamper = None
    assert ana.sync().set_aside == 1


def test_an_older_program_that_does_not_ask_is_answered_as_before(office: Office) -> None:
    _admin, ana, _bo = closed_with_work(office)
    ana.sync()
    asked = office.requests[-1]
    older = replace(asked, holds=None)
    assert b"holds" not in older.encode()
    assert api.decode_request(older.encode()).holds is None
    assert api.decode_answer(api.SyncAnswer(1, 0, bytes(32)).encode()).held == ()


def test_p9_a_fence_that_comes_late_takes_back_what_a_folder_had_brought(office: Office, stick: Path) -> None:
    admin, (ana, bo) = team(office)
    bo.write(MARIA, value="sent")
    everybody(bo, ana, admin)
    bo.write(MARIA, value="by the stick")
    bo.write(TESFAY, value="new by the stick")
    ana.write(LIN, value="ana's own, not sent")
    bo.engine.exchange_folder(stick)
    ana.engine.exchange_folder(stick)
    assert (ana.value(MARIA, "value"), ana.value(TESFAY, "value")) == ("by the stick", "new by the stick")
    ana.write(MARIA, note="written on what the stick brought")
    admin.engine.desk.revoke(bo.device)  # at the heads that the server knows
    everybody(ana, admin)
    assert (ana.value(MARIA, "value"), ana.value(TESFAY, "value")) == ("sent", None), "nothing void is visible"
    assert ana.state(TESFAY) is None
    assert (admin.value(MARIA, "note"), admin.value(LIN, "value")) == ("written on what the stick brought", "ana's own, not sent")
    assert ana.digest() == admin.digest()
    assert ana.replica.chains(ana.caseload)[bo.device] == admin.replica.chains(ana.caseload)[bo.device]
    [work] = works(admin)
    admin.engine.decide_held(work.chain, "take_in")
    everybody(admin, ana)
    assert ana.value(TESFAY, "value") == "new by the stick"
    assert ana.digest() == admin.digest()


def test_p9_a_laptop_that_died_before_it_took_back_does_so_when_it_starts(office: Office, stick: Path) -> None:
    admin, (ana, bo) = team(office)
    bo.write(TESFAY, value="by the stick")
    bo.engine.exchange_folder(stick)
    ana.engine.exchange_folder(stick)
    admin.engine.desk.revoke(bo.device)
    follow, ana.engine._talk.follow = ana.engine._talk.follow, lambda: None  # type: ignore[method-assign]  # it dies here
    ana.sync()
    assert ana.value(TESFAY, "value") == "by the stick"
    ana.engine._talk.follow = follow  # type: ignore[method-assign]  # and starts
    ana.boot()
    ana.sync()
    assert ana.state(TESFAY) is None
    admin.sync()
    assert ana.digest() == admin.digest()


def test_of_two_bundles_of_one_number_the_one_in_the_log_stays_and_the_other_is_shown(office: Office, stick: Path) -> None:
    _, (ana, bo) = team(office)
    ana.write(MARIA, value="before they parted")
    everybody(ana, bo)
    twin = ana.clone()
    twin.write(TESFAY, value="by the twin's stick")
    twin.engine.exchange_folder(stick)
    bo.engine.exchange_folder(stick)
    assert bo.value(TESFAY, "value") == "by the twin's stick"
    ana.write(LIN, value="in the log")
    ana.sync()
    status = bo.sync()
    assert (bo.value(LIN, "value"), bo.value(TESFAY, "value"), status.problem) == ("in the log", None, None)
    [work] = works(bo)
    assert (work.why, work.changes, work.member) == ("fork", 1, ana.start.member)
    assert bo.digest() == ana.digest()
    ana.write(LIN, value="and later")
    everybody(ana, bo)
    assert bo.value(LIN, "value") == "and later"
    assert ana.engine.status().renewed is not None, "she met a bundle of her own that she had not sealed"
    assert twin.sync().problem == "device_replaced"
    bo.engine.decide_held(work.chain, "take_in")
    everybody(bo, ana)
    assert ana.value(TESFAY, "value") == "by the twin's stick"
    assert (works(bo), works(ana)) == ((), ())
    assert bo.engine.status().set_aside == 0
    assert bo.digest() == ana.digest()


def test_what_is_erased_is_neither_named_nor_taken_in(office: Office) -> None:
    admin, ana, _ = closed_with_work(office)
    named = entries.erased_id(ana.start.org, TESFAY)
    admin.engine.propose(
        lambda state, heads: [
            NewEntry(entries.erasure(state.head, admin.start.device, at=admin.clock, records=[named], certificate=bytes(32)))
        ]
    )
    everybody(ana)
    [work] = works(ana)
    assert [id for _, id in work.records] == [MARIA]
    ana.engine.decide_held(work.chain, "take_in")
    everybody(ana, admin)
    assert (admin.value(MARIA, "value"), admin.state(TESFAY), ana.state(TESFAY)) == ("not sent", None, None)
    assert works(admin) == works(ana) == ()


def test_what_counted_already_in_another_bundle_is_nothing_to_decide(office: Office) -> None:
    _, (ana, bo) = team(office)
    office.down = True
    ana.write(MARIA, value="written before they parted")
    twin = ana.clone()
    office.down = False
    ana.sync()
    twin.engine._renew_identity = lambda: False  # type: ignore[method-assign]  # it goes offline before it has a new one
    twin.sync()
    status = bo.sync()
    assert (bo.value(MARIA, "value"), status.set_aside, status.problem) == ("written before they parted", 0, None)
    assert works(bo) == ()


def test_held_work_is_not_handed_to_who_may_not_read_it(office: Office) -> None:
    admin, (ana, bo) = team(office)
    admin.engine.desk.confirm(bo.device)
    everybody(bo)
    bo.write(TESFAY, bo.restricted, value="restricted")
    admin.engine.desk.revoke(bo.device)
    assert bo.sync().problem == "device_revoked"
    answers: list[api.SyncAnswer] = []

    def seen(answer: api.SyncAnswer) -> api.SyncAnswer:
        answers.append(answer)
        return answer

    office.tamper = seen
    ana.sync()  # nobody has compared her digits
    assert not any(answer.held for answer in answers)
    assert ana.engine.status().set_aside == 0
    admin.sync()
    assert [len(answer.held) for answer in answers if answer.held] == [1]
    assert [work.chain.collection for work in works(admin)] == [admin.restricted]


def test_a_closed_laptop_hands_over_by_a_stick_what_it_wrote_after_it_was_closed(office: Office, stick: Path) -> None:
    admin, ana, bo = closed_with_work(office)
    everybody(admin, ana)
    bo.write(LIN, value="written in the bus, after it was closed")
    assert bo.engine.exchange_folder(stick).files_out == 2
    assert bo.engine.exchange_folder(stick).files_out == 0, "all of it is there"
    ana.engine.exchange_folder(stick)
    [work] = works(ana)
    assert (work.member, work.why, work.changes) == (bo.start.member, "fence", 3)
    ana.engine.decide_held(work.chain, "take_in")
    everybody(ana, admin)
    assert admin.value(LIN, "value") == "written in the bus, after it was closed"
    assert admin.value(MARIA, "value") == "not sent"
    assert works(admin) == ()
    assert bo.value(LIN, "value") is not None
    assert admin.digest() == ana.digest()
