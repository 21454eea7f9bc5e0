"""Removal proceedings: the court's case, who represents, what was applied for, ordered and appealed, and the asylum clock.

Words are EOIR's. Nothing here may let somebody infer a T, U or VAWA case (8 USC 1367): such applications live in `restricted`
(`ApplicationFields.lives_in`), and a proceeding's own list of relief sought refuses them.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import Field, field_validator

from cmpp_desktop.domain.entries import Plain
from cmpp_desktop.domain.records import Compartment, Fields, coded, line, prose, refers

# Forms and kinds of relief whose existence is protected by 8 USC 1367: T, U, VAWA.
PROTECTED_FORMS = frozenset({"i914", "i918", "i360_vawa", "i765v"})
PROTECTED_RELIEF = frozenset({"t_status", "u_status", "vawa"})


class ProceedingFields(Fields):
    """A case before an immigration court."""

    kind: ClassVar[str] = "proceeding"

    participant_id: UUID = refers("participant", ...)
    lead_id: UUID | None = refers("participant")  # the lead respondent, when this one is a rider
    court: str = line(200)
    hearing_location: str = line(300)
    judge: str = line(200)
    nta_dated: date | None = None  # Notice to Appear, I-862: written, served, filed with the court
    nta_served: date | None = None
    nta_filed: date | None = None
    charges: list[str] = Field(default_factory=list)  # as on the NTA: "INA 212(a)(6)(A)(i)"
    stage: str = coded("proceeding_stage", "pending")
    relief_sought: list[str] = coded("relief", [])
    outcome: str | None = coded("proceeding_outcome")
    ended_on: date | None = None
    note: str = prose()

    @field_validator("relief_sought")
    @classmethod
    def _not_protected(cls, sought: list[str]) -> list[str]:
        if PROTECTED_RELIEF & set(sought):
            raise ValueError("protected_relief")
        return sought


class RepresentationFields(Fields):
    """Who speaks for the participant, and since when: an attorney or accredited representative."""

    kind: ClassVar[str] = "representation"

    participant_id: UUID = refers("participant", ...)
    proceeding_id: UUID | None = refers("proceeding")
    attorney: str = line(200)
    firm: str = line(200)
    phone: str = line(50)
    email: str = line(200)
    scope: str = coded("representation_scope", "full")
    pro_bono: bool = False
    eoir28_on: date | None = None  # notice of entry of appearance before the court
    since: date | None = None
    until: date | None = None
    note: str = prose(1000)


class ApplicationFields(Fields):
    """An application or petition, with its receipt. Forms of PROTECTED_FORMS are kept in `restricted`."""

    kind: ClassVar[str] = "application"

    participant_id: UUID = refers("participant", ...)
    proceeding_id: UUID | None = refers("proceeding")
    form: str = coded("application_form", ...)
    agency: str | None = coded("agency")
    filed_on: date | None = None
    receipt_number: str = line(30)
    status: str = coded("application_status", "preparing")
    decided_on: date | None = None
    expires_on: date | None = None  # of what was granted: a work permit, a status
    note: str = prose()

    def lives_in(self) -> Compartment:
        # Also an organisation's own code for a supplement: "i918_supplement_b".
        return "restricted" if self.form.startswith(tuple(PROTECTED_FORMS)) else self.compartment


class OrderFields(Fields):
    """A decision of a judge or an agency. In absentia is a flag on an order, never a kind of it."""

    kind: ClassVar[str] = "order"

    participant_id: UUID = refers("participant", ...)
    proceeding_id: UUID | None = refers("proceeding")
    type: str = coded("order_type", ...)
    issued_on: date
    served_on: date | None = None
    judge: str = line(200)
    in_absentia: bool = False
    appeal_reserved: bool = False
    departure_by: date | None = None  # voluntary departure
    attachment_id: UUID | None = refers("attachment")
    note: str = prose()


class AppealFields(Fields):
    """An appeal or a motion against an order."""

    kind: ClassVar[str] = "appeal"

    participant_id: UUID = refers("participant", ...)
    proceeding_id: UUID | None = refers("proceeding")
    order_id: UUID | None = refers("order")
    body: str = coded("appeal_body", "bia")
    filed_on: date | None = None
    receipt_number: str = line(30)
    outcome: str | None = coded("appeal_outcome")
    decided_on: date | None = None
    note: str = prose()


class ClockEventFields(Fields):
    """One entry of the ledger of the asylum clock of an application: it starts, stops or goes on, and who caused it."""

    kind: ClassVar[str] = "clock_event"

    participant_id: UUID = refers("participant", ...)
    application_id: UUID = refers("application", ...)
    what: str = coded("clock_event", ...)  # start, stop, restart
    on: date
    cause: str = coded("clock_cause", "court")  # who caused it: applicant, government, court
    reason: str = line(300)
    how_known: str = coded("evidence", "told")
    note: str = prose(1000)


PLAIN = (
    Plain(ProceedingFields),
    Plain(RepresentationFields),
    Plain(ApplicationFields),
    Plain(OrderFields),
    Plain(AppealFields),
    Plain(ClockEventFields),
)
