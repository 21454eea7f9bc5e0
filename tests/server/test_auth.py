"""Who asks: strangers, wrong clocks, copied requests, hostile bytes. Each gets a code, none an exception."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cmpp_protocol import api, canon
from tests.server.conftest import NAME, Clock, Server, Team, known, start
from tests.unit.protocol.office import Laptop, Office


def test_an_organisation_that_nobody_added_is_unknown(server: Server) -> None:
    stranger = Office("stranger")
    assert server.problem(stranger.id, stranger.admin, entries=tuple(stranger.new)) == "organisation_unknown"


def test_a_device_that_is_not_in_the_roster_is_unknown(server: Server, team: Team) -> None:
    office = team.office
    thief = Laptop("thief")
    assert server.problem(office.id, thief) == "device_unknown"
    invitation = office.invite("nia", office.member("nia"))
    assert server.problem(office.id, thief, entries=(api.NewEntry(office.enrolment("nia", thief, invitation)),)) == (
        "device_unknown"  # the server has not heard of this invitation
    )
    server.publish(office)
    forged = office.enrolment("another secret", thief, invitation)
    assert server.problem(office.id, thief, entries=(api.NewEntry(forged),)) == "device_unknown"
    genesis = Office("stranger").new[0]
    assert server.problem(office.id, Office("stranger").admin, entries=(genesis,)) == "device_unknown"


def test_only_the_organisations_own_genesis_begins_it(database_url: str, clock: Clock, team: Team) -> None:
    for server in start(database_url, clock, team.office.id):
        stranger = Office("stranger")
        assert server.problem(team.office.id, stranger.admin, entries=tuple(stranger.new)) == "device_unknown"
        assert server.problem(team.office.id, team.lia, entries=tuple(team.office.new)) == "device_unknown"
        assert server.publish(team.office).roster_no == team.office.state.no


def test_a_wrong_clock_learns_the_time_and_tries_again(server: Server, team: Team) -> None:
    body = api.SyncRequest(**known(team.office)).encode()
    for wrong in (server.clock.ms - api.CLOCK_WINDOW - 1, server.clock.ms + api.CLOCK_WINDOW + 1):
        early = api.authorise(team.lia.pair, team.office.id, NAME, api.PATH, wrong, body)
        status, said = server.raw(body, early.header())
        problem = api.decode_problem(said)
        assert (status, problem.code) == (401, "clock_wrong")
        again = api.authorise(team.lia.pair, team.office.id, NAME, api.PATH, problem.time, body)
        assert server.raw(body, again.header())[0] == 200


def test_a_copied_request_does_nothing_twice_and_grows_stale(server: Server, team: Team) -> None:
    bundle = team.lia.seal(team.office, team.place)
    body = api.SyncRequest(**known(team.office), bundles=(bundle.encode(),)).encode()
    header = api.authorise(team.lia.pair, team.office.id, NAME, api.PATH, server.clock.ms, body).header()
    told = [api.decode_answer(server.raw(body, header)[1]).verdicts[0].verdict for _ in range(2)]
    assert told == [api.Verdict.STORED, api.Verdict.HAD_IT]
    server.clock.ms += api.CLOCK_WINDOW + 1
    assert api.decode_problem(server.raw(body, header)[1]).code == "clock_wrong"


def test_a_changed_body_or_a_borrowed_name_breaks_the_signature(server: Server, team: Team) -> None:
    body = api.SyncRequest(**known(team.office)).encode()
    header = api.authorise(team.lia.pair, team.office.id, NAME, api.PATH, server.clock.ms, body)
    changed = api.SyncRequest(**known(team.office), wait=1).encode()
    assert api.decode_problem(server.raw(changed, header.header())[1]).code == "signature_wrong"
    borrowed = api.Authorisation(header.org, team.sam.id, header.time, header.signature)
    assert api.decode_problem(server.raw(body, borrowed.header())[1]).code == "signature_wrong"


def test_too_large_a_body_is_refused_before_it_is_read(server: Server, team: Team) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(api.REQUEST_LIMIT // 1_000_000 + 2):
            yield bytes(1_000_000)

    for content in (bytes(api.REQUEST_LIMIT + 1), endless()):
        answer = server.client.post(api.PATH, content=content)
        assert (answer.status_code, api.decode_problem(answer.content).code) == (413, "too_big")


def test_no_authorisation_and_other_paths_are_problems_too(server: Server) -> None:
    assert api.decode_problem(server.raw(b"", "")[1]).code == "malformed"
    for answer, code in (
        (server.client.get("/"), "not_found"),
        (server.client.get("/docs"), "not_found"),
        (server.client.get(api.PATH), "malformed"),
    ):
        assert api.decode_problem(answer.content).code == code


def test_a_newer_laptop_is_told_to_wait_for_the_servers_update(server: Server, team: Team) -> None:
    body = canon.pack({**canon.unpack(api.SyncRequest().encode()), "v": 2})
    header = api.authorise(team.lia.pair, team.office.id, NAME, api.PATH, server.clock.ms, body).header()
    status, said = server.raw(body, header)
    assert (status, api.decode_problem(said).code) == (426, "update")


words = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 1 << 40) | st.text(max_size=4) | st.binary(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
fields = st.sampled_from(sorted(canon.unpack(api.SyncRequest().encode())))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=60) | st.tuples(fields, words), header=st.none() | st.text("CMP1 aZ=-_", max_size=30))
def test_hostile_bytes_get_a_problem_and_never_a_crash(
    server: Server, team: Team, body: bytes | tuple[str, object], header: str | None
) -> None:
    if isinstance(body, tuple):
        body = canon.pack({**canon.unpack(api.SyncRequest().encode()), body[0]: body[1]})
    signed = api.authorise(team.lia.pair, team.office.id, NAME, api.PATH, server.clock.ms, body).header()
    status, said = server.raw(body, signed if header is None else header)
    if status == 200:
        api.decode_answer(said)
    else:
        assert api.decode_problem(said).code in ("malformed", "update")


def test_the_watchers_see_counts_and_no_ids(server: Server, team: Team) -> None:
    server.push(team.office, team.lia, team.lia.seal(team.office, team.place))
    assert server.client.get("/healthz").text == "ok\n"
    assert server.client.get("/readyz").status_code == 200
    shown = server.client.get("/metrics").text
    assert 'cmpp_bundles_total{verdict="stored"} 1.0' in shown
    for secret in (team.lia.id.hex()[:8], team.office.id.hex()[:8], team.place.hex[:8]):
        assert secret not in shown


@pytest.mark.parametrize("quota", [1])
def test_a_full_organisation_is_told_so_and_still_reads(
    database_url: str, clock: Clock, team: Team, quota: int
) -> None:
    from cmpp_server.database import Database
    from cmpp_server.exchange import add_organisation

    database = Database(database_url)
    database.migrate()
    database.write(lambda conn: add_organisation(conn, team.office.id, 0, quota))
    database.close()
    for server in start(database_url, clock):
        server.publish(team.office)
        one, two = (team.lia.seal(team.office, team.place, text) for text in "12")
        assert server.push(team.office, team.lia, one) == [("stored", "")]
        assert server.problem(team.office.id, team.lia, bundles=(two.encode(),)) == "over_quota"
        assert len(server.read(team.office, team.sam, team.place).items) == 1
