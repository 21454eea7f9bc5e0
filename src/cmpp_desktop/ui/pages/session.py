"""A service session: filled in from the last visit, the cursor in the narrative, every word kept within a second.

It is written once and sent for signature with one key. What came back shows the supervisor's words at the top and can be
changed and sent again; what was signed can only be added to.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from PySide6.QtWidgets import QStackedWidget, QWidget

from cmpp_desktop.domain.entries import Records
from cmpp_desktop.domain.questions import Draft, LastSession, Participant, ParticipantView, Session, SessionView
from cmpp_desktop.domain.reviews import Amend
from cmpp_desktop.domain.sessions import ChangeSession, DeleteSession, RecordSession, ServiceSessionFields, is_group
from cmpp_desktop.domain.work import Done, Stored
from cmpp_desktop.errors import Invalid
from cmpp_desktop.ui.page import Page, Ui
from cmpp_desktop.ui.pages import session_drafts
from cmpp_desktop.ui.pages.session_drafts import SessionKeeper
from cmpp_desktop.ui.pages.session_fields import SessionFields
from cmpp_desktop.ui.pages.session_model import (
    SessionForm,
    count_words,
    fresh,
    from_last,
    from_session,
    pack,
    send_label,
    supervisor_name,
    unpack,
)
from cmpp_desktop.ui.pages.session_signed import SignedSession
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import Banner, Button, IconView, Label, Tag, announce, column, row, rule, scrolled
from cmpp_desktop.ui.widgets.tabs import Tabs
from cmpp_desktop.workspace import SessionNoteRequest


class SessionPage(Page):
    """`show_for(participant_id=…)`: a new one (or its draft); `show_for(session_id=…)`: one that exists."""

    place = "session"
    rail = "people"
    kinds: ClassVar[frozenset[str]] = frozenset({"service_session", "review", "amendment", "signed", "attendance"})

    def __init__(self, ui: Ui) -> None:
        super().__init__(ui)
        self._participant: UUID | None = None
        self._session: UUID | None = None
        self._view: ParticipantView | None = None
        self._document: SessionView | None = None
        self._usual: SessionForm | None = None
        self._goals: tuple[Stored[Any], ...] = ()
        self._sending = self._begun = False
        words = self.words
        self.heading = Label("", "title")
        self.state = Tag(words("Draft"), "pen-line")
        self.closed = Tag(words("Restricted"), "lock-keyhole")
        self._filled = Label("", "small", tone="ink2")
        self.empty_button = Button(words("Start empty"), kind="quiet", on=self._start_empty)
        self.comment = Banner("", "", tone="amber", icon="undo-2")
        self.fields = SessionFields(self)
        self.keeper = SessionKeeper(self, self._pack, self._was_saved)
        self.fields.touched.connect(self._touched)
        self._saved = Label("", "small", tone="ink2")
        self._saved_icon = IconView("check", "accent")
        self.delete = Button("", kind="quiet", icon="trash-2", on=self._delete)
        self.throwing = Banner(
            words("Throw this draft away?"), words("What you typed is on this laptop only. There is no way back."), tone="calm",
            buttons=(
                Button(words("Keep the draft"), on=self._keep_draft),
                Button(words("Throw it away"), kind="quiet", on=self._throw_away),
            ),
        )  # fmt: skip
        self.leave_button = Button(words("Leave as draft"), kind="quiet", key="Esc", on=self._leave_draft)
        self.send = Button(words("Send for signature"), kind="primary", key="Ctrl+Return", large=True, on=self._send)
        self.signed = SignedSession(self, self._amend, self._pdf, self._to_participant, self._change_group)
        self._build()

    def _build(self) -> None:
        self.tabs = Tabs(self.words("Parts of the session"), self)
        self.tabs.set_tabs([("who", self.words("1 When and who")), ("what", self.words("2 What happened"))])
        self.tabs.chosen.connect(self._show_part)
        self.tabs.hide()
        self._left = scrolled(self.fields.left, self.words("When and who"))
        self._left.setFixedWidth(look().px(448))
        self._columns = row(self._left, self.fields.right, gap=24)
        self._columns.setStretch(1, 1)
        saved = row(self._saved_icon, self._saved, None, self.delete, self.leave_button, self.send, gap=12)
        editing = QWidget()
        edit = column(self.tabs, self.comment, self._columns, rule(), self.throwing, saved, gap=12)
        edit.setStretch(2, 1)
        editing.setLayout(edit)
        self._stack = QStackedWidget()
        self._stack.addWidget(editing)
        self._stack.addWidget(self.signed)
        head = row(self.heading, self.state, self.closed, None, self._filled, self.empty_button, gap=12)
        whole = column(head, self._stack, gap=12, margins=(24, 16, 24, 10))
        whole.setStretch(1, 1)
        self.setLayout(whole)
        for widget in (self._saved_icon, self.closed, self.throwing):
            widget.hide()
        self._narrow = False

    # --- what a page is ------------------------------------------------------------------

    def title(self) -> str:
        return self.heading.text() or self.words("Session")

    def keys(self) -> tuple[tuple[str, str], ...]:
        words = self.words
        if self._stack.currentWidget() is self.signed:
            return (("Alt+A", words("amend")), ("Ctrl+P", words("PDF")), ("Esc", words("back")))
        return (
            ("Tab", words("next field")),
            ("Ctrl+Down", words("next heading")),
            ("Ctrl+Return", words("send")),
            ("Esc", words("leave as draft")),
        )

    def first_focus(self) -> QWidget | None:
        return self.fields.narrative if self._stack.currentIndex() == 0 else self.signed.first_focus()

    def show_for(self, **args: Any) -> None:
        self.keeper.flush()
        session_id, participant_id = args.get("session_id"), args.get("participant_id")
        same = (session_id, participant_id) == (self._session, self._participant if session_id is None else None)
        if same and self._usual is not None:
            return  # somebody comes back to what they were writing
        self._session, self._participant = session_id, participant_id
        self._view, self._document, self._usual = None, None, None
        self._sending = self._begun = False
        self._say_saved(None)
        self.closed.hide()
        self.throwing.hide()
        self._stack.setCurrentIndex(0)
        self._stack.setEnabled(False)
        self.reload()

    def reload(self) -> None:
        if self._session is not None:
            asked = self._session
            self.ask(Session(asked), lambda document: self._got_document(asked, document), self._not_there)
        elif self._participant is not None and self._usual is None:
            person = self._participant
            self.ask(Participant(person), lambda view: self._got_person(person, view), self._not_there)

    def leave(self) -> None:
        self.keeper.flush()

    def narrowed(self, narrow: bool) -> None:
        self._narrow = narrow
        self.tabs.setVisible(narrow)
        if narrow:
            self._left.setMinimumWidth(0)
            self._left.setMaximumWidth(16_777_215)
            self._show_part(self.tabs.key())
        else:
            self._left.setFixedWidth(look().px(448))
            self._left.show()
            self.fields.right.show()
        self._filled.setVisible(not narrow)

    def _show_part(self, key: str) -> None:
        if self._narrow:
            self._left.setVisible(key != "what")
            self.fields.right.setVisible(key == "what")

    # --- what the store said ------------------------------------------------------------------

    def _got_document(self, asked: UUID, document: SessionView) -> None:
        if asked != self._session:
            return
        self._document = document
        self.closed.setVisible(document.session.compartment == "restricted")
        mine = self.ui.me is not None and self.ui.me.me.id in document.session.fields.staff_ids
        if document.status in ("signed", "amended") or not mine or is_group(document.session.fields):
            self.heading.setText(self.words("Session with {name}", name=document.participant))
            self.state.show_text(self.words.code("document_status", document.status))
            self._filled.setText("")
            self.empty_button.hide()
            self.signed.show_view(document, self.ui.zone, mine)
            self._stack.setCurrentWidget(self.signed)
            self._stack.setEnabled(True)
            self.title_changed.emit()
            self.take_focus()
            return
        if self._usual is None:
            person = document.session.fields.participant_id
            self.ask(Participant(person), lambda view: self._got_person(person, view), self._not_there)

    def _got_person(self, person: UUID, view: ParticipantView) -> None:
        if self._usual is not None or view.participant.id != person:
            return
        self._view = view
        if self._document is not None:
            self._fill(from_session(self._document), f"session:{self._session}", "")
        else:
            self.ask(LastSession(person), lambda last: self._got_last(person, last))

    def _got_last(self, person: UUID, last: Stored[ServiceSessionFields] | None) -> None:
        if person != self._participant or self._view is None:
            return
        now = self.ui.now()
        if last is None:
            self._fill(fresh(self._view, now, self.ui.zone), f"session:{person}", "")
        else:
            day = self.words.short_date(last.fields.when.day, now.date())
            filled = self.words("Filled in from the last visit, {day}", day=day)
            usual = from_last(last.fields, self._view, now, self.ui.zone)
            self._fill(replace(usual, restricted=last.compartment == "restricted"), f"session:{person}", filled)

    def _fill(self, usual: SessionForm, key: str, filled: str) -> None:
        """Asks for the draft, then shows the page."""
        door, person = self.ui.door, self._view.participant.id if self._view else None

        def found() -> tuple[Draft | None, tuple[Stored[Any], ...]]:
            return session_drafts.found(door, key), door.ask(Records("goal", person))

        self.call(found, lambda both: self._show_form(usual, key, filled, *both))

    def _show_form(
        self, usual: SessionForm, key: str, filled: str, draft: Draft | None, goals: tuple[Stored[Any], ...]
    ) -> None:
        view, self._goals = self._view, goals
        if view is None:
            return
        self._usual = usual
        form = usual
        if draft is not None:
            try:
                form = unpack(draft.body, usual)
                at = self.words.here(draft.changed_at)
                filled = self.words(
                    "Your draft of {day}, {time}", day=self.words.day(at.date(), self.ui.today()), time=self.words.time(at)
                )
            except (ValueError, TypeError, KeyError):
                filled = self.words("The draft could not be read; it is kept aside.")
        called = view.participant.fields.called
        title = self.words("Session with {name}", name=called)
        self._begun = draft is not None
        self.delete.show()
        self.keeper.begin(key, form, view, title, draft)
        self.closed.setVisible(form.closed)
        self.heading.setText(title)
        status = self._document.status if self._document else "draft"
        self.state.show_text(self.words.code("document_status", status))
        self._filled.setText(filled)
        self.empty_button.setVisible(self._document is None)
        self._show_comment()
        self.send.set_text(send_label(supervisor_name(self.ui.me) if self.ui.me else "", self.words))
        written = self._document is not None
        self.delete.setText(self.words("Delete the session") if written else self.words("Throw it away"))
        self.fields.show_form(form, view, goals, written=self._session)
        self._stack.setEnabled(True)
        self.title_changed.emit()
        if self._narrow:
            self._show_part(self.tabs.key())
        self.fields.narrative.setFocus()

    def _show_comment(self) -> None:
        document = self._document
        if document is not None and document.status == "returned":
            last = max(document.reviews, key=lambda item: item.fields.at)
            pairs = zip(document.reviews, document.reviewers, strict=False)
            who, said = next(
                ((name, item.fields.comment) for item, name in reversed(list(pairs)) if item.fields.verdict == "returned"),
                ("", last.fields.comment),
            )
            self.comment.tell(self.words("{name} sent this back", name=who or self.words("Your supervisor")), said)
            self.comment.show()
        elif document is not None and document.status == "submitted":
            self.comment.tell(self.words("It waits for a signature"), self.words("If you change it, send it again."))
            self.comment.show()
        else:
            self.comment.hide()

    def _not_there(self, error: BaseException) -> None:
        self.ui.trouble(error)
        self.ui.back()

    # --- writing ------------------------------------------------------------------

    def _touched(self) -> None:
        self._begun = True
        form = self.fields.form()
        self.closed.setVisible(form is not None and form.closed)
        self.keeper.follow(form)

    def _pack(self) -> tuple[bytes, int] | None:
        form = self.fields.form()
        return (pack(form), count_words(self.fields.narrative.text())) if form is not None else None

    def _was_saved(self, at: datetime) -> None:
        self._say_saved(at)

    def _say_saved(self, at: datetime | None) -> None:
        self._saved_icon.setVisible(at is not None)
        self._saved.setText(
            self.words("Draft saved on this laptop at {time}", time=self.words.time(at)) if at is not None else ""
        )

    def _start_empty(self) -> None:
        if self._view is not None:
            empty = fresh(self._view, self.ui.now(), self.ui.zone)
            self._filled.setText("")
            self.fields.show_form(empty, self._view, self._goals)
            self._touched()
            self.fields.narrative.setFocus()

    def _delete(self) -> None:
        """One that is a record is taken out, with Undo; words that are only a draft are gone for good, so that is asked first."""
        if self._session is not None:
            self.do(DeleteSession(self._session), self._deleted)
            return
        if not self._begun:
            self._to_participant()
            return
        self.throwing.show()
        self.delete.hide()
        self.throwing.buttons.itemAt(0).widget().setFocus()  # type: ignore[union-attr]  # a button
        announce(self.throwing, self.throwing.accessibleName())

    def _deleted(self, done: Done) -> None:
        self.keeper.drop()
        self.ui.say(self.words("Session deleted"), done.undo)
        self._to_participant()

    def _keep_draft(self) -> None:
        self.throwing.hide()
        self.delete.show()
        self.fields.narrative.setFocus()

    def _throw_away(self) -> None:
        self.keeper.drop()
        self._to_participant()

    def _leave_draft(self) -> None:
        self._touched()
        self.keeper.flush()
        self.ui.say(self.words("Left as a draft on this laptop"))
        self._to_participant()

    def _to_participant(self) -> None:
        held = self._document.session.fields.participant_id if self._document else None
        person = self._view.participant.id if self._view else held
        self._usual = None
        if person is not None:
            self.ui.go("participant", participant_id=person)

    def _send(self) -> None:
        form = self.fields.form()
        if form is None or self._view is None or self._sending:
            return
        form = form.without_headings(self.fields.headings)
        problems = form.problems()
        self.fields.say_problems(problems)
        if problems:
            if self._narrow:
                self.tabs.choose("what" if "narrative" in problems else "who")
            return
        self._sending = True
        if self._session is not None:
            self.do(ChangeSession(self._session, form.content(), submit=True), lambda done: self._sent(), self._refused)
        else:
            new = RecordSession(self._view.participant.id, form.content(), submit=True, restricted=form.restricted)
            self.do(new, lambda done: self._sent(), self._refused)

    def _sent(self) -> None:
        self._sending = False
        self.keeper.drop()
        name = supervisor_name(self.ui.me) if self.ui.me else ""
        said = self.words("Sent to {name} for signature", name=name) if name else self.words("Sent for signature")
        self.ui.say(said)
        self._to_participant()

    def _refused(self, error: BaseException) -> None:
        self._sending = False
        if isinstance(error, Invalid):
            known = {name: code for name, code in error.fields.items() if name in ("services", "minutes", "narrative")}
            if known:
                self.fields.say_problems(known)
                return
        self.ui.trouble(error)

    def _change_group(self) -> None:
        if self._session is not None:
            self.ui.go("groups", session_id=self._session)

    def _amend(self, text: str, reason: str) -> None:
        if self._session is not None:
            self.do(Amend("service_session", self._session, text, reason), lambda done: self._amended())

    def _amended(self) -> None:
        self.signed.added()
        self.ui.say(self.words("Added. The signed words stay as they were."))
        self.reload()

    def _pdf(self) -> None:
        if self._session is not None:
            self.ui.go("pdf", request=SessionNoteRequest(self._session, self.words.language))
