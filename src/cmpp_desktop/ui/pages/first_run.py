"""First run: join with an invitation (a file, twelve words, a QR code), or start a new organisation. At the end the store exists,
sealed, and is open.

Join: who invites, as what → what the laptop is called → a passphrase, twice, with its honest strength → ready. Start:
organisation, team, own name, server → laptop → passphrase → the recovery kit, shown once to be printed or saved.
"""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLayout, QStackedWidget, QWidget

from cmpp_desktop.errors import KnownError
from cmpp_desktop.ui.files import MAX_INVITATION, ask_for_file, read_bytes
from cmpp_desktop.ui.frame import Mark
from cmpp_desktop.ui.messages import Message, message_for
from cmpp_desktop.ui.page import Page, Ui
from cmpp_desktop.ui.pages.first_run_fetch import FetchStep
from cmpp_desktop.ui.pages.first_run_kit import KitStep
from cmpp_desktop.ui.pages.first_run_organisation import OrganisationStep
from cmpp_desktop.ui.pages.first_run_readmission import NextSteps, ReadmissionStep
from cmpp_desktop.ui.pages.first_run_words import WordsStep
from cmpp_desktop.ui.pages.settings_network import network_button
from cmpp_desktop.ui.pages.strength_words import ENOUGH, advice_words
from cmpp_desktop.ui.pages.unlock import language_switch
from cmpp_desktop.ui.steps import StepList
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import (
    Banner,
    Button,
    Field,
    IconView,
    Label,
    PassphraseField,
    TextField,
    column,
    flow,
    isolate,
    row,
    rule,
    scrolled,
)
from cmpp_desktop.workspace import FetchedInvitation, InvitationInfo, Strength


class FirstRunPage(Page):
    """Shown when there is nothing on this laptop yet."""

    place = "first_run"

    def __init__(self, ui: Ui) -> None:
        super().__init__(ui)
        self._data = b""
        self._info: InvitationInfo | None = None
        self._strength = Strength(0)
        self._founding = False
        self._busy = False
        self.setAcceptDrops(True)
        self._build()
        self.call(ui.door.secret_place, self._say_secret_place, lambda error: None)

    def title(self) -> str:
        return self.words("Welcome")

    def first_focus(self) -> QWidget | None:
        return self._focus.get(self._step)

    # --- making it --------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        words = self.words
        self._check = QTimer(self)
        self._check.setSingleShot(True)
        self._check.setInterval(150)
        self._check.timeout.connect(self._ask_strength)
        self._step = self._before = "start"
        self._focus: dict[str, QWidget] = {}
        self._parts: dict[str, QWidget] = {}
        self._outers: list[QHBoxLayout] = []
        self.stack = QStackedWidget()
        self.organisation = OrganisationStep(self, lambda: self._go("start"), lambda: self._go("passphrase"))
        self.kit = KitStep(self, lambda: self.organisation.name.text().strip())
        self.sealed = WordsStep(words, self._unseal, lambda: self._go("start"))
        self.fetch = FetchStep(self.ui, self._have_fetched, self._not_read, lambda: self._go("start"))
        self.readmission = ReadmissionStep(self, lambda: self._go("start"), lambda: self._go("passphrase"), self._not_read)
        self.next_steps = NextSteps(self, self.ui.shell.opened)
        self._focus |= {"organisation": self.organisation.name, "kit": self.kit.code, "words": self.sealed.typed}
        self._focus |= {"readmission": self.readmission.server, "next": self.next_steps.on, "fetch": self.fetch.typed}
        for name, made in (
            ("start", self._start()),
            ("words", column(self.sealed, gap=0)),
            ("fetch", column(self.fetch, gap=0)),
            ("invited", self._invited()),
            ("organisation", column(self.organisation, gap=0)),
            ("passphrase", self._passphrase()),
            ("kit", column(self.kit, gap=0)),
            ("readmission", column(self.readmission, gap=0)),
            ("next", column(self.next_steps, gap=0)),
        ):
            self._add(name, made)
        self.join_steps = StepList((words("Invitation"), words("This laptop and passphrase"), words("Ready")))
        self.found_steps = StepList((words("Your organisation"), words("This laptop and passphrase"), words("Recovery kit")))
        self.found_steps.hide()
        side = QWidget()
        side.setProperty("surface", "sunk")
        side.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        side.setFixedWidth(look().px(336))
        self._side = side
        back = Button(words("Who is here?"), icon="users", kind="quiet", flush=True, on=self.ui.shell.whose.ask)
        back.setVisible(self.ui.shell.whose.anybody)
        top, last = (row(Mark(), None), 36, self.join_steps, self.found_steps, None), language_switch(self.ui)
        ways = (row(back, None), row(network_button(self.ui, self), None))
        side.setLayout(column(*top, *ways, 8, last, margins=(40, 48, 40, 40)))
        whole = row(side, rule("v"), self.stack, gap=0)
        whole.setStretch(2, 1)
        self.setLayout(whole)
        self._go("start")

    def _add(self, name: str, content: QLayout) -> None:
        inner = QWidget()
        inner.setMaximumWidth(look().px(628))
        inner.setLayout(content)
        outer = row(inner, None, margins=(96, 112, 48, 48))
        outer.setStretch(0, 100)
        self._outers.append(outer)
        held = column(outer, None)
        part = scrolled(held)
        self._parts[name] = part
        self.stack.addWidget(part)

    def _start(self) -> QLayout:
        words = self.words
        self._start_notice = column(gap=0)
        open_file = Button(
            words("Open the invitation"), kind="primary", icon="folder-open", key="Return", large=True, on=self._choose_file
        )
        fetch = Button(
            words("I have words or a QR code"), icon="key-round", key="Alt+W", large=True, on=lambda: self._go("fetch")
        )
        begin = Button(words("Start a new organisation"), kind="quiet", flush=True, on=lambda: self._go("organisation"))
        gone = Button(
            words("Every administrator’s laptop is gone"), kind="quiet", flush=True, on=lambda: self._go("readmission")
        )
        self._focus["start"] = open_file
        drop = row(
            IconView("file-lock", "ink2", 16),
            Label(
                words("Or drop the file here. It comes from your administrator, on a stick or by hand."), tone="ink2", wrap=True
            ),
            gap=8,
        )
        drop.setStretch(1, 1)
        return column(
            self._start_notice,
            Label(words("Welcome. Who invited you?"), "page", wrap=True),
            Label(
                words(
                    "Your administrator gave you an invitation: a file, twelve words or a QR code. Open it, choose a "
                    "passphrase, and you can work. With the file you need no network."
                ),
                "large",
                tone="ink2",
                wrap=True,
            ),
            16,
            flow(open_file, fetch, gap=12),
            8,
            drop,
            24,
            rule(),
            8,
            Label(words("No one has set this up yet?"), weight="medium"),
            Label(words("The first administrator starts the organisation and invites the others."), tone="ink2", wrap=True),
            row(begin, None),
            row(gone, None),
            gap=8,
        )

    def _invited(self) -> QLayout:
        words = self.words
        self._who = Label("", "page", wrap=True)
        self._as = Label("", "large", tone="ink2", wrap=True)
        self._until = Label("", "small", tone="ink2", wrap=True)
        on = Button(words("Yes, that is me"), kind="primary", key="Return", large=True, on=lambda: self._go("passphrase"))
        other = Button(words("Another file"), large=True, on=lambda: self._go("start"))
        self._focus["invited"] = on
        return column(self._who, self._as, 8, self._until, 24, row(on, other, None, gap=12), gap=8)

    def _passphrase(self) -> QLayout:
        words = self.words
        self._pass_notice = column(gap=0)
        self.laptop = TextField(platform.node().split(".")[0])
        self._laptop_field = Field(
            words("Name of this laptop"), self.laptop, help=words("So that colleagues know it when it is lost: “Blue ThinkPad”.")
        )
        self.first = PassphraseField(words, meter=True)
        self.second = PassphraseField(words)
        self._first_field = Field(words("Passphrase"), self.first, hint=words("four or five words that do not belong together"))
        self._second_field = Field(words("The same once more"), self.second)
        self.first.changed.connect(lambda text: self._check.start())
        self._secret = Label("", "small", tone="ink2", wrap=True)
        self._secret_icon = IconView("key-round", "ink2", 16)
        self._lost = Label(
            words(
                "Nobody can read the passphrase back to you. If you forget it, your administrator reopens this laptop by "
                "telephone."
            ),
            "small",
            tone="ink2",
            wrap=True,
        )
        self.make = Button(words("Seal this laptop and start"), kind="primary", key="Return", large=True, on=self._make)
        self._pass_back = Button(words("Back"), large=True, on=lambda: self._go(self._before))
        self._focus["passphrase"] = self.laptop
        secret = row(column(self._secret_icon, None), column(self._secret, self._lost, gap=4), gap=8)
        secret.setStretch(1, 1)
        return column(
            self._pass_notice,
            Label(words("Choose a passphrase"), "page", wrap=True),
            Label(
                words("It opens the records on this laptop, and only here. Only you know it."), "large", tone="ink2", wrap=True
            ),
            8,
            self._laptop_field,
            self._first_field,
            self._second_field,
            8,
            secret,
            16,
            row(self._pass_back, None, self.make),
            gap=10,
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where the room is narrow only the step itself is shown."""
        super().resizeEvent(event)
        narrow = self.width() / look().scale < 900
        self._side.setVisible(not narrow)
        for outer in self._outers:
            outer.setContentsMargins(*(look().px(side) for side in ((24, 24, 24, 24) if narrow else (96, 112, 48, 48))))

    # --- going through the steps ------------------------------------------------------------------------------------

    def _go(self, step: str) -> None:
        self._step = step
        if step in ("start", "words", "fetch", "invited", "readmission"):
            self._founding = False
        elif step == "organisation":
            self._founding = True
        if step in ("invited", "organisation", "readmission"):
            self._before = step  # where "Back" leads from the passphrase
        self.stack.setCurrentWidget(self._parts[step])
        number = {"passphrase": 1, "kit": 2, "next": 2}.get(step, 0)
        self.join_steps.setVisible(not self._founding)
        self.found_steps.setVisible(self._founding)
        who = self._info.invited_by if self._info is not None else ""
        self.join_steps.show_step(
            number, (self.words("From {name}", name=who) if who else "", self.words("Only you know it"), "")
        )
        self.found_steps.show_step(
            number, (self.organisation.name.text(), self.words("Only you know it"), self.words("On paper, shown once"))
        )
        self._lost.setVisible(not self._founding)
        focus = self._focus.get(step)
        if focus is not None and self.isVisible():
            focus.setFocus(Qt.FocusReason.OtherFocusReason)

    def _choose_file(self) -> None:
        ask_for_file(self, self.words("Open the invitation"), self.words("Invitations") + " (*.cmppi *.json *)", self.read_file)

    def read_file(self, path: Path) -> None:
        """Reads an invitation, elsewhere, and shows who invites."""

        def read() -> tuple[bytes, InvitationInfo | None]:
            data = read_bytes(path, MAX_INVITATION)
            if len(data) > MAX_INVITATION:
                raise KnownError("invitation_unreadable")
            try:
                return data, self.ui.door.read_invitation(data)
            except KnownError as error:
                if error.code != "invitation_sealed":
                    raise
                return data, None

        self.call(read, lambda found: self._have_read(*found), self._not_read)

    def _have_read(self, data: bytes, info: InvitationInfo | None) -> None:
        self.sealed.forget()
        if info is not None:
            self.show_invitation(data, info)
            return
        self._data = data
        self._go("words")

    def _have_fetched(self, fetched: FetchedInvitation, info: InvitationInfo) -> None:
        self.sealed.typed.setText(fetched.words)  # what opens the file that came, as if it had been typed there
        self.show_invitation(fetched.data, info)

    def _unseal(self, typed: str) -> None:
        data, door = self._data, self.ui.door
        self.call(
            lambda: door.read_invitation(data, typed), lambda info: self.show_invitation(data, info), self._not_unsealed
        )

    def _not_unsealed(self, error: BaseException) -> None:
        if isinstance(error, KnownError) and error.code in ("invitation_words", "invitation_sealed"):
            message = message_for(error, self.words)
            self.sealed.ask(f"{message.happened} {message.do}")
        else:
            self._not_read(error)

    def show_invitation(self, data: bytes, info: InvitationInfo) -> None:
        """Who invites, as what, until when."""
        self._data, self._info = data, info
        words = self.words
        self._clear(self._start_notice)
        self._who.setText(
            words("{name} invites you to {organisation}", name=isolate(info.invited_by), organisation=isolate(info.organisation))
        )
        role = words.code("role", info.role)
        self._as.setText(words("{person}, {role}, {team}.", person=isolate(info.person), role=role, team=isolate(info.team)))
        until = words.short_date(words.here(info.expires_at).date(), self.ui.today())
        self._until.setText(
            words("The invitation works once, until {day}. Server: {server}", day=until, server=isolate(info.server))
            if info.server
            else words("The invitation works once, until {day}. Without a server: by sticks or a shared folder.", day=until)
        )
        self._go("invited")

    def _not_read(self, error: BaseException) -> None:
        self._go("start")
        self._show(self._start_notice, message_for(error, self.words))

    def _ask_strength(self) -> None:
        text = self.first.text()
        self.call(
            lambda: self.ui.door.passphrase_strength(text),
            lambda found: self._show_strength(text, found),
            lambda error: None,
            on="work",
        )

    def _show_strength(self, text: str, found: Strength) -> None:
        if text == self.first.text():
            self._strength = found
            self.first.show_strength(found.score, advice_words(found.advice, self.words) if found.score < ENOUGH else "")

    def _say_secret_place(self, where: Any) -> None:
        words = self.words
        if where == "keyring":
            self._secret.setText(
                words(
                    "The other half of the key is kept in this computer’s keyring. A thief needs this "
                    "laptop, your computer account and the passphrase."
                )
            )
        else:
            self._secret_icon.show_icon("triangle-alert", "amber_mark")
            self._secret.setText(
                words(
                    "This computer has no keyring, so the other half of the key is kept in a file that only "
                    "your computer account may read. Somebody who copies the whole disk has that file: take "
                    "a longer passphrase, and have the disk encrypted."
                )
            )

    # --- the end of it ----------------------------------------------------------------------------------------------

    def _make(self) -> None:
        if self._busy or not self._passphrase_fine():
            return
        text, laptop = self.first.text(), self.laptop.text().strip()
        self._busy = True
        self.make.setEnabled(False)
        self.make.set_text(self.words("Sealing"))
        if self._before == "readmission":
            server, kit, member = self.readmission.place
            self.call(
                lambda: self._checked(text, lambda: self.ui.door.readmit(server, kit, member, laptop, text)),
                self._readmitted, self._refused, on="net",
            )  # fmt: skip
        elif self._founding:
            founding = self.organisation.founding(laptop, text)
            self.call(lambda: self._checked(text, lambda: self.ui.door.found(founding)), self._founded, self._refused)
        else:
            data, typed, door = self._data, self.sealed.typed.text(), self.ui.door
            self.call(lambda: self._checked(text, lambda: door.enrol(data, laptop, text, typed)), self._enrolled, self._refused)

    def _checked(self, text: str, then: Any) -> Any:
        """The strength is asked once more: what was shown may be of an earlier letter."""
        if self.ui.door.passphrase_strength(text).score < ENOUGH:
            raise KnownError("passphrase_weak")
        return then()

    def _passphrase_fine(self) -> bool:
        words = self.words
        self._laptop_field.problem("" if self.laptop.text().strip() else words("This is needed."))
        self._first_field.problem("" if self.first.text() else words("This is needed."))
        same = self.first.text() == self.second.text()
        self._second_field.problem("" if same else words("This is not the same as above."))
        for field in (self._laptop_field, self._first_field, self._second_field):
            if field.has_problem:
                field.input.setFocus()
                return False
        return True

    def _enrolled(self, nothing: None) -> None:
        self._forget()
        self.ui.shell.opened()

    def _readmitted(self, nothing: None) -> None:
        self._forget()
        self.readmission.forget()
        self._busy = False
        self._go("next")

    def _founded(self, kit: str) -> None:
        self._forget()
        self._busy = False
        self.show_kit(kit)

    def show_kit(self, code: str) -> None:
        """The recovery code, this once."""
        self.kit.show_code(code)
        self._go("kit")

    def _forget(self) -> None:
        self.first.clear()
        self.second.clear()
        self.sealed.forget()
        self.fetch.forget()
        self._data = b""

    def _refused(self, error: BaseException) -> None:
        self._busy = False
        self.make.setEnabled(True)
        self.make.set_text(self.words("Seal this laptop and start"))
        message = message_for(error, self.words)
        if isinstance(error, KnownError) and error.code == "passphrase_weak":
            self._first_field.problem(f"{message.happened} {message.do}")
            self.first.setFocus()
        elif isinstance(error, KnownError) and error.code.startswith("invitation"):
            self._not_read(error)
        else:
            self._show(self._pass_notice, message)

    def show_message(self, message: Message) -> None:
        where = {"passphrase": self._pass_notice, "kit": self.kit.notice}
        self._show(where.get(self._step, self._start_notice), message)

    def _show(self, where: Any, message: Message) -> None:
        self._clear(where)
        banner = Banner(message.happened, message.text)
        where.addWidget(banner)
        where.addSpacing(look().px(24))
        banner.tell(message.happened, message.text)

    @staticmethod
    def _clear(where: Any) -> None:
        while (item := where.takeAt(0)) is not None:
            if item.widget() is not None:
                item.widget().deleteLater()

    # --- dropping a file --------------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self._step in ("start", "invited") and event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            self.read_file(Path(paths[0]))
