"""Files that ship with the program: instruments, rules, fonts, icons, themes, words.

They lie beside `src` in a checkout and beside the program in a frozen build; nothing else in the program knows where.
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path


@cache
def _base() -> Path:
    frozen = getattr(sys, "_MEIPASS", None)
    return Path(frozen) if frozen else Path(__file__).resolve().parents[2]


def folder(name: str) -> Path:
    """The folder `resources/<name>`, for example "fonts"."""
    return _base() / "resources" / name


def migrations(name: str) -> Path:
    """The folder of Alembic scripts `migrations/<name>`: "desktop" or "server"."""
    return _base() / "migrations" / name
