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


@dataclass(frozen=True, slots=True)
class FolderDocuments:
    """Documents between this laptop and a folder: how many can come in and go out, and their bytes; after they were carried, how
    many did. `left`: could not be written, because of `problem` (as in `FolderReport`); `missing`: lie there in part, or damaged;
    `stopped`: somebody said stop."""

    into: int = 0
    into_bytes: int = 0
    out: int = 0
    out_bytes: int = 0
    left: int = 0
    missing: int = 0
    problem: str | None = None
    stopped: bool = False

    @property
    def bytes(self) -> int:
        return self.into_bytes + self.out_bytes
