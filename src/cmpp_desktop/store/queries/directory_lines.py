"""The directory as a search reads it: of every service, organization and place what is shown and what is looked through.

A search reads all of them at every key. What lies in a row is folded once and remembered by the row itself, so that nothing is
remembered of what has changed. All of it is published; nothing here is about anybody who is served.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cmpp_desktop.store.folding import fold, spellings
from cmpp_desktop.store.queries.common import Asked, marks, unpacked
from cmpp_desktop.words import LANGUAGES, load

REMEMBERED = 50_000  # rows
BEGINNING = 280  # letters of a description that a row shows
OPEN = ("active", "")  # of a service that can be gone to


@dataclass(frozen=True, slots=True)
class Service:
    """`names`, `text`, `where`: folded, with their Latin spelling; `spoken`: languages as the publisher says them."""

    id: bytes
    organization: bytes
    name: str
    beginning: str
    status: str
    types: tuple[str, ...]
    spoken: tuple[str, ...]
    phone: str
    places: tuple[bytes, ...]
    order: str
    names: str
    text: str
    where: str


@dataclass(frozen=True, slots=True)
class Organization:
    id: bytes
    name: str
    beginning: str
    phone: str
    active: bool
    order: str
    names: str
    text: str


@dataclass(frozen=True, slots=True)
class Place:
    id: bytes
    line: str  # its first address
    towns: tuple[str, ...]
    spoken: tuple[str, ...]
    where: str


def services(asked: Asked, inactive: bool) -> list[Service]:
    """Those that can be gone to, or all."""
    where = "" if inactive else f" AND status IN ({marks(OPEN)})"
    rows = asked.connection.exec_driver_sql(
        "SELECT id, organization_id, name, alternate_name, description, status, taxonomy_terms, languages, phones, location_ids, "
        f'service_areas FROM "r_hsds_service" WHERE meta_shown = 1 AND coll + 0 IN ({marks(asked.held)}){where}',
        (*asked.held, *(() if inactive else OPEN)),
    )
    return [_service(*row) for row in rows]


def organizations(asked: Asked) -> dict[bytes, Organization]:
    rows = asked.connection.exec_driver_sql(
        'SELECT id, name, alternate_name, description, phones, active FROM "r_hsds_organization" '
        f"WHERE meta_shown = 1 AND coll + 0 IN ({marks(asked.held)})",
        tuple(asked.held),
    )
    return {row[0]: _organization(*row) for row in rows}


def places(asked: Asked) -> dict[bytes, Place]:
    rows = asked.connection.exec_driver_sql(
        'SELECT id, name, addresses, languages FROM "r_hsds_location" '
        f"WHERE meta_shown = 1 AND coll + 0 IN ({marks(asked.held)})",
        tuple(asked.held),
    )
    return {row[0]: _place(*row) for row in rows}


@lru_cache(maxsize=512)
def language_names(code: str) -> str:
    """What a language is called in the languages of the interface: "árabe" finds what "arabic" does."""
    return " ".join(dict.fromkeys(load(language).language_name(code) for language in LANGUAGES))


@lru_cache(maxsize=REMEMBERED)
def _service(
    id: bytes, organization: bytes, name: str, other: str, description: str, status: str,
    types: bytes, spoken: bytes, phones: bytes, places: bytes, areas: bytes,
) -> Service:  # fmt: skip
    kinds, languages, served = tuple(unpacked(types)), tuple(unpacked(spoken)), unpacked(areas)
    said = (name, other, description, *kinds, *map(language_names, languages), *served)
    return Service(
        id, organization, name, description[:BEGINNING], status, kinds, languages, _number(phones), tuple(unpacked(places)),
        fold(name), spellings(f"{name} {other}"), spellings(" ".join(said)), spellings(" ".join(served)),
    )  # fmt: skip


@lru_cache(maxsize=REMEMBERED)
def _organization(id: bytes, name: str, other: str, description: str, phones: bytes, active: int) -> Organization:
    return Organization(
        id, name, description[:BEGINNING], _number(phones), bool(active), fold(name), spellings(f"{name} {other}"),
        spellings(f"{name} {other} {description}"),
    )  # fmt: skip


@lru_cache(maxsize=REMEMBERED)
def _place(id: bytes, name: str, addresses: bytes, spoken: bytes) -> Place:
    there, languages = unpacked(addresses), tuple(unpacked(spoken))
    lines = [_on_a_line(address) for address in there]
    towns = tuple(address["city"] for address in there if address.get("city"))
    where = spellings(" ".join((name, *lines, *map(language_names, languages))))
    return Place(id, lines[0] if lines else "", towns, languages, where)


def _number(phones: bytes) -> str:
    """The first telephone number."""
    return next((str(phone.get("number", "")) for phone in unpacked(phones)), "")


def _on_a_line(address: dict[str, Any]) -> str:
    town = f"{address.get('city', '')}, {address.get('state_province', '')} {address.get('postal_code', '')}".strip(", ")
    return ", ".join(part for part in (address.get("address_1"), address.get("address_2"), town) if part)
