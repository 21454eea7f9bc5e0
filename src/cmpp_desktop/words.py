"""The program's words in the reader's language: sentences, plurals, dates, names of codes.

English sentences in the code are the keys; `resources/i18n/<language>/*.po` (gettext's format) hold the others, so the
window and the papers speak from one catalogue. Digits are Western in every language of the interface. Code lists
(kinds of hearing, services, results…) are data in `resources/reference/codes.toml`, each code with its names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache, cached_property
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cmpp_desktop import resources

LANGUAGES = ("en", "es")  # of the interface
USUAL_ZONE = "America/New_York"  # until an organisation has named its own
RTL = frozenset({"ar", "fa", "prs", "ps", "ur", "he", "yi", "ckb", "ug"})

# The names of CLDR, without its points. They are here because Babel takes a twentieth of a second to find them, and the
# unlock page says the day.
_DAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
}
_SHORT_DAYS = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "es": ("lun", "mar", "mié", "jue", "vie", "sáb", "dom"),
}
_MONTHS = {
    "en": (
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
    ),
    "es": (
        "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
        "diciembre",
    ),
}  # fmt: skip
_SHORT_MONTHS = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "es": ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic"),
}


def in_one(parts: Iterable[str]) -> str:
    """Short sentences in one line, with one full stop between two of them: "8:30 a.m. Ride booked. Court gives an interpreter."

    Empty ones are left out, and nothing is put after the last."""
    said = ""
    for part in parts:
        if part:
            said += f"{'' if not said else ' ' if said.endswith(('.', '?', '!', '…')) else '. '}{part}"
    return said


def is_rtl(language: str) -> bool:
    """Whether a language (BCP 47 code, region ignored) is written from right to left."""
    return language.split("-")[0].split("_")[0] in RTL


def zone_of(name: str) -> ZoneInfo:
    """The time zone of that IANA name; the usual one for a name that this laptop does not know (newer than its list)."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo(USUAL_ZONE)


def city_of(zone: str) -> str:
    """"Los Angeles" of "America/Los_Angeles"."""
    return zone.rsplit("/", 1)[-1].replace("_", " ")


@dataclass(frozen=True)
class Code:
    """One entry of a code list: stable id, names by language; a retired one prints but cannot be chosen."""

    id: str
    names: Mapping[str, str]
    retired: bool = False

    def name(self, language: str) -> str:
        return self.names.get(language) or self.names.get("en") or next(iter(self.names.values()), self.id)


@dataclass(frozen=True)
class OwnCode:
    """An organisation's own entry of a code list: a new code, other names for one, or the last day on which one is offered."""

    list_id: str
    code: str
    names: Mapping[str, str]
    since: date | None = None
    retired_on: date | None = None


class Words:
    """Everything that is said to a person, in one language. Immutable; make one with `load`. `zone`: the organisation's (IANA
    name), in which times are read; "" before anybody has signed in."""

    def __init__(
        self,
        language: str,
        catalog: Mapping[str, tuple[str, ...]],
        codes: Callable[[], Mapping[str, Mapping[str, Code]]],
        zone: str = "",
    ):
        """`codes`: gives the code lists, when the first of them is wanted (the unlock page wants none)."""
        self.language = language
        self.zone = zone
        self._catalog = catalog
        self._read_codes = codes
        self._plain: Words | None = None  # the words without an organisation's own codes

    def at_home_in(self, zone: str) -> Words:
        """The same words for a reader in this zone: a court's time says so where the court's zone is another."""
        return Words(self.language, self._catalog, lambda: self._codes, zone)

    def with_own(self, own: Iterable[OwnCode], day: date) -> Words:
        """The same words with an organisation's own codes as they are on that day. What was there of another organisation, or of
        another day, is laid aside first."""
        entries = tuple(own)
        made = Words(self.language, self._catalog, lambda: with_own(self._plain_codes, entries, day), self.zone)
        made._plain = self
        return made

    @property
    def _plain_codes(self) -> Mapping[str, Mapping[str, Code]]:
        return self._codes if self._plain is None else self._plain._plain_codes

    @cached_property
    def _codes(self) -> Mapping[str, Mapping[str, Code]]:
        return self._read_codes()

    @property
    def rtl(self) -> bool:
        return is_rtl(self.language)

    def __call__(self, text: str, /, **facts: Any) -> str:
        """The sentence in this language with `{name}` places filled. Unknown sentences stay English."""
        found = self._catalog.get(text)
        said = found[0] if found and found[0] else text
        return said.format(**facts) if facts else said

    def plural(self, one: str, many: str, n: int, /, **facts: Any) -> str:
        """`one` or `many` by the language's rule for `n`, with `{n}` filled."""
        found = self._catalog.get(one)
        form = 0 if n == 1 else 1
        said = found[form] if found and len(found) > form and found[form] else (one if n == 1 else many)
        return said.format(n=n, **facts)

    def codes(self, list_id: str) -> tuple[Code, ...]:
        """The codes of a list in their order, retired ones included."""
        return tuple(self._codes[list_id].values())

    def code(self, list_id: str, code_id: str | None) -> str:
        """The name of a code; an unknown id (from a newer version) is shown as it is."""
        if not code_id:
            return ""
        found = self._codes.get(list_id, {}).get(code_id)
        return found.name(self.language) if found else code_id

    def field(self, kind: str, name: str) -> str:
        """The name of a field of a kind of record; an unknown one (from a newer version) is shown as it is."""
        names = self._codes.get("field", {})
        found = names.get(f"{kind}.{name}") or names.get(name)
        return found.name(self.language) if found else name

    def day(self, day: date, today: date) -> str:
        """"today", "tomorrow", "Tue 8 Dec"; with the year only when it is not this one ("4 Mar 2027")."""
        if day == today:
            return self("today")
        if day == today + timedelta(days=1):
            return self("tomorrow")
        return self.short_date(day, today)

    def short_date(self, day: date, today: date | None = None) -> str:
        """"Tue 8 Dec", or "4 Mar 2027" when the year is another (or `today` is not given)."""
        month = _SHORT_MONTHS[self.language][day.month - 1]
        if today is None or day.year != today.year:
            return f"{day.day} {month} {day.year}"
        return f"{_SHORT_DAYS[self.language][day.weekday()]} {day.day} {month}"

    def long_date(self, day: date, today: date | None = None) -> str:
        """"Monday 23 November", with the year when it is not this one."""
        of = " de " if self.language == "es" else " "
        said = f"{_DAYS[self.language][day.weekday()]} {day.day}{of}{_MONTHS[self.language][day.month - 1]}"
        if today is None or day.year != today.year:
            said += f"{of}{day.year}"
        return said[0].upper() + said[1:]

    def month(self, day: date) -> str:
        """"November 2026", "Noviembre de 2026"."""
        of = " de " if self.language == "es" else " "
        said = f"{_MONTHS[self.language][day.month - 1]}{of}{day.year}"
        return said[0].upper() + said[1:]

    def here(self, at: datetime) -> datetime:
        """An aware moment on the clocks of the reader's zone; on this laptop's before anybody has signed in."""
        return at.astimezone(zone_of(self.zone)) if self.zone else at.astimezone()

    def time_in(self, at: time, zone: str) -> str:
        """"9:30 am" on the clock of the court or agency; "9:30 am, Chicago time" where that is not the reader's own zone."""
        said = self.time(at)
        if not zone or not self.zone or zone == self.zone:
            return said
        return self("{time}, {city} time", time=said, city=city_of(zone))

    def time(self, at: time | datetime) -> str:
        """"9:30 am"."""
        half = ("a.m.", "p.m.") if self.language == "es" else ("am", "pm")
        return f"{at.hour % 12 or 12}:{at.minute:02} {half[at.hour >= 12]}"

    def distance(self, day: date, today: date) -> str:
        """"today", "in 15 days", "2 days late"."""
        days = (day - today).days
        if days == 0:
            return self("today")
        if days == 1:
            return self("tomorrow")
        if days > 0:
            return self.plural("in {n} day", "in {n} days", days)
        return self.plural("{n} day late", "{n} days late", -days)

    def since(self, then: datetime, now: datetime) -> str:
        """"just now", "2 minutes ago", "3 hours ago", "yesterday", "4 days ago"."""
        seconds = max((now - then).total_seconds(), 0)
        if seconds < 60:
            return self("just now")
        if seconds < 3600:
            return self.plural("{n} minute ago", "{n} minutes ago", int(seconds // 60))
        if seconds < 86400:
            return self.plural("{n} hour ago", "{n} hours ago", int(seconds // 3600))
        return self.plural("{n} day ago", "{n} days ago", int(seconds // 86400))

    def language_name(self, code: str) -> str:
        """The name of a language ("Spanish", "K'iche'"): from our code list, else CLDR, else the code."""
        listed = self._codes.get("language", {}).get(code)
        if listed:
            return listed.name(self.language)
        from babel import Locale, UnknownLocaleError

        try:
            return str(Locale.parse(code).get_display_name(self.language) or code)
        except (ValueError, LookupError, TypeError, UnknownLocaleError):  # a publisher's directory may say "Spanish"
            return code


def load(language: str) -> Words:
    """The words of a language of the interface; any other gives English."""
    if language not in LANGUAGES:
        language = "en"
    return Words(language, _catalog(language), load_codes)


@cache
def _catalog(language: str) -> Mapping[str, tuple[str, ...]]:
    catalog: dict[str, tuple[str, ...]] = {}
    paths = sorted((resources.folder("i18n") / language).glob("*.po"))
    if paths:
        from babel.messages.pofile import read_po
    for path in paths:
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                if message.id and not message.fuzzy:
                    key = message.id if isinstance(message.id, str) else message.id[0]
                    said = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
                    catalog[key] = said
    return catalog


def with_own(
    lists: Mapping[str, Mapping[str, Code]], own: Iterable[OwnCode], day: date
) -> dict[str, Mapping[str, Code]]:
    """Code lists with an organisation's own entries, as they are offered on a day: from `since` on, up to and with `retired_on`.

    New codes come after the program's. Several entries for one code (two laptops made one each): names are put together, the
    earlier entry's first, and it is offered on the days on which all of them offer it. Lists that nobody knows are left out."""
    found: dict[str, Mapping[str, Code]] = dict(lists)
    for item in own:
        if item.list_id not in lists:
            continue
        known = found[item.list_id].get(item.code)
        is_new = item.code not in lists[item.list_id]
        names = ({**item.names, **known.names} if is_new else {**known.names, **item.names}) if known else dict(item.names)
        closed = (item.since is not None and day < item.since) or (item.retired_on is not None and day > item.retired_on)
        retired = closed or (known is not None and known.retired)
        found[item.list_id] = {**found[item.list_id], item.code: Code(item.code, names, retired)}
    return found


@cache
def load_codes() -> Mapping[str, Mapping[str, Code]]:
    """All code lists of `resources/reference/codes.toml`: list id → code id → Code. Read once."""
    import tomllib  # and the codes it reads: not before one is shown

    raw = tomllib.loads((resources.folder("reference") / "codes.toml").read_text(encoding="utf-8"))
    return {
        list_id: {
            code_id: Code(code_id, {k: v for k, v in entry.items() if isinstance(v, str)}, bool(entry.get("retired")))
            for code_id, entry in entries.items()
        }
        for list_id, entries in raw.items()
    }
