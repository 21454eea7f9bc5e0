"""Files that a person asked for: whole or not at all, and readable by that user alone."""

from __future__ import annotations

import os
from pathlib import Path

from cmpp_desktop.errors import KnownError


def write_private(path: Path, data: bytes) -> None:
    """Writes beside it first, so that what was there stays until the new one is whole. Raises file_not_written."""
    partial = path.with_name(path.name + ".part")
    try:
        with open(partial, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise KnownError("file_not_written", cause=type(error).__name__) from error
