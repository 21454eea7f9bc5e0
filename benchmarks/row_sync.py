"""First sync of 20,000 and of 100,000 records: sent by one laptop, read by another, through a real server process.

On PostgreSQL and on SQLite.

Both laptops are whole workspaces with stores on disk. The records are those of benchmarks/office.py, each change set as one
command would have written it, waiting in the first laptop's outbox. `push` lasts until they have been read in the server's
log, `pull` until the second laptop has merged them, its People lines and search index included, durably. Each laptop runs in
this process, the server in its own, both on the machine's same cores.

The floor, in the same run: the same sealed bytes in one POST to a bare HTTP server in a process of its own, which keeps each
bundle as one row of SQLite, committed (push); the same bytes in one answer, and one executemany of ready tuples, as many as there
are records, into one SQLCipher table, committed (pull). It seals, signs, verifies, merges and indexes nothing.
"""

from __future__ import annotations

import gc
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol, TypeVar

import httpx
from tests.journeys.server import ServerProcess
from tests.postgres import temporary_postgres

from benchmarks import delta, office
from benchmarks.delta import Delta
from benchmarks.frame import ROOT, Row, row
from benchmarks.start_child import PASSPHRASE
from cmpp_desktop.domain.questions import Organisation, People
from cmpp_desktop.store.database import connect as open_file
from cmpp_desktop.store.database import durable
from cmpp_desktop.store.tables import CODECS, RECORD_KINDS
from cmpp_desktop.workspace import Workspace
from cmpp_protocol import canon

# With everything that such people have (benchmarks/office.py) a family has some forty records a head.
SMALL, LARGE = (500, 5_000), (2_500, 25_000)  # participants and sessions: about 20,000 and 100,000 records


class BothWays(Protocol):
    """What has the seconds of sending and of reading."""

    @property
    def push(self) -> float: ...
    @property
    def pull(self) -> float: ...


T = TypeVar("T", bound=BothWays)


@dataclass(frozen=True)
class Taken:
    """Seconds, records and bytes of one first sync, and of its floor."""

    records: int
    bundles: int
    size: int
    push: float
    pull: float
    post: float
    get: float
    insert: float
    delta: Delta


def measure(database: str, folder: Path, size: tuple[int, int]) -> Taken:
    """One first sync through a new server on that database."""
    with ServerProcess(database, folder / "server.log", anew=True) as server:
        sender = office.founded(folder / "sender", server.url)
        server.admin("org", "add", sender.access().organisation_id)
        _went(sender)
        sender.ask_for_digits(False)
        organisation = sender.ask(Organisation())
        invitation = sender.invite("Ana Marroquín", "caseworker", organisation.teams[0][0])
        _went(sender)
        sender.close()
        office.furnish(folder / "sender", *size, (organisation.me.id,), outbox=True)
        sender.unlock(PASSPHRASE)
        reader = office.laptop(folder / "reader")
        reader.enrol(invitation.data, "Blue ThinkPad", PASSPHRASE)

        gc.collect()
        gc.freeze()  # as the window does once all is imported: the collector need not look at it again

        started = time.perf_counter()
        _went(sender)
        sent = time.perf_counter()
        _went(reader)
        read = time.perf_counter()

        expected = sender.ask(People(office.TODAY)).everybody
        if sender.sync_status().waiting or reader.ask(People(office.TODAY)).everybody != expected:
            raise AssertionError("not everything was sent and read")
        bundles, rows = _of(sender, reader)
        _write_documents(reader, documents(size))
        changed = delta.measure(sender, reader)
        sender.close()
        reader.close()
    with _bare_server(folder) as url:
        post, get = _carry(url, bundles)
    return Taken(
        len(rows),
        len(bundles),
        sum(map(len, bundles)),
        sent - started,
        read - sent,
        post,
        get,
        _insert(folder / "floor.db", rows),
        changed,
    )


def documents(size: tuple[int, int]) -> Path:
    """Where the records of that size are as JSON, one a line, once a first sync of them was measured: what peers are given."""
    return ROOT / "build" / "bench" / f"documents-{size[0]}.jsonl"


def _write_documents(reader: Workspace, path: Path) -> None:
    opened = reader._opened
    assert opened is not None
    with opened.store._database.reading() as connection, path.open("w", encoding="utf-8") as file:
        for kind, codecs in CODECS.items():
            listed = ",".join(f'"{name}"' for name in ("id", *codecs))
            for id, *values in connection.exec_driver_sql(f'SELECT {listed} FROM "r_{kind}"'):
                held = zip(codecs.items(), values, strict=True)
                told = {name: codec.dump(value) for (name, codec), value in held if value is not None}
                fields = {name: _plain(canon.unpack(value)) for name, value in told.items()}
                file.write(json.dumps({"_id": id.hex(), "type_": kind, **fields}, ensure_ascii=False) + "\n")


def _plain(value: Any) -> Any:
    """A value as JSON has it: ids as hexadecimal digits."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return {key: _plain(one) for key, one in value.items()} if isinstance(value, dict) else value


def _went(door: Workspace) -> None:
    status = door.sync_now()
    if status.problem is not None:
        raise AssertionError(status.problem)


def _of(sender: Workspace, reader: Workspace) -> tuple[list[bytes], list[tuple[object, ...]]]:
    """The sealed bundles that were sent, and ready tuples, one a record, about as large as the record."""
    opened, other = sender._opened, reader._opened
    assert opened is not None
    assert other is not None
    with opened.store._database.reading() as connection:
        bundles = [item[0] for item in connection.exec_driver_sql("SELECT body FROM envelope WHERE mine=1 ORDER BY number")]
    with other.store._database.reading() as connection:
        rows: list[tuple[object, ...]] = []
        for kind in RECORD_KINDS:
            for item in connection.exec_driver_sql(f'SELECT * FROM "r_{kind}"'):
                values = [*item, *([None] * 15)]
                rows.append((*values[:15], getattr(item, "narrative", None)))
    return bundles, sorted(rows, key=lambda item: bytes(item[0]))  # type: ignore[call-overload]


def _insert(path: Path, rows: list[tuple[object, ...]]) -> float:
    """Seconds of one bulk insert into one SQLCipher table, median of three."""
    taken = []
    for number in range(3):
        file = path.with_suffix(f".{number}")
        raw = open_file(file, bytes(range(32)))
        durable(raw)
        columns = ",".join(f"c{at}" for at in range(1, 16))
        raw.execute(f"CREATE TABLE record(id BLOB PRIMARY KEY, {columns}) WITHOUT ROWID")
        started = time.perf_counter()
        raw.execute("BEGIN IMMEDIATE")
        raw.executemany(f"INSERT INTO record VALUES ({','.join('?' * 16)})", rows)
        raw.execute("COMMIT")
        taken.append(time.perf_counter() - started)
        raw.close()
    return sorted(taken)[1]


@contextmanager
def _bare_server(folder: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.sink", str(folder / "sink.db")]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(20)
        assert process.stdout is not None
        process.stdout.close()


def _carry(url: str, bundles: list[bytes]) -> tuple[float, float]:
    """Seconds of one POST of everything until it is committed, and of one GET of everything, medians of three."""
    whole = b"".join(len(one).to_bytes(4, "big") + one for one in bundles)
    posts, gets = [], []
    with httpx.Client(timeout=60, trust_env=False) as client:
        for _ in range(3):
            started = time.perf_counter()
            client.post(url, content=whole).raise_for_status()
            posted = time.perf_counter()
            if client.get(url).content != whole:
                raise AssertionError("the bare server gave something else back")
            posts.append(posted - started)
            gets.append(time.perf_counter() - posted)
    return sorted(posts)[1], sorted(gets)[1]


def once(kind: str, size: tuple[int, int]) -> Taken:
    """One first sync; stores and databases are gone afterwards."""
    (ROOT / "build" / "bench").mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="sync-", dir=ROOT / "build" / "bench"))
    try:
        if kind == "PostgreSQL":
            with temporary_postgres() as url:
                one = measure(url, folder, size)
        else:
            one = measure(f"sqlite:///{folder}/server.db", folder, size)
    finally:
        shutil.rmtree(folder)
    print(
        f"    {kind}: {one.records} records, {one.bundles} bundles, {one.size / 1e6:.1f} MB; push {one.push:.2f} s, "
        f"pull {one.pull:.2f} s; floor: post {one.post:.3f}, get {one.get:.3f}, insert {one.insert:.3f} s",
        flush=True,
    )
    return one


def middle(found: Sequence[T]) -> T:
    """The median of some by the whole time, sent and read."""
    return sorted(found, key=lambda item: item.push + item.pull)[len(found) // 2]


@cache
def taken(kind: str, size: tuple[int, int]) -> Taken:
    """The median of three, by the whole time (of the large one, one)."""
    return middle([once(kind, size) for _ in range(3 if size == SMALL else 1)])


def _row(name: str, kind: str, what: str, ours: float, floor: float, size: tuple[int, int]) -> Row:
    one = taken(kind, size)
    return row(
        name,
        size=f"{one.records:,} records in {one.bundles} bundles, {one.size / 1e6:.1f} MB, {kind}; {what}",
        unit="ms",
        ours=1000 * ours,
        against={"raw floor": 1000 * floor},
        at_most=3,
    )


def row_first_sync() -> Row:
    one = taken("PostgreSQL", SMALL)
    return _row("first-sync", "PostgreSQL", "sent and read", one.push + one.pull, one.post + one.get + one.insert, SMALL)


def row_first_sync_read() -> Row:
    one = taken("PostgreSQL", SMALL)
    return _row("first-sync-read", "PostgreSQL", "read by a new laptop", one.pull, one.get + one.insert, SMALL)


def row_first_sync_sent() -> Row:
    one = taken("PostgreSQL", SMALL)
    return _row("first-sync-sent", "PostgreSQL", "sealed and sent", one.push, one.post, SMALL)


def row_first_sync_sqlite() -> Row:
    one = taken("SQLite", SMALL)
    return _row("first-sync-sqlite", "SQLite", "sent and read", one.push + one.pull, one.post + one.get + one.insert, SMALL)


def row_first_sync_large() -> Row:
    one = taken("PostgreSQL", LARGE)
    floor = one.post + one.get + one.insert
    return _row("first-sync-large", "PostgreSQL", "sent and read", one.push + one.pull, floor, LARGE)


def row_first_sync_large_read() -> Row:
    one = taken("PostgreSQL", LARGE)
    return _row("first-sync-large-read", "PostgreSQL", "read by a new laptop", one.pull, one.get + one.insert, LARGE)
