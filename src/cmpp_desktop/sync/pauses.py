"""How long to leave a server alone that asked for it: longer each time, never all laptops at once, never sooner than it asked.

A network that is gone is no reason for a pause: nobody is spared by it, and who is back on line should not wait."""

from __future__ import annotations

FIRST, MOST = 15.0, 900.0


def retry_after(failures: int, jitter: float) -> float:
    """Seconds until the next try after so many failures in a row: 15 s, doubled up to 15 min; `jitter` in 0..1 moves it by
    up to a half either way, so that laptops do not all come back at once."""
    pause: float = min(FIRST * 2 ** min(max(failures - 1, 0), 10), MOST)
    return pause * (0.5 + jitter)


class Pauses:
    """Counts the failures in a row. `next` is the seconds until the next try by itself, None when nothing stands against it."""

    def __init__(self) -> None:
        self._failures = 0
        self.next: float | None = None

    def went(self) -> None:
        """The server answered, and asked for no pause."""
        self._failures, self.next = 0, None

    def failed(self, asked: int, busy: bool, jitter: float) -> None:
        """It did not answer, or is `busy`; `asked`: the seconds for which it asked, 0 for none. Who was asked to wait comes a
        little later than that, each at another moment; who did not reach it tries again at the usual pace."""
        if not busy:
            self.went()
            return
        self._failures += 1
        pause = retry_after(self._failures, jitter)
        self.next = asked * (1 + jitter / 2) if asked and self._failures == 1 else max(pause, asked * (1 + jitter / 2))
