"""The key of a printed recovery kit as a caller: it reads the roster, and nothing else (both databases)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import update

from cmpp_protocol import api, entries, keys
from cmpp_server import tables
from cmpp_server.database import Database
from tests.server.conftest import NAME, Clock, Server, start
from tests.unit.protocol.office import Laptop, Office, stream


@pytest.fixture
def office() -> Office:
    made = Office()
    made.collection("team")
    return made


@pytest.fixture
def server(database_url: str, clock: Clock, office: Office) -> Iterator[Server]:
    yield from start(database_url, clock, office.id, Office("another").id)


def asked(server: Server, pair: keys.KeyPair, request: api.SyncRequest, org: bytes = api.NO_ORG) -> api.SyncAnswer | str:
    """The answer, or the code of the refusal."""
    body = request.encode()
    status, said = server.raw(body, api.authorise(pair, org, NAME, api.PATH, server.clock.ms, body).header())
    return api.decode_answer(said) if status == 200 else api.decode_problem(said).code


def test_the_kit_finds_its_own_organisation_among_others_and_reads_its_roster(server: Server, office: Office) -> None:
    another = Office("another")
    for one in (office, another):
        server.publish(one)
    for one in (office, another):
        answer = asked(server, one.recovery.pair, api.SyncRequest())
        assert isinstance(answer, api.SyncAnswer)
        assert list(answer.entries) == one.data
        assert answer == replace(answer, logs=(), envelopes=(), heads=(), lacking=(), held=(), wanted=())
    assert asked(server, Laptop("stranger").pair, api.SyncRequest()) == "device_unknown"
    assert asked(server, office.recovery.pair, api.SyncRequest(), another.id) == "device_unknown"


def test_a_signature_that_is_not_the_kits_and_a_kit_that_was_replaced_are_refused(server: Server, office: Office) -> None:
    server.publish(office)
    body = api.SyncRequest().encode()
    forged = api.authorise(Laptop("thief").pair, api.NO_ORG, NAME, api.PATH, server.clock.ms, body)
    header = api.Authorisation(api.NO_ORG, office.recovery.pair.id, forged.time, forged.signature).header()
    assert api.decode_problem(server.raw(body, header)[1]).code == "signature_wrong"
    newer = keys.recovery_keys(stream("a newer kit", 32))
    office.add(entries.recovery_replaced(office.state.head, office.admin.pair, newer, at=0))
    server.publish(office)
    assert asked(server, office.recovery.pair, api.SyncRequest()) == "device_unknown"
    assert isinstance(asked(server, newer.pair, api.SyncRequest()), api.SyncAnswer)


def test_a_server_that_was_older_learns_whose_kit_is_whose_when_it_starts(
    database_url: str, clock: Clock, office: Office
) -> None:
    for server in start(database_url, clock, office.id):
        server.publish(office)
    made = Database(database_url)
    made.write(lambda conn: conn.execute(update(tables.org).values(recovery_id=None)))
    made.close()
    for server in start(database_url, clock):
        assert isinstance(asked(server, office.recovery.pair, api.SyncRequest()), api.SyncAnswer)
