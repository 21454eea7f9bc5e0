"""How it stands in an organisation without a server: frozen values for the window."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class LaptopSeen:
    """Another laptop of an organisation without a server: when it last left word on a stick that came here (None: never), and how
    many changes written here it had not read then."""

    laptop: str
    person: str
    at: datetime | None
    lacks: int


@dataclass(frozen=True)
class WithoutServer:
    """How it stands without a server. `keeper`: name of the laptop that keeps the list of laptops and rights; `keeps`: it is this
    one; `admitted`: the list has this one; `last`: when a stick or folder was last written to the end; `unseen`: changes written
    here that no other laptop is known to have; `laptops`: all others in use."""

    keeper: str
    keeps: bool
    admitted: bool
    last: datetime | None
    unseen: int
    laptops: tuple[LaptopSeen, ...] = ()
