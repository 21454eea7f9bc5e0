"""A server that burnt down comes back from yesterday's backup, and the laptops bring the rest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cmpp_server import checking, dump
from cmpp_server.database import Database
from tests.sync.laptops import Office, everybody, founded_again, team
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
