"""Settings, Organisation: its name, time zone, minutes until a laptop locks, the line below every paper. Administrators change
it, others read it."""

from __future__ import annotations

from uuid import UUID

from PySide6.QtWidgets import QWidget

from cmpp_desktop.domain.staff import NameOrganisation
from cmpp_desktop.domain.work import Done
from cmpp_desktop.errors import Invalid
from cmpp_desktop.ui.messages import field_problem
from cmpp_desktop.ui.page import Page
from cmpp_desktop.ui.pages.zone_choice import zone_choices
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import Button, Field, Label, NumberField, TextArea, TextField, column, heading, row
from cmpp_desktop.ui.widgets.combo import CodeCombo


class OrganisationPart(QWidget):
    """One part of the settings page."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.page, self.ui, self.words = page, page.ui, page.words
        words, me = self.words, self.ui.me
        self.administers = me is not None and me.me.role == "administrator"
        self.called = TextField(me.name if me is not None else "")
        zone = self.ui.zone
        self.zone = CodeCombo(zone_choices(self.ui.now(), zone), zone)
        self.minutes = NumberField(me.lock_after_minutes if me is not None else 10, low=1, high=120)
        self.footer = TextArea(me.confidentiality if me is not None else "", lines=2)
        self.footer.setMaximumHeight(look().line() * 3 + look().px(16))
        self.fields = {
            "name": Field(words("Name"), self.called),
            "zone": Field(words("Time zone"), self.zone, help=words("Days begin and end here, on every laptop.")),
            "lock_after_minutes": Field(
                words("Minutes until it locks"),
                self.minutes,
                help=words("Between 1 and 120, when nobody types. Each laptop goes by it from its next unlocking on."),
            ),
            "confidentiality": Field(
                words("Line below every paper"), self.footer, help=words("When it is empty, the usual sentence is printed.")
            ),
        }
        for field in self.fields.values():
            field.input.setEnabled(self.administers)
        self._shown = self._known()
        only = Label(words("Administrators change this. Ask one of yours."), tone="ink2", wrap=True)
        self.save = Button(words("Save"), on=self._save)
        form = QWidget()
        form.setMaximumWidth(look().px(480))
        form.setLayout(column(*self.fields.values(), 8, row(self.save, None), gap=8))
        self.setLayout(column(heading(words("Organisation")), only, form, gap=8))
        only.setVisible(not self.administers)  # when they have a parent: without one, each would be a window for a moment
        self.save.setVisible(self.administers)

    def reload(self) -> None:
        """What is known of it now, unless somebody has begun to change it."""
        now = self._known()
        if now is not None and self._written(now.organisation_id) == self._shown:
            self._show(now)

    def _known(self) -> NameOrganisation | None:
        me = self.ui.me
        return None if me is None else NameOrganisation(me.id, me.name, me.zone, me.lock_after_minutes, me.confidentiality)

    def _written(self, id: UUID) -> NameOrganisation:
        footer = self.footer.toPlainText().strip()
        return NameOrganisation(id, self.called.text().strip(), self.zone.value(), self.minutes.value(), footer)

    def _save(self) -> None:
        words, before = self.words, self._known()
        if before is None:
            return
        after = self._written(before.organisation_id)
        self.fields["name"].problem("" if after.name else words("This is needed."))
        self.fields["lock_after_minutes"].problem("" if after.lock_after_minutes else words("A number between 1 and 120."))
        if after.name and after.lock_after_minutes and after != before:
            self.page.do(after, lambda done: self._saved(before, done), self._refused)

    def _saved(self, before: NameOrganisation, done: Done) -> None:
        self._shown = self._written(before.organisation_id)
        self.ui.say(self.words("The organisation is changed."), before, lambda _: self._show(before))

    def _show(self, values: NameOrganisation) -> None:
        self.called.setText(values.name)
        self.zone.set_value(values.zone)
        self.minutes.setText(str(values.lock_after_minutes))
        self.footer.setPlainText(values.confidentiality or "")
        self._shown = values

    def _refused(self, error: BaseException) -> None:
        problems = error.fields if isinstance(error, Invalid) else {}
        known = {name: problem for name, problem in problems.items() if name in self.fields}
        for name, problem in known.items():
            self.fields[name].problem(field_problem(problem, self.words))
        if not known:
            self.ui.trouble(error)
