"""What can be added or done in a file, and where an entry of it leads: the menu, Ctrl+K, and Enter in the lists."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from PySide6.QtCore import QRect

from cmpp_desktop.domain.dispatch import PLAIN
from cmpp_desktop.domain.questions import ParticipantView
from cmpp_desktop.ui.pages.command_forms import MERGE, OPENS, Offer, offered
from cmpp_desktop.ui.pages.participant_records import add_menu
from cmpp_desktop.ui.pages.record_model import GROUPS, ICONS
from cmpp_desktop.workspace import ScreeningRequest

if TYPE_CHECKING:
    from cmpp_desktop.ui.pages.participant import ParticipantPage

RECORD_KINDS = tuple(kind for _, kinds in GROUPS for kind in kinds)
READ_IN_STREAM = frozenset({"note", "amendment", "disclosure", "transfer"})


class Doings:
    """Of one participant's page."""

    def __init__(self, page: ParticipantPage) -> None:
        self._page = page

    def open_menu(self, view: ParticipantView) -> None:
        """The menu of everything that can be added, below its button."""
        page = self._page
        menu = add_menu(page, page.ui, view, self.add)
        menu.popup(page.add_button.mapToGlobal(QRect(page.add_button.rect()).bottomLeft()))
        if menu.actions():
            menu.setActiveAction(menu.actions()[0])

    def all(self, view: ParticipantView) -> tuple[tuple[str, str, Callable[[], object]], ...]:
        """The same for Ctrl+K: (words, icon, what it does)."""
        words = self._page.words
        offers = [offer for _, offers in offered(self._page.ui, view) for offer in offers]
        found = partial(self._page.ui.go, "directory", participant_id=self._page.participant_id)
        return (
            *(
                (words("Add: {what}", what=offer.said), ICONS.get(offer.form, "plus"), partial(self.add, offer))
                for offer in offers
            ),
            (words("Find a service in the directory"), "book-open", found),
        )

    def add(self, offer: Offer) -> None:
        if offer.form == MERGE:
            self._page.ui.go("merge", participant_id=self._page.participant_id)
        else:
            self.open_form(offer.form, offer.record_id)

    def open_form(self, form: str, record_id: UUID | None) -> None:
        about = self._page.participant_id
        if about is not None:
            self._page.ui.go("form", form=form, participant_id=about, record_id=record_id)

    def show_found(self, kind: str, entry_id: UUID, text: str) -> None:
        """Shows what was found by its words: a note and the like in the stream, narrowed to those words; all else where it is."""
        page = self._page
        if kind == "household":
            page.tabs.choose("family")
        elif kind in READ_IN_STREAM or kind not in (*OPENS, *PLAIN, *RECORD_KINDS, "obligation", "consent", "case"):
            page.tabs.choose("timeline")
            page.timeline.search.setText(text)
            page.timeline.rows.setFocus()
        else:
            self.open_entry(kind, entry_id)

    def open_entry(self, kind: str, entry_id: UUID) -> None:
        """Where an entry of the stream or a record leads."""
        page = self._page
        if kind == "session":
            page.ui.go("session", session_id=entry_id)
        elif kind == "screening":
            page.ui.go("pdf", request=ScreeningRequest(entry_id, page.words.language))
        elif kind == "obligation":
            page.tabs.choose("case")
            page.case.rows.choose(entry_id)
            page.case.rows.setFocus()
        elif kind in ("address", "consent", "case"):
            page.tabs.choose("family" if kind == "address" else kind)
        elif kind in OPENS or kind in PLAIN:
            self.open_form(OPENS.get(kind, kind), entry_id)
        elif kind in RECORD_KINDS:
            page.tabs.choose("records")
            page.records.rows.choose((kind, entry_id))
            page.records.rows.setFocus()
