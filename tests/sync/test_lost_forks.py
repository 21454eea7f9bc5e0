"""A bundle that came by a stick and lost its number to one in the log, at a laptop that began from a snapshot (rules 36, 48)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from cmpp_desktop.sync import snapshot_books
from cmpp_desktop.sync.snapshot_taking import Taking
from tests.sync.laptops import Laptop, Office, everybody, team

MARIA, TESFAY, LIN = UUID(int=91), UUID(int=92), UUID(int=93)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A server that wants a snapshot after two bundles, and is stopped at the end."""
    made = Office(tmp_path, snapshot_bundles=2, snapshot_behind=2)
    yield made
    made.close()


def begun(office: Office) -> tuple[Laptop, Laptop, Laptop]:
    """The administrator, and Bo whose bundles stand in the snapshot from which Ana began."""
    admin, (ana, bo) = team(office)
    for text in ("555-0100", "555-0101", "555-0102"):
        bo.write(MARIA, phone=text)
        everybody(bo, admin)
    ana.sync()
    assert snapshot_books.is_taken(ana.replica, ana.caseload)
    return admin, ana, bo


@pytest.mark.parametrize("later", [0, 4])
def test_a_twins_stick_that_lost_to_the_log_is_shown_to_who_began_from_a_snapshot_and_counts_no_more(
    office: Office, stick: Path, monkeypatch: pytest.MonkeyPatch, later: int
) -> None:
    """`later`: how many bundles Bo sends before Ana hears of his; with some of them there is a newer snapshot that holds them."""
    admin, ana, bo = begun(office)
    twin = bo.clone()
    for text in ("by the twin's stick", "and once more"):
        twin.write(TESFAY, value=text)
        twin.engine.exchange_folder(stick)
    ana.engine.exchange_folder(stick)
    assert ana.value(TESFAY, "value") == "and once more"
    bo.write(LIN, value="in the log")
    bo.sync()
    for number in range(later):
        bo.write(MARIA, phone=f"555-011{number}")
        everybody(bo, admin)
    for _ in range(2):
        assert ana.sync().problem is None
    assert (ana.value(LIN, "value"), ana.state(TESFAY)) == ("in the log", None)
    everybody(bo, admin, ana)
    assert ana.digest() == admin.digest() == bo.digest()
    assert ana.replica.chains(ana.caseload)[bo.device] == admin.replica.chains(admin.caseload)[bo.device]
    [work] = ana.engine.held_work()
    assert (work.why, work.changes, work.member) == ("fork", 2, bo.start.member)
    monkeypatch.setattr(Taking, "steps", None)  # no snapshot is taken again
    ana.engine.decide_held(work.chain, "take_in")
    everybody(ana, admin, bo)
    assert {one.value(TESFAY, "value") for one in (ana, admin, bo)} == {"and once more"}
    assert [one.engine.held_work() for one in (ana, admin, bo)] == [(), (), ()]
    assert ana.digest() == admin.digest() == bo.digest()


def test_older_bundles_on_a_stick_that_a_snapshot_held_are_nothing_to_decide(office: Office, stick: Path) -> None:
    admin, ana, bo = begun(office)
    bo.engine.exchange_folder(stick)
    ana.engine.exchange_folder(stick)
    assert (ana.engine.held_work(), ana.engine.status().set_aside) == ((), 0)
    everybody(ana, admin)
    assert (ana.engine.status().word, ana.digest()) == ("sent", admin.digest())
