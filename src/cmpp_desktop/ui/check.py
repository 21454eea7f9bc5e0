"""A look at the window toolkit for `--selftest`: a window can be made, drawn, and a PDF shown."""

from __future__ import annotations

from PySide6.QtCore import qVersion
from PySide6.QtGui import QFontDatabase
from PySide6.QtPdf import QPdfDocument
from PySide6.QtWidgets import QApplication, QWidget

from cmpp_desktop import resources


def check_window() -> str:
    """Says what was seen. Raises RuntimeError when something is missing."""
    app = QApplication.instance() or QApplication(["cmpp"])
    font = resources.folder("fonts") / "NotoSans-Regular.ttf"
    if QFontDatabase.addApplicationFont(str(font)) < 0:
        raise RuntimeError("font")
    window = QWidget()
    window.resize(320, 200)
    window.show()
    app.processEvents()
    picture = window.grab()
    window.close()
    window.deleteLater()
    if picture.isNull() or QPdfDocument().pageCount() != 0:
        raise RuntimeError("window")
    return f"Qt {qVersion()}, drawn"
