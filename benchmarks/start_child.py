"""Inside a process whose start is measured: `python -m benchmarks.start_child window PROFILE PAUSE | empty PROFILE`.

Times are of the system's monotonic clock, which the measuring process reads as well. The last line of standard output is
a JSON object: for the program, when the unlock page was painted, when Enter was pressed and when Today was painted with its
answer; for the empty window, when it was painted and when the key had been derived.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

PASSPHRASE = "lantern quarry juniper ferry 47"

if TYPE_CHECKING:
    from PySide6.QtCore import QObject
    from PySide6.QtWidgets import QWidget


def window(profile: Path, pause: float) -> None:
    """The program itself; a passphrase is entered `pause` seconds after the unlock page stands there."""
    from PySide6.QtWidgets import QApplication

    said: dict[str, float] = {}
    application = QApplication.exec

    def watched(*arguments: object) -> int:
        watch = _watcher(said, pause)  # held while the program runs
        del watch
        return application()

    QApplication.exec = watched  # type: ignore[method-assign]
    from cmpp_desktop.__main__ import main

    main(["--profile", str(profile)])
    _say(said)


def _watcher(said: dict[str, float], pause: float) -> QObject:
    """Looks at the screen every other millisecond, on the window thread."""
    from PySide6.QtCore import QEvent, QObject, QTimer
    from PySide6.QtWidgets import QApplication

    from cmpp_desktop.ui.app import Window

    class Paints(QObject):
        """Notes when a widget has been painted."""

        def __init__(self) -> None:
            super().__init__(QApplication.instance())
            self.seen: dict[int, float] = {}
            QApplication.instance().installEventFilter(self)  # type: ignore[union-attr]

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.UpdateRequest:
                QTimer.singleShot(0, self.painted)  # after the window has been painted
            return False

        def painted(self) -> None:
            found = next((one for one in QApplication.topLevelWidgets() if isinstance(one, Window)), None)
            if found is None:
                return
            now = time.monotonic()
            line = getattr(getattr(found.gate, "passphrase", None), "line", None)
            if line is not None and line.isVisible() and "gate" not in said:
                said["gate"] = now
                QTimer.singleShot(int(1000 * pause), lambda: self.enter(found, line))
            page = found.frame.page if found.frame is not None else None
            if page is not None and getattr(page, "_answer", None) is not None and "today" not in said and page.isVisible():
                said["today"] = now
                QTimer.singleShot(0, found.close)

        def enter(self, found: Window, line: QWidget) -> None:
            line.setText(PASSPHRASE)  # type: ignore[attr-defined]
            said["enter"] = time.monotonic()
            found.gate.unlock()  # type: ignore[union-attr]

    return Paints()


def empty(profile: Path) -> None:
    """What no program can do without: a window of Qt, and then the key from the passphrase at the same cost."""
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication, QWidget

    said: dict[str, float] = {}
    application = QApplication([])

    class Page(QWidget):
        """Empty."""

        def paintEvent(self, event: object) -> None:
            if "gate" not in said:
                QTimer.singleShot(0, shown)

    def shown() -> None:
        if "gate" in said:
            return
        said["gate"] = said["enter"] = time.monotonic()
        derive(profile)
        said["today"] = time.monotonic()
        application.quit()

    bare = Page()
    bare.resize(1366, 768)
    bare.show()
    application.exec()
    _say(said)


def derive(profile: Path) -> bytes:
    """Argon2id with the cost that the profile's own slot names."""
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    cost = json.loads((profile / "slots.json").read_text("utf-8"))["slots"][0]
    kdf = Argon2id(salt=bytes(16), length=32, iterations=cost["passes"], lanes=cost["lanes"], memory_cost=cost["memory_kib"])
    return kdf.derive(PASSPHRASE.encode())


def _say(said: dict[str, float]) -> None:
    print(json.dumps(said), flush=True)
    os._exit(0)


if __name__ == "__main__":
    if sys.argv[1] == "window":
        window(Path(sys.argv[2]), float(sys.argv[3]))
    else:
        empty(Path(sys.argv[2]))
