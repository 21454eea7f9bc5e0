"""The audit log of a laptop that goes on under another identity, because a copy of it was met (rule 35)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cmpp_desktop.sync.audit_drop import DROP
from cmpp_desktop.sync.replica import IDENTITY
from cmpp_desktop.sync.sending import Sending
from cmpp_protocol import canon
from tests.sync.test_drops import AUDIT, Someone, Town, heard, note, troubles


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Town]:
    """A server and Ada, whose laptops send their audit logs."""
    made = Town(tmp_path)
    yield made
    for one in made.people:
        one.store.close()
    made.office.close()


def goes_on_as_another(one: Someone, monkeypatch: pytest.MonkeyPatch) -> None:
    """It hears of a copy, and takes its new identity before what its log grew by has left."""
    note(one, "exported")
    old = one.engine.device_id
    with one.replica.transaction():
        one.replica.put_secret(IDENTITY, canon.pack("taken"))
    with monkeypatch.context() as patch:
        patch.setattr(Sending, "to_send", lambda self: ((), (), False))
        one.sync()
    assert one.engine.device_id != old


def test_who_goes_on_as_another_laptop_sends_the_whole_log_and_seems_to_have_kept_nothing_back(
    office: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = office.joins("ana")
    note(ana, "shared")
    for _ in range(2):
        office.all_sync()
    assert heard(office.ada, ana)[-1] == "shared"
    goes_on_as_another(ana, monkeypatch)
    for _ in range(2):
        office.all_sync()
    assert heard(office.ada, ana) == ["exported"], "the rest is known already"
    assert office.ada.replica.audit_chain(ana.engine.device_id)[0] == ana.replica.audit_last()
    assert troubles(office.ada) == []


def test_an_administrators_own_log_is_no_record_when_their_laptop_goes_on_as_another(
    office: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = office.ada
    office.joins("ana")
    for _ in range(2):
        office.all_sync()
    goes_on_as_another(ada, monkeypatch)
    for _ in range(2):
        office.all_sync()
    assert ada.engine.drops.can_read(DROP)
    assert list(ada.replica.record_ids(AUDIT)) == []
    assert (heard(ada, ada), troubles(ada)) == (["exported"], [])
