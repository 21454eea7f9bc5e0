"""Rows that rot in the server's database: noticed, asked for, put back; a good copy is never lost to a false word."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, insert, select, update

from cmpp_protocol import api, envelope
from cmpp_server import damage, tables
from cmpp_server.admin import main
from cmpp_server.auth import Caller
from cmpp_server.database import Database
from cmpp_server.exchange import Done
from cmpp_server.routes import has_news
from tests.laid import lay
from tests.server.conftest import Server, Team, known

LOG = tables.log


@pytest.fixture
def inside(server: Server, database_url: str) -> Iterator[Database]:
    """The database under the running server."""
    made = Database(database_url)
    yield made
    made.close()


@pytest.fixture
def bundles(server: Server, team: Team) -> list[envelope.Envelope]:
    """Six bundles of two authors, in the log."""
    made = [who.seal(team.office, team.place, str(number)) for number in range(3) for who in (team.lia, team.sam)]
    for one in made:
        author = team.lia if one.header.device == team.lia.id else team.sam
        assert server.push(team.office, author, one) == [("stored", "")]
    return made


def rows(database: Database) -> list[dict[str, Any]]:
    with database.read() as conn:
        return [dict(row._mapping) for row in conn.execute(select(LOG).order_by(LOG.c.seq))]


def rot(database: Database, seq: int, **columns: Any) -> None:
    database.write(lambda conn: conn.execute(update(LOG).where(LOG.c.seq == seq).values(**columns)))


def flipped(data: bytes, at: int) -> bytes:
    at %= len(data)
    return data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :]


def complain(server: Server, team: Team, *seqs: int, by: Any = None) -> api.SyncAnswer:
    """What somebody hears who could not verify these places."""
    cursors = (api.Cursor(team.place, 0, envelope.log_start(team.office.id, team.place)),)
    named = tuple(api.Place(team.place, seq) for seq in seqs)
    return server.sync(team.office.id, by or team.sam, **known(team.office), cursors=cursors, damaged=named)


def offer_of(team: Team, one: envelope.Envelope) -> api.Offer:
    return api.Offer(team.place, one.header.device, one.header.number, one.hash)


@pytest.mark.parametrize("at", [0, 5, 70, 100, 163, 200, -1], ids=lambda at: f"byte {at}")
def test_a_rotten_bundle_is_asked_for_and_put_back(
    server: Server, team: Team, inside: Database, bundles: list[envelope.Envelope], at: int
) -> None:
    before = rows(inside)
    rot(inside, 3, body=flipped(bundles[2].encode(), at))
    answer = complain(server, team, 3)
    assert (answer.wanted, answer.again) == ((offer_of(team, bundles[2]),), ())
    # Everybody who may read the collection is asked, whatever version they have: it is the list they know.
    asked = server.sync(
        team.office.id, team.lia, **known(team.office), cursors=(api.Cursor(team.place, 6, before[-1]["log_hash"]),)
    )
    assert asked.wanted == (offer_of(team, bundles[2]),)
    assert server.push(team.office, team.lia, bundles[2]) == [("stored", "")]
    assert rows(inside) == before
    healed = complain(server, team, 3)
    assert healed.wanted == ()
    assert healed.again == (api.PlaceAgain(team.place, 3, before[2]["log_hash"], bundles[2].encode()),)


@pytest.mark.parametrize("column", ["hash", "log_hash", "device_id", "number", "epoch", "roster_no"])
@pytest.mark.parametrize("seq", [1, 3, 6])
def test_a_rotten_column_is_set_right_by_what_the_chain_proves(
    server: Server, team: Team, inside: Database, bundles: list[envelope.Envelope], column: str, seq: int
) -> None:
    before = rows(inside)
    value = before[seq - 1][column]
    rot(inside, seq, **{column: value + 7 if isinstance(value, int) else flipped(value, 3)})
    answer = complain(server, team, seq)
    assert [item.seq for item in answer.again] == [seq]
    assert answer.wanted == ()
    assert rows(inside) == before


@pytest.mark.parametrize("seq", [1, 3, 5, 6])
def test_a_row_that_is_gone_is_made_again_by_what_the_authors_chains_name(
    server: Server, team: Team, inside: Database, bundles: list[envelope.Envelope], seq: int
) -> None:
    before = rows(inside)
    inside.write(lambda conn: conn.execute(LOG.delete().where(LOG.c.seq == seq)))
    answer = complain(server, team, seq)
    assert (answer.wanted, answer.again) == ((offer_of(team, bundles[seq - 1]),), ())
    assert server.push(team.office, team.lia, bundles[seq - 1]) == [("stored", "")]
    assert rows(inside) == before


def test_two_rows_that_are_gone_side_by_side_are_said_and_left(
    server: Server, team: Team, inside: Database, bundles: list[envelope.Envelope], database_url: str
) -> None:
    inside.write(lambda conn: conn.execute(LOG.delete().where(LOG.c.seq.in_([3, 4]))))
    left = rows(inside)
    answer = complain(server, team, 3, 4)
    assert (answer.wanted, answer.again) == ((), ())
    assert main(["check", "--database", database_url]) == 1
    assert rows(inside) == left


def test_nobody_is_told_to_ask_again_for_what_is_gone_at_the_end(
    server: Server, team: Team, inside: Database, bundles: list[envelope.Envelope]
) -> None:
    inside.write(lambda conn: conn.execute(LOG.delete().where(LOG.c.seq == 6)))
    cursor = api.Cursor(team.place, 5, rows(inside)[4]["log_hash"])
    assert not server.sync(team.office.id, team.sam, **known(team.office), cursors=(cursor,)).more


def test_who_stumbles_over_a_rotten_log_hash_may_name_the_place_after_it(
    server: Server, team: Team, inside: Database, bundles: list[envelope.Envelope]
) -> None:
    before = rows(inside)
    rot(inside, 3, log_hash=bytes(32))
    assert [item.seq for item in complain(server, team, 4).again] == [4]
    assert rows(inside) == before


def test_only_the_bundle_that_the_chain_names_takes_the_place(
    server: Server, team: Team, inside: Database, bundles: list[envelope.Envelope]
) -> None:
    """A fork of the same number, a bundle with another signature's bytes, and somebody who may not read: none of them."""
    before = rows(inside)
    rot(inside, 5, body=b"rotten")
    complain(server, team, 5)
    lost = bundles[4]
    fork = envelope.sign(lost.header, b"other words of the same number" * 3, team.lia.pair)
    assert server.push(team.office, team.lia, fork)[0][0] == "held"
    unsigned = envelope.Envelope(lost.header, lost.body, bytes(64))
    assert server.push(team.office, team.lia, unsigned) == [("refused", "signature")]
    assert rows(inside)[4]["body"] == b"rotten"
    stranger = team.office.laptop("stranger", team.office.member("stranger"))
    server.publish(team.office)
    assert server.push(team.office, stranger, lost) == [("refused", "not_yours")]
    assert complain(server, team, 5, by=stranger).wanted == ()
    assert rows(inside)[4]["body"] == b"rotten"
    assert server.push(team.office, team.sam, lost) == [("stored", "")]  # anybody who reads it may bring it
    assert rows(inside) == before


def test_false_complaints_change_nothing_and_cost_a_bounded_read(
    server: Server, team: Team, inside: Database, bundles: list[envelope.Envelope]
) -> None:
    before = rows(inside)
    answer = complain(server, team, *range(1, 7), 7, 1 << 40)
    assert [item.seq for item in answer.again] == [1, 2, 3, 4, 5, 6]
    assert answer.wanted == ()
    assert rows(inside) == before
    stranger = team.office.laptop("stranger", team.office.member("stranger"))
    server.publish(team.office)
    assert complain(server, team, 1, 2, by=stranger).again == ()  # it learns nothing that it may not read
    assert len(complain(server, team, *[1] * 5000, *range(1, 7)).again) == 6
    with inside.read() as conn:
        state = team.office.state
        every = [api.Place(team.place, 1 + number % 6) for number in range(10_000)]
        assert damage.doubtful(conn, team.office.id, every, state, 1 << 20) == []
        assert len(damage.again(conn, team.office.id, every, 1)) == 1  # about so many bytes, one at least


def test_a_long_list_of_complaints_is_heard_a_part_at_a_time(server: Server, team: Team) -> None:
    made = [team.lia.seal(team.office, team.place, f"{number}") for number in range(damage.COMPLAINTS_AT_ONCE + 4)]
    server.push(team.office, team.lia, *made)
    answer = complain(server, team, *range(1, len(made) + 1))
    assert [item.seq for item in answer.again] == list(range(1, damage.COMPLAINTS_AT_ONCE + 1))


def test_a_request_without_complaints_is_written_as_before() -> None:
    assert b"damaged" not in api.SyncRequest().encode()
    assert b"again" not in api.SyncAnswer(0, 0, bytes(32)).encode()


def test_the_check_asks_for_what_is_damaged_and_says_so(
    server: Server,
    team: Team,
    inside: Database,
    bundles: list[envelope.Envelope],
    database_url: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = rows(inside)
    rot(inside, 2, body=flipped(bundles[1].encode(), -1))  # the signature alone: no hash covers it
    rot(inside, 4, log_hash=bytes(32))
    assert main(["check", "--database", database_url]) == 1
    said = capsys.readouterr().out
    assert "place 2 is not what its author signed; asked for from the laptops" in said
    assert "place 4 does not follow from what stands before it; set right" in said
    assert "6 bundles checked, 0 held, 2 findings" in said
    assert server.push(team.office, team.lia, bundles[1]) == [("stored", "")]
    assert main(["check", "--database", database_url]) == 0
    assert rows(inside) == before


def test_bytes_are_counted_once(server: Server, team: Team, inside: Database, bundles: list[envelope.Envelope]) -> None:
    def used() -> int:
        with inside.read() as conn:
            found: int = conn.execute(select(tables.collection.c.used_bytes)).scalar_one()
        return found

    before = used()
    rot(inside, 1, body=b"rotten")
    complain(server, team, 1)
    server.push(team.office, team.sam, bundles[0])
    server.push(team.office, team.sam, bundles[0])
    assert used() == before


def test_who_waits_is_woken_by_the_question_and_by_the_answer(server: Server, team: Team, inside: Database) -> None:
    one = team.lia.seal(team.office, team.place)
    server.push(team.office, team.lia, one)
    end = api.Cursor(team.place, 1, server.read(team.office, team.sam, team.place).log_hash)
    waits: dict[str, Any] = {**known(team.office), "cursors": (end,), "opened": ((team.place, 1),)}
    rot(inside, 1, body=b"rotten")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lambda: server.sync(team.office.id, team.lia, **waits, wait=30))
        until_waiting(server)
        complain(server, team, 1)
        assert waiting.result(25).wanted == (offer_of(team, one),)
        named = {"damaged": (api.Place(team.place, 1),)}
        again = pool.submit(lambda: server.sync(team.office.id, team.sam, **waits, **named, wait=30))
        until_waiting(server)
        server.push(team.office, team.lia, one)
        assert [item.envelope for item in again.result(25).again] == [one.encode()]


def until_waiting(server: Server) -> None:
    """Returns when somebody is in a long poll, who has had a first look."""
    while "cmpp_waiting 1.0" not in server.client.get("/metrics").text:
        pass


def test_nobody_is_answered_at_once_for_ever(server: Server, team: Team) -> None:
    """What is asked for, or sent, once more is no news to who was told already: a long poll stays one."""
    offer = api.Offer(team.place, team.lia.id, 1, bytes(32))
    place = api.PlaceAgain(team.place, 1, bytes(32), b"x")
    told = api.SyncAnswer(0, 0, bytes(32), wanted=(offer,), again=(place,))
    done = Done(Caller(team.office.id, team.sam.id, False), api.SyncRequest(wait=30))
    assert not has_news(told, done, None)
    assert not has_news(told, done, told)
    assert has_news(told, done, api.SyncAnswer(0, 0, bytes(32)))
    offered = replace(done, request=api.SyncRequest(wait=30, offers=(offer,)))
    assert has_news(told, offered, None)


class Small:
    """A log of eight bundles in SQLite, without HTTP, that can be rotten in any way and put back to what it was."""

    def __init__(self, folder: Any) -> None:
        self.team = Team()
        self.database = Database(lay(f"sqlite:///{folder}/small.db"))
        made = [who.seal(self.team.office, self.team.place, str(n)) for n in range(4) for who in (self.team.lia, self.team.sam)]
        self.bundles = dict(enumerate(made, 1))
        org, place = self.team.office.id, self.team.place
        log_hash = envelope.log_start(org, place)
        self.rows: list[dict[str, Any]] = []
        for seq, one in self.bundles.items():
            log_hash = envelope.log_next(log_hash, one.hash)
            header = one.header
            self.rows.append(
                {"org_id": org, "collection_id": place.bytes, "seq": seq, "log_hash": log_hash, "device_id": header.device,
                 "number": header.number, "hash": one.hash, "epoch": header.epoch, "roster_no": header.roster_no,
                 "body": one.encode()}
            )  # fmt: skip
        self.end = {"org_id": org, "collection_id": place.bytes, "epoch": 1, "seq": 8, "log_hash": log_hash, "changed_at": 0}

    def reset(self, conn: Connection) -> None:
        for table in (LOG, tables.damaged, tables.collection, tables.org):
            conn.execute(table.delete())
        org = {"org_id": self.team.office.id, "roster_no": 0, "roster_hash": bytes(32), "quota_bytes": 0}
        conn.execute(insert(tables.org).values(**org, changed_at=0))
        conn.execute(insert(tables.collection).values(**self.end))
        conn.execute(insert(LOG), self.rows)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    made = Small(tmp_path_factory.mktemp("small"))
    yield made
    made.database.close()


class Undo(Exception):
    """Leaves the database as it was."""


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_rot_of_bytes_is_found_and_what_the_laptops_hold_heals_it(small: Small, data: st.DataObject) -> None:
    """Any set of places, any byte of each, noticed in any order, brought back in any order: the log is what it was."""
    org, place, state = small.team.office.id, small.team.place, small.team.office.state
    bad = data.draw(st.lists(st.integers(1, 8), min_size=1, max_size=5, unique=True))

    def story(conn: Connection) -> None:
        small.reset(conn)
        for seq in bad:
            at = data.draw(st.integers(0, len(small.rows[seq - 1]["body"]) - 1))
            conn.execute(update(LOG).where(LOG.c.seq == seq).values(body=flipped(small.rows[seq - 1]["body"], at)))
        named = data.draw(st.permutations(range(1, 9)))
        doubtful = damage.doubtful(conn, org, [api.Place(place, seq) for seq in named], state, 1 << 30)
        assert sorted(seq for _, seq in doubtful) == sorted(bad), "exactly the rotten ones"
        for _, seq in doubtful:
            assert damage.note(conn, org, place, seq, lambda _: state, 5).lacks is not None
        wanted = damage.wanted(conn, org, [place])
        assert {offer.hash for offer in wanted} == {small.bundles[seq].hash for seq in bad}
        assert len(damage.again(conn, org, [api.Place(place, seq) for seq in named], 1 << 30)) == 8 - len(bad)
        for seq in data.draw(st.permutations(bad)):
            one = small.bundles[seq]
            assert damage.marks(conn, org, place)[one.hash] == seq
            damage.put_back(conn, org, place, seq, one, one.encode(), 6)
        assert [dict(row._mapping) for row in conn.execute(select(LOG).order_by(LOG.c.seq))] == small.rows
        assert list(damage.walk(conn, org, place, state)) == []
        assert damage.wanted(conn, org, [place]) == ()
        raise Undo

    with pytest.raises(Undo):
        small.database.write(story)
