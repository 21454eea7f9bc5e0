"""Plain records: those whose rules speak only of their own fields. Four commands add, change, remove and bring back all of them.

A subject declares each of its plain kinds once, as a `Plain`, beside its fields; `dispatch` gathers them. Where more has to
happen than writing one record (a task is made, another record ends), the subject has a command of its own instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from cmpp_desktop.domain.codes import check_codes
from cmpp_desktop.domain.participants import ParticipantFields
from cmpp_desktop.domain.records import Fields, Life, validated
from cmpp_desktop.domain.undo import Recorder
from cmpp_desktop.domain.work import Command, Done, Question, Role, Stored, Work
from cmpp_desktop.errors import BugError, Invalid, KnownError, NotAllowed

WRITERS: tuple[Role, ...] = ("caseworker", "supervisor", "administrator")


def _nothing(record: Any, work: Work) -> None:
    return None


def _no_values(work: Work) -> Mapping[str, object]:
    return {}


def _alone_anyway(record: Any, id: UUID | None, work: Work) -> None:
    return None


def _open(record: Any) -> bool:
    return False


@dataclass(frozen=True)
class Plain:
    """How records of one kind are written. `check` sees the fields as they will be, and raises Invalid or another KnownError;
    `fill` gives values of a new one that were not given (who, today); `closed` says that it may not be changed or removed any
    more (an approved entry); `among` sees beside the fields which record it is (None: a new one), for what holds of several
    together, and raises as `check` does; `unique` names the fields of which no two records have the same values, unless one of
    them is empty. Where it lives its content says (`Fields.lives_in`); which codes may be chosen, `codes.check_codes`."""

    model: type[Fields]
    check: Callable[[Any, Work], None] = _nothing
    fill: Callable[[Work], Mapping[str, object]] = _no_values
    writers: tuple[Role, ...] = WRITERS
    closed: Callable[[Any], bool] = _open
    among: Callable[[Any, UUID | None, Work], None] = _alone_anyway
    unique: tuple[str, ...] = ()


Registry = Mapping[str, Plain]


@dataclass(frozen=True)
class AddRecord(Command):
    """A new plain record. Raises Invalid, not_allowed, record_missing (its participant)."""

    kind: str
    values: Mapping[str, object]


@dataclass(frozen=True)
class ChangeRecord(Command):
    """Sets fields of a plain record."""

    kind: str
    record_id: UUID
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class RemoveRecord(Command):
    """Takes a plain record out; it can be brought back."""

    kind: str
    record_id: UUID
    reason: str = "written_in_error"


@dataclass(frozen=True)
class BringBackRecord(Command):
    kind: str
    record_id: UUID


@dataclass(frozen=True, slots=True)
class Records(Question[tuple[Stored[Any], ...]]):
    """The records of a kind that the asker may see, oldest first: those of one participant, or all of them."""

    kind: str
    participant_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class OneRecord(Question[Stored[Any]]):
    """Raises record_missing."""

    kind: str
    record_id: UUID


@dataclass(frozen=True, slots=True)
class FileOf(Question[tuple[Stored[Any], ...]]):
    """The records of some kinds in one participant's file, kind by kind in the order asked for, oldest first."""

    participant_id: UUID
    kinds: tuple[str, ...]


def add_record(registry: Registry, command: AddRecord, work: Work) -> Done:
    plain = _plain(registry, command.kind, work)
    record = validated(plain.model, **{**plain.fill(work), **command.values})
    check_codes(record, command.values, work)
    plain.check(record, work)
    plain.among(record, None, work)
    _alone(plain, record, None, work)
    about = getattr(record, "participant_id", None)
    team = work.get(ParticipantFields, about).team_id if about is not None else None
    made = work.add(record, team_id=team)
    return Done(made, RemoveRecord(command.kind, made))


def change_record(registry: Registry, command: ChangeRecord, work: Work) -> Done:
    plain = _plain(registry, command.kind, work)
    before = _changeable(plain, command.record_id, work)
    after = validated(plain.model, **{**_values(before.fields), **command.values})
    check_codes(after, command.values, work, before.fields)
    plain.check(after, work)
    plain.among(after, command.record_id, work)
    _alone(plain, after, command.record_id, work)
    recorder = Recorder(work)
    recorder.change(plain.model, command.record_id, **command.values)
    return Done(command.record_id, recorder.undo(command.record_id))


def remove_record(registry: Registry, command: RemoveRecord, work: Work) -> Done:
    plain = _plain(registry, command.kind, work)
    _changeable(plain, command.record_id, work)
    work.delete(plain.model, command.record_id, command.reason)
    return Done(command.record_id, BringBackRecord(command.kind, command.record_id))


def bring_back_record(registry: Registry, command: BringBackRecord, work: Work) -> Done:
    plain = _plain(registry, command.kind, work)
    work.restore(plain.model, command.record_id)
    return Done(command.record_id, RemoveRecord(command.kind, command.record_id))


def _plain(registry: Registry, kind: str, work: Work) -> Plain:
    try:
        plain = registry[kind]
    except KeyError:
        raise BugError("not_a_plain_kind", kind=kind) from None
    if work.actor.role not in plain.writers:
        raise NotAllowed("not_allowed", needs=plain.writers[0])
    return plain


def _changeable(plain: Plain, id: UUID, work: Work) -> Stored[Any]:
    found = work.get(plain.model, id)
    if found.life is not Life.LIVE or plain.closed(found.fields):
        raise KnownError("record_settled", kind=plain.model.kind)
    return found


def settled(registry: Registry, kind: str, fields: Any) -> bool:
    """Whether a record with these fields may not be changed any more; one that is not plain always may, as far as this goes."""
    plain = registry.get(kind)
    return plain is not None and plain.closed(fields)


def _alone(plain: Plain, record: Fields, id: UUID | None, work: Work) -> None:
    """No other record has the same values in the fields that are to be unique."""
    wanted = {name: getattr(record, name) for name in plain.unique}
    if wanted and None not in wanted.values() and any(item.id != id for item in work.find(plain.model, **wanted)):
        raise Invalid(**{plain.unique[0]: "already_there"})


def _values(record: Fields) -> dict[str, Any]:
    return {name: getattr(record, name) for name in type(record).model_fields}
