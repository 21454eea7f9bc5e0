"""Erasure (rule 19): nothing of an erased record stays on any laptop, whatever comes when, and no hold is overridden."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from cmpp_desktop.changes import LIFE, LIVE, Head, RecordState, Write
from cmpp_desktop.store.orders import ORDERS, Order, packed_orders, read_orders
from cmpp_desktop.sync import erased
from cmpp_desktop.sync.snapshot_fold import Fold
from cmpp_desktop.sync.snapshot_parts import Read
from cmpp_desktop.sync.taken import Item
from cmpp_protocol import canon
from cmpp_protocol.stamps import Stamp
from tests.sync.laptops import Laptop, Office, everybody, team

MARIA, TESFAY, HOLD, PAPER = (UUID(int=number) for number in (91, 92, 93, 94))
HASH = bytes([7]) * 32


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A server that is stopped at the end."""
    made = Office(tmp_path)
    yield made
    made.close()


def ordered(laptop: Laptop, *orders: Order) -> None:
    """What destroying a file, or setting a hold, leaves in the store."""
    with laptop.replica.transaction():
        before = read_orders(laptop.replica.secret(ORDERS))
        laptop.replica.put_secret(ORDERS, packed_orders([*before, *orders]))


def waits(laptop: Laptop) -> list[Order]:
    return read_orders(laptop.replica.secret(ORDERS))


def both(laptop: Laptop) -> list[Any]:
    return [laptop.value(MARIA, "value"), laptop.value(TESFAY, "value")]


ERASE = Order("erase", PAPER, (MARIA,), HASH)


def test_an_erased_record_is_gone_from_every_laptop_and_others_stay(office: Office) -> None:
    admin, (ana, bo) = team(office)
    ana.write(MARIA, value="gone")
    ana.write(TESFAY, value="stays")
    everybody(ana, bo, admin)
    ordered(admin, ERASE)
    everybody(admin, ana, bo)
    for laptop in (admin, ana, bo):
        assert both(laptop) == [None, "stays"]
        assert laptop.state(MARIA) is None
        assert laptop.replica.all_set_aside() == []
    assert waits(admin) == []
    stands = admin.engine.erasures()
    assert (set(stands.done), stands.waiting, stands.done[HASH].keys_changed) == ({HASH}, frozenset(), False)


def test_a_change_by_somebody_who_had_not_heard_brings_nothing_back(office: Office) -> None:
    admin, (ana, bo) = team(office)
    ana.write(MARIA, value="gone")
    everybody(ana, bo, admin)
    bo.write(MARIA, value="late")  # he is offline
    bo.write(TESFAY, value="stays")
    ordered(admin, ERASE)
    everybody(admin, ana)
    everybody(bo, ana, admin, bo)
    for laptop in (admin, ana, bo):
        assert both(laptop) == [None, "stays"]
    assert bo.replica.outbox() == []


def test_a_laptop_that_reads_everything_from_nothing_keeps_none_of_it(office: Office) -> None:
    admin, (ana, bo) = team(office)
    ana.write(MARIA, value="gone")
    ana.write(TESFAY, value="stays")
    everybody(ana, admin)
    ordered(admin, ERASE)
    everybody(admin, ana)
    everybody(bo, bo)
    assert both(bo) == [None, "stays"]


def test_an_erasure_waits_for_a_hold_and_goes_on_when_it_is_lifted(office: Office) -> None:
    admin, (ana, _) = team(office)
    ana.write(MARIA, value="held")
    everybody(ana, admin)
    ordered(admin, Order("hold", HOLD, (MARIA,)))
    everybody(admin, ana)
    ordered(admin, ERASE)
    everybody(admin, ana)
    assert ana.value(MARIA, "value") == admin.value(MARIA, "value") == "held"
    assert admin.engine.erasures().held == admin.engine.erasures().waiting == {HASH}
    ordered(admin, Order("lift", HOLD))
    everybody(admin, ana)
    everybody(admin, ana)
    assert ana.state(MARIA) is None
    assert waits(admin) == []


def test_an_order_survives_until_the_server_is_back_and_is_carried_out_once(office: Office) -> None:
    admin, (ana, _) = team(office)
    ana.write(MARIA, value="gone")
    everybody(ana, admin)
    ordered(admin, ERASE)
    office.lose_answers = 1
    admin.sync()
    admin.boot()
    everybody(admin, ana)
    assert ana.state(MARIA) is None
    assert len(admin.engine.roster().erased) == 1


def test_who_hears_of_an_erasure_by_a_stick_keeps_nothing_before_the_server_is_back(office: Office, tmp_path: Path) -> None:
    admin, (ana, bo) = team(office)
    ana.write(MARIA, value="gone")
    ana.write(TESFAY, value="stays")
    everybody(ana, bo, admin)
    ordered(admin, ERASE)
    everybody(admin)
    bo.write(MARIA, value="late")
    admin.engine.exchange_folder(tmp_path)
    office.down = True
    bo.engine.exchange_folder(tmp_path)
    assert both(bo) == [None, "stays"]
    assert bo.state(MARIA) is None
    assert bo.replica.outbox() == []


def test_somebody_who_is_no_administrator_orders_nothing(office: Office) -> None:
    admin, (ana, bo) = team(office)
    ana.write(MARIA, value="stays")
    everybody(ana, admin)
    ordered(ana, ERASE)
    everybody(ana, admin, bo)
    assert admin.value(MARIA, "value") == "stays"
    assert waits(ana) == [ERASE]


def test_of_a_change_set_only_what_is_erased_is_dropped(office: Office) -> None:
    admin, (ana, _) = team(office)

    def two(state_of: Any) -> list[Write]:
        said = {MARIA: canon.pack("gone"), TESFAY: canon.pack("stays")}
        made = [Write("note", id, LIFE, LIVE) for id in said]
        return [*made, *(Write("note", id, "value", value) for id, value in said.items())]

    ana.replica.commit(ana.caseload, two, ana.clock + 1000)
    [change_set] = ana.replica.outbox()
    ordered(admin, ERASE)
    everybody(admin)
    assert {write.id for write in erased.without(admin.engine.roster(), change_set).writes} == {TESFAY}
    everybody(ana, admin)
    assert both(admin) == both(ana) == [None, "stays"]


def test_a_snapshot_from_before_brings_nothing_erased_and_one_from_after_holds_nothing(office: Office) -> None:
    admin, (ana, _) = team(office)
    ana.write(MARIA, value="gone")
    ana.write(TESFAY, value="stays")
    everybody(ana, admin)
    ordered(admin, ERASE)
    everybody(admin, ana)
    state, keys = admin.engine.roster(), admin.replica.collection_keys()
    made = Fold(state, keys, ana.caseload)
    older = RecordState("contact_route", {LIFE: (Head(Stamp(1, ana.device), LIVE),)})
    made.begin(Read({}, [], {MARIA: older, TESFAY: older}))
    assert set(made.records) == {TESFAY}
    rows = sorted((one for one in ana.replica.envelopes(ana.caseload) if one.seq), key=lambda one: one.seq or 0)
    again = Fold(state, keys, ana.caseload)
    again.take([Item(one.body) for one in rows])
    assert MARIA not in again.records
    assert TESFAY in again.records
