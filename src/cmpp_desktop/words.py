"""The program's words in the reader's language: sentences, plurals, dates, names of codes.

English sentences in the code are the keys; `resources/i18n/<language>/*.po` (gettext's format) hold the others, so the
window and the papers speak from one catalogue. Digits are Western in every language of the interface. Code lists
(kinds of hearing, services, results…) are data in `resources/reference/codes.toml`, each code with its names.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale
from babel.dates import format_date, format_time
from babel.messages.pofile import read_po

from cmpp_desktop import resources

LANGUAGES = ("en", "es")  # of the interface
USUAL_ZONE = "America/New_York"  # until an organisation has named its own
RTL = frozenset({"ar", "fa", "prs", "ps", "ur", "he", "yi", "ckb", "ug"})


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
        return self.names.get(language) or self.names["en"]


class Words:
    """Everything that is said to a person, in one language. Immutable; make one with `load`. `zone`: the organisation's (IANA
    name), in which times are read; "" before anybody has signed in."""

    def __init__(
        self,
        language: str,
        catalog: Mapping[str, tuple[str, ...]],
        codes: Mapping[str, Mapping[str, Code]],
        zone: str = "",
    ):
        self.language = language
        self.zone = zone
        self._catalog = catalog
        self._codes = codes
        self._locale = Locale.parse(language)

    def at_home_in(self, zone: str) -> Words:
        """The same words for a reader in this zone: a court's time says so where the court's zone is another."""
        return Words(self.language, self._catalog, self._codes, zone)

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
        pattern = "EEE d MMM" if today is not None and day.year == today.year else "d MMM y"
        return str(format_date(day, pattern, locale=self._locale)).replace(".", "")

    def long_date(self, day: date, today: date | None = None) -> str:
        """"Monday 23 November", with the year when it is not this one."""
        year = "" if today is not None and day.year == today.year else " y"
        pattern = ("EEEE d 'de' MMMM" if self.language == "es" else "EEEE d MMMM") + (
            " 'de' y" if year and self.language == "es" else year
        )
        said = str(format_date(day, pattern, locale=self._locale))
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
        said = str(format_time(at, "h:mm a", locale=self._locale)).replace("\u202f", " ").replace("\xa0", " ")
        return said.replace("AM", "am").replace("PM", "pm").replace("a. m.", "a.m.").replace("p. m.", "p.m.")

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
        try:
            return str(Locale.parse(code).get_display_name(self.language) or code)
        except (ValueError, LookupError):
            return code


def load(language: str) -> Words:
    """The words of a language of the interface; any other gives English."""
    if language not in LANGUAGES:
        language = "en"
    catalog: dict[str, tuple[str, ...]] = {}
    for path in sorted((resources.folder("i18n") / language).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                if message.id and not message.fuzzy:
                    key = message.id if isinstance(message.id, str) else message.id[0]
                    said = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
                    catalog[key] = said
    return Words(language, catalog, load_codes())


def load_codes() -> dict[str, dict[str, Code]]:
    """All code lists of `resources/reference/codes.toml`: list id → code id → Code."""
    raw = tomllib.loads((resources.folder("reference") / "codes.toml").read_text(encoding="utf-8"))
    return {
        list_id: {
            code_id: Code(code_id, {k: v for k, v in entry.items() if isinstance(v, str)}, bool(entry.get("retired")))
            for code_id, entry in entries.items()
        }
        for list_id, entries in raw.items()
    }
