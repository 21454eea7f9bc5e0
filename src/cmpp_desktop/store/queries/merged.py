"""What is behind a person: the originals, how much names each of them, and the merges between them."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import func, or_, select

from cmpp_desktop.domain.dispatch import KINDS
from cmpp_desktop.domain.merges import Merged, MergedView, MergeFields, Original, TwoSides
from cmpp_desktop.domain.participants import ParticipantFields
from cmpp_desktop.errors import KnownError
from cmpp_desktop.store.queries.common import Asked, table
from cmpp_desktop.store.tables import TABLES

# Kinds that name a participant in `participant_id`.
NAMING = tuple(kind for kind, model in KINDS.items() if "participant_id" in model.model_fields)


def merged(asked: Asked, question: Merged) -> MergedView:
    """See the question."""
    ids = asked.same(question.participant_id)
    columns = table(MergeFields).c
    found = asked.all(MergeFields, or_(columns.a.in_(ids), columns.b.in_(ids)), order=(columns.a, columns.b))
    return MergedView(ids[0], _originals(asked, ids), tuple(found))


def two_sides(asked: Asked, question: TwoSides) -> tuple[Original, ...]:
    """See the question."""
    return _originals(asked, question.participant_ids)


def _originals(asked: Asked, ids: Iterable[UUID]) -> tuple[Original, ...]:
    """The records behind people who are there; one of them may have been deleted since. Raises record_missing."""
    wanted = list(dict.fromkeys(ids))
    if not all(asked.is_there(id) for id in wanted):
        raise KnownError("record_missing", kind=ParticipantFields.kind)
    return tuple(Original(asked.one(ParticipantFields, id, shown=False), _counts(asked, id)) for id in wanted)


def _counts(asked: Asked, id: UUID) -> dict[str, int]:
    found: dict[str, int] = {}
    for kind in NAMING:
        columns = TABLES[kind].c
        query = select(func.count()).where(
            columns.participant_id == id, (columns.coll + 0).in_(asked.held), (columns.meta_shown + 0) == 1
        )
        count = int(asked.connection.execute(query).scalar() or 0)
        if count:
            found[kind] = count
    return found
