"""Who was at a group session, with the key of each attendance; and the group sessions that somebody held lately."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from cmpp_desktop.domain.questions import GroupRow, SessionView
from cmpp_desktop.domain.records import When
from cmpp_desktop.domain.sessions import PROTECTED_SERVICES, GroupContent, ServiceSessionFields
from cmpp_desktop.ui.page import Page
from cmpp_desktop.ui.pages.record_model import Item
from cmpp_desktop.ui.widgets import RowBadge, SectionHead, column
from cmpp_desktop.ui.widgets.streams import FittedRows, StreamDelegate, StreamRow
from cmpp_desktop.words import Words

KEYS = (("P", "present"), ("L", "late"), ("A", "absent"), ("E", "excused"))
DRAFT_KEY = "group:"


@dataclass(frozen=True, slots=True)
class There:
    """Somebody of the group."""

    id: UUID
    name: str
    attendance: str = "present"
    note: str = ""


class Roster(FittedRows):
    """Delete takes the current one out."""

    def __init__(self, name: str, remove: Any) -> None:
        super().__init__(name, StreamDelegate(lead_width=0, top=4))
        self._remove = remove

    def keyPressEvent(self, event: QKeyEvent) -> None:
        line = self.current_row()
        if event.key() == Qt.Key.Key_Delete and line is not None:
            self._remove(line)
        else:
            super().keyPressEvent(event)


class Lately(QWidget):
    """`opened(id, settled)`: one of them was chosen; a settled one is signed, and can only be added to."""

    opened = Signal(object, bool)

    def __init__(self, page: Page) -> None:
        super().__init__()
        self._page = page
        words = page.words
        self.rows = FittedRows(words("Group sessions lately"), StreamDelegate(lead_width=96, top=4))
        self.rows.opened.connect(lambda line: self.opened.emit(*line.id))
        self.setLayout(column(SectionHead(words("Group sessions lately")), self.rows, gap=4))
        self.hide()

    def show_sessions(self, found: Sequence[GroupRow]) -> None:
        words, today = self._page.words, self._page.ui.today()
        self.rows.show_rows(
            [
                StreamRow(
                    id=(one.id, one.status in ("signed", "amended")), title=one.topic, icon="presentation",
                    lead=words.short_date(one.when.day, today),
                    details=(words.plural("{n} person", "{n} people", one.people),),
                    badge=RowBadge(words.code("document_status", one.status), "warning", plain=one.status != "returned"),
                )
                for one in found
            ]
        )  # fmt: skip
        self.setVisible(bool(found))


def asked_of_a_group(words: Words, now: datetime, zone: str) -> tuple[Item, ...]:
    """The fields of the page."""

    def label(name: str) -> str:
        return words.field("service_session", name)

    return (
        Item("topic", "line", label("topic"), True, most=200),
        Item("services", "codes", label("services"), True, ["legal_orientation_group"], "service", but=PROTECTED_SERVICES),
        Item("when", "when", label("when"), True, When(day=now.date(), at=None, zone=zone)),
        Item("minutes", "number", label("minutes"), True, 60),
        Item("place", "code", label("place"), default="office", codes="place"),
        Item("language", "code", label("language"), default="es", codes="language"),
        Item("others_present", "number", label("others_present"), default=0),
        Item("narrative", "text", words("What was done"), True, help=words("It goes into everybody’s file: name nobody.")),
    )


def people_of(view: SessionView) -> dict[UUID, There]:
    """Who was at a group session that is a record already."""
    return {id: There(id, name, attendance) for id, name, attendance in view.attendees}


def content_of(values: Mapping[str, Any], people: Iterable[There], held: ServiceSessionFields | None) -> GroupContent:
    """The command's content; what the page does not ask for stays as it is in the record (`held`)."""
    everybody = tuple(people)
    kept = {name: getattr(held, name) for name in ("mode", "place_note", "interpreter", "award", "staff_minutes")} if held else {}
    return GroupContent(
        tuple(values["services"]), values["topic"], values["when"], values["minutes"], values["narrative"],
        tuple((one.id, one.attendance) for one in everybody),
        tuple((one.id, one.note.strip()) for one in everybody if one.note.strip()),
        values["others_present"] or 0, place=values["place"], language=values["language"], **kept,
    )  # fmt: skip
