"""One participant: where does this person stand? Header, tabs, and tasks and notes always in reach.

It asks `Participant` for everything but the stream, and the tabs ask for what is theirs. Letters act outside text fields,
Alt and the letter everywhere. What it changes can be taken back with Ctrl+Z.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QStackedWidget, QWidget

from cmpp_desktop.domain.obligations import MarkObligation, UnmarkObligation
from cmpp_desktop.domain.participants import RevealANumber
from cmpp_desktop.domain.questions import Draft, Drafts, Participant, ParticipantView, Timeline
from cmpp_desktop.domain.work import Done
from cmpp_desktop.ui.page import Page, Ui
from cmpp_desktop.ui.pages.obligation_form import ObligationForm
from cmpp_desktop.ui.pages.participant_case import CaseTab
from cmpp_desktop.ui.pages.participant_doings import RECORD_KINDS, Doings
from cmpp_desktop.ui.pages.participant_family import ConsentTab, FamilyTab
from cmpp_desktop.ui.pages.participant_header import MarkView, ParticipantHeader
from cmpp_desktop.ui.pages.participant_model import consent_line
from cmpp_desktop.ui.pages.participant_rail import ParticipantRail
from cmpp_desktop.ui.pages.participant_records import RecordsTab
from cmpp_desktop.ui.pages.participant_screenings import ScreeningsTab
from cmpp_desktop.ui.pages.participant_timeline import TimelineTab
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import Banner, Button, column, row, rule, scrolled
from cmpp_desktop.ui.widgets.tabs import Tabs
from cmpp_desktop.workspace import CaseSummaryRequest, ScreeningRequest

KINDS = frozenset(
    {
        "participant", "contact_route", "address", "household", "household_member", "case", "consent", "obligation", "task",
        "note", "service_session", "attendance", "screening", "review", "amendment", "signed", "merge", "separation",
        *RECORD_KINDS,
    }
)  # fmt: skip


P = TypeVar("P", CaseTab, FamilyTab, ConsentTab, RecordsTab)


class ParticipantPage(Page):
    """`show_for(participant_id=…, tab="timeline", action="")`; actions: note, task, obligation, screening, consent (with `given`:
    scope, recipient, purpose)."""

    place = "participant"
    rail = "people"
    kinds: ClassVar[frozenset[str]] = KINDS

    def __init__(self, ui: Ui) -> None:
        super().__init__(ui)
        self._id: UUID | None = None
        self._view: ParticipantView | None = None
        self._wanted_action = ""
        self._wanted_given: dict[str, str] = {}
        self._wanted_entry: tuple[str, UUID, str] | None = None  # kind, id and the words by which it was found
        self._narrow = False
        self._open_draft: Draft | None = None
        words = self.words
        self.note_button = Button(words("Note"), key="N", on=self._note)
        self.session_button = Button(words("Session"), key="S", on=self._session)
        self.screening_button = Button(words("Screening"), key="C", on=self._screening)
        self.obligation_button = Button(words("Obligation"), key="O", on=self._obligation)
        self.add_button = Button(words("Add"), key="Alt+A", icon="plus", on=self._add_menu)
        self.doing = Doings(self)
        self.pdf_button = Button(words("Save PDF"), key="Ctrl+P", on=self._pdf)
        buttons = (
            self.note_button, self.session_button, self.screening_button, self.obligation_button, self.add_button,
            self.pdf_button,
        )  # fmt: skip
        self.header = ParticipantHeader(words, buttons, self._reveal)
        self.tabs = Tabs(words("Parts of this file"), self)
        self.tabs.chosen.connect(self._show_tab)
        self._consent = MarkView()
        self._conflicts = Banner(
            words("Two versions of something here"), words("Nothing was lost. Choose what is true now."),
            icon="git-compare", buttons=(Button(words("Choose"), on=self._settle),),
        )  # fmt: skip
        self._conflicts.hide()
        self._resume = Button(words("Go on"), on=self._go_on)
        self._drafts = Banner(
            words("An interview is open"), words("It was paused; every answer is here."), tone="calm", icon="circle-pause",
            buttons=(self._resume,),
        )  # fmt: skip
        self._drafts.hide()
        self._build()
        self._more_keys()

    def _build(self) -> None:
        words = self.words
        self.timeline = TimelineTab(
            self,
            (
                Button(words("Start with consent"), kind="primary", on=self._start_consent),
                Button(words("Write a note"), on=self._note),
            ),
        )
        self.timeline.opened.connect(self.doing.open_entry)
        self.timeline.mark.connect(self._mark)
        self.side = ParticipantRail(self)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.timeline)
        self._side_area = scrolled(self.side, words("Tasks and notes"))
        self._side_area.setFixedWidth(look().px(288))
        self._side_line = rule("v")
        self._tab_row = row(self.tabs, None, self._consent, gap=8)
        body = row(self._stack, self._side_line, self._side_area, gap=0)
        body.setStretch(0, 1)
        self._body = body
        inner = QWidget()
        whole = column(
            self.header, 4, self._tab_row, rule(), self._conflicts, self._drafts, body, gap=0, margins=(24, 16, 24, 0)
        )  # fmt: skip
        whole.setStretch(6, 1)
        inner.setLayout(whole)
        self.setLayout(column(scrolled(inner, words("Participant"))))
        self._set_tabs()

    # The other parts are made when somebody first goes there: a page opens faster without them.

    @cached_property
    def case(self) -> CaseTab:
        made = CaseTab(self, self._obligation)
        made.mark.connect(self._mark)
        made.unmark.connect(self._unmark)
        made.form.connect(self.doing.open_form)
        made.narrowed(self._narrow)
        return self._added(made)

    @cached_property
    def family(self) -> FamilyTab:
        made = FamilyTab(self)
        made.opened.connect(lambda id: self.ui.go("participant", participant_id=id))
        return self._added(made)

    @cached_property
    def consent(self) -> ConsentTab:
        return self._added(ConsentTab(self))

    @cached_property
    def records(self) -> RecordsTab:
        made = RecordsTab(self)
        made.opened.connect(self.doing.open_entry)
        made.add.connect(self.doing.add)
        return self._added(made)

    @cached_property
    def screenings(self) -> ScreeningsTab:
        start = Button(self.words("Start an interview"), kind="primary", on=self._screening)
        made = ScreeningsTab(self, start)
        made.opened.connect(lambda id: self.ui.go("pdf", request=ScreeningRequest(id, self.words.language)))
        self._stack.addWidget(made)
        return made

    @cached_property
    def form(self) -> ObligationForm:
        made = ObligationForm(self, self._form_done)
        self._stack.addWidget(made)
        return made

    def _added(self, made: P) -> P:
        self._stack.addWidget(made)
        if self._view is not None:
            made.show_person(self._view)
        return made

    def _tab(self, key: str) -> QWidget:
        """The part of that name."""
        found: QWidget = getattr(self, "_side_area" if key == "side" else key)
        return found

    def _more_keys(self) -> None:
        """Alt and the letter work in text fields too."""
        for key, action in (
            ("Alt+N", self._note), ("Alt+S", self._session), ("Alt+C", self._screening), ("Alt+O", self._obligation),
            ("Alt+T", self._task), ("/", self._find), ("F", self._filter),
        ):  # fmt: skip
            shortcut = QShortcut(QKeySequence(key), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(action)

    def _set_tabs(self) -> None:
        words = self.words
        tabs = [
            ("timeline", words("Timeline")), ("case", words("Case")), ("records", words("Records")),
            ("screenings", words("Screenings")), ("family", words("Family")), ("consent", words("Consent")),
        ]  # fmt: skip
        if self._narrow:
            tabs.append(("side", words("Tasks and notes")))
        self.tabs.set_tabs(tabs)

    # --- what a page is ------------------------------------------------------------------

    @property
    def participant_id(self) -> UUID | None:
        return self._id

    def title(self) -> str:
        return self._view.participant.fields.called if self._view else self.words("Participant")

    def keys(self) -> tuple[tuple[str, str], ...]:
        words = self.words
        if self.tabs.key() == "case":
            return (("Up|Down", words("move")), ("A|M|V", words("mark")), ("Ctrl+Tab", words("next tab")))
        return (
            ("Up|Down", words("move")),
            ("Return", words("open")),
            ("F", words("filter")),
            ("/", words("find")),
            ("Ctrl+Tab", words("next tab")),
        )

    def more_keys(self) -> tuple[tuple[str, str], ...]:
        words = self.words
        return (
            ("/", words("find")), ("F", words("filter")), ("T", words("new task")), ("Alt+N", words("note, also while typing")),
            ("Alt+S", words("session, also while typing")), ("Alt+C", words("screening, also while typing")),
            ("Alt+O", words("obligation, also while typing")), ("Alt+T", words("task, also while typing")),
            ("Ctrl+Shift+Tab", words("tab before")), ("A|M|V", words("mark")),
        )  # fmt: skip

    def first_focus(self) -> QWidget | None:
        """The list of the part that is open; where it has none yet, its first button."""
        part = self._tab(self.tabs.key())
        for name in ("rows", "routes"):
            rows = getattr(part, name, None)
            if isinstance(rows, QWidget) and rows.isVisibleTo(part):
                return rows
        buttons = (button for button in part.findChildren(Button) if button.isVisibleTo(part) and button.isEnabled())
        return next(buttons, self.tabs)

    def show_for(self, **args: Any) -> None:
        participant_id: UUID = args["participant_id"]
        if participant_id != self._id:
            self.header.a_number.hide_number()
            self._form_done()
            self._id = participant_id
            self._view = None
        tab = str(args.get("tab", "")) or ("timeline" if self._view is None else "")
        if tab:
            self.tabs.choose(tab)
        self._wanted_action = str(args.get("action", ""))
        self._wanted_given = dict(args.get("given") or {})
        self._wanted_entry = (*args["entry"], str(args.get("text", ""))) if "entry" in args else None
        self.reload()

    def reload(self) -> None:
        asked = self._id
        if asked is None:
            return
        self.ask(Participant(asked), lambda view: self._show(asked, view), self._not_there)
        self.ask(Drafts(asked), lambda drafts: self._show_drafts(asked, drafts))
        if self.tabs.key() == "screenings":
            self._load_screenings()

    def leave(self) -> None:
        self.header.a_number.hide_number()
        self.side.keep()

    def narrowed(self, narrow: bool) -> None:
        self._narrow = narrow
        self.header.set_narrow(narrow)
        self._side_line.setVisible(not narrow)
        if narrow and self._stack.indexOf(self._side_area) < 0:
            self._body.removeWidget(self._side_area)
            self._side_area.setMinimumWidth(0)
            self._side_area.setMaximumWidth(16_777_215)
            self._stack.addWidget(self._side_area)
        elif not narrow and self._stack.indexOf(self._side_area) >= 0:
            self._stack.removeWidget(self._side_area)
            self._body.addWidget(self._side_area)
            self._side_area.show()
        if not narrow:
            self._side_area.setFixedWidth(look().px(288))
        self._stack.setMinimumHeight(look().px(260) if narrow else 0)
        if "case" in self.__dict__:
            self.case.narrowed(narrow)
        self._consent.setVisible(not narrow)
        self._set_tabs()

    # --- what the store said ------------------------------------------------------------------

    def _show(self, asked: UUID, view: ParticipantView) -> None:
        if asked != self._id:
            return
        self._view = view
        today = self.ui.today()
        self.header.show_person(view, today)
        self._consent.show_mark(consent_line(view, today, self.words))
        self._conflicts.setVisible(view.conflicts > 0)
        self.side.show_person(view, self.ui.zone)
        for part in ("case", "family", "consent", "records"):
            if part in self.__dict__:
                getattr(self, part).show_person(view)
        self.timeline.show_for(asked, view.participant.fields.called)
        self.title_changed.emit()
        action, self._wanted_action = self._wanted_action, ""
        doings: dict[str, Callable[[], object]] = {
            "note": self._note, "task": self._task, "obligation": self._obligation, "screening": self._screening,
            "add": self._add_menu, "consent": partial(self._start_consent, self._wanted_given),
        }  # fmt: skip
        if action in doings:
            doings[action]()
        entry, self._wanted_entry = self._wanted_entry, None
        if entry is not None:
            self.doing.show_found(*entry)

    def _show_drafts(self, asked: UUID, drafts: tuple[Draft, ...]) -> None:
        if asked != self._id:
            return
        self._open_draft = next((item for item in drafts if item.key.startswith("interview:")), None)
        self._drafts.setVisible(self._open_draft is not None)
        if self._open_draft is not None:
            day = self.words.since(self._open_draft.changed_at, self.ui.now())
            self._drafts.tell(
                self.words("An interview is open: {title}", title=self._open_draft.title or self.words("Screening")),
                self.words("Last answer {ago}; every answer is here.", ago=day),
            )

    def _not_there(self, error: BaseException) -> None:
        self.ui.trouble(error)
        self.ui.back()

    def _show_tab(self, key: str) -> None:
        self._stack.setCurrentWidget(self._tab(key))
        if key == "screenings":
            self._load_screenings()
        self.title_changed.emit()

    def _load_screenings(self) -> None:
        if self._id is not None:
            asked = self._id
            question = Timeline(asked, self.ui.today(), ("screening",), limit=200)
            self.ask(question, lambda answer: self.screenings.show_answer(answer, asked) if asked == self._id else None)

    # --- what somebody does ------------------------------------------------------------------

    def _note(self) -> None:
        if self._narrow:
            self.tabs.choose("side")
        self.side.write()

    def _task(self) -> None:
        if self._narrow:
            self.tabs.choose("side")
        self.side.add_task()

    def _add_menu(self) -> None:
        if self._view is not None:
            self.doing.open_menu(self._view)

    def doings(self) -> tuple[tuple[str, str, Callable[[], object]], ...]:
        """Everything that can be added, for Ctrl+K."""
        return self.doing.all(self._view) if self._view is not None else ()

    def _find(self) -> None:
        self.tabs.choose("timeline")
        self.timeline.start_finding()

    def _filter(self) -> None:
        if self.tabs.key() == "timeline":
            self.timeline.next_filter()

    def _session(self) -> None:
        if self._id is not None:
            self.ui.go("session", participant_id=self._id)

    def _screening(self) -> None:
        if self._id is not None:
            self.ui.go("screening", participant_id=self._id)

    def _pdf(self) -> None:
        if self._id is not None:
            self.ui.go("pdf", request=CaseSummaryRequest(self._id, language=self.words.language))

    def _settle(self) -> None:
        self.ui.go("conflict", participant_id=self._id)

    def _go_on(self) -> None:
        if self._open_draft is not None:
            self.ui.go("screening", interview_id=UUID(self._open_draft.key.split(":", 1)[1]))

    def _start_consent(self, given: Mapping[str, str] | None = None) -> None:
        self.tabs.choose("consent")
        self.consent.open_form(given)

    def _obligation(self) -> None:
        if self._view is not None:
            self._stack.setCurrentWidget(self.form)
            self.form.open_new(self._view, self.ui.zone)

    def _form_done(self) -> None:
        if "form" in self.__dict__ and self._stack.currentWidget() is self.form:
            self._show_tab(self.tabs.key())
            focus = self.first_focus()
            if focus is not None:
                focus.setFocus()

    def _mark(self, obligation_id: UUID, result: str) -> None:
        if self._view is None or not any(
            item.id == obligation_id and item.fields.result is None for item in self._view.obligations
        ):
            return
        if result == "moved_by_agency":
            self._stack.setCurrentWidget(self.form)
            self.form.open_moved(self._view, obligation_id)
            return
        said = self.words("Marked: {result}", result=self.words.code("obligation_result", result))
        self.do(MarkObligation(obligation_id, result), lambda done: self._marked(said, done))

    def _unmark(self, obligation_id: UUID) -> None:
        said = self.words("The mark is taken back")
        self.do(UnmarkObligation(obligation_id), lambda done: self._marked(said, done))

    def _marked(self, said: str, done: Done) -> None:
        self.ui.say(said, done.undo, lambda _: self.reload())
        self.reload()

    def _reveal(self) -> None:
        if self._id is not None:
            asked = self._id
            self.do(RevealANumber(asked), lambda done: self._revealed(asked, done))

    def _revealed(self, asked: UUID, done: Done) -> None:
        if asked == self._id and self.isVisible() and done.more:
            self.header.a_number.show_number(str(done.more["a_number"]))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.header.strip.updateGeometry()
