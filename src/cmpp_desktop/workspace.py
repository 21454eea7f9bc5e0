"""The door to everything that has no window: unlock, do, ask, interview, sync, report, lock.

The window, the tests, the command line and scripts all come in here. Every method may be called from any thread but the
window's; one lock makes them take turns at the store, and the network is never waited for while it is held. Methods
raise `KnownError` with a code that `ui/messages` turns into words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, TypeVar
from uuid import UUID

from cmpp_desktop.changes import HERE, Bus
from cmpp_desktop.domain.questions import Draft, InstrumentRow, Question
from cmpp_desktop.domain.work import Command, Done, Role
from cmpp_desktop.errors import BugError
from cmpp_desktop.forms import Changes, Interview

A = TypeVar("A")

State = Literal["new", "locked", "open"]
SyncWord = Literal["sent", "sending", "offline", "to_settle", "set_aside", "update", "refused"]
SecretPlace = Literal["keyring", "file"]


@dataclass(frozen=True)
class Greeting:
    """What the unlock page may say before anything is open: staff and laptop names, never a participant's."""

    person: str
    laptop: str
    organisation: str
    wait_seconds: int = 0  # until the next try is allowed
    secret_place: SecretPlace = "keyring"


@dataclass(frozen=True)
class InvitationInfo:
    """What an invitation file says, before it is accepted."""

    organisation: str
    person: str
    invited_by: str
    role: Role
    team: str
    server: str
    expires_at: datetime


@dataclass(frozen=True)
class Founding:
    """A new organisation: its name, the first administrator, the first team, the server (https, or http on this machine)."""

    organisation: str
    person: str
    team: str
    server: str
    laptop: str
    passphrase: str


@dataclass(frozen=True)
class Strength:
    """Of a passphrase: 0 to 4 (3 is enough), and a code of what would help ("" for nothing)."""

    score: int
    advice: str = ""


@dataclass(frozen=True)
class WaitingItem:
    """Something written here that the server has not acknowledged yet."""

    kind: str
    participant: str
    at: datetime


@dataclass(frozen=True)
class ArrivedItem:
    """Something that others wrote and that came in."""

    kind: str
    verb: str  # "added", "changed", "signed", "returned", "deleted"
    participant_id: UUID | None
    participant: str
    who: str
    at: datetime


@dataclass(frozen=True)
class SyncStatus:
    """How it stands, for the corner and the panel. `problem`: an error code of the last try, or None."""

    word: SyncWord
    waiting: int = 0
    waiting_items: tuple[WaitingItem, ...] = ()
    arrived: tuple[ArrivedItem, ...] = ()
    conflicts: int = 0
    set_aside: int = 0
    last_heard: datetime | None = None
    problem: str | None = None
    server: str = ""


@dataclass(frozen=True)
class DeviceRow:
    """A laptop of the organisation. `state`: in_use, this_one, compare_code, revoked, retired. `code`: the six digits
    that its user reads out while an administrator compares them; until then it opens nothing restricted."""

    device_id: str  # hex
    name: str
    person: str
    member_id: UUID
    role: Role
    state: str
    code: str = ""


@dataclass(frozen=True)
class OpenInvitation:
    invitation_id: str  # hex
    person: str
    role: Role
    team: str
    expires_at: datetime


@dataclass(frozen=True)
class Access:
    """Who may open this organisation's records."""

    devices: tuple[DeviceRow, ...]
    invitations: tuple[OpenInvitation, ...]


@dataclass(frozen=True)
class InvitationFile:
    """To be handed over in person. Whoever has it can join once."""

    file_name: str
    data: bytes
    expires_at: datetime


@dataclass(frozen=True)
class CaseSummaryRequest:
    participant_id: UUID
    purpose: str = ""
    language: str = "en"


@dataclass(frozen=True)
class SessionNoteRequest:
    session_id: UUID
    language: str = "en"


@dataclass(frozen=True)
class ScreeningRequest:
    """`side_by_side`: also the participant's language."""

    screening_id: UUID
    language: str = "en"
    side_by_side: bool = True


PaperRequest = CaseSummaryRequest | SessionNoteRequest | ScreeningRequest


@dataclass(frozen=True)
class Paper:
    """A finished PDF, in memory only until the person saves or prints it."""

    title: str
    file_name: str  # without a name or number of anybody
    pdf: bytes
    pages: int


@dataclass
class OpenInterview:
    """An interview that is being held. `interview` is answered on the window thread (under a millisecond a question);
    `save_interview` keeps it. `alone` etc. describe the conversation (Administration)."""

    id: UUID
    participant_id: UUID
    participant: str
    instrument: InstrumentRow
    interview: Interview
    language: str
    interpreter: str = ""
    alone: str = "unknown"
    interpreter_unrelated: str = "unknown"
    stops: int = 0
    raised: set[str] = field(default_factory=set)  # names of alerts that have their task already

    @property
    def draft_key(self) -> str:
        return f"interview:{self.id}"


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
