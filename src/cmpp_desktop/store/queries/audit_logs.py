"""The audit logs as administrators read them: the own one, checked, and those that came from all laptops."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import closing
from itertools import islice
from typing import Any

from sqlalchemy import Select, and_, select, tuple_

from cmpp_desktop.domain.audit_logs import (
    GROUPS,
    KNOWN,
    OTHER,
    OWN,
    AuditChain,
    AuditChains,
    AuditFilter,
    AuditRow,
    AuditTrail,
    AuditTrouble,
)
from cmpp_desktop.domain.staff import DeviceNameFields
from cmpp_desktop.errors import KnownError
from cmpp_desktop.store import audit
from cmpp_desktop.store.columns import from_ms, to_ms
from cmpp_desktop.store.queries.common import Asked
from cmpp_desktop.store.tables import AUDIT_CHAIN, AUDIT_ENTRY, AUDIT_HEARD, AUDIT_TROUBLE, DEVICE


def audit_trail(asked: Asked, question: AuditTrail) -> tuple[AuditRow, ...]:
    """See the question."""
    if question.filter.laptop != OWN:
        return _heard(asked, question)
    found = _own(asked, question)
    rows = tuple(islice(found, question.limit))
    found.close()
    return rows


def audit_chains(asked: Asked, question: AuditChains) -> tuple[AuditChain, ...]:
    """See the question."""
    _only_administrators(asked)
    troubles: dict[int, list[AuditTrouble]] = {}
    for row in asked.connection.execute(select(AUDIT_TROUBLE).order_by(AUDIT_TROUBLE.c.number, AUDIT_TROUBLE.c.code)):
        troubles.setdefault(row.dev, []).append(AuditTrouble(row.number, row.code, from_ms(row.at_ms)))
    query = select(AUDIT_CHAIN, DEVICE.c.device_id).join(DEVICE, DEVICE.c.idx == AUDIT_CHAIN.c.dev)
    return tuple(
        AuditChain(row.device_id.hex(), row.number, from_ms(row.heard_ms), tuple(troubles.get(row.dev, ())))
        for row in asked.connection.execute(query)
    )


def _own(asked: Asked, question: AuditTrail) -> Generator[AuditRow, None, None]:
    columns, after, me = AUDIT_ENTRY.c, question.after, asked.asker.device_id.hex()
    called = _laptops(asked).get(me, "")
    if after is None:  # the pages after the first are of what was checked with it
        audit.verify(asked.connection)
    query = _filtered(select(AUDIT_ENTRY), columns, question.filter)
    if after is not None:
        query = query.where(columns.number < after.number)
    found = asked.connection.execute(query.order_by(columns.number.desc()))
    with closing(found):
        for row in found:
            if audit.restricted_to(row.body) in (None, *asked.held):
                who, at = asked.who(row.member_id), from_ms(row.at_ms)
                yield AuditRow(
                    row.number, at, row.member_id, row.action, row.subject_kind, row.subject_id, who, me, called, key=row.hash
                )


def _heard(asked: Asked, question: AuditTrail) -> tuple[AuditRow, ...]:
    _only_administrators(asked)
    columns, after, laptops = AUDIT_HEARD.c, question.after, _laptops(asked)
    query = _filtered(select(AUDIT_HEARD, DEVICE.c.device_id), columns, question.filter)
    query = query.join(DEVICE, DEVICE.c.idx == columns.dev)
    if question.filter.laptop:
        query = query.where(DEVICE.c.device_id == bytes.fromhex(question.filter.laptop))
    # One unit of work writes several entries at one time: by their numbers, then, so that the order is the log's.
    order = (columns.at_ms, columns.dev, columns.number, columns.hash)
    if after is not None:
        dev = select(DEVICE.c.idx).where(DEVICE.c.device_id == bytes.fromhex(after.device)).scalar_subquery()
        behind = tuple_(*order) < tuple_(to_ms(after.at), dev, after.number, after.key)
        query = query.where(and_(columns.at_ms <= to_ms(after.at), behind))  # the first lets the index be used
    return tuple(
        AuditRow(
            row.number, from_ms(row.at_ms), row.member_id, row.action, row.subject_kind, row.subject_id,
            asked.who(row.member_id), row.device_id.hex(), laptops.get(row.device_id.hex(), ""), bool(row.closed), row.hash,
        )
        for row in asked.connection.execute(query.order_by(*(one.desc() for one in order)).limit(question.limit))
    )  # fmt: skip


def _filtered(query: Select[Any], columns: Any, wanted: AuditFilter) -> Select[Any]:
    if wanted.member_id is not None:
        query = query.where(columns.member_id == wanted.member_id)
    if wanted.since is not None:
        query = query.where(columns.at_ms >= to_ms(wanted.since))
    if wanted.group == OTHER:
        query = query.where(columns.action.not_in(sorted(KNOWN)))
    elif wanted.group:
        query = query.where(columns.action.in_(sorted(GROUPS[wanted.group])))
    return query


def _laptops(asked: Asked) -> Mapping[str, str]:
    return {one.fields.device_id: one.fields.name for one in asked.all(DeviceNameFields)}


def _only_administrators(asked: Asked) -> None:
    if asked.asker.role != "administrator":
        raise KnownError("not_allowed", needs="administrator")
