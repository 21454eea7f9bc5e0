"""The stream of a participant: ahead, today, earlier; filters as chips, "/" to find, Enter opens, A M V mark."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from cmpp_desktop.domain.questions import EntryKind, Timeline, TimelineAnswer
from cmpp_desktop.ui.page import Page
from cmpp_desktop.ui.pages.participant_model import FILTERS, first_name, timeline_rows
from cmpp_desktop.ui.pages.rows_of import timeline_row
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import Button, Chip, EmptyState, ListRow, RowList, SearchField, column, flow, row
from cmpp_desktop.ui.widgets.streams import StreamDelegate

PAGE = 60


class TimelineTab(QWidget):
    """`opened(kind, id)`: an entry was chosen. `mark(id, result)`: an obligation was marked by its letter."""

    opened = Signal(str, object)
    mark = Signal(object, str)

    def __init__(self, page: Page, first_steps: tuple[Button, ...]) -> None:
        super().__init__()
        self._page = page
        self._words = page.words
        self._participant: UUID | None = None
        self._kinds: tuple[str, ...] = ()
        self._limit = PAGE
        words = self._words
        self.search = SearchField(words("Find in this timeline"), key="/")
        self.search.asked.connect(lambda _: self.reload())
        self.search.chosen.connect(self._to_list)
        self.search.moved.connect(self._step)
        self.chips = [self._chip(name, kinds) for name, kinds in FILTERS]
        self.chips[0].setChecked(True)
        chips = QWidget()
        chips.setLayout(flow(*self.chips))
        self.rows = RowList(words("Timeline"), StreamDelegate(lead_width=96, top=6))
        self.rows.opened.connect(self._open)
        for letter, result in (("A", "attended"), ("M", "missed_unexcused"), ("V", "moved_by_agency")):
            self.rows.key_map[letter] = self._marker(result)
        self.more = Button(words("Show earlier ones"), kind="quiet", on=self._show_more)
        self.empty = EmptyState("messages-square", "", "", *first_steps)
        self.nothing = EmptyState("search-x", words("Nothing here says that"), "")
        listed = QWidget()
        listed.setLayout(column(self.rows, self.more, gap=4))
        self._stack = QStackedWidget()
        for widget in (listed, self.empty, self.nothing):
            self._stack.addWidget(widget)
        self.search.setMinimumWidth(look().px(180))
        self.search.setMaximumWidth(look().px(240))
        head = row(chips, self.search, gap=16)
        head.setStretch(0, 1)
        self.setLayout(column(head, self._stack, gap=8, margins=(0, 12, 24, 0)))

    def show_for(self, participant_id: UUID, called: str) -> None:
        if participant_id != self._participant:
            self._participant = participant_id
            self._limit = PAGE
            self.search.blockSignals(True)
            self.search.clear()
            self.search.blockSignals(False)
            self._choose(self.chips[0], ())
        self.empty.tell(
            self._words("{name}’s story starts here", name=first_name(called)),
            self._words(
                "Sessions, hearings, notes and papers appear in one stream, newest first. Consent comes first, then intake."
            ),
        )
        self.reload()

    def reload(self) -> None:
        """Asks again with the filters as they are."""
        if self._participant is None:
            return
        kinds: tuple[EntryKind, ...] = self._kinds  # type: ignore[assignment]  # they are the model's kinds
        asked = Timeline(self._participant, self._page.ui.today(), kinds, self.search.text().strip(), limit=self._limit)
        self._page.ask(asked, lambda answer: self._show(asked, answer))

    def _show(self, asked: Timeline, answer: TimelineAnswer) -> None:
        if asked.participant_id != self._participant or asked.kinds != self._kinds or asked.text != self.search.text().strip():
            return  # an older question's answer
        said = timeline_rows(answer, self._page.ui.today(), self._words)
        self.rows.show_rows([timeline_row(item) for item in said])
        if self.rows.hasFocus() and self.rows.current_row() is None:
            self.rows.choose_first()
        self.more.setVisible(answer.more)
        filtered = bool(asked.kinds or asked.text)
        if said:
            self._stack.setCurrentIndex(0)
        else:
            self.nothing.tell(self._words("Nothing here says that"), self._words("Try fewer letters, or All."))
            self._stack.setCurrentIndex(2 if filtered else 1)

    def start_finding(self) -> None:
        """The keyboard goes into the search field."""
        self.search.setFocus()
        self.search.selectAll()

    def _chip(self, name: str, kinds: tuple[str, ...]) -> Chip:
        chip = Chip(self._words(name))
        chip.clicked.connect(lambda: self._filter(chip, kinds))
        return chip

    def _filter(self, chip: Chip, kinds: tuple[str, ...]) -> None:
        self._choose(chip, kinds)
        self.reload()

    def _choose(self, chip: Chip, kinds: tuple[str, ...]) -> None:
        self._kinds = kinds
        for other in self.chips:
            other.setChecked(other is chip)

    def next_filter(self) -> None:
        """F: the next chip."""
        here = next((number for number, chip in enumerate(self.chips) if chip.isChecked()), 0)
        chip = self.chips[(here + 1) % len(self.chips)]
        self._filter(chip, FILTERS[(here + 1) % len(self.chips)][1])

    def _show_more(self) -> None:
        self._limit += PAGE
        self.reload()

    def _to_list(self) -> None:
        self.rows.setFocus()
        self.rows.choose_first()

    def _open(self, line: ListRow) -> None:
        kind, entry_id, _ = line.id
        self.opened.emit(kind, entry_id)

    def _step(self, by: int) -> None:
        self.rows.step(by)

    def _marker(self, result: str) -> Callable[[ListRow], object]:
        return lambda line: self._mark(line, result)

    def _mark(self, line: ListRow, result: str) -> None:
        kind, entry_id, _ = line.id
        if kind == "obligation":
            self.mark.emit(entry_id, result)
