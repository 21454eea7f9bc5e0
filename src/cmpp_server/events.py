"""Waiting for something new without holding a transaction, a connection or a thread.

A waiter sleeps until a push in this process wakes it, or until it is time to look again, because other replicas do not call
here. Nothing is announced inside the transaction of a push: on PostgreSQL that takes a lock on the whole database.
"""

from __future__ import annotations

import asyncio


class Events:
    """Wakes those who wait for an organisation. Used only on the event loop."""

    def __init__(self) -> None:
        self._waiting: dict[bytes, set[asyncio.Event]] = {}
        self._closing = False

    @property
    def closing(self) -> bool:
        """Whether the server is stopping: nobody starts to wait."""
        return self._closing

    def changed(self, org: bytes) -> None:
        """Wake everybody who waits for this organisation."""
        for event in self._waiting.get(org, ()):
            event.set()

    def close(self) -> None:
        """Wake everybody, for good: the server is stopping and long polls end now."""
        self._closing = True
        for org in self._waiting:
            self.changed(org)

    async def wait(self, org: bytes, seconds: float) -> None:
        """Return when something may have changed, at the latest after `seconds`."""
        if self._closing or seconds <= 0:
            return
        event = asyncio.Event()
        waiting = self._waiting.setdefault(org, set())
        waiting.add(event)
        try:
            await asyncio.wait_for(event.wait(), seconds)
        except TimeoutError:
            pass
        finally:
            waiting.discard(event)
            if not waiting:
                self._waiting.pop(org, None)
