"""Someone new, first: what they agree to, how they said so, and until when."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QLineEdit, QWidget

from cmpp_desktop.domain.consent import ConsentGiven
from cmpp_desktop.ui.widgets import (
    Button,
    Chip,
    CodeCombo,
    DateField,
    Field,
    Label,
    TextField,
    column,
    flow,
    heading,
    row,
)
from cmpp_desktop.words import Words

if TYPE_CHECKING:
    from cmpp_desktop.ui.pages.someone_new import SomeoneNewPage


class ConsentStep(QWidget):
    """Before anything else."""

    def __init__(self, page: SomeoneNewPage) -> None:
        super().__init__()
        self._page = page
        words = self._words = page.words
        self.language = CodeCombo(languages(words), "es")
        self.how = CodeCombo([(c.id, c.name(words.language)) for c in words.codes("consent_how") if not c.retired], "signed")
        self.interpreter = TextField(placeholder=words("nobody"))
        self.scopes = [Chip(c.name(words.language)) for c in words.codes("consent_scope") if not c.retired]
        self._scope_ids = [c.id for c in words.codes("consent_scope") if not c.retired]
        for chip in self.scopes:
            chip.toggled.connect(self._page.touched)
        self.expires = DateField(words, self._page.ui.today, self._in_a_year())
        self.scope_error = Label("", weight="medium", tone="danger")
        self.scope_error.hide()
        chips = QWidget()
        chips.setLayout(flow(*self.scopes))
        refused = Button(words("They said no"), kind="quiet", flush=True, on=page.refused)
        whole = column(
            heading(words("May we keep a record?")),
            Label(
                words("Read the consent aloud in their language, and let them ask. Without it nothing is written down."),
                "large",
                tone="ink2",
                wrap=True,
            ),
            8,
            page.line(
                Field(words("Language of the talk"), self.language),
                Field(words("How it was given"), self.how),
                Field(words("Interpreter"), self.interpreter),
            ),
            8,
            Label(words("What they agree to"), weight="medium"),
            self.scope_error,
            chips,
            8,
            page.line(Field(words("Until"), self.expires, help=words("They can take it back any day.")), None),
            8,
            row(refused, None),
            gap=8,
        )
        self.setLayout(whole)

    def _in_a_year(self) -> date:
        day = self._page.ui.today()
        return date(day.year + 1, day.month, day.day if (day.month, day.day) != (2, 29) else 28)

    def fine(self) -> bool:
        """Whether somebody agreed to something; says so where not."""
        chosen = any(chip.isChecked() for chip in self.scopes)
        self.scope_error.setText(self._words("Without consent to the services nothing can be recorded."))
        self.scope_error.setVisible(not chosen)
        return chosen

    def scope(self) -> list[str]:
        """The codes of what was agreed to."""
        return [id for id, chip in zip(self._scope_ids, self.scopes, strict=True) if chip.isChecked()]

    def given(self) -> ConsentGiven:
        return ConsentGiven(
            scope=tuple(self.scope()),
            language=self.language.value(),
            how_given=self.how.value(),
            interpreter=self.interpreter.text().strip(),
            expires_on=self.expires.value(),
        )

    def lines(self) -> dict[str, QLineEdit]:
        return {"interpreter": self.interpreter}

    def pack(self) -> dict[str, Any]:
        """What the draft keeps beside the lines."""
        ends = self.expires.value()
        return {
            "scope": self.scope(),
            "language": self.language.value(),
            "how": self.how.value(),
            "expires": ends.isoformat() if ends else "",
        }

    def fill(self, body: dict[str, Any]) -> None:
        for id, chip in zip(self._scope_ids, self.scopes, strict=True):
            chip.setChecked(id in body.get("scope", ()))
        self.language.set_value(body.get("language", "es"))
        self.how.set_value(body.get("how", "signed"))
        ends = body.get("expires")
        self.expires.set_value(self._in_a_year() if ends is None else date.fromisoformat(ends) if ends else None)


def languages(words: Words) -> list[tuple[str, str]]:
    """Languages to choose from, by name."""
    return sorted(
        ((code.id, code.name(words.language)) for code in words.codes("language") if not code.retired),
        key=lambda pair: pair[1],
    )
