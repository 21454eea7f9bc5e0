"""`python -m cmpp_desktop`: files that the program makes are for its user alone, and then the arguments are read."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit status."""
    os.umask(0o077)  # before anything can write a file
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # it would look through every installed package for one
    from cmpp_desktop.cli import run

    return run(list(sys.argv[1:] if arguments is None else arguments))


if __name__ == "__main__":
    raise SystemExit(main())
