"""Bringing in a directory of services: which one, its file, what would be new, changed and gone, and what is wrong in which row;
then all of it or nothing.

Nothing is written before "Bring in". Reading, looking and writing happen off the window thread, with a number and Cancel.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from PySide6.QtWidgets import QWidget

from cmpp_desktop.domain.directory import IMPORTERS, DirectoriesHeld, DirectoryHeld, DirectoryPlan
from cmpp_desktop.errors import KnownError
from cmpp_desktop.ui.files import ask_for_file, ask_for_folder
from cmpp_desktop.ui.page import Ui
from cmpp_desktop.ui.pages.directory_import_words import held_rows, much_goes, plan_rows, problem_rows, said_done
from cmpp_desktop.ui.pages.in_stages import StagedPage
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import (
    Banner,
    Button,
    CodeCombo,
    Field,
    Label,
    SectionHead,
    TextField,
    Tick,
    announce,
    column,
    flow,
    heading,
    row,
    scrolled,
)
from cmpp_desktop.ui.widgets.streams import FittedRows, StreamDelegate

MOST_SHOWN = 200  # problems
OTHER = "\n"  # a directory that is not here yet: no name has two lines


class DirectoryImportPage(StagedPage):
    """`show_for()`."""

    place = "directory_import"
    rail = "directory"
    kinds: ClassVar[frozenset[str]] = frozenset({"hsds_service"})

    def __init__(self, ui: Ui) -> None:
        super().__init__(ui)
        self.plan: DirectoryPlan | None = None
        self._path: Path | None = None
        self._source = ""
        self._held: tuple[DirectoryHeld, ...] | None = None
        self._may = ui.me is not None and ui.me.me.role in IMPORTERS
        self._build()
        self.to("choose")

    # --- what a page is -------------------------------------------------------------------------------------------------

    def title(self) -> str:
        return self.words("Bring in a directory")

    def keys(self) -> tuple[tuple[str, str], ...]:
        words = self.words
        return {
            "choose": (("Ctrl+O", words("choose a file")),),
            "look": (("Ctrl+Return", words("bring in")), ("Ctrl+O", words("another file"))),
        }.get(self.stage, ())

    def first_focus(self) -> QWidget | None:
        if self.stage == "choose":
            return self.name if self.name_field.isVisibleTo(self) and not self.name.text() else self.choose
        return {"look": self.bring, "done": self.see}.get(self.stage)

    def show_for(self, **args: Any) -> None:
        if self.stage == "done":
            self.to("choose")
        self.reload()

    def reload(self) -> None:
        self.ask(DirectoriesHeld(), self._show_held)

    # --- making it ------------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        words = self.words
        self.parts |= {
            "choose": self._choose_part(), "look": self._look_part(), "done": self._done_part(),
        }  # fmt: skip
        self.held_head = SectionHead(words("Here already"))
        self.held_rows = FittedRows(words("Here already"), StreamDelegate(lead_width=0, top=6))
        inner = QWidget()
        inner.setLayout(
            column(
                heading(words("Bring in a directory")), self.sub, self.wrong, *self.parts.values(), 12, self.held_head,
                self.held_rows, None, gap=12, margins=(24, 16, 24, 24),
            )
        )  # fmt: skip
        inner.setMaximumWidth(look().px(1000))
        self.setLayout(column(scrolled(inner, words("Bring in a directory"))))

    def _choose_part(self) -> QWidget:
        words = self.words
        part = QWidget()
        self.which = CodeCombo()
        self.which.chosen.connect(lambda _: self._show_name())
        self.which_field = Field(words("Which directory"), self.which)
        self.newer = Label(
            words("A newer edition takes the place of the one that is here: what it does not have is marked as closed."), "small",
            tone="ink2", wrap=True,
        )  # fmt: skip
        self.name = TextField()
        self.name.setMaxLength(200)
        called = words("“County 211”, “Library’s list”: as people know it.")
        self.name_field = Field(words("What you call it"), self.name, help=called)
        for field in (self.which_field, self.name_field):
            field.setMaximumWidth(look().px(460))
        self.choose = Button(words("Choose a file"), kind="primary", icon="upload", key="Ctrl+O", on=self._choose)
        self.folder = Button(words("Choose a folder"), icon="folder-open", key="Ctrl+Shift+O", on=self._choose_folder)
        buttons = QWidget()
        buttons.setLayout(flow(self.choose, self.folder, gap=12))
        refused = Banner(
            words("Your role cannot bring in a directory."), words("Supervisors and administrators can. Ask one of them."),
            tone="calm",
        )  # fmt: skip
        part.setLayout(column(refused, self.which_field, self.newer, self.name_field, 4, buttons, gap=8))
        refused.setVisible(not self._may)
        for widget in (self.which_field, self.newer, self.name_field, buttons):
            widget.setVisible(self._may)
        return part

    def _look_part(self) -> QWidget:
        words = self.words
        self.file_said = Label("", "title", wrap=True)
        self.part_said = Banner("", "", tone="calm")
        self.much = Banner("", "")
        self.counts = FittedRows(words("What would happen"), StreamDelegate(lead_width=0, top=6))
        self.problem_head = SectionHead(words("What is wrong in the file"))
        self.problem_rows = FittedRows(words("What is wrong in the file"), StreamDelegate(lead_width=0, top=6), most=420)
        self.without = Tick(words("Leave the marked rows out and bring in the rest"))
        self.bring = Button(words("Bring in"), kind="primary", key="Ctrl+Return", large=True, on=self._bring_in)
        self.other = Button(words("Another file"), kind="quiet", key="Ctrl+O", on=self._choose)
        leave = Button(words("Leave"), kind="quiet", key="Esc", on=lambda: self.to("choose"))
        part = QWidget()
        part.setLayout(
            column(
                self.file_said, self.part_said, self.much, self.counts, self.problem_head, self.problem_rows, self.without,
                row(self.bring, self.other, leave, None, gap=12), gap=12,
            )
        )  # fmt: skip
        return part

    def _done_part(self) -> QWidget:
        words = self.words
        self.done_said = Label("", "title", wrap=True)
        back = Label(
            words("Old referrals still name what is gone. To have an older edition back, bring its file in again."),
            tone="ink2", wrap=True,
        )  # fmt: skip
        self.see = Button(words("See the directory"), kind="primary", on=lambda: self.ui.go("directory"))
        another = Button(words("Bring in another one"), kind="quiet", on=lambda: self.to("choose"))
        part = QWidget()
        part.setLayout(column(self.done_said, back, row(self.see, another, None, gap=12), gap=12))
        return part

    def said_at(self, stage: str) -> str:
        words = self.words
        return {
            "choose": words("A file in the format Open Referral HSDS, version 2 or 3: a JSON document, a zip, or a folder of CSV "
                            "tables. Nothing is written before you have looked at it."),
            "look": words("Nothing is written yet."),
        }.get(stage, "")  # fmt: skip

    def show_parts(self) -> None:
        super().show_parts()
        for widget in (self.held_head, self.held_rows):
            widget.setVisible(bool(self._held) and self.stage in ("choose", "done"))

    def wrong_words(self, error: BaseException) -> tuple[str, str] | None:
        words = self.words
        if not (isinstance(error, KnownError) and error.facts.get("cause") == "not_hsds"):
            return None
        return (
            words("This is no directory in the format HSDS."),
            words("It has neither services nor organisations. Ask its publisher for “HSDS JSON” or “HSDS CSV”."),
        )

    # --- which one ------------------------------------------------------------------------------------------------------

    def _show_held(self, held: tuple[DirectoryHeld, ...]) -> None:
        words = self.words
        if held != self._held:
            names = [(one.source, one.source or words("Directory")) for one in held]
            self.which.set_choices([*names, (OTHER, words("Another one"))], held[0].source if held else OTHER)
            self._held = held
        self.held_rows.show_rows(held_rows(held, words))
        self.which_field.setVisible(self._may and bool(held))
        self._show_name()
        self.show_parts()
        self.take_focus()

    def _show_name(self) -> None:
        other = self.which.value() == OTHER
        self.name_field.setVisible(self._may and other)
        self.newer.setVisible(self._may and not other)

    def _named(self) -> bool:
        """Whether it was said which directory it is; the field is marked when not."""
        other = self.which.value() == OTHER
        self._source = self.name.text().strip() if other else str(self.which.value() or "")
        missing = other and not self._source
        taken = other and any(one.source == self._source for one in self._held or ())
        words = self.words
        wrong = words("One of this name is here already: choose it above.") if taken else ""
        self.name_field.problem(words("Say what you call it.") if missing else wrong)
        if missing or taken:
            self.name.setFocus()
        return not missing and not taken

    # --- the file -------------------------------------------------------------------------------------------------------

    def _choose(self) -> None:
        if self._named():
            kinds = self.words("Directories") + " (*.json *.zip *.csv)"
            ask_for_file(self, self.words("Choose a file"), kinds, self.take)

    def _choose_folder(self) -> None:
        if self._named():
            ask_for_folder(self, self.words("Choose the folder of the tables"), self.take)

    def take(self, path: Path) -> None:
        """Looks at a file or a folder. Nothing is written."""
        if not self._named():
            return
        self._path = path
        door, source, stop = self.ui.door, self._source, self.begin(self.words("Reading the file"))
        self.working(
            lambda step: door.preview_directory(path, source=source, progress=step, cancelled=stop.is_set), self._seen, "choose"
        )

    def _seen(self, plan: DirectoryPlan) -> None:
        words = self.words
        self.plan = plan
        name = self._path.name if self._path is not None else ""
        self.file_said.setText(words("{file}, for “{name}”", file=name, name=self._source or words("Directory")))
        self.counts.show_rows(plan_rows(plan, words))
        self.part_said.setVisible(not plan.whole)
        if not plan.whole:
            self.part_said.tell(
                words("This is a part of a directory."), words("Nothing that is here already will be marked as closed.")
            )
        title, text = much_goes(plan, words)
        self.much.setVisible(bool(title))
        if title:
            self.much.tell(title, text)
        wrong = bool(plan.problems)
        for widget in (self.problem_head, self.problem_rows):
            widget.setVisible(wrong)
        self.without.setVisible(bool(plan.left_out))
        self.without.setChecked(False)
        self.problem_head.show_count(str(len(plan.problems)))
        self.problem_rows.show_rows(problem_rows(plan.problems, words, MOST_SHOWN))
        self.to("look")
        if wrong:
            self.problem_rows.setFocus()
        announce(self, self.file_said.text())

    def _bring_in(self) -> None:
        path, plan = self._path, self.plan
        if path is None or plan is None:
            return
        if plan.left_out and not self.without.isChecked():
            self.say_wrong(
                self.words.plural("{n} row cannot be read.", "{n} rows cannot be read.", plan.left_out),
                self.words("Put them right in the file and choose it again, or leave them out."),
            )
            self.without.setFocus()
            return
        door, source, leave, stop = self.ui.door, self._source, self.without.isChecked(), self.begin(self.words("Bringing in"))

        def work(step: Callable[[int, int], None]) -> DirectoryPlan:
            return door.import_directory(path, source=source, leave_out=leave, progress=step, cancelled=stop.is_set)

        self.working(work, self._brought, "look")

    def _brought(self, plan: DirectoryPlan) -> None:
        said = said_done(plan, self.words)
        self.done_said.setText(said)
        self.plan = None
        self.name.clear()
        self.to("done")
        self.ui.say(self.words("The directory is in."))
        self.reload()
        announce(self, said)
