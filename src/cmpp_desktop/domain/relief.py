"""Potential relief: "talk to a lawyer about…", never "eligible". Always restricted."""

from __future__ import annotations

from datetime import date
from typing import ClassVar
from uuid import UUID

from cmpp_desktop.domain.entries import Plain
from cmpp_desktop.domain.records import Compartment, Fields, coded, line, prose, refers


class PotentialReliefFields(Fields):
    """Something that a lawyer should look at, and what became of the conversation."""

    kind: ClassVar[str] = "potential_relief"
    compartment: ClassVar[Compartment] = "restricted"

    participant_id: UUID = refers("participant", ...)
    type: str = coded("relief", ...)
    why: str = prose(4000)
    raised_on: date
    raised_by: UUID | None = refers("staff_member")
    screening_id: UUID | None = refers("screening")
    lawyer: str = line(200)
    talked_on: date | None = None
    result: str | None = coded("relief_result")
    note: str = prose()


PLAIN = (Plain(PotentialReliefFields, fill=lambda work: {"raised_on": work.today, "raised_by": work.actor.staff_id}),)
