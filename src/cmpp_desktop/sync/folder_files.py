"""Files on a stick or in a shared folder: read whole or not at all, written beside their place and renamed into it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from cmpp_protocol import stick


def is_there(path: Path) -> bool:
    """Whether a whole file seems to stand there: its content is checked by whoever reads it."""
    try:
        return path.is_file() and not path.is_symlink() and path.stat().st_size > len(stick.MAGIC) + stick.CHECK_BYTES
    except OSError:
        return False


def body_of(path: Path) -> bytes | None:
    """What a whole file holds; None for one that is cut, too large, of something else, or cannot be read."""
    try:
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(path, flags), "rb") as file:
            return stick.body_of(file.read(stick.LARGEST + 1))
    except OSError:
        return None


def put(path: Path, body: bytes) -> None:
    """Writes a whole file, or none. A stick may have no more than renaming: the check in the file says whether it came whole."""
    folders(path.parent)
    beside = path.with_name(f".{path.name}.part")
    try:
        with beside.open("wb") as file:
            write_all(file, stick.whole(body))
            durable(file)
        with contextlib.suppress(OSError):  # sealed bytes: whoever else uses the folder may read them; some sticks know no rights
            beside.chmod(0o644)
        beside.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise


def durable(file: Any) -> None:
    file.flush()
    os.fsync(file.fileno())


def folders(folder: Path) -> None:
    """Makes the folders above a file, into which the other laptops, whose users this machine may not know, can write as well."""
    if folder.is_dir():
        return
    folders(folder.parent)
    folder.mkdir(exist_ok=True)
    with contextlib.suppress(OSError):
        folder.chmod(0o777)


def write_all(file: Any, parts: Iterable[bytes]) -> None:
    for part in parts:
        file.write(part)
