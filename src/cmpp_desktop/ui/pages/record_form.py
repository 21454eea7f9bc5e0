"""One form for every kind of record and for every command that is a handful of fields: made from a `FormPlan`.

What is typed is a draft within a second. Enter goes on to the next field, Ctrl+Enter saves, Esc leaves: with something typed it
asks first, and says that the draft is kept. After saving, Undo takes it back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from cmpp_desktop.changes import Changed
from cmpp_desktop.domain.questions import Draft
from cmpp_desktop.domain.work import Done, Stored
from cmpp_desktop.errors import Invalid
from cmpp_desktop.ui.messages import field_problem
from cmpp_desktop.ui.page import Page, Ui
from cmpp_desktop.ui.pages.command_forms import AT_ONCE, SHOW, beside
from cmpp_desktop.ui.pages.document_glance import GlancePart
from cmpp_desktop.ui.pages.drafts import DraftKeeper
from cmpp_desktop.ui.pages.form_plans import plan_for
from cmpp_desktop.ui.pages.record_found import Found, clear, draft_key, find, lay_out
from cmpp_desktop.ui.pages.record_input import Around, Input
from cmpp_desktop.ui.pages.record_inputs import made
from cmpp_desktop.ui.pages.record_model import FormPlan, choices_of
from cmpp_desktop.ui.pages.session_model import count_words
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import Banner, Button, Label, announce, column, flow, focus_in, heading, row, rule, scrolled
from cmpp_desktop.workspace import AttachmentRequest


class FormPage(Page):
    """`show_for(form="goal", participant_id=…, record_id=None, given={})`: a kind of record or the key of a command's form;
    `given`: values that stand there at first."""

    place = "form"
    rail = "people"
    kinds: ClassVar[frozenset[str]] = frozenset({"participant"})

    def __init__(self, ui: Ui) -> None:
        super().__init__(ui)
        words = self.words
        self._form = ""
        self._participant: UUID | None = None
        self._record_id: UUID | None = None
        self._given: dict[str, Any] = {}
        self._plan: FormPlan | None = None
        self._record: Stored[Any] | None = None
        self._typed = False
        self._filling = False
        self.inputs: dict[str, Input] = {}
        self._keeper = DraftKeeper(self, self._pack, self._kept)
        self.heading = heading("")
        self.whom = Label("", "large", tone="ink2")
        self.text = Label("", tone="ink2", wrap=True)
        self.state = Label("", "small", tone="ink2")
        self.save = Button(words("Save"), kind="primary", key="Ctrl+Return", large=True, on=self._save)
        self.close_button = Button(words("Leave"), kind="quiet", key="Esc", on=self.ask_to_leave)
        self.remove = Button(words("Remove"), kind="quiet", icon="trash-2", on=self._remove)
        self.more = Button(words("More"), kind="quiet", icon="chevron-down", on=lambda: self._show_more(True))
        self.leaving = Banner(
            words("Leave this form?"), words("What you typed is kept as a draft on this laptop."), tone="calm",
            buttons=(
                Button(words("Keep the draft and leave"), on=self._leave_now),
                Button(words("Throw it away"), kind="quiet", on=self._throw_away),
            ),
        )  # fmt: skip
        self.wrong = Banner("", "")
        self._first, self._rest = column(gap=16), column(gap=16)
        self._rest_box = QWidget()
        self._rest_box.setLayout(self._rest)
        self._build()

    def _build(self) -> None:
        for banner in (self.leaving, self.wrong):
            banner.hide()
        first = QWidget()
        first.setLayout(self._first)
        self._beside = QWidget()
        self._beside_row = flow(gap=8)
        self.glance = GlancePart(self)
        self._beside.setLayout(self._beside_row)
        ends = row(self.remove, self.state, None, self.close_button, self.save, gap=12)
        inner = QWidget()
        inner.setLayout(
            column(
                self.heading, self.whom, self.text, self.wrong, self.glance, self._beside, 4, first,
                row(self.more, None), self._rest_box, 4, rule(),
                self.leaving, ends, None, gap=12, margins=(24, 16, 24, 24),
            )
        )  # fmt: skip
        inner.setMaximumWidth(look().px(820))
        self._area = scrolled(inner, self.words("Form"))
        self.setLayout(column(self._area))

    # --- what a page is ---------------------------------------------------------------------------------------------------

    def title(self) -> str:
        return self._plan.title if self._plan is not None else self.words("Form")

    def keys(self) -> tuple[tuple[str, str], ...]:
        return (("Return", self.words("next field")), ("Ctrl+Return", self.words("save")), ("Esc", self.words("leave")))

    def first_focus(self) -> QWidget | None:
        return next((item.first for item in self.inputs.values() if item.first.isVisibleTo(self)), None)

    def show_for(self, **args: Any) -> None:
        self._keeper.flush()
        self._form = str(args["form"])
        self._participant, self._record_id = args.get("participant_id"), args.get("record_id")
        self._given = dict(args.get("given") or {})
        self._typed = False
        self.leaving.hide()
        self.wrong.hide()
        self._empty()
        self.reload()

    def reload(self) -> None:
        asked = (self._form, self._participant, self._record_id)
        plan = plan_for(self._form, self.ui, self._record_id)
        self._plan = plan
        self.heading.setText(plan.title)
        self.title_changed.emit()
        door = self.ui.door
        self.call(lambda: find(door, plan, *asked), lambda found: self._show(asked, plan, found), self._not_there)

    def refresh(self, changed: Changed) -> None:
        """What is being typed is never typed over."""
        if not self._typed and self._form:
            super().refresh(changed)

    def leave(self) -> None:
        self._keeper.flush()

    # --- asking -----------------------------------------------------------------------------------------------------------

    def _not_there(self, error: BaseException) -> None:
        self.ui.trouble(error)
        self.ui.back()

    # --- showing ----------------------------------------------------------------------------------------------------------

    def _show(self, asked: tuple[str, UUID | None, UUID | None], plan: FormPlan, found: Found) -> None:
        if asked != (self._form, self._participant, self._record_id):
            return
        self._filling = True
        self._record = found.record
        called = found.view.participant.fields.called if found.view is not None else ""
        self.whom.setText(called)
        self.whom.setVisible(bool(called))
        closed = found.record is not None and found.record.compartment == "restricted"
        hidden = self.words("Restricted: only those who hold the restricted records see it.") if closed else ""
        told = plan.told(found.answer) if found.answer is not None else ""
        text = "\n".join(part for part in (hidden, plan.text, told) if part)
        self.text.setText(text)
        self.text.setVisible(bool(text))
        self.save.set_text(plan.save)
        self.state.setText("")
        self.remove.setVisible(found.record is not None and plan.remove is not None)
        held = found.view is not None and not found.view.restricted_exists
        self._show_beside(found.record, closed if held else None)
        self._empty()
        around = self._around(found)
        added = plan.added(found.answer) if found.answer is not None else ()
        items = (*plan.items[:1], *added, *plan.items[1:])
        self.inputs = {item.name: made(item, around) for item in items}
        for box, more in ((self._first, False), (self._rest, True)):
            lay_out(box, [found for found in self.inputs.values() if found.item.more == more])
        self._fill(plan, found)
        self.more.setText(self.words("More"))
        self._ask_what_is_left()
        self._show_more(any(self._said(item.name) for item in items if item.more and found.record is not None))
        self._keeper.keep_as(draft_key(*asked, held=found.held), plan.title, self._participant)
        self._filling = False
        first = self.first_focus()  # not `take_focus`: the keyboard may have come to a button while nothing else was there
        if first is not None and self.isVisible():
            first.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_beside(self, record: Stored[Any] | None, restricted: bool | None) -> None:
        """What else can be done with a record that is there already."""
        self.glance.show_record(record)
        clear(self._beside_row)
        others = beside(self._form, record.fields, self.words, restricted=restricted) if record is not None else ()
        for form, said in others:
            self._beside_row.addWidget(Button(said, on=partial(self._go_beside, form)))
        self._beside.setVisible(bool(others))

    def _go_beside(self, form: str) -> None:
        if form == SHOW and self._record_id is not None:
            self.ui.go("pdf", request=AttachmentRequest(self._record_id))
            return
        if form in AT_ONCE and self._record_id is not None:
            self.do(AT_ONCE[form](self._record_id), lambda done: self._over(self.words("Changed"), done), self._refused)
            return
        self.ui.go("form", form=form, participant_id=self._participant, record_id=self._record_id)

    def _around(self, found: Found) -> Around:
        me, view = self.ui.me, found.view
        staff = tuple((person.id, person.name) for person in me.staff) if me is not None else ()
        awards = me.awards if me is not None else ()
        people = tuple((member.participant_id, member.name) for member in view.household) if view is not None else ()
        self_ = ((view.participant.id, view.participant.fields.called),) if view is not None else ()
        records = {
            kind: tuple(one for one in choices_of(kind, items, self.words) if one[0] != self._record_id)
            for kind, items in found.records.items()
        }
        return Around(
            self.words, self.ui.today, self.ui.now, self.ui.zone, self._touched, staff, people, self_, records, awards,
            self.ask, lambda name: self.inputs[name].value() if name in self.inputs else None,
        )  # fmt: skip

    def _fill(self, plan: FormPlan, found: Found) -> None:
        values = dict(plan.values) | (dict(plan.filled(found.answer)) if found.answer is not None else {})
        if found.record is not None and (plan.changes or plan.remove is not None):
            fields = found.record.fields
            values = {name: getattr(fields, name) for name in self.inputs if name in type(fields).model_fields}
        elif found.record is not None:
            there = {name: getattr(found.record.fields, name, None) for name in plan.shown}
            values |= {name: value for name, value in there.items() if value not in (None, "")}
        values |= self._given
        for name, value in values.items():
            if name in self.inputs:
                self.inputs[name].show(value)
        if found.draft is not None:
            self._restore(found.draft)

    def _restore(self, draft: Draft) -> None:
        try:
            kept = json.loads(draft.body)
        except ValueError:
            return
        for name, packed in kept.items():
            if name in self.inputs:
                self.inputs[name].unpack(packed)
        self._typed = True
        self.state.setText(self.words("You had begun this."))

    def _empty(self) -> None:
        self.inputs = {}
        for box in (self._first, self._rest):
            clear(box)

    def _said(self, name: str) -> bool:
        value = self.inputs[name].value()
        return value not in (None, "", [], False) and value != self.inputs[name].item.default

    def _show_more(self, shown: bool) -> None:
        there = any(found.item.more for found in self.inputs.values())
        self._rest_box.setVisible(shown and there)
        self.more.setVisible(there and not shown)
        if shown and there and self.more.hasFocus():
            first = next(found.first for found in self.inputs.values() if found.item.more)
            first.setFocus(Qt.FocusReason.OtherFocusReason)

    # --- typing -----------------------------------------------------------------------------------------------------------

    def _touched(self) -> None:
        if not self._filling:
            self._typed = True
            self._keeper.touched()
            for found in self.inputs.values():
                found.others_changed()
            self._ask_what_is_left()

    def _ask_what_is_left(self) -> None:
        """Hides what need not be asked for what other inputs say."""
        for found in self.inputs.values():
            if found.item.unless:
                found.frame.setVisible(not self.inputs[found.item.unless].value())
            if found.item.only_if is not None:
                name, wanted = found.item.only_if
                found.frame.setVisible(self.inputs[name].value() == wanted)

    def _pack(self) -> tuple[bytes, int] | None:
        if not self._typed:
            return None
        kept = {name: found.packed() for name, found in self.inputs.items()}
        text = json.dumps(kept, ensure_ascii=False)
        return text.encode(), count_words(" ".join(str(value) for value in kept.values() if isinstance(value, str)))

    def _kept(self, at: Any) -> None:
        self.state.setText(self.words("Draft saved on this laptop at {time}", time=self.words.time(at)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if event.key() == Qt.Key.Key_Escape:
            self.ask_to_leave()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and plain and not isinstance(self.focusWidget(), Button):
            widget = self.focusWidget()
            if isinstance(widget, QLineEdit):
                widget.editingFinished.emit()
            self.focusNextChild()
        else:
            super().keyPressEvent(event)

    # --- saving -----------------------------------------------------------------------------------------------------------

    def _save(self) -> None:
        plan = self._plan
        if plan is None or not self.inputs:
            return
        problems: dict[str, str] = {}
        values: dict[str, Any] = {}
        for name, found in self.inputs.items():
            values[name] = found.value()
            if found.unread():
                problems[name] = "not_valid"
            elif found.item.required and values[name] in (None, "", []):
                problems[name] = "missing"
        if problems:
            self._show_problems(problems)
            return
        self._show_problems({})
        if self._record is not None and plan.changes:
            before = self._record.fields
            values = {name: value for name, value in values.items() if value != getattr(before, name)}
            if not values:
                self._leave_now()
                return
        self._carry_out(plan, values)

    def _carry_out(self, plan: FormPlan, values: Mapping[str, Any]) -> None:
        run, door, about = plan.run, self.ui.door, self._participant
        if run is not None:
            self.save.setEnabled(False)
            self.call(lambda: run(door, about, values), lambda done: self._over(plan.said, done), self._refused)
            return
        try:
            command = plan.make(self._participant, values)
        except Invalid as error:
            self._show_problems(dict(error.fields))
            return
        self.save.setEnabled(False)
        self.do(command, lambda done: self._over(plan.said, done), self._refused)

    def _refused(self, error: BaseException) -> None:
        self.save.setEnabled(True)
        if isinstance(error, Invalid):
            self._show_problems(dict(error.fields))
        else:
            self.ui.trouble(error)

    def _show_problems(self, problems: Mapping[str, str]) -> None:
        """Beside the fields; what belongs to none of them stands above. The first one has the keyboard."""
        said = {name: field_problem(code, self.words, field=name) for name, code in problems.items()}
        for name, found in self.inputs.items():
            found.problem(said.get(name, ""))
        elsewhere = " ".join(text for name, text in said.items() if name not in self.inputs)
        self.wrong.setVisible(bool(elsewhere))
        if elsewhere:
            self.wrong.tell(self.words("This cannot be saved yet."), elsewhere)
        first = next((found for name, found in self.inputs.items() if name in said), None)
        if first is None:
            return
        if first.item.more:
            self._show_more(True)
        focus_in(first.first)
        announce(first.first, said[first.item.name])

    def _over(self, said: str, done: Done | None) -> None:
        self.save.setEnabled(True)
        self._typed = False
        self._keeper.drop()
        self._empty()
        self.ui.say(said, done.undo if done is not None else None)
        self.ui.back()

    def _remove(self) -> None:
        if self._record is None or self._plan is None or self._plan.remove is None:
            return
        command = self._plan.remove(self._record.id)
        self.do(command, lambda done: self._over(self.words("Removed"), done), self._refused)

    # --- leaving ----------------------------------------------------------------------------------------------------------

    def ask_to_leave(self) -> None:
        """Esc: at once when nothing was typed, else with the draft in sight. A second Esc leaves and keeps it."""
        if not self._typed or self.leaving.isVisible():
            self._leave_now()
            return
        self.leaving.show()
        self.leaving.buttons.itemAt(0).widget().setFocus(Qt.FocusReason.OtherFocusReason)  # type: ignore[union-attr]  # a button
        announce(self.leaving, self.leaving.accessibleName())

    def _leave_now(self) -> None:
        self._keeper.flush()
        self._typed = False
        self.ui.back()

    def _throw_away(self) -> None:
        self._typed = False
        self._keeper.drop()
        self.ui.back()
