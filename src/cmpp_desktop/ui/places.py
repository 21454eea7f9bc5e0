"""The places of the program: which page is behind which name, and which of them stand in the rail.

A place whose page is not part of this version is not shown anywhere. Pages are imported when they are first needed.
"""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass

from cmpp_desktop.ui.page import Page
from cmpp_desktop.words import Words


@dataclass(frozen=True)
class PlaceInfo:
    """`roles` empty: for everybody."""

    name: str
    module: str
    page: str
    icon: str = ""
    rail: bool = False
    roles: frozenset[str] = frozenset()

    @property
    def exists(self) -> bool:
        return importlib.util.find_spec(self.module) is not None

    def load(self) -> type[Page]:
        """Imports the page. Quick after `warm_next` has come to it."""
        found = getattr(importlib.import_module(self.module), self.page)
        assert isinstance(found, type)
        assert issubclass(found, Page)
        return found


_PAGES = "cmpp_desktop.ui.pages."
REVIEWERS = frozenset({"supervisor", "administrator"})
ADMINISTRATORS = frozenset({"administrator"})
READERS = frozenset({"board_reader", "administrator"})
PLACES: tuple[PlaceInfo, ...] = (
    PlaceInfo("today", _PAGES + "today", "TodayPage", "sun", rail=True),
    PlaceInfo("people", _PAGES + "people", "PeoplePage", "users", rail=True),
    PlaceInfo("calendar", _PAGES + "calendar", "CalendarPage", "calendar", rail=True),
    PlaceInfo("groups", _PAGES + "groups", "GroupsPage", "presentation", rail=True),
    PlaceInfo("directory", _PAGES + "directory", "DirectoryPage", "book-open", rail=True),
    PlaceInfo("review", _PAGES + "review", "ReviewPage", "clipboard-check", rail=True, roles=REVIEWERS),
    PlaceInfo("caseload", _PAGES + "caseload", "CaseloadPage", "scale", rail=True, roles=REVIEWERS),
    PlaceInfo("ledger", _PAGES + "ledger", "LedgerPage", "badge-dollar-sign", rail=True),
    PlaceInfo("reports", _PAGES + "reports", "ReportsPage", "chart-column", rail=True),
    PlaceInfo("reports_received", _PAGES + "reports_received", "ReportsReceivedPage", "file-text", rail=True, roles=READERS),
    PlaceInfo("audit", _PAGES + "audit", "AuditPage", "history", rail=True, roles=ADMINISTRATORS),
    PlaceInfo("settings", _PAGES + "settings", "SettingsPage", "settings", rail=True),
    PlaceInfo("someone_new", _PAGES + "someone_new", "SomeoneNewPage", "user-plus"),
    PlaceInfo("participant", _PAGES + "participant", "ParticipantPage", "user"),
    PlaceInfo("screening", _PAGES + "screening", "ScreeningPage", "clipboard-list"),
    PlaceInfo("session", _PAGES + "session", "SessionPage", "messages-square"),
    PlaceInfo("form", _PAGES + "record_form", "FormPage", "file-plus"),
    PlaceInfo("merge", _PAGES + "merge", "MergePage", "merge"),
    PlaceInfo("deadlines", _PAGES + "deadlines", "DeadlinesPage", "file-clock"),
    PlaceInfo("import", _PAGES + "bring_in", "BringInPage", "upload"),
    PlaceInfo("directory_import", _PAGES + "directory_import", "DirectoryImportPage", "upload"),
    PlaceInfo("rules", _PAGES + "rules", "RulesPage", "gavel", roles=ADMINISTRATORS),
    PlaceInfo("retention", _PAGES + "retention", "RetentionPage", "archive", roles=ADMINISTRATORS),
    PlaceInfo("conflict", _PAGES + "conflict", "ConflictPage", "git-compare"),
    PlaceInfo("sync", _PAGES + "sync_panel", "SyncPage", "refresh-cw"),
    PlaceInfo("pdf", _PAGES + "pdf_preview", "PdfPreviewPage", "file-text"),
)


def place(name: str) -> PlaceInfo:
    return next(item for item in PLACES if item.name == name)


def in_rail(role: str) -> tuple[PlaceInfo, ...]:
    """What the rail shows to somebody of this role, in order."""
    return tuple(item for item in PLACES if item.rail and item.exists and (not item.roles or role in item.roles))


def label(name: str, words: Words) -> str:
    """What a place of the rail is called."""
    return {
        "today": words("Today"),
        "people": words("People"),
        "calendar": words("Calendar"),
        "groups": words("Groups"),
        "directory": words("Directory"),
        "review": words("Review"),
        "caseload": words("Caseloads"),
        "ledger": words("Time and help"),
        "reports": words("Reports"),
        "reports_received": words("For the Board"),
        "audit": words("Audit log"),
        "settings": words("Settings"),
        "sync": words("What was sent and what came in"),
        "someone_new": words("Someone new"),
        "conflict": words("Two versions"),
    }.get(name, name)


def warm_next(left: list[str]) -> None:
    """Imports one more page, on the window thread, while nobody needs it; the caller comes again while `left` has some."""
    if left:
        importlib.import_module(left.pop(0))


def to_warm() -> list[str]:
    """The modules of the pages that are there, in the order in which they are likely to be opened."""
    return [item.module for item in PLACES if item.exists]
