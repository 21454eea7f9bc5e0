"""`cmpp-server`: what an administrator does at a terminal.

init    create or upgrade the database        serve   run the server
org     add or list accepted organisations    check   verify every roster and every log, entry by entry;
        bundles that are damaged are asked for from the laptops
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import uvicorn
from alembic.util.exc import CommandError
from sqlalchemy import func, select

from cmpp_protocol import roster as rules
from cmpp_server import damage, roster, tables
from cmpp_server import settings as setting
from cmpp_server.app import clock_ms, create_app
from cmpp_server.database import Busy, Database, newest_revision
from cmpp_server.exchange import add_organisation, used_bytes


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0 when it did what it says, 1 when `check` found something, else 2."""
    os.umask(0o077)  # an SQLite database is for its user alone
    parsed = _parser().parse_args(arguments)
    try:
        settings = setting.load(
            os.environ,
            parsed.config,
            database=parsed.database,
            listen=getattr(parsed, "listen", None),
            server_names=getattr(parsed, "server_name", None),
            organisations=getattr(parsed, "allow_org", None),
        )
        status: int = parsed.run(settings, parsed)
    except (setting.SettingsError, CommandError) as error:
        print(f"cmpp-server: {error}", file=sys.stderr)
        return 2
    except Busy as error:
        print(f"cmpp-server: the database cannot be used ({error})", file=sys.stderr)
        return 2
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("cmpp-server", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--config", type=Path, help="a TOML file of settings")
    shared.add_argument("--database", metavar="URL", help="postgresql+psycopg://… or sqlite:///…")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    commands.add_parser("init", parents=[shared], help="create or upgrade the database").set_defaults(run=_init)
    serve = commands.add_parser("serve", parents=[shared], help="run the server")
    serve.add_argument("--listen", metavar="HOST:PORT", help=f"default {setting.DEFAULT_LISTEN}; port 0: a free one")
    serve.add_argument("--server-name", action="append", help="the name in the laptops' URL; may be repeated")
    serve.add_argument("--allow-org", action="append", metavar="ORG_ID", help="accept an organisation; may be repeated")
    serve.set_defaults(run=_serve)
    org = commands.add_parser("org", help="accepted organisations").add_subparsers(required=True, metavar="COMMAND")
    add = org.add_parser("add", parents=[shared], help="accept an organisation")
    add.add_argument("org_id", metavar="ORG_ID", help="64 hexadecimal digits, shown by the administrator's program")
    add.add_argument("--quota", type=int, default=0, metavar="BYTES", help="most bytes it may keep here; 0: no limit")
    add.set_defaults(run=_org_add)
    org.add_parser("list", parents=[shared], help="list them").set_defaults(run=_org_list)
    commands.add_parser("check", parents=[shared], help="verify rosters and logs").set_defaults(run=_check)
    return parser


def _init(settings: setting.Settings, _parsed: argparse.Namespace) -> int:
    database = Database(settings.database)
    database.migrate()
    print(f"the database is ready (revision {newest_revision()})")
    database.close()
    return 0


class _Server(uvicorn.Server):
    """Says when it is ready, and ends long polls when it is told to stop."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and sockets:
            host, port = sockets[0].getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            print(f"listening on http://{shown}:{port}", flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.config.app.state.parts.events.close()  # type: ignore[union-attr]  # uvicorn types `app` as a name too
        await super().shutdown(sockets)


def _serve(settings: setting.Settings, _parsed: argparse.Namespace) -> int:
    host, port = settings.address()
    try:
        bound = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise setting.SettingsError(f"cannot listen on {settings.listen}: {error.strerror}") from error
    with bound:
        app = create_app(settings.listening_on(host, bound.getsockname()[1]))
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=5
        )
        server = _Server(config)
        for one in (signal.SIGTERM, signal.SIGINT):
            # uvicorn stops on these, and then raises them again: by then the work is done and the exit is a clean one.
            signal.signal(one, lambda *_: None)
        server.run(sockets=[bound])
        return 0 if server.started else 2


def _org_add(settings: setting.Settings, parsed: argparse.Namespace) -> int:
    org = setting.organisation_id(parsed.org_id)
    database = Database(settings.database)
    database.migrate()
    new = database.write(lambda conn: add_organisation(conn, org, clock_ms(), parsed.quota))
    print("added" if new else "was accepted already")
    database.close()
    return 0


def _org_list(settings: setting.Settings, _parsed: argparse.Namespace) -> int:
    database = Database(settings.database)
    with database.read() as conn:
        for row in conn.execute(select(tables.org).order_by(tables.org.c.org_id)):
            quota = row.quota_bytes or "no limit"
            print(f"{row.org_id.hex()}  roster entries {row.roster_no + 1}  bytes {used_bytes(conn, row.org_id)}  of {quota}")
    database.close()
    return 0


def _check(settings: setting.Settings, _parsed: argparse.Namespace) -> int:
    database = Database(settings.database)
    findings = 0
    with database.read() as conn:
        orgs = conn.execute(select(tables.org.c.org_id, tables.org.c.roster_no)).all()
    for org, no in orgs:
        state, wrong = _check_roster(database, org, no)
        wrong += _check_logs(database, org, state)
        findings += len(wrong)
        for finding in wrong:
            print(f"{org.hex()}: {finding}")
    with database.read() as conn:
        bundles = conn.execute(select(func.count()).select_from(tables.log)).scalar_one()
        waiting = conn.execute(select(func.count()).select_from(tables.held)).scalar_one()
    database.close()
    print(f"{bundles} bundles checked, {waiting} held, {findings} findings")
    return 1 if findings else 0


def _check_roster(database: Database, org: bytes, no: int) -> tuple[rules.RosterState | None, list[str]]:
    with database.read() as conn:
        kept = roster.read(conn, org, -1, 1 << 30)
    try:
        state = rules.build(kept) if kept else None
    except rules.RosterError as error:
        return None, [f"the roster breaks a rule: {error.code}"]
    ends = state.no if state else -1
    return state, [] if ends == no else [f"the roster ends at {len(kept) - 1}, not at {no}"]


def _check_logs(database: Database, org: bytes, state: rules.RosterState | None) -> list[str]:
    """What is wrong with the logs of an organisation. What can be set right is, and what is damaged is asked for."""
    table = tables.collection
    with database.read() as conn:
        places = conn.execute(select(table.c.collection_id).where(table.c.org_id == org)).scalars().all()
        found = [(UUID(bytes=place), one) for place in places for one in damage.walk(conn, org, UUID(bytes=place), state)]
    said = []
    for place, one in found:
        what = "; it cannot be set right here"
        if one.right or one.lacks:
            database.write(lambda conn, at=place, seq=one.seq: damage.note(conn, org, at, seq, lambda _: state, clock_ms()))  # type: ignore[misc]  # bound now
            what = "; set right" if one.right else "; asked for from the laptops"
        said.append(f"collection {place.hex}: {one.why}{what}")
    return said
