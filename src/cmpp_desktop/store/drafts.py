"""What somebody is in the middle of writing, on this laptop only: durable when `save` returns.

The key of a draft of something restricted begins with RESTRICTED ("restricted:note:<participant id>"), so that it is not shown
once that is closed to this laptop. An interview's follows its instrument.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine import Row

from cmpp_desktop.domain.questions import Draft
from cmpp_desktop.store.columns import from_ms
from cmpp_desktop.store.database import Database
from cmpp_desktop.store.tables import DRAFT

RESTRICTED = "restricted:"


class DraftBox:
    """The drafts of everybody who uses this laptop; each sees only their own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(
        self,
        member_id: UUID,
        key: str,
        body: bytes,
        *,
        title: str,
        participant_id: UUID | None,
        now_ms: int,
        subject_id: UUID | None = None,
        words: int = 0,
    ) -> None:
        """Keeps it, in place of what had this key. Raises disk_full."""
        values = {
            "participant_id": participant_id,
            "subject_id": subject_id,
            "title": title,
            "body": body,
            "words": words,
            "changed_ms": now_ms,
        }
        query = insert(DRAFT).values(member_id=member_id, key=key, **values)
        with self._database.writing() as connection:
            connection.execute(query.on_conflict_do_update(index_elements=["member_id", "key"], set_=values))

    def load(self, member_id: UUID, key: str) -> Draft | None:
        """The draft of this key, or None."""
        with self._database.reading() as connection:
            row = connection.execute(select(DRAFT).where(DRAFT.c.member_id == member_id, DRAFT.c.key == key)).first()
        return None if row is None else draft_of(row)

    def delete(self, member_id: UUID, key: str) -> None:
        """Forgets it; harmless when there is none."""
        with self._database.writing() as connection:
            connection.execute(delete(DRAFT).where(DRAFT.c.member_id == member_id, DRAFT.c.key == key))


def draft_of(row: Row[tuple[object, ...]]) -> Draft:
    """A row of the table as a value."""
    return Draft(row.key, row.participant_id, row.subject_id, row.title, row.body, row.words, from_ms(row.changed_ms))
