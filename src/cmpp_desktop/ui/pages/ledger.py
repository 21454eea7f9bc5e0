"""Time and help: what was worked and given in a month, by award and cost category, each entry below, and what waits.

Everybody sees what they may see of the ledgers; supervisors decide, with one key, but never on what is their own. Enter opens an
entry; an approved one is not changed any more, only taken back by another.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from cmpp_desktop.domain.assistance import ApproveEntries, LedgerKind
from cmpp_desktop.domain.ledgers import MINUTES, Ledger, LedgerEntry, LedgerLine, LedgerTotals, TotalsView
from cmpp_desktop.domain.work import Done
from cmpp_desktop.ui.page import Page, Ui
from cmpp_desktop.ui.widgets import Button, Chip, Label, ListRow, SectionHead, column, heading, isolate, row, scrolled
from cmpp_desktop.ui.widgets.row_model import RowBadge
from cmpp_desktop.ui.widgets.streams import FittedRows, StreamDelegate, StreamRow
from cmpp_desktop.words import Words

DECIDERS = frozenset({"supervisor", "administrator"})
KINDS: tuple[LedgerKind, ...] = ("staff_time", "direct_assistance")
STATES = {"waiting": "soon", "approved": "done", "refused": "overdue"}


def amount_words(amount: Decimal, unit: str, words: Words) -> str:
    """"2 h 30 min", "$45.00"."""
    if unit != MINUTES:
        return f"${amount:,.2f}" if unit == "USD" else f"{amount:,.2f} {unit}"
    hours, minutes = divmod(abs(int(amount)), 60)
    said = words("{hours} h {minutes} min", hours=hours, minutes=minutes) if hours else words("{n} min", n=minutes)
    return f"−{said}" if amount < 0 else said


def month_of(day: date) -> tuple[date, date]:
    """The first and last day of a month."""
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


class LedgerPage(Page):
    """`show_for(kind="staff_time", month=date)`."""

    place = "ledger"
    kinds: ClassVar[frozenset[str]] = frozenset({"staff_time", "direct_assistance", "award", "code_entry"})

    def __init__(self, ui: Ui) -> None:
        super().__init__(ui)
        words = self.words
        self._kind: LedgerKind = "staff_time"
        self._first, self._last = month_of(ui.today())
        self._entries: dict[Any, LedgerEntry] = {}
        self.decides = ui.me is not None and ui.me.me.role in DECIDERS
        self.heading = heading(words("Time and help"))
        self.month = Label("", "large")
        back, on = partial(self._step, -1), partial(self._step, 1)
        self.before = Button("", kind="quiet", icon="chevron-left", key="Alt+Up", name=words("Month before"), on=back)
        self.after = Button("", kind="quiet", icon="chevron-right", key="Alt+Down", name=words("Month after"), on=on)
        said = {"staff_time": words("Staff time"), "direct_assistance": words("Help given")}
        self.chips: dict[LedgerKind, Chip] = {kind: Chip(said[kind]) for kind in KINDS}
        for kind, chip in self.chips.items():
            chip.clicked.connect(partial(self._choose, kind))
        self.add = Button(words("My time"), icon="plus", key="N", on=self._add)
        self.totals = FittedRows(words("Totals"), StreamDelegate(lead_width=0, top=4, columns=(140, 160)))
        self.restricted = Label(words("Entries of restricted sessions may be missing here."), "small", tone="ink2", wrap=True)
        self.rows = FittedRows(words("Entries"), StreamDelegate(lead_width=120, top=4, columns=(0, 150)))
        self.rows.opened.connect(self._open)
        self.approve_all = Button(words("Approve all that wait"), icon="check-check", on=self._approve_all)
        self._totals_head, self._rows_head = SectionHead(words("By award and cost category")), SectionHead(words("Entries"))
        self._build()

    def _build(self) -> None:
        inner = QWidget()
        inner.setLayout(
            column(
                row(self.heading, None, *self.chips.values(), self.add, gap=8),
                row(self.before, self.month, self.after, None, gap=8),
                self._totals_head, self.totals, self.restricted, 8,
                row(self._rows_head, None, self.approve_all, gap=8), self.rows, None,
                gap=8, margins=(24, 16, 24, 16),
            )
        )  # fmt: skip
        self.setLayout(column(scrolled(inner, self.words("Time and help"))))

    # --- what a page is -------------------------------------------------------------------------------------------------

    def title(self) -> str:
        return self.words("Time and help")

    def keys(self) -> tuple[tuple[str, str], ...]:
        words = self.words
        decide = (("A", words("approve")),) if self.decides else ()
        return (("Up|Down", words("move")), ("Return", words("open")), *decide, ("N", words("my time")))

    def first_focus(self) -> QWidget | None:
        return self.rows

    def show_for(self, **args: Any) -> None:
        if "month" in args:
            self._first, self._last = month_of(args["month"])
        self._choose(args.get("kind", self._kind))

    def reload(self) -> None:
        asked = (self._kind, self._first, self._last)
        self.month.setText(self.words.month(self._first))
        self.ask(LedgerTotals(*asked, by="all"), partial(self._show_totals, asked))
        self.ask(Ledger(*asked), partial(self._show_entries, asked))

    def _choose(self, kind: LedgerKind, *_: object) -> None:
        self._kind = kind
        for name, chip in self.chips.items():
            chip.setChecked(name == kind)
        self.add.setVisible(kind == "staff_time")
        self.reload()

    def _step(self, by: int) -> None:
        self._first, self._last = month_of(self._first + timedelta(days=45) if by > 0 else self._first - timedelta(days=15))
        self.reload()

    # --- showing ----------------------------------------------------------------------------------------------------------

    def _show_totals(self, asked: tuple[Any, ...], view: TotalsView) -> None:
        if asked != (self._kind, self._first, self._last):
            return
        rows: list[ListRow] = [self._total(number, line) for number, line in enumerate(view.lines)]
        nothing = ListRow(title=self.words("Nothing in this month yet."), muted=True, icon="badge-dollar-sign")
        self.totals.show_rows(rows or [nothing])
        self.restricted.setVisible(view.restricted_exists)

    def _total(self, number: int, line: LedgerLine) -> StreamRow:
        words = self.words
        waiting = words("{amount} waits", amount=amount_words(line.waiting, line.unit, words)) if line.waiting_entries else ""
        return StreamRow(
            id=number,
            title=isolate(line.award) if line.award else words("No award"),
            what=words.code("cost_category", line.cost_category),
            middle=words.plural("{n} entry", "{n} entries", line.entries + line.waiting_entries),
            badge=RowBadge(amount_words(line.amount, line.unit, words), plain=True),
            details=(waiting,) if waiting else (),
        )

    def _show_entries(self, asked: tuple[Any, ...], entries: Sequence[LedgerEntry]) -> None:
        if asked != (self._kind, self._first, self._last):
            return
        self._entries = {entry.id: entry for entry in entries}
        rows: list[ListRow] = [self._line(entry) for entry in entries]
        empty = {
            "staff_time": self.words("Time that was worked appears here. N writes down your own; a session brings its own."),
            "direct_assistance": self.words("Help that was given appears here. It is written down in the file of who got it."),
        }
        self.rows.show_rows(rows or [ListRow(title=empty[self._kind], muted=True, icon="clock")])
        self._rows_head.show_count(str(len(entries)))
        self.approve_all.setVisible(self.decides and any(self._may_decide(entry) for entry in entries))

    def _line(self, entry: LedgerEntry) -> StreamRow:
        words = self.words
        what = words.code("staff_activity" if self._kind == "staff_time" else "assistance_type", entry.what)
        states = {"waiting": words("Waits"), "approved": words("Approved"), "refused": words("Refused")}
        back = words("takes another back") if entry.reverses_id else ""
        facts = (entry.staff, entry.participant, entry.award, back, entry.note)
        return StreamRow(
            id=entry.id,
            lead=words.short_date(entry.day, self.ui.today()),
            title=what,
            what=amount_words(entry.amount, entry.unit, words),
            details=(" · ".join(isolate(part) for part in facts if part),),
            badge=RowBadge(states[entry.state], STATES[entry.state]),
            icon="clock" if self._kind == "staff_time" else "hand-heart",
        )

    # --- doing ------------------------------------------------------------------------------------------------------------

    def _add(self) -> None:
        self.ui.go("form", form="my_time", participant_id=None, record_id=None)

    def _may_decide(self, entry: LedgerEntry) -> bool:
        return self.decides and entry.state == "waiting" and not entry.own

    def _open(self, line: ListRow) -> None:
        entry = self._entries.get(line.id)
        if entry is None:
            return
        if self._may_decide(entry):
            form = "decide_time" if self._kind == "staff_time" else "decide_help"
            self.ui.go("form", form=form, participant_id=entry.participant_id, record_id=entry.id)
        elif entry.state == "waiting" and self._kind == "staff_time":
            self.ui.go("form", form="staff_time", participant_id=None, record_id=entry.id)
        elif entry.session_id is not None:
            self.ui.go("session", session_id=entry.session_id)
        elif entry.participant_id is not None:
            self.ui.go("participant", participant_id=entry.participant_id, tab="records")

    def _approve(self, ids: tuple[Any, ...]) -> None:
        if ids:
            self.do(ApproveEntries(self._kind, ids), partial(self._approved, len(ids)))

    def _approve_all(self) -> None:
        self._approve(tuple(entry.id for entry in self._entries.values() if self._may_decide(entry)))

    def _approved(self, count: int, done: Done) -> None:
        said = self.words.plural("{n} entry approved", "{n} entries approved", count)
        self.ui.say(said, done.undo, lambda _: self.reload())
        self.reload()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        current = self.rows.current_row()
        entry = self._entries.get(current.id) if current is not None else None
        if event.key() == Qt.Key.Key_A and not event.modifiers() and entry is not None and self._may_decide(entry):
            self._approve((entry.id,))
        else:
            super().keyPressEvent(event)
