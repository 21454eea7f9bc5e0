"""Settings, Laptops, of an organisation without a server: which laptop keeps the list of who may open the records; letting
another one keep it, taking over from one that is lost, and moving to a server. Administrators only."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtWidgets import QWidget

from cmpp_desktop.errors import Invalid
from cmpp_desktop.ui.page import Page, Ui
from cmpp_desktop.ui.pages.close_laptop import NoWayBack
from cmpp_desktop.ui.pages.first_run_organisation import is_server
from cmpp_desktop.ui.widgets import Button, CodeCombo, Field, Label, SectionHead, TextField, column, isolate, row
from cmpp_desktop.workspace import DeviceRow, SyncStatus, WithoutServer


class KeepingPart(QWidget):
    """Hidden where there is a server. `after()` is called when something was changed."""

    def __init__(self, page: Page, after: Callable[[], object]) -> None:
        super().__init__()
        self._page, self._after, self._keeper = page, after, ""
        words = page.words
        self.who = Label("", tone="ink2", wrap=True)
        self.take_over = Button(words("Take over the list"), icon="key-round", on=self._ask_to_take_over)
        self.other = CodeCombo((), "")
        self._other_field = Field(
            words("Let another administrator’s laptop keep it"), self.other, help=words("It hears of it by the next stick.")
        )
        self.hand_on = Button(words("Hand the list on"), on=self._hand_on)
        self.server = TextField("https://", placeholder="https://")
        self.server_field = Field(
            words("Address of a server"),
            self.server,
            help=words("It gets everything, sealed. The other laptops hear of it by the next stick, on which it can be read."),
        )
        self.move_there = Button(words("Move to this server"), icon="send", on=self._move)
        self._handing, self._moving = QWidget(), QWidget()
        self._handing.setLayout(column(self._other_field, row(self.hand_on, None), gap=8))
        self._moving.setLayout(column(self.server_field, row(self.move_there, None), gap=8))
        head = SectionHead(words("Without a server"))
        self.setLayout(
            column(12, head, self.who, row(self.take_over, None), self._moving, self._handing, gap=8, margins=(0, 0, 0, 0))
        )
        self.hide()

    def show_status(self, status: SyncStatus, devices: Iterable[DeviceRow]) -> None:
        """How it stands; nothing is shown where there is a server, or to somebody who does not administer."""
        me, alone = self._page.ui.me, status.alone
        self.setVisible(alone is not None and me is not None and me.me.role == "administrator")
        if alone is None:
            return
        words, self._keeper = self._page.words, alone.keeper
        self.who.setText(_who(alone, self._page))
        self.take_over.setVisible(not alone.keeps)
        self._moving.setVisible(alone.keeps)
        can = [one for one in devices if one.role == "administrator" and not one.mine]
        others = [one for one in can if one.state in ("in_use", "compare_code")]
        self._handing.setVisible(alone.keeps and bool(others))
        named = words("A laptop without a name yet")
        rows = [(one.device_id, f"{isolate(one.name) or named}, {isolate(one.person)}") for one in others]
        self.other.set_choices(rows)

    def _hand_on(self) -> None:
        door, device = self._page.ui.door, self.other.value()
        if device:
            self._page.call(
                lambda: door.administration().hand_keeping(device),
                lambda nothing: self._done(self._page.words("Another laptop keeps the list. Take a stick there.")),
                on="net",
            )

    def _ask_to_take_over(self) -> None:
        TakeOver(self.window(), self._page.ui, self._keeper, self._after).open()

    def _move(self) -> None:
        words, address = self._page.words, self.server.text().strip().rstrip("/")
        wrong = words("It begins with https:// and names a server. Only a server on this machine may do without the s.")
        self.server_field.problem("" if is_server(address) else wrong)
        if not is_server(address):
            self.server.setFocus()
            return
        door = self._page.ui.door
        self.move_there.setEnabled(False)
        self._page.call(
            lambda: door.administration().use_server(address),
            lambda nothing: self._moved(words("There is a server now. Take a stick to the other laptops once more.")),
            self._not_moved,
            on="net",
        )

    def _moved(self, said: str) -> None:
        self.move_there.setEnabled(True)
        self._done(said)

    def _not_moved(self, error: BaseException) -> None:
        self.move_there.setEnabled(True)
        if isinstance(error, Invalid):
            self.server_field.problem(self._page.words("This cannot be right as it is."))
        else:
            self._page.ui.trouble(error)

    def _done(self, said: str) -> None:
        self._page.ui.say(said)
        self._after()


class TakeOver(NoWayBack):
    """This laptop keeps the list in place of one that is lost; `done()` is called once it does."""

    def __init__(self, window: QWidget, ui: Ui, keeper: str, done: Callable[[], object]) -> None:
        words = ui.words
        laptop = isolate(keeper) or words("A laptop without a name yet")
        lines = (
            ("laptop", words("This laptop keeps the list from now on: people are invited and laptops closed here.")),
            ("lock-keyhole", words("“{laptop}” is closed, and the keys change.", laptop=laptop)),
            (
                "triangle-alert",
                words(
                    "Only when it is lost or broken. If both of them change the list, it falls in two: exchanging stops until"
                    " that is settled, and work goes on."
                ),
            ),
        )
        button = Button(words("Take over the list"), icon="key-round", key="Alt+T", large=True, on=self._take)
        super().__init__(window, ui, words("Keep the list in place of “{laptop}”?", laptop=laptop), button, lines)
        self._done = done

    def _take(self) -> None:
        door = self._ui.door
        self.carry_out(lambda: door.administration().take_over(), lambda nothing: self._over())

    def _over(self) -> None:
        self.close()
        self._done()


def _who(alone: WithoutServer, page: Page) -> str:
    words = page.words
    if alone.keeps:
        return words("This laptop keeps the list of laptops and rights. The others hear of changes by the stick.")
    keeper = isolate(alone.keeper) or words("A laptop without a name yet")
    return words("“{laptop}” keeps the list of laptops and rights. Changes are made there.", laptop=keeper)
