"""Comparing six digits by voice: the sheet on which an administrator says whether a laptop shows the same.

No answer is filled in, and Enter chooses none: the digits have the keyboard, so that a screen reader says them first.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStackedWidget, QWidget

from cmpp_desktop.ui.messages import message_for
from cmpp_desktop.ui.overlay import Overlay
from cmpp_desktop.ui.page import Ui
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import Banner, Button, Digits, Label, column, isolate, row
from cmpp_desktop.workspace import DeviceRow


class CompareDigits(Overlay):
    """`done()` is called once the laptop counts as compared."""

    WIDTH = 640

    def __init__(self, window: QWidget, ui: Ui, device: DeviceRow, done: Callable[[], object]) -> None:
        words = ui.words
        super().__init__(window, words("Compare the digits"))
        self._ui, self._device, self._done = ui, device, done
        person = isolate(device.person) or words("the other person")
        self.digits = Digits(words("Six digits"))
        self.digits.show_code(device.code)
        self.match = Button(words("They match"), icon="check", key="Alt+Y", large=True, on=self._match)
        self.differ = Button(words("They do not match"), icon="x", key="Alt+N", large=True, on=self._differ)
        self.later = Button(words("Not now"), kind="quiet", key="Esc", on=self.close)
        self._trouble = Banner("", tone="amber")
        self._trouble.hide()
        ask = column(
            Label(words("Does {name} see the same six digits?", name=person), "title", wrap=True),
            Label(
                words(
                    "Call them or stand next to them, and let them read the digits aloud. Do not send them by text or "
                    "e-mail: this is how you know that it is really their laptop."
                ),
                tone="ink2",
                wrap=True,
            ),
            12,
            row(self.digits, None),
            12,
            row(self.match, self.differ, None, self.later, gap=12),
            self._trouble,
            None,
            gap=8,
        )
        self.back = Button(words("Compare once more"), on=self._again)
        self.leave = Button(words("Close"), large=True, on=self.close)
        stop = column(
            Label(words("Do not confirm this laptop"), "title", wrap=True),
            Banner(
                words("Somebody else may have used the invitation."),
                words(
                    "“{laptop}” stays without the restricted records. First make sure that {name} reads the digits of this "
                    "laptop, from Settings, Laptops. If they still differ, invite them again and hand the file over in person; "
                    "until then, treat what is not restricted as seen by a stranger and tell whoever is responsible.",
                    laptop=isolate(device.name),
                    name=person,
                ),
                tone="danger",
            ),
            12,
            row(self.back, None, self.leave, gap=12),
            None,
            gap=12,
        )
        self._stack = QStackedWidget()
        for part in (ask, stop):
            held = QWidget()
            held.setLayout(part)
            self._stack.addWidget(held)
        self.sheet.setLayout(column(self._stack, margins=(24, 20, 24, 20)))

    def open(self) -> None:
        super().open()
        self.digits.setFocus(Qt.FocusReason.OtherFocusReason)

    def sheet_height(self) -> int:
        """As high as the words are at this width."""
        shown = self._stack.currentWidget()
        part, margins = shown.layout() if shown is not None else None, look().px(20) * 2
        width = min(look().px(self.WIDTH), self.width() - look().px(32)) - look().px(48)
        return part.totalHeightForWidth(width) + margins if part is not None else super().sheet_height()

    def _order(self) -> list[QWidget]:
        if self._stack.currentIndex() == 1:
            return [self.back, self.leave]
        return [self.digits, self.match, self.differ, self.later]

    def focusNextPrevChild(self, next: bool) -> bool:
        order = self._order()
        here = self.focusWidget()
        number = order.index(here) if here in order else -1
        order[(number + (1 if next else -1)) % len(order)].setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def _match(self) -> None:
        for button in (self.match, self.differ):
            button.setEnabled(False)
        door, device_id = self._ui.door, self._device.device_id
        self._ui.call(lambda: door.confirm_device(device_id), self._matched, self._failed, on="net", owner=self)

    def _matched(self, nothing: None) -> None:
        self.close()
        self._done()

    def _failed(self, error: BaseException) -> None:
        for button in (self.match, self.differ):
            button.setEnabled(True)
        message = message_for(error, self._ui.words)
        self._trouble.show()
        self._trouble.tell(message.happened, message.text)
        self._place()
        self.digits.setFocus()

    def _differ(self) -> None:
        self._stack.setCurrentIndex(1)
        self._place()
        self.leave.setFocus(Qt.FocusReason.OtherFocusReason)

    def _again(self) -> None:
        self._stack.setCurrentIndex(0)
        self._place()
        self.digits.setFocus(Qt.FocusReason.OtherFocusReason)
