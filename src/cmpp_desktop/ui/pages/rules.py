"""Deadline rules: which count, how each counts, and a new pack looked at before it is accepted; for administrators.

A pack is one signed file. Looking at it writes nothing: the page shows which rules are different and whose dates would move, and
why. Accepting lets the dates follow, with a number; what is interrupted goes on at the next exchange. Taking it back is an undo.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Literal
from uuid import UUID

from PySide6.QtWidgets import QWidget

from cmpp_desktop.domain import deadline_words
from cmpp_desktop.domain.deadline_views import MOST_MOVED, PackPreview, RulePackPreview, RulesInForce, RulesView
from cmpp_desktop.domain.rules import RulesRefused, version_number
from cmpp_desktop.domain.work import Done
from cmpp_desktop.errors import KnownError
from cmpp_desktop.ui.bridge import Job
from cmpp_desktop.ui.files import ask_for_file
from cmpp_desktop.ui.messages import message_for
from cmpp_desktop.ui.page import Page, Ui
from cmpp_desktop.ui.pages.rules_model import edition_rows, moved_row, pack_line, rule_rows, total_words
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import (
    Banner,
    Button,
    Field,
    Label,
    ListRow,
    ProgressRow,
    SectionHead,
    TextField,
    announce,
    column,
    heading,
    isolate,
    row,
    scrolled,
)
from cmpp_desktop.ui.widgets.streams import FittedRows, StreamDelegate

Stage = Literal["rules", "seen", "work"]


class RulesPage(Page):
    """One page in three states: the rules that count, a pack that is looked at, and dates that follow."""

    place = "rules"
    rail = "settings"
    kinds: ClassVar[frozenset[str]] = frozenset({"rule_pack"})

    def __init__(self, ui: Ui) -> None:
        super().__init__(ui)
        self._stage: Stage = "rules"
        self._view: RulesView | None = None
        self._data: bytes | None = None
        self._seen: PackPreview | None = None
        self._job: Job | None = None
        self._build()
        self._to("rules")

    # --- what a page is -------------------------------------------------------------------------------------------------

    def title(self) -> str:
        return self.words("Deadline rules")

    def keys(self) -> tuple[tuple[str, str], ...]:
        words = self.words
        if self._stage == "seen":
            return (("Ctrl+Return", words("accept")), ("Return", words("open the person")), ("Esc", words("leave it")))
        return (("Ctrl+O", words("look at a file")), ("Up|Down", words("move")))

    def first_focus(self) -> QWidget | None:
        if self._stage == "seen":
            return self.fingerprint if self.trust.isVisibleTo(self) else self.accept
        return self.rows if self._stage == "rules" else self.progress.cancel

    def show_for(self, **args: Any) -> None:
        self.reload()

    def reload(self) -> None:
        self.ask(RulesInForce(), self._show)

    # --- making it ------------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        words = self.words
        self.sub = Label("", tone="ink2", wrap=True)
        self.wrong = Banner("", "")
        self.faults = FittedRows(words("What was found in the file"), StreamDelegate(lead_width=0, top=4))
        self.unreadable = Banner("", "", tone="calm")
        self.parts: dict[Stage, QWidget] = {"rules": self._rules_part(), "seen": self._seen_part(), "work": self._work_part()}
        inner = QWidget()
        inner.setLayout(
            column(
                heading(self.title()), self.sub, self.wrong, self.faults, self.unreadable, *self.parts.values(), None,
                gap=12, margins=(24, 16, 24, 24),
            )
        )  # fmt: skip
        inner.setMaximumWidth(look().px(1100))
        self.setLayout(column(scrolled(inner, self.title())))
        for widget in (self.wrong, self.faults, self.unreadable):
            widget.hide()

    def _rules_part(self) -> QWidget:
        words = self.words
        self.choose = Button(words("Look at a new pack"), icon="folder-open", key="Ctrl+O", on=self._choose)
        self.shipped = Button(words("Look at the rules of this program"), icon="package", on=lambda: self._look(None))
        self.withdraw = Button(words("Go back to the rules before"), kind="quiet", icon="undo-2", on=self._withdraw)
        self.rows = FittedRows(words("Rules"), StreamDelegate(lead_width=0, top=8))
        self.head = SectionHead(words("Rules"))
        note = words("Counted dates are not legal advice. Confirm with the attorney.")
        part = QWidget()
        part.setLayout(
            column(
                row(self.choose, self.shipped, self.withdraw, None, gap=12), 8, self.head,
                Label(note, "small", tone="ink2", wrap=True), self.rows,
            )
        )  # fmt: skip
        self.shipped.hide()
        self.withdraw.hide()
        return part

    def _seen_part(self) -> QWidget:
        words = self.words
        self.offer, self.by = Label("", "large", weight="semibold", wrap=True), Label("", tone="ink2", wrap=True)
        self.total = Label("", wrap=True)
        self.fingerprint = TextField()
        self.fingerprint.setMaximumWidth(look().px(380))
        self.trust = Field(
            words("Fingerprint, as the publisher reads it to you"), self.fingerprint,
            help=words("Call them at a number that you know, and type what they say. It is compared with the file."),
        )  # fmt: skip
        self.accept = Button("", kind="primary", key="Ctrl+Return", on=self._accept)
        self.leave_it = Button(words("Leave it"), kind="quiet", key="Esc", on=self._leave_it)
        self.editions_head = SectionHead(words("Rules that are different"))
        self.moved_head = SectionHead(words("Dates that change"))
        self.editions = FittedRows(words("Rules that are different"), StreamDelegate(lead_width=0, top=6))
        self.moved = FittedRows(words("Dates that change"), StreamDelegate(lead_width=0, top=6))
        self.moved.opened.connect(self._open)
        self.moved_more = Label("", "small", tone="ink2", wrap=True)
        part = QWidget()
        part.setLayout(
            column(
                self.offer, self.by, self.total, self.trust, row(self.accept, self.leave_it, None, gap=12), 8,
                self.editions_head, self.editions, 8, self.moved_head, self.moved, self.moved_more,
            )
        )  # fmt: skip
        return part

    def _work_part(self) -> QWidget:
        words = self.words
        self.progress = ProgressRow(words("Dates follow the rules"), words("Go on later"), self._later)
        part = QWidget()
        note = words("The rules count already. What is left follows by itself, at the next exchange at the latest.")
        part.setLayout(column(self.progress, Label(note, "small", tone="ink2", wrap=True)))
        return part

    def _to(self, stage: Stage) -> None:
        self._stage = stage
        for name, part in self.parts.items():
            part.setVisible(name == stage)
        self.ui.shell.keys_changed()
        target = self.first_focus()
        if target is not None and self.isVisible():
            target.setFocus()

    # --- the rules that count -------------------------------------------------------------------------------------------

    def _show(self, view: RulesView) -> None:
        words, today = self.words, self.ui.today()
        self._view = view
        self.sub.setText(pack_line(view, today, words))
        self.head.show_count(str(len(view.pack.rule)))
        self.rows.show_rows(rule_rows(view.pack, today, words))
        newer = view.accepted is not None and version_number(view.shipped_version) > view.pack.number
        self.shipped.setVisible(newer)
        self.withdraw.setVisible(view.accepted is not None)
        self.unreadable.setVisible(bool(view.unreadable))
        if view.unreadable:
            versions = ", ".join(item.fields.version for item in view.unreadable)
            self.unreadable.tell(
                words("Accepted rules that cannot be read here: {versions}", versions=versions),
                words(
                    "They need a newer version of this program, or are not what their publisher signed. They do not count here."
                ),
            )
        self.take_focus()

    def _withdraw(self) -> None:
        accepted = self._view.accepted if self._view is not None else None
        if accepted is not None:
            self._take_back(accepted.id, self.words("The rules before count again."))

    def _take_back(self, pack_id: UUID, said: str) -> None:
        door = self.ui.door
        self._working(lambda step: door.withdraw_rules(pack_id, progress=step), lambda done: self._followed(said, done))

    # --- a pack that is looked at ---------------------------------------------------------------------------------------

    def _choose(self) -> None:
        kinds = self.words("Packs of rules") + " (*.cmpprules *.txt)"
        ask_for_file(self, self.words("Look at a new pack"), kinds, self.take)

    def take(self, path: Path) -> None:
        """Looks at a file. Nothing is written."""
        door = self.ui.door
        self.call(lambda: door.read_rules(path), self._look, self._failed)

    def _look(self, data: bytes | None) -> None:
        self._say_nothing()
        asked = RulePackPreview(data, self.ui.today())
        self.ask(asked, lambda seen: self._preview(data, seen), self._failed)

    def _preview(self, data: bytes | None, seen: PackPreview) -> None:
        words, today = self.words, self.ui.today()
        self._data, self._seen = data, seen
        self.offer.setText(words("Version {version} of {publisher}", version=seen.pack.version, publisher=seen.pack.publisher))
        self.by.setText(self._signed_by(seen))
        self.trust.setVisible(not seen.trusted)
        self.fingerprint.clear()
        self.trust.problem("")
        self.total.setText(total_words(seen, words))
        self.accept.setText(words("Accept version {version}", version=seen.pack.version))
        editions = edition_rows(seen, today, words)
        self.editions_head.show_count(str(len(editions)))
        self.editions.show_rows(editions)
        self.moved.show_rows([moved_row(item, seen, today, words) for item in seen.moved])
        for widget in (self.moved_head, self.moved):
            widget.setVisible(bool(seen.moved))
        left = sum(n for _, _, n in seen.counts) - len(seen.moved)
        self.moved_head.show_count(str(len(seen.moved)))
        self.moved_more.setText(
            words("The first {most} are listed; {left} more change as well.", most=MOST_MOVED, left=left) if left > 0 else ""
        )
        self.moved_more.setVisible(left > 0)
        self._to("seen")
        announce(self, f"{self.offer.text()}. {self.total.text()}")

    def _signed_by(self, seen: PackPreview) -> str:
        words = self.words
        checked = words("Checked against the sources on {day}.", day=words.short_date(seen.pack.checked_on, self.ui.today()))
        if not seen.publisher:
            return f"{words('It came with the program.')} {checked}"
        who = words("The signature holds, by a publisher who is known here.") if seen.trusted else words(
            "The signature holds, but nobody here has accepted rules of this publisher before."
        )  # fmt: skip
        return f"{who} {checked}"

    def _accept(self) -> None:
        seen, data, door = self._seen, self._data, self.ui.door
        if seen is None or self._stage != "seen":
            return
        trust = seen.fingerprint if seen.trusted else self.fingerprint.text()
        if not seen.trusted and "".join(trust.split()).lower() != "".join(seen.fingerprint.split()).lower():
            said = self.words("This is not the fingerprint of the file. Do not accept it unless they are the same.")
            self.trust.problem(said)
            self.fingerprint.setFocus()
            return
        version = seen.pack.version
        said = self.words("Version {version} counts now.", version=version)
        self._working(
            lambda step: door.accept_rules(data, trust=trust, progress=step), lambda done: self._followed(said, done)
        )

    def _leave_it(self) -> None:
        self._data, self._seen = None, None
        self._to("rules")

    def _open(self, line: ListRow) -> None:
        if isinstance(line.id, tuple):
            self.ui.go("deadlines", participant_id=line.id[0])

    # --- dates follow ---------------------------------------------------------------------------------------------------

    def _working(self, fn: Callable[[Callable[[int, int], None]], Any], ok: Callable[[Any], object]) -> None:
        self._say_nothing()
        self.progress.advance(0, 0, "")
        self._to("work")
        self._job = self.ui.bridge.run(fn, ok, self._failed, steps=self._step, owner=self)

    def _step(self, done: int, total: int) -> None:
        self.progress.advance(done, total, self.words("{done} of {total} people", done=done, total=total))

    def _later(self) -> None:
        if self._job is not None:
            self._job.cancel()
        self._leave_it()
        self.ui.say(self.words("The rules count. The other dates follow at the next exchange."))
        self.reload()

    def _followed(self, said: str, done: Done) -> None:
        door = self.ui.door
        back = self.words("The rules are as they were.")
        self._leave_it()
        self.ui.say(said, done.undo, lambda undone: self._working(door.follow_rules, lambda _: self._back(back)))
        self.reload()

    def _back(self, said: str) -> None:
        self._leave_it()
        self.ui.say(said)
        self.reload()

    def _failed(self, error: BaseException) -> None:
        self._to("seen" if self._stage == "work" and self._seen is not None else "rules")
        if isinstance(error, KnownError):
            message = message_for(error, self.words)
            self.wrong.tell(message.happened, f"{message.safe} {message.do}".strip())
            self.wrong.show()
            problems = error.problems if isinstance(error, RulesRefused) else ()
            self.faults.show_rows(
                [ListRow(id=n, title=isolate(deadline_words.problem(one, self.words))) for n, one in enumerate(problems)]
            )
            self.faults.setVisible(bool(problems))
        else:
            self.ui.trouble(error)

    def _say_nothing(self) -> None:
        self.wrong.hide()
        self.faults.hide()
