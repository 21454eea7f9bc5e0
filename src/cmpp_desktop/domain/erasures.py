"""How the erasure of a destroyed file stands (sync rules 19, 47), and what is said of it: the same in the window and on paper."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from cmpp_desktop.words import Words


@dataclass(frozen=True, slots=True)
class Erasure:
    """`waits`: for the next exchange; `held`: a legal hold stands in its way; `ordered`: the roster has it since `on`, and every
    laptop that has heard of it keeps nothing. What waits then is old sealed history; `keys_changed`: what is sealed since has
    other keys than that; `confirmed`: the day on which it was heard here that two laptops made the same snapshots without it, of
    every collection that is read here; `until`: the day to which bytes sealed before are kept from then on. Without that,
    `older`: the day on which a snapshot was heard of that was made and confirmed before the erasure and still stands.
    `keeper`: the name of another laptop that has to make the entry, "" if it has none; None: this one does, or a server takes
    it."""

    state: Literal["waits", "held", "ordered"]
    on: date | None
    keys_changed: bool
    confirmed: date | None = None
    until: date | None = None
    older: date | None = None
    keeper: str | None = None


def erasure_words(erasure: Erasure | None, words: Words, day: Callable[[date], str]) -> tuple[str, ...]:
    """What of it is done, and what waits, in sentences short enough for a line of the window; nothing of a file from before
    erasures were ordered. `day` says a day."""
    if erasure is None:
        return ()
    if erasure.state == "held":
        return (words("Its erasure waits: a legal hold stands on one of the records."),)
    if erasure.keeper is not None and erasure.on is None:
        unnamed = words("It is done once the laptop that keeps the list has read that.")
        ends = words("It is done once “{laptop}” has read that.", laptop=erasure.keeper) if erasure.keeper else unnamed
        return (words("Its erasure goes out with the next stick or folder."), ends)
    if erasure.state == "waits" or erasure.on is None:
        return (words("Its erasure goes out with the next exchange."),)
    on, since = words("Erased {day}.", day=day(erasure.on)), erasure.confirmed
    if since is not None and erasure.until is not None:
        return (
            on,
            words("Two laptops made the same common copy without it by {since}.", since=day(since)),
            words("The server and laptops may have it, sealed, until {until}.", until=day(erasure.until)),
            words("Later only at a server set to longer, and where it was sealed."),
        )
    done = (
        (words("Keys have changed since."), words("Old sealed history goes when it is no longer kept."))
        if erasure.keys_changed
        else (words("Still to come: new keys, and the end of old sealed history."),)
    )
    if erasure.older is None:
        return (on, *done)
    stands = words("The common copy of {older}, from before, still stands.", older=day(erasure.older))
    return (on, *done, stands, words("It may be there, sealed, until 90 days after one without it."))
