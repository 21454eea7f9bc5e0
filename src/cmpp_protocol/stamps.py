"""Stamps (rules 1-2): when a unit of work was made, by one device's own clock.

A stamp is (48-bit milliseconds, 16-bit counter, device). The stamps of one device strictly increase for ever, whatever
its clock does; they order only what is displayed. Causality comes from `replaces`, never from comparing clocks.
"""

from __future__ import annotations

from typing import NamedTuple

HLC_MAX = (1 << 64) - 1
COUNTER_BITS = 16


class Stamp(NamedTuple):
    """`hlc` = milliseconds << 16 | counter; `device` = the 32-byte device id. Tuple order is display order (rule 7)."""

    hlc: int
    device: bytes

    @property
    def ms(self) -> int:
        """Milliseconds since the epoch, by the clock of the device (corrected by the server's, rule 2)."""
        return self.hlc >> COUNTER_BITS


def next_hlc(now_ms: int, last: int) -> int:
    """The next stamp number of a device: `now_ms` if its clock moved on, else one more than the last one.

    `last` is the last number this device gave out (0: none). Raises OverflowError at the end of 48 bits.
    """
    candidate = max(now_ms, 0) << COUNTER_BITS
    number = candidate if candidate > last else last + 1
    if number > HLC_MAX:
        raise OverflowError("the clock is beyond the year 10889")
    return number
