"""Ctrl+K: any participant, any screen, any action, anything that was written, by a few letters.

It lies over the window; Escape or a click beside it closes it. People come from the store, the best match first; then what can
be done; then notes, sessions, documents and other records that hold the words. Actions and places are matched here,
accents and case ignored. ">" leaves only actions.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from cmpp_desktop.domain.finding import Find, Found, FoundText
from cmpp_desktop.domain.questions import Participant, ParticipantView, People, PeopleAnswer, PersonRow
from cmpp_desktop.ui import places
from cmpp_desktop.ui.bridge import Job
from cmpp_desktop.ui.overlay import Overlay
from cmpp_desktop.ui.page import Ui
from cmpp_desktop.ui.palette_rows import Action, Entry, PaletteDelegate, hide_numbers, matches
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import ROW, IconView, KeyHints, Label, ListRow, RowList, announce, column, isolate, row, rule

TEXTS_SHOWN = 6
LEAST_LETTERS = 2  # of ours, before what was written is looked through; one of other scripts may be a word
ICONS = {
    "note": "notebook-pen", "service_session": "messages-square", "attachment": "paperclip", "task": "circle-check",
    "referral": "send", "obligation": "calendar", "screening": "clipboard-list", "direct_assistance": "hand-heart",
    "goal": "target", "need": "heart-handshake", "action_step": "list-checks", "service_plan": "list-checks",
    "amendment": "file-pen", "transfer": "arrow-left-right", "disclosure": "upload", "potential_relief": "scale",
    "proceeding": "landmark", "representation": "briefcase", "application": "file-text", "order": "gavel", "appeal": "gavel",
    "household": "house",
}  # fmt: skip


class Palette(Overlay):
    """Find a participant, a screen, an action."""

    def __init__(self, window: QWidget, ui: Ui) -> None:
        super().__init__(window, ui.words("Find a participant, a screen, an action"))
        self.ui, self.words = ui, ui.words
        self._people: tuple[PersonRow, ...] = ()
        self._asked = ""
        self._shown_for: PersonRow | None = None
        self._head: list[ListRow] = []  # what is shown above the records that hold the words
        self._answered: str | None = None  # what was asked for the lines that are shown
        self._enter_waits = False
        self._texts_job: Job | None = None
        self._waiting = 0  # records that are not in the index yet
        self.field = QLineEdit()
        self.field.setProperty("bare", True)
        self.field.setProperty("own_ring", True)
        self.field.setFont(look().font("title", "regular"))
        self.field.setAccessibleName(ui.words("Find a participant, a screen, an action"))
        self.field.setPlaceholderText(ui.words("A name, a number, words of a note, an action"))
        self.field.textChanged.connect(self._ask)
        self.field.installEventFilter(self)
        self.count = Label("", "small", tone="ink2")
        self.list = RowList(ui.words("Found"), PaletteDelegate())
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.clicked.connect(lambda index: self._run(index.data(ROW)))
        self._build()
        self._ask("")

    def _build(self) -> None:
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
        if self._texts_job is not None:
            self._texts_job.cancel()  # what was typed before is not looked for any more
            self._texts_job = None
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
            rows.append(ListRow(title=self.words("Nobody is called that. Looking through what was written …"), head=True))
        self._head = [*rows, *actions, *general]
        self._show(self._head)
        self._answered = asked
        if not self._enter_waits:
            self._ask_texts()
        if self._enter_waits:
            self._enter_waits = False
            self._run(self.list.current_row())
            return
        people = self.words.plural("{n} person", "{n} people", answer.matching) if answer.matching else ""
        self.count.setText(people)
        announce(self.field, people or self.words("Nobody found"))

    def read_more(self, done: int) -> None:
        """`done` more records of other laptops were read into the index: what is shown may not be all."""
        if done and self._waiting and self._answered == self._asked:
            self._ask_texts()

    def _ask_texts(self) -> None:
        asked = self._asked
        if asked.startswith(">") or (len(asked) < LEAST_LETTERS and asked.isascii()):
            return
        question = Find(asked, self.ui.today(), limit=TEXTS_SHOWN)
        self._texts_job = self.ui.ask(question, partial(self._heard_texts, asked), lambda error: None, owner=self)

    def _heard_texts(self, asked: str, found: Found) -> None:
        """What holds the words comes below what is shown already, and moves nothing of it."""
        if asked != self._asked:
            return
        rows = [self._text_line(item) for item in found.texts]
        head = [item for item in self._head if not (item.head and len(self._head) == 1)]
        if rows:
            title = self.words("Written, the newest of more") if found.more else self.words("Written")
            rows.insert(0, ListRow(title=title, head=True))
        elif not head:
            rows.append(ListRow(title=self.words("Nobody and nothing is called that. Try fewer letters."), head=True))
        self._waiting = found.waiting
        if found.waiting:
            said = self.words("Still reading older notes: {n} of {all}", n=found.in_all - found.waiting, all=found.in_all)
            rows.append(ListRow(title=said, head=True))
        if not rows:
            return
        current = self.list.current_row()
        self.list.show_rows([*head, *rows])
        if current is None or not self.list.choose(current.id):
            self.list.choose_first()

    def _text_line(self, item: FoundText) -> ListRow:
        words = self.words
        parts = [words.code("kind", item.kind), isolate(item.participant) if item.participant else ""]
        if item.day is not None:
            parts.append(words.day(item.day, self.ui.today()))
        if item.restricted:
            parts.append(words("restricted"))
        asked = self._asked
        entry = Entry(lambda: self._open_text(item, asked), below=True)
        return ListRow(
            id=entry,
            title=words("Words that few may read") if item.restricted else hide_numbers(item.text),
            icon=ICONS.get(item.kind, "file-text"),
            what=", ".join(part for part in parts if part),
            marks=() if item.restricted else item.spans,
        )

    def _open_text(self, item: FoundText, asked: str) -> None:
        if item.kind == "service_session":
            self.ui.go("session", session_id=item.id)
        elif item.participant_id is not None:
            self.ui.go("participant", participant_id=item.participant_id, entry=(item.kind, item.id), text=asked)
        else:
            self.ui.go("today")  # a task that is about nobody

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
