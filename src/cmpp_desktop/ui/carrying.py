"""Documents on their way to the server: after an exchange that went well, beside everything else, and never waited for. On a
network that is paid by size they wait, where the rule of this laptop says so."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from cmpp_desktop.ui.bridge import Job
from cmpp_desktop.ui.page import Ui
from cmpp_desktop.workspace.views import DocumentsSent


class Carrying(QObject):
    """`told` says after each round what was sent, what waits and why."""

    told = Signal(object)

    def __init__(self, ui: Ui, parent: QObject) -> None:
        super().__init__(parent)
        self._ui = ui
        self._job: Job | None = None
        self._going = False  # since the last exchange that went well
        ui.metered.changed.connect(self._other_network)

    def start(self) -> None:
        """Begins, unless it is at it already."""
        self._going = True
        if self._job is None:
            door, metered = self._ui.door, self._ui.metered.now()
            self._job = self._ui.bridge.run(
                lambda step: door.carry_documents(step, metered=metered), self._over, lambda error: self._over(None),
                "documents", steps=self._step, owner=self, quiet=True,
            )  # fmt: skip

    def _other_network(self) -> None:
        """What is under way on one that is not paid by size does not go on over one that is."""
        if self._going:
            self.stop()
            self.start()

    def stop(self) -> None:
        """No further chunk: somebody locks, or the program ends. What was sent is not sent again."""
        job, self._job = self._job, None
        self._going = False
        if job is not None:
            job.cancel()

    def _step(self, done: int, total: int) -> None:
        """Only so that it can be stopped between two chunks."""

    def _over(self, sent: DocumentsSent | None) -> None:
        self._job = None
        if sent is not None:
            self.told.emit(sent)
            if sent.more:
                self.start()
