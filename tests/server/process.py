"""The server as its own process, for what only a process can show: signals, kill -9, the command line."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from cmpp_protocol import api
from tests.unit.protocol.office import Laptop

ROOT = Path(__file__).parents[2]


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m cmpp_server …` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "cmpp_server", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=ROOT,
        env={**os.environ, **environment},
    )


class Process:
    """`cmpp-server serve` on a free port; ready when made. Use it as a context manager."""

    def __init__(self, database: str, *orgs: bytes) -> None:
        allowed = [word for org in orgs for word in ("--allow-org", org.hex())]
        arguments = ["serve", "--database", database, "--listen", "127.0.0.1:0", *allowed]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "cmpp_server", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.startswith("listening on http://127.0.0.1:"), (line, self._process.poll())
        self.url = line.split()[-1]
        self._client = httpx.Client(timeout=30)

    def sync(self, org: bytes, laptop: Laptop, **request: Any) -> api.SyncAnswer:
        """One exchange by the real clock. Raises httpx.TransportError when the server dies meanwhile."""
        body = api.SyncRequest(**request).encode()
        now = time.time_ns() // 1_000_000
        header = api.authorise(laptop.pair, org, api.server_name(self.url), api.PATH, now, body).header()
        answer = self._client.post(self.url + api.PATH, content=body, headers={"Authorization": header})
        assert answer.status_code == 200, api.decode_problem(answer.content)
        return api.decode_answer(answer.content)

    def kill(self) -> None:
        """kill -9: no chance to write anything more."""
        self._process.kill()
        self._process.wait(30)

    def stop(self) -> int:
        """SIGTERM; the exit status."""
        self._process.terminate()
        return self._process.wait(30)

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()
        if self._process.poll() is None:
            self.kill()
        assert self._process.stdout is not None
        self._process.stdout.close()
