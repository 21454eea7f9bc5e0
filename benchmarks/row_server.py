"""Laptops at once against one server with two processes on PostgreSQL, beside PostgreSQL alone.

Each laptop, all together, sends a day's work (35 bundles of about 1.5 KB, one request over a connection of its own) and reads
what its team of ten has so far. Requests were signed before. The peer writes the same envelopes into a table with the same
columns and keys, one transaction a laptop, over ten connections of the bare driver: no HTTP, no signature, no chain, no lock, no
answer. Both on a PostgreSQL with its durability on; whoever plays the laptops runs on the same two processors.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit
from uuid import UUID

import psycopg
from tests.journeys.server import ServerProcess
from tests.postgres import temporary_postgres
from tests.unit.protocol.office import Laptop, Office, stream

from benchmarks.frame import ROOT, Row, row
from cmpp_protocol import api, envelope

TEAM, DAY, BODY = 10, 35, 1_300  # laptops of a team; bundles a laptop; bytes of a body
CONNECTIONS = 10
WORKERS = 2  # one for each processor
ROUNDS = 3


@dataclass(frozen=True)
class Fleet:
    """An organisation with laptops, each with its collection and its sealed day."""

    office: Office
    laptops: list[tuple[Laptop, UUID, list[envelope.Envelope]]]


@dataclass(frozen=True)
class Taken:
    """Seconds until all had sent and read; until all was inserted; the slowest of a hundredth of the requests, in seconds."""

    bundles: int
    served: float
    inserted: float
    late: float


def fleet(count: int, turn: int) -> Fleet:
    """The same laptops whatever the turn, another organisation each time."""
    office = Office(f"bench {turn}")
    laptops = []
    for number in range(count):
        if number % TEAM == 0:
            place = office.collection(f"team {number // TEAM}")
        member = office.member(f"{number}", team=place)
        laptops.append((office.laptop(f"{number}", member, (place,)), place))
    return Fleet(office, [(one, place, day(office, one, place)) for one, place in laptops])


def day(office: Office, laptop: Laptop, place: UUID) -> list[envelope.Envelope]:
    """The bundles of one day, as a laptop seals them."""
    made, previous = [], envelope.FIRST
    for number in range(1, DAY + 1):
        salt = stream(f"{laptop.name} {number}", 32)
        header = envelope.Header(office.id, place, 1, laptop.id, number, previous, office.state.no, salt)
        made.append(envelope.sign(header, stream(f"body {laptop.name} {number}", BODY), laptop.pair))
        previous = made[-1].hash
    return made


async def serve_all(url: str, of: Fleet) -> tuple[float, list[float]]:
    """Seconds until every laptop has sent and read, and of each request."""
    host, port = urlsplit(url).hostname, urlsplit(url).port
    name, now = api.server_name(url), time.time_ns() // 1_000_000
    waits: list[float] = []

    def request(laptop: Laptop, body: bytes) -> bytes:
        header = api.authorise(laptop.pair, of.office.id, name, api.PATH, now, body).header()
        head = f"POST {api.PATH} HTTP/1.1\r\nHost: {name}\r\nAuthorization: {header}\r\nContent-Length: {len(body)}\r\n\r\n"
        return head.encode() + body

    async def one(laptop: Laptop, sent: list[bytes]) -> None:
        reader, writer = await asyncio.open_connection(host, port, limit=1 << 20)
        for data in sent:
            started = time.perf_counter()
            writer.write(data)
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
            answer = await reader.readexactly(length)
            if not head.startswith(b"HTTP/1.1 200"):
                raise AssertionError(answer)
            waits.append(time.perf_counter() - started)
        writer.close()
        await writer.wait_closed()

    ready = []
    state = of.office.state
    for laptop, place, bundles in of.laptops:
        cursor = api.Cursor(place, 0, envelope.log_start(of.office.id, place))
        said = {"roster_no": state.no, "roster_hash": state.hash, "opened": ((place, 1),)}
        push = api.SyncRequest(**said, bundles=tuple(one.encode() for one in bundles))  # type: ignore[arg-type]
        pull = api.SyncRequest(**said, cursors=(cursor,))  # type: ignore[arg-type]
        ready.append((laptop, [request(laptop, push.encode()), request(laptop, pull.encode())]))
    started = time.perf_counter()
    await asyncio.gather(*(one(*each) for each in ready))
    return time.perf_counter() - started, waits


TABLE = """
CREATE TABLE raw (org_id bytea, collection_id bytea, seq bigint, log_hash bytea, device_id bytea, number bigint, hash bytea,
    epoch int, roster_no int, body bytea, PRIMARY KEY (org_id, collection_id, seq),
    UNIQUE (org_id, collection_id, device_id, number, hash))
"""


def insert_all(database: str, of: Fleet) -> float:
    """Seconds until PostgreSQL alone has the same envelopes."""
    plain = database.replace("postgresql+psycopg", "postgresql")
    days = []
    for at, (laptop, place, bundles) in enumerate(of.laptops):
        start = at % TEAM * DAY
        days.append(
            [
                (of.office.id, place.bytes, start + seq, one.hash, laptop.id, seq, one.hash, 1, 1, one.encode())
                for seq, one in enumerate(bundles, 1)
            ]
        )

    def some(mine: list[list[tuple[object, ...]]]) -> None:
        with psycopg.connect(plain) as conn:
            for rows in mine:
                with conn.cursor() as cursor:
                    cursor.executemany(f"INSERT INTO raw VALUES ({','.join(['%s'] * 10)})", rows)
                conn.commit()

    with psycopg.connect(plain, autocommit=True) as conn:
        conn.execute("DROP TABLE IF EXISTS raw")
        conn.execute(TABLE)
        conn.execute("ALTER TABLE raw ALTER COLUMN body SET STORAGE EXTERNAL")
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        started = time.perf_counter()
        list(pool.map(some, [days[at::CONNECTIONS] for at in range(CONNECTIONS)]))
        return time.perf_counter() - started


def publish(server: ServerProcess, of: Fleet) -> None:
    """The organisation's roster is at the server."""
    server.admin("org", "add", of.office.id.hex())
    body = api.SyncRequest(entries=tuple(of.office.new)).encode()

    async def send() -> None:
        reader, writer = await asyncio.open_connection(urlsplit(server.url).hostname, urlsplit(server.url).port)
        name, now = api.server_name(server.url), time.time_ns() // 1_000_000
        header = api.authorise(of.office.admin.pair, of.office.id, name, api.PATH, now, body).header()
        head = f"POST {api.PATH} HTTP/1.1\r\nHost: {name}\r\nAuthorization: {header}\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        if not (await reader.readline()).startswith(b"HTTP/1.1 200"):
            raise AssertionError(await reader.read())
        writer.close()

    asyncio.run(send())


@cache
def taken(count: int) -> Taken:
    """The medians of three turns, each with another organisation on one server."""
    served, inserted, waits = [], [], []
    (ROOT / "build" / "bench").mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir=ROOT / "build" / "bench") as folder,
        temporary_postgres() as database,
        ServerProcess(database, Path(folder) / "server.log", anew=True, workers=WORKERS) as server,
    ):
        for turn in range(ROUNDS):
            of = fleet(count, turn)
            publish(server, of)
            seconds, each = asyncio.run(serve_all(server.url, of))
            served.append(seconds)
            waits += each
            inserted.append(insert_all(database, of))
        said = server.admin("check")
        if f"{count * DAY * ROUNDS} bundles checked, 0 held, 0 findings" not in said:
            raise AssertionError(said)
    late = sorted(waits)[len(waits) * 99 // 100]
    print(f"    {count}: served {served}, inserted {inserted}, the slowest hundredth {late:.2f} s", flush=True)
    return Taken(count * DAY, median(served), median(inserted), late)


def _row(count: int) -> Row:
    one = taken(count)
    return row(
        f"server-{count}",
        size=f"{count} laptops at once, {one.bundles:,} bundles sent, all read again; 99 of 100 requests in {one.late:.1f} s",
        unit="bundles/s",
        ours=one.bundles / one.served,
        against={"PostgreSQL alone": one.bundles / one.inserted},
        at_least=0.5,
    )


def row_server_10() -> Row:
    return _row(10)


def row_server_100() -> Row:
    return _row(100)


def row_server_500() -> Row:
    return _row(500)
