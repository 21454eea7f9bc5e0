"""What may be asked of the store, and the frozen answers. The store's `queries` answers; screens and papers ask.

`workspace.ask(question)` gives the answer type named in the question's base. Answers hold codes and plain values, never
sentences: words are put to them where they are shown. Nothing here is restricted to one screen; what somebody may not
open is not in the answer at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from cmpp_desktop.domain.cases import CaseFields
from cmpp_desktop.domain.consent import ConsentFields
from cmpp_desktop.domain.obligations import ObligationFields
from cmpp_desktop.domain.participants import AddressFields, ContactRouteFields, ParticipantFields
from cmpp_desktop.domain.records import BirthDate, PersonName, When
from cmpp_desktop.domain.reviews import AmendmentFields, DocumentStatus, ReviewFields
from cmpp_desktop.domain.screenings import ScreeningFields
from cmpp_desktop.domain.sessions import ServiceSessionFields
from cmpp_desktop.domain.tasks import NoteFields, TaskFields
from cmpp_desktop.domain.work import Question, Stored
from cmpp_desktop.words import OwnCode

# --- Today -----------------------------------------------------------------------------------------------------------

TodayKind = Literal["obligation", "task", "draft", "returned", "consent_ends", "referral", "turned_adult", "plan_review"]


@dataclass(frozen=True, slots=True)
class TodayItem:
    """One card of Today. `code`: obligation_type, task_title or draft kind; `when` None for what has no day (drafts)."""

    kind: TodayKind
    id: UUID
    participant_id: UUID | None
    participant: str
    code: str
    title: str
    when: When | None
    place: str = ""
    transport: str = ""
    interpreter: str = ""
    interpreter_needed: bool = False
    lawyer: str = ""
    reminder: str = ""
    result: str | None = None
    rule: str = ""
    words: int = 0  # of a draft
    since: datetime | None = None
    draft_key: str = ""  # of a draft


@dataclass(frozen=True, slots=True)
class TodayAnswer:
    """Columns by time, each in order: what is late, what is today (marked ones stay until the day ends), the week.

    At most 200 things are listed in a column (of what is late the latest, of the others the first, of each subject no more than
    200 in both); `more_…` say how many there are beside them."""

    overdue: tuple[TodayItem, ...]
    today: tuple[TodayItem, ...]
    week: tuple[TodayItem, ...]
    hearings_in_30_days: int
    deadlines_in_30_days: int
    more_overdue: int = 0
    more_ahead: int = 0
    came_of_age: tuple[TodayItem, ...] = ()  # whoever turned 18 in the last year and has no task of that yet


@dataclass(frozen=True, slots=True)
class Today(Question[TodayAnswer]):
    """`day`: today where the person is; `mine`: only participants and tasks of the person who asks."""

    day: date
    mine: bool = True


# --- People ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A line of People. `why`: the text that matched when it was not the name, `why_kind`: native, alias, phone, a_number…
    `spans`: (start, length) in `name` that matched."""

    id: UUID
    name: str  # "Rahimi, Farid"
    called: str
    native_name: str
    birth_date: BirthDate | None
    languages: tuple[str, ...]
    interpreter_needed: bool
    a_number_end: str  # last three digits, "" for none
    next_obligation: str | None
    next_when: When | None
    last_contact: date | None
    caseworker: str
    state: str | None
    flags: tuple[str, ...]
    why: str = ""
    why_kind: str = ""
    spans: tuple[tuple[int, int], ...] = ()


NOBODY = UUID(int=0)  # as a caseworker: who has an open case that nobody carries


@dataclass(frozen=True, slots=True)
class PeopleFilter:
    """Empty means everybody. `hearing_within`, `no_contact_for`: days. `caseworker`: whose people, or NOBODY's."""

    mine: bool = False
    states: tuple[str, ...] = ()
    language: str | None = None
    interpreter: bool = False
    hearing_within: int | None = None
    no_contact_for: int | None = None
    caseworker: UUID | None = None


@dataclass(frozen=True, slots=True)
class PeopleAnswer:
    rows: tuple[PersonRow, ...]
    matching: int
    mine: int
    everybody: int


PeopleSort = Literal["name", "next", "last_contact", "match"]


@dataclass(frozen=True, slots=True)
class People(Question[PeopleAnswer]):
    """A page of people. With `text` (a piece of a name in any script, alias, A-number, phone) the best match comes first."""

    day: date
    text: str = ""
    filter: PeopleFilter = PeopleFilter()
    sort: PeopleSort = "name"
    offset: int = 0
    limit: int = 50


@dataclass(frozen=True, slots=True)
class LikelyDuplicates(Question[tuple[PersonRow, ...]]):
    """Who might be the same person already: names in any script, birth date, A-number, phone; best first, at most five."""

    name: PersonName
    native_name: str = ""
    birth_date: BirthDate | None = None
    a_number: str = ""
    phone: str = ""


# --- One participant ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of a household as another's page shows them."""

    participant_id: UUID
    name: str
    relationship: str
    birth_date: BirthDate | None


@dataclass(frozen=True, slots=True)
class ParticipantView:
    """Everything about one person but the timeline. `restricted_exists`: there may be restricted records, and this laptop does
    not hold them; it is so for everybody alike, and says nothing of this person (docs/adr/0012)."""

    participant: Stored[ParticipantFields]
    routes: tuple[Stored[ContactRouteFields], ...]
    addresses: tuple[Stored[AddressFields], ...]
    household_id: UUID | None
    household: tuple[Member, ...]  # the others
    case: Stored[CaseFields] | None  # the open one, else the latest
    caseworker: str
    consents: tuple[Stored[ConsentFields], ...]
    obligations: tuple[Stored[ObligationFields], ...]  # by time
    tasks: tuple[Stored[TaskFields], ...]  # open ones, then done ones of the last week
    pinned: tuple[Stored[NoteFields], ...]
    conflicts: int
    restricted_exists: bool = False


@dataclass(frozen=True, slots=True)
class Participant(Question[ParticipantView]):
    """Raises record_missing."""

    participant_id: UUID


EntryKind = Literal[
    "obligation", "session", "screening", "note", "task", "consent", "case", "address", "restricted",
    # records of the programme: in the stream with each of their days
    "proceeding", "representation", "application", "order", "appeal", "clock_event",
    "service_plan", "need", "goal", "action_step", "referral", "direct_assistance", "attachment",
    "potential_relief", "disclosure", "transfer", "legal_hold", "case_assignment",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One line of the stream. `code`: the list's code (obligation_type, first service, form title…); `text`: the beginning
    of the narrative or note; `status`: of the document; `conflict`: it has two versions."""

    kind: EntryKind
    id: UUID
    when: datetime  # UTC, by which it is ordered
    day: date  # in its own zone
    at: str  # "09:30" in its own zone, or ""
    code: str
    title: str = ""
    text: str = ""
    place: str = ""
    minutes: int = 0
    status: str = ""
    result: str | None = None
    who: str = ""  # staff member's name
    conflict: bool = False
    zone: str = ""  # in which `day` and `at` of an obligation are; "" where they are the organisation's
    withheld: bool = False  # a session with somebody from whom the participant is kept apart: its words are not shown
    restricted: bool = False  # only those who hold the restricted records see it
    step: str = ""  # of a record with several days: the field whose day this is ("filed_on")


@dataclass(frozen=True, slots=True)
class TimelineAnswer:
    """`ahead` soonest last (as shown, from the top), `today`, `earlier` newest first; `more`: earlier ones are left."""

    ahead: tuple[TimelineEntry, ...]
    today: tuple[TimelineEntry, ...]
    earlier: tuple[TimelineEntry, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class Timeline(Question[TimelineAnswer]):
    """`kinds` empty: all. `text`: only entries that hold it. `limit`: of earlier entries; `before`: go on from there."""

    participant_id: UUID
    day: date
    kinds: tuple[EntryKind, ...] = ()
    text: str = ""
    before: datetime | None = None
    limit: int = 60


# --- Sessions, reviews, screenings ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session with all that hangs on it. `content_hash`: of the whole document, for SignDocument.seen_hash. `withheld`: what
    was written is not in it, because somebody was there from whom the participant is kept apart."""

    session: Stored[ServiceSessionFields]
    participant: str
    attendees: tuple[tuple[UUID, str, str], ...]  # participant, name, attendance
    staff: tuple[str, ...]
    status: DocumentStatus
    reviews: tuple[Stored[ReviewFields], ...]  # oldest first
    reviewers: tuple[str, ...]  # names beside reviews
    amendments: tuple[Stored[AmendmentFields], ...]
    content_hash: str
    signed_at: datetime | None = None
    signed_by: str = ""
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class Session(Question[SessionView]):
    """`seen_from`: as the file of that participant shows it (they were there): of a group only their own household is named.
    None: the document itself, as its author and the supervisor see it."""

    session_id: UUID
    seen_from: UUID | None = None


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group session of the asker. `people`: participants, there or expected."""

    id: UUID
    topic: str
    when: When
    people: int
    status: DocumentStatus


@dataclass(frozen=True, slots=True)
class GroupSessions(Question[tuple[GroupRow, ...]]):
    """The group sessions that the asker held lately, the latest first."""

    limit: int = 12


@dataclass(frozen=True, slots=True)
class LastSession(Question["Stored[ServiceSessionFields] | None"]):
    """The latest session of a participant: the page is filled in from it."""

    participant_id: UUID


@dataclass(frozen=True, slots=True)
class ReviewItem:
    subject_kind: str
    subject_id: UUID
    participant_id: UUID
    participant: str
    author_id: UUID
    author: str
    code: str  # first service
    when: When
    minutes: int
    submitted_at: datetime
    times: int  # how often it has been submitted
    late_days: int  # since submission


@dataclass(frozen=True, slots=True)
class ReviewQueue(Question[tuple[ReviewItem, ...]]):
    """What waits for a signature that the asker may give, by author, oldest first."""


@dataclass(frozen=True, slots=True)
class InstrumentRow:
    id: UUID
    form_id: str
    version: str
    title: str
    languages: tuple[str, ...]
    hash: str
    card: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Instruments(Question[tuple[InstrumentRow, ...]]):
    """The instruments that may be started: the newest version of each, not withdrawn, by title."""


@dataclass(frozen=True, slots=True)
class InstrumentSource(Question[str]):
    """The XForm of an instrument. Raises instrument_missing."""

    instrument_id: UUID


@dataclass(frozen=True, slots=True)
class ScreeningView:
    screening: Stored[ScreeningFields]
    participant: str
    staff: str
    signed_at: datetime | None
    content_hash: str  # hex of the signed record's id


@dataclass(frozen=True, slots=True)
class Screening(Question[ScreeningView]):
    screening_id: UUID


# --- Conflicts, drafts, organisation ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Version:
    """One head of a field in conflict: who, when, on which laptop. `wire_value` is for PickVersion; `shown` for people."""

    wire_value: Any
    shown: str
    staff: str
    device: str
    here: bool  # written on this laptop
    at: datetime


@dataclass(frozen=True, slots=True)
class ConflictItem:
    """A field with several versions, or (field "life") a record changed after it was signed or deleted."""

    kind: str
    record_id: UUID
    field: str
    participant_id: UUID | None
    participant: str
    label: str  # what it is about beside the field: the route's kind, the obligation's type…
    versions: tuple[Version, ...]
    waiting_for: str = ""  # name of the laptop whose changes have not come yet


@dataclass(frozen=True, slots=True)
class Conflicts(Question[tuple[ConflictItem, ...]]):
    """All of them, or those of one participant; newest first."""

    participant_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody is in the middle of writing, on this laptop only. `body`: what the page or the interview saved."""

    key: str  # "session:<participant id>", "interview:<interview id>", "note:<participant id>"…
    participant_id: UUID | None
    subject_id: UUID | None
    title: str
    body: bytes
    words: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Drafts(Question[tuple[Draft, ...]]):
    """All of the asker's drafts, or those of one participant, newest first."""

    participant_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class StaffRow:
    id: UUID
    name: str
    role: str
    team_id: UUID | None
    team: str


@dataclass(frozen=True, slots=True)
class OrganisationView:
    id: UUID
    name: str
    confidentiality: str
    zone: str
    lock_after_minutes: int
    me: StaffRow
    staff: tuple[StaffRow, ...]
    teams: tuple[tuple[UUID, str], ...]
    device_names: tuple[tuple[str, str, UUID], ...]  # device id (hex), name, member
    codes: tuple[OwnCode, ...] = ()  # what the organisation added to the code lists, or retired
    awards: tuple[tuple[str, str], ...] = ()  # number and name of those that run or have run, by number


@dataclass(frozen=True, slots=True)
class Organisation(Question[OrganisationView]):
    """Names of the organisation, staff, teams and laptops, and who asks."""


# --- What goes and comes ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OutgoingItem:
    """A piece of work that the server has not acknowledged: its main record's kind, and whom it is about."""

    kind: str
    participant: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Outgoing(Question[tuple[OutgoingItem, ...]]):
    """What waits to be sent, newest first."""

    limit: int = 50


@dataclass(frozen=True, slots=True)
class Arrival:
    """Something that others wrote and that came in. `verb`: added, changed, signed, returned, deleted."""

    kind: str
    verb: str
    participant_id: UUID | None
    participant: str
    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Arrivals(Question[tuple[Arrival, ...]]):
    """What came in lately, newest first; several changes of one record are one line."""

    limit: int = 20
