"""Importing participants, households and obligations from a table that somebody else made: all of it, or none.

`plan_of` says what each row means, or which cell is wrong and why; nothing is written. A row is a person, perhaps with an
obligation; a row that has only an A-number and an obligation is about somebody who is there. Who may be registered already is
asked first (`DuplicatesIn`), and every such row needs a `Choice`. `import_writing` then carries it out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal
from uuid import UUID

from cmpp_desktop.domain import import_values as values
from cmpp_desktop.domain.households import NewPerson
from cmpp_desktop.domain.import_values import Cell, Refused
from cmpp_desktop.domain.import_vocabulary import FIELDS, NAMES, OBLIGATION, folded, guess
from cmpp_desktop.domain.participants import normal_phone
from cmpp_desktop.domain.records import BirthDate, PersonName, PostalAddress, When, is_zone
from cmpp_desktop.domain.work import Question
from cmpp_desktop.errors import Invalid
from cmpp_desktop.words import load_codes

Progress = Callable[[int, int], None]
Cancelled = Callable[[], bool]


# --- what a table says -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its place from 0, letter ("AB"), heading, and the key by which it is called (unlike all others)."""

    place: int
    letter: str
    heading: str
    key: str


@dataclass(frozen=True, slots=True)
class Line:
    """A row: its number in the file (the first is 1) and a cell for each column."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """What each column is: key of the column → name in FIELDS ("" or absent: left out). `day_first`: how 03/04/2020 is meant;
    None: not said. `zone`: of times (IANA); "": the organisation's. `obligation_type`: of rows that do not say one."""

    columns: Mapping[str, str] = field(default_factory=dict)
    day_first: bool | None = None
    zone: str = ""
    obligation_type: str = ""


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why a row cannot be imported. `column`: the key of the column, or "" for the row as a whole; `code`: the reason."""

    row: int
    column: str
    code: str


@dataclass(frozen=True, slots=True)
class NewObligation:
    type: str
    when: When
    place: str = ""
    mode: str = "in_person"
    judge: str = ""
    lawyer: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """What a row means. `person` None: it is about whoever has the A-number."""

    number: int
    person: NewPerson | None
    a_number: str
    email: str = ""
    address: PostalAddress | None = None
    household: str = ""
    obligation: NewObligation | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """All rows that can be read, and what is wrong with the others."""

    rows: tuple[Row, ...]
    problems: tuple[RowProblem, ...]


# --- duplicates -----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LookedFor:
    """Somebody of a row, as they are compared."""

    row: int
    names: tuple[str, ...]
    birth_date: BirthDate | None
    a_number: str
    phones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """Somebody who may be the same: a participant, or the person of an earlier row. `why`: a_number, phone, birth_date, name."""

    likeness: float
    certain: bool
    why: tuple[str, ...]
    participant_id: UUID | None = None
    row: int | None = None
    name: str = ""

    def named(self, names: Mapping[UUID, str]) -> Match:
        return self if self.participant_id is None else replace(self, name=names.get(self.participant_id, ""))


@dataclass(frozen=True)
class DuplicatesIn(Question[tuple[tuple[Match, ...], ...]]):
    """For each of these people: who is registered or stands in an earlier row and may be the same, best first, at most five."""

    people: tuple[LookedFor, ...]
    progress: Progress | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """What becomes of a row with a likely duplicate or a problem: left out; taken as more about a participant, or about the
    person of another row; or registered as somebody new."""

    what: Literal["skip", "merge", "register"]
    participant_id: UUID | None = None
    row: int | None = None


@dataclass(frozen=True, slots=True)
class Likely:
    """A row with those who may be the same, and what is suggested."""

    row: int
    matches: tuple[Match, ...]
    suggested: Choice


# --- what the rows mean ---------------------------------------------------------------------------------------------------------


def guessed(columns: Iterable[Column]) -> dict[str, str]:
    """What each column seems to be; the first column of a field has it."""
    found: dict[str, str] = {}
    for column in columns:
        name = guess(column.heading)
        if name and name not in found.values():
            found[column.key] = name
    return found


def plan_of(lines: Sequence[Line], columns: Sequence[Column], mapping: ColumnPlan, *, zone: str, today: date) -> Plan:
    """What the rows mean. `zone`: the organisation's. Raises Invalid: columns missing (no column says who), not_valid."""
    chosen = {name: column for column in columns if (name := mapping.columns.get(column.key, ""))}
    if any(name not in FIELDS for name in chosen) or len(chosen) < sum(1 for name in mapping.columns.values() if name):
        raise Invalid(columns="not_valid")
    if not any(name in chosen for name in (*NAMES, "a_number")):
        raise Invalid(columns="missing")
    if mapping.zone and not is_zone(mapping.zone):
        raise Invalid(zone="not_valid")
    if mapping.obligation_type and mapping.obligation_type not in load_codes()["obligation_type"]:
        raise Invalid(obligation_type="not_valid")
    reader = _Reader(chosen, mapping, mapping.zone or zone, today)
    rows, problems = [], []
    for line in lines:
        row, wrong = reader.row(line)
        problems += wrong
        if row is not None and not wrong:
            rows.append(row)
    second = {row.number for row in _second_heads(rows)}
    key = chosen["relationship"].key if second else ""
    problems += [RowProblem(number, key, "second_head") for number in second]
    problems.sort(key=lambda problem: problem.row)
    return Plan(tuple(row for row in rows if row.number not in second), tuple(problems))


def _second_heads(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows that say of somebody else that they are the head of a household which has one."""
    heads: dict[str, Row] = {}
    for row in rows:
        if row.person is None or row.person.relationship != "head" or not row.household:
            continue
        first = heads.setdefault(folded(row.household), row)
        same_number = bool(row.a_number) and row.a_number == first.a_number
        if first.person is not None and not same_number and first.person.name != row.person.name:
            yield row


class _Reader:
    """Reads rows under one mapping."""

    def __init__(self, chosen: Mapping[str, Column], mapping: ColumnPlan, zone: str, today: date) -> None:
        self._chosen, self._mapping, self._zone, self._today = chosen, mapping, zone, today
        self._cells: Sequence[Cell] = ()
        self._problems: list[RowProblem] = []
        self._number = 0

    def row(self, line: Line) -> tuple[Row | None, list[RowProblem]]:
        """What a row means, or what is wrong with it; (None, []) for a row in which no column says anything."""
        self._cells, self._problems, self._number = line.cells, [], line.number
        if all(self._cell(name) in (None, "") for name in self._chosen):
            return None, []
        a_number = self._read("a_number", values.read_a_number) or ""
        person = self._person(a_number)
        obligation = self._obligation()
        if person is None and not self._problems:
            if not a_number:
                self._wrong("name" if "name" in self._chosen else "given", "missing")
            elif obligation is None:
                self._wrong("", "nothing_to_import")
        email, household = self._line("email", 200, values.read_email), self._line("household", 200, values.whole_of)
        row = Row(line.number, person, a_number, email, self._address(), household, obligation)
        return row, self._problems

    def _cell(self, name: str) -> Cell:
        column = self._chosen.get(name)
        return self._cells[column.place] if column is not None and column.place < len(self._cells) else None

    def _wrong(self, name: str, code: str) -> None:
        column = self._chosen.get(name)
        self._problems.append(RowProblem(self._number, column.key if column is not None else "", code))

    def _read(self, name: str, read: Callable[[Cell], Any]) -> Any:
        try:
            return read(self._cell(name))
        except Refused as error:
            self._wrong(name, error.code)
            return None

    def _line(self, name: str, most: int, read: Callable[[Cell], str] = values.text_of) -> str:
        text: str = self._read(name, read) or ""
        if len(text) > most:
            self._wrong(name, "too_long")
        return text

    def _day(self, name: str, *, past: bool = False, timed: bool = False) -> date | None:
        day: date | None = self._read(name, lambda cell: values.read_date(cell, self._mapping.day_first, timed=timed))
        if past and day is not None and day > self._today:
            self._wrong(name, "in_future")
        return day

    def _name(self) -> PersonName:
        whole = " ".join(self._line("name", 200).split())
        given = " ".join(self._line("given", 200).split())
        family = " ".join(" ".join((self._line("family", 200), self._line("family2", 200))).split())
        if whole and not (given or family):
            if "," in whole:  # "Tzoc, Marisela"
                family, _, given = (part.strip() for part in whole.partition(","))
            else:
                given, _, family = whole.rpartition(" ") if whole.count(" ") == 1 else (whole, "", "")
        if len(f"{given} {family}") > 200:
            self._wrong("family" if "family" in self._chosen else "name", "too_long")
        return PersonName(given=given, family=family)

    def _person(self, a_number: str) -> NewPerson | None:
        name = self._name()
        if not name.full:
            return None
        born, guessed_day = self._day("birth", past=True), self._read("birth_estimated", values.read_yes)
        aliases = tuple(part.strip() for part in self._line("aliases", 1000).replace(";", ",").split(",") if part.strip())
        return NewPerson(
            name=name,
            relationship=self._read("relationship", lambda cell: values.read_code(cell, "relationship")) or "",
            preferred_name=self._line("preferred", 200),
            native_name=self._line("native", 200),
            aliases=aliases,
            birth_date=BirthDate(day=born, estimated=bool(guessed_day)) if born is not None else None,
            gender=self._read("gender", lambda cell: values.read_code(cell, "gender")),
            country_of_birth=self._read("birth_country", values.read_country),
            nationality=self._read("nationality", values.read_country),
            languages=self._read("languages", values.read_languages) or (),
            interpreter_needed=bool(self._read("interpreter", values.read_yes)),
            a_number=a_number,
            phone=self._read("phone", values.read_phone) or "",
            safe_contact=self._line("safe_contact", 500),
            arrived_on=self._day("arrived", past=True),
            accessibility=self._line("accessibility", 1000),
        )

    def _address(self) -> PostalAddress | None:
        parts = {
            "line1": self._line("street", 300), "line2": self._line("street2", 300), "city": self._line("city", 200),
            "state": self._line("state", 100), "postal_code": self._line("postal_code", 20, values.read_postal),
        }  # fmt: skip
        return PostalAddress(**parts) if any(parts.values()) else None

    def _obligation(self) -> NewObligation | None:
        if all(self._cell(name) in (None, "") for name in OBLIGATION if name not in ("lawyer", "obligation_note")):
            return None
        type_ = self._read("obligation", lambda cell: values.read_code(cell, "obligation_type")) or self._mapping.obligation_type
        day, at = self._day("obligation_day", timed=True), self._read("obligation_time", values.read_time)
        if at is None and day is not None:
            at = self._read("obligation_day", values.clock_of)
        mode = self._read("obligation_mode", lambda cell: values.read_code(cell, "obligation_mode")) or "in_person"
        place, judge = self._line("obligation_place", 300), self._line("judge", 200)
        lawyer, note = self._line("lawyer", 200), self._line("obligation_note", 4000)
        if self._problems:
            return None
        if day is None:
            self._wrong("obligation_day", "missing")
            return None
        if not type_:
            self._wrong("obligation", "missing")
            return None
        return NewObligation(type_, When(day=day, at=at, zone=self._zone), place, mode, judge, lawyer, note)


def looked_for(rows: Iterable[Row]) -> tuple[LookedFor, ...]:
    """The people of the rows, for `DuplicatesIn`."""
    found = []
    for row in rows:
        person = row.person
        if person is None:
            found.append(LookedFor(row.number, (), None, row.a_number, ()))
        else:
            names = (person.name.full, person.native_name, person.preferred_name, *person.aliases)
            phones = (normal_phone(person.phone),) if person.phone else ()
            found.append(LookedFor(row.number, tuple(filter(None, names)), person.birth_date, row.a_number, phones))
    return tuple(found)


def likely(rows: Sequence[Row], matches: Sequence[Sequence[Match]]) -> tuple[tuple[Likely, ...], tuple[RowProblem, ...]]:
    """The rows that need a choice, and those about somebody who is not there (person_not_found)."""
    found, problems = [], []
    nobodys: set[int] = set()  # rows that are about nobody: no other row is about the person of one of them
    for row, every in zip(rows, matches, strict=True):
        listed = [match for match in every if match.row not in nobodys and (row.person is not None or match.certain)]
        if row.person is None and not listed:
            problems.append(RowProblem(row.number, "", "person_not_found"))
            nobodys.add(row.number)
            continue
        if listed:
            found.append(Likely(row.number, tuple(listed), _suggested(row, listed)))
    return tuple(found), tuple(problems)


def _suggested(row: Row, matches: Sequence[Match]) -> Choice:
    """Certainly the same: more about them, if the row says more; else left out. Perhaps the same: a person has to look; what is
    suggested makes nobody twice."""
    first = matches[0]
    if row.person is None or row.obligation is not None or first.certain:
        return Choice("merge", first.participant_id, first.row)
    return Choice("skip")


def undecided(rows: Iterable[Row], found: Iterable[Likely], choices: Mapping[int, Choice]) -> tuple[int, ...]:
    """The rows for which a choice is missing, or names nobody that was offered (any participant, or an earlier row)."""
    numbers = {row.number: row for row in rows}
    waiting = [one.row for one in found if one.row not in choices]
    for number, choice in choices.items():
        row = numbers.get(number)
        if row is None or choice.what != "merge":
            if row is not None and choice.what == "register" and row.person is None:
                waiting.append(number)
            continue
        other = choice.row
        earlier = other is None or (other in numbers and other < number)
        if (choice.participant_id is None) == (other is None) or not earlier:
            waiting.append(number)
    return tuple(sorted(set(waiting)))
