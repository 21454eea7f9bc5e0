"""Work that came too late, or from another copy of a laptop, in words: whose it is, why it does not count, what it is about."""

from __future__ import annotations

from datetime import date, tzinfo

from cmpp_desktop.ui.widgets import isolate
from cmpp_desktop.words import Words
from cmpp_desktop.workspace import HeldWork

NAMED = 6  # people who are said by name


def title_of(work: HeldWork, words: Words) -> str:
    """ "3 changes of Ana Marroquín came too late"."""
    name = isolate(work.person) or words("Somebody")
    if work.why == "fork":
        return words.plural(
            "{n} change of a copy of {name}’s laptop", "{n} changes of a copy of {name}’s laptop", work.changes, name=name
        )
    return words.plural("{n} change of {name} came too late", "{n} changes of {name} came too late", work.changes, name=name)


def why_of(work: HeldWork, words: Words) -> str:
    """Why it does not count."""
    if work.why == "fork":
        return words("Another copy of that laptop had sent something else before. Both cannot count by themselves.")
    if work.why in ("rights", "epoch", "roster_back"):
        return words("It was written by a laptop that had no right to write there.")
    return words("It had not been sent when that laptop was closed, or lost its right to write there.")


def lines_of(work: HeldWork, words: Words, today: date, zone: tzinfo) -> tuple[tuple[str, str], ...]:
    """(icon, sentence) of all that is known about it."""
    first, last = (at.astimezone(zone).date() for at in (work.first, work.last))
    when = words.long_date(first, today)
    if last != first:
        when = words("{first} to {last}", first=when, last=words.long_date(last, today))
    laptop = isolate(work.laptop) or words("A laptop without a name")
    known = {one.id for one in words.codes("kind")}
    kinds = ", ".join(f"{words.code('kind', kind)} ({n})" for kind, n in work.kinds if kind in known)
    about = ", ".join(isolate(name) for name in work.about[:NAMED])
    if len(work.about) > NAMED:
        about = words("{names} and others", names=about)
    lines = [("triangle-alert", why_of(work, words)), ("laptop", words("{laptop}, {when}", laptop=laptop, when=when))]
    if about:
        lines.append(("users", words("It is about {names}.", names=about)))
    if kinds:
        lines.append(("file-text", kinds))
    lines.append(
        (
            "shield-check",
            words(
                "Taken in, it becomes yours, with a note of who wrote it; where somebody wrote something else since, both stay "
                "until one is chosen. Left out, it is kept and not shown."
            ),
        )
    )
    return tuple(lines)
