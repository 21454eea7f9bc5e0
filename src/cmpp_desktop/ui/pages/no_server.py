"""How it stands in an organisation without a server, in words: what is on a stick, and what another laptop is known to have."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from cmpp_desktop.ui.widgets import isolate
from cmpp_desktop.words import Words
from cmpp_desktop.workspace import LaptopSeen, SyncStatus, WithoutServer


def sentence(status: SyncStatus, alone: WithoutServer, words: Words) -> tuple[str, str]:
    """The title and the line below it."""
    count = status.waiting
    if count:
        return (
            words.plural("{n} change is only on this laptop.", "{n} changes are only on this laptop.", count),
            words("Your work is safe here. Take it along with a stick, or through the shared folder."),
        )
    if not alone.laptops:
        return words("Everything is on this laptop and on the stick."), words("There is no other laptop yet: invite somebody.")
    if alone.unseen:
        return (
            words("Everything is on the stick."),
            words.plural(
                "No other laptop is known to have {n} change of it yet. Take the stick round, and bring it back.",
                "No other laptop is known to have {n} changes of it yet. Take the stick round, and bring it back.",
                alone.unseen,
            ),
        )
    return words("Another laptop has everything that you wrote."), words("Who has what, as far as it is known, stands below.")


def not_yet_in(alone: WithoutServer, words: Words) -> tuple[str, str]:
    """Of a laptop that the list does not have yet: what is missing, and what to do."""
    keeper = isolate(alone.keeper) or words("your administrator’s laptop")
    way = words("Write a stick here, take it to {laptop}, then bring it back.", laptop=keeper)
    return words("This laptop is not on the list yet"), f"{way}\n{words('You can work meanwhile.')}"


def facts(alone: WithoutServer, now: datetime, words: Words, today: date, here: ZoneInfo) -> tuple[tuple[str, str], ...]:
    """Value and label of each: the last stick, who has what, who keeps the list."""

    def moment(at: datetime) -> str:
        local = at.astimezone(here)
        said = words("{day}, {time}, {ago}", day=words.day(local.date(), today), time=words.time(local), ago=words.since(at, now))
        return said[:1].upper() + said[1:]

    found = [(words("Not yet") if alone.last is None else moment(alone.last), words("Last stick or folder"))]
    for one in alone.laptops:
        name = isolate(one.laptop or one.person) or words("A laptop without a name yet")
        found.append((_has(one, words, moment), name))
    keeper = words("This laptop") if alone.keeps else isolate(alone.keeper) or words("A laptop without a name yet")
    found.append((keeper, words("Keeps the list of laptops")))
    return tuple(found)


def _has(one: LaptopSeen, words: Words, moment: Callable[[datetime], str]) -> str:
    """What is known of another laptop's copy."""
    if one.at is None:
        return words("No word from it yet")
    if not one.lacks:
        return words("Has everything of yours. {when}", when=moment(one.at))
    lacks = words.plural("Lacked {n} change of yours.", "Lacked {n} changes of yours.", one.lacks)
    return f"{lacks} {moment(one.at)}"
