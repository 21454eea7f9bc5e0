"""Caseloads side by side: who carries how much, what presses, and what nobody carries; from there to the people behind a number
and to handing one over.

The points are data (`resources/reference/caseload.toml`); the page says how they come about. Nobody is ranked.
"""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from PySide6.QtWidgets import QWidget

from cmpp_desktop.domain.caseload import CarriedAnswer, CarriedCase, CarriedCases, Caseload, CaseloadRow, Weights, load_weights
from cmpp_desktop.domain.cases import OPEN_STATES
from cmpp_desktop.domain.questions import NOBODY, PeopleFilter
from cmpp_desktop.ui.page import Page, Ui
from cmpp_desktop.ui.pages.caseload_table import CaseloadModel, CaseloadTable
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import (
    Button,
    CodeCombo,
    EmptyState,
    Field,
    Label,
    ListRow,
    RowButton,
    SectionHead,
    column,
    flow,
    heading,
    row,
    scrolled,
)
from cmpp_desktop.ui.widgets.streams import FittedRows, StreamDelegate, StreamRow
from cmpp_desktop.words import Words

AHEAD, SILENT = (7, 14, 30), (14, 21, 30, 60)  # days to choose from
LEVELS = ("high", "medium", "low", "")


def points_said(row: CaseloadRow, weights: Weights, words: Words) -> str:
    """How the points of a caseload come about: "23 cases 230 · risk 34 · support 22 · 4 under 18: 12 · 3 hearings 12"."""
    risk = sum(weights.risk.get(level, 0) * n for level, n in row.by_risk.items())
    support = sum(weights.support.get(level, 0) * n for level, n in row.by_support.items())
    cases = words.plural("{n} case", "{n} cases", row.cases)
    parts = [(cases, row.cases * weights.case), (words("risk"), risk), (words("support needed"), support)]
    parts.append((words("{n} under 18", n=row.minors), row.minors * weights.also.minor))
    parts.append((words.plural("{n} hearing", "{n} hearings", row.hearings), row.hearings * weights.also.hearing))
    return " · ".join(words("{label}: {value}", label=label, value=f"{points:,}") for label, points in parts if points)


def levels_said(row: CaseloadRow, words: Words) -> str:
    """ "Risk: 3 high, 8 medium, 12 not said"."""
    said = [
        f"{row.by_risk[level]:,} {words.code('level', level) if level else words('not said')}"
        for level in LEVELS
        if row.by_risk.get(level)
    ]
    return words("{label}: {value}", label=words.field("case", "risk"), value=", ".join(said).lower()) if said else ""


class CaseloadPage(Page):
    """`show_for()`."""

    place = "caseload"
    kinds: ClassVar[frozenset[str]] = frozenset(
        {
            "case", "participant", "obligation", "task", "service_plan", "consent", "service_session", "note", "staff_member",
            "signed",
        }
    )  # fmt: skip

    def __init__(self, ui: Ui) -> None:
        super().__init__(ui)
        words = self.words
        self._weights = load_weights()
        self._rows: tuple[CaseloadRow, ...] = ()
        self._asked: Caseload | None = None
        self.total = Label("", tone="ink2")
        self.ahead = CodeCombo([(n, words.plural("{n} day", "{n} days", n)) for n in AHEAD], 14)
        self.silent = CodeCombo([(n, words.plural("{n} day", "{n} days", n)) for n in SILENT], 30)
        for combo in (self.ahead, self.silent):
            combo.chosen.connect(lambda _: self.reload())
        self.model = CaseloadModel(words, self)
        self.table = CaseloadTable(words("Caseloads"), self.model)
        self.table.line_changed.connect(self._chosen)
        self.table.opened.connect(self._open)
        self.who = SectionHead("")
        self.points = Label("", tone="ink2", wrap=True)
        self.levels = Label("", tone="ink2", wrap=True)
        self.people = Button(words("See the people"), icon="users", key="Alt+P", on=self._people)
        self.quiet = Button(words("Without contact"), icon="phone-off", key="Alt+C", on=self._silent)
        self.cases = FittedRows(words("Their open cases"), StreamDelegate(lead_width=0, top=6))
        self.cases.opened.connect(lambda line: self.ui.go("participant", participant_id=line.id))
        self.cases.pressed_button.connect(lambda id, what: self._hand_over(id))
        self.cases.key_map["H"] = lambda line: self._hand_over(line.id) if line.buttons else None
        self._cases: dict[UUID, CarriedCase] = {}
        self._build()

    def _build(self) -> None:
        words = self.words
        self.first_people = Button(words("See the people"), on=lambda: self.ui.go("people"))
        self.empty = EmptyState(
            "scale", words("Nobody carries a case yet"),
            words("Once cases are open, everybody’s caseload stands here side by side, with what presses in it."),
            self.first_people,
        )  # fmt: skip
        self.empty.hide()
        note = Label(
            words("Points are for a conversation about the work. They say nothing of how well anybody works."), "small",
            tone="ink2", wrap=True,
        )  # fmt: skip
        choices = QWidget()
        choices.setLayout(flow(Field(words("Look ahead"), self.ahead), Field(words("No contact for"), self.silent), gap=16))
        self._found = QWidget()
        self._found.setLayout(
            column(
                choices, self.table, note, 8, self.who, self.points, self.levels, row(self.people, self.quiet, None, gap=12),
                self.cases, gap=8,
            )
        )  # fmt: skip
        head = row(heading(words("Caseloads")), self.total, None, gap=16)
        self.total.setContentsMargins(0, look().px(8), 0, 0)
        inner = QWidget()
        inner.setLayout(column(head, self._found, self.empty, None, gap=12, margins=(24, 16, 24, 16)))
        self.setLayout(column(scrolled(inner, words("Caseloads"))))

    # --- what a page is -------------------------------------------------------------------------------------------------

    def title(self) -> str:
        return self.words("Caseloads")

    def keys(self) -> tuple[tuple[str, str], ...]:
        words = self.words
        if not self._rows:
            return ()
        return (("Up|Down", words("choose")), ("Return", words("who is behind the number")), ("H", words("hand a case over")))

    def first_focus(self) -> QWidget | None:
        return self.first_people if self.empty.isVisibleTo(self) else self.table

    def reload(self) -> None:
        asked = Caseload(self.ui.today(), self.ahead.value(), self.silent.value(), self.ahead.value())
        self._asked = asked
        self.ask(asked, lambda rows: self._show(asked, rows))

    def narrowed(self, narrow: bool) -> None:
        self.table.narrow = narrow
        self.table.share()
        self.total.setVisible(not narrow)

    # --- showing --------------------------------------------------------------------------------------------------------

    def _show(self, asked: Caseload, rows: tuple[CaseloadRow, ...]) -> None:
        if asked is not self._asked:
            return
        words = self.words
        self._rows = rows
        self._found.setVisible(bool(rows))
        self.empty.setVisible(not rows)
        carrying = sum(row.staff_id is not None for row in rows)
        cases = words.plural("{n} open case", "{n} open cases", sum(row.cases for row in rows))
        self.total.setText(f"{words.plural('{n} caseworker', '{n} caseworkers', carrying)}, {cases}" if rows else "")
        self.table.show_rows(rows)
        self._chosen(self.table.current_line())
        self.title_changed.emit()
        self.take_focus()

    def _chosen(self, line: CaseloadRow | None) -> None:
        if line is None:
            return
        words = self.words
        name = line.name or words("Nobody")
        self.who.title.setText(name)
        self.who.title.setAccessibleName(name)
        self.who.show_count(words.plural("{n} point", "{n} points", line.weight))
        said, levels = points_said(line, self._weights, words), levels_said(line, words)
        self.points.setText(said or words("No open cases."))
        self.levels.setText(levels)
        self.levels.setVisible(bool(levels))
        self.people.setEnabled(bool(line.cases))
        self.quiet.setEnabled(bool(line.without_contact))
        self.ask(CarriedCases(line.staff_id), partial(self._show_cases, line))

    def _show_cases(self, line: CaseloadRow, answer: CarriedAnswer) -> None:
        current = self.table.current_line()
        if current is None or current.staff_id != line.staff_id:
            return
        words = self.words
        self._cases = {one.participant_id: one for one in answer.rows}
        lines: list[ListRow] = [self._case(one) for one in answer.rows]
        if answer.total > len(answer.rows):
            rest = words("{n} more: see the people.", n=f"{answer.total - len(answer.rows):,}")
            lines.append(ListRow(title=rest, head=True))
        self.cases.show_rows(lines)

    def _case(self, one: CarriedCase) -> StreamRow:
        words, today = self.words, self.ui.today()
        level = words.code("level", one.risk)
        risk = words("{label}: {value}", label=words.field("case", "risk"), value=level) if one.risk else ""
        last = (
            words("last contact {day}", day=words.short_date(one.last_contact, today))
            if one.last_contact
            else words("no contact yet")
        )
        points = words.plural("{n} point", "{n} points", one.weight)
        return StreamRow(
            id=one.participant_id, title=one.name, icon="user", what=words.code("case_state", one.state),
            details=(" · ".join(part for part in (points, risk, last) if part),),
            buttons=(RowButton("hand", words("Hand over"), "H"),),
        )  # fmt: skip

    # --- doing ----------------------------------------------------------------------------------------------------------

    def _filter(self, line: CaseloadRow, **more: Any) -> PeopleFilter:
        return PeopleFilter(caseworker=line.staff_id or NOBODY, states=OPEN_STATES, **more)

    def _open(self, line: CaseloadRow, column: str) -> None:
        """The people behind a number, or the notes that wait for a signature."""
        if column == "notes" and line.unsigned_notes:
            self.ui.go("review")
            return
        more = {"hearings": {"hearing_within": self.ahead.value()}, "without_contact": {"no_contact_for": self.silent.value()}}
        self.ui.go("people", filter=self._filter(line, **more.get(column, {})))

    def _people(self) -> None:
        line = self.table.current_line()
        if line is not None:
            self._open(line, "name")

    def _silent(self) -> None:
        line = self.table.current_line()
        if line is not None:
            self._open(line, "without_contact")

    def _hand_over(self, participant: UUID) -> None:
        found = self._cases.get(participant)
        if found is not None:
            self.ui.go("form", form="hand_over", participant_id=participant, record_id=found.case_id)
