"""Functions of dates and times."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from cmpp_desktop.forms.dates import days_of, moment_of, stamp
from cmpp_desktop.forms.values import Closure, Context, to_number, to_string

EPOCH = date(1970, 1, 1)


def date_of(c: Context, args: Sequence[Closure]) -> str:
    value = args[0](c)
    if isinstance(value, float) and not isinstance(value, bool):
        return "" if math.isnan(value) or abs(value) > 1_000_000 else (EPOCH + timedelta(days=math.floor(value))).isoformat()
    text = to_string(value).strip()
    if not text:
        return ""
    number = to_number(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else math.nan
    if not math.isnan(number):
        return (EPOCH + timedelta(days=math.floor(number))).isoformat() if abs(number) < 1_000_000 else ""
    at = moment_of(text)
    if at is not None and at.tzinfo is not None:
        at = at.astimezone(c.world.now().tzinfo)  # the day here, as the person who answers sees it
    return "" if at is None else at.date().isoformat()


def date_time_of(c: Context, args: Sequence[Closure]) -> str:
    value = args[0](c)
    zone = c.world.now().tzinfo
    number = value if isinstance(value, float) else math.nan
    text = to_string(value).strip()
    if math.isnan(number) and re.fullmatch(r"-?\d+(\.\d+)?", text):
        number = float(text)
    if not math.isnan(number):
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=number)
        return stamp(at.astimezone(zone))
    found = moment_of(text, zone)
    if found is not None and "T" not in text and " " not in text:
        return found.date().isoformat()
    return "" if found is None else stamp(found)


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_FORMATS: Mapping[str, Callable[[datetime], str]] = {
    "Y": lambda at: f"{at.year:04d}", "y": lambda at: f"{at.year % 100:02d}", "m": lambda at: f"{at.month:02d}",
    "n": lambda at: str(at.month), "d": lambda at: f"{at.day:02d}", "e": lambda at: str(at.day),
    "H": lambda at: f"{at.hour:02d}", "h": lambda at: str(at.hour), "M": lambda at: f"{at.minute:02d}",
    "S": lambda at: f"{at.second:02d}", "3": lambda at: f"{at.microsecond // 1000:03d}",
    "b": lambda at: _MONTHS[at.month - 1],
    "a": lambda at: _DAYS[at.weekday()], "%": lambda at: "%",
}  # fmt: skip


def formatted(c: Context, args: Sequence[Closure]) -> str:
    value = args[0](c)
    text = to_string(value).strip()
    at = moment_of(text, c.world.now().tzinfo)
    number = to_number(value) if isinstance(value, float) else math.nan
    if at is None and not math.isnan(number):
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=number)
    if at is None:
        return ""
    moment = at

    def put(match: re.Match[str]) -> str:
        known = _FORMATS.get(match.group(1))
        return match.group(0) if known is None else known(moment)

    return re.sub(r"%(.)", put, to_string(args[1](c)))


def decimal_time(text: str) -> float:
    match = re.match(r"(?:.*T)?(\d{2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?", text)
    if match is None:
        return math.nan
    hours, minutes, seconds = float(match.group(1)), float(match.group(2)), float(match.group(3) or 0)
    return (hours * 3600 + minutes * 60 + seconds) / 86400


def decimal_date_time(c: Context, args: Sequence[Closure]) -> float:
    at = moment_of(to_string(args[0](c)), c.world.now().tzinfo)
    return math.nan if at is None else days_of(stamp(at) if at.tzinfo else at.isoformat())
