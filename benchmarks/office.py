"""A large office, written in bulk, always the same: families as the test factory's commands write them
(tests/factory/bulk.py), and further sessions until there are as many as were asked for.

One command for each of two million records would take hours, so records are written as rows: the record's own table, its
merge state, and, where the row measures sending, the change set in the outbox, exactly as the unit of work writes them. The
lines of People and the search index are then made by the store itself. A caseworker carries about as many participants in a
large office as in a small one.
"""

from __future__ import annotations

import json
import os
import random
import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.factory.bulk import SYLLABLES as SYLLABLES
from tests.factory.bulk import Copies, Person, Record, Values, models, raw
from tests.factory.organisation import NARRATIVES
from tests.factory.origins import COURT_ZONE
from tests.journeys.server import ServerProcess

from benchmarks.frame import ROOT
from benchmarks.start_child import PASSPHRASE
from cmpp_desktop.bootstrap import connect
from cmpp_desktop.changes import LIFE, LIVE, ChangeSet, Write
from cmpp_desktop.domain.questions import Organisation
from cmpp_desktop.domain.records import When
from cmpp_desktop.domain.staff import NameStaffMember
from cmpp_desktop.store import FILE, Store, materialise
from cmpp_desktop.store import state as merge_state
from cmpp_desktop.store.change_sets import pack_change_set
from cmpp_desktop.store.database import connect as open_file
from cmpp_desktop.store.database import durable
from cmpp_desktop.store.names import varint
from cmpp_desktop.store.secrets import FileSecrets
from cmpp_desktop.store.tables import CODECS
from cmpp_desktop.store.vault import Cost
from cmpp_desktop.workspace import Founding, Workspace
from cmpp_desktop.workspace.parts import Parts
from cmpp_protocol.ids import derived_id, uuid7
from cmpp_protocol.stamps import Stamp

VERSION = 11  # raise it when what is written here changes: prepared stores of other versions are thrown away
CHEAP = Cost(memory_kib=64, passes=1, lanes=1)  # where unlocking is not what is measured
TODAY = date(2026, 11, 24)
CASELOAD = 125  # participants a caseworker
MODELS = 400  # families that the commands write; all others are like one of them
PART = 1_000  # families that are in memory at a time
KEPT = ROOT / "build" / "bench" / "stores"


def laptop(folder: Path, cost: Cost | None = CHEAP) -> Workspace:
    """A workspace with this machine's clock and network, and its device secret in a file."""
    folder.mkdir(parents=True, exist_ok=True)
    return Workspace(folder, Parts(lambda: datetime.now(UTC), os.urandom, connect, FileSecrets(folder), cost))


def founded(folder: Path, server: str, cost: Cost | None = CHEAP) -> Workspace:
    """The first administrator's laptop."""
    door = laptop(folder, cost)
    door.found(Founding("Lantern Street Services", "Denise Okafor", "Team North", server, "Denise’s laptop", PASSPHRASE))
    return door


@dataclass(frozen=True)
class Facts:
    """What a prepared store is known by. `busy`: the participant with 500 timeline entries."""

    busy: UUID
    heads: tuple[UUID, ...]
    a_numbers: tuple[str, ...]
    phones: tuple[str, ...]


def prepared(participants: int, sessions: int) -> tuple[Path, Facts]:
    """The profile folder of a locked office of that size; kept under build/bench/stores/ for the next time."""
    folder = KEPT / f"office-{participants}-{sessions}-v{VERSION}"
    note = folder / "facts.json"
    if not note.exists():
        for old in KEPT.glob(f"office-{participants}-{sessions}-v*"):
            shutil.rmtree(old)
        facts = furnish(folder, participants, sessions, begun(folder, max(participants // CASELOAD, 8)))
        note.write_text(json.dumps(_facts_out(facts)), "utf-8")
    said = json.loads(note.read_text("utf-8"))
    heads = tuple(UUID(item) for item in said["heads"])
    return folder, Facts(UUID(said["busy"]), heads, tuple(said["a_numbers"]), tuple(said["phones"]))


def _facts_out(facts: Facts) -> dict[str, Any]:
    heads = [str(item) for item in facts.heads]
    return {"busy": str(facts.busy), "heads": heads, "a_numbers": facts.a_numbers, "phones": facts.phones}


def begun(folder: Path, staff: int, cost: Cost | None = CHEAP) -> tuple[UUID, ...]:
    """Founds an office of so many people, which its server has heard of, and locks it. Returns the ids of its staff."""
    folder.mkdir(parents=True, exist_ok=True)
    with ServerProcess(f"sqlite:///{folder / 'server.db'}", folder / "server.log", anew=True) as server:
        door = founded(folder, server.url, cost)
        server.admin("org", "add", door.access().organisation_id)
        team = door.ask(Organisation()).teams[0][0]
        for number in range(staff - 1):
            person = derived_id("bench", UUID(int=0), str(number))
            door.do(NameStaffMember(person, f"Caseworker {number + 1}", "caseworker", team))
        if (problem := door.sync_now().problem) is not None:
            raise RuntimeError(problem)
        found = tuple(person.id for person in door.ask(Organisation()).staff)
        door.close()
    return found


def key_of(folder: Path) -> bytes:
    """The key of a profile's store."""
    parts = Parts(lambda: datetime.now(UTC), os.urandom, connect, FileSecrets(folder), CHEAP)
    return parts.vault(folder).unlock(PASSPHRASE)


def furnish(folder: Path, participants: int, sessions: int, staff: tuple[UUID, ...], *, outbox: bool = False) -> Facts:
    """Writes that many participants with all that belongs to them into a locked profile, and the index."""
    key = key_of(folder)
    store = Store.open(folder, key)
    loader = Loader(store, outbox=outbox)
    store.close()
    written = open_file(folder / FILE, key)
    durable(written)
    facts = loader.load(written, participants, sessions, staff)
    written.close()
    store = Store.open(folder, key)
    store.rebuild_index()
    store.close()
    return facts


class Loader:
    """Rows of an office, in memory until they are written."""

    def __init__(self, store: Store, *, outbox: bool) -> None:
        self._outbox = [] if outbox else None  # type: list[tuple[Any, ...]] | None
        self._records: dict[str, list[tuple[Any, ...]]] = {}
        self._states: list[tuple[Any, ...]] = []
        self._rng = random.Random(2026)
        names = store._names
        place = next(one for one in names.places.values() if one.kind == "caseload")
        self._coll, self._place = place.idx, place.id
        with store._database.writing() as connection:
            names.use(connection)
            own = connection.exec_driver_sql("SELECT dev FROM own_clock").scalar_one()
            self._device, self._device_id = own, names.devices.name(own)
            self._numbers = {kind: names.kinds.number(kind) for kind in CODECS}
            self._sets = {kind: varint(own) + varint(names.fieldset((*CODECS[kind], LIFE))) for kind in CODECS}
        defaults = merge_state.column_defaults()
        self._template = {kind: {name: defaults[kind].get(name) for name in CODECS[kind]} for kind in CODECS}
        self._ms = int(datetime(2026, 10, 1, tzinfo=UTC).timestamp() * 1000)

    def load(self, written: Any, participants: int, sessions: int, staff: tuple[UUID, ...]) -> Facts:
        """Everything about that many participants (families are not cut); one of them has 500 entries in the timeline."""
        rng = self._rng
        copies = Copies(models(max(min(MODELS, participants // 4), 10), TODAY), rng, self._id, TODAY)
        people: list[Person] = []
        heads: list[UUID] = []
        busy, had = None, 0
        while len(people) < participants:
            caseworker = rng.choice(staff)
            records, family, many = copies.family(caseworker)
            self._change_set(records)
            people += family
            heads.append(family[0].id)
            had += many
            more = max(sessions * len(people) // participants - had, 0)
            had += more
            if busy is None and len(people) > participants // 2 and sessions >= 10_000:
                busy = family[0].id
                more += 480
            for _ in range(more):
                self._session(rng.choice(family).id, staff)
            if len(heads) % PART == 0:
                self._write(written)
        self._write(written)
        chosen = range(0, len(people), max(len(people) // 200, 1))
        return Facts(
            busy or heads[len(heads) // 2],
            tuple(heads[at] for at in range(0, len(heads), max(len(heads) // 200, 1))),
            tuple(people[at].a_number for at in chosen),
            tuple(person.phone for person in people if person.phone)[:: max(len(heads) // 200, 1)],
        )

    def _write(self, written: Any) -> None:
        """What is in memory, in one transaction."""
        written.execute("BEGIN IMMEDIATE")
        for kind, rows in self._records.items():
            written.executemany(materialise.upsert_sql(kind), rows)
        written.executemany(merge_state.UPSERT, self._states)
        if self._outbox is not None:
            written.executemany("INSERT INTO outbox(coll, hlc, origin, body) VALUES (?,?,NULL,?)", self._outbox)
            self._outbox = []
        written.execute("COMMIT")
        self._records, self._states = {}, []

    def _session(self, person: UUID, staff: tuple[UUID, ...]) -> None:
        rng = self._rng
        id = self._id()
        words = " ".join("".join(rng.choices(SYLLABLES, k=3)) for _ in range(12))  # so that no two are alike
        narrative = f'{rng.choice(NARRATIVES).format(name="The mother", pronoun="she")} {words}.'
        day = TODAY - timedelta(days=rng.randint(1, 900))
        session: Values = {
            "participant_id": person.bytes,
            "services": _services(rng.choice(("case_management", "social_services", "legal_orientation_individual"))),
            "when": _when(day, time(rng.choice((9, 11, 13, 15)), rng.choice((0, 30))), COURT_ZONE),
            "minutes": rng.choice((30, 45, 50, 60)),
            "staff_ids": _staff_ids(rng.choice(staff)),
            "narrative": narrative,
            "staff_minutes": 45,
            "award": "24-017",
        }
        attended: Values = {"session_id": id.bytes, "participant_id": person.bytes}
        self._change_set([("service_session", id, session), ("attendance", derived_id("attendance", id, person.hex), attended)])

    def _id(self) -> UUID:
        return uuid7(self._ms, self._rng.randbytes(10))

    def _change_set(self, records: list[Record]) -> None:
        """What one command wrote: all under one stamp."""
        self._ms += 1
        hlc = self._ms << 16
        writes: list[Write] = []
        for kind, id, given in records:
            values = {**self._template[kind], **given}
            meta = ("live", "live", 1, None, hlc, self._device, hlc, self._device)
            row = (id.bytes, self._coll, *values.values(), *meta, *_sorting(kind, values))
            self._records.setdefault(kind, []).append(row)
            clock = b"\x00" + hlc.to_bytes(8, "big") + self._sets[kind]
            self._states.append((self._coll, id.bytes, self._numbers[kind], clock, 1, 0, None))
            if self._outbox is not None:
                writes += [Write(kind, id, name, CODECS[kind][name].dump(values[name])) for name in sorted(values)]
                writes.append(Write(kind, id, LIFE, LIVE))
        if self._outbox is not None:
            body = pack_change_set(ChangeSet(self._place, Stamp(hlc, self._device_id), tuple(writes)))
            self._outbox.append((self._coll, hlc, body))


@lru_cache(maxsize=100_000)
def _when(day: date, at: time, zone: str) -> Any:
    return raw("obligation", "when", When(day=day, at=at, zone=zone))


@lru_cache(maxsize=100_000)
def _sorted_by(when: bytes) -> tuple[Any, ...]:
    return materialise.sorting("obligation", {"when": when})


def _sorting(kind: str, values: Values) -> tuple[Any, ...]:
    return _sorted_by(values["when"]) if "when" in values else ()


@lru_cache
def _services(service: str) -> Any:
    return raw("service_session", "services", [service])


@lru_cache
def _staff_ids(person: UUID) -> Any:
    return raw("service_session", "staff_ids", [person])
