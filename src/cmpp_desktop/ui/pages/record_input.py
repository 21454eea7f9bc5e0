"""What every input of a form is, and what it may need of the page around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QWidget

from cmpp_desktop.domain.work import Question
from cmpp_desktop.ui.pages.record_model import Item
from cmpp_desktop.ui.widgets import Field
from cmpp_desktop.words import Words


@dataclass(frozen=True)
class Around:
    """What inputs need of the page. `records`: choices by kind; `people`: others of the household; `about`: whose
    file it is; `touched` hears of typing; `ask(question, ok)` asks the store; `said(name)` is what another input says now."""

    words: Words
    today: Callable[[], date]
    now: Callable[[], datetime]
    zone: str
    touched: Callable[[], object]
    staff: tuple[tuple[UUID, str], ...] = ()
    people: tuple[tuple[UUID, str], ...] = ()
    about: tuple[tuple[UUID, str], ...] = ()
    records: Mapping[str, tuple[tuple[UUID, str], ...]] = field(default_factory=dict)
    awards: tuple[tuple[str, str], ...] = ()  # number and name
    ask: Callable[[Question[Any], Callable[[Any], object]], object] = lambda question, ok: None
    said: Callable[[str], Any] = lambda name: None


class Input:
    """One field of a form. `frame` goes into the page, `first` takes the keyboard. `value()` is what it says now; `unread()`:
    something stands there that cannot be read. `packed()` and `unpack()` are for drafts: plain values, as they were typed."""

    def __init__(self, item: Item, widget: QWidget, frame: QWidget | None = None) -> None:
        self.item, self.first = item, widget
        hint = item.hint
        self.frame: QWidget = frame if frame is not None else Field(item.label, widget, hint=hint, help=item.help)

    def value(self) -> Any:
        raise NotImplementedError

    def show(self, value: Any) -> None:
        raise NotImplementedError

    def unread(self) -> bool:
        return False

    def packed(self) -> Any:
        return self.value()

    def unpack(self, kept: Any) -> None:
        self.show(kept)

    def others_changed(self) -> None:
        """Another input says something else."""

    def problem(self, text: str) -> None:
        if isinstance(self.frame, Field):
            self.frame.problem(text)


def choices(item: Item, around: Around) -> tuple[tuple[Any, str], ...]:
    if item.choices:
        return item.choices
    if item.name == "award":
        return tuple((number, f"{number}, {name}" if name else number) for number, name in around.awards)
    if item.codes:
        words = around.words
        offered = (code for code in words.codes(item.codes) if not code.retired and code.id not in item.but)
        return tuple((code.id, code.name(words.language)) for code in offered)
    if item.shape == "staff":
        return around.staff
    if item.shape == "people":
        return (*around.about, *around.people)
    return around.people if item.shape == "person" else around.records.get(item.refers, ())


def retired(item: Item, value: Any, words: Words) -> str:
    """What is not offered any more is called as it was recorded; of a record that cannot be seen nothing is said."""
    if isinstance(value, UUID):
        return words("Something that is not shown here")
    return words.code(item.codes, str(value)) if item.codes else str(value)
