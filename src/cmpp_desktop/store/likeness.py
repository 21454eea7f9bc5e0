"""How like two people are, as they were written down: names in any script, birth date, A-number, phone.

Used for one person who is about to be registered, and for the ten thousand of a file. Names are compared word by word in their
Latin spelling, whatever the order: spelled alike, or with the same consonants (so Mohamed is Muhammad and محمد). A second
surname that the other has not costs little. `sounds` and `pairs` give keys by which those worth comparing are found.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from rapidfuzz.distance import Indel

from cmpp_desktop.store.folding import ascii_of, name_apart

ALIKE = 0.8  # of 1: how like two people must be to be shown
CERTAIN = 3.0  # the same A-number
SAME_PHONE = 1.5  # more than any name and birth date together
SAME_DAY, SWAPPED, CLOSE, FAR = 0.15, 0.12, 0.05, -0.3  # what the days of birth add
OTHER_NUMBER, NEAR_NUMBER = -0.1, 0.1  # what two different A-numbers add; what two add that differ by a slip of the pen
SOUNDS_ALIKE = 0.9  # of two words with the same consonants
ESTIMATED_YEARS = 2
_SMALL = frozenset(("de", "del", "la", "las", "los", "da", "do", "dos", "das", "van", "von", "bin", "ibn", "bint", "ben", "el",
                    "al", "ul", "y", "e", "i"))  # fmt: skip
# Beginnings of names of two words that are as often written as one: ገብረ መድህን, Gebre Medhin, Gebremedhin; Abdul Rahman.
_BEGINNINGS = frozenset(("gebre", "gebra", "wolde", "welde", "tekle", "haile", "hayle", "habte", "fikre", "amde", "abdul",
                         "abdel"))  # fmt: skip
_PAIRS = (
    ("sch", "s"), ("tch", "s"), ("sh", "s"), ("ch", "s"), ("zh", "s"), ("kh", "h"), ("gh", "k"), ("ph", "f"), ("th", "t"),
    ("dh", "t"), ("dj", "s"), ("ts", "s"), ("tz", "s"), ("cz", "s"), ("dz", "s"), ("ks", "s"), ("ck", "k"), ("ce", "se"),
    ("ci", "si"), ("cy", "sy"), ("ge", "se"), ("gi", "si"), ("ou", "u"),
)  # fmt: skip
_CLASSES = str.maketrans(
    {
        **dict.fromkeys("bpfvw", "b"),
        **dict.fromkeys("kqgc", "k"),
        **dict.fromkeys("szxj", "s"),
        **dict.fromkeys("dt", "t"),
        **dict.fromkeys("aeiouyh", None),
    }
)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of somebody. `names`: each a whole name, in any script; `a_number`: nine digits or ""; `phones`: digits."""

    names: tuple[str, ...]
    birth: date | None = None
    estimated: bool = False
    a_number: str = ""
    phones: tuple[str, ...] = ()


class Ear:
    """Compares people. What it found out about words it keeps for as long as it lives: one question."""

    def __init__(self) -> None:
        self._sounds: dict[str, str] = {}
        self._ways: dict[str, tuple[tuple[str, ...], ...]] = {}
        self._pairs: dict[tuple[str, str], float] = {}

    def sound(self, word: str) -> str:
        found = self._sounds.get(word)
        if found is None:
            found = self._sounds[word] = sound(word)
        return found

    def ways(self, name: str) -> tuple[tuple[str, ...], ...]:
        """The words of a name, in each of the ways in which it may be divided."""
        found = self._ways.get(name)
        if found is None:
            words, joined = words_of(name), words_of(name, joined=True)
            found = self._ways[name] = (words,) if words == joined else (words, joined)
        return found

    def sounds(self, names: Iterable[str]) -> frozenset[str]:
        """What all words of some names sound like."""
        return frozenset(self.sound(word) for name in names for way in self.ways(name) for word in way)

    def pairs(self, names: Iterable[str]) -> frozenset[tuple[str, str]]:
        """The sounds of each name two by two; of a name with one sound, it alone with ""."""
        found: set[tuple[str, str]] = set()
        for way in (way for name in names for way in self.ways(name)):
            keys = sorted({self.sound(word) for word in way})
            found.update((one, two) for at, one in enumerate(keys) for two in keys[at + 1 :])
            if len(keys) == 1:
                found.add((keys[0], ""))
        return frozenset(found)

    def likeness(self, one: Known, other: Known, *, phone_alone: bool = True) -> float:
        """From 0 to CERTAIN; ALIKE and more is worth a look. `phone_alone`: the same phone is enough, whatever the name."""
        if one.a_number and one.a_number == other.a_number:
            return CERTAIN
        same_phone = any(same_number(mine, theirs) for mine in one.phones for theirs in other.phones)
        more = birth_likeness(one, other)
        if one.a_number and other.a_number:
            near = Indel.distance(one.a_number, other.a_number, score_cutoff=2) <= 2
            more += NEAR_NUMBER if near else OTHER_NUMBER
        if not same_phone and 1 + more < ALIKE:
            return 0.0  # whatever the names
        name = max((self.names_alike(mine, theirs) for mine in one.names for theirs in other.names), default=0.0)
        if same_phone and (phone_alone or name >= ALIKE):
            return SAME_PHONE + name
        score = name + more
        return max(score, 0.0)

    def names_alike(self, one: str, other: str) -> float:
        """From 0 to 1. Each word of the shorter name with the word of the longer one that is most like it; longer words count
        more."""
        return max(self._alike(mine, theirs) for mine in self.ways(one) for theirs in self.ways(other))

    def _alike(self, mine: tuple[str, ...], theirs: tuple[str, ...]) -> float:
        if not mine or not theirs:
            return 0.0
        if mine == theirs:
            return 1.0
        if (len(mine), mine) > (len(theirs), theirs):
            mine, theirs = theirs, mine
        left, total, length = list(theirs), 0.0, 0
        for word in sorted(mine, key=len, reverse=True):
            value, best = max((self._words_alike(word, item), item) for item in left)
            total += value * len(word)
            length += len(word)
            left.remove(best)
        found = total / length - 0.04 * len(left)
        if len(mine) == 1 and left:
            found *= 0.7  # one name alone is shared by many
        return max(found, float(Indel.normalized_similarity("".join(mine), "".join(theirs))) - 0.02, 0.0)

    def _words_alike(self, one: str, other: str) -> float:
        if one == other:
            return 1.0
        key = (one, other) if one < other else (other, one)
        found = self._pairs.get(key)
        if found is None:
            found = self._pairs[key] = self._compare(*key)
        return found

    def _compare(self, one: str, other: str) -> float:
        spelled = float(Indel.normalized_similarity(one, other))
        short, long = sorted((one, other), key=len)
        if len(short) == 1:
            return 0.6 if long.startswith(short) else spelled  # an initial
        mine = self.sound(one)
        if mine != self.sound(other):
            return spelled
        return max(spelled, SOUNDS_ALIKE if len(mine) > 1 else 0.5 * (spelled + SOUNDS_ALIKE))


def sound(word: str) -> str:
    """The consonants of a Latin word, those that stand for each other in transliterations as one letter."""
    told = word
    for pair, letter in _PAIRS:
        if pair in told:
            told = told.replace(pair, letter)
    kept = [letter for before, letter in zip(" " + told, told, strict=False) if letter != before]
    return "".join(kept).translate(_CLASSES) or word[:1]


def words_of(name: str, *, joined: bool = False) -> tuple[str, ...]:
    """The words of a name in their Latin spelling, in order of the alphabet; without "de", "bin" and the like. `joined`: names of
    two words (Gebre Medhin) as one."""
    words = ascii_of(name_apart(name)).split()
    if joined:
        words = _as_one(words)
    told = sorted(set(words))
    return tuple(word for word in told if word not in _SMALL) or tuple(told)


def _as_one(words: list[str]) -> list[str]:
    found: list[str] = []
    for word in words:
        if found and found[-1] in _BEGINNINGS:
            found[-1] += word
        else:
            found.append(word)
    return found


def birth_likeness(one: Known, other: Known) -> float:
    """What two days of birth say: the same, day and month swapped, a slip in one part, an estimate, or not the same person."""
    if one.birth is None or other.birth is None:
        return 0.0
    if one.birth == other.birth:
        return SAME_DAY
    if (one.birth.year, one.birth.month, one.birth.day) == (other.birth.year, other.birth.day, other.birth.month):
        return SWAPPED
    if one.estimated or other.estimated:
        return 0.0 if abs(one.birth.year - other.birth.year) <= ESTIMATED_YEARS else FAR / 2
    parts = zip(one.birth.timetuple()[:3], other.birth.timetuple()[:3], strict=True)
    return CLOSE if sum(mine != theirs for mine, theirs in parts) == 1 else FAR


def same_number(one: str, other: str) -> bool:
    """Whether two phones (digits) are the same, with or without the code of a country."""
    if len(one) < 7 or len(other) < 7:
        return False
    return one == other or one[-10:] == other[-10:]


def swapped(day: date) -> date | None:
    """The date with day and month the other way round; None where there is none, or the same."""
    if day.day > 12 or day.day == day.month:
        return None
    return date(day.year, day.day, day.month)

