"""What came into being in the bundles that are being taken in, in columns, until something more is said of it: most of what a new
laptop reads is that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from uuid import UUID

from cmpp_desktop.changes import Columns, Created


class Fresh:
    """Columns of records, each once, out of which single records can be taken."""

    def __init__(self) -> None:
        self._columns: list[Columns] = []
        self._where: dict[bytes, tuple[int, int]] = {}
        self._gone: dict[int, set[int]] = {}

    def __len__(self) -> int:
        return len(self._where)

    def add(self, columns: Columns) -> None:
        """Records of which nothing is in here."""
        if not columns.ids:
            return
        self._where.update(zip(columns.ids, zip(repeat(len(self._columns)), range(len(columns.ids))), strict=False))
        self._columns.append(columns)

    def known(self, ids: Sequence[bytes]) -> set[bytes]:
        """Those of these ids that are in here."""
        return self._where.keys() & set(ids) if self._where else set()

    def take_out(self, ids: Iterable[UUID]) -> dict[UUID, Created]:
        """Those of them that are in here, which are no longer here afterwards."""
        found: dict[UUID, Created] = {}
        for id in ids:
            at = self._where.pop(id.bytes, None)
            if at is not None:
                found[id] = self._columns[at[0]].created(at[1])
                self._gone.setdefault(at[0], set()).add(at[1])
        return found

    def columns(self) -> Iterator[Columns]:
        """All that is in here."""
        for number, columns in enumerate(self._columns):
            left = columns.without(self._gone.get(number, set()))
            if left.ids:
                yield left
