"""Conflicts: fields with several versions, and records that changed after they were settled, for a person to decide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

import msgpack
from sqlalchemy import select

from cmpp_desktop.changes import LIFE, Head, RecordState, is_mark
from cmpp_desktop.domain.questions import ConflictItem, Conflicts, Version
from cmpp_desktop.store import state
from cmpp_desktop.store.columns import from_ms
from cmpp_desktop.store.queries.common import Asked
from cmpp_desktop.store.queries.sessions import about_both
from cmpp_desktop.store.tables import TABLES, participant_of
from cmpp_protocol.stamps import Stamp

_LABELS = ("type", "route", "use", "title_code", "title", "state", "name", "services", "relationship")


def conflicts(asked: Asked, question: Conflicts) -> tuple[ConflictItem, ...]:
    """See the question. What still waits for changes from elsewhere is shown after seven days, with whom it waits for."""
    found = sorted(_items(asked, question), key=lambda item: item[0], reverse=True)
    people = asked.called(item.participant_id for _, item in found if item.participant_id)
    return tuple(
        replace(item, participant=people.get(item.participant_id, "") if item.participant_id else "") for _, item in found
    )


def _items(asked: Asked, question: Conflicts) -> Iterator[tuple[Stamp, ConflictItem]]:
    rows = asked.connection.exec_driver_sql(
        f"SELECT coll, id FROM sync_record WHERE flags <> 0 AND flags & {state.CONFLICT | state.CHANGED_SINCE}"
    ).all()
    by_coll: dict[int, list[UUID]] = {}
    for coll, id in rows:
        if coll in asked.held:
            by_coll.setdefault(coll, []).append(UUID(bytes=id))
    now_ms = asked.latest_ms
    for coll, ids in by_coll.items():
        for id, held in asked.states(coll, ids).items():
            values = _shown(held.state)
            about = participant_of(held.state.kind, id, values)
            if question.participant_id is not None and about not in asked.same(question.participant_id):
                continue
            if not state.is_patient(held.state, now_ms):
                found = _of_record(asked, id, held.state, values, about)
                yield from found if question.participant_id is None else _told(asked, found, values, question.participant_id)


def _told(
    asked: Asked, found: Iterable[tuple[Stamp, ConflictItem]], values: Mapping[str, Any], participant_id: UUID
) -> Iterator[tuple[Stamp, ConflictItem]]:
    """Those that a participant's page may show: not two versions of words about them and somebody from whom they are kept apart,
    nor of who that is. The list of all conflicts has them."""
    apart = {id.bytes for id in asked.apart(participant_id)}
    for stamp, item in found:
        named = any(version.wire_value in apart for version in item.versions if isinstance(version.wire_value, bytes))
        if not named and not (apart and about_both(asked, participant_id, item.kind, item.record_id, item.field, values)):
            yield stamp, item


def _of_record(
    asked: Asked, id: UUID, held: RecordState, values: Mapping[str, Any], about: UUID | None
) -> Iterator[tuple[Stamp, ConflictItem]]:
    label = _label(values)
    missing = sorted({stamp.device for _, stamp in held.since})
    waits = ", ".join(_device(asked, device) for device in missing)
    for field in state.open_fields(held):
        heads = held.heads[field]
        versions = _versions(asked, heads)
        if field == "a_number":
            versions = _masked(versions)
        yield heads[-1].stamp, ConflictItem(held.kind, id, field, about, "", label, versions, waits)
    loose = state.uncovered(held)
    if loose and LIFE not in state.open_fields(held):
        heads = tuple(
            sorted(
                [*held.heads[LIFE], *(head for name in loose for head in held.heads[name] if head.stamp in loose[name])],
                key=lambda head: head.stamp,
            )
        )
        yield heads[-1].stamp, ConflictItem(held.kind, id, LIFE, about, "", label, _versions(asked, heads), waits)


def _versions(asked: Asked, heads: tuple[Head, ...]) -> tuple[Version, ...]:
    """One for each different value, the latest of equal ones, newest first."""
    latest = {head.value: head for head in heads}
    own = asked.asker.device_id
    return tuple(
        Version(
            wire_value=_unpacked(head.value),
            shown=shown(_unpacked(head.value)),
            staff=asked.who(asked.member(asked.names.devices.known(head.stamp.device) or 0)),
            device=_device(asked, head.stamp.device),
            here=head.stamp.device == own,
            at=from_ms(head.stamp.ms),
        )
        for head in sorted(latest.values(), key=lambda head: head.stamp, reverse=True)
    )


def _masked(versions: tuple[Version, ...]) -> tuple[Version, ...]:
    """A-numbers are told apart by their last digits, as everywhere; where these are the same by the digits that differ, too. They
    are shown whole only where somebody asks for it, which is written down."""
    numbers = [version.shown for version in versions if version.shown]
    same_end = len({number[-3:] for number in numbers}) < len(numbers)
    differ = {at for at, digits in enumerate(zip(*numbers, strict=False)) if same_end and len(set(digits)) > 1}

    def mask(number: str) -> str:
        signs = "".join(sign if at in differ or at >= len(number) - 3 else "•" for at, sign in enumerate(number))
        return " ".join(signs[at : at + 3] for at in range(0, len(signs), 3))

    return tuple(replace(version, shown=mask(version.shown)) for version in versions)


def shown(value: Any) -> str:
    """A value as people can read it, whatever it is: parts of a composite one after the other."""
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return ", ".join(part for part in (shown(item) for item in value.values()) if part)
    if isinstance(value, list):
        return ", ".join(part for part in (shown(item) for item in value) if part)
    return str(value)


def _shown(held: RecordState) -> dict[str, Any]:
    return {name: _unpacked(heads[-1].value) for name, heads in held.heads.items()}


def _unpacked(value: bytes) -> Any:
    return None if is_mark(value) else msgpack.unpackb(value, raw=False)


def _label(values: Mapping[str, Any]) -> str:
    for name in _LABELS:
        value = values.get(name)
        if value:
            return str(value[0] if isinstance(value, list) else value)
    return ""


def _device(asked: Asked, device: bytes) -> str:
    columns = TABLES["device_name"].c
    found = asked.connection.execute(select(columns.name).where(columns.device_id == device.hex())).scalar()
    return str(found or device.hex()[:8])
