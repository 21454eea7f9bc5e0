"""Inputs of several widgets: several of a list, an address, a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QWidget

from cmpp_desktop.domain.records import PostalAddress
from cmpp_desktop.ui.files import among_documents, ask_for_file, ask_where_to
from cmpp_desktop.ui.pages.record_input import Around, Input, choices, retired
from cmpp_desktop.ui.pages.record_model import Item
from cmpp_desktop.ui.widgets import Button, Field, Label, TextField, Tick, column, flow, row
from cmpp_desktop.words import LANGUAGES


class Several(Input):
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
        for value, said in choices(item, around):
            self._add(value, said)
        frame = QWidget()
        none = Label(around.words("None is written down yet."), "small", tone="ink2")
        frame.setLayout(column(head, self._error, self._boxes, none, gap=4))
        none.setVisible(not self._ticks)
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
                self._add(one, retired(self.item, one, self._around.words))
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


class Address(Input):
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


class Names(Input):
    """What something is called, a line for each language of the program."""

    def __init__(self, item: Item, around: Around) -> None:
        self._lines: dict[str, TextField] = {}
        fields = []
        for language in LANGUAGES:
            line = TextField()
            line.setMaxLength(100)
            line.textEdited.connect(lambda _: around.touched())
            self._lines[language] = line
            fields.append(Field(f"{item.label}: {around.words.language_name(language)}", line))
        self._fields = fields
        frame = QWidget()
        frame.setLayout(column(*fields, gap=8))
        super().__init__(item, self._lines[LANGUAGES[0]], frame)

    def value(self) -> dict[str, str]:
        return {language: line.text().strip() for language, line in self._lines.items() if line.text().strip()}

    def show(self, value: Any) -> None:
        for language, line in self._lines.items():
            line.setText((value or {}).get(language, ""))

    def problem(self, text: str) -> None:
        self._fields[0].problem(text)


class File(Input):
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
        """Where something goes to, a bare name is a file among the person's documents."""
        bare = self.item.shape == "target" and isinstance(value, str) and value and not Path(value).is_absolute()
        self.box.setText(str(among_documents(value) if bare else value or ""))

    def packed(self) -> str:
        return self.box.text()
