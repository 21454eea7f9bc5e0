"""What whoever runs the server sees and does: laptops that a removal has not reached, organisations that go."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import func, select, update

from cmpp_protocol import entries
from cmpp_protocol.entries import NO_CUT
from cmpp_server import checking, tables
from cmpp_server.admin import main
from cmpp_server.database import Database
from tests.server.conftest import Clock, Server, Team, known, start
from tests.unit.protocol.office import NOW, Office


@pytest.fixture
def run(database_url: str, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Runs a command on the test's database: its status, and what it printed, errors last."""

    def command(*arguments: str) -> tuple[int, str]:
        capsys.readouterr()
        status = main([*arguments, "--database", database_url])
        said = capsys.readouterr()
        return status, said.out + said.err

    return command


def revoke(team: Team) -> int:
    """Lia's laptop is revoked; the number of the entry."""
    fence = {(team.lia.id, team.place): NO_CUT}
    head, admin = team.office.state.head, team.office.admin.pair
    team.office.add(entries.device_revoked(head, admin, at=NOW, device=team.lia.id, fence=fence))
    return team.office.state.no


def test_an_administrator_sees_whom_a_revocation_has_not_reached(
    server: Server, team: Team, run: Callable[..., tuple[int, str]]
) -> None:
    before = known(team.office)
    for laptop in (team.lia, team.sam):
        server.sync(team.office.id, laptop, **before)
    number = revoke(team)
    server.publish(team.office)
    status, said = run("device", "list")
    assert status == 0
    lia, sam = team.lia.id.hex()[:16], team.sam.id.hex()[:16]
    author = team.office.admin.id.hex()[:16]  # has not said yet that it holds the entry
    assert f"not reached by a removal: {author}, {lia}, {sam}\n" in said
    seen = "last seen 2026-11-18 11:06 UTC"
    heard = f"heard {number - 1}"
    assert f"  {lia}  caseworker  revoked  {seen}  {heard}  reads nothing  has not heard of entry {number}\n" in said
    assert f"  {sam}  caseworker  unconfirmed  {seen}  {heard}  behind by 0  has not heard of entry {number}\n" in said
    assert f"not heard      entry {number}\n" in run("device", "show", sam)[1]
    server.sync(team.office.id, team.office.admin, **known(team.office))
    server.sync(team.office.id, team.sam, **known(team.office))
    said = run("device", "list", team.office.id.hex())[1]
    assert said.endswith(f"  not reached by a removal: {lia}\n")  # the laptop itself does not know yet
    server.sync(team.office.id, team.lia, **known(team.office))
    assert "not reached" not in run("device", "list")[1]


def test_one_laptop_is_shown_collection_by_collection(
    server: Server, team: Team, run: Callable[..., tuple[int, str]]
) -> None:
    server.push(team.office, team.lia, *(team.lia.seal(team.office, team.place, text) for text in "123"))
    item = server.read(team.office, team.sam, team.place).items[1]
    server.read(team.office, team.sam, team.place, item)
    status, said = run("device", "show", team.sam.id.hex()[:8].upper())
    assert status == 0
    assert f"collection     {team.place.hex}  read 2 of 3\n" in said
    assert f"roster heard   {team.office.state.no} of {team.office.state.no}\n" in said
    assert "not heard      no removal\n" in said
    assert "behind by 1" in run("device", "list")[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["device", "show", "abc"], "at least the first 8 digits"),
        (["device", "show", "0" * 12], "there is no such laptop here"),
        (["org", "show", "0" * 64], "there is no such organisation here"),
    ],
)
def test_an_id_that_names_nothing_is_said(
    server: Server, arguments: list[str], said: str, run: Callable[..., tuple[int, str]]
) -> None:
    status, written = run(*arguments)
    assert (status, said in written, written.count("\n")) == (2, True, 1)


def test_a_removed_organisation_is_gone_altogether_and_another_is_untouched(
    database_url: str, clock: Clock, team: Team, run: Callable[..., tuple[int, str]]
) -> None:
    other = Office("other")
    place = other.collection("team")
    for server in start(database_url, clock, team.office.id, other.id):
        server.publish(team.office)
        server.publish(other)
        for one in (team.office, other):
            at = team.place if one is team.office else place
            assert server.push(one, one.admin, one.admin.seal(one, at)) == [("stored", "")]
        status, said = run("org", "remove", team.office.id.hex()[:8], "--yes")
        assert (status, said.splitlines()[-1]) == (0, "removed")
        assert "1 bundles" in said
        assert server.problem(team.office.id, team.lia, **known(team.office)) == "organisation_unknown"
        assert len(server.read(other, other.admin, place).items) == 1
    database = Database(database_url)
    with database.read() as conn:
        for table in tables.metadata.sorted_tables:
            mine = select(func.count()).select_from(table).where(table.c.org_id == team.office.id)
            assert conn.execute(mine).scalar_one() == 0, table.name
    assert checking.check(database, NOW).findings == []
    database.close()


@pytest.mark.parametrize(("typed", "removed"), [("", False), ("yes", False), ("id", True)])
def test_removing_asks_for_the_id(
    server: Server,
    team: Team,
    run: Callable[..., tuple[int, str]],
    monkeypatch: pytest.MonkeyPatch,
    typed: str,
    removed: bool,
) -> None:
    def answer(_question: str) -> str:
        if not typed:
            raise EOFError
        return team.office.id.hex()[:8] if typed == "id" else typed

    monkeypatch.setattr("builtins.input", answer)
    status, said = run("org", "remove", team.office.id.hex())
    assert f"organisation   {team.office.id.hex()}" in said
    assert (status, said.splitlines()[-1]) == ((0, "removed") if removed else (2, "nothing was removed"))
    assert (run("org", "list")[1] == "") is removed


def test_a_quota_is_raised_without_a_restart(server: Server, team: Team, run: Callable[..., tuple[int, str]]) -> None:
    one, two = (team.lia.seal(team.office, team.place, text) for text in "12")
    size = len(one.encode())
    server.push(team.office, team.lia, one)
    assert run("org", "quota", team.office.id.hex(), str(size))[1].endswith(f"may keep {size}, keeps {size}\n")
    assert server.problem(team.office.id, team.lia, bundles=(two.encode(),)) == "over_quota"
    run("org", "quota", team.office.id.hex(), "0")
    assert server.push(team.office, team.lia, two) == [("stored", "")]
    assert f"2 bundles, {size + len(two.encode())} bytes of no limit" in run("org", "show", team.office.id.hex())[1]


def test_bytes_that_were_counted_wrongly_are_counted_again(
    server: Server, team: Team, run: Callable[..., tuple[int, str]], database_url: str
) -> None:
    two, one = (team.lia.seal(team.office, team.place, text) for text in "12")
    assert server.push(team.office, team.lia, one) == [("held", "order")]
    server.push(team.office, team.lia, two)
    assert run("check") == (0, "2 bundles checked, 0 held, 0 findings\n")
    database = Database(database_url)
    database.write(lambda conn: conn.execute(update(tables.collection).values(used_bytes=7)))
    database.close()
    status, said = run("check")
    assert (status, "its bytes were counted wrongly; set right" in said) == (1, True)
    assert run("check")[0] == 0
    assert f"bytes {len(one.encode()) + len(two.encode())}  of no limit" in run("org", "list")[1]


def test_a_collection_that_nobody_wrote_to_has_its_line(
    server: Server, team: Team, run: Callable[..., tuple[int, str]]
) -> None:
    status, said = run("org", "show", team.office.id.hex())
    assert status == 0
    assert f"collection     {team.place.hex}  caseload  0 bundles, 0 bytes" in said
    assert "laptops        1 active, 2 unconfirmed\n" in said
    held = team.lia.seal(team.office, team.place)
    later = team.lia.seal(team.office, team.place)
    assert server.push(team.office, team.lia, later) == [("held", "order")]
    assert ", 1 held" in run("org", "show", team.office.id.hex())[1]
    assert server.push(team.office, team.lia, held) == [("stored", "")]
    assert "held" not in run("org", "show", team.office.id.hex())[1]
