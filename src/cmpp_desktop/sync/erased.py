"""What an erasure drops (rule 19): every change to a record that the roster names, before or after. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar
from uuid import UUID

from cmpp_desktop.changes import ChangeSet, Columns
from cmpp_desktop.sync.packing import Part
from cmpp_protocol import entries
from cmpp_protocol.roster import RosterState

R = TypeVar("R")


def without(state: RosterState, change_set: ChangeSet) -> ChangeSet:
    """A change set without what is erased."""
    if not state.erased:
        return change_set
    gone = {id for id in {write.id for write in change_set.writes} if is_erased(state, id)}
    return change_set.with_writes(one for one in change_set.writes if one.id not in gone) if gone else change_set


def part_without(state: RosterState, part: Part) -> Part:
    """The same of one that has been opened."""
    if not state.erased:
        return part
    return part._replace(rows=tuple(row for row in part.rows if not is_erased(state, row[0])))


def columns_without(state: RosterState, columns: Columns) -> Columns:
    """The same of what came into being, in columns."""
    if not state.erased:
        return columns
    return columns.without({row for row, id in enumerate(columns.ids) if is_erased(state, UUID(bytes=id))})


def records_without(state: RosterState, records: Mapping[UUID, R]) -> Mapping[UUID, R]:
    """The same of records of a snapshot that is older."""
    return {id: one for id, one in records.items() if not is_erased(state, id)} if state.erased else records


def is_erased(state: RosterState, id: UUID) -> bool:
    """Whether nothing of a record is kept any more."""
    return entries.erased_id(state.org_id, id) in state.erased
