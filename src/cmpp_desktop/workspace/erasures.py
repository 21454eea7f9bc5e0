"""How the erasures that destroyed files ordered stand: what is done, and what waits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from uuid import UUID

from cmpp_desktop.domain.entries import Records
from cmpp_desktop.domain.retention import certificate_hash
from cmpp_desktop.workspace.profile import Opened
from cmpp_desktop.workspace.views import Erasure


def erasures(opened: Opened) -> Mapping[UUID, Erasure]:
    """By certificate; those from before erasures were ordered are not among them."""
    stands, found = opened.engine.erasures(), {}
    for item in opened.ask(Records("destruction")):
        named = certificate_hash(item.id, item.fields)
        done = stands.done.get(named)
        if named in stands.waiting:
            found[item.id] = Erasure("held" if named in stands.held else "waits", None, False)
        elif done is not None:
            confirmed = None if done.confirmed is None else _day(opened, done.confirmed)
            found[item.id] = Erasure("ordered", _day(opened, done.at), done.keys_changed, confirmed)
    return found


def _day(opened: Opened, ms: int) -> date:
    """The office's day of a moment."""
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(opened.zone()).date()
