"""Someone new: consent first, then look whether they are here already, then the people, then one household and its case.

Four calm steps on one page. Nothing is recorded before the last one; what is typed is kept as a draft. When somebody says
no to consent, nothing of them is kept at all.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLayout, QLineEdit, QStackedWidget, QVBoxLayout, QWidget

from cmpp_desktop.domain.cases import CaseOpening
from cmpp_desktop.domain.consent import ConsentGiven
from cmpp_desktop.domain.households import NewPerson, RegisterHousehold
from cmpp_desktop.domain.participants import age, normal_a_number
from cmpp_desktop.domain.questions import Draft, LikelyDuplicates, PersonRow
from cmpp_desktop.domain.records import BirthDate, PersonName, PostalAddress
from cmpp_desktop.domain.work import Done
from cmpp_desktop.errors import Invalid
from cmpp_desktop.ui import places
from cmpp_desktop.ui.messages import field_problem
from cmpp_desktop.ui.page import Page, Ui
from cmpp_desktop.ui.pages.drafts import DraftKeeper
from cmpp_desktop.ui.pages.people_model import short_name
from cmpp_desktop.ui.steps import StepList
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import (
    Banner,
    Button,
    Chip,
    CodeCombo,
    DateField,
    Field,
    Label,
    ListRow,
    RowBadge,
    RowDelegate,
    RowList,
    SectionHead,
    TextField,
    Tick,
    announce,
    column,
    flow,
    heading,
    row,
    rule,
    scrolled,
)

DRAFT = "someone_new"
STEPS = ("consent", "look", "people", "household")


class PersonForm(QWidget):
    """What is known of one more person of the household on the first day."""

    def __init__(self, page: SomeoneNewPage, number: int) -> None:
        super().__init__()
        words = page.words
        self.number = number
        self.given, self.family, self.a_number = TextField(), TextField(), TextField(width=150)
        self.relationship = CodeCombo(
            [(c.id, c.name(words.language)) for c in words.codes("relationship") if c.id != "head"], "child"
        )
        self.birth = DateField(words, page.ui.today)
        self.given_field = Field(words("Given name"), self.given)
        self.a_number_field = Field(words("A-number"), self.a_number, hint=words("if there is one"))
        self.remove = Button("", kind="quiet", icon="x", name=words("Take this person out"), on=lambda: page.remove_person(self))
        self.line = row(
            Field(words("Relationship"), self.relationship),
            self.given_field,
            Field(words("Family name"), self.family),
            Field(words("Born"), self.birth),
            self.a_number_field,
            column(24, self.remove, None),
            gap=12,
        )
        self.line.setDirection(page.direction)
        self.setLayout(self.line)
        for field in (self.given, self.family, self.a_number, self.birth):
            field.textChanged.connect(page.touched)

    def values(self) -> dict[str, Any]:
        """As the draft keeps it."""
        born = self.birth.value()
        return {
            "relationship": self.relationship.value(),
            "given": self.given.text(),
            "family": self.family.text(),
            "birth": born.isoformat() if born else "",
            "a_number": self.a_number.text(),
        }

    def fill(self, values: dict[str, Any]) -> None:
        self.relationship.set_value(values.get("relationship", "child"))
        self.given.setText(values.get("given", ""))
        self.family.setText(values.get("family", ""))
        self.a_number.setText(values.get("a_number", ""))
        self.birth.set_value(date.fromisoformat(values["birth"]) if values.get("birth") else None)

    def person(self, languages: tuple[str, ...]) -> NewPerson:
        born = self.birth.value()
        return NewPerson(
            name=PersonName(given=self.given.text().strip(), family=self.family.text().strip()),
            relationship=self.relationship.value(),
            birth_date=BirthDate(day=born) if born else None,
            languages=languages,
            a_number=self.a_number.text().strip(),
        )


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
        self._more: list[PersonForm] = []
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
        return (self.language, self.given, self.preferred, self.line1)[self._step]

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
        self.stack = QStackedWidget()
        for made in (self._consent(), self._look(), self._people(), self._household()):
            inner = QWidget()
            inner.setMaximumWidth(look().px(840))
            inner.setLayout(made)
            line = row(inner, None)
            line.setStretch(0, 100)
            self.stack.addWidget(scrolled(column(line, None, margins=(8, 0, 8, 16))))
        self._notice = column(gap=0)
        self._note = Label("", "small", tone="ink2", wrap=True)
        self._back = Button(words("Back"), large=True, on=self.back_step)
        self._on = Button(words("Go on"), kind="primary", key="Return", large=True, on=self.next_step)
        bar = row(self._note, self._back, self._on, gap=12)
        bar.setStretch(0, 1)
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
        self._show_step(0)

    def _languages(self) -> list[tuple[str, str]]:
        words = self.words
        return sorted(
            ((code.id, code.name(words.language)) for code in words.codes("language") if not code.retired),
            key=lambda pair: pair[1],
        )

    def _consent(self) -> QLayout:
        words = self.words
        self.language = CodeCombo(self._languages(), "es")
        self.how = CodeCombo([(c.id, c.name(words.language)) for c in words.codes("consent_how") if not c.retired], "signed")
        self.interpreter = TextField(placeholder=words("nobody"))
        self.scopes = [Chip(c.name(words.language)) for c in words.codes("consent_scope") if not c.retired]
        self._scope_ids = [c.id for c in words.codes("consent_scope") if not c.retired]
        for chip in self.scopes:
            chip.toggled.connect(self.touched)
        self.expires = DateField(words, self.ui.today, self._in_a_year())
        self._scope_error = Label("", weight="medium", tone="danger")
        self._scope_error.hide()
        chips = QWidget()
        chips.setLayout(flow(*self.scopes))
        refused = Button(words("They said no"), kind="quiet", flush=True, on=self._refused_consent)
        return column(
            heading(words("May we keep a record?")),
            Label(
                words("Read the consent aloud in their language, and let them ask. Without it nothing is written down."),
                "large",
                tone="ink2",
                wrap=True,
            ),
            8,
            self._line(
                Field(words("Language of the talk"), self.language),
                Field(words("How it was given"), self.how),
                Field(words("Interpreter"), self.interpreter),
            ),
            8,
            Label(words("What they agree to"), weight="medium"),
            self._scope_error,
            chips,
            8,
            self._line(Field(words("Until"), self.expires, help=words("They can take it back any day.")), None),
            8,
            row(refused, None),
            gap=8,
        )

    def _in_a_year(self) -> date:
        day = self.ui.today()
        return date(day.year + 1, day.month, day.day if (day.month, day.day) != (2, 29) else 28)

    def _look(self) -> QLayout:
        words = self.words
        self.given, self.family, self.native = TextField(), TextField(), TextField()
        self.birth = DateField(words, self.ui.today)
        self.a_number, self.phone = TextField(), TextField()
        self._given_field = Field(words("Given name"), self.given)
        self._a_field = Field(
            words("A-number"),
            self.a_number,
            hint=words("if there is one"),
            help=words("On the hearing notice it is at the top right."),
        )
        self.estimated = Tick(words("about"))
        for field in (self.given, self.family, self.native, self.a_number, self.phone):
            field.editingFinished.connect(self._search)
        self.birth.picked.connect(lambda day: self._search())
        self.alike = RowList(words("People who may be the same"), RowDelegate(lead_width=0))
        self.alike.opened.connect(self._same_person)
        self._alike_head = SectionHead(words("Perhaps the same person"))
        self._alike_note = Label(words("Nobody like this is here."), tone="ink2")
        names = self._line(
            self._given_field, Field(words("Family name"), self.family), Field(words("In their own script"), self.native)
        )
        born = self._line(
            Field(words("Born"), self.birth), column(24, self.estimated, None), self._a_field, Field(words("Phone"), self.phone)
        )
        return column(
            heading(words("Are they here already?")),
            Label(
                words("Type what you know. Enter opens somebody who is here; otherwise go on."), "large", tone="ink2", wrap=True
            ),
            8,
            names,
            born,
            8,
            self._alike_head,
            self._alike_note,
            self.alike,
            gap=8,
        )

    def _people(self) -> QLayout:
        words = self.words
        self.preferred, self.safe_contact = TextField(), TextField(placeholder=words("No voicemail. No calls before 4 pm."))
        self.gender = CodeCombo(
            [(c.id, c.name(words.language)) for c in words.codes("gender") if not c.retired], None, empty=words("Not asked")
        )
        self.speaks = CodeCombo(self._languages(), None, empty=words("Not asked"))
        self.also = CodeCombo(self._languages(), None, empty=words("No other"))
        self.needs_interpreter = Tick(words("Needs an interpreter"))
        self.arrived = DateField(words, self.ui.today)
        self._head = SectionHead("")
        self._members = QVBoxLayout()
        self._members.setSpacing(look().px(4))
        add = Button(words("Add a family member"), icon="user-plus", key="Alt+A", on=self.add_person)
        first = self._line(
            Field(words("Likes to be called"), self.preferred),
            Field(words("Gender"), self.gender),
            Field(words("Last arrival"), self.arrived),
        )
        second = self._line(
            Field(words("Speaks"), self.speaks), Field(words("and"), self.also), column(24, self.needs_interpreter, None)
        )
        return column(
            heading(words("Who are they?")),
            8,
            self._head,
            first,
            second,
            Field(words("When and how it is safe to reach them"), self.safe_contact),
            12,
            SectionHead(words("Family in the same household")),
            self._members,
            row(add, None),
            gap=8,
        )

    def _household(self) -> QLayout:
        words = self.words
        self.line1, self.line2, self.city, self.state, self.zip = TextField(), TextField(), TextField(), TextField(), TextField()
        self.basis = CodeCombo(
            [(c.id, c.name(words.language)) for c in words.codes("eligibility_basis") if not c.retired],
            None,
            empty=words("Not known yet"),
        )
        self.source = CodeCombo(
            [(c.id, c.name(words.language)) for c in words.codes("referral_source") if not c.retired],
            None,
            empty=words("Not known yet"),
        )
        self.enrol = Tick(words("Open a case for each of them now"), True)
        self._sum = Label("", "large", wrap=True)
        street = self._line(Field(words("Street and number"), self.line1), Field(words("Apartment"), self.line2))
        town = self._line(Field(words("City"), self.city), Field(words("State"), self.state), Field(words("ZIP code"), self.zip))
        case = self._line(Field(words("Why they are eligible"), self.basis), Field(words("Who sent them"), self.source))
        return column(
            heading(words("Where they live, and their case")),
            self._sum,
            8,
            SectionHead(words("Address")),
            street,
            town,
            12,
            SectionHead(words("Case")),
            self.enrol,
            case,
            gap=8,
        )

    def _line(self, *items: QWidget | QLayout | int | None) -> QHBoxLayout:
        made = row(*items, gap=12)
        self._folding.append(made)
        return made

    def narrowed(self, narrow: bool) -> None:
        self._narrow = narrow
        self._side.setVisible(not narrow)
        for line in (*self._folding, *(form.line for form in self._more)):
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
        name = self._name().full
        people = words.plural("{n} person", "{n} people", 1 + len(self._more))
        self.steps.show_step(number, (words("First of all"), name, people if number >= 2 else "", ""))
        self._back.setVisible(number > 0)
        self._on.set_text(
            words("Register them") if number == 3 else words("They are new: go on") if number == 1 else words("Go on")
        )
        self._note.setText(words("Consent, people, household and case are recorded together.") if number == 3 else "")
        self._head.title.setText(name)
        self._sum.setText(
            words.plural("{n} person: {names}.", "{n} people: {names}.", 1 + len(self._more), names=", ".join(self._all_names()))
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
        if not (self._consent_fine, self._look_fine, self._people_fine, lambda: True)[self._step]():
            return
        if self._step == len(STEPS) - 1:
            self._register()
        else:
            self._show_step(self._step + 1)

    def _consent_fine(self) -> bool:
        chosen = any(chip.isChecked() for chip in self.scopes)
        self._scope_error.setText(self.words("Without consent to the services nothing can be recorded."))
        self._scope_error.setVisible(not chosen)
        return chosen

    def _look_fine(self) -> bool:
        named = bool(self._name().full)
        self._given_field.problem("" if named else self.words("A name is needed, as they write or say it."))
        self._a_field.problem(self._a_number_problem(self.a_number.text()))
        for field in (self._given_field, self._a_field):
            if field.has_problem:
                field.input.setFocus()
                return False
        return True

    def _people_fine(self) -> bool:
        for form in self._more:
            named = bool(form.given.text().strip())
            form.given_field.problem("" if named else self.words("This is needed."))
            form.a_number_field.problem(self._a_number_problem(form.a_number.text()))
            if form.given_field.has_problem or form.a_number_field.has_problem:
                (form.given if form.given_field.has_problem else form.a_number).setFocus()
                return False
        return True

    def _a_number_problem(self, text: str) -> str:
        try:
            normal_a_number(text)
        except ValueError:
            digits = sum(letter.isdigit() for letter in text)
            return self.words.plural(
                "It has {n} digit. An A-number has 8 or 9.", "It has {n} digits. An A-number has 8 or 9.", digits
            )
        return ""

    # --- looking ----------------------------------------------------------------------------------------------------

    def _name(self) -> PersonName:
        return PersonName(given=self.given.text().strip(), family=self.family.text().strip())

    def _all_names(self) -> list[str]:
        return [self._name().full, *(f"{form.given.text()} {form.family.text()}".strip() for form in self._more)]

    def _search(self) -> None:
        if (
            not self._name().full
            and not self.native.text().strip()
            and not self.a_number.text().strip()
            and not self.phone.text().strip()
        ):
            self._show_alike(())
            return
        born = self.birth.value()
        a_number = self.a_number.text() if not self._a_number_problem(self.a_number.text()) else ""
        question = LikelyDuplicates(
            self._name(),
            self.native.text().strip(),
            BirthDate(day=born) if born else None,
            normal_a_number(a_number),
            self.phone.text().strip(),
        )
        self.ask(question, self._show_alike)

    def _show_alike(self, found: tuple[PersonRow, ...]) -> None:
        words, today = self.words, self.ui.today()
        rows = []
        for person in found:
            years = age(person.birth_date, today)
            facts = [
                person.native_name,
                words.plural("{n} year", "{n} years", years) if years is not None else "",
                f"••• {person.a_number_end}" if person.a_number_end else "",
                short_name(person.caseworker),
            ]
            badge = RowBadge(words.code("case_state", person.state), plain=True) if person.state else None
            rows.append(
                ListRow(id=person.id, title=person.name, icon="user", what=", ".join(fact for fact in facts if fact), badge=badge)
            )
        self.alike.show_rows(rows)
        self.alike.setFixedHeight(look().px(58) * len(rows))
        self.alike.setVisible(bool(rows))
        self._alike_note.setVisible(not rows)
        self._alike_head.show_count(str(len(rows)) if rows else "")

    def _same_person(self, item: ListRow) -> None:
        """They are here already: nothing new is made."""
        if places.place("participant").exists:
            self._forget()
            self.ui.go("participant", participant_id=item.id)

    # --- people -----------------------------------------------------------------------------------------------------

    def add_person(self) -> None:
        form = PersonForm(self, len(self._more) + 1)
        form.family.setText(self.family.text())
        self._more.append(form)
        self._members.addWidget(form)
        form.given.setFocus()
        self.touched()

    def remove_person(self, form: PersonForm) -> None:
        self._more.remove(form)
        form.hide()
        form.deleteLater()
        self.touched()

    # --- the end ----------------------------------------------------------------------------------------------------

    def _command(self) -> RegisterHousehold:
        born = self.birth.value()
        languages = tuple(dict.fromkeys(code for code in (self.speaks.value(), self.also.value()) if code))
        head = NewPerson(
            name=self._name(),
            preferred_name=self.preferred.text().strip(),
            native_name=self.native.text().strip(),
            birth_date=BirthDate(day=born, estimated=self.estimated.isChecked()) if born else None,
            gender=self.gender.value(),
            languages=languages,
            interpreter_needed=self.needs_interpreter.isChecked(),
            a_number=self.a_number.text().strip(),
            phone=self.phone.text().strip(),
            safe_contact=self.safe_contact.text().strip(),
            arrived_on=self.arrived.value(),
        )
        scope = tuple(id for id, chip in zip(self._scope_ids, self.scopes, strict=True) if chip.isChecked())
        consent = ConsentGiven(
            scope=scope,
            language=self.language.value(),
            how_given=self.how.value(),
            interpreter=self.interpreter.text().strip(),
            expires_on=self.expires.value(),
        )
        address = PostalAddress(
            line1=self.line1.text().strip(),
            line2=self.line2.text().strip(),
            city=self.city.text().strip(),
            state=self.state.text().strip(),
            postal_code=self.zip.text().strip(),
        )
        case = (
            CaseOpening(referral_source=self.source.value(), eligibility_basis=self.basis.value())
            if self.enrol.isChecked()
            else None
        )
        return RegisterHousehold(
            (head, *(form.person(languages) for form in self._more)), consent, case, address if address.one_line else None
        )

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

    def _refused_consent(self) -> None:
        self._forget()
        self.ui.say(self.words("Nothing was kept. They can come back to it any day."))
        self.ui.go("people")

    def _forget(self) -> None:
        """The draft is gone, and the form is empty for the next person."""
        self._fill({})
        self._drafts.drop()

    # --- the draft --------------------------------------------------------------------------------------------------

    def _lines(self) -> dict[str, QLineEdit]:
        return {
            name: getattr(self, name)
            for name in (
                "interpreter",
                "given",
                "family",
                "native",
                "a_number",
                "phone",
                "preferred",
                "safe_contact",
                "line1",
                "line2",
                "city",
                "state",
                "zip",
            )
        }

    def _pack(self) -> tuple[bytes, int] | None:
        """What has been typed, as bytes; None when that is nothing."""
        texts = {name: line.text() for name, line in self._lines().items() if line.text().strip()}
        scope = [id for id, chip in zip(self._scope_ids, self.scopes, strict=True) if chip.isChecked()]
        if not texts and not scope and not self._more:
            return None
        born = self.birth.value()
        body = {
            "texts": texts,
            "scope": scope,
            "birth": born.isoformat() if born else "",
            "estimated": self.estimated.isChecked(),
            "speaks": self.speaks.value(),
            "also": self.also.value(),
            "gender": self.gender.value(),
            "language": self.language.value(),
            "how": self.how.value(),
            "needs_interpreter": self.needs_interpreter.isChecked(),
            "more": [form.values() for form in self._more],
            "step": self._step,
        }
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
        for id, chip in zip(self._scope_ids, self.scopes, strict=True):
            chip.setChecked(id in body.get("scope", ()))
        self.birth.set_value(date.fromisoformat(body["birth"]) if body.get("birth") else None)
        self.estimated.setChecked(bool(body.get("estimated")))
        self.needs_interpreter.setChecked(bool(body.get("needs_interpreter")))
        for combo, name, usual in (
            (self.speaks, "speaks", None),
            (self.also, "also", None),
            (self.gender, "gender", None),
            (self.language, "language", "es"),
            (self.how, "how", "signed"),
        ):
            combo.set_value(body.get(name, usual))
        for form in list(self._more):
            self.remove_person(form)
        for values in body.get("more", ()):
            self.add_person()
            self._more[-1].fill(values)
        self._filling = False
        self._show_alike(())
        self._show_step(min(int(body.get("step", 0)), len(STEPS) - 1))
