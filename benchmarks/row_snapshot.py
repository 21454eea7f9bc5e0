"""First sync of a new laptop from a snapshot: 20,000 and 100,000 records, made by one laptop and confirmed by another.

All three laptops are whole workspaces with stores on disk, the server is a process on SQLite. The records are those of
benchmarks/office.py. Measured is the first exchange of the third, from asking until its store holds every record, People lines
and search index included, durably. The floor, in the same run: the same sealed parts in one answer of a bare HTTP server, and
one executemany of ready tuples, as many as there are records, into one SQLCipher table, committed (as in row_sync).
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select
from tests.journeys.server import ServerProcess

from benchmarks import office
from benchmarks.frame import ROOT, Row, row
from benchmarks.row_sync import LARGE, SMALL, _bare_server, _carry, _insert, _of, _went
from benchmarks.start_child import PASSPHRASE
from cmpp_desktop.domain.questions import Organisation, People
from cmpp_desktop.sync import snapshot_books
from cmpp_desktop.workspace import Workspace
from cmpp_server import tables
from cmpp_server.database import Database

BEHIND = {"CMPP_SNAPSHOT_BEHIND": "10", "CMPP_SNAPSHOT_BUNDLES": "20"}  # for these few bundles as for thousands


class Taken(NamedTuple):
    """Seconds, records and bytes."""

    records: int
    parts: int
    size: int
    pull: float
    get: float
    insert: float


def measure(folder: Path, size: tuple[int, int]) -> Taken:
    url = f"sqlite:///{folder}/server.db"
    os.environ |= BEHIND
    try:
        with ServerProcess(url, folder / "server.log", anew=True) as server:
            maker, second = _made(server, folder, size)
            newcomer = _joined(maker, folder / "newcomer", "Bo Synthetic")
            started = time.perf_counter()
            _went(newcomer)
            pull = time.perf_counter() - started
            expected = maker.ask(People(office.TODAY)).everybody
            opened = newcomer._opened
            assert opened is not None
            places = opened.engine.snapshots._books.readable()
            if not any(snapshot_books.is_taken(opened.store.replica(), place) for place in places):
                raise AssertionError("it did not begin from a snapshot")
            if newcomer.ask(People(office.TODAY)).everybody != expected:
                raise AssertionError("not everything was read")
            _, rows = _of(maker, newcomer)
            for one in (maker, second, newcomer):
                one.close()
    finally:
        for name in BEHIND:
            del os.environ[name]
    parts = _parts(url)
    with _bare_server(folder) as bare:
        _, get = _carry(bare, parts)
    return Taken(len(rows), len(parts), sum(map(len, parts)), pull, get, _insert(folder / "floor.db", rows))


def _made(server: ServerProcess, folder: Path, size: tuple[int, int]) -> tuple[Workspace, Workspace]:
    """A laptop that made a snapshot of all that it wrote, and one that confirmed it."""
    maker = office.founded(folder / "maker", server.url)
    server.admin("org", "add", maker.access().organisation_id)
    _went(maker)
    maker.ask_for_digits(False)
    me = maker.ask(Organisation()).me.id
    second = _joined(maker, folder / "second", "Ana Marroquín")
    maker.close()
    office.furnish(folder / "maker", *size, (me,), outbox=True)
    maker.unlock(PASSPHRASE)
    for one in (maker, second):
        _went(one)
    return maker, second


def _joined(maker: Workspace, folder: Path, name: str) -> Workspace:
    invitation = maker.invite(name, "caseworker", maker.ask(Organisation()).teams[0][0])
    _went(maker)
    joined = office.laptop(folder)
    joined.enrol(invitation.data, "Blue ThinkPad", PASSPHRASE)
    return joined


def _parts(url: str) -> list[bytes]:
    database = Database(url)
    with database.read() as conn:
        found = list(conn.execute(select(tables.snapshot_part.c.body)).scalars())
    database.close()
    return found


@cache
def taken(size: tuple[int, int]) -> Taken:
    """The median of three (of the large one, one)."""
    found = []
    for _ in range(3 if size == SMALL else 1):
        (ROOT / "build" / "bench").mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="snapshot-", dir=ROOT / "build" / "bench"))
        try:
            found.append(measure(folder, size))
        finally:
            shutil.rmtree(folder)
        print("   ", found[-1], flush=True)
    return sorted(found, key=lambda item: item.pull)[len(found) // 2]


def _row(name: str, size: tuple[int, int]) -> Row:
    one = taken(size)
    return row(
        name,
        size=f"{one.records:,} records in {one.parts} parts, {one.size / 1e6:.1f} MB, SQLite; read by a new laptop",
        unit="ms",
        ours=1000 * one.pull,
        against={"raw floor": 1000 * (one.get + one.insert)},
        at_most=3,
    )


def row_first_sync_snapshot() -> Row:
    return _row("first-sync-snapshot", SMALL)


def row_first_sync_snapshot_large() -> Row:
    return _row("first-sync-snapshot-large", LARGE)
