"""Beside the list of the directory: all that is known of a service or an organisation, and whom to refer there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from uuid import UUID

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QStackedWidget, QTextBrowser, QWidget

from cmpp_desktop.domain.directory import OrganizationView, ServiceView
from cmpp_desktop.domain.questions import Participant, ParticipantView, People, PeopleAnswer, PeopleFilter
from cmpp_desktop.ui.page import Page
from cmpp_desktop.ui.pages.directory_words import Fact, organization_facts, service_facts, warning
from cmpp_desktop.ui.widgets import (
    Banner,
    Button,
    Label,
    ListRow,
    RowList,
    SearchField,
    announce,
    column,
    flow,
    isolate,
    row,
    rule,
)
from cmpp_desktop.ui.widgets.streams import StreamDelegate, StreamRow

MOST_FOUND = 30


class Facts(QTextBrowser):
    """What is known, to read, mark and copy with the keyboard or the mouse."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setOpenLinks(False)
        self.setTabChangesFocus(True)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.document().setDocumentMargin(2)

    def show_facts(self, facts: Sequence[Fact]) -> None:
        self.setHtml("".join(_paragraph(fact) for fact in facts))
        self.moveCursor(self.textCursor().MoveOperation.Start)


def _paragraph(fact: Fact) -> str:
    lines = "<br>".join(escape(line) for line in fact.lines)
    return f"<p style='margin:0 0 12px 0'><b>{escape(fact.label)}</b><br>{lines}</p>"


class WhoPart(QWidget):
    """Who is referred: one's own people first, anybody by a few letters. `chosen(id)`; `left()` on Escape."""

    chosen = Signal(object)
    left = Signal()

    def __init__(self, page: Page) -> None:
        super().__init__()
        self._page = page
        words = page.words
        self.question = Label("", "large", weight="semibold", wrap=True)
        self.search = SearchField(words("Find by name, alias, phone or A-number"))
        self.rows = RowList(words("People found"), StreamDelegate(lead_width=0, top=6))
        self.none = Label(words("Nobody is found by these letters."), tone="ink2", wrap=True)
        self.none.hide()
        self.search.asked.connect(lambda _: self._find())
        self.search.moved.connect(self.rows.step)
        self.search.chosen.connect(self._take_current)
        self.rows.opened.connect(self._take)
        leave = Button(words("Back to the service"), kind="quiet", key="Esc", on=self.left.emit)
        choose = Button(words("Write the referral"), kind="primary", key="Return", on=self._take_current)
        whole = column(self.question, self.search, self.none, self.rows, row(leave, None, choose, gap=12), gap=8)
        whole.setStretch(3, 1)
        self.setLayout(whole)

    def begin(self, question: str) -> None:
        self.question.setText(question)
        self.search.clear()
        self.search.setAccessibleDescription(question)
        self._find()
        self.search.setFocus(Qt.FocusReason.OtherFocusReason)

    def _find(self) -> None:
        text = self.search.text().strip()
        day = self._page.ui.today()
        asked = (
            People(day, text, sort="match", limit=MOST_FOUND)
            if text
            else People(day, filter=PeopleFilter(mine=True), limit=MOST_FOUND)
        )
        self._page.ask(asked, lambda answer: self._show(text, answer))

    def _show(self, text: str, answer: PeopleAnswer) -> None:
        if text != self.search.text().strip():
            return
        lines = [StreamRow(id=one.id, title=one.name, what=one.native_name, icon="user") for one in answer.rows]
        self.rows.show_rows(lines)
        self.rows.choose_first()
        self.none.setVisible(bool(text) and not lines)

    def _take_current(self) -> None:
        line = self.rows.current_row()
        if line is not None:
            self._take(line)

    def _take(self, line: ListRow) -> None:
        self.chosen.emit(line.id)


class DetailPart(QWidget):
    """One service or organisation. `refer(kind, id, participant)`: somebody is referred there; `back()`: to the list, where there
    is room for one of both; `look(kind, id)`: another one is to be shown here."""

    def __init__(
        self,
        page: Page,
        refer: Callable[[str, UUID, UUID], object],
        back: Callable[[], object],
        look: Callable[[str, UUID], object],
    ) -> None:
        super().__init__()
        self._page, self._refer_to, self._look = page, refer, look
        words = page.words
        self._about: tuple[str, UUID] | None = None
        self._participant: UUID | None = None  # who it is looked up for, when somebody came from their page
        self.name = Label("", "title", wrap=True)
        self.owner = Label("", tone="ink2", wrap=True)
        self.warning = Banner("", "")
        self.warning.hide()
        self.facts = Facts(words("What is known"))
        self.refer = Button(words("Refer somebody here"), kind="primary", icon="handshake", key="Alt+R", on=self._ask_who)
        self.back = Button(words("Back to the list"), kind="quiet", icon="arrow-left", key="Esc", on=back)
        self.back.hide()
        self._other: tuple[str, UUID] | None = None  # the organisation of the service that is shown, or the service before it
        self.other = Button("", kind="quiet", icon="building-2", key="Alt+O", name=words("The organisation"), on=self._to_other)
        self.other.hide()
        self.who = WhoPart(page)
        self.who.chosen.connect(self._chosen)
        self.who.left.connect(self.close_who)
        self.body = QStackedWidget()
        self.body.addWidget(self.facts)
        self.body.addWidget(self.who)
        self._foot = QWidget()
        keys = QWidget()
        keys.setLayout(flow(self.refer, self.other, self.back, gap=8))
        self._foot.setLayout(column(rule(), keys, gap=10))
        whole = column(self.name, self.owner, self.warning, rule(), self.body, self._foot, gap=8, margins=(24, 16, 24, 12))
        whole.setStretch(4, 1)
        self.setLayout(whole)

    @property
    def asking(self) -> bool:
        """Whether it is being asked who is referred."""
        return self.body.currentWidget() is self.who

    def look_for(self, participant: UUID | None) -> None:
        """For whom it is looked up: they are referred without another question, and the button says so."""
        self._participant = participant
        self.refer.set_text(self._page.words("Refer somebody here"))
        if participant is not None:
            self._page.ask(Participant(participant), lambda view: self._name(participant, view))

    def _name(self, participant: UUID, view: ParticipantView) -> None:
        if participant == self._participant:
            self.refer.set_text(self._page.words("Refer {name} here", name=isolate(view.participant.fields.called)))

    def _offer(self, other: tuple[str, UUID] | None, said: str) -> None:
        self._other = other
        self.other.setVisible(other is not None)
        self.other.set_text(said)
        self.other.setAccessibleName(said)

    def _to_other(self) -> None:
        if self._other is not None:
            self._look(*self._other)

    def show_service(self, view: ServiceView) -> None:
        words, today = self._page.words, self._page.ui.today()
        owner = view.organization.fields.name if view.organization is not None else ""
        self._show(("hsds_service", view.service.id), view.service.fields.name, owner, service_facts(view, words, today))
        giver = ("hsds_organization", view.organization.id) if view.organization is not None else None
        self._offer(giver, words("The organisation"))
        title, text = warning(view, words, today)
        if title:
            self.warning.tell(title, text)
        self.warning.setVisible(bool(title))

    def show_organization(self, view: OrganizationView) -> None:
        words = self._page.words
        fields = view.organization.fields
        facts = organization_facts(view, words)
        before = self._about
        came_from = before is not None and before[0] == "hsds_service" and before[1] in [id for id, _, _ in view.services]
        if before != ("hsds_organization", view.organization.id):
            self._offer(before if came_from else None, words("Back to the service"))
        self._show(("hsds_organization", view.organization.id), fields.name, words("Organisation"), facts)
        gone = not fields.active
        if gone:
            self.warning.tell(
                words("Closed, or no longer in the directory"), words("Nobody should be sent here without a call first.")
            )
        self.warning.setVisible(gone)

    def _show(self, about: tuple[str, UUID], name: str, owner: str, facts: Sequence[Fact]) -> None:
        if self.asking and about != self._about:
            self.body.setCurrentWidget(self.facts)
            self._foot.show()
        self._about = about
        self.name.setText(name)
        self.owner.setText(owner)
        self.facts.show_facts(facts)

    # --- referring ------------------------------------------------------------------------------------------------------

    def _ask_who(self) -> None:
        if self._about is None:
            return
        if self._participant is not None:
            self._chosen(self._participant)
            return
        self._foot.hide()
        self.body.setCurrentWidget(self.who)
        question = self._page.words("Who is referred to {name}?", name=self.name.text())
        self.who.begin(question)
        announce(self.who, question)

    def close_who(self) -> None:
        """Back to what is known."""
        self.body.setCurrentWidget(self.facts)
        self._foot.show()
        self.facts.setFocus(Qt.FocusReason.OtherFocusReason)

    def _chosen(self, participant: UUID) -> None:
        if self._about is not None:
            self.body.setCurrentWidget(self.facts)
            self._foot.show()
            self._refer_to(*self._about, participant)
