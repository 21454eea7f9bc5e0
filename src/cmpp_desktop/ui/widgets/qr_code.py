"""A QR code: black on white in every theme, because telephones read nothing else as well."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy

from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets.basics import Painted

SIDE, QUIET = 216, 4  # pixels at 100 %, its white edge included; modules of white around it


class QrCode(Painted):
    """`show_modules(rows)`, True for dark. To a screen reader it is a picture with a name; what it says stands beside it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._modules: tuple[tuple[bool, ...], ...] = ()
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)

    def show_modules(self, modules: tuple[tuple[bool, ...], ...]) -> None:
        self._modules = modules
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(look().px(SIDE), look().px(SIDE))

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._modules:
            return
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor("white"))
        # Whole pixels for each module, or edges blur and some readers fail.
        step = max(min(self.width(), self.height()) // (len(self._modules) + 2 * QUIET), 1)
        edge = (min(self.width(), self.height()) - step * len(self._modules)) // 2
        for row, modules in enumerate(self._modules):
            for column, dark in enumerate(modules):
                if dark:
                    painter.fillRect(QRectF(edge + column * step, edge + row * step, step, step), QColor("black"))
