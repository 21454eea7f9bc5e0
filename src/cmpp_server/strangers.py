"""How often somebody may ask who has not signed anything: so many requests a minute from one network address.

Counted by each process for itself and in memory alone: an address is written nowhere. IPv6 addresses of one network (64 bits)
count as one. Only so many addresses are remembered; who is forgotten begins anew. Guessing a place of 256 bits is hopeless at any
pace: this keeps the bytes that are sent within bounds.
"""

from __future__ import annotations

import ipaddress
import math
import threading
from collections import OrderedDict
from collections.abc import Callable

from cmpp_server.problems import Refused

REMEMBERED = 4096


class Strangers:
    """`a_minute`: requests of one address in the long run, and at once (0: no limit). `now` gives milliseconds."""

    def __init__(self, a_minute: int, now: Callable[[], int]) -> None:
        self._a_minute, self._now = a_minute, now
        self._due: OrderedDict[str, int] = OrderedDict()
        self._lock = threading.Lock()

    def count(self, address: str) -> None:
        """One request. Raises Refused("too_many") with the seconds to wait; a refused one counts for nothing."""
        if not self._a_minute:
            return
        share, now, key = math.ceil(60_000 / self._a_minute), self._now(), _network(address)
        with self._lock:
            due = self._due.get(key, now)
            if due > now + 120_000:  # written under another clock
                due = now
            over = due - now - (self._a_minute - 1) * share
            if over > 0:
                raise Refused("too_many", wait=max(1, math.ceil(over / 1000)))
            self._due[key] = max(due, now) + share
            self._due.move_to_end(key)
            while len(self._due) > REMEMBERED:
                self._due.popitem(last=False)


def _network(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else str(found)
