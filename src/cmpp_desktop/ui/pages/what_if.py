"""What if the asylum clock stopped, or went on? A question beside a clock: days are tried out, and nothing is written."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from PySide6.QtWidgets import QWidget

from cmpp_desktop.domain.deadline_views import AsylumClock, ClockView
from cmpp_desktop.ui.page import Page
from cmpp_desktop.ui.widgets import Button, Field, Label, announce, column, flow, row
from cmpp_desktop.ui.widgets.combo import CodeCombo
from cmpp_desktop.ui.widgets.day_time import DateField
from cmpp_desktop.words import Words


def compared(now: ClockView, then: ClockView, words: Words) -> tuple[str, ...]:
    """Both of the days that count, as they are and as they would be."""

    def said(n: int, before: date | None, after: date | None) -> str:
        if after is None:
            return words("{n} days: never, unless it goes on.", n=n)
        if before is None:
            return words("{n} days: {day}.", n=n, day=words.short_date(after))
        if before == after:
            return words("{n} days: {day}, as it is.", n=n, day=words.short_date(after))
        later = (after - before).days
        moved = (
            words.plural("{n} day later", "{n} days later", later) if later > 0
            else words.plural("{n} day earlier", "{n} days earlier", -later)
        )  # fmt: skip
        return words("{n} days: {day}, {moved}.", n=n, day=words.short_date(after), moved=moved)

    return said(150, now.may_apply, then.may_apply), said(180, now.eligible, then.eligible)


class WhatIf(QWidget):
    """Folded until it is asked for. A clock that runs may be stopped, one that stands may go on."""

    def __init__(self, page: Page, application_id: UUID, view: ClockView) -> None:
        super().__init__()
        self._page, self._id, self._view = page, application_id, view
        words, today = page.words, page.ui.today
        self.stands = view.state == "stopped"
        asked = words("What if it went on?") if self.stands else words("What if it stopped?")
        self.open_button = Button(asked, kind="quiet", icon="circle-help", on=self._unfold)
        self.since = DateField(words, today, today())
        begins = words("It goes on from") if self.stands else words("It stops on")
        self.fields = [Field(begins, self.since)]
        if not self.stands:
            self.until = DateField(words, today)
            causes = [(code.id, code.name(words.language)) for code in words.codes("clock_cause")]
            self.by = CodeCombo(causes, "applicant")
            self.fields += [
                Field(words("It goes on from"), self.until, hint=words("empty: for good")),
                Field(words("Who causes it"), self.by),
            ]
        self.show_button = Button(words("Count"), on=self._ask)
        self.lines = [Label("", wrap=True, select=True) for _ in range(2)]
        for line in self.lines:
            line.hide()
        note = Label(words("Nothing of this is written down."), "small", tone="ink2")
        inside = QWidget()
        fields = QWidget()
        fields.setLayout(flow(*self.fields, gap=16))
        inside.setLayout(column(fields, row(self.show_button, None), *self.lines, note, gap=6))
        self.inside = inside
        self.setLayout(column(row(self.open_button, None), inside, gap=4))
        inside.hide()

    def _unfold(self) -> None:
        self.inside.setVisible(not self.inside.isVisible())
        if self.inside.isVisible():
            self.since.setFocus()

    def _ask(self) -> None:
        words, day = self._page.words, self.since.value()
        self.fields[0].problem("" if day is not None else words("This is not a day."))
        if day is None:
            self.since.setFocus()
            return
        today = self._page.ui.today()
        if self.stands:
            self._page.ask(AsylumClock(self._id, today, go_on=day), self._show)
            return
        until = self.until.value()
        bad = until <= day if until is not None else bool(self.until.text().strip())
        self.fields[1].problem(words("A day after the stop, or nothing.") if bad else "")
        if bad:
            self.until.setFocus()
            return
        self._page.ask(AsylumClock(self._id, today, day, until, self.by.value() or "applicant"), self._show)

    def _show(self, view: ClockView) -> None:
        if view.what_if is None:
            return
        said = compared(view, view.what_if, self._page.words)
        for label, text in zip(self.lines, said, strict=True):
            label.setText(text)
            label.show()
        announce(self, " ".join(said))
