"""The arguments of the program, and what it can do without a window: say its version, test itself, found and invite.

    cmpp-desktop                               the window, on this user's profile
    cmpp-desktop --profile DIR | --temp-profile   on another folder of profiles, or on one that is gone at the end
    cmpp-desktop FILE                          begins with an invitation file, as a double click on one does
    cmpp-desktop --selftest                    checks every part of this build, a line each; exit status 0 when all work

Secrets are never arguments: they would stand in the list of processes.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from cmpp_desktop import __version__, logs


def run(arguments: Sequence[str]) -> int:
    """Carries the arguments out and returns the exit status."""
    options = _parser().parse_args(arguments)
    if options.selftest:
        from cmpp_desktop.selftest import selftest

        return selftest(print)
    if options.temp_profile:
        with tempfile.TemporaryDirectory(prefix="cmpp-profile-") as folder:
            return _window(Path(folder), options)
    return _window(options.profile or default_profile(), options)


def _window(folder: Path, options: argparse.Namespace) -> int:
    gc.disable()  # what is imported now stays: looking through it again and again finds nothing. `Window` lets it go on
    from cmpp_desktop import bootstrap
    from cmpp_desktop.ui.app import run as run_window

    handler = logs.start(folder, options.debug)
    unguard = logs.guard()
    try:
        return run_window(
            lambda: bootstrap.laptop(folder), invitation=options.invitation, sync_seconds=options.sync_seconds
        )
    finally:
        unguard()
        logs.stop(handler)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="cmpp-desktop", description="Case management, offline and sealed.")
    parser.add_argument("--version", action="version", version=f"CMPP Desktop {__version__}")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--profile", type=Path, metavar="DIR", help="the folder that holds the sealed stores")
    where.add_argument("--temp-profile", action="store_true", help="a profile that is deleted at the end")
    parser.add_argument("invitation", type=Path, nargs="?", metavar="FILE", help="an invitation to begin with (.cmppi)")
    parser.add_argument("--sync-seconds", type=int, default=30, metavar="N", help="how often to exchange (30; 0: never)")
    parser.add_argument("--debug", action="store_true", help="log more (still no names or answers)")
    parser.add_argument("--selftest", action="store_true", help="check every part of this build and say so line by line")
    return parser


def default_profile() -> Path:
    """Where this system keeps a program's data for its user."""
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local")) / "CMPP Desktop"
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "CMPP Desktop"
    return Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "cmpp-desktop"
