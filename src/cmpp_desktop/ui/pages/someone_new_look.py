"""Someone new, second: who they are by name, and whether they are here already."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QLineEdit, QWidget

from cmpp_desktop.domain.participants import age, normal_a_number
from cmpp_desktop.domain.questions import LikelyDuplicates, PersonRow
from cmpp_desktop.domain.records import BirthDate, PersonName
from cmpp_desktop.ui.pages.people_model import short_name
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import (
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
    column,
    heading,
)
from cmpp_desktop.words import Words

if TYPE_CHECKING:
    from cmpp_desktop.ui.pages.someone_new import SomeoneNewPage


class LookStep(QWidget):
    """People who may be the same are listed while one types."""

    def __init__(self, page: SomeoneNewPage) -> None:
        super().__init__()
        self._page = page
        words = self._words = page.words
        self.given, self.family, self.native = TextField(), TextField(), TextField()
        self.birth = DateField(words, self._page.ui.today)
        self.a_number, self.phone = TextField(), TextField()
        self.given_field = Field(words("Given name"), self.given)
        self.a_number_field = Field(
            words("A-number"),
            self.a_number,
            hint=words("if there is one"),
            help=words("On the hearing notice it is at the top right."),
        )
        self.estimated = Tick(words("about"))
        for field in (self.given, self.family, self.native, self.a_number, self.phone):
            field.editingFinished.connect(self.search)
        self.birth.picked.connect(lambda day: self.search())
        self.alike = RowList(words("People who may be the same"), RowDelegate(lead_width=0))
        self.alike.opened.connect(page.same_person)
        self._alike_head = SectionHead(words("Perhaps the same person"))
        self._alike_note = Label(words("Nobody like this is here."), tone="ink2")
        names = page.line(
            self.given_field, Field(words("Family name"), self.family), Field(words("In their own script"), self.native)
        )
        born = page.line(
            Field(words("Born"), self.birth),
            column(24, self.estimated, None),
            self.a_number_field,
            Field(words("Phone"), self.phone),
        )
        whole = column(
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
        self.setLayout(whole)

    def fine(self) -> bool:
        """Whether there is a name, and an A-number that can be one; marks what is not."""
        named = bool(self.name().full)
        self.given_field.problem("" if named else self._words("A name is needed, as they write or say it."))
        self.a_number_field.problem(a_number_problem(self.a_number.text(), self._words))
        for field in (self.given_field, self.a_number_field):
            if field.has_problem:
                field.input.setFocus()
                return False
        return True

    def name(self) -> PersonName:
        return PersonName(given=self.given.text().strip(), family=self.family.text().strip())

    def search(self) -> None:
        """Asks for people who may be the same."""
        if (
            not self.name().full
            and not self.native.text().strip()
            and not self.a_number.text().strip()
            and not self.phone.text().strip()
        ):
            self.show_alike(())
            return
        born = self.birth.value()
        a_number = self.a_number.text() if not a_number_problem(self.a_number.text(), self._words) else ""
        question = LikelyDuplicates(
            self.name(),
            self.native.text().strip(),
            BirthDate(day=born) if born else None,
            normal_a_number(a_number),
            self.phone.text().strip(),
        )
        self._page.ask(question, self.show_alike)

    def show_alike(self, found: tuple[PersonRow, ...]) -> None:
        words, today = self._words, self._page.ui.today()
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

    def born(self) -> BirthDate | None:
        day = self.birth.value()
        return BirthDate(day=day, estimated=self.estimated.isChecked()) if day else None

    def lines(self) -> dict[str, QLineEdit]:
        names = ("given", "family", "native", "a_number", "phone")
        return {name: getattr(self, name) for name in names}

    def pack(self) -> dict[str, Any]:
        """What the draft keeps beside the lines."""
        day = self.birth.value()
        return {"birth": day.isoformat() if day else "", "estimated": self.estimated.isChecked()}

    def fill(self, body: dict[str, Any]) -> None:
        self.birth.set_value(date.fromisoformat(body["birth"]) if body.get("birth") else None)
        self.estimated.setChecked(bool(body.get("estimated")))


def a_number_problem(text: str, words: Words) -> str:
    """What is wrong with an A-number as it is typed; "" for nothing."""
    try:
        normal_a_number(text)
    except ValueError:
        digits = sum(letter.isdigit() for letter in text)
        return words.plural(
            "It has {n} digit. An A-number has 8 or 9.", "It has {n} digits. An A-number has 8 or 9.", digits
        )
    return ""
