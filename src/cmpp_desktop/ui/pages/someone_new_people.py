"""Someone new, third: what is known of them on the first day, and who else is of the household."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from cmpp_desktop.domain.households import NewPerson
from cmpp_desktop.domain.records import BirthDate, PersonName
from cmpp_desktop.ui.pages.someone_new_consent import languages
from cmpp_desktop.ui.pages.someone_new_look import a_number_problem
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import (
    Button,
    CodeCombo,
    DateField,
    Field,
    SectionHead,
    TextField,
    Tick,
    column,
    heading,
    row,
)

if TYPE_CHECKING:
    from cmpp_desktop.ui.pages.someone_new import SomeoneNewPage


class PeopleStep(QWidget):
    """The first person, and the rest of the family."""

    def __init__(self, page: SomeoneNewPage) -> None:
        super().__init__()
        self._page = page
        words = self._words = page.words
        self.more: list[PersonForm] = []
        self.preferred, self.safe_contact = TextField(), TextField(placeholder=words("No voicemail. No calls before 4 pm."))
        self.gender = CodeCombo(
            [(c.id, c.name(words.language)) for c in words.codes("gender") if not c.retired], None, empty=words("Not asked")
        )
        self.speaks = CodeCombo(languages(words), None, empty=words("Not asked"))
        self.also = CodeCombo(languages(words), None, empty=words("No other"))
        self.needs_interpreter = Tick(words("Needs an interpreter"))
        self.arrived = DateField(words, self._page.ui.today)
        self.head = SectionHead("")
        self._members = QVBoxLayout()
        self._members.setSpacing(look().px(4))
        add = Button(words("Add a family member"), icon="user-plus", key="Alt+A", on=self.add_person)
        first = page.line(
            Field(words("Likes to be called"), self.preferred),
            Field(words("Gender"), self.gender),
            Field(words("Last arrival"), self.arrived),
        )
        second = page.line(
            Field(words("Speaks"), self.speaks), Field(words("and"), self.also), column(24, self.needs_interpreter, None)
        )
        whole = column(
            heading(words("Who are they?")),
            8,
            self.head,
            first,
            second,
            Field(words("When and how it is safe to reach them"), self.safe_contact),
            12,
            SectionHead(words("Family in the same household")),
            self._members,
            row(add, None),
            gap=8,
        )
        self.setLayout(whole)

    def add_person(self) -> None:
        """One more of the household, usually of the same family name."""
        form = PersonForm(self._page, len(self.more) + 1, self.remove_person)
        form.family.setText(self._page.looking.family.text())
        self.more.append(form)
        self._members.addWidget(form)
        form.given.setFocus()
        self._page.touched()

    def remove_person(self, form: PersonForm) -> None:
        self.more.remove(form)
        form.hide()
        form.deleteLater()
        self._page.touched()

    def fine(self) -> bool:
        """Whether everybody has a name; marks what is missing."""
        for form in self.more:
            named = bool(form.given.text().strip())
            form.given_field.problem("" if named else self._words("This is needed."))
            form.a_number_field.problem(a_number_problem(form.a_number.text(), self._words))
            if form.given_field.has_problem or form.a_number_field.has_problem:
                (form.given if form.given_field.has_problem else form.a_number).setFocus()
                return False
        return True

    def languages(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(code for code in (self.speaks.value(), self.also.value()) if code))

    def lines(self) -> dict[str, QLineEdit]:
        return {"preferred": self.preferred, "safe_contact": self.safe_contact}

    def pack(self) -> dict[str, Any]:
        """What the draft keeps beside the lines."""
        arrived = self.arrived.value()
        return {
            "speaks": self.speaks.value(),
            "also": self.also.value(),
            "gender": self.gender.value(),
            "needs_interpreter": self.needs_interpreter.isChecked(),
            "arrived": arrived.isoformat() if arrived else "",
            "more": [form.values() for form in self.more],
        }

    def fill(self, body: dict[str, Any]) -> None:
        for combo, name in ((self.speaks, "speaks"), (self.also, "also"), (self.gender, "gender")):
            combo.set_value(body.get(name))
        self.needs_interpreter.setChecked(bool(body.get("needs_interpreter")))
        self.arrived.set_value(date.fromisoformat(body["arrived"]) if body.get("arrived") else None)
        for form in list(self.more):
            self.remove_person(form)
        for values in body.get("more", ()):
            self.add_person()
            self.more[-1].fill(values)


class PersonForm(QWidget):
    """What is known of one more person of the household on the first day."""

    def __init__(self, page: SomeoneNewPage, number: int, remove: Callable[[PersonForm], object]) -> None:
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
        self.remove = Button("", kind="quiet", icon="x", name=words("Take this person out"), on=lambda: remove(self))
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
        self.relationship.chosen.connect(page.touched)

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
