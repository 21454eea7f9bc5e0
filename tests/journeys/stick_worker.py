"""A laptop that writes to a stick and dies: `python -m tests.journeys.stick_worker PROFILE STICK AFTER`.

After so many files have got their place it kills itself with SIGKILL, before it could note anything; it has said how many.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from cmpp_desktop.sync import folder, folder_files
from tests.journeys.office import PASSPHRASE, laptop


def main() -> None:
    profile, stick, after = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    put, written = folder_files.put, 0

    def dies(path: Path, body: bytes) -> Any:
        nonlocal written
        put(path, body)
        written += 1
        if written == after:
            sys.stdout.write(json.dumps({"written": written}) + "\n")
            sys.stdout.flush()
            os.kill(os.getpid(), signal.SIGKILL)

    vars(folder)["put"] = dies
    door = laptop(profile)
    door.unlock(PASSPHRASE)
    door.exchange_folder(stick)


if __name__ == "__main__":
    main()
