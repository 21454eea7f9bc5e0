"""Caseload balance: who carries how much, with weights that are data (`resources/reference/caseload.toml`).

It counts open cases and what presses in them; a weight is a sum of whole points, for a supervisor's conversation with the team.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from cmpp_desktop import resources
from cmpp_desktop.domain.work import Question


class Also(BaseModel):
    """Points beside those of a case itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    minor: int = Field(ge=0)
    hearing: int = Field(ge=0)


class Weights(BaseModel):
    """Points of a case: its own, by risk and support level (code list level; one that is not said counts nothing), and also."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    case: int = Field(ge=0)
    risk: dict[str, int]
    support: dict[str, int]
    also: Also

    def of(self, cases: Mapping[tuple[str, str], int], minors: int, hearings: int) -> int:
        """The weight of a caseload. `cases`: (risk, support) → how many; "" for what is not said."""
        points = ((self.risk.get(risk, 0) + self.support.get(support, 0), n) for (risk, support), n in cases.items())
        levels = sum(n * (self.case + more) for more, n in points)
        return levels + minors * self.also.minor + hearings * self.also.hearing


def load_weights() -> Weights:
    """The weights of `resources/reference/caseload.toml`."""
    path = resources.folder("reference") / "caseload.toml"
    return Weights.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))


@dataclass(frozen=True, slots=True)
class CaseloadRow:
    """What one of the staff carries. `by_risk`, `by_support`: level → open cases, "" where it is not said. `overdue_tasks` are
    those given to them, whoever they are about; `unsigned_notes` the sessions that they wrote and nobody has signed yet; all
    else is of the participants whose case they carry. `dates_open`: hearings and deadlines that are over without a result.
    `staff_id` None: open cases that nobody carries."""

    staff_id: UUID | None
    name: str
    team: str
    cases: int
    weight: int
    by_risk: Mapping[str, int]
    by_support: Mapping[str, int]
    minors: int
    hearings: int
    overdue_tasks: int
    plans_to_review: int
    without_contact: int
    ending_consents: int
    dates_open: int = 0
    unsigned_notes: int = 0


@dataclass(frozen=True, slots=True)
class CarriedCase:
    """An open case in somebody's caseload. `weight`: its own points. `last_contact` None: none is known."""

    case_id: UUID
    participant_id: UUID
    name: str
    state: str
    risk: str
    support: str
    weight: int
    last_contact: date | None


@dataclass(frozen=True, slots=True)
class CarriedAnswer:
    """The first of them, by name, and how many there are."""

    rows: tuple[CarriedCase, ...]
    total: int


@dataclass(frozen=True, slots=True)
class CarriedCases(Question[CarriedAnswer]):
    """The open cases that somebody carries, or (`staff_id` None) that nobody does."""

    staff_id: UUID | None
    limit: int = 200


@dataclass(frozen=True, slots=True)
class Caseload(Question[tuple[CaseloadRow, ...]]):
    """Everybody who carries an open case, works here as a caseworker, or has overdue tasks: the heaviest caseload first.

    Hearings count from `day` over the next `hearing_days` days and plans that are to be reviewed by `day`; consents that end in
    `consent_days`; without contact means that no session or note is known for `contact_days` days, or ever.
    """

    day: date
    hearing_days: int = 14
    contact_days: int = 30
    consent_days: int = 30
