"""The words of roster entries: roles, rights, kinds of collections, places of entries and of cuts. `entries` hands them on."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from cmpp_protocol import keys, reading


class RosterError(ValueError):
    """An entry that breaks a rule. `code` is stable; `update` means made by a newer program."""

    def __init__(self, code: str, what: str = "") -> None:
        super().__init__(f"{code} {what}".strip())
        self.code = code


class Role(StrEnum):
    """What a member is, from the fewest rights to the most (the order is the order of definition)."""

    BOARD = "board"
    CASEWORKER = "caseworker"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"


class Kind(StrEnum):
    """What a collection is for."""

    ORGANISATION = "organisation"
    CASELOAD = "caseload"
    RESTRICTED = "restricted"
    AUDIT = "audit"
    REPORTS = "reports"


# Drop collections: everybody who works seals to a public key, only members of these roles open.
DROP_READERS: Mapping[Kind, frozenset[Role]] = MappingProxyType(
    {
        Kind.AUDIT: frozenset({Role.ADMINISTRATOR}),
        Kind.REPORTS: frozenset({Role.ADMINISTRATOR, Role.BOARD}),
    }
)


class Rights(StrEnum):
    """What access to a collection allows."""

    READ = "read"
    WRITE = "write"


class Head(NamedTuple):
    """The number and hash of the last entry of a roster."""

    no: int
    hash: bytes


class Unplaced(NamedTuple):
    """In the place of a head: what is written is a proposal to this organisation."""

    org: bytes


class Cut(NamedTuple):
    """Where a chain stands: the number and hash of a bundle (0 and zeros: none)."""

    number: int
    hash: bytes


NO_CUT = Cut(0, bytes(32))
Cuts = Mapping[tuple[bytes, UUID], tuple[int, bytes]]  # (device, collection) -> where the chain is cut


def collection_kind(drop: bool) -> reading.Reader:
    """The word of a kind of collection; a drop's public key stands in entries of their own."""

    def read(value: Any) -> Kind:
        found = reading.word(Kind)(value)
        if (found in DROP_READERS) is not drop:
            raise reading.Malformed("kind")
        return found

    return read


def seal_public(value: Any) -> bytes:
    """The public key to which a drop is sealed."""
    found = reading.octets(keys.SEAL_BYTES)(value)
    if not keys.seal_public_is_valid(found):
        raise reading.Malformed("seal key")
    return found
