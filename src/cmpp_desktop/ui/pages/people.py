"""People: find anybody by a piece of a name in any script, an alias, a number. The field keeps the keyboard; ↑ ↓ move."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QMenu,
    QSizePolicy,
    QStackedWidget,
    QWidget,
)

from cmpp_desktop.domain.cases import OPEN_STATES
from cmpp_desktop.domain.questions import NOBODY, People, PeopleAnswer, PeopleFilter
from cmpp_desktop.ui import places
from cmpp_desktop.ui.page import Page, Ui
from cmpp_desktop.ui.pages.people_model import COLUMNS, PAGE, SORTS, PeopleModel
from cmpp_desktop.ui.pages.people_table import PeopleTable
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import (
    Button,
    Chip,
    EmptyState,
    Label,
    SearchField,
    announce,
    column,
    flow,
    row,
    scrolled,
)

Index = QModelIndex | QPersistentModelIndex


class PeoplePage(Page):
    """`show_for(text="", filter=PeopleFilter(…))`."""

    place = "people"
    kinds = frozenset({"participant", "case", "obligation", "contact_route", "service_session", "note"})

    def __init__(self, ui: Ui) -> None:
        super().__init__(ui)
        self._filter = PeopleFilter()
        self._sort = "name"
        self._say_chosen: dict[str, Callable[[Any], None]] = {}  # by filter: shows what is chosen on its chip
        self._build()

    def title(self) -> str:
        return self.words("People")

    def keys(self) -> tuple[tuple[str, str], ...]:
        words = self.words
        return (
            ("Up|Down", words("choose")),
            ("Return", words("open")),
            ("Alt+F", words("filters")),
            ("Ctrl+N", words("someone new")),
        )

    def doings(self) -> tuple[tuple[str, str, Callable[[], object]], ...]:
        if not places.place("import").exists:
            return ()
        return ((self.words("Bring in a table of people"), "upload", lambda: self.ui.go("import")),)

    def more_keys(self) -> tuple[tuple[str, str], ...]:
        return (("Alt+F", self.words("filters")), ("Esc", self.words("clear the search")))

    def first_focus(self) -> QWidget:
        return self.search

    # --- making it --------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        words = self.words
        self.model = PeopleModel(words, self.ask, self)
        self.model.counted.connect(self._counted)
        self.table = PeopleTable(words("People"), self.model)
        self.table.activated.connect(self._open)
        self.table.doubleClicked.connect(self._open)
        self.table.horizontalHeader().sectionClicked.connect(self._sort_by)
        self.search = SearchField(words("Find by name, alias, phone or A-number"), large=True, clear_words=words("Esc clears"))
        self.search.setFixedWidth(look().px(340))
        self.search.asked.connect(lambda text: self._find())
        self.search.moved.connect(self._move)
        self.search.chosen.connect(self._open_current)
        self.count = Label("", tone="ink2")
        self.matching = Label("", "small", tone="ink2")
        new = Button(words("Someone new"), kind="primary", icon="user-plus", key="Ctrl+N", on=lambda: self.ui.go("someone_new"))
        if not places.place("someone_new").exists:
            new.hide()
        head = row(Label(words("People"), "page"), self.count, None, new, gap=16)
        self.count.setContentsMargins(0, look().px(8), 0, 0)
        self._chips()
        chips = QWidget()
        chips.setLayout(flow(*self._all_chips))
        tools = row(self.search, chips, self.matching, gap=20)
        tools.setStretch(1, 1)
        tools.setAlignment(chips, Qt.AlignmentFlag.AlignVCenter)
        chips.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self.empty = EmptyState(
            "search-x",
            words("Nobody here yet"),
            words("People whom your team serves stand here. Consent comes first, then who they are."),
            self._empty_button(),
        )
        self.stack = QStackedWidget()
        self.stack.addWidget(self.table)
        self._empty_part = scrolled(self.empty, words("Nobody here yet"))
        self.stack.addWidget(self._empty_part)
        whole = column(head, 8, tools, 8, self.stack, gap=0, margins=(24, 16, 24, 0))
        whole.setStretch(4, 1)
        self.setLayout(whole)

    def _empty_button(self) -> Button:
        button = Button(self.words("Someone new"), kind="secondary", icon="user-plus", on=lambda: self.ui.go("someone_new"))
        if not places.place("someone_new").exists:
            button.hide()
        return button

    def _chips(self) -> None:
        words = self.words
        self._mine = Chip(words("Mine"))
        self._mine.toggled.connect(lambda on: self._change(mine=on))
        self._interpreter = Chip(words("Interpreter"))
        self._interpreter.toggled.connect(lambda on: self._change(interpreter=on))
        states: list[tuple[Any, str]] = [(OPEN_STATES, words("Open cases"))]
        states += [((code.id,), code.name(words.language)) for code in words.codes("case_state") if not code.retired]
        languages = sorted(
            ((code.id, code.name(words.language)) for code in words.codes("language") if not code.retired),
            key=lambda pair: pair[1],
        )
        days = [(n, words.plural("{n} day", "{n} days", n)) for n in (7, 14, 30, 60)]
        self._state = self._menu_chip(words("State"), "states", states, ())
        self._language = self._menu_chip(words("Language"), "language", languages, None)
        self._hearing = self._menu_chip(words("Hearing within"), "hearing_within", days, None)
        self._contact = self._menu_chip(
            words("No contact for"),
            "no_contact_for",
            [(n, words.plural("{n} day", "{n} days", n)) for n in (14, 21, 30, 60)],
            None,
        )
        staff = [(one.id, one.name) for one in self.ui.me.staff] if self.ui.me is not None else []
        self._whose = self._menu_chip(words("Caseworker"), "caseworker", [(NOBODY, words("Nobody")), *staff], None)
        self._all_chips = (self._mine, self._whose, self._state, self._language, self._hearing, self._contact, self._interpreter)
        shortcut = QShortcut(QKeySequence("Alt+F"), self)
        shortcut.activated.connect(lambda: self._mine.setFocus(Qt.FocusReason.ShortcutFocusReason))

    def _menu_chip(self, title: str, name: str, choices: list[tuple[Any, str]], nothing: Any) -> Chip:
        """A chip that opens a menu; switched on it says what was chosen."""
        chip = Chip(title, arrow=True)
        chip.setAccessibleDescription(self.words("Opens a list to choose from"))

        def say(value: Any) -> None:
            said = next((said for known, said in choices if known == value), "")
            chip.setText(f"{title}: {said}" if said else title)
            chip.setChecked(value != nothing)

        def choose(value: Any) -> None:
            say(value)
            self._change(**{name: value})

        self._say_chosen[name] = say

        def open_menu() -> None:
            chip.setChecked(getattr(self._filter, name) != nothing)
            menu = QMenu(chip)
            for value, said in [(nothing, self.words("Any")), *choices]:
                action = QAction(said, menu)
                action.setCheckable(True)
                action.setChecked(getattr(self._filter, name) == value)
                action.triggered.connect(lambda checked=False, value=value: choose(value))
                menu.addAction(action)
            menu.aboutToHide.connect(menu.deleteLater)
            menu.popup(chip.mapToGlobal(chip.rect().bottomLeft()))
            menu.setActiveAction(menu.actions()[0])

        chip.clicked.connect(open_menu)
        return chip

    def narrowed(self, narrow: bool) -> None:
        self.table.narrow = narrow
        self.table.share()
        for chip in self._all_chips[1:]:
            chip.setVisible(not narrow)
        self.matching.setVisible(not narrow)

    # --- asking and showing -----------------------------------------------------------------------------------------

    def show_for(self, **args: Any) -> None:
        if "text" in args:
            self.search.setText(str(args["text"]))
        if "filter" in args:
            self._filter = args["filter"]
            for name, say in self._say_chosen.items():
                say(getattr(self._filter, name))
            for chip, on in ((self._mine, self._filter.mine), (self._interpreter, self._filter.interpreter)):
                chip.blockSignals(True)
                chip.setChecked(on)
                chip.blockSignals(False)
            if "text" not in args:
                self.search.clear()
        self.reload()

    def reload(self) -> None:
        self._find()

    def _question(self) -> People:
        text = self.search.text().strip()
        return People(self.ui.today(), text, self._filter, "match" if text else self._sort, 0, PAGE)  # type: ignore[arg-type]  # one of PeopleSort

    def _find(self) -> None:
        self.model.search(self._question())

    def _change(self, **values: Any) -> None:
        from dataclasses import replace

        self._filter = replace(self._filter, **values)
        self._find()

    def _counted(self, answer: PeopleAnswer) -> None:
        words = self.words
        searching = bool(self.search.text().strip()) or self._filter != PeopleFilter()
        self.count.setText(words("{mine} are yours, {all} in all", mine=f"{answer.mine:,}", all=f"{answer.everybody:,}"))
        said = (
            words.plural("{n} match, best first", "{n} match, best first", answer.matching) if self.search.text().strip() else ""
        )
        self.matching.setText(said)
        if answer.matching:
            self.stack.setCurrentWidget(self.table)
            self.table.scrollToTop()
            self.table.step(-(10**9))
        else:
            self._show_nobody(searching, answer)
        if said:
            announce(self.search, said)

    def _show_nobody(self, searching: bool, answer: PeopleAnswer) -> None:
        words = self.words
        text = self.search.text().strip()
        if not searching:
            self.empty.tell(
                words("Nobody here yet"),
                words("People whom your team serves stand here. Consent comes first, then who they are."),
            )
        elif text:
            looked = words.plural(
                "Looked through {n} person’s names, aliases, phone and A-numbers on this laptop.",
                "Looked through the names, aliases, phone and A-numbers of {n} people on this laptop.",
                answer.everybody,
            )
            self.empty.tell(
                words("Nobody here sounds like “{text}”", text=text),
                looked + " " + words("Try fewer letters, or only the last three digits."),
            )
        else:
            self.empty.tell(words("Nobody fits these filters"), words("Take one of them away."))
        self.stack.setCurrentWidget(self._empty_part)

    # --- doing ------------------------------------------------------------------------------------------------------

    def _move(self, step: int) -> None:
        self.table.step(step)
        person = self.model.person(self.table.currentIndex().row())
        if person is not None:
            announce(
                self.search,
                ", ".join(
                    cell.spoken
                    for number in range(len(COLUMNS))
                    if (cell := self.model.cell(self.table.currentIndex().row(), number)) and cell.spoken
                ),
            )

    def _open_current(self) -> None:
        self._open(self.table.currentIndex())

    def _open(self, index: Index) -> None:
        person = self.model.person(index.row()) if index.isValid() else None
        if person is not None and places.place("participant").exists:
            self.ui.go("participant", participant_id=person.id)

    def _sort_by(self, section: int) -> None:
        if section in SORTS:
            self._sort = SORTS[section]
            self._find()
