"""Over the real server: somebody who was invited without the restricted records gets none of them, and hears of danger."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from cmpp_desktop.domain.consent import ConsentGiven
from cmpp_desktop.domain.entries import AddRecord, Records
from cmpp_desktop.domain.households import NewPerson, RegisterHousehold
from cmpp_desktop.domain.questions import Arrivals, Instruments, Organisation, Participant, Timeline
from cmpp_desktop.domain.records import PersonName
from cmpp_desktop.domain.screenings import Alert, RaiseAlert
from cmpp_desktop.domain.tasks import WriteNote
from cmpp_desktop.errors import KnownError
from cmpp_desktop.workspace import Workspace
from tests.journeys.office import PASSPHRASE, founded, laptop
from tests.journeys.server import ServerProcess
from tests.store.secrets_of import in_tables

SECRETS = ("Zqnightmares", "Zqhusband", "Zqtestimony", "i918", "vawa")
TRAFFICKING = "trafficking-indicators"


def test_ana_works_with_marisela_and_never_learns_of_the_counselling(tmp_path: Path) -> None:
    with ServerProcess(f"sqlite:///{tmp_path}/server.db", tmp_path / "server.log") as server:
        denise, ana = founded(tmp_path / "denise", server.url), laptop(tmp_path / "ana")
        try:
            server.admin("org", "add", denise.access().organisation_id)
            denise.sync_now()
            team = denise.ask(Organisation()).teams[0][0]
            invitation = denise.invite("Ana Marroquín", "caseworker", team, restricted=False)
            ana.enrol(invitation.data, "Blue ThinkPad", PASSPHRASE)
            _exchange(ana, denise)
            person = denise.do(RegisterHousehold((NewPerson(PersonName(given="Marisela", family="Tzoc")),), ConsentGiven())).id
            made = _secret_work(denise, person)
            denise.do(WriteNote(person, "She needs a bus card."))
            _exchange(denise, ana)
            _nothing_of_it(ana, person, made)
        finally:
            ana.close()
            denise.close()


def _exchange(*doors: Workspace) -> None:
    for door in (*doors, *doors):
        assert door.sync_now().problem is None


def _secret_work(denise: Workspace, person: UUID) -> list[UUID]:
    """What Denise, who holds the restricted records, writes there; and an alert that cannot wait."""
    note = denise.do(WriteNote(person, "Zqnightmares since the crossing.", "mental_health")).id
    relief = denise.do(AddRecord("potential_relief", {"participant_id": person, "type": "vawa", "why": "Zqhusband"})).id
    form = denise.do(AddRecord("application", {"participant_id": person, "form": "i918", "note": "Zqtestimony"})).id
    instrument = next(item for item in denise.ask(Instruments()) if item.form_id == TRAFFICKING).id
    alert = denise.do(RaiseAlert(person, instrument, UUID(int=77), Alert(name="now", kind="safety"))).id
    return [note, relief, form, alert]


def _nothing_of_it(ana: Workspace, person: UUID, made: list[UUID]) -> None:
    view = ana.ask(Participant(person))
    assert [task.fields.title_code for task in view.tasks] == ["safety_concern"]
    assert view.restricted_exists  # as for everybody
    assert [entry.text for entry in ana.ask(Timeline(person, ana.today(), ("note",))).today] == ["She needs a bus card."]
    assert {line.kind for line in ana.ask(Arrivals())} & {"potential_relief", "application", "screening"} == set()
    assert ana.ask(Records("potential_relief")) == ana.ask(Records("application")) == ()
    opened: Any = ana._opened
    found = in_tables(SimpleNamespace(store=opened.store), SECRETS, made, but=("r_instrument",))  # type: ignore[arg-type]
    assert found == set()
    with pytest.raises(KnownError, match="restricted_closed"):
        ana.do(WriteNote(person, "…", "mental_health"))
    with pytest.raises(KnownError, match="restricted_closed"):
        ana.save_draft(f"restricted:note:{person}", b"x", title="", participant_id=person)
    instrument = next(item for item in ana.ask(Instruments()) if item.form_id == TRAFFICKING).id
    with pytest.raises(KnownError, match="restricted_closed"):
        ana.start_interview(person, instrument, language="en")
