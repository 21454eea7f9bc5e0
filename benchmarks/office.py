"""A large office, written in bulk: participants with phones, cases, obligations, sessions and attendances, always the same.

One command for each of a million records would take hours, so records are written as rows: the record's own table, its
merge state, and, where the row measures sending, the change set in the outbox, exactly as the unit of work writes them. The
lines of People and the search index are then made by the store itself. Names combine those of the test factory with
second surnames, so that prefixes are about as selective as in a real office of this size.
"""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.factory.organisation import NARRATIVES, SAFE_CONTACT
from tests.factory.origins import COURT, COURT_ZONE, JUDGES, LAWYERS, ORIGINS
from tests.journeys.server import ServerProcess

from benchmarks.frame import ROOT
from benchmarks.start_child import PASSPHRASE
from cmpp_desktop.bootstrap import connect
from cmpp_desktop.changes import LIFE, LIVE, ChangeSet, Write
from cmpp_desktop.domain.questions import Organisation
from cmpp_desktop.domain.records import BirthDate, PersonName, When, to_wire
from cmpp_desktop.domain.staff import NameStaffMember
from cmpp_desktop.store import FILE, Store, materialise
from cmpp_desktop.store import state as merge_state
from cmpp_desktop.store.database import connect as open_file
from cmpp_desktop.store.database import durable
from cmpp_desktop.store.names import varint
from cmpp_desktop.store.secrets import FileSecrets
from cmpp_desktop.store.tables import CODECS
from cmpp_desktop.store.vault import Cost
from cmpp_desktop.workspace import Founding, Workspace
from cmpp_desktop.workspace.parts import Parts
from cmpp_protocol import canon
from cmpp_protocol.ids import derived_id, uuid7
from cmpp_protocol.stamps import Stamp

VERSION = 9  # raise it when what is written here changes: prepared stores of other versions are thrown away
CHEAP = Cost(memory_kib=64, passes=1, lanes=1)  # where unlocking is not what is measured
TODAY = date(2026, 11, 24)
CASEWORKERS = 40
KEPT = ROOT / "build" / "bench" / "stores"
SYLLABLES = ("ba", "ke", "lo", "mi", "nu", "ra", "se", "ti", "vo", "xa", "yo", "zu", "cha", "lla", "que", "ñe")
HEARINGS, CHECK_INS = ("master_hearing", "individual_hearing"), ("ice_check_in", "isap_check_in", "biometrics")

Values = dict[str, Any]


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
        facts = furnish(folder, participants, sessions, begun(folder, CASEWORKERS))
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
    with ServerProcess(f"sqlite:///{folder / 'server.db'}", folder / "server.log") as server:
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
    facts = loader.load(participants, sessions, staff)
    store.close()
    raw = open_file(folder / FILE, key)
    durable(raw)
    raw.execute("BEGIN IMMEDIATE")
    for sql, rows in loader.statements():
        raw.executemany(sql, rows)
    raw.execute("COMMIT")
    raw.close()
    store = Store.open(folder, key)
    store.rebuild_index()
    store.close()
    return facts


class Loader:
    """Rows of an office in memory."""

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
            kinds = ("participant", "contact_route", "case", "obligation", "service_session", "attendance")
            self._numbers = {kind: names.kinds.number(kind) for kind in kinds}
            self._sets = {kind: varint(own) + varint(names.fieldset((*CODECS[kind], LIFE))) for kind in kinds}
        defaults = merge_state.column_defaults()
        self._template = {kind: {name: defaults[kind].get(name) for name in CODECS[kind]} for kind in kinds}
        self._ms = int(datetime(2026, 10, 1, tzinfo=UTC).timestamp() * 1000)

    def statements(self) -> Iterator[tuple[str, Iterable[tuple[Any, ...]]]]:
        """What has to be run, with its rows."""
        for kind, rows in self._records.items():
            yield materialise.upsert_sql(kind), rows
        yield merge_state.UPSERT, self._states
        if self._outbox is not None:
            yield "INSERT INTO outbox(coll, hlc, origin, body) VALUES (?,?,NULL,?)", self._outbox

    def load(self, participants: int, sessions: int, staff: tuple[UUID, ...]) -> Facts:
        """Everything about that many participants; one of them has 500 entries in the timeline."""
        heads, numbers, phones = [], [], []
        for place in range(participants):
            extra = 480 if place == participants // 2 and sessions >= 10_000 else 0
            many = sessions * (place + 1) // participants - sessions * place // participants
            head, number, phone = self._person(place, staff)
            heads.append(head)
            numbers.append(number)
            phones.append(phone)
            for _ in range(many + extra):
                self._session(head, staff)
        chosen = range(0, participants, max(participants // 200, 1))
        return Facts(
            heads[participants // 2],
            tuple(heads[at] for at in chosen),
            tuple(numbers[at] for at in chosen),
            tuple(phones[at] for at in chosen if phones[at]),
        )

    def _person(self, place: int, staff: tuple[UUID, ...]) -> tuple[UUID, str, str]:
        rng = self._rng
        origin = rng.choice(ORIGINS)
        woman = rng.random() < 0.55
        given, family = rng.choice(origin.women if woman else origin.men), rng.choice(origin.families)
        second = "".join(rng.choices(SYLLABLES, k=rng.choice((2, 2, 3)))).capitalize()
        number = f"2{rng.randint(10_000_000, 99_999_999)}"
        phone = f"+1212555{rng.randint(0, 9999):04d}" if rng.random() < 0.8 else ""
        id = self._id()
        arrived = TODAY - timedelta(days=rng.randint(60, 900))
        born = BirthDate(day=TODAY - timedelta(days=rng.randint(700, 25_000)))
        person: Values = {
            "legal_name": raw("participant", "legal_name", PersonName(given=given[0], family=f"{family[0]} {second}")),
            "native_name": f"{given[1]} {family[1]}".strip() if given[1] else "",
            "birth_date": raw("participant", "birth_date", born),
            "gender": "female" if woman else "male",
            "country_of_birth": origin.country,
            "nationality": origin.country,
            "languages": _languages(_spoken(origin.languages, rng)),
            "interpreter_needed": origin.interpreter,
            "a_number": number,
            "safe_contact": rng.choice(SAFE_CONTACT) if rng.random() < 0.3 else "",
            "arrived_on": arrived.isoformat(),
        }
        if rng.random() < 0.1:
            person["aliases"] = raw("participant", "aliases", [f"{given[0]} {second}"])
        records = [("participant", id, person)]
        if phone:
            records.append(("contact_route", self._id(), {"participant_id": id.bytes, "value": phone}))
        state = rng.choices(("active", "enrolled", "paused", "exited", "referred"), (60, 10, 5, 20, 5))[0]
        caseworker = rng.choice(staff).bytes
        opened = (arrived + timedelta(days=20)).isoformat()
        about: Values = {"participant_id": id.bytes, "state": state, "caseworker_id": caseworker, "opened_on": opened}
        records.append(("case", self._id(), about | {"award": "24-017", "site": "Lantern Street"}))
        records.append(("obligation", self._id(), self._obligation(id, -rng.randint(2, 200), "attended")))
        if rng.random() < 0.6:
            records.append(("obligation", self._id(), self._obligation(id, rng.randint(0, 150), None)))
        self._change_set(records)
        return id, number, phone

    def _obligation(self, person: UUID, days: int, result: str | None) -> Values:
        rng = self._rng
        hearing = rng.random() < 0.5
        kind = rng.choice(HEARINGS if hearing else CHECK_INS)
        return {
            "participant_id": person.bytes,
            "type": kind,
            "when": _when(TODAY + timedelta(days=days), time(rng.choice((8, 9, 10, 13)), rng.choice((0, 30))), COURT_ZONE),
            "place": f"{COURT}, room {rng.randint(1, 6)}" if hearing else "200 Canal St, window 3",
            "judge": rng.choice(JUDGES) if hearing else "",
            "lawyer": rng.choice(LAWYERS) if hearing else "",
            "result": result,
            "how_known": "told" if result else None,
        }

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

    def _change_set(self, records: list[tuple[str, UUID, Values]]) -> None:
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
            body = merge_state.pack_change_set(ChangeSet(self._place, Stamp(hlc, self._device_id), tuple(writes)))
            self._outbox.append((self._coll, hlc, body))

    @property
    def count(self) -> int:
        """How many records."""
        return len(self._states)


def raw(kind: str, name: str, value: Any) -> Any:
    """A field's value as it lies in its column."""
    return CODECS[kind][name].load(canon.pack(to_wire(value)))


@lru_cache(maxsize=100_000)
def _when(day: date, at: time, zone: str) -> Any:
    return raw("obligation", "when", When(day=day, at=at, zone=zone))


@lru_cache(maxsize=100_000)
def _sorted_by(when: bytes) -> tuple[Any, ...]:
    return materialise.sorting("obligation", {"when": when})


def _sorting(kind: str, values: Values) -> tuple[Any, ...]:
    return _sorted_by(values["when"]) if "when" in values else ()


def _spoken(languages: tuple[str, ...], rng: random.Random) -> tuple[str, ...]:
    """Most speak what is spoken at home; some learnt more, or forgot: an office has some hundred different lists."""
    if rng.random() < 0.7:
        return languages
    more = rng.sample(("en", "es", "fr", "pt", "ar", "ru", "tr"), k=rng.choice((1, 1, 2)))
    return tuple(dict.fromkeys((*languages[: rng.choice((1, 2))], *more)))


@lru_cache
def _languages(languages: tuple[str, ...]) -> Any:
    return raw("participant", "languages", list(languages))


@lru_cache
def _services(service: str) -> Any:
    return raw("service_session", "services", [service])


@lru_cache
def _staff_ids(person: UUID) -> Any:
    return raw("service_session", "staff_ids", [person])
