"""What the server keeps, as SQLAlchemy Core tables (sync-rules, Tables).

Every primary key begins with the organisation, then (but for what is known of a device) the collection. On PostgreSQL the
bodies lie in sixteen partitions by hash of both, and a distributed engine can place rows by them; on SQLite the tables are
plain. Bodies are sealed bytes. The chunks of documents lie beside the database (see `chunks`): here stands which there are.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)

from cmpp_protocol import blobs, entries, envelope, invitations, keys, snapshot


def _id(name: str, length: int) -> tuple[Column[bytes], CheckConstraint]:
    return Column(name, LargeBinary, nullable=False), CheckConstraint(f"length({name}) = {length}", name=name)


def _body(limit: int, least: int = 1) -> tuple[Column[bytes], CheckConstraint]:
    check = CheckConstraint(f"length(body) BETWEEN {least} AND {limit}", name="body")
    return Column("body", LargeBinary, nullable=False), check


_BY_COLLECTION = "HASH (org_id, collection_id)"

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s_check",
    }
)

# roster_no -1: accepted by the administrator, no genesis yet.
org = Table(
    "org",
    metadata,
    *_id("org_id", 32),
    Column("roster_no", Integer, nullable=False),
    *_id("roster_hash", 32),
    Column("quota_bytes", BigInteger, nullable=False),  # 0: no quota
    Column("changed_at", BigInteger, nullable=False),  # milliseconds; grows with every change that a reader may wait for
    Column("recovery_id", LargeBinary),  # of the recovery key now: who has only the kit is found by it
    PrimaryKeyConstraint("org_id"),
    Index("org_recovery_id", "recovery_id"),
)

roster = Table(
    "roster",
    metadata,
    *_id("org_id", 32),
    Column("no", Integer, nullable=False),
    *_id("hash", 32),
    *_id("prev", 32),
    *_body(entries.ENTRY_LIMIT),
    PrimaryKeyConstraint("org_id", "no"),
    UniqueConstraint("org_id", "hash"),
    CheckConstraint("no >= 0", name="no"),
)

collection = Table(
    "collection",
    metadata,
    *_id("org_id", 32),
    *_id("collection_id", 16),
    Column("epoch", Integer, nullable=False),
    Column("seq", BigInteger, nullable=False),
    *_id("log_hash", 32),
    Column("changed_at", BigInteger, nullable=False),
    # Of bodies in the log and held, and of chunks. Counted here, where a push has its lock anyway: pushes never meet at the
    # organisation's row.
    Column("used_bytes", BigInteger, nullable=False, server_default="0"),
    # Up to this place the bytes of bundles are gone: a confirmed snapshot holds what they made. Their hashes stay.
    Column("base_seq", BigInteger, nullable=False, server_default="0"),
    PrimaryKeyConstraint("org_id", "collection_id"),
)

# The last counting bundle of each device, and the last fence on it. number 0: a fence on a chain that never began.
device_head = Table(
    "device_head",
    metadata,
    *_id("org_id", 32),
    *_id("collection_id", 16),
    *_id("device_id", 32),
    Column("number", BigInteger, nullable=False),
    *_id("hash", 32),
    Column("roster_no", Integer, nullable=False),
    Column("fence_no", Integer),
    Column("fence_number", BigInteger),
    Column("fence_hash", LargeBinary),
    PrimaryKeyConstraint("org_id", "collection_id", "device_id"),
)

log = Table(
    "envelope",
    metadata,
    *_id("org_id", 32),
    *_id("collection_id", 16),
    Column("seq", BigInteger, nullable=False),
    *_id("log_hash", 32),
    *_id("device_id", 32),
    Column("number", BigInteger, nullable=False),
    *_id("hash", 32),
    Column("epoch", Integer, nullable=False),
    Column("roster_no", Integer, nullable=False),
    *_body(envelope.ENVELOPE_LIMIT),
    PrimaryKeyConstraint("org_id", "collection_id", "seq"),
    UniqueConstraint("org_id", "collection_id", "device_id", "number", "hash"),
    postgresql_partition_by=_BY_COLLECTION,
)

# Places of the log whose bytes are damaged here: the bundle that belongs there is asked for (rule 42). Nearly always empty.
damaged = Table(
    "damaged",
    metadata,
    *_id("org_id", 32),
    *_id("collection_id", 16),
    Column("seq", BigInteger, nullable=False),
    *_id("device_id", 32),
    Column("number", BigInteger, nullable=False),
    *_id("hash", 32),
    Column("at", BigInteger, nullable=False),
    PrimaryKeyConstraint("org_id", "collection_id", "seq"),
)

held = Table(
    "held",
    metadata,
    *_id("org_id", 32),
    *_id("collection_id", 16),
    *_id("device_id", 32),
    Column("number", BigInteger, nullable=False),
    *_id("hash", 32),
    *_body(envelope.ENVELOPE_LIMIT),
    Column("at", BigInteger, nullable=False),
    PrimaryKeyConstraint("org_id", "collection_id", "device_id", "number", "hash"),
    postgresql_partition_by=_BY_COLLECTION,
)

key_envelope = Table(
    "key_envelope",
    metadata,
    *_id("org_id", 32),
    *_id("collection_id", 16),
    Column("epoch", Integer, nullable=False),
    *_id("recipient", 32),
    *_body(keys.KEY_ENVELOPE_BYTES, keys.KEY_ENVELOPE_BYTES),
    PrimaryKeyConstraint("org_id", "collection_id", "epoch", "recipient"),
    Index("key_envelope_recipient", "org_id", "recipient"),
)

# The content of a document, in so many chunks; and those of them that are kept, with SHA-256 of the sealed bytes.
blob = Table(
    "blob",
    metadata,
    *_id("org_id", 32),
    *_id("collection_id", 16),
    *_id("blob_id", 32),
    Column("chunks", Integer, nullable=False),
    PrimaryKeyConstraint("org_id", "collection_id", "blob_id"),
    CheckConstraint(f"chunks BETWEEN 1 AND {blobs.COUNT_LIMIT}", name="chunks"),
)

blob_chunk = Table(
    "blob_chunk",
    metadata,
    *_id("org_id", 32),
    *_id("collection_id", 16),
    *_id("blob_id", 32),
    Column("n", Integer, nullable=False),
    *_id("hash", 32),
    Column("size", Integer, nullable=False),
    PrimaryKeyConstraint("org_id", "collection_id", "blob_id", "n"),
    CheckConstraint(f"size BETWEEN 1 AND {blobs.SEALED_LIMIT}", name="size"),
)

# A sealed invitation that waits for whoever has its twelve words, while its entry in the roster is open.
left_invitation = Table(
    "left_invitation",
    metadata,
    *_id("org_id", 32),
    *_id("invitation_id", 16),
    *_id("place", 32),
    *_body(invitations.LIMIT, invitations.LEAST),
    PrimaryKeyConstraint("org_id", "invitation_id"),
    UniqueConstraint("place"),  # whoever takes it knows no organisation
)

# A device, as it asked last: the roster number that it had heard, and when its allowance of requests is whole again (see
# `arrivals`). An invitation that is being used has a row as well, under its introduction key.
device_seen = Table(
    "device_seen",
    metadata,
    *_id("org_id", 32),
    *_id("device_id", 32),
    Column("seen_at", BigInteger, nullable=False),  # milliseconds
    Column("roster_no", Integer, nullable=False),
    Column("due_at", BigInteger, nullable=False),  # milliseconds
    PrimaryKeyConstraint("org_id", "device_id"),
)

# When a device's allowance of requests for contents of documents is whole again.
device_documents = Table(
    "device_documents",
    metadata,
    *_id("org_id", 32),
    *_id("device_id", 32),
    Column("due_at", BigInteger, nullable=False),  # milliseconds
    PrimaryKeyConstraint("org_id", "device_id"),
)

# How far a device has read a log, by the cursor of its last request.
device_read = Table(
    "device_read",
    metadata,
    *_id("org_id", 32),
    *_id("device_id", 32),
    *_id("collection_id", 16),
    Column("seq", BigInteger, nullable=False),
    PrimaryKeyConstraint("org_id", "device_id", "collection_id"),
)

_SNAPSHOT = ("org_id", "collection_id", "seq", "maker")


def _snapshot_key() -> tuple[Column[bytes] | Column[int] | CheckConstraint, ...]:
    return *_id("org_id", 32), *_id("collection_id", 16), Column("seq", BigInteger, nullable=False), *_id("maker", 32)


# A snapshot at a place of a log. `confirmed_at`, milliseconds: a second device found the same digest (rule 47).
snapshots = Table(
    "snapshot",
    metadata,
    *_snapshot_key(),
    *_id("log_hash", 32),
    Column("roster_no", Integer, nullable=False),
    *_id("digest", 32),
    Column("parts", Integer, nullable=False),
    Column("signed_head", LargeBinary, nullable=False),
    CheckConstraint(f"length(signed_head) BETWEEN 1 AND {snapshot.HEAD_LIMIT}", name="signed_head"),
    Column("at", BigInteger, nullable=False),
    Column("confirmed_at", BigInteger),
    PrimaryKeyConstraint(*_SNAPSHOT),
)

snapshot_part = Table(
    "snapshot_part",
    metadata,
    *_snapshot_key(),
    Column("part", Integer, nullable=False),
    *_body(snapshot.PART_LIMIT),
    PrimaryKeyConstraint(*_SNAPSHOT, "part"),
)

snapshot_confirm = Table(
    "snapshot_confirm",
    metadata,
    *_snapshot_key(),
    *_id("device_id", 32),
    *_id("signature", 64),
    PrimaryKeyConstraint(*_SNAPSHOT, "device_id"),
)

# Who makes the snapshot that is wanted of a collection, so that not everybody does; after `until`, milliseconds, another may.
snapshot_claim = Table(
    "snapshot_claim",
    metadata,
    *_id("org_id", 32),
    *_id("collection_id", 16),
    *_id("device_id", 32),
    Column("until", BigInteger, nullable=False),
    PrimaryKeyConstraint("org_id", "collection_id"),
)
