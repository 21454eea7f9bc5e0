"""Widgets that every page is made of. One door: import from here."""

from cmpp_desktop.ui.widgets.badges import Badge, Tag, paint_badge
from cmpp_desktop.ui.widgets.basics import (
    IconView,
    Label,
    Painted,
    Panel,
    SectionHead,
    column,
    elided,
    heading,
    isolate,
    paint_ring,
    row,
    rule,
)
from cmpp_desktop.ui.widgets.buttons import Avatar, Button, Chip, clicked_at_once
from cmpp_desktop.ui.widgets.combo import CodeCombo
from cmpp_desktop.ui.widgets.day_time import DateField, TimeField
from cmpp_desktop.ui.widgets.digits import Digits
from cmpp_desktop.ui.widgets.fields import Field, NumberField, TextArea, TextField, focus_in
from cmpp_desktop.ui.widgets.flowing import FlowLayout, flow
from cmpp_desktop.ui.widgets.focus import FocusRing
from cmpp_desktop.ui.widgets.keys import KeyCap, key_width, key_words, paint_key
from cmpp_desktop.ui.widgets.notices import Banner, EmptyState, KeyHints, ProgressBar, ProgressRow, UndoBar, announce, scrolled
from cmpp_desktop.ui.widgets.passphrase import PassphraseField
from cmpp_desktop.ui.widgets.qr_code import QrCode
from cmpp_desktop.ui.widgets.row_delegate import RowDelegate, paint_marked
from cmpp_desktop.ui.widgets.row_model import ROW, ListRow, RowBadge, RowButton, RowModel
from cmpp_desktop.ui.widgets.rows import RowList
from cmpp_desktop.ui.widgets.searching import SearchField
from cmpp_desktop.ui.widgets.signs import Signs
from cmpp_desktop.ui.widgets.ticks import Radio, Tick, paint_radio, paint_tick

__all__ = [
    "ROW",
    "Avatar",
    "Badge",
    "Banner",
    "Button",
    "Chip",
    "CodeCombo",
    "DateField",
    "Digits",
    "EmptyState",
    "Field",
    "FlowLayout",
    "FocusRing",
    "IconView",
    "KeyCap",
    "KeyHints",
    "Label",
    "ListRow",
    "NumberField",
    "Painted",
    "Panel",
    "PassphraseField",
    "ProgressBar",
    "ProgressRow",
    "QrCode",
    "Radio",
    "RowBadge",
    "RowButton",
    "RowDelegate",
    "RowList",
    "RowModel",
    "SearchField",
    "SectionHead",
    "Signs",
    "Tag",
    "TextArea",
    "TextField",
    "Tick",
    "TimeField",
    "UndoBar",
    "announce",
    "clicked_at_once",
    "column",
    "elided",
    "flow",
    "focus_in",
    "heading",
    "isolate",
    "key_width",
    "key_words",
    "paint_badge",
    "paint_key",
    "paint_marked",
    "paint_radio",
    "paint_ring",
    "paint_tick",
    "row",
    "rule",
    "scrolled",
]
