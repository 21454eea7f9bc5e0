"""Who is here? Before the passphrase, where several people work on one laptop: of each no more than they chose to show."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QHBoxLayout, QWidget

from cmpp_desktop.ui.frame import Mark
from cmpp_desktop.ui.page import Page, Ui
from cmpp_desktop.ui.pages.unlock import language_switch
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import Button, IconView, Label, column, isolate, row, rule, scrolled
from cmpp_desktop.workspace.laptop import PersonHere

MOST_KEYS = 9


class WhoPage(Page):
    """`chosen(folder)` for somebody who has a profile here, `join()` for somebody who has none yet."""

    place = "who"

    def __init__(
        self, ui: Ui, people: tuple[PersonHere, ...], chosen: Callable[[Path], object], join: Callable[[], object]
    ) -> None:
        super().__init__(ui)
        words = self.words
        self.people = [
            Button(
                isolate(person.shown),
                icon="circle-user-round",
                key=f"Alt+{number}" if number <= MOST_KEYS else "",
                large=True,
                on=partial(chosen, person.folder),
            )
            for number, person in enumerate(people, 1)
        ]
        rows: list[QWidget | QHBoxLayout | int] = []
        for button, person in zip(self.people, people, strict=True):
            if person.laptop:
                button.setAccessibleDescription(person.laptop)
            rows += [row(button, Label(isolate(person.laptop), "small", tone="ink2", wrap=True), gap=12), 4]
        self.join = Button(words("Somebody else joins on this laptop"), icon="user-plus", key="Alt+A", kind="quiet", on=join)
        middle = QWidget()
        middle.setFixedWidth(look().px(374))
        middle.setLayout(
            column(
                Label(words("Who is here?"), "page", wrap=True),
                Label(words("Each person’s records are sealed apart, with a passphrase of their own."), tone="ink2", wrap=True),
                16, *rows, 8, rule(), 8, row(self.join, None), gap=4,
            )
        )  # fmt: skip
        top = row(Mark(), None, margins=(64, 48, 64, 0))
        said = Label(words("Everything on this laptop stays sealed until somebody unlocks."), "small", tone="ink2", wrap=True)
        bottom = row(IconView("laptop", "ink2", 14), said, language_switch(ui), gap=8, margins=(64, 0, 64, 40))
        bottom.setStretch(1, 1)
        centre = column(None, row(None, middle, None), None, gap=0)
        centre.setStretch(0, 2)
        centre.setStretch(2, 3)
        whole = column(top, scrolled(centre, words("Who is here?")), bottom, gap=0)
        whole.setStretch(1, 1)
        self.setLayout(whole)

    def title(self) -> str:
        return self.words("Who is here?")

    def first_focus(self) -> QWidget:
        return self.people[0] if self.people else self.join
