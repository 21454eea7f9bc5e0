"""Towards which goals a session worked: a box to tick for each goal that is open, in the person's own words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QWidget

from cmpp_desktop.domain.work import Stored
from cmpp_desktop.ui.widgets import Label, Tick, column, row
from cmpp_desktop.words import Words

LONGEST = 60  # letters of a goal beside its box; the whole of it is what a screen reader says


class GoalTicks(QWidget):
    """Shown only where there is a goal to tick. `changed` hears of every tick."""

    def __init__(self, words: Words, changed: Callable[..., object]) -> None:
        super().__init__()
        self._changed = changed
        self._ticks: list[tuple[UUID, Tick]] = []
        self._column = column(gap=2)
        boxes = QWidget()
        boxes.setLayout(self._column)
        head = Label(words("Goals it worked towards"), weight="medium")
        self.setLayout(column(row(head, Label(words("Space ticks"), "small", tone="ink2"), None), boxes, gap=4))

    def show_goals(self, goals: Sequence[Stored[Any]], chosen: Sequence[UUID], *, closed: bool) -> None:
        """Open goals, and those that were chosen before. `closed`: the session is restricted; other sessions name no goal of a
        restricted need."""
        while (item := self._column.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        offered = [
            one
            for one in goals
            if one.id in chosen or (one.fields.closed_on is None and (closed or one.compartment != "restricted"))
        ]
        self._ticks = []
        for one in offered:
            said = one.fields.statement
            tick = Tick(said if len(said) <= LONGEST else f"{said[: LONGEST - 1].rstrip()}…", one.id in chosen)
            tick.setAccessibleName(said)
            tick.setToolTip(said)
            tick.toggled.connect(self._changed)
            self._ticks.append((one.id, tick))
            self._column.addWidget(tick)
        self.setVisible(bool(self._ticks))

    def chosen(self) -> tuple[UUID, ...]:
        return tuple(id for id, tick in self._ticks if tick.isChecked())
