"""An interview: one question a page or all of them below each other, in two languages, answered with one key each.

Every answer is on this laptop before the next is read. An alert stops the going-on: Enter takes the safe way, and only G,
pressed on purpose, goes on. Esc pauses; whoever comes back is at the same answer.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from cmpp_desktop.domain.questions import Draft, Drafts, Instruments, Participant, ParticipantView
from cmpp_desktop.errors import KnownError
from cmpp_desktop.ui.page import Page, Ui, typing
from cmpp_desktop.ui.pages.participant_model import first_name
from cmpp_desktop.ui.pages.screening_end import ScreeningEnd
from cmpp_desktop.ui.pages.screening_keeper import InterviewKeeper
from cmpp_desktop.ui.pages.screening_model import Marker, Walk, columns, label, plain
from cmpp_desktop.ui.pages.screening_side import ScreeningSide
from cmpp_desktop.ui.pages.screening_start import ScreeningStart
from cmpp_desktop.ui.pages.screening_walk import WalkView
from cmpp_desktop.ui.widgets import row, rule
from cmpp_desktop.workspace import OpenInterview

GO_ON_MS = 0


class ScreeningPage(Page):
    """`show_for(participant_id=…)` begins (or offers what was paused); `show_for(interview_id=…)` goes on."""

    place = "screening"
    rail = "people"
    kinds: ClassVar[frozenset[str]] = frozenset({"instrument"})

    def __init__(self, ui: Ui) -> None:
        super().__init__(ui)
        self._participant: UUID | None = None
        self.held: OpenInterview | None = None
        self.walk: Walk | None = None
        self._seen: set[str] = set()
        self._saved_at: datetime | None = None
        self._task_made = False
        self._both = True
        self.keeper = InterviewKeeper(self, self._was_saved, self._alerts_came)
        self.start = ScreeningStart(self, self._begin, self._resume, self._leave_start)
        self.side = ScreeningSide(self, self._go_to)
        self.view = WalkView(self)
        self.end = ScreeningEnd(self, self._go_to, self._sign, self._back)
        self.view.given.connect(self._given)
        self.view.marked.connect(self._mark)
        self.view.noted.connect(self._noted)
        self.view.pressed.connect(self._pressed)
        self._right = QStackedWidget()
        self._right.addWidget(self.view)
        self._right.addWidget(self.end)
        self._side_line = rule("v")
        held = QWidget()
        held_row = row(self.side, self._side_line, self._right, gap=0)
        held_row.setStretch(2, 1)
        held.setLayout(held_row)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.start)
        self._stack.addWidget(held)
        self.setLayout(row(self._stack, gap=0))
        self._next = QTimer(self)
        self._next.setSingleShot(True)
        self._next.setInterval(GO_ON_MS)
        self._next.timeout.connect(self._forward)

    # --- what a page is ------------------------------------------------------------------

    def title(self) -> str:
        return self.words("Interview")

    def keys(self) -> tuple[tuple[str, str], ...]:
        words = self.words
        if self.walk is None and not self.start.has_instruments:
            return (("Esc", words("leave")),)
        if self.walk is None:
            return (("Up|Down", words("choose")), ("Return", words("begin")), ("Esc", words("leave")))
        if self.walk.step == "alert":
            return (("Return", words("follow the steps")), ("G", words("safe, go on")), ("Z", words("stop")))
        if self.walk.step == "review":
            return (("Return", words("sign and finish")), ("Shift+Return", words("back")), ("Esc", words("pause and leave")))
        question = self.walk.current
        number = min(len(question.choices), 9) if question is not None else 0
        first = ((f"1–{number}", words("answer and go on")),) if number > 1 else ()
        return (*first, ("Return", words("next")), ("Shift+Return", words("back")), ("Esc", words("pause and leave")))

    def footer(self) -> str | None:
        if self.walk is None or self._saved_at is None:
            return None
        said = self.words("Answer saved on this laptop at {time}.", time=self.words.time(self._saved_at))
        return f"{said} {self.words('A task was made.')}" if self._task_made else said

    def first_focus(self) -> QWidget | None:
        return self.start.rows if self.walk is None else None

    def show_for(self, **args: Any) -> None:
        interview_id = args.get("interview_id")
        participant_id = args.get("participant_id")
        held = self.held
        if held is not None and (held.id == interview_id or held.participant_id == participant_id):
            self._repaint()
            self.view.focus()
            return
        self._drop()
        if interview_id is not None:
            self.call(lambda: self.ui.door.resume_interview(interview_id), self._hold, self._not_there)
        elif participant_id is not None:
            self._participant = participant_id
            self.start.show_draft(None)
            self.reload()

    def reload(self) -> None:
        asked = self._participant
        if self.held is not None or asked is None:
            return
        self.ask(Instruments(), self.start.show_instruments)
        self.ask(Participant(asked), lambda view: self._show_person(asked, view))
        self.ask(Drafts(asked), lambda drafts: self._show_drafts(asked, drafts))

    def leave(self) -> None:
        self.view.flush()

    def narrowed(self, narrow: bool) -> None:
        self.side.setVisible(not narrow)
        self._side_line.setVisible(not narrow)
        self.view.narrowed(narrow)

    # --- beginning and leaving ------------------------------------------------------------------

    def _show_person(self, asked: UUID, view: ParticipantView) -> None:
        if asked == self._participant:
            self.start.show_person(view)

    def _show_drafts(self, asked: UUID, drafts: tuple[Draft, ...]) -> None:
        if asked == self._participant:
            self.start.show_draft(next((item for item in drafts if item.key.startswith("interview:")), None))

    def _begin(self, instrument_id: UUID, language: str, interpreter: str, alone: str) -> None:
        participant = self._participant
        if participant is None:
            return
        door = self.ui.door
        self.call(
            lambda: door.start_interview(participant, instrument_id, language=language, interpreter=interpreter, alone=alone),
            self._hold,
        )

    def _resume(self, draft: Draft) -> None:
        interview_id = UUID(draft.key.split(":", 1)[1])
        self.call(lambda: self.ui.door.resume_interview(interview_id), self._hold, self._not_there)

    def _hold(self, held: OpenInterview) -> None:
        self.held = held
        self._participant = held.participant_id
        self.walk = Walk(held.interview)
        self._seen = set(held.raised)
        self._saved_at = None
        self._task_made = False
        self.keeper.follow(held)
        self.end.reset()
        self.side.show_held(held, self.words.time(self.ui.now()))
        self.view.begin(held.participant)
        self._stack.setCurrentIndex(1)
        self._repaint()
        self.view.focus()

    def _not_there(self, error: BaseException) -> None:
        self.ui.trouble(error)
        self.ui.back()

    def _drop(self) -> None:
        self.view.flush()
        self.keeper.follow(None)
        self.held = None
        self.walk = None
        self._stack.setCurrentIndex(0)

    def _leave_start(self) -> None:
        if self._participant is not None:
            self.ui.go("participant", participant_id=self._participant)

    def _pause(self) -> None:
        """Everything is kept; the same answer is shown when somebody comes back."""
        participant = self._participant
        self._drop()
        self.ui.say(self.words("Paused. Every answer is on this laptop."))
        self.ui.go("participant", participant_id=participant)

    # --- the walk ------------------------------------------------------------------

    def languages(self) -> tuple[str, ...]:
        """The languages of the columns: mine, then the participant's."""
        if self.held is None:
            return (self.words.language,)
        found = columns(self.words.language, self.held.language, self.held.instrument.languages)
        return found if self._both else found[:1]

    def whom(self) -> tuple[str, ...]:
        """ "English, for you", "Español, for Kenia"."""
        if self.held is None:
            return ("",)
        names = [self.words.language_name(code) for code in self.languages()]
        if len(names) == 1:
            return ("",)
        other = self.words("{language}, for {name}", language=names[1], name=first_name(self.held.participant))
        return (self.words("{language}, for you", language=names[0]), other)

    def toggle_languages(self, both: bool) -> None:
        self._both = both
        self._repaint()
        self.view.focus()

    def _repaint(self) -> None:
        walk, held = self.walk, self.held
        if walk is None or held is None:
            return
        self._right.setCurrentWidget(self.end if walk.step == "review" else self.view)
        question = walk.current
        section = question.section_ref if question is not None and walk.step != "review" else ""
        self.side.show_sections(tuple(held.interview.sections()), section, self.words.language)
        if walk.step == "review":
            me = self.ui.me.me.name if self.ui.me else ""
            self.end.show_walk(walk, self.words.language, me)
        else:
            self.view.show_walk(walk, self.languages(), self.whom())
        self.title_changed.emit()

    def _given(self, ref: str, value: Any) -> None:
        """An answer, from a key, a click, or what was typed."""
        walk = self.walk
        if walk is None or self.held is None:
            return
        question = self.held.interview.question(ref)
        here = walk.current is not None and walk.current.ref == ref
        if not here and walk.step == "question" and self.view.scrolling:
            walk.go_to(ref)
            here = True
        self.keeper.touched(walk.answer(value, ref))
        alerts = self._new_alerts()
        if alerts:
            walk.raise_alert(alerts[0])
        self._repaint()
        if walk.step == "alert":
            self.view.focus_alert()
        elif here and question.type == "select_one":
            self._next.start()

    def _new_alerts(self) -> list[str]:
        """Alerts that no answer had raised before, by name."""
        if self.held is None:
            return []
        fresh = [item for item in self.held.interview.outcome().alerts if item.name not in self._seen]
        self._seen.update(item.name for item in fresh)
        if fresh:
            self.view.protocol = plain(label(fresh[0].texts, self.words.language)) if fresh[0].texts else ""
        return [item.name for item in fresh]

    def _was_saved(self, at: datetime) -> None:
        self._saved_at = at
        self.title_changed.emit()

    def _alerts_came(self, names: tuple[str, ...]) -> None:
        self._task_made = True
        if self.walk is not None:
            fresh = [name for name in names if name not in self._seen]
            self._seen.update(names)
            if fresh:
                self.walk.raise_alert(fresh[0])
                self._repaint()
                self.view.focus_alert()
        self.title_changed.emit()

    def _mark(self, marker: Marker) -> None:
        walk = self.walk
        if walk is None or walk.current is None or walk.step == "review":
            return
        self.view.flush()
        stopping = marker == "stopped_distress" and walk.current.marker != marker
        taken_away = walk.current.marker == marker
        self.keeper.touched(walk.mark(marker))
        if stopping and self.held is not None:
            self.held.stops += 1
        if walk.step == "alert" or stopping:
            self._repaint()
            self.view.say_stopped() if stopping else self.view.focus()
        elif taken_away:
            self._repaint()
        else:
            self._forward()

    def _noted(self, text: str) -> None:
        if self.walk is not None and self.walk.current is not None and self.held is not None:
            self.held.interview.note(self.walk.current.ref, text)
            self.keeper.touched()

    def _forward(self) -> None:
        walk = self.walk
        if walk is None:
            return
        self.view.flush()
        if walk.forward():
            self._repaint()
            if walk.step == "review":
                self.end.first_focus().setFocus()
                self.keeper.touched()
            else:
                self.keeper.touched()
                self.view.focus()
        else:
            self._repaint()
            self.view.say_blocked(walk)

    def _back(self) -> None:
        if self.walk is not None:
            self.view.flush()
            if self.walk.back():
                self.keeper.touched()
                self._repaint()
                self.view.focus()

    def _go_to(self, ref: str) -> None:
        if self.walk is not None and self.walk.step != "alert":
            self.view.flush()
            self.walk.go_to(ref)
            self.keeper.touched()
            self._repaint()
            self.view.focus()

    def _pressed(self, what: str) -> None:
        """A button of the walk: next, back, pause, safe, steps, languages."""
        if what == "next":
            self._forward()
        elif what == "back":
            self._back()
        elif what == "pause":
            self._pause()
        elif what == "steps":
            self.view.show_steps()
        elif what == "languages":
            self.toggle_languages(not self._both)
        elif what == "safe" and self.walk is not None:
            self.walk.settle_alert()
            self._repaint()
            self._forward()
        elif what == "mode":
            self._repaint()
            self.view.focus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Numbers pick; everything else is a button's key."""
        walk = self.walk
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        text = event.text()
        if walk is not None and walk.step == "question" and plain and not typing() and text.isascii() and text.isdigit():
            value = walk.choose(int(text))
            if value is not None and walk.current is not None:
                self._given(walk.current.ref, value)
            return
        super().keyPressEvent(event)

    # --- the end ------------------------------------------------------------------

    def _sign(self, typed: str, strokes: tuple[tuple[int, ...], ...]) -> None:
        held = self.held
        if held is not None:
            door = self.ui.door
            self.call(
                lambda: door.finish_interview(held, signature=strokes, typed=typed, origin=self.origin),
                self._signed,
                self._refused,
            )

    def _signed(self, done: Any) -> None:
        participant = self._participant
        self.keeper.follow(None)
        self.held = None
        self.walk = None
        self._stack.setCurrentIndex(0)
        self.ui.say(self.words("Signed. It cannot be changed any more, only added to."))
        self.ui.go("participant", participant_id=participant, tab="screenings")

    def _refused(self, error: BaseException) -> None:
        self.end.refused()
        if isinstance(error, KnownError) and error.code == "interview_incomplete":
            self._repaint()
            self.end.need.show()
        else:
            self.ui.trouble(error)
