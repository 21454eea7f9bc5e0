"""The audit logs of an office, as its administrator reads them and saves them outside."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from cmpp_desktop.domain.audit_logs import OTHER, OWN, AuditChains, AuditFilter, AuditRow, AuditTrail
from cmpp_desktop.domain.consent import ConsentGiven
from cmpp_desktop.domain.households import NewPerson, RegisterHousehold
from cmpp_desktop.domain.questions import Organisation, Outgoing
from cmpp_desktop.domain.records import PersonName
from cmpp_desktop.errors import Invalid, KnownError
from cmpp_desktop.workspace import Workspace, erasures
from tests.journeys.office import PASSPHRASE, founded, laptop


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Workspace, Workspace]]:
    """Denise, who founded it without a server, and Ana, whom she let in; a stick has gone round."""
    tmp_path = tmp_path_factory.mktemp("office")
    stick = tmp_path / "stick"
    stick.mkdir()
    denise, ana = founded(tmp_path / "denise", ""), laptop(tmp_path / "ana")
    file = denise.invite("Ana Marroquín", "caseworker", denise.ask(Organisation()).teams[0][0])
    ana.enrol(file.data, "Blue ThinkPad", PASSPHRASE)
    for door in (ana, denise, ana):
        door.exchange_folder(stick)
    ana.do(RegisterHousehold((NewPerson(PersonName(given="Rosa", family="Quispe")),), ConsentGiven()))
    ana.note_access("exported", "attachment", None, reason="for her lawyer")
    for door in (ana, denise):
        door.exchange_folder(stick)
    yield denise, ana
    for door in (denise, ana):
        door.close()


def paged(door: Workspace, wanted: AuditFilter, size: int) -> list[AuditRow]:
    found: list[AuditRow] = []
    while page := door.ask(AuditTrail(size, wanted, found[-1] if found else None)):
        found += page
    return found


def test_denise_reads_what_ana_did_and_saves_it_with_a_reason(office: tuple[Workspace, Workspace], tmp_path: Path) -> None:
    denise, _ = office
    of_ana = next(one for one in denise.audit_laptops() if one.name == "Blue ThinkPad")
    assert (of_ana.troubles, of_ana.silent, of_ana.mine) == ((), False, False)
    wanted = AuditFilter(of_ana.device_id)
    rows = denise.ask(AuditTrail(500, wanted))
    assert of_ana.entries == len(rows) == rows[0].number
    assert (rows[0].action, rows[0].who, rows[0].laptop) == ("exported", "Ana Marroquín", "Blue ThinkPad")
    assert [row.number for row in rows] == sorted((row.number for row in rows), reverse=True), "the order is the log's"
    assert [row.action for row in denise.ask(AuditTrail(filter=AuditFilter(of_ana.device_id, group="out")))] == ["exported"]
    assert denise.ask(AuditTrail(filter=AuditFilter(of_ana.device_id, group=OTHER))) == ()
    assert denise.ask(AuditTrail(filter=AuditFilter(of_ana.device_id, since=rows[0].at + timedelta(seconds=1)))) == ()
    every = AuditFilter("")
    assert paged(denise, every, 3) == list(denise.ask(AuditTrail(500, every)))
    assert {row.device for row in denise.ask(AuditTrail(500, every))} == {one.device_id for one in denise.audit_laptops()}
    assert paged(denise, AuditFilter(OWN), 3) == list(denise.ask(AuditTrail(500)))
    assert "audit_batch" not in {item.kind for item in denise.ask(Outgoing())}, "what goes by itself is nobody's work"

    path = tmp_path / "audit.csv"
    with pytest.raises(Invalid):
        denise.export_audit(path, wanted, reason=" ", language="en")
    assert not path.exists()
    assert denise.export_audit(path, wanted, reason="the board asked", language="en") == len(rows)
    table = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    assert table[1][1:5] == ["Blue ThinkPad", "Ana Marroquín", "Saved outside the program", "Document"]
    assert "Quispe" not in path.read_text(encoding="utf-8-sig")
    assert denise.ask(AuditTrail(1))[0].subject_kind == "audit"


def test_nobody_but_an_administrator_reads_other_laptops_logs(office: tuple[Workspace, Workspace], tmp_path: Path) -> None:
    _, ana = office
    for refused in (
        lambda: ana.ask(AuditTrail(filter=AuditFilter(""))),
        lambda: ana.ask(AuditChains()),
        ana.audit_laptops,
        lambda: ana.export_audit(tmp_path / "audit.csv", AuditFilter(""), reason="x", language="en"),
    ):
        with pytest.raises(KnownError) as error:
            refused()
        assert error.value.code == "not_allowed"


def test_who_keeps_the_list_is_named_where_an_erasure_would_wait_for_them(office: tuple[Workspace, Workspace]) -> None:
    denise, ana = (door._opened for door in office)
    assert denise is not None
    assert ana is not None
    assert (erasures._keeper(denise), erasures._keeper(ana)) == (None, "Denise’s laptop")
