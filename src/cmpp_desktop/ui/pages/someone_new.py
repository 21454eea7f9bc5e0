"""Someone new: consent first, then look whether they are here already, then the people, then one household and its case.

Four calm steps on one page. Nothing is recorded before the last one; what is typed is kept as a draft. When somebody says
no to consent, nothing of them is kept at all.
"""

from __future__ import annotations

import json
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLayout, QLineEdit, QStackedWidget, QWidget

from cmpp_desktop.domain.households import NewPerson, RegisterHousehold
from cmpp_desktop.domain.questions import Draft
from cmpp_desktop.domain.work import Done
from cmpp_desktop.errors import Invalid
from cmpp_desktop.ui import places
from cmpp_desktop.ui.messages import field_problem
from cmpp_desktop.ui.page import Page, Ui
from cmpp_desktop.ui.pages.drafts import DraftKeeper
from cmpp_desktop.ui.pages.someone_new_consent import ConsentStep
from cmpp_desktop.ui.pages.someone_new_household import HouseholdStep
from cmpp_desktop.ui.pages.someone_new_look import LookStep
from cmpp_desktop.ui.pages.someone_new_people import PeopleStep
from cmpp_desktop.ui.steps import StepList
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import Banner, Button, CodeCombo, Label, ListRow, Tick, announce, column, row, rule, scrolled

DRAFT = "someone_new"
STEPS = ("consent", "look", "people", "household")


class SomeoneNewPage(Page):
    """`show_for()`. Goes to the new person's page at the end."""

    place = "someone_new"
    rail = "people"
    kinds = frozenset({"none"})  # what happens elsewhere does not change what is being typed

    def __init__(self, ui: Ui) -> None:
        super().__init__(ui)
        self._step = 0
        self._busy = False
        self._filling = False
        self._narrow = False
        self._folding: list[QHBoxLayout] = []  # lines of fields that stand below each other where the room is narrow
        self._build()
        self._drafts = DraftKeeper(self, self._pack)

    def title(self) -> str:
        return self.words("Someone new")

    def keys(self) -> tuple[tuple[str, str], ...]:
        words = self.words
        return (
            ("Tab", words("next field")),
            ("Return", words("go on")),
            ("Alt+Left", words("back")),
            ("Esc", words("leave, keeps a draft")),
        )

    def footer(self) -> str | None:
        return self.words("Nothing is recorded before the last step; the draft is on this laptop.")

    def first_focus(self) -> QWidget | None:
        return (self.consent.language, self.looking.given, self.people.preferred, self.household.line1)[self._step]

    # --- making it --------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        words = self.words
        self.steps = StepList(
            (words("Consent"), words("Are they here already?"), words("The people"), words("Household and case"))
        )
        side = QWidget()
        side.setFixedWidth(look().px(232))
        side.setLayout(column(Label(words("Someone new"), "title"), 20, self.steps, None, gap=0, margins=(0, 0, 24, 0)))
        self._side = side
        self.consent, self.looking = ConsentStep(self), LookStep(self)
        self.people, self.household = PeopleStep(self), HouseholdStep(self)
        self.parts = (self.consent, self.looking, self.people, self.household)
        self.stack = QStackedWidget()
        for inner in self.parts:
            inner.setMaximumWidth(look().px(840))
            line = row(inner, None)
            line.setStretch(0, 100)
            self.stack.addWidget(scrolled(column(line, None, margins=(8, 0, 8, 16))))
        self._notice = column(gap=0)
        self._note = Label("", "small", tone="ink2", wrap=True)
        self._back = Button(words("Back"), large=True, on=self.back_step)
        self._on = Button(words("Go on"), kind="primary", key="Return", large=True, on=self.next_step)
        bar = row(self._note, self._back, self._on, gap=12)
        bar.setStretch(0, 1)
        right = column(self._notice, self.stack, rule(), bar, gap=12, margins=(24, 0, 0, 12))
        right.setStretch(1, 1)
        whole = row(side, rule("v"), right, gap=0, margins=(24, 16, 24, 0))
        whole.setStretch(2, 1)
        self.setLayout(whole)
        leave = QShortcut(QKeySequence("Esc"), self)
        leave.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        leave.activated.connect(self.ui.back)
        for line_edit in self.findChildren(QLineEdit):
            line_edit.textChanged.connect(self.touched)
        for combo in self.findChildren(CodeCombo):
            combo.chosen.connect(self.touched)
        for tick in self.findChildren(Tick):
            tick.toggled.connect(self.touched)
        self._show_step(0)

    def line(self, *items: QWidget | QLayout | int | None) -> QHBoxLayout:
        """Fields beside each other; below each other where the room is narrow."""
        made = row(*items, gap=12)
        self._folding.append(made)
        return made

    def narrowed(self, narrow: bool) -> None:
        self._narrow = narrow
        self._side.setVisible(not narrow)
        for line in (*self._folding, *(form.line for form in self.people.more)):
            line.setDirection(self.direction)

    @property
    def direction(self) -> QBoxLayout.Direction:
        """How fields stand beside each other in the room that there is."""
        return QBoxLayout.Direction.TopToBottom if self._narrow else QBoxLayout.Direction.LeftToRight

    # --- going through the steps ------------------------------------------------------------------------------------

    def show_for(self, **args: Any) -> None:
        self._drafts.keep_as(DRAFT, self.words("Someone new"), None)
        self.call(lambda: self.ui.door.draft(DRAFT), self._resume, lambda error: None)

    def leave(self) -> None:
        self._drafts.flush()

    def touched(self, *args: object) -> None:
        """Something was typed: the draft is kept soon."""
        if not self._filling and hasattr(self, "_drafts"):
            self._drafts.touched()

    def _show_step(self, number: int) -> None:
        self._step = number
        words = self.words
        self.stack.setCurrentIndex(number)
        name = self.looking.name().full
        people = words.plural("{n} person", "{n} people", 1 + len(self.people.more))
        self.steps.show_step(number, (words("First of all"), name, people if number >= 2 else "", ""))
        self._back.setVisible(number > 0)
        self._on.set_text(
            words("Register them") if number == 3 else words("They are new: go on") if number == 1 else words("Go on")
        )
        self._note.setText(words("Consent, people, household and case are recorded together.") if number == 3 else "")
        self.people.head.title.setText(name)
        names = self._all_names()
        self.household.sum.setText(
            words.plural("{n} person: {names}.", "{n} people: {names}.", len(names), names=", ".join(names))
        )
        focus = self.first_focus()
        if focus is not None and self.isVisible():
            focus.setFocus(Qt.FocusReason.OtherFocusReason)
        announce(self, words("Step {n} of {all}", n=number + 1, all=len(STEPS)))

    def back_step(self) -> None:
        if self._step:
            self._show_step(self._step - 1)

    def next_step(self) -> None:
        """Goes on when this step is complete; at the end registers."""
        if not (self.consent.fine, self.looking.fine, self.people.fine, lambda: True)[self._step]():
            return
        if self._step == len(STEPS) - 1:
            self._register()
        else:
            self._show_step(self._step + 1)

    def _all_names(self) -> list[str]:
        more = (f"{form.given.text()} {form.family.text()}".strip() for form in self.people.more)
        return [self.looking.name().full, *more]

    def same_person(self, item: ListRow) -> None:
        """They are here already: nothing new is made."""
        if places.place("participant").exists:
            self._forget()
            self.ui.go("participant", participant_id=item.id)

    # --- the end ----------------------------------------------------------------------------------------------------

    def _command(self) -> RegisterHousehold:
        look, people = self.looking, self.people
        languages = people.languages()
        head = NewPerson(
            name=look.name(),
            preferred_name=people.preferred.text().strip(),
            native_name=look.native.text().strip(),
            birth_date=look.born(),
            gender=people.gender.value(),
            languages=languages,
            interpreter_needed=people.needs_interpreter.isChecked(),
            a_number=look.a_number.text().strip(),
            phone=look.phone.text().strip(),
            safe_contact=people.safe_contact.text().strip(),
            arrived_on=people.arrived.value(),
        )
        family = (form.person(languages) for form in people.more)
        household = self.household
        return RegisterHousehold((head, *family), self.consent.given(), household.case(), household.address())

    def _register(self) -> None:
        if self._busy:
            return
        self._busy = True
        self._on.setEnabled(False)
        self.do(self._command(), self._registered, self._not_registered)

    def _registered(self, done: Done) -> None:
        self._busy = False
        self._on.setEnabled(True)
        count = len((done.more or {}).get("participant_ids", (done.id,)))
        self.ui.say(self.words.plural("{n} person is registered.", "{n} people are registered.", count))
        self._forget()
        if places.place("participant").exists:
            self.ui.go("participant", participant_id=done.id)
        else:
            self.ui.go("people")

    def _not_registered(self, error: BaseException) -> None:
        self._busy = False
        self._on.setEnabled(True)
        if isinstance(error, Invalid):
            self._clear_notice()
            said = [
                f"{self.words.code('field', name)}: {field_problem(str(problem), self.words)}"
                for name, problem in error.fields.items()
            ]
            self._notice.addWidget(Banner(self.words("Something cannot be right yet. Nothing was recorded."), " ".join(said)))
        else:
            self.ui.trouble(error)

    def _clear_notice(self) -> None:
        while (item := self._notice.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()

    def refused(self) -> None:
        """They said no: nothing of them is kept."""
        self._forget()
        self.ui.say(self.words("Nothing was kept. They can come back to it any day."))
        self.ui.go("people")

    def _forget(self) -> None:
        """The draft is gone, and the form is empty for the next person."""
        self._fill({})
        self._drafts.drop()

    # --- the draft --------------------------------------------------------------------------------------------------

    def _lines(self) -> dict[str, QLineEdit]:
        return {name: line for part in self.parts for name, line in part.lines().items()}

    def _pack(self) -> tuple[bytes, int] | None:
        """What has been typed, as bytes; None when that is nothing."""
        texts = {name: line.text() for name, line in self._lines().items() if line.text().strip()}
        if not texts and not self.consent.scope() and not self.people.more:
            return None
        body: dict[str, Any] = {"texts": texts, "step": self._step}
        for part in self.parts:
            body |= part.pack()
        return json.dumps(body, ensure_ascii=False).encode(), 0

    def _resume(self, draft: Draft | None) -> None:
        if draft is not None and self._pack() is None:
            try:
                self._fill(json.loads(draft.body))
            except (ValueError, KeyError, TypeError):
                return  # a draft of another version: it stays where it is

    def _fill(self, body: dict[str, Any]) -> None:
        self._filling = True
        for name, line in self._lines().items():
            line.setText(body.get("texts", {}).get(name, ""))
        for part in self.parts:
            part.fill(body)
        self._filling = False
        self.looking.show_alike(())
        self._show_step(min(int(body.get("step", 0)), len(STEPS) - 1))
