"""A disk that was copied, a backup that was put back: two laptops of one identity become two identities, and no work is lost."""

from __future__ import annotations

import copy
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cmpp_desktop.changes import SIGNED
from cmpp_desktop.errors import BugError, KnownError
from cmpp_desktop.sync import enrolment, replica
from cmpp_desktop.sync.desk import FileNames
from cmpp_protocol import envelope
from tests.sync.laptops import DAY, Laptop, MemoryReplica, Office, PowerCut, everybody, last_entry, team

PHONE, NOTE, TWINS, LATER = UUID(int=11), UUID(int=12), UUID(int=13), UUID(int=14)
STEPS = ("ana", "twin", "bo", "ana syncs", "twin syncs", "bo syncs", "put back")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A server that is stopped at the end."""
    made = Office(tmp_path)
    yield made
    made.close()


def put_back(laptop: Laptop, old: tuple[object, int]) -> None:
    """The disk as it was when `copied` was called: a backup is put back."""
    tables, clock = copy.deepcopy(old)
    laptop.replica = MemoryReplica(laptop.start.device.id)
    laptop.replica.tables, laptop.replica.clock = tables, clock  # type: ignore[assignment]  # as `copied` gave them
    laptop.boot()


def copied(laptop: Laptop) -> tuple[object, int]:
    return copy.deepcopy(laptop.replica.tables), laptop.replica.clock


def digests(*laptops: Laptop) -> set[bytes]:
    return {laptop.digest() for laptop in laptops}


def sealed_numbers(*laptops: Laptop) -> list[tuple[bytes, UUID, int, bytes]]:
    """(device, collection, number, hash) of every bundle that these laptops ever hold."""
    found = {
        (one.device, one.collection, one.number, one.hash)
        for laptop in laptops
        for one in laptop.replica.tables["envelopes"].values()
        if one.state == "counts"
    }
    return sorted(found)


def salts_and_keys(*laptops: Laptop) -> list[bytes]:
    """What makes the key of each body that anybody holds."""
    bodies = {one.body for laptop in laptops for one in laptop.replica.tables["envelopes"].values()}
    return [envelope.decode(body).header.salt for body in bodies]


def twin_of(ana: Laptop) -> Laptop:
    """A copy of a laptop's disk; both have written since, and only the laptop itself has sent what it wrote."""
    ana.write(PHONE, number="555-0100")
    ana.sync()
    twin = ana.clone()
    ana.write(NOTE, kind="note", text="from ana")
    ana.sync()
    twin.write(TWINS, number="from the twin")
    return twin


def test_p12_a_copied_disk_goes_on_under_an_identity_of_its_own(office: Office) -> None:
    _, [ana, bo] = team(office)
    twin = twin_of(ana)
    status = twin.sync()
    assert (status.problem, status.waiting) == (None, 0)
    assert status.renewed is not None
    assert twin.engine.device_id != ana.device
    assert status.set_aside == 0
    assert last_entry(twin).type in ("device_replaced", "key_rotated")
    everybody(bo, twin, bo)
    assert (bo.value(TWINS, "number"), bo.value(NOTE, "text")) == ("from the twin", "from ana")
    assert digests(bo, twin) == {bo.digest()}
    state = bo.engine.roster()
    assert state.devices[ana.device].successor == twin.engine.device_id
    assert state.devices[twin.engine.device_id].member == state.devices[ana.device].member


def test_the_other_copy_is_told_and_keeps_what_it_had_not_sent(office: Office) -> None:
    _, [ana, _] = team(office)
    twin = twin_of(ana)
    twin.sync()
    ana.write(LATER, number="written since")
    status = ana.sync()
    assert (status.word, status.problem, status.waiting) == ("refused", "device_replaced", 1)
    assert ana.value(LATER, "number") == "written since"


def invited_again(admin: Laptop, laptop: Laptop) -> enrolment.Invitation:
    """One more invitation for whoever works at a laptop."""
    desk, team_id = admin.engine.desk, admin.start.team_id
    assert team_id is not None
    ends = admin.clock + 7 * DAY
    made = desk.invite(role=laptop.start.role, team_id=team_id, restricted=True, expires=ends, member=laptop.start.member)
    admin.sync()
    file = desk.invitation_file(made, FileNames("Synthetic Aid", "Ana", "North team", "Ada Admin"))
    return enrolment.read_invitation(file, admin.clock)


def test_the_other_copy_is_let_in_again_with_all_that_it_holds(office: Office) -> None:
    admin, [ana, bo] = team(office)
    twin = twin_of(ana)
    twin.sync()
    ana.write(PHONE, number="555-0400")
    ana.write(LATER, number="written since")
    signed = ana.sign(NOTE, roster=ana.engine.roster().no)
    assert ana.sync().problem == "device_replaced"
    with pytest.raises(KnownError, match="invitation_not_for_here"):
        ana.engine.join_again(invited_again(admin, bo))
    assert ana.sync().problem == "device_replaced"
    ana.engine.join_again(invited_again(admin, ana))
    assert ana.engine.status().waiting == 4  # three changes, and what became of the bundle that the server holds
    everybody(ana, twin, bo, admin)
    assert (ana.engine.status().problem, ana.engine.status().waiting) == (None, 0)
    assert (bo.value(PHONE, "number"), bo.value(LATER, "number")) == ("555-0400", "written since")
    assert bo.state(signed) is not None
    assert digests(ana, twin, bo, admin) == {bo.digest()}
    assert len({one.engine.device_id for one in (ana, twin, bo, admin)}) == 4


@pytest.mark.parametrize("joins", [False, True])
def test_a_laptop_whose_older_bundles_are_in_a_snapshot_keeps_its_records(office: Office, joins: bool) -> None:
    admin, [ana, bo] = team(office)
    ana.write(PHONE, number="555-0100")
    everybody(ana, bo)
    ana.write(PHONE, number="555-0200")
    everybody(ana, bo)
    twin = ana.clone()
    for laptop in (ana, twin):
        first = next(one for one in laptop.replica.envelopes(laptop.caseload) if one.device == ana.device)
        with laptop.replica.transaction():
            laptop.replica.forget_envelope(first.collection, first.device, first.number, first.hash)
    ana.write(NOTE, kind="note", text="from ana")
    ana.sync()
    twin.write(PHONE, number="555-0300")
    twin.write(TWINS, number="from the twin")
    assert twin.sync().waiting == 0
    everybody(bo, twin)
    assert (bo.value(PHONE, "number"), bo.value(TWINS, "number")) == ("555-0300", "from the twin")
    assert digests(bo, twin) == {bo.digest()}
    if joins:
        ana.write(PHONE, number="555-0400")
        ana.sync()
        ana.write(LATER, number="written since")
        ana.engine.join_again(invited_again(admin, ana))
        everybody(ana, bo, twin, admin)
        assert digests(ana, bo, twin, admin) == {bo.digest()}
        assert bo.value(LATER, "number") == "written since"


def test_a_laptop_that_belongs_is_not_let_in_twice(office: Office) -> None:
    admin, [ana, _] = team(office)
    with pytest.raises(BugError):
        ana.engine.join_again(invited_again(admin, ana))


def test_p12_a_backup_that_was_put_back_loses_nothing_that_was_sent_and_sends_what_was_not(office: Office) -> None:
    _, [ana, bo] = team(office)
    ana.write(PHONE, number="555-0100")
    backup = copied(ana)  # with one change that has not left yet
    ana.write(PHONE, number="555-0200")
    ana.write(NOTE, kind="note", text="after the backup")
    everybody(ana, bo)
    put_back(ana, backup)
    ana.write(LATER, number="after it was put back")
    status = ana.sync()
    assert (status.problem, status.waiting, status.set_aside) == (None, 0, 0)
    assert status.renewed is not None
    everybody(bo, ana)
    assert ana.value(PHONE, "number") == "555-0200", "what was sent before has not become a second version"
    assert not ana.conflicts(PHONE)
    assert (ana.value(NOTE, "text"), bo.value(LATER, "number")) == ("after the backup", "after it was put back")
    assert digests(ana, bo) == {ana.digest()}


def test_what_both_copies_hold_from_before_they_parted_leaves_once(office: Office) -> None:
    _, [ana, bo] = team(office)
    office.down = True
    ana.write(PHONE, number="555-0100")
    twin = ana.clone()
    office.down = False
    ana.sync()
    twin.write(PHONE, number="555-0300")
    twin.sync()
    everybody(bo, twin)
    state = bo.state(PHONE)
    assert state is not None
    assert len(state.heads["number"]) == 1, "the twin's edit replaced the number that ana had sent"
    assert bo.value(PHONE, "number") == "555-0300"
    assert digests(bo, twin) == {bo.digest()}


def test_what_was_signed_before_the_new_identity_stays_signed(office: Office) -> None:
    _, [ana, bo] = team(office)
    ana.write(NOTE, kind="note", text="Orientation given")
    ana.sync()
    twin = ana.clone()
    ana.write(PHONE, number="555-0100")
    ana.sync()
    signed = twin.sign(NOTE, roster=twin.engine.roster().no)
    twin.sync()
    everybody(bo, twin)
    state = bo.state(signed)
    assert state is not None
    assert state.kind == SIGNED
    assert bo.status_of(NOTE) == "settled"
    assert not bo.replica.all_set_aside()


def test_a_laptop_that_dies_while_it_takes_its_new_identity_takes_it_once(tmp_path: Path) -> None:
    """Cut at one write after the other of the exchange in which the new identity is taken."""
    first = Office(tmp_path)
    _, [ana, bo] = team(first)
    twin = ana.clone()
    ana.write(NOTE, kind="note", text="from ana")
    ana.sync()
    twin.write(TWINS, number="from the twin")
    first.close()
    begun = (tmp_path / "server.db").read_bytes()
    cut = 0
    while True:
        (tmp_path / str(cut)).mkdir()
        (tmp_path / str(cut) / "server.db").write_bytes(begun)
        office = Office(tmp_path / str(cut))
        one, reader = twin.clone(), bo.clone()
        for laptop in (one, reader):
            laptop.office = office
            laptop.boot()
        one.replica.cut_after = cut
        try:
            one.sync()
        except PowerCut:
            one.boot()
        reached, one.replica.cut_after = one.replica.cut_after is None, None
        assert one.sync().waiting == 0
        everybody(reader, one)
        assert reader.value(TWINS, "number") == "from the twin"
        assert digests(reader, one) == {reader.digest()}
        assert len([each for each in reader.engine.roster().devices.values() if each.why == "replaced"]) == 1
        office.close()
        if not reached:
            break
        cut += 5
    assert cut > 30


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(st.lists(st.sampled_from(STEPS), min_size=4, max_size=14))
def test_p11_p12_copies_part_and_nothing_is_lost_or_numbered_twice(steps: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        office = Office(Path(folder))
        try:
            copies_part(office, steps)
        finally:
            office.close()


def copies_part(office: Office, steps: list[str]) -> None:
    """Two copies of one disk and a colleague, who write and exchange in any order; then all exchange until nothing moves."""
    _, [ana, bo] = team(office)
    ana.write(PHONE, number="0")
    ana.sync()
    twin, backup = ana.clone(), copied(ana)
    written: dict[str, Laptop] = {}
    for number, step in enumerate(steps):
        laptop = {"ana": ana, "twin": twin, "bo": bo}.get(step.split()[0])
        if laptop is None:  # what was written since and not sent went with the disk: nobody can bring that back
            held = {value for value in written if written[value] is ana and not was_sent(office, bo, value)}
            written = {value: who for value, who in written.items() if value not in held}
            put_back(ana, backup)
        elif step.endswith("syncs"):
            laptop.sync()
        else:
            laptop.clock += random.Random(number).randrange(1, 9) * 1000
            laptop.write(UUID(int=1000 + number), number=str(number))
            written[str(number)] = laptop
    for _ in range(3):
        for laptop in (bo, twin, ana):
            laptop.sync()
    out = [laptop for laptop in (ana, twin) if laptop.engine.status().problem == "device_replaced"]
    going = [laptop for laptop in (ana, twin, bo) if laptop not in out]
    assert len(out) <= 1 or "put back" in steps  # then the new identity may have gone with the disk, too
    assert len({laptop.engine.device_id for laptop in going}) == len(going) or not clashed(ana, twin)
    assert digests(*going) == {bo.digest()}
    for value in written:
        somewhere = [laptop for laptop in (*going, *out) if laptop.value(UUID(int=1000 + int(value)), "number") == value]
        assert bo in somewhere or (somewhere and set(somewhere) <= set(out)), f"{value} is lost"
    counted = sealed_numbers(*going)
    assert len({one[:3] for one in counted}) == len(counted), "P11"
    salts = salts_and_keys(ana, twin, bo)
    assert len(set(salts)) == len(salts), "P11: each body has a key of its own"


def was_sent(office: Office, reader: Laptop, value: str) -> bool:
    """Whether a change reached the server's log, whoever has read it."""
    fresh = reader.clone()
    fresh.sync()
    return bool(fresh.value(UUID(int=1000 + int(value)), "number") == value)


def clashed(ana: Laptop, twin: Laptop) -> bool:
    """Whether the two copies met: one of them has written under the identity of both since."""
    return any(
        laptop.replica.secret(replica.RENEWED) or laptop.engine.status().problem == "device_replaced" for laptop in (ana, twin)
    )
