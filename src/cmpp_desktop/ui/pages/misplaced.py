"""A record in two places, or in none, on the page of what was sent: what is said of it, and the sheet to choose one place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, tzinfo

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from cmpp_desktop.domain.misplaced import KeepInOne, MisplacedRecord, PlaceNamed
from cmpp_desktop.errors import Invalid
from cmpp_desktop.ui.messages import message_for
from cmpp_desktop.ui.overlay import Overlay
from cmpp_desktop.ui.page import Ui
from cmpp_desktop.ui.pages.check_part import place_words
from cmpp_desktop.ui.pages.close_laptop import said_with
from cmpp_desktop.ui.pages.participant_model import lower_first
from cmpp_desktop.ui.pages.sync_model import Line
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import Banner, Button, Label, column, isolate, row
from cmpp_desktop.words import Words


def misplaced_lines(found: Sequence[MisplacedRecord], words: Words, today: date, zone: tzinfo) -> tuple[Line, ...]:
    """A line for each, with what to do."""
    return tuple(_lost(one, words, today, zone) if one.lost else _in_two(one, words) for one in found)


def title_of(one: MisplacedRecord, words: Words) -> str:
    """ "Note of Marisela Tzoc in two places"."""
    kind = words.code("kind", one.kind)
    if one.participant:
        return words("{kind} of {name} is in two places", kind=kind, name=isolate(one.participant))
    return words("{kind} is in two places", kind=kind)


def _in_two(one: MisplacedRecord, words: Words) -> Line:
    where = _places(one, words)
    if not one.settles:
        then = words("A newer version of this program can settle it.")
        return Line("git-compare", title_of(one, words), f"{where}\n{then}", tone="amber")
    then = words("Its move did not end. Choose where it stays.")
    return Line("git-compare", title_of(one, words), f"{where}\n{then}", words("Choose"), "amber", "misplaced", one)


def _lost(one: MisplacedRecord, words: Words, today: date, zone: tzinfo) -> Line:
    kind, place = words.code("kind", one.kind), _place(one.places[0], words)
    title = (
        words("{kind} of {name} did not arrive where it was moved", kind=kind, name=isolate(one.participant))
        if one.participant
        else words("{kind} did not arrive where it was moved", kind=kind)
    )
    who, day = isolate(one.who) or words("Somebody"), words.day(one.at.astimezone(zone).date(), today)
    moved = words("{who} moved it {day}, to: {place}.", who=who, day=day, place=lower_first(place))
    todo = (
        words("Ask them to open the program and send."),
        words("If their work waits here for a decision, take it in."),
        words("If it still does not come, tell your administrator."),
    )
    return Line("package-x", title, "\n".join((moved, *todo)), tone="amber")


def _places(one: MisplacedRecord, words: Words) -> str:
    return "; ".join(_place(place, words) for place in one.places)


def _place(place: PlaceNamed, words: Words) -> str:
    return place_words(place.compartment, place.team, words)


class MisplacedSheet(Overlay):
    """`settled(record, place)` is called once it is kept in one place."""

    WIDTH = 640

    def __init__(
        self, window: QWidget, ui: Ui, record: MisplacedRecord, settled: Callable[[MisplacedRecord, str], object]
    ) -> None:
        words = ui.words
        name = title_of(record, words)
        super().__init__(window, name)
        self._ui, self._record, self._settled = ui, record, settled
        lines = (
            ("triangle-alert", words("Half of its move is here and half is not. Until it is settled it may be shown twice.")),
            ("git-compare", words("What the two say differently stays. You choose between the versions afterwards.")),
            ("shield-check", words("Chosen, it is taken out of the other place, on every laptop.")),
        )
        self.later = Button(words("Not now"), key="Esc", large=True, on=self.close)
        self.keep = [self._button(number, place) for number, place in enumerate(record.places, 1)]
        self.trouble = Banner("", tone="amber")
        self.trouble.hide()
        said = (said_with(icon, text) for icon, text in lines)
        choices = (row(button, None) for button in self.keep)
        self._body = column(
            Label(name, "title", wrap=True), *said, 4, *choices, self.trouble, 4, row(self.later, None),
            gap=10, margins=(24, 20, 24, 20),
        )  # fmt: skip
        self.sheet.setLayout(self._body)
        self.setAccessibleDescription(" ".join(text for _, text in lines))

    def _button(self, number: int, place: PlaceNamed) -> Button:
        text = self._ui.words("Only in: {place}", place=lower_first(_place(place, self._ui.words)))
        return Button(text, key=f"Alt+{number}", large=True, on=lambda: self._choose(place))

    def open(self) -> None:
        super().open()
        self.later.setFocus(Qt.FocusReason.OtherFocusReason)

    def sheet_height(self) -> int:
        """As high as the words are at this width."""
        width = min(look().px(self.WIDTH), self.width() - look().px(32))
        return self._body.totalHeightForWidth(width)

    def _choose(self, place: PlaceNamed) -> None:
        self._press(False)
        command = KeepInOne(self._record.kind, self._record.record_id, place.compartment, place.team_id)
        self._ui.do(command, lambda done: self._done(place), self._failed, owner=self)

    def _press(self, may: bool) -> None:
        for button in (self.later, *self.keep):
            button.setEnabled(may)

    def _done(self, place: PlaceNamed) -> None:
        self.close()
        self._settled(self._record, _place(place, self._ui.words))

    def _failed(self, error: BaseException) -> None:
        self._press(True)
        words = self._ui.words
        message = message_for(error, words)
        refused = words("It is restricted by what it says or belongs to, and stays so.")
        self.trouble.show()
        self.trouble.tell(*((refused, "") if isinstance(error, Invalid) else (message.happened, message.text)))
        self._place()
        self.later.setFocus()
