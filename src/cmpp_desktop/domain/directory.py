"""The directory of organisations and services, in the words of Open Referral HSDS 3 (organization, service, location).

It is read from files of publishers (`workspace/hsds.py`) and belongs to everybody. A newer edition of a file changes what
changed and marks what is gone; nothing is ever deleted, because referrals name it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol, cast
from uuid import UUID

from cmpp_desktop.domain.hsds import HsdsLocationFields, HsdsOrganizationFields, HsdsServiceFields
from cmpp_desktop.domain.records import Fields, validated
from cmpp_desktop.domain.work import Command, Done, Question, Role, Stored, Work
from cmpp_desktop.errors import NotAllowed
from cmpp_protocol.ids import derived_id

IMPORTERS: tuple[Role, ...] = ("supervisor", "administrator")
PART = 50  # records of one change set (rule 40): of the longest descriptions some 3 MiB, where 16 are the limit


@dataclass(frozen=True, slots=True)
class Problem:
    """What was wrong in a row of a file. `row`: as a spreadsheet counts (the header is 1); in a document of JSON the number of
    the thing at its top. `reason`: missing, twice, unknown_reference, not_valid, too_long, shortened, bad_row, too_many_cells.
    `left_out`: the whole row is; otherwise only this value."""

    file: str
    row: int
    column: str
    reason: str
    left_out: bool = True


@dataclass(frozen=True, slots=True)
class Listed:
    """An organization, place or service as a file has it: fields of its kind by name, and the ids in the file of its
    organization and its places."""

    hsds_id: str
    values: Mapping[str, Any]
    organization: str = ""
    locations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadDirectory:
    """What a file holds. `whole`: all of a directory; only then is what is not in it gone."""

    organizations: tuple[Listed, ...]
    locations: tuple[Listed, ...]
    services: tuple[Listed, ...]
    problems: tuple[Problem, ...] = ()
    whole: bool = True

    @property
    def left_out(self) -> int:
        """How many rows cannot be taken."""
        return sum(problem.left_out for problem in self.problems)


@dataclass(frozen=True, slots=True)
class Counted:
    """Of one kind: how many are new, changed, as they were, and gone from the directory."""

    new: int = 0
    changed: int = 0
    same: int = 0
    gone: int = 0


@dataclass(frozen=True, slots=True)
class DirectoryPlan:
    """What an import would do."""

    organizations: Counted
    locations: Counted
    services: Counted
    problems: tuple[Problem, ...]
    left_out: int
    whole: bool


def _no_tick(done: int, of: int) -> None:
    return None


@dataclass(frozen=True)
class ImportDirectory(Command):
    """Brings a directory in, or its newer edition: new, changed and gone, all or nothing.

    `source` names the directory, so that several can stand side by side. What a newer edition does not have becomes inactive; it
    is never deleted, for referrals name it. `tick(done, of)` is told how far it is, and may raise to stop: then nothing was
    changed. Raises not_allowed. `Done.more["plan"]` is what was done.
    """

    read: ReadDirectory
    source: str = ""
    tick: Callable[[int, int], None] = _no_tick


@dataclass(frozen=True, slots=True)
class DirectoryEdition(Question["DirectoryPlan"]):
    """What importing this would do."""

    read: ReadDirectory
    source: str = ""


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """A service as a search finds it. `place`: one of its places on a line; `phone`: its own, else its organization's."""

    service_id: UUID
    organization_id: UUID
    name: str
    organization: str
    beginning: str  # of its description
    types: tuple[str, ...]
    languages: tuple[str, ...]
    place: str
    phone: str
    status: str


@dataclass(frozen=True, slots=True)
class OrganizationRow:
    """An organization as a search finds it. `services`: how many of it are shown."""

    organization_id: UUID
    name: str
    beginning: str  # of its description
    phone: str
    services: int


@dataclass(frozen=True, slots=True)
class DirectoryAnswer:
    """A page of services, best first; `types`, `languages`, `towns`: what there is to choose from in the directory, by name.

    `organizations`: the first whose name has all the words that were typed, or that offer no service and fit otherwise; none
    where only a filter was set. `everything`: all services that could be found.
    """

    rows: tuple[ServiceRow, ...]
    matching: int
    types: tuple[str, ...]
    languages: tuple[str, ...]
    towns: tuple[str, ...]
    organizations: tuple[OrganizationRow, ...] = ()
    everything: int = 0


@dataclass(frozen=True, slots=True)
class DirectorySearch(Question[DirectoryAnswer]):
    """Services by words (each somewhere in its or its organization's names, descriptions, kinds, languages or places), kind of
    service, language (a code), place (town, postal code, area served). `inactive`: those too that are closed or gone."""

    text: str = ""
    type: str = ""
    language: str = ""
    place: str = ""
    inactive: bool = False
    offset: int = 0
    limit: int = 50


@dataclass(frozen=True, slots=True)
class ServiceView:
    """All that the directory knows of a service."""

    service: Stored[HsdsServiceFields]
    organization: Stored[HsdsOrganizationFields] | None
    locations: tuple[Stored[HsdsLocationFields], ...]


@dataclass(frozen=True, slots=True)
class DirectoryService(Question[ServiceView]):
    """Raises record_missing."""

    service_id: UUID


@dataclass(frozen=True, slots=True)
class OrganizationView:
    """All that the directory knows of an organization. `services`: id, name and status of each, by name."""

    organization: Stored[HsdsOrganizationFields]
    services: tuple[tuple[UUID, str, str], ...]
    locations: tuple[Stored[HsdsLocationFields], ...]


@dataclass(frozen=True, slots=True)
class DirectoryOrganization(Question[OrganizationView]):
    """Raises record_missing."""

    organization_id: UUID


@dataclass(frozen=True, slots=True)
class DirectoryHeld:
    """A directory that was brought in. `services`: those that are not gone; `read_on`: when something of it last came in."""

    source: str
    services: int
    organizations: int
    read_on: date | None


@dataclass(frozen=True, slots=True)
class DirectoriesHeld(Question[tuple[DirectoryHeld, ...]]):
    """The directories that stand side by side, by name."""


def directory_id(kind: str, source: str, hsds_id: str) -> UUID:
    """The derived id of a record of a directory: two laptops that read the same file make the same records (rule 13)."""
    return derived_id(kind, UUID(int=0), f"{source}\n{hsds_id}")


@dataclass(frozen=True)
class _Step:
    """A record to write: new with all its fields, or changed in some."""

    model: type[Fields]
    id: UUID
    record: Fields | None
    values: Mapping[str, Any]


Existing = Mapping[str, Sequence[Stored[Any]]]  # by kind: what the directory of this name holds


def planned(existing: Existing, read: ReadDirectory, source: str, today: date) -> tuple[DirectoryPlan, list[_Step]]:
    """What an import does, and its steps."""
    steps: list[_Step] = []

    def count(model: type[Fields], listed: Sequence[Listed]) -> Counted:
        there = {item.id: item for item in existing.get(model.kind, ())}
        return _of_kind(model, listed, there, read.whole, source, today, steps)

    plan = DirectoryPlan(
        organizations=count(HsdsOrganizationFields, read.organizations),
        locations=count(HsdsLocationFields, read.locations),
        services=count(HsdsServiceFields, read.services),
        problems=read.problems,
        left_out=read.left_out,
        whole=read.whole,
    )
    return plan, steps


def _of_kind(
    model: type[Fields],
    listed: Sequence[Listed],
    there: dict[UUID, Stored[Any]],
    whole: bool,
    source: str,
    today: date,
    steps: list[_Step],
) -> Counted:
    new = changed = same = gone = 0
    for item in listed:
        id = directory_id(model.kind, source, item.hsds_id)
        values = _values(model, item, source)
        before = there.pop(id, None)
        if before is None:
            new += 1
            steps.append(_Step(model, id, validated(model, **values, read_on=today), {}))
            continue
        wanted = validated(model, **{**_held(before.fields), **values})
        other = {name: values[name] for name in values if getattr(wanted, name) != getattr(before.fields, name)}
        if other:
            changed += 1
            steps.append(_Step(model, id, None, {**other, "read_on": today}))
        else:
            same += 1
    for id, left in there.items() if whole else ():
        ended: dict[str, Any] = {"status": "inactive"} if model is HsdsServiceFields else {"active": False}
        if any(getattr(left.fields, name) != value for name, value in ended.items()):
            gone += 1
            steps.append(_Step(model, id, None, ended))
    return Counted(new, changed, same, gone)


def _values(model: type[Fields], item: Listed, source: str) -> dict[str, Any]:
    values: dict[str, Any] = {**item.values, "hsds_id": item.hsds_id, "source": source}
    if model is not HsdsServiceFields:
        values["active"] = True
    if item.organization:
        values["organization_id"] = directory_id(HsdsOrganizationFields.kind, source, item.organization)
    if item.locations:
        values["location_ids"] = [directory_id(HsdsLocationFields.kind, source, one) for one in item.locations]
    return values


def _held(fields: Fields) -> dict[str, Any]:
    return {name: getattr(fields, name) for name in type(fields).model_fields}


class _InParts(Protocol):
    """A unit of work as `import_writing.BulkWork`."""

    def part(self) -> None: ...


def import_directory(command: ImportDirectory, work: Work) -> Done:
    if work.actor.role not in IMPORTERS:
        raise NotAllowed("not_allowed", needs=IMPORTERS[0])
    models: tuple[type[Fields], ...] = (HsdsOrganizationFields, HsdsLocationFields, HsdsServiceFields)
    existing = {model.kind: work.find(model, source=command.source) for model in models}
    plan, steps = planned(existing, command.read, command.source, work.today)
    for done, step in enumerate(steps):
        if done % PART == 0:
            command.tick(done, len(steps))
            if done:
                cast(_InParts, work).part()
        if step.record is not None:
            work.add(step.record, id=step.id)
        else:
            work.change(step.model, step.id, **step.values)
    command.tick(len(steps), len(steps))
    work.audit("directory_imported", "organisation", None, written=len(steps), left_out=plan.left_out)
    return Done(UUID(int=0), more={"plan": plan})
