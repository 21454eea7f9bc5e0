"""Colours, sizes, letters and icons: everything that can be seen, from `resources/themes/tokens.json` and nowhere else.

`Look` belongs to the application (there is one, found with `look()`), as Qt's own palette does. It follows the system's
light, dark and contrast settings unless told otherwise, and says `changed` when any of it changed: what paints itself
repaints. Sizes are device-independent pixels at a text size of 100 %; `px` gives them at the size that is in force.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, cast

from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontMetrics, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QStyleFactory, QWidget

from cmpp_desktop import resources
from cmpp_desktop.ui.style_sheet import style_sheet

Mode = Literal["light", "dark", "high_contrast"]
Wish = Literal["system", "light", "dark", "high_contrast"]
TextSize = Literal["small", "body", "large", "title", "page"]
Weight = Literal["regular", "medium", "semibold"]

# Icons whose meaning is a direction: mirrored where one reads from right to left. Clocks, ticks and phones are not.
DIRECTIONAL = frozenset(
    {
        "arrow-left",
        "arrow-right",
        "chevron-left",
        "chevron-right",
        "undo-2",
        "redo-2",
        "send",
        "log-out",
        "external-link",
        "corner-down-left",
        "list-checks",
        "panel-left",
        "notebook-pen",
        "message-square-text",
        "book-open",
    }
)


def read_tokens() -> dict[str, Any]:
    """The tokens as they stand in the file."""
    path = resources.folder("themes") / "tokens.json"
    return cast(dict[str, Any], json.loads(path.read_text(encoding="utf-8")))


@lru_cache(maxsize=512)
def _svg(path: Path) -> str:
    return path.read_text(encoding="utf-8")


class Look(QObject):
    """What the program looks like now. Make one with `Look.install(app)`."""

    changed = Signal()

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self.setObjectName("look")
        self._app = app
        self._tokens = read_tokens()
        self._wish: Wish = "system"
        self._scale = 1.0
        self._mode: Mode = "light"
        self._colours: dict[str, QColor] = {}
        self._pixmaps: dict[tuple[str, str, int, float, bool], QPixmap] = {}
        self._fonts: dict[tuple[str, str], QFont] = {}

    @classmethod
    def install(cls, app: QApplication, *, wish: Wish = "system", scale: float = 1.0) -> Look:
        """Gives the application its fonts, palette, style and style sheet. Calling it again changes nothing."""
        found = app.findChild(QObject, "look")
        if isinstance(found, cls):
            return found
        made = cls(app)
        for path in sorted(resources.folder("fonts").glob("*.ttf")):
            QFontDatabase.addApplicationFont(str(path))
        app.setStyle(QStyleFactory.create("Fusion"))
        hints = app.styleHints()
        hints.colorSchemeChanged.connect(made._follow)
        hints.accessibility().contrastPreferenceChanged.connect(made._follow)
        made.choose(wish=wish, scale=scale)
        return made

    # --- what is in force -------------------------------------------------------------------------------------------

    @property
    def mode(self) -> Mode:
        return self._mode

    @property
    def wish(self) -> Wish:
        return self._wish

    @property
    def scale(self) -> float:
        """1.0 is a text size of 100 %; from 1.0 to 2.0."""
        return self._scale

    @property
    def motion_ms(self) -> int:
        """How long a movement may take: 0 where the person's system asks for none (and off screen)."""
        return 0 if self._app.platformName() == "offscreen" else int(self._tokens["motion"]["row_expand_ms"])

    def choose(self, *, wish: Wish | None = None, scale: float | None = None) -> None:
        """Another theme or text size, at once, everywhere."""
        self._wish = wish if wish is not None else self._wish
        self._scale = min(max(scale, 1.0), 2.0) if scale is not None else self._scale
        self._follow()

    def colour(self, name: str) -> QColor:
        """A colour by its meaning: paper, sunk, sheet, line, edge, ink, ink2, ink3, accent, amber, brick, danger…"""
        return self._colours[name]

    def px(self, size: float | str) -> int:
        """Pixels for a size, or for one of the named sizes of the tokens ("control", "row_two_lines", "topbar"…)."""
        value = float(self._tokens["size"][size]) if isinstance(size, str) else size
        return round(value * self._scale)

    def radius(self, name: str = "control") -> float:
        return float(self._tokens["radius"][name]) * self._scale

    def border(self, name: str) -> float:
        """Widths of lines: hairline, column_head, focus, focus_gap, current_bar, note_bar, control."""
        if name == "control":
            return 2.0 if self._mode == "high_contrast" else 1.0  # whole pixels: style sheets know no others
        if name == "focus" and self._mode == "high_contrast":
            return 3.0
        return float(self._tokens["border"][name])

    def shape(self, state: str) -> str:
        """The icon of a state: sent, sending, offline, to_settle, set_aside, overdue, soon, warning, danger, done…"""
        return str(self._tokens["state_shapes"][state])

    def font(self, size: TextSize = "body", weight: Weight | None = None) -> QFont:
        """A font at a step of the scale; titles are semibold unless said otherwise. Figures have equal width."""
        step = next(item for item in self._tokens["type"]["scale"] if item["name"] == size)
        number = self._tokens["type"]["weights"][weight] if weight else step.get("weight", 400)
        key = (size, str(number))
        if key not in self._fonts:
            font = QFont([self._tokens["type"]["family"], *self._tokens["type"]["fallbacks"]])
            font.setPixelSize(self.px(step["size"]))
            font.setWeight(QFont.Weight(number))
            font.setFeature(QFont.Tag("tnum"), 1)
            self._fonts[key] = font
        return self._fonts[key]

    def line(self, size: TextSize = "body") -> int:
        """The height of a line of text at a step of the scale."""
        step = next(item for item in self._tokens["type"]["scale"] if item["name"] == size)
        return self.px(step["line"])

    def metrics(self, size: TextSize = "body", weight: Weight | None = None) -> QFontMetrics:
        return QFontMetrics(self.font(size, weight))

    # --- icons ------------------------------------------------------------------------------------------------------

    def pixmap(self, name: str, colour: str = "ink2", size: float = 16, ratio: float | None = None) -> QPixmap:
        """An icon in a colour of the theme, `size` pixels square at 100 %, its stroke the same at any size and resolution."""
        ratio = ratio if ratio is not None else self._app.devicePixelRatio()
        rtl = self._app.layoutDirection() == Qt.LayoutDirection.RightToLeft
        key = (name, colour, self.px(size), ratio, rtl)
        if key not in self._pixmaps:
            self._pixmaps[key] = self._draw(name, self.colour(colour), self.px(size), ratio, rtl and name in DIRECTIONAL)
        return self._pixmaps[key]

    def icon(self, name: str, colour: str = "ink2", size: float = 16) -> QIcon:
        return QIcon(self.pixmap(name, colour, size))

    def paint_icon(self, painter: QPainter, x: float, y: float, name: str, colour: str = "ink2", size: float = 16) -> None:
        """Draws an icon with its top left corner at (x, y)."""
        device = painter.device()
        pixmap = self.pixmap(name, colour, size, device.devicePixelRatioF() if device else None)
        painter.drawPixmap(round(x), round(y), pixmap)

    def _draw(self, name: str, colour: QColor, size: int, ratio: float, mirrored: bool) -> QPixmap:
        path = resources.folder("icons") / f"{name}.svg"
        text = _svg(path).replace("currentColor", colour.name())
        drawn = size / self._scale  # 1.5 px from 20 px on; finer below, where it would clog
        stroke = (1.25 if drawn < 20 else 1.5) * 24 / drawn
        text = text.replace('stroke-width="1.5"', f'stroke-width="{stroke:.3f}"')
        pixmap = QPixmap(QSize(round(size * ratio), round(size * ratio)))
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if mirrored:
            painter.translate(pixmap.width(), 0)
            painter.scale(-1, 1)
        QSvgRenderer(QByteArray(text.encode())).render(painter, QRectF(0, 0, pixmap.width(), pixmap.height()))
        painter.end()
        pixmap.setDevicePixelRatio(ratio)
        return pixmap

    # --- following the system ---------------------------------------------------------------------------------------

    def _follow(self) -> None:
        self._mode = self._wish if self._wish != "system" else self._system_mode()
        colours: Mapping[str, str] = self._tokens[self._mode]["colours"]
        self._colours = {name: QColor(value) for name, value in colours.items()}
        self._pixmaps.clear()
        self._fonts.clear()
        self._app.setFont(self.font())
        self._app.setPalette(self._palette())
        self._app.setStyleSheet(style_sheet(self))
        self.changed.emit()

    def _system_mode(self) -> Mode:
        hints = self._app.styleHints()
        if hints.accessibility().contrastPreference() == Qt.ContrastPreference.HighContrast:
            return "high_contrast"
        return "dark" if hints.colorScheme() == Qt.ColorScheme.Dark else "light"

    def _palette(self) -> QPalette:
        palette = QPalette()
        role = QPalette.ColorRole
        for which, name in (
            (role.Window, "paper"),
            (role.Base, "sheet"),
            (role.AlternateBase, "sunk"),
            (role.Button, "sheet"),
            (role.Text, "ink"),
            (role.WindowText, "ink"),
            (role.ButtonText, "ink"),
            (role.PlaceholderText, "ink3"),
            (role.Highlight, "accent"),
            (role.HighlightedText, "on_accent"),
            (role.Link, "accent"),
            (role.LinkVisited, "accent"),
            (role.ToolTipBase, "sheet"),
            (role.ToolTipText, "ink"),
            (role.Mid, "line"),
            (role.Accent, "accent"),
        ):
            palette.setColor(which, self.colour(name))
        for which in (role.Text, role.WindowText, role.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, which, self.colour("ink3"))
        return palette


def look() -> Look:
    """The application's look. It must have been installed."""
    app = QApplication.instance()
    found = app.findChild(QObject, "look") if app is not None else None
    if not isinstance(found, Look):
        raise RuntimeError("Look.install(app) comes first")
    return found


def start_side(rtl: bool) -> Qt.AlignmentFlag:
    """Where painted text begins. Absolute: a painter of a mirrored widget would turn it round once more."""
    return (Qt.AlignmentFlag.AlignRight if rtl else Qt.AlignmentFlag.AlignLeft) | Qt.AlignmentFlag.AlignAbsolute


def end_side(rtl: bool) -> Qt.AlignmentFlag:
    """The other side."""
    return start_side(not rtl)


def is_rtl(widget: QWidget) -> bool:
    return widget.layoutDirection() == Qt.LayoutDirection.RightToLeft
