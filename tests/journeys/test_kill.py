"""kill -9 of laptops and servers: what was acknowledged is there, the audit chain holds, and everything arrives once."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from cmpp_desktop.domain.audit_logs import AuditTrail
from cmpp_desktop.domain.cases import CaseOpening
from cmpp_desktop.domain.consent import ConsentGiven
from cmpp_desktop.domain.households import NewPerson, RegisterHousehold
from cmpp_desktop.domain.questions import Conflicts, Drafts, Participant, People, Timeline
from cmpp_desktop.domain.records import PersonName
from cmpp_desktop.domain.tasks import WriteNote
from cmpp_desktop.workspace import Workspace
from tests.driver.processes import Started, close, start
from tests.journeys.office import PASSPHRASE, Pair, network
from tests.journeys.proxy import Way
from tests.journeys.worker import TODAY
from tests.postgres import temporary_postgres


@dataclass
class Told:
    """What a laptop process was told is kept, over all its lives."""

    households: dict[str, str] = field(default_factory=dict)  # id -> family name
    phones: dict[str, set[str]] = field(default_factory=dict)  # person -> the values that may stand there
    entries: dict[str, str] = field(default_factory=dict)  # id of a note, session or screening -> person
    drafts: dict[str, set[str | None]] = field(default_factory=dict)
    answers: dict[str, dict[str, str]] = field(default_factory=dict)  # of interviews that are under way
    finishing: set[str] = field(default_factory=set)
    sent: list[dict[str, Any]] = field(default_factory=list)
    count: int = 0

    def hear(self, line: str) -> None:
        said = json.loads(line)
        what = said["did"]
        self.count += not what.startswith("will_")
        if what == "household":
            self.households[said["id"]] = said["name"]
        elif what == "will_phone":
            self.phones[said["person"]] = {said["before"], said["value"]}
        elif what == "phone":
            self.phones[said["person"]] = {said["value"]}
        elif what == "will_draft":
            self.drafts.setdefault(said["key"], {None}).add(said["body"])
        elif what == "draft":
            self.drafts[said["key"]] = {said["body"]}
        elif what in ("note", "session"):
            self.entries[said["id"]] = said["person"]
        elif what == "answer":
            self.answers[said["id"]] = said["answers"]
        elif what == "will_finish":
            self.finishing.add(said["id"])
        elif what == "screening":
            self.answers.pop(said["draft"], None)
            self.entries[said["id"]] = said["person"]
        elif what == "sync":
            self.sent.append(said)


def run(
    profile: Path,
    seed: int,
    told: Told,
    *,
    calls: int = 0,
    lines: int = 0,
    started: Callable[[Started], None] = lambda process: None,
) -> int:
    """One life of a laptop process, until it kills itself after `calls`, is killed at its `lines`-th line, or otherwise."""
    process = start("tests.journeys.worker", str(profile), str(seed), str(calls))
    assert process.stdout is not None
    assert process.stderr is not None
    started(process)
    for number, line in enumerate(process.stdout):
        if line.endswith("\n"):
            told.hear(line)
        if lines and number == lines:
            process.kill()
    complaints = process.stderr.read()
    close(process)
    assert "Traceback" not in complaints, complaints
    return process.wait(60)


def everything_is_there(door: Workspace, told: Told) -> None:
    """Asks the reopened workspace for each thing that its process was told is kept."""
    for id, name in told.households.items():
        assert door.ask(Participant(UUID(id))).participant.fields.legal_name == PersonName(given="Rosa", family=name)
    for person, values in told.phones.items():
        assert door.ask(Participant(UUID(person))).routes[0].fields.value in values
    streams = {person: shown(door, UUID(person)) for person in set(told.entries.values())}
    assert [streams[person][id] for id, person in told.entries.items()] == [1] * len(told.entries)
    for key, bodies in told.drafts.items():
        draft = door.draft(key)
        assert (None if draft is None else draft.body.decode()) in bodies
    interviews = {draft.key.removeprefix("interview:") for draft in door.ask(Drafts())}
    for id, answers in told.answers.items():
        if id in interviews:
            held = door.resume_interview(UUID(id))
            now = {question.ref: question.value for question in held.interview.questions() if question.value}
            assert answers.items() <= now.items()
        else:
            assert id in told.finishing
    door.ask(AuditTrail(100_000))  # raises when its chain is broken
    door._need().store.check()


def shown(door: Workspace, person: UUID) -> Counter[str]:
    """How often each entry stands in a person's timeline."""
    stream = door.ask(Timeline(person, TODAY, limit=10_000))
    return Counter(str(entry.id) for entry in (*stream.ahead, *stream.today, *stream.earlier))


def state_of(door: Workspace) -> dict[str, Any]:
    """What a person could see of everybody, to compare two laptops."""
    state = {}
    for row in door.ask(People(TODAY, limit=10_000)).rows:
        one = door.ask(Participant(row.id))
        state[str(row.id)] = (
            one.participant.fields,
            tuple(sorted((str(route.id), route.fields.value) for route in one.routes)),
            tuple(sorted(str(member.participant_id) for member in one.household)),
            shown(door, row.id),
        )
    return state


def both_have_each_thing_once(pair: Pair) -> None:
    assert state_of(pair.denise) == state_of(pair.ana)
    assert all(max(seen.values(), default=1) == 1 for *_, seen in state_of(pair.denise).values())
    assert pair.denise.ask(Conflicts()) == pair.ana.ask(Conflicts()) == ()
    assert pair.denise.sync_status().set_aside == pair.ana.sync_status().set_aside == 0


def test_a_killed_laptop_has_everything_that_was_acknowledged_and_it_arrives_once(pair: Pair) -> None:
    told, chance = Told(), random.Random(20261124)
    pair.ana.close()
    pair.server.start()
    for seed in range(6):
        if seed % 2:
            status = run(pair.folder / "ana", seed, told, lines=chance.randrange(8, 60))
        else:
            status = run(pair.folder / "ana", seed, told, calls=chance.randrange(5_000, 200_000))
        assert status == -9
        pair.ana.unlock(PASSPHRASE)
        everything_is_there(pair.ana, told)
        pair.ana.close()
    assert told.count > 60
    assert any(one["word"] == "sent" for one in told.sent)
    pair.ana.unlock(PASSPHRASE)
    pair.sync_both()
    everything_is_there(pair.ana, told)
    assert (pair.ana.sync_status().word, pair.ana.sync_status().waiting) == ("sent", 0)
    both_have_each_thing_once(pair)
    assert "0 held, 0 findings" in pair.server.admin("check")


CUTS: tuple[tuple[Way, int], ...] = (("up", 300), ("up", 20_000), ("down", 1), ("down", 9_000))


def test_a_laptop_killed_in_the_middle_of_an_exchange_loses_nothing_and_sends_nothing_twice(pair: Pair) -> None:
    told = Told()
    with network(pair) as (server, proxy):
        for seed, (way, after) in enumerate(CUTS):
            pair.ana.close()

            def kill_there(process: Started, way: Way = way, after: int = after) -> None:
                proxy.cut(way, after, happens=process.kill)

            assert run(pair.folder / "ana", 100 + seed, told, started=kill_there) == -9
            proxy.heal()
            pair.ana.unlock(PASSPHRASE)
            everything_is_there(pair.ana, told)
        assert proxy.cuts == len(CUTS)
        pair.sync_both()
        everything_is_there(pair.ana, told)
        both_have_each_thing_once(pair)
        assert "0 held, 0 findings" in server.admin("check")


@pytest.fixture(params=["sqlite", "postgresql"])
def durable_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database with its durability on: the laptops bring their organisation along."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/another.db"
    else:
        with temporary_postgres() as url:
            yield url


def test_what_was_called_sent_is_in_the_log_of_a_killed_server(pair: Pair, durable_url: str) -> None:
    family = RegisterHousehold((NewPerson(PersonName(given="Rosa", family="Canil")),), ConsentGiven(), CaseOpening())
    mother = pair.ana.do(family).id
    sent: list[UUID] = []  # what was said to be sent
    waiting: list[UUID] = []
    with network(pair, durable_url) as (server, proxy):
        assert pair.ana.sync_now().problem == "another_history"  # it has lost the entry that let her in
        assert pair.denise.sync_now().problem is None  # who founded it is known by the first entry, and brings the rest
        pair.sync_both()

        def work_until(over: Callable[[], bool]) -> None:
            for number in range(400):
                waiting.append(pair.ana.do(WriteNote(mother, f"note {number}")).id)
                if pair.ana.sync_now().word == "sent":
                    sent.extend(waiting)
                    waiting.clear()
                elif over():
                    return
            raise AssertionError("the server was not killed")

        def killed_in_between() -> None:
            """kill -9 from aside, while exchanges go on."""
            until = len(sent) + 5
            going = threading.Thread(target=work_until, args=(lambda: not server.running,))
            going.start()
            while len(sent) < until and going.is_alive():
                going.join(0.001)
            server.kill()
            going.join()

        def killed_when(way: Way, after: int) -> None:
            """kill -9 when so many bytes of a request or an answer have passed."""
            proxy.cut(way, after, happens=server.kill)
            work_until(lambda: not server.running)
            proxy.heal()

        for kill in (killed_in_between, partial(killed_when, "up", 2_500), partial(killed_when, "down", 1)):
            kill()
            assert waiting
            server.start()
            assert "0 findings" in server.admin("check")
            assert pair.denise.sync_now().problem is None
            there = shown(pair.denise, mother)  # before the author has offered anything again
            assert [there[str(id)] for id in sent] == [1] * len(sent)
        pair.sync_both()
        there = shown(pair.denise, mother)
        assert [there[str(id)] for id in (*sent, *waiting)] == [1] * len((*sent, *waiting))
        both_have_each_thing_once(pair)
        assert "0 held, 0 findings" in server.admin("check")
