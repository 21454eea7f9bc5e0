"""On PostgreSQL the bodies lie in partitions; bytes are counted where the lock is held; what is known of each caller.

`envelope` and `held` become sixteen partitions each, by hash of organisation and collection. Their rows are copied in the
migration's transaction: for that time the database needs room for them twice. SQLite keeps plain tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

PARTITIONS = 16
KEYS = {
    "envelope": {
        "envelope_pkey": "PRIMARY KEY (org_id, collection_id, seq)",
        "envelope_org_id_collection_id_device_id_number_hash_key": (
            "UNIQUE (org_id, collection_id, device_id, number, hash)"
        ),
    },
    "held": {"held_pkey": "PRIMARY KEY (org_id, collection_id, device_id, number, hash)"},
}
KEPT = (
    "coalesce((SELECT sum(length(body)) FROM {0} "
    "WHERE {0}.org_id = collection.org_id AND {0}.collection_id = collection.collection_id), 0)"
)


def _id(table: str, name: str, length: int) -> tuple[sa.Column, sa.CheckConstraint]:
    check = sa.CheckConstraint(f"length({name}) = {length}", name=f"{table}_{name}_check")
    return sa.Column(name, sa.LargeBinary, nullable=False), check


def upgrade() -> None:
    op.add_column("collection", sa.Column("used_bytes", sa.BigInteger, nullable=False, server_default="0"))
    op.execute(f"UPDATE collection SET used_bytes = {KEPT.format('envelope')} + {KEPT.format('held')}")
    op.drop_column("org", "used_bytes")
    op.create_table(
        "device_seen",
        *_id("device_seen", "org_id", 32),
        *_id("device_seen", "device_id", 32),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.Column("roster_no", sa.Integer, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("org_id", "device_id", name="device_seen_pkey"),
    )
    op.create_table(
        "device_read",
        *_id("device_read", "org_id", 32),
        *_id("device_read", "device_id", 32),
        *_id("device_read", "collection_id", 16),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("org_id", "device_id", "collection_id", name="device_read_pkey"),
    )
    if op.get_bind().dialect.name == "postgresql":
        # Written with every request: room on the page lets PostgreSQL change a row in place.
        op.execute("ALTER TABLE device_seen SET (fillfactor = 50)")
        for table in KEYS:
            _made_again(table, "PARTITION BY HASH (org_id, collection_id)")


def downgrade() -> None:
    op.add_column("org", sa.Column("used_bytes", sa.BigInteger, nullable=False, server_default="0"))
    op.execute(
        "UPDATE org SET used_bytes = coalesce((SELECT sum(used_bytes) FROM collection WHERE collection.org_id = org.org_id), 0)"
    )
    op.drop_column("collection", "used_bytes")
    op.drop_table("device_seen")
    op.drop_table("device_read")
    if op.get_bind().dialect.name == "postgresql":
        for table in KEYS:
            _made_again(table, "")


def _made_again(table: str, partitioned: str) -> None:
    """The same table with all its rows, its columns and its checks, but partitioned or not."""
    old = f"{table}_before"
    op.execute(f"ALTER TABLE {table} RENAME TO {old}")
    for key in KEYS[table]:
        op.execute(f"ALTER TABLE {old} RENAME CONSTRAINT {key} TO {key[:50]}_before")
    for part in () if partitioned else range(PARTITIONS):
        op.execute(f"ALTER TABLE {table}_{part:02} RENAME TO {old}_{part:02}")
    op.execute(f"CREATE TABLE {table} (LIKE {old} INCLUDING CONSTRAINTS INCLUDING STORAGE) {partitioned}")
    for key, what in KEYS[table].items():
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {key} {what}")
    for part in range(PARTITIONS) if partitioned else ():
        bound = f"FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {part})"
        op.execute(f"CREATE TABLE {table}_{part:02} PARTITION OF {table} {bound}")
    op.execute(f"INSERT INTO {table} SELECT * FROM {old}")
    op.execute(f"DROP TABLE {old}")
