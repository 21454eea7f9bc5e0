"""Who may do what: every route, every role, every state in which somebody can stand to the organisation, in one table.

A cell says what that caller gets: of the roster; of three logs (the team's, a restricted one, one without access); for a bundle
pushed to the team, and one to the restricted collection; for an entry that only an administrator may make; for the question
where another one's chain stands; for a key envelope left for a colleague; for a snapshot of the team that it makes, and for
another's that it reads and confirms; for a sealed invitation that it leaves for a newcomer. `-` is nothing at all; a refused
request has its code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from cmpp_protocol import api, entries, envelope, invitations, keys, snapshot, snapshot_api
from cmpp_protocol.entries import NO_CUT
from cmpp_protocol.roster import Kind, Rights, Role
from tests.server.conftest import NAME, Clock, Server, known, start
from tests.unit.protocol.office import DAY, NOW, Laptop, Office, stream, uuid

TABLE = """
state         role           roster team restricted other push   secret  administer  heads envelope makes   takes confirms leaves
active        administrator  yes    yes  yes        -     stored stored  stored      yes   kept     stored  yes   yes      yes
active        supervisor     yes    yes  yes        -     stored stored  refused     -     kept     stored  yes   yes      -
active        caseworker     yes    yes  yes        -     stored stored  refused     -     kept     stored  yes   yes      -
active        board          yes    yes  yes        -     held   held    refused     -     kept     refused yes   yes      -
unconfirmed   administrator  yes    yes  -          -     stored held    stored      yes   kept     stored  yes   yes      yes
unconfirmed   supervisor     yes    yes  -          -     stored held    refused     -     kept     stored  yes   yes      -
unconfirmed   caseworker     yes    yes  -          -     stored held    refused     -     kept     stored  yes   yes      -
unconfirmed   board          yes    yes  -          -     held   held    refused     -     kept     refused yes   yes      -
reader        caseworker     yes    yes  -          -     held   held    refused     -     kept     refused yes   yes      -
retired       administrator  yes    -    -          -     held   held    refused     -     ignored  -       -     -        -
retired       supervisor     yes    -    -          -     held   held    refused     -     ignored  -       -     -        -
retired       caseworker     yes    -    -          -     held   held    refused     -     ignored  -       -     -        -
retired       board          yes    -    -          -     held   held    refused     -     ignored  -       -     -        -
revoked       administrator  yes    -    -          -     held   held    refused     -     ignored  -       -     -        -
revoked       supervisor     yes    -    -          -     held   held    refused     -     ignored  -       -     -        -
revoked       caseworker     yes    -    -          -     held   held    refused     -     ignored  -       -     -        -
revoked       board          yes    -    -          -     held   held    refused     -     ignored  -       -     -        -
replaced      caseworker     yes    -    -          -     held   held    refused     -     ignored  -       -     -        -
withdrawn     caseworker     yes    -    -          -     held   held    refused     -     ignored  refused -     -        -
stranger      caseworker     device_unknown
invited       caseworker     device_unknown
elsewhere     administrator  device_unknown
unaccepted    administrator  organisation_unknown
wrong_key     administrator  signature_wrong
wrong_body    administrator  signature_wrong
other_server  administrator  signature_wrong
other_path    administrator  signature_wrong
clock_behind  administrator  clock_wrong
clock_ahead   administrator  clock_wrong
unsigned      administrator  malformed
"""
COLUMNS, *ROWS = ([*line.split()] for line in TABLE.strip().splitlines())
ROLES = {"administrator": Role.ADMINISTRATOR, "supervisor": Role.SUPERVISOR, "caseworker": Role.CASEWORKER, "board": Role.BOARD}


class World:
    """An office with three collections; `laptop` gives somebody in a state."""

    def __init__(self) -> None:
        self.office = Office()
        self.team = self.office.collection("team")
        self.restricted = self.office.collection("restricted", Kind.RESTRICTED)
        self.other = self.office.collection("other")
        self.elsewhere = Office("elsewhere")

    def laptop(self, state: str, role: str) -> Laptop:
        office, name = self.office, f"{state} {role}"
        if state == "stranger":
            return Laptop(name)
        if state in ("elsewhere", "unaccepted"):
            return self.elsewhere.admin
        member = office.member(name, ROLES[role])
        if state == "invited":
            office.grant(member, self.team)
            office.invite(name, member, (self.team,))
            return Laptop(f"{office.name} {name}")
        office.grant(member, self.team, Rights.READ if state == "reader" else Rights.WRITE)
        if state != "reader":
            office.grant(member, self.restricted)
        laptop = office.laptop(name, member, (self.team,))
        if state not in ("unconfirmed", "reader"):
            office.add(entries.device_confirmed(office.state.head, office.admin.pair, at=NOW, device=laptop.id))
        if state in ENDS:
            office.add(ENDS[state](self, laptop, member))
        return laptop

    newcomer: UUID  # an open invitation
    first: tuple[int, bytes]  # the team's log after the first bundle of the administrator, and after the second
    end: tuple[int, bytes]
    made: snapshot.Head  # of the first, by the administrator

    def fence(self, laptop: Laptop, *places: UUID) -> entries.Cuts:
        return {(laptop.id, place): NO_CUT for place in places or self.office.state.reached(laptop.id)}


def snapshot_of(world: World, laptop: Laptop, at: tuple[int, bytes]) -> tuple[snapshot.Head, bytes]:
    """A snapshot of the team's log there, and its one part."""
    office = world.office
    head = snapshot.Head(office.id, world.team, 1, *at, office.state.no, laptop.id, 1, stream("digest", 32), ())
    part = snapshot.seal_part(head, 0, b"columns", stream("a key", 32), stream("salt", 32))
    hashes = (snapshot.part_hash(head, 0, part),)
    return snapshot.sign(snapshot.completed(head, head.digest, hashes), laptop.pair), part


def _replaced(world: World, laptop: Laptop, _member: UUID) -> bytes:
    successor = Laptop(f"{laptop.name} again")
    return entries.device_replaced(world.office.state.head, laptop.pair, successor.pair, at=NOW, fence=world.fence(laptop))


def _withdrawn(world: World, laptop: Laptop, member: UUID) -> bytes:
    for place in (world.restricted, world.team):
        entry = entries.access_withdrawn(
            world.office.state.head,
            world.office.admin.pair,
            at=NOW,
            member=member,
            collection=place,
            fence=world.fence(laptop, place),
        )
        if place == world.restricted:
            world.office.add(entry)
    return entry


ENDS: dict[str, Callable[[World, Laptop, UUID], bytes]] = {
    "retired": lambda w, one, _: entries.device_retired(w.office.state.head, one.pair, at=NOW, fence=w.fence(one)),
    "revoked": lambda w, one, _: entries.device_revoked(
        w.office.state.head, w.office.admin.pair, at=NOW, device=one.id, fence=w.fence(one)
    ),
    "replaced": _replaced,
    "withdrawn": _withdrawn,
}


class Caller:
    """Somebody with a laptop, and how they sign."""

    def __init__(self, world: World, server: Server, state: str, laptop: Laptop) -> None:
        self.world, self.server, self.state, self.laptop = world, server, state, laptop
        self.org = world.elsewhere.id if state == "unaccepted" else world.office.id

    def header(self, body: bytes) -> str:
        if self.state == "unsigned":
            return ""
        name = "elsewhere.example" if self.state == "other_server" else NAME
        path = "/v1/other" if self.state == "other_path" else api.PATH
        shift = {"clock_behind": -1, "clock_ahead": 1}.get(self.state, 0) * (api.CLOCK_WINDOW + 1)
        signed = body + b"x" if self.state == "wrong_body" else body
        pair = Laptop("thief").pair if self.state == "wrong_key" else self.laptop.pair
        made = api.authorise(pair, self.org, name, path, self.server.clock.ms + shift, signed)
        return api.Authorisation(self.org, self.laptop.id, made.time, made.signature).header()

    def ask(self, **request: Any) -> api.SyncAnswer:
        """Raises a Problem's code."""
        body = api.SyncRequest(**{**known(self.world.office), **request}).encode()
        status, said = self.server.raw(body, self.header(body))
        if status != 200:
            raise AssertionError(api.decode_problem(said).code)
        return api.decode_answer(said)

    def cells(self) -> dict[str, str]:
        """What this caller gets of everything; the one code, if nothing."""
        try:
            read = self.ask(roster_no=-1, roster_hash=bytes(32), cursors=tuple(map(self.start, self.places.values())))
        except AssertionError as refused:
            return {"roster": str(refused)}
        logs = {one.collection for one in read.logs}
        pushed = [self.push(self.world.team), self.push(self.world.restricted)]
        return {
            "roster": "yes" if len(read.entries) == len(self.world.office.new) else "-",
            **{name: "yes" if place in logs else "-" for name, place in self.places.items()},
            "push": pushed[0],
            "secret": pushed[1],
            "administer": self.administer(),
            "heads": "yes" if self.ask(heads_of=(self.world.office.admin.id,)).heads else "-",
            "envelope": self.leave_an_envelope(),
            "makes": self.snapshots(self.make),
            "takes": self.snapshots(self.take),
            "confirms": self.snapshots(self.confirm),
            "leaves": self.leave_an_invitation(),
        }

    def snapshots(self, ask: Callable[[], str]) -> str:
        try:
            return ask()
        except AssertionError as refused:
            return "-" if str(refused) == "not_allowed" else str(refused)

    def ask_snapshots(self, **request: Any) -> snapshot_api.Answer:
        """Raises a Problem's code."""
        body = snapshot_api.Request(self.world.office.state.no, **request).encode()
        now = self.server.clock.ms
        header = api.authorise(self.laptop.pair, self.org, NAME, snapshot_api.PATH, now, body).header()
        said = self.server.client.post(snapshot_api.PATH, content=body, headers={"Authorization": header})
        if said.status_code != 200:
            raise AssertionError(api.decode_problem(said.content).code)
        return snapshot_api.decode_answer(said.content)

    def make(self) -> str:
        world = self.world
        head, _ = snapshot_of(world, self.laptop, world.end)
        ((said, _why),) = self.ask_snapshots(head=head.encode()).said
        return str(said)

    def take(self) -> str:
        key = snapshot_api.Key(self.world.team, 1, self.world.office.admin.id)
        return "yes" if self.ask_snapshots(want=(key, 0)).part else "-"

    def confirm(self) -> str:
        head = self.world.made
        key = snapshot_api.Key(self.world.team, 1, head.maker)
        given = snapshot_api.Confirmation(key, snapshot.confirm(head, self.laptop.pair))
        forged = snapshot_api.Confirmation(key, snapshot.confirm(head, Laptop("thief").pair))
        assert self.ask_snapshots(confirm=forged).said[0][0] is snapshot_api.Said.REFUSED
        ((said, _why),) = self.ask_snapshots(confirm=given).said
        return "-" if said is snapshot_api.Said.REFUSED else "yes"

    @property
    def places(self) -> dict[str, UUID]:
        return {"team": self.world.team, "restricted": self.world.restricted, "other": self.world.other}

    def start(self, place: UUID) -> api.Cursor:
        return api.Cursor(place, 0, envelope.log_start(self.world.office.id, place))

    def push(self, place: UUID) -> str:
        bundle = self.laptop.seal(self.world.office, place, roster_no=self.world.office.state.no)
        (verdict,) = self.ask(bundles=(bundle.encode(),)).verdicts
        (again,) = self.ask(bundles=(bundle.encode(),)).verdicts  # a copied request changes nothing
        assert again.verdict in (verdict.verdict, api.Verdict.HAD_IT)
        return str(verdict.verdict)

    def administer(self) -> str:
        office = self.world.office
        entry = entries.member_added(
            office.state.head, self.laptop.pair, at=NOW, member=uuid(f"by {self.laptop.name}"), role=Role.BOARD
        )
        ((verdict, _why),) = self.ask(entries=(api.NewEntry(entry),)).entry_verdicts
        if verdict is api.EntryVerdict.STORED:
            office.add(entry)
        return str(verdict)

    def leave_an_envelope(self) -> str:
        before = self.ignored()
        key = stream("key", keys.KEY_ENVELOPE_BYTES)
        self.ask(envelopes=(api.KeyEnvelope(self.world.team, 1, self.world.office.admin.id, key),))
        return "ignored" if self.ignored() > before else "kept"

    def leave_an_invitation(self) -> str:
        office, path = self.world.office, invitations.PATH
        body = invitations.Leave(self.world.newcomer, stream(self.laptop.name, 32), bytes(invitations.LEAST)).encode()
        header = api.authorise(self.laptop.pair, office.id, NAME, path, self.server.clock.ms, body).header()
        said = self.server.client.post(path, content=body, headers={"Authorization": header})
        code = "yes" if said.status_code == 200 else api.decode_problem(said.content).code
        return "-" if code == "not_allowed" else code

    def ignored(self) -> float:
        shown = self.server.client.get("/metrics").text.splitlines()
        (line,) = (line for line in shown if line.startswith("cmpp_key_envelopes_ignored_total "))
        return float(line.split()[1])


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def server(tmp_path: Path, clock: Clock, world: World) -> Iterator[Server]:
    """What is allowed is decided before the database is asked: one kind of it is enough."""
    url = f"sqlite:///{tmp_path / 'server.db'}"
    yield from start(url, clock, world.office.id, requests_per_minute=0)


def test_the_table_is_what_happens(server: Server, world: World) -> None:
    callers = [(row, world.laptop(row[0], row[1])) for row in ROWS]
    world.newcomer = world.office.invite("newcomer", world.office.member("newcomer"))
    server.publish(world.office)
    assert server.push(world.office, world.office.admin, world.office.admin.seal(world.office, world.team)) == [("stored", "")]
    admin = world.office.admin
    assert server.push(world.office, admin, admin.seal(world.office, world.team)) == [("stored", "")]
    world.first, world.end = ((one.seq, one.log_hash) for one in server.read(world.office, admin, world.team).items)
    world.made, part = snapshot_of(world, admin, world.first)
    key = snapshot_api.Key(world.team, 1, admin.id)
    brought = Caller(world, server, "active", admin)
    said = brought.ask_snapshots(head=world.made.encode(), part=snapshot_api.Part(key, 0, part)).said
    assert [what for what, _ in said] == [snapshot_api.Said.STORED] * 2
    found, expected = {}, {}
    for row, laptop in callers:
        caller = Caller(world, server, row[0], laptop)
        found[row[0], row[1]] = caller.cells()
        expected[row[0], row[1]] = dict(zip(COLUMNS[2:], row[2:], strict=False))
    assert found == expected


def test_an_invitation_lets_in_once_and_only_with_the_entry_that_uses_it(server: Server, world: World) -> None:
    laptop = world.laptop("invited", "caseworker")
    server.publish(world.office)
    name, invitation = "invited caseworker", uuid("office invitation invited caseworker")
    bundle = laptop.seal(world.office, world.team)
    entry = api.NewEntry(world.office.enrolment(name, laptop, invitation))
    assert server.problem(world.office.id, laptop, bundles=(bundle.encode(),)) == "device_unknown"
    thief = Laptop("thief")
    assert server.problem(world.office.id, thief, entries=(entry,)) == "device_unknown"
    assert server.sync(world.office.id, laptop, entries=(entry,)).entry_verdicts == ((api.EntryVerdict.STORED, ""),)
    again = api.NewEntry(world.office.enrolment(name, thief, invitation))
    assert server.problem(world.office.id, thief, entries=(again,)) == "invitation_used"


@pytest.mark.parametrize(("ends", "code"), [("closed", "invitation_closed"), ("expired", "invitation_expired")])
def test_an_invitation_that_is_over_lets_nobody_in(server: Server, world: World, ends: str, code: str) -> None:
    office, laptop = world.office, Laptop("late")
    invitation = office.invite("late", office.member("late"), expires=NOW + DAY)
    if ends == "closed":
        office.add(entries.invitation_closed(office.state.head, office.admin.pair, at=NOW, invitation=invitation))
    server.publish(office)
    server.clock.ms += 2 * DAY if ends == "expired" else 0
    head = entries.Head(office.state.no, office.state.hash)
    entry = api.NewEntry(office.enrolment("late", laptop, invitation, head))
    assert server.problem(office.id, laptop, entries=(entry,)) == code


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
@pytest.mark.parametrize("header", [None, "CMPP1 AAAA", "Bearer x"])
def test_what_is_for_watchers_asks_for_no_name_and_says_none(server: Server, world: World, path: str, header: str | None) -> None:
    server.publish(world.office)
    headers = {"Authorization": header} if header else {}
    answer = server.client.get(path, headers=headers)
    assert answer.status_code == 200
    assert world.office.id.hex()[:8] not in answer.text
    assert world.office.admin.id.hex()[:8] not in answer.text
    assert server.client.post(path, headers=headers).status_code == 405
