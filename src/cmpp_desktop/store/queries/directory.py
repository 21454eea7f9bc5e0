"""The directory: services by words, kind, language and place; one of them whole; what a newer edition would change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import select

from cmpp_desktop.domain.directory import (
    DirectoryAnswer,
    DirectoryEdition,
    DirectoryPlan,
    DirectorySearch,
    DirectoryService,
    HsdsAddress,
    HsdsLocationFields,
    HsdsOrganizationFields,
    HsdsServiceFields,
    ServiceRow,
    ServiceView,
    planned,
)
from cmpp_desktop.domain.records import Fields
from cmpp_desktop.errors import KnownError
from cmpp_desktop.store.folding import fold, spellings
from cmpp_desktop.store.queries.common import Asked, table
from cmpp_desktop.words import load

Line: TypeAlias = Any  # a row of the columns that were chosen
BEGINNING = 280  # letters of a description that a row shows
OPEN = ("active", "")
SHOWN = (
    "id", "organization_id", "name", "alternate_name", "description", "status", "taxonomy_terms", "languages", "phones",
    "location_ids", "service_areas",
)  # fmt: skip


def directory_search(asked: Asked, question: DirectorySearch) -> DirectoryAnswer:
    """See the question. Reads columns of all services: a directory has some thousands."""
    services = _services(asked, question.inactive)
    organizations = _organizations(asked)
    places = _places(asked)
    words, spoken = fold(question.text).split(), _called(question.language)
    found = [row for row in services if _fits(row, organizations, places, question, words, spoken)]
    ranked = sorted(found, key=lambda row: (_rank(row, organizations, words), fold(row.name), str(row.id)))
    page = ranked[question.offset : question.offset + question.limit]
    return DirectoryAnswer(
        rows=tuple(_shown(row, organizations, places) for row in page),
        matching=len(ranked),
        types=_named(term for row in services for term in row.taxonomy_terms),
        languages=_named(code for row in services for code in _spoken(row, places)),
        towns=_named(address.city for row in services for address in _addresses(row, places)),
    )


def directory_service(asked: Asked, question: DirectoryService) -> ServiceView:
    """See the question."""
    service = asked.one(HsdsServiceFields, question.service_id)
    try:
        organization = asked.one(HsdsOrganizationFields, service.fields.organization_id)
    except KnownError:  # its record has not come yet
        organization = None
    there = asked.all(HsdsLocationFields, table(HsdsLocationFields).c.id.in_(service.fields.location_ids))
    return ServiceView(service, organization, tuple(there))


def directory_edition(asked: Asked, question: DirectoryEdition) -> DirectoryPlan:
    """See the question."""
    models: tuple[type[Fields], ...] = (HsdsOrganizationFields, HsdsLocationFields, HsdsServiceFields)
    existing = {model.kind: asked.all(model, table(model).c.source == question.source) for model in models}
    return planned(existing, question.read, question.source, date.min)[0]


def _services(asked: Asked, inactive: bool) -> list[Line]:
    columns = table(HsdsServiceFields).c
    query = select(*(columns[name] for name in SHOWN)).where(columns.meta_shown == 1, (columns.coll + 0).in_(asked.held))
    if not inactive:
        query = query.where(columns.status.in_(OPEN))
    return list(asked.connection.execute(query))


def _organizations(asked: Asked) -> dict[UUID, Line]:
    columns = table(HsdsOrganizationFields).c
    query = select(columns.id, columns.name, columns.alternate_name, columns.description, columns.phones)
    rows = asked.connection.execute(query.where(columns.meta_shown == 1, columns.coll.in_(asked.held)))
    return {row.id: row for row in rows}


def _places(asked: Asked) -> dict[UUID, Line]:
    columns = table(HsdsLocationFields).c
    query = select(columns.id, columns.name, columns.addresses, columns.languages)
    rows = asked.connection.execute(query.where(columns.meta_shown == 1, columns.coll.in_(asked.held)))
    return {row.id: row for row in rows}


def _called(language: str) -> frozenset[str]:
    """A language as publishers write it: its code, or its English name."""
    return frozenset((language.casefold(), load("en").language_name(language).casefold())) if language else frozenset()


def _fits(
    row: Line,
    organizations: Mapping[UUID, Line],
    places: Mapping[UUID, Line],
    wanted: DirectorySearch,
    words: Sequence[str],
    spoken: frozenset[str],
) -> bool:
    if wanted.type and wanted.type not in row.taxonomy_terms:
        return False
    if spoken and not any(one.casefold() in spoken or one.casefold().split("-")[0] in spoken for one in _spoken(row, places)):
        return False
    if wanted.place.strip() and not _is_at(row, places, wanted.place):
        return False
    if not words:
        return True
    owner = organizations.get(row.organization_id)
    said = [row.name, row.alternate_name, row.description, *row.taxonomy_terms]
    said += [owner.name, owner.alternate_name, owner.description] if owner is not None else []
    text = spellings(" ".join(said))
    return all(word in text for word in words)


def _is_at(row: Line, places: Mapping[UUID, Line], typed: str) -> bool:
    said = list(row.service_areas)
    for id in row.location_ids:
        if id in places:
            said.append(places[id].name)
            said += [_on_a_line(address) for address in places[id].addresses]
    text = spellings(" ".join(said))
    return all(word in text for word in fold(typed).split())


def _rank(row: Line, organizations: Mapping[UUID, Line], words: Sequence[str]) -> int:
    """0: its name begins with what was typed; 1: all words are in its name; 2: in its organization's; 3: elsewhere."""
    name = spellings(f"{row.name} {row.alternate_name}")
    if not words or name.startswith(" ".join(words)):
        return 0
    if all(word in name for word in words):
        return 1
    owner = organizations.get(row.organization_id)
    return 2 if owner is not None and all(word in spellings(owner.name) for word in words) else 3


def _shown(row: Line, organizations: Mapping[UUID, Line], places: Mapping[UUID, Line]) -> ServiceRow:
    owner = organizations.get(row.organization_id)
    phones = [*row.phones, *(owner.phones if owner is not None else ())]
    there = _addresses(row, places)
    return ServiceRow(
        service_id=row.id,
        organization_id=row.organization_id,
        name=row.name,
        organization=owner.name if owner is not None else "",
        beginning=row.description[:BEGINNING],
        types=tuple(row.taxonomy_terms),
        languages=tuple(_spoken(row, places)),
        place=_on_a_line(there[0]) if there else "",
        phone=phones[0].number if phones else "",
        status=row.status,
    )


def _spoken(row: Line, places: Mapping[UUID, Line]) -> list[str]:
    """Languages of a service, and of its places."""
    there = [code for id in row.location_ids if id in places for code in places[id].languages]
    return list(dict.fromkeys([*row.languages, *there]))


def _addresses(row: Line, places: Mapping[UUID, Line]) -> list[HsdsAddress]:
    return [address for id in row.location_ids if id in places for address in places[id].addresses]


def _on_a_line(address: HsdsAddress) -> str:
    town = f"{address.city}, {address.state_province} {address.postal_code}".strip(", ")
    return ", ".join(part for part in (address.address_1, address.address_2, town) if part)


def _named(texts: Iterable[str]) -> tuple[str, ...]:
    """Each once, by name."""
    return tuple(sorted({text for text in texts if text}, key=lambda text: (fold(text), text)))
