"""Drop collections: audit logs that only administrators open, reports that only board readers and administrators open."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest

from cmpp_desktop.changes import collection_id
from cmpp_desktop.domain.dispatch import handle
from cmpp_desktop.domain.staff import NameOrganisation
from cmpp_desktop.domain.work import Actor, Command
from cmpp_desktop.errors import KnownError
from cmpp_desktop.store import audit
from cmpp_desktop.sync import audit_drop, books, enrolment, report_drop
from cmpp_desktop.sync.desk import FileNames
from cmpp_desktop.sync.drops import Message
from cmpp_desktop.sync.engine import Engine
from cmpp_protocol import canon, envelope, rights
from cmpp_protocol.roster import Role
from tests.store.laptops import KEY, family
from tests.store.new import new_store
from tests.sync.laptops import DAY, START_MS, URL, Line, Office

AUDIT = collection_id("audit")


class Someone:
    """A laptop with a real store, on the line to an office in memory, its engine started as a workspace starts it."""

    def __init__(self, folder: Path, start: enrolment.Start, office: Office, seed: int) -> None:
        folder.mkdir()
        self.start, self.ms, self.rng = start, START_MS, random.Random(seed)
        self.store = new_store(folder, KEY)
        book = self.store.replica()
        books.begin(book, start, START_MS)
        self.replica = book
        role: Any = "administrator" if start.role is Role.ADMINISTRATOR else "caseworker"
        self.actor = Actor(start.member, role, start.device.id, start.team_id)
        self.engine = Engine(book, Line(office), system_ms=lambda: self.ms, random=self.rng.randbytes, audit=book)

    def do(self, command: Command) -> None:
        self.ms += 1000
        with self.store.work(self.actor, self.ms, self.start.device.sign, self.rng.randbytes) as commit:
            handle(command, commit.work)
            commit()

    def sync(self) -> None:
        status = self.engine.exchange()
        assert status.problem is None, status


class Town:
    """A server and an administrator; others come in by invitations."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.rng = folder, random.Random(1)
        (folder / "server").mkdir()
        self.office = Office(folder / "server")
        start = enrolment.found(now_ms=START_MS, random=self.rng.randbytes, server=URL)
        self.office.accept(start.org)
        self.people = [Someone(folder / "ada", start, self.office, 1)]
        self.ada.do(NameOrganisation(UUID(int=0x0A), "Synthetic Aid"))
        self.ada.sync()

    @property
    def ada(self) -> Someone:
        return self.people[0]

    def joins(self, name: str, role: Role = Role.CASEWORKER) -> Someone:
        desk, team = self.ada.engine.desk, self.ada.start.team_id
        assert team is not None
        made = desk.invite(role=role, team_id=team, restricted=False, expires=START_MS + DAY)
        file = desk.invitation_file(made, FileNames("Synthetic Aid", name.title(), "North", "Ada"))
        start = enrolment.enrol(enrolment.read_invitation(file, START_MS), random=self.rng.randbytes)
        one = Someone(self.folder / name, start, self.office, len(self.people) + 1)
        self.people.append(one)
        one.sync()
        return one

    def all_sync(self) -> None:
        for one in (*self.people[1:], self.ada, *self.people[1:]):
            one.sync()

    def bytes_at_the_server(self) -> bytes:
        return b"".join(path.read_bytes() for path in (self.folder / "server").iterdir())


def alone_town(folder: Path) -> tuple[Someone, Someone]:
    """An office without a server: who founded it, and somebody with an invitation."""
    rng, nowhere = random.Random(1), cast(Any, None)
    ada = Someone(folder / "ada", enrolment.found(now_ms=START_MS, random=rng.randbytes, server=""), nowhere, 1)
    ada.do(NameOrganisation(UUID(int=0x0A), "Synthetic Aid"))
    team = ada.start.team_id
    assert team is not None
    made = ada.engine.desk.invite(role=Role.CASEWORKER, team_id=team, restricted=False, expires=START_MS + DAY)
    file = ada.engine.desk.invitation_file(made, FileNames("Synthetic Aid", "Ana", "North", "Ada"))
    start = enrolment.enrol(enrolment.read_invitation(file, START_MS), random=rng.randbytes)
    return ada, Someone(folder / "ana", start, nowhere, 2)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    town = Town(tmp_path)
    yield town
    for one in town.people:
        one.store.close()
    town.office.close()


def note(one: Someone, action: str, **facts: str | int) -> None:
    one.ms += 1000
    one.store.note(one.actor, one.ms, action, "participant", UUID(int=7), **facts)


def heard(reader: Someone, of: Someone) -> list[str]:
    with reader.store.replica()._reading() as connection:
        rows = connection.exec_driver_sql(
            "SELECT h.action FROM audit_heard h JOIN device d ON d.idx=h.dev WHERE d.device_id=? ORDER BY h.number",
            (of.engine.device_id,),
        )
        return [row[0] for row in rows]


def troubles(reader: Someone) -> list[tuple[bytes, int, str]]:
    with reader.store.replica()._reading() as connection:
        return [
            (row[0], row[1], row[2])
            for row in connection.exec_driver_sql(
                "SELECT d.device_id, t.number, t.code FROM audit_trouble t JOIN device d ON d.idx=t.dev ORDER BY t.number"
            )
        ]


def requests(one: Someone) -> int:
    """How many an exchange takes."""
    post, sent = one.engine._post.send, list[Any]()
    one.engine._post.send = lambda request: sent.append(request) or post(request)  # type: ignore[method-assign,func-returns-value]  # counted
    one.sync()
    one.engine._post.send = post  # type: ignore[method-assign]  # as it was
    return len(sent)


def altered(one: Someone, sql: str) -> None:
    with one.store.replica().transaction():
        one.store.replica()._write().exec_driver_sql(sql)


def test_a_caseworkers_audit_arrives_and_neither_they_nor_the_server_can_open_it(town: Town) -> None:
    ana = town.joins("ana")
    note(ana, "exported", reason="canary-4711-reason")
    town.all_sync()
    assert heard(town.ada, ana)[-1] == "exported"
    for canary in (b"canary-4711", b"exported"):
        assert canary not in town.bytes_at_the_server()
    assert troubles(town.ada) == []
    assert AUDIT not in {place for place, _ in ana.replica.collection_keys()}
    assert heard(ana, ana) == heard(ana, town.ada) == []
    [*_, sealed] = ana.replica.shelf(AUDIT)
    row = ana.replica.envelope(AUDIT, sealed.device, sealed.number, sealed.hash)
    assert row is not None
    assert envelope.decode(row.body).header.version == envelope.TO_A_KEY
    assert sealed.seq is not None, "the server has said how far it has this laptop's chain"
    assert ana.engine.status().waiting == 0
    assert list(ana.replica.outbox(AUDIT)) == []
    ana.do(family())
    assert (requests(ana), requests(town.ada)) == (1, 1), "records and log in one round trip, at either end"
    assert heard(town.ada, ana)[-1] == "changed"
    assert (requests(ana), requests(town.ada)) == (1, 1), "and no more, to hear that nothing came"


def test_of_a_restricted_record_only_who_and_when_leave_the_laptop(town: Town) -> None:
    note(town.ada, "restricted_opened", restricted=3, reason="canary-of-a-restricted-record")
    town.ada.sync()
    book = town.ada.store.replica()
    *_, last = book.audit_after(0, 1000)
    assert last.closed
    said = canon.pack(audit_drop._row(last))
    assert b"canary" not in said
    assert UUID(int=7).bytes not in said


def test_a_changed_row_is_reported_by_laptop_and_number(town: Town) -> None:
    ana = town.joins("ana")
    for action in ("unlocked", "a_number_shown", "exported"):
        note(ana, action)
    town.all_sync()
    last = ana.store.replica().audit_last()
    before = heard(town.ada, ana)
    forge(ana, last - 1, "unlocked")
    town.all_sync()
    assert troubles(town.ada) == [(ana.engine.device_id, last - 1, "changed")]
    assert "a_number_shown" in heard(town.ada, ana), "what was heard first stays"
    note(ana, "printed")
    town.all_sync()
    assert heard(town.ada, ana)[-1] == "printed"
    assert len(troubles(town.ada)) == 1, "what comes after is followed from there"
    assert len(before) < len(heard(town.ada, ana))


def forge(one: Someone, number: int, action: str) -> None:
    """Somebody changes a row and reckons all hashes anew, so that the log holds by itself."""
    replica = one.store.replica()
    with replica.transaction():
        connection = replica._write()
        rows = connection.exec_driver_sql("SELECT number, body, hash FROM audit_entry ORDER BY number").all()
        link = audit.FIRST
        for row in rows:
            body = row[1]
            if row[0] == number:
                body = canon.pack({**canon.unpack(body), "action": action})
            link = audit.chain_hash(link, body)
            connection.exec_driver_sql(
                "UPDATE audit_entry SET body=?, hash=?, action=? WHERE number=?",
                (body, link, canon.unpack(body)["action"], row[0]),
            )
    assert one.store.verify_audit() == len(rows)


def test_a_log_that_was_cut_short_is_reported(town: Town) -> None:
    ana = town.joins("ana")
    for action in ("unlocked", "exported"):
        note(ana, action)
    town.all_sync()
    last = ana.store.replica().audit_last()
    altered(ana, f"DELETE FROM audit_entry WHERE number={last}")
    town.all_sync()
    assert troubles(town.ada) == [(ana.engine.device_id, last, "cut")]
    assert heard(town.ada, ana)[-1] == "exported"


def test_a_closed_laptop_sends_nothing_any_more(town: Town) -> None:
    ana = town.joins("ana")
    note(ana, "unlocked")
    town.all_sync()
    so_far = heard(town.ada, ana)
    town.ada.engine.desk.revoke(ana.engine.device_id)
    note(ana, "exported")
    assert ana.engine.exchange().problem == "device_revoked"
    town.ada.sync()
    town.ada.sync()
    assert heard(town.ada, ana) == so_far
    state = town.ada.engine.roster()
    assert state.collections[AUDIT].epoch == 1, "who could not open it had no key to lose"
    assert not rights.may_write(state, ana.engine.device_id, AUDIT)


def test_what_a_revoked_laptop_writes_after_the_fence_does_not_count(town: Town, stick: Path) -> None:
    ana = town.joins("ana")
    note(ana, "unlocked")
    town.all_sync()
    so_far = heard(town.ada, ana)
    town.ada.engine.desk.revoke(ana.engine.device_id)
    note(ana, "exported")  # she has not heard of it, and hands a stick over
    ana.engine.exchange_folder(stick)
    town.ada.engine.exchange_folder(stick)
    late = [one for one in town.ada.replica.shelf(AUDIT, ana.engine.device_id) if one.state == "held"]
    assert len(late) == 1, "it came, and is kept as evidence"
    assert heard(town.ada, ana) == so_far
    assert troubles(town.ada) == []


def test_a_report_reaches_the_board_and_nobody_else_opens_it(town: Town) -> None:
    ana, bo = town.joins("ana"), town.joins("bo", Role.BOARD)
    content = b"canary-of-a-report " * 500
    first, last = date(2026, 7, 1), date(2026, 9, 30)
    made = reports(town.ada).send(content, kind="figures", name="q3.pdf", first=first, last=last)
    town.all_sync()
    [came] = reports(bo).received()
    assert came[:2] == (made, town.ada.engine.device_id)
    assert came[3:] == ("figures", "q3.pdf", first, last, len(content))
    assert reports(bo).content(made)[1] == content
    assert [one.id for one in reports(town.ada).received()] == [made]
    assert town.ada.engine.status().waiting == 0
    assert heard(bo, town.ada) == [], "the Board opens reports, not audit logs"
    assert b"canary-of-a-report" not in town.bytes_at_the_server()
    for one, code in ((ana, "not_allowed"), (bo, "not_allowed")):
        with pytest.raises(KnownError) as refused:
            reports(one).received() if one is ana else reports(one).send(b"x", kind="x", name="x", first=first, last=last)
        assert refused.value.code == code
    with pytest.raises(KnownError, match="file_too_big"):
        reports(town.ada).send(bytes(report_drop.MOST + 1), kind="x", name="x", first=first, last=last)


@pytest.mark.parametrize("change", [{"content": b"other"}, {"name": "../x"}, {"v": 2}, {"first": "2026-10-01"}, {"kind": 7}])
def test_a_report_that_is_not_what_its_author_said_is_not_shown(change: dict[str, Any]) -> None:
    said = {"v": 1, "kind": "figures", "name": "q3.pdf", "first": "2026-07-01", "last": "2026-09-30", "content": b"figures"}
    said |= {"hash": hashlib.sha256(b"figures").digest()}
    assert report_drop.read_report(Message(UUID(int=1), "report", b"device", 1, {"report": said})) is not None
    assert report_drop.read_report(Message(UUID(int=1), "report", b"device", 1, {"report": {**said, **change}})) is None


def reports(one: Someone) -> report_drop.Reports:
    return report_drop.Reports(one.engine.drops, one.replica, lambda job: job())


def test_a_new_administrator_reads_what_came_before(town: Town) -> None:
    ana = town.joins("ana")
    note(ana, "a_number_shown")
    town.all_sync()
    sam = town.joins("sam", Role.ADMINISTRATOR)
    town.all_sync()
    assert heard(sam, ana) == heard(town.ada, ana) != []
    assert heard(sam, town.ada) != []
    assert troubles(sam) == []


def test_who_becomes_administrator_hears_all_and_who_ceases_gets_a_new_key_made(town: Town) -> None:
    ana = town.joins("ana")
    note(ana, "unlocked")
    town.all_sync()
    town.ada.engine.desk.change_role(ana.start.member, Role.ADMINISTRATOR)
    town.all_sync()
    assert heard(ana, ana) == heard(town.ada, ana) != []
    town.ada.engine.desk.change_role(ana.start.member, Role.CASEWORKER)
    town.all_sync()
    state = town.ada.engine.roster()
    assert state.collections[AUDIT].epoch == 2
    assert (AUDIT, 2) not in ana.replica.collection_keys()
    assert heard(ana, ana) == [], "who is no administrator keeps no list of what others did"
    note(ana, "printed")
    town.all_sync()
    assert heard(town.ada, ana)[-1] == "printed"
    assert troubles(town.ada) == []


def test_records_go_before_the_audit_log(town: Town) -> None:
    ana = town.joins("ana")
    ana.do(family())
    ana.engine._audit.send()
    bundles, _, _ = ana.engine._sending.to_send()
    places = [envelope.decode_header(data).collection for data in bundles]
    assert places[-1] == AUDIT
    assert len(set(places)) > 1


def test_a_server_put_back_gets_the_audit_again(town: Town) -> None:
    ana = town.joins("ana")
    town.all_sync()
    folder = town.folder / "server"
    town.office.close()
    copies = {path: path.read_bytes() for path in folder.iterdir()}
    town.office.open()
    note(ana, "exported")
    ana.sync()
    town.office.close()
    for path in folder.iterdir():
        path.unlink()
    for path, data in copies.items():
        path.write_bytes(data)
    town.office.open()
    note(ana, "printed")
    town.all_sync()
    assert heard(town.ada, ana)[-2:] == ["exported", "printed"]
    assert troubles(town.ada) == []


def test_the_audit_comes_by_a_stick_too(town: Town, stick: Path) -> None:
    ana = town.joins("ana")
    note(ana, "exported")
    ana.engine.exchange_folder(stick)
    town.ada.engine.exchange_folder(stick)
    assert heard(town.ada, ana)[-1] == "exported"
    town.all_sync()
    assert heard(town.ada, ana).count("exported") == 1
    assert ana.engine.status().set_aside == town.ada.engine.status().set_aside == 0


def test_without_a_server_the_audit_goes_by_the_stick_and_who_leaves_loses_none_of_it(tmp_path: Path, stick: Path) -> None:
    ada, ana = alone_town(tmp_path)
    ada.engine.exchange_folder(stick)  # the keeper makes the collections, and lets her in
    ana.engine.exchange_folder(stick)
    ada.engine.exchange_folder(stick)
    ana.engine.exchange_folder(stick)
    note(ana, "exported")
    ana.engine.exchange_folder(stick)
    standing = ana.engine.status().alone
    assert standing is not None
    assert (standing.to_write, standing.unseen) == (0, 0), "the audit log is nobody's work that waits"
    ana.engine.alone.retire()
    ana.engine.exchange_folder(stick)
    for one in (ada, ada):
        one.engine.exchange_folder(stick)
    assert ada.engine.roster().devices[ana.engine.device_id].why == "retired"
    assert heard(ada, ana)[-1] == "exported", "what it sealed before it left counts"
    assert troubles(ada) == []
    for one in (ada, ana):
        one.store.close()
