"""Settings, Network: the proxy, the certificate authority of the server, and when documents travel.

The first two belong to the laptop and can be chosen before anybody has signed in (`NetworkSheet`): without them an invitation
that waits at the server could not be fetched.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from cmpp_desktop.ui.files import ask_for_file
from cmpp_desktop.ui.messages import message_for
from cmpp_desktop.ui.overlay import Overlay
from cmpp_desktop.ui.page import Ui
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import (
    Banner,
    Button,
    Field,
    Label,
    Radio,
    SectionHead,
    TextField,
    announce,
    column,
    heading,
    isolate,
    row,
    scrolled,
)
from cmpp_desktop.workspace import NetworkView

FIELD_WIDTH = 380


def choices(options: tuple[tuple[str, str], ...], now: str, take: Callable[[str], object]) -> QWidget:
    """Radio buttons below each other, value and words of each."""
    holder = QWidget()
    layout = QVBoxLayout(holder)
    layout.setContentsMargins(look().px(8), 0, 0, 0)
    layout.setSpacing(0)
    for value, said in options:
        button = Radio(said)
        button.setChecked(value == now)
        button.clicked.connect(lambda checked=False, value=value: take(value))
        layout.addWidget(button)
    return holder


class NetworkPart(QWidget):
    """One part of the settings page; the first half of it stands on the sheet as well. `administers`: it can be said to all
    laptops whose certificate the server has."""

    def __init__(self, ui: Ui, *, signed_in: bool, administers: bool = False) -> None:
        super().__init__()
        self.ui, self.words = ui, ui.words
        self._signed_in, self._administers = signed_in, administers
        self._known, self._by_server = False, True  # an authority of its own; a server
        words = self.words
        self._proxy = column(gap=0)
        self.address = TextField("", placeholder="proxy.example:3128")
        self.address_field = Field(
            words("Address of the proxy"), self.address, help=words("Whoever runs the network knows it. Without a password.")
        )
        self.use = Button(words("Use this proxy"), on=lambda: self._use(self.address.text()))
        self._address_box = QWidget()
        self._address_box.setMaximumWidth(look().px(FIELD_WIDTH))
        self._address_box.setLayout(column(self.address_field, row(self.use, None), gap=8, margins=(0, 8, 0, 0)))
        self.trusted = Label("", tone="ink2", wrap=True)
        self.problem = Banner("", tone="amber")
        self.problem.hide()
        self.choose = Button(words("Choose its file"), icon="folder-open", on=self._ask_for_authority)
        self.away = Button(words("Take it away"), icon="x", kind="quiet", on=lambda: self._use_authority(None))
        self.share = Button(words("Say it to all laptops"), icon="send", on=self._share)
        whole = column(
            heading(words("Network")),
            8,
            SectionHead(words("Proxy")),
            Label(words("Some offices let programs out through a proxy only. It sees no record."), tone="ink2", wrap=True),
            self._proxy,
            self._address_box,
            16,
            SectionHead(words("Certificate of the server")),
            Label(
                words(
                    "An organisation that signs its server’s certificate itself has a file for this. It is trusted for that "
                    "server only."
                ),
                tone="ink2",
                wrap=True,
            ),
            self.trusted,
            self.problem,
            row(self.choose, self.away, None, gap=8),
            row(self.share, None),
            *(self._documents() if signed_in else ()),
            gap=8,
        )
        self.setLayout(whole)
        ui.metered.changed.connect(self._say_network)
        self.reload()

    # --- proxy and authority ----------------------------------------------------------------------------------------

    def reload(self) -> None:
        """Asks for what is chosen."""
        self._call(self.ui.door.network, self.show_network)
        if self._signed_in:
            self._say_network()

    def show_network(self, view: NetworkView) -> None:
        """What this laptop goes by."""
        words = self.words
        found = words("As this computer has it: {proxy}", proxy=isolate(view.found)) if view.found else ""
        options = (
            ("system", found or words("As this computer has it: none now")),
            ("none", words("None")),
            ("own", words("This proxy")),
        )
        own = view.proxy not in ("system", "none")
        _empty(self._proxy)
        self._proxy.addWidget(choices(options, "own" if own else view.proxy, self._chosen))
        self._address_box.setVisible(own)
        if own:
            self.address.setText(view.proxy)
        known = view.authority
        self.trusted.setText(self._whose(view) if known else words("None but those that this computer knows."))
        self.away.setVisible(bool(known))
        self._known = bool(known)
        self._show_share()

    def show_ways(self, by_server: bool) -> None:
        """Without a server there is no certificate of one that others would have to trust."""
        self._by_server = by_server
        self._show_share()

    def _show_share(self) -> None:
        self.share.setVisible(self._administers and self._known and self._by_server)

    def _whose(self, view: NetworkView) -> str:
        words = self.words
        if view.until is None:
            return words("It cannot be read any more: choose it once more.")
        until = words.short_date(view.until.date(), self.ui.today())
        return words("“{name}”, good until {day}.", name=isolate(view.authority), day=until)

    def _chosen(self, proxy: str) -> None:
        self._address_box.setVisible(proxy == "own")
        if proxy == "own":
            self.address.setFocus()
        else:
            self._use(proxy)

    def _use(self, proxy: str) -> None:
        self.address_field.problem("")
        self._call(lambda: self.ui.door.use_proxy(proxy), lambda nothing: self._kept(), self._not_this_proxy)

    def _not_this_proxy(self, error: BaseException) -> None:
        message = message_for(error, self.words)
        self.address_field.problem(f"{message.happened} {message.do}")
        self._address_box.show()
        self.address.setFocus()

    def _ask_for_authority(self) -> None:
        words = self.words
        kinds = words("Certificates") + " (*.pem *.crt *.cer *.der)"
        ask_for_file(self, words("The certificate of the authority"), kinds, self.read_file)

    def read_file(self, path: Path) -> None:
        """The file of an authority, to be trusted from now on."""
        self._use_authority(path)

    def _use_authority(self, path: Path | None) -> None:
        self.problem.hide()
        self._call(lambda: self.ui.door.use_authority(path), lambda nothing: self._kept(), self._not_taken)

    def _not_taken(self, error: BaseException) -> None:
        message = message_for(error, self.words)
        self.problem.tell(message.happened, message.text)
        self.problem.show()

    def _share(self) -> None:
        door = self.ui.door
        said = self.words("All laptops trust it from their next exchange on.")
        self._call(lambda: door.administration().share_authority(), lambda nothing: self._done(said), self._not_taken)

    def _kept(self) -> None:
        self._done(self.words("It holds from the next exchange on."))

    def _done(self, said: str) -> None:
        if self._signed_in:
            self.ui.say(said)
        else:
            announce(self, said)
        self.reload()

    # --- documents --------------------------------------------------------------------------------------------------

    def _documents(self) -> tuple[QWidget | int, ...]:
        """When they travel, and whether a large one is asked about before it is fetched."""
        words, door = self.words, self.ui.door
        rules = (
            ("metered", words("Not on a network that is paid by size")),
            ("always", words("On every network")),
            ("ask", words("Only when I say so")),
        )
        sizes = (("", words("Fetch a document when I open it")), ("ask", words("Ask me before it fetches more than 5 MB")))
        self.rules, self.documents, self.paid = QWidget(), QWidget(), Label("", "small", tone="ink2", wrap=True)

        def choose(rule: Any) -> None:
            self._call(lambda: door.choose_documents_rule(rule))

        def ask_first(yes: str) -> None:
            self._call(lambda: door.ask_before_large(bool(yes)))

        def show(found: tuple[str, bool]) -> None:
            self.rules.setLayout(column(choices(rules, found[0], choose), gap=0))
            self.documents.setLayout(column(choices(sizes, "ask" if found[1] else "", ask_first), gap=0))

        self._call(lambda: (door.documents_rule(), door.asks_before_large()), show)
        about = Label(words("Records are small and always travel. Scans and letters:"), tone="ink2", wrap=True)
        note = words("They come when they are opened, and stay.")
        head, other = SectionHead(words("Documents")), SectionHead(words("Documents of other laptops"))
        return 16, head, about, self.rules, self.paid, 8, other, self.documents, Label(note, "small", tone="ink2", wrap=True)

    def _say_network(self) -> None:
        if not self._signed_in:
            return
        words, paid = self.words, self.ui.metered.now()
        self.paid.setText(
            words("This computer does not say whether its network is paid by size. “Only when I say so” helps while it is.")
            if paid is None
            else words("This computer says that its network is paid by size.")
            if paid
            else words("This computer says that its network is not paid by size.")
        )

    def _call(self, fn: Any, ok: Any = None, fail: Any = None) -> None:
        """Off the window's thread, beside no exchange."""
        self.ui.call(fn, ok, fail, on="net", owner=self)


class NetworkSheet(Overlay):
    """Proxy and authority, before anybody has signed in."""

    WIDTH = 640

    def __init__(self, window: QWidget, ui: Ui) -> None:
        super().__init__(window, ui.words("Network"))
        self.part = NetworkPart(ui, signed_in=False)
        done = Button(ui.words("Done"), kind="primary", large=True, on=self.close)
        body = column(self.part, None, row(None, done), gap=8, margins=(24, 20, 24, 20))
        self.sheet.setLayout(column(scrolled(body, ui.words("Network")), margins=(0, 0, 0, 0)))

    def open(self) -> None:
        super().open()
        self.part.choose.setFocus()

    def sheet_height(self) -> int:
        return look().px(620)

    def focusNextPrevChild(self, next: bool) -> bool:
        """Round the sheet, and never behind it."""
        order = sorted(self._stops(), key=lambda one: one.mapTo(self, QPoint()).toTuple()[::-1])
        here = self.focusWidget()
        number = order.index(here) if here in order else -1
        order[(number + (1 if next else -1)) % len(order)].setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def _stops(self) -> list[QWidget]:
        """Of radio buttons only the chosen one: arrows go to the others."""
        fields: list[QWidget] = [*self.findChildren(Button), *self.findChildren(TextField)]
        fields += [one for one in self.findChildren(Radio) if one.isChecked()]
        return [one for one in fields if one.isVisible() and one.isEnabled()]


def _empty(layout: QVBoxLayout) -> None:
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()


def network_button(ui: Ui, page: QWidget) -> Button:
    """For the way in: the sheet, over whichever window the page is in."""
    return Button(
        ui.words("Network"), icon="wifi", kind="quiet", flush=True, on=lambda: NetworkSheet(page.window(), ui).open()
    )
