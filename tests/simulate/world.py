"""The world of one history: laptops, the server, sticks, and everything between them that can fail; and what the oracle remembers
of it (see `disk`)."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from cmpp_desktop.changes import RecordState
from cmpp_desktop.errors import KnownError
from cmpp_desktop.store.orders import Order
from cmpp_desktop.sync.audit_drop import DROP
from cmpp_desktop.sync.engine import Engine
from cmpp_desktop.sync.replica import IDENTITY
from cmpp_desktop.sync.snapshot_begun import begun
from cmpp_desktop.sync.status import Status
from cmpp_desktop.sync.transport import Refusal
from cmpp_protocol import api, entries, rights
from cmpp_protocol.envelope import decode_header
from cmpp_protocol.roster import Role, RosterState
from cmpp_server.exchange import Exchange
from cmpp_server.snapshots import Snapshots
from tests.simulate.disk import Mark, Replica
from tests.simulate.fast import Ends, MemoryDatabase
from tests.sync.laptops import DAY, URL, Laptop, Office, team

CANARY = "CANARY-"
MEMORY = Path("/dev/shm")  # no disk is waited for where there is one of these


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
    cut: bool = False  # power failed in its last exchange: what that would have done is done in the next one
    gone: bool = False  # its membership has ended
    copied: bytes = b""  # its identity when there came to be another laptop with the same disk
    parted_unsent: bool = False  # there were changes in its outbox then
    wrote_last: bool = False  # it wrote something at the end, so that it meets whoever has the same identity
    undo: list[tuple[UUID, UUID, str, Any]]  # what was there before the last writes

    def boot(self) -> None:
        book = self.disk if self.world.auditing else None
        line, random = Line(self.world), self.rng.randbytes
        self.engine = Engine(self.replica, line, system_ms=lambda: self.clock, random=random, audit=book)

    @classmethod
    def of(cls, world: World, name: str, other: Laptop, rng: random.Random, disk: Replica | None = None) -> SimLaptop:
        """`disk` None: a copy of the other's, of which the oracle knows nothing yet."""
        made: SimLaptop = object.__new__(cls)
        made.__dict__.update(other.__dict__)
        made.world, made.name, made.rng, made.heard, made.undo = world, name, rng, [], []
        if disk is None:
            disk = Replica(other.replica.own, world)
            disk.tables |= {table: dict(rows) for table, rows in other.replica.tables.items()}
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
            and all(tables["cursors"].get(place) == end for place, end in ends.logs.items() if not self.drops_into(place))
            and all(row.seq is not None and row.state == "counts" for row in tables["envelopes"].values())
            and self.engine.status().problem is None
            and not (self.world.auditing and self.disk.audit_waits and self.engine.drops.can_write(DROP))
        )

    def drops_into(self, place: UUID) -> bool:
        """Whether it writes there and opens nothing of it."""
        return self.world.auditing and place in self.engine.drops.closed()

    def role(self, state: RosterState) -> Role | None:
        return rights.role_at(state, self.device, state.no)

    def places(self) -> list[UUID]:
        """The collections of which it holds something."""
        return sorted({place for place, _ in self.replica.tables["keys"]})

    def teams(self) -> list[UUID]:
        """Those of them in which people work: not while a snapshot is half taken in."""
        half, known = begun(self.replica), self.engine.roster().collections
        closed = {self.organisation, *half, *(one.id for one in known.values() if one.is_drop)}
        return [place for place in self.places() if place not in closed]

    def is_erased(self, id: UUID) -> bool:
        """Whether nothing of a record is kept any more, as far as this laptop has heard."""
        state = self.engine.roster()
        return bool(state.erased) and entries.erased_id(state.org_id, id) in state.erased

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
    """A server in memory. It wants snapshots early, and lets bundles go soon, where `settings` say so."""

    database: MemoryDatabase

    def __init__(self, data: bytes, **settings: int) -> None:
        self._begin = data
        super().__init__(MEMORY, "", **settings)  # nothing is written there

    def open(self) -> None:
        self.database = MemoryDatabase(self._begin)
        self._begin_anew()

    def _begin_anew(self) -> None:
        self.exchange = Exchange(self.database, self.settings, lambda: self.clock)
        self.snapshots = Snapshots(self.database, self.settings, lambda: self.clock)

    def copy(self) -> bytes:
        return self.database.copy()

    def restore(self, data: bytes) -> None:
        self.database.put_back(data)
        self._begin_anew()


class Copy(NamedTuple):
    """A copy of the server and when it was made, in ms."""

    data: bytes
    at: int


class World:
    """Everything of one history. `faults`: how bad the network is, 0 (fair) to 1; `auditing`: laptops send their audit logs."""

    def __init__(self, seed: int, *, auditing: bool = False) -> None:
        self.auditing = auditing
        self.rng = random.Random(seed)
        begin = template()
        keep = self.rng.choice((1, 10, 90))
        eager = {"snapshot_bundles": self.rng.randint(2, 8), "snapshot_behind": self.rng.randint(1, 4), "keep_days": keep}
        self.with_snapshots = self.rng.random() < 0.4
        self.office = SimOffice(begin.server, **(eager if self.with_snapshots else {}))
        self.office.clock = begin.clock
        self.marks: dict[UUID, dict[UUID, dict[str, list[Mark]]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
        self.adopted: dict[int, list[int]] = defaultdict(list)  # a unit of work -> those that it became
        self.contents: dict[bytes, int] = {}  # hash of a bundle -> bits of the units of work in it
        self.previous: dict[bytes, bytes] = {}  # hash of a bundle -> of the one before it in its chain
        self.records: dict[int, set[UUID]] = defaultdict(set)  # unit of work -> the records that it writes
        self.orders: list[Order] = []  # erasures and holds that somebody ordered
        self.twice = 0  # changes that left again though a copy was known to have sent them
        self._number = 0
        self.laptops: list[SimLaptop] = []
        for name, laptop in zip(("ada", "ana", "bo"), (begin.admin, *begin.others), strict=True):
            self.add(name, laptop)
        self._know_the_beginning()
        self.faults = 0.0
        self.late: list[tuple[bytes, str, str]] = []  # requests that have not arrived yet
        self.copies: list[Copy] = []  # of the server
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

    def contents_up_to(self, hashed: bytes) -> int:
        """The bits of the units of work in a bundle and in all before it in its chain."""
        found = 0
        while hashed in self.contents:
            found |= self.contents[hashed]
            hashed = self.previous[hashed]
        return found

    def put_back(self, copy: Copy) -> None:
        """The server is what it was when the copy was made."""
        self.office.restore(copy.data)
        self.behind = {one.name for one in self.inside}

    def young_copies(self) -> list[Copy]:
        """Copies of the server that are not older than what is kept behind a snapshot (rule 38)."""
        oldest = self.office.clock - self.office.settings.keep_days * DAY
        return [one for one in self.copies if one.at >= oldest]

    def _know_the_beginning(self) -> None:
        """What was written before the history began: each bundle is one unit of work."""
        for laptop in self.laptops:
            for place in laptop.places():
                before = -1
                for row in laptop.replica.envelopes(place, mine=True):
                    number = self.next_number()
                    self.contents[row.hash] = 1 << number
                    self.previous[row.hash] = decode_header(row.body).previous
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
