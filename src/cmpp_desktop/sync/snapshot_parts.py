"""The merge states of a collection as the columns of snapshot parts, and as states again (docs/sync-protocol-snapshots.md).

Columns of format 1, a map with exactly these keys:

    v        1
    chain    in the first part, rows [device, number, hash, last stamp number, roster number], ascending; in others nothing
    devices  32-byte ids, ascending, that stamps name by number
    stamps   flat: number of the device, stamp number, and so on, ascending: what heads name by place
    groups   [kind, [fields, ascending], ids, stamp of each record, values field by field, others]: records of which every field
             has one head; `others`: flat row, field, stamp of each head that has another stamp than most of its record
    whole    the rest: [id, kind, {field: [[stamp, value]…]}, {field: [stamp…]} waited for, [[stamp, {field: [stamp…]}]…] covers]

Which record stands in which part follows from the records alone, and so does every byte: two devices that hold the same states
pack the same parts, and the digest is taken over those. Reading is strict; what `pack` would not write is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

import zstandard

from cmpp_desktop.changes import LIFE, LIVE, Columns, Created, Head, RecordState, in_records
from cmpp_desktop.errors import KnownError
from cmpp_desktop.sync.column_reading import NotOpened, Values, body_of, is_name, need
from cmpp_desktop.sync.replica import Chain, ChainRow
from cmpp_protocol import canon, snapshot
from cmpp_protocol.stamps import HLC_MAX, Stamp

FORMAT = 1
PART_RECORDS = 10_000
PART_GOAL = 4 * 1024 * 1024  # packed bytes, reckoned, after which a part ends
_LEVEL = 6
_KEYS = {"v", "chain", "devices", "stamps", "groups", "whole"}
_HEAD_COST, _RECORD_COST = 12, 40

What: TypeAlias = Created | RecordState
Chains: TypeAlias = Mapping[bytes, ChainRow]


class Read(NamedTuple):
    """What a part holds. `columns`: records as they came into being; `states`: all others."""

    chain: dict[bytes, Chain]
    columns: Sequence[Columns]
    states: dict[UUID, RecordState]

    @property
    def created(self) -> dict[UUID, Created]:
        """The records of the columns, one by one."""
        return in_records(self.columns)

    @property
    def ids(self) -> list[bytes]:
        """Of all, ascending."""
        return sorted([*(id for columns in self.columns for id in columns.ids), *(id.bytes for id in self.states)])


# Packing --------------------------------------------------------------------------------------------------------------


def pack(records: Iterable[tuple[UUID, What]], chains: Chains) -> Iterator[bytes]:
    """The packed parts of a collection, one after another; at least one. `records` come in the order of their ids.
    Raises KnownError too_big for a part that cannot travel."""
    part: list[tuple[UUID, What]] = []
    size, number = 0, 0
    for id, what in records:
        cost = _reckon(what)
        if part and (len(part) == PART_RECORDS or size + cost > PART_GOAL):
            yield _pack(part, chains if number == 0 else {})
            part, size, number = [], 0, number + 1
        part.append((id, what))
        size += cost
    if part or number == 0:
        yield _pack(part, chains if number == 0 else {})


def squeeze(packed: bytes) -> bytes:
    """One zstd frame that states its content size."""
    return zstandard.ZstdCompressor(level=_LEVEL, write_content_size=True).compress(packed)


def inflate(squeezed: bytes) -> bytes:
    """The packed bytes; their size is looked at first. Raises NotOpened."""
    try:
        size = zstandard.get_frame_parameters(squeezed).content_size
        if size in (zstandard.CONTENTSIZE_UNKNOWN, zstandard.CONTENTSIZE_ERROR) or size > snapshot.PACKED_LIMIT:
            raise NotOpened("void", "inflates_too_far")
        decompressor = zstandard.ZstdDecompressor(max_window_size=2 * snapshot.PACKED_LIMIT)
        return decompressor.decompress(squeezed, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise NotOpened("void", "not_compressed") from error


def _reckon(what: What) -> int:
    """The bytes that a record takes packed, about; the same for the same state, however it is held."""
    if isinstance(what, Created):
        return _RECORD_COST + sum(map(len, what.values))
    heads = [head for held in what.heads.values() for head in held]
    total = _RECORD_COST + sum(len(head.value) for head in heads)
    if not _is_single(what):
        named = sum(len(stamps) for covers in what.covers.values() for _, stamps in covers)
        total += _HEAD_COST * (len(heads) + named + sum(map(len, what.waiting.values())))
    return total


def _is_single(state: RecordState) -> bool:
    return not state.waiting and not state.covers and all(len(heads) == 1 for heads in state.heads.values())


class _Group:
    def __init__(self) -> None:
        self.ids = bytearray()
        self.stamps: list[Stamp] = []
        self.values: list[Sequence[bytes]] = []
        self.others: list[tuple[int, int, Stamp]] = []


def _pack(part: Sequence[tuple[UUID, What]], chains: Chains) -> bytes:
    groups: dict[tuple[str, tuple[str, ...]], _Group] = {}
    whole: list[tuple[UUID, RecordState]] = []
    for id, what in part:
        if isinstance(what, RecordState) and (not _is_single(what) or not what.heads):
            whole.append((id, what))
        else:
            _add(groups, id, what)
    stamps = sorted({stamp for group in groups.values() for stamp in _stamps_of(group)} | {s for _, w in whole for s in _all(w)})
    devices = sorted({stamp.device for stamp in stamps})
    number = {device: at for at, device in enumerate(devices)}
    place = {stamp: at for at, stamp in enumerate(stamps)}
    body = {
        "v": FORMAT,
        "chain": [[device, *_chain_row(chains[device])] for device in sorted(chains)],
        "devices": devices,
        "stamps": [cell for stamp in stamps for cell in (number[stamp.device], stamp.hlc)],
        "groups": [_group_row(key, groups[key], place) for key in sorted(groups)],
        "whole": [_whole_row(id, state, place) for id, state in whole],
    }
    packed = canon.pack(body)
    if len(packed) > snapshot.PACKED_LIMIT:
        raise KnownError("too_big", bytes=len(packed))
    return packed


def _add(groups: dict[tuple[str, tuple[str, ...]], _Group], id: UUID, what: What) -> None:
    if isinstance(what, Created):
        names, values, base = what.names, what.values, what.stamp
        if any(a >= b for a, b in pairwise(names)):
            names, values = zip(*sorted(zip(names, values, strict=True)), strict=True)
        others: dict[str, Stamp] = {}
    else:
        names = tuple(sorted(what.heads))
        heads = [what.heads[name][0] for name in names]
        values = tuple(head.value for head in heads)
        counted = Counter(head.stamp for head in heads)
        base = max(counted, key=lambda stamp: (counted[stamp], stamp))
        others = {name: head.stamp for name, head in zip(names, heads, strict=True) if head.stamp != base}
    group = groups.setdefault((what.kind, names), _Group())
    for name, stamp in others.items():
        group.others.append((len(group.stamps), names.index(name), stamp))
    group.ids += id.bytes
    group.stamps.append(base)
    group.values.append(values)


def _stamps_of(group: _Group) -> Iterator[Stamp]:
    yield from group.stamps
    yield from (stamp for _, _, stamp in group.others)


def _all(state: RecordState) -> Iterator[Stamp]:
    for heads in state.heads.values():
        yield from (head.stamp for head in heads)
    for waiting in state.waiting.values():
        yield from waiting
    for at, covers in state.covers.items():
        yield at
        for _, stamps in covers:
            yield from stamps


def _chain_row(chain: ChainRow) -> list[Any]:
    return [chain.number, chain.hash, chain.last_hlc, chain.roster_no]


def _group_row(key: tuple[str, tuple[str, ...]], group: _Group, place: Mapping[Stamp, int]) -> list[Any]:
    kind, names = key
    columns = [b"".join(column) for column in zip(*group.values, strict=True)]
    others = [cell for row, field, stamp in group.others for cell in (row, field, place[stamp])]
    return [kind, list(names), bytes(group.ids), [place[stamp] for stamp in group.stamps], columns, others]


def _whole_row(id: UUID, state: RecordState, place: Mapping[Stamp, int]) -> list[Any]:
    def named(stamps: Iterable[Stamp]) -> list[int]:
        return sorted(place[stamp] for stamp in stamps)

    heads = {name: [[place[head.stamp], head.value] for head in heads] for name, heads in state.heads.items() if heads}
    waiting = {name: named(stamps) for name, stamps in state.waiting.items() if stamps}
    covers = [[place[at], {name: named(stamps) for name, stamps in covers}] for at, covers in sorted(state.covers.items())]
    return [id.bytes, state.kind, heads, waiting, covers]


# Reading --------------------------------------------------------------------------------------------------------------


def read(packed: bytes, first: bool) -> Read:
    """What `pack` wrote. `first`: it is the first part, which holds the chain. Raises NotOpened (update or void)."""
    return _Reader(body_of(packed, _KEYS, FORMAT), first).all()


class _Reader:
    """Reads the columns of one part; every method raises NotOpened for what `pack` would not write."""

    def __init__(self, body: Mapping[str, Any], first: bool) -> None:
        self.body = body
        need(first or body["chain"] == [], "chain")
        devices = _list(body["devices"])
        need(all(isinstance(one, bytes) and len(one) == 32 for one in devices), "devices")
        need(all(a < b for a, b in pairwise(devices)), "devices")
        flat = _numbers(body["stamps"])
        need(len(flat) % 2 == 0 and all(at < len(devices) for at in flat[::2]), "stamps")
        need(all(hlc <= HLC_MAX for hlc in flat[1::2]), "stamps")
        self.stamps = [Stamp(hlc, devices[at]) for at, hlc in zip(flat[::2], flat[1::2], strict=True)]
        need(all(a < b for a, b in pairwise(self.stamps)), "stamps")
        self.cut = Values()
        self.ids: set[bytes] = set()
        self.columns: list[Columns] = []
        self.states: dict[UUID, RecordState] = {}

    def all(self) -> Read:
        chain = self._chain()
        groups = _list(self.body["groups"])
        keys = [self._group(one) for one in groups]
        self.cut.check()
        need(all(a < b for a, b in pairwise(keys)), "groups")
        ids = [self._whole(one) for one in _list(self.body["whole"])]
        need(all(a < b for a, b in pairwise(ids)), "ids")
        return Read(chain, self.columns, self.states)

    def _chain(self) -> dict[bytes, Chain]:
        found: dict[bytes, Chain] = {}
        before = b""
        for row in _list(self.body["chain"]):
            need(isinstance(row, list) and len(row) == 5, "chain")
            device, number, hashed, last, no = row
            need(isinstance(device, bytes) and len(device) == 32 and device > before, "chain")
            need(isinstance(hashed, bytes) and len(hashed) == 32, "chain")
            need(_is_whole(number, 1 << 63) and number > 0 and _is_whole(last, 1 << 64) and _is_whole(no, 1 << 31), "chain")
            found[device], before = Chain(number, hashed, last, no), device
        return found

    def _group(self, row: Any) -> tuple[str, tuple[str, ...]]:
        need(isinstance(row, list) and len(row) == 6, "groups")
        kind, listed, raw, stamps, columns, others = row
        need(is_name(kind) and isinstance(listed, list) and bool(listed) and all(map(is_name, listed)), "groups")
        names = tuple(listed)
        need(all(a < b for a, b in pairwise(names)), "groups")
        need(isinstance(raw, bytes) and bool(raw) and len(raw) % 16 == 0, "ids")
        count = len(raw) // 16
        ids = [raw[at : at + 16] for at in range(0, len(raw), 16)]
        need(all(a < b for a, b in pairwise(ids)), "ids")
        named = _numbers(stamps)
        need(max(named, default=0) < len(self.stamps), "stamps")
        told = [self.stamps[at] for at in named]
        need(len(told) == count and isinstance(columns, list) and len(columns) == len(names), "values")
        made = Columns(kind, names, ids, [self.cut.split(column, count) for column in columns], told)
        need(self.ids.isdisjoint(ids), "ids")
        self.ids.update(ids)
        changed = self._others(others, count, len(names))
        lives = made.values[names.index(LIFE)] if LIFE in names else ()
        slow = {at for at, life in enumerate(lives) if life != LIVE} | changed.keys()
        for at in slow:
            self.states[UUID(bytes=ids[at])] = _with_others(made.created(at), changed.get(at, {}))
        if len(slow) < count:
            self.columns.append(made.without(slow))
        return kind, names

    def _others(self, flat: Any, rows: int, fields: int) -> dict[int, dict[int, Stamp]]:
        cells = _numbers(flat)
        need(len(cells) % 3 == 0, "others")
        found: dict[int, dict[int, Stamp]] = {}
        told = list(zip(cells[::3], cells[1::3], cells[2::3], strict=True))
        need(all(a[:2] < b[:2] for a, b in pairwise(told)), "others")
        for row, field, at in told:
            need(row < rows and field < fields, "others")
            found.setdefault(row, {})[field] = self._stamp(at)
        return found

    def _whole(self, row: Any) -> UUID:
        need(isinstance(row, list) and len(row) == 5, "whole")
        raw, kind, heads, waiting, covers = row
        need(isinstance(raw, bytes) and len(raw) == 16 and is_name(kind), "whole")
        id = UUID(bytes=raw)
        need(raw not in self.ids, "ids")
        self.ids.add(raw)
        need(all(isinstance(one, dict) and all(map(is_name, one)) for one in (heads, waiting)), "whole")
        held = {name: self._heads(listed) for name, listed in heads.items()}
        waits = {name: frozenset(self._named(listed)) for name, listed in waiting.items()}
        covered: dict[Stamp, tuple[tuple[str, tuple[Stamp, ...]], ...]] = {}
        for one in _list(covers):
            need(isinstance(one, list) and len(one) == 2 and isinstance(one[1], dict) and all(map(is_name, one[1])), "covers")
            at = self._stamp(one[0])
            need(not covered or at > max(covered), "covers")
            covered[at] = tuple((name, self._named(one[1][name], least=0)) for name in sorted(one[1]))
        self.states[id] = RecordState(kind, held, waits, covered)
        return id

    def _heads(self, listed: Any) -> tuple[Head, ...]:
        need(isinstance(listed, list) and bool(listed), "heads")
        found = []
        for one in listed:
            need(isinstance(one, list) and len(one) == 2 and isinstance(one[1], bytes), "heads")
            found.append(Head(self._stamp(one[0]), one[1]))
        need(all(a.stamp < b.stamp for a, b in pairwise(found)), "heads")
        try:
            canon.check_all([head.value for head in found])
        except canon.NotCanonical as error:
            raise NotOpened("void", "values") from error
        return tuple(found)

    def _named(self, listed: Any, least: int = 1) -> tuple[Stamp, ...]:
        places = _numbers(listed)
        need(len(places) >= least and all(a < b for a, b in pairwise(places)), "stamps")
        return tuple(self._stamp(at) for at in places)

    def _stamp(self, at: Any) -> Stamp:
        need(_is_whole(at, len(self.stamps)), "stamps")
        found: Stamp = self.stamps[at]
        return found


def _with_others(made: Created, changed: Mapping[int, Stamp]) -> RecordState:
    heads = zip(made.names, made.values, strict=True)
    return RecordState(
        made.kind, {name: (Head(changed.get(at, made.stamp), value),) for at, (name, value) in enumerate(heads)}
    )


def _list(value: Any) -> list[Any]:
    need(isinstance(value, list), "list")
    found: list[Any] = value
    return found


def _numbers(value: Any) -> list[int]:
    need(isinstance(value, list) and all(type(one) is int and one >= 0 for one in value), "numbers")
    found: list[int] = value
    return found


def _is_whole(value: Any, limit: int) -> bool:
    return type(value) is int and 0 <= value < limit
