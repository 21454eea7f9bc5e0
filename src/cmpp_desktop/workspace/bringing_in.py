"""Directories and tables from other programs: looked at first, then all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from cmpp_desktop.workspace.core import Core

if TYPE_CHECKING:
    from cmpp_desktop.domain.directory import DirectoryPlan
    from cmpp_desktop.domain.importing import Choice, ColumnPlan
    from cmpp_desktop.domain.work import Done
    from cmpp_desktop.workspace.imports import ImportPreview


class BringingIn(Core):
    """Nothing is written before somebody has seen what it would do."""

    def preview_directory(
        self,
        path: Path,
        *,
        source: str = "",
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> DirectoryPlan:
        """What bringing in a directory (HSDS: JSON, a folder or a zip of CSV) would do, and what is wrong in it by row. `source`:
        the name of the directory, when several stand side by side. Raises file_unreadable, file_too_big, import_cancelled."""
        from cmpp_desktop.workspace import directory

        return directory.preview(self._need(), path, source, progress=progress, cancelled=cancelled)

    def import_directory(
        self,
        path: Path,
        *,
        source: str = "",
        leave_out: bool = False,
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> DirectoryPlan:
        """Brings a directory in, or its newer edition, all or nothing. Rows that cannot be read stop it (import_refused), unless
        they are to be left out. `progress(done, of)` is called now and then; once `cancelled()` is true it stops and nothing was
        brought in (import_cancelled). Raises not_allowed, file_unreadable, file_too_big."""
        from cmpp_desktop.workspace import directory

        return directory.bring_in(self._need(), path, source, leave_out=leave_out, progress=progress, cancelled=cancelled)

    def preview_import(
        self,
        path: Path,
        mapping: ColumnPlan | None = None,
        *,
        sheet: str = "",
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> ImportPreview:
        """What bringing in a table of participants, households and obligations (CSV, XLSX) would do; nothing is written.
        `mapping` None: guessed from the headings. Raises file_unreadable (cause), file_too_big, Invalid (columns),
        import_cancelled."""
        from cmpp_desktop.workspace import imports

        return imports.preview(self._need(), path, mapping, sheet, progress, cancelled)

    def remap_import(
        self,
        seen: ImportPreview,
        mapping: ColumnPlan,
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> ImportPreview:
        """The same file under another mapping; it is not read again. Raises Invalid (columns), import_cancelled."""
        from cmpp_desktop.workspace import imports

        return imports.again(self._need(), seen, mapping, progress, cancelled)

    def run_import(
        self,
        seen: ImportPreview,
        choices: Mapping[int, Choice],
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Done:
        """Brings in what was previewed, all or nothing; `Done.undo` (UndoImport) takes it back. Raises import_refused,
        import_undecided, import_cancelled, not_allowed, people_kept_apart."""
        from cmpp_desktop.workspace import imports

        return imports.run(self._need(), seen, choices, progress, cancelled)

    def save_import_problems(self, seen: ImportPreview, path: Path, language: str = "en") -> int:
        """Writes what is wrong in a file as CSV without formulas; returns how many lines. Raises file_not_written."""
        from cmpp_desktop.workspace import imports

        found = imports.save_problems(seen, path, language)
        self._need().note("exported", "import_run", None, count=found)
        return found

    def save_import_template(self, path: Path, language: str = "en") -> None:
        """Writes an empty table with all headings that are known. Raises file_not_written."""
        from cmpp_desktop.workspace import imports

        imports.save_template(path, language)
