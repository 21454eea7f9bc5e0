"""The records of one participant, by group: court, plan, referrals, help, documents. Enter opens the form of one; Add offers
all kinds that may be added."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtCore import QRect, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QMenu, QWidget

from cmpp_desktop.domain.entries import FileOf
from cmpp_desktop.domain.questions import ParticipantView
from cmpp_desktop.domain.work import Stored
from cmpp_desktop.ui.page import Page, Ui
from cmpp_desktop.ui.pages.command_forms import Offer, offered
from cmpp_desktop.ui.pages.documents_part import DocumentsPart
from cmpp_desktop.ui.pages.pdf_fetch import megabytes
from cmpp_desktop.ui.pages.record_model import GROUPS, ICONS, detail_of, group_name, title_of
from cmpp_desktop.ui.small_pictures import SmallPictures
from cmpp_desktop.ui.widgets import Button, EmptyState, Label, ListRow, RowBadge, RowButton, column, row, scrolled
from cmpp_desktop.ui.widgets.pictured import PicturedDelegate, PicturedRow
from cmpp_desktop.ui.widgets.streams import FittedRows, StreamRow
from cmpp_desktop.words import in_one
from cmpp_desktop.workspace.views_documents import DocumentHere, FileDocuments


def add_menu(parent: QWidget, ui: Ui, view: ParticipantView, chosen: Callable[[Offer], object]) -> QMenu:
    """The menu of everything that can be added or done in a file. It goes away by itself."""
    menu = QMenu(parent)
    menu.setAccessibleName(ui.words("Add"))
    for group, offers in offered(ui, view):
        part = menu if len(offers) == 1 else menu.addMenu(group)
        for offer in offers:
            part.addAction(offer.said, partial(chosen, offer))
    menu.aboutToHide.connect(menu.deleteLater)
    return menu


class RecordsTab(QWidget):
    """`opened(kind, id)`: a record is to be shown in its form. `add(offer)`: something new."""

    opened = Signal(str, object)
    add = Signal(object)

    def __init__(self, page: Page) -> None:
        super().__init__()
        self._page = page
        words = self._words = page.words
        self._participant: UUID | None = None
        self._view: ParticipantView | None = None
        self._found: Sequence[Stored[Any]] = ()
        self._here: dict[UUID, DocumentHere] = {}
        self.pictures = SmallPictures(page.ui, self)
        self.rows = FittedRows(words("Records"), PicturedDelegate(self.pictures.of, lead_width=0, top=6))
        self.pictures.came.connect(self.rows.viewport().update)
        self.rows.opened.connect(self._open)
        self.documents = DocumentsPart(page)
        self.documents.came.connect(self._ask)
        self.rows.pressed_button.connect(lambda id, button: self.documents.start((id[1],)))
        self.rows.key_map = {"D": self._fetch}
        self.add_button = Button(words("Add"), icon="plus", on=self.open_menu)
        self.empty = EmptyState(
            "folder-open", words("Nothing is recorded here yet"),
            words("Proceedings, applications, the plan, referrals and documents stand here once they are added."),
            Button(words("Add the first one"), kind="primary", on=self.open_menu),
        )  # fmt: skip
        self.closed = Label(
            words("There may be restricted records. This laptop does not hold them."), "small", tone="ink2", wrap=True
        )
        self.empty.hide()
        self.closed.hide()
        head = row(Label(words("Records"), "large", weight="semibold"), None, self.add_button, gap=8)
        inner = QWidget()
        inner.setLayout(column(head, self.documents, self.rows, self.empty, self.closed, None, gap=8, margins=(0, 12, 24, 16)))
        self.setLayout(column(scrolled(inner, words("Records"))))

    def show_person(self, view: ParticipantView) -> None:
        self._participant = view.participant.id
        self._view = view
        self.closed.setVisible(view.restricted_exists)
        self._ask()

    def hideEvent(self, event: QHideEvent) -> None:
        """No picture of a document stays in memory once somebody has gone elsewhere, hides the window or locks."""
        self.pictures.drop()
        super().hideEvent(event)

    def _ask(self) -> None:
        asked, door = self._participant, self._page.ui.door
        if asked is None:
            return
        kinds = tuple(kind for _, kinds in GROUPS for kind in kinds)
        self._page.call(
            lambda: (door.ask(FileOf(asked, kinds)), door.file_documents(asked)), lambda both: self._show(asked, *both)
        )

    def _show(self, asked: UUID, found: Sequence[Stored[Any]], file: FileDocuments) -> None:
        if asked != self._participant:
            return
        self._here = {one.id: one for one in file.documents}
        for id, one in self._here.items():
            if not one.whole:
                self.pictures.again(id)
        self.documents.show_file(asked, file)
        lines: list[ListRow] = []
        for group, kinds in GROUPS:
            here = [item for item in found if item.fields.kind in kinds]
            if here:
                name = group_name(group, self._words)
                lines.append(ListRow(id=f"head:{group}", title=name, head=True))
                lines += [self._line(item) for kind in kinds for item in reversed(here) if item.fields.kind == kind]
        self.rows.show_rows(lines)
        self.rows.setVisible(bool(lines))
        self.empty.setVisible(not lines)

    def _line(self, item: Stored[Any]) -> StreamRow:
        kind = item.fields.kind
        name = self._words.code("kind", kind)
        title = self._words("{label}: {value}", label=name, value=title_of(item.fields, self._words))
        detail = detail_of(item.fields, self._words)
        if item.id in self._here:
            return self._document(self._here[item.id], title, detail)
        return StreamRow(
            id=(kind, item.id), title=title, icon=ICONS.get(kind, "file"), what=detail, wrap=True,
            said=in_one((title, detail)),
        )  # fmt: skip

    def _document(self, one: DocumentHere, title: str, detail: str) -> PicturedRow:
        """With its picture; one that is not here with an icon, what it is like there, and *Fetch*."""
        words, id = self._words, ("attachment", one.id)
        if one.whole:
            return PicturedRow(
                id=id, title=title, icon="file", what=detail, wrap=True, said=in_one((title, detail)), pictured=one.id
            )
        where = words("not here yet, {size}", size=megabytes(one.size, words))
        fetch = (RowButton("fetch", words("Fetch"), "D"),) if one.travels else ()
        return PicturedRow(
            id=id, title=title, icon="download" if one.travels else "cloud-off", what=detail, wrap=True, buttons=fetch,
            said=in_one((title, detail, where)), badge=RowBadge(where, plain=True),
        )  # fmt: skip

    def _fetch(self, line: ListRow) -> None:
        if isinstance(line, PicturedRow) and line.buttons:
            self.documents.start((line.id[1],))

    def open_menu(self) -> None:
        """Everything that can be added, below the button."""
        if self._view is None:
            return
        menu = add_menu(self, self._page.ui, self._view, self.add.emit)
        menu.popup(self.add_button.mapToGlobal(QRect(self.add_button.rect()).bottomLeft()))
        if menu.actions():
            menu.setActiveAction(menu.actions()[0])

    def _open(self, line: ListRow) -> None:
        kind, id = line.id
        self.opened.emit(kind, id)
