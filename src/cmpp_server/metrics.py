"""What an administrator can watch: counts, sizes and times, never ids of people or content."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from cmpp_server.exchange import Done

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """The metrics of one application, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        registry = self._registry
        self._requests = Counter("cmpp_requests", "Answered requests, by outcome", ["outcome"], registry=registry)
        self._bundles = Counter("cmpp_bundles", "Pushed bundles, by verdict", ["verdict"], registry=registry)
        self._entries = Counter("cmpp_roster_entries", "Roster entries, by verdict", ["verdict"], registry=registry)
        self._ignored = Counter("cmpp_key_envelopes_ignored", "Key envelopes that were for nobody", registry=registry)
        self._seconds = Histogram("cmpp_exchange_seconds", "Time of an exchange, without waiting", registry=registry)
        self.waiting = Gauge("cmpp_waiting", "Requests in a long poll", registry=registry)

    def request(self, outcome: str) -> None:
        """One answered request: "ok" or a problem code."""
        self._requests.labels(outcome).inc()

    def exchange(self, done: Done, seconds: float) -> None:
        """One exchange and what it brought."""
        self._seconds.observe(seconds)
        self._ignored.inc(done.ignored)
        for one in done.verdicts:
            self._bundles.labels(str(one.verdict)).inc()
        for verdict, _why in done.entry_verdicts:
            self._entries.labels(str(verdict)).inc()

    def text(self) -> bytes:
        """Everything in Prometheus' text format."""
        return bytes(generate_latest(self._registry))
