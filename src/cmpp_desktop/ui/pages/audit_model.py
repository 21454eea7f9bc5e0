"""Entries of the audit logs as rows, a page at a time as somebody comes to the end; and how a laptop's log stands, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, Qt, Signal

from cmpp_desktop.domain.audit_logs import AuditFilter, AuditRow, AuditTrail, AuditTrouble
from cmpp_desktop.ui.pages.forms_of_audit import laptop_called
from cmpp_desktop.ui.widgets import ROW, ListRow, RowBadge
from cmpp_desktop.ui.widgets.row_model import Index
from cmpp_desktop.ui.widgets.streams import StreamRow
from cmpp_desktop.words import Words, in_one
from cmpp_desktop.workspace import AuditLaptop
from cmpp_desktop.workspace.audit_words import action_called

PAGE = 100  # entries
QUIET_DAYS = 14  # without a word of a laptop, that somebody should look
Asking = Callable[[AuditTrail, Callable[[Any], None], Callable[[BaseException], None]], object]


class AuditModel(QAbstractListModel):
    """`ask(question, ok, fail)` fetches; `line(entry)` is the row. `came` after the first page."""

    came = Signal()
    failed = Signal(object)

    def __init__(self, ask: Asking, line: Callable[[AuditRow], ListRow], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ask, self._line = ask, line
        self._wanted: AuditFilter | None = None
        self._entries: list[AuditRow] = []
        self._rows: list[ListRow] = []
        self._asking, self._more = False, False

    def search(self, wanted: AuditFilter) -> None:
        """Starts again with other entries; what is shown stays until they are there."""
        self._wanted, self._asking, self._more = wanted, True, False
        self._ask(AuditTrail(PAGE, wanted), lambda page: self._first(wanted, page), lambda error: self._fail(wanted, error))

    @property
    def rows(self) -> tuple[ListRow, ...]:
        """Those that were fetched."""
        return tuple(self._rows)

    def _first(self, wanted: AuditFilter, page: tuple[AuditRow, ...]) -> None:
        if wanted is self._wanted:
            self.beginResetModel()
            self._entries, self._rows = list(page), [self._line(entry) for entry in page]
            self._asking, self._more = False, len(page) == PAGE
            self.endResetModel()
            self.came.emit()

    def _next(self, wanted: AuditFilter, page: tuple[AuditRow, ...]) -> None:
        if wanted is not self._wanted:
            return  # of what was looked at before
        self._asking, self._more = False, len(page) == PAGE
        if page:
            first = len(self._rows)
            self.beginInsertRows(QModelIndex(), first, first + len(page) - 1)
            self._entries += page
            self._rows += [self._line(entry) for entry in page]
            self.endInsertRows()

    def _fail(self, wanted: AuditFilter, error: BaseException) -> None:
        if wanted is self._wanted:  # a chain that does not hold is never shown as if it did
            self._first(wanted, ())
            self.failed.emit(error)

    def canFetchMore(self, parent: Index) -> bool:
        return self._more and not self._asking and not parent.isValid()

    def fetchMore(self, parent: Index) -> None:
        wanted = self._wanted
        if wanted is not None and self.canFetchMore(parent):
            self._asking = True
            question = AuditTrail(PAGE, wanted, self._entries[-1])
            self._ask(question, lambda page: self._next(wanted, page), lambda error: self._fail(wanted, error))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own signature
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if not 0 <= index.row() < len(self._rows):
            return None
        found = self._rows[index.row()]
        if role == ROW:
            return found
        return found.spoken if role == Qt.ItemDataRole.AccessibleTextRole else None


# --- words ----------------------------------------------------------------------------------------------------------------------


def entry_row(entry: AuditRow, words: Words, moment: Callable[[datetime], str], actions: Mapping[str, str]) -> StreamRow:
    """When, what, who and on which laptop; never about whom."""
    lead, what = moment(entry.at), action_called(actions, words, entry.action)
    kind = words("a restricted record") if entry.closed else words.code("kind", entry.subject_kind)
    title = words("{label}: {value}", label=what, value=kind) if kind else what
    who = ", ".join(part for part in (entry.who, entry.laptop) if part)
    return StreamRow(
        id=entry.key or entry.number, lead=lead, title=title, what=who, said=in_one((lead, what, kind, who)), icon="history"
    )


def laptop_row(laptop: AuditLaptop, words: Words, moment: Callable[[datetime], str], now: datetime) -> StreamRow:
    """How far its log was followed, and what is wrong with it."""
    title = laptop_called(laptop.name, laptop.person, words)
    told = [trouble_words(trouble, words, moment) for trouble in laptop.troubles]
    if laptop.heard_at is None:
        told.append(words("Nothing of its log has come yet."))
    else:
        count = words.plural("{n} entry in all", "{n} entries in all", laptop.entries)
        told.append(words("Last heard {when}: {count}.", count=count, when=moment(laptop.heard_at)))
    if laptop.silent and laptop.last_heard is not None:
        told.append(
            words(
                "Its records came until {when}, its log did not: it runs an older version, or somebody keeps the log back.",
                when=moment(laptop.last_heard),
            )
        )
    badge = standing(laptop, words, now)
    what = " ".join(told)
    return StreamRow(
        id=laptop.device_id, title=title, what=what, wrap=True, badge=badge, icon="laptop",
        said=in_one((title, badge.text, what)),
    )  # fmt: skip


def standing(laptop: AuditLaptop, words: Words, now: datetime) -> RowBadge:
    """In a word or two, and the state of its badge."""
    if laptop.troubles:
        return RowBadge(words("Not in order"), "overdue")
    if laptop.silent:
        return RowBadge(words("Its log is missing"), "warning")
    if laptop.state in ("revoked", "retired", "replaced"):
        return RowBadge(words("Ended"), "done")
    if laptop.heard_at is None:
        return RowBadge(words("Not heard yet"), "soon")
    quiet = (now - laptop.heard_at) // timedelta(days=1)
    if quiet >= QUIET_DAYS:
        return RowBadge(words.plural("Nothing for {n} day", "Nothing for {n} days", quiet), "soon")
    return RowBadge(words("In order"), "done")


def trouble_words(trouble: AuditTrouble, words: Words, moment: Callable[[datetime], str]) -> str:
    """What is wrong, by the number of the entry."""
    n, when = trouble.number, moment(trouble.heard_at)
    return {
        "gap": words("Entries are missing from number {n} on (heard {when}).", n=n, when=when),
        "changed": words(
            "From entry {n} on it is not what had been sent: it was changed, or an older copy was put back (heard {when}).",
            n=n, when=when,
        ),
        "cut": words("Entry {n} and what came after it were cut off (heard {when}).", n=n, when=when),
        "unreadable": words("What came after entry {n} could not be read (heard {when}).", n=n - 1, when=when),
    }[trouble.code]  # fmt: skip

