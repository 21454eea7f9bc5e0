"""A server that burnt down comes back from yesterday's backup, and the laptops bring the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from cmpp_protocol import api
from cmpp_protocol.api import NewEntry
from cmpp_server import checking, dump
from cmpp_server.database import Database
from tests.sync.laptops import DAY, Office, enrolled, everybody, founded_again, invited, team
from tests.sync.test_two_laptops import NOTE, PHONE


def test_a_server_restored_from_yesterdays_backup_gets_everything_again(tmp_path: Path) -> None:
    office = Office(tmp_path)
    _, [ana, bo] = team(office)
    ana.write(PHONE, number="555-0100")
    everybody(ana, bo)
    yesterday = dump.write(office.database, tmp_path / "dump", office.clock)
    ana.write(PHONE, number="555-0111")
    bo.write(NOTE, kind="note", text="only the server and bo had this")
    everybody(ana, bo)
    office.close()

    office.settings = replace(office.settings, database=f"sqlite:///{tmp_path / 'new.db'}")
    new = Database(office.settings.database)
    assert dump.restore(new, tmp_path / "dump").rows == yesterday.rows
    new.close()
    office.open()
    assert bo.sync().problem is None
    cy = founded_again(office, ana, bo)  # somebody new, who has only what the server has now
    assert cy.value(PHONE, "number") == "555-0111"
    assert cy.value(NOTE, "text") == "only the server and bo had this"
    assert ana.engine.status().waiting == 0
    assert checking.check(office.database, office.clock).findings == []
    office.close()


MARIA, TESFAY = UUID(int=91), UUID(int=92)


class Copied(Office):
    """A server that can be put back to a copy of itself."""

    def copy(self) -> bytes:
        self.close()
        data = (self.folder / "server.db").read_bytes()
        self.open()
        return data

    def put_back(self, data: bytes) -> None:
        self.close()
        for rest in self.folder.glob("server.db*"):
            rest.unlink()
        (self.folder / "server.db").write_bytes(data)
        self.open()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Copied]:
    made = Copied(tmp_path)
    yield made
    made.close()


def test_a_server_that_lost_a_closing_and_what_the_closed_laptop_had_sent_gets_both_back(office: Copied) -> None:
    admin, (ana, bo) = team(office)
    before = office.copy()
    bo.write(MARIA, value="sent")
    everybody(bo, ana, admin)
    admin.engine.desk.revoke(bo.device)
    everybody(ana, admin)
    office.put_back(before)
    assert admin.sync().problem is None
    assert bo.sync().problem == "device_revoked"
    cy = founded_again(office, ana, admin)
    assert cy.value(MARIA, "value") == "sent"
    assert not cy.engine.roster().devices[bo.device].active(cy.engine.roster().no)
    assert checking.check(office.database, office.clock).findings == []


def test_what_a_closed_laptop_sent_to_a_server_that_had_lost_the_closing_does_not_count_and_stops_nobody(office: Copied) -> None:
    admin, (ana, bo) = team(office)
    before = office.copy()
    admin.engine.desk.revoke(bo.device)
    everybody(ana, admin)
    office.put_back(before)
    bo.write(MARIA, value="after it was closed")
    assert bo.sync().word == "sent"  # nobody has told them yet
    ana.write(TESFAY, value="work goes on")
    everybody(ana, admin, ana)
    assert bo.sync().problem == "device_revoked"
    for laptop in (ana, admin, founded_again(office, ana, admin)):
        assert laptop.engine.status().problem is None
        assert (laptop.value(MARIA, "value"), laptop.value(TESFAY, "value")) == (None, "work goes on")
        asides = [one.reason for one in laptop.replica.all_set_aside() if one.device == bo.device]
        assert asides == ["fence"]  # it is kept, and shown
    assert checking.check(office.database, office.clock).findings == []


def test_an_enrolment_that_was_lost_counts_although_its_invitation_has_run_out_since(office: Copied) -> None:
    admin, _ = team(office)
    file = invited(admin, 9)
    before = office.copy()
    cy = enrolled(office, file, 9)
    everybody(cy, admin)
    office.clock += 8 * DAY
    admin.clock, cy.clock = office.clock, office.clock
    office.put_back(before)
    everybody(admin, cy)
    assert cy.engine.status().problem is None
    assert cy.device in admin.engine.roster().devices


def test_what_was_sent_to_a_server_that_had_lost_a_removal_leaves_again_when_the_right_was_given_back(office: Copied) -> None:
    admin, (ana, bo) = team(office)
    member = admin.engine.roster().devices[bo.device].member
    before = office.copy()
    admin.engine.desk.withdraw(member, admin.caseload)
    admin.engine.desk.grant(member, admin.caseload)
    ana.sync()
    office.put_back(before)
    bo.write(MARIA, value="under the roster of before")
    assert bo.sync().word == "sent"
    bo.write(TESFAY, value="after it")
    for _ in range(3):
        everybody(admin, bo, ana)
    for laptop in (admin, ana, bo):
        assert [laptop.value(id, "value") for id in (MARIA, TESFAY)] == ["under the roster of before", "after it"]
        status = laptop.engine.status()
        assert (status.problem, status.word, status.waiting, status.set_aside) == (None, "sent", 0, 0)
    assert admin.digest() == ana.digest() == bo.digest()


def test_a_laptop_is_told_when_a_restored_server_has_given_its_place_in_the_roster_away(office: Copied) -> None:
    admin, _ = team(office)
    first = invited(admin, 9)
    before = office.copy()
    cy = enrolled(office, first, 9)
    assert cy.sync().problem is None
    office.put_back(before)
    invited(admin, 10)  # by somebody who had not heard of Cy
    cy.write(MARIA, value="goes nowhere")
    assert cy.sync().problem == "roster_fork"
    assert cy.sync().problem == "roster_fork"
    assert cy.engine.status().waiting == 1


def test_a_cut_that_is_not_where_the_chain_stands_is_refused_when_nothing_was_lost(office: Copied) -> None:
    admin, (_, bo) = team(office)
    before = office.copy()
    admin.engine.desk.revoke(bo.device)
    closed = admin.engine.roster().devices[bo.device].ended
    assert closed is not None
    entry = admin.replica.roster()[closed]
    office.put_back(before)
    bo.write(MARIA, value="accepted")
    bo.sync()
    request = api.SyncRequest(entries=(NewEntry(entry),))
    for lost, verdict in ((False, api.EntryVerdict.REFUSED), (True, api.EntryVerdict.STORED)):
        answer = admin.engine._post.send(replace(request, lost=lost))
        assert answer.entry_verdicts[0][0] is verdict
