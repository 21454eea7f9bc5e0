"""The world of one history: laptops, the server, sticks, and everything between them that can fail.

What the oracle remembers is in `marks`: every unit of work has a number, and what somebody had applied is a set of such numbers,
held as the bits of one integer. It follows copies of a disk, so that two laptops with one identity are told apart.
"""

from __future__ import annotations

import random
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from cmpp_desktop.changes import ChangeSet, RecordState, Write
from cmpp_desktop.errors import KnownError
from cmpp_desktop.sync.adopting import ADOPTED, HELD_BUNDLE
from cmpp_desktop.sync.engine import Engine
from cmpp_desktop.sync.replica import IDENTITY, NO_CHAIN
from cmpp_desktop.sync.status import Status
from cmpp_desktop.sync.transport import Refusal
from cmpp_protocol import api, canon, rights
from cmpp_protocol.roster import Role, RosterState
from cmpp_protocol.stamps import Stamp
from cmpp_server.exchange import Exchange
from tests.simulate.fast import Ends, MemoryDatabase
from tests.sync.laptops import URL, Laptop, MemoryReplica, Office, team

CANARY = "CANARY-"
MEMORY = Path("/dev/shm")  # no disk is waited for where there is one of these


class Mark(NamedTuple):
    """One write as the oracle remembers it. `number`: of its unit of work. `past`: all that its author had applied then."""

    number: int
    stamp: Stamp
    value: bytes
    past: int

    def had(self, other: Mark) -> bool:
        return bool(self.past >> other.number & 1)


class Replica(MemoryReplica):
    """A disk in memory that tells the oracle what was written, sealed and applied."""

    def __init__(self, own: bytes, world: World) -> None:
        super().__init__(own)
        self._world = world
        self.identities = {own}  # all that this laptop has had
        self.units: dict[tuple[UUID, int], int] = {}  # (collection, hlc) of own units of work -> their numbers
        self._beside: Mapping[str, set[Stamp]] = {}
        self._undone: list[Callable[[], None]] = []  # what a transaction that fails takes back of the oracle's memory

    def copied_to(self, world: World) -> Replica:
        """The same disk once more."""
        made = Replica(self.own, world)
        made.tables = {name: dict(rows) for name, rows in self.tables.items()}
        made.clock, made.units, made.identities = self.clock, dict(self.units), set(self.identities)
        return made

    def applied(self, collection: UUID) -> int:
        """Of every unit of work that is merged here, its bit."""
        found = 0
        for place, hlc in self.units:
            if place == collection:
                found |= 1 << self.units[place, hlc]
        for (place, _, _, hashed), row in self.tables["envelopes"].items():
            if place == collection and row.state == "counts":
                found |= self._world.contents.get(hashed, 0)
        return found

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self._undone = []
        try:
            with super().transaction():
                yield
        except BaseException:
            for undo in reversed(self._undone):
                undo()
            raise

    def commit(self, collection: UUID, make: Any, now_ms: int) -> None:
        past = self.applied(collection)
        writes: list[Write] = []

        def made(state_of: Any) -> list[Write]:
            writes.extend(make(state_of))
            return writes

        super().commit(collection, made, now_ms)
        self._note(collection, Stamp(self.clock, self.own), writes, past)

    def _note(self, collection: UUID, stamp: Stamp, writes: Iterable[Write], past: int) -> None:
        """A unit of work of this laptop."""
        number = self.units[collection, stamp.hlc] = self._world.next_number()
        for one in writes:
            marks = self._world.marks[collection][one.id][one.field]
            left = sum(1 << mark.number for mark in marks if mark.stamp in self._beside.get(one.field, ()))
            marks.append(Mark(number, stamp, one.value, past & ~left))

    @contextmanager
    def beside(self, heads: Mapping[str, set[Stamp]]) -> Iterator[None]:
        """What is written while it lasts leaves these heads standing, by field: of them a move says nothing (rule 25)."""
        self._beside = heads
        try:
            yield
        finally:
            self._beside = {}

    def become(self, device: bytes) -> None:
        super().become(device)
        self.identities.add(device)

    def put_own(self, change_set: ChangeSet) -> None:
        """Something that sync itself writes."""
        place = UUID(bytes=change_set.collection)
        past = self.applied(place)
        own = [one for one in change_set.writes if one.kind in (ADOPTED, HELD_BUNDLE)]
        others = [one for one in change_set.writes if one not in own]
        super().put_own(change_set)
        self._note(place, change_set.stamp, own, past)
        number = self.units[place, change_set.stamp.hlc]
        if others:
            self._adopt(place, change_set.stamp, number, own, others)
        self._undone.append(lambda: self._forget(place, change_set, number))

    def _adopt(self, place: UUID, stamp: Stamp, number: int, said: Iterable[Write], writes: Iterable[Write]) -> None:
        """What somebody else wrote who could not send it: its author had what the author had, and of what was theirs as well and
        was adopted, what it has become here."""
        fields = {one.field: canon.unpack(one.value) for one in said}
        origin, here = Stamp(fields["hlc"], fields["device"]), self.applied(place)
        world = self._world
        first = self._mark_of(place, origin)
        past = first.past
        for of, became in world.adopted.items():
            known = [one for one in became if here >> one & 1]
            if past >> of & 1 and known:
                past |= 1 << known[0]
        for one in writes:
            world.marks[place][one.id][one.field].append(Mark(number, stamp, one.value, past))
        world.adopted[first.number].append(number)

    def _mark_of(self, place: UUID, stamp: Stamp) -> Mark:
        """Some write of a unit of work."""
        all_of_it = (mark for of in self._world.marks[place].values() for marks in of.values() for mark in marks)
        return next(mark for mark in all_of_it if mark.stamp == stamp)

    def _forget(self, place: UUID, change_set: ChangeSet, number: int) -> None:
        self.units.pop((place, change_set.stamp.hlc), None)
        for became in self._world.adopted.values():
            became[:] = [one for one in became if one != number]
        for one in change_set.writes:
            marks = self._world.marks[place][one.id][one.field]
            marks[:] = [mark for mark in marks if mark.number != number]

    def renew_outbox(self, collection: UUID, change_sets: Iterable[ChangeSet]) -> None:
        """The same units of work under stamps of another device (rule 35)."""
        kept = list(change_sets)
        super().renew_outbox(collection, kept)
        for change_set in kept:
            number = self.units[collection, change_set.stamp.hlc]
            for one in change_set.writes:
                marks = self._world.marks[collection][one.id][one.field]
                self._undone.append(partial(_put_back, marks, list(marks)))
                known = [mark for mark in marks if mark.number == number]
                past = known[0].past if known else self.applied(collection) & ~(1 << number)
                marks[:] = [mark for mark in marks if mark.number != number]
                marks.append(Mark(number, change_set.stamp, one.value, past))

    def put_envelope(self, envelope: Any) -> None:
        if envelope.mine and envelope.hash not in self._world.contents:
            place, last = envelope.collection, self.chains(envelope.collection).get(self.own, NO_CHAIN).last_hlc
            sealed = [key for key in self.tables["outbox"] if key[0] == place and last < key[1] <= envelope.last_hlc]
            self._world.contents[envelope.hash] = sum(1 << self.units[key] for key in sealed)
        super().put_envelope(envelope)


def _put_back(marks: list[Mark], before: list[Mark]) -> None:
    marks[:] = before


class Line:
    """The way of one laptop to the server, as bad as the world has it at the moment."""

    url = URL

    def __init__(self, world: World) -> None:
        self._world = world

    def post(self, body: bytes, authorisation: str, wait: int = 0, path: str = api.PATH) -> bytes:
        return self._world.carry(body, authorisation, path)

    def beside(self, method: str, path: str, body: bytes, authorisation: str, limit: int) -> bytes:
        raise KnownError("server_unreachable", reason="no_documents")  # histories are of records

    def close(self) -> None:
        pass


class SimLaptop(Laptop):
    """A laptop of the world."""

    world: World
    name: str
    skew: int = 0  # ms by which its clock is wrong
    gone: bool = False  # its membership has ended
    copied: bytes = b""  # its identity when there came to be another laptop with the same disk
    parted_unsent: bool = False  # there were changes in its outbox then
    wrote_last: bool = False  # it wrote something at the end, so that it meets whoever has the same identity
    undo: list[tuple[UUID, UUID, str, Any]]  # what was there before the last writes

    def boot(self) -> None:
        self.engine = Engine(self.replica, Line(self.world), system_ms=lambda: self.clock, random=self.rng.randbytes)

    @classmethod
    def of(cls, world: World, name: str, other: Laptop, rng: random.Random, disk: Replica | None = None) -> SimLaptop:
        """`disk` None: a copy of the other's, of which the oracle knows nothing yet."""
        made: SimLaptop = object.__new__(cls)
        made.__dict__.update(other.__dict__)
        made.world, made.name, made.rng, made.heard, made.undo = world, name, rng, [], []
        if disk is None:
            disk = Replica(other.replica.own, world)
            disk.tables = {table: dict(rows) for table, rows in other.replica.tables.items()}
            disk.clock = other.replica.clock
        made.replica = disk
        made.boot()
        return made

    @property
    def disk(self) -> Replica:
        assert isinstance(self.replica, Replica)
        return self.replica

    @property
    def device(self) -> bytes:
        return self.replica.own

    @property
    def is_twin(self) -> bool:
        """It has met what another copy of it wrote, and waits for somebody."""
        return self.replica.secret(IDENTITY) is not None

    def has_all(self, ends: Ends) -> bool:
        """Whether an exchange would bring nothing and has nothing to send. Cautious: what it may not read counts as lacking."""
        state, tables = self.engine.roster(), self.replica.tables
        return (
            (state.no, state.hash) == ends.roster
            and not tables["outbox"]
            and not tables["aside"]
            and all(tables["cursors"].get(place) == end for place, end in ends.logs.items())
            and all(row.seq is not None and row.state == "counts" for row in tables["envelopes"].values())
            and self.engine.status().problem is None
        )

    def role(self, state: RosterState) -> Role | None:
        return rights.role_at(state, self.device, state.no)

    def places(self) -> list[UUID]:
        """The collections of which it holds something."""
        return sorted({place for place, _ in self.replica.tables["keys"]})

    def teams(self) -> list[UUID]:
        """Those of them in which people work."""
        return [place for place in self.places() if place != self.organisation]

    def records(self, place: UUID) -> dict[UUID, RecordState]:
        return {key[1]: state for key, state in self.replica.tables["states"].items() if key[0] == place}


@dataclass(frozen=True)
class Template:
    """A founded organisation with three laptops, made once: most of the time of a history would go into it."""

    server: bytes
    admin: Laptop
    others: tuple[Laptop, ...]
    clock: int


_TEMPLATES: list[Template] = []


def template() -> Template:
    """The beginning of every history of this process."""
    if not _TEMPLATES:
        office = SimOffice(b"")
        office.database.migrate()
        admin, others = team(office, 2)
        for one in others:
            admin.engine.desk.confirm(one.device)
        for one in (*others, admin):
            one.sync()
        _TEMPLATES.append(Template(office.copy(), admin, tuple(others), office.clock))
        office.close()
    return _TEMPLATES[0]


class SimOffice(Office):
    """A server in memory."""

    database: MemoryDatabase

    def __init__(self, data: bytes) -> None:
        self._begin = data
        super().__init__(MEMORY)  # nothing is written there

    def open(self) -> None:
        self.database = MemoryDatabase(self._begin)
        self.exchange = Exchange(self.database, self.settings, lambda: self.clock)

    def copy(self) -> bytes:
        return self.database.copy()

    def restore(self, data: bytes) -> None:
        self.database.put_back(data)
        self.exchange = Exchange(self.database, self.settings, lambda: self.clock)


class World:
    """Everything of one history. `faults`: how bad the network is, 0 (fair) to 1."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        begin = template()
        self.office = SimOffice(begin.server)
        self.office.clock = begin.clock
        self.marks: dict[UUID, dict[UUID, dict[str, list[Mark]]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
        self.adopted: dict[int, list[int]] = defaultdict(list)  # a unit of work -> those that it became
        self.contents: dict[bytes, int] = {}  # hash of a bundle -> bits of the units of work in it
        self._number = 0
        self.laptops: list[SimLaptop] = []
        for name, laptop in zip(("ada", "ana", "bo"), (begin.admin, *begin.others), strict=True):
            self.add(name, laptop)
        self._know_the_beginning()
        self.faults = 0.0
        self.late: list[tuple[bytes, str, str]] = []  # requests that have not arrived yet
        self.copies: list[bytes] = []  # of the server
        self.disks: list[tuple[SimLaptop, Replica]] = []  # copies of laptops
        self.behind: set[str] = set()  # laptops that have not been back since the server was put back to a copy
        self._folder: Path | None = None

    def close(self) -> None:
        self.office.close()
        if self._folder is not None:
            shutil.rmtree(self._folder)

    def stick(self, number: int) -> Path:
        """One of the sticks that go round."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="cmpp-simulate-", dir=MEMORY if MEMORY.is_dir() else None))
        path = self._folder / f"stick{number}"
        path.mkdir(exist_ok=True)
        return path

    def ends(self) -> Ends:
        """What somebody has who has everything."""
        return self.office.database.ends()

    def next_number(self) -> int:
        self._number += 1
        return self._number

    def _know_the_beginning(self) -> None:
        """What was written before the history began: each bundle is one unit of work."""
        for laptop in self.laptops:
            for place in laptop.places():
                before = -1
                for row in laptop.replica.envelopes(place, mine=True):
                    number = self.next_number()
                    self.contents[row.hash] = 1 << number
                    self._remember(place, laptop.device, before, row.last_hlc or 0, number)
                    before = row.last_hlc or 0

    def _remember(self, place: UUID, device: bytes, after: int, until: int, number: int) -> None:
        for id, state in self.admin.records(place).items():
            for field, heads in state.heads.items():
                for head in heads:
                    if head.stamp.device == device and after < head.stamp.hlc <= until:
                        self.marks[place][id][field].append(Mark(number, head.stamp, head.value, 0))

    def add(self, name: str, laptop: Laptop, disk: Replica | None = None) -> SimLaptop:
        made = SimLaptop.of(self, name, laptop, random.Random(self.rng.getrandbits(64)), disk)
        self.laptops.append(made)
        return made

    @property
    def admin(self) -> SimLaptop:
        """Ada, under whatever identity she has."""
        return next((one for one in self.inside if one.name.startswith("ada")), self.laptops[0])

    @property
    def inside(self) -> list[SimLaptop]:
        """Laptops whose membership has not ended."""
        return [one for one in self.laptops if not one.gone]

    def tick(self, ms: int) -> None:
        """Time passes, for everybody."""
        self.office.clock += ms
        for one in self.laptops:
            one.clock = max(one.clock, 0) + ms

    def skew(self, laptop: SimLaptop, ms: int) -> None:
        """Its clock is wrong by so much from now on."""
        laptop.skew = ms
        laptop.clock = self.office.clock + ms

    def carry(self, body: bytes, authorisation: str, path: str = api.PATH) -> bytes:
        """A request on its way: perhaps lost, repeated, late, or with its answer lost."""
        chance = self.rng.random() if self.faults else 1.0
        share = self.faults / 4
        if chance < share:
            raise KnownError("server_unreachable")
        if chance < 2 * share:
            self.late.append((body, authorisation, path))
            raise KnownError("server_unreachable")
        answer = self.office.answer(body, authorisation, path)
        if chance < 3 * share:
            raise KnownError("server_unreachable")
        if chance < 4 * share:
            answer = self.office.answer(body, authorisation, path)
        return answer

    def arrive_late(self) -> None:
        """A request that was believed lost reaches the server; nobody hears its answer."""
        if self.late:
            late = self.late.pop(self.rng.randrange(len(self.late)))
            with suppress(KnownError, Refusal):
                self.office.answer(*late)

    def sync(self, laptop: SimLaptop) -> Status:
        status = laptop.sync()
        if status.problem is None:
            self.behind.discard(laptop.name)
        return status
