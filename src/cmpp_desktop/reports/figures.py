"""What papers print: plain numbers, names and codes. No layout, no database, no sentences.

Codes are those of `resources/reference/codes.toml`; each document module puts words to them. Whole A-numbers never come
here: only their last three digits do. Times are aware and in the zone in which they are to be read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from cmpp_desktop.domain.erasures import Erasure
from cmpp_desktop.domain.records import BirthDate, When
from cmpp_desktop.domain.reviews import DocumentStatus

Strokes = tuple[tuple[int, ...], ...]  # a drawn signature: each stroke x0, y0, x1, y1… in tenths of a millimetre, y down


@dataclass(frozen=True)
class Stationery:
    """What stands around every paper. `language` also decides its direction; `purpose`, `consent_line` may be empty."""

    organisation: str
    purpose: str
    consent_line: str
    printed_by: str
    printed_at: datetime
    language: str
    confidentiality: str


# --- Case summary ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Relative:
    """Somebody of the household. `relationship`: code list relationship."""

    name: str
    relationship: str
    age: int | None = None


@dataclass(frozen=True)
class CourtCase:
    """Where the proceeding stands; what is not known is empty."""

    court: str = ""
    judge: str = ""
    stage: str = ""
    nta_served: date | None = None
    nta_filed: date | None = None
    lawyer: str = ""
    eoir28_filed: date | None = None
    arrived_on: date | None = None


@dataclass(frozen=True)
class Duty:
    """Something that must be done or attended. `type`: code list obligation_type; `what`: in its place, when given.
    `rule`: how its date was counted, in words; `transport`, `lawyer`, `interpreter`: what is arranged, as recorded."""

    type: str
    when: When
    what: str = ""
    people: int = 1
    rule: str = ""
    note: str = ""
    transport: str = ""
    lawyer: str = ""
    interpreter: str = ""


@dataclass(frozen=True)
class GoalLine:
    goal: str
    last_step: str = ""
    progress: str = ""


@dataclass(frozen=True)
class Kept:
    """Past appointments of one obligation_type, counted by their result."""

    type: str
    attended: int = 0
    missed_excused: int = 0
    missed_unexcused: int = 0
    unknown: int = 0


@dataclass(frozen=True)
class Assistance:
    what: str
    dollars: Decimal


@dataclass(frozen=True)
class CaseSummary:
    """One person's case on a page or two. `services`: sessions by code of list service, in the last 90 days; a session
    with two services counts in both, so `sessions` and `minutes` are given beside them."""

    as_of: date
    name: str
    preferred_name: str = ""
    native_name: str = ""
    pronunciation: str = ""
    safe_contact: str = ""
    birth_date: BirthDate | None = None
    country: str | None = None  # ISO 3166-1 alpha-2
    languages: tuple[str, ...] = ()
    interpreter_needed: bool = False
    interpreter_note: str = ""
    a_number_end: str = ""
    lives_at: str = ""
    lives_since: date | None = None
    household: tuple[Relative, ...] = ()
    flags: tuple[str, ...] = ()
    case_state: str | None = None
    court: CourtCase = CourtCase()
    duties: tuple[Duty, ...] = ()
    rule_pack: str = ""
    goals: tuple[GoalLine, ...] = ()
    kept: tuple[Kept, ...] = ()
    sessions: int = 0
    minutes: int = 0
    services: tuple[tuple[str, int], ...] = ()
    assistance: tuple[Assistance, ...] = ()
    in_short: str = ""
    caseworker: str = ""
    supervisor: str = ""


# --- Certificate ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Certificate:
    """That a file was destroyed. `counts`, `kept`: code list kind → records that went, and that stayed for others. `erasure`: how
    that stands as of the paper; None for a file from before erasures were ordered."""

    counts: Mapping[str, int]
    kept: Mapping[str, int]
    award: str
    ground: str
    kept_until: date
    destroyed_at: datetime
    destroyed_by: str
    witness: str
    subject_hash: str
    salt: str
    erasure: Erasure | None = None


# --- Session note and screening ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Signature:
    """Who signed what, when, on which laptop. `role`: code list role. `content_hash`: hex, of exactly what was signed."""

    who: str
    at: datetime
    role: str = ""
    device: str = ""
    content_hash: str = ""
    strokes: Strokes = ()
    typed: str = ""


@dataclass(frozen=True)
class ReviewStep:
    """`verdict`: submitted, returned, approved, countersigned."""

    verdict: str
    who: str
    at: datetime
    comment: str = ""


@dataclass(frozen=True)
class AmendmentText:
    text: str
    reason: str
    who: str
    at: datetime


@dataclass(frozen=True)
class Attendee:
    name: str
    attendance: str  # code list attendance
    role: str = ""


@dataclass(frozen=True)
class SessionNote:
    """A service session with its whole narrative. The fields are those of `domain.sessions`, names in place of ids."""

    participant: str
    services: tuple[str, ...]
    when: When
    minutes: int
    status: DocumentStatus
    narrative: str
    a_number_end: str = ""
    mode: str = "in_person"
    place: str = "office"
    place_note: str = ""
    language: str = "en"
    interpreter: str = ""
    staff: tuple[str, ...] = ()
    attendees: tuple[Attendee, ...] = ()
    goals: tuple[str, ...] = ()
    signatures: tuple[Signature, ...] = ()
    steps: tuple[ReviewStep, ...] = ()
    amendments: tuple[AmendmentText, ...] = ()


@dataclass(frozen=True)
class Answer:
    """One question as it was asked. Texts by language code. `marker`: declined, not_asked, stopped_distress, or "".
    `raw`: the stored value, printed when no language has a label for it."""

    label: Mapping[str, str]
    section: Mapping[str, str] = field(default_factory=dict)
    value: Mapping[str, str] = field(default_factory=dict)
    raw: str = ""
    marker: str = ""


@dataclass(frozen=True)
class AlertLine:
    """`kind`: code list alert_kind; `text`: what called for it, if the form says."""

    kind: str
    text: str = ""


@dataclass(frozen=True)
class ScreeningPaper:
    """A finished interview. `languages`: one or two, in which questions and answers are printed side by side. The
    interviewer's private notes are not part of it."""

    participant: str
    title: str
    form_id: str
    version: str
    instrument_hash: str
    languages: tuple[str, ...]
    answers: tuple[Answer, ...]
    started_at: datetime
    finished_at: datetime
    a_number_end: str = ""
    card: Mapping[str, str] = field(default_factory=dict)
    language: str = "en"
    interpreter: str = ""
    alone: str = "unknown"
    interpreter_unrelated: str = "unknown"
    stops: int = 0
    score: str | None = None
    band: Mapping[str, str] = field(default_factory=dict)
    follow_up: str = ""
    alerts: tuple[AlertLine, ...] = ()
    staff: str = ""
    signature: Signature | None = None
