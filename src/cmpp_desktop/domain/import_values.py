"""What the cells of somebody else's table mean: headings, dates, numbers, words of code lists. Pure; nothing is guessed silently.

A cell is read or it is refused with a reason (a code, for the words of `workspace.import_words`). A date that could be two days
is refused until the person has said which comes first. A cell that looks like a formula is text like any other.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache

from cmpp_desktop.domain.import_vocabulary import COUNTRIES, MONTHS, NO, SHORT, YES, folded
from cmpp_desktop.domain.participants import normal_a_number
from cmpp_desktop.words import load_codes

MOST_LETTERS = 4000
EARLIEST, LATEST = date(1900, 1, 1), date(2100, 1, 1)

Value = str | int | float | bool | date | datetime | time | None


@dataclass(frozen=True, slots=True)
class BadCell:
    """What stands for a cell that could not even be read: formula_without_value, cell_error, too_long, not_text."""

    code: str


Cell = Value | BadCell


class Refused(ValueError):
    """A cell that does not say what its column should. `code`: why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


# What no eye sees in a cell and copying leaves there: marks of byte order, soft hyphens, spaces of no width, and marks that turn
# the direction of writing, under which a name reads as another. What joins letters stays, but not alone at an end.
_UNSEEN = dict.fromkeys((0xAD, 0x61C, 0x180E, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F),
                         *range(0x2060, 0x2065), *range(0x2066, 0x2070), 0xFEFF))  # fmt: skip
_JOINERS = "\u200c\u200d"
_CLOCK = re.compile(r"(?:\s+|T)(\d{1,2}:\d{2}(?::\d{2})?)(?:\.\d+)?(\s*[ap]\.?\s*m\.?)?\s*Z?$", re.IGNORECASE)
_TIME = re.compile(r"^(\d{1,2})(?:[:.h](\d{2}))?(?::\d{2})?\s*([ap])?\s*\.?\s*m?\.?$", re.IGNORECASE)


def text_of(cell: Cell) -> str:
    """What a cell says, as text. Raises Refused for what could not be read."""
    if isinstance(cell, BadCell):
        raise Refused(cell.code)
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        if cell != cell or cell in (float("inf"), float("-inf")):
            raise Refused("not_text")
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time(0) else cell.isoformat(" ", "minutes")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, int):
        return str(cell)
    if cell.isascii() and cell.isprintable() and len(cell) <= MOST_LETTERS:
        return cell.strip()
    text = unicodedata.normalize("NFC", cell.translate(_UNSEEN)).replace("\r\n", "\n").replace("\r", "\n").strip()
    if text[:1] in _JOINERS or text[-1:] in _JOINERS:
        text = text.strip(_JOINERS).strip()
    if len(text) > MOST_LETTERS:
        raise Refused("too_long")
    if any(unicodedata.category(letter) in ("Cc", "Cs") and letter not in "\n\t" for letter in text):
        raise Refused("control_letters")
    return text


def plain_digits(text: str) -> str:
    """With the digits of any script as 0 to 9."""
    return text if text.isascii() else "".join(str(unicodedata.decimal(letter, letter)) for letter in text)


def whole_of(cell: Cell) -> str:
    """What a cell says where a number is only a name: "7.0" is how tables write 7 when others in the column say nothing."""
    text = plain_digits(text_of(cell))
    return text[:-2] if re.fullmatch(r"[A-Za-z]?\d+\.0", text) else text


def clock_of(cell: Cell) -> time | None:
    """The time that stands behind a day in one cell; midnight is none, for that is how tables write a day."""
    if isinstance(cell, datetime):
        at = cell.time()
    else:
        found = _CLOCK.search(text_of(cell))
        at = (read_time(found[1] + (found[2] or "")) if found is not None else None) or time(0)
    at = at.replace(second=0, microsecond=0)
    return at if at != time(0) else None


def read_date(cell: Cell, day_first: bool | None, *, timed: bool = False) -> date | None:
    """A day. `day_first`: how 03/04/2020 is meant; None: not said, and then it is refused (date_ambiguous). `timed`: a time may
    stand behind it (`clock_of`)."""
    if isinstance(cell, datetime):
        return _in_range(cell.date())
    if isinstance(cell, date):
        return _in_range(cell)
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        raise Refused("date_is_number")
    text = text_of(cell)
    if not text:
        return None
    if re.fullmatch(r"[\d.]+", text) and "." not in text.strip("."):
        raise Refused("date_is_number")
    if timed or clock_of(text) is None:
        text = _CLOCK.sub("", text)
    parts = [part for part in re.split(r"[\s,./\-]+", folded_date(text)) if part and part != "de" and part != "del"]
    if len(parts) != 3:
        raise Refused("date_not_read")
    return _in_range(_date_of(parts, day_first))


def folded_date(text: str) -> str:
    """Without accents and points after months, lower case, "1st" as 1."""
    told = "".join(letter for letter in unicodedata.normalize("NFKD", text.casefold()) if unicodedata.category(letter) != "Mn")
    return re.sub(r"\b(\d{1,2})(st|nd|rd|th|o|a)\b", r"\1", plain_digits(told).replace("°", ""))


def _date_of(parts: list[str], day_first: bool | None) -> date:
    named = [at for at, part in enumerate(parts) if part in MONTHS]
    if len(named) == 1 and named[0] in (0, 1):
        month = MONTHS[parts.pop(named[0])]
        if len(parts[0]) == 4:
            parts.reverse()
        return _made(parts[1], str(month), parts[0])
    if not all(part.isdigit() for part in parts):
        raise Refused("date_not_read")
    if len(parts[0]) == 4:
        return _made(parts[0], parts[1], parts[2])
    if len(parts[2]) != 4:
        raise Refused("date_short_year" if len(parts[2]) <= 2 else "date_not_read")
    one, two = int(parts[0]), int(parts[1])
    if day_first is None and one != two:
        if one <= 12 and two <= 12:
            raise Refused("date_ambiguous")
        day_first = one > 12
    return _made(parts[2], parts[1], parts[0]) if day_first else _made(parts[2], parts[0], parts[1])


def _made(year: str, month: str, day: str) -> date:
    if len(year) != 4:
        raise Refused("date_short_year")
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise Refused("date_not_read") from None


def _in_range(day: date) -> date:
    if not EARLIEST <= day <= LATEST:
        raise Refused("date_out_of_range")
    return day


def seems_day_first(cells: Iterable[Cell]) -> tuple[int, int, int]:
    """Of the days written as 03/04/2020: how many can only be day first, how many only month first, how many both."""
    only_day = only_month = both = 0
    for cell in cells:
        if not isinstance(cell, str):
            continue
        found = re.fullmatch(r"\s*(\d{1,2})[./\-\s](\d{1,2})[./\-\s]\d{4}\s*", _CLOCK.sub("", cell))
        if found:
            one, two = int(found[1]), int(found[2])
            only_day += one > 12 >= two
            only_month += two > 12 >= one
            both += one <= 12 and two <= 12 and one != two
    return only_day, only_month, both


def read_time(cell: Cell) -> time | None:
    """A time of day: 9:30, 14:05, 9 am, 1:30 p. m."""
    if isinstance(cell, datetime):
        return cell.time().replace(second=0, microsecond=0)
    if isinstance(cell, time):
        return cell.replace(second=0, microsecond=0)
    text = text_of(cell)
    if not text:
        return None
    found = _TIME.match(folded_date(text).replace("\u00a0", " "))
    if found is None or (found[2] is None and found[3] is None):
        raise Refused("time_not_read")
    hour, minute, half = int(found[1]), int(found[2] or 0), (found[3] or "").lower()
    if half and not 1 <= hour <= 12:
        raise Refused("time_not_read")
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    if hour > 23 or minute > 59:
        raise Refused("time_not_read")
    return time(hour, minute)


def read_yes(cell: Cell) -> bool:
    word = folded(text_of(cell)) or text_of(cell)
    if word in YES:
        return True
    if word in NO:
        return False
    raise Refused("yes_or_no")


def read_a_number(cell: Cell) -> str:
    text = whole_of(cell)
    if re.fullmatch(r"\d(\.\d+)?[eE]\+?\d+", text):
        raise Refused("number_rounded")
    try:
        return normal_a_number(text)
    except ValueError:
        raise Refused("a_number_digits") from None


def read_phone(cell: Cell) -> str:
    text = whole_of(cell)
    if re.fullmatch(r"\d(\.\d+)?[eE]\+?\d+", text):
        raise Refused("number_rounded")
    if text and sum(letter.isdigit() for letter in text) < 7:
        raise Refused("phone_digits")
    if len(text) > 60:
        raise Refused("too_long")
    return text


def read_email(cell: Cell) -> str:
    text = text_of(cell)
    if text and not re.fullmatch(r"[^\s@,;]+@[^\s@,;]+", text):
        raise Refused("email_form")
    return text


def read_postal(cell: Cell) -> str:
    """A ZIP code that a spreadsheet took for a number gets its first zeros back."""
    text = whole_of(cell)
    return text.zfill(5) if re.fullmatch(r"\d{3,4}", text) else text


def read_code(cell: Cell, list_id: str) -> str | None:
    """The id of a code by its id or its name in any language. Raises Refused not_in_list."""
    text = text_of(cell)
    word = folded(text)
    if not text:
        return None
    found = _names(list_id).get(word) or SHORT.get(list_id, {}).get(word)
    if found is None:
        raise Refused("not_in_list")
    return found


@lru_cache(maxsize=32)
def _names(list_id: str) -> Mapping[str, str]:
    named: dict[str, str] = {}
    for code in load_codes()[list_id].values():
        if not code.retired:
            named.setdefault(folded(code.id), code.id)
            for name in code.names.values():
                named.setdefault(folded(name), code.id)
    return named


def read_country(cell: Cell) -> str | None:
    """ISO 3166-1 alpha-2, of the code or of the name in English or Spanish."""
    text = text_of(cell)
    word = folded(text)
    if not text:
        return None
    found = _countries().get(word)
    if found is None:
        raise Refused("not_a_country")
    return found


@lru_cache(maxsize=1)
def _countries() -> Mapping[str, str]:
    from babel import Locale

    found = dict(COUNTRIES)
    for language in ("en", "es"):
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and code.isalpha():
                found.setdefault(folded(name), code)
                found.setdefault(code.lower(), code)
    return found


def read_languages(cell: Cell) -> tuple[str, ...]:
    """Codes of languages, of a list like "Mam, Spanish". Raises Refused not_a_language."""
    found = []
    for part in re.split(r"[,;/|\n]+|\s+(?:and|y|e)\s+", text_of(cell)):
        word = folded(part)
        if word:
            code = _names("language").get(word) or _languages().get(word)
            if code is None:
                raise Refused("not_a_language")
            found.append(code)
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=1)
def _languages() -> Mapping[str, str]:
    from babel import Locale

    found: dict[str, str] = {"castellano": "es", "kiche": "quc", "quiche": "quc", "creole": "ht", "kreyol": "ht", "haitian": "ht"}
    for language in ("en", "es"):
        for code, name in Locale(language).languages.items():
            if re.fullmatch(r"[a-z]{2,3}", code):
                found.setdefault(folded(name), code)
    return found
