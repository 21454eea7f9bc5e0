"""Change sets as bytes, as they wait in the outbox: record by record, so that thousands become the columns of a bundle quickly.

    [2, heads, shapes, ids, values, replaces, covers]
    heads     for each shape that is in it, [kind, field names ascending], packed by itself: the same bytes again and again
    shapes    the shape of each record, ids 16 bytes each, values a list each
    replaces  of each record nothing, or for each field its stamps; in all nothing where no record replaces anything
    covers    of each record nothing, or what its `life` covers; in all nothing where none covers anything

A stamp is [number, device]. Collection and own stamp are the row's own columns. The bytes are our own, out of the sealed store:
they are not checked for form again. An older program wrote a list of writes; that is read as well.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import repeat
from typing import Any
from uuid import UUID

import msgpack

from cmpp_desktop.changes import ChangeSet, Told, Write
from cmpp_desktop.store.state import pack_covers, unpack_covers
from cmpp_protocol.stamps import Stamp

_FORMAT = 2


def pack_change_set(change_set: ChangeSet) -> bytes:
    """The bytes of what a change set tells. Records that are deleted together often share one cover. Raises BugError for what
    is no change set."""
    told = change_set.told
    heads: dict[tuple[str, tuple[str, ...]], int] = {}
    shapes = [heads.setdefault((one.kind, one.names), len(heads)) for one in told]
    covers = {id(one.covers): one.covers for one in told if one.covers}
    covered = {key: pack_covers(body) for key, body in covers.items()}
    stamped = any(one.replaces for one in told)
    packed: bytes = msgpack.packb(
        [
            _FORMAT,
            [msgpack.packb(head, use_bin_type=True) for head in heads],
            shapes,
            b"".join(one.id for one in told),
            [one.values for one in told],
            [[[[at.hlc, at.device] for at in named] for named in one.replaces] for one in told] if stamped else [],
            [covered[id(one.covers)] if one.covers else [] for one in told] if covers else [],
        ],
        use_bin_type=True,
    )
    return packed


def unpack_change_set(collection: bytes, stamp: Stamp, body: bytes) -> ChangeSet:
    """What `pack_change_set` wrote, now or before."""
    read = msgpack.unpackb(body, raw=False)
    if not read or read[0] != _FORMAT:
        return ChangeSet(collection, stamp, tuple(map(_write, read)))
    _, packed, shapes, ids, values, replaces, covers = read
    heads = [_head(one) for one in packed]
    named = map(_stamps, replaces) if replaces else repeat(())
    covered = (unpack_covers(body) if body else () for body in covers) if covers else repeat(())
    told = tuple(
        Told(heads[shape][0], ids[16 * at : 16 * at + 16], heads[shape][1], tuple(held), replaced, body)
        for at, (shape, held, replaced, body) in enumerate(zip(shapes, values, named, covered, strict=False))
    )
    return ChangeSet(collection, stamp, told=told)


@lru_cache(maxsize=4096)
def _head(packed: bytes) -> tuple[str, tuple[str, ...]]:
    kind, names = msgpack.unpackb(packed, raw=False)
    return kind, tuple(names)


def _stamps(fields: list[Any]) -> tuple[tuple[Stamp, ...], ...]:
    return tuple(tuple(Stamp(*one) for one in named) for named in fields)


def _write(row: list[Any]) -> Write:
    kind, raw, field, value, replaces, covers = row
    return Write(kind, UUID(bytes=raw), field, value, tuple(Stamp(*one) for one in replaces), unpack_covers(covers))
