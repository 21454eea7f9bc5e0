"""Who asks too often is told to wait, and nobody else pays for it; what is noted of a caller is what an administrator sees."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select, update

from cmpp_protocol import api, envelope
from cmpp_server import tables
from cmpp_server.database import Database
from tests.server.conftest import NAME, Clock, Server, Team, known, start
from tests.unit.protocol.office import Laptop, Office

MINUTE = 60_000


@pytest.fixture
def strict(database_url: str, clock: Clock, team: Team) -> Iterator[Server]:
    """A server that allows three requests at once and six a minute, with the team's roster."""
    for running in start(database_url, clock, team.office.id, requests_per_minute=6, requests_at_once=3):
        running.publish(team.office)
        yield running


def outcome(server: Server, office: Office, laptop: Laptop, **request: Any) -> tuple[int, str]:
    """The status of one request, and what it says about coming again."""
    body = api.SyncRequest(**{**known(office), **request}).encode()
    header = api.authorise(laptop.pair, office.id, NAME, api.PATH, server.clock.ms, body).header()
    answer = server.client.post(api.PATH, content=body, headers={"Authorization": header})
    return answer.status_code, answer.headers.get("retry-after", "")


def test_who_asks_too_often_is_told_how_long_to_wait_and_then_goes_on(strict: Server, team: Team) -> None:
    told = [outcome(strict, team.office, team.lia) for _ in range(5)]
    assert told == [(200, "")] * 3 + [(429, "10")] * 2
    assert strict.problem(team.office.id, team.lia, **known(team.office)) == "too_many"
    strict.clock.ms += 9_000
    assert outcome(strict, team.office, team.lia) == (429, "1")
    strict.clock.ms += 1_000
    assert [outcome(strict, team.office, team.lia) for _ in range(2)] == [(200, ""), (429, "10")]
    strict.clock.ms += MINUTE
    assert [status for status, _ in (outcome(strict, team.office, team.lia) for _ in range(4))] == [200, 200, 200, 429]


def test_one_laptops_haste_is_not_another_ones_and_a_thief_cannot_spend_it(strict: Server, team: Team) -> None:
    while outcome(strict, team.office, team.lia)[0] == 200:
        pass
    assert outcome(strict, team.office, team.sam)[0] == 200
    body = api.SyncRequest(**known(team.office)).encode()
    mine = api.authorise(Laptop("thief").pair, team.office.id, NAME, api.PATH, strict.clock.ms, body)
    borrowed = api.Authorisation(team.office.id, team.sam.id, mine.time, mine.signature).header()
    for _ in range(5):
        assert api.decode_problem(strict.raw(body, borrowed)[1]).code == "signature_wrong"
    assert outcome(strict, team.office, team.sam)[0] == 200


def test_what_was_refused_is_not_kept_and_comes_again(strict: Server, team: Team) -> None:
    while outcome(strict, team.office, team.lia)[0] == 200:
        pass
    bundle = team.lia.seal(team.office, team.place)
    assert strict.problem(team.office.id, team.lia, **known(team.office), bundles=(bundle.encode(),)) == "too_many"
    assert strict.read(team.office, team.sam, team.place).items == ()
    strict.clock.ms += MINUTE
    assert strict.push(team.office, team.lia, bundle) == [("stored", "")]


def test_replicas_count_together(strict: Server, team: Team, database_url: str, clock: Clock) -> None:
    for other in start(database_url, clock, requests_per_minute=6, requests_at_once=3):
        both = (strict, other, strict, other, strict)
        told = [outcome(server, team.office, team.lia)[0] for server in both]
    assert told == [200, 200, 200, 429, 429]


def test_requests_that_come_together_are_counted_one_by_one(strict: Server, team: Team) -> None:
    with ThreadPoolExecutor(6) as pool:
        told = sorted(pool.map(lambda _: outcome(strict, team.office, team.lia)[0], range(6)))
    # SQLite has one writer: a count that would have had to wait for it was let go.
    assert told.count(200) >= 3
    assert told[-1] == 429 or strict.url.startswith("sqlite")


def test_all_keys_of_one_invitation_share_its_allowance(strict: Server, team: Team) -> None:
    office = team.office
    invitation = office.invite("nia", office.member("nia"))
    strict.clock.ms += MINUTE
    strict.publish(office)
    stale = office.state.head._replace(no=0)
    told = []
    for number in range(5):
        laptop = Laptop(f"guess {number}")
        entry = office.enrolment("nia", laptop, invitation, stale)
        told.append(outcome(strict, office, laptop, entries=(api.NewEntry(entry),))[0])
    assert told == [200, 200, 200, 429, 429]


def test_a_clock_that_was_set_back_keeps_nobody_out(strict: Server, team: Team, database_url: str) -> None:
    database = Database(database_url)
    far = strict.clock.ms + 30 * 24 * 60 * MINUTE
    outcome(strict, team.office, team.lia)
    database.write(lambda conn: conn.execute(update(tables.device_seen).values(due_at=far)))
    database.close()
    assert [outcome(strict, team.office, team.lia)[0] for _ in range(4)] == [200, 200, 200, 429]


def test_without_a_limit_everything_is_answered(database_url: str, clock: Clock, team: Team) -> None:
    for server in start(database_url, clock, team.office.id, requests_per_minute=0, requests_at_once=1):
        server.publish(team.office)
        assert {outcome(server, team.office, team.lia)[0] for _ in range(20)} == {200}


def test_how_far_a_laptop_has_read_is_what_it_last_said(server: Server, team: Team, database_url: str) -> None:
    database = Database(database_url)

    def noted() -> list[tuple[bytes, int]]:
        table = tables.device_read
        with database.read() as conn:
            return [tuple(row) for row in conn.execute(select(table.c.device_id, table.c.seq).order_by(table.c.seq))]

    server.push(team.office, team.lia, *(team.lia.seal(team.office, team.place, text) for text in "12"))
    read = server.read(team.office, team.sam, team.place)
    assert noted() == [(team.sam.id, 0)]
    server.read(team.office, team.sam, team.place, read.items[-1])
    assert noted() == [(team.sam.id, 2)]
    start_again = api.Cursor(team.place, 0, envelope.log_start(team.office.id, team.place))
    elsewhere = api.Cursor(Office("other").collection("other"), 7, bytes(32))  # not a collection of theirs
    server.sync(team.office.id, team.sam, **known(team.office), cursors=(start_again, elsewhere))
    assert noted() == [(team.sam.id, 0)]
    with database.read() as conn:
        seen = {row.device_id: row for row in conn.execute(select(tables.device_seen))}
    assert seen[team.sam.id].roster_no == team.office.state.no
    assert seen[team.sam.id].seen_at == server.clock.ms
    database.close()
