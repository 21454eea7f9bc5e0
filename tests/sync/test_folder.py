"""Exchange by a stick or a shared folder: both ways, in part, damaged, full, of two organisations, and never trusted."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cmpp_desktop.errors import KnownError
from cmpp_desktop.sync import folder_files
from cmpp_desktop.sync.folder_report import FolderReport
from cmpp_protocol import canon, entries
from cmpp_protocol.stick import ROOT
from tests.sync.laptops import Laptop, Office, enrolled, everybody, founded, invited, last_entry, team

PHONE, NOTE = UUID(int=11), UUID(int=12)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """What becomes of a stick without power is not told here; its disk need not be waited for."""
    monkeypatch.setattr(folder_files, "durable", lambda file: file.flush())


def by_stick(stick: Path, *laptops: Laptop) -> list[FolderReport]:
    return [laptop.engine.exchange_folder(stick) for laptop in laptops]


def files(stick: Path) -> list[Path]:
    return sorted(path for path in stick.rglob("*") if path.is_file())


def bundles(stick: Path) -> list[Path]:
    return [path for path in files(stick) if path.parent.parent.name == "bundles"]


def test_a_note_written_in_a_village_reaches_the_office_on_a_stick_and_is_sent_once(office: Office, stick: Path) -> None:
    _, [ana, bo] = team(office)
    office.down = True
    ana.write(PHONE, number="555-0100")
    out, came = by_stick(stick, ana, bo)
    assert out.problem is None
    assert came.bundles_in == 1
    assert bo.value(PHONE, "number") == "555-0100"
    assert ana.engine.status().waiting == 1  # on the stick is not sent
    office.down = False
    bo.sync()  # the office sends it for her
    assert office.requests
    status = ana.sync()
    assert (status.word, status.waiting, status.set_aside) == ("sent", 0, 0)
    assert ana.digest() == bo.digest()
    assert [one.number for one in ana.replica.envelopes(ana.caseload, mine=True)] == [1]


def test_both_ways_and_again_nothing_is_written_or_taken_twice(office: Office, stick: Path) -> None:
    _, [ana, bo] = team(office)
    ana.write(PHONE, number="555-0100")
    bo.write(NOTE, text="Called")
    by_stick(stick, ana, bo, ana)
    assert ana.digest() == bo.digest()
    before = {path: path.read_bytes() for path in files(stick)}
    again = by_stick(stick, ana, bo)
    assert [(one.bundles_in, one.files_out, one.damaged) for one in again] == [(0, 0, 0)] * 2
    assert {path: path.read_bytes() for path in files(stick)} == before


def test_two_changed_the_same_number_and_a_person_picks(office: Office, stick: Path) -> None:
    _, [ana, bo] = team(office)
    ana.write(PHONE, number="555-0100")
    everybody(ana, bo)
    ana.write(PHONE, number="555-0111")
    bo.write(PHONE, number="555-0222")
    by_stick(stick, ana, bo, ana)
    for laptop in (ana, bo):
        [conflict] = laptop.conflicts(PHONE)
        assert {canon.unpack(head.value) for head in conflict.versions} == {"555-0111", "555-0222"}
    bo.write(PHONE, number="555-0222")
    by_stick(stick, bo, ana)
    assert ana.conflicts(PHONE) == ()


def test_a_new_key_and_a_removal_travel_on_the_stick(office: Office, stick: Path) -> None:
    admin, [ana, bo] = team(office)
    ana.write(PHONE, number="before")
    everybody(ana, bo, admin, ana)
    admin.engine.desk.revoke(bo.device)
    admin.write(NOTE, text="after")  # under the new key
    by_stick(stick, admin, ana)
    assert ana.value(NOTE, "text") == "after"
    assert last_entry(ana).hash == last_entry(admin).hash
    by_stick(stick, bo)  # it hears of it from the stick, too
    report = bo.engine.exchange_folder(stick)  # and takes in nothing more: it could only hand over
    assert (report.bundles_in, report.keys_in, report.files_out) == (0, 0, 0)
    assert bo.value(NOTE, "text") is None


def test_a_new_laptop_that_never_met_the_server_reads_what_the_stick_has(office: Office, stick: Path) -> None:
    admin = founded(office)
    file = invited(admin, 2)
    admin.write(PHONE, number="555-0100")
    new = enrolled(office, file, 2)
    office.down = True
    _, came = by_stick(stick, admin, new)
    assert came.bundles_in >= 1
    assert new.value(PHONE, "number") == "555-0100"
    new.write(NOTE, text="mine")
    assert by_stick(stick, new)[0].problem is None  # nobody can judge it yet: it waits for the network
    office.down = False
    everybody(new, admin)
    assert admin.value(NOTE, "text") == "mine"


def test_two_organisations_share_a_stick_and_neither_reads_nor_touches_the_other(tmp_path: Path, stick: Path) -> None:
    offices = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        offices.append(Office(tmp_path / name))
    ana, zoe = founded(offices[0], 1), founded(offices[1], 40)
    ana.write(PHONE, number="555-0100")
    zoe.write(PHONE, number="555-0999")
    by_stick(stick, ana)
    before = {path: path.read_bytes() for path in files(stick)}
    report = by_stick(stick, zoe)[0]
    assert report.others == 1
    assert report.bundles_in == 0
    assert {path: path.read_bytes() for path in files(stick) if path in before} == before
    assert by_stick(stick, ana)[0].others == 1
    assert ana.value(PHONE, "number") == "555-0100"
    for one in offices:
        one.close()


def test_a_copy_that_was_cut_or_altered_is_left_and_written_anew_by_who_has_it(office: Office, stick: Path) -> None:
    _, [ana, bo] = team(office)
    for number in range(4):
        ana.write(UUID(int=50 + number), number=str(number))
        by_stick(stick, ana)
    whole = bundles(stick)
    assert len(whole) >= 4
    whole[0].write_bytes(whole[0].read_bytes()[:-7])
    altered = bytearray(whole[1].read_bytes())
    altered[200] ^= 1
    whole[1].write_bytes(altered)
    whole[2].write_bytes(b"")
    (whole[3].parent / ".half.part").write_bytes(b"torn")
    report = by_stick(stick, bo)[0]
    assert report.damaged == 3
    assert bo.engine.status().set_aside == 0
    mended = by_stick(stick, ana)[0]
    assert (mended.damaged, mended.files_out) == (0, 1)  # what it knows it does not read; the empty one is seen
    for path in whole[:2]:
        path.unlink()
    by_stick(stick, ana, bo)
    assert bo.digest() == ana.digest()


def test_names_that_mean_harm_are_left_alone(office: Office, stick: Path, tmp_path: Path) -> None:
    _, [ana, bo] = team(office)
    ana.write(PHONE, number="555-0100")
    by_stick(stick, ana)
    place = bundles(stick)[0].parent
    secret = tmp_path / "secret.txt"
    secret.write_text("not of the stick")
    name = bundles(stick)[0].name
    (place / ("f" * 32 + name[32:])).symlink_to(secret)
    (place / "..\u202ecod.exe").write_bytes(b"x")
    (place / ("9" * 32 + "-000000000001-" + "a" * 32)).write_bytes(b"CMPPSTK1" + bytes(90))
    (place / ("8" * 32 + "-000000000001-" + "a" * 32)).mkdir()
    report = by_stick(stick, bo)[0]
    assert bo.value(PHONE, "number") == "555-0100"
    assert report.damaged == 1
    assert secret.read_text() == "not of the stick"


def test_a_bundle_under_another_name_or_in_anothers_place_is_not_taken(office: Office, stick: Path) -> None:
    _, [ana, bo] = team(office)
    ana.write(PHONE, number="555-0100")
    by_stick(stick, ana)
    [one] = [path for path in bundles(stick) if path.parent.name == ana.caseload.hex]
    moved = one.parent.parent / ana.organisation.hex / one.name
    moved.parent.mkdir(exist_ok=True)
    one.rename(moved)
    report = by_stick(stick, bo)[0]
    assert (report.damaged, bo.value(PHONE, "number")) == (1, None)
    assert bo.engine.status().set_aside == 0


@pytest.mark.parametrize(("number", "said"), [(28, "folder_full"), (30, "folder_read_only"), (5, "folder_not_written")])
def test_a_stick_that_takes_no_more_says_so_and_what_came_in_stays(
    office: Office, stick: Path, monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:
    _, [ana, bo] = team(office)
    ana.write(PHONE, number="555-0100")
    by_stick(stick, ana)
    bo.write(NOTE, text="mine")
    room = 1

    def fails(file: object, parts: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(folder_files, "write_all", fails)
    report = by_stick(stick, bo)[0]
    assert (report.problem, report.bundles_in, report.files_out) == (said, 1, 0)
    assert report.left >= room
    assert bo.value(PHONE, "number") == "555-0100"
    assert not [path for path in files(stick) if path.name.endswith(".part")]
    monkeypatch.undo()
    by_stick(stick, bo, ana)
    assert ana.value(NOTE, "text") == "mine"


def test_what_is_no_folder_is_said(office: Office, tmp_path: Path) -> None:
    ana = founded(office)
    for wrong in (tmp_path / "nowhere", tmp_path / "file"):
        (tmp_path / "file").write_bytes(b"x")
        with pytest.raises(KnownError, match="folder_unreadable"):
            ana.engine.exchange_folder(wrong)


def test_stopped_between_two_files_it_goes_on_next_time(office: Office, stick: Path) -> None:
    _, [ana, bo] = team(office)
    ana.write(PHONE, number="555-0100")
    steps: list[tuple[int, int]] = []
    report = ana.engine.exchange_folder(stick, lambda done, of: steps.append((done, of)), lambda: len(steps) >= 3)
    assert report.stopped
    assert len(steps) == 3
    by_stick(stick, ana, bo)
    assert bo.value(PHONE, "number") == "555-0100"


def test_a_second_roster_in_the_folder_stops_the_exchange_and_is_said(office: Office, stick: Path) -> None:
    admin, [ana, _] = team(office)
    twin = admin.clone()
    server = office.exchange
    admin.engine.desk.set_policy({"confirm_restricted": 0})
    office.exchange = server
    # The copy writes another entry of the same number, as a server that shows two rosters would let it.
    state = twin.engine.roster()
    other = entries.policy_set(state.head, twin.start.device, at=twin.clock, policy={"confirm_restricted": 1})
    twin.engine._books.grow([other])
    by_stick(stick, twin)
    ana.sync()
    with pytest.raises(KnownError, match="roster_fork"):
        by_stick(stick, ana)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(seed=469)
@given(seed=st.integers(0, 10_000))
def test_partial_sticks_in_any_order_bring_everybody_to_the_same(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    """Three laptops, two sticks, no network: files are lost, cut and copied between sticks; at the end one whole round heals."""
    rng, base = random.Random(seed), tmp_path_factory.mktemp("sticks")
    office = Office(base)
    admin, others = team(office)
    office.down = True
    laptops, sticks = [admin, *others], [base / "a", base / "b"]
    for one in sticks:
        one.mkdir()
    for _ in range(rng.randrange(4, 14)):
        what = rng.randrange(5)
        laptop, stick = rng.choice(laptops), rng.choice(sticks)
        if what <= 1:
            laptop.write(UUID(int=rng.randrange(20, 24)), number=str(rng.random()))
        elif what == 2:
            by_stick(stick, laptop)
        elif what == 3 and files(stick):
            victim = rng.choice(files(stick))
            victim.write_bytes(victim.read_bytes()[: rng.randrange(60)]) if rng.random() < 0.5 else victim.unlink()
        elif (stick / ROOT).exists():
            other = next(one for one in sticks if one is not stick)
            shutil.copytree(stick / ROOT, other / ROOT, dirs_exist_ok=True)
    clean = base / "clean"
    clean.mkdir()
    by_stick(clean, *laptops, *laptops)
    assert len({laptop.digest() for laptop in laptops}) == 1
    office.down = False
    everybody(*laptops)
    assert {laptop.engine.status().word for laptop in laptops} <= {"sent", "to_settle"}
    assert len({laptop.digest() for laptop in laptops}) == 1
    office.close()
