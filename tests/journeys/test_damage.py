"""A disk that rots under a real server, SQLite's and PostgreSQL's: two laptops notice, say so, and heal it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, create_engine, text

from cmpp_desktop import words
from cmpp_desktop.changes import collection_id
from cmpp_desktop.domain.cases import CaseOpening
from cmpp_desktop.domain.consent import ConsentGiven
from cmpp_desktop.domain.households import NewPerson, RegisterHousehold
from cmpp_desktop.domain.questions import Timeline
from cmpp_desktop.domain.records import PersonName
from cmpp_desktop.domain.tasks import WriteNote
from cmpp_desktop.ui.pages.sync_model import sentence
from cmpp_desktop.workspace import Workspace
from tests.journeys.office import Pair, network
from tests.postgres import temporary_postgres

TODAY = date(2026, 11, 24)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, pair: Pair) -> Iterator[str]:
    """The pair's own server database, and an empty PostgreSQL to which the laptops bring everything."""
    if request.param == "sqlite":
        yield f"sqlite:///{pair.folder}/server.db"
        return
    with temporary_postgres(durable=False) as url:
        yield url


def everything(conn: Connection) -> list[Any]:
    return [tuple(row) for row in conn.execute(text("SELECT * FROM envelope ORDER BY collection_id, seq"))]


def newest(conn: Connection) -> tuple[bytes, int, bytes]:
    """The largest of the last bundles: the caseload's, in which somebody has just written."""
    query = "SELECT collection_id, seq, body FROM envelope WHERE collection_id <> :audit ORDER BY seq DESC, length(body) DESC"
    row = conn.execute(text(f"{query} LIMIT 1"), {"audit": collection_id("audit").bytes}).one()
    return bytes(row.collection_id), row.seq, bytes(row.body)


def holds(door: Workspace, person: UUID, note: UUID) -> bool:
    stream = door.ask(Timeline(person, TODAY, kinds=("note",), limit=100))
    return note in {entry.id for entry in (*stream.ahead, *stream.today, *stream.earlier)}


def test_bytes_that_rotted_on_the_servers_disk_come_back_from_a_laptop(pair: Pair, database: str) -> None:
    person = NewPerson(PersonName(given="Rosa", family="Canil"))
    engine = create_engine(database)
    with network(pair, database) as (server, _proxy):
        mother = pair.ana.do(RegisterHousehold((person,), ConsentGiven(), CaseOpening())).id
        assert pair.denise.sync_now().problem is None  # an empty server takes the founder's word first
        pair.sync_both()
        for number in range(8):  # so that the caseload has the longest log, and she has more to say after what rots
            pair.ana.do(WriteNote(mother, f"note {number}"))
            pair.ana.sync_now()
        pair.sync_both()
        note = pair.ana.do(WriteNote(mother, "She called about the hearing.")).id
        assert pair.ana.sync_now().word == "sent"
        with engine.begin() as conn:
            before = everything(conn)
            place, seq, body = newest(conn)
            rotten = body[:300] + bytes([body[300] ^ 1]) + body[301:]
            sql = text("UPDATE envelope SET body = :body WHERE collection_id = :place AND seq = :seq")
            conn.execute(sql, {"body": rotten, "place": place, "seq": seq})
        later = pair.ana.do(WriteNote(mother, "She called again.")).id
        pair.ana.sync_now()
        with pytest.raises(RuntimeError):  # the administrator's check says so too, with exit status 1
            server.admin("check")
        status = pair.denise.sync_now()
        assert (status.word, status.problem, status.damaged, status.set_aside) == ("set_aside", None, 1, 1)
        title, lead = sentence(status, words.load("en"))
        assert title == "Something arrived damaged."
        assert "asked for a whole copy" in lead
        assert not holds(pair.denise, mother, note)
        assert not holds(pair.denise, mother, later)  # it was written after it, by the same hand
        pair.denise.do(WriteNote(mother, "Denise works on."))
        server.kill()  # what is asked for survives the server's end
        server.start()
        assert pair.ana.sync_now().problem is None
        status = pair.denise.sync_now()
        assert (status.word, status.problem, status.damaged, status.set_aside) == ("sent", None, 0, 0)
        assert holds(pair.denise, mother, note)
        assert holds(pair.denise, mother, later)
        pair.sync_both()
        with engine.begin() as conn:
            assert set(before) <= set(everything(conn)), "every place has its bytes and its log hash again"
        assert "0 held, 0 findings" in server.admin("check")
    engine.dispose()
