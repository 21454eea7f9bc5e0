"""Someone new, last: where they live, and the case that is opened for each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QLineEdit, QWidget

from cmpp_desktop.domain.cases import CaseOpening
from cmpp_desktop.domain.records import PostalAddress
from cmpp_desktop.ui.widgets import CodeCombo, Field, Label, SectionHead, TextField, Tick, column, heading

if TYPE_CHECKING:
    from cmpp_desktop.ui.pages.someone_new import SomeoneNewPage


class HouseholdStep(QWidget):
    """One address and one way of opening cases for all of them."""

    def __init__(self, page: SomeoneNewPage) -> None:
        super().__init__()
        self._page = page
        words = self._words = page.words
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
        self.sum = Label("", "large", wrap=True)
        street = page.line(Field(words("Street and number"), self.line1), Field(words("Apartment"), self.line2))
        town = page.line(Field(words("City"), self.city), Field(words("State"), self.state), Field(words("ZIP code"), self.zip))
        case = page.line(Field(words("Why they are eligible"), self.basis), Field(words("Who sent them"), self.source))
        whole = column(
            heading(words("Where they live, and their case")),
            self.sum,
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
        self.setLayout(whole)

    def address(self) -> PostalAddress | None:
        """None where nothing was written."""
        address = PostalAddress(
            line1=self.line1.text().strip(),
            line2=self.line2.text().strip(),
            city=self.city.text().strip(),
            state=self.state.text().strip(),
            postal_code=self.zip.text().strip(),
        )
        return address if address.one_line else None

    def case(self) -> CaseOpening | None:
        """None where no case is to be opened now."""
        if not self.enrol.isChecked():
            return None
        return CaseOpening(referral_source=self.source.value(), eligibility_basis=self.basis.value())

    def lines(self) -> dict[str, QLineEdit]:
        names = ("line1", "line2", "city", "state", "zip")
        return {name: getattr(self, name) for name in names}

    def pack(self) -> dict[str, Any]:
        """What the draft keeps beside the lines."""
        return {"basis": self.basis.value(), "source": self.source.value(), "enrol": self.enrol.isChecked()}

    def fill(self, body: dict[str, Any]) -> None:
        self.basis.set_value(body.get("basis"))
        self.source.set_value(body.get("source"))
        self.enrol.setChecked(bool(body.get("enrol", True)))
