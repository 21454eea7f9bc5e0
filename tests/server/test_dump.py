"""Backups: made while it serves, restored into either database or not at all, and never over something."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, select

from cmpp_protocol import canon, envelope
from cmpp_server import checking, dump, tables
from cmpp_server.admin import main
from cmpp_server.database import Database, newest_revision
from tests.server.conftest import Clock, Server, Team, new_database, start
from tests.unit.protocol.office import NOW


@pytest.fixture(params=["into sqlite", "into postgresql"])
def other_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A second, empty database."""
    if request.param == "into sqlite":
        yield f"sqlite:///{tmp_path / 'other.db'}"
        return
    with new_database(request.getfixturevalue("postgres"), f"o{abs(hash(request.node.nodeid)):x}") as url:
        yield url


@pytest.fixture
def empty(tmp_path: Path) -> str:
    """A database that is not there yet."""
    return f"sqlite:///{tmp_path / 'empty.db'}"


@pytest.fixture
def yesterday(tmp_path: Path, team: Team, clock: Clock) -> Path:
    """The dump of a server with three bundles in its log and one held."""
    url = f"sqlite:///{tmp_path / 'source.db'}"
    for server in start(url, clock, team.office.id):
        server.publish(team.office)
        for bundle in [team.lia.seal(team.office, team.place, text) for text in "123"]:
            server.push(team.office, team.lia, bundle)
        team.sam.seal(team.office, team.place, "not sent")
        assert server.push(team.office, team.sam, team.sam.seal(team.office, team.place)) == [("held", "order")]
        assert main(["backup", str(tmp_path / "dump"), "--database", url]) == 0
    return tmp_path / "dump"


def test_a_dump_is_restored_into_either_database_and_the_server_goes_on(
    server: Server, team: Team, database_url: str, other_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundles = [team.lia.seal(team.office, team.place, text) for text in "1234"]
    server.push(team.office, team.lia, *bundles[:2])
    folder = tmp_path / "dump"
    assert main(["backup", str(folder), "--database", database_url]) == 0
    assert capsys.readouterr().out.startswith("copied and read again: 1 organisations, 2 bundles, 0 held, ")
    server.push(team.office, team.lia, bundles[2])
    assert main(["restore", str(folder), "--database", other_url]) == 0
    assert capsys.readouterr().out.endswith("\n2 bundles checked, 0 held, 0 findings\n")
    for restored in start(other_url, server.clock):
        found = restored.read(team.office, team.sam, team.place)
        assert [item.envelope for item in found.items] == [one.encode() for one in bundles[:2]]
        told = restored.push(team.office, team.lia, *bundles[1:])  # the laptop has everything still
        assert told == [("had_it", ""), ("stored", ""), ("stored", "")]
    made = Database(other_url)
    assert checking.check(made, NOW).findings == []
    made.close()


def test_a_dump_is_of_one_moment_while_laptops_go_on_pushing(
    server: Server, team: Team, database_url: str, empty: str, tmp_path: Path
) -> None:
    bundles = [team.lia.seal(team.office, team.place, str(at)) for at in range(60)]
    server.push(team.office, team.lia, bundles[0])
    source, target = Database(database_url), Database(empty)
    with ThreadPoolExecutor(1) as pool:
        pushing = pool.submit(lambda: [server.push(team.office, team.lia, one) for one in bundles[1:]])
        made = dump.write(source, tmp_path / "dump", NOW)
        assert {tuple(told) for told in pushing.result()} == {(("stored", ""),)}
    dump.restore(target, tmp_path / "dump")
    report = checking.check(target, NOW)
    assert (report.findings, report.bundles) == ([], made.rows["envelope"])
    with target.read() as conn:
        kept = list(conn.execute(select(tables.log.c.hash).order_by(tables.log.c.seq)).scalars())
    assert kept == [one.hash for one in bundles[: len(kept)]]
    source.close()
    target.close()


def cut(folder: Path) -> None:
    file = folder / "envelope.rows"
    file.write_bytes(file.read_bytes()[:-1])


def cut_between_rows(folder: Path) -> None:
    file = folder / "roster.rows"
    records = list(dump._rows(file))[:-1]
    file.write_bytes(b"".join(len(one).to_bytes(4, "big") + one for one in records))


def flip(folder: Path) -> None:
    file = folder / "envelope.rows"
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def lie_about_a_length(folder: Path) -> None:
    file = folder / "held.rows"
    file.write_bytes(b"\xff\xff\xff\xff" + file.read_bytes()[4:])


def rewrite(change: Callable[[dict[str, Any]], None], *, sealed: bool) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        said = json.loads((folder / dump.MANIFEST).read_text())
        seal = said.pop("sha256")
        change(said)
        said["sha256"] = dump._seal(said) if sealed else seal
        (folder / dump.MANIFEST).write_text(json.dumps(said))

    return apply


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (cut, "envelope.rows is damaged or cut off"),
        (cut_between_rows, "roster.rows is damaged or cut off"),
        (flip, "envelope.rows is damaged or cut off"),
        (lie_about_a_length, "held.rows is damaged or cut off"),
        (lambda folder: (folder / "org.rows").unlink(), "org.rows cannot be read"),
        (lambda folder: (folder / dump.MANIFEST).unlink(), "no finished dump"),
        (lambda folder: (folder / dump.MANIFEST).write_bytes(b"[1]"), "manifest.json cannot be read"),
        (rewrite(lambda said: said["tables"].pop("held"), sealed=False), "manifest.json is damaged"),
        (rewrite(lambda said: said.update(revision="0099"), sealed=True), "newer version (revision 0099)"),
        (rewrite(lambda said: said.update(format=2), sealed=True), "newer version (format 2)"),
    ],
)
def test_what_is_not_a_whole_dump_of_ours_is_not_restored(
    yesterday: Path, empty: str, harm: Callable[[Path], None], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    harm(yesterday)
    capsys.readouterr()
    assert main(["restore", str(yesterday), "--database", empty]) == 2
    written = capsys.readouterr()
    assert said in written.err
    assert (written.err.count("\n"), written.out) == (1, "")
    target = Database(empty)
    assert target.revision() is None
    target.close()


def test_nothing_is_restored_over_something_nor_written_over_a_dump(
    yesterday: Path, empty: str, team: Team, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path.name: path.read_bytes() for path in yesterday.iterdir()}
    for server in start(empty, clock, team.office.id):
        server.publish(team.office)
    assert main(["restore", str(yesterday), "--database", empty]) == 2
    assert "is not empty (table " in capsys.readouterr().err
    assert main(["backup", str(yesterday), "--database", empty]) == 2
    assert f"{yesterday} is not empty" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in yesterday.iterdir()} == before
    for server in start(empty, clock):
        assert server.read(team.office, team.sam, team.place).items == ()


def test_a_folder_that_cannot_be_written_is_said_in_one_line(
    empty: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["backup", str(tmp_path / "dump"), "--database", empty]) == 2
    assert "run `cmpp-server init` first" in capsys.readouterr().err
    assert main(["init", "--database", empty]) == 0
    (tmp_path / "file").write_text("no folder")
    assert main(["backup", str(tmp_path / "file" / "dump"), "--database", empty]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_dump_of_an_earlier_server_is_restored_and_brought_up(yesterday: Path, team: Team, other_url: str) -> None:
    as_of_0002(yesterday)
    target = Database(other_url)
    assert dump.restore(target, yesterday).revision == "0002"
    assert target.revision() == newest_revision()
    report = checking.check(target, NOW)
    assert (report.findings, report.bundles, report.held) == ([], 3, 1)
    with target.read() as conn:
        sizes = [len(body) for table in (tables.log, tables.held) for body in conn.execute(select(table.c.body)).scalars()]
        assert conn.execute(select(tables.collection.c.used_bytes)).scalars().all() == [sum(sizes)]
        assert envelope.decode(conn.execute(select(tables.held.c.body)).scalar_one()).header.device == team.sam.id
        assert "device_seen" in inspect(conn).get_table_names()
    target.close()


SNAPSHOTS = ("snapshot", "snapshot_part", "snapshot_confirm", "snapshot_claim")


def as_of_0002(folder: Path) -> None:
    """Makes the dump what a server of revision 0002 would have written."""
    for name, column in (("collection", "used_bytes"), ("collection", "base_seq"), ("org", "recovery_id")):
        records = [canon.unpack(one) for one in dump._rows(folder / f"{name}.rows")]
        at = records[0].index(column)
        again(folder, name, [row[:at] + row[at + 1 :] for row in records])
    records = [canon.unpack(one) for one in dump._rows(folder / "org.rows")]
    again(folder, "org", [[*row, "used_bytes" if at == 0 else 0] for at, row in enumerate(records)])
    for name in ("device_seen", "device_read", "device_documents", "blob", "blob_chunk", "left_invitation", *SNAPSHOTS):
        (folder / f"{name}.rows").unlink()

    def older(said: dict[str, Any]) -> None:
        said["revision"] = "0002"
        said["tables"] = {
            name: dump._measured(folder / f"{name}.rows") for name in said["tables"] if (folder / f"{name}.rows").exists()
        }

    rewrite(older, sealed=True)(folder)


def again(folder: Path, name: str, rows: list[list[Any]]) -> None:
    with (folder / f"{name}.rows").open("wb") as file:
        for row in rows:
            dump._write_row(file, row)
