"""What goes through the door besides commands and questions: frozen values for the window and the command line."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from cmpp_desktop.workspace.views_alone import LaptopSeen as LaptopSeen
from cmpp_desktop.workspace.views_alone import WithoutServer as WithoutServer

if TYPE_CHECKING:  # the unlock page shows before the records and the forms are needed
    from cmpp_desktop.domain.questions import InstrumentRow
    from cmpp_desktop.domain.work import Role
    from cmpp_desktop.forms import Interview

State = Literal["new", "locked", "open"]
SyncWord = Literal[
    "sent", "sending", "offline", "to_settle", "set_aside", "update", "refused", "to_stick", "on_stick", "passed_on"
]
SecretPlace = Literal["keyring", "file"]
ShutOut = Literal["", "revoked", "retired"]  # closed by an administrator; has left
InvitationState = Literal["open", "used", "expired", "closed"]


@dataclass(frozen=True)
class Greeting:
    """What the unlock page may say before anything is open: staff and laptop names, never a participant's."""

    person: str
    laptop: str
    organisation: str
    wait_seconds: int = 0  # until the next try is allowed
    secret_place: SecretPlace = "keyring"
    shut: ShutOut = ""  # why no passphrase opens this laptop any more


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
class BranchLine:
    """One entry of a list of who may open the records: `what` is its type in the protocol, `about` and `by` are names, or ""
    where nothing that says them has come here; `at`: by the clock of who made it."""

    what: str
    about: str
    by: str
    at: datetime


@dataclass(frozen=True)
class BranchView:
    """One of two such lists, from where they part. `shut_out`: laptops that this one closed and the other did not; `came_in`:
    those that came in on it alone; `mine`: this laptop is an administrator's on it."""

    lines: tuple[BranchLine, ...]
    shut_out: tuple[str, ...]
    came_in: tuple[str, ...]
    mine: bool


@dataclass(frozen=True)
class ForkView:
    """This laptop's list and the server's; which is recommended; and how many kits it takes to choose (1, or 2 where one of the
    lists has a newer one)."""

    here: BranchView
    server: BranchView
    recommended: Literal["here", "server"]
    kits: int


@dataclass(frozen=True)
class AdministratorRow:
    """Somebody whose place a laptop with the recovery kit can take; their name is in records that nobody has opened yet. `since`:
    when they became an administrator; `laptop_since`: when the newest of their laptops came in; `collections`: how many
    they may open."""

    member_id: UUID
    since: datetime
    laptop_since: datetime
    collections: int


@dataclass(frozen=True)
class Founding:
    """A new organisation: its name, the first administrator, the first team, the server (https, or http on this machine), and
    the zone in which its days begin (IANA name; None: the usual one)."""

    organisation: str
    person: str
    team: str
    server: str
    laptop: str
    passphrase: str
    zone: str | None = None


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
class HeldWork:
    """Work of one laptop that came and does not count, until somebody decides it. `key` names it for the workspace. `why`: fence
    (it came after the laptop was closed, or lost a right), fork (another copy of that laptop was faster), or another code.
    `about`: names of participants; `kinds`: kinds of records and how many; `changes`: how many savings."""

    key: str
    person: str
    laptop: str
    why: str
    changes: int
    first: datetime
    last: datetime
    about: tuple[str, ...] = ()
    kinds: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class SnapshotKnown:
    """The newest snapshot that is known here: whose laptop made it and whose confirmed it, "" where that is not known. Not
    `confirmed`: this laptop began from it, and nobody has found the same yet. `at`: when it was heard of."""

    maker: str
    by: str
    confirmed: bool
    at: datetime | None


@dataclass(frozen=True, slots=True)
class LookedAt:
    """Records of one collection after a look: how many (None: their history is not all here), how many differ from it, how many
    were put right. `others`: what comparing with the snapshot of `maker`, confirmed by `by`, said. `kind`: organisation,
    caseload, restricted; `team`: whose."""

    kind: str
    team: str
    records: int | None
    differ: int
    mended: int
    others: Literal["same", "different", "nobody"]
    maker: str = ""
    by: str = ""


@dataclass(frozen=True)
class SyncStatus:
    """How it stands, for the corner and the panel. `problem`: an error code of the last try, or None. `damaged`: those of
    `set_aside` that arrived damaged and are asked for again. `retry_in`: seconds until the next try by itself after one that
    failed, None for the usual time. `renewed`: when this laptop took another identity, because another copy of it was met.
    `held`: of `set_aside`, what the person here may decide. `documents`: contents of documents that the server did not have
    after the last round, and `documents_why`, a code or the server's own word. `snapshot`: the newest that is known. `alone`: of
    an organisation without a server; then `waiting` counts what lies on no stick and in no folder yet."""

    word: SyncWord
    waiting: int = 0
    waiting_items: tuple[WaitingItem, ...] = ()
    arrived: tuple[ArrivedItem, ...] = ()
    conflicts: int = 0
    set_aside: int = 0
    last_heard: datetime | None = None
    problem: str | None = None
    server: str = ""
    damaged: int = 0
    retry_in: float | None = None
    renewed: datetime | None = None
    held: tuple[HeldWork, ...] = ()
    documents: int = 0
    documents_why: str | None = None
    snapshot: SnapshotKnown | None = None
    alone: WithoutServer | None = None


@dataclass(frozen=True)
class DeviceRow:
    """A laptop of the organisation. `state`: in_use, this_one, compare_code, revoked, retired, replaced. `code`: the six digits
    that its user reads out while an administrator compares them; until then it opens nothing restricted. `last_heard`: when it
    wrote the newest that is here; `unaware`: nothing of it shows that it knows of the newest closing or leaving."""

    device_id: str  # hex
    name: str
    person: str
    member_id: UUID
    role: Role
    state: str
    code: str = ""
    since: datetime | None = None
    last_heard: datetime | None = None
    ended: datetime | None = None
    unaware: bool = False
    mine: bool = False  # the one that shows this


@dataclass(frozen=True)
class TeamAccess:
    """What somebody may open of one team."""

    team_id: UUID
    team: str
    records: bool
    restricted: bool


@dataclass(frozen=True)
class MemberRow:
    """Somebody of the organisation, for an administrator. `laptops`: how many of theirs are in use."""

    member_id: UUID
    name: str
    role: Role
    access: tuple[TeamAccess, ...]
    laptops: int
    me: bool = False


@dataclass(frozen=True)
class OpenInvitation:
    """An invitation, open or not any more. `laptop`: the one that came in with it."""

    invitation_id: str  # hex
    person: str
    role: Role
    team: str
    expires_at: datetime
    state: InvitationState = "open"
    laptop: str = ""


@dataclass(frozen=True)
class Access:
    """Who may open this organisation's records; `over`: invitations that nobody can use any more, newest first."""

    devices: tuple[DeviceRow, ...]
    invitations: tuple[OpenInvitation, ...]
    organisation_id: str = ""  # hex: what the administrator of a server has to know
    confirm_restricted: bool = True  # policy: restricted collections only for laptops whose digits were compared
    over: tuple[OpenInvitation, ...] = ()


@dataclass(frozen=True)
class InvitationFile:
    """To be handed over in person. Whoever has it can join once."""

    file_name: str
    data: bytes
    expires_at: datetime


@dataclass(frozen=True)
class SealedInvitation:
    """An invitation that twelve words open, and the words."""

    file: InvitationFile
    words: tuple[str, ...]


@dataclass(frozen=True)
class LeftInvitation:
    """An invitation that waits at the server: the words that find it and open it, and the same as the text and the modules of a
    QR code (rows, True for dark). Kept nowhere."""

    person: str
    server: str
    words: tuple[str, ...] = field(repr=False)
    ticket: str = field(repr=False)
    modules: tuple[tuple[bool, ...], ...] = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True)
class FetchedInvitation:
    """A sealed invitation that came from the server, and the words that open it: what `read_invitation` and `enrol` take."""

    data: bytes = field(repr=False)
    words: str = field(repr=False)


@dataclass(frozen=True)
class CaseSummaryRequest:
    participant_id: UUID
    purpose: str = ""
    language: str = "en"


@dataclass(frozen=True)
class SessionNoteRequest:
    """`participant_id`: in whose file it is printed (who is not of their household is not named); None: whose session it is."""

    session_id: UUID
    language: str = "en"
    participant_id: UUID | None = None


@dataclass(frozen=True)
class ScreeningRequest:
    """`side_by_side`: also the participant's language."""

    screening_id: UUID
    language: str = "en"
    side_by_side: bool = True


@dataclass(frozen=True, slots=True)
class DocumentsSent:
    """A round of documents on their way to the server: how many it has now, how many wait and why (a code, or the server's own
    word: over_quota, blobs_off). `more`: there may be more to send at once."""

    sent: int = 0
    left: int = 0
    problem: str | None = None
    more: bool = False


@dataclass(frozen=True, slots=True)
class AttachmentRequest:
    """A document of the file as it is: a PDF, or a picture as a page. Raises content_elsewhere, no_preview."""

    attachment_id: UUID


@dataclass(frozen=True, slots=True)
class CertificateRequest:
    """That a file was destroyed; for administrators. Raises record_missing, not_allowed."""

    destruction_id: UUID
    language: str = "en"


@dataclass(frozen=True)
class RecoveryKitRequest:
    """The kit that was made just now, for an administrator to print: `code` is kept nowhere else."""

    code: str = field(repr=False)
    language: str = "en"


@dataclass(frozen=True)
class InvitationSheetRequest:
    """A sheet for whoever was invited, for an administrator to print: what it says is kept nowhere else."""

    left: LeftInvitation
    language: str = "en"


PaperRequest = (
    CaseSummaryRequest
    | SessionNoteRequest
    | ScreeningRequest
    | AttachmentRequest
    | CertificateRequest
    | RecoveryKitRequest
    | InvitationSheetRequest
)


@dataclass(frozen=True)
class Paper:
    """A finished PDF, in memory only until the person saves or prints it. `about`: the participant; `subject`: kind and id of
    the record that it prints; `restricted`: it prints restricted records."""

    title: str
    file_name: str  # without a name or number of anybody
    pdf: bytes
    pages: int
    about: UUID | None = None
    subject: tuple[str, UUID] | None = None
    restricted: bool = False
    original: bytes | None = None  # what is saved in place of the PDF: the picture that it shows


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
