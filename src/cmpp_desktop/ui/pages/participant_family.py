"""Family and consent of a participant: who lives with them, how to reach them, what they agreed to."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from cmpp_desktop.domain.consent import ConsentGiven, RecordConsent, RestoreConsent, WithdrawConsent
from cmpp_desktop.domain.participants import AddContactRoute, ChangeContactRoute, ContactRouteFields, age
from cmpp_desktop.domain.questions import ParticipantView
from cmpp_desktop.domain.work import Done, Stored
from cmpp_desktop.ui.page import Page
from cmpp_desktop.ui.pages.command_forms import grew_up
from cmpp_desktop.ui.pages.participant_model import consent_rows
from cmpp_desktop.ui.pages.participant_person import PersonForm
from cmpp_desktop.ui.pages.rows_of import badge
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import (
    Button,
    CodeCombo,
    DateField,
    EmptyState,
    Field,
    ListRow,
    Panel,
    RowBadge,
    SectionHead,
    TextField,
    Tick,
    column,
    flow,
    isolate,
    row,
    scrolled,
)
from cmpp_desktop.ui.widgets.streams import FittedRows, StreamDelegate, StreamRow
from cmpp_desktop.words import in_one


def phone_words(value: str) -> str:
    """ "+12025550148" as "+1 202-555-0148"; anything else as it is. Isolated from the direction of the text around it."""
    if value.startswith("+1") and len(value) == 12 and value[1:].isdigit():
        value = f"+1 {value[2:5]}-{value[5:8]}-{value[8:]}"
    return isolate(value)


class RouteForm(Panel):
    """One way to reach somebody: new, or changed."""

    def __init__(self, page: Page) -> None:
        self._page = page
        words = page.words
        self._route: UUID | None = None
        self._participant: UUID | None = None
        self.kind = CodeCombo([(code.id, code.name(words.language)) for code in words.codes("contact_route")], "phone")
        self.value = TextField()
        self.safe = Tick(words("It is safe to use"), True)
        self.note = TextField()
        self.value_field = Field(words("Number or address"), self.value)
        self.save = Button(words("Keep"), kind="primary", key="Return", on=self._save)
        self.cancel = Button(words("Leave"), kind="quiet", key="Esc", on=self.hide)
        pair = row(Field(words("What"), self.kind), self.value_field, gap=16)
        pair.setStretch(1, 1)
        note = Field(words("When it is safe, or why it is not"), self.note)
        super().__init__(pair, self.safe, note, row(None, self.cancel, self.save, gap=16))
        self.hide()

    def open_for(self, participant_id: UUID, stored: Stored[ContactRouteFields] | None) -> None:
        self._participant = participant_id
        self._route = stored.id if stored else None
        fields = stored.fields if stored else None
        self.kind.set_value(fields.route if fields else "phone")
        self.value.setText(fields.value if fields else "")
        self.safe.setChecked(fields.safe if fields else True)
        self.note.setText(fields.safe_note if fields else "")
        self.value_field.problem("")
        self.show()
        self.value.setFocus()
        self.value.selectAll()

    def _save(self) -> None:
        value = self.value.text().strip()
        if not value or self._participant is None:
            self.value_field.problem(self._page.words("Write the number or address."))
            self.value.setFocus()
            return
        values: dict[str, object] = {
            "route": self.kind.value(), "value": value, "safe": self.safe.isChecked(), "safe_note": self.note.text().strip(),
        }  # fmt: skip
        said = self._page.words("Changed")
        if self._route is not None:
            self._page.do(ChangeContactRoute(self._route, values), lambda done: self._kept(said, done))
        else:
            new = AddContactRoute(
                self._participant, value, self.kind.value(), safe=self.safe.isChecked(), safe_note=self.note.text().strip()
            )
            self._page.do(new, lambda done: self._kept(self._page.words("Added"), done))

    def _kept(self, said: str, done: Done) -> None:
        self.hide()
        self._page.ui.say(said, done.undo, lambda _: self._page.reload())
        self._page.reload()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)


class FamilyTab(QWidget):
    """`opened(participant_id)`: somebody of the household was chosen."""

    opened = Signal(object)

    def __init__(self, page: Page) -> None:
        super().__init__()
        self._page = page
        words = self._words = page.words
        self._view: ParticipantView | None = None
        self.household = FittedRows(words("Household"), StreamDelegate(top=6))
        self.routes = FittedRows(words("How to reach them"), StreamDelegate(top=6))
        self.addresses = FittedRows(words("Addresses"), StreamDelegate(top=6))
        self.household.opened.connect(lambda line: self.opened.emit(line.id))
        self.routes.opened.connect(self._edit)
        self.routes.key_map["E"] = self._edit
        self.form = RouteForm(page)
        self._edit_button = Button(words("Change"), key="E", on=lambda: self._edit(self.routes.current_row()))
        self.person = PersonForm(page)
        self._correct = Button(words("Correct their details"), kind="quiet", icon="pencil", on=self._open_person)
        self.of_age = Button(words("They turned 18: what changes"), icon="cake", key="Alt+G", on=self._came_of_age)
        self._add = Button(words("Add a way"), kind="quiet", icon="plus", on=self._new)
        self.household_head = SectionHead(words("Household"))
        self.nobody = EmptyState(
            "users",
            words("Nobody else is written down"),
            words("Families are served together: whoever lives here belongs here."),
        )
        self._addresses_head = SectionHead(words("Addresses"))
        inner = QWidget()
        inner.setLayout(
            column(
                SectionHead(words("Who they are"), end=self._correct), row(self.of_age, None), self.person, 12,
                SectionHead(words("How to reach them"), end=self._add), self.routes, row(self._edit_button, None), self.form, 12,
                self.household_head, self.household, self.nobody, 12, self._addresses_head, self.addresses, None,
                gap=4, margins=(0, 12, 24, 16),
            )
        )  # fmt: skip
        inner.setMaximumWidth(look().px(860))
        self.setLayout(column(scrolled(inner, words("Family"))))

    def show_person(self, view: ParticipantView) -> None:
        if self._view is not None and self._view.participant.id != view.participant.id:
            self.form.hide()
            self.person.hide()
        self._view = view
        words, today = self._words, self._page.ui.today()
        self.of_age.setVisible(grew_up(view, today))
        self.routes.show_rows([self._route_row(item) for item in view.routes])
        self._edit_button.setVisible(bool(view.routes))
        if self.routes.current_row() is None:
            self.routes.choose_first()
        members = []
        for member in view.household:
            years = age(member.birth_date, today)
            name = f"{member.name}, {years}" if years is not None else member.name
            members.append(
                StreamRow(
                    id=member.participant_id,
                    title=name,
                    icon="user",
                    badge=RowBadge(words.code("relationship", member.relationship), plain=True),
                )
            )
        self.household.show_rows(members)
        self.household.setVisible(bool(members))
        self.household_head.show_count(str(len(members) + 1) if members else "")
        self.nobody.setVisible(not members)
        self._addresses_head.setVisible(bool(view.addresses))
        self.addresses.show_rows([self._address_row(item) for item in view.addresses])

    def _route_row(self, item: Stored[ContactRouteFields]) -> ListRow:
        fields, words = item.fields, self._words
        icon = {"email": "mail", "text": "message-square", "messenger": "message-square"}.get(fields.route, "phone")
        state = None
        if not fields.safe:
            state = RowBadge(words("Not safe"), "safe_contact")
        elif fields.preferred:
            state = RowBadge(words("Use this first"), "done")
        parts = tuple(part for part in (words.code("contact_route", fields.route), fields.label, fields.safe_note) if part)
        return StreamRow(id=item.id, title=phone_words(fields.value), icon=icon, details=(in_one(parts),), badge=state)

    def _address_row(self, item: Stored[object]) -> ListRow:
        fields = item.fields
        words, today = self._words, self._page.ui.today()
        since = getattr(fields, "since", None)
        until = getattr(fields, "until", None)
        parts = [words.code("address_use", getattr(fields, "use", "home"))]
        if since:
            parts.append(words("since {day}", day=words.short_date(since, today)))
        if until:
            parts.append(words("until {day}", day=words.short_date(until, today)))
        secret = RowBadge(words("Confidential"), "restricted") if getattr(fields, "confidential", False) else None
        line = getattr(fields, "address").one_line  # noqa: B009  # one type of record, read here only
        return StreamRow(
            id=item.id, title=isolate(line), icon="map-pin-house", details=(", ".join(parts),), badge=secret, muted=bool(until)
        )

    def _edit(self, line: ListRow | None) -> None:
        if self._view is None or line is None:
            return
        found = next((item for item in self._view.routes if item.id == line.id), None)
        if found is not None:
            self.form.open_for(self._view.participant.id, found)

    def _new(self) -> None:
        if self._view is not None:
            self.form.open_for(self._view.participant.id, None)

    def _came_of_age(self) -> None:
        if self._view is not None:
            self._page.ui.go("form", form="came_of_age", participant_id=self._view.participant.id)

    def _open_person(self) -> None:
        if self._view is not None:
            self.person.open_for(self._view)


class ConsentForm(Panel):
    """What somebody agrees to now."""

    def __init__(self, page: Page) -> None:
        self._page = page
        words = page.words
        self._participant: UUID | None = None
        self.scopes = [
            (code.id, Tick(code.name(words.language), code.id == "services")) for code in words.codes("consent_scope")
        ]
        scope_box = QWidget()
        scope_box.setLayout(flow(*(tick for _, tick in self.scopes), gap=16))
        scope_box.setAccessibleName(words("What for"))
        self.recipient = TextField()
        self.purpose = TextField()
        self.how = CodeCombo([(code.id, code.name(words.language)) for code in words.codes("consent_how")], "signed")
        self.language = CodeCombo([(code.id, code.name(words.language)) for code in words.codes("language")], "en")
        self.ends = DateField(words, page.ui.today)
        self.purpose_field = Field(words("Why"), self.purpose)
        self.save = Button(words("Write it down"), kind="primary", key="Ctrl+Return", on=self._save)
        self.cancel = Button(words("Leave"), kind="quiet", key="Esc", on=self.hide)
        first = row(Field(words("To whom"), self.recipient, hint=words("empty: only us")), self.purpose_field, gap=16)
        tongue, ends = Field(words("In which language"), self.language), Field(words("Ends"), self.ends)
        second = row(Field(words("How"), self.how), tongue, ends, None, gap=16)
        super().__init__(scope_box, first, second, row(None, self.cancel, self.save, gap=16))
        self.hide()

    def open_for(self, view: ParticipantView, given: Mapping[str, str] | None = None) -> None:
        """`given`: scope, recipient and purpose that were asked for elsewhere."""
        self._participant = view.participant.id
        if given:
            for code, tick in self.scopes:
                tick.setChecked(code == given.get("scope"))
            self.recipient.setText(given.get("recipient", ""))
            self.purpose.setText(given.get("purpose", ""))
        languages = view.participant.fields.languages
        self.language.set_value(languages[0] if languages else "en")
        self.purpose_field.problem("")
        self.show()
        self.scopes[0][1].setFocus()

    def _save(self) -> None:
        scope = tuple(code for code, tick in self.scopes if tick.isChecked())
        if not scope or self._participant is None:
            self.scopes[0][1].setFocus()
            return
        if self.recipient.text().strip() and not self.purpose.text().strip():
            self.purpose_field.problem(self._page.words("Say why, when somebody else gets it."))
            self.purpose.setFocus()
            return
        given = ConsentGiven(
            scope=scope, recipient=self.recipient.text().strip(), purpose=self.purpose.text().strip(),
            language=self.language.value(), how_given=self.how.value(), given_on=self._page.ui.today(),
            expires_on=self.ends.value(),
        )  # fmt: skip
        self._page.do(RecordConsent(self._participant, given), lambda done: self._kept())

    def _kept(self) -> None:
        self.hide()
        self._page.ui.say(self._page.words("Consent written down"))
        self._page.reload()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)


class ConsentTab(QWidget):
    """What was agreed to, and taking it back."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self._page = page
        words = self._words = page.words
        self._view: ParticipantView | None = None
        self.rows = FittedRows(words("Consent"), StreamDelegate(top=6))
        self.form = ConsentForm(page)
        self.new = Button(words("New consent"), icon="plus", on=self.open_form)
        self.withdraw = Button(words("Withdraw"), key="W", on=self._withdraw)
        self.rows.key_map["W"] = lambda line: self._withdraw()
        self.rows.current_changed.connect(lambda _: self._say_buttons())
        self.empty = EmptyState(
            "file-check",
            words("Nothing was agreed to yet"),
            words("Consent comes first: what we do, with whom we share, and until when."),
        )
        inner = QWidget()
        inner.setLayout(
            column(
                SectionHead(words("Consent"), end=self.new), self.rows, self.empty, row(self.withdraw, None), self.form, None,
                gap=8, margins=(0, 12, 24, 16),
            )
        )  # fmt: skip
        inner.setMaximumWidth(look().px(860))
        self.setLayout(column(scrolled(inner, words("Consent"))))

    def show_person(self, view: ParticipantView) -> None:
        if self._view is not None and self._view.participant.id != view.participant.id:
            self.form.hide()
        self._view = view
        found = consent_rows(view.consents, self._page.ui.today(), self._words)
        self.rows.show_rows(
            [
                StreamRow(id=id, title=what, icon="file-check", details=(how,), badge=badge(mark))
                for id, what, how, mark in found
            ]
        )
        self.rows.setVisible(bool(found))
        self.empty.setVisible(not found)
        self._say_buttons()

    def open_form(self, given: Mapping[str, str] | None = None) -> None:
        if self._view is not None:
            self.form.open_for(self._view, given)

    def _live(self) -> set[UUID]:
        return {item.id for item in self._view.consents if item.fields.withdrawn_on is None} if self._view else set()

    def _say_buttons(self) -> None:
        line = self.rows.current_row()
        self.withdraw.setVisible(line is not None and line.id in self._live())

    def _withdraw(self) -> None:
        line = self.rows.current_row()
        if line is None or line.id not in self._live():
            return
        consent_id: UUID = line.id
        command = WithdrawConsent(consent_id, withdrawn_on=self._page.ui.today())
        self._page.do(command, lambda done: self._withdrawn(consent_id, done))

    def _withdrawn(self, consent_id: UUID, done: Done) -> None:
        undo = done.undo or RestoreConsent(consent_id)
        self._page.ui.say(self._words("Withdrawn. Nothing more is shared."), undo, lambda _: self._page.reload())
        self._page.reload()
