"""Sealed invitations that wait at the server: an administrator leaves them, twelve words find them, and they go when over."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from cmpp_protocol import api, entries, invitations
from cmpp_server import dump
from cmpp_server.database import Database
from cmpp_server.problems import Refused
from cmpp_server.strangers import REMEMBERED, Strangers
from tests.server.conftest import NAME, Clock, Server, Team, start
from tests.unit.protocol.office import DAY, NEVER, NOW, Laptop, stream, uuid

SECRET = bytes(range(16))
PLACE = invitations.place_of(SECRET)
SEALED = b"CMPP sealed invitation\n" + bytes(range(200))
MINUTE = 60_000


def leave(server: Server, team: Team, id: UUID, laptop: Laptop | None = None, place: bytes = PLACE, **more: bytes) -> str:
    """ "ok" or the code of the refusal."""
    body = invitations.Leave(id, place, more.get("sealed", SEALED)).encode()
    pair = (laptop or team.office.admin).pair
    header = api.authorise(pair, team.office.id, NAME, invitations.PATH, server.clock.ms, more.get("signed", body)).header()
    answer = server.client.post(invitations.PATH, content=body, headers={"Authorization": header})
    if answer.status_code == 200:
        assert invitations.decode_answer(answer.content) == invitations.Answer(server.clock.ms)
        return "ok"
    return api.decode_problem(answer.content).code


def take(server: Server, place: bytes = PLACE) -> bytes | str:
    """What lies there, or the code of the refusal. Nobody signs."""
    answer = server.client.post(invitations.TAKE_PATH, content=invitations.Take(place).encode())
    if answer.status_code != 200:
        assert "Authorization" not in answer.request.headers
        return api.decode_problem(answer.content).code
    return invitations.decode_answer(answer.content).sealed


def invited(server: Server, team: Team, name: str = "nia", expires: int = NEVER) -> UUID:
    id = team.office.invite(name, team.office.member(name), expires=expires)
    server.publish(team.office)
    return id


def rows(url: str) -> int:
    made = Database(url)
    with made.read() as conn:
        found = conn.exec_driver_sql("SELECT count(*) FROM left_invitation").scalar_one()
    made.close()
    return int(found)


def test_whoever_has_the_words_takes_it_and_may_take_it_again(server: Server, team: Team, database_url: str) -> None:
    id = invited(server, team)
    assert take(server) == "not_found"
    assert leave(server, team, id) == "ok"
    assert [take(server), take(server)] == [SEALED, SEALED]  # an answer may be lost on the way
    assert take(server, invitations.place_of(bytes(16))) == "not_found"
    assert leave(server, team, id, place=stream("other words", 32), sealed=SEALED + b"anew") == "ok"
    assert (take(server), take(server, stream("other words", 32)), rows(database_url)) == ("not_found", SEALED + b"anew", 1)


@pytest.mark.parametrize("end", ["used", "closed", "ran out"])
def test_an_invitation_that_is_over_is_gone_and_looks_like_one_that_never_was(
    server: Server, team: Team, database_url: str, end: str
) -> None:
    id, office = invited(server, team, expires=NOW + DAY), team.office
    other = invited(server, team, "leon", expires=NOW + 3 * DAY)
    assert leave(server, team, id) == "ok"
    assert leave(server, team, other, place=stream("leon's", 32)) == "ok"
    if end == "used":
        office.add(office.enrolment("nia", Laptop("nia"), id))
    elif end == "closed":
        office.add(entries.invitation_closed(office.state.head, office.admin.pair, at=NOW, invitation=id))
    else:
        server.clock.ms += 2 * DAY
    if end != "ran out":
        server.publish(office)
        assert rows(database_url) == 1  # in the transaction of the entry
    assert take(server) == "not_found"
    assert rows(database_url) == 1
    assert take(server, stream("leon's", 32)) == SEALED
    expected = {"used": "invitation_used", "closed": "invitation_closed", "ran out": "invitation_expired"}
    assert leave(server, team, id) == expected[end]


def test_only_an_administrator_leaves_one_and_only_for_an_invitation_of_the_roster(server: Server, team: Team) -> None:
    id = invited(server, team)
    assert leave(server, team, id, team.lia) == "not_allowed"
    assert leave(server, team, id, Laptop("stranger")) == "device_unknown"
    assert leave(server, team, uuid("no invitation")) == "not_allowed"
    assert leave(server, team, id, signed=b"another body") == "signature_wrong"
    assert leave(server, team, id, sealed=bytes(invitations.LEAST - 1)) == "malformed"
    assert leave(server, team, id, sealed=bytes(invitations.LIMIT + 2048)) == "too_big"
    assert take(server) == "not_found"
    other = invited(server, team, "leon")
    assert [leave(server, team, id), leave(server, team, other)] == ["ok", "not_allowed"]  # nobody lies over another's
    assert take(server) == SEALED


def test_it_counts_towards_the_quota_and_leaves_with_a_backup(
    server: Server, team: Team, database_url: str, tmp_path: Path
) -> None:
    id = invited(server, team)
    made = Database(database_url)
    made.write(lambda conn: conn.exec_driver_sql("UPDATE org SET quota_bytes = 100"))
    assert leave(server, team, id) == "ok"
    assert leave(server, team, invited(server, team, "leon"), place=stream("leon's", 32)) == "over_quota"
    assert dump.write(made, tmp_path / "dump", NOW).rows["left_invitation"] == 1
    made.close()


def test_a_stranger_who_asks_too_often_waits_and_nobody_else_does(team: Team, clock: Clock, tmp_path: Path) -> None:
    for server in start(f"sqlite:///{tmp_path / 'server.db'}", clock, team.office.id, strangers_per_minute=3):
        assert leave(server, team, invited(server, team)) == "ok"
        assert [take(server, bytes(32)) for _ in range(4)] == ["not_found"] * 3 + ["too_many"]
        assert take(server) == "too_many"
        server.publish(team.office)  # who signs is counted by its own allowance
        server.clock.ms += MINUTE // 3
        assert take(server) == SEALED


def test_addresses_are_counted_apart_networks_together_and_old_ones_forgotten(clock: Clock) -> None:
    strangers = Strangers(2, clock)

    def told(address: str) -> str:
        try:
            strangers.count(address)
        except Refused as refused:
            return f"{refused.code} {refused.wait}"
        return "ok"

    assert [told("192.0.2.1"), told("192.0.2.1"), told("192.0.2.1"), told("192.0.2.2")] == ["ok", "ok", "too_many 30", "ok"]
    assert [told("2001:db8::1"), told("2001:db8::2"), told("2001:db8::3")] == ["ok", "ok", "too_many 30"]
    assert told("2001:db8:0:1::1") == "ok"
    for number in range(REMEMBERED):
        strangers.count(f"host {number}")
    assert told("192.0.2.1") == "ok"
    clock.ms -= 3600_000  # the clock was set back: nobody waits an hour
    assert told("192.0.2.1") == "ok"
    strangers = Strangers(0, clock)
    assert [told("192.0.2.1") for _ in range(5)] == ["ok"] * 5
