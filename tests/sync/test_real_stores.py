"""The same engine over real encrypted stores: commands on one laptop, answers on the other, through the real HTTP server."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Literal
from uuid import UUID

import httpx
import pytest
from fastapi.testclient import TestClient

from cmpp_desktop.changes import Bus, Changed
from cmpp_desktop.domain.dispatch import handle
from cmpp_desktop.domain.finding import Find
from cmpp_desktop.domain.participants import AddContactRoute, ChangeContactRoute, ParticipantFields
from cmpp_desktop.domain.questions import Conflicts, People, Session
from cmpp_desktop.domain.reviews import PickVersion, SignDocument
from cmpp_desktop.domain.staff import NameOrganisation, NameStaffMember, NameTeam
from cmpp_desktop.domain.tasks import ChangeNote, NoteFields, WriteNote
from cmpp_desktop.domain.work import Actor, Command, Done
from cmpp_desktop.errors import KnownError
from cmpp_desktop.store import Store
from cmpp_desktop.sync import books, enrolment
from cmpp_desktop.sync.desk import FileNames
from cmpp_desktop.sync.engine import Engine
from cmpp_desktop.sync.outbox import Outbox
from cmpp_desktop.sync.transport import HttpTransport
from cmpp_protocol import entries
from cmpp_protocol.api import NewEntry
from cmpp_protocol.entries import NO_CUT
from cmpp_protocol.roster import Kind, Role, RosterState
from cmpp_server.app import create_app
from cmpp_server.exchange import add_organisation
from cmpp_server.settings import Settings
from tests.laid import lay
from tests.store.laptops import DAY, NOON, family, visit
from tests.store.new import new_store
from tests.store.secrets_of import in_tables

URL = "https://sync.example"
KEY = bytes(range(32))


class Here:
    """Somebody at a laptop with a real store."""

    def __init__(self, folder: Path, start: enrolment.Start, client: httpx.Client, seed: int) -> None:
        folder.mkdir()
        self.start, self.ms, self.rng = start, NOON, random.Random(seed)
        self.store = new_store(folder, KEY)
        self.replica = self.store.replica()
        books.begin(self.replica, start, NOON)
        role: Literal["administrator", "caseworker"] = "administrator" if start.role is Role.ADMINISTRATOR else "caseworker"
        self.actor = Actor(start.member, role, start.device.id, start.team_id)
        self.heard: list[Changed] = []
        bus = Bus()
        bus.subscribe(self.heard.append)
        transport = HttpTransport(start.server, client=client)
        self.engine = Engine(self.replica, transport, system_ms=lambda: self.ms, random=self.rng.randbytes, bus=bus)

    def do(self, command: Command) -> Done:
        self.ms += 1000
        with self.store.work(self.actor, self.ms, self.start.device.sign, self.rng.randbytes) as commit:
            done = handle(command, commit.work)
            commit()
        return done

    def sync(self) -> str:
        status = self.engine.exchange()
        assert status.problem is None, status.problem
        return status.word


@pytest.fixture
def server(tmp_path: Path) -> Iterator[TestClient]:
    settings = Settings(lay(f"sqlite:///{tmp_path / 'server.db'}"), server_names=("sync.example",))
    with TestClient(create_app(settings, now=lambda: NOON), base_url=URL) as client:
        yield client


@pytest.fixture
def pair(tmp_path: Path, server: TestClient) -> Iterator[tuple[Here, Here]]:
    """An administrator who signs, and a caseworker who came in by a file."""
    rng = random.Random(1)
    start = enrolment.found(now_ms=NOON, random=rng.randbytes, server=URL)
    server.app.state.parts.database.write(lambda conn: add_organisation(conn, start.org, NOON))  # type: ignore[attr-defined]
    sam = Here(tmp_path / "sam", start, server, 1)
    assert start.team_id is not None
    sam.do(NameOrganisation(UUID(int=0x0A), "Synthetic Aid"))
    sam.do(NameTeam(start.team_id, "North"))
    sam.do(NameStaffMember(start.member, "Sam Synthetic", "administrator", start.team_id))
    assert sam.sync() == "sent"
    made = sam.engine.desk.invite(role=Role.CASEWORKER, team_id=start.team_id, restricted=True, expires=NOON + 86_400_000)
    sam.do(NameStaffMember(made.member, "Ana Synthetic", "caseworker", start.team_id))
    assert sam.sync() == "sent"
    file = sam.engine.desk.invitation_file(made, FileNames("Synthetic Aid", "Ana Synthetic", "North", "Sam Synthetic"))
    ana = Here(tmp_path / "ana", enrolment.enrol(enrolment.read_invitation(file, NOON), random=rng.randbytes), server, 2)
    yield sam, ana
    for one in (sam, ana):
        one.store.close()


def people(here: Here, text: str = "") -> list[str]:
    answer = here.store.answer(People(DAY, text), here.actor)
    return [row.name for row in answer.rows]


def test_a_mother_registered_offline_is_found_by_a_piece_of_her_name_on_the_other_laptop(pair: tuple[Here, Here]) -> None:
    sam, ana = pair
    ana.do(family())
    assert ana.engine.status().waiting == 1
    assert ana.sync() == "sent"
    assert sam.sync() == "sent"
    assert people(sam, "marise") == people(ana, "marise") != []
    assert {change.origin for change in sam.heard} == {"sync"}
    assert any("participant" in change.kinds for change in sam.heard)


def test_one_phone_number_changed_on_both_is_shown_twice_and_picked_once(pair: tuple[Here, Here]) -> None:
    sam, ana = pair
    mother = ana.do(family()).id
    route = ana.do(AddContactRoute(mother, "555-0100")).id
    ana.sync()
    sam.sync()
    ana.do(ChangeContactRoute(route, {"value": "555-0111"}))
    sam.do(ChangeContactRoute(route, {"value": "555-0222"}))
    for one in (ana, sam, ana):
        one.sync()
    assert ana.engine.status().word == sam.engine.status().word == "to_settle"
    [item] = sam.store.answer(Conflicts(), sam.actor)
    assert item.field == "value"
    sam.do(PickVersion("contact_route", route, "value", "555-0111"))
    for one in (sam, ana):
        assert one.sync() == "sent"
        assert one.store.answer(Conflicts(), one.actor) == ()


def test_a_signature_comes_back_to_the_caseworker(pair: tuple[Here, Here]) -> None:
    sam, ana = pair
    mother = ana.do(family()).id
    session = ana.do(visit(mother, submit=True)).id
    ana.sync()
    sam.sync()
    sam.do(SignDocument("service_session", session))
    sam.sync()
    assert ana.sync() == "sent"
    assert ana.store.answer(Session(session), ana.actor).status == "signed"


def test_after_closing_and_opening_the_store_the_exchange_goes_on_where_it_was(pair: tuple[Here, Here]) -> None:
    sam, ana = pair
    ana.do(family())
    ana.sync()
    folder = ana.store.path.parent
    ana.store.close()
    ana.store = Store.open(folder, KEY)
    ana.replica = ana.store.replica()
    ana.do(family("Rosa", "Caal"))
    client = ana.engine._post._transport._posts.client  # type: ignore[attr-defined]
    transport = HttpTransport(URL, client=client)
    ana.engine = Engine(ana.replica, transport, system_ms=lambda: ana.ms, random=ana.rng.randbytes)
    assert ana.sync() == "sent"
    sam.sync()
    assert len(people(sam, "caal")) == 2


def closed_at_the_log(state: RosterState, here: Here, device: bytes) -> NewEntry:
    """The entry that closes a laptop where the server's log has it, whatever came another way."""
    fence = {}
    for place in state.reached(device):
        logged = [one for one in here.replica.envelopes(place, logged=True) if one.device == device]
        fence[device, place] = max(((one.number, one.hash) for one in logged), default=NO_CUT)
    return NewEntry(
        entries.device_revoked(state.head, here.start.device, at=here.ms, device=device, fence=fence)
    )


def test_p9_a_fence_that_comes_late_leaves_no_trace_of_what_it_cut_off_until_somebody_takes_it_in(
    pair: tuple[Here, Here], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sam, ana = pair
    mother = ana.do(family()).id
    for one in (ana, sam, ana):
        one.sync()
    stick = tmp_path / "stick"
    stick.mkdir()
    ana.do(family("Rosa", "Caal"))
    session = ana.do(visit(mother, "Pineapple orientation")).id
    ana.engine.exchange_folder(stick)
    sam.engine.exchange_folder(stick)
    sam.store.index_texts()
    assert len(people(sam, "caal")) == 2
    with monkeypatch.context() as hurried:  # somebody else closes it, at the heads that the server knows
        hurried.setattr(Outbox, "offers", lambda outbox: ())
        sam.engine.propose(lambda state, heads: [closed_at_the_log(state, sam, ana.start.device.id)])
    sam.sync()
    assert people(sam, "caal") == []
    assert len(people(sam)) == len(people(sam, "tzoc")) == 2
    with pytest.raises(KnownError, match="record_missing"):
        sam.store.answer(Session(session), sam.actor)
    assert sam.store.answer(Find("pineapple", DAY), sam.actor).texts == ()
    sam.replica = sam.store.replica()
    assert {"Rosa Caal", "Marisela Tzoc"} <= {name for work in sam.engine.held_work() for name in work.about}
    for work in sam.engine.held_work():
        sam.engine.decide_held(work.chain, "take_in")
    assert len(people(sam, "caal")) == 2
    assert sam.store.answer(Session(session), sam.actor).session.fields.narrative == "Pineapple orientation"
    sam.store.verify_audit()
    assert sam.sync() == "sent"


def test_what_was_sealed_before_a_right_was_given_back_leaves_again_and_is_nobodys_to_decide(pair: tuple[Here, Here]) -> None:
    sam, ana = pair
    for one in (ana, sam, ana):
        one.sync()
    ana.do(family())
    member, desk = ana.start.member, sam.engine.desk
    [caseload] = [place.id for place in sam.engine.roster().collections.values() if place.kind is Kind.CASELOAD]
    desk.withdraw(member, caseload)
    desk.grant(member, caseload)
    for one in (ana, sam, ana, sam):  # she seals under the roster that she knows, and hears of both
        one.sync()
    assert [row.state for row in ana.replica.envelopes(caseload, mine=True)].count("held") == 1
    assert people(sam, "tzoc") == people(ana, "tzoc") != []
    for one in (sam, ana):
        status = one.engine.status()
        assert (one.engine.held_work(), status.word, status.set_aside, status.conflicts) == ((), "sent", 0, 0)


def test_a_destroyed_file_is_erased_from_both_laptops_to_the_last_word(pair: tuple[Here, Here]) -> None:
    sam, ana = pair
    mother = ana.do(family("Zqmarisela")).id
    note = ana.do(WriteNote(mother, "Zqher brother calls at night.")).id
    other = ana.do(family("Rosa", "Caal")).id
    ana.sync()
    sam.sync()
    indexed(sam, ana)
    assert words_in(ana) == words_in(sam) == {"Zqmarisela", "Zqher"}
    ana.do(ChangeNote(note, {"text": "Zqher brother is back."}))  # she is offline
    with sam.store.work(sam.actor, sam.ms + 1000, sam.start.device.sign, sam.rng.randbytes) as commit:
        for kind, id in ((NoteFields, note), (ParticipantFields, mother)):
            commit.work.destroy(kind, id)
        commit.work.order_erasure(UUID(int=5), bytes(32))
        commit()
    for one in (sam, ana, sam, ana):
        one.sync()
    indexed(sam, ana)
    for one in (sam, ana):
        assert words_in(one) == set()
        assert one.store.answer(Conflicts(), one.actor) == ()
        assert [row.id for row in one.store.answer(People(DAY), one.actor).rows if row.id == other] == [other]
    assert sam.replica.outbox_count() == ana.replica.outbox_count() == 0


def indexed(*laptops: Here) -> None:
    for one in laptops:
        while one.store.index_texts():
            pass


def words_in(laptop: Here) -> set[str]:
    """Which of her words are in any table or index; bundles are sealed."""
    return {word for _, word in in_tables(laptop, ("Zqmarisela", "Zqher"), ())}  # type: ignore[arg-type]
