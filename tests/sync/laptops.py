"""Laptops in memory and the real server over SQLite: real engine, real bytes, faults on demand, no clock and no sleep."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from operator import itemgetter
from pathlib import Path
from typing import Any
from uuid import UUID

from cmpp_desktop.changes import (
    LIFE,
    LIVE,
    SIGNED,
    Bus,
    Changed,
    ChangeSet,
    RecordState,
    Write,
    life_value,
    signed_hash,
    signed_id,
)
from cmpp_desktop.errors import KnownError
from cmpp_desktop.sync import books, enrolment, merge
from cmpp_desktop.sync.desk import FileNames
from cmpp_desktop.sync.engine import Engine
from cmpp_desktop.sync.replica import GONE, Chain, EnvelopeState, SetAside, StoredEnvelope
from cmpp_desktop.sync.status import Status
from cmpp_desktop.sync.transport import Refusal
from cmpp_protocol import api, canon, entries, keys, labels, snapshot_api
from cmpp_protocol.roster import Role
from cmpp_protocol.stamps import Stamp, next_hlc
from cmpp_server.database import Database
from cmpp_server.exchange import Exchange, add_organisation
from cmpp_server.problems import Refused
from cmpp_server.settings import Settings
from cmpp_server.snapshots import Snapshots
from tests.laid import lay
from tests.sync.in_columns import InColumns

URL = "https://sync.example"
START_MS = 1_800_000_000_000
DAY = 24 * 3600 * 1000


class PowerCut(Exception):
    """The laptop stopped at this moment."""


class MemoryReplica(InColumns):
    """The Protocol `Replica` in dictionaries. `cut_after`: stops at the so-many-th write from now, as a power cut would."""

    def __init__(self, own: bytes) -> None:
        self.own = own
        self.tables: dict[str, dict[Any, Any]] = {
            name: {} for name in ("roster", "keys", "places", "devices", "secrets", "chains", "states", "outbox", "envelopes",
                                  "cursors", "aside")
        }  # fmt: skip
        self.clock = 0
        self.in_transaction = False
        self.cut_after: int | None = None
        self.writes = 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        assert not self.in_transaction, "transactions are not re-entrant"
        kept = {name: dict(table) for name, table in self.tables.items()}, self.clock, self.own
        self.in_transaction = True
        try:
            yield
            self._written()  # the commit itself may be the moment
        except BaseException:
            self.tables, self.clock, self.own = kept
            raise
        finally:
            self.in_transaction = False

    def _written(self) -> None:
        assert self.in_transaction, "writes are made in a transaction"
        self.writes += 1
        if self.cut_after is not None:
            self.cut_after -= 1
            if self.cut_after < 0:
                self.cut_after = None
                raise PowerCut

    def _put(self, table: str, key: Any, value: Any) -> None:
        self._written()
        self.tables[table][key] = value

    def roster(self) -> Sequence[bytes]:
        return [self.tables["roster"][no] for no in sorted(self.tables["roster"])]

    def append_roster(self, no: int, hash: bytes, entry: bytes) -> None:
        assert no == len(self.tables["roster"])
        self._put("roster", no, entry)

    def cut_roster(self, no: int) -> None:
        self._written()
        for known in [known for known in self.tables["roster"] if known >= no]:
            del self.tables["roster"][known]

    def forget_collection_key(self, collection: UUID, epoch: int) -> None:
        self._written()
        self.tables["keys"].pop((collection, epoch), None)

    def collection_keys(self) -> Mapping[tuple[UUID, int], bytes]:
        return dict(self.tables["keys"])

    def put_collection_key(self, collection: UUID, epoch: int, key: bytes) -> None:
        self._put("keys", (collection, epoch), key)

    def put_collection(self, collection: UUID, kind: str, team_id: UUID | None, held: bool) -> None:
        self._put("places", collection, (kind, held))

    def put_device(self, device: bytes, member: UUID) -> None:
        self._put("devices", device, member)

    def secret(self, name: str) -> bytes | None:
        found: bytes | None = self.tables["secrets"].get(name)
        return found

    def put_secret(self, name: str, value: bytes | None) -> None:
        self._put("secrets", name, value)

    def chains(self, collection: UUID) -> Mapping[bytes, Chain]:
        return {device: chain for (place, device), chain in self.tables["chains"].items() if place == collection}

    def put_chain(self, collection: UUID, device: bytes, chain: Any) -> None:
        self._put("chains", (collection, device), chain)

    def states(self, collection: UUID, ids: Iterable[UUID]) -> dict[UUID, RecordState]:
        return {id: self.tables["states"][collection, id] for id in ids if (collection, id) in self.tables["states"]}

    def save_states(
        self, collection: UUID, before: Mapping[UUID, RecordState], after: Mapping[UUID, RecordState]
    ) -> frozenset[UUID]:
        for id, state in after.items():
            assert before.get(id) == self.tables["states"].get((collection, id))
            self._put("states", (collection, id), state)
        return frozenset(after)

    def conflict_count(self, now_ms: int) -> int:
        return sum(bool(merge.conflicts(state, self.seen(key[0]), now_ms)) for key, state in self.tables["states"].items())

    def outbox(self, collection: UUID | None = None, after_hlc: int = -1, most: int | None = None) -> Sequence[ChangeSet]:
        found = [key for key in self.tables["outbox"] if key[1] > after_hlc and (collection is None or key[0] == collection)]
        return [self.tables["outbox"][key] for key in sorted(found)[:most]]

    def outbox_count(self) -> int:
        return len(self.tables["outbox"])

    def outbox_after(self, marks: Mapping[UUID, int]) -> int:
        return sum(hlc > marks.get(place, -1) for place, hlc in self.tables["outbox"])

    def trim_outbox(self, collection: UUID, up_to_hlc: int) -> None:
        self._written()
        for key in [key for key in self.tables["outbox"] if key[0] == collection and key[1] <= up_to_hlc]:
            del self.tables["outbox"][key]

    def put_envelope(self, envelope: Any) -> None:
        key = (envelope.collection, envelope.device, envelope.number, envelope.hash)
        known = self.tables["envelopes"].get(key)
        if known is not None:
            envelope = StoredEnvelope(*key, known.epoch, envelope.seq, known.mine, envelope.state, known.last_hlc, known.body)
        self._put("envelopes", key, envelope)

    def envelopes(
        self, collection: UUID, *, state: EnvelopeState | None = None, logged: bool | None = None, mine: bool | None = None
    ) -> Sequence[StoredEnvelope]:
        found = [
            (key[1:], one)
            for key, one in self.tables["envelopes"].items()
            if key[0] == collection
            and (state is None or one.state == state)
            and (logged is None or (one.seq is not None) == logged)
            and (mine is None or one.mine == mine)
        ]
        found.sort(key=itemgetter(0))
        return [one for _, one in found]

    def envelope(self, collection: UUID, device: bytes, number: int, hash: bytes) -> StoredEnvelope | None:
        found: StoredEnvelope | None = self.tables["envelopes"].get((collection, device, number, hash))
        return found

    def listed(self, collection: UUID) -> Sequence[tuple[int, bytes, int, bytes]]:
        rows = [one for one in self.envelopes(collection) if one.seq and one.body != GONE]
        return sorted((one.seq or 0, one.device, one.number, one.hash) for one in rows)

    def let_go(self, collection: UUID, up_to: int, own: bytes, most: int) -> int:
        rows = [one for one in self.envelopes(collection, mine=False) if one.body != GONE and one.device != own]
        rows = [one for one in rows if one.seq and one.seq <= up_to and one.state in ("counts", "void")][:most]
        for one in rows:
            key = (one.collection, one.device, one.number, one.hash)
            self._put("envelopes", key, replace(one, body=GONE))
        return len(rows)

    def record_ids(self, collection: UUID) -> Sequence[UUID]:
        return sorted(id for place, id in self.tables["states"] if place == collection)

    def forget_log(self, collection: UUID) -> None:
        for one in self.envelopes(collection):
            key = (one.collection, one.device, one.number, one.hash)
            self._put("envelopes", key, StoredEnvelope(*key, one.epoch, None, one.mine, one.state, one.last_hlc, one.body))

    def cursor(self, collection: UUID) -> tuple[int, bytes] | None:
        found: tuple[int, bytes] | None = self.tables["cursors"].get(collection)
        return found

    def put_cursor(self, collection: UUID, seq: int, log_hash: bytes) -> None:
        self._put("cursors", collection, (seq, log_hash))

    def set_aside(self, item: SetAside) -> None:
        self._written()
        self.tables["aside"].setdefault((item.collection, item.device, item.number, item.hash, item.part), item)

    def release(self, collection: UUID, device: bytes, number: int, hash: bytes) -> None:
        self._written()
        for key in [key for key in self.tables["aside"] if key[:4] == (collection, device, number, hash)]:
            del self.tables["aside"][key]

    def all_set_aside(self) -> Sequence[SetAside]:
        return list(self.tables["aside"].values())

    def shelf(self, collection: UUID, device: bytes | None = None, *, aside: bool = False) -> list[StoredEnvelope]:
        rows = [one for one in self.envelopes(collection) if device is None or one.device == device]
        rows = [one for one in rows if not aside or one.state != "counts"]
        rows.sort(key=lambda one: (one.device, one.number, one.state != "counts", one.hash))
        return sorted(rows, key=lambda one: (one.seq is None, one.seq or 0))

    def forget_envelope(self, collection: UUID, device: bytes, number: int, hash: bytes) -> None:
        self._written()
        self.tables["envelopes"].pop((collection, device, number, hash), None)

    def own_clock(self) -> int:
        return self.clock

    def put_own(self, change_set: ChangeSet) -> None:
        assert change_set.stamp.hlc > self.clock, "stamps rise"
        self._put("outbox", (UUID(bytes=change_set.collection), change_set.stamp.hlc), change_set)
        self.clock = change_set.stamp.hlc

    def renew_outbox(self, collection: UUID, change_sets: Iterable[ChangeSet]) -> None:
        self._written()
        for key in [key for key in self.tables["outbox"] if key[0] == collection]:
            del self.tables["outbox"][key]
        for one in change_sets:
            assert one.stamp.device == self.own
            self.tables["outbox"][collection, one.stamp.hlc] = one

    def become(self, device: bytes) -> None:
        self._written()
        self.own = device

    def erase(self, collection: UUID, ids: Iterable[UUID]) -> frozenset[UUID]:
        return self.forget_states(collection, ids)

    def forget_states(self, collection: UUID, ids: Iterable[UUID]) -> frozenset[UUID]:
        gone = frozenset(ids)
        for id in gone:
            self._written()
            self.tables["states"].pop((collection, id), None)
        return gone

    # What the unit of work does in the store

    def seen(self, collection: UUID) -> merge.Seen:
        chains = {device: chain.last_hlc for device, chain in self.chains(collection).items()}
        return lambda stamp: stamp.device == self.own or stamp.hlc <= chains.get(stamp.device, -1)

    def commit(self, collection: UUID, make: Any, now_ms: int) -> None:
        """One unit of work: `make(state_of)` gives its writes."""
        with self.transaction():
            self.clock = next_hlc(now_ms, self.clock)
            writes = tuple(make(lambda id: self.tables["states"].get((collection, id))))
            change_set = ChangeSet(collection.bytes, Stamp(self.clock, self.own), writes)
            states = self.states(collection, {write.id for write in writes})
            before = dict(states)
            merge.apply_change_set(states, change_set, self.seen(collection), now_ms)
            self.save_states(collection, before, states)
            self._put("outbox", (collection, self.clock), change_set)


class Office:
    """The server: the real exchange, over SQLite unless another `database` is given, with a line to it that can fail."""

    def __init__(self, folder: Path, database: str = "", **settings: Any) -> None:
        self.folder, self.clock = folder, START_MS
        self.settings = Settings(database or f"sqlite:///{folder / 'server.db'}", server_names=("sync.example",), **settings)
        self.down = False
        self.lose_answers = 0
        self.tamper: Any = None
        self.tamper_snapshots: Any = None
        self.asked_of_snapshots = 0
        self.requests: list[api.SyncRequest] = []
        self.open()

    def open(self) -> None:
        self.database = Database(lay(self.settings.database))
        self.exchange = Exchange(self.database, self.settings, lambda: self.clock)
        self.snapshots = Snapshots(self.database, self.settings, lambda: self.clock)

    def close(self) -> None:
        self.database.close()

    def accept(self, org: bytes) -> None:
        self.database.write(lambda conn: add_organisation(conn, org, self.clock))

    def answer(self, body: bytes, authorisation: str, path: str = api.PATH) -> bytes:
        if self.down:
            raise KnownError("server_unreachable")
        try:
            if path == snapshot_api.PATH:
                self.asked_of_snapshots += 1
                told = self.snapshots.ask(authorisation, body)
                return (self.tamper_snapshots(told) if self.tamper_snapshots else told).encode()
            done = self.exchange.take(authorisation, body)
            answer = self.exchange.answer(done)
        except Refused as error:
            raise Refusal(api.Problem(error.code, "", self.clock), error.wait) from error
        self.requests.append(done.request)
        if self.lose_answers:
            self.lose_answers -= 1
            raise KnownError("server_unreachable")
        return (self.tamper(answer) if self.tamper else answer).encode()


class Line:
    """A Transport to an Office."""

    url = URL

    def __init__(self, office: Office) -> None:
        self.office = office

    def post(self, body: bytes, authorisation: str, wait: int = 0, path: str = api.PATH) -> bytes:
        return self.office.answer(body, authorisation, path)

    def beside(self, method: str, path: str, body: bytes, authorisation: str, limit: int) -> bytes:
        raise KnownError("server_unreachable", reason="no_documents")  # test_documents_travel.py has laptops that have some

    def close(self) -> None:
        pass


class Laptop:
    """A person's laptop: a replica, an engine, and the few things that the story's people do."""

    def __init__(self, office: Office, start: enrolment.Start, seed: int = 0, clock_ms: int = START_MS) -> None:
        self.office, self.start, self.seed, self.clock = office, start, seed, clock_ms
        self.rng = random.Random(seed)
        self.replica = MemoryReplica(start.device.id)
        books.begin(self.replica, start, clock_ms)
        self.heard: list[Changed] = []
        self.team_places = enrolment.places_of(start.team_id) if start.team_id else ()
        self.boot()

    def boot(self) -> None:
        bus = Bus()
        bus.subscribe(self.heard.append)
        self.engine = Engine(self.replica, Line(self.office), system_ms=lambda: self.clock, random=self.rng.randbytes, bus=bus)

    @property
    def organisation(self) -> UUID:
        return self.team_places[0].id

    @property
    def caseload(self) -> UUID:
        return self.team_places[1].id

    @property
    def restricted(self) -> UUID:
        return self.team_places[2].id

    @property
    def device(self) -> bytes:
        return self.start.device.id

    def sync(self) -> Status:
        return self.engine.exchange()

    def write(self, id: UUID, place: UUID | None = None, kind: str = "contact_route", **values: Any) -> None:
        self.clock += 1000

        def make(state_of: Any) -> list[Write]:
            state = state_of(id)
            made = [] if state is not None else [Write(kind, id, LIFE, LIVE)]
            return made + [merge.write(state, kind, id, name, canon.pack(value)) for name, value in values.items()]

        self.replica.commit(place or self.caseload, make, self.clock)

    def settle(self, id: UUID, value: bytes, place: UUID | None = None) -> None:
        self.clock += 1000
        self.replica.commit(place or self.caseload, lambda state_of: [merge.settle(state_of(id), id, value)], self.clock)

    def sign(
        self,
        id: UUID,
        *,
        device: keys.KeyPair | None = None,
        forge: bool = False,
        roster: int = 0,
        place: UUID | None = None,
    ) -> UUID:
        """Signs a record as it is here; `forge`: with a signature that does not hold; `roster`: the number that it names."""
        self.clock += 1000
        pair = device or self.start.device
        member = self.start.member.bytes
        said = {"v": 1, "subject": id.bytes, "device": pair.id, "signer": member, "at": self.clock, "roster": roster}
        content = canon.pack(said)
        signature = pair.sign(labels.SIGNED_SIGNATURE, signed_hash(content))
        signature = bytes(64) if forge else signature
        signed = signed_id(content)

        def make(state_of: Any) -> list[Write]:
            values = {LIFE: LIVE, "content": canon.pack(content), "signature": canon.pack(signature)}
            made = [Write(SIGNED, signed, name, value) for name, value in values.items()]
            return [*made, merge.settle(state_of(id), id, life_value("signed", signed.bytes))]

        self.replica.commit(place or self.caseload, make, self.clock)
        return signed

    def state(self, id: UUID, place: UUID | None = None) -> RecordState | None:
        found: RecordState | None = self.replica.tables["states"].get((place or self.caseload, id))
        return found

    def value(self, id: UUID, name: str, place: UUID | None = None) -> Any:
        state = self.state(id, place)
        shown = state.shown(name) if state else None
        return None if shown is None else canon.unpack(shown)

    def conflicts(self, id: UUID) -> tuple[merge.Conflict, ...]:
        state = self.state(id)
        assert state is not None
        return merge.conflicts(state, self.replica.seen(self.caseload), self.clock)

    def status_of(self, id: UUID) -> str:
        state = self.state(id)
        assert state is not None
        return merge.status(state, self.replica.seen(self.caseload), self.clock).name

    def digest(self, place: UUID | None = None) -> bytes:
        states = self.replica.tables["states"]
        mine = sorted(key for key in states if key[0] == (place or self.caseload))
        return b"".join(merge.digest_form(key[1], states[key]) for key in mine)

    def clone(self) -> Laptop:
        """A copy of the disk, as a backup program makes it."""
        other: Laptop = object.__new__(Laptop)
        other.__dict__.update(self.__dict__)
        other.replica = MemoryReplica(self.replica.own)
        other.replica.tables, other.replica.clock = copy.deepcopy(self.replica.tables), self.replica.clock
        other.heard, other.rng = [], random.Random(self.seed + 999)
        other.boot()
        return other


def founded(office: Office, seed: int = 1) -> Laptop:
    """An administrator whose organisation the server has accepted and heard of."""
    rng = random.Random(seed)
    start = enrolment.found(now_ms=START_MS, random=rng.randbytes, server=URL)
    office.accept(start.org)
    laptop = Laptop(office, start, seed)
    laptop.write(UUID(int=900), laptop.organisation, "organisation", name="Synthetic Aid")
    status = laptop.sync()
    assert status.problem is None, status
    return laptop


def invited(admin: Laptop, seed: int, role: Role = Role.CASEWORKER, *, restricted: bool = True) -> bytes:
    """An invitation file by an administrator who is online."""
    assert admin.start.team_id is not None
    made = admin.engine.desk.invite(role=role, team_id=admin.start.team_id, restricted=restricted, expires=admin.clock + 7 * DAY)
    admin.write(made.member, admin.organisation, "staff_member", name=f"Person {seed}", role=str(role))
    admin.sync()
    return admin.engine.desk.invitation_file(made, FileNames("Synthetic Aid", f"Person {seed}", "North team", "Ada Admin"))


def enrolled(office: Office, file: bytes, seed: int, clock_ms: int = START_MS) -> Laptop:
    """A laptop that has read an invitation, with no network so far."""
    rng = random.Random(seed)
    start = enrolment.enrol(enrolment.read_invitation(file, clock_ms), random=rng.randbytes)
    return Laptop(office, start, seed, clock_ms)


def team(office: Office, count: int = 2) -> tuple[Laptop, list[Laptop]]:
    """An administrator and so many others, all known to each other and to the server."""
    admin = founded(office)
    others = [enrolled(office, invited(admin, seed), seed) for seed in range(2, 2 + count)]
    for laptop in (*others, admin, *others):
        assert laptop.sync().problem is None
    return admin, others


def everybody(*laptops: Laptop) -> None:
    """Exchanges until all have heard all."""
    for _ in range(2):
        for laptop in laptops:
            laptop.sync()


def founded_again(office: Office, ana: Laptop, bo: Laptop) -> Laptop:
    """A laptop that reads the restored server from nothing: the same keys as ana, an empty disk."""
    everybody(ana, bo, ana)
    fresh = Laptop(office, replace(ana.start, bundles=(), introduction=None), 77)
    fresh.sync()
    return fresh


def last_entry(laptop: Laptop) -> entries.Entry:
    return entries.decode(laptop.replica.roster()[-1])
