"""Contents of documents at the server: kept once, chunk by chunk, for those who may, and nothing of it can be read there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from cmpp_protocol import api, blobs, entries
from cmpp_protocol.blobs import CHUNK, Blob, BlobKept, ChunkName
from cmpp_protocol.entries import NO_CUT
from cmpp_protocol.roster import Kind, Rights, Role
from cmpp_server import checking
from cmpp_server.admin import main
from cmpp_server.chunks import FolderChunks
from cmpp_server.database import Database
from cmpp_server.settings import Settings
from tests.server.conftest import NAME, Clock, Server, Team, start
from tests.unit.protocol.office import DAY, NOW, Laptop

CANARY = b"A 212-555-013 Marisela Tzoc "
SCAN = (CANARY * (2 * CHUNK // len(CANARY) + 1))[: 2 * CHUNK] + b"the last page"


@pytest.fixture(autouse=True)
def in_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On PostgreSQL, too, the server has a folder for documents."""
    real = Settings.documents_folder
    monkeypatch.setattr(Settings, "documents_folder", lambda self: real(self) or tmp_path / "documents")


def scan(team: Team, place: UUID | None = None, content: bytes = SCAN, key: bytes = bytes(32)) -> Blob:
    return Blob(team.office.id, place or team.place, key, len(content), blobs.content_hash(content))


def piece(blob: Blob, n: int, content: bytes = SCAN) -> bytes:
    return blob.seal(n, content[n * CHUNK : (n + 1) * CHUNK])


def at(blob: Blob, n: int) -> str:
    return blobs.chunk_path(ChunkName(*blob.name, n, blob.count))


def ask(server: Server, org: bytes, laptop: Laptop, method: str, path: str, body: bytes = b"", **more: Any) -> tuple[str, bytes]:
    """One signed request: "ok" or the code of the refusal, and the body."""
    signed = api.authorise(laptop.pair, org, more.get("name", NAME), more.get("signed_path", path), server.clock.ms, body)
    answer = server.client.request(method, path, headers={"Authorization": signed.header()}, content=body)
    if answer.status_code == 200:
        return "ok", answer.content
    problem = api.decode_problem(answer.content)
    assert answer.status_code == api.PROBLEMS[problem.code]
    return problem.code, b""


def put(server: Server, team: Team, laptop: Laptop, blob: Blob, n: int, body: bytes | None = None) -> str:
    return ask(server, team.office.id, laptop, "PUT", at(blob, n), piece(blob, n) if body is None else body)[0]


def get(server: Server, team: Team, laptop: Laptop, blob: Blob, n: int) -> tuple[str, bytes]:
    return ask(server, team.office.id, laptop, "GET", at(blob, n))


def kept(server: Server, team: Team, laptop: Laptop, *blobs_: Blob, gone: tuple[Blob, ...] = ()) -> list[tuple[int, ...]]:
    request = blobs.BlobRequest(tuple(one.name for one in blobs_), tuple(one.name for one in gone))
    said, body = ask(server, team.office.id, laptop, "POST", blobs.PATH, request.encode())
    assert said == "ok"
    answer = blobs.decode_answer(body)
    assert answer.time == server.clock.ms
    return [one.numbers for one in answer.kept]


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("[0-9]*-*") if path.is_file()]


def test_a_scan_comes_back_chunk_by_chunk_and_the_server_can_read_none_of_it(
    server: Server, team: Team, tmp_path: Path
) -> None:
    blob = scan(team)
    assert kept(server, team, team.lia, blob) == [()]
    for n in (2, 0):
        assert put(server, team, team.lia, blob, n) == "ok"
    assert kept(server, team, team.sam, blob) == [(0, 2)]  # cut off here: what is there is not sent again
    assert get(server, team, team.sam, blob, 1) == ("not_found", b"")
    assert put(server, team, team.lia, blob, 1) == "ok"
    found = b"".join(blob.open(n, get(server, team, team.sam, blob, n)[1]) for n in range(3))
    assert found == SCAN
    everything = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files(tmp_path)) == 3
    for trace in (CANARY, b"the last page", blobs.content_hash(SCAN)):
        assert not [data for data in everything if trace in data]


def test_the_same_chunk_again_changes_nothing_and_another_one_in_its_place_is_refused(
    server: Server, team: Team, database_url: str, tmp_path: Path
) -> None:
    blob = scan(team)
    for _ in range(2):
        assert put(server, team, team.lia, blob, 0) == "ok"
    other = bytes(CHUNK + blobs.TAG)
    assert put(server, team, team.sam, blob, 0, other) == "blob_differs"
    longer = blobs.chunk_path(ChunkName(*blob.name, 1, 5))
    assert ask(server, team.office.id, team.sam, "PUT", longer, other)[0] == "blob_differs"
    assert ask(server, team.office.id, team.sam, "GET", longer)[0] == "not_found"
    assert blob.open(0, get(server, team, team.sam, blob, 0)[1]) == SCAN[:CHUNK]
    assert len(files(tmp_path)) == 1
    made = Database(database_url)
    assert checking.check(made, NOW).findings == []  # counted once
    made.close()


@pytest.mark.parametrize("length", [0, blobs.TAG, CHUNK, CHUNK + blobs.TAG - 1])
def test_a_chunk_of_the_wrong_length_is_not_kept(server: Server, team: Team, length: int) -> None:
    assert put(server, team, team.lia, scan(team), 0, bytes(length)) == "malformed"
    assert kept(server, team, team.lia, scan(team)) == [()]


def test_more_than_a_chunk_is_not_read_to_its_end(server: Server, team: Team) -> None:
    assert put(server, team, team.lia, scan(team), 2, bytes(CHUNK + blobs.TAG + 1)) == "too_big"


def test_a_signature_is_good_for_one_chunk_one_body_and_one_way(server: Server, team: Team) -> None:
    blob, org = scan(team), team.office.id
    assert put(server, team, team.lia, blob, 0) == "ok"
    taken = api.authorise(team.lia.pair, org, NAME, at(blob, 0), server.clock.ms, b"").header()
    for method, path, body in (("GET", at(blob, 1), b""), ("PUT", at(blob, 0), b"x" * 40), ("POST", blobs.PATH, b"")):
        answer = server.client.request(method, path, headers={"Authorization": taken}, content=body)
        assert api.decode_problem(answer.content).code == "signature_wrong"
    server.clock.ms += api.CLOCK_WINDOW + 1
    answer = server.client.request("GET", at(blob, 0), headers={"Authorization": taken})
    assert api.decode_problem(answer.content).code == "clock_wrong"


# Who may -----------------------------------------------------------------------------------------------------------------

TABLE = """
who             team get  team put    restricted get  restricted put  let go
administrator   ok        ok          ok              ok              ok
caseworker      ok        ok          not_found       not_allowed     ok
unconfirmed     ok        ok          not_found       not_allowed     ok
reader          ok        not_allowed not_found       not_allowed     not_allowed
board           ok        not_allowed not_found       not_allowed     not_allowed
outside         not_found not_allowed not_found       not_allowed     not_allowed
revoked         not_allowed not_allowed not_allowed   not_allowed     not_allowed
stranger        device_unknown device_unknown device_unknown device_unknown device_unknown
elsewhere       device_unknown device_unknown device_unknown device_unknown device_unknown
"""


@pytest.mark.parametrize("line", TABLE.strip().splitlines()[1:], ids=lambda line: line.split()[0])
def test_who_may_take_put_and_let_go(tmp_path: Path, clock: Clock, line: str) -> None:
    who, *cells = line.split()
    team, office = Team(), None
    office = team.office
    restricted = office.collection("restricted", Kind.RESTRICTED)
    laptop = Laptop(who) if who == "stranger" else Laptop("elsewhere admin") if who == "elsewhere" else office.admin
    if who not in ("administrator", "stranger", "elsewhere"):
        role = Role.BOARD if who == "board" else Role.CASEWORKER
        member = office.member(who, role)
        if who == "reader":
            office.add(entries.access_granted(
                office.state.head, office.admin.pair, at=NOW, member=member, collection=team.place, rights=Rights.READ))
        elif who != "outside":
            office.grant(member, team.place)
        if who == "unconfirmed":
            office.grant(member, restricted)
        laptop = office.laptop(who, member, (team.place,) if who != "outside" else ())
        if who == "revoked":
            fence = {(laptop.id, team.place): NO_CUT}
            office.add(entries.device_revoked(office.state.head, office.admin.pair, at=NOW, device=laptop.id, fence=fence))
    for server in start(f"sqlite:///{tmp_path / 'server.db'}", clock, office.id):
        server.publish(office)
        got = []
        for place in (team.place, restricted):
            blob, other = scan(team, place, b"a letter"), scan(team, place, b"another")
            assert put(server, team, office.admin, blob, 0, blob.seal(0, b"a letter")) == "ok"
            got += [get(server, team, laptop, blob, 0)[0], put(server, team, laptop, other, 0, other.seal(0, b"another"))]
        mine = scan(team, None, b"a letter")
        request = blobs.BlobRequest(asks=(scan(team, restricted, b"a letter").name,), gone=(mine.name,))
        said, body = ask(server, office.id, laptop, "POST", blobs.PATH, request.encode())
        assert [*got, said] == cells
        assert get(server, team, office.admin, mine, 0)[0] == ("not_found" if said == "ok" else "ok")
        if said == "ok" and who != "administrator":  # whether it is there is told to nobody who may not read
            assert blobs.decode_answer(body).kept == (BlobKept(*request.asks[0], 0, ()),)


# Room --------------------------------------------------------------------------------------------------------------------


def test_documents_fill_nine_tenths_of_the_quota_and_records_still_go(
    server: Server, team: Team, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    blob = scan(team)
    quota = str(3 * CHUNK)
    assert main(["org", "quota", team.office.id.hex(), quota, "--database", database_url]) == 0
    assert [put(server, team, team.lia, blob, n) for n in (0, 1)] == ["ok", "ok"]
    other = scan(team, key=bytes([1]) * 32)
    assert put(server, team, team.lia, other, 0) == "over_quota"
    assert put(server, team, team.lia, blob, 1) == "ok"  # what is there already needs no room
    assert server.push(team.office, team.lia, team.lia.seal(team.office, team.place)) == [("stored", "")]
    assert kept(server, team, team.lia, other, gone=(blob,)) == [()]
    assert put(server, team, team.lia, other, 0) == "ok"
    assert main(["org", "show", team.office.id.hex(), "--database", database_url]) == 0
    assert ", 1 documents" in capsys.readouterr().out


def test_what_no_document_names_any_more_leaves_neither_a_file_nor_a_byte_counted(
    server: Server, team: Team, database_url: str, tmp_path: Path
) -> None:
    blob, other = scan(team), scan(team, key=bytes([1]) * 32)
    for one in (blob, other):
        assert [put(server, team, team.lia, one, n) for n in range(3)] == ["ok"] * 3
    assert kept(server, team, team.sam, blob, other, gone=(blob, blob)) == [(), (0, 1, 2)]
    assert kept(server, team, team.sam, blob, gone=(blob,)) == [()]
    assert len(files(tmp_path)) == 3
    made = Database(database_url)
    assert checking.check(made, NOW).findings == []
    made.close()


# Damage, backups, and organisations that go ------------------------------------------------------------------------------


def test_a_chunk_that_rotted_or_went_is_asked_for_again_and_put_back(
    server: Server, team: Team, database_url: str, tmp_path: Path, run: Callable[..., tuple[int, str]]
) -> None:
    blob = scan(team)
    assert [put(server, team, team.lia, blob, n) for n in range(3)] == ["ok"] * 3
    by_number = {path.name[0]: path for path in files(tmp_path)}
    by_number["0"].unlink()
    by_number["1"].write_bytes(b"rot" + by_number["1"].read_bytes()[3:])
    assert get(server, team, team.sam, blob, 1) == ("not_found", b"")  # never handed out; and noticed
    assert kept(server, team, team.lia, blob) == [(0, 2)]
    status, said = run("check")
    place = team.place.hex
    assert (status, f"collection {place}: 1 chunks of documents are lost or damaged; asked for" in said) == (1, True)
    assert kept(server, team, team.lia, blob) == [(2,)]
    assert [put(server, team, team.lia, blob, n) for n in (0, 1)] == ["ok"] * 2
    assert run("check")[0] == 0
    assert b"".join(blob.open(n, get(server, team, team.sam, blob, n)[1]) for n in range(3)) == SCAN


@pytest.fixture
def run(database_url: str, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    def command(*arguments: str) -> tuple[int, str]:
        capsys.readouterr()
        status = main([*arguments, "--database", database_url])
        said = capsys.readouterr()
        return status, said.out + said.err

    return command


def test_files_that_nothing_names_go_after_a_day_and_a_chunk_that_is_being_written_stays(
    tmp_path: Path, database: Database
) -> None:
    store = FolderChunks(tmp_path / "documents")
    from cmpp_server.chunks import Place

    store.put(Place(bytes(32), UUID(int=1), bytes(32), 0, hashlib.sha256(b"x").digest()), b"x")
    (path,) = files(tmp_path / "documents")
    written = path.stat().st_mtime_ns // 1_000_000
    assert checking.check(database, written + DAY, store).swept == 0
    assert checking.check(database, written + DAY + 1, store).swept == 1
    assert files(tmp_path / "documents") == []


def test_a_backup_takes_documents_along_and_a_damaged_one_is_refused(
    team: Team, clock: Clock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, other = f"sqlite:///{tmp_path / 'source.db'}", f"sqlite:///{tmp_path / 'other.db'}"
    blob, dump = scan(team), tmp_path / "dump"
    for server in start(source, clock, team.office.id):
        server.publish(team.office)
        assert [put(server, team, team.lia, blob, n) for n in range(3)] == ["ok"] * 3
        assert main(["backup", str(dump), "--database", source]) == 0
        assert ", 3 chunks of documents, " in capsys.readouterr().out
    good = (dump / "chunks.rows").read_bytes()
    (dump / "chunks.rows").write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    assert main(["restore", str(dump), "--database", other]) == 2
    assert not (tmp_path / "other.db.documents").exists()
    (dump / "chunks.rows").write_bytes(good)
    assert main(["restore", str(dump), "--database", other]) == 0
    assert "3 chunks of documents checked, 0 files" in capsys.readouterr().out
    for server in start(other, clock):
        assert b"".join(blob.open(n, get(server, team, team.sam, blob, n)[1]) for n in range(3)) == SCAN


def test_an_organisation_that_is_removed_takes_its_documents_with_it(
    server: Server, team: Team, tmp_path: Path, run: Callable[..., tuple[int, str]]
) -> None:
    assert put(server, team, team.lia, scan(team), 0) == "ok"
    assert run("org", "remove", team.office.id.hex(), "--yes")[0] == 0
    assert files(tmp_path) == []


def test_a_server_without_a_folder_for_documents_says_so_and_keeps_records(
    team: Team, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Settings, "documents_folder", lambda self: None)
    for server in start(f"sqlite:///{tmp_path / 'server.db'}", clock, team.office.id):
        server.publish(team.office)
        assert put(server, team, team.lia, scan(team), 0) == "blobs_off"
        assert server.push(team.office, team.lia, team.lia.seal(team.office, team.place)) == [("stored", "")]


def test_who_sends_chunks_too_fast_waits_with_the_document_and_with_nothing_else(
    database_url: str, clock: Clock, team: Team
) -> None:
    for server in start(database_url, clock, team.office.id, chunks_per_minute=2, requests_per_minute=60):
        server.publish(team.office)
        blob = scan(team)
        assert [put(server, team, team.lia, blob, n) for n in range(3)] == ["ok", "ok", "too_many"]
        assert server.push(team.office, team.lia, team.lia.seal(team.office, team.place)) == [("stored", "")]
        assert put(server, team, team.sam, blob, 2) == "ok"  # his own allowance
        clock.ms += 30_000
        assert put(server, team, team.lia, blob, 2) == "ok"
