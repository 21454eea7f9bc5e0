"""What a record is: a kind, a compartment, and fields that merge one by one (rule 12: what belongs together is one field).

The `…Fields` classes of the subjects are the schema: the store makes its SQLModel tables from them, the commands validate with
them, and sync carries their values as canonical bytes. A field may be added with a default, never renamed or given
another meaning; unknown fields from a newer version are kept and sent on by the store without coming through here.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any, ClassVar, Literal, TypeVar, Union, get_args, get_origin
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from cmpp_desktop.errors import Invalid

Compartment = Literal["organisation", "caseload", "restricted"]


class Part(BaseModel):
    """A composite value: things that only make sense together and therefore are one field."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class PersonName(Part):
    """A name as the person writes it, in any script."""

    given: str = ""
    family: str = ""

    @property
    def full(self) -> str:
        return f"{self.given} {self.family}".strip()


class PostalAddress(Part):
    """Where somebody lives or something is. `country` is ISO 3166-1 alpha-2."""

    line1: str = ""
    line2: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = "US"

    @property
    def one_line(self) -> str:
        town = f"{self.city}, {self.state} {self.postal_code}".strip().strip(",").strip()
        return ", ".join(part for part in (self.line1, self.line2, town) if part)


def is_zone(zone: str) -> bool:
    """Whether this is the name of a time zone (IANA)."""
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


class When(Part):
    """A day, perhaps a time, in the zone of the place (a hearing is in the court's zone; IANA name)."""

    day: date
    at: time | None = None
    zone: str = "America/New_York"

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        if not is_zone(zone):
            raise ValueError("unknown time zone")
        return zone

    @property
    def instant(self) -> datetime:
        """The moment in UTC; a day without a time counts from its midnight there."""
        return datetime.combine(self.day, self.at or time(0), ZoneInfo(self.zone)).astimezone(UTC)


class Money(Part):
    """An amount and its currency (ISO 4217): one field (rule 12)."""

    amount: Decimal
    currency: str = "USD"

    @field_validator("amount")
    @classmethod
    def _cents(cls, amount: Decimal) -> Decimal:
        if not amount.is_finite() or abs(amount) >= 10**9 or amount != amount.quantize(Decimal("0.01")):
            raise ValueError("not an amount")
        return amount


class BirthDate(Part):
    """A date of birth, or an estimate of one."""

    day: date
    estimated: bool = False


class Fields(BaseModel):
    """Base of every kind of record. Subclasses give `kind` (stable for ever) and their usual compartment."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True, str_strip_whitespace=True)

    kind: ClassVar[str]
    compartment: ClassVar[Compartment] = "caseload"
    # The field that names the participant whom a record is about, for the timeline, search and Changed; "" for none.
    about: ClassVar[str] = "participant_id"

    def lives_in(self) -> Compartment:
        """Where a record with this content lives. A kind whose content decides overrides it; `restricted` is never made less."""
        return self.compartment


F = TypeVar("F", bound=Fields)


def named_ids(values: Mapping[str, Any]) -> dict[UUID, str]:
    """The ids that the fields of a record name, each with its field; of the participant whom it is about nothing is said."""
    found: dict[UUID, str] = {}
    for name, value in values.items():
        if name != "participant_id":
            ids = value if isinstance(value, list) else (value,)
            found |= {id: name for id in ids if isinstance(id, UUID)}
    return found


def coded(list_id: str, default: Any = None) -> Any:
    """A field that holds ids of a code list (one, or a list of them): forms and the data dictionary read which one."""
    extra: dict[str, Any] = {"codes": list_id}
    if isinstance(default, list):
        return Field(default_factory=list, json_schema_extra=extra)
    return Field(default=default, json_schema_extra=extra)


def refers(kind: str, default: Any = None) -> Any:
    """A field that holds ids of records of a kind (one, or a list of them)."""
    extra: dict[str, Any] = {"refers": kind}
    if isinstance(default, list):
        return Field(default_factory=list, json_schema_extra=extra)
    return Field(default=default, json_schema_extra=extra)


def prose(most: int = 4000, default: Any = "") -> Any:
    """A text of several lines, of at most so many letters."""
    return Field(default=default, max_length=most, json_schema_extra={"lines": 4})


def line(most: int = 200, default: Any = "") -> Any:
    """A text of one line, of at most so many letters."""
    return Field(default=default, max_length=most)


class Life(StrEnum):
    """The value of the field `life` (rule 15), without its details."""

    LIVE = "live"
    DELETED = "deleted"
    MOVED = "moved"
    SIGNED = "signed"


class Status(StrEnum):
    """What the heads of a record say of its life (rule 17)."""

    NEW = "new"  # no life head yet: not shown
    LIVE = "live"
    CONFLICT = "conflict"
    CHANGED_SINCE = "changed_since"
    SETTLED = "settled"


def validated(model: type[F], **values: Any) -> F:
    """The fields of a new record. Raises `Invalid` with a problem code by field: missing, too_long, not_valid…"""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise Invalid(**problems_of(error)) from None


def problems_of(error: ValidationError) -> dict[str, str]:
    """pydantic's findings as {field: code}; a message raised by our own validators is its code with underscores."""
    found: dict[str, str] = {}
    for item in error.errors():
        name = str(item["loc"][0]) if item["loc"] else "record"
        cause = (item.get("ctx") or {}).get("error")
        code = str(cause).replace(" ", "_") if isinstance(cause, ValueError) else _code_of(item["type"])
        found.setdefault(name, code)
    return found


def _code_of(kind: str) -> str:
    return {"missing": "missing", "string_too_short": "missing", "string_too_long": "too_long"}.get(kind, "not_valid")


def to_wire(value: Any) -> Any:
    """A field's value as what canonical msgpack can hold: ids as 16 bytes, dates, times and decimals as strings."""
    if value is None or isinstance(value, bool | int | str | bytes):
        return str(value) if isinstance(value, StrEnum) else value
    if isinstance(value, UUID):
        return value.bytes
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, BaseModel):
        return {name: to_wire(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, list | tuple):
        return [to_wire(item) for item in value]
    if isinstance(value, dict):
        return {str(key): to_wire(item) for key, item in value.items()}
    raise TypeError(f"a record cannot hold {type(value).__name__}")


def from_wire(annotation: Any, value: Any) -> Any:
    """The Python value of what `to_wire` gave, by the field's annotation. Raises ValueError when it does not fit."""
    return None if value is None else _reader(annotation)(value)


@lru_cache(maxsize=1024)
def _reader(annotation: Any) -> Callable[[Any], Any]:
    """How values of an annotation that are not None are read; worked out once, for lists read thousands of them."""
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        return _reader(next(item for item in get_args(annotation) if item is not type(None)))
    if origin in (list, tuple):
        one = _reader(get_args(annotation)[0])
        return lambda value: [None if item is None else one(item) for item in value]
    if origin is dict:
        each = _reader(get_args(annotation)[1])
        return lambda value: {key: None if item is None else each(item) for key, item in value.items()}
    return _simple_reader(annotation) if isinstance(annotation, type) else _as_it_is


def _simple_reader(annotation: type) -> Callable[[Any], Any]:
    if annotation is UUID:
        return lambda value: UUID(bytes=value)
    if annotation in (datetime, date, time):
        read: Callable[[Any], Any] = annotation.fromisoformat
        return read
    if annotation is Decimal:
        return Decimal
    if issubclass(annotation, BaseModel):
        return lambda value: _composite(annotation, value)
    return _as_it_is


def _composite(model: type[BaseModel], value: Any) -> BaseModel:
    return model.model_validate(
        {name: from_wire(info.annotation, value[name]) for name, info in model.model_fields.items() if name in value}
    )


def _as_it_is(value: Any) -> Any:
    return value
