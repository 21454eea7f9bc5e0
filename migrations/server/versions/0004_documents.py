"""Contents of documents: which sealed chunks there are. The chunks themselves lie in a folder."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def _id(table: str, name: str, length: int) -> tuple[sa.Column, sa.CheckConstraint]:
    check = sa.CheckConstraint(f"length({name}) = {length}", name=f"{table}_{name}_check")
    return sa.Column(name, sa.LargeBinary, nullable=False), check


def upgrade() -> None:
    op.create_table(
        "blob",
        *_id("blob", "org_id", 32),
        *_id("blob", "collection_id", 16),
        *_id("blob", "blob_id", 32),
        sa.Column("chunks", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("org_id", "collection_id", "blob_id", name="blob_pkey"),
        sa.CheckConstraint("chunks BETWEEN 1 AND 100", name="blob_chunks_check"),
    )
    op.create_table(
        "blob_chunk",
        *_id("blob_chunk", "org_id", 32),
        *_id("blob_chunk", "collection_id", 16),
        *_id("blob_chunk", "blob_id", 32),
        sa.Column("n", sa.Integer, nullable=False),
        *_id("blob_chunk", "hash", 32),
        sa.Column("size", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("org_id", "collection_id", "blob_id", "n", name="blob_chunk_pkey"),
        sa.CheckConstraint("size BETWEEN 1 AND 1048592", name="blob_chunk_size_check"),
    )


def downgrade() -> None:
    """The chunks in the folder are left: a server that comes back to this revision takes them away with `check`."""
    op.execute(
        "UPDATE collection SET used_bytes = used_bytes - coalesce((SELECT sum(size) FROM blob_chunk "
        "WHERE blob_chunk.org_id = collection.org_id AND blob_chunk.collection_id = collection.collection_id), 0)"
    )
    op.drop_table("blob_chunk")
    op.drop_table("blob")
