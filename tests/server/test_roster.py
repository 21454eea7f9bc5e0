"""The server's roster: compare-and-append, key envelopes in the same transaction, and invited laptops that come in."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait

from sqlalchemy import Connection, func, select

from cmpp_protocol import api, entries, envelope, keys
from cmpp_protocol.roster import Kind, Rights, Role
from cmpp_server import tables
from cmpp_server.database import Database
from cmpp_server.roster import Rosters
from tests.server.conftest import NAME, Server, Team, known
from tests.unit.protocol.office import DAY, NOW, Laptop, Office, stream, uuid

STORED, HAD_IT, STALE = ((one, "") for one in ("stored", "had_it", "stale"))


def send(server: Server, office: Office, laptop: Laptop, *new: api.NewEntry) -> list[tuple[str, str]]:
    """The verdicts on some entries."""
    answer = server.sync(office.id, laptop, **known(office), entries=new)
    return [(str(told[0]), told[1]) for told in answer.entry_verdicts]


def test_a_roster_is_sent_once_and_read_by_all(server: Server, team: Team) -> None:
    office = team.office
    assert set(send(server, office, team.lia, *office.new)) == {HAD_IT}
    answer = server.sync(office.id, team.lia)
    assert list(answer.entries) == office.data
    assert (answer.roster_no, answer.roster_hash, answer.roster_known) == (*office.state.head, True)
    later = server.sync(office.id, team.lia, roster_no=2, roster_hash=entries.decode(office.data[2]).hash)
    assert list(later.entries) == office.data[3:]


def test_of_two_entries_of_one_number_the_first_stays(server: Server, team: Team, database_url: str) -> None:
    """The second comes while the first is written and not committed yet: it waits for the lock, and is stale."""
    office, head = team.office, team.office.state.head
    one, two = (
        api.NewEntry(entries.member_added(head, office.admin.pair, at=NOW, member=uuid(name), role=Role.BOARD))
        for name in ("one", "two")
    )
    database, states = Database(database_url), Rosters()
    with ThreadPoolExecutor(1) as pool:

        def append_first(conn: Connection) -> Future[list[tuple[str, str]]]:
            assert states.append(conn, office.id, [one], NOW).verdicts == (STORED,)
            second = pool.submit(send, server, office, office.admin, two)
            wait([second], timeout=0.3)  # long enough to reach the lock; never an answer before the commit
            assert not second.done()
            return second

        assert database.write(append_first).result() == [STALE]
    database.close()
    assert server.sync(office.id, team.lia, **known(office)).entries == (one.entry,)


def test_a_gap_or_a_broken_rule_stops_what_follows(server: Server, team: Team) -> None:
    office = team.office
    kept = len(office.new)
    office.member("a")
    office.member("b")
    assert send(server, office, office.admin, office.new[kept + 1]) == [("stale", "gap")]
    illegal = entries.policy_set(office.state.head, team.lia.pair, at=NOW, policy={})
    told = send(server, office, office.admin, *office.new[kept:], api.NewEntry(illegal), api.NewEntry(b"x"))
    assert told == [STORED, STORED, ("refused", "not_allowed"), ("stale", "after_refused")]


def test_a_collection_arrives_only_with_a_key_for_everybody_entitled(server: Server, team: Team) -> None:
    office = team.office
    kept = len(office.new)
    office.collection("second", Kind.CASELOAD, {uuid("office member lia"): Rights.WRITE})
    (whole,) = office.new[kept:]
    assert len(whole.envelopes) == 3  # the administrator, lia, the recovery key
    partly = api.NewEntry(whole.entry, whole.envelopes[:-1])
    assert send(server, office, office.admin, partly) == [("refused", "envelopes_missing")]
    assert send(server, office, office.admin, whole) == [STORED]
    found = server.sync(office.id, team.lia, **known(office), opened=((team.place, 1),)).envelopes
    assert [(one.collection, one.recipient) for one in found] == [(uuid("office second"), team.lia.id)]
    key = keys.open_key(found[0].body, team.lia.pair, office.id, found[0].collection, 1)
    assert key == office.keys[found[0].collection, 1]


def test_a_rotation_needs_envelopes_too_and_raises_the_epoch(server: Server, team: Team) -> None:
    office, newer = team.office, stream("newer", 32)
    entry = entries.key_rotated(
        office.state.head,
        office.admin.pair,
        at=NOW,
        collection=team.place,
        epoch=2,
        commit=keys.key_commit(newer, office.id, team.place, 2),
        previous=keys.seal_previous_key(office.keys[team.place, 1], newer, office.id, team.place, 2),
    )
    office.keys[team.place, 2] = newer
    assert send(server, office, office.admin, api.NewEntry(entry)) == [("refused", "envelopes_missing")]
    after = office.envelopes(team.place, 2, office.state)
    assert send(server, office, office.admin, api.NewEntry(entry, after)) == [STORED]
    office.add(entry)
    assert server.push(office, team.lia, team.lia.seal(office, team.place)) == [STORED]
    (found,) = server.sync(office.id, team.lia, **known(office), opened=((team.place, 1),)).envelopes
    key = keys.open_key(found.body, team.lia.pair, office.id, team.place, 2)
    previous = office.state.collections[team.place].epochs[1].previous
    assert previous is not None
    assert keys.open_previous_key(previous, key, office.id, team.place, 2) == office.keys[team.place, 1]


def test_any_holder_helps_a_colleague_who_lacks_an_envelope(server: Server, team: Team) -> None:
    office = team.office
    assert server.sync(office.id, team.sam, **known(office)).envelopes == ()
    sealed = keys.seal_key(office.keys[team.place, 1], team.sam.public, office.id, team.place, 1)
    help_sam = api.KeyEnvelope(team.place, 1, team.sam.id, sealed)
    server.sync(office.id, team.lia, **known(office), envelopes=(help_sam,))
    assert server.sync(office.id, team.sam, **known(office)).envelopes == (help_sam,)
    assert server.sync(office.id, team.sam, **known(office), opened=((team.place, 1),)).envelopes == ()


def test_envelopes_for_nobody_or_from_an_outsider_are_not_kept(server: Server, team: Team) -> None:
    office = team.office
    outsider = office.laptop("otto", office.member("otto"))
    server.publish(office)
    body = keys.seal_key(stream("garbage", 32), team.sam.public, office.id, team.place, 1)
    server.sync(office.id, outsider, **known(office), envelopes=(api.KeyEnvelope(team.place, 1, team.sam.id, body),))
    for useless in (
        api.KeyEnvelope(team.place, 2, team.sam.id, body),
        api.KeyEnvelope(team.place, 1, outsider.id, body),
        api.KeyEnvelope(uuid("nowhere"), 1, team.sam.id, body),
    ):
        server.sync(office.id, team.lia, **known(office), envelopes=(useless,))
    assert server.sync(office.id, team.sam, **known(office)).envelopes == ()
    assert server.sync(office.id, outsider, **known(office)).envelopes == ()


def test_an_invited_laptop_enrols_and_opens_its_keys_in_one_request(server: Server, team: Team) -> None:
    office = team.office
    nia = office.member("nia", team=team.place)
    kept = len(office.new)
    invitation = office.invite("nia", nia, (team.place,))
    new = api.NewEntry(office.new[kept].entry, office.envelopes(team.place, 1, office.state))
    server.sync(office.id, office.admin, entries=(*office.new[:kept], new))
    laptop = Laptop("nia")
    entry = office.add(office.enrolment("nia", laptop, invitation))
    cursor = api.Cursor(team.place, 0, envelope.log_start(office.id, team.place))
    server.push(office, team.lia, team.lia.seal(office, team.place, roster_no=office.state.no - 1))
    answer = server.sync(office.id, laptop, entries=(api.NewEntry(entry),), cursors=(cursor,))
    assert answer.entry_verdicts == (STORED,)
    assert list(answer.entries) == office.data
    (sealed,) = answer.envelopes
    introduction = office.introduction("nia")
    assert sealed.recipient == introduction.id
    key = keys.open_key(sealed.body, introduction, office.id, team.place, 1)
    assert keys.key_fits(key, office.state.collections[team.place].commit(1) or b"", office.id, team.place, 1)
    assert len(answer.logs[0].items) == 1
    assert server.push(office, laptop, laptop.seal(office, team.place)) == [STORED]


def test_an_enrolment_made_offline_is_told_what_came_first(server: Server, team: Team) -> None:
    office = team.office
    invitation = office.invite("nia", office.member("nia"))
    laptop = Laptop("nia")
    offline = office.enrolment("nia", laptop, invitation)
    pinned = office.state.no
    office.member("meanwhile")
    server.publish(office)
    at = {"roster_no": pinned, "roster_hash": entries.decode(office.data[pinned]).hash}
    answer = server.sync(office.id, laptop, **at, entries=(api.NewEntry(offline),))
    assert answer.entry_verdicts == (STALE,)
    assert list(answer.entries) == office.data[pinned + 1 :]
    again = office.enrolment("nia", laptop, invitation)
    assert server.sync(office.id, laptop, **known(office), entries=(api.NewEntry(again),)).entry_verdicts == (STORED,)


def test_a_second_use_of_an_invitation_is_refused_and_reads_nothing(server: Server, team: Team) -> None:
    office = team.office
    invitation = office.invite("nia", office.member("nia"))
    server.publish(office)
    thief = Laptop("thief")
    office.add(office.enrolment("nia", Laptop("nia"), invitation))
    server.sync(office.id, Laptop("nia"), entries=(office.new[-1],))
    second = office.enrolment("nia", thief, invitation)
    assert server.problem(office.id, thief, entries=(api.NewEntry(second),)) == "invitation_used"


def test_a_closed_or_expired_invitation_says_so(server: Server, team: Team) -> None:
    office = team.office
    nia = office.member("nia")
    closed, expired = office.invite("closed", nia), office.invite("expired", nia, expires=NOW + DAY)
    office.add(entries.invitation_closed(office.state.head, office.admin.pair, at=NOW, invitation=closed))
    server.publish(office)
    laptop = Laptop("nia")
    entry = office.enrolment("closed", laptop, closed)
    assert server.problem(office.id, laptop, entries=(api.NewEntry(entry),)) == "invitation_closed"
    server.clock.ms += DAY + 1
    entry = office.enrolment("expired", laptop, expired)  # it says it was made in time
    assert server.problem(office.id, laptop, entries=(api.NewEntry(entry),)) == "invitation_expired"


def test_a_roster_that_differs_is_named_and_nothing_is_sent(server: Server, team: Team) -> None:
    office = team.office
    for no, hashed in ((office.state.no + 1, bytes(32)), (2, bytes(32))):
        answer = server.sync(office.id, team.lia, roster_no=no, roster_hash=hashed)
        assert not answer.roster_known
        assert answer.entries == ()
        assert answer.roster_hash == office.state.hash


def test_nothing_of_a_refused_batch_is_half_kept(server: Server, team: Team, database_url: str) -> None:
    office = team.office
    kept = len(office.new)
    place = office.collection("second")
    (whole,) = office.new[kept:]
    send(server, office, office.admin, api.NewEntry(whole.entry, whole.envelopes[:1]))
    database = Database(database_url)
    with database.read() as conn:
        for table in (tables.key_envelope, tables.collection):
            mine = select(func.count()).select_from(table).where(table.c.collection_id == place.bytes)
            assert conn.execute(mine).scalar_one() == 0
    database.close()


def test_signed_for_another_name_it_is_nobodys_request(server: Server, team: Team) -> None:
    body = api.SyncRequest().encode()
    other = api.authorise(team.lia.pair, team.office.id, f"not-{NAME}", api.PATH, server.clock.ms, body)
    status, said = server.raw(body, other.header())
    assert (status, api.decode_problem(said).code) == (401, "signature_wrong")
