"""A second team: its records are its own, who is invited into it opens nothing of the first, and the other way round."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from cmpp_desktop.domain.consent import ConsentGiven
from cmpp_desktop.domain.households import NewPerson, RegisterHousehold
from cmpp_desktop.domain.questions import Organisation, People
from cmpp_desktop.domain.records import PersonName
from cmpp_desktop.errors import Invalid, NotAllowed
from cmpp_desktop.workspace import Workspace
from tests.journeys.office import PASSPHRASE, Pair, laptop


def register(door: Workspace, given: str) -> UUID:
    return door.do(RegisterHousehold((NewPerson(PersonName(given=given, family="Tzoc")),), ConsentGiven())).id


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
