"""Settings, Laptops: which laptops can open the records, comparing digits, inviting, and the organisation's id.

Everybody sees the laptops and, until they were compared, the six digits of their own. Administrators invite, compare
and set whether restricted records wait for that.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLayout, QSizePolicy, QWidget

from cmpp_desktop.domain.work import Role
from cmpp_desktop.ui.files import ask_where_to, write_private
from cmpp_desktop.ui.page import Page
from cmpp_desktop.ui.pages.compare_digits import CompareDigits
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import (
    Banner,
    Button,
    CodeCombo,
    Digits,
    Field,
    Label,
    ListRow,
    RowBadge,
    RowButton,
    RowDelegate,
    RowList,
    SectionHead,
    TextField,
    Tick,
    column,
    heading,
    isolate,
    row,
)
from cmpp_desktop.workspace import Access, DeviceRow, InvitationFile

ADMINISTRATOR = "administrator"


class LaptopsPart(QWidget):
    """One part of the settings page. `reload()` asks for everything that it shows."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.page, self.ui, self.words = page, page.ui, page.words
        self._file: InvitationFile | None = None
        self._devices: dict[str, DeviceRow] = {}
        self._telling = False
        role = self.ui.me.me.role if self.ui.me is not None else ""
        self.administers = role == ADMINISTRATOR
        self._build()

    # --- making it --------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        words = self.words
        self._count = Label("", "large", tone="ink2", wrap=True)
        self.devices = RowList(words("Laptops"), RowDelegate(lead_width=0))
        self.devices.opened.connect(lambda item: self._compare(item.id))
        self.devices.pressed_button.connect(lambda id, what: self._compare(id))
        self.devices.key_map["C"] = lambda item: self._compare(item.id)
        self.devices.current_changed.connect(lambda item: self._fit())
        self.waiting = RowList(words("Open invitations"), RowDelegate(lead_width=0))
        self._waiting_head = SectionHead(words("Open invitations"))
        self._invite_form = self._invite()
        only = Label(words("Administrators invite people. Ask one of yours."), tone="ink2")
        (only if self.administers else self._invite_form).hide()
        self.setLayout(
            column(
                heading(words("Laptops")),
                self._count,
                self._own(),
                self.devices,
                12,
                self._policy(),
                12,
                self._invite_form,
                only,
                self._waiting_head,
                self.waiting,
                12,
                self._organisation(),
                gap=8,
            )
        )

    def _own(self) -> QWidget:
        words = self.words
        self.own_digits = Digits(words("The six digits of this laptop"))
        self._own_box = QWidget()
        self._own_box.setLayout(
            column(
                SectionHead(words("The six digits of this laptop")),
                Label(
                    words(
                        "Read them to your administrator, by voice. Restricted records open on this laptop once both of you "
                        "see the same. You can work before that."
                    ),
                    tone="ink2",
                    wrap=True,
                ),
                row(self.own_digits, None),
                12,
                gap=8,
            )
        )
        self._own_box.hide()
        return self._own_box

    def _policy(self) -> QWidget:
        words = self.words
        self.wait = Tick(words("Restricted records wait until the digits were compared"), on=self._choose_policy)
        self.wait.setEnabled(self.administers)
        self.wait.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        note = Label(
            words(
                "While this is off, whoever holds an invitation file gets the restricted records at once: also a thief of the "
                "file."
            ),
            "small",
            tone="ink2",
            wrap=True,
        )
        held = QWidget()
        held.setLayout(column(row(self.wait, None), note, gap=2))
        return held

    def _invite(self) -> QWidget:
        words = self.words
        self.person = TextField()
        self._person_field = Field(words("Who is invited"), self.person)
        roles = [(code.id, code.name(words.language)) for code in words.codes("role")]
        self.role = CodeCombo(roles, "caseworker")
        teams = self.ui.me.teams if self.ui.me is not None else ()
        self.team = CodeCombo(list(teams), teams[0][0] if teams else None)
        self._invite_button = Button(
            words("Make the invitation"), kind="primary", icon="user-plus", key="Return", on=self.make_invitation
        )
        self._save_button = Button(words("Save as file"), icon="download", on=self._save_invitation)
        self._made = Banner(
            words("The invitation is ready."),
            words("Hand it over in person, on a stick. Whoever has it can join once; do not e-mail it."),
            tone="calm",
            icon="file-lock",
            buttons=(self._save_button,),
        )
        self._made.hide()
        form = QWidget()
        fields = row(self._person_field, Field(words("Role"), self.role), Field(words("Team"), self.team), gap=12)
        form.setLayout(column(SectionHead(words("Invite someone")), fields, row(self._invite_button, None), self._made, gap=8))
        return form

    def _organisation(self) -> QLayout:
        words = self.words
        self.organisation_id = TextField()
        self.organisation_id.setReadOnly(True)
        self._copy = Button(words("Copy"), icon="copy", on=self._copy_id)
        field = Field(
            words("The organisation’s id"),
            self.organisation_id,
            help=words(
                "Whoever runs the server enters it there once: cmpp-server org add, then this id. Nothing can be sent before. "
                "It is no secret."
            ),
        )
        return column(SectionHead(words("The server")), field, row(self._copy, None), gap=8)

    # --- what it shows ----------------------------------------------------------------------------------------------

    def reload(self) -> None:
        door = self.ui.door
        self.page.call(lambda: (door.access(), door.own_code()), lambda found: self.show_access(*found))

    def show_access(self, access: Access, own_code: str) -> None:
        words = self.words
        in_use = sum(device.state in ("in_use", "this_one", "compare_code") for device in access.devices)
        name = self.ui.me.name if self.ui.me is not None else ""
        self._count.setText(
            words.plural(
                "{n} laptop can open the records of {organisation}.",
                "{n} laptops can open the records of {organisation}.",
                in_use,
                organisation=isolate(name),
            )
        )
        self._devices = {device.device_id: device for device in access.devices}
        self.devices.show_rows([self._device_row(device) for device in access.devices])
        self._fit()
        self._show_invitations(access)
        self.own_digits.show_code(own_code)
        self._own_box.setVisible(bool(own_code) and access.confirm_restricted)
        self._telling = True
        self.wait.setChecked(access.confirm_restricted)
        self._telling = False
        self.organisation_id.setText(access.organisation_id)
        self.organisation_id.setCursorPosition(0)

    def _show_invitations(self, access: Access) -> None:
        words = self.words
        rows = []
        for invitation in access.invitations:
            day = words.here(invitation.expires_at).date()
            left = words.plural("{n} day left", "{n} days left", max((day - self.ui.today()).days, 0))
            rows.append(
                ListRow(
                    id=invitation.invitation_id,
                    title=invitation.person,
                    icon="mail",
                    what=f"{words.code('role', invitation.role)}, {invitation.team}",
                    badge=RowBadge(left, "soon"),
                )
            )
        self.waiting.show_rows(rows)
        self._waiting_head.show_count(str(len(rows)))
        for part in (self.waiting, self._waiting_head):
            part.setVisible(bool(rows))
        self._fit()

    def _device_row(self, device: DeviceRow) -> ListRow:
        words = self.words
        said, state = {
            "in_use": (words("In use"), "done"),
            "this_one": (words("This one"), "sent"),
            "compare_code": (words("Digits not compared yet"), "soon"),
            "revoked": (words("Closed"), "danger"),
            "retired": (words("Retired"), "restricted"),
        }.get(device.state, (device.state, "done"))
        compare = (RowButton("compare", words("Compare the digits"), "C"),) if self._comparable(device) else ()
        return ListRow(
            id=device.device_id,
            title=device.name or words("A laptop without a name yet"),
            icon="laptop",
            what=", ".join(part for part in (device.person, words.code("role", device.role)) if part),
            badge=RowBadge(said, state),
            buttons=compare,
        )

    def _comparable(self, device: DeviceRow) -> bool:
        return self.administers and device.state == "compare_code" and bool(device.code)

    def _fit(self) -> None:
        """The lists are as high as their rows: the page scrolls, not they."""
        for view in (self.devices, self.waiting):
            view.doItemsLayout()
            high = sum(view.sizeHintForRow(number) for number in range(view.model().rowCount()))
            view.setFixedHeight(max(high + look().px(4), look().px(60)))

    # --- comparing --------------------------------------------------------------------------------------------------

    def _compare(self, device_id: str) -> None:
        device = self._devices.get(device_id)
        if device is not None and self._comparable(device):
            CompareDigits(self.window(), self.ui, device, lambda: self._compared(device)).open()

    def _compared(self, device: DeviceRow) -> None:
        self.ui.say(
            self.words("Compared. {laptop} gets the restricted records with its next exchange.", laptop=isolate(device.name))
        )
        self.reload()

    def _choose_policy(self, wait: bool) -> None:
        if self._telling:
            return
        self.wait.setEnabled(False)
        door = self.ui.door
        self.page.call(lambda: door.ask_for_digits(wait), self._policy_set, self._policy_refused, on="net")

    def _policy_set(self, nothing: None) -> None:
        self.wait.setEnabled(self.administers)
        self.reload()

    def _policy_refused(self, error: BaseException) -> None:
        self.wait.setEnabled(self.administers)
        self._telling = True
        self.wait.setChecked(not self.wait.isChecked())
        self._telling = False
        self.ui.trouble(error)

    def _copy_id(self) -> None:
        QGuiApplication.clipboard().setText(self.organisation_id.text())
        self.ui.say(self.words("Copied."))

    # --- inviting ---------------------------------------------------------------------------------------------------

    def make_invitation(self) -> None:
        person = self.person.text().strip()
        self._person_field.problem("" if person else self.words("This is needed."))
        team = self.team.value()
        if not person or team is None:
            self.person.setFocus()
            return
        role: Role = self.role.value()
        self._invite_button.setEnabled(False)
        self.page.call(lambda: self.ui.door.invite(person, role, team), self._invited, self._not_invited, on="net")

    def _invited(self, file: InvitationFile) -> None:
        self._file = file
        self._invite_button.setEnabled(True)
        until = self.words.short_date(self.words.here(file.expires_at).date(), self.ui.today())
        self._made.show()
        self._made.tell(
            self.words(
                "The invitation for {name} is ready. It works once, until {day}.",
                name=isolate(self.person.text().strip()),
                day=until,
            ),
            self.words("Hand it over in person, on a stick. Whoever has it can join once; do not e-mail it."),
        )
        self._save_button.setFocus()
        self.reload()

    def _not_invited(self, error: BaseException) -> None:
        self._invite_button.setEnabled(True)
        self.ui.trouble(error)

    def _save_invitation(self) -> None:
        if self._file is not None:
            kinds = self.words("Invitations") + " (*.cmppi)"
            ask_where_to(self, self.words("Save as file"), self._file.file_name, kinds, self.write_invitation, suffix="cmppi")

    def write_invitation(self, path: Path) -> None:
        """Writes the invitation where the person asked."""
        file = self._file
        if file is None:
            return

        def saved(nothing: Any) -> None:
            self.ui.say(self.words("Saved. Hand it over in person."))

        self.page.call(lambda: write_private(path, file.data), saved)
