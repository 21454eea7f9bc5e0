"""The organisation's roster on the server: compare-and-append, and the state that it adds up to.

An entry is appended only on top of the head that it names, under the organisation's row lock, after the same
`validate_and_apply` that every laptop runs. What must be true together (a collection's key and its envelopes, a fence and
the heads that it cuts) is written in that one transaction or not at all.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, insert, select, update

from cmpp_protocol import api, entries, envelope, rights, roster
from cmpp_server import statements, tables
from cmpp_server.database import Database, upsert
from cmpp_server.problems import Refused

CACHED = 256
NO_HEAD = roster.Head(-1, bytes(32))
# Every holder of a key must be able to open it from the first moment on (rule 44).


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of the entries of one request, in order, and the state after them."""

    verdicts: tuple[tuple[api.EntryVerdict, str], ...]
    state: roster.RosterState | None


class Rosters:
    """States of organisations, computed from their entries and kept while they are current."""

    def __init__(self) -> None:
        self._states: OrderedDict[bytes, roster.RosterState] = OrderedDict()
        self._lock = threading.Lock()

    def head(self, conn: Connection, org: bytes, *, lock: bool = False) -> roster.Head:
        """The number and hash of the last entry (-1: none yet). Raises Refused("organisation_unknown")."""
        row = conn.execute(statements.ORG_LOCK if lock else statements.ORG, {"org": org}).first()
        if row is None:
            raise Refused("organisation_unknown")
        return roster.Head(row.roster_no, row.roster_hash)

    def of_kit(self, conn: Connection, recovery: bytes) -> bytes:
        """The organisation whose recovery key has this id. Raises Refused("device_unknown")."""
        query = select(tables.org.c.org_id).where(tables.org.c.recovery_id == recovery)
        found: bytes | None = conn.execute(query).scalar()
        if found is None:
            raise Refused("device_unknown")
        return found

    def note_kits(self, conn: Connection) -> None:
        """Writes down whose recovery key is whose, where an older server did not."""
        table = tables.org
        unknown = select(table.c.org_id).where(table.c.recovery_id.is_(None), table.c.roster_no >= 0)
        for org in conn.execute(unknown).scalars().all():
            state = self.current(conn, org)
            if state is not None:
                conn.execute(update(table).where(table.c.org_id == org).values(recovery_id=state.recovery.pair.id))

    def now(self, database: Database, org: bytes) -> roster.RosterState | None:
        """The state at this moment; None before genesis. Raises Refused("organisation_unknown"), Busy."""
        head = database.glance(lambda conn: self.head(conn, org))
        with self._lock:
            known = self._states.get(org)
        if head == NO_HEAD or (known is not None and known.head == head):
            return None if head == NO_HEAD else known
        with database.read() as conn:
            return self.current(conn, org)

    def current(self, conn: Connection, org: bytes, *, lock: bool = False) -> roster.RosterState | None:
        """The state in this transaction; None before genesis. Raises Refused("organisation_unknown")."""
        head = self.head(conn, org, lock=lock)
        if head == NO_HEAD:
            return None
        with self._lock:
            known = self._states.get(org)
        if known is not None and known.head == head:
            return known
        state = self._grown(conn, org, known, head) if known is not None and known.no < head.no else None
        state = state or roster.build(read(conn, org, -1, head.no))
        with self._lock:
            self._states[org] = state
            self._states.move_to_end(org)
            while len(self._states) > CACHED:
                self._states.popitem(last=False)
        return state

    def append(
        self, conn: Connection, org: bytes, new: Sequence[api.NewEntry], now: int, *, again: bool = False
    ) -> Appended:
        """Append what fits, in order, in the caller's transaction; after the first that does not, the rest is stale.

        `again`: they stood here before and were lost with the bundles of that time (rule 37): what they say of heads and of
        time held then."""
        state = self.current(conn, org, lock=True)
        verdicts: list[tuple[api.EntryVerdict, str]] = []
        going = True
        for one in new:
            if not going:
                verdicts.append((api.EntryVerdict.STALE, "after_refused"))
                continue
            state, verdict, why = add(conn, org, state, one, now, again)
            verdicts.append((verdict, why))
            going = verdict in (api.EntryVerdict.STORED, api.EntryVerdict.HAD_IT)
        if state is not None and any(verdict is api.EntryVerdict.STORED for verdict, _ in verdicts):
            forget_left(conn, org, state, now)
        return Appended(tuple(verdicts), state)

    def _grown(
        self, conn: Connection, org: bytes, known: roster.RosterState, head: roster.Head
    ) -> roster.RosterState | None:
        try:
            return roster.build(read(conn, org, known.no, head.no), known)
        except roster.RosterError:
            return None  # this process had seen entries that the database does not hold (any more): begin again


def read(conn: Connection, org: bytes, after: int, until: int, limit: int | None = None) -> list[bytes]:
    """The entries numbered above `after` up to `until`, in order."""
    table = tables.roster
    query = select(table.c.body).where(table.c.org_id == org, table.c.no > after, table.c.no <= until)
    return list(conn.execute(query.order_by(table.c.no).limit(limit)).scalars())


def hash_at(conn: Connection, org: bytes, no: int) -> bytes | None:
    """The hash of entry `no`, None if there is no such entry."""
    table = tables.roster
    return conn.execute(select(table.c.hash).where(table.c.org_id == org, table.c.no == no)).scalar()


def keep_envelopes(
    conn: Connection, org: bytes, state: roster.RosterState, new: Iterable[api.KeyEnvelope], now: int
) -> int:
    """Keep the key envelopes that are for somebody entitled and for an epoch that exists; how many were not.

    A later envelope replaces an earlier one: the first may have been a wrong one, which its receiver recognises by
    the commitment (rule 44).
    """
    ignored = 0
    kept: dict[tuple[bytes, int, bytes], bytes] = {}
    recipients: dict[UUID, set[bytes]] = {}
    for one in new:
        place = state.collections.get(one.collection)
        if place is not None and one.collection not in recipients:
            recipients[one.collection] = {each.id for each in rights.entitled(state, one.collection)}
        if place is None or one.epoch > place.epoch or one.recipient not in recipients[one.collection]:
            ignored += 1
            continue
        kept[one.collection.bytes, one.epoch, one.recipient] = one.body
    if kept:
        key = ("org_id", "collection_id", "epoch", "recipient")
        adding = upsert(conn, tables.key_envelope)
        adding = adding.on_conflict_do_update(index_elements=list(key), set_={"body": adding.excluded.body})
        conn.execute(adding, [dict(zip((*key, "body"), (org, *at, body), strict=True)) for at, body in sorted(kept.items())])
    changed(conn, org, now)
    return ignored


def changed(conn: Connection, org: bytes, now: int) -> None:
    """Make `changed_at` of the organisation grow, for those who wait. Bundles do not: pushes to different
    collections never meet at the organisation's row."""
    query = select(tables.org.c.changed_at).where(tables.org.c.org_id == org)
    before = conn.execute(query.with_for_update()).scalar_one()
    conn.execute(update(tables.org).where(tables.org.c.org_id == org).values(changed_at=max(now, before + 1)))


def forget_left(conn: Connection, org: bytes, state: roster.RosterState, now: int) -> None:
    """The sealed invitations go whose entries are over: used, closed, or run out."""
    table = tables.left_invitation
    for id in conn.execute(select(table.c.invitation_id).where(table.c.org_id == org)).scalars().all():
        known = state.invitations.get(UUID(bytes=id))
        if known is None or known.closed is not None or now > known.expires:
            conn.execute(delete(table).where(table.c.org_id == org, table.c.invitation_id == id))


def add(
    conn: Connection,
    org: bytes,
    state: roster.RosterState | None,
    new: api.NewEntry,
    now: int,
    again: bool,
    whole: bool = True,
) -> tuple[roster.RosterState | None, api.EntryVerdict, str]:
    """The state after one entry, if it fits; what became of it, and why. `again` as in `Rosters.append`; `whole`: its key
    envelopes have to come with it."""
    try:
        entry = entries.decode(new.entry)
        no = -1 if state is None else state.no
        if entry.no <= no:
            if hash_at(conn, org, entry.no) != entry.hash:
                return state, api.EntryVerdict.STALE, ""
            return state, api.EntryVerdict.HAD_IT, ""
        if entry.no > no + 1 or (state is not None and entry.prev != state.hash):
            return state, api.EntryVerdict.STALE, "gap" if entry.no > no + 1 else ""
        after = roster.validate_and_apply(state, new.entry)
    except roster.RosterError as error:
        return state, api.EntryVerdict.REFUSED, error.code
    if why := _refusal(conn, org, after, entry, new if whole else None, None if again else now):
        return state, api.EntryVerdict.REFUSED, why
    _write(conn, org, after, entry, now)
    keep_envelopes(conn, org, after, new.envelopes, now)
    return after, api.EntryVerdict.STORED, ""


def _refusal(
    conn: Connection, org: bytes, after: roster.RosterState, entry: entries.Entry, new: api.NewEntry | None, now: int | None
) -> str:
    """What only the server can check: whose genesis, complete envelopes; and unless it was checked before (`now` None), its own
    clock and fences at the heads."""
    if after.org_id != org:
        return "organisation"
    if entry.type == "device_enrolled" and now is not None and now > after.invitations[entry.fields["invitation"]].expires:
        return "invitation_expired"
    if new is not None and entry.type in entries.NEW_KEY:
        place = entry.fields["collection"]
        given = {(one.collection, one.epoch, one.recipient) for one in new.envelopes}
        epoch = after.collections[place].epoch
        if any((place, epoch, one.id) not in given for one in rights.entitled(after, place)):
            return "envelopes_missing"
    for fence in (one for one in after.fences if one.no == entry.no):
        if _head_of(conn, org, fence) != fence.cut and now is not None:
            return "fence_stale"  # rule 28: its author has not seen all that counts; it reads on and tries again
    return ""


def _head_of(conn: Connection, org: bytes, fence: roster.Fence) -> roster.Cut:
    lock = select(tables.collection.c.seq).where(
        tables.collection.c.org_id == org, tables.collection.c.collection_id == fence.collection.bytes
    )
    conn.execute(lock.with_for_update())  # no bundle takes a place between this comparison and the commit
    table = tables.device_head
    row = conn.execute(select(table.c.number, table.c.hash).where(*_head_key(org, fence))).first()
    return roster.NO_CUT if row is None else roster.Cut(row.number, row.hash)


def _write(conn: Connection, org: bytes, after: roster.RosterState, entry: entries.Entry, now: int) -> None:
    row = {"org_id": org, "no": entry.no, "hash": entry.hash, "prev": entry.prev, "body": entry.data}
    conn.execute(insert(tables.roster).values(**row))
    if entry.type in ("collection_created", "drop_created"):
        place = entry.fields["collection"]
        start = {"epoch": 1, "seq": 0, "log_hash": envelope.log_start(org, place), "changed_at": now}
        adding = upsert(conn, tables.collection).values(org_id=org, collection_id=place.bytes, **start)
        # It is here already if a branch that was given up had made it as well (see `branches`).
        conn.execute(adding.on_conflict_do_update(index_elements=["org_id", "collection_id"], set_={"epoch": 1}))
    if entry.type in ("key_rotated", "drop_rotated"):
        where = (
            tables.collection.c.org_id == org,
            tables.collection.c.collection_id == entry.fields["collection"].bytes,
        )
        conn.execute(update(tables.collection).where(*where).values(epoch=entry.fields["epoch"]))
    for fence in (one for one in after.fences if one.no == entry.no):
        _write_fence(conn, org, fence)
    head = {"roster_no": entry.no, "roster_hash": entry.hash, "recovery_id": after.recovery.pair.id}
    conn.execute(update(tables.org).where(tables.org.c.org_id == org).values(**head))


def _write_fence(conn: Connection, org: bytes, fence: roster.Fence) -> None:
    table = tables.device_head
    values = {"fence_no": fence.no, "fence_number": fence.cut.number, "fence_hash": fence.cut.hash}
    if conn.execute(update(table).where(*_head_key(org, fence)).values(**values)).rowcount == 0:
        start = {"number": 0, "hash": roster.NO_CUT.hash, "roster_no": 0}
        key = {"org_id": org, "collection_id": fence.collection.bytes, "device_id": fence.device}
        conn.execute(insert(table).values(**key, **start, **values))
    elif (head := _head_behind(conn, org, fence)) is not None:
        conn.execute(update(table).where(*_head_key(org, fence)).values(**head))


def _head_behind(conn: Connection, org: bytes, fence: roster.Fence) -> dict[str, Any] | None:
    """The head of what counts, where bundles have a place that this fence, once lost, had cut off: they came while the server
    knew nothing of it. They keep their places and do not count. None: the head stays."""
    head, log = tables.device_head, tables.log
    now = conn.execute(select(head.c.number).where(*_head_key(org, fence))).scalar_one()
    if now <= fence.cut.number:
        return None
    if fence.cut == roster.NO_CUT:
        return {**fence.cut._asdict(), "roster_no": 0}
    at = (log.c.org_id == org, log.c.collection_id == fence.collection.bytes, log.c.device_id == fence.device)
    query = select(log.c.roster_no).where(*at, log.c.number == fence.cut.number, log.c.hash == fence.cut.hash)
    last = conn.execute(query).scalar()
    return None if last is None else {**fence.cut._asdict(), "roster_no": last}


def _head_key(org: bytes, fence: roster.Fence) -> tuple[Any, ...]:
    table = tables.device_head
    return (
        table.c.org_id == org,
        table.c.collection_id == fence.collection.bytes,
        table.c.device_id == fence.device,
    )
