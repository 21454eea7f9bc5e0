"""Finding anything: people first, then what was written, in any script."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from cmpp_desktop.domain.questions import PersonRow
from cmpp_desktop.domain.work import Question


@dataclass(frozen=True, slots=True)
class FoundText:
    """A record whose words match. `text`: a piece of what it says, `spans` where the typed words lie in it as (start, length);
    `field`: of the record; `day`: what it is of, or None; `participant`: what whoever it is about is called."""

    kind: str
    id: UUID
    participant_id: UUID | None
    participant: str
    day: date | None
    field: str
    text: str
    spans: tuple[tuple[int, int], ...]
    restricted: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """`people` best first; `texts` those with the whole words first, then the newest; `more`: there are more texts; `waiting`:
    about so many records came from other laptops and are not in the index yet (`Workspace.index_texts` puts them in), of about
    `in_all`, which is 0 when the index is complete."""

    people: tuple[PersonRow, ...]
    texts: tuple[FoundText, ...]
    more: bool = False
    waiting: int = 0
    in_all: int = 0


@dataclass(frozen=True, slots=True)
class Find(Question[Found]):
    """What matches a piece of text: every word typed begins a word there. `kinds` empty: people and all kinds of texts;
    "participant" among them: people. `limit`: of texts; a third as many people."""

    text: str
    day: date
    kinds: tuple[str, ...] = ()
    limit: int = 20
