"""What an administrator can watch: counts, sizes and times, never ids of people or content."""

from __future__ import annotations

import os
from collections import Counter as Tally
from collections.abc import Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, values
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector
from sqlalchemy import func, select

from cmpp_protocol import api, blobs, invitations
from cmpp_server import tables
from cmpp_server.database import Busy, Database
from cmpp_server.exchange import Done

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
ROUTES = frozenset({api.PATH, blobs.PATH, invitations.PATH, invitations.TAKE_PATH, "/healthz", "/readyz", "/metrics"})
_LOCKS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)


class Metrics:
    """The metrics of one application, in a registry of their own. Counters are of this process, or of all that count in a folder
    `counters`; what lies in the database is counted when it is asked for, and left out while the database is busy."""

    def __init__(self, database: Database, counters: Path | None = None) -> None:
        registry = CollectorRegistry()
        if counters is not None:
            # prometheus_client reads the folder from the environment, and its choice of values is one for the process.
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(counters)
            values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]  # it has no types
        self._registry = registry if counters is None else CollectorRegistry()
        self._requests = Counter(
            "cmpp_requests", "Answered requests, by route and outcome", ["route", "outcome"], registry=registry
        )
        self._bundles = Counter("cmpp_bundles", "Pushed bundles, by verdict", ["verdict"], registry=registry)
        self._entries = Counter("cmpp_roster_entries", "Roster entries, by verdict", ["verdict"], registry=registry)
        self._ignored = Counter("cmpp_key_envelopes_ignored", "Key envelopes that were for nobody", registry=registry)
        self._bytes = Counter(
            "cmpp_bytes", "Bytes of bodies of exchanges and of documents, by direction", ["direction"], registry=registry
        )
        self._seconds = Histogram("cmpp_exchange_seconds", "Time of an exchange, without waiting", registry=registry)
        self._locks = Histogram(
            "cmpp_lock_wait_seconds", "Time until a collection's lock was held", buckets=_LOCKS, registry=registry
        )
        self.waiting = Gauge("cmpp_waiting", "Requests in a long poll", registry=registry, multiprocess_mode="livesum")
        if counters is not None:
            MultiProcessCollector(self._registry, str(counters))  # type: ignore[no-untyped-call]  # it has no types
        self._registry.register(_Kept(database))

    def request(self, route: str, outcome: str) -> None:
        """One answered request: "ok" or a problem code. A route that there is not is "other": anybody can make up paths."""
        route = blobs.PATH if route.startswith(f"{blobs.PATH}/") else route
        self._requests.labels(route if route in ROUTES else "other", outcome).inc()

    def exchange(self, done: Done, seconds: float) -> None:
        """One exchange and what it brought."""
        self._seconds.observe(seconds)
        self._ignored.inc(done.ignored)
        for waited in done.lock_waits:
            self._locks.observe(waited)
        for verdict, times in Tally(str(one.verdict) for one in done.verdicts).items():
            self._bundles.labels(verdict).inc(times)
        for verdict, times in Tally(str(verdict) for verdict, _why in done.entry_verdicts).items():
            self._entries.labels(verdict).inc(times)

    def carried(self, received: int, sent: int) -> None:
        """The bytes of one request and its answer."""
        self._bytes.labels("received").inc(received)
        self._bytes.labels("sent").inc(sent)

    def text(self) -> bytes:
        """Everything in Prometheus' text format. Asks the database."""
        return bytes(generate_latest(self._registry))


def forget(counters: Path, pid: int) -> None:
    """A process that counted in this folder is no more: what it counted stays, what waited in it does not."""
    mark_process_dead(pid, str(counters))  # type: ignore[no-untyped-call]  # it has no types


class _Kept(Collector):
    """What lies in the database, and how many of its connections are in use."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing is asked of the database only to learn the names."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        used, most = self._database.connections()
        pool = GaugeMetricFamily("cmpp_database_connections", "Connections of this process to the database", labels=["state"])
        pool.add_metric(["used"], used)
        pool.add_metric(["most"], most)
        yield pool
        place = tables.collection
        sums = select(func.count(), func.coalesce(func.sum(place.c.seq), 0), func.coalesce(func.sum(place.c.used_bytes), 0))
        try:
            with self._database.read() as conn:
                collections, bundles, size = conn.execute(sums.select_from(place)).one()
                held, damaged, orgs, documents = (
                    conn.execute(select(func.count()).select_from(table)).scalar_one()
                    for table in (tables.held, tables.damaged, tables.org, tables.blob)
                )
        except Busy:
            return
        yield GaugeMetricFamily("cmpp_organisations", "Accepted organisations", value=orgs)
        yield GaugeMetricFamily("cmpp_collections", "Collections", value=collections)
        yield GaugeMetricFamily("cmpp_kept_bundles", "Bundles in the logs", value=int(bundles))
        yield GaugeMetricFamily("cmpp_kept_bytes", "Bytes of bundles in the logs and held, and of documents", value=int(size))
        yield GaugeMetricFamily("cmpp_kept_documents", "Contents of documents", value=documents)
        yield GaugeMetricFamily("cmpp_held_bundles", "Bundles that do not count, or not yet", value=held)
        yield GaugeMetricFamily("cmpp_damaged_bundles", "Places whose bytes are damaged and asked for", value=damaged)
