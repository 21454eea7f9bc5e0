"""Two lists of who may open the records: what each of them did, one choice, and the printed kit that makes it count."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from cmpp_desktop.errors import Invalid
from cmpp_desktop.ui.page import Ui
from cmpp_desktop.ui.pages.close_laptop import NoWayBack
from cmpp_desktop.ui.pages.recovery import misheard_words
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import Button, Field, Label, Radio, TextField, announce, column, isolate, row
from cmpp_desktop.words import Words
from cmpp_desktop.workspace import BranchLine, BranchView, ForkView

Side = Literal["here", "server"]
MOST = 8  # lines of a list that are shown


class TwoLists(NoWayBack):
    """For an administrator who has both before them; `done()` is called once it is settled and said."""

    WIDTH = 760
    TALL = 640

    def __init__(self, window: QWidget, ui: Ui, fork: ForkView, done: Callable[[], object]) -> None:
        words = ui.words
        self._fork, self._done = fork, done
        self.server, self.here = Radio(words("The server’s list stays")), Radio(words("This laptop’s list stays"))
        (self.here if fork.recommended == "here" else self.server).setChecked(True)
        self.server.setEnabled(fork.server.mine)
        self.here.setEnabled(fork.here.mine)
        self.kits = tuple(TextField() for _ in range(fork.kits))
        self._fields = tuple(
            Field(label, line, hint=words("28 signs in seven groups"))
            for label, line in zip(_labels(words), self.kits, strict=False)
        )
        button = Button(words("Settle it"), icon="check", key="Alt+S", large=True, on=self.settle)
        super().__init__(window, ui, words("Which list of who may open the records stays?"), button, _before(words))
        self.needs = Label("", wrap=True)
        self.ready = Button(words("Done"), kind="primary", large=True, on=self._over)
        self._add(column(Label(words("It is settled"), "title"), self.needs, 8, row(None, self.ready), None, gap=10))

    def _between(self) -> tuple[QWidget | int, ...]:
        words = self._ui.words
        parts: list[QWidget | int] = []
        for side, radio, branch in (("server", self.server, self._fork.server), ("here", self.here, self._fork.here)):
            said = [_said(line, words) for line in branch.lines[:MOST]]
            if (rest := len(branch.lines) - MOST) > 0:
                said.append(words.plural("and {n} more", "and {n} more", rest))
            if side == self._fork.recommended:
                said.append(_why(branch, self._fork.here.mine and self._fork.server.mine, words))
            text = Label("\n".join(said) or words("Only keys changed."), tone="ink2", wrap=True)
            radio.setAccessibleDescription(text.text())
            parts += [4, radio, text]
        return (*parts, 4, *self._fields)

    def sheet_height(self) -> int:
        """As high as the words are at this width, or as there is room: then they scroll, and the buttons stay."""
        whole = self._stack.currentIndex() or not self._scrolls
        return super().sheet_height() if whole else self.height() - look().px(32)

    def stops(self) -> list[QWidget]:
        return [self.server, self.here, *self.kits, *super().stops()]

    def settle(self) -> None:
        """Chooses what is marked, with the codes that are typed."""
        for field, line in zip(self._fields, self.kits, strict=True):
            field.problem("" if line.text().strip() else self._ui.words("This is needed."))
            if field.has_problem:
                line.setFocus()
                self._place()
                return
        keep: Side = "here" if self.here.isChecked() else "server"
        door, kits = self._ui.door, tuple(line.text() for line in self.kits)
        self.carry_out(lambda: door.administration().settle_fork(keep, kits), self._settled)

    def failed(self, error: BaseException) -> None:
        if not isinstance(error, Invalid):
            super().failed(error)
            return
        for button in (self.keep, self.do_it):
            button.setEnabled(True)
        text = misheard_words(self._ui.words)
        self._fields[0].problem(text)
        self.kits[0].setFocus()
        announce(self, text)
        self._place()

    def _settled(self, came_in: tuple[str, ...]) -> None:
        words = self._ui.words
        for line in self.kits:
            line.clear()
        names = ", ".join(isolate(one) for one in came_in if one)
        text = words("Everybody’s laptop takes it over at its next exchange. Nobody else has to do anything.")
        if came_in:
            text = words(
                "Everybody’s laptop takes it over at its next exchange. These came in on the other list, keep what they hold, "
                "and need a new invitation: {laptops}",
                laptops=names or words("laptops whose names have not come here"),
            )
        self.needs.setText(text)
        self._stack.setCurrentIndex(1)
        self._place()
        self.ready.setFocus(Qt.FocusReason.OtherFocusReason)
        announce(self, text)

    def _over(self) -> None:
        self.close()
        self._done()


def _labels(words: Words) -> tuple[str, str]:
    return words("The code on the printed kit"), words("The code on the other kit: one list has a newer one")


def _before(words: Words) -> tuple[tuple[str, str], ...]:
    return (
        (
            "git-compare",
            words("The server was put back to an older copy, or somebody interfered with it. Since then there are two lists."),
        ),
        ("shield-check", words("Whoever was shut out on either list stays out. Every key changes. No work is lost.")),
        ("triangle-alert", words("There is no way back: what you choose with the kit is never given up again.")),
    )


def _why(branch: BranchView, either: bool, words: Words) -> str:
    if not either:
        return words("Only on this list is this laptop an administrator’s.")
    if branch.shut_out:
        names = ", ".join(isolate(one) for one in branch.shut_out if one)
        return words("Recommended: on it somebody was shut out ({laptops}).", laptops=names or words("a laptop"))
    return words("Recommended: more was done on it.")


def _said(line: BranchLine, words: Words) -> str:
    what = _what(line.what, words)
    who = isolate(line.by) if line.by else words("a laptop whose name has not come here")
    day = words.long_date(words.here(line.at).date())
    if line.about:
        return words("{day}, by {who}: {what}: {about}", day=day, who=who, what=what, about=isolate(line.about))
    return words("{day}, by {who}: {what}", day=day, who=who, what=what)


def _what(kind: str, words: Words) -> str:
    said = {
        "member_added": words("somebody new"),
        "member_changed": words("more rights"),
        "member_demoted": words("fewer rights"),
        "access_granted": words("more rights"),
        "access_withdrawn": words("fewer rights"),
        "invitation_opened": words("an invitation"),
        "invitation_closed": words("an invitation closed"),
        "device_enrolled": words("a laptop came in"),
        "device_recovered": words("a laptop came in by the recovery kit"),
        "device_replaced": words("a laptop took a new identity"),
        "device_retired": words("a laptop left"),
        "device_revoked": words("a laptop closed"),
        "recovery_replaced": words("a new recovery kit"),
        "collection_created": words("a new team"),
        "hold_placed": words("a legal hold"),
        "hold_lifted": words("a legal hold lifted"),
        "erasure": words("files destroyed"),
    }
    return said.get(kind, kind)
