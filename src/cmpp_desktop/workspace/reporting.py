"""Reports to the Board: sealed for its readers here, and opened there; without identities, made by those who hold the records."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from cmpp_desktop.domain.questions import Organisation
from cmpp_desktop.errors import Invalid, NotAllowed
from cmpp_desktop.sync.report_drop import is_name
from cmpp_desktop.workspace.files import write_private
from cmpp_desktop.workspace.views_drops import ReceivedReport

if TYPE_CHECKING:
    from cmpp_desktop.workspace.profile import Opened

SENDERS = frozenset({"supervisor", "administrator"})


def send(opened: Opened, content: bytes, *, kind: str, name: str, first: date, last: date) -> UUID:
    """See `Workspace.send_report`."""
    if opened.actor().role not in SENDERS:
        raise NotAllowed("not_allowed", needs="supervisor")
    if last < first:
        raise Invalid(last="before_start")
    if not is_name(name.strip()):
        raise Invalid(name="not_valid" if name.strip() else "missing")
    id = opened.reports.send(content, kind=kind, name=name.strip(), first=first, last=last)
    opened.note("report_sent", "report", id, size=len(content))
    return id


def received(opened: Opened) -> tuple[ReceivedReport, ...]:
    """See `Workspace.reports_received`."""
    state, names = opened.engine.roster(), opened.ask(Organisation())
    people = {one.id: one.name for one in names.staff}
    laptops = {device: name for device, name, _ in names.device_names}
    return tuple(
        ReceivedReport(
            one.id, one.kind, one.name, one.first, one.last, people.get(state.devices[one.device].member, ""),
            laptops.get(one.device.hex(), ""), datetime.fromtimestamp(one.ms / 1000, UTC), one.size,
        )
        for one in opened.reports.received()
    )  # fmt: skip


def save(opened: Opened, report_id: UUID, path: Path, *, reason: str) -> None:
    """See `Workspace.save_report`."""
    if not reason.strip():
        raise Invalid(reason="missing")
    _, content = opened.reports.content(report_id)
    write_private(path, content)
    opened.note("exported", "report", report_id, reason=reason.strip())
