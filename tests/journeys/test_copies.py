"""A profile that was copied, and one that was put back from a backup, with real files and a real server (rule 35)."""

from __future__ import annotations

import shutil
from uuid import UUID

from cmpp_desktop.domain.cases import CaseOpening
from cmpp_desktop.domain.consent import ConsentGiven
from cmpp_desktop.domain.households import NewPerson, RegisterHousehold
from cmpp_desktop.domain.questions import People
from cmpp_desktop.domain.records import PersonName
from cmpp_desktop.workspace import Workspace
from tests.journeys.office import PASSPHRASE, Pair, laptop


def register(door: Workspace, family: str) -> UUID:
    person = NewPerson(PersonName(given="Rosa", family=family))
    return door.do(RegisterHousehold((person,), ConsentGiven(), CaseOpening())).id


def families(door: Workspace) -> list[str]:
    return sorted(row.name.split(",")[0] for row in door.ask(People(door.today())).rows)


def test_a_copied_profile_goes_on_under_a_name_of_its_own_and_the_other_is_told(pair: Pair) -> None:
    register(pair.ana, "Before")
    pair.ana.lock()
    shutil.copytree(pair.folder / "ana", pair.folder / "copy")
    copy = laptop(pair.folder / "copy")
    try:
        pair.ana.unlock(PASSPHRASE)
        copy.unlock(PASSPHRASE)
        with pair.server:
            register(pair.ana, "Original")
            pair.sync_both()
            register(copy, "Copy")
            status = copy.sync_now()
            assert (status.problem, status.waiting, status.set_aside) == (None, 0, 0)
            assert status.renewed is not None
            register(copy, "Later")
            for door in (copy, pair.denise):
                assert door.sync_now().problem is None
            assert families(pair.denise) == families(copy) == ["Before", "Copy", "Later", "Original"]
            rows = [row for row in pair.denise.access().devices if row.person.startswith("Ana")]
            assert sorted((row.state, row.name) for row in rows) == [("in_use", "Blue ThinkPad"), ("replaced", "Blue ThinkPad")]
            register(pair.ana, "Kept")
            assert pair.ana.sync_now().problem == "device_replaced"
            assert "Kept" in families(pair.ana)
            member = next(row.member_id for row in pair.denise.access().devices if row.person.startswith("Ana"))
            pair.ana.join_again(pair.denise.administration().invite_again(member).data)
            for door in (pair.ana, pair.denise, copy):
                assert door.sync_now().problem is None
            assert families(pair.denise) == families(pair.ana) == families(copy)
            assert "Kept" in families(pair.denise)
        copy.lock()
        copy.unlock(PASSPHRASE)  # it is the new one after it was closed, too
        register(copy, "Reopened")
        with pair.server:
            assert copy.sync_now().problem is None
            pair.denise.sync_now()
            assert "Reopened" in families(pair.denise)
    finally:
        copy.close()


def test_a_profile_that_was_put_back_from_a_backup_reads_what_it_had_sent_and_sends_what_it_had_not(pair: Pair) -> None:
    register(pair.ana, "Unsent")
    pair.ana.lock()
    shutil.copytree(pair.folder / "ana", pair.folder / "backup")
    pair.ana.unlock(PASSPHRASE)
    with pair.server:
        register(pair.ana, "AfterBackup")
        pair.sync_both()
        pair.ana.lock()
        shutil.rmtree(pair.folder / "ana")
        shutil.copytree(pair.folder / "backup", pair.folder / "ana")
        pair.ana.unlock(PASSPHRASE)
        assert families(pair.ana) == ["Unsent"]
        register(pair.ana, "PutBack")
        status = pair.ana.sync_now()
        assert (status.problem, status.waiting, status.set_aside, status.conflicts) == (None, 0, 0, 0)
        assert status.renewed is not None
        pair.sync_both()
        assert families(pair.ana) == families(pair.denise) == ["AfterBackup", "PutBack", "Unsent"]
