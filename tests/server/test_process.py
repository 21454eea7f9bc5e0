"""The server process: kill -9 loses nothing that was acknowledged, SIGTERM ends cleanly, the commands do what they say."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cmpp_protocol import api, envelope
from cmpp_server.admin import main
from tests.postgres import temporary_postgres
from tests.server.conftest import Team, known
from tests.server.process import Process, command
from tests.unit.protocol.office import Office


@pytest.fixture(params=["sqlite", "postgresql"])
def durable_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with its durability on."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'server.db'}"
    else:
        with temporary_postgres() as url:
            yield url


@pytest.mark.parametrize("acknowledged_before", [3, 40])
def test_kill_minus_nine_loses_nothing_acknowledged(
    durable_url: str, team: Team, acknowledged_before: int
) -> None:
    office = team.office
    acknowledged: list[bytes] = []
    sent = [team.lia.seal(office, team.place, str(at)) for at in range(400)]
    enough = threading.Event()

    def push(server: Process) -> None:
        try:
            for one in sent:
                answer = server.sync(office.id, team.lia, **known(office), bundles=(one.encode(),))
                acknowledged.extend(row.hash for row in answer.verdicts if row.verdict is api.Verdict.STORED)
                if len(acknowledged) >= acknowledged_before:
                    enough.set()
        except httpx.TransportError:
            pass
        finally:
            enough.set()

    with Process(durable_url, office.id) as server:
        server.sync(office.id, office.admin, entries=tuple(office.new))
        pushing = threading.Thread(target=push, args=(server,))
        pushing.start()
        enough.wait(60)
        server.kill()  # in the middle of whatever it is doing
        pushing.join()
    assert acknowledged_before <= len(acknowledged) < len(sent)
    cursor = api.Cursor(team.place, 0, envelope.log_start(office.id, team.place))
    with Process(durable_url) as server:
        (found,) = server.sync(office.id, team.sam, **known(office), cursors=(cursor,)).logs
        kept = [envelope.decode(item.envelope).hash for item in found.items]
        assert kept[: len(acknowledged)] == acknowledged
        assert kept == [one.hash for one in sent[: len(kept)]]  # at most the one whose answer was lost came on top
        assert len(kept) - len(acknowledged) <= 1
        rest = tuple(one.encode() for one in sent[len(acknowledged) : len(acknowledged) + 3])
        told = server.sync(office.id, team.lia, **known(office), bundles=rest).verdicts
        assert {row.verdict for row in told} <= {api.Verdict.STORED, api.Verdict.HAD_IT}
    assert command("check", "--database", durable_url, anew=False)[0] == 0


def test_sigterm_ends_a_long_poll_and_the_process(team: Team, tmp_path: Path) -> None:
    office = team.office
    with Process(f"sqlite:///{tmp_path / 'server.db'}", office.id, anew=True) as server:
        server.sync(office.id, office.admin, entries=tuple(office.new))
        answers: list[api.SyncAnswer] = []
        waiting = threading.Thread(
            target=lambda: answers.append(server.sync(office.id, team.lia, **known(office), wait=api.WAIT_LIMIT))
        )
        waiting.start()
        while "cmpp_waiting 1.0" not in httpx.get(server.url + "/metrics").text:
            assert waiting.is_alive()
        assert server.stop() == 0
        waiting.join()
    assert [answer.entries for answer in answers] == [()]


def test_an_administrator_starts_a_server_from_nothing(tmp_path: Path) -> None:
    url, org = f"sqlite:///{tmp_path / 'server.db'}", Office().id.hex()
    assert command("init", "--database", url)[0] == 0
    assert command("org", "add", org, CMPP_DATABASE=url) == (0, "added\n", "")
    assert command("org", "add", org, "--database", url, anew=False)[1] == "was accepted already\n"
    assert command("org", "list", "--database", url, anew=False)[1].startswith(f"{org}  roster entries 0")
    checked = command("check", "--database", url, anew=False)
    assert checked[:2] == (0, "0 bundles checked, 0 held, 0 findings\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["init"], "database is needed"),
        (["init", "--database", "mysql://x/y"], "postgresql+psycopg"),
        (["init", "--database", "sqlite://"], "forgets"),
        (["init", "--database", "postgresql+psycopg://cmpp:postgres@localhost/cmpp"], "everybody knows"),
        (["serve", "--database", "sqlite:////tmp/x.db", "--listen", "0.0.0.0:0"], "server_names"),
        (["serve", "--database", "sqlite:////tmp/x.db", "--listen", "here"], "HOST:PORT"),
        (["serve", "--database", "sqlite:////tmp/x.db", "--allow-org", "abc"], "64 hexadecimal"),
        (["org", "list", "--database", "sqlite:////nowhere/at/all.db"], "cannot be used"),
    ],
)
def test_what_cannot_work_is_said_in_one_line(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    written = capsys.readouterr()
    assert said in written.err
    assert written.err.count("\n") == 1
    assert not written.out


def test_the_program_ends_with_the_status_of_its_command() -> None:
    status, said, complaints = command("init", "--database", "mysql://x/y")
    assert (status, said, complaints.count("\n")) == (2, "", 1)
