"""System packages that the wheels do not carry: installed where that needs no question, otherwise named.

    python3 tools/system.py

Runs on the system's own Python, before anything is installed. On Debian and its relatives as root, what is missing is
installed with apt-get. Elsewhere on Linux what is missing is listed with the Debian names and the reason; the exit
status stays 0, because a part that is missing shows where it is needed. On macOS and Windows the wheels carry all.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

# (Debian package, how to see that it is there, what needs it). "lib:" names a shared library, "cmd:" a program.
NEEDED = (
    ("libgl1", "lib:libGL.so.1", "Qt"),
    ("libegl1", "lib:libEGL.so.1", "Qt"),
    ("libxkbcommon0", "lib:libxkbcommon.so.0", "Qt"),
    ("libglib2.0-0", "lib:libglib-2.0.so.0", "Qt"),
    ("libfreetype6", "lib:libfreetype.so.6", "Qt"),
    ("libfontconfig1", "lib:libfontconfig.so.1", "Qt"),
    ("libdbus-1-3", "lib:libdbus-1.so.3", "Qt"),
    ("libxkbcommon-x11-0", "lib:libxkbcommon-x11.so.0", "the window on X11"),
    ("libxcb-cursor0", "lib:libxcb-cursor.so.0", "the window on X11"),
    ("libxcb-icccm4", "lib:libxcb-icccm.so.4", "the window on X11"),
    ("libxcb-keysyms1", "lib:libxcb-keysyms.so.1", "the window on X11"),
    ("libxcb-shape0", "lib:libxcb-shape.so.0", "the window on X11"),
    ("dbus", "cmd:dbus-run-session", "the tests of the keyring"),
    ("libglib2.0-bin", "cmd:gdbus", "the tests of the keyring"),
    ("gnome-keyring", "cmd:gnome-keyring-daemon", "the tests of the keyring"),
    ("binutils", "cmd:objdump", "make package"),
)


def needed() -> tuple[tuple[str, str, str], ...]:
    """NEEDED, and what depends on the Python that runs this: Debian's own keeps its shared library in a package apart."""
    if sys.prefix != "/usr":
        return NEEDED
    name = f"libpython{sys.version_info[0]}.{sys.version_info[1]}"
    return (*NEEDED, (name, f"lib:{name}.so.1.0", "make package"))


def loader_knows() -> str:
    """Everything the dynamic loader can find, as text; empty where ldconfig is missing."""
    ldconfig = shutil.which("ldconfig", path=os.environ.get("PATH", "") + ":/sbin:/usr/sbin")
    if ldconfig is None:
        return ""
    return subprocess.run([ldconfig, "-p"], capture_output=True, text=True, check=False).stdout


def missing() -> list[tuple[str, str]]:
    libraries = loader_knows()
    lacking = []
    for package, sign, reason in needed():
        kind, _, name = sign.partition(":")
        there = f"\t{name} " in libraries if kind == "lib" else shutil.which(name) is not None
        if not there:
            lacking.append((package, reason))
    return lacking


def install(packages: list[str]) -> None:
    calm = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    options = ["-qq", "-o", "Dpkg::Use-Pty=0"]
    for step in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        command = ["apt-get", *options, *step]
        done = subprocess.run(command, env=calm, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode != 0:  # what the packages say while they install is of interest only then
            raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")


def main() -> int:
    if sys.platform != "linux":
        return 0
    lacking = missing()
    may_install = os.geteuid() == 0 and Path("/etc/debian_version").exists() and shutil.which("apt-get")
    if lacking and may_install:
        print("Installing system packages:", *(package for package, _ in lacking), flush=True)
        install([package for package, _ in lacking])
        lacking = missing()
    for package, reason in lacking:
        print(f"Missing on this system: {package} (Debian's name), needed by {reason}", file=sys.stderr)
    if lacking:
        print("Install with: apt-get install", *(package for package, _ in lacking), file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
