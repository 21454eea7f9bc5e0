"""Whether the network that this computer is in is paid by size, as far as the system says so."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

SAYS_YES_ALONE = frozenset({"glib"})  # says no as well where it does not know


class Metered(QObject):
    """`now()` True, False, or None where nobody knows: no such service here, or it does not say. `changed` once it is another.

    Nothing is asked before the first `now()`: loading the system's service is not for the start of the program."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._looked = False
        self._before: bool | None = None

    def now(self) -> bool | None:
        """What the system says."""
        self._look()
        return self._ask()

    def _look(self) -> None:
        if self._looked:
            return
        self._looked = True
        from PySide6.QtNetwork import QNetworkInformation

        info = QNetworkInformation
        if info.loadBackendByName("networkmanager") or info.loadBackendByFeatures(info.Feature.Metered):
            found = QNetworkInformation.instance()
            found.isMeteredChanged.connect(self._heard)
            found.reachabilityChanged.connect(self._heard)
        self._before = self._ask()

    def _ask(self) -> bool | None:
        from PySide6.QtNetwork import QNetworkInformation

        found = QNetworkInformation.instance()
        if found is None or not found.supports(QNetworkInformation.Feature.Metered):
            return None
        if found.reachability() == QNetworkInformation.Reachability.Disconnected:
            return None  # what it said of a network that is gone
        if not found.isMetered() and found.backendName() in SAYS_YES_ALONE:
            return None
        return bool(found.isMetered())

    def _heard(self) -> None:
        now = self._ask()
        if now is not self._before:
            self._before = now
            self.changed.emit()
