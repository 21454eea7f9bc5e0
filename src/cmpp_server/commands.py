"""The commands about what is kept: organisations, laptops, dumps. Each prints what it did in plain lines; `admin` runs them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cmpp_server import checking, dump, overview
from cmpp_server.app import clock_ms
from cmpp_server.chunks import Chunks, FolderChunks
from cmpp_server.database import Database, newest_revision
from cmpp_server.exchange import add_organisation
from cmpp_server.problems import Refused
from cmpp_server.settings import Settings, organisation_id

SHOWN = 16  # hexadecimal digits of an id in a list; as many name it in a command
LEAST = 8  # that may be typed instead of a whole id


class Said(Exception):
    """A command that cannot be done as it was given. The message is for the administrator."""


def add_to(parts: Any, shared: argparse.ArgumentParser) -> None:
    """Add these commands to the parser of `cmpp-server`."""
    _org_commands(parts.add_parser("org", help="accepted organisations").add_subparsers(required=True, metavar="COMMAND"), shared)
    device = parts.add_parser("device", help="laptops").add_subparsers(required=True, metavar="COMMAND")
    listed = device.add_parser("list", parents=[shared], help="when each came last, how far it has read, what it has not heard")
    listed.add_argument("org_id", metavar="ORG_ID", nargs="?", help="of this organisation only")
    listed.set_defaults(run=_device_list)
    shown = device.add_parser("show", parents=[shared], help="one of them, collection by collection")
    shown.add_argument("device_id", metavar="DEVICE_ID", help=f"at least the first {LEAST} digits")
    shown.set_defaults(run=_device_show)
    for name, run, what in (
        ("backup", _backup, "copy everything into a folder, also while it serves"),
        ("restore", _restore, "fill a new, empty database from such a folder, and check it"),
    ):
        command = parts.add_parser(name, parents=[shared], help=what)
        command.add_argument("folder", metavar="DIR", type=Path)
        command.set_defaults(run=run)
    parts.add_parser("check", parents=[shared], help="verify rosters and logs").set_defaults(run=_check)


def _org_commands(org: Any, shared: argparse.ArgumentParser) -> None:
    def command(name: str, run: Callable[..., int], what: str, id_help: str = f"at least the first {LEAST} digits") -> Any:
        made = org.add_parser(name, parents=[shared], help=what)
        made.add_argument("org_id", metavar="ORG_ID", help=id_help)
        made.set_defaults(run=run)
        return made

    add = command("add", _org_add, "accept one", "64 hexadecimal digits, shown by the administrator's program")
    add.add_argument("--quota", type=_size, default=0, metavar="BYTES", help="most bytes it may keep here; 0: no limit")
    org.add_parser("list", parents=[shared], help="list them").set_defaults(run=_org_list)
    command("show", _org_show, "one of them, collection by collection")
    quota = command("quota", _org_quota, "change how much one may keep")
    quota.add_argument("quota", type=_size, metavar="BYTES", help="0: no limit")
    remove = command("remove", _org_remove, "delete everything of one; says what goes, and asks")
    remove.add_argument("--yes", action="store_true", help="do not ask (for scripts)")


def _size(text: str) -> int:
    value = int(text)
    if not 0 <= value < 1 << 63:
        raise ValueError(text)
    return value


@contextmanager
def _opened(settings: Settings, ready: bool = True) -> Iterator[Database]:
    """The database; `ready`: it has to have this program's tables."""
    database = Database(settings.database)
    try:
        if ready and database.revision() != newest_revision():
            raise Said("the database does not have this program's tables: run `cmpp-server init` first")
        yield database
    finally:
        database.close()


def _chunks(settings: Settings) -> Chunks | None:
    folder = settings.documents_folder()
    return FolderChunks(folder) if folder is not None else None


# Organisations --------------------------------------------------------------------------------------------------------


def _org_add(settings: Settings, parsed: argparse.Namespace) -> int:
    org = organisation_id(parsed.org_id)
    with _opened(settings, ready=False) as database:
        database.migrate()
        new = database.write(lambda conn: add_organisation(conn, org, clock_ms(), parsed.quota))
    print("added" if new else "was accepted already")
    return 0


def _org_list(settings: Settings, _parsed: argparse.Namespace) -> int:
    with _opened(settings) as database:
        for one in _organisations(database):
            entries = one.state.no + 1 if one.state else 0
            print(f"{one.id.hex()}  roster entries {entries}  bundles {one.bundles}  bytes {one.bytes}  of {_quota(one.quota)}")
    return 0


def _org_show(settings: Settings, parsed: argparse.Namespace) -> int:
    with _opened(settings) as database:
        _say_organisation(_organisation(database, parsed.org_id))
    return 0


def _org_quota(settings: Settings, parsed: argparse.Namespace) -> int:
    with _opened(settings) as database:
        one = _organisation(database, parsed.org_id)
        database.write(lambda conn: overview.set_quota(conn, one.id, parsed.quota))
    print(f"{one.id.hex()}  may keep {_quota(parsed.quota)}, keeps {one.bytes}")
    return 0


def _org_remove(settings: Settings, parsed: argparse.Namespace) -> int:
    with _opened(settings) as database:
        one = _organisation(database, parsed.org_id)
        _say_organisation(one)
        print("All of this goes from this server, and cannot come back but from a backup or from the laptops that still hold it.")
        print("Nothing is deleted on any laptop. Take the id out of `organisations` and --allow-org too: the next start accepts")
        print("what stands there.")
        wanted = one.id.hex()[:LEAST]
        if not parsed.yes and _answer(f"Type the first {LEAST} digits of its id to remove it: ") != wanted:
            print("nothing was removed")
            return 2
        database.write(lambda conn: overview.remove(conn, one.id))
        if (chunks := _chunks(settings)) is not None:
            chunks.remove_organisation(one.id)
    print("removed")
    return 0


def _answer(question: str) -> str:
    try:
        return input(question).strip()
    except EOFError:
        print()
        return ""


def _say_organisation(one: overview.Organisation) -> None:
    standing: dict[str, int] = {}
    for laptop in one.laptops:
        standing[laptop.standing] = standing.get(laptop.standing, 0) + 1
    print(f"organisation   {one.id.hex()}")
    print(f"roster         {f'{one.state.no + 1} entries' if one.state else 'none yet: its first laptop has not come'}")
    print(f"laptops        {', '.join(f'{number} {word}' for word, number in sorted(standing.items())) or 'none'}")
    print(f"kept           {one.bundles} bundles, {one.bytes} bytes of {_quota(one.quota)}")
    for place in one.collections:
        beside = ((place.held, "held"), (place.damaged, "damaged"), (place.documents, "documents"))
        more = "".join(f", {number} {word}" for number, word in beside if number)
        print(
            f"collection     {place.id.hex}  {place.kind}  {place.bundles} bundles, {place.bytes} bytes{more}  "
            f"last change {_time(place.changed_at)}"
        )


# Laptops --------------------------------------------------------------------------------------------------------------


def _device_list(settings: Settings, parsed: argparse.Namespace) -> int:
    with _opened(settings) as database:
        orgs = [_organisation(database, parsed.org_id)] if parsed.org_id else list(_organisations(database))
    for one in orgs:
        print(f"organisation {one.id.hex()}, {one.state.no + 1 if one.state else 0} roster entries")
        for laptop in one.laptops:
            print(f"  {_line(laptop)}")
        unheard = [laptop for laptop in one.laptops if laptop.unheard]
        if unheard:
            print(f"  not reached by a removal: {', '.join(laptop.id.hex()[:SHOWN] for laptop in unheard)}")
    return 0


def _line(laptop: overview.Laptop) -> str:
    heard = "nothing heard" if laptop.heard is None else f"heard {laptop.heard}"
    lacks = f"  has not heard of {_numbers(laptop.unheard)}" if laptop.unheard else ""
    behind = f"behind by {laptop.behind}" if laptop.readings else "reads nothing"
    who = f"{laptop.id.hex()[:SHOWN]}  {laptop.role}  {laptop.standing}"
    return f"{who}  last seen {_time(laptop.seen_at)}  {heard}  {behind}{lacks}"


def _device_show(settings: Settings, parsed: argparse.Namespace) -> int:
    with _opened(settings) as database:
        every = [(one, laptop) for one in _organisations(database) for laptop in one.laptops]
    at = {laptop.id: (one, laptop) for one, laptop in every}
    one, laptop = at[_named(parsed.device_id, at, "laptop")]
    print(f"laptop         {laptop.id.hex()}")
    print(f"organisation   {one.id.hex()}")
    print(f"member         {laptop.member.hex}  {laptop.role}")
    ended = f", ended with entry {laptop.ended}" if laptop.ended is not None else ""
    print(f"standing       {laptop.standing}, enrolled with entry {laptop.enrolled}{ended}")
    print(f"last seen      {_time(laptop.seen_at)}")
    print(f"roster heard   {'nothing yet' if laptop.heard is None else laptop.heard} of {one.state.no if one.state else 0}")
    print(f"not heard      {_numbers(laptop.unheard) if laptop.unheard else 'no removal'}")
    for reading in laptop.readings:
        read = "nothing read yet" if reading.read is None else f"read {reading.read}"
        print(f"collection     {reading.collection.hex}  {read} of {reading.bundles}")
    return 0


# Dumps ----------------------------------------------------------------------------------------------------------------


def _backup(settings: Settings, parsed: argparse.Namespace) -> int:
    with _opened(settings) as database:
        made = dump.write(database, parsed.folder, clock_ms(), _chunks(settings))
    print(f"copied and read again: {_contents(made)}")
    return 0


def _restore(settings: Settings, parsed: argparse.Namespace) -> int:
    with _opened(settings, ready=False) as database:
        made = dump.restore(database, parsed.folder, _chunks(settings))
        print(f"restored what was copied on {made.made_at}: {_contents(made)}")
        findings = _say_check(database, _chunks(settings))
    return 1 if findings else 0


def _contents(made: dump.Dump) -> str:
    orgs, bundles, held = (made.rows.get(name, 0) for name in ("org", "envelope", "held"))
    more = f", {made.chunks} chunks of documents" if made.chunks else ""
    return f"{orgs} organisations, {bundles} bundles, {held} held{more}, {made.size} bytes"


def _check(settings: Settings, _parsed: argparse.Namespace) -> int:
    with _opened(settings) as database:
        findings = _say_check(database, _chunks(settings))
    return 1 if findings else 0


def _say_check(database: Database, chunks: Chunks | None) -> int:
    """Check everything and say what was found; how many findings there were."""
    report = checking.check(database, clock_ms(), chunks)
    for finding in report.findings:
        print(finding)
    if report.chunks or report.swept:
        print(f"{report.chunks} chunks of documents checked, {report.swept} files that nothing names were taken away")
    print(f"{report.bundles} bundles checked, {report.held} held, {len(report.findings)} findings")
    return len(report.findings)


# Words ----------------------------------------------------------------------------------------------------------------


def _organisations(database: Database) -> Iterator[overview.Organisation]:
    with database.read() as conn:
        for org in overview.accepted(conn):
            yield overview.organisation(conn, org)


def _organisation(database: Database, text: str) -> overview.Organisation:
    with database.read() as conn:
        try:
            return overview.organisation(conn, _named(text, overview.accepted(conn), "organisation"))
        except Refused as error:  # it went in between
            raise Said(f"there is no such organisation here: {text}") from error


def _named(text: str, ids: Iterable[bytes], what: str) -> bytes:
    """The one id that begins with these hexadecimal digits."""
    found = [one for one in ids if len(text) >= LEAST and one.hex().startswith(text.lower())]
    if len(text) < LEAST:
        raise Said(f"give at least the first {LEAST} digits of the id")
    if len(found) != 1:
        raise Said(f"{'several begin' if found else f'there is no such {what} here: none begins'} with {text}")
    return found[0]


def _numbers(numbers: tuple[int, ...]) -> str:
    return f"entr{'y' if len(numbers) == 1 else 'ies'} {', '.join(map(str, numbers))}"


def _quota(quota: int) -> str:
    return str(quota) if quota else "no limit"


def _time(ms: int | None) -> str:
    return "never" if ms is None else datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
