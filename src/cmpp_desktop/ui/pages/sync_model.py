"""How sending stands, in sentences: first whether the work is safe, then what needs a person, then the lists.

Errors of the network never appear as such: work goes on, and each problem says what is safe and what will happen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from cmpp_desktop.errors import KnownError
from cmpp_desktop.ui.messages import message_for
from cmpp_desktop.ui.pages import no_server
from cmpp_desktop.ui.pages.held_words import title_of, why_of
from cmpp_desktop.ui.pages.participant_model import Fact, lower_first
from cmpp_desktop.ui.widgets import isolate
from cmpp_desktop.words import Words, in_one, zone_of
from cmpp_desktop.workspace import ArrivedItem, HeldWork, SnapshotKnown, SyncStatus

Action = Literal["", "conflicts", "participant", "held", "join", "fork", "network", "documents", "misplaced"]

# Reasons of a refusal that a person can do something about, or must hear of by name.
SAID_AS_IT_IS = frozenset(
    {
        "clock_wrong", "another_history", "roster_fork", "roster_rejected", "organisation_unknown", "device_revoked",
        "device_retired", "device_replaced",
        "invitation_used", "invitation_expired", "invitation_closed", "too_big", "disk_full", "disk_error", "store_damaged",
    }
)

# Of these, too, somebody can do something: in Settings, Network.
OF_THE_NETWORK = frozenset(
    {"certificate_unknown", "certificate_expired", "certificate_name",
     "proxy_unreachable", "proxy_login", "proxy_refused", "proxy_wrong"}
)  # fmt: skip

TOLD_FOR = timedelta(days=7)  # how long the panel speaks of a new identity

BY_RULE = frozenset({"metered", "ask"})  # why documents wait that could go

KIND_ICONS = {
    "service_session": "messages-square",
    "screening": "clipboard-check",
    "note": "sticky-note",
    "task": "square-check",
    "obligation": "landmark",
    "contact_route": "phone",
    "address": "map-pin-house",
    "consent": "file-check",
    "case": "folder",
    "review": "pen-line",
    "amendment": "file-pen",
    "participant": "user",
    "household": "house",
    "household_member": "users",
    "attendance": "user-check",
    "instrument": "clipboard-list",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a list: icon, title, detail, what stands at the right, and what Enter does."""

    icon: str
    title: str
    detail: str = ""
    right: str = ""
    tone: str = "ink2"
    action: Action = ""
    target: object = None

    @property
    def spoken(self) -> str:
        return in_one((self.title, self.detail, self.right))


@dataclass(frozen=True, slots=True)
class SyncSaid:
    """Everything the panel says."""

    title: str
    lead: str
    needs_you: tuple[Line, ...]
    waiting: tuple[Line, ...]
    waiting_count: int
    arrived: tuple[Line, ...]
    facts: tuple[Fact, ...]


def page(status: SyncStatus, now: datetime, words: Words, zone: str) -> SyncSaid:
    """`now`: aware. Times are said as the clock here shows them."""
    title, lead = sentence(status, words)
    here = zone_of(zone)
    today = now.astimezone(here).date()

    def clock(at: datetime) -> str:
        local = at.astimezone(here)
        return words.time(local) if local.date() == today else words.short_date(local.date(), today)

    waiting = tuple(
        Line(KIND_ICONS.get(item.kind, "file"), words.code("kind", item.kind), item.participant, clock(item.at))
        for item in status.waiting_items
    )
    return SyncSaid(
        title,
        lead,
        _needs_you(status, now, words),
        waiting,
        status.waiting,
        arrived_lines(status.arrived, words, clock),
        _facts(status, now, words, today, here),
    )


def sentence(status: SyncStatus, words: Words) -> tuple[str, str]:
    """The title and the line below it."""
    count = status.waiting
    will = (
        words.plural(
            "{n} change is on this laptop and will be sent when you’re online. Keep working.",
            "{n} changes are on this laptop and will be sent when you’re online. Keep working.",
            count,
        )
        if count
        else words("Everything you wrote is on this laptop. Keep working.")
    )
    if status.alone is not None and status.word in ("to_stick", "on_stick", "passed_on"):
        return no_server.sentence(status, status.alone, words)
    if status.word == "sending":
        return words("Sending now."), words("You can keep working while it goes.")
    if status.problem in OF_THE_NETWORK and status.word in ("offline", "refused"):
        message = message_for(KnownError(status.problem), words)
        return message.happened, message.text
    if status.word == "offline":
        return words("You are offline. Your work is safe."), will
    if status.word == "update":
        return words("This program needs its update."), words("Your work is safe here. Sending goes on after the update.")
    if status.word == "refused":
        if status.problem in SAID_AS_IT_IS:
            message = message_for(KnownError(status.problem), words)
            return message.happened, message.text
        return (
            words("The server did not take what was sent. Your work is safe."),
            words("Nothing is lost. Tell your administrator, and keep working."),
        )
    if status.word == "to_settle":
        settle = words.plural("{n} question waits for your answer.", "{n} questions wait for your answer.", status.conflicts)
        return settle, words("Two people wrote different things. Everybody sees both until one is chosen.")
    if status.word == "set_aside" and status.damaged == status.set_aside:
        return words("Something arrived damaged."), words(
            "The server and the laptops that have it are asked for a whole copy. Nothing else stopped."
        )
    if status.word == "set_aside" and status.held:
        return words("Something that came in waits for your decision."), words("It is kept aside. Nothing else stopped.")
    if status.word == "set_aside":
        return words("Something that came in could not be opened."), words("It is kept aside. Nothing else stopped.")
    if count:
        return words.plural("{n} change waits to be sent.", "{n} changes wait to be sent.", count), words(
            "It goes by itself. Keep working."
        )
    if status.documents:
        by_itself = words("They go by themselves. Keep working.")
        wait = words("They go once you are in another network, or say so below.")
        return words("All records are sent; documents wait."), wait if status.documents_why in BY_RULE else by_itself
    return words("Everything is sent."), words("What you write is on this laptop first, then it goes by itself.")


def _needs_you(status: SyncStatus, now: datetime, words: Words) -> tuple[Line, ...]:
    lines = [*_two_lists(status, words)] if status.problem == "roster_fork" else []  # nothing goes on before this
    if status.problem in OF_THE_NETWORK:
        look = words("The proxy, and the certificate of the server, are chosen there.")
        lines.append(Line("wifi", words("Network of this laptop"), look, words("Settings"), "amber", "network"))
    if status.documents and status.documents_why in BY_RULE:
        wait = words.plural("{n} document waits", "{n} documents wait", status.documents)
        why = _why_documents_wait(status.documents_why, words)
        lines.append(Line("paperclip", wait, why, words("Send anyway"), "ink2", "documents"))
    if status.conflicts:
        title = (
            words("Two versions of one answer")
            if status.conflicts == 1
            else words("Two versions, {n} times", n=status.conflicts)
        )
        lines.append(
            Line("git-compare", title, words("Nothing was lost. Choose what is true."), words("Choose"), "amber", "conflicts")
        )
    if status.damaged:
        lines.append(
            Line(
                "package-x",
                words.plural("{n} package arrived damaged", "{n} packages arrived damaged", status.damaged),
                words("A whole copy is asked for at each sync. What its author sent after it waits; nothing else."),
                tone="amber",
            )
        )
    if status.alone is not None and not status.alone.admitted:
        lines.append(Line("laptop", *no_server.not_yet_in(status.alone, words), tone="amber"))
    if status.problem == "device_replaced":
        lines.append(_join_again(status, words))
    lines += [_held(work, words) for work in status.held]
    if (unopened := status.set_aside - status.damaged - len(status.held)) > 0:
        lines.append(
            Line(
                "package-x",
                words.plural("{n} package could not be opened", "{n} packages could not be opened", unopened),
                words("Kept aside; nothing else stopped. It is tried again when keys or an update arrive."),
                tone="amber",
            )
        )
    if status.renewed is not None and now - status.renewed < TOLD_FOR:
        lines.append(_renewed(words))
    if status.word == "update":
        lines.append(
            Line("download", words("Update this program"), words("Ask your administrator for the new version."), tone="amber")
        )
    return tuple(lines)


def _join_again(status: SyncStatus, words: Words) -> Line:
    if status.alone is None:
        safe = f"{words('Ask your administrator for a file, twelve words or a QR code.')}\n{words('What is here goes out then.')}"
        way = words("Join again")
    else:  # no server at which it could wait
        safe, way = words("Ask your administrator for one. What is here goes out then."), words("Open the file")
    return Line("laptop", words("Join again with an invitation"), safe, way, "amber", "join")


def _two_lists(status: SyncStatus, words: Words) -> tuple[Line, ...]:
    if status.alone is not None:  # the kit settles it through a server only
        title = words("Two lists of who may open the records")
        why = words("Two laptops have kept the list, and what one of them took up the other did not.")
        then = words("Work goes on. Invite nobody and close no laptop before your administrator has looked at both laptops.")
        return (Line("git-compare", title, f"{why}\n{then}", tone="amber"),)
    settle = words("An administrator looks at both, and chooses one with the printed recovery kit.")
    out = words("Only if an administrator has settled it and tells you so. What is here goes out then.")
    return (
        Line("git-compare", words("Two lists of who may open the records"), settle, words("Look at both"), "amber", "fork"),
        Line("laptop", words("Join again with an invitation"), out, words("Join again"), "amber", "join"),
    )


def _held(work: HeldWork, words: Words) -> Line:
    return Line("package", title_of(work, words), why_of(work, words), words("Look"), "amber", "held", work)


def _renewed(words: Words) -> Line:
    why = words("Another copy of it has written too: a backup was put back, or its disk was copied.")
    then = words("Nothing was lost. If nobody you know did that, tell your administrator.")
    return Line("laptop", words("This laptop goes on under a new identity"), f"{why}\n{then}", tone="amber")


def arrived_lines(arrived: tuple[ArrivedItem, ...], words: Words, clock: Callable[[datetime], str]) -> tuple[Line, ...]:
    """ "Denise Okafor signed a session" with the person below it."""
    says = {
        "added": "{who} wrote: {kind}",
        "changed": "{who} changed: {kind}",
        "signed": "{who} signed: {kind}",
        "returned": "{who} returned: {kind}",
        "deleted": "{who} took away: {kind}",
    }
    lines = []
    for item in arrived:
        icon = {"signed": "pen-line", "returned": "undo-2"}.get(item.verb) or KIND_ICONS.get(item.kind, "file")
        kind = lower_first(words.code("kind", item.kind))
        title = words(says.get(item.verb, "{who} changed: {kind}"), who=item.who or words("Somebody"), kind=kind)
        target = item.participant_id
        lines.append(Line(icon, title, item.participant, clock(item.at), action="participant" if target else "", target=target))
    return tuple(lines)


def _facts(status: SyncStatus, now: datetime, words: Words, today: date, here: ZoneInfo) -> tuple[Fact, ...]:
    if status.alone is not None:
        return tuple(Fact(*one) for one in no_server.facts(status.alone, now, words, today, here))
    if status.last_heard is None:
        heard = words("Not yet")
    else:
        local = status.last_heard.astimezone(here)
        day = words.day(local.date(), today)
        heard = words("{day}, {time}, {ago}", day=day, time=words.time(local), ago=words.since(status.last_heard, now))
        heard = heard[:1].upper() + heard[1:]
    said = [Fact(heard, words("Last heard from the server"))]
    if status.server:
        said.append(Fact(status.server, words("Server")))
    said.append(Fact(str(status.waiting), words("Waiting to be sent")))
    if status.snapshot is not None:
        said.append(Fact(_snapshot(status.snapshot, words, today, here), words("Last common copy")))
    if status.documents:
        number = words.plural("{n} is not sent yet.", "{n} are not sent yet.", status.documents)
        said.append(Fact(f"{number} {_why_documents_wait(status.documents_why, words)}".strip(), words("Documents")))
    return tuple(said)


def _snapshot(known: SnapshotKnown, words: Words, today: date, here: ZoneInfo) -> str:
    """Who made the snapshot and who confirmed it; one that nobody has confirmed is named so (rule 48)."""
    maker = isolate(known.maker)
    if not known.confirmed:
        return words("This laptop began from one by {maker} that nobody has confirmed yet.", maker=maker)
    day = words.day(known.at.astimezone(here).date(), today) if known.at else ""
    if not known.by:
        return words("Made by {maker} and confirmed, {day}", maker=maker, day=day)
    return words("Made by {maker}, confirmed by {by}, {day}", maker=maker, by=isolate(known.by), day=day)


def _why_documents_wait(why: str | None, words: Words) -> str:
    known = {
        "over_quota": words("The server has no room for them: tell your administrator. Records are sent as always."),
        "blobs_off": words("The server keeps no documents: tell your administrator. They are safe on this laptop."),
        "server_unreachable": words("They go on from where they were once there is a network."),
        "metered": words("This network is paid by size. Records are sent as always."),
        "ask": words("They wait until you say so. Records are sent as always."),
        "store_damaged": words("One cannot be read on this laptop: add it again if you have it."),
    }
    return known.get(why or "", "")
