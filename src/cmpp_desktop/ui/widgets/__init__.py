"""Widgets that every page is made of. One door: import from here."""

from cmpp_desktop.ui.widgets.basics import (
    Avatar,
    Badge,
    Button,
    Chip,
    FlowLayout,
    IconView,
    KeyCap,
    Label,
    Painted,
    Panel,
    SectionHead,
    Tag,
    column,
    elided,
    flow,
    heading,
    isolate,
    key_words,
    paint_badge,
    paint_key,
    paint_ring,
    row,
    rule,
)
from cmpp_desktop.ui.widgets.fields import (
    CodeCombo,
    DateField,
    Field,
    NumberField,
    PassphraseField,
    Radio,
    SearchField,
    TextArea,
    TextField,
    Tick,
    TimeField,
    focus_in,
    paint_radio,
    paint_tick,
)
from cmpp_desktop.ui.widgets.focus import FocusRing
from cmpp_desktop.ui.widgets.notices import Banner, EmptyState, KeyHints, ProgressBar, ProgressRow, UndoBar, announce, scrolled
from cmpp_desktop.ui.widgets.rows import ROW, ListRow, RowBadge, RowButton, RowDelegate, RowList, RowModel, paint_marked

__all__ = [
    "ROW", "Avatar", "Badge", "Banner", "Button", "Chip", "CodeCombo", "DateField", "EmptyState", "Field", "FlowLayout",
    "FocusRing", "IconView", "KeyCap", "KeyHints", "Label", "ListRow", "NumberField", "Painted", "Panel", "PassphraseField",
    "ProgressBar", "ProgressRow", "Radio", "RowBadge", "RowButton", "RowDelegate", "RowList", "RowModel", "SearchField",
    "SectionHead", "Tag", "TextArea", "TextField", "Tick", "TimeField", "UndoBar", "announce", "column", "elided", "flow",
    "focus_in", "heading", "isolate", "key_words", "paint_badge", "paint_key", "paint_marked", "paint_radio", "paint_ring",
    "paint_tick", "row", "rule", "scrolled",
]  # fmt: skip
