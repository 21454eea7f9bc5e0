"""Ctrl+K: any participant, any screen, any action, by a few letters. And ? : all keys on one sheet.

Both lie over the window on a scrim; Escape or a click beside them closes them. People come from the store, the best match
first; actions and places are matched here, accents and case ignored. ">" leaves only actions.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QScrollArea, QStyleOptionViewItem, QVBoxLayout, QWidget

from cmpp_desktop.domain.questions import Participant, ParticipantView, People, PeopleAnswer, PersonRow
from cmpp_desktop.ui import places
from cmpp_desktop.ui.page import Ui
from cmpp_desktop.ui.theme import Look, look
from cmpp_desktop.ui.widgets import (
    ROW,
    KeyCap,
    KeyHints,
    Label,
    ListRow,
    RowDelegate,
    RowList,
    announce,
    column,
    isolate,
    key_width,
    key_words,
    paint_key,
    paint_marked,
    row,
    rule,
    scrolled,
)
from cmpp_desktop.words import Words

Index = QModelIndex | QPersistentModelIndex


class Overlay(QWidget):
    """Covers the window with a scrim; `sheet` is what lies on it. Gives the focus back when it closes."""

    WIDTH = 680

    def __init__(self, window: QWidget, name: str) -> None:
        super().__init__(window)
        self._window = window
        self._before: QWidget | None = window.focusWidget()
        self.setAccessibleName(name)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.sheet = QWidget(self)
        self.sheet.setAccessibleName(name)
        window.installEventFilter(self)

    def open(self) -> None:
        """Shows it over the whole window."""
        self._place()
        self.show()
        self.raise_()

    def closeEvent(self, event: Any) -> None:
        self._window.removeEventFilter(self)
        super().closeEvent(event)
        before = self._before
        try:
            if before is not None and before.isVisible():
                before.setFocus(Qt.FocusReason.OtherFocusReason)
        except RuntimeError:  # what had the focus is gone
            return

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def sheet_height(self) -> int:
        return self.sheet.sizeHint().height()

    def _place(self) -> None:
        self.setGeometry(self._window.rect())
        width = min(look().px(self.WIDTH), self.width() - look().px(32))
        top = look().px(80) if self.height() > look().px(620) else look().px(24)
        height = min(self.sheet_height(), self.height() - top - look().px(24))
        self.sheet.setGeometry((self.width() - width) // 2, top, width, height)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        elif event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            event.accept()
        else:
            super().keyPressEvent(event)

    def focusNextPrevChild(self, next: bool) -> bool:
        return True  # the keyboard stays on the sheet

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self.sheet.geometry().contains(event.position().toPoint()):
            self.close()

    def paintEvent(self, event: QPaintEvent) -> None:
        current = look()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(36, 34, 29, 71 if current.mode != "dark" else 140))
        sheet = QRectF(self.sheet.geometry())
        painter.setPen(Qt.PenStyle.NoPen)
        for reach in range(16, 0, -2):  # the only shadow of the program
            painter.setBrush(QColor(36, 34, 29, 5))
            painter.drawRoundedRect(sheet.adjusted(-reach, -reach + 8, reach, reach + 8), 8 + reach, 8 + reach)
        painter.setPen(current.colour("edge"))
        painter.setBrush(current.colour("sheet"))
        painter.drawRoundedRect(sheet.adjusted(0.5, 0.5, -0.5, -0.5), current.radius(), current.radius())


@dataclass(frozen=True)
class Action:
    """Something that can be done from anywhere. `run` gets nothing; it closes over what it needs."""

    text: str
    icon: str
    run: Callable[[], object]
    key: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Entry:
    """What a row of the palette leads to."""

    run: Callable[[], object]
    key: str = ""
    person: PersonRow | None = None
    name: str = ""


def plain(text: str) -> str:
    """Letters without accents and case, for matching the words of the program."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(letter))


def matches(text: str, asked: str) -> bool:
    """Whether every word that was asked for begins a word of the text."""
    words = plain(text).split()
    return all(any(word.startswith(part) for word in words) for part in plain(asked).split())


class PaletteDelegate(RowDelegate):
    """One line: icon, words, detail beside them, the key at the end."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        item: ListRow | None = index.data(ROW)
        return QSize(0, look().px(32 if item is not None and item.head else 40))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        item: ListRow | None = index.data(ROW)
        if item is None:
            return
        current = look()
        rtl = option.direction == Qt.LayoutDirection.RightToLeft
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = option.rect
        here = self._is_open(option.widget, index)
        if item.head:
            self._text(
                painter,
                self._at(rect, current.px(12), rect.top() + current.px(8), rect.width() - current.px(24), current.px(20), rtl),
                item.title,
                current,
                rtl,
                size="small",
                weight="semibold",
                tone="ink2",
            )
        else:
            if here:
                self._ground(painter, rect, current)
            self._line(painter, rect, item, current, rtl, here)
        painter.restore()

    @staticmethod
    def _ground(painter: QPainter, rect: QRect, current: Look) -> None:
        from cmpp_desktop.ui.widgets import paint_ring

        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(current.colour("accent_tint"))
        painter.drawRoundedRect(rect, current.radius(), current.radius())
        paint_ring(painter, rect, current)

    def _line(self, painter: QPainter, rect: QRect, item: ListRow, current: Look, rtl: bool, here: bool) -> None:
        icon = self._at(rect, current.px(12), rect.top(), current.px(16), rect.height(), rtl)
        current.paint_icon(
            painter, icon.left(), rect.top() + (rect.height() - current.px(16)) / 2, item.icon, "accent" if here else "ink2", 16
        )
        left, room = current.px(40), rect.width() - current.px(52)
        entry: Entry = item.id
        key = "Return" if here else entry.key
        if key:
            width = key_width(key, current)
            box = self._at(
                rect,
                rect.width() - current.px(12) - width,
                rect.top() + (rect.height() - current.px(18)) // 2,
                width,
                current.px(18),
                rtl,
            )
            paint_key(painter, box, key, current)
            room -= width + current.px(8)
        title = current.metrics("body", "medium" if here else None).horizontalAdvance(item.title) + current.px(6)
        box = self._at(rect, left, rect.top(), min(title, room), rect.height(), rtl)
        if item.marks:
            paint_marked(painter, box, item.title, item.marks, rtl)
        else:
            self._text(painter, box, item.title, current, rtl, weight="medium" if here else None)
        if item.what and title < room - current.px(40):
            self._text(
                painter,
                self._at(rect, left + title + current.px(8), rect.top() + 1, room - title - current.px(8), rect.height(), rtl),
                item.what,
                current,
                rtl,
                size="small",
                tone="ink2",
            )


class Palette(Overlay):
    """Find a participant, a screen, an action."""

    def __init__(self, window: QWidget, ui: Ui) -> None:
        super().__init__(window, ui.words("Find a participant, a screen, an action"))
        self.ui, self.words = ui, ui.words
        self._people: tuple[PersonRow, ...] = ()
        self._asked = ""
        self._shown_for: PersonRow | None = None
        self._answered: str | None = None  # what was asked for the lines that are shown
        self._enter_waits = False
        self.field = QLineEdit()
        self.field.setProperty("bare", True)
        self.field.setProperty("own_ring", True)
        self.field.setFont(look().font("title", "regular"))
        self.field.setAccessibleName(ui.words("Find a participant, a screen, an action"))
        self.field.setPlaceholderText(ui.words("A name, a number, a screen, an action"))
        self.field.textChanged.connect(self._ask)
        self.field.installEventFilter(self)
        self.count = Label("", "small", tone="ink2")
        self.list = RowList(ui.words("Found"), PaletteDelegate())
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.clicked.connect(lambda index: self._run(index.data(ROW)))
        self._build()
        self._ask("")

    def _build(self) -> None:
        from cmpp_desktop.ui.widgets import IconView

        top = QWidget()
        top.setLayout(row(IconView("search", "ink2", 20), self.field, self.count, gap=10, margins=(20, 8, 20, 8)))
        top.setFixedHeight(look().px(48))
        hints = KeyHints()
        hints.show_keys(
            (
                ("Up|Down", self.words("choose")),
                ("Return", self.words("open")),
                ("Tab", self.words("actions for this person")),
                (">", self.words("only actions")),
            )
        )
        escape = KeyHints()
        escape.show_keys((("Esc", self.words("close")),))
        bottom = QWidget()
        bottom.setLayout(row(hints, None, escape, margins=(20, 0, 20, 0)))
        bottom.setFixedHeight(look().px(36))
        holder = QWidget()
        holder.setLayout(column(self.list, margins=(8, 0, 8, 8)))
        layout = column(top, rule(), holder, rule(), bottom, gap=0, margins=(1, 1, 1, 1))
        layout.setStretch(2, 1)
        self.sheet.setLayout(layout)

    def open(self) -> None:
        super().open()
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def sheet_height(self) -> int:
        return look().px(530)

    # --- asking -----------------------------------------------------------------------------------------------------

    def _ask(self, text: str) -> None:
        self._asked = text.strip()
        self._shown_for = None
        self._enter_waits = False
        if self._asked.startswith(">"):
            self._heard(self._asked, PeopleAnswer((), 0, 0, 0))
        elif self._asked:
            question = People(self.ui.today(), self._asked, sort="match", limit=5)
            asked = self._asked
            self.ui.ask(
                question,
                lambda answer: self._heard(asked, answer),
                lambda error: self._heard(asked, PeopleAnswer((), 0, 0, 0)),
                owner=self,
            )
        else:
            self.ui.call(self._recent, self._heard_recent, lambda error: None, owner=self)

    def _recent(self) -> tuple[ParticipantView, ...]:
        door = self.ui.door
        return tuple(door.ask(Participant(id)) for id in door.recent_people()[:4])

    def _heard_recent(self, views: Sequence[ParticipantView]) -> None:
        if self._asked:
            return
        rows: list[ListRow] = []
        if views:
            rows.append(ListRow(title=self.words("Opened lately"), head=True))
            for view in views:
                fields = view.participant.fields
                rows.append(self._person_line(view.participant.id, fields.called, "", (), None))
        self._show(rows, self._general_rows(""))
        self._answered = ""

    def _heard(self, asked: str, answer: PeopleAnswer) -> None:
        if asked != self._asked:
            return  # an answer to what was typed before
        self._people = answer.rows
        rows: list[ListRow] = []
        if answer.rows:
            rows.append(ListRow(title=self.words("People"), head=True))
            rows += [self._person_line(item.id, item.name, self._detail(item), item.spans, item) for item in answer.rows]
        actions = self._actions_of(answer.rows[0]) if answer.rows else []
        general = self._general_rows(asked.lstrip("> "))
        if not rows and not general:
            rows.append(ListRow(title=self.words("Nobody and nothing is called that. Try fewer letters."), head=True))
        self._show(rows, actions + general)
        self._answered = asked
        if self._enter_waits:
            self._enter_waits = False
            self._run(self.list.current_row())
            return
        people = self.words.plural("{n} person", "{n} people", answer.matching) if answer.matching else ""
        self.count.setText(people)
        announce(self.field, people or self.words("Nobody found"))

    def _show(self, *groups: Sequence[ListRow]) -> None:
        self.list.show_rows([item for group in groups for item in group])
        self.list.choose_first()

    # --- rows -------------------------------------------------------------------------------------------------------

    def _detail(self, item: PersonRow) -> str:
        parts = [self.words.language_name(item.languages[0]) if item.languages else ""]
        if item.next_obligation and item.next_when is not None:
            day = self.words.day(item.next_when.day, self.ui.today())
            parts.append(f"{self.words.code('obligation_type', item.next_obligation)} {day}")
        if item.why:
            parts.insert(0, isolate(item.why))
        parts.append(isolate(f"••• {item.a_number_end}") if item.a_number_end else "")
        return ", ".join(part for part in parts if part)

    def _person_line(
        self, id: UUID, name: str, detail: str, marks: tuple[tuple[int, int], ...], person: PersonRow | None
    ) -> ListRow:
        entry = Entry(lambda: self.ui.go("participant", participant_id=id), person=person, name=name)
        return ListRow(id=entry, title=name, icon="user", what=detail, marks=marks)

    def _actions_of(self, person: PersonRow) -> list[ListRow]:
        """What can be done for this person, if the places for it are part of this version."""
        self._shown_for = person
        ui, words = self.ui, self.words
        id = person.id
        found: list[Action] = []
        if places.place("session").exists:
            found.append(Action(words("New session"), "messages-square", lambda: ui.go("session", participant_id=id), "Alt+S"))
        if places.place("participant").exists:
            found.append(
                Action(words("New note"), "notebook-pen", lambda: ui.go("participant", participant_id=id, action="note"), "Alt+N")
            )
            found.append(
                Action(
                    words("Add a hearing or check-in"),
                    "calendar-plus",
                    lambda: ui.go("participant", participant_id=id, action="obligation"),
                    "Alt+O",
                )
            )
        if places.place("screening").exists:
            found.append(
                Action(
                    words("New screening"),
                    "clipboard-list",
                    lambda: ui.go("participant", participant_id=id, action="screening"),
                    "Alt+C",
                )
            )
        if not found:
            return []
        head = ListRow(title=words("Do, for {name}", name=isolate(person.called or person.name)), head=True)
        return [head, *(self._action_row(action) for action in found)]

    def _general(self) -> list[Action]:
        ui, words, window = self.ui, self.words, self._window
        frame = getattr(window, "frame", None)
        made = [Action(*found) for found in frame.page.doings()] if frame is not None and frame.page is not None else []
        if places.place("someone_new").exists:
            made.append(Action(words("Someone new"), "user-plus", lambda: ui.go("someone_new"), "Ctrl+N"))
        made.append(Action(words("Send and receive now"), "refresh-cw", window.sync, "F5"))  # type: ignore[attr-defined]  # the Window
        if places.place("sync").exists:
            made.append(Action(places.label("sync", words), "inbox", lambda: ui.go("sync")))
        made.append(Action(words("Invite someone"), "laptop", lambda: ui.go("settings", part="laptops")))
        made.append(Action(words("Laptops"), "laptop", lambda: ui.go("settings", part="laptops")))
        made.append(Action(words("Instruments"), "clipboard-list", lambda: ui.go("settings", part="instruments")))
        made.append(Action(words("Passphrase"), "key-round", lambda: ui.go("settings", part="you")))
        made.append(Action(words("Look and language"), "contrast", lambda: ui.go("settings", part="look")))
        made.append(Action(words("Hide everything"), "eye-off", window.toggle_hidden, "F12"))  # type: ignore[attr-defined]  # the Window
        made.append(Action(words("Lock"), "lock", window.lock, "Ctrl+Shift+L"))  # type: ignore[attr-defined]  # the Window
        made.append(Action(words("All keys"), "keyboard", window.open_keys, "?"))  # type: ignore[attr-defined]  # the Window
        return made

    def _general_rows(self, asked: str) -> list[ListRow]:
        rows: list[ListRow] = []
        role = self.ui.me.me.role if self.ui.me is not None else ""
        going = [
            Action(places.label(info.name, self.words), info.icon, lambda name=info.name: self.ui.go(name), f"Ctrl+{number}")  # type: ignore[misc]  # a default keeps the name
            for number, info in enumerate(places.in_rail(role), start=1)
        ]
        for title, actions in ((self.words("Go to"), going), (self.words("Do"), self._general())):
            found = [action for action in actions if matches(action.text, asked)]
            if found:
                rows.append(ListRow(title=title, head=True))
                rows += [self._action_row(action) for action in found]
        return rows

    @staticmethod
    def _action_row(action: Action) -> ListRow:
        return ListRow(id=Entry(action.run, action.key), title=action.text, icon=action.icon, what=action.detail)

    # --- keys -------------------------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.field and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._key(event)
        return super().eventFilter(watched, event)

    def _key(self, event: QKeyEvent) -> bool:
        key = event.key()
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.list.step(1 if key == Qt.Key.Key_Down else -1)
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self.list.step(8 if key == Qt.Key.Key_PageDown else -8)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            # Somebody who types fast presses Enter before the answer is here: it means the first line of that answer,
            # never a line of what was shown for fewer letters.
            if self._answered == self._asked:
                self._run(self.list.current_row())
            else:
                self._enter_waits = True
            return True
        elif key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            self._actions_for_current()
        elif key == Qt.Key.Key_Escape:
            self.close()
        else:
            return self._person_key(event)
        current = self.list.current_row()
        if current is not None:
            announce(self.field, current.spoken)
        return True

    def _person_key(self, event: QKeyEvent) -> bool:
        """Alt and a letter does it at once for the person whose actions are shown."""
        if not event.modifiers() & Qt.KeyboardModifier.AltModifier:
            return False
        wanted = f"Alt+{chr(event.key())}" if 65 <= event.key() <= 90 else ""
        for number in range(self.list.model().rowCount()):
            item: ListRow = self.list.model().index(number, 0).data(ROW)
            if wanted and not item.head and item.id.key == wanted:
                self._run(item)
                return True
        return False

    def _actions_for_current(self) -> None:
        current = self.list.current_row()
        if current is None or current.id.person is None:
            return
        rows = self._actions_of(current.id.person)
        self._show([current], rows)
        self.list.step(1)

    def _run(self, item: ListRow | None) -> None:
        if item is None or item.head:
            return
        self._before = None
        self.close()
        item.id.run()


class AllKeys(Overlay):
    """All keys on one sheet: this page's and those that work everywhere."""

    WIDTH = 760

    def __init__(self, window: QWidget, ui: Ui, page_keys: Sequence[tuple[str, str]]) -> None:
        super().__init__(window, ui.words("All keys"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setProperty("own_ring", True)
        words = ui.words
        here = self._group(words("On this page"), page_keys or ((("Tab"), words("next field")),))
        everywhere = self._group(words("Everywhere"), frame_keys(words))
        both = row(here, everywhere, gap=48, margins=(0, 0, 16, 0))
        self._area = scrolled(both, words("All keys"))
        self._area.setMinimumHeight(look().px(120))
        self._needed = both.totalMinimumSize().height() + look().px(152)
        layout = column(
            Label(words("All keys"), "title"),
            self._area,
            Label(words("Esc closes this."), "small", tone="ink2"),
            gap=16,
            margins=(32, 24, 32, 20),
        )
        layout.setStretch(1, 1)
        self.sheet.setLayout(layout)
        spoken = ". ".join(f"{key}: {said}" for key, said in (*page_keys, *frame_keys(words)))
        self.setAccessibleDescription(spoken)

    def open(self) -> None:
        super().open()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def sheet_height(self) -> int:
        return self._needed

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows and pages scroll where the room is low."""
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 6, Qt.Key.Key_PageUp: -6}
        step = steps.get(Qt.Key(event.key()))
        if step is not None and isinstance(self._area, QScrollArea):
            bar = self._area.verticalScrollBar()
            bar.setValue(bar.value() + step * look().px(28))
            return
        super().keyPressEvent(event)

    @staticmethod
    def _group(title: str, keys: Sequence[tuple[str, str]]) -> QVBoxLayout:
        lines = []
        for key, said in keys:
            caps = row(*(KeyCap(part) for part in key.split("|")), None, gap=4)
            holder = QWidget()
            holder.setFixedWidth(look().px(112))
            holder.setLayout(caps)
            line = row(holder, Label(said, wrap=True), gap=8)
            line.setStretch(1, 1)
            lines.append(line)
        return column(Label(title, weight="semibold"), *lines, None, gap=8)


def frame_keys(words: Words) -> tuple[tuple[str, str], ...]:
    """The keys that work everywhere."""
    return (
        ("Ctrl+K", words("find anything")),
        ("Ctrl+1|…", words("places of the rail")),
        ("Alt+Left", words("back")),
        ("Ctrl+Z", words("undo")),
        ("F12", words("hide, and back")),
        ("Ctrl+Shift+L", words("lock")),
        ("Tab", words("next field")),
        ("?", words("all keys")),
    )


__all__ = ["Action", "AllKeys", "Overlay", "Palette", "frame_keys", "key_words", "matches", "plain"]
