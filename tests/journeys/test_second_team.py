"""A second team: its records are its own, who is invited into it opens nothing of the first, and the other way round."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from cmpp_desktop.domain.cases import CaseOpening
from cmpp_desktop.domain.consent import ConsentGiven
from cmpp_desktop.domain.households import NewPerson, RegisterHousehold
from cmpp_desktop.domain.questions import Organisation, Participant, People, Timeline
from cmpp_desktop.domain.records import PersonName
from cmpp_desktop.domain.tasks import WriteNote
from cmpp_desktop.domain.transfers import AnswerTransfer, AskTransfer, Transfers
from cmpp_desktop.errors import Invalid, KnownError, NotAllowed
from cmpp_desktop.workspace import Workspace
from tests.journeys.office import PASSPHRASE, Pair, laptop
from tests.store.secrets_of import in_tables


def register(door: Workspace, given: str) -> UUID:
    return door.do(RegisterHousehold((NewPerson(PersonName(given=given, family="Tzoc")),), ConsentGiven(), CaseOpening())).id


def names(door: Workspace) -> list[str]:
    return [row.name for row in door.ask(People(door.today())).rows]


def test_a_second_team_keeps_its_records_and_opens_none_of_the_firsts(pair: Pair, tmp_path: Path) -> None:
    denise, ana = pair.denise, pair.ana
    register(ana, "Marisela")
    with pair.server:
        pair.sync_both()
        with pytest.raises(NotAllowed):
            ana.administration().add_team("Team South")
        with pytest.raises(Invalid, match="name"):
            denise.administration().add_team(denise.ask(Organisation()).teams[0][1].upper())
        south = denise.administration().add_team("Team South")
        assert [name for _, name in denise.ask(Organisation()).teams][-1:] == ["Team South"]
        invitation = denise.invite("Leon Brandt", "caseworker", south)
        leon = laptop(tmp_path / "leon")
        leon.enrol(invitation.data, "Leon’s laptop", PASSPHRASE)
        try:
            assert leon.sync_now().problem is None
            denise.confirm_device(leon.access().devices[-1].device_id)
            register(leon, "Rosa")
            for door in (leon, denise, ana, leon):
                assert door.sync_now().problem is None
            assert names(leon) == ["Tzoc, Rosa"]
            assert names(ana) == ["Tzoc, Marisela"]
            assert names(denise) == ["Tzoc, Marisela", "Tzoc, Rosa"]
        finally:
            leon.close()


def test_a_file_is_handed_over_to_another_team_and_the_old_one_sees_that_it_went_and_nothing_after(
    pair: Pair, tmp_path: Path
) -> None:
    denise, ana = pair.denise, pair.ana
    person = register(ana, "Marisela")
    ana.do(WriteNote(person, "Zqbefore she left."))
    with pair.server:
        pair.sync_both()
        south = denise.administration().add_team("Team South")
        leon = laptop(tmp_path / "leon")
        leon.enrol(denise.invite("Leon Brandt", "caseworker", south).data, "Leon’s laptop", PASSPHRASE)
        try:
            exchange(leon, denise)
            denise.confirm_device(leon.access().devices[-1].device_id)
            exchange(leon, denise, ana)
            case = ana.ask(Participant(person)).case
            assert case is not None
            asked = ana.do(AskTransfer(case.id, "team", to_team_id=south, summary="She moved south.")).id
            ana.do(AnswerTransfer(asked, True, "Leon, by telephone"))  # her laptop does not hold both teams
            assert names(ana) == ["Tzoc, Marisela"]
            exchange(ana, denise, leon, ana)
            assert names(leon) == names(denise) == ["Tzoc, Marisela"]
            assert names(ana) == []
            said = [entry.text for entry in leon.ask(Timeline(person, leon.today(), ("note",))).today]
            assert said == ["Zqbefore she left."]
            leon.do(WriteNote(person, "Zqafter she came."))
            exchange(leon, denise, ana)
            with pytest.raises(KnownError) as gone:
                ana.ask(Participant(person))
            assert (gone.value.code, gone.value.facts["team"]) == ("file_handed_over", "Team South")
            [row] = ana.ask(Transfers(gone=True))
            assert (row.participant, row.receiver, row.summary) == ("Marisela Tzoc", "Team South", "")
            while ana.index_texts():
                pass
            opened: Any = ana._opened
            words = ("Zqbefore", "Zqafter", "She moved south")
            assert in_tables(SimpleNamespace(store=opened.store), words, (), but=("outbox",)) == set()  # type: ignore[arg-type]
            assert [item.fields.title_code for item in leon.ask(Participant(person)).tasks if item.fields.done_at is None] == [
                "take_over"
            ]
        finally:
            leon.close()


def exchange(*doors: Workspace) -> None:
    for door in doors:
        assert door.sync_now().problem is None
