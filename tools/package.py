"""Builds the frozen program for this platform into build/package/cmpp-desktop, and has it test itself.

    python tools/package.py

The self-test runs in the folder's own program, with a new home, no display, and nothing of this environment's Python.
Exit status 0 only when the build and every line of the self-test are well.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "build" / "package"
SELFTEST_SECONDS = 300


def make_icon() -> None:
    """Draws the program's icon in the form that Windows or macOS wants; Linux takes the SVG."""
    form = {"win32": "ico", "darwin": "icns"}.get(sys.platform)
    if form is None:
        return
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from PIL import Image
    from PySide6.QtGui import QGuiApplication, QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    application = QGuiApplication([])
    image = QImage(1024, 1024, QImage.Format.Format_RGBA8888)
    image.fill(0)
    painter = QPainter(image)
    QSvgRenderer(str(ROOT / "resources/icons/cmpp.svg")).render(painter)
    painter.end()
    folder = ROOT / "build" / "icon"
    folder.mkdir(parents=True, exist_ok=True)
    Image.frombytes("RGBA", (1024, 1024), bytes(image.constBits())).save(folder / f"cmpp.{form}")
    application.quit()


def build() -> None:
    work = ROOT / "build" / "pyinstaller"
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "ERROR"]
    command += ["--distpath", str(TARGET), "--workpath", str(work), str(ROOT / "installers/cmpp-desktop.spec")]
    if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
        raise SystemExit("the build failed (above)")


def program() -> Path:
    name = {"win32": "cmpp-desktop-cli.exe"}.get(sys.platform, "cmpp-desktop")
    return TARGET / "cmpp-desktop" / name


def selftest() -> int:
    with tempfile.TemporaryDirectory(prefix="cmpp-selftest-") as home:
        kept = ("PATH", "LANG", "SYSTEMROOT", "TEMP", "TMP")
        environment = {name: os.environ[name] for name in kept if name in os.environ}
        environment |= {"HOME": home, "USERPROFILE": home, "QT_QPA_PLATFORM": "offscreen"}
        command = [str(program()), "--selftest"]
        return subprocess.run(command, cwd=home, env=environment, check=False, timeout=SELFTEST_SECONDS).returncode


def main() -> int:
    make_icon()
    build()
    size = sum(file.stat().st_size for file in TARGET.rglob("*") if file.is_file() and not file.is_symlink())
    print(f"built {program().relative_to(ROOT)}: {size / 1e6:.0f} MB", flush=True)
    status = selftest()
    print("self-test of the frozen program:", "ok" if status == 0 else f"FAILED (exit status {status})")
    return 1 if status else 0


if __name__ == "__main__":
    sys.exit(main())
