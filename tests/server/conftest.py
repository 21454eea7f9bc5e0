"""A true server in-process, on SQLite and on a real PostgreSQL: every story is told on both.

One PostgreSQL a test worker, a new database a test, copied from one that was migrated once.
`server` is the application with its lifespan running, behind HTTP's own
client; `Client` is one laptop's side of the exchange.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from cmpp_protocol import api, envelope
from cmpp_server.app import create_app
from cmpp_server.database import Database
from cmpp_server.settings import Settings
from tests.laid import lay
from tests.postgres import temporary_postgres
from tests.unit.protocol.office import NOW, Laptop, Office

NAME = "testserver"


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL for this worker; its tests kill nothing, so it need not be durable."""
    with temporary_postgres(durable=False) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    """Which database the story is told on."""
    return str(request.param)


@pytest.fixture(scope="session")
def newest(postgres: str) -> str:
    """The name of a migrated PostgreSQL database to copy, made once a worker."""
    with new_database(postgres, name := "newest", keep=True) as url:
        lay(url)
    return name


@pytest.fixture
def database_url(request: pytest.FixtureRequest, kind: str, tmp_path: Path) -> Iterator[str]:
    """A database with the newest tables and nothing in them, of each kind."""
    if kind == "sqlite":
        yield lay(f"sqlite:///{tmp_path / 'server.db'}")
        return
    template = request.getfixturevalue("newest")
    with new_database(request.getfixturevalue("postgres"), f"t{abs(hash(request.node.nodeid)):x}", template) as url:
        yield url


@pytest.fixture
def empty_url(request: pytest.FixtureRequest, kind: str, tmp_path: Path) -> Iterator[str]:
    """A database without any table, of each kind."""
    if kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'bare.db'}"
        return
    with new_database(request.getfixturevalue("postgres"), f"e{abs(hash(request.node.nodeid)):x}") as url:
        yield url


@contextmanager
def new_database(main: str, name: str, template: str = "template1", keep: bool = False) -> Iterator[str]:
    """The URL of a new database in a running PostgreSQL, a copy of the template; it is gone afterwards, unless it is kept."""
    engine = create_engine(main, isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        conn.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        conn.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    yield make_url(main).set(database=name).render_as_string(hide_password=False)
    if not keep:
        with engine.connect() as conn:
            conn.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


class Clock:
    """The server's clock, standing still until it is moved."""

    def __init__(self) -> None:
        self.ms = NOW

    def __call__(self) -> int:
        return self.ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Server:
    """A running server; `client` speaks HTTP to it."""

    def __init__(self, client: TestClient, url: str, clock: Clock) -> None:
        self.client = client
        self.url = url
        self.clock = clock

    def raw(self, body: bytes, authorization: str) -> tuple[int, bytes]:
        """One request: status and body."""
        headers = {"Authorization": authorization, "Content-Type": api.CONTENT_TYPE}
        answer = self.client.post(api.PATH, content=body, headers=headers)
        return answer.status_code, answer.content

    def ask(self, org: bytes, laptop: Laptop, request: api.SyncRequest) -> tuple[int, bytes]:
        """One properly signed request."""
        body = request.encode()
        return self.raw(body, api.authorise(laptop.pair, org, NAME, api.PATH, self.clock.ms, body).header())

    def sync(self, org: bytes, laptop: Laptop, **request: Any) -> api.SyncAnswer:
        """One exchange that must succeed."""
        status, body = self.ask(org, laptop, api.SyncRequest(**request))
        assert status == 200, (status, api.decode_problem(body))
        return api.decode_answer(body)

    def problem(self, org: bytes, laptop: Laptop, **request: Any) -> str:
        """The code with which a request is refused."""
        status, body = self.ask(org, laptop, api.SyncRequest(**request))
        problem = api.decode_problem(body)
        assert status == api.PROBLEMS[problem.code]
        assert problem.time == self.clock.ms
        return problem.code

    def publish(self, office: Office) -> api.SyncAnswer:
        """Send the office's whole roster."""
        return self.sync(office.id, office.admin, entries=tuple(office.new))

    def push(self, office: Office, laptop: Laptop, *bundles: envelope.Envelope) -> list[tuple[str, str]]:
        """The verdicts on some bundles."""
        answer = self.sync(office.id, laptop, **known(office), bundles=tuple(one.encode() for one in bundles))
        assert [one.hash for one in answer.verdicts] == [one.hash for one in bundles]
        return [(str(one.verdict), one.why) for one in answer.verdicts]

    def read(self, office: Office, laptop: Laptop, place: Any, after: api.LogItem | None = None) -> api.Slice:
        """The log of a collection from a place on."""
        start = (0, envelope.log_start(office.id, place)) if after is None else (after.seq, after.log_hash)
        answer = self.sync(office.id, laptop, **known(office), cursors=(api.Cursor(place, *start),))
        (found,) = answer.logs
        return found


def known(office: Office) -> dict[str, Any]:
    """A caller who has the whole roster."""
    return {"roster_no": office.state.no, "roster_hash": office.state.hash}


def start(url: str, clock: Clock, *orgs: bytes, **more: Any) -> Iterator[Server]:
    """A server over a database, as long as the caller uses it."""
    accepted = tuple(one.hex() for one in orgs)
    settings = Settings(url, server_names=(NAME,), organisations=accepted, log_level="error", **more)
    with TestClient(create_app(settings, clock), base_url=f"http://{NAME}", raise_server_exceptions=False) as client:
        yield Server(client, url, clock)


class Team:
    """An office with one team, a caseworker's and a supervisor's laptop."""

    def __init__(self) -> None:
        self.office = Office()
        self.place = self.office.collection("team")
        lia, sam = (self.office.member(name, team=self.place) for name in ("lia", "sam"))
        self.lia = self.office.laptop("lia", lia, (self.place,))
        self.sam = self.office.laptop("sam", sam, (self.place,))


@pytest.fixture
def team() -> Team:
    return Team()


@pytest.fixture
def server(database_url: str, clock: Clock, team: Team) -> Iterator[Server]:
    """A server that has the team's roster."""
    for running in start(database_url, clock, team.office.id):
        running.publish(team.office)
        yield running


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated database without a server."""
    made = Database(database_url)
    yield made
    made.close()
