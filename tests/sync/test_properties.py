"""Properties of the sync rules that are about several laptops and one server: P9, P13, P14, P17."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from cmpp_desktop.sync.inbox import Inbox
from cmpp_desktop.sync.taken import Item
from cmpp_protocol import envelope, rights
from cmpp_protocol.roster import RosterState
from cmpp_server import tables
from tests.sync.laptops import DAY, Laptop, Office, enrolled, everybody, invited, team

MARIA, TESFAY, LIN = UUID(int=91), UUID(int=92), UUID(int=93)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A server that is stopped at the end."""
    made = Office(tmp_path)
    yield made
    made.close()


def sealed_offline(laptop: Laptop, *places: UUID) -> None:
    """Writes in each place and seals it, while there is no network: the bundles reach nobody."""
    laptop.office.down = True
    for number, place in enumerate(places):
        laptop.write(UUID(int=100 + number), place, value=f"{laptop.seed}")
        laptop.sync()
    laptop.office.down = False


@lru_cache(maxsize=1)
def taken_and_given_back() -> tuple[Laptop, RosterState, tuple[bytes, ...]]:
    """Bo, who read everything; the roster at the end; and all bundles of a caseload that anybody holds, with those that a fence
    cut off: Ana's right was taken while she had sealed what had not left, and given back, and her numbers were used anew."""
    with TemporaryDirectory() as folder:
        office = Office(Path(folder))
        admin, (ana, bo) = team(office)
        member = admin.engine.roster().devices[ana.device].member
        for laptop in (ana, bo, admin):
            laptop.write(MARIA, value=laptop.device.hex()[:4])
        everybody(ana, bo, admin)
        sealed_offline(ana, ana.caseload, ana.caseload)
        admin.engine.desk.withdraw(member, admin.caseload)
        bo.write(TESFAY, value="while she was out")
        everybody(bo, admin)
        admin.engine.desk.grant(member, admin.caseload)
        everybody(bo, ana)
        ana.write(LIN, value="back again")
        everybody(ana, bo, admin, ana)
        rows = [row for one in (ana, bo, admin) for row in one.replica.envelopes(one.caseload)]
        office.close()
        return bo, bo.engine.roster(), tuple({row.hash: row.body for row in rows}.values())


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 5))
def test_p9_all_judge_alike_which_bundles_count_in_whatever_order_they_came(rng: random.Random, at_once: int) -> None:
    bo, state, bundles = taken_and_given_back()
    assert len(bundles) > len(bo.replica.envelopes(bo.caseload, state="counts"))  # some do not count
    reader = Laptop(bo.office, replace(bo.start, entries=tuple(bo.replica.roster()), bundles=(), introduction=None), 5)
    reader.replica.tables["keys"] = dict(bo.replica.tables["keys"])
    box = Inbox(reader.replica, state, reader.replica.tables["keys"], b"r" * 32, bo.clock)
    order = rng.sample(bundles, len(bundles))
    for at in range(0, len(order), at_once):
        box.take(bo.caseload, [Item(data) for data in order[at : at + at_once]])
    assert counting(reader) == counting(bo)
    assert reader.digest() == bo.digest()
    held = {row.hash for row in reader.replica.envelopes(bo.caseload, state="held")}
    assert held == {envelope.decode(data).hash for data in bundles} - counting(bo)


def counting(laptop: Laptop) -> set[bytes]:
    """Hashes of the bundles that count for a laptop."""
    return {row.hash for row in laptop.replica.envelopes(laptop.caseload, state="counts")}


def revoked(admin: Laptop, ana: Laptop) -> None:
    admin.engine.desk.revoke(ana.device)


def retired(admin: Laptop, ana: Laptop) -> None:
    ana.sync()
    ana.engine.desk.retire()


def withdrawn(admin: Laptop, ana: Laptop) -> None:
    admin.engine.desk.withdraw(admin.engine.roster().devices[ana.device].member, admin.caseload)


@pytest.mark.parametrize("out", [revoked, retired, withdrawn])
def test_p13_who_is_out_opens_nothing_sealed_by_who_had_heard_of_it(
    office: Office, out: Callable[[Laptop, Laptop], None]
) -> None:
    admin, (ana, bo) = team(office)
    ana.write(MARIA, value="before")
    everybody(ana, bo, admin)
    out(admin, ana)
    no = max(state_no(admin), state_no(ana))
    everybody(bo, ana, admin, bo, ana)
    for laptop in (bo, admin):
        laptop.write(TESFAY, value="after")
    everybody(bo, admin, ana, bo, admin, ana)
    keys = ana.replica.tables["keys"]
    later = [
        envelope.decode(row.body).header
        for one in (bo, admin)
        for row in one.replica.envelopes(one.caseload, mine=True)
        if envelope.decode_header(row.body).roster_no >= no
    ]
    assert len(later) == 2
    assert not any((header.collection, header.epoch) in keys for header in later)
    assert (ana.value(MARIA, "value"), ana.value(TESFAY, "value")) == ("before", None)
    assert bo.value(TESFAY, "value") == "after"


def test_p13_an_invitation_that_nobody_used_opens_nothing_sealed_after_it_ended(office: Office) -> None:
    admin, (ana, bo) = team(office)
    found = enrolled(office, invited(admin, 9), 9)
    for laptop in (admin, ana, bo, found):
        laptop.clock += 8 * DAY
    office.clock += 8 * DAY
    ana.sync()  # closes it, and makes the new keys
    ana.write(TESFAY, value="after")
    everybody(ana, bo, admin)
    assert found.sync().problem == "invitation_expired"
    [header] = [envelope.decode_header(row.body) for row in ana.replica.envelopes(ana.caseload, mine=True)]
    assert (header.collection, 1) in found.replica.tables["keys"]
    assert (header.collection, header.epoch) not in found.replica.tables["keys"]


def state_no(laptop: Laptop) -> int:
    return laptop.engine.roster().no


def test_p14_whoever_is_entitled_opens_everything_though_envelopes_got_lost(office: Office) -> None:
    admin, (ana, bo) = team(office)
    for kit in range(3):  # three changes of keys, while Bo is away
        admin.engine.desk.replace_recovery()
        ana.sync()
        ana.write(UUID(int=200 + kit), value=f"under key {kit}")
        ana.sync()
    table = tables.key_envelope
    office.database.write(lambda conn: conn.execute(delete(table).where(table.c.recipient == bo.device)))
    bo.sync()
    assert bo.value(UUID(int=200), "value") is None  # its keys are gone, and it waits
    assert bo.engine.status().problem is None
    ana.sync()  # whoever holds the keys is told who lacks them
    bo.sync()
    assert [bo.value(UUID(int=200 + kit), "value") for kit in range(3)] == [f"under key {kit}" for kit in range(3)]
    for place in (bo.organisation, bo.caseload):
        assert not bo.replica.envelopes(place, state="waits")


@pytest.mark.parametrize("seed", range(6))
def test_p17_with_a_fair_network_at_last_everything_that_is_allowed_is_in_the_log(office: Office, seed: int) -> None:
    rng = random.Random(seed)
    admin, (ana, bo) = team(office)
    wrote: dict[UUID, str] = {}
    for number in range(24):
        laptop = rng.choice((admin, ana, bo))
        office.down, office.lose_answers = rng.random() < 0.3, rng.choice((0, 0, 1, 2))
        id, value = UUID(int=300 + number), f"{number}"
        laptop.write(id, value=value)
        wrote[id] = value
        if rng.random() < 0.6:
            laptop.sync()
        office.lose_answers = 0
    office.down = False
    everybody(admin, ana, bo)
    state = admin.engine.roster()
    for laptop in (admin, ana, bo):
        assert rights.may_write(state, laptop.device, laptop.caseload)
        assert laptop.replica.outbox_count() == 0
        assert laptop.engine.status().word == "sent"
        assert {id: laptop.value(id, "value") for id in wrote} == wrote
    logged = office.database
    with logged.read() as conn:
        rows = {row.hash for row in conn.execute(tables.log.select())}
    assert {row.hash for one in (admin, ana, bo) for row in one.replica.envelopes(one.caseload, mine=True)} <= rows
