"""Bringing in a table of people, households and hearings: choose a file, say what its columns are, look, bring all of it in or
nothing; and take back what was brought in.

Nothing is written before "Bring in". Reading, looking and writing happen off the window thread, with a number and Cancel.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QWidget

from cmpp_desktop.domain.import_writing import UndoImport
from cmpp_desktop.domain.importing import Choice
from cmpp_desktop.domain.imports import ImportMade, ImportsMade
from cmpp_desktop.domain.work import Done
from cmpp_desktop.errors import Invalid
from cmpp_desktop.ui.files import ask_for_file, ask_where_to
from cmpp_desktop.ui.page import Ui
from cmpp_desktop.ui.pages.bring_in_parts import ColumnsPart, counts_said, decided, likely_rows, made_rows, problem_rows
from cmpp_desktop.ui.pages.in_stages import StagedPage
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import (
    Banner,
    Button,
    CodeCombo,
    Field,
    Label,
    ListRow,
    SectionHead,
    Tick,
    announce,
    column,
    row,
    scrolled,
)
from cmpp_desktop.ui.widgets.streams import FittedRows, StreamDelegate
from cmpp_desktop.workspace.import_words import notice
from cmpp_desktop.workspace.imports import ImportPreview

MAY = frozenset({"caseworker", "supervisor", "administrator"})  # as import_writing.carry_out has it
MOST_SHOWN = 200  # problems; all of them are in the file that can be saved


class BringInPage(StagedPage):
    place = "import"
    rail = "people"
    kinds = frozenset({"import_run"})

    def __init__(self, ui: Ui) -> None:
        super().__init__(ui)
        self.seen: ImportPreview | None = None
        self.choices: dict[int, Choice] = {}
        self._path: Path | None = None
        self._run_id: UUID | None = None
        self._any_made = False
        me = ui.me.me if ui.me is not None else None
        self._may = me is not None and me.role in MAY
        self._build()
        self.to("choose")

    # --- what a page is -------------------------------------------------------------------------------------------------

    def title(self) -> str:
        return self.words("Bring in a table of people")

    def keys(self) -> tuple[tuple[str, str], ...]:
        words = self.words
        if self.stage == "look" and self.likely_rows.isVisibleTo(self):
            return (("S|N|L", words("the same, somebody new, leave out")), ("Ctrl+Return", words("bring in")))
        return {
            "choose": (("Ctrl+O", words("choose a file")),), "columns": (("Ctrl+Return", words("go on")),),
            "look": (("Ctrl+Return", words("bring in")),),
        }.get(self.stage, ())  # fmt: skip

    def doings(self) -> tuple[tuple[str, str, Callable[[], object]], ...]:
        return ((self.words("Save an empty template"), "download", self._template),)

    def first_focus(self) -> QWidget | None:
        if self.stage == "columns" and self.columns is not None:
            return next(iter(self.columns.columns.values()), None)
        return {"choose": self.choose, "look": self.bring, "done": self.another}.get(self.stage)

    def reload(self) -> None:
        self.ask(ImportsMade(), self._show_made)

    # --- making it ------------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        words = self.words
        self.parts |= {
            "choose": self._choose_part(), "columns": self._columns_part(), "look": self._look_part(),
            "done": self._done_part(),
        }  # fmt: skip
        self.made_head = SectionHead(words("Brought in before"))
        self.made = FittedRows(words("Brought in before"), StreamDelegate())
        self.made.pressed_button.connect(lambda id, what: self._take_back(id))
        self.made.key_map["U"] = lambda line: self._take_back(line.id) if line.buttons else None
        inner = QWidget()
        inner.setLayout(
            column(
                Label(words("Bring in a table of people"), "page"), self.sub, self.wrong, *self.parts.values(), 12,
                self.made_head, self.made, None, gap=12, margins=(24, 16, 24, 24),
            )
        )  # fmt: skip
        inner.setMaximumWidth(look().px(1100))
        self.setLayout(column(scrolled(inner, words("Bring in a table of people"))))

    def _choose_part(self) -> QWidget:
        words = self.words
        self.choose = Button(words("Choose a file"), kind="primary", icon="upload", key="Ctrl+O", on=self._choose)
        self.template = Button(words("Save an empty template"), icon="download", on=self._template)
        part = QWidget()
        if self._may:
            part.setLayout(row(self.choose, self.template, None, gap=12))
            return part
        refused = Banner(
            words("Your role cannot bring in people."),
            words("Caseworkers, supervisors and administrators can. Ask one of them."), tone="calm",
        )  # fmt: skip
        part.setLayout(column(refused, row(self.choose, self.template)))
        self.choose.hide()
        self.template.hide()
        return part

    def _columns_part(self) -> QWidget:
        words = self.words
        self.sheet = CodeCombo()
        self.sheet.chosen.connect(self._other_sheet)
        self.sheet_field = Field(words("Sheet"), self.sheet)
        self.notices = Label("", tone="ink2", wrap=True)
        self.columns: ColumnsPart | None = None
        self._columns_room = column(gap=0)
        self.go_on = Button(words("Look at what would come in"), kind="primary", key="Ctrl+Return", on=self._look)
        back = Button(words("Another file"), kind="quiet", on=self._begin_anew)
        part = QWidget()
        part.setLayout(column(self.sheet_field, self.notices, self._columns_room, row(self.go_on, back, None), gap=16))
        return part

    def _look_part(self) -> QWidget:
        words = self.words
        self.counts = Label("", "title", wrap=True)
        self.likely_head = SectionHead(words("May be here already"))
        self.likely_rows = FittedRows(words("May be here already"), StreamDelegate(), most=420)
        self.likely_rows.pressed_button.connect(self._decide)
        for key, what in (("S", "merge"), ("N", "register"), ("L", "skip")):
            self.likely_rows.key_map[key] = partial(self._key, what)
        self.save = Button(words("Save the list for whoever has the file"), kind="quiet", icon="download", on=self._save)
        self.problem_head = SectionHead(words("Cannot be read"), end=self.save)
        self.problem_rows = FittedRows(words("Cannot be read"), StreamDelegate(), most=420)
        self.without = Tick(words("Leave these rows out and bring in the rest"))
        self.bring = Button(words("Bring in"), kind="primary", key="Ctrl+Return", large=True, on=self._bring_in)
        back = Button(words("Back to the columns"), kind="quiet", on=lambda: self.to("columns"))
        part = QWidget()
        part.setLayout(
            column(
                self.counts, self.problem_head, self.problem_rows, self.without, self.likely_head, self.likely_rows,
                row(self.bring, back, None), gap=12,
            )
        )  # fmt: skip
        return part

    def _done_part(self) -> QWidget:
        words = self.words
        self.done_said = Label("", "title", wrap=True)
        self.undo = Button(words("Take it back"), on=lambda: self._take_back(self._run_id))
        self.another = Button(words("Bring in another table"), kind="quiet", on=self._begin_anew)
        people = Button(words("See the people"), kind="primary", on=lambda: self.ui.go("people"))
        part = QWidget()
        part.setLayout(column(self.done_said, row(people, self.undo, self.another, None), gap=12))
        return part

    def said_at(self, stage: str) -> str:
        words = self.words
        return {
            "choose": words("A table in CSV or Excel (.xlsx): one row a person, with a household and a hearing if they have one. "
                            "Nothing is written before you have looked at it."),
            "columns": words("What is each column? Columns that are left out are not brought in."),
            "look": words("Nothing is written yet."),
        }.get(stage, "")  # fmt: skip

    def show_parts(self) -> None:
        super().show_parts()
        for widget in (self.made_head, self.made):
            widget.setVisible(self._any_made and self.stage in ("choose", "done"))

    def wrong_words(self, error: BaseException) -> tuple[str, str] | None:
        if not isinstance(error, Invalid):
            return None
        return (
            self.words("The columns do not say who the rows are about."),
            self.words("Choose the column with the name or the A-number."),
        )

    # --- the file -------------------------------------------------------------------------------------------------------

    def _choose(self) -> None:
        kinds = self.words("Tables") + " (*.csv *.tsv *.txt *.xlsx *.xlsm)"
        ask_for_file(self, self.words("Choose a file"), kinds, self.take)

    def take(self, path: Path, sheet: str = "") -> None:
        """Looks at a file. Nothing is written."""
        self._path = path
        door, stop = self.ui.door, self.begin(self.words("Reading the file"))
        self.working(
            lambda step: door.preview_import(path, sheet=sheet, progress=step, cancelled=stop.is_set), self._seen_file, "choose"
        )

    def _other_sheet(self, sheet: Any) -> None:
        if self._path is not None and self.seen is not None and sheet and sheet != self.seen.sheet:
            self.take(self._path, str(sheet))

    def _seen_file(self, seen: ImportPreview) -> None:
        words = self.words
        self.seen = seen
        self.sheet.set_choices([(name, name) for name in seen.sheets], seen.sheet)
        self.sheet_field.setVisible(len(seen.sheets) > 1)
        heading = min((number for number, _ in seen.samples), default=2)
        about = words("{file}: rows from {n} on are read.", file=seen.title, n=heading)
        self.notices.setText("\n".join([about, *(notice(code, words) for code in seen.notices)]))
        if self.columns is not None:
            self._columns_room.removeWidget(self.columns)
            self.columns.deleteLater()
        self.columns = ColumnsPart(words, seen)
        self._columns_room.addWidget(self.columns)
        self.to("columns")

    def _begin_anew(self) -> None:
        self.seen, self.choices, self._path = None, {}, None
        self.to("choose")

    def _template(self) -> None:
        door, language = self.ui.door, self.words.language

        def write(path: Path) -> None:
            self.call(lambda: door.save_import_template(path, language), lambda _: self.ui.say(self.words("Template saved.")))

        ask_where_to(self, self.words("Save an empty template"), "people.csv", "CSV (*.csv)", write, suffix="csv")

    # --- looking --------------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        if self.seen is None or self.columns is None:
            return
        twice = self.columns.twice()
        if twice is not None:
            self.say_wrong(self.words("Two columns are the same field."), self.words("Choose one, and leave the other out."))
            twice.setFocus()
            return
        seen, plan, door = self.seen, self.columns.plan(), self.ui.door
        stop = self.begin(self.words("Looking whether they are here already"))
        self.working(lambda step: door.remap_import(seen, plan, step, stop.is_set), self._looked, "columns")

    def _looked(self, seen: ImportPreview) -> None:
        words = self.words
        self.seen = seen
        self.choices = {one.row: one.suggested for one in seen.likely if one.matches[0].certain}
        self.counts.setText(counts_said(words, seen.counts))
        wrong = bool(seen.problems)
        for widget in (self.problem_head, self.problem_rows, self.without):
            widget.setVisible(wrong)
        self.problem_head.show_count(str(len(seen.problems)))
        self.without.setChecked(False)
        self.problem_rows.show_rows(problem_rows(words, seen, MOST_SHOWN))
        self._show_likely()
        self.to("look")
        if seen.likely:
            self.likely_rows.setFocus()
        announce(self, self.counts.text())

    def _show_likely(self, current: int | None = None) -> None:
        if self.seen is None:
            return
        some = bool(self.seen.likely)
        self.likely_head.setVisible(some)
        self.likely_rows.setVisible(some)
        waiting = sum(one.row not in self.choices for one in self.seen.likely)
        self.likely_head.show_count(
            self.words.plural("{n} row still needs a choice.", "{n} rows still need a choice.", waiting) if waiting else ""
        )
        self.likely_rows.show_rows(likely_rows(self.words, self.seen, self.choices), current)

    def _key(self, what: str, line: ListRow) -> None:
        if any(button.id == what for button in line.buttons):
            self._decide(line.id, what)
            self.likely_rows.step(1)

    def _decide(self, number: int, what: str) -> None:
        one = next((one for one in self.seen.likely if one.row == number), None) if self.seen is not None else None
        if one is not None:
            self.choices[number] = decided(one, what)
            self._show_likely(number)

    def _save(self) -> None:
        seen, door, language = self.seen, self.ui.door, self.words.language
        if seen is None:
            return

        def write(path: Path) -> None:
            said = self.words("List saved.")
            self.call(lambda: door.save_import_problems(seen, path, language), lambda _: self.ui.say(said))

        title = self.words("Save the list for whoever has the file")
        ask_where_to(self, title, "rows-to-put-right.csv", "CSV (*.csv)", write, suffix="csv")

    # --- writing --------------------------------------------------------------------------------------------------------

    def _bring_in(self) -> None:
        seen, door = self.seen, self.ui.door
        if seen is None:
            return
        choices = dict(self.choices)
        if self.without.isChecked():
            choices |= {one.row: Choice("skip") for one in seen.problems}
        stop = self.begin(self.words("Bringing in"))
        self.working(lambda step: door.run_import(seen, choices, step, stop.is_set), self._brought, "look")

    def _brought(self, done: Done) -> None:
        self._run_id = done.id
        said = counts_said(self.words, (done.more or {}).get("counts", {}), done=True)
        self.done_said.setText(self.words("Brought in: {what}", what=said))
        self.to("done")
        self.ui.say(self.words("The table is in."), done.undo, lambda _: self._taken(None))
        self.reload()

    # --- taking back ----------------------------------------------------------------------------------------------------

    def _show_made(self, found: tuple[ImportMade, ...]) -> None:
        me = self.ui.me
        names: dict[object, str] = {one.id: one.name for one in me.staff} if me is not None else {}
        mine = me.me if me is not None else None
        may: dict[object, bool] = {
            one.id: mine is not None and (mine.role in ("supervisor", "administrator") or mine.id == one.by) for one in found
        }
        self._any_made = bool(found)
        self.show_parts()
        self.made.show_rows(made_rows(self.words, found, names, may))

    def _take_back(self, id: UUID | None) -> None:
        if id is None or self.stage == "work":
            return
        before = self.stage
        self.begin(self.words("Taking back"))
        self.progress.cancel.hide()  # it is one step of the store: all of it, or nothing
        self.waiting(before)
        self.do(UndoImport(id), self._taken, self.failed)

    def _taken(self, done: Done | None) -> None:
        self._begin_anew()
        self.ui.say(self.words("The import was taken back."))
        self.reload()
