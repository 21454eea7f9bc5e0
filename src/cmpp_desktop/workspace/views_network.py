"""The network that this laptop stands in: frozen values for the window."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

DocumentsRule = Literal["always", "metered", "ask"]  # when documents travel; see `Workspace.documents_rule`


@dataclass(frozen=True, slots=True)
class NetworkView:
    """`proxy`: "system", "none", or an address; `found`: the system's proxy now, without name and password, "" for none;
    `authority`: whose certificates are trusted beside the system's, "" for nobody's, and `until` when that is good."""

    proxy: str = "system"
    found: str = ""
    authority: str = ""
    until: datetime | None = None
