"""Rows that rot in the server, with two and three laptops: what is damaged there heals from what the laptops hold."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select, update

from cmpp_desktop.sync import copies
from cmpp_protocol import api, canon
from cmpp_server import damage, tables
from tests.sync.laptops import Laptop, Office, PowerCut, everybody, founded_again, team

PHONE, NOTE, LATER = UUID(int=11), UUID(int=12), UUID(int=13)
LOG = tables.log


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.close()


def flipped(data: bytes, at: int) -> bytes:
    at %= len(data)
    return data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :]


def rows(office: Office, place: UUID) -> list[dict[str, Any]]:
    with office.database.read() as conn:
        query = select(LOG).where(LOG.c.collection_id == place.bytes).order_by(LOG.c.seq)
        return [dict(row._mapping) for row in conn.execute(query)]


def rot(office: Office, place: UUID, seq: int, **columns: Any) -> None:
    mine = (LOG.c.collection_id == place.bytes, LOG.c.seq == seq)
    office.database.write(lambda conn: conn.execute(update(LOG).where(*mine).values(**columns)))


def rot_bytes(office: Office, place: UUID, seq: int, at: int) -> None:
    rot(office, place, seq, body=flipped(rows(office, place)[seq - 1]["body"], at))


def findings(office: Office, laptop: Laptop, place: UUID) -> list[str]:
    with office.database.read() as conn:
        return [one.why for one in damage.walk(conn, laptop.start.org, place, laptop.engine.roster())]


# Bytes of the header's collection, its device, its number; the sealed body; the signature.
@pytest.mark.parametrize("at", [40, 60, 93, 180, -1], ids=lambda at: f"byte {at}")
def test_a_bundle_that_rotted_on_the_server_comes_back_from_whoever_has_it(office: Office, at: int) -> None:
    _, [ana, bo, cy] = team(office, 3)
    ana.write(PHONE, number="555-0100")
    everybody(ana, bo)
    ana.write(LATER, number="555-0101")
    ana.sync()
    bo.write(NOTE, kind="note", text="of another chain")
    everybody(bo, ana)
    before = rows(office, ana.caseload)
    rot_bytes(office, ana.caseload, 1, at)
    status = cy.sync()
    assert cy.value(NOTE, "text") == "of another chain"  # other chains and the cursor went on
    assert cy.value(PHONE, "number") is None
    assert cy.value(LATER, "number") is None  # its own chain waits
    assert (status.word, status.problem, status.set_aside, status.damaged) == ("set_aside", None, 1, 1)
    ana.replica.tables["envelopes"].clear()  # it need not be the author
    assert bo.sync().problem is None  # nobody told it anything but the server
    assert rows(office, ana.caseload) == before, "the same place, the same bytes, the same log hash"
    status = cy.sync()
    assert (cy.value(PHONE, "number"), cy.value(LATER, "number")) == ("555-0100", "555-0101")
    assert (status.word, status.set_aside, status.damaged) == ("sent", 0, 0)
    assert cy.digest() == bo.digest()


def test_a_copy_that_looks_like_a_newer_version_is_asked_for_as_well(office: Office) -> None:
    """Nothing can be said of the hash of what a newer program made: the cursor stays before it, until the copy is a true one."""
    _, [ana, bo, cy] = team(office, 3)
    ana.write(PHONE, number="555-0100")
    everybody(ana, bo)
    rot_bytes(office, ana.caseload, 1, 1)
    assert cy.sync().word == "update"
    everybody(bo, cy)
    assert cy.digest() == bo.digest()
    assert cy.sync().word == "sent"


def test_the_author_who_was_not_told_yet_that_it_is_sent_brings_it_again(office: Office) -> None:
    _, [ana, bo] = team(office)
    ana.write(PHONE, number="555-0100")
    office.lose_answers = 1
    ana.sync()
    rot_bytes(office, ana.caseload, 1, 200)
    status = ana.sync()
    assert (status.word, status.damaged, status.waiting) == ("sent", 0, 0)  # noticed and mended in one exchange
    assert findings(office, ana, ana.caseload) == []
    bo.sync()
    assert bo.value(PHONE, "number") == "555-0100"


def test_a_laptop_that_dies_at_any_write_while_it_heals_goes_on(office: Office) -> None:
    _, [ana, bo, cy] = team(office, 3)
    ana.write(PHONE, number="555-0100")
    everybody(ana, bo)
    rot_bytes(office, ana.caseload, 1, 200)
    rest = cy.clone()
    for cut in range(40):
        twin = rest.clone()
        twin.replica.cut_after = cut
        try:
            twin.sync()
            break
        except PowerCut:
            twin.boot()
        assert twin.sync().damaged == 1
        assert (len(copies.bad_copies(twin.replica)), len(twin.replica.all_set_aside())) == (1, 1)
    assert cut > 3
    bo.sync()
    for cut in range(40):
        twin = cy.clone()
        twin.replica.cut_after = cut
        try:
            twin.sync()
        except PowerCut:
            twin.boot()
            twin.sync()
        assert twin.value(PHONE, "number") == "555-0100"
        assert (copies.bad_copies(twin.replica), twin.replica.all_set_aside()) == ((), [])


@pytest.mark.parametrize("column", ["hash", "log_hash", "device_id", "number"])
def test_a_rotten_column_is_set_right_and_the_log_reads_on(office: Office, column: str) -> None:
    _, [ana, bo] = team(office)
    for number in range(3):
        ana.write(UUID(int=100 + number), number=str(number))
        ana.sync()
    before = rows(office, ana.caseload)
    value = before[1][column]
    rot(office, ana.caseload, 2, **{column: value + 7 if isinstance(value, int) else bytes(32)})
    status = bo.sync()
    assert bo.digest() == ana.digest()
    # A log that does not chain is said, even if it was set right at once; a column that no reader sees is not.
    assert status.problem == ("another_history" if column == "log_hash" else None)
    assert (rows(office, ana.caseload) == before) == (column == "log_hash")
    assert bo.sync().problem is None


def test_bytes_and_log_hash_of_one_place_heal_together(office: Office) -> None:
    _, [ana, bo, cy] = team(office, 3)
    for number in range(3):
        ana.write(UUID(int=100 + number), number=str(number))
        everybody(ana, bo)
    before = rows(office, ana.caseload)
    rot_bytes(office, ana.caseload, 2, 200)
    rot(office, ana.caseload, 2, log_hash=bytes(32))
    for _ in range(2):
        everybody(cy, bo)
    assert rows(office, ana.caseload) == before
    assert cy.digest() == ana.digest()
    status = cy.sync()
    assert (status.word, status.problem, status.set_aside) == ("sent", None, 0)


def test_a_row_that_is_gone_comes_back(office: Office) -> None:
    _, [ana, bo, cy] = team(office, 3)
    for number in range(3):
        ana.write(UUID(int=100 + number), number=str(number))
        everybody(ana, bo)
    before = rows(office, ana.caseload)
    mine = (LOG.c.collection_id == ana.caseload.bytes, LOG.c.seq == 2)
    office.database.write(lambda conn: conn.execute(LOG.delete().where(*mine)))
    assert cy.sync().problem == "another_history"  # a place was left out: said, and complained about
    assert cy.value(UUID(int=100), "number") == "0"
    everybody(bo, cy)
    assert rows(office, ana.caseload) == before
    status = cy.sync()
    assert (status.word, status.problem, status.set_aside) == ("sent", None, 0)
    assert cy.digest() == ana.digest()


def test_one_log_that_went_astray_does_not_stop_the_others(office: Office) -> None:
    admin, [ana, bo] = team(office)
    ana.write(PHONE, number="555-0100")
    ana.sync()
    ana.write(LATER, number="555-0101")
    ana.sync()
    admin.write(NOTE, admin.organisation, "note", text="of another collection")
    admin.sync()
    later = rows(office, ana.caseload)[1]["body"]
    ana.replica.tables["envelopes"].clear()
    rot(office, ana.caseload, 1, body=later)  # somebody put one bundle in the place of another
    status = bo.sync()
    assert (status.word, status.problem) == ("refused", "another_history")
    assert bo.value(NOTE, "text", bo.organisation) == "of another collection"
    assert bo.value(PHONE, "number") is None


def test_nobody_has_it_any_more_and_that_is_said_without_an_end(office: Office) -> None:
    _, [ana, bo, cy] = team(office, 3)
    ana.write(PHONE, number="555-0100")
    everybody(ana, bo)
    rot_bytes(office, ana.caseload, 1, 200)
    for laptop in (ana, bo):
        laptop.replica.tables["envelopes"].clear()
    for _ in range(3):
        office.requests.clear()
        assert [laptop.sync().damaged for laptop in (ana, bo)] == [0, 0]
        assert len(office.requests) == 2  # who cannot help asks no more often
        assert (cy.sync().damaged, cy.engine.status().word) == (1, "set_aside")
    bo.write(NOTE, kind="note", text="work goes on")
    everybody(bo, cy)
    assert cy.value(NOTE, "text") == "work goes on"


def test_a_server_of_the_version_before_is_asked_and_ignores_it(office: Office) -> None:
    """It knows neither the complaint nor `again`; the chain waits, everything else goes on, as it always did."""
    _, [ana, bo, cy] = team(office, 3)
    ana.write(PHONE, number="555-0100")
    everybody(ana, bo)
    rot_bytes(office, ana.caseload, 1, 200)

    def old(answer: api.SyncAnswer) -> api.SyncAnswer:
        return replace(answer, again=(), wanted=())

    office.tamper = old
    bo.write(NOTE, kind="note", text="after it")
    everybody(bo, cy)
    assert cy.value(NOTE, "text") == "after it"
    assert cy.sync().damaged == 1
    office.tamper = None
    everybody(cy, bo, cy)
    assert cy.digest() == bo.digest()


def test_a_laptop_of_the_version_before_heals_the_server(office: Office) -> None:
    """It never complains, but it answers what is wanted, offered or not."""
    _, [ana, bo, cy] = team(office, 3)
    ana.write(PHONE, number="555-0100")
    everybody(ana, bo)
    before = rows(office, ana.caseload)
    rot_bytes(office, ana.caseload, 1, 200)
    cy.sync()

    def old(answer: api.SyncAnswer) -> api.SyncAnswer:
        body = canon.unpack(answer.encode())
        body.pop("again", None)
        return api.decode_answer(canon.pack(body))

    office.tamper = old
    bo.sync()
    office.tamper = None
    assert rows(office, ana.caseload) == before
    cy.sync()
    assert cy.digest() == bo.digest()


@pytest.mark.parametrize("trick", ["always again", "another hash", "another bundle"])
def test_p19_a_server_that_plays_with_copies_is_reported_and_left(office: Office, trick: str) -> None:
    _, [ana, bo, cy] = team(office, 3)
    ana.write(PHONE, number="555-0100")
    everybody(ana, bo)
    bo.write(NOTE, kind="note", text="sound")
    bo.sync()

    def cheat(answer: api.SyncAnswer) -> api.SyncAnswer:
        logs = [
            replace(one, items=tuple(item._replace(envelope=item.envelope[:-1] + b"\0") for item in one.items if item.seq == 1)
                    + tuple(item for item in one.items if item.seq != 1))
            if one.collection == cy.caseload else one
            for one in answer.logs
        ]  # fmt: skip
        other = rows(office, cy.caseload)[1]["body"]
        change: dict[str, Callable[[api.PlaceAgain], api.PlaceAgain]] = {
            "always again": lambda one: one._replace(envelope=one.envelope[:-1] + b"\0"),
            "another hash": lambda one: one._replace(log_hash=bytes(32)),
            "another bundle": lambda one: one._replace(envelope=other),
        }
        return replace(answer, logs=tuple(logs), again=tuple(change[trick](one) for one in answer.again))

    office.tamper = cheat
    office.requests.clear()
    status = cy.sync()
    assert (status.word, status.damaged) == ("set_aside", 1)
    assert len(office.requests) < 6
    assert cy.value(PHONE, "number") is None
    assert cy.value(NOTE, "text") == "sound"
    office.tamper = None
    cy.sync()
    assert cy.digest() == bo.digest()
    assert cy.engine.status().set_aside == 0


class RottingServer(RuleBasedStateMachine):
    """Three laptops that write, exchange, and die in the middle of it, over a server whose rows rot: in the end all have all."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.office = Office(Path(self.folder.name))
        _, laptops = team(self.office, 3)
        self.laptops: Sequence[Laptop] = laptops
        self.place = laptops[0].caseload
        self.written = 0
        self.kept: dict[tuple[UUID, int], dict[str, Any]] = {}

    @rule(who=st.integers(0, 2), record=st.integers(100, 104), fresh=st.booleans())
    def write(self, who: int, record: int, fresh: bool) -> None:
        self.written += 1
        self.laptops[who].write(UUID(int=200 + self.written if fresh else record), number=str(self.written))

    @rule(who=st.integers(0, 2))
    def exchange(self, who: int) -> None:
        self.laptops[who].sync()

    @rule(who=st.integers(0, 2), cut=st.integers(0, 25))
    def die_while_exchanging(self, who: int, cut: int) -> None:
        laptop = self.laptops[who]
        laptop.replica.cut_after = cut
        with suppress(PowerCut):
            laptop.sync()
        laptop.replica.cut_after = None
        laptop.boot()

    @rule(who=st.integers(0, 2))
    def lose_an_answer(self, who: int) -> None:
        self.office.lose_answers = 1
        self.laptops[who].sync()
        self.office.lose_answers = 0

    @precondition(lambda self: bool(rows(self.office, self.place)))
    @rule(which=st.integers(0, 1000), at=st.integers(0, 4000))
    def rot_a_row(self, which: int, at: int) -> None:
        found = rows(self.office, self.place)
        seq = which % len(found) + 1
        rot_bytes(self.office, self.place, seq, at)

    @precondition(lambda self: bool(rows(self.office, self.place)))
    @rule(which=st.integers(0, 1000), column=st.sampled_from(["hash", "log_hash", "device_id"]))
    def rot_a_column(self, which: int, column: str) -> None:
        seq = which % len(rows(self.office, self.place)) + 1
        if findings(self.office, self.laptops[0], self.place) == []:  # one at a time: what proves it must be there
            rot(self.office, self.place, seq, **{column: bytes(32)})
            self._check()

    @precondition(lambda self: bool(rows(self.office, self.place)))
    @rule(which=st.integers(0, 1000))
    def lose_a_row(self, which: int) -> None:
        seq = which % len(rows(self.office, self.place)) + 1
        if findings(self.office, self.laptops[0], self.place) == []:
            mine = (LOG.c.collection_id == self.place.bytes, LOG.c.seq == seq)
            self.office.database.write(lambda conn: conn.execute(LOG.delete().where(*mine)))
            self._check()

    def _check(self) -> None:
        """What an administrator's `check` does."""
        laptop = self.laptops[0]
        org, state = laptop.start.org, laptop.engine.roster()
        with self.office.database.read() as conn:
            found = list(damage.walk(conn, org, self.place, state))
        for one in found:
            self.office.database.write(
                lambda conn, seq=one.seq: damage.note(conn, org, self.place, seq, lambda _: state, self.office.clock)  # type: ignore[misc]  # bound now
            )

    @invariant()
    def nothing_is_lost(self) -> None:
        for laptop in getattr(self, "laptops", ()):
            for one in copies.bad_copies(laptop.replica):
                assert any(aside.hash == one.hash for aside in laptop.replica.all_set_aside()), "it is shown"

    def teardown(self) -> None:
        if not hasattr(self, "office"):
            return
        try:
            self._check()
            for _ in range(3):
                everybody(*self.laptops)
            assert findings(self.office, self.laptops[0], self.place) == []
            assert len({laptop.digest() for laptop in self.laptops}) == 1
            for laptop in self.laptops:
                status = laptop.sync()
                assert (status.problem, status.waiting, status.damaged, status.set_aside) == (None, 0, 0, 0)
            fresh = founded_again(self.office, *self.laptops[:2])
            assert fresh.digest() == self.laptops[0].digest(), "who reads the log from nothing gets the same"
        finally:
            self.office.close()
            self.folder.cleanup()


TestRottingServer = RottingServer.TestCase
TestRottingServer.settings = settings(
    max_examples=8, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
)
