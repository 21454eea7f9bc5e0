"""What waits for a signature: the queue, the note as it was submitted, what was looked at for you, and a comment.

Signing signs exactly what is on the screen (its hash goes with the command) and opens the next. Nothing here can be taken
back: a signature is one.
"""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from cmpp_desktop.domain.questions import (
    Participant,
    ParticipantView,
    ReviewItem,
    ReviewQueue,
    Session,
    SessionView,
    Timeline,
    TimelineAnswer,
)
from cmpp_desktop.domain.reviews import ReturnForChanges, SignDocument
from cmpp_desktop.errors import CmppError
from cmpp_desktop.ui.page import Page, Ui
from cmpp_desktop.ui.pages.participant_model import entry_row, first_name
from cmpp_desktop.ui.pages.review_model import about, checks, queue_rows
from cmpp_desktop.ui.pages.rows_of import queue_row
from cmpp_desktop.ui.pages.session_signed import Reading, narrative_html
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import (
    Banner,
    Button,
    EmptyState,
    Field,
    IconView,
    Label,
    ListRow,
    RowList,
    TextArea,
    column,
    heading,
    row,
    rule,
    scrolled,
)
from cmpp_desktop.ui.widgets.streams import StreamDelegate


class ReviewPage(Page):
    """`show_for()`; `show_for(session_id=…)` opens that one."""

    place = "review"
    kinds: ClassVar[frozenset[str]] = frozenset({"service_session", "review", "attendance", "signed", "consent", "obligation"})

    def __init__(self, ui: Ui) -> None:
        super().__init__(ui)
        self._items: tuple[ReviewItem, ...] = ()
        self._current: ReviewItem | None = None
        self._document: SessionView | None = None
        self._wanted: UUID | None = None
        self._busy = False
        words = self.words
        self.title_label = heading(words("Review"))
        self.count = Label("", tone="ink2")
        self.rows = RowList(words("Waiting for your signature"), StreamDelegate(top=8, head_line=False))
        self.rows.current_changed.connect(self._chosen)
        self.rows.opened.connect(self._to_comment)
        self.person = Label("", "title")
        self.place_words = Label("", tone="ink2")
        self.about = Label("", tone="ink2", wrap=True)
        self.reading = Reading(words("The note"))
        self.facts = Label("", tone="ink2", wrap=True)
        self.earlier_comment = Banner("", "", tone="calm", icon="undo-2")
        self.earlier_comment.hide()
        self.comment = TextArea(lines=2)
        self.comment.setFixedHeight(look().px(64))
        self.comment.textChanged.connect(self._say_buttons)
        self.comment_field = Field(words("Your comment"), self.comment)
        self.return_button = Button(words("Return"), key="Alt+R", icon="undo-2", large=True, on=self._return)
        self.sign_button = Button(words("Sign"), kind="primary", key="Ctrl+Return", icon="pen-line", large=True, on=self._sign)
        self.open_button = Button(words("Open their page"), kind="quiet", key="Ctrl+O", on=self._open_person)
        self._checks = column(gap=14)
        self._before = column(gap=6)
        self.empty = EmptyState(
            "clipboard-check", words("All signed"), words("Nothing waits for you. What is sent to you appears here by itself.")
        )
        self.empty.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # it has no button: a screen reader says it as it is
        self._build()

    def _build(self) -> None:
        words = self.words
        head = row(self.title_label, self.count, None, gap=10)
        queue = QWidget()
        listed = column(head, self.rows, None, gap=4, margins=(24, 16, 16, 0))
        listed.setStretch(1, 100)
        queue.setLayout(listed)
        queue.setFixedWidth(look().px(312))
        self._queue = queue
        note = QWidget()
        note.setLayout(
            column(
                row(self.person, self.place_words, None, gap=12), self.about, rule(), self.earlier_comment, self.reading,
                rule(), self.facts, 4, self.comment_field, None, gap=10, margins=(24, 16, 24, 8),
            )
        )  # fmt: skip
        buttons = row(self.return_button, None, self.sign_button)
        middle = QWidget()
        body = scrolled(note, words("The note"))
        footer = column(rule(), buttons, gap=12, margins=(24, 0, 24, 12))
        whole = column(body, footer, gap=0)
        whole.setStretch(0, 1)
        middle.setLayout(whole)
        side = QWidget()
        side.setLayout(
            column(
                Label(words("Looked at for you"), "large", weight="semibold"), 4, self._checks, 8, rule(), 8,
                Label(words("Before this"), "large", weight="semibold"), self._before, self.open_button, None,
                gap=4, margins=(24, 20, 24, 0),
            )
        )  # fmt: skip
        self._side = scrolled(side, words("Looked at for you"))
        self._side.setFixedWidth(look().px(272))
        self._side_line = rule("v")
        self._work = QWidget()
        work = row(middle, self._side_line, self._side, gap=0)
        work.setStretch(0, 1)
        self._work.setLayout(work)
        self._stack = QStackedWidget()
        empty = QWidget()
        empty.setLayout(column(self.empty, None, margins=(24, 48, 24, 0)))
        self._stack.addWidget(self._work)
        self._stack.addWidget(empty)
        self._queue_line = rule("v")
        layout = row(queue, self._queue_line, self._stack, gap=0)
        layout.setStretch(2, 1)
        self.setLayout(layout)

    # --- what a page is ------------------------------------------------------------------

    def title(self) -> str:
        return self.words("Review")

    def keys(self) -> tuple[tuple[str, str], ...]:
        words = self.words
        if not self._items:
            return ()
        return (("Up|Down", words("next note")), ("Alt+R", words("return")), ("Ctrl+Return", words("sign and next")))

    def footer(self) -> str | None:
        return self.words("Signed notes cannot be changed, only amended.") if self._items else None

    def first_focus(self) -> QWidget:
        return self.rows if self._items else self.empty

    def show_for(self, **args: Any) -> None:
        self._wanted = args.get("session_id")
        self.reload()

    def reload(self) -> None:
        self.ask(ReviewQueue(), self._show_queue)

    def narrowed(self, narrow: bool) -> None:
        self._side.setVisible(not narrow)
        self._side_line.setVisible(not narrow)
        self._queue.setFixedWidth(look().px(200 if narrow else 312))
        self.count.setVisible(not narrow)

    # --- the queue ------------------------------------------------------------------

    def _show_queue(self, items: tuple[ReviewItem, ...]) -> None:
        self._items = items
        self.title_changed.emit()  # other keys, where there is nothing to sign
        self.count.setText(self.words.plural("{n} waits for you", "{n} wait for you", len(items)) if items else "")
        wanted = self._wanted or (self._current.subject_id if self._current else None)
        self._wanted = None
        self.rows.show_rows([queue_row(item) for item in queue_rows(items, self.ui.today(), self.words)], wanted)
        self._stack.setCurrentIndex(0 if items else 1)
        self.rows.setVisible(bool(items))
        if not items:
            self._current, self._document = None, None
        if self.rows.hasFocus() or self.empty.hasFocus():
            self.first_focus().setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.take_focus()
        if not items:
            return
        if self.rows.current_row() is None:
            self.rows.choose_first()
        else:
            self._chosen(self.rows.current_row())

    def _chosen(self, line: ListRow | None) -> None:
        found = next((item for item in self._items if line is not None and item.subject_id == line.id), None)
        if found is None:
            return
        if self._current is None or found.subject_id != self._current.subject_id:
            self.comment.clear()
            self.comment_field.problem("")
            self._document = None
            self._say_buttons()
        self._current = found
        asked = found.subject_id
        self.ask(Session(asked), lambda document: self._got_document(asked, document))

    def _to_comment(self, line: ListRow) -> None:
        self.comment.setFocus()

    def _got_document(self, asked: UUID, document: SessionView) -> None:
        if self._current is None or asked != self._current.subject_id:
            return
        self._document = document
        words, today = self.words, self.ui.today()
        place = next((number for number, item in enumerate(self._items, start=1) if item.subject_id == asked), 1)
        self.person.setText(document.participant)
        self.place_words.setText(words("{n} of {total}", n=place, total=len(self._items)))
        self.about.setText(about(document, self._current.author, today, words))
        self.reading.setHtml(narrative_html(document.session.fields.narrative))
        self.reading.moveCursor(self.reading.textCursor().MoveOperation.Start)
        fields = document.session.fields
        services = ", ".join(words.code("service", code) for code in fields.services)
        there = words.plural("{n} was there", "{n} were there", len(document.attendees))
        staff = words("{n} min of staff time", n=fields.staff_minutes or fields.minutes)
        self.facts.setText("   ".join((services, there, staff)))
        self.return_button.set_text(words("Return to {name}", name=first_name(self._current.author)))
        self.comment_field.hint.setText(words("{name} gets it, signed or returned.", name=first_name(self._current.author)))
        self._show_earlier(document)
        self._say_buttons()
        person = self._current.participant_id
        self.ask(Participant(person), lambda view: self._got_person(asked, view))
        self.ask(
            Timeline(person, today, ("session", "obligation", "address"), limit=4),
            lambda answer: self._got_before(asked, answer),
        )

    def _show_earlier(self, document: SessionView) -> None:
        """What was said when it was returned before."""
        said = [item.fields.comment for item in document.reviews if item.fields.verdict == "returned" and item.fields.comment]
        self.earlier_comment.setVisible(bool(said))
        if said:
            self.earlier_comment.tell(self.words("It was returned before"), said[-1])

    def _got_person(self, asked: UUID, view: ParticipantView) -> None:
        document = self._document
        if document is None or self._current is None or asked != self._current.subject_id:
            return
        _empty(self._checks)
        for check in checks(document, view, self.ui.today(), self.words):
            holder = QWidget()
            icon = IconView("check" if check.good else "triangle-alert", "accent" if check.good else "amber_mark")
            said = column(
                Label(check.title, weight="medium", wrap=True), Label(check.detail, "small", tone="ink2", wrap=True), gap=0
            )
            line = row(column(icon, None), said, gap=8)
            line.setStretch(1, 1)
            holder.setLayout(line)
            holder.setAccessibleName(f"{check.title}. {check.detail}")
            self._checks.addWidget(holder)

    def _got_before(self, asked: UUID, answer: TimelineAnswer) -> None:
        if self._current is None or asked != self._current.subject_id:
            return
        _empty(self._before)
        earlier = [entry for entry in (*answer.today, *answer.earlier) if entry.id != asked][:4]
        for entry in earlier:
            said = entry_row(entry, self.ui.today(), self.words)
            self._before.addWidget(Label(f"{said.date}, {said.title}", "small", tone="ink2", wrap=True))

    # --- deciding ------------------------------------------------------------------

    def _say_buttons(self) -> None:
        has = bool(self.comment.toPlainText().strip())
        self.sign_button.set_text(self.words("Sign with comment") if has else self.words("Sign"))
        ready = self._document is not None and not self._busy
        self.sign_button.setEnabled(ready)
        self.return_button.setEnabled(ready)
        if has:
            self.comment_field.problem("")

    def _return(self) -> None:
        text = self.comment.toPlainText().strip()
        if self._current is None or self._busy:
            return
        if not text:
            self.comment_field.problem(self.words("Say what should be changed, then return it."))
            self.comment.setFocus()
            return
        said = self.words("Returned to {name}", name=first_name(self._current.author))
        self._decide(ReturnForChanges(self._current.subject_kind, self._current.subject_id, text), said)

    def _sign(self) -> None:
        if self._current is None or self._document is None or self._busy:
            return
        command = SignDocument(
            self._current.subject_kind,
            self._current.subject_id,
            self._document.content_hash,
            self.comment.toPlainText().strip(),
        )
        self._decide(command, self.words("Signed"))

    def _decide(self, command: ReturnForChanges | SignDocument, said: str) -> None:
        self._busy = True
        self._say_buttons()
        self.do(command, lambda done: self._decided(said), self._refused)

    def _decided(self, said: str) -> None:
        self._busy = False
        following = self._following()
        self.comment.clear()
        self._current, self._document = None, None
        self._wanted = following
        self.ui.say(said)
        self.reload()
        self.rows.setFocus()

    def _following(self) -> UUID | None:
        """The one after the current one, else the one before."""
        ids = [item.subject_id for item in self._items]
        if self._current is None or self._current.subject_id not in ids:
            return None
        here = ids.index(self._current.subject_id)
        rest = ids[here + 1 :] or ids[:here][-1:]
        return rest[0] if rest else None

    def _refused(self, error: BaseException) -> None:
        self._busy = False
        self._say_buttons()
        self.ui.trouble(error)
        if isinstance(error, CmppError) and error.code in ("changed_meanwhile", "already_signed", "not_submitted"):
            self.reload()

    def _open_person(self) -> None:
        if self._current is not None:
            self.ui.go("participant", participant_id=self._current.participant_id)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down) and not self.comment.hasFocus():
            self.rows.step(1 if event.key() == Qt.Key.Key_Down else -1)
        else:
            super().keyPressEvent(event)


def _empty(layout: Any) -> None:
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
