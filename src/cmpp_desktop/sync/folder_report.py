"""What an exchange with a stick or a shared folder did."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class FolderReport:
    """Packages (bundles), entries of the roster and keys that were taken in; files that were written. `left`: files that could
    not be written, because of `problem` (folder_full, folder_read_only, folder_not_written); `damaged`: files there that were not
    whole, or not what they said; `others`: further organisations in it; `needs_update`: something of a newer version is there;
    `stopped`: somebody said stop; `behind`: packages that the folder lacks and whose bytes are not kept here any longer: a
    confirmed snapshot at the server has held them for long enough (rule 38)."""

    bundles_in: int = 0
    roster_in: int = 0
    keys_in: int = 0
    files_out: int = 0
    left: int = 0
    damaged: int = 0
    others: int = 0
    needs_update: bool = False
    stopped: bool = False
    behind: int = 0
    problem: str | None = None
