"""The door to everything that has no window: unlock, do, ask, interview, sync, report, lock.

The window, the tests, the command line and scripts all come in here. Every method may be called from any thread but the
window's; one lock makes them take turns at the store, and the network is never waited for while it is held. Methods
raise `KnownError` with a code that `ui/messages` turns into words. The rooms behind are imported when they are needed: the unlock
page shows before them.
"""

from __future__ import annotations

import importlib

from cmpp_desktop.sync.folder_report import FolderDocuments, FolderReport
from cmpp_desktop.workspace.bringing_in import BringingIn
from cmpp_desktop.workspace.drafting import Drafting
from cmpp_desktop.workspace.exchanging import Exchanging
from cmpp_desktop.workspace.networking import Networking
from cmpp_desktop.workspace.opening import Opening
from cmpp_desktop.workspace.paperwork import Paperwork
from cmpp_desktop.workspace.views import (
    Access,
    AdministratorRow,
    ArrivedItem,
    AttachmentRequest,
    BranchLine,
    BranchView,
    CaseSummaryRequest,
    CertificateRequest,
    DeviceRow,
    DocumentsSent,
    FetchedInvitation,
    ForkView,
    Founding,
    Greeting,
    HeldWork,
    InvitationFile,
    InvitationInfo,
    InvitationSheetRequest,
    LaptopSeen,
    LeftInvitation,
    LookedAt,
    MemberRow,
    OpenInterview,
    OpenInvitation,
    Paper,
    PaperRequest,
    RecoveryKitRequest,
    ScreeningRequest,
    SealedInvitation,
    SecretPlace,
    SessionNoteRequest,
    ShutOut,
    SnapshotKnown,
    State,
    Strength,
    SyncStatus,
    SyncWord,
    TeamAccess,
    WaitingItem,
    WithoutServer,
)
from cmpp_desktop.workspace.views_drops import AuditLaptop, ReceivedReport
from cmpp_desktop.workspace.views_network import DocumentsRule, NetworkView

__all__ = [
    "Workspace",
    "Access",
    "AdministratorRow",
    "ArrivedItem",
    "AttachmentRequest",
    "AuditLaptop",
    "BranchLine",
    "BranchView",
    "CaseSummaryRequest",
    "CertificateRequest",
    "DeviceRow",
    "DocumentsRule",
    "DocumentsSent",
    "FetchedInvitation",
    "FolderDocuments",
    "FolderReport",
    "ForkView",
    "Founding",
    "Greeting",
    "HeldWork",
    "InvitationFile",
    "InvitationInfo",
    "LaptopSeen",
    "LookedAt",
    "InvitationSheetRequest",
    "LeftInvitation",
    "MemberRow",
    "NetworkView",
    "OpenInterview",
    "OpenInvitation",
    "Paper",
    "PaperRequest",
    "ReceivedReport",
    "RecoveryKitRequest",
    "ScreeningRequest",
    "SealedInvitation",
    "SecretPlace",
    "SessionNoteRequest",
    "ShutOut",
    "SnapshotKnown",
    "State",
    "Strength",
    "SyncStatus",
    "SyncWord",
    "TeamAccess",
    "WaitingItem",
    "WithoutServer",
]


def warm() -> None:
    """Imports what unlocking and Today need, and works out what is the same for every store, so that neither waits for it.

    Nothing of PySide6 is imported here, or may be: its modules crash the process, now and then, when another thread than the
    window's loads them while the window is at work."""
    # `profile` first and in one go: an `unlock` beside this waits for it, and imports nothing else.
    for room in ("workspace.profile", "store.queries", "workspace.interviews"):
        importlib.import_module(f"cmpp_desktop.{room}")
    from cmpp_desktop.store.state import column_defaults

    column_defaults()


def warm_more() -> None:
    """The same for the work after that: questionnaires and the network."""
    for room in ("forms", "sync.transport"):
        importlib.import_module(f"cmpp_desktop.{room}")


class Workspace(Opening, Drafting, Exchanging, Networking, Paperwork, BringingIn):
    """One profile folder: at first nothing (`new`), then a sealed store (`locked`), then open work (`open`). What it does is
    in its parts, by subject; all of them stand on `core.Core`."""
