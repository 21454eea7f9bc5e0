"""Closing a laptop, and leaving with this one: sheets that say what happens, what is safe and what stays, before there is no way
back; and what has to be looked at afterwards."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from cmpp_desktop.errors import KnownError
from cmpp_desktop.ui.messages import message_for
from cmpp_desktop.ui.overlay import Overlay
from cmpp_desktop.ui.page import Ui
from cmpp_desktop.ui.pages import no_server_rights
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import Banner, Button, IconView, Label, announce, column, isolate, row, scrolled
from cmpp_desktop.workspace import DeviceRow, WithoutServer


class NoWayBack(Overlay):
    """A sheet with the safe button first. `act()` does it where it may wait; `done(result)` hears of it."""

    WIDTH = 640
    TALL = 0  # in a window lower than this what it says scrolls, and the buttons stay

    def __init__(self, window: QWidget, ui: Ui, name: str, do_it: Button, lines: tuple[tuple[str, str], ...]) -> None:
        super().__init__(window, name)
        self._ui, self.do_it = ui, do_it
        self.keep = Button(ui.words("Not now"), key="Esc", large=True, on=self.close)
        self.trouble = Banner("", tone="amber")
        self.trouble.hide()
        self._stack = QStackedWidget()
        said = (said_with(icon, text) for icon, text in lines)
        self._upper = column(Label(name, "title", wrap=True), *said, *self._between(), self.trouble, gap=10)
        buttons = row(self.keep, None, self.do_it)
        self._scrolls = window.height() < look().px(self.TALL)
        ask = column(scrolled(column(self._upper, None)) if self._scrolls else self._upper, 8, buttons, None, gap=10)
        self._add(ask)
        self.sheet.setLayout(column(self._stack, margins=(24, 20, 24, 20)))
        self.setAccessibleDescription(" ".join(text for _, text in lines))

    def _between(self) -> tuple[QWidget | int, ...]:
        """What a sheet asks for, under what it says."""
        return ()

    def _add(self, part: QVBoxLayout) -> None:
        held = QWidget()
        held.setLayout(part)
        self._stack.addWidget(held)

    def open(self) -> None:
        super().open()
        self.keep.setFocus(Qt.FocusReason.OtherFocusReason)

    def sheet_height(self) -> int:
        """As high as the words are at this width."""
        shown = self._stack.currentWidget()
        part = shown.layout() if shown is not None else None
        width = min(look().px(self.WIDTH), self.width() - look().px(32)) - look().px(48)
        return part.totalHeightForWidth(width) + look().px(40) if part is not None else super().sheet_height()

    def stops(self) -> list[QWidget]:
        """Where Tab stops, in this order."""
        return [*self.findChildren(Button)]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses the button that has the keyboard: at first the safe one."""
        here = self.focusWidget()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and isinstance(here, Button):
            here.click()
        else:
            super().keyPressEvent(event)

    def carry_out(self, act: Callable[[], object], done: Callable[..., object]) -> None:
        """While it is under way neither button can be pressed."""
        self.setFocus()  # no button has the keyboard when it cannot be pressed
        for button in (self.keep, self.do_it):
            button.setEnabled(False)
        self._ui.call(act, done, self.failed, on="net", owner=self)

    def failed(self, error: BaseException) -> None:
        for button in (self.keep, self.do_it):
            button.setEnabled(True)
        message = message_for(error, self._ui.words)
        self.trouble.show()
        self.trouble.tell(message.happened, message.text)
        self._place()
        self.keep.setFocus()


class CloseLaptop(NoWayBack):
    """For an administrator; `done()` is called once it is closed. `alone`: there is no server."""

    def __init__(
        self, window: QWidget, ui: Ui, device: DeviceRow, done: Callable[[], object], *, alone: bool = False
    ) -> None:
        words = ui.words
        laptop = isolate(device.name) or words("this laptop")
        name = words("Close “{laptop}” of {name}?", laptop=laptop, name=isolate(device.person))
        lines = (
            ("lock-keyhole", words("It gets nothing any more, and opens nothing that is written from now on: the keys change.")),
            ("laptop", words("When it next meets the server it locks itself, and no passphrase opens it.")),
            (
                "shield-check",
                words("What it had sent stays with the team. What it had not sent stays on it, for the recovery kit."),
            ),
            (
                "triangle-alert",
                words("There is no way back: who finds it again is invited anew. Until it hears of this, what is on it opens."),
            ),
        )
        button = Button(words("Close this laptop"), icon="lock", key="Alt+C", large=True, on=self._close_it)
        super().__init__(window, ui, name, button, no_server_rights.closing(words) if alone else lines)
        self._device, self._done, self._alone = device, done, alone
        self.let_in = Label("", wrap=True)
        self._look = Banner("", tone="amber")
        self.ready = Button(words("Done"), kind="primary", large=True, on=self.close)
        self._add(column(Label(words("It is closed"), "title"), self.let_in, self._look, 8, row(None, self.ready), None, gap=10))

    def _close_it(self) -> None:
        door, device_id = self._ui.door, self._device.device_id
        self.carry_out(lambda: door.administration().close_laptop(device_id), self._closed)

    def _closed(self, let_in: tuple[DeviceRow, ...]) -> None:
        words, device = self._ui.words, self._device
        laptop = isolate(device.name) or words("This laptop")
        said = words("“{laptop}” opens nothing that is written from now on.", laptop=laptop)
        self.let_in.setText(no_server_rights.closed(laptop, words) if self._alone else said)
        names = ", ".join(isolate(f"{one.name} ({one.person})") for one in let_in)
        self._look.setVisible(bool(let_in))
        if let_in:
            self._look.tell(
                words("It had let others in. Look at them: {laptops}.", laptops=names),
                words("Are they really of your people? If you are not sure, close them as well."),
            )
        self._stack.setCurrentIndex(1)
        self._place()
        self.ready.setFocus(Qt.FocusReason.OtherFocusReason)
        announce(self, f"{self.let_in.text()} {self._look.accessibleName() if let_in else ''}".strip())
        self._done()


class LeaveWithLaptop(NoWayBack):
    """This laptop leaves the organisation; `left()` is called once it has. `alone`: there is no server, and it does not keep the
    list; then it leaves when a stick has been round."""

    def __init__(self, window: QWidget, ui: Ui, left: Callable[[], object], alone: WithoutServer | None = None) -> None:
        words = ui.words
        by_server = (
            ("send", words("Everything written here is sent first. While something waits to be sent, nothing happens.")),
            ("lock-keyhole", words("Then this laptop locks, and no passphrase opens it any more.")),
        )
        lines = (
            *(by_server if alone is None else no_server_rights.leaving(alone, words)),
            (
                "file-text",
                words("Drafts and scanned documents that were never sent stay on it, sealed; the recovery kit opens them."),
            ),
            ("triangle-alert", words("There is no way back. To work here again you need a new invitation.")),
        )
        how = words("Send everything and leave") if alone is None else words("Leave with this laptop")
        button = Button(how, icon="log-out", key="Alt+L", large=True, on=self._leave)
        super().__init__(window, ui, words("Leave the organisation with this laptop?"), button, lines)
        self._left = left
        self.written, self.next = Label("", "title", wrap=True), Label("", wrap=True)
        self.ready = Button(words("Done"), kind="primary", large=True, on=self.close)
        self._add(column(self.written, self.next, 8, row(None, self.ready), None, gap=10))

    def _leave(self) -> None:
        door = self._ui.door
        self.carry_out(lambda: door.administration().leave(), lambda nothing: self._left())

    def failed(self, error: BaseException) -> None:
        """That a stick has to go round first is what was asked for, and no trouble."""
        if not isinstance(error, KnownError) or error.code != "leaves_by_stick":
            super().failed(error)
            return
        message = message_for(error, self._ui.words)
        self.written.setText(message.happened)
        self.next.setText(message.text)
        self._stack.setCurrentIndex(1)
        self._place()
        self.ready.setFocus(Qt.FocusReason.OtherFocusReason)
        announce(self, f"{message.happened} {message.text}")


def said_with(icon: str, text: str) -> QVBoxLayout:
    """A sentence with its sign."""
    line = row(column(IconView(icon, "accent", 16), None, margins=(0, 2, 0, 0)), Label(text, wrap=True), gap=10)
    line.setStretch(1, 1)
    return column(line)
