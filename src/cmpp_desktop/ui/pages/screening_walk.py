"""The questions on the screen: one after the other, or all below each other; progress, marks, the safety banner, the note."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QScrollArea, QSizePolicy, QWidget

from cmpp_desktop.ui.page import Page
from cmpp_desktop.ui.pages.participant_model import first_name
from cmpp_desktop.ui.pages.screening_block import QuestionBlock
from cmpp_desktop.ui.pages.screening_model import Walk, label, plain
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import (
    Banner,
    Button,
    Chip,
    IconView,
    KeyCap,
    Label,
    ProgressBar,
    TextArea,
    announce,
    column,
    flow,
    row,
    rule,
    scrolled,
)


class WalkView(QWidget):
    """What the page shows of a walk. It decides nothing: `pressed(what)` says which button."""

    given = Signal(str, object)
    marked = Signal(str)
    noted = Signal(str)
    pressed = Signal(str)

    def __init__(self, page: Page) -> None:
        super().__init__()
        self._page = page
        words = self._words = page.words
        self._name = ""
        self.protocol = ""  # what the form itself says is to be done now
        self._note_ref = ""
        self._banner: Banner | None = None
        self._banner_kind = ""
        self.count = Label("", weight="semibold")
        self.section = Label("", tone="ink2")
        self.languages = Chip("", checked=True)
        self.languages.clicked.connect(lambda: self.pressed.emit("languages"))
        self._languages_label = Label(words("Languages"), tone="ink2")
        self._mode = Chip(words("All on one page"))
        self._mode.clicked.connect(lambda: self.pressed.emit("mode"))
        self.progress = ProgressBar()
        self.block = QuestionBlock(page)
        self.block.given.connect(self.given)
        self._blocks: dict[str, QuestionBlock] = {}
        self._list = column(gap=24)
        self._lists = QWidget()
        self._lists.setLayout(self._list)
        self._make_buttons()
        self._make_note()
        self._place()

    def _make_buttons(self) -> None:
        words = self._words
        self.declined = Button(words("Declined"), key="D", on=lambda: self.marked.emit("declined"))
        self.not_asked = Button(words("Not asked"), key="X", on=lambda: self.marked.emit("not_asked"))
        self.distress = Button(words("Stop: distress"), key="Z", icon="hand", on=lambda: self.marked.emit("stopped_distress"))
        self.pause = Button(words("Pause and leave"), kind="quiet", key="Esc", on=lambda: self.pressed.emit("pause"))
        self.back = Button(words("Back"), key="Shift+Return", on=lambda: self.pressed.emit("back"))
        self.next = Button(words("Next"), kind="primary", key="Return", on=lambda: self.pressed.emit("next"))

    def _make_note(self) -> None:
        words = self._words
        self.note = TextArea(lines=2)
        self.note.setFixedHeight(look().px(60))
        self.note.setAccessibleName(words("Private note"))
        self.note.textChanged.connect(lambda: self.noted.emit(self.note.toPlainText()))
        self.note_button = Button(words("Private note"), kind="quiet", icon="eye-off", key="P", on=self._open_note)
        self._note_box = QWidget()
        head = row(
            IconView("eye-off"), Label(words("Private note"), weight="medium"),
            Label(words("Never shown to the participant"), "small", tone="ink2"), None, KeyCap("P"),
        )  # fmt: skip
        self._note_box.setLayout(column(head, self.note, gap=4))

    def _place(self) -> None:
        top = row(self.count, self.section, None, self._languages_label, self.languages, self._mode, gap=12)
        self._marks = QWidget()
        self._marks.setLayout(flow(self.declined, self.not_asked, self.distress))
        buttons = row(self._marks, self.back, self.next, gap=8)
        buttons.setStretch(0, 1)
        inner = QWidget()
        inner.setLayout(
            column(
                self.block, self._lists, 8, buttons, 12, rule(), self._note_box, row(self.note_button, None, self.pause), None,
                gap=8, margins=(32, 24, 26, 16),
            )
        )  # fmt: skip
        area = scrolled(inner, self._words("Questions"))
        assert isinstance(area, QScrollArea)
        self._area = area
        head = column(top, self.progress, gap=12, margins=(32, 24, 26, 0))
        self._head = head
        whole = column(head, area, gap=0)
        whole.setStretch(1, 1)
        self.setLayout(whole)

    @property
    def scrolling(self) -> bool:
        """All questions below each other."""
        return self._mode.isChecked()

    def narrowed(self, narrow: bool) -> None:
        self._languages_label.setVisible(not narrow)

    def begin(self, participant: str) -> None:
        """Another interview."""
        self._name = first_name(participant)
        self._note_ref = ""
        self.clear_banner()
        self._drop_blocks()

    # --- showing ------------------------------------------------------------------

    def show_walk(self, walk: Walk, languages: Sequence[str], whom: Sequence[str]) -> None:
        words = self._words
        here, total = walk.position
        question = walk.current
        if question is None:
            return
        self.count.setText(words("Question {n} of {total}", n=here, total=total))
        self.section.setText(self._section(walk, question))
        self.progress.setRange(0, max(total, 1))
        self.progress.setValue(here)
        self.progress.setAccessibleName(self.count.text())
        both = words(" and ").join(words.language_name(code) for code in languages)
        self.languages.setText(both)
        self.languages.setChecked(len(languages) > 1)
        self.languages.setVisible(len(languages) > 1 or not self.languages.isChecked())
        self.block.setVisible(not self.scrolling)
        self._lists.setVisible(self.scrolling)
        if self.scrolling:
            self._show_all(walk, languages, whom)
        else:
            self._drop_blocks()
            self.block.show_notes(walk.notes_before(question), languages)
            self.block.show_question(question, languages, whom)
            self.block.say_problem(self._problem(question))
        self.back.setEnabled(here > 1 and walk.step != "alert")
        self._show_note(question)
        self._show_alert(walk, question)

    def _section(self, walk: Walk, question: Any) -> str:
        found = next((item for item in walk.interview.sections() if item.ref == question.section_ref), None)
        return plain(label(found.labels, self._words.language)) if found is not None else ""

    def _problem(self, question: Any) -> str:
        has = question.value not in (None, "", (), [])
        return self._message(question) if question.problem and has and not question.marker else ""

    def _message(self, question: Any) -> str:
        """What the form says of a wrong answer, in the caseworker's language."""
        said = plain(label(question.message, self._words.language)) if question.message else ""
        return said or self._words("This answer does not fit.")

    def _show_all(self, walk: Walk, languages: Sequence[str], whom: Sequence[str]) -> None:
        asked = walk.questions()
        if list(self._blocks) != [item.ref for item in asked]:
            self._drop_blocks()
            for item in asked:
                block = QuestionBlock(self._page)
                block.given.connect(self.given)
                self._blocks[item.ref] = block
                self._list.addWidget(block)
        for item in asked:
            self._blocks[item.ref].show_notes(walk.notes_before(item), languages)
            self._blocks[item.ref].show_question(item, languages, whom)
            self._blocks[item.ref].say_problem(self._problem(item))

    def _drop_blocks(self) -> None:
        for block in self._blocks.values():
            self._list.removeWidget(block)
            block.hide()
            block.deleteLater()
        self._blocks = {}

    def _current_block(self, ref: str) -> QuestionBlock:
        return self._blocks.get(ref, self.block) if self.scrolling else self.block

    def _show_note(self, question: Any) -> None:
        if question.ref != self._note_ref:
            self._note_ref = question.ref
            self.note.blockSignals(True)
            self.note.setPlainText(question.note or "")
            self.note.blockSignals(False)
        written = bool(question.note) or self.note.hasFocus()
        self._note_box.setVisible(written)
        self.note_button.setVisible(not written)

    def _open_note(self) -> None:
        self._note_box.show()
        self.note_button.hide()
        self.note.setFocus()

    # --- stops ------------------------------------------------------------------

    def _show_alert(self, walk: Walk, question: Any) -> None:
        alert = walk.step == "alert"
        self.next.key = "" if alert else "Return"
        self.next.enter = not alert
        self.next.set_kind("secondary" if alert or self._banner_kind == "stopped" else "primary")
        self.next.setEnabled(not alert)
        self.next.updateGeometry()
        if alert and self._banner_kind not in ("alert", "steps"):
            self._make_alert(question.ref)
        elif (not alert and self._banner_kind in ("alert", "steps")) or (
            not question.marker and self._banner_kind == "stopped"
        ):
            self.clear_banner()

    def _make_alert(self, ref: str) -> None:
        words = self._words
        supervisor = self._supervisor()
        call = words("call {name}", name=supervisor) if supervisor else words("call your supervisor")
        safe = Button(words("Safe, go on"), key="G", on=lambda: self.pressed.emit("safe"))
        steps = Button(words("Follow the steps"), kind="primary", key="Return", on=lambda: self.pressed.emit("steps"))
        text = words("Stop the questions, ask who is near, {call}. The answer is saved and a task is made.", call=call)
        if self.protocol:
            text = f"{self.protocol} {words('The answer is saved and a task is made.')}"
        self._put_banner("alert", Banner(words("Is it safe to go on?"), text, tone="danger", buttons=(safe, steps)), ref)
        announce(self, f"{words('Is it safe to go on?')} {text}")
        self._first = steps

    def show_steps(self) -> None:
        """The safe way: what to do now, one step a line; Enter pauses the interview."""
        words = self._words
        supervisor = self._supervisor() or words("your supervisor")
        said = "\n".join(
            (
                words("1. Stop the questions. Do not read the answer aloud."),
                words("2. Ask who is near, and whether {name} can speak freely.", name=self._name),
                words("3. In danger now: call 911, together, only if {name} wants it or a life is at risk.", name=self._name),
                words("4. Call {name} before you part.", name=supervisor),
                words("5. Agree how and when it is safe to reach each other again."),
            )
        )
        safe = Button(words("Safe now, go on"), key="G", on=lambda: self.pressed.emit("safe"))
        pause = Button(words("Pause here"), kind="primary", key="Return", on=lambda: self.pressed.emit("pause"))
        self._put_banner(
            "steps", Banner(words("Follow these steps"), said, tone="danger", buttons=(safe, pause)), self._note_ref
        )
        announce(self, said)
        self._first = pause
        pause.setFocus()

    def say_stopped(self) -> None:
        """Distress: the interview rests; nothing is lost."""
        words = self._words
        on = Button(words("Go on"), on=lambda: self.pressed.emit("next"))
        rest = Button(words("Pause here"), kind="primary", key="Return", on=lambda: self.pressed.emit("pause"))
        banner = Banner(
            words("Stopped. Give it time."), words("Water, air, silence, or another day. Every answer is saved."), tone="calm",
            icon="hand", buttons=(on, rest),
        )  # fmt: skip
        self._put_banner("stopped", banner, self._note_ref)
        self.next.set_kind("secondary")
        self.next.enter = False
        rest.setFocus()

    def say_blocked(self, walk: Walk) -> None:
        """Why one cannot go on."""
        question = walk.current
        if question is None:
            return
        why = walk.blocked()
        if why == "required":
            own = plain(label(question.required_message, self._words.language)) if question.required_message else ""
            text = own or self._words("An answer is needed here, or a mark: D declined, X not asked.")
        elif why == "problem":
            text = self._message(question)
        else:
            return
        self._current_block(question.ref).say_problem(text)

    def _put_banner(self, kind: str, banner: Banner, ref: str) -> None:
        self.clear_banner()
        self._banner, self._banner_kind = banner, kind
        banner.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)  # it may need more lines than it hoped
        self._current_block(ref).between.addWidget(banner)

    def clear_banner(self) -> None:
        if self._banner is not None:
            self._banner.hide()
            self._banner.deleteLater()
        self._banner, self._banner_kind = None, ""

    def _supervisor(self) -> str:
        me = self._page.ui.me
        if me is None:
            return ""
        found = [person.name for person in me.staff if person.role == "supervisor" and person.team_id == me.me.team_id]
        return first_name(found[0]) if len(found) == 1 else ""

    # --- the keyboard ------------------------------------------------------------------

    def focus(self) -> None:
        """To the answer of the question that is asked."""
        block = self._current_block(self._note_ref)
        block.focus()
        if self.scrolling:
            self._area.ensureWidgetVisible(block, 0, QFontMetrics(self.font()).height() * 4)
        else:
            self._area.verticalScrollBar().setValue(0)

    def focus_alert(self) -> None:
        """To the safe way."""
        if self._banner is not None:
            self._first.setFocus()
            self._area.ensureWidgetVisible(self._banner)

    def flush(self) -> None:
        """What is being typed becomes an answer now."""
        for block in (self.block, *self._blocks.values()):
            block.flush()
