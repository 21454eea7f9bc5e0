"""The world of one history: laptops, the server, and everything between them that can fail."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.util import LRUCache

from cmpp_desktop.changes import RecordState
from cmpp_desktop.errors import KnownError
from cmpp_desktop.sync.engine import Engine, Status
from cmpp_desktop.sync.transport import Refusal
from cmpp_protocol import entries, keys
from cmpp_protocol.stamps import Stamp
from cmpp_server.database import Database
from cmpp_server.exchange import Exchange
from tests.sync.laptops import URL, Laptop, MemoryReplica, Office, team

CANARY = "CANARY-"
MEMORY = Path("/dev/shm")  # no disk is waited for where there is one of these


class Mark(NamedTuple):
    """One write as the oracle remembers it. `past`: what its author had applied, by device, when writing."""

    stamp: Stamp
    value: bytes
    past: dict[bytes, int]

    def had(self, other: Mark) -> bool:
        return other.stamp.hlc <= self.past.get(other.stamp.device, -1)


class Replica(MemoryReplica):
    """A disk in memory that tells the oracle what was written with which past."""

    def __init__(self, own: bytes, told: Any) -> None:
        super().__init__(own)
        self._told = told

    def past(self, collection: UUID) -> dict[bytes, int]:
        """Up to where each device's change sets are applied here; of its own, all."""
        found = {device: chain.last_hlc for device, chain in self.chains(collection).items()}
        return {**found, self.own: self.clock}

    def commit(self, collection: UUID, make: Any, now_ms: int) -> None:
        before = self.past(collection)
        writes: list[Any] = []

        def made(state_of: Any) -> list[Any]:
            writes.extend(make(state_of))
            return writes

        super().commit(collection, made, now_ms)
        stamp = Stamp(self.clock, self.own)
        for one in writes:
            self._told(collection, one.id, one.field, Mark(stamp, one.value, before))


class Line:
    """The way of one laptop to the server, as bad as the world has it at the moment."""

    url = URL

    def __init__(self, world: World) -> None:
        self._world = world

    def post(self, body: bytes, authorisation: str, wait: int = 0) -> bytes:
        return self._world.carry(body, authorisation)

    def close(self) -> None:
        pass


class SimLaptop(Laptop):
    """A laptop of the world."""

    world: World
    name: str
    skew: int = 0  # ms by which its clock is wrong
    gone: bool = False  # its membership has ended
    twin: bool = False  # its disk was put back to a copy, after it had sealed more

    def boot(self) -> None:
        self.engine = Engine(self.replica, Line(self.world), system_ms=lambda: self.clock, random=self.rng.randbytes)

    @classmethod
    def of(cls, world: World, name: str, other: Laptop, rng: random.Random) -> SimLaptop:
        made: SimLaptop = object.__new__(cls)
        made.__dict__.update(other.__dict__)
        made.world, made.name, made.rng, made.heard = world, name, rng, []
        disk = Replica(other.replica.own, world.remember)
        disk.tables = {table: dict(rows) for table, rows in other.replica.tables.items()}
        disk.clock = other.replica.clock
        made.replica = disk
        made.boot()
        return made

    @property
    def disk(self) -> Replica:
        assert isinstance(self.replica, Replica)
        return self.replica

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
_STATEMENTS: LRUCache[Any, Any] = LRUCache(500)


def template() -> Template:
    """The beginning of every history of this process."""
    if not _TEMPLATES:
        folder = _folder()
        office = Office(folder)
        admin, others = team(office, 2)
        for one in others:
            admin.engine.desk.confirm(one.device)
        for one in (*others, admin):
            one.sync()
        office.close()
        _TEMPLATES.append(Template((folder / "server.db").read_bytes(), admin, tuple(others), office.clock))
        shutil.rmtree(folder)
    return _TEMPLATES[0]


def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="cmpp-simulate-", dir=MEMORY if MEMORY.is_dir() else None))


@contextmanager
def remembered() -> Iterator[None]:
    """While it lasts, the same signature is verified once and the same roster entry read once: all laptops of all histories
    begin with the same ones. Both are functions of their bytes alone."""
    verify, decode = keys.verify, entries.decode
    keys.verify, entries.decode = lru_cache(50_000)(verify), lru_cache(5_000)(decode)
    try:
        yield
    finally:
        keys.verify, entries.decode = verify, decode


class SimOffice(Office):
    """A server that begins from a copy, and whose tables are not migrated again."""

    def open(self) -> None:
        self.database = Database(self.settings.database)
        self.database._engine._compiled_cache = _STATEMENTS  # each history opens it anew, with the same statements
        self.exchange = Exchange(self.database, self.settings, lambda: self.clock)

    def copy(self) -> bytes:
        self.close()
        data = (self.folder / "server.db").read_bytes()
        self.open()
        return data

    def restore(self, data: bytes) -> None:
        self.close()
        for rest in self.folder.glob("server.db*"):
            rest.unlink()
        (self.folder / "server.db").write_bytes(data)
        self.open()


class World:
    """Everything of one history. `faults`: how bad the network is, 0 (fair) to 1."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.folder = _folder()
        begin = template()
        (self.folder / "server.db").write_bytes(begin.server)
        self.office = SimOffice(self.folder)
        self.office.clock = begin.clock
        self.marks: dict[tuple[UUID, UUID, str], list[Mark]] = defaultdict(list)
        for laptop in (begin.admin, *begin.others):
            for (place, id), state in laptop.replica.tables["states"].items():
                for field, heads in state.heads.items():
                    known = {mark.stamp for mark in self.marks[place, id, field]}
                    self.marks[place, id, field] += [Mark(h.stamp, h.value, {}) for h in heads if h.stamp not in known]
        self.written: dict[tuple[UUID, bytes], set[int]] = defaultdict(set)
        self.laptops: list[SimLaptop] = []
        for name, laptop in zip(("ada", "ana", "bo"), (begin.admin, *begin.others), strict=True):
            self.add(name, laptop)
        self.faults = 0.0
        self.late: list[tuple[bytes, str]] = []  # requests that have not arrived yet
        self.copies: list[bytes] = []
        self.behind: set[str] = set()  # laptops that have not been back since the server was put back to a copy
        self.restored = False

    def close(self) -> None:
        self.office.close()
        shutil.rmtree(self.folder)

    def add(self, name: str, laptop: Laptop) -> SimLaptop:
        made = SimLaptop.of(self, name, laptop, random.Random(self.rng.getrandbits(64)))
        self.laptops.append(made)
        return made

    @property
    def admin(self) -> SimLaptop:
        return self.laptops[0]

    @property
    def inside(self) -> list[SimLaptop]:
        """Laptops whose membership has not ended."""
        return [one for one in self.laptops if not one.gone]

    def remember(self, place: UUID, id: UUID, field: str, mark: Mark) -> None:
        self.marks[place, id, field].append(mark)
        self.written[place, mark.stamp.device].add(mark.stamp.hlc)

    def tick(self, ms: int) -> None:
        """Time passes, for everybody."""
        self.office.clock += ms
        for one in self.laptops:
            one.clock = max(one.clock, 0) + ms

    def skew(self, laptop: SimLaptop, ms: int) -> None:
        """Its clock is wrong by so much from now on."""
        laptop.skew = ms
        laptop.clock = self.office.clock + ms

    def carry(self, body: bytes, authorisation: str) -> bytes:
        """A request on its way: perhaps lost, repeated, late, or with its answer lost."""
        chance = self.rng.random() if self.faults else 1.0
        share = self.faults / 4
        if chance < share:
            raise KnownError("server_unreachable")
        if chance < 2 * share:
            self.late.append((body, authorisation))
            raise KnownError("server_unreachable")
        answer = self.office.answer(body, authorisation)
        if chance < 3 * share:
            raise KnownError("server_unreachable")
        if chance < 4 * share:
            answer = self.office.answer(body, authorisation)
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
