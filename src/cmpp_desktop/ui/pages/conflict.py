"""Two versions of one thing, side by side: the question, who wrote what and when, the words that differ.

Nothing is chosen at first. A number chooses, Enter uses it; the other version stays in the history, and whoever decides
later loses nothing.
"""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from cmpp_desktop.domain.participants import normal_phone
from cmpp_desktop.domain.questions import ConflictItem, Conflicts
from cmpp_desktop.domain.reviews import PickVersion
from cmpp_desktop.ui.page import Page, Ui, typing
from cmpp_desktop.ui.pages.conflict_model import Choice, Settling, settling, what
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import (
    Button,
    EmptyState,
    Field,
    Label,
    ListRow,
    RowBadge,
    RowList,
    TextArea,
    announce,
    column,
    heading,
    row,
    rule,
    scrolled,
)
from cmpp_desktop.ui.widgets.choices import ChoiceCard
from cmpp_desktop.ui.widgets.streams import StreamDelegate, StreamRow

Key = tuple[str, UUID, str]


class ConflictPage(Page):
    """`show_for()`: all of them; `show_for(participant_id=…)`: those of one participant first."""

    place = "conflict"
    rail = "people"
    kinds: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, ui: Ui) -> None:
        super().__init__(ui)
        self._items: tuple[ConflictItem, ...] = ()
        self._participant: UUID | None = None
        self._key: Key | None = None
        self._settling: Settling | None = None
        self._chosen: Choice | None = None
        self._busy = False
        self.cards: list[ChoiceCard] = []
        words = self.words
        self.list_title = Label("", "large", weight="semibold")
        self.rows = RowList(words("Two versions"), StreamDelegate(top=8, head_line=False))
        self.rows.current_changed.connect(self._opened)
        self.question = heading("")
        self.question.setWordWrap(True)
        self.lead = Label("", "large", tone="ink2", wrap=True)
        self.wait = Label("", tone="ink2", wrap=True)
        self._cards_box = QWidget()
        self._cards_row = row(gap=24)
        self._cards_box.setLayout(self._cards_row)
        self._lines_box = QWidget()
        self._lines_column = column(gap=0)
        self._lines_box.setLayout(self._lines_column)
        self.text = TextArea(lines=3)
        self.text_field = Field(words("What is true now"), self.text)
        self.use = Button(words("Choose a version"), kind="secondary", key="Return", large=True, on=self._use)
        self.later = Button(words("Decide later"), kind="quiet", key="Esc", on=self._later)
        self.empty = EmptyState(
            "git-compare",
            words("Nothing to settle"),
            words("When two people change the same thing while one is offline, both versions appear here."),
            Button(words("Back"), key="Esc", on=ui.back),
        )
        self._build()

    def _build(self) -> None:
        side = QWidget()
        side.setLayout(column(self.list_title, self.rows, gap=12, margins=(24, 20, 16, 0)))
        side.setFixedWidth(look().px(280))
        self._side = side
        self._side_line = rule("v")
        inner = QWidget()
        inner.setLayout(
            column(
                self.question, self.lead, self.wait, 4, self._cards_box, self._lines_box, self.text_field, 8,
                row(self.use, self.later, None, gap=16), None, gap=12, margins=(32, 16, 24, 16),
            )
        )  # fmt: skip
        inner.setMaximumWidth(look().px(920))
        centre = row(inner, None, gap=0)
        centre.setStretch(0, 1000)
        self._stack = QStackedWidget()
        self._stack.addWidget(scrolled(centre, self.words("Two versions")))
        empty = QWidget()
        empty.setLayout(column(self.empty, None, margins=(24, 48, 24, 0)))
        self._stack.addWidget(empty)
        whole = row(side, self._side_line, self._stack, gap=0)
        whole.setStretch(2, 1)
        self.setLayout(whole)
        self.text_field.hide()

    # --- what a page is ------------------------------------------------------------------

    def title(self) -> str:
        return self.words("Two versions")

    def keys(self) -> tuple[tuple[str, str], ...]:
        if not self._items:
            return (("Esc", self.words("back")),)
        numbers = "|".join(str(number) for number in range(1, len(self.cards) + 1))
        return ((numbers, self.words("choose")), ("Return", self.words("use it")), ("Esc", self.words("decide later")))

    def footer(self) -> str | None:
        return self.words("Both versions are on this laptop. Everyone sees both until you choose.") if self._items else None

    def first_focus(self) -> QWidget | None:
        return self.rows

    def show_for(self, **args: Any) -> None:
        self._participant = args.get("participant_id")
        self._key = None
        self.reload()

    def reload(self) -> None:
        self.ask(Conflicts(), self._show)

    def narrowed(self, narrow: bool) -> None:
        self._side.setVisible(not narrow)
        self._side_line.setVisible(not narrow)

    # --- the list ------------------------------------------------------------------

    def _show(self, items: tuple[ConflictItem, ...]) -> None:
        first = [item for item in items if item.participant_id == self._participant]
        self._items = (*first, *(item for item in items if item not in first))
        total = len(self._items)
        self.title_changed.emit()  # other keys, where there is nothing to settle
        self.list_title.setText(self.words("Two versions, {n}", n=total))
        rows = [
            StreamRow(
                id=_key(item), title=item.participant, details=(what(item, self.words),),
                badge=RowBadge(self.words("{n} of {total}", n=number, total=total), plain=True),
            )
            for number, item in enumerate(self._items, start=1)
        ]  # fmt: skip
        self._stack.setCurrentIndex(0 if items else 1)
        self._side.setVisible(bool(items) and not self._side_line.isHidden())
        known = {_key(item) for item in self._items}
        self.rows.show_rows(rows, self._key if self._key in known else None)
        if items and self.rows.current_row() is None:
            self.rows.choose_first()
        elif items:
            self._opened(self.rows.current_row())

    def _opened(self, line: ListRow | None) -> None:
        item = next((item for item in self._items if line is not None and _key(item) == line.id), None)
        if item is None:
            return
        said = settling(item, self.words, self.ui.today(), self.ui.zone)
        if _key(item) == self._key and said == self._settling:
            return  # nothing new: what somebody has chosen stays chosen
        self._key, self._settling, self._chosen = _key(item), said, None
        self.question.setText(said.title)
        self.lead.setText(said.lead)
        self.wait.setText(
            self.words("Some changes of {laptop} have not come yet; you may wait for them.", laptop=item.waiting_for)
        )
        self.wait.setVisible(bool(item.waiting_for))
        self._show_cards(said)
        self.text_field.hide()
        self._say_button()
        self.title_changed.emit()

    def _show_cards(self, said: Settling) -> None:
        if any(card.hasFocus() for card in self.cards):
            self.rows.setFocus()
        for layout in (self._cards_row, self._lines_column):
            while (taken := layout.takeAt(0)) is not None:
                old = taken.widget()
                if old is not None:
                    old.hide()
                    old.deleteLater()
        self.cards = []
        for number, choice in enumerate(said.choices, start=1):
            boxed = choice.kind == "version" and choice.version is not None
            runs = [(piece.text, piece.differs) for piece in choice.pieces]
            card = ChoiceCard(str(number), choice.label, choice.when, runs, boxed=boxed)
            card.clicked.connect(lambda checked=False, choice=choice: self._choose(choice))
            self.cards.append(card)
            if boxed:
                self._cards_row.addWidget(card, 1)
            else:
                if not self._lines_column.count():
                    self._lines_column.addWidget(rule())
                self._lines_column.addWidget(card)
        self._lines_box.setVisible(self._lines_column.count() > 0)
        self._cards_box.setVisible(self._cards_row.count() > 0)

    # --- choosing ------------------------------------------------------------------

    def choose(self, number: int) -> None:
        """What the key `number` does."""
        if self._settling is not None and 1 <= number <= len(self._settling.choices):
            self._choose(self._settling.choices[number - 1])
            self.cards[number - 1].setFocus(Qt.FocusReason.ShortcutFocusReason)
            if self._chosen is not None and self._chosen.kind == "again":
                self.text.setFocus()

    def _choose(self, choice: Choice) -> None:
        if self._settling is None:
            return
        self._chosen = choice
        for card, other in zip(self.cards, self._settling.choices, strict=True):
            card.setChecked(other is choice)
        again = choice.kind == "again"
        self.text_field.setVisible(again or choice.kind == "both")
        self.text.setReadOnly(not again)
        if choice.kind == "both":
            self.text.setPlainText(str(choice.wire_value))
        elif again and not self.text.toPlainText():
            self.text.setPlainText(self._first_words())
        if again:
            self.text.setFocus()
        announce(self, choice.label)
        self._say_button()

    def _first_words(self) -> str:
        choices = self._settling.choices if self._settling else ()
        return next(
            (str(choice.wire_value) for choice in choices if choice.kind == "version" and isinstance(choice.wire_value, str)),
            "",
        )

    def _say_button(self) -> None:
        chosen = self._chosen
        self.use.set_text(chosen.button if chosen else self.words("Choose a version"))
        self.use.set_kind("primary" if chosen else "secondary")
        self.use.setEnabled(chosen is not None and not self._busy)

    def _use(self) -> None:
        item = next((item for item in self._items if _key(item) == self._key), None)
        chosen = self._chosen
        if item is None or chosen is None or self._busy:
            return
        value = chosen.wire_value
        if chosen.kind == "again":
            value = self.text.toPlainText().strip()
            if not value:
                self.text_field.problem(self.words("Write what is true now."))
                self.text.setFocus()
                return
        self.text_field.problem("")
        self._busy = True
        self._say_button()
        phone = (
            chosen.kind == "again"
            and item.kind == "contact_route"
            and item.field == "value"
            and item.label in ("phone", "text", "")
        )
        door, origin = self.ui.door, self.origin

        def settle() -> object:
            said = normal_phone(value) if phone else value
            return door.do(PickVersion(item.kind, item.record_id, item.field, said), origin)

        self.call(settle, lambda done: self._settled(), self._refused)

    def _settled(self) -> None:
        self._busy = False
        self._key, self._settling, self._chosen = None, None, None
        self.text.clear()
        self.ui.say(self.words("Settled. The other version stays in the history."))
        self.reload()
        self.rows.setFocus()

    def _refused(self, error: BaseException) -> None:
        self._busy = False
        self._say_button()
        self.ui.trouble(error)

    def _later(self) -> None:
        self.ui.back()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        text = event.text()
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if plain and text.isascii() and text.isdigit() and not typing():
            self.choose(int(text))
            return
        super().keyPressEvent(event)


def _key(item: ConflictItem) -> Key:
    return item.kind, item.record_id, item.field
