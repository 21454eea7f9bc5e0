"""Two records of one person: found by name, laid side by side, said to be one, with a pick for each field that differs.

Both originals stay as they are, every reference follows, and it can be undone at any time, also after more was written.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QWidget

from cmpp_desktop.domain.merges import Merged, MergedView, MergePeople, Original, TwoSides, UnmergePeople
from cmpp_desktop.domain.questions import People, PeopleAnswer
from cmpp_desktop.domain.work import Done
from cmpp_desktop.errors import Invalid
from cmpp_desktop.ui.messages import field_problem
from cmpp_desktop.ui.page import Page, Ui
from cmpp_desktop.ui.pages.merge_model import Difference, counted, differences
from cmpp_desktop.ui.pages.record_found import clear
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import (
    Banner,
    Button,
    Field,
    Label,
    ListRow,
    Radio,
    SearchField,
    TextField,
    announce,
    column,
    flow,
    heading,
    row,
    rule,
    scrolled,
)
from cmpp_desktop.ui.widgets.streams import FittedRows, StreamDelegate, StreamRow


class MergePage(Page):
    """`show_for(participant_id=…, other=None)`: without `other` it is looked for first."""

    place = "merge"
    rail = "people"
    kinds: ClassVar[frozenset[str]] = frozenset({"merge"})

    def __init__(self, ui: Ui) -> None:
        super().__init__(ui)
        words = self.words
        self._one: UUID | None = None
        self._other: UUID | None = None
        self._groups: list[tuple[Difference, QButtonGroup, list[UUID]]] = []
        self.heading = heading(words("Two records of one person"))
        self.text = Label(
            words(
                "Both records stay as they are, and everything written under either is shown together. It can be undone later."
            ),
            tone="ink2", wrap=True,
        )  # fmt: skip
        self.search = SearchField(words("Find the other record"))
        self.search.asked.connect(lambda _: self._look())
        self.search.chosen.connect(self._take_current)
        self.found = FittedRows(words("People who may be the same"), StreamDelegate(lead_width=0, top=6))
        self.found.opened.connect(self._take)
        self.search.moved.connect(self.found.step)
        self.merged = QWidget()
        self._merged_box = column(gap=8)
        self.merged.setLayout(self._merged_box)
        self._finding = QWidget()
        self._finding.setLayout(column(self.search, self.found, gap=8))
        self._sides_box = column(gap=16)
        self._sides = QWidget()
        self._sides.setLayout(self._sides_box)
        self.reason = TextField()
        self.reason_field = Field(words("How you know that they are one person"), self.reason)
        self.wrong = Banner("", "")
        self.join = Button(words("They are one person"), kind="primary", key="Ctrl+Return", large=True, on=self._join)
        self.leave_button = Button(words("Leave"), kind="quiet", key="Esc", on=ui.back)
        self._ends = QWidget()
        self._ends.setLayout(column(self.reason_field, rule(), row(None, self.leave_button, self.join, gap=12), gap=12))
        self.wrong.hide()
        inner = QWidget()
        inner.setLayout(
            column(
                self.heading, self.text, self.merged, self.wrong, self._finding, self._sides, self._ends, None, gap=12,
                margins=(24, 16, 24, 24),
            )
        )  # fmt: skip
        inner.setMaximumWidth(look().px(900))
        self.setLayout(column(scrolled(inner, words("Two records of one person"))))

    def title(self) -> str:
        return self.words("Two records of one person")

    def keys(self) -> tuple[tuple[str, str], ...]:
        words = self.words
        return (("Return", words("choose")), ("Ctrl+Return", words("they are one person")), ("Esc", words("leave")))

    def first_focus(self) -> QWidget | None:
        return self.search if self._other is None else self.reason

    def show_for(self, **args: Any) -> None:
        self._one, self._other = args["participant_id"], args.get("other")
        self.wrong.hide()
        self.reason.clear()
        self.search.clear()
        self.reload()

    def reload(self) -> None:
        if self._one is None:
            return
        asked = self._one
        self.ask(Merged(asked), lambda view: self._show_merged(view) if asked == self._one else None)
        self._finding.setVisible(self._other is None)
        self._sides.setVisible(self._other is not None)
        self._ends.setVisible(self._other is not None)
        if self._other is None:
            self._look()
        else:
            pair = (self._one, self._other)
            self.ask(TwoSides(pair), lambda sides: self._show_sides(pair, sides))

    # --- finding --------------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        text = self.search.text().strip()
        if text:
            self.ask(People(self.ui.today(), text, sort="match", limit=8), lambda answer: self._show_found(text, answer))
        else:
            self.found.show_rows([])

    def _show_found(self, text: str, answer: PeopleAnswer) -> None:
        if text != self.search.text().strip():
            return
        lines = [
            StreamRow(
                id=person.id, title=person.name, icon="user",
                what=", ".join(self.words.language_name(code) for code in person.languages),
                details=(self.words("A-number ending {end}", end=person.a_number_end),) if person.a_number_end else (),
            )
            for person in answer.rows
            if person.id != self._one
        ]  # fmt: skip
        self.found.show_rows(lines)
        self.found.choose_first()

    def _take_current(self) -> None:
        line = self.found.current_row()
        if line is not None:
            self._take(line)

    def _take(self, line: ListRow) -> None:
        self._other = line.id
        self.reload()

    # --- side by side ---------------------------------------------------------------------------------------------------

    def _show_sides(self, pair: tuple[UUID, UUID], sides: Sequence[Original]) -> None:
        if pair != (self._one, self._other):
            return
        words = self.words
        clear(self._sides_box)
        self._groups = []
        for side in sides:
            called = side.participant.fields.called
            held = counted(side.counts, words) or words("nothing")
            self._add(Label(words("Under {name}: {what}", name=called, what=held), tone="ink2", wrap=True))
        found = differences(sides, words)
        if not found:
            self._add(Label(words("Both records say the same."), wrap=True))
        for difference in found:
            self._add(self._choice(difference))
        self.reason.setFocus(Qt.FocusReason.OtherFocusReason)

    def _add(self, widget: QWidget) -> None:
        self._sides_box.addWidget(widget)
        widget.show()

    def _choice(self, difference: Difference) -> QWidget:
        """One field: a circle for each side, the proposed one chosen."""
        holder = QWidget()
        holder.setAccessibleName(difference.label)
        group = QButtonGroup(holder)
        circles, ids = [], []
        for number, (id, text) in enumerate(difference.sides):
            circle = Radio(text or self.words("nothing"))
            circle.setAccessibleName(f"{difference.label}: {circle.text()}")
            circle.setChecked(id == difference.proposed)
            group.addButton(circle, number)
            circles.append(circle)
            ids.append(id)
        self._groups.append((difference, group, ids))
        choices = QWidget()
        choices.setLayout(flow(*circles, gap=24))
        holder.setLayout(column(Label(difference.label, weight="medium"), choices, gap=4))
        return holder

    def _join(self) -> None:
        if self._one is None or self._other is None:
            return
        picks = {difference.name: ids[max(group.checkedId(), 0)] for difference, group, ids in self._groups}
        self.do(MergePeople(self._one, self._other, picks, self.reason.text().strip()), self._joined, self._refused)

    def _joined(self, done: Done) -> None:
        self.ui.say(self.words("They are shown as one person now"), done.undo)
        self.ui.go("participant", participant_id=self._one)

    def _refused(self, error: BaseException) -> None:
        if not isinstance(error, Invalid):
            self.ui.trouble(error)
            return
        said = " ".join(field_problem(code, self.words) for code in error.fields.values())
        self.wrong.tell(self.words("They were not joined."), said)
        self.wrong.show()

    # --- two people after all -------------------------------------------------------------------------------------------

    def _show_merged(self, view: MergedView) -> None:
        clear(self._merged_box)
        self.merged.setVisible(bool(view.merges))
        names = {side.participant.id: side.participant.fields.called for side in view.originals}
        for merge in view.merges:
            one, other = (names.get(id, "…") for id in (merge.fields.a, merge.fields.b))
            said = self.words("{one} and {other} are shown as one person.", one=one, other=other)
            apart = Button(self.words("They are two people after all"), on=lambda id=merge.id: self._unmerge(id))  # type: ignore[misc]  # a default keeps the id
            holder = QWidget()
            line = row(Label(said, wrap=True), apart, gap=12)
            line.setStretch(0, 1)
            holder.setLayout(line)
            self._merged_box.addWidget(holder)
            holder.show()

    def _unmerge(self, merge_id: UUID) -> None:
        self.do(UnmergePeople(merge_id), self._unmerged)

    def _unmerged(self, done: Done) -> None:
        said = self.words("They are two people again")
        self.ui.say(said, done.undo, lambda _: self.reload())
        announce(self, said)
        self.reload()
