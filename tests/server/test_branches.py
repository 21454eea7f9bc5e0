"""A server on PostgreSQL gives way to the branch of the roster that the recovery key has chosen (rule 39), in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from tests.server.conftest import new_database
from tests.sync.test_branches import Parted
from tests.sync.test_restored_server import Copied


class CopiedPostgres(Copied):
    """A server whose database can be put back to a copy of itself: PostgreSQL makes one database from another."""

    def __init__(self, folder: Path, main: str, name: str) -> None:
        self._main, self._name = main, name
        super().__init__(folder, make_url(main).set(database=name).render_as_string(hide_password=False))

    def copy(self) -> bytes:
        copied = f"{self._name}_copy"
        self._made(copied, self._name)
        return copied.encode()

    def put_back(self, data: bytes) -> None:
        self._made(self._name, data.decode())

    def _made(self, name: str, template: str) -> None:
        self.close()
        engine = create_engine(self._main, isolation_level="AUTOCOMMIT")
        with engine.connect() as conn:
            conn.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            conn.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
        engine.dispose()
        self.open()


@pytest.fixture
def parted(tmp_path: Path, postgres: str) -> Iterator[Parted]:
    with new_database(postgres, "parted"):
        office = CopiedPostgres(tmp_path, postgres, "parted")
        yield Parted(office)
        office.close()


def test_a_server_on_postgresql_gives_way_and_finds_nothing_wrong_with_itself(parted: Parted) -> None:
    parted.settle("here")
    parted.is_sound(parted.ada, parted.ana, parted.bea)
    assert parted.bo.sync().problem == "device_revoked"
    assert parted.dan.device not in parted.bea.engine.roster().devices


def test_a_server_on_postgresql_whose_branch_stays_has_the_removals_of_the_other(parted: Parted) -> None:
    parted.settle("server")
    parted.is_sound(parted.ada, parted.ana, parted.bea, parted.dan)
    assert parted.bo.sync().problem == "device_revoked"
