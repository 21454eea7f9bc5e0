"""A network that breaks off, a clock that is wrong, a server put back from an old copy: nothing lost, nothing twice."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from cmpp_desktop import words
from cmpp_desktop.domain.cases import CaseOpening
from cmpp_desktop.domain.consent import ConsentGiven
from cmpp_desktop.domain.households import NewPerson, RegisterHousehold
from cmpp_desktop.domain.questions import Conflicts, Organisation, People, Timeline
from cmpp_desktop.domain.records import PersonName
from cmpp_desktop.domain.tasks import WriteNote
from cmpp_desktop.ui.pages.sync_model import sentence
from cmpp_desktop.workspace import Workspace
from tests.journeys.office import PASSPHRASE, Pair, laptop, network
from tests.journeys.proxy import Way

TODAY = date(2026, 11, 24)
YEAR = timedelta(days=365)


def register(door: Workspace, family: str) -> UUID:
    person = NewPerson(PersonName(given="Rosa", family=family))
    return door.do(RegisterHousehold((person,), ConsentGiven(), CaseOpening())).id


def notes(door: Workspace, person: UUID, day: date = TODAY) -> Counter[UUID]:
    stream = door.ask(Timeline(person, day, kinds=("note",), limit=10_000))
    return Counter(entry.id for entry in (*stream.ahead, *stream.today, *stream.earlier))


@pytest.mark.parametrize(
    ("way", "cuts"),
    [("up", (0, 1, 700, 2_500, 5_000, 8_000)), ("down", (0, 1, 60, 700, 3_000, 8_000))],
)
def test_an_exchange_that_breaks_off_loses_nothing_and_sends_nothing_twice(pair: Pair, way: Way, cuts: tuple[int, ...]) -> None:
    mother = register(pair.ana, "Canil")
    written: list[UUID] = []
    with network(pair) as (server, proxy):
        pair.sync_both()
        for number, after in enumerate(cuts):
            for door in (pair.ana, pair.denise):  # both write, so that both ways carry something
                written += [door.do(WriteNote(mother, random.randbytes(1200).hex())).id for _ in range(8)]
            assert pair.denise.sync_now().problem is None
            proxy.cut(way, after)
            status = pair.ana.sync_now()
            assert (proxy.cuts, status.word, status.problem) == (number + 1, "offline", "server_unreachable")
            proxy.heal()
            pair.sync_both()
        everything = Counter(dict.fromkeys(written, 1))
        assert notes(pair.ana, mother) == notes(pair.denise, mother) == everything
        assert pair.ana.ask(Conflicts()) == pair.denise.ask(Conflicts()) == ()
        assert pair.ana.sync_status().set_aside == pair.denise.sync_status().set_aside == 0
        assert "0 held, 0 findings" in server.admin("check")


@pytest.mark.parametrize("off", [-YEAR, YEAR])
def test_a_clock_a_year_off_stops_sending_not_work(pair: Pair, off: timedelta) -> None:
    ana = wrong(pair, off)
    with closing(ana), pair.server:
        mother = register(ana, "Canil")
        status = ana.sync_now()
        assert (status.word, status.problem) == ("refused", "clock_wrong")
        assert status.waiting > 0
        title, lead = sentence(status, words.load("en"))
        assert (title, lead) == (
            "This laptop's clock is wrong.",
            "Everything typed here is on this laptop. Set the date and time, then try again.",
        )
        day = ana.today()
        during = ana.do(WriteNote(mother, "written by a wrong clock")).id
        assert notes(ana, mother, day) == {during: 1}
        assert pair.denise.sync_now().problem is None  # nobody else is held up
        ana.close()
        pair.ana.unlock(PASSPHRASE)  # the clock was set right
        after = pair.ana.do(WriteNote(mother, "written by a right one")).id
        pair.sync_both()
        assert pair.ana.sync_status().word == "sent"
        for door in (pair.ana, pair.denise):
            assert notes(door, mother, TODAY) + notes(door, mother, day) >= Counter({during: 1, after: 1})
            assert [row.name for row in door.ask(People(TODAY)).rows] == ["Canil, Rosa"]
            assert door.ask(Conflicts()) == ()


def wrong(pair: Pair, off: timedelta) -> Workspace:
    """Ana's laptop, with its clock off."""
    pair.ana.close()
    door = laptop(pair.folder / "ana", lambda: datetime.now(UTC) + off)
    door.unlock(PASSPHRASE)
    return door


def test_a_server_put_back_from_an_earlier_copy_gets_everything_again(pair: Pair) -> None:
    database = pair.folder / "server.db"
    with pair.server:
        mother = register(pair.ana, "Canil")
        early = [pair.ana.do(WriteNote(mother, "early")).id]
        pair.sync_both()
    copy = shutil.copy(database, pair.folder / "copy.db")
    with pair.server:
        late = [door.do(WriteNote(mother, f"late {number}")).id for number in range(5) for door in (pair.ana, pair.denise)]
        pair.sync_both()
        assert pair.ana.sync_status().word == "sent"
    for end in ("", "-wal", "-shm"):
        (pair.folder / f"server.db{end}").unlink(missing_ok=True)
    shutil.copy(copy, database)  # the administrator puts last night's copy back, and says nothing
    with pair.server:
        new = [pair.ana.do(WriteNote(mother, "after the copy was put back")).id]
        pair.sync_both()
        pair.sync_both()
        everything = Counter(dict.fromkeys([*early, *late, *new], 1))
        for door in (pair.ana, pair.denise):
            assert everything <= notes(door, mother)
            assert max(notes(door, mother).values()) == 1
            assert (door.sync_status().word, door.sync_status().set_aside) == ("sent", 0)
        # All of it is in the server's log again: a third laptop, that has nothing, reads it there.
        assert "0 held, 0 findings" in pair.server.admin("check")
        team = pair.denise.ask(Organisation()).teams[0][0]
        invitation = pair.denise.invite("Leon Brandt", "caseworker", team)
        leon = laptop(pair.folder / "leon")
        try:
            leon.enrol(invitation.data, "Leon-T14", PASSPHRASE)
            assert leon.sync_now().problem is None
            assert notes(leon, mother) == everything
        finally:
            leon.close()
