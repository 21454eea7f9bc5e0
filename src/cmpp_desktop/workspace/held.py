"""Work that came and does not count: whose it is, in names, and what somebody decides of it (rule 33)."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

from cmpp_desktop.domain.questions import Organisation
from cmpp_desktop.errors import KnownError
from cmpp_desktop.sync.held import Chain
from cmpp_desktop.sync.held import HeldWork as Held
from cmpp_desktop.workspace.profile import Opened
from cmpp_desktop.workspace.views import HeldWork

Decision = Literal["take_in", "leave_out", "bring_back"]
_NOTED = {"take_in": "held_taken_in", "leave_out": "held_left_out", "bring_back": "held_brought_back"}


def waiting(opened: Opened) -> tuple[HeldWork, ...]:
    """What this person may decide, with the names that the organisation gives."""
    found = opened.engine.held_work()
    if not found:
        return ()
    organisation = opened.ask(Organisation())
    people = {one.id: one.name for one in organisation.staff}
    laptops = {device: name for device, name, _ in organisation.device_names}
    return tuple(_named(one, people.get(one.member, ""), laptops.get(one.chain.device.hex(), "")) for one in found)


def decide(opened: Opened, key: str, decision: Decision) -> None:
    """Carries a decision out. Raises not_allowed, and record_missing when somebody else has decided meanwhile."""
    chain = _chain(key)
    opened.engine.decide_held(chain, decision)
    opened.note(_NOTED[decision], "device_name", None, device=chain.device.hex()[:16])


def _named(one: Held, person: str, laptop: str) -> HeldWork:
    kinds = Counter(kind for kind, _ in one.records)
    key = f"{one.chain.collection.hex}-{one.chain.device.hex()}"
    first, last = (datetime.fromtimestamp(ms / 1000, UTC) for ms in (one.first, one.last))
    return HeldWork(key, person, laptop, one.why, one.changes, first, last, one.about, tuple(kinds.most_common()))


def _chain(key: str) -> Chain:
    place, _, device = key.partition("-")
    try:
        return Chain(UUID(hex=place), bytes.fromhex(device))
    except ValueError:
        raise KnownError("record_missing", kind="held_bundle") from None
