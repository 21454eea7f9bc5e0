"""A new laptop reads what came into being in columns, with no state for each record; what it then holds is the same."""

from __future__ import annotations

import random
import shutil
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from cmpp_desktop.changes import Columns, Created, Write, collection_id
from cmpp_desktop.domain.participants import AddContactRoute, ChangeContactRoute
from cmpp_desktop.domain.reviews import SignDocument
from cmpp_desktop.domain.staff import NameOrganisation, NameStaffMember, NameTeam
from cmpp_desktop.errors import KnownError
from cmpp_desktop.store import Store
from cmpp_desktop.store.tables import TABLES
from cmpp_desktop.sync import enrolment, merge, seal
from cmpp_desktop.sync.desk import FileNames
from cmpp_desktop.sync.engine import Engine
from cmpp_desktop.sync.transport import HttpTransport
from cmpp_protocol.roster import Role
from cmpp_server.app import create_app
from cmpp_server.exchange import add_organisation
from cmpp_server.settings import Settings
from tests.laid import lay
from tests.store.laptops import NOON, family, visit
from tests.sync.test_real_stores import KEY, URL, Here

DOINGS = st.sampled_from(("family", "phone", "change", "change", "visit", "sign", "sync"))
STEP = st.tuples(st.integers(0, 1), DOINGS, st.integers(0, 5))
FAMILIAR = [(0, "family", 0), (0, "phone", 0), (0, "sync", 0), (1, "sync", 0), (1, "visit", 0), (1, "sync", 0), (0, "sync", 0)]
TORN = [(0, "sign", 0), (0, "sync", 0), (1, "sync", 0), (0, "sync", 0), (0, "change", 9), (1, "change", 9)]  # one number on both
BESIDE = ("sync_record", "sibling", "waiting", "covers", "person", "arrival", "chain", "cursor")


@settings(max_examples=4, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(st.lists(STEP, min_size=6, max_size=16))
def test_whatever_two_people_did_a_third_reads_the_same_in_columns_and_write_by_write(steps: list[tuple[int, str, int]]) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        server = Settings(lay(f"sqlite:///{folder / 'server.db'}"), server_names=("sync.example",))
        with TestClient(create_app(server, now=lambda: NOON), base_url=URL) as client:
            desks, third = office(folder, client)
            work(desks, [*FAMILIAR, *steps, *TORN])
            third.store.close()
            shutil.copytree(folder / "third", folder / "other")
            in_columns = read(folder / "third", third, client)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(seal.Opened, "split", write_by_write(seal.Opened.split))
                one_by_one = read(folder / "other", third, client)
            assert in_columns == one_by_one
            assert in_columns["sibling"]
            assert in_columns["r_signed"]
            for desk in desks:
                desk.store.close()


def office(folder: Path, client: TestClient) -> tuple[list[Here], Here]:
    """Two people who work, and a third who has only just been let in."""
    rng = random.Random(1)
    start = enrolment.found(now_ms=NOON, random=rng.randbytes, server=URL)
    client.app.state.parts.database.write(lambda conn: add_organisation(conn, start.org, NOON))  # type: ignore[attr-defined]
    sam = Here(folder / "sam", start, client, 1)
    assert start.team_id is not None
    sam.do(NameOrganisation(UUID(int=0x0A), "Synthetic Aid"))
    sam.do(NameTeam(start.team_id, "North"))
    sam.sync()
    found = [sam]
    for number, name in ((2, "ana"), (3, "third")):
        made = sam.engine.desk.invite(role=Role.CASEWORKER, team_id=start.team_id, restricted=True, expires=NOON + 86_400_000)
        sam.do(NameStaffMember(made.member, name, "caseworker", start.team_id))
        sam.sync()
        file = sam.engine.desk.invitation_file(made, FileNames("Synthetic Aid", name, "North", "Sam Synthetic"))
        begun = enrolment.enrol(enrolment.read_invitation(file, NOON), random=rng.randbytes)
        found.append(Here(folder / name, begun, client, number))
    return found[:2], found[2]


def work(desks: list[Here], steps: list[tuple[int, str, int]]) -> None:
    people: list[UUID] = []
    routes: list[UUID] = []
    sessions: list[UUID] = []
    for who, what, number in steps:
        desk = desks[who]
        with suppress(KnownError):  # what the other one wrote may not be here yet, or be signed
            if what == "sync":
                desk.sync()
            elif what == "family":
                people.append(desk.do(family(name=f"Tzoc {number}")).id)
            elif what == "phone":
                routes.append(desk.do(AddContactRoute(people[number % len(people)], f"555-010{number}")).id)
            elif what == "change":
                desk.do(ChangeContactRoute(routes[number % len(routes)], {"value": f"555-02{who}{number}"}))
            elif what == "visit":
                sessions.append(desk.do(visit(people[number % len(people)], submit=True)).id)
            elif sessions:
                desk.do(SignDocument("service_session", sessions[number % len(sessions)]))
    for desk in (*desks, *desks):
        desk.sync()


def read(folder: Path, who: Here, client: TestClient) -> dict[str, Any]:
    """Everything that the laptop in this folder holds once it has read it all."""
    store = Store.open(folder, KEY)
    replica = store.replica()
    transport = HttpTransport(who.start.server, client=client)
    engine = Engine(replica, transport, system_ms=lambda: NOON, random=random.Random(9).randbytes)
    assert engine.exchange().problem is None
    held: dict[str, Any] = {}
    with store._database.reading() as connection:
        names = store._names
        for table in (*BESIDE, *(f"r_{kind}" for kind in TABLES)):
            rows = [dict(row._mapping) for row in connection.exec_driver_sql(f'SELECT * FROM "{table}"')]
            for row in rows:  # numbers are given in the order of asking: what they stand for is compared
                row.pop("doc", None)
                row.pop("n", None)
                if table == "sync_record":
                    row["kind"] = names.kinds.name(row["kind"])
                    row.pop("clock")
                if "field" in row:
                    row["field"] = names.fields.name(row["field"])
            held[table] = sorted(map(repr, rows))
        ids = {UUID(bytes=row[0]) for row in connection.exec_driver_sql("SELECT id FROM sync_record")}
    for place in (collection_id("organisation"), collection_id("caseload", who.start.team_id)):
        states = replica.states(place, list(ids))
        held[str(place)] = sorted(merge.digest_form(id, state) for id, state in states.items())
    store.close()
    return held


def write_by_write(whole: Any) -> Any:
    """As if nothing came into being at once."""

    def split(opened: seal.Opened, known: Any) -> tuple[list[Columns], list[tuple[int, seal.Part]]]:
        fresh, parts = whole(opened, frozenset(opened.ids))
        assert not fresh
        rows = [tuple((id, as_writes(id, what)) for id, what in part.rows) for _, part in parts]
        return [], [(number, part._replace(rows=told)) for (number, part), told in zip(parts, rows, strict=True)]

    return split


def as_writes(id: UUID, what: Created | tuple[Write, ...]) -> tuple[Write, ...]:
    return what.writes(id) if isinstance(what, Created) else what
