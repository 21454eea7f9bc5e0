"""Days on which more than one thing is against the office: a full server, three new keys missed, a stick in place of a network,
and somebody who reads the memory of the server."""

from __future__ import annotations

import random
import resource
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cmpp_desktop.domain.questions import Organisation, People
from cmpp_desktop.domain.tasks import WriteNote
from tests.journeys.office import Pair
from tests.journeys.private import FAMILY, GIVEN, NARRATIVE
from tests.journeys.server import ServerProcess
from tests.journeys.test_leaving import families, laptop_of, register
from tests.journeys.test_network import notes
from tests.journeys.test_traces import needles

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads and limits another process by its number (Linux)")


def memory_of(pid: int) -> Iterator[bytes]:
    """What a process has written into its memory: heap, stacks and the like, area by area."""
    with Path(f"/proc/{pid}/maps").open() as maps, Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
        for line in maps:
            place, rights, *_ = line.split()
            first, last = (int(part, 16) for part in place.split("-"))
            if not rights.startswith("rw") or "[v" in line:
                continue
            memory.seek(first)
            yield memory.read(last - first)


@linux
def test_the_memory_of_the_server_holds_no_word_of_what_it_keeps(pair: Pair) -> None:
    """A word that only travels sealed is nowhere in it; one that the server has to know (the organisation's id) is."""
    with pair.server as server:
        mother = register(pair.ana, FAMILY)
        pair.ana.do(WriteNote(mother, f"{GIVEN}: {NARRATIVE}"))
        pair.sync_both()
        assert [row.name for row in pair.denise.ask(People(pair.denise.today())).rows] == [f"{FAMILY}, Rosa"]
        organisation = bytes.fromhex(pair.denise.access().organisation_id)
        wanted, found, known = needles(), set(), False
        for area in memory_of(server.pid):
            low = area.lower()
            known |= organisation in area
            found |= {secret for needle, secret in wanted.items() if needle in low}
    assert known, "the search reads what is there"
    assert found == set()


@contextmanager
def full(server: ServerProcess, *files: Path) -> Iterator[None]:
    """The server's files cannot grow, as on a full disk; afterwards somebody has made room."""
    most = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
    size = max(file.stat().st_size for file in files if file.exists())
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (size, most[1]))
    try:
        yield
    finally:
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, most)


@linux
def test_a_server_whose_disk_is_full_takes_nothing_and_has_everything_once_there_is_room(pair: Pair) -> None:
    database = pair.folder / "server.db"
    with pair.server as server:
        mother = register(pair.ana, "Canil")
        pair.sync_both()
        with full(server, database, database.with_name("server.db-wal")):
            written = [pair.ana.do(WriteNote(mother, random.randbytes(34_000).hex())).id for _ in range(20)]
            status = pair.ana.sync_now()
            assert status.problem is not None
            assert status.waiting > 0, "what the server did not keep is not called sent"
            assert notes(pair.ana, mother) == Counter(dict.fromkeys(written, 1)), "work goes on"
        assert server.running
        pair.sync_both()
        assert pair.ana.sync_status().waiting == 0
        assert notes(pair.denise, mother) == Counter(dict.fromkeys(written, 1))
        assert "0 findings" in server.admin("check")


def test_a_laptop_that_slept_through_three_new_keys_reads_and_writes_everything(pair: Pair) -> None:
    with pair.server:
        mother = register(pair.ana, "Canil")
        pair.sync_both()
        while_away = [pair.ana.do(WriteNote(mother, "written with the old key in mind")).id]
        team = pair.denise.ask(Organisation()).teams[0][0]
        for number in range(3):
            pair.denise.invite(f"Nobody {number}", "caseworker", team)
            [open_one] = pair.denise.access().invitations
            pair.denise.administration().close_invitation(open_one.invitation_id)
            while_away.append(pair.denise.do(WriteNote(mother, f"under key {number + 2}")).id)
            assert pair.denise.sync_now().problem is None
        state = pair.denise._need().engine.roster()
        assert {place.epoch for place in state.collections.values() if place.kind == "caseload"} == {4}
        pair.sync_both()
        for door in (pair.ana, pair.denise):
            assert notes(door, mother) == Counter(dict.fromkeys(while_away, 1))
            assert (door.sync_status().set_aside, door.sync_status().waiting) == (0, 0)


def test_work_of_a_closed_laptop_that_never_meets_the_network_again_goes_by_the_stick(pair: Pair) -> None:
    stick = pair.folder / "stick"
    stick.mkdir()
    with pair.server:
        pair.sync_both()
        register(pair.ana, "Unsent")  # from here on she is offline
        pair.denise.administration().close_laptop(laptop_of(pair, "Ana"))
        pair.denise.sync_now()
        assert pair.denise.exchange_folder(stick).files_out > 0
        done = pair.ana.exchange_folder(stick)
        assert done.roster_in > 0, "the stick itself says that this laptop was closed"
        assert done.files_out > 0, "so it hands over what it had not sent"
        assert (pair.ana.exchange_folder(stick).bundles_in, done.bundles_in) == (0, 0), "and takes nothing in"
        pair.denise.exchange_folder(stick)
        [work] = pair.denise.sync_status().held
        assert (work.person, work.why, work.about) == ("Ana Marroquín", "fence", ("Rosa Unsent",))
        pair.denise.decide_held(work.key, "take_in")
        assert families(pair.denise) == {"Unsent"}
        assert pair.denise.sync_now().waiting == 0

