"""The directory of organizations comes in from a publisher's file: looked at first, then all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from cmpp_desktop.changes import HERE
from cmpp_desktop.domain.directory import DirectoryEdition, DirectoryPlan, ImportDirectory
from cmpp_desktop.errors import KnownError
from cmpp_desktop.workspace import hsds

if TYPE_CHECKING:
    from cmpp_desktop.workspace.profile import Opened


def preview(
    opened: Opened,
    path: Path,
    source: str,
    *,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> DirectoryPlan:
    """What importing a file would do, and what is wrong in it, by row. Raises file_unreadable, file_too_big, import_cancelled."""

    def go_on(done: int, of: int) -> None:
        if cancelled():
            raise KnownError("import_cancelled")
        if progress is not None:
            progress(done, of)

    read = hsds.read(path, go_on)
    go_on(1, 1)
    return opened.ask(DirectoryEdition(read, source))


def bring_in(
    opened: Opened,
    path: Path,
    source: str,
    *,
    leave_out: bool,
    progress: Callable[[int, int], None] | None,
    cancelled: Callable[[], bool],
) -> DirectoryPlan:
    """Imports it, whole or not at all. See `Workspace.import_directory`."""

    def go_on(*_: int) -> None:
        if cancelled():
            raise KnownError("import_cancelled")

    def tick(done: int, of: int) -> None:
        go_on()
        if progress is not None:
            progress(done, of)

    read = hsds.read(path, go_on)
    if read.left_out and not leave_out:
        raise KnownError("import_refused", rows=read.left_out)
    done = opened.do(ImportDirectory(read, source, tick), HERE)
    plan: DirectoryPlan = (done.more or {})["plan"]
    return plan
