"""Tokens, contrast, icons, letters; and that this build of Qt counts references as it should."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QFontDatabase
from PySide6.QtWidgets import QApplication

from cmpp_desktop import resources
from cmpp_desktop.ui.theme import Look, read_tokens

GROUNDS = {
    "paper": ("ink", "ink2", "ink3", "accent", "amber", "brick", "danger"),
    "sunk": ("ink", "ink2", "accent"),
    "sheet": ("ink", "ink2", "ink3"),
    "accent_tint": ("ink", "ink2", "ink3", "accent", "amber", "brick"),
    "amber_tint": ("ink", "ink2"),
    "danger_tint": ("ink",),
    "accent": ("on_accent",),
    "accent_hover": ("on_accent",),
    "danger_fill": ("on_danger",),
}
TEXT = [(text, ground) for ground, texts in GROUNDS.items() for text in texts]
MARKS = (
    ("edge", "sheet"),
    ("edge", "paper"),
    ("focus", "paper"),
    ("focus", "sheet"),
    ("focus", "accent_tint"),
    ("amber_mark", "paper"),
    ("brick_mark", "paper"),
)


def contrast(one: str, other: str) -> float:
    """WCAG 2.2: (L1 + 0.05) / (L2 + 0.05)."""

    def luminance(name: str) -> float:
        def part(value: float) -> float:
            return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)

        colour = QColor(name)
        return 0.2126 * part(colour.redF()) + 0.7152 * part(colour.greenF()) + 0.0722 * part(colour.blueF())

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("mode", ["light", "dark", "high_contrast"])
def test_every_text_and_mark_can_be_told_from_its_ground(mode: str) -> None:
    colours = read_tokens()[mode]["colours"]
    for text, ground in TEXT:
        assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    for mark, ground in MARKS:
        assert contrast(colours[mark], colours[ground]) >= 3.0, (mark, ground)


def test_themes_have_the_same_colours_and_every_state_has_an_icon(look: Look) -> None:
    tokens = read_tokens()
    assert set(tokens["light"]["colours"]) == set(tokens["dark"]["colours"]) == set(tokens["high_contrast"]["colours"])
    for state in tokens["state_shapes"]:
        assert (resources.folder("icons") / f"{look.shape(state)}.svg").exists(), state


def test_changing_the_look_is_told_and_drawn_icons_are_drawn_anew(look: Look) -> None:
    told: list[str] = []
    look.changed.connect(lambda: told.append(look.mode))
    first = look.pixmap("sun", "ink")
    assert look.pixmap("sun", "ink") is first
    look.choose(wish="dark", scale=2.0)
    assert told == ["dark"]
    assert look.px("control") == 64
    assert look.pixmap("sun", "ink").cacheKey() != first.cacheKey()


def test_letters_for_every_script_are_there_without_the_system(look: Look) -> None:
    assert {"Noto Sans", "Noto Sans Arabic", "Noto Sans Devanagari", "Noto Sans Ethiopic", "Noto Sans Gurmukhi"} <= set(
        QFontDatabase.families()
    )


@settings(max_examples=10)
@given(st.floats(min_value=-10, max_value=10))
def test_text_size_stays_between_100_and_200_per_cent(scale: float) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    look = Look.install(app)
    try:
        look.choose(scale=scale)
        assert 1.0 <= look.scale <= 2.0
    finally:
        look.choose(scale=1.0)


class _Sender(QObject):
    said = Signal()


def test_qt_does_not_lose_references_to_true_and_none(qapp: QApplication) -> None:
    """PySide6 6.12 on Python 3.11 lost one with every emit and every void call, until the program was aborted."""
    sender = _Sender()
    before = sys.getrefcount(True), sys.getrefcount(None)
    for _ in range(4000):
        sender.said.emit()
        sender.setObjectName("x")
    after = sys.getrefcount(True), sys.getrefcount(None)
    assert abs(after[0] - before[0]) < 200
    assert abs(after[1] - before[1]) < 200
