"""An office by stick: what Ana wrote in a village reaches Denise without a network, and the stick tells nobody anything."""

from __future__ import annotations

from pathlib import Path

from cmpp_desktop.domain.audit_logs import AuditTrail
from cmpp_desktop.domain.consent import ConsentGiven
from cmpp_desktop.domain.households import NewPerson, RegisterHousehold
from cmpp_desktop.domain.questions import People
from cmpp_desktop.domain.records import PersonName
from tests.journeys.office import Pair

NAME = "Quispe Mamani"


def test_what_was_written_in_a_village_reaches_the_office_on_a_stick(pair: Pair, tmp_path: Path) -> None:
    ana, denise, stick = pair.ana, pair.denise, tmp_path / "stick"
    stick.mkdir()
    ana.do(RegisterHousehold((NewPerson(PersonName(given="Rosa", family=NAME)),), ConsentGiven()))
    out = ana.exchange_folder(stick)
    assert (out.problem, out.damaged) == (None, 0)
    assert ana.sync_status().waiting > 0  # the stick is not the server
    came = denise.exchange_folder(stick)
    assert came.bundles_in > 0
    assert [row.name for row in denise.ask(People(denise.today(), NAME)).rows] == [f"{NAME}, Rosa"]
    for path in stick.rglob("*"):
        assert NAME not in path.name
        assert path.is_dir() or NAME.encode() not in path.read_bytes()
    assert "folder_exchanged" in {row.action for row in denise.ask(AuditTrail())}
    with pair.server:
        denise.sync_now()  # the office hands it on
        assert ana.sync_now().waiting == 0
    assert ana.exchange_folder(stick).bundles_in == 0
