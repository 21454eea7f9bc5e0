"""A page that brings in a file in stages: choose it, look at what would happen, then all of it or nothing.

What takes a while runs off the window thread, with a number and Cancel; when it fails or is stopped, the page is back at the
stage from which it was begun, and says so there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QWidget

from cmpp_desktop.errors import KnownError
from cmpp_desktop.ui.page import Page, Ui
from cmpp_desktop.ui.widgets import Banner, Label, ProgressRow, announce, column


class StagedPage(Page):
    """`parts` are shown one at a time: `work` is made here. A page says `said_at(stage)`, and calls `begin` and `working`."""

    def __init__(self, ui: Ui) -> None:
        super().__init__(ui)
        self.stage, self._before = "choose", "choose"
        self._stop = threading.Event()
        self.sub = Label("", tone="ink2", wrap=True)
        self.wrong = Banner("", "")
        self.wrong.hide()
        self.progress = ProgressRow(self.words("Working"), self.words("Cancel"), self._cancel)
        work = QWidget()
        work.setLayout(column(self.progress))
        self.parts: dict[str, QWidget] = {"work": work}

    def said_at(self, stage: str) -> str:
        """The sentence under the heading, or nothing."""
        raise NotImplementedError

    def wrong_words(self, error: BaseException) -> tuple[str, str] | None:
        """What a failure is called where this page knows better than the program as a whole."""
        raise NotImplementedError

    def to(self, stage: str) -> None:
        self.stage = stage
        said = self.said_at(stage)
        self.sub.setText(said)
        self.sub.setVisible(bool(said))
        self.wrong.hide()
        self.show_parts()
        target = self.first_focus()
        if target is not None and self.isVisible():
            target.setFocus()
        self.ui.shell.keys_changed()

    def show_parts(self) -> None:
        for name, part in self.parts.items():
            part.setVisible(name == self.stage)

    # --- work that takes a while ----------------------------------------------------------------------------------------

    def begin(self, said: str) -> threading.Event:
        """What is set when the person says Cancel."""
        self._stop = threading.Event()
        self.progress.label.setText(said)
        self.progress.bar.setAccessibleName(said)
        self.progress.advance(0, 0, "")
        self.progress.cancel.show()
        return self._stop

    def working(self, fn: Callable[[Callable[[int, int], None]], Any], ok: Callable[[Any], object], before: str) -> None:
        """Runs `fn(step)` off the window thread. `before`: the stage to be back at when it fails."""
        self.waiting(before)
        self.ui.bridge.run(fn, ok, self.failed, steps=self._step, owner=self)

    def _cancel(self) -> None:
        self._stop.set()

    def waiting(self, before: str) -> None:
        self._before = before
        self.to("work")

    def _step(self, done: int, total: int) -> None:
        self.progress.advance(done, total, self.words("{done} of {total}", done=f"{done:,}", total=f"{total:,}"))

    def failed(self, error: BaseException) -> None:
        self.to(self._before)
        words = self.words
        if isinstance(error, KnownError) and error.code == "import_cancelled":
            self.say_wrong(words("It was stopped."), words("Nothing was brought in."))
            return
        known = self.wrong_words(error)
        if known is None:
            self.ui.trouble(error)
        else:
            self.say_wrong(*known)

    def say_wrong(self, title: str, text: str) -> None:
        self.wrong.tell(title, text)
        self.wrong.show()
        announce(self.wrong, f"{title} {text}")
