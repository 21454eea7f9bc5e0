"""What the server knows of an organisation, for whoever runs it: opaque ids, numbers and times; there is nothing else to know.

Promises: nothing is changed by looking; removing takes all of an organisation in one transaction or nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, delete, func, select

from cmpp_protocol import rights
from cmpp_protocol import roster as rules
from cmpp_server import roster, tables


@dataclass(frozen=True, slots=True)
class Collection:
    """One log: its place, how many bundles and bytes, how many are held, how many damaged, how many documents lie beside it.
    `changed_at` in milliseconds."""

    id: UUID
    kind: str
    bundles: int
    bytes: int
    held: int
    damaged: int
    changed_at: int
    documents: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """How far a laptop had read one log when it asked last. `read` None: it has not asked for it yet."""

    collection: UUID
    read: int | None
    bundles: int


@dataclass(frozen=True, slots=True)
class Laptop:
    """One device. `standing`: active, unconfirmed (nobody compared its digits), retired, revoked, replaced. `seen_at` in
    milliseconds and `heard`, a roster number, are of its last request, None before the first. `unheard`: roster numbers of the
    removals that it should know of and has not heard."""

    id: bytes
    member: UUID
    role: str
    standing: str
    enrolled: int
    ended: int | None
    seen_at: int | None
    heard: int | None
    unheard: tuple[int, ...]
    readings: tuple[Reading, ...]

    @property
    def behind(self) -> int:
        """Bundles that it may read and has not read."""
        return sum(one.bundles - min(one.read or 0, one.bundles) for one in self.readings)


@dataclass(frozen=True, slots=True)
class Organisation:
    """One organisation. `state` None: accepted, and its first laptop has not come yet."""

    id: bytes
    quota: int
    state: rules.RosterState | None
    collections: tuple[Collection, ...]
    laptops: tuple[Laptop, ...]

    @property
    def bytes(self) -> int:
        """Bytes of bundles that are kept."""
        return sum(one.bytes for one in self.collections)

    @property
    def bundles(self) -> int:
        """Bundles in the logs."""
        return sum(one.bundles for one in self.collections)


def accepted(conn: Connection) -> tuple[bytes, ...]:
    """The ids of all accepted organisations."""
    return tuple(conn.execute(select(tables.org.c.org_id).order_by(tables.org.c.org_id)).scalars())


def organisation(conn: Connection, org: bytes) -> Organisation:
    """All that is known of one. Raises Refused("organisation_unknown") or RosterError (run `check`)."""
    state = roster.Rosters().current(conn, org)
    quota = conn.execute(select(tables.org.c.quota_bytes).where(tables.org.c.org_id == org)).scalar_one()
    places = _collections(conn, org, state)
    return Organisation(org, quota, state, places, _laptops(conn, org, state, places) if state else ())


def set_quota(conn: Connection, org: bytes, quota: int) -> None:
    """Most bytes that an organisation may keep; 0: no limit."""
    conn.execute(tables.org.update().where(tables.org.c.org_id == org).values(quota_bytes=quota))


def remove(conn: Connection, org: bytes) -> None:
    """Everything that is kept for an organisation, and that it is accepted."""
    for table in tables.metadata.sorted_tables:
        conn.execute(delete(table).where(table.c.org_id == org))


def _collections(conn: Connection, org: bytes, state: rules.RosterState | None) -> tuple[Collection, ...]:
    counts: list[dict[bytes, int]] = []
    for table in (tables.held, tables.damaged, tables.blob):
        query = select(table.c.collection_id, func.count()).where(table.c.org_id == org).group_by(table.c.collection_id)
        counts.append({row[0]: row[1] for row in conn.execute(query)})
    held, damaged, documents = counts
    table = tables.collection
    found = []
    for row in conn.execute(select(table).where(table.c.org_id == org).order_by(table.c.collection_id)):
        place = UUID(bytes=row.collection_id)
        kind = str(state.collections[place].kind) if state and place in state.collections else "unknown"
        at = row.collection_id
        beside = held.get(at, 0), damaged.get(at, 0), row.changed_at, documents.get(at, 0)
        found.append(Collection(place, kind, row.seq, row.used_bytes, *beside))
    return tuple(found)


def _laptops(
    conn: Connection, org: bytes, state: rules.RosterState, places: tuple[Collection, ...]
) -> tuple[Laptop, ...]:
    seen_query = select(tables.device_seen).where(tables.device_seen.c.org_id == org)
    seen = {row.device_id: row for row in conn.execute(seen_query)}
    read_query = select(tables.device_read).where(tables.device_read.c.org_id == org)
    read = {(row.device_id, UUID(bytes=row.collection_id)): row.seq for row in conn.execute(read_query)}
    found = []
    for device in sorted(state.devices.values(), key=lambda one: one.enrolled):
        row = seen.get(device.id)
        heard = row.roster_no if row else None
        readings = tuple(
            Reading(one.id, read.get((device.id, one.id)), one.bundles)
            for one in places
            if rights.may_read(state, device.id, one.id)
        )
        since = (device.enrolled, device.ended)
        unheard = tuple(no for no in _removals(state, device) if heard is None or heard < no)
        member = state.members[device.member]
        about = (device.id, device.member, str(member.role), _standing(device), *since)
        found.append(Laptop(*about, row.seen_at if row else None, heard, unheard, readings))
    return tuple(found)


def _removals(state: rules.RosterState, device: rules.Device) -> tuple[int, ...]:
    """The entries that took a right from somebody while this device belonged to the organisation; its own end is the last."""
    numbers = {one.ended for one in state.devices.values() if one.ended is not None} | {fence.no for fence in state.fences}
    return tuple(sorted(no for no in numbers if device.enrolled < no and (device.ended is None or no <= device.ended)))


def _standing(device: rules.Device) -> str:
    if device.ended is not None:
        return device.why
    return "active" if device.confirmed is not None else "unconfirmed"
