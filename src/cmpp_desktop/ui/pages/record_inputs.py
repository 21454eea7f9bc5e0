"""One input for each shape of a form's field: the widgets, what they give, what stands in them, and how a draft keeps it.

`made(item, around)` gives an `Input`. Every widget has a label that names it; several widgets that are one value (day, time,
zone; the lines of an address) have one each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from PySide6.QtWidgets import QWidget

from cmpp_desktop.domain.records import Money, When
from cmpp_desktop.ui.pages.record_input import Around, Input, choices, retired
from cmpp_desktop.ui.pages.record_inputs_more import Address, File, Names, Several
from cmpp_desktop.ui.pages.record_inputs_service import ServiceChoice
from cmpp_desktop.ui.pages.record_model import EVERYBODY, Item
from cmpp_desktop.ui.pages.zone_choice import zone_choices
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import (
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
)
from cmpp_desktop.words import zone_of


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


# A comma stands between thousands only: "12,50" is no amount, and never 1,250.
_AMOUNT = re.compile(r"\$?\s*((?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]{1,2})?)")


class _Money(Input):
    def __init__(self, item: Item, around: Around) -> None:
        self.box = TextField(width=120)
        self.box.textEdited.connect(lambda _: around.touched())
        self._currency = "USD"
        super().__init__(item, self.box, Field(item.label, self.box, end=Label("USD", tone="ink2"), help=item.help))

    def value(self) -> Money | None:
        try:
            found = _AMOUNT.fullmatch(self.box.text().strip())
            return Money(amount=Decimal(found[1].replace(",", "")), currency=self._currency) if found else None
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
        frame: QWidget = self.box
        if item.help:
            frame = QWidget()
            frame.setLayout(column(self.box, Label(item.help, "small", tone="ink2", wrap=True), gap=2))
        super().__init__(item, self.box, frame)

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
        offered = choices(item, around)
        needs_none = item.required and item.default is None
        empty = around.words("Choose") if needs_none else None if _has_default(item) else around.words("Not said")
        self.box = CodeCombo(offered, item.default, empty=empty)
        self.box.setMinimumWidth(look().px(240))
        self.box.chosen.connect(lambda _: around.touched())
        self._choices, self._words = offered, around.words
        nothing = item.refers and not offered and item.shape == "record"
        help = item.help or (around.words("None is written down yet.") if nothing else "")
        super().__init__(item, self.box, Field(item.label, self.box, hint=item.hint, help=help))

    def value(self) -> Any:
        return self.box.value()

    def show(self, value: Any) -> None:
        """A value that is no longer offered (a retired code, a record that is gone) stays as it is."""
        if value is not None and all(known != value for known, _ in self._choices):
            self._choices = (*self._choices, (value, retired(self.item, value, self._words)))
            self.box.set_choices(self._choices, value)
        self.box.set_value(value)

    def packed(self) -> str:
        value = self.box.value()
        return "" if value is None else str(value)

    def unpack(self, kept: Any) -> None:
        self.box.set_value(next((value for value, _ in self._choices if str(value) == kept), None))


class _Award(_Choice):
    """An award by its number; "" where none is said."""

    def value(self) -> Any:
        return self.box.value() or ""

    def show(self, value: Any) -> None:
        super().show(value or None)


_MAKERS: Mapping[str, Callable[[Item, Around], Input]] = {
    "line": _Line, "text": _Text, "lines": _Text, "number": _Number, "money": _Money, "yes_no": _YesNo, "day": _Day,
    "when": _Moment, "moment": _Moment, "code": _Choice, "record": _Choice, "staff": _Choice, "person": _Choice,
    "codes": Several, "records": Several, "people": Several, "address": Address,
    "file": File, "target": File, "award": _Award, "names": Names,
    "service": ServiceChoice,
}  # fmt: skip


def made(item: Item, around: Around) -> Input:
    """The input of a field, with its default in it. What is needed says so beside its label."""
    hint = item.hint or (around.words("one on each line") if item.shape == "lines" else "")
    if item.required and item.default is None:
        hint = ", ".join(part for part in (around.words("needed"), hint) if part)
    item = replace(item, hint=hint)
    found = _MAKERS[item.shape](item, around)
    found.show(_first_shown(item, around))
    return found


def _first_shown(item: Item, around: Around) -> Any:
    """What stands in a field before anybody touched it."""
    if item.shape != "people":
        return item.default
    if item.default == EVERYBODY:
        return [id for id, _ in (*around.about, *around.people)]
    return [id for id, _ in around.about] if item.default is None else item.default


def _has_default(item: Item) -> bool:
    return item.default is not None and item.shape == "code"
