"""Settings, People and rights: what everybody's role is and which records they open, changed by administrators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from PySide6.QtWidgets import QWidget

from cmpp_desktop.domain.work import Role
from cmpp_desktop.ui.page import Page
from cmpp_desktop.ui.pages.no_server_rights import KeptElsewhere, kept_elsewhere
from cmpp_desktop.ui.pages.settings_invitations import fit
from cmpp_desktop.ui.pages.settings_teams import TeamsPart
from cmpp_desktop.ui.widgets import (
    Button,
    CodeCombo,
    Field,
    Label,
    ListRow,
    RowBadge,
    RowDelegate,
    RowList,
    SectionHead,
    Tick,
    column,
    heading,
    isolate,
    row,
)
from cmpp_desktop.words import Words
from cmpp_desktop.workspace import MemberRow, TeamAccess, WithoutServer


class PeoplePart(QWidget):
    """One part of the settings page, for administrators."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.page, self.ui, self.words = page, page.ui, page.words
        self._members: dict[UUID, MemberRow] = {}
        self._chosen: MemberRow | None = None
        self._changes = True  # the list is changed on this laptop
        self.ticks: list[tuple[TeamAccess, Tick, Tick]] = []
        words = self.words
        self.teams = TeamsPart(page, self.reload)
        self.list = RowList(words("People and rights"), RowDelegate(lead_width=0))
        self.list.current_changed.connect(lambda item: self._choose(item.id if item is not None else None))
        self.list.opened.connect(lambda item: self.role.setFocus())
        self.elsewhere = KeptElsewhere(words)
        self.setLayout(
            column(
                heading(words("People and rights")),
                self.elsewhere,
                Label(
                    words(
                        "What somebody opens is decided by keys: who may not read something cannot, on any laptop. A change "
                        "counts from their next exchange on; what they have read already they have read."
                    ),
                    tone="ink2",
                    wrap=True,
                ),
                self.list,
                8,
                self._form(),
                16,
                self.teams,
                gap=8,
            )
        )

    def _form(self) -> QWidget:
        words = self.words
        self._who = SectionHead("")
        roles = [(code.id, code.name(words.language)) for code in words.codes("role")]
        self.role = CodeCombo(roles, "caseworker")
        self.role.currentIndexChanged.connect(lambda number: self._say_role())
        self._role_field = Field(words("Role"), self.role)
        self._teams = column(gap=4)
        self.save = Button(words("Save the rights"), kind="primary", key="Ctrl+S", on=self.save_rights)
        self.form = QWidget()
        self.form.setLayout(
            column(
                self._who,
                self._role_field,
                8,
                Label(words("Which records"), weight="medium"),
                self._teams,
                8,
                row(self.save, None),
                gap=6,
            )
        )
        self.form.hide()
        return self.form

    # --- what it shows ----------------------------------------------------------------------------------------------

    def reload(self) -> None:
        door = self.ui.door
        self.page.call(lambda: door.administration().members(), self.show_members)
        self.teams.reload()

    def show_alone(self, alone: WithoutServer | None) -> None:
        """Without a server rights are changed on one laptop; elsewhere they are only shown."""
        self._changes = not kept_elsewhere(alone)
        self.elsewhere.show_for(alone)
        self.form.setVisible(self._changes and self._chosen is not None)
        self.teams.show_adding(self._changes)

    def show_members(self, members: Sequence[MemberRow]) -> None:
        self._members = {one.member_id: one for one in members}
        self.list.show_rows([self._row(one) for one in members])
        if self.list.current_row() is None:
            self.list.choose_first()
        fit(self.list)

    def _row(self, one: MemberRow) -> ListRow:
        words = self.words
        if one.me:
            badge = RowBadge(words("You"), "sent")
        elif one.laptops:
            badge = RowBadge(words.plural("{n} laptop", "{n} laptops", one.laptops), "done")
        else:
            badge = RowBadge(words("No laptop: opens nothing"), "restricted")
        return ListRow(
            id=one.member_id,
            title=one.name or words("Somebody without a name yet"),
            icon="user",
            what=f"{words.code('role', one.role)}. {opens_words(one.access, words)}",
            wrap=True,
            badge=badge,
        )

    def _choose(self, member_id: UUID | None) -> None:
        one = self._members.get(member_id) if member_id is not None else None
        self._chosen = one
        self.form.setVisible(self._changes and one is not None)
        fit(self.list)
        if one is None:
            return
        self._who.title.setText(one.name or self.words("Somebody without a name yet"))
        self._who.title.setAccessibleName(self._who.title.text())
        self.role.set_value(one.role)
        self.role.setEnabled(not one.me)
        self._say_role()
        self._show_teams(one)

    def _show_teams(self, one: MemberRow) -> None:
        while (item := self._teams.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.ticks = []
        for access in one.access:
            team = isolate(access.team)
            records = Tick(self.words("Records of {team}", team=team), access.records)
            restricted = Tick(
                self.words("Its restricted records too: trafficking, mental health, T, U and VAWA, relief"), access.restricted
            )
            restricted.setEnabled(access.records)
            records.toggled.connect(restricted.setEnabled)
            records.toggled.connect(lambda on, box=restricted: box.setChecked(box.isChecked() and on))
            self.ticks.append((access, records, restricted))
            inside = QWidget()
            inside.setLayout(column(restricted, margins=(28, 0, 0, 8)))
            self._teams.addWidget(records)
            self._teams.addWidget(inside)

    def _say_role(self) -> None:
        me = self._chosen is not None and self._chosen.me
        said = role_words(self.role.value() or "", self.words)
        self._role_field.say(self.words("Another administrator changes your own role.") if me else said)

    # --- changing it ------------------------------------------------------------------------------------------------

    def save_rights(self) -> None:
        """What was changed of the role and of the records, one after the other; the server has taken it when it is said."""
        one = self._chosen
        if one is None or not self._changes:
            return
        role: Role = self.role.value()
        wanted = tuple(
            TeamAccess(access.team_id, access.team, records.isChecked(), records.isChecked() and restricted.isChecked())
            for access, records, restricted in self.ticks
        )
        if (role, wanted) == (one.role, one.access):
            self.ui.say(self.words("Nothing is different."))
            return
        self.save.setEnabled(False)
        now = replace(one, role=role, access=wanted)
        self.page.call(lambda: self._write(one, now), lambda nothing: self._saved(one, now), self._refused, on="net")

    def _write(self, before: MemberRow, after: MemberRow) -> None:
        """On the thread that may wait. What is the same is left alone."""
        desk = self.ui.door.administration()
        if after.role != before.role:
            desk.change_role(after.member_id, after.role)
        for access in set(after.access) - set(before.access):
            desk.set_access(after.member_id, access.team_id, records=access.records, restricted=access.restricted)

    def _saved(self, before: MemberRow, after: MemberRow) -> None:
        words = self.words
        self.save.setEnabled(True)
        said = words(
            "{name}: {role}. {opens}",
            name=isolate(before.name),
            role=words.code("role", after.role),
            opens=opens_words(after.access, words),
        )
        self.ui.say(said, lambda: self._write(after, before), lambda nothing: self.reload())
        self.reload()

    def _refused(self, error: BaseException) -> None:
        self.save.setEnabled(True)
        self.ui.trouble(error)
        self.reload()


def opens_words(access: Sequence[TeamAccess], words: Words) -> str:
    """Which records somebody opens, in a sentence."""
    opened = [
        words("{team} with its restricted records", team=isolate(one.team)) if one.restricted else isolate(one.team)
        for one in access
        if one.records
    ]
    return words("Opens {what}.", what=", ".join(opened)) if opened else words("Opens no records of a team.")


def role_words(role: str, words: Words) -> str:
    """What a role may do, in a sentence."""
    return {
        "caseworker": words("Works with participants. Notes that need it go to a supervisor for signature."),
        "supervisor": words("Works with participants, and reviews and signs what caseworkers send."),
        "administrator": words("Everything a supervisor does, and lets people and laptops in and out."),
        "board_reader": words("Receives reports and reads no file of anybody."),
    }.get(role, "")
