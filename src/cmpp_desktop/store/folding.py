"""One way to write every name down for comparison: without case, accents or punctuation, in any script.

Pure functions. What is searched and what is typed go through the same folding; `ascii_of` adds a Latin spelling, so that a
name in Cyrillic is found from a Latin keyboard and the other way round.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from anyascii import anyascii

_RUN = re.compile("[\u3400-\u9fff\uf900-\ufaff\uac00-\ud7af]{2,}")  # Han and Hangul
_LONG_FAMILIES = frozenset(
    ("欧阳", "歐陽", "司马", "司馬", "上官", "诸葛", "諸葛", "皇甫", "尉迟", "慕容", "令狐", "남궁", "황보", "제갈")
)
_SERVANT = re.compile(r"\bعبد\s+ال")
_NASAL = str.maketrans(dict.fromkeys("ंਂੰ", "n"))  # Devanagari, Gurmukhi
# What `_letters` makes of each ASCII letter, which most names are made of.
_ASCII = {code: None if chr(code) in "'`" else chr(code) if chr(code).isalnum() else " " for code in range(128)}


def fold(text: str) -> str:
    """Lower case, no diacritics, words separated by one space."""
    if text.isascii():
        return " ".join(text.lower().translate(_ASCII).split())
    return " ".join(text.translate(_folded()).split())


def ascii_of(text: str) -> str:
    """The folded Latin spelling of a text in any script."""
    return fold(text if text.isascii() else anyascii(text))


def spellings(text: str) -> str:
    """What is indexed for a text: folded, and its Latin spelling where that differs."""
    if text.isascii():
        return fold(text)
    own, latin = fold(text), ascii_of(text)
    return own if own == latin else f"{own} {latin}"


def name_apart(name: str) -> str:
    """A name with its words apart, where its script does not put them apart as the Latin one does: family and given name in Han
    and Hangul (王小明 is Wang Xiaoming), عبد and what follows together; and the nasal of Indian scripts as the n that it is."""
    if name.isascii():
        return name
    told = _SERVANT.sub("عبدال", name).translate(_NASAL)
    return _RUN.sub(lambda run: f" {_parted(run.group())} ", told)


def _parted(run: str) -> str:
    family = 2 if run[:2] in _LONG_FAMILIES and len(run) > 2 else 1
    return f"{run[:family]} {run[family:]}"


def digits(text: str) -> str:
    """Its digits, as ASCII."""
    if text.isascii():
        return "".join(filter(str.isdigit, text))
    return "".join(str(unicodedata.digit(letter)) for letter in text if letter.isdigit())


class _Folded(dict[int, str]):
    """What becomes of each letter, worked out when it is first met: the letters of a language are few."""

    def __missing__(self, code: int) -> str:
        found = []
        for letter in unicodedata.normalize("NFKD", chr(code).casefold()):
            kind = unicodedata.category(letter)
            if kind != "Mn" and letter not in "'’ʼ`":  # accents, and apostrophes inside names (O'Neill, K'iche')
                found.append(letter if kind[0] in "LNM" else " ")
        self[code] = made = "".join(found)
        return made


@cache
def _folded() -> _Folded:
    return _Folded()


def _letters(text: str) -> list[tuple[str, int]]:
    """Folded letters, each with the place in the text it came from; what separates words becomes a space."""
    table = _folded()
    return [(letter, place) for place, original in enumerate(text) for letter in table[ord(original)]]


def spans(text: str, typed: str) -> tuple[tuple[int, int], ...]:
    """Where the typed words lie in a text, as (start, length) in the text itself; word beginnings before pieces."""
    letters = _letters(text)
    folded = "".join(letter for letter, _ in letters)
    found: list[tuple[int, int]] = []
    for word in dict.fromkeys((*fold(typed).split(), *ascii_of(typed).split())):
        at = _place(folded, word)
        if at is not None:
            start, end = letters[at][1], letters[at + len(word) - 1][1]
            found.append((start, end - start + 1))
    return tuple(sorted(set(found)))


def _place(folded: str, word: str) -> int | None:
    at = folded.find(word)
    first = at
    while at >= 0:
        if at == 0 or folded[at - 1] == " ":
            return at
        at = folded.find(word, at + 1)
    return first if first >= 0 else None
