"""What the workspace says of what was dropped: the audit logs of laptops, reports to the Board."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:  # the unlock page shows before the rooms behind it are imported
    from cmpp_desktop.domain.audit_logs import AuditTrouble


@dataclass(frozen=True)
class AuditLaptop:
    """A laptop and its log. `state`: as of a `DeviceRow`; `entries`: how many were followed, without a gap but for `troubles`;
    `heard_at`: when its log was last heard (None: never), `last_heard`: when anything of it was; `silent`: its work comes and its
    log does not; `mine`: the one that shows this."""

    device_id: str  # hex
    name: str
    person: str
    state: str
    entries: int
    heard_at: datetime | None
    last_heard: datetime | None
    silent: bool = False
    troubles: tuple[AuditTrouble, ...] = ()
    mine: bool = False


@dataclass(frozen=True)
class ReceivedReport:
    """A report to the Board that came. `name`: of its file; `person`, `laptop`: who sealed it and where, as far as the records
    here name them ("" else); `sent_at`: by its author's clock; `size`: bytes."""

    report_id: UUID
    kind: str
    name: str
    first: date
    last: date
    person: str
    laptop: str
    sent_at: datetime
    size: int
