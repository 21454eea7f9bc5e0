"""Dates as XForms writes them (2026-11-24, 2026-11-24T09:30:00.000-05:00); as a number a date is days since 1970."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any

_DATE_TIME = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?)?\Z"
)


def moment_of(text: str, zone: Any = None) -> datetime | None:
    """The date or date and time of a text, aware when it or `zone` says where; None when it is no date."""
    match = _DATE_TIME.match(text.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    try:
        at = datetime(  # noqa: DTZ001 - the zone follows below
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0),
            int((fraction or "0").ljust(6, "0")),
        )  # fmt: skip
    except ValueError:
        return None
    if offset == "Z":
        return at.replace(tzinfo=UTC)
    if offset:
        return datetime.fromisoformat(at.isoformat() + (offset if ":" in offset else f"{offset[:3]}:{offset[3:] or '00'}"))
    return at.replace(tzinfo=zone)


def days_of(text: str) -> float:
    """Days since 1970-01-01 of a date or date and time, NaN for anything else."""
    at = moment_of(text)
    if at is None:
        return math.nan
    if at.tzinfo is not None:
        at = at.astimezone(UTC).replace(tzinfo=None)
    return (at - datetime(1970, 1, 1)) / timedelta(days=1)  # noqa: DTZ001 - both without a zone


def stamp(at: datetime) -> str:
    """A moment as XForms writes it, with milliseconds and its offset."""
    return at.isoformat(timespec="milliseconds")
