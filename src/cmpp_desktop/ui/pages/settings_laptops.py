"""Settings, Laptops: which laptops can open the records, closing one, comparing digits, leaving, and the organisation's id.

Everybody sees the laptops and, until they were compared, the six digits of their own. Administrators invite, compare, close
and set whether restricted records wait for the digits.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLayout, QWidget

from cmpp_desktop.ui.page import Page
from cmpp_desktop.ui.pages import no_server_rights
from cmpp_desktop.ui.pages.close_laptop import CloseLaptop, LeaveWithLaptop
from cmpp_desktop.ui.pages.compare_digits import CompareDigits
from cmpp_desktop.ui.pages.settings_invitations import InvitationsPart, fit
from cmpp_desktop.ui.pages.settings_keeping import KeepingPart
from cmpp_desktop.ui.pages.settings_keyring import KeyringPart
from cmpp_desktop.ui.widgets import (
    Banner,
    Button,
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
from cmpp_desktop.workspace import Access, DeviceRow, SyncStatus, WithoutServer

ADMINISTRATOR = "administrator"
IN_USE = ("in_use", "this_one", "compare_code")
MOST_NAMED = 3  # laptops in a sentence


class LaptopsPart(QWidget):
    """One part of the settings page. `reload()` asks for everything that it shows; `told(alone)` hears how it stands where there
    is no server. `changes`: whoever sits here changes the list, on this laptop."""

    def __init__(self, page: Page, told: Callable[[WithoutServer | None], object] = lambda alone: None) -> None:
        super().__init__()
        self._told = told
        self._alone: WithoutServer | None = None
        self.page, self.ui, self.words = page, page.ui, page.words
        self._devices: dict[str, DeviceRow] = {}
        self._telling = False
        role = self.ui.me.me.role if self.ui.me is not None else ""
        self.administers = role == ADMINISTRATOR
        self.changes = self.administers
        self._build()

    # --- making it --------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        words = self.words
        self._count = Label("", "large", tone="ink2", wrap=True)
        self.devices = RowList(words("Laptops"), RowDelegate(lead_width=0))
        self.devices.opened.connect(lambda item: self._compare(item.id))
        self.devices.pressed_button.connect(self._pressed)
        self.devices.key_map |= {
            "C": lambda item: self._compare(item.id),
            "X": lambda item: self._close_laptop(item.id),
            "I": lambda item: self._invite_again(item.id),
        }
        self.devices.current_changed.connect(lambda item: fit(self.devices))
        self.unaware = Banner("", tone="amber")
        self.unaware.hide()
        self.elsewhere = no_server_rights.KeptElsewhere(words)
        self.invitations = InvitationsPart(self.page, self.reload)
        self.keeping = KeepingPart(self.page, self.reload)
        self.keyring = KeyringPart(self.page, administers=self.administers)
        only = Label(words("Administrators invite people. Ask one of yours."), tone="ink2")
        (only if self.administers else self.invitations).hide()
        self.setLayout(
            column(
                heading(words("Laptops")),
                self._count,
                self.elsewhere,
                self._own(),
                self.devices,
                self.unaware,
                12,
                self._policy(),
                self.keyring,
                self.keeping,
                12,
                self.invitations,
                only,
                12,
                self._organisation(),
                12,
                self._leaving(),
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

    def _leaving(self) -> QLayout:
        words = self.words
        self.leave = Button(words("Leave with this laptop"), icon="log-out", on=self._leave)
        self._about_leaving = Label(
            words(
                "When you stop working here, or hand this laptop back: everything written on it is sent, then it locks for good. "
                "Other laptops of yours go on."
            ),
            tone="ink2",
            wrap=True,
        )
        return column(SectionHead(words("Leaving")), self._about_leaving, row(self.leave, None), gap=8)

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
        self.page.call(lambda: (door.sync_status(), door.access(), door.own_code()), lambda found: self._show(*found))
        self.keyring.reload()

    def _show(self, status: SyncStatus, access: Access, own_code: str) -> None:
        """Without a server the list is changed on the laptop that keeps it, and nothing is offered elsewhere that would fail."""
        alone = self._alone = status.alone
        elsewhere = no_server_rights.kept_elsewhere(alone)
        self.changes = self.administers and not elsewhere
        self.invitations.show_ways(by_server=alone is None, changes=self.changes)
        self.wait.setEnabled(self.changes)
        self.keyring.let_choose(self.changes)
        self.show_access(access, own_code)
        self.keeping.show_status(status, self._devices.values())
        self.elsewhere.show_for(alone if self.administers else None)
        if alone is not None:
            self._about_leaving.setText(no_server_rights.about_leaving(alone, self.words))
        self.leave.setEnabled(alone is None or elsewhere)
        self._told(alone)

    def show_access(self, access: Access, own_code: str) -> None:
        words = self.words
        in_use = sum(device.state in IN_USE for device in access.devices)
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
        shown = sorted(access.devices, key=lambda one: one.state not in IN_USE)
        self.devices.show_rows([self._device_row(device) for device in shown])
        fit(self.devices)
        self._say_unaware(access.devices)
        self.invitations.show_access(access)
        self.own_digits.show_code(own_code)
        self._own_box.setVisible(bool(own_code) and access.confirm_restricted)
        self._telling = True
        self.wait.setChecked(access.confirm_restricted)
        self._telling = False
        self.organisation_id.setText(access.organisation_id)
        self.organisation_id.setCursorPosition(0)

    def _say_unaware(self, devices: tuple[DeviceRow, ...]) -> None:
        """Which laptops may not know yet that another one is out: what they write could still be opened there."""
        words, out = self.words, [one for one in devices if one.state == "revoked" and one.ended is not None]
        unaware = [one for one in devices if one.unaware and one.state in IN_USE]
        self.unaware.setVisible(bool(unaware and out and self.administers))
        if not (unaware and out and self.administers):
            return
        newest = max(out, key=lambda one: (one.ended is not None, one.ended))
        self.unaware.tell(
            words.plural(
                "{laptops} has not been heard of since “{closed}” was closed.",
                "{laptops} have not been heard of since “{closed}” was closed.",
                len(unaware),
                laptops=self._named(unaware),
                closed=isolate(newest.name),
            ),
            words("Until it hears of it, what is written there could be opened by the closed one. Ask them to go online once.")
            if self._alone is None
            else words("Until it hears of it, what is written there could be opened by the closed one. Take a stick there."),
        )

    def _named(self, devices: list[DeviceRow]) -> str:
        said = [f"“{isolate(one.name)}” ({isolate(one.person)})" for one in devices[:MOST_NAMED]]
        more = len(devices) - MOST_NAMED
        return ", ".join([*said, self.words.plural("and {n} more", "and {n} more", more)] if more > 0 else said)

    def _device_row(self, device: DeviceRow) -> ListRow:
        words = self.words
        said, state = {
            "in_use": (words("In use"), "done"),
            "this_one": (words("This one"), "sent"),
            "compare_code": (words("Digits not compared yet"), "soon"),
            "revoked": (words("Was closed"), "danger"),
            "retired": (words("Has left"), "restricted"),
            "replaced": (words("Replaced"), "restricted"),
        }.get(device.state, (device.state, "done"))
        if device.state in ("in_use", "this_one") and device.unaware:
            said, state = words("Has not heard of the last closing"), "warning"
        return ListRow(
            id=device.device_id,
            title=device.name or words("A laptop without a name yet"),
            icon="laptop",
            what=", ".join(part for part in (device.person, words.code("role", device.role)) if part),
            details=(self._when(device),),
            badge=RowBadge(said, state),
            muted=device.state not in IN_USE,
            buttons=self._buttons(device),
        )

    def _when(self, device: DeviceRow) -> str:
        """Since when, and the newest that is known of it."""
        words, parts = self.words, []
        if device.since is not None:
            parts.append(words("since {day}", day=self._day(device.since)))
        if device.ended is not None:
            day = self._day(device.ended)
            parts.append(words("left {day}", day=day) if device.state == "retired" else words("closed {day}", day=day))
        elif device.last_heard is not None and not device.mine:
            parts.append(words("last heard of {day}", day=self._day(device.last_heard)))
        return ", ".join(parts)

    def _day(self, at: datetime) -> str:
        return self.words.short_date(self.words.here(at).date(), self.ui.today())

    def _buttons(self, device: DeviceRow) -> tuple[RowButton, ...]:
        words, found = self.words, []
        if self._comparable(device):
            found.append(RowButton("compare", words("Compare the digits"), "C"))
        if self.changes and device.state in IN_USE and not device.mine:
            found.append(RowButton("close", words("Close"), "X"))
        if self.changes:
            found.append(RowButton("again", words("Invite anew"), "I"))
        return tuple(found)

    def _comparable(self, device: DeviceRow) -> bool:
        return self.changes and device.state == "compare_code" and bool(device.code)

    # --- closing, inviting anew, leaving ----------------------------------------------------------------------------

    def _pressed(self, device_id: str, what: str) -> None:
        {"compare": self._compare, "close": self._close_laptop, "again": self._invite_again}[what](device_id)

    def _close_laptop(self, device_id: str) -> None:
        device = self._devices.get(device_id)
        if device is not None and any(button.id == "close" for button in self._buttons(device)):
            CloseLaptop(self.window(), self.ui, device, self.reload, alone=self._alone is not None).open()

    def _invite_again(self, device_id: str) -> None:
        device = self._devices.get(device_id)
        if device is not None and self.changes:
            self.invitations.invite_again(device.member_id, device.person)

    def _leave(self) -> None:
        LeaveWithLaptop(self.window(), self.ui, self.ui.shell.shut_out, self._alone).open()

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
        self.wait.setEnabled(self.changes)
        self.reload()

    def _policy_refused(self, error: BaseException) -> None:
        self.wait.setEnabled(self.changes)
        self._telling = True
        self.wait.setChecked(not self.wait.isChecked())
        self._telling = False
        self.ui.trouble(error)

    def _copy_id(self) -> None:
        QGuiApplication.clipboard().setText(self.organisation_id.text())
        self.ui.say(self.words("Copied."))
