"""A store made by another version: older ones are brought up to date after a checked copy, newer ones are left alone."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from cmpp_desktop import resources
from cmpp_desktop.domain.questions import Participant
from cmpp_desktop.errors import KnownError
from cmpp_desktop.store import FILE, Store, migrate
from cmpp_desktop.store.database import connect
from cmpp_desktop.store.tables import METADATA, SEARCH_DDL, TABLES
from tests.store.laptops import KEY, Laptop, family

Make = Callable[..., Laptop]

SECOND = '''
"""A second revision, as a later version would bring it."""
from alembic import op
revision = "9999_test"
down_revision = "{newest}"
{may_lose}

def upgrade() -> None:
    op.get_bind().exec_driver_sql("ALTER TABLE r_participant ADD COLUMN nickname VARCHAR NOT NULL DEFAULT ''")
    op.get_bind().exec_driver_sql("UPDATE r_participant SET nickname = preferred_name")
    {more}
'''


ADDED = {
    "participant": {"photo_id"},
    "household_member": {"left_reason"},
    "case": {"referred_on", "enrolled_on"},
    "consent": {"attachment_id"},
}
# The columns that the first revision had of the tables which the third one makes wider.
EARLIER = {
    f"r_{kind}": [column.name for column in TABLES[kind].columns if column.name not in added] for kind, added in ADDED.items()
}
SHADOWS = ("alembic_", "person_words_", "person_pieces_", "person_sounds_", "text_words_")  # SQLite's own, beside ours


@pytest.fixture
def later(tmp_path: Path) -> Callable[..., Path]:
    """The migrations of a later program: ours and one more."""

    def make(more: str = "pass", may_lose: str = "") -> Path:
        folder = tmp_path / "later"
        shutil.copytree(resources.migrations("desktop"), folder)
        newest = sorted(path.name[:4] for path in (folder / "versions").glob("[0-9]*.py"))[-1]
        (folder / "versions" / "9999_test.py").write_text(SECOND.format(newest=newest, more=more, may_lose=may_lose), "utf-8")
        return folder

    return make


def schema(path: Path) -> dict[str, str]:
    connection: Any = connect(path, KEY)
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    connection.close()
    return {name: " ".join(sql.split()) for name, sql in rows if not name.startswith(SHADOWS)}


def test_the_newest_revision_is_what_the_models_say(a_laptop: Make) -> None:
    dialect: Any = sqlite.dialect()
    said = {table.name: str(CreateTable(table).compile(dialect=dialect)) for table in METADATA.sorted_tables}
    for table in METADATA.sorted_tables:
        said |= {str(index.name): str(CreateIndex(index).compile(dialect=dialect)) for index in table.indexes}
    said |= {sql.split()[3]: sql for sql in SEARCH_DDL}
    assert schema(a_laptop().folder / FILE) == {name: " ".join(sql.split()) for name, sql in said.items()}


def test_a_store_of_this_version_is_not_touched_and_not_copied(a_laptop: Make) -> None:
    laptop = a_laptop()
    laptop.store.close()
    assert migrate.upgrade(laptop.folder / FILE, KEY) is None
    assert not (laptop.folder / "backups").exists()


def test_an_older_store_with_data_comes_along_after_a_checked_copy(a_laptop: Make, later: Callable[..., Path]) -> None:
    laptop = a_laptop()
    person = laptop.do(family(preferred_name="Mari")).id
    laptop.store.close()
    path = laptop.folder / FILE
    name = migrate.upgrade(path, KEY, later())
    assert name is not None
    assert migrate.revision(path, KEY) == "9999_test"
    connection: Any = connect(path, KEY)
    assert connection.execute("SELECT nickname FROM r_participant WHERE id=?", (person.bytes,)).fetchone() == ("Mari",)
    connection.close()
    shutil.copy(laptop.folder / "backups" / name, path)  # and the copy is a store of the old version, whole
    laptop.store = Store.open(laptop.folder, KEY)
    assert laptop.ask(Participant(person)).participant.fields.preferred_name == "Mari"


def test_a_store_of_a_newer_program_is_not_touched_by_a_byte(a_laptop: Make, later: Callable[..., Path]) -> None:
    laptop = a_laptop()
    laptop.do(family())
    laptop.store.close()
    path = laptop.folder / FILE
    migrate.upgrade(path, KEY, later())
    before = {file: file.read_bytes() for file in laptop.folder.rglob("*") if file.is_file()}
    with pytest.raises(KnownError, match="store_newer"):
        Store.open(laptop.folder, KEY)
    assert {file: file.read_bytes() for file in laptop.folder.rglob("*") if file.is_file()} == before


@pytest.mark.parametrize(
    "failure",
    [
        "raise RuntimeError",
        "op.get_bind().exec_driver_sql('DELETE FROM r_case')",
        "op.get_bind().exec_driver_sql('DROP TABLE r_consent')",
    ],
)
def test_a_failed_step_changes_nothing_and_names_the_copy(a_laptop: Make, later: Callable[..., Path], failure: str) -> None:
    laptop = a_laptop()
    person = laptop.do(family()).id
    laptop.store.close()
    path = laptop.folder / FILE
    before = schema(path)
    with pytest.raises(KnownError, match="migration_failed") as said:
        migrate.upgrade(path, KEY, later(failure))
    assert (laptop.folder / "backups" / said.value.facts["backup"]).exists()
    assert schema(path) == before
    laptop.store = Store.open(laptop.folder, KEY)
    assert laptop.ask(Participant(person)).case is not None


def test_a_step_may_leave_rows_behind_when_it_says_so(a_laptop: Make, later: Callable[..., Path]) -> None:
    laptop = a_laptop()
    laptop.do(family())
    laptop.store.close()
    folder = later("op.get_bind().exec_driver_sql('DELETE FROM r_consent')", 'may_lose = ("r_consent",)')
    assert migrate.upgrade(laptop.folder / FILE, KEY, folder) is not None


def test_an_empty_store_appears_whole_or_not_at_all(tmp_path: Path, later: Callable[..., Path]) -> None:
    with pytest.raises(RuntimeError):
        migrate.create(tmp_path / FILE, KEY, later("raise RuntimeError"))
    assert not (tmp_path / FILE).exists()
    (tmp_path / "store.new").write_bytes(b"half of one, from a program that was killed")
    Store.create(tmp_path, KEY).close()
    assert sorted(file.name for file in tmp_path.iterdir() if file.is_file()) == ["reserve", FILE]


def test_a_hearing_written_by_the_first_program_is_there_in_todays(a_laptop: Make, tmp_path: Path) -> None:
    """The revision that brings the records of the programme makes wider tables: what lay in the old ones is in them."""
    laptop = a_laptop()
    person = laptop.do(family(preferred_name="Mari")).id
    laptop.store.close()
    columns = {kind: ", ".join(f'"{name}"' for name in names) for kind, names in EARLIER.items()}
    early = tmp_path / "early"
    shutil.copytree(resources.migrations("desktop"), early)
    for later_step in (early / "versions").glob("000[3-9]_*.py"):
        later_step.unlink()
    (tmp_path / "old").mkdir()
    path = tmp_path / "old" / FILE
    migrate.create(path, KEY, early)
    connection: Any = connect(laptop.folder / FILE, KEY)
    rows = {kind: connection.execute(f"SELECT {listed} FROM {kind}").fetchall() for kind, listed in columns.items()}
    connection.close()
    old: Any = connect(path, KEY)
    for kind, listed in columns.items():
        old.executemany(f"INSERT INTO {kind} ({listed}) VALUES ({','.join('?' * len(EARLIER[kind]))})", rows[kind])
    old.commit()
    old.close()
    assert migrate.upgrade(path, KEY) is not None
    connection = connect(path, KEY)
    assert {kind: connection.execute(f"SELECT {listed} FROM {kind}").fetchall() for kind, listed in columns.items()} == rows
    assert connection.execute("SELECT preferred_name, photo_id FROM r_participant WHERE id=?", (person.bytes,)).fetchone() == (
        "Mari",
        None,
    )
    connection.close()
