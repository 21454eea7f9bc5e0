"""After the last question: what has no answer, what it indicates, and the signature that makes it final."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtWidgets import QWidget

from cmpp_desktop.ui.page import Page
from cmpp_desktop.ui.pages.screening_model import Walk, label
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import (
    Banner,
    Button,
    Field,
    IconView,
    Label,
    RowBadge,
    TextField,
    column,
    heading,
    row,
    scrolled,
)
from cmpp_desktop.ui.widgets.signature import SignaturePad
from cmpp_desktop.ui.widgets.streams import FittedRows, StreamDelegate, StreamRow


class ScreeningEnd(QWidget):
    """`go_to(ref)` when somebody wants to answer after all; `sign(typed, strokes)` once."""

    def __init__(
        self,
        page: Page,
        go_to: Callable[[str], object],
        sign: Callable[[str, tuple[tuple[int, ...], ...]], object],
        back: Callable[[], object],
    ) -> None:
        super().__init__()
        self._page = page
        self._sign = sign
        words = self._words = page.words
        self._missing: tuple[str, ...] = ()
        self.title = heading(words("Every question was asked"))
        self.lead = Label("", "large", tone="ink2", wrap=True)
        self.need = Banner(
            words("Some questions need an answer or a mark"),
            words("Answer them, or mark them declined or not asked. Then sign."),
        )
        self.need.hide()
        self.rows = FittedRows(words("Without an answer"), StreamDelegate(top=6), most=240)
        self.rows.opened.connect(lambda line: go_to(line.id))
        self._gaps_head = Label(words("Without an answer"), "large", weight="semibold")
        self._outcome = QWidget()
        self.indicates = Label("", "title", wrap=True)
        self.follow = Label("", tone="ink2", wrap=True)
        said = column(Label(words("This indicates"), "small", tone="ink2"), self.indicates, self.follow, gap=4)
        outcome = row(column(IconView("clipboard-check", "accent", 24), None), said, gap=12)
        outcome.setStretch(1, 1)
        self._outcome.setLayout(outcome)
        self.name = TextField()
        self.name_field = Field(
            words("Your name signs it"), self.name, help=words("From then on nobody can change it; it can only be added to.")
        )
        self.pad = SignaturePad(words("Draw your signature"), words("or sign here with a pen or finger"))
        self.clear = Button(words("Clear"), kind="quiet", on=self.pad.clear)
        self.sign_button = Button(
            words("Sign and finish"), kind="primary", key="Return", large=True, icon="pen-line", on=self._signed
        )
        self.back_button = Button(words("Back"), key="Shift+Return", on=back)
        self.clear.hide()
        self.pad.changed.connect(lambda: self.clear.setVisible(bool(self.pad.strokes)))
        signs = row(column(self.name_field, None), column(self.pad, row(self.clear, None), gap=4), None, gap=24)
        inner = QWidget()
        inner.setLayout(
            column(
                self.title, self.lead, self._outcome, self.need, self._gaps_head, self.rows, 8, signs, 8,
                row(self.back_button, None, self.sign_button), None, gap=12, margins=(24, 16, 24, 16),
            )
        )  # fmt: skip
        inner.setMaximumWidth(look().px(820))
        side = row(inner, None, gap=0)
        side.setStretch(0, 1000)
        self.setLayout(column(scrolled(side, words("Finish and sign"))))

    def show_walk(self, walk: Walk, language: str, me: str) -> None:
        """What is left, and the outcome."""
        words = self._words
        gaps = walk.gaps(language, words)
        self._missing = walk.missing()
        number = len(walk.questions())
        self.lead.setText(
            words.plural(
                "{n} question. What it indicates is seen by you and your supervisor.",
                "{n} questions. What it indicates is seen by you and your supervisor.",
                number,
            )
        )
        self.rows.show_rows(
            [
                StreamRow(
                    id=gap.ref,
                    title=gap.label,
                    icon="circle",
                    badge=RowBadge(gap.marker, "warning" if gap.ref in self._missing else "not_marked"),
                )
                for gap in gaps
            ]
        )
        for widget in (self.rows, self._gaps_head):
            widget.setVisible(bool(gaps))
        self.need.setVisible(bool(self._missing))
        self.sign_button.setEnabled(not self._missing)
        self._show_outcome(walk.interview.outcome(), language)
        if not self.name.text():
            self.name.setText(me)

    def _show_outcome(self, outcome: Any, language: str) -> None:
        band: Mapping[str, str] = getattr(outcome, "band", None) or {}
        said = label(band, language) if isinstance(band, Mapping) else str(band)
        score = getattr(outcome, "score", None)
        if score not in (None, "") and said:
            said = self._words("{band} (score {score})", band=said, score=score)
        elif score not in (None, ""):
            said = self._words("A score of {score}", score=score)
        self._outcome.setVisible(bool(said))
        self.indicates.setText(said)
        follow = str(getattr(outcome, "follow_up", "") or "")
        self.follow.setText(follow)
        self.follow.setVisible(bool(follow))

    def reset(self) -> None:
        self.pad.clear()
        self.name.clear()
        self.name_field.problem("")

    def first_focus(self) -> QWidget:
        return self.rows if self._missing else self.sign_button

    def _signed(self) -> None:
        typed = self.name.text().strip()
        if not typed and not self.pad.strokes:
            self.name_field.problem(self._words("Write your name, or draw your signature."))
            self.name.setFocus()
            return
        self.sign_button.setEnabled(False)
        self._sign(typed, self.pad.strokes)

    def refused(self) -> None:
        """It was not signed; try again."""
        self.sign_button.setEnabled(not self._missing)
