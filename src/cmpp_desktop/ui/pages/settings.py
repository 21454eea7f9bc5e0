"""Settings: who you are, how it looks and speaks, laptops, instruments, what this program is."""

from __future__ import annotations

from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLayout, QStackedWidget, QWidget

from cmpp_desktop.errors import KnownError
from cmpp_desktop.settings import SHOWN_LIMIT
from cmpp_desktop.ui import places
from cmpp_desktop.ui.messages import message_for
from cmpp_desktop.ui.page import Page, Ui
from cmpp_desktop.ui.pages.settings_instruments import InstrumentsPart
from cmpp_desktop.ui.pages.settings_laptops import LaptopsPart
from cmpp_desktop.ui.pages.settings_lists import ListsPart
from cmpp_desktop.ui.pages.settings_network import NetworkPart, choices
from cmpp_desktop.ui.pages.settings_organisation import OrganisationPart
from cmpp_desktop.ui.pages.settings_people import PeoplePart
from cmpp_desktop.ui.pages.settings_recovery import RecoveryPart
from cmpp_desktop.ui.pages.strength_words import ENOUGH, advice_words
from cmpp_desktop.ui.pages.unlock import LANGUAGE_NAMES
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import (
    Button,
    Field,
    Label,
    ListRow,
    PassphraseField,
    RowDelegate,
    RowList,
    SectionHead,
    TextField,
    column,
    heading,
    row,
    rule,
    scrolled,
)
from cmpp_desktop.words import LANGUAGES
from cmpp_desktop.workspace import WithoutServer

PARTS = ("you", "look", "network", "laptops", "rights", "recovery", "instruments", "organisation", "lists", "about")
ADMINISTRATORS = frozenset({"rights", "recovery"})  # parts that others do not have
ELSEWHERE = ("import", "rules", "retention")  # pages of their own, which the menu leads to


class SettingsPage(Page):
    """`show_for(part="you")`: one of PARTS."""

    place = "settings"
    kinds = frozenset({"staff_member", "device_name", "team", "organisation", "instrument", "award", "site", "code_entry"})

    def __init__(self, ui: Ui) -> None:
        super().__init__(ui)
        self._part = "you"
        self._build()

    def title(self) -> str:
        return self.words("Settings")

    def keys(self) -> tuple[tuple[str, str], ...]:
        words = self.words
        if self._part == "laptops" and self.laptops.changes:
            return (
                ("Up|Down", words("move")),
                ("C", words("compare the digits")),
                ("X", words("close, take back")),
                ("I", words("invite anew")),
                ("Tab", words("next field")),
            )
        return (("Up|Down", words("move")), ("Tab", words("next field")))

    def first_focus(self) -> QWidget:
        return self.menu

    # --- making it --------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        words = self.words
        names = {
            "you": words("You"),
            "look": words("Look and language"),
            "network": words("Network"),
            "laptops": words("Laptops"),
            "rights": words("People and rights"),
            "recovery": words("Recovery"),
            "instruments": words("Instruments"),
            "organisation": words("Organisation"),
            "lists": words("Lists"),
            "about": words("About"),
        }
        self.laptops, self.instruments, self.lists = LaptopsPart(self, self._show_alone), InstrumentsPart(self), ListsPart(self)
        self.network = NetworkPart(self.ui, signed_in=True, administers=self.laptops.administers)
        self.menu = RowList(words("Settings"), RowDelegate(lead_width=0, top=6, pad=8, bar=False))
        icons = {"you": "user", "look": "contrast", "network": "wifi", "laptops": "laptop", "rights": "user-cog",
                 "recovery": "key-round", "instruments": "clipboard-list",
                 "organisation": "building-2", "lists": "list", "about": "info"}
        self.menu.show_rows([ListRow(id=part, title=names[part], icon=icons[part]) for part in self._shown()])
        self.menu.current_changed.connect(self._chosen)
        self.menu.setFixedWidth(look().px(208))
        self.stack = QStackedWidget()
        self.organisation = OrganisationPart(self)
        self.rights = PeoplePart(self) if self.laptops.administers else None
        self.recovery = RecoveryPart(self) if self.laptops.administers else None
        made: dict[str, QWidget | QLayout] = {
            "you": self._you(),
            "look": self._look(),
            "network": self.network,
            "laptops": self.laptops,
            "instruments": self.instruments,
            "organisation": self.organisation,
            "lists": self.lists,
            "about": self._about(),
        }
        if self.rights is not None and self.recovery is not None:
            made |= {"rights": self.rights, "recovery": self.recovery}
        self._parts: dict[str, QWidget] = {}
        for part in self._shown():
            inner = QWidget()
            inner.setMaximumWidth(look().px(760))
            inner.setLayout(column(made[part]))
            line = row(inner, None)
            line.setStretch(0, 100)
            held = column(line, None, margins=(24, 0, 24, 24))
            self._parts[part] = scrolled(held, names[part])
            self.stack.addWidget(self._parts[part])
        self._title = Label(words("Settings"), "title")
        left = column(self._title, 8, self.menu, *self._links(), gap=0)
        whole = row(left, rule("v"), self.stack, gap=16, margins=(24, 16, 0, 0))
        whole.setStretch(2, 1)
        self.setLayout(whole)

    def _shown(self) -> tuple[str, ...]:
        """The parts of this person's role."""
        return tuple(part for part in PARTS if part not in ADMINISTRATORS or self.laptops.administers)

    def _links(self) -> list[Button]:
        """What is a page of its own, where it is part of this version and for somebody of this role."""
        words = self.words
        names = {
            "import": words("Bring in a table"),
            "rules": words("Deadline rules"),
            "retention": words("Keeping files"),
        }
        role = self.ui.me.me.role if self.ui.me is not None else ""
        there = [places.place(name) for name in ELSEWHERE]
        links = [
            Button(names[one.name], kind="quiet", icon=one.icon, on=partial(self.ui.go, one.name))
            for one in there
            if one.exists and (not one.roles or role in one.roles)
        ]
        if role in ("supervisor", "administrator"):  # who may know of all who are kept apart
            form = partial(self.ui.go, "form", form="end_separation", participant_id=None, record_id=None)
            links.append(Button(words("No longer kept apart"), kind="quiet", icon="users", on=form))
        return links

    def narrowed(self, narrow: bool) -> None:
        self.menu.setFixedWidth(look().px(176 if narrow else 208))

    def _chosen(self, item: ListRow | None) -> None:
        if item is not None:
            self._part = item.id
            self.stack.setCurrentWidget(self._parts[self._part])
            self.ui.shell.keys_changed()

    def show_for(self, **args: Any) -> None:
        self.menu.choose(args.get("part", self._part))
        self.reload()

    def reload(self) -> None:
        self.laptops.reload()
        self.network.reload()
        self.instruments.reload()
        self.lists.reload()
        if self.rights is not None:
            self.rights.reload()
        self.organisation.reload()

    def _show_alone(self, alone: WithoutServer | None) -> None:
        self.ui.shell.keys_changed()
        self.network.show_ways(alone is None)
        if self.rights is not None and self.recovery is not None:
            self.rights.show_alone(alone)
            self.recovery.show_alone(alone)

    # --- you --------------------------------------------------------------------------------------------------------

    def _shown_as(self) -> list[QWidget | int]:
        """What is shown of them before the passphrase."""
        words, shown = self.words, self.ui.shell.whose.shown_as
        if shown is None:
            return []
        self.shown_as = line = TextField(shown)
        line.setMaxLength(SHOWN_LIMIT)
        line.editingFinished.connect(lambda: self.ui.shell.whose.remember("shown_as", line.text()))
        help = words(
            "When several people work on this laptop, it asks who is here before the passphrase, and shows only this of you. "
            "Empty: your initials."
        )
        held = Field(words("Shown as, before you unlock"), line, help=help)
        held.setMaximumWidth(look().px(380))
        return [8, held]

    def _you(self) -> QLayout:
        words = self.words
        me = self.ui.me.me if self.ui.me is not None else None
        who = me.name if me is not None else ""
        role = words.code("role", me.role) if me is not None else ""
        about = ", ".join(
            part for part in (role, me.team if me is not None else "", self.ui.me.name if self.ui.me is not None else "") if part
        )
        self.old, self.new, self.again = PassphraseField(words), PassphraseField(words, meter=True), PassphraseField(words)
        self._old_field = Field(words("Your passphrase now"), self.old)
        self._new_field = Field(words("The new one"), self.new, hint=words("four or five words that do not belong together"))
        self._again_field = Field(words("The new one once more"), self.again)
        self.new.changed.connect(self._strength)
        self._change_button = Button(words("Change the passphrase"), kind="secondary", on=self._change)
        minutes = self.ui.me.lock_after_minutes if self.ui.me is not None else 10
        locks = words.plural(
            "Locks by itself when nobody types for {n} minute.", "Locks by itself when nobody types for {n} minutes.", minutes
        )
        fields = QWidget()
        fields.setMaximumWidth(look().px(380))
        fields.setLayout(column(self._old_field, self._new_field, self._again_field, 8, row(self._change_button, None), gap=8))
        return column(
            heading(who),
            Label(about, "large", tone="ink2", wrap=True),
            Label(locks, tone="ink2", wrap=True),
            *self._shown_as(),
            16,
            SectionHead(words("Passphrase")),
            fields,
            16,
            gap=8,
        )

    def _strength(self, text: str) -> None:
        def show(found: Any) -> None:
            if text == self.new.text():
                self.new.show_strength(found.score, advice_words(found.advice, self.words) if found.score < ENOUGH else "")

        self.call(lambda: self.ui.door.passphrase_strength(text), show, lambda error: None, on="work")

    def _change(self) -> None:
        words = self.words
        for field, fine, said in (
            (self._old_field, bool(self.old.text()), words("This is needed.")),
            (self._new_field, bool(self.new.text()), words("This is needed.")),
            (self._again_field, self.new.text() == self.again.text(), words("This is not the same as above.")),
        ):
            field.problem("" if fine else said)
            if not fine:
                field.input.setFocus()
                return
        old, new = self.old.text(), self.new.text()

        def change() -> None:
            if self.ui.door.passphrase_strength(new).score < ENOUGH:
                raise KnownError("passphrase_weak")
            self.ui.door.change_passphrase(old, new)

        self.call(change, self._changed, self._not_changed)

    def _changed(self, nothing: None) -> None:
        for line in (self.old, self.new, self.again):
            line.clear()
        self.ui.say(self.words("The passphrase is changed. The old one opens nothing any more."))

    def _not_changed(self, error: BaseException) -> None:
        message = message_for(error, self.words)
        code = getattr(error, "code", "")
        if code in ("wrong_passphrase", "wait_before_retry"):
            self._old_field.problem(message.happened)
        elif code == "passphrase_weak":
            self._new_field.problem(f"{message.happened} {message.do}")
        else:
            self.ui.trouble(error)

    # --- look and language ------------------------------------------------------------------------------------------

    def _look(self) -> QLayout:
        words = self.words
        wishes = (
            ("system", words("As this computer")),
            ("light", words("Light")),
            ("dark", words("Dark")),
            ("high_contrast", words("High contrast")),
        )
        themes = choices(wishes, look().wish, lambda value: self._window().choose_look(wish=value))
        sizes = tuple((str(size), f"{size} %") for size in (100, 125, 150, 200))
        scales = choices(
            sizes, str(round(look().scale * 100)), lambda value: self._window().choose_look(scale=int(value) / 100)
        )
        tongues = tuple((code, LANGUAGE_NAMES[code]) for code in LANGUAGES)
        languages = choices(tongues, words.language, self.ui.shell.speak)
        note = Label(
            words(
                "Questions are shown to participants in any language that their form has; this is the language of the program."
            ),
            "small",
            tone="ink2",
            wrap=True,
        )
        return column(
            heading(words("Look and language")),
            8,
            SectionHead(words("Colours")),
            themes,
            8,
            SectionHead(words("Size of the text")),
            scales,
            8,
            SectionHead(words("Language of the program")),
            languages,
            note,
            gap=8,
        )

    def _window(self) -> Any:
        return self.window()

    # --- about ------------------------------------------------------------------------------------------------------

    def _about(self) -> QLayout:
        words = self.words
        try:
            number = version("cmpp-desktop")
        except PackageNotFoundError:
            number = "?"
        lines = (
            words("Version {number}", number=number),
            words(
                "What caseworkers carry: screenings, sessions and dates, offline, encrypted on this "
                "laptop and until the reader’s."
            ),
            words("The server stores sealed packages. It cannot read a name, an A-number or a word of yours."),
            words("Dates are counted by rules and are not legal advice: confirm them with the attorney."),
            words(
                "Free software under the Apache License 2.0. Qt under the LGPL; letters: Noto Sans (OFL); icons: Lucide (ISC)."
            ),
        )
        labels = [Label(line, tone="ink2" if place else "ink", wrap=True) for place, line in enumerate(lines)]
        for label in labels:
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.dictionary = Button(
            words("Save the data dictionary"), icon="download",
            on=lambda: self.ui.go("form", form="export_dictionary", participant_id=None, record_id=None),
        )  # fmt: skip
        note = Label(words("It says what each field of an export means: no person is in it."), tone="ink2", wrap=True)
        about_data = (SectionHead(words("Data dictionary")), note, row(self.dictionary, None))
        return column(heading(words("About CMPP")), *labels, 8, *about_data, gap=8)
