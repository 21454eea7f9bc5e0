"""The server as its own process, for what only a process can show: signals, kill -9, the command line."""

from __future__ import annotations

import signal
import subprocess
import time
from typing import Any

import httpx

from cmpp_protocol import api
from tests.driver.processes import close, start
from tests.unit.protocol.office import Laptop


def command(*arguments: str, anew: bool = True, **environment: str) -> tuple[int, str, str]:
    """Run `python -m cmpp_server …` to its end: its exit status, and what it said and complained of."""
    process = start("cmpp_server", *arguments, environment=environment, anew=anew)
    assert process.stdout is not None
    assert process.stderr is not None
    said, complaints = process.stdout.read(), process.stderr.read()
    status = process.wait(60)
    close(process)
    return status, said, complaints


class Process:
    """`cmpp-server serve` on a free port; ready when made. Use it as a context manager."""

    def __init__(self, database: str, *orgs: bytes, anew: bool = False, workers: int = 1) -> None:
        allowed = [word for org in orgs for word in ("--allow-org", org.hex())]
        arguments = ["serve", "--database", database, "--listen", "127.0.0.1:0", "--workers", str(workers), *allowed]
        self._process = start("cmpp_server", *arguments, stderr=subprocess.DEVNULL, anew=anew or workers > 1)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.startswith("listening on http://127.0.0.1:"), (line, self._process.poll())
        self.url = line.split()[-1]
        self._client = httpx.Client(timeout=30)

    @property
    def pid(self) -> int:
        """Of the process that was started, whatever it started itself."""
        return self._process.pid

    def sync(self, org: bytes, laptop: Laptop, client: httpx.Client | None = None, **request: Any) -> api.SyncAnswer:
        """One exchange by the real clock; `client`: over another connection. Raises httpx.TransportError when the server dies."""
        body = api.SyncRequest(**request).encode()
        now = time.time_ns() // 1_000_000
        header = api.authorise(laptop.pair, org, api.server_name(self.url), api.PATH, now, body).header()
        answer = (client or self._client).post(self.url + api.PATH, content=body, headers={"Authorization": header})
        assert answer.status_code == 200, api.decode_problem(answer.content)
        return api.decode_answer(answer.content)

    def kill(self) -> None:
        """kill -9: no chance to write anything more."""
        self._process.kill()
        self._process.wait(30)

    def stop(self) -> int:
        """SIGTERM; the exit status."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(30)

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()
        if self._process.poll() is None:
            self.kill()
        close(self._process)
