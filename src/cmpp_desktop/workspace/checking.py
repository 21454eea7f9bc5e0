"""The records of this laptop looked at and put right: what sync found, in names; and who made and confirmed the last snapshot."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from cmpp_desktop.changes import collection_id
from cmpp_desktop.domain.questions import Organisation, OrganisationView
from cmpp_desktop.sync.checking import Checked
from cmpp_desktop.workspace.profile import Opened
from cmpp_desktop.workspace.views import LookedAt, SnapshotKnown


def look(opened: Opened, progress: Callable[[int, int], None] | None, *, mend: bool) -> tuple[LookedAt, ...]:
    """Looks at everything that is read here, and puts right what differs if that is wanted."""
    found = opened.engine.checking().run(progress, mend=mend)
    if mend and any(one.others == "different" for one in found):
        opened.engine.exchange()  # what everybody else has is taken from the snapshot
    differ, mended = (sum(getattr(one, name) for one in found) for name in ("differ", "mended"))
    opened.note("records_checked", "", None, differ=differ, mended=mended)
    names = opened.ask(Organisation())
    return tuple(_named(opened, one, names) for one in found)


def last_snapshot(opened: Opened) -> SnapshotKnown | None:
    """The newest that is known, of any collection; one that this laptop began from and that nobody has confirmed comes first."""
    every = opened.engine.checking().bases()
    if not every:
        return None
    newest = max(every, key=lambda one: (not one.confirmed, one.since))
    names = opened.ask(Organisation())
    at = datetime.fromtimestamp(newest.since / 1000, UTC) if newest.since else None
    return SnapshotKnown(_who(opened, newest.maker, names), _who(opened, newest.by, names), newest.confirmed, at)


def _named(opened: Opened, one: Checked, names: OrganisationView) -> LookedAt:
    team = {collection_id(one.kind, id): name for id, name in names.teams}.get(one.collection, "")
    maker, by = _who(opened, one.maker, names), _who(opened, one.by, names)
    return LookedAt(one.kind, team, one.records, one.differ, one.mended, one.others, maker, by)


def _who(opened: Opened, device: bytes, names: OrganisationView) -> str:
    """Whose laptop it is; for one whose owner has no name here, the name of the laptop, or its id as elsewhere."""
    if not device:
        return ""
    known = opened.engine.roster().devices.get(device)
    people: dict[UUID, str] = {one.id: one.name for one in names.staff}
    laptops = {id: name for id, name, _ in names.device_names}
    person = people.get(known.member, "") if known else ""
    return person or laptops.get(device.hex(), "") or device.hex()[:16]
