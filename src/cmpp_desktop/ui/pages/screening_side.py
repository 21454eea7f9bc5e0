"""Beside the questions: the instrument, its sections with how many are answered, and how the interview is held."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QWidget

from cmpp_desktop.ui.page import Page
from cmpp_desktop.ui.pages.screening_model import label, plain
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import IconView, Label, RowBadge, column, row, rule
from cmpp_desktop.ui.widgets.streams import FittedRows, StreamDelegate, StreamRow
from cmpp_desktop.workspace import OpenInterview


class ScreeningSide(QWidget):
    """`go_to(ref)`: somebody chose a section."""

    def __init__(self, page: Page, go_to: Callable[[str], object]) -> None:
        super().__init__()
        self._page = page
        words = self._words = page.words
        self._firsts: dict[str, str] = {}
        self.title = Label("", "large", weight="semibold", wrap=True)
        self.lead = Label("", "small", tone="ink2", wrap=True)
        self.rows = FittedRows(words("Sections"), StreamDelegate(top=6, pad=8, head_line=False), most=380)
        self.rows.opened.connect(lambda line: go_to(self._firsts[line.id]))
        self.rows.clicked.connect(lambda index: self._clicked(go_to))
        self._facts = column(gap=6)
        self.setLayout(
            column(self.title, self.lead, 8, self.rows, 8, rule(), 8, self._facts, None, gap=4, margins=(24, 16, 16, 16))
        )
        self.setFixedWidth(look().px(240))

    def _clicked(self, go_to: Callable[[str], object]) -> None:
        line = self.rows.current_row()
        if line is not None:
            go_to(self._firsts[line.id])

    def show_held(self, held: OpenInterview, started: str) -> None:
        words = self._words
        version = words("version {n}", n=held.instrument.version) if held.instrument.version else ""
        self.title.setText(held.instrument.title or held.instrument.form_id)
        self.lead.setText(", ".join(part for part in (held.participant, version) if part))
        while (item := self._facts.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        tongue = words.language_name(held.language)
        through = words("with {interpreter}", interpreter=held.interpreter) if held.interpreter else words("no interpreter")
        said = [
            ("languages", words("In {language}, {through}", language=tongue, through=through)),
            ("door-open", words("Alone in the room: {answer}", answer=words.code("yes_no_unknown", held.alone).lower())),
            ("clock", words("Opened {time}", time=started)),
        ]
        for icon, text in said:
            holder = QWidget()
            line = row(IconView(icon), Label(text, "small", wrap=True), gap=8)
            line.setStretch(1, 1)
            holder.setLayout(line)
            self._facts.addWidget(holder)

    def show_sections(self, sections: tuple[Any, ...], current: str, language: str) -> None:
        """`current`: the ref of the section that is asked now."""
        rows = []
        self._firsts = {section.ref: section.first_ref for section in sections}
        for section in sections:
            done = section.total > 0 and section.answered >= section.total
            here = section.ref == current
            icon = "check" if done and not here else "circle-dot" if here else "circle"
            count = self._words("{done} of {total}", done=section.answered, total=section.total)
            rows.append(
                StreamRow(
                    id=section.ref, title=plain(label(section.labels, language)) or self._words("Questions"), icon=icon,
                    icon_tone="accent" if here else "ink2", badge=RowBadge(count, plain=True), muted=not here and not done,
                )
            )  # fmt: skip
        self.rows.show_rows(rows, current)
