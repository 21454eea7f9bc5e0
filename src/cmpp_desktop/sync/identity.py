"""Another identity for this laptop, when another copy of it was met: a backup was put back, or its disk was copied (rule 35).

Promises: the new keys are kept before anybody hears of them, so a laptop that dies in between goes on where it was; identity,
outbox and records change in one transaction; nothing that was written here is lost, and what the other copy has sent of it
already does not leave twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from uuid import UUID

from cmpp_desktop.changes import LIFE, ChangeSet, RecordState, collection_id
from cmpp_desktop.errors import BugError, KnownError
from cmpp_desktop.sync import adopting, audit_drop, branches, leaving_again, merge, parted, rebuild, replica
from cmpp_desktop.sync.books import Books
from cmpp_desktop.sync.counted import chain_at, counted_writes, named_unread, opened
from cmpp_desktop.sync.desk import Cutting, Heads, Make, cuts_of
from cmpp_desktop.sync.drops import forget_unsent
from cmpp_desktop.sync.enrolment import Invitation, Start, enrol
from cmpp_desktop.sync.erased import without
from cmpp_desktop.sync.inbox import OWN_UNKNOWN
from cmpp_desktop.sync.keys import seal_for_new
from cmpp_desktop.sync.rebuild import Rebuilding, outbox_ids
from cmpp_desktop.sync.replica import NO_CHAIN, Chain, OnShelf, Replica, StoredEnvelope
from cmpp_desktop.sync.taken import Taken
from cmpp_protocol import branches as protocol_branches
from cmpp_protocol import canon, entries, envelope, keys, roster
from cmpp_protocol.api import NewEntry
from cmpp_protocol.roster import RosterState
from cmpp_protocol.stamps import Stamp, next_hlc

AUDIT = collection_id(audit_drop.DROP)


def is_taken(store: Replica) -> bool:
    """Whether another copy of this laptop was met, and no new identity was taken yet."""
    return store.secret(replica.IDENTITY) is not None


def successor(store: Replica, random: Callable[[int], bytes]) -> keys.KeyPair:
    """The keys of the identity to be taken; made once, and kept before they are used."""
    kept = store.secret(replica.SUCCESSOR)
    if kept is None:
        kept = random(keys.SECRET_BYTES)
        with store.transaction():
            store.put_secret(replica.SUCCESSOR, kept)
    return keys.KeyPair(kept)


def replacing(books: Books, new: keys.KeyPair) -> tuple[Make, Cutting]:
    """What `Engine.propose` takes for the entry of a new identity: signed by both keys, with the cuts of the old one."""

    def make(state: RosterState, heads: Heads) -> Sequence[NewEntry]:
        me = state.devices.get(books.device_id)
        if me is None or not me.active(state.no):
            return ()
        fence = cuts_of(state, heads, [me.id])
        entry = entries.device_replaced(state.head, books.device, new, at=books.now_ms(), fence=fence)
        # No new key from an identity that ends: the next exchange, under the new one, makes it.
        return [NewEntry(entry, seal_for_new(state, roster.validate_and_apply(state, entry), books.keys))]

    return make, lambda state: [books.device_id]


def follow(books: Books, store: Replica) -> Taken:
    """Goes on under the new identity once the roster has it; nothing otherwise."""
    kept, state = store.secret(replica.SUCCESSOR), books.state
    me = state.devices.get(books.device_id) if state else None
    if kept is None or me is None or me.successor is None:
        return Taken()
    new = keys.KeyPair(kept)
    if me.successor != new.id:
        return Taken()  # the other copy was faster: this one needs an invitation
    return become(books, store, new)


def join_again(books: Books, store: Replica, invitation: Invitation, random: Callable[[int], bytes]) -> Taken:
    """Lets a laptop whose identity has ended in once more, by an invitation for the same person, with all that it holds; the
    server hears of it at the next exchange. Raises invitation_not_for_here, roster_fork, and still_a_member as a bug."""
    if invitation.org != books.org:
        raise KnownError("invitation_not_for_here")
    if protocol_branches.fork(books.entries, invitation.roster) is not None:
        try:
            branches.go_over_to(books, store, invitation.roster)  # the kit may have chosen that one (rule 39)
        except roster.RosterError as error:
            raise KnownError("roster_fork", reason=error.code) from error
    state = books.state
    me = state.devices.get(books.device_id) if state else None
    if state is None or (me is not None and me.active(state.no)):
        raise BugError("still_a_member")
    if me is not None and invitation.member != me.member:  # who came in on a branch that was given up may be anybody on this one
        raise KnownError("invitation_not_for_here")
    books.grow(invitation.roster[len(books.entries) :])
    start = enrol(invitation, random=random)
    return become(books, store, start.device, start)


def become(books: Books, store: Replica, new: keys.KeyPair, start: Start | None = None) -> Taken:
    """This laptop is another device from now on: its unsent changes get stamps of that one, and its records are what the bundles
    of the log and those changes make of them. `start`: with what it is let in, if the roster does not know the new one yet."""
    taken, old = Taken(), books.device_id
    member = books.view().devices[old].member if start is None else start.member
    drops = {each.id for each in books.view().collections.values() if each.is_drop}
    waiting = {place: list(store.outbox(place)) for place in _places(books) if place not in drops}
    with store.transaction():
        store.become(new.id)
        store.put_device(new.id, member)
        store.put_secret(replica.DEVICE_SECRET, new.secret)
        if start is not None and start.introduction is not None:
            invited, secret = start.introduction
            store.put_secret(replica.INTRODUCTION, canon.pack([invited.bytes, secret]))
        for name in (replica.SUCCESSOR, replica.IDENTITY):
            store.put_secret(name, None)
        store.put_secret(replica.RENEWED, canon.pack(books.now_ms()))
        readable = {place for place, _ in books.keys}
        for drop in drops:  # messages: nothing of them is merged
            forget_unsent(store, drop, old)
            if drop in readable and books.state is not None:  # what the other copy sent counts, and its chain is the log's
                Rebuilding(store, books.state, books.keys, new.id, drop, books.now_ms()).run()
        store.put_secret(replica.AUDIT_SENT, None)  # another chain: it begins with the whole of the log
        if AUDIT in drops:  # and with nothing before that: what waited would seem to come after a gap
            store.renew_outbox(AUDIT, ())
        for place, change_sets in waiting.items():
            taken.add(_carried_over(books, store, place, change_sets, old, new.id))
        store.put_secret(replica.SENT_THERE, None)
        for one in store.all_set_aside():
            if one.device == old and one.part == OWN_UNKNOWN:
                store.release(one.collection, one.device, one.number, one.hash)
    books.become(new)
    if start is not None:
        books.hold(start.keys)
    return taken


def _places(books: Books) -> list[UUID]:
    return sorted({place for place, _ in books.keys})


def _carried_over(
    books: Books, store: Replica, place: UUID, waiting: Sequence[ChangeSet], old: bytes, new: bytes
) -> Taken:
    """The outbox of a collection under the new identity, and its records made again."""
    _count_accepted(books, store, place, old)
    lost = [one for one in store.shelf(place, old) if one.mine and one.seq is None]
    waiting = _waiting_again(books, store, place, lost, waiting)
    if lost:
        _chain_as_logged(store, place, old, lost, waiting)
    for one in lost:  # what they hold leaves in new ones
        store.release(place, one.device, one.number, one.hash)
        store.forget_envelope(place, one.device, one.number, one.hash)
    # What was written before the copies parted may have been sent by the other one.
    sent = counted_writes(store, books.keys, place, [one for one in store.shelf(place, old) if not one.mine])
    there = parted.sent_there(store, place)
    kept = [one for one in waiting if sent.get(one.stamp.hlc) != frozenset(one.writes) and one.stamp.hlc not in there]
    own = {one.stamp.hlc for one in kept}

    def mapped(stamp: Stamp) -> Stamp:
        return Stamp(stamp.hlc, new) if stamp.device == old and stamp.hlc in own else stamp

    again = [adopting.restamped(one, Stamp(one.stamp.hlc, new), mapped) for one in kept]  # written when they were written
    store.renew_outbox(place, again)
    said = leaving_again.said_now(store, place, lost, mapped=mapped)
    if said:
        stamp = Stamp(next_hlc(books.now_ms(), store.own_clock()), new)
        store.put_own(ChangeSet(place.bytes, stamp, said))
    misread = named_unread(store, books.keys, place, old) | {write.id for writes in sent.values() for write in writes}
    if books.state is None or not (waiting or lost or misread):
        return Taken()
    ids = outbox_ids(waiting) | outbox_ids(again) | {write.id for write in said}
    if rebuild.is_whole(store, place):
        return Rebuilding(store, books.state, books.keys, new, place, books.now_ms()).run(ids | misread)
    return _in_place(books, store, place, ids, mapped)


def _waiting_again(
    books: Books, store: Replica, place: UUID, lost: Iterable[OnShelf], waiting: Iterable[ChangeSet]
) -> list[ChangeSet]:
    """The outbox, and what the lost bundles say besides: they had been read in the log of a server that was put back since, where
    the other copy's bundles have their places now."""
    said = {each.stamp.hlc: each for one in lost for each in opened(store, books.keys, place, one)}
    if books.state is not None:
        clean = (without(books.state, each) for each in said.values())
        said = {each.stamp.hlc: each for each in clean if each.writes}
    said |= {each.stamp.hlc: each for each in waiting}
    return [said[hlc] for hlc in sorted(said)]


def _count_accepted(books: Books, store: Replica, place: UUID, old: bytes) -> None:
    """Bundles that left and were not read in the log before the old identity ended: where its cut is on this copy's own branch,
    they count, and must not leave again. From now on they are like those of another laptop."""
    cuts = [one.cut for one in books.view().fences if (one.device, one.collection) == (old, place)]
    at_cut = store.envelope(place, old, *cuts[-1]) if cuts and cuts[-1].number else None
    if at_cut is None or not at_cut.mine:
        return
    for one in store.shelf(place, old):
        row = store.envelope(place, old, one.number, one.hash)
        if row is not None and one.mine and one.seq is None and one.number <= at_cut.number and one.state == "counts":
            store.forget_envelope(place, old, one.number, one.hash)
            at = (place, old, one.number, one.hash, row.epoch)
            store.put_envelope(StoredEnvelope(*at, None, False, "counts", row.last_hlc, row.body))


def _chain_as_logged(
    store: Replica, place: UUID, old: bytes, lost: Sequence[OnShelf], waiting: Sequence[ChangeSet]
) -> None:
    """The chain of the old identity as far as others know it: without the bundles that are made anew."""
    first = min(lost, key=lambda one: one.number)
    row = store.envelope(place, old, first.number, first.hash)
    others = (one for one in store.shelf(place, old) if one.state == "counts" and not one.mine)
    # The other copy has gone on from there: its bundles are here, or stand in a snapshot that was taken.
    elsewhere = store.chains(place).get(old, NO_CHAIN).hash not in {one.hash for one in lost}
    if row is None or elsewhere or any(one.number >= first.number for one in others):
        return
    header = envelope.decode_header(row.body)
    before = store.envelope(place, old, first.number - 1, header.previous) if first.number > 1 else None
    if before is not None or first.number == 1:
        store.put_chain(place, old, chain_at(before))
    else:  # what counted of it is older than all that waits
        last = min((one.stamp.hlc for one in waiting), default=1) - 1
        store.put_chain(place, old, Chain(first.number - 1, header.previous, last, header.roster_no))


def _in_place(books: Books, store: Replica, place: UUID, ids: set[UUID], mapped: Callable[[Stamp], Stamp]) -> Taken:
    """The records as they are, under the new stamps: for a collection whose older bundles are in a snapshot."""
    taken = Taken()
    before = store.states(place, ids)
    after = {id: adopting.restamped_state(state, mapped) for id, state in before.items()}
    _without_replaced(after, store.outbox(place))
    for one in store.outbox(place):  # what is new in it: what was said of bundles that leave again
        fresh = one.with_writes(write for write in one.writes if write.kind == adopting.HELD_BUNDLE)
        merge.apply_change_set(after, fresh, lambda stamp: True, books.now_ms())
    changed = {id: state for id, state in after.items() if before.get(id) != state}
    taken.touched |= store.save_states(place, {id: before[id] for id in changed if id in before}, changed)
    taken.kinds |= {state.kind for state in changed.values()}
    return taken


def _without_replaced(states: dict[UUID, RecordState], waiting: Iterable[ChangeSet]) -> None:
    """Takes away heads that own changes name. Of its own stamps a laptop has seen every one, so that it waits for none (rule 3);
    one that the other copy has sent as well came back with that copy's bundle, after the change that had replaced it."""
    for write in (write for one in waiting for write in one.writes):
        state = states.get(write.id)
        heads = state.heads.get(write.field, ()) if state is not None else ()
        left = tuple(head for head in heads if head.stamp not in write.replaces)
        if state is not None and left and len(left) < len(heads):
            covers = {stamp: kept for stamp, kept in state.covers.items() if write.field != LIFE or stamp not in write.replaces}
            states[write.id] = replace(state, heads={**state.heads, write.field: left}, covers=covers)
