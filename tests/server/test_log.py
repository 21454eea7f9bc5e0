"""The log: every bundle that counts gets one place, in an order that no reader can miss; nothing signed is dropped."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, text

from cmpp_protocol import api, entries, envelope
from cmpp_protocol.roster import Rights
from cmpp_server import damage, log, roster, tables
from cmpp_server.database import Database
from tests.server.conftest import Clock, Server, Team, known, start
from tests.unit.protocol.office import NOW, Laptop, Office, stream, uuid

STORED, HAD_IT = ("stored", ""), ("had_it", "")


def seqs(found: api.Slice) -> list[int]:
    return [item.seq for item in found.items]


def test_a_bundle_reaches_the_colleague_byte_for_byte(server: Server, team: Team) -> None:
    bundle = team.lia.seal(team.office, team.place, "hello")
    assert server.push(team.office, team.lia, bundle) == [STORED]
    found = server.read(team.office, team.sam, team.place)
    assert [item.envelope for item in found.items] == [bundle.encode()]
    assert found.known
    assert found.log_hash == envelope.log_next(envelope.log_start(team.office.id, team.place), bundle.hash)


def test_a_lost_answer_is_asked_again_without_harm(server: Server, team: Team) -> None:
    bundle = team.lia.seal(team.office, team.place)
    assert server.push(team.office, team.lia, bundle) == [STORED]
    assert server.push(team.office, team.lia, bundle, bundle) == [HAD_IT, HAD_IT]
    assert seqs(server.read(team.office, team.sam, team.place)) == [1]


def test_a_bundle_in_the_wrong_order_is_held_until_its_turn(server: Server, team: Team) -> None:
    one, two, three = (team.lia.seal(team.office, team.place, text) for text in "123")
    assert server.push(team.office, team.lia, three, two) == [("held", "order"), ("held", "order")]
    assert server.push(team.office, team.lia, three) == [("held", "order")]
    assert seqs(server.read(team.office, team.sam, team.place)) == []
    assert server.push(team.office, team.lia, one) == [STORED]
    found = server.read(team.office, team.sam, team.place)
    assert [item.envelope for item in found.items] == [made.encode() for made in (one, two, three)]
    assert server.push(team.office, team.lia, two, three) == [HAD_IT, HAD_IT]


def test_one_bad_bundle_never_stops_the_others(server: Server, team: Team) -> None:
    one, two = (team.lia.seal(team.office, team.place, text) for text in "12")
    forged = replace(one, signature=bytes(64))
    foreign = Laptop("x").seal(Office("other"), team.place, roster_no=0)
    answer = server.sync(
        team.office.id,
        team.lia,
        **known(team.office),
        bundles=(forged.encode(), b"\x00\x01rubbish", one.encode(), foreign.encode(), two.encode()),
    )
    assert [(str(row.verdict), row.why) for row in answer.verdicts] == [
        ("refused", "signature"),
        ("refused", "truncated"),
        STORED,
        ("refused", "organisation"),
        STORED,
    ]
    assert seqs(server.read(team.office, team.sam, team.place)) == [1, 2]


def test_a_second_bundle_of_one_number_is_kept_as_evidence(server: Server, team: Team) -> None:
    one = team.lia.seal(team.office, team.place, "one")
    clone = Laptop("office lia").seal(team.office, team.place, "the clone's")
    assert server.push(team.office, team.lia, one, clone) == [STORED, ("held", "fork")]
    assert seqs(server.read(team.office, team.sam, team.place)) == [1]
    offer = api.Offer(team.place, team.lia.id, 1, clone.hash)
    assert server.sync(team.office.id, team.lia, **known(team.office), offers=(offer,)).wanted == ()


def test_a_bundle_of_a_roster_that_the_server_lacks_waits_for_it(server: Server, team: Team) -> None:
    bundle = team.lia.seal(team.office, team.place, roster_no=team.office.state.no + 1)
    assert server.push(team.office, team.lia, bundle) == [("roster?", "")]
    team.office.member("new")
    server.sync(team.office.id, team.lia, entries=tuple(team.office.new))  # any device may bring entries
    assert server.push(team.office, team.lia, bundle) == [STORED]


def test_who_may_only_read_is_held_and_who_may_not_is_refused(server: Server, team: Team) -> None:
    rosa = team.office.member("rosa")
    team.office.grant(rosa, team.place, Rights.READ)
    reader = team.office.laptop("rosa", rosa, (team.place,))
    outsider = team.office.laptop("otto", team.office.member("otto"))
    server.publish(team.office)
    assert server.push(team.office, reader, reader.seal(team.office, team.place)) == [("held", "rights")]
    assert server.push(team.office, outsider, outsider.seal(team.office, team.place)) == [("held", "rights")]
    other = team.lia.seal(team.office, team.place)
    assert server.push(team.office, outsider, other) == [("refused", "not_yours")]
    assert server.push(team.office, reader, other) == [STORED]  # a colleague brings what the log lacks
    elsewhere = team.lia.seal(team.office, uuid("nowhere"))
    assert server.push(team.office, team.lia, elsewhere) == [("refused", "collection")]
    answer = server.sync(
        team.office.id,
        outsider,
        **known(team.office),
        cursors=(api.Cursor(team.place, 0, envelope.log_start(team.office.id, team.place)),),
    )
    assert answer.logs == ()
    assert answer.envelopes == ()


def test_too_big_is_said_and_nothing_is_cut(server: Server, team: Team) -> None:
    huge = bytes(envelope.ENVELOPE_LIMIT + 1)
    answer = server.sync(team.office.id, team.lia, **known(team.office), bundles=(huge,))
    assert [str(row.verdict) for row in answer.verdicts] == ["too_big"]


def test_the_largest_bundle_passes(server: Server, team: Team) -> None:
    body = bytes(envelope.BODY_LIMIT)
    header = team.lia.seal(team.office, team.place).header
    largest = envelope.sign(header, body, team.lia.pair)
    assert server.push(team.office, team.lia, largest) == [STORED]
    (item,) = server.read(team.office, team.sam, team.place).items
    assert item.envelope == largest.encode()


def test_what_is_held_of_one_device_is_bounded(database_url: str, clock: Clock, team: Team) -> None:
    for server in start(database_url, clock, team.office.id, held_limit=2):
        server.publish(team.office)
        _first, *later = (team.lia.seal(team.office, team.place, str(at)) for at in range(4))
        told = server.push(team.office, team.lia, *later)
        assert told == [("held", "order"), ("held", "order"), ("refused", "held_limit")]


def test_a_reader_goes_on_from_its_cursor_in_pages(server: Server, team: Team) -> None:
    sent = [team.lia.seal(team.office, team.place, str(at)) for at in range(7)]
    server.push(team.office, team.lia, *sent)
    cursor, got, rounds = api.Cursor(team.place, 0, envelope.log_start(team.office.id, team.place)), [], 0
    more = True
    while more:
        answer = server.sync(team.office.id, team.sam, **known(team.office), cursors=(cursor,), limit=600)
        (found,) = answer.logs
        got += [item.envelope for item in found.items]
        cursor = api.Cursor(team.place, found.items[-1].seq, found.items[-1].log_hash)
        more, rounds = answer.more, rounds + 1
    assert got == [made.encode() for made in sent]
    assert rounds == 4  # two of 294 bytes fit into 600


def test_a_cursor_that_the_log_does_not_know_means_another_history(server: Server, team: Team) -> None:
    server.push(team.office, team.lia, *(team.lia.seal(team.office, team.place, text) for text in "12"))
    real = server.read(team.office, team.sam, team.place).items
    wrong = [(1, bytes(32)), (3, real[1].log_hash), (0, bytes(32)), (2, real[0].log_hash)]
    for seq, log_hash in wrong:
        cursor = api.Cursor(team.place, seq, log_hash)
        (found,) = server.sync(team.office.id, team.sam, **known(team.office), cursors=(cursor,)).logs
        assert (found.known, found.items) == (False, ())
        assert found.seq == 2
    assert seqs(server.read(team.office, team.sam, team.place, real[0])) == [2]


def test_a_restored_server_gets_back_what_it_lost(server: Server, team: Team, database_url: str) -> None:
    sent = [team.lia.seal(team.office, team.place, text) for text in "123"]
    server.push(team.office, team.lia, *sent)
    last = server.read(team.office, team.sam, team.place).items[-1]
    lose_after(database_url, team, 1)
    assert not server.read(team.office, team.sam, team.place, last).known
    offers = tuple(api.Offer(team.place, team.lia.id, one.header.number, one.hash) for one in sent)
    wanted = server.sync(team.office.id, team.sam, **known(team.office), offers=offers).wanted
    assert wanted == offers[1:]
    assert server.push(team.office, team.sam, *sent[1:]) == [STORED, STORED]
    assert server.read(team.office, team.sam, team.place, last).known  # the same history again


def test_pushes_from_many_threads_are_numbered_without_a_gap(server: Server, team: Team) -> None:
    laptops = [team.office.laptop(f"l{at}", uuid("office member lia"), (team.place,)) for at in range(4)]
    server.publish(team.office)
    chains = {laptop: [laptop.seal(team.office, team.place, str(at)) for at in range(8)] for laptop in laptops}

    def send(laptop: Laptop) -> list[tuple[str, str]]:
        return [server.push(team.office, laptop, one)[0] for one in chains[laptop]]

    with ThreadPoolExecutor(len(laptops)) as pool:
        assert [told for each in pool.map(send, laptops) for told in each] == [STORED] * 32
    items = server.read(team.office, team.sam, team.place).items
    assert [item.seq for item in items] == list(range(1, 33))
    log_hash = envelope.log_start(team.office.id, team.place)
    for item in items:
        log_hash = envelope.log_next(log_hash, envelope.decode(item.envelope).hash)
        assert item.log_hash == log_hash
    assert {item.envelope for item in items} == {one.encode() for chain in chains.values() for one in chain}


def test_no_reader_skips_a_bundle_that_commits_late(server: Server, team: Team, database_url: str) -> None:
    """One writer waits with its place taken and not committed; a second one must not get a later place before it."""
    late, quick = team.lia.seal(team.office, team.place, "late"), team.sam.seal(team.office, team.place, "quick")
    database = Database(database_url)
    states = roster.Rosters()

    def state_now(conn: Any) -> Any:
        return states.current(conn, team.office.id)

    with ThreadPoolExecutor(1) as pool:

        def push_late(conn: Any) -> Any:
            parcel = log.Parcel(late, late.hash, late.encode())
            log.append(conn, log.lock(conn, team.office.id, team.place), state_now, [parcel], NOW, 10)
            waiting = pool.submit(server.push, team.office, team.sam, quick)
            # While the first is not committed, a reader sees neither of them, and the second has no answer.
            assert seqs(server.read(team.office, team.lia, team.place)) == []
            assert not waiting.done()
            return waiting

        assert database.write(push_late).result() == [STORED]
    database.close()
    found = server.read(team.office, team.sam, team.place)
    assert [item.envelope for item in found.items] == [late.encode(), quick.encode()]


def test_a_push_and_a_revocation_never_pass_each_other(server: Server, team: Team) -> None:
    one, two = (team.lia.seal(team.office, team.place, text) for text in "12")
    server.push(team.office, team.lia, one)
    head, admin, chain = team.office.state.head, team.office.admin.pair, (team.lia.id, team.place)
    revoke = entries.device_revoked(head, admin, at=NOW, device=team.lia.id, fence={chain: (1, one.hash)})
    server.push(team.office, team.lia, two)
    stale = server.sync(team.office.id, team.office.admin, entries=(api.NewEntry(revoke),))
    assert stale.entry_verdicts == ((api.EntryVerdict.REFUSED, "fence_stale"),)
    at_head = entries.device_revoked(head, admin, at=NOW, device=team.lia.id, fence={chain: (2, two.hash)})
    three = team.lia.seal(team.office, team.place, "3")
    stored = server.sync(team.office.id, team.office.admin, entries=(api.NewEntry(at_head),))
    assert stored.entry_verdicts == ((api.EntryVerdict.STORED, ""),)
    # The revoked laptop's unsent work is held, it learns why from the signed entry, and it gets nothing else.
    answer = server.sync(team.office.id, team.lia, **known(team.office), bundles=(three.encode(),))
    assert [(str(row.verdict), row.why) for row in answer.verdicts] == [("held", "fence")]
    assert answer.entries == (at_head,)
    assert (answer.logs, answer.envelopes) == ((), ())
    assert server.push(team.office, team.lia, two) == [HAD_IT]


def test_the_check_finds_what_was_tampered_with(server: Server, team: Team, database_url: str) -> None:
    server.push(team.office, team.lia, *(team.lia.seal(team.office, team.place, text) for text in "123"))
    database = Database(database_url)
    assert check(database, team) == []
    tampered = [
        ("UPDATE envelope SET log_hash = hash WHERE seq = 2", "does not follow"),
        ("UPDATE envelope SET body = (SELECT body FROM envelope WHERE seq = 1) WHERE seq = 3", "not the bundle"),
        ("DELETE FROM envelope WHERE seq = 3", "ends at 2"),
        ("DELETE FROM envelope WHERE seq = 1", "place 1 is missing"),
    ]
    for statement, finding in tampered:
        database.write(lambda conn, sql=statement: conn.execute(text(sql)))  # type: ignore[misc]
        assert any(finding in one for one in check(database, team)), finding
    database.close()


def check(database: Database, team: Team) -> list[str]:
    with database.read() as conn:
        return [one.why for one in damage.walk(conn, team.office.id, team.place, team.office.state)]


def lose_after(url: str, team: Team, seq: int) -> None:
    """As a server restored from an old backup: everything after a place is gone."""
    database = Database(url)

    def lose(conn: Any) -> None:
        row = conn.execute(select(tables.log).where(tables.log.c.seq == seq)).one()
        conn.execute(tables.log.delete().where(tables.log.c.seq > seq))
        conn.execute(tables.collection.update().values(seq=seq, log_hash=row.log_hash))
        mine = tables.device_head.c.device_id == row.device_id
        conn.execute(tables.device_head.update().where(mine).values(number=row.number, hash=row.hash))

    database.write(lose)
    database.close()


def test_waiting_ends_with_news(server: Server, team: Team) -> None:
    """A long poll without a place in time: the colleague's push is already on its way, whoever comes first."""
    bundle = team.lia.seal(team.office, team.place)
    cursor = api.Cursor(team.place, 0, envelope.log_start(team.office.id, team.place))
    opened = {"opened": ((team.place, 1),), "cursors": (cursor,), "wait": 30}
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lambda: server.sync(team.office.id, team.sam, **known(team.office), **opened))
        server.push(team.office, team.lia, bundle)
        assert [item.envelope for item in waiting.result(25).logs[0].items] == [bundle.encode()]


@pytest.mark.parametrize("spoil", [lambda data: data[:-1], lambda data: data + b"x", lambda _: stream("junk", 300)])
def test_unreadable_bundles_are_refused_one_by_one(server: Server, team: Team, spoil: Callable[[bytes], bytes]) -> None:
    good = team.lia.seal(team.office, team.place)
    bundles = (spoil(good.encode()), good.encode())
    answer = server.sync(team.office.id, team.lia, **known(team.office), bundles=bundles)
    assert [str(row.verdict) for row in answer.verdicts] == ["refused", "stored"]
