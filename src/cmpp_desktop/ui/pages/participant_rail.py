"""Beside every tab: tasks to tick, pinned notes, and a note that saves itself while it is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from PySide6.QtCore import QObject, QRect, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QVBoxLayout, QWidget

from cmpp_desktop.domain.questions import Draft, ParticipantView
from cmpp_desktop.domain.tasks import AddTask, CompleteTask, ReopenTask, WriteNote
from cmpp_desktop.domain.work import Done
from cmpp_desktop.ui.page import Page
from cmpp_desktop.ui.pages.drafts import DraftKeeper
from cmpp_desktop.ui.pages.participant_model import Mark, TaskRow, closed_words, task_rows
from cmpp_desktop.ui.pages.session_model import count_words
from cmpp_desktop.ui.theme import Look, is_rtl, look
from cmpp_desktop.ui.widgets import (
    Badge,
    Button,
    DateField,
    Field,
    IconView,
    KeyCap,
    Label,
    ListRow,
    RowDelegate,
    TextArea,
    TextField,
    Tick,
    column,
    isolate,
    paint_badge,
    paint_tick,
    row,
    rule,
)
from cmpp_desktop.ui.widgets.streams import FittedRows, StreamRow
from cmpp_desktop.words import Words, in_one, zone_of


@dataclass(frozen=True, slots=True)
class TickRow(StreamRow):
    """A task: a box, its title (two lines at most), how it stands below."""

    ticked: bool = False
    due: Mark = Mark("")  # noqa: RUF009  # frozen


class TickDelegate(RowDelegate):
    """Paints a box before the words and the due day below them."""

    def _height(self, row: ListRow, width: int, opened: bool) -> int:
        current = look()
        lines = self._title_lines(row, width)
        below = current.line("small") if isinstance(row, TickRow) and row.due.text else 0
        return 2 * current.px(6) + current.line() * lines + below + 1

    def _title_lines(self, row: ListRow, width: int) -> int:
        current = look()
        room = QRect(0, 0, max(width - current.px(32), 40), 10_000)
        text = current.metrics("body", "medium").boundingRect(room, int(Qt.TextFlag.TextWordWrap), row.title)
        return min(max(round(text.height() / current.metrics().lineSpacing()), 1), 2)

    def _paint_row(self, painter: QPainter, rect: QRect, row: ListRow, current: Look, rtl: bool, opened: bool) -> None:
        if not isinstance(row, TickRow):
            super()._paint_row(painter, rect, row, current, rtl, opened)
            return
        y = rect.top() + current.px(6)
        side = current.px(16)
        paint_tick(painter, self._at(rect, current.px(4), y + (current.line() - side) // 2, side, side, rtl), row.ticked)
        height = current.line() * self._title_lines(row, rect.width())
        box = self._at(rect, current.px(28), y, rect.width() - current.px(32), height, rtl)
        self._text(painter, box, row.title, current, rtl, tone="ink2" if row.ticked else "ink", wrap=True)
        if row.due.text:
            area = self._at(rect, current.px(28), y + height, rect.width() - current.px(32), current.line("small"), rtl)
            if row.due.state:
                tone = Badge.TONES[row.due.state]
                paint_badge(painter, area, row.due.text, current.shape(row.due.state), tone, current, rtl)
            else:
                self._text(painter, area, row.due.text, current, rtl, size="small", tone="ink2")


class TaskList(FittedRows):
    """Space, Enter or a click on the box ticks."""

    def __init__(self, name: str, ticked: Any, parent: QObject | None = None) -> None:
        super().__init__(name, TickDelegate(parent, head_line=False, bar=False))
        self.ticked = ticked
        self.key_map[" "] = ticked
        self.opened.connect(ticked)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        line = self.current_row()
        near = self.width() - event.position().x() if is_rtl(self) else event.position().x()
        if index.isValid() and line is not None and near < look().px(28):
            self.ticked(line)


class ParticipantRail(QWidget):
    """Tasks and notes of one participant. The page tells it what the store said."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self._page = page
        self._words: Words = page.words
        self._participant: UUID | None = None
        self._rows: tuple[TaskRow, ...] = ()
        words = self._words
        self._count = Label("", tone="ink2")
        self.add_button = Button(words("Add"), kind="quiet", key="T", name=words("Add a task"), on=self.add_task)
        self.tasks = TaskList(words("Tasks"), self._tick, self)
        self.no_tasks = Label(words("Nothing to do for now."), tone="ink2", wrap=True)
        self.new_task = TextField(placeholder=words("Enter adds it, Esc leaves"))
        self.new_due = DateField(words, page.ui.today, width=150)
        self._form = QWidget()
        self._form.setLayout(
            column(
                Field(words("What is to be done?"), self.new_task),
                Field(words("By"), self.new_due, hint=words("may stay empty")),
                gap=8,
            )
        )
        self._form.hide()
        self._pinned = QWidget()
        self._pinned_box = column(gap=12)
        self._pinned.setLayout(self._pinned_box)
        self.note = TextArea(placeholder=words("Write a note. It saves itself."), lines=3)
        self._fit_note()
        self.note.textChanged.connect(self._typed)
        self._note_saved = Label("", "small", tone="ink2", wrap=True)
        self.restricted = Tick(words("Restricted"), on=self._restrict)
        who = words("Only for those who hold the restricted records.")
        self._restricted_why = Label(in_one((who, closed_words(words))), "small", tone="ink2", wrap=True)
        self._held = False
        self._keeper = DraftKeeper(page, self._pack, self._note_kept)
        self.save_note = Button(words("Keep the note"), key="Ctrl+Return", on=self.write_note)
        self.save_note.hide()
        self._note_head = Label(words("Quick note"), "large", weight="semibold")
        self._note_head.setBuddy(self.note)
        self.setLayout(self._lay_out())

    def _lay_out(self) -> QVBoxLayout:
        words = self._words
        head = row(Label(words("Tasks"), "large", weight="semibold"), self._count, None, self.add_button)
        note = row(self._note_head, None, KeyCap("Ctrl+Return"))
        return column(
            head, self._form, self.no_tasks, self.tasks, 8, rule(), 8, self._pinned, note, self.note, self.restricted,
            self._restricted_why, self.save_note, self._note_saved, None, gap=4, margins=(24, 12, 0, 16),
        )  # fmt: skip

    # --- what the store said ------------------------------------------------------------------

    def show_person(self, view: ParticipantView, zone: str) -> None:
        fresh = view.participant.id != self._participant
        if fresh:
            self._keeper.flush()
            self._participant = view.participant.id
            self._form.hide()
            self.note.blockSignals(True)
            self.note.clear()
            self.note.blockSignals(False)
            self._note_saved.setText("")
            self._held = not view.restricted_exists
            self._choose(False)
            self._show_saving()
            key, closed = self._key(False), self._key(True)
            self._keep_as(False)
            door = self._page.ui.door
            self._page.call(lambda: door.draft(closed) or door.draft(key), lambda draft: self._restore(key, draft))
        self._rows = task_rows(view.tasks, self._page.ui.today(), self._words, zone)
        self._show_tasks()
        self._show_pinned(view, zone)

    def _show_tasks(self) -> None:
        waiting = sum(1 for item in self._rows if not item.done)
        self._count.setText(str(waiting) if waiting else "")
        self.no_tasks.setVisible(not self._rows)
        self.tasks.setVisible(bool(self._rows))
        self.tasks.show_rows([self._tick_row(item) for item in self._rows])

    def _tick_row(self, item: TaskRow) -> TickRow:
        state = self._words("done") if item.done else self._words("not done")
        said = in_one((item.title, item.due.text, state))
        return TickRow(id=item.id, title=item.title, ticked=item.done, due=item.due, said=said)

    def _show_pinned(self, view: ParticipantView, zone: str) -> None:
        while (item := self._pinned_box.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._pinned.setVisible(bool(view.pinned))
        for note in view.pinned:
            at = note.fields.written_at.astimezone(zone_of(zone)).date()
            author = self._author(note.fields.author_id)
            when = self._words.short_date(at, self._page.ui.today())
            holder = QWidget()
            text = Label(note.fields.text, wrap=True, select=True)
            holder.setLayout(
                column(
                    row(IconView("pin"), Label(self._words("Pinned note"), "large", weight="semibold"), None),
                    text,
                    Label(", ".join(part for part in (isolate(author), when) if part), "small", tone="ink2"),
                    6,
                    rule(),
                    6,
                    gap=4,
                )
            )
            self._pinned_box.addWidget(holder)

    def _author(self, author_id: UUID) -> str:
        me = self._page.ui.me
        return next((person.name for person in me.staff if person.id == author_id), "") if me is not None else ""

    # --- tasks ------------------------------------------------------------------

    def _tick(self, line: ListRow) -> None:
        task = next((item for item in self._rows if item.id == line.id), None)
        if task is None:
            return
        command = ReopenTask(task.id) if task.done else CompleteTask(task.id)
        said = (
            self._words("Opened again: {task}", task=task.title) if task.done else self._words("Done: {task}", task=task.title)
        )
        self._page.do(command, lambda done: self._ticked(said, done))

    def _ticked(self, said: str, done: Done) -> None:
        self._page.ui.say(said, done.undo, lambda _: self._page.reload())
        self._page.reload()

    def add_task(self) -> None:
        """Opens the line for a new task."""
        self._form.show()
        self.new_task.setFocus()

    def _add(self) -> None:
        title = self.new_task.text().strip()
        if not title:
            self._close_form()
            return
        command = AddTask(self._participant, title, self.new_due.value())
        self._page.do(command, lambda done: self._added())

    def _added(self) -> None:
        self.new_task.clear()
        self.new_due.set_value(None)
        self._close_form()
        self._page.ui.say(self._words("Task added"))
        self._page.reload()

    def _close_form(self) -> None:
        self._form.hide()
        self.add_button.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        inside = self.new_task.hasFocus() or self.new_due.hasFocus()
        if event.key() == Qt.Key.Key_Escape and self._form.isVisible():
            self._close_form()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and inside:
            self._add()
        else:
            super().keyPressEvent(event)

    # --- the quick note ------------------------------------------------------------------

    def write(self) -> None:
        """The keyboard goes into the note."""
        self.note.setFocus()

    def write_note(self) -> None:
        """The note becomes a record."""
        text = self.note.toPlainText().strip()
        if not text or self._participant is None:
            return
        self._page.do(WriteNote(self._participant, text, restricted=self._closed()), self._written)

    def _written(self, done: Done) -> None:
        self._keeper.drop()
        self.note.blockSignals(True)
        self.note.clear()
        self.note.blockSignals(False)
        self._fit_note()
        self._choose(False)
        self._keep_as(False)
        self._show_saving()
        self._note_saved.setText("")
        self._page.ui.say(self._words("Note kept"), done.undo, lambda _: self._page.reload())
        self._page.reload()

    def keep(self) -> None:
        """Somebody goes elsewhere."""
        self._keeper.flush()

    def _fit_note(self) -> None:
        """As high as what is written, within reason."""
        lines = min(max(self.note.document().size().height(), 3), 9)  # of a plain text document: in lines
        self.note.setFixedHeight(round(lines * look().line()) + look().px(16))

    def _typed(self) -> None:
        self._fit_note()
        self._show_saving()
        self._keeper.touched()

    def _show_saving(self) -> None:
        """What can be said of a note stands there once there is one; who may not write restricted ones is not asked."""
        written = bool(self.note.toPlainText().strip())
        self.save_note.setVisible(written)
        for widget in (self.restricted, self._restricted_why):
            widget.setVisible(written and self._held)

    def _closed(self) -> bool:
        return self._held and self.restricted.isChecked()

    def _choose(self, closed: bool) -> None:
        self.restricted.blockSignals(True)
        self.restricted.setChecked(closed)
        self.restricted.blockSignals(False)

    def _restrict(self, closed: bool) -> None:
        """The draft lies where the note will: it is not seen either once the restricted records are closed to this laptop."""
        self._keeper.drop()
        self._keep_as(closed)
        self._keeper.touched()

    def _key(self, closed: bool) -> str:
        return f"{'restricted:' if closed else ''}note:{self._participant}"

    def _keep_as(self, closed: bool) -> None:
        self._keeper.keep_as(self._key(closed), self._words("Note"), self._participant)

    def _pack(self) -> tuple[bytes, int] | None:
        text = self.note.toPlainText()
        return (text.encode(), count_words(text)) if text.strip() else None

    def _note_kept(self, at: Any) -> None:
        self._note_saved.setText(self._words("Draft saved on this laptop at {time}", time=self._words.time(at)))

    def _restore(self, key: str, draft: Draft | None) -> None:
        if draft is None or key != self._keeper.key or self.note.toPlainText():
            return
        self.note.blockSignals(True)
        self.note.setPlainText(draft.body.decode("utf-8", "replace"))
        self.note.blockSignals(False)
        self._fit_note()
        closed = draft.key.startswith("restricted:")
        self._choose(closed)
        self._keep_as(closed)
        self._show_saving()
        self._note_saved.setText(self._words("You had begun this note."))
