"""`cmpp-server`: what an administrator does at a terminal.

init    create or upgrade the database        serve    run the server
org     add, list, show, limit or remove accepted organisations
device  list or show laptops: when they came last, what they have read, which removal they have not heard of
backup  copy everything into a folder, also while it serves
restore fill a new, empty database from such a folder, and check it
check   verify every roster and every log, entry by entry; bundles that are damaged are asked for from the laptops
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import uvicorn
from alembic.util.exc import CommandError

from cmpp_protocol.roster import RosterError
from cmpp_server import commands, metrics, workers
from cmpp_server import settings as setting
from cmpp_server.app import create_app
from cmpp_server.database import Busy, Database, newest_revision
from cmpp_server.dump import DumpError


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
            workers=getattr(parsed, "workers", None),
        )
        status: int = parsed.run(settings, parsed)
    except (setting.SettingsError, commands.Said, DumpError, CommandError) as error:
        print(f"cmpp-server: {error}", file=sys.stderr)
        return 2
    except RosterError as error:
        print(f"cmpp-server: a roster breaks a rule ({error.code}); see `cmpp-server check`", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"cmpp-server: {error.filename or 'a file'}: {error.strerror}", file=sys.stderr)
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
    parts = parser.add_subparsers(required=True, metavar="COMMAND")
    parts.add_parser("init", parents=[shared], help="create or upgrade the database").set_defaults(run=_init)
    serve = parts.add_parser("serve", parents=[shared], help="run the server")
    serve.add_argument("--listen", metavar="HOST:PORT", help=f"default {setting.DEFAULT_LISTEN}; port 0: a free one")
    serve.add_argument("--workers", metavar="N", help="processes that serve, one for each processor; default 1")
    serve.add_argument("--server-name", action="append", help="the name in the laptops' URL; may be repeated")
    serve.add_argument("--allow-org", action="append", metavar="ORG_ID", help="accept an organisation; may be repeated")
    serve.set_defaults(run=_serve)
    commands.add_to(parts, shared)
    return parser


def _init(settings: setting.Settings, _parsed: argparse.Namespace) -> int:
    database = Database(settings.database)
    database.migrate()
    print(f"the database is ready (revision {newest_revision()})")
    database.close()
    return 0


class _Server(uvicorn.Server):
    """Calls `up` when it serves, and ends long polls when it is told to stop."""

    def __init__(self, config: uvicorn.Config, up: Callable[[], None]) -> None:
        super().__init__(config)
        self._up = up

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._up()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.config.app.state.parts.events.close()  # type: ignore[union-attr]  # uvicorn types `app` as a name too
        await super().shutdown(sockets)


def _serve(settings: setting.Settings, _parsed: argparse.Namespace) -> int:
    host, port = settings.address()
    bound = workers.listen(host, port, settings.workers)
    known = settings.listening_on(host, bound[0].getsockname()[1])

    def ready() -> None:
        print(f"listening on http://{known.listen}", flush=True)

    if len(bound) == 1:
        return _serve_on(known, None, bound[0], ready)
    with tempfile.TemporaryDirectory(prefix="cmpp-counters-") as counters:
        folder = Path(counters)
        many = workers.Workers(
            bound, lambda on, up: _serve_on(known, folder, on, up), lambda pid: metrics.forget(folder, pid)
        )
        return many.run(ready)


def _serve_on(settings: setting.Settings, counters: Path | None, bound: socket.socket, up: Callable[[], None]) -> int:
    """`counters`: where several processes count together."""
    with bound:
        app = create_app(settings, counters=counters)
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=5
        )
        server = _Server(config, up)
        for one in (signal.SIGTERM, signal.SIGINT):
            # uvicorn stops on these, and then raises them again: by then the work is done and the exit is a clean one.
            signal.signal(one, lambda *_: None)
        server.run(sockets=[bound])
        return 0 if server.started else 2
