"""Reports that came for the Board: from whom, for which period, when. Enter saves a copy, with a reason.

For board readers and administrators: nobody else's laptop can open them. There is nothing about a person in a report; what it is
was said by whoever made it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from PySide6.QtWidgets import QWidget

from cmpp_desktop.ui.page import Page, Ui
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import Button, EmptyState, Label, RowList, column, heading, isolate, row, scrolled
from cmpp_desktop.ui.widgets.row_model import RowButton
from cmpp_desktop.ui.widgets.streams import StreamDelegate, StreamRow
from cmpp_desktop.words import in_one
from cmpp_desktop.workspace import ReceivedReport


class ReportsReceivedPage(Page):
    """One list, the newest first."""

    place = "reports_received"
    kinds: ClassVar[frozenset[str]] = frozenset({"-"})  # nothing of it is a record: asked when it is shown, and by hand

    def __init__(self, ui: Ui) -> None:
        super().__init__(ui)
        words = self.words
        self._found: dict[Any, ReceivedReport] = {}
        self.rows = RowList(words("Reports received"), StreamDelegate(lead_width=0, top=6))
        self.rows.opened.connect(lambda item: self._save(item.id))
        self.rows.pressed_button.connect(lambda id, button: self._save(id))
        self.rows.key_map["S"] = lambda item: self._save(item.id)
        self.rows.setMinimumHeight(look().px(240))
        text = words(
            "A supervisor or an administrator sends a report about a period. It comes sealed, with the next exchange, and only "
            "the laptops of board readers and administrators open it."
        )
        self.nothing = EmptyState("file-text", words("No report has come yet"), text)
        self.nothing.hide()
        again = Button(words("Read it again"), icon="refresh-cw", key="F5", on=self.reload)
        whole = column(
            row(heading(self.title()), None, again, gap=12),
            Label(words("Each was sealed and signed by the laptop it came from."), tone="ink2", wrap=True),
            self.rows, self.nothing, gap=12, margins=(24, 16, 24, 8),
        )  # fmt: skip
        whole.setStretchFactor(self.rows, 1)
        whole.setStretchFactor(self.nothing, 1)
        inner = QWidget()
        inner.setLayout(whole)
        self.setLayout(column(scrolled(inner, self.title())))

    def title(self) -> str:
        return self.words("Reports received")

    def keys(self) -> tuple[tuple[str, str], ...]:
        words = self.words
        return (("Up|Down", words("move")), ("Return", words("save a copy")), ("F5", words("read it again")))

    def first_focus(self) -> QWidget | None:
        return self.rows

    def reload(self) -> None:
        self.call(self.ui.door.reports_received, self._show)

    def _show(self, found: Sequence[ReceivedReport]) -> None:
        self._found = {one.report_id: one for one in found}
        self.rows.show_rows([self._row(one) for one in found])
        self.rows.setVisible(bool(found))
        self.nothing.setVisible(not found)
        self.take_focus()
        if self.rows.hasFocus() and not self.rows.currentIndex().isValid():
            self.rows.choose_first()

    def _row(self, one: ReceivedReport) -> StreamRow:
        words, today = self.words, self.ui.today()
        sent = words.here(one.sent_at)
        period = words("{first} to {last}", first=words.short_date(one.first, today), last=words.short_date(one.last, today))
        whose = ", ".join(part for part in (one.person, one.laptop) if part) or words("a laptop without a name")
        when = f"{words.short_date(sent.date(), today)}, {words.time(sent)}"
        what = words("{period}. From {whose}, sent {when}.", period=period, whose=whose, when=when)
        save = RowButton("save", words("Save a copy"), "S")
        return StreamRow(
            id=one.report_id, title=isolate(one.name), what=what, wrap=True, icon="file-text", buttons=(save,),
            said=in_one((one.name, what)),
        )  # fmt: skip

    def _save(self, report_id: Any) -> None:
        if report_id in self._found:
            self.ui.go("form", form="save_report", record_id=report_id, given={"path": self._found[report_id].name})
