"""Several processes of one server: laptops do not notice that there are more than one, and none that dies is missed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cmpp_protocol import api, envelope
from cmpp_server import settings as setting
from cmpp_server import workers as workers_room
from cmpp_server.admin import main
from cmpp_server.settings import Settings
from tests.driver.processes import ROOT
from tests.postgres import temporary_postgres
from tests.server.conftest import Team, known
from tests.server.process import Process

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="several processes need fork")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with temporary_postgres(durable=False) as made:
        yield made


def workers(server: Process) -> list[int]:
    """The process ids of those that serve now."""
    return [int(one) for one in Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()]


def counted(server: Process, name: str) -> float:
    """What the server counts under this name, whoever of its processes answers."""
    lines = httpx.get(server.url + "/metrics").text.splitlines()
    return next((float(line.split()[-1]) for line in lines if line.startswith(name + " ")), 0.0)


def test_two_workers_are_one_server_and_neither_is_missed_when_it_dies(url: str, team: Team) -> None:
    office = team.office
    bundles = [team.lia.seal(office, team.place, str(number)) for number in range(8)]
    cursor = api.Cursor(team.place, 0, envelope.log_start(office.id, team.place))
    with Process(url, office.id, workers=2) as server:
        server.sync(office.id, office.admin, entries=tuple(office.new))
        before = workers(server)
        assert len(before) == 2
        answers: list[api.SyncAnswer] = []

        def wait_for_news() -> None:
            with httpx.Client(timeout=30) as client:
                answers.append(server.sync(office.id, team.sam, client, **known(office), cursors=(cursor,), wait=30))

        waiting = [threading.Thread(target=wait_for_news) for _ in range(4)]
        for thread in waiting:
            thread.start()
        while counted(server, "cmpp_waiting") < 4:
            assert all(thread.is_alive() for thread in waiting)
        for one in bundles[:6]:  # each over a connection of its own: to whichever of the two
            with httpx.Client(timeout=30) as client:
                (told,) = server.sync(office.id, team.lia, client, **known(office), bundles=(one.encode(),)).verdicts
            assert told.verdict is api.Verdict.STORED
        for thread in waiting:
            thread.join()
        assert all(answer.logs[0].items[0].envelope == bundles[0].encode() for answer in answers)
        assert counted(server, 'cmpp_bundles_total{verdict="stored"}') == 6
        os.kill(before[0], signal.SIGKILL)
        for one in bundles[6:]:  # whoever comes to the one that died waits until another takes its place
            for verdict in ("stored", "had_it", "had_it"):
                with httpx.Client(timeout=60) as client:
                    (told,) = server.sync(office.id, team.lia, client, **known(office), bundles=(one.encode(),)).verdicts
                assert told.verdict == verdict
        after = workers(server)
        assert len(after) == 2
        assert before[0] not in after
        assert server.stop() == 0
    assert not [pid for pid in after if Path(f"/proc/{pid}").exists()]


# Workers without a server: they only say that they are up, or end at once.
SCRIPT = """
import signal
from cmpp_server import workers
def work(bound, up):
    {work}
ended = workers.Workers(workers.listen("127.0.0.1", 0, 2), work, lambda pid: None)
raise SystemExit(ended.run(lambda: print("up", flush=True)))
"""


def started(work: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", SCRIPT.format(work=work)], stdout=subprocess.PIPE, text=True, cwd=ROOT)


def test_workers_do_not_outlive_who_started_them() -> None:
    with started("up(); signal.pause()") as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "up\n"
        parent.kill()
        assert parent.stdout.read() == ""  # it ends when nobody holds the other end: neither of the two is left


def test_workers_that_cannot_start_end_the_server() -> None:
    with started("return 2") as parent:
        assert parent.communicate(timeout=60)[0] == ""
    assert parent.returncode == workers_room.FAILED


def test_sqlite_is_served_by_one_process(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--database", "sqlite:////tmp/x.db", "--workers", "2"]) == 2
    assert "more only with PostgreSQL" in capsys.readouterr().err
    with pytest.raises(setting.SettingsError, match="workers"):
        Settings("postgresql+psycopg://db/cmpp", workers=0).checked()


def test_strangers_are_let_in_no_more_often_by_several() -> None:
    shared = Settings("postgresql+psycopg://db/cmpp", workers=4, strangers_per_minute=30)
    assert (shared.strangers_share(), Settings("sqlite:////x.db", strangers_per_minute=0).strangers_share()) == (7, 0)
