"""An office of three without a server: one stick goes round, in processes of their own where somebody pulls it out."""

from __future__ import annotations

import json
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cmpp_desktop.domain.consent import ConsentGiven
from cmpp_desktop.domain.households import NewPerson, RegisterHousehold
from cmpp_desktop.domain.participants import ChangeContactRoute
from cmpp_desktop.domain.questions import Conflicts, Organisation, Participant, People
from cmpp_desktop.domain.records import PersonName
from cmpp_desktop.domain.tasks import WriteNote
from cmpp_desktop.errors import KnownError
from cmpp_desktop.workspace import WithoutServer, Workspace
from tests.driver.processes import close, start
from tests.journeys.office import PASSPHRASE, founded, laptop

CANARIES = ("Quispe", "Tzutujil", "Rahimi", "Okafor", "Marroqu", "Brandt", "Lantern Street", "ThinkPad", "interpreter")


def names(door: Workspace) -> set[str]:
    return {row.name for row in door.ask(People(door.today(), limit=200)).rows}


def registered(door: Workspace, family: str) -> None:
    person = NewPerson(PersonName(given="Rosa", family=family), phone="(212) 555-0100")
    door.do(RegisterHousehold((person,), ConsentGiven()))


@contextmanager
def three(folder: Path) -> Iterator[tuple[Workspace, Workspace, Workspace]]:
    """Denise founds the office, invites two by files, and the stick goes to each of them once and back."""
    denise, ana, leon = founded(folder / "denise", ""), laptop(folder / "ana"), laptop(folder / "leon")
    try:
        denise.ask_for_digits(False)
        team = denise.ask(Organisation()).teams[0][0]
        files = [denise.invite(person, "caseworker", team) for person in ("Ana Marroquín", "Leon Brandt")]
        ana.enrol(files[0].data, "Blue ThinkPad", PASSPHRASE)
        leon.enrol(files[1].data, "Grey laptop", PASSPHRASE)
        yield denise, ana, leon
    finally:
        for door in (denise, ana, leon):
            door.close()


def pulled_out(profile: Path, stick: Path, after: int) -> None:
    """A process that is killed after so many files have got their place on the stick: as if both had lost power."""
    process = start("tests.journeys.stick_worker", str(profile), str(stick), str(after))
    assert process.stdout is not None
    assert process.stderr is not None
    said, complaints = process.stdout.read(), process.stderr.read()
    assert process.wait(60) == -signal.SIGKILL, complaints
    close(process)
    assert json.loads(said.splitlines()[-1])["written"] == after


def test_an_office_of_three_lives_by_one_stick(tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    with three(tmp_path) as (denise, ana, leon):
        registered(ana, "Quispe")  # at once, before anybody has let her in
        registered(leon, "Tzutujil")
        assert ana.sync_now().problem is None
        assert not _alone(ana).admitted
        for door in (ana, leon, denise, ana, leon, denise, ana):
            assert door.exchange_folder(stick).damaged == 0
        assert _alone(ana).admitted
        assert names(denise) == names(ana) == names(leon) == {"Quispe, Rosa", "Tzutujil, Rosa"}
        _conflict(stick, denise, ana, leon)
        _in_any_order(stick, denise, ana, leon)
        _pulled_out(tmp_path, stick, denise, ana, leon)
        _closed(stick, tmp_path, denise, ana, leon)
    for path in stick.rglob("*"):
        body = path.read_bytes() if path.is_file() else b""
        assert [word for word in CANARIES if word in path.name or word.encode() in body] == []


def _alone(door: Workspace) -> WithoutServer:
    found = door.sync_status().alone
    assert found is not None
    return found


def _conflict(stick: Path, denise: Workspace, ana: Workspace, leon: Workspace) -> None:
    """Two change one number; everybody sees both."""
    [rosa] = ana.ask(People(ana.today(), "Quispe")).rows
    for door, number in ((ana, "+12125550111"), (leon, "+12125550122")):
        [route] = door.ask(Participant(rosa.id)).routes
        door.do(ChangeContactRoute(route.id, {"value": number}))
    for door in (ana, leon, denise, ana):
        door.exchange_folder(stick)
    for door in (denise, ana, leon):
        assert len(door.ask(Conflicts())) == 1
        assert door.sync_status().word == "to_settle"


def _in_any_order(stick: Path, denise: Workspace, ana: Workspace, leon: Workspace) -> None:
    order, doors = random.Random(7), [denise, ana, leon]
    [rosa] = ana.ask(People(ana.today(), "Quispe")).rows
    for number in range(2):
        order.shuffle(doors)
        doors[0].do(WriteNote(rosa.id, f"interpreter asked for, {number}"))
        for door in doors[: order.randrange(1, 4)]:
            door.exchange_folder(stick)
    for door in (denise, ana, leon, denise, ana, leon):
        door.exchange_folder(stick)
    for door in (denise, ana, leon):
        alone = _alone(door)
        assert (door.sync_status().waiting, alone.unseen, [one.lacks for one in alone.laptops]) == (0, 0, [0, 0])


def _pulled_out(folder: Path, stick: Path, denise: Workspace, ana: Workspace, leon: Workspace) -> None:
    """Ana's stick is pulled out while it is written to. The next exchange goes on from there."""
    registered(ana, "Rahimi")
    ana.lock()
    pulled_out(folder / "ana", stick, 1)
    ana.unlock(PASSPHRASE)
    assert _alone(ana).unseen > 0
    torn = next(stick.glob("cmpp-exchange/*/bundles/*/*"))
    torn.write_bytes(torn.read_bytes()[:40])  # the stick's own doing
    for door in (leon, ana, denise, leon):
        door.exchange_folder(stick)
    assert "Rahimi, Rosa" in names(denise) & names(leon)


def _closed(stick: Path, folder: Path, denise: Workspace, ana: Workspace, leon: Workspace) -> None:
    """Leon's laptop is closed; what he writes before he hears of it is kept aside, and he reads nothing new."""
    device = next(one.device_id for one in denise.access().devices if one.name == "Grey laptop")
    denise.administration().close_laptop(device)
    with pytest.raises(KnownError, match="not_allowed"):
        ana.administration().close_laptop(device)
    other = folder / "other"
    other.mkdir()
    registered(leon, "Okafor-Late")
    leon.exchange_folder(other)
    registered(denise, "Newest")
    for door in (denise, ana):
        door.exchange_folder(stick)
    for door in (ana, denise):
        door.exchange_folder(other)
        assert "Newest, Rosa" in names(door)
        assert "Okafor-Late, Rosa" not in names(door)
        assert [work.laptop for work in door.sync_status().held] == ["Grey laptop"]
    with pytest.raises(KnownError, match="device_revoked"):
        leon.exchange_folder(stick)
    assert leon.sync_now().problem == "device_revoked"
    assert "Newest, Rosa" not in names(leon)
