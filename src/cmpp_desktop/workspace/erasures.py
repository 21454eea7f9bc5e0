"""How the erasures that destroyed files ordered stand: what is done, and what waits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from cmpp_desktop.domain.entries import Records
from cmpp_desktop.domain.erasures import Erasure
from cmpp_desktop.domain.questions import Organisation
from cmpp_desktop.domain.retention import certificate_hash
from cmpp_desktop.sync.confirmed import KEEP_DAYS
from cmpp_desktop.sync.erasing import Erased
from cmpp_desktop.workspace.profile import Opened


def erasures(opened: Opened) -> Mapping[UUID, Erasure]:
    """By certificate; those from before erasures were ordered are not among them."""
    stands, found, keeper = opened.engine.erasures(), {}, _keeper(opened)
    for item in opened.ask(Records("destruction")):
        named = certificate_hash(item.id, item.fields)
        done = stands.done.get(named)
        if named in stands.waiting:
            held = named in stands.held
            found[item.id] = Erasure("held" if held else "waits", None, False, keeper=None if held else keeper)
        elif done is not None:
            found[item.id] = _ordered(opened, done)
    return found


def _keeper(opened: Opened) -> str | None:
    """The name of another laptop that keeps the list of an office without a server; None where no other does."""
    alone = opened.engine.status().alone
    if alone is None or alone.keeps:
        return None
    named = opened.ask(Organisation()).device_names
    return next((name for device, name, _ in named if device == alone.keeper.hex()), "")


def _ordered(opened: Opened, done: Erased) -> Erasure:
    confirmed, older = _day(opened, done.confirmed), _day(opened, done.older)
    until = confirmed + timedelta(days=KEEP_DAYS) if confirmed is not None else None
    return Erasure("ordered", _day(opened, done.at), done.keys_changed, confirmed, until, older)


def _day(opened: Opened, ms: int | None) -> date | None:
    """The office's day of a moment."""
    if ms is None:
        return None
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(opened.zone()).date()
