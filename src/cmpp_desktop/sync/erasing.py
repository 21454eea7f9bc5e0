"""Erasure (rule 19): what an administrator ordered goes into the roster, and what the roster names goes from this laptop.

A file that is destroyed and a hold that is set or lifted leave an order in the store, in the same transaction; the next exchange
makes the roster entry of it, whatever happened in between. A hold in the roster stands in the way of an erasure, whose order
then waits. What an entry names is gone here with the roster's growth: records, words in indexes, what waited to be sent. Whoever
brings a change to it later brings nothing (erased.py).

Bundles that were sealed before stay as they are until a snapshot without them is confirmed, keys have changed and the
organisation keeps them no longer (rules 38, 47): until then an erasure is ordered, not complete.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from cmpp_desktop.store.orders import ORDERS, Order, packed_orders, read_orders
from cmpp_desktop.sync import confirmed
from cmpp_desktop.sync.books import Books
from cmpp_desktop.sync.erased import without
from cmpp_desktop.sync.replica import Replica
from cmpp_desktop.sync.taken import Taken
from cmpp_protocol import canon, entries, roster
from cmpp_protocol.api import NewEntry
from cmpp_protocol.entries import Unplaced
from cmpp_protocol.roster import Role, RosterState

FOLLOWED = "erased"  # the secret that says up to which roster number this laptop has erased
IDS_AT_ONCE = 20_000  # in one entry


class Erased(NamedTuple):
    """An erasure in the roster: its number, its time in ms, whether every collection has had a new key since, and from when on
    (ms) a confirmed snapshot without it stands for every collection that is read here, None for not yet. `older`: since when (ms)
    the last is known that was confirmed before it, of a collection that has none without it."""

    no: int
    at: int
    keys_changed: bool
    confirmed: int | None
    older: int | None


@dataclass(frozen=True, slots=True)
class Erasures:
    """By the hash of their certificates: those in the roster; the orders that wait, and which of them a hold keeps waiting."""

    done: Mapping[bytes, Erased]
    waiting: frozenset[bytes]
    held: frozenset[bytes]


def due(books: Books, store: Replica) -> tuple[NewEntry, ...]:
    """The entries of the orders that wait, as far as this laptop may make them and no hold stands in the way."""
    state, made = books.view(), []
    device = state.devices.get(books.device_id)
    if device is None or state.members[device.member].role is not Role.ADMINISTRATOR:
        return ()
    for order in read_orders(store.secret(ORDERS)):
        for entry in _entries(books, state, order):
            try:
                state = roster.validate_and_apply(state, entry)
            except roster.RosterError:
                break  # a hold keeps it waiting, or it is done
            made.append(NewEntry(entry))
    return tuple(made)


def proposals(books: Books, store: Replica) -> Iterable[bytes]:
    """The same orders, as proposals to the laptop that keeps the roster of an organisation without a server."""
    state, me = books.view(), books.view().devices.get(books.device_id)
    if me is None or state.members[me.member].role is not Role.ADMINISTRATOR:
        return
    for order in read_orders(store.secret(ORDERS)):
        left = _left(state, order)
        for proposal in _entries(books, state, left, Unplaced(state.org_id)) if left is not None else ():
            with contextlib.suppress(roster.RosterError):  # a hold keeps it waiting
                roster.proposed(state, entries.decode_proposal(proposal))
                yield proposal


def _entries(books: Books, state: RosterState, order: Order, where: Unplaced | None = None) -> Iterable[bytes]:
    at, device, org, head = books.now_ms(), books.device, state.org_id, where or state.head
    named = [entries.erased_id(org, id) for id in order.ids]
    if order.what == "hold":
        yield entries.hold_placed(head, device, at=at, hold=order.id, records=named)
    elif order.what == "lift":
        yield entries.hold_lifted(head, device, at=at, hold=order.id)
    else:
        # One entry for all but the largest files: a hold on one record holds the whole.
        yield entries.erasure(head, device, at=at, records=named[:IDS_AT_ONCE], certificate=order.certificate)


def follow(books: Books, store: Replica) -> Taken:
    """Takes away what the roster says is erased, and the orders that it has. In one transaction; done again, it does nothing."""
    state, taken = books.state, Taken()
    if state is None:
        return taken
    orders = read_orders(store.secret(ORDERS))
    open_ones = [left for order in orders if (left := _left(state, order)) is not None]
    kept = store.secret(FOLLOWED)
    done: Any = canon.unpack(kept) if kept else -1
    fresh = frozenset(named for named, no in state.erased.items() if no > done)
    if not fresh and open_ones == orders:
        return taken
    with store.transaction():
        if open_ones != orders:
            store.put_secret(ORDERS, packed_orders(open_ones))
        for place in sorted(state.collections) if fresh else ():
            gone = [id for id in store.record_ids(place) if entries.erased_id(state.org_id, id) in fresh]
            if gone:
                taken.touched |= store.erase(place, gone)
            waiting = store.outbox(place)
            clean = [one for each in waiting if (one := without(state, each)).writes]
            if clean != list(waiting):
                store.renew_outbox(place, clean)
        store.put_secret(FOLLOWED, canon.pack(state.no))
    return taken


def _left(state: RosterState, order: Order) -> Order | None:
    """What of an order the roster does not have yet."""
    if order.what == "hold":
        return None if order.id in state.holds else order
    if order.what == "lift":
        return order if state.holds.get(order.id) else None
    ids = tuple(id for id in order.ids if entries.erased_id(state.org_id, id) not in state.erased)
    return order._replace(ids=ids) if ids else None


def erasures(books: Books, store: Replica) -> Erasures:
    """How all of them stand."""
    state = books.view()
    read = [entries.said(entries.decode(data)) for data in books.all_entries()]
    done = {one.fields["certificate"]: _erased(books, store, one) for one in read if one.type == "erasure"}
    orders = [order for order in read_orders(store.secret(ORDERS)) if order.what == "erase"]
    held = {order.certificate for order in orders if _is_held(state, order)}
    return Erasures(done, frozenset(order.certificate for order in orders), frozenset(held))


def _erased(books: Books, store: Replica, entry: entries.Entry) -> Erased:
    before = [place for place in books.view().collections.values() if place.created < entry.no]
    changed = all(place.epochs[-1].no > entry.no for place in before)
    read = [place for place in books.readable() if (store.cursor(place) or (0, b""))[0] > 0]  # an empty one has nothing to go
    since, older = confirmed.since(store, read, entry.no), confirmed.older(store, read, entry.no)
    return Erased(entry.no, entry.at, changed, since, older)


def _is_held(state: RosterState, order: Order) -> bool:
    named = {entries.erased_id(state.org_id, id) for id in order.ids}
    return any(named & held for held in state.holds.values())


