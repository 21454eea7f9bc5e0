"""The roster here gives way to another branch of it, which the recovery key has chosen (rule 39); in the caller's transaction.

Only `cmpp_protocol.branches.follow` decides whether. Then everything that the entries given up had done here is undone: the
epochs of collections, the fences, the keys that were sealed for epochs of theirs, snapshots made under their numbers. The entries
of the other branch are written as if they had been lost (rule 37). The log stays: what the choice's fence cuts off keeps its
place and does not count, and what was held for an entry that is no more takes its turn.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, select, update

from cmpp_protocol import api, branches, entries, roster
from cmpp_server import log, tables
from cmpp_server import roster as rosters

Verdicts = tuple[tuple[api.EntryVerdict, str], ...]


class Undone(Exception):
    """The other branch could not be written whole: the transaction must not be kept. `why`: the code."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def give_way(
    conn: Connection, org: bytes, known: rosters.Rosters, new: Sequence[api.NewEntry], now: int, held_limit: int
) -> Verdicts:
    """Takes `new`, the entries of the other branch from where it parts from this one on. Raises Undone."""
    head = known.head(conn, org, lock=True)
    mine = rosters.read(conn, org, -1, head.no)
    try:
        parted = entries.decode(new[0].entry).no
        theirs = [*mine[:parted], *(one.entry for one in new)]
        if 0 < parted <= len(mine) and branches.fork(mine, theirs) is None and len(theirs) <= len(mine):
            return ((api.EntryVerdict.HAD_IT, ""),) * len(new)
        branches.follow(mine, theirs)
        common = roster.build(mine[:parted])
    except roster.RosterError as error:
        raise Undone(error.code) from error
    _take_back(conn, org, common)
    state: roster.RosterState | None = common
    for one in new:
        state, verdict, why = rosters.add(conn, org, state, one, now, again=True, whole=False)
        if verdict is not api.EntryVerdict.STORED:
            raise Undone(why or str(verdict))
    if state is not None:
        _count_again(conn, org, state, now, held_limit)
        rosters.forget_left(conn, org, state, now)
    rosters.changed(conn, org, now)
    return ((api.EntryVerdict.STORED, ""),) * len(new)


def _take_back(conn: Connection, org: bytes, common: roster.RosterState) -> None:
    """Everything here is as if the roster had ended there."""
    table = tables.roster
    conn.execute(delete(table).where(table.c.org_id == org, table.c.no > common.no))
    head = {"roster_no": common.no, "roster_hash": common.hash, "recovery_id": common.recovery.pair.id}
    conn.execute(update(tables.org).where(tables.org.c.org_id == org).values(**head))
    epochs = {place.id.bytes: place.epoch for place in common.collections.values()}
    places = conn.execute(select(tables.collection.c.collection_id).where(tables.collection.c.org_id == org)).scalars().all()
    for place in places:
        for kept, epoch in ((tables.collection, epochs.get(place, 1)), (tables.key_envelope, epochs.get(place, 0))):
            where = (kept.c.org_id == org, kept.c.collection_id == place)
            if kept is tables.collection:
                conn.execute(update(kept).where(*where).values(epoch=epoch))
            else:
                conn.execute(delete(kept).where(*where, kept.c.epoch > epoch))
    _forget_fences(conn, org, common)
    _forget_snapshots(conn, org, common)


def _forget_fences(conn: Connection, org: bytes, common: roster.RosterState) -> None:
    table = tables.device_head
    query = select(table.c.collection_id, table.c.device_id).where(table.c.org_id == org, table.c.fence_no > common.no)
    last = {(one.collection.bytes, one.device): one for one in common.fences}
    for place, device in conn.execute(query).all():
        one = last.get((place, device))
        cut = {"fence_no": one.no, "fence_number": one.cut.number, "fence_hash": one.cut.hash} if one else {}
        values = cut or dict.fromkeys(("fence_no", "fence_number", "fence_hash"))
        where = (table.c.org_id == org, table.c.collection_id == place, table.c.device_id == device)
        conn.execute(update(table).where(*where).values(**values))


def _forget_snapshots(conn: Connection, org: bytes, common: roster.RosterState) -> None:
    """Those that were made under a number of the branch that is given up; but for one on which a log rests."""
    head, place = tables.snapshots, tables.collection
    query = select(head.c.collection_id, head.c.seq, head.c.maker, place.c.base_seq).where(
        head.c.org_id == org, head.c.roster_no > common.no, place.c.org_id == org, place.c.collection_id == head.c.collection_id
    )
    for collection, seq, maker, base in conn.execute(query).all():
        if seq > base:
            for table in (tables.snapshot_part, tables.snapshot_confirm, head):
                key = (table.c.org_id == org, table.c.collection_id == collection, table.c.seq == seq, table.c.maker == maker)
                conn.execute(delete(table).where(*key))


def _count_again(conn: Connection, org: bytes, state: roster.RosterState, now: int, held_limit: int) -> None:
    """Where every chain stands now: a head that an entry given up had cut back moves on to the new cut, if that is in the log;
    what is held and may take its place takes it."""
    devices: dict[bytes, None] = {}
    for fence in (one for one in state.fences if one.no == state.choices[-1].no):
        devices[fence.device] = None
        table, head = tables.log, tables.device_head
        where = (table.c.org_id == org, table.c.collection_id == fence.collection.bytes, table.c.device_id == fence.device)
        at_cut = select(table.c.roster_no).where(*where, table.c.number == fence.cut.number, table.c.hash == fence.cut.hash)
        roster_no = conn.execute(at_cut).scalar() if fence.cut.number else None
        if roster_no is not None:
            mine = (head.c.org_id == org, head.c.collection_id == fence.collection.bytes, head.c.device_id == fence.device)
            conn.execute(update(head).where(*mine).values(**fence.cut._asdict(), roster_no=roster_no))
    for place in state.collections:
        locked = log.lock(conn, org, place)
        if locked.seq is not None:
            log.take_turns(conn, locked, state, sorted(devices), now, held_limit)
