"""The directory: services and organisations found as one types, what is known of the current one beside them, and from there a
referral with the service chosen. The field keeps the keyboard; ↑ ↓ move.

Only the rows that somebody scrolls to are fetched. Where nothing was brought in yet the page says what such a directory is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, ClassVar
from uuid import UUID

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from cmpp_desktop.domain.directory import (
    IMPORTERS,
    DirectoryAnswer,
    DirectoryOrganization,
    DirectorySearch,
    DirectoryService,
    OrganizationView,
    ServiceView,
)
from cmpp_desktop.ui.page import Page, Ui
from cmpp_desktop.ui.pages.directory_detail import DetailPart
from cmpp_desktop.ui.pages.directory_words import organization_row, service_row
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import (
    Button,
    Chip,
    CodeCombo,
    EmptyState,
    Field,
    Label,
    ListRow,
    RowList,
    RowModel,
    SearchField,
    announce,
    column,
    flow,
    heading,
    row,
    rule,
    scrolled,
)
from cmpp_desktop.ui.widgets.row_model import Index
from cmpp_desktop.ui.widgets.streams import StreamDelegate

PAGE = 50  # services that are fetched at once
BRING_IN = "directory_import"


class FoundModel(RowModel):
    """The rows that were fetched; `more()` when the list has come to their end and there are others."""

    more = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._left = 0
        self._under_way = False

    def begin(self, rows: Sequence[ListRow], left: int) -> None:
        self._left, self._under_way = left, False
        self.show_rows(rows)

    def append(self, rows: Sequence[ListRow]) -> None:
        self._under_way = False
        self._left = max(self._left - len(rows), 0) if rows else 0
        first = len(self._rows)
        if rows:
            self.beginInsertRows(self.index(-1), first, first + len(rows) - 1)
            self._rows = (*self._rows, *rows)
            self.endInsertRows()

    def canFetchMore(self, parent: Index) -> bool:
        return not parent.isValid() and self._left > 0 and not self._under_way

    def fetchMore(self, parent: Index) -> None:
        if self.canFetchMore(parent):
            self._under_way = True
            self.more.emit()


class DirectoryPage(Page):
    """`show_for(text="", participant_id=None)`: looked up for somebody, or for whoever is chosen later."""

    place = "directory"
    kinds: ClassVar[frozenset[str]] = frozenset({"hsds_service", "hsds_organization", "hsds_location"})

    def __init__(self, ui: Ui) -> None:
        super().__init__(ui)
        words = self.words
        self._asked = DirectorySearch(limit=PAGE)
        self._choices: tuple[tuple[str, ...], ...] = ()
        self._narrow = False
        self._shown: DirectorySearch | None = None  # what the rows answer
        self._wanted: tuple[str, UUID] | None = None  # what stands beside them, or is on its way
        self.may_bring_in = ui.me is not None and ui.me.me.role in IMPORTERS
        self.count = Label("", tone="ink2")
        self.search = SearchField(words("Find a service or an organisation"), large=True, clear_words=words("Esc clears"))
        self.search.asked.connect(lambda _: self._find())
        self.search.moved.connect(self._move)
        self.search.chosen.connect(self._to_detail)
        self.type, self.language, self.town = (CodeCombo(empty=words("Any")) for _ in range(3))
        for combo in (self.type, self.language, self.town):
            combo.chosen.connect(lambda _: self._find())
        self.closed = Chip(words("Closed too"))
        self.closed.toggled.connect(lambda _: self._find())
        self.model = FoundModel(self)
        self.model.more.connect(self._more)
        self.rows = RowList(words("Services and organisations"), StreamDelegate(lead_width=0, top=6), model=self.model)
        self.rows.current_changed.connect(self._chosen)
        self.rows.opened.connect(lambda _: self._to_detail())
        self.detail = DetailPart(self, self._refer, self._to_list, self._look)
        self.bring = Button(words("Bring in a directory"), icon="upload", key="Alt+B", on=self._bring_in)
        if not self.may_bring_in:
            self.bring.hide()  # never shown before it has a parent: it would be a window for a moment
        self._build()

    def _build(self) -> None:
        words = self.words
        self._filters = QWidget()
        fields = (
            Field(words("Kind of service"), self.type), Field(words("Language"), self.language), Field(words("Town"), self.town),
        )  # fmt: skip
        for combo in (self.type, self.language, self.town):
            combo.setMaximumWidth(look().px(220))
        closed = QWidget()
        closed.setLayout(column(27, self.closed, gap=0))
        self._filters.setLayout(flow(*fields, closed, gap=16))
        self.search_field = Field(words("What is needed"), self.search, hint=words("also in another script"))
        self.search.setFixedWidth(look().px(380))
        tools = row(self.search_field, self._filters, gap=20)
        tools.setStretch(1, 1)
        self.none = EmptyState("search-x", "", "")
        self._none_part = scrolled(self.none, words("Nothing is found"))
        self.list_stack = QStackedWidget()
        self.list_stack.addWidget(self.rows)
        self.list_stack.addWidget(self._none_part)
        self.list_stack.setMinimumWidth(look().px(280))
        self._line = rule("v")
        both = row(self.list_stack, self._line, self.detail, gap=0)
        both.setStretch(0, 5)
        both.setStretch(2, 6)
        found = QWidget()
        head = row(heading(words("Directory")), self.count, None, self.bring, gap=16)
        self.count.setContentsMargins(0, look().px(8), 0, 0)
        self._above = QWidget()
        self._above.setLayout(column(head, 4, tools, 8, rule("head"), gap=0))
        whole = column(self._above, both, gap=0, margins=(24, 16, 24, 0))
        whole.setStretch(1, 1)
        found.setLayout(whole)
        self.stack = QStackedWidget()
        self.stack.addWidget(found)
        self.stack.addWidget(self._empty())
        self.setLayout(column(self.stack))

    def _empty(self) -> QWidget:
        words = self.words
        what = words(
            "Here stand the organisations and services to which people can be referred: food, school, doctors, legal help. They "
            "come from a file in the format Open Referral HSDS (version 2 or 3), which 211 lines, libraries, counties and "
            "networks of services publish or send when they are asked."
        )
        if self.may_bring_in:
            self.first_bring = Button(words("Bring in a directory"), kind="primary", icon="upload", on=self._bring_in)
            self.empty = EmptyState("book-open", words("No directory yet"), what, self.first_bring)
        else:
            ask = words("A supervisor or an administrator can bring one in. A referral can be written without one.")
            self.empty = EmptyState("book-open", words("No directory yet"), f"{what}\n\n{ask}")
            self.empty.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # it has no button: a screen reader says it as it is
        holder = QWidget()
        holder.setLayout(column(heading(words("Directory")), self.empty, None, margins=(24, 16, 24, 0)))
        return scrolled(holder, words("No directory yet"))

    # --- what a page is -------------------------------------------------------------------------------------------------

    def title(self) -> str:
        return self.words("Directory")

    def keys(self) -> tuple[tuple[str, str], ...]:
        words = self.words
        if self.stack.currentIndex():
            return ()
        return (("Up|Down", words("choose")), ("Return", words("read it")), ("Alt+R", words("refer somebody here")))

    def more_keys(self) -> tuple[tuple[str, str], ...]:
        return (("Esc", self.words("clear the search")),)

    def doings(self) -> tuple[tuple[str, str, Callable[[], object]], ...]:
        return ((self.words("Bring in a directory"), "upload", self._bring_in),) if self.may_bring_in else ()

    def first_focus(self) -> QWidget:
        if not self.stack.currentIndex():
            return self.search
        return self.first_bring if self.may_bring_in else self.empty

    def show_for(self, **args: Any) -> None:
        self.detail.look_for(args.get("participant_id"))
        if "text" in args:
            self.search.setText(str(args["text"]))
        self.reload()

    def reload(self) -> None:
        self._find()

    def narrowed(self, narrow: bool) -> None:
        self._narrow = narrow
        self._filters.setVisible(not narrow)
        self.count.setVisible(not narrow)
        self._side(open_=False)

    def _side(self, *, open_: bool) -> None:
        """Where there is room for one only: the list, or what is known of the current one."""
        self.list_stack.setVisible(not (self._narrow and open_))
        self._above.setVisible(not (self._narrow and open_))
        self._line.setVisible(not self._narrow)
        self.detail.back.setVisible(self._narrow)
        self.detail.setVisible(not self._narrow or open_)

    # --- finding --------------------------------------------------------------------------------------------------------

    def _find(self) -> None:
        text = self.search.text().strip()
        self._asked = DirectorySearch(
            text, self.type.value() or "", self.language.value() or "", self.town.value() or "",
            inactive=self.closed.isChecked(), limit=PAGE,
        )  # fmt: skip
        asked = self._asked
        self.ask(asked, lambda answer: self._show(asked, answer))

    def _show(self, asked: DirectorySearch, answer: DirectoryAnswer) -> None:
        if asked is not self._asked:
            return  # an answer to what was typed before
        words = self.words
        anything = bool(answer.everything or answer.organizations or asked != DirectorySearch(limit=PAGE))
        had_focus = self.stack.currentIndex() == (0 if anything else 1)
        self.stack.setCurrentIndex(0 if anything else 1)
        if not anything or not had_focus:
            self.title_changed.emit()
            self.take_focus()
        if not anything:
            return
        self._offer(answer)
        here = self.rows.current_row() if asked == self._shown else None  # something else was asked: the best is current
        self._shown = asked
        found: list[ListRow] = [organization_row(one, words) for one in answer.organizations]
        if found and answer.rows:
            found.insert(0, ListRow(title=words("Organisations"), head=True))
            found.append(ListRow(title=words("Services"), head=True))
        self.model.begin([*found, *(service_row(one, words) for one in answer.rows)], answer.matching - len(answer.rows))
        self._count(asked, answer)
        self.list_stack.setCurrentIndex(0 if found or answer.rows else 1)
        if not found and not answer.rows:
            self._nothing(asked)
        elif here is None or not self.rows.choose(here.id):
            self.rows.scrollToTop()
            self._choose_best(answer)

    def _choose_best(self, answer: DirectoryAnswer) -> None:
        """The first service; an organisation only where no service fits."""
        if answer.rows:
            self.rows.choose(("hsds_service", answer.rows[0].service_id))
        else:
            self.rows.choose_first()

    def _count(self, asked: DirectorySearch, answer: DirectoryAnswer) -> None:
        words = self.words
        self.count.setText(words.plural("{n} service", "{n} services", answer.everything))
        searching = asked != DirectorySearch(limit=PAGE)
        best = words.plural("{n} fits, best first", "{n} fit, best first", answer.matching)
        said = best if searching and answer.matching else ""
        self.search_field.hint.setText(said or words("also in another script"))
        if said:
            announce(self.search, said)

    def _offer(self, answer: DirectoryAnswer) -> None:
        """What there is to choose from, when that has changed."""
        choices = (answer.types, answer.languages, answer.towns)
        if choices == self._choices:
            return
        self._choices = choices
        named = sorted(((code, self.words.language_name(code)) for code in answer.languages), key=lambda one: one[1].casefold())
        self.type.set_choices([(one, one) for one in answer.types], self.type.value())
        self.language.set_choices(named, self.language.value())
        self.town.set_choices([(one, one) for one in answer.towns], self.town.value())

    def _nothing(self, asked: DirectorySearch) -> None:
        words = self.words
        self._side(open_=False)
        self.detail.hide()
        title = words("Nothing is found for “{text}”", text=asked.text) if asked.text else words("Nothing fits these filters")
        text = words("Try fewer letters, another word for it, or take a filter away.")
        self.none.tell(title, text)
        announce(self.search, f"{title}. {text}")

    def _more(self) -> None:
        asked = self._asked
        offset = sum(not one.head and one.id[0] == "hsds_service" for one in self.model.rows)
        further = replace(asked, offset=offset)
        self.ask(further, lambda answer: self._further(asked, answer))

    def _further(self, asked: DirectorySearch, answer: DirectoryAnswer) -> None:
        if asked is self._asked:
            self.model.append([service_row(one, self.words) for one in answer.rows])

    # --- the current one ------------------------------------------------------------------------------------------------

    def _move(self, step: int) -> None:
        self.rows.step(step)
        line = self.rows.current_row()
        if line is not None:
            announce(self.search, line.spoken)

    def _chosen(self, line: ListRow | None) -> None:
        if line is None or line.head:
            return
        self._look(*line.id)

    def _look(self, kind: str, id: UUID) -> None:
        """Asks for what is to stand beside the list."""
        self._wanted = (kind, id)
        question: Any = DirectoryService(id) if kind == "hsds_service" else DirectoryOrganization(id)
        self.ask(question, lambda view: self._got((kind, id), view))

    def _got(self, asked: tuple[str, UUID], view: ServiceView | OrganizationView) -> None:
        if asked != self._wanted:
            return
        if isinstance(view, ServiceView):
            self.detail.show_service(view)
        else:
            self.detail.show_organization(view)
        if not self._narrow:
            self.detail.show()

    def _to_detail(self) -> None:
        if self.rows.current_row() is not None:
            self._side(open_=True)
            self.detail.facts.setFocus(Qt.FocusReason.OtherFocusReason)

    def _to_list(self) -> None:
        self._side(open_=False)
        self.search.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and not self.search.hasFocus():
            self._to_list()
        else:
            super().keyPressEvent(event)

    # --- doing ----------------------------------------------------------------------------------------------------------

    def _refer(self, kind: str, id: UUID, participant: UUID) -> None:
        self.ui.go("form", form="refer", participant_id=participant, record_id=None, given={"to": (kind, id)})

    def _bring_in(self) -> None:
        self.ui.go(BRING_IN)
