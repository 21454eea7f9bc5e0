"""First run: join with an invitation file, or start a new organisation. At the end the store exists, sealed, and is open.

Join: who invites, as what → what the laptop is called → a passphrase, twice, with its honest strength → ready. Start:
organisation, team, own name, server → laptop → passphrase → the recovery kit, shown once to be printed or saved.
"""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QPageLayout, QPainter, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLayout, QStackedWidget, QWidget

from cmpp_desktop.errors import KnownError
from cmpp_desktop.ui.files import ask_for_file, ask_where_to, read_bytes, write_private
from cmpp_desktop.ui.frame import Mark
from cmpp_desktop.ui.messages import Message, message_for
from cmpp_desktop.ui.page import Page, Ui
from cmpp_desktop.ui.pages.unlock import language_switch
from cmpp_desktop.ui.pages.zone_choice import zone_choices, zone_of_this_laptop
from cmpp_desktop.ui.steps import StepList
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import (
    Banner,
    Button,
    CodeCombo,
    Field,
    IconView,
    Label,
    PassphraseField,
    TextField,
    Tick,
    column,
    isolate,
    row,
    rule,
    scrolled,
)
from cmpp_desktop.words import Words
from cmpp_desktop.workspace import Founding, InvitationInfo, Strength

ENOUGH = 3  # of four, for a passphrase
MAX_INVITATION = 1_000_000  # bytes; an invitation is a few thousand


class FirstRunPage(Page):
    """Shown when there is nothing on this laptop yet."""

    place = "first_run"

    def __init__(self, ui: Ui) -> None:
        super().__init__(ui)
        self._data = b""
        self._info: InvitationInfo | None = None
        self._strength = Strength(0)
        self._founding = False
        self._kit_words = ""
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
        self._step = "start"
        self._focus: dict[str, QWidget] = {}
        self._parts: dict[str, QWidget] = {}
        self._outers: list[QHBoxLayout] = []
        self.stack = QStackedWidget()
        for name, made in (
            ("start", self._start()),
            ("invited", self._invited()),
            ("organisation", self._organisation()),
            ("passphrase", self._passphrase()),
            ("kit", self._kit()),
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
        side.setLayout(
            column(
                row(Mark(), None), 36, self.join_steps, self.found_steps, None, language_switch(self.ui), margins=(40, 48, 40, 40)
            )
        )
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
        begin = Button(words("Start a new organisation"), kind="quiet", flush=True, on=lambda: self._go("organisation"))
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
                    "Your administrator gave you an invitation file. Open it, choose a passphrase, and you "
                    "can work: also without a network."
                ),
                "large",
                tone="ink2",
                wrap=True,
            ),
            16,
            row(open_file, None),
            8,
            drop,
            24,
            rule(),
            8,
            Label(words("No one has set this up yet?"), weight="medium"),
            Label(words("The first administrator starts the organisation and invites the others."), tone="ink2", wrap=True),
            row(begin, None),
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

    def _organisation(self) -> QLayout:
        words = self.words
        self.org_name, self.own_name = TextField(), TextField()
        self.team_name = TextField(words("Team 1"))
        self.server = TextField("https://", placeholder="https://")
        self.zone = CodeCombo(zone_choices(self.ui.now(), zone_of_this_laptop()), zone_of_this_laptop())
        self._org_fields = {
            "organisation": Field(words("Name of the organisation"), self.org_name),
            "person": Field(
                words("Your name"), self.own_name, help=words("As colleagues know you. You will be the first administrator.")
            ),
            "team": Field(words("Your team"), self.team_name),
            "zone": Field(
                words("Time zone of the office"), self.zone, help=words("Every laptop shows its days, wherever it is taken.")
            ),
            "server": Field(
                words("Address of the server"),
                self.server,
                help=words("It only ever holds sealed packages. Whoever installed it knows the address."),
            ),
        }
        on = Button(words("Go on"), kind="primary", key="Return", large=True, on=self._organisation_done)
        back = Button(words("Back"), large=True, on=lambda: self._go("start"))
        self._focus["organisation"] = self.org_name
        return column(
            Label(words("Start a new organisation"), "page", wrap=True),
            Label(
                words(
                    "Records are sealed on this laptop before anything is sent. Nobody but the people you invite can open them."
                ),
                "large",
                tone="ink2",
                wrap=True,
            ),
            8,
            *self._org_fields.values(),
            16,
            row(back, None, on),
            gap=12,
        )

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
            words("Nobody can read the passphrase back to you. If it is lost, your administrator invites you again."),
            "small",
            tone="ink2",
            wrap=True,
        )
        self.make = Button(words("Seal this laptop and start"), kind="primary", key="Return", large=True, on=self._make)
        self._pass_back = Button(words("Back"), large=True, on=lambda: self._go("organisation" if self._founding else "invited"))
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

    def _kit(self) -> QLayout:
        words = self.words
        self._kit_notice = column(gap=0)
        self._kit_label = Label("", "title", wrap=True, select=True)
        self._kit_label.setAccessibleName(words("Recovery code"))
        self._kit_label.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        save = Button(words("Save as file"), icon="download", on=self._save_kit)
        print_it = Button(words("Print"), icon="printer", key="Ctrl+P", on=self._print_kit)
        self._kept = Tick(words("The code is on paper or on a stick, away from this laptop."), on=self._kept_changed)
        self._finish = Button(words("Start working"), kind="primary", key="Return", large=True, on=self.ui.shell.opened)
        self._finish.setEnabled(False)
        self._focus["kit"] = self._kit_label
        self.organisation_id = TextField()
        self.organisation_id.setReadOnly(True)
        self._copy = Button(words("Copy"), icon="copy", on=self._copy_id)
        server = Field(
            words("The organisation’s id, for the server"),
            self.organisation_id,
            help=words(
                "Whoever runs the server enters it there once: cmpp-server org add, then this id. Until then nothing can be "
                "sent; you can work. It is no secret, and stands in Settings, Laptops."
            ),
        )
        known = row(server, column(28, self._copy, None, gap=0), gap=8)
        known.setStretch(0, 1)
        return column(
            self._kit_notice,
            Label(words("Your recovery kit"), "page", wrap=True),
            Label(
                words(
                    "If every administrator’s laptop is lost, this code, and nothing else, gives the "
                    "organisation its records back. It is shown once and stored nowhere."
                ),
                "large",
                tone="ink2",
                wrap=True,
            ),
            16,
            self._kit_label,
            8,
            row(save, print_it, None),
            8,
            Banner(
                words("Keep it where you keep the deeds of the office."),
                words("Whoever has it can open everything. Do not photograph or e-mail it."),
                tone="amber",
                icon="key-round",
            ),
            8,
            known,
            8,
            self._kept,
            8,
            row(self._finish, None),
            gap=8,
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where the room is narrow only the step itself is shown."""
        super().resizeEvent(event)
        narrow = self.width() / look().scale < 900
        self._side.setVisible(not narrow)
        for outer in self._outers:
            outer.setContentsMargins(*(look().px(side) for side in ((24, 24, 24, 24) if narrow else (96, 112, 48, 48))))

    def _kept_changed(self, kept: bool) -> None:
        self._finish.setEnabled(kept)

    # --- going through the steps ------------------------------------------------------------------------------------

    def _go(self, step: str) -> None:
        self._step = step
        if step in ("start", "invited"):
            self._founding = False
        elif step == "organisation":
            self._founding = True
        self.stack.setCurrentWidget(self._parts[step])
        number = {"start": 0, "invited": 0, "organisation": 0, "passphrase": 1, "kit": 2}[step]
        self.join_steps.setVisible(not self._founding)
        self.found_steps.setVisible(self._founding)
        who = self._info.invited_by if self._info is not None else ""
        self.join_steps.show_step(
            number, (self.words("From {name}", name=who) if who else "", self.words("Only you know it"), "")
        )
        self.found_steps.show_step(
            number, (self.org_name.text(), self.words("Only you know it"), self.words("On paper, shown once"))
        )
        self._lost.setVisible(not self._founding)
        focus = self._focus.get(step)
        if focus is not None and self.isVisible():
            focus.setFocus(Qt.FocusReason.OtherFocusReason)

    def _choose_file(self) -> None:
        ask_for_file(self, self.words("Open the invitation"), self.words("Invitations") + " (*.cmppi *.json *)", self.read_file)

    def read_file(self, path: Path) -> None:
        """Reads an invitation, elsewhere, and shows who invites."""

        def read() -> tuple[bytes, InvitationInfo]:
            data = read_bytes(path, MAX_INVITATION)
            if len(data) > MAX_INVITATION:
                raise KnownError("invitation_unreadable")
            return data, self.ui.door.read_invitation(data)

        self.call(read, lambda found: self.show_invitation(*found), self._not_read)

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
        )
        self._go("invited")

    def _not_read(self, error: BaseException) -> None:
        self._go("start")
        self._show(self._start_notice, message_for(error, self.words))

    def _organisation_done(self) -> None:
        words = self.words
        fields = self._org_fields
        values = {"organisation": self.org_name, "person": self.own_name, "team": self.team_name}
        fine = True
        for name, line in values.items():
            missing = not line.text().strip()
            fields[name].problem(words("This is needed.") if missing else "")
            fine = fine and not missing
        address = self.server.text().strip()
        good = is_server(address)
        fields["server"].problem(
            ""
            if good
            else words("It begins with https:// and names a server. Only a server on this machine may do without the s.")
        )
        if fine and good:
            self._go("passphrase")
        else:
            next(field for field in fields.values() if field.has_problem).input.setFocus()

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
        if self._founding:
            founding = Founding(
                self.org_name.text().strip(),
                self.own_name.text().strip(),
                self.team_name.text().strip(),
                self.server.text().strip().rstrip("/"),
                laptop,
                text,
                self.zone.value(),
            )
            self.call(lambda: self._checked(text, lambda: self.ui.door.found(founding)), self._founded, self._refused)
        else:
            data = self._data
            self.call(lambda: self._checked(text, lambda: self.ui.door.enrol(data, laptop, text)), self._enrolled, self._refused)

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

    def _founded(self, kit: str) -> None:
        self._forget()
        self._busy = False
        self.show_kit(kit)

    def show_kit(self, kit: str) -> None:
        """The recovery code, this once."""
        self._kit_words = kit
        self._kit_label.setText(kit)
        self._go("kit")
        self.call(self.ui.door.access, lambda access: self.organisation_id.setText(access.organisation_id), lambda error: None)

    def _copy_id(self) -> None:
        QGuiApplication.clipboard().setText(self.organisation_id.text())
        self._copy.set_text(self.words("Copied"))

    def _forget(self) -> None:
        self.first.clear()
        self.second.clear()
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
        where = {"passphrase": self._pass_notice, "kit": self._kit_notice}
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

    def kit_text(self) -> str:
        """The kit as it is printed and saved."""
        words = self.words
        lines = [
            words("Recovery kit of {organisation}", organisation=self.org_name.text().strip()),
            words.long_date(self.ui.today()),
            "",
        ]
        lines.append(self._kit_words)
        lines += ["", words("Whoever has this code can open everything. Keep it away from the laptops.")]
        return "\n".join(lines) + "\n"

    def _save_kit(self) -> None:
        kinds = self.words("Text") + " (*.txt)"
        ask_where_to(self, self.words("Save as file"), "cmpp-recovery-kit.txt", kinds, self.write_kit, suffix="txt")

    def write_kit(self, path: Path) -> None:
        """Writes the kit where the person asked, readable by them only."""
        text = self.kit_text()

        self.call(
            lambda: write_private(path, text.encode()),
            lambda nothing: self._kept.setChecked(True),
            lambda error: self._show(self._kit_notice, message_for(error, self.words)),
        )

    def _print_kit(self) -> None:
        from PySide6.QtPrintSupport import QPrintDialog, QPrinter

        printer = QPrinter()
        printer.setPageOrientation(QPageLayout.Orientation.Portrait)
        dialog = QPrintDialog(printer, self)
        if dialog.exec():
            painter = QPainter(printer)
            font = look().font("large")
            font.setPointSize(13)
            painter.setFont(font)
            painter.drawText(
                printer.pageLayout().paintRectPixels(printer.resolution()), int(Qt.AlignmentFlag.AlignTop), self.kit_text()
            )
            painter.end()
            self._kept.setChecked(True)

    # --- dropping a file --------------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self._step in ("start", "invited") and event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            self.read_file(Path(paths[0]))


def is_server(address: str) -> bool:
    """An https address, or http on this machine only."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return False
    local = host in ("localhost", "127.0.0.1", "::1")
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and local))


def advice_words(code: str, words: Words) -> str:
    """What would make the passphrase stronger, for the codes of `Strength.advice`; "" for one that has no words."""
    return {
        "more_words": words("Add another word or two"),
        "too_short": words("Make it longer"),
        "common": words("Many people use this"),
        "names": words("Names are tried first"),
        "dates": words("Dates are tried first"),
        "repeats": words("Repeated letters do not help"),
        "sequence": words("Counting up or down does not help"),
        "keyboard": words("Rows of keys do not help"),
    }.get(code, words("Add another word or two") if code else "")
