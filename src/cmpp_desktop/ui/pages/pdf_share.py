"""A paper for somebody outside: under a consent that covers it, or by a supervisor's reason; then it stands in the ledger.

The consents that are in force are offered first: choosing one fills in for whom and for what. What is refused says which consent
is missing, and leads to where one is recorded.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from PySide6.QtWidgets import QLineEdit, QWidget

from cmpp_desktop.domain.consent import ConsentFields, in_force
from cmpp_desktop.domain.questions import Participant, ParticipantView
from cmpp_desktop.domain.work import Stored
from cmpp_desktop.errors import Invalid, KnownError
from cmpp_desktop.ui.files import ask_where_to
from cmpp_desktop.ui.messages import field_problem, message_for
from cmpp_desktop.ui.widgets import Banner, Button, CodeCombo, Field, Label, Panel, TextField, announce, column, row, scrolled
from cmpp_desktop.words import Words

if TYPE_CHECKING:
    from cmpp_desktop.ui.pages.pdf_preview import PdfPreviewPage

OVERRIDERS = ("supervisor", "administrator")
OURS = frozenset({"services", "photo"})  # scopes of what stays in the house


def consents_to_share(view: ParticipantView, today: Any, words: Words) -> list[tuple[UUID, str]]:
    """Those in force under which something may go to somebody: "Legal partner, to Alder Legal Aid"."""
    return [(item.id, _called(item.fields, words)) for item in _to_share(view, today)]


def _to_share(view: ParticipantView, today: Any) -> list[Stored[ConsentFields]]:
    return [
        item for item in view.consents if item.fields.recipient and in_force(item.fields, today) and set(item.fields.scope) - OURS
    ]


def _called(fields: ConsentFields, words: Words) -> str:
    scopes = ", ".join(words.code("consent_scope", scope) for scope in fields.scope if scope not in OURS)
    said = words("{scopes}, to {recipient}", scopes=scopes, recipient=fields.recipient)
    return f"{said}: {fields.purpose}" if fields.purpose else said


class SharePart(QWidget):
    """In place of the paper, below its head."""

    def __init__(self, page: PdfPreviewPage) -> None:
        super().__init__()
        self._page = page
        words = self._words = page.words
        self._consents: dict[UUID, ConsentFields] = {}
        scopes = [(code.id, code.name(words.language)) for code in words.codes("consent_scope") if not code.retired]
        self.consent = CodeCombo((), None, empty=words("Another one"))
        self.consent.chosen.connect(lambda _: self._fill())
        self.scope = CodeCombo([one for one in scopes if one[0] not in OURS], "share_legal")
        self.recipient, self.purpose, self.path, self.password, self.reason = (TextField() for _ in range(5))
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.refused = Banner("", "", buttons=(Button(words("Record a consent"), key="Alt+C", on=self._record),))
        self._lay_out()

    def _lay_out(self) -> None:
        words = self._words
        self.consent_field = Field(words("Under which consent"), self.consent)
        self.recipient_field = Field(words("To whom"), self.recipient)
        self.purpose_field = Field(words("What for"), self.purpose)
        self.path_field = Field(words("Where to"), self.path, end=Button(words("Another place"), on=self._browse))
        self.password_field = Field(words("Password"), self.password, hint=words("may stay empty"))
        self.reason_field = Field(
            words("Reason to go without a consent"), self.reason,
            help=words("Only a supervisor or administrator, where no consent covers it. It is in the audit log."),
        )  # fmt: skip
        me = self._page.ui.me
        if me is None or me.me.role not in OVERRIDERS:
            self.reason_field.hide()
        self.closed = Label(words("It holds restricted records: that it was given is restricted too."), tone="ink2", wrap=True)
        text = words("It is written into the ledger of what was shared: what, to whom, when, and under which consent.")
        self.give = Button(words("Give it"), kind="primary", key="Ctrl+Return", large=True, on=self._give)
        leave = Button(words("Leave"), kind="quiet", key="Esc", on=self._page.close_share)
        self.form = Panel(
            Label(text, tone="ink2", wrap=True), self.closed, self.refused, self.consent_field,
            _pair(Field(words("What kind of sharing"), self.scope), self.recipient_field), self.purpose_field, self.reason_field,
            _pair(self.path_field, self.password_field), row(None, leave, self.give, gap=16),
        )  # fmt: skip
        self.form.setMaximumWidth(self._page.form.maximumWidth())
        line = row(self.form, None)
        line.setStretch(0, 100)
        self.setLayout(column(scrolled(column(line, None, gap=0), words("Give it to somebody"))))

    # --- opening --------------------------------------------------------------------------------------------------------

    def open_for(self, participant_id: UUID, path: str, *, restricted: bool) -> None:
        for field in (self.recipient, self.purpose, self.reason, self.password):
            field.clear()
        self._say({})
        self.refused.hide()
        self.closed.setVisible(restricted)
        self.path.setText(path)
        self.consent_field.hide()
        self._page.ask(Participant(participant_id), self._show_consents)
        self.recipient.setFocus()

    def _show_consents(self, view: ParticipantView) -> None:
        today = self._page.ui.today()
        self._consents = {item.id: item.fields for item in _to_share(view, today)}
        offered = consents_to_share(view, today, self._words)
        self.consent.set_choices(offered, offered[0][0] if offered else None)
        self.consent_field.setVisible(bool(offered))
        if offered and not self.recipient.text():
            self.consent.set_value(offered[0][0])
            self._fill()
            self.consent.setFocus()

    def _fill(self) -> None:
        """What the chosen consent says; with another one everything is typed."""
        fields = self._consents.get(self.consent.value())
        if fields is not None:
            self.scope.set_value(next(scope for scope in fields.scope if scope not in OURS))
        self.recipient.setText(fields.recipient if fields is not None else "")
        self.purpose.setText(fields.purpose if fields is not None else "")

    def _browse(self) -> None:
        name = self.path.text().strip() or "paper.pdf"
        suffix = Path(name).suffix.lstrip(".") or "pdf"
        ask_where_to(
            self, self._words("Give it to somebody"), name, f"{suffix.upper()} (*.{suffix})",
            lambda path: self.path.setText(str(path)), suffix=suffix,
        )  # fmt: skip

    # --- giving ---------------------------------------------------------------------------------------------------------

    def _give(self) -> None:
        paper, door = self._page.paper, self._page.ui.door
        recipient, path = self.recipient.text().strip(), self.path.text().strip()
        problems = {name: "missing" for name, said in (("recipient", recipient), ("path", path)) if not said}
        self._say(problems)
        if paper is None or problems:
            return
        target, scope, purpose = Path(path).expanduser(), self.scope.value(), self.purpose.text().strip()
        reason, password = self.reason.text().strip(), self.password.text()
        self.give.setEnabled(False)
        self._page.call(
            lambda: door.share_paper(
                paper, target, scope=scope, recipient=recipient, purpose=purpose, override_reason=reason, password=password
            ),
            lambda _: self._given(recipient, target),
            self._not_given,
        )

    def _given(self, recipient: str, target: Path) -> None:
        self.give.setEnabled(True)
        self.password.clear()
        self._page.close_share()
        said = self._words("Saved as {file} for {recipient}. It is in the ledger.", file=target.name, recipient=recipient)
        self._page.ui.say(said)

    def _not_given(self, error: BaseException) -> None:
        self.give.setEnabled(True)
        if isinstance(error, Invalid):
            self._say(error.fields)
        elif isinstance(error, KnownError) and error.code == "needs_consent":
            message = message_for(error, self._words)
            self.refused.tell(message.happened, f"{message.safe} {message.do}")
            self.refused.show()
            announce(self.refused, self.refused.accessibleName())
            self.refused.buttons.itemAt(0).widget().setFocus()  # type: ignore[union-attr]  # a button
        else:
            self._page.ui.trouble(error)

    def _say(self, problems: Any) -> None:
        fields = {
            "recipient": self.recipient_field, "purpose": self.purpose_field, "path": self.path_field,
            "password": self.password_field, "override_reason": self.reason_field,
        }  # fmt: skip
        for name, field in fields.items():
            field.problem(field_problem(str(problems[name]), self._words, field=name) if name in problems else "")
        first = next((field for name, field in fields.items() if name in problems), None)
        if first is not None:
            first.input.setFocus()

    def _record(self) -> None:
        """To the person's consents, with what was asked for here filled in."""
        about = self._page.paper.about if self._page.paper is not None else None
        if about is not None:
            given = {"scope": self.scope.value(), "recipient": self.recipient.text(), "purpose": self.purpose.text()}
            self._page.ui.go("participant", participant_id=about, tab="consent", action="consent", given=given)


def _pair(one: QWidget, other: QWidget) -> QWidget:
    holder = QWidget()
    both = row(one, other, gap=16)
    both.setStretch(0, 1)
    both.setStretch(1, 1)
    holder.setLayout(both)
    return holder
