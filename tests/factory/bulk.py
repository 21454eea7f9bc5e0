"""A large office from the same lives: some hundred families are written by `furnish`, and every further one is like one of them.

Going through the commands a hundred thousand times would take hours. So `models` lets the commands write families in memory,
once each, with everything that the rules make of them; `Copies` then gives a family like one of these: its own ids, names,
numbers, address, caseworker, and all of it some days earlier. Whatever the commands relate to each other stays related: hearings
of a family on one day before one judge, deadlines and what they follow from, a disclosure and its consent. Records come as what
lies in their columns (store/columns.py), so that whoever writes them in bulk needs no models.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgpack

from cmpp_desktop.domain.records import BirthDate, Life, PersonName, When, to_wire
from cmpp_desktop.domain.work import Command, Done, Stored
from cmpp_desktop.store.tables import CODECS
from cmpp_protocol import canon
from cmpp_protocol.ids import derived_id
from tests.factory.organisation import SAFE_CONTACT, Clock, furnish
from tests.factory.origins import ORIGINS, STREETS
from tests.unit.domain.memory import MemoryWork

Values = dict[str, Any]
Record = tuple[str, UUID, Values]

EARLIER = 60  # days by which a family's life may have come earlier than its model's
DAY_MS = 86_400_000
AUTHOR = UUID(int=1).bytes  # whoever wrote the models
# Days on which something is still to be done stay as far ahead as they were.
AHEAD = ("review_on", "follow_up_on", "due_on", "expires_on", "birth_date")
SYLLABLES = ("ba", "ke", "lo", "mi", "nu", "ra", "se", "ti", "vo", "xa", "yo", "zu", "cha", "lla", "que", "ñe")

# Ids that follow from other fields: kind → (the field with the parent, what it is called there).
NATURAL: Mapping[str, tuple[str, Callable[[Values], str]]] = {
    "household_member": ("household_id", lambda values: values["participant_id"].hex()),
    "attendance": ("session_id", lambda values: values["participant_id"].hex()),
    "staff_time": ("session_id", lambda values: values["staff_id"].hex()),
    "disclosure": ("subject_id", lambda values: "sent"),
    "obligation": ("trigger_id", lambda values: f"rule:{values['rule']}"),
}


def raw(kind: str, name: str, value: Any) -> Any:
    """A field's value as it lies in its column."""
    return CODECS[kind][name].load(canon.pack(to_wire(value)))


@dataclass(frozen=True)
class _Line:
    """One record of a model, and what of it is another's in a copy: references (field → place in its bytes → id) and days."""

    kind: str
    id: bytes
    values: Values
    refers: tuple[tuple[str, int, bytes], ...]
    days: tuple[str, ...]
    moments: tuple[str, ...]
    natural: bool


@dataclass(frozen=True)
class Model:
    """One family as the commands wrote it."""

    lines: tuple[_Line, ...]
    head: bytes
    given: str
    sessions: int


@dataclass(frozen=True)
class Person:
    """Whom a copied family brought, for who wants to look for them."""

    id: UUID
    given: str
    a_number: str
    phone: str


def models(families: int, today: date, seed: int = 2026) -> tuple[Model, ...]:
    """So many families, each written by the commands in a memory of its own. The same seed and day give the same families."""
    return tuple(_model(1_000_000 * seed + number, today) for number in range(families))


def _model(seed: int, today: date) -> Model:
    work, clock = MemoryWork(), Clock(datetime(2025, 1, 1, tzinfo=UTC))

    def do(command: Command) -> Done:
        work.now = clock()
        return work.do(command)

    head = furnish(do, clock, seed=seed, participants=1, today=today)[0]
    rows = [row for row in work.rows.values() if row.life is Life.LIVE]
    known = {row.id.bytes for row in rows} | {AUTHOR}
    lines = tuple(_line(row, known) for row in rows)
    given = next(row.fields.legal_name.given for row in rows if row.id == head)
    return Model(lines, head.bytes, given, sum(line.kind == "service_session" for line in lines))


def _line(row: Stored[Any], known: set[bytes]) -> _Line:
    if row.compartment != "caseload":
        raise ValueError(f"a {row.fields.kind} that is {row.compartment}: only a caseload is written in bulk")
    kind, fields = row.fields.kind, row.fields
    values = {name: raw(kind, name, getattr(fields, name)) for name in CODECS[kind]}
    refers, days, moments = [], [], []
    for name, value in values.items():
        if isinstance(value, bytes):
            refers += [(name, at, part) for at in range(len(value) - 15) if (part := value[at : at + 16]) in known]
        held = getattr(fields, name)
        if name in AHEAD:
            continue
        if isinstance(held, datetime):
            moments.append(name)
        elif isinstance(held, date | When):
            days.append(name)
    return _Line(kind, row.id.bytes, values, tuple(refers), tuple(days), tuple(moments), _natural(kind, values) == row.id)


def _natural(kind: str, values: Values) -> UUID | None:
    if kind not in NATURAL:
        return None
    parent, word = NATURAL[kind]
    named = values[parent]
    return derived_id(kind, UUID(bytes=named), word(values)) if named else None


class Copies:
    """Further families. `new_id` gives ids in the order of time; everything else comes from `rng`."""

    def __init__(self, made: tuple[Model, ...], rng: random.Random, new_id: Callable[[], UUID], today: date) -> None:
        self._models, self._rng, self._new_id, self._today = made, rng, new_id, today

    def family(self, caseworker: UUID) -> tuple[list[Record], list[Person], int]:
        """A family's records, its people (the head first), and how many sessions it had."""
        rng, model = self._rng, self._rng.choice(self._models)
        earlier = rng.randint(0, EARLIER)
        ids = {AUTHOR: caseworker.bytes}
        for line in model.lines:
            if not line.natural:
                ids[line.id] = self._new_id().bytes
        for line in model.lines:  # in the order in which they were written: a parent comes before what follows from it
            if line.natural:
                parent, word = NATURAL[line.kind]
                named = {name: ids[part] for name, at, part in line.refers if part in ids and len(line.values[name]) == 16}
                ids[line.id] = derived_id(line.kind, UUID(bytes=named[parent]), word(line.values | named)).bytes
        records = [(line.kind, UUID(bytes=ids[line.id]), self._values(line, ids, earlier)) for line in model.lines]
        return records, self._rename(records, model), model.sessions

    def _values(self, line: _Line, ids: dict[bytes, bytes], earlier: int) -> Values:
        values = dict(line.values)
        for name, at, part in line.refers:
            held = values[name]
            values[name] = ids[part] if len(held) == 16 else held[:at] + ids[part] + held[at + 16 :]
        for name in line.days:
            values[name] = _sooner(values[name], earlier)
        for name in line.moments:
            values[name] -= earlier * DAY_MS
        if line.kind == "obligation" and values["result"] is None:
            late = (self._today - _day_of(values["when"])).days
            if late > 6 or (late > 0 and self._rng.random() < 0.9):
                values |= {"result": "attended", "how_known": "told"}
        return values

    def _rename(self, records: list[Record], model: Model) -> list[Person]:
        """New names, numbers and places, one surname for the family. The people, the head first."""
        rng = self._rng
        people = [(id, values) for kind, id, values in records if kind == "participant"]
        country = people[0][1]["country_of_birth"]
        origin = next(one for one in ORIGINS if one.country == country)
        family = rng.choice(origin.families)
        second = "".join(rng.choices(SYLLABLES, k=rng.choice((2, 2, 3)))).capitalize()
        phones = {values["participant_id"]: values for kind, _, values in records if kind == "contact_route"}
        found = []
        for id, values in people:
            given = rng.choice(origin.women if values["gender"] == "female" else origin.men)
            phone = ""
            if id.bytes in phones:
                phone = phones[id.bytes]["value"] = f"+1212555{rng.randint(0, 9999):04d}"
            name = PersonName(given=given[0], family=f"{family[0]} {second}")
            values["legal_name"] = raw("participant", "legal_name", name)
            values["native_name"] = f"{given[1]} {family[1]}".strip() if given[1] else ""
            values["birth_date"] = _born(values["birth_date"], rng.randint(0, 300))
            values["a_number"] = f"2{rng.randint(10_000_000, 99_999_999)}"
            values["languages"] = _languages(_spoken(origin.languages, rng))
            values["safe_contact"] = rng.choice(SAFE_CONTACT) if rng.random() < 0.3 else ""
            if rng.random() < 0.1:
                values["aliases"] = raw("participant", "aliases", [f"{given[0]} {second}"])
            found.append(Person(id, given[0], values["a_number"], phone))
        line1 = f"{rng.randint(2, 1999)} {rng.choice(STREETS)}"
        state = rng.choices((None, "paused", "exited", "referred"), (70, 5, 20, 5))[0]
        for kind, _, values in records:
            if kind == "household":
                values["name"] = family[0]
            elif kind == "address":
                values["address"] = canon.pack({**msgpack.unpackb(values["address"], raw=False), "line1": line1})
            elif kind == "case" and state is not None:
                values["state"] = state
            elif kind == "service_session":
                values["narrative"] = values["narrative"].replace(model.given, found[0].given)
        return found


@lru_cache(maxsize=1_000_000)
def _sooner(value: Any, days: int) -> Any:
    """A day, or a packed When, so many days earlier; what has a time of day stays on a working day."""
    if isinstance(value, str):
        return (date.fromisoformat(value) - timedelta(days=days)).isoformat()
    said = msgpack.unpackb(value, raw=False)
    day = date.fromisoformat(said["day"]) - timedelta(days=days)
    if day.weekday() >= 5:
        day -= timedelta(days=day.weekday() - 4)
    return canon.pack({**said, "day": day.isoformat()})


@lru_cache(maxsize=1_000_000)
def _day_of(when: bytes) -> date:
    return date.fromisoformat(msgpack.unpackb(when, raw=False)["day"])


@lru_cache(maxsize=1_000_000)
def _born(birth_date: bytes, days: int) -> Any:
    day = date.fromisoformat(msgpack.unpackb(birth_date, raw=False)["day"]) - timedelta(days=days)
    return raw("participant", "birth_date", BirthDate(day=day))


def _spoken(languages: tuple[str, ...], rng: random.Random) -> tuple[str, ...]:
    """Most speak what is spoken at home; some learnt more, or forgot: an office has some hundred different lists."""
    if rng.random() < 0.7:
        return languages
    more = rng.sample(("en", "es", "fr", "pt", "ar", "ru", "tr"), k=rng.choice((1, 1, 2)))
    return tuple(dict.fromkeys((*languages[: rng.choice((1, 2))], *more)))


@lru_cache
def _languages(languages: tuple[str, ...]) -> Any:
    return raw("participant", "languages", list(languages))
