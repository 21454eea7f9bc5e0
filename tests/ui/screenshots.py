"""Pictures of every screen: light, dark, high contrast, Spanish, 200 %, into `build/screenshots`.

`python -m cmpp_desktop.ui.screenshots [folder]`, off screen, from the frozen samples. Nobody in them exists.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QApplication

from cmpp_desktop.ui.app import Window
from cmpp_desktop.ui.bridge import Bridge
from cmpp_desktop.ui.theme import Look, Wish
from tests.ui.samples import NOW, SampleDoor, at_first_run, at_someone_new


@dataclass(frozen=True)
class Shot:
    """One screen: its file name, how to come to it, and what is there at first."""

    name: str
    arrange: Callable[[Window], None]
    state: str = "open"
    role: str = "caseworker"


def settle(window: Window, seconds: float = 5.0) -> None:
    """Until every question is answered and everything is painted."""
    end = time.monotonic() + seconds
    quiet = 0
    while time.monotonic() < end and quiet < 3:
        QCoreApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, int(QEvent.Type.DeferredDelete.value))
        quiet = quiet + 1 if window.ui.bridge.running == 0 else 0
        time.sleep(0.005)


def _type(window: Window, text: str) -> None:
    from PySide6.QtTest import QTest

    focus = window.focusWidget()
    if focus is not None:
        QTest.keyClicks(focus, text)


def _wrong(window: Window) -> None:
    _type(window, "not this one")
    page = window.gate
    if page is not None:
        page.unlock()  # type: ignore[attr-defined]  # the unlock page


def _search(window: Window) -> None:
    window.go("people")
    settle(window)
    _type(window, "rahimi")
    time.sleep(0.1)


def _palette(window: Window) -> None:
    window.open_palette()
    settle(window)
    _type(window, "tzo")


def _first_run(step: int) -> Callable[[Window], None]:
    def arrange(window: Window) -> None:
        page = window.gate
        if page is not None:
            at_first_run(page, step)

    return arrange


def _someone_new(step: int) -> Callable[[Window], None]:
    def arrange(window: Window) -> None:
        window.go("someone_new")
        settle(window)
        assert window.frame is not None
        at_someone_new(window.frame.page, step)

    return arrange


SHOTS: tuple[Shot, ...] = (
    Shot("01-unlock", lambda window: _type(window, "correct horse"), state="locked"),
    Shot("01-unlock-wrong", _wrong, state="locked"),
    Shot("02-first-run", lambda window: None, state="new"),
    Shot("02-first-run-who", _first_run(1), state="new"),
    Shot("02-first-run-passphrase", _first_run(2), state="new"),
    Shot("02-first-run-found", _first_run(3), state="new"),
    Shot("02-first-run-kit", _first_run(4), state="new"),
    Shot("03-today", lambda window: None),
    Shot("03-today-marked", lambda window: _type(window, "a")),
    Shot("04-people", lambda window: window.go("people")),
    Shot("04-people-found", _search),
    Shot("05-someone-new-consent", _someone_new(0)),
    Shot("05-someone-new-people", _someone_new(2)),
    Shot("05-someone-new-check", _someone_new(3)),
    Shot("17-settings-look", lambda window: window.go("settings", part="look")),
    Shot("17-settings-laptops", lambda window: window.go("settings", part="laptops"), role="administrator"),
    Shot("18-palette", _palette),
    Shot("18-all-keys", lambda window: window.open_keys()),
    Shot("24-hidden", lambda window: window.toggle_hidden()),
)
VARIANTS: tuple[tuple[str, Wish, str, float], ...] = (
    ("light", "light", "en", 1.0),
    ("dark", "dark", "en", 1.0),
    ("high-contrast", "high_contrast", "en", 1.0),
    ("es", "light", "es", 1.0),
    ("200pct", "light", "en", 2.0),
)


def take(shot: Shot, folder: Path, variant: tuple[str, Wish, str, float]) -> Path:
    """Makes one picture of 1366 × 768."""
    name, wish, language, scale = variant
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    Look.install(app).choose(wish=wish, scale=scale)
    door = SampleDoor(state=shot.state, role=shot.role)  # type: ignore[arg-type]  # one of State
    if shot.name == "01-unlock-wrong":
        door.wait_seconds = 8
    bridge = Bridge()
    window = Window(door, bridge, language=language, clock=lambda: NOW, sync_seconds=0)
    window.resize(1366, 768)
    window.show()
    window.activateWindow()
    window.start()
    settle(window)
    if shot.name == "01-unlock-wrong":
        door.wait_seconds = 8
    shot.arrange(window)
    settle(window)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{shot.name}-{name}.png"
    window.grab().save(str(path))
    window.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, int(QEvent.Type.DeferredDelete.value))
    return path


def main(argv: list[str]) -> int:
    """All shots in all variants; `argv[0]` a folder, the rest names to take only those."""
    folder = Path(argv[0]) if argv else Path("build") / "screenshots"
    only = argv[1:]
    app = QApplication.instance() or QApplication(["cmpp-desktop"])
    app.setAttribute(Qt.ApplicationAttribute.AA_DontShowIconsInMenus, True)
    for variant in VARIANTS:
        for shot in SHOTS:
            if only and not any(f"{shot.name}-{variant[0]}".startswith(part) for part in only):
                continue
            print(take(shot, folder, variant))
    return 0


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    sys.exit(main(sys.argv[1:]))
