"""What must hold after every step, and at the end when everybody is back: the properties of the sync rules, in words.

The oracle is omniscient: it knows of every write what its author had applied (`world.Mark`), so it says from causes alone
which writes of a field are the newest among those that a laptop has applied.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from cmpp_desktop.changes import SIGNED
from cmpp_desktop.sync import merge
from cmpp_protocol import envelope, rights
from cmpp_server import tables
from tests.simulate.world import CANARY, Mark, SimLaptop, World


class Violation(AssertionError):
    """A property that does not hold: `property` is its name, `words` say what was seen."""

    def __init__(self, property: str, words: str) -> None:
        super().__init__(f"{property}: {words}")
        self.property, self.words = property, words


def expect(holds: bool, property: str, words: str) -> None:
    if not holds:
        raise Violation(property, words)


class Checks:
    """Remembers what may never change while a history runs."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sealed: dict[tuple[UUID, bytes, int], bytes] = {}
        self.salts: dict[tuple[UUID, int, bytes], bytes] = {}
        self.signed: dict[tuple[UUID, UUID], bytes] = {}

    def now(self, laptop: SimLaptop) -> None:
        """The invariants of one laptop, after something happened on it."""
        for place in (laptop.caseload, laptop.restricted):
            self._records(laptop, place)
            self._bundles(laptop, place)
            self._said_to_be_sent(laptop, place)

    def _records(self, laptop: SimLaptop, place: UUID) -> None:
        past = laptop.disk.past(place)
        seen = laptop.replica.seen(place)
        for id, state in laptop.records(place).items():
            waits = merge.awaited(state, seen)
            shown = {c.field for c in merge.conflicts(state, seen, laptop.clock) if c.reason == "values"}
            for field in {*state.heads, *(key[2] for key in self.world.marks if key[:2] == (place, id))}:
                newest = _newest(self.world.marks.get((place, id, field), ()), past)
                heads = set(state.stamps(field))
                what = f"{laptop.name}: {field} of record {id.int % 1000}"
                different = len({mark.value for mark in newest}) > 1
                if not waits:
                    said = f"{what} has heads {_named(heads)}, the newest writes are {_named({m.stamp for m in newest})}"
                    expect(heads == {mark.stamp for mark in newest}, "P2", said)
                    expect((field in shown) == different, "P3", f"{what}: a conflict is {'not ' * different}shown")
                elif field in shown and not merge.awaited(state, seen).get(field):
                    expect(different, "P3", f"{what}: a false conflict is shown")
            if state.kind == SIGNED:
                form = merge.digest_form(id, state)
                expect(self.signed.setdefault((place, id), form) == form, "P8", f"{laptop.name}: a signed record changed")

    def _bundles(self, laptop: SimLaptop, place: UUID) -> None:
        for one in laptop.replica.envelopes(place, mine=True):
            at = (place, one.device, one.number)
            if one.state == "held":  # a fence has cut it off: its number may be sealed again, and no key is used again
                self.sealed.pop(at, None)
                continue
            known = self.sealed.setdefault(at, one.hash)
            expect(known == one.hash, "P11", f"{laptop.name} sealed number {one.number} twice with different words")
            salt = envelope.decode(one.body).header.salt
            again = self.salts.setdefault((place, one.epoch, salt), one.hash)
            expect(again == one.hash, "P11", f"{laptop.name} used one key for two bundles")

    def _said_to_be_sent(self, laptop: SimLaptop, place: UUID) -> None:
        """P4, at the author: what left the outbox was read in a log, and none is in neither outbox nor bundle."""
        waiting = {one.stamp.hlc for one in laptop.replica.outbox(place)}
        read = [one.last_hlc for one in laptop.replica.envelopes(place, mine=True) if one.last_hlc is not None]
        own = self.world.written[place, laptop.replica.own]
        lost = [hlc for hlc in own if hlc not in waiting and not any(hlc <= last for last in read)]
        expect(not lost, "P4", f"{laptop.name}: {len(lost)} change sets are in no outbox and in no bundle")

    # At the end -----------------------------------------------------------------------------------------------------------

    def at_rest(self) -> None:
        """Everybody is back, the network is fair, nothing moves any more."""
        world = self.world
        for laptop in world.inside:
            self.now(laptop)
            status = laptop.engine.status()
            expect(status.problem is None, "P17", f"{laptop.name} stays with {status.problem}")
            expect(laptop.engine.roster().no == world.admin.engine.roster().no, "P10", f"{laptop.name} has another roster")
        for place in (world.admin.caseload, world.admin.restricted):
            self._place_at_rest(place)
        self._those_outside()
        self._server()

    def _place_at_rest(self, place: UUID) -> None:
        state = self.world.admin.engine.roster()
        readers = [one for one in self.world.inside if rights.may_read(state, one.device, place)]
        name = state.collections[place].kind
        for laptop in readers:
            held = [one for one in laptop.replica.all_set_aside() if one.collection == place]
            waits = laptop.replica.envelopes(place, state="waits")
            expect(not waits, "P14", f"{laptop.name} cannot open {len(waits)} bundles of {name}")
            expect(not held, "P4", f"{laptop.name} has set aside {[one.reason for one in held]} of {name}")
            if rights.may_write(state, laptop.device, place) and not laptop.twin:
                left = len(laptop.replica.outbox(place))
                expect(not left, "P17", f"{laptop.name} has {left} change sets of {name} in its outbox")
            for id, record in laptop.records(place).items():
                waiting = merge.awaited(record, laptop.replica.seen(place))
                expect(not waiting, "P17", f"{laptop.name}: record {id.int % 1000} waits for {waiting}")
        readers = [one for one in readers if not one.twin]
        digests = {laptop.name: laptop.digest(place) for laptop in readers}
        expect(len(set(digests.values())) <= 1, "P1", f"{', '.join(digests)} hold different records of {name}")
        chains = {laptop.name: _chains(laptop, place) for laptop in readers}
        expect(len(set(chains.values())) <= 1, "P10", f"{', '.join(chains)} have applied different bundles of {name}")
        self._log_holds_all(place)

    def _log_holds_all(self, place: UUID) -> None:
        """P10: what anybody's status once called sent is in the log; its numbers go up by one."""
        table = tables.log
        with self.world.office.database.read() as conn:
            query = select(table.c.seq, table.c.device_id, table.c.number).where(table.c.collection_id == place.bytes)
            rows = list(conn.execute(query.order_by(table.c.seq)))
        expect([row.seq for row in rows] == list(range(1, len(rows) + 1)), "P10", "a place of the log was skipped")
        logged = {(row.device_id, row.number) for row in rows}
        for laptop in self.world.laptops:
            for one in laptop.replica.envelopes(place, mine=True, logged=True):
                there = (one.device, one.number) in logged
                expect(there, "P10", f"bundle {one.number} of {laptop.name}, once acknowledged, is not in the log")

    def _those_outside(self) -> None:
        """P13: who is outside has no key of what was sealed by somebody who knew of it."""
        state = self.world.admin.engine.roster()
        for laptop in self.world.laptops:
            known = state.devices.get(laptop.device)
            if not laptop.gone or known is None or known.active(state.no):
                continue
            held = laptop.replica.collection_keys()
            for other in self.world.inside:
                for place in (other.caseload, other.restricted):
                    for one in other.replica.envelopes(place, mine=True):
                        header = envelope.decode(one.body).header
                        if known.ended is not None and header.roster_no >= known.ended:
                            opens = (place, one.epoch) in held
                            expect(not opens, "P13", f"{laptop.name}, closed, opens bundle {one.number} of {other.name}")

    def _server(self) -> None:
        """P18: nothing of what was written can be read in the server's database."""
        data = self.world.office.copy()
        expect(CANARY.encode() not in data, "P18", "the server holds words that somebody wrote")


def _newest(marks: list[Mark] | tuple[()], past: dict[bytes, int]) -> list[Mark]:
    mine = [mark for mark in marks if mark.stamp.hlc <= past.get(mark.stamp.device, -1)]
    return [mark for mark in mine if not any(other.had(mark) for other in mine if other is not mark)]


def _named(stamps: set[object] | set) -> str:  # type: ignore[type-arg]  # stamps
    return "{" + ", ".join(f"{stamp.hlc >> 16}/{stamp.device.hex()[:4]}" for stamp in sorted(stamps)) + "}"


def _chains(laptop: SimLaptop, place: UUID) -> tuple[tuple[bytes, int, bytes], ...]:
    return tuple(sorted((device, chain.number, chain.hash) for device, chain in laptop.replica.chains(place).items()))
