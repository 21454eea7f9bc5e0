"""Before the first question: which instrument, in which language, with whom in the room."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from cmpp_desktop.domain.questions import Draft, InstrumentRow, ParticipantView
from cmpp_desktop.ui.page import Page
from cmpp_desktop.ui.pages.participant_model import first_name
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import (
    Banner,
    Button,
    CodeCombo,
    EmptyState,
    Field,
    IconView,
    Label,
    ListRow,
    TextField,
    column,
    heading,
    row,
    scrolled,
)
from cmpp_desktop.ui.widgets.streams import FittedRows, StreamDelegate, StreamRow


class ScreeningStart(QWidget):
    """`start(instrument_id, language, interpreter, alone)` and `resume(draft)` are called by what somebody chooses."""

    def __init__(
        self,
        page: Page,
        start: Callable[[UUID, str, str, str], object],
        resume: Callable[[Draft], object],
        leave: Callable[[], object],
    ) -> None:
        super().__init__()
        self._page = page
        self._start = start
        self._resume = resume
        self._instruments: tuple[InstrumentRow, ...] = ()
        self._draft: Draft | None = None
        self._languages: list[str] = []
        words = self._words = page.words
        self.title = heading("")
        self.rows = FittedRows(words("Instruments"), StreamDelegate(top=6))
        self.rows.current_changed.connect(self._chosen)
        self.rows.opened.connect(lambda line: self._go())
        self.language = CodeCombo([])
        self.language_field = Field(words("In which language"), self.language)
        self.alone = CodeCombo([(code.id, code.name(words.language)) for code in words.codes("yes_no_unknown")], "unknown")
        self.alone_field = Field(
            words("Is the participant alone with you?"),
            self.alone,
            help=words("Ask for a moment alone before questions about safety."),
        )
        self.interpreter = TextField(placeholder=words("nobody"))
        self.interpreter_field = Field(
            words("Interpreter"), self.interpreter, help=words("Never a family member for these questions.")
        )
        self.guide = Label("", "small", tone="ink2", wrap=True)
        self.begin = Button(words("Begin"), kind="primary", key="Return", large=True, on=self._go)
        self.cancel = Button(words("Leave"), kind="quiet", key="Esc", on=leave)
        self._go_on = Button(words("Go on"), on=self._go_on_now)
        self.open_one = Banner(
            words("An interview is open"),
            words("It was paused; every answer is here."),
            tone="calm",
            icon="circle-pause",
            buttons=(self._go_on,),
        )
        self.open_one.hide()
        self.leave_nothing = Button(words("Leave"), key="Esc", on=leave)
        self.nothing = EmptyState(
            "clipboard-list", words("No instrument is here yet"),
            words("An administrator brings them in as XLSForms. They arrive on this laptop with the next exchange."),
            self.leave_nothing,
        )  # fmt: skip
        who = row(column(self.language_field, None), column(self.alone_field, None), gap=16)
        who.setStretch(0, 1)
        who.setStretch(1, 1)
        self._form = QWidget()
        self._form.setLayout(
            column(self.rows, self.guide, 8, who, self.interpreter_field, 8, row(self.begin, self.cancel, None, gap=16), gap=12)
        )
        kept = row(
            IconView("shield-check", "ink2"),
            Label(
                words("Each answer is saved on this laptop as it is given. You can stop at any question."),
                tone="ink2",
                wrap=True,
            ),
            gap=8,
        )
        kept.setStretch(1, 1)
        inner = QWidget()
        inner.setLayout(
            column(self.title, kept, self.open_one, self.nothing, self._form, None, gap=16, margins=(24, 16, 24, 16))
        )
        inner.setMaximumWidth(look().px(760))
        side = row(inner, None, gap=0)
        side.setStretch(0, 1000)
        self.setLayout(column(scrolled(side, words("Before the first question"))))

    def show_person(self, view: ParticipantView) -> None:
        person = view.participant.fields
        self._languages = list(person.languages)
        self.title.setText(self._words("Interview with {name}", name=first_name(person.called)))
        if person.interpreter_needed and not self.interpreter.text():
            tongue = self._words.language_name(person.languages[0]) if person.languages else ""
            self.interpreter.setPlaceholderText(
                self._words("needed: {language}", language=tongue) if tongue else self._words("needed")
            )
        self._chosen(self.rows.current_row())

    @property
    def has_instruments(self) -> bool:
        return bool(self._instruments)

    def show_instruments(self, instruments: tuple[InstrumentRow, ...]) -> None:
        self._instruments = instruments
        self._page.title_changed.emit()  # other keys, where there is nothing to begin
        self.nothing.setVisible(not instruments)
        if not instruments and self.isVisible():
            self.leave_nothing.setFocus(Qt.FocusReason.OtherFocusReason)
        self._form.setVisible(bool(instruments))
        self.rows.show_rows([self._row(item) for item in instruments])
        if self.rows.current_row() is None:
            self.rows.choose_first()

    def show_draft(self, draft: Draft | None) -> None:
        """One that was paused, if there is one."""
        self._draft = draft
        self.open_one.setVisible(draft is not None)
        if draft is not None:
            ago = self._words.since(draft.changed_at, self._page.ui.now())
            self.open_one.tell(
                self._words("An interview is open: {title}", title=draft.title or self._words("Screening")),
                self._words("Last answer {ago}; every answer is here.", ago=ago),
            )

    def _row(self, item: InstrumentRow) -> ListRow:
        tongues = ", ".join(self._words.language_name(code) for code in item.languages)
        version = self._words("version {n}", n=item.version) if item.version else ""
        return StreamRow(
            id=item.id,
            title=item.title or item.form_id,
            icon="clipboard-list",
            details=(", ".join(part for part in (tongues, version) if part),),
        )

    def _chosen(self, line: ListRow | None) -> None:
        found = next((item for item in self._instruments if line is not None and item.id == line.id), None)
        if found is None:
            return
        wanted = next((code for code in self._languages if code in found.languages), None)
        kept = self.language.value() if self.language.value() in found.languages else None
        choices = [(code, self._words.language_name(code)) for code in found.languages]
        fallback = found.languages[0] if found.languages else "en"
        self.language.set_choices(choices or [("en", self._words.language_name("en"))], wanted or kept or fallback)
        card = dict(found.card)
        said = [self._words("A guide for a conversation, not a validated test.") if card.get("validated") == "guide" else ""]
        said.append(card.get("source", ""))
        self.guide.setText(" ".join(part for part in said if part))

    def _go(self) -> None:
        line = self.rows.current_row()
        if line is not None:
            self._start(line.id, self.language.value(), self.interpreter.text().strip(), self.alone.value())

    def _go_on_now(self) -> None:
        if self._draft is not None:
            self._resume(self._draft)
