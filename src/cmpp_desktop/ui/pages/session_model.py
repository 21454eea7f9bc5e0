"""A session as its page holds it: what is filled in from the last one, the draft's bytes, and the command's content.

The draft is JSON on this laptop only; a field that an older draft does not have takes its usual value, so that nothing
that somebody wrote is lost to a newer version.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from cmpp_desktop.domain.questions import OrganisationView, ParticipantView, SessionView
from cmpp_desktop.domain.records import When
from cmpp_desktop.domain.sessions import LONGEST_MINUTES, PROTECTED_SERVICES, ServiceSessionFields, SessionContent
from cmpp_desktop.words import USUAL_ZONE, Words

USUAL_MINUTES = 45
_TIME = re.compile(r"^\s*(\d{1,2})(?:[:.h](\d{2}))?\s*([ap])?\.?\s*m?\.?\s*$", re.IGNORECASE)
_WORD = re.compile(r"\w[\w’'-]*")


@dataclass(frozen=True)
class SessionForm:
    """What the page holds now. `attendees`: others of the household who were there."""

    day: date
    at: time | None
    minutes: int
    services: tuple[str, ...] = ()
    mode: str = "in_person"
    place: str = "office"
    language: str = "en"
    interpreter: str = ""
    attendees: tuple[UUID, ...] = ()
    narrative: str = ""
    zone: str = USUAL_ZONE
    staff_minutes: int = 0
    place_note: str = ""
    award: str = ""
    marks: tuple[tuple[UUID, str], ...] = field(default=())  # attendance other than present, kept as it was
    restricted: bool = False  # chosen; some services always are
    goals: tuple[UUID, ...] = ()  # towards which it worked

    @property
    def closed(self) -> bool:
        """Whether it is for those alone who hold the restricted records."""
        return self.restricted or bool(PROTECTED_SERVICES & set(self.services))

    def content(self) -> SessionContent:
        """As the command takes it."""
        marks = dict(self.marks)
        return SessionContent(
            services=self.services,
            when=When(day=self.day, at=self.at, zone=self.zone),
            minutes=self.minutes,
            narrative=self.narrative.strip(),
            mode=self.mode,
            place=self.place,
            place_note=self.place_note,
            language=self.language,
            interpreter=self.interpreter.strip(),
            attendees=tuple((person, marks.get(person, "present")) for person in self.attendees),
            staff_minutes=self.staff_minutes,
            award=self.award,
            goal_ids=self.goals,
        )

    def problems(self) -> dict[str, str]:
        """What must be put right before it can be kept: field → problem code."""
        found: dict[str, str] = {}
        if not self.services:
            found["services"] = "missing"
        if not 0 < self.minutes <= LONGEST_MINUTES:
            found["minutes"] = "not_valid"
        if not self.narrative.strip():
            found["narrative"] = "missing"
        return found

    def without_headings(self, headings: Sequence[str]) -> SessionForm:
        """The same, with headings of the template that have nothing below them left out."""
        return replace(self, narrative=written(self.narrative, headings))


def fresh(view: ParticipantView, now: datetime, zone: str) -> SessionForm:
    """An empty page: today, now (to the quarter of an hour), the participant's own language."""
    languages = view.participant.fields.languages
    at = time(now.hour, now.minute - now.minute % 15)
    return SessionForm(
        now.date(), at, USUAL_MINUTES, ("case_management",), language=languages[0] if languages else "en", zone=zone
    )


def from_last(last: ServiceSessionFields, view: ParticipantView, now: datetime, zone: str) -> SessionForm:
    """Filled in from the last visit: everything but the day, the time and the words."""
    return replace(
        fresh(view, now, zone),
        minutes=last.minutes or USUAL_MINUTES,
        services=tuple(last.services),
        mode=last.mode,
        place=last.place,
        language=last.language,
        interpreter=last.interpreter,
        award=last.award,
    )


def from_session(view: SessionView) -> SessionForm:
    """The page of a session that exists."""
    fields = view.session.fields
    others = [(person, mark) for person, _, mark in view.attendees if person != fields.participant_id]
    return SessionForm(
        day=fields.when.day,
        at=fields.when.at,
        minutes=fields.minutes,
        services=tuple(fields.services),
        mode=fields.mode,
        place=fields.place,
        language=fields.language,
        interpreter=fields.interpreter,
        attendees=tuple(person for person, _ in others),
        narrative=fields.narrative,
        zone=fields.when.zone,
        staff_minutes=fields.staff_minutes,
        place_note=fields.place_note,
        award=fields.award,
        marks=tuple((person, mark) for person, mark in others if mark != "present"),
        restricted=view.session.compartment == "restricted",
        goals=tuple(fields.goal_ids),
    )


def pack(form: SessionForm) -> bytes:
    """The draft's bytes."""
    plain = asdict(form)
    plain["day"] = form.day.isoformat()
    plain["at"] = form.at.isoformat() if form.at else None
    plain["attendees"] = [person.hex for person in form.attendees]
    plain["goals"] = [goal.hex for goal in form.goals]
    plain["marks"] = [[person.hex, mark] for person, mark in form.marks]
    return json.dumps(plain, ensure_ascii=False).encode()


def unpack(body: bytes, usual: SessionForm) -> SessionForm:
    """The page of a draft; what the draft does not say is as in `usual`. Raises ValueError for bytes that are no draft."""
    plain: dict[str, Any] = json.loads(body)
    known = {name: plain[name] for name in asdict(usual) if name in plain}
    if "day" in known:
        known["day"] = date.fromisoformat(known["day"])
    if known.get("at"):
        known["at"] = time.fromisoformat(known["at"])
    if "services" in known:
        known["services"] = tuple(known["services"])
    if "attendees" in known:
        known["attendees"] = tuple(UUID(hex=person) for person in known["attendees"])
    if "goals" in known:
        known["goals"] = tuple(UUID(hex=goal) for goal in known["goals"])
    if "marks" in known:
        known["marks"] = tuple((UUID(hex=person), mark) for person, mark in known["marks"])
    return replace(usual, **known)


def template(headings: Sequence[str]) -> str:
    """The provider's headings, with room below each."""
    return "\n\n".join(f"{heading}\n" for heading in headings)


def written(text: str, headings: Sequence[str]) -> str:
    """A narrative without the headings that nobody wrote anything below."""
    parts: list[list[str]] = [[]]
    for line in text.split("\n"):
        if line.strip() in headings:
            parts.append([line])
        else:
            parts[-1].append(line)
    kept = [parts[0]] + [part for part in parts[1:] if any(line.strip() for line in part[1:])]
    return "\n\n".join("\n".join(part).strip() for part in kept if "\n".join(part).strip())


def count_words(text: str) -> int:
    """Words as a person counts them, in any script that has spaces."""
    return len(_WORD.findall(text))


def read_time(text: str) -> time | None:
    """ "1:30 pm", "13:30", "9", "9 am" as a time; None for what is none."""
    found = _TIME.match(text)
    if not found:
        return None
    hour, minute, half = int(found[1]), int(found[2] or 0), (found[3] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None


def supervisor_name(organisation: OrganisationView) -> str:
    """Who is asked to sign: the supervisor of one's own team, when there is exactly one to name; else ""."""
    team = organisation.me.team_id
    signers = [person for person in organisation.staff if person.role == "supervisor" and person.id != organisation.me.id]
    own = [person for person in signers if person.team_id == team] or signers
    return own[0].name if len(own) == 1 else ""


def send_label(supervisor: str, words: Words) -> str:
    """What the last button says."""
    name = supervisor.split(" ")[0]
    return words("Send to {name} for signature", name=name) if name else words("Send for signature")
