"""The directory: services by words, kind, language and place; one of them whole; what a newer edition would change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, or_, select

from cmpp_desktop.domain.directory import (
    DirectoriesHeld,
    DirectoryAnswer,
    DirectoryEdition,
    DirectoryHeld,
    DirectoryOrganization,
    DirectoryPlan,
    DirectorySearch,
    DirectoryService,
    OrganizationRow,
    OrganizationView,
    ServiceRow,
    ServiceView,
    planned,
)
from cmpp_desktop.domain.hsds import HsdsLocationFields, HsdsOrganizationFields, HsdsServiceFields
from cmpp_desktop.domain.records import Fields
from cmpp_desktop.errors import KnownError
from cmpp_desktop.store.folding import fold
from cmpp_desktop.store.queries import directory_lines as lines
from cmpp_desktop.store.queries.common import Asked, table
from cmpp_desktop.words import load

FEW = 20  # organizations beside the services


def directory_search(asked: Asked, question: DirectorySearch) -> DirectoryAnswer:
    """See the question. Looks through all services: a directory has some thousands."""
    services, held = lines.services(asked, question.inactive), _Held(lines.organizations(asked), lines.places(asked))
    words = fold(question.text).split()
    found = [line for line in services if held.fits(line, question, words)]
    found.sort(key=lambda line: (held.rank(line, words), line.order, line.id))
    page = found[question.offset : question.offset + question.limit]
    filtered = question.type or question.language or question.place.strip()
    return DirectoryAnswer(
        rows=tuple(held.shown(line) for line in page),
        matching=len(found),
        types=_named({term for line in services for term in line.types}),
        languages=_named({code for line in services for code in held.spoken(line)}),
        towns=_named({town for line in services for place in held.at(line) for town in place.towns}),
        organizations=() if filtered or not words else held.named_so(services, words, question.inactive),
        everything=len(services),
    )


@dataclass(frozen=True)
class _Held:
    """Whose services are and where."""

    organizations: Mapping[bytes, lines.Organization]
    places: Mapping[bytes, lines.Place]

    def at(self, line: lines.Service) -> list[lines.Place]:
        return [self.places[id] for id in line.places if id in self.places]

    def spoken(self, line: lines.Service) -> tuple[str, ...]:
        """Languages of a service, and of its places."""
        return tuple(dict.fromkeys((*line.spoken, *(code for place in self.at(line) for code in place.spoken))))

    def fits(self, line: lines.Service, wanted: DirectorySearch, words: Sequence[str]) -> bool:
        if wanted.type and wanted.type not in line.types:
            return False
        if wanted.language and not any(_is(code, wanted.language) for code in self.spoken(line)):
            return False
        if wanted.place.strip():
            where = " ".join((line.where, *(place.where for place in self.at(line))))
            if not all(word in where for word in fold(wanted.place).split()):
                return False
        owner = self.organizations.get(line.organization)
        return all(
            word in line.text
            or (owner is not None and word in owner.text)
            or any(word in place.where for place in self.at(line))
            for word in words
        )

    def rank(self, line: lines.Service, words: Sequence[str]) -> int:
        """0: its name begins with what was typed; 1: all words are in its name; 2: in its organization's; 3: elsewhere."""
        if not words or line.names.startswith(" ".join(words)):
            return 0
        if all(word in line.names for word in words):
            return 1
        owner = self.organizations.get(line.organization)
        return 2 if owner is not None and all(word in owner.names for word in words) else 3

    def shown(self, line: lines.Service) -> ServiceRow:
        owner, there = self.organizations.get(line.organization), self.at(line)
        return ServiceRow(
            service_id=UUID(bytes=line.id),
            organization_id=UUID(bytes=line.organization),
            name=line.name,
            organization=owner.name if owner is not None else "",
            beginning=line.beginning,
            types=line.types,
            languages=self.spoken(line),
            place=next((place.line for place in there if place.line), ""),
            phone=line.phone or (owner.phone if owner is not None else ""),
            status=line.status,
        )

    def named_so(
        self, services: Sequence[lines.Service], words: Sequence[str], inactive: bool
    ) -> tuple[OrganizationRow, ...]:
        """Organizations whose name has all the words; of those that offer nothing, also by what they say of themselves."""
        offered = Counter(line.organization for line in services)
        found = [
            one
            for one in self.organizations.values()
            if (one.active or inactive) and all(word in (one.names if offered[one.id] else one.text) for word in words)
        ]
        found.sort(key=lambda one: (one.order, one.id))
        return tuple(
            OrganizationRow(UUID(bytes=one.id), one.name, one.beginning, one.phone, offered[one.id]) for one in found[:FEW]
        )


def _is(said: str, language: str) -> bool:
    """Whether what a publisher wrote is this language: its code, or its English name."""
    called = said.casefold()
    return language.casefold() in (called, called.split("-")[0]) or called == load("en").language_name(language).casefold()


def directory_organization(asked: Asked, question: DirectoryOrganization) -> OrganizationView:
    """See the question."""
    found = asked.one(HsdsOrganizationFields, question.organization_id)
    services = asked.all(HsdsServiceFields, table(HsdsServiceFields).c.organization_id == found.id)
    offered = sorted(((one.id, one.fields.name, one.fields.status) for one in services), key=lambda one: (fold(one[1]), one[0]))
    at = {id for one in services if one.fields.status in lines.OPEN for id in one.fields.location_ids}
    columns = table(HsdsLocationFields).c
    there = asked.all(HsdsLocationFields, or_(columns.id.in_(at), columns.organization_id == found.id))
    return OrganizationView(found, tuple(offered), tuple(one for one in there if one.fields.active))


def directories_held(asked: Asked, question: DirectoriesHeld) -> tuple[DirectoryHeld, ...]:
    """See the question."""
    services, organizations = table(HsdsServiceFields).c, table(HsdsOrganizationFields).c
    held: dict[str, list[Any]] = {}
    for place, columns, still in ((0, services, services.status.in_(lines.OPEN)), (1, organizations, organizations.active)):
        query = select(columns.source, func.sum(case((still, 1), else_=0)), func.max(columns.read_on))
        query = query.where(columns.meta_shown == 1, (columns.coll + 0).in_(asked.held)).group_by(columns.source)
        for source, count, read_on in asked.connection.execute(query):
            line = held.setdefault(source, [0, 0, None])
            line[place] = int(count)
            line[2] = max(filter(None, (line[2], read_on)), default=None)
    return tuple(DirectoryHeld(source, *held[source]) for source in sorted(held, key=lambda one: (fold(one), one)))


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


def _named(texts: Iterable[str]) -> tuple[str, ...]:
    """By name."""
    return tuple(sorted((text for text in texts if text), key=lambda text: (fold(text), text)))
