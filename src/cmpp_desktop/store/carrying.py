"""Moving a record inside a unit of work (rule 25), and finishing a move after which something changed (rule 26).

One operation in both collections, under the one stamp of the unit of work: what it writes is decided by `moving.parts_of`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from cmpp_desktop.changes import LIFE, RecordState, life_name
from cmpp_desktop.domain.records import Fields, Life, from_wire
from cmpp_desktop.errors import KnownError, NotAllowed
from cmpp_desktop.store import moving, state
from cmpp_desktop.store.names import Place
from cmpp_desktop.store.rows import values_of
from cmpp_desktop.store.tables import CODECS, RECORD_KINDS, ROWS, SignedFields
from cmpp_protocol import canon
from cmpp_protocol.stamps import Stamp

if TYPE_CHECKING:
    from cmpp_desktop.store.unit_of_work import UnitOfWork


def move(unit: UnitOfWork, kind: type[Fields], id: UUID, place: Place, transfer_id: UUID | None) -> None:
    """See `Work.move`."""
    row: Any = unit._row(kind, id)
    if row is None:
        raise KnownError("record_missing", kind=kind.kind)
    if place.idx != row.coll:
        _move(unit, kind.kind, row, place, transfer_id)


def keep_in_one(unit: UnitOfWork, kind: type[Fields], id: UUID, place: Place) -> None:
    """See `Work.keep_in_one`."""
    rows = [row for row in unit._rows(kind, id) if row.meta_life in (Life.LIVE, Life.SIGNED)]
    here = next((row for row in rows if row.coll == place.idx), None)
    other = next((row for row in rows if row.coll != place.idx), None)  # a third place is found again, and settled after this one
    if here is None or other is None:
        raise KnownError("record_missing", kind=kind.kind)
    if other.meta_life == Life.SIGNED != here.meta_life:  # it would be a draft again
        raise KnownError("already_signed", kind=kind.kind)
    values = values_of(kind.kind, other)
    unit._stays_open(here, kind.model_construct(None, **values), values)
    _move(unit, kind.kind, other, place, None)


def _move(unit: UnitOfWork, kind: str, row: Any, place: Place, transfer_id: UUID | None) -> None:
    """Out of the collection of this row."""
    if row.meta_status not in ("live", "settled"):
        raise KnownError("conflict_open", kind=kind)
    unit._session.flush()
    source = unit._now_held(unit._capture_now(row))
    signed_id, born = row.meta_signed_id, _born(unit, row)
    _carry(unit, kind, row.id, source, place, born)
    unit._set_life(row, Life.MOVED, moving.moved_value(place.id, transfer_id))
    unit._capture_now(row).picked.add(LIFE)
    if signed_id is not None:
        _also_there(unit, signed_id, row.coll, place)


def finish(unit: UnitOfWork, kind: str, id: UUID) -> None:
    """See `Work.finish_move`."""
    for coll in unit._names.held():
        unit._session.flush()
        held = state.load(unit._connection, unit._names, coll, [id]).get(id)
        if held is None or held.state.kind != kind or moving.is_away(held.state):
            continue
        away = [head.value for head in held.state.heads.get(LIFE, ()) if moving.destination(head.value) is not None]
        if away:
            _finish(unit, kind, id, coll, held, away[-1])
            return
    raise KnownError("record_missing", kind=kind)


def settle(unit: UnitOfWork, kind: str, id: UUID, value: bytes) -> None:
    """Settles a record that changed since, or of which laptops say different things: one of its lives again, covering all that is
    held (rule 18); live brings it back. Where it moved is where it goes on (`finish`). Raises record_settled for what moved and
    is to come back: that is a move of its own."""
    name = life_name(value)
    if name == "moved":
        finish(unit, kind, id)
        return
    key, touched = unit._any_record(kind, id)
    lives = [head.value for head in unit._now_held(touched).heads.get(LIFE, ())]
    if name == "live" and any(moving.destination(life) is not None for life in lives):
        raise KnownError("record_settled", kind=kind)
    if value not in lives and name != "live":
        raise KnownError("record_missing", kind=kind, field=LIFE)
    if touched.row is not None and name in set(Life):
        unit._set_life(touched.row, Life(name), value)
        touched.row.meta_signed_id = moving.signed_id(value)
    touched.writes[LIFE] = value
    touched.picked.add(LIFE)
    unit._touched[key] = touched


def _finish(unit: UnitOfWork, kind: str, id: UUID, coll: int, held: state.Held, value: bytes) -> None:
    place = unit._names.place(moving.destination(value) or b"")
    if place is None or not place.held:
        closed = place is not None and place.kind == "restricted"
        raise NotAllowed("restricted_closed" if closed else "other_team")
    row: Any = unit._row(RECORD_KINDS[kind], id, deleted_too=True, coll=coll) if kind in RECORD_KINDS else None
    touched = unit._touched_of(kind, coll, id, held, row)
    _carry(unit, kind, id, held.state, place, None)
    touched.writes[LIFE] = value
    touched.picked.add(LIFE)


def _carry(unit: UnitOfWork, kind: str, id: UUID, source: RecordState, place: Place, born: Stamp | None) -> None:
    """Writes what goes to the other collection, and the row that is seen there."""
    held = state.load(unit._connection, unit._names, place.idx, [id]).get(id)
    parts = moving.parts_of(source, held.state if held else None, place.id)
    model = RECORD_KINDS.get(kind)
    there: Any = unit._row(model, id, deleted_too=True, coll=place.idx) if model else None
    shown = _python(kind, parts.values)
    made = _whole(model, shown) if there is None and model is not None and parts.life is not None else None
    if made is not None:
        there = unit._new_row(made, id, place.idx)
        unit._session.add(there)
    elif there is not None:
        for name, value in shown.items():
            setattr(there, name, value)
    unit._session.flush()
    target = unit._touched_of(kind, place.idx, id, held, there)
    target.writes = dict(parts.values)
    if parts.life is not None:
        target.writes[LIFE] = parts.life
        if born is not None:
            target.writes.setdefault(moving.ORIGIN, canon.pack([born.hlc, born.device]))
        if there is not None:
            _as_there(unit, there, source, born)
    target.picked = set(target.writes)
    target.beside = dict(parts.beside)


def _as_there(unit: UnitOfWork, there: Any, source: RecordState, born: Stamp | None) -> None:
    """What the row says of its life is what the record's life was, and it came into being when it did."""
    life = moving.signed_in(source)
    there.meta_life, there.meta_shown = (Life.SIGNED if life else Life.LIVE).value, 1
    there.meta_status, there.meta_signed_id = ("settled" if life else "live"), life
    if born is not None:
        there.meta_created, there.meta_created_dev = state.signed64(born.hlc), unit._names.devices.number(born.device)


def _python(kind: str, values: Mapping[str, bytes]) -> dict[str, Any]:
    """The fields that this version can show, as Python values."""
    found: dict[str, Any] = {}
    for name, info in RECORD_KINDS[kind].model_fields.items() if kind in RECORD_KINDS else ():
        if name in values:
            with contextlib.suppress(ValueError, TypeError, OverflowError):
                CODECS[kind][name].load(values[name])
                found[name] = from_wire(info.annotation, canon.unpack(values[name]))
    return found


def _whole(model: type[Fields], values: Mapping[str, Any]) -> Fields | None:
    """The record of these fields; None where one that it needs is missing."""
    if any(info.is_required() and name not in values for name, info in model.model_fields.items()):
        return None
    return model.model_construct(None, **values)


def _also_there(unit: UnitOfWork, signed_id: UUID, coll: int, place: Place) -> None:
    """Puts a Signed record into another collection, as it is: it cannot change (rule 21), so it stays, and is there as well."""
    model: Any = ROWS[SignedFields.kind]
    found: Any = unit._session.get(model, (signed_id, coll))
    if found is not None:
        unit.add_to(place.idx, SignedFields(content=found.content, signature=found.signature), signed_id)


def _born(unit: UnitOfWork, row: Any) -> Stamp:
    return Stamp(state.unsigned64(row.meta_created), unit._names.devices.name(row.meta_created_dev))
