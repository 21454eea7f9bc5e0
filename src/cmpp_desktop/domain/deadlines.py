"""Deadline rules as data, and the deadlines that follow from what happened. Every one says "confirm with the attorney".

A rule pack is a TOML text (resources/rules/ has the one that ships). A newer pack is read offline, checked, and shown with what
would move and why before anybody accepts it.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from cmpp_desktop.domain.records import Compartment, Fields, refers


class RulePackFields(Fields):
    """A pack that the organisation accepted. The newest accepted one counts; the one that ships counts where there is none."""

    kind: ClassVar[str] = "rule_pack"
    compartment: ClassVar[Compartment] = "organisation"
    about: ClassVar[str] = ""

    pack_id: str = Field(min_length=1, max_length=100)
    version: str = Field(min_length=1, max_length=50)
    source: str  # the TOML text, whole
    signature: bytes = b""  # Ed25519 over the text by the publisher; empty for the one that ships
    publisher: str = Field(default="", max_length=64)  # public key, hex
    accepted_on: date
    accepted_by: UUID | None = refers("staff_member")
