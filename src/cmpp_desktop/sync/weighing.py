"""How many change sets go into one bundle (rule 40): as many as 256 KiB of packed changes hold, or one that is larger.

What a change set takes packed is reckoned from above, without packing it: names are counted once for all records of a shape, as
they are written. A thousand records are enough for one bundle, so that who reads it can take it in between two savings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cmpp_desktop.changes import ChangeSet, Covers, Told
from cmpp_protocol.envelope import BUNDLE_GOAL

RECORDS = 1_000
_FRAME = 512  # the keys of the map, the heads of its lists
_CHANGE_SET, _ROW, _FIELD, _DEVICE = 24, 24, 12, 36
_STAMP = 20  # device, milliseconds and counter, each as a number of its own


class Weight:
    """Of change sets that may share a bundle. `size`: bytes packed, at most; `records`: how many."""

    def __init__(self) -> None:
        self.size, self.records = _FRAME, 0
        self._shapes: set[tuple[str, tuple[str, ...], bool, bool]] = set()

    def add(self, change_set: ChangeSet) -> None:
        """Counts one more in."""
        size = _CHANGE_SET
        for one in change_set.told:
            shape = (one.kind, one.names, bool(one.replaces), bool(one.covers))
            if shape not in self._shapes:
                self._shapes.add(shape)
                size += 32 + len(one.kind.encode()) + sum(_FIELD + len(name.encode()) for name in one.names)
            size += _ROW + sum(map(len, one.values))
            if one.replaces or one.covers:
                size += _stamps(one)
        self.size += size
        self.records += len(change_set.told)

    @property
    def is_too_much(self) -> bool:
        """Whether the last one belongs into another bundle."""
        return self.size > BUNDLE_GOAL or self.records > RECORDS


def _stamps(told: Told) -> int:
    named = [stamps for stamps in told.replaces if stamps]
    size = 5 * len(told.replaces) + sum((_STAMP + _DEVICE) * len(stamps) for stamps in named)
    return size + 5 + _covered(told.covers)


def _covered(covers: Covers) -> int:
    return sum(10 + len(name.encode()) + (_STAMP + _DEVICE) * len(stamps) for name, stamps in covers)


def in_bundles(change_sets: Iterable[ChangeSet]) -> Iterator[list[ChangeSet]]:
    """Groups for one bundle each."""
    group: list[ChangeSet] = []
    weight = Weight()
    for change_set in change_sets:
        weight.add(change_set)
        if group and weight.is_too_much:
            yield group
            group, weight = [], Weight()
            weight.add(change_set)
        group.append(change_set)
    if group:
        yield group
