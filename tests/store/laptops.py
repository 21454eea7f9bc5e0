"""Laptops for the stories: a store with a team's collections, somebody who works on it, and change sets carried by hand."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, time
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from cmpp_desktop.changes import Changed, ChangeSet, collection_id
from cmpp_desktop.domain.cases import CaseOpening
from cmpp_desktop.domain.consent import ConsentGiven
from cmpp_desktop.domain.dispatch import handle
from cmpp_desktop.domain.households import NewPerson, RegisterHousehold
from cmpp_desktop.domain.records import PersonName, When
from cmpp_desktop.domain.sessions import RecordSession, SessionContent
from cmpp_desktop.domain.work import Actor, Command, Done, Question, Role
from cmpp_desktop.store import Store
from cmpp_desktop.sync.merge import apply_change_set, seen_by
from cmpp_desktop.sync.replica import Chain, Replica
from cmpp_protocol.keys import KeyPair
from tests.store.new import new_store

A = TypeVar("A")
KEY = bytes(range(32))
TEAM = UUID(int=0x7EA)
NOON = 1_795_521_600_000  # 24 November 2026, 12:00 UTC
DAY = date(2026, 11, 24)
CASELOAD, RESTRICTED = collection_id("caseload", TEAM), collection_id("restricted", TEAM)
ORGANISATION = collection_id("organisation")


@dataclass
class Laptop:
    """Somebody at a laptop. The clock moves a second with each unit of work."""

    folder: Path
    number: int = 1
    role: Role = "caseworker"
    restricted: bool = True
    store: Store = field(init=False)
    ms: int = field(default=NOON, init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.number)
        self.keys = KeyPair(self._random.randbytes(128))
        self.actor = Actor(UUID(int=0xA00 + self.number), self.role, self.keys.id, TEAM)
        self.folder.mkdir(exist_ok=True)
        self.store = new_store(self.folder, KEY)
        replica: Replica = self.store.replica()
        with replica.transaction():
            replica.put_collection(CASELOAD, "caseload", TEAM, True)
            replica.put_collection(RESTRICTED, "restricted", TEAM, self.restricted)
            replica.put_collection(ORGANISATION, "organisation", None, True)

    def work(self) -> Any:
        self.ms += 1000
        return self.store.work(self.actor, self.ms, self.keys.sign, self._random.randbytes)

    def do(self, command: Command) -> Done:
        return self.did(command)[0]

    def did(self, command: Command) -> tuple[Done, Changed]:
        with self.work() as commit:
            done = handle(command, commit.work)
            changed = commit()
        return done, changed

    def ask(self, question: Question[A]) -> A:
        return self.store.answer(question, self.actor)

    def reopen(self) -> None:
        self.store.close()
        self.store = Store.open(self.folder, KEY)

    def receive(self, *others: Laptop) -> frozenset[UUID]:
        """Takes everything that the others wrote and that has not come yet, as sync would."""
        touched: set[UUID] = set()
        for other in others:
            self.ms = max(self.ms, other.ms)  # both clocks are right
            for change_set in other.store.replica().outbox():
                touched |= self.apply(change_set, other.actor.member_id)
        return frozenset(touched)

    def apply(self, change_set: ChangeSet, member: UUID | None = None) -> frozenset[UUID]:
        replica: Replica = self.store.replica()
        collection, device = UUID(bytes=change_set.collection), change_set.stamp.device
        chains = {device: chain.last_hlc for device, chain in replica.chains(collection).items()}
        if change_set.stamp.hlc <= chains.get(device, -1):
            return frozenset()
        own = {self.actor.device_id: 1 << 62}  # what was written here was seen here
        with replica.transaction():
            if member is not None:
                replica.put_device(device, member)
            before = replica.states(collection, {write.id for write in change_set.writes})
            after = dict(before)
            apply_change_set(after, change_set, seen_by({**chains, **own}), self.ms)
            touched = replica.save_states(collection, before, {id: item for id, item in after.items() if item != before.get(id)})
            replica.put_chain(collection, device, Chain(1, bytes(32), change_set.stamp.hlc, 0))
        return touched


def family(given: str = "Marisela", name: str = "Tzoc", **more: Any) -> RegisterHousehold:
    """A mother and a child, consent, an open case."""
    people = (NewPerson(PersonName(given=given, family=name), **more), NewPerson(PersonName(given="Lucía", family=name), "child"))
    return RegisterHousehold(people, ConsentGiven(), CaseOpening())


def visit(participant_id: UUID, narrative: str = "We spoke of the hearing.", *, submit: bool = False) -> RecordSession:
    """An hour of legal orientation."""
    content = SessionContent(("legal_orientation_individual",), When(day=DAY, at=time(10)), 60, narrative)
    return RecordSession(participant_id, content, submit)
