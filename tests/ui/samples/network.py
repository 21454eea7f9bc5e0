"""The network of a laptop of samples, and how sending stands on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cmpp_desktop.errors import KnownError
from cmpp_desktop.ui.metered import Metered
from cmpp_desktop.workspace import DocumentsRule, LookedAt, NetworkView, SnapshotKnown
from tests.ui.samples.basis import NOW

AUTHORITY = NetworkView(authority="Lantern Street Services Root", until=datetime(2031, 5, 4, tzinfo=UTC))


class Told(Metered):
    """A network of which the test says what it is."""

    paid: bool | None = None

    def now(self) -> bool | None:
        return self.paid

    def becomes(self, paid: bool | None) -> None:
        self.paid = paid
        self.changed.emit()


class SampleNetwork:
    """Part of `SampleDoor`. `stopped` counts exchanges that were ended."""

    known = NetworkView()
    keyring_only = False
    rule: DocumentsRule = "metered"
    travelling = False
    stopped = 0
    fail: dict[str, BaseException]

    def keyring_required(self) -> bool:
        return self.keyring_only

    def network(self) -> NetworkView:
        return self.known

    def use_proxy(self, proxy: str) -> None:
        if "@" in proxy:
            raise KnownError("proxy_wrong", reason="password")
        self.known = NetworkView(proxy, self.known.found, self.known.authority, self.known.until)

    def use_authority(self, path: Path | None) -> None:
        if "use_authority" in self.fail:
            raise self.fail["use_authority"]
        self.known = NetworkView(self.known.proxy) if path is None else AUTHORITY

    def stop_exchange(self) -> None:
        self.stopped += 1

    def documents_rule(self) -> DocumentsRule:
        return self.rule

    def choose_documents_rule(self, rule: DocumentsRule) -> None:
        self.rule = rule

    def let_documents_travel(self) -> None:
        self.travelling = True


def sheet(window: Any, ui: Any) -> None:
    """The sheet of the way in."""
    from cmpp_desktop.ui.pages.settings_network import NetworkSheet

    NetworkSheet(window, ui).open()


def behind_a_proxy(door: Any) -> None:
    """With a proxy and an authority that were chosen here."""
    door.known = NetworkView("http://proxy.lanternstreet.example:3128", "", AUTHORITY.authority, AUTHORITY.until)


def not_believed(door: Any) -> None:
    """The server's certificate is of somebody unknown."""
    door.status = replace(door.status, word="refused", problem="certificate_unknown", waiting=2)


def metered(door: Any) -> None:
    """Documents wait for another network."""
    door.status = replace(door.status, documents=2, documents_why="metered")


def documents_wait(door: Any) -> None:
    """The server has no room for them."""
    door.status = replace(door.status, documents=2, documents_why="over_quota")


def snapshots_known(door: Any) -> None:
    """Two collections were checked; one record of them is not as it should be."""
    door.status = replace(door.status, snapshot=SnapshotKnown("Denise Okafor", "Leon Brandt", True, NOW))
    door.seen_records = (
        LookedAt("organisation", "", 112, 0, 0, "same", "Denise Okafor", "Leon Brandt"),
        LookedAt("caseload", "Lantern Street", 2_318, 1, 0, "same", "Denise Okafor", ""),
        LookedAt("restricted", "Lantern Street", None, 0, 0, "nobody"),
    )


def kept(door: Any) -> None:
    """A file that is kept here, and the usual rule of when documents travel."""
    door.file = replace(door.file, kept=True, rule="metered")


def paid(then: Callable[[Any], object]) -> Callable[[Any], object]:
    """This network is paid by size, then what is to be seen."""

    def arrange(window: Any) -> object:
        window.ui.metered = Told()
        window.ui.metered.paid = True
        return then(window)

    return arrange
