"""Potential relief: "talk to a lawyer about…", never "eligible". Always restricted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import ClassVar
from uuid import UUID

from cmpp_desktop.domain.entries import Plain
from cmpp_desktop.domain.records import Compartment, Fields, coded, line, prose, refers
from cmpp_desktop.domain.work import Work
from cmpp_desktop.errors import Invalid


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


def _check(relief: PotentialReliefFields, work: Work) -> None:
    """A conversation is not before it was suggested, and has come to something only when it was held."""
    if relief.talked_on is not None and relief.talked_on < relief.raised_on:
        raise Invalid(talked_on="before_start")
    if relief.result not in (None, "not_talked") and relief.talked_on is None:
        raise Invalid(talked_on="missing")


def _filled(work: Work) -> Mapping[str, object]:
    return {"raised_on": work.today, "raised_by": work.actor.staff_id}


PLAIN = (Plain(PotentialReliefFields, check=_check, fill=_filled),)
