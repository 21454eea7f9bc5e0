"""Protocol versions, each dated and explained, and nothing inferred from them elsewhere.

Two machines first compare `API`; a format that a machine does not know is never guessed at: the answer is `update`.
A new version is added as a new line; old lines stay, because old bytes stay.
"""

from __future__ import annotations

from typing import NamedTuple


class Version(NamedTuple):
    """One version of one format: ISO date and the reason for it."""

    number: int
    date: str
    why: str


API_VERSIONS = (Version(1, "2026-11-24", "POST /v1/sync: roster, key envelopes, bundles, offers and log in one round trip"),)
ENVELOPE_VERSIONS = (
    Version(1, "2026-11-24", "162-byte header, AES-256-GCM under a key used once, Ed25519"),
    Version(2, "2026-11-29", "in drop collections, and only there: the body is sealed with HPKE to the collection's public key"),
)
ROSTER_VERSIONS = (
    Version(
        1,
        "2026-11-24",
        "genesis, member added/changed/demoted, collection created, access granted/withdrawn, invitation opened/closed, "
        "device enrolled/confirmed/replaced/retired/revoked/recovered, key rotated, recovery replaced, policy set, hold "
        "placed/lifted, erasure; removals carry fences. Since 2026-11-29: branch chosen",
    ),
)
BLOB_VERSIONS = (Version(1, "2026-11-28", "contents of documents in chunks of 1 MiB, AES-256-GCM under keys used once"),)
SNAPSHOT_VERSIONS = (Version(1, "2026-11-28", "174-byte head with the hashes of its parts; parts in columns, sealed one by one"),)

API = API_VERSIONS[-1].number
ENVELOPE = ENVELOPE_VERSIONS[-1].number
ROSTER = ROSTER_VERSIONS[-1].number
BLOB = BLOB_VERSIONS[-1].number
SNAPSHOT = SNAPSHOT_VERSIONS[-1].number
