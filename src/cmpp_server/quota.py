"""How much an organisation keeps here, and whether it may keep more."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from cmpp_server import tables
from cmpp_server.problems import Refused


def used_bytes(conn: Connection, org: bytes) -> int:
    """Bytes that are kept for an organisation: of bundles in its logs and held, of snapshots, of contents, of invitations."""
    table, left = tables.collection, tables.left_invitation
    kept = select(func.coalesce(func.sum(table.c.used_bytes), 0)).where(table.c.org_id == org)
    waiting = select(func.coalesce(func.sum(func.length(left.c.body)), 0)).where(left.c.org_id == org)
    return int(conn.execute(kept).scalar_one()) + int(conn.execute(waiting).scalar_one())


def within_quota(conn: Connection, org: bytes) -> None:
    """Raises Refused("over_quota") for one that keeps as much as it may."""
    within(conn, org, conn.execute(select(tables.org.c.quota_bytes).where(tables.org.c.org_id == org)).scalar() or 0)


def within(conn: Connection, org: bytes, quota: int) -> None:
    """The same for who knows its `quota` (bytes, 0 for none): without one, nothing is counted."""
    if quota and used_bytes(conn, org) >= quota:
        raise Refused("over_quota")
