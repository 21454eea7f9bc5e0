"""The words of every trouble that is the world's fault, by its code, in four subjects."""

from __future__ import annotations

from cmpp_desktop.ui.troubles import laptop, network, sync, work
from cmpp_desktop.ui.troubles.shape import Level, Said, Table
from cmpp_desktop.ui.troubles.work import no_consent

TROUBLES: Table = {**laptop.TABLE, **work.TABLE, **sync.TABLE, **network.TABLE}

__all__ = ["TROUBLES", "Level", "Said", "no_consent"]
