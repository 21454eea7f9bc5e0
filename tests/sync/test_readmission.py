"""Every administrator's laptop is gone: somebody with the printed kit and the server's address lets a new one in."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from cmpp_desktop.errors import KnownError
from cmpp_desktop.sync.readmission import Readmission
from cmpp_protocol import api, canon, entries, envelope, keys, roster
from cmpp_protocol.roster import Role
from cmpp_server import tables
from tests.sync.laptops import START_MS, URL, Laptop, Line, Office, enrolled, everybody, founded, invited, team

PHONE, SECRET_NOTE = UUID(int=21), UUID(int=22)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.close()


def desk(office: Office, admin: Laptop, seed: int = 50, *, kit: bytes = b"", clock: int = START_MS) -> Readmission:
    secret = keys.recovery_keys(kit or admin.start.recovery)
    return Readmission(Line(office), secret, lambda: clock, random.Random(seed).randbytes)


def readmitted(office: Office, admin: Laptop, seed: int = 50, **more: Any) -> Laptop:
    line = desk(office, admin, seed, **more)
    start = line.take_the_place_of(line.administrators()[0].member, URL)
    made = Laptop(office, start, seed)
    made.team_places = admin.team_places
    return made


def test_with_the_kit_alone_a_new_laptop_reads_everything_and_administers(office: Office) -> None:
    admin, (ana,) = team(office, 1)
    ana.write(PHONE, number="555-0100")
    admin.write(SECRET_NOTE, admin.restricted, "note", text="restricted")
    everybody(ana, admin)
    new = readmitted(office, admin)
    assert new.sync().problem is None
    assert (new.value(PHONE, "number"), new.value(SECRET_NOTE, "text", new.restricted)) == ("555-0100", "restricted")
    state = new.engine.roster()
    assert state.devices[new.device].member == admin.start.member
    new.engine.desk.revoke(admin.device)  # the lost one; its keys go with it
    new.engine.desk.replace_recovery()
    new.write(PHONE, number="555-0199")
    everybody(new, ana)
    assert ana.value(PHONE, "number") == "555-0199"
    assert admin.sync().problem == "device_revoked"


def test_it_needs_the_kit_no_longer_once_it_is_in(office: Office) -> None:
    admin, _ = team(office, 1)
    new = readmitted(office, admin)
    new.sync()
    with office.database.read() as conn:
        query = select(tables.key_envelope.c.collection_id).where(tables.key_envelope.c.recipient == new.device)
        mine = set(conn.execute(query).scalars())
    assert mine == {place.id.bytes for place in admin.team_places}
    assert not any(admin.start.recovery in value for value in new.replica.tables["secrets"].values() if value)


def test_the_roster_that_moved_on_meanwhile_is_read_again(office: Office) -> None:
    admin = founded(office)
    line = desk(office, admin)
    member, asked = line.administrators()[0].member, line._ask

    def ask(signer: keys.KeyPair, org: bytes, request: api.SyncRequest) -> api.SyncAnswer:
        if request.entries and len(office.requests) < 1000:
            line._ask = asked  # type: ignore[method-assign]  # once
            invited(admin, 7)
        return asked(signer, org, request)

    line._ask = ask  # type: ignore[method-assign]  # another entry comes first
    new = Laptop(office, line.take_the_place_of(member, URL), 50)
    assert new.sync().problem is None


def test_a_laptop_with_a_wrong_clock_takes_the_servers(office: Office) -> None:
    admin = founded(office)
    start = desk(office, admin, clock=START_MS - 40 * 60_000).administrators()
    assert [one.member for one in start] == [admin.start.member]


def test_a_kit_that_was_replaced_opens_nothing(office: Office) -> None:
    admin = founded(office)
    newer = admin.engine.desk.replace_recovery()
    with pytest.raises(KnownError) as refused:
        desk(office, admin).administrators()
    assert refused.value.code == "wrong_kit"
    new = readmitted(office, admin, kit=newer)
    assert new.sync().problem is None
    assert {place for place, _ in new.engine._books.keys} == {place.id for place in admin.team_places}


def test_nobody_but_an_administrator_is_let_in_so(office: Office) -> None:
    admin = founded(office)
    ana = enrolled(office, invited(admin, 2, Role.CASEWORKER), 2)
    everybody(ana, admin)
    with pytest.raises(KnownError) as refused:
        desk(office, admin).take_the_place_of(ana.start.member, URL)
    assert refused.value.code == "not_allowed"
    assert set(admin.engine.roster().devices) == {admin.device, ana.device}


def test_two_administrators_can_be_told_apart_by_when_they_became_one(office: Office) -> None:
    admin = founded(office)
    bea = enrolled(office, invited(admin, 3, Role.ADMINISTRATOR, restricted=False), 3, START_MS + 5000)
    everybody(bea, admin)
    found = desk(office, admin).administrators()
    assert [one.member for one in found] == [admin.start.member, bea.start.member]
    assert (found[0].since, found[0].collections, found[1].collections) == (START_MS, 3, 2)


class Impostor(Line):
    """A server that answers with a roster of its own making."""

    def __init__(self, office: Office, made: list[bytes]) -> None:
        super().__init__(office)
        self.made = made

    def post(self, body: bytes, authorisation: str, wait: int = 0, path: str = api.PATH) -> bytes:
        last, known = entries.decode(self.made[-1]), api.decode_request(body).roster_no + 1
        answer = api.SyncAnswer(START_MS, last.no, last.hash, entries=tuple(self.made[known:]))
        return answer.encode()


def test_a_server_cannot_pass_another_organisation_off_as_the_kits(office: Office) -> None:
    admin = founded(office)
    thief = keys.KeyPair(random.Random(9).randbytes(keys.SECRET_BYTES))
    kit = keys.recovery_keys(admin.start.recovery)
    own = entries.genesis(at=0, device=thief, member=UUID(int=1), recovery=keys.recovery_keys(bytes(16)))
    for made in ([own], [own, _claims(own, thief, kit)]):
        line = Readmission(Impostor(office, made), kit, lambda: START_MS, random.randbytes)
        with pytest.raises(KnownError) as refused:
            line.administrators()
        assert refused.value.code == "roster_rejected"


def _claims(own: bytes, thief: keys.KeyPair, kit: keys.RecoveryKeys) -> bytes:
    """The entry that makes the kit's key theirs, signed with another one: they have only its public half."""
    head = roster.build([own]).head
    forged = keys.RecoveryKeys(thief, kit.slot_secret)
    honest = entries.decode(entries.recovery_replaced(head, thief, kit, at=0))
    signed = entries.decode(entries.recovery_replaced(head, thief, forged, at=0))
    return _with_signature(honest, signed.signatures["recovery"])


def _with_signature(entry: entries.Entry, signature: bytes) -> bytes:
    outer = canon.unpack(entry.data)
    return canon.pack({**outer, "signatures": {**outer["signatures"], "recovery": signature}})


def test_the_kits_key_gets_the_roster_and_nothing_else(office: Office) -> None:
    admin, (ana,) = team(office, 1)
    ana.write(PHONE, number="555-0100")
    everybody(ana, admin)
    line, kit = desk(office, admin), keys.recovery_keys(admin.start.recovery).pair
    cursors = tuple(
        api.Cursor(place.id, 0, envelope.log_start(admin.start.org, place.id)) for place in admin.team_places
    )
    bundle = next(iter(ana.replica.envelopes(ana.caseload))).body
    request = api.SyncRequest(
        cursors=cursors, bundles=(bundle,), heads_of=(ana.device,), helps=True, holds=(), opened=(), snapshots=True
    )
    answer = line._ask(kit, api.NO_ORG, request)
    assert len(answer.entries) == len(admin.replica.roster())
    assert answer == replace(answer, logs=(), envelopes=(), heads=(), lacking=(), held=(), verdicts=(), wanted=(), hints=())
    with pytest.raises(KnownError):
        line._ask(kit, bytes(31) + b"\x01", request)
    stranger = keys.KeyPair(bytes(keys.SECRET_BYTES))
    with pytest.raises(KnownError) as refused:
        line._ask(stranger, api.NO_ORG, request)
    assert refused.value.code == "wrong_kit"
