"""Sync's side of the store: kept together or not at all, and given back as it was put."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest

from cmpp_desktop.changes import LIFE, LIVE, Head, RecordState, collection_id, life_value
from cmpp_desktop.domain.participants import ChangeParticipant
from cmpp_desktop.domain.questions import Participant
from cmpp_desktop.domain.staff import NameTeam
from cmpp_desktop.errors import BugError
from cmpp_desktop.sync.replica import GONE, Chain, EnvelopeRow, Replica, SetAside, StoredEnvelope
from cmpp_protocol import canon
from cmpp_protocol.stamps import Stamp
from tests.store.laptops import CASELOAD, NOON, RESTRICTED, TEAM, Laptop, family

Make = Callable[..., Laptop]
DEVICE, OTHER, HASH = b"\x01" * 32, b"\x02" * 32, b"\x07" * 32


def an_envelope(number: int, **more: object) -> StoredEnvelope:
    values = {
        "collection": CASELOAD,
        "device": DEVICE,
        "number": number,
        "hash": bytes([number]) * 32,
        "epoch": 1,
        "seq": None,
        "mine": False,
        "state": "counts",
        "last_hlc": None,
        "body": b"sealed",
    }
    return StoredEnvelope(**{**values, **more})  # type: ignore[arg-type]  # made from a map, for short stories


def test_everything_in_a_transaction_is_kept_or_nothing(a_laptop: Make) -> None:
    laptop = a_laptop()
    replica: Replica = laptop.store.replica()
    with pytest.raises(ZeroDivisionError):
        half_done(replica)
    assert replica.cursor(CASELOAD) is None
    assert replica.chains(CASELOAD) == {}
    with replica.transaction():  # the number that the device had been given is given again, and written
        replica.put_chain(CASELOAD, OTHER, Chain(1, HASH, 5, 2))
    laptop.reopen()
    (chain,) = laptop.store.replica().chains(CASELOAD).values()
    assert (chain.number, chain.hash, chain.last_hlc, chain.roster_no) == (1, HASH, 5, 2)
    with pytest.raises(BugError, match="write_outside"):
        laptop.store.replica().put_cursor(CASELOAD, 1, HASH)


def half_done(replica: Replica) -> None:
    with replica.transaction():
        replica.put_chain(CASELOAD, DEVICE, Chain(3, HASH, 9, 1))
        replica.put_cursor(CASELOAD, 7, HASH)
        raise ZeroDivisionError


def test_roster_keys_cursor_and_secrets_come_back(a_laptop: Make) -> None:
    laptop = a_laptop()
    replica: Replica = laptop.store.replica()
    with replica.transaction():
        replica.append_roster(0, HASH, b"genesis")
        replica.append_roster(1, DEVICE, b"second")
        replica.put_collection_key(CASELOAD, 1, HASH)
        replica.put_cursor(CASELOAD, 7, HASH)
        replica.put_secret("org", HASH)
        replica.put_secret("server", b"x")
        replica.put_secret("server", None)
    laptop.reopen()
    replica = laptop.store.replica()
    assert list(replica.roster()) == [b"genesis", b"second"]
    assert dict(replica.collection_keys()) == {(CASELOAD, 1): HASH}
    assert replica.cursor(CASELOAD) == (7, HASH)
    assert replica.secret("org") == HASH
    assert replica.secret("server") is None


def test_bundles_are_kept_changed_and_found(a_laptop: Make) -> None:
    replica: Replica = a_laptop().store.replica()
    with replica.transaction():
        replica.put_envelope(an_envelope(2))
        replica.put_envelope(an_envelope(1, mine=True, last_hlc=(1 << 64) - 1))
        replica.put_envelope(an_envelope(2, seq=9, state="void"))
    assert [tuple(item) for item in map(plain, replica.envelopes(CASELOAD))] == [
        plain(an_envelope(1, mine=True, last_hlc=(1 << 64) - 1)),
        plain(an_envelope(2, seq=9, state="void")),
    ]
    assert [item.number for item in replica.envelopes(CASELOAD, logged=True)] == [2]
    assert [item.number for item in replica.envelopes(CASELOAD, mine=True, logged=False, state="counts")] == [1]
    assert replica.envelope(CASELOAD, OTHER, 1, HASH) is None
    with replica.transaction():
        replica.forget_log(CASELOAD)
    found = replica.envelope(CASELOAD, DEVICE, 2, b"\x02" * 32)
    assert found is not None
    assert found.seq is None


def test_bytes_of_others_go_up_to_a_place_so_many_at_a_time_and_nothing_else(a_laptop: Make) -> None:
    replica: Replica = a_laptop().store.replica()
    with replica.transaction():
        for number in (1, 2, 3, 4):
            replica.put_envelope(an_envelope(number, seq=number))
        replica.put_envelope(an_envelope(5, seq=5, mine=True))
        replica.put_envelope(an_envelope(6, seq=6, device=OTHER))
        replica.put_envelope(an_envelope(7, seq=7, state="held"))
        replica.put_envelope(an_envelope(8))
        replica.put_envelope(an_envelope(9, seq=9))
    counted = []
    for most in (3, 3, 3):
        with replica.transaction():
            counted.append(replica.let_go(CASELOAD, 8, OTHER, most))
    assert counted == [3, 1, 0]
    bodies = {one.number: one.body for one in replica.envelopes(CASELOAD)}
    assert {number for number, body in bodies.items() if body == GONE} == {1, 2, 3, 4}
    assert [row[2] for row in replica.listed(CASELOAD)] == [5, 6, 7, 9], "a log is made again from these alone"
    with replica.transaction():
        replica.put_envelope(an_envelope(1, seq=1))
    found = replica.envelope(CASELOAD, DEVICE, 1, b"\x01" * 32)
    assert found is not None
    assert found.body == GONE, "what is here already is not taken twice"


def plain(item: EnvelopeRow) -> tuple[object, ...]:
    return (
        item.collection,
        item.device,
        item.number,
        item.hash,
        item.epoch,
        item.seq,
        item.mine,
        item.state,
        item.last_hlc,
        item.body,
    )


def test_what_was_set_aside_is_kept_once_and_released(a_laptop: Make) -> None:
    replica: Replica = a_laptop().store.replica()
    item = SetAside(CASELOAD, DEVICE, 4, HASH, -1, "does_not_open", NOON, b"body")
    with replica.transaction():
        replica.set_aside(item)
        replica.set_aside(item)
    (kept,) = replica.all_set_aside()
    assert (kept.reason, kept.number, kept.part) == ("does_not_open", 4, -1)
    with replica.transaction():
        replica.release(CASELOAD, DEVICE, 4, HASH)
    assert list(replica.all_set_aside()) == []


def test_the_outbox_is_by_collection_and_is_trimmed_when_it_was_read_in_the_log(a_laptop: Make) -> None:
    laptop = a_laptop()
    person = laptop.do(family()).id
    laptop.do(ChangeParticipant(person, {"safe_contact": "x"}))
    replica: Replica = laptop.store.replica()
    first, second = replica.outbox(CASELOAD)
    assert replica.outbox(RESTRICTED) == []
    with replica.transaction():
        replica.trim_outbox(CASELOAD, first.stamp.hlc)
    assert list(replica.outbox()) == [second]


def test_a_state_with_everything_in_it_comes_back_equal(a_laptop: Make) -> None:
    """Several heads, waits, covers, an unknown field, a life from a newer version, the last possible stamp."""
    laptop, id = a_laptop(), UUID(int=9)
    a, b, c = Stamp(5 << 16, DEVICE), Stamp((1 << 64) - 1, OTHER), Stamp(9 << 16, OTHER)
    heads = {
        LIFE: (Head(a, life_value("deleted", "x")), Head(c, canon.pack(["frozen"]))),
        "legal_name": (Head(a, canon.pack({"given": "A", "family": "B"})), Head(b, canon.pack({"given": "C", "family": "B"}))),
        "shoe_size": (Head(a, canon.pack(39)),),
        "aliases": (Head(c, canon.pack(["x"])),),
    }
    covers = {a: (("aliases", (a,)), ("legal_name", (a, c))), c: ()}
    state = RecordState("participant", heads, {"gender": frozenset({c})}, covers, {("gender", c): 4, ("aliases", a): 5})
    replica: Replica = laptop.store.replica()
    with replica.transaction():
        replica.save_states(CASELOAD, {}, {id: state})
    laptop.reopen()
    replica = laptop.store.replica()
    again = replica.states(CASELOAD, [id])[id]
    assert again == state
    assert again.since == state.since
    simple = RecordState("participant", {**{n: h[-1:] for n, h in heads.items()}, LIFE: (Head(c, LIVE),)})
    with replica.transaction():
        replica.save_states(CASELOAD, {id: again}, {id: simple})
    assert replica.states(CASELOAD, [id])[id] == simple
    assert laptop.ask(Participant(id)).participant.fields.legal_name.given == "C"


def test_a_value_that_does_not_fit_never_stops_the_page(a_laptop: Make) -> None:
    laptop = a_laptop()
    stamp = Stamp(5 << 16, DEVICE)
    bad = [canon.pack(5), canon.pack({"given": {"deep": 1}}), canon.pack(None), canon.pack([b"x"]), b"\xc1"]
    states = {
        UUID(int=100 + number): RecordState("participant", {"legal_name": (Head(stamp, value),), LIFE: (Head(stamp, LIVE),)})
        for number, value in enumerate(bad)
    }
    good = UUID(int=99)
    states[good] = RecordState(
        "participant", {"legal_name": (Head(stamp, canon.pack({"given": "A", "family": "B"})),), LIFE: (Head(stamp, LIVE),)}
    )
    replica: Replica = laptop.store.replica()
    with replica.transaction():
        assert replica.save_states(CASELOAD, {}, states) == set(states)
    assert replica.states(CASELOAD, list(states)) == states
    assert laptop.ask(Participant(good)).participant.fields.legal_name.given == "A"


def test_a_team_is_found_by_its_collection_when_its_record_comes(a_laptop: Make) -> None:
    laptop = a_laptop(role="administrator")
    team = UUID(int=0xBEE)
    replica: Replica = laptop.store.replica()
    with replica.transaction():
        replica.put_collection(collection_id("caseload", team), "caseload", None, True)
    laptop.do(NameTeam(team, "Team South"))
    with laptop.work() as commit:
        from cmpp_desktop.domain.tasks import TaskFields

        task = commit.work.add(TaskFields(title="Call"), team_id=team)
        commit()
    (change_set,) = replica.outbox(collection_id("caseload", team))
    assert change_set.writes[0].id == task
    assert team != TEAM
