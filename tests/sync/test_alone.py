"""An office without a server: three laptops and a stick, in any order; one of them keeps the roster."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from cmpp_desktop.changes import LIFE
from cmpp_desktop.errors import KnownError
from cmpp_desktop.sync import enrolment, folder_files, identity
from cmpp_desktop.sync.folder_report import FolderReport
from cmpp_protocol import canon, entries, keeping
from cmpp_protocol.roster import Role
from cmpp_protocol.stick import ROOT
from tests.sync.laptops import DAY, START_MS, URL, Laptop, Line, Office, enrolled, everybody, invited

PHONE, NOTE, LATER = UUID(int=11), UUID(int=12), UUID(int=13)


class Nobody:
    """Where a server would be."""

    def answer(self, body: bytes, authorisation: str, path: str = "") -> bytes:
        raise AssertionError("an office without a server asks none")


@pytest.fixture(autouse=True)
def _in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_files, "durable", lambda file: file.flush())


NOBODY: Any = Nobody()


def founded_alone(seed: int = 1) -> Laptop:
    start = enrolment.found(now_ms=START_MS, random=random.Random(seed).randbytes, server="")
    laptop = Laptop(NOBODY, start, seed)
    laptop.write(UUID(int=900), laptop.organisation, "organisation", name="Synthetic Aid")
    return laptop


def pass_on(stick: Path, *laptops: Laptop) -> list[FolderReport]:
    reports = []
    for laptop in laptops:
        laptop.clock += 1000
        reports.append(laptop.engine.exchange_folder(stick))
    return reports


def three(stick: Path) -> tuple[Laptop, Laptop, Laptop]:
    """Denise, who founded it, and two whom she invited by files; all know each other."""
    denise = founded_alone()
    files = [invited(denise, seed) for seed in (2, 3)]
    ana, bo = (enrolled(NOBODY, file, seed) for seed, file in zip((2, 3), files, strict=True))
    pass_on(stick, ana, bo, denise, ana, bo)
    return denise, ana, bo


def standing(laptop: Laptop) -> Any:
    found = laptop.engine.status().alone
    assert found is not None
    return found


def test_two_who_come_in_by_files_work_at_once_and_are_let_in_when_the_stick_reaches_the_keeper(stick: Path) -> None:
    denise = founded_alone()
    files = [invited(denise, seed) for seed in (2, 3)]  # the second was written after the first: its roster is longer
    ana, bo = (enrolled(NOBODY, file, seed) for seed, file in zip((2, 3), files, strict=True))
    ana.write(PHONE, number="555-0100")
    assert ana.value(PHONE, "number") == "555-0100"
    assert ana.value(UUID(int=900), "name", ana.organisation) == "Synthetic Aid"
    assert not standing(ana).admitted
    pass_on(stick, ana, bo, denise)
    assert {ana.device, bo.device} <= set(denise.engine.roster().devices)
    pass_on(stick, ana, bo, denise)
    assert standing(ana).admitted
    assert bo.value(PHONE, "number") == denise.value(PHONE, "number") == "555-0100"
    assert ana.engine.own_code() == denise.engine.code_of(ana.device) != ""


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_stick_goes_round_in_any_order_and_nothing_is_missing(stick: Path, order: Sequence[int]) -> None:
    laptops = three(stick)
    for number, laptop in enumerate(laptops):
        laptop.write(UUID(int=100 + number), number=str(number))
        laptop.write(PHONE, number=f"from {number}")
    for _ in range(2):
        pass_on(stick, *(laptops[place] for place in order))
    assert len({laptop.digest() for laptop in laptops}) == 1
    [conflict] = laptops[0].conflicts(PHONE)
    assert len(conflict.versions) == 3
    assert {laptop.engine.status().set_aside for laptop in laptops} == {0}


def test_what_is_on_a_stick_and_what_another_laptop_has_are_told_apart(stick: Path) -> None:
    denise, ana, bo = three(stick)
    assert ana.engine.status().word == "passed_on"
    ana.write(PHONE, number="555-0100")
    assert (ana.engine.status().word, ana.engine.status().waiting) == ("to_stick", 1)
    pass_on(stick, ana)
    assert (ana.engine.status().word, standing(ana).unseen) == ("on_stick", 1)
    pass_on(stick, bo)
    assert ana.engine.status().word == "on_stick"  # nobody has told her yet
    pass_on(stick, ana)
    assert ana.engine.status().word == "passed_on"
    lacks = {one.device: one.lacks for one in standing(ana).laptops}
    assert (lacks[bo.device], lacks[denise.device]) == (0, 1)
    assert bo.engine.status().last_heard is None
    assert ana.engine.exchange().problem is None  # nobody is offline who has no server


def test_a_stick_that_says_somebody_has_read_it_is_believed_only_with_that_laptops_word(stick: Path) -> None:
    _, ana, bo = three(stick)
    ana.write(PHONE, number="555-0100")
    pass_on(stick, ana, bo)
    [ours] = stick.glob(f"{ROOT}/*/seen/{bo.device.hex()[:32]}")
    [hers] = stick.glob(f"{ROOT}/*/seen/{ana.device.hex()[:32]}")
    told = ours.read_bytes()
    ours.write_bytes(hers.read_bytes())
    assert pass_on(stick, ana)[0].damaged == 1
    assert standing(ana).unseen == 1
    ours.write_bytes(told)
    pass_on(stick, ana)
    assert standing(ana).unseen == 0


def test_a_laptop_is_closed_its_key_goes_and_what_it_writes_later_is_held(stick: Path) -> None:
    denise, ana, bo = three(stick)
    bo.write(PHONE, number="before")
    pass_on(stick, bo, denise)
    epoch = denise.engine.roster().collections[denise.caseload].epoch
    denise.engine.desk.revoke(bo.device)
    assert denise.engine.roster().collections[denise.caseload].epoch == epoch + 1
    bo.write(LATER, text="after")  # it has not heard
    denise.write(NOTE, text="under the new key")
    other = stick.parent / "other"
    other.mkdir()
    pass_on(other, bo)  # a stick that it alone has met
    pass_on(stick, denise, ana)
    assert ana.value(NOTE, "text") == "under the new key"
    pass_on(other, ana, denise)
    for laptop in (ana, denise):
        assert laptop.value(PHONE, "number") == "before"
        assert laptop.value(LATER, "text") is None
        [work] = laptop.engine.held_work()
        assert (work.why, work.chain.device) == ("fence", bo.device)
    with pytest.raises(KnownError, match="device_revoked"):
        pass_on(stick, bo)
    assert bo.engine.exchange().problem == "device_revoked"
    assert bo.value(NOTE, "text") is None


def test_who_does_not_keep_the_roster_changes_nothing_in_it(stick: Path) -> None:
    denise, ana, _ = three(stick)
    before = denise.engine.roster().no
    with pytest.raises(KnownError, match="not_keeper"):
        ana.engine.desk.revoke(denise.device)
    pass_on(stick, ana, denise)
    assert denise.engine.roster().no == before


def test_a_second_administrator_takes_over_from_a_lost_laptop_and_lets_people_in(stick: Path) -> None:
    denise = founded_alone()
    file = invited(denise, 2, Role.ADMINISTRATOR)
    omar = enrolled(NOBODY, file, 2)
    pass_on(stick, omar, denise, omar)
    denise.engine.desk.confirm(omar.device)
    pass_on(stick, denise, omar)
    omar.engine.alone.take_over()
    state = omar.engine.roster()
    assert keeping.keeper(state) == omar.device
    assert not state.devices[denise.device].active(state.no)
    assert omar.engine.exchange().problem is None
    zoe = enrolled(NOBODY, invited(omar, 3), 3)
    pass_on(stick, zoe, omar, zoe)
    assert standing(zoe).admitted
    with pytest.raises(KnownError, match="device_revoked"):
        pass_on(stick, denise)


def test_two_that_keep_the_roster_are_noticed_and_the_exchange_stops_not_the_work(stick: Path) -> None:
    denise = founded_alone()
    omar = enrolled(NOBODY, invited(denise, 2, Role.ADMINISTRATOR), 2)
    pass_on(stick, omar, denise, omar)
    denise.engine.desk.confirm(omar.device)
    pass_on(stick, denise, omar)
    denise.engine.desk.set_policy({"confirm_restricted": False})  # she is not lost at all
    omar.engine.alone.take_over()
    pass_on(stick, omar)
    with pytest.raises(KnownError, match="roster_fork"):
        pass_on(stick, denise)
    assert denise.engine.exchange().problem == "roster_fork"
    assert denise.engine.status().word == "refused"
    denise.write(PHONE, number="555-0100")
    assert denise.value(PHONE, "number") == "555-0100"


def test_keeping_is_handed_on_in_order(stick: Path) -> None:
    denise = founded_alone()
    omar = enrolled(NOBODY, invited(denise, 2, Role.ADMINISTRATOR), 2)
    pass_on(stick, omar, denise)
    denise.engine.desk.set_policy({keeping.KEEPER: omar.device})
    with pytest.raises(KnownError, match="not_keeper"):
        denise.engine.desk.set_policy({"confirm_restricted": False})
    pass_on(stick, denise, omar)
    omar.engine.desk.set_policy({"confirm_restricted": False})
    pass_on(stick, omar, denise)
    assert denise.engine.roster().hash == omar.engine.roster().hash


def test_a_laptop_leaves_by_a_stick_and_all_it_wrote_before_counts(stick: Path) -> None:
    denise, ana, bo = three(stick)
    bo.write(PHONE, number="555-0100")
    bo.engine.alone.retire()
    pass_on(stick, bo, denise, ana)
    state = denise.engine.roster()
    assert (state.devices[bo.device].why, state.devices[bo.device].ended) == ("retired", state.devices[bo.device].ended)
    assert denise.value(PHONE, "number") == ana.value(PHONE, "number") == "555-0100"
    assert denise.engine.status().set_aside == 0
    with pytest.raises(KnownError, match="device_retired"):
        pass_on(stick, bo)


def test_a_copied_laptop_takes_another_identity_by_a_stick_and_loses_nothing(stick: Path) -> None:
    denise, ana, bo = three(stick)
    bo.write(NOTE, text="by bo")
    twin = bo.clone()
    bo.write(LATER, text="by bo, later")
    pass_on(stick, bo, denise)
    twin.write(PHONE, number="by the copy")
    pass_on(stick, twin)  # it meets what it did not seal
    assert identity.is_taken(twin.replica)
    pass_on(stick, denise)
    pass_on(stick, twin, denise, ana)
    assert twin.engine.device_id != bo.engine.device_id
    for laptop in (denise, ana, twin):
        said = [laptop.value(PHONE, "number"), laptop.value(NOTE, "text"), laptop.value(LATER, "text")]
        assert said == ["by the copy", "by bo", "by bo, later"]
    assert len({laptop.digest() for laptop in (denise, ana, twin)}) == 1
    with pytest.raises(KnownError, match="device_replaced"):
        pass_on(stick, bo)


def test_an_invitation_that_is_over_lets_nobody_in_and_says_so(stick: Path) -> None:
    denise = founded_alone()
    ana = enrolled(NOBODY, invited(denise, 2), 2)
    ana.write(PHONE, number="555-0100")
    pass_on(stick, ana)
    denise.clock += 8 * DAY
    pass_on(stick, denise, ana)
    assert ana.device not in denise.engine.roster().devices
    assert ana.engine.exchange().problem == "invitation_closed"
    assert ana.value(PHONE, "number") == "555-0100"


def test_what_an_administrator_orders_to_be_erased_is_proposed_and_gone_everywhere(stick: Path) -> None:
    denise = founded_alone()
    omar = enrolled(NOBODY, invited(denise, 2, Role.ADMINISTRATOR), 2)
    pass_on(stick, omar, denise, omar)
    omar.write(PHONE, number="555-0100")
    pass_on(stick, omar, denise)
    from cmpp_desktop.store.orders import ORDERS, Order, packed_orders

    with omar.replica.transaction():
        omar.replica.put_secret(ORDERS, packed_orders([Order("erase", UUID(int=77), (PHONE,), bytes(32))]))
    pass_on(stick, omar, denise)
    assert entries.erased_id(denise.start.org, PHONE) in denise.engine.roster().erased
    pass_on(stick, omar)
    assert omar.state(PHONE) is None
    assert denise.state(PHONE) is None
    assert omar.replica.secret(ORDERS) is None


def test_the_office_moves_to_a_server_with_everything_and_the_others_hear_by_the_stick(stick: Path, tmp_path: Path) -> None:
    denise, ana, bo = three(stick)
    for number, laptop in enumerate((denise, ana, bo)):
        laptop.write(UUID(int=100 + number), number=str(number))
    pass_on(stick, ana, bo, denise)
    ana.write(LATER, text="not yet on any stick")
    office = Office(tmp_path)
    with pytest.raises(KnownError, match="organisation_unknown"):
        denise.engine.move_to(Line(office), {keeping.SERVER: URL})
    assert denise.engine.status().alone is not None
    denise.engine.desk.set_policy({"confirm_restricted": False})  # she still keeps it
    office.accept(denise.start.org)
    denise.engine.move_to(Line(office), {keeping.SERVER: URL})
    assert denise.engine.status().alone is None
    pass_on(stick, denise, ana)
    assert keeping.moved_to(ana.engine.roster()) == (URL, "")
    for laptop in (denise, ana, bo):
        laptop.office = office
        laptop.boot()
    pass_on(stick, bo)
    everybody(denise, ana, bo)
    statuses = [laptop.sync() for laptop in (denise, ana, bo)]
    assert [(one.word, one.waiting, one.set_aside) for one in statuses] == [("sent", 0, 0)] * 3
    assert len({laptop.digest() for laptop in (denise, ana, bo)}) == 1
    assert bo.value(LATER, "text") == "not yet on any stick"
    fresh = enrolled(office, invited(denise, 9), 9)  # and goes on as offices with a server do
    everybody(fresh, denise, fresh)
    assert fresh.digest() == denise.digest()
    office.close()


def test_the_life_of_a_record_needs_no_server(stick: Path) -> None:
    denise, ana, _ = three(stick)
    ana.write(PHONE, number="555-0100")
    pass_on(stick, ana, denise)
    denise.settle(PHONE, canon.pack(["deleted", "wrong"]))
    pass_on(stick, denise, ana)
    state = ana.state(PHONE)
    assert state is not None
    assert state.shown(LIFE) == canon.pack(["deleted", "wrong"])
