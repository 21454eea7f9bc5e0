"""Two records side by side, in words: the fields in which they differ, and what is on each side. No widget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from cmpp_desktop.domain.merges import Original
from cmpp_desktop.domain.participants import ParticipantFields, masked_a_number
from cmpp_desktop.domain.records import BirthDate, PersonName
from cmpp_desktop.words import Words


@dataclass(frozen=True, slots=True)
class Difference:
    """A field in which the records differ: what each says, and whose value is proposed (the first that says something)."""

    name: str
    label: str
    sides: tuple[tuple[UUID, str], ...]
    proposed: UUID


def said(name: str, value: Any, words: Words) -> str:
    """A field of a participant as a person reads it; the A-number masked."""
    if value in (None, "", [], False):
        return ""
    if isinstance(value, PersonName):
        return value.full
    if isinstance(value, BirthDate):
        day = words.short_date(value.day)
        return words("about {age}", age=day) if value.estimated else day
    if name == "a_number":
        return masked_a_number(str(value))
    if name == "languages":
        return ", ".join(words.language_name(code) for code in value)
    if name == "flags":
        return ", ".join(words.code("participant_flag", flag) for flag in value)
    if name == "gender":
        return words.code("gender", value)
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    if isinstance(value, bool):
        return words("Yes")
    if hasattr(value, "isoformat"):
        return words.short_date(value)
    return words("There is one") if isinstance(value, UUID) else str(value)


def differences(sides: Sequence[Original], words: Words) -> tuple[Difference, ...]:
    """In the order of the fields."""
    found = []
    for name in ParticipantFields.model_fields:
        values = [(side.participant.id, getattr(side.participant.fields, name)) for side in sides]
        shown = [(id, said(name, value, words)) for id, value in values]
        if any(value != values[0][1] for _, value in values):
            proposed = next((id for id, text in shown if text), shown[0][0])
            found.append(Difference(name, words.field("participant", name), tuple(shown), proposed))
    return tuple(found)


def counted(counts: Mapping[str, int], words: Words) -> str:
    """What names a record: "Session: 12, Hearing or check-in: 3"."""
    many = sorted(counts.items(), key=lambda item: -item[1])
    return ", ".join(words("{label}: {value}", label=words.code("kind", kind), value=number) for kind, number in many if number)
