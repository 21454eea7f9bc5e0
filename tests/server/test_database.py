"""The schema and the settings: head equals the models, an old database is brought up, a newer one is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.util.exc import CommandError
from sqlalchemy import NullPool, create_engine, inspect, text

from cmpp_server import settings as setting
from cmpp_server import tables
from cmpp_server.database import Database, migrations_folder, newest_revision
from tests.server.conftest import Clock, Team, start


def test_the_migrated_schema_is_the_one_of_the_tables(database_url: str) -> None:
    with create_engine(database_url, poolclass=NullPool).connect() as conn:
        parts = {f"{table}_{part:02}" for table in ("envelope", "held") for part in range(16)}

        def compared(_item: object, name: str | None, kind: str, *_: object) -> bool:
            return kind != "table" or name not in parts

        context = MigrationContext.configure(conn, opts={"include_object": compared})
        assert compare_metadata(context, tables.metadata) == []
        found = inspect(conn)
        for table in tables.metadata.sorted_tables:
            # Names and rules of checks are not compared by Alembic.
            checks = {check["name"] for check in found.get_check_constraints(table.name)}
            assert checks == {one.name for one in table.constraints if str(one.name).endswith("_check")}
            key = found.get_pk_constraint(table.name)["constrained_columns"]
            assert key == [column.name for column in table.primary_key]
            assert key[0] == "org_id"


def test_migrating_twice_changes_nothing(database: Database) -> None:
    database.migrate()
    assert database.revision() == newest_revision()


def test_a_database_of_a_newer_server_is_left_alone(database: Database) -> None:
    database.write(lambda conn: conn.execute(text("UPDATE alembic_version SET version_num = 'ffff'")))
    with pytest.raises(CommandError):
        database.migrate()
    assert database.revision() == "ffff"


def test_migrations_import_no_program_code() -> None:
    for file in migrations_folder().rglob("*.py"):
        assert "cmpp_" not in file.read_text(encoding="utf-8").replace("cmpp_write", ""), file.name


def test_a_server_without_its_database_is_not_ready(database_url: str, clock: Clock, team: Team) -> None:
    for server in start(database_url, clock, team.office.id):
        assert server.client.get("/readyz").status_code == 200
        database = Database(database_url)
        database.write(lambda conn: conn.execute(text("UPDATE alembic_version SET version_num = '0000'")))
        database.close()
        assert server.client.get("/readyz").status_code == 503
        assert server.client.get("/healthz").status_code == 200


def test_a_wrong_length_never_enters_the_database(database: Database) -> None:
    row = {"org_id": b"short", "roster_no": -1, "roster_hash": bytes(32), "quota_bytes": 0}
    with pytest.raises(Exception, match="org_org_id_check"):
        database.write(lambda conn: conn.execute(tables.org.insert().values(**row, changed_at=0)))


def test_settings_come_from_file_environment_and_command_line(tmp_path: Path) -> None:
    file = tmp_path / "server.toml"
    file.write_text('database = "sqlite:////file.db"\nserver_names = ["a.example.org"]\nheld_limit = 7\n')
    read = setting.load({"CMPP_HELD_LIMIT": "9", "CMPP_SERVER_NAMES": "b.example.org, c.example.org"}, file)
    assert (read.database, read.held_limit) == ("sqlite:////file.db", 9)
    assert read.server_names == ("b.example.org", "c.example.org")
    assert setting.load({"CMPP_HELD_LIMIT": "9"}, file, database="sqlite:////given.db").database == "sqlite:////given.db"


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"CMPP_COLOUR": "blue"}, "unknown setting colour"),
        ({"CMPP_HELD_LIMIT": "many"}, "held_limit is not"),
        ({"CMPP_BODY_LIMIT": "1000"}, "body_limit must be"),
        ({"CMPP_DATABASE": "postgresql+psycopg://u:change%2Dme@h/d"}, "everybody knows"),
    ],
)
def test_settings_that_cannot_work_are_refused(environ: dict[str, str], said: str) -> None:
    with pytest.raises(setting.SettingsError, match=said):
        setting.load({"CMPP_DATABASE": "sqlite:////x.db", **environ})


def test_a_name_is_taken_from_the_address_only_on_this_machine() -> None:
    here = setting.Settings("sqlite:////x.db", "127.0.0.1:0").listening_on("127.0.0.1", 8440)
    assert here.server_names == ("127.0.0.1:8440", "localhost:8440")
    named = setting.Settings("sqlite:////x.db", "0.0.0.0:0", ("sync.example.org",)).checked()
    assert named.listening_on("0.0.0.0", 8440).server_names == ("sync.example.org",)
