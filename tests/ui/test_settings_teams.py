"""Settings, People and rights: a further team, and another name for one."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from cmpp_desktop.domain.staff import NameTeam
from cmpp_desktop.errors import Invalid
from tests.ui.test_rights_and_recovery import CTRL, Open, at_settings


def test_another_team_is_added_by_its_name_and_one_that_is_there_is_said(desk: Open) -> None:
    at = at_settings(desk, "rights")
    part = at.page.rights.teams
    part.add_team.click()
    at.quiet()
    assert part._team_field.has_problem
    part.team.setText("Team South")
    part.add_team.click()
    at.quiet()
    assert at.door.desk.teams == ["Team South"]
    assert part.team.text() == ""
    at.door.fail["add_team"] = Invalid(name="already_there")
    part.team.setText("Team South")
    part.add_team.click()
    at.quiet()
    assert part._team_field.has_problem
    assert part.add_team.isEnabled()
    assert part.team.text() == "Team South"


def test_a_team_gets_another_name_and_the_old_one_back(desk: Open, speechless: Callable[[QWidget], list[str]]) -> None:
    at = at_settings(desk, "rights")
    part = at.page.rights.teams
    assert speechless(part) == []
    team_id, before = part.which.value(), part.called.text()
    assert before
    part.called.setText("  Team by the river ")
    part.rename.click()
    at.quiet()
    assert at.door.done[-1] == NameTeam(team_id, "Team by the river")
    at.press(Qt.Key.Key_Z, CTRL)
    at.quiet()
    assert at.door.done[-1] == NameTeam(team_id, before)


def test_no_two_teams_are_called_the_same_and_what_was_typed_stays(desk: Open) -> None:
    at = at_settings(desk, "rights")
    part = at.page.rights.teams
    part.called.setText("")
    part.rename.click()
    assert part._called_field.has_problem
    at.door.fail["do"] = Invalid(name="already_there")
    part.called.setText("Team South")
    part.rename.click()
    at.quiet()
    assert part._called_field.has_problem
    part.reload()  # somebody else changes something meanwhile
    at.quiet()
    assert part.called.text() == "Team South"
