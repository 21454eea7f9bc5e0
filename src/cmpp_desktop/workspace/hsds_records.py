"""From rows of HSDS tables to the organizations, places and services of the directory, with what was wrong in which row.

`Tables` gathers the rows, whichever way they were written; `assemble` puts together what belongs to one thing. A row that lacks
what it cannot be without is left out and said; a value that cannot be is left out alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from cmpp_desktop.domain.directory import (
    Listed,
    Problem,
    ReadDirectory,
)
from cmpp_desktop.domain.hsds import (
    HsdsAddress,
    HsdsContact,
    HsdsCost,
    HsdsLocationFields,
    HsdsOrganizationFields,
    HsdsPhone,
    HsdsSchedule,
    HsdsServiceFields,
)
from cmpp_desktop.domain.records import Fields

MOST_IN_A_LIST = 200
LONGEST_LINE = 1000  # letters of one entry of a list
DAY = re.compile("[+-]?[1-5]?(MO|TU|WE|TH|FR|SA|SU)")
CLOCK = re.compile(r"\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?")
DAY_NAMES = {
    short: code
    for code, name in zip(
        ["MO", "TU", "WE", "TH", "FR", "SA", "SU"],
        ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
        strict=True,
    )
    for short in (name, name[:3], name[:4])
}  # fmt: skip
DAYS: Mapping[str, tuple[str, ...]] = {"assured_on": ("assured_date",), "updated_on": ("last_modified", "last_updated")}
P = TypeVar("P", HsdsContact, HsdsCost, HsdsSchedule)


@dataclass
class Row:
    """A row of a table: its cells by column, the file, and its number there (the header is row 1 of a CSV file)."""

    values: dict[str, str]
    file: str
    number: int

    def of(self, *names: str) -> str:
        """The first of these columns that says something."""
        return next((self.values[name] for name in names if self.values.get(name)), "")


@dataclass
class Tables:
    """All rows by table. Of things that are written out several times in a document (`nested`) the parts are put together."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    whole: bool = True
    count: int = 0
    _known: dict[tuple[str, str], Row] = field(default_factory=dict)

    def add(self, table: str, row: Row, *, nested: bool = False) -> None:
        """Adds a row. A second one with the same id is a problem, unless it says the same or is nested."""
        self.count += 1
        id = row.values.get("id", "")
        before = self._known.get((table, id)) if id else None
        if before is None:
            if id:
                self._known[table, id] = row
            self.rows.setdefault(table, []).append(row)
        elif nested:
            parts = {name: value for name, value in row.values.items() if value and not before.values.get(name)}
            before.values.update(parts)
            if any(row.values.get(name, value) != value for name, value in before.values.items() if name.endswith("_id")):
                self.rows[table].append(row)  # the same thing under another one: a telephone of two services
        elif before.values != row.values:
            self.problems.append(Problem(row.file, row.number, "id", "twice"))

    def by(self, table: str, column: str) -> dict[str, list[Row]]:
        """The rows of a table by what a column names."""
        found: dict[str, list[Row]] = {}
        for row in self.rows.get(table, ()):
            named = row.values.get(column, "")
            if named:
                found.setdefault(named, []).append(row)
        return found


def assemble(tables: Tables) -> ReadDirectory:
    """All that is in the tables."""
    made = _Assembly(tables)
    organizations = made.organizations()
    locations = made.locations({item.hsds_id for item in organizations})
    known = {item.hsds_id for item in organizations}
    services = made.services(known, {item.hsds_id for item in locations})
    return ReadDirectory(tuple(organizations), tuple(locations), tuple(services), tuple(tables.problems), tables.whole)


class _Assembly:
    def __init__(self, tables: Tables) -> None:
        self._tables, self._problems = tables, tables.problems

    def organizations(self) -> list[Listed]:
        phones = self._tables.by("phone", "organization_id")
        found = []
        for row in self._tables.rows.get("organization", ()):
            if not self._has(row, "id", "name"):
                continue
            values = {
                "name": row.of("name"),
                "alternate_name": row.of("alternate_name"),
                "description": row.of("description"),
                "email": row.of("email"),
                "website": row.of("website", "url"),
                "phones": _phones(phones.get(row.of("id"), ())),
            }
            found.append(Listed(row.of("id"), self._fitting(HsdsOrganizationFields, values, row)))
        return _once(found)

    def locations(self, organizations: set[str]) -> list[Listed]:
        by = self._tables.by
        phones, addresses = by("phone", "location_id"), by("address", "location_id")
        ease, spoken, open_at = by("accessibility", "location_id"), by("language", "location_id"), by("schedule", "location_id")
        found = []
        for row in self._tables.rows.get("location", ()):
            if not self._has(row, "id"):
                continue
            id = row.of("id")
            values = {
                "name": row.of("name", "alternate_name"),
                "description": row.of("description"),
                "transportation": row.of("transportation"),
                "latitude": row.of("latitude"),
                "longitude": row.of("longitude"),
                "addresses": [_address(item) for item in addresses.get(id, ())][:MOST_IN_A_LIST],
                "accessibility": _lines(
                    _joined(item.of("accessibility", "description"), item.of("details")) for item in ease.get(id, ())
                ),
                "phones": _phones(phones.get(id, ())),
                "languages": _languages(spoken.get(id, ())),
                "schedules": _schedules(open_at.get(id, ())),
            }
            # Publishers leave out organizations that only own a building: the place is good without it.
            owner = row.of("organization_id") if row.of("organization_id") in organizations else ""
            found.append(Listed(id, self._fitting(HsdsLocationFields, values, row), owner))
        return _once(found)

    def services(self, organizations: set[str], locations: set[str]) -> list[Listed]:
        parts = _ServiceParts(self._tables)
        found = []
        for row in self._tables.rows.get("service", ()):
            if not self._has(row, "id", "name", "organization_id"):
                continue
            if row.of("organization_id") not in organizations:
                self._problems.append(Problem(row.file, row.number, "organization_id", "unknown_reference"))
                continue
            id = row.of("id")
            values = {**_plain(row), **parts.of(id)}
            values["eligibility_description"] = values["eligibility_description"] or parts.eligibility(id)
            for name in ("minimum_age", "maximum_age"):
                values[name] = self._age(row, name)
            for name, columns in DAYS.items():
                values[name] = self._day(row, *columns)
            values["updated_on"] = values["updated_on"] or parts.last_action(id)
            there = []
            for link in parts.places.get(id, ()):
                if link.of("location_id") in locations:
                    there.append(link.of("location_id"))
                else:
                    self._problems.append(Problem(link.file, link.number, "location_id", "unknown_reference", left_out=False))
            fitting = self._fitting(HsdsServiceFields, values, row)
            found.append(Listed(id, fitting, row.of("organization_id"), tuple(dict.fromkeys(there))))
        return _once(found)

    def _has(self, row: Row, *names: str) -> bool:
        """Whether a row has what it cannot be without; said once for the first that it has not."""
        missing = next((name for name in names if not row.of(name)), None)
        if missing is not None:
            self._problems.append(Problem(row.file, row.number, missing, "missing"))
        too_long = missing is None and len(row.of("id")) > 200
        if too_long:
            self._problems.append(Problem(row.file, row.number, "id", "too_long"))
        return missing is None and not too_long

    def _age(self, row: Row, name: str) -> int | None:
        said = row.of(name)
        if not said:
            return None
        try:
            years = round(float(said))
        except (ValueError, OverflowError):
            years = -1
        if 0 <= years <= 150:
            return years
        self._problems.append(Problem(row.file, row.number, name, "not_valid", left_out=False))
        return None

    def _day(self, row: Row, *names: str) -> date | None:
        """A day as it is written first; the time after it is left off."""
        said = row.of(*names)
        found = _date_of(said)
        if said and found is None:
            column = next(name for name in names if row.values.get(name))
            self._problems.append(Problem(row.file, row.number, column, "not_valid", left_out=False))
        return found

    def _fitting(self, model: type[Fields], values: Mapping[str, Any], row: Row) -> dict[str, Any]:
        """The values, with texts that are longer than the directory keeps cut off, and that said."""
        found = dict(values)
        for name, value in values.items():
            most = next((item.max_length for item in model.model_fields[name].metadata if hasattr(item, "max_length")), None)
            if most is not None and isinstance(value, str) and len(value) > most:
                found[name] = value[: most - 1] + "…"
                self._problems.append(Problem(row.file, row.number, name, "shortened", left_out=False))
        return found


class _ServiceParts:
    """What other tables say of services."""

    def __init__(self, tables: Tables) -> None:
        by = tables.by
        self.places = by("service_at_location", "service_id")
        links = {row.of("id"): row.of("service_id") for row in tables.rows.get("service_at_location", ())}
        self._phones, self._schedules = by("phone", "service_id"), by("schedule", "service_id")
        self._contacts, self._of_contacts = by("contact", "service_id"), by("phone", "contact_id")
        for table, mine in (("phone", self._phones), ("schedule", self._schedules), ("contact", self._contacts)):
            for link, rows in by(table, "service_at_location_id").items():
                if links.get(link):
                    there = mine.setdefault(links[link], [])
                    there += [row for row in rows if row not in there]
        self._languages, self._areas = by("language", "service_id"), by("service_area", "service_id")
        self._costs, self._papers = by("cost_option", "service_id"), by("required_document", "service_id")
        self._eligible = by("eligibility", "service_id")
        self._acts, self._nested_acts = by("metadata", "resource_id"), by("metadata", "service_id")
        self._terms = {row.of("id"): row.of("name", "term", "code") for row in tables.rows.get("taxonomy_term", ())}
        self._linked = by("attribute", "link_id")
        for service, rows in by("attribute", "service_id").items():
            self._linked.setdefault(service, []).extend(rows)

    def of(self, id: str) -> dict[str, Any]:
        named = (row.of("taxonomy_term_id", "taxonomy_id") for row in self._linked.get(id, ()))
        return {
            "phones": _phones(self._phones.get(id, ())),
            "schedules": _schedules(self._schedules.get(id, ())),
            "languages": _languages(self._languages.get(id, ())),
            "taxonomy_terms": _lines(self._terms.get(term, "") for term in named),
            "service_areas": _lines(row.of("name", "service_area", "description") for row in self._areas.get(id, ())),
            "costs": _costs(self._costs.get(id, ())),
            "required_documents": _lines(row.of("document") for row in self._papers.get(id, ())),
            "contacts": _contacts(self._contacts.get(id, ()), self._of_contacts),
        }

    def last_action(self, id: str) -> date | None:
        """The last day on which something of it was written, as the table of metadata has it."""
        days = (_date_of(row.of("last_action_date")) for row in (*self._acts.get(id, ()), *self._nested_acts.get(id, ())))
        return max((day for day in days if day is not None), default=None)

    def eligibility(self, id: str) -> str:
        """As HSDS 2 has it, in a table of its own."""
        return "\n".join(_lines(row.of("eligibility") for row in self._eligible.get(id, ())))


def _plain(row: Row) -> dict[str, Any]:
    return {
        "name": row.of("name"),
        "alternate_name": row.of("alternate_name"),
        "description": row.of("description"),
        "status": row.of("status").lower() or "active",
        "url": row.of("url"),
        "email": row.of("email"),
        "interpretation_services": row.of("interpretation_services"),
        "application_process": row.of("application_process"),
        "fees_description": row.of("fees_description", "fees"),
        "eligibility_description": row.of("eligibility_description"),
        "alert": row.of("alert"),
        "wait_time": row.of("wait_time"),
    }


def _schedules(rows: Iterable[Row]) -> list[HsdsSchedule]:
    return _once_each(map(_schedule, rows))


def _schedule(row: Row) -> HsdsSchedule:
    """When something is open. Days come as iCalendar has them (HSDS 3: "TH,FR", "1MO") or by name (HSDS 2: "Friday"); what is
    neither stays in words."""
    said = row.of("byday", "weekday")
    days = [DAY_NAMES.get(part.strip().lower(), part.strip().upper()) for part in re.split("[,;]", said) if part.strip()]
    known = all(DAY.fullmatch(day) for day in days)
    months = "" if known and days else row.of("bymonthday")
    words = ("" if known else said, months, row.of("description", "original_text"))
    return HsdsSchedule(
        days=days if known else [],
        opens_at=_hour(row.of("opens_at")),
        closes_at=_hour(row.of("closes_at")),
        closed=row.of("closed").lower() in ("true", "1", "yes"),
        valid_from=row.of("valid_from")[:10],
        valid_to=row.of("valid_to")[:10],
        description=_joined(*words)[:LONGEST_LINE],
        notes=row.of("notes")[:LONGEST_LINE],
    )


def _date_of(text: str) -> date | None:
    """The day at the beginning of a text."""
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _hour(text: str) -> str:
    """ "09:00" of "09:00:00" or "9:00 AM" as it is."""
    return text[:5] if CLOCK.fullmatch(text) else text[:20]


def _costs(rows: Iterable[Row]) -> list[HsdsCost]:
    return _once_each(
        HsdsCost(
            option=row.of("option")[:LONGEST_LINE],
            amount=row.of("amount")[:30],
            currency=row.of("currency").upper()[:10],
            amount_description=row.of("amount_description")[:LONGEST_LINE],
            valid_from=row.of("valid_from")[:10],
            valid_to=row.of("valid_to")[:10],
        )
        for row in rows
    )


def _contacts(rows: Iterable[Row], phones: Mapping[str, Sequence[Row]]) -> list[HsdsContact]:
    return _once_each(
        HsdsContact(
            name=row.of("name")[:200],
            title=row.of("title")[:200],
            department=row.of("department")[:200],
            email=row.of("email")[:200],
            phones=_phones(phones.get(row.of("id"), ())),
        )
        for row in rows
    )


def _once_each(parts: Iterable[P]) -> list[P]:
    """Those that say something, each once."""
    found: list[P] = []
    for part in parts:
        if part != type(part)() and part not in found:
            found.append(part)
    return found[:MOST_IN_A_LIST]


def _phones(rows: Sequence[Row]) -> list[HsdsPhone]:
    """Telephones, each number once. Some publishers write the quotation marks of a table into the number."""
    found: dict[tuple[str, str], HsdsPhone] = {}
    for row in rows:
        number = row.of("number").strip("\"' ")[:100]
        if number:
            made = HsdsPhone(
                number=number,
                extension=row.of("extension")[:30],
                type=row.of("type")[:50],
                description=row.of("description")[:LONGEST_LINE],
            )
            found.setdefault((number, made.extension), made)
    return list(found.values())[:MOST_IN_A_LIST]


def _address(row: Row) -> HsdsAddress:
    return HsdsAddress(
        address_1=row.of("address_1", "street_address")[:300],
        address_2=row.of("address_2")[:300],
        city=row.of("city")[:200],
        state_province=row.of("state_province", "state", "region")[:100],
        postal_code=row.of("postal_code", "postcode")[:30],
        country=row.of("country")[:60],
        address_type=row.of("address_type")[:50],
    )


def _languages(rows: Sequence[Row]) -> list[str]:
    """Codes where the publisher gives them, else names."""
    return _lines(row.of("code").lower() or row.of("name", "language") for row in rows)


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _lines(texts: Iterable[str]) -> list[str]:
    """Those that say something, each once, none too long."""
    found = dict.fromkeys(text.strip()[:LONGEST_LINE] for text in texts if text.strip())
    return list(found)[:MOST_IN_A_LIST]


def _once(found: Sequence[Listed]) -> list[Listed]:
    return list({item.hsds_id: item for item in reversed(found)}.values())[::-1]
