"""How strong a passphrase must be, and what would make it stronger, in words."""

from __future__ import annotations

from cmpp_desktop.words import Words

ENOUGH = 3  # of four, for a passphrase


def advice_words(code: str, words: Words) -> str:
    """What would make the passphrase stronger, for the codes of `Strength.advice`; "" for one that has no words."""
    return {
        "more_words": words("Add another word or two"),
        "too_short": words("Make it longer"),
        "common": words("Many people use this"),
        "names": words("Names are tried first"),
        "dates": words("Dates are tried first"),
        "repeats": words("Repeated letters do not help"),
        "sequence": words("Counting up or down does not help"),
        "keyboard": words("Rows of keys do not help"),
    }.get(code, words("Add another word or two") if code else "")
