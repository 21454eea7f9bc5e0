"""Which file: asked in a window of its own while the page goes on; the answer comes later, or never.

Not Qt's static functions: those keep the caller inside their own event loop, where the page may be locked, hidden or
gone before they return. Here the dialog belongs to the page, goes when it goes, and tells the page by signal.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from cmpp_desktop.errors import KnownError

Take = Callable[[Path], object]
MAX_INVITATION = 65 * 1024 * 1024  # bytes; the directory of services and the instruments come with it


def ask_for_file(page: QWidget, title: str, kinds: str, take: Take) -> QFileDialog:
    """`take(path)` hears of a file that exists. `kinds`: "Forms (*.xlsx *.csv)"."""
    dialog = _dialog(page, title, kinds, take)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.open()
    return dialog


def ask_for_folder(page: QWidget, title: str, take: Take) -> QFileDialog:
    """`take(path)` hears of a folder that exists."""
    dialog = _dialog(page, title, "", take)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly, True)
    dialog.open()
    return dialog


def ask_where_to(page: QWidget, title: str, name: str, kinds: str, take: Take, *, suffix: str = "") -> QFileDialog:
    """`take(path)` hears where to; the person was asked before an existing file is replaced. `name` stands there at first."""
    dialog = _dialog(page, title, kinds, take)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(suffix)
    dialog.selectFile(name)
    dialog.open()
    return dialog


def _dialog(page: QWidget, title: str, kinds: str, take: Take) -> QFileDialog:
    dialog = QFileDialog(page, title, "", kinds)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

    def chosen(path: str) -> None:
        if path:
            take(Path(path))

    dialog.fileSelected.connect(chosen)
    return dialog


def among_documents(name: str) -> Path:
    """A file of this name among the person's documents: where something is saved unless they say otherwise."""
    folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation) or str(Path.home())
    return Path(folder) / name


def read_bytes(path: Path, most: int) -> bytes:
    """The file, off the window thread. At most one byte more than `most`, so that "too long" can be told. Raises
    file_unreadable."""
    try:
        with path.open("rb") as file:
            return file.read(most + 1)
    except OSError:
        raise KnownError("file_unreadable") from None


def write_private(path: Path, data: bytes) -> None:
    """Writes it for this user only, off the window thread. Raises file_not_written."""
    try:
        path.touch(mode=0o600)
        path.write_bytes(data)
    except OSError:
        raise KnownError("file_not_written") from None
