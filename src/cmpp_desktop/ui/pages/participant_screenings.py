"""Screenings of a participant. Who holds the restricted records restricts one afterwards, or lets the whole team see it again."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from cmpp_desktop.domain.questions import Participant, ParticipantView, TimelineAnswer, TimelineEntry
from cmpp_desktop.ui.page import Page
from cmpp_desktop.ui.pages.participant_model import entry_row
from cmpp_desktop.ui.pages.restricting import restrict, restrict_words
from cmpp_desktop.ui.pages.rows_of import timeline_row
from cmpp_desktop.ui.widgets import Button, EmptyState, ListRow, RowButton, column, scrolled
from cmpp_desktop.ui.widgets.streams import FittedRows, StreamDelegate


class ScreeningsTab(QWidget):
    """Every interview that was finished, newest first. `opened(id)`."""

    opened = Signal(object)

    def __init__(self, page: Page, start: Button) -> None:
        super().__init__()
        self._page = page
        self._entries: dict[UUID, TimelineEntry] = {}
        words = self._words = page.words
        self.rows = FittedRows(words("Screenings"), StreamDelegate(lead_width=96, top=6))
        self.rows.opened.connect(lambda line: self.opened.emit(line.id[1]))
        self.rows.pressed_button.connect(lambda id, button: self._restrict(id[1]))
        self.rows.key_map = {"X": lambda line: self._restrict(line.id[1])}
        self.empty = EmptyState(
            "clipboard-list",
            words("No interview yet"),
            words("Choose an instrument and a language. Each answer is saved as it is given, and you can stop at any question."),
            start,
        )
        inner = QWidget()
        inner.setLayout(column(self.rows, self.empty, None, gap=8, margins=(0, 12, 24, 16)))
        self.setLayout(column(scrolled(inner, words("Screenings"))))

    def show_answer(self, answer: TimelineAnswer, about: UUID) -> None:
        """`about`: whose they are."""
        entries = (*answer.ahead, *answer.today, *answer.earlier)
        self._entries = {}
        self._show(entries)
        if entries:
            self._page.ask(Participant(about), lambda view: self._offer(entries, view))

    def _offer(self, entries: tuple[TimelineEntry, ...], view: ParticipantView) -> None:
        """What can be done is known: only who holds the restricted records is told of them."""
        if not view.restricted_exists:
            self._entries = {entry.id: entry for entry in entries if entry.kind == "screening"}
            self._show(entries)

    def _show(self, entries: tuple[TimelineEntry, ...]) -> None:
        self.rows.show_rows([self._line(entry) for entry in entries])
        self.rows.setVisible(bool(entries))
        self.empty.setVisible(not entries)

    def _line(self, entry: TimelineEntry) -> ListRow:
        line = timeline_row(entry_row(entry, self._page.ui.today(), self._words))
        if entry.id not in self._entries:
            return line
        return replace(line, buttons=(RowButton("restrict", restrict_words(entry.restricted, self._words), "X"),))

    def _restrict(self, id: UUID) -> None:
        entry = self._entries.get(id)
        if entry is not None:
            restrict(self._page, "screening", id, not entry.restricted, lambda closed: self._page.reload())
