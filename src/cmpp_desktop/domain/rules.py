"""A pack of deadline rules, read from its TOML text: every rule checked, every fault told with its place in the file.

A rule is data: what starts it, how its days are counted, whether it is in force, who says so. Nothing here computes a day
(`counting` does) or writes a record (`following` does). `resources/rules/` has the pack that ships.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, ValidationError, field_validator, model_validator

from cmpp_desktop import resources
from cmpp_desktop.domain.attachments import AttachmentFields
from cmpp_desktop.domain.obligations import ObligationFields
from cmpp_desktop.domain.participants import AddressFields, ParticipantFields
from cmpp_desktop.domain.proceedings import AppealFields, ApplicationFields, OrderFields
from cmpp_desktop.domain.records import Fields, Part, When
from cmpp_desktop.errors import BugError, KnownError
from cmpp_desktop.words import load_codes

FORMAT = 1  # of the text; a higher one is of a newer program
LARGEST = 1024 * 1024  # bytes of a pack

# The records that may start a rule, and those that may fulfil one.
TRIGGERS: Mapping[str, type[Fields]] = {
    "address": AddressFields,
    "application": ApplicationFields,
    "attachment": AttachmentFields,
    "obligation": ObligationFields,
    "order": OrderFields,
    "participant": ParticipantFields,
}
FULFILLERS: Mapping[str, type[Fields]] = {"application": ApplicationFields, "appeal": AppealFields}

State = Literal["in_force", "stayed", "vacated", "proposed"]
Values = dict[str, list[str | bool]]


class RulesRefused(KnownError):
    """A pack that is not as it should be. `problems`: all that was found."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("rules_refused", count=len(problems), first=problems[0].place if problems else "")
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault. `place` as a person looks for it ("line 31, appeal_bia, count.n"); `code` for the words; `said`: the detail."""

    place: str
    code: str  # syntax, missing, unknown_entry, not_valid, twice, no_such_field, not_a_date, no_such_code, not_in_order
    said: str = ""


class Named(Part):
    """A text for people in both languages of the interface."""

    en: str = Field(min_length=1, max_length=1000)
    es: str = Field(min_length=1, max_length=1000)

    def name(self, language: str) -> str:
        return self.es if language == "es" else self.en


class Trigger(Part):
    """What starts a rule: the day in a field of a record of a kind, where other fields have these values and not those.

    `after_another`: only where the participant had such a record before (an address is a move, not the first one).
    """

    kind: str
    field: str
    where: Values = Field(default_factory=dict)
    unless: Values = Field(default_factory=dict)
    after_another: bool = False


class Count(Part):
    """How far, and of what: days (all of them, or business days), years, or days that the asylum clock has counted."""

    n: int = Field(ge=0, le=3660)
    unit: Literal["days", "years", "clock_days"] = "days"
    days: Literal["calendar", "business"] = "calendar"
    direction: Literal["after", "before"] = "after"


class Standing(Part):
    """What a rule is worth from a day on."""

    state: State
    since: date
    by: str = Field(default="", max_length=300)  # who decided: a court, a Federal Register page


class MetBy(Part):
    """A record that fulfils the rule, on or after the day that started it. `link`: its field that names the trigger."""

    kind: str
    field: str = "filed_on"
    where: Values = Field(default_factory=dict)
    link: str = ""


class Rule(Part):
    """One rule. `zone`: "court" (of the hearing), "office" (of the organisation), or an IANA name."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{2,59}$")
    title: Named
    note: Named | None = None
    citation: str = Field(min_length=1, max_length=300)
    sources: list[str] = Field(default_factory=list)
    obligation: str  # code list obligation_type: what it makes
    agency: str | None = None
    trigger: Trigger
    count: Count
    rollover: Literal["next", "previous", "none"] = "next"
    holidays: Literal["federal", "federal_dc"] = "federal"
    receipt: Literal["received", "mailed", "none"] = "none"
    zone: str = "office"
    status: list[Standing] = Field(min_length=1)
    met_by: list[MetBy] = Field(default_factory=list)
    late_days: int = Field(default=0, ge=0, le=3660)  # how long after its day it is still worth an entry, when told late
    warn: list[str] = Field(default_factory=list)  # codes of further warnings: calendar_days, form_says_working_days…

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        if zone not in ("court", "office"):
            try:
                ZoneInfo(zone)
            except (ZoneInfoNotFoundError, ValueError, OSError) as error:
                raise ValueError("unknown time zone") from error
        return zone

    @model_validator(mode="after")
    def _fits(self) -> Rule:
        if self.count.unit == "clock_days" and (self.trigger.kind != "application" or self.count.direction == "before"):
            raise ValueError("clock days are counted after an application")
        if self.zone == "court" and self.trigger.kind != "obligation":
            raise ValueError("only a hearing has a court's zone")
        if self.count.unit == "years" and self.count.n > 100:
            raise ValueError("more than a hundred years")
        days = [item.since for item in self.status]
        if days != sorted(set(days)):
            raise ValueError("not in order")
        return self

    def standing(self, day: date) -> Standing:
        """What the rule is worth on that day; before its first entry it is only proposed."""
        known = [item for item in self.status if item.since <= day]
        return known[-1] if known else Standing(state="proposed", since=self.status[0].since)

    def in_force(self, day: date) -> bool:
        return self.standing(day).state == "in_force"


class Pack(Part):
    """A whole pack. `rule` in the file's order."""

    format: int
    pack: str = Field(min_length=1, max_length=100)
    version: str = Field(pattern=r"^\d{1,6}(\.\d{1,6}){0,3}$")
    checked_on: date
    publisher: str = Field(min_length=1, max_length=200)
    rule: list[Rule] = Field(min_length=1)

    @property
    def rules(self) -> Mapping[str, Rule]:
        return {rule.id: rule for rule in self.rule}

    @property
    def number(self) -> tuple[int, ...]:
        return version_number(self.version)


def version_number(version: str) -> tuple[int, ...]:
    """ "2026.11.1" as numbers that compare; what is no version counts as older than every one."""
    return tuple(int(part) for part in version.split(".")) if re.fullmatch(r"\d+(\.\d+)*", version) else ()


@lru_cache(maxsize=8)
def parse(text: str) -> Pack:
    """The pack of a TOML text. Raises RulesRefused with every fault that was found, or KnownError rules_newer_format."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\(at line (\d+)", str(error))
        place = f"line {found.group(1)}" if found else "line 1"
        raise RulesRefused((Problem(place, "syntax", str(error).split(" (at")[0]),)) from None
    stated = raw.get("format")
    if isinstance(stated, int) and stated > FORMAT:
        raise KnownError("rules_newer_format", found=stated, known=FORMAT)
    places = _Places(text, raw)
    try:
        pack = Pack.model_validate(raw)
    except ValidationError as error:
        raise RulesRefused(tuple(places.of(item) for item in error.errors())) from None
    problems = (
        *([] if pack.format == FORMAT else [Problem(places.at(("format",)), "not_valid", str(pack.format))]),
        *_problems(pack, places),
    )
    if problems:
        raise RulesRefused(problems)
    return pack


def shipped() -> str:
    """The text of the pack that ships with the program."""
    found = sorted(path for path in resources.folder("rules").glob("*.toml") if path.name != "publishers.toml")
    if len(found) != 1:
        raise BugError("no_rules_shipped", count=len(found))
    return found[0].read_text(encoding="utf-8")


class _Places:
    """Where in the file something is: the line on which its rule begins, or its key stands."""

    def __init__(self, text: str, raw: Mapping[str, Any]) -> None:
        self._lines = text.splitlines()
        self._starts = [n for n, line in enumerate(self._lines, 1) if re.match(r"\s*\[\[\s*rule\s*\]\]", line)]
        rules = raw.get("rule")
        self._rules = rules if isinstance(rules, list) else []

    def at(self, loc: tuple[Any, ...]) -> str:
        if len(loc) >= 2 and loc[0] == "rule" and isinstance(loc[1], int) and loc[1] < len(self._starts):
            start = self._starts[loc[1]]
            end = self._starts[loc[1] + 1] if loc[1] + 1 < len(self._starts) else len(self._lines) + 1
            rule = self._rules[loc[1]] if loc[1] < len(self._rules) else {}
            name = str(rule.get("id", loc[1] + 1)) if isinstance(rule, dict) else str(loc[1] + 1)
            path = ".".join(str(part) for part in loc[2:])
            return ", ".join(part for part in (f"line {self._line(loc[2:], start, end)}", name, path) if part)
        return f"line {self._line(loc, 1, (self._starts or [len(self._lines) + 1])[0])}, " + ".".join(str(p) for p in loc)

    def _line(self, path: tuple[Any, ...], start: int, end: int) -> int:
        names = [part for part in path if isinstance(part, str)]
        for n in range(start, end):
            if names and re.match(rf"\s*(\[rule\.)?{re.escape(names[0])}\b", self._lines[n - 1]):
                return n
        return start

    def of(self, item: Any) -> Problem:
        """A fault that pydantic found."""
        known = {"missing": "missing", "extra_forbidden": "unknown_entry", "string_too_short": "missing"}
        code = known.get(item["type"], "not_valid")
        cause = (item.get("ctx") or {}).get("error")
        return Problem(self.at(tuple(item["loc"])), code, str(cause) if isinstance(cause, ValueError) else item["msg"])


def _problems(pack: Pack, places: _Places) -> Iterator[Problem]:
    """What only shows when the pack is held against the records and code lists of the program."""
    types = load_codes()["obligation_type"]
    seen: set[str] = set()
    for n, rule in enumerate(pack.rule):
        if rule.id in seen:
            yield Problem(places.at(("rule", n, "id")), "twice", rule.id)
        seen.add(rule.id)
        if rule.obligation not in types:
            yield Problem(places.at(("rule", n, "obligation")), "no_such_code", rule.obligation)
        parts: list[tuple[str, Any, Mapping[str, type[Fields]]]] = [("trigger", rule.trigger, TRIGGERS)]
        parts += [("met_by", item, FULFILLERS) for item in rule.met_by]
        for name, part, kinds in parts:
            yield from _of_part(part, kinds, lambda *path, name=name, n=n: places.at(("rule", n, name, *path)))


def _of_part(part: Any, kinds: Mapping[str, type[Fields]], at: Any) -> Iterator[Problem]:
    model = kinds.get(part.kind)
    if model is None:
        yield Problem(at("kind"), "no_such_code", part.kind)
        return
    fields = model.model_fields
    if part.field not in fields:
        yield Problem(at("field"), "no_such_field", part.field)
    elif not {date, When} & {fields[part.field].annotation, *get_args(fields[part.field].annotation)}:
        yield Problem(at("field"), "not_a_date", part.field)
    named = [("where", name) for name in part.where]
    named += [("unless", name) for name in getattr(part, "unless", {})]
    named += [("link", part.link)] if getattr(part, "link", "") else []
    for place, name in named:
        if name not in fields:
            yield Problem(at(place), "no_such_field", name)
