"""An existing server's data through a migration, there and back, on both databases."""

from __future__ import annotations

from typing import Any

from alembic import command
from sqlalchemy import Connection, MetaData, Table, inspect, select, text

from cmpp_server import checking
from cmpp_server import database as databases
from cmpp_server.database import Database, newest_revision
from tests.server.conftest import Clock, Team, start
from tests.unit.protocol.office import NOW


def back(made: Database, revision: str) -> None:
    def downgrade(conn: Connection) -> None:
        config = databases._alembic()
        config.attributes["connection"] = conn
        command.downgrade(config, revision)

    made.write(downgrade)


def rows(made: Database, name: str) -> list[dict[str, Any]]:
    with made.read() as conn:
        table = Table(name, MetaData(), autoload_with=conn)
        return [dict(row._mapping) for row in conn.execute(select(table).order_by(*table.primary_key.columns))]


def shape(made: Database) -> dict[str, Any]:
    """What the tables look like, by name; partitions left out."""
    with made.read() as conn:
        found = inspect(conn)
        return {
            name: (
                sorted((column["name"], str(column["type"]), column["nullable"]) for column in found.get_columns(name)),
                found.get_pk_constraint(name),
                sorted(one["name"] or "" for one in found.get_unique_constraints(name)),
                sorted((one["name"] or "", one["sqltext"]) for one in found.get_check_constraints(name)),
                sorted(one["name"] or "" for one in found.get_indexes(name)),
            )
            for name in found.get_table_names()
            if name not in PARTS
        }


PARTS = {f"{table}_{part:02}" for table in ("envelope", "held") for part in range(16)}
MOVED = ("roster", "envelope", "held", "device_head", "key_envelope", "damaged")


def test_partitions_hold_what_the_plain_tables_held_and_the_other_way_round(
    database_url: str, clock: Clock, team: Team
) -> None:
    for server in start(database_url, clock, team.office.id):
        server.publish(team.office)
        bundles = [team.lia.seal(team.office, team.place, text) for text in "1234"]
        server.push(team.office, team.lia, *bundles[:2], bundles[3])
    made = Database(database_url)
    kept = {name: rows(made, name) for name in MOVED}
    size = sum(len(row["body"]) for name in ("envelope", "held") for row in kept[name])
    newest = shape(made)

    back(made, "0002")
    assert {name: rows(made, name) for name in MOVED} == kept
    assert [row["used_bytes"] for row in rows(made, "org")] == [size]
    assert "used_bytes" not in rows(made, "collection")[0]

    made.migrate()
    assert (made.revision(), shape(made)) == (newest_revision(), newest)
    assert {name: rows(made, name) for name in MOVED} == kept
    assert [row["used_bytes"] for row in rows(made, "collection")] == [size]
    report = checking.check(made, NOW)
    assert (report.findings, report.bundles, report.held) == ([], 2, 1)
    made.close()
    for server in start(database_url, clock):
        assert server.push(team.office, team.lia, bundles[2]) == [("stored", "")]
        assert [item.seq for item in server.read(team.office, team.sam, team.place).items] == [1, 2, 3, 4]


def test_going_back_leaves_what_an_older_server_made(empty_url: str) -> None:
    made = Database(empty_url)
    made.migrate("0002")
    before = shape(made)
    made.migrate()
    back(made, "0002")
    assert shape(made) == before
    made.close()


def test_bodies_lie_in_partitions_and_are_not_compressed_on_postgresql_alone(database: Database) -> None:
    partitions = text("SELECT inhparent::regclass::text, count(*) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
                      "WHERE c.relkind = 'r' GROUP BY 1 ORDER BY 1")  # fmt: skip
    storage = text("SELECT DISTINCT attstorage::text FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
                   "WHERE c.relkind = 'r' AND a.attname = 'body' AND c.relname ~ '^(envelope|held)_'")  # fmt: skip
    with database.read() as conn:
        if conn.dialect.name != "postgresql":
            assert PARTS.isdisjoint(inspect(conn).get_table_names())
            return
        assert [tuple(row) for row in conn.execute(partitions)] == [("envelope", 16), ("held", 16)]
        assert conn.execute(storage).scalars().all() == ["e"]
        zeros = "decode(repeat('00', {}), 'hex')"
        one_log = f"org_id = {zeros.format(32)} AND collection_id = {zeros.format(16)}"
        plan = "\n".join(conn.execute(text(f"EXPLAIN SELECT body FROM envelope WHERE {one_log}")).scalars())
        assert len({part for part in PARTS if f"{part}_" in plan or f"{part} " in plan}) == 1, "a log lies in one partition"
