"""Snapshots at the server, on both databases: claimed by one, kept part by part, confirmed by another; then bundles go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select

from cmpp_protocol import api, envelope, snapshot, snapshot_api
from cmpp_protocol.snapshot_api import Key, Said
from cmpp_server import checking, overview, tables
from cmpp_server.snapshots import CLAIM_MS, DAY_MS, GONE
from tests.server.conftest import NAME, Clock, Server, Team, known, start
from tests.unit.protocol.office import Laptop, stream


@pytest.fixture
def server(database_url: str, clock: Clock, team: Team) -> Iterator[Server]:
    """A server that wants a snapshot after five bundles."""
    for running in start(database_url, clock, team.office.id, snapshot_bundles=5, snapshot_behind=3, requests_per_minute=0):
        running.publish(team.office)
        yield running


def ask(server: Server, team: Team, who: Laptop, **request: Any) -> snapshot_api.Answer:
    body = snapshot_api.Request(team.office.state.no, **request).encode()
    header = api.authorise(who.pair, team.office.id, NAME, snapshot_api.PATH, server.clock.ms, body).header()
    said = server.client.post(snapshot_api.PATH, content=body, headers={"Authorization": header})
    assert said.status_code == 200, api.decode_problem(said.content)
    return snapshot_api.decode_answer(said.content)


def hints(server: Server, team: Team, who: Laptop, after: api.LogItem | None = None) -> list[tuple[str, int]]:
    at = (0, envelope.log_start(team.office.id, team.place)) if after is None else (after.seq, after.log_hash)
    answer = server.sync(
        team.office.id, who, **known(team.office), cursors=(api.Cursor(team.place, *at),), snapshots=True
    )
    given = {one.collection for one in answer.logs}
    words = {one.word for one in answer.hints}
    assert (team.place in given) == words.isdisjoint({api.TAKE, api.BEGINS})
    return [(one.word, one.seq) for one in answer.hints]


def made(team: Team, who: Laptop, at: api.LogItem, parts: int = 2) -> tuple[snapshot.Head, list[bytes]]:
    head = snapshot.Head(
        team.office.id, team.place, 1, at.seq, at.log_hash, team.office.state.no, who.id, 9, stream("digest", 32), ()
    )
    key = stream("a key", 32)
    sealed = [snapshot.seal_part(head, no, bytes([no]) * 50, key, stream(f"salt {no}", 32)) for no in range(parts)]
    hashes = tuple(snapshot.part_hash(head, no, part) for no, part in enumerate(sealed))
    return snapshot.sign(snapshot.completed(head, head.digest, hashes), who.pair), sealed


def lengths(server: Server) -> list[int]:
    table = tables.log
    with server.client.app.state.parts.database.read() as conn:  # type: ignore[attr-defined]
        return list(conn.execute(select(func.length(table.c.body)).order_by(table.c.seq)).scalars())


def test_from_the_wish_for_a_snapshot_to_bundles_that_are_gone(server: Server, team: Team, clock: Clock) -> None:
    office, place = team.office, team.place
    assert hints(server, team, team.lia) == []
    bundles = [team.lia.seal(office, place, str(number)) for number in range(7)]
    server.push(office, team.lia, *bundles)
    items = server.read(office, team.lia, place).items
    assert hints(server, team, team.lia, items[-1]) == [(api.MAKE, 7)]
    assert ask(server, team, team.lia, claim=(place,)).claimed == (place,)
    assert ask(server, team, team.sam, claim=(place,)).claimed == ()
    assert hints(server, team, team.sam) == [], "somebody makes it"
    clock.ms += CLAIM_MS
    assert ask(server, team, team.sam, claim=(place,)).claimed == (place,), "who does not come back is not waited for"

    head, parts = made(team, team.lia, items[5])
    key = Key(place, 6, team.lia.id)
    other = snapshot.sign(snapshot.completed(head, head.digest, head.parts[:1]), team.lia.pair)
    wrong, _ = made(team, team.lia, items[5]._replace(log_hash=bytes(32)))
    assert ask(server, team, team.lia, head=wrong.encode()).said == ((Said.REFUSED, "log"),)
    assert ask(server, team, team.sam, head=head.encode()).said == ((Said.REFUSED, "not_yours"),)
    for sent in (other, head):  # it thinks better of it
        assert ask(server, team, team.lia, head=sent.encode()).said == ((Said.STORED, ""),)
    assert ask(server, team, team.lia, head=head.encode()).said == ((Said.HAD_IT, ""),)
    confirmation = snapshot_api.Confirmation(key, snapshot.confirm(head, team.sam.pair))
    second = snapshot_api.Part(key, 1, parts[1])
    assert ask(server, team, team.lia, part=second).said == ((Said.REFUSED, "order"),)
    spoiled = snapshot_api.Part(key, 0, parts[0][:-1] + b"\0")
    assert ask(server, team, team.lia, part=spoiled).said == ((Said.REFUSED, "part"),)
    assert ask(server, team, team.sam, confirm=confirmation).said == ((Said.REFUSED, "parts"),)
    for part in (snapshot_api.Part(key, 0, parts[0]), second):
        assert ask(server, team, team.lia, part=part).said == ((Said.STORED, ""),)
        assert ask(server, team, team.lia, part=part).said == ((Said.HAD_IT, ""),)
    assert hints(server, team, team.sam) == [(api.CONFIRM, 6)]
    own = snapshot_api.Confirmation(key, snapshot.confirm(head, team.lia.pair))
    assert ask(server, team, team.lia, confirm=own).said == ((Said.REFUSED, "not_yours"),)
    assert ask(server, team, team.sam, confirm=confirmation).said == ((Said.STORED, ""),)
    [shown] = ask(server, team, team.sam, places=(place,)).snapshots
    assert (shown.head, shown.have, shown.confirmed) == (head.encode(), 2, ((team.sam.id, confirmation.signature),))
    assert [ask(server, team, team.sam, want=(key, no)).part for no in (0, 1, 2)] == [*parts, b""]
    assert hints(server, team, team.sam) == [(api.TAKE, 6)]
    assert hints(server, team, team.sam, items[5]) == [(api.CONFIRMED, 6)]

    database = server.client.app.state.parts.database  # type: ignore[attr-defined]
    snapshots = server.client.app.state.parts.snapshots  # type: ignore[attr-defined]
    clock.ms += 90 * DAY_MS - 1
    assert snapshots.compact(office.id, place) == 0
    clock.ms += 1
    sizes = lengths(server)
    assert snapshots.compact(office.id, place) == sum(sizes[:6]) - 6 * len(GONE)
    assert lengths(server) == [1] * 6 + sizes[6:]
    assert checking.check(database, clock.ms).findings == []
    assert hints(server, team, team.sam) == [(api.BEGINS, 6)]
    assert hints(server, team, team.sam, items[2]) == [(api.BEGINS, 6)]
    cursor = api.Cursor(place, items[2].seq, items[2].log_hash)
    assert server.problem(office.id, team.sam, **known(office), cursors=(cursor,)) == "update"
    assert [one.seq for one in server.read(office, team.sam, place, items[5]).items] == [7]
    assert server.push(office, team.lia, bundles[2]) == [("had_it", "")]
    assert server.push(office, team.lia, team.lia.seal(office, place, "goes on")) == [("stored", "")]
    offered = api.Offer(place, team.lia.id, 3, bundles[2].hash)
    assert server.sync(office.id, team.sam, **known(office), offers=(offered,)).wanted == ()
    database.write(lambda conn: overview.remove(conn, office.id))
    with database.read() as conn:
        assert [conn.execute(select(func.count()).select_from(one)).scalar() for one in tables.metadata.sorted_tables] == [
            0
        ] * len(tables.metadata.sorted_tables)
