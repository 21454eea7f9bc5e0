"""Days and times as people type them. Pure: no widget."""

from __future__ import annotations

import re
from datetime import date, time, timedelta

_MONTHS = {
    "jan": 1,
    "ene": 1,
    "feb": 2,
    "mar": 3,
    "apr": 4,
    "abr": 4,
    "may": 5,
    "jun": 6,
    "jul": 7,
    "aug": 8,
    "ago": 8,
    "sep": 9,
    "oct": 10,
    "nov": 11,
    "dec": 12,
    "dic": 12,
}
_NEAR = {"today": 0, "hoy": 0, "tomorrow": 1, "mañana": 1, "yesterday": -1, "ayer": -1}
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAYS_ES = ("lun", "mar", "mié", "jue", "vie", "sáb", "dom")


def read_date(text: str, today: date, language: str = "en") -> date | None:
    """A day from "today", "+7", "8 Dec", "Dec 8 2026", "2026-12-08", "12/8/26" (month first in English, day first
    elsewhere), "fri"; None when it is none. Without a year the nearest such day that is not over half a year ago."""
    said = text.strip().lower().replace(".", " ").replace(",", " ")
    if said in _NEAR:
        return today + timedelta(days=_NEAR[said])
    if match := re.fullmatch(r"([+-]) ?(\d{1,3})", said):
        return today + timedelta(days=int(match[2]) * (1 if match[1] == "+" else -1))
    if match := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", said):
        return _day(int(match[1]), int(match[2]), int(match[3]))
    if match := re.fullmatch(r"(\d{1,2})[/\- ](\d{1,2})(?:[/\- ](\d{2,4}))?", said):
        first, second = int(match[1]), int(match[2])
        month, day = (first, second) if language == "en" else (second, first)
        if month > 12 >= day:
            month, day = day, month
        return _with_year(match[3], month, day, today)
    return _in_words(said, today, language)


def _in_words(said: str, today: date, language: str) -> date | None:
    names = _WEEKDAYS if language == "en" else _WEEKDAYS_ES
    words = [word for word in said.split() if word not in ("de", "of", "the")]
    if len(words) > 1 and words[0][:3] in names:
        words = words[1:]
    elif len(words) == 1 and words[0][:3] in names and not words[0].isdigit():
        ahead = (names.index(words[0][:3]) - today.weekday()) % 7
        return today + timedelta(days=ahead or 7)
    month = next((_MONTHS[word[:3]] for word in words if word[:3] in _MONTHS), None)
    numbers = [re.sub(r"(st|nd|rd|th)$", "", word) for word in words if word[0].isdigit()]
    if month is None or not numbers or len(numbers) > 2 or len(words) > 3 or not all(n.isdigit() for n in numbers):
        return None
    if len(numbers) == 2 and len(numbers[0]) == 4:
        numbers.reverse()
    return _with_year(numbers[1] if len(numbers) == 2 else None, month, int(numbers[0]), today)


def _with_year(year: str | None, month: int, day: int, today: date) -> date | None:
    if year is not None:
        number = int(year)
        if number < 100:
            number += 2000 if number <= today.year % 100 + 20 else 1900
        return _day(number, month, day)
    found = _day(today.year, month, day)
    if found is not None and (today - found).days > 182:
        return _day(today.year + 1, month, day)
    return found


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def read_time(text: str) -> time | None:
    """A time from "9:30 am", "930", "14:00", "2pm", "14h"; None when it is none. Without am or pm, 1 to 6 are afternoon."""
    said = text.strip().lower().replace(".", "").replace(" ", "").replace("h", ":" if re.search(r"h\d", text.lower()) else "")
    match = re.fullmatch(r"(\d{1,2}):?(\d{2})?(am|pm|a|p)?", said)
    if match is None:
        return None
    hour, minute, half = int(match[1]), int(match[2] or 0), (match[3] or "")[:1]
    if half and not 1 <= hour <= 12:
        return None
    if half == "p" and hour < 12:
        hour += 12
    elif half == "a" and hour == 12:
        hour = 0
    elif not half and 1 <= hour <= 6 and not text.strip().startswith("0"):
        hour += 12
    return time(hour, minute) if hour < 24 and minute < 60 else None
