"""What was read from a file at once: how many rows became which records, so that it can be taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from cmpp_desktop.domain.records import Fields, line, refers
from cmpp_desktop.domain.work import Question


class ImportRunFields(Fields):
    """One import. The file itself is not kept; `made` names every record that it made, by kind."""

    kind: ClassVar[str] = "import_run"
    about: ClassVar[str] = ""

    title: str = line(200)  # name of the file, without its folder
    at: datetime
    by: UUID | None = refers("staff_member")
    mapping: dict[str, str] = Field(default_factory=dict)  # column → field
    counts: dict[str, int] = Field(default_factory=dict)  # rows, participants, households, obligations, merged, skipped
    made: dict[str, list[UUID]] = Field(default_factory=dict)
    filled: dict[str, list[str]] = Field(default_factory=dict)  # participant who was there (id in hex) → fields that were empty
    undone_at: datetime | None = None
    undone_by: UUID | None = refers("staff_member")


@dataclass(frozen=True, slots=True)
class ImportMade:
    """An import that can still be taken back. `counts` as in `ImportRunFields`; `by`: the staff member."""

    id: UUID
    title: str
    at: datetime
    by: UUID | None
    counts: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class ImportsMade(Question[tuple[ImportMade, ...]]):
    """The imports that were not taken back, newest first, at most `most`."""

    most: int = 20
