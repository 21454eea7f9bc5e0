"""What waits to be sent and what came in, said as pieces of work and not as change sets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from cmpp_desktop.changes import Write
from cmpp_desktop.domain.questions import Arrival, Arrivals, Outgoing, OutgoingItem
from cmpp_desktop.store import state
from cmpp_desktop.store.change_sets import unpack_change_set
from cmpp_desktop.store.columns import from_ms
from cmpp_desktop.store.queries.common import Asked
from cmpp_desktop.store.tables import ARRIVAL, OUTBOX, RECORD_KINDS, SYNC_RECORD, TABLES
from cmpp_protocol.stamps import COUNTER_BITS, Stamp

# Which record of a change set names the work: the first of these that is in it, else whatever is.
MAIN = (
    "screening", "service_session", "participant", "obligation", "note", "amendment", "review", "consent", "case", "address",
    "contact_route", "task", "household", "instrument", "staff_member",
)  # fmt: skip
SILENT = frozenset({"attendance", "household_member", "case_assignment", "signed", "device_name"})


def outgoing(asked: Asked, question: Outgoing) -> tuple[OutgoingItem, ...]:
    """See the question."""
    written = [place.idx for place in asked.names.places.values() if place.held and place.kind != "audit"]  # that goes by itself
    query = select(OUTBOX.c.hlc, OUTBOX.c.body).where(OUTBOX.c.coll.in_(written))
    query = query.order_by(OUTBOX.c.n.desc()).limit(question.limit)
    found: list[tuple[str, UUID | None, int]] = []
    for hlc, body in asked.connection.execute(query):
        writes = unpack_change_set(bytes(16), Stamp(0, bytes(32)), body).writes
        write = _main(writes)
        found.append((write.kind, _about(asked, write), state.unsigned64(hlc) >> COUNTER_BITS))
    names = asked.called(about for _, about, _ in found if about)
    return tuple(OutgoingItem(kind, names.get(about, "") if about else "", from_ms(at)) for kind, about, at in found)


def arrivals(asked: Asked, question: Arrivals) -> tuple[Arrival, ...]:
    """See the question."""
    # What came while a collection was open to this laptop is not told once it is closed.
    seen = select(SYNC_RECORD.c.id).where(SYNC_RECORD.c.id == ARRIVAL.c.id, SYNC_RECORD.c.coll.in_(asked.held)).exists()
    query = select(ARRIVAL).where(seen).order_by(ARRIVAL.c.n.desc()).limit(question.limit * 8)
    rows = asked.connection.execute(query).all()
    lines: dict[UUID, Any] = {}
    for row in rows:
        if row.kind not in SILENT:
            lines.setdefault(row.id, row)
    shown = list(lines.values())[: question.limit]
    names = asked.called(row.participant_id for row in shown if row.participant_id)
    return tuple(
        Arrival(
            row.kind, row.verb, row.participant_id, names.get(row.participant_id, ""), asked.who(asked.member(row.dev)),
            from_ms(row.at_ms),
        )
        for row in shown
    )  # fmt: skip


def _main(writes: Sequence[Write]) -> Write:
    rank = {kind: at for at, kind in enumerate(MAIN)}
    return min(writes, key=lambda write: rank.get(write.kind, len(MAIN)))


def _about(asked: Asked, write: Write) -> UUID | None:
    model = RECORD_KINDS.get(write.kind)
    if model is None or not model.about:
        return None
    if model.about == "id":
        return write.id
    table = TABLES[write.kind]
    found: UUID | None = asked.connection.execute(
        select(table.c[model.about]).where(table.c.id == write.id, table.c.coll.in_(asked.held))
    ).scalar()
    return found
