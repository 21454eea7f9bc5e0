"""One input for each shape of a form's field: the widgets, what they give, what stands in them, and how a draft keeps it.

`made(item, around)` gives an `Input`. Every widget has a label that names it; several widgets that are one value (day, time,
zone; the lines of an address) have one each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QWidget

from cmpp_desktop.domain.records import Money, PostalAddress, When
from cmpp_desktop.ui.files import ask_for_file, ask_where_to
from cmpp_desktop.ui.pages.record_model import Item
from cmpp_desktop.ui.pages.zone_choice import zone_choices
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import (
    Button,
    CodeCombo,
    DateField,
    Field,
    Label,
    NumberField,
    TextArea,
    TextField,
    Tick,
    TimeField,
    column,
    flow,
    row,
)
from cmpp_desktop.words import Words, zone_of


@dataclass(frozen=True)
class Around:
    """What inputs need of the page. `records`: choices by kind; `people`: others of the household; `about`: whose
    file it is; `touched` hears of typing."""

    words: Words
    today: Callable[[], date]
    now: Callable[[], datetime]
    zone: str
    touched: Callable[[], object]
    staff: tuple[tuple[UUID, str], ...] = ()
    people: tuple[tuple[UUID, str], ...] = ()
    about: tuple[tuple[UUID, str], ...] = ()
    records: Mapping[str, tuple[tuple[UUID, str], ...]] = field(default_factory=dict)


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

    def problem(self, text: str) -> None:
        if isinstance(self.frame, Field):
            self.frame.problem(text)


class _Line(Input):
    def __init__(self, item: Item, around: Around) -> None:
        self.box = TextField()
        if item.most:
            self.box.setMaxLength(item.most)
        self.box.textEdited.connect(lambda _: around.touched())
        super().__init__(item, self.box)

    def value(self) -> str:
        return self.box.text().strip()

    def show(self, value: Any) -> None:
        self.box.setText(str(value or ""))


class _Text(Input):
    """Several lines: one text, or (`lines`) one value a line."""

    def __init__(self, item: Item, around: Around) -> None:
        self.box = TextArea(lines=3)
        self.box.setMaximumHeight(look().line() * 4 + look().px(16))
        self.box.textChanged.connect(around.touched)
        super().__init__(item, self.box)

    def value(self) -> Any:
        text = self.box.toPlainText().strip()
        return [line.strip() for line in text.splitlines() if line.strip()] if self.item.shape == "lines" else text

    def show(self, value: Any) -> None:
        self.box.setPlainText("\n".join(value) if isinstance(value, list) else str(value or ""))


class _Number(Input):
    def __init__(self, item: Item, around: Around) -> None:
        self.box = NumberField()
        self.box.textEdited.connect(lambda _: around.touched())
        super().__init__(item, self.box)

    def value(self) -> int | None:
        return self.box.value()

    def show(self, value: Any) -> None:
        self.box.setText("" if value is None else str(value))

    def unread(self) -> bool:
        return bool(self.box.text().strip()) and self.box.value() is None


class _Money(Input):
    def __init__(self, item: Item, around: Around) -> None:
        self.box = TextField(width=120)
        self.box.textEdited.connect(lambda _: around.touched())
        self._currency = "USD"
        super().__init__(item, self.box, Field(item.label, self.box, end=Label("USD", tone="ink2"), help=item.help))

    def value(self) -> Money | None:
        try:
            amount = Decimal(self.box.text().strip().lstrip("$").replace(",", ""))
            return Money(amount=amount, currency=self._currency)
        except (InvalidOperation, ValueError):
            return None

    def show(self, value: Any) -> None:
        self._currency = value.currency if isinstance(value, Money) else "USD"
        self.box.setText(f"{value.amount:.2f}" if isinstance(value, Money) else "")

    def unread(self) -> bool:
        return bool(self.box.text().strip()) and self.value() is None

    def packed(self) -> str:
        return self.box.text()

    def unpack(self, kept: Any) -> None:
        self.box.setText(str(kept))


class _YesNo(Input):
    def __init__(self, item: Item, around: Around) -> None:
        self.box = Tick(item.label, on=lambda _: around.touched())
        super().__init__(item, self.box, self.box)

    def value(self) -> bool:
        return self.box.isChecked()

    def show(self, value: Any) -> None:
        self.box.setChecked(bool(value))


class _Day(Input):
    def __init__(self, item: Item, around: Around) -> None:
        self.box = DateField(around.words, around.today)
        self.box.textEdited.connect(lambda _: around.touched())
        self.box.picked.connect(lambda _: around.touched())
        super().__init__(item, self.box)

    def value(self) -> date | None:
        return self.box.value()

    def show(self, value: Any) -> None:
        self.box.set_value(value)

    def unread(self) -> bool:
        return self.box.unread

    def packed(self) -> str:
        day = self.box.value()
        return day.isoformat() if day is not None else ""

    def unpack(self, kept: Any) -> None:
        self.box.set_value(date.fromisoformat(kept) if kept else None)


class _Moment(Input):
    """A day, perhaps a time, and (for `when`) the zone of the place."""

    def __init__(self, item: Item, around: Around) -> None:
        words = around.words
        self._zone = around.zone
        self.day, self.at = DateField(words, around.today), TimeField(words)
        self._day_field = Field(item.label, self.day, hint=item.hint or words("“8 Dec”, “+7”"))
        parts: list[QWidget] = [self._day_field, Field(words("Time"), self.at)]
        self.zone: CodeCombo | None = None
        if item.shape == "when":
            self.zone = CodeCombo(zone_choices(around.now(), around.zone), around.zone)
            self.zone.chosen.connect(lambda _: around.touched())
            parts.append(Field(words("Time zone of the place"), self.zone))
        frame = QWidget()
        frame.setLayout(flow(*parts, gap=16))
        for box in (self.day, self.at):
            box.textEdited.connect(lambda _: around.touched())
            box.picked.connect(lambda _: around.touched())
        super().__init__(item, self.day, frame)

    def value(self) -> Any:
        day, at = self.day.value(), self.at.value()
        if day is None:
            return None
        if self.zone is not None:
            return When(day=day, at=at, zone=self.zone.value())
        return datetime.combine(day, at or time(0), zone_of(self._zone))

    def show(self, value: Any) -> None:
        if isinstance(value, When):
            self.day.set_value(value.day)
            self.at.set_value(value.at)
            if self.zone is not None:
                self.zone.set_value(value.zone)
        elif isinstance(value, datetime):
            here = value.astimezone(zone_of(self._zone))
            self.day.set_value(here.date())
            self.at.set_value(here.time())
        else:
            self.day.set_value(None)
            self.at.set_value(None)

    def unread(self) -> bool:
        return self.day.unread or self.at.unread

    def packed(self) -> list[str]:
        day, at = self.day.value(), self.at.value()
        return [day.isoformat() if day else "", at.isoformat() if at else "", self.zone.value() if self.zone is not None else ""]

    def unpack(self, kept: Any) -> None:
        day, at, zone = kept
        self.day.set_value(date.fromisoformat(day) if day else None)
        self.at.set_value(time.fromisoformat(at) if at else None)
        if self.zone is not None:
            self.zone.set_value(zone)

    def problem(self, text: str) -> None:
        self._day_field.problem(text)


class _Choice(Input):
    """One of several: a code, a record, a member of staff, somebody of the household."""

    def __init__(self, item: Item, around: Around) -> None:
        choices = _choices(item, around)
        needs_none = item.required and item.default is None
        empty = around.words("Choose") if needs_none else None if _has_default(item) else around.words("Not said")
        self.box = CodeCombo(choices, item.default, empty=empty)
        self.box.setMinimumWidth(look().px(240))
        self.box.chosen.connect(lambda _: around.touched())
        self._choices, self._words = choices, around.words
        nothing = item.refers and not choices and item.shape == "record"
        help = item.help or (around.words("None is written down yet.") if nothing else "")
        super().__init__(item, self.box, Field(item.label, self.box, hint=item.hint, help=help))

    def value(self) -> Any:
        return self.box.value()

    def show(self, value: Any) -> None:
        """A value that is no longer offered (a retired code, a record that is gone) stays as it is."""
        if value is not None and all(offered != value for offered, _ in self._choices):
            self._choices = (*self._choices, (value, _retired(self.item, value, self._words)))
            self.box.set_choices(self._choices, value)
        self.box.set_value(value)

    def packed(self) -> str:
        value = self.box.value()
        return "" if value is None else str(value)

    def unpack(self, kept: Any) -> None:
        self.box.set_value(next((value for value, _ in self._choices if str(value) == kept), None))


class _Several(Input):
    """Several codes, records or people: a box to tick for each."""

    def __init__(self, item: Item, around: Around) -> None:
        self._around = around
        self._ticks: list[tuple[Any, Tick]] = []
        head = QWidget()
        head.setLayout(row(Label(item.label, weight="medium"), Label(item.hint, "small", tone="ink2"), None, gap=8))
        self._error = Label("", weight="medium", tone="danger", wrap=True)
        self._error.hide()
        self._boxes = QWidget()
        self._flow = flow(gap=16)
        self._boxes.setLayout(self._flow)
        self._boxes.setAccessibleName(item.label)
        for value, said in _choices(item, around):
            self._add(value, said)
        frame = QWidget()
        none = Label(around.words("None is written down yet."), "small", tone="ink2")
        none.setVisible(not self._ticks)
        frame.setLayout(column(head, self._error, self._boxes, none, gap=4))
        super().__init__(item, self._ticks[0][1] if self._ticks else self._boxes, frame)

    def _add(self, value: Any, said: str) -> None:
        tick = Tick(said, on=lambda _: self._around.touched())
        self._ticks.append((value, tick))
        self._flow.addWidget(tick)

    def value(self) -> list[Any]:
        return [value for value, tick in self._ticks if tick.isChecked()]

    def show(self, value: Any) -> None:
        wanted = list(value or ())
        known = [offered for offered, _ in self._ticks]
        for one in wanted:
            if one not in known:
                self._add(one, _retired(self.item, one, self._around.words))
        for offered, tick in self._ticks:
            tick.setChecked(offered in wanted)

    def packed(self) -> list[str]:
        return [str(value) for value in self.value()]

    def unpack(self, kept: Any) -> None:
        for value, tick in self._ticks:
            tick.setChecked(str(value) in kept)

    def problem(self, text: str) -> None:
        self._error.setText(text)
        self._error.setVisible(bool(text))


class _Address(Input):
    def __init__(self, item: Item, around: Around) -> None:
        words = around.words
        self.boxes = {
            "line1": TextField(), "line2": TextField(), "city": TextField(), "state": TextField(width=72),
            "postal_code": TextField(width=120),
        }  # fmt: skip
        labels = {
            "line1": words("{what}: street and number", what=item.label), "line2": words("Apartment, floor"),
            "city": words("Town"), "state": words("State"), "postal_code": words("ZIP code"),
        }  # fmt: skip
        fields = {name: Field(labels[name], box) for name, box in self.boxes.items()}
        self._first_field = fields["line1"]
        for box in self.boxes.values():
            box.textEdited.connect(lambda _: around.touched())
        town = QWidget()
        town.setLayout(flow(fields["city"], fields["state"], fields["postal_code"], gap=16))
        frame = QWidget()
        frame.setLayout(column(fields["line1"], fields["line2"], town, gap=12))
        super().__init__(item, self.boxes["line1"], frame)

    def value(self) -> PostalAddress | None:
        said = {name: box.text().strip() for name, box in self.boxes.items()}
        return PostalAddress(**said) if any(said.values()) else None

    def show(self, value: Any) -> None:
        for name, box in self.boxes.items():
            box.setText(getattr(value, name) if isinstance(value, PostalAddress) else "")

    def packed(self) -> dict[str, str]:
        return {name: box.text() for name, box in self.boxes.items()}

    def unpack(self, kept: Any) -> None:
        for name, box in self.boxes.items():
            box.setText(str(kept.get(name, "")))

    def problem(self, text: str) -> None:
        self._first_field.problem(text)


class _File(Input):
    """A file that comes in (`file`), or where a copy goes to (`target`; `default` is its name)."""

    def __init__(self, item: Item, around: Around) -> None:
        self._around = around
        self.box = TextField()
        self.box.textEdited.connect(lambda _: around.touched())
        choose = Button(around.words("Choose a file") if item.shape == "file" else around.words("Another place"), on=self._browse)
        super().__init__(item, self.box, Field(item.label, self.box, hint=item.hint, help=item.help, end=choose))

    def _browse(self) -> None:
        words = self._around.words
        if self.item.shape == "file":
            ask_for_file(self.frame, words("Choose a file"), words("All files") + " (*)", self._take)
        else:
            ask_where_to(self.frame, words("Save a copy"), self.box.text() or str(self.item.default or ""), "", self._take)

    def _take(self, path: Path) -> None:
        self.box.setText(str(path))
        self._around.touched()

    def value(self) -> Path | None:
        text = self.box.text().strip()
        return Path(text).expanduser() if text else None

    def show(self, value: Any) -> None:
        self.box.setText(str(value or ""))

    def packed(self) -> str:
        return self.box.text()


_MAKERS: Mapping[str, Callable[[Item, Around], Input]] = {
    "line": _Line, "text": _Text, "lines": _Text, "number": _Number, "money": _Money, "yes_no": _YesNo, "day": _Day,
    "when": _Moment, "moment": _Moment, "code": _Choice, "record": _Choice, "staff": _Choice, "person": _Choice,
    "codes": _Several, "records": _Several, "people": _Several, "address": _Address,
    "file": _File, "target": _File,
}  # fmt: skip


def made(item: Item, around: Around) -> Input:
    """The input of a field, with its default in it. What is needed says so beside its label."""
    hint = item.hint or (around.words("one on each line") if item.shape == "lines" else "")
    if item.required and item.default is None:
        hint = ", ".join(part for part in (around.words("needed"), hint) if part)
    item = replace(item, hint=hint)
    found = _MAKERS[item.shape](item, around)
    found.show([id for id, _ in around.about] if item.shape == "people" and item.default is None else item.default)
    return found


def _has_default(item: Item) -> bool:
    return item.default is not None and item.shape == "code"


def _choices(item: Item, around: Around) -> tuple[tuple[Any, str], ...]:
    if item.choices:
        return item.choices
    if item.codes:
        words = around.words
        offered = (code for code in words.codes(item.codes) if not code.retired and code.id not in item.but)
        return tuple((code.id, code.name(words.language)) for code in offered)
    if item.shape == "staff":
        return around.staff
    if item.shape == "people":
        return (*around.about, *around.people)
    return around.people if item.shape == "person" else around.records.get(item.refers, ())


def _retired(item: Item, value: Any, words: Words) -> str:
    """What is not offered any more is called as it was recorded; of a record that cannot be seen nothing is said."""
    if isinstance(value, UUID):
        return words("Something that is not shown here")
    return words.code(item.codes, str(value)) if item.codes else str(value)
