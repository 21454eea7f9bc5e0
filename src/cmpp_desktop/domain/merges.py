"""Two records of one person: shown as one, both originals kept, reversible for ever (rule 27).

A `Merge` is one record a pair. Identity is the connected component of the live merges inside a collection, its canonical id the
lowest live id in it; references are resolved on reading and never rewritten. `picks` is an overlay: whose value is shown.
"""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from pydantic import Field

from cmpp_desktop.domain.records import Fields, line, refers


class MergeFields(Fields):
    """That `a` and `b` (a < b) are the same person. Its id is derived from the pair: two laptops that say so make one."""

    kind: ClassVar[str] = "merge"
    about: ClassVar[str] = ""

    a: UUID = refers("participant", ...)
    b: UUID = refers("participant", ...)
    picks: dict[str, str] = Field(default_factory=dict)  # field of ParticipantFields → hex of the id whose value is shown
    reason: str = line(500)
