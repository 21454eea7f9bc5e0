"""What must hold after every step, and at the end when everybody is back: the properties of the sync rules, in words.

The oracle is omniscient: it knows of every write what its author had applied (`world.Mark`), so it says from causes alone
which writes of a field are the newest among those that a laptop has applied.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select

from cmpp_desktop.changes import LIFE, LIVE, SIGNED, RecordState
from cmpp_desktop.sync import merge
from cmpp_desktop.sync.snapshot_begun import begun
from cmpp_protocol import envelope, rights
from cmpp_protocol.roster import RosterState
from cmpp_server import tables
from tests.simulate.audits import audits_at_rest
from tests.simulate.disk import Mark
from tests.simulate.erasures import left_of_erased, overridden
from tests.simulate.world import CANARY, SimLaptop, World


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
        self.sealed: dict[tuple[str, UUID, bytes, int], bytes] = {}
        self.salts: dict[tuple[UUID, int, bytes], bytes] = {}
        self.signed: dict[tuple[UUID, UUID], bytes] = {}

    def now(self, laptop: SimLaptop) -> None:
        """The invariants of one laptop, after something happened on it."""
        expect(not self.world.twice, "P12", f"{laptop.name} sends again what a copy of it is known to have sent")
        for place in laptop.places():
            applied = laptop.disk.applied(place)
            if laptop.copied != laptop.device and place not in begun(laptop.replica):
                self._records(laptop, place, applied)
            self._bundles(laptop, place)
            self._said_to_be_sent(laptop, place)

    def _records(self, laptop: SimLaptop, place: UUID, applied: int) -> None:
        seen, records = laptop.replica.seen(place), laptop.records(place)
        for id, written in self.world.marks[place].items():
            if laptop.is_erased(id):
                expect(id not in records or laptop.cut, "erasure", f"{laptop.name} keeps something of record {id.int % 1000}")
                continue
            newest = {field: _newest(marks, applied) for field, marks in written.items()}
            state = records.get(id)
            if state is None:
                expect(not any(newest.values()), "P2", f"{laptop.name} has nothing of record {id.int % 1000}")
                continue
            waits = merge.awaited(state, seen)
            conflicts = merge.conflicts(state, seen, laptop.clock) if waits or _may_differ(state) else ()
            shown = {conflict.field for conflict in conflicts if conflict.reason == "values"}
            for field, marks in newest.items():
                what = f"{laptop.name}: {field} of record {id.int % 1000}"
                different = len({mark.value for mark in marks}) > 1
                if not waits:
                    heads, wanted = set(state.stamps(field)), {mark.stamp for mark in marks}
                    said = f"{what} has heads {_named(heads)}, the newest writes are {_named(wanted)}"
                    expect(heads == wanted, "P2", said)
                    expect((field in shown) == different, "P3", f"{what}: a conflict is {'not ' * different}shown")
                elif field in shown and not waits.get(field):
                    expect(different, "P3", f"{what}: a false conflict is shown")
            if not waits and state.covers:
                self._life(laptop, id, state, newest, merge.status(state, seen, laptop.clock).name)
            if state.kind == SIGNED:
                form = merge.digest_form(id, state)
                expect(self.signed.setdefault((place, id), form) == form, "P8", f"{laptop.name}: a signed record changed")

    def _life(
        self, laptop: SimLaptop, id: UUID, state: RecordState, newest: dict[str, list[Mark]], status: str
    ) -> None:
        """P7: an edit of which nobody knew who deleted or signed is to be seen."""
        lives = newest.get(LIFE, [])
        if len({mark.value for mark in lives}) > 1 or any(mark.value == LIVE for mark in lives):
            return
        fields = [marks for field, marks in newest.items() if field != LIFE]
        loose = any(not any(life.had(mark) for life in lives) for marks in fields for mark in marks)
        wanted = "changed_since" if loose else "settled"
        expect(status == wanted, "P7", f"{laptop.name}: record {id.int % 1000} is {status}, not {wanted}")

    def _bundles(self, laptop: SimLaptop, place: UUID) -> None:
        mine = laptop.replica.envelopes(place, mine=True)
        for one in mine:
            at = (laptop.name, place, one.device, one.number)
            if one.state == "held" and self.sealed.get(at) == one.hash:
                del self.sealed[at]  # a fence has cut it off: its number may be sealed again, and no key is used again
        for one in mine:
            at = (laptop.name, place, one.device, one.number)
            if one.state == "held" or self.sealed.get(at) == one.hash:
                continue
            known = self.sealed.setdefault(at, one.hash)
            expect(known == one.hash, "P11", f"{laptop.name} sealed number {one.number} twice with different words")
            salt = envelope.decode_header(one.body).salt
            again = self.salts.setdefault((place, one.epoch, salt), one.hash)
            expect(again == one.hash, "P11", f"{laptop.name} used one key for two bundles")

    def _said_to_be_sent(self, laptop: SimLaptop, place: UUID) -> None:
        """P4, at the author: what left the outbox is in a bundle that counts, and none is in neither."""
        own = {hlc: number for (at, hlc), number in laptop.disk.units.items() if at == place}
        for one in laptop.replica.outbox(place):
            own.pop(one.stamp.hlc, None)
        sealed = laptop.disk.sent(place) if own else 0
        lost = [number for number in own.values() if not sealed >> number & 1 and not self._only_erased(laptop, number)]
        expect(not lost, "P4", f"{laptop.name}: {len(lost)} change sets are in no outbox and in no bundle")

    def _only_erased(self, laptop: SimLaptop, number: int) -> bool:
        """Whether a unit of work says nothing that is not erased."""
        ids = self.world.records[number]
        return bool(ids) and all(laptop.is_erased(id) for id in ids)

    # At the end -----------------------------------------------------------------------------------------------------------

    def at_rest(self) -> None:
        """Everybody is back, the network is fair, nothing moves any more."""
        world = self.world
        state = world.admin.engine.roster()
        met = [one for one in world.inside if not one.copied or (one.wrote_last and not one.replica.outbox_count())]
        owns = [laptop.device for laptop in met]
        expect(len(set(owns)) == len(owns), "P12", "two laptops have one identity")
        for laptop in world.inside:
            laptop.copied, laptop.cut = b"", False
            self.now(laptop)
            expect(not laptop.is_twin, "P12", f"{laptop.name} met another copy of it and has no identity of its own")
            left = left_of_erased(laptop)
            expect(not left, "erasure", f"{laptop.name} keeps something of what is erased: {', '.join(left)}")
            expect(not overridden(laptop), "erasure", f"{laptop.name}: {overridden(laptop)} records were erased under a hold")
            problem = laptop.engine.status().problem
            expect(problem is None, "P17", f"{laptop.name} stays with {problem}")
            expect(laptop.engine.roster().no == state.no, "P10", f"{laptop.name} has another roster")
        for place in state.collections:
            self._place_at_rest(state, place)
            self._log_holds_all(place)
        self._those_outside(state)
        self._server()
        if world.auditing:
            audits_at_rest(world, expect)

    def _place_at_rest(self, state: RosterState, place: UUID) -> None:
        readers = [one for one in self.world.inside if rights.may_read(state, one.device, place)]
        name = state.collections[place].kind
        for laptop in readers:
            self._reader_at_rest(laptop, state, place, str(name))
        # Who may not send any more what is in their outbox still sees it themselves.
        alike = [one for one in readers if not one.replica.outbox(place)]
        digests = {laptop.name: laptop.digest(place) for laptop in alike}
        expect(len(set(digests.values())) <= 1, "P1", f"{', '.join(digests)} hold different records of {name}")
        # What somebody sealed who may not write any more lies with them alone.
        idle = {one.device for one in self.world.laptops if not rights.may_write(state, one.device, place)}
        chains = {laptop.name: _chains(laptop, place, idle) for laptop in readers}
        expect(len(set(chains.values())) <= 1, "P9", f"{', '.join(chains)} have applied different bundles of {name}")
        applied = {laptop.name: laptop.disk.applied(place) for laptop in readers}
        for one in readers:
            if rights.may_write(state, one.device, place):
                units = [number for (at, _), number in one.disk.units.items() if at == place]
                own = sum(1 << number for number in units if not self._only_erased(one, number))
                without = [other for other, held in applied.items() if own & ~held]
                expect(not without, "P4", f"{', '.join(without)} lack something that {one.name} wrote in {name}")

    def _reader_at_rest(self, laptop: SimLaptop, state: RosterState, place: UUID, name: str) -> None:
        # What those wrote who may not write there any more is held, and shown to somebody who decides (rules 32, 33).
        held = [one for one in laptop.replica.all_set_aside() if one.collection == place]
        held = [one for one in held if rights.may_write(state, one.device, place)]
        waits = [one for one in laptop.replica.envelopes(place, state="waits") if rights.may_write(state, one.device, place)]
        expect(not waits, "P14", f"{laptop.name} cannot open {len(waits)} bundles of {name}")
        writes = rights.may_write(state, laptop.device, place)
        expect(not held, "P4", f"{laptop.name} has set aside {[one.reason for one in held]} of {name}")
        if writes:
            left = len(laptop.replica.outbox(place))
            expect(not left, "P17", f"{laptop.name} has {left} change sets of {name} in its outbox")
        for id, record in laptop.records(place).items():
            # A value that was written over one which never came to count names it for good, and is shown as a conflict.
            named = (stamp for stamps in merge.awaited(record, laptop.replica.seen(place)).values() for stamp in stamps)
            waiting = [stamp for stamp in named if rights.may_write(state, stamp.device, place)]
            expect(not waiting, "P17", f"{laptop.name}: record {id.int % 1000} waits for {waiting}")

    def _log_holds_all(self, place: UUID) -> None:
        """P10: what anybody's status once called sent is in the log; its numbers go up by one."""
        table = tables.log
        with self.world.office.database.read() as conn:
            query = select(table.c.seq, table.c.hash)
            rows = list(conn.execute(query.where(table.c.collection_id == place.bytes).order_by(table.c.seq)))
        expect([row[0] for row in rows] == list(range(1, len(rows) + 1)), "P10", "a place of the log was skipped")
        logged = {row[1] for row in rows}
        for laptop in self.world.inside:
            for one in laptop.replica.envelopes(place, logged=True):
                expect(one.hash in logged, "P10", f"bundle {one.number} that {laptop.name} read in the log is not there")

    def _those_outside(self, state: RosterState) -> None:
        """P13: nobody has a key under which somebody sealed who knew that they were out, unless they were let in again."""
        for other in self.world.inside:
            for place in other.places():
                for one in other.replica.envelopes(place, mine=True):
                    no = envelope.decode_header(one.body).roster_no
                    for laptop in self.world.laptops:
                        if laptop.device in state.devices and not _ever_reads(state, laptop, place, no):
                            opens = (place, one.epoch) in laptop.replica.tables["keys"]
                            said = f"{laptop.name}, who is out, opens bundle {one.number} of {other.name}"
                            expect(not opens, "P13", said)

    def _server(self) -> None:
        """P18: nothing of what was written can be read in the server's database."""
        expect(CANARY.encode() not in self.world.office.copy(), "P18", "the server holds words that somebody wrote")


def _ever_reads(state: RosterState, laptop: SimLaptop, place: UUID, since: int) -> bool:
    """Whether a laptop, under any identity that it had, was entitled from then on at some time."""
    own = [one for one in laptop.disk.identities if one in state.devices]
    return any(rights.may_read(state, one, place, no) for one in own for no in range(since, state.no + 1))


def _may_differ(state: RecordState) -> bool:
    """Whether a look at its conflicts could show any: most records have one head to a field."""
    return bool(state.covers) or any(len(heads) > 1 for heads in state.heads.values())


def _newest(marks: Iterable[Mark], applied: int) -> list[Mark]:
    mine = [mark for mark in marks if applied >> mark.number & 1]
    past = 0
    for mark in mine:
        past |= mark.past
    return [mark for mark in mine if not past >> mark.number & 1]


def _named(stamps: Iterable[object]) -> str:
    return "{" + ", ".join(f"{stamp.hlc >> 16}/{stamp.device.hex()[:4]}" for stamp in sorted(stamps)) + "}"  # type: ignore[attr-defined,type-var]


def _chains(laptop: SimLaptop, place: UUID, without: set[bytes]) -> tuple[tuple[bytes, int, bytes], ...]:
    chains = laptop.replica.chains(place).items()
    return tuple(sorted((device, chain.number, chain.hash) for device, chain in chains if chain.number and device not in without))
