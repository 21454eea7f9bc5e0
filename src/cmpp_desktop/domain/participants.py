"""Participants: who somebody is, how they may be reached, where they live."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import Field, field_validator

from cmpp_desktop.domain.records import BirthDate, Fields, PersonName, PostalAddress, coded, refers, validated
from cmpp_desktop.domain.undo import Recorder
from cmpp_desktop.domain.work import Command, Done, Work
from cmpp_desktop.errors import KnownError

ADULT_AT = 18
_A_NUMBER = re.compile(r"[\s\-–.]|^A#?", re.IGNORECASE)


class ParticipantFields(Fields):
    """A person in removal proceedings, or a member of such a person's household. `about` is the record itself."""

    kind: ClassVar[str] = "participant"
    about: ClassVar[str] = "id"

    legal_name: PersonName
    preferred_name: str = Field(default="", max_length=200)
    native_name: str = Field(default="", max_length=200)  # in the script in which they write it
    aliases: list[str] = Field(default_factory=list)
    pronunciation: str = Field(default="", max_length=200)
    birth_date: BirthDate | None = None
    gender: str | None = coded("gender")
    country_of_birth: str | None = None  # ISO 3166-1 alpha-2
    nationality: str | None = None
    languages: list[str] = coded("language", [])  # or BCP 47; best first
    interpreter_needed: bool = False
    interpreter_note: str = Field(default="", max_length=500)
    a_number: str = Field(default="", max_length=9)  # nine digits, never shown whole without being asked for
    safe_contact: str = Field(default="", max_length=500)  # "No voicemail. No calls before 4 pm."
    accessibility: str = Field(default="", max_length=1000)
    flags: list[str] = coded("participant_flag", [])
    arrived_on: date | None = None  # last arrival: starts the one-year clock
    photo_id: UUID | None = refers("attachment")

    @field_validator("a_number", mode="before")
    @classmethod
    def _a_number(cls, value: object) -> str:
        return normal_a_number(str(value or ""))

    @field_validator("legal_name")
    @classmethod
    def _named(cls, name: PersonName) -> PersonName:
        if not name.full:
            raise ValueError("missing")
        if len(name.full) > 200:
            raise ValueError("too_long")
        return name

    @property
    def called(self) -> str:
        """The name to use with the person: preferred with the family name, else the legal one."""
        return called_by(self.preferred_name, self.legal_name.given, self.legal_name.family)


def called_by(preferred: str, given: str, family: str) -> str:
    """The name to use with somebody: preferred with the family name, else the legal one."""
    if preferred and family and family not in preferred:
        return f"{preferred} {family}"
    return preferred or f"{given} {family}".strip()


class ContactRouteFields(Fields):
    """One way to reach a participant. `value` is a phone number (E.164 when it parses), an address of e-mail, a handle."""

    kind: ClassVar[str] = "contact_route"

    participant_id: UUID
    route: str = coded("contact_route", "phone")
    value: str = Field(min_length=1, max_length=200)
    label: str = Field(default="", max_length=100)
    safe: bool = True
    safe_note: str = Field(default="", max_length=300)
    preferred: bool = False


class AddressFields(Fields):
    """Where a participant lives or lived. `confidential` addresses are never shown in another person's record."""

    kind: ClassVar[str] = "address"

    participant_id: UUID
    address: PostalAddress
    use: str = coded("address_use", "home")
    since: date | None = None
    until: date | None = None
    confidential: bool = False


def normal_a_number(text: str) -> str:
    """Nine digits; eight take a leading 0; "" stays. Raises ValueError a_number_digits otherwise."""
    digits = _A_NUMBER.sub("", text.strip())
    if not digits:
        return ""
    if not digits.isdigit() or not digits.isascii() or len(digits) not in (8, 9):
        raise ValueError("a_number_digits")
    return digits.zfill(9)


def masked_a_number(a_number: str) -> str:
    """"••• ••• 412", or "" when there is none."""
    return f"••• ••• {a_number[-3:]}" if a_number else ""


def age(birth: BirthDate | None, today: date) -> int | None:
    """Whole years on that day; somebody born on 29 February has the birthday on 1 March in common years."""
    if birth is None:
        return None
    years = today.year - birth.day.year
    return years - ((today.month, today.day) < (birth.day.month, birth.day.day))


@dataclass(frozen=True)
class ChangeParticipant(Command):
    """Sets some fields of a participant: names of ParticipantFields to new values."""

    participant_id: UUID
    values: dict[str, object]


@dataclass(frozen=True)
class AddContactRoute(Command):
    participant_id: UUID
    value: str
    route: str = "phone"
    label: str = ""
    safe: bool = True
    safe_note: str = ""
    preferred: bool = False


@dataclass(frozen=True)
class ChangeContactRoute(Command):
    contact_route_id: UUID
    values: dict[str, object]


@dataclass(frozen=True)
class AddAddress(Command):
    """A new address from a day on; the one before it ends on that day."""

    participant_id: UUID
    address: PostalAddress
    since: date | None = None
    use: str = "home"
    confidential: bool = False


@dataclass(frozen=True)
class RevealANumber(Command):
    """Shows the whole A-number; the asking is written down. `Done.more["a_number"]` is the answer."""

    participant_id: UUID


def flags_at(flags: Sequence[str], born: BirthDate | None, today: date) -> list[str]:
    """The flags of somebody with this birth date: "minor" until they are 18. As they are where the date is not known."""
    years = age(born, today)
    if years is None:
        return list(flags)
    others = [flag for flag in flags if flag != "minor"]
    return [*others, "minor"] if years < ADULT_AT else others


def change_participant(command: ChangeParticipant, work: Work) -> Done:
    """A new birth date says whether they are a minor, unless the flags are given with it."""
    recorder, values = Recorder(work), dict(command.values)
    merged = len(work.same(command.participant_id)) > 1
    if "birth_date" in values and "flags" not in values:
        from cmpp_desktop.domain.merges import shown

        known = shown(command.participant_id, work)
        born = values["birth_date"]
        flags = flags_at(known.flags, born if isinstance(born, BirthDate) else None, work.today)
        if sorted(flags) != sorted(known.flags):
            values["flags"] = flags
    if merged:
        from cmpp_desktop.domain.merges import change_shown

        change_shown(command.participant_id, values, recorder)
    else:
        recorder.change(ParticipantFields, command.participant_id, **values)
    return Done(command.participant_id, recorder.undo(command.participant_id))


def add_contact_route(command: AddContactRoute, work: Work) -> Done:
    participant = work.get(ParticipantFields, command.participant_id)
    route = validated(
        ContactRouteFields,
        participant_id=command.participant_id,
        route=command.route,
        value=normal_phone(command.value) if command.route in ("phone", "text") else command.value,
        label=command.label,
        safe=command.safe,
        safe_note=command.safe_note,
        preferred=command.preferred,
    )
    return Done(work.add(route, team_id=participant.team_id))


def change_contact_route(command: ChangeContactRoute, work: Work) -> Done:
    before = work.get(ContactRouteFields, command.contact_route_id).fields
    values = dict(command.values)
    if "value" in values and str(values.get("route", before.route)) in ("phone", "text"):
        values["value"] = normal_phone(str(values["value"]))
    recorder = Recorder(work)
    recorder.change(ContactRouteFields, command.contact_route_id, **values)
    return Done(command.contact_route_id, recorder.undo(command.contact_route_id))


def add_address(command: AddAddress, work: Work) -> Done:
    from cmpp_desktop.domain.separations import is_kept_safe  # it knows participants

    participant = work.get(ParticipantFields, command.participant_id)
    for old in work.find(AddressFields, participant_id=command.participant_id, use=command.use):
        if old.fields.until is None and command.since is not None:
            work.change(AddressFields, old.id, until=command.since)
    address = validated(
        AddressFields,
        participant_id=command.participant_id,
        address=command.address,
        since=command.since,
        use=command.use,
        confidential=command.confidential or is_kept_safe(command.participant_id, work),
    )
    return Done(work.add(address, team_id=participant.team_id))


def reveal_a_number(command: RevealANumber, work: Work) -> Done:
    from cmpp_desktop.domain.merges import shown  # it knows participants

    a_number = shown(command.participant_id, work).a_number
    if not a_number:
        raise KnownError("record_missing")
    work.audit("a_number_shown", "participant", command.participant_id)
    return Done(command.participant_id, more={"a_number": a_number})


def normal_phone(text: str) -> str:
    """A number of the United States or with a country code as E.164; what does not parse stays as it was typed."""
    import phonenumbers  # a heavy table of the world's numbers: only when a number is written

    try:
        number = phonenumbers.parse(text, "US")
    except phonenumbers.NumberParseException:
        return text.strip()
    if not phonenumbers.is_possible_number(number):
        return text.strip()
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
