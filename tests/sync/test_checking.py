"""A laptop looks at its own records: what differs from the log, or from what another laptop has signed, is found and mended."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from cmpp_desktop.changes import Head, RecordState
from cmpp_desktop.sync import snapshot_books
from cmpp_desktop.sync.checking import Checked
from cmpp_desktop.sync.snapshots import Made, Snapshots
from cmpp_protocol import canon
from tests.sync.laptops import Laptop, Office, everybody, team
from tests.sync.test_letting_go import aged
from tests.sync.test_snapshots import NOTE, PHONE, busy

SPOILED, LOST, INVENTED = UUID(int=1000), UUID(int=1001), UUID(int=99)


class Stopped(Exception):
    """Somebody pressed the button."""


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path, snapshot_bundles=3, snapshot_behind=2)


def of_caseload(laptop: Laptop, *, mend: bool = False) -> Checked:
    [found] = [one for one in laptop.engine.checking().run(mend=mend) if one.collection == laptop.caseload]
    return found


def spoiled(laptop: Laptop) -> None:
    """As a disk or a mistake of the program might: one record says something else, one is gone, one was never written."""
    states = laptop.replica.tables["states"]
    phone: RecordState = states[laptop.caseload, SPOILED]
    [head] = phone.heads["number"]
    states[laptop.caseload, SPOILED] = RecordState(phone.kind, {**phone.heads, "number": (Head(head.stamp, canon.pack("0")),)})
    del states[laptop.caseload, LOST]
    states[laptop.caseload, INVENTED] = phone


def test_records_that_are_as_everybody_has_them_are_said_to_be_and_by_whom(office: Office) -> None:
    _, [ana, bo] = team(office)
    busy(ana, bo, rounds=2)
    bo.write(NOTE, kind="note", text="not sent yet")
    found = of_caseload(bo)
    assert (found.others, found.differ) == ("same", 0)
    assert found.records == len(bo.replica.record_ids(bo.caseload))
    assert {found.maker, found.by} == {ana.device, bo.device}
    base = snapshot_books.bases(bo.replica)[bo.caseload]
    assert (base.maker, base.by, base.seq) == (found.maker, found.by, found.seq), "the panel names both"


def test_what_was_spoiled_is_found_and_mended_and_nothing_unsent_is_lost(office: Office) -> None:
    _, [ana, bo] = team(office)
    busy(ana, bo, rounds=2)
    bo.write(SPOILED, label="not sent yet")
    bo.write(NOTE, kind="note", text="nor this")
    spoiled(bo)
    office.down = True
    found = of_caseload(bo)
    assert (found.others, found.differ, found.mended) == ("nobody", 3, 0), "without a network its own log still tells"
    assert bo.value(SPOILED, "number") == "0", "looking changes nothing"
    assert of_caseload(bo, mend=True).mended == 3
    assert of_caseload(bo).differ == 0
    assert bo.engine.status().waiting == 2
    office.down = False
    everybody(bo, ana)
    assert bo.digest() == ana.digest()
    assert ana.value(SPOILED, "label") == "not sent yet"
    assert ana.value(NOTE, "text") == "nor this"


def test_people_go_on_writing_while_it_looks_and_stopping_leaves_nothing_half(office: Office) -> None:
    _, [ana, bo] = team(office)
    busy(ana, bo, rounds=2)
    spoiled(bo)

    def write(done: int, of: int) -> None:
        bo.write(PHONE, number=f"while it looks, at {done}")
        assert done <= of

    [found] = [one for one in bo.engine.checking().run(write) if one.collection == bo.caseload]
    assert found.differ == 3, "what was written meanwhile is no difference"

    def stop(done: int, of: int) -> None:
        raise Stopped

    before = bo.digest()
    with pytest.raises(Stopped):
        bo.engine.checking().run(stop, mend=True)
    assert bo.digest() == before


def test_a_laptop_that_let_old_bytes_go_needs_the_server_to_look_back(office: Office) -> None:
    _, [ana, bo] = team(office)
    busy(ana, bo, rounds=2)
    aged(office, ana, bo)
    spoiled(bo)
    office.down = True
    assert of_caseload(bo, mend=True).records is None, "its history is not all here: nothing is said, and nothing written"
    office.down = False
    assert of_caseload(bo, mend=True).mended == 3
    assert bo.digest() == ana.digest()


def test_another_history_than_a_colleague_signed_is_said_with_their_name(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ana's program makes another state of the same bundles, and signs it. Nobody confirms that, and who compares hears of it."""
    _, [ana, bo] = team(office)
    made = Snapshots.made

    def lying(self: Snapshots, *args: object, **more: object) -> Made | None:
        found = made(self, *args, **more)  # type: ignore[arg-type]  # handed through
        return Made(found.squeezed, bytes(32), found.records) if found and self is ana.engine.snapshots else found

    monkeypatch.setattr(Snapshots, "made", lying)
    for number in range(4):
        ana.write(UUID(int=2000 + number), number=str(number))
        ana.sync()
    bo.sync()
    found = of_caseload(bo)
    assert (found.others, found.maker, found.by) == ("different", ana.device, b"")
    assert found.differ == 0, "its records are what its bundles give"
