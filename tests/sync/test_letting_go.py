"""Laptops let go the bytes of others' bundles behind a snapshot that was confirmed long ago, and lose nothing by it (rule 38)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from cmpp_desktop.store.orders import Order
from cmpp_desktop.sync import confirmed, snapshot_books
from cmpp_desktop.sync.replica import GONE
from cmpp_server import checking, dump
from cmpp_server.database import Database
from tests.sync.laptops import DAY, START_MS, Laptop, Office, enrolled, everybody, invited, team
from tests.sync.test_erasing import HASH, ordered
from tests.sync.test_snapshots import NOTE, OTHER, PHONE, busy, later, newcomer

KEEP = confirmed.KEEP_DAYS


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path, snapshot_bundles=3, snapshot_behind=2)


def gone(laptop: Laptop, place: UUID | None = None) -> int:
    return sum(one.body == GONE for one in laptop.replica.envelopes(place or laptop.caseload))


def aged(office: Office, *laptops: Laptop, days: int = KEEP + 1) -> None:
    """Everybody hears of the confirmed snapshot; so many days go by; everybody exchanges once more."""
    everybody(*laptops)
    later(office, days, *laptops)
    everybody(*laptops)


def test_bytes_go_when_a_snapshot_was_confirmed_long_ago_and_not_a_day_before(office: Office) -> None:
    _, [ana, bo] = team(office)
    busy(ana, bo, rounds=2)
    aged(office, ana, bo, days=KEEP - 1)
    assert gone(ana) == gone(bo) == 0
    before = ana.digest(), bo.digest()
    aged(office, ana, bo, days=2)
    for one in (ana, bo):
        upto = confirmed.behind(one.replica)[one.caseload]
        behind = [row for row in one.replica.envelopes(one.caseload) if not row.mine and row.seq and row.seq <= upto]
        assert behind
        assert all(row.body == GONE for row in behind)
        assert all(row.body != GONE for row in one.replica.envelopes(one.caseload) if row.mine), "its own stay"
        assert gone(one, one.organisation) == 0, "invitations carry these"
    assert (ana.digest(), bo.digest()) == before


def test_without_a_second_laptop_that_confirms_all_of_it_stays(office: Office) -> None:
    _, [ana, bo] = team(office)
    for number in range(12):
        ana.write(UUID(int=2000 + number), number=str(number))
        ana.sync()
    later(office, 2 * KEEP, ana)
    ana.sync()
    assert gone(ana) == 0
    bo.sync()


def test_work_goes_on_and_new_snapshots_are_made_and_confirmed_after_bytes_went(office: Office) -> None:
    admin, [ana, bo] = team(office)
    busy(ana, bo, rounds=2)
    aged(office, admin, ana, bo)
    first = snapshot_books.bases(ana.replica)[ana.caseload].seq
    busy(ana, bo, rounds=4)
    assert snapshot_books.bases(ana.replica)[ana.caseload].seq > first
    cy = newcomer(office, admin)
    everybody(cy, ana, bo, cy)
    assert cy.digest() == ana.digest() == bo.digest()
    assert [one.engine.status().set_aside for one in (ana, bo, cy)] == [0, 0, 0]


@pytest.mark.parametrize("after", [False, True], ids=["before_bytes_went", "after_bytes_went"])
def test_p10_a_server_restored_to_any_copy_younger_than_keep_gets_everything_again(
    office: Office, tmp_path: Path, after: bool
) -> None:
    """The laptops have let go what is behind the snapshot; the copy has the snapshot, and bytes or none of the bundles."""
    admin, [ana, bo] = team(office)
    busy(ana, bo, rounds=2)
    aged(office, admin, ana, bo, days=2)
    if after:
        aged(office, admin, ana, bo)
        office.snapshots.compact(ana.start.org, ana.caseload)
    dump.write(office.database, tmp_path / "dump", office.clock)
    ana.write(NOTE, kind="note", text="only the laptops have this")
    bo.write(OTHER, number="nor this")
    aged(office, admin, ana, bo, days=1 if after else KEEP - 1)
    assert gone(ana) > 0
    office.close()
    office.settings = replace(office.settings, database=f"sqlite:///{tmp_path / 'new.db'}")
    new = Database(office.settings.database)
    dump.restore(new, tmp_path / "dump")
    new.close()
    office.open()
    everybody(ana, bo, ana)
    assert [(one.engine.status().problem, one.engine.status().set_aside) for one in (ana, bo)] == [(None, 0)] * 2
    cy = newcomer(office, admin)
    everybody(cy, ana, bo)
    assert cy.value(NOTE, "text") == "only the laptops have this"
    assert cy.digest() == ana.digest() == bo.digest()
    assert checking.check(office.database, office.clock).findings == []


def test_a_late_removal_makes_records_again_from_the_snapshot_where_bytes_went(office: Office) -> None:
    admin, [ana, bo] = team(office)
    busy(ana, bo, rounds=2)
    aged(office, ana, bo)
    assert snapshot_books.is_taken(ana.replica, ana.caseload)
    bo.write(PHONE, number="written before the removal")
    everybody(bo, ana)
    admin.clock = office.clock
    admin.sync()
    admin.engine.desk.revoke(bo.device)
    everybody(ana)
    assert ana.engine.status().problem is None
    assert ana.value(PHONE, "number") == "written before the removal"


def test_an_erasure_says_when_a_confirmed_snapshot_without_it_stands_everywhere(office: Office) -> None:
    admin, [ana, bo] = team(office)
    busy(ana, bo, rounds=2)
    everybody(ana, bo, admin)
    ordered(admin, Order("erase", UUID(int=0xCE27), (PHONE,), HASH))
    everybody(admin, ana)
    before = admin.engine.erasures().done[HASH]
    assert before.confirmed is None, "every snapshot is from before it"
    assert before.older == max(one.since for one in confirmed.known(admin.replica)), "and the last of them still stands"
    later(office, 8, ana, bo, admin)
    for number in range(3):
        for place in (admin.caseload, admin.organisation):
            admin.write(UUID(int=3000 + number), place, number=str(number))
            admin.sync()
    everybody(admin, ana, bo, admin)
    found = admin.engine.erasures().done[HASH].confirmed
    assert found is not None
    assert found >= START_MS + 8 * DAY
    assert admin.state(PHONE) is None


def test_a_stick_says_that_the_oldest_is_at_the_server_and_carries_the_rest(office: Office, tmp_path: Path) -> None:
    admin, [ana, bo] = team(office)
    cy = newcomer(office, admin, 60)
    everybody(cy, ana, bo)
    busy(ana, bo, rounds=2)
    aged(office, ana, bo)
    ana.write(NOTE, kind="note", text="on the stick")
    stick = tmp_path / "stick"
    stick.mkdir()
    done = ana.engine.exchange_folder(stick)
    assert done.behind == gone(ana) > 0
    assert ana.engine.exchange_folder(stick).behind == done.behind, "said each time: they are still not there"
    later(office, 0, cy)
    cy.engine.exchange_folder(stick)
    assert cy.value(NOTE, "text") == "on the stick", "what its owner wrote is all there"
    assert cy.value(UUID(int=1001), "number") is None, "what bo wrote is not"
    everybody(ana, bo, cy)
    assert cy.digest() == ana.digest()


def test_an_invitation_still_carries_the_whole_organisation(office: Office) -> None:
    admin, [ana, bo] = team(office)
    busy(ana, bo, rounds=2)
    aged(office, admin, ana, bo)
    office.down = True
    cy = enrolled(office, invited_offline(office, admin), 61, office.clock)
    assert cy.replica.envelopes(cy.organisation, state="counts")
    assert cy.replica.envelopes(cy.organisation, state="waits") == []


def invited_offline(office: Office, admin: Laptop) -> bytes:
    office.down = False
    file = invited(admin, 61)
    office.down = True
    return file
