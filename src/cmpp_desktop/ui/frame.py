"""The frame around every page: rail, top bar, footer, corner; going from page to page and back.

It knows no records: it shows who is signed in, how it stands with sending, and one page at a time. A `Changed` from the
bus reaches all pages that are open; those out of sight only remember that they are stale.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QPainter, QPaintEvent, QResizeEvent, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from cmpp_desktop.changes import Changed
from cmpp_desktop.ui import places
from cmpp_desktop.ui.messages import Message
from cmpp_desktop.ui.page import Page, Ui
from cmpp_desktop.ui.theme import end_side, is_rtl, look, start_side
from cmpp_desktop.ui.widgets import (
    Avatar,
    Banner,
    Button,
    KeyHints,
    Label,
    UndoBar,
    clicked_at_once,
    column,
    key_width,
    key_words,
    paint_key,
    row,
    rule,
)
from cmpp_desktop.words import Words
from cmpp_desktop.workspace import SyncStatus

if TYPE_CHECKING:
    from cmpp_desktop.ui.page import Undo


class RailItem(QPushButton):
    """A place in the rail: icon, words, a number. Icon only when the rail is narrow."""

    def __init__(self, icon: str, text: str) -> None:
        super().__init__(text)
        self._icon, self._count, self.narrow = icon, "", False
        self.setCheckable(True)
        self.setAutoDefault(False)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(text)
        look().changed.connect(self.updateGeometry)

    def show_count(self, count: int) -> None:
        self._count = str(count) if count else ""
        self.setAccessibleDescription(self._count)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(look().px(32), look().px("nav_item") + (look().px(4) if self.narrow else 0))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def nextCheckState(self) -> None:
        """Being here is not switched by a click: the frame says where we are."""

    def event(self, event: QEvent) -> bool:
        return clicked_at_once(self, event) or super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        current, rtl = look(), is_rtl(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        here = self.isChecked()
        if here or self.underMouse():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(current.colour("accent_tint" if here else "line"))
            painter.drawRoundedRect(self.rect(), current.radius(), current.radius())
            if here and current.mode == "high_contrast":
                bar = current.px(4)
                painter.fillRect(QRect(self.width() - bar if rtl else 0, 0, bar, self.height()), current.colour("accent"))
        side = current.px(20 if self.narrow else 16)
        x = (self.width() - side) // 2 if self.narrow else current.px(8)
        left = self.width() - x - side if rtl else x
        current.paint_icon(
            painter, left, (self.height() - side) / 2, self._icon, "accent" if here else "ink2", 20 if self.narrow else 16
        )
        if self.narrow:
            return
        inner = self.rect().adjusted(current.px(36 if not rtl else 8), 0, -current.px(8 if not rtl else 36), 0)
        start = start_side(rtl)
        stop = end_side(rtl)
        painter.setFont(current.font("body", "semibold" if here else "regular"))
        painter.setPen(current.colour("accent" if here else "ink2"))
        painter.drawText(inner, int(start | Qt.AlignmentFlag.AlignVCenter), self.text())
        painter.setFont(current.font("small", "medium"))
        painter.drawText(inner, int(stop | Qt.AlignmentFlag.AlignVCenter), self._count)


class Corner(QPushButton):
    """How it stands with sending: a shape and a word. Opens the panel."""

    TONES = {"sent": "accent", "sending": "accent", "passed_on": "accent", "on_stick": "accent", "to_stick": "accent"}  # noqa: RUF012  # read only

    def __init__(self) -> None:
        super().__init__()
        self._state, self.narrow = "sent", False
        self.setAutoDefault(False)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_state(self, state: str, text: str, spoken: str) -> None:
        self._state = state
        self.setText(text)
        self.setAccessibleName(spoken)
        self.setToolTip(spoken)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        current, rtl = look(), is_rtl(self)
        painter = QPainter(self)
        if self.underMouse():
            painter.fillRect(self.rect(), current.colour("line"))
        shape = {"passed_on": "sent", "on_stick": "sent", "to_stick": "sending"}.get(self._state, self._state)
        shape = shape if shape in ("sent", "sending", "offline", "to_settle", "set_aside") else "warning"
        tone = self.TONES.get(self._state, "amber_mark")
        side = current.px(16)
        x = (self.width() - side) // 2 if self.narrow else current.px(16)
        current.paint_icon(
            painter, self.width() - x - side if rtl else x, (self.height() - side) / 2, current.shape(shape), tone, 16
        )
        if not self.narrow:
            inner = self.rect().adjusted(current.px(40 if not rtl else 8), 0, -current.px(8 if not rtl else 40), 0)
            painter.setFont(current.font("small", "medium"))
            painter.setPen(current.colour("ink"))
            align = start_side(rtl)
            painter.drawText(inner, int(align | Qt.AlignmentFlag.AlignVCenter), self.text())


class FindBox(QPushButton):
    """Looks like a field, opens the palette."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setAutoDefault(False)
        self.setCursor(Qt.CursorShape.IBeamCursor)
        self.setShortcut(QKeySequence("Ctrl+K"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.look_changed()
        look().changed.connect(self.look_changed)

    def event(self, event: QEvent) -> bool:
        return clicked_at_once(self, event) or super().event(event)

    def look_changed(self) -> None:
        self.setFixedHeight(look().px("control"))
        self.setMaximumWidth(look().px(480))

    def sizeHint(self) -> QSize:
        return QSize(look().px(480), look().px("control"))

    def minimumSizeHint(self) -> QSize:
        return QSize(look().px(160), look().px("control"))

    def paintEvent(self, event: QPaintEvent) -> None:
        current, rtl = look(), is_rtl(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = painter.pen()
        pen.setColor(current.colour("edge"))
        pen.setWidthF(current.border("control"))
        painter.setPen(pen)
        painter.setBrush(current.colour("sheet"))
        half = pen.widthF() / 2
        painter.drawRoundedRect(self.rect().toRectF().adjusted(half, half, -half, -half), current.radius(), current.radius())
        inset, side = current.px(9), current.px(16)
        middle = (self.height() - side) / 2
        current.paint_icon(painter, self.width() - inset - side if rtl else inset, middle, "search", "ink3", 16)
        width = key_width("Ctrl+K", current)
        x = current.px(7) if rtl else self.width() - current.px(7) - width
        paint_key(painter, QRect(x, (self.height() - current.px(18)) // 2, width, current.px(18)), "Ctrl+K", current, "ink")
        start, end = current.px(33), width + current.px(16)
        inner = self.rect().adjusted(end if rtl else start, 0, -(start if rtl else end), 0)
        painter.setFont(current.font())
        painter.setPen(current.colour("ink2"))
        align = start_side(rtl)
        painter.drawText(
            inner,
            int(align | Qt.AlignmentFlag.AlignVCenter),
            painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, inner.width()),
        )


class Mark(QWidget):
    """The sign of the program, with its name beside it."""

    def __init__(self, *, with_name: bool = True) -> None:
        super().__init__()
        self.with_name = with_name
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        look().changed.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        current = look()
        name = current.px(8) + current.metrics("large", "semibold").horizontalAdvance("CMPP") if self.with_name else 0
        return QSize(current.px(24) + name, current.px(24))

    def paintEvent(self, event: QPaintEvent) -> None:
        current, rtl = look(), is_rtl(self)
        painter = QPainter(self)
        side = current.px(24)
        current.paint_icon(painter, self.width() - side if rtl else 0, 0, "cmpp-mark", "accent", 24)
        if self.with_name:
            painter.setFont(current.font("large", "semibold"))
            painter.setPen(current.colour("ink"))
            align = end_side(rtl)
            painter.drawText(self.rect(), int(align | Qt.AlignmentFlag.AlignVCenter), "CMPP")


class Frame(QWidget):
    """One for each time that somebody is signed in."""

    find_asked = Signal()
    hide_now = Signal()
    lock_now = Signal()
    all_keys = Signal()

    def __init__(self, ui: Ui, *, role: str, name: str) -> None:
        super().__init__()
        self.ui, self.words = ui, ui.words
        self._pages: dict[str, Page] = {}
        self._history: list[tuple[str, dict[str, Any]]] = []
        self._items: dict[str, RailItem] = {}
        self._status: SyncStatus | None = None
        self._undo: tuple[Undo, Callable[[Any], object] | None] | None = None
        self.narrow = False
        self._notice_stays = False
        self.stack = QStackedWidget()
        self.stack.setProperty("surface", "paper")
        self.stack.setMinimumSize(1, 1)  # pages fold where the room is narrow; they do not keep the window wide
        self._build(role, name)
        self._shortcuts()
        look().changed.connect(self._arrange)

    # --- making it --------------------------------------------------------------------------------------------------

    def _build(self, role: str, name: str) -> None:
        self.rail = QWidget()
        self.rail.setProperty("surface", "sunk")
        self.rail.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.rail.setAccessibleName(self.words("Places"))
        self._mark = Mark()
        self._mark_row = row(self._mark, None, margins=(16, 12, 8, 12))
        self._rail_items = QVBoxLayout()
        self._fill_rail(role)
        self.corner = Corner()
        self.corner.clicked.connect(lambda: self.go("sync") if places.place("sync").exists else None)
        self._corner_line = rule()
        rail = QVBoxLayout()
        rail.setContentsMargins(0, 0, 0, 0)
        rail.setSpacing(0)
        rail.addLayout(self._mark_row)
        rail.addLayout(self._rail_items)
        rail.addStretch(1)
        rail.addWidget(self._corner_line)
        rail.addWidget(self.corner)
        self.rail.setLayout(rail)
        self._top = self._top_bar(name)
        self._bottom = self._footer()
        self.notice = QVBoxLayout()
        self.notice.setContentsMargins(0, 0, 0, 0)
        right = column(self._top, rule(), self.notice, self.stack, rule(), self._bottom, gap=0)
        right.setStretch(3, 1)
        whole = row(self.rail, rule("v"), right, gap=0)
        whole.setStretch(2, 1)
        self.setLayout(whole)
        self.undo_bar = UndoBar(self.words("Undo"), self._take_back)
        self.undo_bar.setParent(self)
        self._arrange()

    def _fill_rail(self, role: str) -> None:
        for number, info in enumerate(places.in_rail(role), start=1):
            item = RailItem(info.icon, places.label(info.name, self.words))
            item.setToolTip(f"{item.text()}  {key_words(f'Ctrl+{number}')}")
            item.setShortcut(QKeySequence(f"Ctrl+{number}"))
            item.clicked.connect(lambda checked=False, name=info.name: self.go(name))
            self._items[info.name] = item
            self._rail_items.addWidget(item)

    def _top_bar(self, name: str) -> QWidget:
        bar = QWidget()
        self.find_box = FindBox(self.words("Find a participant, a screen, an action"))
        self.find_box.clicked.connect(self.find_asked)
        self.find_icon = Button("", kind="plain", icon="search", name=self.words("Find"), on=self.find_asked.emit)
        self.hide_button = Button(
            self.words("Hide"), kind="plain", icon="eye-off", key="F12", boxed_key=True, on=self.hide_now.emit
        )
        self.hide_button.setShortcut(QKeySequence())  # it shows the key; the window hears it, and two that hear it are none
        self.lock_button = Button(
            self.words("Lock"), kind="plain", icon="lock", key="Ctrl+Shift+L", boxed_key=True, on=self.lock_now.emit
        )
        self.avatar = Avatar(initials(name), self.words("{name}: your settings", name=name))
        self.avatar.clicked.connect(lambda: self.go("settings"))
        self._top_row: QHBoxLayout = row(
            self.find_box, None, self.find_icon, self.hide_button, self.lock_button, self.avatar, gap=8, margins=(24, 0, 24, 0)
        )
        bar.setLayout(self._top_row)
        return bar

    def _footer(self) -> QWidget:
        bar = QWidget()
        self.where = Label("", "small", tone="ink2")
        self.where.setAccessibleName(self.words("Where the words are"))
        self.hints = KeyHints()
        self._bottom_row: QHBoxLayout = row(self.where, None, self.hints, margins=(24, 0, 24, 0))
        bar.setLayout(self._bottom_row)
        return bar

    def _shortcuts(self) -> None:
        for key, action in (("Alt+Left", self.back), ("?", self.all_keys.emit), ("Ctrl+Z", self._take_back)):
            shortcut = QShortcut(QKeySequence(key), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(action)

    def _arrange(self) -> None:
        """Sizes that depend on the look and on how wide the window is."""
        current = look()
        self.narrow = self.width() / current.scale < 900 or current.scale >= 2
        self.rail.setFixedWidth(current.px("nav_width_narrow" if self.narrow else "nav_width") - 1)
        self._mark.with_name = not self.narrow
        side = (self.rail.width() - current.px(24)) // 2 if self.narrow else current.px(14)
        self._mark_row.setContentsMargins(side, current.px(12), side, current.px(20))
        self._mark.updateGeometry()
        margin = current.px(4 if self.narrow else 8)
        self._rail_items.setContentsMargins(margin, 0, margin, 0)
        self._rail_items.setSpacing(current.px(4))
        for item in self._items.values():
            item.narrow = self.narrow
            item.updateGeometry()
        self.corner.narrow = self.narrow
        self.corner.setFixedHeight(current.px("footer"))
        self._bottom.setFixedHeight(current.px("footer"))
        self._top.setFixedHeight(current.px("topbar") - 1)
        self.find_box.setVisible(not self.narrow)
        self.find_icon.setVisible(self.narrow)
        self.hints.setVisible(not self.narrow)
        for page in self._pages.values():
            page.narrowed(self.narrow)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()
        self._place_undo()

    # --- going about ------------------------------------------------------------------------------------------------

    @property
    def page(self) -> Page | None:
        found = self.stack.currentWidget()
        return found if isinstance(found, Page) else None

    @property
    def place(self) -> str:
        return self._history[-1][0] if self._history else ""

    def go(self, name: str, **args: Any) -> None:
        """Shows a place. Going to where one is shows it again with the new arguments and is not remembered twice."""
        self._history = [item for item in self._history if item != (name, args)][-50:]
        self._history.append((name, args))
        self._show(name, args)

    def back(self) -> None:
        """To the place before, if there is one."""
        if len(self._history) > 1:
            self._history.pop()
            name, args = self._history[-1]
            self._show(name, args)

    def _show(self, name: str, args: dict[str, Any]) -> None:
        before = self.page
        if before is not None:
            before.leave()
        if not self._notice_stays:
            self.clear_notice()
        page = self.prepare(name)
        page.stale = False
        page.show_for(**args)
        self.stack.setCurrentWidget(page)
        lit = page.rail or name
        for place, item in self._items.items():
            item.setChecked(place == lit)
        self.keys_changed()
        focus = page.first_focus()
        if focus is not None:
            focus.setFocus(Qt.FocusReason.OtherFocusReason)
        elif self.focusWidget() is None or not page.isAncestorOf(self.focusWidget() or page):
            page.setFocus(Qt.FocusReason.OtherFocusReason)

    def prepare(self, name: str) -> Page:
        """The page of a place, made now if it was not yet: before it is asked for, so that showing it is quick."""
        page = self._pages.get(name)
        if page is None:
            page = places.place(name).load()(self.ui)
            self._pages[name] = page
            self.stack.addWidget(page)
            page.title_changed.connect(self.keys_changed)
            page.narrowed(self.narrow)
        return page

    def keys_changed(self) -> None:
        page = self.page
        if page is not None:
            self.hints.show_keys((*page.keys(), ("?", self.words("all keys"))))
            page.setAccessibleName(page.title())
        self._say_where()

    def refresh(self, changed: Changed) -> None:
        """Something was committed, here or by what came in."""
        for page in list(self._pages.values()):
            page.refresh(changed)

    def reload(self) -> None:
        """Every page asks again, those out of sight when they are next seen: another day has begun."""
        for page in self._pages.values():
            if page.isVisible():
                page.reload()
            else:
                page.stale = True

    def leave(self) -> None:
        """Lets every page keep what it must keep: before locking and closing."""
        for page in self._pages.values():
            page.leave()

    # --- what is said around the page -------------------------------------------------------------------------------

    def show_count(self, place: str, count: int) -> None:
        """The number beside a place of the rail."""
        if place in self._items:
            self._items[place].show_count(count)

    def show_status(self, status: SyncStatus, now: datetime) -> None:
        """How it stands with sending: corner, footer, and the page that shows it whole."""
        self._status = status
        whole = getattr(self.page, "show_status", None)
        if whole is not None:
            whole(status)
        word = corner_word(status, self.words)
        self.corner.show_state(status.word, word, f"{word}. {where_words(status, now, self.words)}")
        self._say_where()

    def _say_where(self) -> None:
        page = self.page
        own = page.footer() if page is not None else None
        said = where_words(self._status, self.ui.now(), self.words, own) if self._status is not None else own or ""
        self.where.setText(said)
        self.where.setToolTip(said)

    def show_message(self, message: Message) -> None:
        """Across the top of the page, until it is closed or somebody goes elsewhere; what stops the work stays there too."""
        self.clear_notice()
        self._notice_stays = message.level == "stop"
        close = Button(self.words("Close"), kind="quiet", key="Alt+X", on=self.clear_notice)
        holder = QWidget()
        banner = Banner(message.happened, message.text, tone="calm" if message.ours else "amber", buttons=(close,))
        holder.setLayout(column(banner, margins=(24, 12, 24, 0)))
        self.notice.addWidget(holder)
        banner.tell(message.happened, message.text)

    def clear_notice(self) -> None:
        self._notice_stays = False
        while (item := self.notice.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()

    def say(self, text: str, undo: Undo | None, undone: Callable[[Any], object] | None) -> None:
        """The bar with Undo. Without `undo` only the words."""
        self._undo = (undo, undone) if undo is not None else None
        self.undo_bar.say(text, undo=undo is not None)
        self._place_undo()

    def _place_undo(self) -> None:
        # Over the words at the left of the footer: nowhere on the page, where it would lie on the buttons of the last step.
        covered = min(self.where.sizeHint().width(), self.where.width()) + look().px(24)  # none of the words stands out beside it
        self.undo_bar.setMinimumWidth(covered)
        self.undo_bar.adjustSize()
        room, gap = self.stack.geometry(), look().px(8)
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        left = room.right() - self.undo_bar.width() - gap if rtl else room.left() + gap
        self.undo_bar.move(left, self.height() - self.undo_bar.height() - look().px(1))

    def _take_back(self) -> None:
        """Undoes the last thing that said it could be undone."""
        if self._undo is None:
            return
        undo, undone = self._undo
        self._undo = None
        self.undo_bar.hide()

        def done(result: Any) -> None:
            if undone is not None:
                undone(result)
            self.undo_bar.say(self.words("Taken back"), undo=False)
            self._place_undo()

        if callable(undo):
            self.ui.call(undo, done, on="net", owner=self)
        else:
            self.ui.do(undo, done, owner=self)


def initials(name: str) -> str:
    """ "AM" of "Ana Marroquín"."""
    parts = [part for part in name.split() if part[:1].isalpha()]
    return (parts[0][0] + (parts[-1][0] if len(parts) > 1 else "")).upper() if parts else "?"


def corner_word(status: SyncStatus, words: Words) -> str:
    """The word in the corner."""
    if status.word == "to_settle":
        return words.plural("{n} to settle", "{n} to settle", status.conflicts)
    if status.word == "set_aside":
        return words.plural("{n} set aside", "{n} set aside", status.set_aside)
    if status.word == "to_stick":
        return words.plural("{n} for the stick", "{n} for the stick", status.waiting)
    return {
        "on_stick": words("On the stick"),
        "passed_on": words("Passed on"),
        "sent": words("Sent"),
        "sending": words("Sending"),
        "offline": words("Offline"),
        "update": words("Update needed"),
        "refused": words("Not accepted"),
    }[status.word]


def where_words(status: SyncStatus, now: datetime, words: Words, first: str | None = None) -> str:
    """Where the words are: on this laptop, and when they were or will be sent."""
    here = first or words("Every word typed here is on this laptop.")
    if status.alone is not None:
        return f"{here} {without_server(status, words)}"
    if status.waiting:
        if status.word in ("update", "refused"):
            rest = words.plural("{n} change waits.", "{n} changes wait.", status.waiting)
        elif status.word == "offline":
            rest = words.plural(
                "{n} change will be sent when you’re online.", "{n} changes will be sent when you’re online.", status.waiting
            )
        else:
            rest = words.plural("{n} change is being sent.", "{n} changes are being sent.", status.waiting)
    elif status.last_heard is not None:
        rest = words("Sent {when}.", when=words.since(status.last_heard, now))
    else:
        rest = words("Not yet in touch with the server.")
    return f"{here} {rest}"


def without_server(status: SyncStatus, words: Words) -> str:
    """Where the words are besides, in an organisation without a server."""
    if status.waiting:
        return words.plural("{n} change is on no stick yet.", "{n} changes are on no stick yet.", status.waiting)
    if status.alone is not None and status.alone.unseen:
        return words("All of it is on a stick.")
    return words("All of it is on another laptop, too.")
