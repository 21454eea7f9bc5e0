"""Keeping and destroying files: whose time has come, what is held by law, and the certificates; for administrators.

Enter on a file shows what would go and what stays, Enter on a certificate its paper. There is no way back from destroying: a
witness of the staff is named and a word is typed. Nothing restricted is counted, here or in the certificate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from PySide6.QtWidgets import QWidget

from cmpp_desktop.domain.entries import Records
from cmpp_desktop.domain.erasures import Erasure, erasure_words
from cmpp_desktop.domain.retention import (
    DestroyFile,
    DueFile,
    DueForDestruction,
    FileContents,
    LegalHold,
    LegalHolds,
    WhatGoes,
)
from cmpp_desktop.domain.work import Done, Stored
from cmpp_desktop.ui.page import Page, Ui
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import (
    Button,
    Field,
    Label,
    ListRow,
    SectionHead,
    TextField,
    column,
    heading,
    isolate,
    row,
    scrolled,
)
from cmpp_desktop.ui.widgets.combo import CodeCombo
from cmpp_desktop.ui.widgets.row_model import RowBadge
from cmpp_desktop.ui.widgets.streams import FittedRows, StreamDelegate, StreamRow
from cmpp_desktop.workspace import CertificateRequest


class RetentionPage(Page):
    """One page: three lists, and below the first of them the file that is about to be destroyed."""

    place = "retention"
    rail = "settings"
    kinds: ClassVar[frozenset[str]] = frozenset({"legal_hold", "destruction", "award", "case", "participant", "staff_member"})

    def __init__(self, ui: Ui) -> None:
        super().__init__(ui)
        words = self.words
        self._due: dict[Any, DueFile] = {}
        self._erasures: dict[Any, Erasure] = {}
        self._chosen: DueFile | None = None
        self.due = FittedRows(words("Files whose time has come"), StreamDelegate(lead_width=0, top=4))
        self.due.opened.connect(self._open)
        self.holds = FittedRows(words("Legal holds"), StreamDelegate(lead_width=120, top=4))
        self.holds.opened.connect(self._lift)
        self.certificates = FittedRows(words("Certificates of destruction"), StreamDelegate(lead_width=120, top=4))
        self.certificates.opened.connect(self._certificate)
        self.hold_award = Button(words("Hold a whole award"), icon="archive", on=partial(self._form, "hold_award", None))
        self.panel = self._panel()
        inner = QWidget()
        inner.setLayout(column(*self._parts(), None, gap=8, margins=(24, 16, 24, 16)))
        self.setLayout(column(scrolled(inner, self.title())))

    def _parts(self) -> list[Any]:
        words = self.words
        rule = words(
            "A file is kept for years after the final financial report of its award (2 CFR 200.334), longer under a legal hold."
        )
        return [
            heading(self.title()),
            Label(rule, tone="ink2", wrap=True),
            8, SectionHead(words("Files whose time has come")), self.due, self.panel,
            8, SectionHead(words("Legal holds")), row(self.hold_award, None), self.holds,
            8, SectionHead(words("Certificates of destruction")), self.certificates,
        ]  # fmt: skip

    def _panel(self) -> QWidget:
        words = self.words
        self.whose = Label("", "large")
        self.gone, self.stays = Label("", wrap=True), Label("", tone="ink2", wrap=True)
        self.witness = CodeCombo(self._witnesses(), None, empty=words("Nobody yet"))
        self.word = TextField()
        self._witness_field = Field(words("Witness"), self.witness, help=words("Somebody else of the staff who sees you do it."))
        self._word_field = Field(words("Type “{word}” here", word=self._typed()), self.word)
        note = words(
            "Every laptop takes it out of all answers and, once it has heard of it, keeps nothing of it. Sealed history from "
            "before, which nobody reads, goes when it is no longer kept. There is no way back."
        )
        self.final = Button(words("Destroy this file"), icon="trash-2", on=self._destroy)
        self.cancel = Button(words("Keep it"), kind="quiet", on=self._close)
        for field in (self._witness_field, self._word_field):
            field.setMaximumWidth(look().px(380))
        panel = QWidget()
        panel.setLayout(
            column(
                self.whose, self.gone, self.stays, Label(note, tone="ink2", wrap=True),
                self._witness_field, self._word_field, row(self.final, self.cancel, None, gap=8), gap=8,
            )
        )  # fmt: skip
        panel.hide()
        return panel

    def _witnesses(self) -> list[tuple[Any, str]]:
        me = self.ui.me
        return [(one.id, one.name) for one in me.staff if one.id != me.me.id] if me is not None else []

    def _typed(self) -> str:
        return self.words("destroy")

    # --- what a page is -------------------------------------------------------------------------------------------------

    def title(self) -> str:
        return self.words("Keeping and destroying files")

    def keys(self) -> tuple[tuple[str, str], ...]:
        return (("Up|Down", self.words("move")), ("Return", self.words("open")), ("Tab", self.words("next field")))

    def first_focus(self) -> QWidget | None:
        return self.due

    def show_for(self, **args: Any) -> None:
        self._close()
        self.reload()

    def reload(self) -> None:
        self.ask(DueForDestruction(self.ui.today()), self._show_due)
        self.ask(LegalHolds(lifted=True), self._show_holds)
        self.call(self.ui.door.erasures, self._show_erasures)

    # --- showing --------------------------------------------------------------------------------------------------------

    def _show_due(self, files: Sequence[DueFile]) -> None:
        self._due = {file.participant_id: file for file in files}
        if self._chosen is not None and self._due.get(self._chosen.participant_id) != self._chosen:
            self._close()
        rows: list[ListRow] = [self._due_row(file) for file in files]
        empty = self.words("None today. A file comes here when all its cases ended and its award’s time has passed.")
        self.due.show_rows(rows or [ListRow(title=empty, muted=True, icon="archive")])

    def _due_row(self, file: DueFile) -> StreamRow:
        words = self.words
        awards = ", ".join(isolate(number) for number in file.awards)
        until = words.short_date(file.kept_until, self.ui.today())
        why = words("Kept until {day}, by the final financial report of {awards}", day=until, awards=awards)
        held = RowBadge(words("Legal hold"), "soon") if file.held else None
        return StreamRow(id=file.participant_id, title=isolate(file.participant), details=(why,), badge=held, icon="archive")

    def _show_holds(self, holds: Sequence[LegalHold]) -> None:
        rows: list[ListRow] = [self._hold_row(one) for one in holds]
        empty = self.words("None. A person’s file is held from their page, a whole award from here.")
        self.holds.show_rows(rows or [ListRow(title=empty, muted=True, icon="archive")])

    def _hold_row(self, one: LegalHold) -> StreamRow:
        words, fields, today = self.words, one.hold.fields, self.ui.today()
        ended = fields.lifted_on is not None
        lifted = words("Lifted: {why}", why=fields.lifted_reason) if ended else ""
        return StreamRow(
            id=None if ended else one.hold.id,
            lead=words.short_date(fields.since, today),
            title=isolate(one.participant or fields.award),
            what=fields.reason,
            details=tuple(part for part in (lifted, one.set_by) if part),
            badge=RowBadge(words("Lifted"), "neutral") if ended else RowBadge(words("Stands"), "soon"),
            icon="archive",
        )

    def _show_erasures(self, erasures: Mapping[Any, Erasure]) -> None:
        self._erasures = dict(erasures)
        self.ask(Records("destruction"), self._show_certificates)

    def _show_certificates(self, found: Sequence[Stored[Any]]) -> None:
        rows: list[ListRow] = [self._certificate_row(item) for item in reversed(found)]
        empty = self.words("None yet. Each destroyed file leaves one: what went, why and who saw it, never whose it was.")
        self.certificates.show_rows(rows or [ListRow(title=empty, muted=True, icon="file-text")])

    def _certificate_row(self, item: Stored[Any]) -> StreamRow:
        words, fields = self.words, item.fields
        at = words.here(fields.destroyed_at).date()
        staff = {one.id: one.name for one in self.ui.me.staff} if self.ui.me is not None else {}
        who = ", ".join(name for name in (staff.get(fields.destroyed_by, ""), staff.get(fields.witness_id, "")) if name)
        return StreamRow(
            id=item.id,
            lead=words.short_date(at, self.ui.today()),
            title=words.plural("{n} record destroyed", "{n} records destroyed", sum(fields.counts.values())),
            what=who,
            details=tuple(part for part in (self._counted(fields.counts), *self._erasure(item.id), fields.ground) if part),
            icon="file-text",
        )

    def _erasure(self, certificate_id: Any) -> tuple[str, ...]:
        """What of the erasure is done, and what waits."""
        today = self.ui.today()
        return erasure_words(self._erasures.get(certificate_id), self.words, lambda day: self.words.short_date(day, today))

    def _counted(self, counts: Mapping[str, int]) -> str:
        return ", ".join(f"{self.words.code('kind', kind)}: {count}" for kind, count in counts.items())

    # --- doing ----------------------------------------------------------------------------------------------------------

    def _form(self, form: str, record_id: Any) -> None:
        self.ui.go("form", form=form, participant_id=None, record_id=record_id)

    def _lift(self, line: ListRow) -> None:
        if line.id is not None:
            self._form("lift_hold", line.id)

    def _certificate(self, line: ListRow) -> None:
        if line.id is not None:
            self.ui.go("pdf", request=CertificateRequest(line.id, self.words.language))

    def _open(self, line: ListRow) -> None:
        file = self._due.get(line.id)
        if file is None:
            return
        if file.held:
            self.ui.say(self.words("A legal hold stands on this file or its award."))
            return
        self.ask(WhatGoes(file.participant_id), partial(self._preview, file))

    def _preview(self, file: DueFile, contents: FileContents) -> None:
        words = self.words
        self._chosen = file
        self.whose.setText(words("The file of {who}", who=isolate(file.participant)))
        self.gone.setText(words("This goes: {what}", what=self._counted(contents.gone)))
        stays = self._counted(contents.stays)
        self.stays.setText(words("This stays in the files of others who were there: {what}", what=stays) if stays else "")
        self.stays.setVisible(bool(stays))
        self.word.clear()
        self.witness.set_choices(self._witnesses())
        self.panel.show()
        self.witness.setFocus()

    def _close(self) -> None:
        self._chosen = None
        self.word.clear()
        self.panel.hide()

    def _destroy(self) -> None:
        words, file, witness = self.words, self._chosen, self.witness.value()
        agreed = self.word.text().strip().casefold() == self._typed().casefold()
        self._witness_field.problem("" if witness else words("This is needed."))
        self._word_field.problem("" if agreed else words("Type the word, so that this does not happen by mistake."))
        if file is not None and witness and agreed:
            self.final.setEnabled(False)
            self.do(DestroyFile(file.participant_id, witness), self._destroyed, self._not_destroyed)

    def _destroyed(self, done: Done) -> None:
        self.final.setEnabled(True)
        self._close()
        self.ui.say(self.words("The file is destroyed. Its certificate is below."))
        self.reload()
        self.due.setFocus()

    def _not_destroyed(self, error: BaseException) -> None:
        self.final.setEnabled(True)
        self.ui.trouble(error)
