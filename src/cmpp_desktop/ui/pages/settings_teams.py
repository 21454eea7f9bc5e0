"""Settings, People and rights, the teams: one gets another name, a further one is made. For administrators."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from PySide6.QtWidgets import QLayout, QWidget

from cmpp_desktop.domain.questions import Organisation
from cmpp_desktop.domain.staff import NameTeam
from cmpp_desktop.errors import Invalid
from cmpp_desktop.ui.messages import field_problem
from cmpp_desktop.ui.page import Page
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import Button, CodeCombo, Field, Label, SectionHead, TextField, column, isolate, row


class TeamsPart(QWidget):
    """Below the people and their rights."""

    def __init__(self, page: Page, changed: Callable[[], object]) -> None:
        """`changed` is called when a team has another name, or a further one is there."""
        super().__init__()
        self._changed = changed
        self._teams: dict[UUID, str] = {}
        self.page, self.ui, self.words = page, page.ui, page.words
        self._further = QWidget()
        self._further.setLayout(column(*self._adding(), gap=8))
        self.setLayout(column(*self._renaming(), 16, self._further, gap=8))

    def show_adding(self, yes: bool) -> None:
        """Whether a further team can be made on this laptop."""
        self._further.setVisible(yes)

    # --- another name -------------------------------------------------------------------------------------------------

    def _renaming(self) -> tuple[QWidget | QLayout, ...]:
        words = self.words
        self.which = CodeCombo()
        self.which.chosen.connect(lambda _: self._show_name())
        self.called = TextField()
        self.called.returnPressed.connect(self._rename)
        self._called_field = Field(words("New name"), self.called)
        form = QWidget()
        form.setMaximumWidth(look().px(380))
        self.rename = Button(words("Rename the team"), icon="pencil", on=self._rename)
        form.setLayout(column(Field(words("Team"), self.which), self._called_field, 8, row(self.rename, None), gap=8))
        return SectionHead(words("Name of a team")), form

    def reload(self) -> None:
        """The teams as they are called now; a name that somebody has begun to type stays."""
        self.page.ask(Organisation(), lambda found: self._show(found.teams))

    def _show(self, teams: Sequence[tuple[UUID, str]]) -> None:
        team_id = self.which.value()
        begun = self.called.text().strip() not in ("", self._teams.get(team_id, ""))
        self._teams = dict(teams)
        self.which.set_choices(teams, team_id)
        if not begun:
            self._show_name()

    def _show_name(self) -> None:
        self.called.setText(self._teams.get(self.which.value(), ""))
        self._called_field.problem("")

    def _rename(self) -> None:
        team_id, words = self.which.value(), self.words
        before, after = self._teams.get(team_id, ""), self.called.text().strip()
        self._called_field.problem("" if after else words("This is needed."))
        if not after:
            self.called.setFocus()
        elif after != before:
            self.page.do(NameTeam(team_id, after), lambda done: self._renamed(team_id, before, after), self._not_renamed)

    def _renamed(self, team_id: UUID, before: str, after: str) -> None:
        self._called_now(team_id, after)
        said = self.words("The team is called {team} now.", team=isolate(after))
        self.ui.say(said, NameTeam(team_id, before), lambda _: self._called_now(team_id, before))

    def _called_now(self, team_id: UUID, name: str) -> None:
        """At once, and with what the page above says of it."""
        self._teams[team_id] = name
        self._show_name()
        self._changed()

    def _not_renamed(self, error: BaseException) -> None:
        if isinstance(error, Invalid):
            self._called_field.problem(field_problem(error.fields.get("name", "not_valid"), self.words))
            self.called.setFocus()
        else:
            self.ui.trouble(error)

    # --- a further one ------------------------------------------------------------------------------------------------

    def _adding(self) -> tuple[QWidget | QLayout, ...]:
        words = self.words
        self.team = TextField()
        self._team_field = Field(words("Name of the team"), self.team)
        self._team_field.setMaximumWidth(look().px(380))
        self.add_team = Button(words("Add the team"), icon="users", on=self._add_team)
        note = Label(
            words(
                "A team has records of its own, with keys of their own: nobody of another team opens them until you let them. "
                "Administrators open them at once."
            ),
            tone="ink2",
            wrap=True,
        )
        return SectionHead(words("Another team")), note, self._team_field, row(self.add_team, None)

    def _add_team(self) -> None:
        name, door = self.team.text().strip(), self.ui.door
        self._team_field.problem("" if name else self.words("This is needed."))
        if not name:
            self.team.setFocus()
            return
        self.add_team.setEnabled(False)
        self.page.call(
            lambda: door.administration().add_team(name), lambda _: self._team_added(name), self._team_refused, on="net"
        )

    def _team_added(self, name: str) -> None:
        self.add_team.setEnabled(True)
        self.team.clear()
        self.ui.say(self.words("{team} is there. Invite people into it, or give them its records above.", team=isolate(name)))
        self._changed()

    def _team_refused(self, error: BaseException) -> None:
        self.add_team.setEnabled(True)
        if isinstance(error, Invalid):
            self._team_field.problem(field_problem(error.fields.get("name", "not_valid"), self.words))
            self.team.setFocus()
        else:
            self.ui.trouble(error)
