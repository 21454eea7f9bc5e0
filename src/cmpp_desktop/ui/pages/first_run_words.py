"""First run: the twelve words of an invitation that came sealed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from cmpp_desktop.ui.widgets import Button, Field, Label, TextField, column, row
from cmpp_desktop.words import Words


class WordsStep(QWidget):
    """`opened(words)` is called with what was typed; `leave()` for another file."""

    def __init__(self, words: Words, opened: Callable[[str], object], leave: Callable[[], object]) -> None:
        super().__init__()
        self.typed = TextField()
        self.typed.setMaxLength(400)
        self.field = Field(
            words("The twelve words"),
            self.typed,
            help=words("With spaces between. Of each word the first four letters are enough."),
        )
        self.open = Button(
            words("Open it"), kind="primary", key="Return", large=True, on=lambda: opened(self.typed.text())
        )
        other = Button(words("Another file"), large=True, on=leave)
        self.setLayout(
            column(
                Label(words("Twelve words go with this invitation"), "page", wrap=True),
                Label(
                    words("Your administrator reads them to you by telephone, or gives them to you on paper."),
                    "large", tone="ink2", wrap=True,
                ),
                8, self.field, 16, row(self.open, other, None, gap=12), gap=8,
            )
        )  # fmt: skip

    def ask(self, problem: str) -> None:
        """Shows what is wrong with the words, if anything."""
        self.field.problem(problem)
        self.typed.setFocus()

    def forget(self) -> None:
        self.typed.clear()
        self.field.problem("")
