"""The style sheet, made from the tokens: what Qt's own widgets need to look like ours. Ours paint themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cmpp_desktop.ui.theme import Look

SIZES = ("small", "body", "large", "title", "page")
TONES = ("ink", "ink2", "ink3", "accent", "amber", "brick", "danger", "on_danger", "on_accent")


def style_sheet(look: Look) -> str:
    """All rules, as one text for `QApplication.setStyleSheet`."""
    return "\n".join((_labels(look), _fields(look), _lists(look), _surfaces(look), _scrollbars(look), _popups(look)))


def _c(look: Look, name: str) -> str:
    return look.colour(name).name()


def _labels(look: Look) -> str:
    rules = [f'QLabel[tone="{tone}"] {{ color: {_c(look, tone)}; }}' for tone in TONES]
    for size in SIZES:
        font = look.font(size)  # type: ignore[arg-type]  # one of TextSize
        rules.append(f'QLabel[step="{size}"] {{ font-size: {font.pixelSize()}px; font-weight: {font.weight().value}; }}')
    rules += [
        f'QLabel[weight="{name}"] {{ font-weight: {number}; }}'
        for name, number in (("regular", 400), ("medium", 500), ("semibold", 600))
    ]
    rules.append("QLabel { background: transparent; }")
    return "\n".join(rules)


def _fields(look: Look) -> str:
    edges = round(2 * look.border("control"))
    box = (
        f"background: {_c(look, 'sheet')}; color: {_c(look, 'ink')}; border: {look.border('control'):.0f}px solid "
        f"{_c(look, 'edge')}; border-radius: {look.radius():.0f}px; selection-background-color: {_c(look, 'accent')}; "
        f"selection-color: {_c(look, 'on_accent')}; placeholder-text-color: {_c(look, 'ink3')};"
    )
    return f"""
QLineEdit {{ {box} lineedit-password-character: 8226; padding: 0 {look.px(8)}px; min-height: {look.px("control") - edges}px; }}
QLineEdit[large="true"] {{ min-height: {look.px("control_large") - edges}px; }}
QLineEdit[bare="true"] {{ background: transparent; border: none; padding: 0; }}
QTextEdit, QPlainTextEdit {{ {box} padding: {look.px(4)}px; }}
QLineEdit[bad="true"], QTextEdit[bad="true"], QPlainTextEdit[bad="true"] {{ border-color: {_c(look, "danger")}; }}
QLineEdit:disabled, QTextEdit:disabled {{ color: {_c(look, "ink3")}; background: {_c(look, "sunk")}; }}
QTextBrowser {{ background: transparent; border: none; padding: 0; }}
"""


def _lists(look: Look) -> str:
    return f"""
QAbstractItemView {{ background: transparent; border: none; outline: none; }}
QHeaderView {{ background: transparent; border: none; }}
QHeaderView::section {{ background: {_c(look, "paper")}; color: {_c(look, "ink2")}; border: none;
  border-bottom: {look.border("hairline")}px solid {_c(look, "edge")}; padding: 0 {look.px(8)}px;
  font-size: {look.font("small").pixelSize()}px; font-weight: 500; }}
QTableView {{ gridline-color: transparent; }}
"""


def _surfaces(look: Look) -> str:
    line = f"{look.border('hairline')}px solid {_c(look, 'line')}"
    return f"""
QWidget#window, QWidget[surface="paper"] {{ background: {_c(look, "paper")}; }}
QWidget[surface="sunk"] {{ background: {_c(look, "sunk")}; }}
QWidget[surface="sheet"] {{ background: {_c(look, "sheet")}; }}
QFrame[rule="h"] {{ background: {_c(look, "line")}; border: none; max-height: 1px; min-height: 1px; }}
QFrame[rule="v"] {{ background: {_c(look, "line")}; border: none; max-width: 1px; min-width: 1px; }}
QFrame[rule="head"] {{ background: {_c(look, "edge")}; border: none; max-height: 1px; min-height: 1px; }}
QFrame[panel="true"] {{ background: {_c(look, "sheet")}; border: 1px solid {_c(look, "edge")};
  border-radius: {look.radius():.0f}px; }}
QScrollArea, QScrollArea > QWidget > QWidget[surface="clear"] {{ background: transparent; border: none; }}
QSplitter::handle {{ background: {_c(look, "line")}; }}
QDialog {{ background: {_c(look, "sheet")}; }}
QToolTip {{ background: {_c(look, "sheet")}; color: {_c(look, "ink")}; border: {line}; padding: {look.px(4)}px; }}
"""


def _scrollbars(look: Look) -> str:
    width = look.px(10)
    bar = f"background: transparent; border: none; width: {width}px; height: {width}px; margin: 0;"
    thumb = f"background: {_c(look, 'edge')}; border-radius: {look.px(2)}px; margin: {look.px(3)}px; "
    return f"""
QScrollBar {{ {bar} }}
QScrollBar::handle {{ {thumb} min-height: {look.px(24)}px; min-width: {look.px(24)}px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
"""


def _popups(look: Look) -> str:
    return f"""
QMenu {{ background: {_c(look, "sheet")}; color: {_c(look, "ink")}; border: 1px solid {_c(look, "edge")};
  border-radius: {look.radius():.0f}px; padding: {look.px(4)}px; }}
QMenu::item {{ padding: {look.px(6)}px {look.px(24)}px {look.px(6)}px {look.px(12)}px; border-radius: {look.px(4)}px; }}
QMenu::item:selected {{ background: {_c(look, "accent_tint")}; color: {_c(look, "ink")}; }}
QMenu::item:disabled {{ color: {_c(look, "ink3")}; }}
QMenu::separator {{ height: 1px; background: {_c(look, "line")}; margin: {look.px(4)}px {look.px(8)}px; }}
QComboBox QAbstractItemView {{ background: {_c(look, "sheet")}; color: {_c(look, "ink")};
  border: 1px solid {_c(look, "edge")}; padding: {look.px(4)}px; }}
QComboBox QAbstractItemView::item {{ min-height: {look.px(28)}px; padding: 0 {look.px(8)}px; }}
QComboBox QAbstractItemView::item:selected {{ background: {_c(look, "accent_tint")}; color: {_c(look, "ink")}; }}
QCalendarWidget QWidget {{ background: {_c(look, "sheet")}; color: {_c(look, "ink")}; alternate-background-color:
  {_c(look, "sunk")}; }}
QCalendarWidget QAbstractItemView {{ selection-background-color: {_c(look, "accent")}; selection-color:
  {_c(look, "on_accent")}; }}
"""
