"""A service or an organisation of the directory, chosen by a few letters; and whether a consent covers what goes there."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from cmpp_desktop.domain.consent import ConsentCheck, Verdict
from cmpp_desktop.domain.directory import (
    DirectoryAnswer,
    DirectoryOrganization,
    DirectorySearch,
    DirectoryService,
    OrganizationView,
    ServiceView,
)
from cmpp_desktop.ui.pages.directory_words import short_list
from cmpp_desktop.ui.pages.record_input import Around, Input
from cmpp_desktop.ui.pages.record_model import Item
from cmpp_desktop.ui.troubles import no_consent
from cmpp_desktop.ui.widgets import Button, Field, IconView, Label, ListRow, SearchField, announce, column, row
from cmpp_desktop.ui.widgets.streams import FittedRows, StreamDelegate

MOST = 6  # services that are offered
KINDS = ("hsds_service", "hsds_organization")


class ServiceChoice(Input):
    """The value is (kind, id), or None. Beside it stands `to_name` for whoever is in no directory."""

    def __init__(self, item: Item, around: Around) -> None:
        words = self._words = around.words
        self._around = around
        self._value: tuple[str, UUID] | None = None
        self._recipients: tuple[str, ...] = ()
        self._checked: tuple[Any, ...] = ()
        self.search = SearchField(item.label, placeholder=words("Find a service or an organisation"))
        self.search.asked.connect(lambda _: self._find())
        self.found = FittedRows(words("Found in the directory"), StreamDelegate(lead_width=0, top=4), most=300)
        self.search.moved.connect(self.found.step)
        self.search.chosen.connect(self._take_current)
        self.found.opened.connect(self._take)
        self.nothing = Label("", "small", tone="ink2", wrap=True)
        self._choosing = QWidget()
        self._choosing.setLayout(column(Field(item.label, self.search, hint=item.hint, help=item.help), self.found, self.nothing))
        self._field = self._choosing.findChild(Field)
        self.chosen_name = Label("", weight="semibold", wrap=True)
        self.chosen_owner = Label("", tone="ink2", wrap=True)
        self.consent_icon = IconView("check", "accent")
        self.consent = Label("", wrap=True)
        self._consent_line = QWidget()
        said = row(column(self.consent_icon, None), self.consent, gap=8)
        said.setStretch(1, 1)
        self._consent_line.setLayout(said)
        self.another = Button(words("Choose another"), on=self._again)
        name = column(Label(item.label, weight="medium"), self.chosen_name, self.chosen_owner, gap=2)
        line = row(name, column(self.another, None), gap=12)
        line.setStretch(0, 1)
        self._chosen = QWidget()
        self._chosen.setLayout(column(line, self._consent_line, gap=6))
        frame = QWidget()
        frame.setLayout(column(self._choosing, self._chosen, gap=0))
        for widget in (self.found, self.nothing, self._chosen, self._consent_line):
            widget.hide()
        super().__init__(item, self.search, frame)

    # --- what an input is -------------------------------------------------------------------------------------------------

    def value(self) -> tuple[str, UUID] | None:
        return self._value

    def show(self, value: Any) -> None:
        if value is None:
            self._set(None)
            return
        kind, id = value
        self._set((kind, id))
        question: Any = DirectoryService(id) if kind == "hsds_service" else DirectoryOrganization(id)
        self._around.ask(question, lambda view: self._name((kind, id), view))

    def packed(self) -> str:
        return f"{self._value[0]}:{self._value[1]}" if self._value is not None else ""

    def unpack(self, kept: Any) -> None:
        kind, _, id = str(kept).partition(":")
        try:
            self.show((kind, UUID(id)) if kind in KINDS else None)
        except ValueError:
            self.show(None)

    def problem(self, text: str) -> None:
        if isinstance(self._field, Field):
            self._field.problem(text)

    def others_changed(self) -> None:
        self._check()

    # --- choosing ---------------------------------------------------------------------------------------------------------

    def _find(self) -> None:
        text = self.search.text().strip()
        if text:
            self._around.ask(DirectorySearch(text, limit=MOST), lambda answer: self._show_found(text, answer))
        else:
            self.found.hide()
            self.nothing.hide()

    def _show_found(self, text: str, answer: DirectoryAnswer) -> None:
        if text != self.search.text().strip():
            return
        lines = short_list(answer.rows, answer.organizations[:MOST], self._words)
        self.found.show_rows(lines)
        self.found.choose_first()
        self.found.setVisible(bool(lines))
        said = ""
        if not answer.everything:
            said = self._words("There is no directory yet. Write below to whom it goes.")
        elif not lines:
            said = self._words("Nothing in the directory is called so. Write below to whom it goes.")
        self.nothing.setText(said)
        self.nothing.setVisible(bool(said))
        announce(self.search, said or self._words.plural("{n} is found", "{n} are found", len(lines)))

    def _take_current(self) -> None:
        """Enter: the current one, or on to the next field when nothing was typed."""
        line = self.found.current_row() if self.found.isVisible() else None
        if line is not None:
            self._take(line)
        elif not self.search.text().strip():
            self.frame.window().focusNextChild()

    def _take(self, line: ListRow) -> None:
        self.show(line.id)
        self.problem("")
        self.another.setFocus(Qt.FocusReason.OtherFocusReason)
        self._around.touched()

    def _again(self) -> None:
        self._set(None)
        self.search.setFocus(Qt.FocusReason.OtherFocusReason)
        self._around.touched()

    def _set(self, value: tuple[str, UUID] | None) -> None:
        self._value, self._recipients, self._checked = value, (), ()
        self.search.clear()
        self.found.hide()
        self.nothing.hide()
        self._choosing.setVisible(value is None)
        self._chosen.setVisible(value is not None)
        self._consent_line.hide()

    def _name(self, value: tuple[str, UUID], view: ServiceView | OrganizationView) -> None:
        if value != self._value:
            return
        owner = view.organization.fields if view.organization is not None else None
        name = owner.name if owner is not None else ""
        if isinstance(view, ServiceView):
            self.chosen_name.setText(view.service.fields.name)
            self.chosen_owner.setText(name)
        else:
            self.chosen_name.setText(name)
            self.chosen_owner.setText(self._words("Organisation"))
        self._recipients = tuple(filter(None, (name, owner.alternate_name))) if owner is not None else ()
        announce(self.another, f"{self.chosen_name.text()}, {self.chosen_owner.text()}")
        self._check()

    # --- whether it may go ------------------------------------------------------------------------------------------------

    def _check(self) -> None:
        """Asks whether a consent covers it, for every name that the organisation has, when something of it changed."""
        about, scope = self._around.about, self._around.said("scope")
        asked = (self._value, scope, self._recipients)
        if not about or not scope or not self._recipients or asked == self._checked:
            return
        self._checked = asked
        self._ask_consent(asked, list(self._recipients))

    def _ask_consent(self, asked: tuple[Any, ...], left: list[str]) -> None:
        participant, (recipient, *others) = self._around.about[0][0], left
        question = ConsentCheck(participant, asked[1], recipient, self._around.today())
        self._around.ask(question, lambda verdict: self._heard(asked, others, verdict))

    def _heard(self, asked: tuple[Any, ...], left: list[str], verdict: Verdict) -> None:
        if asked != self._checked:
            return
        if not verdict.covered and left:
            self._ask_consent(asked, left)
            return
        words = self._words
        if verdict.covered:
            self.consent.setText(words("A consent covers it."))
        else:
            facts = {"why": verdict.why, "day": verdict.day.isoformat() if verdict.day is not None else ""}
            then = words("Record the consent first, or only prepare it: take the tick from “It goes now”.")
            self.consent.setText(f"{no_consent(words, facts)} {then}")
        icon, tone = ("check", "accent") if verdict.covered else ("triangle-alert", "amber_mark")
        self.consent_icon.show_icon(icon, tone)
        self._consent_line.show()
        announce(self.another, self.consent.text())
