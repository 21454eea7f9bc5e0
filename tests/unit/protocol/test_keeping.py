"""An organisation without a server: one laptop appends to the roster, the others propose what they have to say of themselves."""

from __future__ import annotations

from uuid import UUID

import pytest

from cmpp_protocol import canon, entries, keeping, keys, roster, stick
from cmpp_protocol.roster import Role, RosterError
from tests.unit.protocol.office import DAY, NOW, Laptop, pair, stream, uuid

EXPIRES = NOW + 7 * DAY


class Alone:
    """Denise founded it; Ana and a second administrator, Omar, were invited."""

    def __init__(self) -> None:
        self.denise, self.ana, self.omar = Laptop("denise"), Laptop("ana"), Laptop("omar")
        self.kit = keys.recovery_keys(stream("kit", 32))
        policy = {keeping.KEEPER: self.denise.id}
        genesis = entries.genesis(at=NOW, device=self.denise.pair, member=uuid("d"), recovery=self.kit, policy=policy)
        self.state = roster.validate_and_apply(None, genesis)
        for name, role in (("ana", Role.CASEWORKER), ("omar", Role.ADMINISTRATOR)):
            self.add(entries.member_added(self.state.head, self.denise.pair, at=NOW, member=uuid(name), role=role))
            opened = entries.invitation_opened(
                self.state.head, self.denise.pair, at=NOW, invitation=uuid(f"for {name}"), member=uuid(name), role=role,
                collections=[], introduction=self.introduction(name).public, expires=EXPIRES,
            )  # fmt: skip
            self.add(opened)

    def introduction(self, name: str) -> keys.KeyPair:
        return keys.introduction_keys(stream(f"introduction {name}", 32))

    def add(self, entry: bytes) -> None:
        self.state = roster.validate_and_apply(self.state, entry)

    def asks_in(self, name: str, laptop: Laptop, org: bytes = b"") -> bytes:
        where = entries.Unplaced(org or self.state.org_id)
        how = self.introduction(name)
        return entries.device_enrolled(where, laptop.pair, at=NOW, invitation=uuid(f"for {name}"), introduction=how)

    def carry(self, proposal: bytes, by: Laptop | None = None) -> None:
        self.add(entries.carried(self.state.head, (by or self.denise).pair, at=NOW, proposal=proposal))


def refused(alone: Alone, entry: bytes) -> str:
    with pytest.raises(RosterError) as error:
        roster.validate_and_apply(alone.state, entry)
    return error.value.code


def test_two_who_asked_on_one_stick_are_both_let_in_whatever_came_first() -> None:
    alone = Alone()
    first, second = alone.asks_in("ana", alone.ana), alone.asks_in("omar", alone.omar)
    alone.add(entries.policy_set(alone.state.head, alone.denise.pair, at=NOW, policy={keeping.KEEPER: alone.denise.id}))
    alone.carry(second)
    alone.carry(first)
    assert {alone.ana.id, alone.omar.id} <= set(alone.state.devices)
    assert alone.state.devices[alone.ana.id].enrolled == alone.state.no
    assert alone.state.invitations[uuid("for ana")].device == alone.ana.id


def test_a_proposal_that_comes_back_is_taken_once() -> None:
    alone = Alone()
    asked = alone.asks_in("ana", alone.ana)
    alone.carry(asked)
    again = entries.carried(alone.state.head, alone.denise.pair, at=NOW, proposal=asked)
    assert refused(alone, again) == "device_exists"


def test_only_the_keeper_appends_and_another_administrator_takes_over_by_name() -> None:
    alone = Alone()
    alone.carry(alone.asks_in("omar", alone.omar))
    head, pair_ = alone.state.head, alone.omar.pair
    assert refused(alone, entries.member_added(head, pair_, at=NOW, member=UUID(int=9), role=Role.BOARD)) == "not_keeper"
    assert refused(alone, entries.carried(head, pair_, at=NOW, proposal=alone.asks_in("ana", alone.ana))) == "not_keeper"
    assert refused(alone, entries.policy_set(head, pair_, at=NOW, policy={})) == "not_keeper"
    assert refused(alone, entries.policy_set(head, pair_, at=NOW, policy={keeping.KEEPER: alone.denise.id})) == "not_keeper"
    assert keeping.keeper(alone.state) == alone.denise.id
    alone.add(entries.policy_set(head, pair_, at=NOW, policy={keeping.KEEPER: alone.omar.id}))
    assert keeping.keeper(alone.state) == alone.omar.id
    alone.carry(alone.asks_in("ana", alone.ana), alone.omar)
    late = entries.policy_set(alone.state.head, alone.denise.pair, at=NOW, policy={})
    assert refused(alone, late) == "not_keeper"


def test_who_is_no_administrator_takes_nothing_over() -> None:
    alone = Alone()
    alone.carry(alone.asks_in("ana", alone.ana))
    head = alone.state.head
    mine = entries.policy_set(head, alone.ana.pair, at=NOW, policy={keeping.KEEPER: alone.ana.id})
    assert refused(alone, mine) == "not_allowed"
    for wrong in (alone.ana.id, stream("nobody", 32), "denise"):
        entry = entries.policy_set(head, alone.denise.pair, at=NOW, policy={keeping.KEEPER: wrong})
        assert refused(alone, entry) == "keeper"


def test_a_proposal_for_others_by_a_stranger_or_altered_is_refused() -> None:
    alone = Alone()
    head, denise = alone.state.head, alone.denise.pair

    def carried(proposal: bytes) -> str:
        return refused(alone, entries.carried(head, denise, at=NOW, proposal=proposal))

    assert carried(alone.asks_in("ana", alone.ana, org=bytes(32))) == "organisation"
    stranger = entries.device_retired(entries.Unplaced(alone.state.org_id), pair("stranger"), at=NOW, fence={})
    assert carried(stranger) == "device_unknown"
    outer = canon.unpack(alone.asks_in("ana", alone.ana))
    assert carried(canon.pack({**outer, "signatures": {**outer["signatures"], "author": bytes(64)}})) == "signature"
    placed = entries.device_enrolled(
        head, alone.ana.pair, at=NOW, invitation=uuid("for ana"), introduction=alone.introduction("ana")
    )
    assert carried(placed) == "update"  # it has a place: no field of a proposal


def test_what_could_come_back_and_be_taken_twice_cannot_be_proposed() -> None:
    alone = Alone()
    body = canon.pack(
        {"v": 1, "at": NOW, "by": alone.denise.id, "type": "policy_set", "org": alone.state.org_id, "policy": {}}
    )
    made = canon.pack({"body": body, "signatures": {"author": bytes(64)}})
    with pytest.raises(RosterError, match="update"):
        entries.decode_proposal(made)
    with pytest.raises(RosterError, match="update"):
        entries.decode(entries.carried(alone.state.head, alone.denise.pair, at=NOW, proposal=made))


def test_the_keeper_that_takes_another_identity_keeps_on_under_it() -> None:
    alone = Alone()
    new = Laptop("denise restored")
    fence = {(alone.denise.id, place): entries.NO_CUT for place in alone.state.reached(alone.denise.id)}
    alone.add(entries.device_replaced(alone.state.head, alone.denise.pair, new.pair, at=NOW, fence=fence))
    assert keeping.keeper(alone.state) == new.id
    alone.carry(alone.asks_in("ana", alone.ana), new)
    assert alone.ana.id in alone.state.devices


def test_whoever_holds_the_recovery_kit_comes_in_although_the_keeper_is_gone() -> None:
    alone = Alone()
    alone.add(entries.device_recovered(alone.state.head, alone.omar.pair, alone.kit, at=NOW, member=uuid("d")))
    alone.add(entries.policy_set(alone.state.head, alone.omar.pair, at=NOW, policy={keeping.KEEPER: alone.omar.id}))
    assert keeping.keeper(alone.state) == alone.omar.id


def test_with_a_server_in_the_policy_everybody_appends_again_and_knows_where() -> None:
    alone = Alone()
    alone.carry(alone.asks_in("omar", alone.omar))
    assert keeping.moved_to(alone.state) is None
    policy = {keeping.SERVER: "https://sync.example"}
    alone.add(entries.policy_set(alone.state.head, alone.denise.pair, at=NOW, policy=policy))
    assert keeping.keeper(alone.state) is None
    assert keeping.moved_to(alone.state) == ("https://sync.example", "")
    alone.add(entries.member_added(alone.state.head, alone.omar.pair, at=NOW, member=UUID(int=9), role=Role.BOARD))


def test_how_far_a_laptop_has_read_is_believed_only_with_its_signature() -> None:
    alone, place = Alone(), uuid("place")
    seen = stick.Seen(alone.state.org_id, alone.denise.id, NOW, 5, ((place, alone.ana.id, 7, stream("hash", 32)),))
    made = stick.write_seen(seen, alone.denise.pair)
    assert stick.read_seen(made, alone.denise.public.sign) == seen
    assert stick.read_seen(made, alone.ana.public.sign) is None
    assert stick.read_seen(made[:-1], alone.denise.public.sign) is None
    assert stick.read_seen(b"", alone.denise.public.sign) is None
