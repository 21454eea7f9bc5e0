"""How a field's value lies in a column, and how it becomes canonical bytes again without a bit of difference.

Scalars lie as what SQL can compare (ids as 16 bytes, days as ISO text, moments as UTC milliseconds); composites and lists
lie as the canonical bytes that sync carries. `Codec.load` takes canonical bytes that came from anywhere: it raises
ValueError for what this version cannot show, or could not write again as the same bytes.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, Union, get_args, get_origin
from uuid import UUID

import msgpack
from pydantic import BaseModel
from sqlalchemy import BigInteger, Boolean, Integer, LargeBinary, String
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from cmpp_desktop.domain.records import to_wire
from cmpp_protocol import canon
from cmpp_protocol.ids import id_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_ms(moment: datetime) -> int:
    """UTC milliseconds since 1970 of an aware time."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def from_ms(ms: int) -> datetime:
    """The aware UTC time of milliseconds since 1970; times beyond what Python can hold become its last or first day."""
    try:
        return EPOCH + timedelta(milliseconds=ms)
    except OverflowError:
        return datetime(9999, 12, 31, tzinfo=UTC) if ms > 0 else datetime(1, 1, 1, tzinfo=UTC)


class Id(TypeDecorator[UUID]):
    """A UUID as its 16 bytes."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        return value.bytes if isinstance(value, UUID) else value

    def process_result_value(self, value: Any, dialect: Dialect) -> UUID | None:
        return None if value is None else id_of(value)


class Day(TypeDecorator[date]):
    """A date as ISO text, which sorts by time."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return value.isoformat() if isinstance(value, date) else value

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:
        return None if value is None else date.fromisoformat(value)


class Moment(TypeDecorator[datetime]):
    """An aware time as UTC milliseconds."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> int | None:
        return to_ms(value) if isinstance(value, datetime) else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else from_ms(value)


class Packed(TypeDecorator[Any]):
    """A composite, a list or a map as canonical msgpack; `annotation` is the field's own."""

    impl = LargeBinary
    cache_ok = False

    def __init__(self, annotation: Any) -> None:
        super().__init__()
        self.annotation = annotation
        self.read = reader_of(annotation)

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        return None if value is None else canon.pack(to_wire(value))

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else self.read(msgpack.unpackb(value, raw=False))

    def compare_values(self, x: Any, y: Any) -> bool:
        return bool(x == y)


def reader_of(annotation: Any) -> Callable[[Any], Any]:
    """`from_wire` for one annotation, which is looked at once and not again for each value: lists of records read thousands."""
    inner, _ = _without_none(annotation)
    origin = get_origin(inner)
    if origin in (list, tuple):
        item = reader_of(get_args(inner)[0])
        return list if item is _as_it_is else lambda value: [None if one is None else item(one) for one in value]
    if origin is dict:
        held = reader_of(get_args(inner)[1])
        return lambda value: {key: None if one is None else held(one) for key, one in value.items()}
    if inner in _READERS:
        return _READERS[inner]
    if isinstance(inner, type) and issubclass(inner, BaseModel):
        return _part_reader(inner)
    return _as_it_is


def _part_reader(part: type[BaseModel]) -> Callable[[Any], Any]:
    readers = [(name, reader_of(info.annotation)) for name, info in part.model_fields.items()]
    others = [(name, read) for name, read in readers if read is not _as_it_is]
    names = frozenset(name for name, _ in readers)

    def read(value: Any) -> Any:
        known = {name: one for name, one in value.items() if name in names}
        for name, read_one in others:
            if known.get(name) is not None:
                known[name] = read_one(known[name])
        return part.model_validate(known)

    return read


def _as_it_is(value: Any) -> Any:
    return value


_READERS: dict[Any, Callable[[Any], Any]] = {
    UUID: id_of,
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    time: time.fromisoformat,
    Decimal: Decimal,
}


@dataclass(frozen=True, slots=True)
class Codec:
    """One field: its SQL type, whether NULL is allowed, `load` (canonical bytes → raw column value), `dump` (back), and `whole`:
    what `load` would give for each of many plain values, or None where that has to be found out one by one."""

    sql: TypeEngine[Any]
    nullable: bool
    load: Callable[[bytes], Any]
    dump: Callable[[Any], bytes]
    whole: Callable[[Sequence[Any]], Sequence[Any] | None]


def codec_of(annotation: Any) -> Codec:
    """The codec of a field by its annotation."""
    inner, nullable = _without_none(annotation)
    if inner in _SCALARS:
        sql, check, back = _SCALARS[inner]
        load, whole = _scalar_loader(inner, check, nullable), _whole_loader(inner, nullable)
        return Codec(sql(), nullable, load, lambda raw: canon.pack(None if raw is None else back(raw)), whole)
    load, whole = _packed_loader(inner, nullable), _whole_loader(None, nullable)
    return Codec(Packed(inner), nullable, load, lambda raw: _NONE if raw is None else bytes(raw), whole)


_NONE = canon.pack(None)


def _without_none(annotation: Any) -> tuple[Any, bool]:
    if get_origin(annotation) in (Union, types.UnionType):
        inner = [item for item in get_args(annotation) if item is not type(None)]
        if len(inner) == 1:
            return inner[0], True
    return annotation, False


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("not text")
    return value


def _whole(value: Any) -> int:
    if type(value) is not int or not -(1 << 63) <= value < 1 << 63:
        raise ValueError("not a whole number")
    return value


def _yes_no(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError("not yes or no")
    return value


def _id(value: Any) -> bytes:
    if not isinstance(value, bytes) or len(value) != 16:
        raise ValueError("not an id")
    return value


def _bytes(value: Any) -> bytes:
    if not isinstance(value, bytes):
        raise ValueError("not bytes")
    return value


def _day(value: Any) -> str:
    if date.fromisoformat(_text(value)).isoformat() != value:
        raise ValueError("not a day")
    return str(value)


def _moment(value: Any) -> int:
    moment = datetime.fromisoformat(_text(value))
    if moment.tzinfo is None or to_wire(moment) != value:
        raise ValueError("not a moment in UTC milliseconds")
    return to_ms(moment)


_SCALARS: dict[Any, tuple[Callable[[], TypeEngine[Any]], Callable[[Any], Any], Callable[[Any], Any]]] = {
    str: (String, _text, str),
    int: (Integer, _whole, int),
    bool: (Boolean, _yes_no, bool),
    UUID: (Id, _id, bytes),
    bytes: (LargeBinary, _bytes, bytes),
    date: (Day, _day, str),
    datetime: (Moment, _moment, lambda ms: to_wire(from_ms(ms))),
}


def _scalar_loader(kind: Any, check: Callable[[Any], Any], nullable: bool) -> Callable[[bytes], Any]:
    def load(data: bytes) -> Any:
        value = msgpack.unpackb(data, raw=False)
        if value is None:
            if not nullable:
                raise ValueError("must not be empty")
            return None
        return check(value)

    return load


# What values of these lie as themselves; others are looked at each.
_AS_THEY_ARE: Mapping[Any, type] = {str: str, int: int, bool: bool, UUID: bytes, bytes: bytes, None: type(None)}
_OTHERS: Mapping[Any, Callable[[Any], Any]] = {date: _day, datetime: _moment}


def _whole_loader(kind: Any, nullable: bool) -> Callable[[Sequence[Any]], Sequence[Any] | None]:
    """`kind` None: a composite, of which only nothing is plain."""
    allowed = {_AS_THEY_ARE.get(kind, str), *([type(None)] if nullable else [])} if kind or nullable else set()

    def whole(values: Sequence[Any]) -> Sequence[Any] | None:
        if not allowed.issuperset(map(type, values)):
            return None
        if kind is int and any(value is not None and not -(1 << 63) <= value < 1 << 63 for value in set(values)):
            return None
        if kind is UUID and any(value is not None and len(value) != 16 for value in set(values)):
            return None
        if kind not in _OTHERS:
            return values
        check = _OTHERS[kind]
        try:
            read = {value: None if value is None else check(value) for value in set(values)}
        except (ValueError, OverflowError):
            return None
        return [read[value] for value in values]

    return whole


def _packed_loader(annotation: Any, nullable: bool) -> Callable[[bytes], Any]:
    check: Callable[[Any], None] | None = None

    @lru_cache(maxsize=4096)
    def fits(data: bytes) -> bool:
        nonlocal check
        value = msgpack.unpackb(data, raw=False)
        if value is None:
            if not nullable:
                raise ValueError("must not be empty")
            return False
        if check is None:  # at the first value: start-up has no time for all the fields there are
            check = _checker(annotation)
        try:
            check(value)
        except (TypeError, AttributeError, KeyError) as error:
            raise ValueError("does not fit") from error
        return True

    return lambda data: data if fits(data) else None


def _checker(annotation: Any) -> Callable[[Any], None]:
    """What raises ValueError, TypeError or AttributeError for a value that is not of an annotation, all the way down: its
    shape, and what `from_wire` finds. The annotation is looked at once, for a new laptop asks this of all that it reads."""
    shaped, read = _shape_of(annotation), reader_of(annotation)

    def check(value: Any) -> None:
        shaped(value)
        read(value)

    return check


def _shape_of(annotation: Any) -> Callable[[Any], Any]:
    inner, nullable = _without_none(annotation)
    check = _shape_of_some(inner)
    if check is None:
        return _as_it_is if nullable else _not_none

    def either(value: Any) -> None:
        if value is not None:
            check(value)
        elif not nullable:
            raise ValueError("must not be empty")

    return either


def _not_none(value: Any) -> None:
    if value is None:
        raise ValueError("must not be empty")


def _shape_of_some(inner: Any) -> Callable[[Any], Any] | None:
    """For values that are not None; None where nothing is asked of them."""
    origin = get_origin(inner)
    if origin in (list, tuple):
        return _shape_of_list(_shape_of(get_args(inner)[0]))
    if origin is dict:
        return _shape_of_map(_shape_of(get_args(inner)[1]))
    if inner in _SCALARS:
        return _SCALARS[inner][1]
    if isinstance(inner, type) and issubclass(inner, BaseModel):
        return _shape_of_part([(name, _shape_of(info.annotation)) for name, info in inner.model_fields.items()])
    return None


def _shape_of_list(item: Callable[[Any], Any]) -> Callable[[Any], None]:
    def check(value: Any) -> None:
        if not isinstance(value, list):
            raise ValueError("not a list")
        for one in value:
            item(one)

    return check


def _shape_of_map(item: Callable[[Any], Any]) -> Callable[[Any], None]:
    def check(value: Any) -> None:
        for one in value.values():
            item(one)

    return check


def _shape_of_part(fields: Sequence[tuple[str, Callable[[Any], Any]]]) -> Callable[[Any], None]:
    def check(value: Any) -> None:
        if not isinstance(value, dict):
            raise ValueError("not a map")
        for name, field in fields:
            if name in value:
                field(value[name])

    return check
