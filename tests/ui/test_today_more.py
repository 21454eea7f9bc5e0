"""What Today does not list is counted and said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from cmpp_desktop.ui.pages.today import Column
from cmpp_desktop.ui.widgets import ListRow


def test_late_ones_beyond_the_list_are_in_the_number(qtbot: Any, look: Callable[..., Any]) -> None:
    column = Column("Overdue", "Nothing is late.", "brick", 0)
    qtbot.addWidget(column)
    rows = [ListRow(title=f"late {number}") for number in range(3)]
    column.show_rows(rows, more=40)
    assert column.count.text() == "43"
    column.show_rows([replace(rows[0], head=True)])
    assert column.count.text() == ""
