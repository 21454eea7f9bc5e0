"""The door to everything that has no window: unlock, do, ask, interview, sync, report, lock.

The window, the tests, the command line and scripts all come in here. Every method may be called from any thread but the
window's; one lock makes them take turns at the store, and the network is never waited for while it is held. Methods
raise `KnownError` with a code that `ui/messages` turns into words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from cmpp_desktop.changes import HERE, Bus
from cmpp_desktop.domain.questions import Draft, Question
from cmpp_desktop.domain.work import Command, Done, Role
from cmpp_desktop.errors import BugError
from cmpp_desktop.workspace.views import (
    Access,
    ArrivedItem,
    CaseSummaryRequest,
    DeviceRow,
    Founding,
    Greeting,
    InvitationFile,
    InvitationInfo,
    OpenInterview,
    OpenInvitation,
    Paper,
    PaperRequest,
    ScreeningRequest,
    SecretPlace,
    SessionNoteRequest,
    State,
    Strength,
    SyncStatus,
    SyncWord,
    WaitingItem,
)

if TYPE_CHECKING:
    from cmpp_desktop.forms import Changes

A = TypeVar("A")

__all__ = [
    "Workspace",
    "Access",
    "ArrivedItem",
    "CaseSummaryRequest",
    "DeviceRow",
    "Founding",
    "Greeting",
    "InvitationFile",
    "InvitationInfo",
    "OpenInterview",
    "OpenInvitation",
    "Paper",
    "PaperRequest",
    "ScreeningRequest",
    "SecretPlace",
    "SessionNoteRequest",
    "State",
    "Strength",
    "SyncStatus",
    "SyncWord",
    "WaitingItem",
]


class Workspace:
    """One profile folder: at first nothing (`new`), then a sealed store (`locked`), then open work (`open`)."""

    changed: Bus

    # --- before it is open -------------------------------------------------------------------------------------------

    def state(self) -> State:
        raise BugError("door")

    def greeting(self) -> Greeting:
        raise BugError("door")

    def secret_place(self) -> SecretPlace:
        """Where the device secret will be, or is: the system's keyring, or a file that only this user may read."""
        raise BugError("door")

    def passphrase_strength(self, text: str) -> Strength:
        raise BugError("door")

    def read_invitation(self, data: bytes) -> InvitationInfo:
        """Raises invitation_unreadable, invitation_expired."""
        raise BugError("door")

    def enrol(self, data: bytes, laptop: str, passphrase: str) -> None:
        """Makes the store and opens it. Works without a network: the server hears of it at the first exchange."""
        raise BugError("door")

    def found(self, founding: Founding) -> str:
        """Starts an organisation and opens it. Returns the recovery kit's words: shown once, stored nowhere."""
        raise BugError("door")

    def unlock(self, passphrase: str) -> None:
        """Raises wrong_passphrase (facts wait_seconds), wait_before_retry, keyring_missing, store_damaged, store_newer…"""
        raise BugError("door")

    def lock(self) -> None:
        """Closes the store and forgets every key. Harmless when locked."""
        raise BugError("door")

    def change_passphrase(self, old: str, new: str) -> None:
        raise BugError("door")

    # --- work ------------------------------------------------------------------------------------------------------------

    def do(self, command: Command, origin: str = HERE) -> Done:
        """Carries a command out, durably, then publishes what changed."""
        raise BugError("door")

    def ask(self, question: Question[A]) -> A:
        raise BugError("door")

    def note_access(self, action: str, subject_kind: str, subject_id: UUID | None, **facts: str | int) -> None:
        """Writes into the audit log that something was looked at, printed or exported."""
        raise BugError("door")

    # --- drafts and interviews ----------------------------------------------------------------------------------------------

    def save_draft(self, key: str, body: bytes, *, title: str, participant_id: UUID | None, words: int = 0) -> None:
        """Durable on return. Drafts stay on this laptop."""
        raise BugError("door")

    def draft(self, key: str) -> Draft | None:
        raise BugError("door")

    def discard_draft(self, key: str) -> None:
        raise BugError("door")

    def import_instrument(self, data: bytes, file_name: str) -> Any:
        """An XLSForm → Converted. Raises InstrumentRefused with the places of what is wrong."""
        raise BugError("door")

    def start_interview(
        self, participant_id: UUID, instrument_id: UUID, *, language: str, interpreter: str = "", alone: str = "unknown"
    ) -> OpenInterview:
        raise BugError("door")

    def resume_interview(self, interview_id: UUID) -> OpenInterview:
        """Everything up to the last answer, at the same question. Raises record_missing."""
        raise BugError("door")

    def save_interview(self, held: OpenInterview, changes: Changes | None = None) -> tuple[str, ...]:
        """Keeps it as it is now, and makes the tasks of alerts that were raised. Returns the names of new alerts."""
        raise BugError("door")

    def finish_interview(
        self, held: OpenInterview, *, signature: Sequence[Sequence[int]] = (), typed: str = "", origin: str = HERE
    ) -> Done:
        """Signs it; the draft is gone afterwards. Raises interview_incomplete with the refs that are missing."""
        raise BugError("door")

    # --- sync, people and laptops ---------------------------------------------------------------------------------------------

    def sync_status(self) -> SyncStatus:
        raise BugError("door")

    def sync_now(self, progress: Callable[[int, int], None] | None = None) -> SyncStatus:
        """One exchange (more while there is more). Never raises for the network: the status says what happened."""
        raise BugError("door")

    def access(self) -> Access:
        raise BugError("door")

    def invite(self, person: str, role: Role, team_id: UUID, *, restricted: bool = True, days: int = 7) -> InvitationFile:
        """Needs the server's acknowledgement before the file is given out. Raises server_unreachable, not_allowed."""
        raise BugError("door")

    def confirm_device(self, device_id: str) -> None:
        """An administrator has compared the six digits by voice, and they match. Raises not_allowed, server_unreachable."""
        raise BugError("door")

    def own_code(self) -> str:
        """This laptop's six digits ("418207"), or "" once they were compared."""
        raise BugError("door")

    def recent_people(self) -> tuple[UUID, ...]:
        """Participants opened lately on this laptop since it was unlocked, newest first."""
        raise BugError("door")

    # --- papers ---------------------------------------------------------------------------------------------------------------

    def paper(self, request: PaperRequest) -> Paper:
        """Renders a PDF in memory and writes into the audit log that it was made."""
        raise BugError("door")

    def save_paper(self, paper: Paper, path: Path, *, reason: str, password: str = "") -> None:
        """Writes it where the person asked; logs that it left the store and why. Raises file_not_written."""
        raise BugError("door")

    def today(self) -> date:
        """The day it is here."""
        raise BugError("door")

    def now(self) -> datetime:
        raise BugError("door")

    def close(self) -> None:
        """Locks and lets the profile go."""
        raise BugError("door")
