"""What was ordered here and has to become a roster entry: erasures and holds. Kept with what they follow from, or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple
from uuid import UUID

from cmpp_protocol import canon

ORDERS = "orders"  # the secret that holds them

What = Literal["erase", "hold", "lift"]


class Order(NamedTuple):
    """`id`: of the certificate, or of the hold. `ids`: the records. `certificate`: the 32-byte hash of the certificate."""

    what: What
    id: UUID
    ids: tuple[UUID, ...] = ()
    certificate: bytes = b""


def packed_orders(orders: Iterable[Order]) -> bytes | None:
    """Their bytes; None for none."""
    rows = [[order.what, order.id.bytes, [id.bytes for id in order.ids], order.certificate] for order in orders]
    return canon.pack(rows) if rows else None


def read_orders(kept: bytes | None) -> list[Order]:
    """What `packed_orders` wrote: our own bytes, out of the sealed store."""
    rows: Any = canon.unpack(kept) if kept else []
    return [Order(what, UUID(bytes=id), tuple(UUID(bytes=one) for one in ids), hashed) for what, id, ids, hashed in rows]
