"""The time zones that a list offers: those of the United States first, the one that is in force whatever it is."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QTimeZone

from cmpp_desktop.words import USUAL_ZONE, city_of, zone_of

ZONES = (
    "America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles", "America/Anchorage",
    "Pacific/Honolulu", "America/Puerto_Rico", "Pacific/Guam",
)  # fmt: skip


def zone_choices(now: datetime, first: str = "") -> list[tuple[str, str]]:
    """(IANA name, "Chicago (CST)") for a list; `first`, when it is none of them, stands before the others."""
    zones = (first, *ZONES) if first and first not in ZONES else ZONES
    return [(zone, f"{city_of(zone)} ({now.astimezone(zone_of(zone)).tzname()})") for zone in zones]


def zone_of_this_laptop() -> str:
    """The IANA name of the zone that the system is set to; the usual one when it is not known by name."""
    name = bytes(QTimeZone.systemTimeZoneId().data()).decode("ascii", "replace")
    return name if "/" in name and zone_of(name).key == name else USUAL_ZONE
