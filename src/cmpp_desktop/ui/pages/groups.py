"""A group session: who was there, by a few letters of the name and one key each; one narrative that names nobody.

Enter in the search field adds the first match as present. In the list P, L, A and E say how somebody attended, Delete takes them
out. What concerns one person alone goes into a note in that person's own file. Those held lately stand below, to be changed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar
from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from cmpp_desktop.domain.questions import Draft, GroupSessions, People, PeopleAnswer, Session, SessionView
from cmpp_desktop.domain.sessions import (
    ChangeGroupSession,
    DeleteSession,
    RecordGroupSession,
    ServiceSessionFields,
)
from cmpp_desktop.domain.work import Done
from cmpp_desktop.errors import Invalid
from cmpp_desktop.ui.messages import field_problem
from cmpp_desktop.ui.page import Page, Ui
from cmpp_desktop.ui.pages.drafts import DraftKeeper
from cmpp_desktop.ui.pages.groups_people import DRAFT_KEY, KEYS, Lately, Roster, There, asked_of_a_group, content_of, people_of
from cmpp_desktop.ui.pages.record_input import Around, Input
from cmpp_desktop.ui.pages.record_inputs import made
from cmpp_desktop.ui.pages.session_model import count_words
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import (
    Banner,
    Button,
    Field,
    Label,
    ListRow,
    RowBadge,
    SearchField,
    TextArea,
    Tick,
    announce,
    column,
    heading,
    row,
    rule,
    scrolled,
)
from cmpp_desktop.ui.widgets.streams import FittedRows, StreamDelegate, StreamRow


class GroupsPage(Page):
    """A new group session, or `show_for(session_id=…)` one that is not signed yet; what was begun is there again."""

    place = "groups"
    kinds: ClassVar[frozenset[str]] = frozenset({"-"})  # nothing that others write changes what is being typed

    def __init__(self, ui: Ui) -> None:
        super().__init__(ui)
        words = self.words
        self._people: dict[UUID, There] = {}
        self._session: UUID | None = None
        self._held: ServiceSessionFields | None = None
        self._filling = False
        self._begun = False
        self._keeper = DraftKeeper(self, self._pack, self._kept)
        self.inputs: dict[str, Input] = {}
        self.heading = heading(words("Group session"))
        self.state = Label("", "small", tone="ink2")
        self.search = SearchField(words("Who was there?"))
        self.search.asked.connect(lambda _: self._look())
        self.search.chosen.connect(self._take_current)
        self.found = FittedRows(words("Found"), StreamDelegate(lead_width=0, top=4))
        self.found.opened.connect(self._take)
        self.search.moved.connect(self.found.step)
        self.count = Label("", weight="medium")
        self.roster = Roster(words("Who was there"), self._remove)
        for letter, attendance in KEYS:
            self.roster.key_map[letter] = lambda line, attendance=attendance: self._mark(line, attendance)  # type: ignore[misc]  # a default keeps the word
        self.roster.current_changed.connect(lambda _: self._show_note())
        self.note = TextArea(lines=2)
        self.note.setMaximumHeight(look().line() * 4 + look().px(16))
        self.note.textChanged.connect(self._note_typed)
        self.note_field = Field(words("Only in this person’s own file"), self.note)
        self.names_are_words = Tick(words("The names in the text are only words"))
        self.wrong = Banner("", "")
        self.save = Button(words("Save"), kind="primary", key="Ctrl+Return", large=True, on=self._save)
        sign = words("Save and send for signature")
        self.send = Button(sign, key="Ctrl+Shift+Return", large=True, on=lambda: self._save(submit=True))
        self.delete = Button(words("Delete the session"), kind="quiet", icon="trash-2", on=self._delete)
        self.leave_button = Button(words("Leave"), kind="quiet", on=ui.back)
        self.lately = Lately(self)
        self.lately.opened.connect(self._open)
        self.empty_button = Button(words("Begin anew"), kind="quiet", on=self._begin_anew)
        self._build()

    def _build(self) -> None:
        words = self.words
        around = Around(words, self.ui.today, self.ui.now, self.ui.zone, self._touched)
        self.inputs = {item.name: made(item, around) for item in asked_of_a_group(words, self.ui.now(), self.ui.zone)}
        left, right = QWidget(), QWidget()
        left.setLayout(column(*(found.frame for found in self.inputs.values()), self.names_are_words, None, gap=16))
        right.setLayout(
            column(
                self.search, self.found, 8, self.count, rule("head"), self.roster, self.note_field, 16, self.lately, None, gap=8
            )
        )
        for widget in (self.wrong, self.names_are_words, self.note_field):
            widget.hide()
        both = row(left, right, gap=32)
        both.setStretch(0, 3)
        both.setStretch(1, 2)
        head = row(self.heading, None, self.empty_button)
        inner = QWidget()
        inner.setLayout(
            column(
                head, self.wrong, both, 4, rule(),
                row(self.state, None, self.delete, self.leave_button, self.send, self.save, gap=12), None, gap=12,
                margins=(24, 16, 24, 24),
            )
        )  # fmt: skip
        inner.setMaximumWidth(look().px(1180))
        self.setLayout(column(scrolled(inner, words("Group session"))))

    # --- what a page is -------------------------------------------------------------------------------------------------

    def title(self) -> str:
        return self.words("Group session")

    def keys(self) -> tuple[tuple[str, str], ...]:
        words = self.words
        return (
            ("Return", words("add")), ("P|L|A|E", words("how they attended")), ("Del", words("take out")),
            ("Ctrl+Return", words("save")),
        )  # fmt: skip

    def first_focus(self) -> QWidget | None:
        return self.inputs["topic"].first

    def show_for(self, **args: Any) -> None:
        session_id: UUID | None = args.get("session_id")
        self._keeper.flush()
        if session_id != self._session:
            self._session, self._held = session_id, None
            self._empty()
        key = f"{DRAFT_KEY}{session_id or ''}"
        self._keeper.keep_as(key, self.words("Group session"), None)
        there = session_id is not None
        self.heading.setText(self.words("Change the group session") if there else self.words("Group session"))
        self.empty_button.setVisible(not there)
        self.delete.setVisible(there)
        self.leave_button.setVisible(there)
        if not self._begun:
            door = self.ui.door
            if session_id is not None:
                self.ask(Session(session_id), lambda view: self._fill(view, key), self._not_there)
            else:
                self.call(lambda: door.draft(key), self._restore)
        self._show_roster()
        self._look_back()

    def _look_back(self) -> None:
        """What was held lately stands below a new one only: who changes one is there already."""
        if self._session is None:
            self.ask(GroupSessions(), self.lately.show_sessions)
        else:
            self.lately.hide()

    def _not_there(self, error: BaseException) -> None:
        self.ui.trouble(error)
        self.ui.back()

    def _fill(self, view: SessionView, key: str) -> None:
        """The record, then what was begun of changing it."""
        if view.session.id != self._session:
            return
        self._held = view.session.fields
        self._filling = True
        for name, found in self.inputs.items():
            found.show(getattr(self._held, name))
        self._people = people_of(view)
        self._filling = False
        self._show_roster()
        door = self.ui.door
        self.call(lambda: door.draft(key), self._restore)

    def _open(self, session_id: UUID, settled: bool) -> None:
        if settled:
            self.ui.go("session", session_id=session_id)
        else:
            self.ui.go("groups", session_id=session_id)

    def leave(self) -> None:
        self._keeper.flush()

    # --- who was there --------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        text = self.search.text().strip()
        if text:
            self.ask(People(self.ui.today(), text, sort="match", limit=6), lambda answer: self._show_found(text, answer))
        else:
            self.found.show_rows([])

    def _show_found(self, text: str, answer: PeopleAnswer) -> None:
        if text != self.search.text().strip():
            return
        lines = [StreamRow(id=(person.id, person.name), title=person.name, icon="user") for person in answer.rows]
        self.found.show_rows([line for line in lines if line.id[0] not in self._people])
        self.found.choose_first()

    def _take_current(self) -> None:
        line = self.found.current_row()
        if line is not None:
            self._take(line)

    def _take(self, line: ListRow) -> None:
        id, name = line.id
        self._people[id] = There(id, name)
        self.search.clear()
        self.found.show_rows([])
        self._show_roster()
        announce(self.roster, self.words("Added: {what}", what=name))
        self._touched()
        self.search.setFocus(Qt.FocusReason.OtherFocusReason)

    def _mark(self, line: ListRow, attendance: str) -> None:
        self._people[line.id] = replace(self._people[line.id], attendance=attendance)
        self._show_roster()
        self._touched()

    def _remove(self, line: ListRow) -> None:
        self._people.pop(line.id, None)
        self._show_roster()
        self._touched()

    def _show_roster(self) -> None:
        words = self.words
        self.roster.show_rows(
            [
                StreamRow(
                    id=one.id, title=one.name, icon="sticky-note" if one.note else "user",
                    badge=RowBadge(words.code("attendance", one.attendance), plain=one.attendance == "present"),
                )
                for one in self._people.values()
            ]
        )  # fmt: skip
        there = sum(one.attendance in ("present", "late") for one in self._people.values())
        self.count.setText(words.plural("{n} person was there", "{n} people were there", there))
        self._show_note()

    def _show_note(self) -> None:
        line = self.roster.current_row()
        one = self._people.get(line.id) if line is not None else None
        self.note_field.setVisible(one is not None)
        if one is not None and self.note.toPlainText() != one.note:
            self.note.blockSignals(True)
            self.note.setPlainText(one.note)
            self.note.blockSignals(False)
        if one is not None:
            self.note_field.label.setText(self.words("Only in the file of {name}", name=one.name))

    def _note_typed(self) -> None:
        line = self.roster.current_row()
        if line is not None and line.id in self._people:
            self._people[line.id] = replace(self._people[line.id], note=self.note.toPlainText())
            self._touched()

    # --- the draft ------------------------------------------------------------------------------------------------------

    def _touched(self) -> None:
        if not self._filling:
            self._begun = True
            self._keeper.touched()

    def _pack(self) -> tuple[bytes, int] | None:
        if not self._begun:
            return None
        people = [[str(one.id), one.name, one.attendance, one.note] for one in self._people.values()]
        kept = {"fields": {name: found.packed() for name, found in self.inputs.items()}, "people": people}
        return json.dumps(kept, ensure_ascii=False).encode(), count_words(self.inputs["narrative"].value())

    def _kept(self, at: Any) -> None:
        self.state.setText(self.words("Draft saved on this laptop at {time}", time=self.words.time(at)))

    def _restore(self, draft: Draft | None) -> None:
        if draft is None or self._begun:
            return
        kept = json.loads(draft.body)
        self._filling = True
        for name, packed in kept["fields"].items():
            if name in self.inputs:
                self.inputs[name].unpack(packed)
        people = (There(UUID(id), name, attendance, note) for id, name, attendance, note in kept["people"])
        self._people = {one.id: one for one in people}
        self._filling = False
        self._begun = True
        self.state.setText(self.words("You had begun this."))
        self._show_roster()

    def _empty(self) -> None:
        self._filling = True
        self._begun = False
        self._people = {}
        for found in self.inputs.values():
            found.show(found.item.default)
            found.problem("")
        self._filling = False
        self.state.setText("")
        self.wrong.hide()
        self.names_are_words.hide()

    def _begin_anew(self) -> None:
        self._empty()
        self._keeper.drop()
        self._show_roster()
        self.inputs["topic"].first.setFocus()

    # --- saving ---------------------------------------------------------------------------------------------------------

    def _save(self, *, submit: bool = False) -> None:
        values = {name: found.value() for name, found in self.inputs.items()}
        problems = {
            name: "not_valid" if found.unread() else "missing"
            for name, found in self.inputs.items()
            if found.unread() or (found.item.required and values[name] in (None, "", []))
        }
        if not self._people:
            problems["attendees"] = "missing"
        self._show_problems(problems)
        if problems:
            return
        content = content_of(values, self._people.values(), self._held)
        only_words = self.names_are_words.isChecked()
        if self._session is not None:
            self.do(ChangeGroupSession(self._session, content, only_words, submit), self._changed, self._refused)
        else:
            self.do(RecordGroupSession(content, only_words, submit), self._saved, self._refused)

    def _saved(self, done: Done) -> None:
        said = self.words.plural("In the file of {n} person", "In the files of {n} people", len(self._people))
        self._begin_anew()
        self.ui.say(said, done.undo)
        self._look_back()

    def _changed(self, done: Done) -> None:
        self._leave_it(self.words("Group session changed"), done)

    def _delete(self) -> None:
        if self._session is not None:
            self.do(DeleteSession(self._session), lambda done: self._leave_it(self.words("Session deleted"), done))

    def _leave_it(self, said: str, done: Done) -> None:
        self._keeper.drop()
        self._session, self._held = None, None
        self._empty()
        self.ui.say(said, done.undo)
        self.ui.back()

    def _refused(self, error: BaseException) -> None:
        if isinstance(error, Invalid):
            self._show_problems(error.fields)
        else:
            self.ui.trouble(error)

    def _show_problems(self, problems: Mapping[str, str]) -> None:
        said = {name: field_problem(code, self.words, field=name) for name, code in problems.items()}
        for name, found in self.inputs.items():
            found.problem(said.get(name, ""))
        if problems.get("narrative") == "names_participant":
            self.names_are_words.show()
        who = self.words("Say who was there: at least two of them, or one and others.") if "attendees" in problems else ""
        rest = " ".join(text for name, text in said.items() if name not in self.inputs and name != "attendees")
        text = " ".join(part for part in (who, rest) if part)
        self.wrong.setVisible(bool(text))
        if text:
            self.wrong.tell(self.words("This cannot be saved yet."), text)
        first = next((found for name, found in self.inputs.items() if name in said), None)
        if first is not None:
            first.first.setFocus(Qt.FocusReason.OtherFocusReason)
        elif text:
            self.search.setFocus(Qt.FocusReason.OtherFocusReason)
