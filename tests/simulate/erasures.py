"""Erasures and holds in a history (rule 19): who orders them, and what must hold then."""

from __future__ import annotations

import random
from collections.abc import Iterator
from uuid import UUID

from cmpp_desktop.changes import SIGNED
from cmpp_desktop.store.orders import ORDERS, Order, packed_orders, read_orders
from cmpp_desktop.sync import seal
from cmpp_protocol import entries
from tests.simulate.people import RECORDS
from tests.simulate.world import SimLaptop, World

OFTEN = 0.2  # of the steps, in a history that has erasures
FIRST = 0x19  # ids of holds and certificates


class Erasures:
    """`rng`: of the step."""

    world: World
    rng: random.Random

    def say(self, words: str) -> None:
        raise NotImplementedError

    def do_order(self, by: SimLaptop) -> None:
        """An administrator destroys a file, sets a hold on records, or lifts one. It becomes an entry in an exchange to come."""
        state, what = by.engine.roster(), self.rng.choice(("erase", "erase", "hold", "lift"))
        named = tuple(sorted(self.rng.sample(RECORDS, self.rng.choice((1, 1, 2)))))
        number = FIRST + len(self.world.orders)
        placed = sorted(id for id, held in state.holds.items() if held)
        words = f"{by.name} {'destroys' if what == 'erase' else 'holds'} {', '.join(str(id.int) for id in named)}"
        if what == "lift" and not placed:
            return
        if what == "lift":
            order, words = Order("lift", self.rng.choice(placed)), f"{by.name} lifts a hold"
        elif what == "hold":
            order = Order("hold", UUID(int=number), named)
        else:
            order = Order("erase", UUID(int=number), (*named, *_signed(by)), number.to_bytes(32, "big"))
        self.world.orders.append(order)
        with by.replica.transaction():
            by.replica.put_secret(ORDERS, packed_orders([*read_orders(by.replica.secret(ORDERS)), order]))
        self.say(words)


def _signed(laptop: SimLaptop) -> Iterator[UUID]:
    """What was signed of a destroyed file goes with it; here: all that was signed."""
    every = {id: state for place in laptop.teams() for id, state in laptop.records(place).items()}
    return (id for id in sorted(every) if every[id].kind == SIGNED)


def left_of_erased(laptop: SimLaptop) -> list[str]:
    """Where a laptop still has something of a record that its roster says is erased, but in sealed bundles."""
    state, disk = laptop.engine.roster(), laptop.replica
    if not state.erased:
        return []
    found = [f"record {id.int % 1000}" for _, id in disk.tables["states"] if laptop.is_erased(id)]
    for place in state.collections:
        found += ["the outbox" for one in disk.outbox(place) if any(laptop.is_erased(write.id) for write in one.writes)]
    for item in disk.all_set_aside():
        changes = seal.unpack(item.body, item.collection, item.device) if item.part >= 0 else ()
        found += ["what is set aside" for one in changes if any(laptop.is_erased(write.id) for write in one.writes)]
    return found


def overridden(laptop: SimLaptop) -> int:
    """How many records were erased under a hold, by the entries themselves."""
    holds: dict[UUID, set[bytes]] = {}
    gone: set[bytes] = set()
    found = 0
    for data in laptop.replica.roster():
        said = entries.said(entries.decode(data))
        if said.type == "hold_placed":
            holds[said.fields["hold"]] = {row[0] for row in said.fields["records"]}
        elif said.type == "hold_lifted":
            del holds[said.fields["hold"]]
        elif said.type == "erasure":
            fresh = {row[0] for row in said.fields["records"]} - gone  # what is gone already may be named again
            found += sum(any(one in held for held in holds.values()) for one in fresh)
            gone |= fresh
    return found
